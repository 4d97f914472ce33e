/* Alerts: when they fire and clear, by the clock, and what they are about. Users are metronomes. */
#include "models/alert.h"

#include <math.h>

#include "models/monitor.h"
#include "sim/fault.h"
#include "tests/models/queue_tier.h"

#define NO_BOUND     \
    {                \
        .value = NAN \
    }

struct system {
    struct clients_config users;
    struct queue_config web;
    struct monitor_config monitor;
    struct alert_config alerts[2];
    struct sim *sim;
    struct group *users_group, *web_group, *monitor_group;
};

/* 10/s on one server, which takes a millisecond; samples every 10 s, known 5 s later. */
static struct system system_of(const char *on, const char *metric, struct param_quantity above, int64_t for_s)
{
    struct system system = {
        .users = open_clients(10, "web"),
        .web = queue_of(1, constant(0.001)),
        .monitor = { .interval = 10 * SECOND, .delay = 5 * SECOND },
        .alerts = { { .name = "first",
                      .on = on,
                      .part = "all",
                      .metric = metric,
                      .above = above,
                      .below = NO_BOUND,
                      .lasts = for_s * SECOND } },
    };

    system.users.gap_law = DISTRIBUTION_CONSTANT;
    return system;
}

static struct param_quantity share(double value)
{
    return (struct param_quantity){ value, PARAM_UNIT_FRACTION };
}

static void build(struct system *system, size_t alerts)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    system->sim = sim;
    system->monitor.alerts = (struct param_list){ alerts, system->alerts };
    system->monitor_group =
        sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    system->users_group = sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    system->web_group = sim_add_group(sim, &queue_type, "web", 1, &system->web, site);
    wire(sim);
}

static void crash(const struct system *system, int64_t from_s, int64_t until_s)
{
    sim_add_fault(system->sim, &(struct fault){ .group = system->web_group,
                                                .from_ns = from_s * SECOND,
                                                .until_ns = until_s * SECOND });
}

/* What a subscriber heard, as text: "+75 -95" for firing at 75 s and clearing at 95 s. */
struct heard {
    const struct sim *sim;
    char text[200];
};

static void hear(void *context, bool firing)
{
    struct heard *heard = context;
    size_t used = strlen(heard->text);

    snprintf(heard->text + used, sizeof heard->text - used, "%s%c%lld", used ? " " : "", firing ? '+' : '-',
             (long long)(heard->sim->now_ns / SECOND));
}

/* Runs to a date with somebody who listens to the first alert. */
static struct heard run_and_hear(struct system *system, int64_t end_s)
{
    struct heard heard = { .sim = system->sim };

    alert_subscribe(alert_find(system->monitor_group, "first"), hear, &heard);
    run_to(system->sim, end_s * SECOND);
    return heard;
}

static double own_metric(const struct system *system, const char *name, bool other)
{
    const struct group *alert = alert_find(system->monitor_group, "first");

    for (const struct metric_row *row = alert->type->metrics; row->name; row++)
        if (!strcmp(row->name, name))
            return (double)*(
                const uint64_t *)(const void *)((const char *)component_state(alert->instances[0]) +
                                                (other ? row->offset_other : row->offset));
    ck_abort_msg("no metric %s", name);
}

/* ---- when ---- */

/* Down from 63 s to 93 s: the samples of 70, 80, 90, 100 s show it, which are known 5 s later; that of 110 s
 * does not. */
START_TEST(test_alert_fires_when_the_sample_is_known_and_clears_the_same_way)
{
    struct system system = system_of("users", "error_rate", share(0.01), 0);
    struct heard heard;

    build(&system, 1);
    crash(&system, 63, 93);
    heard = run_and_hear(&system, 200);
    ck_assert_str_eq(heard.text, "+75 -115");
    ck_assert_double_eq(own_metric(&system, "fired", false), 1);
    ck_assert_double_eq(own_metric(&system, "fired.first", false), 75e9);
    ck_assert_double_eq(own_metric(&system, "delay", false), 15e9); /* from 60 s, where the sample begins */
    ck_assert_double_eq(own_metric(&system, "evaluations", false), 19);
    ck_assert_double_eq(own_metric(&system, "evaluations.blind", false), 0);
    ck_assert(!alert_is_firing(alert_find(system.monitor_group, "first")));
    sim_destroy(system.sim);
}
END_TEST

/* Known to be out at 75, 85, 95, 105 s: `for` of 20 s and of 11 s are over at 95 s, of 31 s never. */
START_TEST(test_alert_waits_as_long_as_it_should)
{
    static const struct {
        int64_t for_s;
        const char *heard;
    } cases[] = {
        { 10, "+85 -115" }, { 11, "+95 -115" }, { 20, "+95 -115" }, { 30, "+105 -115" }, { 31, "" }
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct system system = system_of("users", "error_rate", share(0.01), cases[i].for_s);
        struct heard heard;

        build(&system, 1);
        crash(&system, 63, 93);
        heard = run_and_hear(&system, 200);
        ck_assert_str_eq(heard.text, cases[i].heard);
        sim_destroy(system.sim);
    }
}
END_TEST

