#include "app/json_output.h"

#include <string.h>

#include "app/error_servers.h"
#include "app/harmless_text.h"
#include "app/number.h"

/* ---- values ---- */

static void write_string(FILE *file, const char *text)
{
    const char *end = text + strlen(text);

    fputc('"', file);
    while (text < end) {
        const char *from = text;
        unsigned char first = (unsigned char)*from;
        char cell[HARMLESS_CELL_SIZE];

        harmless_character(cell, &text, end);
        if (first == '"' || first == '\\')
            fprintf(file, "\\%c", first);
        else if (first < 0x20 || first == 0x7F)
            fprintf(file, "\\u%04x", first);
        else if (first >= 0x80 && text == from + 1)
            fputs("\\ufffd", file); /* a byte that is no part of a character */
        else
            fwrite(from, 1, (size_t)(text - from), file);
    }
    fputc('"', file);
}

static void write_string_or_null(FILE *file, const char *text)
{
    if (text && *text)
        write_string(file, text);
    else
        fputs("null", file);
}

static void write_number(FILE *file, double value)
{
    if (!number_write(file, value))
        fputs("null", file);
}

/* One field of an object, behind others. */
static void write_string_field(FILE *file, const char *name, const char *text)
{
    fprintf(file, ",\"%s\":", name);
    write_string_or_null(file, text);
}

static void write_number_field(FILE *file, const char *name, double value)
{
    fprintf(file, ",\"%s\":", name);
    write_number(file, value);
}

static void write_interval(FILE *file, struct interval interval)
{
    write_number_field(file, "value", interval.mean);
    write_number_field(file, "ci_low", interval.low);
    write_number_field(file, "ci_high", interval.high);
}

/* Between the elements of an array that stand on lines of their own. */
static void write_separator(FILE *file, bool *is_first)
{
    fputs(*is_first ? "\n" : ",\n", file);
    *is_first = false;
}

/* ---- a variant ---- */

static void write_grew(FILE *file, const struct growth *growth)
{
    fputs(",\"grew\":", file);
    if (growth->cause != GROWTH_REQUESTS && growth->cause != GROWTH_KEPT) {
        fputs("null", file);
        return;
    }
    fputs("{\"component\":", file);
    write_string(file, growth->component);
    if (growth->cause == GROWTH_REQUESTS)
        fprintf(file, ",\"requests_inside\":%llu}", (unsigned long long)growth->requests);
    else
        fprintf(file, ",\"bytes_kept\":%llu}", (unsigned long long)growth->kept_bytes);
}

static void write_limit(FILE *file, const struct assessment *assessment)
{
    const struct result_entry *limit = assessment->limit;
    char resource[RESULT_RESOURCE_SIZE];

    fprintf(file, ",\"overloaded\":%s,\"limit\":", assessment->overloaded ? "true" : "false");
    if (!limit) {
        fputs("null", file);
        return;
    }
    fputs("{\"component\":", file);
    write_string(file, limit->component);
    write_string_field(file, "resource", result_resource(limit, resource));
    write_number_field(file, "utilisation", assessment->limit_utilisation);
    fputc('}', file);
}

static void write_expectation(FILE *file, const struct check *check)
{
    static const char *const comparisons[] = { [COMPARISON_LESS] = "<",
                                               [COMPARISON_LESS_EQUAL] = "<=",
                                               [COMPARISON_GREATER] = ">",
                                               [COMPARISON_GREATER_EQUAL] = ">=" };
    static const char *const verdicts[] = {
        [VERDICT_HELD] = "held", [VERDICT_FAILED] = "failed", [VERDICT_UNDECIDED] = "undecided"
    };
    const struct expectation *expectation = check->expectation;

    fprintf(file, "{\"metric\":\"%s.%s\"", expectation->component,
            expectation->metric); /* names of the program's and of the gate for names */
    write_string_field(file, "comparison", comparisons[expectation->comparison]);
    write_number_field(file, "bound", expectation->bound);
    write_string_field(file, "unit", expectation->unit);
    write_string_field(file, "written", expectation->text);
    write_interval(file, check->interval);
    write_string_field(file, "verdict", verdicts[check->verdict]);
    fputc('}', file);
}

static void write_metrics(FILE *file, const struct results *results)
{
    bool is_first = true;

    fputs(",\n\"metrics\":[", file);
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];

        write_separator(file, &is_first);
        fputs("{\"component\":", file);
        write_string(file, entry->component);
        write_string_field(file, "metric", entry->metric);
        write_string_field(file, "unit", entry->unit);
        write_interval(file, results_interval(results, entry));
        fputc('}', file);
    }
    fputc(']', file);
}

