/* Nodes that the network has cut off: who goes on taking writes, what of that is kept, and how all agree
 * afterwards. */
#include "models/quorum.h"
#include "sim/cut.h"
#include "tests/models/replica_run.h"

/* A write every 100 ms. The primary is cut off at 1.05 s; it is known at 2.05 s, and at 4.05 s another one
 * leads. */
#define WRITES 120
#define CUT_NS (1050 * MS)
#define WHOLE_NS (10050 * MS)

static void write_all(struct asked *script, enum operation operation)
{
    for (uint64_t i = 0; i < WRITES; i++)
        script[i] =
            (struct asked){ .at_ns = (int64_t)i * 100 * MS, .operation = operation, .key = i % 7, .data = 1 };
}

static void cut_off(struct sim *sim, const char *part, uint32_t instance, int64_t from_ns, int64_t until_ns,
                    struct group *const *with, uint32_t with_count)
{
    sim_add_cut(sim, &(struct cut){ .group = sim_find_group(sim, part),
                                    .first = instance,
                                    .last = instance,
                                    .with = with,
                                    .with_count = with_count,
                                    .from_ns = from_ns,
                                    .until_ns = until_ns });
}

static uint32_t version_at(const struct sim *sim, const char *part, uint32_t instance, uint64_t row)
{
    const struct database *db = component_state(instance_of(sim, part, instance));

    return row_table_look(&db->rows, row_id(1, row)).version;
}

/* The primary is cut off, and those who write with it or not. */
static struct sim *run_cut(const struct failover_config *failover, bool with_users, struct asked *script)
{
    static struct group *with[1];
    struct source_config source = { .script = script, .script_count = WRITES };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    set_scene();
    config.replication.detection = SECOND;
    config.replication.failover = failover;
    sim = make_run(1, &replicated_database_model, &config, &source, NULL);
    with[0] = sim_find_group(sim, "users");
    cut_off(sim, "db.primary", 0, CUT_NS, WHOLE_NS, with, with_users);
    run_to(sim, 100 * SECOND);
    for (uint64_t row = 0; row < 7; row++)
        for (uint32_t i = 0; i < 2; i++)
            ck_assert_uint_eq(version_at(sim, "db.replica", i, row), version_at(sim, "db.primary", 0, row));
    return sim;
}

static void expect_outcome(const struct asked *script, int64_t from_ms, int64_t to_ms, enum outcome outcome)
{
    for (int i = 0; i < WRITES; i++)
        if (script[i].at_ns >= from_ms * MS && script[i].at_ns < to_ms * MS)
            ck_assert_msg(script[i].outcome == outcome, "at %ld ms: %d", (long)(script[i].at_ns / MS),
                          (int)script[i].outcome);
}

START_TEST(test_replica_cut_fencing_ends_the_old_primary)
{
    const struct failover_config failover = { .promotion = 2 * SECOND, .fencing = true };
    struct asked script[WRITES];
    struct sim *sim;

    write_all(script, WRITE);
    sim = run_cut(&failover, true, script);
    expect_outcome(script, 0, 2050, OUTCOME_OK);
    expect_outcome(script, 2050, 10050, OUTCOME_UNAVAILABLE);
    expect_outcome(script, 10050, 12000, OUTCOME_OK);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 10);
    ck_assert_uint_eq(of_db(sim, "writes.lost_split_brain"), 0);
    ck_assert_uint_eq(of_db(sim, "failovers"), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_replica_cut_without_fencing_both_lead_and_one_side_is_thrown_away)
{
    const struct failover_config failover = { .promotion = 2 * SECOND };
    struct asked script[WRITES];
    struct sim *sim;

    write_all(script, WRITE);
    sim = run_cut(&failover, true, script);
    expect_outcome(script, 0, 12000, OUTCOME_OK);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 30);
    ck_assert_uint_eq(of_db(sim, "writes.lost_split_brain"), 60);
    ck_assert_uint_eq(version_at(sim, "db.primary", 0, 0), 18); /* no version is given twice */
    sim_destroy(sim);
}
END_TEST

