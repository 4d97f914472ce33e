/* database.c - one node of a store: connections, CPU, buffer pool, row locks, a log, a disk.
 *
 * A read:  connection -> CPU -> page in memory, or from disk -> answer.
 * A write: connection -> CPU -> row lock -> page -> log record -> commit -> the row has its new version ->
 * answer. Whoever is not waited for any more still does all this.
 *
 * That is the relational kind. The others (database_kind.h) do less of some things and more of others: a
 * store without locks has no commit to wait for unless it is told to, and a write is seen as soon as it is in
 * memory. A join (query.h) reads the further rows after those of the key, under no lock.
 *
 * A request about no data set touches a row of nobody else: no lock, no version, and its page is in memory.
 * Further rows of one request lie behind the first, in its page and the next ones, under its lock. An insert
 * of a row that is there already stores a further one under a number of its own, as an automatic key does.
 * Readers are never locked out: they see the last committed version.
 * Data sets are known to a group of nodes from the first request about them on.
 *
 * Randomness: one draw a visit, "read" or "write" of the component.
 * Errors: refused when the line for connections is full; not found.
 * Cost: O(1) expected a request; events: one for the CPU, one for each page from disk, one for the log.
 * Memory: 16 to 43 bytes a row that was ever changed, twice (here and in the truth); 28 to 60 bytes a page of
 * the buffer pool when not all fits.
 * Source: Hellerstein, Stonebraker, Hamilton, "Architecture of a Database System", 2007.
 */
#include "models/database_kind.h"
#include "models/database_node.h"
#include "models/environment.h"
#include "models/quorum.h"
#include "models/repeats.h"
#include "models/replication.h"
#include "sim/fault.h"

#define REPLY_OVERHEAD_BYTES 100 /* of an answer without rows */

/* What a request waits for; in its frame's note, where the pages have theirs first. */
enum database_wait {
    WAIT_CONNECTION = PAGES_WAIT_COUNT,
    WAIT_CPU,
    WAIT_TABLE,
    WAIT_LOCK,
    WAIT_COMMIT,
    WAIT_COPIES,
    WAIT_COUNT
};

/* ---- metrics ---- */

/* clang-format off */
static const struct metric_row metrics[] = {
    { "buffer_pool.hit_ratio", "1", METRIC_RATIO, offsetof(struct database, pages.hits),
      offsetof(struct database, pages.misses),
      "Share of the uses of pages that found the page in memory." },
    { "buffer_pool.evicted", "1", METRIC_COUNTER, offsetof(struct database, pages.pool.evicted), 0,
      "Pages that left memory to make room for others." },
    { "buffer_pool.written", "1", METRIC_COUNTER, offsetof(struct database, pages.written), 0,
      "Changed pages that were written to disk because they had to leave memory." },
    { "lock.waits", "1", METRIC_COUNTER, offsetof(struct database, locks.waits), 0,
      "Writes that found their row locked by another one." },
    { "lock.waiting", "1", METRIC_LEVEL, offsetof(struct database, locks.waiting), 0,
      "Writes that wait for a row, all rows together." },
    { "log.appended", "1", METRIC_COUNTER, offsetof(struct database, appended), 0,
      "Records that were added to the log." },
    { "log.fsyncs", "1", METRIC_COUNTER, offsetof(struct database, log_writer.fsyncs), 0,
      "Disk operations that wrote the log; fewer than records when commits share them." },
    { "stale_reads", "1", METRIC_COUNTER, offsetof(struct database, stale_reads), 0,
      "Reads that returned an older version than had been written elsewhere." },
    { "stale_copies", "1", METRIC_COUNTER, offsetof(struct database, stale_copies), 0,
      "Those of them in which a row repeated an older version of another one; of denormalised tables." },
    { "changes.applied", "1", METRIC_COUNTER, offsetof(struct database, copies.applied), 0,
      "Changes made in another store that were brought in here." },
    { "changes.superseded", "1", METRIC_COUNTER, offsetof(struct database, copies.superseded), 0,
      "Those of them that came when the row had a later version, or this one, and changed nothing." },
    { "conflicts", "1", METRIC_COUNTER, offsetof(struct database, copies.conflicts), 0,
      "Writes of rows that lacked a change made elsewhere: neither writer knew of the other, the later one "
      "wins everywhere, and the earlier update is lost." },
    { "storage.refused", "1", METRIC_COUNTER, offsetof(struct database, refused_full), 0,
      "Inserts that were refused because `storage` was full; where it has an end." },
    { "storage.used", "B", METRIC_LEVEL, offsetof(struct database, storage), 0,
      "Size of the rows that the node holds." },
    { "writes.lost", "1", METRIC_COUNTER, offsetof(struct database, lost), 0,
      "Acknowledged writes that were not on disk yet when the node died; of nodes that may crash." },
    { "replication.applied", "1", METRIC_COUNTER, offsetof(struct database, applied), 0,
      "Entries of the primary's log that replicas have applied; of replicas." },
    { "replication.lag", "s", METRIC_MEAN_TIME, offsetof(struct database, lag_sum_ns),
      offsetof(struct database, applied),
      "Mean time from an entry's way into the primary's log until a replica has applied it; of replicas." },
    { "replication.entries_behind", "1", METRIC_LEVEL, offsetof(struct database, lag), 0,
      "Entries of the primary's log that a replica has not applied yet; of replicas." },
    { "schema_change.running", "1", METRIC_LEVEL, offsetof(struct database, schema.running), 0,
      "1 while a table is written anew with another column; the mean is the share of time." },
    { "schema_change.done", "1", METRIC_COUNTER, offsetof(struct database, schema.done), 0,
      "Tables that have got their new column." },
    { "schema_change.waits", "1", METRIC_COUNTER, offsetof(struct database, schema.waits), 0,
      "Operations that found their table locked by a change of its schema." },
    { "schema_change.copied", "B", METRIC_COUNTER, offsetof(struct database, schema.copied), 0,
      "Bytes of tables written anew." },
    { 0 },
};
/* clang-format on */

