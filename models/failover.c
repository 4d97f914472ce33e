/* failover.c - nodes of a replicated database die and come back, and another one becomes the primary; see
 * replication.h.
 *
 *   crash -> detection -> election -> promotion -> writes go on, at the new primary
 * Elected is who has most of the log among those who are up. It first applies all it has. Acknowledged
 * entries that it does not have are lost; nodes that have more than it (the old primary, at least) keep their
 * surplus apart until they are back, and then take it back, or a script writes it to the new primary, one
 * entry after the other, but for rows that have been written there since. A dead primary that is back while
 * another one is made is not let in, and follows it afterwards. One that lives and is cut off: replica_cut.c.
 * Where there is no failover, the primary goes on with what it has on disk, or what a replica has of it.
 *
 * Represented as given: who watches the nodes and how they agree (a quorum of watchers that never fails) is
 * `detection`.
 */
#include "models/environment.h"
#include "models/replication.h"
#include "sim/call.h"
#include "sim/fault.h"

/* The script. */
struct failover_replay {
    struct replica *source;
    struct row_table rows; /* it has written: their versions at the new primary */
    uint64_t next;
};

/* Until somebody looks again whether there is a primary. */
#define LOOK_AGAIN_NS SIM_NS_PER_S

static struct database *database_of(const struct replica *replica)
{
    return replica_database(replica);
}

/* ---- entries that another primary does not have ---- */

void failover_undo_surplus(struct replica *replica)
{
    for (uint64_t i = replica->surplus_count; i-- > 0;)
        database_undo(replica->node, &replica->surplus[i]);
}

static void forget_surplus(struct replica *replica)
{
    memory_free(&replica->node->sim->memory, replica->surplus);
    replica->surplus = NULL;
    replica->surplus_count = replica->surplus_room = 0;
    replica->was_primary = false;
}

/* What it has of the common log ends there. */
static uint64_t end_of(const struct replica *replica)
{
    return replica->is_deposed ? replica->split_at : database_of(replica)->log.next;
}

/* Entries from `end` on come before the surplus that it has of an earlier time and has not been back with. */
static void keep_surplus(struct replica *replica, uint64_t end)
{
    const struct replica_set *set = replica->set;
    struct memory *memory = &replica->node->sim->memory;
    uint64_t more = end_of(replica) - end;
    struct write_log_entry *surplus =
        memory_alloc_array(memory, more + replica->surplus_count, sizeof *surplus);

    for (uint64_t i = 0; i < more; i++)
        surplus[i] = *write_log_at(&set->log, end + i);
    for (uint64_t i = 0; i < replica->surplus_count; i++)
        surplus[more + i] = replica->surplus[i];
    memory_free(memory, replica->surplus);
    replica->surplus = surplus;
    replica->surplus_count += more;
    replica->surplus_room = replica->surplus_count;
    replica->was_primary |= replica_is_primary(replica);
}

void failover_add_surplus(struct replica *replica, const struct write_log_entry *entry)
{
    if (replica->surplus_count == replica->surplus_room) {
        replica->surplus_room = replica->surplus_room ? 2 * replica->surplus_room : 64;
        replica->surplus = memory_grow(&replica->node->sim->memory, replica->surplus,
                                       replica->surplus_room * sizeof *replica->surplus);
    }
    replica->surplus[replica->surplus_count++] = *entry;
}

static void end_replay(struct replica_set *set);

/* The node's log ends at `end` from now on. */
static void cut_log(struct replica *replica, uint64_t end)
{
    struct replica_set *set = replica->set;
    struct database *db = database_of(replica);

    if (set->replay && set->replay->source == replica) /* what it alone had has been taken back already */
        end_replay(set);
    if (end_of(replica) > end)
        keep_surplus(replica, end);
    if (replica->is_deposed || (replica->was_cut_as_primary && replica->is_up)) {
        replica_depose(replica, end); /* it goes on, with a log of its own */
        return;
    }
    write_log_truncate(&db->log, end);
    if (replica->sent > end)
        replica->sent = end;
    if (replica->acknowledged > end)
        replica->acknowledged = end;
    replica_cut_applying(replica, end);
}

