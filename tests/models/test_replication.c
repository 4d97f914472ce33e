/* A primary and its replicas: who is asked, when a write is acknowledged, how far replicas are behind and
 * what that costs them. */
#include "tests/models/replica_run.h"

/* Messages between all components take 5 ms. */
static struct network five_ms(void)
{
    return (struct network){ .has_latency = true,
                             .latency = law(DISTRIBUTION_CONSTANT, 0.005),
                             .path_stretch = 1 };
}

/* 1 ms for the primary's disk, 1 ms for the replica's; then it is applied. */
START_TEST(test_replication_reads_at_a_replica_are_stale_until_it_has_the_write)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 2 * MS - 1, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * MS + 1, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 3 * MS, .operation = READ, .key = 6, .data = 1 } };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    set_scene();
    sim = run_replicated(&config, script, 4, NULL, 0, NULL);
    ck_assert_int_eq(script[0].took_ns, MS);
    ck_assert_uint_eq(script[1].version, 0);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_uint_eq(script[2].flags, 0);
    ck_assert_uint_eq(script[3].flags, 0);
    ck_assert_uint_eq(of_db(sim, "reads.stale"), 1);
    ck_assert_uint_eq(of_db(sim, "reads.at_replicas"), 3);
    ck_assert_uint_eq(of_db(sim, "reads.at_primary"), 0);
    ck_assert_uint_eq(services(sim, "db.primary", "disk"), 1);
    ck_assert_uint_eq(services(sim, "db.replica", "disk"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 0), "replication.applied"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 0), "replication.lag"), 2 * MS);
    sim_destroy(sim);
}
END_TEST

/* A delay at either end is the replica's lag, to the nanosecond. */
START_TEST(test_replication_delays_add_to_what_the_disk_takes)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 } };
    struct database_config config = replicated_config(2);
    struct sim *sim;

    set_scene();
    config.replication.ship_delay = 50 * MS;
    sim = run_replicated(&config, script, 1, NULL, 0, NULL);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 1), "replication.lag"), 51 * MS);
    sim_destroy(sim);
    config.replication.ship_delay = 0;
    config.replication.apply_delay = 50 * MS;
    sim = run_replicated(&config, script, 1, NULL, 0, NULL);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 1), "replication.lag"), 50 * MS);
    sim_destroy(sim);
}
END_TEST

/* Asynchronous: the own disk. Others: the way there, the replica's disk, and the way back. */
START_TEST(test_replication_a_write_waits_for_as_many_replicas_as_it_has_to)
{
    static const struct {
        int mode;
        bool one_is_down;
        int64_t took_ns;
    } cases[] = {
        { REPLICATION_ASYNCHRONOUS, false, 11 * MS },    { REPLICATION_SEMI_SYNCHRONOUS, false, 22 * MS },
        { REPLICATION_SYNCHRONOUS, false, 22 * MS },     { REPLICATION_ASYNCHRONOUS, true, 11 * MS },
        { REPLICATION_SEMI_SYNCHRONOUS, true, 22 * MS }, { REPLICATION_SYNCHRONOUS, true, 2011 * MS }
    };
    struct network network = five_ms();
    const struct death death = { "replica", 1, 1, SECOND / 2, 0 };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asked script[] = { { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 },
                                  { .at_ns = 5 * SECOND, .operation = WRITE, .key = 5, .data = 1 } };
        struct database_config config = replicated_config(2);
        struct sim *sim;

        set_scene();
        config.replication.mode = cases[i].mode;
        config.replication.sync_timeout = 2 * SECOND;
        sim = run_replicated(&config, script, 2, &death, cases[i].one_is_down, &network);
        ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
        ck_assert_int_eq(script[0].took_ns, cases[i].took_ns);
        /* who did not answer is not waited for again */
        ck_assert_int_eq(script[1].took_ns, cases[i].mode == REPLICATION_ASYNCHRONOUS ? 11 * MS : 22 * MS);
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_replication_a_synchronous_write_waits_for_ever_if_it_is_told_to)
{
    struct asked script[] = { { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = WRITE, .key = 7, .data = 1 } };
    struct database_config config = replicated_config(1);
    const struct death death = { "replica", 0, 0, SECOND / 2, 50 * SECOND };
    struct sim *sim;

    set_scene();
    config.replication.mode = REPLICATION_SYNCHRONOUS;
    sim = run_replicated(&config, script, 2, &death, 1, NULL);
    ck_assert_int_eq(script[0].took_ns, 49 * SECOND + MS); /* it is back, and has it on disk */
    ck_assert_int_eq(script[1].took_ns, 48 * SECOND + MS);
    ck_assert_uint_eq(of_db(sim, "writes.without_copies"), 0);
    sim_destroy(sim);
}
END_TEST

