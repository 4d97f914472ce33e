/* cache_contents.c - the copies of a cache: how large they are, when they expire, what a warm start holds,
 * what a crash takes; see cache.c. */
#include "models/cache.h"

#include <math.h>

#include "models/environment.h"

/* ---- copies ---- */

static uint32_t at_most_4gb(uint64_t bytes)
{
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* rows: in the copy. */
static uint32_t entry_bytes(const struct component *self, const struct data_set_config *data,
                            uint64_t row_count, uint32_t message_bytes)
{
    const struct cache_config *config = self->group->config;

    if (config->entry_size > 0)
        return at_most_4gb((uint64_t)config->entry_size);
    if (!data)
        return message_bytes;
    return at_most_4gb((uint64_t)data->row_size * (row_count ? row_count : 1)); /* at most 1e9 and 2^16 */
}

uint32_t cache_entry_bytes(const struct component *self, const struct request *request)
{
    const struct data_set_config *data =
        request->data ? &environment_of(self->sim)->data_sets[request->data - 1] : NULL;

    return entry_bytes(self, data, request->rows, request->bytes);
}

/* Takes from the host what the store has grown by. When others have left too little there, copies make room.
 */
void cache_settle_host_memory(struct component *self)
{
    struct cache *cache = component_state(self);

    while (!host_use_memory(cache->host, self->sim, cache->store.bytes.level - cache->host_bytes))
        eviction_evict(&cache->store, self->sim->now_ns);
    cache->host_bytes = cache->store.bytes.level;
}

int64_t cache_expiry_ns(const struct component *self, const struct request *request, int64_t from_ns)
{
    const struct cache_config *config = self->group->config;
    const struct cache_shared *shared = self->shared;
    double ttl_ns = (double)config->ttl;
    int64_t date_ns;

    if (config->ttl == SIM_TIME_NEVER)
        return SIM_TIME_NEVER;
    if (config->ttl_jitter > 0.0) {
        struct rng rng = rng_for_request(shared->ttl_key, request->frames[request->top].number);

        ttl_ns *= 1.0 + config->ttl_jitter * (2.0 * rng_uniform(&rng) - 1.0);
    }
    if (__builtin_add_overflow(from_ns, config->ttl_jitter > 0.0 ? sim_time_from_ns(ttl_ns) : config->ttl,
                               &date_ns))
        return SIM_TIME_NEVER;
    return date_ns;
}

bool cache_keep(struct component *self, struct request *request, int64_t fetch_start_ns)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    int64_t from_ns = config->ttl_from == TTL_FROM_FETCH_START ? fetch_start_ns : self->sim->now_ns;
    bool is_kept;

    cache->leaving = 0;
    is_kept = eviction_put(&cache->store, row_id(request->data, request->key),
                 (struct eviction_copy){ .expiry_ns = cache_expiry_ns(self, request, from_ns),
                                         .version = request->version,
                                         .size = cache_entry_bytes(self, request) },
                 self->sim->now_ns);
    cache_settle_memory(self);
    return is_kept;
}

void cache_drop(struct component *self, const struct request *request)
{
    struct cache *cache = component_state(self);

    eviction_drop(&cache->store, row_id(request->data, request->key), self->sim->now_ns);
    cache_settle_memory(self);
}

/* ---- a warm start ---- */

static void warm_put(struct component *self, uint16_t data_number, uint64_t row, struct rng *rng)
{
    const struct cache_config *config = self->group->config;
    const struct data_set_config *data = &environment_of(self->sim)->data_sets[data_number - 1];
    struct cache *cache = component_state(self);
    struct eviction_copy copy = { .expiry_ns = SIM_TIME_NEVER,
                                  .version = row_version(self->sim, data_number, row) };

    copy.size = entry_bytes(self, data, 1, 0);
    if (config->ttl != SIM_TIME_NEVER) /* copies in use are of any age */
        copy.expiry_ns = self->sim->now_ns + sim_time_from_ns((double)config->ttl * rng_uniform(rng));
    eviction_put(&cache->store, row_id(data_number, row), copy, self->sim->now_ns);
}

/* How many rows of that size fit. */
static uint64_t room_for(const struct cache *cache, const struct data_set_config *data, uint32_t size)
{
    int64_t count = data->rows;

    if (count > cache->store.capacity_entries)
        count = cache->store.capacity_entries;
    if (count > cache->store.capacity_bytes / size)
        count = cache->store.capacity_bytes / size;
    return (uint64_t)count;
}

/* One of several nodes has its own keys only. */
static bool is_own(const struct component *self, uint16_t data_number, uint64_t row)
{
    return cache_node_of(self->group, row_id(data_number, row)) == self->instance;
}

/* Rank of the least popular row that is in when `rows` of the node's own are. */
static uint64_t last_rank(const struct component *self, struct row_chooser *chooser, uint16_t data_number,
                          uint64_t rows)
{
    uint64_t all = (uint64_t)environment_of(self->sim)->data_sets[data_number - 1].rows, rank = 0;

    if (self->group->count == 1)
        return rows;
    while (rows > 0 && rank < all)
        rows -= is_own(self, data_number, row_chooser_ranked(chooser, ++rank));
    return rank;
}

/* The least popular come first, as if they had been used the longest ago, and hot rows last. */
void cache_start(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    const struct environment *environment = environment_of(self->sim);
    uint16_t number = environment_data_set(environment, config->warm_data);
    const struct data_set_config *data;
    struct row_chooser *chooser;
    struct rng rng;
    uint64_t rows;

    if (config->start != CACHE_WARM || number == 0)
        return;
    data = &environment->data_sets[number - 1];
    chooser = memory_alloc(&self->sim->memory, sizeof *chooser);
    row_chooser_init(chooser, self->group, "warm", data, -1, NAN, NULL);
    rng_init(&rng, rng_key(self->sim->seed, self->group->name, "warm") + self->instance, self->group->name,
             "age");
    rows = room_for(cache, data, entry_bytes(self, data, 1, 0));
    eviction_reserve(&cache->store, rows);
    for (uint64_t rank = last_rank(self, chooser, number, rows); rank > 0; rank--)
        if (is_own(self, number, row_chooser_ranked(chooser, rank)))
            warm_put(self, number, row_chooser_ranked(chooser, rank), &rng);
    for (size_t i = chooser->hot_count; i > 0; i--)
        if (is_own(self, number, (uint64_t)chooser->hot[i - 1].row))
            warm_put(self, number, (uint64_t)chooser->hot[i - 1].row, &rng);
    memory_free(&self->sim->memory, chooser);
    cache_settle_memory(self);
}

/* ---- a crash ---- */

uint64_t cache_lose_contents(struct component *self)
{
    const struct cache_config *config = self->group->config;
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    eviction_clear(&cache->store, self->sim->now_ns);
    cache->leaving = cache->sweep = 0;
    if (config->single_flight)
        row_locks_clear(&cache->fetches, self->sim);
    cache_settle_memory(self);
    return shared->is_write_back ? dirty_crash(&cache->dirty, self->sim->now_ns) : 0;
}