/* What can happen here: what locks count, only where there are some; what copies elsewhere do, likewise. */
static bool database_emits(const struct group *group, const struct metric_row *metric)
{
    const struct database_config *config = group->config;
    const struct database_shared *shared = group->shared;

    if (metric->offset == offsetof(struct database, refused_full))
        return config->storage > 0;
    if (metric->offset >= offsetof(struct database, schema))
        return config->schema_changes.count > 0;
    if (metric->offset >= offsetof(struct database, locks) &&
        metric->offset < offsetof(struct database, locks) + sizeof(struct row_locks))
        return database_kind_of(group->config)->locks_rows;
    if (metric->offset >= offsetof(struct database, copies) &&
        metric->offset < offsetof(struct database, copies) + sizeof(struct copy_counts))
        return rows_are_copied(group->sim);
    if (metric->offset == offsetof(struct database, stale_copies))
        return repeats_any(group->sim);
    if (metric->offset == offsetof(struct database, lost))
        return !shared->parts.copy_of && !shared->parts.leaderless && group_may_crash(group);
    return metric->offset < offsetof(struct database, applied) || shared->parts.copy_of;
}

/* ---- data sets ---- */

/* From now on the node holds its part of the data set. */
static void adopt(struct component *self, uint16_t data)
{
    const struct database_config *config = self->group->config;
    struct database *db = component_state(self);

    amount_add(&db->storage, database_pages_adopt(&db->pages, data, (uint64_t)config->page_size),
               self->sim->now_ns);
}

void database_know(struct component *self, uint16_t data)
{
    struct database_shared *shared = self->shared;

    if (!data || shared->known[data])
        return;
    shared->known[data] = true;
    for (uint32_t i = 0; i < self->group->count; i++)
        adopt(self->group->instances[i], data);
}

/* Nodes hold the data sets that any of them is asked about. */
static inline void know_data_set(struct component *self, uint16_t data)
{
    const struct database_shared *shared = self->shared;

    if (__builtin_expect(data && !shared->known[data], 0))
        database_know(self, data);
}

/* ---- the end of an operation ---- */

