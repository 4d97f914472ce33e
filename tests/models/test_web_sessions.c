/* Who has to log in again: sessions in servers' memory, in a database, in a cache. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/cache.h"
#include "models/clients.h"
#include "models/database.h"
#include "models/environment.h"
#include "models/load_balancer.h"
#include "models/web_server.h"
#include "sim/call.h"
#include "sim/fault.h"
#include "tests/test.h"

#define MS (SIM_NS_PER_S / 1000)
#define SECOND SIM_NS_PER_S
#define SERVERS 2
#define WORKERS_BYTES 100
#define LOG_IN 50 /* ms */

/* ---- problems that checks report ---- */

struct param_problems {
    int count;
    char first[512]; /* "path: message" of the first */
};

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    va_list arguments;
    int used;

    (void)help;
    if (problems->count++ > 0)
        return;
    va_start(arguments, format);
    used = snprintf(problems->first, sizeof problems->first, "%s: ", path);
    vsnprintf(problems->first + used, sizeof problems->first - (size_t)used, format, arguments);
    va_end(arguments);
}

/* ---- a source that follows a script ---- */

enum { OPEN, LEAVE, WRITE, CLASSES };

struct asked {
    int64_t at_s;
    uint64_t user;
    uint32_t server;
    uint16_t class;
    /* filled in */
    int64_t took_ms;
    enum outcome outcome;
    uint32_t version;
};

#define AT(at_s_, user_, server_, class_)                                \
    {                                                                    \
        .at_s = at_s_, .user = user_, .server = server_, .class = class_ \
    }

struct script {
    struct asked *asked;
    size_t count;
};

static void source_wire_group(struct group *group)
{
    struct link ***links = group->shared;

    *links = sim_link_all(group, sim_find_group(group->sim, "web"), NULL);
    sim_add_class(group, "open");
    sim_add_class(group, "leave");
    sim_add_class(group, "write");
}

static void source_start(struct component *self)
{
    const struct script *script = self->group->config;

    for (size_t i = 0; i < script->count; i++) {
        struct request *ticker = sim_ticker(self);

        ticker->key = i;
        sim_tick_at(self, ticker, script->asked[i].at_s * SECOND);
    }
}

static void source_on_timer(struct component *self, struct request *ticker)
{
    const struct script *script = self->group->config;
    const struct asked *asked = &script->asked[ticker->key];
    struct link *const *links = *(struct link ***)self->shared;
    struct request *request = sim_start(self, 1000 + ticker->key, asked->class);

    request->user = asked->user;
    request->key = 7;
    request->data = 2;
    request->bytes = 100;
    request_frame(request)->step = (uint16_t)ticker->key;
    sim_call(self, request, links[asked->server], 0);
}

static void source_on_reply(struct component *self, struct request *request)
{
    const struct script *script = self->group->config;
    struct asked *asked = &script->asked[request_frame(request)->step];

    asked->took_ms = (self->sim->now_ns - request->frames[0].entered_ns) / MS;
    asked->outcome = (enum outcome)request->outcome;
    asked->version = request->version;
    sim_finish(self, request, (enum outcome)request->outcome);
}

static const struct component_type source_type = {
    .name = "source",
    .shared_size = sizeof(struct link **),
    .is_source = true,
    .wire_group = source_wire_group,
    .start = source_start,
    .on_reply = source_on_reply,
    .on_timer = source_on_timer,
};

/* ---- two servers, a database, a cache ---- */

#define LIST(...)                                                \
    {                                                            \
        sizeof(__VA_ARGS__) / sizeof *(__VA_ARGS__), __VA_ARGS__ \
    }
#define STEPS(...) LIST((const struct step_config[]){ __VA_ARGS__ })
#define STEP(verb_, ...)                                               \
    {                                                                  \
        .verb = verb_, .policy = { .timeout = INT64_MAX }, __VA_ARGS__ \
    }
#define CONSTANT(seconds)                                                                                \
    {                                                                                                    \
        .law = DISTRIBUTION_CONSTANT, .mean = seconds, .cv = NAN, .median = NAN, .p99 = NAN, .min = NAN, \
        .max = NAN, .shape = NAN                                                                         \
    }

