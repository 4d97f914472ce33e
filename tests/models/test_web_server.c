/* Little systems: a source, a web server, and fake stores and caches that take a drawn time and can be told to fail. */
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

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format, ...)
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

static void source_wire_group(struct group *group)
{
    const struct source_config *config = group->config;
    struct source_shared *shared = group->shared;

    while (shared->class_count < CLASSES && config->classes[shared->class_count])
        sim_add_class(group, config->classes[shared->class_count++]);
    rng_init(&shared->gaps, group->sim->seed, group->name, "gaps");
    shared->link = sim_link(group, sim_find_group(group->sim, config->target), 0, NULL);
}

static void source_send(struct component *self)
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
    request->priority = config->by_priority ? (uint8_t)class : 0;
    sim_call(self, request, shared->link, 0);
}

static void source_tick(struct component *self, struct request *ticker)
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
        sim_tick_at(self, ticker, self->sim->now_ns + sim_time_from_ns(rng_exponential(&shared->gaps) / config->rate_per_s * 1e9));
}

static void source_start(struct component *self)
{
    struct request *ticker = sim_ticker(self);

    ticker->key = 0;
    sim_tick_at(self, ticker, 0);
}

static void source_on_reply(struct component *self, struct request *request)
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
};

struct fake_shared {
    struct duration time;
};

static void fake_wire_group(struct group *group)
{
    const struct fake_config *config = group->config;
    struct fake_shared *shared = group->shared;

    duration_init(&shared->time, group, "time", &config->time);
}

static void fake_on_request(struct component *self, struct request *request)
{
    const struct fake_shared *shared = self->shared;

    sim_wait(self, request, &shared->time);
}

