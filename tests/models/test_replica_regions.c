/* Nodes of a database in several regions: what each message pays, who is the nearest, and what is lost when
 * the primary's region is. */
#include "tests/models/replica_run.h"

#define NEAR_MS 5
#define FAR_MS 50

static const struct network_site sites[] = { { "east", 0, 0 }, { "west", 0, 0 }, { "south", 0, 0 } };
static const double one_way_s[] = { NAN, 0.05, 0.02, 0.05, NAN, 0.05, 0.02, 0.05, NAN };

/* 5 ms within a region, 50 ms between east and west, 20 ms from east to south. */
static struct network regions_apart(void)
{
    return (struct network){ .has_latency = true,
                             .latency = law(DISTRIBUTION_CONSTANT, 0.005),
                             .path_stretch = 1,
                             .sites = (struct network_site *)(uintptr_t)sites,
                             .site_count = COUNT(sites),
                             .one_way_s = (double *)(uintptr_t)one_way_s };
}

/* The primary in the east, its replicas where the names say. */
static struct database_config spread_config(const struct replica_region *regions, size_t count)
{
    struct database_config config = replicated_config((int64_t)count);

    config.replication.reads = READS_AT_NEAREST;
    config.replication.replica_regions = (struct param_list){ count, regions };
    return config;
}

/* Runs the script of a caller in that region; the caller destroys the run. */
static struct sim *run_from(const char *region, const struct database_config *config, struct asked *script,
                            size_t count, const struct death *deaths, size_t death_count,
                            const struct network *network)
{
    struct source_config source = { .script = script, .script_count = count, .target = "db" };
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;

    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    sim->network = network;
    for (size_t i = 0; i < COUNT(sites); i++)
        sim_add_site(sim, sites[i].name);
    sim_add_group(sim, &source_type, "users", 1, &source, sim_find_site(sim, region));
    sim_add_group(sim, &replicated_database_model.component, "db", 1, config, sim_find_site(sim, "east"));
    ck_assert(sim_wire(sim, &cycle));
    add_deaths(sim, deaths, death_count);
    run_to(sim, 100 * SECOND);
    return sim;
}

static const struct replica_region west[] = { { "west" } };

/* The way there and back, and a millisecond of disk for a write. */
START_TEST(test_replica_regions_reads_go_to_the_nearest_and_writes_to_the_primary)
{
    static const struct {
        const char *region;
        int reads;
        int64_t read_ms, write_ms;
        uint64_t at_replicas;
    } cases[] = {
        { "east", READS_AT_NEAREST, 2 * NEAR_MS, 2 * NEAR_MS + 1, 0 },
        { "west", READS_AT_NEAREST, 2 * NEAR_MS, 2 * FAR_MS + 1, 1 },
        { "south", READS_AT_NEAREST, 40, 41, 0 },
        { "east", READS_AT_REPLICAS, 2 * FAR_MS, 2 * NEAR_MS + 1, 1 },
        { "west", READS_AT_PRIMARY, 2 * FAR_MS, 2 * FAR_MS + 1, 0 },
    };
    struct network network = regions_apart();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                                  { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 } };
        struct database_config config = spread_config(west, 1);
        struct sim *sim;

        set_scene();
        config.replication.reads = cases[i].reads;
        sim = run_from(cases[i].region, &config, script, 2, NULL, 0, &network);
        ck_assert_int_eq(script[0].took_ns, cases[i].read_ms * MS);
        ck_assert_int_eq(script[1].took_ns, cases[i].write_ms * MS);
        ck_assert_uint_eq(of_db(sim, "reads.at_replicas"), cases[i].at_replicas);
        sim_destroy(sim);
    }
}
END_TEST

/* The way, and a disk at both ends; a read in the west is stale until then. */
START_TEST(test_replica_regions_the_lag_is_the_way_of_the_log)
{
    struct asked script[] = { { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = SECOND + 97 * MS - 1, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = SECOND + 97 * MS + 1, .operation = READ, .key = 5, .data = 1 } };
    struct database_config config = spread_config(west, 1);
    struct network network = regions_apart();
    struct sim *sim;

    set_scene();
    sim = run_from("west", &config, script, 3, NULL, 0, &network);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 0), "replication.lag"), (1 + FAR_MS + 1) * MS);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[2].flags, 0);
    ck_assert_uint_eq(script[2].version, 1);
    sim_destroy(sim);
}
END_TEST

/* One that waits for the other region waits for the way there and back on top. */
START_TEST(test_replica_regions_synchronous_writes_wait_for_the_way)
{
    struct asked script[] = { { .at_ns = 0, .operation = WRITE, .key = 5, .data = 1 } };
    struct database_config config = spread_config(west, 1);
    struct network network = regions_apart();
    struct sim *sim;

    set_scene();
    config.replication.mode = REPLICATION_SYNCHRONOUS;
    sim = run_from("east", &config, script, 1, NULL, 0, &network);
    ck_assert_int_eq(script[0].took_ns, (2 * NEAR_MS + 1 + 2 * FAR_MS + 1) * MS);
    sim_destroy(sim);
}
END_TEST

/* What was not sent is lost, what was on its way is not; then the west writes at home, and the log goes
 * east. */
