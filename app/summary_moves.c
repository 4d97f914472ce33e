/* summary_moves.c - the script that moves rows from shard to shard: it has no machine, but work. */
#include "app/summary_forms.h"
#include "app/summary_text.h"

static bool moves_rows(const struct tier *tier)
{
    return tier_has(tier, "rows_moved");
}

static void write_moves(const struct tier *tier)
{
    double moved = tier_value(tier, "rows_moved"), left = tier_value(tier, "rows_left.end");
    double retries = tier_value(tier, "retries");
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    if (moved > 0) {
        page_listed(tier->page, PAGE_PLAIN, "%s rows moved, %s of those looked at", text_count(moved, text),
                    text_percent(tier_value(tier, "moved_share"), other));
        page_listed(tier->page, PAGE_PLAIN, "%.3g GB in %s", tier_value(tier, "bytes_moved") / 1e9,
                    text_seconds(tier_value(tier, "elapsed.end"), text));
    } else {
        page_listed(tier->page, PAGE_PLAIN, "no rows moved");
    }
    if (left > 0)
        page_listed(tier->page, PAGE_WARN, "%s have yet to move", text_count(left, text));
    if (retries > 0)
        page_listed(tier->page, PAGE_WARN, "%s chunks begun again", text_count(retries, text));
}

const struct tier_form form_moves = { moves_rows, write_moves };
