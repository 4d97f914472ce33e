#include "app/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/build.h"
#include "app/catalog.h"
#include "app/collect.h"
#include "app/expectations.h"
#include "app/json_locate.h"
#include "app/param_kind.h"
#include "app/suggest.h"
#include "app/scenario_reading.h"
#include "models/column.h"

static struct source_span locate(void *user, const char *pointer, enum json_part part)
{
    struct reading *reading = user;

    return variant_tree_locate(reading->tree, reading->node, pointer, part);
}

void *reading_alloc(struct reading *reading, size_t count, size_t size)
{
    void *block = arena_alloc_array(&reading->scenario->arena, count, size);

    if (!block)
        param_no_memory(&reading->context);
    return block;
}

void reading_error(struct reading *reading, const char *path, enum json_part part, const char *help,
                   const char *message)
{
    struct param_mark mark = param_enter_path(&reading->context, path);

    param_error(&reading->context, part, help, "%s", message);
    param_leave(&reading->context, mark);
}

/* ---- names ---- */

/* The index-th thing of a kind: of the scenario first, then of the catalog. */
bool reading_get_name(void *user, enum param_refers_to what, size_t index, struct param_named *named)
{
    const struct reading *reading = user;
    const struct scenario_variant *variant = reading->variant;
    const struct environment *environment = &variant->environment;

    *named = (struct param_named){ 0 };
    if (what == PARAM_REFERS_COMPONENT && index < variant->component_count) {
        named->name = variant->components[index].name;
        named->type = variant->components[index].type;
    } else if (what == PARAM_REFERS_DATA && index < environment->data_set_count) {
        named->name = environment->data_sets[index].name;
    } else if (what == PARAM_REFERS_HOST && index < environment->host_count) {
        named->name = environment->hosts[index].name;
    } else if (what == PARAM_REFERS_HOST && index - environment->host_count < environment->size_count) {
        named->name = environment->sizes[index - environment->host_count].name;
    }
    return named->name != NULL;
}

bool reading_find_name(void *user, enum param_refers_to what, const char *name, struct param_named *named)
{
    for (size_t i = 0; reading_get_name(user, what, i, named); i++)
        if (!strcmp(named->name, name))
            return true;
    return false;
}

static void check_host_names(struct reading *reading)
{
    struct param_named named;

    for (size_t i = 0; i < reading->variant->environment.host_count; i++) {
        const char *name = reading->variant->environment.hosts[i].name;
        char path[128];

        snprintf(path, sizeof path, "hosts.%.64s", reading_key(name));
        if (reading_find_name(reading, PARAM_REFERS_COMPONENT, name, &named))
            reading_error(reading, path, JSON_PART_KEY, NULL,
                          "a component has the same name; outputs could not tell them apart");
    }
}

/* ---- a trial run: what only wiring shows ---- */

struct trial {
    struct reading *reading;
    struct sim *sim;
    const cJSON *expect;
    struct results layout;
};

/* What is wrong with a component at one site is told once. */
static bool is_told(const struct reading *reading, const char *name, const bool *is_bad)
{
    const struct scenario_variant *variant = reading->variant;

    for (size_t i = 0; i < variant->component_count; i++)
        if (is_bad[i] && !strcmp(reading_key(variant->components[i].name), reading_key(name)))
            return true;
    return false;
}

static void mark_bad(const struct reading *reading, const char *name, bool *is_bad)
{
    for (size_t i = 0; i < reading->variant->component_count; i++)
        if (!strcmp(reading->variant->components[i].name, name))
            is_bad[i] = true;
}

static void check_wired(struct reading *reading, const struct sim *sim)
{
    bool *is_bad = reading_alloc(reading, reading->variant->component_count, sizeof *is_bad);

    for (uint16_t i = 0; is_bad && i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];
        const struct model_type *type = model_of(group);
        char path[160];
        struct component_problems problems = param_problems_of(&reading->context, path);
        size_t errors = reading->context.error_count;

        if (!type->check_wired || group->parent || is_told(reading, group->name, is_bad))
            continue;
        snprintf(path, sizeof path, "components.%.64s", reading_key(group->name));
        type->check_wired(group, &problems.problems);
        if (reading->context.error_count > errors)
            mark_bad(reading, group->name, is_bad);
    }
}

static bool has_source(const struct scenario_variant *variant)
{
    for (size_t i = 0; i < variant->component_count; i++)
        if (variant->components[i].type->component.is_source)
            return true;
    return false;
}

