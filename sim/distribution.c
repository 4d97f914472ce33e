#include "sim/distribution.h"

#include <gsl/gsl_randist.h>

#define NORMAL_P99 2.3263478740408408 /* 99 % of a standard normal are below */

/* What a law does. The rows are at the end, the functions law by law. */
struct behaviour {
    void (*init)(struct distribution *distribution, const struct distribution_config *config);
    double (*sample)(const struct distribution *distribution, struct rng *rng);
    double (*mean)(const struct distribution *distribution);
    double (*cv)(const struct distribution *distribution);
};

/* ---- constant ---- */

static void constant_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->constant.value = config->mean;
}

static double constant_sample(const struct distribution *distribution, struct rng *rng)
{
    (void)rng;
    return distribution->constant.value;
}

static double constant_mean(const struct distribution *distribution) { return distribution->constant.value; }

static double constant_cv(const struct distribution *distribution)
{
    return distribution->constant.value > 0.0 ? 0.0 : NAN;
}

/* ---- uniform ---- */

static void uniform_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->uniform.min = config->min;
    distribution->uniform.max = config->max;
}

static double uniform_sample(const struct distribution *distribution, struct rng *rng)
{
    return distribution->uniform.min +
           rng_uniform(rng) * (distribution->uniform.max - distribution->uniform.min);
}

static double uniform_mean(const struct distribution *distribution)
{
    return 0.5 * distribution->uniform.min + 0.5 * distribution->uniform.max;
}

static double uniform_cv(const struct distribution *distribution)
{
    double width = distribution->uniform.max - distribution->uniform.min;

    return width / sqrt(12.0) / uniform_mean(distribution);
}

/* ---- exponential ---- */

static void exponential_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->exponential.mean = config->mean;
}

static double exponential_sample(const struct distribution *distribution, struct rng *rng)
{
    return distribution->exponential.mean * rng_exponential(rng);
}

static double exponential_mean(const struct distribution *distribution)
{
    return distribution->exponential.mean;
}

static double exponential_cv(const struct distribution *distribution)
{
    (void)distribution;
    return 1.0;
}

/* ---- Erlang and gamma ---- */

static void erlang_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->gamma.shape = config->shape;
    distribution->gamma.scale = config->mean / config->shape;
}

static void gamma_init(struct distribution *distribution, const struct distribution_config *config)
{
    double square = config->cv * config->cv;

    distribution->gamma.shape = 1.0 / square;
    distribution->gamma.scale = config->mean * square;
}

static double gamma_sample(const struct distribution *distribution, struct rng *rng)
{
    gsl_rng gsl = rng_as_gsl(rng);

    return gsl_ran_gamma(&gsl, distribution->gamma.shape, distribution->gamma.scale);
}

static double gamma_mean(const struct distribution *distribution)
{
    return distribution->gamma.shape * distribution->gamma.scale;
}

static double gamma_cv(const struct distribution *distribution)
{
    return 1.0 / sqrt(distribution->gamma.shape);
}

/* ---- normal, cut at 0 ---- */

static void normal_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->normal.mean = config->mean;
    distribution->normal.deviation = config->mean * config->cv;
}

/* Accepts at least every second draw, because the mean is above 0. */
static double normal_sample(const struct distribution *distribution, struct rng *rng)
{
    double x;

    do {
        x = distribution->normal.mean + distribution->normal.deviation * rng_normal(rng);
    } while (x < 0.0);
    return x;
}

/* In units of the deviation. */
static double normal_cut(const struct distribution *distribution)
{
    return -distribution->normal.mean / distribution->normal.deviation;
}

/* Density of the standard normal at the cut, divided by the probability to be above. */
static double normal_hazard(double cut)
{
    return exp(-0.5 * cut * cut) * (M_2_SQRTPI / M_SQRT2) / erfc(cut / M_SQRT2);
}

static double normal_mean(const struct distribution *distribution)
{
    return distribution->normal.mean +
           distribution->normal.deviation * normal_hazard(normal_cut(distribution));
}

static double normal_cv(const struct distribution *distribution)
{
    double cut = normal_cut(distribution), hazard = normal_hazard(cut);
    double variance = 1.0 + hazard * (cut - hazard); /* for deviation 1 */

    return distribution->normal.deviation * sqrt(variance) / normal_mean(distribution);
}

/* ---- lognormal ---- */

