#include "tests/theory/exact_queue.h"

static double done_per_s(const struct parameters *parameters)
{
    return parameters->servers / parameters->service_mean_s;
}

double exact_backlog(const struct parameters *parameters, double argument)
{
    (void)argument;
    return (parameters->arrival_rate - done_per_s(parameters)) * parameters->burst_s;
}

/* It rises evenly, and falls evenly to nothing. */
double exact_backlog_mean(const struct parameters *parameters, double argument)
{
    return exact_backlog(parameters, argument) / 2;
}

/* A message waits until what is before it is done: evenly from 0 to the last of the burst, and evenly
 * back, so that the lags of all are spread evenly. */
double exact_lag_quantile(const struct parameters *parameters, double fraction)
{
    return fraction * exact_backlog(parameters, 0) / done_per_s(parameters);
}

double exact_loss(const struct parameters *parameters, double argument)
{
    (void)argument;
    return parameters->loss;
}

double exact_deliveries(const struct parameters *parameters, double argument)
{
    (void)argument;
    return 1 / (1 - parameters->loss);
}

double exact_duplicates(const struct parameters *parameters, double argument)
{
    return exact_deliveries(parameters, argument) - 1;
}

double exact_third_deliveries(const struct parameters *parameters, double argument)
{
    (void)argument;
    return parameters->loss * parameters->loss;
}
