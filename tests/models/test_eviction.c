/* test_eviction.c - hit ratios against theory, every policy against a naive one, expiry, bounds, memory. */
#include "models/eviction.h"

#include <string.h>

#include "sim/zipf.h"
#include "tests/test.h"

#define UNLIMITED INT64_MAX

/* ---- independent requests ---- */

struct replay {
    enum eviction policy;
    uint64_t keys;
    double exponent;
    int64_t capacity;
    uint64_t warm_up, requests;
};

static double hit_ratio(const struct replay *replay, uint64_t seed)
{
    struct eviction_store store;
    struct memory memory;
    struct rng requests, random;
    struct zipf zipf;
    uint64_t hits = 0;

    memory_init(&memory, UINT64_MAX);
    rng_init(&requests, seed, "test", "requests");
    rng_init(&random, seed, "test", "random");
    zipf_init(&zipf, replay->keys, replay->exponent);
    eviction_init(&store, &memory,
                  &(struct eviction_config){ replay->policy, replay->capacity, UNLIMITED, &random });
    for (uint64_t i = 0; i < replay->warm_up + replay->requests; i++) {
        uint64_t id = zipf_sample(&zipf, &requests);

        if (eviction_get(&store, id, 0))
            hits += i >= replay->warm_up;
        else
            eviction_put(&store, id, (struct eviction_copy){ .expiry_ns = SIM_TIME_NEVER, .size = 1 }, 0);
    }
    memory_deinit(&memory);
    return (double)hits / (double)replay->requests;
}

static void assert_near(double value, double exact, double tolerance)
{
    ck_assert_msg(fabs(value - exact) <= tolerance, "%.6f instead of %.6f +- %g", value, exact, tolerance);
}

/* 10 keys, 3 of them in: King's exact sum for LRU, the product form for FIFO (and random), the three most
 * popular keys for perfect LFU. Four standard errors of independent hits are 0.0014. */
START_TEST(test_eviction_tiny_case_is_exact)
{
    struct replay replay = {
        .keys = 10, .exponent = 1.0, .capacity = 3, .warm_up = 1000, .requests = 2000000
    };

    replay.policy = EVICTION_LRU;
    assert_near(hit_ratio(&replay, 23), 0.47066419, 0.0014);
    replay.policy = EVICTION_FIFO;
    assert_near(hit_ratio(&replay, 23), 0.445104461, 0.0014);
    replay.policy = EVICTION_RANDOM;
    assert_near(hit_ratio(&replay, 23), 0.445104461, 0.0014);
    replay.policy = EVICTION_PERFECT_LFU;
    assert_near(hit_ratio(&replay, 23), 0.625931446, 0.0014);
}
END_TEST

/* Che's approximation, which is off by less than 0.0001 here; independent hits would have a standard error of
 * 0.00035, neighbouring ones depend on one another: 0.0015 is about four times that of the sum. */
START_TEST(test_eviction_lru_follows_che)
{
    struct replay replay = { EVICTION_LRU, 10000, 0.8, 1000, 200000, 2000000 };

    assert_near(hit_ratio(&replay, 19), 0.436659722, 0.0015);
}
END_TEST

START_TEST(test_eviction_random_hits_like_fifo)
{
    struct replay replay = { EVICTION_FIFO, 10000, 0.8, 1000, 200000, 2000000 };

    assert_near(hit_ratio(&replay, 20), 0.394220848, 0.0015);
    replay.policy = EVICTION_RANDOM;
    assert_near(hit_ratio(&replay, 20), 0.394220848, 0.0015);
}
END_TEST

/* The mass of the 1000 most popular keys is the bound for all; lfu, which forgets counts, stays below. */
START_TEST(test_eviction_perfect_lfu_reaches_the_bound)
{
    struct replay replay = { EVICTION_PERFECT_LFU, 10000, 0.8, 1000, 1500000, 3000000 };
    double perfect = hit_ratio(&replay, 21);

    assert_near(perfect, 0.570617585, 0.004);
    replay.policy = EVICTION_LFU;
    replay.requests = 500000;
    ck_assert_double_lt(hit_ratio(&replay, 21), perfect - 0.002);
}
END_TEST

