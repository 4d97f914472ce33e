/* web_server.c - workers that each carry one request through the steps of its handler, on a host.
 *
 * Represented: a worker is held from a request's first step to its answer, also while it waits for a
 * cache or a database; the CPU is shared by all who compute at the moment; a request that finds no worker
 * waits in the accept queue, which is bounded; each worker occupies memory of the host. Full workers
 * beside an idle CPU are possible, and common. What handlers can do: handler.h.
 * Sessions: web_sessions.h.
 * Left out: what a worker costs to start; keep-alive of idle users.
 * Randomness: see handler.h. Errors: a full accept queue refuses; a class without handler is answered
 * with an error.
 * Cost: O(1) a step and O(log n) a computation with n on the CPU. The frame's step is the program's, its
 * note the iteration.
 */
#include "models/web_server.h"

#include <stdio.h>

#include "sim/station.h"

#define REFUSAL_BYTES 500 /* an error page */

struct web_server {
    struct handler_runner runner; /* first */
    struct station workers;
    struct session_counts sessions;
};

struct web_server_shared {
    struct handler_shared handlers; /* first */
    struct web_sessions sessions;
    bool too_little_memory;         /* of the host, for the workers */
};

#define SESSIONS(member) offsetof(struct web_server, sessions.member)

/* clang-format off */
static const struct metric_row metrics[] = {
    { "logins", "1", METRIC_COUNTER, SESSIONS(logins), 0,
      "Times that a user has logged in: those who came new, whose session had expired, or who had lost it." },
    { "logins.again", "1", METRIC_COUNTER, SESSIONS(again), 0,
      "Requests of users who were logged in and whose session was not there: it died with a server, made "
      "room for others, is in another server's memory, or the store has lost it. They had to log in again." },
    { "sessions.found", "1", METRIC_COUNTER, SESSIONS(found), 0,
      "Requests whose user's session was there." },
    { "sessions.expired", "1", METRIC_COUNTER, SESSIONS(expired), 0,
      "Sessions that were not used for too long; counted when a later request comes." },
    { "sessions.held", "1", METRIC_LEVEL, SESSIONS(held), 0,
      "Sessions in this server's memory, also those whose users have logged in elsewhere and that have not "
      "expired." },
    { "sessions.lost", "1", METRIC_COUNTER, SESSIONS(lost), 0,
      "Sessions that were in this server's memory when it crashed." },
    { "sessions.evicted", "1", METRIC_COUNTER, SESSIONS(evicted), 0,
      "Sessions that this server forgot, or could not keep, because its host's memory was full." },
    { .name = NULL },
};
/* clang-format on */

static bool web_server_emits(const struct group *group, const struct metric_row *metric)
{
    const struct web_server_config *config = group->config;
    bool of_memory = metric->offset == SESSIONS(held) || metric->offset == SESSIONS(lost) ||
                     metric->offset == SESSIONS(evicted);

    return config->sessions && (!of_memory || !config->sessions->store);
}

static const struct param_choice orders[] = {
    { "fifo", STATION_FIFO, "first come, first served" },
    { "lifo", STATION_LIFO,
      "the latest to come is next: under overload some are served in time instead of none" },
    { "priority", STATION_PRIORITY,
      "the class with the lowest priority number first, first come first served within" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_REFERENCE(
        struct web_server_config, host, .default_text = "\"medium\"", .refers_to = PARAM_REFERS_HOST,
        .help =
            "Machine that it runs on: a size gives each instance its own, a host of the scenario is shared."),
    PARAM_COUNT(
        struct web_server_config, workers, .default_text = "64", .min = 1, .max = 1e6,
        .help =
            "Requests that one instance works on at once; each holds its worker while it waits for others."),
    PARAM_COUNT(struct web_server_config, accept_queue, .default_text = "1024", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .max = 1e9,
                .help = "Requests that may wait for a worker; further ones are refused."),
    PARAM_CHOICE(struct web_server_config, order, .default_text = "\"fifo\"", .choices = orders,
                 .help = "Who of those that wait gets the next free worker."),
    PARAM_BYTES(struct web_server_config, memory_per_worker, .default_text = "\"8MB\"", .max = 1e12,
                .help = "What a worker occupies of the host's memory, busy or not; they all have to fit."),
    PARAM_BYTES(struct web_server_config, response_size, .default_text = "\"10KB\"", .min = 1, .max = 4e9,
                .help = "Bytes of an answer, unless the handler responds with another size."),
    PARAM_MAP(struct web_server_config, handlers, .table = &handler_params, .min = 1, .max = 4096,
              .help = "What is done for each request class: lists of steps by the name of the class, or "
                      "\"default\" for all others."),
    PARAM_OPTIONAL(
        struct web_server_config, sessions, struct web_sessions_config, .default_text = "\"none\"",
        .word = "none", .table = &web_sessions_params,
        .help = "What it keeps about users between their requests, for handlers with session steps; none: "
                "every request stands for itself."),
    PARAM_END
};

static const struct param_table params = PARAM_TABLE(struct web_server_config, rows);

static void web_server_check(const void *config, struct param_problems *problems)
{
    const struct web_server_config *web = config;

    handlers_check(&web->handlers, web->sessions, problems);
}

static void web_server_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct web_server_config *config = group->config;
    const struct web_server_shared *shared = group->shared;

    handlers_check_wired(group, &config->handlers, problems);
    web_sessions_check_wired(group, config->sessions, problems);
    if (shared->too_little_memory)
        param_problem(problems, "workers", "take fewer workers, a smaller memory_per_worker or a larger host",
                      "%lld workers of %.3g MB each do not fit into the memory of \"%s\"",
                      (long long)config->workers, (double)config->memory_per_worker * 1e-6, config->host);
}

