#include "sim/timer.h"

#include "sim/heap.h"

#include <string.h>

#define POOL_START 1024 /* with the heads of the slots */
#define NEAR_START 64
#define ROOT_OFFSET 3 /* as in heap.c: the children of a node share a cache line */

/* ---- near: a heap whose members know their places ---- */

static void put_near(struct timers *timers, uint32_t place, struct event event, uint32_t index)
{
    timers->near_events[place] = event;
    timers->near_timers[place] = index;
    timers->pool[index].place = place;
}

static void copy_near(struct timers *timers, uint32_t to, uint32_t from)
{
    put_near(timers, to, timers->near_events[from], timers->near_timers[from]);
}

/* Puts a timer at a free place or above it. */
static void sift_up(struct timers *timers, uint32_t place, uint32_t index)
{
    struct event due = timers->pool[index].due;

    while (place) {
        uint32_t parent = (place - 1) / 4;

        if (!event_before(due, timers->near_events[parent]))
            break;
        copy_near(timers, place, parent);
        place = parent;
    }
    put_near(timers, place, due, index);
}

/* Puts a timer at a free place or below it. */
static void sift_down(struct timers *timers, uint32_t place, uint32_t index)
{
    struct event due = timers->pool[index].due;

    while (4 * place + 1 < timers->near_count) {
        uint32_t child = heap_earliest_child(timers->near_events, 4 * place + 1, timers->near_count);

        if (!event_before(timers->near_events[child], due))
            break;
        copy_near(timers, place, child);
        place = child;
    }
    put_near(timers, place, due, index);
}

/* Puts a timer at a free place, above or below. */
static void sift(struct timers *timers, uint32_t place, uint32_t index)
{
    if (place && event_before(timers->pool[index].due, timers->near_events[(place - 1) / 4]))
        sift_up(timers, place, index);
    else
        sift_down(timers, place, index);
}

static void near_reserve(struct timers *timers, uint32_t capacity)
{
    struct event *block = timers->near_events ? timers->near_events - ROOT_OFFSET : NULL;

    block = memory_grow(timers->memory, block, ((size_t)capacity + ROOT_OFFSET) * sizeof *block);
    timers->near_events = block + ROOT_OFFSET;
    timers->near_timers =
        memory_grow(timers->memory, timers->near_timers, capacity * sizeof *timers->near_timers);
    timers->near_capacity = capacity;
}

void timer_near_add(struct timers *timers, uint32_t index)
{
    if (timers->near_count == timers->near_capacity)
        near_reserve(timers, event_capacity_next(timers->near_capacity));
    timers->pool[index].list = TIMER_NEAR;
    sift_up(timers, timers->near_count++, index);
}

/* It is out then. */
void timer_near_remove(struct timers *timers, uint32_t index)
{
    uint32_t place = timers->pool[index].place;
    uint32_t last = --timers->near_count;

    timers->pool[index].list = TIMER_OUT;
    if (place != last)
        sift(timers, place, timers->near_timers[last]);
}

/* The date of a timer that is near, and stays so, has changed. */
void timer_near_change(struct timers *timers, uint32_t index)
{
    sift(timers, timers->pool[index].place, index);
}

/* ---- pool ---- */

static void pool_reserve(struct timers *timers, uint32_t capacity)
{
    timers->pool = memory_grow(timers->memory, timers->pool, capacity * sizeof *timers->pool);
    timers->pool_capacity = capacity;
}

/* A timer that has never been used. */
uint32_t timer_allocate(struct timers *timers)
{
    if (timers->pool_count == timers->pool_capacity)
        pool_reserve(timers, event_capacity_next(timers->pool_capacity));
    timers->pool[timers->pool_count].list = TIMER_OUT;
    return timers->pool_count++;
}

static void empty_list(struct timers *timers, uint32_t head)
{
    timers->pool[head].next = head;
    timers->pool[head].prev = head;
}

void timers_init(struct timers *timers, struct memory *memory)
{
    memset(timers, 0, sizeof *timers);
    timers->memory = memory;
    timers->bound_ns = INT64_MAX;
    pool_reserve(timers, POOL_START);
    near_reserve(timers, NEAR_START);
    timers->pool_count = TIMER_LISTS;
    for (uint32_t head = 0; head < TIMER_LISTS; head++)
        empty_list(timers, head);
}

/* ---- the wheel ---- */

/* Makes the start of a slot the present and puts its timers that run where they belong from there. Levels below must be
 * empty. */
static void serve_slot(struct timers *timers, uint32_t level, uint32_t digit)
{
    uint32_t head = level * TIMER_SLOTS + digit;
    uint32_t index = timers->pool[head].next;

    timers->occupied[level] &= ~(UINT64_C(1) << digit);
    if (index == head)
        return;
    timers->near_tick = timer_slot_start(timers, head);
    empty_list(timers, head);
    while (index != head) {
        uint32_t next = timers->pool[index].next;

        if (timers->pool[index].runs)
            timer_place(timers, index);
        else
            timers->pool[index].list = TIMER_OUT;
        index = next;
    }
}

/* Fills near from the first slots in use; does nothing if the wheel is empty. */
static void advance(struct timers *timers)
{
    uint32_t level = 0;

    while (!timers->near_count && level < TIMER_LEVELS) {
        if (timers->occupied[level]) {
            serve_slot(timers, level, (uint32_t)__builtin_ctzll(timers->occupied[level]));
            level = 0;
        } else {
            level++;
        }
    }
}

struct event timers_first(struct timers *timers)
{
    struct event first = EVENT_NEVER;

    if (!timers->near_count)
        advance(timers);
    if (timers->near_count)
        first = timers->near_events[0];
    timers->bound_ns = first.time_ns;
    return first;
}

uint32_t timers_pop(struct timers *timers, struct timer *popped)
{
    uint32_t index;

    if (!timers->near_count)
        advance(timers);
    index = timers->near_timers[0];
    *popped = timers->pool[index];
    timer_stop(timers, index);
    if (timers->near_count)
        timers->bound_ns = timers->near_events[0].time_ns;
    return index;
}