/* ---- time to live ---- */

struct ttl_result {
    double hit_ratio, entries;
};

/* 10,000 keys, Zipf 0.9, 1000 requests/s, 10 s to live, room without bound. */
static struct ttl_result run_ttl(bool reset)
{
    const int64_t ttl_ns = 10 * SIM_NS_PER_S;
    const int warm_up = 50000, requests = 1500000;
    struct eviction_store store;
    struct memory memory;
    struct rng rng;
    struct zipf zipf;
    struct ttl_result result;
    uint64_t hits = 0;
    int64_t now_ns = 0;

    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 22, "test", "ttl");
    zipf_init(&zipf, 10000, 0.9);
    eviction_init(&store, &memory, &(struct eviction_config){ EVICTION_LRU, UNLIMITED, UNLIMITED, NULL });
    for (int i = 0; i < warm_up + requests; i++) {
        uint64_t id = zipf_sample(&zipf, &rng);
        uint32_t entry;

        now_ns += sim_time_from_ns(rng_exponential(&rng) * 1e6);
        if (i == warm_up) {
            amount_window_start(&store.entries, now_ns);
            amount_window_start(&store.bytes, now_ns);
        }
        entry = eviction_get(&store, id, now_ns);
        if (entry && i >= warm_up)
            hits++;
        if (entry && reset)
            eviction_set_expiry(&store, entry, now_ns + ttl_ns);
        if (!entry)
            eviction_put(&store, id, (struct eviction_copy){ .expiry_ns = now_ns + ttl_ns, .size = 1 },
                         now_ns);
    }
    result = (struct ttl_result){ (double)hits / requests, amount_mean(&store.entries, now_ns) };
    memory_deinit(&memory);
    return result;
}

/* hit(p) of a key, averaged over requests; the sum is the present keys' number when not weighted. */
static double over_keys(double (*of_key)(double load), bool by_requests)
{
    struct zipf zipf;
    double sum = 0.0;

    zipf_init(&zipf, 10000, 0.9);
    for (uint64_t rank = 1; rank <= 10000; rank++) {
        double probability = zipf_probability(&zipf, rank);

        sum += (by_requests ? probability : 1.0) * of_key(probability * 1000.0 * 10.0);
    }
    return sum;
}

static double hit_without_reset(double load)
{
    return load / (1.0 + load);
}

static double hit_with_reset(double load)
{
    return 1.0 - exp(-load);
}

/* Without reset a key is absent for 1/rate and present for ttl, in turn (Jung, Berger, Balakrishnan, 2003);
 * with it a request hits when the last one was less than ttl ago. Four standard errors of hits: 0.0015. */
START_TEST(test_eviction_ttl_alone_follows_renewal_theory)
{
    struct ttl_result kept = run_ttl(false), reset = run_ttl(true);

    assert_near(over_keys(hit_without_reset, true), 0.702232897, 1e-6);
    assert_near(over_keys(hit_with_reset, true), 0.775821451, 1e-6);
    assert_near(kept.hit_ratio, over_keys(hit_without_reset, true), 0.0015);
    assert_near(reset.hit_ratio, over_keys(hit_with_reset, true), 0.0015);
    assert_near(kept.entries, over_keys(hit_without_reset, false), 10.0); /* 2977.67 */
}
END_TEST

