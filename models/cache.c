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
 *                  replaces it (write-through), or it is answered at once and stored later (write-back). A
 *                  write that failed drops the copy, since it may have been done all the same. Of two
 *                  answers that overtake one another the later one is kept, even if its row is older: that
 *                  is how stale copies come about.
 *
 * What the operations mean: GET and READ look up; PUT keeps; DELETE, WRITE, INSERT as above. Without a store
 * the answer to a GET that misses is OK and ABSENT; a READ that misses, a WRITE and an INSERT have nobody to
 * go to: UNAVAILABLE. An answer of several rows is one entry, under its first key. Failed reads are not
 * kept.
 *
 * The time of an operation is work for the host's CPU, or without a host a delay that nobody competes for.
 * Keeping what a miss has fetched costs nothing more. Instances are nodes of their own: the caller chooses
 * one by the key. Requests that miss one key together each fetch it, or with single_flight share the
 * answer of the first one, its failure too. Other caches may hold copies: they are told of each write and
 * each put here. Left out: failures that are remembered; memory beside the entries themselves. Expired
 * copies: see eviction.h.
 *
 * Randomness: by the request, "lookup" and "ttl"; streams of the component: "eviction" for the policy
 * random, "warm" for ages; "ring" places the nodes.
 * Cost: O(1) an operation, O(log n) under perfect_lfu. Memory: at most 64 bytes a cached key, see
 * eviction.h.
 */
#include "models/cache.h"

#include "models/environment.h"
#include "models/routing.h"
#include "sim/members.h"

#define HOST_MEMORY_SHARE 0.75 /* the rest is for the system, connections and fragmentation */

/* What those who share a fetch are answered. */
struct fetched {
    enum outcome outcome;
    uint32_t version, bytes;
    uint8_t flags;
};

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
    { "shared_fetches", "1", METRIC_COUNTER, offsetof(struct cache, fetches.waits), 0,
      "Misses that waited for the fetch of another request instead of fetching themselves." },
    { "stale_shared", "1", METRIC_COUNTER, offsetof(struct cache, stale_shared), 0,
      "Shared answers that were older than the row when they were handed out." },
    { "dirty", "1", METRIC_LEVEL, offsetof(struct cache, dirty.dirty), 0,
      "Copies that are newer than their rows in the store (write-back)." },
    { "accepted_writes", "1", METRIC_COUNTER, offsetof(struct cache, dirty.accepted), 0,
      "Writes acknowledged before the store had them (write-back)." },
    { "stored_writes", "1", METRIC_COUNTER, offsetof(struct cache, dirty.stored), 0,
      "Accepted writes that the store has got since, those included that a later one has overwritten." },
    { "lost_writes", "1", METRIC_COUNTER, offsetof(struct cache, dirty.lost), 0,
      "Accepted writes that a crash took before the store had them." },
    { "unconfirmed_writes", "1", METRIC_COUNTER, offsetof(struct cache, dirty.unconfirmed), 0,
      "Accepted writes that were on their way to the store at a crash: they may have got there." },
    { "superseded_writes", "1", METRIC_COUNTER, offsetof(struct cache, dirty.superseded), 0,
      "Accepted writes that were never stored since the row was deleted." },
    { "writes_back", "1", METRIC_COUNTER, offsetof(struct cache, dirty.writes), 0,
      "Writes of dirty copies that the store has done: fewer than the accepted ones where several were "
      "combined." },
    { "copies_told", "1", METRIC_COUNTER, offsetof(struct cache, told), 0,
      "Messages to copies, of what was written here, that have arrived." },
    { "copies_not_told", "1", METRIC_COUNTER, offsetof(struct cache, told_in_vain), 0,
      "Messages to copies that failed: such a copy stays as it is." },
    { .name = NULL },
};

/* Those of what the cache does not do are left out. */
static bool cache_emits(const struct group *group, const struct metric_row *metric)
{
    const struct cache_config *config = group->config;

    if (metric->offset >= offsetof(struct cache, told))
        return config->copies.count > 0;
    if (metric->offset >= offsetof(struct cache, dirty))
        return config->writes == WRITES_BACK;
    if (metric->offset >= offsetof(struct cache, fetches))
        return config->single_flight;
    return true;
}

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
    shared->is_write_back = config->writes == WRITES_BACK;
    cache_nodes_wire_group(group);
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
    if (config->single_flight)
        row_locks_init(&cache->fetches, &self->sim->memory, NULL);
    if (shared->is_write_back)
        cache_write_back_init(self);
}

