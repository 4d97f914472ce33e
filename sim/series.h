/* series.h - how a measure went over time: one point an interval, in bounded memory.
 *
 * One struct serves three uses; a series is used in one way only:
 *   counter    series_add(s, now, 1)          sum and rate of each interval
 *   values     series_add(s, now, latency)    number, sum and mean of the values of each interval
 *   level      series_set_level(s, now, n)    time-weighted mean of each interval
 *
 * When a run outgrows points_max, neighbours are added together and the interval doubles: a point
 * always covers [start + i * interval, start + (i + 1) * interval), and its sum stays exact (128 bits).
 * So a run of unknown length ends with between points_max / 2 and points_max points, or fewer when it
 * was short.
 *
 * Left out: the distribution inside an interval (percentiles over time need a histogram an interval).
 *
 * Units: dates and intervals in ns of simulated time; dates never fall. The points belong to the run's
 * struct memory (32 bytes each, grown as needed, 128 KiB at 4096 points) and are freed with it.
 *
 * Errors: a date before the start, or a negative interval, is a bug; running out of memory
 * leaves by memory_guard(). Cost: O(1) an addition, amortised.
 */
#ifndef SIM_SERIES_H
#define SIM_SERIES_H

#include "sim/memory.h"

#include <stdint.h>

#define SERIES_POINTS_MAX 4096 /* a good default */

struct series_point {
    __int128 sum;   /* of amounts; of a level: level times time, unit-ns */
    uint64_t count; /* of amounts; 0 for a level */
};

struct series {
    struct memory *memory;
    struct series_point *points;
    uint32_t count;      /* points in use */
    uint32_t capacity;   /* points allocated */
    uint32_t points_max; /* even */
    int64_t start_ns;    /* of the first point */
    int64_t interval_ns; /* of a point, now; doubles */
    int64_t end_ns;      /* of the last point in use */
    int64_t finish_ns;   /* last date covered, set by series_finish() */
    int64_t level;       /* present one */
    int64_t level_ns;    /* the level's area is settled up to this date */
};

/* Starts an empty series at start_ns >= 0. interval_ns > 0; points_max even, 2 to 2^24. */
void series_init(struct series *series, struct memory *memory, int64_t start_ns, int64_t interval_ns,
                 uint32_t points_max);

/* Makes the point of now_ns the last one; for series_add(). */
void series_advance(struct series *series, int64_t now_ns);

/* Adds an amount to the interval that now_ns is in. */
static inline void series_add(struct series *series, int64_t now_ns, int64_t amount)
{
    struct series_point *point;

    if (now_ns >= series->end_ns)
        series_advance(series, now_ns);
    point = &series->points[series->count - 1];
    point->sum += amount;
    point->count++;
}

/* The level is `level` from now on; it was 0 at the start. */
void series_set_level(struct series *series, int64_t now_ns, int64_t level);

/* Brings the series up to now_ns, before it is read; may be called again later. What was added at
 * exactly now_ns counts in the interval that ends there. */
void series_finish(struct series *series, int64_t now_ns);

/* Start of point i (< count), ns. */
int64_t series_start_ns(const struct series *series, uint32_t i);

/* Time that point i covers, ns: the interval, less in the last point. */
int64_t series_width_ns(const struct series *series, uint32_t i);

/* Sum of the amounts in point i. */
double series_sum(const struct series *series, uint32_t i);

/* Sum of the amounts in point i per second of the time it covers. */
double series_rate(const struct series *series, uint32_t i);

/* Mean of the amounts in point i; NaN when there were none. */
double series_mean(const struct series *series, uint32_t i);

/* Time-weighted mean level over point i. */
double series_level(const struct series *series, uint32_t i);

#endif
