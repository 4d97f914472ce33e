/* placement.h - which shard a key lives on.
 *
 *   modulo           the key modulo the number of shards; neighbours are spread, a further shard moves nearly
 * all
 *   consistent hash  a ring of virtual nodes; a further shard takes its part and moves nothing else
 *
 * Cost: O(1) by modulo, O(log) on a ring. Read only once made. A further kind is a row of each table in
 * placement.c.
 */
#ifndef MODELS_PLACEMENT_H
#define MODELS_PLACEMENT_H

#include "models/hash_ring.h"
#include "models/param.h"

enum placement_kind { PLACEMENT_MODULO, PLACEMENT_CONSISTENT_HASH, PLACEMENT_KINDS };

extern const struct param_choice placement_choices[];

struct placement {
    enum placement_kind kind;
    uint32_t shards;
    struct hash_ring ring; /* of consistent hash */
};

/* shards above 0; virtual_nodes and seed are of the ring. */
void placement_init(struct placement *placement, struct memory *memory, enum placement_kind kind,
                    uint32_t shards, uint32_t virtual_nodes, uint64_t seed);

/* The shard of a key, from 0. */
uint32_t placement_home(const struct placement *placement, uint64_t key);

/* The shards of `count` copies of a key, its home first, different ones as far as there are enough. */
void placement_copies(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards);

/* Part of all keys that live on the shard. */
double placement_share(const struct placement *placement, uint32_t shard);

#endif
