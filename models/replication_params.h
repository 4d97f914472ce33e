/* replication_params.h - how copies of a database are kept in step, and who takes over when the primary
 * dies. */
#ifndef MODELS_REPLICATION_PARAMS_H
#define MODELS_REPLICATION_PARAMS_H

#include "models/param.h"

#define REPLICAS_MAX 32

enum replication_mode {
    REPLICATION_ASYNCHRONOUS,
    REPLICATION_SEMI_SYNCHRONOUS,
    REPLICATION_SYNCHRONOUS,
    REPLICATION_QUORUM
};
enum replication_reads { READS_AT_REPLICAS, READS_AT_ALL, READS_AT_PRIMARY, READS_AT_NEAREST };
enum own_writes_rule { OWN_WRITES_MAY_BE_MISSING, OWN_WRITES_AT_PRIMARY, OWN_WRITES_WAIT };
enum old_primary_rule { OLD_PRIMARY_DISCARDS, OLD_PRIMARY_REPLAYS };

/* Times are in ns; INT64_MAX: never. */
struct failover_config {
    int64_t promotion;
    int old_primary; /* enum old_primary_rule */
    bool fencing;
};

struct replacement_config {
    int64_t after;
    double bandwidth; /* bytes/s */
};

enum quorum_asks { QUORUM_ASKS_ENOUGH, QUORUM_ASKS_ALL };

#define QUORUM_MAJORITY 0

struct quorum_config {
    int64_t read, write; /* copies; QUORUM_MAJORITY */
    int asks;            /* enum quorum_asks */
    bool read_repair;
    int64_t hints_kept; /* ns that a copy is down */
};

struct replica_region {
    const char *region;
};

struct replication_config {
    int mode;                              /* enum replication_mode */
    int reads;                             /* enum replication_reads */
    int read_your_writes;                  /* enum own_writes_rule */
    struct param_list replica_regions;     /* of struct replica_region */
    struct distribution_config apply_time; /* s */
    int64_t apply_threads;
    int64_t ship_delay, apply_delay;
    int64_t sync_timeout;
    int64_t detection;
    int64_t log_kept;                             /* bytes */
    const struct failover_config *failover;       /* NULL: the primary's return is waited for */
    const struct replacement_config *replacement; /* NULL: a replica's return is waited for */
    struct quorum_config quorum;                  /* of mode quorum */
};

extern const struct param_table replication_params;

/* What makes no sense without replicas, or in the mode; has_locks: rows are locked by writes. */
void replication_check(const struct replication_config *config, int64_t replicas, bool has_locks,
                       struct param_problems *problems);

#endif
