#include "app/csv_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/csv.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"
#define ERRORS_MAX 20 /* a file of another kind is wrong in every line */

enum {
    COLUMN_VARIANT,
    COLUMN_COMPONENT,
    COLUMN_METRIC,
    COLUMN_UNIT,
    COLUMN_VALUE,
    COLUMN_LOW,
    COLUMN_HIGH,
    COLUMN_REPLICATIONS,
    COLUMN_COUNT
};

struct reading {
    struct csv_table *table;
    struct diagnostics *diagnostics;
    size_t capacity; /* of rows */
    size_t error_count;
};

/* ---- fields ---- */

static bool is_name(const char *text, const char *allowed)
{
    size_t length = strspn(text, allowed);

    return length > 0 && length <= CSV_NAME_MAX && !text[length] && strchr(LETTERS, *text);
}

static bool is_variant(const char *text)
{
    return is_name(text, LETTERS DIGITS "-");
}

static bool is_metric(const char *text)
{
    return is_name(text, LETTERS DIGITS "-.");
}

/* "web", "db.shard[2]", "users:view", "seoul/web". */
static bool is_component(const char *text)
{
    return is_name(text, LETTERS DIGITS "-.:[]/");
}

static bool is_unit(const char *text)
{
    size_t length = strspn(text, LETTERS DIGITS "/");

    return length > 0 && length <= CSV_NAME_MAX && !text[length];
}

/* A finite decimal number; strtod() would take more: hexadecimal digits, "inf", spaces in front. */
static bool read_number(const char *text, double *value)
{
    char *end;

    if (!*text || text[strspn(text, DIGITS "+-.eE")])
        return false;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}

static bool is_number_or_empty(const char *text)
{
    double value;

    return !*text || read_number(text, &value);
}

static bool is_count(const char *text)
{
    return *text && strlen(text) <= 9 && !text[strspn(text, DIGITS)];
}

static const struct column_row {
    const char *name;
    bool (*is_good)(const char *text);
    const char *help;
} columns[COLUMN_COUNT] = {
    { "variant", is_variant, "a name begins with a letter and goes on with letters, digits, _ or -" },
    { "component", is_component, "a component is written as web, db.shard[2], users:view or total" },
    { "metric", is_metric, "a metric is written as latency.p99" },
    { "unit", is_unit, "a unit is written as s, 1/s, 1, B or USD" },
    { "value", is_number_or_empty, "a decimal number, or nothing where nothing was measured" },
    { "ci_low", is_number_or_empty, "a decimal number, or nothing where there is no interval" },
    { "ci_high", is_number_or_empty, "a decimal number, or nothing where there is no interval" },
    { "replications", is_count, "a whole number" },
};

/* ---- lines ---- */

static struct source_span span(const struct reading *reading, const char *cell, size_t length)
{
    return (struct source_span){ &reading->table->source, (size_t)(cell - reading->table->cells), length };
}

static void wrong(struct reading *reading, struct source_span where, const char *help, const char *what,
                  const char *text)
{
    if (reading->error_count++ < ERRORS_MAX)
        diagnostics_add(reading->diagnostics, DIAGNOSTIC_ERROR, where, NULL, help, "%s%s%.100s%s", what,
                        text ? " \"" : "", text ? text : "", text ? "\"" : "");
}

/* Cuts the line at its commas; false, and told, when it has more or fewer fields than there are columns. */
static bool split(struct reading *reading, char *line, size_t length, char *cells[COLUMN_COUNT])
{
    struct source_span where = span(reading, line, length);
    size_t count = 1;
    char what[64];

    cells[0] = line;
    for (char *comma = strchr(line, ','); comma; comma = strchr(comma + 1, ',')) {
        if (count < COLUMN_COUNT) {
            *comma = '\0';
            cells[count] = comma + 1;
        }
        count++;
    }
    if (count == COLUMN_COUNT)
        return true;
    snprintf(what, sizeof what, "%d fields expected, found %zu", COLUMN_COUNT, count);
    wrong(reading, where, NULL, what, NULL);
    return false;
}

static double number_of(const char *text)
{
    double value = NAN;

    return read_number(text, &value) ? value : NAN;
}

static bool add_row(struct reading *reading, char *const cells[COLUMN_COUNT])
{
    struct csv_table *table = reading->table;

    if (table->row_count == reading->capacity) {
        size_t capacity = reading->capacity ? 2 * reading->capacity : 1024;
        struct csv_row *rows = realloc(table->rows, capacity * sizeof *rows);

        if (!rows)
            return false;
        table->rows = rows;
        reading->capacity = capacity;
    }
    table->rows[table->row_count++] = (struct csv_row){
        .variant = cells[COLUMN_VARIANT],
        .component = cells[COLUMN_COMPONENT],
        .metric = cells[COLUMN_METRIC],
        .unit = cells[COLUMN_UNIT],
        .interval = { .mean = number_of(cells[COLUMN_VALUE]),
                      .low = number_of(cells[COLUMN_LOW]),
                      .high = number_of(cells[COLUMN_HIGH]),
                      .n = (int)strtol(cells[COLUMN_REPLICATIONS], NULL, 10) },
        .start = table->source.bytes + (cells[0] - table->cells),
    };
    return true;
}

