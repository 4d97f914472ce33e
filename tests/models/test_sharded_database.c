/* Shards: who is asked for what, what a hot row does to them, and what its cures cost. */
#include "models/sharded_database.h"

#include "models/placement.h"
#include "sim/network.h"
#include "tests/models/store_source.h"

static const struct shard_key_column by_user_key[] = { { SHARD_KEY_USER } };
static const struct param_list user_key = { 1, by_user_key };

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE
#define INSERT OPERATION_INSERT
#define DELETE OPERATION_DELETE

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The reader's part, for tests of check(). */
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

static struct sharded_config sharded_config(void)
{
    return (struct sharded_config){ .node = node_config(),
                                    .shards = 4,
                                    .placement = PLACEMENT_MODULO,
                                    .virtual_nodes = 100,
                                    .hash_seed = INT64_MAX };
}

static struct sim *run(const struct sharded_config *config, struct asked *script, size_t count)
{
    struct source_config source = { .script = script, .script_count = count };

    return run_script(&sharded_database_model, config, &source);
}

static uint64_t arrived(const struct sim *sim, uint32_t shard)
{
    return instance_of(sim, "db.shard", shard)->started;
}

/* ---- who is asked ---- */

START_TEST(test_sharded_database_modulo_asks_the_row_s_shard)
{
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1 },
                              { .operation = WRITE, .key = 42, .data = 1 },
                              { .operation = READ, .key = 3, .data = 1 },
                              { .operation = READ, .key = 1003, .data = 1 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    sim = run(&config, script, COUNT(script));
    ck_assert_uint_eq(sim_find_group(sim, "db.shard")->count, 4);
    ck_assert_uint_eq(arrived(sim, 0), 0);
    ck_assert_uint_eq(arrived(sim, 1), 0);
    ck_assert_uint_eq(arrived(sim, 2), 2);
    ck_assert_uint_eq(arrived(sim, 3), 2);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_uint_eq(script[0].bytes, 1100);
    ck_assert_int_eq(script[3].outcome, OUTCOME_NOT_FOUND);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_user_key_asks_the_user_s_shard)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 0, .data = 1, .user = 5 },
                              { .at_ns = SECOND, .operation = READ, .key = 1, .data = 1, .user = 5 },
                              { .at_ns = SECOND, .operation = READ, .key = 0, .data = 1, .user = 7 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.shard_key = user_key;
    sim = run(&config, script, COUNT(script));
    ck_assert_uint_eq(arrived(sim, 1), 2);
    ck_assert_uint_eq(arrived(sim, 3), 1);
    ck_assert_uint_eq(script[2].flags & REQUEST_STALE, 0); /* another user's row 0 */
    sim_destroy(sim);
}
END_TEST

