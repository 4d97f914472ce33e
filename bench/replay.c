/* replay.c - replays the trace of reference/replay through the store of the caches (models/eviction.h).
 *
 *     replay POLICY...       lru, fifo, lfu, perfect_lfu, random: prints ns a request and the miss ratio
 *     replay bytes           prints the most bytes that a cached key takes
 *
 * As a cache does it: ask, and put what was not there. A run knows its requests some time ahead, hence the
 * prefetching, which the reference does too.
 */
#include "bench/reference/trace.h"

#include "models/eviction.h"

#define FILL_LEAST 10000
#define FILL_MOST 4000000

static void store_init(struct eviction_store *store, struct memory *memory, int policy, int64_t capacity,
                       struct rng *rng)
{
    memory_init(memory, UINT64_MAX);
    rng_init(rng, 1, "replay", "eviction");
    eviction_init(store, memory,
                  &(struct eviction_config){ .policy = (enum eviction)policy,
                                             .capacity_entries = capacity,
                                             .capacity_bytes = INT64_MAX,
                                             .rng = rng });
}

static struct eviction_copy copy_of_a_key(void)
{
    return (struct eviction_copy){ .expiry_ns = SIM_TIME_NEVER, .size = 1 };
}

/* ---- time ---- */

static uint64_t replay(struct eviction_store *store, const uint64_t *keys)
{
    uint64_t misses = 0;

    for (uint32_t i = 0; i < TRACE_REQUESTS; i++) {
        eviction_prefetch(store, keys[i + TRACE_AHEAD]);
        eviction_prefetch_entry(store, keys[i + TRACE_AHEAD / 2]);
        if (!eviction_get(store, keys[i], i)) {
            misses++;
            eviction_put(store, keys[i], copy_of_a_key(), i);
        }
    }
    return misses;
}

static void measure(const uint64_t *keys, const struct param_choice *policy)
{
    struct eviction_store store;
    struct memory memory;
    struct rng rng;
    double start_ns;
    uint64_t misses;

    store_init(&store, &memory, policy->value, TRACE_CAPACITY, &rng);
    start_ns = clock_processor_ns();
    misses = replay(&store, keys);
    trace_print(policy->name, clock_processor_ns() - start_ns, misses);
    memory_deinit(&memory);
}

/* ---- memory ---- */

/* Over all numbers of keys, so that arrays that have just grown are among them. */
static double bytes_most(int policy)
{
    struct eviction_store store;
    struct memory memory;
    struct rng rng;
    double most = 0;

    store_init(&store, &memory, policy, INT64_MAX, &rng);
    for (uint64_t key = 1; key <= FILL_MOST; key++) {
        double bytes;

        eviction_put(&store, key, copy_of_a_key(), 0);
        bytes = (double)memory.used_bytes / (double)key;
        if (key >= FILL_LEAST && bytes > most)
            most = bytes;
    }
    memory_deinit(&memory);
    return most;
}

static void print_bytes(void)
{
    double most = 0;

    for (int i = EVICTION_LRU; i <= EVICTION_LFU; i++) {
        double bytes = bytes_most(i);

        most = bytes > most ? bytes : most;
    }
    printf("bytes=%.1f\n", most);
}

int main(int argc, char **argv)
{
    const uint64_t *keys;

    if (argc == 2 && !strcmp(argv[1], "bytes")) {
        print_bytes();
        return 0;
    }
    keys = trace_make();
    for (int i = 1; i < argc; i++)
        for (const struct param_choice *policy = eviction_choices; policy->name; policy++)
            if (!strcmp(argv[i], policy->name))
                measure(keys, policy);
    return 0;
}
