/* balancing.h - which target is next: the policies of a balancer, without requests, time or network.
 *
 *   round_robin        in turn
 *   random             anyone
 *   least_connections  the one with the fewest requests out; equals: anyone of them, or the first
 *   power_of_d         the one with the fewest of d drawn ones; equals: the one drawn first
 *   ip_hash            by a hash of who asks: the same user, the same target
 *
 * A target that is not available is passed over; what it has out goes on counting. Under ip_hash only its own
 * users move.
 *
 * Least connections among equals drawn at random: targets are kept in order of their connections, with the
 * end of each level; one connection more or less swaps a target to the end of its level, which then gives it
 * away: O(1) for any number of targets. Among equals the first: up to FEW targets are all looked at, more
 * play a tournament, O(log n).
 * Power of d: O(d^2) at worst. The others: O(1).
 *
 * Randomness: draws come from the rng given, which belongs to the request.
 * Ownership: blocks of the `struct memory` given, freed with it. Errors: none.
 * Source: M. Mitzenmacher, A. W. Richa, R. Sitaraman, "The power of two random choices: a survey of
 * techniques and results", 2001.
 */
#ifndef MODELS_BALANCING_H
#define MODELS_BALANCING_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/memory.h"
#include "sim/random.h"

#define BALANCING_NONE UINT32_MAX /* nobody is available */
#define BALANCING_CHOICES_MAX 64
#define BALANCING_FEW 16

enum balancing_policy {
    BALANCING_ROUND_ROBIN,
    BALANCING_RANDOM,
    BALANCING_LEAST_CONNECTIONS,
    BALANCING_POWER_OF_D,
    BALANCING_IP_HASH,
};

enum balancing_ties { BALANCING_TIES_RANDOM, BALANCING_TIES_FIRST };

struct balancing_config {
    enum balancing_policy policy;
    enum balancing_ties ties;
    uint32_t count;   /* targets, above 0 */
    uint32_t choices; /* d, 1 to BALANCING_CHOICES_MAX */
    bool with_replacement;
    uint32_t first;    /* round robin begins here */
    uint64_t hash_key; /* of ip_hash */
};

struct balancing_policy_row;

struct balancing {
    const struct balancing_policy_row *policy;
    struct balancing_config config;
    uint32_t *connections; /* of each target: requests that it was given and that have not come back */
    bool *is_available;
    uint32_t *available; /* targets, ascending */
    uint32_t available_count;
    uint32_t turn; /* round robin: place in available[] */

    uint32_t *order;     /* least connections: available targets by rising connections */
    uint32_t *place;     /* of each target in order[] */
    uint32_t *level_end; /* by connections: how many targets have so many or fewer */
    uint32_t level_count;

    uint32_t *winners; /* ties first, many targets: of the tournament, root 1 */
    uint32_t leaves;   /* a power of two, at least count */
    struct memory *memory;
};

/* All targets are available and have nothing out. */
void balancing_init(struct balancing *balancing, struct memory *memory,
                    const struct balancing_config *config);

/* Gives the next request to a target, or to BALANCING_NONE. rng: of the request; user: who asks. */
uint32_t balancing_choose(struct balancing *balancing, struct rng *rng, uint64_t user);

/* What the target was given has come back, or was given up. */
void balancing_return(struct balancing *balancing, uint32_t target);

/* Whatever was given away is out no longer: the balancer died. O(targets + connections). */
void balancing_forget(struct balancing *balancing);

/* Takes a target out of the choice or back in. O(targets + connections). */
void balancing_set_available(struct balancing *balancing, uint32_t target, bool is_available);

#endif
