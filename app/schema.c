#include "app/schema.h"

#include "app/param_kind.h"
#include "app/scenario.h"
#include "app/schema_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE "scalesim scenario"
#define NULL_ONLY "{\"type\":\"null\"}"

/* What a table's definition is for. */
struct flavour {
    bool is_patch;
    const char *owner; /* definitions of nested tables are named below this: "web_server.handlers" */
};

/* ---- definitions ---- */

/* The name of a table's definition, which is noted as wanted when it is new. */
static const char *want_table(struct schema_builder *builder, const struct param_table *table, bool is_patch,
                              const char *owner, const char *row_name)
{
    struct schema_table *entry = builder->tables;
    size_t same = 1;
    char name[SCHEMA_NAME_SIZE];

    for (; entry < builder->tables + builder->table_count; entry++)
        if (entry->table == table && entry->is_patch == is_patch)
            return entry->name;
    if (builder->table_count == SCHEMA_TABLES_MAX) { /* more kinds of objects than any program has */
        builder->out_of_memory = true;
        return "distribution";
    }
    snprintf(name, sizeof name, "%.150s%s%.64s%s", owner, owner[0] ? "." : "", row_name,
             is_patch ? ".patch" : "");
    for (size_t i = 0; i < builder->table_count; i++)
        same += strncmp(builder->tables[i].name, name, sizeof name) == 0;
    snprintf(entry->name, sizeof entry->name, same > 1 ? "%.220s.%zu" : "%.220s", name, same);
    entry->table = table;
    entry->is_patch = is_patch;
    builder->table_count++;
    return entry->name;
}

static cJSON *of_map(struct schema_builder *builder, const struct param_row *row, cJSON *element)
{
    struct param_bounds bounds = param_bounds_of(row);
    cJSON *schema = cJSON_CreateObject();
    cJSON *names;

    schema_text(builder, schema, "type", "object");
    names = schema_add(builder, schema, "propertyNames", cJSON_CreateObject());
    schema_text(builder, names, "pattern", PARAM_NAME_PATTERN);
    schema_add(builder, schema, "additionalProperties", element);
    if (bounds.min > 0)
        schema_add(builder, schema, "minProperties", cJSON_CreateNumber(bounds.min));
    if (isfinite(bounds.max))
        schema_add(builder, schema, "maxProperties", cJSON_CreateNumber(bounds.max));
    return schema;
}

/* A patch of a map: under a name that none has, null removes nothing, and does no harm. */
static cJSON *of_map_patch(struct schema_builder *builder, cJSON *element)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *named;

    schema_text(builder, schema, "type", "object");
    named = schema_add(builder, schema, "patternProperties", cJSON_CreateObject());
    schema_add(builder, named, PARAM_NAME_PATTERN, element);
    schema_json(builder, schema, "additionalProperties", NULL_ONLY);
    return schema;
}

static cJSON *of_list(struct schema_builder *builder, const struct param_row *row, cJSON *element)
{
    struct param_bounds bounds = param_bounds_of(row);
    cJSON *schema = cJSON_CreateObject();

    schema_text(builder, schema, "type", "array");
    schema_add(builder, schema, "items", element);
    if (bounds.min > 0)
        schema_add(builder, schema, "minItems", cJSON_CreateNumber(bounds.min));
    if (isfinite(bounds.max))
        schema_add(builder, schema, "maxItems", cJSON_CreateNumber(bounds.max));
    return schema;
}

/* { "anyOf": [the list, its only element] } */
static cJSON *or_lone(struct schema_builder *builder, cJSON *list, cJSON *element)
{
    cJSON *whole = cJSON_CreateObject();
    cJSON *choices = schema_add(builder, whole, "anyOf", cJSON_CreateArray());

    schema_append(builder, choices, list);
    schema_append(builder, choices, element);
    return whole;
}

