/* timer.h - events that are usually taken back: timeouts, nearly all cancelled, and the next dates of populations, which are
 * moved again and again.
 *
 * Represented: a timer is a date, an order among equal dates, and two fields of its user. It is popped in
 * the exact order of event_before().
 *
 * Structure: time is cut into ticks of 2^TIMER_TICK_SHIFT ns.
 *   near   what is due up to the end of tick `near_tick`: a 4-ary heap that tells each timer its place
 *   wheel  all the rest: TIMER_LEVELS levels of 64 slots, each a doubly linked list. The slots of a level
 *          are 64 times as long as those of the level below. A timer is on the level of the highest digit, to
 *          the base of 64, in which its tick differs from near_tick: so a lower level is always earlier, and
 *          no slot ever holds two different turns of the wheel.
 * A timer may lie in an earlier slot of the wheel than its date asks for, never in a later one. So one that is stopped
 * stays where it is, until its slot is served or it is started for an earlier date, and a free one that is started for
 * a later date is where it belongs already: the usual limit, long and alike for all, never touches its neighbours,
 * whom nobody has looked at for thousands of events.
 * When near is empty, the first slot in use becomes the present: its timers that run move to where they belong from there,
 * the others leave the wheel.
 *
 * Cost: start, stop and move are O(1) in the wheel, O(log n) in near, which is small unless timers are
 * started for dates that the wheel has already been searched for; timers_first() is O(1) when near holds
 * something, else O(1) amortised over the (at most 8) levels a timer falls through.
 * Memory: 32 bytes a timer, 20 more for the largest number that was ever near.
 * Units: nanoseconds; dates are not negative. Limit: 2^32 - 513 timers.
 * Ownership: blocks of the `struct memory` given to timers_init(), freed with it.
 * Source: G. Varghese and T. Lauck, "Hashed and hierarchical timing wheels: data structures for the efficient
 * implementation of a timer facility", 1987, scheme 7.
 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H

#include <stdbool.h>

#include "sim/event.h"
#include "sim/memory.h"

#define TIMER_TICK_SHIFT 15
#define TIMER_DIGIT_BITS 6
#define TIMER_SLOTS (1u << TIMER_DIGIT_BITS)
#define TIMER_LEVELS 8
#define TIMER_LISTS (TIMER_LEVELS * TIMER_SLOTS)
#define TIMER_NEAR UINT16_MAX
#define TIMER_OUT (UINT16_MAX - 1) /* in no slot */

_Static_assert(TIMER_TICK_SHIFT + TIMER_LEVELS * TIMER_DIGIT_BITS >= 63, "all dates have a slot");

struct timer {
    struct event due;
    uint32_t outer; /* the user's: the timer around this one, 0: none; of a free one: the next free one */
    uint8_t depth;  /* the user's */
    bool runs;      /* else it is free */
    uint16_t list; /* slot of the wheel, level * 64 + digit; TIMER_NEAR, when it runs; TIMER_OUT, when it is free */
    uint32_t next; /* in the slot */
    union {
        uint32_t prev;  /* in the slot */
        uint32_t place; /* in the heap of near */
    };
};

_Static_assert(sizeof(struct timer) == 32, "two timers fill a cache line");

struct timers {
    int64_t bound_ns; /* no timer is due before this (others may lower it); INT64_MAX: there may be one at the
                         end of time */
    int64_t near_tick;  /* what is due in this tick or before is near */
    struct timer *pool; /* the first TIMER_LISTS are the heads of the slots */
    uint32_t free;      /* list of free timers, 0: none */
    uint32_t near_count;
    struct event *near_events;       /* a heap, children on one cache line */
    uint32_t *near_timers;           /* which timer each belongs to */
    uint64_t occupied[TIMER_LEVELS]; /* slots in use, and some that have become empty since */
    uint32_t count;                  /* timers that run */
    uint32_t pool_count, pool_capacity, near_capacity;
    struct memory *memory;
};

/* Starts empty. */
void timers_init(struct timers *timers, struct memory *memory);

/* The date and order of the earliest timer, EVENT_NEVER if none; bound_ns is exact then. */
struct event timers_first(struct timers *timers);

/* Removes the earliest timer, of which there must be one, and returns its index. It is free then (not to be
 * stopped). popped: gets its fields. */
uint32_t timers_pop(struct timers *timers, struct timer *popped);

/* The rare halves of the inline functions below; not for others. */
uint32_t timer_allocate(struct timers *timers);
void timer_near_add(struct timers *timers, uint32_t index);
void timer_near_remove(struct timers *timers, uint32_t index);
void timer_near_change(struct timers *timers, uint32_t index);

/* The fields of a timer that runs. The pointer is good until the next is started. */
static inline struct timer *timer_get(struct timers *timers, uint32_t index)
{
    return &timers->pool[index];
}

