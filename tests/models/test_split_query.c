/* Queries over several shards: who is asked for what, how long it takes, and what comes of it. */
#include "models/split_query.h"

#include "models/database_kind.h"
#include "models/sharded_database.h"
#include "sim/fault.h"
#include "sim/network.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define SHARDS 4

static const struct shard_key_column by_user_key[] = { { SHARD_KEY_USER } };
static const struct param_list user_key = { 1, by_user_key };

static struct sharded_config sharded_config(void)
{
    return (struct sharded_config){ .node = node_config(),
                                    .shards = SHARDS,
                                    .placement = PLACEMENT_MODULO,
                                    .virtual_nodes = 100,
                                    .hash_seed = INT64_MAX };
}

/* A run in which the first of the script is that join, in parts where the rows lie on shards. */
static struct sim *make_join(const struct sharded_config *config, struct source_config *source,
                             const struct network *network, const struct query *query)
{
    struct sim *sim = make_run(1, &sharded_database_model, config, source, network);

    source->script[0].query = query_number(sim, query);
    if (!config->shard_key.count)
        query_make_parts(sim, source->script[0].query);
    return sim;
}

/* Rows joined to row `key` that lie on each shard; returns on how many there are some. */
static uint32_t rows_by_shard(const struct query *query, uint64_t key, uint32_t first, uint32_t end,
                              uint32_t rows[SHARDS])
{
    uint32_t count = 0;

    memset(rows, 0, SHARDS * sizeof *rows);
    for (uint32_t i = first; i < end; i++)
        count += !rows[query_joined_row(query, key, i, (uint64_t)profiles.rows) % SHARDS]++;
    return count;
}

static uint64_t arrived(const struct sim *sim, uint32_t shard)
{
    return instance_of(sim, "db.shard", shard)->started;
}

START_TEST(test_split_query_asks_each_shard_that_has_rows_once)
{
    const struct query query = { .is_join = true, .rows = 5, .found = 5 };
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    uint32_t rows[SHARDS], asked;
    struct sim *sim;

    set_scene();
    asked = rows_by_shard(&query, 42, 0, 5, rows);
    sim = make_join(&config, &source, NULL, &query);
    run_to(sim, SECOND);
    for (uint32_t i = 0; i < SHARDS; i++)
        ck_assert_uint_eq(arrived(sim, i), (42 % SHARDS == i ? 1u : 0u) + (rows[i] ? 1u : 0u));
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[0].bytes, 1100 + 100 * asked + 5 * 1000);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.queries"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.parts"), asked);
    sim_destroy(sim);
}
END_TEST

/* Work by the row, through an index of the shard's 250 rows. The shard with most rows decides. */
START_TEST(test_split_query_waits_for_the_slowest_part)
{
    const struct query query = { .is_join = true, .rows = 9, .found = 9 };
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    uint32_t rows[SHARDS], most = 0;
    struct sim *sim;

    set_scene();
    config.node.read_time = law(DISTRIBUTION_CONSTANT, 0.01);
    config.node.row_read_time = MS;
    config.node.index_time = 2 * MS;
    rows_by_shard(&query, 7, 0, 9, rows);
    for (uint32_t i = 0; i < SHARDS; i++)
        most = rows[i] > most ? rows[i] : most;
    sim = make_join(&config, &source, NULL, &query);
    run_to(sim, SECOND);
    ck_assert_int_eq(script[0].took_ns,
                     20 * MS + (int64_t)(most * (1 + 2 * database_index_levels(250, 1000))) * MS);
    sim_destroy(sim);
}
END_TEST

/* The row, its friends, and theirs: three questions one after the other. */
START_TEST(test_split_query_each_hop_is_a_further_round_trip)
{
    const struct query query = { .is_join = true, .rows = 2, .found = 6 };
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct network network = { .latency = law(DISTRIBUTION_CONSTANT, 0.001), .has_latency = true };
    struct sharded_config config = sharded_config();
    uint32_t rows[SHARDS], asked;
    struct sim *sim;

    set_scene();
    asked = rows_by_shard(&query, 7, 0, 2, rows) + rows_by_shard(&query, 7, 2, 6, rows);
    sim = make_join(&config, &source, &network, &query);
    run_to(sim, SECOND);
    ck_assert_int_eq(script[0].took_ns, 3 * 2 * MS);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.parts"), asked);
    sim_destroy(sim);
}
END_TEST

