/* replica_stream.c - the log on its way from the primary to its replicas, and what comes back: see
 * replication.h.
 *
 * What is on the primary's disk (under delayed commits: what is in its log) is sent at once, or when it has
 * been kept for ship_delay, in as few messages as that takes. A message travels as others do: network card,
 * latency, bandwidth, loss; those of one connection arrive in their order. A replica writes what has come to
 * its disk, all that waits in one operation, and only then applies it and, where somebody waits for it, says
 * so. A message that is lost for good is sent again a second later.
 */
#include "models/environment.h"
#include "models/replication.h"

#define BATCH_ENTRIES 1024
#define MESSAGE_BYTES 60 /* beside the entries */
#define SEND_AGAIN_NS SIM_NS_PER_S
#define CHECK_KEPT_ENTRIES 1024

/* ---- wires ---- */

static void wire_tick(struct replica *replica, struct replica_wire *wire)
{
    if (wire->ticks || !wire->count)
        return;
    wire->ticks = true;
    sim_tick_at(replica->set->router, wire->ticker, wire->messages[wire->first].date_ns);
}

static void wire_grow(struct replica_wire *wire, struct memory *memory)
{
    uint32_t room = wire->room ? 2 * wire->room : 8;
    struct replica_message *messages = memory_alloc_array(memory, room, sizeof *messages);

    for (uint32_t i = 0; i < wire->count; i++)
        messages[i] = wire->messages[(wire->first + i) & (wire->room - 1)];
    memory_free(memory, wire->messages);
    wire->messages = messages;
    wire->first = 0;
    wire->room = room;
}

static void wire_push(struct replica *replica, struct replica_wire *wire, int64_t date_ns, uint64_t position)
{
    struct replica_message *last;

    if (wire->count == wire->room)
        wire_grow(wire, &replica->set->router->sim->memory);
    if (wire->count) { /* none overtakes another */
        last = &wire->messages[(wire->first + wire->count - 1) & (wire->room - 1)];
        if (date_ns < last->date_ns)
            date_ns = last->date_ns;
    }
    wire->messages[(wire->first + wire->count++) & (wire->room - 1)] =
        (struct replica_message){ date_ns, position };
    wire_tick(replica, wire);
}

/* The position of the latest message that has come; 0: none. */
static uint64_t wire_take(struct replica *replica, struct replica_wire *wire)
{
    uint64_t position = 0;

    wire->ticks = false;
    while (wire->count && wire->messages[wire->first].date_ns <= replica->set->router->sim->now_ns) {
        position = wire->messages[wire->first].position;
        wire->first = (wire->first + 1) & (wire->room - 1);
        wire->count--;
    }
    wire_tick(replica, wire);
    return position;
}

void replica_cut_stream(struct replica *replica)
{
    replica->log_wire.count = 0;
    replica->follows = false;
}

/* ---- the primary ---- */

void replica_note_lag(struct replica *replica)
{
    struct database *db = replica_database(replica);
    uint64_t end = replica->set->log.next;
    uint64_t behind = replica_is_primary(replica) || end < replica->applied ? 0 : end - replica->applied;

    amount_set(&db->lag, (int64_t)behind, replica->node->sim->now_ns);
}

/* Entries that the primary may still need: what it has not sent, what a crash would take back. */
static void move_primary(struct replica_set *set)
{
    uint64_t durable = replica_database(replica_set_primary(set))->log.durable;
    uint64_t needed = set->released < set->acknowledged ? set->released : set->acknowledged;

    if (durable < needed)
        needed = durable;
    if (needed > set->log.positions[set->primary])
        write_log_move(&set->log, set->primary, needed);
}

void replica_set_acknowledge(struct replica_set *set, uint64_t position)
{
    if (position <= set->acknowledged)
        return;
    set->acknowledged = position;
    move_primary(set);
}

/* It takes nothing: it is down, or cut off and done with what it has. */
static bool is_away(const struct replica *replica)
{
    if (!replica->is_up)
        return true;
    return replica->is_cut && !replica_is_primary(replica) && (replica->is_deposed || replica_is_done(replica));
}

/* Those who are away and need more than is kept will be filled anew, and nobody sends to them until then: the
 * primary may meet them while they are away, when the network cuts it off too. */
static void drop_what_is_too_much(struct replica_set *set)
{
    double bytes_each = (double)set->log.bytes / (double)set->log.next;
    double kept = (double)set->replication->log_kept / bytes_each;

    for (uint32_t i = 0; i < set->count; i++)
        if (is_away(&set->replicas[i]) && (double)(set->log.next - set->log.positions[i]) > kept) {
            replica_cut_stream(&set->replicas[i]);
            write_log_move(&set->log, i, set->log.next);
        }
}

