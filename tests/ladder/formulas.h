/* formulas.h - what several steps predict with: closed forms that share nothing with the simulator.
 *
 * Units: per second, seconds. Cost: O(requests inside). */
#ifndef TESTS_LADDER_FORMULAS_H
#define TESTS_LADDER_FORMULAS_H

#include "models/host.h"

/* What n cores do together, in reference cores, under the Universal Scalability Law: N. J. Gunther, "A Simple
 * Capacity Model of Massively Parallel Transaction Systems", 1993. */
double formula_capacity(const struct host_config *host, double n);

/* Requests a second that fill the machine when each needs `work_s` of a reference core. */
double formula_saturation(const struct host_config *host, double work_s);

/* A processor that all present share, its speed depending on how many cores are busy. For Poisson arrivals
 * only the mean of the work counts: F. Baskett, K. M. Chandy, R. R. Muntz, F. G. Palacios, "Open, Closed, and
 * Mixed Networks of Queues with Different Classes of Customers", 1975. `rate` must be below
 * formula_saturation(). */
struct formula_processor {
    double in_system; /* mean number that compute */
    double time_s;    /* mean time of one at the processor, all its visits together */
    double busy;      /* share of the cores that are busy, mean over time */
};

struct formula_processor formula_processor(const struct host_config *host, double rate, double work_s);

#endif
