/* arrivals.h - when a source sends its next request.
 *
 *   arrivals   open: gaps of a law with a given mean, whatever happened to earlier requests
 *   crowd      closed: users who think for an exponential time, all alike
 *
 * A crowd keeps no user. The time until the first of n independent exponential pauses ends is exponential
 * too, with mean think / n, and the pauses of the others have no memory of it. So one draw a request says how
 * much "thinking" (users times time, in units of the mean) is left until somebody sends, and every change of
 * n only changes the pace at which it runs down. A billion users cost what ten cost. (Time change of a point
 * process: Bremaud, "Point processes and queues", 1981)
 *
 * Dates are kept to fractions of a nanosecond from one request to the next, so that rates are exact however
 * high. Each gap is drawn one request ahead: what happens next often depends on the date of the next arrival,
 * and then nobody waits for the draw. Left out: rates that vary with time (load.h). Randomness: one stream of
 * the source each ("arrivals", "thinking"), drawn in order of requests. Units: ns, rates in 1/s. Ownership:
 * the caller's storage, plain data. Cost: O(1), one draw a request.
 */
#ifndef MODELS_ARRIVALS_H
#define MODELS_ARRIVALS_H

#include "models/param.h"
#include "sim/component.h"
#include "sim/distribution.h"
#include "sim/random.h"
#include "sim/time.h"

/* Later than any run: what lies further is never reached. */
#define ARRIVALS_LATEST_NS INT64_C(9200000000000000000)

/* Laws of gaps; their values are those of enum distribution_law. */
extern const struct param_choice gap_law_choices[];

/* False: that law cannot have gaps of that coefficient of variation (0: not given), and why. */
bool gap_law_check(int law, double cv, char *error, size_t size);

struct arrivals {
    struct distribution gap; /* ns */
    struct rng rng;
    double ahead_ns; /* the next gap, and what the last date was rounded down by */
};

/* Gaps of that law with that mean. law and cv have passed gap_law_check(). */
struct distribution_config gap_config(int law, double cv, double mean);

/* rate: in 1/s, above 0. law and cv have passed gap_law_check(). */
void arrivals_init(struct arrivals *arrivals, const struct group *owner, int law, double cv, double rate);

/* Date of the next request, now_ns being that of the last one. */
static inline int64_t arrivals_next_ns(struct arrivals *arrivals, int64_t now_ns)
{
    double gap_ns = arrivals->ahead_ns;
    int64_t whole_ns;

    if (gap_ns >= (double)(ARRIVALS_LATEST_NS - now_ns))
        return ARRIVALS_LATEST_NS;
    whole_ns = (int64_t)gap_ns;
    arrivals->ahead_ns = distribution_sample(&arrivals->gap, &arrivals->rng) + (gap_ns - (double)whole_ns);
    return now_ns + whole_ns;
}

struct crowd {
    double think_ns; /* mean of a pause */
    double left;     /* thinking until the next one sends, in pauses */
    uint64_t thinking;
    int64_t updated_ns; /* when `left` was right */
    struct rng rng;
};

/* `thinking` users begin their pauses at time 0. think_ns: above 0. */
void crowd_init(struct crowd *crowd, const struct group *owner, double think_ns, uint64_t thinking);

/* From now on `thinking` users think. Returns when the next one sends, SIM_TIME_NEVER if there is none. */
int64_t crowd_change(struct crowd *crowd, uint64_t thinking, int64_t now_ns);

/* One has sent: the next pause to end is another one. crowd_change() must follow. */
static inline void crowd_sent(struct crowd *crowd)
{
    crowd->left += rng_exponential(&crowd->rng); /* what rounding of the date left over is not lost */
}

#endif
