/* schema_value.h - pieces of a schema: the builder, and schemas of single values. Only for app/schema*.c. */
#ifndef APP_SCHEMA_VALUE_H
#define APP_SCHEMA_VALUE_H

#include "models/param.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define SCHEMA_NAME_SIZE 256 /* bytes, of a definition */
#define SCHEMA_TABLES_MAX 512

/* A table that has, or will have, a definition. */
struct schema_table {
    const struct param_table *table;
    bool is_patch;
    char name[SCHEMA_NAME_SIZE];
};

struct schema_builder {
    cJSON *definitions;
    struct schema_table *tables; /* SCHEMA_TABLES_MAX of them */
    size_t table_count;
    bool out_of_memory;
};

/* Each hands its item over to `parent`; NULL items and failures set out_of_memory.
 * They return the item, or NULL. */
cJSON *schema_add(struct schema_builder *builder, cJSON *parent, const char *name, cJSON *item);
cJSON *schema_append(struct schema_builder *builder, cJSON *array, cJSON *item);
void schema_text(struct schema_builder *builder, cJSON *parent, const char *name, const char *text);

/* A JSON text as a value. */
void schema_json(struct schema_builder *builder, cJSON *parent, const char *name, const char *text);

/* { "$ref": "#/definitions/NAME" } */
cJSON *schema_reference(struct schema_builder *builder, const char *name);

/* { "const": WORD } */
cJSON *schema_word(struct schema_builder *builder, const char *word);

/* Schema of what one row's value may be, without tables: numbers, quantities, words. The row's own word and
 * description are left to the caller. */
cJSON *schema_scalar(struct schema_builder *builder, const struct param_row *row, bool is_patch);

/* Schema of "expect": metrics with their bounds, or "none". */
cJSON *schema_of_expect(struct schema_builder *builder, bool is_patch);

/* Defines "distribution" and "distribution.patch". */
void schema_define_distribution(struct schema_builder *builder);

#endif
