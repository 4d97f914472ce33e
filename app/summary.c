#include "app/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/comparison.h"
#include "app/growth.h"
#include "app/harmless_text.h"
#include "app/instance_name.h"
#include "app/quantity.h"
#include "app/summary_data.h"
#include "app/summary_limit.h"
#include "app/summary_text.h"
#include "app/summary_tiers.h"
#include "sim/outcome.h"

#define LABEL_WIDTH SUMMARY_LABEL_WIDTH
#define TEXT_SIZE SUMMARY_TEXT_SIZE
#define LEFT_SHOWN 0.005 /* share of the requests that are not answered at the end from which it is told */

static struct interval total_of(const struct results *results, const char *metric)
{
    const struct result_entry *entry = results_find(results, "total", metric);

    return entry ? results_interval(results, entry) : (struct interval){ NAN, NAN, NAN, 0 };
}

/* ---- head ---- */

/* Somebody else's words, without what could play tricks on a terminal. */
static void write_text(struct page *page, enum page_tone tone, const char *text)
{
    char shown[1024];

    harmless_text(shown, sizeof shown, text, strlen(text));
    page_words(page, tone, "%s", shown);
}

static void write_length_of_runs(struct page *page, const struct summary *summary)
{
    const struct time_config *time = &summary->runs[0].variant->time;
    const char *plural = summary->replications == 1 ? "" : "s";
    char measure[QUANTITY_TEXT_SIZE], warm_up[QUANTITY_TEXT_SIZE];

    quantity_format_duration(time->measure, measure, sizeof measure);
    quantity_format_duration(time->warm_up, warm_up, sizeof warm_up);
    if (time->kind == TIME_EPISODE)
        page_words(page, PAGE_DIM, "%d replication%s of an episode of %s, seed %llu;", summary->replications,
                   plural, measure, (unsigned long long)summary->seed);
    else
        page_words(page, PAGE_DIM, "%d replication%s of %s after %s of warm-up, seed %llu;",
                   summary->replications, plural, measure, warm_up, (unsigned long long)summary->seed);
    page_words(page, PAGE_DIM, "%s is a 95%% interval.", page_plus_minus(page));
}

void summary_head(struct page *page, const struct summary *summary)
{
    page->indent = 0;
    if (*summary->scenario->title) {
        write_text(page, PAGE_BOLD, summary->scenario->title);
        page_end_line(page);
    }
    if (*summary->scenario->ask) {
        page_label(page, 2, "? ");
        write_text(page, PAGE_PLAIN, summary->scenario->ask);
        page_end_line(page);
    }
    page->indent = 0;
    write_length_of_runs(page, summary);
    page_words(page, PAGE_DIM,
               "Tiers (x4: means of four machines): requests a second, busy share of each resource, requests "
               "waiting in line, p99 (99 of 100 are faster) from arrival to answer.");
    page_end_line(page);
}

/* ---- users ---- */

/* What is measured under overload says how long the run or the queues were, nothing that lasts. */
static void write_no_latency(struct page *page, const struct outcome_of_variant *run)
{
    char text[TEXT_SIZE];

    page_words(page, PAGE_BAD, "no steady value: %s",
               run->assessment.growing ? "it grows as long as this load lasts"
                                       : "it depends on how long the full queues are");
    page_words(page, PAGE_DIM, "(in this run the median of those answered was %s)",
               text_seconds(results_value(&run->results, "total", "latency.p50"), text));
}

static void write_latencies(struct page *page, const struct outcome_of_variant *run)
{
    static const char *const names[] = { "mean", "p50", "p95", "p99", "p99.9" };
    char metric[32], text[TEXT_SIZE];

    page_label(page, LABEL_WIDTH, "  latency");
    for (size_t i = 0; i < sizeof names / sizeof *names && !run->assessment.overloaded; i++) {
        snprintf(metric, sizeof metric, "latency.%s", names[i]);
        page_listed(page, PAGE_PLAIN, "%s %s", names[i],
                    text_seconds_interval(page, total_of(&run->results, metric), text));
    }
    if (run->assessment.overloaded)
        write_no_latency(page, run);
    page_end_line(page);
}

/* Words for causes that do not say what happened by their name alone. */
static const char *const causes[OUTCOME_COUNT] = {
    [OUTCOME_UNAVAILABLE] = " (nobody could answer)",
    [OUTCOME_CRASHED] = " (died with a server)",
    [OUTCOME_NOT_FOUND] = " (no such row)",
};

