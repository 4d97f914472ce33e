/* Copies of which none leads: when reads and writes are answered, what they miss, what becomes of a copy
 * that was down. */
#include "models/quorum.h"
#include "models/sharded_database.h"
#include "tests/models/replica_run.h"

/* Key-value copies whose work takes no time but the disk's, 1 ms, if commits wait for it. */
static struct database_config quorum_config(int64_t copies, int64_t read, int64_t write)
{
    struct database_config config = node_config();

    config.kind = DATABASE_KEY_VALUE;
    config.commit = COMMIT_DELAYED;
    config.replicas = copies - 1;
    config.replication = (struct replication_config){
        .mode = REPLICATION_QUORUM,
        .apply_threads = 1,
        .quorum = { .read = read, .write = write, .read_repair = true, .hints_kept = INT64_MAX },
    };
    return config;
}

static struct network five_ms(void)
{
    return (struct network){ .has_latency = true,
                             .latency = law(DISTRIBUTION_CONSTANT, 0.005),
                             .path_stretch = 1 };
}

static uint32_t version_at(const struct sim *sim, uint32_t copy, uint64_t row)
{
    const struct database *db = component_state(instance_of(sim, "db.copy", copy));

    return row_table_look(&db->rows, row_id(1, row)).version;
}

/* 10 ms to the coordinator and back; its own copy is there at once, others are another 10 ms away. */
START_TEST(test_quorum_an_answer_comes_when_enough_copies_have_given_theirs)
{
    static const struct {
        int64_t read, write, read_ns, write_ns;
    } cases[] = { { 1, 1, 10 * MS, 10 * MS },
                  { 1, 2, 10 * MS, 20 * MS },
                  { 3, 1, 20 * MS, 10 * MS },
                  { QUORUM_MAJORITY, QUORUM_MAJORITY, 20 * MS, 20 * MS } };
    struct network network = five_ms();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                                  { .at_ns = SECOND, .operation = READ, .key = 5, .data = 1 } };
        struct database_config config = quorum_config(3, cases[i].read, cases[i].write);
        struct sim *sim;

        set_scene();
        sim = run_replicated(&config, script, 2, NULL, 0, &network);
        ck_assert_int_eq(script[0].took_ns, cases[i].write_ns);
        ck_assert_uint_eq(script[0].version, 1);
        ck_assert_int_eq(script[1].took_ns, cases[i].read_ns);
        ck_assert_uint_eq(script[1].version, 1);
        for (uint32_t copy = 0; copy < 3; copy++) /* written everywhere, read at as many as it takes */
            ck_assert_uint_eq(version_at(sim, copy, 5), 1);
        ck_assert_uint_eq(services(sim, "db.copy", "connections"),
                          3 + (cases[i].read ? (uint64_t)cases[i].read : 2));
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_quorum_reads_that_ask_all_take_the_first_answers)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 } };
    struct database_config config = quorum_config(3, 2, 2);
    struct sim *sim;

    set_scene();
    config.replication.quorum.asks = QUORUM_ASKS_ALL;
    sim = run_replicated(&config, script, 1, NULL, 0, NULL);
    ck_assert_uint_eq(services(sim, "db.copy", "connections"), 3);
    ck_assert_uint_eq(of_db(sim, "reads.answered"), 1);
    sim_destroy(sim);
}
END_TEST

/* A hundred rows are written, one every 100 ms, and read 2 ms after each is acknowledged: those who have it
 * from its coordinator wait for another 3 ms. */
static uint64_t stale_of(int64_t read, int64_t write, struct asked *script)
{
    struct database_config config = quorum_config(3, read, write);
    struct network network = five_ms();
    struct sim *sim;
    uint64_t stale, told = 0;

    set_scene();
    for (int i = 0; i < 100; i++) {
        int64_t acknowledged_ns = i * 100 * MS + (write == 1 ? 5 : 15) * MS;

        script[2 * i] = (struct asked){
            .at_ns = i * 100 * MS, .operation = WRITE, .key = (uint64_t)i, .data = 1
        };
        script[2 * i + 1] = (struct asked){
            .at_ns = acknowledged_ns + 2 * MS - 5 * MS, .operation = READ, .key = (uint64_t)i, .data = 1
        };
    }
    sim = run_replicated(&config, script, 200, NULL, 0, &network);
    stale = of_db(sim, "reads.stale");
    for (int i = 0; i < 100; i++) {
        told += (script[2 * i + 1].flags & REQUEST_STALE) != 0;
        ck_assert_uint_eq(script[2 * i + 1].version, script[2 * i + 1].flags & REQUEST_STALE ? 0 : 1);
    }
    ck_assert_uint_eq(stale, told);
    sim_destroy(sim);
    return stale;
}

