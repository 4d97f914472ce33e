/* One node of a store: what reads and writes cost, whom a lock holds up, what the log and the buffer pool do.
 * */
#include "models/buffer_pool.h"
#include "models/row_locks.h"
#include "models/row_table.h"
#include "models/write_log.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE
#define INSERT OPERATION_INSERT
#define DELETE OPERATION_DELETE

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct sim *run(const struct database_config *config, struct asked *script, size_t count)
{
    struct source_config source = { .script = script, .script_count = count };

    return run_script(&database_model, config, &source);
}

static double mean_latency_s(const struct sim *sim)
{
    return histogram_mean(&sim_find_group(sim, "db")->latency_ok) * 1e-9;
}

/* ---- single operations ---- */

START_TEST(test_database_read_from_memory_costs_cpu_only)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 6, .data = 1, .rows = 4 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.read_time = law(DISTRIBUTION_CONSTANT, 0.002);
    config.row_read_time = MS / 10;
    sim = run(&config, script, 2);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[0].took_ns, 2 * MS);
    ck_assert_uint_eq(script[0].bytes, 1100);
    ck_assert_uint_eq(script[0].version, 0);
    ck_assert_int_eq(script[1].took_ns, 2 * MS + 3 * MS / 10);
    ck_assert_uint_eq(script[1].bytes, 4100);
    ck_assert_uint_eq(services(sim, "db", "disk"), 0);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.hit_ratio"), 5);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_cold_read_takes_the_disk_once)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 4, .data = 1, .rows = 4 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    machine.disk_bandwidth = 1e6; /* a page: 1 ms more */
    config.start = DATABASE_COLD;
    sim = run(&config, script, 3);
    ck_assert_int_eq(script[0].took_ns, 2 * MS);
    ck_assert_int_eq(script[1].took_ns, 0);
    ck_assert_int_eq(script[1].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[2].took_ns, 3 * 2 * MS); /* pages 4, 6 and 7; 5 is there */
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.hit_ratio"), 2);
    ck_assert_uint_eq(other_counter(instance_of(sim, "db", 0), "buffer_pool.hit_ratio"), 4);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_page_holds_neighbours)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 16, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 31, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 32, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 15, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.start = DATABASE_COLD;
    config.page_size = 16000;
    profiles.rows = 1600;
    sim = run(&config, script, 4);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 0);
    ck_assert_int_eq(script[2].took_ns, MS);
    ck_assert_int_eq(script[3].took_ns, MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_two_who_want_one_page_read_it_once)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = MS / 2, .operation = READ, .key = 5, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.start = DATABASE_COLD;
    sim = run(&config, script, 2);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, MS / 2);
    ck_assert_uint_eq(services(sim, "db", "disk"), 1);
    ck_assert_uint_eq(other_counter(instance_of(sim, "db", 0), "buffer_pool.hit_ratio"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_write_waits_for_its_commit_and_readers_see_it_then)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = MS / 2, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * MS, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 3 * MS, .operation = WRITE, .key = 5, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    sim = run(&config, script, 4);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_uint_eq(script[0].version, 1);
    ck_assert_uint_eq(script[0].bytes, 100);
    ck_assert_int_eq(script[1].took_ns, 0); /* readers are not locked out */
    ck_assert_uint_eq(script[1].version, 0);
    ck_assert_uint_eq(script[1].flags, 0); /* nothing newer is committed */
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_uint_eq(script[3].version, 2);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.appended"), 2);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.fsyncs"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_writes_of_one_row_come_one_after_the_other)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = MS / 2, .operation = WRITE, .key = 6, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;
    const struct component *db;

    set_scene();
    sim = run(&config, script, 4);
    db = instance_of(sim, "db", 0);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[3].took_ns, 3 * MS / 2); /* has the second write of the log for itself: */
    ck_assert_int_eq(script[1].took_ns,
                     3 * MS); /* it began when the first ended, before this one was in the log */
    ck_assert_int_eq(script[2].took_ns, 4 * MS);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(script[i].version, i + 1);
    ck_assert_uint_eq(counter(db, "lock.waits"), 2);
    ck_assert_int_eq(level(db, "lock.waiting")->level_max, 2);
    ck_assert_uint_eq(counter(db, "log.fsyncs"), 4);
    ck_assert_uint_eq(services(sim, "db", "row_locks"), 4);
    ck_assert_uint_eq(row_version(sim, 1, 5), 3);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_requests_about_no_data_set_do_not_meet)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE },
                              { .at_ns = 0, .operation = WRITE },
                              { .at_ns = 0, .operation = WRITE },
                              { .at_ns = 0, .operation = READ } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    sim = run(&config, script, 4);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 2 * MS);
    ck_assert_int_eq(script[2].took_ns, 2 * MS); /* the two commit together */
    ck_assert_int_eq(script[3].took_ns, 0);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "lock.waits"), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_insert_and_delete_make_and_end_rows)
{
    struct asked script[] = {
        { .at_ns = 0, .operation = READ, .key = 1500, .data = 1 },            /* not there */
        { .at_ns = 1 * SECOND, .operation = INSERT, .key = 1500, .data = 1 }, /* now it is */
        { .at_ns = 2 * SECOND, .operation = READ, .key = 1500, .data = 1 },
        { .at_ns = 3 * SECOND, .operation = DELETE, .key = 5, .data = 1 },
        { .at_ns = 4 * SECOND, .operation = READ, .key = 5, .data = 1 },
        { .at_ns = 5 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = 6 * SECOND, .operation = DELETE, .key = 5, .data = 1 },
        { .at_ns = 7 * SECOND, .operation = INSERT, .key = 5, .data = 1 },
        { .at_ns = 8 * SECOND, .operation = READ, .key = 5, .data = 1 },
        { .at_ns = 9 * SECOND, .operation = READ, .key = 1000, .data = 1 },
        { .at_ns = 10 * SECOND,
          .operation = INSERT,
          .key = 6,
          .data = 1 }, /* there already: a further row, 1000 */
        { .at_ns = 11 * SECOND, .operation = READ, .key = 1000, .data = 1 },
        { .at_ns = 12 * SECOND, .operation = READ, .key = 1001, .data = 1 },
    };
    static const enum outcome expected[] = {
        OUTCOME_NOT_FOUND, OUTCOME_OK,        OUTCOME_OK,        OUTCOME_OK, OUTCOME_NOT_FOUND,
        OUTCOME_NOT_FOUND, OUTCOME_NOT_FOUND, OUTCOME_OK,        OUTCOME_OK, OUTCOME_NOT_FOUND,
        OUTCOME_OK,        OUTCOME_OK,        OUTCOME_NOT_FOUND,
    };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    sim = run(&config, script, COUNT(script));
    for (size_t i = 0; i < COUNT(script); i++)
        ck_assert_msg(script[i].outcome == expected[i], "operation %zu: %s", i,
                      outcome_rows[script[i].outcome].name);
    ck_assert_uint_eq(script[8].version, 2);
    ck_assert_int_eq(level(instance_of(sim, "db", 0), "storage.used")->level,
                     1002000); /* one deleted and made again */
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.appended"), 4);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_connections_bound_who_is_inside)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 1, .data = 1 },
                              { .at_ns = 0, .operation = READ, .key = 2, .data = 1 },
                              { .at_ns = 0, .operation = READ, .key = 3, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.read_time = law(DISTRIBUTION_CONSTANT, 0.001);
    config.connections = config.connection_queue = 1;
    sim = run(&config, script, 3);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 2 * MS);
    ck_assert_int_eq(script[2].outcome, OUTCOME_REFUSED);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_does_the_work_of_whoever_gave_up)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 3, .timeout_ns = 3 * MS / 2 };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    sim = make_run(1, &database_model, &config, &source, NULL);
    run_to(sim, 2 * MS - 1); /* two are orphans, one of them with the lock, one in its line */
    ck_assert_uint_eq(row_version(sim, 1, 5), 1);
    run_to(sim, SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[1].outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(script[2].outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(row_version(sim, 1, 5), 3);
    ck_assert_uint_eq(sim->orphans_ended, 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_delayed_commit_answers_before_the_log_is_on_disk)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = SECOND / 2, .operation = WRITE, .key = 6, .data = 1 },
                              { .at_ns = 10 * SECOND, .operation = WRITE, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 3 };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.commit = COMMIT_DELAYED;
    sim = make_run(1, &database_model, &config, &source, NULL);
    run_to(sim, SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.fsyncs"), 0);
    run_to(sim, SECOND + 2 * MS);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.fsyncs"), 1); /* one for both */
    run_to(sim, 20 * SECOND);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "log.fsyncs"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_changed_page_goes_to_disk_when_it_leaves_memory)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 6, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 7, .data = 1 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    machine.memory = 2000; /* one page */
    sim = run(&config, script, 3);
    ck_assert_int_eq(script[0].took_ns, 2 * MS); /* its page, the log */
    ck_assert_int_eq(script[1].took_ns, MS);     /* the other page is written behind its back */
    ck_assert_int_eq(script[2].took_ns, MS);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.written"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.evicted"), 3);
    ck_assert_uint_eq(services(sim, "db", "disk"), 5);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_rows_that_grow_beyond_memory_are_read_from_disk)
{
    struct asked script[11];
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    profiles.rows = 10;
    machine.memory = 16000;     /* 12 pages */
    for (int i = 0; i < 8; i++) /* the third goes beyond memory, which holds 0 to 8 and 10 to 12 then */
        script[i] = (struct asked){ .at_ns = i * SECOND, .operation = INSERT, .key = 0, .data = 1 };
    script[8] = (struct asked){ .at_ns = 8 * SECOND, .operation = READ, .key = 0, .data = 1 };
    script[9] = (struct asked){ .at_ns = 9 * SECOND, .operation = READ, .key = 17, .data = 1 };
    script[10] = (struct asked){ .at_ns = 10 * SECOND, .operation = READ, .key = 8, .data = 1 };
    sim = run(&config, script, 11);
    ck_assert_int_eq(script[8].took_ns, 0);
    ck_assert_int_eq(script[9].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[9].took_ns, 0);
    ck_assert_int_eq(script[10].took_ns, MS);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.evicted"), 6);
    ck_assert_int_eq(level(instance_of(sim, "db", 0), "storage.used")->level, 18000);
    sim_destroy(sim);
}
END_TEST

