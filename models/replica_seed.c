/* replica_seed.c - a node without rows, or that has missed too much of the log, is filled: all rows of
 * another node are copied to it as they are at one instant, and then it follows the log from there. See
 * replication.h.
 *
 * The copy goes piece by piece: read from the source's disk, over its network card, written to the node's own
 * disk, and no faster than the bandwidth that was asked for. The source is a replica that serves, or the
 * primary when there is none, and serves meanwhile. When it dies the copy begins anew, from another one. The
 * log is kept until the copy ends.
 */
#include "models/environment.h"
#include "models/replication.h"
#include "sim/call.h"

#define PIECES 500
#define PIECE_BYTES_MIN (INT64_C(1) << 20)
#define PIECE_BYTES_MAX (INT64_C(1) << 28)
#define LOOK_AGAIN_NS SIM_NS_PER_S

enum seed_step { SEED_WAITS, SEED_READS, SEED_TRAVELS, SEED_WRITES };

struct replica_seed {
    struct request *ticker;
    struct request *reader; /* of the source, while its disk reads a piece */
    struct replica *source; /* NULL: there is none */
    enum seed_step step;
    int64_t bytes, copied, piece;
    int64_t next_ns; /* the bandwidth allows the next piece then */
    uint64_t pieces; /* ever; names messages */
};

static void tick_at(struct replica *replica, int64_t date_ns)
{
    int64_t now_ns = replica->node->sim->now_ns;

    sim_tick_at(replica->node, replica->seed->ticker, date_ns > now_ns ? date_ns : now_ns);
}

/* Its rows are those of the common log up to where it has applied it, and go on from there. */
static bool is_sound(const struct replica *replica)
{
    return replica->is_up && replica->serves && !replica->is_deposed && replica_can_go_on(replica) &&
           !failover_has_surplus(replica);
}

static struct replica *find_source(const struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct replica *best = NULL, *primary = replica_set_primary(set);

    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *other = &set->replicas[i];

        if (other != replica && other != primary && is_sound(other) &&
            replicas_are_together(other, replica) && (!best || other->applied > best->applied))
            best = other;
    }
    if (!best && primary != replica && replica_set_is_led(set) && replicas_are_together(primary, replica))
        best = primary;
    return best;
}

/* Rows, and which pages they make, as they are there now. */
static void take_rows(struct replica *replica, const struct replica *source)
{
    struct database *db = replica_database(replica);
    const struct database *from = replica_database(source);
    struct memory *memory = &replica->node->sim->memory;

    row_table_copy(&db->rows, memory, &from->rows);
    for (uint16_t data = 1; data <= environment_of(replica->node->sim)->data_set_count; data++) {
        if (from->pages.stored[data].rows)
            database_know(replica->node, data);
        else if (db->pages.stored[data].rows)
            database_know(source->node, data);
        db->pages.stored[data] = from->pages.stored[data];
        db->pages.stored[data].appended = db->pages.stored[data].appended_visible;
    }
    db->pages.bytes = from->pages.bytes;
    db->lost_any = from->lost_any;
    amount_set(&db->storage, from->storage.level, replica->node->sim->now_ns);
}

/* Its log begins where the copy ends. */
static void take_position(struct replica *replica, uint64_t position)
{
    struct database *db = replica_database(replica);

    db->log.next = db->log.durable = db->log.oldest = position;
    replica->applied = replica->next = replica->sent = replica->acknowledged = position;
    write_log_move(&replica->set->log, replica->index, position);
    replica_note_lag(replica);
}

static void begin_copy(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;
    const struct replica_set *set = replica->set;
    struct database *db = replica_database(replica);
    uint64_t position;

    failover_drop_surplus(replica); /* it may have gained some since it began */
    seed->step = SEED_WAITS;
    seed->reader = NULL;
    seed->source = find_source(replica);
    if (!seed->source) {
        tick_at(replica, replica->node->sim->now_ns + LOOK_AGAIN_NS);
        return;
    }
    position = replica_is_primary(seed->source) ? set->log.positions[set->primary] : seed->source->applied;
    take_rows(replica, seed->source);
    /* The copy is of the rows as the entries before `position` make them: the source may lose what came later. */
    replica_take_back(replica, position, replica_is_primary(seed->source) ? set->log.next : seed->source->next);
    take_position(replica, position);
    seed->bytes = db->storage.level;
    amount_set(&db->storage, 0, replica->node->sim->now_ns);
    seed->copied = 0;
    seed->piece = seed->bytes / PIECES;
    if (seed->piece < PIECE_BYTES_MIN)
        seed->piece = PIECE_BYTES_MIN;
    if (seed->piece > PIECE_BYTES_MAX)
        seed->piece = PIECE_BYTES_MAX;
    seed->next_ns = replica->node->sim->now_ns;
    tick_at(replica, seed->next_ns);
}