static void make_tickers(struct component *self)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    if (shared->copies)
        cache->teller = sim_ticker(self);
    if (shared->is_write_back)
        cache_write_back_start(self);
}

static void cache_begin(struct component *self)
{
    make_tickers(self);
    cache_start(self);
}

/* ---- a crash ---- */

/* It comes back empty. */
static void cache_on_crash(struct component *self)
{
    cache_lose_contents(self);
    cache_node_dies(self);
}

static void cache_on_restart(struct component *self)
{
    if (member_state_of(self) == MEMBER_IN) /* no more keys for one that leaves */
        cache_node_returns(self);
    make_tickers(self);
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
    uint32_t instance;

    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    if (!shared->stores) {
        request->bytes = CACHE_SHORT_ANSWER_BYTES;
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    if (step == CACHE_FETCHING)
        request->operation = OPERATION_READ;
    request_frame(request)->step = (uint16_t)step;
    instance = route_instance(shared->store, request, request_frame(request)->number);
    if (sim_fetches_ahead(self->sim))
        component_prefetch(shared->store->instances[instance]);
    sim_call(self, request, shared->stores[instance], 0);
}

/* Older than the row, of which a dirty copy is the newest there is. */
static bool is_older(const struct component *self, const struct request *request, uint32_t version)
{
    const struct cache_shared *shared = self->shared;
    const struct cache *cache = component_state(self);

    return request->data && version < row_version(self->sim, request->data, request->key) &&
           !(shared->is_write_back && dirty_find(&cache->dirty, row_id(request->data, request->key)));
}

static void answer_hit(struct component *self, struct request *request, uint32_t entry)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    struct eviction_copy copy = eviction_copy_at(&cache->store, entry);
    bool is_stale = is_older(self, request, copy.version);

    cache->hits++;
    if (is_stale)
        cache->stale_hits++;
    else
        cache->fresh_hits++;
    if (config->ttl_reset_on_hit && copy.expiry_ns != SIM_TIME_NEVER)
        eviction_set_expiry(&cache->store, entry, cache_expiry_ns(self, request, self->sim->now_ns));
    request->version = copy.version;
    answer(self, request, copy.size, is_stale ? REQUEST_STALE : 0);
}

/* The first of those that miss a key fetches it, the others wait. */
static void fetch(struct component *self, struct request *request)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);

    if (config->single_flight) {
        request_frame(request)->step = CACHE_SHARING;
        if (!row_locks_acquire(&cache->fetches, self, request, row_id(request->data, request->key)))
            return; /* whoever fetches answers it */
    }
    call_store(self, request, CACHE_FETCHING);
}

static void look_up(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);
    uint32_t entry = eviction_get(&cache->store, row_id(request->data, request->key), self->sim->now_ns);

    cache_settle_memory(self); /* something may have expired */
    if (entry) {
        answer_hit(self, request, entry);
        return;
    }
    if (shared->is_write_back && cache_write_back_look_up(self, request))
        return;
    cache->misses++;
    if (shared->stores)
        fetch(self, request);
    else if (request->operation == OPERATION_READ)
        call_store(self, request, CACHE_FETCHING);
    else
        answer(self, request, CACHE_SHORT_ANSWER_BYTES, REQUEST_ABSENT);
}

static void write_row(struct component *self, struct request *request)
{
    const struct cache_config *config = self->group->config;

    if (config->writes == WRITES_BACK)
        cache_write_back_accept(self, request);
    else
        call_store(self, request,
                   config->writes == WRITES_THROUGH ? CACHE_WRITING_THROUGH : CACHE_WRITING_AROUND);
}

/* Answers OK after a copy was kept. */
static void reply_kept(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;

    if (shared->is_write_back)
        cache_write_back_reply(self, request);
    else
        sim_reply(self, request, OUTCOME_OK);
}

