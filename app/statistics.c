#include "app/statistics.h"

#include <gsl/gsl_cdf.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "sim/bug.h"

/* Upper point of Student's t for an interval of that confidence, both sides together. */
static double t_quantile(double confidence, int degrees)
{
    BUG_UNLESS(confidence > 0 && confidence < 1);
    return gsl_cdf_tdist_Qinv((1 - confidence) / 2, degrees);
}

static double normal_quantile(double confidence)
{
    BUG_UNLESS(confidence > 0 && confidence < 1);
    return gsl_cdf_ugaussian_Qinv((1 - confidence) / 2);
}

/* Mean and spread of a sample, read value by value. */
struct sample {
    int n;
    double first;   /* deviations are from it: a constant sample is then exact */
    double sum;     /* of deviations */
    double squares; /* of deviations from the mean so far */
    bool finite;    /* false: only `infinite_sum` means anything */
    double infinite_sum;
};

/* One step of Welford's recurrence, in deviations from the first value. */
static void sample_add(struct sample *sample, double value)
{
    double deviation, mean_before;

    if (isnan(value))
        return;
    if (sample->n++ == 0) {
        sample->first = value;
        sample->finite = true;
    }
    sample->infinite_sum += value;
    if (!isfinite(value))
        sample->finite = false;
    if (!sample->finite)
        return;
    deviation = value - sample->first;
    mean_before = sample->n > 1 ? sample->sum / (sample->n - 1) : 0;
    sample->sum += deviation;
    sample->squares += (deviation - mean_before) * (deviation - sample->sum / sample->n);
    if (!isfinite(sample->squares)) /* too far apart for a double */
        sample->finite = false;
}

static double sample_mean(const struct sample *sample)
{
    if (sample->n == 0)
        return NAN;
    return sample->finite ? sample->first + sample->sum / sample->n : sample->infinite_sum / sample->n;
}

/* Of the mean. */
static double sample_standard_error(const struct sample *sample)
{
    return sqrt(sample->squares / (sample->n - 1) / sample->n);
}

static struct interval sample_interval(const struct sample *sample, double confidence)
{
    struct interval interval = { .mean = sample_mean(sample), .low = NAN, .high = NAN, .n = sample->n };
    double half;

    if (sample->n < 2)
        return interval;
    half = sample->finite ? t_quantile(confidence, sample->n - 1) * sample_standard_error(sample) : INFINITY;
    interval.low = isfinite(half) ? interval.mean - half : -INFINITY;
    interval.high = isfinite(half) ? interval.mean + half : INFINITY;
    return interval;
}

struct interval statistics_mean_interval(const double *values, int n, double confidence)
{
    struct sample sample = { 0 };

    for (int i = 0; i < n; i++)
        sample_add(&sample, values[i]);
    return sample_interval(&sample, confidence);
}

double statistics_relative_half_width(struct interval interval)
{
    double half = (interval.high - interval.low) / 2;

    return half == 0 ? 0 : half / fabs(interval.mean);
}

