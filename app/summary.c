#include "app/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/quantity.h"
#include "sim/outcome.h"

#define LABEL_WIDTH 12
#define TIER_WIDTH_MAX 26
#define TEXT_SIZE QUANTITY_TEXT_SIZE

static const char *seconds_text(double seconds, char *text)
{
    if (isnan(seconds))
        return "-";
    return quantity_format_duration((int64_t)(seconds * 1e9 + 0.5), text, TEXT_SIZE);
}

static const char *percent_text(double fraction, char *text)
{
    if (isnan(fraction))
        return "-";
    return quantity_format_percent(fraction, text, TEXT_SIZE);
}

/* Two digits are enough where the eye compares. */
static const char *short_percent(double fraction, char *text)
{
    if (isnan(fraction))
        return "-";
    snprintf(text, TEXT_SIZE, fraction > 0 && fraction < 0.095 ? "%.1f%%" : "%.0f%%", fraction * 100);
    return text;
}

static const char *rate_text(double per_s, char *text)
{
    if (isnan(per_s))
        return "-";
    snprintf(text, TEXT_SIZE, per_s < 9.95 ? "%.2f/s" : per_s < 99.5 ? "%.1f/s" : "%.0f/s", per_s);
    return text;
}

static const char *money_text(double dollars, char *text)
{
    if (isnan(dollars))
        return "-";
    return quantity_format_money(dollars, text, TEXT_SIZE);
}

static double half_width(struct interval interval)
{
    return (interval.high - interval.low) / 2;
}

static struct interval total_of(const struct results *results, const char *metric)
{
    const struct result_entry *entry = results_find(results, "total", metric);

    return entry ? results_interval(results, entry) : (struct interval){ NAN, NAN, NAN, 0 };
}

/* A number of requests: three digits, never in powers of ten. */
static const char *count_text(double count, char *text)
{
    snprintf(text, TEXT_SIZE, count < 9.95 ? "%.2f" : count < 99.5 ? "%.1f" : "%.0f", count);
    return text;
}

/* ---- head ---- */

void summary_head(struct page *page, const struct summary *summary)
{
    char measure[TEXT_SIZE], warm_up[TEXT_SIZE];
    const struct time_config *time = &summary->runs[0].variant->time;

    if (summary->scenario->title && *summary->scenario->title) {
        page->indent = 0;
        page_words(page, PAGE_BOLD, "%s", summary->scenario->title);
        page_end_line(page);
    }
    if (summary->scenario->ask && *summary->scenario->ask) {
        page_label(page, 2, "? ");
        page_words(page, PAGE_PLAIN, "%s", summary->scenario->ask);
        page_end_line(page);
    }
    page->indent = 0;
    quantity_format_duration(time->measure, measure, sizeof measure);
    quantity_format_duration(time->warm_up, warm_up, sizeof warm_up);
    if (time->kind == TIME_STEADY)
        page_words(page, PAGE_DIM, "%d replication%s of %s after %s of warm-up, seed %llu; %s is a 95%% interval", summary->replications,
                   summary->replications == 1 ? "" : "s", measure, warm_up, (unsigned long long)summary->seed, page_plus_minus(page));
    else
        page_words(page, PAGE_DIM, "%d replication%s of an episode of %s, seed %llu; %s is a 95%% interval", summary->replications,
                   summary->replications == 1 ? "" : "s", measure, (unsigned long long)summary->seed, page_plus_minus(page));
    page_end_line(page);
}

/* ---- users ---- */

/* What is measured under overload says how long the run or the queues were, nothing that lasts. */
static void write_no_latency(struct page *page, const struct outcome_of_variant *run)
{
    char text[TEXT_SIZE];

    if (run->assessment.growing)
        page_words(page, PAGE_BAD, "has no steady value: it grows as long as this load lasts");
    else
        page_words(page, PAGE_BAD, "has no steady value: it is as long as the full queues make it");
    page_words(page, PAGE_DIM, "(half of those answered in this run waited more than %s)", seconds_text(results_value(&run->results, "total", "latency.p50"), text));
    page_end_line(page);
}

static void write_latencies(struct page *page, const struct outcome_of_variant *run)
{
    static const char *const names[] = { "p50", "p95", "p99", "p99.9" };
    char metric[32], text[TEXT_SIZE], half[TEXT_SIZE];

    page_label(page, LABEL_WIDTH, "  latency");
    if (run->assessment.overloaded) {
        write_no_latency(page, run);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct interval interval;

        snprintf(metric, sizeof metric, "latency.%s", names[i]);
        interval = total_of(&run->results, metric);
        if (isnan(half_width(interval)) || isnan(interval.mean))
            page_item(page, PAGE_PLAIN, "%s %s%s", names[i], seconds_text(interval.mean, text), i < 3 ? "," : "");
        else
            page_item(page, PAGE_PLAIN, "%s %s %s %s%s", names[i], seconds_text(interval.mean, text), page_plus_minus(page),
                      seconds_text(half_width(interval), half), i < 3 ? "," : "");
    }
    page_end_line(page);
}

