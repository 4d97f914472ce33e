/* Nodes of a store die and come back: what is lost, who takes over, who follows whom. */
#include "tests/models/replica_run.h"

static struct failover_config promotion(int old_primary)
{
    return (struct failover_config){ .promotion = 2 * SECOND, .old_primary = old_primary };
}

/* ---- one node alone ---- */

START_TEST(test_failover_a_crash_ends_everything_that_waits_in_a_node)
{
    struct asked script[] = {
        { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },       /* holds its row, reads its page */
        { .at_ns = MS / 10, .operation = WRITE, .key = 5, .data = 1 }, /* waits for the row */
        { .at_ns = MS / 10, .operation = READ, .key = 5, .data = 1 },  /* for that page */
        { .at_ns = 2 * SECOND - 3 * MS, .operation = WRITE, .key = 5, .data = 1 }, /* is there again */
        { .at_ns = 2 * SECOND + MS, .operation = READ, .key = 5, .data = 1 },      /* cold */
        { .at_ns = 3 * SECOND - MS / 2, .operation = WRITE, .key = 6, .data = 1 }, /* in commit */
        { .at_ns = 3 * SECOND + MS, .operation = READ, .key = 6, .data = 1 },      /* nobody is there */
    };
    const struct death deaths[] = { { NULL, 0, 0, MS / 2, SECOND },
                                    { NULL, 0, 0, 2 * SECOND, 2 * SECOND + MS / 2 },
                                    { NULL, 0, 0, 3 * SECOND, 0 } };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.start = DATABASE_COLD;
    sim = run_replicated(&config, script, COUNT(script), deaths, 3, NULL);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(script[i].outcome, OUTCOME_CRASHED);
    ck_assert_int_eq(script[3].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[3].took_ns, 2 * MS); /* page and log */
    ck_assert_uint_eq(script[3].version, 1);
    ck_assert_int_eq(script[4].took_ns, MS);
    ck_assert_uint_eq(script[4].version, 1);
    ck_assert_uint_eq(script[4].flags, 0);
    ck_assert_int_eq(script[5].outcome, OUTCOME_CRASHED);
    ck_assert_int_eq(script[6].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "writes.lost"), 0);
    sim_destroy(sim);
}
END_TEST

/* Two writes are on disk when it dies, three are not. */
START_TEST(test_failover_delayed_commits_that_are_not_on_disk_are_lost)
{
    struct asked script[] = {
        { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = MS, .operation = INSERT, .key = 5, .data = 1 },
        { .at_ns = 1500 * MS, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = 1500 * MS, .operation = INSERT, .key = 5, .data = 1 },
        { .at_ns = 1600 * MS, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = 3 * SECOND, .operation = READ, .key = 5, .data = 1 },
        { .at_ns = 3 * SECOND, .operation = READ, .key = 1000, .data = 1 },
        { .at_ns = 3 * SECOND, .operation = READ, .key = 1001, .data = 1 },
        { .at_ns = 4 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = 5 * SECOND, .operation = READ, .key = 5, .data = 1 },
    };
    const struct death death = { NULL, 0, 0, 1700 * MS, 2 * SECOND };
    struct database_config config = node_config();
    struct sim *sim;

    set_scene();
    config.commit = COMMIT_DELAYED;
    sim = run_replicated(&config, script, COUNT(script), &death, 1, NULL);
    ck_assert_uint_eq(counter(instance_of(sim, "db", 0), "writes.lost"), 3);
    ck_assert_uint_eq(script[4].version, 3);
    ck_assert_uint_eq(script[5].version, 1);
    ck_assert_uint_eq(script[5].flags, 0); /* nobody has a newer one */
    ck_assert_int_eq(script[6].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[7].outcome, OUTCOME_NOT_FOUND);
    ck_assert_uint_eq(script[8].version, 4); /* no version is given twice */
    ck_assert_uint_eq(script[9].version, 4);
    ck_assert_int_eq(level(instance_of(sim, "db", 0), "storage.used")->level, 1001000);
    sim_destroy(sim);
}
END_TEST

/* ---- replicas ---- */

