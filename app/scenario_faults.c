/* scenario_faults.c - reads "faults": what breaks, which instances, from when to when. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/build.h"
#include "app/param_kind.h"
#include "app/scenario_reading.h"
#include "sim/cut.h"

/* The index-th fault while it is read. */
struct fault_reading {
    struct reading *reading;
    const struct fault_config *config;
    size_t index;
};

/* The field that names what breaks. */
static const char *field_of(const struct fault_reading *fault)
{
    return fault->config->cut ? "cut" : "crash";
}

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
    snprintf(message, sizeof message, "\"%.64s\" is of type %s, which cannot %s", component->name,
             component->type->component.name, fault->config->cut ? "be cut off" : "crash");
    fault_error(fault, field_of(fault), help, message);
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

/* "shard[3].replica" is "shard.replica" of the whole number 3: writes the former to `part` and returns the
 * number; -1: it has none. */
static int64_t split_whole(const char *text, char *part, size_t size)
{
    const char *open = strchr(text, '['), *close = open ? strstr(open, "].") : NULL;
    long long whole = -1;
    char *end;

    snprintf(part, size, "%s", text);
    if (!close || !isdigit((unsigned char)open[1]))
        return -1;
    whole = strtoll(open + 1, &end, 10);
    if (end != close)
        return -1;
    snprintf(part, size, "%.*s%s", (int)(open - text), text, close + 1);
    return whole;
}

/* Of one whole, as "shard[3].replica" says: its instances lie side by side, of each whole as many. Returns
 * how many there are, and the first one of all. */
static int64_t count_of_whole(const struct fault_reading *fault, const struct component_config *component,
                              const struct scenario_fault *read, int64_t *first)
{
    int64_t count = count_instances(fault, component, read);
    int64_t wholes = component->type->part_wholes ? component->type->part_wholes(component->config) : 0,
            whole;
    char part[80], message[160];

    *first = 0;
    whole = split_whole(fault->config->part, part, sizeof part);
    if (whole < 0 || !read->part || !strchr(read->part, '.') || !wholes)
        return count;
    snprintf(message, sizeof message, "\"%.64s\" has no number %lld of these: there are %lld, from 0 on",
             component->name, (long long)whole, (long long)wholes);
    if (whole >= wholes)
        fault_error(fault, "part", NULL, message);
    *first = whole * (count / wholes);
    return count / wholes;
}

/* Which instances die. */
static void read_instances(const struct fault_reading *fault, const struct component_config *component,
                           struct scenario_fault *read)
{
    const struct fault_config *config = fault->config;
    int64_t first, count = count_of_whole(fault, component, read, &first);
    char message[200];

    snprintf(message, sizeof message, "\"%.64s%s%.64s\" has %lld instance%s, numbered from 0",
             component->name, read->part ? "." : "", read->part ? config->part : "", (long long)count,
             count == 1 ? "" : "s");
    if (config->instance == INT64_MAX) {
        if (config->count > 1)
            fault_error(fault, "count", "say from which instance on", "without an instance, all die");
        read->first = (uint32_t)first;
        read->last = (uint32_t)(first + count) - 1;
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
    read->first = (uint32_t)(first + config->instance);
    read->last = (uint32_t)(first + config->instance + config->count - 1);
}

static void read_part(const struct fault_reading *fault, const struct component_config *component,
                      struct scenario_fault *read)
{
    const struct model_type *type = component->type;
    const char *name;
    char part[80], help[256], words[200], message[200];
    struct word_list list;

    if (!strcmp(fault->config->part, "all"))
        return;
    split_whole(fault->config->part, part, sizeof part);
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
        snprintf(message, sizeof message, "\"%.64s\" has no part \"%.64s\"", component->name,
                 fault->config->part);
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

/* What only one of the two kinds has. */
static bool check_kind(const struct fault_reading *fault)
{
    const struct fault_config *config = fault->config;

    if (!config->crash && !config->cut) {
        fault_error(fault, "crash", "`crash` or `cut` names a component", "nothing breaks");
        return false;
    }
    if (config->crash && config->cut)
        fault_error(fault, "cut", "make two faults of it", "either it dies or the network to it is cut");
    if (config->crash && config->with.count)
        fault_error(fault, "with", "it is of a `cut`; a further fault says who else dies",
                    "a crash takes nobody with it");
    if (config->cut && config->silent)
        fault_error(fault, "silent", "leave it out", "a cut is always silent");
    return true;
}

static void read_with(const struct fault_reading *fault, struct scenario_fault *read)
{
    const struct fault_member *members = fault->config->with.items;
    const char **with = reading_alloc(fault->reading, fault->config->with.count, sizeof *with);

    for (size_t i = 0; with && i < fault->config->with.count; i++)
        if (find_component(fault->reading->variant, members[i].component)) /* else told elsewhere */
            with[read->with_count++] = members[i].component;
    read->with = with;
}

/* A caller's instances share their links. */
static void check_instances(const struct fault_reading *fault, const struct scenario_fault *read)
{
    if (fault->config->cut && fault->config->instance != INT64_MAX && !read->part)
        fault_error(fault, "instance", "leave it out, or cut a part of a component that has some",
                    "a cut is of all instances");
}

void reading_faults(struct reading *reading)
{
    const struct param_list *list = &reading->config->faults;
    struct scenario_variant *variant = reading->variant;
    size_t cuts = 0;

    variant->faults = reading_alloc(reading, list->count, sizeof *variant->faults);
    for (size_t i = 0; variant->faults && i < list->count; i++) {
        struct fault_reading fault = { reading, (const struct fault_config *)list->items + i, i };
        const char *name = fault.config->cut ? fault.config->cut : fault.config->crash;
        const struct component_config *component = name ? find_component(variant, name) : NULL;
        struct scenario_fault *read = &variant->faults[variant->fault_count];

        if (!check_kind(&fault) || !component) /* told with the other references */
            continue;
        read->component = component->name;
        read->silent = fault.config->silent;
        read->is_cut = fault.config->cut != NULL;
        read_with(&fault, read);
        read_dates(&fault, read);
        read_part(&fault, component, read);
        if (component->type->crashes)
            read_instances(&fault, component, read);
        else
            refuse_type(&fault, component);
        check_instances(&fault, read);
        cuts += read->is_cut;
        if (cuts == CUTS_MAX + 1 && read->is_cut)
            fault_error(&fault, "cut", NULL, "there are more than 64 cuts");
        variant->fault_count++;
    }
}
