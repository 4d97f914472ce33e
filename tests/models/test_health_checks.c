/* Which servers a balancer sends to: checks, drains, retries elsewhere, cookies. */
#include "models/load_balancer.h"

#include "sim/fault.h"
#include "sim/network.h"
#include "tests/models/queue_tier.h"

struct system {
    struct clients_config users;
    struct load_balancer_config lb;
    struct queue_config web;
    struct network network;
    uint32_t web_count, lb_count;
    struct sim *sim;
    struct group *users_group, *lb_group, *web_group;
};

static struct system system_of(uint32_t web_count, double per_s, struct distribution_config service_time)
{
    return (struct system){
        .users = open_clients(per_s, "lb"),
        .lb = { .targets = "web",
                .choices = 2,
                .virtual_nodes = 100,
                .forward_time = constant(0.0),
                .connections = INT64_MAX,
                .call = no_policy },
        .web = queue_of(MANY, service_time),
        .web_count = web_count,
        .lb_count = 1,
    };
}

static void build(struct system *system, uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    system->sim = sim;
    sim->network = &system->network;
    system->users_group =
        sim_add_group(sim, &clients_model.component, "users", 1, &system->users, &sim->sites[0]);
    system->lb_group = sim_add_group(sim, &load_balancer_model.component, "lb", system->lb_count, &system->lb,
                                     &sim->sites[0]);
    system->web_group =
        sim_add_group(sim, &queue_type, "web", system->web_count, &system->web, &sim->sites[0]);
    wire(sim);
}

static struct load_balancer *balancer_of(const struct system *system, uint32_t instance)
{
    return component_state(system->lb_group->instances[instance]);
}

/* Nothing that is sent to the server from now on arrives; or it does again. */
static void cut(const struct system *system, uint32_t server, bool is_cut)
{
    const struct load_balancer_shared *shared = system->lb_group->shared;

    sim_link_cut(shared->targets[server], is_cut);
}

static uint64_t arrived(const struct system *system, uint32_t server)
{
    return system->web_group->instances[server]->started;
}

static uint64_t failures(const struct system *system)
{
    const struct component *users = system->users_group->instances[0];
    uint64_t sum = 0;

    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        sum += users->finished[i];
    return sum;
}

/* It dies, and perhaps comes back. */
static void crash(const struct system *system, struct group *group, uint32_t instance, int64_t from_ns,
                 int64_t until_ns, bool silent)
{
    sim_add_fault(system->sim, &(struct fault){ .group = group,
                                                .first = instance,
                                                .last = instance,
                                                .from_ns = from_ns,
                                                .until_ns = until_ns,
                                                .silent = silent });
}

/* ---- active checks ---- */

static const struct health_check_config every_5s = {
    .interval = 5 * SECOND, .timeout = 2 * SECOND, .unhealthy_after = 3, .healthy_after = 2
};

/* Servers that hang at a date which has nothing to do with the clocks of the checks are taken out 12 s to
 * 17 s later, 14.5 s on average: interval * (3 - 1) + interval / 2 + timeout. 15 balancers look at 200
 * servers: 3000 failures, of which the mean has a standard error of 1.44 / sqrt(3000) = 0.026 s. */
