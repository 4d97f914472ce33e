#include "sim/histogram.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "sim/bug.h"

_Static_assert(sizeof(struct histogram) == 58400, "the header states the size");

static int64_t bucket_lower(unsigned index)
{
    unsigned octave = index >> HISTOGRAM_BITS;
    int64_t mantissa = index & ((1u << HISTOGRAM_BITS) - 1);

    return octave == 0 ? mantissa : (mantissa + (1 << HISTOGRAM_BITS)) << (octave - 1);
}

static int64_t bucket_width(unsigned index)
{
    unsigned octave = index >> HISTOGRAM_BITS;

    return octave == 0 ? 1 : INT64_C(1) << (octave - 1);
}

/* The buckets in use are first_index() to last_index(); an empty histogram has first > last. */
static unsigned first_index(const struct histogram *histogram)
{
    return histogram_is_empty(histogram) ? 1 : histogram_index(histogram->min);
}

static unsigned last_index(const struct histogram *histogram)
{
    return histogram_index(histogram_max(histogram));
}

bool histogram_is_empty(const struct histogram *histogram)
{
    return histogram->span == 0 && histogram->buckets[histogram_index(histogram->min)] == 0;
}

int64_t histogram_min(const struct histogram *histogram)
{
    return histogram_is_empty(histogram) ? INT64_MAX : histogram->min;
}

int64_t histogram_max(const struct histogram *histogram)
{
    return histogram->min + (int64_t)histogram->span;
}

void histogram_widen(struct histogram *histogram, int64_t value)
{
    bool first = histogram_is_empty(histogram);
    int64_t max = first ? value : histogram_max(histogram);

    BUG_UNLESS(value >= 0);
    if (first || value < histogram->min)
        histogram->min = value;
    histogram->span = (uint64_t)((value > max ? value : max) - histogram->min);
}

void histogram_add_count(struct histogram *histogram, int64_t value, uint64_t n)
{
    if (n == 0)
        return;
    histogram_add(histogram, value);
    histogram->sum += (__int128)value * (__int128)(n - 1);
    histogram->buckets[histogram_index(value)] += n - 1;
}

void histogram_merge(struct histogram *histogram, const struct histogram *from)
{
    unsigned last = last_index(from);

    if (histogram_is_empty(from))
        return;
    histogram_widen(histogram, from->min);
    for (unsigned i = first_index(from); i <= last; i++)
        histogram->buckets[i] += from->buckets[i];
    histogram_widen(histogram, histogram_max(from));
    histogram->sum += from->sum;
}

void histogram_clear(struct histogram *histogram)
{
    unsigned first = first_index(histogram), last = last_index(histogram);

    if (first <= last)
        memset(&histogram->buckets[first], 0, (last - first + 1) * sizeof histogram->buckets[0]);
    histogram->sum = 0;
    histogram->min = 0;
    histogram->span = 0;
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    unsigned last = last_index(histogram);

    for (unsigned i = first_index(histogram); i <= last; i++)
        count += histogram->buckets[i];
    return count;
}

double histogram_mean(const struct histogram *histogram)
{
    return (double)histogram->sum / (double)histogram_count(histogram); /* 0 / 0 is the NaN of an empty one */
}

/* Which value of the sorted ones, counted from 1, is the quantile. */
static uint64_t quantile_rank(double fraction, uint64_t count)
{
    double rank;

    /* A decimal fraction is seldom exact in binary: 0.07 * 100 > 7, and 7 is meant. */
    rank = ceil(fraction * (double)count * (1 - 2 * DBL_EPSILON));
    if (!(rank > 1))
        return 1;
    return rank < (double)count ? (uint64_t)rank : count;
}

double histogram_quantile(const struct histogram *histogram, double fraction)
{
    uint64_t count = histogram_count(histogram), rank, below = 0;
    unsigned i = first_index(histogram);
    double inside;

    if (count == 0)
        return NAN;
    rank = quantile_rank(fraction, count);
    if (rank == 1)
        return (double)histogram_min(histogram);
    if (rank == count)
        return (double)histogram_max(histogram);
    while (below + histogram->buckets[i] < rank)
        below += histogram->buckets[i++];
    inside = ((double)(rank - below) - 0.5) / (double)histogram->buckets[i]; /* as if its values lay evenly */
    return fmin(fmax((double)bucket_lower(i) + inside * (double)(bucket_width(i) - 1),
                     (double)histogram_min(histogram)),
                (double)histogram_max(histogram));
}

double histogram_fraction_above(const struct histogram *histogram, int64_t value)
{
    unsigned i, last = last_index(histogram);
    int64_t lower, upper;
    uint64_t above = 0;
    double inside;

    if (histogram_is_empty(histogram))
        return NAN;
    if (value < histogram_min(histogram))
        return 1;
    if (value >= histogram_max(histogram))
        return 0;
    i = histogram_index(value);
    lower = bucket_lower(i);
    upper = lower + (bucket_width(i) - 1);
    if (lower < histogram_min(histogram))
        lower = histogram_min(histogram);
    if (upper > histogram_max(histogram))
        upper = histogram_max(histogram);
    inside = (double)histogram->buckets[i] * (double)(upper - value) / ((double)(upper - lower) + 1);
    while (++i <= last)
        above += histogram->buckets[i];
    return ((double)above + inside) / (double)histogram_count(histogram);
}

bool histogram_next(const struct histogram *histogram, unsigned *position, struct histogram_bucket *bucket)
{
    unsigned i = *position, first = first_index(histogram), last = last_index(histogram);

    if (i < first)
        i = first;
    while (i <= last && histogram->buckets[i] == 0)
        i++;
    *position = i + 1;
    if (i > last)
        return false;
    bucket->lower = bucket_lower(i);
    bucket->upper = bucket->lower + (bucket_width(i) - 1);
    bucket->count = histogram->buckets[i];
    return true;
}
