/* Rows that move to another number of shards: which, when, and what requests meet meanwhile. */
#include "models/resharding.h"

#include "models/sharded_database.h"
#include "sim/network.h"
#include "tests/models/store_source.h"

static const struct shard_key_column by_user_key[] = { { SHARD_KEY_USER } };
static const struct param_list user_key = { 1, by_user_key };

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE
#define INSERT OPERATION_INSERT
#define DELETE OPERATION_DELETE
#define PUT OPERATION_PUT

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct param_problems {
    unsigned count;
    char first_path[64];
};

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    (void)help;
    (void)format;
    if (problems->count++ == 0)
        snprintf(problems->first_path, sizeof problems->first_path, "%s", path);
}

/* Moves 1000 rows of 1000 bytes from 10 s on: 100 kB/s, 100 rows a chunk. */
static struct reshard_config reshard = {
    .at = 10 * SECOND, .shards = 5, .bandwidth = 1e5, .chunk_rows = 100
};

static struct sharded_config config_of(enum placement_kind placement, int64_t before, int64_t after)
{
    struct sharded_config config = { .node = node_config(),
                                     .shards = before,
                                     .placement = (int)placement,
                                     .virtual_nodes = 100,
                                     .hash_seed = 7,
                                     .reshard = &reshard };

    set_scene();
    reshard.shards = after;
    reshard.chunk_rows = 100;
    reshard.reads = READS_ROUTED;
    return config;
}

static struct component *mover_of(const struct sim *sim)
{
    return instance_of(sim, "db.resharding", 0);
}

static int64_t stored_at(const struct sim *sim, uint32_t shard)
{
    return database_storage(instance_of(sim, "db.shard", shard));
}

static int64_t stored(const struct sim *sim)
{
    int64_t bytes = 0;

    for (uint32_t i = 0; i < sim_find_group(sim, "db.shard")->count; i++)
        bytes += stored_at(sim, i);
    return bytes;
}

/* One request, so that the shards know the data set. */
static struct asked first_request[] = { { .operation = READ, .key = 0, .data = 1 } };

/* ---- which rows ---- */

struct numbers {
    enum placement_kind placement;
    uint32_t before, after;
};

static const struct numbers numbers[] = {
    { PLACEMENT_MODULO, 4, 5 },          { PLACEMENT_MODULO, 5, 4 },
    { PLACEMENT_MODULO, 4, 8 },          { PLACEMENT_CONSISTENT_HASH, 4, 5 },
    { PLACEMENT_CONSISTENT_HASH, 5, 4 }, { PLACEMENT_CONSISTENT_HASH, 1, 3 },
};

static void check_that_it_moves_exactly_the_rows_whose_shard_changes(size_t number)
{
    struct sharded_config config =
        config_of(numbers[number].placement, numbers[number].before, numbers[number].after);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim = run_script(&sharded_database_model, &config, &source);
    struct placement before, after;
    int64_t there[8] = { 0 };
    uint64_t moved = 0;

    placement_init(&before, &sim->memory, numbers[number].placement, numbers[number].before, 100, 7);
    placement_init(&after, &sim->memory, numbers[number].placement, numbers[number].after, 100, 7);
    for (uint64_t row = 0; row < 1000; row++) {
        moved += placement_home(&before, 0, row) != placement_home(&after, 0, row);
        there[placement_home(&after, 0, row)] += 1000;
    }
    ck_assert_uint_eq(counter(mover_of(sim), "rows_moved"), moved);
    ck_assert_uint_eq(other_counter(mover_of(sim), "moved_share"), 1000 - moved);
    ck_assert_uint_eq(counter(mover_of(sim), "bytes_moved"), 1000 * moved);
    ck_assert_int_eq(level(mover_of(sim), "rows_left")->level, 0);
    for (uint32_t i = 0; i < sim_find_group(sim, "db.shard")->count; i++)
        ck_assert_int_eq(stored_at(sim, i), there[i]);
    sim_destroy(sim);
}

START_TEST(test_resharding_moves_exactly_the_rows_whose_shard_changes)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        check_that_it_moves_exactly_the_rows_whose_shard_changes(i);
}
END_TEST

static const struct column_share_config shares[] = {
    { "kr", 0.6 }, { "us", 0.25 }, { "jp", 0.1 }, { "fr", 0.05 }
};
static const struct column_config columns[] = { { .name = "country", .shares = { 4, shares } } };
static const struct shard_key_column by_country[] = { { "country" } };