START_TEST(test_health_checks_detect_a_hang_when_they_should)
{
    struct system system = system_of(200, 1.0, constant(0.0));
    double sum = 0.0, squares = 0.0, mean;
    const int n = 3000;
    static bool was_removed[15][200];
    int removed = 0;

    system.lb_count = 15;
    system.lb.health_check = &every_5s;
    build(&system, 1);
    run_to(system.sim, 100 * SECOND);
    for (uint32_t k = 0; k < 15; k++)
        ck_assert_uint_eq(balancer_of(&system, k)->health.removed, 0);
    for (uint32_t i = 0; i < 200; i++)
        cut(&system, i, true);
    for (int64_t step = 1; step <= 1800; step++) { /* the date of each removal to 10 ms */
        run_to(system.sim, 100 * SECOND + step * (SECOND / 100));
        for (uint32_t k = 0; k < 15; k++)
            for (uint32_t i = 0; i < 200; i++) {
                double late_s = (double)step / 100.0 - 0.005;

                if (was_removed[k][i] || balancer_of(&system, k)->balancing.is_available[i])
                    continue;
                was_removed[k][i] = true;
                removed++;
                ck_assert_double_ge(late_s, 12.0 - 0.005);
                ck_assert_double_le(late_s, 17.0 + 0.005);
                sum += late_s;
                squares += late_s * late_s;
            }
    }
    ck_assert_int_eq(removed, n);
    mean = sum / n;
    ck_assert_double_eq_tol(mean, 14.5, 0.1);
    ck_assert_double_eq_tol(sqrt(squares / n - mean * mean), 1.44337567, 0.08);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_health_checks_take_a_server_back_after_good_answers)
{
    struct system system = system_of(4, 100.0, constant(0.01));
    uint64_t before;

    system.lb.health_check = &every_5s;
    system.lb.call.timeout = SECOND;
    build(&system, 1);
    run_to(system.sim, 50 * SECOND);
    cut(&system, 2, true);
    run_to(system.sim, 68 * SECOND);
    before = arrived(&system, 2);
    ck_assert_uint_eq(balancer_of(&system, 0)->balancing.available_count, 3);
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_eq(arrived(&system, 2), before);
    cut(&system, 2, false);
    run_to(system.sim, 104 * SECOND); /* one good answer at most */
    ck_assert_uint_eq(arrived(&system, 2), before);
    run_to(system.sim, 200 * SECOND);
    ck_assert_uint_gt(arrived(&system, 2), before + 2000);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.removed, 1);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.returned, 1);
    /* what was sent there while it was in the choice, a quarter of the load for 12 s to 17 s, failed */
    ck_assert_uint_ge(failures(&system), 12 * 25 - 60);
    ck_assert_uint_le(failures(&system), 17 * 25 + 60);
    sim_destroy(system.sim);
}
END_TEST

/* Requests that the users have sent and that have not reached the balancer. */
static uint64_t on_their_way(const struct system *system)
{
    const struct sim *sim = system->sim;
    uint64_t count = 0;

    for (uint32_t i = 1; i <= sim->request_count; i++) {
        const struct request *request = sim_request(sim, i);

        count += request->state == REQUEST_LIVE && request->flags & REQUEST_IN_TRANSIT &&
                 request->owner == system->lb_group->instances[0];
    }
    return count;
}

/* Probes load nobody and are requests of nobody; the way to the server is theirs too. */
START_TEST(test_health_checks_take_the_time_of_the_network_and_no_worker)
{
    struct health_check_config slow = { SECOND, SECOND / 10, 1, 1 };
    struct system system = system_of(3, 10.0, constant(0.0));
    const struct group *endpoints;

    system.network = (struct network){ .latency = constant(0.049), .has_latency = true };
    system.lb.health_check = &slow;
    build(&system, 1);
    run_to(system.sim, 100 * SECOND + SECOND / 2);
    endpoints = sim_find_group(system.sim, "lb.health");
    ck_assert_uint_eq(balancer_of(&system, 0)->health.removed, 0); /* a round trip of 98 ms is in time */
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_ge(endpoints->instances[i]->started, 100);
        ck_assert_uint_le(endpoints->instances[i]->started, 101);
    }
    ck_assert_uint_eq(system.lb_group->instances[0]->started + on_their_way(&system),
                      system.users_group->instances[0]->started);
    ck_assert_uint_le(system.lb_group->instances[0]->started -
                          (arrived(&system, 0) + arrived(&system, 1) + arrived(&system, 2)),
                      5);
    sim_destroy(system.sim);
    system.network.latency = constant(0.051);
    build(&system, 1);
    run_to(system.sim, 10 * SECOND);
    ck_assert_uint_eq(balancer_of(&system, 0)->balancing.available_count, 0);
    ck_assert_uint_gt(system.users_group->instances[0]->finished[OUTCOME_UNAVAILABLE], 50);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_health_checks_count_answers_in_a_row)
{
    struct system system = system_of(2, 1.0, constant(0.0));
    struct health *health;

    system.lb.health_check = &every_5s;
    build(&system, 1);
    health = &balancer_of(&system, 0)->health;
    for (int i = 0; i < 10; i++) { /* never three in a row */
        health_probed(health, system.sim, 1, false);
        health_probed(health, system.sim, 1, false);
        ck_assert(health->balancing->is_available[1]);
        health_probed(health, system.sim, 1, true);
    }
    for (int i = 0; i < 3; i++)
        health_probed(health, system.sim, 1, false);
    ck_assert(!health->balancing->is_available[1]);
    for (int i = 0; i < 10; i++) { /* never two in a row */
        health_probed(health, system.sim, 1, true);
        health_probed(health, system.sim, 1, false);
        ck_assert(!health->balancing->is_available[1]);
    }
    health_probed(health, system.sim, 1, true);
    health_probed(health, system.sim, 1, true);
    ck_assert(health->balancing->is_available[1]);
    sim_destroy(system.sim);
}
END_TEST

