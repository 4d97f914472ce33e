/* Histograms: the layout of the buckets, quantiles against a sorted sample, exact sums and merges. */
#include "tests/test.h"

#include "sim/bug.h"
#include "sim/histogram.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE 20000

static struct histogram *histogram_new(void)
{
    struct histogram *histogram = calloc(1, sizeof *histogram);

    ck_assert_ptr_nonnull(histogram);
    return histogram;
}

static int compare_values(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* Lognormal over nine decades with a share of zeros, as waits are. */
static void draw_waits(int64_t *values, int n, unsigned long seed)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, seed);
    for (int i = 0; i < n; i++)
        values[i] = gsl_rng_uniform(rng) < 0.2 ? 0 : (int64_t)gsl_ran_lognormal(rng, 14, 3);
    gsl_rng_free(rng);
}

START_TEST(test_histogram_buckets_cover_every_value_once)
{
    struct histogram *histogram = histogram_new();
    struct histogram_bucket bucket;
    unsigned position = 0, buckets = 0;
    int64_t next = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram->buckets[i] = i + 1;
    histogram->span = INT64_MAX;
    while (histogram_next(histogram, &position, &bucket)) {
        ck_assert_int_eq(bucket.lower, next);
        ck_assert_int_ge(bucket.upper, bucket.lower);
        ck_assert_uint_eq(histogram_index(bucket.lower), buckets);
        ck_assert_uint_eq(histogram_index(bucket.upper), buckets);
        ck_assert_uint_eq(bucket.count, buckets + 1);
        ck_assert_double_le((double)(bucket.upper - bucket.lower) / 2,
                            (double)bucket.lower * HISTOGRAM_RELATIVE_ERROR);
        buckets++;
        if (bucket.upper == INT64_MAX)
            break;
        next = bucket.upper + 1;
    }
    ck_assert_uint_eq(buckets, HISTOGRAM_BUCKETS);
    ck_assert(!histogram_next(histogram, &position, &bucket));
    free(histogram);
}
END_TEST

START_TEST(test_histogram_empty_has_no_values)
{
    struct histogram *histogram = histogram_new();
    struct histogram_bucket bucket;
    unsigned position = 0;

    histogram_add_count(histogram, 5, 0);
    ck_assert(histogram_is_empty(histogram));
    ck_assert_uint_eq(histogram_count(histogram), 0);
    ck_assert_double_nan(histogram_mean(histogram));
    ck_assert_double_nan(histogram_quantile(histogram, 0.5));
    ck_assert_double_nan(histogram_fraction_above(histogram, 5));
    ck_assert_int_eq(histogram_min(histogram), INT64_MAX);
    ck_assert_int_eq(histogram_max(histogram), 0);
    ck_assert(!histogram_next(histogram, &position, &bucket));
    free(histogram);
}
END_TEST

START_TEST(test_histogram_quantile_is_within_the_stated_error)
{
    static const double fractions[] = { 0.001, 0.1, 0.21, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999 };
    struct histogram *histogram = histogram_new();
    int64_t *values = malloc(SAMPLE * sizeof *values);

    ck_assert_ptr_nonnull(values);
    draw_waits(values, SAMPLE, 1);
    for (int i = 0; i < SAMPLE; i++)
        histogram_add(histogram, values[i]);
    qsort(values, SAMPLE, sizeof *values, compare_values);
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        double exact = (double)values[lround(ceil(fractions[i] * SAMPLE - 1e-6)) - 1];

        ck_assert_double_le(fabs(histogram_quantile(histogram, fractions[i]) - exact),
                            exact * HISTOGRAM_RELATIVE_ERROR);
    }
    ck_assert_double_eq(histogram_quantile(histogram, 0), (double)values[0]);
    ck_assert_double_eq(histogram_quantile(histogram, 1), (double)values[SAMPLE - 1]);
    ck_assert_double_eq(histogram_quantile(histogram, 7), (double)values[SAMPLE - 1]);
    free(values);
    free(histogram);
}
END_TEST

