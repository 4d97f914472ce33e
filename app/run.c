#include "app/run.h"

#include <stdio.h>

#include "app/build.h"
#include "app/collect.h"

#define STEPS 20 /* of the measured time, for progress and the signal */

struct replication {
    struct sim *sim;
    const struct time_config *time;
    const struct run_options *options;
    struct results *results;
    int number;
    enum sim_status status;
    bool conserved;
};

static void report_progress(const struct replication *replication, double share)
{
    if (replication->options->progress)
        replication->options->progress(replication->options->progress_user, replication->number, share);
}

/* Runs to the end of the measured time or of the patience. */
static void run_steps(struct replication *replication)
{
    struct sim *sim = replication->sim;
    const struct time_config *time = replication->time;

    replication->status = sim_run(sim, time->warm_up);
    sim_window_start(sim);
    for (int step = 1; step <= STEPS && replication->status == SIM_REACHED; step++) {
        report_progress(replication, (double)(step - 1) / STEPS);
        replication->status = sim_run(sim, time->warm_up + (int64_t)((__int128)time->measure * step / STEPS));
    }
}

static void run_guarded(void *argument)
{
    struct replication *replication = argument;

    bool whole, measured;

    run_steps(replication);
    replication->conserved = sim_conserves(replication->sim, stderr);
    whole = replication->status == SIM_REACHED;
    measured = replication->sim->now_ns > replication->sim->window_start_ns;
    if (whole || (measured && replication->results->replications == 0)) /* a part would weigh as much as a whole one */
        collect_run(replication->results, replication->sim);
}

static enum run_status status_of(const struct replication *replication)
{
    if (!replication->conserved)
        return RUN_NOT_CONSERVED;
    switch (replication->status) {
    case SIM_REACHED:
        return RUN_COMPLETE;
    case SIM_INTERRUPTED:
        return RUN_INTERRUPTED;
    case SIM_OVER_BUDGET:
    case SIM_FULL:
        break;
    }
    return RUN_OVER_LIMIT;
}

static enum run_status run_replication(const struct scenario_variant *variant, const struct run_options *options,
                                       struct results *results, int number)
{
    struct replication replication = { .time = &variant->time, .options = options, .results = results, .number = number };
    const char *cycle;
    enum run_status status = RUN_OUT_OF_MEMORY;

    if (build_run(variant, rng_hash(options->seed, (uint64_t)number), options->memory_budget_bytes, &replication.sim, &cycle) != BUILD_OK)
        return RUN_OUT_OF_MEMORY; /* a cycle would have been refused when the scenario was read */
    replication.sim->interrupt = options->interrupt;
    replication.sim->replay = options->replay;
    if (memory_guard(&replication.sim->memory, run_guarded, &replication))
        status = status_of(&replication);
    sim_destroy(replication.sim);
    return status;
}

enum run_status run_variant(const struct scenario_variant *variant, const struct run_options *options, struct results *results)
{
    enum run_status status = RUN_COMPLETE;

    for (int number = 0; number < options->replications && status == RUN_COMPLETE; number++) {
        status = run_replication(variant, options, results, number);
        if (results->out_of_memory)
            status = RUN_OUT_OF_MEMORY;
    }
    results->partial = status != RUN_COMPLETE;
    return status;
}
