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

static struct queries *queries_of(struct sim *sim)
{
    if (!sim->queries)
        sim->queries = memory_alloc(&sim->memory, sizeof(struct queries));
    return sim->queries;
}

uint8_t query_number(struct sim *sim, const struct query *query)
{
    struct queries *queries;

    if (!query->found && !query->columns && !query->column)
        return 0;
    queries = queries_of(sim);
    for (uint8_t i = 0; i < queries->count; i++) {
        const struct query *made = &queries->made[i];

        if (made->data == query->data && made->rows == query->rows && made->found == query->found &&
            made->columns == query->columns && made->column == query->column &&
            made->is_join == query->is_join && made->partial == query->partial && !made->is_part)
            return (uint8_t)(i + 1);
    }
    return add_query(queries, query);
}

uint8_t query_column(struct sim *sim, const char *name)
{
    const struct environment *environment = environment_of(sim);
    struct queries *queries = queries_of(sim);
    struct query_column *column;

    for (uint8_t i = 0; i < queries->column_count; i++)
        if (!strcmp(queries->columns[i].name, name))
            return (uint8_t)(i + 1);
    if (queries->column_count == QUERIES_MAX) {
        queries->overflow = true;
        return 0;
    }
    column = &queries->columns[queries->column_count++];
    column->name = name;
    column->of = memory_alloc_array(&sim->memory, environment->data_set_count + 1, sizeof *column->of);
    for (size_t i = 0; i < environment->data_set_count; i++) {
        const struct data_set_config *data = &environment->data_sets[i];
        struct column *made;

        if (!column_find(data, name))
            continue;
        made = memory_alloc(&sim->memory, sizeof *made);
        column_init(made, sim, data, column_find(data, name));
        column->of[i + 1] = made;
    }
    return queries->column_count;
}

void query_make_parts(struct sim *sim, uint8_t number)
{
    struct queries *queries = sim->queries;
    struct query *query = &queries->made[number - 1];
    struct query part = *query;
    uint32_t width = 1;

    if ((!query->found && !query->column) || query->parts)
        return;
    query->parts = (uint8_t)(queries->count + 1u);
    part.is_part = true;
    part.found = query->column ? query->found : 0;
    do {
        if (!query->column) {
            width *= query->rows;
            part.first = part.found;
            part.found = (uint16_t)(part.found + width);
        }
        add_query(queries, &part);
        query->hops++;
    } while (part.found < query->found && !queries->overflow);
}

bool queries_have_parts(const struct sim *sim)
{
    const struct queries *queries = sim->queries;

    for (uint8_t i = 0; queries && i < queries->count; i++)
        if (queries->made[i].parts)
            return true;
    return false;
}

bool queries_are_partial(const struct sim *sim)
{
    const struct queries *queries = sim->queries;

    for (uint8_t i = 0; queries && i < queries->count; i++)
        if (queries->made[i].parts && queries->made[i].partial)
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

uint64_t query_joined_row(const struct query *query, uint64_t key, uint32_t index, uint64_t table_rows)
{
    uint64_t width = query->rows, place = index;
    uint32_t level = 1;

    for (; place >= width; level++) {
        place -= width;
        width *= query->rows;
    }
    return row_of_level(query, key, level, place, table_rows);
}

/* ---- rows that are found by a column ---- */

/* Rows that have one value, by their places in the order of values. */
struct value_rows {
    uint64_t first, count;
};

static struct value_rows rows_with(const struct column *column, uint64_t value)
{
    uint64_t first = column_rows_below(column, value);

    if (value >= column->count)
        return (struct value_rows){ 0, 0 };
    return (struct value_rows){ first, column_rows_below(column, value + 1) - first };
}

static uint64_t place_of(const struct column *column, uint64_t row)
{
    return column_grows(column) ? row : permutation_map(&column->permutation, row);
}

static uint64_t row_at(const struct column *column, uint64_t place)
{
    return column_grows(column) ? place : permutation_inverse(&column->permutation, place);
}

static const struct column *column_of(const struct sim *sim, const struct query *query,
                                      const struct request *request)
{
    const struct queries *queries = sim->queries;

    return queries->columns[query->column - 1].of[query_data(query, request)];
}

/* Of a join, those that have the number of the key's row; else those that have what it has. A row that was
 * inserted has a value that no other row has. */
static struct value_rows rows_of_query(const struct column *column, const struct query *query,
                                       const struct request *request)
{
    if (query->is_join)
        return rows_with(column, request->key);
    if (request->key >= column->rows)
        return (struct value_rows){ 0, 0 };
    return rows_with(column, column_value(column, request->key));
}

uint32_t query_further_rows(const struct sim *sim, const struct query *query, const struct request *request)
{
    const struct column *column;
    uint64_t count;

    if (!query->column)
        return query->found - query->first;
    column = column_of(sim, query, request);
    count = column ? rows_of_query(column, query, request).count : 0;
    if (count && !query->is_join)
        count--;
    return count < query->found ? (uint32_t)count : query->found;
}

uint64_t query_row(const struct sim *sim, const struct query *query, const struct request *request,
                   uint32_t index)
{
    uint16_t data = query_data(query, request);
    const struct column *column;
    struct value_rows rows;

    if (!query->column)
        return query_joined_row(query, request->key, query->first + index,
                                (uint64_t)environment_of(sim)->data_sets[data - 1].rows);
    column = column_of(sim, query, request);
    rows = rows_of_query(column, query, request);
    if (query->is_join)
        return row_at(column, rows.first + index);
    return row_at(column,
                  rows.first + (place_of(column, request->key) - rows.first + 1 + index) % rows.count);
}

uint64_t query_row_bytes(const struct query *query, const struct data_set_config *data)
{
    uint64_t bytes = (uint64_t)data->row_size, all = (uint64_t)data->columns;

    if (!query || !query->columns || (uint64_t)query->columns >= all)
        return bytes;
    return (uint64_t)((double)bytes * (double)query->columns / (double)all + 0.5);
}
