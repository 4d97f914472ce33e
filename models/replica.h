/* replica.h - what a node of a store tells replication when it is one of several copies. See
 * replication.h. */
#ifndef MODELS_REPLICA_H
#define MODELS_REPLICA_H

#include "models/row_table.h"
#include "models/write_log.h"
#include "sim/sim.h"

struct replica;

/* Of the node's start(): its clocks. */
void replica_start(struct replica *replica);

/* The primary has appended an entry to its log. */
void replica_appended(struct replica *replica, const struct write_log_entry *entry);

/* The row has that version by entry n of the node's log, whichever the entry was made with: another primary, or another site, may have
 * written it since. A replica that has the entry already, as under synchronous replication, keeps the older version. */
void replica_gave_version(struct replica *replica, uint64_t n, uint32_t version);

/* More of the node's log is on its disk. */
void replica_log_is_written(struct replica *replica);

/* Whether a write at the primary, whose number in the log is in service_ns, waits for replicas; if so it
 * comes back in on_timer, with a number below 0 when it will not have any. Else it is acknowledged now, or, where another
 * one leads, refused. */
enum replica_hold { REPLICA_HAS_COPIES, REPLICA_WAITS_FOR_COPIES, REPLICA_LEADS_NO_MORE };
enum replica_hold replica_holds_back(struct replica *replica, struct request *request);

/* Whether the node may append to its log: it is the primary, or nobody has told it that it is none any more. */
bool replica_takes_writes(const struct replica *replica);

/* One of replication's clocks of the node. */
void replica_on_timer(struct replica *replica, struct request *ticker);

/* The node dies; its log is cut down to what is on disk afterwards. */
void replica_crash(struct replica *replica);
void replica_restart(struct replica *replica);

/* Rows as the present primary has them. */
const struct row_table *replica_rows_of_primary(const struct replica *replica);

/* The same of a copy in a store where none leads; see quorum.h. The node's log still has what dies. */
struct quorum_copy;
void quorum_copy_crash(struct quorum_copy *copy);
void quorum_copy_restart(struct quorum_copy *copy);

#endif
