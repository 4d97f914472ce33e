#include "models/scaling_rule.h"

#include <math.h>

/* 50 x 0.9 / 0.75 is 60 and not 60.000000000000007, whose ceiling is 61. */
#define ROUNDING 1e-9

static int64_t bounded(const struct scaling_rule *rule, double desired)
{
    if (desired >= (double)rule->max)
        return rule->max;
    return desired <= (double)rule->min ? rule->min : (int64_t)desired;
}

int64_t scaling_desired(const struct scaling_rule *rule, double instances, double figure, int64_t wanted)
{
    double ratio = figure / rule->target;
    int64_t desired = bounded(rule, ceil(instances * ratio * (1 - ROUNDING)));

    if (fabs(ratio - 1) <= rule->tolerance * (1 + ROUNDING))
        return wanted;
    if (ratio > 1)
        return desired > wanted ? desired : wanted;
    return desired < wanted ? desired : wanted;
}
