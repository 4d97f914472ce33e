#include "app/summary_tiers.h"

#include <math.h>
#include <string.h>

#include "app/assess.h"
#include "app/summary_text.h"

#define TIER_WIDTH_MAX 26
#define INSTANCES_SHOWN 16
#define UNEVEN 1.1 /* most over least requests of an instance: worth telling */

bool summary_is_tier(const char *component)
{
    return strcmp(component, "total") && !strchr(component, '[') && !strchr(component, ':');
}

static enum page_tone tone_of(double utilisation)
{
    return utilisation > ASSESS_FULL ? PAGE_BAD : utilisation > 0.8 ? PAGE_WARN : PAGE_PLAIN;
}

static const char *instance_name(char *name, size_t size, const char *component, int index)
{
    snprintf(name, size, "%s[%d]", component, index);
    return name;
}

static int count_instances(const struct results *results, const char *component)
{
    char name[192];
    int count = 0;

    while (results_find(results, instance_name(name, sizeof name, component, count), "requests.share"))
        count++;
    return count;
}

/* What the component has for itself; what it shares with others is told with the host. */
static void write_utilisations(struct page *page, const struct results *results, const char *component)
{
    char text[SUMMARY_TEXT_SIZE], resource[RESULT_RESOURCE_SIZE];

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (strcmp(entry->component, component) || !result_is_resource(entry) || entry->shared)
            continue;
        value = results_interval(results, entry).mean;
        if (value < 0.005 && strncmp(entry->metric, "cpu", 3) && strncmp(entry->metric, "servers", 7))
            continue;
        page_listed(page, tone_of(value), "%s %s", result_resource(entry, resource), text_busy(value, text));
    }
}

/* The busiest resource of an instance that works; one that is only held if there is no other. */
static double busiest(const struct results *results, const char *component)
{
    double most[2] = { NAN, NAN };

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (strcmp(entry->component, component) || !result_is_resource(entry))
            continue;
        value = results_interval(results, entry).mean;
        if (isnan(most[entry->held]) || value > most[entry->held])
            most[entry->held] = value;
    }
    return isnan(most[0]) ? most[1] : most[0];
}

static bool is_uneven(const struct results *results, const char *component, int count)
{
    double most = 0, least = 1;
    char name[192];

    for (int i = 0; i < count; i++) {
        double share =
            results_value(results, instance_name(name, sizeof name, component, i), "requests.share");

        most = fmax(most, share);
        least = fmin(least, share);
    }
    return most > UNEVEN * least;
}

/* Each instance's share of the requests and how busy it is: a hot shard shows. */
static void write_instances(struct page *page, const struct results *results, const char *component,
                            int count, int width)
{
    char name[192], share[SUMMARY_TEXT_SIZE], busy[SUMMARY_TEXT_SIZE];

    page_label(page, width, "");
    for (int i = 0; i < count && i < INSTANCES_SHOWN; i++) {
        double utilisation = busiest(results, instance_name(name, sizeof name, component, i));

        page_listed(page, tone_of(utilisation), "[%d] %s of requests %s busy", i,
                    text_busy(results_value(results, name, "requests.share"), share),
                    text_busy(utilisation, busy));
    }
    if (count > INSTANCES_SHOWN)
        page_listed(page, PAGE_DIM, "and %d more", count - INSTANCES_SHOWN);
    page_end_line(page);
}

static void write_tier(struct page *page, const struct results *results, const char *component, int width,
                       bool steady)
{
    double waiting = results_value(results, component, "queue.mean"),
           hits = results_value(results, component, "hit_ratio");
    double p99 = results_value(results, component, "latency.p99"),
           again = results_value(results, component, "logins.again");
    double instances = results_value(results, component, "instances.mean"); /* where their number changes */
    int count = isnan(instances) ? count_instances(results, component) : 1;
    char label[64], text[SUMMARY_TEXT_SIZE];

    snprintf(label, sizeof label, count > 1 ? "    %.*s x%d" : "    %.*s", TIER_WIDTH_MAX - 9, component,
             count);
    page_label(page, width, label);
    if (!isnan(instances))
        page_listed(page, PAGE_PLAIN, "%s instances on average and %.0f at most", text_count(instances, text),
                    results_value(results, component, "instances.max"));
    write_utilisations(page, results, component);
    if (!isnan(hits))
        page_listed(page, PAGE_PLAIN, "hits %s", text_busy(hits, text));
    if (again >= 0.5)
        page_listed(page, PAGE_PLAIN, "%s logged in again", text_count(again, text));
    if (waiting >= 0.05)
        page_listed(page, PAGE_PLAIN, "%s waiting", text_count(waiting, text));
    if (steady && !isnan(p99))
        page_listed(page, PAGE_DIM, "p99 %s", text_seconds(p99, text));
    page_end_line(page);
    if (count > 1 && (strchr(component, '.') || is_uneven(results, component, count)))
        write_instances(page, results, component, count, width);
}