/* Half of the last range, and the rows that were added there meanwhile. */
START_TEST(test_resharding_of_ranges_splits_one)
{
    struct asked script[] = { { .operation = READ, .key = 0, .data = 1 },
                              { .at_ns = SECOND, .operation = INSERT, .key = 3, .data = 1 },
                              { .at_ns = SECOND, .operation = INSERT, .key = 3, .data = 1 },
                              { .at_ns = 50 * SECOND, .operation = INSERT, .key = 3, .data = 1 },
                              { .at_ns = 50 * SECOND, .operation = READ, .key = 999, .data = 1 } };
    struct sharded_config config = config_of(PLACEMENT_RANGE, 4, 5);
    struct source_config source = { .script = script, .script_count = COUNT(script) };
    struct sim *sim = run_script(&sharded_database_model, &config, &source);

    ck_assert_uint_eq(counter(mover_of(sim), "rows_moved"), 125 + 2);
    ck_assert_uint_eq(counter(mover_of(sim), "rows_between_old"), 0);
    for (size_t i = 0; i < COUNT(script); i++)
        ck_assert_int_eq(script[i].outcome, OUTCOME_OK);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(stored_at(sim, i), 250000);
    ck_assert_int_eq(stored_at(sim, 3), 125000);
    ck_assert_int_eq(stored_at(sim, 4), 128000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_resharding_of_a_directory_moves_what_is_listed)
{
    static const struct listed_value_config to_new[] = { { "kr", 4 } };
    struct sharded_config config = config_of(PLACEMENT_DIRECTORY, 4, 5);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim;

    profiles.column_values = (struct param_list){ 1, columns };
    config.shard_key = (struct param_list){ 1, by_country };
    reshard.values = (struct param_list){ 1, to_new };
    sim = run_script(&sharded_database_model, &config, &source);
    reshard.values.count = 0;
    ck_assert_uint_eq(counter(mover_of(sim), "rows_moved"), 600);
    ck_assert_int_eq(stored_at(sim, 0), 0);
    ck_assert_int_eq(stored_at(sim, 1), 250000);
    ck_assert_int_eq(stored_at(sim, 4), 600000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_resharding_by_modulo_moves_four_fifths)
{
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim = run_script(&sharded_database_model, &config, &source);

    ck_assert_uint_eq(counter(mover_of(sim), "rows_moved"), 800);
    ck_assert_uint_eq(counter(mover_of(sim), "chunks"), 8);
    sim_destroy(sim);
}
END_TEST

/* One row a chunk: 10 ms on the way, 1 ms for the commit at its new shard, and 1 ms for that of the
 * deletion before the next one begins. */
START_TEST(test_resharding_takes_bytes_over_bandwidth_and_commits)
{
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim;

    reshard.chunk_rows = 1;
    sim = run_script(&sharded_database_model, &config, &source);
    ck_assert_int_eq(level(mover_of(sim), "elapsed")->level, 800 * 12 * MS - MS);
    sim_destroy(sim);
}
END_TEST

/* ---- what requests meet ---- */

static void ask_anything(struct request *request, struct rng *rng)
{
    static const uint8_t operations[] = { READ, READ, WRITE };

    request->key = rng_below(rng, 1000);
    request->operation = operations[rng_below(rng, COUNT(operations))];
}

static void ask_all_kinds(struct request *request, struct rng *rng)
{
    static const uint8_t operations[] = { READ, WRITE, INSERT, DELETE, PUT, PUT };

    request->key = rng_below(rng, 1100); /* some rows beyond those of the data set */
    request->operation = operations[rng_below(rng, COUNT(operations))];
}

static const int kinds_of_reads[] = { READS_ROUTED, READS_FORWARDED, READS_DOUBLE };

static void check_that_it_users_find_every_row_in_its_newest_version(size_t number)
{
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct source_config source = { .rate = 500, .ask = ask_anything };
    struct sim *sim;
    struct component *db;

    config.node.read_time = config.node.write_time = law(DISTRIBUTION_EXPONENTIAL, 0.002);
    reshard.reads = kinds_of_reads[number];
    sim = run_script(&sharded_database_model, &config, &source);
    db = instance_of(sim, "db", 0);
    ck_assert_uint_eq(db->finished[OUTCOME_OK] + component_in_flight(db), db->started);
    ck_assert_uint_eq(counter(db, "stale_reads"), 0);
    ck_assert_uint_gt(counter(db, "reshard.double_writes"), 0);
    ck_assert_int_eq(reshard.reads == READS_DOUBLE, counter(db, "reshard.double_reads") > 0);
    if (reshard.reads == READS_FORWARDED)
        ck_assert_uint_gt(counter(db, "reshard.forwarded"), 500);
    ck_assert_int_eq(stored(sim), 1000000);
    sim_destroy(sim);
}

START_TEST(test_resharding_users_find_every_row_in_its_newest_version)
{
    for (size_t i = 0; i < COUNT(kinds_of_reads); i++)
        check_that_it_users_find_every_row_in_its_newest_version(i);
}
END_TEST

/* Rows come and go while others move; run_to() adds up which rows each shard should have. */
static void check_that_it_keeps_each_row_while_rows_come_and_go(struct numbers move, size_t number)
{
    struct sharded_config config = config_of(move.placement, move.before, move.after);
    struct source_config source = { .rate = 300, .ask = ask_all_kinds };
    struct sim *sim;

    if (number % 2) {
        config.node.kind = DATABASE_KEY_VALUE;
        config.node.commit = COMMIT_BY_KIND;
    }
    config.node.read_time = config.node.write_time = law(DISTRIBUTION_EXPONENTIAL, 0.002);
    sim = make_run(3, &sharded_database_model, &config, &source, NULL);
    for (int64_t end = 9; end < 40; end++)
        run_to(sim, end * SECOND);
    ck_assert_int_eq(level(mover_of(sim), "rows_left")->level, 0);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "stale_reads"), 0);
    sim_destroy(sim);
}

