/* row_table.h - what is remembered of single rows: the version each has, and whether it was inserted or
 * deleted.
 *
 * A hash table of those rows that were ever changed; one that never was costs nothing. Two kinds of owners:
 * the truth of a run (data_set.c) and every store, for what it holds itself. Rows are never forgotten, so
 * there is no removal.
 *
 * A row is named by row_id(): data set and number in one word, exact for row numbers below 2^48.
 *
 * Cost: O(1) expected, 16 bytes a slot, at most three quarters of the slots in use. Memory is the run's.
 * Method: open addressing with linear probing (Knuth, "The Art of Computer Programming" 3, 6.4).
 */
#ifndef MODELS_ROW_TABLE_H
#define MODELS_ROW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/memory.h"
#include "sim/random.h"

enum row_state {
    ROW_UNCHANGED, /* there or not there, as the data set says */
    ROW_PRESENT,   /* inserted, or written, since the run began */
    ROW_DELETED,
};

struct row_entry {
    uint64_t id; /* of row_id() */
    uint32_t version;
    uint16_t used;  /* 0: a free slot */
    uint16_t state; /* enum row_state */
};

/* Zeroed memory is an empty table. */
struct row_table {
    struct row_entry *slots;
    uint64_t slot_count; /* a power of two, or 0 */
    uint64_t count;      /* in use */
};

static inline uint64_t row_id(uint16_t data, uint64_t row)
{
    return (uint64_t)data << 48 ^ row;
}

/* The row's entry, valid until the next row_table_entry(); NULL: it was never changed. */
static inline struct row_entry *row_table_find(const struct row_table *table, uint64_t id)
{
    uint64_t mask = table->slot_count - 1;

    if (!table->count)
        return NULL;
    for (uint64_t i = hash_key(id) & mask; table->slots[i].used; i = (i + 1) & mask)
        if (table->slots[i].id == id)
            return &table->slots[i];
    return NULL;
}

/* For callers that know the row some time ahead: fetches where it will be looked for. always_inline: see
 * eviction_prefetch(). */
static inline __attribute__((always_inline)) void row_table_prefetch(const struct row_table *table,
                                                                     uint64_t id)
{
    if (table->slot_count)
        __builtin_prefetch(&table->slots[hash_key(id) & (table->slot_count - 1)]);
}

/* The row's entry, made (version 0, unchanged) when there is none; valid until the next call. */
struct row_entry *row_table_entry(struct row_table *table, struct memory *memory, uint64_t id);

#endif
