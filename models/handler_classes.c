/* handler_classes.c - which handler serves which request class; see handler.h.
 *
 * The classes of a run are known only when every source has been wired, so this happens at the first
 * request, and in check_wired before it. Cost: O(classes x handlers), once.
 */
#include <stdio.h>
#include <string.h>

#include "models/handler.h"

/* Index of the handler of that name, or the count of handlers. */
static size_t find_handler(const struct param_list *handlers, const char *name)
{
    const struct handler_config *items = handlers->items;
    size_t i = 0;

    while (i < handlers->count && strcmp(items[i].name, name) != 0)
        i++;
    return i;
}

void handlers_find_classes(struct handler_shared *shared, const struct group *group)
{
    struct sim *sim = group->sim;
    size_t fallback = find_handler(shared->handlers, "default");

    shared->entry_of_class =
        memory_alloc_array(&sim->memory, sim->class_count, sizeof *shared->entry_of_class);
    for (uint16_t i = 0; i < sim->class_count; i++) {
        size_t handler = find_handler(shared->handlers, sim->classes[i]->name);

        if (handler == shared->handlers->count)
            handler = fallback;
        if (handler < shared->handlers->count)
            shared->entry_of_class[i] = shared->entries[handler];
    }
}

static bool is_class(const struct sim *sim, const char *name)
{
    for (uint16_t i = 0; i < sim->class_count; i++)
        if (!strcmp(sim->classes[i]->name, name))
            return true;
    return false;
}

/* The names of the run's classes, for an error. */
static void name_classes(const struct sim *sim, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "the classes are");

    for (uint16_t i = 0; i < sim->class_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s \"%s\"", i ? "," : "", sim->classes[i]->name);
}

/* Handlers that nobody's requests are named like. */
static void check_names(const struct group *group, const struct param_list *handlers,
                        struct param_problems *problems)
{
    const struct handler_config *items = handlers->items;

    for (size_t i = 0; i < handlers->count; i++) {
        char path[128], help[512];

        if (!strcmp(items[i].name, "default") || is_class(group->sim, items[i].name))
            continue;
        snprintf(path, sizeof path, "handlers.%s", items[i].name);
        name_classes(group->sim, help, sizeof help);
        param_problem(problems, path, help, "no clients send requests of a class \"%s\"", items[i].name);
    }
}

void handlers_check_wired(const struct group *group, const struct param_list *handlers,
                          struct param_problems *problems)
{
    const struct handler_config *items = handlers->items;
    const struct sim *sim = group->sim;

    check_names(group, handlers, problems);
    for (size_t i = 0; i < handlers->count; i++) {
        char path[128];

        snprintf(path, sizeof path, "handlers.%s", items[i].name);
        handlers_check_stores(group, &items[i].steps, path, problems);
    }
    if (find_handler(handlers, "default") < handlers->count)
        return;
    for (uint16_t i = 0; i < sim->class_count; i++) {
        const struct request_class *class = sim->classes[i];

        if (find_handler(handlers, class->name) == handlers->count && sim_reaches(sim, class->group, group))
            param_problem(problems, "handlers", "add a handler of that name, or one named \"default\"",
                          "requests of class \"%s\" of %s come here and there is no handler for them",
                          class->name, class->group->name);
    }
}

/* ---- what is published ---- */

static bool publishes(const struct param_list *list, const char *queue);

static bool step_publishes(const struct step_config *step, const char *queue)
{
    const struct arm_config *arms = step->choose.items;

    if (step->verb == STEP_PUBLISH && !strcmp(step->publish, queue))
        return true;
    for (size_t i = 0; i < step->choose.count; i++)
        if (publishes(&arms[i].steps, queue))
            return true;
    return publishes(&step->parallel, queue) || publishes(&step->sequence, queue) || publishes(&step->steps, queue) ||
           publishes(&step->on_miss, queue) || publishes(&step->on_error, queue);
}

static bool publishes(const struct param_list *list, const char *queue)
{
    const struct step_config *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (step_publishes(&steps[i], queue))
            return true;
    return false;
}

bool handlers_publish(const struct param_list *handlers, const char *class, const char *queue)
{
    const struct handler_config *items = handlers->items;
    size_t handler = find_handler(handlers, class);

    if (handler == handlers->count)
        handler = find_handler(handlers, "default");
    return handler < handlers->count && publishes(&items[handler].steps, queue);
}