/* Two outages, each shorter than `for`, with a good sample between: nobody is told. Without the good one, it
 * is. */
START_TEST(test_alert_begins_anew_after_a_good_sample)
{
    struct system system = system_of("users", "error_rate", share(0.01), 15);
    struct heard heard;

    build(&system, 1);
    crash(&system, 61, 75);
    crash(&system, 91, 105);
    heard = run_and_hear(&system, 200);
    ck_assert_str_eq(heard.text, "");
    sim_destroy(system.sim);

    build(&system, 1);
    crash(&system, 61, 75);
    crash(&system, 81, 105);
    heard = run_and_hear(&system, 200);
    ck_assert_str_eq(heard.text, "+95 -125");
    sim_destroy(system.sim);
}
END_TEST

/* One of 10 requests fails in a sample of 10: the bound itself is not out of bounds. */
START_TEST(test_alert_bound_is_within_bounds)
{
    struct system system = system_of("users", "error_rate", share(0.5), 0);
    struct heard heard;

    build(&system, 1);
    crash(&system, 65, 70); /* the requests of 65.0 s to 69.9 s: 50 of 100 */
    heard = run_and_hear(&system, 100);
    ck_assert_str_eq(heard.text, "");
    sim_destroy(system.sim);
    system.alerts[0].above.value = 0.499;
    build(&system, 1);
    crash(&system, 65, 70);
    heard = run_and_hear(&system, 100);
    ck_assert_str_eq(heard.text, "+75 -85");
    sim_destroy(system.sim);
}
END_TEST

/* Nobody is answered while the server is down: there is no latency, and no alert about it; `below` sees it in
 * what is answered. */
START_TEST(test_alert_of_what_cannot_be_measured_does_not_fire)
{
    struct system system =
        system_of("users", "latency.p99", (struct param_quantity){ 1e-4, PARAM_UNIT_SECONDS }, 0);
    struct heard heard;

    build(&system, 1);
    crash(&system, 60, 100);
    heard = run_and_hear(&system, 200);
    ck_assert_str_eq(heard.text, "+15 -75 +115");
    ck_assert_double_eq(own_metric(&system, "evaluations.blind", false), 4);
    ck_assert_double_eq(own_metric(&system, "fired", false), 2);
    sim_destroy(system.sim);

    system = system_of("users", "throughput", (struct param_quantity)NO_BOUND, 0);
    system.alerts[0].below = (struct param_quantity){ 5, PARAM_UNIT_PER_SECOND };
    build(&system, 1);
    crash(&system, 60, 100);
    heard = run_and_hear(&system, 200);
    ck_assert_str_eq(heard.text, "+75 -115");
    sim_destroy(system.sim);
}
END_TEST

/* The end of the warm-up changes nothing about it; dates then count from there. */
START_TEST(test_alert_does_not_notice_the_warm_up)
{
    struct system system = system_of("users", "error_rate", share(0.01), 10);
    struct heard heard = { 0 };

    build(&system, 1);
    heard.sim = system.sim;
    crash(&system, 63, 93);
    alert_subscribe(alert_find(system.monitor_group, "first"), hear, &heard);
    run_to(system.sim, 66 * SECOND);
    sim_window_start(system.sim);
    run_to(system.sim, 200 * SECOND);
    ck_assert_str_eq(heard.text, "+85 -115");
    ck_assert_double_eq(own_metric(&system, "fired.first", false), 19e9);
    sim_destroy(system.sim);
}
END_TEST

/* ---- who ---- */

START_TEST(test_alert_is_found_by_its_name)
{
    struct system system = system_of("users", "error_rate", share(0.01), 0);
    char text[100];

    system.alerts[1] = system.alerts[0];
    system.alerts[1].name = "second";
    build(&system, 2);
    ck_assert_str_eq(alert_find(system.monitor_group, "second")->name, "monitor.second");
    ck_assert_ptr_null(alert_find(system.monitor_group, "third"));
    ck_assert_ptr_null(alert_find(system.web_group, "first"));
    ck_assert_str_eq(alert_list(system.monitor_group, text, sizeof text), "first, second");
    sim_destroy(system.sim);
}
END_TEST