/* Each copy counts from its put to its expiry, whenever the sweep comes by. */
START_TEST(test_eviction_level_is_dated_back_to_the_expiry)
{
    int64_t until_ns[50] = { 0 };
    struct eviction_store store;
    struct memory memory;
    struct rng rng;
    int64_t now_ns = 0, end_ns;
    __int128 area = 0, bytes = 0;

    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 5, "test", "dates");
    eviction_init(&store, &memory, &(struct eviction_config){ EVICTION_FIFO, UNLIMITED, UNLIMITED, NULL });
    for (int i = 0; i < 20000; i++) {
        uint64_t id = rng_below(&rng, 50);

        now_ns += (int64_t)rng_below(&rng, 100);
        ck_assert_int_eq(eviction_get(&store, id, now_ns) != 0, until_ns[id] > now_ns);
        if (until_ns[id] <= now_ns) {
            int64_t life_ns = 1 + (int64_t)rng_below(&rng, 5000);

            until_ns[id] = now_ns + life_ns;
            area += life_ns;
            bytes += life_ns * (int64_t)(id + 1);
            eviction_put(&store, id, (struct eviction_copy){ until_ns[id], 1, (uint32_t)id + 1 }, now_ns);
        }
    }
    end_ns = now_ns + 10000;
    for (uint64_t id = 0; id < 50; id++)
        ck_assert_uint_eq(eviction_get(&store, id, end_ns), 0);
    ck_assert_int_eq(store.entries.level, 0);
    ck_assert(amount_area(&store.entries, end_ns) == area);
    ck_assert(amount_area(&store.bytes, end_ns) == bytes);
    memory_deinit(&memory);
}
END_TEST

/* A sweep leaves nothing expired behind after as many calls as half the places. */
START_TEST(test_eviction_sweep_finds_what_nobody_asks_for)
{
    struct eviction_store store;
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    eviction_init(&store, &memory, &(struct eviction_config){ EVICTION_LRU, UNLIMITED, UNLIMITED, NULL });
    for (uint64_t id = 0; id < 1000; id++)
        eviction_put(&store, id, (struct eviction_copy){ 100, 0, 1 }, 0);
    for (int i = 0; i < 499; i++)
        eviction_get(&store, 5000, 100);
    ck_assert_int_eq(store.entries.level, 2);
    eviction_get(&store, 5000, 100);
    ck_assert_int_eq(store.entries.level, 0);
    ck_assert_uint_eq(store.expirations, 1000);
    ck_assert_uint_eq(store.evictions, 0);
    memory_deinit(&memory);
}
END_TEST

/* ---- against a naive store ---- */

#define NAIVE_KEYS 200

struct naive_copy {
    uint64_t id, inserted, used, uses;
    uint32_t version, size;
};

/* An array without gaps, searched from end to end for everything. */
struct naive {
    enum eviction policy;
    struct naive_copy copies[NAIVE_KEYS];
    int64_t count, bytes, capacity_entries, capacity_bytes;
    uint64_t clock, evictions;
    uint64_t asked[NAIVE_KEYS];
    struct rng rng;
};

static struct naive_copy *naive_find(struct naive *naive, uint64_t id)
{
    for (int64_t i = 0; i < naive->count; i++)
        if (naive->copies[i].id == id)
            return &naive->copies[i];
    return NULL;
}

static void naive_remove(struct naive *naive, struct naive_copy *copy)
{
    naive->bytes -= copy->size;
    *copy = naive->copies[--naive->count];
}

static void naive_use(struct naive *naive, struct naive_copy *copy)
{
    copy->used = ++naive->clock;
    copy->uses = naive->policy == EVICTION_PERFECT_LFU ? naive->asked[copy->id] : copy->uses + 1;
}

static bool naive_goes_before(const struct naive *naive, const struct naive_copy *a,
                              const struct naive_copy *b)
{
    if (naive->policy == EVICTION_FIFO)
        return a->inserted < b->inserted;
    if (naive->policy != EVICTION_LRU && a->uses != b->uses)
        return a->uses < b->uses;
    return a->used < b->used;
}

static struct naive_copy *naive_victim(struct naive *naive)
{
    struct naive_copy *victim = &naive->copies[0];

    if (naive->policy == EVICTION_RANDOM)
        return &naive->copies[rng_below(&naive->rng, (uint64_t)naive->count)];
    for (int64_t i = 1; i < naive->count; i++)
        if (naive_goes_before(naive, &naive->copies[i], victim))
            victim = &naive->copies[i];
    return victim;
}