START_TEST(test_quorum_reads_are_stale_where_quorums_may_miss_each_other)
{
    struct asked script[200];
    uint64_t alone = stale_of(1, 1, script);

    ck_assert_uint_gt(alone, 66 - 5 * 5); /* two of three copies have not heard of it */
    ck_assert_uint_lt(alone, 66 + 5 * 5);
    ck_assert_uint_eq(stale_of(2, 2, script), 0);
    ck_assert_uint_eq(stale_of(3, 1, script), 0);
    ck_assert_uint_eq(stale_of(1, 3, script), 0);
}
END_TEST

START_TEST(test_quorum_a_copy_that_is_down_matters_only_where_all_are_wanted)
{
    static const struct {
        int64_t write;
        enum outcome outcome;
    } cases[] = { { 1, OUTCOME_OK }, { 2, OUTCOME_OK }, { 3, OUTCOME_UNAVAILABLE } };
    const struct death death = { "copy", 1, 1, SECOND, 20 * SECOND };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int64_t detection = 0; detection <= 5; detection += 5) {
            struct asked script[] = { { .at_ns = 2 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                                      { .at_ns = 10 * SECOND, .operation = WRITE, .key = 6, .data = 1 },
                                      { .at_ns = 30 * SECOND, .operation = WRITE, .key = 7, .data = 1 } };
            struct database_config config = quorum_config(3, 1, cases[i].write);
            struct sim *sim;

            set_scene();
            config.replication.detection = detection * SECOND;
            sim = run_replicated(&config, script, 3, &death, 1, NULL);
            ck_assert_int_eq(script[0].outcome, cases[i].outcome);
            ck_assert_int_eq(script[1].outcome, cases[i].outcome);
            ck_assert_int_eq(script[2].outcome, OUTCOME_OK);
            ck_assert_uint_eq(of_db(sim, "writes.without_quorum"), cases[i].write == 3 ? 2 : 0);
            /* what nobody could send is not kept, either */
            ck_assert_uint_eq(of_db(sim, "hints.kept"), cases[i].write < 3 ? 2 : detection ? 1 : 0);
            ck_assert_uint_eq(of_db(sim, "hints.delivered"), of_db(sim, "hints.kept"));
            ck_assert_int_eq(level(instance_of(sim, "db", 0), "hints.waiting")->level, 0);
            for (uint64_t row = 5; row <= 7; row++)
                ck_assert_uint_eq(version_at(sim, 1, row), version_at(sim, 0, row));
            sim_destroy(sim);
        }
}
END_TEST

