/* store_source.h - what tests of stores send requests with: a script of single operations, or a stream at
 * random dates with a hook that says what each is about. Also a machine, a data set and a run around them. */
#ifndef TESTS_MODELS_STORE_SOURCE_H
#define TESTS_MODELS_STORE_SOURCE_H

#include <stdio.h>
#include <string.h>

#include "models/routing.h"
#include "models/database.h"
#include "models/environment.h"
#include "sim/call.h"
#include "sim/station.h"
#include "tests/test.h"

#define MS (SIM_NS_PER_S / 1000)
#define SECOND SIM_NS_PER_S

/* One operation of a script, and what came of it. */
struct asked {
    int64_t at_ns;
    enum operation operation;
    uint64_t key;
    uint16_t data, rows;
    uint64_t user;
    uint8_t query; /* of query_number() */
    /* filled in */
    enum outcome outcome;
    uint32_t version, bytes;
    uint8_t flags;
    int64_t took_ns; /* 0: no answer yet */
};

struct source_config {
    const char *target;
    int64_t timeout_ns; /* 0: never */
    struct asked *script;
    size_t script_count;
    double rate;                                           /* 1/s, of the stream; 0: none */
    int64_t stop_ns;                                       /* of the stream; 0: never */
    void (*ask)(struct request *request, struct rng *rng); /* says what a request of the stream is about */
};

struct source_shared {
    struct link **links;
    struct group *target;
    struct rng rng;
    uint64_t number;
    struct request *stream;
};

/* frames[0].step: place in the script, from 1; 0: of the stream */
static void source_send(struct component *self, uint64_t number, const struct asked *asked, uint16_t place)
{
    struct source_shared *shared = self->shared;
    const struct source_config *config = self->group->config;
    struct request *request = sim_start(self, number, 0);

    request->bytes = 100;
    request->user = request->key = 0;
    request->data = request->rows = 1;
    request->operation = OPERATION_READ;
    if (asked) {
        request->operation = (uint8_t)asked->operation;
        request->key = asked->key;
        request->data = asked->data;
        request->rows = asked->rows ? asked->rows : 1;
        request->user = asked->user;
        request->query = asked->query;
    } else {
        config->ask(request, &shared->rng);
    }
    request_frame(request)->step = place;
    sim_call(self, request, shared->links[route_instance(shared->target, request, number)], 0);
}

static void source_wire_group(struct group *group)
{
    const struct source_config *config = group->config;
    struct source_shared *shared = group->shared;
    struct call_policy policy = CALL_POLICY_NONE;

    if (config->timeout_ns)
        policy.timeout_ns = config->timeout_ns;
    shared->target = sim_find_group(group->sim, config->target);
    shared->links = sim_link_all(group, shared->target, &policy);
    rng_init(&shared->rng, group->sim->seed, group->name, "stream");
    sim_add_class(group, "ask");
}

static void source_next(struct component *self)
{
    const struct source_config *config = self->group->config;
    struct source_shared *shared = self->shared;

    sim_tick_at(self, shared->stream,
                self->sim->now_ns +
                    sim_time_from_ns(rng_exponential(&shared->rng) / config->rate * (double)SIM_NS_PER_S));
}

static void source_start(struct component *self)
{
    const struct source_config *config = self->group->config;
    struct source_shared *shared = self->shared;

    for (size_t i = 0; i < config->script_count; i++) {
        struct request *ticker = sim_ticker(self);

        ticker->key = i + 1;
        sim_tick_at(self, ticker, config->script[i].at_ns);
    }
    if (config->rate > 0) {
        shared->stream = sim_ticker(self);
        shared->stream->key = 0;
        source_next(self);
    }
}

static void source_on_timer(struct component *self, struct request *ticker)
{
    const struct source_config *config = self->group->config;
    struct source_shared *shared = self->shared;

    if (ticker->key) {
        source_send(self, rng_mix(ticker->key), &config->script[ticker->key - 1], (uint16_t)ticker->key);
    } else if (!config->stop_ns || self->sim->now_ns < config->stop_ns) {
        source_send(self, rng_hash(1, shared->number++), NULL, 0);
        source_next(self);
    }
}

static void source_on_reply(struct component *self, struct request *request)
{
    const struct source_config *config = self->group->config;
    uint16_t place = request_frame(request)->step;

    if (place) {
        struct asked *asked = &config->script[place - 1];

        asked->outcome = (enum outcome)request->outcome;
        asked->version = request->version;
        asked->bytes = request->bytes;
        asked->flags = request->flags & (REQUEST_STALE | REQUEST_ABSENT);
        asked->took_ns = self->sim->now_ns - request->frames[0].entered_ns;
    }
    sim_finish(self, request, (enum outcome)request->outcome);
}

