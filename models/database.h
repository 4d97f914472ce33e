/* database.h - the configuration of a store of rows, and how other models make parts of it: shards,
 * replicas. */
#ifndef MODELS_DATABASE_H
#define MODELS_DATABASE_H

#include "models/model.h"
#include "models/replication_params.h"
#include "models/row_table.h"
#include "sim/request.h"

enum database_kind {
    DATABASE_RELATIONAL,
    DATABASE_KEY_VALUE,
    DATABASE_DOCUMENT,
    DATABASE_WIDE_COLUMN,
    DATABASE_GRAPH
};
enum database_commit { COMMIT_FSYNC, COMMIT_DELAYED, COMMIT_BY_KIND };
enum database_start { DATABASE_WARM, DATABASE_COLD };

struct database_config {
    const char *host;
    int kind; /* enum database_kind */
    int64_t connections;
    int64_t connection_queue;
    struct distribution_config read_time, write_time; /* s */
    int64_t row_read_time;                            /* ns, of each further row */
    int64_t index_time;                               /* ns, of each level of an index, of kinds with one */
    int64_t serialise_time;                           /* ns per 1000 bytes, of kinds that work by the byte */
    int64_t log_record;                               /* bytes */
    int commit;                                       /* enum database_commit; see database_commit_of() */
    int64_t flush_interval;                           /* ns */
    int64_t page_size;                                /* bytes */
    double buffer_pool;                               /* share of the host's memory */
    int64_t storage;                                  /* bytes; 0: unlimited */
    int start;                                        /* enum database_start */
    int64_t replicas;                                 /* beside the primary */
    struct replication_config replication;            /* of one that has replicas */
    struct param_list schema_changes;                 /* of struct schema_change_config */
};

/* What no row can say about a node. */
void database_check(const void *config, struct param_problems *problems);

/* The same once wired, of a store of its own. */
void database_check_wired(const struct group *group, struct param_problems *problems);

/* Parameters of one node, for tables that take all of them (`also`). */
extern const struct param_table database_params;

/* Parts of a database that has replicas, and how many instances each has. */
#define DATABASE_PART_PRIMARY "primary"
#define DATABASE_PART_REPLICA "replica"
#define DATABASE_PART_COPY "copy" /* of those of which none leads */
const char *database_part_name(const void *configuration, size_t index);
int64_t database_part_instances(const void *configuration, size_t index);

/* The type of a node, also of one that is part of something. */
extern const struct model_type database_model;

/* Where a row is, seen from one store. */
enum row_place {
    ROW_HOME,
    ROW_ARRIVING, /* it is copied here, and still belongs to another one */
    ROW_AWAY,     /* at another one */
};

/* What the instances of a group hold when they are parts of one store; zeroed: each instance is a store of
 * its own. */
struct database_parts {
    /* Where a row is while rows move, and NULL while they do not: the fields of resharding.h. */
    const void *resharding;
    enum row_place (*place)(const void *resharding, uint32_t instance, const struct request *request);
    /* Rows of a data set that an instance holds when it comes to know of it, and the most it will hold. */
    uint64_t (*rows)(const void *resharding, uint32_t instance, uint16_t data, uint64_t *most);
    /* An insert about the row `owner` has added a further one. */
    void (*added)(const void *resharding, uint32_t instance, uint16_t data, uint64_t owner);

    /* Part of the rows of a data set that each part holds; NULL: all. */
    double (*share)(const void *context, uint32_t part, uint16_t data);
    /* Whether every insert into the data set adds a row under the next number, whatever row it is about;
     * NULL: only one about a row that is there. */
    bool (*appends)(const void *context, uint16_t data);
    /* Whether a part holds a row; NULL: as if each held its share of every neighbourhood. */
    bool (*holds)(const void *context, uint32_t part, uint16_t data, uint64_t row);
    const void *context;
    /* A write that comes with request->version above 0 writes that version; with 0 the next one. Else every
     * write the next. */
    bool versions_given;
    /* So many instances hold the same part, one after the other; 0: one. */
    uint32_t copies;
    bool copy_of;    /* of a primary; see replication.h */
    bool leaderless; /* copies of which none leads; see quorum.h */
    /* Rows belong to the user who asks, so equal row numbers of different users are different rows: nothing
     * is stale. */
    bool private_rows;
};

/* Tells a group of nodes, made by sim_add_part(), what its instances hold. parts is copied; for wire_group of
 * the whole. */
void database_set_parts(struct group *nodes, const struct database_parts *parts);

/* The same for stores that are databases each, perhaps of several nodes: made with model_for(). */
void database_set_whole(struct group *stores, const struct database_parts *parts);

/* Whether the request changes rows. */
static inline bool database_writes(const struct request *request)
{
    const uint32_t reads = 1u << OPERATION_READ | 1u << OPERATION_GET | 1u << OPERATION_COPY_OUT;

    return !(reads >> request->operation & 1u);
}

/* Whether a write comes with a version, of its row or of the one that it repeats. */
static inline bool database_carries_version(const struct request *request)
{
    return request->operation == OPERATION_APPLY || request->operation == OPERATION_REPEAT;
}

/* Whether it is about rows that move to another store, which whoever moves them puts in their place. */
static inline bool database_moves_rows(const struct request *request)
{
    return request->operation >= OPERATION_COPY_OUT;
}

/* ---- for whoever moves rows from one node to another ---- */

/* Whether the nodes have been asked about the data set. */
bool database_knows(const struct group *nodes, uint16_t data);

/* Bytes of rows that the node holds; so many more, or less, but not below none: a part starts with a share of
 * the rows, which nobody has counted, and a crash may have taken rows that were to go. */
int64_t database_storage(const struct component *node);
void database_add_storage(struct component *node, int64_t bytes);

/* All copies that were on their way to the node have ended, well or not; what came is in its storage. */
void database_end_arrivals(struct component *node);

/* Rows that were changed at the node, its own. */
const struct row_table *database_changed_rows(const struct component *node);

/* The node has what another one remembers of a row, unless it knows of a later change. */
void database_take_row(struct component *node, uint64_t id, struct row_entry entry);

#endif
