/* test_distribution.c - every law against exact moments, exact distribution functions and published
 * figures; every wrong parameter against its message.
 *
 * Bounds: 5 standard errors taken from the sample itself, Kolmogorov-Smirnov at the 10^-4 point, and
 * for the oracle 4 standard errors or 2 %, whichever is less.
 */
#include "sim/distribution.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <string.h>

#include "tests/test.h"

#define DRAWS 1000000
#define KS_DRAWS 100000
#define KS_BOUND 2.225 /* D * sqrt(n) is above with probability 10^-4 */

static const double measured[] = { 3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0 };

struct law_case {
    enum distribution_law law;
    double mean, cv, median, p99, min, max, shape; /* 0: not given */
    double exact_mean, exact_cv;                   /* 0: the parameters themselves */
};

static double given(double value) { return value == 0.0 ? NAN : value; }

static struct distribution_config config_of(const struct law_case *row)
{
    struct distribution_config config = distribution_config_of(row->law);

    config.mean = given(row->mean);
    config.cv = given(row->cv);
    config.median = given(row->median);
    config.p99 = given(row->p99);
    config.min = given(row->min);
    config.max = given(row->max);
    config.shape = given(row->shape);
    if (row->law == DISTRIBUTION_EMPIRICAL) {
        config.samples = measured;
        config.sample_count = sizeof measured / sizeof *measured;
    }
    return config;
}

static struct distribution make(const struct law_case *row)
{
    struct distribution_config config = config_of(row);
    struct distribution distribution;
    char error[200] = "";

    ck_assert_msg(distribution_check(&config, error, sizeof error), "%s", error);
    distribution_init(&distribution, &config);
    return distribution;
}

/* Exact figures: of the law where it is not given by mean and cv themselves. */
static const struct law_case cases[] = {
    { .law = DISTRIBUTION_CONSTANT, .mean = 7.0 },
    { .law = DISTRIBUTION_UNIFORM, .min = 2.0, .max = 8.0, .exact_mean = 5.0,
      .exact_cv = 0.34641016151377546 },
    { .law = DISTRIBUTION_EXPONENTIAL, .mean = 3.0, .exact_cv = 1.0 },
    { .law = DISTRIBUTION_ERLANG, .mean = 3.0, .shape = 1.0, .exact_cv = 1.0 },
    { .law = DISTRIBUTION_ERLANG, .mean = 3.0, .shape = 4.0, .exact_cv = 0.5 },
    { .law = DISTRIBUTION_GAMMA, .mean = 3.0, .cv = 0.01 },
    { .law = DISTRIBUTION_GAMMA, .mean = 3.0, .cv = 0.7 },
    { .law = DISTRIBUTION_GAMMA, .mean = 3.0, .cv = 2.0 },
    { .law = DISTRIBUTION_NORMAL, .mean = 3.0, .cv = 0.1 },
    /* for deviation 1 and hazard h at the cut a: mean h - a, variance 1 + a h - h h */
    { .law = DISTRIBUTION_NORMAL, .mean = 1.0, .cv = 1.0, .exact_mean = 1.2875999709391784,
      .exact_cv = 0.6162843780956337 },
    { .law = DISTRIBUTION_LOGNORMAL, .mean = 1.0, .cv = 2.0 },
    { .law = DISTRIBUTION_LOGNORMAL, .mean = 20.0, .cv = 0.3 },
    { .law = DISTRIBUTION_LOGNORMAL, .median = 10.0, .p99 = 50.0, .exact_mean = 12.70378098530589,
      .exact_cv = 0.7834925100000604 },
    { .law = DISTRIBUTION_WEIBULL, .mean = 3.0, .cv = 1.0 },
    { .law = DISTRIBUTION_WEIBULL, .mean = 3.0, .cv = 0.2 },
    { .law = DISTRIBUTION_WEIBULL, .mean = 3.0, .cv = 1.7 },
    { .law = DISTRIBUTION_WEIBULL, .mean = 3.0, .shape = 0.5, .exact_cv = 2.23606797749979 },
    { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 5.0, .exact_mean = 1.25,
      .exact_cv = 0.2581988897471611 },
    { .law = DISTRIBUTION_PARETO, .min = 1.0, .max = INFINITY, .shape = 5.0, .exact_mean = 1.25,
      .exact_cv = 0.2581988897471611 },
    /* density 100 / 99 / x^2: mean 100 log(100) / 99, mean square 100 */
    { .law = DISTRIBUTION_PARETO, .min = 1.0, .max = 100.0, .shape = 1.0, .exact_mean = 4.651687056553627,
      .exact_cv = 1.903012902222964 },
    { .law = DISTRIBUTION_HYPEREXPONENTIAL, .mean = 3.0, .cv = 1.0 },
    { .law = DISTRIBUTION_HYPEREXPONENTIAL, .mean = 3.0, .cv = 3.0 },
    { .law = DISTRIBUTION_EMPIRICAL, .exact_mean = 3.875, .exact_cv = 0.6634504452001011 },
};