/* ---- passive checks, retries ---- */

START_TEST(test_health_checks_passive_ones_keep_away_for_a_while)
{
    const struct passive_check_config passive = { .failures = 3, .away = 10 * SECOND };
    struct system system = system_of(4, 100.0, constant(0.01));

    system.lb.passive_check = &passive;
    system.lb.call.timeout = SECOND / 10;
    build(&system, 1);
    run_to(system.sim, 10 * SECOND);
    ck_assert_uint_eq(failures(&system), 0);
    cut(&system, 1, true);
    run_to(system.sim, 100 * SECOND + SECOND / 2);
    /* each round: three failures about 0.04 s apart, 0.1 s later each, and what is on its way; then 10
     * s of peace */
    ck_assert_uint_ge(balancer_of(&system, 0)->health.removed, 8);
    ck_assert_uint_le(balancer_of(&system, 0)->health.removed, 9);
    ck_assert_uint_ge(failures(&system), 3 * balancer_of(&system, 0)->health.removed);
    ck_assert_uint_le(failures(&system), 9 * balancer_of(&system, 0)->health.removed);
    cut(&system, 1, false);
    run_to(system.sim, 200 * SECOND);
    ck_assert_uint_eq(balancer_of(&system, 0)->balancing.available_count, 4);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.removed, balancer_of(&system, 0)->health.returned);
    sim_destroy(system.sim);
}
END_TEST

/* One of four servers is cut off: every request that goes there first is answered by another one. */
START_TEST(test_load_balancer_retries_go_to_another_server)
{
    for (int policy = 0; policy < BALANCING_POLICIES; policy++) {
        struct system system = system_of(4, 100.0, constant(0.01));
        const struct load_balancer *balancer;

        system.lb.policy = policy;
        system.lb.call.timeout = SECOND / 10;
        system.lb.call.retries = 1;
        build(&system, 1);
        cut(&system, 1, true);
        run_to(system.sim, 100 * SECOND);
        balancer = balancer_of(&system, 0);
        ck_assert_uint_eq(failures(&system), 0);
        ck_assert_uint_gt(balancer->retries, 100);
        ck_assert_uint_eq(balancer->retries, system.sim->timeouts);
        ck_assert_uint_eq(arrived(&system, 1), 0);
        ck_assert_int_ge(histogram_max(&system.sim->classes[0]->latency_ok), SECOND / 10 + SECOND / 100);
        ck_assert_int_le(histogram_max(&system.sim->classes[0]->latency_ok), SECOND / 10 + SECOND / 100 + 1);
        sim_destroy(system.sim);
    }
}
END_TEST

static void saw_question(void *argument, struct component *self, const struct request *request)
{
    uint64_t *questions = argument;

    (void)self;
    ck_assert_uint_eq(request->bytes, 500);
    ++*questions;
}

/* What a dead server answers is no question: the retry asks what the user asked. */
START_TEST(test_load_balancer_retries_ask_the_same)
{
    struct system system = system_of(4, 100.0, constant(0.01));
    uint64_t questions = 0;

    system.lb.call.retries = 2;
    system.web.saw = saw_question;
    system.web.argument = &questions;
    build(&system, 1);
    crash(&system, system.web_group, 0, SECOND, SIM_TIME_NEVER, false);
    crash(&system, system.web_group, 1, SECOND, SIM_TIME_NEVER, false);
    run_to(system.sim, 20 * SECOND);
    ck_assert_uint_gt(balancer_of(&system, 0)->retries, 500);
    ck_assert_uint_ge(questions, system.users_group->instances[0]->finished[OUTCOME_OK]);
    sim_destroy(system.sim);
}
END_TEST

