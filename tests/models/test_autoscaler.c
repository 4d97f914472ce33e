/* What is watched, when it is known, and what an autoscaler does about it: with metronomes for users, worked
 * out by hand. */
#include "models/autoscaler.h"

#include "models/load_balancer.h"
#include "sim/fault.h"
#include "sim/members.h"
#include "tests/models/queue_tier.h"

struct system {
    struct clients_config users;
    struct load_balancer_config lb;
    struct queue_config web;
    struct autoscaler_config scaler;
    struct monitor_config monitor;
    struct load_config step;
    uint32_t start;
    struct sim *sim;
    struct group *lb_group, *web_group, *scaler_group, *monitor_group;
};

/* One server an instance, 10 ms a request: full at 100/s, and what is more is refused. The users' rate is
 * multiplied by `factor` at step_s. */
static struct system system_of(double per_s, uint32_t start, int64_t max)
{
    struct system system = {
        .users = open_clients(per_s, "lb"),
        .lb = { .targets = "web",
                .choices = 2,
                .virtual_nodes = 100,
                .forward_time = constant(0.0),
                .connections = INT64_MAX,
                .call = no_policy },
        .web = queue_of(1, constant(0.01)),
        .scaler = { .component = "web",
                    .metric = "servers.utilisation",
                    .target = { 0.6, PARAM_UNIT_FRACTION },
                    .tolerance = 0.1,
                    .min = 1,
                    .max = max,
                    .interval = 10 * SECOND,
                    .add_max = INT64_MAX,
                    .remove_max = INT64_MAX,
                    .boot_time = constant(7.0),
                    .drain = 30 * SECOND,
                    .replace = true },
        .monitor = { .interval = 10 * SECOND, .delay = 5 * SECOND },
        .start = start,
    };

    system.users.gap_law = DISTRIBUTION_CONSTANT;
    system.web.waiting_max = 0;
    return system;
}

static void step(struct system *system, double factor, int64_t at_s)
{
    system->step =
        (struct load_config){ .shape = LOAD_STEP, .step = factor, .at = at_s * SECOND, .until = INT64_MAX };
    system->users.load = (struct param_list){ 1, &system->step };
}

static void build(struct system *system)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    system->sim = sim;
    sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    system->scaler_group =
        sim_add_group(sim, &autoscaler_model.component, "scaler", 1, &system->scaler, site);
    system->lb_group = sim_add_group(sim, &load_balancer_model.component, "lb", 1, &system->lb, site);
    system->web_group =
        sim_add_group(sim, &queue_type, "web", (uint32_t)system->scaler.max, &system->web, site);
    members_init(system->web_group, system->start);
    system->monitor_group =
        sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    wire(sim);
}

static const struct autoscaler *scaler_of(const struct system *system)
{
    return component_state(system->scaler_group->instances[0]);
}

static uint32_t serving(const struct system *system)
{
    return system->web_group->members->serving.level;
}

static double seconds(__int128 area)
{
    return (double)area / (double)SECOND;
}

static double billed_s(const struct system *system)
{
    return seconds(gauge_area(&system->web_group->members->billed, system->sim->now_ns));
}

static double serving_s(const struct system *system)
{
    return seconds(gauge_area(&system->web_group->members->serving, system->sim->now_ns));
}

static uint64_t failed(const struct system *system, enum outcome outcome)
{
    return system->sim->classes[0]->finished[outcome];
}

/* ---- what is watched ---- */

static double sampled(struct system *system, const char *metric)
{
    struct watch watch;
    double value;

    build(system);
    run_to(system->sim, 10 * SECOND);
    watch_init(&watch, system->web_group, WATCH_ALL, metric, 1);
    run_to(system->sim, 20 * SECOND);
    watch_sample(&watch);
    value = watch_known(&watch, 20 * SECOND)->value;
    ck_assert_double_eq(watch_known(&watch, 20 * SECOND)->instances, system->start);
    ck_assert_ptr_null(watch_known(&watch, 20 * SECOND - 1));
    sim_destroy(system->sim);
    return value;
}

