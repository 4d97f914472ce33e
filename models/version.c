/* version.c - versions of the software, their defects, and rows in a new form; see version.h. */
#include "models/version.h"

#include <stdio.h>
#include <string.h>

#include "models/deploy.h"
#include "sim/fault.h"

#define BIT(verb) (UINT64_C(1) << (verb))

/* clang-format off */
static const struct param_row class_rows[] = {
    PARAM_TEXT(struct defect_class, name, .help = "A request class."),
    PARAM_END
};

static const struct param_table class_params = { .rows = class_rows, .size = sizeof(struct defect_class),
                                                 .help = "a request class that a defect concerns" };

static const struct param_choice moments[] = {
    { "start", DEFECT_AT_START, "before anything is done for the request: the server is quick to fail" },
    { "end", DEFECT_AT_END, "when all is done, and what was written stays written" },
    { NULL, 0, NULL },
};

static const struct param_row defect_rows[] = {
    PARAM_FRACTION(struct defect_config, fails, .verb = DEFECT_FAILS, .max = 1,
                   .help = "Share of the requests that the bug strikes: they end with an error. Which ones "
                           "does not depend on the server, nor on the attempt."),
    PARAM_REAL(struct defect_config, compute, .verb = DEFECT_COMPUTE, .min = 0.01, .max = 1000,
               .help = "Factor on the time that computing takes: 1.3 is a version that needs 30 % more."),
    PARAM_BYTES(struct defect_config, leak, .verb = DEFECT_LEAK, .min = 1, .max = 1e12,
                .help = "Memory that each request takes and nobody gives back until the program starts "
                        "anew. When the host has none left, requests fail."),
    PARAM_BOOL(struct defect_config, incompatible, .verb = DEFECT_INCOMPATIBLE,
               .help = "Rows and messages that the version writes are of a form that those before it "
                       "cannot read: a request that does fails there, also after a rollback."),
    PARAM_CHOICE(struct defect_config, moment, .default_text = "\"end\"", .choices = moments,
                 .verbs = BIT(DEFECT_FAILS), .help = "When a request that the bug strikes fails."),
    PARAM_LIST(struct defect_config, classes, .default_text = "[]", .max = 1000, .table = &class_params,
               .verbs = BIT(DEFECT_FAILS) | BIT(DEFECT_COMPUTE) | BIT(DEFECT_LEAK),
               .help = "Request classes that it concerns; an empty list: all."),
    PARAM_FRACTION(struct defect_config, chance, .default_text = "\"100%\"", .max = 1,
                   .help = "Probability that a release of the version has it, each time anew."),
    PARAM_FRACTION(struct defect_config, caught, .default_text = "\"as_tests\"", .word = "as_tests",
                   .word_value = DEFECT_AS_TESTS, .max = 1,
                   .help = "Probability that the tests catch it; as_tests: their `catches`."),
    PARAM_END
};

static const struct param_table defect_params = {
    .rows = defect_rows, .size = sizeof(struct defect_config), .has_verbs = true,
    .verb_offset = offsetof(struct defect_config, verb),
    .help = "one thing that is wrong with a version"
};

static const struct param_row version_rows[] = {
    PARAM_DURATION(struct version_config, at, .default_text = "\"0s\"", .max = 1e18,
                   .help = "When it is ready, counted from the start of the measured time. It waits until "
                           "the deployment before it is over."),
    PARAM_COUNT(struct version_config, times, .default_text = "1", .min = 1, .max = 1e6,
                .help = "How many releases of this kind there are, one after the other."),
    PARAM_DURATION(struct version_config, every, .default_text = "\"1h\"", .min = 1e6, .max = 1e18,
                   .help = "Time from one release of it to the next."),
    PARAM_LIST(struct version_config, defects, .default_text = "[]", .max = VERSION_DEFECTS_MAX,
               .table = &defect_params, .help = "What is wrong with it; an empty list: nothing."),
    PARAM_END
};
/* clang-format on */

const struct param_table version_params = { .rows = version_rows,
                                            .size = sizeof(struct version_config),
                                            .help = "a version that is deployed" };

/* ---- versions ---- */

static const struct defect_config *defects_of(const struct version *version)
{
    return version->config->defects.items;
}

void version_init(struct version *version, struct group *deploy, const struct version_config *config)
{
    struct sim *sim = deploy->sim;

    version->config = config;
    version->defects = memory_alloc_array(&sim->memory, config->defects.count, sizeof *version->defects);
    for (size_t i = 0; i < config->defects.count; i++) {
        char purpose[128];

        snprintf(purpose, sizeof purpose, "%s.defect.%zu", config->name, i);
        version->defects[i].config = &defects_of(version)[i];
        version->defects[i].draw_key = rng_key(sim->seed, deploy->name, purpose);
    }
}

static bool names(const struct param_list *classes, const char *name)
{
    const struct defect_class *items = classes->items;

    for (size_t i = 0; i < classes->count; i++)
        if (!strcmp(items[i].name, name))
            return true;
    return classes->count == 0;
}

void version_find_classes(struct version *version, struct sim *sim)
{
    for (size_t i = 0; i < version->config->defects.count; i++) {
        struct defect *defect = &version->defects[i];

        defect->concerns = memory_alloc_array(&sim->memory, sim->class_count, sizeof *defect->concerns);
        for (uint16_t class = 0; class < sim->class_count; class++)
            defect->concerns[class] = names(&defect->config->classes, sim->classes[class]->name);
    }
}

