#include "models/row_table.h"

#include <string.h>

#define FIRST_SLOTS 64
#define ARRAY_COUNT_MIN 4096      /* changed rows of a data set from which an array is thought of */
#define ARRAY_ROWS_PER_CHANGED 20 /* at most: 40 bytes; a table that has just grown has 43 for each row */

/* ---- slots ---- */

/* The row's slot, or the free one where it would be. */
static struct row_slot *slot_of(const struct row_table *table, uint64_t id)
{
    uint64_t mask = table->slot_count - 1;
    uint64_t i = hash_key(id) & mask;

    while (table->slots[i].used && table->slots[i].id != id)
        i = (i + 1) & mask;
    return &table->slots[i];
}

static bool stays_in_slot(const struct row_table *table, uint64_t id)
{
    const uint16_t *place = row_table_in_array(table, id);

    return !place || *place == ROW_IN_SLOT;
}

/* Moves what no array has room for into slots of another number. */
static void rehash(struct row_table *table, struct memory *memory, uint64_t slot_count)
{
    struct row_table other = *table;

    other.slot_count = slot_count;
    other.slots = memory_alloc_array(memory, slot_count, sizeof *other.slots);
    for (uint64_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].used && stays_in_slot(table, table->slots[i].id))
            *slot_of(&other, table->slots[i].id) = table->slots[i];
    memory_free(memory, table->slots);
    *table = other;
}

/* ---- arrays ---- */

/* ROW_IN_SLOT: it does not fit. */
static uint16_t pack(uint32_t version, uint16_t state)
{
    if (version >= ROW_IN_SLOT >> ROW_STATE_BITS || state >> ROW_STATE_BITS)
        return ROW_IN_SLOT;
    return (uint16_t)(version << ROW_STATE_BITS | state);
}

/* Of a data set's rows in slots for which there is no place in an array. */
struct row_span {
    uint64_t count, row_end;
};

/* By number of the data set. */
static struct row_span *count_spans(const struct row_table *table, struct memory *memory,
                                    uint32_t *data_count)
{
    struct row_span *spans;

    *data_count = table->array_count;
    for (uint64_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].used && row_id_data(table->slots[i].id) >= *data_count)
            *data_count = row_id_data(table->slots[i].id) + UINT32_C(1);
    spans = memory_alloc_array(memory, *data_count, sizeof *spans);
    for (uint64_t i = 0; i < table->slot_count; i++) {
        const struct row_slot *slot = &table->slots[i];
        struct row_span *span = &spans[row_id_data(slot->id)];

        if (!slot->used || row_table_in_array(table, slot->id))
            continue;
        span->count++;
        if (row_id_row(slot->id) >= span->row_end)
            span->row_end = row_id_row(slot->id) + 1;
    }
    return spans;
}

static bool pays(const struct row_table *table, uint32_t data, const struct row_span *span)
{
    uint64_t count = span->count + (data < table->array_count ? table->arrays[data].count : 0);

    return span->count && count >= ARRAY_COUNT_MIN && span->row_end / ARRAY_ROWS_PER_CHANGED <= count;
}

/* A quarter more at least: rows that are added one by one do not make it grow as often. */
static void extend(struct row_array *array, struct memory *memory, const struct row_span *span)
{
    uint64_t row_end = array->row_end + array->row_end / 4;

    if (row_end < span->row_end)
        row_end = span->row_end;
    array->entries = memory_grow(memory, array->entries, row_end * sizeof *array->entries);
    array->row_end = row_end;
    array->count += span->count;
}

/* Returns how many leave their slots. */
static uint64_t fill(const struct row_table *table)
{
    uint64_t moved = 0;

    for (uint64_t i = 0; i < table->slot_count; i++) {
        const struct row_slot *slot = &table->slots[i];
        uint16_t *place = slot->used ? row_table_in_array(table, slot->id) : NULL;

        if (!place || *place == ROW_IN_SLOT)
            continue;
        *place = pack(slot->version, slot->state);
        moved += *place != ROW_IN_SLOT;
    }
    return moved;
}

