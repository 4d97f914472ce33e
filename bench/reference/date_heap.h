/* date_heap.h - a 4-ary heap of dates.
 *
 * A date is 16 bytes: nanoseconds, then sequence number << 24 | what it is about, so that one comparison of
 * 128 bits gives a total order. The four children of a node share a cache line: events[3] would be the start
 * of one, so the root is placed there.
 * Cost: O(log n). Memory is the program's until it ends: the loops run once. The heap grows by itself.
 */
#ifndef BENCH_REFERENCE_DATE_HEAP_H
#define BENCH_REFERENCE_DATE_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/reference/clock.h"

#define DATE_ABOUT_BITS 24
#define DATE_ABOUT_MASK ((UINT64_C(1) << DATE_ABOUT_BITS) - 1)

struct date {
    int64_t time_ns;
    uint64_t order; /* sequence << 24 | what it is about */
};

struct date_heap {
    struct date *dates; /* the root first */
    uint32_t count, capacity;
};

/* Memory of a benchmark, or its end. */
static inline void *bench_allocate(size_t bytes)
{
    void *block = aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095);

    if (!block) {
        fputs("out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    memset(block, 0, bytes);
    return block;
}

INLINE bool date_before(struct date a, struct date b)
{
    return ((__int128)a.time_ns << 64 | a.order) < ((__int128)b.time_ns << 64 | b.order);
}

static inline void date_heap_init(struct date_heap *heap, uint32_t capacity)
{
    heap->dates = (struct date *)bench_allocate((capacity + 8) * sizeof(struct date)) + 3;
    heap->count = 0;
    heap->capacity = capacity;
}

static __attribute__((noinline, cold)) void date_heap_grow(struct date_heap *heap)
{
    struct date_heap larger;

    date_heap_init(&larger, heap->capacity * 2);
    memcpy(larger.dates, heap->dates, heap->count * sizeof(struct date));
    larger.count = heap->count;
    free(heap->dates - 3);
    *heap = larger;
}

INLINE void date_heap_push(struct date_heap *heap, struct date date)
{
    struct date *dates;
    uint32_t i;

    if (__builtin_expect(heap->count == heap->capacity, 0))
        date_heap_grow(heap);
    dates = heap->dates;
    for (i = heap->count++; i; i = (i - 1) >> 2) {
        uint32_t parent = (i - 1) >> 2;

        if (!date_before(date, dates[parent]))
            break;
        dates[i] = dates[parent];
    }
    dates[i] = date;
}

/* The earliest of up to four children from `first` on. */
INLINE uint32_t date_heap_first_child(const struct date *dates, uint32_t first, uint32_t count)
{
    uint32_t least = first;

    if (__builtin_expect(first + 3 < count, 1)) { /* without a branch that depends on dates */
        uint32_t left = first + date_before(dates[first + 1], dates[first]);
        uint32_t right = first + 2 + date_before(dates[first + 3], dates[first + 2]);

        return date_before(dates[right], dates[left]) ? right : left;
    }
    for (uint32_t i = first + 1; i < count && i < first + 4; i++)
        if (date_before(dates[i], dates[least]))
            least = i;
    return least;
}

INLINE struct date date_heap_pop(struct date_heap *heap)
{
    struct date *dates = heap->dates, first = dates[0], last = dates[--heap->count];
    uint32_t count = heap->count, i = 0;

    if (!count)
        return first;
    for (;;) {
        uint32_t child = 4 * i + 1;

        if (child >= count)
            break;
        child = date_heap_first_child(dates, child, count);
        if (!date_before(dates[child], last))
            break;
        dates[i] = dates[child];
        i = child;
    }
    dates[i] = last;
    return first;
}

#endif
