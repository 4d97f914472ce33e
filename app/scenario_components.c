/* scenario_components.c - reads "components": each by the table of its type. */
#include <stdio.h>
#include <string.h>

#include "app/param_kind.h"
#include "app/scenario_reading.h"
#include "app/suggest.h"
#include "models/data_center.h"

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
    reading_error(reading, path, JSON_PART_VALUE, suggest.best ? help : "scalesim models lists the types",
                  message);
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
        snprintf(help, sizeof help, "did you mean \"%.64s\"? what is new in a variant needs a type",
                 suggest.best);
    else
        snprintf(help, sizeof help, "such as \"type\": \"web_server\"; scalesim models lists the types");
    reading_error(reading, path, JSON_PART_KEY, help, "a component needs a type");
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
        reading_error(reading, type_path, JSON_PART_VALUE, "scalesim models lists them",
                      "wants the name of a type in quotes");
        return NULL;
    }
    model = model_find(type->valuestring);
    if (!model || model->hidden) {
        unknown_type(reading, type_path, type->valuestring);
        return NULL;
    }
    return model;
}

static void check_component(struct reading *reading, const struct component_config *component,
                            const char *path)
{
    struct component_problems problems = param_problems_of(&reading->context, path);
    char count_path[160];

    snprintf(count_path, sizeof count_path, "%s.count", path);
    if (component->count > 1 && !component->type->many)
        reading_error(reading, count_path, JSON_PART_VALUE, NULL, "there can only be one of this type");
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
        param_error(&reading->context, JSON_PART_KEY, "in outputs it means the whole system",
                    "a component cannot be named \"total\"");
    else
        param_error(&reading->context, JSON_PART_KEY,
                    "1 to 64 letters, digits, \"_\" and \"-\", and a letter or \"_\" in front, make a name",
                    "\"%.80s\" is not a name", name);
    param_leave(&reading->context, mark);
    return false;
}

/* The whole name: of a site's copy "seoul/web". */
static const char *name_of(struct reading *reading, const char *key)
{
    return reading->site ? reading_copy_name(reading, reading->site, key)
                         : arena_strdup(&reading->scenario->arena, key);
}

/* region: of the site whose copy it is. */
static void read_component(struct reading *reading, const cJSON *json, const char *region)
{
    struct component_config *component = &reading->variant->components[reading->variant->component_count];
    struct component_common *common = reading_alloc(reading, 1, sizeof *common);
    struct param_part parts[2] = { { &component_params, common } };
    void *config;
    char path[128];

    if (!check_component_name(reading, json->string))
        return;
    snprintf(path, sizeof path, "components.%s", json->string);
    if (!cJSON_IsObject(json)) {
        reading_error(reading, path, JSON_PART_VALUE, NULL, "a component is an object with a type");
        return;
    }
    component->type = read_type(reading, json, path);
    if (!component->type || !common)
        return;
    config = reading_alloc(reading, 1, component->type->params->size);
    if (!config)
        return;
    parts[1] = (struct param_part){ component->type->params, config };
    component->name = name_of(reading, json->string);
    component->site = reading->site;
    component->config = config;
    if (!component->name)
        param_no_memory(&reading->context);
    if (!param_read_parts(parts, 2, NULL, json, path, &reading->context))
        return;
    component->count = common->count;
    component->region = strcmp(common->region, "none") ? common->region : region;
    if (!component->region && component->type == &data_center_model)
        component->region = reading_site_region(reading, component->name);
    reading->variant->component_count++;
    check_component(reading, component, path);
}

/* A data center, and then its copies. What is wrong with a component is told of its first copy only:
 * is_bad says of each component of the scenario whether it was. */
static void read_site(struct reading *reading, const cJSON *site, bool *is_bad)
{
    const cJSON *components = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "components"), *json;
    size_t before = reading->variant->component_count, index = 0;
    const struct component_config *read = &reading->variant->components[before];

    reading_check_site(reading, site);
    read_component(reading, site, NULL);
    if (reading->variant->component_count == before)
        return;
    reading->site = read->name;
    cJSON_ArrayForEach(json, components) {
        const struct data_center_config *config = read->config;
        const struct data_center_member *members = config->components.items;
        size_t errors = reading->context.error_count, place = index++, i = 0;

        while (i < config->components.count && strcmp(members[i].component, json->string) != 0)
            i++;
        if (i == config->components.count || is_bad[place] || reading_is_site(json))
            continue;
        read_component(reading, json, read->region);
        is_bad[place] = reading->context.error_count > errors;
    }
    reading->site = NULL;
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

void reading_components(struct reading *reading)
{
    const cJSON *components = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "components"), *json;
    int count = cJSON_GetArraySize(components);
    size_t copies = reading_copies(reading);
    bool *is_bad;

    if (!components && is_misspelt(reading->node->tree, "components")) /* told as a field that is not there */
        return;
    if (!cJSON_IsObject(components) || count == 0) {
        reading_error(reading, components ? "components" : "", JSON_PART_VALUE,
                      "such as \"components\": { \"users\": { \"type\": \"clients\", ... } }",
                      !components                  ? "a scenario needs components"
                      : cJSON_IsObject(components) ? "there are none"
                                                   : "wants an object: names and what they are");
        return;
    }
    if ((size_t)count + copies > SCENARIO_COMPONENTS_MAX) {
        reading_error(reading, "components", JSON_PART_KEY, "use count for many alike",
                      "too many components: 1000 at most");
        return;
    }
    is_bad = reading_alloc(reading, (size_t)count, sizeof *is_bad);
    reading->variant->components =
        reading_alloc(reading, (size_t)count + copies, sizeof(struct component_config));
    if (!reading->variant->components || !is_bad)
        return;
    cJSON_ArrayForEach(json, components) {
        if (reading_is_site(json))
            read_site(reading, json, is_bad);
        else if (!reading_is_copied(reading, json->string))
            read_component(reading, json, NULL);
    }
}