/* Moves data sets to arrays where that takes less; false: none. */
static bool make_arrays(struct row_table *table, struct memory *memory)
{
    uint32_t data_count;
    struct row_span *spans = count_spans(table, memory, &data_count);
    uint64_t moved;

    for (uint32_t data = 0; data < data_count; data++) {
        if (!pays(table, data, &spans[data]))
            continue;
        if (data >= table->array_count) {
            table->arrays = memory_grow(memory, table->arrays, (data + 1) * sizeof *table->arrays);
            table->array_count = data + 1;
        }
        extend(&table->arrays[data], memory, &spans[data]);
    }
    memory_free(memory, spans);
    moved = fill(table);
    table->count -= moved;
    return moved > 0;
}

/* ---- changes ---- */

static void grow(struct row_table *table, struct memory *memory)
{
    uint64_t slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS;

    if (table->slot_count && make_arrays(table, memory))
        while (slot_count > FIRST_SLOTS && 4 * table->count < slot_count)
            slot_count /= 2;
    rehash(table, memory, slot_count);
}

/* Where the slots are to hold the entry of a row that no array has. */
static void set_slot(struct row_table *table, struct memory *memory, uint64_t id, struct row_entry entry)
{
    struct row_slot *slot;

    if (4 * (table->count + 1) > 3 * table->slot_count) {
        grow(table, memory);
        row_table_set(table, memory, id, entry); /* it may have a place in an array now */
        return;
    }
    slot = slot_of(table, id);
    table->count += !slot->used;
    *slot = (struct row_slot){ .id = id, .version = entry.version, .state = entry.state, .used = 1 };
}

void row_table_set(struct row_table *table, struct memory *memory, uint64_t id, struct row_entry entry)
{
    uint16_t *place = row_table_in_array(table, id);

    if (place && *place != ROW_IN_SLOT) {
        uint16_t packed = pack(entry.version, entry.state);

        table->arrays[row_id_data(id)].count += (uint64_t)(packed != 0) - (uint64_t)(*place != 0);
        *place = packed;
        if (packed != ROW_IN_SLOT)
            return;
    }
    set_slot(table, memory, id, entry); /* for good: a row does not go back */
}

uint32_t row_table_raise(struct row_table *table, struct memory *memory, uint64_t id)
{
    struct row_entry entry = row_table_look(table, id);

    if (entry.version < UINT32_MAX)
        entry.version++;
    row_table_set(table, memory, id, entry);
    return entry.version;
}

void row_table_raise_to(struct row_table *table, struct memory *memory, uint64_t id, uint32_t version)
{
    struct row_entry entry = row_table_look(table, id);

    if (entry.version < version)
        row_table_set(table, memory, id, (struct row_entry){ version, entry.state });
}

/* ---- all rows ---- */

bool row_table_next(const struct row_table *table, uint16_t data, uint64_t *place, uint64_t *row,
                    struct row_entry *entry)
{
    uint64_t row_end = data < table->array_count ? table->arrays[data].row_end : 0;

    while (*place < row_end) {
        *row = (*place)++;
        *entry = row_table_look(table, row_id(data, *row));
        if (row_entry_is_changed(*entry))
            return true;
    }
    while (*place - row_end < table->slot_count) {
        const struct row_slot *slot = &table->slots[(*place)++ - row_end];

        *row = row_id_row(slot->id);
        *entry = (struct row_entry){ slot->version, slot->state };
        if (slot->used && row_id_data(slot->id) == data && *row >= row_end && row_entry_is_changed(*entry))
            return true;
    }
    return false;
}

void row_table_copy(struct row_table *table, struct memory *memory, const struct row_table *from)
{
    row_table_deinit(table, memory);
    *table = *from;
    if (from->slot_count)
        table->slots = memory_alloc_array(memory, from->slot_count, sizeof *table->slots);
    for (uint64_t i = 0; i < from->slot_count; i++)
        table->slots[i] = from->slots[i];
    if (from->array_count)
        table->arrays = memory_alloc_array(memory, from->array_count, sizeof *table->arrays);
    for (uint32_t data = 0; data < from->array_count; data++) {
        struct row_array *array = &table->arrays[data];

        *array = from->arrays[data];
        if (!array->row_end)
            continue;
        array->entries = memory_alloc_array(memory, array->row_end, sizeof *array->entries);
        memcpy(array->entries, from->arrays[data].entries, array->row_end * sizeof *array->entries);
    }
}

void row_table_deinit(struct row_table *table, struct memory *memory)
{
    for (uint32_t data = 0; data < table->array_count; data++)
        memory_free(memory, table->arrays[data].entries);
    memory_free(memory, table->arrays);
    memory_free(memory, table->slots);
    *table = (struct row_table){ 0 };
}