static void write_failures(struct page *page, const struct results *results)
{
    double failed = results_value(results, "total", "requests.failed"),
           ok = results_value(results, "total", "requests.ok");
    char metric[64], text[TEXT_SIZE];

    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++) {
        double count;

        snprintf(metric, sizeof metric, "requests.failed.%s", outcome_rows[i].name);
        count = results_value(results, "total", metric);
        if (count > 0)
            page_listed(page, PAGE_BAD, "%s %s%s", outcome_rows[i].name,
                        text_percent(count / (failed + ok), text), causes[i] ? causes[i] : "");
    }
}

static void write_users(struct page *page, const struct outcome_of_variant *run)
{
    const struct results *results = &run->results;
    double availability = results_value(results, "total", "availability");
    double started = results_value(results, "total", "requests.started");
    double attempts = results_value(results, "total", "requests.attempts");
    double left =
        results_value(results, "total", "in_flight.end") - results_value(results, "total", "in_flight.start");
    char text[TEXT_SIZE], other[TEXT_SIZE];

    page_label(page, LABEL_WIDTH, "  users");
    page_listed(page, PAGE_PLAIN, "%s answered of %s sent",
                text_rate(results_value(results, "total", "throughput"), text),
                text_rate(started / results->seconds, other));
    page_listed(page, availability < 0.999 ? PAGE_BAD : PAGE_PLAIN, "availability %s",
                text_percent(availability, text));
    write_failures(page, results);
    if (summary_data_is_partial(results))
        page_listed(page, PAGE_BAD, "answers lack rows (see data)");
    if (left > LEFT_SHOWN * started)
        page_listed(page, PAGE_BAD, "%s of those sent have no answer yet at the end",
                    text_busy(left / started, text));
    if (attempts > started * 1.0005)
        page_listed(page, PAGE_PLAIN, "%.3g attempts a request", attempts / started);
    page_end_line(page);
    write_latencies(page, run);
}

/* ---- cost, limit, expectations ---- */

static void write_cost(struct page *page, const struct results *results)
{
    double cost = results_value(results, "total", "cost.per_hour");
    char text[TEXT_SIZE];

    if (!(cost > 0))
        return;
    page_label(page, LABEL_WIDTH, "  cost");
    page_listed(page, PAGE_PLAIN, "%s an hour", text_money(cost, text));
    page_listed(page, PAGE_PLAIN, "%s a million requests answered",
                text_money(results_value(results, "total", "cost.per_million_requests"), text));
    page_end_line(page);
}

/* The one instance of a component that was down; -1: several or none were, or it has but one. */
static int only_one_down(const struct results *results, const char *component)
{
    char name[INSTANCE_NAME_SIZE];
    int found = -1;

    for (int i = 0;; i++) {
        double down_s =
            instance_name(results, component, i, name) ? results_value(results, name, "downtime") : NAN;

        if (isnan(down_s))
            return found;
        if (down_s > 0 && found >= 0)
            return -1;
        if (down_s > 0)
            found = i;
    }
}

/* What the faults did to a component: "web[1]: 1 crash, 40 s down". */
static void write_fault(struct page *page, const struct results *results, const char *component,
                        double crashes)
{
    double down_s = results_value(results, component, "downtime");
    int only = only_one_down(results, component);
    char name[INSTANCE_NAME_SIZE], text[TEXT_SIZE];

    if (only < 0 || !instance_name(results, component, only, name))
        snprintf(name, sizeof name, "%s", component);
    if (crashes < 0.5 && down_s > 0) /* it happened before measuring began */
        page_listed(page, PAGE_PLAIN, "%s: down for %s, from the beginning", name,
                    text_seconds(down_s, text));
    else
        page_listed(page, PAGE_PLAIN, "%s: %.3g crash%s, %s down%s", name, crashes, crashes == 1 ? "" : "es",
                    text_seconds(down_s, text), crashes > 1 ? " in all" : "");
}

/* Some fault of the variant names the component, or the one that it is a part of, and not its data center. */
static bool has_own_fault(const struct scenario_variant *variant, const char *component)
{
    for (size_t i = 0; i < variant->fault_count; i++) {
        const struct scenario_fault *fault = &variant->faults[i];
        size_t length = strlen(fault->component);

        if (!fault->is_cut && !strncmp(component, fault->component, length) &&
            (component[length] == '\0' || component[length] == '.'))
            return true;
    }
    return false;
}

