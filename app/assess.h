/* assess.h - what the figures of a variant mean: is it stable, what limits it, do the expectations hold. */
#ifndef APP_ASSESS_H
#define APP_ASSESS_H

#include "app/results.h"
#include "app/scenario.h"

#define ASSESS_FULL 0.97          /* a resource at work for more than this share of the time is full */
#define ASSESS_GROWTH 0.01        /* requests left inside over requests started: more is growth, not chance */
#define ASSESS_LOST 0.01          /* share of requests that fail at a full resource when it is overloaded */
#define ASSESS_EVEN 1.25          /* busiest part of an episode over its mean: up to here chance, the load is even */
#define ASSESS_MOMENTS 0.05       /* share of an episode: what is full for less is full for moments */

struct check {
    const struct expectation *expectation;
    struct interval interval;
    enum verdict verdict;
};

struct assessment {
    bool overloaded;
    bool growing;            /* requests pile up without end; else they are refused or time out */
    double growth_per_s;     /* requests more inside each second */
    const struct result_entry *limit; /* utilisation of the busiest resource, NULL: there is none */
    double limit_utilisation; /* mean over the measured time */
    double limit_peak;        /* in the busiest part of an episode; else the mean */
    double limit_full_s;      /* for so long it was full in an episode, else 0 */
    struct check *checks; /* of the variant's expectations */
    size_t check_count;
    size_t counts[3]; /* by enum verdict */
};

/* Whether the load of the limit changes by more than chance: then its peak says how near it is. */
bool assess_changes(const struct assessment *assessment);

/* Whether something was full for a good part of an episode: more than moments. */
bool assess_was_full(const struct assessment *assessment, const struct results *results);

/* False when memory is gone. */
bool assess(struct assessment *assessment, const struct scenario_variant *variant,
            const struct results *results);
void assessment_deinit(struct assessment *assessment);

/* The verdict on other expectations than the variant's own. An overloaded variant fails every
 * bound on latency. */
struct check assess_expectation(const struct expectation *expectation, const struct results *results,
                                const struct assessment *assessment);

#endif
