/* param_trace.c - arrivals recorded in a CSV file beside the scenario; see models/arrival_trace.h.
 *
 * Fields are plain: no quotes, no commas inside. Empty lines and lines that start with "#" are passed over.
 * Every error has the line of the file; of one file at most BAD_LINES_MAX are told.
 */
#include "app/param_kind.h"
#include "app/param_value.h"
#include "models/arrival_trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAD_LINES_MAX 10
#define TIME_MAX_S 9000000000 /* 285 years */
#define NAME_SIZE 65
#define NS_DIGITS 9

enum column { COLUMN_TIME, COLUMN_USER, COLUMN_KEY, COLUMN_CLASS, COLUMN_SIZE, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = { "time", "user", "key", "class", "size" };

struct field {
    const char *text;
    size_t length;
};

struct parser {
    struct param_context *context;
    const struct source_text *text;
    int columns[COLUMN_COUNT]; /* where each stands, -1: not there */
    int column_count;
    struct arrival_record *records;
    struct arrival_class *classes;
    size_t count, class_count, bad;
    uint32_t line;
};

__attribute__((format(printf, 4, 5))) static bool refuse(struct parser *parser, struct field field,
                                                         const char *help, const char *format, ...)
{
    struct source_span span = { parser->text, (size_t)(field.text - parser->text->bytes), field.length };
    char message[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    parser->bad++;
    parser->context->error_count++;
    diagnostics_add(parser->context->diagnostics, DIAGNOSTIC_ERROR, span, parser->context->path, help, "%s",
                    message);
    return false;
}

static struct field trimmed(const char *from, const char *to)
{
    while (to > from && strchr(" \t\r", to[-1]))
        to--;
    while (from < to && strchr(" \t", *from))
        from++;
    return (struct field){ from, (size_t)(to - from) };
}

/* Cuts a line at its commas; returns how many fields it has, of which the first COLUMN_COUNT are kept. */
static int cut(struct field line, struct field fields[COLUMN_COUNT])
{
    const char *end = line.text + line.length, *at = line.text;
    int count = 0;

    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));

        if (count < COLUMN_COUNT)
            fields[count] = trimmed(at, comma ? comma : end);
        count++;
        if (!comma)
            return count;
        at = comma + 1;
    }
}

/* ---- the header ---- */

static bool read_header(struct parser *parser, struct field line)
{
    static const char help[] = "begin with a line like: time,user,key,class,size";
    struct field fields[COLUMN_COUNT];
    int count = cut(line, fields);

    if (count > COLUMN_COUNT)
        return refuse(parser, line, help,
                      "there are more columns than can be known: time, user, key, class, size");
    for (int i = 0; i < COLUMN_COUNT; i++)
        parser->columns[i] = -1;
    for (int i = 0; i < count; i++) {
        int column = 0;

        while (column < COLUMN_COUNT && (strlen(column_names[column]) != fields[i].length ||
                                         memcmp(column_names[column], fields[i].text, fields[i].length) != 0))
            column++;
        if (column == COLUMN_COUNT)
            return refuse(parser, fields[i], help, "there is no column \"%.*s\"", (int)fields[i].length,
                          fields[i].text);
        if (parser->columns[column] >= 0)
            return refuse(parser, fields[i], NULL, "the column %s is there twice", column_names[column]);
        parser->columns[column] = i;
    }
    parser->column_count = count;
    return parser->columns[COLUMN_TIME] >= 0 || refuse(parser, line, help, "there is no column time");
}

/* ---- fields ---- */

/* Digits only; false: something else, or too large. */
static bool parse_whole(const char *text, size_t length, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');

        if (text[i] < '0' || text[i] > '9' || sum > (max - digit) / 10)
            return false;
        sum = 10 * sum + digit;
    }
    *value = sum;
    return length > 0;
}

/* Seconds with a point, exactly. */
static bool parse_time(struct field field, int64_t *time_ns)
{
    const char *point = memchr(field.text, '.', field.length);
    size_t whole = point ? (size_t)(point - field.text) : field.length;
    size_t decimals = point ? field.length - whole - 1 : 0;
    uint64_t seconds, part = 0;

    if (!parse_whole(field.text, whole, TIME_MAX_S, &seconds) || decimals > NS_DIGITS ||
        (point && !parse_whole(point + 1, decimals, UINT64_MAX / 10, &part)))
        return false;
    for (size_t i = decimals; i < NS_DIGITS; i++)
        part *= 10;
    *time_ns = (int64_t)(seconds * 1000000000 + part);
    return true;
}

static bool read_time(struct parser *parser, struct field field, int64_t *time_ns)
{
    if (!parse_time(field, time_ns))
        return refuse(parser, field, "write it like 12.345",
                      "time is a number of seconds with at most 9 decimals");
    if (parser->count && *time_ns < parser->records[parser->count - 1].time_ns)
        return refuse(parser, field, "sort the lines by time", "goes back in time: line %u came later",
                      (unsigned)parser->records[parser->count - 1].line);
    return true;
}

