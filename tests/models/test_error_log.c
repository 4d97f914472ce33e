/* Logs of servers and what becomes of their records on the way to the place where they are gathered. Users
 * are metronomes; servers refuse, die or take too long. */
#include "models/error_log.h"

#include <math.h>

#include "models/monitor.h"
#include "sim/fault.h"
#include "tests/models/queue_tier.h"

struct system {
    struct clients_config users;
    struct queue_config web;
    struct monitor_config monitor;
    struct log_config logs;
    struct log_source from;
    struct sim *sim;
    struct group *web_group, *log;
};

/* Users who come in pairs to one of two servers that take one at a time, 20/s: each second one is refused. */
static struct system system_of(void)
{
    struct system system = {
        .users = open_clients(20, "web"),
        .web = queue_of(1, constant(1000.0)), /* one for ever, all others are refused */
        .monitor = { .interval = 10 * SECOND, .delay = 5 * SECOND },
        .logs = { .interval = 10 * SECOND,
                  .delay = 2 * SECOND,
                  .burst = INT64_MAX,
                  .burst_time = 30 * SECOND,
                  .space = 1000000000,
                  .record_size = 500,
                  .keep = 1000000 },
        .from = { "web" },
    };

    system.users.gap_law = DISTRIBUTION_CONSTANT;
    system.web.waiting_max = 0;
    return system;
}

static void build(struct system *system, uint32_t servers)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    system->sim = sim;
    system->logs.from = (struct param_list){ 1, &system->from };
    system->monitor.logs = &system->logs;
    sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    system->web_group = sim_add_group(sim, &queue_type, "web", servers, &system->web, site);
    wire(sim);
    system->log = sim_find_group(sim, "monitor.log");
    ck_assert_ptr_nonnull(system->log);
}

static void crash(const struct system *system, uint32_t instance, int64_t from_s, int64_t until_s)
{
    sim_add_fault(system->sim, &(struct fault){ .group = system->web_group,
                                                .first = instance,
                                                .last = instance,
                                                .from_ns = from_s * SECOND,
                                                .until_ns = until_s * SECOND });
}

/* A metric of "monitor.log" (instance -1), or of the log of one of web. */
static uint64_t metric(const struct system *system, int instance, const char *name)
{
    const struct group *group = instance < 0 ? system->log : sim_find_group(system->sim, "monitor.log.web");
    const char *state = component_state(group->instances[instance < 0 ? 0 : instance]);

    for (const struct metric_row *row = group->type->metrics; row->name; row++)
        if (!strcmp(row->name, name))
            return *(const uint64_t *)(const void *)(state + row->offset);
    ck_abort_msg("no metric %s", name);
}

static uint64_t web_failed(const struct system *system)
{
    uint64_t failed = 0;

    for (uint32_t i = 0; i < system->web_group->count; i++)
        failed += system->web_group->instances[i]->finished[OUTCOME_REFUSED];
    return failed;
}

/* Records of 0 to 10 s are shipped at 10 s and found at 12 s, with server, cause and time. */
START_TEST(test_log_gathers_a_record_for_each_failure)
{
    struct system system = system_of();

    build(&system, 2);
    run_to(system.sim, 12 * SECOND - 1);
    ck_assert_uint_eq(metric(&system, -1, "errors"), 0);
    ck_assert_uint_gt(metric(&system, -1, "records.written"), 195);
    run_to(system.sim, 12 * SECOND);
    ck_assert_uint_eq(metric(&system, -1, "errors"),
                      metric(&system, 0, "errors") + metric(&system, 1, "errors"));
    ck_assert_uint_eq(metric(&system, -1, "errors"), metric(&system, -1, "errors.refused"));
    run_to(system.sim, 32 * SECOND);
    for (int i = 0; i < 2; i++) { /* of 10 s, from the date on, before the date */
        const struct component *server = system.web_group->instances[i];
        uint64_t all = log_count(system.log, server, OUTCOME_OK, 0, INT64_MAX);

        ck_assert_uint_gt(all, 200);
        ck_assert_uint_eq(all, metric(&system, i, "errors.refused"));
        ck_assert_uint_eq(all, log_count(system.log, server, OUTCOME_REFUSED, 0, 30 * SECOND));
        ck_assert_uint_eq(all, log_count(system.log, server, OUTCOME_REFUSED, 0, 7 * SECOND) +
                                   log_count(system.log, server, OUTCOME_REFUSED, 7 * SECOND, 31 * SECOND));
        ck_assert_uint_eq(log_count(system.log, server, OUTCOME_TIMEOUT, 0, INT64_MAX), 0);
    }
    ck_assert_uint_eq(log_count(system.log, NULL, OUTCOME_OK, 10 * SECOND, 20 * SECOND), 200);
    sim_destroy(system.sim);
}
END_TEST

