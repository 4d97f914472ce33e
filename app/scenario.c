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
#include "app/scenario_params.h"
#include "app/suggest.h"
#include "app/variant_tree.h"

/* What is needed while one variant is read. */
struct reading {
    struct scenario *scenario;
    struct variant_tree *tree;
    const struct variant_node *node;
    struct scenario_variant *variant;
    struct scenario_config *config;
    struct param_context context;
    const char *folder;
    uint64_t memory_budget_bytes;
};

static struct source_span locate(void *user, const char *pointer, enum json_part part)
{
    struct reading *reading = user;

    return variant_tree_locate(reading->tree, reading->node, pointer, part);
}

static void *alloc(struct reading *reading, size_t count, size_t size)
{
    void *block = arena_alloc_array(&reading->scenario->arena, count, size);

    if (!block)
        param_no_memory(&reading->context);
    return block;
}

/* An error at a path such as "components.web.type". */
static void error_at(struct reading *reading, const char *path, enum json_part part, const char *help, const char *message)
{
    struct param_mark mark = param_enter_path(&reading->context, path);

    param_error(&reading->context, part, help, "%s", message);
    param_leave(&reading->context, mark);
}

/* ---- components ---- */

static void unknown_type(struct reading *reading, const char *path, const char *type)
{
    char message[160], help[128];
    struct suggest suggest;

    suggest_init(&suggest, type);
    for (const struct model_type *const *model = model_registry; *model; model++)
        if (!(*model)->hidden)
            suggest_offer(&suggest, (*model)->component.name);
    snprintf(message, sizeof message, "there is no component type \"%.64s\"", type);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    error_at(reading, path, JSON_PART_VALUE, suggest.best ? help : "scalesim models lists the types", message);
}

/* In a variant it is likely a misspelt name: the patch makes a new component instead of changing one. */
static void missing_type(struct reading *reading, const char *name, const char *path)
{
    const cJSON *components = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "components"), *other;
    struct suggest suggest;
    char help[192];

    suggest_init(&suggest, name);
    cJSON_ArrayForEach(other, components)
        if (reading->node->patch && strcmp(other->string, name))
            suggest_offer(&suggest, other->string);
    if (suggest.best)
        snprintf(help, sizeof help, "did you mean \"%.64s\"? what is new in a variant needs a type", suggest.best);
    else
        snprintf(help, sizeof help, "such as \"type\": \"web_server\"; scalesim models lists the types");
    error_at(reading, path, JSON_PART_KEY, help, "a component needs a type");
}

/* The model that "type" names; NULL: told. */
static const struct model_type *read_type(struct reading *reading, const cJSON *json, const char *path)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(json, "type");
    const struct model_type *model;
    char type_path[160];

    if (!type) {
        missing_type(reading, json->string, path);
        return NULL;
    }
    snprintf(type_path, sizeof type_path, "%s.type", path);
    if (!cJSON_IsString(type)) {
        error_at(reading, type_path, JSON_PART_VALUE, "scalesim models lists them", "wants the name of a type in quotes");
        return NULL;
    }
    model = model_find(type->valuestring);
    if (!model || model->hidden) {
        unknown_type(reading, type_path, type->valuestring);
        return NULL;
    }
    return model;
}

static void check_component(struct reading *reading, const struct component_config *component, const char *path)
{
    struct component_problems problems = param_problems_of(&reading->context, path);
    char count_path[160];

    snprintf(count_path, sizeof count_path, "%s.count", path);
    if (component->count > 1 && !component->type->many)
        error_at(reading, count_path, JSON_PART_VALUE, NULL, "there can only be one of this type");
    if (component->type->check)
        component->type->check(component->config, &problems.problems);
}

static bool check_component_name(struct reading *reading, const char *name)
{
    bool is_total = !strcmp(name, "total");
    struct param_mark mark;

    if (param_is_name(name) && !is_total)
        return true;
    mark = param_enter(&reading->context, "components"); /* a bad name can hold what divides a path */
    param_enter(&reading->context, name);
    if (is_total)
        param_error(&reading->context, JSON_PART_KEY, "in outputs it means the whole system", "a component cannot be named \"total\"");
    else
        param_error(&reading->context, JSON_PART_KEY,
                    "1 to 64 letters, digits, \"_\" and \"-\", and a letter or \"_\" in front, make a name",
                    "\"%.80s\" is not a name", name);
    param_leave(&reading->context, mark);
    return false;
}

