/* test_cdn.c - which edge answers, what it keeps and for how long, who is sent where in an outage,
 * and the bill. */
#include "models/cdn.h"

#include <math.h>

#include "models/row_table.h"

#include "tests/models/store_source.h"

#define OBJECT_BYTES 5000

/* ---- an origin that tells versions, or does not know of them ---- */

struct origin_config {
    bool knows_versions;
    enum outcome outcome;
};

struct origin {
    uint64_t reads, writes;
};

static void origin_on_request(struct component *self, struct request *request)
{
    sim_after(self, request, 10 * MS);
}

static void origin_on_timer(struct component *self, struct request *request)
{
    const struct origin_config *config = self->group->config;
    struct origin *origin = component_state(self);

    request->bytes = OBJECT_BYTES;
    if (request->operation == OPERATION_WRITE) {
        origin->writes++;
        row_commit(self->sim, request->data, request->key);
    } else {
        origin->reads++;
        if (config->knows_versions)
            request->version = row_version(self->sim, request->data, request->key);
    }
    sim_reply(self, request, config->outcome);
}

static const struct component_type origin_type = {
    .name = "origin",
    .state_size = sizeof(struct origin),
    .on_request = origin_on_request,
    .on_timer = origin_on_timer,
};

/* ---- users in two regions of three -> cdn -> origin in the east <- writers ---- */

static const struct network_site regions[] = { { "east", NAN, NAN },
                                               { "west", NAN, NAN },
                                               { "south", NAN, NAN } };

/* One way, s: east to west 40 ms, the south 30 ms from the west and 20 ms from the east. */
static const double one_way_s[] = { 0, 0.040, 0.020, 0.040, 0, 0.030, 0.020, 0.030, 0 };

static const struct cdn_edge_config two_edges[] = { { .name = "west" }, { .name = "east" } };

struct system {
    struct network network;
    struct cdn_config cdn;
    struct origin_config origin;
    struct source_config users;  /* in `region` */
    struct source_config others; /* in the west */
    struct source_config writers;
    const char *region;
};

static struct system new_system(void)
{
    set_scene();
    return (struct system){
        .network = { .latency = law(DISTRIBUTION_CONSTANT, 0.001),
                     .has_latency = true,
                     .path_stretch = 1,
                     .sites = (struct network_site *)(uintptr_t)regions,
                     .site_count = 3,
                     .one_way_s = (double *)(uintptr_t)one_way_s },
        .cdn = { .origin = "origin",
                 .edges = { 2, two_edges },
                 .serve_time = law(DISTRIBUTION_CONSTANT, 0),
                 .capacity = INT64_MAX,
                 .ttl = SIM_TIME_NEVER,
                 .bandwidth = INFINITY,
                 .invalidation_time = law(DISTRIBUTION_CONSTANT, 5),
                 .failover_time = 30 * SECOND,
                 .call = { .timeout = SIM_TIME_NEVER, .backoff_max = 10 * SECOND } },
        .origin = { .knows_versions = true, .outcome = OUTCOME_OK },
        .users = { .target = "cdn" },
        .others = { .target = "cdn" },
        .writers = { .target = "origin" },
        .region = "east",
    };
}

static struct sim *build(struct system *system)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;
    struct site *east, *west;

    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    sim->network = &system->network;
    east = sim_add_site(sim, "east");
    west = sim_add_site(sim, "west");
    sim_add_site(sim, "south");
    sim_add_group(sim, &source_type, "users", 1, &system->users, sim_find_site(sim, system->region));
    sim_add_group(sim, &source_type, "others", 1, &system->others, west);
    sim_add_group(sim, &source_type, "writers", 1, &system->writers, east);
    sim_add_group(sim, &cdn_model.component, "cdn", 1, &system->cdn, &sim->sites[0]);
    sim_add_group(sim, &origin_type, "origin", 1, &system->origin, east);
    ck_assert(sim_wire(sim, &cycle));
    return sim;
}

/* The system with what the users ask and, at those dates, writes of row 7; the caller runs
 * and destroys it. */
static struct sim *asked_by(struct system *system, struct asked *script, size_t count)
{
    system->users.script = script;
    system->users.script_count = count;
    return build(system);
}

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct component *name_of(const struct sim *sim)
{
    return instance_of(sim, "cdn", 0);
}

static uint64_t reads(const struct sim *sim)
{
    return ((const struct origin *)component_state(instance_of(sim, "origin", 0)))->reads;
}