/* Two instances get 80/s together, and do not grow: tolerance of everything. */
START_TEST(test_watch_samples_what_it_says)
{
    struct system system = system_of(80, 2, 2);

    system.scaler.tolerance = 1e9;
    ck_assert_double_eq_tol(sampled(&system, "servers.utilisation"), 0.4, 1e-6);
    ck_assert_double_eq_tol(sampled(&system, "utilisation"), 0.4, 1e-6);
    ck_assert_double_eq_tol(sampled(&system, "requests.started"), 40, 0.051); /* one request more or less */
    ck_assert_double_eq_tol(sampled(&system, "throughput"), 40, 0.051);
    ck_assert_double_eq(sampled(&system, "requests.failed"), 0);
    ck_assert_double_eq_tol(sampled(&system, "in_flight.mean"), 0.4, 1e-6);
    ck_assert_double_eq(sampled(&system, "queue.mean"), 0);
    ck_assert_double_eq_tol(sampled(&system, "latency.mean"), 0.01, 1e-9);
    ck_assert_double_eq_tol(sampled(&system, "latency.p99"), 0.01, 0.01 / 128);
    system.users.arrivals = 300; /* of 150/s each 100 are served, and one waits */
    system.web.waiting_max = 1;
    ck_assert_double_eq_tol(sampled(&system, "servers.utilisation"), 1, 1e-3);
    ck_assert_double_eq_tol(sampled(&system, "requests.failed"), 50, 1);
    ck_assert_double_gt(sampled(&system, "queue.mean"), 0.5);
}
END_TEST

/* The end of the warm-up sets statistics back; samples go on as if nothing had been. */
START_TEST(test_watch_does_not_notice_the_warm_up)
{
    static const char *const names[] = { "utilisation",     "servers.utilisation", "queue.mean",
                                         "in_flight.mean",  "throughput",          "requests.started",
                                         "requests.failed", "latency.mean",        "latency.p90",
                                         "error_rate" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double known[2][10], instances[2][10];

        for (int warm = 0; warm < 2; warm++) {
            struct system system = system_of(150, 1, 9);

            system.users.gap_law = DISTRIBUTION_EXPONENTIAL;
            system.web.waiting_max = 5;
            system.scaler.metric = names[i];
            system.scaler.target.value = strstr(names[i], "latency")      ? 0.02
                                         : strstr(names[i], "throughput") ? 40
                                                                          : 0.6;
            build(&system);
            for (int k = 0; k < 10; k++) {
                const struct autoscaler_shared *shared = system.scaler_group->shared;

                run_to(system.sim, (k * 10 + 3) * SECOND);
                if (warm && k % 3 == 1)
                    sim_window_start(system.sim);
                run_to(system.sim, (k + 1) * 10 * SECOND);
                known[warm][k] = watch_known(&shared->own, system.sim->now_ns)->value;
                instances[warm][k] = watch_known(&shared->own, system.sim->now_ns)->instances;
            }
            sim_destroy(system.sim);
        }
        for (int k = 0; k < 10; k++) {
            ck_assert_double_eq(known[0][k], known[1][k]);
            ck_assert_double_eq(instances[0][k], instances[1][k]);
        }
    }
}
END_TEST

START_TEST(test_watch_knows_what_a_component_has)
{
    struct system system = system_of(80, 2, 4);
    enum param_unit unit = PARAM_UNIT_NONE;
    char text[400];

    build(&system);
    ck_assert(watch_has(system.web_group, "servers.utilisation", &unit));
    ck_assert_int_eq(unit, PARAM_UNIT_FRACTION);
    ck_assert(watch_has(system.web_group, "latency.p99.9", &unit));
    ck_assert_int_eq(unit, PARAM_UNIT_SECONDS);
    ck_assert(!watch_has(system.web_group, "cpu.utilisation", &unit));
    ck_assert(!watch_has(system.web_group, "latency.p98", &unit));
    ck_assert(!watch_has(system.scaler_group, "utilisation", &unit)); /* it has nothing that is busy */
    ck_assert_str_eq(
        watch_list(system.web_group, text, sizeof text),
        "servers.utilisation, queue.mean, in_flight.mean, throughput, requests.started, requests.failed, "
        "error_rate, latency.mean, .p50, .p90, .p95, .p99, .p99.9");
    sim_destroy(system.sim);
}
END_TEST

