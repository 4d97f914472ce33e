/* summary_monitors.c - what a monitor had to say: its alerts. */
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
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    if (!(fired > 0 || firing_s > 0)) {
        page_listed(tier->page, PAGE_PLAIN, "did not fire");
        return;
    }
    if (fired == 1)
        page_listed(tier->page, PAGE_WARN, "fired once");
    else if (fired > 0)
        page_listed(tier->page, PAGE_WARN, "fired %s times", text_count(fired, text));
    if (fired > 0)
        page_listed(tier->page, PAGE_PLAIN, "first %s after the start, %s after the bad sample began",
                    text_seconds(tier_value(tier, "fired.first"), text),
                    text_seconds(tier_value(tier, "delay"), other));
    page_listed(tier->page, PAGE_PLAIN, "firing for %s in all", text_seconds(firing_s, text));
}

const struct tier_form form_alert = { is_alert, write_alert };