/* Of variants with gathered logs. */
static void write_error_servers(FILE *file, const struct results *results)
{
    struct error_servers servers = { .results = results };
    struct error_server next;
    bool is_first = true;

    while (error_servers_next(&servers, &next)) {
        if (is_first)
            fputs(",\n\"errors_by_server\":[", file);
        write_separator(file, &is_first);
        fputs("{\"server\":", file);
        write_string(file, next.server);
        write_string_field(file, "cause", next.cause);
        write_number_field(file, "records", next.count);
        write_number_field(file, "mean_of_tier", next.mean);
        fputc('}', file);
    }
    if (!is_first)
        fputc(']', file);
}

static void write_buckets(FILE *file, const struct histogram *histogram)
{
    struct histogram_bucket bucket;
    unsigned position = 0;
    bool is_first = true;

    while (histogram_next(histogram, &position, &bucket)) {
        fputs(is_first ? "[" : ",[", file);
        is_first = false;
        number_write_seconds(file, bucket.lower);
        fputc(',', file);
        number_write_seconds(file, bucket.upper);
        fprintf(file, ",%llu]", (unsigned long long)bucket.count);
    }
}

/* The mean of a histogram stands for it: "latency.mean" is of the one called "latency". */
static void write_histograms(FILE *file, const struct results *results)
{
    bool is_first = true;

    fputs(",\n\"histograms\":[", file);
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        char name[192];

        if (entry->kind != RESULT_MEAN)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(strlen(entry->metric) - strlen(".mean")), entry->metric);
        write_separator(file, &is_first);
        fputs("{\"component\":", file);
        write_string(file, entry->component);
        write_string_field(file, "name", name);
        fputs(",\"unit\":\"s\",\"buckets\":[", file);
        write_buckets(file, results->histograms[entry->histogram]);
        fputs("]}", file);
    }
    fputc(']', file);
}

void json_output_variant(FILE *file, const struct outcome_of_variant *run, bool is_first)
{
    const struct scenario_variant *variant = run->variant;
    const struct results *results = &run->results;
    bool first_check = true;

    write_separator(file, &is_first);
    fputs("{\"name\":", file);
    write_string(file, variant->name);
    write_string_field(file, "title", variant->title);
    write_string_field(file, "based_on",
                       !strcmp(variant->name, "base") ? NULL
                       : variant->based_on            ? variant->based_on->name
                                                      : "base");
    fprintf(file, ",\"replications\":%d", results->replications);
    write_number_field(file, "measured_s", results->seconds);
    fprintf(file, ",\"partial\":%s", results->partial ? "true" : "false");
    write_grew(file, &results->growth);
    write_limit(file, &run->assessment);
    fputs(",\n\"expectations\":[", file);
    for (size_t i = 0; i < run->assessment.check_count; i++) {
        write_separator(file, &first_check);
        write_expectation(file, &run->assessment.checks[i]);
    }
    fputc(']', file);
    write_metrics(file, results);
    write_error_servers(file, results);
    write_histograms(file, results);
    fputc('}', file);
}

/* ---- the whole ---- */

void json_output_begin(FILE *file, const struct summary *summary)
{
    const struct scenario *scenario = summary->scenario;
    const char *slash = strrchr(scenario->path, '/');
    bool has_title = scenario->title && *scenario->title;

    fprintf(file, "{\"format\":%d,\n\"scenario\":", JSON_OUTPUT_FORMAT);
    write_string(file, has_title ? scenario->title : slash ? slash + 1 : scenario->path);
    fputs(",\n\"version\":", file);
    write_string(file, SCALESIM_VERSION);
    fprintf(file, ",\n\"seed\":%llu,\n\"replications\":%d,\n\"variants\":[",
            (unsigned long long)summary->seed, summary->replications);
}

void json_output_end(FILE *file, const struct summary *summary, bool is_complete, double wall_time_s)
{
    fprintf(file, "\n],\n\"complete\":%s,\n\"run\":{\"wall_time_s\":%.3f", is_complete ? "true" : "false",
            wall_time_s);
    write_string_field(file, "file", summary->scenario->path);
    write_string_field(file, "command", summary->repeat);
    fputs("}\n}\n", file);
}