void replica_appended(struct replica *replica, const struct write_log_entry *entry)
{
    struct replica_set *set = replica->set;
    struct sim *sim = set->router->sim;
    uint64_t n;

    if (!replica_is_primary(replica)) {
        failover_add_surplus(replica, entry);
        return;
    }
    n = write_log_append(&set->log, &sim->memory, entry);
    SIM_ASSERT(sim, replica->node, n + 1 == replica_database(replica)->log.next);
    if (n % CHECK_KEPT_ENTRIES == 0)
        drop_what_is_too_much(set);
    for (uint32_t i = 0; i < set->count; i++)
        replica_note_lag(&set->replicas[i]);
    if (replica_set_delays(set))
        replica_set_ship(set);
}

static void set_shipper(struct replica_set *set, int64_t date_ns)
{
    if (set->shipper_is_set)
        return;
    set->shipper_is_set = true;
    sim_tick_at(set->router, set->shipper, date_ns);
}

void replica_set_on_shipper(struct replica_set *set)
{
    set->shipper_is_set = false;
    replica_set_ship(set);
}

/* Entries that have been kept for long enough may go. */
static void release(struct replica_set *set)
{
    const struct database *primary = replica_database(replica_set_primary(set));
    uint64_t end = replica_set_delays(set) ? primary->log.next : primary->log.durable;
    int64_t delay_ns = set->replication->ship_delay;

    if (!delay_ns && end > set->released)
        set->released = end;
    while (set->released < end) {
        int64_t date_ns = write_log_at(&set->log, set->released)->appended_ns + delay_ns;

        if (date_ns > set->router->sim->now_ns) {
            set_shipper(set, date_ns);
            break;
        }
        set->released++;
    }
    move_primary(set);
}

static uint64_t bytes_between(const struct replica_set *set, uint64_t from, uint64_t end)
{
    uint64_t bytes = MESSAGE_BYTES;

    for (uint64_t n = from; n < end; n++)
        bytes += write_log_at(&set->log, n)->bytes;
    return bytes < UINT32_MAX ? bytes : UINT32_MAX;
}

static uint64_t message_number(const struct replica *replica, struct replica_wire *wire)
{
    return rng_hash(rng_hash(wire->sent++, replica->index), replica->set->router->instance);
}

static void send_log(struct replica *replica)
{
    struct replica_set *set = replica->set;
    const struct replica *primary = replica_set_primary(set);
    const struct link *stream = replica_stream(primary, replica);

    while (replica->sent < set->released) {
        uint64_t end =
            set->released - replica->sent > BATCH_ENTRIES ? replica->sent + BATCH_ENTRIES : set->released;
        int64_t date_ns =
            sim_link_arrival(primary->node, stream, (uint32_t)bytes_between(set, replica->sent, end),
                             message_number(replica, &replica->log_wire));

        if (date_ns == SIM_TIME_NEVER) {
            set_shipper(set, set->router->sim->now_ns + SEND_AGAIN_NS);
            return;
        }
        replica->sent = end;
        wire_push(replica, &replica->log_wire, date_ns, end);
    }
}

void replica_set_ship(struct replica_set *set)
{
    if (!replica_set_is_led(set))
        return;
    release(set);
    for (uint32_t i = 0; i < set->count; i++)
        if (set->replicas[i].follows &&
            replicas_are_together(&set->replicas[i], replica_set_primary(set)))
            send_log(&set->replicas[i]);
}

void replica_log_is_written(struct replica *replica)
{
    if (replica_is_primary(replica))
        replica_set_ship(replica->set);
}

/* ---- writes that wait for replicas ---- */

static bool has_copies(const struct replica_set *set, uint64_t n)
{
    bool wants_all = set->replication->mode == REPLICATION_SYNCHRONOUS;
    uint32_t asked = 0, have = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        const struct replica *replica = &set->replicas[i];

        if (i == set->primary || replica->is_left_out)
            continue;
        asked++;
        have += replica->acknowledged > n;
    }
    return asked == 0 || (wants_all ? have == asked : have > 0);
}

static void let_go(struct replica_set *set, uint64_t position)
{
    bool alone = true;

    for (uint32_t i = 0; i < set->count; i++)
        alone = alone && (i == set->primary || set->replicas[i].is_left_out);
    replicated_of(set)->lone_writes += alone;
    replica_set_acknowledge(set, position + 1);
}