static void try_run(void *argument)
{
    struct trial *trial = argument;
    struct peaks none = { 0 };
    bool is_episode = trial->reading->variant->time.kind == TIME_EPISODE;

    check_wired(trial->reading, trial->sim);
    if (cJSON_IsObject(trial->expect)) /* bounds of what is measured: of many instances that is much */
        collect_run(&trial->layout, trial->sim, is_episode ? &none : NULL);
}

static void tell_too_large(struct reading *reading, const struct build_problem *problem)
{
    char path[128], message[128];

    snprintf(path, sizeof path, "components%s%.64s", *problem->component ? "." : "",
             reading_key(problem->component));
    snprintf(message, sizeof message, "here the scenario grows beyond %s", problem->excess);
    reading_error(reading, path, JSON_PART_KEY, "lower a count, of instances, shards, replicas or classes",
                  message);
}

static void tell_bad_path(struct reading *reading, const char *component, bool too_deep)
{
    char path[128];

    snprintf(path, sizeof path, "components.%.64s", reading_key(component));
    if (too_deep)
        reading_error(reading, path, JSON_PART_KEY, NULL,
                      "calls that begin here pass more than 64 components");
    else
        reading_error(reading, path, JSON_PART_KEY,
                      "every call must lead away from the users and end somewhere",
                      "calls from here come back to it: a request would never end");
}

static void trial_run(struct reading *reading)
{
    struct trial trial = { .reading = reading,
                           .expect = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "expect") };
    struct build_problem problem = { "", "" };
    enum build_status status;

    if (!has_source(reading->variant)) {
        reading_error(reading, "components", JSON_PART_KEY, "add a component of type clients",
                      "nobody sends requests");
        return;
    }
    status = build_run(reading->variant, 1, reading->memory_budget_bytes, &trial.sim, &problem);
    if (status == BUILD_CYCLE || status == BUILD_TOO_DEEP)
        tell_bad_path(reading, problem.component, status == BUILD_TOO_DEEP);
    if (status == BUILD_TOO_LARGE)
        tell_too_large(reading, &problem);
    if (status == BUILD_OUT_OF_MEMORY)
        param_no_memory(&reading->context);
    if (status != BUILD_OK)
        return;
    results_init(&trial.layout, 1);
    if (!memory_guard(&trial.sim->memory, try_run, &trial) || trial.layout.out_of_memory)
        param_no_memory(&reading->context);
    else
        expectations_read(trial.expect, &trial.layout, reading->variant, &reading->context);
    results_deinit(&trial.layout);
    sim_destroy(trial.sim);
}

/* ---- a variant ---- */

static void read_environment(struct reading *reading)
{
    struct environment *environment = &reading->variant->environment;
    const char *catalog = reading->config->catalog ? reading->config->catalog : ""; /* NULL: it was no text */
    char *path = NULL;
    bool out_of_memory = false;

    if (*catalog && *catalog != '/') {
        size_t size = strlen(reading->folder) + strlen(catalog) + 2;

        path = arena_alloc(&reading->scenario->arena, size);
        if (path)
            snprintf(path, size, "%s/%s", reading->folder, catalog);
    }
    if (*catalog && access(path ? path : catalog, R_OK) != 0) {
        reading_error(reading, "catalog", JSON_PART_VALUE,
                      "a relative name starts at the folder of the scenario",
                      "no such file, or not to be read");
        return;
    }
    if (!catalog_read(path ? path : catalog, &reading->scenario->arena, reading->context.diagnostics,
                      &environment->sizes, &environment->size_count, &out_of_memory))
        reading->context.error_count++;
    if (out_of_memory)
        param_no_memory(&reading->context);
    environment->hosts = reading->config->hosts.items;
    environment->host_count = reading->config->hosts.count;
    environment->data_sets = reading->config->data.items;
    environment->data_set_count = reading->config->data.count;
}

static void check_data_sets(struct reading *reading)
{
    const struct environment *environment = &reading->variant->environment;

    for (size_t i = 0; i < environment->data_set_count; i++) {
        char path[128];
        struct component_problems problems = param_problems_of(&reading->context, path);

        snprintf(path, sizeof path, "data.%.64s", environment->data_sets[i].name);
        columns_check(&environment->data_sets[i], &problems.problems);
    }
}

