/* web_system.h - what tests of web servers and handlers share: a source, a server, fake stores and caches.
 *
 * Fakes take a drawn time and can be told to fail. Every system has the groups users, web, db, cache and
 * broken.
 */
#ifndef TESTS_MODELS_WEB_SYSTEM_H
#define TESTS_MODELS_WEB_SYSTEM_H

#include "tests/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/environment.h"
#include "models/web_server.h"
#include "sim/sim.h"

#define CLASSES 3
#define RECORDED 100000
#define MS (SIM_NS_PER_S / 1000)

/* ---- problems that checks report ---- */

struct param_problems {
    int count;
    char first[512]; /* "path: message" of the first */
};

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    va_list arguments;

    (void)help;
    if (problems->count++ > 0)
        return;
    va_start(arguments, format);
    int used = snprintf(problems->first, sizeof problems->first, "%s: ", path);
    vsnprintf(problems->first + used, sizeof problems->first - (size_t)used, format, arguments);
    va_end(arguments);
}

/* ---- source: Poisson arrivals, or all at time 0 ---- */

struct source_config {
    const char *target;
    double rate_per_s; /* 0: all at once */
    uint32_t requests;
    const char *classes[CLASSES]; /* in turn; NULL: no more */
    uint16_t data;
    bool by_priority; /* that of a class is its index */
};

struct source {
    uint64_t finished[OUTCOME_COUNT];
    int64_t latency_ns[RECORDED]; /* by number of the request */
    uint32_t order[RECORDED];     /* numbers in the order of their ends */
    uint32_t ended;
    uint32_t sent;
    uint32_t bytes; /* of the last answer */
    uint64_t keys_changed;
};

struct source_shared {
    struct link *link;
    struct rng gaps;
    uint32_t class_count;
};

static inline void source_wire_group(struct group *group)
{
    const struct source_config *config = group->config;
    struct source_shared *shared = group->shared;

    while (shared->class_count < CLASSES && config->classes[shared->class_count])
        sim_add_class(group, config->classes[shared->class_count++]);
    rng_init(&shared->gaps, group->sim->seed, group->name, "gaps");
    shared->link = sim_link(group, sim_find_group(group->sim, config->target), 0, NULL);
}

static inline void source_send(struct component *self)
{
    const struct source_config *config = self->group->config;
    const struct source_shared *shared = self->shared;
    struct source *source = component_state(self);
    uint32_t class = source->sent % shared->class_count;
    struct request *request = sim_start(self, source->sent++, (uint16_t)(self->group->class_first + class));

    request->key = request->frames[0].number % 1000;
    request->user = request->frames[0].number;
    request->data = config->data;
    request->bytes = 100;
    request->priority = config->by_priority ? (uint8_t) class : 0;
    sim_call(self, request, shared->link, 0);
}

static inline void source_tick(struct component *self, struct request *ticker)
{
    const struct source_config *config = self->group->config;
    struct source_shared *shared = self->shared;
    struct source *source = component_state(self);

    if (config->rate_per_s == 0.0) {
        while (source->sent < config->requests)
            source_send(self);
        return;
    }
    if (source->sent > 0 || ticker->key++ > 0)
        source_send(self);
    if (source->sent < config->requests)
        sim_tick_at(self, ticker,
                    self->sim->now_ns +
                        sim_time_from_ns(rng_exponential(&shared->gaps) / config->rate_per_s * 1e9));
}

static inline void source_start(struct component *self)
{
    struct request *ticker = sim_ticker(self);

    ticker->key = 0;
    sim_tick_at(self, ticker, 0);
}

static inline void source_on_reply(struct component *self, struct request *request)
{
    struct source *source = component_state(self);
    uint64_t number = request->frames[0].number;

    source->finished[request->outcome]++;
    source->bytes = request->bytes;
    source->keys_changed += request->key != number % 1000;
    source->latency_ns[number % RECORDED] = self->sim->now_ns - request->frames[0].entered_ns;
    source->order[source->ended++ % RECORDED] = (uint32_t)number;
    sim_finish(self, request, (enum outcome)request->outcome);
}

static const struct component_type source_type = {
    .name = "source",
    .shared_size = sizeof(struct source_shared),
    .state_size = sizeof(struct source),
    .is_source = true,
    .wire_group = source_wire_group,
    .start = source_start,
    .on_reply = source_on_reply,
    .on_timer = source_tick,
};

