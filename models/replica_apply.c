/* replica_apply.c - a replica makes the changes of the log in its own rows: processor time for each entry,
 * the page that it changes, from disk where it is not in memory. See replication.h.
 *
 * Entries are begun in their order, several at a time where they are about different rows. `applied` is where
 * all before are done; a read sees each row as soon as it is.
 */
#include "models/replication.h"

#define TRY_AGAIN_NS (SIM_NS_PER_S / 1000) /* a processor or disk that is too full */

bool replica_is_done(const struct replica *replica)
{
    return replica->applied == replica_database(replica)->log.next;
}

/* ---- one entry ---- */

static void note_applied(struct replica *replica)
{
    struct replica_set *set = replica->set;
    uint64_t applied = replica->next;

    for (uint32_t i = 0; i < replica->applier_count; i++)
        if (replica->appliers[i].state != APPLIER_IDLE && !replica->appliers[i].is_void &&
            replica->appliers[i].position < applied)
            applied = replica->appliers[i].position;
    if (applied == replica->applied)
        return;
    replica->applied = applied;
    write_log_move(&set->log, replica->index, applied);
    replica_note_lag(replica);
    if (replica->waiting.first)
        replica_wake_readers(replica);
    if (!replica->serves && applied >= replica->serves_at && replica->is_up) {
        replica->serves = true;
        replica_set_choose_readers(set);
    }
    failover_applied(replica);
}

static void finish(struct replica *replica, struct applier *applier)
{
    struct database *db = replica_database(replica);

    applier->state = APPLIER_IDLE;
    if (applier->is_void)
        return;
    database_redo(replica->node, &applier->entry);
    db->applied++;
    db->lag_sum_ns += (uint64_t)(replica->node->sim->now_ns - applier->entry.appended_ns);
    note_applied(replica);
}

static void try_again(struct replica *replica, struct applier *applier)
{
    applier->state = APPLIER_TRIES_AGAIN;
    sim_tick_at(replica->node, applier->ticker, replica->node->sim->now_ns + TRY_AGAIN_NS);
}

static void has_pages(struct replica *replica, struct applier *applier, enum pages_grant grant)
{
    if (grant == PAGES_HERE)
        finish(replica, applier);
    else if (grant == PAGES_REFUSED)
        try_again(replica, applier);
}

static void use_pages(struct replica *replica, struct applier *applier)
{
    const struct write_log_entry *entry = &applier->entry;
    struct database *db = replica_database(replica);
    struct request *ticker = applier->ticker;

    database_know(replica->node, entry->data);
    if (!entry->data || !entry->version) { /* a new row: its page is the last one, and in memory */
        if (entry->data)
            database_pages_extend(&db->pages, entry->data, entry->row);
        finish(replica, applier);
        return;
    }
    if (database_pages_is_new(&db->pages, entry->data, entry->row))
        database_pages_extend(&db->pages, entry->data, entry->row);
    ticker->data = entry->data;
    ticker->key = entry->row;
    ticker->rows = entry->rows;
    ticker->operation = OPERATION_WRITE;
    request_frame(ticker)->step = 0;
    applier->state = APPLIER_READS;
    has_pages(replica, applier, database_pages_use(&db->pages, ticker));
}

static void compute(struct replica *replica, struct applier *applier)
{
    const struct replica_set *set = replica->set;
    const struct write_log_entry *entry = &applier->entry;
    int64_t work_ns = duration_sample(set->apply_time, rng_hash(applier->position, set->router->instance));

    if (entry->rows > 1)
        work_ns += (entry->rows - 1) * set->config->row_read_time;
    applier->state = APPLIER_COMPUTES;
    database_expect(replica->node, entry->data, entry->row);
    if (!work_ns)
        use_pages(replica, applier);
    else if (!host_compute(replica_database(replica)->host, replica->node, applier->ticker, work_ns))
        try_again(replica, applier);
}

/* ---- all of them ---- */

/* NULL: all are at work, or one works on that row. */
static struct applier *applier_for(const struct replica *replica, const struct write_log_entry *entry)
{
    struct applier *idle = NULL;

    for (uint32_t i = 0; i < replica->applier_count; i++) {
        struct applier *applier = &replica->appliers[i];

        if (applier->state == APPLIER_IDLE)
            idle = applier;
        else if (entry->data && applier->entry.row == entry->row && applier->entry.data == entry->data)
            return NULL;
    }
    return idle;
}

/* Entries that are on the disk are begun, as far as there is somebody to do it and it is time. */
void replica_apply(struct replica *replica)
{
    const struct replica_set *set = replica->set;
    const struct database *db = replica_database(replica);

    while (replica->is_up && replica->next < db->log.durable) {
        const struct write_log_entry *entry = write_log_at(&set->log, replica->next);
        int64_t date_ns = entry->appended_ns + set->replication->apply_delay;
        struct applier *applier = applier_for(replica, entry);

        if (!applier)
            return;
        if (date_ns > replica->node->sim->now_ns && set->elected != replica) {
            if (!replica->alarm_is_set)
                sim_tick_at(replica->node, replica->alarm, date_ns);
            replica->alarm_is_set = true;
            return;
        }
        applier->entry = *entry;
        applier->position = replica->next++;
        applier->is_void = false;
        compute(replica, applier);
    }
}

void replica_on_applier(struct replica *replica, struct request *ticker)
{
    struct applier *applier = &replica->appliers[ticker->user];

    if (applier->state == APPLIER_TRIES_AGAIN)
        compute(replica, applier);
    else if (applier->state == APPLIER_COMPUTES)
        use_pages(replica, applier);
    else
        has_pages(replica, applier, database_pages_resume(&replica_database(replica)->pages, ticker));
    replica_apply(replica);
}

void replica_cut_applying(struct replica *replica, uint64_t end)
{
    for (uint32_t i = 0; i < replica->applier_count; i++)
        if (replica->appliers[i].state != APPLIER_IDLE && replica->appliers[i].position >= end)
            replica->appliers[i].is_void = true;
    if (replica->next > end)
        replica->next = end;
    if (replica->applied > end)
        replica->applied = end;
}

void replica_take_back(const struct replica *replica, uint64_t from, uint64_t end)
{
    while (end-- > from)
        database_undo(replica->node, write_log_at(&replica->set->log, end));
}

void replica_stop_applying(struct replica *replica)
{
    for (uint32_t i = 0; i < replica->applier_count; i++)
        replica->appliers[i].state = APPLIER_IDLE;
    replica->next = replica->applied;
}