/* A shard has a quarter of the thousand rows, and its user deletes more than that. */
START_TEST(test_sharded_database_user_key_deletes_no_more_than_there_is)
{
    static struct asked script[400];
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.shard_key = user_key;
    for (uint64_t i = 0; i < COUNT(script); i++)
        script[i] = (struct asked){
            .at_ns = (int64_t)i * SECOND / 10, .operation = DELETE, .key = i, .data = 1, .user = 5
        };
    sim = run(&config, script, COUNT(script));
    ck_assert_int_eq(script[COUNT(script) - 1].outcome, OUTCOME_OK);
    ck_assert_int_eq(level(instance_of(sim, "db.shard", 1), "storage.used")->level, 0);
    ck_assert_int_eq(level(instance_of(sim, "db.shard", 0), "storage.used")->level, 250000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_spreads_requests_about_no_row)
{
    struct asked script[400] = { { 0 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    sim = run(&config, script, COUNT(script));
    for (uint32_t i = 0; i < 4; i++) /* 5 standard errors */
        ck_assert_double_eq_tol((double)arrived(sim, i), 100, 5 * sqrt(75));
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_ring_follows_its_placement)
{
    struct asked script[300];
    struct sharded_config config = sharded_config();
    struct placement placement;
    struct sim *sim;
    uint64_t expected[5] = { 0 };

    set_scene();
    config.placement = PLACEMENT_CONSISTENT_HASH;
    config.shards = 5;
    config.hash_seed = 77;
    for (uint64_t i = 0; i < COUNT(script); i++)
        script[i] = (struct asked){ .operation = READ, .key = i, .data = 1 };
    sim = run(&config, script, COUNT(script));
    placement_init(&placement, &sim->memory, PLACEMENT_CONSISTENT_HASH, 5, 100, 77);
    for (uint64_t i = 0; i < COUNT(script); i++)
        expected[placement_home(&placement, 0, i)]++;
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(arrived(sim, i), expected[i]);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_message_pays_its_way_once)
{
    struct asked script[] = { { .operation = READ, .key = 42, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 1 };
    struct network network = { .latency = law(DISTRIBUTION_CONSTANT, 0.001), .has_latency = true };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    machine.network = 110000; /* an answer of 1100 bytes takes 10 ms */
    sim = make_run(1, &sharded_database_model, &config, &source, &network);
    run_to(sim, SECOND);
    ck_assert_int_eq(script[0].took_ns, 12 * MS);
    sim_destroy(sim);
}
END_TEST

static const struct column_share_config shares[] = {
    { "kr", 0.6 }, { "us", 0.25 }, { "jp", 0.1 }, { "fr", 0.05 }
};
static const struct column_config columns[] = { { .name = "country", .shares = { 4, shares } },
                                                { .name = "day", .distinct = 100, .order = COLUMN_GROWING } };
static const struct shard_key_column country[] = { { "country" } }, day[] = { { "day" } };

/* A row goes where its country is, also when it is written, and the shard has its pages. */
START_TEST(test_sharded_database_column_asks_the_value_s_shard)
{
    struct asked script[200];
    struct sharded_config config = sharded_config();
    uint64_t expected[4] = { 0 };
    struct column column;
    struct sim *sim;

    set_scene();
    profiles.column_values = (struct param_list){ 2, columns };
    config.shard_key = (struct param_list){ 1, country };
    for (uint64_t i = 0; i < COUNT(script); i++)
        script[i] = (struct asked){ .operation = i % 3 ? READ : WRITE, .key = 5 * i, .data = 1 };
    sim = run(&config, script, COUNT(script));
    column_init(&column, sim, &profiles, &columns[0]);
    for (uint64_t i = 0; i < COUNT(script); i++) {
        expected[column_value(&column, 5 * i) % 4]++;
        ck_assert_int_eq(script[i].outcome, OUTCOME_OK);
    }
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(arrived(sim, i), expected[i]);
    ck_assert_int_eq(database_storage(instance_of(sim, "db.shard", 0)), 600000);
    ck_assert_int_eq(database_storage(instance_of(sim, "db.shard", 3)), 50000);
    sim_destroy(sim);
}
END_TEST

/* The directory is asked before the shard, for 1 ms; for 5 s its answer is kept for the whole country. */
START_TEST(test_sharded_database_directory_is_asked_and_its_answers_are_kept)
{
    static const struct listed_value_config listed[] = { { "kr", 1 } };
    const struct directory_config server = { .host = "machine",
                                             .time = law(DISTRIBUTION_CONSTANT, 0.001),
                                             .kept = 5 * SECOND };
    struct sharded_config config = sharded_config();
    struct asked script[6];
    struct column column;
    uint64_t korean[6], found = 0;
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);

    set_scene();
    profiles.column_values = (struct param_list){ 2, columns };
    column_init(&column, sim, &profiles, &columns[0]);
    for (uint64_t row = 0; found < 6; row++)
        if (column_value(&column, row) == 0)
            korean[found++] = row;
    sim_destroy(sim);
    for (uint64_t i = 0; i < 6; i++)
        script[i] = (struct asked){ .at_ns = (int64_t)i * 2 * SECOND,
                                    .operation = i % 2 ? WRITE : READ,
                                    .key = korean[i],
                                    .data = 1 };
    config.placement = PLACEMENT_DIRECTORY;
    config.shard_key = (struct param_list){ 1, country };
    config.directory = (struct param_list){ 1, listed };
    config.directory_server = &server;
    sim = run(&config, script, 6);
    ck_assert_uint_eq(instance_of(sim, "db.directory", 0)->started, 2); /* at 0 s and 6 s */
    ck_assert_uint_eq(arrived(sim, 1), 6);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_int_eq(script[1].took_ns, MS); /* of the commit */
    ck_assert_int_eq(script[2].took_ns, 0);
    ck_assert_int_eq(script[3].took_ns, 2 * MS);
    ck_assert_uint_eq(script[0].bytes, 1100);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "directory.kept"), 4);
    sim_destroy(sim);
}
END_TEST

/* New rows have the greatest keys: they go to the last range whatever row they are about; others do not. */
START_TEST(test_sharded_database_growing_keys_fill_the_last_range)
{
    struct asked script[100];
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    profiles.column_values = (struct param_list){ 2, columns };
    config.placement = PLACEMENT_RANGE;
    config.shard_key = (struct param_list){ 1, day };
    for (uint64_t i = 0; i < COUNT(script); i++)
        script[i] = (struct asked){ .operation = i < 40 ? READ : INSERT, .key = 10 * i, .data = 1 };
    sim = run(&config, script, COUNT(script));
    ck_assert_uint_eq(arrived(sim, 0), 25);
    ck_assert_uint_eq(arrived(sim, 1), 15);
    ck_assert_uint_eq(arrived(sim, 2), 0);
    ck_assert_uint_eq(arrived(sim, 3), 60);
    ck_assert_int_eq(database_storage(instance_of(sim, "db.shard", 3)), 250000 + 60 * 1000);
    sim_destroy(sim);
}
END_TEST

/* Each holds its part of the rows, and its part of the pages: together they hold all in memory that one could
 * not. */
START_TEST(test_sharded_database_shards_share_rows_and_memory)
{
    struct asked script[1000];
    struct sharded_config config = sharded_config();
    struct sim *sim;
    uint64_t misses = 0, hits = 0;

    set_scene();
    profiles.popularity = POPULARITY_ZIPF;
    machine.memory = 400000; /* 300 pages of 250 */
    for (uint64_t i = 0; i < COUNT(script); i++)
        script[i] = (struct asked){ .operation = READ, .key = i, .data = 1 };
    sim = run(&config, script, COUNT(script));
    for (uint32_t i = 0; i < 4; i++) {
        const struct component *shard = instance_of(sim, "db.shard", i);

        ck_assert_int_eq(level(shard, "storage.used")->level, 250000);
        ck_assert_uint_eq(other_counter(shard, "buffer_pool.hit_ratio"), 0);
    }
    sim_destroy(sim);
    machine.memory = 200000; /* 150 of 250 */
    sim = run(&config, script, COUNT(script));
    for (uint32_t i = 0; i < 4; i++) {
        hits += counter(instance_of(sim, "db.shard", i), "buffer_pool.hit_ratio");
        misses += other_counter(instance_of(sim, "db.shard", i), "buffer_pool.hit_ratio");
    }
    ck_assert_uint_eq(hits + misses, 1000);
    ck_assert_uint_ge(misses, 400); /* each row once: 150 are there, fewer when misses have driven them out */
    ck_assert_uint_ge(hits, 100);
    sim_destroy(sim);
}
END_TEST

/* ---- the celebrity (O28) ---- */

static void ask_celebrity(struct request *request, struct rng *rng)
{
    request->key = rng_uniform(rng) < 0.2 ? 42 : rng_below(rng, (uint64_t)profiles.rows);
}

static struct sim *run_celebrity(struct sharded_config *config, double rate, int64_t measure_ns)
{
    struct source_config source = { .rate = rate, .ask = ask_celebrity };
    struct sim *sim;

    set_scene();
    profiles.rows = 1000000;
    machine.memory = INT64_C(1) << 40;
    config->node.read_time = law(DISTRIBUTION_EXPONENTIAL, 0.001);
    sim = make_run(11, &sharded_database_model, config, &source, NULL);
    run_to(sim, 10 * SECOND);
    sim_window_start(sim);
    run_to(sim, 10 * SECOND + measure_ns);
    return sim;
}

static double share_of(const struct sim *sim, uint32_t shard)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < sim_find_group(sim, "db.shard")->count; i++)
        sum += arrived(sim, i);
    return (double)arrived(sim, shard) / (double)sum;
}

