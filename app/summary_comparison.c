/* summary_comparison.c - the variants of a file side by side, under common random numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/quantity.h"
#include "app/summary.h"
#include "app/summary_text.h"

#define TEXT_SIZE SUMMARY_TEXT_SIZE

static const char *const compared[] = { "latency.p99", "availability" };

#define COMPARED (sizeof compared / sizeof *compared)

/* What is compared with what; NaN where there is nothing to compare. */
struct difference {
    const struct outcome_of_variant *run, *reference;
    struct paired paired[COMPARED];
    bool clear[COMPARED]; /* after Holm's correction for the number of rows */
};

/* ---- the table ---- */

/* Whether a run keeps what the base is expected to keep. */
static bool meets(const struct outcome_of_variant *run, const struct scenario_variant *base)
{
    for (size_t i = 0; i < base->expectation_count; i++)
        if (assess_expectation(&base->expectations[i], &run->results, &run->assessment).verdict !=
            VERDICT_HELD)
            return false;
    return base->expectation_count > 0 && run->results.replications > 0;
}



static int name_width(const struct summary *summary)
{
    int width = 8;

    for (size_t i = 0; i < summary->run_count; i++)
        if (page_columns(summary->runs[i].variant->name) > width)
            width = page_columns(summary->runs[i].variant->name);
    return width < 20 ? width : 20;
}

/* A name, cut in the middle where there is too little room: what comes last tells names apart as often as
 * what comes first. */
static const char *cut_name(const char *name, int room, char *text, size_t size)
{
    int length = (int)strlen(name), head = (room - 2) / 2, tail = room - 2 - head;

    if (length <= room)
        return name;
    snprintf(text, size, "%.*s..%s", head, name, name + length - tail);
    return text;
}

/* "db.shard[2] cpu 100%", in little room shorter. */
static void limit_text(const struct assessment *assessment, int room, char *text, size_t size)
{
    const struct result_entry *limit = assessment->limit;
    char use[RESULT_RESOURCE_SIZE + 16], resource[RESULT_RESOURCE_SIZE], name[96];
    int rest;

    if (!limit) {
        snprintf(text, size, "-");
        return;
    }
    snprintf(use, sizeof use, " %s %.0f%%", result_resource(limit, resource),
             assessment->limit_utilisation * 100);
    rest = room - (int)strlen(use);
    if (rest < 8) { /* rather the whole place than the resource */
        snprintf(use, sizeof use, " %.0f%%", assessment->limit_utilisation * 100);
        rest = room - (int)strlen(use);
    }
    snprintf(text, size, "%s%s", cut_name(limit->component, rest, name, sizeof name), use);
}

static void table_head(struct page *page, int width, bool priced)
{
    static const struct {
        const char *text;
        int width;
        bool right;
    } columns[] = { { "answered", 8, true }, { "avail.", 7, true }, { "p50", 9, true }, { "p99", 9, true } };

    page_cell(page, PAGE_DIM, width + 3, false, "  variant");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        page_cell(page, PAGE_DIM, columns[i].width, columns[i].right, columns[i].text);
    if (priced)
        page_cell(page, PAGE_DIM, 6, true, "$/h");
    page_cell(page, PAGE_DIM, 0, false, "  busiest resource");
    page_end_line(page);
}

static void table_row(struct page *page, int width, const struct outcome_of_variant *run,
                      const struct scenario_variant *base, bool priced)
{
    const struct results *results = &run->results;
    const struct assessment *assessment = &run->assessment;
    double throughput = results_value(results, "total", "throughput"),
           availability = results_value(results, "total", "availability");
    char text[192];

    if (base->expectation_count)
        page_cell(page, meets(run, base) ? PAGE_GOOD : PAGE_BAD, 2, false,
                  meets(run, base) ? page_tick(page) : page_cross(page));
    else
        page_cell(page, PAGE_PLAIN, 2, false, "");
    page_cell(page, PAGE_BOLD, width + 1, false, cut_name(run->variant->name, width, text, sizeof text));
    snprintf(text, sizeof text, throughput < 100 ? "%.1f/s" : "%.0f/s", throughput);
    page_cell(page, PAGE_PLAIN, 8, true, isnan(throughput) ? "-" : text);
    if (!isnan(availability))
        quantity_format_percent(availability, text, sizeof text);
    page_cell(page, availability < 0.999 ? PAGE_BAD : PAGE_PLAIN, 7, true, isnan(availability) ? "-" : text);
    page_cell(page, PAGE_PLAIN, 9, true,
              assessment->overloaded ? "overload"
                                     : text_seconds(results_value(results, "total", "latency.p50"), text));
    page_cell(page, PAGE_PLAIN, 9, true,
              assessment->overloaded ? "overload"
                                     : text_seconds(results_value(results, "total", "latency.p99"), text));
    snprintf(text, sizeof text, "%.3f", results_value(results, "total", "cost.per_hour"));
    if (priced)
        page_cell(page, PAGE_PLAIN, 6, true, text);
    page_cell(page, PAGE_PLAIN, 2, false, "");
    limit_text(assessment, PAGE_WIDTH - page->column, text, sizeof text);
    page_cell(page, assessment->overloaded ? PAGE_BAD : PAGE_PLAIN, 0, false, text);
    page_end_line(page);
}

