/* summary_comparison.c - the variants of a file side by side, under common random numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/quantity.h"
#include "app/summary.h"

#define TEXT_SIZE QUANTITY_TEXT_SIZE

static const char *const compared[] = { "latency.p99", "availability" };

#define COMPARED (sizeof compared / sizeof *compared)

/* What is compared with what; NaN where there is nothing to compare. */
struct difference {
    const struct outcome_of_variant *run, *reference;
    struct paired paired[COMPARED];
    bool clear[COMPARED]; /* after Holm's correction for the number of rows */
};

static const char *seconds_text(double seconds, char *text)
{
    if (isnan(seconds))
        return "-";
    quantity_format_duration((int64_t)(fabs(seconds) * 1e9 + 0.5), text, TEXT_SIZE);
    return text;
}

/* ---- the table ---- */

static int name_width(const struct summary *summary)
{
    int width = 8;

    for (size_t i = 0; i < summary->run_count; i++)
        if (page_columns(summary->runs[i].variant->name) > width)
            width = page_columns(summary->runs[i].variant->name);
    return width < 22 ? width : 22;
}

/* "db.shard[2] cpu 100%", its name cut in the middle where there is too little room. */
static void limit_text(const struct assessment *assessment, int room, char *text, size_t size)
{
    const struct result_entry *limit = assessment->limit;
    char use[64];
    int rest;

    if (!limit) {
        snprintf(text, size, "-");
        return;
    }
    snprintf(use, sizeof use, " %.*s %.0f%%", (int)(strlen(limit->metric) - strlen(".utilisation")), limit->metric,
             assessment->limit_utilisation * 100);
    rest = room - (int)strlen(use);
    if ((int)strlen(limit->component) <= rest || rest < 8)
        snprintf(text, size, "%s%s", limit->component, use);
    else
        snprintf(text, size, "%.*s..%s%s", rest - 7, limit->component, limit->component + strlen(limit->component) - 5, use);
}

static void table_head(struct page *page, int width)
{
    static const struct {
        const char *text;
        int width;
        bool right;
    } columns[] = { { "answered", 8, true }, { "avail.", 8, true }, { "p50", 9, true }, { "p99", 9, true } };

    page_cell(page, PAGE_DIM, width + 1, false, "variant");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        page_cell(page, PAGE_DIM, columns[i].width, columns[i].right, columns[i].text);
    page_cell(page, PAGE_DIM, 7, true, "$/h");
    page_cell(page, PAGE_DIM, 0, false, "  busiest resource");
    page_end_line(page);
}

static void table_row(struct page *page, int width, const struct outcome_of_variant *run)
{
    const struct results *results = &run->results;
    const struct assessment *assessment = &run->assessment;
    double throughput = results_value(results, "total", "throughput"), availability = results_value(results, "total", "availability");
    char text[192];

    page_cell(page, PAGE_BOLD, width + 1, false, run->variant->name);
    snprintf(text, sizeof text, throughput < 100 ? "%.1f/s" : "%.0f/s", throughput);
    page_cell(page, PAGE_PLAIN, 8, true, isnan(throughput) ? "-" : text);
    if (!isnan(availability))
        quantity_format_percent(availability, text, sizeof text);
    page_cell(page, availability < 0.999 ? PAGE_BAD : PAGE_PLAIN, 8, true, isnan(availability) ? "-" : text);
    page_cell(page, PAGE_PLAIN, 9, true, assessment->overloaded ? "overload" : seconds_text(results_value(results, "total", "latency.p50"), text));
    page_cell(page, PAGE_PLAIN, 9, true, assessment->overloaded ? "overload" : seconds_text(results_value(results, "total", "latency.p99"), text));
    snprintf(text, sizeof text, "%.3f", results_value(results, "total", "cost.per_hour"));
    page_cell(page, PAGE_PLAIN, 7, true, text);
    page_cell(page, PAGE_PLAIN, 2, false, "");
    limit_text(assessment, PAGE_WIDTH - page->column, text, sizeof text);
    page_cell(page, assessment->overloaded ? PAGE_BAD : PAGE_PLAIN, 0, false, text);
    page_end_line(page);
}

/* ---- differences ---- */

static const struct outcome_of_variant *find_run(const struct summary *summary, const struct scenario_variant *variant)
{
    for (size_t i = 0; variant && i < summary->run_count; i++)
        if (summary->runs[i].variant == variant && summary->runs[i].results.replications > 0)
            return &summary->runs[i];
    return NULL;
}