static void put_copy(struct component *self, struct request *request)
{
    cache_keep(self, request, request_frame(request)->entered_ns);
    cache_tell_copies(self, request, OPERATION_PUT);
    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    request->bytes = CACHE_SHORT_ANSWER_BYTES;
    reply_kept(self, request);
}

static void delete_row(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;

    if (shared->stores && !cache_is_message(self, request)) {
        call_store(self, request, CACHE_WRITING_AROUND);
        return;
    }
    cache_drop(self, request);
    cache_tell_copies(self, request, OPERATION_DELETE);
    answer(self, request, CACHE_SHORT_ANSWER_BYTES, 0);
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

/* The key will be looked up when the operation's time is over: its slot is fetched now, and the entry that
 * the slot of the key before led to, and the neighbours of the entry before that. With 100,000 keys that is most
 * of what a look-up waits for. */
static void expect_key(struct cache *cache, uint64_t id)
{
    eviction_prefetch(&cache->store, id);
    eviction_prefetch_neighbours(&cache->store, cache->expected_entry);
    cache->expected_entry = eviction_prefetch_entry(&cache->store, cache->expected_id);
    cache->expected_id = id;
}

/* With thousands in flight, what is fetched when a look-up begins has left the nearest caches by its end. Where all take the
 * same time the next ones to end are known instead. */
static bool knows_next(const struct component *self)
{
    const struct cache_shared *shared = self->shared;
    const struct cache *cache = component_state(self);

    return sim_fetches_ahead(self->sim) && shared->lookup_time.lane && !cache->host;
}

/* Of the look-up after next the slot, of the next one its entry; its neighbours cost more than they save then. */
static void expect_next(const struct component *self)
{
    const struct cache_shared *shared = self->shared;
    const struct request *next =
        sim_request(self->sim, event_payload(lane_ahead(shared->lookup_time.lane, 1)));
    struct cache *cache;

    if (!next->owner || next->owner->group != self->group) /* nobody, or another one with such a time */
        return;
    cache = component_state(next->owner);
    eviction_prefetch_entry(&cache->store, cache->expected_id);
    cache->expected_id = row_id(next->data, next->key);
    eviction_prefetch(&cache->store, cache->expected_id);
}

static void cache_on_request(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    if (shared->is_instant) {
        operate(self, request);
        return;
    }
    if (!knows_next(self))
        expect_key(cache, row_id(request->data, request->key));
    row_expect(self->sim, request->data, request->key);
    if (!cache->host)
        sim_wait(self, request, &shared->lookup_time);
    else if (!host_compute(cache->host, self, request,
                           duration_sample(&shared->lookup_time, request_frame(request)->number)))
        sim_reply(self, request, OUTCOME_REFUSED);
}

/* ---- what the store answers ---- */

/* first: of those who wait for the same, by `next`. */
static void answer_sharers(struct component *self, uint32_t first, const struct fetched *fetched)
{
    struct cache *cache = component_state(self);

    while (first) {
        struct request *request = sim_request(self->sim, first);

        first = request->next;
        request->version = fetched->version;
        request->bytes = fetched->bytes;
        request->flags = (uint8_t)((request->flags & ~(REQUEST_ABSENT | REQUEST_STALE)) | fetched->flags);
        if (fetched->outcome == OUTCOME_OK && is_older(self, request, fetched->version)) {
            request->flags |= REQUEST_STALE;
            cache->stale_shared++;
        }
        sim_reply(self, request, fetched->outcome);
    }
}

static void end_fetch(struct component *self, struct request *request)
{
    const struct cache_config *config = self->group->config;
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);
    uint64_t id = row_id(request->data, request->key);
    struct fetched fetched = { .outcome = (enum outcome)request->outcome,
                               .version = request->version,
                               .bytes = request->bytes,
                               .flags = request->flags & (REQUEST_ABSENT | REQUEST_STALE) };
    uint32_t sharers = config->single_flight ? row_locks_release_line(&cache->fetches, self->sim, id) : 0;

    if (fetched.outcome != OUTCOME_OK) {
        sim_reply(self, request, fetched.outcome);
    } else if (shared->is_write_back &&
               dirty_find(&cache->dirty, id)) { /* what has been written since is newer */
        sim_reply(self, request, OUTCOME_OK);
    } else {
        cache_keep(self, request, request_frame(request)->entered_ns);
        reply_kept(self, request);
    }
    answer_sharers(self, sharers, &fetched);
}