/* Nobody writes at the new primary meanwhile. */
START_TEST(test_replica_cut_a_script_may_bring_the_other_side_back)
{
    const struct failover_config failover = { .promotion = 2 * SECOND, .old_primary = OLD_PRIMARY_REPLAYS };
    struct asked script[WRITES];
    struct sim *sim;

    write_all(script, WRITE);
    sim = run_cut(&failover, true, script);
    ck_assert_uint_eq(of_db(sim, "writes.recovered") + of_db(sim, "writes.conflicting"), 90);
    ck_assert_uint_gt(of_db(sim, "writes.recovered"), 60);
    sim_destroy(sim);
}
END_TEST

/* Those who do not reach it lose their messages until that is known, and have another primary then. */
START_TEST(test_replica_cut_callers_on_the_other_side_write_to_the_new_primary)
{
    for (int fencing = 0; fencing < 2; fencing++) {
        const struct failover_config failover = { .promotion = 2 * SECOND, .fencing = fencing };
        struct asked script[WRITES];
        struct sim *sim;

        write_all(script, WRITE);
        sim = run_cut(&failover, false, script);
        expect_outcome(script, 0, 1050, OUTCOME_OK);
        expect_outcome(script, 1050, 2050, OUTCOME_LOST);
        expect_outcome(script, 2050, 4050, OUTCOME_UNAVAILABLE);
        expect_outcome(script, 4050, 12000, OUTCOME_OK);
        ck_assert_int_eq(script[15].took_ns, GIVE_UP_NS);
        ck_assert_uint_eq(of_db(sim, "writes.lost"), 0);
        sim_destroy(sim);
    }
}
END_TEST

/* No failover: who reaches it writes, and the others have nobody; it is the primary all the time. */
START_TEST(test_replica_cut_without_failover_the_primary_stays)
{
    struct asked script[WRITES];
    struct sim *sim;

    write_all(script, WRITE);
    sim = run_cut(NULL, true, script);
    expect_outcome(script, 0, 12000, OUTCOME_OK);
    ck_assert_uint_eq(of_db(sim, "failovers"), 0);
    ck_assert_uint_eq(log_size(sim, "db.replica", 1), WRITES);
    sim_destroy(sim);
    sim = run_cut(NULL, false, script);
    expect_outcome(script, 1050, 10050, OUTCOME_LOST);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_replica_cut_reads_go_elsewhere_when_a_replica_is_out_of_reach)
{
    struct asked script[WRITES];
    struct source_config source = { .script = script, .script_count = WRITES };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    set_scene();
    write_all(script, READ);
    config.replication.detection = SECOND;
    sim = make_run(1, &replicated_database_model, &config, &source, NULL);
    cut_off(sim, "db.replica", 1, CUT_NS, WHOLE_NS, NULL, 0);
    run_to(sim, 100 * SECOND);
    expect_outcome(script, 0, 12000, OUTCOME_OK);
    for (int i = 0; i < WRITES; i++)
        ck_assert(script[i].took_ns == 0 || (script[i].took_ns == GIVE_UP_NS && i > 10 && i <= 20));
    ck_assert_uint_gt(of_db(sim, "reads.sent_again"), 0);
    ck_assert_uint_lt(of_db(sim, "reads.sent_again"), 11);
    sim_destroy(sim);
}
END_TEST

