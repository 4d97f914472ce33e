#include "tests/theory/exact.h"

#include <math.h>
#include <stdbool.h>

/* Load offered to all servers together, in Erlang. */
static double offered(const struct parameters *p)
{
    return p->arrival_rate * p->service_mean_s;
}

double exact_load(const struct parameters *p, double argument)
{
    (void)argument;
    return offered(p) / p->servers;
}

/* ---- M/M/c ---- */

/* By the recursion over servers, which never overflows. */
static double erlang_b(int servers, double load)
{
    double blocked = 1;

    for (int c = 1; c <= servers; c++)
        blocked = load * blocked / (c + load * blocked);
    return blocked;
}

double exact_mmc_wait_probability(const struct parameters *p, double argument)
{
    double b = erlang_b(p->servers, offered(p));

    return b / (1 - exact_load(p, argument) * (1 - b));
}

/* Rate at which the line shrinks while all servers are at work. */
static double drain_rate(const struct parameters *p)
{
    return p->servers / p->service_mean_s - p->arrival_rate;
}

double exact_mmc_wait_mean(const struct parameters *p, double argument)
{
    return exact_mmc_wait_probability(p, argument) / drain_rate(p);
}

/* P(wait > t) = C exp(-drain t). */
double exact_mmc_wait_quantile(const struct parameters *p, double fraction)
{
    double waits = exact_mmc_wait_probability(p, 0);

    return waits <= 1 - fraction ? 0 : log(waits / (1 - fraction)) / drain_rate(p);
}

double exact_mmc_sojourn_mean(const struct parameters *p, double argument)
{
    return exact_mmc_wait_mean(p, argument) + p->service_mean_s;
}

double exact_mmc_in_system(const struct parameters *p, double argument)
{
    return p->arrival_rate * exact_mmc_sojourn_mean(p, argument);
}

/* The time in an M/M/1 is exponential. */
double exact_mm1_sojourn_quantile(const struct parameters *p, double fraction)
{
    return -log(1 - fraction) / drain_rate(p);
}

/* ---- bounded room ---- */

double exact_erlang_loss(const struct parameters *p, double argument)
{
    (void)argument;
    return erlang_b(p->servers, offered(p));
}

double exact_erlang_busy(const struct parameters *p, double argument)
{
    return offered(p) * (1 - exact_erlang_loss(p, argument));
}

static double mm1k_probability(const struct parameters *p, int n)
{
    double total = 0;

    for (int i = 0; i <= p->room; i++)
        total += pow(offered(p), i);
    return pow(offered(p), n) / total;
}

double exact_mm1k_loss(const struct parameters *p, double argument)
{
    (void)argument;
    return mm1k_probability(p, p->room);
}

double exact_mm1k_in_system(const struct parameters *p, double argument)
{
    double mean = 0;

    (void)argument;
    for (int n = 1; n <= p->room; n++)
        mean += n * mm1k_probability(p, n);
    return mean;
}

double exact_mm1k_throughput(const struct parameters *p, double argument)
{
    return p->arrival_rate * (1 - exact_mm1k_loss(p, argument));
}

double exact_mm1k_sojourn_mean(const struct parameters *p, double argument)
{
    return exact_mm1k_in_system(p, argument) / exact_mm1k_throughput(p, argument);
}

double exact_mm1k_load(const struct parameters *p, double argument)
{
    (void)argument;
    return 1 - mm1k_probability(p, 0);
}

/* ---- M/G/1 ---- */

/* Mean work left in service that an arrival finds. */
static double residual_s(const struct parameters *p)
{
    return offered(p) * p->service_mean_s * (1 + p->service_scv) / 2;
}

double exact_mg1_wait_mean(const struct parameters *p, double argument)
{
    (void)argument;
    return residual_s(p) / (1 - offered(p));
}

double exact_mg1_sojourn_mean(const struct parameters *p, double argument)
{
    return exact_mg1_wait_mean(p, argument) + p->service_mean_s;
}

/* P(wait <= t) of M/D/1, an alternating sum: exact to 1e-9 up to some 15 services. */
static double md1_wait_below(const struct parameters *p, double t)
{
    double sum = 0;

    for (int k = 0; k * p->service_mean_s <= t; k++) {
        double x = p->arrival_rate * (k * p->service_mean_s - t);
        double term = exp(-x);

        for (int i = 1; i <= k; i++)
            term *= x / i;
        sum += term;
    }
    return (1 - offered(p)) * sum;
}