/* What nobody keeps for it, a read that meets it brings. */
START_TEST(test_quorum_a_read_repairs_what_a_copy_has_missed)
{
    struct asked script[24] = { { .at_ns = 2 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                                { .at_ns = 2 * SECOND, .operation = WRITE, .key = 6, .data = 1 },
                                { .at_ns = 3 * SECOND, .operation = OPERATION_DELETE, .key = 6, .data = 1 } };
    const struct death death = { "copy", 1, 1, SECOND, 20 * SECOND };
    struct database_config config = quorum_config(3, 2, 2);
    struct sim *sim;

    set_scene();
    config.replication.quorum.hints_kept = 0;
    for (int i = 3; i < 24; i++)
        script[i] = (struct asked){
            .at_ns = (21 + i) * SECOND, .operation = READ, .key = 5 + (uint64_t)i % 2, .data = 1
        };
    sim = run_replicated(&config, script, 24, &death, 1, NULL);
    ck_assert_uint_eq(of_db(sim, "hints.kept"), 0);
    ck_assert_uint_eq(of_db(sim, "hints.dropped"), 3);
    ck_assert_uint_eq(of_db(sim, "reads.repaired"), 2); /* each row once */
    ck_assert_uint_eq(version_at(sim, 1, 5), 1);
    ck_assert_uint_eq(version_at(sim, 1, 6), 2);
    for (int i = 3; i < 24; i++)
        ck_assert_int_eq(script[i].outcome, script[i].key == 5 ? OUTCOME_OK : OUTCOME_NOT_FOUND);
    ck_assert_uint_eq(of_db(sim, "reads.stale"), 0);
    sim_destroy(sim);
}
END_TEST

/* Three acknowledged writes of two rows are in memory only when all copies die; one is on disk. */
START_TEST(test_quorum_what_no_copy_has_on_disk_is_lost)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 3 * SECOND + MS, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = WRITE, .key = 6, .data = 1 },
                              { .at_ns = 9 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 9 * SECOND, .operation = READ, .key = 6, .data = 1 } };
    const struct death all = { NULL, 0, 0, 3500 * MS, 5 * SECOND };
    const struct death one_by_one[] = { { "copy", 0, 0, 3500 * MS, 5 * SECOND },
                                        { "copy", 1, 1, 6 * SECOND, 7 * SECOND } };
    struct database_config config = quorum_config(3, 2, 2);
    struct sim *sim;

    set_scene();
    sim = run_replicated(&config, script, COUNT(script), one_by_one, 2, NULL);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 0);
    ck_assert_uint_eq(script[4].version, 3);
    ck_assert_uint_eq(script[5].version, 1);
    sim_destroy(sim);
    config.replicas = 2;
    sim = make_run(1, &quorum_database_model, &config,
                   &(struct source_config){ .script = script, .script_count = COUNT(script) }, NULL);
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db.copy"),
                                        .last = 2,
                                        .from_ns = all.from_ns,
                                        .until_ns = all.until_ns });
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 3);
    ck_assert_uint_eq(script[4].version, 1);
    ck_assert_uint_eq(script[5].version, 0);
    ck_assert_uint_eq(of_db(sim, "reads.stale"), 0); /* nobody has a newer one */
    sim_destroy(sim);
}
END_TEST

/* Commits that wait for the disk; every copy dies while each of three writes waits at all of them. */
START_TEST(test_quorum_who_waits_for_a_coordinator_hears_of_its_death)
{
    for (uint32_t dead = 0; dead < 3; dead++) {
        struct asked script[30];
        const struct death death = { "copy", dead, dead, SECOND + MS / 2, 0 };
        struct database_config config = quorum_config(3, 2, 2);
        struct sim *sim;
        int crashed = 0;

        set_scene();
        config.commit = COMMIT_FSYNC;
        for (uint64_t i = 0; i < COUNT(script); i++)
            script[i] =
                (struct asked){ .at_ns = SECOND, .operation = WRITE, .key = i, .data = 1, .user = i };
        sim = run_replicated(&config, script, COUNT(script), &death, 1, NULL);
        for (size_t i = 0; i < COUNT(script); i++) {
            crashed += script[i].outcome == OUTCOME_CRASHED;
            ck_assert(script[i].outcome == OUTCOME_CRASHED || script[i].outcome == OUTCOME_OK);
        }
        ck_assert_int_gt(crashed, 2); /* of 10 */
        ck_assert_int_lt(crashed, 20);
        ck_assert_uint_eq(of_db(sim, "hints.kept"), COUNT(script) - (uint64_t)crashed);
        sim_destroy(sim);
    }
}
END_TEST

/* ---- at random ---- */

static void ask_anything(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { READ,  READ, READ, WRITE, WRITE, INSERT, OPERATION_DELETE,
                                                 OPERATION_PUT };

    request->operation = (uint8_t)operations[rng_below(rng, COUNT(operations))];
    request->key = rng_below(rng, 20);
    request->user = rng_below(rng, 10);
}

