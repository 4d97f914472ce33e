/* Statistics: published tables and examples, coverage by simulation, and every kind of odd input. */
#include "tests/test.h"

#include "app/statistics.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <limits.h>

#define TRIALS 4000

/* A sample of even size n with mean 7 and a standard error of exactly 1: half-width = t. */
static struct interval unit_error_interval(int n, double confidence)
{
    double values[1000];

    for (int i = 0; i < n; i++)
        values[i] = 7 + (i % 2 ? 1 : -1) * sqrt(n - 1);
    return statistics_mean_interval(values, n, confidence);
}

START_TEST(test_statistics_mean_interval_has_the_t_of_the_tables)
{
    static const struct {
        int n;
        double confidence, t;
    } rows[] = {
        { 2, 0.95, 12.706 }, { 2, 0.99, 63.657 }, { 4, 0.95, 3.182 }, { 10, 0.90, 1.833 },
        { 10, 0.95, 2.262 }, { 10, 0.99, 3.250 }, { 30, 0.95, 2.045 }, { 1000, 0.95, 1.962 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct interval interval = unit_error_interval(rows[i].n, rows[i].confidence);

        ck_assert_double_eq_tol(interval.mean, 7, 1e-9);
        ck_assert_double_eq_tol(interval.high - 7, rows[i].t, 0.00051);
        ck_assert_double_eq_tol(7 - interval.low, rows[i].t, 0.00051);
        ck_assert_int_eq(interval.n, rows[i].n);
    }
}
END_TEST

START_TEST(test_statistics_mean_interval_of_odd_samples)
{
    const double same[] = { 0.1, 0.1, 0.1, 0.1, 0.1 }, holes[] = { NAN, 1, NAN, 3 };
    const double infinite[] = { 1, INFINITY, 2 }, both[] = { INFINITY, -INFINITY };
    const double huge[] = { 1e308, -1e308 };
    struct interval interval;

    interval = statistics_mean_interval(same, 5, 0.95);
    ck_assert_double_eq(interval.mean, 0.1);
    ck_assert_double_eq(interval.low, 0.1);
    ck_assert_double_eq(interval.high, 0.1);
    interval = statistics_mean_interval(same, 1, 0.95);
    ck_assert_double_eq(interval.mean, 0.1);
    ck_assert_double_nan(interval.low);
    ck_assert_double_nan(interval.high);
    interval = statistics_mean_interval(same, 0, 0.95);
    ck_assert_double_nan(interval.mean);
    interval = statistics_mean_interval(holes, 4, 0.95);
    ck_assert_int_eq(interval.n, 2);
    ck_assert_double_eq(interval.mean, 2);
    ck_assert_double_eq_tol(interval.high, 2 + 12.7062, 1e-4);
    interval = statistics_mean_interval(infinite, 3, 0.95);
    ck_assert_double_eq(interval.mean, INFINITY);
    ck_assert_double_eq(interval.low, -INFINITY);
    ck_assert_double_eq(interval.high, INFINITY);
    interval = statistics_mean_interval(both, 2, 0.95);
    ck_assert_double_nan(interval.mean);
    ck_assert_double_eq(interval.high, INFINITY);
    interval = statistics_mean_interval(huge, 2, 0.95);
    ck_assert_double_eq(interval.mean, 0);
    ck_assert_double_eq(interval.high, INFINITY);
}
END_TEST

/* Without deviations, squares of values near 2^40 would lose a spread of 1 altogether. */
START_TEST(test_statistics_mean_interval_is_stable_far_from_zero)
{
    double values[100], shifted[100];
    struct interval near, far;

    for (int i = 0; i < 100; i++) {
        values[i] = (i * 37 % 100) / 64.0;
        shifted[i] = values[i] + 0x1p40;
    }
    near = statistics_mean_interval(values, 100, 0.95);
    far = statistics_mean_interval(shifted, 100, 0.95);
    /* The limits near 2^40 are themselves rounded to 2^-12. */
    ck_assert_double_eq_tol(far.high - far.low, near.high - near.low, 2 * 0x1p-12);
}
END_TEST

START_TEST(test_statistics_mean_interval_covers_as_often_as_it_says)
{
    double error = sqrt(0.95 * 0.05 / TRIALS), z = gsl_cdf_ugaussian_Qinv(0.025);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int covered = 0, covered_by_normal = 0;

    gsl_rng_set(rng, 20240607);
    for (int i = 0; i < TRIALS; i++) {
        double values[5];
        struct interval interval;

        for (int k = 0; k < 5; k++)
            values[k] = 3 + gsl_ran_gaussian(rng, 2);
        interval = statistics_mean_interval(values, 5, 0.95);
        covered += interval.low <= 3 && 3 <= interval.high;
        covered_by_normal += fabs(interval.mean - 3) <= (interval.high - interval.mean) / 2.7764451 * z;
    }
    ck_assert_double_eq_tol((double)covered / TRIALS, 0.95, 3 * error);
    /* Negative control: the normal's 1.96 in place of t covers 0.878 only, and the bound sees it. */
    ck_assert_double_lt((double)covered_by_normal / TRIALS, 0.95 - 3 * error);
    gsl_rng_free(rng);
}
END_TEST

/* Student's own data (1908), extra sleep in hours; figures as R's t.test(paired = TRUE) prints them. */
START_TEST(test_statistics_paired_gives_the_published_sleep_result)
{
    const double first[] = { 0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0 };
    const double second[] = { 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4 };
    struct paired paired = statistics_paired(first, second, 10, 0.95);

    ck_assert_double_eq_tol(paired.difference.mean, 1.58, 1e-12);
    ck_assert_double_eq_tol(paired.difference.low, 0.7001142, 5e-8);
    ck_assert_double_eq_tol(paired.difference.high, 2.4598858, 5e-8);
    ck_assert_double_eq_tol(paired.p_value, 0.002833, 5e-7);
    ck_assert_double_eq_tol(statistics_paired(second, first, 10, 0.95).p_value, paired.p_value, 1e-15);
}
END_TEST

START_TEST(test_statistics_paired_of_odd_samples)
{
    const double a[] = { 1, 2, 3 }, b[] = { 1.5, 2.5, 3.5 }, hole[] = { 4, NAN, 9 };
    const double infinite[] = { INFINITY, 2, 3 };

    ck_assert_double_eq(statistics_paired(a, a, 3, 0.95).p_value, 1);
    ck_assert_double_eq(statistics_paired(a, b, 3, 0.95).p_value, 0);
    ck_assert_double_eq(statistics_paired(a, b, 3, 0.95).difference.low, 0.5);
    ck_assert_int_eq(statistics_paired(a, hole, 3, 0.95).difference.n, 2);
    ck_assert_double_nan(statistics_paired(a, b, 1, 0.95).p_value);
    ck_assert_double_eq(statistics_paired(a, infinite, 3, 0.95).p_value, 1);
    ck_assert_double_eq(statistics_paired(a, infinite, 3, 0.95).difference.low, -INFINITY);
    ck_assert_double_eq(statistics_paired(infinite, infinite, 3, 0.95).difference.high, 0);
}
END_TEST

START_TEST(test_statistics_holm_textbook_example)
{
    double p_values[] = { 0.01, 0.04, NAN, 0.03, 0.005 }, large[] = { 0.9, 0.6, 0.7 };

    ck_assert(statistics_holm(p_values, 5));
    ck_assert_double_eq_tol(p_values[0], 0.03, 1e-15);
    ck_assert_double_eq_tol(p_values[1], 0.06, 1e-15); /* not 0.04: never under a smaller one's */
    ck_assert_double_nan(p_values[2]);
    ck_assert_double_eq_tol(p_values[3], 0.06, 1e-15);
    ck_assert_double_eq_tol(p_values[4], 0.02, 1e-15);
    ck_assert(statistics_holm(large, 3));
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(large[i], 1);
    ck_assert(statistics_holm(NULL, 0));
}
END_TEST

/* R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3. */
START_TEST(test_statistics_wilson_published_examples)
{
    static const struct {
        uint64_t hits, trials;
        double low, high;
    } rows[] = {
        { 81, 263, 0.2553, 0.3662 },
        { 15, 148, 0.0624, 0.1605 },
        { 0, 20, 0, 0.1611 },
        { 1, 29, 0.0061, 0.1718 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t misses = rows[i].trials - rows[i].hits;
        struct interval interval = statistics_wilson(rows[i].hits, rows[i].trials, 0.95);
        struct interval mirror = statistics_wilson(misses, rows[i].trials, 0.95);

        ck_assert_double_eq_tol(interval.low, rows[i].low, 5e-5);
        ck_assert_double_eq_tol(interval.high, rows[i].high, 5e-5);
        ck_assert_double_eq_tol(mirror.low, 1 - interval.high, 1e-15);
        ck_assert_double_eq_tol(mirror.high, 1 - interval.low, 1e-15);
    }
    ck_assert_double_eq(statistics_wilson(20, 20, 0.95).high, 1);
    ck_assert_double_nan(statistics_wilson(0, 0, 0.95).mean);
    ck_assert_double_eq(statistics_wilson(0, 0, 0.95).high, 1);
    ck_assert_int_eq(statistics_wilson(0, UINT64_C(1) << 40, 0.95).n, INT_MAX);
}
END_TEST

START_TEST(test_statistics_zero_events_is_the_rule_of_three)
{
    ck_assert_double_eq_tol(statistics_zero_events_upper(10, 0.95), 0.2589, 5e-5);
    ck_assert_double_eq_tol(statistics_zero_events_upper(100, 0.95), 0.02951, 5e-6);
    ck_assert_double_eq_tol(statistics_zero_events_upper(1000000000, 0.95) * 1e9, 2.995732, 1e-6);
    ck_assert_double_eq_tol(statistics_zero_events_upper(1, 0.95), 0.95, 1e-15);
}
END_TEST

/* Garwood (1936), as in every table of exact Poisson limits. */
START_TEST(test_statistics_rate_interval_has_the_poisson_limits_of_the_tables)
{
    static const struct {
        uint64_t events;
        double low, high;
    } rows[] = { { 0, 0, 3.689 }, { 1, 0.025, 5.572 }, { 5, 1.623, 11.668 }, { 10, 4.795, 18.390 } };
    struct interval below = statistics_rate_interval(999, 1, 0.95);
    struct interval above = statistics_rate_interval(1000, 1, 0.95);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct interval interval = statistics_rate_interval(rows[i].events, 10, 0.95);

        ck_assert_double_eq_tol(interval.mean, (double)rows[i].events / 10, 1e-15);
        ck_assert_double_eq_tol(interval.low * 10, rows[i].low, 0.00051);
        ck_assert_double_eq_tol(interval.high * 10, rows[i].high, 0.00051);
    }
    ck_assert_double_eq_tol(above.low - below.low, 1, 0.05); /* no jump where the formula changes */
    ck_assert_double_eq_tol(above.high - below.high, 1, 0.05);
    ck_assert_double_eq_tol(statistics_rate_interval(100000000, 1, 0.95).high, 1e8 + 1.96e4, 10);
}
END_TEST

START_TEST(test_statistics_ratio_interval_is_never_zero_wide)
{
    const uint64_t all[] = { 1000, 1000, 1000 }, none[] = { 0, 0, 0 }, same[] = { 900, 900, 900 };
    const uint64_t trials[] = { 1000, 1000, 1000 }, no_trials[] = { 0, 0, 0 };
    struct interval interval;

    interval = statistics_ratio_interval(all, trials, 3, 0.95);
    ck_assert_double_eq(interval.mean, 1);
    ck_assert_double_eq(interval.high, 1);
    ck_assert_double_eq(interval.low, statistics_wilson(3000, 3000, 0.95).low);
    interval = statistics_ratio_interval(none, trials, 3, 0.95);
    ck_assert_double_eq(interval.low, 0);
    ck_assert_double_eq(interval.high, statistics_wilson(0, 3000, 0.95).high);
    interval = statistics_ratio_interval(same, trials, 3, 0.95); /* alike by chance */
    ck_assert_double_eq(interval.low, statistics_wilson(2700, 3000, 0.95).low);
    interval = statistics_ratio_interval(all, trials, 1, 0.95);
    ck_assert_double_eq(interval.low, statistics_wilson(1000, 1000, 0.95).low);
    interval = statistics_ratio_interval(same, trials, 1, 0.95); /* many failures in one run: cannot say */
    ck_assert_double_eq(interval.mean, 0.9);
    ck_assert_double_nan(interval.low);
    interval = statistics_ratio_interval(none, no_trials, 3, 0.95);
    ck_assert_int_eq(interval.n, 0);
    ck_assert_double_nan(interval.mean);
}
END_TEST

START_TEST(test_statistics_ratio_interval_sees_that_failures_cluster)
{
    const uint64_t hits[] = { 10000, 10000, 9000, 10000, 10000 };
    const uint64_t trials[] = { 10000, 10000, 10000, 10000, 10000 };
    const uint64_t hits_few[] = { 1000, 1000, 991, 1000, 1000 };
    const uint64_t trials_few[] = { 1000, 1000, 1000, 1000, 1000 };
    const double shares[] = { 1, 1, 0.9, 1, 1 };
    struct interval t = statistics_mean_interval(shares, 5, 0.95);
    struct interval interval = statistics_ratio_interval(hits, trials, 5, 0.95);

    ck_assert_double_eq(interval.low, t.low);
    ck_assert_double_eq(interval.high, 1); /* cut */
    ck_assert_double_lt(interval.low, statistics_wilson(49000, 50000, 0.95).low - 0.04);
    interval = statistics_ratio_interval(hits_few, trials_few, 5, 0.95); /* one outage of 9 */
    ck_assert_double_lt(interval.low, statistics_wilson(4991, 5000, 0.95).low);
}
END_TEST

START_TEST(test_statistics_ratio_interval_covers_rare_failures)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int covered = 0;

    gsl_rng_set(rng, 99);
    for (int i = 0; i < TRIALS; i++) {
        uint64_t hits[5], trials[5];
        struct interval interval;

        for (int k = 0; k < 5; k++) {
            trials[k] = 10000;
            hits[k] = 10000 - gsl_ran_poisson(rng, 0.4); /* two failures in all, none at all in 13 % */
        }
        interval = statistics_ratio_interval(hits, trials, 5, 0.95);
        ck_assert_double_lt(interval.low, interval.high);
        covered += interval.low <= 0.99996 && 0.99996 <= interval.high;
    }
    ck_assert_double_ge((double)covered / TRIALS, 0.95 - 3 * sqrt(0.95 * 0.05 / TRIALS));
    gsl_rng_free(rng);
}
END_TEST

