/* When a resource of an episode was full, against a count: srv does 100 requests a second, 40 come, and for 20 s of
 * the minute 160. */
#include "app/peaks.h"
#include "app/assess.h"
#include "app/run.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void run_crowd(const char *time, int count, const char *waiting, struct results *results,
                      struct assessment *assessment)
{
    char path[] = "/tmp/test_peaks.XXXXXX", text[1024];
    const struct scenario_overrides none = { 0 };
    const struct run_options options = { .replications = 1, .seed = 1,
                                         .memory_budget_bytes = UINT64_C(1) << 30 };
    struct diagnostics diagnostics;
    struct scenario scenario;
    int length, file = mkstemp(path);

    length = snprintf(text, sizeof text,
                      "{\"time\":{%s},\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"%d/s\","
                      "\"gap_law\":\"constant\",\"load\":[{\"flash_crowd\":4,\"at\":\"20s\",\"rise\":\"0s\","
                      "\"hold\":\"20s\",\"fall\":\"1ms\"}],\"target\":\"srv\"},\"srv\":{\"type\":\"service\","
                      "\"count\":%d,\"service_time\":\"10ms\",\"waiting\":%s}}}",
                      time, 40 * count, count, waiting);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, (size_t)length), length);
    close(file);
    diagnostics_init(&diagnostics);
    ck_assert_msg(scenario_read(&scenario, path, &none, &diagnostics) == SCENARIO_OK, "%s",
                  diagnostics.item_count ? diagnostics.items[0].message : "");
    results_init(results, 1);
    ck_assert_int_eq(run_variant(&scenario.variants[0], &options, results), RUN_COMPLETE);
    ck_assert(assess(assessment, &scenario.variants[0], results));
    assessment->limit = NULL; /* what it points to goes with the results, of which callers look by name */
    scenario_deinit(&scenario);
    diagnostics_deinit(&diagnostics);
    unlink(path);
}

#define EPISODE "\"kind\":\"episode\",\"measure\":\"60s\""

/* A line of 10 is gone 10/60 s after the crowd; a line without end holds 60 x 20 and takes 20 s more. */
static const struct {
    const char *waiting;
    double full_s;
} crowds[] = { { "10", 20 }, { "\"unlimited\"", 40 } };

START_TEST(test_peaks_a_crowd_fills_it_for_as_long_as_counted)
{
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        struct results results;
        struct assessment assessment;

        run_crowd(EPISODE, 1, crowds[i].waiting, &results, &assessment);
        ck_assert_double_eq_tol(results_value(&results, "srv", "servers.full"), crowds[i].full_s, 1.001);
        ck_assert_double_eq_tol(results_value(&results, "srv", "servers.utilisation.peak"), 1, 1e-9);
        ck_assert_double_eq(assessment.limit_full_s, results_value(&results, "srv", "servers.full"));
        ck_assert(assess_was_full(&assessment, &results));
        assessment_deinit(&assessment);
        results_deinit(&results);
    }
}
END_TEST

/* Each of two has half of the users, at random: the crowd is at least 30 of 20 s full even for the luckier one. */
START_TEST(test_peaks_of_instances_and_of_the_whole)
{
    struct results results;
    struct assessment assessment;
    double whole, one, other;

    run_crowd(EPISODE, 2, "\"unlimited\"", &results, &assessment);
    whole = results_value(&results, "srv", "servers.full");
    one = results_value(&results, "srv[0]", "servers.full");
    other = results_value(&results, "srv[1]", "servers.full");
    ck_assert_double_ge(one, 20);
    ck_assert_double_ge(other, 20);
    ck_assert_double_le(whole, fmin(one, other)); /* it is full when both are */
    ck_assert_double_ge(whole, one + other - 60);
    assessment_deinit(&assessment);
    results_deinit(&results);
}
END_TEST

START_TEST(test_peaks_only_episodes_have_them)
{
    struct results results;
    struct assessment assessment;

    run_crowd("\"warm_up\":\"0s\",\"measure\":\"60s\"", 1, "10", &results, &assessment);
    ck_assert_ptr_null(results_find(&results, "srv", "servers.full"));
    ck_assert_ptr_null(results_find(&results, "srv", "servers.utilisation.peak"));
    ck_assert_double_eq(assessment.limit_full_s, 0);
    ck_assert_double_eq(assessment.limit_peak, assessment.limit_utilisation);
    assessment_deinit(&assessment);
    results_deinit(&results);
}
END_TEST

/* What is left of memory that ran out says nothing, and breaks nothing. */
START_TEST(test_peaks_without_memory_know_nothing)
{
    struct peaks peaks = { .out_of_memory = true };
    struct group group = { 0 };
    struct peak_result result = peaks_of(&peaks, &group, -1, 0);

    ck_assert(isnan(result.utilisation) && isnan(result.full_s));
    ck_assert_int_eq(peaks_next_ns(&peaks), INT64_MAX);
    peaks_deinit(&peaks);
}
END_TEST

TEST_MAIN("peaks", test_peaks_a_crowd_fills_it_for_as_long_as_counted, test_peaks_of_instances_and_of_the_whole,
          test_peaks_only_episodes_have_them, test_peaks_without_memory_know_nothing)
