#include "models/error_log.h"

#include <inttypes.h>
#include <string.h>

#include "models/record_ring.h"
#include "sim/call.h"
#include "sim/fault.h"

/* Of a server's log since the run began: what came in is what went out and what is there. */
struct log_flow {
    uint64_t written, overwritten, lost, gathered;
};

/* About whom: gathered records by cause; the first is their sum. */
struct log_errors {
    uint64_t by_cause[OUTCOME_COUNT];
};

struct server_log {
    struct record_ring own, on_the_way; /* what it has not shipped, and what has not arrived */
    int64_t burst_ns;                   /* when the present burst began */
    int64_t burst_count;
    struct log_flow flow;
    struct log_errors errors;
    uint64_t written, suppressed, overwritten, lost;
};

struct gathered_log {
    struct log_errors errors;
    uint64_t written, suppressed, overwritten, lost;
};

struct log_shared {
    struct failure_watch watch; /* first: the kernel knows it by that */
    struct group *group;
    struct server_log **logs; /* by the component's id; NULL: it has none */
    struct component **servers;
    uint32_t count;
    uint64_t unshipped_max; /* records that a server keeps */
    int64_t shipped_ns;     /* the last time */
    struct record_ring gathered;
};

enum log_tick { TICK_SHIP, TICK_ARRIVE };

/* clang-format off */
static const struct param_row source_rows[] = {
    PARAM_REFERENCE(struct log_source, component, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_ANY,
                    .help = "A component whose servers write logs, with its parts."),
    PARAM_END
};

static const struct param_table source_params = { .rows = source_rows, .size = sizeof(struct log_source),
                                                  .help = "servers that write logs" };

static const struct param_row rows[] = {
    PARAM_LIST(struct log_config, from, .default_text = "[]", .max = 200, .table = &source_params,
               .help = "Components whose servers write logs that are gathered; none: all that take "
                       "requests, in the monitor's own data center if it is in one."),
    PARAM_DURATION(struct log_config, interval, .default_text = "\"5s\"", .min = 1e6, .max = 1e15,
                   .help = "How often a server ships what is new in its log."),
    PARAM_DURATION(struct log_config, delay, .default_text = "\"1s\"", .max = 1e15,
                   .help = "From there until the records can be found in the gathered log; at most the "
                           "interval.",
                   .source = "Elasticsearch, index.refresh_interval"),
    PARAM_COUNT(struct log_config, burst, .default_text = "10000", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e12,
                .help = "Most records that a server writes within `burst_time`, counted from the first of "
                        "them; what comes beyond is suppressed.",
                .source = "systemd-journald, RateLimitBurst"),
    PARAM_DURATION(struct log_config, burst_time, .default_text = "\"30s\"", .min = 1e6, .max = 1e15,
                   .help = "Length of the time that `burst` is about.",
                   .source = "systemd-journald, RateLimitIntervalSec"),
    PARAM_BYTES(struct log_config, space, .default_text = "\"1GB\"", .min = 1, .max = 1e15,
                .help = "Room on a server's disk for records that have not been shipped; then the oldest "
                        "go."),
    PARAM_BYTES(struct log_config, record_size, .default_text = "\"500B\"", .min = 1, .max = 1e9,
                .help = "What a record takes there."),
    PARAM_COUNT(struct log_config, keep, .default_text = "1000000", .min = 1, .max = 1e9,
                .help = "Records that the gathered log keeps to be looked through, the latest; counts are "
                        "of all."),
    PARAM_END
};

#define ERRORS(type, cause, help_) \
    METRIC_COUNTER, offsetof(type, errors.by_cause[cause]), 0, help_