static struct host_config machine;
static const struct data_set_config data_sets[] = {
    { .name = "sessions", .rows = 100, .row_size = 3000, .popularity = POPULARITY_UNIFORM },
    { .name = "posts", .rows = 100, .row_size = 3000, .popularity = POPULARITY_UNIFORM },
};
static const struct environment environment = {
    .data_sets = data_sets, .data_set_count = 2, .sizes = &machine, .size_count = 1
};
static const struct step_config log_in[] = { STEP(STEP_WAIT, .wait = CONSTANT(0.050)) };
static const struct step_config failing[] = { STEP(STEP_FAIL, .fail = 1.0) };

static const struct handler_config handlers[] = {
    { "open", STEPS(STEP(STEP_SESSION, .session = SESSION_OPEN), STEP(STEP_READ, .read = "db"),
                    STEP(STEP_SESSION, .session = SESSION_SAVE)) },
    { "leave", STEPS(STEP(STEP_SESSION, .session = SESSION_END)) },
    { "write", STEPS(STEP(STEP_SESSION, .session = SESSION_OPEN,
                          .on_error = STEPS(STEP(STEP_WAIT, .wait = CONSTANT(1.0)))),
                     STEP(STEP_WRITE, .write = "db")) },
};

struct setting {
    struct web_sessions_config sessions;
    struct web_server_config web;
    struct database_config db;
    struct cache_config cache;
    struct script script;
    struct sim *sim;
};

static void prepare(struct setting *setting)
{
    machine = (struct host_config){ .name = "machine",
                                    .cores = 1,
                                    .speed = 1,
                                    .memory = 1000000,
                                    .disk_operations = 1e9,
                                    .disk_bandwidth = INFINITY,
                                    .network = INFINITY };
    *setting = (struct setting){
        .sessions = { .size = 1000,
                      .idle = 100 * SECOND,
                      .log_in = LIST(log_in),
                      .call = { .timeout = INT64_MAX } },
        .web = { .host = "machine",
                 .workers = 100,
                 .memory_per_worker = WORKERS_BYTES / 100,
                 .accept_queue = INT64_MAX,
                 .response_size = 1000,
                 .handlers = LIST(handlers) },
        .db = { .host = "machine",
                .connections = INT64_MAX,
                .read_time = CONSTANT(0.0),
                .write_time = CONSTANT(0.0),
                .log_record = 300,
                .flush_interval = SECOND,
                .page_size = 3000,
                .buffer_pool = 0.9,
                .start = DATABASE_WARM },
        .cache = { .eviction = EVICTION_LRU,
                   .capacity_entries = INT64_MAX,
                   .memory = 1000000,
                   .ttl = INT64_MAX,
                   .lookup_time = CONSTANT(0.0),
                   .call = { .timeout = INT64_MAX } },
    };
}

/* Builds the system; then faults may be added, and play() runs it. */
static void build(struct setting *setting, struct asked *asked, size_t count)
{
    const struct group *cycle;
    struct param_problems problems = { 0 };
    struct sim *sim = setting->sim = sim_create(7, UINT64_MAX, PENDING_LADDER);
    struct site *site = &sim->sites[0];

    setting->web.sessions = &setting->sessions;
    setting->script = (struct script){ asked, count };
    sim->environment = &environment;
    web_server_model.check(&setting->web, &problems);
    ck_assert_msg(problems.count == 0, "%s", problems.first);
    sim_add_group(sim, &source_type, "users", 1, &setting->script, site);
    sim_add_group(sim, &web_server_model.component, "web", SERVERS, &setting->web, site);
    sim_add_group(sim, &database_model.component, "db", 1, &setting->db, site);
    sim_add_group(sim, &cache_model.component, "cache", 1, &setting->cache, site);
    ck_assert(sim_wire(sim, &cycle));
}

static void crash(struct setting *setting, const char *group, uint32_t instance, int64_t at_s, int64_t for_s)
{
    const struct fault fault = { .group = sim_find_group(setting->sim, group),
                                 .first = instance,
                                 .last = instance,
                                 .from_ns = at_s * SECOND,
                                 .until_ns = (at_s + for_s) * SECOND };

    sim_add_fault(setting->sim, &fault);
}

static void play(struct setting *setting, int64_t end_s)
{
    ck_assert_int_eq(sim_run(setting->sim, end_s * SECOND), SIM_REACHED);
    ck_assert(sim_conserves(setting->sim, stderr));
}

static struct component *web_of(const struct setting *setting, uint32_t instance)
{
    return sim_find_group(setting->sim, "web")->instances[instance];
}

