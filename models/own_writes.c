#include "models/own_writes.h"

#include "sim/random.h"

#define FIRST_SLOTS 64

static struct own_write *slot_of(const struct own_writes *writes, uint64_t user)
{
    uint64_t mask = writes->slot_count - 1;
    uint64_t i = hash_key(user) & mask;

    while (writes->slots[i].end && writes->slots[i].user != user)
        i = (i + 1) & mask;
    return &writes->slots[i];
}

/* Into a table that fits those who are still to be remembered. */
static void rebuild(struct own_writes *writes, struct memory *memory, uint64_t everywhere)
{
    struct own_writes old = *writes;
    uint64_t left = 0;

    for (uint64_t i = 0; i < old.slot_count; i++)
        left += old.slots[i].end > everywhere;
    *writes = (struct own_writes){ .slot_count = FIRST_SLOTS };
    while (writes->slot_count < 4 * (left + 1))
        writes->slot_count *= 2;
    writes->slots = memory_alloc_array(memory, writes->slot_count, sizeof *writes->slots);
    for (uint64_t i = 0; i < old.slot_count; i++)
        if (old.slots[i].end > everywhere) {
            *slot_of(writes, old.slots[i].user) = old.slots[i];
            writes->count++;
        }
    memory_free(memory, old.slots);
}

void own_writes_note(struct own_writes *writes, struct memory *memory, uint64_t user, uint64_t end,
                     uint64_t everywhere)
{
    struct own_write *slot;

    if (2 * (writes->count + 1) > writes->slot_count)
        rebuild(writes, memory, everywhere);
    slot = slot_of(writes, user);
    writes->count += !slot->end;
    *slot = (struct own_write){ user, end };
}

uint64_t own_writes_find(const struct own_writes *writes, uint64_t user)
{
    return writes->count ? slot_of(writes, user)->end : 0;
}