/* A write through or around this cache. */
static void end_write(struct component *self, struct request *request)
{
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);
    const struct frame *frame = request_frame(request);
    bool is_ok = request->outcome == OUTCOME_OK;
    uint32_t place;

    if (is_ok && frame->step == CACHE_WRITING_THROUGH) {
        cache_keep(self, request, frame->entered_ns);
        cache_tell_copies(self, request, OPERATION_PUT);
    } else {
        cache_drop(self, request);
        cache_tell_copies(self, request, OPERATION_DELETE);
    }
    if (is_ok && shared->is_write_back) { /* a row that is deleted past the copies that wait */
        place = dirty_find(&cache->dirty, row_id(request->data, request->key));
        if (place)
            dirty_forget(&cache->dirty, place, self->sim->now_ns);
    }
    sim_reply(self, request, (enum outcome)request->outcome);
}

static void cache_on_reply(struct component *self, struct request *request)
{
    switch ((enum cache_step)request_frame(request)->step) {
    case CACHE_FETCHING:
        end_fetch(self, request);
        break;
    case CACHE_WRITING_BACK:
        cache_write_back_done(self, request);
        break;
    case CACHE_TELLING_COPY:
        cache_copy_told(self, request);
        break;
    default:
        end_write(self, request);
    }
}

/* The time of the operation is over, or the write-back's turn has come. */
static void cache_on_timer(struct component *self, struct request *request)
{
    if (request->state == REQUEST_TICKER) {
        cache_write_back_tick(self);
        return;
    }
    if (knows_next(self))
        expect_next(self);
    operate(self, request);
}

/* Callers have the ring anew: the keys of a node that leaves go to the others. */
static void cache_on_member(struct group *group, const struct component *member, bool is_member)
{
    struct component *node = group->instances[member->instance];

    if (member->group != group) /* of its store */
        return;
    if (is_member)
        cache_node_returns(node);
    else
        cache_node_leaves(node);
}

/* What it has accepted is written before it goes. */
static bool cache_may_go(const struct component *self)
{
    const struct cache_shared *shared = self->shared;
    const struct cache *cache = component_state(self);

    return !shared->is_write_back || cache->dirty.count == 0;
}

static struct activity cache_activity(const struct component *self, const struct request *request)
{
    (void)self;
    if (request->frames[request->top].step == CACHE_SHARING)
        return (struct activity){ "fetch by another", true };
    return (struct activity){ "look-up", false };
}

const struct model_type cache_model = {
    .component = {
        .name = "cache",
        .shared_size = sizeof(struct cache_shared),
        .state_size = sizeof(struct cache),
        .wire_group = cache_wire_group,
        .wire = cache_wire,
        .start = cache_begin,
        .on_request = cache_on_request,
        .on_reply = cache_on_reply,
        .on_timer = cache_on_timer,
        .on_crash = cache_on_crash,
        .on_restart = cache_on_restart,
        .on_member = cache_on_member,
        .may_go = cache_may_go,
        .activity = cache_activity,
        .instance_for = cache_node_for,
        .metrics = metrics,
        .emits = cache_emits,
    },
    .summary = "keeps copies of rows, or of results, and forgets some when it is full or they are old",
    .stands_for = "A key-value cache in memory, such as Redis or memcached, beside a store (the caller looks "
                  "up, reads and puts) or in front of it (it reads and writes the store itself). Keys, "
                  "versions, sizes and dates are real, so hit ratios, stale answers and the cold start come "
                  "out of the traffic.",
    .leaves_out = "Failed reads are not remembered; the memory of keys and tables beside the copies; one "
                  "thread that does all commands: look-ups use all cores. Nodes do not replicate to one "
                  "another; who shares a fetch waits in this cache, so callers beside a store (cache-aside) "
                  "do not.",
    .misleads = "When keys are asked for in bursts or by scans while the scenario draws them independently: "
                "real hit ratios are then higher or much lower. When hits are so cheap that connections and "
                "the network decide.",
    .params = &cache_params,
    .roles = ROLE_CACHE | ROLE_STORE | ROLE_ELASTIC,
    .many = true,
    .crashes = true,
    .check = cache_check,
};