/* A server that died at 38 s had shipped at 30 s: its records of 8 s are lost, those of the other are not.
 * The dead write nothing, and users write nothing about them. */
START_TEST(test_log_of_a_dead_server_loses_its_tail)
{
    for (int back_s = 39; back_s <= 60; back_s += 21) { /* before and after the next shipping */
        struct system system = system_of();
        uint64_t lost;

        build(&system, 2);
        crash(&system, 0, 38, back_s);
        run_to(system.sim, 62 * SECOND);
        lost = metric(&system, 0, "records.lost");
        ck_assert_uint_gt(lost, 50); /* half of 160, refused or not */
        ck_assert_uint_lt(lost, 110);
        ck_assert_uint_eq(metric(&system, 1, "records.lost"), 0);
        ck_assert_uint_eq(lost, metric(&system, -1, "records.lost"));
        ck_assert_uint_eq(
            log_count(system.log, system.web_group->instances[0], OUTCOME_OK, 30 * SECOND, 38 * SECOND), 0);
        ck_assert_uint_gt(
            log_count(system.log, system.web_group->instances[0], OUTCOME_OK, 29 * SECOND, 30 * SECOND), 0);
        ck_assert_uint_eq(metric(&system, 0, "errors.unavailable"), 0);
        ck_assert_uint_eq(metric(&system, 0, "errors.crashed"), 0);
        ck_assert_uint_eq(metric(&system, -1, "records.written"), web_failed(&system));
        sim_destroy(system.sim);
    }
}
END_TEST

/* 20/s, of which the first is served: a burst of 100 within 30 s is over after 5 s. */
START_TEST(test_log_writes_no_more_than_a_burst)
{
    struct system system = system_of();

    system.logs.burst = 100;
    build(&system, 1);
    run_to(system.sim, 32 * SECOND);
    ck_assert_uint_eq(metric(&system, 0, "errors"), 100);
    ck_assert_uint_eq(metric(&system, 0, "records.written") + metric(&system, 0, "records.suppressed"),
                      web_failed(&system));
    ck_assert_uint_eq(log_count(system.log, NULL, OUTCOME_OK, 6 * SECOND, 30 * SECOND), 0);
    run_to(system.sim, 42 * SECOND); /* the next burst began after 30 s */
    ck_assert_uint_eq(metric(&system, 0, "errors"), 200);
    sim_destroy(system.sim);
}
END_TEST

