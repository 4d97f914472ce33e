#include "app/variant_tree.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/json_locate.h"
#include "app/json_scan.h"
#include "app/merge_patch.h"
#include "app/param_kind.h"
#include "app/scenario.h"
#include "app/suggest.h"

struct reading {
    struct variant_tree *tree;
    struct arena *arena;
    struct diagnostics *diagnostics;
    bool *out_of_memory;
    bool good;
};

static bool no_memory(struct reading *reading)
{
    *reading->out_of_memory = true;
    reading->good = false;
    return false;
}

/* ---- the nodes ---- */

static struct variant_node *find_node(const struct variant_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->count; i++)
        if (!strcmp(tree->nodes[i].name, name))
            return &tree->nodes[i];
    return NULL;
}

static const char *nearest_node(const struct variant_tree *tree, const char *name)
{
    struct suggest suggest;

    suggest_init(&suggest, name);
    for (size_t i = 0; i < tree->count; i++)
        suggest_offer(&suggest, tree->nodes[i].name);
    return suggest.best;
}

/* What is wrong with a variant (field "") or one of its fields. */
static bool field_error(struct reading *reading, const char *name, const char *field, const char *help,
                        const char *message)
{
    char pointer[512] = "/variants", path[512];

    if (json_pointer_append(pointer, sizeof pointer, name) && *field)
        json_pointer_append(pointer, sizeof pointer, field);
    snprintf(path, sizeof path, "variants.%.200s%s%s", name, *field ? "." : "", field);
    diagnostics_add(
        reading->diagnostics, DIAGNOSTIC_ERROR,
        json_document_span(reading->tree->document, pointer, *field ? JSON_PART_VALUE : JSON_PART_KEY), path,
        help, "%s", message);
    reading->good = false;
    return false;
}

static bool name_error(struct reading *reading, const char *name)
{
    char message[128];

    if (!strcmp(name, "base"))
        return field_error(reading, name, "", "the file itself is the variant base",
                           "a variant cannot be named \"base\"");
    snprintf(message, sizeof message, "\"%.80s\" is not a name", name);
    return field_error(
        reading, name, "",
        "1 to 64 letters, digits, \"_\" and \"-\", and a letter or \"_\" in front, make a name", message);
}

static bool add_node(struct reading *reading, const cJSON *patch)
{
    struct variant_tree *tree = reading->tree;
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(patch, "title");

    if (!param_is_name(patch->string) || !strcmp(patch->string, "base"))
        return name_error(reading, patch->string);
    if (!cJSON_IsObject(patch))
        return field_error(reading, patch->string, "", NULL,
                           "a variant is an object: a patch of the scenario");
    if (title && !cJSON_IsString(title))
        return field_error(reading, patch->string, "title", NULL, "a title is a text");
    if (tree->count > SCENARIO_VARIANTS_MAX)
        return field_error(reading, patch->string, "", NULL, "too many variants: 200 at most");
    tree->nodes[tree->count++] = (struct variant_node){ .name = patch->string, .patch = patch,
                                                        .title = title ? title->valuestring : NULL };
    return true;
}

static void add_nodes(struct reading *reading, const cJSON *root)
{
    struct variant_tree *tree = reading->tree;
    const cJSON *variants = cJSON_GetObjectItemCaseSensitive(root, "variants"), *patch;

    tree->nodes = arena_alloc_array(reading->arena, SCENARIO_VARIANTS_MAX + 1, sizeof *tree->nodes);
    if (!tree->nodes) {
        no_memory(reading);
        return;
    }
    tree->nodes[tree->count++] = (struct variant_node){ .name = "base" };
    if (variants && !cJSON_IsObject(variants)) {
        diagnostics_add(reading->diagnostics, DIAGNOSTIC_ERROR,
                        json_document_span(tree->document, "/variants", JSON_PART_VALUE), "variants", NULL,
                        "variants is an object: names and their patches");
        reading->good = false;
        return;
    }
    cJSON_ArrayForEach(patch, variants) add_node(reading, patch);
}

static void link_node(struct reading *reading, struct variant_node *node)
{
    const cJSON *based_on = cJSON_GetObjectItemCaseSensitive(node->patch, "based_on");
    char message[160], help[128];
    const char *near;

    node->based_on = &reading->tree->nodes[0];
    if (!based_on)
        return;
    if (!cJSON_IsString(based_on)) {
        field_error(reading, node->name, "based_on", NULL, "based_on is the name of another variant");
        return;
    }
    node->based_on = find_node(reading->tree, based_on->valuestring);
    if (node->based_on)
        return;
    near = nearest_node(reading->tree, based_on->valuestring);
    snprintf(message, sizeof message, "there is no variant \"%.64s\"", based_on->valuestring);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", near ? near : "");
    field_error(reading, node->name, "based_on", near ? help : NULL, message);
    node->based_on = &reading->tree->nodes[0];
}

