/* worker.c - consumers of a queue: they take messages and carry each through the steps of its handler.
 *
 * Represented: a pool of workers on a machine, as a web server's; messages that have been fetched and
 * wait for a worker (prefetch); the acknowledgement after the work, which may be lost on its way. A crash
 * gives back what was not acknowledged. Left out: what a web server leaves out; workers that fetch in
 * batches. Randomness: see handler.h. Errors: a handler that fails tells the queue, which hands the
 * message out again. Cost: as a web server's.
 */
#include "models/worker.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/queue.h"
#include "sim/station.h"

struct worker {
    struct handler_runner runner; /* first */
    struct station workers;
};

struct worker_shared {
    struct handler_shared handlers; /* first */
    struct group *queue;
    bool too_little_memory;
};

static const struct param_row rows[] = {
    PARAM_REFERENCE(struct worker_config, queue, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_QUEUE,
                    .help = "Where the messages come from."),
    PARAM_TEXT(struct worker_config, subscription, .default_text = "\"default\"",
               .help =
                   "Workers that name the same one share its messages; each other one gets every message too "
                   "(publish and subscribe)."),
    PARAM_REFERENCE(
        struct worker_config, host, .default_text = "\"medium\"", .refers_to = PARAM_REFERS_HOST,
        .help =
            "Machine that it runs on: a size gives each instance its own, a host of the scenario is shared."),
    PARAM_COUNT(struct worker_config, workers, .default_text = "8", .min = 1, .max = 20000,
                .help = "Messages that one instance works on at once."),
    PARAM_COUNT(struct worker_config, prefetch, .default_text = "\"workers\"", .word = "workers",
                .word_value = 0, .min = 1, .max = 20000,
                .help = "Messages that an instance may have without having acknowledged them; those beyond "
                        "its workers wait "
                        "there, out of the reach of other instances, and their visibility timeout runs."),
    PARAM_BYTES(struct worker_config, memory_per_worker, .default_text = "\"8MB\"", .max = 1e12,
                .help = "What a worker occupies of the host's memory, busy or not; they all have to fit."),
    PARAM_FRACTION(struct worker_config, acknowledgements_lost, .default_text = "\"0%\"", .max = 1,
                   .help = "Share of acknowledgements that never reach the queue, the work being done: "
                           "processes that are killed "
                           "in between, connections that break. The message comes again when its visibility "
                           "timeout is over."),
    PARAM_MAP(
        struct worker_config, handlers, .table = &handler_params, .min = 1, .max = 4096,
        .help =
            "What is done for a message of each request class: lists of steps by the name of the class, or "
            "\"default\" for all others."),
    PARAM_END
};

static const struct param_table params = PARAM_TABLE(struct worker_config, rows);

/* ---- what no row can say ---- */

static bool is_good_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > 64 || !(isalpha((unsigned char)*name) || *name == '_'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    return true;
}

static void worker_check(const void *configuration, struct param_problems *problems)
{
    const struct worker_config *config = configuration;

    if (!is_good_name(config->subscription))
        param_problem(problems, "subscription", "letters, digits, _ and -, not a digit first, up to 64",
                      "this is no name for a subscription");
    else if (!strcmp(config->subscription, "broker"))
        param_problem(problems, "subscription", "take another one",
                      "the machines of the queue have this name");
    if (config->prefetch && config->prefetch < config->workers)
        param_problem(problems, "prefetch", "fetch at least as many messages as there are workers",
                      "%lld workers can never be at work when only %lld messages are fetched",
                      (long long)config->workers, (long long)config->prefetch);
    handlers_check(&config->handlers, NULL, problems);
}

static bool has_handler(const struct param_list *handlers, const char *class)
{
    const struct handler_config *items = handlers->items;

    for (size_t i = 0; i < handlers->count; i++)
        if (!strcmp(items[i].name, class) || !strcmp(items[i].name, "default"))
            return true;
    return false;
}

