/* scaled_day.h - what a tier that follows a wave of load is paid for: the rule of an autoscaler, second by
 * second, on the rate as the scenario has it.
 *
 * Requests are taken for so regular that chance moves only how many of them fall into a sample. It makes the
 * rule decide an evaluation earlier or later, and as the first sample beyond the tolerance counts, it is
 * earlier more often: so the mean is that of many days.
 *
 * Units: seconds, per second. Cost: O(days x seconds of a day). Errors: fields that are missing end the test.
 */
#ifndef TESTS_LADDER_SCALED_DAY_H
#define TESTS_LADDER_SCALED_DAY_H

#include "tests/ladder/ladder.h"

/* Alike instances. */
struct scaled_tier {
    double start, min, max, target, boot_s, cooldown_s;
    const struct host_config *host; /* machine of an instance; NULL: one server */
    double work_s;                  /* of a request */
};

struct scaled_day {
    double mean;           /* instances that are paid: in service or booting */
    double standard_error; /* of that mean, for only so many days were tried */
};

/* With the arrivals of `run`: a wave, with gaps of that variation. */
struct scaled_day scaled_day(const struct ladder_run *run, const struct scaled_tier *tier);

/* Requests a second at that time of the wave. */
double scaled_day_rate(const struct ladder_run *run, double time_s);

#endif
