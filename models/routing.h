/* routing.h - which instance of a target a caller sends to when no balancer stands between.
 *
 * A type may decide by itself (a service sharded by key); otherwise the instance is drawn from the number of the visit, as a name
 * with several addresses spreads callers.
 */
#ifndef MODELS_ROUTING_H
#define MODELS_ROUTING_H

#include "models/model.h"
#include "sim/random.h"
#include "sim/request.h"

/* Instance of the group, from 0. */
static inline uint32_t route_instance(const struct group *target, const struct request *request, uint64_t number)
{
    const struct model_type *type = model_of(target);

    if (target->count == 1)
        return 0;
    if (type->instance_for)
        return type->instance_for(target, request);
    return (uint32_t)(rng_hash(number, target->count) % target->count);
}

#endif
