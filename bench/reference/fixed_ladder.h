/* fixed_ladder.h - dates in 4096 buckets of a width that is known beforehand; see self_tuning_ladder.h, of
 * which this is what remains when nothing has to be found out: the bottom is always a sorted array.
 */
#ifndef BENCH_REFERENCE_FIXED_LADDER_H
#define BENCH_REFERENCE_FIXED_LADDER_H

#include "bench/reference/date_heap.h"

#define FIXED_BUCKETS 4096u
#define FIXED_CHUNK 15
#define FIXED_BOTTOM (1 << 16)

struct fixed_chunk {
    struct date dates[FIXED_CHUNK];
    uint32_t count, next;
    uint64_t unused;
};

struct fixed_ladder {
    uint32_t count, bottom_count, wheel_count;
    uint32_t chunk_free, chunk_used, chunk_capacity;
    int64_t current;
    struct fixed_chunk *chunks;
    struct date_heap far;
    uint32_t buckets[FIXED_BUCKETS];
    uint64_t occupied[FIXED_BUCKETS / 64];
    struct date bottom[FIXED_BOTTOM]; /* latest first */
};

static inline void fixed_ladder_init(struct fixed_ladder *ladder)
{
    date_heap_init(&ladder->far, 1024);
    ladder->chunk_capacity = 4096;
    ladder->chunks = bench_allocate(ladder->chunk_capacity * sizeof *ladder->chunks);
}

INLINE void fixed_ladder_put_bottom(struct fixed_ladder *ladder, struct date date)
{
    uint32_t i = ladder->bottom_count++;

    for (; i && date_before(ladder->bottom[i - 1], date); i--)
        ladder->bottom[i] = ladder->bottom[i - 1];
    ladder->bottom[i] = date;
}

static inline uint32_t fixed_ladder_new_chunk(struct fixed_ladder *ladder)
{
    uint32_t chunk = ladder->chunk_free;

    if (chunk) {
        ladder->chunk_free = ladder->chunks[chunk].next;
    } else {
        if (++ladder->chunk_used == ladder->chunk_capacity) {
            ladder->chunk_capacity *= 2;
            ladder->chunks = realloc(ladder->chunks, ladder->chunk_capacity * sizeof *ladder->chunks);
            if (!ladder->chunks)
                abort();
        }
        chunk = ladder->chunk_used;
    }
    ladder->chunks[chunk].count = 0;
    return chunk;
}

/* shift: a bucket is 2^shift ns wide, the same in all calls. */
INLINE void fixed_ladder_push(struct fixed_ladder *ladder, struct date date, int shift)
{
    int64_t bucket = date.time_ns >> shift;
    uint32_t slot = (uint32_t)bucket & (FIXED_BUCKETS - 1), chunk;

    ladder->count++;
    if (bucket <= ladder->current) {
        fixed_ladder_put_bottom(ladder, date);
        return;
    }
    if (__builtin_expect(bucket - ladder->current >= FIXED_BUCKETS, 0)) {
        date_heap_push(&ladder->far, date);
        return;
    }
    chunk = ladder->buckets[slot];
    if (!chunk || ladder->chunks[chunk].count == FIXED_CHUNK) {
        uint32_t added = fixed_ladder_new_chunk(ladder);

        ladder->chunks[added].next = chunk;
        ladder->buckets[slot] = chunk = added;
        ladder->occupied[slot >> 6] |= UINT64_C(1) << (slot & 63);
    }
    ladder->chunks[chunk].dates[ladder->chunks[chunk].count++] = date;
    ladder->wheel_count++;
}

static inline int64_t fixed_ladder_next_bucket(const struct fixed_ladder *ladder, int shift)
{
    uint32_t from = (uint32_t)(ladder->current + 1) & (FIXED_BUCKETS - 1), word = from >> 6, found;
    int64_t far_bucket = INT64_MAX, bucket;
    uint64_t bits;

    if (ladder->far.count)
        far_bucket = ladder->far.dates[0].time_ns >> shift;
    if (!ladder->wheel_count)
        return far_bucket;
    bits = ladder->occupied[word] & (~UINT64_C(0) << (from & 63));
    while (!bits) {
        word = (word + 1) & (FIXED_BUCKETS / 64 - 1);
        bits = ladder->occupied[word];
    }
    found = (word << 6) + (uint32_t)__builtin_ctzll(bits);
    bucket = ladder->current + 1 + ((found - from) & (FIXED_BUCKETS - 1));
    return far_bucket < bucket ? far_bucket : bucket;
}

static __attribute__((noinline)) void fixed_ladder_advance(struct fixed_ladder *ladder, int shift)
{
    do {
        uint32_t slot, next;

        ladder->current = fixed_ladder_next_bucket(ladder, shift);
        slot = (uint32_t)ladder->current & (FIXED_BUCKETS - 1);
        if (ladder->buckets[slot])
            ladder->occupied[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
        for (uint32_t chunk = ladder->buckets[slot]; chunk; chunk = next) {
            next = ladder->chunks[chunk].next;
            for (uint32_t i = 0; i < ladder->chunks[chunk].count; i++)
                fixed_ladder_put_bottom(ladder, ladder->chunks[chunk].dates[i]);
            ladder->wheel_count -= ladder->chunks[chunk].count;
            ladder->chunks[chunk].next = ladder->chunk_free;
            ladder->chunk_free = chunk;
        }
        ladder->buckets[slot] = 0;
        while (ladder->far.count && ladder->far.dates[0].time_ns >> shift <= ladder->current)
            fixed_ladder_put_bottom(ladder, date_heap_pop(&ladder->far));
    } while (!ladder->bottom_count);
}

/* The earliest, which stays; there must be one. */
INLINE struct date fixed_ladder_first(struct fixed_ladder *ladder, int shift)
{
    if (__builtin_expect(!ladder->bottom_count, 0))
        fixed_ladder_advance(ladder, shift);
    return ladder->bottom[ladder->bottom_count - 1];
}

/* Removes what fixed_ladder_first() has just returned. */
INLINE void fixed_ladder_drop_first(struct fixed_ladder *ladder)
{
    ladder->count--;
    ladder->bottom_count--;
}

#endif