/* Mean time in the system of each shard from its mean number inside: Little's law. */
static double sojourn_s(const struct sim *sim, uint32_t shard)
{
    const struct component *component = instance_of(sim, "db.shard", shard);
    int64_t now_ns = sim->now_ns;
    double seconds = (double)(now_ns - sim->window_start_ns) * 1e-9;

    return component_in_flight_mean(component) * seconds /
           (double)(component->started - component->window_started);
}

START_TEST(test_sharded_database_hot_row_fills_its_shard)
{
    struct sharded_config config = sharded_config();
    struct sim *sim = run_celebrity(&config, 2000, 500 * SECOND); /* a million requests */

    ck_assert_double_eq_tol(share_of(sim, 2), 0.4, 0.003);
    ck_assert_double_eq_tol(utilisation(instance_of(sim, "db.shard", 2), "cpu"), 0.8, 0.008);
    ck_assert_double_eq_tol(utilisation(instance_of(sim, "db.shard", 0), "cpu"), 0.4, 0.005);
    ck_assert_double_eq_tol(sojourn_s(sim, 2), 0.005, 0.00025);
    ck_assert_double_eq_tol(sojourn_s(sim, 0), 1.0 / 600, 0.00003);
    ck_assert_double_eq_tol(histogram_mean(&sim_find_group(sim, "db")->latency_ok) * 1e-9, 0.003, 0.0001);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_own_shard_takes_the_hot_row_alone)
{
    static const struct own_shard_row_config own = { .row = 42 };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    config.own_shard_rows = (struct param_list){ .count = 1, .items = &own };
    machine.price = 2;
    sim = run_celebrity(&config, 2000, 50 * SECOND);
    ck_assert_uint_eq(sim_find_group(sim, "db.shard")->count, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_double_eq_tol(share_of(sim, i), 0.2, 0.006);
    ck_assert_int_eq(level(instance_of(sim, "db.shard", 4), "storage.used")->level, 1000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_copies_share_the_reads_of_the_hot_row)
{
    static const struct copied_row_config copied = { .row = 42, .copies = 4 };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    config.copied_rows = (struct param_list){ .count = 1, .items = &copied };
    sim = run_celebrity(&config, 2000, 50 * SECOND);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(share_of(sim, i), 0.25, 0.006);
    sim_destroy(sim);
}
END_TEST

/* ---- copies ---- */

static const struct copied_row_config three_copies = { .row = 42, .copies = 3 };

START_TEST(test_sharded_database_write_goes_to_all_copies)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 42, .data = 1 },
                              { .at_ns = SECOND, .operation = WRITE, .key = 42, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = WRITE, .key = 43, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 42, .data = 1 },
                              { .at_ns = 4 * SECOND, .operation = DELETE, .key = 42, .data = 1 },
                              { .at_ns = 5 * SECOND, .operation = READ, .key = 42, .data = 1 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.copied_rows = (struct param_list){ .count = 1, .items = &three_copies };
    sim = run(&config, script, COUNT(script));
    ck_assert_int_eq(script[0].took_ns, MS); /* all at the same time */
    ck_assert_uint_eq(script[0].version, 1);
    ck_assert_uint_eq(script[1].version, 2);
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_uint_eq(script[3].version, 2);
    ck_assert_int_eq(script[5].outcome, OUTCOME_NOT_FOUND);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "copied.writes"), 3);
    ck_assert_uint_eq(counter(instance_of(sim, "db.shard", 2), "log.appended"), 3);
    ck_assert_uint_eq(counter(instance_of(sim, "db.shard", 3), "log.appended"), 4);
    ck_assert_uint_eq(counter(instance_of(sim, "db.shard", 0), "log.appended"), 3);
    ck_assert_uint_eq(arrived(sim, 1), 0);
    ck_assert_uint_eq(row_version(sim, 1, 42), 3);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_write_takes_as_long_as_its_slowest_copy)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 2, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 42, .data = 1 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.copied_rows = (struct param_list){ .count = 1, .items = &three_copies };
    sim = run(&config, script, COUNT(script));
    ck_assert_int_eq(script[1].took_ns, 2 * MS); /* on shard 2 it waits for the log write of row 2 */
    sim_destroy(sim);
}
END_TEST

