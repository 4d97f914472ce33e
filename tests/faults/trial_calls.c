#include "tests/faults/tracer.h"
#include "tests/faults/trial.h"

#include <errno.h>
#include <stdio.h>

static const struct tracer_plan plans[] = {
    { "disk full", TRACER_WRITES | TRACER_NAMES, ENOSPC, false },
    { "disk full from then on", TRACER_WRITES | TRACER_NAMES, ENOSPC, true },
    { "faulty disk", TRACER_WRITES | TRACER_NAMES | TRACER_READS | TRACER_CLOSES, EIO, false },
    { "write cut short", TRACER_WRITES, 0, false },
    { "all writes cut short", TRACER_WRITES, 0, true },
    { "interrupted", TRACER_WRITES | TRACER_NAMES | TRACER_READS | TRACER_CLOSES, EINTR, false },
};

#define PLAN_COUNT (sizeof plans / sizeof *plans)

static void run(const struct trial_case *trial_case, const struct tracer_plan *plan, uint64_t fail_at,
                struct trial_outcome *outcome, uint64_t *seen)
{
    int status = tracer_run(trial_start(trial_case, true), plan, fail_at, &trial_faults()->started, seen);

    trial_collect(trial_case, status, outcome);
}

static int try_plan(const struct trial_case *trial_case, const struct tracer_plan *plan, uint64_t runs_max)
{
    struct trial_outcome reference;
    uint64_t count, seen;
    int bad = 0;

    run(trial_case, plan, 0, &reference, &count);
    bad += !trial_holds(trial_case, &reference, &reference, false, "nothing"); /* and clears up */
    for (uint64_t i = 1; i <= count && bad < 5; i += count / runs_max + 1) {
        struct trial_outcome outcome;
        char what[80];

        run(trial_case, plan, i, &outcome, &seen);
        snprintf(what, sizeof what, "%s, call %llu", plan->name, (unsigned long long)i);
        bad += !trial_holds(trial_case, &outcome, &reference, plan->calls & TRACER_READS, what);
        trial_release(&outcome);
    }
    trial_release(&reference);
    return bad;
}

int trial_calls(const struct trial_case *trial_case, uint64_t runs_max)
{
    int bad = 0;

    for (size_t i = 0; i < PLAN_COUNT; i++)
        bad += try_plan(trial_case, &plans[i], runs_max);
    return bad;
}
