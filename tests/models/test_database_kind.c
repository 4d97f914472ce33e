/* A key-value store does less than a relational one, and more by the byte. */
#include "models/cache.h"
#include "models/database_kind.h"
#include "models/sharded_database.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE

static struct database_config key_value(void)
{
    struct database_config config = node_config();

    config.kind = DATABASE_KEY_VALUE;
    config.commit = COMMIT_BY_KIND;
    return config;
}

static struct sim *run(const struct database_config *config, struct asked *script, size_t count)
{
    struct source_config source = { .script = script, .script_count = count };

    return run_script(&database_model, config, &source);
}

START_TEST(test_database_kind_key_value_works_by_the_byte)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = OPERATION_DELETE, .key = 5, .data = 1 } };
    struct database_config config = key_value();

    set_scene();
    profiles.row_size = 2500;
    config.read_time = config.write_time = law(DISTRIBUTION_CONSTANT, 0.001);
    config.serialise_time = MS;
    sim_destroy(run(&config, script, 3));
    ck_assert_int_eq(script[0].took_ns, MS + 5 * MS / 2);
    ck_assert_uint_eq(script[0].bytes, 2600);
    ck_assert_int_eq(script[1].took_ns, MS + 5 * MS / 2);
    ck_assert_int_eq(script[2].took_ns, MS); /* a key is all it takes */
    config.kind = DATABASE_RELATIONAL;
    sim_destroy(run(&config, script, 3));
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 2 * MS); /* and the disk */
}
END_TEST

START_TEST(test_database_kind_key_value_answers_from_memory)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = SECOND / 2, .operation = READ, .key = 5, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 3 };
    struct database_config config = key_value();
    struct component *db;
    struct sim *sim;

    set_scene();
    sim = make_run(1, &database_model, &config, &source, NULL);
    db = instance_of(sim, "db", 0);
    run_to(sim, SECOND - 1);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_int_eq(script[1].took_ns, 0);
    ck_assert_uint_eq(script[0].version, 1);
    ck_assert_uint_eq(script[1].version, 2);
    ck_assert_uint_eq(script[2].version, 2);
    ck_assert_uint_eq(counter(db, "log.appended"), 2);
    ck_assert_uint_eq(counter(db, "log.fsyncs"), 0);
    run_to(sim, 3 * SECOND);
    ck_assert_uint_eq(counter(db, "log.fsyncs"), 1);
    sim_destroy(sim);
}
END_TEST

/* Durable by choice: no lock, so the writes of one row share the disk operation, and are seen before it is
 * over. */
START_TEST(test_database_kind_key_value_may_wait_for_the_disk)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = MS / 4, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = MS / 4, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = MS / 2, .operation = READ, .key = 5, .data = 1 } };
    struct database_config config = key_value();
    struct sim *sim;

    set_scene();
    config.commit = COMMIT_FSYNC;
    sim = run(&config, script, 4);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 7 * MS / 4);
    ck_assert_int_eq(script[2].took_ns, 7 * MS / 4); /* a lock would make it 11/4 */
    ck_assert_uint_eq(script[2].version, 3);
    ck_assert_uint_eq(script[3].version, 3);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "lock.waits"), 0);
    ck_assert(!database_model.component.emits(sim_find_group(sim, "db"),
                                              metric_row_of(instance_of(sim, "db", 0), "lock.waits")));
    ck_assert(database_model.component.emits(
        sim_find_group(sim, "db"), metric_row_of(instance_of(sim, "db", 0), "buffer_pool.evicted")));
    sim_destroy(sim);
    config.kind = DATABASE_RELATIONAL;
    sim = run(&config, script, 4);
    ck_assert_int_eq(script[2].took_ns, 11 * MS / 4);
    ck_assert_uint_eq(script[3].version, 0);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "lock.waits"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_kind_key_value_logs_values_whole)
{
    struct request write = { .operation = WRITE, .rows = 1 },
                   delete = { .operation = OPERATION_DELETE, .rows = 1 };
    struct database_config config = key_value();

    ck_assert_uint_eq(database_log_bytes(&config, &write, 1000), 1300);
    ck_assert_uint_eq(database_log_bytes(&config, &delete, 1000), 300);
    config.kind = DATABASE_RELATIONAL;
    ck_assert_uint_eq(database_log_bytes(&config, &write, 1000), 300);
}
END_TEST

START_TEST(test_database_kind_inserts_and_deletes_as_the_other_one)
{
    struct asked script[] = { { .at_ns = 0, .operation = OPERATION_PUT, .key = 5000, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 5000, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = OPERATION_DELETE, .key = 5000, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 5000, .data = 1 },
                              { .at_ns = 4 * SECOND, .operation = WRITE, .key = 5000, .data = 1 } };
    struct database_config config = key_value();

    set_scene();
    sim_destroy(run(&config, script, 5));
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_int_eq(script[3].outcome, OUTCOME_NOT_FOUND);
    ck_assert_int_eq(script[4].outcome, OUTCOME_NOT_FOUND);
}
END_TEST

START_TEST(test_database_kind_key_value_refuses_several_rows_wherever_it_is)
{
    const struct sharded_config sharded = { .node = key_value(), .shards = 2, .hash_seed = 1 };
    const struct database_config relational = node_config();
    struct database_config config = key_value();
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct cache_config cache = { .store = "values" }, alone = { 0 };
    struct site *site;

    set_scene();
    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    site = &sim->sites[0];
    ck_assert_ptr_nonnull(store_refuses_several_rows(
        sim_add_group(sim, &database_model.component, "values", 1, &config, site)));
    ck_assert_ptr_nonnull(store_refuses_several_rows(
        sim_add_group(sim, &sharded_database_model.component, "shards", 1, &sharded, site)));
    ck_assert_ptr_nonnull(
        store_refuses_several_rows(sim_add_group(sim, &cache_model.component, "cache", 1, &cache, site)));
    ck_assert_ptr_null(
        store_refuses_several_rows(sim_add_group(sim, &cache_model.component, "alone", 1, &alone, site)));
    ck_assert_ptr_null(store_refuses_several_rows(
        sim_add_group(sim, &database_model.component, "rows", 1, &relational, site)));
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("database_kind", test_database_kind_key_value_works_by_the_byte,
          test_database_kind_key_value_answers_from_memory,
          test_database_kind_key_value_may_wait_for_the_disk, test_database_kind_key_value_logs_values_whole,
          test_database_kind_inserts_and_deletes_as_the_other_one,
          test_database_kind_key_value_refuses_several_rows_wherever_it_is)