/* Memory is empty: every row is read from disk once, where it lies. */
START_TEST(test_split_query_reads_the_pages_of_its_rows)
{
    const struct query query = { .is_join = true, .rows = 20, .found = 20 };
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    uint32_t rows[SHARDS];
    struct sim *sim;

    set_scene();
    config.node.start = DATABASE_COLD;
    rows_by_shard(&query, 7, 0, 20, rows);
    sim = make_join(&config, &source, NULL, &query);
    run_to(sim, SECOND);
    for (uint32_t i = 0; i < SHARDS; i++) {
        const struct component *shard = instance_of(sim, "db.shard", i);

        ck_assert_uint_eq(other_counter(shard, "buffer_pool.hit_ratio") +
                              counter(shard, "buffer_pool.hit_ratio"),
                          rows[i] + (i == 7 % SHARDS));
        ck_assert_uint_ge(other_counter(shard, "buffer_pool.hit_ratio"), rows[i] > 0);
    }
    sim_destroy(sim);
}
END_TEST

/* The rows of a user lie together: one shard joins them, as one machine would. */
START_TEST(test_split_query_rows_of_a_user_are_joined_where_they_are)
{
    const struct query query = { .is_join = true, .rows = 5, .found = 5 };
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1, .user = 3 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.shard_key = user_key;
    sim = make_join(&config, &source, NULL, &query);
    run_to(sim, SECOND);
    ck_assert_uint_eq(arrived(sim, 3), 1);
    ck_assert_uint_eq(script[0].bytes, 1100 + 5 * 1000);
    ck_assert(!sharded_database_model.component.emits(
        sim_find_group(sim, "db"), metric_row_of(instance_of(sim, "db", 0), "split.parts")));
    sim_destroy(sim);
}
END_TEST

/* A shard is down: joins that want rows of it fail, and others do not. */
START_TEST(test_split_query_fails_with_a_shard_that_is_down)
{
    const struct query query = { .is_join = true, .rows = 1, .found = 1 };
    struct asked script[200];
    struct source_config source = { .script = script, .script_count = 200 };
    struct sharded_config config = sharded_config();
    uint8_t number;
    struct sim *sim;

    set_scene();
    for (uint64_t i = 0; i < 200; i++)
        script[i] = (struct asked){ .at_ns = SECOND, .operation = READ, .key = i, .data = 1 };
    sim = make_join(&config, &source, NULL, &query);
    number = script[0].query;
    for (uint64_t i = 0; i < 200; i++)
        script[i].query = number;
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db.shard"),
                                        .first = 2,
                                        .last = 2,
                                        .from_ns = MS,
                                        .until_ns = SIM_TIME_NEVER });
    run_to(sim, 2 * SECOND);
    for (uint64_t i = 0; i < 200; i++) {
        bool wants = i % SHARDS == 2 || query_joined_row(&query, i, 0, (uint64_t)profiles.rows) % SHARDS == 2;

        ck_assert_int_eq(script[i].outcome, wants ? OUTCOME_UNAVAILABLE : OUTCOME_OK);
    }
    sim_destroy(sim);
}
END_TEST

/* ---- rows that are found by a column ---- */

/* Each row has its own address; 20 live in each city; of rows 0 to 99 ten are the children each. */
static const struct column_config columns[] = { { .name = "address" },
                                                { .name = "city", .distinct = 50 },
                                                { .name = "mother", .distinct = 100 } };
static const struct shard_key_column by_city[] = { { "city" } }, by_mother[] = { { "mother" } };

static void set_columns(void)
{
    set_scene();
    profiles.column_values = (struct param_list){ 3, columns };
}

/* A query for up to so many rows with the same value. */
static struct query found_by(struct sim *sim, const char *column, uint16_t rows)
{
    return (struct query){ .column = query_column(sim, column), .found = (uint16_t)(rows - 1u) };
}

static void ask_by(struct sim *sim, struct asked *asked, struct query query)
{
    asked->query = query_number(sim, &query);
    query_make_parts(sim, asked->query);
}

