#include "models/asked_data.h"

#include <string.h>

#include "models/clients_state.h"
#include "models/environment.h"
#include "models/handler.h"
#include "models/worker.h"

/* What is looked for. */
struct asked {
    const struct group *store;
    const char *data;  /* name of the data set */
    const char *class; /* data set of the requests that the handler serves; NULL: none */
};

static const char *data_of_class(const struct request_class *class)
{
    const struct clients_shared *shared = class->group->shared;
    uint16_t data = 0;

    if (class->group->type != &clients_model.component)
        return NULL;
    for (uint16_t i = 0; i < shared->requests.count; i++)
        if (class->group->sim->classes[shared->requests.classes[i].index] == class)
            data = shared->requests.classes[i].data;
    return data ? environment_of(class->group->sim)->data_sets[data - 1].name : NULL;
}

static bool reaches_store(const struct asked *asked, const char *target)
{
    const struct group *group = target ? sim_find_group(asked->store->sim, target) : NULL;

    return group && (group == asked->store || sim_reaches(asked->store->sim, group, asked->store));
}

static bool is_wanted(const struct asked *asked, const char *data)
{
    return data && !strcmp(data, asked->data);
}

/* data: what the row around the steps is of. */
static bool steps_ask(const struct asked *asked, const struct param_list *list, const char *data);

static bool step_asks(const struct asked *asked, const struct step_config *step, const char *data)
{
    const char *const targets[] = { step->read, step->write, step->insert, step->delete, step->apply,
                                    step->join, step->get,   step->put,    step->drop };
    const struct arm_config *arms = step->choose.items;
    const char *own = step->data ? step->data : data;

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if ((is_wanted(asked, own) || is_wanted(asked, step->of)) && reaches_store(asked, targets[i]))
            return true;
    for (size_t i = 0; i < step->choose.count; i++)
        if (steps_ask(asked, &arms[i].steps, data))
            return true;
    return steps_ask(asked, &step->on_miss, own) || steps_ask(asked, &step->on_error, own) ||
           steps_ask(asked, &step->parallel, data) || steps_ask(asked, &step->sequence, data) ||
           steps_ask(asked, &step->steps, data);
}

static bool steps_ask(const struct asked *asked, const struct param_list *list, const char *data)
{
    const struct step_config *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (step_asks(asked, &steps[i], data))
            return true;
    return false;
}

static bool has_handler(const struct param_list *handlers, const char *class)
{
    const struct handler_config *items = handlers->items;

    for (size_t i = 0; i < handlers->count; i++)
        if (!strcmp(items[i].name, class))
            return true;
    return false;
}

static bool serves(const struct group *group, const struct param_list *handlers,
                   const struct handler_config *handler, const struct request_class *class)
{
    if (!sim_reaches(group->sim, class->group, group) && group->type != &worker_model.component)
        return false; /* workers are not called */
    return !strcmp(handler->name, class->name) ||
           (!strcmp(handler->name, "default") && !has_handler(handlers, class->name));
}

static bool handlers_ask(struct asked *asked, const struct group *group, const struct param_list *handlers)
{
    const struct handler_config *items = handlers->items;
    const struct sim *sim = group->sim;

    for (size_t i = 0; i < handlers->count; i++)
        for (uint16_t k = 0; k < sim->class_count; k++)
            if (serves(group, handlers, &items[i], sim->classes[k]) &&
                steps_ask(asked, &items[i].steps, data_of_class(sim->classes[k])))
                return true;
    return false;
}

bool data_is_asked_of(const struct group *store, uint16_t data)
{
    const struct sim *sim = store->sim;
    struct asked asked = { .store = store, .data = environment_of(sim)->data_sets[data - 1].name };

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];
        const struct handler_shared *shared = group->shared;

        if (group->type->on_reply == handler_reply && handlers_ask(&asked, group, shared->handlers))
            return true;
    }
    return false;
}

/* Of the fullest part, in bytes. */
static double fullest_part(const struct group *store, uint32_t parts, share_of_part *share,
                           const void *context, uint32_t *fullest)
{
    const struct environment *environment = environment_of(store->sim);
    double *bytes = memory_alloc_array(&store->sim->memory, parts, sizeof *bytes), most;

    for (uint16_t data = 1; data <= environment->data_set_count; data++) {
        const struct data_set_config *config = &environment->data_sets[data - 1];

        if (!data_is_asked_of(store, data))
            continue;
        for (uint32_t i = 0; i < parts; i++)
            bytes[i] +=
                (share ? share(context, i, data) : 1) * (double)config->rows * (double)config->row_size;
    }
    *fullest = 0;
    for (uint32_t i = 0; i < parts; i++)
        if (bytes[i] > bytes[*fullest])
            *fullest = i;
    most = bytes[*fullest];
    memory_free(&store->sim->memory, bytes);
    return most;
}

void storage_check(const struct group *store, int64_t storage, uint32_t parts, share_of_part *share,
                   const void *context, struct param_problems *problems)
{
    uint32_t fullest;
    double most;

    if (!storage)
        return;
    most = fullest_part(store, parts, share, context, &fullest);
    if (most <= (double)storage)
        return;
    if (parts > 1)
        param_problem(problems, "storage",
                      "make it larger, add shards, or spread the rows by another shard key",
                      "%.4g MB of rows come to shard %u, which has room for %.4g MB", most / 1e6, fullest,
                      (double)storage / 1e6);
    else
        param_problem(problems, "storage", "make it larger, or spread the rows over shards",
                      "there are %.4g MB of rows at the start, and room for %.4g MB", most / 1e6,
                      (double)storage / 1e6);
}
