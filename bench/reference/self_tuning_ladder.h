/* self_tuning_ladder.h - dates in buckets, of which only the one being served is sorted.
 *
 * Places of a date: the bottom (the bucket being served and all before it: a short sorted array, or a heap
 * when it grows long), the wheel (the next buckets, unsorted, in chunks of 7, with a bitmap of those in use),
 * and `far` (a heap) beyond it. After every few thousand pops the width of a bucket is set to about 12 mean
 * gaps and the ladder is rebuilt if that differs much from the present one. Cost: O(1) amortised, O(log n)
 * where a heap is used. The kernel's own is sim/pending.h, which this one is compared with.
 */
#ifndef BENCH_REFERENCE_SELF_TUNING_LADDER_H
#define BENCH_REFERENCE_SELF_TUNING_LADDER_H

#include "bench/reference/date_heap.h"

#define LADDER_CHUNK 7
#define LADDER_BOTTOM 48
#define LADDER_BUCKETS_LEAST 64u
#define LADDER_BUCKETS_MOST (1u << 20)
#define LADDER_GAPS 12 /* mean gaps to a bucket */

struct ladder_chunk {
    struct date dates[LADDER_CHUNK];
    uint32_t count, next;
    uint64_t unused;
};

struct ladder {
    struct date bottom[LADDER_BOTTOM]; /* latest first */
    uint32_t bottom_count;
    uint32_t bottom_is_heap;
    uint32_t count;        /* in all */
    uint32_t bucket_count; /* a power of two */
    uint32_t shift;        /* a bucket is 2^shift ns wide */
    uint32_t wheel_count;  /* dates in the wheel */
    uint32_t chunk_free, chunk_used, chunk_capacity;
    int64_t current;    /* number of the last bucket that belongs to the bottom */
    uint32_t *buckets;  /* newest chunk of each, 0: none */
    uint64_t *occupied; /* bitmap */
    struct ladder_chunk *chunks;
    struct date_heap near, far;
    uint64_t pops, pushes, far_pushes; /* since the last check */
    uint64_t next_check;
    int64_t checked_ns;
};

/* ---- put ---- */

static __attribute__((noinline)) void ladder_bottom_to_heap(struct ladder *ladder)
{
    while (ladder->bottom_count)
        date_heap_push(&ladder->near, ladder->bottom[--ladder->bottom_count]);
    ladder->bottom_is_heap = 1;
}

INLINE void ladder_put_bottom(struct ladder *ladder, struct date date)
{
    uint32_t i;

    if (__builtin_expect(!ladder->bottom_is_heap, 1)) {
        if (__builtin_expect(ladder->bottom_count < LADDER_BOTTOM, 1)) {
            for (i = ladder->bottom_count++; i && date_before(ladder->bottom[i - 1], date); i--)
                ladder->bottom[i] = ladder->bottom[i - 1];
            ladder->bottom[i] = date;
            return;
        }
        ladder_bottom_to_heap(ladder);
    }
    date_heap_push(&ladder->near, date);
}

/* An empty chunk before those of the slot. */
INLINE uint32_t ladder_add_chunk(struct ladder *ladder, uint32_t slot)
{
    uint32_t chunk = ladder->chunk_free;

    if (chunk) {
        ladder->chunk_free = ladder->chunks[chunk].next;
    } else {
        if (__builtin_expect(++ladder->chunk_used == ladder->chunk_capacity, 0)) {
            ladder->chunk_capacity *= 2;
            ladder->chunks = realloc(ladder->chunks, ladder->chunk_capacity * sizeof *ladder->chunks);
            if (!ladder->chunks)
                abort();
        }
        chunk = ladder->chunk_used;
    }
    ladder->chunks[chunk].count = 0;
    ladder->chunks[chunk].next = ladder->buckets[slot];
    ladder->buckets[slot] = chunk;
    ladder->occupied[slot >> 6] |= UINT64_C(1) << (slot & 63);
    return chunk;
}