/* Replicas work for each write: 2 ms of processor and the page, which is not in memory. */
START_TEST(test_replication_applying_costs_processor_and_disk)
{
    struct asked script[] = { { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1, .rows = 3 },
                              { .at_ns = SECOND, .operation = INSERT, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 1000, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 1001, .data = 1 } };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    set_scene();
    config.start = DATABASE_COLD;
    config.row_read_time = MS / 2;
    config.replication.apply_time = law(DISTRIBUTION_CONSTANT, 0.002);
    sim = run_replicated(&config, script, 4, NULL, 0, NULL);
    ck_assert_int_eq(script[2].outcome, OUTCOME_OK); /* the row that was added */
    ck_assert_int_eq(script[3].outcome, OUTCOME_NOT_FOUND);
    ck_assert_uint_eq(services(sim, "db.replica", "cpu"), 4); /* two entries, and both reads for no time */
    ck_assert_uint_eq(services(sim, "db.replica", "disk"), 3 + 2); /* pages, and the log of each write */
    ck_assert_double_eq_tol(utilisation(instance_of(sim, "db.replica", 0), "cpu") * 100, 0.005, 1e-9);
    ck_assert_int_eq(level(instance_of(sim, "db.replica", 0), "storage.used")->level, 1001000);
    sim_destroy(sim);
}
END_TEST

/* A message may be about a row that nobody has changed: a replica has nothing to do but to read the record. */
START_TEST(test_replication_a_row_brought_as_it_was_first_changes_nothing)
{
    struct asked script[] = { { .at_ns = 0, .operation = OPERATION_APPLY, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    set_scene();
    sim = run_replicated(&config, script, 2, NULL, 0, NULL);
    ck_assert_int_eq(script[0].outcome, OUTCOME_OK);
    ck_assert_uint_eq(log_size(sim, "db.replica", 0), 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(level(instance_of(sim, i ? "db.primary" : "db.replica", 0), "storage.used")->level,
                         1000000);
    sim_destroy(sim);
}
END_TEST

static void ask_mostly_reads(struct request *request, struct rng *rng)
{
    request->operation = rng_below(rng, 10) < 3 ? WRITE : READ;
    request->key = rng_below(rng, 50);
    request->user = rng_below(rng, 20);
}

/* Every entry is applied once at every replica, and a row's version is the primary's when all is done. */
static void check_all_applied(const struct sim *sim, uint32_t replicas)
{
    const struct database *primary = component_state(instance_of(sim, "db.primary", 0));

    for (uint32_t i = 0; i < replicas; i++) {
        const struct database *replica = component_state(instance_of(sim, "db.replica", i));

        ck_assert_uint_eq(replica->applied, primary->log.next);
        ck_assert_int_eq(replica->lag.level, 0);
        for (uint64_t row = 0; row < 50; row++) {
            ck_assert_uint_eq(row_table_look(&replica->rows, row_id(1, row)).version,
                              row_version(sim, 1, row));
        }
        ck_assert_int_eq(replica->storage.level, primary->storage.level);
    }
    ck_assert_uint_eq(replica_set_primary(primary->replica->set)->set->log.oldest, primary->log.next);
}

START_TEST(test_replication_replicas_end_up_as_the_primary_is)
{
    static const int64_t threads[] = { 1, 3, 16 };

    for (size_t i = 0; i < COUNT(threads); i++) {
        struct source_config source = { .rate = 2000, .stop_ns = 5 * SECOND, .ask = ask_mostly_reads };
        struct database_config config = replicated_config(3);
        struct sim *sim;

        set_scene();
        machine.disk_operations = 4000;
        config.replication.apply_time = law(DISTRIBUTION_EXPONENTIAL, 0.0005);
        config.replication.apply_threads = threads[i];
        config.start = DATABASE_COLD;
        sim = make_run(7, &replicated_database_model, &config, &source, NULL);
        run_to(sim, 50 * SECOND);
        ck_assert_uint_gt(of_db(sim, "reads.stale"), 20);
        ck_assert_uint_lt(of_db(sim, "reads.stale"), of_db(sim, "reads.at_replicas") / 2);
        check_all_applied(sim, 3);
        sim_destroy(sim);
    }
}
END_TEST

/* No user misses his own write; others do. */
static void check_own_writes(int rule)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1, .user = 1 },
                              { .at_ns = 10 * MS, .operation = READ, .key = 5, .data = 1, .user = 1 },
                              { .at_ns = 10 * MS, .operation = READ, .key = 5, .data = 1, .user = 2 },
                              { .at_ns = SECOND, .operation = READ, .key = 5, .data = 1, .user = 1 } };
    struct database_config config = replicated_config(1);
    struct sim *sim;

    set_scene();
    config.replication.read_your_writes = rule;
    config.replication.apply_delay = 100 * MS;
    sim = run_replicated(&config, script, 4, NULL, 0, NULL);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_int_eq(script[1].took_ns, rule == OWN_WRITES_WAIT ? 90 * MS : 0);
    ck_assert_uint_eq(script[2].version, 0);
    ck_assert_uint_eq(script[2].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[3].version, 1);
    ck_assert_uint_eq(of_db(sim, "reads.of_own_writes"), 1);
    ck_assert_uint_eq(of_db(sim, "reads.at_primary"), rule == OWN_WRITES_AT_PRIMARY);
    sim_destroy(sim);
}