static inline bool timer_tick_is_near(const struct timers *timers, int64_t time_ns)
{
    return time_ns >> TIMER_TICK_SHIFT <= timers->near_tick;
}

/* Puts a timer, whose date is set and which is nowhere, into the wheel. It must not be near. */
static inline void timer_link(struct timers *timers, uint32_t index)
{
    struct timer *pool = timers->pool;
    uint64_t tick = (uint64_t)pool[index].due.time_ns >> TIMER_TICK_SHIFT;
    uint32_t highest_bit = 63 - (uint32_t)__builtin_clzll(tick ^ (uint64_t)timers->near_tick);
    uint32_t level = highest_bit / TIMER_DIGIT_BITS % TIMER_LEVELS; /* % tells the compiler: always below */
    uint32_t digit = (uint32_t)(tick >> (level * TIMER_DIGIT_BITS)) & (TIMER_SLOTS - 1);
    uint32_t head = level * TIMER_SLOTS + digit, next = pool[head].next;

    timers->occupied[level] |= UINT64_C(1) << digit;
    pool[index].list = (uint16_t)head;
    pool[index].prev = head;
    pool[index].next = next;
    pool[next].prev = index;
    pool[head].next = index;
}

static inline void timer_place(struct timers *timers, uint32_t index)
{
    if (timer_tick_is_near(timers, timers->pool[index].due.time_ns))
        timer_near_add(timers, index);
    else
        timer_link(timers, index);
}

/* Takes a timer out of its slot, which may stay marked as in use: that costs one look, later. */
static inline void timer_unlink(struct timers *timers, uint32_t index)
{
    struct timer *pool = timers->pool;

    pool[pool[index].prev].next = pool[index].next;
    pool[pool[index].next].prev = pool[index].prev;
}

/* The first tick of a slot: the digits of near_tick above its level, its own, and zeros. */
static inline int64_t timer_slot_start(const struct timers *timers, uint32_t list)
{
    uint32_t shift = list / TIMER_SLOTS % TIMER_LEVELS * TIMER_DIGIT_BITS; /* % as in timer_link() */
    uint64_t above = (uint64_t)timers->near_tick >> shift & ~(uint64_t)(TIMER_SLOTS - 1);

    return (int64_t)((above | list % TIMER_SLOTS) << shift);
}

/* It is in a slot that is not served after its date. */
static inline bool timer_lies_early_enough(const struct timers *timers, const struct timer *timer)
{
    return timer->list < TIMER_LISTS &&
           timer->due.time_ns >> TIMER_TICK_SHIFT >= timer_slot_start(timers, timer->list);
}

/* Puts a timer whose date has been set, and which is not near, where it belongs. */
static inline void timer_settle(struct timers *timers, uint32_t index)
{
    const struct timer *timer = &timers->pool[index];

    if (__builtin_expect(timer_lies_early_enough(timers, timer), 1))
        return;
    if (timer->list != TIMER_OUT)
        timer_unlink(timers, index);
    timer_place(timers, index);
}

/* Something stands before events from that date on. */
static inline void timers_bound(struct timers *timers, int64_t date_ns)
{
    if (date_ns < timers->bound_ns)
        timers->bound_ns = date_ns;
}

/* A new timer, with outer and depth 0; returns its index, which is never 0. */
static inline uint32_t timer_start(struct timers *timers, struct event due)
{
    uint32_t index = timers->free;
    struct timer *timer;

    if (__builtin_expect(index != 0, 1))
        timers->free = timers->pool[index].outer;
    else
        index = timer_allocate(timers);
    timers->count++;
    timer = &timers->pool[index];
    timer->due = due;
    timer->outer = 0;
    timer->depth = 0;
    timer->runs = true;
    timer_settle(timers, index);
    timers_bound(timers, due.time_ns);
    return index;
}

/* Ends a timer that runs; its index is free then. bound_ns may stay too early: that costs one look. */
static inline void timer_stop(struct timers *timers, uint32_t index)
{
    struct timer *timer = &timers->pool[index];

    if (__builtin_expect(timer->list == TIMER_NEAR, 0))
        timer_near_remove(timers, index);
    timer->runs = false;
    timer->outer = timers->free;
    timers->free = index;
    timers->count--;
}

/* Gives a timer that runs another date; index and user's fields stay. */
static inline void timer_move(struct timers *timers, uint32_t index, struct event due)
{
    struct timer *timer = &timers->pool[index];

    timers_bound(timers, due.time_ns);
    if (timer->list == TIMER_NEAR) {
        if (timer_tick_is_near(timers, due.time_ns)) {
            timer->due = due;
            timer_near_change(timers, index);
            return;
        }
        timer_near_remove(timers, index);
    }
    timer->due = due;
    timer_settle(timers, index);
}

#endif
