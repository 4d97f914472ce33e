/* What a deployment does to servers, and what users meet of it: with metronomes for users, worked out by
 * hand. */
#include "models/deploy.h"

#include "models/alert.h"
#include "models/environment.h"
#include "models/load_balancer.h"
#include "models/monitor.h"
#include "models/web_server.h"
#include "sim/fault.h"
#include "sim/members.h"
#include "tests/models/queue_tier.h"

#define SERVERS 4
#define RATE 100

static const struct host_config size = { .name = "size",
                                         .cores = 4,
                                         .speed = 1,
                                         .memory = 1000000000,
                                         .disk_operations = 1000,
                                         .disk_bandwidth = 1e8,
                                         .network = INFINITY,
                                         .price = 1 };

struct system {
    struct environment environment;
    struct clients_config users;
    struct load_balancer_config lb;
    struct step_config step;
    struct handler_config handler;
    struct web_server_config web;
    struct deploy_component components[2];
    size_t component_count;
    struct defect_config defect;
    struct version_config version;
    struct deploy_tests_config tests;
    struct deploy_alert alert;
    struct deploy_rollback_config rollback;
    struct alert_config rule;
    struct monitor_config monitor;
    struct deploy_config deploy;
    struct sim *sim;
    struct group *web_group, *other_group, *deploy_group;
};

/* Four servers, 100 requests a second in turn, each of 10 ms; a version that goes out at 100 s. */
static void set_up(struct system *system, enum deploy_strategy strategy)
{
    *system = (struct system){
        .environment = { .sizes = &size, .size_count = 1 },
        .users = open_clients(RATE, "lb"),
        .lb = { .targets = "web",
                .choices = 2,
                .virtual_nodes = 100,
                .forward_time = constant(0.0),
                .connections = INT64_MAX,
                .call = no_policy },
        .step = { .verb = STEP_COMPUTE, .compute = constant(0.01) },
        .handler = { "default", { 1, NULL } },
        .web = { .host = "size", .workers = 64, .accept_queue = 0, .response_size = 100 },
        .components = { { "web" }, { "other" } },
        .component_count = 1,
        .defect = { .verb = DEFECT_FAILS,
                    .fails = 0.2,
                    .moment = DEFECT_AT_END,
                    .chance = 1,
                    .caught = DEFECT_AS_TESTS },
        .version = { .name = "v2", .at = 100 * SECOND, .times = 1, .every = 100 * SECOND },
        .alert = { "errors" },
        .rule = { .name = "errors",
                  .on = "web",
                  .part = "all",
                  .metric = "error_rate",
                  .above = { 0.01, PARAM_UNIT_FRACTION },
                  .below = { NAN, PARAM_UNIT_NONE } },
        .monitor = { .interval = 10 * SECOND, .delay = 5 * SECOND },
        .rollback = { .after = INT64_MAX, .batch = { 1, PARAM_UNIT_FRACTION } },
        .deploy = { .strategy = strategy,
                    .batch = { 1, PARAM_UNIT_NONE },
                    .canary = { 1, PARAM_UNIT_NONE },
                    .pause = 10 * SECOND,
                    .canary_time = 60 * SECOND,
                    .restart_time = constant(20),
                    .boot_time = constant(50),
                    .drain = 30 * SECOND,
                    .keep = 100 * SECOND },
    };
    system->users.gap_law = DISTRIBUTION_CONSTANT;
}

