/* duration.h - a random time that belongs to requests: a law and the key of its draws.
 *
 * The draw is a function of the key (seed of the run, component, purpose) and the number of the
 * request's visit, so it does not depend on the order of events or on which server serves.
 */
#ifndef SIM_DURATION_H
#define SIM_DURATION_H

#include <stdint.h>

#include "sim/distribution.h"
#include "sim/random.h"

struct lane;
struct group;

struct duration {
    struct distribution law; /* in ns */
    struct lane *lane;       /* of a constant one, NULL: it goes to the pending events */
    uint64_t key;
};

/* config is in seconds, as scenarios state it. */
void duration_init(struct duration *duration, struct group *owner, const char *purpose,
                   const struct distribution_config *config);

/* The rest of duration_sample(); begins again, which changes no draw. */
int64_t duration_sample_slow(const struct duration *duration, uint64_t number);

/* The time, ns, that request or visit `number` needs. */
static inline int64_t duration_sample(const struct duration *duration, uint64_t number)
{
    struct rng rng = rng_for_request(duration->key, number);
    struct rng_point point = rng_exponential_point(rng_next(&rng));

    if (__builtin_expect(duration->law.law == DISTRIBUTION_EXPONENTIAL && point.inside, 1))
        return sim_time_from_ns(duration->law.exponential.mean * point.x);
    return duration_sample_slow(duration, number);
}

#endif
