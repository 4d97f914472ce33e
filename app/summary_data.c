#include "app/summary_data.h"

#include <stdio.h>
#include <string.h>

#include "app/summary_text.h"
#include "app/summary_tiers.h"

/* One thing that may be told of a component, after its metric; `per`: as a share of it. */
struct telling {
    const char *metric, *per;
    const char *words;     /* "%s reads stale" */
    const char *words_one; /* where the number is 1; NULL: the same */
    bool is_time;
};

static const struct telling tellings[] = {
    { "reads.stale", "reads", "%s of reads stale", NULL, false },
    { "stale_copies", NULL, "%s reads of rows that repeat older versions", NULL, false },
    { "split.partial", NULL, "%s answers without the rows of shards that failed",
      "%s answer without the rows of shards that failed", false },
    { "replication.lag", NULL, "%s behind", NULL, true },
    { "failovers", NULL, "%s failovers", "%s failover", false },
    { "writes.lost", NULL, "%s acknowledged writes lost", "%s acknowledged write lost", false },
    { "writes.lost_split_brain", NULL, "%s lost at a second primary", NULL, false },
    { "writes.recovered", NULL, "%s of them recovered", NULL, false },
    { "writes.conflicting", NULL, "%s overwritten since", NULL, false },
    { "reads.without_quorum", NULL, "%s reads without a quorum", "%s read without a quorum", false },
    { "writes.without_quorum", NULL, "%s writes without a quorum", "%s write without a quorum", false },
    { "hints.kept", NULL, "%s hints kept", "%s hint kept", false },
    { "reads.repaired", NULL, "%s copies repaired by reads", "%s copy repaired by a read", false },
    { "writes.without_copies", NULL, "%s writes without copies", "%s write without copies", false },
    { "replacements", NULL, "%s nodes filled anew", "%s node filled anew", false },
};

/* Reads wherever they were answered. */
static double reads_of(const struct results *results, const char *component)
{
    if (results_find(results, component, "reads.answered"))
        return results_value(results, component, "reads.answered");
    return results_value(results, component, "reads.at_replicas") +
           results_value(results, component, "reads.at_primary") -
           (results_find(results, component, "reads.sent_again")
                ? results_value(results, component, "reads.sent_again")
                : 0);
}

static const char *figure(const struct results *results, const struct telling *telling, const char *component,
                          double value, char *text)
{
    if (telling->is_time)
        return text_seconds(value, text);
    if (telling->per)
        return text_percent(value / reads_of(results, component), text);
    snprintf(text, SUMMARY_TEXT_SIZE, "%.4g", value);
    return text;
}

static void tell(struct page *page, const struct results *results, const char *component, int label_width,
                 bool *any)
{
    bool is_named = false;

    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++) {
        const struct telling *telling = &tellings[i];
        double value = results_find(results, component, telling->metric)
                           ? results_value(results, component, telling->metric)
                           : 0;
        char words[SUMMARY_TEXT_SIZE + 64], text[SUMMARY_TEXT_SIZE];
        const char *format = value == 1 && telling->words_one ? telling->words_one : telling->words;
        const char *place = strstr(format, "%s");

        if (!(value > 0))
            continue;
        if (!*any)
            page_label(page, label_width, "  data");
        *any = true;
        snprintf(words, sizeof words, "%.*s%s%s", (int)(place - format), format,
                 figure(results, telling, component, value, text), place + 2);
        page_listed(page, PAGE_PLAIN, "%s%s%s", is_named ? "" : component, is_named ? "" : ": ", words);
        is_named = true;
    }
}

void summary_data(struct page *page, const struct results *results, int label_width)
{
    bool any = false;

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];

        if (summary_is_tier(entry->component) && !strcmp(entry->metric, "requests.started"))
            tell(page, results, entry->component, label_width, &any);
    }
    if (any)
        page_end_line(page);
}
