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

/* Of those that are done in the second before and the second after the last of the burst: a message waits
 * until what is before it is done, so with the time of its end the wait rises by 1 - done/came, and falls
 * likewise. */
double exact_lag_of_last(const struct parameters *parameters, double argument)
{
    double done = done_per_s(parameters);
    double rise = 1 - done / parameters->arrival_rate, fall = done / parameters->after_rate - 1;

    return exact_backlog(parameters, argument) / done - (rise + fall) / 4;
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