static void build(struct system *system)
{
    struct deploy_config *deploy = &system->deploy;
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;
    uint32_t most = SERVERS;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    sim->environment = &system->environment;
    system->sim = sim;
    system->handler.steps.items = &system->step;
    system->web.handlers = (struct param_list){ 1, &system->handler };
    system->version.defects = (struct param_list){ 1, &system->defect };
    deploy->components = (struct param_list){ system->component_count, system->components };
    deploy->versions = (struct param_list){ 1, &system->version };
    ck_assert_str_eq(deploy_model.scaled(deploy, 0, SERVERS, &most), "web");
    ck_assert_ptr_null(deploy_model.scaled(deploy, system->component_count, SERVERS, &most));
    sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    sim_add_group(sim, &load_balancer_model.component, "lb", 1, &system->lb, site);
    system->web_group = sim_add_group(sim, &web_server_model.component, "web", most, &system->web, site);
    members_init(system->web_group, SERVERS);
    system->other_group = sim_add_group(sim, &web_server_model.component, "other", most, &system->web, site);
    members_init(system->other_group, SERVERS);
    system->monitor.alerts = (struct param_list){ 1, &system->rule };
    sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    system->deploy_group = sim_add_group(sim, &deploy_model.component, "deploy", 1, deploy, site);
    wire(sim);
}

static void run(struct system *system, int64_t end_s)
{
    build(system);
    sim_window_start(system->sim);
    run_to(system->sim, end_s * SECOND);
}

static const struct deploy *deploy_of(const struct system *system)
{
    return component_state(system->deploy_group->instances[0]);
}

static uint64_t ended(const struct system *system, enum outcome outcome)
{
    return system->sim->classes[0]->finished[outcome];
}

/* Instances' seconds. */
static double fresh_s(const struct system *system)
{
    return (double)amount_area(&deploy_of(system)->fresh, system->sim->now_ns) / 1e9;
}

static double mixed_s(const struct system *system)
{
    return (double)amount_area(&deploy_of(system)->mixed, system->sim->now_ns) / 1e9;
}

static double billed_s(const struct system *system)
{
    return (double)gauge_area(&system->web_group->members->billed, system->sim->now_ns) / 1e9;
}

static double out_s(const struct system *system)
{
    return billed_s(system) - (double)gauge_area(&system->web_group->members->serving, system->sim->now_ns) / 1e9;
}

/* Whoever drains is idle within 2 ^ n - 1 ms, 15 ms here. */
#define DRAIN_S 0.015

/* ---- strategies ---- */

/* Each server is out for 20 s, one after the other with 10 s between; then all run it. */
START_TEST(test_deploy_rolls_from_server_to_server)
{
    struct system system;

    set_up(&system, DEPLOY_ROLLING);
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->completed, 1);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 4);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 4 * 20 + 3 * 10, 4 * DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 180 + 150 + 120 + 90, 10 * DRAIN_S);
    ck_assert_double_eq_tol(out_s(&system), 4 * 20, 1e-6);
    ck_assert_double_eq_tol(billed_s(&system), 4 * 300, 1e-6);
    ck_assert_double_eq_tol(mixed_s(&system), 70, 4 * DRAIN_S); /* until the last of the old ones leaves */
    ck_assert_uint_eq(ended(&system, OUTCOME_UNAVAILABLE), 0);
    sim_destroy(system.sim);
}
END_TEST

/* The 20 s in which nobody is there. */
START_TEST(test_deploy_all_at_once_leaves_nobody_to_answer)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    run(&system, 300);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 20, DRAIN_S);
    ck_assert_double_eq_tol((double)ended(&system, OUTCOME_UNAVAILABLE), 20 * RATE, 3);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 180, 4 * DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* A second set is paid from 100 s on; at 150 s the requests go to it, and the first stays until 250 s. */
START_TEST(test_deploy_blue_green_pays_both_sets_and_loses_nothing)
{
    struct system system;

    set_up(&system, DEPLOY_BLUE_GREEN);
    run(&system, 300);
    ck_assert_double_eq((double)deploy_of(&system)->duration_ns / 1e9, 50);
    ck_assert_double_eq_tol(billed_s(&system), 4 * 300 + 4 * 150, 1e-6);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 150, 1e-6);
    ck_assert_double_eq(mixed_s(&system), 0);
    ck_assert_uint_eq(ended(&system, OUTCOME_UNAVAILABLE) + ended(&system, OUTCOME_CRASHED), 0);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 0);
    for (uint32_t i = 0; i < 2 * SERVERS; i++)
        ck_assert_int_eq(member_state_of(system.web_group->instances[i]) == MEMBER_IN, i >= SERVERS);
    sim_destroy(system.sim);
}
END_TEST