/* False: out of memory. */
static bool read_line(struct reading *reading, char *line, size_t length)
{
    char *cells[COLUMN_COUNT];
    bool good = true;

    if (strlen(line) != length) {
        wrong(reading, span(reading, line + strlen(line), 1), NULL, "a byte that is no text", NULL);
        return true;
    }
    if (!split(reading, line, length, cells))
        return true;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (!columns[i].is_good(cells[i])) {
            char what[40];

            snprintf(what, sizeof what, "%s cannot be", columns[i].name);
            wrong(reading, span(reading, cells[i], strlen(cells[i])), columns[i].help, what, cells[i]);
            good = false;
        }
    return !good || add_row(reading, cells);
}

/* Cuts off the first line of `rest` and its end; NULL: there is none. */
static char *next_line(char **rest, const char *end, size_t *length)
{
    char *line = *rest, *stop;

    if (line >= end)
        return NULL;
    stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop)
        stop = line + (end - line);
    *rest = stop + 1;
    *length = (size_t)(stop - line);
    if (*length && line[*length - 1] == '\r')
        --*length;
    line[*length] = '\0';
    return line;
}

static bool read_lines(struct reading *reading)
{
    char *rest = reading->table->cells, *line;
    const char *end = rest + reading->table->source.size;
    size_t length;

    line = next_line(&rest, end, &length);
    if (!line || strcmp(line, CSV_HEADER)) {
        wrong(reading, line ? span(reading, line, length) : SOURCE_NOWHERE,
              "scalesim FILE --csv results.csv writes such a file", "the first line must be " CSV_HEADER,
              NULL);
        return true;
    }
    while ((line = next_line(&rest, end, &length)))
        if (!read_line(reading, line, length))
            return false;
    if (!reading->table->row_count && !reading->error_count)
        wrong(reading, span(reading, end - 1, 0), "a run that was ended at once measures nothing",
              "there are no results in it", NULL);
    return true;
}

/* ---- order ---- */

static int compare(const struct csv_row *a, const struct csv_row *b)
{
    int order = strcmp(a->variant, b->variant);

    if (!order)
        order = strcmp(a->component, b->component);
    return order ? order : strcmp(a->metric, b->metric);
}

static int compare_pointers(const void *a, const void *b)
{
    const struct csv_row *left = *(const struct csv_row *const *)a,
                         *right = *(const struct csv_row *const *)b;
    int order = compare(left, right);

    return order ? order : (left > right) - (left < right); /* rows of one array */
}

static bool sort(struct reading *reading)
{
    struct csv_table *table = reading->table;

    table->sorted = malloc((table->row_count + 1) * sizeof *table->sorted);
    if (!table->sorted)
        return false;
    for (size_t i = 0; i < table->row_count; i++)
        table->sorted[i] = &table->rows[i];
    qsort(table->sorted, table->row_count, sizeof *table->sorted, compare_pointers);
    for (size_t i = 1; i < table->row_count; i++)
        if (!compare(table->sorted[i - 1], table->sorted[i])) {
            const struct csv_row *row = table->sorted[i];
            struct source_span where = { &table->source, (size_t)(row->start - table->source.bytes),
                                         strlen(row->variant) + strlen(row->component) + strlen(row->metric) +
                                             2 };

            wrong(reading, where, "results of two runs in one file?", "this value is given twice", NULL);
        }
    return true;
}

const struct csv_row *csv_find(const struct csv_table *table, const char *variant, const char *component,
                               const char *metric)
{
    struct csv_row wanted = { .variant = variant, .component = component, .metric = metric };
    size_t low = 0, high = table->row_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(table->sorted[middle], &wanted);

        if (!order)
            return table->sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct interval csv_interval(const struct csv_table *table, const char *variant, const char *component,
                             const char *metric)
{
    const struct csv_row *row = csv_find(table, variant, component, metric);

    return row ? row->interval : (struct interval){ NAN, NAN, NAN, 0 };
}

/* ---- the table ---- */

void csv_deinit(struct csv_table *table)
{
    source_text_deinit(&table->source);
    free(table->cells);
    free(table->rows);
    free(table->sorted);
    *table = (struct csv_table){ 0 };
}

static enum csv_status read_text(struct reading *reading)
{
    struct csv_table *table = reading->table;

    table->cells = malloc(table->source.size + 1);
    if (!table->cells)
        return CSV_OUT_OF_MEMORY;
    memcpy(table->cells, table->source.bytes, table->source.size);
    table->cells[table->source.size] = '\0';
    if (!read_lines(reading))
        return CSV_OUT_OF_MEMORY;
    if (!reading->error_count && !sort(reading))
        return CSV_OUT_OF_MEMORY;
    return reading->error_count ? CSV_INVALID : CSV_OK;
}

enum csv_status csv_read(struct csv_table *table, const char *path, struct diagnostics *diagnostics)
{
    struct reading reading = { .table = table, .diagnostics = diagnostics };
    enum csv_status status = CSV_INVALID;
    char error[256];

    *table = (struct csv_table){ 0 };
    switch (source_text_read(&table->source, path, error, sizeof error)) {
    case SOURCE_TEXT_OK:
        status = read_text(&reading);
        break;
    case SOURCE_TEXT_UNREADABLE:
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %s", path, error);
        break;
    case SOURCE_TEXT_OUT_OF_MEMORY:
        status = CSV_OUT_OF_MEMORY;
        break;
    }
    if (reading.error_count > ERRORS_MAX)
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %zu more errors",
                        path, reading.error_count - ERRORS_MAX);
    if (status != CSV_OK)
        csv_deinit(table);
    return status;
}
