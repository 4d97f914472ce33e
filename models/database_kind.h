/* database_kind.h - what a read and a write make a store of each kind do.
 *
 * A kind is a row of differences in what is done, never of other defaults: the same query time, disk and log
 * serve all of them. A new kind (document, wide column, graph) is a row here, what it does beyond that goes
 * into a file of its own.
 * Units: ns, bytes. Cost: O(1).
 */
#ifndef MODELS_DATABASE_KIND_H
#define MODELS_DATABASE_KIND_H

#include "models/database.h"

struct database_kind_row {
    const char *name;
    /* A write holds its row's lock until the commit, and is seen from then on; else it is seen at once, and
     * of several at the same time the last one stands. */
    bool locks_rows;
    bool takes_several_rows; /* one operation may touch more than one */
    /* A value is read and written as a whole: (de)serialised by the byte, and whole in the log. */
    bool whole_values;
    enum database_commit commit; /* unless the scenario says */
};

const struct database_kind_row *database_kind_of(const struct database_config *config);

/* When its writes are acknowledged. */
enum database_commit database_commit_of(const struct database_config *config);

/* CPU time of the rows themselves, on top of the time of the operation. */
int64_t database_rows_work_ns(struct component *self, const struct request *request);

/* What a changed row adds to the log; row_bytes: its size. */
uint64_t database_log_bytes(const struct database_config *config, const struct request *request,
                            uint64_t row_bytes);

/* NULL: whoever `store` sends rows to (a database, its shards, the store behind a cache) takes several rows
 * in one operation. Else why not, in words that go on after the name of the store. */
const char *store_refuses_several_rows(const struct group *store);

#endif
