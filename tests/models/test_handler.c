#include "models/query.h"
#include "tests/models/web_system.h"

/* ---- steps ---- */

START_TEST(test_handler_reads_the_store_only_when_the_cache_misses)
{
    struct source_config source = {
        .target = "web", .rate_per_s = 10, .requests = 3000, .classes = { "view" }
    };
    struct system system;

    RUN(&system, &source,
        STEP(STEP_GET, .get = "cache",
             .on_miss = STEPS(STEP(STEP_READ, .read = "db"), STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.cache->calls[OPERATION_GET], 3000);
    ck_assert_uint_ge(system.db->calls[OPERATION_READ],
                      1000); /* keys; those asked for twice meanwhile are read twice */
    ck_assert_uint_le(system.db->calls[OPERATION_READ], 1010);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], system.db->calls[OPERATION_READ]);
    ck_assert_int_eq(system.source->latency_ns[0], 12 * MS);
    ck_assert_int_eq(system.source->latency_ns[2999], 1 * MS);
    sim_destroy(system.sim);

    RUN(&system, &source,
        STEP(STEP_GET, .get = "cache",
             .on_miss = STEPS(STEP(STEP_READ, .read = "db"), STEP(STEP_PUT, .put = "cache"))),
        STEP(STEP_DROP, .drop = "cache"));
    ck_assert_uint_ge(system.db->calls[OPERATION_READ], 2990); /* dropped each time */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_says_what_it_wants_of_a_store)
{
    struct source_config source = one;
    struct system system;

    source.data = 1;
    RUN(&system, &source, STEP(STEP_READ, .read = "db", .rows = 7), STEP(STEP_INSERT, .insert = "db"),
        STEP(STEP_DELETE, .delete = "db"), STEP(STEP_WRITE, .write = "db", .rows = 2));
    for (int i = OPERATION_READ; i <= OPERATION_DELETE; i++)
        ck_assert_uint_eq(system.db->calls[i], 1);
    ck_assert_uint_eq(system.db->rows, 2);
    ck_assert_uint_eq(system.db->bytes, 200 + 2 * 3000);
    ck_assert_uint_eq(system.source->bytes, 5000);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "db", .rows = 7));
    ck_assert_uint_eq(system.db->rows, 7);
    ck_assert_uint_eq(system.db->bytes, 200);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_WRITE, .write = "db", .request_size = 50),
        STEP(STEP_RESPOND, .respond = 77));
    ck_assert_uint_eq(system.db->bytes, 50);
    ck_assert_uint_eq(system.source->bytes, 77);
    sim_destroy(system.sim);
}
END_TEST

/* What is asked for beyond the row is a number that equal steps share, and that goes with no other call. */
START_TEST(test_handler_asks_for_further_rows_and_for_columns)
{
    struct source_config source = one;
    struct system system;
    const struct query *query;
    const struct queries *queries;

    source.data = 1;
    RUN(&system, &source, STEP(STEP_JOIN, .join = "db", .rows = 3, .hops = 2),
        STEP(STEP_READ, .read = "db", .columns = 4), STEP(STEP_READ, .read = "db"));
    queries = system.sim->queries;
    query = &queries->made[0];
    ck_assert_uint_eq(queries->count, 2);
    ck_assert_uint_eq(query->found, 3 + 9);
    ck_assert_uint_eq(query->rows, 3);
    ck_assert_uint_eq(query->data, 0);
    ck_assert_int_eq(queries->made[1].columns, 4);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->query, 0); /* of the last one */
    ck_assert_uint_eq(system.db->rows, 1);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_JOIN, .join = "db", .rows = 3, .hops = 2, .of = "posts"));
    queries = system.sim->queries;
    ck_assert_uint_eq(queries->made[0].data, 1);
    ck_assert_uint_eq(system.db->query, 1);
    ck_assert_uint_eq(system.db->rows, 1); /* and those joined */
    ck_assert_uint_eq(system.db->bytes, 200);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_WRITE, .write = "db", .columns = 4));
    ck_assert_uint_eq(system.db->bytes, 200 + 1200);
    sim_destroy(system.sim);
}
END_TEST