static void write_users(struct page *page, const struct outcome_of_variant *run)
{
    const struct results *results = &run->results;
    struct interval availability = total_of(results, "availability");
    double started = results_value(results, "total", "requests.started"), ended = 0, failed = 0;
    double attempts = results_value(results, "total", "requests.attempts");
    char text[TEXT_SIZE], other[TEXT_SIZE], metric[64];

    failed = results_value(results, "total", "requests.failed");
    ended = failed + results_value(results, "total", "requests.ok");
    page_label(page, LABEL_WIDTH, "  users");
    page_item(page, PAGE_PLAIN, "%s answered of %s sent,", rate_text(results_value(results, "total", "throughput"), text),
              rate_text(started / results->seconds, other));
    page_item(page, availability.mean < 0.999 ? PAGE_BAD : PAGE_PLAIN, "availability %s", percent_text(availability.mean, text));
    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++) {
        double count;

        snprintf(metric, sizeof metric, "requests.failed.%s", outcome_rows[i].name);
        count = results_value(results, "total", metric);
        if (count > 0)
            page_item(page, PAGE_BAD, "(%s %s)", outcome_rows[i].name, percent_text(count / ended, text));
    }
    if (attempts > started * 1.0005)
        page_item(page, PAGE_PLAIN, "%.3g attempts a request", attempts / started);
    page_end_line(page);
    write_latencies(page, run);
}

/* ---- tiers ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length > end_length && !strcmp(text + length - end_length, end);
}

/* "cpu.utilisation" */
static bool is_resource_utilisation(const struct result_entry *entry)
{
    return ends_with(entry->metric, ".utilisation");
}

static bool is_tier(const char *component)
{
    return strcmp(component, "total") && !strchr(component, '[') && !strchr(component, ':');
}

static enum page_tone tone_of_utilisation(double utilisation)
{
    return utilisation > ASSESS_FULL ? PAGE_BAD : utilisation > 0.8 ? PAGE_WARN : PAGE_PLAIN;
}

static void write_utilisations(struct page *page, const struct results *results, const char *component)
{
    char text[TEXT_SIZE];

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (strcmp(entry->component, component) || !is_resource_utilisation(entry))
            continue;
        value = results_interval(results, entry).mean;
        if (value < 0.005 && strncmp(entry->metric, "cpu", 3) && strncmp(entry->metric, "servers", 7))
            continue;
        page_item(page, tone_of_utilisation(value), "%.*s %s,", (int)(strlen(entry->metric) - strlen(".utilisation")), entry->metric,
                  short_percent(value, text));
    }
}

static int count_instances(const struct results *results, const char *component)
{
    char name[192];
    int count = 0;

    for (;; count++) {
        snprintf(name, sizeof name, "%s[%d]", component, count);
        if (!results_find(results, name, "requests.share"))
            return count;
    }
}

/* The busiest resource of an instance that is not only held, or of all if there is no other. */
static double busiest(const struct results *results, const char *component)
{
    double most = NAN, held = NAN;

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double *best = entry->held ? &held : &most;
        double value;

        if (strcmp(entry->component, component) || !is_resource_utilisation(entry))
            continue;
        value = results_interval(results, entry).mean;
        if (isnan(*best) || value > *best)
            *best = value;
    }
    return isnan(most) ? held : most;
}

#define INSTANCES_SHOWN 16

/* Each instance's share of the requests and how busy it is, where that differs: a hot shard. */
static void write_instances(struct page *page, const struct results *results, const char *component, int width)
{
    int count = count_instances(results, component);
    double most = 0, least = 1;
    char name[192], share_text[TEXT_SIZE], busy_text[TEXT_SIZE];

    for (int i = 0; i < count; i++) {
        double share;

        snprintf(name, sizeof name, "%s[%d]", component, i);
        share = results_value(results, name, "requests.share");
        most = fmax(most, share);
        least = fmin(least, share);
    }
    if (count < 2 || (most < 1.1 * least && !strchr(component, '.')))
        return;
    page_label(page, width, "");
    for (int i = 0; i < count && i < INSTANCES_SHOWN; i++) {
        double busy;

        snprintf(name, sizeof name, "%s[%d]", component, i);
        busy = busiest(results, name);
        page_item(page, tone_of_utilisation(busy), "[%d] %s of requests, %s busy%s", i, short_percent(results_value(results, name, "requests.share"), share_text),
                  short_percent(busy, busy_text), i + 1 < count ? ";" : "");
    }
    if (count > INSTANCES_SHOWN)
        page_item(page, PAGE_DIM, "and %d more", count - INSTANCES_SHOWN);
    page_end_line(page);
}

