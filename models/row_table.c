#include "models/row_table.h"

#define FIRST_SLOTS 64
#define ARRAY_COUNT_MIN 4096     /* changed rows of a data set from which an array is thought of */
#define ARRAY_ROWS_PER_CHANGED 5 /* at most: 40 bytes; a table that has just grown has 43 for each row */

/* ---- slots ---- */

static struct row_slot *slot_of(const struct row_table *table, uint64_t id)
{
    uint64_t mask = table->slot_count - 1;
    uint64_t i = hash_key(id) & mask;

    while (table->slots[i].entry.used && table->slots[i].id != id)
        i = (i + 1) & mask;
    return &table->slots[i];
}

/* Moves what no array has room for into slots of another number. */
static void rehash(struct row_table *table, struct memory *memory, uint64_t slot_count)
{
    struct row_table other = *table;

    other.slot_count = slot_count;
    other.slots = memory_alloc_array(memory, slot_count, sizeof *other.slots);
    for (uint64_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].entry.used && !row_table_in_array(table, table->slots[i].id))
            *slot_of(&other, table->slots[i].id) = table->slots[i];
    memory_free(memory, table->slots);
    *table = other;
}

/* ---- arrays ---- */

/* Of a data set's rows in slots. */
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
        if (table->slots[i].entry.used && row_id_data(table->slots[i].id) >= *data_count)
            *data_count = row_id_data(table->slots[i].id) + UINT32_C(1);
    spans = memory_alloc_array(memory, *data_count, sizeof *spans);
    for (uint64_t i = 0; i < table->slot_count; i++) {
        const struct row_slot *slot = &table->slots[i];
        struct row_span *span = &spans[row_id_data(slot->id)];

        if (!slot->entry.used)
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

static void fill(const struct row_table *table)
{
    for (uint64_t i = 0; i < table->slot_count; i++) {
        const struct row_slot *slot = &table->slots[i];
        struct row_entry *place = slot->entry.used ? row_table_in_array(table, slot->id) : NULL;

        if (place)
            *place = slot->entry;
    }
}

/* Moves data sets to arrays where that takes less; false: none. */
static bool make_arrays(struct row_table *table, struct memory *memory)
{
    uint32_t data_count;
    struct row_span *spans = count_spans(table, memory, &data_count);
    uint64_t moved = 0;

    for (uint32_t data = 0; data < data_count; data++) {
        if (!pays(table, data, &spans[data]))
            continue;
        if (data >= table->array_count) {
            table->arrays = memory_grow(memory, table->arrays, (data + 1) * sizeof *table->arrays);
            table->array_count = data + 1;
        }
        extend(&table->arrays[data], memory, &spans[data]);
        moved += spans[data].count;
    }
    memory_free(memory, spans);
    fill(table);
    table->count -= moved;
    return moved > 0;
}

/* ---- growth ---- */

static void grow(struct row_table *table, struct memory *memory)
{
    uint64_t slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS;

    if (table->slot_count && make_arrays(table, memory))
        while (slot_count > FIRST_SLOTS && 4 * table->count < slot_count)
            slot_count /= 2;
    rehash(table, memory, slot_count);
}

struct row_entry *row_table_entry(struct row_table *table, struct memory *memory, uint64_t id)
{
    struct row_entry *entry = row_table_in_array(table, id);
    struct row_slot *slot;

    if (entry) {
        table->arrays[row_id_data(id)].count += !entry->used;
        entry->used = 1;
        return entry;
    }
    if (4 * (table->count + 1) > 3 * table->slot_count) {
        grow(table, memory);
        return row_table_entry(table, memory, id); /* it may have an array now */
    }
    slot = slot_of(table, id);
    if (!slot->entry.used) {
        *slot = (struct row_slot){ .id = id, .entry.used = 1 };
        table->count++;
    }
    return &slot->entry;
}

const struct row_entry *row_table_next(const struct row_table *table, uint16_t data, uint64_t *place,
                                       uint64_t *row)
{
    uint64_t row_end = data < table->array_count ? table->arrays[data].row_end : 0;

    for (; *place < row_end; ++*place)
        if (table->arrays[data].entries[*place].used) {
            *row = *place;
            return &table->arrays[data].entries[(*place)++];
        }
    for (; *place - row_end < table->slot_count; ++*place) {
        const struct row_slot *slot = &table->slots[*place - row_end];

        if (slot->entry.used && row_id_data(slot->id) == data) {
            *row = row_id_row(slot->id);
            ++*place;
            return &slot->entry;
        }
    }
    return NULL;
}
