/* Queries over several shards: who is asked for what, how long it takes, and what comes of it. */
#include "models/split_query.h"

#include "models/database_kind.h"
#include "models/sharded_database.h"
#include "sim/fault.h"
#include "sim/network.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define SHARDS 4

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
    if (config->shard_key == SHARD_KEY_ROW)
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
        count += !rows[query_row(query, key, i, (uint64_t)profiles.rows) % SHARDS]++;
    return count;
}

static uint64_t arrived(const struct sim *sim, uint32_t shard)
{
    return instance_of(sim, "db.shard", shard)->started;
}

START_TEST(test_split_query_asks_each_shard_that_has_rows_once)
{
    const struct query query = { .rows = 5, .found = 5 };
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

/* Work by the row, through an index: 1000 rows have 3 levels of pages of 1000 bytes. The shard with most rows
 * decides. */
START_TEST(test_split_query_waits_for_the_slowest_part)
{
    const struct query query = { .rows = 9, .found = 9 };
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
                     20 * MS + (int64_t)(most * (1 + 2 * database_index_levels(1000, 1000))) * MS);
    sim_destroy(sim);
}
END_TEST

/* The row, its friends, and theirs: three questions one after the other. */
START_TEST(test_split_query_each_hop_is_a_further_round_trip)
{
    const struct query query = { .rows = 2, .found = 6 };
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
    const struct query query = { .rows = 20, .found = 20 };
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
    const struct query query = { .rows = 5, .found = 5 };
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1, .user = 3 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.shard_key = SHARD_KEY_USER;
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
    const struct query query = { .rows = 1, .found = 1 };
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
        bool wants = i % SHARDS == 2 || query_row(&query, i, 0, (uint64_t)profiles.rows) % SHARDS == 2;

        ck_assert_int_eq(script[i].outcome, wants ? OUTCOME_UNAVAILABLE : OUTCOME_OK);
    }
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("split_query", test_split_query_asks_each_shard_that_has_rows_once,
          test_split_query_waits_for_the_slowest_part, test_split_query_each_hop_is_a_further_round_trip,
          test_split_query_reads_the_pages_of_its_rows,
          test_split_query_rows_of_a_user_are_joined_where_they_are,
          test_split_query_fails_with_a_shard_that_is_down)
