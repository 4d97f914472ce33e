/* repeats.h - denormalised tables: rows that repeat what rows of another table say, so that one read finds
 * all.
 *
 * Each row has so many places, and each place repeats one row of the other table: a page its six comments, an
 * order its customer. Which row it is, is a keyed permutation of all places dealt out in turn: every row of
 * the other table is repeated equally often (one time more or less where that does not come out even), in
 * rows that lie anywhere, and either can be found from the other.
 *
 * Nothing writes these copies but who is told to (write_copies of a handler): a write of a row leaves them as
 * they were, and reads of rows that repeat an older version than there is are stale. Rows that inserts add
 * repeat nothing, and nothing repeats them.
 *
 * Left out: copies that a crash takes from the disk count as written; who has more copies than others (the
 * feeds of a celebrity's followers). Ownership: of the run. Errors: none. Cost: O(1) a copy
 * and a place, some 50 ns; 16 to 43 bytes a place that was ever written.
 */
#ifndef MODELS_REPEATS_H
#define MODELS_REPEATS_H

#include "models/environment.h"

struct repeats_config {
    const char *data; /* the other table */
    int64_t rows;     /* of it, in each row */
};

/* Of "repeats" of a data set. */
extern const struct param_table repeats_params;

/* One row may be repeated so many times, in all tables. */
#define REPEATS_MAX 10000

/* A table whose rows repeat others. */
struct repeats {
    uint16_t data;        /* it */
    uint16_t of;          /* the other one */
    uint16_t each;        /* places of a row */
    uint64_t rows;        /* of its own */
    uint64_t source_rows; /* of the other one */
    struct permutation places;
};

/* How the n-th data set repeats others; NULL: it does not. data: from 1. */
const struct repeats *repeats_of(struct sim *sim, uint16_t data);

/* Some data set does. */
bool repeats_any(const struct sim *sim);

/* How often any row is repeated at most, by all tables together. */
uint64_t repeats_most(struct sim *sim);

/* The index-th place that repeats row `source`; false: there are not so many. place: from 0, in its row. */
bool repeats_copy(const struct repeats *repeats, uint64_t source, uint64_t index, uint64_t *row,
                  uint16_t *place);

/* The row that the place repeats. */
uint64_t repeats_source(const struct repeats *repeats, uint64_t row, uint16_t place);

/* The place says now what its source said in that version; or in a later one. */
void repeats_written(struct sim *sim, const struct repeats *repeats, uint64_t row, uint16_t place,
                     uint32_t version);

/* Some place of the row says less than its source does. */
bool repeats_is_stale(struct sim *sim, const struct repeats *repeats, uint64_t row);

#endif
