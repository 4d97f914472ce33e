/* summary_deploy.c - what brings versions to servers: what went out, what was stopped, and who met it. */
#include <math.h>
#include <stdio.h>

#include "app/summary_forms.h"
#include "app/summary_text.h"

static bool deploys(const struct tier *tier)
{
    return tier_has(tier, "deployments");
}

/* "3", "2.4" on average, "12345". */
static const char *text_times(double count, char *text)
{
    if (count != floor(count))
        return text_count(count, text);
    snprintf(text, SUMMARY_TEXT_SIZE, "%.0f", count);
    return text;
}

static void write_count(const struct tier *tier, enum page_tone tone, const char *metric, const char *words)
{
    double count = tier_value(tier, metric);
    char text[SUMMARY_TEXT_SIZE];

    if (count >= 0.05)
        page_listed(tier->page, tone, "%s: %s", words, text_times(count, text));
}

/* "bad versions: 1004, tests stopped 803 of them, 201 went out" */
static void write_bad_versions(const struct tier *tier)
{
    double caught = tier_value(tier, "defects.caught"), missed = tier_value(tier, "defects.missed");
    char text[SUMMARY_TEXT_SIZE], other[SUMMARY_TEXT_SIZE];

    if (caught + missed < 0.05)
        return;
    page_listed(tier->page, PAGE_WARN, "bad versions: %s", text_times(caught + missed, text));
    if (caught > 0)
        page_listed(tier->page, PAGE_WARN, "of which tests stopped %s and %s went out",
                    text_times(caught, text), text_times(missed, other));
}

static void write_rollbacks(const struct tier *tier)
{
    double count = tier_value(tier, "rollbacks"), back_s = tier_value(tier, "rollback.duration");
    char text[SUMMARY_TEXT_SIZE], exposure[SUMMARY_TEXT_SIZE], back[SUMMARY_TEXT_SIZE];

    if (count < 0.05)
        return;
    page_listed(tier->page, PAGE_WARN, "taken back: %s after %s in service", text_times(count, text),
                text_seconds(tier_value(tier, "rollback.exposure"), exposure));
    if (back_s > 0)
        page_listed(tier->page, PAGE_WARN, "which took %s", text_seconds(back_s, back));
}

static void write_deploy(const struct tier *tier)
{
    double out_s = tier_value(tier, "duration"), skew = tier_value(tier, "skew.mean");
    char text[SUMMARY_TEXT_SIZE];

    write_bad_versions(tier);
    write_count(tier, PAGE_PLAIN, "deployments", "versions out");
    if (tier_value(tier, "deployments.completed") > 0 && !isnan(out_s))
        page_listed(tier->page, PAGE_PLAIN, "everywhere in %s", text_seconds(out_s, text));
    write_rollbacks(tier);
    if (skew > 0)
        page_listed(tier->page, PAGE_PLAIN, "two versions at once for %s",
                    text_seconds(skew * tier->results->seconds, text));
    write_count(tier, PAGE_BAD, "requests.struck", "requests that met the defect");
    write_count(tier, PAGE_BAD, "reads.unreadable", "unreadable reads");
}

const struct tier_form form_deploy = { deploys, write_deploy };