/* ---- under load ---- */

static void ask_write_row_0(struct request *request, struct rng *rng)
{
    (void)rng;
    request->operation = WRITE;
    request->key = 0;
}

static void ask_write_any(struct request *request, struct rng *rng)
{
    request->operation = WRITE;
    request->key = rng_below(rng, (uint64_t)profiles.rows);
}

static void ask_read_any(struct request *request, struct rng *rng)
{
    request->key = rng_below(rng, (uint64_t)profiles.rows);
}

static void ask_mixed(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { READ, READ, READ, READ, WRITE, WRITE, INSERT, DELETE };

    request->operation = (uint8_t)operations[rng_below(rng, COUNT(operations))];
    request->key = rng_below(rng, 1 + rng_below(rng, 2000));
    request->rows = (uint16_t)(1 + rng_below(rng, 3));
    request->data = rng_below(rng, 10) != 0;
}

/* One row's lock is a server whose service is the commit: M/D/1, mean time D + rho D / 2 (1 - rho). */
START_TEST(test_database_hot_row_is_a_queue_of_its_own)
{
    struct source_config source = { .rate = 700, .ask = ask_write_row_0 };
    struct database_config config = node_config();
    double rho = 0.7, mean_s = 0.001 + rho * 0.001 / (2 * (1 - rho));
    struct sim *sim;
    const struct resource_statistics *locks;

    set_scene();
    sim = make_run(7, &database_model, &config, &source, NULL);
    run_to(sim, 10 * SECOND);
    sim_window_start(sim);
    run_to(sim, 410 * SECOND); /* 280,000 writes; relative standard error about 0.7 % */
    ck_assert_double_eq_tol(utilisation(instance_of(sim, "db", 0), "disk"), rho, 0.01);
    ck_assert_double_eq_tol(mean_latency_s(sim), mean_s, 0.03 * mean_s);
    locks = group_resource_statistics(sim_find_group(sim, "db"), "row_locks");
    ck_assert_double_eq_tol((double)histogram_count(&locks->waits) / (double)locks->started, rho, 0.01);
    ck_assert_uint_eq(row_version(sim, 1, 0),
                      (uint32_t)(sim_find_group(sim, "db")->instances[0]->finished[OUTCOME_OK]));
    sim_destroy(sim);
}
END_TEST

