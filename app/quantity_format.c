#include "app/quantity.h"

#include "sim/time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 32

/* Thresholds from which printf's rounding would give one digit more. */
#define ONE_DIGIT_MAX 9.995
#define TWO_DIGITS_MAX 99.95
#define THREE_DIGITS_MAX 999.5

struct scale_row {
    double scale;
    const char *name;
};

static void strip_zeros(char *digits)
{
    char *end = digits + strlen(digits);

    if (!strchr(digits, '.'))
        return;
    while (end[-1] == '0')
        *--end = '\0';
    if (end[-1] == '.')
        end[-1] = '\0';
}

/* A positive number with three significant digits, or all of its whole ones. */
static const char *significant(double value, char digits[NUMBER_SIZE])
{
    int decimals = value < ONE_DIGIT_MAX ? 2 : value < TWO_DIGITS_MAX ? 1 : 0;

    if (value > 0 && (value < 1e-9 || value >= 1e15)) {
        snprintf(digits, NUMBER_SIZE, "%.3g", value);
        return digits;
    }
    for (double v = value; v > 0 && v < 0.9995; v *= 10)
        decimals++;
    snprintf(digits, NUMBER_SIZE, "%.*f", decimals, value);
    strip_zeros(digits);
    return digits;
}

/* The first scale in which a number has at most three digits before its point, or the last one. */
static const struct scale_row *find_scale(const struct scale_row *rows, size_t count, double value)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (value / rows[i].scale < THREE_DIGITS_MAX)
            return &rows[i];
    return &rows[count - 1];
}

/* "A big B small", without what is zero. */
static void format_pair(uint64_t whole, const char *big, uint64_t rest, const char *small, char *text,
                        size_t size)
{
    if (rest)
        snprintf(text, size, "%" PRIu64 " %s %" PRIu64 " %s", whole, big, rest, small);
    else
        snprintf(text, size, "%" PRIu64 " %s", whole, big);
}

static void format_duration(uint64_t ns, char *text, size_t size)
{
    static const struct scale_row rows[] = { { 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } };
    const uint64_t ns_per_s = (uint64_t)SIM_NS_PER_S;
    uint64_t seconds = ns / ns_per_s + (ns % ns_per_s >= ns_per_s / 2);
    uint64_t minutes = (seconds + 30) / 60, hours = (seconds + 1800) / 3600;
    char digits[NUMBER_SIZE];

    if ((double)ns < 59.95e9) {
        const struct scale_row *row = find_scale(rows, sizeof rows / sizeof *rows, (double)ns);

        snprintf(text, size, "%s %s", significant((double)ns / row->scale, digits), row->name);
    } else if (seconds < 3600) {
        format_pair(seconds / 60, "min", seconds % 60, "s", text, size);
    } else if (minutes < 24 * 60) {
        format_pair(minutes / 60, "h", minutes % 60, "min", text, size);
    } else {
        format_pair(hours / 24, "d", hours % 24, "h", text, size);
    }
}

char *quantity_format_duration(int64_t ns, char *text, size_t size)
{
    if (ns == SIM_TIME_NEVER) {
        snprintf(text, size, "never");
    } else if (ns < 0 && size > 1) {
        text[0] = '-';
        format_duration(-(uint64_t)ns, text + 1, size - 1);
    } else {
        format_duration((uint64_t)ns, text, size);
    }
    return text;
}

static const struct scale_row byte_rows[] = { { 1, "B" },    { 1e3, "KB" },  { 1e6, "MB" },
                                              { 1e9, "GB" }, { 1e12, "TB" }, { 1e15, "PB" } };

/* 16777216 is 16 MiB, not 16.8 MB; false: no power of 1024 fits. */
static bool format_binary(uint64_t bytes, char *text, size_t size)
{
    static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };

    if (bytes % 1000 == 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names && bytes % 1024 == 0; i++) {
        bytes /= 1024;
        if (bytes < 1024) {
            snprintf(text, size, "%" PRIu64 " %s", bytes, names[i]);
            return true;
        }
    }
    return false;
}

