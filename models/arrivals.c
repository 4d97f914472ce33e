#include "models/arrivals.h"

#include <math.h>
#include <stdio.h>

#include "sim/sim.h"

#define ERLANG_PHASES_MAX 10000
#define ERLANG_CV_TOLERANCE 0.005 /* people write 0.58 for 1 / sqrt(3) */

const struct param_choice gap_law_choices[] = {
    { "exponential", DISTRIBUTION_EXPONENTIAL, "independent users: a Poisson process" },
    { "constant", DISTRIBUTION_CONSTANT, "a metronome" },
    { "erlang", DISTRIBUTION_ERLANG, "more regular than Poisson, gap_cv below 1" },
    { "gamma", DISTRIBUTION_GAMMA, "more regular or, with gap_cv above 1, in bursts" },
    { "hyperexponential", DISTRIBUTION_HYPEREXPONENTIAL, "bursts and lulls, gap_cv above 1" },
    { "lognormal", DISTRIBUTION_LOGNORMAL, "rare long lulls" },
    { "weibull", DISTRIBUTION_WEIBULL, "measured traffic is often close to it, with gap_cv above 1" },
    { NULL, 0, NULL },
};

static double erlang_phases(double cv)
{
    return fmin(fmax(nearbyint(1.0 / (cv * cv)), 1.0), ERLANG_PHASES_MAX);
}

static bool takes_cv(int law)
{
    return law != DISTRIBUTION_EXPONENTIAL && law != DISTRIBUTION_CONSTANT;
}

struct distribution_config gap_config(int law, double cv, double mean)
{
    struct distribution_config config = distribution_config_of((enum distribution_law)law);

    config.mean = mean;
    if (law == DISTRIBUTION_ERLANG)
        config.shape = erlang_phases(cv);
    else if (takes_cv(law))
        config.cv = cv;
    return config;
}

bool gap_law_check(int law, double cv, char *error, size_t size)
{
    const char *name = distribution_laws[law].name;
    struct distribution_config config;

    if (takes_cv(law) != (cv > 0.0)) {
        snprintf(error, size, takes_cv(law) ? "%s gaps need a gap_cv" : "%s gaps have no gap_cv to choose",
                 name);
        return false;
    }
    if (law == DISTRIBUTION_ERLANG && fabs(1.0 / sqrt(erlang_phases(cv)) - cv) > ERLANG_CV_TOLERANCE * cv) {
        snprintf(error, size, "%s gaps have a gap_cv of 1 / sqrt(phases): 1, 0.707, 0.577, 0.5, 0.447, ...",
                 name);
        return false;
    }
    config = gap_config(law, cv, 1.0);
    return distribution_check(&config, error, size);
}

void arrivals_init(struct arrivals *arrivals, const struct group *owner, int law, double cv, double rate)
{
    struct distribution_config config = gap_config(law, cv, (double)SIM_NS_PER_S / rate);

    distribution_init(&arrivals->gap, &config);
    rng_init(&arrivals->rng, owner->sim->seed, owner->name, "arrivals");
    arrivals->ahead_ns = distribution_sample(&arrivals->gap, &arrivals->rng);
}

void crowd_init(struct crowd *crowd, const struct group *owner, double think_ns, uint64_t thinking)
{
    *crowd = (struct crowd){ .think_ns = think_ns, .thinking = thinking };
    rng_init(&crowd->rng, owner->sim->seed, owner->name, "thinking");
    crowd->left = rng_exponential(&crowd->rng);
}

int64_t crowd_change(struct crowd *crowd, uint64_t thinking, int64_t now_ns)
{
    double wait_ns;

    crowd->left -= (double)(now_ns - crowd->updated_ns) * (double)crowd->thinking / crowd->think_ns;
    crowd->updated_ns = now_ns;
    crowd->thinking = thinking;
    if (!thinking)
        return SIM_TIME_NEVER;
    wait_ns = crowd->left <= 0.0 ? 0.0 : crowd->left * crowd->think_ns / (double)thinking;
    return wait_ns >= (double)(ARRIVALS_LATEST_NS - now_ns) ? ARRIVALS_LATEST_NS
                                                            : now_ns + (int64_t)(wait_ns + 0.5);
}