static void fake_on_timer(struct component *self, struct request *request)
{
    const struct fake_config *config = self->group->config;
    struct fake *fake = component_state(self);
    bool *kept = &fake->kept[request->key % 1000];

    fake->calls[request->operation]++;
    fake->rows = request->rows;
    fake->bytes = request->bytes;
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

#define LIST(...) { sizeof(__VA_ARGS__) / sizeof *(__VA_ARGS__), __VA_ARGS__ }
#define STEPS(...) LIST((const struct step_config[]){ __VA_ARGS__ })
#define ARMS(...) LIST((const struct arm_config[]){ __VA_ARGS__ })
#define NO_POLICY .policy = { .timeout = INT64_MAX }
#define STEP(verb_, ...) { .verb = verb_, NO_POLICY, __VA_ARGS__ }
#define CONSTANT(seconds) { .law = DISTRIBUTION_CONSTANT, .mean = seconds, .cv = NAN, .median = NAN, .p99 = NAN, .min = NAN, .max = NAN, .shape = NAN }
#define EXPONENTIAL(seconds) { .law = DISTRIBUTION_EXPONENTIAL, .mean = seconds, .cv = NAN, .median = NAN, .p99 = NAN, .min = NAN, .max = NAN, .shape = NAN }

static const struct host_config size = { .name = "size", .cores = 4, .speed = 1.0, .memory = 1000000, .disk_operations = 100,
                                         .disk_bandwidth = 1e6, .network = INFINITY };
static const struct data_set_config posts = { .name = "posts", .rows = 50, .row_size = 3000, .popularity = POPULARITY_UNIFORM };
static const struct environment environment = { .data_sets = &posts, .data_set_count = 1, .sizes = &size, .size_count = 1 };
static const struct fake_config store = { .time = CONSTANT(0.010) }, cache = { .time = CONSTANT(0.001), .is_cache = true },
                                broken = { .time = CONSTANT(0.002), .outcome = OUTCOME_CRASHED };

struct system {
    struct sim *sim;
    struct group *users, *web;
    struct source *source;
    struct fake *db, *cache, *broken;
};

static void build(struct system *system, const struct source_config *source, const struct web_server_config *web,
                  const struct fake_config *db)
{
    const struct group *cycle;
    struct sim *sim = system->sim = sim_create(7, UINT64_MAX, PENDING_LADDER);
    struct site *site = &sim->sites[0];

    sim->environment = &environment;
    system->users = sim_add_group(sim, &source_type, "users", 1, source, site);
    system->web = sim_add_group(sim, &web_server_model.component, "web", 1, web, site);
    system->source = component_state(system->users->instances[0]);
    system->db = component_state(sim_add_group(sim, &fake_type, "db", 1, db ? db : &store, site)->instances[0]);
    system->cache = component_state(sim_add_group(sim, &fake_type, "cache", 1, &cache, site)->instances[0]);
    system->broken = component_state(sim_add_group(sim, &fake_type, "broken", 1, &broken, site)->instances[0]);
    ck_assert(sim_wire(sim, &cycle));
}

static void finish(struct system *system, double seconds)
{
    ck_assert_int_eq(sim_run(system->sim, sim_time_from_ns(seconds * 1e9)), SIM_REACHED);
    ck_assert(sim_conserves(system->sim, stderr));
}

/* Runs `source` against a server with that one handler for everything until all have ended. */
static void run_handler(struct system *system, const struct source_config *source, struct param_list steps)
{
    const struct handler_config handlers[] = { { "default", steps } };
    const struct web_server_config web = { .host = "size", .workers = 1000, .accept_queue = INT64_MAX, .response_size = 5000,
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
    ck_assert_uint_eq(system->web->instances[0]->in_flight.level, 0);
    ck_assert_uint_eq(system->sim->requests_live, 0);
}

#define RUN(system, source, ...) run_handler(system, source, (struct param_list)STEPS(__VA_ARGS__))

static const struct source_config one = { .target = "web", .requests = 1, .classes = { "view" } };

static const struct station *resource_of(const struct group *group, const char *name)
{
    const struct component *component = group->instances[0];

    for (uint8_t i = 0; i < component->resource_count; i++)
        if (!strcmp(component->resources[i].name, name) && component->resources[i].kind == RESOURCE_STATION)
            return component->resources[i].of.station;
    ck_abort_msg("no resource %s", name);
    return NULL;
}

/* Mean latency in s and its standard error from 50 batches, the first one left out. */
static double mean_latency(const struct source *source, uint32_t count, double *error)
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
static void assert_mean(double mean, double error, double exact)
{
    ck_assert_msg(fabs(mean - exact) < 4 * error, "%g +- %g is not %g", mean, error, exact);
    ck_assert_msg(4 * error < 0.05 * exact, "+- %g is too wide for %g", error, exact);
}

static void assert_count(uint64_t count, double trials, double probability)
{
    double deviation = sqrt(trials * probability * (1 - probability));

    ck_assert_msg(fabs((double)count - trials * probability) < 4 * deviation, "%llu of %g is not %g", (unsigned long long)count, trials,
                  probability);
}

/* ---- workers ---- */

/* M/M/2 at 0.6: the mean stay is 1 / (1 - 0.6^2) = 1.5625 service times. */
START_TEST(test_web_server_workers_are_an_MMc_queue)
{
    const struct source_config source = { .target = "web", .rate_per_s = 1.2, .requests = RECORDED, .classes = { "view" } };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0))) } };
    const struct web_server_config web = { .host = "size", .workers = 2, .accept_queue = INT64_MAX, .handlers = LIST(handlers) };
    struct system system;
    double error, mean;

    build(&system, &source, &web, NULL);
    finish(&system, 1e6);
    mean = mean_latency(system.source, RECORDED, &error);
    assert_mean(mean, error, 1 / (1 - 0.6 * 0.6));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], RECORDED);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_holds_its_worker_while_it_waits_for_others)
{
    const struct source_config source = { .target = "web", .rate_per_s = 1000, .requests = 5000, .classes = { "view" } };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_COMPUTE, .compute = CONSTANT(1e-6)), STEP(STEP_READ, .read = "db")) } };
    const struct web_server_config web = { .host = "size", .workers = 2, .accept_queue = INT64_MAX, .handlers = LIST(handlers) };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 4.0);
    ck_assert_double_gt(station_utilisation(resource_of(system.web, "workers"), system.sim->now_ns), 0.99);
    ck_assert_double_lt(station_utilisation(resource_of(system.web, "cpu"), system.sim->now_ns), 0.001);
    ck_assert_double_gt(gauge_mean(&resource_of(system.web, "workers")->waiting, system.sim->now_ns), 100);
    /* 2 workers of 10 ms and 1 us give 199.98/s */
    ck_assert_uint_ge(system.source->finished[OUTCOME_OK], 795);
    ck_assert_uint_le(system.source->finished[OUTCOME_OK], 800);
    for (uint8_t i = 0; i < system.web->instances[0]->resource_count; i++)
        ck_assert_int_eq(system.web->instances[0]->resources[i].held, !strcmp(system.web->instances[0]->resources[i].name, "workers"));
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_refuses_when_the_accept_queue_is_full)
{
    const struct source_config source = { .target = "web", .requests = 20, .classes = { "view" } };
    const struct handler_config handlers[] = { { "view", STEPS(STEP(STEP_WAIT, .wait = CONSTANT(1.0))) } };
    const struct web_server_config web = { .host = "size", .workers = 3, .accept_queue = 5, .handlers = LIST(handlers) };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 10.0);
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 8);
    ck_assert_uint_eq(system.source->finished[OUTCOME_REFUSED], 12);
    ck_assert_int_eq(system.source->latency_ns[7], 3 * SIM_NS_PER_S);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_lets_the_lowest_priority_number_go_first)
{
    const struct source_config source = { .target = "web", .requests = 7, .classes = { "a", "b", "c" }, .by_priority = true };
    const struct handler_config handlers[] = { { "default", STEPS(STEP(STEP_WAIT, .wait = CONSTANT(1.0))) } };
    const struct web_server_config web = { .host = "size", .workers = 1, .accept_queue = INT64_MAX, .order = STATION_PRIORITY,
                                           .handlers = LIST(handlers) };
    const uint32_t order[] = { 0, 3, 6, 1, 4, 2, 5 };
    struct system system;

    build(&system, &source, &web, NULL);
    finish(&system, 10.0);
    for (int i = 0; i < 7; i++)
        ck_assert_uint_eq(system.source->order[i], order[i]);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_computations_share_the_cpu)
{
    const struct source_config source = { .target = "web", .requests = 12, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_COMPUTE, .compute = CONSTANT(1.0)));
    for (int i = 0; i < 12; i++) /* on 4 cores */
        ck_assert_int_eq(system.source->latency_ns[i], 3 * SIM_NS_PER_S);
    sim_destroy(system.sim);
}
END_TEST

