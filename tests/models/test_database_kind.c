/* A key-value store does less than a relational one, and more by the byte. */
#include "models/cache.h"
#include "models/database_kind.h"
#include "models/sharded_database.h"
#include "tests/models/store_source.h"

static const struct shard_key_column by_user_key[] = { { SHARD_KEY_USER } };
static const struct param_list user_key = { 1, by_user_key };

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

START_TEST(test_database_kind_refuses_what_it_does_not_do_wherever_it_is)
{
    static const struct {
        int kind;
        bool rows, joins, columns;
    } can[] = {
        { DATABASE_RELATIONAL, true, true, true },   { DATABASE_KEY_VALUE, false, false, false },
        { DATABASE_DOCUMENT, false, false, true },   { DATABASE_WIDE_COLUMN, true, false, true },
        { DATABASE_GRAPH, true, true, true },
    };

    set_scene();
    for (size_t i = 0; i < sizeof can / sizeof *can; i++) {
        const struct database_config config = { .kind = can[i].kind };
        const struct sharded_config by_row = { .node = config, .shards = 2, .hash_seed = 1 };
        struct sharded_config by_user = by_row;
        struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
        const struct cache_config cache = { .store = "db" }, alone = { 0 };
        struct group *db, *rows, *users, *before, *none;

        ck_assert_ptr_nonnull(sim);
        by_user.shard_key = user_key;
        sim->environment = &environment;
        db = sim_add_group(sim, &database_model.component, "db", 1, &config, &sim->sites[0]);
        rows = sim_add_group(sim, &sharded_database_model.component, "rows", 1, &by_row, &sim->sites[0]);
        users = sim_add_group(sim, &sharded_database_model.component, "users", 1, &by_user, &sim->sites[0]);
        before = sim_add_group(sim, &cache_model.component, "cache", 1, &cache, &sim->sites[0]);
        none = sim_add_group(sim, &cache_model.component, "alone", 1, &alone, &sim->sites[0]);
        ck_assert_int_eq(!store_refuses(db, STORE_TAKES_ROWS), can[i].rows);
        ck_assert_int_eq(!store_refuses(rows, STORE_TAKES_ROWS), can[i].rows);
        ck_assert_int_eq(!store_refuses(before, STORE_TAKES_ROWS), can[i].rows);
        ck_assert_ptr_null(store_refuses(none, STORE_TAKES_ROWS));
        ck_assert_int_eq(!store_refuses(db, STORE_JOINS), can[i].joins);
        ck_assert_int_eq(!store_refuses(users, STORE_JOINS), can[i].joins);
        ck_assert_int_eq(!store_refuses(rows, STORE_JOINS), can[i].joins);
        ck_assert_ptr_nonnull(store_refuses(before, STORE_JOINS));
        ck_assert_int_eq(!store_refuses(db, STORE_KNOWS_COLUMNS), can[i].columns);
        ck_assert_ptr_nonnull(store_refuses(before, STORE_KNOWS_COLUMNS));
        sim_destroy(sim);
    }
}
END_TEST

/* ---- further rows, and some columns ---- */

