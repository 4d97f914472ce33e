/* Faults as a scenario has them: their dates, whom they hit, and what users see of them, against counts made beforehand. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/run.h"
#include "tests/test.h"

#define DEVIATIONS_MAX 4.0
#define REPLICATIONS 40

struct faulty {
    struct diagnostics diagnostics;
    struct scenario scenario;
    struct results results;
};

static void faulty_read(struct faulty *faulty, const char *text, const struct scenario_overrides *overrides)
{
    char path[] = "/tmp/test_faults.XXXXXX";
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    diagnostics_init(&faulty->diagnostics);
    ck_assert_msg(scenario_read(&faulty->scenario, path, overrides, &faulty->diagnostics) == SCENARIO_OK, "%s",
                  faulty->diagnostics.item_count ? faulty->diagnostics.items[0].message : "");
    unlink(path);
}

static void faulty_run(struct faulty *faulty, size_t variant, int replications)
{
    const struct run_options options = { .seed = 3, .replications = replications, .memory_budget_bytes = UINT64_MAX };

    results_init(&faulty->results, replications);
    ck_assert_int_eq(run_variant(&faulty->scenario.variants[variant], &options, &faulty->results), RUN_COMPLETE);
}

static void faulty_deinit(struct faulty *faulty)
{
    results_deinit(&faulty->results);
    scenario_deinit(&faulty->scenario);
    diagnostics_deinit(&faulty->diagnostics);
}

/* The mean over the replications is within so many of its standard errors. */
static void assert_mean(const struct results *results, const char *component, const char *metric, double expected)
{
    const struct result_entry *entry = results_find(results, component, metric);
    double sum = 0, squares = 0, mean, error;
    int n = results->replications;

    ck_assert_ptr_nonnull(entry);
    for (int i = 0; i < n; i++)
        sum += entry->values[i];
    mean = sum / n;
    for (int i = 0; i < n; i++)
        squares += (entry->values[i] - mean) * (entry->values[i] - mean);
    error = sqrt(squares / (n - 1) / n);
    ck_assert_msg(fabs(mean - expected) <= DEVIATIONS_MAX * error && error > 0, "%s.%s: %g +- %g, not %g", component, metric, mean,
                  error, expected);
}

/* ---- one of n servers dies: nobody takes it out, so its share of users fails until it is back ---- */

static const char one_of_n[] =
    "{\"time\":{\"kind\":\"episode\",\"measure\":\"4s\"},\"components\":{"
    "\"users\":{\"type\":\"clients\",\"arrivals\":\"%s/s\",\"target\":\"lb\"},"
    "\"lb\":{\"type\":\"load_balancer\",\"policy\":\"random\",\"targets\":\"web\"},"
    "\"web\":{\"type\":\"service\",\"count\":%d,\"service_time\":{\"law\":\"exponential\",\"mean\":\"2ms\"}}},"
    "\"faults\":[{\"at\":\"1s\",\"crash\":\"%s\",\"instance\":0,%s}]}";

static const struct share_case {
    const char *rate, *crash, *how_long;
    int servers;
    double unavailable; /* rate / servers * time down */
    double crashed;     /* M/M/1: load / (1 - load) */
} share_cases[] = {
    { "1000", "web", "\"for\":\"1s\"", 4, 250, 1 },
    { "800", "web", "\"until\":\"3s\"", 2, 800, 4 },
    { "300", "web", "\"until\":\"never\"", 1, 900, 1.5 },
    { "1000", "lb", "\"for\":\"0.5s\"", 5, 500, 10. / 3 }, /* all five behind it: 5 * 0.4 / 0.6 */
};

START_TEST(test_faults_hit_their_share_of_users_until_the_restart)
{
    const struct share_case *row = &share_cases[_i];
    const struct scenario_overrides none = { 0 };
    struct faulty faulty;
    char text[2048];

    snprintf(text, sizeof text, one_of_n, row->rate, row->servers, row->crash, row->how_long);
    faulty_read(&faulty, text, &none);
    faulty_run(&faulty, 0, REPLICATIONS);
    assert_mean(&faulty.results, "total", "requests.failed.unavailable", row->unavailable);
    assert_mean(&faulty.results, "total", "requests.failed.crashed", row->crashed);
    ck_assert_double_eq(results_value(&faulty.results, row->crash, "crashes"), 1);
    faulty_deinit(&faulty);
}
END_TEST

/* ---- dates, settings, variants ---- */

