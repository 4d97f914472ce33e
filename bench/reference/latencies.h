/* latencies.h - a histogram of times: 64 buckets to an octave, so that a bucket is at most 1.6 % wide.
 * Cost: O(1) a value. Memory: 30 KB. Units: ns. Owned by the caller, starts as zeros.
 */
#ifndef BENCH_REFERENCE_LATENCIES_H
#define BENCH_REFERENCE_LATENCIES_H

#include <stdint.h>

#include "bench/reference/clock.h"

#define LATENCIES_BITS 6
#define LATENCIES_BUCKETS ((64 - LATENCIES_BITS + 1) << LATENCIES_BITS)

struct latencies {
    uint64_t counts[LATENCIES_BUCKETS];
    uint64_t count, largest;
    __int128 sum;
};

INLINE unsigned latencies_bucket(uint64_t value)
{
    int octave;

    if (value < 1u << LATENCIES_BITS)
        return (unsigned)value;
    octave = 63 - __builtin_clzll(value) - LATENCIES_BITS;
    return ((unsigned)(octave + 1) << LATENCIES_BITS) +
           (unsigned)((value >> octave) - (1u << LATENCIES_BITS));
}

INLINE void latencies_add(struct latencies *latencies, uint64_t value)
{
    latencies->counts[latencies_bucket(value)]++;
    latencies->count++;
    latencies->sum += value;
    if (value > latencies->largest)
        latencies->largest = value;
}

/* The least value of a bucket. */
static inline uint64_t latencies_value(unsigned bucket)
{
    int octave = (int)(bucket >> LATENCIES_BITS) - 1;

    if (bucket < 2u << LATENCIES_BITS)
        return bucket;
    return (uint64_t)((bucket & ((1u << LATENCIES_BITS) - 1)) + (1u << LATENCIES_BITS)) << octave;
}

static inline double latencies_quantile(const struct latencies *latencies, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)latencies->count), passed = 0;

    for (unsigned i = 0; i < LATENCIES_BUCKETS; i++) {
        passed += latencies->counts[i];
        if (passed > wanted)
            return (double)latencies_value(i);
    }
    return (double)latencies->largest;
}

static inline double latencies_mean(const struct latencies *latencies)
{
    return (double)latencies->sum / (double)latencies->count;
}

#endif
