#include "app/vary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MAX 1e15 /* whole numbers up to here are exact, and written out */

static bool wrong(struct diagnostics *diagnostics, const char *text, const char *why)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    "write --vary PATH=LOW..HIGH, such as --vary users.arrivals=10/s..5000/s",
                    "--vary cannot be \"%.100s\": %s", text, why);
    return false;
}

/* A number of `length` characters with its unit; false: it is none. */
static bool read_end(const char *text, size_t length, double *value, char *unit, bool *whole)
{
    char copy[48], *end;
    size_t digits;

    if (length == 0 || length >= sizeof copy || strspn(text, "0123456789.") == 0)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    digits = strspn(copy, "0123456789");
    *value = strtod(copy, &end);
    *whole = *whole && copy + digits == end && *value < WHOLE_MAX;
    return isfinite(*value) && snprintf(unit, VARY_UNIT_SIZE, "%s", end) < VARY_UNIT_SIZE;
}

bool vary_read(struct vary *vary, const char *text, struct diagnostics *diagnostics)
{
    const char *range = strchr(text, '='), *dots = range ? strstr(range, "..") : NULL;
    char unit[VARY_UNIT_SIZE];

    *vary = (struct vary){ .text = text, .whole = true };
    if (!range || range == text)
        return wrong(diagnostics, text, "it needs a path and a range");
    vary->path_length = (size_t)(range - text);
    if (!dots)
        return wrong(diagnostics, text, "a range goes from LOW to HIGH, with two dots between");
    range++;
    if (!read_end(range, (size_t)(dots - range), &vary->low, unit, &vary->whole) ||
        !read_end(dots + 2, strlen(dots + 2), &vary->high, vary->unit, &vary->whole))
        return wrong(diagnostics, text,
                     "both ends of the range are numbers, with a unit where the field has one");
    if (strcmp(unit, vary->unit) != 0)
        return wrong(diagnostics, text, "both ends of the range need the same unit");
    if (!(vary->low > 0))
        return wrong(diagnostics, text, "the range goes by factors, so it begins above 0");
    return vary->low < vary->high || wrong(diagnostics, text, "the first end has to be the lower one");
}

double vary_round(const struct vary *vary, double value)
{
    char text[VARY_TEXT_SIZE];

    snprintf(text, sizeof text, "%.3e", value); /* exact decimals, on every machine */
    value = strtod(text, NULL);
    return vary->whole ? round(value) : value;
}

const char *vary_format(const struct vary *vary, double value, char *text)
{
    snprintf(text, VARY_TEXT_SIZE, vary->whole ? "%.0f%s" : "%.10g%s", value, vary->unit);
    return text;
}

const char *vary_show(const struct vary *vary, double value, char *text)
{
    char plain[VARY_TEXT_SIZE];
    size_t digits, used = 0;

    vary_format(vary, value, plain);
    digits = strspn(plain, "0123456789");
    for (size_t i = 0; i < digits; i++) {
        if (i && (digits - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = plain[i];
    }
    snprintf(text + used, VARY_TEXT_SIZE - used, "%s", plain + digits);
    return text;
}
