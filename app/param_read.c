#include "app/param_read.h"

#include "app/param_kind.h"
#include "app/param_value.h"
#include "app/suggest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HELP_SIZE 1024
#define WORDS_SIZE 256
#define SUGGESTED_MAX 8 /* rows of a level that misspelt fields were taken for */
#define SEARCH_DEPTH 3  /* levels that a misplaced field is looked for */

/* An object that is being read, below the one around it. */
struct param_level {
    const struct param_level *up;
    struct param_part parts[PARAM_PARTS_MAX];
    size_t part_count;
    const char *const *others;
    const cJSON *object;
    size_t path_length; /* of its path */
    const struct param_row *suggested[SUGGESTED_MAX];
    size_t suggested_count;
};

static bool read_value(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot);

/* ---- rows of a level ---- */

static const struct param_row *find_in_table(const struct param_table *table, const char *name)
{
    for (; table; table = table->also)
        for (const struct param_row *row = table->rows; row->name; row++)
            if (strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

/* The level's row of that name; parts hold the tables of `also`, too. */
static const struct param_row *find_row(const struct param_level *level, const char *name)
{
    for (size_t i = 0; i < level->part_count; i++)
        for (const struct param_row *row = level->parts[i].table->rows; row->name; row++)
            if (strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

static bool is_other(const struct param_level *level, const char *name)
{
    for (const char *const *other = level->others; other && *other; other++)
        if (strcmp(*other, name) == 0)
            return true;
    return false;
}

/* Appends a table and those that it names in `also`. */
static void add_part(struct param_level *level, const struct param_table *table, void *config)
{
    char *at = config;

    while (table) {
        assert(level->part_count < PARAM_PARTS_MAX);
        level->parts[level->part_count++] = (struct param_part){ table, at };
        at += table->also_offset;
        table = table->also;
    }
}

static const cJSON *get(const struct param_level *level, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(level->object, name);
}

/* ---- fields that are not there ---- */

/* Whether a table nested in `row` has a field of that name. */
static bool holds_field(const struct param_row *row, const char *name, int depth)
{
    if (!row->table || depth == 0)
        return false;
    if (find_in_table(row->table, name))
        return true;
    for (const struct param_table *table = row->table; table; table = table->also)
        for (const struct param_row *inner = table->rows; inner->name; inner++)
            if (holds_field(inner, name, depth - 1))
                return true;
    return false;
}

/* Whatever was misspelt is meant for this row: it is not missing as well. */
static void note_suggested(struct param_level *level, const struct param_row *row)
{
    if (level->suggested_count < SUGGESTED_MAX)
        level->suggested[level->suggested_count++] = row;
}

/* A field of that name in an object around this one, or in one inside. */
static bool find_elsewhere(const struct param_context *context, struct param_level *level,
                           const char *name, char *help, size_t size)
{
    for (const struct param_level *up = level->up; up; up = up->up)
        if (find_row(up, name) || is_other(up, name)) {
            snprintf(help, size, "\"%.64s\" is a field of %s%.*s%s", name,
                     up->path_length ? "\"" : "the scenario",
                     (int)(up->path_length < 256 ? up->path_length : 256), context->path,
                     up->path_length ? "\"" : "");
            return true;
        }
    for (size_t i = 0; i < level->part_count; i++)
        for (const struct param_row *row = level->parts[i].table->rows; row->name; row++)
            if (holds_field(row, name, SEARCH_DEPTH)) {
                snprintf(help, size, "\"%.64s\" is a field inside \"%s\"", name, row->name);
                note_suggested(level, row);
                return true;
            }
    return false;
}

/* Every field that a level takes, to a search or a list. */
static void offer_fields(const struct param_level *level, struct suggest *suggest, struct word_list *list)
{
    for (size_t i = 0; i < level->part_count; i++)
        for (const struct param_row *row = level->parts[i].table->rows; row->name; row++) {
            suggest_offer(suggest, row->name);
            word_list_add(list, row->name);
        }
    for (const char *const *other = level->others; other && *other; other++) {
        suggest_offer(suggest, *other);
        word_list_add(list, *other);
    }
}

static void refuse_field(struct param_context *context, struct param_level *level, const cJSON *value)
{
    char help[HELP_SIZE] = "", words[WORDS_SIZE];
    struct word_list list;
    struct suggest suggest;
    struct param_mark mark;

    if (param_errors_full(context)) {
        param_error(context, JSON_PART_KEY, NULL, "no such field");
        return;
    }
    suggest_init(&suggest, value->string);
    word_list_init(&list, words, sizeof words);
    offer_fields(level, &suggest, &list);
    word_list_end(&list, "and");
    if (suggest.best)
        note_suggested(level, find_row(level, suggest.best));
    if (!find_elsewhere(context, level, value->string, help, sizeof help) || suggest.distance <= 1)
        if (!param_did_you_mean(&suggest, help, sizeof help) && !help[0])
            snprintf(help, sizeof help, "the fields here are %s", words);
    mark = param_enter(context, value->string);
    param_error(context, JSON_PART_KEY, help, "no such field");
    param_leave(context, mark);
}

/* Whether a misspelt field was taken for this row: then it is not missing as well. */
static bool was_suggested(const struct param_level *level, const struct param_row *row)
{
    for (size_t i = 0; i < level->suggested_count; i++)
        if (level->suggested[i] == row)
            return true;
    return false;
}

static const char *example_of(const struct param_row *row)
{
    return param_kinds[row->kind].example;
}

static void refuse_missing(struct param_context *context, const struct param_level *level,
                           const struct param_row *row)
{
    char help[HELP_SIZE];
    struct param_mark mark;

    if (was_suggested(level, row))
        return;
    if (row->kind == PARAM_KIND_CHOICE)
        snprintf(help, sizeof help, "write it like \"%s\": \"%s\"", row->name, row->choices->name);
    else
        snprintf(help, sizeof help, "write it like \"%s\": %s", row->name, example_of(row));
    mark = param_enter(context, row->name);
    param_error(context, JSON_PART_KEY, help, "required field is missing");
    param_leave(context, mark);
}

/* ---- verbs ---- */

/* Names of the verbs whose bits are set. */
static const char *name_verbs(const struct param_table *table, uint64_t bits, const char *conjunction,
                              char *text, size_t size)
{
    struct word_list list;

    word_list_init(&list, text, size);
    for (const struct param_row *row = table->rows; row->name; row++)
        if (row->verb && (bits & param_verb_bit(row->verb)))
            word_list_add(&list, row->name);
    return word_list_end(&list, conjunction);
}

/* Stores the verb of an element; 0 with an error if there is not exactly one. */
static int read_verb(struct param_context *context, const struct param_level *level,
                     const struct param_part *part)
{
    const struct param_table *table = part->table;
    uint64_t found = 0;
    int verb = 0, count = 0;
    char words[WORDS_SIZE], help[HELP_SIZE];

    for (const struct param_row *row = table->rows; row->name; row++)
        if (row->verb && get(level, row->name)) {
            found |= param_verb_bit(row->verb);
            verb = row->verb;
            count++;
        }
    if (count == 1) {
        memcpy((char *)part->config + table->verb_offset, &verb, sizeof verb);
        return verb;
    }
    if (count > 1) {
        param_error(context, JSON_PART_VALUE, "make two steps of it",
                    "a step does exactly one thing: found %s",
                    name_verbs(table, found, "and", words, sizeof words));
    } else if (level->suggested_count == 0) {
        snprintf(help, sizeof help, "what it does is %s",
                 name_verbs(table, UINT64_MAX, "or", words, sizeof words));
        param_error(context, JSON_PART_VALUE, help, "a step does exactly one thing: found none");
    }
    return 0;
}

/* An option that is there although it does not go with the element's verb. */
static void refuse_option(struct param_context *context, const struct param_table *table,
                          const struct param_row *row, int verb)
{
    char words[WORDS_SIZE], verb_name[WORDS_SIZE], help[HELP_SIZE];
    struct param_mark mark = param_enter(context, row->name);

    snprintf(help, sizeof help, "it goes with %s", name_verbs(table, row->verbs, "and", words, sizeof words));
    param_error(context, JSON_PART_KEY, help, "does not go with %s",
                name_verbs(table, param_verb_bit(verb), "and", verb_name, sizeof verb_name));
    param_leave(context, mark);
}

/* ---- one object ---- */

static void read_default(struct param_context *context, const struct param_row *row, void *slot)
{
    size_t errors = context->error_count;
    cJSON *value = cJSON_Parse(row->default_text);

    if (!value) {
        param_no_memory(context); /* the contract test parses every default */
        return;
    }
    read_value(context, row, value, slot);
    cJSON_Delete(value);
    assert(context->error_count == errors); /* a default that its own row refuses */
}

static void read_row(struct param_context *context, const struct param_level *level,
                     const struct param_part *part, const struct param_row *row, int verb)
{
    const cJSON *value = get(level, row->name);
    void *slot = (char *)part->config + row->offset;
    bool applies = !row->verbs || (verb && (row->verbs & param_verb_bit(verb)));
    struct param_mark mark;

    if (value && !applies && verb) {
        refuse_option(context, part->table, row, verb);
    } else if (value) {
        mark = param_enter(context, row->name);
        read_value(context, row, value, slot);
        param_leave(context, mark);
    } else if (row->default_text) {
        mark = param_enter(context, row->name);
        read_default(context, row, slot);
        param_leave(context, mark);
    } else if (param_is_required(row) || (row->verbs && applies)) {
        refuse_missing(context, level, row);
    }
}

static void read_level(struct param_context *context, struct param_level *level)
{
    level->up = context->level;
    level->path_length = strlen(context->path);
    for (const cJSON *value = level->object->child; value; value = value->next)
        if (!find_row(level, value->string) && !is_other(level, value->string))
            refuse_field(context, level, value);
    context->level = level;
    for (size_t i = 0; i < level->part_count && !context->out_of_memory; i++) {
        const struct param_part *part = &level->parts[i];
        int verb = part->table->has_verbs ? read_verb(context, level, part) : 0;

        for (const struct param_row *row = part->table->rows; row->name; row++)
            read_row(context, level, part, row, verb);
    }
    context->level = level->up;
}

/* The struct of `table` at `slot` from an element of any JSON type. */
static bool read_element(struct param_context *context, const struct param_table *table, const cJSON *value,
                         void *slot)
{
    const struct param_row *sole = param_sole_row(table);
    struct param_level level = { .object = value };

    if (cJSON_IsNull(value))
        return param_error(context, JSON_PART_VALUE, NULL, "null is no value here");
    if (sole && !cJSON_IsObject(value))
        return read_value(context, sole, value, (char *)slot + sole->offset);
    if (!cJSON_IsObject(value))
        return param_error_type(context, value, param_kinds[PARAM_KIND_OBJECT].name, NULL);
    add_part(&level, table, slot);
    read_level(context, &level);
    return true;
}

/* ---- lists, maps, nested structs ---- */

static bool read_object(struct param_context *context, const struct param_row *row, const cJSON *value,
                        void *slot)
{
    return read_element(context, row->table, value, slot);
}

static bool read_optional(struct param_context *context, const struct param_row *row, const cJSON *value,
                          void *slot)
{
    void *config;

    if (cJSON_IsString(value) && strcmp(value->valuestring, "none") == 0)
        return true;
    config = arena_alloc(context->arena, row->table->size);
    if (!config)
        return param_no_memory(context);
    memcpy(slot, &config, sizeof config);
    return read_element(context, row->table, value, config);
}

static bool check_count(struct param_context *context, const struct param_row *row, size_t count)
{
    struct param_bounds bounds = param_bounds_of(row);
    char range[PARAM_RANGE_SIZE];

    if (param_bounds_hold(&bounds, (double)count))
        return true;
    return param_error(context, JSON_PART_VALUE, NULL, "the number of elements must be %s, not %zu",
                       param_range(row, range, sizeof range), count);
}

static bool check_key(struct param_context *context, const char *key)
{
    if (param_is_name(key))
        return true;
    return param_error(
        context, JSON_PART_KEY,
        "1 to 64 letters, digits, \"_\" and \"-\", and a letter or \"_\" in front, make a name",
        "\"%.80s\" is not a name", key);
}

/* Enters the index-th element, checking a map's key, which becomes the first member. */
static struct param_mark enter_element(struct param_context *context, const struct param_row *row,
                                       const cJSON *value, size_t index, void *element)
{
    struct param_mark mark;
    const char *name;

    if (row->kind == PARAM_KIND_LIST)
        return param_enter_index(context, index);
    mark = param_enter(context, value->string);
    check_key(context, value->string);
    name = arena_strdup(context->arena, value->string);
    if (!name)
        param_no_memory(context);
    memcpy(element, &name, sizeof name);
    return mark;
}

/* An element without the brackets around it. */
static bool read_lone(struct param_context *context, const struct param_row *row, const cJSON *value,
                      void *slot)
{
    struct param_list list = { .count = 1,
                               .items = arena_alloc_array(context->arena, 1, row->table->size) };

    if (!list.items)
        return param_no_memory(context);
    memcpy(slot, &list, sizeof list);
    return read_element(context, row->table, value, (char *)(uintptr_t)list.items);
}

static bool read_elements(struct param_context *context, const struct param_row *row, const cJSON *value,
                          void *slot)
{
    bool is_list = row->kind == PARAM_KIND_LIST;
    struct param_list list = { .count = 0 };
    const struct param_table *table = row->table;
    size_t index = 0;
    char *items;

    if (row->lone && !cJSON_IsArray(value))
        return read_lone(context, row, value, slot);
    if (is_list ? !cJSON_IsArray(value) : !cJSON_IsObject(value))
        return param_error_type(context, value, param_kinds[row->kind].name,
                                is_list && cJSON_IsObject(value) ? "put it between [ and ]" : NULL);
    list.count = (size_t)cJSON_GetArraySize(value);
    items = arena_alloc_array(context->arena, list.count, table->size);
    if (!items)
        return param_no_memory(context);
    list.items = items;
    memcpy(slot, &list, sizeof list);
    check_count(context, row, list.count);
    for (const cJSON *item = value->child; item && !context->out_of_memory; item = item->next, index++) {
        char *element = items + index * table->size;
        struct param_mark mark = enter_element(context, row, item, index, element);

        read_element(context, table, item, element);
        param_leave(context, mark);
    }
    return true;
}

/* ---- values ---- */

typedef bool value_reader(struct param_context *context, const struct param_row *row, const cJSON *value,
                          void *slot);

static value_reader *const readers[PARAM_KIND_COUNT_OF_KINDS] = {
    [PARAM_KIND_BOOL] = param_read_bool,
    [PARAM_KIND_COUNT] = param_read_number,
    [PARAM_KIND_REAL] = param_read_number,
    [PARAM_KIND_DURATION] = param_read_quantity,
    [PARAM_KIND_BYTES] = param_read_quantity,
    [PARAM_KIND_BANDWIDTH] = param_read_quantity,
    [PARAM_KIND_RATE] = param_read_quantity,
    [PARAM_KIND_FRACTION] = param_read_quantity,
    [PARAM_KIND_MONEY] = param_read_quantity,
    [PARAM_KIND_MONEY_RATE] = param_read_quantity,
    [PARAM_KIND_QUANTITY] = param_read_any_quantity,
    [PARAM_KIND_CHOICE] = param_read_choice,
    [PARAM_KIND_TEXT] = param_read_text,
    [PARAM_KIND_DISTRIBUTION] = param_read_distribution,
    [PARAM_KIND_REFERENCE] = param_read_reference,
    [PARAM_KIND_ARRIVAL_TRACE] = param_read_arrival_trace,
    [PARAM_KIND_OBJECT] = read_object,
    [PARAM_KIND_OPTIONAL] = read_optional,
    [PARAM_KIND_LIST] = read_elements,
    [PARAM_KIND_MAP] = read_elements,
};

static bool refuse_null(struct param_context *context, const struct param_row *row)
{
    char help[HELP_SIZE];

    if (row->word)
        snprintf(help, sizeof help, "write \"%s\"", row->word);
    else if (row->default_text)
        snprintf(help, sizeof help, "leave the field out for its default, %s", row->default_text);
    else
        snprintf(help, sizeof help, "write it like %s", example_of(row));
    return param_error(context, JSON_PART_VALUE, help, "null is no value here");
}

static bool read_value(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot)
{
    if (cJSON_IsNull(value))
        return refuse_null(context, row);
    if (row->word && cJSON_IsString(value) && strcmp(value->valuestring, row->word) == 0) {
        param_store_word(row, slot);
        return true;
    }
    return readers[row->kind](context, row, value, slot);
}

/* ---- the door ---- */

bool param_read_parts(const struct param_part *parts, size_t part_count, const char *const *others,
                      const cJSON *object, const char *path, struct param_context *context)
{
    struct param_level level = { .others = others, .object = object };
    size_t errors = context->error_count;
    struct param_mark mark = param_enter_path(context, path);

    for (size_t i = 0; i < part_count; i++)
        add_part(&level, parts[i].table, parts[i].config);
    if (cJSON_IsObject(object))
        read_level(context, &level);
    else
        param_error_type(context, object, param_kinds[PARAM_KIND_OBJECT].name, NULL);
    param_leave(context, mark);
    return context->error_count == errors && !context->out_of_memory;
}

bool param_read(const struct param_table *table, const cJSON *object, const char *path, void *config,
                struct param_context *context)
{
    struct param_part part = { table, config };

    return param_read_parts(&part, 1, NULL, object, path, context);
}