#define METRICS_OF(type)                                                                                  \
    { "errors", "1", ERRORS(type, OUTCOME_OK, "Gathered records.") },                                     \
    { "errors.timeout", "1", ERRORS(type, OUTCOME_TIMEOUT, "Those by cause: no answer in time.") },       \
    { "errors.refused", "1", ERRORS(type, OUTCOME_REFUSED, "A waiting line was full.") },                 \
    { "errors.unavailable", "1", ERRORS(type, OUTCOME_UNAVAILABLE, "Nobody was there.") },                \
    { "errors.crashed", "1", ERRORS(type, OUTCOME_CRASHED, "It died with the request inside.") },         \
    { "errors.lost", "1", ERRORS(type, OUTCOME_LOST, "The network gave up.") },                           \
    { "errors.not_found", "1", ERRORS(type, OUTCOME_NOT_FOUND, "The row was not there.") },               \
    { "errors.error", "1", ERRORS(type, OUTCOME_ERROR, "The application answered with an error.") },      \
    { "records.written", "1", METRIC_COUNTER, offsetof(type, written), 0,                                 \
      "Records that servers wrote into their own logs." },                                                \
    { "records.suppressed", "1", METRIC_COUNTER, offsetof(type, suppressed), 0,                           \
      "Records that were not written, being beyond `burst`." },                                           \
    { "records.overwritten", "1", METRIC_COUNTER, offsetof(type, overwritten), 0,                         \
      "Records that gave way to newer ones before they were shipped: `space`." },                         \
    { "records.lost", "1", METRIC_COUNTER, offsetof(type, lost), 0,                                       \
      "Records that went with a server before they were shipped." },                                      \
    { .name = NULL }

static const struct metric_row gathered_metrics[] = { METRICS_OF(struct gathered_log) };

/* Of a server's: records about it, whoever wrote them; then those of its own log. */
static const struct metric_row server_metrics[] = { METRICS_OF(struct server_log) };
/* clang-format on */

const struct param_table log_params = { .rows = rows,
                                        .size = sizeof(struct log_config),
                                        .help = "logs of servers, gathered" };

/* ---- whose ---- */

/* The component itself, or what it is a part of. */
static bool is_part_of(const struct group *group, const char *name)
{
    for (; group; group = group->parent)
        if (!strcmp(group->name, name))
            return true;
    return false;
}

/* Takes requests on a machine of its own: no users, no name, no health endpoint. */
static bool can_write(const struct group *group)
{
    const struct component_type *type = group->type;

    return type->on_request && !type->is_source && !type->is_name && !type->speaks_for_parent;
}

/* A monitor in a data center gathers what is written there, one outside what is written anywhere. */
static bool is_near(const struct group *log, const struct group *group)
{
    size_t site = (size_t)(strchrnul(log->name, '/') - log->name);

    return !log->name[site] || !strncmp(log->name, group->name, site + 1);
}

static bool writes(const struct group *log, const struct group *group, const struct log_config *config)
{
    const struct log_source *from = config->from.items;

    if (!can_write(group))
        return false;
    for (size_t i = 0; i < config->from.count; i++)
        if (is_part_of(group, from[i].component))
            return true;
    return !config->from.count && model_of(group)->roles && is_near(log, group);
}

struct group *logs_add(struct group *monitor, const struct log_config *config)
{
    return sim_add_part(monitor, &gathered_log_model.component, LOG_PART, 1, config);
}

void logs_add_servers(struct group *log)
{
    const struct log_config *config = log->config;
    struct log_shared *shared = log->shared;
    struct sim *sim = log->sim;
    uint16_t group_count = sim->group_count;

    shared->group = log;
    shared->logs = memory_alloc_array(&sim->memory, sim->component_count, sizeof *shared->logs);
    shared->servers = memory_alloc_array(&sim->memory, sim->component_count, sizeof *shared->servers);
    for (uint16_t i = 0; i < group_count; i++) {
        struct group *group = sim->groups[i], *part;

        if (!writes(log, group, config))
            continue;
        part = sim_add_part(log, &server_log_model.component, group->name, group->count, config);
        for (uint32_t k = 0; k < group->count; k++) {
            shared->servers[shared->count++] = group->instances[k];
            shared->logs[group->instances[k]->id] = component_state(part->instances[k]);
        }
    }
}

/* ---- writing ---- */

static struct gathered_log *gathered_of(const struct log_shared *shared)
{
    return component_state(shared->group->instances[0]);
}

/* False: the server has written enough within this burst. */
static bool may_write(struct server_log *log, const struct log_config *config, int64_t now_ns)
{
    if (!log->burst_count || now_ns - log->burst_ns >= config->burst_time) {
        log->burst_ns = now_ns;
        log->burst_count = 0;
    }
    return log->burst_count++ < config->burst;
}

