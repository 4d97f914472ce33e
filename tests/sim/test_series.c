/* Series: against plain arrays of counts and areas, through any number of doublings. */
#include "tests/test.h"

#include "sim/series.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#define S INT64_C(1000000000)
#define SPAN 1000 /* reference cells of 1 ns */

START_TEST(test_series_counts_by_interval)
{
    struct memory memory;
    struct series series;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 5 * S, S, SERIES_POINTS_MAX);
    series_add(&series, 5 * S, 1);
    series_add(&series, 6 * S - 1, 1);
    series_add(&series, 6 * S, 10);
    series_add(&series, 9 * S, 4); /* intervals 2 and 3 stay at zero */
    series_finish(&series, 9 * S + S / 2);
    ck_assert_uint_eq(series.count, 5);
    ck_assert_double_eq(series_sum(&series, 0), 2);
    ck_assert_double_eq(series_rate(&series, 0), 2);
    ck_assert_double_eq(series_sum(&series, 1), 10);
    ck_assert_double_eq(series_sum(&series, 2), 0);
    ck_assert_double_nan(series_mean(&series, 2));
    ck_assert_double_eq(series_mean(&series, 0), 1);
    ck_assert_int_eq(series_start_ns(&series, 4), 9 * S);
    ck_assert_int_eq(series_width_ns(&series, 4), S / 2);
    ck_assert_double_eq(series_rate(&series, 4), 8); /* over the half second that it covers */
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_series_level_is_weighted_by_time)
{
    struct memory memory;
    struct series series;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, 100, 8);
    series_set_level(&series, 50, 4);
    series_set_level(&series, 75, 8);
    series_set_level(&series, 310, 1);
    series_finish(&series, 350);
    ck_assert_uint_eq(series.count, 4);
    ck_assert_double_eq(series_level(&series, 0), 3);
    ck_assert_double_eq(series_level(&series, 1), 8);
    ck_assert_double_eq(series_level(&series, 2), 8);
    ck_assert_double_eq(series_level(&series, 3), (80.0 + 40) / 50);
    series_finish(&series, 400); /* and later again */
    ck_assert_double_eq(series_level(&series, 3), (80.0 + 90) / 100);
    memory_deinit(&memory);
}
END_TEST