START_TEST(test_resharding_keeps_each_row_while_rows_come_and_go)
{
    static const struct numbers ranges[] = { { PLACEMENT_RANGE, 4, 5 },
                                             { PLACEMENT_RANGE, 3, 8 },
                                             { PLACEMENT_RANGE, 4, 2 } };

    for (size_t i = 0; i < 2 * COUNT(numbers); i++)
        check_that_it_keeps_each_row_while_rows_come_and_go(numbers[i / 2], i);
    for (size_t i = 0; i < 2 * COUNT(ranges); i++)
        check_that_it_keeps_each_row_while_rows_come_and_go(ranges[i / 2], i);
}
END_TEST

START_TEST(test_resharding_missing_row_breaks_conservation)
{
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim = run_script(&sharded_database_model, &config, &source);
    FILE *nowhere = fopen("/dev/null", "w");

    database_add_storage(instance_of(sim, "db.shard", 2), -1000);
    ck_assert(!sim_conserves(sim, nowhere));
    database_add_storage(instance_of(sim, "db.shard", 2), 1000);
    ck_assert(sim_conserves(sim, nowhere));
    fclose(nowhere);
    sim_destroy(sim);
}
END_TEST

/* Row 999 is of shard 3 before and 4 after, and the last to move; reads take 1 ms of CPU. */
START_TEST(test_resharding_forwarded_read_asks_twice)
{
    struct asked script[] = { { .at_ns = 9 * SECOND, .operation = READ, .key = 999, .data = 1 },
                              { .at_ns = 11 * SECOND, .operation = READ, .key = 999, .data = 1 },
                              { .at_ns = 30 * SECOND, .operation = READ, .key = 999, .data = 1 } };
    struct source_config source = { .script = script, .script_count = COUNT(script) };
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct sim *sim;

    config.node.read_time = law(DISTRIBUTION_CONSTANT, 0.001);
    reshard.reads = READS_FORWARDED;
    sim = run_script(&sharded_database_model, &config, &source);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, 2 * MS);
    ck_assert_int_eq(script[2].took_ns, MS);
    for (size_t i = 0; i < COUNT(script); i++)
        ck_assert_int_eq(script[i].outcome, OUTCOME_OK);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "reshard.forwarded"), 1);
    sim_destroy(sim);
}
END_TEST

/* Between two shards the request travels there and back once more. */
START_TEST(test_resharding_forwarded_read_pays_the_way_again)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 0, .data = 1 },
                              { .at_ns = 11 * SECOND, .operation = READ, .key = 999, .data = 1 } };
    struct source_config source = { .script = script, .script_count = COUNT(script) };
    struct network network = { .latency = law(DISTRIBUTION_CONSTANT, 0.001), .has_latency = true };
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct sim *sim;

    reshard.reads = READS_FORWARDED;
    sim = make_run(1, &sharded_database_model, &config, &source, &network);
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, 2 * MS);
    ck_assert_int_eq(script[1].took_ns, 4 * MS);
    sim_destroy(sim);
}
END_TEST

/* The new shard gets pages that nobody has to read from disk first: it was empty. */
START_TEST(test_resharding_new_shard_is_filled_from_memory)
{
    struct sharded_config config = config_of(PLACEMENT_CONSISTENT_HASH, 4, 5);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim;

    machine.memory = 100000; /* 75 pages of 1 row */
    sim = run_script(&sharded_database_model, &config, &source);
    ck_assert_uint_lt(other_counter(instance_of(sim, "db.shard", 4), "buffer_pool.hit_ratio"), 10);
    ck_assert_uint_gt(counter(instance_of(sim, "db.shard", 4), "buffer_pool.written"), 50);
    ck_assert_uint_gt(other_counter(instance_of(sim, "db.shard", 0), "buffer_pool.hit_ratio"), 0);
    sim_destroy(sim);
}
END_TEST

