/* param_distribution.c - laws of durations: "5ms", or { "law": "lognormal", "mean": "20ms", "cv": 2 }.
 *
 * The names come from distribution_laws[] and distribution_parameters[]. Durations are read exactly, as ns,
 * and become seconds by one division. Samples stand in the scenario ("samples": ["1ms", "3ms"]) or in a file
 * beside it ("file": "samples.csv"): one number of seconds a line; empty lines and lines that start with "#"
 * are passed over.
 */
#include "app/param_kind.h"
#include "app/param_value.h"
#include "app/suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WANTED "a duration (\"5ms\") or a law of durations"
#define EXAMPLE "write it like \"5ms\" or { \"law\": \"exponential\", \"mean\": \"5ms\" }"
#define BAD_LINES_MAX 10 /* of one file that are told one by one */
#define LINE_SIZE 64     /* bytes that any number fits in */

/* ---- samples ---- */

static bool keep_samples(struct param_context *context, struct distribution_config *config,
                         const double *samples, size_t count)
{
    double *copy = arena_alloc_array(context->arena, count, sizeof *copy);

    if (!copy)
        return param_no_memory(context);
    if (count > 0)
        memcpy(copy, samples, count * sizeof *copy);
    config->samples = copy;
    config->sample_count = count;
    return true;
}

static bool read_sample_list(struct param_context *context, const cJSON *value,
                             struct distribution_config *config)
{
    size_t count = 0, capacity;
    double *samples;
    bool good = true;

    if (!cJSON_IsArray(value))
        return param_error_type(context, value, "a list of durations", NULL);
    capacity = (size_t)cJSON_GetArraySize(value);
    samples = arena_alloc_array(context->arena, capacity, sizeof *samples);
    if (!samples)
        return param_no_memory(context);
    for (const cJSON *item = value->child; item; item = item->next) {
        struct param_mark mark = param_enter_index(context, count);

        good = param_read_seconds(context, item, &samples[count++]) && good;
        param_leave(context, mark);
    }
    config->samples = samples;
    config->sample_count = count;
    return good;
}

/* One line of a file: a number of seconds. */
static bool parse_line(const char *line, size_t length, double *seconds)
{
    char text[LINE_SIZE], *end;

    if (length >= sizeof text)
        return false;
    memcpy(text, line, length);
    text[length] = '\0';
    if (strspn(text, "0123456789.eE+-") != length)
        return false;
    *seconds = strtod(text, &end);
    return end > text && *end == '\0' && isfinite(*seconds) && *seconds >= 0;
}

/* Cuts blanks off both ends. */
static void trim(const char **line, size_t *length)
{
    while (*length > 0 && strchr(" \t\r", (*line)[*length - 1]))
        --*length;
    while (*length > 0 && strchr(" \t", **line)) {
        ++*line;
        --*length;
    }
}

static void refuse_line(struct param_context *context, const struct source_text *text, const char *line,
                        size_t length)
{
    struct source_span span = { text, (size_t)(line - text->bytes), length };

    context->error_count++;
    diagnostics_add(context->diagnostics, DIAGNOSTIC_ERROR, span, context->path, "write it like 0.005",
                    "a line holds one number of seconds, zero or more");
}

/* Fills `samples`, which has room for each line; returns whether all were good. */
static bool parse_lines(struct param_context *context, const struct source_text *text, double *samples,
                        size_t *count)
{
    const char *end = text->bytes + text->size, *next;
    size_t bad = 0;

    for (const char *at = text->bytes; at < end && bad < BAD_LINES_MAX; at = next) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *line = at;
        size_t length = (size_t)((newline ? newline : end) - at);

        next = newline ? newline + 1 : end;
        trim(&line, &length);
        if (length == 0 || *line == '#')
            continue;
        if (parse_line(line, length, &samples[*count])) {
            ++*count;
        } else {
            refuse_line(context, text, line, length);
            bad++;
        }
    }
    return bad == 0;
}

static bool parse_file(struct param_context *context, const struct source_text *text, void *config)
{
    size_t lines = 1, count = 0;
    double *samples;
    bool good;

    for (size_t i = 0; i < text->size; i++)
        lines += text->bytes[i] == '\n';
    samples = malloc(lines * sizeof *samples);
    if (!samples)
        return param_no_memory(context);
    good = parse_lines(context, text, samples, &count);
    if (good && count == 0)
        good = param_error(context, JSON_PART_VALUE, "write one number of seconds a line",
                           "there are no samples in %s", text->name);
    good = good && keep_samples(context, config, samples, count);
    free(samples);
    return good;
}

/* ---- the fields of a law ---- */