static void lognormal_init(struct distribution *distribution, const struct distribution_config *config)
{
    double variance = log1p(config->cv * config->cv);

    if (isnan(config->cv)) {
        distribution->lognormal.mu = log(config->median);
        distribution->lognormal.sigma = (log(config->p99) - log(config->median)) / NORMAL_P99;
        return;
    }
    distribution->lognormal.mu = log(config->mean) - 0.5 * variance;
    distribution->lognormal.sigma = sqrt(variance);
}

static double lognormal_sample(const struct distribution *distribution, struct rng *rng)
{
    return exp(distribution->lognormal.mu + distribution->lognormal.sigma * rng_normal(rng));
}

static double lognormal_mean(const struct distribution *distribution)
{
    double sigma = distribution->lognormal.sigma;

    return exp(distribution->lognormal.mu + 0.5 * sigma * sigma);
}

static double lognormal_cv(const struct distribution *distribution)
{
    double sigma = distribution->lognormal.sigma;

    return sqrt(expm1(sigma * sigma));
}

/* ---- Weibull ---- */

/* Logarithm of 1 + cv^2; decreasing in shape. */
static double weibull_log_moment_ratio(double shape)
{
    return lgamma(1.0 + 2.0 / shape) - 2.0 * lgamma(1.0 + 1.0 / shape);
}

static double weibull_shape_from_cv(double cv)
{
    double low = 0.05, high = 2000.0; /* cv 4e5 and 6e-4 */
    double wanted = log1p(cv * cv);

    for (int i = 0; i < 100; i++) {
        double middle = sqrt(low * high);

        if (weibull_log_moment_ratio(middle) > wanted)
            low = middle;
        else
            high = middle;
    }
    return sqrt(low * high);
}

static void weibull_init(struct distribution *distribution, const struct distribution_config *config)
{
    double shape = isnan(config->shape) ? weibull_shape_from_cv(config->cv) : config->shape;

    distribution->weibull.shape = shape;
    distribution->weibull.scale = config->mean / exp(lgamma(1.0 + 1.0 / shape));
}

static double weibull_sample(const struct distribution *distribution, struct rng *rng)
{
    gsl_rng gsl = rng_as_gsl(rng);

    return gsl_ran_weibull(&gsl, distribution->weibull.scale, distribution->weibull.shape);
}

static double weibull_mean(const struct distribution *distribution)
{
    return distribution->weibull.scale * exp(lgamma(1.0 + 1.0 / distribution->weibull.shape));
}

static double weibull_cv(const struct distribution *distribution)
{
    return sqrt(expm1(weibull_log_moment_ratio(distribution->weibull.shape)));
}

/* ---- Pareto ---- */

static void pareto_init(struct distribution *distribution, const struct distribution_config *config)
{
    double max = isnan(config->max) ? INFINITY : config->max;

    distribution->pareto.shape = config->shape;
    distribution->pareto.min = config->min;
    distribution->pareto.max = max;
    distribution->pareto.below_max = -expm1(config->shape * (log(config->min) - log(max)));
}

/* By inversion; GSL has no bounded Pareto. */
static double pareto_sample(const struct distribution *distribution, struct rng *rng)
{
    double below = rng_uniform(rng) * distribution->pareto.below_max;
    double x = distribution->pareto.min * exp(-log1p(-below) / distribution->pareto.shape);

    return x < distribution->pareto.max ? x : distribution->pareto.max;
}

/* Mean of (draw / min)^power. */
static double pareto_moment(const struct distribution *distribution, double power)
{
    double shape = distribution->pareto.shape, rise = power - shape;
    double span = log(distribution->pareto.max) - log(distribution->pareto.min);

    if (isinf(span))
        return rise < 0.0 ? shape / -rise : INFINITY;
    return shape / distribution->pareto.below_max * (rise == 0.0 ? span : expm1(rise * span) / rise);
}

static double pareto_mean(const struct distribution *distribution)
{
    return distribution->pareto.min * pareto_moment(distribution, 1.0);
}

static double pareto_cv(const struct distribution *distribution)
{
    double first = pareto_moment(distribution, 1.0);

    return sqrt(pareto_moment(distribution, 2.0) / (first * first) - 1.0);
}

/* ---- hyperexponential ---- */