int statistics_replications_needed(struct interval interval, double confidence, double target)
{
    double now = statistics_relative_half_width(interval), spread;
    int low = 1, high = INT_MAX; /* low is too few, high may be enough */

    BUG_UNLESS(target > 0);
    if (interval.n < 2 || isnan(now) || isinf(interval.high - interval.low))
        return 0;
    spread = now == 0 ? 0 : now * sqrt(interval.n) / t_quantile(confidence, interval.n - 1);
    while (high - low > 1) {
        int middle = low + (high - low) / 2;

        if (t_quantile(confidence, middle - 1) * spread / sqrt(middle) <= target)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* Two-sided probability of a mean so far from 0 when there is nothing. */
static double p_value(const struct sample *sample)
{
    double mean = sample_mean(sample), error;

    if (sample->n < 2)
        return NAN;
    if (!sample->finite)
        return 1;
    error = sample_standard_error(sample);
    if (error == 0)
        return mean == 0 ? 1 : 0;
    return 2 * gsl_cdf_tdist_Q(fabs(mean) / error, sample->n - 1);
}

struct paired statistics_paired(const double *first, const double *second, int n, double confidence)
{
    struct sample sample = { 0 };

    for (int i = 0; i < n; i++)
        sample_add(&sample, first[i] == second[i] ? 0 : second[i] - first[i]); /* also for infinities */
    return (struct paired){
        .difference = sample_interval(&sample, confidence),
        .p_value = p_value(&sample),
    };
}

static int compare_p_values(const void *a, const void *b)
{
    double first = **(double *const *)a, second = **(double *const *)b;

    return (first > second) - (first < second);
}

bool statistics_holm(double *p_values, int n)
{
    double **sorted, adjusted = 0;
    int tests = 0;

    if (n <= 0)
        return true;
    sorted = malloc((size_t)n * sizeof *sorted);
    if (!sorted)
        return false;
    for (int i = 0; i < n; i++)
        if (!isnan(p_values[i]))
            sorted[tests++] = &p_values[i];
    qsort(sorted, (size_t)tests, sizeof *sorted, compare_p_values);
    for (int i = 0; i < tests; i++) {
        adjusted = fmax(adjusted, fmin(1, (tests - i) * *sorted[i]));
        *sorted[i] = adjusted;
    }
    free(sorted);
    return true;
}

static int saturated(uint64_t n)
{
    return n < INT_MAX ? (int)n : INT_MAX;
}

struct interval statistics_wilson(uint64_t hits, uint64_t trials, double confidence)
{
    double z = normal_quantile(confidence), n = (double)trials, share, scale, middle, half;

    BUG_UNLESS(hits <= trials);
    if (trials == 0)
        return (struct interval){ .mean = NAN, .low = 0, .high = 1 };
    share = (double)hits / n;
    scale = 1 + z * z / n;
    middle = (share + z * z / (2 * n)) / scale;
    half = z * sqrt((double)hits * (double)(trials - hits) / n + z * z / 4) / n / scale;
    return (struct interval){
        .mean = share,
        .low = hits == 0 ? 0 : fmax(0, middle - half),
        .high = hits == trials ? 1 : fmin(1, middle + half),
        .n = saturated(trials),
    };
}

double statistics_zero_events_upper(uint64_t n, double confidence)
{
    BUG_UNLESS(n > 0 && confidence > 0 && confidence < 1);
    return -expm1(log1p(-confidence) / (double)n);
}

/* Upper point of the gamma distribution of that shape and scale 1. GSL's inverse does not converge for
 * large shapes; there Wilson and Hilferty's cube (1931) is within 3e-5 of it, relative. */
static double gamma_upper(double probability, double shape)
{
    double root = 1 / (3 * sqrt(shape));

    if (shape < 1000)
        return gsl_cdf_gamma_Qinv(probability, shape, 1);
    return shape * pow(1 - root * root + gsl_cdf_ugaussian_Qinv(probability) * root, 3);
}

struct interval statistics_rate_interval(uint64_t events, double exposure, double confidence)
{
    double k = (double)events, tail = (1 - confidence) / 2;

    BUG_UNLESS(exposure > 0 && confidence > 0 && confidence < 1);
    return (struct interval){
        .mean = k / exposure,
        .low = events == 0 ? 0 : gamma_upper(1 - tail, k) / exposure,
        .high = gamma_upper(tail, k + 1) / exposure,
        .n = saturated(events),
    };
}

/* Widens it to hold Wilson's interval too; a limit that is NaN takes Wilson's. */
static void widen_by_wilson(struct interval *interval, uint64_t hits, uint64_t trials, double confidence)
{
    struct interval wilson = statistics_wilson(hits, trials, confidence);

    interval->low = fmin(interval->low, wilson.low);
    interval->high = fmax(interval->high, wilson.high);
}

struct interval statistics_ratio_interval(const uint64_t *hits, const uint64_t *trials, int n,
                                          double confidence)
{
    struct sample sample = { 0 };
    struct interval interval;
    uint64_t hits_all = 0, trials_all = 0;
    bool few;

    for (int i = 0; i < n; i++) {
        BUG_UNLESS(hits[i] <= trials[i]);
        if (trials[i] == 0)
            continue;
        sample_add(&sample, (double)hits[i] / (double)trials[i]);
        hits_all += hits[i];
        trials_all += trials[i];
    }
    interval = sample_interval(&sample, confidence);
    if (sample.n == 0)
        return interval;
    few = hits_all < STATISTICS_FEW_EVENTS || trials_all - hits_all < STATISTICS_FEW_EVENTS;
    if (few || interval.low == interval.high)
        widen_by_wilson(&interval, hits_all, trials_all, confidence);
    if (interval.low < 0)
        interval.low = 0;
    if (interval.high > 1)
        interval.high = 1;
    return interval;
}

static bool compares(double value, enum comparison comparison, double bound)
{
    switch (comparison) {
    case COMPARISON_LESS:
        return value < bound;
    case COMPARISON_LESS_EQUAL:
        return value <= bound;
    case COMPARISON_GREATER:
        return value > bound;
    case COMPARISON_GREATER_EQUAL:
        return value >= bound;
    }
    BUG("no such comparison");
}

enum verdict statistics_verdict(struct interval interval, enum comparison comparison, double bound)
{
    bool low_holds, high_holds;

    if (isnan(interval.low) || isnan(interval.high))
        interval.low = interval.high = interval.mean;
    if (isnan(interval.low) || isnan(bound))
        return VERDICT_UNDECIDED;
    low_holds = compares(interval.low, comparison, bound);
    high_holds = compares(interval.high, comparison, bound);
    if (low_holds != high_holds)
        return VERDICT_UNDECIDED;
    return low_holds ? VERDICT_HELD : VERDICT_FAILED;
}

/* Sums over the values that are not NaN, of places and values measured from their means. */
struct moments {
    double xx, xy, yy;
};

static struct moments moments_of(const double *values, int n, double spacing, double x_mean, double y_mean)
{
    struct moments moments = { 0 };

    for (int i = 0; i < n; i++) {
        double x = i * spacing - x_mean, y = values[i] - y_mean;

        if (isnan(values[i]))
            continue;
        moments.xx += x * x;
        moments.xy += x * y;
        moments.yy += y * y;
    }
    return moments;
}

struct interval statistics_slope_interval(const double *values, int n, double spacing, double confidence)
{
    struct sample x = { 0 }, y = { 0 };
    struct moments moments;
    struct interval slope = { .mean = NAN, .low = NAN, .high = NAN };
    double residual, half;

    BUG_UNLESS(spacing > 0);
    for (int i = 0; i < n; i++) {
        sample_add(&y, values[i]);
        if (!isnan(values[i]))
            sample_add(&x, i * spacing);
    }
    slope.n = y.n;
    if (y.n < 2)
        return slope;
    moments = moments_of(values, n, spacing, sample_mean(&x), sample_mean(&y));
    slope.mean = moments.xy / moments.xx;
    if (y.n < 3)
        return slope;
    residual = fmax(0, moments.yy - slope.mean * moments.xy); /* rounding may leave it under 0 */
    half = t_quantile(confidence, y.n - 2) * sqrt(residual / (y.n - 2) / moments.xx);
    slope.low = isfinite(slope.mean) ? slope.mean - half : -INFINITY;
    slope.high = isfinite(slope.mean) ? slope.mean + half : INFINITY;
    return slope;
}

void statistics_batch_means(const double *values, int n, int batches, double *means)
{
    int size, skipped;

    BUG_UNLESS(batches > 0 && n >= batches);
    size = n / batches;
    skipped = n % batches;
    for (int i = 0; i < batches; i++) {
        struct sample sample = { 0 };

        for (int k = 0; k < size; k++)
            sample_add(&sample, values[skipped + i * size + k]);
        means[i] = sample_mean(&sample);
    }
}