static bool ends(const struct variant_node *node, size_t limit)
{
    for (size_t steps = 0; node; node = node->based_on)
        if (steps++ > limit)
            return false;
    return true;
}

/* ---- merging ---- */

static cJSON *patch_without(const cJSON *patch)
{
    cJSON *copy = cJSON_Duplicate(patch, true);

    if (copy) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, "title");
        cJSON_DeleteItemFromObjectCaseSensitive(copy, "based_on");
    }
    return copy;
}

static bool merge_node(struct reading *reading, struct variant_node *node)
{
    cJSON *patch;

    if (node->tree)
        return true;
    if (!node->patch) {
        node->tree = cJSON_Duplicate(reading->tree->document->root, true);
        if (!node->tree)
            return no_memory(reading);
        cJSON_DeleteItemFromObjectCaseSensitive(node->tree, "variants");
        return true;
    }
    if (!merge_node(reading, (struct variant_node *)(uintptr_t)node->based_on))
        return false;
    if (cJSON_GetObjectItemCaseSensitive(node->patch, "variants"))
        return field_error(reading, node->name, "variants", NULL,
                           "a variant has no variants of its own; use based_on");
    patch = patch_without(node->patch);
    node->tree = patch ? merge_patch(node->based_on->tree, patch) : NULL;
    cJSON_Delete(patch);
    return node->tree || no_memory(reading);
}

/* ---- settings ---- */

static bool setting_error(struct reading *reading, const struct setting *setting, const char *help,
                          const char *message)
{
    struct source_span span = { &setting->source, 0, strcspn(setting->text, "=") };

    diagnostics_add(reading->diagnostics, DIAGNOSTIC_ERROR, span, NULL, help, "%s", message);
    reading->good = false;
    return false;
}

static bool is_top_field(const char *name, size_t length)
{
    for (const struct param_row *row = scenario_params.rows; row->name; row++)
        if (strlen(row->name) == length && !strncmp(row->name, name, length))
            return true;
    for (const char *const *other = scenario_other_fields; *other; other++)
        if (strlen(*other) == length && !strncmp(*other, name, length))
            return true;
    return false;
}

/* "users.requests.view.hot_rows[0].share" to "/components/users/requests/view/hot_rows/0/share". Metrics
 * in "expect" have dots of their own. */
static bool make_pointer(struct reading *reading, struct setting *setting)
{
    size_t length = strcspn(setting->text, "="), size = 2 * length + 32;
    char *pointer = arena_alloc(reading->arena, size), *end;
    bool metric = !strncmp(setting->text, "expect.", 7);

    if (!pointer)
        return no_memory(reading);
    if (!setting->text[length] || !length)
        return setting_error(reading, setting, "write --set PATH=VALUE, such as --set users.arrivals=2000/s",
                             "a setting needs a path and a value");
    if (length >= 8 && !strncmp(setting->text, "variants", 8) && strchr(".=[", setting->text[8]))
        return setting_error(reading, setting,
                             "set what the variants share; --variant NAME runs a single one",
                             "settings hold in every variant: they cannot reach into one");
    end = pointer + sprintf(pointer, "%s/",
                            is_top_field(setting->text, strcspn(setting->text, ".=[")) ? "" : "/components");
    for (size_t i = 0; i < length; i++) {
        char c = setting->text[i];

        if (c == ']')
            continue;
        *end++ = (c == '.' && !(metric && i > 6)) || c == '[' ? '/' : c;
    }
    if (strstr(pointer, "//") || end[-1] == '/')
        return setting_error(reading, setting, "as in users.requests.view.hot_rows[0].share",
                             "a name is missing in this path");
    setting->pointer = pointer;
    return true;
}

/* What is no JSON is a text: 2000/s needs no quotes. NULL: out of memory. */
static cJSON *parse_value(const char *text)
{
    size_t length = strlen(text);
    struct json_fault fault;

    switch (json_scan(text, length, &fault)) {
    case JSON_SCAN_VALID:
        return cJSON_ParseWithLength(text, length);
    case JSON_SCAN_INVALID:
        return cJSON_CreateString(text);
    case JSON_SCAN_OUT_OF_MEMORY:
        break;
    }
    return NULL;
}

static cJSON *child_of(cJSON *parent, const char *name)
{
    char *end;
    unsigned long index;

    if (!cJSON_IsArray(parent))
        return cJSON_GetObjectItemCaseSensitive(parent, name);
    index = strtoul(name, &end, 10);
    return *end || end == name || index > 1000000 ? NULL : cJSON_GetArrayItem(parent, (int)index);
}