/* { "anyOf": [schema, null] } */
static cJSON *or_null(struct schema_builder *builder, cJSON *schema)
{
    cJSON *whole = cJSON_CreateObject();
    cJSON *list = schema_add(builder, whole, "anyOf", cJSON_CreateArray());

    schema_append(builder, list, schema);
    schema_json(builder, whole, "$comment", "\"null removes it\"");
    schema_append(builder, list, cJSON_Parse(NULL_ONLY));
    return whole;
}

/* Of what one row's value may be, words aside. */
static cJSON *of_value(struct schema_builder *builder, const struct param_row *row, struct flavour flavour)
{
    bool is_patch = flavour.is_patch && row->kind != PARAM_KIND_LIST; /* lists are replaced whole */
    cJSON *element;

    if (!row->table)
        return schema_scalar(builder, row, flavour.is_patch);
    element = schema_reference(builder, want_table(builder, row->table, is_patch, flavour.owner, row->name));
    if (row->kind == PARAM_KIND_LIST && row->lone)
        return or_lone(
            builder, of_list(builder, row, element),
            schema_reference(builder, want_table(builder, row->table, is_patch, flavour.owner, row->name)));
    if (row->kind == PARAM_KIND_LIST)
        return of_list(builder, row, element);
    if (row->kind != PARAM_KIND_MAP)
        return element;
    if (!is_patch)
        return of_map(builder, row, element);
    return of_map_patch(builder, or_null(builder, element));
}

/* The row's word, and "none" of what is optional, beside other values. */
static cJSON *with_words(struct schema_builder *builder, const struct param_row *row, cJSON *schema)
{
    bool has_none = row->kind == PARAM_KIND_OPTIONAL && !(row->word && strcmp(row->word, "none") == 0);
    cJSON *whole, *list;

    if (!row->word && !has_none)
        return schema;
    whole = cJSON_CreateObject();
    list = schema_add(builder, whole, "anyOf", cJSON_CreateArray());
    schema_append(builder, list, schema);
    if (row->word)
        schema_append(builder, list, schema_word(builder, row->word));
    if (has_none)
        schema_append(builder, list, schema_word(builder, "none"));
    return whole;
}

/* What a schema of a row says beside its values. Siblings of "$ref" would be passed over. */
static cJSON *of_row(struct schema_builder *builder, const struct param_row *row, struct flavour flavour)
{
    cJSON *schema = with_words(builder, row, of_value(builder, row, flavour));

    if (flavour.is_patch)
        schema = or_null(builder, schema);
    if (cJSON_GetObjectItemCaseSensitive(schema, "$ref")) {
        cJSON *whole = cJSON_CreateObject();

        schema_append(builder, schema_add(builder, whole, "allOf", cJSON_CreateArray()), schema);
        schema = whole;
    }
    if (row->help)
        schema_text(builder, schema, "description", row->help);
    if (row->default_text && !flavour.is_patch)
        schema_json(builder, schema, "default", row->default_text);
    return schema;
}

/* ---- verbs ---- */

/* [{ "required": [VERB] }, ...] of the verbs whose bits are set. */
static cJSON *of_verbs(struct schema_builder *builder, const struct param_table *table, uint64_t bits)
{
    cJSON *list = cJSON_CreateArray();

    for (const struct param_row *row = table->rows; row->name; row++)
        if (row->verb && (bits & param_verb_bit(row->verb))) {
            cJSON *one = schema_append(builder, list, cJSON_CreateObject());

            schema_append(builder, schema_add(builder, one, "required", cJSON_CreateArray()),
                          cJSON_CreateString(row->name));
        }
    return list;
}

static bool needs_option(const struct param_row *option)
{
    return option->verbs && !option->verb && !option->default_text;
}

/* Options that the verb `row` cannot do without. */
static cJSON *of_needed(struct schema_builder *builder, const struct param_table *table,
                        const struct param_row *row)
{
    cJSON *names = cJSON_CreateArray();

    for (const struct param_row *option = table->rows; option->name; option++)
        if (needs_option(option) && (option->verbs & param_verb_bit(row->verb)))
            schema_append(builder, names, cJSON_CreateString(option->name));
    return names;
}

