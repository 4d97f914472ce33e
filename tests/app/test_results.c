#include "app/results.h"
#include "sim/time.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

/* One replication that measured `fast` requests of 1 ms and `slow` ones of 1 s, and nothing else. */
static void add_times(struct results *results, uint64_t fast, uint64_t slow, uint64_t zeros)
{
    struct histogram *histogram = calloc(1, sizeof *histogram);

    ck_assert_ptr_nonnull(histogram);
    histogram_add_count(histogram, MS, fast);
    histogram_add_count(histogram, 1000 * MS, slow);
    results_begin(results);
    results_add_times(results, "web", "latency", histogram, zeros);
    results_end(results);
    free(histogram);
}

static struct interval interval_of(const struct results *results, const char *metric)
{
    const struct result_entry *entry = results_find(results, "web", metric);

    ck_assert_msg(entry != NULL, "no %s", metric);
    return results_interval(results, entry);
}

static void check_near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= expected * HISTOGRAM_RELATIVE_ERROR, "%.9g instead of %.9g",
                  value, expected);
}

/* A replication with few requests counts as much as its requests, not as much as the other replication. */
START_TEST(test_results_percentiles_come_from_the_merged_histogram)
{
    struct results results;

    results_init(&results, 2);
    add_times(&results, 980, 0, 0);
    add_times(&results, 0, 20, 0);
    check_near(interval_of(&results, "latency.p50").mean, 0.001); /* the mean of both p50 is 0.5 s */
    check_near(interval_of(&results, "latency.p95").mean, 0.001);
    check_near(interval_of(&results, "latency.p99").mean, 1.0);
    check_near(interval_of(&results, "latency.mean").mean, 0.98 * 0.001 + 0.02 * 1.0);
    check_near(interval_of(&results, "latency.max").mean, 1.0);
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_intervals_come_from_the_replications)
{
    static const double means_s[] = { 0.001, 1.0 };
    struct interval of_values = statistics_mean_interval(means_s, 2, RESULTS_CONFIDENCE), got;
    struct results results;

    results_init(&results, 2);
    add_times(&results, 500, 0, 0);
    add_times(&results, 0, 500, 0);
    got = interval_of(&results, "latency.mean");
    check_near(got.mean, 0.5005);
    ck_assert_int_eq(got.n, 2);
    check_near(got.high - got.mean, (of_values.high - of_values.low) / 2);
    ck_assert_double_eq(got.low, 0.0); /* no time is less than none */
    ck_assert(isnan(interval_of(&results, "latency.max").low));
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_zeros_count_as_times)
{
    struct results results;

    results_init(&results, 1);
    add_times(&results, 100, 0, 300);
    check_near(interval_of(&results, "latency.mean").mean, 0.00025);
    ck_assert_double_eq(interval_of(&results, "latency.p50").mean, 0.0);
    check_near(interval_of(&results, "latency.p90").mean, 0.001);
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_of_nothing_are_not_a_number)
{
    struct results results;

    results_init(&results, 2);
    add_times(&results, 0, 0, 0);
    ck_assert(isnan(interval_of(&results, "latency.mean").mean));
    ck_assert(isnan(interval_of(&results, "latency.p99").mean));
    ck_assert(isnan(interval_of(&results, "latency.max").mean));
    add_times(&results, 10, 0, 0); /* a replication without any is left out */
    check_near(interval_of(&results, "latency.mean").mean, 0.001);
    ck_assert_int_eq(interval_of(&results, "latency.mean").n, 1);
    results_deinit(&results);
}
END_TEST

static void add_numbers(struct results *results, double value, uint64_t hits, uint64_t trials)
{
    results_begin(results);
    results_add_value(results, "web", "requests", "1", RESULT_VALUE, value);
    results_add_value(results, "web", "queue.max", "1", RESULT_MAXIMUM, value);
    results_add_ratio(results, "web", "availability", hits, trials);
    results_end(results);
}