/* Commits that come while the disk writes go together with its next write: half a write to wait, then a whole
 * one. */
START_TEST(test_database_group_commit_goes_beyond_the_disk_operations)
{
    struct source_config source = { .rate = 8000, .ask = ask_write_any };
    struct database_config config = node_config();
    struct sim *sim;
    const struct component *db;

    set_scene();
    profiles.rows = 100000000; /* nobody meets */
    machine.memory = INT64_C(1) << 40;
    sim = make_run(7, &database_model, &config, &source, NULL);
    run_to(sim, SECOND);
    sim_window_start(sim);
    run_to(sim, 21 * SECOND);
    db = instance_of(sim, "db", 0);
    ck_assert_double_eq_tol((double)counter(db, "log.appended") / 20, 8000, 5 * sqrt(8000.0 / 20));
    ck_assert_uint_le(counter(db, "log.fsyncs"), 20001);
    ck_assert_uint_ge(counter(db, "log.fsyncs"), 19900); /* idle for exp(-8) of the time between two */
    ck_assert_double_eq_tol(mean_latency_s(sim), 0.0015, 0.00003);
    sim_destroy(sim);
}
END_TEST

/* Independent uniform requests find a page in memory with the share of pages that are there. */
START_TEST(test_database_hit_ratio_of_uniform_rows_is_the_share_in_memory)
{
    struct source_config source = { .rate = 1000, .ask = ask_read_any };
    struct database_config config = node_config();
    struct sim *sim;
    const struct component *db;
    double hits, misses;

    set_scene();
    profiles.rows = 10000;
    machine.memory = 4000000; /* 3000 pages */
    machine.disk_operations = 100000;
    sim = make_run(7, &database_model, &config, &source, NULL);
    run_to(sim, 40 * SECOND);
    db = instance_of(sim, "db", 0);
    hits = (double)counter(db, "buffer_pool.hit_ratio");
    misses = (double)other_counter(db, "buffer_pool.hit_ratio");
    ck_assert_double_eq_tol(hits + misses, 40000, 1000);
    ck_assert_double_eq_tol(hits / (hits + misses), 0.3, 5 * sqrt(0.21 / 40000));
    sim_destroy(sim);
}
END_TEST