/* Exactly one verb; each option with its own verbs only, and the other way round where it is needed. */
static void add_verbs(struct schema_builder *builder, cJSON *schema, const struct param_table *table)
{
    cJSON *dependencies = schema_add(builder, schema, "dependencies", cJSON_CreateObject());

    schema_add(builder, schema, "oneOf", of_verbs(builder, table, UINT64_MAX));
    for (const struct param_row *row = table->rows; row->name; row++) {
        if (row->verb) {
            schema_add(builder, dependencies, row->name, of_needed(builder, table, row));
        } else if (row->verbs) {
            cJSON *one = schema_add(builder, dependencies, row->name, cJSON_CreateObject());

            schema_add(builder, one, "anyOf", of_verbs(builder, table, row->verbs));
        }
    }
}

/* ---- objects ---- */

/* A JSON object without rows yet; `required` is NULL in a patch, where null also removes fields that only the
 * type has which the patch takes away. */
static cJSON *start_object(struct schema_builder *builder, struct flavour flavour)
{
    cJSON *schema = cJSON_CreateObject();

    schema_text(builder, schema, "type", "object");
    schema_json(builder, schema, "additionalProperties", flavour.is_patch ? NULL_ONLY : "false");
    schema_add(builder, schema, "properties", cJSON_CreateObject());
    if (!flavour.is_patch)
        schema_add(builder, schema, "required", cJSON_CreateArray());
    return schema;
}

static void add_row(struct schema_builder *builder, cJSON *schema, const struct param_row *row,
                    struct flavour flavour)
{
    cJSON *required = cJSON_GetObjectItemCaseSensitive(schema, "required");

    schema_add(builder, cJSON_GetObjectItemCaseSensitive(schema, "properties"), row->name,
               of_row(builder, row, flavour));
    if (!flavour.is_patch && param_is_required(row))
        schema_append(builder, required, cJSON_CreateString(row->name));
}

static void add_rows(struct schema_builder *builder, cJSON *schema, const struct param_table *table,
                     struct flavour flavour)
{
    for (; table; table = table->also) {
        for (const struct param_row *row = table->rows; row->name; row++)
            add_row(builder, schema, row, flavour);
        if (table->has_verbs && !flavour.is_patch)
            add_verbs(builder, schema, table);
    }
}

static cJSON *of_table(struct schema_builder *builder, const struct param_table *table,
                       struct flavour flavour)
{
    const struct param_row *sole = param_sole_row(table);
    cJSON *schema = start_object(builder, flavour), *whole, *list;

    add_rows(builder, schema, table, flavour);
    if (table->help)
        schema_text(builder, schema, "description", table->help);
    if (!sole)
        return schema;
    whole = cJSON_CreateObject(); /* the row's value by itself */
    list = schema_add(builder, whole, "anyOf", cJSON_CreateArray());
    schema_append(builder, list, of_value(builder, sole, flavour));
    schema_append(builder, list, schema);
    return whole;
}

/* Defines all tables that are wanted, and those that they want in turn. */
static void define_tables(struct schema_builder *builder)
{
    for (size_t i = 0; i < builder->table_count && !builder->out_of_memory; i++) {
        struct schema_table *entry = &builder->tables[i];
        struct flavour flavour = { entry->is_patch, NULL };
        char owner[SCHEMA_NAME_SIZE];
        char *patch;

        snprintf(owner, sizeof owner, "%s", entry->name);
        patch = strstr(owner, ".patch");
        if (patch)
            *patch = '\0';
        flavour.owner = owner;
        schema_add(builder, builder->definitions, entry->name, of_table(builder, entry->table, flavour));
    }
}

/* ---- components ---- */

/* A field that every component has, as this type has it: there can be only one of some. */
static struct param_row row_of_type(const struct model_type *type, const struct param_row *row)
{
    struct param_row own = *row;

    if (!type->many && strcmp(row->name, "count") == 0)
        own.max = 1;
    return own;
}

