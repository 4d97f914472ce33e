/* replay.c - replays the trace through caches written by hand.
 *
 *     reference/replay lru|fifo|lfu...
 */
#include "bench/reference/trace.h"

#include "bench/reference/key_cache.h"
#include "bench/reference/use_cache.h"

INLINE uint64_t replay_keys(const uint64_t *keys, bool promote)
{
    struct key_cache cache;
    uint64_t misses = 0;

    key_cache_init(&cache, TRACE_CAPACITY);
    for (uint32_t i = 0; i < TRACE_REQUESTS; i++) {
        key_cache_prefetch(&cache, keys[i + TRACE_AHEAD]);
        misses += !key_cache_get(&cache, keys[i], promote);
    }
    return misses;
}

static uint64_t replay_lru(const uint64_t *keys)
{
    return replay_keys(keys, true);
}

static uint64_t replay_fifo(const uint64_t *keys)
{
    return replay_keys(keys, false);
}

static uint64_t replay_lfu(const uint64_t *keys)
{
    struct use_cache cache;
    uint64_t misses = 0;

    use_cache_init(&cache, TRACE_CAPACITY);
    for (uint32_t i = 0; i < TRACE_REQUESTS; i++)
        misses += !use_cache_get(&cache, keys[i]);
    return misses;
}

static const struct {
    const char *name;
    uint64_t (*replay)(const uint64_t *keys);
} policies[] = { { "lru", replay_lru }, { "fifo", replay_fifo }, { "lfu", replay_lfu } };

int main(int argc, char **argv)
{
    const uint64_t *keys = trace_make();

    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof policies / sizeof *policies; k++)
            if (!strcmp(argv[i], policies[k].name)) {
                double start_ns = clock_processor_ns();
                uint64_t misses = policies[k].replay(keys);

                trace_print(argv[i], clock_processor_ns() - start_ns, misses);
            }
    return 0;
}
