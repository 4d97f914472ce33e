/* database_node.h - what a node of a store consists of: for the files that make it up (database.c, its
 * crash, its part in replication), not for others.
 *
 * Ownership: of the run. */
#ifndef MODELS_DATABASE_NODE_H
#define MODELS_DATABASE_NODE_H

#include "models/database.h"
#include "models/database_kind.h"
#include "models/database_pages.h"
#include "models/log_writer.h"
#include "models/row_locks.h"
#include "models/row_table.h"
#include "models/schema_change.h"
#include "models/write_log.h"

struct quorum_copy;
struct replica;

struct database_shared {
    const struct database_kind_row *kind;
    enum database_commit commit;
    struct duration read_time, write_time;
    struct database_parts parts;
    bool *known; /* data sets that the nodes hold, by number */
    bool changes_schema; /* of a table, in this run */
};

/* Of changes that are made at several stores. */
struct copy_counts {
    uint64_t applied, superseded, conflicts; /* in the window */
};

/* What most requests look at comes first: it is fetched with the node, see component_prefetch(). */
struct database {
    struct host *host;
    struct replica *replica;  /* of one that is a copy among others; NULL: it is alone */
    struct quorum_copy *copy; /* of which none leads; NULL: it is no such */
    bool may_crash;           /* in this run */
    bool lost_any;            /* the truth about rows knows of writes that are not here any more */
    struct row_table rows;    /* that were changed here */
    struct database_pages pages;
    struct station connections;
    struct row_locks locks;
    struct write_log
        log; /* its entries have the numbers of those in the log of all copies, which has their contents */
    struct log_writer log_writer;
    uint64_t appended, stale_reads, stale_copies; /* in the window */
    struct copy_counts copies;
    struct amount storage;
    uint64_t refused_full; /* inserts, in the window */
    int64_t arriving;      /* bytes of rows that are copied here and do not count yet */
    uint64_t lost;         /* acknowledged writes that a crash took, in the window */

    /* of one that is a copy among others */
    uint64_t applied;    /* entries of the primary's log, in the window */
    uint64_t lag_sum_ns; /* of those, from the commit at the primary */
    struct amount lag;   /* entries of the primary's log that it has not applied */

    struct schema_changes schema;
};

/* Instances that hold the same part of the rows lie side by side. */
static inline uint32_t database_part_of(const struct component *self)
{
    const struct database_shared *shared = self->shared;

    return shared->parts.copies ? self->instance / shared->parts.copies : self->instance;
}

static inline uint32_t database_part_count(const struct component *self)
{
    const struct database_shared *shared = self->shared;

    return shared->parts.copies ? self->group->count / shared->parts.copies : self->group->count;
}

/* One that an insert made under an automatic number; the parts take turns with those. */
static inline bool database_is_appended(const struct component *self, const struct stored *stored,
                                        uint64_t row)
{
    uint64_t offset = row - stored->rows;

    return row >= stored->rows && offset % database_part_count(self) == database_part_of(self) &&
           offset / database_part_count(self) < stored->appended_visible;
}

/* Rows change before that is on disk: a crash takes changes back. */
static inline bool database_loses_changes(const struct component *self)
{
    const struct database_shared *shared = self->shared;

    return shared->commit == COMMIT_DELAYED || !shared->kind->locks_rows;
}

/* From now on the nodes of the group hold the data set, if they did not. */
void database_know(struct component *self, uint16_t data);

/* The row will be looked for soon, and its page. */
void database_expect(const struct component *self, uint16_t data, uint64_t row);

/* ---- database_redo.c ---- */

/* Makes the change of an entry that has come from the log; one that is there already changes nothing. */
void database_redo(struct component *self, const struct write_log_entry *entry);

/* Takes it back; one that is not there changes nothing. The latest first. */
void database_undo(struct component *self, const struct write_log_entry *entry);

/* Whether the node holds the row now. */
bool database_has_row(struct component *self, uint16_t data, uint64_t row);

/* ---- database_crash.c ---- */

void database_on_crash(struct component *self);
void database_on_restart(struct component *self);

/* The answer of a node says that it is dead, or went with it. */
static inline bool node_has_died(const struct request *answer)
{
    return answer->outcome == OUTCOME_UNAVAILABLE || answer->outcome == OUTCOME_CRASHED ||
           answer->outcome == OUTCOME_LOST;
}

#endif