static void define_type(struct schema_builder *builder, const struct model_type *type,
                        const struct param_table *common, bool is_patch)
{
    struct flavour flavour = { is_patch, type->component.name };
    cJSON *schema = start_object(builder, flavour), *word = schema_word(builder, type->component.name);
    char name[SCHEMA_NAME_SIZE];

    schema_text(builder, schema, "description", type->summary);
    schema_add(builder, cJSON_GetObjectItemCaseSensitive(schema, "properties"), "type", word);
    if (!is_patch)
        schema_append(builder, cJSON_GetObjectItemCaseSensitive(schema, "required"),
                      cJSON_CreateString("type"));
    for (; common; common = common->also)
        for (const struct param_row *row = common->rows; row->name; row++) {
            struct param_row own = row_of_type(type, row);

            if (strcmp(row->name, "type") != 0)
                add_row(builder, schema, &own, (struct flavour){ is_patch, "component" });
        }
    if (type->params)
        add_rows(builder, schema, type->params, flavour);
    snprintf(name, sizeof name, "%.128s%s", type->component.name, is_patch ? ".patch" : "");
    schema_add(builder, builder->definitions, name, schema);
}

/* "type" with every type's name and summary, which editors show beside it. */
static cJSON *of_type_names(struct schema_builder *builder, const struct model_type *const *types)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *names = schema_add(builder, schema, "oneOf", cJSON_CreateArray());

    schema_text(builder, schema, "description", "What the component is.");
    for (; *types; types++)
        if (!(*types)->hidden) {
            cJSON *name = schema_append(builder, names, schema_word(builder, (*types)->component.name));

            schema_text(builder, name, "description", (*types)->summary);
        }
    return schema;
}

/* { "if": type is NAME, "then": its definition } */
static cJSON *of_branch(struct schema_builder *builder, const char *type)
{
    cJSON *branch = cJSON_CreateObject();
    cJSON *condition = schema_add(builder, branch, "if", cJSON_CreateObject());
    cJSON *properties = schema_add(builder, condition, "properties", cJSON_CreateObject());

    schema_json(builder, condition, "required", "[\"type\"]");
    schema_add(builder, properties, "type", schema_word(builder, type));
    schema_add(builder, branch, "then", schema_reference(builder, type));
    return branch;
}

static void define_component(struct schema_builder *builder, const struct model_type *const *types)
{
    cJSON *schema = schema_add(builder, builder->definitions, "component", cJSON_CreateObject());
    cJSON *properties, *branches;

    schema_text(builder, schema, "type", "object");
    schema_json(builder, schema, "required", "[\"type\"]");
    properties = schema_add(builder, schema, "properties", cJSON_CreateObject());
    schema_add(builder, properties, "type", of_type_names(builder, types));
    branches = schema_add(builder, schema, "allOf", cJSON_CreateArray());
    for (; *types; types++)
        if (!(*types)->hidden)
            schema_append(builder, branches, of_branch(builder, (*types)->component.name));
}

/* A patch of a component fits one type at least; it need not say which. */
static void define_component_patch(struct schema_builder *builder, const struct model_type *const *types)
{
    cJSON *schema = schema_add(builder, builder->definitions, "component.patch", cJSON_CreateObject());
    cJSON *list = schema_add(builder, schema, "anyOf", cJSON_CreateArray());

    schema_json(builder, schema, "$comment", "\"null removes the component\"");
    schema_append(builder, list, cJSON_Parse(NULL_ONLY));
    for (; *types; types++)
        if (!(*types)->hidden) {
            char name[SCHEMA_NAME_SIZE];

            snprintf(name, sizeof name, "%.128s.patch", (*types)->component.name);
            schema_append(builder, list, schema_reference(builder, name));
        }
}

/* ---- the whole ---- */

/* Adds a property that the table did not bring itself. */
static void add_unless_there(struct schema_builder *builder, cJSON *properties, const char *name,
                             cJSON *schema)
{
    if (cJSON_GetObjectItemCaseSensitive(properties, name))
        cJSON_Delete(schema);
    else
        schema_add(builder, properties, name, schema);
}

