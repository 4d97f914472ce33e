/* Faults as a scenario has them: their dates, whom they hit, and what users see of them, against
 * counts made beforehand. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/build.h"
#include "app/run.h"
#include "models/host.h"
#include "sim/fault.h"
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
    ck_assert_msg(scenario_read(&faulty->scenario, path, overrides, &faulty->diagnostics) == SCENARIO_OK,
                  "%s", faulty->diagnostics.item_count ? faulty->diagnostics.items[0].message : "");
    unlink(path);
}

static void faulty_run(struct faulty *faulty, size_t variant, int replications)
{
    const struct run_options options = { .seed = 3, .replications = replications,
                                         .memory_budget_bytes = UINT64_MAX };

    results_init(&faulty->results, replications);
    ck_assert_int_eq(run_variant(&faulty->scenario.variants[variant], &options, &faulty->results),
                     RUN_COMPLETE);
}

static void faulty_deinit(struct faulty *faulty)
{
    results_deinit(&faulty->results);
    scenario_deinit(&faulty->scenario);
    diagnostics_deinit(&faulty->diagnostics);
}

/* The mean over the replications is within so many of its standard errors. */
static void assert_mean(const struct results *results, const char *component, const char *metric,
                        double expected)
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
    ck_assert_msg(fabs(mean - expected) <= DEVIATIONS_MAX * error && error > 0, "%s.%s: %g +- %g, not %g",
                  component, metric, mean, error, expected);
}

/* ---- one of n servers dies: nobody takes it out, so its share of users fails until it is back ---- */

static const char one_of_n[] =
    "{\"time\":{\"kind\":\"episode\",\"measure\":\"4s\"},\"components\":{\"users\":{\"type\":\"clients\","
    "\"arrivals\":\"%s/"
    "s\",\"target\":\"lb\"},\"lb\":{\"type\":\"load_balancer\",\"policy\":\"random\",\"targets\":\"web\"},"
    "\"web\":{\"type\":\"service\",\"count\":%d,\"service_time\":{\"law\":\"exponential\",\"mean\":\"2ms\"}}}"
    ",\"faults\":[{\"at\":\"1s\",\"crash\":\"%s\",\"instance\":0,%s}]}";

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
        "{\"time\":{\"kind\":\"episode\",\"measure\":\"10s\"},\"data\":{\"rows\":{\"rows\":100}},"
        "\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"1000/"
        "s\",\"target\":\"web\",\"requests\":{\"view\":{\"key\":\"rows\"}}},\"web\":{\"type\":\"web_server\","
        "\"handlers\":{\"view\":[{\"get\":\"near\",\"on_miss\":[{\"put\":\"near\"}],\"on_error\":[{"
        "\"compute\":\"0.1ms\"}]}]}},\"near\":{\"type\":\"cache\",\"start\":\"warm\",\"warm_data\":\"rows\","
        "\"lookup_time\":\"0s\"}},\"faults\":[{\"at\":\"5s\",\"crash\":\"near\",\"for\":\"100ms\"}]}";
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
        "{\"time\":{\"kind\":\"episode\",\"measure\":\"20s\"},\"hosts\":{\"box\":{\"cores\":1,\"contention\":"
        "\"0%\",\"coherency\":\"0%\"}},\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"100/"
        "s\",\"target\":\"one\"},\"guests\":{\"type\":\"clients\",\"arrivals\":\"100/"
        "s\",\"target\":\"other\"},\"one\":{\"type\":\"web_server\",\"host\":\"box\",\"workers\":2,"
        "\"handlers\":{\"default\":[{\"compute\":{\"law\":\"exponential\",\"mean\":\"2ms\"}}]}},\"other\":{"
        "\"type\":\"web_server\",\"host\":\"box\",\"workers\":64,\"handlers\":{\"default\":[{\"compute\":{"
        "\"law\":\"exponential\",\"mean\":\"2ms\"}}]}}},\"faults\":[{\"at\":\"5s\",\"crash\":\"one\",\"for\":"
        "\"10s\"}]}";
    const struct scenario_overrides none = { 0 };
    struct faulty faulty;

    faulty_read(&faulty, text, &none);
    faulty_run(&faulty, 0, REPLICATIONS);
    assert_mean(&faulty.results, "box", "cpu.utilisation", 0.2 + 0.1);
    assert_mean(&faulty.results, "one", "requests.failed.unavailable", 1000);
    ck_assert_double_eq(results_value(&faulty.results, "other", "requests.failed"), 0);
    ck_assert_double_lt(results_value(&faulty.results, "one", "in_flight.end"),
                        2); /* its two workers are free again */
    faulty_deinit(&faulty);
}
END_TEST

/* ---- everything at once ---- */

/* All that crashes, with what can hold a request up in each: branches, repeats, locks,
 * connections, timeouts, retries. */
