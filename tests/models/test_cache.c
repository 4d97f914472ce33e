/* test_cache.c - beside a store and in front of one: what is answered, kept and counted, and how long it
 * takes. */
#include "models/cache.h"

#include "tests/models/store_source.h"
#include "models/routing.h"
#include "sim/members.h"

#define US (SIM_NS_PER_S / 1000000)

/* ---- a store that only knows versions ---- */

struct plain_store_config {
    int64_t delay_ns;
    uint64_t absent_key; /* a row that is not there; 0: all are */
    int64_t up_ns;       /* fails until then */
};

struct plain_store {
    uint64_t reads, writes;
};

static void plain_store_on_request(struct component *self, struct request *request)
{
    const struct plain_store_config *config = self->group->config;

    sim_after(self, request, config->delay_ns);
}

static void plain_store_on_timer(struct component *self, struct request *request)
{
    const struct plain_store_config *config = self->group->config;
    struct plain_store *store = component_state(self);

    if (self->sim->now_ns < config->up_ns) {
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    if (request->operation == OPERATION_READ) {
        store->reads++;
        request->version = row_version(self->sim, request->data, request->key);
        request->bytes = 5000;
    } else {
        store->writes++;
        request->version = row_commit(self->sim, request->data, request->key);
        request->bytes = 10;
    }
    sim_reply(self, request,
              config->absent_key && request->key == config->absent_key ? OUTCOME_NOT_FOUND : OUTCOME_OK);
}

static const struct component_type plain_store_type = {
    .name = "plain_store",
    .state_size = sizeof(struct plain_store),
    .on_request = plain_store_on_request,
    .on_timer = plain_store_on_timer,
};

/* ---- the system: users -> cache -> store <- writers ---- */

struct system {
    struct cache_config cache;
    struct cache_config far; /* "far": a copy, if it is used */
    uint32_t nodes;          /* 0: one */
    struct plain_store_config store;
    struct source_config users;
    struct source_config writers; /* to the store, past the cache */
};

static struct system system_of(const char *store)
{
    set_scene();
    return (struct system){
        .cache = { .lookup_time = law(DISTRIBUTION_CONSTANT, 0),
                   .capacity_entries = INT64_MAX,
                   .ttl = SIM_TIME_NEVER,
                   .dead_node_leaves = SIM_TIME_NEVER,
                   .ttl_from = TTL_FROM_FETCH_END,
                   .write_back_interval = 10 * SECOND,
                   .write_back_batch = 2,
                   .virtual_nodes = 100,
                   .store = store,
                   .call = { .timeout = SIM_TIME_NEVER, .backoff_max = 10 * SECOND } },
        .store = { .delay_ns = MS },
        .users = { .target = "cache" },
        .writers = { .target = "store" },
    };
}

static struct sim *build(struct system *system)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;

    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    sim_add_group(sim, &source_type, "users", 1, &system->users, &sim->sites[0]);
    sim_add_group(sim, &source_type, "writers", 1, &system->writers, &sim->sites[0]);
    sim_add_group(sim, &cache_model.component, "cache", system->nodes ? system->nodes : 1, &system->cache,
                  &sim->sites[0]);
    if (system->cache.copies.count)
        sim_add_group(sim, &cache_model.component, "far", 1, &system->far, &sim->sites[0]);
    sim_add_group(sim, &plain_store_type, "store", 1, &system->store, &sim->sites[0]);
    ck_assert(sim_wire(sim, &cycle));
    return sim;
}

/* Runs both scripts to the end; the caller destroys the run. */
static struct sim *run(struct system *system, struct asked *script, size_t count)
{
    struct sim *sim;

    system->users.script = script;
    system->users.script_count = count;
    sim = build(system);
    run_to(sim, 100 * SECOND);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(
            script[i].outcome == OUTCOME_OK && script[i].flags & REQUEST_ABSENT && script[i].version, 0);
    return sim;
}

#define RUN(system, script) run(system, script, sizeof(script) / sizeof *(script))

static struct component *cache_of(const struct sim *sim)
{
    return instance_of(sim, "cache", 0);
}

static uint64_t store_reads(const struct sim *sim)
{
    return ((const struct plain_store *)component_state(instance_of(sim, "store", 0)))->reads;
}

static uint64_t store_writes(const struct sim *sim)
{
    return ((const struct plain_store *)component_state(instance_of(sim, "store", 0)))->writes;
}

static void assert_hit(const struct asked *asked, uint32_t version)
{
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_uint_eq(asked->flags & REQUEST_ABSENT, 0);
    ck_assert_uint_eq(asked->version, version);
}

static void assert_absent(const struct asked *asked)
{
    ck_assert_int_eq(asked->outcome, OUTCOME_OK);
    ck_assert_uint_eq(asked->flags, REQUEST_ABSENT);
}

/* ---- beside a store ---- */

START_TEST(test_cache_aside_holds_what_was_put)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 4 * SECOND, OPERATION_GET, .key = 8, .data = 1 },
        { 5 * SECOND, OPERATION_DELETE, .key = 7, .data = 1 },
        { 6 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
    };
    struct system system = system_of(NULL);
    struct sim *sim = RUN(&system, script);

    assert_absent(&script[0]);
    ck_assert_int_eq(script[1].outcome, OUTCOME_OK);
    assert_hit(&script[2], 0);
    ck_assert_uint_eq(script[2].bytes, 1000); /* a row of the data set */
    assert_absent(&script[3]);
    ck_assert_int_eq(script[4].outcome, OUTCOME_OK);
    assert_absent(&script[5]);
    ck_assert_uint_eq(counter(cache_of(sim), "hits"), 1);
    ck_assert_uint_eq(counter(cache_of(sim), "misses"), 3);
    ck_assert_uint_eq(counter(cache_of(sim), "evictions"), 0);
    ck_assert_int_eq(level(cache_of(sim), "entries")->level_max, 1);
    ck_assert_int_eq(level(cache_of(sim), "bytes")->level_max, 1000);
    ck_assert(amount_area(level(cache_of(sim), "entries"), sim->now_ns) == 3 * SECOND);
    sim_destroy(sim);
}
END_TEST