static void read_time(struct reading *reading)
{
    struct time_config *time = &reading->variant->time;

    *time = reading->config->time;
    if (time->kind == TIME_EPISODE) {
        const cJSON *json = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "time");

        if (cJSON_GetObjectItemCaseSensitive(json, "warm_up") && time->warm_up > 0)
            reading_error(reading, "time.warm_up", JSON_PART_VALUE, "leave it out, or make the kind steady",
                          "an episode has no warm-up: all of it is measured");
        time->warm_up = 0;
    }
}

/* Reads one variant; what is wrong is in the diagnostics. */
static void read_variant(struct reading *reading)
{
    struct param_part part = { &scenario_params, reading->config };
    struct param_names names = { reading_find_name, reading_get_name, reading_explain, reading };
    bool whole =
        param_read_parts(&part, 1, scenario_other_fields, reading->node->tree, "", &reading->context);

    read_environment(reading);
    if (whole)
        check_data_sets(reading);
    reading_components(reading);
    reading_site_hosts(reading);
    if (reading->context.out_of_memory ||
        !whole) /* what refers to names would tell of many that were only misread */
        return;
    if (reading->context.error_count == 0)
        param_check_references(&reading->context, &names);
    read_time(reading);
    check_host_names(reading);
    reading_network(reading);
    reading_faults(reading);
    if (reading->context.error_count == 0 && !reading->context.out_of_memory)
        trial_run(reading);
}

static bool start_reading(struct reading *reading, const struct variant_node *node,
                          struct diagnostics *diagnostics)
{
    reading->node = node;
    reading->config = arena_alloc(&reading->scenario->arena, sizeof *reading->config);
    param_context_init(&reading->context, &reading->scenario->arena, diagnostics);
    reading->context.locate = locate;
    reading->context.user = reading;
    reading->context.folder = reading->folder;
    reading->context.resolve = reading_resolve;
    return reading->config != NULL;
}

static const struct scenario_variant *
variant_of(const struct scenario *scenario, const struct variant_tree *tree, const struct variant_node *node)
{
    return node ? &scenario->variants[node - tree->nodes] : NULL;
}

/* Whether an error is at a place that the variant's own patch holds. */
static bool is_in_patch(const struct reading *reading, const struct diagnostic *item)
{
    const struct source_text *text = &reading->scenario->document.text;
    struct json_location patch;
    char pointer[96];

    snprintf(pointer, sizeof pointer, "/variants/%s", reading->node->name);
    json_locate(text->bytes, text->size, pointer, &patch);
    return item->file && !strcmp(item->file, text->name) && item->offset >= patch.value_offset &&
           item->offset < patch.value_offset + patch.value_length;
}

/* Adds the variant's name to the errors from the `first` one on that are found elsewhere: what is wrong
 * there is so only in it. */
static void name_variant(const struct reading *reading, struct diagnostics *diagnostics, size_t first)
{
    for (size_t i = first; reading->node->patch && i < diagnostics->item_count; i++) {
        struct diagnostic *item = &diagnostics->items[i];
        size_t size = item->message ? strlen(item->message) + strlen(reading->node->name) + 32 : 0;
        char *longer;

        if (!size || is_in_patch(reading, item))
            continue;
        longer = malloc(size);
        if (!longer) {
            diagnostics->out_of_memory = true;
            return;
        }
        snprintf(longer, size, "%s (in variant \"%s\")", item->message, reading->node->name);
        free(item->message);
        item->message = longer;
    }
}

enum reading_state { UNREAD, READ_GOOD, READ_BAD };

/* The index-th variant, after the one that it is based on: if that is bad, it would tell the same again.
 * Returns false when memory is gone. */
static bool read_node(struct reading *reading, struct diagnostics *diagnostics, size_t index,
                      enum reading_state *states)
{
    struct scenario *scenario = reading->scenario;
    const struct variant_node *node = &reading->tree->nodes[index];
    size_t based_on = node->based_on ? (size_t)(node->based_on - reading->tree->nodes) : index, first;
    struct scenario_variant *variant = &scenario->variants[index];

    if (states[index] != UNREAD)
        return true;
    if (based_on != index && !read_node(reading, diagnostics, based_on, states))
        return false;
    states[index] = READ_BAD;
    if (states[based_on] == READ_BAD && based_on != index)
        return true;
    reading->variant = variant;
    if (!start_reading(reading, node, diagnostics))
        return false;
    variant->name = arena_strdup(&scenario->arena, node->name);
    variant->title = node->title ? arena_strdup(&scenario->arena, node->title) : NULL;
    variant->based_on = variant_of(scenario, reading->tree, node->based_on);
    first = diagnostics->item_count;
    read_variant(reading);
    name_variant(reading, diagnostics, first);
    if (reading->context.error_count == 0)
        states[index] = READ_GOOD;
    return !reading->context.out_of_memory && variant->name;
}

