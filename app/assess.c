#include "app/assess.h"
#include "app/instance_name.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Times as busy: what is held will be full first, long before what does work. */
#define HELD_LEADS 2

void assessment_deinit(struct assessment *assessment)
{
    free(assessment->checks);
    assessment->checks = NULL;
}

/* How near a resource is to being full: its utilisation; in an episode whose load changes that of the busiest
 * time, and beyond 1 the share of the time for which it was full. */
static double nearness(const struct results *results, const struct result_entry *entry)
{
    const struct result_entry *peak = result_peak(results, entry);
    double mean = results_interval(results, entry).mean, full_s, busiest;

    if (!peak)
        return mean;
    full_s = results_interval(results, peak + 1).mean;
    busiest = results_interval(results, peak).mean;
    return full_s > 0 ? 1 + full_s / results->seconds : busiest > ASSESS_EVEN * mean ? busiest : mean;
}

/* The busiest resource that does work; one that is only held, such as a worker that waits for a database,
 * is the limit only when none that works is nearly as busy. */
static const struct result_entry *find_limit(const struct results *results)
{
    const struct result_entry *best[2] = { NULL, NULL };
    double most[2] = { -1, -1 };

    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        double value;

        if (!entry->limits)
            continue;
        value = nearness(results, entry);
        if (value > most[entry->held]) {
            most[entry->held] = value;
            best[entry->held] = entry;
        }
    }
    return best[(most[1] > 0.9 && most[0] < 0.8) || most[1] > HELD_LEADS * most[0]];
}

static void measure_limit(struct assessment *assessment, const struct results *results)
{
    const struct result_entry *peak = assessment->limit ? result_peak(results, assessment->limit) : NULL;

    if (assessment->limit)
        assessment->limit_utilisation = results_interval(results, assessment->limit).mean;
    assessment->limit_peak = peak ? results_interval(results, peak).mean : assessment->limit_utilisation;
    assessment->limit_full_s = peak ? results_interval(results, peak + 1).mean : 0;
}

/* Of instances that are all alike none is special: then it is the resource of the whole component. */
static const struct result_entry *whole_if_even(const struct results *results,
                                                const struct result_entry *limit)
{
    const struct result_entry *whole;
    char name[INSTANCE_NAME_SIZE];

    if (!limit || !instance_base(limit->component, name))
        return limit;
    whole = results_find(results, name, limit->metric);
    return whole && nearness(results, limit) <= 1.05 * nearness(results, whole) ? whole : limit;
}

static double replication_value(const struct results *results, const char *metric, int replication)
{
    const struct result_entry *entry = results_find(results, "total", metric);

    return entry ? entry->values[replication] : NAN;
}

/* Requests left inside over requests started, by replication; false: out of memory. */
static bool growth(const struct results *results, struct interval *interval)
{
    double *values = malloc((size_t)results->replications * sizeof *values);

    if (!values)
        return false;
    for (int i = 0; i < results->replications; i++)
        values[i] = (replication_value(results, "in_flight.end", i) -
                     replication_value(results, "in_flight.start", i)) /
                    fmax(replication_value(results, "requests.started", i), 1);
    *interval = statistics_mean_interval(values, results->replications, RESULTS_CONFIDENCE);
    free(values);
    return true;
}

static bool find_overload(struct assessment *assessment, const struct results *results)
{
    struct interval share;
    double failed = 1 - results_value(results, "total", "availability"), least;

    if (!growth(results, &share))
        return false;
    least = isnan(share.low) ? share.mean / 5 : share.low;
    assessment->growing =
        least > ASSESS_GROWTH && failed <= ASSESS_LOST && assessment->limit_utilisation > ASSESS_FULL;
    if (assessment->growing && results->seconds > 0)
        assessment->growth_per_s =
            share.mean * results_value(results, "total", "requests.started") / results->seconds;
    assessment->overloaded =
        assessment->growing || (failed > ASSESS_LOST && assessment->limit_utilisation > ASSESS_FULL);
    return true;
}

static bool is_latency(const char *metric)
{
    return !strncmp(metric, "latency", 7) || !strncmp(metric, "wait", 4);
}

struct check assess_expectation(const struct expectation *expectation, const struct results *results,
                                const struct assessment *assessment)
{
    const struct result_entry *entry = results_find(results, expectation->component, expectation->metric);
    struct check check = { expectation, { NAN, NAN, NAN, 0 }, VERDICT_UNDECIDED };

    if (!entry)
        return check;
    check.interval = results_interval(results, entry);
    check.verdict = statistics_verdict(check.interval, expectation->comparison, expectation->bound);
    if (assessment->overloaded && is_latency(expectation->metric)) /* it has no steady value to compare */
        check.verdict = expectation->comparison >= COMPARISON_GREATER ? VERDICT_HELD : VERDICT_FAILED;
    return check;
}

bool assess_changes(const struct assessment *assessment)
{
    return assessment->limit_peak > ASSESS_EVEN * assessment->limit_utilisation;
}

bool assess_was_full(const struct assessment *assessment, const struct results *results)
{
    return assessment->limit_full_s >= ASSESS_MOMENTS * results->seconds && assessment->limit_full_s > 0;
}

bool assess(struct assessment *assessment, const struct scenario_variant *variant,
            const struct results *results)
{
    *assessment = (struct assessment){ 0 };
    assessment->limit = whole_if_even(results, find_limit(results));
    measure_limit(assessment, results);
    if (results->replications > 0 && variant->time.kind == TIME_STEADY && !find_overload(assessment, results))
        return false;
    assessment->check_count = variant->expectation_count;
    if (!variant->expectation_count)
        return true;
    assessment->checks = calloc(variant->expectation_count, sizeof *assessment->checks);
    if (!assessment->checks)
        return false;
    for (size_t i = 0; i < variant->expectation_count; i++) {
        assessment->checks[i] = assess_expectation(&variant->expectations[i], results, assessment);
        assessment->counts[assessment->checks[i].verdict]++;
    }
    return true;
}
