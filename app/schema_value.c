#include "app/schema_value.h"

#include "app/param_kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

cJSON *schema_add(struct schema_builder *builder, cJSON *parent, const char *name, cJSON *item)
{
    if (parent && item && cJSON_AddItemToObject(parent, name, item))
        return item;
    cJSON_Delete(item);
    builder->out_of_memory = true;
    return NULL;
}

cJSON *schema_append(struct schema_builder *builder, cJSON *array, cJSON *item)
{
    if (array && item && cJSON_AddItemToArray(array, item))
        return item;
    cJSON_Delete(item);
    builder->out_of_memory = true;
    return NULL;
}

void schema_text(struct schema_builder *builder, cJSON *parent, const char *name, const char *text)
{
    schema_add(builder, parent, name, cJSON_CreateString(text));
}

void schema_json(struct schema_builder *builder, cJSON *parent, const char *name, const char *text)
{
    schema_add(builder, parent, name, cJSON_Parse(text));
}

cJSON *schema_reference(struct schema_builder *builder, const char *name)
{
    cJSON *schema = cJSON_CreateObject();
    char target[SCHEMA_NAME_SIZE + 32];

    snprintf(target, sizeof target, "#/definitions/%s", name);
    schema_text(builder, schema, "$ref", target);
    return schema;
}

cJSON *schema_word(struct schema_builder *builder, const char *word)
{
    cJSON *schema = cJSON_CreateObject();

    schema_text(builder, schema, "const", word);
    return schema;
}

/* ---- kinds ---- */

static cJSON *of_type(struct schema_builder *builder, const char *type)
{
    cJSON *schema = cJSON_CreateObject();

    schema_text(builder, schema, "type", type);
    return schema;
}

static cJSON *of_number(struct schema_builder *builder, const struct param_row *row, const char *type)
{
    struct param_bounds bounds = param_bounds_of(row);
    cJSON *schema = of_type(builder, type);

    if (isfinite(bounds.min))
        schema_add(builder, schema, bounds.min_exclusive ? "exclusiveMinimum" : "minimum",
                   cJSON_CreateNumber(bounds.min));
    if (isfinite(bounds.max))
        schema_add(builder, schema, "maximum", cJSON_CreateNumber(bounds.max));
    return schema;
}

/* A string is compared as it is written; of bounds, a pattern can say "not zero" and "at most 100%". */
static cJSON *of_quantity(struct schema_builder *builder, const struct param_row *row)
{
    const struct param_kind_row *kind = &param_kinds[row->kind];
    struct param_bounds bounds = param_bounds_of(row);
    bool is_share = row->kind == PARAM_KIND_FRACTION && bounds.max <= 1;
    cJSON *schema = of_type(builder, "string");

    schema_text(builder, schema, "pattern", is_share ? PARAM_SHARE_PATTERN : kind->pattern);
    if (bounds.min > 0 || (bounds.min == 0 && bounds.min_exclusive))
        schema_json(builder, schema, "allOf", "[{\"pattern\":\"[1-9]\"}]");
    schema_json(builder, schema, "examples", "[]");
    schema_append(builder, cJSON_GetObjectItemCaseSensitive(schema, "examples"), cJSON_Parse(kind->example));
    return schema;
}

/* Of any length. */
static cJSON *of_duration(struct schema_builder *builder)
{
    static const struct param_row row = { .kind = PARAM_KIND_DURATION };

    return of_quantity(builder, &row);
}

/* One word each with its help, which editors show beside it. */
static cJSON *of_choices(struct schema_builder *builder, const struct param_row *row)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *list = schema_add(builder, schema, "oneOf", cJSON_CreateArray());

    for (const struct param_choice *choice = row->choices; choice->name; choice++) {
        cJSON *word = schema_append(builder, list, schema_word(builder, choice->name));

        if (choice->help)
            schema_text(builder, word, "description", choice->help);
    }
    return schema;
}

/* "5%" or 0.05 */
static cJSON *of_fraction(struct schema_builder *builder, const struct param_row *row)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *list = schema_add(builder, schema, "anyOf", cJSON_CreateArray());

    schema_append(builder, list, of_quantity(builder, row));
    schema_append(builder, list, of_number(builder, row, "number"));
    return schema;
}

/* A number, or a text with one of some units. */
static cJSON *of_any_quantity(struct schema_builder *builder, const struct param_row *row)
{
    static const enum param_kind kinds[] = { PARAM_KIND_FRACTION, PARAM_KIND_DURATION, PARAM_KIND_RATE,
                                             PARAM_KIND_BYTES, PARAM_KIND_MONEY_RATE };
    cJSON *schema = cJSON_CreateObject();
    cJSON *list = schema_add(builder, schema, "anyOf", cJSON_CreateArray());

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        /* "960%" is no share of all, but a quantity */
        struct param_row one = { .kind = kinds[i], .max = 1e18, .min_exclusive = row->min_exclusive };

        schema_append(builder, list, of_quantity(builder, &one));
    }
    schema_append(builder, list, of_number(builder, row, "number"));
    return schema;
}

