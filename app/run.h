/* run.h - runs the replications of one variant and gathers what they measured. */
#ifndef APP_RUN_H
#define APP_RUN_H

#include <signal.h>

#include "app/results.h"
#include "app/scenario.h"
#include "app/series_output.h"

#define RUN_LONGER 10000

struct run_options {
    uint64_t seed;
    int replications;
    uint64_t memory_budget_bytes;
    uint64_t requests_wanted; /* a steady run measures until so many were sent, RUN_LONGER times its time at
                                 most; 0: for its time */
    uint32_t requests_max; /* lower limits than the layout's, for tests; 0: its own */
    uint64_t events_max;
    const volatile sig_atomic_t *interrupt; /* set by a signal; NULL: never */
    const char *replay;                     /* the command line, for bug reports */
    struct series_output *series; /* of this variant, fresh from series_output_init(); NULL: not wanted */

    /* Called about ten times a replication with the share of it that is done. May be NULL. */
    void (*progress)(void *user, int replication, double share);
    void *progress_user;
};

enum run_status {
    RUN_COMPLETE,
    RUN_INTERRUPTED, /* by a signal: what was measured so far is in the results, marked partial */
    RUN_OVER_MEMORY, /* the same, and results->growth says which component grew */
    RUN_FULL,        /* the same of requests in flight, 2^24 */
    RUN_OUT_OF_EVENTS, /* the same of events, 10^12 */
    RUN_SERIES_TOO_LARGE, /* nothing was run */
    RUN_OUT_OF_MEMORY,
    RUN_NOT_CONSERVED, /* a bug: told on standard error */
};

/* Of replication `number`, from 0, of every variant: common random numbers. */
uint64_t run_seed(uint64_t seed, int number);

/* results must be fresh from results_init(). */
enum run_status run_variant(const struct scenario_variant *variant, const struct run_options *options,
                            struct results *results);

#endif