START_TEST(test_failover_reads_go_elsewhere_while_replicas_are_down)
{
    struct asked script[] = { { .at_ns = 2 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 20 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 21 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 40 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 40 * SECOND + MS, .operation = READ, .key = 5, .data = 1 } };
    const struct death death = { "replica", 0, 1, SECOND, 30 * SECOND };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    set_scene();
    config.replication.detection = 10 * SECOND;
    sim = run_replicated(&config, script, COUNT(script), &death, 1, NULL);
    for (size_t i = 0; i < COUNT(script); i++)
        ck_assert_int_eq(script[i].outcome, OUTCOME_OK);
    ck_assert_uint_eq(of_db(sim, "reads.sent_again"), 2); /* before it is known; then the primary at once */
    ck_assert_uint_eq(script[3].version, 1);              /* it has caught up */
    ck_assert_uint_eq(of_db(sim, "reads.stale"), 0);
    ck_assert_uint_eq(instance_of(sim, "db.primary", 0)->started, 3);
    ck_assert_uint_eq(log_size(sim, "db.replica", 1), 1);
    sim_destroy(sim);
}
END_TEST

/* ---- a new primary ---- */

/* Writes every 100 ms from 0 on, shipped after 250 ms. The primary dies at 1.05 s with 11 writes
 * acknowledged, of which those up to 0.8 s have gone. */
#define WRITES 11

static void write_script(struct asked *script, int64_t first_ns, uint64_t first_row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        script[i] = (struct asked){
            .at_ns = first_ns + (int64_t)i * 100 * MS, .operation = WRITE, .key = first_row + i, .data = 1
        };
}

static struct sim *run_failover(const struct failover_config *failover, struct asked *script, size_t count,
                                int64_t back_ns)
{
    const struct death death = { "primary", 0, 0, 1050 * MS, back_ns };
    struct database_config config = replicated_config(2);

    set_scene();
    config.replication.ship_delay = 250 * MS;
    config.replication.detection = SECOND;
    config.replication.failover = failover;
    return run_replicated(&config, script, count, &death, 1, NULL);
}

