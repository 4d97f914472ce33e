/* comparison.h - the parts of what is said of several variants together: a table, differences under common
 * random numbers, and which of them do what is expected at the least cost. */
#ifndef APP_COMPARISON_H
#define APP_COMPARISON_H

#include "app/page.h"
#include "app/summary.h"

/* Whether a run keeps what the base is expected to keep. */
bool comparison_meets(const struct outcome_of_variant *run, const struct scenario_variant *base);

/* USD an hour. */
double comparison_cost(const struct outcome_of_variant *run);

/* How many columns their names take in table and differences. */
int comparison_name_width(const struct summary *summary);

void comparison_table(struct page *page, const struct summary *summary, bool priced);

/* False: out of memory. */
bool comparison_differences(struct page *page, const struct summary *summary);

void comparison_cheapest(struct page *page, const struct summary *summary, bool priced);

#endif
