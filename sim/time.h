/* time.h - simulated time: int64_t nanoseconds from the start of the run, up to 292 years.
 *
 * A duration never passes through floating point once it has been sampled or read.
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <stdint.h>

#define SIM_NS_PER_S INT64_C(1000000000)
#define SIM_TIME_NEVER INT64_MAX

/* Nearest whole number of nanoseconds to a positive real number of them; saturates below NEVER. */
static inline int64_t sim_time_from_ns(double ns)
{
    return ns < 9.2e18 ? (int64_t)(ns + 0.5) : INT64_C(9200000000000000000);
}

#endif