/* Runs one operation that asks for `query`, on a node with nothing in memory. */
static struct asked ask(const struct database_config *config, enum operation operation,
                        const struct query *query)
{
    struct asked script[] = { { .operation = operation, .key = 5, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct database_config cold = *config;
    struct sim *sim;

    cold.start = DATABASE_COLD;
    sim = make_run(1, &database_model, &cold, &source, NULL);
    script[0].query = query_number(sim, query);
    run_to(sim, 100 * SECOND);
    sim_destroy(sim);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    return script[0];
}

START_TEST(test_database_kind_joins_by_index_or_by_pointer)
{
    const struct query three = { .rows = 3, .found = 3 };
    struct database_config config = node_config();
    struct asked asked;

    set_scene();
    profiles.rows = 1000000;
    config.read_time = law(DISTRIBUTION_CONSTANT, 0.001);
    config.row_read_time = MS / 100;
    config.index_time = MS / 1000;
    asked = ask(&config, READ, &three);
    ck_assert_uint_eq(database_index_levels(1000000, 1000), 5); /* 20^5 is above a million */
    ck_assert_int_eq(asked.took_ns, MS + 3 * (MS / 100 + 5 * MS / 1000) + 4 * MS); /* four pages */
    ck_assert_uint_eq(asked.bytes, 4100);
    config.kind = DATABASE_GRAPH;
    asked = ask(&config, READ, &three);
    ck_assert_int_eq(asked.took_ns, MS + 3 * (MS / 100) + 4 * MS);
    ck_assert_uint_eq(asked.bytes, 4100);
}
END_TEST

START_TEST(test_database_kind_index_grows_a_level_at_a_time)
{
    ck_assert_uint_eq(database_index_levels(1, 16384), 1);
    ck_assert_uint_eq(database_index_levels(341, 16384), 1);
    ck_assert_uint_eq(database_index_levels(342, 16384), 2);
    ck_assert_uint_eq(database_index_levels(341 * 341 + 1, 16384), 3);
    ck_assert_uint_eq(database_index_levels(100000000000000, 1000000000), 2);
}
END_TEST

START_TEST(test_database_kind_wide_column_reads_the_columns_asked_for)
{
    const struct query two = { .columns = 2 }, all = { .columns = 10 };
    struct database_config config = key_value();
    struct asked asked;

    set_scene();
    profiles.row_size = 10000; /* ten pages */
    config.kind = DATABASE_WIDE_COLUMN;
    config.serialise_time = MS;
    asked = ask(&config, READ, &two);
    ck_assert_int_eq(asked.took_ns, 2 * MS + 2 * MS);
    ck_assert_uint_eq(asked.bytes, 2100);
    asked = ask(&config, READ, &all);
    ck_assert_int_eq(asked.took_ns, 10 * MS + 10 * MS);
    asked = ask(&config, WRITE, &two);
    ck_assert_int_eq(asked.took_ns, 2 * MS + 2 * MS);
    config.kind = DATABASE_DOCUMENT; /* whole, in one operation of the disk */
    asked = ask(&config, READ, &two);
    ck_assert_int_eq(asked.took_ns, 10 * MS + MS);
    ck_assert_uint_eq(asked.bytes, 2100);
    config.kind = DATABASE_RELATIONAL;
    asked = ask(&config, READ, &two);
    ck_assert_int_eq(asked.took_ns, MS);
    ck_assert_uint_eq(asked.bytes, 2100);
}
END_TEST

/* Rows that lie in several pages each are warm, evicted and added page by page. */
START_TEST(test_database_kind_wide_rows_share_the_pool_by_pages)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 0, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 999, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = OPERATION_INSERT, .key = 2000, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 2000, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 4 };
    struct database_config config = key_value();
    struct sim *sim;

    set_scene();
    profiles.row_size = 4000;
    profiles.popularity = POPULARITY_ZIPF;
    profiles.ranks = RANKS_IN_ORDER;
    config.kind = DATABASE_WIDE_COLUMN;
    config.serialise_time = 0;
    sim = make_run(1, &database_model, &config, &source, NULL); /* 3 MB of memory for 4 MB */
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, 0);      /* the most popular one is there */
    ck_assert_int_eq(script[1].took_ns, 4 * MS); /* the least popular one is not */
    ck_assert_int_eq(script[3].took_ns, 0);      /* and the new one is */
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "buffer_pool.evicted"), 8);
    ck_assert_uint_eq(other_counter(instance_of(sim, "db", 0), "buffer_pool.hit_ratio"), 4);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_database_kind_document_is_rewritten_whole)
{
    const struct query one = { .columns = 1 }, none = { 0 };
    struct request write = { .operation = WRITE, .rows = 1 };
    struct database_config config = key_value();

    set_scene();
    config.kind = DATABASE_DOCUMENT;
    config.serialise_time = MS;
    ck_assert_int_eq(ask(&config, READ, &none).took_ns, MS + MS);
    ck_assert_int_eq(ask(&config, WRITE, &one).took_ns, 2 * MS + MS); /* parsed, and serialised */
    ck_assert_int_eq(ask(&config, OPERATION_PUT, &none).took_ns, MS + MS);
    ck_assert_uint_eq(database_log_bytes(&config, &write, 1000), 1300);
}
END_TEST

TEST_MAIN("database_kind", test_database_kind_key_value_works_by_the_byte,
          test_database_kind_key_value_answers_from_memory,
          test_database_kind_key_value_may_wait_for_the_disk, test_database_kind_key_value_logs_values_whole,
          test_database_kind_inserts_and_deletes_as_the_other_one,
          test_database_kind_refuses_what_it_does_not_do_wherever_it_is,
          test_database_kind_joins_by_index_or_by_pointer, test_database_kind_index_grows_a_level_at_a_time,
          test_database_kind_wide_column_reads_the_columns_asked_for,
          test_database_kind_wide_rows_share_the_pool_by_pages,
          test_database_kind_document_is_rewritten_whole)