static void write_tier(struct page *page, const struct results *results, const char *component, int width)
{
    double queue = results_value(results, component, "queue.mean"), hits = results_value(results, component, "hit_ratio");
    char label[40], text[TEXT_SIZE];

    snprintf(label, sizeof label, "    %.*s", TIER_WIDTH_MAX - 5, component);
    page_label(page, width, label);
    write_utilisations(page, results, component);
    if (!isnan(hits))
        page_item(page, PAGE_PLAIN, "hits %s,", short_percent(hits, text));
    if (queue >= 0.05)
        page_item(page, PAGE_PLAIN, "queue %s,", count_text(queue, text));
    if (!isnan(results_value(results, component, "latency.p99")))
        page_item(page, PAGE_DIM, "p99 %s", seconds_text(results_value(results, component, "latency.p99"), text));
    page_end_line(page);
    if (count_instances(results, component) > 1)
        write_instances(page, results, component, width);
}

static int tier_width(const struct results *results)
{
    int width = LABEL_WIDTH;

    for (size_t i = 0; i < results->entry_count; i++)
        if (is_tier(results->entries[i].component) && page_columns(results->entries[i].component) + 5 > width)
            width = page_columns(results->entries[i].component) + 5;
    return width < TIER_WIDTH_MAX ? width : TIER_WIDTH_MAX;
}

static void write_tiers(struct page *page, const struct results *results)
{
    const char *last = "";
    int width = tier_width(results);
    bool first = true;

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];

        if (!strcmp(entry->component, last) || !is_tier(entry->component) || !results_find(results, entry->component, "cost.per_hour"))
            continue;
        last = entry->component;
        if (!(results_value(results, last, "requests.started") > 0) && !results_find(results, last, "utilisation"))
            continue;
        if (first) {
            page_label(page, LABEL_WIDTH, "  tiers");
            page_words(page, PAGE_DIM, "busy share of each resource, requests waiting, p99 from arrival to answer");
            page_end_line(page);
        }
        first = false;
        write_tier(page, results, last, width);
    }
}

/* ---- cost, limit, expectations ---- */

static void write_cost(struct page *page, const struct results *results)
{
    double cost = results_value(results, "total", "cost.per_hour");
    char text[TEXT_SIZE], other[TEXT_SIZE];

    if (!(cost > 0))
        return;
    page_label(page, LABEL_WIDTH, "  cost");
    page_item(page, PAGE_PLAIN, "%s an hour,", money_text(cost, text));
    page_item(page, PAGE_PLAIN, "%s a million requests answered", money_text(results_value(results, "total", "cost.per_million_requests"), other));
    page_end_line(page);
}

static const char *resource_name(const struct result_entry *limit, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)(strlen(limit->metric) - strlen(".utilisation")), limit->metric);
    return text;
}

/* The tier with most requests in line. */
static const char *longest_queue(const struct results *results, double *queue)
{
    const char *component = NULL;

    *queue = 0;
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (!is_tier(entry->component) || strcmp(entry->metric, "queue.mean"))
            continue;
        value = results_interval(results, entry).mean;
        if (value > *queue) {
            *queue = value;
            component = entry->component;
        }
    }
    return component;
}

static void write_overload(struct page *page, const struct outcome_of_variant *run, const char *resource)
{
    const struct assessment *assessment = &run->assessment;
    double queue;
    const char *component = longest_queue(&run->results, &queue);
    char text[TEXT_SIZE];

    page_words(page, PAGE_BAD, "OVERLOADED: the %s of %s is the limit, %s busy.", resource, assessment->limit->component,
               short_percent(assessment->limit_utilisation, text));
    if (assessment->growing)
        page_words(page, PAGE_PLAIN, "With every second %s requests more are waiting.", count_text(assessment->growth_per_s, text));
    if (component)
        page_words(page, PAGE_PLAIN, "The longest queue %s in front of %s, %s requests on average.", assessment->growing ? "grows" : "stands", component,
                   count_text(queue, text));
    if (!assessment->growing)
        page_words(page, PAGE_PLAIN, "What finds it full is refused or times out.");
}