/* ---- steps ---- */

START_TEST(test_web_server_reads_the_store_only_when_the_cache_misses)
{
    struct source_config source = { .target = "web", .rate_per_s = 10, .requests = 3000, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "db"), STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.cache->calls[OPERATION_GET], 3000);
    ck_assert_uint_ge(system.db->calls[OPERATION_READ], 1000); /* keys; those asked for twice meanwhile are read twice */
    ck_assert_uint_le(system.db->calls[OPERATION_READ], 1010);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], system.db->calls[OPERATION_READ]);
    ck_assert_int_eq(system.source->latency_ns[0], 12 * MS);
    ck_assert_int_eq(system.source->latency_ns[2999], 1 * MS);
    sim_destroy(system.sim);

    RUN(&system, &source, STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "db"), STEP(STEP_PUT, .put = "cache"))),
        STEP(STEP_DROP, .drop = "cache"));
    ck_assert_uint_ge(system.db->calls[OPERATION_READ], 2990); /* dropped each time */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_says_what_it_wants_of_a_store)
{
    struct source_config source = one;
    struct system system;

    source.data = 1;
    RUN(&system, &source, STEP(STEP_READ, .read = "db", .rows = 7), STEP(STEP_INSERT, .insert = "db"), STEP(STEP_DELETE, .delete = "db"),
        STEP(STEP_WRITE, .write = "db", .rows = 2));
    for (int i = OPERATION_READ; i <= OPERATION_DELETE; i++)
        ck_assert_uint_eq(system.db->calls[i], 1);
    ck_assert_uint_eq(system.db->rows, 2);
    ck_assert_uint_eq(system.db->bytes, 200 + 2 * 3000);
    ck_assert_uint_eq(system.source->bytes, 5000);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "db", .rows = 7));
    ck_assert_uint_eq(system.db->rows, 7);
    ck_assert_uint_eq(system.db->bytes, 200);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_WRITE, .write = "db", .request_size = 50), STEP(STEP_RESPOND, .respond = 77));
    ck_assert_uint_eq(system.db->bytes, 50);
    ck_assert_uint_eq(system.source->bytes, 77);
    sim_destroy(system.sim);
}
END_TEST