static uint32_t answer_bytes(struct component *self, const struct request *request,
                             const struct stored *stored)
{
    uint64_t bytes = REPLY_OVERHEAD_BYTES;

    if (__builtin_expect(request->query, 0))
        bytes += database_writes(request) ? 0 : database_answer_bytes(self, request);
    else if (!database_writes(request))
        bytes += stored->row_bytes * (request->rows ? request->rows : 1);
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* A row that is not there may have been there: of copies that say different things the later one is right. */
static uint32_t version_of_nothing(const struct component *self, const struct request *request)
{
    const struct database_shared *shared = self->shared;
    const struct database *db = component_state(self);

    if (!shared->parts.leaderless || !request->data)
        return 0;
    return row_table_look(&db->rows, row_id(request->data, request->key)).version;
}

static void answer(struct component *self, struct request *request, enum outcome outcome)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);

    station_release(&db->connections, self);
    request->bytes = REPLY_OVERHEAD_BYTES;
    if (outcome == OUTCOME_OK)
        request->bytes = answer_bytes(self, request, &db->pages.stored[request->data]);
    else if (!database_carries_version(request) || shared->parts.leaderless) /* else it may be sent again */
        request->version = version_of_nothing(self, request);
    sim_reply(self, request, outcome);
}

/* Of a write that holds its row's lock, where there are any. */
static void unlock_and_answer(struct component *self, struct request *request, enum outcome outcome)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);

    if (request->data && shared->kind->locks_rows)
        row_locks_release(&db->locks, self->sim, row_id(request->data, request->key));
    answer(self, request, outcome);
}

static void fail(struct component *self, struct request *request, enum outcome outcome)
{
    if (database_writes(request))
        unlock_and_answer(self, request, outcome);
    else
        answer(self, request, outcome);
}

/* Where the request's row is; only while rows move it may be elsewhere. */
static inline enum row_place place_of_row(const struct component *self, const struct request *request)
{
    const struct database_shared *shared = self->shared;

    if (__builtin_expect(!shared->parts.place || !request->data, 1))
        return ROW_HOME;
    return shared->parts.place(shared->parts.resharding, self->instance, request);
}

static bool row_is_here(struct component *self, const struct request *request)
{
    const struct database_shared *shared = self->shared;
    const struct database *db = component_state(self);
    const struct stored *stored = &db->pages.stored[request->data];
    enum row_place place = place_of_row(self, request);
    enum row_state state;

    if (!request->data)
        return true;
    if (place == ROW_AWAY || (place == ROW_ARRIVING && !database_writes(request)))
        return false;
    if (request->operation == OPERATION_INSERT && shared->parts.appends &&
        shared->parts.appends(shared->parts.context, request->data))
        return true; /* as good as there */
    state = row_table_look(&db->rows, row_id(request->data, request->key)).state;
    /* one branch for both, see row_table_look() */
    if ((state == ROW_PRESENT) | ((state == ROW_UNCHANGED) & (request->key < stored->rows)))
        return true;
    return state == ROW_UNCHANGED && !shared->parts.place && /* where rows move nobody asks for those */
           database_is_appended(self, stored, request->key);
}

/* A crash has taken writes that the truth knows of: a row is as new as the primary has it, or as it is
 * here. */
static uint32_t newest_that_is_left(const struct database *db, const struct request *request, uint32_t newest)
{
    const struct row_table *rows = db->replica ? replica_rows_of_primary(db->replica) : &db->rows;
    uint32_t left = row_table_look(rows, row_id(request->data, request->key)).version;

    return left < newest ? left : newest;
}

/* Only rows joined to the one of the key are asked for, which is at another store. */
static inline bool is_elsewhere(const struct request *request)
{
    return request->flags & REQUEST_ELSEWHERE;
}

/* The row is up to date, but what it repeats may not be. */
static void look_at_copies(struct component *self, struct request *request)
{
    struct database *db = component_state(self);

    if (!repeats_is_stale(self->sim, repeats_of(self->sim, request->data), request->key))
        return;
    request->flags |= REQUEST_STALE;
    db->stale_reads++;
    db->stale_copies++;
}

/* The page is there: the row is read as it is now. */
static void read_row(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    uint32_t newest = row_version(self->sim, request->data, request->key);
    uint32_t ours = row_table_look(&db->rows, row_id(request->data, request->key)).version;

    if (__builtin_expect(db->lost_any, 0))
        newest = newest_that_is_left(db, request, newest);
    request->version = shared->parts.private_rows ? newest : ours;
    if (request->version < newest) {
        request->flags |= REQUEST_STALE;
        db->stale_reads++;
    } else if (__builtin_expect(db->pages.stored[request->data].repeats, 0)) {
        look_at_copies(self, request);
    }
    answer(self, request, OUTCOME_OK);
}

/* ---- a write that holds its lock and has its page ---- */

/* An insert whose row is there already adds a further row. */
static bool appends(struct component *self, const struct request *request)
{
    return request->operation == OPERATION_INSERT && row_is_here(self, request);
}