static const void *state_of(const struct setting *setting, uint32_t instance, const char *name)
{
    const struct metric_row *row = web_server_model.component.metrics;

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    ck_assert_ptr_nonnull(row->name);
    return (const char *)component_state(web_of(setting, instance)) + row->offset;
}

/* Of both servers. */
static uint64_t counted(const struct setting *setting, const char *name)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < SERVERS; i++)
        sum += *(const uint64_t *)state_of(setting, i, name);
    return sum;
}

static int64_t held(const struct setting *setting, uint32_t instance)
{
    return ((const struct amount *)state_of(setting, instance, "sessions.held"))->level;
}

static int64_t memory_of_sessions(const struct setting *setting, uint32_t instance)
{
    const struct handler_runner *runner = component_state(web_of(setting, instance));

    return runner->host->memory.level - WORKERS_BYTES;
}

/* ---- in memory ---- */

START_TEST(test_web_sessions_in_memory_are_found_where_they_were_made)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(2, 3, 0, OPEN), AT(3, 3, 1, OPEN),
                             AT(4, 3, 0, OPEN), AT(5, 3, 0, OPEN), AT(5, 4, 1, OPEN) };
    const int64_t took_ms[] = { LOG_IN, 0, LOG_IN, LOG_IN, 0, LOG_IN };
    struct setting setting;

    prepare(&setting);
    build(&setting, asked, 6);
    play(&setting, 90);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(asked[i].outcome, OUTCOME_OK);
        ck_assert_int_eq(asked[i].took_ms, took_ms[i]);
    }
    ck_assert_uint_eq(counted(&setting, "logins"), 4);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 2); /* the cookie names the last server only */
    ck_assert_uint_eq(counted(&setting, "sessions.found"), 2);
    ck_assert_int_eq(held(&setting, 0), 2); /* the one that nobody can reach lies there still */
    ck_assert_int_eq(memory_of_sessions(&setting, 0), 2000);
    ck_assert_int_eq(held(&setting, 1), 2);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_expire_when_they_are_not_used)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN),   AT(90, 3, 0, OPEN),  AT(180, 3, 0, OPEN),
                             AT(290, 4, 1, OPEN), AT(295, 3, 0, OPEN), AT(296, 3, 0, OPEN) };
    struct setting setting;

    prepare(&setting);
    build(&setting, asked, 6);
    play(&setting, 289);
    ck_assert_int_eq(held(&setting, 0), 1);
    play(&setting, 291);
    ck_assert_int_eq(held(&setting, 0), 0); /* since 280 s, as a request at the other server makes known */
    ck_assert_int_eq(memory_of_sessions(&setting, 0), 0);
    play(&setting, 400);
    ck_assert_int_eq(asked[2].took_ms, 0);
    ck_assert_int_eq(asked[4].took_ms, LOG_IN);
    ck_assert_int_eq(asked[5].took_ms, 0);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 0);
    ck_assert_uint_eq(counted(&setting, "sessions.expired"), 1);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_die_with_their_server)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN),  AT(1, 4, 0, OPEN),  AT(1, 5, 1, OPEN), AT(20, 3, 1, OPEN),
                             AT(20, 5, 1, OPEN), AT(40, 4, 0, OPEN), AT(41, 4, 0, OPEN) };
    const int64_t took_ms[] = { LOG_IN, LOG_IN, LOG_IN, LOG_IN, 0, LOG_IN, 0 };
    struct setting setting;

    prepare(&setting);
    build(&setting, asked, 7);
    crash(&setting, "web", 0, 10, 20);
    play(&setting, 15);
    ck_assert_uint_eq(counted(&setting, "sessions.lost"), 2);
    ck_assert_int_eq(held(&setting, 0), 0);
    ck_assert_int_eq(memory_of_sessions(&setting, 0), 0);
    play(&setting, 90);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(asked[i].took_ms, took_ms[i]);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 2);
    ck_assert_int_eq(held(&setting, 0), 1);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_make_room_when_memory_is_full)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(2, 4, 0, OPEN), AT(3, 3, 0, OPEN),
                             AT(4, 5, 0, OPEN), AT(5, 4, 0, OPEN), AT(6, 5, 0, OPEN) };
    const int64_t took_ms[] = { LOG_IN, LOG_IN, 0, LOG_IN, LOG_IN, 0 };
    struct setting setting;

    prepare(&setting);
    machine.memory = WORKERS_BYTES + 2999;
    setting.db.buffer_pool = 0;
    setting.cache.memory = 1;
    build(&setting, asked, 6);
    play(&setting, 90);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(asked[i].took_ms,
                         took_ms[i]); /* the third made the second go, which made the first */
    ck_assert_uint_eq(counted(&setting, "sessions.evicted"), 2);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 1);
    ck_assert_int_eq(held(&setting, 0), 2);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_end_with_a_log_out)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(2, 3, 0, LEAVE), AT(3, 3, 0, OPEN), AT(4, 3, 1, LEAVE),
                             AT(5, 9, 1, LEAVE) };
    struct setting setting;

    prepare(&setting);
    build(&setting, asked, 5);
    play(&setting, 3);
    ck_assert_int_eq(held(&setting, 0), 0);
    play(&setting, 90);
    ck_assert_int_eq(asked[2].took_ms, LOG_IN);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 0);
    ck_assert_int_eq(held(&setting, 0), 1); /* the other server could not free it */
    sim_destroy(setting.sim);
}
END_TEST

