/* What is left of a run that meets a limit: partial figures, and the component that grew. */
#include "app/growth.h"
#include "app/run.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* srv takes 100 a second of the 1000 that come: its line grows by 900 a second, to 90,000. Beside it a
 * cache that keeps what it is asked for. */
static const char text[] =
    "{\"time\":{\"warm_up\":\"1s\",\"measure\":\"99s\"},\"data\":{\"rows\":{\"rows\":100000000}},"
    "\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"1000/"
    "s\",\"target\":\"srv\"},\"srv\":{\"type\":\"service\",\"service_time\":\"10ms\",\"waiting\":"
    "\"unlimited\"},\"readers\":{\"type\":\"clients\",\"arrivals\":\"5000/"
    "s\",\"target\":\"web\",\"requests\":{\"view\":{\"key\":\"rows\"}}},\"web\":{\"type\":\"web_server\","
    "\"count\":2,\"handlers\":{\"view\":[{\"get\":\"keys\",\"on_miss\":[{\"put\":\"keys\"}]}]}},\"keys\":{"
    "\"type\":\"cache\",\"memory\":\"8GB\"}}}";

static enum run_status run_limited(const struct run_options *options, struct results *results)
{
    char path[] = "/tmp/test_run.XXXXXX";
    const struct scenario_overrides none = { 0 };
    struct diagnostics diagnostics;
    struct scenario scenario;
    enum run_status status;
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(file);
    diagnostics_init(&diagnostics);
    ck_assert_msg(scenario_read(&scenario, path, &none, &diagnostics) == SCENARIO_OK, "%s",
                  diagnostics.item_count ? diagnostics.items[0].message : "");
    results_init(results, options->replications);
    status = run_variant(&scenario.variants[0], options, results);
    scenario_deinit(&scenario);
    diagnostics_deinit(&diagnostics);
    unlink(path);
    return status;
}

static const struct limit_case {
    struct run_options options;
    enum run_status status;
    enum growth_cause cause;
    const char *component;
    const char *says;
} limit_cases[] = {
    { { .requests_max = 20000 }, RUN_FULL, GROWTH_REQUESTS, "srv", "requests inside" },
    { { .events_max = 500000 }, RUN_OUT_OF_EVENTS, GROWTH_REQUESTS, "srv", "requests inside" },
    { { .memory_budget_bytes = 40000000 },
      RUN_OVER_MEMORY,
      GROWTH_KEPT,
      "keys",
      "keys grew: what it keeps takes" },
};

START_TEST(test_run_ends_at_a_limit_with_partial_figures)
{
    const struct limit_case *row = &limit_cases[_i];
    struct run_options options = row->options;
    struct results results;
    char said[GROWTH_TEXT_SIZE];

    options.seed = 1;
    options.replications = 3;
    if (!options.memory_budget_bytes)
        options.memory_budget_bytes = UINT64_MAX;
    ck_assert_int_eq(run_limited(&options, &results), row->status);
    ck_assert(results.partial);
    ck_assert_int_eq(results.replications, 1); /* the others were not begun */
    ck_assert_double_gt(results.seconds, 5);
    ck_assert_double_lt(results.seconds, 98);
    ck_assert_int_eq(results.growth.cause, row->cause);
    ck_assert_str_eq(results.growth.component, row->component);
    growth_describe(&results.growth, said, sizeof said);
    ck_assert_msg(strstr(said, row->says) != NULL, "%s", said);
    if (row->cause == GROWTH_REQUESTS) /* nearly all that came and were not served */
        ck_assert_uint_gt(results.growth.requests, (uint64_t)(880 * results.seconds));
    results_deinit(&results);
}
END_TEST

START_TEST(test_run_without_a_limit_is_whole)
{
    const struct run_options options = { .seed = 1, .replications = 1, .memory_budget_bytes = UINT64_MAX };
    struct results results;

    ck_assert_int_eq(run_limited(&options, &results), RUN_COMPLETE);
    ck_assert(!results.partial);
    ck_assert_int_eq(results.growth.cause, GROWTH_NONE);
    ck_assert_double_eq(results.seconds, 99);
    results_deinit(&results);
}
END_TEST

/* 6000 requests a second come. */
START_TEST(test_run_goes_on_until_there_are_enough_requests)
{
    struct run_options options = { .seed = 1, .replications = 1, .memory_budget_bytes = UINT64_MAX };
    struct results results;
    double sent;

    options.requests_wanted = 900000;
    ck_assert_int_eq(run_limited(&options, &results), RUN_COMPLETE);
    sent = results_value(&results, "total", "requests.started");
    ck_assert_double_ge(sent, 900000);
    ck_assert_double_lt(sent, 900000 * 1.06); /* a twentieth of the time is the least it goes on */
    ck_assert_double_eq_tol(results.seconds, sent / 6000, 1);
    results_deinit(&results);
    options.requests_wanted = 500000; /* it has them in its time */
    ck_assert_int_eq(run_limited(&options, &results), RUN_COMPLETE);
    ck_assert_double_eq(results.seconds, 99);
    results_deinit(&results);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_run_ends_at_a_limit_with_partial_figures, 0,
                        sizeof limit_cases / sizeof *limit_cases);
    tcase_add_test(tcase, test_run_without_a_limit_is_whole);
    tcase_add_test(tcase, test_run_goes_on_until_there_are_enough_requests);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