START_TEST(test_cdn_first_user_misses_and_the_second_hits)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_READ, .key = 8, .data = 1 },
    };
    struct system system = new_system();
    struct sim *sim = asked_by(&system, script, LENGTH(script));

    run_to(sim, 10 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "hits"), 1);
    ck_assert_uint_eq(counter(name_of(sim), "misses"), 2);
    ck_assert_uint_eq(counter(instance_of(sim, "cdn.east", 0), "hits"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "cdn.west", 0), "misses"), 0);
    ck_assert_uint_eq(reads(sim), 2);
    ck_assert_uint_eq(script[1].bytes, OBJECT_BYTES);
    ck_assert_uint_eq(counter(name_of(sim), "bytes_out"), 3 * OBJECT_BYTES);
    ck_assert_uint_eq(counter(name_of(sim), "bytes_fetched"), 2 * OBJECT_BYTES);
    ck_assert_int_eq(script[0].took_ns, (1 + 1 + 10 + 1 + 1) * MS);
    ck_assert_int_eq(script[1].took_ns, 2 * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_nearest_edge_answers_and_each_has_copies_of_its_own)
{
    struct asked script[] = { { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 5 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct asked others[] = { { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.region = "south"; /* has no edge; the east is nearer, though the west stands first */
    system.others.script = others;
    system.others.script_count = 1;
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 10 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (20 + 1 + 10 + 1 + 20) * MS);
    ck_assert_int_eq(script[1].took_ns, 40 * MS);
    ck_assert_int_eq(others[0].took_ns, (1 + 40 + 10 + 40 + 1) * MS); /* a miss in the west */
    ck_assert_uint_eq(counter(name_of(sim), "rerouted"), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_copies_expire_so_long_after_the_answer)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 11 * SECOND, OPERATION_READ, .key = 7, .data = 1 },            /* kept at 1.012 s: still there */
        { 11 * SECOND + 12 * MS, OPERATION_READ, .key = 7, .data = 1 }, /* arrives a millisecond after */
    };
    struct system system = new_system();
    struct sim *sim;

    system.cdn.ttl = 10 * SECOND;
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 20 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "hits"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "misses"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_warm_edges_hold_rows_of_any_age)
{
    struct system system = new_system();
    struct sim *sim;
    double left;

    system.cdn.ttl = 100 * SECOND;
    system.cdn.start = CDN_WARM;
    system.cdn.warm_data = "profiles"; /* 1000 rows of 1000 bytes */
    sim = build(&system);
    run_to(sim, 0);
    ck_assert_int_eq(level(instance_of(sim, "cdn.west", 0), "entries")->level, 1000);
    ck_assert_int_eq(level(instance_of(sim, "cdn.west", 0), "bytes")->level, 1000000);
    sim_destroy(sim);

    system.cdn.capacity = 500500; /* the 500 most popular */
    sim = build(&system);
    run_to(sim, 0);
    ck_assert_int_eq(level(instance_of(sim, "cdn.east", 0), "entries")->level, 500);
    left = 0;
    for (uint64_t row = 0; row < 1000; row++) {
        struct eviction_store *store =
            (void *)((char *)component_state(instance_of(sim, "cdn.east", 0)) +
                     metric_row_of(instance_of(sim, "cdn.east", 0), "evictions")->offset -
                     offsetof(struct eviction_store, evictions));
        uint32_t entry = eviction_get(store, row_id(1, row), 0);

        left += entry ? (double)eviction_copy_at(store, entry).expiry_ns : 0;
    }
    /* uniform to 100 s: a standard error of 100 / sqrt(12 * 500) s */
    ck_assert_double_eq_tol(left / 500 / SECOND, 50, 4 * 100 / sqrt(12 * 500));
    sim_destroy(sim);
}
END_TEST

/* ---- writes ---- */

static struct asked write_of_7[] = { { 4 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 } };

/* Reads of row 7 at 1, 5 and 20 s, a write at 4 s. */
static struct sim *run_with_a_write(struct system *system, struct asked *script)
{
    static const int64_t dates_s[] = { 1, 5, 20 };
    struct sim *sim;

    for (int i = 0; i < 3; i++)
        script[i] = (struct asked){ dates_s[i] * SECOND, OPERATION_READ, .key = 7, .data = 1 };
    system->writers.script = write_of_7;
    system->writers.script_count = 1;
    sim = asked_by(system, script, 3);
    run_to(sim, 30 * SECOND);
    return sim;
}

START_TEST(test_cdn_counts_copies_older_than_the_row)
{
    struct system system = new_system();
    struct asked script[3];
    struct sim *sim = run_with_a_write(&system, script);

    ck_assert_uint_eq(counter(name_of(sim), "stale_hits"), 2);
    ck_assert_uint_eq(other_counter(name_of(sim), "stale_ratio"), 0);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[1].version, 0);
    ck_assert_uint_eq(reads(sim), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_invalidation_takes_time_to_spread)
{
    struct system system = new_system();
    struct asked script[3];
    struct sim *sim;

    system.cdn.invalidation = CDN_INVALIDATION_ON_WRITE;
    sim = run_with_a_write(&system, script);
    ck_assert_uint_eq(counter(name_of(sim), "invalidations"), 1);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE); /* 1 s after the write, of 5 s */
    ck_assert_uint_eq(script[2].flags, 0);
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_uint_eq(counter(name_of(sim), "stale_hits"), 1);
    ck_assert_uint_eq(reads(sim), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_versioned_urls_are_never_stale_and_miss_once_a_version)
{
    struct system system = new_system();
    struct asked script[3];
    struct sim *sim;

    system.cdn.urls = CDN_URLS_VERSIONED;
    sim = run_with_a_write(&system, script);
    ck_assert_uint_eq(counter(name_of(sim), "stale_hits"), 0);
    ck_assert_uint_eq(script[1].version, 1);
    ck_assert_uint_eq(reads(sim), 2);
    ck_assert_uint_eq(counter(name_of(sim), "hits"), 1);
    ck_assert_int_eq(level(instance_of(sim, "cdn.east", 0), "entries")->level,
                     2); /* the old one lies there */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_origin_that_knows_no_versions_answers_with_the_row_as_it_is)
{
    struct system system = new_system();
    struct asked script[3];
    struct sim *sim;

    system.origin.knows_versions = false;
    system.cdn.invalidation = CDN_INVALIDATION_ON_WRITE;
    sim = run_with_a_write(&system, script);
    ck_assert_uint_eq(script[0].version, 0);
    ck_assert_uint_eq(script[2].version, 1);
    ck_assert_uint_eq(script[2].flags, 0);
    sim_destroy(sim);
}
END_TEST

/* ---- what is not kept ---- */

START_TEST(test_cdn_passes_on_what_is_not_to_be_kept)
{
    static const struct cdn_class_config never = { .name = "ask", .cached = false };
    struct asked script[] = { { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.cdn.classes = (struct param_list){ 1, &never };
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 10 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "passed"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "misses"), 0);
    ck_assert_uint_eq(reads(sim), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_keeps_no_failures)
{
    struct asked script[] = { { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.origin.outcome = OUTCOME_ERROR;
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 10 * SECOND);
    ck_assert_int_eq(script[1].outcome, OUTCOME_ERROR);
    ck_assert_uint_eq(counter(name_of(sim), "misses"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "bytes_out"), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_full_edge_makes_room)
{
    struct asked script[] = { { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 2 * SECOND, OPERATION_READ, .key = 8, .data = 1 },
                              { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    static const struct cdn_edge_config edges[] = { { .name = "west" }, { .name = "east",
                                                      .capacity = OBJECT_BYTES } };
    struct system system = new_system();
    struct sim *sim;

    system.cdn.edges = (struct param_list){ 2, edges };
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 10 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "misses"), 3);
    ck_assert_uint_eq(counter(instance_of(sim, "cdn.east", 0), "evictions"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_large_objects_fill_the_bandwidth_of_an_edge)
{
    struct asked script[] = { { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                              { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.cdn.bandwidth = 50000; /* an object takes 100 ms */
    sim = asked_by(&system, script, LENGTH(script));
    run_to(sim, 10 * SECOND);
    ck_assert_int_eq(script[1].took_ns, 102 * MS);
    ck_assert_int_eq(script[2].took_ns, 202 * MS); /* behind the other */
    ck_assert_str_eq(resource_of(instance_of(sim, "cdn.east", 0), "network")->name, "network");
    sim_destroy(sim);
}
END_TEST

/* ---- outage ---- */

START_TEST(test_cdn_next_nearest_edge_takes_over_when_the_outage_is_known)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 42 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 43 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 90 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = new_system();
    struct sim *sim = asked_by(&system, script, LENGTH(script));
    struct component *east = instance_of(sim, "cdn.east", 0);

    run_to(sim, 10 * SECOND);
    cdn_edge_model.component.on_crash(east);
    ck_assert_int_eq(level(east, "entries")->level, 0);
    ck_assert_uint_eq(counter(east, "evictions"), 0); /* what is forgotten made room for nothing */
    run_to(sim, 50 * SECOND);
    ck_assert_int_eq(script[1].took_ns, (40 + 40 + 10 + 40 + 40) * MS); /* cold */
    ck_assert_int_eq(script[2].took_ns, 80 * MS);
    ck_assert_uint_eq(counter(name_of(sim), "rerouted"), 2);
    cdn_edge_model.component.on_restart(east);
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[3].took_ns, 14 * MS); /* at home again, and cold */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cdn_users_reach_the_origin_when_the_whole_cdn_is_out)
{
    for (int fallback = 0; fallback < 2; fallback++) {
        struct asked script[] = { { 42 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
                                  { 43 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
        struct system system = new_system();
        struct sim *sim;

        system.region = "south";
        system.cdn.fallback = fallback ? CDN_FALLBACK_ORIGIN : CDN_FALLBACK_NONE;
        sim = asked_by(&system, script, LENGTH(script));
        run_to(sim, 10 * SECOND);
        cdn_edge_model.component.on_crash(instance_of(sim, "cdn.east", 0));
        cdn_edge_model.component.on_crash(instance_of(sim, "cdn.west", 0));
        run_to(sim, 50 * SECOND);
        ck_assert_int_eq(script[1].outcome, fallback ? OUTCOME_OK : OUTCOME_UNAVAILABLE);
        ck_assert_int_eq(script[1].took_ns, fallback ? (20 + 10 + 20) * MS : 0);
        ck_assert_uint_eq(counter(name_of(sim), "fallbacks"), fallback ? 2 : 0);
        ck_assert_uint_eq(reads(sim), fallback ? 2 : 0);
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_cdn_outage_shorter_than_the_failover_is_never_heard_of)
{
    struct asked script[] = { { 41 * SECOND, OPERATION_READ, .key = 7, .data = 1 } };
    struct system system = new_system();
    struct sim *sim = asked_by(&system, script, LENGTH(script));

    run_to(sim, 10 * SECOND);
    cdn_edge_model.component.on_crash(instance_of(sim, "cdn.east", 0));
    run_to(sim, 20 * SECOND);
    cdn_edge_model.component.on_restart(instance_of(sim, "cdn.east", 0));
    run_to(sim, 60 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "rerouted"), 0);
    sim_destroy(sim);
}
END_TEST

/* ---- bill ---- */

START_TEST(test_cdn_bill_goes_by_use_in_tiers)
{
    /* A month has 730 hours: an hour with 100 GB is one of 73 TB. */
    static const struct cdn_tier_config tiers[] = { { 10000000000000, 0.08 }, { 50000000000000, 0.06 } };
    struct system system = new_system();
    struct sim *sim;
    struct cdn *cdn;
    double month = 10000 * 0.10 + 40000 * 0.08 + 23000 * 0.06;

    system.cdn.price_per_gb = 0.10;
    system.cdn.price_tiers = (struct param_list){ 2, tiers };
    system.cdn.price_per_10000_requests = 0.01;
    system.cdn.price_per_gb_fetched = 0.02;
    system.cdn.price_per_invalidation = 0.005;
    sim = build(&system);
    run_to(sim, 3600 * SECOND);
    cdn = component_state(name_of(sim));
    cdn->traffic = (struct cdn_traffic){ .hits = 900000, .misses = 100000, .bytes_out = 100000000000,
                                         .bytes_fetched = 10000000000 };
    cdn->invalidations = 100;
    ck_assert_double_eq_tol(cdn_model.component.spent_usd(name_of(sim)), month / 730 + 1.0 + 0.2 + 0.5, 1e-9);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("cdn", test_cdn_first_user_misses_and_the_second_hits,
          test_cdn_nearest_edge_answers_and_each_has_copies_of_its_own,
          test_cdn_copies_expire_so_long_after_the_answer, test_cdn_warm_edges_hold_rows_of_any_age,
          test_cdn_counts_copies_older_than_the_row, test_cdn_invalidation_takes_time_to_spread,
          test_cdn_versioned_urls_are_never_stale_and_miss_once_a_version,
          test_cdn_origin_that_knows_no_versions_answers_with_the_row_as_it_is,
          test_cdn_passes_on_what_is_not_to_be_kept, test_cdn_keeps_no_failures,
          test_cdn_full_edge_makes_room, test_cdn_large_objects_fill_the_bandwidth_of_an_edge,
          test_cdn_next_nearest_edge_takes_over_when_the_outage_is_known,
          test_cdn_users_reach_the_origin_when_the_whole_cdn_is_out,
          test_cdn_outage_shorter_than_the_failover_is_never_heard_of, test_cdn_bill_goes_by_use_in_tiers)