INLINE void ladder_put(struct ladder *ladder, struct date date)
{
    int64_t bucket = date.time_ns >> ladder->shift;
    uint32_t slot = (uint32_t)bucket & (ladder->bucket_count - 1), chunk;

    if (bucket <= ladder->current) {
        ladder_put_bottom(ladder, date);
    } else if (__builtin_expect(bucket - ladder->current >= (int64_t)ladder->bucket_count, 0)) {
        ladder->far_pushes++;
        date_heap_push(&ladder->far, date);
    } else {
        chunk = ladder->buckets[slot];
        if (!chunk || ladder->chunks[chunk].count == LADDER_CHUNK)
            chunk = ladder_add_chunk(ladder, slot);
        ladder->chunks[chunk].dates[ladder->chunks[chunk].count++] = date;
        ladder->wheel_count++;
    }
}

/* ---- tuning ---- */

static inline void ladder_set_up(struct ladder *ladder, uint32_t bucket_count, uint32_t shift)
{
    ladder->bucket_count = bucket_count;
    ladder->shift = shift;
    free(ladder->buckets);
    free(ladder->occupied);
    ladder->buckets = bench_allocate(bucket_count * sizeof *ladder->buckets);
    ladder->occupied = bench_allocate(bucket_count / 8);
    ladder->chunk_free = ladder->chunk_used = ladder->wheel_count = 0;
}

static inline void ladder_init(struct ladder *ladder)
{
    *ladder = (struct ladder){ .chunk_capacity = 1024, .next_check = 4096 };
    date_heap_init(&ladder->near, 1024);
    date_heap_init(&ladder->far, 1024);
    ladder->chunks = bench_allocate(ladder->chunk_capacity * sizeof *ladder->chunks);
    ladder_set_up(ladder, LADDER_BUCKETS_LEAST, 16);
}

/* Moves all dates to `dates`; returns how many. */
static inline uint32_t ladder_drain(struct ladder *ladder, struct date *dates)
{
    uint32_t count = 0;

    while (ladder->bottom_count)
        dates[count++] = ladder->bottom[--ladder->bottom_count];
    while (ladder->near.count)
        dates[count++] = ladder->near.dates[--ladder->near.count];
    while (ladder->far.count)
        dates[count++] = ladder->far.dates[--ladder->far.count];
    for (uint32_t slot = 0; slot < ladder->bucket_count; slot++)
        for (uint32_t chunk = ladder->buckets[slot]; chunk; chunk = ladder->chunks[chunk].next)
            for (uint32_t i = 0; i < ladder->chunks[chunk].count; i++)
                dates[count++] = ladder->chunks[chunk].dates[i];
    return count;
}

static inline void ladder_rebuild(struct ladder *ladder, uint32_t bucket_count, uint32_t shift,
                                  int64_t now_ns)
{
    struct date *dates = bench_allocate((ladder->count + 1u) * sizeof *dates);
    uint32_t count = ladder_drain(ladder, dates);

    ladder_set_up(ladder, bucket_count, shift);
    ladder->bottom_is_heap = 0;
    ladder->current = now_ns >> shift;
    for (uint32_t i = 0; i < count; i++)
        ladder_put(ladder, dates[i]);
    free(dates);
}

static inline uint32_t ladder_wanted_shift(const struct ladder *ladder, int64_t now_ns)
{
    double gap_ns = (double)(now_ns - ladder->checked_ns) / (double)ladder->pops;
    uint32_t shift = 0;

    while (shift < 60 && (double)(UINT64_C(2) << shift) <= LADDER_GAPS * gap_ns)
        shift++;
    return shift;
}

static inline uint32_t ladder_wanted_buckets(const struct ladder *ladder)
{
    uint32_t wanted = LADDER_BUCKETS_LEAST, present = ladder->bucket_count;

    if (ladder->far_pushes * 8 > ladder->pushes)
        return present * 4 < LADDER_BUCKETS_MOST ? present * 4 : LADDER_BUCKETS_MOST;
    while (wanted < ladder->count / 2 && wanted < LADDER_BUCKETS_MOST)
        wanted *= 2;
    return wanted < present && wanted * 8 > present ? present : wanted;
}