/* One alone from 120 s on, the others from 180 s on. */
START_TEST(test_deploy_canary_goes_first_and_alone)
{
    struct system system;

    set_up(&system, DEPLOY_CANARY);
    system.deploy.batch = (struct param_quantity){ 0.75, PARAM_UNIT_FRACTION };
    run(&system, 300);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 20 + 60 + 20, 2 * DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 180 + 3 * 100, 6 * DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* ---- defects ---- */

/* Of the requests to servers that run it, a share; the same ones on whatever server. */
START_TEST(test_deploy_defect_strikes_a_share_of_the_requests)
{
    struct system system;
    uint64_t struck;

    set_up(&system, DEPLOY_BLUE_GREEN);
    run(&system, 300);
    ck_assert_double_eq_tol((double)deploy_of(&system)->counts.requests, 150 * RATE, 2);
    ck_assert_uint_eq(deploy_of(&system)->counts.failed, ended(&system, OUTCOME_ERROR));
    struck = ended(&system, OUTCOME_ERROR);
    assert_share(struck, 150 * RATE, 0.2);
    sim_destroy(system.sim);
    set_up(&system, DEPLOY_BLUE_GREEN);
    system.lb.policy = BALANCING_RANDOM;
    run(&system, 300);
    ck_assert_uint_eq(ended(&system, OUTCOME_ERROR), struck);
    sim_destroy(system.sim);
}
END_TEST

/* A retry at another bad server fails as the first attempt did, and at a good one it helps. */
START_TEST(test_deploy_defect_strikes_a_request_on_every_bad_server)
{
    struct system system;
    uint64_t struck;

    set_up(&system, DEPLOY_BLUE_GREEN);
    system.users.call.retries = 3;
    system.lb.call.retries = 3;
    run(&system, 300);
    struck = ended(&system, OUTCOME_ERROR);
    assert_share(struck, 150 * RATE, 0.2);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_deploy_version_may_be_slower)
{
    struct system system;
    const struct histogram *latencies;

    set_up(&system, DEPLOY_BLUE_GREEN);
    system.defect = (struct defect_config){ .verb = DEFECT_COMPUTE, .compute = 3, .chance = 1 };
    run(&system, 300);
    latencies = &system.sim->classes[0]->latency_ok;
    ck_assert_double_eq_tol(histogram_mean(latencies) / 1e6, (150 * 10 + 150 * 30) / 300.0, 0.01);
    ck_assert_double_eq_tol((double)deploy_of(&system)->counts.slowed, 150 * RATE, 2);
    sim_destroy(system.sim);
}
END_TEST

/* 1 MB of 1 GB a request: a server that gets 25/s is full after 40 s, until it starts anew as the version of
 * before. */
START_TEST(test_deploy_leak_fills_the_memory_until_a_restart)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.defect = (struct defect_config){ .verb = DEFECT_LEAK, .leak = 1000000, .chance = 1 };
    system.rollback.after = 100 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_double_eq_tol((double)ended(&system, OUTCOME_ERROR), 60 * RATE, 8);
    for (uint32_t i = 0; i < SERVERS; i++) {
        const struct web_server_config *config = &system.web;
        const struct component *server = system.web_group->instances[i];

        for (uint8_t k = 0; k < server->resource_count; k++)
            if (server->resources[k].kind == RESOURCE_AMOUNT)
                ck_assert_int_eq(server->resources[k].of.amount->level,
                                 config->workers * config->memory_per_worker);
    }
    sim_destroy(system.sim);
}
END_TEST

/* ---- tests before ---- */

