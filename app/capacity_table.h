/* capacity_table.h - what capacity found, as a person reads it: a row for each variant. */
#ifndef APP_CAPACITY_TABLE_H
#define APP_CAPACITY_TABLE_H

#include "app/capacity_search.h"
#include "app/options.h"
#include "app/page.h"
#include "app/summary.h"

/* What was found of one variant. */
struct capacity_row {
    const struct scenario_variant *variant;
    struct capacity_search search;
    const struct outcome_of_variant *run; /* at the capacity, or at the low end where nothing held; NULL: it
                                             expects nothing, and was not run */
    double holds_again;      /* greater load at which it does hold; NaN: not found */
    bool undecided;          /* nothing held, and nothing failed: the requests were too few to tell */
    double cost_per_month;   /* USD, at that load for all the month; NaN: nothing held */
    double cost_per_million; /* of users, USD a month */
    const double *crashes;   /* share of the requests of a minute that are not answered, for each of the
                                options'; NaN: it has no such component */
};

struct capacity_table {
    const struct options *options;
    const struct vary *vary;
    const struct scenario *scenario;
    bool users;      /* what varies is a number of users */
    bool undecided;  /* a row is */
    bool again;      /* a row holds again */
    int name, value; /* columns */
};

/* Title, question, what is sought, and the head of the columns. */
void capacity_table_head(struct page *page, struct capacity_table *table);

void capacity_table_row(struct page *page, struct capacity_table *table, const struct capacity_row *row);

/* What the columns mean. */
void capacity_table_foot(struct page *page, const struct capacity_table *table, const char *repeat);

#endif