START_TEST(test_failover_a_replica_takes_over_and_what_was_not_shipped_is_lost)
{
    struct failover_config failover = promotion(OLD_PRIMARY_DISCARDS);
    struct asked script[WRITES + 6] = { { .at_ns = 0 } };
    struct sim *sim;

    write_script(script, 0, 0, WRITES);
    script[WRITES] = (struct asked){ .at_ns = 4050 * MS - 1, .operation = WRITE, .key = 50, .data = 1 };
    script[WRITES + 1] = (struct asked){ .at_ns = 4050 * MS + 1, .operation = WRITE, .key = 50, .data = 1 };
    script[WRITES + 2] = (struct asked){ .at_ns = 5 * SECOND, .operation = READ, .key = 8, .data = 1 };
    script[WRITES + 3] = (struct asked){ .at_ns = 5 * SECOND, .operation = READ, .key = 9, .data = 1 };
    script[WRITES + 4] = (struct asked){ .at_ns = 6 * SECOND, .operation = WRITE, .key = 9, .data = 1 };
    script[WRITES + 5] = (struct asked){ .at_ns = 7 * SECOND, .operation = READ, .key = 9, .data = 1 };
    sim = run_failover(&failover, script, COUNT(script), 30 * SECOND);
    ck_assert_uint_eq(of_db(sim, "writes.lost"),
                      3); /* of 0.8 s, which left at 1.05 s but one disk operation later; 0.9, 1.0 */
    ck_assert_uint_eq(of_db(sim, "failovers"), 1);
    ck_assert_int_eq(script[WRITES].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[WRITES + 1].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[WRITES + 3].version, 0);
    ck_assert_uint_eq(script[WRITES + 3].flags, 0); /* nobody has a newer one */
    ck_assert_uint_eq(script[WRITES + 4].version, 2);
    ck_assert_uint_eq(script[WRITES + 5].version, 2);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_eq(log_size(sim, "db.replica", i), 8 + 2);
    ck_assert_uint_eq(log_size(sim, "db.primary", 0), 8 + 2); /* it follows */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_failover_the_script_replays_what_the_old_primary_had)
{
    struct failover_config failover = promotion(OLD_PRIMARY_REPLAYS);
    struct asked script[WRITES + 3] = { { .at_ns = 0 } };
    struct sim *sim;

    write_script(script, 0, 0, WRITES);
    script[WRITES] = (struct asked){ .at_ns = 20 * SECOND, .operation = WRITE, .key = 9, .data = 1 };
    script[WRITES + 1] = (struct asked){ .at_ns = 40 * SECOND, .operation = READ, .key = 9, .data = 1 };
    script[WRITES + 2] = (struct asked){ .at_ns = 40 * SECOND, .operation = READ, .key = 10, .data = 1 };
    sim = run_failover(&failover, script, COUNT(script), 30 * SECOND);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 3);
    ck_assert_uint_eq(of_db(sim, "writes.recovered"), 2);
    ck_assert_uint_eq(of_db(sim, "writes.conflicting"), 1);
    ck_assert_uint_eq(script[WRITES + 1].version, 2); /* the users' own, after the failover */
    ck_assert_uint_eq(script[WRITES + 2].version, 2); /* the script's */
    ck_assert_uint_eq(log_size(sim, "db.primary", 0), 8 + 1 + 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_failover_without_one_writes_fail_until_the_primary_is_back)
{
    struct asked script[WRITES + 4] = { { .at_ns = 0 } };
    struct sim *sim;

    write_script(script, 0, 0, WRITES);
    script[WRITES] = (struct asked){ .at_ns = 29 * SECOND, .operation = WRITE, .key = 50, .data = 1 };
    script[WRITES + 1] = (struct asked){ .at_ns = 29 * SECOND, .operation = READ, .key = 9, .data = 1 };
    script[WRITES + 2] = (struct asked){ .at_ns = 31 * SECOND, .operation = WRITE, .key = 50, .data = 1 };
    script[WRITES + 3] = (struct asked){ .at_ns = 40 * SECOND, .operation = READ, .key = 9, .data = 1 };
    sim = run_failover(NULL, script, COUNT(script), 30 * SECOND);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 0);
    ck_assert_int_eq(script[WRITES].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[WRITES + 1].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[WRITES + 1].flags, REQUEST_STALE);
    ck_assert_int_eq(script[WRITES + 2].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[WRITES + 3].version, 1);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_eq(log_size(sim, "db.replica", i), WRITES + 1);
    sim_destroy(sim);
}
END_TEST

/* Replica 0 misses the last writes before the primary dies: replica 1 is the one. */
START_TEST(test_failover_the_most_advanced_replica_is_elected)
{
    struct failover_config failover = promotion(OLD_PRIMARY_DISCARDS);
    struct asked script[] = { { .at_ns = 1 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = WRITE, .key = 6, .data = 1 },
                              { .at_ns = 20 * SECOND, .operation = WRITE, .key = 7, .data = 1 },
                              { .at_ns = 20 * SECOND + 10 * MS, .operation = READ, .key = 6, .data = 1 } };
    const struct death deaths[] = { { "replica", 0, 0, 2 * SECOND, 5 * SECOND },
                                    { "primary", 0, 0, 4 * SECOND, 0 } };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    set_scene();
    config.replication.detection = 2 * SECOND;
    config.replication.failover = &failover;
    sim = run_replicated(&config, script, COUNT(script), deaths, 2, NULL);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 0);
    ck_assert_uint_eq(of_db(sim, "failovers"), 1);
    ck_assert_int_eq(script[2].outcome, OUTCOME_OK);
    ck_assert_uint_eq(script[3].version, 1);
    ck_assert_uint_eq(instance_of(sim, "db.replica", 1)->started, 1); /* the write; the read is the other's */
    ck_assert_uint_eq(log_size(sim, "db.replica", 0), 3);
    sim_destroy(sim);
}
END_TEST

static void ask_reads_and_writes(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { READ,         READ, WRITE, WRITE, INSERT, OPERATION_DELETE,
                                                 OPERATION_PUT };

    request->operation = (uint8_t)operations[rng_below(rng, COUNT(operations))];
    request->key = rng_below(rng, 50);
    request->user = rng_below(rng, 20);
    request->rows = (uint16_t)(1 + rng_below(rng, 3));
}

