/* clock.h - time of the processor that this process has used, so that others on the machine count less. */
#ifndef BENCH_REFERENCE_CLOCK_H
#define BENCH_REFERENCE_CLOCK_H

#include <time.h>

/* Each reference loop becomes one function when it is compiled. */
#define INLINE static inline __attribute__((always_inline))

static inline double clock_processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
