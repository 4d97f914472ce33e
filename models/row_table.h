/* row_table.h - what is remembered of single rows: the version each has, and whether it was inserted or
 * deleted.
 *
 * Only rows that were ever changed are here; one that never was costs nothing. Two kinds of owners: the truth
 * of a run (data_set.c) and every store, for what it holds itself. Rows are never forgotten, so there is no
 * removal.
 *
 * A row is named by row_id(): data set and number in one word, exact for row numbers below 2^48.
 *
 * They are in a hash table, until so many rows of a data set were changed that an array of all its rows takes
 * less: then they are in such an array, where one is found without searching. The few whose version is too
 * large for two bytes stay in the hash table, and the array says so.
 *
 * Cost: O(1) expected, 16 bytes a slot, at most three quarters of the slots in use; 2 bytes for each row of an
 * array: rows of millions of users are looked at in no order, and the fewer pages they lie on, the more often
 * the processor knows where those are. Memory is the run's.
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

/* Both 0: the row was never changed. */
struct row_entry {
    uint32_t version;
    uint16_t state; /* enum row_state, or the owner's own */
};

static inline bool row_entry_is_changed(struct row_entry entry)
{
    return entry.version || entry.state;
}

struct row_slot {
    uint64_t id; /* of row_id() */
    uint32_t version;
    uint16_t state;
    uint16_t used;
};

/* How an array holds an entry: the version above, the state in the lowest bits. */
#define ROW_STATE_BITS 2
#define ROW_IN_SLOT UINT16_MAX /* too large for that */

/* The rows of a data set up to row_end; those beyond are in slots. */
struct row_array {
    uint16_t *entries;
    uint64_t row_end;
    uint64_t count; /* changed */
};

/* Zeroed memory is an empty table. */
struct row_table {
    struct row_slot *slots;
    uint64_t slot_count;      /* a power of two, or 0 */
    uint64_t count;           /* slots in use */
    struct row_array *arrays; /* by number of the data set */
    uint32_t array_count;
};

static inline uint64_t row_id(uint16_t data, uint64_t row)
{
    return (uint64_t)data << 48 ^ row;
}

static inline uint16_t row_id_data(uint64_t id)
{
    return (uint16_t)(id >> 48);
}

static inline uint64_t row_id_row(uint64_t id)
{
    return id & ((UINT64_C(1) << 48) - 1);
}

/* The row's place in an array; NULL: it would be in a slot. Not for others. */
static inline uint16_t *row_table_in_array(const struct row_table *table, uint64_t id)
{
    uint16_t data = row_id_data(id);

    return data < table->array_count && row_id_row(id) < table->arrays[data].row_end
               ? &table->arrays[data].entries[row_id_row(id)]
               : NULL;
}

/* What the slots say. Not for others. */
static inline struct row_entry row_table_in_slots(const struct row_table *table, uint64_t id)
{
    uint64_t mask = table->slot_count - 1;

    if (!table->count)
        return (struct row_entry){ 0 };
    for (uint64_t i = hash_key(id) & mask; table->slots[i].used; i = (i + 1) & mask)
        if (table->slots[i].id == id)
            return (struct row_entry){ table->slots[i].version, table->slots[i].state };
    return (struct row_entry){ 0 };
}

/* What is remembered of the row. In an array nobody asks first whether it was changed: that is what no processor
 * foresees, and what it learns late, when the entry has come from memory. */
static inline struct row_entry row_table_look(const struct row_table *table, uint64_t id)
{
    const uint16_t *place = row_table_in_array(table, id);

    if (!place || __builtin_expect(*place == ROW_IN_SLOT, 0))
        return row_table_in_slots(table, id);
    return (struct row_entry){ (uint32_t)*place >> ROW_STATE_BITS, *place & ((1u << ROW_STATE_BITS) - 1) };
}

/* For callers that know the row some time ahead: fetches where it will be looked for. always_inline: see
 * eviction_prefetch(). */
static inline __attribute__((always_inline)) void row_table_prefetch(const struct row_table *table,
                                                                     uint64_t id)
{
    const uint16_t *place = row_table_in_array(table, id);
    const struct row_slot *slot;

    if (place) {
        __builtin_prefetch(place);
    } else if (table->slot_count) {
        slot = &table->slots[hash_key(id) & (table->slot_count - 1)];
        __builtin_prefetch(slot);
        __builtin_prefetch(slot + 4); /* many a search goes on there */
    }
}

/* Remembers that of the row from now on. */
void row_table_set(struct row_table *table, struct memory *memory, uint64_t id, struct row_entry entry);

/* One more to the row's version, which is returned; it does not go beyond UINT32_MAX. */
uint32_t row_table_raise(struct row_table *table, struct memory *memory, uint64_t id);

/* The row's version is that one from now on, unless it is later already. */
void row_table_raise_to(struct row_table *table, struct memory *memory, uint64_t id, uint32_t version);

/* The next changed row of a data set, in an order that only the changes so far decide; *place begins at 0.
 * False: there are no more. */
bool row_table_next(const struct row_table *table, uint16_t data, uint64_t *place, uint64_t *row,
                    struct row_entry *entry);

/* The table, which is empty or has been used, gets all that the other one remembers. */
void row_table_copy(struct row_table *table, struct memory *memory, const struct row_table *from);

/* Gives the memory back; the table is empty then. */
void row_table_deinit(struct row_table *table, struct memory *memory);

#endif
