#include "app/expectations.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/quantity.h"
#include "app/suggest.h"

static const struct {
    const char *sign;
    enum comparison comparison;
} comparisons[] = {
    { "<=", COMPARISON_LESS_EQUAL },
    { ">=", COMPARISON_GREATER_EQUAL },
    { "<", COMPARISON_LESS },
    { ">", COMPARISON_GREATER },
};

/* The entry whose "component.metric" is that text. */
static const struct result_entry *find_metric(const struct results *layout, const char *text)
{
    for (size_t i = 0; i < layout->entry_count; i++) {
        const struct result_entry *entry = &layout->entries[i];
        size_t length = strlen(entry->component);

        if (!strncmp(text, entry->component, length) && text[length] == '.' &&
            !strcmp(text + length + 1, entry->metric))
            return entry;
    }
    return NULL;
}

/* "latency.p99" is nearly always meant of the whole system. */
static bool is_of_total(const struct results *layout, const char *text)
{
    char name[160];

    return snprintf(name, sizeof name, "total.%s", text) < (int)sizeof name && find_metric(layout, name);
}

/* Writes what to do about a metric that is not there. */
static void find_help(const struct results *layout, const struct scenario_variant *variant, const char *text,
                      char *help, size_t size)
{
    const struct component_config *component = scenario_component_of(variant, text);
    struct suggest suggest;
    char name[SUGGEST_LENGTH_MAX + 128];
    size_t distance = SIZE_MAX;

    if (component)
        snprintf(help, size, "scalesim models %s lists what it measures", component->type->component.name);
    else
        snprintf(help, size, "write COMPONENT.METRIC, such as \"total.latency.p99\"");
    if (is_of_total(layout, text)) {
        snprintf(help, size, "did you mean \"total.%s\"?", text);
        return;
    }
    suggest_init(&suggest, text);
    for (size_t i = 0; i < layout->entry_count; i++) {
        if (!strchr(text, '[') && strchr(layout->entries[i].component, '['))
            continue; /* who writes no instance means none, and there may be thousands */
        snprintf(name, sizeof name, "%s.%s", layout->entries[i].component, layout->entries[i].metric);
        suggest_offer(&suggest, name);
        if (suggest.best && suggest.distance < distance) { /* it points to a text that is gone soon */
            distance = suggest.distance;
            snprintf(help, size, "did you mean \"%s\"?", name);
        }
    }
}

static void unknown_metric(const struct results *layout, const struct scenario_variant *variant,
                           const char *text, struct param_context *context)
{
    char help[SUGGEST_LENGTH_MAX + 160];

    find_help(layout, variant, text, help, sizeof help);
    param_error(context, JSON_PART_KEY, help, "there is no metric \"%.100s\"", text);
}

static bool parse_number(const char *text, double *value, char *error, size_t size)
{
    char *end;

    if (strchr(text, '%'))
        return quantity_parse_fraction(text, value, error, size);
    *value = strtod(text, &end);
    if (end != text && !*end && strspn(text, "0123456789.eE+-") == strlen(text) && isfinite(*value))
        return true;
    snprintf(error, size, "\"%.40s\" is not a number", text);
    return false;
}

/* A bound in the unit of the metric, as people write it. */
static bool parse_bound(const char *unit, const char *text, double *bound, char *error, size_t size)
{
    int64_t whole;

    if (!strcmp(unit, "s")) {
        if (!quantity_parse_duration(text, &whole, error, size))
            return false;
        *bound = (double)whole / 1e9;
        return true;
    }
    if (!strcmp(unit, "B")) {
        if (!quantity_parse_bytes(text, &whole, error, size))
            return false;
        *bound = (double)whole;
        return true;
    }
    if (!strcmp(unit, "1/s"))
        return quantity_parse_rate(text, bound, error, size);
    if (!strcmp(unit, "USD"))
        return strstr(text, "/") ? quantity_parse_money_rate(text, bound, error, size)
                                 : quantity_parse_money(text, bound, error, size);
    return parse_number(text, bound, error, size);
}

static void read_one(const cJSON *item, const struct results *layout, struct scenario_variant *variant,
                     struct param_context *context)
{
    const struct result_entry *entry = find_metric(layout, item->string);
    struct expectation *expectation = &variant->expectations[variant->expectation_count];
    const char *bound = cJSON_IsString(item) ? item->valuestring : "";
    char error[QUANTITY_ERROR_SIZE];
    size_t i;

    if (!entry) {
        unknown_metric(layout, variant, item->string, context);
        return;
    }
    for (i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (!strncmp(bound, comparisons[i].sign, strlen(comparisons[i].sign)))
            break;
    if (i == sizeof comparisons / sizeof *comparisons) {
        param_error(context, JSON_PART_VALUE, "write \"< 100ms\", \"<= 5%\", \"> 99.9%\" or \">= 1000/s\"",
                    "a bound begins with <, <=, > or >=");
        return;
    }
    bound += strlen(comparisons[i].sign);
    while (isspace((unsigned char)*bound))
        bound++;
    if (!parse_bound(entry->unit, bound, &expectation->bound, error, sizeof error)) {
        param_error(context, JSON_PART_VALUE, NULL, "%s", error);
        return;
    }
    if (entry->kind == RESULT_RATIO && !(expectation->bound >= 0 && expectation->bound <= 1)) {
        param_error(context, JSON_PART_VALUE, NULL, "this is a share: it is never outside of 0%% to 100%%");
        return;
    }
    expectation->comparison = comparisons[i].comparison;
    expectation->component = arena_strdup(context->arena, entry->component);
    expectation->metric = arena_strdup(context->arena, entry->metric);
    expectation->path = arena_strdup(context->arena, item->string);
    expectation->text = arena_strdup(context->arena, item->valuestring);
    expectation->unit = arena_strdup(context->arena, entry->unit);
    if (!expectation->component || !expectation->metric || !expectation->path || !expectation->text ||
        !expectation->unit)
        param_no_memory(context);
    else
        variant->expectation_count++;
}

void expectations_read(const cJSON *json, const struct results *layout, struct scenario_variant *variant,
                       struct param_context *context)
{
    struct param_mark mark = param_enter(context, "expect");
    const cJSON *item;

    if (!json || (cJSON_IsString(json) && !strcmp(json->valuestring, "none"))) {
        param_leave(context, mark);
        return;
    }
    if (!cJSON_IsObject(json)) {
        param_error(context, JSON_PART_VALUE, NULL, "wants an object of bounds, or \"none\"");
        param_leave(context, mark);
        return;
    }
    if (cJSON_GetArraySize(json) > SCENARIO_EXPECTATIONS_MAX) {
        param_error(context, JSON_PART_KEY, NULL, "too many expectations: 1000 at most");
        param_leave(context, mark);
        return;
    }
    variant->expectations =
        arena_alloc_array(context->arena, (size_t)cJSON_GetArraySize(json), sizeof *variant->expectations);
    if (!variant->expectations)
        param_no_memory(context);
    cJSON_ArrayForEach(item, json)
    {
        struct param_mark inner = param_enter(context, item->string);

        if (variant->expectations)
            read_one(item, layout, variant, context);
        param_leave(context, inner);
    }
    param_leave(context, mark);
}
