/* theory_run.h - runs a configuration through the door of a user's scenario, and judges what it measured.
 *
 * A claim holds when the simulated value is within THEORY_DEVIATIONS standard errors of the exact one and
 * within the oracle's tolerance as well: the first finds an error that hides in a wide tolerance, the second
 * a run too short to tell. What is known to be a bound may lie on one side at will; what is known to be an
 * approximation widens the first by its own error. The standard error is that of the Student t interval
 * over the replications.
 *
 * The operational laws (J. D. C. Little, "A proof for the queuing formula L = lambda W", 1961; P. J. Denning
 * and J. P. Buzen, "The operational analysis of queueing network models", 1978) are checked on the same run:
 * time averages come from integrals over the run, their other sides from single requests. A window that cuts
 * requests in two keeps them from being equal to the last digit; the count of requests has no such excuse.
 *
 * Ownership: a run owns what it read and measured. Cost: that of the simulation.
 */
#ifndef TESTS_THEORY_THEORY_RUN_H
#define TESTS_THEORY_THEORY_RUN_H

#include <stdint.h>

#include "app/results.h"
#include "app/scenario.h"
#include "tests/theory/oracles.h"

#define THEORY_DEVIATIONS 4
#define THEORY_REPLICATIONS 20
#define THEORY_LAW_TOLERANCE 0.005 /* relative */

struct theory_run {
    struct diagnostics diagnostics;
    struct scenario scenario;
    struct results results;
};

struct judgement {
    double exact;
    struct interval simulated; /* 95 % */
    double deviations;         /* (simulated - exact) / standard error */
    bool within_errors, within_tolerance;
};

/* Greatest violation of each law over the components of a run. */
struct laws {
    uint64_t unaccounted; /* requests: started + inside at first - ended - inside at last, of all runs */
    double little;        /* relative: requests inside and throughput x time inside */
    double line;          /* relative: the same of the waiting line; 0 where there is none to tell apart */
    double utilisation;   /* relative: utilisation and throughput x service time / servers */
};

static inline int theory_replications(const struct oracle *oracle)
{
    return oracle->replications ? oracle->replications : THEORY_REPLICATIONS;
}

/* replications: at most THEORY_REPLICATIONS. extra: one more setting, or NULL. False, with a line on standard
 * error: the scenario is not good or the run has failed. deinit in any case. */
bool theory_run_init(struct theory_run *run, const struct theory_case *theory_case, uint64_t seed,
                     int replications, const char *extra);
void theory_run_deinit(struct theory_run *run);

/* A metric that is not there gives NaN, which nothing is within. */
struct judgement theory_judge(const struct theory_run *run, const struct theory_case *theory_case,
                              const struct claim *claim);
bool theory_holds(const struct judgement *judgement);

struct laws theory_laws(const struct theory_run *run, const struct theory_case *theory_case);

/* Requests that users sent, over all replications. */
double theory_requests(const struct theory_run *run);

#endif
