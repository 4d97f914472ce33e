/* exact_sharding.h - what moves when the number of shards changes, and how even a ring is.
 *
 * Sources: D. Karger et al., "Consistent Hashing and Random Trees" (1997); the parts of a circle cut at
 * random places: H. A. David, H. N. Nagaraja, "Order Statistics" (2003), chapter 6.4. */
#ifndef TESTS_THEORY_EXACT_SHARDING_H
#define TESTS_THEORY_EXACT_SHARDING_H

#include "tests/theory/exact.h"

/* By modulo a row stays when its number leaves the same rest: counted over one period of both numbers. */
double exact_moved_by_modulo(const struct parameters *parameters, double argument);

/* The same of rows that go from one old shard to another. */
double exact_moved_between_old(const struct parameters *parameters, double argument);

/* On a ring each new shard takes what it has in the end, and nothing else moves. */
double exact_moved_on_ring(const struct parameters *parameters, double argument);

/* Largest part of a ring over the average one. With one place a shard it is the n-th harmonic number; with
 * more the figure of O27, by Monte Carlo. */
double exact_largest_part(const struct parameters *parameters, double argument);

double exact_nothing(const struct parameters *parameters, double argument);

#endif