/* ---- differences ---- */

static const struct outcome_of_variant *find_run(const struct summary *summary,
                                                 const struct scenario_variant *variant)
{
    for (size_t i = 0; variant && i < summary->run_count; i++)
        if (summary->runs[i].variant == variant && summary->runs[i].results.replications > 0)
            return &summary->runs[i];
    return NULL;
}

/* What a variant is based on; a cure of an overloaded one is compared with the base, since overload has no
 * latency to compare with. */
static const struct outcome_of_variant *reference_of(const struct summary *summary,
                                                     const struct outcome_of_variant *run)
{
    const struct outcome_of_variant *reference = find_run(summary, run->variant->based_on);

    if (reference && reference->assessment.overloaded && !run->assessment.overloaded)
        reference = find_run(summary, summary->scenario->variants);
    return reference;
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

static bool find_differences(const struct summary *summary, struct difference *differences, double *p_values,
                             size_t *found)
{
    size_t count = 0;

    for (size_t i = 0; i < summary->run_count; i++) {
        struct difference *difference = &differences[count];

        difference->run = &summary->runs[i];
        difference->reference = reference_of(summary, &summary->runs[i]);
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
        return false;
    for (size_t i = 0; i < count * COMPARED; i++)
        differences[i / COMPARED].clear[i % COMPARED] = p_values[i] < 1 - RESULTS_CONFIDENCE;
    *found = count;
    return true;
}

static void write_latency_difference(struct page *page, const struct difference *difference)
{
    struct interval interval = difference->paired[0].difference;
    const char *sign = interval.mean < 0 ? "-" : "+";
    char text[TEXT_SIZE];

    if (difference->run->assessment.overloaded) {
        page_listed(page, PAGE_BAD,
                    difference->reference->assessment.overloaded ? "still overloaded" : "overloaded");
        return;
    }
    if (!difference->clear[0]) {
        page_listed(page, PAGE_DIM, "no clear difference in p99");
        return;
    }
    interval = (struct interval){ fabs(interval.mean), 0, interval.high - interval.low,
                                  interval.n }; /* its size and width */
    page_listed(page, *sign == '-' ? PAGE_GOOD : PAGE_BAD, "p99 %s%s", sign,
                text_seconds_interval(page, interval, text));
}

static void write_availability_difference(struct page *page, const struct difference *difference)
{
    struct interval interval = difference->paired[1].difference;

    if (difference->clear[1])
        page_listed(page, interval.mean > 0 ? PAGE_GOOD : PAGE_BAD, "availability %+.3g %s %.1g points",
                    interval.mean * 100, page_plus_minus(page), text_half_width(interval) * 100);
}

static void write_difference(struct page *page, const struct difference *difference, int width)
{
    double cost = results_value(&difference->run->results, "total", "cost.per_hour") -
                  results_value(&difference->reference->results, "total", "cost.per_hour");

    char label[80];

    snprintf(label, sizeof label, "  %.*s", width, difference->run->variant->name);
    page_label(page, width + 4, label);
    page_item(page, PAGE_DIM, "against %s:", difference->reference->variant->name);
    write_latency_difference(page, difference);
    write_availability_difference(page, difference);
    if (fabs(cost) >= 5e-5)
        page_listed(page, PAGE_PLAIN, "%s$%.3f/h", cost < 0 ? "-" : "+", fabs(cost));
    page_end_line(page);
}

static bool write_differences(struct page *page, const struct summary *summary, int width)
{
    struct difference *differences = calloc(summary->run_count, sizeof *differences);
    double *p_values = calloc(summary->run_count * COMPARED, sizeof *p_values);
    size_t count = 0;
    bool good = differences && p_values && find_differences(summary, differences, p_values, &count);

    if (count && summary->runs[0].results.replications > 1) {
        page_end_line(page);
        page->indent = 0;
        page_words(page, PAGE_DIM, "Differences, replication by replication (the same users in both):");
        page_end_line(page);
        for (size_t i = 0; i < count; i++)
            write_difference(page, &differences[i], width);
    }
    free(differences);
    free(p_values);
    return good;
}

/* ---- the cheapest that does ---- */

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

static const struct outcome_of_variant *cheapest(const struct summary *summary,
                                                 const struct scenario_variant *base,
                                                 const struct scenario_variant *problem, size_t *meeting,
                                                 size_t *all)
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
            (cost_of(run) == cost_of(best) && results_value(&run->results, "total", "latency.p99") <
                                                  results_value(&best->results, "total", "latency.p99")))
            best = run;
    }
    return best;
}