static void let_commits_go(struct replica_set *set)
{
    struct sim *sim = set->router->sim;
    struct request *request;

    while ((request = request_line_first(&set->commits, sim)) &&
           has_copies(set, (uint64_t)request->service_ns)) {
        request_line_leave(&set->commits, sim);
        let_go(set, (uint64_t)request->service_ns);
        request->resume = request->owner->on_timer;
        sim_wake(sim, request);
    }
}

static void set_sync_clock(struct replica_set *set)
{
    int64_t timeout_ns = set->replication->sync_timeout;

    if (set->sync_clock_is_set || !set->commits.first || timeout_ns == INT64_MAX)
        return;
    set->sync_clock_is_set = true;
    sim_tick_at(set->router, set->sync_clock,
                sim_request(set->router->sim, set->commits.first)->since_ns + timeout_ns);
}

/* The first of those who wait may have waited for long enough. */
void replica_set_on_sync_clock(struct replica_set *set)
{
    const struct request *first;

    set->sync_clock_is_set = false;
    if (!set->commits.first)
        return;
    first = sim_request(set->router->sim, set->commits.first);
    if (first->since_ns + set->replication->sync_timeout <= set->router->sim->now_ns) {
        for (uint32_t i = 0; i < set->count; i++)
            if (set->replicas[i].acknowledged <= (uint64_t)first->service_ns)
                set->replicas[i].is_left_out = true;
        let_commits_go(set);
    }
    set_sync_clock(set);
}

enum replica_hold replica_holds_back(struct replica *replica, struct request *request)
{
    struct replica_set *set = replica->set;
    uint64_t n = (uint64_t)request->service_ns;

    if (!replica_is_primary(replica)) {
        if (!replica_takes_writes(replica))
            return REPLICA_LEADS_NO_MORE;
        replica->split_commits++;
        return REPLICA_HAS_COPIES;
    }
    if (set->replication->mode == REPLICATION_ASYNCHRONOUS) {
        replica_set_acknowledge(set, n + 1);
        return REPLICA_HAS_COPIES;
    }
    if (!set->commits.first && has_copies(set, n)) {
        let_go(set, n);
        return REPLICA_HAS_COPIES;
    }
    request->owner = replica->node;
    request->since_ns = replica->node->sim->now_ns;
    request_line_join(&set->commits, replica->node->sim, request);
    set_sync_clock(set);
    return REPLICA_WAITS_FOR_COPIES;
}

void replica_set_end_commits(struct replica_set *set)
{
    struct sim *sim = set->router->sim;
    struct request *request;

    while ((request = request_line_leave(&set->commits, sim))) {
        request->service_ns = -1;
        request->resume = request->owner->on_timer;
        sim_wake(sim, request);
    }
}

void replica_on_acknowledgement(struct replica *replica)
{
    uint64_t position = wire_take(replica, &replica->ack_wire);
    struct replica_set *set = replica->set;

    if (position > set->log.next || !position) /* of what a new primary does not have */
        return;
    if (position > replica->acknowledged)
        replica->acknowledged = position;
    if (replica->acknowledged >= set->acknowledged)
        replica->is_left_out = false;
    if (replica_set_primary(set)->is_up)
        let_commits_go(set);
}

/* ---- a replica ---- */

static void flush(struct replica *replica)
{
    struct database *db = replica_database(replica);

    if (replica->flushes || db->log.durable == db->log.next)
        return;
    replica->flushes = true;
    log_writer_commit(&db->log_writer, replica->flusher);
}

/* Entries have come. */
void replica_on_log(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct database *db = replica_database(replica);
    uint64_t end = wire_take(replica, &replica->log_wire);

    while (db->log.next < end)
        write_log_append(&db->log, &set->router->sim->memory, write_log_at(&set->log, db->log.next));
    flush(replica);
}

void replica_acknowledge(struct replica *replica)
{
    struct replica_set *set = replica->set;
    const struct replica *primary = replica_set_primary(set);
    int64_t date_ns;

    if (set->replication->mode == REPLICATION_ASYNCHRONOUS || !replica->follows ||
        !replicas_are_together(replica, primary))
        return;
    date_ns = sim_link_arrival(replica->node, replica_stream(replica, primary), MESSAGE_BYTES,
                               ~message_number(replica, &replica->ack_wire));
    if (date_ns != SIM_TIME_NEVER)
        wire_push(replica, &replica->ack_wire, date_ns, replica_database(replica)->log.durable);
}

/* What had been received is on the disk. */
void replica_on_flushed(struct replica *replica)
{
    replica->flushes = false;
    replica_acknowledge(replica);
    flush(replica);
    replica_apply(replica);
}