/* The version is not for this node to choose. */
static bool version_is_given(const struct database_shared *shared, const struct request *request)
{
    return request->operation == OPERATION_APPLY ||
           (shared->parts.versions_given && request->version && request->operation != OPERATION_REPEAT);
}

/* Where the row is also written elsewhere: what this change means for the copies. */
static void count_copies(struct component *self, const struct request *request, uint32_t before)
{
    struct database *db = component_state(self);

    if (request->operation == OPERATION_APPLY) {
        db->copies.applied++;
        db->copies.superseded += request->version <= before;
    } else if (!db->lost_any) { /* else nobody knows what it once had */
        db->copies.conflicts += before < row_version(self->sim, request->data, request->key);
    }
}

static void change_row(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    struct stored *stored = &db->pages.stored[request->data];
    bool was_here = row_is_here(self, request);
    uint64_t id = row_id(request->data, request->key);
    uint32_t before = row_table_look(&db->rows, id).version, version = request->version;
    bool is_here = request->operation != OPERATION_DELETE;

    count_copies(self, request, before);
    if (request->operation == OPERATION_REPEAT)
        repeats_written(self->sim, repeats_of(self->sim, request->data), request->key,
                        (uint16_t)(request->rows - 1u), version);
    if (version_is_given(shared, request)) {
        while (row_version(self->sim, request->data, request->key) <
               version) /* another copy may have been first */
            row_commit(self->sim, request->data, request->key);
    } else {
        version = row_commit(self->sim, request->data, request->key);
        if (db->replica)
            replica_gave_version(db->replica, (uint64_t)request->service_ns, version);
    }
    if (request->operation != OPERATION_REPEAT) /* that one keeps what it says, should it be sent again */
        request->version = version;
    if (version < before) /* a later write overtook this one: it stands */
        return;
    row_table_set(&db->rows, &self->sim->memory, id,
                  (struct row_entry){ version, is_here ? ROW_PRESENT : ROW_DELETED });
    if (is_here != was_here)
        database_add_storage(self, is_here ? (int64_t)stored->row_bytes : -(int64_t)stored->row_bytes);
}

/* What was appended to the log counts now; the frame's step is above 0 when it does not, the row having moved
 * away meanwhile. */
static void apply(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    struct stored *stored = &db->pages.stored[request->data];
    enum row_place place = place_of_row(self, request);

    request_frame(request)->step = place == ROW_AWAY && !database_moves_rows(request);
    if (!request->data || place != ROW_HOME || database_moves_rows(request)) {
        request->version = 0;
    } else if (appends(self, request)) {
        request->version = 0; /* of the new row, which nobody has changed */
        stored->appended_visible++;
        if (shared->parts.added)
            shared->parts.added(shared->parts.resharding, self->instance, request->data, request->key);
        amount_add(&db->storage, (int64_t)stored->row_bytes, self->sim->now_ns);
    } else {
        change_row(self, request);
    }
}

static void committed(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;

    if (shared->kind->locks_rows)
        apply(self, request);
    unlock_and_answer(self, request, request_frame(request)->step ? OUTCOME_NOT_FOUND : OUTCOME_OK);
}

/* The record of what request->operation does to the row. */
static struct write_log_entry log_record(struct component *self, const struct request *request)
{
    const struct database_config *config = self->group->config;
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    struct stored *stored = &db->pages.stored[request->data];
    uint64_t bytes = database_log_bytes(config, request, database_row_bytes(self, request));
    struct write_log_entry record = { .row = request->key,
                                      .appended_ns = self->sim->now_ns,
                                      .data = request->data,
                                      .rows = (uint16_t)query_own_rows(NULL, request),
                                      .state = ROW_PRESENT };

    record.bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    if (request->operation == OPERATION_DELETE)
        record.state = ROW_DELETED;
    if (!request->data || database_moves_rows(request))
        return record;
    if (appends(self, request)) {
        record.row = stored->rows + stored->appended++ * database_part_count(self) + database_part_of(self);
        database_pages_extend(&db->pages, request->data, record.row);
    } else {
        record.version = request->version;
        if (!version_is_given(shared, request))
            record.version = row_version(self->sim, request->data, request->key) + 1;
        if (!record.version) /* it brings a row as it was first: there is nothing to change */
            record.data = 0;
    }
    return record;
}

