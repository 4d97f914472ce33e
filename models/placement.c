#include "models/placement.h"

const struct param_choice placement_choices[] = {
    { "modulo", PLACEMENT_MODULO,
      "the shard key modulo the number of shards; adding a shard moves nearly every row" },
    { "consistent_hash", PLACEMENT_CONSISTENT_HASH,
      "a ring of hashes with virtual nodes; adding a shard moves only the rows that it takes" },
    { NULL, 0, NULL },
};

struct kind_row {
    uint32_t (*home)(const struct placement *placement, uint64_t key);
    void (*copies)(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards);
    double (*share)(const struct placement *placement, uint32_t shard);
};

static uint32_t modulo_home(const struct placement *placement, uint64_t key)
{
    return (uint32_t)(key % placement->shards);
}

static void modulo_copies(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards)
{
    for (uint32_t i = 0; i < count; i++)
        shards[i] = (modulo_home(placement, key) + i) % placement->shards;
}

static double modulo_share(const struct placement *placement, uint32_t shard)
{
    (void)shard;
    return 1.0 / placement->shards;
}

static uint32_t ring_home(const struct placement *placement, uint64_t key)
{
    return hash_ring_find(&placement->ring, key);
}

static void ring_copies(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards)
{
    hash_ring_successors(&placement->ring, key, count < placement->shards ? count : placement->shards,
                         shards);
    for (uint32_t i = placement->shards; i < count; i++)
        shards[i] = shards[i - placement->shards];
}

static double ring_share(const struct placement *placement, uint32_t shard)
{
    return hash_ring_share(&placement->ring, shard);
}

static const struct kind_row kinds[PLACEMENT_KINDS] = {
    [PLACEMENT_MODULO] = { modulo_home, modulo_copies, modulo_share },
    [PLACEMENT_CONSISTENT_HASH] = { ring_home, ring_copies, ring_share },
};

void placement_init(struct placement *placement, struct memory *memory, enum placement_kind kind,
                    uint32_t shards, uint32_t virtual_nodes, uint64_t seed)
{
    *placement = (struct placement){ .kind = kind, .shards = shards };
    if (kind == PLACEMENT_CONSISTENT_HASH)
        hash_ring_init(&placement->ring, memory, shards, virtual_nodes, seed);
}

uint32_t placement_home(const struct placement *placement, uint64_t key)
{
    return kinds[placement->kind].home(placement, key);
}

void placement_copies(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards)
{
    kinds[placement->kind].copies(placement, key, count, shards);
}

double placement_share(const struct placement *placement, uint32_t shard)
{
    return kinds[placement->kind].share(placement, shard);
}
