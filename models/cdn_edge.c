/* cdn_edge.c - one place of a content delivery network: copies kept near the users of a region; see cdn.c.
 *
 * Represented: real keys with versions, sizes and dates; the policies and the bound of eviction.h; expiry
 * counted from when the answer came, not moved by hits; a network card that answers leave by one after the
 * other, so that large ones fill it. Several requests that miss one key at once all go to the origin.
 *
 * Under versioned URLs the name of a copy has the version in it that the pages ask for, which is that of the
 * row now: a row that was written is a key that nobody has asked for yet, and a copy of an older one lies
 * there until it makes room.
 *
 * An origin that reads the row says which version it answers with (request->version). One that does not know
 * of rows answers with the row as it is when the answer arrives.
 *
 * Draws: by the request, "serve"; by the invalidation and the edge, "invalidation"; streams "eviction" and,
 * of a warm start, "age". Cost: O(1) a request. Memory: at most 64 bytes a copy.
 */
#include "models/cdn.h"

#include <math.h>
#include <string.h>

#include "models/environment.h"
#include "models/routing.h"
#include "sim/call.h"

#define VERSION_UNKNOWN UINT32_MAX

enum edge_step { EDGE_SERVING, EDGE_FETCHING, EDGE_PASSING };

/* What holds for a request class. */
struct edge_class {
    int64_t ttl;
    bool cached;
};

struct edge_shared {
    struct group *name; /* the CDN */
    uint32_t place;
    struct duration serve_time, invalidation_time;
    bool serves_at_once;
    struct link **origins;
    struct group *origin;
    struct edge_class *classes; /* by request class of the run; made by start() */
    struct pipe card;
    struct rng eviction_rng;
};

struct edge {
    struct cdn_traffic traffic;
    struct cdn_traffic *sum; /* of all edges */
    struct eviction_store store;
};

static const struct metric_row metrics[] = {
    CDN_TRAFFIC_ROWS(edge, traffic),
    { "evictions", "1", METRIC_COUNTER, offsetof(struct edge, store.evictions), 0,
      "Copies that made room for others." },
    { "expirations", "1", METRIC_COUNTER, offsetof(struct edge, store.expirations), 0,
      "Copies removed since their time was over." },
    { "entries", "1", METRIC_LEVEL, offsetof(struct edge, store.entries), 0,
      "Copies present that have not expired." },
    { "bytes", "B", METRIC_LEVEL, offsetof(struct edge, store.bytes), 0,
      "Size of the copies present that have not expired." },
    { .name = NULL },
};

/* ---- wiring ---- */

void cdn_edge_join(struct group *edge, struct group *name, uint32_t place)
{
    struct edge_shared *shared = edge->shared;

    shared->name = name;
    shared->place = place;
}

static const struct cdn_edge_config *own_config(const struct group *group)
{
    const struct cdn_config *config = group->config;
    const struct edge_shared *shared = group->shared;

    return config->edges.count ? (const struct cdn_edge_config *)config->edges.items + shared->place : NULL;
}

static void edge_wire_group(struct group *group)
{
    const struct cdn_config *config = group->config;
    struct edge_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);

    shared->origin = sim_find_group(group->sim, config->origin);
    shared->origins = sim_link_all(group, shared->origin, &policy);
    duration_init(&shared->serve_time, group, "serve", &config->serve_time);
    shared->serves_at_once =
        config->serve_time.law == DISTRIBUTION_CONSTANT && config->serve_time.mean == 0.0;
    if (config->invalidation != CDN_INVALIDATION_NONE)
        duration_init(&shared->invalidation_time, group, "invalidation", &config->invalidation_time);
    rng_init(&shared->eviction_rng, group->sim->seed, group->name, "eviction");
}

static void add_card(struct component *self, double bytes_per_s)
{
    struct edge_shared *shared = self->shared;

    if (!isfinite(bytes_per_s))
        return;
    pipe_init(&shared->card, bytes_per_s);
    component_add_resource(self, (struct resource){ .name = "network", .kind = RESOURCE_PIPE,
                                                    .of.pipe = &shared->card });
    self->egress = &shared->card;
}

static void edge_wire(struct component *self)
{
    const struct cdn_config *config = self->group->config;
    const struct cdn_edge_config *own = own_config(self->group);
    struct edge_shared *shared = self->shared;
    struct edge *edge = component_state(self);
    struct cdn *cdn = component_state(shared->name->instances[0]);

    edge->sum = &cdn->traffic;
    add_card(self, own && own->bandwidth != CDN_AS_ALL ? own->bandwidth : config->bandwidth);
    eviction_init(&edge->store, &self->sim->memory,
                  &(struct eviction_config){
                      .policy = (enum eviction)config->eviction,
                      .capacity_entries = INT64_MAX,
                      .capacity_bytes = own && own->capacity != CDN_AS_ALL ? own->capacity : config->capacity,
                      .rng = &shared->eviction_rng });
}

