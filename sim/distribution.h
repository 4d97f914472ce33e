/* distribution.h - laws of durations, gaps and sizes by the parameters that people know.
 *
 * Every law is of numbers >= 0. A configuration says the law and gives some parameters; which ones
 * belong to a law is in distribution_laws[], what they are in distribution_parameters[]: readers,
 * schemas and documents are made from these tables. distribution_check() finds every wrong one (GSL
 * checks nothing), distribution_init() turns a checked configuration into a sampler.
 *
 * Details that matter:
 *   normal       mean and cv are those of the uncut normal; it is drawn again while the draw is
 *                negative, which raises the mean (by 0.05 % at cv 0.3, by 29 % at cv 1).
 *   pareto       without max (or with an infinite one) it is unbounded: shape <= 1 has no finite mean,
 *                shape <= 2 no finite cv.
 *   hyperexponential  two branches with balanced means: each carries half of the mean.
 *   empirical    plain resampling: every sample equally likely, nothing between the samples.
 *
 * Units: those with a unit are all in the same one, and samples come out in it. cv = standard
 * deviation / mean.
 * Randomness: all from the given rng; constant takes none, exponential and lognormal one number (more
 * on rare paths), gamma, Erlang and normal a varying count, hyperexponential two.
 * Ownership: samples of an empirical law stay the caller's and must live as long as the distribution.
 * Cost: O(1) a draw: exponential about 3 ns, lognormal 7, gamma, Weibull and Pareto 20 to 30.
 */
#ifndef SIM_DISTRIBUTION_H
#define SIM_DISTRIBUTION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/random.h"
#include "sim/time.h"

enum distribution_law {
    DISTRIBUTION_CONSTANT,
    DISTRIBUTION_UNIFORM,
    DISTRIBUTION_EXPONENTIAL,
    DISTRIBUTION_ERLANG,
    DISTRIBUTION_GAMMA,
    DISTRIBUTION_NORMAL,
    DISTRIBUTION_LOGNORMAL,
    DISTRIBUTION_WEIBULL,
    DISTRIBUTION_PARETO,
    DISTRIBUTION_HYPEREXPONENTIAL,
    DISTRIBUTION_EMPIRICAL,
    DISTRIBUTION_LAW_COUNT
};

/* NAN: not given. Start from distribution_config_of(). */
struct distribution_config {
    enum distribution_law law;
    double mean;
    double cv; /* standard deviation / mean */
    double median;
    double p99; /* 99 of 100 draws are below */
    double min;
    double max;
    double shape;          /* Erlang: phases; Weibull and Pareto: exponent */
    const double *samples; /* NULL: not given */
    size_t sample_count;
};

/* Sets of parameters: bits of the rows of distribution_parameters[], and the samples. */
enum {
    DISTRIBUTION_MEAN = 1 << 0,
    DISTRIBUTION_CV = 1 << 1,
    DISTRIBUTION_MEDIAN = 1 << 2,
    DISTRIBUTION_P99 = 1 << 3,
    DISTRIBUTION_MIN = 1 << 4,
    DISTRIBUTION_MAX = 1 << 5,
    DISTRIBUTION_SHAPE = 1 << 6,
    DISTRIBUTION_SAMPLES = 1 << 7
};

#define DISTRIBUTION_PARAMETER_COUNT 8
#define DISTRIBUTION_ALTERNATIVES 2

struct distribution_parameter {
    const char *name;
    unsigned bit;
    size_t offset;          /* of the double in struct distribution_config; samples: of the pointer */
    bool has_unit;          /* false: a plain number */
    double least, greatest; /* both allowed; least 0 is itself allowed only where the law says so */
    const char *help;
};

struct distribution_law_row {
    const char *name;
    const char *help;
    unsigned alternatives[DISTRIBUTION_ALTERNATIVES]; /* exactly one of these sets; 0: no second one */
    unsigned may_be_zero;
    unsigned may_be_infinite;
};

extern const struct distribution_parameter distribution_parameters[DISTRIBUTION_PARAMETER_COUNT];
extern const struct distribution_law_row distribution_laws[DISTRIBUTION_LAW_COUNT]; /* index: the law */

/* A law that is ready to draw from; made by distribution_init(). */
struct distribution {
    enum distribution_law law;
    union {
        struct {
            double value;
        } constant;
        struct {
            double min, max;
        } uniform;
        struct {
            double mean;
        } exponential;
        struct {
            double shape, scale;
        } gamma; /* and Erlang */
        struct {
            double mean, deviation; /* of the uncut normal */
        } normal;
        struct {
            double mu, sigma; /* of the logarithm */
        } lognormal;
        struct {
            double shape, scale;
        } weibull;
        struct {
            double shape, min, max;
            double below_max; /* probability that the unbounded law is below max */
        } pareto;
        struct {
            double probability; /* of the first branch */
            double first_mean, second_mean;
        } hyperexponential;
        struct {
            const double *samples;
            size_t count;
        } empirical;
    };
};

/* The configuration of that law with nothing given. */
static inline struct distribution_config distribution_config_of(enum distribution_law law)
{
    return (struct distribution_config){ .law = law, .mean = NAN, .cv = NAN, .median = NAN, .p99 = NAN,
                                         .min = NAN, .max = NAN, .shape = NAN };
}

/* True when the configuration can be drawn from; else the first thing wrong is told in error (cut to
 * size bytes), such as "lognormal: p99 must be greater than median". */
bool distribution_check(const struct distribution_config *config, char *error, size_t size);

/* config must have passed distribution_check(). */
void distribution_init(struct distribution *distribution, const struct distribution_config *config);

/* Exact mean of the draws; INFINITY where there is none. O(samples) for empirical. */
double distribution_mean(const struct distribution *distribution);

/* Exact standard deviation / mean; INFINITY where the variance is infinite, NAN where the mean is
 * infinite or 0. O(samples) for empirical. */
double distribution_cv(const struct distribution *distribution);

/* distribution_sample() for the laws off the hot path. */
double distribution_sample_general(const struct distribution *distribution, struct rng *rng);

/* One draw, >= 0, in the unit of the configuration. */
static inline double distribution_sample(const struct distribution *distribution, struct rng *rng)
{
    if (distribution->law == DISTRIBUTION_EXPONENTIAL)
        return distribution->exponential.mean * rng_exponential(rng);
    return distribution_sample_general(distribution, rng);
}

/* One draw of a configuration in nanoseconds, as a duration; saturates at SIM_TIME_LONGEST. */
static inline int64_t distribution_sample_ns(const struct distribution *distribution, struct rng *rng)
{
    return sim_time_from_ns(distribution_sample(distribution, rng));
}

#endif
