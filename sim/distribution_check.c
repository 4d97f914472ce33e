/* distribution_check.c - which parameters each law takes, and what can be wrong with them. */
#include "sim/distribution.h"

#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Beyond these a Weibull is a constant for all purposes, and its cv drowns in rounding. */
#define WEIBULL_SHAPE_MAX 1000.0
#define WEIBULL_CV_MIN 0.002

#define FIELD(member) offsetof(struct distribution_config, member)

const struct distribution_parameter distribution_parameters[DISTRIBUTION_PARAMETER_COUNT] = {
    { "mean", DISTRIBUTION_MEAN, FIELD(mean), true, 0.0, DBL_MAX, "average of many draws" },
    { "cv", DISTRIBUTION_CV, FIELD(cv), false, 1e-6, 1e3,
      "coefficient of variation: standard deviation divided by mean" },
    { "median", DISTRIBUTION_MEDIAN, FIELD(median), true, 0.0, DBL_MAX, "half of the draws are below" },
    { "p99", DISTRIBUTION_P99, FIELD(p99), true, 0.0, DBL_MAX, "99 of 100 draws are below" },
    { "min", DISTRIBUTION_MIN, FIELD(min), true, 0.0, DBL_MAX, "no draw is below" },
    { "max", DISTRIBUTION_MAX, FIELD(max), true, 0.0, DBL_MAX, "no draw is above" },
    { "shape", DISTRIBUTION_SHAPE, FIELD(shape), false, 0.1, 1e6,
      "erlang: how many phases; weibull and pareto: the exponent, smaller is a heavier tail" },
    { "samples", DISTRIBUTION_SAMPLES, FIELD(samples), true, 0.0, DBL_MAX, "measured values to draw from" },
};

const struct distribution_law_row distribution_laws[DISTRIBUTION_LAW_COUNT] = {
    [DISTRIBUTION_CONSTANT] = {
        .name = "constant",
        .help = "always the same value",
        .alternatives = { DISTRIBUTION_MEAN },
        .may_be_zero = DISTRIBUTION_MEAN,
    },
    [DISTRIBUTION_UNIFORM] = {
        .name = "uniform",
        .help = "anything between two bounds, all alike",
        .alternatives = { DISTRIBUTION_MIN | DISTRIBUTION_MAX },
        .may_be_zero = DISTRIBUTION_MIN | DISTRIBUTION_MAX,
    },
    [DISTRIBUTION_EXPONENTIAL] = {
        .name = "exponential",
        .help = "without memory, as gaps between independent arrivals are; cv is 1",
        .alternatives = { DISTRIBUTION_MEAN },
    },
    [DISTRIBUTION_ERLANG] = {
        .name = "erlang",
        .help = "sum of equal exponential phases; cv is 1 / sqrt(shape)",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_SHAPE },
    },
    [DISTRIBUTION_GAMMA] = {
        .name = "gamma",
        .help = "from nearly constant (small cv) to bursty (cv above 1), with a light tail",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_CV },
    },
    [DISTRIBUTION_NORMAL] = {
        .name = "normal",
        .help = "bell curve cut at 0; mean and cv are those before the cut, which raises the mean",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_CV },
    },
    [DISTRIBUTION_LOGNORMAL] = {
        .name = "lognormal",
        .help = "skewed with a long tail, as service times often are",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_CV, DISTRIBUTION_MEDIAN | DISTRIBUTION_P99 },
    },
    [DISTRIBUTION_WEIBULL] = {
        .name = "weibull",
        .help = "lifetimes: ageing (shape above 1, cv below 1) or early failures (shape below 1)",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_CV, DISTRIBUTION_MEAN | DISTRIBUTION_SHAPE },
    },
    [DISTRIBUTION_PARETO] = {
        .name = "pareto",
        .help = "power-law tail, as file sizes have; ends at max where that is given",
        .alternatives = { DISTRIBUTION_MIN | DISTRIBUTION_SHAPE,
                          DISTRIBUTION_MIN | DISTRIBUTION_MAX | DISTRIBUTION_SHAPE },
        .may_be_infinite = DISTRIBUTION_MAX,
    },
    [DISTRIBUTION_HYPEREXPONENTIAL] = {
        .name = "hyperexponential",
        .help = "mostly short and sometimes long: two exponentials that carry half of the mean each",
        .alternatives = { DISTRIBUTION_MEAN | DISTRIBUTION_CV },
    },
    [DISTRIBUTION_EMPIRICAL] = {
        .name = "empirical",
        .help = "values drawn again from a list, each equally likely",
        .alternatives = { DISTRIBUTION_SAMPLES },
    },
};

struct complaint {
    const struct distribution_law_row *row;
    char *error;
    size_t size;
};

