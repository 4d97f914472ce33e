/* param_value.c - scalar kinds: one function a group of kinds, each fed by the row and by param_kinds[]. */
#include "app/param_value.h"

#include "app/param_kind.h"
#include "app/suggest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HELP_SIZE 256

static const char *json_type(const cJSON *value)
{
    switch (value->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
        return cJSON_IsTrue(value) ? "true" : "false";
    case cJSON_NULL:
        return "null";
    case cJSON_Number:
        return "a number";
    case cJSON_String:
        return "a string";
    case cJSON_Array:
        return "a list";
    default:
        return "an object";
    }
}

bool param_error_type(struct param_context *context, const cJSON *value, const char *wanted, const char *help)
{
    return param_error(context, JSON_PART_VALUE, help, "wants %s, got %s", wanted, json_type(value));
}

const char *param_did_you_mean(const struct suggest *suggest, char *text, size_t size)
{
    if (!suggest->best)
        return NULL;
    snprintf(text, size, "did you mean \"%s\"?", suggest->best);
    return text;
}

static void store_whole(void *slot, double value)
{
    int64_t whole = value >= 9.2e18 ? INT64_MAX : (int64_t)value;

    memcpy(slot, &whole, sizeof whole);
}

static void store_real(void *slot, double value)
{
    memcpy(slot, &value, sizeof value);
}

void param_store_word(const struct param_row *row, void *slot)
{
    enum param_store store = param_kinds[row->kind].store;

    if (store == PARAM_STORE_WHOLE) {
        store_whole(slot, row->word_value);
    } else if (store == PARAM_STORE_REAL) {
        store_real(slot, row->word_value);
    } else if (row->kind == PARAM_KIND_CHOICE) {
        int value = (int)row->word_value;

        memcpy(slot, &value, sizeof value);
    } else if (row->kind == PARAM_KIND_DISTRIBUTION) {
        struct distribution_config config = distribution_config_of(DISTRIBUTION_CONSTANT);

        config.mean = row->word_value;
        memcpy(slot, &config, sizeof config);
    } else if (row->kind == PARAM_KIND_QUANTITY) {
        struct param_quantity quantity = { row->word_value, PARAM_UNIT_NONE };

        memcpy(slot, &quantity, sizeof quantity);
    } /* else what is zero says it: no name, no text, no elements */
}

bool param_check_range(struct param_context *context, const struct param_row *row, const cJSON *value,
                       double number)
{
    struct param_bounds bounds = param_bounds_of(row);
    char range[PARAM_RANGE_SIZE], got[QUANTITY_TEXT_SIZE], help[HELP_SIZE] = "";

    if (param_bounds_hold(&bounds, number))
        return true;
    if (row->kind == PARAM_KIND_FRACTION && cJSON_IsNumber(value) && number > 1 && number <= 100 &&
        bounds.max <= 1)
        snprintf(help, sizeof help, "a fraction is written \"%.15g%%\" or %.15g", number, number / 100);
    else if (row->word)
        snprintf(help, sizeof help, "\"%s\" is possible, too", row->word);
    return param_error(context, JSON_PART_VALUE, help, "must be %s, not %s",
                       param_range(row, range, sizeof range),
                       param_format(row->kind, number, got, sizeof got));
}

/* ---- true, false ---- */

bool param_read_bool(struct param_context *context, const struct param_row *row, const cJSON *value,
                     void *slot)
{
    bool given = cJSON_IsTrue(value);

    if (!cJSON_IsBool(value)) {
        const char *text = cJSON_IsString(value) ? value->valuestring : "";
        const char *help = !strcmp(text, "true") || !strcmp(text, "yes")   ? "write true without quotes"
                           : !strcmp(text, "false") || !strcmp(text, "no") ? "write false without quotes"
                                                                           : NULL;

        return param_error_type(context, value, param_kinds[row->kind].name, help);
    }
    memcpy(slot, &given, sizeof given);
    return true;
}

/* ---- plain numbers ---- */

/* What to write instead of something that is no number. */
static const char *number_help(const struct param_row *row, const cJSON *value, char *help, size_t size)
{
    struct suggest suggest;
    double number;
    char rest;

    help[0] = '\0';
    if (!cJSON_IsString(value))
        return help;
    if (row->word) {
        suggest_init(&suggest, value->valuestring);
        suggest_offer(&suggest, row->word);
        if (suggest.best)
            return param_did_you_mean(&suggest, help, size);
    }
    if (sscanf(value->valuestring, "%lf%c", &number, &rest) == 1 && isfinite(number))
        snprintf(help, size, "write %.15g without quotes", number);
    else if (row->word)
        snprintf(help, size, "write a number or \"%s\"", row->word);
    return help;
}