/* The log ends where that node's own does; what was acknowledged beyond is lost. */
static void cut_all_logs(struct replica_set *set, const struct replica *leader)
{
    uint64_t end = database_of(leader)->log.next;
    uint64_t lost = set->acknowledged > end ? set->acknowledged - end : 0;

    replicated_of(set)->lost += lost;
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (replica != leader && (end_of(replica) > end || replica->was_cut_as_primary))
            cut_log(replica, end);
        if (lost)
            database_of(replica)->lost_any = true;
    }
    write_log_truncate(&set->log, end);
    set->acknowledged = set->released = end;
}

bool failover_has_surplus(const struct replica *replica)
{
    const struct failover_replay *replay = replica->set->replay;

    return replica->surplus && !(replay && replay->source == replica);
}

void failover_drop_surplus(struct replica *replica)
{
    struct replica_set *set = replica->set;

    if (set->replay && set->replay->source == replica)
        end_replay(set);
    else
        forget_surplus(replica);
}

/* ---- following ---- */

void failover_follow(struct replica *replica)
{
    struct replica_set *set = replica->set;
    uint64_t end = database_of(replica)->log.next;

    replica->follows = true;
    replica->sent = replica->acknowledged = end;
    replica->is_left_out = set->replication->mode != REPLICATION_ASYNCHRONOUS;
    replica->serves_at = set->log.next;
    replica->serves = replica->applied >= replica->serves_at;
    replica_set_choose_readers(set);
    replica_note_lag(replica);
    replica_apply(replica);
    replica_set_ship(set);
}

static void begin_replay(struct replica *replica);

/* What only it has leaves its rows, before it gets anything else; once. */
static void give_back_surplus(struct replica *replica)
{
    struct replica_set *set = replica->set;
    const struct failover_config *failover = set->replication->failover;

    if (!failover_has_surplus(replica))
        return;
    failover_undo_surplus(replica);
    if (replica->was_primary && failover && failover->old_primary == OLD_PRIMARY_REPLAYS && !set->replay)
        begin_replay(replica);
    else
        forget_surplus(replica);
}

void failover_rejoin(struct replica *replica)
{
    if (!replica_can_go_on(replica)) {
        replica_seed_begin(replica);
        return;
    }
    write_log_move(&replica->set->log, replica->index, replica->applied); /* it had been given up, perhaps */
    give_back_surplus(replica);
    failover_follow(replica);
}

/* ---- a new primary ---- */

static bool may_lead(const struct replica *replica)
{
    return replica->is_up && !replica->is_seeded && !replica->is_deposed && !replica_is_primary(replica) &&
           replica_can_go_on(replica);
}

/* Who is up on that side of the network and has most of the log; NULL: nobody is. */
static struct replica *most_advanced(struct replica_set *set, bool is_cut)
{
    struct replica *best = NULL;

    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (may_lead(replica) && replica->is_cut == is_cut &&
            (!best || database_of(replica)->log.next > database_of(best)->log.next))
            best = replica;
    }
    return best;
}

void failover_elect(struct replica_set *set)
{
    const struct replica *primary = replica_set_primary(set);

    if (!set->replication->failover || set->elected || replica_is_reachable(primary) ||
        !primary->is_known_down)
        return;
    set->elected = most_advanced(set, false);
    if (!set->elected)
        return;
    set->is_promoted = false;
    write_log_move(&set->log, set->elected->index, set->elected->applied);
    give_back_surplus(set->elected);
    for (uint32_t i = 0; i < set->count; i++)
        replica_cut_stream(&set->replicas[i]);
    set->promotion_ns = set->router->sim->now_ns + set->replication->failover->promotion;
    sim_tick_at(set->router, set->promotion_clock, set->promotion_ns);
    replica_apply(set->elected);
}

/* The truth about rows hears of what was on disk and never answered for. */
static void make_true(const struct replica_set *set, const struct write_log_entry *entry)
{
    struct sim *sim = set->router->sim;

    while (entry->data && row_version(sim, entry->data, entry->row) < entry->version)
        row_commit(sim, entry->data, entry->row);
}

/* It takes writes from now on, and what it has that was never answered for stands. */
static void lead(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct replica *old = replica_set_primary(set);

    replica->is_left_out = false;
    replica->serves = true;
    if (old->is_up)
        replica_set_end_commits(set);
    for (uint64_t n = set->acknowledged; n < database_of(replica)->log.next; n++)
        make_true(set, write_log_at(&set->log, n));
    cut_all_logs(set, replica);
    set->elected = NULL;
    old->is_kept_out = false;
    set->primary = replica->index;
    replicated_of(set)->failovers++;
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *other = &set->replicas[i];

        if (replica_may_follow(other))
            failover_rejoin(other);
        else if (other->is_known_down) /* the new primary begins with those who are there */
            other->is_left_out = true;
    }
    replica_note_lag(replica);
    replica_set_choose_readers(set);
    replica_set_ship(set);
    if (old->is_deposed && !old->is_cut) /* the network is whole again already */
        replica_step_down(old);
}