/* Samples at 10, 20, 30 s are known at 15, 25, 35 s. */
START_TEST(test_monitor_knows_after_its_delay)
{
    struct system system = system_of(80, 2, 2);
    struct monitor_watch *watch;

    system.scaler.monitor = "monitor";
    system.scaler.interval = 1000 * SECOND;
    build(&system);
    run_to(system.sim, 15 * SECOND - 1);
    watch = monitor_add_watch(system.monitor_group, system.web_group, WATCH_ALL, "servers.utilisation");
    ck_assert_ptr_null(monitor_known(watch));
    run_to(system.sim, 15 * SECOND);
    ck_assert_int_eq(monitor_known(watch)->taken_ns, 10 * SECOND);
    run_to(system.sim, 24 * SECOND);
    ck_assert_int_eq(monitor_known(watch)->taken_ns, 10 * SECOND);
    run_to(system.sim, 26 * SECOND);
    ck_assert_int_eq(monitor_known(watch)->taken_ns, 20 * SECOND);
    ck_assert_double_eq_tol(monitor_known(watch)->value, 0.4, 1e-6);
    sim_destroy(system.sim);
}
END_TEST

/* ---- what is done ---- */

/* 150/s on one: 100 % busy, which asks for 2; on two: 75 %, which asks for 3. Machines are ordered at 10 s
 * and 30 s (at 20 s the second one boots, or has just come), are paid from then on, and serve 7 s later. */
START_TEST(test_autoscaler_orders_pays_and_then_serves)
{
    struct system system = system_of(150, 1, 9);

    build(&system);
    run_to(system.sim, 17 * SECOND - 1);
    ck_assert_uint_eq(serving(&system), 1);
    ck_assert_uint_eq(system.web_group->members->billed.level, 2);
    run_to(system.sim, 17 * SECOND);
    ck_assert_uint_eq(serving(&system), 2);
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_eq(serving(&system), 3);
    ck_assert_double_eq(billed_s(&system), 100 + 90 + 70);
    ck_assert_double_eq(serving_s(&system), 100 + 83 + 63);
    ck_assert_uint_eq(scaler_of(&system)->scale_ups, 2);
    ck_assert_uint_eq(scaler_of(&system)->evaluations, 10);
    ck_assert_uint_eq(scaler_of(&system)->blind, 0);
    ck_assert_uint_eq(system.web_group->instances[3]->started, 0);
    sim_destroy(system.sim);
}
END_TEST

/* With a monitor the first sample (10 s) is known at 15 s and so at the evaluation of 20 s: everything is 10
 * s later; the sample of 20 s, known at 30 s, is of one instance too. */
START_TEST(test_autoscaler_acts_on_what_the_monitor_knows)
{
    struct system system = system_of(150, 1, 9);

    system.scaler.monitor = "monitor";
    build(&system);
    run_to(system.sim, 20 * SECOND - 1);
    ck_assert_uint_eq(system.web_group->members->billed.level, 1);
    ck_assert_uint_eq(scaler_of(&system)->blind, 1);
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_eq(serving(&system), 3);
    /* the sample of 30 to 40 s is the first of 1.5 / 2 = 75 % alone, and known at 50 s */
    ck_assert_double_eq(billed_s(&system), 100 + 80 + 50);
    sim_destroy(system.sim);
}
END_TEST

/* At 50 s 30/s are left, which one can do. The last addition was at 30 s, so with a cooldown of 25 s
 * instances go at 60 s, or, one at a time, at 60 s and 90 s; the latest first. */