/* Both hear of it, in the order in which they asked. */
START_TEST(test_alert_tells_everybody)
{
    struct system system = system_of("users", "error_rate", share(0.01), 0);
    struct heard one = { 0 }, both = { 0 };
    struct group *alert;

    build(&system, 1);
    one.sim = both.sim = system.sim;
    crash(&system, 63, 93);
    alert = alert_find(system.monitor_group, "first");
    alert_subscribe(alert, hear, &both);
    alert_subscribe(alert, hear, &one);
    alert_subscribe(alert, hear, &both);
    run_to(system.sim, 80 * SECOND);
    ck_assert(alert_is_firing(alert));
    ck_assert_str_eq(one.text, "+75");
    ck_assert_str_eq(both.text, "+75 +75");
    sim_destroy(system.sim);
}
END_TEST

/* ---- what users met ---- */

/* Users in two regions, of two classes: the figures are of all of them. */
START_TEST(test_watch_of_users_is_what_they_met)
{
    static const struct request_class_config classes[] = { { .name = "view", .share = 0.5 },
                                                           { .name = "edit", .share = 0.5 } };
    static const struct clients_region regions[] = { { "north", 0.5 }, { "south", 0.5 } };
    struct system system = system_of("users", "error_rate", share(0.01), 0);
    struct watch failed, rate, latency, started;

    system.users.requests = (struct param_list){ 2, classes };
    system.users.regions = (struct param_list){ 2, regions };
    system.web.servers = 2; /* their clocks are in step */
    build(&system, 0);
    crash(&system, 65, 70);
    run_to(system.sim, 60 * SECOND);
    watch_init(&failed, system.users_group, WATCH_ALL, "requests.failed", 1);
    watch_init(&rate, system.users_group, WATCH_ALL, "error_rate", 1);
    watch_init(&latency, system.users_group, WATCH_ALL, "latency.p90", 1);
    watch_init(&started, system.users_group, WATCH_ALL, "requests.started", 1);
    run_to(system.sim, 80 * SECOND - 1);
    watch_sample(&failed);
    watch_sample(&rate);
    watch_sample(&latency);
    watch_sample(&started);
    ck_assert_double_eq_tol(watch_known(&failed, INT64_MAX)->value, 2.5, 1e-6);
    ck_assert_double_eq_tol(watch_known(&rate, INT64_MAX)->value, 0.25, 0.0026);
    ck_assert_double_eq_tol(watch_known(&started, INT64_MAX)->value, 10, 0.101); /* one of each region */
    ck_assert_double_eq_tol(watch_known(&latency, INT64_MAX)->value, 0.001, 0.001 / 128);
    sim_destroy(system.sim);
}
END_TEST

/* A type's own figures: samples taken, of a monitor that watches one; blind looks of an alert. */
START_TEST(test_watch_reads_the_own_figures_of_a_type)
{
    struct system system =
        system_of("monitor", "samples", (struct param_quantity){ 0.15, PARAM_UNIT_PER_SECOND }, 0);
    struct heard heard;
    enum param_unit unit;
    char text[WATCH_LIST_SIZE];

    build(&system, 1);
    ck_assert(watch_has(system.monitor_group, "samples", &unit));
    ck_assert_int_eq(unit, PARAM_UNIT_PER_SECOND);
    ck_assert(watch_has(alert_find(system.monitor_group, "first"), "firing.mean", &unit));
    ck_assert_int_eq(unit, PARAM_UNIT_NONE);
    ck_assert(watch_has(alert_find(system.monitor_group, "first"), "delay", &unit));
    ck_assert_int_eq(unit, PARAM_UNIT_SECONDS);
    ck_assert(!watch_has(system.monitor_group, "sample", &unit));
    ck_assert(!watch_has(system.monitor_group, "samples.mean", &unit));
    ck_assert_ptr_nonnull(strstr(watch_list(system.monitor_group, text, sizeof text), ", samples"));
    heard = run_and_hear(&system, 60);
    ck_assert_str_eq(heard.text, ""); /* 0.1/s */
    sim_destroy(system.sim);

    system.alerts[1] = system.alerts[0];
    system.alerts[1].on = "monitor";
    system.alerts[1].part = "first";
    system.alerts[1].name = "second";
    system.alerts[1].metric = "evaluations";
    system.alerts[1].above.value = 0.05;
    build(&system, 2); /* two figures are sampled now; of the first sample one is counted at most */
    heard = run_and_hear(&system, 60);
    ck_assert_str_eq(heard.text, "+25");
    ck_assert(alert_is_firing(alert_find(system.monitor_group, "second")));
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("alert", test_alert_fires_when_the_sample_is_known_and_clears_the_same_way,
          test_alert_waits_as_long_as_it_should, test_alert_begins_anew_after_a_good_sample,
          test_alert_bound_is_within_bounds, test_alert_of_what_cannot_be_measured_does_not_fire,
          test_alert_does_not_notice_the_warm_up, test_alert_is_found_by_its_name, test_alert_tells_everybody,
          test_watch_of_users_is_what_they_met, test_watch_reads_the_own_figures_of_a_type)
