/* event.h - what every structure of the kernel sorts: a date, and what breaks ties between equal dates.
 *
 * An event is 16 bytes, so four fill a cache line. It carries no pointer: the low bits of `order` name
 * the request it is about (its index in the pool), the high bits are the sequence number. Sequence numbers
 * are unique, so the payload never decides an order, and one comparison of 128 bits (two instructions)
 * orders two events: by date, then in the order they were scheduled.
 *
 * Units: nanoseconds from the start of the run. Dates are not negative.
 * Limits: 2^24 requests in flight, 2^40 events scheduled in a run; the last sequence number of all is
 * kept for EVENT_NEVER.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_PAYLOAD_BITS 24
#define EVENT_PAYLOAD_MASK ((UINT32_C(1) << EVENT_PAYLOAD_BITS) - 1)
#define EVENT_ORDER_STEP (UINT64_C(1) << EVENT_PAYLOAD_BITS) /* from a sequence number to the next */
#define EVENT_SEQUENCE_MAX ((UINT64_C(1) << (64 - EVENT_PAYLOAD_BITS)) - 2)

struct event {
    int64_t time_ns;
    uint64_t order; /* sequence number and payload */
} __attribute__((aligned(16))); /* never on two cache lines */

_Static_assert(sizeof(struct event) == 16, "four events fill a cache line");

/* After every real event, also after one at the last possible date. */
#define EVENT_NEVER ((struct event){ INT64_MAX, UINT64_MAX })

/* sequence: up to EVENT_SEQUENCE_MAX; payload: up to EVENT_PAYLOAD_MASK. */
static inline struct event event_make(int64_t time_ns, uint64_t sequence, uint32_t payload)
{
    return (struct event){ time_ns, sequence << EVENT_PAYLOAD_BITS | payload };
}

static inline uint32_t event_payload(struct event event)
{
    return (uint32_t)event.order & EVENT_PAYLOAD_MASK;
}

static inline bool event_is_never(struct event event)
{
    return event.order == UINT64_MAX;
}

static inline bool event_before(struct event a, struct event b)
{
    return ((__int128)a.time_ns << 64 | a.order) < ((__int128)b.time_ns << 64 | b.order);
}

/* How the arrays of the event structures grow: doubled while small, then by an eighth. A large run would
 * otherwise pay for up to twice the memory it uses. Copying stays O(1) amortised an element. */
static inline uint32_t event_capacity_next(uint32_t capacity)
{
    return capacity + (capacity < 4096 ? capacity : capacity / 8);
}

#endif
