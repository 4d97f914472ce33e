/* busy_time.h - how long a resource was at work since measuring began, and how long it could have been, at
 * any date of a run: what shares of the time between two dates are made of. Instance-ns, exact. Reads
 * only. */
#ifndef APP_BUSY_TIME_H
#define APP_BUSY_TIME_H

#include "sim/component.h"

struct busy_time {
    __int128 busy;  /* of pipes: what was handed over to be sent later is not done yet */
    __int128 could; /* times the servers; of instances that come and go only while they serve */
};

/* Of the resource at `index`, a station or a pipe, of all these instances together. O(count). */
struct busy_time busy_time_of(struct component *const *instances, uint32_t count, uint8_t index);

#endif