static struct row_chooser chooser;

static void ask_read_popular(struct request *request, struct rng *rng)
{
    request->key = row_chooser_choose(&chooser, rng_next(rng));
}

/* What a warm pool holds at the start serves as well as what it holds later. */
START_TEST(test_database_warm_pool_holds_what_is_popular)
{
    struct source_config source = { .rate = 10000, .ask = ask_read_popular };
    struct database_config config = node_config();
    struct sim *sim;
    const struct component *db;
    double ratio[2];

    set_scene();
    profiles.rows = 10000;
    profiles.popularity = POPULARITY_ZIPF;
    machine.disk_operations = 1000000;
    sim = make_run(7, &database_model, &config, &source, NULL);
    row_chooser_init(&chooser, sim->groups[0], "keys", &profiles, -1, NAN, NULL);
    db = instance_of(sim, "db", 0);
    for (int i = 0; i < 2; i++) {
        run_to(sim, sim->now_ns + 2 * SECOND);
        ratio[i] =
            (double)counter(db, "buffer_pool.hit_ratio") /
            (double)(counter(db, "buffer_pool.hit_ratio") + other_counter(db, "buffer_pool.hit_ratio"));
        run_to(sim, sim->now_ns + 8 * SECOND);
        sim_window_start(sim);
    }
    ck_assert_double_gt(ratio[0], 0.75);
    ck_assert_double_gt(ratio[0], ratio[1] - 0.02); /* the best 3000 pages: no worse than what LRU keeps */
    ck_assert_double_lt(ratio[0], ratio[1] + 0.08);
    sim_destroy(sim);
}
END_TEST