/* Room for 50 records: of each 10 s the last 2.5 s are found. */
START_TEST(test_log_keeps_the_latest_when_its_space_ends)
{
    struct system system = system_of();
    uint64_t written;

    system.logs.space = 50 * 500;
    build(&system, 1);
    run_to(system.sim, 20 * SECOND - 1);
    written = metric(&system, 0, "records.written");
    ck_assert_uint_eq(written, web_failed(&system));
    run_to(system.sim, 22 * SECOND);
    ck_assert_uint_eq(metric(&system, 0, "errors"), 100);
    ck_assert_uint_eq(log_count(system.log, NULL, OUTCOME_OK, 0, (int64_t)(7.4 * SECOND)), 0);
    ck_assert_uint_eq(log_count(system.log, NULL, OUTCOME_OK, (int64_t)(7.4 * SECOND), 10 * SECOND), 50);
    ck_assert_uint_eq(metric(&system, 0, "records.overwritten") + 100, written);
    sim_destroy(system.sim);

    system = system_of(); /* the gathered log has an end as well; counts go on */
    system.logs.keep = 30;
    build(&system, 1);
    run_to(system.sim, 22 * SECOND);
    ck_assert_uint_eq(log_count(system.log, NULL, OUTCOME_OK, 0, INT64_MAX), 30);
    ck_assert_uint_gt(metric(&system, 0, "errors"), 390);
    sim_destroy(system.sim);
}
END_TEST

/* ---- who writes about whom ---- */

/* A tier in front of web that calls it, and passes on what it hears. */
static void front_wire_group(struct group *group)
{
    struct call_policy policy = { .timeout_ns = SECOND };

    *(struct link **)group->shared = sim_link_all(group, sim_find_group(group->sim, "web"), &policy)[0];
}

static void front_on_request(struct component *self, struct request *request)
{
    sim_call(self, request, *(struct link **)self->shared, 0);
}

static void front_on_reply(struct component *self, struct request *request)
{
    sim_reply(self, request, (enum outcome)request->outcome);
}

static const struct component_type front_type = {
    .name = "front",
    .shared_size = sizeof(struct link *),
    .wire_group = front_wire_group,
    .on_request = front_on_request,
    .on_reply = front_on_reply,
};

static void build_with_front(struct system *system)
{
    static const struct log_source both[] = { { "front" }, { "web" } };
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    system->sim = sim;
    system->users.target = "front";
    system->logs.from = (struct param_list){ 2, both };
    system->monitor.logs = &system->logs;
    sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    sim_add_group(sim, &front_type, "front", 1, NULL, site);
    system->web_group = sim_add_group(sim, &queue_type, "web", 1, &system->web, site);
    wire(sim);
    system->log = sim_find_group(sim, "monitor.log");
}

/* Dead from 20 s to 30 s: front writes of web, and of itself, for each request. Before, web takes two seconds
 * for the one that it has, which is one too many for front. */
START_TEST(test_log_of_a_caller_tells_of_the_dead_and_the_slow)
{
    struct system system = system_of();
    const struct component *web, *front;

    system.users.arrivals = 1;
    system.web = queue_of(MANY, constant(2.0));
    build_with_front(&system);
    web = system.web_group->instances[0];
    front = sim_find_group(system.sim, "front")->instances[0];
    crash(&system, 0, 20, 30);
    run_to(system.sim, 42 * SECOND);
    ck_assert_uint_eq(log_count(system.log, web, OUTCOME_UNAVAILABLE, 0, INT64_MAX), 10);
    ck_assert_uint_eq(log_count(system.log, front, OUTCOME_UNAVAILABLE, 0, INT64_MAX), 10);
    ck_assert_uint_eq(log_count(system.log, web, OUTCOME_UNAVAILABLE, 0, 20 * SECOND), 0);
    ck_assert_uint_eq(log_count(system.log, web, OUTCOME_TIMEOUT, 0, 20 * SECOND), 18);
    ck_assert_uint_eq(log_count(system.log, front, OUTCOME_TIMEOUT, 0, 20 * SECOND), 18);
    ck_assert_uint_eq(metric(&system, 0, "records.written"), 0); /* web itself has nothing to say */
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("error_log", test_log_gathers_a_record_for_each_failure, test_log_of_a_dead_server_loses_its_tail,
          test_log_writes_no_more_than_a_burst, test_log_keeps_the_latest_when_its_space_ends,
          test_log_of_a_caller_tells_of_the_dead_and_the_slow)