/* A map of what the definition `element` says, by names, of which one is taken. */
static cJSON *of_named(struct schema_builder *builder, const char *element, double count_max,
                       const char *reserved, const char *description)
{
    const struct param_row row = { .kind = PARAM_KIND_MAP, .max = count_max };
    cJSON *schema = of_map(builder, &row, schema_reference(builder, element));

    schema_add(builder, cJSON_GetObjectItemCaseSensitive(schema, "propertyNames"), "not",
               schema_word(builder, reserved));
    schema_text(builder, schema, "description", description);
    return schema;
}

static cJSON *of_components(struct schema_builder *builder)
{
    cJSON *schema = of_named(builder, "component", SCENARIO_COMPONENTS_MAX, "total",
                             "The architecture and its load.");

    schema_add(builder, schema, "minProperties", cJSON_CreateNumber(1));
    return schema;
}

static cJSON *of_component_patches(struct schema_builder *builder)
{
    cJSON *schema = of_map_patch(builder, schema_reference(builder, "component.patch"));

    schema_text(builder, schema, "description", "Patches of components.");
    return schema;
}

static void add_text_property(struct schema_builder *builder, cJSON *properties, const char *name,
                              const char *help)
{
    cJSON *schema = cJSON_CreateObject();

    schema_text(builder, schema, "type", "string");
    schema_text(builder, schema, "description", help);
    add_unless_there(builder, properties, name, schema);
}

static void define_variant(struct schema_builder *builder, const struct param_table *top)
{
    struct flavour flavour = { true, "" };
    cJSON *schema = schema_add(builder, builder->definitions, "variant", start_object(builder, flavour));
    cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");

    schema_text(builder, schema, "description", "A patch of the scenario; null removes what it stands for.");
    add_rows(builder, schema, top, flavour);
    add_text_property(builder, properties, "based_on", "The variant that this one starts from.");
    add_unless_there(builder, properties, "components", of_component_patches(builder));
    add_unless_there(builder, properties, "expect", schema_of_expect(builder, true));
}

static cJSON *build(struct schema_builder *builder, const struct param_table *top,
                    const struct param_table *common, const struct model_type *const *types)
{
    struct flavour flavour = { false, "" };
    cJSON *schema = start_object(builder, flavour),
          *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");

    schema_text(builder, schema, "$schema", "http://json-schema.org/draft-07/schema#");
    schema_text(builder, schema, "title", TITLE);
    builder->definitions = schema_add(builder, schema, "definitions", cJSON_CreateObject());
    add_rows(builder, schema, top, flavour);
    add_text_property(builder, properties, "$schema", "Where this schema is, for editors.");
    add_unless_there(builder, properties, "components", of_components(builder));
    add_unless_there(builder, properties, "expect", schema_of_expect(builder, false));
    add_unless_there(
        builder, properties, "variants",
        of_named(builder, "variant", SCENARIO_VARIANTS_MAX, "base", "The same scenario, changed."));
    schema_append(builder, cJSON_GetObjectItemCaseSensitive(schema, "required"),
                  cJSON_CreateString("components"));
    schema_define_distribution(builder);
    define_component(builder, types);
    define_component_patch(builder, types);
    define_variant(builder, top);
    for (; *types; types++)
        if (!(*types)->hidden) {
            define_type(builder, *types, common, false);
            define_type(builder, *types, common, true);
        }
    define_tables(builder);
    return schema;
}

cJSON *schema_of_scenario(const struct param_table *top, const struct param_table *common,
                          const struct model_type *const *types)
{
    struct schema_builder builder = { .tables = calloc(SCHEMA_TABLES_MAX, sizeof *builder.tables) };
    cJSON *schema = NULL;

    if (!builder.tables)
        return NULL;
    schema = build(&builder, top, common, types);
    free(builder.tables);
    if (!builder.out_of_memory)
        return schema;
    cJSON_Delete(schema);
    return NULL;
}
