/* Versions that are taken back, by the clock or by an alert, and what comes in between: other versions, the
 * dead, several components, somebody else who adds and takes away. */
#include "tests/models/deploy_system.h"

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

/* The same while somebody is about to notice: at 220 s, whether it is there then or is back at 260 s. */
START_TEST(test_deploy_takes_back_after_its_own_death)
{
    for (int64_t until_s = 150; until_s <= 260; until_s += 110) {
        struct system system;

        set_up(&system, DEPLOY_ALL_AT_ONCE);
        system.rollback.after = 100 * SECOND;
        system.deploy.rollback = &system.rollback;
        build(&system);
        sim_add_fault(system.sim, &(struct fault){ .group = system.deploy_group,
                                                   .first = 0,
                                                   .last = 0,
                                                   .from_ns = 130 * SECOND,
                                                   .until_ns = until_s * SECOND });
        sim_window_start(system.sim);
        run_to(system.sim, 300 * SECOND);
        ck_assert_uint_eq(deploy_of(&system)->rolled_back, 1);
        ck_assert_double_eq_tol(fresh_s(&system), until_s == 150 ? 4 * 100 : 4 * 140, 8 * DRAIN_S);
        sim_destroy(system.sim);
    }
}
END_TEST

static void run_with_death(struct system *system, int64_t from_s, int64_t until_s, int64_t end_s)
{
    build(system);
    sim_add_fault(system->sim, &(struct fault){ .group = system->deploy_group,
                                                .from_ns = from_s * SECOND,
                                                .until_ns = until_s * SECOND });
    sim_window_start(system->sim);
    run_to(system->sim, end_s * SECOND);
}

/* The same, and one of those that start is taken away meanwhile: the others are enough. */
START_TEST(test_deploy_waits_for_nobody_who_went_while_it_was_dead)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    run_with_death(&system, 105, 150, 110);
    member_retire(system.web_group->instances[0]);
    run_to(system.sim, 300 * SECOND);
    ck_assert_uint_eq(deploy_of(&system)->completed, 1);
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 3);
    sim_destroy(system.sim);
}
END_TEST

/* All run it from 120 s on; at 160 s somebody would have noticed. */
START_TEST(test_deploy_takes_back_late_what_it_missed_while_it_was_dead)
{
    struct system system;

    set_up(&system, DEPLOY_ALL_AT_ONCE);
    system.rollback.after = 40 * SECOND;
    system.deploy.rollback = &system.rollback;
    run_with_death(&system, 150, 200, 300);
    ck_assert_uint_eq(deploy_of(&system)->rollbacks, 1);
    ck_assert_double_eq_tol((double)deploy_of(&system)->exposure_ns / 1e9, 80, DRAIN_S);
    sim_destroy(system.sim);
}
END_TEST

/* Old machines are kept until 250 s whatever happens to who deploys. */
START_TEST(test_deploy_keeps_old_machines_over_its_own_death)
{
    struct system system;

    set_up(&system, DEPLOY_BLUE_GREEN);
    run_with_death(&system, 170, 180, 249);
    ck_assert_int_eq(member_state_of(system.web_group->instances[0]), MEMBER_LEAVING);
    run_to(system.sim, 251 * SECOND);
    ck_assert_int_eq(member_state_of(system.web_group->instances[0]), MEMBER_OUT);
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

/* ---- with somebody else who adds and takes away ---- */

/* Server 3 is out at first. What joins while the first ones start anew runs what they ran, and has its turn
 * when they are through; what joins later runs the version at once. */
START_TEST(test_deploy_latecomers_have_their_turn)
{
    struct system system;
    struct component *late, *later;

    set_up(&system, DEPLOY_ROLLING);
    build(&system);
    sim_window_start(system.sim);
    run_to(system.sim, 90 * SECOND);
    late = system.web_group->instances[3];
    later = system.web_group->instances[2];
    member_retire(late);
    run_to(system.sim, 110 * SECOND);
    member_order(late);
    member_join(late);
    run_to(system.sim, 175 * SECOND); /* servers 0, 1 and 2 stop at 100 s, 130 s and 160 s */
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 2);
    run_to(system.sim, 230 * SECOND);
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 4);
    ck_assert_uint_eq(deploy_of(&system)->restarts, 4);
    member_retire(later);
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 3);
    member_order(later);
    member_join(later);
    ck_assert_int_eq(deploy_of(&system)->fresh.level, 4);
    sim_destroy(system.sim);
}
END_TEST