/* ---- in a store ---- */

static void put_in(struct setting *setting, const char *store)
{
    setting->sessions.store = store;
    setting->sessions.data = "sessions";
}

START_TEST(test_web_sessions_in_a_database_are_found_by_every_server)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(2, 3, 1, WRITE), AT(3, 3, 0, OPEN), AT(4, 300, 1, OPEN),
                             AT(5, 300, 0, OPEN) };
    const int64_t took_ms[] = { LOG_IN, 0, 0, LOG_IN, 0 };

    for (int kind = DATABASE_RELATIONAL; kind <= DATABASE_KEY_VALUE; kind++) {
        struct setting setting;

        prepare(&setting);
        put_in(&setting, "db");
        setting.db.kind = kind;
        build(&setting, asked, 5);
        crash(&setting, "web", 0, 2, 1);
        play(&setting, 90);
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(asked[i].outcome, OUTCOME_OK);
            ck_assert_int_eq(asked[i].took_ms, took_ms[i]);
        }
        ck_assert_uint_eq(asked[0].version, 0); /* of the post: what the session is read as changes nothing */
        ck_assert_uint_eq(asked[2].version, 1);
        ck_assert_uint_eq(row_version(setting.sim, 1, 3), 3); /* made, saved, saved */
        ck_assert_uint_eq(counted(&setting, "logins.again"), 0);
        sim_destroy(setting.sim);
    }
}
END_TEST

START_TEST(test_web_sessions_that_a_cache_has_lost_mean_to_log_in_again)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(2, 3, 1, OPEN), AT(20, 3, 0, OPEN), AT(21, 3, 1, OPEN) };
    const int64_t took_ms[] = { LOG_IN, 0, LOG_IN, 0 };
    struct setting setting;

    prepare(&setting);
    put_in(&setting, "cache");
    build(&setting, asked, 4);
    crash(&setting, "cache", 0, 10, 5);
    play(&setting, 90);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(asked[i].took_ms, took_ms[i]);
    ck_assert_uint_eq(counted(&setting, "logins.again"), 1);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_in_a_cache_before_a_database_survive_the_cache)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(20, 3, 1, OPEN), AT(30, 3, 0, OPEN) };
    struct setting setting;

    prepare(&setting);
    put_in(&setting, "cache");
    setting.cache.store = "db";
    setting.cache.writes = WRITES_THROUGH;
    build(&setting, asked, 3);
    crash(&setting, "cache", 0, 10, 5);
    play(&setting, 90);
    ck_assert_int_eq(asked[0].took_ms, LOG_IN);
    ck_assert_int_eq(asked[1].took_ms, 0);
    ck_assert_int_eq(asked[2].took_ms, 0);
    ck_assert_uint_eq(row_version(setting.sim, 1, 3), 4);
    sim_destroy(setting.sim);
}
END_TEST

/* What is in the store is the date of the last save. */
START_TEST(test_web_sessions_in_a_store_expire_when_they_are_not_written)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(60, 3, 0, WRITE), AT(110, 3, 0, WRITE),
                             AT(111, 3, 1, WRITE) };
    const int64_t took_ms[] = { LOG_IN, 0, LOG_IN, 0 };
    struct setting setting;

    prepare(&setting);
    put_in(&setting, "db");
    build(&setting, asked, 4);
    play(&setting, 200);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(asked[i].took_ms, took_ms[i]);
    ck_assert_uint_eq(counted(&setting, "sessions.expired"), 1);
    sim_destroy(setting.sim);
}
END_TEST

