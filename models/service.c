/* service.c - the plainest tier: servers, a service time, a discipline. Queueing theory's own server.
 *
 * Represented: c servers, or c behind each instance; the law of the service time, for all or by request
 * class; FIFO, LIFO, priority or processor sharing; a bounded waiting line; instances by key, as shards are.
 * Versions that are deployed: their bugs and their speed; it has no memory to leak.
 * Left out: hosts, memory, what the service does. Randomness: one draw a visit, "service" of the component.
 * Cost: O(1) a request, O(log n) under processor sharing or with priorities.
 */
#include <stdlib.h>
#include <string.h>

#include "models/call_params.h"
#include "models/model.h"
#include "models/routing.h"
#include "models/version.h"
#include "sim/station.h"

struct service_class_config {
    const char *name;
    struct distribution_config service_time;
    int64_t priority;
};

struct service_config {
    int64_t servers;
    int64_t waiting;
    int discipline;
    struct distribution_config service_time;
    struct param_list classes;
    const char *then;
    struct call_config call;
    int64_t response_size;
    int instances; /* enum service_instances */
    double price;
};

/* What a request class gets here. */
struct service_class {
    struct duration service_time;
    uint8_t priority;
    bool has_priority;
    bool is_special; /* there is more to look at: priority, or versions that are deployed (version.h) */
};

struct service_shared {
    struct service_class standard;
    struct service_class *classes; /* by request class of the run; made at the first start() */
    struct link **next;            /* instances of the tier behind, NULL: none */
    struct group *next_group;
    struct versions *versions;     /* that are deployed here, NULL: none */
    bool ends_with_service;        /* nothing is to be done after it */
};

struct service {
    struct station station;
};

enum service_instances { INSTANCES_ALIKE, INSTANCES_BY_MODULO, INSTANCES_BY_HASH };

static const struct param_choice instance_choices[] = {
    { "alike", INSTANCES_ALIKE, "any of them serves any request" },
    { "by_modulo", INSTANCES_BY_MODULO, "shards: the row modulo their number" },
    { "by_hash", INSTANCES_BY_HASH, "shards: a hash of the row" },
    { NULL, 0, NULL },
};

static const struct param_choice disciplines[] = {
    { "fifo", STATION_FIFO, "first come, first served" },
    { "lifo", STATION_LIFO, "the latest to come is served next; nobody is interrupted" },
    { "priority", STATION_PRIORITY,
      "the lowest priority number first, first come first served within; nobody is interrupted" },
    { "processor_sharing", STATION_PROCESSOR_SHARING, "all at once, each at an equal share of the servers" },
    { NULL, 0, NULL },
};

static const struct param_row class_rows[] = {
    PARAM_DISTRIBUTION(struct service_class_config, service_time, .default_text = "\"0s\"",
                       .help = "Service time of this class; 0s: that of the service."),
    PARAM_COUNT(struct service_class_config, priority, .default_text = "0", .max = STATION_PRIORITIES - 1,
                .help = "Place in line under the discipline priority: 0 is served first."),
    PARAM_END
};

static const struct param_table class_params = { .rows = class_rows,
                                                 .size = sizeof(struct service_class_config),
                                                 .help = "what is different for one request class" };

static const struct param_row rows[] = {
    PARAM_COUNT(struct service_config, servers, .default_text = "1", .min = 1, .max = 1e6,
                .help = "Requests that one instance serves at the same time."),
    PARAM_DISTRIBUTION(struct service_config, service_time, .help = "How long a server works on a request."),
    PARAM_CHOICE(struct service_config, discipline, .default_text = "\"fifo\"", .choices = disciplines,
                 .help = "Who is served next."),
    PARAM_COUNT(struct service_config, waiting, .default_text = "10000", .word = "unlimited",
                .word_value = PARAM_WORD_MAX,
                .max = 1e9,
                .help = "Requests that may wait, those in service not counted; further ones are refused."),
    PARAM_MAP(struct service_config, classes, .default_text = "{}", .table = &class_params,
              .help = "Service time and priority of single request classes."),
    PARAM_REFERENCE(struct service_config, then, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_SERVER,
                    .help = "Called after the service, its server being free again: stations in series."),
    PARAM_CHOICE(struct service_config, instances, .default_text = "\"alike\"", .choices = instance_choices,
                 .help = "What tells instances apart, when there are several and no balancer in front of "
                         "them."),
    PARAM_BYTES(struct service_config, response_size, .default_text = "\"1KB\"", .max = 1e12,
                .help = "Size of an answer."),
    PARAM_MONEY_RATE(struct service_config, price, .default_text = "\"$0/h\"", .max = 1e9,
                     .help = "Bill of one instance, for a service that is bought."),
    PARAM_END
};

static const struct param_table params = { .rows = rows, .size = sizeof(struct service_config),
                                           .also = &call_params,
                                           .also_offset = offsetof(struct service_config, call) };

static void service_wire_group(struct group *group)
{
    const struct service_config *config = group->config;
    struct service_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);
    struct group *next = config->then ? sim_find_group(group->sim, config->then) : NULL;

    duration_init(&shared->standard.service_time, group, "service", &config->service_time);
    if (next) {
        shared->next = sim_link_all(group, next, &policy);
        shared->next_group = next;
    }
    shared->versions = versions_of(group);
    shared->ends_with_service = !next && !shared->versions;
    group->cost_per_hour += config->price * group->count;
}