/* What it has now, for whoever may have to take the change back. */
static void note_previous(const struct database *db, struct write_log_entry *record)
{
    struct row_entry now = row_table_look(&db->rows, row_id(record->data, record->row));

    record->previous = now.version;
    record->previous_state = (uint8_t)now.state;
}

/* The record is as safe as this node alone makes it. */
static void is_logged(struct component *self, struct request *request)
{
    struct database *db = component_state(self);

    if (db->replica) {
        enum replica_hold hold;

        request_frame(request)->note = WAIT_COPIES;
        hold = replica_holds_back(db->replica, request);
        if (hold == REPLICA_WAITS_FOR_COPIES)
            return;
        if (hold == REPLICA_LEADS_NO_MORE) {
            fail(self, request, OUTCOME_UNAVAILABLE);
            return;
        }
    }
    committed(self, request);
}

/* It has waited for replicas. */
static void has_copies(struct component *self, struct request *request)
{
    if (request->service_ns < 0)
        fail(self, request, OUTCOME_UNAVAILABLE);
    else
        committed(self, request);
}

static void append_to_log(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    struct write_log_entry record;

    if (db->replica && !replica_takes_writes(db->replica)) {
        fail(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    record = log_record(self, request);
    if (db->may_crash || db->replica)
        note_previous(db, &record);
    request->service_ns = (int64_t)write_log_append(&db->log, &self->sim->memory, &record);
    if (shared->changes_schema)
        schema_changes_note(&db->schema, record.data, record.bytes);
    db->appended++;
    if (db->replica)
        replica_appended(db->replica, &record);
    if (!shared->kind->locks_rows)
        apply(self, request);
    if (shared->commit == COMMIT_DELAYED) {
        log_writer_later(&db->log_writer);
        is_logged(self, request);
        return;
    }
    request_frame(request)->note = WAIT_COMMIT;
    log_writer_commit(&db->log_writer, request);
}

/* ---- the way in ---- */

static void after_pages(struct component *self, struct request *request, enum pages_grant grant)
{
    if (grant == PAGES_WAIT)
        return;
    if (grant == PAGES_REFUSED)
        fail(self, request, OUTCOME_REFUSED);
    else if (database_writes(request))
        append_to_log(self, request);
    else if (database_moves_rows(request) || is_elsewhere(request))
        answer(self, request, OUTCOME_OK);
    else
        read_row(self, request);
}

static void use_pages(struct component *self, struct request *request)
{
    struct database *db = component_state(self);

    request_frame(request)->step = 0;
    after_pages(self, request, database_pages_use(&db->pages, request));
}

static void resume_pages(struct component *self, struct request *request)
{
    struct database *db = component_state(self);

    after_pages(self, request, database_pages_resume(&db->pages, request));
}

/* It brings rows that have no room on the disk. */
static bool is_full(const struct component *self, const struct request *request, bool is_here)
{
    const struct database_config *config = self->group->config;
    const struct database *db = component_state(self);
    bool brings = request->operation == OPERATION_INSERT || request->operation == OPERATION_COPY_IN ||
                  (request->operation == OPERATION_PUT && !is_here);
    uint64_t rows = database_moves_rows(request) ? request->rows : 1;

    if (!brings || !config->storage || !request->data || place_of_row(self, request) == ROW_AWAY)
        return false;
    return (int64_t)(rows * db->pages.stored[request->data].row_bytes) >
           config->storage - db->storage.level - db->arriving;
}

static void has_lock(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    bool is_here = row_is_here(self, request);
    bool makes = request->operation == OPERATION_INSERT || request->operation == OPERATION_PUT ||
                 request->operation == OPERATION_APPLY || shared->parts.leaderless;

    if (is_full(self, request, is_here)) {
        db->refused_full++;
        unlock_and_answer(self, request, OUTCOME_REFUSED);
    } else if (database_moves_rows(request)) {
        if (request->operation == OPERATION_COPY_IN) {
            db->arriving += (int64_t)(request->rows * db->pages.stored[request->data].row_bytes);
            database_pages_extend_by(&db->pages, request);
        }
        use_pages(self, request);
    } else if (!is_here && !makes) {
        unlock_and_answer(self, request, OUTCOME_NOT_FOUND);
    } else if (is_here &&
               request->operation == OPERATION_INSERT) { /* its page is the last one, and in memory */
        append_to_log(self, request);
    } else {
        if (!is_here && database_pages_is_new(&db->pages, request->data, request->key))
            database_pages_extend(&db->pages, request->data, request->key);
        use_pages(self, request);
    }
}

static void has_computed(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);

    know_data_set(self, request->data);
    if (__builtin_expect(request->query, 0))
        know_data_set(self, query_data(query_of(self->sim, request), request));
    request_frame(request)->note = WAIT_TABLE;
    if (__builtin_expect(shared->changes_schema, 0) && db->schema.data &&
        !schema_changes_let_pass(&db->schema, request))
        return;
    if (database_writes(request)) {
        request_frame(request)->note = WAIT_LOCK;
        if (!request->data || !shared->kind->locks_rows ||
            row_locks_acquire(&db->locks, self, request, row_id(request->data, request->key)))
            has_lock(self, request);
    } else if (database_moves_rows(request) || is_elsewhere(request) || row_is_here(self, request)) {
        use_pages(self, request);
    } else {
        fail(self, request, OUTCOME_NOT_FOUND);
    }
}

void database_expect(const struct component *self, uint16_t data, uint64_t row)
{
    const struct database *db = component_state(self);

    row_table_prefetch(&db->rows, row_id(data, row));
    if (__builtin_expect(db->lost_any && db->replica, 0)) /* see newest_that_is_left() */
        row_table_prefetch(replica_rows_of_primary(db->replica), row_id(data, row));
    database_pages_expect(&db->pages, data, row);
}

static void has_connection(struct component *self, struct request *request)
{
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);
    struct frame *frame = request_frame(request);
    int64_t work_ns =
        duration_sample(database_writes(request) ? &shared->write_time : &shared->read_time, frame->number);

    work_ns += database_rows_work_ns(self, request);
    frame->note = WAIT_CPU;
    database_expect(self, request->data, request->key);
    row_expect(self->sim, request->data, request->key);
    if (!host_compute(db->host, self, request, work_ns))
        answer(self, request, OUTCOME_REFUSED);
}