static void ask_copied_row(struct request *request, struct rng *rng)
{
    request->operation = rng_uniform(rng) < 0.1 ? WRITE : READ;
    request->key = 42;
}

START_TEST(test_sharded_database_copy_can_be_older_for_a_moment_only)
{
    struct asked last[50];
    struct source_config source = {
        .rate = 2000, .ask = ask_copied_row, .stop_ns = 20 * SECOND, .script = last, .script_count = 50
    };
    struct sharded_config config = sharded_config();
    struct sim *sim;
    uint64_t writes, at_shards = 0;

    set_scene();
    config.node.write_time = law(DISTRIBUTION_EXPONENTIAL, 0.001);
    config.copied_rows = (struct param_list){ .count = 1, .items = &three_copies };
    for (size_t i = 0; i < COUNT(last); i++)
        last[i] = (struct asked){ .at_ns = 30 * SECOND, .operation = READ, .key = 42, .data = 1 };
    sim = make_run(1, &sharded_database_model, &config, &source, NULL);
    run_to(sim, 25 * SECOND);
    writes = counter(instance_of(sim, "db", 0), "copied.writes");
    ck_assert_double_eq_tol((double)writes, 4000, 320);
    ck_assert_uint_eq(row_version(sim, 1, 42), (uint32_t)writes);
    ck_assert_uint_gt(counter(instance_of(sim, "db", 0), "stale_reads"), 1000);
    for (uint32_t i = 0; i < 4; i++)
        at_shards += counter(instance_of(sim, "db.shard", i), "stale_reads");
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "stale_reads"), at_shards);
    run_to(sim, 40 * SECOND);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "stale_reads"),
                      at_shards); /* none when writes are over */
    for (size_t i = 0; i < COUNT(last); i++) {
        ck_assert_uint_eq(last[i].version, (uint32_t)writes);
        ck_assert_uint_eq(last[i].flags, 0);
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_more_copies_than_shards_share_shards)
{
    static const struct copied_row_config six = { .row = 42, .copies = 6 };
    struct asked script[] = { { .operation = WRITE, .key = 42, .data = 1 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.copied_rows = (struct param_list){ .count = 1, .items = &six };
    sim = run(&config, script, COUNT(script));
    ck_assert_uint_eq(arrived(sim, 2), 2);
    ck_assert_uint_eq(arrived(sim, 3), 2);
    ck_assert_uint_eq(arrived(sim, 0), 1);
    ck_assert_uint_eq(arrived(sim, 1), 1);
    ck_assert_uint_eq(script[0].version, 1);
    ck_assert_int_eq(script[0].took_ns, 2 * MS); /* two on one shard lock the same row */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_sharded_database_write_fails_when_a_copy_refuses)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 3, .data = 1 },
                              { .at_ns = 0, .operation = WRITE, .key = 42, .data = 1 },
                              { .at_ns = SECOND, .operation = WRITE, .key = 42, .data = 1 } };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    config.node.connections = 1;
    config.node.connection_queue = 0;
    config.copied_rows = (struct param_list){ .count = 1, .items = &three_copies };
    sim = run(&config, script, COUNT(script));
    ck_assert_int_eq(script[1].outcome, OUTCOME_REFUSED); /* shard 3 is busy with row 3 */
    ck_assert_int_eq(script[2].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[2].version, 2); /* above what the others have written */
    sim_destroy(sim);
}
END_TEST