double exact_md1_wait_quantile(const struct parameters *p, double fraction)
{
    double low = 0, high = 15 * p->service_mean_s;

    if (md1_wait_below(p, 0) >= fraction)
        return 0;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;

        if (md1_wait_below(p, middle) < fraction)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double exact_md1_sojourn_quantile(const struct parameters *p, double fraction)
{
    return exact_md1_wait_quantile(p, fraction) + p->service_mean_s;
}

double exact_ps_slowdown(const struct parameters *p, double argument)
{
    (void)argument;
    return 1 / (1 - offered(p));
}

double exact_ps_sojourn_of_size(const struct parameters *p, double size_s)
{
    return size_s * exact_ps_slowdown(p, 0);
}

double exact_ps_sojourn_mean(const struct parameters *p, double argument)
{
    (void)argument;
    return exact_ps_sojourn_of_size(p, p->service_mean_s);
}

/* Load of those who go first. */
static double load_high(const struct parameters *p)
{
    return offered(p) * p->share;
}

double exact_priority_sojourn_high(const struct parameters *p, double argument)
{
    (void)argument;
    return residual_s(p) / (1 - load_high(p)) + p->service_mean_s;
}

double exact_priority_sojourn_low(const struct parameters *p, double argument)
{
    (void)argument;
    return residual_s(p) / ((1 - load_high(p)) * (1 - offered(p))) + p->service_mean_s;
}

/* ---- shards ---- */

double exact_hot_share(const struct parameters *p, double argument)
{
    (void)argument;
    return p->share + (1 - p->share) / p->shards;
}

double exact_hot_load(const struct parameters *p, double argument)
{
    return offered(p) * exact_hot_share(p, argument);
}

double exact_cold_load(const struct parameters *p, double argument)
{
    (void)argument;
    return offered(p) * (1 - p->share) / p->shards;
}

double exact_hot_sojourn(const struct parameters *p, double argument)
{
    return p->service_mean_s / (1 - exact_hot_load(p, argument));
}

double exact_cold_sojourn(const struct parameters *p, double argument)
{
    return p->service_mean_s / (1 - exact_cold_load(p, argument));
}

double exact_shards_sojourn(const struct parameters *p, double argument)
{
    double hot = exact_hot_share(p, argument);

    return hot * exact_hot_sojourn(p, argument) + (1 - hot) * exact_cold_sojourn(p, argument);
}

double exact_saturation_rate(const struct parameters *p, double argument)
{
    return 1 / (p->service_mean_s * exact_hot_share(p, argument));
}

/* ---- a CDN ---- */

#define EDGES 3

double exact_edge_hits(const struct parameters *p, double edge)
{
    double rate = p->edge_rates[(int)edge], total = 0, hits = 0;

    for (int i = 1; i <= p->objects; i++)
        total += pow(i, -p->zipf_exponent);
    for (int i = 1; i <= p->objects; i++) {
        double share = pow(i, -p->zipf_exponent) / total, asked = rate * share * p->ttl_s;

        hits += share * asked / (1 + asked);
    }
    return hits;
}

static double cdn_rate(const struct parameters *p)
{
    double rate = 0;

    for (int edge = 0; edge < EDGES; edge++)
        rate += p->edge_rates[edge];
    return rate;
}

double exact_origin_rate(const struct parameters *p, double argument)
{
    double rate = 0;

    (void)argument;
    for (int edge = 0; edge < EDGES; edge++)
        rate += p->edge_rates[edge] * (1 - exact_edge_hits(p, edge));
    return rate;
}

double exact_cdn_hits(const struct parameters *p, double argument)
{
    return 1 - exact_origin_rate(p, argument) / cdn_rate(p);
}

double exact_cdn_usd_per_hour(const struct parameters *p, double argument)
{
    return 3600 * p->object_gb *
           (cdn_rate(p) * p->usd_per_gb_out + exact_origin_rate(p, argument) * p->usd_per_gb_fetched);
}

/* ---- DNS ---- */

double exact_dns_failures(const struct parameters *parameters, double argument)
{
    double rate = parameters->arrival_rate * parameters->share, ttl = parameters->ttl_s;
    double before = fmin(parameters->window_s, parameters->detection_s);
    double after = fmin(parameters->window_s - before, ttl);

    (void)argument;
    return rate * before + rate * ttl / (ttl + parameters->gap_s) * (after - after * after / (2 * ttl));
}

/* ---- an autoscaler ---- */

/* In whole requests per second: ceil of a quotient without its rounding errors. Capped: no figure shows more
 * than all instances can do. */
static double scaled(const struct parameters *p, bool is_capped)
{
    long load = lround(p->arrival_rate), capacity = lround(1 / p->service_mean_s);
    long target = lround(p->target * (double)capacity), instances = p->instances;

    for (int i = 0; i < p->evaluations; i++) {
        long shown = is_capped && load > instances * capacity ? instances * capacity : load;
        double ratio = (double)shown / (double)(instances * target);

        if (fabs(ratio - 1) > 0.1)
            instances = (shown + target - 1) / target;
    }
    return (double)instances;
}

double exact_instances_by_utilisation(const struct parameters *p, double argument)
{
    (void)argument;
    return scaled(p, true);
}

double exact_instances_by_load(const struct parameters *p, double argument)
{
    (void)argument;
    return scaled(p, false);
}