#define CASES (sizeof cases / sizeof *cases)

static double exact_mean(const struct law_case *row)
{
    return row->exact_mean != 0.0 ? row->exact_mean : row->mean;
}

static double exact_cv(const struct law_case *row) { return row->exact_cv != 0.0 ? row->exact_cv : row->cv; }

START_TEST(test_distribution_moments_are_exact)
{
    for (size_t i = 0; i < CASES; i++) {
        struct distribution distribution = make(&cases[i]);
        const char *name = distribution_laws[cases[i].law].name;
        double mean = distribution_mean(&distribution), cv = distribution_cv(&distribution);

        ck_assert_msg(fabs(mean - exact_mean(&cases[i])) < 1e-9 * mean, "%s: mean %.16g", name, mean);
        ck_assert_msg(fabs(cv - exact_cv(&cases[i])) < 1e-9 + 1e-9 * cv, "%s: cv %.16g", name, cv);
    }
}
END_TEST

struct moments {
    double mean, cv, mean_error, cv_error; /* standard errors of both */
};

/* Moments about `centre`; the errors by the delta method. */
static struct moments sample_moments(const struct distribution *distribution, double centre)
{
    struct rng rng;
    double s1 = 0.0, s2 = 0.0, s3 = 0.0, s4 = 0.0, variance, mean, skew, kurtosis, d, error_square;

    rng_init(&rng, 1, "test", distribution_laws[distribution->law].name);
    for (int i = 0; i < DRAWS; i++) {
        double x = distribution_sample(distribution, &rng) - centre, square = x * x;

        s1 += x;
        s2 += square;
        s3 += square * x;
        s4 += square * square;
    }
    d = s1 / DRAWS;
    mean = centre + d;
    variance = s2 / DRAWS - d * d;
    skew = s3 / DRAWS - 3.0 * d * s2 / DRAWS + 2.0 * d * d * d;
    kurtosis = s4 / DRAWS - 4.0 * d * s3 / DRAWS + 6.0 * d * d * s2 / DRAWS - 3.0 * d * d * d * d;
    if (variance == 0.0)
        return (struct moments){ .mean = mean };
    /* of log(cv) = log(variance) / 2 - log(mean) */
    error_square = (kurtosis / variance / variance - 1.0) / 4.0 - skew / variance / mean;
    error_square += variance / mean / mean;
    return (struct moments){ .mean = mean,
                             .cv = sqrt(variance) / mean,
                             .mean_error = sqrt(variance / DRAWS),
                             .cv_error = sqrt(variance) / mean * sqrt(error_square / DRAWS) };
}

START_TEST(test_distribution_samples_have_the_exact_moments)
{
    for (size_t i = 0; i < CASES; i++) {
        struct distribution distribution = make(&cases[i]);
        double mean = distribution_mean(&distribution), cv = distribution_cv(&distribution);
        struct moments seen = sample_moments(&distribution, mean);
        const char *name = distribution_laws[cases[i].law].name;

        ck_assert_msg(fabs(seen.mean - mean) <= 5.0 * seen.mean_error, "%s: mean %g, not %g +- %g", name,
                      seen.mean, mean, seen.mean_error);
        ck_assert_msg(fabs(seen.cv - cv) <= 5.0 * seen.cv_error, "%s: cv %g, not %g +- %g", name, seen.cv,
                      cv, seen.cv_error);
    }
}
END_TEST