static __attribute__((noinline)) void ladder_retune(struct ladder *ladder, int64_t now_ns)
{
    uint32_t shift = ladder_wanted_shift(ladder, now_ns), buckets = ladder_wanted_buckets(ladder);
    int change = (int)shift - (int)ladder->shift;

    if (change > 1 || change < -1 || buckets > ladder->bucket_count || buckets * 8 < ladder->bucket_count)
        ladder_rebuild(ladder, buckets, shift, now_ns);
    ladder->pops = ladder->pushes = ladder->far_pushes = 0;
    ladder->checked_ns = now_ns;
    ladder->next_check = ladder->count > 2048 ? UINT64_C(2) * ladder->count : 4096;
}

/* ---- the next bucket ---- */

static inline int64_t ladder_next_bucket(const struct ladder *ladder)
{
    uint32_t mask = ladder->bucket_count - 1, from = (uint32_t)(ladder->current + 1) & mask, word = from >> 6,
             found;
    uint64_t bits;
    int64_t far_bucket = INT64_MAX, bucket;

    if (ladder->far.count)
        far_bucket = ladder->far.dates[0].time_ns >> ladder->shift;
    if (!ladder->wheel_count)
        return far_bucket;
    bits = ladder->occupied[word] & (~UINT64_C(0) << (from & 63));
    while (!bits) {
        word = (word + 1) & (mask >> 6);
        bits = ladder->occupied[word];
    }
    found = (word << 6) + (uint32_t)__builtin_ctzll(bits);
    bucket = ladder->current + 1 + ((found - from) & mask);
    return far_bucket < bucket ? far_bucket : bucket;
}

/* Moves the chunks of a slot to the bottom. */
INLINE void ladder_serve(struct ladder *ladder, uint32_t slot)
{
    uint32_t chunk = ladder->buckets[slot], next;

    if (!chunk)
        return;
    ladder->buckets[slot] = 0;
    ladder->occupied[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
    for (; chunk; chunk = next) {
        next = ladder->chunks[chunk].next;
        for (uint32_t i = 0; i < ladder->chunks[chunk].count; i++)
            ladder_put_bottom(ladder, ladder->chunks[chunk].dates[i]);
        ladder->wheel_count -= ladder->chunks[chunk].count;
        ladder->chunks[chunk].next = ladder->chunk_free;
        ladder->chunk_free = chunk;
    }
}

static __attribute__((noinline)) void ladder_advance(struct ladder *ladder)
{
    ladder->bottom_is_heap = 0;
    do {
        ladder->current = ladder_next_bucket(ladder);
        ladder_serve(ladder, (uint32_t)ladder->current & (ladder->bucket_count - 1));
        while (ladder->far.count && ladder->far.dates[0].time_ns >> ladder->shift <= ladder->current)
            ladder_put_bottom(ladder, date_heap_pop(&ladder->far));
    } while (!ladder->bottom_count && !ladder->near.count);
}

/* ---- push and pop ---- */

INLINE void ladder_push(struct ladder *ladder, struct date date)
{
    ladder->count++;
    ladder->pushes++;
    ladder_put(ladder, date);
}

/* The earliest; there must be one. */
INLINE struct date ladder_pop(struct ladder *ladder)
{
    struct date first;

    if (__builtin_expect(!ladder->bottom_count && !ladder->near.count, 0))
        ladder_advance(ladder);
    ladder->count--;
    first = ladder->bottom_count ? ladder->bottom[--ladder->bottom_count] : date_heap_pop(&ladder->near);
    if (__builtin_expect(++ladder->pops == ladder->next_check, 0))
        ladder_retune(ladder, first.time_ns);
    return first;
}

#endif