/* Pauses of 1 s, 2 s and 2 s between four attempts of 0.1 s at a single server that is cut off. */
START_TEST(test_load_balancer_retries_pause_longer_each_time)
{
    struct system system = system_of(1, 100.0, constant(0.01));

    system.lb.call.timeout = SECOND / 10;
    system.lb.call.retries = 3;
    system.lb.call.backoff = SECOND;
    system.lb.call.backoff_max = 2 * SECOND;
    build(&system, 1);
    cut(&system, 0, true);
    run_to(system.sim, 10 * SECOND);
    ck_assert_int_ge(histogram_min(&system.sim->classes[0]->latency_failed), 5400000000);
    ck_assert_int_le(histogram_max(&system.sim->classes[0]->latency_failed), 5400000000 * 1.01);
    sim_destroy(system.sim);
}
END_TEST

/* ---- drains ---- */

START_TEST(test_load_balancer_drains_finish_what_they_have)
{
    const struct drain_config drain = { .server = 2, .from = 20 * SECOND, .until = 40 * SECOND };
    struct system system = system_of(4, 100.0, constant(5.0));
    uint64_t before;

    system.lb.drains = (struct param_list){ 1, &drain };
    build(&system, 1);
    sim_window_start(system.sim);
    run_to(system.sim, 20 * SECOND);
    before = arrived(&system, 2);
    ck_assert_uint_gt(load_balancer_requests_at(system.lb_group, 2), 90);
    run_to(system.sim, 26 * SECOND);
    ck_assert_uint_eq(arrived(&system, 2), before);
    ck_assert_uint_eq(load_balancer_requests_at(system.lb_group, 2), 0);
    ck_assert_uint_eq(system.web_group->instances[2]->finished[OUTCOME_OK], before);
    run_to(system.sim, 60 * SECOND);
    ck_assert_uint_eq(failures(&system), 0);
    /* back for 20 s of a quarter of the load */
    ck_assert_double_eq_tol((double)(arrived(&system, 2) - before), 500.0, 4 * sqrt(500.0));
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_load_balancer_members_come_and_go)
{
    struct system system = system_of(3, 100.0, constant(0.1));
    uint64_t before;

    system.lb_count = 2;
    build(&system, 1);
    run_to(system.sim, 10 * SECOND);
    load_balancer_set_member(system.lb_group, 0, false);
    before = arrived(&system, 0);
    run_to(system.sim, 20 * SECOND);
    ck_assert_uint_eq(arrived(&system, 0), before);
    load_balancer_set_member(system.lb_group, 0, true);
    run_to(system.sim, 30 * SECOND);
    ck_assert_uint_gt(arrived(&system, 0), before + 200);
    ck_assert_uint_eq(failures(&system), 0);
    sim_destroy(system.sim);
}
END_TEST

/* ---- deaths ---- */

/* A server that is dead refuses at once, so errors are what comes to a quarter of the load until the third
 * check says so: 10 s to 15 s later. One whose machine is gone keeps silent: 12 s to 17 s. */
static void assert_death_costs(bool silent, double from_s, double to_s)
{
    struct system system = system_of(4, 400.0, constant(0.01));
    double seconds;

    system.lb.health_check = &every_5s;
    system.lb.call.timeout = SECOND;
    build(&system, 3);
    crash(&system, system.web_group, 1, 50 * SECOND + 1, 100 * SECOND + 1, silent);
    run_to(system.sim, 200 * SECOND);
    seconds =
        (double)failures(&system) / 100.0; /* requests a server gets in a second; 1 of them was inside */
    ck_assert_double_ge(seconds, from_s - 0.3);
    ck_assert_double_le(seconds, to_s + 0.3);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.removed, 1);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.returned, 1);
    /* 45 s to 50 s of dead time without requests, 5 s to 10 s more until the second good answer */
    ck_assert_double_eq_tol((double)arrived(&system, 1) / 100.0, 200.0 - 50.0 - 7.5 + (silent ? 14.5 : 12.5),
                            7.0);
    sim_destroy(system.sim);
}

START_TEST(test_health_checks_see_the_dead_and_the_gone)
{
    assert_death_costs(false, 10.0, 15.0);
    assert_death_costs(true, 12.0, 17.0);
}
END_TEST

