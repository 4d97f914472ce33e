#include "app/run.h"

#include <math.h>
#include <stdio.h>

#include "app/build.h"
#include "app/collect.h"
#include "app/growth.h"
#include "app/peaks.h"

#define STEPS 20 /* of the measured time, for progress and the signal */
#define LONGEST_NS 4e18 /* of a measured time, which with the warm-up has to stay a date */

struct replication {
    struct sim *sim;
    const struct time_config *time;
    const struct run_options *options;
    struct results *results;
    struct peaks peaks; /* of an episode */
    int number;
    uint64_t built_bytes; /* before the first event */
    enum sim_status status;
    enum series_status series_status;
    bool conserved;
};

static void report_progress(const struct replication *replication, double share)
{
    if (replication->options->progress)
        replication->options->progress(replication->options->progress_user, replication->number, share);
}

static bool is_episode(const struct replication *replication)
{
    return replication->time->kind == TIME_EPISODE;
}

/* The next date to look at what was measured so far, ns since measuring began. */
static int64_t next_stop_ns(const struct replication *replication)
{
    const struct series_output *series = replication->options->series;
    int64_t next_ns = series ? series_output_next_ns(series) : INT64_MAX;
    int64_t peak_ns = is_episode(replication) ? peaks_next_ns(&replication->peaks) : INT64_MAX;

    return peak_ns < next_ns ? peak_ns : next_ns;
}

static void look(struct replication *replication, int64_t date_ns)
{
    struct series_output *series = replication->options->series;

    if (series && series_output_next_ns(series) == date_ns)
        series_output_sample(series, replication->sim);
    if (is_episode(replication) && peaks_next_ns(&replication->peaks) == date_ns)
        peaks_sample(&replication->peaks, replication->sim);
}

/* Runs on to `end_ns` of the measured time, with a stop at the end of each interval that is looked at. */
static void run_measured(struct replication *replication, int64_t end_ns)
{
    struct sim *sim = replication->sim;
    int64_t next_ns = next_stop_ns(replication);

    for (; replication->status == SIM_REACHED && next_ns <= end_ns; next_ns = next_stop_ns(replication)) {
        replication->status = sim_run(sim, replication->time->warm_up + next_ns);
        if (replication->status == SIM_REACHED)
            look(replication, next_ns);
    }
    if (replication->status == SIM_REACHED)
        replication->status = sim_run(sim, replication->time->warm_up + end_ns);
}

static uint64_t requests_sent(const struct sim *sim)
{
    uint64_t sent = 0;

    for (uint16_t i = 0; i < sim->class_count; i++)
        sent += sim->classes[i]->started;
    return sent;
}

/* Few users send few requests: goes on until there are enough, for as long as the rate so far says. */
static void run_longer(struct replication *replication)
{
    struct sim *sim = replication->sim;
    const struct time_config *time = replication->time;
    uint64_t wanted = replication->options->requests_wanted, sent = requests_sent(sim);
    double measured_ns = (double)time->measure, most_ns = fmin(measured_ns * RUN_LONGER, LONGEST_NS);

    for (; replication->status == SIM_REACHED && sent < wanted && measured_ns < most_ns;
         sent = requests_sent(sim)) {
        double longer = sent ? fmin((double)wanted / (double)sent, 2) : 2;

        measured_ns = fmin(measured_ns * fmax(longer, 1 + 1.0 / STEPS), most_ns);
        replication->status = sim_run(sim, time->warm_up + (int64_t)measured_ns);
    }
}

/* Runs to the end of the measured time or of the patience. */
static void run_steps(struct replication *replication)
{
    struct sim *sim = replication->sim;
    const struct time_config *time = replication->time;
    struct series_output *series = replication->options->series;

    replication->status = sim_run(sim, time->warm_up);
    sim_window_start(sim);
    if (series)
        replication->series_status = series_output_start(series, sim);
    if (is_episode(replication))
        peaks_init(&replication->peaks, sim, time->measure);
    replication->results->out_of_memory |= replication->peaks.out_of_memory;
    for (int step = 1;
         step <= STEPS && replication->status == SIM_REACHED && replication->series_status == SERIES_OK;
         step++) {
        report_progress(replication, (double)(step - 1) / STEPS);
        run_measured(replication, (int64_t)((__int128)time->measure * step / STEPS));
    }
    if (!is_episode(replication))
        run_longer(replication);
}

static bool is_over_limit(const struct replication *replication)
{
    return replication->status == SIM_OVER_BUDGET || replication->status == SIM_FULL ||
           replication->status == SIM_OUT_OF_EVENTS;
}

static void run_guarded(void *argument)
{
    struct replication *replication = argument;
    struct results *results = replication->results;
    bool whole, measured;

    replication->built_bytes = replication->sim->memory.used_bytes;
    run_steps(replication);
    replication->conserved = sim_conserves(replication->sim, stderr);
    if (is_over_limit(replication))
        growth_find(&results->growth, replication->sim, replication->built_bytes);
    whole = replication->status == SIM_REACHED && replication->series_status == SERIES_OK;
    measured = replication->sim->now_ns > replication->sim->window_start_ns;
    if (!whole && (!measured || results->replications > 0)) /* a part would weigh as much as a whole one */
        return;
    collect_run(results, replication->sim, is_episode(replication) ? &replication->peaks : NULL);
    if (replication->options->series)
        series_output_add(replication->options->series);
}

static enum run_status status_of(const struct replication *replication)
{
    if (!replication->conserved)
        return RUN_NOT_CONSERVED;
    if (replication->series_status != SERIES_OK)
        return replication->series_status == SERIES_TOO_LARGE ? RUN_SERIES_TOO_LARGE : RUN_OUT_OF_MEMORY;
    switch (replication->status) {
    case SIM_REACHED:
        return RUN_COMPLETE;
    case SIM_INTERRUPTED:
        return RUN_INTERRUPTED;
    case SIM_OVER_BUDGET:
        return RUN_OVER_MEMORY;
    case SIM_FULL:
        return RUN_FULL;
    case SIM_OUT_OF_EVENTS:
        break;
    }
    return RUN_OUT_OF_EVENTS;
}

uint64_t run_seed(uint64_t seed, int number)
{
    return rng_hash(seed, (uint64_t)number);
}

static enum run_status run_replication(const struct scenario_variant *variant,
                                       const struct run_options *options, struct results *results, int number)
{
    struct replication replication = { .time = &variant->time, .options = options, .results = results,
                                       .number = number };
    struct build_problem problem;
    enum run_status status = RUN_OUT_OF_MEMORY;

    if (build_run(variant, run_seed(options->seed, number), options->memory_budget_bytes, &replication.sim,
                  &problem) != BUILD_OK)
        return RUN_OUT_OF_MEMORY; /* any other problem would have been refused when the scenario was read */
    replication.sim->interrupt = options->interrupt;
    replication.sim->replay = options->replay;
    if (options->requests_max)
        replication.sim->requests_max = options->requests_max;
    if (options->events_max)
        replication.sim->events_max = options->events_max;
    if (memory_guard(&replication.sim->memory, run_guarded, &replication))
        status = status_of(&replication);
    peaks_deinit(&replication.peaks);
    sim_destroy(replication.sim);
    return status;
}

enum run_status run_variant(const struct scenario_variant *variant, const struct run_options *options,
                            struct results *results)
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