/* Everything at once, and nothing is lost or done twice. */
START_TEST(test_database_mixed_load_conserves_and_repeats)
{
    uint64_t events[2], versions[2] = { 0, 0 };

    for (int i = 0; i < 2; i++) {
        struct source_config source = {
            .rate = 2500, .ask = ask_mixed, .timeout_ns = 20 * MS, .stop_ns = 4 * SECOND
        };
        struct database_config config = node_config();
        struct sim *sim;
        const struct component *db;
        uint64_t answered = 0;

        set_scene();
        machine.memory = 400000; /* 300 pages of 1000 */
        machine.disk_operations = 3000;
        config.read_time = law(DISTRIBUTION_EXPONENTIAL, 0.0002);
        config.write_time = law(DISTRIBUTION_EXPONENTIAL, 0.0003);
        config.connections = 50;
        config.connection_queue = 100;
        sim = make_run(3, &database_model, &config, &source, NULL);
        for (int step = 1; step <= 40; step++)
            run_to(sim, step * 100 * MS);
        run_to(sim, 100 * SECOND);
        db = instance_of(sim, "db", 0);
        ck_assert_uint_eq(component_in_flight(db), 0);
        for (int k = 0; k < OUTCOME_COUNT; k++)
            answered += db->finished[k];
        ck_assert_uint_eq(db->started, answered);
        ck_assert_uint_gt(sim->timeouts, 100);
        ck_assert_uint_gt(counter(db, "lock.waits"), 0);
        ck_assert_uint_gt(counter(db, "buffer_pool.written"), 0);
        ck_assert_int_eq(level(db, "lock.waiting")->level, 0);
        events[i] = sim->events;
        for (uint64_t row = 0; row < 2000; row++)
            versions[i] += row_version(sim, 1, row) * (row + 1);
        sim_destroy(sim);
    }
    ck_assert_uint_eq(events[0], events[1]);
    ck_assert_uint_eq(versions[0], versions[1]);
}
END_TEST

/* ---- its parts ---- */

static struct memory memory;

#define POOL_PAGES 20

/* The same by the plainest means: pages from the newest on. */
struct reference_pool {
    uint64_t pages[POOL_PAGES];
    size_t count;
};

static bool reference_use(struct reference_pool *pool, uint64_t page)
{
    for (size_t i = 0; i < pool->count; i++)
        if (pool->pages[i] == page) {
            memmove(pool->pages + 1, pool->pages, i * sizeof *pool->pages);
            pool->pages[0] = page;
            return true;
        }
    if (pool->count < POOL_PAGES)
        pool->count++;
    memmove(pool->pages + 1, pool->pages, (pool->count - 1) * sizeof *pool->pages);
    pool->pages[0] = page;
    return false;
}

