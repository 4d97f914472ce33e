#include "tests/theory/exact_network.h"

#include <math.h>
#include <stddef.h>

#define STATIONS 3

/* ---- two stations in series ---- */

/* The time at each is exponential and independent of that at the other. */
static double tandem_rate(const struct parameters *p, int station)
{
    return 1 / p->demands_s[station] - p->arrival_rate;
}

double exact_tandem_mean(const struct parameters *p, double argument)
{
    (void)argument;
    return 1 / tandem_rate(p, 0) + 1 / tandem_rate(p, 1);
}

double exact_tandem_second_mean(const struct parameters *p, double argument)
{
    (void)argument;
    return 1 / tandem_rate(p, 1);
}

double exact_tandem_quantile(const struct parameters *p, double fraction)
{
    double a = tandem_rate(p, 0), b = tandem_rate(p, 1), low = 0, high = 100 * exact_tandem_mean(p, 0);

    for (int i = 0; i < 100; i++) {
        double t = (low + high) / 2, beyond = (a * exp(-b * t) - b * exp(-a * t)) / (a - b);

        *(beyond > 1 - fraction ? &low : &high) = t;
    }
    return low;
}

/* ---- open network ---- */

double exact_jackson_rate(const struct parameters *p, double station)
{
    double first = p->arrival_rate / (1 - p->routing[0] - p->routing[1]);

    return station == 0 ? first : first * p->routing[(int)station - 1];
}

double exact_jackson_load(const struct parameters *p, double station)
{
    return exact_jackson_rate(p, station) * p->demands_s[(int)station];
}

/* As if each were alone with Poisson arrivals. */
double exact_jackson_in_system(const struct parameters *p, double argument)
{
    double sum = 0;

    (void)argument;
    for (int i = 0; i < STATIONS; i++)
        sum += exact_jackson_load(p, i) / (1 - exact_jackson_load(p, i));
    return sum;
}

double exact_jackson_mean(const struct parameters *p, double argument)
{
    return exact_jackson_in_system(p, argument) / p->arrival_rate;
}

double exact_jackson_visits(const struct parameters *p, double argument)
{
    (void)argument;
    return exact_jackson_rate(p, 0) / p->arrival_rate;
}

/* ---- closed ---- */

/* An arrival sees the system as it is with one user less. */
double exact_closed_response(const struct parameters *p, double argument)
{
    double inside[STATIONS] = { 0 }, total = 0;

    (void)argument;
    for (int n = 1; n <= p->users; n++) {
        double times[STATIONS];

        total = 0;
        for (int i = 0; i < STATIONS; i++)
            total += times[i] = p->demands_s[i] * (1 + inside[i]);
        for (int i = 0; i < STATIONS; i++)
            inside[i] = n / (total + p->think_s) * times[i];
    }
    return total;
}

double exact_closed_throughput(const struct parameters *p, double argument)
{
    return p->users / (exact_closed_response(p, argument) + p->think_s);
}

static double demand(const struct parameters *p)
{
    return p->demands_s[0] + p->demands_s[1] + p->demands_s[2];
}

static double greatest_demand(const struct parameters *p)
{
    return fmax(p->demands_s[0], fmax(p->demands_s[1], p->demands_s[2]));
}

double exact_closed_throughput_max(const struct parameters *p, double argument)
{
    (void)argument;
    return 1 / greatest_demand(p);
}

double exact_closed_throughput_bound(const struct parameters *p, double argument)
{
    return fmin(exact_closed_throughput_max(p, argument), p->users / (demand(p) + p->think_s));
}

double exact_closed_response_bound(const struct parameters *p, double argument)
{
    (void)argument;
    return fmax(demand(p), p->users * greatest_demand(p) - p->think_s);
}

double exact_closed_knee(const struct parameters *p, double argument)
{
    (void)argument;
    return (demand(p) + p->think_s) / greatest_demand(p);
}

/* ---- arrivals Erlang-2 ---- */

#define NORMAL_REACH 12.0 /* standard deviations */
#define NORMAL_STEPS 6000

/* Transform of a lognormal: the trapezoidal rule converges faster than any power of the step. */
static double lognormal_transform(const struct parameters *p, double s)
{
    double sigma2 = log1p(p->service_scv), step = 2 * NORMAL_REACH / NORMAL_STEPS, sum = 0;

    for (int i = 0; i <= NORMAL_STEPS; i++) {
        double z = -NORMAL_REACH + i * step;

        sum += exp(-z * z / 2 - s * p->service_mean_s * exp(sqrt(sigma2) * z - sigma2 / 2));
    }
    return sum * step / sqrt(2 * acos(-1.0));
}

/* The transform of the wait is (s1 - s) C / ((r - s)^2 - r^2 B(s)) s, r being the rate of a phase, B
 * the transform of
 * the service and s1 the one zero of the denominator on the right, which lies above r. */
double exact_e2g1_wait_mean(const struct parameters *p, double argument)
{
    double r = 2 * p->arrival_rate, low = r, high = 2 * r;
    double second_moment = p->service_mean_s * p->service_mean_s * (1 + p->service_scv);

    (void)argument;
    for (int i = 0; i < 60; i++) {
        double s = (low + high) / 2;

        *(s - r < r * sqrt(lognormal_transform(p, s)) ? &low : &high) = s;
    }
    return 1 / low + (r * r / 2 * second_moment - 1) / (2 * r * (1 - p->arrival_rate * p->service_mean_s));
}

#define SCV_OF_ERLANG_2 0.5

double exact_kingman_bound(const struct parameters *p, double argument)
{
    double gap = 1 / p->arrival_rate, service = p->service_mean_s;

    (void)argument;
    return p->arrival_rate * (gap * gap * SCV_OF_ERLANG_2 + service * service * p->service_scv) /
           (2 * (1 - exact_load(p, 0)));
}

double exact_variance_wait(const struct parameters *p, double argument)
{
    (void)argument;
    return exact_load(p, 0) / (1 - exact_load(p,
        0)) * (SCV_OF_ERLANG_2 + p->service_scv) / 2 * p->service_mean_s;
}

/* ---- behind a balancer ---- */

static double load_of_each(const struct parameters *p)
{
    return p->arrival_rate * p->service_mean_s / p->shards;
}

double exact_random_mean(const struct parameters *p, double argument)
{
    (void)argument;
    return p->service_mean_s / (1 - load_of_each(p));
}

/* Each gets every n-th: G/M/1 with Erlang-n gaps. The root of x = A(mu (1 - x)), A being the gaps'
 * transform. */
double exact_turns_wait_probability(const struct parameters *p, double argument)
{
    double waits = 0.5;

    (void)argument;
    for (int i = 0; i < 10000; i++)
        waits = pow(p->arrival_rate / (p->arrival_rate + (1 - waits) / p->service_mean_s), p->shards);
    return waits;
}

double exact_turns_mean(const struct parameters *p, double argument)
{
    return p->service_mean_s / (1 - exact_turns_wait_probability(p, argument));
}

double exact_turns_quantile(const struct parameters *p, double fraction)
{
    return -log(1 - fraction) * exact_turns_mean(p, 0);
}

/* ---- a page and its leaves ---- */

double exact_slow_pages(const struct parameters *p, double argument)
{
    (void)argument;
    return -expm1(p->fan_out * log1p(-p->share));
}

double exact_last_leaf(const struct parameters *p, double argument)
{
    double sum = 0;

    (void)argument;
    for (int k = 1; k <= p->fan_out; k++)
        sum += 1.0 / k;
    return sum * p->service_mean_s;
}