static void (*const goes_on[WAIT_COUNT])(struct component *, struct request *) = {
    [PAGES_WAIT_OTHER] = resume_pages,  [PAGES_WAIT_READ] = resume_pages, [PAGES_WAIT_WRITE] = resume_pages,
    [WAIT_CONNECTION] = has_connection, [WAIT_CPU] = has_computed,        [WAIT_TABLE] = has_computed,
    [WAIT_LOCK] = has_lock,             [WAIT_COMMIT] = is_logged,        [WAIT_COPIES] = has_copies,
};

/* ---- callbacks ---- */

void database_set_parts(struct group *nodes, const struct database_parts *parts)
{
    struct database_shared *shared = nodes->shared;

    SIM_ASSERT(nodes->sim, nodes->instances[0], nodes->type == &database_model.component);
    shared->parts = *parts;
}

bool database_knows(const struct group *nodes, uint16_t data)
{
    const struct database_shared *shared = nodes->shared;

    return shared->known[data];
}

int64_t database_storage(const struct component *node)
{
    const struct database *db = component_state(node);

    return db->storage.level;
}

void database_add_storage(struct component *node, int64_t bytes)
{
    struct database *db = component_state(node);

    if (bytes < -db->storage.level)
        bytes = -db->storage.level;
    amount_add(&db->storage, bytes, node->sim->now_ns);
}

void database_end_arrivals(struct component *node)
{
    struct database *db = component_state(node);

    db->arriving = 0;
}

const struct row_table *database_changed_rows(const struct component *node)
{
    const struct database *db = component_state(node);

    return &db->rows;
}

void database_take_row(struct component *node, uint64_t id, struct row_entry entry)
{
    struct database *db = component_state(node);

    if (entry.version >= row_table_look(&db->rows, id).version)
        row_table_set(&db->rows, &node->sim->memory, id, entry);
}

static void database_wire_group(struct group *group)
{
    const struct database_config *config = group->config;
    struct database_shared *shared = group->shared;

    shared->kind = database_kind_of(config);
    shared->commit = database_commit_of(config);
    shared->changes_schema = config->schema_changes.count > 0;
    duration_init(&shared->read_time, group, "read", &config->read_time);
    duration_init(&shared->write_time, group, "write", &config->write_time);
    shared->known = memory_alloc_array(&group->sim->memory, environment_of(group->sim)->data_set_count + 1,
                                       sizeof *shared->known);
}

