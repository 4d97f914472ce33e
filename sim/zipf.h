/* zipf.h - ranks 1 .. N drawn in proportion to rank^-exponent, without a table.
 *
 * Exponent 0 is uniform, 1 is Zipf's own law, 0.99 is common for caches. Rejection-inversion: the
 * inverse of the integral of x^-exponent, rounded, and rejected now and then; most draws need one
 * exp and one log1p. The probability of a single rank is right to about 2^-53 absolute: with a steep
 * exponent the far ranks (all of them together rarer than 10^-8 a draw) come in clumps.
 *
 * Randomness: one or more numbers a sample (under 1.2 on average). Cost: O(1) a sample, about 20 ns;
 * O(1) memory. Errors: none.
 * Source: Hoermann, Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", 1996. The sum of all weights: Euler-Maclaurin.
 */
#ifndef SIM_ZIPF_H
#define SIM_ZIPF_H

#include <stdint.h>

#include "sim/random.h"

struct zipf {
    uint64_t count; /* N */
    double exponent;
    double complement;         /* 1 - exponent */
    double inverse_complement; /* 1 / (1 - exponent); unused when exponent is 1 */
    double area_low;           /* ends of what is inverted */
    double area_high;
    double shortcut; /* a rank at most so far right of its point is accepted at once */
    double weights;  /* sum of rank^-exponent over all ranks */
};

/* count: N, 1 to 2^52. exponent: 0 to 100. */
void zipf_init(struct zipf *zipf, uint64_t count, double exponent);

/* A rank, 1 to N; 1 is the most popular. */
uint64_t zipf_sample(const struct zipf *zipf, struct rng *rng);

/* The point that zipf_sample() rounds to a rank, for a random number of [0, 1): the law's inverse. For those who know it by other
 * means, see zipf_curve.h; the exponent is not 0. */
double zipf_point(const struct zipf *zipf, double number);

/* Probability of a rank of 1 .. N, relative error under 10^-12. O(1). */
double zipf_probability(const struct zipf *zipf, uint64_t rank);

/* Probability of ranks 1 .. rank together; 0 for rank 0. O(1), about 1 microsecond. */
double zipf_cumulative(const struct zipf *zipf, uint64_t rank);

#endif