/* Taken away while they stop, start, or wait for their turn: they are passed over. */
START_TEST(test_deploy_passes_over_who_is_taken_away)
{
    for (uint32_t taken = 0; taken < 3; taken++) {
        struct system system;

        set_up(&system, DEPLOY_ROLLING);
        system.step.compute = constant(taken == 0 ? 5 : 0.01);
        system.users.arrivals = 10;
        build(&system);
        sim_window_start(system.sim);
        run_to(system.sim, taken == 0 ? 101 * SECOND : 110 * SECOND);
        ck_assert_int_eq(member_state_of(system.web_group->instances[0]),
                         taken == 0 ? MEMBER_LEAVING : MEMBER_ORDERED);
        member_retire(system.web_group->instances[taken == 2]);
        run_to(system.sim, 300 * SECOND);
        ck_assert_uint_eq(deploy_of(&system)->completed, 1);
        ck_assert_int_eq(deploy_of(&system)->fresh.level, 3);
        ck_assert_uint_eq(system.web_group->members->count, 3);
        sim_destroy(system.sim);
    }
}
END_TEST

/* The second pair starts from 130 s on, and one of it is taken away; from 140 s on all go back: the other one
 * of it and the first by 160 s, then the second. Who was taken away is waited for no more. */
START_TEST(test_deploy_rolls_back_without_who_is_taken_away)
{
    for (int64_t more_ms = 0; more_ms < 20; more_ms += 5) { /* the first is idle, or has something to end */
        struct system system;

        set_up(&system, DEPLOY_ROLLING);
        system.deploy.batch.value = 2;
        system.rollback.after = 20 * SECOND + more_ms * SECOND / 1000;
        system.rollback.batch = (struct param_quantity){ 1, PARAM_UNIT_NONE };
        system.deploy.rollback = &system.rollback;
        build(&system);
        sim_window_start(system.sim);
        run_to(system.sim, 135 * SECOND);
        ck_assert_int_eq(member_state_of(system.web_group->instances[2]), MEMBER_ORDERED);
        member_retire(system.web_group->instances[2]);
        run_to(system.sim, 300 * SECOND);
        ck_assert_uint_eq(deploy_of(&system)->rolled_back, 1);
        ck_assert_double_eq_tol((double)deploy_of(&system)->rollback_ns / 1e9, 40, 3 * DRAIN_S);
        sim_destroy(system.sim);
    }
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

TEST_MAIN("deploy_rollback", test_deploy_rolls_back_what_runs_it, test_deploy_rolls_back_in_the_middle,
          test_deploy_rollback_calls_back_who_drains, test_deploy_blue_green_switches_back_at_once,
          test_deploy_blue_green_without_old_machines_restarts, test_deploy_alert_takes_a_version_back,
          test_deploy_alert_stops_a_canary, test_deploy_alert_holds_the_next_version_back,
          test_deploy_next_version_waits, test_deploy_dead_server_comes_back_with_the_version,
          test_deploy_goes_on_after_its_own_death,
          test_deploy_takes_back_after_its_own_death,
          test_deploy_waits_for_nobody_who_went_while_it_was_dead,
          test_deploy_takes_back_late_what_it_missed_while_it_was_dead,
          test_deploy_keeps_old_machines_over_its_own_death, test_deploy_goes_from_component_to_component,
          test_deploy_canary_is_of_the_first_component, test_deploy_latecomers_have_their_turn,
          test_deploy_passes_over_who_is_taken_away,
          test_deploy_rolls_back_without_who_is_taken_away, test_deploy_cuts_what_does_not_end)
