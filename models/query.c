#include "models/query.h"

#include <string.h>

/* Returns its number; 0: there are too many. */
static uint8_t add_query(struct queries *queries, const struct query *query)
{
    if (queries->count == QUERIES_MAX) {
        queries->overflow = true;
        return 0;
    }
    queries->made[queries->count++] = *query;
    return queries->count;
}

uint8_t query_number(struct sim *sim, const struct query *query)
{
    struct queries *queries = sim->queries;

    if (!query->found && !query->columns)
        return 0;
    if (!queries)
        queries = sim->queries = memory_alloc(&sim->memory, sizeof *queries);
    for (uint8_t i = 0; i < queries->count; i++) {
        const struct query *made = &queries->made[i];

        if (made->data == query->data && made->rows == query->rows && made->found == query->found &&
            made->columns == query->columns && !made->is_part)
            return (uint8_t)(i + 1);
    }
    return add_query(queries, query);
}

void query_make_parts(struct sim *sim, uint8_t number)
{
    struct queries *queries = sim->queries;
    struct query *query = &queries->made[number - 1];
    struct query part = { .data = query->data, .rows = query->rows, .is_part = true };
    uint32_t width = 1;

    if (!query->found || query->parts)
        return;
    query->parts = (uint8_t)(queries->count + 1u);
    for (; part.found < query->found && !queries->overflow; query->hops++) {
        width *= query->rows;
        part.first = part.found;
        part.found = (uint16_t)(part.found + width);
        add_query(queries, &part);
    }
}

bool queries_have_parts(const struct sim *sim)
{
    const struct queries *queries = sim->queries;

    for (uint8_t i = 0; queries && i < queries->count; i++)
        if (queries->made[i].parts)
            return true;
    return false;
}

uint32_t query_rows_found(int64_t rows, int64_t hops)
{
    int64_t level = 1, found = 0;

    for (int64_t i = 0; i < hops; i++) {
        level *= rows;
        found += level;
        if (found > QUERY_ROWS_MAX)
            return QUERY_ROWS_MAX + 1;
    }
    return (uint32_t)found;
}

/* The row that is the ordinal-th of those joined to `row`. */
static uint64_t next_row(uint64_t row, uint64_t ordinal, uint64_t table_rows)
{
    return rng_hash(rng_mix(row), ordinal) % table_rows;
}

/* Whose row it is follows from the place within the level: that of the row before it, by division. */
static uint64_t row_of_level(const struct query *query, uint64_t key, uint32_t level, uint64_t place,
                             uint64_t table_rows)
{
    uint64_t width = 1;

    for (uint32_t i = 1; i < level; i++)
        width *= query->rows;
    for (; level > 0; level--) {
        key = next_row(key, place / width, table_rows);
        place %= width;
        width /= query->rows;
    }
    return key;
}

uint64_t query_row(const struct query *query, uint64_t key, uint32_t index, uint64_t table_rows)
{
    uint64_t width = query->rows, place = index;
    uint32_t level = 1;

    for (; place >= width; level++) {
        place -= width;
        width *= query->rows;
    }
    return row_of_level(query, key, level, place, table_rows);
}

uint64_t query_row_bytes(const struct query *query, const struct data_set_config *data)
{
    uint64_t bytes = (uint64_t)data->row_size, all = (uint64_t)data->columns;

    if (!query || !query->columns || (uint64_t)query->columns >= all)
        return bytes;
    return (uint64_t)((double)bytes * (double)query->columns / (double)all + 0.5);
}