bool param_read_number(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot)
{
    bool is_count = row->kind == PARAM_KIND_COUNT;
    double number = value->valuedouble;
    char help[HELP_SIZE];

    if (!cJSON_IsNumber(value))
        return param_error_type(context, value, param_kinds[row->kind].name,
                                number_help(row, value, help, sizeof help));
    if (!isfinite(number))
        return param_error(context, JSON_PART_VALUE, NULL, "is too large a number");
    if (is_count && number != floor(number))
        return param_error(context, JSON_PART_VALUE, NULL, "must be a whole number, not %.15g", number);
    if (!param_check_range(context, row, value, number))
        return false;
    if (is_count)
        store_whole(slot, number);
    else
        store_real(slot, number);
    return true;
}

/* ---- quantities ---- */

/* The text of a quantity, if the value is a string or a number (which is then told that it lacks a unit). */
static const char *quantity_text(const cJSON *value, char *text, size_t size)
{
    if (cJSON_IsString(value))
        return value->valuestring;
    if (!cJSON_IsNumber(value))
        return NULL;
    snprintf(text, size, fabs(value->valuedouble) < 1e15 ? "%.15g" : "%.0f", value->valuedouble);
    return text;
}

/* Reads a text into one of the two, by the kind. */
static bool parse_quantity(const struct param_kind_row *kind, const char *text, int64_t *whole, double *real,
                           char *error)
{
    if (kind->parse_whole) {
        if (!kind->parse_whole(text, whole, error, QUANTITY_ERROR_SIZE))
            return false;
        *real = (double)*whole;
        return true;
    }
    return kind->parse_real(text, real, error, QUANTITY_ERROR_SIZE);
}

/* The row's word, if it is near to what was written, or at all possible. */
static const char *word_help(const struct param_row *row, const char *text, char *help, size_t size)
{
    struct suggest suggest;

    if (!row->word)
        return NULL;
    suggest_init(&suggest, text);
    suggest_offer(&suggest, row->word);
    if (suggest.best)
        return param_did_you_mean(&suggest, help, size);
    snprintf(help, size, "\"%s\" is possible, too", row->word);
    return help;
}

bool param_read_quantity(struct param_context *context, const struct param_row *row, const cJSON *value,
                         void *slot)
{
    const struct param_kind_row *kind = &param_kinds[row->kind];
    char number[64], error[QUANTITY_ERROR_SIZE], help[HELP_SIZE];
    const char *text = quantity_text(value, number, sizeof number);
    int64_t whole = 0;
    double real = 0;

    if (!text) {
        snprintf(help, sizeof help, "write it like %s", kind->example);
        return param_error_type(context, value, kind->name, help);
    }
    if (row->kind == PARAM_KIND_FRACTION && cJSON_IsNumber(value))
        real = value->valuedouble; /* 0.3 is fine */
    else if (!parse_quantity(kind, text, &whole, &real, error))
        return param_error(context, JSON_PART_VALUE, word_help(row, text, help, sizeof help), "%s", error);
    if (!isfinite(real))
        return param_error(context, JSON_PART_VALUE, NULL, "is too large");
    if (!param_check_range(context, row, value, real))
        return false;
    if (kind->store == PARAM_STORE_WHOLE)
        memcpy(slot, &whole, sizeof whole);
    else
        store_real(slot, real);
    return true;
}

