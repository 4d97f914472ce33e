/* summary.h - the answer as a person reads it: what users saw, each tier, the cost, the
 * limit, the verdicts. */
#ifndef APP_SUMMARY_H
#define APP_SUMMARY_H

#include "app/assess.h"
#include "app/page.h"
#include "app/results.h"
#include "app/scenario.h"

/* One variant that was run. */
struct outcome_of_variant {
    const struct scenario_variant *variant;
    struct results results;
    struct assessment assessment;
};

struct summary {
    const struct scenario *scenario;
    const struct outcome_of_variant *runs; /* in the order of the file */
    size_t run_count;
    uint64_t seed;
    int replications;   /* asked for */
    const char *repeat; /* command line that gives the same again */
};

/* Title and question. */
void summary_head(struct page *page, const struct summary *summary);

/* The block of one variant. */
void summary_variant(struct page *page, const struct summary *summary, const struct outcome_of_variant *run);

/* Variants side by side, their differences and the cheapest that does: nothing when only one was run.
 * False: out of memory. */
bool summary_comparison(struct page *page, const struct summary *summary);

/* How to repeat it. */
void summary_foot(struct page *page, const struct summary *summary);

#endif