static void make_room(struct log_shared *shared, struct server_log *log)
{
    if (log->own.count < shared->unshipped_max)
        return;
    record_ring_drop(&log->own, 1);
    log->flow.overwritten++;
    log->overwritten++;
    gathered_of(shared)->overwritten++;
}

static void saw_failure(struct failure_watch *watch, struct component *writer, struct component *server,
                        const struct request *request, enum outcome cause)
{
    struct log_shared *shared = (struct log_shared *)(void *)watch;
    struct server_log *log = shared->logs[writer->id];
    const struct frame *visit = &request->frames[request->top];
    struct error_record record = { .time_ns = writer->sim->now_ns,
                                   .number = visit->number,
                                   .server = server->id,
                                   .request_class = request->request_class,
                                   .cause = (uint8_t)cause };

    if (!log)
        return;
    if (!may_write(log, shared->group->config, record.time_ns)) {
        log->suppressed++;
        gathered_of(shared)->suppressed++;
        return;
    }
    make_room(shared, log);
    record_ring_push(&log->own, &writer->sim->memory, &record);
    log->flow.written++;
    log->written++;
    gathered_of(shared)->written++;
}

/* ---- gathering ---- */

static void count_error(struct log_errors *errors, uint8_t cause)
{
    errors->by_cause[OUTCOME_OK]++;
    errors->by_cause[cause]++;
}

static void gather(struct log_shared *shared, const struct error_record *record)
{
    const struct log_config *config = shared->group->config;
    struct server_log *about = shared->logs[record->server];

    if (shared->gathered.count == (uint64_t)config->keep)
        record_ring_drop(&shared->gathered, 1);
    record_ring_push(&shared->gathered, &shared->group->sim->memory, record);
    count_error(&gathered_of(shared)->errors, record->cause);
    if (about)
        count_error(&about->errors, record->cause);
}

static void arrive(struct log_shared *shared)
{
    for (uint32_t i = 0; i < shared->count; i++) {
        struct server_log *log = shared->logs[shared->servers[i]->id];

        for (uint64_t k = 0; k < log->on_the_way.count; k++)
            gather(shared, record_ring_at(&log->on_the_way, k));
        log->flow.gathered += log->on_the_way.count;
        record_ring_drop(&log->on_the_way, log->on_the_way.count);
    }
}

/* How many of its records, all that were written before its last death, a server has not shipped. */
static uint64_t count_dead(const struct log_shared *shared, const struct component *server,
                           const struct server_log *log)
{
    uint64_t dead = 0;

    if (component_is_down(server))
        return log->own.count;
    if (!server->outage || server->outage->down_ns < shared->shipped_ns)
        return 0;
    while (dead < log->own.count && record_ring_at(&log->own, dead)->time_ns <= server->outage->down_ns)
        dead++;
    return dead;
}

/* Nothing is on its way: what was shipped before has arrived. */
static bool ship(struct log_shared *shared)
{
    bool any = false;

    for (uint32_t i = 0; i < shared->count; i++) {
        struct component *server = shared->servers[i];
        struct server_log *log = shared->logs[server->id];
        uint64_t dead = count_dead(shared, server, log);
        struct record_ring empty = log->on_the_way;

        record_ring_drop(&log->own, dead);
        log->flow.lost += dead;
        log->lost += dead;
        gathered_of(shared)->lost += dead;
        log->on_the_way = log->own;
        log->own = empty;
        any = any || log->on_the_way.count;
    }
    shared->shipped_ns = shared->group->sim->now_ns;
    return any;
}

static void tick(struct component *self, struct request *ticker, enum log_tick what, int64_t time_ns)
{
    request_frame(ticker)->step = (uint16_t)what;
    sim_tick_at(self, ticker, time_ns);
}

static void log_start(struct component *self)
{
    const struct log_config *config = self->group->config;
    struct log_shared *shared = self->shared;

    shared->unshipped_max = (uint64_t)(config->space / config->record_size);
    shared->watch = (struct failure_watch){ self->sim->failure_watches, saw_failure };
    self->sim->failure_watches = &shared->watch;
    tick(self, sim_ticker(self), TICK_SHIP, self->sim->now_ns + config->interval);
}

