/* schema_change.h - a new column for a table that is full and in use.
 *
 * Where the schema belongs to the table (relational), all its pages are read (those in memory are not, when
 * all are) and written anew, a chunk of 1 MiB at a time, on the disk that everybody else waits for, too.
 * Meanwhile, by method:
 *   lock     reads and writes of the table wait
 *   copy     writes wait
 *   online   nobody waits, but at the end for as long as it takes to write what has been changed since the
 *            start of it: a log record for each such change
 *   instant  only the catalogue is changed: no work at all, where the database and the change allow it
 * Where each row says itself what it consists of (database_kind.h: dynamic_schema), there is nothing to do.
 * Changes follow each other; one that is due while another runs waits for it.
 *
 * Operations that were inside when the table was locked end as they would have; those that wait hold their
 * connections. A join waits for either of its tables.
 * A crash takes the copy away; the change begins anew when the node is back. Of a store with replicas each
 * node changes its own copy of the table, all at the same date.
 * Left out: CPU time of copying; room on disk for two tables; transactions that hold the lock up; rows that
 * grow by the new column.
 * Dates count from the beginning of the run, as those of loads do. Units: ns, bytes. Errors: a disk whose
 * line is full is asked again. Cost: two events a chunk, one comparison an operation while none runs.
 * Source: MySQL 8.0 Reference Manual, 17.12 "InnoDB and Online DDL"; PostgreSQL documentation, ALTER TABLE.
 */
#ifndef MODELS_SCHEMA_CHANGE_H
#define MODELS_SCHEMA_CHANGE_H

#include "models/database_pages.h"

enum schema_method { SCHEMA_LOCK, SCHEMA_COPY, SCHEMA_ONLINE, SCHEMA_INSTANT };

struct schema_change_config {
    int64_t at; /* ns */
    const char *data;
    int method; /* enum schema_method */
};

extern const struct param_table schema_change_params;

enum schema_phase { SCHEMA_IDLE, SCHEMA_READS, SCHEMA_WRITES, SCHEMA_CATCHES_UP };

struct schema_changes {
    struct component *owner;
    struct host *host;
    const struct database_pages *pages;
    void (*know)(struct component *owner, uint16_t data); /* the node holds that table from now on */
    const struct param_list *list; /* of struct schema_change_config, by rising date */
    size_t next;
    struct request *ticker;
    struct row_locks line; /* a lock for each table, held by the change */
    uint8_t phase;         /* enum schema_phase */
    uint8_t method;        /* enum schema_method, of the change that runs */
    bool blocks_reads, blocks_writes;
    uint16_t data;      /* table of the change that runs, 0: none */
    uint64_t left;      /* bytes to copy */
    uint64_t chunk;     /* bytes of the present one */
    uint64_t log_bytes; /* of what was changed in the table meanwhile */
    uint64_t copied, waits, done; /* bytes, operations, changes, in the window */
    struct amount running;
};

/* What no row can say: dates in disorder. path: of the list. */
void schema_changes_check(const struct param_list *list, const char *path, struct param_problems *problems);

/* For the owner's start(), when there are any. All pointers outlive the run. */
void schema_changes_start(struct schema_changes *changes, struct component *owner, struct host *host,
                          const struct database_pages *pages, const struct param_list *list,
                          void (*know)(struct component *owner, uint16_t data));

/* The owner dies: what was copied is gone, and so are those who waited. After it the change begins anew. */
void schema_changes_crash(struct schema_changes *changes);
void schema_changes_restart(struct schema_changes *changes);

/* A turn of the ticker. */
void schema_changes_on_timer(struct schema_changes *changes);

/* True when the operation goes on; false: it waits for its table, and comes back in on_timer of the owner. */
bool schema_changes_let_pass(struct schema_changes *changes, struct request *request);

/* Something was logged about the table. */
static inline void schema_changes_note(struct schema_changes *changes, uint16_t data, uint64_t log_bytes)
{
    if (__builtin_expect(changes->data, 0) && changes->data == data)
        changes->log_bytes += log_bytes;
}

#endif
