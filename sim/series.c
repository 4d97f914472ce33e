#include "sim/series.h"

#include <math.h>
#include <string.h>

#include "sim/bug.h"
#include "sim/time.h"

#define CAPACITY_FIRST 64 /* points */

void series_init(struct series *series, struct memory *memory, int64_t start_ns, int64_t interval_ns,
                 uint32_t points_max)
{
    BUG_UNLESS(start_ns >= 0 && interval_ns > 0);
    BUG_UNLESS(points_max >= 2 && points_max <= 1 << 24 && points_max % 2 == 0);
    *series = (struct series){
        .memory = memory,
        .points_max = points_max,
        .start_ns = start_ns,
        .interval_ns = interval_ns,
        .end_ns = INT64_MIN, /* so that the first addition makes the first point */
        .finish_ns = INT64_MAX,
        .level_ns = start_ns,
    };
}

/* The last point may end after the end of time. */
static int64_t point_end_ns(const struct series *series, uint32_t i)
{
    int64_t length_ns, end_ns;

    if (__builtin_mul_overflow(series->interval_ns, (int64_t)i + 1, &length_ns) ||
        __builtin_add_overflow(series->start_ns, length_ns, &end_ns))
        return INT64_MAX;
    return end_ns;
}

/* Adds neighbours together and doubles the interval; an odd last point becomes the first half of one. */
static void halve(struct series *series)
{
    uint32_t count = series->count / 2 + series->count % 2;

    for (uint32_t i = 0; i < series->count; i++) {
        struct series_point point = series->points[i];

        if (i % 2 == 0) {
            series->points[i / 2] = point;
        } else {
            series->points[i / 2].sum += point.sum;
            series->points[i / 2].count += point.count;
        }
    }
    if (series->count > 0)
        memset(&series->points[count], 0, (series->count - count) * sizeof series->points[0]);
    series->count = count;
    series->interval_ns *= 2;
}

/* The point that now_ns is in, after making room for it. */
static uint32_t place(struct series *series, int64_t now_ns)
{
    BUG_UNLESS(now_ns >= series->start_ns);
    while ((now_ns - series->start_ns) / series->interval_ns >= series->points_max)
        halve(series);
    return (uint32_t)((now_ns - series->start_ns) / series->interval_ns);
}

/* Brings points up to number i into use; what is new is zero. */
static void use_points(struct series *series, uint32_t i)
{
    uint32_t capacity = series->capacity ? series->capacity : CAPACITY_FIRST;

    while (capacity <= i)
        capacity *= 2;
    if (capacity > series->points_max)
        capacity = series->points_max;
    if (capacity > series->capacity) {
        series->points = memory_grow(series->memory, series->points, capacity * sizeof series->points[0]);
        series->capacity = capacity;
    }
    if (i >= series->count)
        series->count = i + 1;
    series->end_ns = point_end_ns(series, series->count - 1);
}

void series_advance(struct series *series, int64_t now_ns)
{
    use_points(series, place(series, now_ns));
    series->finish_ns = INT64_MAX;
}

/* Adds the area of the present level up to now_ns to the points it crosses. */
static void settle_level(struct series *series, int64_t now_ns)
{
    if (series->level_ns < now_ns)
        place(series, now_ns - 1); /* doubles first, so that the walk below is at most points_max long */
    while (series->level_ns < now_ns) {
        uint32_t i = place(series, series->level_ns);
        int64_t until_ns = point_end_ns(series, i);

        if (until_ns > now_ns)
            until_ns = now_ns;
        use_points(series, i);
        series->points[i].sum += (__int128)series->level * (until_ns - series->level_ns);
        series->level_ns = until_ns;
    }
}

void series_set_level(struct series *series, int64_t now_ns, int64_t level)
{
    if (now_ns >= series->end_ns) {
        settle_level(series, now_ns);
        series_advance(series, now_ns);
    } else {
        series->points[series->count - 1].sum += (__int128)series->level * (now_ns - series->level_ns);
        series->level_ns = now_ns;
    }
    series->level = level;
}

void series_finish(struct series *series, int64_t now_ns)
{
    uint32_t last;

    settle_level(series, now_ns);
    series->finish_ns = now_ns;
    if (now_ns == series->start_ns)
        return;
    use_points(series, place(series, now_ns - 1));
    last = series->count - 1;
    if (last > 0 && series_start_ns(series, last) == now_ns) { /* a point without width */
        series->points[last - 1].sum += series->points[last].sum;
        series->points[last - 1].count += series->points[last].count;
        series->points[last] = (struct series_point){ 0 };
        series->count = last;
        series->end_ns = now_ns;
    }
}

int64_t series_start_ns(const struct series *series, uint32_t i)
{
    return series->start_ns + (int64_t)i * series->interval_ns;
}

int64_t series_width_ns(const struct series *series, uint32_t i)
{
    int64_t rest_ns = series->finish_ns - series_start_ns(series, i);

    return rest_ns < series->interval_ns ? rest_ns : series->interval_ns;
}

double series_sum(const struct series *series, uint32_t i)
{
    return (double)series->points[i].sum;
}

double series_rate(const struct series *series, uint32_t i)
{
    return series_sum(series, i) / (double)series_width_ns(series, i) * (double)SIM_NS_PER_S;
}

double series_mean(const struct series *series, uint32_t i)
{
    const struct series_point *point = &series->points[i];

    return point->count > 0 ? (double)point->sum / (double)point->count : NAN;
}

double series_level(const struct series *series, uint32_t i)
{
    return series_sum(series, i) / (double)series_width_ns(series, i);
}
