/* summary_limit.c - what of a variant is full, or will be first when more requests come. */
#include "app/summary_limit.h"

#include <math.h>
#include <string.h>

#include "app/instance_name.h"
#include "app/peaks.h"
#include "app/summary_text.h"
#include "app/summary_tiers.h"

#define TEXT_SIZE SUMMARY_TEXT_SIZE
#define FEW 0.005 /* share of the requests that may fail without a word about it */
#define MOST_OF_THEM 0.3 /* share of the requests inside that makes a line worth naming */

/* The servers are, the cpu is. */
static const char *is_or_are(const char *resource)
{
    return text_ends_with(resource, "s") ? "are" : "is";
}

/* The tier with most requests in line. */
static const char *longest_queue(const struct results *results, double *queue)
{
    const char *component = NULL;

    *queue = 0;
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (!summary_is_tier(entry->component) || strcmp(entry->metric, "queue.mean"))
            continue;
        value = results_interval(results, entry).mean;
        if (value > *queue) {
            *queue = value;
            component = entry->component;
        }
    }
    return component;
}

/* A tier whose workers or connections are all held, because what they wait for is full; NULL:
 * there is none. */
static const struct result_entry *find_victim(const struct results *results, const struct result_entry *limit)
{
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];

        if (entry->held && summary_is_tier(entry->component) &&
            strncmp(limit->component, entry->component, strlen(entry->component)) &&
            results_interval(results, entry).mean > ASSESS_FULL)
            return entry;
    }
    return NULL;
}

static void write_overload(struct page *page, const struct outcome_of_variant *run, const char *resource)
{
    const struct assessment *assessment = &run->assessment;
    const struct result_entry *victim = find_victim(&run->results, assessment->limit);
    double queue, inside = results_value(&run->results, "total", "in_flight.mean");
    const char *component = longest_queue(&run->results, &queue);
    char text[TEXT_SIZE], held[RESULT_RESOURCE_SIZE];

    page_words(page, PAGE_BAD, "OVERLOADED: the %s of %s %s full, %s busy.", resource,
               assessment->limit->component, is_or_are(resource),
               text_busy(assessment->limit_utilisation, text));
    if (victim)
        page_words(page, PAGE_PLAIN,
                   "All %s of %s are held by requests that wait for it, so requests that do not need it wait "
                   "with them.",
                   result_resource(victim, held), victim->component);
    if (assessment->growing)
        page_words(page, PAGE_PLAIN, "With every second %s requests more are waiting.",
                   text_count(assessment->growth_per_s, text));
    if (component && queue > MOST_OF_THEM * inside)
        page_words(page, PAGE_PLAIN, "The longest queue %s in front of %s, %s requests on average.",
                   assessment->growing ? "grows" : "stands", component, text_count(queue, text));
}

/* Instances come and go, and by an autoscaler's word: a deployment adds none for load. */
static bool is_scaled(const struct results *results, const char *component)
{
    if (!results_find(results, component, "instances.mean"))
        return false;
    for (size_t i = 0; i < results->entry_count; i++)
        if (!strcmp(results->entries[i].metric, "scale_ups"))
            return true;
    return false;
}

/* An episode in which it was full for a part of the time. */
static void write_full_for_a_time(struct page *page, const struct outcome_of_variant *run,
                                  const char *resource)
{
    const struct assessment *assessment = &run->assessment;
    const struct results *results = &run->results;
    bool are = !strcmp(is_or_are(resource), "are"), moments = !assess_was_full(assessment, results);
    bool scaled = is_scaled(results, assessment->limit->component);
    char text[TEXT_SIZE], whole[TEXT_SIZE], busy[TEXT_SIZE];

    page_words(page, moments ? PAGE_PLAIN : PAGE_BAD, "the %s of %s %s %s for", resource,
               assessment->limit->component, are ? "were" : "was", moments ? "full" : "FULL");
    if (assessment->limit_full_s >= results->seconds)
        page_words(page, PAGE_BAD, "all the %s", text_seconds(results->seconds, whole));
    else
        page_words(page, moments ? PAGE_PLAIN : PAGE_BAD, "%s of the %s",
                   text_seconds(assessment->limit_full_s, text), text_seconds(results->seconds, whole));
    page_words(page, PAGE_PLAIN, "(%s busy on average)%s,", text_busy(assessment->limit_utilisation, busy),
               scaled ? ", in spite of the autoscaler" : "");
    if (moments)
        page_words(page, PAGE_PLAIN, "so that there is no room for more at that time");
    else
        page_words(page, PAGE_PLAIN, "and what came then had to wait%s",
                   results_value(results, "total", "requests.failed.refused") > 0 ? " or was refused" : "");
}