START_TEST(test_autoscaler_takes_away_the_latest_after_a_cooldown)
{
    struct system system = system_of(150, 1, 9);

    step(&system, 0.2, 50);
    system.scaler.cooldown_down = 35 * SECOND;
    build(&system);
    run_to(system.sim, 70 * SECOND - 1);
    ck_assert_uint_eq(serving(&system), 3);
    run_to(system.sim, 71 * SECOND);
    ck_assert_uint_eq(serving(&system), 1);
    ck_assert_uint_eq(scaler_of(&system)->scale_downs, 1);
    sim_destroy(system.sim);

    system.scaler.cooldown_down = 25 * SECOND;
    system.scaler.remove_max = 1;
    build(&system);
    run_to(system.sim, 61 * SECOND);
    ck_assert_uint_eq(serving(&system), 2);
    ck_assert_int_eq(member_state_of(system.web_group->instances[2]), MEMBER_OUT);
    run_to(system.sim, 90 * SECOND - 1);
    ck_assert_uint_eq(serving(&system), 2);
    run_to(system.sim, 91 * SECOND);
    ck_assert_uint_eq(serving(&system), 1);
    ck_assert_uint_eq(failed(&system, OUTCOME_CRASHED), 0);
    ck_assert_uint_eq(failed(&system, OUTCOME_UNAVAILABLE), 0);
    sim_destroy(system.sim);
}
END_TEST

/* 1000/s on one want 2, then 4 ... ; a bound of 2 an evaluation, and 25 s between two of them. */
START_TEST(test_autoscaler_adds_no_faster_than_it_may)
{
    struct system system = system_of(1000, 4, 99);

    system.scaler.add_max = 2;
    system.scaler.cooldown_up = 25 * SECOND;
    build(&system);
    run_to(system.sim, 11 * SECOND);
    ck_assert_int_eq(scaler_of(&system)->desired.level, 6);
    run_to(system.sim, 39 * SECOND);
    ck_assert_int_eq(scaler_of(&system)->desired.level, 6);
    run_to(system.sim, 41 * SECOND);
    ck_assert_int_eq(scaler_of(&system)->desired.level, 8);
    sim_destroy(system.sim);
}
END_TEST

/* Load that falls while a machine boots: the order is taken back, and it never serves. */
START_TEST(test_autoscaler_takes_back_orders_first)
{
    struct system system = system_of(150, 1, 9);

    step(&system, 0.2, 10);
    system.scaler.boot_time = constant(1000.0);
    build(&system);
    run_to(system.sim, 15 * SECOND);
    ck_assert_uint_eq(system.web_group->members->billed.level, 2);
    run_to(system.sim, 2000 * SECOND);
    ck_assert_uint_eq(serving(&system), 1);
    ck_assert_double_eq(billed_s(&system), 2000 + 10);
    ck_assert_uint_eq(system.web_group->instances[1]->started, 0);
    sim_destroy(system.sim);
}
END_TEST

/* Requests of 4 s, 10/s on two and from 25 s on 2/s. The second one leaves at 40 s with the four requests of
 * the last 4 s: they are finished, and it is paid until they are, 44 s at the latest; or, after a drain of 1
 * s, cut off. */
START_TEST(test_autoscaler_lets_those_who_go_finish)
{
    for (int cut = 0; cut < 2; cut++) {
        struct system system = system_of(10, 2, 2);
        uint64_t started;

        step(&system, 0.2, 25);
        system.web = queue_of(MANY, constant(4.0));
        system.scaler.metric = "requests.started";
        system.scaler.target = (struct param_quantity){ 5, PARAM_UNIT_PER_SECOND };
        system.scaler.drain = cut ? SECOND : 30 * SECOND;
        build(&system);
        run_to(system.sim, 39 * SECOND);
        ck_assert_int_eq(scaler_of(&system)->desired.level, 2);
        run_to(system.sim, 40 * SECOND);
        started = system.web_group->instances[1]->started;
        ck_assert_int_eq(member_state_of(system.web_group->instances[1]), MEMBER_LEAVING);
        ck_assert_uint_ge(component_in_flight(system.web_group->instances[1]), 3);
        run_to(system.sim, 60 * SECOND);
        ck_assert_int_eq(member_state_of(system.web_group->instances[1]), MEMBER_OUT);
        ck_assert_uint_eq(system.web_group->instances[1]->started, started);
        ck_assert_uint_eq(scaler_of(&system)->cut_short, (uint64_t)cut);
        if (cut) {
            ck_assert_uint_ge(failed(&system, OUTCOME_CRASHED), 2);
            ck_assert_double_eq(billed_s(&system), 60 + 41);
        } else {
            ck_assert_uint_eq(failed(&system, OUTCOME_CRASHED), 0);
            ck_assert_double_ge(billed_s(&system), 60 + 43);
            ck_assert_double_le(billed_s(&system), 60 + 44.1);
        }
        ck_assert_uint_eq(failed(&system, OUTCOME_UNAVAILABLE), 0);
        sim_destroy(system.sim);
    }
}
END_TEST