static struct paired compare_metric(const struct difference *difference, const char *metric)
{
    const struct result_entry *first = results_find(&difference->reference->results, "total", metric);
    const struct result_entry *second = results_find(&difference->run->results, "total", metric);
    int n = difference->run->results.replications;

    if (!first || !second || n != difference->reference->results.replications || n < 2)
        return (struct paired){ { NAN, NAN, NAN, 0 }, NAN };
    return statistics_paired(first->values, second->values, n, RESULTS_CONFIDENCE);
}

static size_t find_differences(const struct summary *summary, struct difference *differences, double *p_values)
{
    size_t count = 0;

    for (size_t i = 0; i < summary->run_count; i++) {
        struct difference *difference = &differences[count];

        difference->run = &summary->runs[i];
        difference->reference = find_run(summary, summary->runs[i].variant->based_on);
        if (!difference->reference || summary->runs[i].results.replications == 0)
            continue;
        for (size_t k = 0; k < COMPARED; k++) {
            difference->paired[k] = compare_metric(difference, compared[k]);
            p_values[count * COMPARED + k] = difference->paired[k].p_value;
        }
        count++;
    }
    for (size_t i = 0; i < count * COMPARED; i++)
        if (isnan(p_values[i])) /* no spread at all: then any difference is clear */
            p_values[i] = differences[i / COMPARED].paired[i % COMPARED].difference.mean != 0 ? 0 : 1;
    if (!statistics_holm(p_values, (int)(count * COMPARED)))
        return 0;
    for (size_t i = 0; i < count * COMPARED; i++)
        differences[i / COMPARED].clear[i % COMPARED] = p_values[i] < 1 - RESULTS_CONFIDENCE;
    return count;
}

static void write_latency_difference(struct page *page, const struct difference *difference)
{
    struct interval interval = difference->paired[0].difference;
    char text[TEXT_SIZE], half[TEXT_SIZE];

    if (difference->run->assessment.overloaded || difference->reference->assessment.overloaded) {
        if (!difference->run->assessment.overloaded)
            page_item(page, PAGE_GOOD, "p99 steady again,");
        else
            page_item(page, PAGE_BAD, difference->reference->assessment.overloaded ? "still overloaded," : "overloaded,");
        return;
    }
    if (!difference->clear[0]) {
        page_item(page, PAGE_DIM, "no clear difference in p99,");
        return;
    }
    page_item(page, interval.mean < 0 ? PAGE_GOOD : PAGE_BAD, "p99 %s%s %s %s,", interval.mean < 0 ? "-" : "+", seconds_text(interval.mean, text),
              page_plus_minus(page), seconds_text((interval.high - interval.low) / 2, half));
}

static void write_availability_difference(struct page *page, const struct difference *difference)
{
    struct interval interval = difference->paired[1].difference;

    if (difference->clear[1])
        page_item(page, interval.mean > 0 ? PAGE_GOOD : PAGE_BAD, "availability %+.3g %s %.1g points,", interval.mean * 100, page_plus_minus(page),
                  (interval.high - interval.low) / 2 * 100);
}

static void write_difference(struct page *page, const struct difference *difference, int width)
{
    double cost = results_value(&difference->run->results, "total", "cost.per_hour") -
                  results_value(&difference->reference->results, "total", "cost.per_hour");

    page->indent = width + 3;
    page_cell(page, PAGE_PLAIN, width + 3, false, difference->run->variant->name);
    page_item(page, PAGE_DIM, "against %s:", difference->reference->variant->name);
    write_latency_difference(page, difference);
    write_availability_difference(page, difference);
    if (fabs(cost) < 5e-5)
        page_item(page, PAGE_PLAIN, "same cost");
    else
        page_item(page, PAGE_PLAIN, "%s$%.3f/h", cost < 0 ? "-" : "+", fabs(cost));
    page_end_line(page);
}

static void write_differences(struct page *page, const struct summary *summary, int width)
{
    struct difference *differences = calloc(summary->run_count, sizeof *differences);
    double *p_values = calloc(summary->run_count * COMPARED, sizeof *p_values);
    size_t count = differences && p_values ? find_differences(summary, differences, p_values) : 0;

    if (count && summary->runs[0].results.replications > 1) {
        page_end_line(page);
        page->indent = 0;
        page_words(page, PAGE_DIM, "Differences from the variant it is based on, replication by replication (the same users in both):");
        page_end_line(page);
        for (size_t i = 0; i < count; i++)
            write_difference(page, &differences[i], width);
    }
    free(differences);
    free(p_values);
}

/* ---- the cheapest that does ---- */