/* ---- a store or cache: takes a time, keeps keys, may fail ---- */

struct fake_config {
    struct distribution_config time; /* s */
    bool is_cache;
    enum outcome outcome; /* of every answer */
};

struct fake {
    uint64_t calls[OPERATION_COUNT];
    uint64_t rows, bytes; /* of the last question */
    uint64_t numbers;     /* sum of the numbers of visits: a mark of the draws */
    bool kept[1000];
    uint64_t keys_of_calls; /* distinct keys that were asked for */
    bool asked[1000];
    uint8_t query;                 /* of the last call */
};

struct fake_shared {
    struct duration time;
};

static inline void fake_wire_group(struct group *group)
{
    const struct fake_config *config = group->config;
    struct fake_shared *shared = group->shared;

    duration_init(&shared->time, group, "time", &config->time);
}

static inline void fake_on_request(struct component *self, struct request *request)
{
    const struct fake_shared *shared = self->shared;

    sim_wait(self, request, &shared->time);
}

static inline void fake_on_timer(struct component *self, struct request *request)
{
    const struct fake_config *config = self->group->config;
    struct fake *fake = component_state(self);
    bool *kept = &fake->kept[request->key % 1000];

    fake->calls[request->operation]++;
    fake->rows = request->rows;
    fake->bytes = request->bytes;
    fake->query = request->query;
    fake->numbers += request_frame(request)->number;
    fake->keys_of_calls += !fake->asked[request->key % 1000];
    fake->asked[request->key % 1000] = true;
    request->flags &= (uint8_t)~REQUEST_ABSENT;
    if (config->is_cache && request->operation == OPERATION_GET && !*kept)
        request->flags |= REQUEST_ABSENT;
    if (request->operation == OPERATION_PUT)
        *kept = true;
    if (request->operation == OPERATION_DELETE)
        *kept = false;
    request->bytes = 1000;
    sim_reply(self, request, config->outcome);
}

static const struct component_type fake_type = {
    .name = "fake",
    .shared_size = sizeof(struct fake_shared),
    .state_size = sizeof(struct fake),
    .wire_group = fake_wire_group,
    .on_request = fake_on_request,
    .on_timer = fake_on_timer,
};

/* ---- systems ---- */

#define LIST(...)                                                \
    {                                                            \
        sizeof(__VA_ARGS__) / sizeof *(__VA_ARGS__), __VA_ARGS__ \
    }
#define STEPS(...) LIST((const struct step_config[]){ __VA_ARGS__ })
#define ARMS(...) LIST((const struct arm_config[]){ __VA_ARGS__ })
#define NO_POLICY .policy = { .timeout = INT64_MAX }
#define STEP(verb_, ...)                      \
    {                                         \
        .verb = verb_, NO_POLICY, __VA_ARGS__ \
    }
#define CONSTANT(seconds)                                                                                \
    {                                                                                                    \
        .law = DISTRIBUTION_CONSTANT, .mean = seconds, .cv = NAN, .median = NAN, .p99 = NAN, .min = NAN, \
        .max = NAN, .shape = NAN                                                                         \
    }
#define EXPONENTIAL(seconds)                                                                                \
    {                                                                                                       \
        .law = DISTRIBUTION_EXPONENTIAL, .mean = seconds, .cv = NAN, .median = NAN, .p99 = NAN, .min = NAN, \
        .max = NAN, .shape = NAN                                                                            \
    }

static const struct host_config size = { .name = "size",
                                         .cores = 4,
                                         .speed = 1.0,
                                         .memory = 1000000,
                                         .disk_operations = 100,
                                         .disk_bandwidth = 1e6,
                                         .network = INFINITY };
static const struct data_set_config posts = {
    .name = "posts", .rows = 50, .row_size = 3000, .columns = 10, .popularity = POPULARITY_UNIFORM
};
static const struct environment environment = {
    .data_sets = &posts, .data_set_count = 1, .sizes = &size, .size_count = 1
};
static const struct fake_config store = { .time = CONSTANT(0.010) },
                                cache = { .time = CONSTANT(0.001), .is_cache = true },
                                broken = { .time = CONSTANT(0.002), .outcome = OUTCOME_CRASHED };

