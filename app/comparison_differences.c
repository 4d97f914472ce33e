/* comparison_differences.c - what each variant changes, replication by replication under common random
 * numbers: the same users come to both, unless the load is another, which is told. A difference is told when
 * it is clear after the correction for the number of comparisons (Holm, "A simple sequentially rejective multiple test procedure", 1979). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/comparison.h"
#include "app/summary_text.h"

#define TEXT_SIZE SUMMARY_TEXT_SIZE
#define HARDLY 0.01        /* of what it was: a difference in p99 that nobody needs in figures */
#define WORTH_TELLING 0.05 /* of what it was: a difference in the mean */
#define ANOTHER_LOAD 0.1   /* of what it was: a difference in the requests that users send */

static const char *const compared[] = { "latency.p99", "availability", "latency.mean" };

enum { P99, AVAILABILITY, MEAN };

#define COMPARED (sizeof compared / sizeof *compared)

/* What is compared with what; NaN where there is nothing to compare. */
struct difference {
    const struct outcome_of_variant *run, *reference;
    struct paired paired[COMPARED];
    bool clear[COMPARED]; /* after Holm's correction for the number of rows */
};

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

/* Change over what it was. */
static double relative(const struct difference *difference, int metric)
{
    return fabs(difference->paired[metric].difference.mean) /
           results_value(&difference->reference->results, "total", compared[metric]);
}

static void write_latency(struct page *page, const struct difference *difference, int metric,
                          const char *name)
{
    struct interval interval = difference->paired[metric].difference;
    bool is_less = interval.mean < 0;
    char text[TEXT_SIZE];

    interval = (struct interval){ fabs(interval.mean), 0, interval.high - interval.low,
                                  interval.n }; /* its size and width */
    page_listed(page, is_less ? PAGE_GOOD : PAGE_BAD, "%s %s%s", name, is_less ? "-" : "+",
                text_seconds_interval(page, interval, text));
}

/* The p99, and the mean where that is what has changed. */
static void write_latency_difference(struct page *page, const struct difference *difference)
{
    bool has_p99 = difference->clear[P99];

    if (difference->run->assessment.overloaded) {
        page_listed(page, PAGE_BAD,
                    difference->reference->assessment.overloaded ? "still overloaded" : "overloaded");
        return;
    }
    if (difference->reference->assessment.overloaded) {
        page_listed(page, PAGE_GOOD, "not overloaded");
        return;
    }
    if (!has_p99)
        page_listed(page, PAGE_DIM, "no clear difference in p99");
    else if (relative(difference, P99) < HARDLY)
        page_listed(page, PAGE_DIM, "p99 the same within 1%%");
    else
        write_latency(page, difference, P99, "p99");
    if (difference->clear[MEAN] && relative(difference, MEAN) > WORTH_TELLING &&
        (!has_p99 || relative(difference, MEAN) > 2 * relative(difference, P99)))
        write_latency(page, difference, MEAN, "mean");
}

static void write_availability_difference(struct page *page, const struct difference *difference)
{
    struct interval interval = difference->paired[AVAILABILITY].difference;

    if (difference->clear[AVAILABILITY])
        page_listed(page, interval.mean > 0 ? PAGE_GOOD : PAGE_BAD, "availability %+.3g %s %.1g points",
                    interval.mean * 100, page_plus_minus(page), text_half_width(interval) * 100);
}

static double sent_per_s(const struct outcome_of_variant *run)
{
    return run->results.seconds > 0
               ? results_value(&run->results, "total", "requests.started") / run->results.seconds
               : NAN;
}

/* What comes is not the same: then the other figures are not a matter of the architecture alone. */
static bool is_another_load(const struct difference *difference)
{
    double before = sent_per_s(difference->reference);

    return fabs(sent_per_s(difference->run) - before) > ANOTHER_LOAD * before;
}

static bool any_other_load(const struct difference *differences, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any = any || is_another_load(&differences[i]);
    return any;
}

static void write_load(struct page *page, const struct difference *difference)
{
    double now = sent_per_s(difference->run), before = sent_per_s(difference->reference);
    char now_text[TEXT_SIZE], before_text[TEXT_SIZE];

    if (is_another_load(difference))
        page_listed(page, PAGE_PLAIN, "another load (%s, not %s)", text_rate(now, now_text),
                    text_rate(before, before_text));
}

static void write_difference(struct page *page, const struct difference *difference, int width)
{
    double cost = results_value(&difference->run->results, "total", "cost.per_hour") -
                  results_value(&difference->reference->results, "total", "cost.per_hour");

    char label[80];

    snprintf(label, sizeof label, "  %.*s", width, difference->run->variant->name);
    page_label(page, width + 4, label);
    page_item(page, PAGE_DIM, "against %s:", difference->reference->variant->name);
    write_load(page, difference);
    write_latency_difference(page, difference);
    write_availability_difference(page, difference);
    if (fabs(cost) >= 5e-4) /* a tenth of a cent */
        page_listed(page, PAGE_PLAIN, "%s$%.3f/h", cost < 0 ? "-" : "+", fabs(cost));
    page_end_line(page);
}

bool comparison_differences(struct page *page, const struct summary *summary)
{
    int width = comparison_name_width(summary);
    struct difference *differences = calloc(summary->run_count, sizeof *differences);
    double *p_values = calloc(summary->run_count * COMPARED, sizeof *p_values);
    size_t count = 0;
    bool good = differences && p_values && find_differences(summary, differences, p_values, &count);

    if (count && summary->runs[0].results.replications > 1) {
        page_end_line(page);
        page->indent = 0;
        page_words(page, PAGE_DIM, "Differences, replication by replication (the same users in both%s):",
                   any_other_load(differences, count) ? " unless it says another load" : "");
        page_end_line(page);
        for (size_t i = 0; i < count; i++)
            write_difference(page, &differences[i], width);
    }
    free(differences);
    free(p_values);
    return good;
}
