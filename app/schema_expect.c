/* schema_expect.c - the schema of "expect": what a bound looks like, as far as a metric's name
 * tells its unit.
 *
 * The metrics below are those that any component has (common_metrics); a component's own ones take any bound
 * here, and the reader looks at their unit. Whether a component has the metric at all is left to it, too.
 */
#include "app/schema_value.h"

#include "app/param_kind.h"

#include <stdio.h>

#define SIGN "^[<>]=?\\s*"
#define PERCENTILES "(mean|max|p[0-9]+(\\.[0-9]+)?)"

/* Metrics by the end of their names, and what is behind the sign of their bounds. */
static const struct {
    const char *metric;
    enum param_kind kind;
} metric_rows[] = {
    { "\\.(latency|latency_all|wait)\\." PERCENTILES "$", PARAM_KIND_DURATION },
    { "\\.throughput$", PARAM_KIND_RATE },
    { "\\.memory\\.used\\.(mean|max)$", PARAM_KIND_BYTES },
    { "\\.(availability|wait\\.probability)$", PARAM_KIND_FRACTION },
};

/* { "type": "string", "pattern": ... }, and null in a patch. */
static cJSON *of_bound(struct schema_builder *builder, const char *pattern, bool is_patch)
{
    cJSON *schema = cJSON_CreateObject();

    schema_json(builder, schema, "type", is_patch ? "[\"string\",\"null\"]" : "\"string\"");
    schema_text(builder, schema, "pattern", pattern);
    return schema;
}

static cJSON *of_metric(struct schema_builder *builder, enum param_kind kind, bool is_patch)
{
    static const char share[] = PARAM_SHARE_PATTERN; /* "^...$", as the patterns of kinds */
    char pattern[512];

    if (kind == PARAM_KIND_FRACTION) /* 0.999 is as good as 99.9% */
        snprintf(pattern, sizeof pattern, SIGN "([-+]?\\.?[0-9][0-9.eE+-]*|%.*s)$", (int)sizeof share - 3,
                 &share[1]);
    else
        snprintf(pattern, sizeof pattern, SIGN "%s", &param_kinds[kind].pattern[1]);
    return of_bound(builder, pattern, is_patch);
}

cJSON *schema_of_expect(struct schema_builder *builder, bool is_patch)
{
    cJSON *whole = cJSON_CreateObject(), *list, *object, *metrics;

    schema_text(builder, whole, "description",
                "What should come out: metrics with their bounds (\"total.latency.p99\": \"< 100ms\"), or "
                "none.");
    list = schema_add(builder, whole, "anyOf", cJSON_CreateArray());
    schema_append(builder, list, schema_word(builder, "none"));
    if (is_patch)
        schema_append(builder, list, cJSON_Parse("{\"type\":\"null\"}"));
    object = schema_append(builder, list, cJSON_CreateObject());
    schema_text(builder, object, "type", "object");
    metrics = schema_add(builder, object, "patternProperties", cJSON_CreateObject());
    schema_add(builder, metrics, "\\.", of_bound(builder, SIGN "(\\$|[-+]?\\.?)[0-9]", is_patch));
    for (size_t i = 0; i < sizeof metric_rows / sizeof *metric_rows; i++)
        schema_add(builder, metrics, metric_rows[i].metric,
                   of_metric(builder, metric_rows[i].kind, is_patch));
    schema_json(builder, object, "additionalProperties", is_patch ? "{\"type\":\"null\"}" : "false");
    return whole;
}