/* The slowest of four exponentials: mean 1 + 1/2 + 1/3 + 1/4. */
START_TEST(test_handler_parallel_waits_for_the_slowest)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 0.5, .requests = 50000, .classes = { "view" }
    };
    struct system system;
    double error, mean;

    RUN(&system, &source,
        STEP(STEP_PARALLEL,
             .parallel =
                 STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)), STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)),
                       STEP(STEP_SEQUENCE, .sequence = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)),
                                                             STEP(STEP_WAIT, .wait = CONSTANT(0.0)))),
                       STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)))));
    mean = mean_latency(system.source, 50000, &error);
    assert_mean(mean, error, 25.0 / 12.0);
    sim_destroy(system.sim);
}
END_TEST

/* 50 copies of two branches: each draws anew, and calls anew. The slowest of 50 exponentials of mean 1 takes
 * 1 + 1/2 + ... + 1/50. */
START_TEST(test_handler_copies_of_branches_draw_for_themselves)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 0.5, .requests = 4000, .classes = { "view" }
    };
    struct system system;
    double error, mean, expected = 0;

    for (int k = 1; k <= 50; k++)
        expected += 1.0 / k;
    RUN(&system, &source,
        STEP(STEP_PARALLEL, .copies = 50,
             .parallel = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)), STEP(STEP_READ, .read = "db"))));
    mean = mean_latency(system.source, 4000, &error);
    assert_mean(mean, error, expected);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 50 * 4000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_parallel_fails_with_its_branch_and_then_goes_to_on_error)
{
    struct system system;

    RUN(&system, &one,
        STEP(STEP_PARALLEL,
             .parallel = STEPS(STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db"))),
        STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 1);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 0);
    ck_assert_int_eq(system.source->latency_ns[0], 10 * MS); /* all branches end first */
    sim_destroy(system.sim);
    RUN(&system, &one,
        STEP(STEP_PARALLEL,
             .parallel = STEPS(STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db")),
             .on_error = STEPS(STEP(STEP_WAIT, .wait = CONSTANT(0.005)))),
        STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_int_eq(system.source->latency_ns[0], 16 * MS);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_chooses_by_weights)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 100, .requests = 40000, .classes = { "view" }
    };
    struct system system;

    RUN(&system, &source,
        STEP(STEP_CHOOSE,
             .choose =
                 ARMS({ .weight = 3.0, .steps = STEPS(STEP(STEP_READ, .read = "db")) },
                      { .weight = 0.0, .steps = STEPS(STEP(STEP_DELETE, .delete = "db")) },
                      { .weight = 1.5, .steps = STEPS(STEP(STEP_WRITE, .write = "db")) }, { .weight = 0.5 },
                      { .weight = 0.0, .steps = STEPS(STEP(STEP_DELETE, .delete = "db")) })),
        STEP(STEP_PUT, .put = "cache"));
    assert_count(system.db->calls[OPERATION_READ], 40000, 0.6);
    assert_count(system.db->calls[OPERATION_WRITE], 40000, 0.3);
    ck_assert_uint_eq(system.db->calls[OPERATION_DELETE], 0);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 40000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_failure_ends_the_request_unless_on_error_helps)
{
    struct source_config source = { .target = "web", .requests = 50, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 50);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 0);
    ck_assert_uint_eq(resource_of(system.web, "workers")->busy.level, 0);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "broken", .on_error = STEPS(STEP(STEP_READ, .read = "db"))),
        STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 50);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 50);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 50);
    sim_destroy(system.sim);
    RUN(&system, &source,
        STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "broken")),
             .on_error = STEPS(STEP(STEP_READ, .read = "db"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED],
                      50); /* on_error is the look-up's, not its on_miss's */
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 0);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_fails_a_share_of_requests)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 100, .requests = 40000, .classes = { "view" }
    };
    struct system system;

    RUN(&system, &source, STEP(STEP_FAIL, .fail = 0.05));
    assert_count(system.source->finished[OUTCOME_ERROR], 40000, 0.05);
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK] + system.source->finished[OUTCOME_ERROR], 40000);
    sim_destroy(system.sim);
}
END_TEST