/* The handler is done: back goes the worker, then the answer. */
static void web_server_end(struct component *self, struct request *request, enum outcome outcome,
                           uint32_t bytes)
{
    const struct web_server_config *config = self->group->config;
    struct web_server *web = component_state(self);

    request->bytes = outcome != OUTCOME_OK ? REFUSAL_BYTES : bytes ? bytes : (uint32_t)config->response_size;
    station_release(&web->workers, self);
    sim_reply(self, request, outcome);
}

static void web_server_wire_group(struct group *group)
{
    const struct web_server_config *config = group->config;
    struct web_server_shared *shared = group->shared;

    shared->handlers.end = web_server_end;
    if (config->sessions) {
        web_sessions_init(&shared->sessions, group, config->sessions, offsetof(struct web_server, sessions));
        shared->handlers.sessions = &shared->sessions;
    }
    handlers_compile(&shared->handlers, group, &config->handlers);
}

static void web_server_wire(struct component *self)
{
    const struct web_server_config *config = self->group->config;
    struct web_server_shared *shared = self->shared;
    struct web_server *web = component_state(self);
    int64_t memory;

    station_init(&web->workers, self,
                 &(struct station_config){ .name = "workers",
                                           .discipline = (enum station_discipline)config->order,
                                           .servers = (uint32_t)config->workers,
                                           .waiting_max = config->accept_queue >= UINT32_MAX
                                                              ? STATION_UNLIMITED
                                                              : (uint32_t)config->accept_queue,
                                           .held = true });
    web->runner.host = host_of(self, config->host);
    memory = config->workers * config->memory_per_worker; /* at most 10^18 by the rows */
    if (!host_use_memory(web->runner.host, self->sim, memory))
        shared->too_little_memory = true;
}

static void refuse(struct component *self, struct request *request, enum outcome outcome)
{
    request->bytes = REFUSAL_BYTES;
    sim_reply(self, request, outcome);
}

static void web_server_on_request(struct component *self, struct request *request)
{
    struct web_server_shared *shared = self->shared;
    struct web_server *web = component_state(self);
    uint16_t entry = handler_entry(&shared->handlers, self->group, request);

    if (__builtin_expect(!entry, 0)) {
        refuse(self, request, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step = entry;
    switch (station_acquire(&web->workers, self, request)) {
    case STATION_HELD:
        handler_run(self, request);
        break;
    case STATION_WAITING: /* comes back in handler_run, with a worker */
        break;
    case STATION_REFUSED:
        refuse(self, request, OUTCOME_REFUSED);
    }
}

/* Its workers are the kernel's business. */
static void web_server_on_crash(struct component *self)
{
    struct web_server_shared *shared = self->shared;

    if (shared->handlers.sessions)
        web_sessions_crash(&shared->sessions, self);
}

static struct activity web_server_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "wait", false }; /* the step of that name */
}

const struct model_type web_server_model = {
    .component = {
        .name = "web_server",
        .shared_size = sizeof(struct web_server_shared),
        .state_size = sizeof(struct web_server),
        .wire_group = web_server_wire_group,
        .wire = web_server_wire,
        .on_request = web_server_on_request,
        .on_reply = handler_reply,
        .on_timer = handler_run,
        .on_crash = web_server_on_crash,
        .activity = web_server_activity,
        .metrics = metrics,
        .emits = web_server_emits,
    },
    .summary = "workers that carry requests through named steps, on a machine",
    .stands_for = "An application server: a pool of threads or processes, a bounded accept queue, one CPU "
                  "that all share. A request holds its worker from the first step to the answer, also while "
                  "it waits for a cache or database. Sessions lie in its memory, or in a store that all "
                  "servers share; a user whose session is not there logs in again.",
    .leaves_out = "Joins; sessions that servers copy to one another or write to disk, or that another data "
                  "center has: whoever comes from there logs in as a new user; garbage collection; event "
                  "loops that hold no worker while they wait.",
    .misleads = "For event-driven servers, unless workers is raised to the requests they keep open at once.",
    .params = &params,
    .roles = ROLE_SERVER | ROLE_ELASTIC,
    .many = true,
    .crashes = true,
    .runs_versions = true,
    .check = web_server_check,
    .check_wired = web_server_check_wired,
};