/* The slowest of four exponentials: mean 1 + 1/2 + 1/3 + 1/4. */
START_TEST(test_web_server_parallel_waits_for_the_slowest)
{
    const struct source_config source = { .target = "web", .rate_per_s = 0.5, .requests = 50000, .classes = { "view" } };
    struct system system;
    double error, mean;

    RUN(&system, &source,
        STEP(STEP_PARALLEL,
             .parallel = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)), STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)),
                               STEP(STEP_SEQUENCE, .sequence = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)), STEP(STEP_WAIT, .wait = CONSTANT(0.0)))),
                               STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)))));
    mean = mean_latency(system.source, 50000, &error);
    assert_mean(mean, error, 25.0 / 12.0);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_parallel_fails_with_its_branch_and_then_goes_to_on_error)
{
    struct system system;

    RUN(&system, &one, STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db"))),
        STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 1);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 0);
    ck_assert_int_eq(system.source->latency_ns[0], 10 * MS); /* all branches end first */
    sim_destroy(system.sim);
    RUN(&system, &one,
        STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db")),
             .on_error = STEPS(STEP(STEP_WAIT, .wait = CONSTANT(0.005)))),
        STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_int_eq(system.source->latency_ns[0], 16 * MS);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_chooses_by_weights)
{
    const struct source_config source = { .target = "web", .rate_per_s = 100, .requests = 40000, .classes = { "view" } };
    struct system system;

    RUN(&system, &source,
        STEP(STEP_CHOOSE, .choose = ARMS({ .weight = 3.0, .steps = STEPS(STEP(STEP_READ, .read = "db")) },
                                         { .weight = 0.0, .steps = STEPS(STEP(STEP_DELETE, .delete = "db")) },
                                         { .weight = 1.5, .steps = STEPS(STEP(STEP_WRITE, .write = "db")) }, { .weight = 0.5 },
                                         { .weight = 0.0, .steps = STEPS(STEP(STEP_DELETE, .delete = "db")) })),
        STEP(STEP_PUT, .put = "cache"));
    assert_count(system.db->calls[OPERATION_READ], 40000, 0.6);
    assert_count(system.db->calls[OPERATION_WRITE], 40000, 0.3);
    ck_assert_uint_eq(system.db->calls[OPERATION_DELETE], 0);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 40000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_failure_ends_the_request_unless_on_error_helps)
{
    struct source_config source = { .target = "web", .requests = 50, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_READ, .read = "broken"), STEP(STEP_READ, .read = "db"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 50);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 0);
    ck_assert_uint_eq(resource_of(system.web, "workers")->busy.level, 0);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "broken", .on_error = STEPS(STEP(STEP_READ, .read = "db"))), STEP(STEP_PUT, .put = "cache"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 50);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 50);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 50);
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "broken")),
                               .on_error = STEPS(STEP(STEP_READ, .read = "db"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 50); /* on_error is the look-up's, not its on_miss's */
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 0);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_fails_a_share_of_requests)
{
    const struct source_config source = { .target = "web", .rate_per_s = 100, .requests = 40000, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_FAIL, .fail = 0.05));
    assert_count(system.source->finished[OUTCOME_ERROR], 40000, 0.05);
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK] + system.source->finished[OUTCOME_ERROR], 40000);
    sim_destroy(system.sim);
}
END_TEST

