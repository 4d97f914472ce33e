/* balancing.h - which target is next: the policies of a balancer, without requests, time or network.
 *
 *   round_robin        in turn
 *   random             anyone
 *   least_connections  the one with the fewest requests out; equals: anyone of them, or the first
 *   power_of_d         the one with the fewest of d drawn ones; equals: the one drawn first
 *   ip_hash            by a hash of who asks: the same user, the same target
 *   weighted           in turn, each as often as it weighs, its turns spread out evenly ("smooth")
 *   consistent_hash    by a ring (hash_ring.h): the same user, the same target, and when their number changes
 *                      only the users of one that comes or goes move
 *
 * A target that is not available is passed over; what it has out goes on counting. Under ip_hash and
 * consistent_hash only its own users move.
 *
 * Least connections among equals drawn at random: targets are kept in order of their connections, with the
 * end of each level; one connection more or less swaps a target to the end of its level, which then gives
 * it away: O(1) for any number of targets. Among equals the first: up to FEW targets are all looked at,
 * more play a tournament, O(log n). Power of d: O(d^2) at worst. Weighted: every target gains its weight,
 * the richest is taken and pays the sum of all: O(targets). Consistent hash: O(log(points of the ring)).
 * The others: O(1).
 *
 * Randomness: draws come from the rng given, which belongs to the request.
 * Ownership: blocks of the `struct memory` given, freed with it. Errors: none.
 * Source: M. Mitzenmacher, A. W. Richa, R. Sitaraman, "The power of two random choices: a survey of
 * techniques and results", 2001. Smooth weighted round robin: I. Sysoev, nginx 1.3.1, 2012.
 */
#ifndef MODELS_BALANCING_H
#define MODELS_BALANCING_H

#include <stdbool.h>
#include <stdint.h>

#include "models/hash_ring.h"
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
    BALANCING_WEIGHTED,
    BALANCING_CONSISTENT_HASH,
    BALANCING_POLICIES
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
    const uint32_t *weights;      /* of weighted: one a target, above 0; the caller's, outlives this */
    const struct hash_ring *ring; /* of consistent_hash: a node a target; the same */
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

    int64_t *credit;      /* weighted: gained and not yet paid, of each target */
    int64_t weight_total; /* of those available */
    uint8_t *absent;      /* consistent hash: the others, as the ring wants them */
    struct memory *memory;
};

/* All targets are available and have nothing out. */
void balancing_init(struct balancing *balancing, struct memory *memory,
                    const struct balancing_config *config);

/* Gives the next request to a target, or to BALANCING_NONE. rng: of the request; user: who asks. */
uint32_t balancing_choose(struct balancing *balancing, struct rng *rng, uint64_t user);

/* The same for one that has failed at `except`: another one where there is one. O(targets +
 * connections) at worst. */
uint32_t balancing_choose_other(struct balancing *balancing, struct rng *rng, uint64_t user, uint32_t except);

/* The target takes one more, whatever the policy says. It has to be available. */
void balancing_take(struct balancing *balancing, uint32_t target);

/* What the target was given has come back, or was given up. */
void balancing_return(struct balancing *balancing, uint32_t target);

/* Nothing is out any more, and turns begin anew. Who is available stays so. */
void balancing_forget(struct balancing *balancing);

/* Takes a target out of the choice or back in. O(targets + connections). */
void balancing_set_available(struct balancing *balancing, uint32_t target, bool is_available);

#endif