/* Copies of which none leads: each side has its own quorums, or none. */
START_TEST(test_replica_cut_quorums_are_those_of_a_side)
{
    for (int64_t write = 1; write <= 3; write++)
        for (uint32_t with_users = 0; with_users < 2; with_users++) {
            static struct group *with[1];
            struct asked script[WRITES];
            struct source_config source = { .script = script, .script_count = WRITES };
            struct database_config config = replicated_config(2);
            int64_t copies = with_users ? 1 : 2; /* that they reach */
            struct sim *sim;

            set_scene();
            write_all(script, WRITE);
            config.kind = DATABASE_KEY_VALUE;
            config.replication.mode = REPLICATION_QUORUM;
            config.replication.quorum =
                (struct quorum_config){ .read = 1, .write = write, .hints_kept = INT64_MAX };
            sim = make_run(1, &quorum_database_model, &config, &source, NULL);
            with[0] = sim_find_group(sim, "users");
            cut_off(sim, "db.copy", 1, CUT_NS, WHOLE_NS, with, with_users);
            run_to(sim, WHOLE_NS - 1);
            for (uint64_t row = 0; row < 7;
                 row++) /* what is kept for the other side waits: 11 writes before */
                for (uint32_t i = 0; i < 3; i++)
                    if ((i == 1) != with_users)
                        ck_assert_uint_eq(version_at(sim, "db.copy", i, row), row < 4 ? 2 : 1);
            run_to(sim, 100 * SECOND);
            expect_outcome(script, 0, 1050, OUTCOME_OK);
            expect_outcome(script, 1050, 10050, copies >= write ? OUTCOME_OK : OUTCOME_UNAVAILABLE);
            expect_outcome(script, 10050, 12000, OUTCOME_OK);
            for (uint64_t row = 0; row < 7; row++)
                for (uint32_t i = 0; i < 2; i++)
                    ck_assert_uint_eq(version_at(sim, "db.copy", i, row), version_at(sim, "db.copy", 2, row));
            sim_destroy(sim);
        }
}
END_TEST

/* ---- at random ---- */

static void ask_anything(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { READ, READ, WRITE, WRITE, INSERT, OPERATION_DELETE };

    request->operation = (uint8_t)operations[rng_below(rng, COUNT(operations))];
    request->key = rng_below(rng, 50);
}

static void check_agreement(const struct sim *sim, uint32_t replicas, uint64_t seed)
{
    const struct replicated *state = component_state(instance_of(sim, "db", 0));
    const struct database *leader = replica_database(&state->set.replicas[state->set.primary]);

    for (uint32_t i = 0; i <= replicas; i++) {
        const struct database *db = replica_database(&state->set.replicas[i]);

        ck_assert_msg(db->log.next == leader->log.next, "seed %lu: node %u has %lu of %lu",
                      (unsigned long)seed, i, (unsigned long)db->log.next, (unsigned long)leader->log.next);
        for (uint64_t row = 0; row < 50; row++) {
            struct row_entry there = row_table_look(&db->rows, row_id(1, row));
            struct row_entry wanted = row_table_look(&leader->rows, row_id(1, row));

            ck_assert_msg(there.version == wanted.version && there.state == wanted.state,
                          "seed %lu: node %u, row %lu", (unsigned long)seed, i, (unsigned long)row);
        }
        ck_assert_msg(db->storage.level == leader->storage.level, "seed %lu: node %u holds %ld bytes of %ld",
                      (unsigned long)seed, i, (long)db->storage.level, (long)leader->storage.level);
    }
}