/* ---- deaths ---- */

/* One of two dies at 25 s. The sample of 20 s does not know it; that of 30 s is known at 35 s and so at 40 s,
 * when another machine is ordered, which serves from 47 s on. Until 40 s its half of 80/s fails: 600. The
 * fault ends at 100 s, when the machine that it was about has long been given back: nothing happens. */
START_TEST(test_autoscaler_replaces_the_dead_when_it_knows)
{
    struct system system = system_of(80, 2, 2);

    system.scaler.monitor = "monitor";
    system.scaler.target.value = 0.4;
    build(&system);
    sim_add_fault(system.sim, &(struct fault){ .group = system.web_group,
                                               .first = 1,
                                               .last = 1,
                                               .from_ns = 25 * SECOND,
                                               .until_ns = 100 * SECOND });
    run_to(system.sim, 40 * SECOND - 1);
    ck_assert_uint_eq(serving(&system), 1);
    ck_assert_uint_eq(system.web_group->members->billed.level, 2);
    run_to(system.sim, 47 * SECOND - 1);
    ck_assert_uint_eq(serving(&system), 1);
    run_to(system.sim, 200 * SECOND);
    ck_assert_uint_eq(serving(&system), 2);
    ck_assert_uint_eq(scaler_of(&system)->replaced, 1);
    ck_assert_uint_le(failed(&system, OUTCOME_UNAVAILABLE), 602);
    ck_assert_uint_ge(failed(&system, OUTCOME_UNAVAILABLE), 598);
    ck_assert_double_eq(billed_s(&system), 400);
    ck_assert_double_eq(serving_s(&system), 400 - 22);
    ck_assert_double_eq(
        seconds(gauge_area(&system.web_group->instances[1]->outage->down, system.sim->now_ns)), 15);
    ck_assert_uint_gt(system.web_group->instances[1]->finished[OUTCOME_OK], 40 * (25 + 150) - 10);
    sim_destroy(system.sim);
}
END_TEST

/* It is paid and waited for; nothing is ordered in its place, since the load of one is within the tolerance
 * of the rule. */
START_TEST(test_autoscaler_may_wait_for_the_dead)
{
    struct system system = system_of(80, 2, 3);

    system.scaler.replace = false;
    system.scaler.metric = "requests.started";
    system.scaler.target = (struct param_quantity){ 40, PARAM_UNIT_PER_SECOND };
    build(&system);
    sim_add_fault(system.sim, &(struct fault){ .group = system.web_group,
                                               .first = 1,
                                               .last = 1,
                                               .from_ns = 25 * SECOND,
                                               .until_ns = 100 * SECOND });
    run_to(system.sim, 200 * SECOND);
    ck_assert_uint_eq(scaler_of(&system)->replaced, 0);
    ck_assert_uint_eq(serving(&system), 2);
    ck_assert_double_eq(billed_s(&system), 400);
    ck_assert_double_eq(serving_s(&system), 400 - 75);
    sim_destroy(system.sim);
}
END_TEST

/* A fault that comes while an instance is out passes it over; it is no fault of the machine that comes later.
 */
START_TEST(test_autoscaler_faults_hit_what_is_there)
{
    struct system system = system_of(150, 1, 9);

    build(&system);
    sim_add_fault(system.sim, &(struct fault){ .group = system.web_group,
                                               .first = 1,
                                               .last = 8,
                                               .from_ns = 5 * SECOND,
                                               .until_ns = SIM_TIME_NEVER });
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_eq(serving(&system), 3);
    ck_assert_double_eq(serving_s(&system), 100 + 83 + 63);
    for (uint32_t i = 0; i < 9; i++)
        ck_assert_uint_eq(system.web_group->instances[i]->outage->crashes, 0);
    sim_destroy(system.sim);
}
END_TEST

/* ---- who is asked ---- */