/* Whatever dies when, the nodes that are up agree at last. */
static void check_agreement(const struct sim *sim, uint32_t replicas, uint64_t seed)
{
    const struct database *first = component_state(instance_of(sim, "db.primary", 0));
    const struct database *leader = replica_database(replica_set_primary(first->replica->set));

    for (uint32_t i = 0; i <= replicas; i++) {
        const struct component *node = instance_of(sim, i ? "db.replica" : "db.primary", i ? i - 1 : 0);
        const struct database *db = component_state(node);

        ck_assert_msg(db->log.next == leader->log.next, "seed %lu: node %u has %lu of %lu",
                      (unsigned long)seed, i, (unsigned long)db->log.next, (unsigned long)leader->log.next);
        for (uint64_t row = 0; row < 50; row++) {
            struct row_entry there = row_table_look(&db->rows, row_id(1, row));
            struct row_entry wanted = row_table_look(&leader->rows, row_id(1, row));

            ck_assert_msg(there.version == wanted.version && there.state == wanted.state,
                          "seed %lu: node %u, row %lu", (unsigned long)seed, i, (unsigned long)row);
        }
        ck_assert_int_eq(db->storage.level, leader->storage.level);
    }
}

static void run_storm(uint64_t seed)
{
    struct source_config source = {
        .rate = 300, .stop_ns = 60 * SECOND, .ask = ask_reads_and_writes, .timeout_ns = SECOND
    };
    struct failover_config failover = { .promotion = SECOND, .old_primary = (int)(seed / 2 % 2) };
    const struct replacement_config replacement = { .after = SECOND, .bandwidth = 1e6 };
    struct database_config config = replicated_config(1 + (int64_t)(seed % 3));
    struct sim *sim;
    struct rng rng;

    set_scene();
    rng_init(&rng, seed, "test", "storm");
    config.replication.mode = (int)rng_below(&rng, 3);
    config.replication.reads = (int)rng_below(&rng, 3);
    config.replication.read_your_writes = (int)rng_below(&rng, 3);
    config.replication.sync_timeout = 2 * SECOND;
    config.replication.detection = (int64_t)rng_below(&rng, 3) * SECOND;
    config.replication.ship_delay = (int64_t)rng_below(&rng, 2) * 300 * MS;
    config.replication.apply_time = law(DISTRIBUTION_EXPONENTIAL, 0.002);
    config.replication.apply_threads = 1 + (int64_t)rng_below(&rng, 4);
    config.commit = (int)rng_below(&rng, 2);
    config.start = (int)rng_below(&rng, 2);
    config.replication.failover = rng_below(&rng, 4) ? &failover : NULL;
    config.replication.replacement = rng_below(&rng, 2) ? &replacement : NULL;
    config.replication.log_kept = rng_below(&rng, 2) ? 50000 : INT64_MAX;
    sim = make_run(seed, &replicated_database_model, &config, &source, NULL);
    for (int i = 0; i < 12; i++) {
        struct death death = { rng_below(&rng, 2) ? "primary" : "replica", 0, 0, 0, 0 };

        if (death.part[0] == 'r')
            death.first = death.last = (uint32_t)rng_below(&rng, (uint64_t)config.replicas);
        death.from_ns = (int64_t)rng_below(&rng, 50 * SECOND);
        death.until_ns = death.from_ns + 1 + (int64_t)rng_below(&rng, 8 * SECOND);
        add_deaths(sim, &death, 1);
    }
    run_to(sim, 150 * SECOND);
    check_agreement(sim, (uint32_t)config.replicas, seed);
    sim_destroy(sim);
}

START_TEST(test_failover_nodes_agree_after_a_storm_of_crashes)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        run_storm(seed);
}
END_TEST

