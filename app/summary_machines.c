/* summary_machines.c - tiers that have resources: how busy each is, and what waits for them. */
#include <math.h>
#include <string.h>

#include "app/assess.h"
#include "app/summary_forms.h"
#include "app/summary_text.h"

#define SHOWN_FROM 0.005 /* share of the time from which any resource is told */

static bool is_machine(const struct tier *tier)
{
    return tier_has(tier, "wait.probability"); /* it has resources of its own */
}

static enum page_tone tone_of(double utilisation)
{
    return utilisation > ASSESS_FULL ? PAGE_BAD : utilisation > 0.8 ? PAGE_WARN : PAGE_PLAIN;
}

/* What the component has for itself; what it shares with others is told with the host. */
static void write_utilisations(const struct tier *tier)
{
    const struct results *results = tier->results;
    char text[SUMMARY_TEXT_SIZE], resource[RESULT_RESOURCE_SIZE];

    for (const struct result_entry *entry = results_component(results, tier->component); entry;
         entry = results_next(results, entry)) {
        double value;

        if (!result_is_resource(entry) || entry->shared)
            continue;
        value = results_interval(results, entry).mean;
        if (value < SHOWN_FROM && strncmp(entry->metric, "cpu", 3) && strncmp(entry->metric, "servers", 7))
            continue;
        page_listed(tier->page, tone_of(value), "%s %s", result_resource(entry, resource),
                    text_busy(value, text));
    }
}

static void write_machine(const struct tier *tier)
{
    double waiting = tier_value(tier, "queue.mean"), p99 = tier_value(tier, "latency.p99"),
           again = tier_value(tier, "logins.again");
    double full = tier_value(tier, "storage.refused");
    double instances = tier_value(tier, "instances.mean"); /* where their number changes */
    char text[SUMMARY_TEXT_SIZE];

    tier_write_rate(tier, tier_value(tier, "requests.started"));
    tier_write_targets(tier);
    if (!isnan(instances))
        page_listed(tier->page, PAGE_PLAIN, "%s instances on average and %.0f at most",
                    text_count(instances, text), tier_value(tier, "instances.max"));
    write_utilisations(tier);
    tier_write_copies(tier);
    if (again >= 0.5)
        page_listed(tier->page, PAGE_WARN, "%s logged in again", text_count(again, text));
    if (full > 0)
        page_listed(tier->page, PAGE_BAD, "storage full: %s inserts refused", text_count(full, text));
    if (waiting >= 0.05)
        page_listed(tier->page, PAGE_PLAIN, "%s waiting", text_count(waiting, text));
    if (tier->steady && !isnan(p99))
        page_listed(tier->page, PAGE_DIM, "p99 %s", text_seconds(p99, text));
}

const struct tier_form form_machine = { is_machine, write_machine };