START_TEST(test_deploy_tests_stop_the_share_that_they_catch)
{
    struct system system;
    const struct deploy *deploy;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.users.arrivals = 0.01;
    system.version.times = 20000;
    system.version.every = SECOND;
    system.version.at = 0;
    system.deploy.restart_time = constant(0.01);
    system.tests = (struct deploy_tests_config){ constant(0.5), 0.7 };
    system.deploy.tests = &system.tests;
    system.defect.chance = 0.4;
    run(&system, 20001);
    deploy = deploy_of(&system);
    ck_assert_uint_eq(deploy->versions, 20000);
    assert_share(deploy->caught + deploy->missed, 20000, 0.4);
    assert_share(deploy->caught, deploy->caught + deploy->missed, 0.7);
    ck_assert_uint_eq(deploy->deployments, 20000 - deploy->caught);
    sim_destroy(system.sim);
}
END_TEST

/* It is ready at 100 s and tested until 130 s. */
START_TEST(test_deploy_waits_for_its_tests)
{
    struct system system;

    set_up(&system, DEPLOY_BLUE_GREEN);
    system.tests = (struct deploy_tests_config){ constant(30), 0 };
    system.deploy.tests = &system.tests;
    run(&system, 300);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 120, 1e-6);
    sim_destroy(system.sim);
}
END_TEST

/* ---- back ---- */

/* In service from 120 s on, decided 100 s later, gone as the servers stop, back 20 s later. */
START_TEST(test_deploy_rolls_back_what_runs_it)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.rollback.after = 100 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->rollbacks, 1);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 8);
    ck_assert_double_eq_tol((double)deploy_of(&system)->exposure_ns / 1e9, 100, 1e-9);
    ck_assert_double_eq_tol((double)deploy_of(&system)->rollback_ns / 1e9, 20, DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 100, 4 * DRAIN_S);
    ck_assert_double_eq_tol((double)ended(&system, OUTCOME_UNAVAILABLE), 40 * RATE, 6);
    sim_destroy(system.sim);
}
END_TEST

/* While it rolls: at 125 s one server runs it and none is about to stop; at 135 s the second has stopped. */
START_TEST(test_deploy_rolls_back_in_the_middle)
{
    for (int64_t after_s = 5; after_s <= 15; after_s += 10) {
        struct system system;

        set_up(&system, DEPLOY_ROLLING);
        system.rollback.after = after_s * SECOND;
        system.deploy.rollback = &system.rollback;
        run(&system, 300);
        ck_assert_uint_eq(deploy_of(&system)->completed, 0);
        ck_assert_uint_eq(deploy_of(&system)->restarts, after_s == 5 ? 2 : 3);
        ck_assert_uint_eq(deploy_of(&system)->rolled_back, 1);
        ck_assert_double_eq_tol((double)deploy_of(&system)->rollback_ns / 1e9, 20, 2 * DRAIN_S);
        ck_assert_double_eq_tol(fresh_s(&system), (double)after_s, 2 * DRAIN_S);
        ck_assert_uint_eq(system.web_group->members->count, SERVERS);
        sim_destroy(system.sim);
    }
}
END_TEST

/* A server that drains as the decision falls stays, and has missed nothing. */
START_TEST(test_deploy_rollback_calls_back_who_drains)
{
    struct system system;

    set_up(&system, DEPLOY_ROLLING);
    system.step.compute = constant(5);
    system.users.arrivals = 1;
    system.rollback.after = 12 * SECOND; /* the first is back at 120 s and something; then 10 s pause */
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 2);
    ck_assert_uint_eq(ended(&system, OUTCOME_CRASHED), 0);
    ck_assert_uint_eq(system.web_group->members->count, SERVERS);
    sim_destroy(system.sim);
}
END_TEST

