/* summary_monitors.c - what a monitor had to say: its alerts, what its logs tell of servers, and what the
 * business sees of users. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/error_servers.h"
#include "app/summary_forms.h"
#include "app/summary_text.h"
#include "models/alert.h"
#include "models/business.h"
#include "models/monitor.h"

/* ---- alerts ---- */

static bool is_alert(const struct tier *tier)
{
    return tier_has(tier, "fired.first");
}

/* The alert as the scenario has it; NULL: the component is none. */
static const struct alert_config *config_of(const struct tier *tier)
{
    const struct component_config *component = scenario_component_of(tier->variant, tier->component);
    const struct monitor_config *monitor;

    if (!component || component->type != &monitor_model)
        return NULL;
    monitor = component->config;
    for (size_t i = 0; i < monitor->alerts.count; i++) {
        const struct alert_config *alert = (const struct alert_config *)monitor->alerts.items + i;

        if (!strcmp(alert->name, tier->component + strlen(component->name) + 1))
            return alert;
    }
    return NULL;
}

static const char *bound_text(struct param_quantity bound, char *text)
{
    switch ((enum param_unit)bound.unit) {
    case PARAM_UNIT_FRACTION:
        return text_percent(bound.value, text);
    case PARAM_UNIT_SECONDS:
        return text_seconds(bound.value, text);
    case PARAM_UNIT_PER_SECOND:
        return text_rate(bound.value, text);
    default:
        snprintf(text, SUMMARY_TEXT_SIZE, "%.3g", bound.value);
        return text;
    }
}

/* "if users error_rate > 10% for 30 s:" */
static void write_rule(const struct tier *tier)
{
    const struct alert_config *alert = config_of(tier);
    char bound[SUMMARY_TEXT_SIZE], lasts[SUMMARY_TEXT_SIZE], part[64] = "";
    bool is_above;

    if (!alert)
        return;
    is_above = !isnan(alert->above.value);
    if (strcmp(alert->part, "all"))
        snprintf(part, sizeof part, ".%s", alert->part);
    page_words(tier->page, PAGE_DIM, "if %s%s%s %s %s %s%s%s:", alert->each ? "any " : "", alert->on, part,
               alert->metric, is_above ? ">" : "<", bound_text(is_above ? alert->above : alert->below, bound),
               alert->lasts ? " for " : "",
               alert->lasts ? text_seconds((double)alert->lasts * 1e-9, lasts) : "");
}

static void write_alert(const struct tier *tier)
{
    double fired = tier_value(tier, "fired");
    double firing_s = tier_value(tier, "firing.mean") * tier->results->seconds;
    char text[SUMMARY_TEXT_SIZE];

    write_rule(tier);
    if (!(fired > 0 || firing_s > 0)) {
        page_listed(tier->page, PAGE_PLAIN, "did not fire");
        return;
    }
    if (fired == 1)
        page_listed(tier->page, PAGE_WARN, "fired once");
    else if (fired > 0)
        page_listed(tier->page, PAGE_WARN, "fired %s times", text_count(fired, text));
    if (fired > 0) {
        page_listed(tier->page, PAGE_PLAIN, "first at %s",
                    text_seconds(tier_value(tier, "fired.first"), text));
        page_listed(tier->page, PAGE_PLAIN, "%s after the first bad sample began",
                    text_seconds(tier_value(tier, "delay"), text));
    }
    page_listed(tier->page, PAGE_PLAIN, "firing for %s in all", text_seconds(firing_s, text));
}

const struct tier_form form_alert = { is_alert, write_alert };

/* ---- logs ---- */

#define LOUDEST_SHOWN 3
#define QUIET 0.01 /* part of all records below which a line is not worth reading */
#define LOUD 1.5   /* times the mean of its tier from which a server stands out */

static bool is_log(const struct tier *tier)
{
    return tier_has(tier, "records.written") && text_ends_with(tier->component, ".log");
}

static bool is_louder(const struct error_server *one, const struct error_server *other)
{
    double first = one->count - one->mean, second = other->count - other->mean;

    return first != second ? first > second : one->count > other->count;
}

static void keep_loudest(struct error_server *loudest, const struct error_server *next)
{
    struct error_server moved = *next, other;

    for (int i = 0; i < LOUDEST_SHOWN; i++)
        if (is_louder(&moved, &loudest[i])) {
            other = loudest[i];
            loudest[i] = moved;
            moved = other;
        }
}

