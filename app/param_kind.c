#include "app/param_kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER "[0-9]+(\\.[0-9]+)?"
#define SIZE_PREFIX "([kKMGTP]|[KMGTP]i)?"
#define PERIOD "(s|second|min|minute|h|hour|d|day|week|month|year)"
#define DURATION_PART NUMBER " ?(ns|us|\xC2\xB5s|\xCE\xBCs|ms|s|min|m|h|d|weeks?)"

/* clang-format off */
const struct param_kind_row param_kinds[PARAM_KIND_COUNT_OF_KINDS] = {
    [PARAM_KIND_BOOL] = { "true or false", "true or false", "true", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_COUNT] = { "a whole number", "count", "64", .store = PARAM_STORE_WHOLE },
    [PARAM_KIND_REAL] = { "a number", "number", "1.5", .store = PARAM_STORE_REAL },
    [PARAM_KIND_DURATION] = { "a duration", "duration", "\"5ms\"", PARAM_STORE_WHOLE,
                              .pattern = "^" DURATION_PART "( ?" DURATION_PART ")*$",
                              .parse_whole = quantity_parse_duration, .format_whole = quantity_format_duration },
    [PARAM_KIND_BYTES] = { "a size", "size", "\"10KB\"", PARAM_STORE_WHOLE,
                           .pattern = "^([0-9]+(\\.0+)? ?B|" NUMBER " ?([kKMGTP]|[KMGTP]i)B)$",
                           .parse_whole = quantity_parse_bytes, .format_whole = quantity_format_bytes },
    [PARAM_KIND_BANDWIDTH] = { "a bandwidth", "bandwidth", "\"10Gb/s\"", PARAM_STORE_REAL,
                               .pattern = "^" NUMBER " ?" SIZE_PREFIX "(B/s|b/s|bit/s|bps)$",
                               .parse_real = quantity_parse_bandwidth, .format_real = quantity_format_bandwidth },
    [PARAM_KIND_RATE] = { "a rate", "rate", "\"2000/s\"", PARAM_STORE_REAL,
                          .pattern = "^" NUMBER " ?[kKMG]?/" PERIOD "$",
                          .parse_real = quantity_parse_rate, .format_real = quantity_format_rate },
    [PARAM_KIND_FRACTION] = { "a fraction", "fraction", "\"5%\"", PARAM_STORE_REAL,
                              .pattern = "^" NUMBER " ?%$",
                              .parse_real = quantity_parse_fraction, .format_real = quantity_format_percent },
    [PARAM_KIND_MONEY] = { "an amount of money", "money", "\"$0.10\"", PARAM_STORE_REAL,
                           .pattern = "^\\$" NUMBER " ?[kKMG]?$",
                           .parse_real = quantity_parse_money, .format_real = quantity_format_money },
    [PARAM_KIND_MONEY_RATE] = { "a price per time", "price per time", "\"$0.10/h\"", PARAM_STORE_REAL,
                                .pattern = "^\\$" NUMBER " ?[kKMG]?/" PERIOD "$",
                                .parse_real = quantity_parse_money_rate, .format_real = quantity_format_money },
    [PARAM_KIND_QUANTITY] = { "a number, a fraction, a duration, a rate, a size or money per time", "quantity", "\"60%\"",
                              .store = PARAM_STORE_OTHER },
    [PARAM_KIND_CHOICE] = { "one of some words", "choice", "\"WORD\"", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_TEXT] = { "a text", "text", "\"any text\"", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_DISTRIBUTION] = { "a duration or a law of durations", "duration or law", "\"5ms\"",
                                  .store = PARAM_STORE_OTHER },
    [PARAM_KIND_REFERENCE] = { "a name", "name", "\"NAME\"", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_ARRIVAL_TRACE] = { "the name of a CSV file", "file", "\"day.csv\"", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_OBJECT] = { "an object { ... }", "object", "{ ... }", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_OPTIONAL] = { "an object { ... } or \"none\"", "object or none", "{ ... }",
                              .store = PARAM_STORE_OTHER },
    [PARAM_KIND_LIST] = { "a list [ ... ]", "list", "[ ... ]", .store = PARAM_STORE_OTHER },
    [PARAM_KIND_MAP] = { "an object { \"NAME\": ... }", "map", "{ \"NAME\": ... }", .store = PARAM_STORE_OTHER },
};
/* clang-format on */

struct param_bounds param_bounds_of(const struct param_row *row)
{
    struct param_bounds bounds = { .min = 0, .max = INFINITY };
    bool has_own = row->min != 0 || row->max != 0;

    if (row->kind == PARAM_KIND_REAL && !has_own && !row->min_exclusive)
        bounds.min = -INFINITY;
    if (row->kind == PARAM_KIND_COUNT)
        bounds.max = PARAM_COUNT_MAX;
    if (row->kind == PARAM_KIND_FRACTION)
        bounds.max = 1;
    if (has_own) {
        bounds.min = row->min;
        if (row->max >= row->min && row->max < PARAM_WORD_MAX)
            bounds.max = row->max;
    }
    bounds.min_exclusive = row->min_exclusive;
    return bounds;
}

bool param_bounds_hold(const struct param_bounds *bounds, double value)
{
    return value >= bounds->min && value <= bounds->max && !(bounds->min_exclusive && value == bounds->min);
}

static int64_t to_whole(double value)
{
    return value >= PARAM_WORD_MAX ? INT64_MAX : (int64_t)value;
}

char *param_format(enum param_kind kind, double value, char *text, size_t size)
{
    const struct param_kind_row *row = &param_kinds[kind];

    if (row->format_whole)
        return row->format_whole(to_whole(value), text, size);
    if (kind == PARAM_KIND_DISTRIBUTION) /* in s */
        return quantity_format_duration(to_whole(value * 1e9), text, size);
    if (row->format_real) {
        row->format_real(value, text, size);
        if (kind == PARAM_KIND_MONEY_RATE && strlen(text) + 3 <= size)
            strcat(text, "/h");
        return text;
    }
    snprintf(text, size, fabs(value) < 1e15 || fabs(value) > 1e19 ? "%.15g" : "%.0f", value);
    return text;
}

char *param_range(const struct param_row *row, char *text, size_t size)
{
    struct param_bounds bounds = param_bounds_of(row);
    bool is_natural = row->kind == PARAM_KIND_COUNT && bounds.max >= PARAM_COUNT_MAX;
    char min[QUANTITY_TEXT_SIZE], max[QUANTITY_TEXT_SIZE];

    text[0] = '\0';
    param_format(row->kind, bounds.min, min, sizeof min);
    param_format(row->kind, bounds.max, max, sizeof max);
    if (isinf(bounds.min) && isinf(bounds.max))
        return text;
    if (isinf(bounds.min))
        snprintf(text, size, "at most %s", max);
    else if (isinf(bounds.max) || is_natural)
        snprintf(text, size, "%s %s", bounds.min_exclusive ? "above" : "at least", min);
    else if (bounds.min_exclusive)
        snprintf(text, size, "above %s and at most %s", min, max);
    else if (bounds.min == bounds.max)
        snprintf(text, size, "%s", min);
    else
        snprintf(text, size, "from %s to %s", min, max);
    return text;
}

const struct param_row *param_sole_row(const struct param_table *table)
{
    const struct param_row *row = table->rows;

    return row[0].name && !row[1].name && !table->also && !table->has_verbs ? row : NULL;
}

bool param_is_name(const char *text)
{
    size_t length = strlen(text);

    return length >= 1 && length <= 64 && !(text[0] >= '0' && text[0] <= '9') && text[0] != '-' &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}
