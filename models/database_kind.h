/* database_kind.h - what a read and a write make a store of each kind do.
 *
 * A kind is a row of differences in what is done, never of other defaults: the same query time, disk and log
 * serve all of them.
 *
 *   relational   rows, read whole; rows of other tables found through an index; locks; commits wait
 *   key_value    one value by its key, opaque: read and written whole, with work by the byte
 *   document     one document by its key, parsed whole, of which parts may be asked for and changed: a change
 *                is parsed, and serialised again, as a whole
 *   wide_column  rows whose columns lie side by side: only what is asked for is read, worked on and logged
 *   graph        rows that point at each other: those joined are found by following, without an index
 *
 * Units: ns, bytes. Cost: O(1), O(log rows of a table) a join.
 */
#ifndef MODELS_DATABASE_KIND_H
#define MODELS_DATABASE_KIND_H

#include "models/database.h"
#include "models/query.h"

/* How rows of other tables are found. */
enum database_joins { JOINS_NONE, JOINS_BY_INDEX, JOINS_BY_POINTER };

/* What asking for some columns spares. */
enum database_columns {
    COLUMNS_UNKNOWN,  /* it does not know of any: asking is a mistake */
    COLUMNS_ANSWERED, /* the others are read, and not sent */
    COLUMNS_READ      /* the others are not read */
};

struct database_kind_row {
    const char *name;
    /* A write holds its row's lock until the commit, and is seen from then on; else it is seen at once, and
     * of several at the same time the last one stands. */
    bool locks_rows;
    bool takes_several_rows; /* one operation may touch more than one */
    bool works_by_byte;      /* what is read or written is (de)serialised by the byte, and logged as it is */
    bool rewrites;           /* a change is both: read, and written as a whole */
    bool dynamic_schema;     /* each row says itself what it consists of: a new column changes no other */
    enum database_joins joins;
    enum database_columns columns;
    enum database_commit commit; /* unless the scenario says */
    const char *refusal;         /* of what it does not take; goes on after the store's name and a colon */
};

const struct database_kind_row *database_kind_of(const struct database_config *config);

/* When its writes are acknowledged. */
enum database_commit database_commit_of(const struct database_config *config);

/* CPU time of the rows themselves, on top of the time of the operation. */
int64_t database_rows_work_ns(struct component *self, const struct request *request);

/* Bytes of each row that the operation has to read or write. */
uint64_t database_row_bytes(struct component *self, const struct request *request);

/* What a changed row adds to the log; row_bytes: those of it that are written. */
uint64_t database_log_bytes(const struct database_config *config, const struct request *request,
                            uint64_t row_bytes);

/* Size of the rows in the answer of a read. */
uint64_t database_answer_bytes(struct component *self, const struct request *request);

/* Pages of an index that lie between its root and a row, both counted. At least 1. */
uint32_t database_index_levels(uint64_t rows, uint64_t page_size);

/* Whether its rows lie in several places, and joins have to ask there for each hop. */
bool store_has_parts(const struct group *store);

/* What may be asked of a store beyond one whole row. */
enum store_ability {
    STORE_TAKES_ROWS,
    STORE_JOINS,
    STORE_KNOWS_COLUMNS,
    STORE_FINDS, /* rows by a column */
    STORE_KEEPS_COPIES
};

/* NULL: whoever `store` sends rows to (a database, its shards, the store behind a cache) can do that. Else
 * why not, in words that go on after the name of the store. */
const char *store_refuses(const struct group *store, enum store_ability ability);

#endif
