/* histogram.h - distribution of whole numbers >= 0 (durations in ns, sizes in bytes), for percentiles.
 *
 * Log-linear: values below 128 have a bucket each (0 among them: waits of zero are common), above that every
 * octave has 128 buckets of equal width, so any two values of a bucket are within 1/128 (0.8 %) of each
 * other, from 1 to INT64_MAX. A quantile lies in its bucket as if the bucket's values lay evenly in it.
 * Count, sum, mean, minimum and maximum are exact; so is merging.
 *
 * Left out: the order and the dates of the values; anything between the values of one bucket.
 *
 * Memory: fixed, 58,400 bytes, of which a run touches the few buckets between its minimum and its
 * maximum. Plain data without pointers, the caller's storage: zeroed memory is an empty histogram,
 * and an assignment copies one.
 *
 * Errors: a negative value is a bug. Counts hold 2^64 values, the sum cannot overflow before.
 *
 * Cost: adding O(1), everything else O(buckets between minimum and maximum), at most 7,296.
 *
 * Source: the layout of Gil Tene's HdrHistogram (2012), with a power of two of buckets an octave.
 */
#ifndef SIM_HISTOGRAM_H
#define SIM_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BITS 7 /* 2^7 buckets an octave */
#define HISTOGRAM_BUCKETS ((63 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)
#define HISTOGRAM_RELATIVE_ERROR (1.0 / 128)

struct histogram {
    __int128 sum;     /* of all values */
    int64_t min;      /* 0 when empty, like span: then bucket 0 is empty too */
    uint64_t span;    /* maximum - minimum: one comparison tells whether a value lies between them */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

struct histogram_bucket {
    int64_t lower, upper; /* smallest and greatest value of the bucket, both included */
    uint64_t count;
};

/* Number of the bucket that value >= 0 falls in; grows with the value. */
static inline unsigned histogram_index(int64_t value)
{
    unsigned exponent;

    if (value < 1 << HISTOGRAM_BITS)
        return (unsigned)value;
    exponent = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll((uint64_t)value);
    return (exponent << HISTOGRAM_BITS) + (unsigned)(value >> exponent);
}

/* Covers a value below the minimum or above the maximum too; it is to be added at once. */
void histogram_widen(struct histogram *histogram, int64_t value);

/* The value lies between the minimum and the maximum so far, so adding it is a matter of
 * a few instructions. */
static inline bool histogram_covers(const struct histogram *histogram, int64_t value)
{
    return (uint64_t)(value - histogram->min) <= histogram->span;
}

/* Adds a value that is covered. Whoever has nothing else to call asks first, and where it is not widens out of line and begins
 * again: then there is no call on the way, and nothing to save before it. */
static inline void histogram_add_covered(struct histogram *histogram, int64_t value)
{
    histogram->sum += (uint64_t)value;
    histogram->buckets[histogram_index(value)]++;
}

/* Adds one value >= 0. */
static inline void histogram_add(struct histogram *histogram, int64_t value)
{
    if (__builtin_expect(!histogram_covers(histogram, value), 0)) /* a negative value always comes by here */
        histogram_widen(histogram, value);
    histogram_add_covered(histogram, value);
}

/* Adds n times the same value >= 0; nothing when n is 0. */
void histogram_add_count(struct histogram *histogram, int64_t value, uint64_t n);

/* Adds every value of `from`, as if each had been added here: exact, in any order. */
void histogram_merge(struct histogram *histogram, const struct histogram *from);

/* Empties it; touches only the buckets in use. */
void histogram_clear(struct histogram *histogram);

/* True when nothing was added. O(1). */
bool histogram_is_empty(const struct histogram *histogram);

/* Number of values, exact. */
uint64_t histogram_count(const struct histogram *histogram);

/* Smallest value, exact; INT64_MAX when empty. O(1). */
int64_t histogram_min(const struct histogram *histogram);

/* Greatest value, exact; 0 when empty. O(1). */
int64_t histogram_max(const struct histogram *histogram);

/* Mean of the exact values; NaN when empty. */
double histogram_mean(const struct histogram *histogram);

/* The smallest value v such that at least `fraction` of the values are <= v: its place in its bucket,
 * never above the maximum nor below the minimum; so the first and the last value are exact, any other
 * is within HISTOGRAM_RELATIVE_ERROR. A fraction outside of 0..1 counts as 0 or 1. NaN when empty. */
double histogram_quantile(const struct histogram *histogram, double fraction);

/* Share of the values that are > value, 0 to 1: exact at the last value of each bucket, inside a bucket
 * as if its values were spread evenly over it (cut at the minimum and the maximum). NaN when empty. */
double histogram_fraction_above(const struct histogram *histogram, int64_t value);

/* Steps through the buckets that are not empty, by rising value. *position starts at 0 and belongs to
 * the walk; false at the end. */
bool histogram_next(const struct histogram *histogram, unsigned *position, struct histogram_bucket *bucket);

#endif
