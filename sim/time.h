/* time.h - simulated time: int64_t nanoseconds from the start of the run, up to 292 years.
 *
 * A duration never passes through floating point once it has been sampled or read.
 *
 * No delay is longer than SIM_TIME_LONGEST, 73 years: what is drawn longer is taken as that, and ends after
 * any run of a scenario, whose warm-up and measured time are at most 32 years each. That is the one place
 * where an overflow is prevented: a date that the clock shows, a quarter of all dates, and a delay make a
 * date, with no look at the sum when an event is scheduled. (A pipe, which adds up what was sent, keeps to
 * half of all dates; see link.c.)
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <stdint.h>

#define SIM_NS_PER_S INT64_C(1000000000)
#define SIM_TIME_NEVER INT64_MAX
#define SIM_TIME_LONGEST (INT64_C(1) << 61)

/* Nearest whole number of nanoseconds to a positive real number of them; saturates at SIM_TIME_LONGEST. */
static inline int64_t sim_time_from_ns(double ns)
{
    return ns < (double)SIM_TIME_LONGEST ? (int64_t)(ns + 0.5) : SIM_TIME_LONGEST;
}

#endif