static struct naive_copy *naive_get(struct naive *naive, uint64_t id)
{
    struct naive_copy *copy = naive_find(naive, id);

    naive->asked[id]++;
    if (copy)
        naive_use(naive, copy);
    return copy;
}

static bool naive_put(struct naive *naive, uint64_t id, uint32_t version, uint32_t size)
{
    struct naive_copy *copy = naive_find(naive, id);
    bool is_new = !copy;

    if (size > naive->capacity_bytes) {
        if (copy) {
            naive_remove(naive, copy);
            naive->evictions++;
        }
        return false;
    }
    if (copy)
        naive_use(naive, copy);
    for (;;) {
        struct naive_copy *victim;
        bool is_own;

        copy = naive_find(naive, id);
        if (naive->count + is_new <= naive->capacity_entries &&
            naive->bytes + size - (copy ? copy->size : 0) <= naive->capacity_bytes)
            break;
        victim = naive_victim(naive);
        if (is_new && naive->policy == EVICTION_PERFECT_LFU && naive->asked[id] < victim->uses)
            return false;
        is_own = victim == copy;
        naive_remove(naive, victim);
        naive->evictions++;
        if (is_own)
            return false;
    }
    if (is_new) {
        copy = &naive->copies[naive->count++];
        *copy = (struct naive_copy){ .id = id, .inserted = ++naive->clock };
        naive_use(naive, copy);
    }
    naive->bytes += (int64_t)size - copy->size;
    copy->version = version;
    copy->size = size;
    return true;
}

/* Each does one operation on both and tells whether they did the same. */
static bool same_get(struct eviction_store *store, struct naive *naive, uint64_t id)
{
    const struct naive_copy *expected = naive_get(naive, id);
    uint32_t entry = eviction_get(store, id, 0);
    struct eviction_copy copy;

    if (!entry || !expected)
        return !entry && !expected;
    copy = eviction_copy_at(store, entry);
    return copy.version == expected->version && copy.size == expected->size;
}

static bool same_put(struct eviction_store *store, struct naive *naive, uint64_t id, uint32_t version,
                     uint32_t size)
{
    bool is_kept = naive_put(naive, id, version, size);

    return eviction_put(store, id, (struct eviction_copy){ SIM_TIME_NEVER, version, size }, 0) == is_kept;
}

static bool same_drop(struct eviction_store *store, struct naive *naive, uint64_t id)
{
    struct naive_copy *copy = naive_find(naive, id);

    if (copy)
        naive_remove(naive, copy);
    return eviction_drop(store, id, 0) == (copy != NULL);
}

static void compare_runs(enum eviction policy, int64_t capacity_entries, int64_t capacity_bytes,
                         uint64_t seed)
{
    static struct naive naive;
    struct eviction_store store;
    struct memory memory;
    struct rng rng, random;
    struct zipf zipf;

    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, seed, "test", "operations");
    rng_init(&random, seed, "test", "random");
    zipf_init(&zipf, NAIVE_KEYS, 0.7);
    naive = (struct naive){ .policy = policy,
                            .capacity_entries = capacity_entries,
                            .capacity_bytes = capacity_bytes,
                            .rng = random };
    eviction_init(&store, &memory,
                  &(struct eviction_config){ policy, capacity_entries, capacity_bytes, &random });
    for (uint32_t i = 0; i < 100000; i++) {
        uint64_t id = zipf_sample(&zipf, &rng) - 1, choice = rng_below(&rng, 100);
        uint32_t size = (uint32_t)(rng_below(&rng, 4) ? rng_below(&rng, 60) : rng_below(&rng, 1100));
        bool same;

        if (choice < 60)
            same = same_get(&store, &naive, id);
        else if (choice < 94)
            same = same_put(&store, &naive, id, i, size);
        else
            same = same_drop(&store, &naive, id);
        if (!same || store.entries.level != naive.count || store.bytes.level != naive.bytes ||
            store.evictions != naive.evictions) /* Check takes a microsecond an assertion */
            ck_abort_msg("%s, seed %d: operation %u differs", eviction_choices[policy].name, (int)seed, i);
    }
    ck_assert_uint_gt(naive.evictions, 500);
    memory_deinit(&memory);
}