/* The balancer is the only way in: while it is dead every request fails. */
static uint64_t failures_of_a_dead_balancer(int64_t standby, uint32_t count,
                                            uint64_t *takeovers)
{
    const struct passive_check_config passive = { .failures = 3, .away = 10 * SECOND };
    struct system system = system_of(4, 400.0, exponential(0.5));
    const struct load_balancer *balancer;
    uint64_t failed;

    system.lb_count = count;
    system.lb.standby = standby;
    system.lb.health_check = &every_5s;
    system.lb.passive_check = &passive;
    system.lb.policy = BALANCING_LEAST_CONNECTIONS;
    build(&system, 5);
    crash(&system, system.lb_group, 0, 50 * SECOND + 1, 60 * SECOND + 1, false);
    run_to(system.sim, 100 * SECOND);
    failed = failures(&system);
    balancer = balancer_of(&system, 0);
    *takeovers = balancer->takeovers;
    ck_assert(!component_is_down(system.lb_group->instances[0]));
    for (uint32_t i = 0; i < 4; i++) /* about 50 each are out now, of those given since it came back */
        ck_assert_uint_le(balancer->balancing.connections[i], 100);
    sim_destroy(system.sim);
    return failed;
}

/* 10 s, or the takeover, times the rate, and those inside; with two DNS records half of both. */
START_TEST(test_load_balancer_is_a_single_point_of_failure_without_a_spare)
{
    const int64_t standby = 3 * SECOND, slow = 30 * SECOND;
    uint64_t takeovers;

    ck_assert_double_eq_tol((double)failures_of_a_dead_balancer(0, 1, &takeovers), 4200.0, 4 * sqrt(4200));
    ck_assert_double_eq_tol((double)failures_of_a_dead_balancer(0, 2, &takeovers), 2100.0, 4 * sqrt(2100));
    ck_assert_uint_eq(takeovers, 0);
    ck_assert_double_eq_tol((double)failures_of_a_dead_balancer(standby, 1, &takeovers), 1400.0,
                            4 * sqrt(1400));
    ck_assert_uint_eq(takeovers, 1);
    ck_assert_double_eq_tol((double)failures_of_a_dead_balancer(slow, 1, &takeovers), 4200.0, 4 * sqrt(4200));
    ck_assert_uint_eq(takeovers, 0); /* it was back before */
}
END_TEST

/* The spare dies too, while the first one is dead: down until both faults are over. */
START_TEST(test_load_balancer_has_one_spare)
{
    struct system system = system_of(2, 100.0, constant(0.01));
    const struct component *lb;

    system.lb.standby = SECOND;
    build(&system, 1);
    lb = system.lb_group->instances[0];
    crash(&system, system.lb_group, 0, 10 * SECOND, 40 * SECOND, false);
    crash(&system, system.lb_group, 0, 20 * SECOND, 50 * SECOND, true);
    crash(&system, system.lb_group, 0, 70 * SECOND, 90 * SECOND, false);
    run_to(system.sim, 10 * SECOND + SECOND / 2);
    ck_assert(component_is_down(lb));
    run_to(system.sim, 15 * SECOND);
    ck_assert(!component_is_down(lb));
    run_to(system.sim, 45 * SECOND);
    ck_assert(component_is_down(lb));
    run_to(system.sim, 55 * SECOND);
    ck_assert(!component_is_down(lb));
    run_to(system.sim, 72 * SECOND);
    ck_assert(!component_is_down(lb));
    ck_assert_uint_eq(balancer_of(&system, 0)->takeovers, 2);
    run_to(system.sim, 100 * SECOND);
    ck_assert(!component_is_down(lb));
    ck_assert_double_eq(system.lb_group->cost_per_hour, 0.0);
    sim_destroy(system.sim);
}
END_TEST

/* It dies with probes out that nobody will ever answer. */
START_TEST(test_load_balancer_dies_while_it_waits_for_probes)
{
    const struct health_check_config check = { SECOND, SECOND, 2, 2 };
    struct system system = system_of(3, 100.0, constant(0.01));

    system.network = (struct network){ .latency = constant(0.02), .has_latency = true };
    system.lb.health_check = &check;
    system.lb.standby = SECOND;
    build(&system, 1);
    crash(&system, system.web_group, 0, 5 * SECOND, 40 * SECOND, true);
    crash(&system, system.web_group, 1, 5 * SECOND, 40 * SECOND, true);
    crash(&system, system.lb_group, 0, 10 * SECOND + SECOND / 2, 30 * SECOND, false);
    for (int64_t i = 1; i <= 60; i++)
        run_to(system.sim, i * SECOND);
    ck_assert_uint_eq(balancer_of(&system, 0)->health.removed, 4); /* the spare had to learn it again */
    ck_assert_uint_eq(balancer_of(&system, 0)->balancing.available_count, 3);
    sim_destroy(system.sim);
}
END_TEST

