/* hash_ring.h - consistent hashing: nodes on a circle of 2^64 places, each at many of them (its virtual
 * nodes).
 *
 * A key belongs to the first node at or after its own place. A further node takes keys from the others and
 * gives none to anybody else; with N nodes it takes 1/N of them on average. The share of a node varies around
 * 1/N with a coefficient of variation of sqrt((N-1)/(N V+1)) for V virtual nodes.
 *
 * Cost: O(1) a look-up expected, 20 to 24 bytes a virtual node. Read only once made; memory is the run's.
 * Source: Karger et al., "Consistent Hashing and Random Trees", 1997.
 */
#ifndef MODELS_HASH_RING_H
#define MODELS_HASH_RING_H

#include <stdint.h>

#include "sim/memory.h"

struct ring_point {
    uint64_t place;
    uint32_t node;
};

struct hash_ring {
    struct ring_point *points; /* by rising place */
    uint32_t *arcs;            /* for each place's first bits the first point that may follow it */
    uint32_t arc_shift;        /* bits of a place that do not choose its arc */
    uint32_t point_count;
    uint32_t node_count;
    uint64_t seed;
};

/* nodes, virtual_nodes: above 0, their product below 2^32. Rings of one seed agree about the places of the
 * nodes they share. */
void hash_ring_init(struct hash_ring *ring, struct memory *memory, uint32_t nodes, uint32_t virtual_nodes,
                    uint64_t seed);

/* The node of a key. */
uint32_t hash_ring_find(const struct hash_ring *ring, uint64_t key);

/* The node of a key when those marked in `absent` (a byte each) take no part: keys of the others stay
 * where they are. All absent: its own all the same. O(points) at worst. */
uint32_t hash_ring_find_present(const struct hash_ring *ring, uint64_t key, const uint8_t *absent);

/* The first `count` different nodes from the key's place on (its own first); count is at most node_count. */
void hash_ring_successors(const struct hash_ring *ring, uint64_t key, uint32_t count, uint32_t *nodes);

/* Part of the circle that belongs to the node, 0 to 1. O(N V). */
double hash_ring_share(const struct hash_ring *ring, uint32_t node);

#endif