static void service_wire(struct component *self)
{
    const struct service_config *config = self->group->config;
    struct service *service = component_state(self);
    uint32_t waiting_max = config->waiting > UINT32_MAX ? STATION_UNLIMITED : (uint32_t)config->waiting;

    station_init(&service->station, self,
                 &(struct station_config){ .name = "servers",
                                           .discipline = (enum station_discipline)config->discipline,
                                           .servers = (uint32_t)config->servers,
                                           .waiting_max = waiting_max });
}

static void class_init(struct service_class *class, struct group *group,
                       const struct service_class_config *config)
{
    class->priority = (uint8_t)config->priority;
    class->has_priority = class->is_special = true;
    if (config->service_time.law != DISTRIBUTION_CONSTANT ||
        config->service_time.mean > 0) /* the same draws, scaled */
        duration_init(&class->service_time, group, "service", &config->service_time);
}

/* The classes of the run are known only now. */
static void service_start(struct component *self)
{
    struct group *group = self->group;
    struct sim *sim = self->sim;
    const struct service_config *config = group->config;
    struct service_shared *shared = group->shared;
    const struct service_class_config *items = config->classes.items;

    shared->standard.is_special = shared->versions != NULL;
    if (self->instance > 0 || config->classes.count == 0)
        return;
    shared->classes = memory_alloc_array(&sim->memory, sim->class_count, sizeof *shared->classes);
    for (uint16_t i = 0; i < sim->class_count; i++) {
        shared->classes[i] = shared->standard;
        for (size_t k = 0; k < config->classes.count; k++)
            if (!strcmp(items[k].name, sim->classes[i]->name))
                class_init(&shared->classes[i], group, &items[k]);
    }
}

static void answer(struct component *self, struct request *request, enum outcome outcome)
{
    const struct service_config *config = self->group->config;

    request->bytes = (uint32_t)config->response_size;
    sim_reply(self, request, outcome);
}

/* What a version does before the service. Returns the time of that, ns; below 0: the request has failed. */
static int64_t service_of_version(struct component *self, const struct request *request, int64_t service_ns)
{
    const struct service_shared *shared = self->shared;

    version_enter(shared->versions, self, request, NULL);
    if (version_fails(shared->versions, self, request, DEFECT_AT_START))
        return -1;
    return version_work_ns(shared->versions, self, request, service_ns);
}

static void service_on_request(struct component *self, struct request *request)
{
    const struct service_shared *shared = self->shared;
    struct service *service = component_state(self);
    const struct service_class *class =
        shared->classes ? &shared->classes[request->request_class] : &shared->standard;
    int64_t service_ns = duration_sample(&class->service_time, request_frame(request)->number);

    if (class->is_special) {
        if (class->has_priority)
            request->priority = class->priority;
        if (shared->versions)
            service_ns = service_of_version(self, request, service_ns);
        if (service_ns < 0) {
            answer(self, request, OUTCOME_ERROR);
            return;
        }
    }
    if (!station_serve(&service->station, self, request, service_ns))
        sim_reply(self, request, OUTCOME_REFUSED);
}

static void service_on_timer(struct component *self, struct request *request)
{
    const struct service_shared *shared = self->shared;

    if (shared->ends_with_service) {
        answer(self, request, OUTCOME_OK);
        return;
    }
    if (shared->versions && version_fails(shared->versions, self, request, DEFECT_AT_END)) {
        answer(self, request, OUTCOME_ERROR);
        return;
    }
    if (!shared->next) {
        answer(self, request, OUTCOME_OK);
        return;
    }
    sim_call(self, request,
             shared->next[route_instance(shared->next_group, request, request_frame(request)->number)], 0);
}

static uint32_t service_instance_for(const struct group *group, const struct request *request)
{
    const struct service_config *config = group->config;

    switch (config->instances) {
    case INSTANCES_BY_MODULO:
        return members_at(group, (uint32_t)(request->key % members_count(group)));
    case INSTANCES_BY_HASH:
        return route_by_key(group, request);
    default:
        return members_at(group, (uint32_t)(rng_hash(request->frames[request->top].number, group->count) %
                                            members_count(group)));
    }
}

static void service_on_reply(struct component *self, struct request *request)
{
    answer(self, request, request->outcome);
}

static void service_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct service_config *config = group->config;
    const struct service_class_config *items = config->classes.items;

    for (size_t k = 0; k < config->classes.count; k++) {
        bool known = false;

        for (uint16_t i = 0; i < group->sim->class_count; i++)
            known = known || !strcmp(items[k].name, group->sim->classes[i]->name);
        if (!known) {
            char path[128];

            snprintf(path, sizeof path, "classes.%s", items[k].name);
            param_problem(problems, path, "name a request class of a clients component",
                          "no request class of that name");
        }
    }
}

const struct model_type service_model = {
    .component = {
        .name = "service",
        .shared_size = sizeof(struct service_shared),
        .state_size = sizeof(struct service),
        .wire_group = service_wire_group,
        .wire = service_wire,
        .start = service_start,
        .on_request = service_on_request,
        .on_reply = service_on_reply,
        .on_timer = service_on_timer,
        .instance_for = service_instance_for,
    },
    .summary = "a pool of servers with a service time and a waiting line",
    .stands_for = "Anything whose insides do not matter: c servers, a law of service times, a discipline, a "
                  "bound on the line. With it M/M/1, M/M/c, M/G/1, M/M/1/K and their kin are one scenario "
                  "each.",
    .leaves_out = "Hosts, CPU contention, memory, connections: use web_server or database where those "
                  "matter.",
    .misleads = "When the real service time depends on load (caches that turn cold, locks, garbage "
                "collection).",
    .params = &params,
    .roles = ROLE_SERVER | ROLE_STORE | ROLE_ELASTIC,
    .many = true,
    .crashes = true,
    .runs_versions = true,
    .check_wired = service_check_wired,
};
