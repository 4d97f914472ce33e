/* What a deployment does to servers, and what users meet of it: with metronomes for users, worked out by
 * hand. */
#include "tests/models/deploy_system.h"

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
    set_up(&system, DEPLOY_BLUE_GREEN);
    system.users.population = 100; /* 3000 struck requests leave nobody out */
    run(&system, 300);
    ck_assert_uint_eq(deploy_of(&system)->counts.users, 100);
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

TEST_MAIN("deploy", test_deploy_rolls_from_server_to_server, test_deploy_all_at_once_leaves_nobody_to_answer,
          test_deploy_blue_green_pays_both_sets_and_loses_nothing, test_deploy_canary_goes_first_and_alone,
          test_deploy_defect_strikes_a_share_of_the_requests,
          test_deploy_defect_strikes_a_request_on_every_bad_server, test_deploy_version_may_be_slower,
          test_deploy_leak_fills_the_memory_until_a_restart,
          test_deploy_tests_stop_the_share_that_they_catch, test_deploy_waits_for_its_tests)
