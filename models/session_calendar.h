/* session_calendar.h - sessions that wait for a date, taken out in the order of their dates; of equal dates
 * the one that was put in first.
 *
 * Structure: time is cut into buckets of 2^shift ns. A session is in one of three places:
 *   near   the present bucket and all before it: a small heap of dates
 *   wheel  the next buckets: lists, each the latest first; their order is made when the bucket is served
 *   far    beyond the wheel (users who come back tomorrow): a heap of dates
 * A session's record does not move. Thinking sessions are spread over seconds, and a heap of them is far from
 * the processor: each level of it would be waited for. Here a session that begins to wait takes one look at a
 * bucket, and one that ends a look at its record.
 *
 * The width of a bucket is some mean gaps between sessions taken out, the wheel as many buckets as sessions
 * wait; both are looked at again after as many sessions, or when too many empty buckets go by.
 *
 * Cost: O(1) amortised a session, O(log n) for those beyond the wheel. Memory: 36 bytes a session, an eighth
 * of room to grow, and up to 8 in buckets or 18 while near or far: 40 to 59; a heap keeps its room. Units: ns.
 * Ownership: blocks of the `struct memory` given to session_calendar_init(), freed with it. At most 2^32 - 2
 * sessions.
 * Source: R. Brown, "Calendar queues: a fast O(1) priority queue implementation for the simulation event set
 * problem", 1988.
 */
#ifndef MODELS_SESSION_CALENDAR_H
#define MODELS_SESSION_CALENDAR_H

#include "sim/heap.h"
#include "sim/memory.h"
#include "sim/time.h"

struct session {
    int64_t wake_ns;
    uint64_t number; /* of its last request */
    uint64_t user;
    uint16_t pages_left;
    uint16_t mood; /* see sessions.h */
    uint8_t phase; /* enum session_phase */
};

_Static_assert(sizeof(struct session) == 32, "a session is 32 bytes");

struct session_calendar {
    struct session *records; /* from 1 on */
    uint32_t *nexts;         /* of each record: in a bucket, or free; 0: none. Apart, so as to be near */
    uint32_t record_count, record_capacity;
    uint32_t free;     /* first of the records that are free again, 0: none */
    uint32_t count;    /* sessions that wait; some are near if there are any */
    struct heap near, far; /* order: a number that grows (and is 0 again after 2^32), and the record */
    uint32_t sequence; /* the next of these numbers */
    uint32_t wheel_count, bucket_mask;
    uint32_t *buckets; /* first record, 0: none */
    int64_t current;   /* number of the last bucket that is near */
    uint8_t shift;
    uint64_t pops, passed; /* since the last look at the shape: sessions taken out, buckets gone by */
    uint64_t check_pops;   /* when the next one is due */
    int64_t checked_ns;
    struct memory *memory;
};

/* Starts empty. */
void session_calendar_init(struct session_calendar *calendar, struct memory *memory);

/* Keeps a session until its date; true: none is earlier. */
bool session_calendar_push(struct session_calendar *calendar, const struct session *session);

/* Removes the earliest; there must be one. */
struct session session_calendar_pop(struct session_calendar *calendar);

/* The earliest date; SIM_TIME_NEVER: there is no session. */
static inline int64_t session_calendar_first_ns(const struct session_calendar *calendar)
{
    return calendar->count ? calendar->near.events[0].time_ns : SIM_TIME_NEVER;
}

#endif
