/* query.h - what an operation on a store asks for beyond the row of its key: rows of another table, rows with
 * the same value in a column, or only some of the columns.
 *
 * A request carries the number of such a query as a prepared statement's, in request->query, set by whoever
 * calls the store; 0: the whole row and nothing else. The queries of a run are made while it is wired.
 *
 * Further rows of a query, those beyond the one of the key:
 *   join          a function of the row's number, as foreign keys are: the same ones whenever it is asked
 *                 for, spread evenly over the other table; rows of rows (hops) are found level by level
 *   join, column  rows of the other table that have the number of the row in that column (column.h)
 *   column        rows of the same table that have the same value in that column; the row of the key is found
 *                 by it, too
 *
 * A store that has all of them is asked once. Rows of several stores are asked for in parts, with a query of
 * their own for each hop: a store gets a request about the same key, with the number of rows that it has in
 * `rows`, and REQUEST_ELSEWHERE unless it has that of the key. Which ones these are it can tell from the
 * query.
 *
 * Left out: joins that find nothing, joins without an index (a scan for each row), what an index costs those
 * who insert and delete. Ownership: of the run. Errors: no more than QUERIES_MAX different ones, and columns;
 * query_overflow() tells. Cost: O(queries) to make one, O(1) to find one, O(hops) for a joined row, O(log
 * values) for one by a column.
 */
#ifndef MODELS_QUERY_H
#define MODELS_QUERY_H

#include "models/column.h"
#include "models/environment.h"
#include "sim/request.h"

#define QUERIES_MAX 255
#define QUERY_ROWS_MAX 10000 /* joined by one operation */

struct query {
    uint16_t data;   /* data set of the joined rows; 0: that of the row itself */
    uint16_t rows;   /* joined to each row */
    uint16_t found;  /* further rows at most: of a join those of all hops; 0 without a column: no join */
    uint16_t first;  /* of a part: its rows begin with this one, and end before `found` */
    uint8_t column;  /* by which rows are found, see query_column(); 0: by their keys */
    uint8_t parts;   /* number of the first of its parts; 0: it is not asked in parts */
    uint8_t hops;    /* number of its parts */
    bool is_join, is_part;
    bool partial;    /* parts that fail may be missing in the answer */
    int64_t columns; /* asked for; 0: all */
};

/* A column that rows are found by. */
struct query_column {
    const char *name;
    const struct column **of; /* by number of the data set; NULL: it has none of that name */
};

struct queries {
    struct query made[QUERIES_MAX];
    struct query_column columns[QUERIES_MAX];
    uint8_t count, column_count;
    bool overflow;
};

/* Number of the column of that name, in whichever data sets have one; 0: there are too many. While wiring. */
uint8_t query_column(struct sim *sim, const char *name);

/* Number of that query in this run, the same for equal ones; 0: it asks for nothing beyond the row, or there
 * are too many. While wiring. */
uint8_t query_number(struct sim *sim, const struct query *query);

/* Somebody has got no number. */
static inline bool query_overflow(const struct sim *sim)
{
    const struct queries *queries = sim->queries;

    return queries && queries->overflow;
}

static inline const struct query *query_numbered(const struct sim *sim, uint8_t number)
{
    const struct queries *queries = sim->queries;

    return &queries->made[number - 1];
}

/* NULL: the whole row and nothing else. */
static inline const struct query *query_of(const struct sim *sim, const struct request *request)
{
    return request->query ? query_numbered(sim, request->query) : NULL;
}

/* Lets the query be asked in parts, one for the rows of each hop: for stores that have them in several
 * places. While wiring. */
void query_make_parts(struct sim *sim, uint8_t number);

/* Some query of the run is asked in parts. */
bool queries_have_parts(const struct sim *sim);

/* Some query of the run may be answered in part. */
bool queries_are_partial(const struct sim *sim);

/* Rows that an operation touches one after the other in the key's own table, the key's first; none where only
 * further rows are there. query may be NULL. */
static inline uint32_t query_own_rows(const struct query *query, const struct request *request)
{
    if (query && (query->is_part || query->column))
        return request->flags & REQUEST_ELSEWHERE ? 0 : 1;
    return request->rows && request->operation != OPERATION_REPEAT ? request->rows : 1;
}

/* Further rows in all, whichever store has them. */
uint32_t query_further_rows(const struct sim *sim, const struct query *query, const struct request *request);

/* Those of them that the store has which is asked. query may be NULL. */
static inline uint32_t query_rows_here(const struct sim *sim, const struct query *query,
                                       const struct request *request)
{
    if (!query || !query->is_part)
        return query ? query_further_rows(sim, query, request) : 0;
    return request->rows - query_own_rows(query, request);
}

/* Rows joined in all when each row of `hops` levels has so many; more than QUERY_ROWS_MAX: one more. */
uint32_t query_rows_found(int64_t rows, int64_t hops);

/* Data set of the further rows. */
static inline uint16_t query_data(const struct query *query, const struct request *request)
{
    return query->data ? query->data : request->data;
}

/* Number of the index-th further row, from 0. */
uint64_t query_row(const struct sim *sim, const struct query *query, const struct request *request,
                   uint32_t index);

/* The same of a join by keys, level by level from the row `key` on, in a table of so many. */
uint64_t query_joined_row(const struct query *query, uint64_t key, uint32_t index, uint64_t table_rows);

/* Bytes of a row that are asked for; query may be NULL. */
uint64_t query_row_bytes(const struct query *query, const struct data_set_config *data);

#endif