START_TEST(test_web_sessions_fail_as_their_store_and_their_log_in_do)
{
    struct asked asked[] = { AT(1, 3, 0, OPEN), AT(20, 3, 0, OPEN), AT(20, 3, 0, WRITE) };
    struct setting setting;

    prepare(&setting);
    put_in(&setting, "cache");
    build(&setting, asked, 3);
    crash(&setting, "cache", 0, 10, 20);
    play(&setting, 90);
    ck_assert_int_eq(asked[1].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(asked[2].outcome, OUTCOME_OK);
    ck_assert_int_eq(asked[2].took_ms, 1000); /* its on_error */
    ck_assert_uint_eq(counted(&setting, "logins"), 1);
    sim_destroy(setting.sim);
    prepare(&setting);
    setting.sessions.log_in = (struct param_list)LIST(failing);
    build(&setting, asked, 1);
    play(&setting, 90);
    ck_assert_int_eq(asked[0].outcome, OUTCOME_ERROR);
    ck_assert_uint_eq(counted(&setting, "logins"), 0);
    ck_assert_int_eq(held(&setting, 0), 0);
    sim_destroy(setting.sim);
}
END_TEST

/* ---- what is told ---- */

static void assert_told(const struct web_server_config *web, const char *text)
{
    struct param_problems problems = { 0 };

    web_server_model.check(web, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_msg(strstr(problems.first, text), "%s", problems.first);
}

START_TEST(test_web_sessions_tell_what_is_wrong)
{
    static const struct step_config session[] = { STEP(STEP_SESSION, .session = SESSION_OPEN) };
    static const struct step_config wait[] = { STEP(STEP_WAIT, .wait = CONSTANT(0.0)) };
    static const struct step_config respond[] = { STEP(STEP_RESPOND, .respond = 10) };
    static const struct handler_config with[] = { { "open", LIST(session) } },
                                       without[] = { { "open", LIST(wait) } };
    struct param_problems problems = { 0 };
    struct setting setting;

    prepare(&setting);
    setting.web.handlers = (struct param_list)LIST(with);
    assert_told(&setting.web, "handlers.open[0]: nothing says where sessions are kept");
    setting.web.sessions = &setting.sessions;
    setting.sessions.log_in = (struct param_list)LIST(session);
    assert_told(&setting.web, "sessions.log_in[0]: a log in has no session yet");
    setting.sessions.log_in = (struct param_list)LIST(respond);
    assert_told(&setting.web, "sessions.log_in[0]: a log in cannot answer");
    setting.sessions.log_in = (struct param_list)LIST(wait);
    setting.sessions.store = "db";
    assert_told(&setting.web, "sessions.store: the store cannot tell");
    setting.sessions.store = NULL;
    setting.web.handlers = (struct param_list)LIST(without);
    assert_told(&setting.web, "sessions: no handler has a step");

    prepare(&setting);
    build(&setting, NULL, 0);
    web_sessions_check_wired(sim_find_group(setting.sim, "web"), &setting.sessions, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_msg(
        strstr(problems.first, "sessions: users sends the next request of a user to any of 2 servers"), "%s",
        problems.first);
    sim_destroy(setting.sim);
    problems.count = 0;
    prepare(&setting);
    put_in(&setting, "db");
    build(&setting, NULL, 0);
    web_sessions_check_wired(sim_find_group(setting.sim, "web"), &setting.sessions, &problems);
    ck_assert_int_eq(problems.count, 0);
    sim_destroy(setting.sim);
}
END_TEST

TEST_MAIN("web_sessions", test_web_sessions_in_memory_are_found_where_they_were_made,
          test_web_sessions_expire_when_they_are_not_used, test_web_sessions_die_with_their_server,
          test_web_sessions_make_room_when_memory_is_full, test_web_sessions_end_with_a_log_out,
          test_web_sessions_in_a_database_are_found_by_every_server,
          test_web_sessions_that_a_cache_has_lost_mean_to_log_in_again,
          test_web_sessions_in_a_cache_before_a_database_survive_the_cache,
          test_web_sessions_in_a_store_expire_when_they_are_not_written,
          test_web_sessions_fail_as_their_store_and_their_log_in_do, test_web_sessions_tell_what_is_wrong)