/* ---- cookies ---- */

#define USERS 300

struct homes {
    uint32_t instance[USERS]; /* plus 1; 0: not seen */
    uint64_t moves;
};

static void saw(void *argument, struct component *self, const struct request *request)
{
    struct homes *homes = argument;
    uint32_t *home = &homes->instance[request->user];

    homes->moves += *home && *home != self->instance + 1;
    *home = self->instance + 1;
}

/* Answers take no time, so no user has two first requests out. When a server leaves, its users move, once;
 * when it is back, nobody returns: it stays idle but for nobody. */
START_TEST(test_load_balancer_cookies_keep_users_while_their_server_is_there)
{
    struct system system = system_of(4, 300.0, constant(0.0));
    struct homes homes = { .moves = 0 };
    uint64_t users_of_1 = 0, idle;

    system.lb_count = 3; /* a cookie is good for all of them */
    system.users.population = USERS;
    system.lb.sticky = 1000 * SECOND;
    system.web.saw = saw;
    system.web.argument = &homes;
    build(&system, 1);
    run_to(system.sim, 100 * SECOND);
    ck_assert_uint_eq(homes.moves, 0);
    for (int i = 0; i < USERS; i++)
        users_of_1 += homes.instance[i] == 2;
    assert_share(users_of_1, USERS, 0.25);
    load_balancer_set_member(system.lb_group, 1, false);
    run_to(system.sim, 200 * SECOND);
    ck_assert_uint_eq(homes.moves, users_of_1);
    load_balancer_set_member(system.lb_group, 1, true);
    idle = arrived(&system, 1);
    run_to(system.sim, 300 * SECOND);
    ck_assert_uint_eq(homes.moves, users_of_1);
    ck_assert_uint_eq(arrived(&system, 1), idle);
    ck_assert_uint_eq(balancer_of(&system, 0)->cookies_moved + balancer_of(&system, 1)->cookies_moved +
                          balancer_of(&system, 2)->cookies_moved,
                      users_of_1);
    ck_assert_uint_eq(balancer_of(&system, 0)->cookies_given + balancer_of(&system, 1)->cookies_given +
                          balancer_of(&system, 2)->cookies_given,
                      USERS);
    sim_destroy(system.sim);
}
END_TEST

/* Users come every second on average and cookies last a second: a cookie is there with probability
 * 1 - 1/e. */
START_TEST(test_load_balancer_cookies_expire)
{
    struct system system = system_of(4, USERS, constant(0.0));
    const struct load_balancer *balancer;

    system.users.population = USERS;
    system.lb.sticky = SECOND;
    build(&system, 1);
    run_to(system.sim, 200 * SECOND);
    balancer = balancer_of(&system, 0);
    assert_share(balancer->cookies_kept, system.users_group->instances[0]->started, 1.0 - exp(-1.0));
    ck_assert_uint_eq(balancer->cookies_moved, 0);
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("health_checks", test_health_checks_detect_a_hang_when_they_should,
          test_health_checks_take_a_server_back_after_good_answers,
          test_health_checks_take_the_time_of_the_network_and_no_worker,
          test_health_checks_count_answers_in_a_row, test_health_checks_passive_ones_keep_away_for_a_while,
          test_load_balancer_retries_go_to_another_server, test_load_balancer_retries_ask_the_same,
          test_load_balancer_retries_pause_longer_each_time, test_load_balancer_drains_finish_what_they_have,
          test_load_balancer_members_come_and_go, test_health_checks_see_the_dead_and_the_gone,
          test_load_balancer_is_a_single_point_of_failure_without_a_spare, test_load_balancer_has_one_spare,
          test_load_balancer_dies_while_it_waits_for_probes,
          test_load_balancer_cookies_keep_users_while_their_server_is_there,
          test_load_balancer_cookies_expire)