/* It died with its data center ("seoul/web" with "seoul"), and only then. */
static bool died_with_site(const struct results *results, const struct result_entry *entry, double crashes)
{
    const char *slash = strchr(entry->component, '/');
    char site[80];
    double times, down_s = results_value(results, entry->component, "downtime");

    if (!slash || slash - entry->component >= (int)sizeof site)
        return false;
    snprintf(site, sizeof site, "%.*s", (int)(slash - entry->component), entry->component);
    if (!results_find(results, site, "crashes"))
        return false;
    times = results_value(results, site, "crashes");
    return times > 0 &&
           fabs(down_s * times - crashes * results_value(results, site, "downtime")) <= 1e-9 * down_s * times;
}

/* "db.primary (with writers): cut off for 15 s": nobody dies of it, so no metric tells. */
static void write_cut(struct page *page, const struct scenario_variant *variant,
                      const struct scenario_fault *cut)
{
    int64_t end_ns = variant->time.warm_up + variant->time.measure;
    double lasts_s = 1e-9 * (double)((cut->until_ns < end_ns ? cut->until_ns : end_ns) - cut->from_ns);
    char with[160] = "", text[TEXT_SIZE];

    for (size_t i = 0; i < cut->with_count; i++) {
        size_t used = strlen(with);

        snprintf(with + used, sizeof with - used, "%s%s", i ? ", " : " (with ", cut->with[i]);
    }
    page_listed(page, PAGE_PLAIN, "%s%s%s%s%s: cut off for %s", cut->component, cut->part ? "." : "",
                cut->part ? cut->part : "", with, *with ? ")" : "", text_seconds(lasts_s, text));
}

static void write_faults(struct page *page, const struct outcome_of_variant *run)
{
    const struct results *results = &run->results;
    const struct scenario_variant *variant = run->variant;
    bool any = false;

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double crashes;

        if (!summary_is_tier(entry->component) || strcmp(entry->metric, "crashes"))
            continue;
        crashes = results_interval(results, entry).mean;
        if (!has_own_fault(variant, entry->component) && died_with_site(results, entry, crashes))
            continue;
        if (!any)
            page_label(page, LABEL_WIDTH, "  faults");
        any = true;
        write_fault(page, results, entry->component, crashes);
    }
    for (size_t i = 0; i < variant->fault_count; i++) {
        if (!variant->faults[i].is_cut)
            continue;
        if (!any)
            page_label(page, LABEL_WIDTH, "  faults");
        any = true;
        write_cut(page, variant, &variant->faults[i]);
    }
    if (any)
        page_end_line(page);
}

/* What it is, with its interval; an availability without failures by their count, which says
 * more than 100%. */
static void write_measured(struct page *page, const struct check *check, const struct results *results)
{
    const struct expectation *expectation = check->expectation;
    double half = text_half_width(check->interval),
           ok = results_value(results, expectation->component, "requests.ok");
    char text[TEXT_SIZE], other[TEXT_SIZE];

    if (!strcmp(expectation->metric, "availability") && check->interval.mean == 1.0)
        page_listed(page, PAGE_PLAIN, "none of %.0f failed", ok * results->replications);
    else if (!strcmp(expectation->unit, "s"))
        page_listed(page, PAGE_PLAIN, "it is %s", text_seconds_interval(page, check->interval, text));
    else if (isnan(half) || half == 0)
        page_listed(page, PAGE_PLAIN, "it is %s",
                    text_metric(expectation->metric, expectation->unit, check->interval.mean, text));
    else
        page_listed(page, PAGE_PLAIN, "it is %s %s %s",
                    text_metric(expectation->metric, expectation->unit, check->interval.mean, text),
                    page_plus_minus(page), text_metric(expectation->metric, expectation->unit, half, other));
}