/* Writes "law: message"; returns false for the caller to pass on. */
__attribute__((format(printf, 2, 3))) static bool complain(const struct complaint *complaint,
                                                           const char *format, ...)
{
    va_list arguments;
    int used = snprintf(complaint->error, complaint->size, "%s: ", complaint->row->name);

    if (used < 0 || (size_t)used >= complaint->size)
        return false;
    va_start(arguments, format);
    vsnprintf(complaint->error + used, complaint->size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static double value_of(const struct distribution_config *config,
                       const struct distribution_parameter *parameter)
{
    double value;

    memcpy(&value, (const char *)config + parameter->offset, sizeof value);
    return value;
}

static unsigned given_in(const struct distribution_config *config)
{
    unsigned given = config->samples ? DISTRIBUTION_SAMPLES : 0;

    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++) {
        const struct distribution_parameter *parameter = &distribution_parameters[i];

        if (parameter->bit != DISTRIBUTION_SAMPLES && !isnan(value_of(config, parameter)))
            given |= parameter->bit;
    }
    return given;
}

/* "mean and cv", "min, max and shape" */
static void name_set(unsigned set, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT && used < size; i++) {
        unsigned bit = distribution_parameters[i].bit;
        const char *before = used == 0 ? "" : set == bit ? " and " : ", ";

        if (!(set & bit))
            continue;
        set &= ~bit;
        used += (size_t)snprintf(text + used, size - used, "%s%s", before, distribution_parameters[i].name);
    }
}

static bool check_set(const struct complaint *complaint, unsigned given)
{
    const unsigned *alternatives = complaint->row->alternatives;
    unsigned foreign = given & ~(alternatives[0] | alternatives[1]);
    char first[64], second[64], wrong[64];

    if (given == alternatives[0] || (given && given == alternatives[1]))
        return true;
    name_set(alternatives[0], first, sizeof first);
    name_set(alternatives[1], second, sizeof second);
    name_set(foreign ? foreign : given, wrong, sizeof wrong);
    return complain(complaint, "takes %s%s%s, not %s", first, alternatives[1] ? "; or " : "", second,
                    given ? wrong : "nothing");
}

static bool check_value(const struct complaint *complaint, const struct distribution_parameter *parameter,
                        double value)
{
    unsigned bit = parameter->bit;

    if (isinf(value) && value > 0.0 && (complaint->row->may_be_infinite & bit))
        return true;
    if (!isfinite(value))
        return complain(complaint, "%s must be finite", parameter->name);
    if (value < 0.0 || (value == 0.0 && !(complaint->row->may_be_zero & bit)))
        return complain(complaint, "%s must %s, not %g", parameter->name,
                        complaint->row->may_be_zero & bit ? "not be negative" : "be above 0", value);
    if (value < parameter->least || value > parameter->greatest)
        return complain(complaint, "%s must be from %g to %g, not %g", parameter->name, parameter->least,
                        parameter->greatest, value);
    return true;
}

static bool check_samples(const struct complaint *complaint, const struct distribution_config *config)
{
    if (config->sample_count == 0)
        return complain(complaint, "there must be at least one sample");
    for (size_t i = 0; i < config->sample_count; i++)
        if (!isfinite(config->samples[i]) || config->samples[i] < 0.0)
            return complain(complaint, "sample %zu must be finite and not negative, not %g", i + 1,
                            config->samples[i]);
    return true;
}

static bool check_values(const struct complaint *complaint, const struct distribution_config *config,
                         unsigned given)
{
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++) {
        const struct distribution_parameter *parameter = &distribution_parameters[i];

        if (parameter->bit == DISTRIBUTION_SAMPLES || !(given & parameter->bit))
            continue;
        if (!check_value(complaint, parameter, value_of(config, parameter)))
            return false;
    }
    return !(given & DISTRIBUTION_SAMPLES) || check_samples(complaint, config);
}

/* What no single value shows. Comparisons with what is not given (NAN) are false. */
static bool check_together(const struct complaint *complaint, const struct distribution_config *config)
{
    enum distribution_law law = config->law;

    if (config->p99 <= config->median)
        return complain(complaint, "p99 must be greater than median");
    if (config->min > config->max)
        return complain(complaint, "min must not be greater than max");
    if (law == DISTRIBUTION_PARETO && config->min == config->max)
        return complain(complaint, "min must be less than max");
    if (law == DISTRIBUTION_ERLANG && (config->shape < 1.0 || config->shape != floor(config->shape)))
        return complain(complaint, "shape must be a whole number of phases, not %g", config->shape);
    if (law == DISTRIBUTION_HYPEREXPONENTIAL && config->cv < 1.0)
        return complain(complaint, "cv must be at least 1, not %g (below that: erlang, gamma)", config->cv);
    if (law == DISTRIBUTION_WEIBULL && config->cv < WEIBULL_CV_MIN)
        return complain(complaint, "cv must be at least %g, not %g", WEIBULL_CV_MIN, config->cv);
    if (law == DISTRIBUTION_WEIBULL && config->shape > WEIBULL_SHAPE_MAX)
        return complain(complaint, "shape must be at most %g, not %g", WEIBULL_SHAPE_MAX, config->shape);
    return true;
}

bool distribution_check(const struct distribution_config *config, char *error, size_t size)
{
    struct complaint complaint = { .error = error, .size = size };
    unsigned given = given_in(config);

    if ((unsigned)config->law >= DISTRIBUTION_LAW_COUNT) {
        snprintf(error, size, "there is no law number %u", (unsigned)config->law);
        return false;
    }
    complaint.row = &distribution_laws[config->law];
    return check_set(&complaint, given) && check_values(&complaint, config, given) &&
           check_together(&complaint, config);
}