cJSON *schema_scalar(struct schema_builder *builder, const struct param_row *row, bool is_patch)
{
    switch (row->kind) {
    case PARAM_KIND_BOOL:
        return of_type(builder, "boolean");
    case PARAM_KIND_COUNT:
        return of_number(builder, row, "integer");
    case PARAM_KIND_REAL:
        return of_number(builder, row, "number");
    case PARAM_KIND_FRACTION:
        return of_fraction(builder, row);
    case PARAM_KIND_QUANTITY:
        return of_any_quantity(builder, row);
    case PARAM_KIND_CHOICE:
        return of_choices(builder, row);
    case PARAM_KIND_DISTRIBUTION:
        return schema_reference(builder, is_patch ? "distribution.patch" : "distribution");
    case PARAM_KIND_TEXT:
    case PARAM_KIND_ARRIVAL_TRACE:
    case PARAM_KIND_REFERENCE:
        return of_type(builder, "string");
    default:
        return of_quantity(builder, row);
    }
}

/* ---- laws ---- */

static cJSON *of_parameter(struct schema_builder *builder, const struct distribution_parameter *parameter)
{
    cJSON *schema;

    if (parameter->bit == DISTRIBUTION_SAMPLES) {
        schema = of_type(builder, "array");
        schema_add(builder, schema, "items", of_duration(builder));
        schema_add(builder, schema, "minItems", cJSON_CreateNumber(1));
    } else if (parameter->has_unit) {
        schema = of_duration(builder);
    } else {
        schema = of_type(builder, "number");
        schema_add(builder, schema, "minimum", cJSON_CreateNumber(parameter->least));
        schema_add(builder, schema, "maximum", cJSON_CreateNumber(parameter->greatest));
    }
    schema_text(builder, schema, "description", parameter->help);
    return schema;
}

static void add_file(struct schema_builder *builder, cJSON *properties, const char *type)
{
    cJSON *file = schema_add(builder, properties, "file", cJSON_CreateObject());

    schema_json(builder, file, "type", type);
    schema_text(builder, file, "description",
                "samples in a file beside the scenario: a number of seconds a line");
}

/* One law with exactly one set of parameters; is_file: its samples come from a file. */
static cJSON *of_law(struct schema_builder *builder, const struct distribution_law_row *law, unsigned set,
                     bool is_file)
{
    cJSON *schema = of_type(builder, "object");
    cJSON *required = schema_add(builder, schema, "required", cJSON_CreateArray());
    cJSON *properties = schema_add(builder, schema, "properties", cJSON_CreateObject());

    schema_text(builder, schema, "description", law->help);
    schema_append(builder, required, cJSON_CreateString("law"));
    schema_add(builder, properties, "law", schema_word(builder, law->name));
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++) {
        const struct distribution_parameter *parameter = &distribution_parameters[i];

        if (!(set & parameter->bit) || is_file)
            continue;
        schema_append(builder, required, cJSON_CreateString(parameter->name));
        schema_add(builder, properties, parameter->name, of_parameter(builder, parameter));
    }
    if (is_file) {
        schema_append(builder, required, cJSON_CreateString("file"));
        add_file(builder, properties, "\"string\"");
    }
    schema_add(builder, schema, "additionalProperties", cJSON_CreateFalse());
    return schema;
}

static void add_laws(struct schema_builder *builder, cJSON *list)
{
    for (size_t i = 0; i < DISTRIBUTION_LAW_COUNT; i++) {
        const struct distribution_law_row *law = &distribution_laws[i];

        for (size_t k = 0; k < DISTRIBUTION_ALTERNATIVES; k++)
            if (law->alternatives[k])
                schema_append(builder, list, of_law(builder, law, law->alternatives[k], false));
        if (law->alternatives[0] & DISTRIBUTION_SAMPLES)
            schema_append(builder, list, of_law(builder, law, law->alternatives[0], true));
    }
}

/* What changes a law: any of its fields, or null to remove one. */
static cJSON *of_law_patch(struct schema_builder *builder)
{
    cJSON *schema = of_type(builder, "object");
    cJSON *properties = schema_add(builder, schema, "properties", cJSON_CreateObject());
    cJSON *law = schema_add(builder, properties, "law", cJSON_CreateObject());
    cJSON *names = schema_add(builder, law, "enum", cJSON_CreateArray());

    for (size_t i = 0; i < DISTRIBUTION_LAW_COUNT; i++)
        schema_append(builder, names, cJSON_CreateString(distribution_laws[i].name));
    schema_text(builder, law, "description", "which law the times follow");
    add_file(builder, properties, "[\"string\",\"null\"]");
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++) {
        const struct distribution_parameter *parameter = &distribution_parameters[i];
        cJSON *value = schema_add(builder, properties, parameter->name, cJSON_CreateObject());
        cJSON *list = schema_add(builder, value, "anyOf", cJSON_CreateArray());

        schema_append(builder, list, of_parameter(builder, parameter));
        schema_append(builder, list, of_type(builder, "null"));
        schema_text(builder, value, "description", parameter->help);
    }
    schema_add(builder, schema, "additionalProperties", cJSON_CreateFalse());
    return schema;
}

void schema_define_distribution(struct schema_builder *builder)
{
    cJSON *whole = schema_add(builder, builder->definitions, "distribution", cJSON_CreateObject());
    cJSON *patch = schema_add(builder, builder->definitions, "distribution.patch", cJSON_CreateObject());
    cJSON *list = schema_add(builder, whole, "anyOf", cJSON_CreateArray());

    schema_append(builder, list, of_duration(builder));
    add_laws(builder, list);
    list = schema_add(builder, patch, "anyOf", cJSON_CreateArray());
    schema_append(builder, list, schema_reference(builder, "distribution"));
    schema_append(builder, list, of_law_patch(builder));
}
