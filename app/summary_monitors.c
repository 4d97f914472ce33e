/* summary_monitors.c - what a monitor had to say: its alerts, what its logs tell of servers, and what the
 * business sees of users. */
#include <math.h>
#include <string.h>

#include "app/error_servers.h"
#include "app/summary_forms.h"
#include "app/summary_text.h"

/* ---- alerts ---- */

static bool is_alert(const struct tier *tier)
{
    return tier_has(tier, "fired.first");
}

static void write_alert(const struct tier *tier)
{
    double fired = tier_value(tier, "fired");
    double firing_s = tier_value(tier, "firing.mean") * tier->results->seconds;
    char text[SUMMARY_TEXT_SIZE];

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
        page_listed(tier->page, PAGE_PLAIN, "%s after the bad sample began",
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

static void write_loudest(const struct tier *tier)
{
    struct error_server loudest[LOUDEST_SHOWN] = { 0 };
    char text[SUMMARY_TEXT_SIZE];

    find_loudest(tier, loudest);
    page_end_line(tier->page);
    page_label(tier->page, tier->width, "      by server");
    for (int i = 0; i < LOUDEST_SHOWN && loudest[i].count > 0; i++) {
        bool stands_out = loudest[i].count > LOUD * loudest[i].mean;

        page_listed(tier->page, stands_out ? PAGE_BAD : PAGE_PLAIN, "%s: %s %s", loudest[i].server,
                    text_count(loudest[i].count, text), loudest[i].cause);
        if (stands_out)
            page_listed(tier->page, PAGE_BAD, "%.3g times its tier's mean",
                        loudest[i].count / loudest[i].mean);
        else if (!i)
            page_listed(tier->page, PAGE_PLAIN, "no server stands out in its tier");
    }
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

static bool is_business(const struct tier *tier)
{
    return tier_has(tier, "daily_active_users");
}

static void write_business(const struct tier *tier)
{
    double daily = tier_value(tier, "daily_active_users"), retention = tier_value(tier, "retention");
    double conversion = tier_value(tier, "conversion"), revenue = tier_value(tier, "revenue");
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    if (isnan(daily)) /* no day is over */
        page_listed(tier->page, PAGE_PLAIN, "%s users active so far on the day",
                    text_count(tier_value(tier, "active_users.max"), text));
    else
        page_listed(tier->page, PAGE_PLAIN, "%s users active a day", text_count(daily, text));
    if (!isnan(retention))
        page_listed(tier->page, PAGE_PLAIN, "%s of them there on the next day, too",
                    text_percent(retention, text));
    if (revenue > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s of visits end with a purchase, %s in all",
                    text_percent(conversion, text), text_money(revenue, other));
}

const struct tier_form form_business = { is_business, write_business };