START_TEST(test_results_ratios_are_pooled)
{
    struct results results;

    results_init(&results, 2);
    add_numbers(&results, 0, 1, 10);
    add_numbers(&results, 0, 90, 90);
    ck_assert_double_eq(interval_of(&results, "availability").mean,
                        0.91); /* the mean of 10 % and 100 % is 55 % */
    ck_assert(interval_of(&results, "availability").low < 0.91);
    results_deinit(&results);
    results_init(&results, 2);
    add_numbers(&results, 0, 0, 0);
    ck_assert(isnan(interval_of(&results, "availability").mean));
    add_numbers(&results, 0, 100000, 100000); /* no failure is no proof that there are none */
    ck_assert_double_eq(interval_of(&results, "availability").mean, 1.0);
    ck_assert(interval_of(&results, "availability").low < 1.0);
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_values_are_averaged_and_maxima_are_not)
{
    struct results results;

    results_init(&results, 3);
    add_numbers(&results, 2, 1, 1);
    add_numbers(&results, 9, 1, 1);
    add_numbers(&results, 4, 1, 1);
    ck_assert_double_eq(interval_of(&results, "requests").mean, 5.0);
    ck_assert(interval_of(&results, "requests").low < 5.0);
    ck_assert_double_eq(interval_of(&results, "queue.max").mean, 9.0);
    ck_assert(isnan(interval_of(&results, "queue.max").low));
    ck_assert_int_eq(results.replications, 3);
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_one_replication_has_no_interval)
{
    static const char *const metrics[] = { "requests", "queue.max", "availability" };
    struct results results;

    results_init(&results, 5);
    add_numbers(&results, 7, 5, 1000);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        struct interval interval = interval_of(&results, metrics[i]);

        ck_assert_msg(isfinite(interval.mean) && isnan(interval.low) && isnan(interval.high), "%s",
                      metrics[i]);
    }
    results_deinit(&results);
    results_init(&results, 5);
    add_times(&results, 10, 10, 0);
    ck_assert(isnan(interval_of(&results, "latency.p99").low) &&
              isnan(interval_of(&results, "latency.p99").high));
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_find_needs_the_whole_names)
{
    struct results results;

    results_init(&results, 1);
    add_numbers(&results, 7, 1, 2);
    ck_assert_double_eq(results_value(&results, "web", "requests"), 7.0);
    ck_assert_double_eq(results_value(&results, "web", "availability"), 0.5);
    ck_assert_ptr_null(results_find(&results, "we", "requests"));
    ck_assert_ptr_null(results_find(&results, "web", "request"));
    ck_assert(isnan(results_value(&results, "web", "request")));
    results_deinit(&results);
}
END_TEST

/* Composed names are kept once, however often they are asked for, and do not move when more come. */
START_TEST(test_results_composed_names_stay)
{
    struct results results;
    const char *first, *others[300];

    results_init(&results, 1);
    first = results_name(&results, "cpu", ".utilisation");
    ck_assert_str_eq(first, "cpu.utilisation");
    for (int i = 0; i < 300; i++) {
        char part[16];

        snprintf(part, sizeof part, ".m%d", i);
        others[i] = results_name(&results, "x", part);
    }
    ck_assert_ptr_eq(results_name(&results, "cpu.utili", "sation"), first);
    ck_assert_str_eq(others[0], "x.m0");
    ck_assert_str_eq(others[299], "x.m299");
    ck_assert_uint_eq(results.name_count, 301);
    results_deinit(&results);
}
END_TEST

START_TEST(test_results_grow_to_many_entries)
{
    struct results results;

    results_init(&results, 2);
    for (int replication = 0; replication < 2; replication++) {
        results_begin(&results);
        for (int i = 0; i < 1000; i++) {
            char component[16];

            snprintf(component, sizeof component, "c[%d]", i);
            results_add_value(&results, component, "m", "1", RESULT_VALUE, i + replication);
        }
        results_end(&results);
    }
    ck_assert_uint_eq(results.entry_count, 1000);
    ck_assert_double_eq(results_value(&results, "c[999]", "m"), 999.5);
    ck_assert_double_eq(results_value(&results, "c[0]", "m"), 0.5);
    ck_assert(!results.out_of_memory);
    results_deinit(&results);
}
END_TEST

/* 2,000 components of two metrics each, so that the chains are made anew several times, and figures behind them
 * all. A name in two places is the first one's. */
START_TEST(test_results_components_are_found_wherever_they_are)
{
    struct results results;
    const struct result_entry *entry;
    char component[16];

    results_init(&results, 1);
    ck_assert_ptr_null(results_find(&results, "c[0]", "m"));
    results_begin(&results);
    for (int i = 0; i < 2000; i++) {
        snprintf(component, sizeof component, "c[%d]", i);
        results_add_value(&results, component, "m", "1", RESULT_VALUE, i);
        results_add_value(&results, component, "n", "1", RESULT_VALUE, -i);
    }
    results_end(&results);
    for (int i = 0; i < 2000; i += 500) {
        snprintf(component, sizeof component, "c[%d]", i);
        results_add_figure(&results, component, "figure", "1", 7);
        results_add_figure(&results, component, "n", "1", 8);
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(component, sizeof component, "c[%d]", i);
        ck_assert_double_eq(results_value(&results, component, "m"), i);
        ck_assert_double_eq(results_value(&results, component, "n"), -i);
        ck_assert_int_eq(results_find(&results, component, "figure") != NULL, i % 500 == 0);
        entry = results_component(&results, component);
        ck_assert_ptr_eq(entry, &results.entries[2 * i]);
        ck_assert_ptr_eq(results_next(&results, entry), entry + 1);
        ck_assert_ptr_null(results_next(&results, entry + 1));
    }
    ck_assert_ptr_null(results_component(&results, "c[2000]"));
    ck_assert_ptr_null(results_next(&results, &results.entries[results.entry_count - 1]));
    results_deinit(&results);
}
END_TEST

TEST_MAIN("results", test_results_percentiles_come_from_the_merged_histogram,
          test_results_intervals_come_from_the_replications, test_results_zeros_count_as_times,
          test_results_of_nothing_are_not_a_number, test_results_ratios_are_pooled,
          test_results_values_are_averaged_and_maxima_are_not, test_results_one_replication_has_no_interval,
          test_results_find_needs_the_whole_names, test_results_composed_names_stay,
          test_results_grow_to_many_entries, test_results_components_are_found_wherever_they_are)
