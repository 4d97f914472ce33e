#include "models/hash_ring.h"

#include <stdbool.h>
#include <stdlib.h>

#include "sim/random.h"

static int by_place(const void *left, const void *right)
{
    const struct ring_point *a = left, *b = right;

    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

/* As many equal arcs of the circle as points, rounded up to a power of two: where the search in each begins. */
static void make_arcs(struct hash_ring *ring, struct memory *memory)
{
    uint32_t bits = 1, i = 0;

    while (UINT64_C(1) << bits < ring->point_count)
        bits++;
    ring->arc_shift = 64 - bits;
    ring->arcs = memory_alloc_array(memory, UINT64_C(1) << bits, sizeof *ring->arcs);
    for (uint64_t arc = 0; arc < UINT64_C(1) << bits; arc++) {
        while (i < ring->point_count && ring->points[i].place < arc << ring->arc_shift)
            i++;
        ring->arcs[arc] = i;
    }
}

void hash_ring_init(struct hash_ring *ring, struct memory *memory, uint32_t nodes, uint32_t virtual_nodes,
                    uint64_t seed)
{
    uint32_t n = 0;

    *ring = (struct hash_ring){ .point_count = nodes * virtual_nodes, .node_count = nodes, .seed = seed };
    ring->points = memory_alloc_array(memory, ring->point_count, sizeof *ring->points);
    for (uint32_t node = 0; node < nodes; node++)
        for (uint32_t i = 0; i < virtual_nodes; i++)
            ring->points[n++] = (struct ring_point){ rng_hash(rng_hash(seed, node), i), node };
    qsort(ring->points, ring->point_count, sizeof *ring->points, by_place);
    make_arcs(ring, memory);
}

/* Index of the first point at or after the key's place. An arc holds one point on average or less. */
static uint32_t first_point(const struct hash_ring *ring, uint64_t key)
{
    uint64_t place = rng_hash(~ring->seed, key);
    uint32_t i = ring->arcs[place >> ring->arc_shift];

    while (i < ring->point_count && ring->points[i].place < place)
        i++;
    return i == ring->point_count ? 0 : i;
}

uint32_t hash_ring_find(const struct hash_ring *ring, uint64_t key)
{
    return ring->points[first_point(ring, key)].node;
}

uint32_t hash_ring_find_present(const struct hash_ring *ring, uint64_t key, const uint8_t *absent)
{
    uint32_t first = first_point(ring, key), i = first;

    do {
        if (!absent[ring->points[i].node])
            return ring->points[i].node;
        i = i + 1 == ring->point_count ? 0 : i + 1;
    } while (i != first);
    return ring->points[first].node;
}

static bool contains(const uint32_t *nodes, uint32_t count, uint32_t node)
{
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] == node)
            return true;
    return false;
}

void hash_ring_successors(const struct hash_ring *ring, uint64_t key, uint32_t count, uint32_t *nodes)
{
    uint32_t found = 0;

    for (uint32_t i = first_point(ring, key); found < count; i = i + 1 == ring->point_count ? 0 : i + 1)
        if (!contains(nodes, found, ring->points[i].node))
            nodes[found++] = ring->points[i].node;
}

double hash_ring_share(const struct hash_ring *ring, uint32_t node)
{
    double share = 0.0;

    if (ring->point_count == 1)
        return 1.0;
    for (uint32_t i = 0; i < ring->point_count; i++)
        if (ring->points[i].node == node) /* the arc that ends here; unsigned, so it closes the circle too */
            share += (double)(ring->points[i].place - ring->points[i ? i - 1 : ring->point_count - 1].place) *
                     0x1p-64;
    return share;
}
