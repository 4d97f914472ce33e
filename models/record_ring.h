/* record_ring.h - error records in the order in which they came; grows as it fills, up to what its user
 * lets it hold. Memory: 24 bytes a record, and as much again at most. Cost: O(1) amortised. */
#ifndef MODELS_RECORD_RING_H
#define MODELS_RECORD_RING_H

#include "models/error_log.h"
#include "sim/memory.h"

#define RECORD_RING_START 64

struct record_ring {
    struct error_record *records;
    uint64_t first, count, room; /* room: a power of two */
};

static inline struct error_record *record_ring_at(const struct record_ring *ring, uint64_t index)
{
    return &ring->records[(ring->first + index) & (ring->room - 1)];
}

static inline void record_ring_push(struct record_ring *ring, struct memory *memory,
                                    const struct error_record *record)
{
    if (ring->count == ring->room) {
        uint64_t room = ring->room ? 2 * ring->room : RECORD_RING_START;
        struct error_record *larger = memory_alloc_array(memory, room, sizeof *larger);

        for (uint64_t i = 0; i < ring->count; i++)
            larger[i] = *record_ring_at(ring, i);
        memory_free(memory, ring->records);
        *ring = (struct record_ring){ larger, 0, ring->count, room };
    }
    ring->count++;
    *record_ring_at(ring, ring->count - 1) = *record;
}

/* Takes away the oldest. */
static inline void record_ring_drop(struct record_ring *ring, uint64_t count)
{
    ring->first += count;
    ring->count -= count;
}

#endif