static bool read_whole(struct parser *parser, enum column column, struct field field, uint64_t max,
                       uint64_t *value)
{
    if (field.length == 0)
        return true;
    return parse_whole(field.text, field.length, max, value) ||
           refuse(parser, field, NULL, "%s is a whole number from 0 to %llu", column_names[column],
                  (unsigned long long)max);
}

static bool read_class(struct parser *parser, struct field field, uint16_t *class)
{
    struct arrival_class *classes = parser->classes;
    char name[NAME_SIZE], *copy;

    if (field.length == 0)
        return true;
    if (field.length >= sizeof name)
        return refuse(parser, field, NULL, "no class has a name of more than %d characters", NAME_SIZE - 1);
    memcpy(name, field.text, field.length);
    name[field.length] = '\0';
    for (size_t i = 0; i < parser->class_count; i++)
        if (strcmp(classes[i].name, name) == 0) {
            *class = (uint16_t)i;
            return true;
        }
    if (parser->class_count == ARRIVAL_CLASSES_MAX)
        return refuse(parser, field, NULL, "there are more than %d classes", ARRIVAL_CLASSES_MAX);
    copy = arena_strdup(parser->context->arena, name);
    if (!copy)
        return param_no_memory(parser->context);
    *class = (uint16_t)parser->class_count;
    classes[parser->class_count++] = (struct arrival_class){ copy, parser->line };
    return true;
}

static struct field field_of(const struct parser *parser, const struct field *fields, enum column column)
{
    int place = parser->columns[column];

    return place < 0 ? (struct field){ NULL, 0 } : fields[place];
}

static bool read_line(struct parser *parser, struct field line)
{
    struct arrival_record record = { .user = ARRIVAL_DRAWN, .key = ARRIVAL_DRAWN, .line = parser->line,
                                     .class = ARRIVAL_CLASS_DRAWN };
    struct field fields[COLUMN_COUNT];
    int count = cut(line, fields);
    uint64_t size = 0;

    if (count != parser->column_count)
        return refuse(parser, line, NULL, "has %d fields where the header has %d", count,
                      parser->column_count);
    if (!read_time(parser, field_of(parser, fields, COLUMN_TIME), &record.time_ns) ||
        !read_whole(parser, COLUMN_USER, field_of(parser, fields, COLUMN_USER), INT64_MAX, &record.user) ||
        !read_whole(parser, COLUMN_KEY, field_of(parser, fields, COLUMN_KEY), INT64_MAX, &record.key) ||
        !read_class(parser, field_of(parser, fields, COLUMN_CLASS), &record.class) ||
        !read_whole(parser, COLUMN_SIZE, field_of(parser, fields, COLUMN_SIZE), UINT32_MAX, &size))
        return false;
    record.size = (uint32_t)size;
    parser->records[parser->count++] = record;
    return true;
}

/* ---- the file ---- */

static void read_lines(struct parser *parser)
{
    const char *end = parser->text->bytes + parser->text->size, *next;
    bool has_header = false;

    for (const char *at = parser->text->bytes; at < end && parser->bad < BAD_LINES_MAX; at = next) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct field line = trimmed(at, newline ? newline : end);

        next = newline ? newline + 1 : end;
        parser->line++;
        if (line.length == 0 || *line.text == '#')
            continue;
        if (has_header)
            read_line(parser, line);
        else if (!read_header(parser, line))
            return; /* nothing after it could be understood */
        has_header = true;
    }
}

static bool parse_file(struct param_context *context, const struct source_text *text, void *slot)
{
    struct parser parser = { .context = context, .text = text };
    struct arrival_trace *trace = arena_alloc(context->arena, sizeof *trace);
    size_t lines = 1;

    for (size_t i = 0; i < text->size; i++)
        lines += text->bytes[i] == '\n';
    parser.records = arena_alloc_array(context->arena, lines, sizeof *parser.records);
    parser.classes = arena_alloc_array(
        context->arena, lines < ARRIVAL_CLASSES_MAX ? lines : ARRIVAL_CLASSES_MAX, sizeof *parser.classes);
    if (!trace || !parser.records || !parser.classes)
        return param_no_memory(context);
    read_lines(&parser);
    if (parser.bad)
        return false;
    if (parser.count == 0)
        return param_error(context, JSON_PART_VALUE, "a header line, then one line for each request",
                           "there are no requests in %s", text->name);
    *trace = (struct arrival_trace){ arena_strdup(context->arena, text->name), parser.count, parser.records,
                                     parser.class_count, parser.classes };
    memcpy(slot, &trace, sizeof trace);
    return trace->file || param_no_memory(context);
}

bool param_read_arrival_trace(struct param_context *context, const struct param_row *row, const cJSON *value,
                              void *slot)
{
    return param_read_file(context, value, param_kinds[row->kind].name, parse_file, slot);
}