/* Requests come until stop_ns, faults begin until the 50th second: later requests hide what went wrong, or meet it. */
static void run_storm(uint64_t seed, int64_t stop_ns)
{
    static struct group *with[1];
    struct source_config source = {
        .rate = 300, .stop_ns = stop_ns, .ask = ask_anything, .timeout_ns = SECOND
    };
    struct failover_config failover = { .promotion = SECOND, .old_primary = (int)(seed / 2 % 2) };
    struct database_config config = replicated_config(1 + (int64_t)(seed % 3));
    struct sim *sim;
    struct rng rng;

    set_scene();
    rng_init(&rng, seed, "test", "storm");
    failover.fencing = rng_below(&rng, 2);
    config.replication.mode = failover.fencing ? (int)rng_below(&rng, 3) : REPLICATION_ASYNCHRONOUS;
    config.replication.reads = (int)rng_below(&rng, 3);
    config.replication.sync_timeout = 2 * SECOND;
    config.replication.detection = (int64_t)rng_below(&rng, 3) * SECOND;
    config.replication.ship_delay = (int64_t)rng_below(&rng, 2) * 300 * MS;
    config.replication.apply_time = law(DISTRIBUTION_EXPONENTIAL, 0.002);
    config.replication.apply_threads = 1 + (int64_t)rng_below(&rng, 4);
    config.commit = (int)rng_below(&rng, 2);
    config.kind = rng_below(&rng, 2) ? DATABASE_RELATIONAL : DATABASE_KEY_VALUE;
    config.replication.failover = rng_below(&rng, 4) ? &failover : NULL;
    config.replication.log_kept = rng_below(&rng, 2) ? 50000 : INT64_MAX;
    sim = make_run(seed, &replicated_database_model, &config, &source, NULL);
    with[0] = sim_find_group(sim, "users");
    for (int i = 0; i < 12; i++) {
        struct death death = { rng_below(&rng, 2) ? "primary" : "replica", 0, 0, 0, 0 };
        char part[16];

        if (death.part[0] == 'r')
            death.first = death.last = (uint32_t)rng_below(&rng, (uint64_t)config.replicas);
        death.from_ns = (int64_t)rng_below(&rng, 50 * SECOND);
        death.until_ns = death.from_ns + 1 + (int64_t)rng_below(&rng, 8 * SECOND);
        snprintf(part, sizeof part, "db.%s", death.part);
        if (rng_below(&rng, 3))
            cut_off(sim, part, death.first, death.from_ns, death.until_ns, with,
                    (uint32_t)rng_below(&rng, 2));
        else
            add_deaths(sim, &death, 1);
    }
    run_to(sim, 150 * SECOND);
    check_agreement(sim, (uint32_t)config.replicas, seed);
    sim_destroy(sim);
}

/* ---- by plan ---- */

/* Asked for anything, 300 times a second for half a minute. */
static struct sim *make_asked_run(const struct database_config *config)
{
    static struct source_config source;

    source = (struct source_config){
        .rate = 300, .stop_ns = 30 * SECOND, .ask = ask_anything, .timeout_ns = SECOND
    };
    set_scene();
    return make_run(1, &replicated_database_model, config, &source, NULL);
}

/* All agree, and so much of that has been counted. */
static void end_asked_run(struct sim *sim, const char *metric, uint64_t count, uint32_t replicas)
{
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(of_db(sim, metric), count);
    check_agreement(sim, replicas, 1);
    sim_destroy(sim);
}

/* The network cuts a replica off until its part of the log is given up, then the primary too: now they reach
 * each other. */
START_TEST(test_replica_cut_who_was_given_up_meets_the_primary_out_there)
{
    struct database_config config = replicated_config(2);
    struct sim *sim;

    config.replication.log_kept = 50000;
    sim = make_asked_run(&config);
    cut_off(sim, "db.replica", 0, 2 * SECOND, 25 * SECOND, NULL, 0);
    cut_off(sim, "db.primary", 0, 12 * SECOND, 20 * SECOND, NULL, 0);
    end_asked_run(sim, "replacements", 2, 2);
}
END_TEST

/* Its part of the log was given up, and there is no primary when the network reaches it again. */
START_TEST(test_replica_cut_who_was_given_up_is_filled_when_the_primary_is_back)
{
    const struct death death = { "primary", 0, 0, 20 * SECOND, 27 * SECOND };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    config.replication.log_kept = 50000;
    sim = make_asked_run(&config);
    cut_off(sim, "db.replica", 0, 2 * SECOND, 25 * SECOND, NULL, 0);
    add_deaths(sim, &death, 1);
    end_asked_run(sim, "replacements", 1, 2);
}
END_TEST

/* The primary is back and is not let in; the network cuts off who was to be the new one. */
START_TEST(test_replica_cut_the_primary_leads_again_when_who_was_elected_is_cut_off)
{
    const struct failover_config failover = { .promotion = 4 * SECOND };
    const struct death death = { "primary", 0, 0, 5 * SECOND, 7 * SECOND };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    config.commit = COMMIT_DELAYED;
    config.replication.detection = SECOND;
    config.replication.failover = &failover;
    sim = make_asked_run(&config);
    add_deaths(sim, &death, 1);
    cut_off(sim, "db.replica", 0, 8 * SECOND, 12 * SECOND, NULL, 0);
    end_asked_run(sim, "failovers", 0, 1);
}
END_TEST

