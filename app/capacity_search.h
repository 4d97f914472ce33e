/* capacity_search.h - the greatest value at which something still holds, by bisection on a logarithmic
 * scale.
 *
 * What holds at a value is taken to hold at every lower one; but for one value, capacity_search_doubt(), that
 * is not found out. So the ends of the range are looked at last, and only where the search arrives at them:
 *
 *     while (!isnan(value = capacity_search_next(&search)))
 *         capacity_search_tell(&search, value, holds_at(value));
 *
 * Afterwards `held` is the greatest value tried at which it held (NaN: not even at the low end) and `above`
 * the least at which it did not (NaN: it held at the high end); with both, above <= held x (1 + within), or
 * there is no value between them.
 *
 * Cost: log2(log(high / low) / log(1 + within)) values, and one more at an end.
 */
#ifndef APP_CAPACITY_SEARCH_H
#define APP_CAPACITY_SEARCH_H

#include "app/vary.h"

struct capacity_search {
    const struct vary *vary;
    double within;
    double held, above;
};

void capacity_search_init(struct capacity_search *search, const struct vary *vary, double within);

/* The next value to look at; NaN: it is found. */
double capacity_search_next(const struct capacity_search *search);

void capacity_search_tell(struct capacity_search *search, double value, bool holds);

/* A value well above the least at which it did not hold, to look at once: if it holds there, less is not
 * always easier, and what was found is only one of several edges. NaN: there is none in the range. */
double capacity_search_doubt(const struct capacity_search *search);

/* How many values it will look at, at most. */
int capacity_search_length(const struct vary *vary, double within);

#endif