static void write_check(struct page *page, const struct check *check, const struct outcome_of_variant *run)
{
    static const char *const words[] = {
        [VERDICT_HELD] = "held", [VERDICT_FAILED] = "failed", [VERDICT_UNDECIDED] = "undecided"
    };
    static const enum page_tone tones[] = {
        [VERDICT_HELD] = PAGE_GOOD, [VERDICT_FAILED] = PAGE_BAD, [VERDICT_UNDECIDED] = PAGE_WARN
    };
    const struct expectation *expectation = check->expectation;
    const char *sign = check->verdict == VERDICT_HELD     ? page_tick(page)
                       : check->verdict == VERDICT_FAILED ? page_cross(page)
                                                          : "?";

    page_label(page, LABEL_WIDTH, "  expect");
    page_item(page, tones[check->verdict], "%s %s:", sign, words[check->verdict]);
    page_listed(page, PAGE_PLAIN, "%s.%s %s", expectation->component, expectation->metric, expectation->text);
    if (run->assessment.overloaded && strstr(expectation->metric, "latency"))
        page_listed(page, PAGE_PLAIN, "it has no steady value");
    else
        write_measured(page, check, &run->results);
    if (check->verdict == VERDICT_UNDECIDED)
        page_words(page, PAGE_PLAIN, "(the interval contains the bound: more replications decide)");
    page_end_line(page);
}

/* ---- a variant ---- */

/* Whole replications count, and a part of the first one when there is nothing better. */
static void write_partial(struct page *page, const struct summary *summary,
                          const struct outcome_of_variant *run)
{
    const struct results *results = &run->results;
    char measured[TEXT_SIZE], wanted[TEXT_SIZE], grew[GROWTH_TEXT_SIZE];
    const char *comma = results->growth.cause != GROWTH_NONE ? "," : "";
    int64_t measure_ns = run->variant->time.measure;

    if (results->replications == 1 && results->seconds * 1e9 < (double)measure_ns) {
        quantity_format_duration(measure_ns, wanted, sizeof wanted);
        page_item(page, PAGE_WARN, "PARTIAL: ended after %s of %s%s",
                  text_seconds(results->seconds, measured), wanted, comma);
    } else {
        page_item(page, PAGE_WARN, "PARTIAL: ended after %d of %d replications%s", results->replications,
                  summary->replications, comma);
    }
    if (*comma)
        page_words(page, PAGE_WARN, "at its limit: %s", growth_describe(&results->growth, grew, sizeof grew));
}

static bool is_as_long(const struct time_config *time, const struct time_config *other)
{
    return time->kind == other->kind && time->measure == other->measure && time->warm_up == other->warm_up;
}

/* Another one than the head says of all. */
static void write_own_length(struct page *page, const struct time_config *time)
{
    char measure[QUANTITY_TEXT_SIZE], warm_up[QUANTITY_TEXT_SIZE];

    quantity_format_duration(time->measure, measure, sizeof measure);
    quantity_format_duration(time->warm_up, warm_up, sizeof warm_up);
    if (time->kind == TIME_EPISODE)
        page_words(page, PAGE_DIM, "(an episode of %s)", measure);
    else
        page_words(page, PAGE_DIM, "(%s after %s of warm-up)", measure, warm_up);
}

void summary_variant(struct page *page, const struct summary *summary, const struct outcome_of_variant *run)
{
    const struct scenario_variant *variant = run->variant;

    page_end_line(page);
    page->indent = 2;
    page_item(page, PAGE_BOLD, "%s:", variant->name);
    if (variant->title && *variant->title)
        write_text(page, PAGE_PLAIN, variant->title);
    if (!is_as_long(&variant->time, &summary->runs[0].variant->time))
        write_own_length(page, &variant->time);
    if (run->results.partial)
        write_partial(page, summary, run);
    page_end_line(page);
    if (run->results.replications == 0)
        return;
    write_users(page, run);
    summary_tiers(page, variant, &run->results, !run->assessment.overloaded);
    write_faults(page, run);
    summary_data(page, &run->results, LABEL_WIDTH);
    write_cost(page, &run->results);
    summary_limit(page, run);
    for (size_t i = 0; i < run->assessment.check_count; i++)
        write_check(page, &run->assessment.checks[i], run);
}

void summary_foot(struct page *page, const struct summary *summary)
{
    page_end_line(page);
    page_label(page, 11, "To repeat: ");
    page_words(page, PAGE_DIM, "%s", summary->repeat);
    page_end_line(page);
}

bool summary_comparison(struct page *page, const struct summary *summary)
{
    bool priced = false;

    if (summary->run_count < 2)
        return true;
    for (size_t i = 0; i < summary->run_count; i++)
        priced = priced || comparison_cost(&summary->runs[i]) > 0;
    page_end_line(page);
    comparison_table(page, summary, priced);
    if (!comparison_differences(page, summary))
        return false;
    if (summary->scenario->variants->expectation_count)
        comparison_cheapest(page, summary, priced);
    return true;
}