START_TEST(test_database_buffer_pool_evicts_like_a_plain_list)
{
    struct buffer_pool pool = { .capacity_bytes = POOL_PAGES * 100 };
    struct reference_pool reference = { .count = 0 };
    struct rng rng;
    uint64_t used = 0, misses = 0;

    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 1, "test", "pages");
    for (int i = 0; i < 100000; i++) {
        uint64_t page = rng_below(&rng, 1 + rng_below(&rng, 60));
        bool here = buffer_pool_use(&pool, page, false);

        ck_assert_int_eq(here, reference_use(&reference, page));
        if (!here)
            buffer_pool_insert(&pool, &memory, page, 100, false);
        used += here;
        misses += !here;
    }
    ck_assert_uint_eq(pool.used_bytes, POOL_PAGES * 100);
    ck_assert_uint_eq(pool.evicted, misses - POOL_PAGES);
    ck_assert_uint_gt(used, 1000);
    ck_assert_uint_le(memory.used_bytes, 5000);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_database_buffer_pool_tells_what_has_to_be_written)
{
    struct buffer_pool pool = { .capacity_bytes = 300 };
    struct buffer_evicted evicted;

    memory_init(&memory, UINT64_MAX);
    ck_assert(buffer_pool_preload(&pool, &memory, 1, 100));
    ck_assert(buffer_pool_preload(&pool, &memory, 2, 100)); /* older than 1 */
    ck_assert(buffer_pool_preload(&pool, &memory, 3, 100));
    ck_assert(!buffer_pool_preload(&pool, &memory, 4, 100));
    ck_assert(buffer_pool_use(&pool, 2, true));
    evicted = buffer_pool_insert(&pool, &memory, 5, 250, false); /* 3, 1 and 2 leave */
    ck_assert_uint_eq(evicted.pages, 1);
    ck_assert_uint_eq(evicted.bytes, 100);
    evicted = buffer_pool_insert(&pool, &memory, 6, 400, true); /* larger than all: passes through */
    ck_assert_uint_eq(evicted.bytes, 400);
    ck_assert(!buffer_pool_use(&pool, 6, false));
    ck_assert(buffer_pool_use(&pool, 5, false));
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_database_log_keeps_what_its_slowest_reader_has_not_taken)
{
    struct write_log log = { 0 };
    struct write_log_entry entry = { .bytes = 10 };
    uint32_t fast, slow;

    memory_init(&memory, UINT64_MAX);
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(write_log_append(&log, &memory, &entry), i);
    ck_assert_uint_eq(memory.used_bytes, 0); /* nobody reads */
    ck_assert_uint_eq(log.bytes, 10000);
    fast = write_log_add_reader(&log);
    slow = write_log_add_reader(&log);
    ck_assert_ptr_null(write_log_peek(&log, fast));
    for (uint32_t i = 1000; i < 3000; i++) {
        entry.row = i;
        write_log_append(&log, &memory, &entry);
        ck_assert_uint_eq(write_log_peek(&log, fast)->row, i);
        write_log_advance(&log, fast);
        if (i % 2) {
            ck_assert_uint_eq(write_log_peek(&log, slow)->row, 1000 + (i - 1001) / 2);
            write_log_advance(&log, slow);
        }
    }
    ck_assert_uint_eq(write_log_lag(&log, fast), 0);
    ck_assert_uint_eq(write_log_lag(&log, slow), 1000);
    ck_assert_uint_eq(log.oldest, 2000);
    while (write_log_peek(&log, slow))
        write_log_advance(&log, slow);
    ck_assert_uint_eq(log.oldest, 3000);
    ck_assert_uint_le(log.room, 1024);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_database_locks_of_many_rows_are_found_and_freed)
{
    struct source_config source = { .rate = 0 };
    struct database_config config = node_config();
    struct row_locks locks;
    struct rng rng;
    bool held[500] = { false };
    uint64_t count = 0;
    struct sim *sim;
    struct component *db;

    set_scene();
    sim = make_run(1, &database_model, &config, &source, NULL);
    db = instance_of(sim, "db", 0);
    row_locks_init(&locks, &sim->memory, NULL);
    rng_init(&rng, 1, "test", "locks");
    for (int i = 0; i < 200000; i++) {
        uint64_t row = rng_below(&rng, 500);

        if (held[row])
            row_locks_release(&locks, sim, row_id(1, row));
        else
            ck_assert(row_locks_acquire(&locks, db, NULL, row_id(1, row))); /* free: no request is touched */
        count += held[row] ? UINT64_MAX : 1;
        held[row] = !held[row];
        ck_assert_uint_eq(locks.count, count);
    }
    ck_assert_uint_le(locks.slot_count, 1024);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("database", test_database_read_from_memory_costs_cpu_only,
          test_database_cold_read_takes_the_disk_once, test_database_page_holds_neighbours,
          test_database_two_who_want_one_page_read_it_once,
          test_database_write_waits_for_its_commit_and_readers_see_it_then,
          test_database_writes_of_one_row_come_one_after_the_other,
          test_database_requests_about_no_data_set_do_not_meet,
          test_database_insert_and_delete_make_and_end_rows, test_database_connections_bound_who_is_inside,
          test_database_does_the_work_of_whoever_gave_up,
          test_database_delayed_commit_answers_before_the_log_is_on_disk,
          test_database_changed_page_goes_to_disk_when_it_leaves_memory,
          test_database_rows_that_grow_beyond_memory_are_read_from_disk,
          test_database_hot_row_is_a_queue_of_its_own,
          test_database_group_commit_goes_beyond_the_disk_operations,
          test_database_hit_ratio_of_uniform_rows_is_the_share_in_memory,
          test_database_warm_pool_holds_what_is_popular, test_database_mixed_load_conserves_and_repeats,
          test_database_buffer_pool_evicts_like_a_plain_list,
          test_database_buffer_pool_tells_what_has_to_be_written,
          test_database_log_keeps_what_its_slowest_reader_has_not_taken,
          test_database_locks_of_many_rows_are_found_and_freed)
