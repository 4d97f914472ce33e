/* database_crash.c - a node of a store dies, and comes back.
 *
 * What it had in memory is gone: its pages, so that it comes back cold; locks and everybody who waited;
 * records of its log that were not on disk. Under delayed commits those were acknowledged: they are counted
 * as lost, and their rows are as they were before. Rows and the log on disk survive; how long the node takes
 * to read its log again is part of how long it is down.
 */
#include "models/database_node.h"
#include "models/environment.h"
#include "models/replica.h"

/* Of a node that follows no other. */
static void lose_tail(struct component *self)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);

    if (!database_loses_changes(self))
        return;
    if (!db->copy) { /* else others have them */
        if (shared->commit == COMMIT_DELAYED)
            db->lost += db->log.next - db->log.durable;
        db->lost_any |= db->log.next > db->log.durable;
    }
    for (uint64_t n = db->log.next; n-- > db->log.durable;)
        database_undo(self, write_log_at(&db->log, n));
}

/* Numbers of rows that were handed out and not written. */
static void forget_appended(struct component *self)
{
    struct database *db = component_state(self);

    for (size_t data = 1; data <= environment_of(self->sim)->data_set_count; data++)
        db->pages.stored[data].appended = db->pages.stored[data].appended_visible;
}

void database_on_crash(struct component *self)
{
    struct database *db = component_state(self);

    row_locks_clear(&db->locks, self->sim);
    database_pages_crash(&db->pages);
    log_writer_crash(&db->log_writer);
    schema_changes_crash(&db->schema);
    if (db->replica)
        replica_crash(db->replica);
    else
        lose_tail(self);
    if (db->copy)
        quorum_copy_crash(db->copy);
    write_log_truncate(&db->log, db->log.durable);
    forget_appended(self);
}

void database_on_restart(struct component *self)
{
    const struct database_config *config = self->group->config;
    struct database *db = component_state(self);

    database_pages_restart(&db->pages);
    log_writer_init(&db->log_writer, self, db->host, &db->log, config->flush_interval);
    schema_changes_restart(&db->schema);
    if (db->replica)
        replica_restart(db->replica);
    if (db->copy)
        quorum_copy_restart(db->copy);
}