/* Three draws of mean 1: mean 3 and variance 3; one draw three times would have variance 9. */
START_TEST(test_handler_repeats_with_new_draws)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 0.1, .requests = 20000, .classes = { "view" }
    };
    double mean, error, square = 0.0;
    struct system system;

    RUN(&system, &source,
        STEP(STEP_REPEAT, .repeat = 3, .steps = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)))));
    mean = mean_latency(system.source, 20000, &error);
    assert_mean(mean, error, 3.0);
    for (int i = 0; i < 20000; i++)
        square += pow((double)system.source->latency_ns[i] * 1e-9 - 3.0, 2) / 20000;
    ck_assert_double_lt(fabs(square - 3.0), 0.25); /* standard error 0.04 */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_repeats_nest)
{
    struct system system;

    RUN(&system, &one,
        STEP(STEP_REPEAT, .repeat = 3,
             .steps = STEPS(STEP(STEP_READ, .read = "db"),
                            STEP(STEP_REPEAT, .repeat = 4,
                                 .steps = STEPS(STEP(STEP_WRITE, .write = "db"),
                                                STEP(STEP_PARALLEL,
                                                     .parallel = STEPS(
                                                         STEP(STEP_REPEAT, .repeat = 2,
                                                              .steps = STEPS(STEP(STEP_PUT, .put = "cache"))),
                                                         STEP(STEP_INSERT, .insert = "db"))))))),
        STEP(STEP_REPEAT, .repeat = 255, .steps = STEPS(STEP(STEP_DELETE, .delete = "db"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 12);
    ck_assert_uint_eq(system.db->calls[OPERATION_INSERT], 12);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 24);
    ck_assert_uint_eq(system.db->calls[OPERATION_DELETE], 255);
    ck_assert_int_eq(system.source->latency_ns[0], 3 * (10 + 4 * (10 + 10)) * MS + 255 * 10 * MS);
    sim_destroy(system.sim);
}
END_TEST

/* 65,025 forks that take no time must not pile up on the stack. */
START_TEST(test_handler_steps_without_time_do_not_nest_the_stack)
{
    struct system system;

    RUN(&system, &one,
        STEP(STEP_REPEAT, .repeat = 255,
             .steps = STEPS(STEP(
                 STEP_REPEAT, .repeat = 255,
                 .steps = STEPS(STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_FAIL, .fail = 0.0))))))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_uint_le(system.sim->request_count, 8); /* children are used again */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_step_with_data_is_about_another_row)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 100, .requests = 2000, .classes = { "view" }
    };
    struct system system;

    RUN(&system, &source, STEP(STEP_READ, .read = "db", .data = "posts"),
        STEP(STEP_GET, .get = "cache", .data = "posts", .on_miss = STEPS(STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 2000);
    ck_assert_uint_eq(system.db->keys_of_calls, 50); /* rows of the data set; requests have 1000 keys */
    ck_assert_uint_eq(system.cache->keys_of_calls, 50);
    ck_assert_uint_lt(system.cache->calls[OPERATION_PUT], 80); /* puts go where the gets looked */
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "broken", .data = "posts"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 2000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_handler_goes_on_after_a_timeout_and_leaves_orphans)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 100, .requests = 500, .classes = { "view" }
    };
    const struct call_config impatient = { .timeout = 4 * MS, .retries = 1 };
    struct system system;

    RUN(&system, &source,
        STEP(STEP_PARALLEL,
             .parallel = STEPS({ .verb = STEP_READ, .read = "db", .policy = impatient },
                               STEP(STEP_GET, .get = "cache")),
             .on_error = STEPS(STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 500);
    ck_assert_uint_eq(system.sim->timeouts, 1000);
    ck_assert_uint_eq(system.sim->orphans_ended, 1000);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 500);
    ck_assert_int_eq(system.source->latency_ns[0], 9 * MS);
    sim_destroy(system.sim);
}
END_TEST

/* ---- draws ---- */

START_TEST(test_handler_draws_stay_when_a_step_comes_between)
{
    const struct source_config source = {
        .target = "web", .rate_per_s = 1, .requests = 500, .classes = { "view" }
    };
    struct system before, after;

    RUN(&before, &source, STEP(STEP_WAIT, .wait = EXPONENTIAL(0.01)), STEP(STEP_READ, .read = "db"),
        STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.002)), STEP(STEP_READ, .read = "db"),
        STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.003)));
    RUN(&after, &source, STEP(STEP_WAIT, .wait = EXPONENTIAL(0.01)),
        STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "db"))),
        STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.002)),
        STEP(STEP_REPEAT, .repeat = 1, .steps = STEPS(STEP(STEP_READ, .read = "db"))),
        STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.003)));
    ck_assert_uint_eq(before.db->numbers, after.db->numbers);
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(before.source->latency_ns[i] + MS, after.source->latency_ns[i]);
    ck_assert_int_ne(before.source->latency_ns[0], before.source->latency_ns[1]);
    sim_destroy(before.sim);
    sim_destroy(after.sim);
}
END_TEST