static bool read_parameter(struct param_context *context, const struct distribution_parameter *parameter,
                           const cJSON *value, struct distribution_config *config)
{
    static const struct param_row plain = { .kind = PARAM_KIND_REAL };
    void *slot = (char *)config + parameter->offset;

    if (cJSON_IsNull(value))
        return param_error(context, JSON_PART_VALUE, "leave the field out instead", "null is no value here");
    if (parameter->bit == DISTRIBUTION_SAMPLES)
        return read_sample_list(context, value, config);
    if (parameter->has_unit)
        return param_read_seconds(context, value, slot);
    return param_read_number(context, &plain, value, slot);
}

static const struct distribution_parameter *find_parameter(const char *name)
{
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++)
        if (strcmp(distribution_parameters[i].name, name) == 0)
            return &distribution_parameters[i];
    return NULL;
}

static bool refuse_field(struct param_context *context, const char *name)
{
    char help[256];
    struct suggest suggest;

    suggest_init(&suggest, name);
    suggest_offer(&suggest, "law");
    suggest_offer(&suggest, "file");
    for (size_t i = 0; i < DISTRIBUTION_PARAMETER_COUNT; i++)
        suggest_offer(&suggest, distribution_parameters[i].name);
    return param_error(context, JSON_PART_KEY, param_did_you_mean(&suggest, help, sizeof help),
                       "no such field");
}

static bool read_field(struct param_context *context, const cJSON *value, struct distribution_config *config)
{
    const struct distribution_parameter *parameter = find_parameter(value->string);
    struct param_mark mark;
    bool good = true;

    if (strcmp(value->string, "law") == 0)
        return true;
    mark = param_enter(context, value->string);
    if (parameter)
        good = read_parameter(context, parameter, value, config);
    else if (strcmp(value->string, "file") == 0)
        good = param_read_file(context, value, "the name of a file", parse_file, config);
    else
        good = refuse_field(context, value->string);
    param_leave(context, mark);
    return good;
}

static bool read_law(struct param_context *context, const cJSON *object, enum distribution_law *law)
{
    struct param_choice choices[DISTRIBUTION_LAW_COUNT + 1] = { 0 };
    struct param_row row = { .name = "law", .kind = PARAM_KIND_CHOICE, .choices = choices };
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "law");
    struct param_mark mark = param_enter(context, "law");
    int chosen = 0;
    bool good;

    for (int i = 0; i < DISTRIBUTION_LAW_COUNT; i++)
        choices[i] = (struct param_choice){ .name = distribution_laws[i].name, .value = i };
    good = value ? param_read_choice(context, &row, value, &chosen)
                 : param_error(context, JSON_PART_KEY, "write it like \"law\": \"exponential\"",
                               "required field is missing");
    param_leave(context, mark);
    *law = (enum distribution_law)chosen;
    return good;
}

/* Exactly one of "samples" and "file" may give the samples. */
static bool check_sources(struct param_context *context, const cJSON *object)
{
    if (!cJSON_GetObjectItemCaseSensitive(object, "samples") ||
        !cJSON_GetObjectItemCaseSensitive(object, "file"))
        return true;
    return param_error(context, JSON_PART_VALUE, "leave one of them out",
                       "has both \"samples\" and \"file\"");
}

static bool check_law(struct param_context *context, const struct param_row *row,
                      const struct distribution_config *config)
{
    struct distribution distribution;
    char error[256];

    if (!distribution_check(config, error, sizeof error))
        return param_error(context, JSON_PART_VALUE, NULL, "%s", error);
    distribution_init(&distribution, config);
    return isinf(distribution_mean(&distribution)) ||
           param_check_range(context, row, NULL, distribution_mean(&distribution));
}

static bool read_object(struct param_context *context, const struct param_row *row, const cJSON *object,
                        struct distribution_config *config)
{
    enum distribution_law law;
    bool good = read_law(context, object, &law);

    *config = distribution_config_of(law);
    for (const cJSON *value = object->child; value; value = value->next)
        good = read_field(context, value, config) && good;
    good = check_sources(context, object) && good;
    return good && check_law(context, row, config);
}

bool param_read_distribution(struct param_context *context, const struct param_row *row, const cJSON *value,
                             void *slot)
{
    const struct param_row constant = { .kind = PARAM_KIND_DURATION, .word = row->word };
    struct distribution_config config = distribution_config_of(DISTRIBUTION_CONSTANT);
    int64_t ns = 0;
    bool good;

    if (cJSON_IsObject(value))
        good = read_object(context, row, value, &config);
    else if (cJSON_IsString(value) || cJSON_IsNumber(value))
        good = param_read_quantity(context, &constant, value, &ns);
    else
        return param_error_type(context, value, WANTED, EXAMPLE);
    if (good && !cJSON_IsObject(value)) {
        config.mean = (double)ns / 1e9;
        good = check_law(context, row, &config);
    }
    memcpy(slot, &config, sizeof config);
    return good;
}
