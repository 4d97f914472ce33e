/* trace.h - the requests that caches are replayed with: keys 1 to 1,000,000 by Zipf's law, exponent 0.99. */
#ifndef BENCH_REFERENCE_TRACE_H
#define BENCH_REFERENCE_TRACE_H

#include "bench/reference/date_heap.h"
#include "bench/reference/zipf.h"

#define TRACE_REQUESTS 20000000
#define TRACE_CAPACITY 100000 /* of the caches */
#define TRACE_AHEAD 8         /* requests that a replay looks ahead to prefetch */

/* The same at each call; the program's until its end. */
static inline const uint64_t *trace_make(void)
{
    uint64_t *keys = bench_allocate((TRACE_REQUESTS + TRACE_AHEAD) * sizeof *keys);
    struct xoshiro stream;
    struct zipf_law law;

    xoshiro_seed(&stream, 2024);
    zipf_law_init(&law, 1000000, 0.99);
    for (uint32_t i = 0; i < TRACE_REQUESTS; i++)
        keys[i] = draw_zipf(&law, &stream);
    return keys;
}

static inline void trace_print(const char *policy, double ns, uint64_t misses)
{
    printf("policy=%s ns=%.2f miss_ratio=%.6f\n", policy, ns / TRACE_REQUESTS,
           (double)misses / TRACE_REQUESTS);
}

#endif
