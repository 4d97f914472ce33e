/* exact_replication.h - what replicas miss: reads that are too old, writes that are lost.
 *
 * Read of the parameters: arrival_rate (writes, Poisson), keys and exponent (0: all alike) of the rows that
 * they are about, lag_s, nodes (a read goes to any of so many, one of which is the primary; 0: to a replica),
 * uptime_s (of a primary when it dies). Nothing here is shared with the simulator.
 *
 * A read is stale when its row was written within the last lag; a write is lost when it was made within the
 * last lag: counts of a Poisson process in a window.
 */
#ifndef TESTS_THEORY_EXACT_REPLICATION_H
#define TESTS_THEORY_EXACT_REPLICATION_H

#include "tests/theory/exact.h"

double exact_stale_reads(const struct parameters *parameters, double argument);
double exact_lost_writes(const struct parameters *parameters, double argument); /* of one primary */
double exact_replication_lag(const struct parameters *parameters, double argument);

#endif
