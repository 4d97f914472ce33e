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

/* "db.shard[2] cpu 100%", "web cpu FULL" after an episode in which it was for a good part: what was busiest,
 * shorter where there is room for fewer columns. */
void comparison_limit(const struct outcome_of_variant *run, int room, char *text, size_t size);

/* A name, cut in the middle where there is too little room: what comes last tells names apart as often as
 * what comes first. Returns name or text. */
const char *comparison_cut_name(const char *name, int room, char *text, size_t size);

/* How many columns their names take in table and differences. */
int comparison_name_width(const struct summary *summary);

void comparison_table(struct page *page, const struct summary *summary, bool priced);

/* False: out of memory. */
bool comparison_differences(struct page *page, const struct summary *summary);

void comparison_cheapest(struct page *page, const struct summary *summary, bool priced);

#endif