static void worker_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct worker_config *config = group->config;
    const struct worker_shared *shared = group->shared;

    handlers_check_wired(group, &config->handlers, problems);
    for (uint16_t i = 0; i < group->sim->class_count; i++) {
        const struct request_class *class = group->sim->classes[i];

        if (!has_handler(&config->handlers, class->name) && queue_gets_class(shared->queue, class))
            param_problem(
                problems, "handlers", "add a handler of that name, or one named \"default\"",
                "messages of class \"%s\" are published to %s and there is no handler for them here",
                class->name, shared->queue->name);
    }
    if (shared->too_little_memory)
        param_problem(problems, "workers", "take fewer workers, a smaller memory_per_worker or a larger host",
                      "%lld workers of %.3g MB each do not fit into the memory of \"%s\"",
                      (long long)config->workers, (double)config->memory_per_worker * 1e-6, config->host);
}

/* ---- wiring ---- */

/* The work is done, or has failed: back goes the worker, then the acknowledgement. */
static void worker_end(struct component *self, struct request *request, enum outcome outcome, uint32_t bytes)
{
    struct worker *worker = component_state(self);

    (void)bytes;
    request->bytes = QUEUE_ANSWER_BYTES;
    station_release(&worker->workers, self);
    sim_reply(self, request, outcome);
}

static void worker_wire_group(struct group *group)
{
    const struct worker_config *config = group->config;
    struct worker_shared *shared = group->shared;

    shared->queue = sim_find_group(group->sim, config->queue);
    shared->handlers.end = worker_end;
    handlers_compile(&shared->handlers, group, &config->handlers);
    queue_add_reader(shared->queue, group, config->subscription);
}

static void worker_wire(struct component *self)
{
    const struct worker_config *config = self->group->config;
    struct worker_shared *shared = self->shared;
    struct worker *worker = component_state(self);

    station_init(&worker->workers, self,
                 &(struct station_config){ .name = "workers",
                                           .servers = (uint32_t)config->workers,
                                           .waiting_max =
                                               STATION_UNLIMITED }); /* a full pool is why the queue grows */
    worker->runner.host = host_of(self, config->host);
    if (!host_use_memory(worker->runner.host, self->sim, config->workers * config->memory_per_worker))
        shared->too_little_memory = true;
}

/* At the start, and when it is back. */
static void worker_join(struct component *self)
{
    const struct worker_shared *shared = self->shared;

    queue_join(shared->queue, self);
}

/* One that leaves fetches no more; one that comes has joined by itself, one that stays goes on. */
static void worker_on_member(struct group *group, const struct component *member, bool is_member)
{
    const struct worker_shared *shared = group->shared;

    if (member->group != group)
        return;
    if (is_member)
        queue_stay(shared->queue, member);
    else
        queue_leave(shared->queue, member);
}

static void worker_on_request(struct component *self, struct request *request)
{
    struct worker_shared *shared = self->shared;
    struct worker *worker = component_state(self);
    uint16_t entry = handler_entry(&shared->handlers, self->group, request);

    if (__builtin_expect(!entry, 0)) {
        sim_reply(self, request, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step = entry;
    if (station_acquire(&worker->workers, self, request) == STATION_HELD)
        handler_run(self, request);
}

static struct activity worker_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "wait", false }; /* the step of that name */
}

const struct model_type worker_model = {
    .component = {
        .name = "worker",
        .shared_size = sizeof(struct worker_shared),
        .state_size = sizeof(struct worker),
        .wire_group = worker_wire_group,
        .wire = worker_wire,
        .start = worker_join,
        .on_request = worker_on_request,
        .on_reply = handler_reply,
        .on_timer = handler_run,
        .on_restart = worker_join,
        .on_member = worker_on_member,
        .activity = worker_activity,
    },
    .summary = "consumers of a queue, which do its work one message at a time each",
    .stands_for = "Background workers, such as Sidekiq, Celery or a group of Kafka consumers: each "
                  "instance fetches messages, carries them through the steps of a handler and "
                  "acknowledges them when the work is done. There are as many as the work needs, whatever "
                  "the number of producers.",
    .leaves_out = "Batches; several queues for one pool; answers to whoever published: publish them to "
                  "another queue. An answer's size is not looked at.",
    .misleads = "When work that is done twice does harm: the model counts duplicates, it does not know "
                "what they break.",
    .params = &params,
    .roles = ROLE_CONSUMER | ROLE_ELASTIC,
    .many = true,
    .crashes = true,
    .runs_versions = true,
    .check = worker_check,
    .check_wired = worker_check_wired,
};