START_TEST(test_statistics_verdict_of_every_comparison)
{
    static const struct {
        double low, high;
        enum verdict verdicts[4]; /* <, <=, >, >= against 10 */
    } rows[] = {
        { 8, 9, { VERDICT_HELD, VERDICT_HELD, VERDICT_FAILED, VERDICT_FAILED } },
        { 8, 10, { VERDICT_UNDECIDED, VERDICT_HELD, VERDICT_FAILED, VERDICT_UNDECIDED } },
        { 8, 11, { VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED } },
        { 10, 10, { VERDICT_FAILED, VERDICT_HELD, VERDICT_FAILED, VERDICT_HELD } },
        { 10, 11, { VERDICT_FAILED, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_HELD } },
        { 11, 12, { VERDICT_FAILED, VERDICT_FAILED, VERDICT_HELD, VERDICT_HELD } },
        { -INFINITY,
          INFINITY,
          { VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_UNDECIDED } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0; k < 4; k++) {
            struct interval interval = { .mean = 50, .low = rows[i].low, .high = rows[i].high, .n = 5 };

            ck_assert_int_eq(statistics_verdict(interval, (enum comparison)k, 10), rows[i].verdicts[k]);
        }
}
END_TEST

START_TEST(test_statistics_verdict_of_one_replication_is_by_value)
{
    struct interval interval = { .mean = 9, .low = NAN, .high = NAN, .n = 1 };

    ck_assert_int_eq(statistics_verdict(interval, COMPARISON_LESS, 10), VERDICT_HELD);
    ck_assert_int_eq(statistics_verdict(interval, COMPARISON_GREATER, 10), VERDICT_FAILED);
    ck_assert_int_eq(statistics_verdict(interval, COMPARISON_GREATER, NAN), VERDICT_UNDECIDED);
    interval.mean = NAN;
    ck_assert_int_eq(statistics_verdict(interval, COMPARISON_LESS, 10), VERDICT_UNDECIDED);
    ck_assert_int_eq(statistics_verdict(interval, COMPARISON_GREATER_EQUAL, 10), VERDICT_UNDECIDED);
}
END_TEST

/* x = 1..5, y = 2 4 5 4 5: slope 0.6, squared residuals 2.4, t(3) = 3.1824. */
START_TEST(test_statistics_slope_interval_textbook_example)
{
    const double values[] = { 2, 4, 5, 4, 5 }, hole[] = { 2, NAN, 4, 5 }, flat[] = { 0.1, 0.1, 0.1, 0.1 };
    struct interval slope = statistics_slope_interval(values, 5, 1, 0.95);

    ck_assert_double_eq_tol(slope.mean, 0.6, 1e-12);
    ck_assert_double_eq_tol(slope.high - slope.mean, 3.182446 * sqrt(0.08), 1e-6);
    ck_assert_double_eq_tol(slope.mean - slope.low, 3.182446 * sqrt(0.08), 1e-6);
    slope = statistics_slope_interval(values, 5, 0.5, 0.95);
    ck_assert_double_eq_tol(slope.mean, 1.2, 1e-12);
    slope = statistics_slope_interval(hole, 4, 1, 0.95); /* on the line 2, 3, 4, 5 */
    ck_assert_double_eq_tol(slope.mean, 1, 1e-12);
    ck_assert_double_eq_tol(slope.low, 1, 1e-6);
    ck_assert_int_eq(slope.n, 3);
    slope = statistics_slope_interval(flat, 4, 1, 0.95);
    ck_assert_double_eq(slope.low, 0);
    ck_assert_double_eq(slope.high, 0);
    slope = statistics_slope_interval(values, 2, 1, 0.95);
    ck_assert_double_eq(slope.mean, 2);
    ck_assert_double_nan(slope.low);
    ck_assert_double_nan(statistics_slope_interval(values, 1, 1, 0.95).mean);
}
END_TEST

START_TEST(test_statistics_slope_interval_covers_as_often_as_it_says)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int covered = 0;

    gsl_rng_set(rng, 7);
    for (int i = 0; i < TRIALS; i++) {
        double values[8];
        struct interval slope;

        for (int k = 0; k < 8; k++)
            values[k] = 2 + 0.3 * (k * 5) + gsl_ran_gaussian(rng, 1);
        slope = statistics_slope_interval(values, 8, 5, 0.95);
        covered += slope.low <= 0.3 && 0.3 <= slope.high;
    }
    ck_assert_double_eq_tol((double)covered / TRIALS, 0.95, 3 * sqrt(0.95 * 0.05 / TRIALS));
    gsl_rng_free(rng);
}
END_TEST