static uint32_t bound(int64_t count)
{
    return count > STATION_UNLIMITED - 1 ? STATION_UNLIMITED : (uint32_t)count;
}

static void database_wire(struct component *self)
{
    const struct database_config *config = self->group->config;
    const struct database_shared *shared = self->shared;
    struct database *db = component_state(self);

    station_init(&db->connections, self,
                 &(struct station_config){ .name = "connections",
                                           .discipline = STATION_FIFO,
                                           .held = true,
                                           .servers = bound(config->connections),
                                           .waiting_max = bound(config->connection_queue) });
    db->host = host_of(self, config->host);
    database_pages_init(&db->pages, self, db->host, &shared->parts, config->start == DATABASE_WARM);
    db->pages.splits_rows = shared->kind->columns == COLUMNS_READ;
    row_locks_init(&db->locks, &self->sim->memory,
                   shared->kind->locks_rows ? group_resource_statistics(self->group, "row_locks") : NULL);
}

/* The pool takes its share, or what others on the machine have left of it. */
static void database_start(struct component *self)
{
    const struct database_config *config = self->group->config;
    struct database *db = component_state(self);
    struct host *host = db->host;
    int64_t wanted = (int64_t)(config->buffer_pool * (double)host->config->memory);
    int64_t left = host->config->memory - host->memory.level;

    if (wanted > left)
        wanted = left;
    host_use_memory(host, self->sim, wanted);
    database_pages_start(&db->pages, (uint64_t)wanted);
    log_writer_init(&db->log_writer, self, host, &db->log, config->flush_interval);
    db->may_crash = self->outage != NULL;
    if (db->replica)
        replica_start(db->replica);
    else if (db->may_crash && database_loses_changes(self)) /* to take them back */
        write_log_add_reader(&db->log);
    if (config->schema_changes.count)
        schema_changes_start(&db->schema, self, host, &db->pages, &config->schema_changes, know_data_set);
}

static void database_on_request(struct component *self, struct request *request)
{
    struct database *db = component_state(self);

    request->flags &= (uint8_t) ~(REQUEST_STALE | REQUEST_ABSENT);
    request_frame(request)->note = WAIT_CONNECTION;
    switch (station_acquire(&db->connections, self, request)) {
    case STATION_HELD:
        has_connection(self, request);
        break;
    case STATION_REFUSED:
        request->bytes = REPLY_OVERHEAD_BYTES;
        sim_reply(self, request, OUTCOME_REFUSED);
        break;
    case STATION_WAITING:
        break;
    }
}

/* A turn of one of the node's clocks. */
static void tick(struct component *self, struct request *ticker)
{
    struct database *db = component_state(self);

    if (ticker == db->pages.cleaner.ticker) {
        database_pages_on_timer(&db->pages);
    } else if (ticker == db->schema.ticker) {
        schema_changes_on_timer(&db->schema);
    } else if (ticker != db->log_writer.ticker) {
        replica_on_timer(db->replica, ticker);
    } else {
        log_writer_on_timer(&db->log_writer);
        if (db->replica)
            replica_log_is_written(db->replica);
        else if (db->log.reader_count)
            write_log_move(&db->log, 0, db->log.durable);
    }
}

static void database_on_timer(struct component *self, struct request *request)
{
    if (__builtin_expect(request->state == REQUEST_TICKER, 0))
        tick(self, request);
    else
        goes_on[request_frame(request)->note](self, request);
}

static struct activity database_activity(const struct component *self, const struct request *request)
{
    (void)self;
    switch (request->frames[request->top].note) {
    case WAIT_TABLE:
        return (struct activity){ "table whose schema changes", true };
    case WAIT_LOCK:
        return (struct activity){ "row lock", true };
    case PAGES_WAIT_OTHER:
        return (struct activity){ "page that another one reads", true };
    case WAIT_COMMIT:
        return (struct activity){ "log to disk", false };
    case WAIT_COPIES:
        return (struct activity){ "acknowledgement of replicas", true };
    default:
        return (struct activity){ NULL, false };
    }
}

/* ---- of several nodes ---- */

/* What carries it out; NULL: a node. */
static const struct model_type *composed_as(const void *configuration)
{
    const struct database_config *config = configuration;

    if (!config->replicas)
        return NULL;
    return config->replication.mode == REPLICATION_QUORUM ? &quorum_database_model
                                                          : &replicated_database_model;
}

