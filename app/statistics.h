/* statistics.h - what may be said about a measure after some replications: intervals, tests, verdicts.
 *
 * A sample is one number a replication; replications are independent, the requests of one are not.
 * Confidence is a fraction between 0 and 1 (0.95), both sides together; anything else is a bug.
 *
 * Values that are not numbers, the same everywhere:
 *   NaN        a replication that has no such value (no request ended): left out, `n` says how many stayed
 *   infinite   the mean is what IEEE makes of it, the limits are -infinity and +infinity (n >= 2)
 *   n = 0      mean and limits NaN;  n = 1: mean, limits NaN, for one value says nothing of its spread
 *   constant   a sample without spread has an interval of width zero, mean = low = high exactly
 *
 * Nothing is kept between calls and nothing random is drawn. Cost: O(n), except where said.
 *
 * Sources: A. M. Law, "Simulation Modeling and Analysis" (2015), chapters 9 and 10 (replications, paired
 * differences, precision); E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference" (1927); J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all
 * right?" (1983); S. Holm, "A simple sequentially rejective multiple test procedure" (1979);
 * F. Garwood, "Fiducial limits for the Poisson distribution" (1936).
 */
#ifndef APP_STATISTICS_H
#define APP_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

struct interval {
    double mean; /* best guess */
    double low, high;
    int n; /* values that it rests on */
};

/* Mean of n values with its Student t interval. */
struct interval statistics_mean_interval(const double *values, int n, double confidence);

/* Half the width over |mean|; 0 when the width is 0, NaN without limits, infinite when the mean is 0. */
double statistics_relative_half_width(struct interval interval);

/* Replications in all (never under 2) that would bring statistics_relative_half_width() of a
 * statistics_mean_interval() down to `target` > 0, if the spread stays as it is. 0: cannot be told
 * (no finite interval yet); INT_MAX: so many or more (a mean of 0). O(log n). */
int statistics_replications_needed(struct interval interval, double confidence, double target);

/* Two arrays measured on the same random numbers. */
struct paired {
    struct interval difference; /* second - first */
    double p_value;             /* two-sided t test of "no difference"; NaN with fewer than two pairs */
};

/* Paired t interval and test. A pair with a NaN on either side is left out; pairs that all differ by
 * the same amount have p = 0, or 1 when that amount is 0; an infinite difference has p = 1. */
struct paired statistics_paired(const double *first, const double *second, int n, double confidence);

/* Replaces n p-values by Holm's adjusted ones: those at or under alpha are significant together, with a
 * chance of at most alpha that any is by luck. NaN stays NaN and does not count as a test. False, and
 * nothing changed, when memory ran out. O(n log n). */
bool statistics_holm(double *p_values, int n);

/* Wilson's score interval for a proportion of independent trials; its mean is hits / trials. Never of
 * width zero, always within 0..1. No trials: mean NaN, 0 to 1. hits <= trials. */
struct interval statistics_wilson(uint64_t hits, uint64_t trials, double confidence);

/* Greatest probability that still fits with no event in n > 0 independent trials, one-sided:
 * 1 - (1 - confidence)^(1/n), about 3 / n at 0.95 (the rule of three). */
double statistics_zero_events_upper(uint64_t n, double confidence);

/* Events per unit of exposure > 0 when `events` independent ones were seen (Garwood's exact Poisson
 * interval). For outages: failures come in clusters, outages do not. No event: from 0, above 0. */
struct interval statistics_rate_interval(uint64_t events, double exposure, double confidence);

/* Under this many hits, or misses, a ratio rests on too few events for t alone. */
#define STATISTICS_FEW_EVENTS 10

/* Ratio hits / trials over n replications (availability: ok / ended). Mean: of the replications' ratios.
 * Usually the t interval over the replications, cut at 0 and 1: it sees that failures cluster. With few
 * hits or misses in all, or with no spread, the replications are (nearly) alike and t would be (nearly)
 * of width zero: then it is the hull of t and of Wilson's interval on the pooled counts. So it is never
 * of width zero. One replication: Wilson when events are few, otherwise no limits (NaN), since requests
 * of one run are not independent. A replication without trials is left out; n = 0: NaN. */
struct interval statistics_ratio_interval(const uint64_t *hits, const uint64_t *trials, int n,
                                          double confidence);

enum comparison { COMPARISON_LESS, COMPARISON_LESS_EQUAL, COMPARISON_GREATER, COMPARISON_GREATER_EQUAL };

enum verdict { VERDICT_HELD, VERDICT_FAILED, VERDICT_UNDECIDED };

/* Held when every value of the interval, its ends included, compares so with the bound; failed when none
 * does; undecided in between. Without limits (NaN: one replication) by the mean alone; a NaN mean without
 * limits, or a NaN bound, is undecided. */
enum verdict statistics_verdict(struct interval interval, enum comparison comparison, double bound);

/* Slope of the least-squares line through n values that are `spacing` > 0 apart, per unit of spacing's
 * unit, with its t interval (n - 2 degrees of freedom). Growth (overload) is shown when low > 0. It takes
 * residuals as independent: hand in statistics_batch_means() of a series, not neighbouring samples. NaN
 * values are left out and keep their place; fewer than 3: no limits; fewer than 2: NaN. */
struct interval statistics_slope_interval(const double *values, int n, double spacing, double confidence);

/* Means of `batches` > 0 consecutive runs of n / batches values each, written to means[batches]; the
 * oldest n % batches values are left out. NaN values are left out of their batch. n >= batches. */
void statistics_batch_means(const double *values, int n, int batches, double *means);

#endif