/* Returns false when memory is gone. */
static bool read_variants(struct reading *reading, struct diagnostics *diagnostics)
{
    struct scenario *scenario = reading->scenario;
    size_t count = reading->tree->count;
    enum reading_state *states = arena_alloc_array(&scenario->arena, count, sizeof *states);

    scenario->variants = arena_alloc_array(&scenario->arena, count, sizeof *scenario->variants);
    if (!scenario->variants || !states || !read_node(reading, diagnostics, 0, states))
        return false;
    scenario->title = reading->config->title;
    scenario->ask = reading->config->ask;
    scenario->variants[0].title = reading->config->base;
    scenario->variant_count = count;
    for (size_t i = 1; i < count; i++)
        if (!read_node(reading, diagnostics, i, states))
            return false;
    return true;
}

/* A file for a later version may hold anything: nothing else is told of it. */
static bool is_too_new(const struct scenario *scenario, struct diagnostics *diagnostics)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(scenario->document.root, "format");

    if (!cJSON_IsNumber(format) || format->valuedouble <= SCENARIO_FORMAT)
        return false;
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR,
                    json_document_span(&scenario->document, "/format", JSON_PART_VALUE), "format",
                    "it needs a newer "
                    "scalesim",
                    "the file is of format %.0f, and this program reads up to %d", format->valuedouble,
                    SCENARIO_FORMAT);
    return true;
}

static char *folder_of(struct arena *arena, const char *path)
{
    char *folder = arena_strdup(arena, path);
    char *slash = folder ? strrchr(folder, '/') : NULL;

    if (!folder)
        return NULL;
    if (!slash)
        return arena_strdup(arena, ".");
    slash[slash == folder] = '\0';
    return folder;
}

enum scenario_status scenario_read(struct scenario *scenario, const char *path,
                                   const struct scenario_overrides *overrides,
                                   struct diagnostics *diagnostics)
{
    struct reading *reading;
    struct variant_tree tree = { 0 };
    bool out_of_memory = false;
    enum json_document_status status;

    *scenario = (struct scenario){ .path = path };
    status = overrides->text ? json_document_parse(&scenario->document, overrides->text->name,
                                                   overrides->text->bytes, overrides->text->size, diagnostics)
                             : json_document_read(&scenario->document, path, diagnostics);
    if (status != JSON_DOCUMENT_OK)
        return status == JSON_DOCUMENT_INVALID ? SCENARIO_INVALID : SCENARIO_OUT_OF_MEMORY;
    if (is_too_new(scenario, diagnostics))
        return SCENARIO_INVALID;
    reading = arena_alloc(&scenario->arena, sizeof *reading);
    if (!reading)
        return SCENARIO_OUT_OF_MEMORY;
    *reading = (struct reading){ .scenario = scenario, .tree = &tree,
                                 .folder = folder_of(&scenario->arena, path) };
    reading->memory_budget_bytes =
        overrides->memory_budget_bytes ? overrides->memory_budget_bytes : UINT64_MAX;
    if (!reading->folder)
        return SCENARIO_OUT_OF_MEMORY;
    if (variant_tree_init(&tree, &scenario->document, overrides->settings, overrides->setting_count,
                          &scenario->arena, diagnostics, &out_of_memory))
        out_of_memory = !read_variants(reading, diagnostics);
    variant_tree_deinit(&tree);
    if (out_of_memory || diagnostics->out_of_memory)
        return SCENARIO_OUT_OF_MEMORY;
    return diagnostics_error_count(diagnostics) ? SCENARIO_INVALID : SCENARIO_OK;
}

void scenario_deinit(struct scenario *scenario)
{
    json_document_deinit(&scenario->document);
    arena_deinit(&scenario->arena);
}

const struct scenario_variant *scenario_find_variant(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->variant_count; i++)
        if (!strcmp(scenario->variants[i].name, name))
            return &scenario->variants[i];
    return NULL;
}

const struct component_config *scenario_component_of(const struct scenario_variant *variant, const char *text)
{
    for (size_t i = 0; i < variant->component_count; i++) {
        size_t length = strlen(variant->components[i].name);

        if (!strncmp(text, variant->components[i].name, length) && text[length] == '.')
            return &variant->components[i];
    }
    return NULL;
}