struct versions *versions_of(struct group *group)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->type == &deploy_model.component) {
            struct versions *versions = deploy_versions(sim->groups[i], group);

            if (versions)
                return versions;
        }
    return NULL;
}

/* ---- what an instance runs ---- */

static void free_leaked(struct running *running, const struct component *self, int64_t since_ns)
{
    if (running->leaked)
        host_use_memory(running->host, self->sim, -running->leaked);
    running->leaked = 0;
    running->started_ns = since_ns;
}

void version_start(struct versions *versions, const struct component *self, const struct release *release)
{
    struct running *running = &versions->running[self->instance];

    free_leaked(running, self, self->sim->now_ns);
    running->release = *release;
}

static const struct defect *defect_at(const struct running *running, unsigned index)
{
    return &running->release.version->defects[index];
}

static bool concerns(const struct defect *defect, enum defect_verb verb, const struct request *request)
{
    return defect->config->verb == (int)verb && defect->concerns[request->request_class];
}

static void strike(struct versions *versions, const struct component *self, const struct request *request)
{
    versions->counts->failed++;
    versions->counts->users += !row_table_look(versions->struck, request->user).state;
    row_table_set(versions->struck, &self->sim->memory, request->user, (struct row_entry){ .state = 1 });
}

static bool leak(struct running *running, const struct component *self, const struct defect *defect,
                 struct host *host)
{
    const struct outage *outage = self->outage;

    if (outage && outage->down_ns > running->started_ns) /* a crash has taken what had leaked */
        free_leaked(running, self, outage->down_ns);
    if (!host_use_memory(host, self->sim, defect->config->leak))
        return false;
    running->host = host;
    running->leaked += defect->config->leak;
    return true;
}

bool version_enter(struct versions *versions, const struct component *self, const struct request *request,
                   struct host *host)
{
    struct running *running = &versions->running[self->instance];

    if (running->release.number == versions->latest && versions->latest)
        versions->counts->requests++;
    for (uint64_t left = running->release.defects; left && host; left &= left - 1) {
        const struct defect *defect = defect_at(running, (unsigned)__builtin_ctzll(left));

        if (concerns(defect, DEFECT_LEAK, request) && !leak(running, self, defect, host)) {
            strike(versions, self, request);
            return false;
        }
    }
    return true;
}

bool version_fails(struct versions *versions, const struct component *self, const struct request *request,
                   enum defect_moment moment)
{
    const struct running *running = &versions->running[self->instance];

    for (uint64_t left = running->release.defects; left; left &= left - 1) {
        const struct defect *defect = defect_at(running, (unsigned)__builtin_ctzll(left));
        struct rng rng;

        if (!concerns(defect, DEFECT_FAILS, request) || defect->config->moment != (int)moment)
            continue;
        rng = rng_for_request(defect->draw_key, request->frames[0].number);
        if (rng_uniform(&rng) < defect->config->fails) {
            strike(versions, self, request);
            return true;
        }
    }
    return false;
}

int64_t version_work_ns(struct versions *versions, const struct component *self,
                        const struct request *request, int64_t work_ns)
{
    const struct running *running = &versions->running[self->instance];
    double factor = 1;

    for (uint64_t left = running->release.defects; left; left &= left - 1) {
        const struct defect *defect = defect_at(running, (unsigned)__builtin_ctzll(left));

        if (concerns(defect, DEFECT_COMPUTE, request))
            factor *= defect->config->compute;
    }
    if (factor == 1)
        return work_ns;
    versions->counts->slowed++;
    return sim_time_from_ns((double)work_ns * factor);
}

/* ---- rows and messages ---- */

/* No number of a data set is that large. */
#define MESSAGES 0x8000

static uint64_t message_id(const struct request *message)
{
    return row_id((uint16_t)(message->data | MESSAGES), message->data ? message->key : message->user);
}

static void write_form(struct versions *versions, const struct component *self, uint64_t id, uint32_t version)
{
    uint16_t form = versions->running[self->instance].release.form;

    if (row_table_look(versions->forms, id).state != form)
        row_table_set(versions->forms, &self->sim->memory, id, (struct row_entry){ version, form });
}

/* version: of what is read; 0: there is but one. */
static bool read_form(struct versions *versions, const struct component *self, uint64_t id, uint32_t version)
{
    struct row_entry entry = row_table_look(versions->forms, id);

    if (entry.state <= versions->running[self->instance].release.form || (version && version < entry.version))
        return true;
    versions->counts->unreadable++;
    return false;
}

void version_wrote(struct versions *versions, const struct component *self, const struct request *reply)
{
    write_form(versions, self, row_id(reply->data, reply->key), reply->version);
}

bool version_reads(struct versions *versions, const struct component *self, const struct request *reply)
{
    return read_form(versions, self, row_id(reply->data, reply->key), reply->version);
}

void version_published(struct versions *versions, const struct component *self, const struct request *message)
{
    write_form(versions, self, message_id(message), 0);
}

bool version_takes(struct versions *versions, const struct component *self, const struct request *message)
{
    return read_form(versions, self, message_id(message), 0);
}
