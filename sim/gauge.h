/* gauge.h - the time-weighted level of something: busy workers, a waiting line, bytes in use.
 *
 * struct gauge    whole units that come and go, mostly one at a time; up to 2^32 - 1 of them; 32 bytes
 * struct amount   a level that is set or moved by any amount (bytes); 0 to INT64_MAX; 48 bytes
 *
 * Neither multiplies level by elapsed time at each change: the date of each rise is subtracted and the
 * date of each fall added, which sums the time that every unit stayed. One addition a change, no date of
 * the last change to keep, and exact, with no rounding. The sum is 128 bits wide: 2^32 units over
 * 292 years need 95, an amount of 2^63 needs 127, and 64 would wrap with 10^6 units after 2.6 hours.
 * The carry costs one instruction.
 *
 * Both look at a window: from time 0, or from the last ..._window_start(), which is how a warm-up is
 * taken out. The mean and the maximum are of the window.
 *
 * Left out: how long the level stayed at each height (only mean and maximum are known).
 *
 * Units: dates in ns of simulated time, never falling. Zeroed memory is a gauge at level 0 with a window
 * from time 0; the caller's storage, plain data.
 *
 * Errors: a level below 0 or above its limit is a bug. Cost: O(1) everywhere.
 */
#ifndef SIM_GAUGE_H
#define SIM_GAUGE_H

#include <stdint.h>

#include "sim/bug.h"

struct gauge {
    __int128 area;      /* dates of falls minus dates of rises in the window, unit-ns */
    uint32_t level;     /* units present now */
    uint32_t level_max; /* in the window */
    int64_t window_ns;  /* start of the window */
};

/* One unit more from now on. */
static inline void gauge_rise(struct gauge *gauge, int64_t now_ns)
{
    gauge->area -= (uint64_t)now_ns; /* dates are not negative, which saves extending the sign */
    if (__builtin_add_overflow(gauge->level, 1, &gauge->level))
        BUG("the level of a gauge has passed its limit");
    if (gauge->level > gauge->level_max)
        gauge->level_max = gauge->level;
}

/* One unit less from now on. */
static inline void gauge_fall(struct gauge *gauge, int64_t now_ns)
{
    gauge->area += (uint64_t)now_ns;
    if (gauge->level-- == 0)
        BUG("the level of a gauge has fallen below 0");
}

/* n units more (n < 0: less) from now on. */
static inline void gauge_add(struct gauge *gauge, int64_t n, int64_t now_ns)
{
    int64_t level;

    if (__builtin_add_overflow((int64_t)gauge->level, n, &level) || level < 0 || level > UINT32_MAX)
        BUG("the level of a gauge is out of its range");
    gauge->area -= (__int128)n * now_ns;
    gauge->level = (uint32_t)level;
    if (gauge->level > gauge->level_max)
        gauge->level_max = gauge->level;
}

/* Forgets what was before now: the mean and the maximum start again from the present level. */
static inline void gauge_window_start(struct gauge *gauge, int64_t now_ns)
{
    gauge->area = -((__int128)gauge->level * now_ns);
    gauge->level_max = gauge->level;
    gauge->window_ns = now_ns;
}

/* Level times time over the window so far, unit-ns, exact. */
static inline __int128 gauge_area(const struct gauge *gauge, int64_t now_ns)
{
    return gauge->area + (__int128)gauge->level * now_ns;
}

/* Mean level over the window so far; the present level when the window is empty. */
static inline double gauge_mean(const struct gauge *gauge, int64_t now_ns)
{
    if (now_ns == gauge->window_ns)
        return (double)gauge->level;
    return (double)gauge_area(gauge, now_ns) / (double)(now_ns - gauge->window_ns);
}

struct amount {
    __int128 area;     /* as in a gauge, each change weighted with its size */
    int64_t level;     /* now */
    int64_t level_max; /* in the window */
    int64_t window_ns; /* start of the window */
};

/* The level is `level` >= 0 from now on. */
static inline void amount_set(struct amount *amount, int64_t level, int64_t now_ns)
{
    BUG_UNLESS(level >= 0);
    amount->area -= (__int128)(level - amount->level) * now_ns;
    amount->level = level;
    if (level > amount->level_max)
        amount->level_max = level;
}

/* n more (n < 0: less) from now on. */
static inline void amount_add(struct amount *amount, int64_t n, int64_t now_ns)
{
    int64_t level;

    if (__builtin_add_overflow(amount->level, n, &level))
        BUG("an amount has passed its limit");
    amount_set(amount, level, now_ns);
}

/* Forgets what was before now: the mean and the maximum start again from the present level. */
static inline void amount_window_start(struct amount *amount, int64_t now_ns)
{
    amount->area = -((__int128)amount->level * now_ns);
    amount->level_max = amount->level;
    amount->window_ns = now_ns;
}

/* Level times time over the window so far, exact. */
static inline __int128 amount_area(const struct amount *amount, int64_t now_ns)
{
    return amount->area + (__int128)amount->level * now_ns;
}

/* Mean level over the window so far; the present level when the window is empty. */
static inline double amount_mean(const struct amount *amount, int64_t now_ns)
{
    if (now_ns == amount->window_ns)
        return (double)amount->level;
    return (double)amount_area(amount, now_ns) / (double)(now_ns - amount->window_ns);
}

#endif