void failover_applied(struct replica *replica)
{
    const struct replica_set *set = replica->set;

    if (set->elected == replica && set->is_promoted && replica_is_done(replica))
        lead(replica);
}

void failover_on_promotion(struct replica_set *set)
{
    if (!set->elected) { /* it has died meanwhile */
        failover_elect(set);
    } else if (set->router->sim->now_ns >= set->promotion_ns) {
        set->is_promoted = true;
        failover_applied(set->elected);
    }
}

/* ---- down and up ---- */

void failover_on_detector(struct replica *replica)
{
    struct replica_set *set = replica->set;

    if (replica_is_reachable(replica) ||
        set->router->sim->now_ns < replica->down_ns + set->replication->detection)
        return; /* it is back; or has died again since */
    replica->is_known_down = true;
    replica_set_choose_readers(set);
    failover_elect(set);
    if (set->replication->replacement)
        sim_tick_at(set->router, replica->replacer,
                    set->router->sim->now_ns + set->replication->replacement->after);
}

/* A new machine comes in the place of one that is still down, with nothing on its disk. Not of the
 * primary: another node takes its place first, or it is waited for. */
void failover_on_replacement(struct replica *replica)
{
    struct replica_set *set = replica->set;
    int64_t since_ns = set->replication->detection + set->replication->replacement->after;

    if (replica->is_up || set->router->sim->now_ns < replica->down_ns + since_ns)
        return; /* it is back; or has died again since */
    if (replica_is_primary(replica)) {
        if (set->replication->failover)
            sim_tick_at(set->router, replica->replacer, set->router->sim->now_ns + LOOK_AGAIN_NS);
        return;
    }
    replica->is_seeded = true;
    fault_take_over(replica->node);
}

/* After a crash its rows are what its log makes them, and that is as long as the longest one within reach. */
static void recover_primary(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct database *db = database_of(replica);
    const struct replica *best = most_advanced(set, replica->is_cut);

    while (best && db->log.next < database_of(best)->log.next)
        write_log_append(&db->log, &set->router->sim->memory, write_log_at(&set->log, db->log.next));
    db->log.durable = db->log.next;
    for (uint64_t n = set->log.positions[replica->index]; n < db->log.next; n++) {
        database_redo(replica->node, write_log_at(&set->log, n));
        make_true(set, write_log_at(&set->log, n));
    }
}

/* Nobody has taken its place: it goes on with what is left. If it has lived all the time, so have its writes, which change rows as
 * they end. */
void failover_lead_again(struct replica *replica)
{
    struct replica_set *set = replica->set;

    if (replica->is_kept_out)
        recover_primary(replica);
    replica->is_kept_out = false;
    replica->was_cut_as_primary = replica->is_cut;
    replica->applied = replica->next = database_of(replica)->log.next;
    replica->serves = true;
    cut_all_logs(set, replica);
    for (uint32_t i = 0; i < set->count; i++) /* what was on its way may be gone */
        replica_cut_stream(&set->replicas[i]);
    for (uint32_t i = 0; i < set->count; i++)
        if (replica_may_follow(&set->replicas[i]))
            failover_rejoin(&set->replicas[i]);
    replica_set_choose_readers(set);
}

void failover_end_promotion(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct replica *primary = replica_set_primary(set);

    if (set->elected != replica)
        return;
    set->elected = NULL;
    if (replica_is_reachable(primary)) /* it is back, and was not let in */
        failover_lead_again(primary);
}

void failover_node_down(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct sim *sim = set->router->sim;

    replica->down_ns = sim->now_ns;
    failover_end_promotion(replica);
    sim_tick_at(set->router, replica->detector, sim->now_ns + set->replication->detection);
}

