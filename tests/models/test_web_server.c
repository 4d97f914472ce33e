#include "tests/models/web_system.h"

/* ---- workers ---- */

/* M/M/2 at 0.6: the mean stay is 1 / (1 - 0.6^2) = 1.5625 service times. */
START_TEST(test_web_server_workers_are_an_MMc_queue)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 1.2, .requests = RECORDED, .classes = { "view" }
    };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0))) } };
    const struct web_server_config web = {
        .host = "size", .workers = 2, .accept_queue = INT64_MAX, .handlers = LIST(handlers)
    };
    struct system system;
    double error, mean;

    build(&system, &source, &web, NULL);
    finish(&system, 1e6);
    mean = mean_latency(system.source, RECORDED, &error);
    assert_mean(mean, error, 1 / (1 - 0.6 * 0.6));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], RECORDED);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_holds_its_worker_while_it_waits_for_others)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 1000, .requests = 5000, .classes = { "view" }
    };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_COMPUTE, .compute = CONSTANT(1e-6)),
                                                               STEP(STEP_READ, .read = "db")) } };
    const struct web_server_config web = {
        .host = "size", .workers = 2, .accept_queue = INT64_MAX, .handlers = LIST(handlers)
    };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 4.0);
    ck_assert_double_gt(station_utilisation(resource_of(system.web, "workers"), system.sim->now_ns), 0.99);
    ck_assert_double_lt(station_utilisation(resource_of(system.web, "cpu"), system.sim->now_ns), 0.001);
    ck_assert_double_gt(gauge_mean(&resource_of(system.web, "workers")->waiting, system.sim->now_ns), 100);
    /* 2 workers of 10 ms and 1 us give 199.98/s */
    ck_assert_uint_ge(system.source->finished[OUTCOME_OK], 795);
    ck_assert_uint_le(system.source->finished[OUTCOME_OK], 800);
    for (uint8_t i = 0; i < system.web->instances[0]->resource_count; i++)
        ck_assert_int_eq(system.web->instances[0]->resources[i].held,
                         !strcmp(system.web->instances[0]->resources[i].name, "workers"));
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_refuses_when_the_accept_queue_is_full)
{
    const struct source_config source = { .target = "web", .requests = 20, .classes = { "view" } };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_WAIT, .wait = CONSTANT(1.0))) } };
    const struct web_server_config web = {
        .host = "size", .workers = 3, .accept_queue = 5, .handlers = LIST(handlers)
    };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 10.0);
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 8);
    ck_assert_uint_eq(system.source->finished[OUTCOME_REFUSED], 12);
    ck_assert_int_eq(system.source->latency_ns[7], 3 * SIM_NS_PER_S);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_lets_the_lowest_priority_number_go_first)
{
    const struct source_config source = {
        .target = "web", .requests = 7, .classes = { "a", "b", "c" }, .by_priority = true
    };
    const struct handler_config handlers[] = { { "default", STEPS(STEP(STEP_WAIT, .wait = CONSTANT(1.0))) } };
    const struct web_server_config web = { .host = "size",
                                           .workers = 1,
                                           .accept_queue = INT64_MAX,
                                           .order = STATION_PRIORITY,
                                           .handlers = LIST(handlers) };
    const uint32_t order[] = { 0, 3, 6, 1, 4, 2, 5 };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 10.0);
    for (int i = 0; i < 7; i++)
        ck_assert_uint_eq(system.source->order[i], order[i]);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_computations_share_the_cpu)
{
    const struct source_config source = { .target = "web", .requests = 12, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_COMPUTE, .compute = CONSTANT(1.0)));
    for (int i = 0; i < 12; i++) /* on 4 cores */
        ck_assert_int_eq(system.source->latency_ns[i], 3 * SIM_NS_PER_S);
    sim_destroy(system.sim);
}
END_TEST

/* ---- classes and memory ---- */

START_TEST(test_web_server_finds_the_handler_of_the_class)
{
    const struct source_config source = { .target = "web",
                                          .requests = 9,
                                          .classes = { "view", "edit", "list" } };
    const struct handler_config handlers[] = { { "edit", STEPS(STEP(STEP_WRITE, .write = "db")) },
                                               { "view", STEPS(STEP(STEP_READ, .read = "db")) } };
    const struct handler_config with_default[] = { { "default", STEPS(STEP(STEP_WRITE, .write = "db")) },
                                                   { "view", STEPS(STEP(STEP_READ, .read = "db")) } };
    struct web_server_config web = {
        .host = "size", .workers = 10, .accept_queue = 0, .handlers = LIST(handlers)
    };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &source, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(
        problems.first,
        "handlers: requests of class \"list\" of users come here and there is no handler for them");
    finish(&system, 1.0);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 3);
    ck_assert_uint_eq(system.source->finished[OUTCOME_ERROR], 3);
    sim_destroy(system.sim);

    web.handlers = (struct param_list)LIST(with_default);
    problems.count = 0;
    build(&system, &source, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 0);
    finish(&system, 1.0);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 6);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_names_a_handler_that_nobody_asks_for)
{
    const struct handler_config handlers[] = { { "veiw", { 0, NULL } }, { "default", { 0, NULL } } };
    const struct web_server_config web = { .host = "size", .workers = 10, .handlers = LIST(handlers) };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.first, "handlers.veiw: no clients send requests of a class \"veiw\"");
    finish(&system, 1.0);
    ck_assert_int_eq(system.source->latency_ns[0], 0); /* no steps: answered at once */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_workers_must_fit_into_memory)
{
    const struct handler_config handlers[] = { { "default", { 0, NULL } } };
    struct web_server_config web = {
        .host = "size", .workers = 10, .memory_per_worker = 100000, .handlers = LIST(handlers)
    };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 0);
    sim_destroy(system.sim);
    web.workers = 11;
    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.first,
                     "workers: 11 workers of 0.1 MB each do not fit into the memory of \"size\"");
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("web_server", test_web_server_workers_are_an_MMc_queue,
          test_web_server_holds_its_worker_while_it_waits_for_others,
          test_web_server_refuses_when_the_accept_queue_is_full,
          test_web_server_lets_the_lowest_priority_number_go_first,
          test_web_server_computations_share_the_cpu, test_web_server_finds_the_handler_of_the_class,
          test_web_server_names_a_handler_that_nobody_asks_for, test_web_server_workers_must_fit_into_memory)
