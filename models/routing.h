/* routing.h - which instance of a target a caller sends to when no balancer stands between.
 *
 * A type may decide by itself (a service sharded by key); otherwise the instance is drawn from the number of
 * the visit, as a name with several addresses spreads callers. Where the number of instances changes
 * (sim/members.h), it is one of those in service.
 */
#ifndef MODELS_ROUTING_H
#define MODELS_ROUTING_H

#include "sim/component.h"
#include "sim/link.h"
#include "sim/members.h"
#include "sim/random.h"
#include "sim/request.h"

/* Instance of the group, from 0. */
static inline uint32_t route_instance(const struct group *target, const struct request *request,
                                      uint64_t number)
{
    if (target->count == 1)
        return 0;
    if (target->type->instance_for)
        return target->type->instance_for(target, request);
    if (__builtin_expect(target->members != NULL, 0))
        return members_at(target, (uint32_t)(rng_hash(number, target->count) % members_count(target)));
    return (uint32_t)(rng_hash(number, target->count) % target->count);
}

/* For stores and caches of several instances: each keeps its part of the keys. */
static inline uint32_t route_by_key(const struct group *group, const struct request *request)
{
    return members_at(group, (uint32_t)(((hash_key(request->key) >> 32) * members_count(group)) >> 32));
}

/* The library that decides whom to ask is in the caller: the choice takes no time, and the message that the link
 * would carry has paid its way when it is there. Once links are complete, as in start(). */
static inline void route_within_caller(struct link *link)
{
    link->latency = NULL;
    link->forward = link->back = NULL;
    link->loss = 0.0;
    link->pools = NULL;
    link->plain_there = link->plain_back = !link->target->egress;
}

#endif
