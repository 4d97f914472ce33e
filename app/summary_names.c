/* summary_names.c - tiers that are names: how often callers knew the address, what it took the others to
 * find out, and what became of those who went to a dead one. */
#include "app/summary_forms.h"
#include "app/summary_text.h"

/* Callers look it up, and go elsewhere. */
static bool is_name(const struct tier *tier)
{
    return tier_has(tier, "stub.hit_ratio");
}

static void write_name(const struct tier *tier)
{
    double dead = tier_value(tier, "sent_to_dead"), failed = tier_value(tier, "requests.failed");
    double ok = tier_value(tier, "requests.ok");
    double asked = ok - tier_value(tier, "stub.hits"); /* and were told */
    char text[SUMMARY_TEXT_SIZE];

    page_listed(tier->page, PAGE_PLAIN, "address known to %s of requests",
                text_busy(tier_value(tier, "stub.hit_ratio"), text));
    if (asked > 0)
        page_listed(tier->page, PAGE_PLAIN, "looked up in %s on average for the others",
                    text_seconds(tier_value(tier, "latency.mean") * ok / asked, text));
    if (failed > 0)
        page_listed(tier->page, PAGE_BAD, "%s got no address", text_count(failed, text));
    if (dead > 0)
        page_listed(tier->page, PAGE_BAD, "%s went to a dead one", text_count(dead, text));
}

const struct tier_form form_name = { is_name, write_name };