/* The old machines are there: back at one instant, and the new ones go. */
START_TEST(test_deploy_blue_green_switches_back_at_once)
{
    struct system system;

    set_up(&system, DEPLOY_BLUE_GREEN);
    system.rollback.after = 40 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 40, 1e-6);
    ck_assert_uint_eq(deploy_of(&system)->rollback_ns, 0);
    ck_assert_double_eq_tol(billed_s(&system), 4 * 300 + 4 * 90, 4 * DRAIN_S);
    ck_assert_uint_eq(ended(&system, OUTCOME_UNAVAILABLE) + ended(&system, OUTCOME_CRASHED), 0);
    for (uint32_t i = 0; i < 2 * SERVERS; i++)
        ck_assert_int_eq(member_state_of(system.web_group->instances[i]) == MEMBER_IN, i < SERVERS);
    sim_destroy(system.sim);
}
END_TEST

/* Without them the new ones start as what there was before. */
START_TEST(test_deploy_blue_green_without_old_machines_restarts)
{
    struct system system;

    set_up(&system, DEPLOY_BLUE_GREEN);
    system.deploy.keep = SECOND;
    system.rollback.after = 60 * SECOND;
    system.rollback.watch = 100 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 60, 4 * DRAIN_S);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 4);
    ck_assert_double_eq_tol((double)deploy_of(&system)->rollback_ns / 1e9, 20, DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

static void watch_errors(struct system *system)
{
    system->rollback.monitor = "monitor";
    system->rollback.watch = 60 * SECOND;
    system->rollback.alerts = (struct param_list){ 1, &system->alert };
    system->deploy.rollback = &system->rollback;
}

/* In service at 120 s, in the sample of 130 s, known at 135 s. */
START_TEST(test_deploy_alert_takes_a_version_back)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    watch_errors(&system);
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->rollbacks, 1);
    ck_assert_double_eq_tol((double)deploy_of(&system)->exposure_ns / 1e9, 15, DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 15, 4 * DRAIN_S);
    ck_assert_double_eq_tol((double)deploy_of(&system)->rollback_ns / 1e9, 20, DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* The canary is struck alone: a quarter of the requests come to it. */
START_TEST(test_deploy_alert_stops_a_canary)
{
    struct system system;

    set_up(&system, DEPLOY_CANARY);
    watch_errors(&system);
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->completed, 0);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 2);
    ck_assert_double_eq_tol((double)deploy_of(&system)->counts.requests, 15 * RATE / 4.0, 3);
    sim_destroy(system.sim);
}
END_TEST

/* Known late: back from 150 s on, fires until 180 s, and the next version has been ready since 170 s. */
START_TEST(test_deploy_alert_holds_the_next_version_back)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    watch_errors(&system);
    system.monitor.delay = 20 * SECOND;
    system.version.times = 2;
    system.version.every = 10 * SECOND;
    run(&system, 195);
    ck_assert_uint_eq(deploy_of(&system)->deployments, 2);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 30, 8 * DRAIN_S);
    run_to(system.sim, 205 * SECOND);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 35, 8 * DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* ---- one after the other, and the dead ---- */

/* The second release is ready at 110 s, and goes out when the first has been watched until 220 s. */
START_TEST(test_deploy_next_version_waits)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.version.times = 2;
    system.version.every = 10 * SECOND;
    system.rollback.watch = 100 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->completed, 2);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * (100 + 60), 8 * DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* A server that is dead at its turn has the version when it is back. */
START_TEST(test_deploy_dead_server_comes_back_with_the_version)
{
    struct system system;

    set_up(&system, DEPLOY_ROLLING);
    build(&system);
    sim_add_fault(system.sim, &(struct fault){ .group = system.web_group,
                                               .first = 1,
                                               .last = 1,
                                               .from_ns = 90 * SECOND,
                                               .until_ns = 280 * SECOND });
    sim_window_start(system.sim);
    run_to(system.sim, 300 * SECOND);
    ck_assert_uint_eq(deploy_of(&system)->completed, 1);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 3);
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 4);
    ck_assert(!component_is_down(system.web_group->instances[1]));
    sim_destroy(system.sim);
}
END_TEST