static bool meets(const struct outcome_of_variant *run, const struct scenario_variant *base)
{
    for (size_t i = 0; i < base->expectation_count; i++)
        if (assess_expectation(&base->expectations[i], &run->results, &run->assessment).verdict != VERDICT_HELD)
            return false;
    return base->expectation_count > 0 && run->results.replications > 0;
}

static bool is_based_on(const struct scenario_variant *variant, const struct scenario_variant *problem)
{
    for (variant = variant->based_on; variant; variant = variant->based_on)
        if (variant == problem)
            return true;
    return false;
}

static double cost_of(const struct outcome_of_variant *run)
{
    return results_value(&run->results, "total", "cost.per_hour");
}

static const struct outcome_of_variant *cheapest(const struct summary *summary, const struct scenario_variant *base,
                                                 const struct scenario_variant *problem, size_t *meeting, size_t *all)
{
    const struct outcome_of_variant *best = NULL;

    *meeting = *all = 0;
    for (size_t i = 0; i < summary->run_count; i++) {
        const struct outcome_of_variant *run = &summary->runs[i];

        if (problem && !is_based_on(run->variant, problem))
            continue;
        ++*all;
        if (!meets(run, base))
            continue;
        ++*meeting;
        if (!best || cost_of(run) < cost_of(best) ||
            (cost_of(run) == cost_of(best) && results_value(&run->results, "total", "latency.p99") < results_value(&best->results, "total", "latency.p99")))
            best = run;
    }
    return best;
}

static void write_expectations(struct page *page, const struct scenario_variant *base)
{
    for (size_t i = 0; i < base->expectation_count; i++)
        page_words(page, PAGE_PLAIN, "%s%s.%s %s%s", i ? "" : "(", base->expectations[i].component, base->expectations[i].metric, base->expectations[i].text,
                   i + 1 < base->expectation_count ? "," : ")");
}

/* Cures of a problem variant compete among themselves, not with the base that has no such problem. */
static void write_cheapest(struct page *page, const struct summary *summary, const struct outcome_of_variant *problem)
{
    const struct scenario_variant *base = summary->scenario->variants;
    size_t meeting, all;
    const struct outcome_of_variant *best = cheapest(summary, base, problem ? problem->variant : NULL, &meeting, &all);
    char text[TEXT_SIZE];

    page_end_line(page);
    page->indent = 0;
    if (!best) {
        page_words(page, PAGE_BAD, problem ? "None of the %zu variants based on %s meets the expectation of base." : "None of the %zu variants meets the expectation of base.",
                   all, problem ? problem->variant->name : "");
        page_end_line(page);
        return;
    }
    page_words(page, PAGE_BOLD, "Cheapest that meets the expectation%s%s: %s,", problem ? " under " : "", problem ? problem->variant->name : "", best->variant->name);
    page_words(page, PAGE_PLAIN, "%s an hour%s", quantity_format_money(cost_of(best), text, sizeof text), problem ? "" : ",");
    if (problem)
        page_words(page, PAGE_PLAIN, "(%s$%.3f against %s),", cost_of(best) < cost_of(problem) - 5e-4 ? "-" : "+", fabs(cost_of(best) - cost_of(problem)), problem->variant->name);
    page_words(page, PAGE_PLAIN, "p99 %s; %zu of %zu do.", seconds_text(results_value(&best->results, "total", "latency.p99"), text), meeting, all);
    page_end_line(page);
    page_words(page, PAGE_DIM, "The expectation is base's");
    write_expectations(page, base);
    page_end_line(page);
}

/* The variant that others are based on and that fails what the base holds; NULL: there is none. */
static const struct outcome_of_variant *find_problem(const struct summary *summary)
{
    const struct scenario_variant *base = summary->scenario->variants;

    for (size_t i = 0; i < summary->run_count; i++) {
        const struct outcome_of_variant *run = &summary->runs[i];

        if (run->variant == base || meets(run, base))
            continue;
        for (size_t k = 0; k < summary->run_count; k++)
            if (is_based_on(summary->runs[k].variant, run->variant))
                return run;
    }
    return NULL;
}

void summary_comparison(struct page *page, const struct summary *summary)
{
    int width = name_width(summary);

    if (summary->run_count < 2)
        return;
    page_end_line(page);
    table_head(page, width);
    for (size_t i = 0; i < summary->run_count; i++)
        if (summary->runs[i].results.replications > 0)
            table_row(page, width, &summary->runs[i]);
    write_differences(page, summary, width);
    if (summary->scenario->variants->expectation_count)
        write_cheapest(page, summary, find_problem(summary));
}
