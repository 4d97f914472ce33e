/* comparison_cheapest.c - which variants do what the base is expected to do, and which of them costs least.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/comparison.h"
#include "app/summary_text.h"

#define TEXT_SIZE SUMMARY_TEXT_SIZE

/* Whether a run keeps what the base is expected to keep. */
bool comparison_meets(const struct outcome_of_variant *run, const struct scenario_variant *base)
{
    for (size_t i = 0; i < base->expectation_count; i++)
        if (assess_expectation(&base->expectations[i], &run->results, &run->assessment).verdict !=
            VERDICT_HELD)
            return false;
    return base->expectation_count > 0 && run->results.replications > 0;
}

double comparison_cost(const struct outcome_of_variant *run)
{
    return results_value(&run->results, "total", "cost.per_hour");
}

static bool is_based_on(const struct scenario_variant *variant, const struct scenario_variant *problem)
{
    for (variant = variant->based_on; variant; variant = variant->based_on)
        if (variant == problem)
            return true;
    return false;
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
        if (!comparison_meets(run, base))
            continue;
        ++*meeting;
        if (!best || comparison_cost(run) < comparison_cost(best) ||
            (comparison_cost(run) == comparison_cost(best) &&
             results_value(&run->results, "total", "latency.p99") <
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
                   i + 1 < base->expectation_count ? "," : "),");
}

/* Those that meet it, or those that do not. */
static void write_names(struct page *page, const struct summary *summary,
                        const struct scenario_variant *problem, bool that_meet)
{
    const struct scenario_variant *base = summary->scenario->variants;

    for (size_t i = 0; i < summary->run_count; i++)
        if ((!problem || is_based_on(summary->runs[i].variant, problem)) &&
            comparison_meets(&summary->runs[i], base) == that_meet)
            page_listed(page, PAGE_PLAIN, "%s", summary->runs[i].variant->name);
}

/* "Of the 8 variants 7 meet it: base, ...", "None of the 3 variants based on full meets it." */
static void write_how_many(struct page *page, const struct summary *summary,
                           const struct scenario_variant *problem, size_t meeting, size_t all)
{
    char based[128] = "";

    if (problem)
        snprintf(based, sizeof based, " based on %.64s", problem->name);
    if (!meeting)
        page_words(page, PAGE_PLAIN,
                   all == 1 ? "The one variant%s does not:" : "The variants%s do not:", based);
    else if (meeting == all)
        page_words(page, PAGE_PLAIN, all == 1 ? "The one variant%s does:" : "All variants%s do:", based);
    else if (meeting == 1)
        page_words(page, PAGE_PLAIN, "Of the %zu variants%s one does:", all, based);
    else
        page_words(page, PAGE_PLAIN, "Of the %zu variants%s %zu do:", all, based, meeting);
    write_names(page, summary, problem, meeting > 0);
    page_end_line(page);
}

/* "(as much as full)", "(+$0.577)". */
static void write_extra_cost(struct page *page, double extra, const char *than)
{
    if (fabs(extra) < 5e-4)
        page_words(page, PAGE_PLAIN, "(as much as %s),", than);
    else
        page_words(page, PAGE_PLAIN, "(%s$%.3f against %s),", extra < 0 ? "-" : "+", fabs(extra), than);
}

static void write_best(struct page *page, const struct outcome_of_variant *best,
                       const struct outcome_of_variant *problem, size_t meeting, bool priced)
{
    char text[TEXT_SIZE];

    page_label(page, 0, "");
    if (!priced)
        page_words(page, PAGE_BOLD,
                   "Nothing here has a price; the lowest p99 of them is that of %s:", best->variant->name);
    else if (meeting > 1)
        page_words(page, PAGE_BOLD, "The cheapest of them is %s: %s an hour", best->variant->name,
                   text_money(comparison_cost(best), text));
    else
        page_words(page, PAGE_BOLD, "It costs %s an hour", text_money(comparison_cost(best), text));
    if (priced && problem)
        write_extra_cost(page, comparison_cost(best) - comparison_cost(problem), problem->variant->name);
    page_words(page, PAGE_PLAIN, "%s%s.", priced ? "with a p99 of " : "",
               text_seconds(results_value(&best->results, "total", "latency.p99"), text));
    page_end_line(page);
}

/* The variant that others are based on and that fails what the base holds; NULL: there is none. */
static const struct outcome_of_variant *find_problem(const struct summary *summary)
{
    const struct scenario_variant *base = summary->scenario->variants;

    for (size_t i = 0; i < summary->run_count; i++) {
        const struct outcome_of_variant *run = &summary->runs[i];

        if (run->variant == base || comparison_meets(run, base))
            continue;
        for (size_t k = 0; k < summary->run_count; k++)
            if (is_based_on(summary->runs[k].variant, run->variant))
                return run;
    }
    return NULL;
}

/* Cures of a problem variant compete among themselves, not with the base that has no such problem. */
void comparison_cheapest(struct page *page, const struct summary *summary, bool priced)
{
    const struct outcome_of_variant *problem = find_problem(summary);
    const struct scenario_variant *base = summary->scenario->variants;
    const struct scenario_variant *of = problem ? problem->variant : NULL;
    size_t meeting, all;
    const struct outcome_of_variant *best = cheapest(summary, base, of, &meeting, &all);

    page_end_line(page);
    page_label(page, 0, "");
    page_words(page, PAGE_DIM, "%s meets the expectation of base", page_tick(page));
    write_expectations(page, base);
    page_words(page, PAGE_DIM, "%s does not", page_cross(page));
    page_end_line(page);
    write_how_many(page, summary, of, meeting, all);
    if (best)
        write_best(page, best, problem, meeting, priced);
}