/* Values below 64 are exact, so the rank itself shows: the p-th of 1..n at p / n, for every p, n. */
START_TEST(test_histogram_quantile_takes_the_defined_rank)
{
    struct histogram *histogram = histogram_new();

    for (int n = 1; n < 64; n++) {
        histogram_add(histogram, n);
        for (int p = 1; p <= n; p++)
            ck_assert_double_eq(histogram_quantile(histogram, (double)p / n), p);
        if (n > 1)
            ck_assert_double_eq(histogram_quantile(histogram, 1.01 / n), 2);
    }
    histogram_clear(histogram);
    for (int i = 1; i <= 100; i++)
        histogram_add_count(histogram, i <= 7 ? 1 : 2, 1);
    ck_assert_double_eq(histogram_quantile(histogram, 0.07), 1); /* 0.07 * 100 > 7 in binary */
    ck_assert_double_eq(histogram_quantile(histogram, 0.0701), 2);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_quantile_stays_between_min_and_max)
{
    struct histogram *histogram = histogram_new();

    histogram_add_count(histogram, INT64_C(1000000001), 3);
    ck_assert_double_eq(histogram_quantile(histogram, 0.5), 1000000001.0);
    histogram_add(histogram, INT64_C(1000000003)); /* the same bucket */
    ck_assert_uint_eq(histogram_index(1000000001), histogram_index(1000000003));
    ck_assert_double_ge(histogram_quantile(histogram, 0.5), 1000000001.0);
    ck_assert_double_le(histogram_quantile(histogram, 0.5), 1000000003.0);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_zero_has_its_own_bucket)
{
    struct histogram *histogram = histogram_new();
    struct histogram_bucket bucket;
    unsigned position = 0;

    histogram_add_count(histogram, 0, 90);
    histogram_add_count(histogram, 1, 10);
    ck_assert(histogram_next(histogram, &position, &bucket));
    ck_assert_int_eq(bucket.lower, 0);
    ck_assert_int_eq(bucket.upper, 0);
    ck_assert_uint_eq(bucket.count, 90);
    ck_assert_double_eq(histogram_quantile(histogram, 0.9), 0);
    ck_assert_double_eq(histogram_fraction_above(histogram, 0), 0.1);
    ck_assert_double_eq(histogram_mean(histogram), 0.1);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_sum_and_limits_are_exact_at_the_extremes)
{
    struct histogram *histogram = histogram_new();

    histogram_add_count(histogram, INT64_MAX, 1000000);
    ck_assert(histogram->sum == (__int128)INT64_MAX * 1000000);
    ck_assert_int_eq(histogram_min(histogram), INT64_MAX);
    ck_assert(!histogram_is_empty(histogram));
    ck_assert_uint_eq(histogram_count(histogram), 1000000);
    ck_assert_double_eq(histogram_quantile(histogram, 0.5), (double)INT64_MAX);
    histogram_add(histogram, 0);
    ck_assert_int_eq(histogram_min(histogram), 0);
    ck_assert_int_eq(histogram_max(histogram), INT64_MAX);
    ck_assert_double_eq(histogram_fraction_above(histogram, INT64_MAX), 0);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_merge_equals_adding_everything)
{
    struct histogram *all = histogram_new(), *left = histogram_new(), *right = histogram_new();
    int64_t *values = malloc(SAMPLE * sizeof *values);

    ck_assert_ptr_nonnull(values);
    draw_waits(values, SAMPLE, 2);
    for (int i = 0; i < SAMPLE; i++) {
        histogram_add(all, values[i]);
        histogram_add(i % 3 ? left : right, values[i]);
    }
    histogram_merge(left, right);
    ck_assert_mem_eq(left, all, sizeof *all);
    histogram_clear(right);
    histogram_merge(left, right); /* an empty one changes nothing */
    ck_assert_mem_eq(left, all, sizeof *all);
    histogram_merge(right, left); /* into an empty one */
    ck_assert_mem_eq(right, all, sizeof *all);
    free(values);
    free(right);
    free(left);
    free(all);
}
END_TEST

START_TEST(test_histogram_clear_leaves_zeroed_memory)
{
    struct histogram *histogram = histogram_new(), *zeroed = histogram_new();
    int64_t values[1000];

    draw_waits(values, 1000, 3);
    for (int i = 0; i < 1000; i++)
        histogram_add(histogram, values[i]);
    ck_assert_uint_eq(histogram_count(histogram), 1000);
    histogram_clear(histogram);
    ck_assert_mem_eq(histogram, zeroed, sizeof *zeroed);
    histogram_clear(histogram);
    ck_assert_mem_eq(histogram, zeroed, sizeof *zeroed);
    free(zeroed);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_fraction_above_interpolates_inside_a_bucket)
{
    struct histogram *histogram = histogram_new();
    int64_t lower = 1 << 20, width = 1 << 14; /* of the first bucket of that octave */

    histogram_add(histogram, 1);
    for (int64_t i = 0; i < width; i++)
        histogram_add(histogram, lower + i);
    histogram_add_count(histogram, lower + width, 3);
    for (int64_t i = 0; i < width; i += 1000) /* evenly spread: exact everywhere */
        ck_assert_double_eq_tol(histogram_fraction_above(histogram, lower + i),
                                (double)(width - 1 - i + 3) / (double)(width + 4), 1e-15);
    ck_assert_double_eq(histogram_fraction_above(histogram, 0), 1);
    ck_assert_double_eq(histogram_fraction_above(histogram, lower + width), 0);

    histogram_clear(histogram);
    histogram_add(histogram, lower + 100); /* the bucket is cut at the minimum and the maximum */
    histogram_add(histogram, lower + 103);
    ck_assert_double_eq(histogram_fraction_above(histogram, lower + 99), 1);
    ck_assert_double_eq(histogram_fraction_above(histogram, lower + 101), 0.5);
    ck_assert_double_eq(histogram_fraction_above(histogram, lower + 103), 0);
    free(histogram);
}
END_TEST

START_TEST(test_histogram_refuses_a_negative_value)
{
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct histogram *histogram = histogram_new();

        histogram_add(histogram, 0);
        volatile int64_t negative = -1; /* known while compiling, it would be warned of */

        histogram_add(histogram, negative);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == BUG_STATUS);
}
END_TEST

TEST_MAIN("histogram", test_histogram_buckets_cover_every_value_once, test_histogram_empty_has_no_values,
          test_histogram_quantile_is_within_the_stated_error,
          test_histogram_quantile_takes_the_defined_rank,
          test_histogram_quantile_stays_between_min_and_max, test_histogram_zero_has_its_own_bucket,
          test_histogram_sum_and_limits_are_exact_at_the_extremes,
          test_histogram_merge_equals_adding_everything, test_histogram_clear_leaves_zeroed_memory,
          test_histogram_fraction_above_interpolates_inside_a_bucket,
          test_histogram_refuses_a_negative_value)