/* 1 MB of rows at 2 MB/s, half a second; it follows from where the copy began. */
START_TEST(test_failover_a_new_machine_is_filled_in_the_time_that_its_rows_take)
{
    const struct replacement_config replacement = { .after = 5 * SECOND, .bandwidth = 2e6 };
    struct asked script[] = { { .at_ns = SECOND / 2, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 8250 * MS, .operation = WRITE, .key = 6, .data = 1 },
                              { .at_ns = 8450 * MS, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 8550 * MS, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 8550 * MS, .operation = READ, .key = 6, .data = 1 } };
    const struct death death = { "replica", 0, 0, SECOND, 0 };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    set_scene();
    config.replication.detection = 2 * SECOND;
    config.replication.replacement = &replacement;
    sim = run_replicated(&config, script, COUNT(script), &death, 1, NULL);
    ck_assert_uint_eq(of_db(sim, "replacements"), 1);
    ck_assert_uint_eq(of_db(sim, "reads.at_primary"), 1);
    ck_assert_uint_eq(of_db(sim, "reads.at_replicas"), 2);
    ck_assert_uint_eq(script[3].version, 1);
    ck_assert_uint_eq(script[4].version, 1);
    ck_assert_int_eq(script[3].took_ns, MS); /* cold */
    ck_assert_int_eq(level(instance_of(sim, "db.replica", 0), "storage.used")->level, 1000000);
    sim_destroy(sim);
}
END_TEST

/* So many rows were written that they lie in an array: what the primary writes later is the new machine's only once it
 * has been applied there. */
START_TEST(test_failover_a_new_machine_has_rows_of_its_own)
{
    const struct replacement_config replacement = { .after = 5 * SECOND, .bandwidth = 2e6 };
    struct asked script[] = { { .at_ns = 10 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 10 * SECOND + 2 * MS - 1, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 10 * SECOND + 2 * MS + 1, .operation = READ, .key = 5, .data = 1 } };
    const struct death death = { "replica", 0, 0, SECOND, 0 };
    struct database_config config = replicated_config(1);
    struct source_config source = { .script = script, .script_count = COUNT(script) };
    struct database *primary;
    struct sim *sim;

    set_scene();
    config.replication.replacement = &replacement;
    sim = make_run(1, model_for(&database_model, &config), &config, &source, NULL);
    add_deaths(sim, &death, 1);
    run_to(sim, SECOND / 2);
    primary = component_state(instance_of(sim, "db.primary", 0));
    for (uint64_t row = 0; row < 5000; row++)
        row_table_set(&primary->rows, &sim->memory, row_id(1, row),
                      (struct row_entry){ row_commit(sim, 1, row), ROW_PRESENT });
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(of_db(sim, "replacements"), 1);
    ck_assert_uint_eq(of_db(sim, "reads.at_replicas"), 2);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[2].version, 2);
    ck_assert_uint_eq(script[2].flags, 0);
    sim_destroy(sim);
}
END_TEST

/* It was away for too long: the log that it needs is not kept. */
START_TEST(test_failover_who_has_missed_too_much_is_filled_anew)
{
    const struct replicated *state;
    const struct death death = { "replica", 0, 0, SECOND, 60 * SECOND };
    struct database_config config = replicated_config(1);
    struct source_config source = { .rate = 200, .stop_ns = 50 * SECOND, .ask = ask_reads_and_writes };
    struct sim *sim;

    set_scene();
    config.replication.log_kept = 100000;
    sim = make_run(3, &replicated_database_model, &config, &source, NULL);
    add_deaths(sim, &death, 1);
    run_to(sim, 55 * SECOND);
    state = component_state(instance_of(sim, "db", 0));
    ck_assert_uint_lt(state->set.log.room, 4096); /* of some 6,000 entries */
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(of_db(sim, "replacements"), 1);
    check_agreement(sim, 1, 3);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("failover", test_failover_a_crash_ends_everything_that_waits_in_a_node,
          test_failover_delayed_commits_that_are_not_on_disk_are_lost,
          test_failover_reads_go_elsewhere_while_replicas_are_down,
          test_failover_a_replica_takes_over_and_what_was_not_shipped_is_lost,
          test_failover_the_script_replays_what_the_old_primary_had,
          test_failover_without_one_writes_fail_until_the_primary_is_back,
          test_failover_the_most_advanced_replica_is_elected,
          test_failover_a_new_machine_is_filled_in_the_time_that_its_rows_take,
          test_failover_a_new_machine_has_rows_of_its_own,
          test_failover_who_has_missed_too_much_is_filled_anew,
          test_failover_nodes_agree_after_a_storm_of_crashes)