/* It lives all the time, and writes wait for the replica when those who watch elect that; it dies and the primary goes on: each of
 * these writes is done, once. */
START_TEST(test_replica_cut_writes_that_wait_are_done_once_when_the_primary_leads_again)
{
    const struct failover_config failover = { .promotion = 4 * SECOND, .fencing = true };
    const struct death death = { "replica", 0, 0, 9 * SECOND, 12 * SECOND };
    struct database_config config = replicated_config(1);
    struct group *with[1];
    struct sim *sim;

    config.replication.mode = REPLICATION_SEMI_SYNCHRONOUS;
    config.replication.detection = SECOND;
    config.replication.failover = &failover;
    sim = make_asked_run(&config);
    with[0] = sim_find_group(sim, "users");
    cut_off(sim, "db.primary", 0, 5 * SECOND, 8 * SECOND, with, 1);
    add_deaths(sim, &death, 1);
    end_asked_run(sim, "failovers", 0, 1);
}
END_TEST

/* What it takes over from a replica as it recovers is on its disk then: it has that when it dies once more. */
START_TEST(test_replica_cut_what_a_primary_takes_over_is_on_its_disk)
{
    const struct death deaths[] = { { "primary", 0, 0, 31 * SECOND, 33 * SECOND },
                                    { "replica", 0, 0, 35 * SECOND, 45 * SECOND },
                                    { "primary", 0, 0, 36 * SECOND, 38 * SECOND } };
    struct database_config config = replicated_config(1);
    struct sim *sim;
    uint64_t written;

    config.commit = COMMIT_DELAYED;
    config.flush_interval = 20 * SECOND;
    sim = make_asked_run(&config);
    add_deaths(sim, deaths, COUNT(deaths));
    run_to(sim, 30500 * MS);
    written = log_size(sim, "db.primary", 0);
    run_to(sim, 32 * SECOND);
    ck_assert_uint_lt(log_size(sim, "db.primary", 0), written); /* what was not on its disk is gone */
    run_to(sim, 40 * SECOND);
    ck_assert_uint_eq(log_size(sim, "db.primary", 0), written);
    run_to(sim, 100 * SECOND);
    check_agreement(sim, 1, 1);
    sim_destroy(sim);
}
END_TEST

/* The further ones have gone wrong once. */
START_TEST(test_replica_cut_nodes_agree_after_a_storm)
{
    static const struct {
        uint64_t seed;
        int64_t stop_s;
    } further[] = { { 210, 60 },  { 280, 60 },  { 432, 60 }, { 446, 60 },  { 545, 60 },
                    { 618, 60 },  { 662, 60 },  { 704, 60 }, { 1444, 60 }, { 1461, 60 },
                    { 3652, 60 }, { 9408, 60 }, { 225, 20 }, { 432, 20 },  { 526, 25 } };

    for (uint64_t seed = 1; seed <= 60; seed++) {
        run_storm(seed, 60 * SECOND);
        run_storm(seed, 25 * SECOND);
    }
    for (size_t i = 0; i < COUNT(further); i++)
        run_storm(further[i].seed, further[i].stop_s * SECOND);
}
END_TEST

TEST_MAIN("replica_cut", test_replica_cut_fencing_ends_the_old_primary,
          test_replica_cut_without_fencing_both_lead_and_one_side_is_thrown_away,
          test_replica_cut_a_script_may_bring_the_other_side_back,
          test_replica_cut_callers_on_the_other_side_write_to_the_new_primary,
          test_replica_cut_without_failover_the_primary_stays,
          test_replica_cut_reads_go_elsewhere_when_a_replica_is_out_of_reach,
          test_replica_cut_quorums_are_those_of_a_side,
          test_replica_cut_who_was_given_up_meets_the_primary_out_there,
          test_replica_cut_who_was_given_up_is_filled_when_the_primary_is_back,
          test_replica_cut_the_primary_leads_again_when_who_was_elected_is_cut_off,
          test_replica_cut_writes_that_wait_are_done_once_when_the_primary_leads_again,
          test_replica_cut_what_a_primary_takes_over_is_on_its_disk,
          test_replica_cut_nodes_agree_after_a_storm)