START_TEST(test_replica_regions_the_far_replica_is_promoted)
{
    struct asked script[] = {
        { .at_ns = 9000 * MS, .operation = WRITE, .key = 5, .data = 1 },
        { .at_ns = 9400 * MS, .operation = WRITE, .key = 6, .data = 1 }, /* leaves at 9950 */
        { .at_ns = 9600 * MS, .operation = WRITE, .key = 7, .data = 1 },
        { .at_ns = 11 * SECOND, .operation = READ, .key = 6, .data = 1 },
        { .at_ns = 12 * SECOND, .operation = WRITE, .key = 8, .data = 1 },
        { .at_ns = 14 * SECOND, .operation = READ, .key = 7, .data = 1 },
        { .at_ns = 14 * SECOND, .operation = WRITE, .key = 8, .data = 1 },
        { .at_ns = 50 * SECOND, .operation = READ, .key = 8, .data = 1 },
    };
    const struct death death = { "primary", 0, 0, 10 * SECOND, 30 * SECOND };
    const struct failover_config failover = { .promotion = 2 * SECOND };
    struct database_config config = spread_config(west, 1);
    struct network network = regions_apart();
    struct sim *sim;

    set_scene();
    config.replication.ship_delay = 500 * MS;
    config.replication.detection = SECOND;
    config.replication.failover = &failover;
    sim = run_from("west", &config, script, COUNT(script), &death, 1, &network);
    ck_assert_int_eq(script[0].took_ns, (2 * FAR_MS + 1) * MS);
    ck_assert_uint_eq(script[3].version, 1);
    ck_assert_int_eq(script[4].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_uint_eq(script[5].version, 0);
    ck_assert_int_eq(script[6].outcome, OUTCOME_OK);
    ck_assert_int_eq(script[6].took_ns, (2 * NEAR_MS + 1) * MS);
    ck_assert_int_eq(script[7].took_ns, 2 * NEAR_MS * MS);
    ck_assert_uint_eq(of_db(sim, "failovers"), 1);
    ck_assert_uint_eq(of_db(sim, "writes.lost"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "db.primary", 0), "replication.applied"), 1);
    sim_destroy(sim);
}
END_TEST

/* The first of two in the west is dead and nobody knows: the way to it is paid for nothing. When both are,
 * the east is asked. */
START_TEST(test_replica_regions_the_next_nearest_is_asked_when_one_is_dead)
{
    static const struct replica_region both[] = { { "west" }, { "west" } };
    struct network network = regions_apart();
    struct database_config config = spread_config(both, 2);
    uint64_t asked_twice = 0;

    config.replication.detection = 20 * SECOND;
    for (uint32_t dead = 1; dead <= 2; dead++) {
        struct asked script[40] = { { 0 } };
        const struct death death = { "replica", 0, dead - 1, 0, 0 };
        struct sim *sim;

        for (size_t i = 0; i < COUNT(script); i++)
            script[i] = (struct asked){ .at_ns = (int64_t)(i + 1) * SECOND, .operation = READ, .data = 1 };
        set_scene();
        sim = run_from("west", &config, script, COUNT(script), &death, 1, &network);
        for (size_t i = 0; i < COUNT(script); i++) {
            int64_t last_ms = dead == 1 ? 2 * NEAR_MS : 2 * FAR_MS, most = i < 19 ? dead : 0;
            int64_t extra_ns = script[i].took_ns - last_ms * MS;

            ck_assert_int_eq(script[i].outcome, OUTCOME_OK);
            ck_assert(extra_ns == most * 2 * NEAR_MS * MS || (dead == 1 && extra_ns == 0));
            asked_twice += dead == 1 && extra_ns > 0;
        }
        sim_destroy(sim);
    }
    ck_assert_uint_ge(asked_twice, 3);
    ck_assert_uint_le(asked_twice, 16);
}
END_TEST

/* A rule of the network that names the caller and the database means the way to each node. */
START_TEST(test_replica_regions_rules_that_name_the_database_hold)
{
    struct asked script[] = { { .at_ns = 0, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct link_config rule = { .from = "users",
                                .to = "db",
                                .has_latency = true,
                                .latency = law(DISTRIBUTION_CONSTANT, 0.007) };
    struct database_config config = spread_config(west, 1);
    struct network network = regions_apart();
    struct sim *sim;

    set_scene();
    network.links = &rule;
    network.link_count = 1;
    sim = run_from("west", &config, script, 2, NULL, 0, &network);
    ck_assert_int_eq(script[0].took_ns, 14 * MS);
    ck_assert_int_eq(script[1].took_ns, 15 * MS);
    ck_assert_uint_eq(counter(instance_of(sim, "db.replica", 0), "replication.lag"), (1 + FAR_MS + 1) * MS);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("replica_regions", test_replica_regions_reads_go_to_the_nearest_and_writes_to_the_primary,
          test_replica_regions_the_lag_is_the_way_of_the_log,
          test_replica_regions_synchronous_writes_wait_for_the_way,
          test_replica_regions_the_far_replica_is_promoted,
          test_replica_regions_the_next_nearest_is_asked_when_one_is_dead,
          test_replica_regions_rules_that_name_the_database_hold)