static bool no_element(struct reading *reading, const struct setting *setting)
{
    return setting_error(reading, setting, "elements are counted from 0; a setting cannot add one",
                         "the list has no such element");
}

/* In the place of another member, under its name. (cJSON_ReplaceItemInObject() does not see that the copy
 * of the name failed.) */
static bool replace_member(cJSON *parent, cJSON *old, cJSON *value)
{
    value->string = cJSON_malloc(strlen(old->string) + 1);
    if (!value->string)
        return false;
    strcpy(value->string, old->string);
    return cJSON_ReplaceItemViaPointer(parent, old, value);
}

/* Takes the value over. */
static bool put_value(struct reading *reading, const struct setting *setting, cJSON *parent, const char *name,
                      cJSON *value)
{
    cJSON *old = child_of(parent, name);
    bool done;

    if (cJSON_IsArray(parent) && !old) {
        cJSON_Delete(value);
        return no_element(reading, setting);
    }
    if (cJSON_IsArray(parent))
        done = cJSON_ReplaceItemViaPointer(parent, old, value);
    else
        done = old ? replace_member(parent, old, value) : cJSON_AddItemToObject(parent, name, value);
    if (done)
        return true;
    cJSON_Delete(value);
    return no_memory(reading);
}

static bool nothing_inside(struct reading *reading, const struct setting *setting, const char *name)
{
    char message[160];

    snprintf(message, sizeof message, "\"%.80s\" has nothing inside that could be set", name);
    return setting_error(reading, setting, NULL, message);
}

/* Walks to the place, making objects on the way: whether they may be there is the
 * parameter tables' business. */
static bool apply_setting(struct reading *reading, const struct setting *setting, cJSON *tree)
{
    char *path = arena_strdup(reading->arena, setting->pointer + 1), *name, *rest = path;
    cJSON *parent = tree, *value = parse_value(strchr(setting->text, '=') + 1);

    if (!path || !value) {
        cJSON_Delete(value);
        return no_memory(reading);
    }
    for (name = strsep(&rest, "/"); rest; name = strsep(&rest, "/")) {
        cJSON *child = child_of(parent, name);

        if (cJSON_IsString(child) &&
            !strcmp(child->valuestring, "none")) { /* gives way to what is set in it */
            cJSON_DeleteItemFromObjectCaseSensitive(parent, name);
            child = NULL;
        }
        if (!child && cJSON_IsObject(parent) && (parent != tree || strcmp(name, "components"))) {
            child = cJSON_AddObjectToObject(parent, name);
            if (!child) {
                cJSON_Delete(value);
                return no_memory(reading);
            }
        }
        if (!cJSON_IsObject(child) && !cJSON_IsArray(child)) {
            cJSON_Delete(value);
            return child ? nothing_inside(reading, setting, name) : no_element(reading, setting);
        }
        parent = child;
    }
    return put_value(reading, setting, parent, name, value);
}

/* Whether the tree has the component that a pointer leads into; true for what is no component's. */
static bool component_in(const cJSON *tree, const char *pointer)
{
    char name[80];
    size_t length;

    if (strncmp(pointer, "/components/", 12))
        return true;
    length = strcspn(pointer + 12, "/");
    snprintf(name, sizeof name, "%.*s", (int)(length < 70 ? length : 70), pointer + 12);
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "components"), name) !=
           NULL;
}

static bool component_exists(const struct variant_tree *tree, const char *pointer)
{
    for (size_t i = 0; i < tree->count; i++)
        if (component_in(tree->nodes[i].tree, pointer))
            return true;
    return false;
}

static bool unknown_component(struct reading *reading, const struct setting *setting)
{
    const cJSON *component;
    struct suggest suggest;
    char name[80], message[160], help[120];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(setting->pointer + 12, "/"), setting->pointer + 12);
    suggest_init(&suggest, name);
    for (size_t i = 0; i < reading->tree->count; i++)
        cJSON_ArrayForEach(component,
                           cJSON_GetObjectItemCaseSensitive(reading->tree->nodes[i].tree, "components"))
            suggest_offer(&suggest, component->string);
    for (const struct param_row *row = scenario_params.rows; row->name; row++)
        suggest_offer(&suggest, row->name);
    for (const char *const *other = scenario_other_fields; *other; other++)
        suggest_offer(&suggest, *other);
    snprintf(message, sizeof message, "there is no component \"%.64s\"", name);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    return setting_error(
        reading, setting,
        suggest.best ? help : "a path begins with a component, or a field of the scenario such as time",
        message);
}