START_TEST(test_distribution_a_mean_wrong_by_5_percent_is_noticed)
{
    static const struct law_case wrong = { .law = DISTRIBUTION_EXPONENTIAL, .mean = 3.15 };
    struct distribution distribution = make(&wrong);
    struct moments seen = sample_moments(&distribution, 3.0);

    ck_assert_double_gt(fabs(seen.mean - 3.0), 5.0 * seen.mean_error);
}
END_TEST

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* KS_DRAWS draws in order; one buffer for all. */
static const double *sorted_draws(const struct distribution *distribution)
{
    static double draws[KS_DRAWS];
    struct rng rng;

    rng_init(&rng, 2, "test", distribution_laws[distribution->law].name);
    for (int i = 0; i < KS_DRAWS; i++)
        draws[i] = distribution_sample(distribution, &rng);
    qsort(draws, KS_DRAWS, sizeof *draws, by_value);
    return draws;
}

/* D * sqrt(n) of Kolmogorov and Smirnov. */
static double ks(const struct distribution *distribution, double (*below)(double))
{
    const double *draws = sorted_draws(distribution);
    double worst = 0.0;

    for (int i = 0; i < KS_DRAWS; i++) {
        double exact = below(draws[i]);

        worst = fmax(worst, fmax(exact - i / (double)KS_DRAWS, (i + 1) / (double)KS_DRAWS - exact));
    }
    return worst * sqrt(KS_DRAWS);
}

static double below_uniform(double x) { return gsl_cdf_flat_P(x, 2.0, 8.0); }
static double below_exponential(double x) { return gsl_cdf_exponential_P(x, 3.0); }
static double below_exponential_5_percent_off(double x) { return gsl_cdf_exponential_P(x, 3.15); }
static double below_erlang(double x) { return gsl_cdf_gamma_P(x, 4.0, 0.75); }
static double below_gamma(double x) { return gsl_cdf_gamma_P(x, 0.25, 12.0); }
static double below_normal(double x)
{
    return (gsl_cdf_ugaussian_P(x - 1.0) - gsl_cdf_ugaussian_P(-1.0)) / gsl_cdf_ugaussian_P(1.0);
}
static double below_lognormal(double x)
{
    return gsl_cdf_lognormal_P(x, log(10.0), log(5.0) / gsl_cdf_ugaussian_Pinv(0.99));
}
static double below_weibull(double x) { return gsl_cdf_weibull_P(x, 1.5, 0.5); }
static double below_pareto(double x) { return (1.0 - 1.0 / (x * x)) / 0.9999; }
static double below_hyperexponential(double x)
{
    double p = 0.5 * (1.0 + sqrt(8.0 / 10.0));

    return p * gsl_cdf_exponential_P(x, 1.5 / p) + (1.0 - p) * gsl_cdf_exponential_P(x, 1.5 / (1.0 - p));
}

START_TEST(test_distribution_samples_follow_their_law)
{
    static const struct {
        struct law_case row;
        double (*below)(double);
    } laws[] = {
        { { .law = DISTRIBUTION_UNIFORM, .min = 2.0, .max = 8.0 }, below_uniform },
        { { .law = DISTRIBUTION_EXPONENTIAL, .mean = 3.0 }, below_exponential },
        { { .law = DISTRIBUTION_ERLANG, .mean = 3.0, .shape = 4.0 }, below_erlang },
        { { .law = DISTRIBUTION_GAMMA, .mean = 3.0, .cv = 2.0 }, below_gamma },
        { { .law = DISTRIBUTION_NORMAL, .mean = 1.0, .cv = 1.0 }, below_normal },
        { { .law = DISTRIBUTION_LOGNORMAL, .median = 10.0, .p99 = 50.0 }, below_lognormal },
        { { .law = DISTRIBUTION_WEIBULL, .mean = 3.0, .shape = 0.5 }, below_weibull },
        { { .law = DISTRIBUTION_PARETO, .min = 1.0, .max = 100.0, .shape = 2.0 }, below_pareto },
        { { .law = DISTRIBUTION_HYPEREXPONENTIAL, .mean = 3.0, .cv = 3.0 }, below_hyperexponential },
    };

    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        struct distribution distribution = make(&laws[i].row);
        double distance = ks(&distribution, laws[i].below);

        ck_assert_msg(distance < KS_BOUND, "%s: %g", distribution_laws[laws[i].row.law].name, distance);
        if (laws[i].row.law == DISTRIBUTION_EXPONENTIAL)
            ck_assert_double_gt(ks(&distribution, below_exponential_5_percent_off), KS_BOUND);
    }
}
END_TEST