/* Nobody asks those who are not there how they are; who comes is in the choice at once. */
START_TEST(test_autoscaler_health_checks_leave_out_who_is_out)
{
    static const struct health_check_config checks = {
        .interval = SECOND, .timeout = SECOND, .unhealthy_after = 1, .healthy_after = 1000
    };
    struct system system = system_of(150, 1, 3);
    const struct group *endpoints;

    system.lb.health_check = &checks;
    build(&system);
    run_to(system.sim, 16 * SECOND);
    endpoints = sim_find_group(system.sim, "lb.health");
    ck_assert_uint_ge(endpoints->instances[0]->started, 15);
    ck_assert_uint_eq(endpoints->instances[1]->started, 0);
    run_to(system.sim, 20 * SECOND);
    ck_assert_uint_ge(endpoints->instances[1]->started, 2);
    ck_assert_uint_gt(system.web_group->instances[1]->started, 200);
    sim_destroy(system.sim);
}
END_TEST

/* Users who know the instances by name choose among those in service: no request is refused by one that is
 * out. */
START_TEST(test_autoscaler_routes_without_a_balancer)
{
    struct system system = system_of(150, 1, 9);

    system.users.target = "web";
    build(&system);
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_ge(serving(&system), 2);
    ck_assert_uint_eq(failed(&system, OUTCOME_UNAVAILABLE), 0);
    ck_assert_uint_gt(system.web_group->instances[1]->started, 1000);
    sim_destroy(system.sim);
}
END_TEST

/* ---- what cannot be ---- */

static const char *problem_of(const struct autoscaler_config *scaler, uint32_t start)
{
    static struct param_problems problems;
    struct system system = system_of(80, start, 9);

    problems = (struct param_problems){ 0 };
    build(&system);
    system.scaler_group->config = scaler;
    autoscaler_model.check(scaler, &problems);
    autoscaler_model.check_wired(system.scaler_group, &problems);
    sim_destroy(system.sim);
    return problems.count == 0 ? "" : problems.count == 1 ? problems.text : "several";
}

START_TEST(test_autoscaler_says_what_is_wrong)
{
    struct autoscaler_config good = system_of(80, 2, 9).scaler, scaler = good;

    ck_assert_str_eq(problem_of(&scaler, 2), "");
    scaler.target = (struct param_quantity){ 0.6, PARAM_UNIT_NONE };
    ck_assert_str_eq(problem_of(&scaler, 2), "");
    scaler.target = (struct param_quantity){ 60, PARAM_UNIT_NONE };
    ck_assert_str_eq(problem_of(&scaler, 2), "servers.utilisation wants a fraction, such as \"60%\"");
    scaler = good;
    scaler.min = 10;
    ck_assert_str_eq(problem_of(&scaler, 2), "at least 10 instances are more than the 9 of max");
    scaler.min = 3;
    ck_assert_str_eq(problem_of(&scaler, 2), "web starts with 2 instances, and at least 3 are wanted");
    scaler = good;
    scaler.max = 4;
    ck_assert_str_eq(problem_of(&scaler, 5), "web starts with 5 instances, and at most 4 are wanted");
    scaler = good;
    scaler.metric = "cpu.utilisation";
    ck_assert_str_eq(problem_of(&scaler, 2),
                     "web has no figure \"cpu.utilisation\" that can be watched");
}
END_TEST

TEST_MAIN("autoscaler", test_watch_samples_what_it_says, test_watch_does_not_notice_the_warm_up,
          test_watch_knows_what_a_component_has, test_monitor_knows_after_its_delay,
          test_autoscaler_orders_pays_and_then_serves, test_autoscaler_acts_on_what_the_monitor_knows,
          test_autoscaler_takes_away_the_latest_after_a_cooldown, test_autoscaler_adds_no_faster_than_it_may,
          test_autoscaler_takes_back_orders_first, test_autoscaler_lets_those_who_go_finish,
          test_autoscaler_replaces_the_dead_when_it_knows, test_autoscaler_may_wait_for_the_dead,
          test_autoscaler_faults_hit_what_is_there, test_autoscaler_health_checks_leave_out_who_is_out,
          test_autoscaler_routes_without_a_balancer, test_autoscaler_says_what_is_wrong)