static void write_limit(struct page *page, const struct outcome_of_variant *run)
{
    const struct assessment *assessment = &run->assessment;
    char resource[64], text[TEXT_SIZE];
    double headroom;

    if (!assessment->limit)
        return;
    page_label(page, LABEL_WIDTH, "  limit");
    resource_name(assessment->limit, resource, sizeof resource);
    if (assessment->overloaded) {
        write_overload(page, run, resource);
    } else {
        headroom = assessment->limit_utilisation > 0 ? 1 / assessment->limit_utilisation : INFINITY;
        short_percent(assessment->limit_utilisation, text);
        if (headroom > 1.02 && headroom < 50)
            page_words(page, PAGE_PLAIN, "the %s of %s, %s busy, will be full first, at about %.2g times this load", resource,
                       assessment->limit->component, text, headroom);
        else
            page_words(page, PAGE_PLAIN, "the %s of %s is the busiest, %s", resource, assessment->limit->component, text);
    }
    page_end_line(page);
}

/* A value in the unit of its metric. */
static const char *value_text(const char *unit, double value, char *text)
{
    if (!strcmp(unit, "s"))
        return seconds_text(value, text);
    if (!strcmp(unit, "1/s"))
        return rate_text(value, text);
    if (!strcmp(unit, "USD"))
        return money_text(value, text);
    if (!strcmp(unit, "B"))
        return quantity_format_bytes((int64_t)value, text, TEXT_SIZE);
    snprintf(text, TEXT_SIZE, "%.4g", value);
    return text;
}

static bool is_share(const char *metric)
{
    static const char *const ends[] = { "availability", "utilisation", "ratio", "probability", "share" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (!strcmp(metric, ends[i]) || ends_with(metric, ends[i]))
            return true;
    return false;
}

static const char *metric_text(const struct expectation *expectation, double value, char *text)
{
    return is_share(expectation->metric) ? percent_text(value, text) : value_text(expectation->unit, value, text);
}

static void write_check(struct page *page, const struct check *check, bool overloaded)
{
    static const char *const words[] = { [VERDICT_HELD] = "held", [VERDICT_FAILED] = "failed", [VERDICT_UNDECIDED] = "undecided" };
    static const enum page_tone tones[] = { [VERDICT_HELD] = PAGE_GOOD, [VERDICT_FAILED] = PAGE_BAD, [VERDICT_UNDECIDED] = PAGE_WARN };
    const struct expectation *expectation = check->expectation;
    const char *sign = check->verdict == VERDICT_HELD ? page_tick(page) : check->verdict == VERDICT_FAILED ? page_cross(page) : "?";
    char text[TEXT_SIZE], half[TEXT_SIZE];
    bool steady = !(overloaded && strstr(expectation->metric, "latency"));

    page_label(page, LABEL_WIDTH, "  expect");
    page_item(page, tones[check->verdict], "%s %s:", sign, words[check->verdict]);
    page_item(page, PAGE_PLAIN, "%s.%s %s,", expectation->component, expectation->metric, expectation->text);
    if (!steady)
        page_item(page, PAGE_PLAIN, "it has no steady value");
    else if (isnan(half_width(check->interval)))
        page_item(page, PAGE_PLAIN, "it is %s", metric_text(expectation, check->interval.mean, text));
    else
        page_item(page, PAGE_PLAIN, "it is %s %s %s", metric_text(expectation, check->interval.mean, text), page_plus_minus(page),
                  metric_text(expectation, half_width(check->interval), half));
    if (check->verdict == VERDICT_UNDECIDED)
        page_words(page, PAGE_PLAIN, "(the interval contains the bound: more replications decide)");
    page_end_line(page);
}

/* ---- a variant ---- */

void summary_variant(struct page *page, const struct summary *summary, const struct outcome_of_variant *run)
{
    const struct scenario_variant *variant = run->variant;

    page_end_line(page);
    page->indent = 2;
    page_cell(page, PAGE_BOLD, 0, false, variant->name);
    if (variant->title)
        page_words(page, PAGE_PLAIN, " %s", variant->title);
    if (run->results.partial)
        page_item(page, PAGE_WARN, "PARTIAL: ended after %d of %d replications", run->results.replications, summary->replications);
    page_end_line(page);
    if (run->results.replications == 0)
        return;
    write_users(page, run);
    write_tiers(page, &run->results);
    write_cost(page, &run->results);
    write_limit(page, run);
    for (size_t i = 0; i < run->assessment.check_count; i++)
        write_check(page, &run->assessment.checks[i], run->assessment.overloaded);
}

void summary_foot(struct page *page, const struct summary *summary)
{
    page_end_line(page);
    page_label(page, 11, "To repeat: ");
    page_words(page, PAGE_DIM, "%s", summary->repeat);
    page_end_line(page);
}