static const struct component_type source_type = {
    .name = "source",
    .shared_size = sizeof(struct source_shared),
    .is_source = true,
    .wire_group = source_wire_group,
    .start = source_start,
    .on_reply = source_on_reply,
    .on_timer = source_on_timer,
};

/* A machine for each instance and a data set, which tests change after set_scene(). */
static struct host_config machine;
static struct data_set_config profiles;

/* 1 core; a disk operation takes 1 ms and nothing for its bytes; 1000 rows of a page each, all in memory. */
static inline void set_scene(void)
{
    machine = (struct host_config){ .name = "machine",
                                    .cores = 1,
                                    .speed = 1,
                                    .memory = 4000000,
                                    .disk_operations = 1000,
                                    .disk_bandwidth = INFINITY,
                                    .network = INFINITY };
    profiles = (struct data_set_config){
        .name = "profiles", .rows = 1000, .row_size = 1000, .columns = 10, .popularity = POPULARITY_UNIFORM, .exponent = 0.99
    };
}

static const struct environment environment = {
    .data_sets = &profiles, .data_set_count = 1, .sizes = &machine, .size_count = 1
};

static inline struct distribution_config law(enum distribution_law which, double mean_s)
{
    struct distribution_config config = distribution_config_of(which);

    config.mean = mean_s;
    return config;
}

/* A node that takes no CPU time, whose commits cost one disk operation. */
static inline struct database_config node_config(void)
{
    return (struct database_config){
        .host = "machine",
        .connections = INT64_MAX,
        .connection_queue = INT64_MAX,
        .read_time = law(DISTRIBUTION_CONSTANT, 0),
        .write_time = law(DISTRIBUTION_CONSTANT, 0),
        .log_record = 300,
        .commit = COMMIT_FSYNC,
        .flush_interval = SECOND,
        .page_size = 1000,
        .buffer_pool = 0.75,
        .start = DATABASE_WARM,
    };
}

/* A store of that type called "db" with `source` asking it, ready to run. */
static inline struct sim *make_run(uint64_t seed, const struct model_type *store, const void *config,
                                   struct source_config *source, const struct network *network)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;

    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    sim->network = network;
    source->target = "db";
    sim_add_group(sim, &source_type, "users", 1, source, &sim->sites[0]);
    sim_add_group(sim, &store->component, "db", 1, config, &sim->sites[0]);
    ck_assert(sim_wire(sim, &cycle));
    return sim;
}

static inline void run_to(struct sim *sim, int64_t end_ns)
{
    ck_assert_int_eq(sim_run(sim, end_ns), SIM_REACHED);
    ck_assert(sim_conserves(sim, stderr));
}

/* Runs `script` to the end against a fresh store; the caller destroys the run. */
static inline struct sim *run_script(const struct model_type *store, const void *config,
                                     struct source_config *source)
{
    struct sim *sim = make_run(1, store, config, source, NULL);

    run_to(sim, 100 * SECOND);
    return sim;
}

static inline struct component *instance_of(const struct sim *sim, const char *name, uint32_t instance)
{
    return sim_find_group(sim, name)->instances[instance];
}

static inline const struct resource *resource_of(const struct component *component, const char *name)
{
    for (uint8_t i = 0; i < component->resource_count; i++)
        if (!strcmp(component->resources[i].name, name))
            return &component->resources[i];
    ck_abort_msg("no resource %s", name);
    return NULL;
}

static inline double utilisation(const struct component *component, const char *name)
{
    return station_utilisation(resource_of(component, name)->of.station, component->sim->now_ns);
}

static inline const struct metric_row *metric_row_of(const struct component *component, const char *name)
{
    for (const struct metric_row *row = component->group->type->metrics; row->name; row++)
        if (!strcmp(row->name, name))
            return row;
    ck_abort_msg("no metric %s", name);
    return NULL;
}

static inline uint64_t counter(const struct component *component, const char *name)
{
    const char *state = component_state(component);

    return *(const uint64_t *)(const void *)(state + metric_row_of(component, name)->offset);
}

static inline uint64_t other_counter(const struct component *component, const char *name)
{
    const char *state = component_state(component);

    return *(const uint64_t *)(const void *)(state + metric_row_of(component, name)->offset_other);
}

static inline const struct amount *level(const struct component *component, const char *name)
{
    const char *state = component_state(component);

    return (const struct amount *)(const void *)(state + metric_row_of(component, name)->offset);
}

static inline uint64_t services(const struct sim *sim, const char *group, const char *resource)
{
    return group_resource_statistics(sim_find_group(sim, group), resource)->started;
}

#endif