void replica_seed_begin(struct replica *replica)
{
    struct sim *sim = replica->node->sim;

    replica->is_seeded = true;
    replica->serves = false;
    replica_cut_stream(replica);
    if (!replica->seed)
        replica->seed = memory_alloc(&sim->memory, sizeof *replica->seed);
    replica->seed->ticker = sim_ticker(replica->node);
    begin_copy(replica);
}

bool replica_seed_is_clock(const struct replica *replica, const struct request *ticker)
{
    return replica->seed && replica->seed->ticker == ticker;
}

void replica_seed_node_died(struct replica *source)
{
    struct replica_set *set = source->set;

    if (source->seed)
        source->seed->reader = NULL; /* it is read in vain */
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (!replica->seed || replica->seed->source != source || !replica->seed->reader)
            continue;
        replica->seed->reader = NULL; /* its crash has ended it */
        if (replica->is_up)
            tick_at(replica, replica->node->sim->now_ns + LOOK_AGAIN_NS);
    }
}

static int64_t piece_bytes(const struct replica_seed *seed)
{
    return seed->bytes - seed->copied < seed->piece ? seed->bytes - seed->copied : seed->piece;
}

/* As fast as was asked for at most; without replacement, as fast as it goes. */
static void pace(struct replica *replica)
{
    const struct replacement_config *config = replica->set->replication->replacement;
    struct replica_seed *seed = replica->seed;

    if (config)
        seed->next_ns +=
            sim_time_from_ns((double)piece_bytes(seed) / config->bandwidth * (double)SIM_NS_PER_S);
}

static void finish(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;

    replica->is_seeded = false;
    seed->ticker = NULL;
    replicated_of(replica->set)->seeds++;
    failover_node_up(replica);
}

/* The source reads; it is the source's own request, which dies with it. */
static void read_piece(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;
    struct component *source = seed->source->node;

    seed->reader = sim_ticker(source);
    seed->reader->user = replica->index;
    seed->step = SEED_READS;
    if (host_disk(replica_database(seed->source)->host, source, seed->reader, (uint64_t)piece_bytes(seed)))
        return;
    request_destroy(source->sim, seed->reader);
    seed->reader = NULL;
    seed->step = SEED_WAITS;
    tick_at(replica, replica->node->sim->now_ns + LOOK_AGAIN_NS);
}

static void write_piece(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;

    seed->step = SEED_WRITES;
    if (host_disk(replica_database(replica)->host, replica->node, seed->ticker, (uint64_t)piece_bytes(seed)))
        return;
    seed->step = SEED_TRAVELS;
    tick_at(replica, replica->node->sim->now_ns + LOOK_AGAIN_NS);
}

static void travel(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;
    uint64_t number = rng_hash(seed->pieces++, replica->index);
    int64_t date_ns = sim_link_arrival(seed->source->node, replica_stream(seed->source, replica),
                                       (uint32_t)piece_bytes(seed), ~number);

    seed->step = date_ns == SIM_TIME_NEVER ? SEED_READS : SEED_TRAVELS;
    tick_at(replica, date_ns == SIM_TIME_NEVER ? replica->node->sim->now_ns + LOOK_AGAIN_NS : date_ns);
}

void replica_seed_on_read(struct replica *source, struct request *reader)
{
    struct replica *replica = &source->set->replicas[reader->user];
    struct replica_seed *seed = replica->seed;
    bool is_wanted = seed->reader == reader; /* else the node has died meanwhile */

    request_destroy(source->node->sim, reader);
    if (!is_wanted)
        return;
    seed->reader = NULL;
    travel(replica);
}

static void has_written(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;
    struct database *db = replica_database(replica);

    pace(replica);
    seed->copied += piece_bytes(seed);
    amount_set(&db->storage, seed->copied, replica->node->sim->now_ns);
    seed->step = SEED_WAITS;
    tick_at(replica, seed->next_ns);
}

void replica_seed_on_clock(struct replica *replica)
{
    struct replica_seed *seed = replica->seed;

    if (!seed->source || !seed->source->is_up) {
        begin_copy(replica);
        return;
    }
    switch (seed->step) {
    case SEED_WAITS:
        if (seed->copied == seed->bytes)
            finish(replica);
        else
            read_piece(replica);
        break;
    case SEED_READS:
        travel(replica);
        break;
    case SEED_TRAVELS:
        write_piece(replica);
        break;
    case SEED_WRITES:
        has_written(replica);
        break;
    }
}
