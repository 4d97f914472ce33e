/* exact_network.h - closed forms and exact solutions for several stations: in series, with returns,
 * with users who
 * think, behind a balancer, asked all at once.
 *
 * Units, parameters and errors as in exact.h. Nothing here is shared with the simulator. Cost: O(users
 * x stations) of
 * the closed ones; of the shortest lines O(states) a sweep, some 10^8 steps in all for two servers at 90 %.
 *
 * Sources: series: P. J. Burke, "The Output of a Queuing System" (1956), E. Reich, "Waiting Times When
 * Queues are in
 * Tandem" (1957). Returns: J. R. Jackson, "Networks of Waiting Lines" (1957). Users who think: M.
 * Reiser, S. S.
 * Lavenberg, "Mean-Value Analysis of Closed Multichain Queuing Networks" (1980); bounds: P. J. Denning,
 * J. P. Buzen,
 * "The Operational Analysis of Queueing Network Models" (1978); the example: R. Jain, "The Art of
 * Computer Systems
 * Performance Analysis" (1991), 34.2. G/G/1: J. F. C. Kingman, "Some inequalities for the queue GI/G/1"
 * (1962); Erlang
 * arrivals and G/M/1: L. Kleinrock, "Queueing Systems", volume 1 (1975), chapter 6. Choices: M.
 * Mitzenmacher, "The Power
 * of Two Choices in Randomized Load Balancing" (2001); finitely many servers: N. Gast, B. Van Houdt, "A
 * Refined Mean
 * Field Approximation" (2017). Fan-out: J. Dean, L. A. Barroso, "The Tail at Scale" (2013).
 */
#ifndef TESTS_THEORY_EXACT_NETWORK_H
#define TESTS_THEORY_EXACT_NETWORK_H

#include "tests/theory/exact.h"

/* ---- two stations in series, exponential ---- */

double exact_tandem_mean(const struct parameters *parameters, double argument);
double exact_tandem_quantile(const struct parameters *parameters, double fraction);
double exact_tandem_second_mean(const struct parameters *parameters, double argument);

/* ---- open network: from station 0 on to 1 and 2 with `routing`, and back ---- */

double exact_jackson_rate(const struct parameters *parameters, double station); /* visits a second */
double exact_jackson_load(const struct parameters *parameters, double station);
double exact_jackson_in_system(const struct parameters *parameters, double argument);
double exact_jackson_mean(const struct parameters *parameters, double argument);
double exact_jackson_visits(const struct parameters *parameters, double argument); /* to station 0 */

/* ---- closed: `users` who think, `demands_s` at three stations ---- */

double exact_closed_throughput(const struct parameters *parameters, double argument);
double exact_closed_response(const struct parameters *parameters, double argument);
double exact_closed_throughput_bound(const struct parameters *parameters, double argument); /* at most */
double exact_closed_response_bound(const struct parameters *parameters, double argument);   /* at least */
double exact_closed_throughput_max(const struct parameters *parameters, double argument);   /* of any users */
double exact_closed_knee(const struct parameters *parameters, double argument);             /* users */

/* ---- arrivals Erlang-2, service lognormal ---- */

double exact_e2g1_wait_mean(const struct parameters *parameters, double argument);
double exact_kingman_bound(const struct parameters *parameters, double argument); /* of the mean wait */
double exact_variance_wait(const struct parameters *parameters, double argument); /* its approximation */

/* ---- servers behind a balancer, `shards` of them, exponential ---- */

double exact_random_mean(const struct parameters *parameters, double argument);
double exact_turns_mean(const struct parameters *parameters, double argument); /* round robin */
double exact_turns_wait_probability(const struct parameters *parameters, double argument);
double exact_turns_quantile(const struct parameters *parameters, double fraction);
double exact_shortest_mean(const struct parameters *parameters, double argument);
double exact_choices_mean(const struct parameters *parameters, double argument);   /* error O(1 / shards^2) */
double exact_choices_limit(const struct parameters *parameters, double argument);  /* of ever more servers */
double exact_choices_excess(const struct parameters *parameters, double argument); /* over the limit,
    part of it */

/* ---- a page that asks `fan_out` leaves ---- */

double exact_slow_pages(const struct parameters *parameters, double argument);
double exact_last_leaf(const struct parameters *parameters, double argument); /* s, exponential leaves */

#endif