struct system {
    struct sim *sim;
    struct group *users, *web;
    struct source *source;
    struct fake *db, *cache, *broken;
};

static inline void build(struct system *system, const struct source_config *source,
                         const struct web_server_config *web, const struct fake_config *db)
{
    const struct group *cycle;
    struct sim *sim = system->sim = sim_create(7, UINT64_MAX, PENDING_LADDER);
    struct site *site = &sim->sites[0];

    sim->environment = &environment;
    system->users = sim_add_group(sim, &source_type, "users", 1, source, site);
    system->web = sim_add_group(sim, &web_server_model.component, "web", 1, web, site);
    system->source = component_state(system->users->instances[0]);
    system->db =
        component_state(sim_add_group(sim, &fake_type, "db", 1, db ? db : &store, site)->instances[0]);
    system->cache = component_state(sim_add_group(sim, &fake_type, "cache", 1, &cache, site)->instances[0]);
    system->broken =
        component_state(sim_add_group(sim, &fake_type, "broken", 1, &broken, site)->instances[0]);
    ck_assert(sim_wire(sim, &cycle));
}

static inline void finish(struct system *system, double seconds)
{
    ck_assert_int_eq(sim_run(system->sim, sim_time_from_ns(seconds * 1e9)), SIM_REACHED);
    ck_assert(sim_conserves(system->sim, stderr));
}

/* Runs `source` against a server with that one handler for everything until all have ended. */
static inline void run_handler(struct system *system, const struct source_config *source,
                               struct param_list steps)
{
    const struct handler_config handlers[] = { { "default", steps } };
    const struct web_server_config web = { .host = "size",
                                           .workers = 1000,
                                           .accept_queue = INT64_MAX,
                                           .response_size = 5000,
                                           .handlers = LIST(handlers) };
    struct param_problems problems = { 0 };

    web_server_model.check(&web, &problems);
    ck_assert_msg(problems.count == 0, "%s", problems.first);
    build(system, source, &web, NULL);
    web_server_model.check_wired(system->web, &problems);
    ck_assert_msg(problems.count == 0, "%s", problems.first);
    finish(system, 1e7);
    ck_assert_uint_eq(system->source->ended, source->requests);
    ck_assert_uint_eq(system->source->keys_changed, 0);
    ck_assert_uint_eq(component_in_flight(system->web->instances[0]), 0);
    ck_assert_uint_eq(sim_requests_live(system->sim), 0);
}

#define RUN(system, source, ...) run_handler(system, source, (struct param_list)STEPS(__VA_ARGS__))

static const struct source_config one = { .target = "web", .requests = 1, .classes = { "view" } };

static inline const struct station *resource_of(const struct group *group, const char *name)
{
    const struct component *component = group->instances[0];

    for (uint8_t i = 0; i < component->resource_count; i++)
        if (!strcmp(component->resources[i].name, name) && component->resources[i].kind == RESOURCE_STATION)
            return component->resources[i].of.station;
    ck_abort_msg("no resource %s", name);
    return NULL;
}

/* Mean latency in s and its standard error from 50 batches, the first one left out. */
static inline double mean_latency(const struct source *source, uint32_t count, double *error)
{
    double mean = 0.0, square = 0.0;
    uint32_t batch = count / 50;

    for (uint32_t b = 1; b < 50; b++) {
        double sum = 0.0;

        for (uint32_t i = b * batch; i < (b + 1) * batch; i++)
            sum += (double)source->latency_ns[i] * 1e-9;
        mean += sum / batch / 49;
        square += (sum / batch) * (sum / batch) / 49;
    }
    *error = sqrt((square - mean * mean) / 48);
    return mean;
}

/* Within 4 standard errors, which must be small enough to tell 5 % apart. */
static inline void assert_mean(double mean, double error, double exact)
{
    ck_assert_msg(fabs(mean - exact) < 4 * error, "%g +- %g is not %g", mean, error, exact);
    ck_assert_msg(4 * error < 0.05 * exact, "+- %g is too wide for %g", error, exact);
}

static inline void assert_count(uint64_t count, double trials, double probability)
{
    double deviation = sqrt(trials * probability * (1 - probability));

    ck_assert_msg(fabs((double)count - trials * probability) < 4 * deviation, "%llu of %g is not %g",
                  (unsigned long long)count, trials, probability);
}

#endif
