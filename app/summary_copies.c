/* summary_copies.c - caches and CDNs: how many look-ups found a copy, and how many of these were old. */
#include <math.h>

#include "app/summary_forms.h"
#include "app/summary_text.h"

/* One without resources of its own; a cache on a host is a machine first. */
static bool is_copies(const struct tier *tier)
{
    return tier_has(tier, "hit_ratio") && tier_has(tier, "hits");
}

void tier_write_copies(const struct tier *tier)
{
    double hits = tier_value(tier, "hit_ratio"), stale = tier_value(tier, "stale_ratio"),
           evictions = tier_value(tier, "evictions");
    char text[SUMMARY_TEXT_SIZE];

    if (isnan(hits))
        return;
    page_listed(tier->page, PAGE_PLAIN, "hits %s", text_busy(hits, text));
    if (stale > 0)
        page_listed(tier->page, PAGE_WARN, "%s of them old", text_percent(stale, text));
    if (evictions > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s pushed out",
                    text_rate(evictions / tier->results->seconds, text));
}

static void write_copies(const struct tier *tier)
{
    char text[SUMMARY_TEXT_SIZE];
    double busy = tier_value(tier, "network.utilisation"),
           asked = tier_value(tier, "hits") + tier_value(tier, "misses");

    if (!(asked > 0))
        page_listed(tier->page, PAGE_DIM, "not asked");
    tier_write_rate(tier, asked);
    if (busy > 0)
        page_listed(tier->page, PAGE_PLAIN, "network %s", text_busy(busy, text));
    tier_write_copies(tier);
}

const struct tier_form form_copies = { is_copies, write_copies };