static void find_loudest(const struct tier *tier, struct error_server *loudest)
{
    struct error_servers servers = { .results = tier->results };
    struct error_server next;
    size_t length = strlen(tier->component);

    while (error_servers_next(&servers, &next))
        if (!strncmp(next.component, tier->component, length) &&
            next.count > QUIET * tier_value(tier, "errors"))
            keep_loudest(loudest, &next);
}

/* "web[7]" and "web[3]". */
static bool is_same_tier(const char *server, const char *other)
{
    size_t length = strcspn(server, "[");

    return length == strcspn(other, "[") && !strncmp(server, other, length);
}

static void write_loudest(const struct tier *tier)
{
    struct error_server loudest[LOUDEST_SHOWN] = { 0 };
    char text[SUMMARY_TEXT_SIZE];
    int tiers = 0;

    find_loudest(tier, loudest);
    page_end_line(tier->page);
    page_label(tier->page, tier->width, "      records");
    for (int i = 0; i < LOUDEST_SHOWN && loudest[i].count > 0; i++) {
        bool stands_out = loudest[i].count > LOUD * loudest[i].mean;

        page_listed(tier->page, stands_out ? PAGE_BAD : PAGE_PLAIN, "about %s: %s %s", loudest[i].server,
                    text_count(loudest[i].count, text), loudest[i].cause);
        if (stands_out)
            page_listed(tier->page, PAGE_BAD, "%.3g times its tier's mean",
                        loudest[i].count / loudest[i].mean);
        else if (!i)
            page_listed(tier->page, PAGE_PLAIN, "no server stands out in its tier");
        tiers += !i || !is_same_tier(loudest[i].server, loudest[i - 1].server);
    }
    if (tiers > 1)
        page_words(tier->page, PAGE_DIM, "(a failure has a record in each tier that passes it on)");
}

static void write_records(const struct tier *tier, const char *metric, const char *words)
{
    double count = tier_value(tier, metric);
    char text[SUMMARY_TEXT_SIZE];

    if (count > 0)
        page_listed(tier->page, PAGE_WARN, "%s %s", text_count(count, text), words);
}

static void write_log(const struct tier *tier)
{
    double gathered = tier_value(tier, "errors");
    char text[SUMMARY_TEXT_SIZE];

    if (!(tier_value(tier, "records.written") > 0)) {
        page_listed(tier->page, PAGE_PLAIN, "no failures on record");
        return;
    }
    page_listed(tier->page, PAGE_PLAIN, "%s error records gathered", text_count(gathered, text));
    write_records(tier, "records.suppressed", "not written (beyond `burst`)");
    write_records(tier, "records.overwritten", "overwritten (beyond `space`)");
    write_records(tier, "records.lost", "lost with a server");
    if (gathered > 0)
        write_loudest(tier);
}

const struct tier_form form_log = { is_log, write_log };

/* ---- business ---- */

#define DAY_S 86400.0

static bool is_business(const struct tier *tier)
{
    return tier_has(tier, "daily_active_users");
}

/* "a day (2 min)": of the monitor that "eyes.business" is a part of. */
static const char *text_day(const struct tier *tier, char *text)
{
    const struct scenario_variant *variant = tier->variant;
    size_t length = strlen(tier->component) - strlen("." BUSINESS_PART);
    double day_s = DAY_S;
    char length_of_day[SUMMARY_TEXT_SIZE / 2];

    for (size_t i = 0; i < variant->component_count; i++) {
        const struct component_config *component = &variant->components[i];

        if (strlen(component->name) == length && !strncmp(component->name, tier->component, length))
            day_s = 1e-9 * (double)((const struct monitor_config *)component->config)->business->day;
    }
    if (day_s == DAY_S)
        return "a day";
    snprintf(text, SUMMARY_TEXT_SIZE, "a day (%s)", text_seconds(day_s, length_of_day));
    return text;
}

static void write_business(const struct tier *tier)
{
    double daily = tier_value(tier, "daily_active_users"), retention = tier_value(tier, "retention");
    double conversion = tier_value(tier, "conversion"), revenue = tier_value(tier, "revenue");
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    if (isnan(daily)) /* no day is over */
        page_listed(tier->page, PAGE_PLAIN, "%s users active so far on %s",
                    text_count(tier_value(tier, "active_users.max"), text), text_day(tier, other));
    else
        page_listed(tier->page, PAGE_PLAIN, "%s users active %s", text_count(daily, text),
                    text_day(tier, other));
    if (!isnan(retention))
        page_listed(tier->page, PAGE_PLAIN, "%s of them there on the next day, too",
                    text_percent(retention, text));
    if (revenue > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s of visits end with a purchase, %s in all",
                    text_percent(conversion, text), text_money(revenue, other));
}

const struct tier_form form_business = { is_business, write_business };