START_TEST(test_replication_users_read_what_they_wrote)
{
    check_own_writes(OWN_WRITES_AT_PRIMARY);
    check_own_writes(OWN_WRITES_WAIT);
}
END_TEST

START_TEST(test_replication_own_writes_are_forgotten_when_all_have_them)
{
    struct own_writes writes = { NULL, 0, 0 };
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    for (uint64_t i = 1; i <= 100000; i++) {
        own_writes_note(&writes, &memory, i, i, i < 50 ? 0 : i - 50);
        ck_assert_uint_eq(own_writes_find(&writes, i), i);
        ck_assert_uint_eq(own_writes_find(&writes, i > 20 ? i - 20 : 1), i > 20 ? i - 20 : 1);
    }
    ck_assert_uint_eq(own_writes_find(&writes, 200000), 0);
    ck_assert_uint_le(writes.slot_count, 512);
    memory_deinit(&memory);
}
END_TEST

static double share_at(int reads, const char *group)
{
    struct source_config source = { .rate = 1000, .stop_ns = 20 * SECOND, .ask = ask_mostly_reads };
    struct database_config config = replicated_config(3);
    struct sim *sim;
    uint64_t at;

    set_scene();
    config.replication.reads = reads;
    sim = make_run(1, &replicated_database_model, &config, &source, NULL);
    run_to(sim, 50 * SECOND);
    at = instance_of(sim, group, 0)->started;
    sim_destroy(sim);
    return (double)at / 20000;
}

/* 14,000 reads and 6,000 writes; four standard errors are 0.012. */
START_TEST(test_replication_reads_are_spread_as_told)
{
    ck_assert_double_eq_tol(share_at(READS_AT_REPLICAS, "db.replica"), 0.7 / 3, 0.012);
    ck_assert_double_eq_tol(share_at(READS_AT_REPLICAS, "db.primary"), 0.3, 0.012);
    ck_assert_double_eq_tol(share_at(READS_AT_ALL, "db.replica"), 0.7 / 4, 0.012);
    ck_assert_double_eq_tol(share_at(READS_AT_ALL, "db.primary"), 0.3 + 0.7 / 4, 0.012);
    ck_assert_double_eq(share_at(READS_AT_PRIMARY, "db.replica"), 0);
}
END_TEST

TEST_MAIN("replication", test_replication_reads_at_a_replica_are_stale_until_it_has_the_write,
          test_replication_delays_add_to_what_the_disk_takes,
          test_replication_a_write_waits_for_as_many_replicas_as_it_has_to,
          test_replication_a_synchronous_write_waits_for_ever_if_it_is_told_to,
          test_replication_applying_costs_processor_and_disk,
          test_replication_a_row_brought_as_it_was_first_changes_nothing,
          test_replication_replicas_end_up_as_the_primary_is, test_replication_users_read_what_they_wrote,
          test_replication_own_writes_are_forgotten_when_all_have_them,
          test_replication_reads_are_spread_as_told)