/* One ticker does both: the way takes no longer than an interval. */
static void log_on_timer(struct component *self, struct request *ticker)
{
    const struct log_config *config = self->group->config;
    struct log_shared *shared = self->shared;

    if (request_frame(ticker)->step == TICK_ARRIVE)
        arrive(shared);
    if (self->sim->now_ns < shared->shipped_ns + config->interval) {
        tick(self, ticker, TICK_SHIP, shared->shipped_ns + config->interval);
    } else if (ship(shared) && config->delay > 0) {
        tick(self, ticker, TICK_ARRIVE, self->sim->now_ns + config->delay);
    } else {
        arrive(shared);
        tick(self, ticker, TICK_SHIP, self->sim->now_ns + config->interval);
    }
}

uint64_t log_count(const struct group *log, const struct component *server, enum outcome cause,
                   int64_t from_ns, int64_t until_ns)
{
    const struct log_shared *shared = log->shared;
    uint64_t count = 0;

    for (uint64_t i = 0; i < shared->gathered.count; i++) {
        const struct error_record *record = record_ring_at(&shared->gathered, i);

        count += record->time_ns >= from_ns && record->time_ns < until_ns &&
                 (!server || record->server == server->id) && (cause == OUTCOME_OK || record->cause == cause);
    }
    return count;
}

static bool server_log_conserves(const struct component *self, FILE *out)
{
    const struct server_log *log = component_state(self);
    const struct log_flow *flow = &log->flow;

    if (flow->written ==
        flow->gathered + flow->overwritten + flow->lost + log->own.count + log->on_the_way.count)
        return true;
    fprintf(out,
            "%s[%u]: %" PRIu64 " records written, %" PRIu64 " gathered, %" PRIu64 " overwritten, %" PRIu64
            " lost, %" PRIu64 " there\n",
            self->group->name, self->instance, flow->written, flow->gathered, flow->overwritten, flow->lost,
            log->own.count + log->on_the_way.count);
    return false;
}

/* ---- what is wrong ---- */

void logs_check(const struct log_config *config, struct param_problems *problems)
{
    if (config->delay > config->interval)
        param_problem(problems, "logs.delay", "ship less often", "is longer than the interval");
    if (config->record_size > config->space)
        param_problem(problems, "logs.space", NULL, "holds no record of record_size");
}

void logs_check_wired(const struct group *monitor, const struct log_config *config,
                      struct param_problems *problems)
{
    const struct log_source *from = config->from.items;
    const struct sim *sim = monitor->sim;
    char path[40];

    for (size_t i = 0; i < config->from.count; i++) {
        bool any = false;

        for (uint16_t k = 0; k < sim->group_count; k++)
            any = any || (is_part_of(sim->groups[k], from[i].component) && can_write(sim->groups[k]));
        snprintf(path, sizeof path, "logs.from[%zu]", i);
        if (!any)
            param_problem(problems, path, "name components that take requests",
                          "%.64s is no server and writes no log", from[i].component);
    }
}

const struct model_type gathered_log_model = {
    .component = {
        .name = "gathered_log",
        .shared_size = sizeof(struct log_shared),
        .state_size = sizeof(struct gathered_log),
        .start = log_start,
        .on_timer = log_on_timer,
        .metrics = gathered_metrics,
    },
    .summary = "error records of all servers in one place; made by monitor",
    .stands_for = "A store of logs that can be searched.",
    .leaves_out = "What it costs, and its own failures.",
    .misleads = "Where it cannot keep up with what is shipped.",
    .params = &log_params,
    .hidden = true,
};

const struct model_type server_log_model = {
    .component = {
        .name = "server_log",
        .state_size = sizeof(struct server_log),
        .metrics = server_metrics,
        .conserves = server_log_conserves,
    },
    .summary = "the error log of a server; made by monitor",
    .stands_for = "A file on the server's disk, and the agent that ships it.",
    .leaves_out = "What writing costs.",
    .misleads = "Where several servers share a disk.",
    .hidden = true,
};