/* Its own site is gone from 105 s to 150 s: what was about to start then starts anew. */
START_TEST(test_deploy_goes_on_after_its_own_death)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    build(&system);
    sim_add_fault(system.sim, &(struct fault){ .group = system.deploy_group,
                                               .first = 0,
                                               .last = 0,
                                               .from_ns = 105 * SECOND,
                                               .until_ns = 150 * SECOND });
    sim_window_start(system.sim);
    run_to(system.sim, 300 * SECOND);
    ck_assert_uint_eq(deploy_of(&system)->completed, 1);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 130, 1e-6);
    sim_destroy(system.sim);
}
END_TEST

/* ---- several components ---- */

/* The first runs it at 120 s, the second's turn is from 180 s to 200 s; or both are at their turn at once. */
START_TEST(test_deploy_goes_from_component_to_component)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.component_count = 2;
    system.deploy.between = 60 * SECOND;
    run(&system, 300);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 20 + 60 + 20, DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 4 * 180 + 4 * 100, 8 * DRAIN_S);
    ck_assert_double_eq_tol(mixed_s(&system), 60, DRAIN_S);
    sim_destroy(system.sim);
    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.component_count = 2;
    system.deploy.together = true;
    system.deploy.between = 60 * SECOND;
    run(&system, 300);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 20, DRAIN_S);
    ck_assert_double_eq_tol(fresh_s(&system), 8 * 180, 8 * DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* A canary in the first one only; what it shows takes all back before the second's turn. */
START_TEST(test_deploy_canary_is_of_the_first_component)
{
    struct system system;

    set_up(&system, DEPLOY_CANARY);
    system.component_count = 2;
    system.deploy.batch = (struct param_quantity){ 1, PARAM_UNIT_FRACTION };
    run(&system, 400);
    ck_assert_double_eq_tol((double)deploy_of(&system)->duration_ns / 1e9, 20 + 60 + 20 + 20, 2 * DRAIN_S);
    sim_destroy(system.sim);
    set_up(&system, DEPLOY_CANARY);
    system.component_count = 2;
    system.rollback.after = 50 * SECOND;
    system.deploy.rollback = &system.rollback;
    run(&system, 400);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 2);
    ck_assert_double_eq_tol(fresh_s(&system), 50, DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* What is inside for longer than `drain` is cut off. */
START_TEST(test_deploy_cuts_what_does_not_end)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.step.compute = constant(50);
    system.users.arrivals = 0.01;
    system.version.at = 101 * SECOND;
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->cut_short, 1);
    ck_assert_uint_eq(ended(&system, OUTCOME_CRASHED), 1);
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("deploy", test_deploy_rolls_from_server_to_server,
          test_deploy_all_at_once_leaves_nobody_to_answer,
          test_deploy_blue_green_pays_both_sets_and_loses_nothing, test_deploy_canary_goes_first_and_alone,
          test_deploy_defect_strikes_a_share_of_the_requests,
          test_deploy_defect_strikes_a_request_on_every_bad_server, test_deploy_version_may_be_slower,
          test_deploy_leak_fills_the_memory_until_a_restart, test_deploy_tests_stop_the_share_that_they_catch,
          test_deploy_waits_for_its_tests, test_deploy_rolls_back_what_runs_it,
          test_deploy_rolls_back_in_the_middle, test_deploy_rollback_calls_back_who_drains,
          test_deploy_blue_green_switches_back_at_once, test_deploy_blue_green_without_old_machines_restarts,
          test_deploy_alert_takes_a_version_back, test_deploy_alert_stops_a_canary,
          test_deploy_alert_holds_the_next_version_back, test_deploy_next_version_waits, test_deploy_dead_server_comes_back_with_the_version,
          test_deploy_goes_on_after_its_own_death, test_deploy_goes_from_component_to_component,
          test_deploy_canary_is_of_the_first_component, test_deploy_cuts_what_does_not_end)
