#include "sim/zipf.h"

#include <math.h>
#include <stdbool.h>

#define DIRECT_TERMS 64 /* weights summed one by one before the tail is integrated */

/* Integral of t^-exponent from 1 to x. */
static double area(const struct zipf *zipf, double x)
{
    if (zipf->complement == 0.0)
        return log(x);
    return expm1(zipf->complement * log(x)) * zipf->inverse_complement;
}

/* The x of an area. */
static inline double area_inverse(const struct zipf *zipf, double area)
{
    if (zipf->complement == 0.0)
        return exp(area);
    return exp(log1p(zipf->complement * area) * zipf->inverse_complement);
}

static double weight(const struct zipf *zipf, double rank) { return pow(rank, -zipf->exponent); }

/* Integral from low to high, without the cancellation of two areas that are nearly the same. */
static double area_between(const struct zipf *zipf, double low, double high)
{
    double ratio = log(high / low);

    if (zipf->complement == 0.0)
        return ratio;
    return weight(zipf, low) * low * expm1(zipf->complement * ratio) * zipf->inverse_complement;
}

/* Euler-Maclaurin's terms at one end: B2/2! f' + B4/4! f''' + B6/6! f''''' of f = x^-exponent. */
static double corrections(const struct zipf *zipf, double x)
{
    double s = zipf->exponent, square = x * x;
    double first = -s * weight(zipf, x) / x;
    double third = first * (s + 1.0) * (s + 2.0) / square;
    double fifth = third * (s + 3.0) * (s + 4.0) / square;

    return first / 12.0 - third / 720.0 + fifth / 30240.0;
}

/* The generalized harmonic number: sum of rank^-exponent over ranks 1 .. rank. */
static double weights_up_to(const struct zipf *zipf, uint64_t rank)
{
    uint64_t direct = DIRECT_TERMS + (uint64_t)zipf->exponent;
    double sum = 0.0, low = (double)direct, high = (double)rank;

    if (rank <= direct)
        direct = rank;
    for (uint64_t k = direct; k > 0; k--) /* small ones first */
        sum += weight(zipf, (double)k);
    if (rank == direct)
        return sum;
    return sum + area_between(zipf, low, high) + 0.5 * (weight(zipf, high) - weight(zipf, low)) +
           corrections(zipf, high) - corrections(zipf, low);
}

void zipf_init(struct zipf *zipf, uint64_t count, double exponent)
{
    zipf->count = count;
    zipf->exponent = exponent;
    zipf->complement = 1.0 - exponent;
    zipf->inverse_complement = zipf->complement == 0.0 ? 0.0 : 1.0 / zipf->complement;
    zipf->area_low = area(zipf, 1.5) - 1.0;
    zipf->area_high = area(zipf, (double)count + 0.5);
    zipf->shortcut = 2.0 - area_inverse(zipf, area(zipf, 2.5) - weight(zipf, 2.0));
    zipf->weights = weights_up_to(zipf, count);
}

/* The exact test of a rank whose point is not near enough for the shortcut. */
static __attribute__((noinline, cold)) bool is_under_curve(const struct zipf *zipf, double rank, double point)
{
    return point >= area(zipf, rank + 0.5) - weight(zipf, rank);
}

/* The area that a number of the unit interval leads to. */
static inline double area_at(const struct zipf *zipf, double number)
{
    return zipf->area_high + number * (zipf->area_low - zipf->area_high);
}

double zipf_point(const struct zipf *zipf, double number)
{
    return area_inverse(zipf, area_at(zipf, number));
}

uint64_t zipf_sample(const struct zipf *zipf, struct rng *rng)
{
    if (zipf->exponent == 0.0)
        return 1 + rng_below(rng, zipf->count);
    for (;;) {
        double point = area_at(zipf, rng_uniform(rng));
        double x = area_inverse(zipf, point);
        uint64_t rank = zipf->count;

        if (__builtin_expect(x < (double)rank, 1)) { /* else rounding, or infinity in a steep law */
            rank = (uint64_t)(int64_t)(x + 0.5);
            rank += rank == 0; /* rounding too: x is at least 1/2 */
        }
        if (__builtin_expect((double)(int64_t)rank - x <= zipf->shortcut, 1) ||
            is_under_curve(zipf, (double)rank, point))
            return rank;
    }
}

double zipf_probability(const struct zipf *zipf, uint64_t rank)
{
    return weight(zipf, (double)rank) / zipf->weights;
}

double zipf_cumulative(const struct zipf *zipf, uint64_t rank)
{
    return weights_up_to(zipf, rank) / zipf->weights;
}