static void format_decimal_bytes(double bytes, const char *tail, char *text, size_t size)
{
    const struct scale_row *row = find_scale(byte_rows, sizeof byte_rows / sizeof *byte_rows, bytes);
    char digits[NUMBER_SIZE];

    snprintf(text, size, "%s %s%s", significant(bytes / row->scale, digits), row->name, tail);
}

char *quantity_format_bytes(int64_t bytes, char *text, size_t size)
{
    uint64_t magnitude = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;
    char *rest = text;

    if (bytes < 0 && size > 1) {
        *rest++ = '-';
        size--;
    }
    if (!format_binary(magnitude, rest, size))
        format_decimal_bytes((double)magnitude, "", rest, size);
    return text;
}

/* Infinity and what is no number; false: an ordinary one. */
static bool format_odd(double value, const char *tail, char *text, size_t size)
{
    if (isfinite(value))
        return false;
    snprintf(text, size, "%s%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf", tail);
    return true;
}

char *quantity_format_bandwidth(double bytes_per_s, char *text, size_t size)
{
    if (!format_odd(bytes_per_s, " B/s", text, size))
        format_decimal_bytes(bytes_per_s, "/s", text, size);
    return text;
}

char *quantity_format_rate(double per_s, char *text, size_t size)
{
    static const struct scale_row periods[] = {
        { 1, "/s" }, { 60, "/min" }, { 3600, "/h" }, { 86400, "/day" }
    };
    static const struct scale_row counts[] = { { 1e3, "k" }, { 1e6, "M" }, { 1e9, "G" } };
    size_t period = 0;
    double value = per_s;
    const char *count = "";
    char digits[NUMBER_SIZE];

    if (format_odd(per_s, "/s", text, size))
        return text;
    while (value > 0 && value < 0.9995 && period + 1 < sizeof periods / sizeof *periods) {
        period++;
        value = per_s * periods[period].scale;
    }
    if (value >= 9999.5) { /* up to there whole numbers are short enough */
        const struct scale_row *row = find_scale(counts, sizeof counts / sizeof *counts, value);

        value /= row->scale;
        count = row->name;
    }
    snprintf(text, size, "%s%s%s", significant(value, digits), count, periods[period].name);
    return text;
}

char *quantity_format_money(double dollars, char *text, size_t size)
{
    static const struct scale_row rows[] = { { 1e6, "M" }, { 1e9, "G" } };
    double value = fabs(dollars);
    const char *sign = dollars < 0 ? "-" : "";
    char digits[NUMBER_SIZE];

    if (format_odd(dollars, "", text, size))
        return text;
    if (value >= 999999.5) {
        const struct scale_row *row = find_scale(rows, sizeof rows / sizeof *rows, value);

        snprintf(text, size, "%s$%s%s", sign, significant(value / row->scale, digits), row->name);
    } else if (value > 0 && value < 0.01) {
        snprintf(text, size, "%s$%s", sign, significant(value, digits));
    } else {
        snprintf(text, size, "%s$%.*f", sign, value < 99.995 ? 2 : 0, value);
    }
    return text;
}

/* 99.995: as many digits as show what is missing from 100, and never 100 itself. */
static void format_nines(double percent, double missing, char digits[NUMBER_SIZE])
{
    double power = 10;
    int decimals = 1;

    while (decimals < 8 && missing * power < 9.95) {
        decimals++;
        power *= 10;
    }
    if (missing * power < 0.5)
        percent = 100 - 1 / power;
    snprintf(digits, NUMBER_SIZE, "%.*f", decimals, percent);
    strip_zeros(digits);
}

char *quantity_format_percent(double fraction, char *text, size_t size)
{
    double percent = fabs(100 * fraction);
    char digits[NUMBER_SIZE];

    if (format_odd(fraction, "", text, size))
        return text;
    if (fraction > 0.99 && fraction < 1)
        format_nines(percent, 100 * (1 - fraction), digits);
    else
        significant(percent, digits);
    snprintf(text, size, "%s%s%%", fraction < 0 ? "-" : "", digits);
    return text;
}