/* ---- start ---- */

static void warm_put(struct component *self, uint16_t data, uint64_t row, struct rng *rng)
{
    const struct cdn_config *config = self->group->config;
    struct edge *edge = component_state(self);
    int64_t row_size = environment_of(self->sim)->data_sets[data - 1].row_size;
    struct eviction_copy copy = { .expiry_ns = SIM_TIME_NEVER,
                                  .size = row_size < UINT32_MAX ? (uint32_t)row_size : UINT32_MAX };

    if (config->ttl != SIM_TIME_NEVER) /* copies in use are of any age */
        copy.expiry_ns = self->sim->now_ns + sim_time_from_ns((double)config->ttl * rng_uniform(rng));
    eviction_put(&edge->store, row_id(data, row), copy, self->sim->now_ns);
}

/* The least popular come first, as if they had been used the longest ago, and hot rows last. */
static void warm_up(struct component *self)
{
    const struct cdn_config *config = self->group->config;
    const struct edge *edge = component_state(self);
    uint16_t number = environment_data_set(environment_of(self->sim), config->warm_data);
    const struct data_set_config *data = &environment_of(self->sim)->data_sets[number - 1];
    struct row_chooser *chooser = memory_alloc(&self->sim->memory, sizeof *chooser);
    int64_t room = edge->store.capacity_bytes / (data->row_size > 0 ? data->row_size : 1);
    struct rng rng;

    row_chooser_init(chooser, self->group, "warm", data, -1, NAN, NULL);
    rng_init(&rng, self->sim->seed, self->group->name, "age");
    for (int64_t rank = room < data->rows ? room : data->rows; rank > 0; rank--)
        warm_put(self, number, row_chooser_ranked(chooser, (uint64_t)rank), &rng);
    for (size_t i = chooser->hot_count; i > 0; i--)
        warm_put(self, number, (uint64_t)chooser->hot[i - 1].row, &rng);
    memory_free(&self->sim->memory, chooser);
}

/* The classes of the run are known only now. */
static void edge_start(struct component *self)
{
    const struct cdn_config *config = self->group->config;
    const struct cdn_class_config *items = config->classes.items;
    struct edge_shared *shared = self->shared;
    struct sim *sim = self->sim;

    shared->classes = memory_alloc_array(&sim->memory, sim->class_count, sizeof *shared->classes);
    for (uint16_t i = 0; i < sim->class_count; i++) {
        shared->classes[i] = (struct edge_class){ .ttl = config->ttl, .cached = true };
        for (size_t k = 0; k < config->classes.count; k++)
            if (!strcmp(items[k].name, sim->classes[i]->name))
                shared->classes[i] = (struct edge_class){
                    .ttl = items[k].ttl == CDN_AS_ALL ? config->ttl : items[k].ttl, .cached = items[k].cached
                };
    }
    if (config->start == CDN_WARM)
        warm_up(self);
}

/* ---- copies ---- */

/* Name of the copy that a request is about: of that version, under versioned URLs. */
static uint64_t copy_id(const struct component *self, const struct request *request, uint32_t version)
{
    const struct cdn_config *config = self->group->config;
    uint64_t id = row_id(request->data, request->key);

    return config->urls == CDN_URLS_VERSIONED && version ? rng_hash(id, version) : id;
}

/* Under versioned URLs the name is that of another copy now and then: one fetch in vain. */
void cdn_edge_expect(const struct component *self, const struct request *request)
{
    const struct edge *edge = component_state(self);

    eviction_prefetch(&edge->store, row_id(request->data, request->key));
}

static void keep(struct component *self, const struct request *request, int64_t ttl_ns)
{
    struct edge *edge = component_state(self);
    struct eviction_copy copy = { .version = request->version, .size = request->bytes };

    if (__builtin_add_overflow(self->sim->now_ns, ttl_ns, &copy.expiry_ns))
        copy.expiry_ns = SIM_TIME_NEVER;
    eviction_put(&edge->store, copy_id(self, request, request->version), copy, self->sim->now_ns);
}

static void count_out(struct component *self, uint32_t bytes)
{
    struct edge *edge = component_state(self);

    edge->traffic.bytes_out += bytes;
    edge->sum->bytes_out += bytes;
}