/* ---- volumes that fill ---- */

/* Room for two rows more at each of four shards: inserts about row 0 are of shard 0. */
START_TEST(test_resharding_full_volume_refuses_inserts)
{
    struct asked script[] = { { .at_ns = 0, .operation = INSERT, .key = 0, .data = 1 },
                              { .at_ns = SECOND, .operation = INSERT, .key = 0, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = INSERT, .key = 0, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = INSERT, .key = 1, .data = 1 },
                              { .at_ns = 4 * SECOND, .operation = WRITE, .key = 0, .data = 1 },
                              { .at_ns = 5 * SECOND, .operation = DELETE, .key = 0, .data = 1 },
                              { .at_ns = 6 * SECOND, .operation = INSERT, .key = 4, .data = 1 },
                              { .at_ns = 7 * SECOND, .operation = PUT, .key = 0, .data = 1 } };
    static const enum outcome outcomes[] = { OUTCOME_OK, OUTCOME_OK, OUTCOME_REFUSED, OUTCOME_OK,
                                             OUTCOME_OK, OUTCOME_OK, OUTCOME_OK,      OUTCOME_REFUSED };
    struct source_config source = { .script = script, .script_count = COUNT(script) };
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);
    struct sim *sim;

    config.reshard = NULL;
    config.node.storage = 252000;
    sim = run_script(&sharded_database_model, &config, &source);
    for (size_t i = 0; i < COUNT(script); i++)
        ck_assert_int_eq(script[i].outcome, outcomes[i]);
    ck_assert_uint_eq(counter(instance_of(sim, "db.shard", 0), "storage.refused"), 2);
    ck_assert_uint_eq(counter(instance_of(sim, "db.shard", 1), "storage.refused"), 0);
    sim_destroy(sim);
}
END_TEST

/* One shard of a thousand rows takes no more, whoever brings them: the move waits, and nothing is lost. */
START_TEST(test_resharding_waits_while_the_new_volume_is_full)
{
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 1);
    struct source_config source = { .script = first_request, .script_count = 1 };
    struct sim *sim;

    config.node.storage = 600000;
    sim = run_script(&sharded_database_model, &config, &source);
    ck_assert_int_gt(level(mover_of(sim), "rows_left")->level, 300);
    ck_assert_uint_gt(counter(mover_of(sim), "retries"), 10);
    ck_assert_int_le(stored_at(sim, 0), 600000);
    ck_assert_int_eq(stored(sim), 1000000);
    sim_destroy(sim);
}
END_TEST

/* ---- what no row can say ---- */

static struct param_problems problems_of(const struct sharded_config *config)
{
    struct param_problems problems = { 0 };

    sharded_database_model.check(config, &problems);
    return problems;
}

START_TEST(test_resharding_check_tells_what_cannot_move)
{
    struct copied_row_config copied = { .row = 1, .copies = 2 };
    struct sharded_config config = config_of(PLACEMENT_MODULO, 4, 5);

    ck_assert_uint_eq(problems_of(&config).count, 0);
    reshard.shards = 4;
    ck_assert_str_eq(problems_of(&config).first_path, "reshard.shards");
    reshard.shards = 5;
    config.shard_key = user_key;
    ck_assert_str_eq(problems_of(&config).first_path, "reshard");
    config.shard_key.count = 0;
    config.shards = 300;
    ck_assert_str_eq(problems_of(&config).first_path, "shards");
    config.shards = 4;
    config.copied_rows = (struct param_list){ 1, &copied };
    ck_assert_str_eq(problems_of(&config).first_path, "reshard");
}
END_TEST

TEST_MAIN("resharding", test_resharding_moves_exactly_the_rows_whose_shard_changes,
          test_resharding_by_modulo_moves_four_fifths, test_resharding_takes_bytes_over_bandwidth_and_commits,
          test_resharding_users_find_every_row_in_its_newest_version,
          test_resharding_keeps_each_row_while_rows_come_and_go,
          test_resharding_missing_row_breaks_conservation, test_resharding_forwarded_read_asks_twice,
          test_resharding_forwarded_read_pays_the_way_again, test_resharding_new_shard_is_filled_from_memory,
          test_resharding_full_volume_refuses_inserts, test_resharding_waits_while_the_new_volume_is_full,
          test_resharding_check_tells_what_cannot_move, test_resharding_of_ranges_splits_one,
          test_resharding_of_a_directory_moves_what_is_listed)