/* Keys of no data set are as large as their message, unless the cache says what they take; data sets do not
 * mix. */
START_TEST(test_cache_sizes_and_data_sets_are_told_apart)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_PUT, .key = 7, .data = 0 },
        { 2 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_GET, .key = 7, .data = 0 },
    };
    struct system system = system_of(NULL);

    sim_destroy(RUN(&system, script));
    assert_absent(&script[1]);
    assert_hit(&script[2], 0);
    ck_assert_uint_eq(script[2].bytes, 100); /* of the message */
    system.cache.entry_size = 333;
    sim_destroy(RUN(&system, script));
    ck_assert_uint_eq(script[2].bytes, 333);
}
END_TEST

/* Somebody writes past the cache: the copy is older than the row until it is put or dropped. */
START_TEST(test_cache_counts_stale_hits)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 4 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 5 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 6 * SECOND, OPERATION_GET, .key = 8, .data = 1 },
        { 7 * SECOND, OPERATION_DELETE, .key = 7, .data = 1 },
        { 8 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
    };
    struct asked writes[] = { { 3 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 } };
    struct system system = system_of(NULL);
    struct sim *sim;

    system.writers.script = writes;
    system.writers.script_count = 1;
    sim = RUN(&system, script);
    ck_assert_uint_eq(script[1].flags, 0);
    ck_assert_uint_eq(script[2].flags, REQUEST_STALE);
    ck_assert_uint_eq(script[3].flags, REQUEST_STALE);
    assert_absent(&script[6]);
    ck_assert_uint_eq(counter(cache_of(sim), "stale_hits"), 2);
    ck_assert_uint_eq(counter(cache_of(sim), "hits"), 3);
    ck_assert_uint_eq(other_counter(cache_of(sim), "stale_ratio"), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cache_without_a_store_cannot_read_or_write)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_INSERT, .key = 7, .data = 1 },
        { 4 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
        { 5 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of(NULL);

    sim_destroy(RUN(&system, script));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(script[i].outcome, OUTCOME_UNAVAILABLE);
    assert_hit(&script[4], 0);
}
END_TEST

/* ---- in front of a store ---- */

START_TEST(test_cache_reads_through_once)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_GET, .key = 8, .data = 1 },
        { 4 * SECOND, OPERATION_GET, .key = 8, .data = 1 },
        { 5 * SECOND, OPERATION_READ, .key = 9, .data = 1, .rows = 3 },
        { 6 * SECOND, OPERATION_READ, .key = 9, .data = 1, .rows = 3 },
    };
    struct system system = system_of("store");
    struct sim *sim = RUN(&system, script);

    for (int i = 0; i < 6; i++) {
        assert_hit(&script[i], 0);
        ck_assert_int_eq(script[i].took_ns, i % 2 ? 0 : MS);
    }
    ck_assert_uint_eq(script[0].bytes, 5000); /* the store's answer as it is */
    ck_assert_uint_eq(script[1].bytes, 1000);
    ck_assert_uint_eq(script[5].bytes, 3000);
    ck_assert_uint_eq(store_reads(sim), 3);
    ck_assert_uint_eq(counter(cache_of(sim), "hits"), 3);
    ck_assert_uint_eq(counter(cache_of(sim), "misses"), 3);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cache_writes_around_or_through)
{
    const struct asked plan[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 4 * SECOND, OPERATION_DELETE, .key = 7, .data = 1 },
        { 5 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");

    for (int through = 0; through < 2; through++) {
        struct asked script[5];
        struct sim *sim;

        memcpy(script, plan, sizeof script);
        system.cache.writes = through ? WRITES_THROUGH : WRITES_AROUND;
        sim = RUN(&system, script);
        assert_hit(&script[1], 1);
        assert_hit(&script[2], 1);
        ck_assert_int_eq(script[2].took_ns, through ? 0 : MS);
        ck_assert_uint_eq(script[2].flags, 0);
        ck_assert_int_eq(script[4].took_ns, MS);
        ck_assert_uint_eq(store_reads(sim), through ? 2 : 3);
        ck_assert_uint_eq(store_writes(sim), 2);
        ck_assert_uint_eq(counter(cache_of(sim), "stale_hits"), 0);
        sim_destroy(sim);
    }
}
END_TEST

/* A read that has left the store when the row is written puts back what was dropped: stale from then on. */
START_TEST(test_cache_keeps_the_answer_that_comes_last)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct asked writes[] = { { 1 * SECOND + MS / 2, OPERATION_WRITE, .key = 7, .data = 1 } };
    struct system system = system_of("store");
    struct sim *sim;

    system.writers.script = writes;
    system.writers.script_count = 1;
    sim = RUN(&system, script);
    assert_hit(&script[1], 0);
    ck_assert_uint_eq(script[1].flags, REQUEST_STALE);
    ck_assert_uint_eq(counter(cache_of(sim), "stale_hits"), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_cache_passes_failures_on_and_keeps_none)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
        { 4 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 5 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");
    struct sim *sim;

    system.store.absent_key = 7;
    system.cache.writes = WRITES_THROUGH;
    sim = RUN(&system, script);
    ck_assert_int_eq(script[0].outcome, OUTCOME_NOT_FOUND);
    ck_assert_int_eq(script[1].outcome, OUTCOME_NOT_FOUND);
    ck_assert_int_eq(script[3].outcome, OUTCOME_NOT_FOUND);
    ck_assert_int_eq(script[4].outcome, OUTCOME_NOT_FOUND); /* what a failed write leaves is not known */
    ck_assert_uint_eq(store_reads(sim), 3);
    sim_destroy(sim);
}
END_TEST

static void ask_anything(struct request *request, struct rng *rng)
{
    static const enum operation operations[] = { OPERATION_READ,   OPERATION_READ,  OPERATION_GET,
                                                 OPERATION_GET,    OPERATION_WRITE, OPERATION_INSERT,
                                                 OPERATION_DELETE, OPERATION_PUT };

    request->key = rng_below(rng, 100);
    request->operation = (uint8_t)operations[rng_below(rng, 8)];
}

/* Every miss reads the store, every write reaches it, timeouts and orphans included. */
START_TEST(test_cache_conserves_operations)
{
    struct system system = system_of("store");
    uint64_t lookups, writes;
    struct component *cache;
    struct sim *sim;

    system.cache.eviction = EVICTION_RANDOM;
    system.cache.capacity_entries = 8;
    system.cache.ttl = 20 * MS;
    system.cache.ttl_jitter = 0.5;
    system.cache.lookup_time = law(DISTRIBUTION_EXPONENTIAL, 0.002);
    system.users = (struct source_config){
        .target = "cache", .timeout_ns = 3 * MS, .rate = 1000, .stop_ns = 9 * SECOND, .ask = ask_anything
    };
    sim = build(&system);
    run_to(sim, 5 * SECOND); /* conserves with requests inside, too */
    run_to(sim, 10 * SECOND);
    cache = cache_of(sim);
    lookups = counter(cache, "hits") + counter(cache, "misses");
    ck_assert_uint_gt(counter(cache, "hits"), 200);
    ck_assert_uint_eq(store_reads(sim), counter(cache, "misses"));
    writes = store_writes(sim);
    ck_assert_uint_gt(writes, 1000);
    ck_assert_uint_gt(cache->started - lookups - writes, 800); /* puts */
    ck_assert_uint_eq(instance_of(sim, "store", 0)->started, counter(cache, "misses") + writes);
    ck_assert_uint_gt(sim->orphans_ended, 100);
    ck_assert_uint_gt(counter(cache, "expirations"), 100);
    ck_assert_uint_gt(counter(cache, "evictions"), 500);
    ck_assert_int_eq(level(cache, "entries")->level_max, 8);
    sim_destroy(sim);
}
END_TEST

/* ---- time to live ---- */

START_TEST(test_cache_ttl_counts_from_either_end_of_the_fetch)
{
    const struct asked plan[] = {
        { 10 * SECOND, OPERATION_READ, .key = 7, .data = 1 }, /* asked at 10, kept at 12 */
        { 15 * SECOND - 1, OPERATION_READ, .key = 7, .data = 1 },
        { 16 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");

    system.store.delay_ns = 2 * SECOND;
    system.cache.ttl = 5 * SECOND;
    for (int from_end = 0; from_end < 2; from_end++) {
        struct asked script[3];
        struct sim *sim;

        memcpy(script, plan, sizeof script);
        system.cache.ttl_from = from_end ? TTL_FROM_FETCH_END : TTL_FROM_FETCH_START;
        sim = RUN(&system, script);
        ck_assert_int_eq(script[1].took_ns, 0);
        ck_assert_int_eq(script[2].took_ns, from_end ? 0 : 2 * SECOND);
        ck_assert_uint_eq(counter(cache_of(sim), "expirations"), from_end ? 0 : 1);
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_cache_ttl_starts_anew_with_a_hit_if_it_is_told_to)
{
    const struct asked plan[] = {
        { 10 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
        { 14 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 18 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 23 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
    };
    struct system system = system_of(NULL);

    system.cache.ttl = 5 * SECOND;
    for (int reset = 0; reset < 2; reset++) {
        struct asked script[4];

        memcpy(script, plan, sizeof script);
        system.cache.ttl_reset_on_hit = reset;
        sim_destroy(RUN(&system, script));
        ck_assert_uint_eq(script[1].flags, 0);
        ck_assert_uint_eq(script[2].flags, reset ? 0 : REQUEST_ABSENT);
        ck_assert_uint_eq(script[3].flags, REQUEST_ABSENT);
    }
}
END_TEST

/* 1000 keys put at once with 10 s +- 20 %: none expires before 8 s, all by 12 s, half of them by 10 s
 * (4 standard errors: 63). */
START_TEST(test_cache_jitter_spreads_expiry)
{
    static struct asked script[4000];
    struct system system = system_of(NULL);
    int absent[3] = { 0 };

    for (uint64_t key = 0; key < 1000; key++) {
        script[key] = (struct asked){ 1 * SECOND, OPERATION_PUT, .key = key, .data = 1 };
        script[1000 + key] = (struct asked){ 9 * SECOND - 1, OPERATION_GET, .key = key, .data = 1 };
        script[2000 + key] = (struct asked){ 11 * SECOND, OPERATION_GET, .key = key, .data = 1 };
        script[3000 + key] = (struct asked){ 13 * SECOND, OPERATION_GET, .key = key, .data = 1 };
    }
    system.cache.ttl = 10 * SECOND;
    system.cache.ttl_jitter = 0.2;
    sim_destroy(RUN(&system, script));
    for (int i = 0; i < 3000; i++)
        absent[i / 1000] += (script[1000 + i].flags & REQUEST_ABSENT) != 0;
    ck_assert_int_eq(absent[0], 0);
    ck_assert_int_ge(absent[1], 437);
    ck_assert_int_le(absent[1], 563);
    ck_assert_int_eq(absent[2], 1000);
}
END_TEST

/* ---- time and memory ---- */

START_TEST(test_cache_operations_take_their_time)
{
    const struct asked plan[] = {
        { 1 * SECOND, OPERATION_GET, .key = 7, .data = 1 },
        { 1 * SECOND, OPERATION_PUT, .key = 7, .data = 1 },
    };
    struct system system = system_of(NULL);

    system.cache.lookup_time = law(DISTRIBUTION_CONSTANT, 10e-6);
    for (int hosted = 0; hosted < 2; hosted++) {
        struct asked script[2];
        struct sim *sim;

        memcpy(script, plan, sizeof script);
        system.cache.host = hosted ? "machine" : NULL;
        sim = RUN(&system, script);
        ck_assert_int_eq(script[0].took_ns, hosted ? 20 * US : 10 * US); /* they share one core */
        ck_assert_int_eq(script[1].took_ns, hosted ? 20 * US : 10 * US);
        if (hosted)
            ck_assert_double_eq_tol(utilisation(cache_of(sim), "cpu"), 20e-6 / 100.0, 1e-12);
        sim_destroy(sim);
    }
}
END_TEST

static void put_somewhere(struct request *request, struct rng *rng)
{
    request->key = rng_below(rng, 1000000);
    request->data = (uint16_t)rng_below(rng, 2);
    request->bytes = (uint32_t)(1000 + rng_below(rng, 50000));
    request->operation = OPERATION_PUT;
    if (rng_below(rng, 10) == 0)
        request->operation = OPERATION_DELETE;
}

/* The machine has 4 MB. By default 3 MB of copies fit; whoever asks for more gets what the machine has. */
START_TEST(test_cache_memory_is_the_hosts)
{
    const int64_t asked_for[] = { 0, 2000000, 8000000 }, bound[] = { 3000000, 2000000, 4000000 };

    for (int i = 0; i < 3; i++) {
        struct system system = system_of(NULL);
        const struct amount *used;
        struct sim *sim;

        system.cache.host = "machine";
        system.cache.memory = asked_for[i];
        system.users = (struct source_config){ .target = "cache", .rate = 1000, .ask = put_somewhere };
        sim = build(&system);
        run_to(sim, 5 * SECOND);
        used = resource_of(cache_of(sim), "memory")->of.amount;
        ck_assert_int_eq(used->level, level(cache_of(sim), "bytes")->level);
        ck_assert_int_le(used->level_max, bound[i]);
        ck_assert_int_gt(used->level_max, bound[i] - 60000);
        ck_assert_uint_gt(counter(cache_of(sim), "evictions"), 1000);
        sim_destroy(sim);
    }
}
END_TEST

/* ---- a warm start ---- */

/* Row k has rank k + 1. 50 fit; the newcomers take the places of the least popular, not of a hot row. */
START_TEST(test_cache_warm_holds_the_most_popular)
{
    static const struct hot_row_config hot = { .row = 999, .share = 0.5 };
    struct asked script[] = {
        { 1 * SECOND, OPERATION_PUT, .key = 500, .data = 1 },
        { 1 * SECOND, OPERATION_PUT, .key = 501, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 0, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 46, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 47, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 48, .data = 1 },
        { 2 * SECOND, OPERATION_GET, .key = 999, .data = 1 },
    };
    struct system system = system_of(NULL);
    struct sim *sim;

    profiles.popularity = POPULARITY_ZIPF;
    profiles.ranks = RANKS_IN_ORDER;
    profiles.hot_rows = (struct param_list){ 1, &hot };
    system.cache.start = CACHE_WARM;
    system.cache.warm_data = "profiles";
    system.cache.memory = 50000;
    sim = RUN(&system, script);
    assert_hit(&script[2], 0);
    assert_hit(&script[3], 0);
    assert_absent(&script[4]);
    assert_absent(&script[5]);
    assert_hit(&script[6], 0);
    ck_assert_int_eq(level(cache_of(sim), "entries")->level_max, 50);
    sim_destroy(sim);
}
END_TEST

/* Ages are spread evenly: of 1000 copies with 10 s to live a half are left after 5 s (4 standard errors:
 * 63). */
START_TEST(test_cache_warm_copies_are_of_any_age)
{
    static struct asked script[1000];
    struct system system = system_of(NULL);
    int hits = 0;

    for (uint64_t key = 0; key < 1000; key++)
        script[key] = (struct asked){ 5 * SECOND, OPERATION_GET, .key = key, .data = 1 };
    system.cache.start = CACHE_WARM;
    system.cache.warm_data = "profiles";
    system.cache.ttl = 10 * SECOND;
    sim_destroy(RUN(&system, script));
    for (int i = 0; i < 1000; i++)
        hits += !(script[i].flags & REQUEST_ABSENT);
    ck_assert_int_ge(hits, 437);
    ck_assert_int_le(hits, 563);
}
END_TEST

/* ---- single-flight ---- */

/* Four that miss together, one of them after a write that the fetch began before; then a hit. */
START_TEST(test_cache_requests_that_miss_together_share_one_fetch)
{
    const struct asked plan[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 1 * SECOND + 1 * MS, OPERATION_READ, .key = 7, .data = 1 },
        { 1 * SECOND + 1 * MS, OPERATION_READ, .key = 8, .data = 1 },
        { 1 * SECOND + 3 * MS, OPERATION_GET, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");

    system.store.delay_ns = 10 * MS;
    for (int shared = 0; shared < 2; shared++) {
        struct asked script[5];
        struct sim *sim;

        memcpy(script, plan, sizeof script);
        system.cache.single_flight = shared;
        sim = RUN(&system, script);
        for (int i = 0; i < 5; i++)
            assert_hit(&script[i], 0);
        ck_assert_int_eq(script[0].took_ns, 10 * MS);
        ck_assert_int_eq(script[1].took_ns, shared ? 9 * MS : 10 * MS);
        ck_assert_int_eq(script[3].took_ns, shared ? 7 * MS : 10 * MS);
        ck_assert_uint_eq(script[3].bytes, 5000); /* as the store answers */
        ck_assert_int_eq(script[4].took_ns, 0);
        ck_assert_uint_eq(counter(cache_of(sim), "misses"), 4);
        ck_assert_uint_eq(counter(cache_of(sim), "shared_fetches"), shared ? 2 : 0);
        ck_assert_uint_eq(store_reads(sim), shared ? 2 : 4);
        sim_destroy(sim);
    }
}
END_TEST

/* All who wait get the failure; the next one asks again. Who has lost patience does no harm. */
START_TEST(test_cache_shares_failures_and_orphans)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 1 * SECOND + 1 * MS, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 3 * SECOND + 6 * MS, OPERATION_READ, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");
    struct sim *sim;

    system.store.delay_ns = 10 * MS;
    system.store.up_ns = 2 * SECOND;
    system.users.timeout_ns = 9 * MS + 500 * US;
    system.cache.single_flight = true;
    sim = RUN(&system, script);
    ck_assert_int_eq(script[0].outcome, OUTCOME_TIMEOUT); /* after 9.5 ms; its fetch goes on */
    ck_assert_int_eq(script[1].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[2].outcome, OUTCOME_TIMEOUT);
    assert_hit(&script[3], 0);
    ck_assert_int_eq(script[3].took_ns, 4 * MS);
    ck_assert_uint_eq(counter(cache_of(sim), "shared_fetches"), 2);
    sim_destroy(sim);
}
END_TEST

static void ask_read_of_few(struct request *request, struct rng *rng)
{
    request->key = rng_below(rng, 3);
    request->operation = OPERATION_READ;
}

static void write_to_few(struct request *request, struct rng *rng)
{
    request->key = rng_below(rng, 3);
    request->operation = OPERATION_WRITE;
}

/* One key at 1000/s, fetched in 10 ms, kept for 90 ms. Alone: a fetch takes one of 1/rate + 10 ms + 90 ms.
 * With a stampede: 1 + rate x 10 ms fetches, and the copy is renewed by the last of them. */
static void ask_one_key(struct request *request, struct rng *rng)
{
    (void)rng;
    request->key = 7;
    request->operation = OPERATION_READ;
}

START_TEST(test_cache_stampede_is_as_large_as_the_fetch_is_long)
{
    const double rate = 1000, fetch_s = 0.01, ttl_s = 0.09, seconds = 500;
    const double last_s = fetch_s - (1 - exp(-rate * fetch_s)) / rate;
    struct system system = system_of("store");

    system.store.delay_ns = 10 * MS;
    system.cache.ttl = 90 * MS;
    system.users = (struct source_config){ .target = "cache", .rate = rate, .ask = ask_one_key };
    for (int shared = 0; shared < 2; shared++) {
        double cycles, fetches;
        struct sim *sim;

        system.cache.single_flight = shared;
        sim = build(&system);
        run_to(sim, (int64_t)(seconds * SECOND));
        cycles = seconds / (1 / rate + fetch_s + ttl_s + (shared ? 0 : last_s));
        fetches = shared ? 1 : 1 + rate * fetch_s;
        /* a cycle varies by 1 ms and the stampede by the root of 10: 4 standard errors are below 0.6 % */
        ck_assert_double_eq_tol((double)store_reads(sim) / (cycles * fetches), 1, shared ? 0.002 : 0.02);
        ck_assert_double_eq_tol((double)counter(cache_of(sim), "misses") / (cycles * (1 + rate * fetch_s)), 1,
                                0.02);
        sim_destroy(sim);
    }
}
END_TEST

/* Whoever joins a fetch after a write may get what the store read before it: counted. */
START_TEST(test_cache_counts_stale_answers_that_were_shared)
{
    struct system system = system_of("store");
    uint64_t reads;
    struct sim *sim;

    system.store.delay_ns = 10 * MS;
    system.cache.single_flight = true;
    system.cache.ttl = 20 * MS;
    system.users = (struct source_config){ .target = "cache", .rate = 1000, .ask = ask_read_of_few };
    system.writers = (struct source_config){ .target = "store", .rate = 100, .ask = write_to_few };
    sim = build(&system);
    run_to(sim, 10 * SECOND);
    reads = store_reads(sim);
    ck_assert_uint_eq(counter(cache_of(sim), "stale_shared"), 0); /* it reads at the end of its delay */
    ck_assert_uint_gt(counter(cache_of(sim), "stale_hits"), 1000);
    ck_assert_uint_le(counter(cache_of(sim), "misses") - counter(cache_of(sim), "shared_fetches") - reads, 3);
    sim_destroy(sim);
}
END_TEST

/* ---- write-back ---- */

START_TEST(test_cache_writes_back_later_and_combines)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 3 * SECOND, OPERATION_INSERT, .key = 8, .data = 1 },
        { 4 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 5 * SECOND, OPERATION_WRITE, .key = 9, .data = 1 },
        { 6 * SECOND, OPERATION_DELETE, .key = 9, .data = 1 }, /* stored at once */
        { 11 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        { 12 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
    };
    struct system system = system_of("store");
    struct sim *sim;

    system.cache.writes = WRITES_BACK;
    system.users = (struct source_config){ .target = "cache", .script = script, .script_count = 8 };
    sim = build(&system);
    run_to(sim, 9 * SECOND);
    ck_assert_int_eq(script[0].took_ns, 0);
    assert_hit(&script[3], 1); /* the one that is going to be */
    ck_assert_uint_eq(row_version(sim, 1, 7), 0);
    ck_assert_uint_eq(store_writes(sim), 1); /* the delete */
    ck_assert_int_eq(level(cache_of(sim), "dirty")->level, 2);
    run_to(sim, 11 * SECOND);
    ck_assert_uint_eq(row_version(sim, 1, 7), 1);
    ck_assert_int_eq(level(cache_of(sim), "dirty")->level, 0);
    ck_assert_uint_eq(counter(cache_of(sim), "writes_back"), 2);
    ck_assert_uint_eq(counter(cache_of(sim), "stored_writes"), 3);
    ck_assert_uint_eq(counter(cache_of(sim), "superseded_writes"), 1);
    assert_hit(&script[6], 1);
    run_to(sim, 13 * SECOND);
    ck_assert_uint_eq(cache_lose_contents(cache_of(sim)), 1);
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(counter(cache_of(sim), "accepted_writes"), 5);
    ck_assert_uint_eq(counter(cache_of(sim), "lost_writes"), 1);
    ck_assert_uint_eq(row_version(sim, 1, 7), 1);
    ck_assert_uint_eq(counter(cache_of(sim), "stale_hits"), 0);
    sim_destroy(sim);
}
END_TEST

/* One copy fits: the second write waits until the first one is stored; a read that needs the
 * room waits too. */
START_TEST(test_cache_writes_what_is_dirty_before_it_makes_room)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 },
        { 2 * SECOND, OPERATION_WRITE, .key = 8, .data = 1 },
        { 2 * SECOND + MS / 2, OPERATION_READ, .key = 7, .data = 1 }, /* still being written: found */
        { 3 * SECOND, OPERATION_READ, .key = 9, .data = 1 },
        { 4 * SECOND, OPERATION_READ, .key = 8, .data = 1 },
    };
    struct system system = system_of("store");
    struct sim *sim;

    system.cache.writes = WRITES_BACK;
    system.cache.capacity_entries = 1;
    sim = RUN(&system, script);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_int_eq(script[1].took_ns, MS);
    assert_hit(&script[2], 1);
    ck_assert_int_eq(script[2].took_ns, 0);
    ck_assert_int_eq(script[3].took_ns, 2 * MS); /* the read, then the write of key 8 */
    ck_assert_uint_eq(script[3].version, 0);
    assert_hit(&script[4], 1);
    ck_assert_int_eq(script[4].took_ns, MS);
    ck_assert_uint_eq(counter(cache_of(sim), "writes_back"), 2);
    sim_destroy(sim);
}
END_TEST

/* A store that is down loses nothing: the copies stay dirty. */
START_TEST(test_cache_writes_back_again_what_failed)
{
    struct asked script[] = {
        { 1 * SECOND, OPERATION_WRITE, .key = 1, .data = 1 },
        { 1 * SECOND, OPERATION_WRITE, .key = 2, .data = 1 },
        { 1 * SECOND, OPERATION_WRITE, .key = 3, .data = 1 },
        { 1 * SECOND, OPERATION_WRITE, .key = 4, .data = 1 },
        { 1 * SECOND, OPERATION_WRITE, .key = 5, .data = 1 },
    };
    struct system system = system_of("store");
    struct sim *sim;

    system.cache.writes = WRITES_BACK;
    system.store.up_ns = 25 * SECOND;
    sim = RUN(&system, script);
    ck_assert_uint_eq(counter(cache_of(sim), "stored_writes"), 5);
    ck_assert_uint_eq(instance_of(sim, "store", 0)->started, 15); /* after 10, 20 and 30 s */
    ck_assert_int_eq(level(cache_of(sim), "dirty")->level, 0);
    sim_destroy(sim);
}
END_TEST

/* Whatever happens, each accepted write is stored, superseded or still here. */
START_TEST(test_cache_accounts_for_every_accepted_write)
{
    struct system system = system_of("store");
    uint64_t ended;
    struct component *cache;
    struct sim *sim;

    system.cache.writes = WRITES_BACK;
    system.cache.write_back_interval = 30 * MS;
    system.cache.capacity_entries = 8;
    system.cache.ttl = 20 * MS;
    system.cache.single_flight = true;
    system.store.delay_ns = 4 * MS;
    system.store.up_ns = SECOND;
    system.users = (struct source_config){
        .target = "cache", .timeout_ns = 3 * MS, .rate = 2000, .stop_ns = 9 * SECOND, .ask = ask_anything
    };
    sim = build(&system);
    cache = cache_of(sim);
    for (int i = 1; i <= 9; i++)
        run_to(sim, i * SECOND);
    run_to(sim, 20 * SECOND);
    ck_assert_int_eq(level(cache, "dirty")->level, 0);
    ck_assert_uint_gt(counter(cache, "accepted_writes"), 3000);
    ended = counter(cache, "stored_writes") + counter(cache, "superseded_writes");
    ck_assert_uint_eq(counter(cache, "accepted_writes"), ended);
    ck_assert_uint_gt(counter(cache, "superseded_writes"), 0);
    ck_assert_uint_gt(counter(cache, "stored_writes"), counter(cache, "writes_back"));
    sim_destroy(sim);
}
END_TEST

static void write_evenly(struct request *request, struct rng *rng)
{
    request->key = rng_below(rng, 1000);
    request->operation = OPERATION_WRITE;
}

/* 1000 keys, each written once a second on average, written back every 2 s: a key is stored in 1 - e^-2 of
 * the turns, and dirty 1 - (1 - e^-2)/2 of the time. 4 standard errors: 1 %. */
START_TEST(test_cache_combines_writes_as_the_formula_says)
{
    const double often = 1 - exp(-2);
    struct system system = system_of("store");
    struct sim *sim;

    system.cache.writes = WRITES_BACK;
    system.cache.write_back_interval = 2 * SECOND;
    system.cache.write_back_batch = 1000;
    system.store.delay_ns = 1;
    system.users = (struct source_config){ .target = "cache", .rate = 1000, .ask = write_evenly };
    sim = build(&system);
    run_to(sim, 101 * SECOND);
    ck_assert_double_eq_tol((double)counter(cache_of(sim), "writes_back"), 50 * 1000 * often, 500 * often);
    run_to(sim, 200 * SECOND);
    ck_assert_double_eq_tol(amount_mean(level(cache_of(sim), "dirty"), sim->now_ns), 1000 * (1 - often / 2),
                            6);
    sim_destroy(sim);
}
END_TEST

/* ---- nodes ---- */

static uint32_t node_of(const struct sim *sim, uint64_t key)
{
    struct request request = { .key = key, .data = 1 };

    return route_instance(sim_find_group(sim, "cache"), &request, 0);
}

/* Of 10,000 keys on five nodes each has its part; when one leaves, only its keys move, or with modulo four of
 * five. When it is back they do, too. */
START_TEST(test_cache_node_that_leaves_moves_its_keys_alone)
{
    for (int modulo = 0; modulo < 2; modulo++) {
        struct system system = system_of("store");
        uint32_t before[10000], part[5] = { 0 }, moved = 0, others = 0;
        struct sim *sim;

        system.nodes = 5;
        system.cache.nodes = modulo ? NODES_MODULO : NODES_CONSISTENT_HASH;
        sim = build(&system);
        for (uint64_t key = 0; key < 10000; key++)
            part[before[key] = node_of(sim, key)]++;
        for (int i = 0; i < 5; i++) {
            ck_assert_uint_gt(part[i], modulo ? 1840 : 1200); /* 4 standard errors; 4 of 9 % of the ring */
            ck_assert_uint_lt(part[i], modulo ? 2160 : 2800);
        }
        cache_node_leaves(instance_of(sim, "cache", 2));
        for (uint64_t key = 0; key < 10000; key++) {
            ck_assert_uint_ne(node_of(sim, key), 2);
            moved += node_of(sim, key) != before[key];
            others += node_of(sim, key) != before[key] && before[key] != 2;
        }
        if (modulo)
            ck_assert_uint_gt(others, 5000);
        else
            ck_assert_uint_eq(others, 0);
        ck_assert_uint_eq(moved, others + part[2]);
        cache_node_returns(instance_of(sim, "cache", 2));
        for (uint64_t key = 0; key < 10000; key++)
            ck_assert_uint_eq(node_of(sim, key), before[key]);
        for (uint32_t i = 0; i < 5; i++)
            cache_node_leaves(instance_of(sim, "cache", i));
        ck_assert_uint_eq(node_of(sim, 7), before[7]); /* nobody is left to take it */
        sim_destroy(sim);
    }
}
END_TEST

/* Of three nodes two are in service at first. Keys of the third are its own as soon as it joins, and it is empty; when it
 * leaves they are with the others again, who have nothing of what it had, and it writes what it has accepted before it
 * goes. */
START_TEST(test_cache_nodes_come_cold_and_go_when_all_is_written)
{
    struct system system = system_of("store");
    uint64_t key = 0;
    struct asked script[] = {
        { 1 * SECOND, OPERATION_READ, .data = 1 },  { 2 * SECOND, OPERATION_READ, .data = 1 },
        { 11 * SECOND, OPERATION_READ, .data = 1 }, { 12 * SECOND, OPERATION_READ, .data = 1 },
        { 21 * SECOND, OPERATION_WRITE, .data = 1 }, { 41 * SECOND, OPERATION_READ, .data = 1 },
    };
    struct component *third;
    struct sim *sim;

    system.nodes = 3;
    system.cache.writes = WRITES_BACK;
    system.users = (struct source_config){ .target = "cache", .script = script, .script_count = 6 };
    sim = build(&system);
    third = instance_of(sim, "cache", 2);
    while (node_of(sim, key) != 2) /* with all of them there */
        key++;
    for (size_t i = 0; i < 6; i++)
        script[i].key = key;
    members_init(third->group, 2);
    run_to(sim, 10 * SECOND);
    ck_assert_uint_ne(node_of(sim, key), 2);
    assert_hit(&script[1], 0);
    ck_assert_uint_eq(third->started, 0);
    member_order(third);
    member_join(third);
    ck_assert_uint_eq(node_of(sim, key), 2);
    run_to(sim, 21 * SECOND + MS);
    ck_assert_uint_eq(third->started, 3);
    ck_assert_uint_eq(store_reads(sim), 2); /* cold */
    assert_hit(&script[3], 0);
    member_leave(third);
    ck_assert_uint_ne(node_of(sim, key), 2);
    ck_assert_uint_eq(component_in_flight(third), 0);
    ck_assert(!member_is_idle(third));
    run_to(sim, 35 * SECOND);
    ck_assert(member_is_idle(third));
    ck_assert_uint_eq(store_writes(sim), 1);
    member_retire(third);
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(third->started, 3);
    ck_assert_uint_eq(counter(third, "lost_writes"), 0);
    ck_assert_uint_eq(third->group->members->billed.level, 2);
    sim_destroy(sim);
}
END_TEST

/* ---- copies in another place ---- */

static const struct cache_copy_config far_copy = { .cache = "far" };

static struct system system_with_copy(enum cache_writes writes)
{
    struct system system = system_of("store");

    system.cache.copies = (struct param_list){ 1, &far_copy };
    system.cache.writes = (int)writes;
    system.far = system.cache;
    system.far.copies.count = 0;
    system.far.writes = WRITES_AROUND;
    system.far.lookup_time = law(DISTRIBUTION_CONSTANT, 0.1); /* a message and a look-up take 100 ms */
    return system;
}

/* The copy hears of each write 100 ms later and hands out the old row until then. */
START_TEST(test_cache_copy_follows_what_is_written)
{
    for (enum cache_writes writes = WRITES_AROUND; writes <= WRITES_BACK; writes++) {
        struct system system = system_with_copy(writes);
        struct asked far[] = {
            { 1 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
            { 2 * SECOND - 60 * MS, OPERATION_READ, .key = 7, .data = 1 }, /* looks at 2.04 s */
            { 3 * SECOND, OPERATION_READ, .key = 7, .data = 1 },
        };
        struct asked near[] = { { 2 * SECOND, OPERATION_WRITE, .key = 7, .data = 1 } };
        struct component *copy;
        struct sim *sim;

        system.cache.write_back_interval = 10 * MS;
        system.users = (struct source_config){ .target = "far", .script = far, .script_count = 3 };
        system.writers = (struct source_config){ .target = "cache", .script = near, .script_count = 1 };
        sim = build(&system);
        run_to(sim, 10 * SECOND);
        copy = instance_of(sim, "far", 0);
        ck_assert_uint_eq(far[1].flags, REQUEST_STALE);
        ck_assert_uint_eq(far[1].version, 0);
        ck_assert_uint_eq(far[2].flags, 0);
        ck_assert_uint_eq(far[2].version, 1);
        ck_assert_uint_eq(counter(copy, "stale_hits"), 1);
        ck_assert_uint_eq(counter(copy, "misses"), writes == WRITES_AROUND ? 2 : 1);
        ck_assert_uint_eq(counter(cache_of(sim), "copies_told"), 1);
        sim_destroy(sim);
    }
}
END_TEST

static void ask_to_write_one(struct request *request, struct rng *rng)
{
    ask_one_key(request, rng);
    request->operation = OPERATION_WRITE;
}

/* Written twice a second, heard of 100 ms later: a look-up finds an old copy with 1 - e^-0.2. The messages
 * are in order, so nothing else makes it old. 4 standard errors of 2000 independent halves of a second. */
START_TEST(test_cache_copy_is_stale_as_long_as_the_message_takes)
{
    const double expected = 1 - exp(-2 * 0.1);
    struct system system = system_with_copy(WRITES_THROUGH);
    double hits, stale;
    struct sim *sim;

    system.store.delay_ns = 1;
    system.users = (struct source_config){ .target = "far", .rate = 500, .ask = ask_one_key };
    system.writers = (struct source_config){ .target = "cache", .rate = 2, .ask = ask_to_write_one };
    sim = build(&system);
    run_to(sim, 1000 * SECOND);
    stale = (double)counter(instance_of(sim, "far", 0), "stale_hits");
    hits = (double)counter(instance_of(sim, "far", 0), "hits");
    ck_assert_double_eq_tol(stale / hits, expected, 4 * sqrt(expected * (1 - expected) / 2000));
    sim_destroy(sim);
}
END_TEST

/* ---- hit ratio through the model ---- */

static struct row_chooser chooser;

static void read_by_popularity(struct request *request, struct rng *rng)
{
    request->key = row_chooser_choose(&chooser, rng_next(rng));
}

/* 1000 rows, Zipf 0.99, 100 entries, lru: Che's approximation, solved here; four standard errors of
 * independent hits: 0.0045. The counters start again with the window. */
START_TEST(test_cache_read_through_hits_as_che_says)
{
    struct system system = system_of("store");
    double low = 0.0, high = 1e6, expected = 0.0, hits, misses;
    struct zipf zipf;
    struct sim *sim;

    zipf_init(&zipf, 1000, 0.99);
    for (int i = 0; i < 100; i++) { /* the time t after which 100 different keys have been asked for */
        double t = 0.5 * (low + high), keys = 0.0;

        expected = 0.0;
        for (uint64_t rank = 1; rank <= 1000; rank++) {
            double p = zipf_probability(&zipf, rank);

            keys -= expm1(-p * t);
            expected -= p * expm1(-p * t);
        }
        *(keys < 100.0 ? &low : &high) = t;
    }
    profiles.popularity = POPULARITY_ZIPF;
    system.store.delay_ns = 1;
    system.cache.capacity_entries = 100;
    system.users = (struct source_config){ .target = "cache", .rate = 10000, .ask = read_by_popularity };
    sim = build(&system);
    row_chooser_init(&chooser, sim_find_group(sim, "users"), "keys", &profiles, -1, NAN, NULL);
    run_to(sim, SECOND);
    sim_window_start(sim);
    run_to(sim, 21 * SECOND);
    hits = (double)counter(cache_of(sim), "hits");
    misses = (double)counter(cache_of(sim), "misses");
    ck_assert_double_eq_tol(hits + misses, 200000.0, 2000.0);
    ck_assert_double_eq_tol(hits / (hits + misses), expected, 0.0045);
    ck_assert_double_eq_tol(amount_mean(level(cache_of(sim), "entries"), sim->now_ns), 100.0, 1e-9);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("cache", test_cache_nodes_come_cold_and_go_when_all_is_written,
          test_cache_aside_holds_what_was_put, test_cache_sizes_and_data_sets_are_told_apart,
          test_cache_counts_stale_hits, test_cache_without_a_store_cannot_read_or_write,
          test_cache_reads_through_once, test_cache_writes_around_or_through,
          test_cache_keeps_the_answer_that_comes_last, test_cache_passes_failures_on_and_keeps_none,
          test_cache_conserves_operations, test_cache_ttl_counts_from_either_end_of_the_fetch,
          test_cache_ttl_starts_anew_with_a_hit_if_it_is_told_to, test_cache_jitter_spreads_expiry,
          test_cache_operations_take_their_time, test_cache_memory_is_the_hosts,
          test_cache_warm_holds_the_most_popular, test_cache_warm_copies_are_of_any_age,
          test_cache_read_through_hits_as_che_says, test_cache_requests_that_miss_together_share_one_fetch,
          test_cache_shares_failures_and_orphans, test_cache_stampede_is_as_large_as_the_fetch_is_long,
          test_cache_counts_stale_answers_that_were_shared, test_cache_writes_back_later_and_combines,
          test_cache_writes_what_is_dirty_before_it_makes_room, test_cache_writes_back_again_what_failed,
          test_cache_accounts_for_every_accepted_write, test_cache_combines_writes_as_the_formula_says,
          test_cache_node_that_leaves_moves_its_keys_alone, test_cache_copy_follows_what_is_written,
          test_cache_copy_is_stale_as_long_as_the_message_takes)