/* A run of random length, adding at random dates; then every point equals the sum over its cells. */
static void compare_with_cells(unsigned long seed, uint32_t points_max)
{
    struct memory memory;
    struct series values, level;
    double sums[SPAN] = { 0 }, counts[SPAN] = { 0 }, levels[SPAN] = { 0 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int64_t now_ns = 0, end_ns, present = 0;

    gsl_rng_set(rng, seed);
    end_ns = 1 + (int64_t)gsl_rng_uniform_int(rng, SPAN - 1);
    memory_init(&memory, UINT64_MAX);
    series_init(&values, &memory, 0, 1, points_max);
    series_init(&level, &memory, 0, 1, points_max);
    for (;;) {
        int64_t gap_ns = (int64_t)gsl_rng_uniform_int(rng, gsl_rng_uniform(rng) < 0.05 ? 200 : 3);
        int64_t amount = (int64_t)gsl_rng_uniform_int(rng, 100);

        for (int64_t t = now_ns; t < now_ns + gap_ns && t < end_ns; t++)
            levels[t] = (double)present;
        now_ns += gap_ns;
        if (now_ns >= end_ns)
            break;
        series_add(&values, now_ns, amount);
        sums[now_ns] += (double)amount;
        counts[now_ns]++;
        series_set_level(&level, now_ns, amount);
        present = amount;
    }
    series_finish(&values, end_ns);
    series_finish(&level, end_ns);
    ck_assert_uint_le(values.count, points_max);
    ck_assert_int_eq(values.interval_ns, level.interval_ns);
    ck_assert_uint_eq(values.count, level.count);
    for (uint32_t i = 0; i < values.count; i++) {
        double sum = 0, count = 0, area = 0;
        int64_t start_ns = series_start_ns(&values, i), width_ns = series_width_ns(&values, i);

        for (int64_t t = start_ns; t < start_ns + width_ns; t++) {
            sum += sums[t];
            count += counts[t];
            area += levels[t];
        }
        ck_assert_double_eq(series_sum(&values, i), sum);
        ck_assert_double_eq((double)values.points[i].count, count);
        ck_assert_double_eq(series_sum(&level, i), area);
        ck_assert_double_eq(series_level(&level, i), area / (double)width_ns);
    }
    ck_assert_int_eq(series_start_ns(&values, values.count - 1) + series_width_ns(&values, values.count - 1),
                     end_ns);
    memory_deinit(&memory);
    gsl_rng_free(rng);
}

START_TEST(test_series_equals_the_sum_of_its_cells_through_doublings)
{
    for (unsigned long seed = 1; seed <= 300; seed++)
        compare_with_cells(seed, seed % 3 == 0 ? 2 : seed % 3 == 1 ? 16 : 250);
}
END_TEST

START_TEST(test_series_keeps_between_half_and_all_points)
{
    struct memory memory;
    struct series series;
    double sum = 0;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, S, 64);
    for (int64_t i = 0; i < 1000; i++)
        series_add(&series, i * S, i);
    series_finish(&series, 1000 * S);
    ck_assert_int_eq(series.interval_ns, 16 * S);
    ck_assert_uint_eq(series.count, 63); /* 62 full ones of 16 s and one of 8 s */
    ck_assert_int_eq(series_width_ns(&series, 62), 8 * S);
    for (uint32_t i = 0; i < series.count; i++)
        sum += series_sum(&series, i);
    ck_assert_double_eq(sum, 999 * 1000 / 2);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_series_does_not_double_when_the_points_just_suffice)
{
    struct memory memory;
    struct series series;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, S, 64);
    series_set_level(&series, 0, 2);
    series_finish(&series, 64 * S);
    ck_assert_int_eq(series.interval_ns, S);
    ck_assert_uint_eq(series.count, 64);
    ck_assert_double_eq(series_level(&series, 63), 2);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_series_closes_the_last_interval_at_the_finish)
{
    struct memory memory;
    struct series series;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, S, 64);
    series_add(&series, S / 2, 1);
    series_add(&series, S, 1); /* at the very end: no point of width zero for it */
    series_finish(&series, S);
    ck_assert_uint_eq(series.count, 1);
    ck_assert_double_eq(series_rate(&series, 0), 2);
    series_add(&series, S + 1, 5); /* and the series goes on */
    series_finish(&series, 2 * S);
    ck_assert_uint_eq(series.count, 2);
    ck_assert_double_eq(series_rate(&series, 1), 5);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_series_reaches_the_end_of_time_in_bounded_memory)
{
    struct memory memory;
    struct series series;
    __int128 area = 0;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, 1, SERIES_POINTS_MAX);
    series_set_level(&series, 0, INT64_MAX);
    series_set_level(&series, 12345, INT64_MAX);
    series_finish(&series, INT64_MAX - 1);
    for (uint32_t i = 0; i < series.count; i++)
        area += series.points[i].sum;
    ck_assert(area == (__int128)INT64_MAX * (INT64_MAX - 1));
    ck_assert_uint_le(series.count, SERIES_POINTS_MAX);
    ck_assert_uint_ge(series.count, SERIES_POINTS_MAX / 2);
    ck_assert_double_eq(series_level(&series, series.count - 1), (double)INT64_MAX);
    ck_assert_uint_le(memory.used_bytes, SERIES_POINTS_MAX * 32);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_series_of_a_short_run_is_small)
{
    struct memory memory;
    struct series series;

    memory_init(&memory, UINT64_MAX);
    series_init(&series, &memory, 0, S, SERIES_POINTS_MAX);
    ck_assert_uint_eq(memory.used_bytes, 0);
    series_finish(&series, 0);
    ck_assert_uint_eq(series.count, 0);
    series_finish(&series, 60 * S);
    ck_assert_uint_eq(series.count, 60); /* nothing was added: sixty zeros */
    ck_assert_double_eq(series_rate(&series, 59), 0);
    ck_assert_uint_le(memory.used_bytes, 64 * 32);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("series", test_series_counts_by_interval, test_series_level_is_weighted_by_time,
          test_series_equals_the_sum_of_its_cells_through_doublings,
          test_series_keeps_between_half_and_all_points,
          test_series_does_not_double_when_the_points_just_suffice,
          test_series_closes_the_last_interval_at_the_finish,
          test_series_reaches_the_end_of_time_in_bounded_memory, test_series_of_a_short_run_is_small)