START_TEST(test_statistics_batch_means_leave_out_the_oldest)
{
    const double values[] = { 1000, 1, 3, 5, NAN, 10, 20 };
    double means[3];

    statistics_batch_means(values, 7, 3, means);
    ck_assert_double_eq(means[0], 2);
    ck_assert_double_eq(means[1], 5);
    ck_assert_double_eq(means[2], 15);
}
END_TEST

START_TEST(test_statistics_replications_needed_is_the_smallest_number)
{
    struct interval interval = unit_error_interval(10, 0.95); /* standard deviation sqrt(10), mean 7 */
    static const double targets[] = { 0.01, 0.05, 0.1, 0.3, 0.5 };

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        int n = statistics_replications_needed(interval, 0.95, targets[i]);
        double half = gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(10.0 / n);
        double half_before = gsl_cdf_tdist_Pinv(0.975, n - 2) * sqrt(10.0 / (n - 1));

        ck_assert_double_le(half, 7 * targets[i] * (1 + 1e-9));
        ck_assert_double_gt(half_before, 7 * targets[i]);
    }
    ck_assert_double_eq_tol(statistics_relative_half_width(interval), 2.262157 / 7, 1e-6);
}
END_TEST

START_TEST(test_statistics_replications_needed_of_odd_intervals)
{
    const double same[] = { 3, 3 }, zero_mean[] = { -1, 1 }, infinite[] = { 1, INFINITY };
    struct interval constant = statistics_mean_interval(same, 2, 0.95);
    struct interval single = statistics_mean_interval(same, 1, 0.95);
    struct interval around_zero = statistics_mean_interval(zero_mean, 2, 0.95);
    struct interval unbounded = statistics_mean_interval(infinite, 2, 0.95);

    ck_assert_int_eq(statistics_replications_needed(constant, 0.95, 0.05), 2);
    ck_assert_int_eq(statistics_replications_needed(single, 0.95, 0.05), 0);
    ck_assert_int_eq(statistics_replications_needed(unbounded, 0.95, 0.05), 0);
    ck_assert_int_eq(statistics_replications_needed(around_zero, 0.95, 0.05), INT_MAX);
    ck_assert_double_infinite(statistics_relative_half_width(around_zero));
    ck_assert_double_nan(statistics_relative_half_width(single));
}
END_TEST

TEST_MAIN("statistics", test_statistics_mean_interval_has_the_t_of_the_tables,
          test_statistics_mean_interval_of_odd_samples,
          test_statistics_mean_interval_is_stable_far_from_zero,
          test_statistics_mean_interval_covers_as_often_as_it_says,
          test_statistics_paired_gives_the_published_sleep_result, test_statistics_paired_of_odd_samples,
          test_statistics_holm_textbook_example, test_statistics_wilson_published_examples,
          test_statistics_zero_events_is_the_rule_of_three,
          test_statistics_rate_interval_has_the_poisson_limits_of_the_tables,
          test_statistics_ratio_interval_is_never_zero_wide,
          test_statistics_ratio_interval_sees_that_failures_cluster,
          test_statistics_ratio_interval_covers_rare_failures, test_statistics_verdict_of_every_comparison,
          test_statistics_verdict_of_one_replication_is_by_value,
          test_statistics_slope_interval_textbook_example,
          test_statistics_slope_interval_covers_as_often_as_it_says,
          test_statistics_batch_means_leave_out_the_oldest,
          test_statistics_replications_needed_is_the_smallest_number,
          test_statistics_replications_needed_of_odd_intervals)