/* Three draws of mean 1: mean 3 and variance 3; one draw three times would have variance 9. */
START_TEST(test_web_server_repeats_with_new_draws)
{
    const struct source_config source = { .target = "web", .rate_per_s = 0.1, .requests = 20000, .classes = { "view" } };
    double mean, error, square = 0.0;
    struct system system;

    RUN(&system, &source, STEP(STEP_REPEAT, .repeat = 3, .steps = STEPS(STEP(STEP_WAIT, .wait = EXPONENTIAL(1.0)))));
    mean = mean_latency(system.source, 20000, &error);
    assert_mean(mean, error, 3.0);
    for (int i = 0; i < 20000; i++)
        square += pow((double)system.source->latency_ns[i] * 1e-9 - 3.0, 2) / 20000;
    ck_assert_double_lt(fabs(square - 3.0), 0.25); /* standard error 0.04 */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_repeats_nest)
{
    struct system system;

    RUN(&system, &one,
        STEP(STEP_REPEAT, .repeat = 3,
             .steps = STEPS(STEP(STEP_READ, .read = "db"),
                            STEP(STEP_REPEAT, .repeat = 4, .steps = STEPS(STEP(STEP_WRITE, .write = "db"),
                                 STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_REPEAT, .repeat = 2, .steps = STEPS(STEP(STEP_PUT, .put = "cache"))),
                                                                        STEP(STEP_INSERT, .insert = "db"))))))),
        STEP(STEP_REPEAT, .repeat = 255, .steps = STEPS(STEP(STEP_DELETE, .delete = "db"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 12);
    ck_assert_uint_eq(system.db->calls[OPERATION_INSERT], 12);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 24);
    ck_assert_uint_eq(system.db->calls[OPERATION_DELETE], 255);
    ck_assert_int_eq(system.source->latency_ns[0], 3 * (10 + 4 * (10 + 10)) * MS + 255 * 10 * MS);
    sim_destroy(system.sim);
}
END_TEST

/* 65,025 forks that take no time must not pile up on the stack. */
START_TEST(test_web_server_steps_without_time_do_not_nest_the_stack)
{
    struct system system;

    RUN(&system, &one,
        STEP(STEP_REPEAT, .repeat = 255,
             .steps = STEPS(STEP(STEP_REPEAT, .repeat = 255, .steps = STEPS(STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_FAIL, .fail = 0.0))))))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 1);
    ck_assert_uint_le(system.sim->request_count, 8); /* children are used again */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_step_with_data_is_about_another_row)
{
    const struct source_config source = { .target = "web", .rate_per_s = 100, .requests = 2000, .classes = { "view" } };
    struct system system;

    RUN(&system, &source, STEP(STEP_READ, .read = "db", .data = "posts"),
        STEP(STEP_GET, .get = "cache", .data = "posts", .on_miss = STEPS(STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 2000);
    ck_assert_uint_eq(system.db->keys_of_calls, 50); /* rows of the data set; requests have 1000 keys */
    ck_assert_uint_eq(system.cache->keys_of_calls, 50);
    ck_assert_uint_lt(system.cache->calls[OPERATION_PUT], 80); /* puts go where the gets looked */
    sim_destroy(system.sim);
    RUN(&system, &source, STEP(STEP_READ, .read = "broken", .data = "posts"));
    ck_assert_uint_eq(system.source->finished[OUTCOME_CRASHED], 2000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_goes_on_after_a_timeout_and_leaves_orphans)
{
    const struct source_config source = { .target = "web", .rate_per_s = 100, .requests = 500, .classes = { "view" } };
    const struct call_config impatient = { .timeout = 4 * MS, .retries = 1 };
    struct system system;

    RUN(&system, &source,
        STEP(STEP_PARALLEL, .parallel = STEPS({ .verb = STEP_READ, .read = "db", .policy = impatient }, STEP(STEP_GET, .get = "cache")),
             .on_error = STEPS(STEP(STEP_PUT, .put = "cache"))));
    ck_assert_uint_eq(system.source->finished[OUTCOME_OK], 500);
    ck_assert_uint_eq(system.sim->timeouts, 1000);
    ck_assert_uint_eq(system.sim->orphans_ended, 1000);
    ck_assert_uint_eq(system.cache->calls[OPERATION_PUT], 500);
    ck_assert_int_eq(system.source->latency_ns[0], 9 * MS);
    sim_destroy(system.sim);
}
END_TEST

/* ---- draws ---- */

START_TEST(test_web_server_draws_stay_when_a_step_comes_between)
{
    const struct source_config source = { .target = "web", .rate_per_s = 1, .requests = 500, .classes = { "view" } };
    struct system before, after;

    RUN(&before, &source, STEP(STEP_WAIT, .wait = EXPONENTIAL(0.01)), STEP(STEP_READ, .read = "db"), STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.002)),
        STEP(STEP_READ, .read = "db"), STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.003)));
    RUN(&after, &source, STEP(STEP_WAIT, .wait = EXPONENTIAL(0.01)),
        STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_READ, .read = "db"))), STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.002)),
        STEP(STEP_REPEAT, .repeat = 1, .steps = STEPS(STEP(STEP_READ, .read = "db"))), STEP(STEP_COMPUTE, .compute = EXPONENTIAL(0.003)));
    ck_assert_uint_eq(before.db->numbers, after.db->numbers);
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(before.source->latency_ns[i] + MS, after.source->latency_ns[i]);
    ck_assert_int_ne(before.source->latency_ns[0], before.source->latency_ns[1]);
    sim_destroy(before.sim);
    sim_destroy(after.sim);
}
END_TEST