static void answer_hit(struct component *self, struct request *request, uint32_t entry, uint32_t version)
{
    struct edge *edge = component_state(self);
    struct eviction_copy copy = eviction_copy_at(&edge->store, entry);
    bool is_stale = copy.version < version;

    edge->traffic.hits++;
    edge->sum->hits++;
    edge->traffic.stale_hits += is_stale;
    edge->sum->stale_hits += is_stale;
    edge->traffic.fresh_hits += !is_stale;
    edge->sum->fresh_hits += !is_stale;
    request->version = copy.version;
    request->flags =
        (uint8_t)((request->flags & ~(REQUEST_ABSENT | REQUEST_STALE)) | (is_stale ? REQUEST_STALE : 0));
    request->bytes = copy.size;
    count_out(self, copy.size);
    sim_reply(self, request, OUTCOME_OK);
}

static void call_origin(struct component *self, struct request *request, enum edge_step step)
{
    const struct edge_shared *shared = self->shared;
    struct frame *frame = request_frame(request);

    frame->step = (uint16_t)step;
    sim_call(self, request, shared->origins[route_instance(shared->origin, request, frame->number)], 0);
}

static void serve(struct component *self, struct request *request)
{
    const struct edge_shared *shared = self->shared;
    struct edge *edge = component_state(self);
    uint32_t entry, version;

    if (!request->data || !shared->classes[request->request_class].cached) {
        edge->traffic.passed++;
        edge->sum->passed++;
        call_origin(self, request, EDGE_PASSING);
        return;
    }
    version = row_version(self->sim, request->data, request->key);
    entry = eviction_get(&edge->store, copy_id(self, request, version), self->sim->now_ns);
    if (entry) {
        answer_hit(self, request, entry, version);
        return;
    }
    edge->traffic.misses++;
    edge->sum->misses++;
    request->version = VERSION_UNKNOWN;
    call_origin(self, request, EDGE_FETCHING);
}

/* ---- invalidation ---- */

void cdn_edge_invalidate(struct component *self, uint64_t id, uint64_t number)
{
    const struct edge_shared *shared = self->shared;
    struct request *order = sim_ticker(self);

    order->key = id;
    sim_after(self, order, duration_sample(&shared->invalidation_time, rng_hash(number, shared->place)));
}

static void carry_out(struct component *self, struct request *order)
{
    struct edge *edge = component_state(self);

    eviction_drop(&edge->store, order->key, self->sim->now_ns);
    request_destroy(self->sim, order);
}

/* ---- outage: its copies are gone; requests are sent elsewhere once that is known ---- */

static void edge_on_crash(struct component *self)
{
    struct edge *edge = component_state(self);

    eviction_clear(&edge->store, self->sim->now_ns);
    cdn_edge_changed(self, false);
}

static void edge_on_restart(struct component *self)
{
    cdn_edge_changed(self, true);
}

/* ---- callbacks ---- */

static void edge_on_request(struct component *self, struct request *request)
{
    const struct edge_shared *shared = self->shared;
    const struct edge *edge = component_state(self);

    if (shared->serves_at_once) {
        serve(self, request);
        return;
    }
    eviction_prefetch_entry(&edge->store, row_id(request->data, request->key));
    sim_wait(self, request, &shared->serve_time);
}

/* The origin has answered. */
static void edge_on_reply(struct component *self, struct request *request)
{
    const struct edge_shared *shared = self->shared;
    struct edge *edge = component_state(self);
    bool is_fetch = request_frame(request)->step == EDGE_FETCHING;

    if (is_fetch && request->version == VERSION_UNKNOWN)
        request->version = row_version(self->sim, request->data, request->key);
    if (request->outcome == OUTCOME_OK) {
        edge->traffic.bytes_fetched += request->bytes;
        edge->sum->bytes_fetched += request->bytes;
        if (is_fetch)
            keep(self, request, shared->classes[request->request_class].ttl);
        count_out(self, request->bytes);
    }
    sim_reply(self, request, (enum outcome)request->outcome);
}

static void edge_on_timer(struct component *self, struct request *request)
{
    if (request->state == REQUEST_TICKER)
        carry_out(self, request);
    else
        serve(self, request);
}

static struct activity edge_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "serving", false };
}

const struct model_type cdn_edge_model = {
    .component = {
        .name = "cdn_edge",
        .shared_size = sizeof(struct edge_shared),
        .state_size = sizeof(struct edge),
        .wire_group = edge_wire_group,
        .wire = edge_wire,
        .start = edge_start,
        .on_request = edge_on_request,
        .on_reply = edge_on_reply,
        .on_timer = edge_on_timer,
        .on_crash = edge_on_crash,
        .on_restart = edge_on_restart,
        .activity = edge_activity,
        .metrics = metrics,
    },
    .summary = "one place of a content delivery network; made by cdn",
    .hidden = true,
    .crashes = true,
    .outside = true,
    .roles = ROLE_SERVER,
};