/* ---- checks ---- */

/* What check() says of these steps first, "" when nothing. */
static const char *complaint(struct param_list steps)
{
    static struct param_problems problems;
    const struct handler_config handlers[] = { { "view", steps } };
    const struct web_server_config web = { .host = "size", .workers = 1, .handlers = LIST(handlers) };

    memset(&problems, 0, sizeof problems);
    web_server_model.check(&web, &problems);
    return problems.first;
}

#define COMPLAINT(...) complaint((struct param_list)STEPS(__VA_ARGS__))

START_TEST(test_handler_check_finds_steps_that_cannot_be)
{
    ck_assert_str_eq(
        COMPLAINT(STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_RESPOND, .respond = 9)))), "");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_WAIT),
                               STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_WAIT), STEP(STEP_RESPOND)))),
                     "handlers.view[1].parallel[1]: a branch of parallel, a step with data or a repeat "
                     "inside a repeat cannot answer for "
                     "the whole request");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_WAIT)),
                                    .on_error = STEPS(STEP(STEP_RESPOND)))),
                     "");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_RESPOND)))), "");
    ck_assert_ptr_nonnull(strstr(
        COMPLAINT(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_RESPOND)))))),
        "repeat"));
    ck_assert_str_eq(COMPLAINT(STEP(STEP_RESPOND), STEP(STEP_WAIT)),
                     "handlers.view[0]: the steps after this one are never reached");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_CHOOSE, .choose = ARMS({ .weight = 0 }))),
                     "handlers.view[0]: every weight is 0: nothing can be chosen");
    ck_assert_str_eq(
        COMPLAINT(STEP(STEP_CHOOSE,
                       .choose = ARMS({ .weight = 1, .steps = STEPS(STEP(STEP_RESPOND), STEP(STEP_WAIT)) }))),
        "handlers.view[0].choose[0].steps[0]: the steps after this one are never reached");
    ck_assert_str_eq(COMPLAINT({ .verb = STEP_COMPUTE, .policy = { .timeout = INT64_MAX, .retries = 1 } }),
                     "handlers.view[0]: nothing is called here that could be given up or repeated");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_JOIN, .join = "db", .rows = 10, .hops = 3)), "");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_JOIN, .join = "db", .rows = 10, .hops = 4)),
                     "handlers.view[0]: 10 rows joined to each row over 4 hops: at most 10000 can be joined "
                     "at once");
}
END_TEST

START_TEST(test_handler_check_bounds_the_program)
{
    static struct step_config steps[HANDLER_INSTRUCTIONS_MAX];

    for (int i = 0; i < HANDLER_INSTRUCTIONS_MAX; i++)
        steps[i] = (struct step_config)STEP(STEP_WAIT);
    ck_assert_ptr_nonnull(
        strstr(complaint((struct param_list){ HANDLER_INSTRUCTIONS_MAX, steps }), "instructions are needed"));
    ck_assert_str_eq(complaint((struct param_list){ HANDLER_INSTRUCTIONS_MAX / 4 - 1, steps }), "");
}
END_TEST

TEST_MAIN("handler", test_handler_reads_the_store_only_when_the_cache_misses,
          test_handler_says_what_it_wants_of_a_store,
          test_handler_asks_for_further_rows_and_for_columns, test_handler_parallel_waits_for_the_slowest,
          test_handler_copies_of_branches_draw_for_themselves,
          test_handler_parallel_fails_with_its_branch_and_then_goes_to_on_error,
          test_handler_chooses_by_weights, test_handler_failure_ends_the_request_unless_on_error_helps,
          test_handler_fails_a_share_of_requests, test_handler_repeats_with_new_draws,
          test_handler_repeats_nest, test_handler_steps_without_time_do_not_nest_the_stack,
          test_handler_step_with_data_is_about_another_row,
          test_handler_goes_on_after_a_timeout_and_leaves_orphans,
          test_handler_draws_stay_when_a_step_comes_between, test_handler_check_finds_steps_that_cannot_be,
          test_handler_check_bounds_the_program)