void failover_node_up(struct replica *replica)
{
    struct replica_set *set = replica->set;

    replica->is_up = true;
    replica->is_known_down &= replica->is_cut;
    if (replica_is_primary(replica)) {
        replica->is_kept_out = true;
        if (!set->elected)
            failover_lead_again(replica);
    } else if (replica->is_seeded || !replica_can_go_on(replica)) {
        replica_seed_begin(replica);
    } else if (replica_set_is_led(set) && replica_may_follow(replica)) {
        failover_rejoin(replica);
    } else { /* it serves what it has */
        write_log_move(&set->log, replica->index, replica->applied); /* it had been given up, perhaps */
        replica->serves = true;
        replica_set_choose_readers(set);
        failover_elect(set);
    }
}

/* ---- the script ---- */

/* Its clock stays for the next one. */
static void end_replay(struct replica_set *set)
{
    struct failover_replay *replay = set->replay;

    forget_surplus(replay->source);
    row_table_deinit(&replay->rows, &set->router->sim->memory);
    memory_free(&set->router->sim->memory, replay);
    set->replay = NULL;
}

/* Somebody has written the row since. */
static bool is_in_conflict(const struct replica_set *set, const struct write_log_entry *entry)
{
    const struct row_table *rows = &replica_database(replica_set_primary(set))->rows;
    uint32_t now = row_table_look(rows, row_id(entry->data, entry->row)).version;
    uint32_t ours = row_table_look(&set->replay->rows, row_id(entry->data, entry->row)).version;

    return entry->data && entry->version && now && now != (ours ? ours : entry->previous);
}

/* Of a row that is there: to insert it gives a further one the next automatic number. */
static uint64_t key_that_is_taken(const struct replica_set *set, const struct write_log_entry *entry)
{
    const struct database *primary = replica_database(replica_set_primary(set));
    uint64_t rows = primary->pages.stored[entry->data].rows;
    uint64_t key = rows ? entry->row % rows : 0;

    for (uint64_t tried = 0; tried < rows; tried++, key = (key + 1) % rows) {
        if (row_table_look(&primary->rows, row_id(entry->data, key)).state != ROW_DELETED)
            break;
    }
    return key;
}

static void replay_entry(struct replica_set *set, const struct write_log_entry *entry)
{
    struct request *write = sim_fork(set->router, set->replay_clock, 1);

    write->key = entry->version || !entry->data ? entry->row : key_that_is_taken(set, entry);
    write->data = entry->data;
    write->rows = entry->rows;
    write->bytes = entry->bytes;
    write->user = 0;
    write->operation =
        entry->version ? entry->state == ROW_DELETED ? OPERATION_DELETE : OPERATION_PUT : OPERATION_INSERT;
    write->version = 0;
    sim_call(set->router, write, replica_set_primary(set)->call, 0);
}

static void replay_later(struct replica_set *set)
{
    if (set->replay_clock_is_set)
        return;
    set->replay_clock_is_set = true;
    sim_tick_at(set->router, set->replay_clock, set->router->sim->now_ns + LOOK_AGAIN_NS);
}

void failover_replay_next(struct replica_set *set)
{
    struct failover_replay *replay = set->replay;

    set->replay_clock_is_set = false;
    if (!replay || set->replay_clock->children)
        return;
    if (!replica_set_is_led(set) || !replay->source->is_up) {
        replay_later(set);
        return;
    }
    while (replay->next < replay->source->surplus_count) {
        const struct write_log_entry *entry = &replay->source->surplus[replay->next++];

        if (!is_in_conflict(set, entry)) {
            request_frame(set->replay_clock)->number = rng_hash(replay->next, set->router->instance);
            replay_entry(set, entry);
            return;
        }
        replicated_of(set)->conflicts++;
    }
    end_replay(set);
}

static void begin_replay(struct replica *replica)
{
    struct replica_set *set = replica->set;

    set->replay = memory_alloc(&set->router->sim->memory, sizeof *set->replay);
    set->replay->source = replica;
    if (!set->replay_clock_is_set)
        failover_replay_next(set);
}

void failover_on_replayed(struct replica_set *set, struct request *write)
{
    struct failover_replay *replay = set->replay;

    if (write->outcome == OUTCOME_OK) {
        replicated_of(set)->replayed++;
        if (replay && write->data && write->version)
            row_table_set(&replay->rows, &set->router->sim->memory, row_id(write->data, write->key),
                          (struct row_entry){ .version = write->version });
    } else if (replay && replay->next &&
               write->outcome != OUTCOME_NOT_FOUND) { /* the primary has died, or is full */
        replay->next--;
        replay_later(set);
    }
    sim_join(set->router, write);
    if (!set->replay_clock_is_set)
        failover_replay_next(set);
}