static const char busy[] =
    "{\"time\":{\"kind\":\"episode\",\"measure\":\"20s\"},\"data\":{\"rows\":{\"rows\":2000,\"row_size\":"
    "\"2KB\"}},\"network\":{\"latency\":{\"law\":\"exponential\",\"mean\":\"0.3ms\"},\"links\":[{\"from\":"
    "\"web\",\"to\":\"near\",\"round_trips\":1,\"connections\":2,\"loss\":\"1%%\"}]},\"hosts\":{\"box\":{"
    "\"cores\":4}},\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"400/"
    "s\",\"target\":\"lb\",\"timeout\":\"300ms\",\"retries\":2,\"requests\":{\"view\":{\"share\":\"70%%\","
    "\"key\":\"rows\"},\"edit\":{\"share\":\"30%%\",\"key\":\"rows\"}}},\"lb\":{\"type\":\"load_balancer\","
    "\"count\":2,\"policy\":\"least_connections\",\"connections\":200,\"targets\":\"web\",\"forward_time\":"
    "\"0.1ms\"},\"web\":{\"type\":\"web_server\",\"count\":3,\"host\":\"box\",\"workers\":8,\"handlers\":{"
    "\"view\":[{\"compute\":{\"law\":\"exponential\",\"mean\":\"2ms\"}},{\"parallel\":[{\"read\":\"near\","
    "\"timeout\":\"40ms\",\"retries\":1},{\"repeat\":3,\"steps\":[{\"call\":\"back\"}]},{\"wait\":\"5ms\"}],"
    "\"on_error\":[{\"compute\":\"1ms\"}]}],\"edit\":[{\"repeat\":2,\"steps\":[{\"parallel\":[{\"write\":"
    "\"near\"},{\"call\":\"back\"}]}]}]}},\"near\":{\"type\":\"cache\",\"count\":2,\"host\":\"box\","
    "\"store\":\"db\",\"lookup_time\":\"0.2ms\"},\"back\":{\"type\":\"service\",\"count\":2,\"servers\":2,"
    "\"discipline\":\"%s\",\"service_time\":\"3ms\",\"then\":\"last\"},\"last\":{\"type\":\"service\","
    "\"service_time\":\"0.2ms\"},\"db\":{\"type\":\"database\",\"host\":\"box\"}}}";

static void add_drawn_faults(struct sim *sim, uint64_t seed)
{
    static const char *const names[] = { "lb", "web", "near", "back", "last" };
    struct rng rng;

    rng_init(&rng, seed, "busy", "faults");
    for (int i = 0; i < 200; i++) {
        struct group *group = sim_find_group(sim, names[rng_below(&rng, 5)]);
        uint32_t first = (uint32_t)rng_below(&rng, group->count);
        int64_t from_ns = (int64_t)rng_below(&rng, 20 * SIM_NS_PER_S);

        sim_add_fault(sim,
                      &(struct fault){ .group = group,
                                       .first = first,
                                       .last = first + (uint32_t)rng_below(&rng, group->count - first),
                                       .from_ns = from_ns,
                                       .until_ns = from_ns + 1 + (int64_t)rng_below(&rng, SIM_NS_PER_S / 5),
                                       .silent = rng_below(&rng, 4) == 0 });
    }
}

/* Runs to the end in steps of 2 ms; returns a mark of all that was counted. */
static uint64_t run_busy(const struct scenario_variant *variant, uint64_t seed)
{
    struct build_problem problem;
    struct sim *sim;
    uint64_t mark = 0;

    ck_assert_int_eq(build_run(variant, seed, UINT64_MAX, &sim, &problem), BUILD_OK);
    add_drawn_faults(sim, seed);
    for (int64_t date_ns = 0; date_ns < 20 * SIM_NS_PER_S; date_ns += SIM_NS_PER_S / 500) {
        ck_assert_int_eq(sim_run(sim, date_ns), SIM_REACHED);
        ck_assert(sim_conserves(sim, stderr));
    }
    for (uint16_t i = 0; i < sim->component_count; i++)
        for (int k = 0; k < OUTCOME_COUNT; k++)
            mark = rng_hash(mark, sim->components[i]->finished[k]);
    ck_assert_uint_gt(sim_find_group(sim, "users")->instances[0]->finished[OUTCOME_OK], 1000);
    for (uint16_t i = 0; i < sim->group_count; i++) {
        ck_assert_uint_gt(
            sim->groups[i]->instances[0]->started + (sim->groups[i]->type == &host_model.component), 0);
        if (group_may_crash(sim->groups[i]))
            ck_assert_uint_gt(sim->groups[i]->instances[0]->finished[OUTCOME_CRASHED], 0);
    }
    mark = rng_hash(mark, sim->events);
    sim_destroy(sim);
    return mark;
}

START_TEST(test_faults_conserve_in_every_model)
{
    static const char *const disciplines[] = { "fifo", "lifo", "priority", "processor_sharing" };
    const struct scenario_overrides none = { 0 };
    struct faulty faulty = { 0 };
    char text[4096];

    snprintf(text, sizeof text, busy, disciplines[_i]);
    faulty_read(&faulty, text, &none);
    ck_assert(run_busy(&faulty.scenario.variants[0], 10 + (uint64_t)_i) ==
              run_busy(&faulty.scenario.variants[0], 10 + (uint64_t)_i));
    scenario_deinit(&faulty.scenario);
    diagnostics_deinit(&faulty.diagnostics);
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
    tcase_add_loop_test(tcase, test_faults_conserve_in_every_model, 0, 4);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
