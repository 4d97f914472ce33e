/* exact.h - closed forms of queueing theory, for what the simulator must reach.
 *
 * Units: rates per second, times in seconds. Each formula takes the parameters of a configuration, of which
 * it reads those that it names, and an argument where it says so (a fraction, a size).
 * Nothing here is shared with the simulator. Errors: none; a load of 1 or more has no finite answer where the
 * line is unbounded, which is the caller's to avoid. Cost: O(servers), O(room), O(wait / service).
 *
 * Sources: L. Kleinrock, "Queueing Systems" (1975, 1976), volume 1 chapters 3 and 5, volume 2 chapters 3
 * and 4; M. Harchol-Balter, "Performance Modeling and Design of Computer Systems" (2013), chapters 13, 14,
 * 23, 30; A. K. Erlang, "The theory of probabilities and telephone conversations" (1909); A. Cobham,
 * "Priority assignment in waiting line problems" (1954).
 */
#ifndef TESTS_THEORY_EXACT_H
#define TESTS_THEORY_EXACT_H

#include <stdbool.h>

struct parameters {
    double arrival_rate;   /* per second */
    double service_mean_s; /* of one request on one server */
    double service_scv;    /* variance over squared mean */
    int servers;
    int room;     /* requests inside at most, those in service among them; 0: no bound */
    double share; /* O14: of the requests that go first; O28: of those about the hot row */
    int shards;   /* instances: of O28, or behind a balancer */
    int keys;     /* of a data set, see exact_cache.h; so the following */
    double exponent;
    int capacity;
    double ttl_s;

    double demands_s[3]; /* exact_network.h: work at each station, of a visit or of all */
    double routing[2];   /* from the first station to the second and the third */
    int users;           /* who think in between */
    double think_s;
    int choices;   /* servers that are drawn for a request */
    bool distinct; /* no server is drawn twice for one */
    int fan_out;   /* leaves that a page asks; `share` of the answers are slow */

    int objects;                       /* O24: of Zipf popularity */
    double zipf_exponent;              /* O24 */
    double edge_rates[3];              /* O24: per second */
    double object_gb;                  /* O24 */
    double usd_per_gb_out, usd_per_gb_fetched; /* O24 */

    double detection_s; /* O33: until the name is corrected */
    double window_s;    /* O33: how long failures are counted */
    double gap_s;       /* O33: between two requests of one who asks again only with the next; 0: at once */
    int instances, evaluations; /* O40: at first, and looked at so often; each does 1 / service_mean_s */
    double target;                     /* O40: part of that */
    double burst_s, after_rate; /* O38: arrival_rate for so long, then this */
    double loss;                /* O39: share of acknowledgements */
    double lag_s;    /* O31, O32: of replicas */
    double uptime_s; /* O31 */
    int nodes;       /* O32: that reads are spread over, the primary among them; 0: replicas alone */
    int shards_after, places;   /* O25 to O27: places of each on a ring */
};

/* Share of time that each server is at work, when nobody is refused. */
double exact_load(const struct parameters *parameters, double argument);

/* ---- DNS ---- */

/* Requests to a dead target: at first the target's share; once the name is corrected who was told of it
 * before goes on until the answer expires, and what is left of it is uniform on 0 to ttl_s. Of clients who
 * ask again only with their next request, ttl / (ttl + gap) hold an answer that has not expired; a request
 * of the others asks first. */
double exact_dns_failures(const struct parameters *parameters, double argument);

/* ---- M/M/c: exponential service, one line ---- */

double exact_mmc_wait_probability(const struct parameters *parameters, double argument); /* Erlang C */
double exact_mmc_wait_mean(const struct parameters *parameters, double argument);
double exact_mmc_wait_quantile(const struct parameters *parameters, double fraction);
double exact_mmc_sojourn_mean(const struct parameters *parameters, double argument);
double exact_mmc_in_system(const struct parameters *parameters, double argument);
double exact_mm1_sojourn_quantile(const struct parameters *parameters, double fraction);

/* ---- M/M/1/K and M/G/c/c: bounded room ---- */

double exact_erlang_loss(const struct parameters *parameters, double argument); /* Erlang B, any law */
double exact_erlang_busy(const struct parameters *parameters, double argument);
double exact_mm1k_loss(const struct parameters *parameters, double argument);
double exact_mm1k_in_system(const struct parameters *parameters, double argument);
double exact_mm1k_sojourn_mean(const struct parameters *parameters, double argument); /* of the accepted */
double exact_mm1k_throughput(const struct parameters *parameters, double argument);
double exact_mm1k_load(const struct parameters *parameters, double argument);

/* ---- M/G/1 ---- */

double exact_mg1_wait_mean(const struct parameters *parameters, double argument); /* Pollaczek-Khinchine */
double exact_mg1_sojourn_mean(const struct parameters *parameters, double argument);
double exact_md1_wait_quantile(const struct parameters *parameters, double fraction);
double exact_md1_sojourn_quantile(const struct parameters *parameters, double fraction);
double exact_ps_sojourn_mean(const struct parameters *parameters, double argument);
double exact_ps_slowdown(const struct parameters *parameters, double argument);
double exact_ps_sojourn_of_size(const struct parameters *parameters, double size_s);
double exact_priority_sojourn_high(const struct parameters *parameters, double argument); /* Cobham */
double exact_priority_sojourn_low(const struct parameters *parameters, double argument);

/* ---- shards, each M/M/1, one of them with the hot row ---- */

double exact_hot_share(const struct parameters *parameters,
                       double argument); /* of the requests, at its shard */
double exact_hot_load(const struct parameters *parameters, double argument);
double exact_cold_load(const struct parameters *parameters, double argument);
double exact_hot_sojourn(const struct parameters *parameters, double argument);
double exact_cold_sojourn(const struct parameters *parameters, double argument);
double exact_shards_sojourn(const struct parameters *parameters, double argument); /* over all requests */
double exact_saturation_rate(const struct parameters *parameters, double argument);

/* ---- a CDN: edges with copies that live for a time ---- */
/* Once in the life of a copy, and then until the next request for it, an edge misses: J. Jung, A. W. Berger,
 * H. Balakrishnan, "Modeling TTL-based Internet caches" (2003). */

double exact_edge_hits(const struct parameters *parameters, double edge); /* share; edge: from 0 */
double exact_cdn_hits(const struct parameters *parameters, double argument);
double exact_origin_rate(const struct parameters *parameters, double argument);
double exact_cdn_usd_per_hour(const struct parameters *parameters, double argument);

/* ---- an autoscaler: the rule of the Kubernetes documentation, load that is refused beyond capacity ---- */

double exact_instances_by_utilisation(const struct parameters *parameters, double argument); /* up to 100 % */
double exact_instances_by_load(const struct parameters *parameters, double argument);        /* offered */

#endif