/* ---- classes and checks ---- */

START_TEST(test_web_server_finds_the_handler_of_the_class)
{
    const struct source_config source = { .target = "web", .requests = 9, .classes = { "view", "edit", "list" } };
    const struct handler_config handlers[] = { { "edit", STEPS(STEP(STEP_WRITE, .write = "db")) }, { "view", STEPS(STEP(STEP_READ, .read = "db")) } };
    const struct handler_config with_default[] = { { "default", STEPS(STEP(STEP_WRITE, .write = "db")) }, { "view", STEPS(STEP(STEP_READ, .read = "db")) } };
    struct web_server_config web = { .host = "size", .workers = 10, .accept_queue = 0, .handlers = LIST(handlers) };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &source, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.first, "handlers: requests of class \"list\" of users come here and there is no handler for them");
    finish(&system, 1.0);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 3);
    ck_assert_uint_eq(system.source->finished[OUTCOME_ERROR], 3);
    sim_destroy(system.sim);

    web.handlers = (struct param_list)LIST(with_default);
    problems.count = 0;
    build(&system, &source, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 0);
    finish(&system, 1.0);
    ck_assert_uint_eq(system.db->calls[OPERATION_READ], 3);
    ck_assert_uint_eq(system.db->calls[OPERATION_WRITE], 6);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_names_a_handler_that_nobody_asks_for)
{
    const struct handler_config handlers[] = { { "veiw", { 0, NULL } }, { "default", { 0, NULL } } };
    const struct web_server_config web = { .host = "size", .workers = 10, .handlers = LIST(handlers) };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.first, "handlers.veiw: no clients send requests of a class \"veiw\"");
    finish(&system, 1.0);
    ck_assert_int_eq(system.source->latency_ns[0], 0); /* no steps: answered at once */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_web_server_workers_must_fit_into_memory)
{
    const struct handler_config handlers[] = { { "default", { 0, NULL } } };
    struct web_server_config web = { .host = "size", .workers = 10, .memory_per_worker = 100000, .handlers = LIST(handlers) };
    struct param_problems problems = { 0 };
    struct system system;

    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 0);
    sim_destroy(system.sim);
    web.workers = 11;
    build(&system, &one, &web, NULL);
    web_server_model.check_wired(system.web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.first, "workers: 11 workers of 0.1 MB each do not fit into the memory of \"size\"");
    sim_destroy(system.sim);
}
END_TEST