START_TEST(test_faults_are_patched_as_everything_is)
{
    static const char text[] =
        "{\"time\":{\"warm_up\":\"2s\",\"measure\":\"4s\"},\"components\":{"
        "\"users\":{\"type\":\"clients\",\"arrivals\":\"100/s\",\"target\":\"web\"},"
        "\"web\":{\"type\":\"service\",\"count\":3,\"service_time\":\"1ms\"}},"
        "\"faults\":[{\"at\":\"1s\",\"crash\":\"web\",\"instance\":1,\"count\":2,\"for\":\"1s\"},"
        "{\"at\":\"3.5s\",\"crash\":\"web\"}],"
        "\"variants\":{\"calm\":{\"faults\":[]},\"rolling\":{\"faults\":["
        "{\"at\":\"1s\",\"crash\":\"web\",\"instance\":0,\"until\":\"2s\"},"
        "{\"at\":\"2s\",\"crash\":\"web\",\"instance\":1,\"until\":\"3s\"}]}}}";
    const char *const settings[] = { "faults[0].for=500ms" };
    const struct scenario_overrides overrides = { .settings = settings, .setting_count = 1 }, none = { 0 };
    struct faulty faulty;

    faulty_read(&faulty, text, &none);
    faulty_run(&faulty, 0, 2);
    ck_assert_double_eq(results_value(&faulty.results, "web", "crashes"), 5);
    ck_assert_double_eq_tol(results_value(&faulty.results, "web", "downtime"), 2 * 1 + 3 * 0.5, 1e-9);
    ck_assert_double_eq_tol(results_value(&faulty.results, "web", "uptime"), 1 - 3.5 / 12, 1e-9);
    ck_assert_double_eq_tol(results_value(&faulty.results, "web[0]", "downtime"), 0.5, 1e-9);
    results_deinit(&faulty.results);
    faulty_run(&faulty, 1, 2);
    ck_assert_ptr_null(results_find(&faulty.results, "web", "crashes"));
    ck_assert_double_eq(results_value(&faulty.results, "total", "requests.failed"), 0);
    results_deinit(&faulty.results);
    faulty_run(&faulty, 2, 2);
    ck_assert_double_eq_tol(results_value(&faulty.results, "web", "downtime"), 2, 1e-9);
    faulty_deinit(&faulty);

    faulty_read(&faulty, "{\"time\":{\"measure\":\"4s\"},\"components\":{"
                         "\"users\":{\"type\":\"clients\",\"arrivals\":\"100/s\",\"target\":\"web\"},"
                         "\"web\":{\"type\":\"service\",\"service_time\":\"1ms\"}},"
                         "\"faults\":[{\"at\":\"1s\",\"crash\":\"web\",\"for\":\"1s\"}]}", &overrides);
    faulty_run(&faulty, 0, 2);
    ck_assert_double_eq_tol(results_value(&faulty.results, "web", "downtime"), 0.5, 1e-9);
    faulty_deinit(&faulty);
}
END_TEST

/* ---- what dies with a component ---- */

/* A warm cache misses nothing; after the crash each of the 100 rows is fetched once more. */
START_TEST(test_faults_empty_a_cache)
{
    static const char text[] =
        "{\"time\":{\"kind\":\"episode\",\"measure\":\"10s\"},\"data\":{\"rows\":{\"rows\":100}},\"components\":{"
        "\"users\":{\"type\":\"clients\",\"arrivals\":\"1000/s\",\"target\":\"web\",\"requests\":{\"view\":{\"key\":\"rows\"}}},"
        "\"web\":{\"type\":\"web_server\",\"handlers\":{\"view\":[{\"get\":\"near\",\"on_miss\":[{\"put\":\"near\"}],"
        "\"on_error\":[{\"compute\":\"0.1ms\"}]}]}},"
        "\"near\":{\"type\":\"cache\",\"start\":\"warm\",\"warm_data\":\"rows\",\"lookup_time\":\"0s\"}},"
        "\"faults\":[{\"at\":\"5s\",\"crash\":\"near\",\"for\":\"100ms\"}]}";
    const struct scenario_overrides none = { 0 };
    struct faulty faulty;

    faulty_read(&faulty, text, &none);
    faulty_run(&faulty, 0, 3);
    ck_assert_double_eq(results_value(&faulty.results, "near", "misses"), 100);
    ck_assert_double_eq(results_value(&faulty.results, "near", "evictions"), 0);
    ck_assert_double_eq(results_value(&faulty.results, "near", "entries.max"), 100);
    ck_assert_double_eq(results_value(&faulty.results, "total", "requests.failed"), 0); /* on_error */
    faulty_deinit(&faulty);
}
END_TEST

/* Two on one machine, 20 % of its core each: one is down for half of the time, the other never notices. */
START_TEST(test_faults_leave_others_on_the_machine_alone)
{
    static const char text[] =
        "{\"time\":{\"kind\":\"episode\",\"measure\":\"20s\"},\"hosts\":{\"box\":{\"cores\":1,\"contention\":\"0%\",\"coherency\":\"0%\"}},"
        "\"components\":{"
        "\"users\":{\"type\":\"clients\",\"arrivals\":\"100/s\",\"target\":\"one\"},"
        "\"guests\":{\"type\":\"clients\",\"arrivals\":\"100/s\",\"target\":\"other\"},"
        "\"one\":{\"type\":\"web_server\",\"host\":\"box\",\"workers\":2,\"handlers\":{\"default\":[{\"compute\":"
        "{\"law\":\"exponential\",\"mean\":\"2ms\"}}]}},"
        "\"other\":{\"type\":\"web_server\",\"host\":\"box\",\"workers\":64,\"handlers\":{\"default\":[{\"compute\":"
        "{\"law\":\"exponential\",\"mean\":\"2ms\"}}]}}},"
        "\"faults\":[{\"at\":\"5s\",\"crash\":\"one\",\"for\":\"10s\"}]}";
    const struct scenario_overrides none = { 0 };
    struct faulty faulty;

    faulty_read(&faulty, text, &none);
    faulty_run(&faulty, 0, REPLICATIONS);
    assert_mean(&faulty.results, "box", "cpu.utilisation", 0.2 + 0.1);
    assert_mean(&faulty.results, "one", "requests.failed.unavailable", 1000);
    ck_assert_double_eq(results_value(&faulty.results, "other", "requests.failed"), 0);
    ck_assert_double_lt(results_value(&faulty.results, "one", "in_flight.end"), 2); /* its two workers are free again */
    faulty_deinit(&faulty);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("faults");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_faults_hit_their_share_of_users_until_the_restart, 0,
                        sizeof share_cases / sizeof *share_cases);
    tcase_add_test(tcase, test_faults_are_patched_as_everything_is);
    tcase_add_test(tcase, test_faults_empty_a_cache);
    tcase_add_test(tcase, test_faults_leave_others_on_the_machine_alone);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