static void apply_settings(struct reading *reading, const char *const *settings, size_t count)
{
    struct variant_tree *tree = reading->tree;

    tree->settings = arena_alloc_array(reading->arena, count + 1, sizeof *tree->settings);
    if (!tree->settings) {
        no_memory(reading);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct setting *setting = &tree->settings[tree->setting_count];

        setting->text = settings[i];
        if (!source_text_copy(&setting->source, "--set", settings[i], strlen(settings[i]))) {
            no_memory(reading);
            return;
        }
        tree->setting_count++;
        if (!make_pointer(reading, setting))
            continue;
        if (!component_exists(tree, setting->pointer)) {
            unknown_component(reading, setting);
            continue;
        }
        for (size_t k = 0; k < tree->count; k++) /* a variant may lack the component */
            if (tree->nodes[k].tree && component_in(tree->nodes[k].tree, setting->pointer) &&
                !apply_setting(reading, setting, tree->nodes[k].tree))
                break;
    }
}

/* ---- all of it ---- */

bool variant_tree_init(struct variant_tree *tree, const struct json_document *document,
                       const char *const *settings, size_t setting_count, struct arena *arena,
                       struct diagnostics *diagnostics, bool *out_of_memory)
{
    struct reading reading = { tree, arena, diagnostics, out_of_memory, true };

    *tree = (struct variant_tree){ .document = document };
    if (!cJSON_IsObject(document->root)) {
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, json_document_span(document, "", JSON_PART_VALUE),
                        NULL, NULL,
                        "a scenario is a JSON object: { \"title\": ..., \"components\": { ... } }");
        return false;
    }
    add_nodes(&reading, document->root);
    for (size_t i = 1; i < tree->count; i++)
        link_node(&reading, &tree->nodes[i]);
    for (size_t i = 1; i < tree->count; i++)
        if (!ends(&tree->nodes[i], tree->count)) {
            field_error(&reading, tree->nodes[i].name, "based_on", NULL,
                        "variants are based on each other in a circle");
            return false;
        }
    for (size_t i = 0; i < tree->count && reading.good; i++)
        merge_node(&reading, &tree->nodes[i]);
    if (reading.good)
        apply_settings(&reading, settings, setting_count);
    return reading.good;
}

void variant_tree_deinit(struct variant_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        cJSON_Delete(tree->nodes[i].tree);
    for (size_t i = 0; i < tree->setting_count; i++)
        source_text_deinit(&tree->settings[i].source);
    tree->count = tree->setting_count = 0;
}

/* ---- places ---- */

static bool is_below(const char *pointer, const char *place)
{
    size_t length = strlen(place);

    return !strncmp(pointer, place, length) && (pointer[length] == '\0' || pointer[length] == '/');
}

static bool locate_in_file(const struct variant_tree *tree, const char *prefix, const char *pointer,
                           enum json_part part, struct source_span *span)
{
    struct json_location location;
    size_t size = strlen(prefix) + strlen(pointer) + 1;
    char *whole = malloc(size);
    bool found;

    if (!whole)
        return false;
    snprintf(whole, size, "%s%s", prefix, pointer);
    found = json_locate(tree->document->text.bytes, tree->document->text.size, whole, &location);
    if (found)
        *span = json_document_span(tree->document, whole, part);
    free(whole);
    return found;
}

struct source_span variant_tree_locate(const struct variant_tree *tree, const struct variant_node *node,
                                       const char *pointer, enum json_part part)
{
    struct source_span span;
    char prefix[96];

    for (size_t i = tree->setting_count; i-- > 0;) {
        const struct setting *setting = &tree->settings[i];

        if (setting->pointer && is_below(pointer, setting->pointer))
            return (struct source_span){ &setting->source, 0, setting->source.size };
    }
    for (const struct variant_node *at = node; at && at->patch; at = at->based_on) {
        snprintf(prefix, sizeof prefix, "/variants/%s", at->name);
        if (locate_in_file(tree, prefix, pointer, part, &span))
            return span;
    }
    if (locate_in_file(tree, "", pointer, part, &span))
        return span;
    if (node->patch) { /* something is missing that this variant made: point at the innermost part there is */
        char *shorter = strdup(pointer), *slash;

        while (shorter && (slash = strrchr(shorter, '/'))) {
            *slash = '\0';
            for (const struct variant_node *at = node; *shorter && at && at->patch; at = at->based_on) {
                snprintf(prefix, sizeof prefix, "/variants/%s", at->name);
                if (locate_in_file(tree, prefix, shorter, JSON_PART_KEY, &span)) {
                    free(shorter);
                    return span;
                }
            }
        }
        free(shorter);
    }
    return json_document_span(tree->document, pointer, part);
}