/* Callers look it up, and go elsewhere. */
static bool is_name(const struct results *results, const char *component)
{
    return summary_is_tier(component) && results_find(results, component, "stub.hit_ratio");
}

/* How often callers knew the address, what it took the others to find out, and what became of a dead one. */
static void write_name(struct page *page, const struct results *results, const char *component, int width)
{
    double known = results_value(results, component, "stub.hit_ratio");
    double dead = results_value(results, component, "sent_to_dead");
    double failed = results_value(results, component, "requests.failed");
    double ok = results_value(results, component, "requests.ok");
    double asked = ok - results_value(results, component, "stub.hits"); /* and were told */
    char label[64], text[SUMMARY_TEXT_SIZE];

    snprintf(label, sizeof label, "    %.*s", TIER_WIDTH_MAX - 9, component);
    page_label(page, width, label);
    page_listed(page, PAGE_PLAIN, "address known to %s of requests", text_busy(known, text));
    if (asked > 0)
        page_listed(page, PAGE_PLAIN, "looked up in %s on average for the others",
                    text_seconds(results_value(results, component, "latency.mean") * ok / asked, text));
    if (failed > 0)
        page_listed(page, PAGE_BAD, "%s got no address", text_count(failed, text));
    if (dead > 0)
        page_listed(page, PAGE_BAD, "%s went to a dead one", text_count(dead, text));
    page_end_line(page);
}

/* A subscription of a queue: it has no resources, but what users do not see of their work. */
static bool is_subscription(const struct results *results, const char *component)
{
    return summary_is_tier(component) && strchr(component, '.') &&
           results_find(results, component, "end_to_end.p50");
}

/* What went wrong with messages, where anything did. */
static void write_message_losses(struct page *page, const struct results *results, const char *component)
{
    static const struct {
        const char *metric, *words;
        enum page_tone tone;
    } rows[] = {
        { "refused", "refused as it was full", PAGE_WARN },
        { "unconfirmed", "failed unacknowledged", PAGE_WARN },
        { "redelivered", "delivered again", PAGE_PLAIN },
        { "duplicates", "done again", PAGE_WARN },
        { "dead_lettered", "dead letters", PAGE_WARN },
        { "expired", "expired unread", PAGE_BAD },
        { "lost", "lost after acknowledgement", PAGE_BAD },
    };
    double published = results_value(results, component, "published");
    char text[SUMMARY_TEXT_SIZE];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double share = results_value(results, component, rows[i].metric) / published;

        if (share > 0)
            page_listed(page, rows[i].tone, "%s %s", text_percent(share, text), rows[i].words);
    }
}

static void write_subscription(struct page *page, const struct results *results, const char *component,
                               int width)
{
    double done = results_value(results, component, "acknowledged"), seconds = results->seconds;
    char label[64], text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    snprintf(label, sizeof label, "    %.*s", TIER_WIDTH_MAX - 6, component);
    page_label(page, width, label);
    page_listed(page, PAGE_PLAIN, "%s published",
                text_rate(results_value(results, component, "published") / seconds, text));
    page_listed(page, PAGE_PLAIN, "%s done", text_rate(done / seconds, text));
    page_listed(page, PAGE_PLAIN, "%s waiting (most %s)",
                text_count(results_value(results, component, "waiting.mean"), text),
                text_count(results_value(results, component, "waiting.max"), other));
    page_listed(page, PAGE_PLAIN, "done p50 %s p99 %s after the publish",
                text_seconds(results_value(results, component, "end_to_end.p50"), text),
                text_seconds(results_value(results, component, "end_to_end.p99"), other));
    write_message_losses(page, results, component);
    page_end_line(page);
}

static bool is_shown(const struct results *results, const char *component)
{
    return is_name(results, component) || is_subscription(results, component) ||
           (summary_is_tier(component) &&
            results_find(results, component, "wait.probability")); /* it has resources of its own */
}

static int width_of_labels(const struct results *results)
{
    int width = SUMMARY_LABEL_WIDTH;

    for (size_t i = 0; i < results->entry_count; i++)
        if (is_shown(results, results->entries[i].component) &&
            page_columns(results->entries[i].component) + 9 > width)
            width = page_columns(results->entries[i].component) + 9;
    return width < TIER_WIDTH_MAX ? width : TIER_WIDTH_MAX;
}

void summary_tiers(struct page *page, const struct results *results, bool steady)
{
    const char *last = "";
    int width = width_of_labels(results);

    for (size_t i = 0; i < results->entry_count; i++) {
        const char *component = results->entries[i].component;

        if (!strcmp(component, last))
            continue;
        last = component;
        if (is_name(results, component))
            write_name(page, results, component, width);
        else if (is_subscription(results, component))
            write_subscription(page, results, component, width);
        else if (is_shown(results, component))
            write_tier(page, results, component, width, steady);
    }
}