static void read_component(struct reading *reading, const cJSON *json)
{
    struct component_config *component = &reading->variant->components[reading->variant->component_count];
    struct component_common *common = alloc(reading, 1, sizeof *common);
    struct param_part parts[2] = { { &component_params, common } };
    void *config;
    char path[128];

    if (!check_component_name(reading, json->string))
        return;
    snprintf(path, sizeof path, "components.%s", json->string);
    if (!cJSON_IsObject(json)) {
        error_at(reading, path, JSON_PART_VALUE, NULL, "a component is an object with a type");
        return;
    }
    component->type = read_type(reading, json, path);
    if (!component->type || !common)
        return;
    config = alloc(reading, 1, component->type->params->size);
    if (!config)
        return;
    parts[1] = (struct param_part){ component->type->params, config };
    component->name = arena_strdup(&reading->scenario->arena, json->string);
    component->config = config;
    if (!component->name)
        param_no_memory(&reading->context);
    if (!param_read_parts(parts, 2, NULL, json, path, &reading->context))
        return;
    component->count = common->count;
    component->region = strcmp(common->region, "none") ? common->region : NULL;
    reading->variant->component_count++;
    check_component(reading, component, path);
}

/* Whether a field has a name that is nearly this one. */
static bool is_misspelt(const cJSON *object, const char *name)
{
    const cJSON *field;

    cJSON_ArrayForEach(field, object)
        if (suggest_nearest(field->string, &name, 1))
            return true;
    return false;
}

static void read_components(struct reading *reading)
{
    const cJSON *components = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "components"), *json;
    int count = cJSON_GetArraySize(components);

    if (!components && is_misspelt(reading->node->tree, "components")) /* told as a field that is not there */
        return;
    if (!cJSON_IsObject(components) || count == 0) {
        error_at(reading, components ? "components" : "", JSON_PART_VALUE, "such as \"components\": { \"users\": { \"type\": \"clients\", ... } }",
                 !components ? "a scenario needs components" : cJSON_IsObject(components) ? "there are none" : "wants an object: names and what they are");
        return;
    }
    if (count > SCENARIO_COMPONENTS_MAX) {
        error_at(reading, "components", JSON_PART_KEY, "use count for many alike", "too many components: 1000 at most");
        return;
    }
    reading->variant->components = alloc(reading, (size_t)count, sizeof(struct component_config));
    if (reading->variant->components)
        cJSON_ArrayForEach(json, components) read_component(reading, json);
}

/* ---- names ---- */

/* The index-th thing of a kind: of the scenario first, then of the catalog. */
static bool get_name(void *user, enum param_refers_to what, size_t index, struct param_named *named)
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

static bool find_name(void *user, enum param_refers_to what, const char *name, struct param_named *named)
{
    for (size_t i = 0; get_name(user, what, i, named); i++)
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

        snprintf(path, sizeof path, "hosts.%.64s", name);
        if (find_name(reading, PARAM_REFERS_COMPONENT, name, &named))
            error_at(reading, path, JSON_PART_KEY, NULL, "a component has the same name; outputs could not tell them apart");
    }
}

/* ---- network ---- */

static double unknown_as_nan(double degrees)
{
    return degrees == PARAM_UNKNOWN ? NAN : degrees;
}

static size_t region_index(const struct network *network, const char *name)
{
    for (uint32_t i = 0; i < network->site_count; i++)
        if (!strcmp(network->sites[i].name, name))
            return i;
    return SIZE_MAX;
}

/* otherwise: what to do when no name is near. */
static void no_such_place(struct reading *reading, const char *path, const char *name, bool or_component, const char *otherwise)
{
    const struct network *network = &reading->variant->network;
    char message[160], help[128];
    struct param_named named;
    struct suggest suggest;

    suggest_init(&suggest, name);
    for (uint32_t i = 0; i < network->site_count; i++)
        suggest_offer(&suggest, network->sites[i].name);
    for (size_t i = 0; or_component && get_name(reading, PARAM_REFERS_COMPONENT, i, &named); i++)
        suggest_offer(&suggest, named.name);
    snprintf(message, sizeof message, "there is no region%s \"%.64s\"", or_component ? " or component" : "", name);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    error_at(reading, path, JSON_PART_VALUE, suggest.best ? help : otherwise, message);
}

static void read_round_trips(struct reading *reading, const struct network_config *config, struct network *network)
{
    const struct round_trip_config *items = config->round_trips.items;
    size_t count = network->site_count;

    for (size_t i = 0; i < count * count; i++)
        network->one_way_s[i] = NAN;
    for (size_t i = 0; i < config->round_trips.count; i++) {
        size_t from = region_index(network, items[i].from), to = region_index(network, items[i].to);
        char path[64];

        snprintf(path, sizeof path, "network.round_trips[%zu].%s", i, from == SIZE_MAX ? "from" : "to");
        if (from == SIZE_MAX || to == SIZE_MAX)
            no_such_place(reading, path, from == SIZE_MAX ? items[i].from : items[i].to, false, "name it in network.regions");
        else
            network->one_way_s[from * count + to] = network->one_way_s[to * count + from] = (double)items[i].round_trip / 2e9;
    }
}

