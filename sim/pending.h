/* pending.h - the set of pending events, popped in the order of event_before().
 *
 * Two structures behind one interface:
 *   PENDING_HEAP    a 4-ary heap. Plain; the reference that tests compare pop orders with.
 *   PENDING_LADDER  sorts only what is due next. Time is cut into buckets of 2^shift ns, and an event is in
 *                   one of three places:
 *                     bottom  the bucket being served, and all before it: a short sorted array
 *                     wheel   the next `bucket_count` buckets: unsorted, in chunks of 7 events, with a
 *                             bitmap of the buckets in use
 *                     far     beyond the wheel: a heap
 *                   When the bottom has become nearly empty, the next bucket in use is moved there and sorted: while
 *                   there are events in these places, the earliest of them is the last one of the bottom, and whom the
 *                   next few are about can be fetched ahead.
 * The event pushed last is in none of these places: it goes to its own when the next one is pushed. By then its
 * date, the end of a long computation, is known, so nothing waits for it when it is decided where to; and with few
 * events it has often happened by then.
 * The ladder tunes itself: every few thousand pops the width of a bucket is compared with the mean gap
 * between events, and the ladder is rebuilt when they no longer fit. Fewer than PENDING_SMALL events live in
 * the bottom alone. Of a bottom that grows long all but the earliest event go to a heap ("near"), so that
 * massive ties cost O(log n) and never O(n).
 *
 * Dates may be any, also before the last one popped.
 * Cost: O(1) amortised a push and a pop, O(log n) where the ladder falls back on a heap. Memory: 16 bytes an
 * event in a heap; 128 bytes for up to 7 events of a bucket of the wheel, 40 to 60 an event in practice.
 * Ownership: blocks of the `struct memory` given to pending_init(), freed with it.
 * Source: R. Brown, "Calendar queues: a fast O(1) priority queue implementation for the simulation event set
 * problem", 1988; W. T. Tang, R. S. M. Goh, I. L. Thng, "Ladder queue: an O(1) priority queue structure for
 * large-scale discrete event simulation", 2005.
 */
#ifndef SIM_PENDING_H
#define SIM_PENDING_H

#include <stddef.h>

#include "sim/event.h"
#include "sim/heap.h"
#include "sim/memory.h"

#define PENDING_SMALL 16
#define PENDING_BOTTOM_MAX 48
#define PENDING_AHEAD 4 /* so many events are left in the bottom when the next bucket comes: their order is known */

/* A bucket is one word: its newest chunk and how many events that one holds; older chunks are full. So a
 * push reads that word alone: the chunk, likely far away in memory, is only written to. */
#define PENDING_CHUNK_EVENTS 7
#define PENDING_CHUNK_COUNT_BITS 3
#define PENDING_CHUNK_COUNT_MASK 7u

enum pending_kind { PENDING_LADDER, PENDING_HEAP };

struct pending_chunk {
    uint32_t next; /* chunk of the same bucket, or free one; 0: none */
    uint32_t unused[3];
    struct event events[PENDING_CHUNK_EVENTS];
};

struct pending {
    uint32_t bottom_count; /* events in bottom[] */
    uint32_t bottom_max;   /* PENDING_BOTTOM_MAX; 1: the others are in a heap, `near` */
    uint32_t elsewhere;    /* events in the wheel and in the heaps */
    uint32_t bucket_mask;  /* number of buckets, a power of two, minus 1 */
    uint32_t pops_left;    /* until the next check */
    uint8_t shift;         /* a bucket is 2^shift ns wide */
    bool is_ladder;
    uint32_t chunk_free;   /* list of chunks given back, 0: none */
    int64_t current;       /* number of the last bucket that belongs to the bottom */
    struct event newest;   /* pushed last and not placed yet; EVENT_NEVER: none */
    uint32_t *buckets;     /* of the wheel: chunk << 3 | events in it; 0: empty */
    struct pending_chunk *chunks;
    uint64_t *occupied; /* bitmap of the buckets in use */
    uint32_t check_pops; /* from the last check to the next */
    uint32_t chunk_count, chunk_capacity, bucket_capacity;
    uint64_t far_pushes; /* since the last check */
    uint64_t served;     /* since then: events that came to the bottom by way of a bucket or `far` */
    int64_t checked_ns;  /* date of the last check */
    uint64_t rebuild_count;
    struct memory *memory;
    struct heap near, far;
    struct event bottom[1 + PENDING_BOTTOM_MAX]; /* EVENT_NEVER, then latest first: the last one is popped */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct pending, buckets) == 64, "a push or a pop changes one cache line, and the bottom");
_Static_assert(offsetof(struct pending, bottom) % 64 == 0, "four events of the bottom are a cache line");

/* Starts empty. */
void pending_init(struct pending *set, struct memory *memory, enum pending_kind kind);

/* Parts of the inline functions below; not for others. Those of a push are its last act, so that the usual push has
 * nothing to save before it. */
void pending_overflow_bottom(struct pending *set, struct event event);
void pending_place(struct pending *set, struct event event);
void pending_refill(struct pending *set);
void pending_retune(struct pending *set, int64_t now_ns);

static inline void pending_push_bottom(struct pending *set, struct event event)
{
    struct event *place = &set->bottom[set->bottom_count];

    if (__builtin_expect(set->bottom_count == set->bottom_max, 0)) {
        pending_overflow_bottom(set, event);
        return;
    }
    set->bottom_count++;
    for (struct event other = *place; event_before(other, event); other = *--place)
        place[1] = other;
    place[1] = event;
}

/* How many events wait. */
static inline uint32_t pending_count(const struct pending *set)
{
    return set->bottom_count + set->elsewhere + !event_is_never(set->newest);
}

static inline void pending_push(struct pending *set, struct event event)
{
    struct event before = set->newest;

    set->newest = event;
    __builtin_prefetch(&set->buckets[(uint64_t)(event.time_ns >> set->shift) & set->bucket_mask]);
    if (!event_is_never(before))
        pending_place(set, before);
}

/* The earliest event, which stays; EVENT_NEVER: there is none. A branch, not a choice: the date of the newest is the end of a
 * long computation, for which the processor then does not wait before it goes on. */
static inline struct event pending_first(const struct pending *set)
{
    struct event newest = set->newest, first = set->bottom[set->bottom_count];

    if (__builtin_expect(event_before(newest, first), 0))
        return newest;
    return first;
}

/* Removes the event that pending_first() has just returned; nothing may be pushed in between. */
static inline void pending_drop_first(struct pending *set, struct event first)
{
    if (first.order == set->newest.order)
        set->newest = EVENT_NEVER;
    else if (__builtin_expect(--set->bottom_count <= PENDING_AHEAD, 0) && set->elsewhere)
        pending_refill(set);
    if (__builtin_expect(--set->pops_left == 0, 0))
        pending_retune(set, first.time_ns);
}

/* The event that is `behind` places after the first one, likely, to prefetch what it is about; payload 0: no idea. */
static inline struct event pending_ahead(const struct pending *set, uint32_t behind)
{
    return set->bottom_count > behind ? set->bottom[set->bottom_count - behind] : (struct event){ 0, 0 };
}

#endif