static void hyperexponential_init(struct distribution *distribution, const struct distribution_config *config)
{
    double square = config->cv * config->cv;
    double excess = sqrt((square - 1.0) / (square + 1.0));

    distribution->hyperexponential.probability = 0.5 * (1.0 + excess);
    distribution->hyperexponential.first_mean = config->mean / (1.0 + excess);
    /* mean / (1 - excess), without its cancellation at a large cv */
    distribution->hyperexponential.second_mean = config->mean * 0.5 * (square + 1.0) * (1.0 + excess);
}

static double hyperexponential_sample(const struct distribution *distribution, struct rng *rng)
{
    bool first = rng_uniform(rng) < distribution->hyperexponential.probability;

    return rng_exponential(rng) * (first ? distribution->hyperexponential.first_mean
                                         : distribution->hyperexponential.second_mean);
}

static double hyperexponential_mean(const struct distribution *distribution)
{
    return 2.0 * distribution->hyperexponential.probability * distribution->hyperexponential.first_mean;
}

/* As each branch carries half of the mean, the mean square is mean * (first_mean + second_mean). */
static double hyperexponential_cv(const struct distribution *distribution)
{
    double sum = distribution->hyperexponential.first_mean + distribution->hyperexponential.second_mean;

    return sqrt(sum / hyperexponential_mean(distribution) - 1.0);
}

/* ---- empirical ---- */

static void empirical_init(struct distribution *distribution, const struct distribution_config *config)
{
    distribution->empirical.samples = config->samples;
    distribution->empirical.count = config->sample_count;
}

static double empirical_sample(const struct distribution *distribution, struct rng *rng)
{
    return distribution->empirical.samples[rng_below(rng, distribution->empirical.count)];
}

static double empirical_mean(const struct distribution *distribution)
{
    double mean = 0.0;

    for (size_t i = 0; i < distribution->empirical.count; i++)
        mean += (distribution->empirical.samples[i] - mean) / (double)(i + 1);
    return mean;
}

static double empirical_cv(const struct distribution *distribution)
{
    double mean = empirical_mean(distribution), sum = 0.0;

    for (size_t i = 0; i < distribution->empirical.count; i++) {
        double difference = distribution->empirical.samples[i] / mean - 1.0;

        sum += difference * difference;
    }
    return sqrt(sum / (double)distribution->empirical.count);
}

/* ---- all of them ---- */

static const struct behaviour behaviours[DISTRIBUTION_LAW_COUNT] = {
    [DISTRIBUTION_CONSTANT] = { constant_init, constant_sample, constant_mean, constant_cv },
    [DISTRIBUTION_UNIFORM] = { uniform_init, uniform_sample, uniform_mean, uniform_cv },
    [DISTRIBUTION_EXPONENTIAL] = { exponential_init, exponential_sample, exponential_mean, exponential_cv },
    [DISTRIBUTION_ERLANG] = { erlang_init, gamma_sample, gamma_mean, gamma_cv },
    [DISTRIBUTION_GAMMA] = { gamma_init, gamma_sample, gamma_mean, gamma_cv },
    [DISTRIBUTION_NORMAL] = { normal_init, normal_sample, normal_mean, normal_cv },
    [DISTRIBUTION_LOGNORMAL] = { lognormal_init, lognormal_sample, lognormal_mean, lognormal_cv },
    [DISTRIBUTION_WEIBULL] = { weibull_init, weibull_sample, weibull_mean, weibull_cv },
    [DISTRIBUTION_PARETO] = { pareto_init, pareto_sample, pareto_mean, pareto_cv },
    [DISTRIBUTION_HYPEREXPONENTIAL] = { hyperexponential_init, hyperexponential_sample,
                                        hyperexponential_mean, hyperexponential_cv },
    [DISTRIBUTION_EMPIRICAL] = { empirical_init, empirical_sample, empirical_mean, empirical_cv },
};

void distribution_init(struct distribution *distribution, const struct distribution_config *config)
{
    *distribution = (struct distribution){ .law = config->law };
    behaviours[config->law].init(distribution, config);
}

double distribution_sample_general(const struct distribution *distribution, struct rng *rng)
{
    return behaviours[distribution->law].sample(distribution, rng);
}

double distribution_mean(const struct distribution *distribution)
{
    return behaviours[distribution->law].mean(distribution);
}

double distribution_cv(const struct distribution *distribution)
{
    return behaviours[distribution->law].cv(distribution);
}