static const char *end_of_rule(struct reading *reading, const struct network *network, const char *name, const char *field, size_t rule)
{
    struct param_named named;
    char path[64];

    snprintf(path, sizeof path, "network.links[%zu].%s", rule, field);
    if (!strcmp(name, "any"))
        return NULL;
    if (region_index(network, name) == SIZE_MAX && !find_name(reading, PARAM_REFERS_COMPONENT, name, &named))
        no_such_place(reading, path, name, true, "\"any\" means all of them");
    return name;
}

static bool is_zero(const struct distribution_config *latency)
{
    return latency->law == DISTRIBUTION_CONSTANT && latency->mean == 0.0;
}

static void read_links(struct reading *reading, const struct network_config *config, struct network *network)
{
    const struct link_rule_config *items = config->links.items;

    network->links = alloc(reading, config->links.count, sizeof *network->links);
    if (!network->links)
        return;
    network->link_count = (uint32_t)config->links.count;
    for (size_t i = 0; i < config->links.count; i++)
        network->links[i] = (struct link_config){
            .from = end_of_rule(reading, network, items[i].from, "from", i),
            .to = end_of_rule(reading, network, items[i].to, "to", i),
            .has_latency = !is_zero(&items[i].latency),
            .latency = items[i].latency,
            .bandwidth_bytes_per_s = items[i].bandwidth < 1e16 ? items[i].bandwidth : 0,
            .loss = items[i].loss,
            .connections = { (uint32_t)items[i].round_trips,
                             items[i].connections > UINT32_MAX ? UINT32_MAX : (uint32_t)items[i].connections, items[i].idle_timeout },
        };
}

static void check_regions(struct reading *reading, const struct network *network)
{
    for (size_t i = 0; i < reading->variant->component_count; i++) {
        const struct component_config *component = &reading->variant->components[i];
        char path[128];

        if (!component->region || region_index(network, component->region) != SIZE_MAX)
            continue;
        snprintf(path, sizeof path, "components.%.64s.region", component->name);
        no_such_place(reading, path, component->region, false, "name it in network.regions");
    }
}

static void read_network(struct reading *reading)
{
    const struct network_config *config = &reading->config->network;
    const struct region_config *regions = config->regions.items;
    struct network *network = &reading->variant->network;
    size_t count = config->regions.count;

    network->latency = config->latency;
    network->has_latency = !is_zero(&config->latency);
    network->path_stretch = config->path_stretch;
    if (count > 60) {
        error_at(reading, "network.regions", JSON_PART_KEY, NULL, "too many regions: 60 at most");
        return;
    }
    network->sites = alloc(reading, count, sizeof *network->sites);
    network->one_way_s = alloc(reading, count * count, sizeof *network->one_way_s);
    if (!network->sites || !network->one_way_s)
        return;
    network->site_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        network->sites[i] = (struct network_site){ regions[i].name, unknown_as_nan(regions[i].latitude), unknown_as_nan(regions[i].longitude) };
    read_round_trips(reading, config, network);
    read_links(reading, config, network);
    check_regions(reading, network);
}

/* ---- a trial run: what only wiring shows ---- */

struct trial {
    struct reading *reading;
    struct sim *sim;
    struct results layout;
};

static void check_wired(struct reading *reading, const struct sim *sim)
{
    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];
        const struct model_type *type = model_of(group);
        char path[160];
        struct component_problems problems = param_problems_of(&reading->context, path);

        if (!type->check_wired || group->parent)
            continue;
        snprintf(path, sizeof path, "components.%.64s", group->name);
        type->check_wired(group, &problems.problems);
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

    check_wired(trial->reading, trial->sim);
    collect_run(&trial->layout, trial->sim);
}

static void tell_cycle(struct reading *reading, const char *component)
{
    char path[128];

    snprintf(path, sizeof path, "components.%.64s", component);
    error_at(reading, path, JSON_PART_KEY, "every call must lead away from the users and end somewhere",
             "calls from here come back to it: a request would never end");
}

