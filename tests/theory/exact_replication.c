#include "tests/theory/exact_replication.h"

#include <math.h>

double exact_stale_reads(const struct parameters *parameters, double argument)
{
    double weights = 0, stale = 0;

    (void)argument;
    for (int i = 1; i <= parameters->keys; i++)
        weights += pow(i, -parameters->exponent);
    for (int i = 1; i <= parameters->keys; i++) {
        double share = pow(i, -parameters->exponent) / weights;

        stale += share * -expm1(-parameters->arrival_rate * share * parameters->lag_s);
    }
    return parameters->nodes ? stale * (parameters->nodes - 1) / parameters->nodes : stale;
}

double exact_lost_writes(const struct parameters *parameters, double argument)
{
    (void)argument;
    return parameters->arrival_rate * fmin(parameters->lag_s, parameters->uptime_s);
}

double exact_replication_lag(const struct parameters *parameters, double argument)
{
    (void)argument;
    return parameters->lag_s;
}