void database_set_whole(struct group *stores, const struct database_parts *parts)
{
    if (stores->type == &replicated_database_model.component)
        replication_set_parts(stores, parts);
    else if (stores->type == &quorum_database_model.component)
        quorum_set_parts(stores, parts);
    else
        database_set_parts(stores, parts);
}

const char *database_part_name(const void *configuration, size_t index)
{
    static const char *const names[] = { DATABASE_PART_PRIMARY, DATABASE_PART_REPLICA };
    const struct model_type *whole = composed_as(configuration);

    if (whole == &quorum_database_model)
        return index == 0 ? DATABASE_PART_COPY : NULL;
    return whole && index < 2 ? names[index] : NULL;
}

int64_t database_part_instances(const void *configuration, size_t index)
{
    const struct database_config *config = configuration;

    if (composed_as(configuration) == &quorum_database_model)
        return config->replicas + 1;
    return index == 0 ? 1 : config->replicas;
}

static const struct model_type *const wholes[] = { &replicated_database_model, &quorum_database_model, NULL };

const struct model_type database_model = {
    .component = {
        .name = "database",
        .shared_size = sizeof(struct database_shared),
        .state_size = sizeof(struct database),
        .wire_group = database_wire_group,
        .wire = database_wire,
        .start = database_start,
        .on_request = database_on_request,
        .on_timer = database_on_timer,
        .on_crash = database_on_crash,
        .on_restart = database_on_restart,
        .activity = database_activity,
        .metrics = metrics,
        .emits = database_emits,
    },
    .summary = "a database: connections, CPU, buffer pool, row locks, log and disk; replicas if asked for",
    .stands_for =
        "A node of MySQL or PostgreSQL under short transactions of one statement: each holds a connection, "
        "computes, finds its pages in memory or on disk; a write also holds its row's lock until its log "
        "record is on disk, and commits that wait together share the disk operation; a join finds further "
        "rows through an index, a page and CPU time each. Kind key_value: a node "
        "of a store such as Redis with an append-only file: values by key, no locks, no waiting for the disk "
        "unless asked for, work by the byte of each value. Kind document: MongoDB; whole documents, parsed "
        "and serialised by the byte. Kind wide_column: Cassandra or HBase; the columns asked for and no "
        "others. Kind graph: Neo4j; joined rows found by following pointers. A schema change writes a table "
        "anew while reads or writes of it wait. With replicas a primary and nodes that follow its "
        "log: they apply each entry with their own processor and disk, reads spread over them, a new primary "
        "is elected when the old one dies, and what nobody had is lost; one that is only cut off by the "
        "network goes on leading where nothing fences it. Replicas may stand in other regions, with reads at "
        "the nearest node, writes that pay the way to the primary and a log that takes as long. In mode quorum copies of which none "
        "leads, as of Cassandra: a write waits for W of them, a read for R and takes the newest answer; "
        "hints for those that are down, reads that repair.",
    .leaves_out =
        "Query plans, joins without an index, pages of indices (they are in memory), transactions of several "
        "statements and their deadlocks, memory of connections, checkpoints of changed pages that never leave "
        "memory, vacuuming, a separate disk for the log; of a schema change the CPU time, and room for two "
        "tables; how long a node reads its log when it starts again. Of replication: who watches "
        "the nodes and agrees on a new primary (the time it takes is given), what nodes that the "
        "network has cut off together still do with each other, replicas of replicas; of nodes in other "
        "regions the setting up of connections to them, and that a data center's crash takes the nodes "
        "of its region (each is a fault of its own). Of mode quorum: copies in several regions, clocks that "
        "disagree about which write is the later one, the coordinator's processor time, comparing whole "
        "copies in the background.",
    .misleads =
        "When queries scan tables, when pages of indices matter beside those of rows, when the store of "
        "another kind spreads its rows over nodes by itself (this is one node), or when the working "
        "set is not described by the popularity of the data set. When replicas are slowed by locks or by "
        "long transactions, which real ones apply as a whole.",
    .params = &database_params,
    .roles = ROLE_STORE | ROLE_COPY,
    .crashes = true,
    .composed = wholes,
    .composed_as = composed_as,
    .part_name = database_part_name,
    .part_count = database_part_instances,
    .check = database_check,
    .check_wired = database_check_wired,
};
