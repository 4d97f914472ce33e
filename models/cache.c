/* cache.c - copies of rows, or of anything that has a key, kept near and forgotten by a policy.
 *
 * Represented: real keys with the versions and sizes of their copies; five policies; a bound on entries and
 * on bytes, which the host's memory really holds; expiry with jitter, reset by hits or not; copies that are
 * older than the row in the store, which are counted when they are handed out.
 *
 * Two ways to use it:
 *   cache-aside    `store` is none: a caller gets, reads the store itself when the key is absent, and puts;
 *                  it drops what it has written, or puts it, or forgets to.
 *   read-through   `store` is given, and this cache stands in its place: a miss reads the store and keeps
 *                  the answer; a write goes to the store first and then drops the copy (write-around) or
 *                  replaces it (write-through). A write that failed drops the copy, since it may have been
 *                  done all the same. Of two answers that overtake one another the later one is kept, even
 *                  if its row is older: that is how stale copies come about.
 *
 * What the operations mean: GET and READ look up; PUT keeps; DELETE, WRITE, INSERT as above. Without a store
 * the answer to a GET that misses is OK and ABSENT; a READ that misses, a WRITE and an INSERT have nobody to
 * go to: UNAVAILABLE. An answer of several rows is one entry, under its first key. Failed reads are not
 * kept.
 *
 * The time of an operation is work for the host's CPU, or without a host a delay that nobody competes for.
 * Keeping what a miss has fetched costs nothing more. Instances are nodes of their own: the caller chooses
 * one by the key.
 * Left out: several requests that miss the same key at once all go to the store (no single-flight); failures
 * that are remembered; memory beside the entries themselves. Expired copies: see eviction.h.
 *
 * Randomness: by the request, "lookup" and "ttl"; streams of the component: "eviction" for the policy
 * random, "warm" for ages.
 * Cost: O(1) an operation, O(log n) under perfect_lfu. Memory: at most 64 bytes a cached key, see
 * eviction.h.
 */
#include "models/cache.h"

#include <math.h>

#include "models/environment.h"
#include "models/routing.h"
#include "sim/call.h"

#define SHORT_ANSWER_BYTES 64  /* a miss, an acknowledgement */
#define HOST_MEMORY_SHARE 0.75 /* the rest is for the system, connections and fragmentation */

struct cache_shared {
    struct duration lookup_time;
    bool is_instant;      /* looking up takes no time */
    struct link **stores; /* NULL: none */
    struct group *store;
    uint64_t ttl_key;
    struct rng eviction_rng;
};

struct cache {
    struct eviction_store store;
    struct host *host;  /* NULL: none */
    int64_t host_bytes; /* taken from it */
    uint64_t hits, misses;
    uint64_t stale_hits, fresh_hits;
    uint64_t expected_id; /* of the key that will be looked up last, for fetching ahead */
};

/* Where a visit stands that has called the store. */
enum cache_step { CACHE_LOOKING_UP, CACHE_FETCHING, CACHE_WRITING_THROUGH, CACHE_WRITING_AROUND };

/* ---- metrics ---- */

static const struct metric_row metrics[] = {
    { "hits", "1", METRIC_COUNTER, offsetof(struct cache, hits), 0,
      "Look-ups that found a copy, stale ones included." },
    { "misses", "1", METRIC_COUNTER, offsetof(struct cache, misses), 0,
      "Look-ups that found none, or one that had expired." },
    { "hit_ratio", "1", METRIC_RATIO, offsetof(struct cache, hits), offsetof(struct cache, misses),
      "Share of look-ups that found a copy." },
    { "stale_hits", "1", METRIC_COUNTER, offsetof(struct cache, stale_hits), 0,
      "Hits that handed out a copy older than the row." },
    { "stale_ratio", "1", METRIC_RATIO, offsetof(struct cache, stale_hits),
      offsetof(struct cache, fresh_hits), "Share of hits that handed out a copy older than the row." },
    { "evictions", "1", METRIC_COUNTER, offsetof(struct cache, store.evictions), 0,
      "Copies that made room for others." },
    { "expirations", "1", METRIC_COUNTER, offsetof(struct cache, store.expirations), 0,
      "Copies removed since their time was over." },
    { "entries", "1", METRIC_LEVEL, offsetof(struct cache, store.entries), 0,
      "Copies present that have not expired." },
    { "bytes", "B", METRIC_LEVEL, offsetof(struct cache, store.bytes), 0,
      "Size of the copies present that have not expired." },
    { .name = NULL },
};

/* ---- wiring ---- */

