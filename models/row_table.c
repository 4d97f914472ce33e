#include "models/row_table.h"

#define FIRST_SLOTS 64

static struct row_entry *slot_of(const struct row_table *table, uint64_t id)
{
    uint64_t mask = table->slot_count - 1;
    uint64_t i = hash_key(id) & mask;

    while (table->slots[i].used && table->slots[i].id != id)
        i = (i + 1) & mask;
    return &table->slots[i];
}

static void grow(struct row_table *table, struct memory *memory)
{
    struct row_table larger = { .slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS,
                                .count = table->count };

    larger.slots = memory_alloc_array(memory, larger.slot_count, sizeof *larger.slots);
    for (uint64_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].used)
            *slot_of(&larger, table->slots[i].id) = table->slots[i];
    memory_free(memory, table->slots);
    *table = larger;
}

struct row_entry *row_table_entry(struct row_table *table, struct memory *memory, uint64_t id)
{
    struct row_entry *entry;

    if (4 * (table->count + 1) > 3 * table->slot_count)
        grow(table, memory);
    entry = slot_of(table, id);
    if (!entry->used) {
        *entry = (struct row_entry){ .id = id, .used = 1 };
        table->count++;
    }
    return entry;
}