static void write_expectations(struct page *page, const struct scenario_variant *base)
{
    for (size_t i = 0; i < base->expectation_count; i++)
        page_words(page, PAGE_PLAIN, "%s%s.%s %s%s", i ? "" : "(", base->expectations[i].component,
                   base->expectations[i].metric, base->expectations[i].text,
                   i + 1 < base->expectation_count ? "," : ")");
}

static void write_names_that_meet(struct page *page, const struct summary *summary,
                                  const struct scenario_variant *problem)
{
    const struct scenario_variant *base = summary->scenario->variants;

    for (size_t i = 0; i < summary->run_count; i++)
        if ((!problem || is_based_on(summary->runs[i].variant, problem)) && meets(&summary->runs[i], base))
            page_listed(page, PAGE_PLAIN, "%s", summary->runs[i].variant->name);
}

/* Cures of a problem variant compete among themselves, not with the base that has no such problem. */
static void write_cheapest(struct page *page, const struct summary *summary,
                           const struct outcome_of_variant *problem, bool priced)
{
    const struct scenario_variant *base = summary->scenario->variants;
    size_t meeting, all;
    const struct outcome_of_variant *best =
        cheapest(summary, base, problem ? problem->variant : NULL, &meeting, &all);
    char text[TEXT_SIZE], other[TEXT_SIZE];

    page_end_line(page);
    page_label(page, 0, "");
    page_words(page, PAGE_DIM, "%s meets the expectation of base", page_tick(page));
    write_expectations(page, base);
    page_end_line(page);
    page_words(page, PAGE_PLAIN,
               problem ? "Of the %zu variants based on %s, %zu do%s" : "Of %zu variants%s, %zu do%s", all,
               problem ? problem->variant->name : "", meeting, meeting ? ":" : ".");
    write_names_that_meet(page, summary, problem ? problem->variant : NULL);
    page_end_line(page);
    if (!best)
        return;
    page_label(page, 0, "");
    if (priced)
        page_words(page, PAGE_BOLD, "The cheapest of them is %s: %s an hour", best->variant->name,
                   text_money(cost_of(best), text));
    else
        page_words(page, PAGE_BOLD,
                   "Nothing here has a price; the lowest p99 of them is that of %s:", best->variant->name);
    if (priced && problem && fabs(cost_of(best) - cost_of(problem)) < 5e-4)
        page_words(page, PAGE_PLAIN, "(as much as %s),", problem->variant->name);
    else if (priced && problem)
        page_words(page, PAGE_PLAIN, "(%s$%.3f),", cost_of(best) < cost_of(problem) ? "-" : "+",
                   fabs(cost_of(best) - cost_of(problem)));
    page_words(page, PAGE_PLAIN, "%s%s.", priced ? "with a p99 of " : "",
               text_seconds(results_value(&best->results, "total", "latency.p99"), other));
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

bool summary_comparison(struct page *page, const struct summary *summary)
{
    int width = name_width(summary);
    bool priced = false;

    if (summary->run_count < 2)
        return true;
    for (size_t i = 0; i < summary->run_count; i++)
        priced = priced || cost_of(&summary->runs[i]) > 0;
    page_end_line(page);
    table_head(page, width, priced);
    for (size_t i = 0; i < summary->run_count; i++)
        if (summary->runs[i].results.replications > 0)
            table_row(page, width, &summary->runs[i], summary->scenario->variants, priced);
    if (!write_differences(page, summary, width))
        return false;
    if (summary->scenario->variants->expectation_count)
        write_cheapest(page, summary, find_problem(summary), priced);
    return true;
}