START_TEST(test_eviction_policies_do_as_naive_ones)
{
    for (int policy = 0; policy < EVICTION_COUNT; policy++) {
        compare_runs((enum eviction)policy, 20, UNLIMITED, 1);
        compare_runs((enum eviction)policy, UNLIMITED, 1000, 2);
        compare_runs((enum eviction)policy, 30, 2000, 3);
        compare_runs((enum eviction)policy, 1, UNLIMITED, 4);
    }
}
END_TEST

/* ---- bounds ---- */

/* Mixed sizes and dates: the greatest level of the run is within the bound, and a copy found is the last one
 * put. */
START_TEST(test_eviction_bytes_never_exceed_the_bound)
{
    for (int policy = 0; policy < EVICTION_COUNT; policy++) {
        struct eviction_copy last[500] = { 0 };
        struct eviction_store store;
        struct memory memory;
        struct rng rng, random;
        uint64_t hits = 0, wrong = 0;

        memory_init(&memory, UINT64_MAX);
        rng_init(&rng, 9, "test", "bytes");
        rng_init(&random, 9, "test", "random");
        eviction_init(&store, &memory,
                      &(struct eviction_config){ (enum eviction)policy, UNLIMITED, 100000, &random });
        for (int64_t now_ns = 0; now_ns < 100000; now_ns++) {
            uint64_t id = rng_below(&rng, 500);
            uint32_t entry = eviction_get(&store, id, now_ns);

            if (entry) {
                wrong += eviction_copy_at(&store, entry).version != last[id].version;
                wrong += last[id].expiry_ns <= now_ns;
                hits++;
            } else {
                last[id] = (struct eviction_copy){ now_ns + 1 + (int64_t)rng_below(&rng, 3000),
                                                   (uint32_t)now_ns, (uint32_t)rng_below(&rng, 5000) };
                eviction_put(&store, id, last[id], now_ns);
            }
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert_uint_gt(hits, 1000);
        ck_assert_uint_gt(store.evictions, 1000);
        ck_assert_uint_gt(store.expirations, 100);
        ck_assert_int_le(store.bytes.level_max, 100000);
        ck_assert_int_gt(store.bytes.level_max, 90000);
        memory_deinit(&memory);
    }
}
END_TEST

START_TEST(test_eviction_a_copy_larger_than_all_is_not_kept)
{
    struct eviction_store store;
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    eviction_init(&store, &memory, &(struct eviction_config){ EVICTION_LRU, UNLIMITED, 100, NULL });
    ck_assert(eviction_put(&store, 1, (struct eviction_copy){ SIM_TIME_NEVER, 1, 60 }, 0));
    ck_assert(eviction_put(&store, 2, (struct eviction_copy){ SIM_TIME_NEVER, 1, 40 }, 0));
    ck_assert(!eviction_put(&store, 3, (struct eviction_copy){ SIM_TIME_NEVER, 1, 101 }, 0));
    ck_assert_int_eq(store.entries.level, 2); /* nobody made room in vain */
    ck_assert(!eviction_put(&store, 1, (struct eviction_copy){ SIM_TIME_NEVER, 2, 101 }, 0));
    ck_assert_uint_eq(eviction_get(&store, 1, 0), 0); /* the older copy must not be found for the newer */
    ck_assert_uint_ne(eviction_get(&store, 2, 0), 0);
    memory_deinit(&memory);
}
END_TEST

/* Keys that all begin to be looked for in the first slot: the k-th lies k - 1 slots from there, further than a slot can
 * say. They leave in an order that makes gaps everywhere. */
START_TEST(test_eviction_keys_far_from_home_are_found_when_others_leave)
{
    enum { KEYS = 24 };
    struct eviction_store store;
    struct memory memory;
    uint64_t inverse = RNG_WEYL; /* of RNG_WEYL modulo 2^64, by Newton: each step doubles the bits that are right */
    bool is_in[KEYS];

    for (int i = 0; i < 6; i++)
        inverse *= 2 - RNG_WEYL * inverse;
    memory_init(&memory, UINT64_MAX);
    eviction_init(&store, &memory, &(struct eviction_config){ EVICTION_LRU, UNLIMITED, UNLIMITED, NULL });
    for (uint64_t k = 0; k < KEYS; k++) {
        ck_assert_uint_eq(eviction_home(&store, (k + 1) * inverse), 0);
        eviction_put(&store, (k + 1) * inverse, (struct eviction_copy){ SIM_TIME_NEVER, 1, 1 }, 0);
        is_in[k] = true;
    }
    for (uint64_t left = 0; left < KEYS; left++) {
        uint64_t leaves = left * 7 % KEYS; /* 7 and 24 have no common divisor: each leaves once */

        ck_assert(eviction_drop(&store, (leaves + 1) * inverse, 0));
        is_in[leaves] = false;
        for (uint64_t k = 0; k < KEYS; k++)
            ck_assert_int_eq(eviction_peek(&store, (k + 1) * inverse, 0) != 0, is_in[k]);
    }
    memory_deinit(&memory);
}
END_TEST

/* ---- memory ---- */

/* At every size above a thousand keys, with hits that make frequency lists. */
START_TEST(test_eviction_a_key_takes_64_bytes)
{
    for (int policy = 0; policy < EVICTION_COUNT; policy++) {
        struct eviction_store store;
        struct memory memory;
        struct rng rng;
        double most = 0.0;

        memory_init(&memory, UINT64_MAX);
        rng_init(&rng, 64, "test", "memory");
        eviction_init(&store, &memory,
                      &(struct eviction_config){ (enum eviction)policy, UNLIMITED, UNLIMITED, &rng });
        for (uint64_t id = 0; id < 100000; id++) {
            double bytes;

            eviction_put(&store, row_id(1, id), (struct eviction_copy){ SIM_TIME_NEVER, 0, 1 }, 0);
            eviction_get(&store, row_id(1, rng_below(&rng, id + 1) * rng_below(&rng, id + 1) / (id + 1)), 0);
            bytes = (double)(memory.used_bytes - store.asked.slot_count * sizeof(struct row_entry)) /
                    (double)store.entries.level;
            if (id >= 1000 && bytes > most)
                most = bytes;
        }
        ck_assert_int_eq(store.entries.level, 100000);
        ck_assert_msg(most <= 64.0, "%s: %.1f bytes a key", eviction_choices[policy].name, most);
        ck_assert_msg(most > 40.0, "%s: %.1f bytes a key", eviction_choices[policy].name, most);
        memory_deinit(&memory);
    }
}
END_TEST

START_TEST(test_eviction_has_a_name_for_every_policy)
{
    int count = 0;

    for (const struct param_choice *choice = eviction_choices; choice->name; choice++) {
        ck_assert_int_eq(choice->value, count++);
        ck_assert_ptr_nonnull(eviction_policies[choice->value].victim);
    }
    ck_assert_int_eq(count, EVICTION_COUNT);
}
END_TEST

TEST_MAIN("eviction", test_eviction_tiny_case_is_exact, test_eviction_lru_follows_che,
          test_eviction_random_hits_like_fifo, test_eviction_perfect_lfu_reaches_the_bound,
          test_eviction_ttl_alone_follows_renewal_theory, test_eviction_level_is_dated_back_to_the_expiry,
          test_eviction_sweep_finds_what_nobody_asks_for, test_eviction_policies_do_as_naive_ones,
          test_eviction_bytes_never_exceed_the_bound, test_eviction_a_copy_larger_than_all_is_not_kept,
          test_eviction_keys_far_from_home_are_found_when_others_leave,
          test_eviction_a_key_takes_64_bytes, test_eviction_has_a_name_for_every_policy)
