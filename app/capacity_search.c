#include "app/capacity_search.h"

#include <math.h>

void capacity_search_init(struct capacity_search *search, const struct vary *vary, double within)
{
    *search = (struct capacity_search){ .vary = vary, .within = within, .held = NAN, .above = NAN };
}

double capacity_search_next(const struct capacity_search *search)
{
    const struct vary *vary = search->vary;
    double bottom = isnan(search->held) ? vary->low : search->held;
    double top = isnan(search->above) ? vary->high : search->above;
    double middle = vary_round(vary, sqrt(bottom) * sqrt(top));

    if (top > bottom * (1 + search->within) && middle > bottom && middle < top)
        return middle;
    if (isnan(search->held) && top > vary->low)
        return vary->low;
    if (isnan(search->above) && bottom < vary->high)
        return vary->high;
    return NAN;
}

void capacity_search_tell(struct capacity_search *search, double value, bool holds)
{
    if (holds)
        search->held = value;
    else
        search->above = value;
}

#define DOUBT 2 /* times the least at which it did not hold */

double capacity_search_doubt(const struct capacity_search *search)
{
    double value = vary_round(search->vary, search->above * DOUBT); /* NaN stays NaN */

    return value > search->above && value < search->vary->high ? value : NAN;
}

int capacity_search_length(const struct vary *vary, double within)
{
    return (int)ceil(fmax(log2(log(vary->high / vary->low) / log1p(within)), 0)) + 3;
}