static void cache_wire_group(struct group *group)
{
    const struct cache_config *config = group->config;
    struct cache_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);

    duration_init(&shared->lookup_time, group, "lookup", &config->lookup_time);
    shared->is_instant = config->lookup_time.law == DISTRIBUTION_CONSTANT && config->lookup_time.mean == 0.0;
    shared->ttl_key = rng_key(group->sim->seed, group->name, "ttl");
    rng_init(&shared->eviction_rng, group->sim->seed, group->name, "eviction");
    if (config->store) {
        struct group *store = sim_find_group(group->sim, config->store);

        shared->stores = sim_link_all(group, store, &policy);
        shared->store = store;
    }
    group->cost_per_hour += config->price * group->count;
}

static int64_t capacity_bytes(const struct cache_config *config, const struct host *host)
{
    if (config->memory > 0)
        return config->memory;
    return host ? (int64_t)((double)host->config->memory * HOST_MEMORY_SHARE) : INT64_MAX;
}

static void cache_wire(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    if (config->host)
        cache->host = host_of(self, config->host);
    eviction_init(&cache->store, &self->sim->memory,
                  &(struct eviction_config){ .policy = (enum eviction)config->eviction,
                                             .capacity_entries = config->capacity_entries,
                                             .capacity_bytes = capacity_bytes(config, cache->host),
                                             .rng = &shared->eviction_rng });
}

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

static uint32_t entry_bytes_of(const struct component *self, const struct request *request)
{
    const struct data_set_config *data =
        request->data ? &environment_of(self->sim)->data_sets[request->data - 1] : NULL;

    return entry_bytes(self, data, request->rows, request->bytes);
}

/* Takes from the host what the store has grown by. When others have left too little there, copies make room.
 */
static void settle_host_memory(struct component *self)
{
    struct cache *cache = component_state(self);

    while (!host_use_memory(cache->host, self->sim, cache->store.bytes.level - cache->host_bytes))
        eviction_evict(&cache->store, self->sim->now_ns);
    cache->host_bytes = cache->store.bytes.level;
}

static inline void settle_memory(struct component *self)
{
    const struct cache *cache = component_state(self);

    if (cache->host && cache->store.bytes.level != cache->host_bytes)
        settle_host_memory(self);
}

static int64_t expiry_ns(const struct component *self, const struct request *request, int64_t from_ns)
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

static void keep(struct component *self, struct request *request, int64_t fetch_start_ns)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    int64_t from_ns = config->ttl_from == TTL_FROM_FETCH_START ? fetch_start_ns : self->sim->now_ns;

    eviction_put(&cache->store, row_id(request->data, request->key),
                 (struct eviction_copy){ .expiry_ns = expiry_ns(self, request, from_ns),
                                         .version = request->version,
                                         .size = entry_bytes_of(self, request) },
                 self->sim->now_ns);
    settle_memory(self);
}

static void drop(struct component *self, const struct request *request)
{
    struct cache *cache = component_state(self);

    eviction_drop(&cache->store, row_id(request->data, request->key), self->sim->now_ns);
    settle_memory(self);
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

/* The least popular come first, as if they had been used the longest ago, and hot rows last. */
static void cache_start(struct component *self)
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
    for (uint64_t rank = rows; rank > 0; rank--)
        warm_put(self, number, row_chooser_ranked(chooser, rank), &rng);
    for (size_t i = chooser->hot_count; i > 0; i--)
        warm_put(self, number, (uint64_t)chooser->hot[i - 1].row, &rng);
    memory_free(&self->sim->memory, chooser);
    settle_memory(self);
}

/* ---- operations ---- */

/* flags: of REQUEST_ABSENT and REQUEST_STALE, those that hold. */
static void answer(struct component *self, struct request *request, uint32_t bytes, uint8_t flags)
{
    request->flags = (uint8_t)((request->flags & ~(REQUEST_ABSENT | REQUEST_STALE)) | flags);
    request->bytes = bytes;
    sim_reply(self, request, OUTCOME_OK);
}

static void call_store(struct component *self, struct request *request, enum cache_step step)
{
    const struct cache_shared *shared = self->shared;

    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    if (!shared->stores) {
        request->bytes = SHORT_ANSWER_BYTES;
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    if (step == CACHE_FETCHING)
        request->operation = OPERATION_READ;
    request_frame(request)->step = (uint16_t)step;
    sim_call(self, request, shared->stores[route_instance(shared->store, request, request_frame(request)->number)], 0);
}

static void answer_hit(struct component *self, struct request *request, uint32_t entry)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    struct eviction_copy copy = eviction_copy_at(&cache->store, entry);
    bool is_stale = request->data && copy.version < row_version(self->sim, request->data, request->key);

    cache->hits++;
    if (is_stale)
        cache->stale_hits++;
    else
        cache->fresh_hits++;
    if (config->ttl_reset_on_hit && copy.expiry_ns != SIM_TIME_NEVER)
        eviction_set_expiry(&cache->store, entry, expiry_ns(self, request, self->sim->now_ns));
    request->version = copy.version;
    answer(self, request, copy.size, is_stale ? REQUEST_STALE : 0);
}