/* What check() says of these steps first, "" when nothing. */
static const char *complaint(struct param_list steps)
{
    static struct param_problems problems;
    const struct handler_config handlers[] = { { "view", steps } };
    const struct web_server_config web = { .host = "size", .workers = 1, .handlers = LIST(handlers) };

    memset(&problems, 0, sizeof problems);
    web_server_model.check(&web, &problems);
    return problems.first;
}

#define COMPLAINT(...) complaint((struct param_list)STEPS(__VA_ARGS__))

START_TEST(test_web_server_check_finds_steps_that_cannot_be)
{
    ck_assert_str_eq(COMPLAINT(STEP(STEP_GET, .get = "cache", .on_miss = STEPS(STEP(STEP_RESPOND, .respond = 9)))), "");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_WAIT), STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_WAIT), STEP(STEP_RESPOND)))),
                     "handlers.view[1].parallel[1]: a branch of parallel, a step with data or a repeat inside a repeat cannot answer for "
                     "the whole request");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_PARALLEL, .parallel = STEPS(STEP(STEP_WAIT)), .on_error = STEPS(STEP(STEP_RESPOND)))), "");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_RESPOND)))), "");
    ck_assert_ptr_nonnull(strstr(COMPLAINT(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_REPEAT, .steps = STEPS(STEP(STEP_RESPOND)))))), "repeat"));
    ck_assert_str_eq(COMPLAINT(STEP(STEP_RESPOND), STEP(STEP_WAIT)), "handlers.view[0]: the steps after this one are never reached");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_CHOOSE, .choose = ARMS({ .weight = 0 }))),
                     "handlers.view[0]: every weight is 0: nothing can be chosen");
    ck_assert_str_eq(COMPLAINT(STEP(STEP_CHOOSE, .choose = ARMS({ .weight = 1, .steps = STEPS(STEP(STEP_RESPOND), STEP(STEP_WAIT)) }))),
                     "handlers.view[0].choose[0].steps[0]: the steps after this one are never reached");
    ck_assert_str_eq(COMPLAINT({ .verb = STEP_COMPUTE, .policy = { .timeout = INT64_MAX, .retries = 1 } }),
                     "handlers.view[0]: nothing is called here that could be given up or repeated");
}
END_TEST

START_TEST(test_web_server_check_bounds_the_program)
{
    static struct step_config steps[HANDLER_INSTRUCTIONS_MAX];

    for (int i = 0; i < HANDLER_INSTRUCTIONS_MAX; i++)
        steps[i] = (struct step_config)STEP(STEP_WAIT);
    ck_assert_ptr_nonnull(strstr(complaint((struct param_list){ HANDLER_INSTRUCTIONS_MAX, steps }), "instructions are needed"));
    ck_assert_str_eq(complaint((struct param_list){ HANDLER_INSTRUCTIONS_MAX / 4 - 1, steps }), "");
}
END_TEST

TEST_MAIN("web_server", test_web_server_workers_are_an_MMc_queue, test_web_server_holds_its_worker_while_it_waits_for_others,
          test_web_server_refuses_when_the_accept_queue_is_full, test_web_server_lets_the_lowest_priority_number_go_first,
          test_web_server_computations_share_the_cpu, test_web_server_reads_the_store_only_when_the_cache_misses,
          test_web_server_says_what_it_wants_of_a_store, test_web_server_parallel_waits_for_the_slowest,
          test_web_server_parallel_fails_with_its_branch_and_then_goes_to_on_error, test_web_server_chooses_by_weights,
          test_web_server_failure_ends_the_request_unless_on_error_helps, test_web_server_fails_a_share_of_requests,
          test_web_server_repeats_with_new_draws, test_web_server_repeats_nest,
          test_web_server_steps_without_time_do_not_nest_the_stack, test_web_server_step_with_data_is_about_another_row,
          test_web_server_goes_on_after_a_timeout_and_leaves_orphans, test_web_server_draws_stay_when_a_step_comes_between,
          test_web_server_finds_the_handler_of_the_class, test_web_server_names_a_handler_that_nobody_asks_for,
          test_web_server_workers_must_fit_into_memory, test_web_server_check_finds_steps_that_cannot_be,
          test_web_server_check_bounds_the_program)