static void run_storm(uint64_t seed)
{
    struct source_config source = {
        .rate = 300, .stop_ns = 60 * SECOND, .ask = ask_anything, .timeout_ns = SECOND
    };
    struct network network = five_ms();
    struct database_config config;
    struct sim *sim;
    struct rng rng;
    int64_t copies, read;

    set_scene();
    rng_init(&rng, seed, "test", "storm");
    copies = 2 + (int64_t)rng_below(&rng, 4);
    read = 1 + (int64_t)rng_below(&rng, (uint64_t)copies);
    config = quorum_config(copies, read, copies - read + 1);
    config.commit = COMMIT_FSYNC;
    config.start = (int)rng_below(&rng, 2);
    config.write_time = law(DISTRIBUTION_EXPONENTIAL, 0.001);
    config.replication.detection = (int64_t)rng_below(&rng, 3) * SECOND;
    config.replication.quorum.asks = (int)rng_below(&rng, 2);
    config.replication.quorum.read_repair = rng_below(&rng, 2);
    config.replication.quorum.hints_kept = (int64_t)rng_below(&rng, 3) * 2 * SECOND;
    sim = make_run(seed, &quorum_database_model, &config, &source, &network);
    for (int i = 0; i < 12; i++) {
        struct death death = { "copy", 0, 0, 0, 0 };

        death.first = death.last = (uint32_t)rng_below(&rng, (uint64_t)copies);
        death.from_ns = (int64_t)rng_below(&rng, 50 * SECOND);
        death.until_ns = death.from_ns + 1 + (int64_t)rng_below(&rng, 8 * SECOND);
        add_deaths(sim, &death, 1);
    }
    run_to(sim, 150 * SECOND);
    ck_assert_msg(of_db(sim, "reads.stale") == 0 && of_db(sim, "writes.lost") == 0,
                  "seed %lu: %lu of %lu reads stale, %lu writes lost", (unsigned long)seed,
                  (unsigned long)of_db(sim, "reads.stale"), (unsigned long)of_db(sim, "reads.answered"),
                  (unsigned long)of_db(sim, "writes.lost"));
    ck_assert_uint_gt(of_db(sim, "reads.answered"), 0);
    sim_destroy(sim);
}

/* Whatever dies and when: commits are on disk when they are acknowledged, and each read asks one of those. */
START_TEST(test_quorum_no_read_is_stale_where_quorums_meet)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        run_storm(seed);
}
END_TEST

START_TEST(test_quorum_each_shard_has_copies_of_its_own)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = READ, .key = 5, .data = 1 } };
    struct source_config source = { .script = script, .script_count = 2 };
    struct sharded_config config = { .shards = 4, .node = quorum_config(3, 2, 2) };
    struct sim *sim;

    set_scene();
    sim = run_script(&sharded_database_model, &config, &source);
    ck_assert_uint_eq(sim_find_group(sim, "db.shard.copy")->count, 12);
    ck_assert_uint_eq(script[1].version, 1);
    for (uint32_t i = 0; i < 12; i++) { /* row 5 is on shard 1 */
        ck_assert_uint_eq(instance_of(sim, "db.shard.copy", i)->started > 0, i / 3 == 1);
        ck_assert_int_eq(level(instance_of(sim, "db.shard.copy", i), "storage.used")->level, 250000);
    }
    ck_assert_str_eq(sharded_database_model.part_name(&config, 0), "shard.copy");
    ck_assert_ptr_null(sharded_database_model.part_name(&config, 1));
    ck_assert_int_eq(sharded_database_model.part_count(&config, 0), 12);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("quorum", test_quorum_an_answer_comes_when_enough_copies_have_given_theirs,
          test_quorum_reads_that_ask_all_take_the_first_answers,
          test_quorum_reads_are_stale_where_quorums_may_miss_each_other,
          test_quorum_a_copy_that_is_down_matters_only_where_all_are_wanted,
          test_quorum_a_read_repairs_what_a_copy_has_missed, test_quorum_what_no_copy_has_on_disk_is_lost,
          test_quorum_who_waits_for_a_coordinator_hears_of_its_death,
          test_quorum_no_read_is_stale_where_quorums_meet, test_quorum_each_shard_has_copies_of_its_own)