static void look_up(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);
    uint32_t entry = eviction_get(&cache->store, row_id(request->data, request->key), self->sim->now_ns);

    settle_memory(self); /* something may have expired */
    if (entry) {
        answer_hit(self, request, entry);
        return;
    }
    cache->misses++;
    if (shared->stores || request->operation == OPERATION_READ)
        call_store(self, request, CACHE_FETCHING);
    else
        answer(self, request, SHORT_ANSWER_BYTES, REQUEST_ABSENT);
}

static void write_row(struct component *self, struct request *request)
{
    const struct cache_config *config = self->group->config;

    call_store(self, request,
               config->writes == WRITES_THROUGH ? CACHE_WRITING_THROUGH : CACHE_WRITING_AROUND);
}

static void put_copy(struct component *self, struct request *request)
{
    keep(self, request, request_frame(request)->entered_ns);
    answer(self, request, SHORT_ANSWER_BYTES, 0);
}

static void delete_row(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;

    if (shared->stores) {
        call_store(self, request, CACHE_WRITING_AROUND);
        return;
    }
    drop(self, request);
    answer(self, request, SHORT_ANSWER_BYTES, 0);
}

static void operate(struct component *self, struct request *request)
{
    static void (*const verbs[OPERATION_COUNT])(struct component * self, struct request * request) = {
        [OPERATION_READ] = look_up,     [OPERATION_GET] = look_up,  [OPERATION_WRITE] = write_row,
        [OPERATION_INSERT] = write_row, [OPERATION_PUT] = put_copy, [OPERATION_DELETE] = delete_row,
    };

    SIM_ASSERT(self->sim, self, request->operation < OPERATION_COUNT);
    verbs[request->operation](self, request);
}

/* The key will be looked up when the operation's time is over: its slot is fetched now, and the entry that the slot
 * of the key before led to. With 100,000 keys that is most of what a look-up waits for. */
static void expect_key(struct cache *cache, uint64_t id)
{
    eviction_prefetch(&cache->store, id);
    eviction_prefetch_entry(&cache->store, cache->expected_id);
    cache->expected_id = id;
}

static void cache_on_request(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    if (shared->is_instant) {
        operate(self, request);
        return;
    }
    expect_key(cache, row_id(request->data, request->key));
    if (!cache->host)
        sim_wait(self, request, &shared->lookup_time);
    else if (!host_compute(cache->host, self, request,
                           duration_sample(&shared->lookup_time, request_frame(request)->number)))
        sim_reply(self, request, OUTCOME_REFUSED);
}

/* The store has answered. */
static void cache_on_reply(struct component *self, struct request *request)
{
    const struct frame *frame = request_frame(request);
    bool is_ok = request->outcome == OUTCOME_OK;

    if (is_ok && (frame->step == CACHE_FETCHING || frame->step == CACHE_WRITING_THROUGH))
        keep(self, request, frame->entered_ns);
    else if (frame->step != CACHE_FETCHING)
        drop(self, request);
    sim_reply(self, request, (enum outcome)request->outcome);
}

/* The time of the operation is over. */
static void cache_on_timer(struct component *self, struct request *request)
{
    operate(self, request);
}

static struct activity cache_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "look-up", false };
}

const struct model_type cache_model = {
    .component = {
        .name = "cache",
        .shared_size = sizeof(struct cache_shared),
        .state_size = sizeof(struct cache),
        .wire_group = cache_wire_group,
        .wire = cache_wire,
        .start = cache_start,
        .on_request = cache_on_request,
        .on_reply = cache_on_reply,
        .on_timer = cache_on_timer,
        .activity = cache_activity,
        .instance_for = route_by_key,
        .metrics = metrics,
    },
    .summary = "keeps copies of rows, or of results, and forgets some when it is full or they are old",
    .stands_for = "A key-value cache in memory, such as Redis or memcached, beside a store (the caller looks "
                  "up, reads and puts) or in front of it (it reads and writes the store itself). Keys, "
                  "versions, sizes and dates are real, so hit ratios, stale answers and the cold start come "
                  "out of the traffic.",
    .leaves_out = "Several requests that miss one key together share no fetch; write-back; failed reads are "
                  "not remembered; the memory of keys and tables beside the copies; one thread that does all "
                  "commands: look-ups use all cores.",
    .misleads = "When keys are asked for in bursts or by scans while the scenario draws them independently: "
                "real hit ratios are then higher or much lower. When hits are so cheap that connections and "
                "the network decide.",
    .params = &cache_params,
    .roles = ROLE_CACHE | ROLE_STORE,
    .many = true,
    .check = cache_check,
};
