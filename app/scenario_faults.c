/* scenario_faults.c - reads "faults": what breaks, which instances, from when to when. */
#include <stdio.h>
#include <string.h>

#include "app/build.h"
#include "app/param_kind.h"
#include "app/scenario_reading.h"

/* The index-th fault while it is read. */
struct fault_reading {
    struct reading *reading;
    const struct fault_config *config;
    size_t index;
};

static void fault_error(const struct fault_reading *fault, const char *field, const char *help,
                        const char *message)
{
    char path[64];

    snprintf(path, sizeof path, "faults[%zu].%s", fault->index, field);
    reading_error(fault->reading, path, JSON_PART_VALUE, help, message);
}

static const struct component_config *find_component(const struct scenario_variant *variant, const char *name)
{
    for (size_t i = 0; i < variant->component_count; i++)
        if (!strcmp(variant->components[i].name, name))
            return &variant->components[i];
    return NULL;
}

static void refuse_type(const struct fault_reading *fault, const struct component_config *component)
{
    char help[320], words[240], message[160];
    struct word_list list;

    word_list_init(&list, words, sizeof words);
    for (const struct model_type *const *type = model_registry; *type; type++)
        if ((*type)->crashes && !(*type)->hidden)
            word_list_add(&list, (*type)->component.name);
    word_list_end(&list, "and");
    snprintf(help, sizeof help, "those that can are %s", words);
    snprintf(message, sizeof message, "\"%.64s\" is of type %s, which cannot crash", component->name,
             component->type->component.name);
    fault_error(fault, "crash", help, message);
}

static bool has_parts(const struct component_config *component)
{
    return component->type->part_name && component->type->part_name(component->config, 0);
}

/* Unlike ones, each with instances of its own. */
static bool has_many_parts(const struct component_config *component)
{
    return has_parts(component) && component->type->part_count &&
           component->type->part_name(component->config, 1);
}

/* How many instances there are of what dies. */
static int64_t count_instances(const struct fault_reading *fault, const struct component_config *component,
                               const struct scenario_fault *read)
{
    const struct model_type *type = component->type;
    const char *name;

    if (!has_parts(component) || !type->part_count)
        return build_instances(fault->reading->variant, component);
    for (size_t i = 0; read->part && (name = type->part_name(component->config, i)); i++)
        if (!strcmp(name, read->part))
            return type->part_count(component->config, i);
    return type->part_count(component->config, 0);
}

/* Which instances die. */
static void read_instances(const struct fault_reading *fault, const struct component_config *component,
                           struct scenario_fault *read)
{
    const struct fault_config *config = fault->config;
    int64_t count = count_instances(fault, component, read);
    char message[200];

    snprintf(message, sizeof message, "\"%.64s%s%.64s\" has %lld instance%s, numbered from 0",
             component->name, read->part ? "." : "", read->part ? read->part : "", (long long)count,
             count == 1 ? "" : "s");
    if (config->instance == INT64_MAX) {
        if (config->count > 1)
            fault_error(fault, "count", "say from which instance on", "without an instance, all die");
        read->first = 0;
        read->last = (uint32_t)count - 1;
        if (has_many_parts(component) && !read->part)
            read->last = UINT32_MAX; /* of each part, however many it has */
        return;
    }
    if (has_many_parts(component) && !read->part)
        fault_error(fault, "instance", "say of which `part`", "instances are numbered within each part");
    else if (config->instance >= count)
        fault_error(fault, "instance", NULL, message);
    else if (config->count > count - config->instance)
        fault_error(fault, "count", NULL, message);
    read->first = (uint32_t)config->instance;
    read->last = (uint32_t)(config->instance + config->count - 1);
}

static void read_part(const struct fault_reading *fault, const struct component_config *component,
                      struct scenario_fault *read)
{
    const struct model_type *type = component->type;
    const char *part = fault->config->part, *name;
    char help[256], words[200], message[200];
    struct word_list list;

    if (!strcmp(part, "all"))
        return;
    word_list_init(&list, words, sizeof words);
    for (size_t i = 0; type->part_name && (name = type->part_name(component->config, i)); i++) {
        word_list_add(&list, name);
        if (!strcmp(name, part))
            read->part = name;
    }
    word_list_end(&list, "and");
    if (read->part)
        return;
    snprintf(help, sizeof help, "its parts are %s", words);
    if (has_parts(component))
        snprintf(message, sizeof message, "\"%.64s\" has no part \"%.64s\"", component->name, part);
    else
        snprintf(message, sizeof message, "\"%.64s\" has no parts that crash alone", component->name);
    fault_error(fault, "part", has_parts(component) ? help : NULL, message);
}

/* From when to when, of the run. */
static void read_dates(const struct fault_reading *fault, struct scenario_fault *read)
{
    const struct fault_config *config = fault->config;
    const struct time_config *time = &fault->reading->variant->time;

    if (config->at >= time->measure)
        fault_error(fault, "at", "dates of faults count from the start of the measured time",
                    "the run is over by then");
    if (config->lasts != INT64_MAX && config->until != INT64_MAX)
        fault_error(fault, "until", "leave one of them out", "`for` and `until` both say when it ends");
    else if (config->until <= config->at)
        fault_error(fault, "until", "`for` says how long it lasts", "it would end before it begins");
    read->from_ns = time->warm_up + config->at; /* each at most 10^18 */
    read->until_ns = SIM_TIME_NEVER;
    if (config->until != INT64_MAX)
        read->until_ns = time->warm_up + config->until;
    if (config->lasts != INT64_MAX)
        read->until_ns = read->from_ns + config->lasts;
}

void reading_faults(struct reading *reading)
{
    const struct param_list *list = &reading->config->faults;
    struct scenario_variant *variant = reading->variant;

    variant->faults = reading_alloc(reading, list->count, sizeof *variant->faults);
    for (size_t i = 0; variant->faults && i < list->count; i++) {
        struct fault_reading fault = { reading, (const struct fault_config *)list->items + i, i };
        const struct component_config *component = find_component(variant, fault.config->crash);
        struct scenario_fault *read = &variant->faults[variant->fault_count];

        if (!component) /* told with the other references */
            continue;
        read->component = component->name;
        read->silent = fault.config->silent;
        read_dates(&fault, read);
        read_part(&fault, component, read);
        if (component->type->crashes)
            read_instances(&fault, component, read);
        else
            refuse_type(&fault, component);
        variant->fault_count++;
    }
}