/* The unit tells what it is; a number without one has none. */
bool param_read_any_quantity(struct param_context *context, const struct param_row *row, const cJSON *value,
                             void *slot)
{
    static const struct {
        enum param_unit unit;
        enum param_kind kind;
        double factor;
    } units[] = {
        { PARAM_UNIT_FRACTION, PARAM_KIND_FRACTION, 1 },
        { PARAM_UNIT_SECONDS, PARAM_KIND_DURATION, 1e-9 },
        { PARAM_UNIT_PER_SECOND, PARAM_KIND_RATE, 1 },
        { PARAM_UNIT_BYTES, PARAM_KIND_BYTES, 1 },
        { PARAM_UNIT_DOLLARS_PER_HOUR, PARAM_KIND_MONEY_RATE, 1 },
    };
    struct param_quantity read = { .value = value->valuedouble, .unit = PARAM_UNIT_NONE };
    char error[QUANTITY_ERROR_SIZE];
    bool good = cJSON_IsNumber(value);

    for (size_t i = 0; !good && cJSON_IsString(value) && i < sizeof units / sizeof *units; i++) {
        int64_t whole;

        good = parse_quantity(&param_kinds[units[i].kind], value->valuestring, &whole, &read.value, error);
        read.value *= units[i].factor;
        read.unit = (int)units[i].unit;
    }
    if (!good && cJSON_IsString(value))
        return param_error(context, JSON_PART_VALUE, "such as \"60%\", \"200ms\", \"50/s\", \"2GB\", \"$5/h\" or 12",
                           "\"%.60s\" is not %s", value->valuestring, param_kinds[row->kind].name);
    if (!good)
        return param_error_type(context, value, param_kinds[row->kind].name, NULL);
    if (!isfinite(read.value))
        return param_error(context, JSON_PART_VALUE, NULL, "is too large a number");
    if (!param_check_range(context, row, value, read.value))
        return false;
    memcpy(slot, &read, sizeof read);
    return true;
}

bool param_read_seconds(struct param_context *context, const cJSON *value, double *seconds)
{
    static const struct param_row row = { .kind = PARAM_KIND_DURATION };
    int64_t ns;

    if (!param_read_quantity(context, &row, value, &ns))
        return false;
    *seconds = (double)ns / 1e9;
    return true;
}

/* ---- words ---- */

static bool refuse_choice(struct param_context *context, const struct param_row *row, const cJSON *value)
{
    char text[512], help[HELP_SIZE];
    struct word_list list;
    struct suggest suggest;
    const char *words;

    word_list_init(&list, text, sizeof text);
    suggest_init(&suggest, cJSON_IsString(value) ? value->valuestring : "");
    for (const struct param_choice *choice = row->choices; choice->name; choice++) {
        word_list_add(&list, choice->name);
        suggest_offer(&suggest, choice->name);
    }
    if (row->word) {
        word_list_add(&list, row->word);
        suggest_offer(&suggest, row->word);
    }
    words = word_list_end(&list, "or");
    if (!cJSON_IsString(value))
        return param_error(context, JSON_PART_VALUE, NULL, "wants %s, got %s", words, json_type(value));
    return param_error(context, JSON_PART_VALUE, param_did_you_mean(&suggest, help, sizeof help),
                       "must be %s, not \"%.100s\"", words, value->valuestring);
}

bool param_read_choice(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot)
{
    const struct param_choice *choice = row->choices;

    while (choice->name && !(cJSON_IsString(value) && strcmp(choice->name, value->valuestring) == 0))
        choice++;
    if (!choice->name)
        return refuse_choice(context, row, value);
    memcpy(slot, &choice->value, sizeof choice->value);
    return true;
}

/* ---- texts, names ---- */

bool param_read_text(struct param_context *context, const struct param_row *row, const cJSON *value,
                     void *slot)
{
    const char *text;

    if (!cJSON_IsString(value))
        return param_error_type(context, value, param_kinds[row->kind].name, "put it in quotes");
    text = arena_strdup(context->arena, value->valuestring);
    if (!text)
        return param_no_memory(context);
    memcpy(slot, &text, sizeof text);
    return true;
}

bool param_read_reference(struct param_context *context, const struct param_row *row, const cJSON *value,
                          void *slot)
{
    struct param_reference *reference;

    if (!cJSON_IsString(value))
        return param_error_type(context, value, param_kinds[row->kind].name,
                                cJSON_IsArray(value) ? "name one, without [ ]" : NULL);
    reference = arena_alloc(context->arena, sizeof *reference);
    if (!reference)
        return param_no_memory(context);
    reference->row = row;
    reference->path = arena_strdup(context->arena, context->path);
    reference->name = arena_strdup(context->arena, value->valuestring);
    if (reference->name && context->resolve)
        reference->name = context->resolve(context->user, row, reference->name);
    if (!reference->path || !reference->name)
        return param_no_memory(context);
    *context->references_end = reference;
    context->references_end = &reference->next;
    memcpy(slot, &reference->name, sizeof reference->name);
    return true;
}