START_TEST(test_distribution_lognormal_keeps_median_and_p99)
{
    static const struct law_case row = { .law = DISTRIBUTION_LOGNORMAL, .median = 10.0, .p99 = 50.0 };
    struct distribution distribution = make(&row);
    struct rng rng = { .key = 8 };
    double below_median = 0.0, below_p99 = 0.0;

    for (int i = 0; i < DRAWS; i++) {
        double x = distribution_sample(&distribution, &rng);

        below_median += x < 10.0;
        below_p99 += x < 50.0;
    }
    ck_assert_double_eq_tol(below_median / DRAWS, 0.5, 5.0 * sqrt(0.25 / DRAWS));
    ck_assert_double_eq_tol(below_p99 / DRAWS, 0.99, 5.0 * sqrt(0.0099 / DRAWS));
}
END_TEST

START_TEST(test_distribution_draws_stay_in_bounds)
{
    static const struct law_case rows[] = {
        { .law = DISTRIBUTION_UNIFORM, .min = 2.0, .max = 8.0 },
        { .law = DISTRIBUTION_NORMAL, .mean = 1e-9, .cv = 1000.0 },
        { .law = DISTRIBUTION_PARETO, .min = 1.0, .max = 1.5, .shape = 0.1 },
        { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 0.1 },
        { .law = DISTRIBUTION_GAMMA, .mean = 1.0, .cv = 1000.0 },
        { .law = DISTRIBUTION_WEIBULL, .mean = 1.0, .cv = 1000.0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct distribution distribution = make(&rows[i]);
        struct rng rng = { .key = 9 };
        double low = isnan(given(rows[i].min)) ? 0.0 : rows[i].min;
        double high = isnan(given(rows[i].max)) ? HUGE_VAL : rows[i].max;
        int outside = 0;

        for (int k = 0; k < DRAWS / 10; k++) {
            double x = distribution_sample(&distribution, &rng);

            outside += !(x >= low && x <= high && isfinite(x));
        }
        ck_assert_msg(outside == 0, "%s: %d", distribution_laws[rows[i].law].name, outside);
    }
}
END_TEST

START_TEST(test_distribution_infinite_moments_are_told)
{
    static const struct law_case no_mean = { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 1.0 };
    static const struct law_case no_variance = { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 2.0 };
    struct distribution distribution = make(&no_mean);

    ck_assert_double_infinite(distribution_mean(&distribution));
    ck_assert_double_nan(distribution_cv(&distribution));
    distribution = make(&no_variance);
    ck_assert_double_eq_tol(distribution_mean(&distribution), 2.0, 1e-12);
    ck_assert_double_infinite(distribution_cv(&distribution));
}
END_TEST

/* Weibull's shape is found from its cv over the whole range that is allowed. */
START_TEST(test_distribution_weibull_reaches_every_cv)
{
    for (double cv = 0.002; cv < 1000.0; cv *= 1.7) {
        struct law_case row = { .law = DISTRIBUTION_WEIBULL, .mean = 5.0, .cv = cv };
        struct distribution distribution = make(&row);

        ck_assert_double_eq_tol(distribution_cv(&distribution) / cv, 1.0, 1e-8);
        ck_assert_double_eq_tol(distribution_mean(&distribution), 5.0, 1e-9);
    }
}
END_TEST

START_TEST(test_distribution_empirical_draws_every_sample_alike)
{
    static const struct law_case row = { .law = DISTRIBUTION_EMPIRICAL };
    struct distribution distribution = make(&row);
    struct rng rng = { .key = 10 };
    double ones = 0.0, nines = 0.0, strangers = 0.0;

    for (int i = 0; i < DRAWS; i++) {
        double x = distribution_sample(&distribution, &rng);

        ones += x == 1.0;
        nines += x == 9.0;
        strangers += x != floor(x) || x == 7.0 || x == 8.0;
    }
    ck_assert_double_eq(strangers, 0.0);
    ck_assert_double_eq_tol(ones / DRAWS, 0.25, 5.0 * sqrt(0.1875 / DRAWS)); /* it is there twice */
    ck_assert_double_eq_tol(nines / DRAWS, 0.125, 5.0 * sqrt(0.109375 / DRAWS));
}
END_TEST

START_TEST(test_distribution_durations_are_rounded_and_saturate)
{
    static const struct law_case rows[] = { { .law = DISTRIBUTION_CONSTANT, .mean = 2.5 },
                                            { .law = DISTRIBUTION_CONSTANT, .mean = 1e300 } };
    struct distribution distribution = make(&rows[0]);
    struct rng rng = { .key = 11 };

    ck_assert_int_eq(distribution_sample_ns(&distribution, &rng), 3);
    distribution = make(&rows[1]);
    ck_assert_int_eq(distribution_sample_ns(&distribution, &rng), SIM_TIME_LONGEST);
    ck_assert_uint_eq(rng.counter, 0); /* a constant draws nothing */
}
END_TEST

START_TEST(test_distribution_same_stream_gives_same_draws)
{
    for (size_t i = 0; i < CASES; i++) {
        struct distribution distribution = make(&cases[i]);
        struct rng a = rng_for_request(12, i), b = a;

        for (int k = 0; k < 100; k++)
            ck_assert_double_eq(distribution_sample(&distribution, &a),
                                distribution_sample(&distribution, &b));
        ck_assert_uint_eq(a.counter, b.counter);
    }
}
END_TEST

START_TEST(test_distribution_wrong_parameters_are_told)
{
    static const struct {
        struct law_case row;
        const char *message;
    } wrong[] = {
        { { .law = DISTRIBUTION_CONSTANT }, "constant: takes mean, not nothing" },
        { { .law = DISTRIBUTION_CONSTANT, .mean = -1.0 }, "constant: mean must not be negative, not -1" },
        { { .law = DISTRIBUTION_EXPONENTIAL, .mean = -1.0 }, "exponential: mean must be above 0, not -1" },
        { { .law = DISTRIBUTION_EXPONENTIAL, .mean = INFINITY }, "exponential: mean must be finite" },
        { { .law = DISTRIBUTION_EXPONENTIAL, .mean = 1.0, .cv = 1.0 }, "exponential: takes mean, not cv" },
        { { .law = DISTRIBUTION_UNIFORM, .min = 1.0 }, "uniform: takes min and max, not min" },
        { { .law = DISTRIBUTION_UNIFORM, .min = 2.0, .max = 1.0 },
          "uniform: min must not be greater than max" },
        { { .law = DISTRIBUTION_UNIFORM, .min = 2.0, .max = INFINITY }, "uniform: max must be finite" },
        { { .law = DISTRIBUTION_ERLANG, .mean = 1.0, .shape = 2.5 },
          "erlang: shape must be a whole number of phases, not 2.5" },
        { { .law = DISTRIBUTION_ERLANG, .mean = 1.0, .shape = 0.5 },
          "erlang: shape must be a whole number of phases, not 0.5" },
        { { .law = DISTRIBUTION_ERLANG, .mean = 1.0, .shape = -2.0 },
          "erlang: shape must be above 0, not -2" },
        { { .law = DISTRIBUTION_GAMMA, .mean = 1.0, .cv = 1e9 },
          "gamma: cv must be from 1e-06 to 1000, not 1e+09" },
        { { .law = DISTRIBUTION_NORMAL, .mean = 1.0 }, "normal: takes mean and cv, not mean" },
        { { .law = DISTRIBUTION_LOGNORMAL, .mean = 1.0, .p99 = 5.0 },
          "lognormal: takes mean and cv; or median and p99, not mean and p99" },
        { { .law = DISTRIBUTION_LOGNORMAL, .median = 5.0, .p99 = 5.0 },
          "lognormal: p99 must be greater than median" },
        { { .law = DISTRIBUTION_WEIBULL, .mean = 1.0, .cv = 0.001 },
          "weibull: cv must be at least 0.002, not 0.001" },
        { { .law = DISTRIBUTION_WEIBULL, .mean = 1.0, .shape = 5000.0 },
          "weibull: shape must be at most 1000, not 5000" },
        { { .law = DISTRIBUTION_PARETO, .min = 1.0, .max = 1.0, .shape = 2.0 },
          "pareto: min must be less than max" },
        { { .law = DISTRIBUTION_PARETO, .min = INFINITY, .shape = 2.0 }, "pareto: min must be finite" },
        { { .law = DISTRIBUTION_PARETO, .min = 1.0, .mean = 2.0, .shape = 2.0 },
          "pareto: takes min and shape; or min, max and shape, not mean" },
        { { .law = DISTRIBUTION_HYPEREXPONENTIAL, .mean = 1.0, .cv = 0.9 },
          "hyperexponential: cv must be at least 1, not 0.9 (below that: erlang, gamma)" },
        { { .law = DISTRIBUTION_EMPIRICAL, .mean = 1.0 }, "empirical: takes samples, not mean" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct distribution_config config = config_of(&wrong[i].row);
        char error[200] = "";

        ck_assert_msg(!distribution_check(&config, error, sizeof error), "accepted: %s", wrong[i].message);
        ck_assert_str_eq(error, wrong[i].message);
    }
}
END_TEST

/* Zero cannot be written in a table whose 0 is "not given". */
START_TEST(test_distribution_zeros_are_told_where_wrong)
{
    struct distribution_config config = distribution_config_of(DISTRIBUTION_GAMMA);
    char error[200];

    config.mean = 1.0;
    config.cv = 0.0;
    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_str_eq(error, "gamma: cv must be above 0, not 0");
    config = distribution_config_of(DISTRIBUTION_PARETO);
    config.min = 0.0;
    config.shape = 2.0;
    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_str_eq(error, "pareto: min must be above 0, not 0");
    config = distribution_config_of(DISTRIBUTION_CONSTANT);
    config.mean = 0.0;
    ck_assert(distribution_check(&config, error, sizeof error));
}
END_TEST

START_TEST(test_distribution_wrong_samples_are_told)
{
    static const double bad[] = { 1.0, -2.0 }, worse[] = { 1.0, 2.0, NAN };
    struct distribution_config config = distribution_config_of(DISTRIBUTION_EMPIRICAL);
    char error[200];

    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_str_eq(error, "empirical: takes samples, not nothing");
    config.samples = bad;
    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_str_eq(error, "empirical: there must be at least one sample");
    config.sample_count = 2;
    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_str_eq(error, "empirical: sample 2 must be finite and not negative, not -2");
    config.samples = worse;
    config.sample_count = 3;
    ck_assert(!distribution_check(&config, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "sample 3"));
}
END_TEST

START_TEST(test_distribution_message_is_cut_to_its_room)
{
    struct distribution_config config = distribution_config_of(DISTRIBUTION_HYPEREXPONENTIAL);
    char error[24];

    for (size_t size = 1; size <= sizeof error; size++) {
        memset(error, '#', sizeof error);
        ck_assert(!distribution_check(&config, error, size));
        ck_assert_uint_eq(strlen(error), size - 1);
    }
}
END_TEST

START_TEST(test_distribution_tables_are_complete)
{
    unsigned known = 0;

    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++) {
        ck_assert_uint_eq(known & distribution_parameters[i].bit, 0);
        known |= distribution_parameters[i].bit;
        ck_assert_ptr_nonnull(distribution_parameters[i].help);
    }
    for (unsigned law = 0; law < DISTRIBUTION_LAW_COUNT; law++) {
        const struct distribution_law_row *row = &distribution_laws[law];

        for (unsigned other = 0; other < law; other++)
            ck_assert_str_ne(row->name, distribution_laws[other].name);
        ck_assert_uint_gt(strlen(row->help), strlen(row->name));
        ck_assert_uint_ne(row->alternatives[0], 0);
        ck_assert_uint_eq((row->alternatives[0] | row->alternatives[1]) & ~known, 0);
    }
}
END_TEST

/* ---- the oracle: published figures at a million draws ---- */

/* The quantile at p, with its bound: 4 standard errors from the exact density there, or 2 %. */
static void check_quantile(const struct law_case *row, double p, double exact, double density)
{
    static double draws[DRAWS];
    struct distribution distribution = make(row);
    double error = sqrt(p * (1.0 - p) / DRAWS) / density;
    struct rng rng;

    rng_init(&rng, 47, "oracle", distribution_laws[row->law].name);
    for (int i = 0; i < DRAWS; i++)
        draws[i] = distribution_sample(&distribution, &rng);
    qsort(draws, DRAWS, sizeof *draws, by_value);
    ck_assert_double_eq_tol(draws[(size_t)(p * DRAWS)], exact, fmin(4.0 * error, 0.02 * exact));
}

START_TEST(test_distribution_quantiles_match_the_oracle)
{
    static const struct law_case exponential = { .law = DISTRIBUTION_EXPONENTIAL, .mean = 1.0 };
    static const struct law_case lognormal = { .law = DISTRIBUTION_LOGNORMAL, .mean = 1.0, .cv = 2.0 };
    static const struct law_case erlang = { .law = DISTRIBUTION_ERLANG, .mean = 1.0, .shape = 4.0 };
    static const struct law_case pareto = { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 2.5 };
    double mu = -0.5 * log(5.0), sigma = sqrt(log(5.0));

    check_quantile(&exponential, 0.99, 4.60517019, gsl_ran_exponential_pdf(4.60517019, 1.0));
    check_quantile(&lognormal, 0.5, 0.447213596, gsl_ran_lognormal_pdf(0.447213596, mu, sigma));
    check_quantile(&lognormal, 0.99, 8.55546505, gsl_ran_lognormal_pdf(8.55546505, mu, sigma));
    check_quantile(&erlang, 0.99, 2.51127938, gsl_ran_gamma_pdf(2.51127938, 4.0, 0.25));
    check_quantile(&pareto, 0.99, 6.30957344, gsl_ran_pareto_pdf(6.30957344, 2.5, 1.0));
}
END_TEST

START_TEST(test_distribution_moments_match_the_oracle)
{
    static const struct law_case pareto_row = { .law = DISTRIBUTION_PARETO, .min = 1.0, .shape = 2.5 };
    static const struct law_case h2_row = { .law = DISTRIBUTION_HYPEREXPONENTIAL, .mean = 1.0,
                                            .cv = 3.1622776601683795 };
    struct distribution pareto = make(&pareto_row), h2 = make(&h2_row);
    struct moments seen = sample_moments(&pareto, 1.66666667);
    double exact_error = sqrt(2.5 / 0.5 / (1.5 * 1.5) / DRAWS);

    ck_assert_double_eq_tol(seen.mean, 1.66666667, fmin(4.0 * exact_error, 0.02 * 1.66666667));
    seen = sample_moments(&h2, 1.0);
    ck_assert_double_eq_tol(seen.cv * seen.cv, 10.0, fmin(4.0 * 2.0 * seen.cv * seen.cv_error, 0.02 * 10.0));
}
END_TEST

TEST_MAIN("distribution", test_distribution_moments_are_exact,
          test_distribution_samples_have_the_exact_moments,
          test_distribution_a_mean_wrong_by_5_percent_is_noticed, test_distribution_samples_follow_their_law,
          test_distribution_lognormal_keeps_median_and_p99, test_distribution_draws_stay_in_bounds,
          test_distribution_infinite_moments_are_told, test_distribution_weibull_reaches_every_cv,
          test_distribution_empirical_draws_every_sample_alike,
          test_distribution_durations_are_rounded_and_saturate,
          test_distribution_same_stream_gives_same_draws, test_distribution_wrong_parameters_are_told,
          test_distribution_zeros_are_told_where_wrong, test_distribution_wrong_samples_are_told,
          test_distribution_message_is_cut_to_its_room, test_distribution_tables_are_complete,
          test_distribution_quantiles_match_the_oracle, test_distribution_moments_match_the_oracle)
