/* deploy_system.h - what tests of deployments share: four servers behind a balancer, a hundred requests a
 * second in turn, a version that goes out at 100 s, a monitor with an alert. */
#ifndef TESTS_MODELS_DEPLOY_SYSTEM_H
#define TESTS_MODELS_DEPLOY_SYSTEM_H

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
static inline void set_up(struct system *system, enum deploy_strategy strategy)
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
        .deploy = { .strategy = (int)strategy,
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

static inline void build(struct system *system)
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

static inline void run(struct system *system, int64_t end_s)
{
    build(system);
    sim_window_start(system->sim);
    run_to(system->sim, end_s * SECOND);
}

static inline const struct deploy *deploy_of(const struct system *system)
{
    return component_state(system->deploy_group->instances[0]);
}

static inline uint64_t ended(const struct system *system, enum outcome outcome)
{
    return system->sim->classes[0]->finished[outcome];
}

/* Instances' seconds. */
static inline double fresh_s(const struct system *system)
{
    return (double)amount_area(&deploy_of(system)->fresh, system->sim->now_ns) / 1e9;
}

static inline double mixed_s(const struct system *system)
{
    return (double)amount_area(&deploy_of(system)->mixed, system->sim->now_ns) / 1e9;
}

static inline double billed_s(const struct system *system)
{
    return (double)gauge_area(&system->web_group->members->billed, system->sim->now_ns) / 1e9;
}

static inline double out_s(const struct system *system)
{
    __int128 serving = gauge_area(&system->web_group->members->serving, system->sim->now_ns);

    return billed_s(system) - (double)serving / 1e9;
}

/* Whoever drains is idle within 2 ^ n - 1 ms, 15 ms here. */
#define DRAIN_S 0.015

#endif
