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

#define PARTIAL "split.partial"
#define LOST "writes.lost"
#define LOST_SPLIT_BRAIN "writes.lost_split_brain"
#define STALE "reads.stale"

static const struct telling tellings[] = {
    { STALE, "reads", "%s of reads stale", NULL, false },
    { "stale_copies", NULL, "%s reads of rows that repeat older versions", NULL, false },
    { PARTIAL, "split.queries", "%s of answers from several shards lack the rows of shards that failed", NULL,
      false },
    { "replication.lag", NULL, "%s behind", NULL, true },
    { "failovers", NULL, "%s failovers", "%s failover", false },
    { LOST, NULL, "%s acknowledged writes lost", "%s acknowledged write lost", false },
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

static double value_of(const struct results *results, const char *component, const char *metric)
{
    return results_find(results, component, metric) ? results_value(results, component, metric) : 0;
}

static const char *figure(const struct results *results, const struct telling *telling, const char *component,
                          double value, char *text)
{
    if (telling->is_time)
        return text_seconds(value, text);
    if (telling->per)
        return text_percent(value / (strcmp(telling->per, "reads")
                                         ? value_of(results, component, telling->per)
                                         : reads_of(results, component)),
                            text);
    snprintf(text, SUMMARY_TEXT_SIZE, "%.4g", value);
    return text;
}

/* Writes lost, too, which the metric of those has not. */
static double lost_split_brain(const struct results *results, const struct telling *telling,
                               const char *component)
{
    return strcmp(telling->metric, LOST) ? 0 : value_of(results, component, LOST_SPLIT_BRAIN);
}

/* "600 acknowledged writes lost (200 before another primary led, 400 that the old one took afterwards)" */
static void words_of(const struct results *results, const struct telling *telling, const char *component,
                     double value, char *words, size_t size)
{
    const char *format = value == 1 && telling->words_one ? telling->words_one : telling->words;
    const char *place = strstr(format, "%s");
    double split = lost_split_brain(results, telling, component);
    char text[SUMMARY_TEXT_SIZE];
    int used;

    used = snprintf(words, size, "%.*s%s%s", (int)(place - format), format,
                    figure(results, telling, component, value, text), place + 2);
    if (split > 0)
        snprintf(words + used, size - (size_t)used,
                 " (%.4g before another primary led and %.4g that the old one took afterwards)",
                 value - split, split);
}

/* Copies that answered reads, and none of these was stale. */
static bool is_never_stale(const struct results *results, const struct telling *telling,
                           const char *component)
{
    return !strcmp(telling->metric, STALE) && results_find(results, component, STALE) &&
           reads_of(results, component) > 0;
}

static void tell(struct page *page, const struct results *results, const char *component, int label_width,
                 bool *any)
{
    bool is_named = false;

    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++) {
        const struct telling *telling = &tellings[i];
        double value =
            value_of(results, component, telling->metric) + lost_split_brain(results, telling, component);
        char words[SUMMARY_TEXT_SIZE + 160] = "no read stale";

        if (value > 0)
            words_of(results, telling, component, value, words, sizeof words);
        else if (!is_never_stale(results, telling, component))
            continue;
        if (!*any)
            page_label(page, label_width, "  data");
        *any = true;
        page_listed(page, PAGE_PLAIN, "%s%s%s", is_named ? "" : component, is_named ? "" : ": ", words);
        is_named = true;
    }
}

bool summary_data_is_partial(const struct results *results)
{
    for (size_t i = 0; i < results->entry_count; i++)
        if (summary_is_tier(results->entries[i].component) && !strcmp(results->entries[i].metric, PARTIAL) &&
            results_interval(results, &results->entries[i]).mean > 0)
            return true;
    return false;
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
