/* query.h - what an operation on a store asks for beyond the row of its key: rows of another table, or only
 * some of the columns.
 *
 * A request carries the number of such a query as a prepared statement's, in request->query, set by whoever
 * calls the store; 0: the whole row and nothing else. The queries of a run are made while it is wired.
 *
 * Which rows a row is joined with is a function of its number, as foreign keys are: the same ones whenever it
 * is asked for, spread evenly over the other table. Rows of rows (hops) are found level by level.
 *
 * Rows of several stores are asked for hop by hop, in a query of its own for each (a part): every store that
 * has some of them gets a request about the same key, with REQUEST_ELSEWHERE, and in `rows` how many it has.
 * Which ones these are it can tell from the query.
 *
 * Left out: joins that find nothing, joins without an index (a scan for each row).
 * Ownership: of the run. Errors: no more than QUERIES_MAX different ones; query_overflow() tells.
 * Cost: O(queries) to make one, O(1) to find one, O(hops) for a joined row.
 */
#ifndef MODELS_QUERY_H
#define MODELS_QUERY_H

#include "models/environment.h"
#include "sim/request.h"

#define QUERIES_MAX 255
#define QUERY_ROWS_MAX 10000 /* joined by one operation */

struct query {
    uint16_t data;   /* data set of the joined rows; 0: that of the row itself */
    uint16_t rows;   /* joined to each row */
    uint16_t found;  /* joined in all: rows, and those of each hop; 0: no join */
    uint16_t first;  /* of a part: its rows begin with this one, and end before `found` */
    uint8_t parts;   /* number of the first of its parts; 0: it is not asked in parts */
    uint8_t hops;    /* number of its parts */
    bool is_part;
    int64_t columns; /* asked for; 0: all */
};

struct queries {
    struct query made[QUERIES_MAX];
    uint8_t count;
    bool overflow;
};

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

/* Rows of the key's own table that an operation touches, the key's first: none where only rows joined to it
 * are asked for. */
static inline uint32_t query_own_rows(const struct request *request)
{
    if (request->flags & REQUEST_ELSEWHERE)
        return 0;
    return request->rows && request->operation != OPERATION_REPEAT ? request->rows : 1;
}

/* Rows that are joined: all, or those that the store has which is asked for its part of them. */
static inline uint32_t query_joined_rows(const struct query *query, const struct request *request)
{
    return !query ? 0 : request->flags & REQUEST_ELSEWHERE ? request->rows : query->found;
}

/* Rows joined in all when each row of `hops` levels has so many; more than QUERY_ROWS_MAX: one more. */
uint32_t query_rows_found(int64_t rows, int64_t hops);

/* Data set of the joined rows. */
static inline uint16_t query_data(const struct query *query, const struct request *request)
{
    return query->data ? query->data : request->data;
}

/* Number of the index-th joined row (from 0, level by level) of the row `key`, in a table of so many. */
uint64_t query_row(const struct query *query, uint64_t key, uint32_t index, uint64_t table_rows);

/* Bytes of a row that are asked for; query may be NULL. */
uint64_t query_row_bytes(const struct query *query, const struct data_set_config *data);

#endif
