/* summary_messages.c - subscriptions of a queue: they have no resources, but what users do not see of their
 * work. */
#include <string.h>

#include "app/summary_forms.h"
#include "app/summary_text.h"

#define LEFT_SHOWN 0.01 /* share of the published that still waits at the end from which it is told */

static bool is_subscription(const struct tier *tier)
{
    return strchr(tier->component, '.') && tier_has(tier, "end_to_end.p50");
}

/* What went wrong with messages, where anything did. */
static void write_losses(const struct tier *tier)
{
    static const struct {
        const char *metric, *words;
        enum page_tone tone;
    } rows[] = {
        { "refused", "refused as it was full", PAGE_WARN },
        { "unconfirmed", "never confirmed to the sender", PAGE_WARN },
        { "redelivered", "delivered again", PAGE_PLAIN },
        { "duplicates", "done twice", PAGE_WARN },
        { "dead_lettered", "put aside as dead letters", PAGE_WARN },
        { "expired", "expired unread", PAGE_BAD },
        { "lost", "LOST after they were confirmed", PAGE_BAD },
    };
    double published = tier_value(tier, "published");
    char text[SUMMARY_TEXT_SIZE];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double share = tier_value(tier, rows[i].metric) / published;

        if (share > 0)
            page_listed(tier->page, rows[i].tone, "%s %s", text_percent(share, text), rows[i].words);
    }
}

static void write_subscription(const struct tier *tier)
{
    double seconds = tier->results->seconds, published = tier_value(tier, "published"),
           left = tier_value(tier, "waiting.end");
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    page_listed(tier->page, PAGE_PLAIN, "%s published", text_rate(published / seconds, text));
    page_listed(tier->page, PAGE_PLAIN, "%s done",
                text_rate(tier_value(tier, "acknowledged") / seconds, text));
    page_listed(tier->page, PAGE_PLAIN, "%s waiting (most %s)",
                text_count(tier_value(tier, "waiting.mean"), text),
                text_count(tier_value(tier, "waiting.max"), other));
    if (left > LEFT_SHOWN * published)
        page_listed(tier->page, PAGE_BAD, "%s still waiting at the end", text_count(left, text));
    page_listed(tier->page, PAGE_PLAIN, "done p50 %s p99 %s after the publish",
                text_seconds(tier_value(tier, "end_to_end.p50"), text),
                text_seconds(tier_value(tier, "end_to_end.p99"), other));
    write_losses(tier);
}

const struct tier_form form_subscription = { is_subscription, write_subscription };
