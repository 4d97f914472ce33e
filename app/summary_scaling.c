/* summary_scaling.c - tiers that direct others: balancers that spread requests, and autoscalers. */
#include <math.h>

#include "app/summary_forms.h"
#include "app/summary_text.h"

/* ---- balancers ---- */

static bool is_balancer(const struct tier *tier)
{
    return tier_has(tier, "servers.removed");
}

static void write_count(const struct tier *tier, const char *metric, const char *words)
{
    double count = tier_value(tier, metric);
    char text[SUMMARY_TEXT_SIZE];

    if (count >= 0.05)
        page_listed(tier->page, PAGE_PLAIN, "%s %s", text_metric(metric, "1", count, text), words);
}

void tier_write_targets(const struct tier *tier)
{
    int count = tier_instances(tier); /* each of which has a choice of its own */
    double mean = tier_value(tier, "servers.mean") / (count ? count : 1),
           most = tier_value(tier, "servers.max") / (count ? count : 1),
           retries = tier_value(tier, "retries");
    char text[SUMMARY_TEXT_SIZE];

    if (!is_balancer(tier))
        return;
    if (isnan(mean) || mean >= most - 0.005)
        page_listed(tier->page, PAGE_PLAIN, "to %.0f server%s", most, most == 1 ? "" : "s");
    else
        page_listed(tier->page, PAGE_PLAIN, "to %.1f of %.0f servers on average", mean, most);
    write_count(tier, "servers.removed", "dropped");
    write_count(tier, "servers.returned", "added");
    if (retries > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s tried again elsewhere",
                    text_busy(retries / tier_value(tier, "requests.started"), text));
    write_count(tier, "takeovers", "taken over by a spare");
}

static void write_balancer(const struct tier *tier)
{
    tier_write_rate(tier, tier_value(tier, "requests.started"));
    tier_write_targets(tier);
}

const struct tier_form form_balancer = { is_balancer, write_balancer };

/* ---- autoscalers ---- */

static bool is_autoscaler(const struct tier *tier)
{
    return tier_has(tier, "scale_ups");
}

static void write_times(const struct tier *tier, const char *what, double times)
{
    char text[SUMMARY_TEXT_SIZE];

    if (times == 1)
        page_listed(tier->page, PAGE_PLAIN, "%s once", what);
    else if (times > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s %s times", what, text_metric("", "1", times, text));
}

/* How often it changed its mind, and what it wanted. */
static void write_autoscaler(const struct tier *tier)
{
    double ups = tier_value(tier, "scale_ups"), downs = tier_value(tier, "scale_downs");

    if (ups + downs > 0) {
        write_times(tier, "wanted more", ups);
        write_times(tier, "wanted fewer", downs);
    } else {
        page_listed(tier->page, PAGE_PLAIN, "wanted no change");
    }
    page_listed(tier->page, PAGE_PLAIN, "%.0f at most", tier_value(tier, "desired.max"));
    write_count(tier, "replaced", "dead replaced");
}

const struct tier_form form_autoscaler = { is_autoscaler, write_autoscaler };