static void ask_all_kinds(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { READ, READ, WRITE, INSERT, DELETE };

    request->operation = (uint8_t)operations[rng_below(rng, COUNT(operations))];
    request->key = rng_below(rng, 4) ? 40 + rng_below(rng, 4) : rng_below(rng, 1000);
    request->user = rng_below(rng, 100);
}

START_TEST(test_sharded_database_mixed_load_conserves)
{
    static const struct copied_row_config copied[] = { { .row = 42, .copies = 3 },
                                                       { .row = 41, .copies = 7 } };
    static const struct own_shard_row_config own = { .row = 40 };
    struct source_config source = {
        .rate = 3000, .ask = ask_all_kinds, .timeout_ns = 5 * MS, .stop_ns = 4 * SECOND
    };
    struct sharded_config config = sharded_config();
    struct sim *sim;

    set_scene();
    machine.memory = 100000;
    machine.disk_operations = 2000;
    config.placement = PLACEMENT_CONSISTENT_HASH;
    config.node.write_time = config.node.read_time = law(DISTRIBUTION_EXPONENTIAL, 0.0003);
    config.node.connections = 5;
    config.node.connection_queue = 5;
    config.copied_rows = (struct param_list){ .count = 2, .items = copied };
    config.own_shard_rows = (struct param_list){ .count = 1, .items = &own };
    sim = make_run(5, &sharded_database_model, &config, &source, NULL);
    for (int step = 1; step <= 40; step++)
        run_to(sim, step * 100 * MS);
    run_to(sim, 60 * SECOND);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_gt(sim->timeouts, 100);
    ck_assert_uint_gt(instance_of(sim, "db", 0)->finished[OUTCOME_REFUSED], 0);
    sim_destroy(sim);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(test_sharded_database_check_finds_rows_named_twice_or_for_users)
{
    static const struct copied_row_config copied[] = { { .row = 1, .copies = 3 },
                                                       { .row = 42, .copies = 3 } };
    static const struct own_shard_row_config own = { .row = 42 };
    struct param_problems none = { 0 }, twice = { 0 }, users = { 0 };
    struct sharded_config config = sharded_config();

    config.copied_rows = (struct param_list){ .count = 2, .items = copied };
    sharded_database_model.check(&config, &none);
    ck_assert_uint_eq(none.count, 0);
    config.own_shard_rows = (struct param_list){ .count = 1, .items = &own };
    sharded_database_model.check(&config, &twice);
    ck_assert_uint_eq(twice.count, 2);
    ck_assert_str_eq(twice.first_path, "copied_rows[1].row");
    config.own_shard_rows.count = 0;
    config.shard_key = user_key;
    sharded_database_model.check(&config, &users);
    ck_assert_uint_eq(users.count, 2);
}
END_TEST

/* What is wrong with the configuration first, and how much is. */
static struct param_problems problems_of(const struct sharded_config *config)
{
    struct param_problems problems = { 0 };

    sharded_database_model.check(config, &problems);
    return problems;
}

START_TEST(test_sharded_database_check_finds_what_no_placement_can_mean)
{
    static const struct shard_key_column mixed[] = { { "country" }, { SHARD_KEY_USER }, { "country" } };
    static const struct split_config splits[] = { { 100 }, { 300 }, { 200 } };
    static const struct listed_value_config listed[] = { { "kr", 3 }, { "us", 4 }, { "kr", 1 } };
    static const struct copied_row_config copied[] = { { .row = 1, .copies = 3 } };
    struct sharded_config config = sharded_config();

    config.shard_key = (struct param_list){ 3, mixed };
    ck_assert_uint_eq(problems_of(&config).count, 2);
    ck_assert_str_eq(problems_of(&config).first_path, "shard_key[1]");
    config = sharded_config();
    config.splits = (struct param_list){ 3, splits };
    ck_assert_str_eq(problems_of(&config).first_path, "splits");
    config.placement = PLACEMENT_RANGE;
    ck_assert_uint_eq(problems_of(&config).count, 1);
    ck_assert_str_eq(problems_of(&config).first_path, "splits[2]");
    config.splits.count = 2;
    ck_assert_str_eq(problems_of(&config).first_path, "splits");
    config.shard_key = user_key;
    ck_assert_str_eq(problems_of(&config).first_path, "placement");
    config = sharded_config();
    config.directory = (struct param_list){ 3, listed };
    ck_assert_uint_eq(problems_of(&config).count, 3);
    config.placement = PLACEMENT_DIRECTORY;
    ck_assert_uint_eq(problems_of(&config).count, 2);
    ck_assert_str_eq(problems_of(&config).first_path, "directory[1].shard");
    config.directory.count = 1;
    config.copied_rows = (struct param_list){ 1, copied };
    ck_assert_str_eq(problems_of(&config).first_path, "copied_rows");
}
END_TEST

TEST_MAIN("sharded_database", test_sharded_database_modulo_asks_the_row_s_shard,
          test_sharded_database_user_key_asks_the_user_s_shard,
          test_sharded_database_user_key_deletes_no_more_than_there_is,
          test_sharded_database_spreads_requests_about_no_row,
          test_sharded_database_ring_follows_its_placement, test_sharded_database_message_pays_its_way_once,
          test_sharded_database_shards_share_rows_and_memory, test_sharded_database_hot_row_fills_its_shard,
          test_sharded_database_own_shard_takes_the_hot_row_alone,
          test_sharded_database_copies_share_the_reads_of_the_hot_row,
          test_sharded_database_write_goes_to_all_copies,
          test_sharded_database_write_takes_as_long_as_its_slowest_copy,
          test_sharded_database_copy_can_be_older_for_a_moment_only,
          test_sharded_database_more_copies_than_shards_share_shards,
          test_sharded_database_write_fails_when_a_copy_refuses,
          test_sharded_database_check_finds_rows_named_twice_or_for_users,
          test_sharded_database_mixed_load_conserves, test_sharded_database_column_asks_the_value_s_shard,
          test_sharded_database_directory_is_asked_and_its_answers_are_kept,
          test_sharded_database_growing_keys_fill_the_last_range,
          test_sharded_database_check_finds_what_no_placement_can_mean)
