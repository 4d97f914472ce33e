/* heap.h - a 4-ary heap of events: the plain priority queue.
 *
 * A node has four children instead of two: the tree is half as deep, and the four children share one cache
 * line, so a level costs one miss. Used for what the ladder (pending.h) cannot sort by buckets, and alone
 * as the reference that its pop order is compared with.
 *
 * Cost: O(log n) a push and a pop; 16 bytes an event.
 * Ownership: the events are a block of the `struct memory` given to heap_init().
 * Source: D. B. Johnson, "Priority queues with update and finding minimum spanning trees", 1975 (d-ary
 * heaps); A. LaMarca and R. E. Ladner, "The influence of caches on the performance of heaps", 1996
 * (children on one line).
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include "sim/event.h"
#include "sim/memory.h"

struct heap {
    struct event *events; /* a heap: events[0] is the earliest */
    uint32_t count, capacity;
    struct memory *memory;
};

/* capacity: events that fit before the heap has to grow, at least 1. */
void heap_init(struct heap *heap, struct memory *memory, uint32_t capacity);

/* Gives the block back; the heap is then to be initialised again. */
void heap_deinit(struct heap *heap);

void heap_push(struct heap *heap, struct event event);

/* Removes and returns the earliest event; the heap must not be empty. */
struct event heap_pop(struct heap *heap);

/* Best of the up to four children from `child` on, of a heap of `count` events. */
static inline uint32_t heap_earliest_child(const struct event *events, uint32_t child, uint32_t count)
{
    uint32_t best = child;

    if (__builtin_expect(child + 3 < count, 1)) { /* a small tournament, without a branch */
        uint32_t left = child + event_before(events[child + 1], events[child]);
        uint32_t right = child + 2 + event_before(events[child + 3], events[child + 2]);

        return event_before(events[right], events[left]) ? right : left;
    }
    for (uint32_t i = child + 1; i < count; i++)
        if (event_before(events[i], events[best]))
            best = i;
    return best;
}

#endif
