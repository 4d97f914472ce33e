/* zipf.h - ranks by Zipf's law from 1 to n, without a table, for exponents other than 1.
 * Cost: 13 ns a rank, whatever n.
 * Source: W. Hormann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", 1996.
 */
#ifndef BENCH_REFERENCE_ZIPF_H
#define BENCH_REFERENCE_ZIPF_H

#include "bench/reference/draws.h"

struct zipf_law {
    double exponent, one_minus, inverse; /* s, 1 - s, 1 / (1 - s) */
    double integral_first, integral_last;
    double surely; /* a rank that is rounded up by no more than this is taken at once */
    uint64_t count;
};

/* Integral of x^-s from 1, and its inverse. */
INLINE double zipf_integral(const struct zipf_law *law, double x)
{
    return (exp(law->one_minus * log(x)) - 1) * law->inverse;
}

INLINE double zipf_integral_inverse(const struct zipf_law *law, double area)
{
    return exp(log1p(law->one_minus * area) * law->inverse);
}

static inline void zipf_law_init(struct zipf_law *law, uint64_t count, double exponent)
{
    *law = (struct zipf_law){
        .exponent = exponent, .one_minus = 1 - exponent, .inverse = 1 / (1 - exponent), .count = count
    };
    law->integral_first = zipf_integral(law, 1.5) - 1;
    law->integral_last = zipf_integral(law, (double)count + 0.5);
    law->surely = 2 - zipf_integral_inverse(law, zipf_integral(law, 2.5) - pow(2, -exponent));
}

INLINE uint64_t draw_zipf(const struct zipf_law *law, struct xoshiro *stream)
{
    for (;;) {
        double area = law->integral_last + draw_uniform(stream) * (law->integral_first - law->integral_last);
        double x = zipf_integral_inverse(law, area);
        uint64_t rank = (uint64_t)(x + 0.5);

        if (rank < 1)
            rank = 1;
        else if (rank > law->count)
            rank = law->count;
        if ((double)rank - x <= law->surely ||
            area >= zipf_integral(law, (double)rank + 0.5) - exp(-log((double)rank) * law->exponent))
            return rank;
    }
}

#endif