static void trial_run(struct reading *reading)
{
    struct trial trial = { .reading = reading };
    const char *cycle = "";
    enum build_status status;

    if (!has_source(reading->variant)) {
        error_at(reading, "components", JSON_PART_KEY, "add a component of type clients", "nobody sends requests");
        return;
    }
    status = build_run(reading->variant, 1, reading->memory_budget_bytes, &trial.sim, &cycle);
    if (status == BUILD_CYCLE)
        tell_cycle(reading, cycle);
    if (status == BUILD_OUT_OF_MEMORY)
        param_no_memory(&reading->context);
    if (status != BUILD_OK)
        return;
    results_init(&trial.layout, 1);
    if (!memory_guard(&trial.sim->memory, try_run, &trial) || trial.layout.out_of_memory)
        param_no_memory(&reading->context);
    else
        expectations_read(cJSON_GetObjectItemCaseSensitive(reading->node->tree, "expect"), &trial.layout, reading->variant, &reading->context);
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
        error_at(reading, "catalog", JSON_PART_VALUE, "a relative name starts at the folder of the scenario", "no such file, or not to be read");
        return;
    }
    if (!catalog_read(path ? path : catalog, &reading->scenario->arena, reading->context.diagnostics, &environment->sizes,
                      &environment->size_count, &out_of_memory))
        reading->context.error_count++;
    if (out_of_memory)
        param_no_memory(&reading->context);
    environment->hosts = reading->config->hosts.items;
    environment->host_count = reading->config->hosts.count;
    environment->data_sets = reading->config->data.items;
    environment->data_set_count = reading->config->data.count;
}

static void read_time(struct reading *reading)
{
    struct time_config *time = &reading->variant->time;

    *time = reading->config->time;
    if (time->kind == TIME_EPISODE) {
        const cJSON *json = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "time");

        if (cJSON_GetObjectItemCaseSensitive(json, "warm_up") && time->warm_up > 0)
            error_at(reading, "time.warm_up", JSON_PART_VALUE, "leave it out, or make the kind steady", "an episode has no warm-up: all of it is measured");
        time->warm_up = 0;
    }
}

/* Reads one variant; what is wrong is in the diagnostics. */
static void read_variant(struct reading *reading)
{
    struct param_part part = { &scenario_params, reading->config };
    struct param_names names = { find_name, get_name, reading };
    bool whole = param_read_parts(&part, 1, scenario_other_fields, reading->node->tree, "", &reading->context);

    read_environment(reading);
    read_components(reading);
    if (reading->context.out_of_memory || !whole) /* what refers to names would tell of many that were only misread */
        return;
    if (reading->context.error_count == 0)
        param_check_references(&reading->context, &names);
    read_time(reading);
    check_host_names(reading);
    read_network(reading);
    if (reading->context.error_count == 0 && !reading->context.out_of_memory)
        trial_run(reading);
}

static bool start_reading(struct reading *reading, const struct variant_node *node, struct diagnostics *diagnostics)
{
    reading->node = node;
    reading->config = arena_alloc(&reading->scenario->arena, sizeof *reading->config);
    param_context_init(&reading->context, &reading->scenario->arena, diagnostics);
    reading->context.locate = locate;
    reading->context.user = reading;
    reading->context.folder = reading->folder;
    return reading->config != NULL;
}

static const struct scenario_variant *variant_of(const struct scenario *scenario, const struct variant_tree *tree, const struct variant_node *node)
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

/* Adds the variant's name to the errors from the `first` one on that are found elsewhere: what is wrong there is so only in it. */
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

/* The index-th variant, after the one that it is based on: if that is bad, it would tell the same again. Returns false when
 * memory is gone. */
static bool read_node(struct reading *reading, struct diagnostics *diagnostics, size_t index, enum reading_state *states)
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
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, json_document_span(&scenario->document, "/format", JSON_PART_VALUE), "format",
                    "it needs a newer scalesim", "the file is of format %.0f, and this program reads up to %d", format->valuedouble,
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

enum scenario_status scenario_read(struct scenario *scenario, const char *path, const struct scenario_overrides *overrides,
                                   struct diagnostics *diagnostics)
{
    struct reading *reading;
    struct variant_tree tree = { 0 };
    bool out_of_memory = false;
    enum json_document_status status;

    *scenario = (struct scenario){ .path = path };
    status = json_document_read(&scenario->document, path, diagnostics);
    if (status != JSON_DOCUMENT_OK)
        return status == JSON_DOCUMENT_INVALID ? SCENARIO_INVALID : SCENARIO_OUT_OF_MEMORY;
    if (is_too_new(scenario, diagnostics))
        return SCENARIO_INVALID;
    reading = arena_alloc(&scenario->arena, sizeof *reading);
    if (!reading)
        return SCENARIO_OUT_OF_MEMORY;
    *reading = (struct reading){ .scenario = scenario, .tree = &tree, .folder = folder_of(&scenario->arena, path) };
    reading->memory_budget_bytes = overrides->memory_budget_bytes ? overrides->memory_budget_bytes : UINT64_MAX;
    if (!reading->folder)
        return SCENARIO_OUT_OF_MEMORY;
    if (variant_tree_init(&tree, &scenario->document, overrides->settings, overrides->setting_count, &scenario->arena, diagnostics, &out_of_memory))
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