START_TEST(test_split_query_asks_all_who_has_the_address)
{
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1 },
                              { .at_ns = SECOND, .operation = OPERATION_WRITE, .key = 42, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 42, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = OPERATION_DELETE, .key = 42, .data = 1 },
                              { .at_ns = 4 * SECOND, .operation = READ, .key = 42, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 5 };
    struct sharded_config config = sharded_config();
    uint64_t written = 0;
    struct sim *sim;

    set_columns();
    config.node.read_time = law(DISTRIBUTION_CONSTANT, 0.01);
    config.node.index_time = 2 * MS;
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    for (size_t i = 0; i < 5; i++)
        ask_by(sim, &script[i], found_by(sim, "address", 1));
    run_to(sim, 10 * SECOND);
    ck_assert_uint_eq(script[0].bytes, 1100 + (SHARDS - 1) * 100);
    ck_assert_int_eq(script[2].took_ns, 10 * MS + 2 * database_index_levels(250, 1000) * MS);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_int_eq(script[3].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[4].outcome, OUTCOME_NOT_FOUND);
    for (uint32_t i = 0; i < SHARDS; i++) {
        ck_assert_uint_eq(arrived(sim, i), 5);
        written += counter(instance_of(sim, "db.shard", i), "log.appended");
    }
    ck_assert_uint_eq(written, 2);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.parts"), 5 * SHARDS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_split_query_finds_rows_with_the_same_value_where_they_are)
{
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    struct request request = { .key = 7, .data = 1 };
    uint32_t rows[SHARDS] = { 0 };
    struct column column;
    struct query query;
    struct sim *sim;

    set_columns();
    config.node.start = DATABASE_COLD;
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    column_init(&column, sim, &profiles, &columns[1]);
    query = found_by(sim, "city", 30);
    ask_by(sim, &script[0], query);
    ck_assert_uint_eq(query_further_rows(sim, &query, &request), 19);
    for (uint32_t i = 0; i < 19; i++) {
        uint64_t row = query_row(sim, &query, &request, i);

        ck_assert_uint_ne(row, 7);
        ck_assert_uint_eq(column_value(&column, row), column_value(&column, 7));
        rows[row % SHARDS]++;
    }
    run_to(sim, SECOND);
    ck_assert_uint_eq(script[0].bytes, 20 * 1000 + SHARDS * 100);
    for (uint32_t i = 0; i < SHARDS; i++) {
        const struct component *shard = instance_of(sim, "db.shard", i);

        ck_assert_uint_eq(counter(shard, "buffer_pool.hit_ratio") +
                              other_counter(shard, "buffer_pool.hit_ratio"),
                          rows[i] + (i == 7 % SHARDS));
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_split_query_one_machine_looks_once)
{
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 2 };
    struct database_config config = node_config();
    struct sim *sim;

    set_columns();
    config.read_time = law(DISTRIBUTION_CONSTANT, 0.01);
    config.row_read_time = MS;
    config.index_time = 2 * MS;
    sim = make_run(1, &database_model, &config, &source, NULL);
    ask_by(sim, &script[0], found_by(sim, "city", 30));
    ask_by(sim, &script[1], found_by(sim, "city", 5));
    run_to(sim, 2 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (10 + 2 * database_index_levels(1000, 1000) + 19) * MS);
    ck_assert_uint_eq(script[0].bytes, 20 * 1000 + 100);
    ck_assert_int_eq(script[1].took_ns, (10 + 2 * database_index_levels(1000, 1000) + 4) * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_split_query_the_shard_key_tells_where_to_look)
{
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    uint64_t asked = 0;
    struct sim *sim;

    set_columns();
    config.shard_key = (struct param_list){ 1, by_city };
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    ask_by(sim, &script[0], found_by(sim, "city", 30));
    run_to(sim, SECOND);
    for (uint32_t i = 0; i < SHARDS; i++)
        asked += arrived(sim, i);
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(script[0].bytes, 20 * 1000 + 100);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.queries"), 0);
    sim_destroy(sim);
}
END_TEST

/* The row, then all shards for its children, or the one that has them all. */
START_TEST(test_split_query_joins_rows_that_have_the_number_of_the_row)
{
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 700, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 2 };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_columns();
    for (int by_key = 0; by_key < 2; by_key++) {
        struct query query = { .is_join = true, .rows = 30, .found = 30 };

        if (by_key)
            config.shard_key = (struct param_list){ 1, by_mother };
        sim = make_run(1, &sharded_database_model, &config, &source, NULL);
        query.column = query_column(sim, "mother");
        ask_by(sim, &script[0], query);
        script[1].query = script[0].query;
        run_to(sim, 2 * SECOND);
        if (by_key) /* modulo: row 7 is not with them by chance alone */
            ck_assert_uint_le(script[0].bytes, 1100 + 10 * 1000 + 100);
        else
            ck_assert_uint_eq(script[0].bytes, 1100 + 10 * 1000 + SHARDS * 100);
        ck_assert_uint_le(script[1].bytes, 1100 + SHARDS * 100); /* nobody's mother */
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_split_query_partial_answers_lack_what_is_down)
{
    struct asked script[] = { { .at_ns = SECOND, .operation = READ, .key = 40, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 42, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 40, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 40, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 4 };
    struct sharded_config config = sharded_config();
    struct query query;
    struct sim *sim;

    set_columns();
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    query = found_by(sim, "address", 1);
    ask_by(sim, &script[2], query);
    query.partial = true;
    for (size_t i = 0; i < 4; i++)
        if (i != 2)
            ask_by(sim, &script[i], query);
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db.shard"),
                                        .first = 2,
                                        .last = 2,
                                        .from_ns = MS,
                                        .until_ns = SIM_TIME_NEVER });
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db.shard"),
                                        .last = SHARDS - 1,
                                        .from_ns = 2 * SECOND,
                                        .until_ns = SIM_TIME_NEVER });
    run_to(sim, 4 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[0].bytes, 1100 + (SHARDS - 2) * 100);
    ck_assert_int_eq(script[1].outcome, OUTCOME_OK); /* and the row is missing */
    ck_assert_uint_eq(script[1].bytes, (SHARDS - 1) * 100);
    ck_assert_int_eq(script[2].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[3].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.partial"), 2);
    sim_destroy(sim);
}
END_TEST

