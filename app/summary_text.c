#include "app/summary_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/quantity.h"

bool text_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && !strcmp(text + length - end_length, end);
}

double text_half_width(struct interval interval)
{
    return (interval.high - interval.low) / 2;
}

const char *text_seconds(double seconds, char *text)
{
    if (isnan(seconds))
        return "-";
    return quantity_format_duration((int64_t)(fabs(seconds) * 1e9 + 0.5), text, SUMMARY_TEXT_SIZE);
}

const char *text_percent(double fraction, char *text)
{
    if (isnan(fraction))
        return "-";
    return quantity_format_percent(fraction, text, SUMMARY_TEXT_SIZE);
}

const char *text_busy(double fraction, char *text)
{
    if (isnan(fraction))
        return "-";
    snprintf(text, SUMMARY_TEXT_SIZE, fraction > 0 && fraction < 0.095 ? "%.1f%%" : "%.0f%%", fraction * 100);
    return text;
}

const char *text_rate(double per_s, char *text)
{
    if (isnan(per_s))
        return "-";
    snprintf(text, SUMMARY_TEXT_SIZE, per_s < 9.95 ? "%.2f/s" : per_s < 99.5 ? "%.1f/s" : "%.0f/s", per_s);
    return text;
}

const char *text_money(double dollars, char *text)
{
    if (isnan(dollars))
        return "-";
    if (dollars >= 100)
        return quantity_format_money(dollars, text, SUMMARY_TEXT_SIZE);
    snprintf(text, SUMMARY_TEXT_SIZE, "$%.3f", dollars);
    return text;
}

const char *text_count(double count, char *text)
{
    snprintf(text, SUMMARY_TEXT_SIZE, count < 0.95 ? "%.2f" : count < 99.5 ? "%.1f" : "%.0f", count);
    return text;
}

static const struct {
    double seconds;
    const char *name;
} scales[] = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 1e-9, "ns" } };

const char *text_seconds_interval(const struct page *page, struct interval interval, char *text)
{
    double half = text_half_width(interval), value;
    size_t i = 0;
    int digits;

    if (isnan(half) || isnan(interval.mean) || interval.mean >= 120)
        return text_seconds(interval.mean, text);
    while (i + 1 < sizeof scales / sizeof *scales && interval.mean < scales[i].seconds)
        i++;
    value = interval.mean / scales[i].seconds;
    digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(text, SUMMARY_TEXT_SIZE, "%.*f %s %.*f %s", digits, value, page_plus_minus(page),
             half / scales[i].seconds >= 0.5 * pow(10, -digits) ? digits : digits + 1,
             half / scales[i].seconds, scales[i].name);
    return text;
}

static bool is_share(const char *metric)
{
    static const char *const shares[] = { "availability", "utilisation", "ratio", "probability", "share" };

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (text_ends_with(metric, shares[i]))
            return true;
    return false;
}

const char *text_metric(const char *metric, const char *unit, double value, char *text)
{
    if (!strcmp(unit, "s"))
        return text_seconds(value, text);
    if (!strcmp(unit, "1/s"))
        return text_rate(value, text);
    if (!strcmp(unit, "USD"))
        return text_money(value, text);
    if (!strcmp(unit, "B"))
        return quantity_format_bytes((int64_t)value, text, SUMMARY_TEXT_SIZE);
    if (is_share(metric))
        return text_percent(value, text);
    snprintf(text, SUMMARY_TEXT_SIZE, "%.4g", value);
    return text;
}