/* "43%", in an episode with a load that changes "43% on average and 86% in the busiest 2 s". */
static void write_busy(struct page *page, const struct outcome_of_variant *run, bool changes)
{
    const struct assessment *assessment = &run->assessment;
    char mean[TEXT_SIZE], peak[TEXT_SIZE], part[TEXT_SIZE];

    page_item(page, PAGE_PLAIN, changes ? "%s busy on average" : "%s busy,",
              text_busy(assessment->limit_utilisation, mean));
    if (!changes)
        return;
    page_words(page, PAGE_PLAIN, "and %s in the", text_busy(assessment->limit_peak, peak));
    page_item(page, PAGE_PLAIN, "busiest %s,", text_seconds(run->results.seconds / PEAKS_INTERVALS, part));
}

/* For how long the component, or all that an instance is of, was dead. */
static double dead_s(const struct results *results, const char *component)
{
    char whole[INSTANCE_NAME_SIZE];

    if (!results_find(results, component, "downtime") && instance_base(component, whole))
        component = whole;
    return results_find(results, component, "downtime") ? results_value(results, component, "downtime") : 0;
}

/* Failures are told with the users; here, that they are no want of what is named next. */
static void write_other_failures(struct page *page, const struct results *results)
{
    double failed = 1 - results_value(results, "total", "availability");
    char text[TEXT_SIZE];

    if (failed > FEW)
        page_words(page, PAGE_PLAIN,
                   "nothing was full: the %s which failed did so for the reasons told with the users;",
                   text_percent(failed, text));
}

static void write_headroom(struct page *page, const struct outcome_of_variant *run, const char *resource)
{
    const struct assessment *assessment = &run->assessment;
    const char *component = assessment->limit->component;
    bool changes = assess_changes(assessment);
    double peak = changes ? assessment->limit_peak : assessment->limit_utilisation,
           headroom = peak > 0 ? 1 / peak : INFINITY, down_s = dead_s(&run->results, component);
    char text[TEXT_SIZE];

    write_other_failures(page, &run->results);
    if (headroom <= 1.02 || headroom >= 50) {
        page_words(page, PAGE_PLAIN, "the %s of %s %s the busiest, %s", resource, component,
                   is_or_are(resource), text_busy(assessment->limit_utilisation, text));
        return;
    }
    page_words(page, PAGE_PLAIN, "the %s of %s,", resource, component);
    write_busy(page, run, changes);
    if (down_s > 0)
        page_words(page, PAGE_PLAIN, "%s the busiest; as it was dead for %s this tells little about more load",
                   is_or_are(resource), text_seconds(down_s, text));
    else if (is_scaled(&run->results, component))
        page_words(page, PAGE_PLAIN,
                   "%s the busiest; with more load more instances come, up to what the autoscaler may order",
                   is_or_are(resource));
    else
        page_words(page, PAGE_PLAIN,
                   changes ? "will be full first, for moments from about %.3g times this load on"
                           : "will be full first, at about %.3g times this load",
                   headroom);
}

void summary_limit(struct page *page, const struct outcome_of_variant *run)
{
    char resource[RESULT_RESOURCE_SIZE];

    if (!run->assessment.limit)
        return;
    page_label(page, SUMMARY_LABEL_WIDTH, "  limit");
    result_resource(run->assessment.limit, resource);
    if (run->assessment.overloaded)
        write_overload(page, run, resource);
    else if (run->assessment.limit_full_s > 0)
        write_full_for_a_time(page, run, resource);
    else
        write_headroom(page, run, resource);
    page_end_line(page);
}