/* Each row takes 10 ms: shards with most of them are given up, and go on for nobody. */
START_TEST(test_split_query_parts_have_a_limit_of_time)
{
    struct asked script[] = { { .operation = READ, .key = 7, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 7, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 2 };
    struct sharded_config config = sharded_config();
    struct request request = { .key = 7, .data = 1 };
    uint32_t rows[SHARDS] = { 0 }, most = 0, answered = 0, shards = 0;
    struct query query;
    struct sim *sim;

    set_columns();
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    query = found_by(sim, "city", 20);
    for (uint32_t i = 0; i < 19; i++)
        rows[query_row(sim, &query, &request, i) % SHARDS]++;
    sim_destroy(sim);
    for (uint32_t i = 0; i < SHARDS; i++)
        most = rows[i] > most ? rows[i] : most;
    for (uint32_t i = 0; i < SHARDS; i++)
        if (rows[i] < most) {
            answered += rows[i] + (i == 7 % SHARDS);
            shards++;
        }
    config.node.row_read_time = 10 * MS;
    config.part_timeout = most * 10 * MS - 5 * MS;
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    query = found_by(sim, "city", 20);
    ask_by(sim, &script[0], query);
    query.partial = true;
    ask_by(sim, &script[1], query);
    run_to(sim, 2 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(script[0].took_ns, config.part_timeout);
    ck_assert_int_eq(script[1].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[1].took_ns, config.part_timeout);
    ck_assert_uint_eq(script[1].bytes, answered * 1000 + shards * 100);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "split.partial"), 1);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("split_query", test_split_query_asks_each_shard_that_has_rows_once,
          test_split_query_waits_for_the_slowest_part, test_split_query_each_hop_is_a_further_round_trip,
          test_split_query_reads_the_pages_of_its_rows,
          test_split_query_rows_of_a_user_are_joined_where_they_are,
          test_split_query_fails_with_a_shard_that_is_down, test_split_query_asks_all_who_has_the_address,
          test_split_query_finds_rows_with_the_same_value_where_they_are,
          test_split_query_one_machine_looks_once, test_split_query_the_shard_key_tells_where_to_look,
          test_split_query_joins_rows_that_have_the_number_of_the_row,
          test_split_query_partial_answers_lack_what_is_down, test_split_query_parts_have_a_limit_of_time)
