/* hold.h - the hold model: take the earliest date, put one back, under laws made to be hard on queues.
 *
 * hold_run() is the same loop for everything that is measured, so that checksums of the dates popped can be
 * compared: equal checksums are equal orders.
 *
 * Laws of the delay, mean about 1 ms:
 *   exponential
 *   bimodal     one in 128 is a thousand times as long
 *   ties        whole milliseconds: many at the same date
 *   constant    all alike
 *   rate_jumps  a thousand times as long and back, after each quarter of the run
 *   zeros       every second one is zero
 */
#ifndef BENCH_REFERENCE_HOLD_H
#define BENCH_REFERENCE_HOLD_H

#include <inttypes.h>

#include "bench/reference/date_heap.h"
#include "bench/reference/draws.h"

#define HOLD_MEAN_NS 1e6

enum hold_law {
    HOLD_EXPONENTIAL,
    HOLD_BIMODAL,
    HOLD_TIES,
    HOLD_CONSTANT,
    HOLD_RATE_JUMPS,
    HOLD_ZEROS,
    HOLD_LAW_COUNT
};

struct hold {
    struct xoshiro stream;
    enum hold_law law;
    double scale; /* of rate_jumps */
    uint64_t sequence;
    uint32_t size;     /* dates pending */
    uint64_t holds;    /* to be measured, after a quarter as many, and at least three a date, before */
    uint64_t checksum; /* of what was popped */
};

/* A set of dates. */
typedef void hold_push_function(void *set, struct date date);
typedef struct date hold_pop_function(void *set);

/* From PROGRAM ... SIZE HOLDS LAW, the last three arguments. */
static inline void hold_init(struct hold *hold, int argc, char **argv)
{
    static const char *const names[HOLD_LAW_COUNT] = { "exponential", "bimodal",    "ties",
                                                       "constant",    "rate_jumps", "zeros" };
    int law = 0;

    while (law < HOLD_LAW_COUNT && argc > 3 && strcmp(names[law], argv[argc - 1]))
        law++;
    if (argc <= 3 || law == HOLD_LAW_COUNT) {
        fputs("arguments: ... SIZE HOLDS exponential|bimodal|ties|constant|rate_jumps|zeros\n", stderr);
        exit(EXIT_FAILURE);
    }
    *hold = (struct hold){ .law = (enum hold_law)law, .scale = 1 };
    hold->size = (uint32_t)strtoul(argv[argc - 3], NULL, 10);
    hold->holds = strtoull(argv[argc - 2], NULL, 10);
    xoshiro_seed(&hold->stream, 7);
    draws_init();
}

INLINE int64_t hold_delay(struct hold *hold)
{
    struct xoshiro *stream = &hold->stream;
    double delay_ns;

    switch (hold->law) {
    case HOLD_BIMODAL:
        delay_ns = draw_exponential(stream) * HOLD_MEAN_NS;
        return (int64_t)(draw_bits(stream) & 127 ? delay_ns : delay_ns * 1000);
    case HOLD_TIES:
        return 1000000 * (int64_t)(draw_exponential(stream) * 1.5);
    case HOLD_CONSTANT:
        return 1000000;
    case HOLD_RATE_JUMPS:
        return (int64_t)(draw_exponential(stream) * HOLD_MEAN_NS * hold->scale);
    case HOLD_ZEROS:
        return draw_bits(stream) & 1 ? 0 : (int64_t)(draw_exponential(stream) * HOLD_MEAN_NS);
    default:
        return (int64_t)(draw_exponential(stream) * HOLD_MEAN_NS);
    }
}

INLINE struct date hold_date_after(struct hold *hold, int64_t now_ns)
{
    return (struct date){ now_ns + hold_delay(hold), hold->sequence++ << DATE_ABOUT_BITS };
}

/* Returns the time of one hold, ns. Inlined with its functions, or it would measure calls. */
INLINE double hold_run(struct hold *hold, void *set, hold_push_function *push, hold_pop_function *pop)
{
    uint64_t before = hold->holds / 4 > 3 * (uint64_t)hold->size ? hold->holds / 4 : 3 * (uint64_t)hold->size;
    double start_ns = 0;

    for (uint32_t i = 0; i < hold->size; i++)
        push(set, hold_date_after(hold, 0));
    for (uint64_t i = 0; i < before + hold->holds; i++) {
        struct date first;

        if (i == before)
            start_ns = clock_processor_ns();
        if (hold->law == HOLD_RATE_JUMPS && i % (hold->holds / 4) == 0)
            hold->scale = hold->scale == 1 ? 1000 : 1;
        first = pop(set);
        hold->checksum = hold->checksum * 31 + (uint64_t)first.time_ns + first.order;
        push(set, hold_date_after(hold, first.time_ns));
    }
    return (clock_processor_ns() - start_ns) / (double)hold->holds;
}

static inline void hold_print(const struct hold *hold, double ns)
{
    printf("ns=%.2f checksum=%016" PRIx64 "\n", ns, hold->checksum);
}

#endif
