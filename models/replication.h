/* replication.h - a database of several nodes: a primary that takes the writes, and replicas that follow its
 * log.
 *
 * The set is what callers ask ("db"): a library in the caller that knows who is who. Its nodes are parts of
 * it, "db.primary" and "db.replica", named after what they are at first. One log has the contents for all of
 * them; each node has positions in it:
 *   received   its own log's end (database.log.next): it has the entries below, those below .durable on disk
 *   applied    entries below are in its rows
 *   sent       the primary has sent it the entries below
 * As all nodes' logs begin alike, that is as good as a log for each. When a new primary has less than others
 * had, the common log ends where its own does, and those others keep their surplus apart.
 *
 * Who does what:  replication.c     whom a request is sent to
 *                 replica_stream.c  the log on its way to replicas and their acknowledgements back
 *                 replica_apply.c   replicas apply it
 *                 failover.c        nodes die and return, another one becomes the primary
 *                 replica_cut.c     nodes are cut off by the network, and perhaps there are two primaries
 *                 replica_seed.c    a new machine is filled
 *                 replica_regions.c nodes in several regions: the ways to them, and which is the nearest
 *                 own_writes.c      what each user has written last
 *
 * Randomness: "apply" of the component, by the entry's number: all replicas do the same work.
 * Cost: an event for a batch of entries on its way to each replica, one for its write to the replica's disk,
 * one or more for each entry that is applied. 40 bytes an entry that some node needs.
 */
#ifndef MODELS_REPLICATION_H
#define MODELS_REPLICATION_H

#include "models/database_node.h"
#include "models/own_writes.h"
#include "models/replica.h"
#include "models/request_line.h"

/* Messages that are on their way one after the other, as over one connection. */
struct replica_wire {
    struct request *ticker; /* of the set: what is on its way survives both ends */
    struct replica_message {
        int64_t date_ns;
        uint64_t position;
    } * messages; /* a ring */
    uint32_t first, count, room;
    uint64_t sent; /* ever */
    bool ticks;
};

enum applier_state { APPLIER_IDLE, APPLIER_COMPUTES, APPLIER_READS, APPLIER_TRIES_AGAIN };

struct applier {
    struct request *ticker;
    uint64_t position; /* of the entry */
    struct write_log_entry entry;
    enum applier_state state;
    bool is_void; /* the entry has been cut off meanwhile */
};

struct replica {
    struct replica_set *set;
    struct component *node;
    uint32_t index;      /* in the set, and as a reader of its log */
    struct link *call;   /* for requests: the library is in the caller, so it takes no time */
    struct link *stream; /* what its log and acknowledgements travel over to this node; both: regions apart */
    struct replica_wire log_wire, ack_wire;

    bool is_up;
    bool is_cut;        /* the network has cut it off from those who watch; see replica_cut.c */
    bool was_cut;       /* before the network changed */
    bool was_cut_as_primary;
    bool is_kept_out;   /* the primary, which has died and is back while another one is made */
    bool is_deposed;    /* it lives and was the primary, and does not know that another one is */
    bool is_known_down; /* by the others */
    bool follows;       /* the primary sends to it */
    bool serves;        /* it has what it missed while it was away */
    bool is_left_out;   /* no write waits for it */
    bool is_seeded;     /* it is being filled */
    int64_t down_ns;    /* since when it is down */
    uint64_t sent, acknowledged, applied;
    uint64_t serves_at; /* position from which on it serves */
    struct request *detector, *replacer;

    struct request *flusher; /* waits for the disk with what has been received */
    bool flushes;
    struct request *alarm; /* when the next entry may be applied */
    bool alarm_is_set;
    struct applier *appliers;
    uint32_t applier_count;
    uint64_t next; /* entry that is applied next */

    struct request_line waiting; /* reads that wait for a write of their user */
    struct write_log_entry *surplus;      /* entries that the new primary does not have */
    uint64_t surplus_count, surplus_room;
    uint64_t split_at;      /* of one that is deposed: its log is its own from there on */
    uint64_t split_commits; /* it has acknowledged since */
    bool was_primary; /* when it got that */
    struct replica_seed *seed;
};

struct replica_set {
    struct component *router;
    const struct database_config *config;
    const struct replication_config *replication;
    const struct duration *apply_time;
    struct replica *replicas;
    uint32_t count;
    uint32_t primary;
    struct write_log log;
    uint64_t acknowledged; /* entries below were acknowledged */
    uint64_t released;     /* entries below may be sent */
    struct request *shipper;
    bool shipper_is_set;
    struct request_line commits; /* writes that wait for replicas */
    struct request *sync_clock;
    bool sync_clock_is_set;
    uint32_t *readers; /* replicas that are asked, by index */
    uint32_t reader_count;
    struct own_writes own_writes;
    bool is_divided; /* the network is */
    struct replica_regions *regions; /* NULL: all nodes stand at the same place */

    struct replica *elected; /* is being promoted */
    bool is_promoted;        /* it only has to apply the rest */
    int64_t promotion_ns;    /* when that is so */
    struct request *promotion_clock;
    struct failover_replay *replay; /* of an old primary's surplus, NULL: none */
    struct request *replay_clock;   /* and whose the script's writes are */
    bool replay_clock_is_set;
};

/* The set with what it counts in the window; the state of the component. */
struct replicated {
    struct replica_set set;
    uint64_t stale_reads, replica_reads, primary_reads, fallback_reads, own_reads, own_waits;
    uint64_t lone_writes; /* acknowledged without the replicas that were to have them */
    uint64_t lost, split_brain, failovers, replayed, conflicts, seeds;
};

/* Carries out a database with replicas; a shard of one. */
extern const struct model_type replicated_database_model;

/* What the instances hold, each of them a set; for wire_group of the whole, before the sets are wired. */
void replication_set_parts(struct group *sets, const struct database_parts *parts);

static inline struct replicated *replicated_of(const struct replica_set *set)
{
    return component_state(set->router);
}

static inline struct database *replica_database(const struct replica *replica)
{
    return component_state(replica->node);
}

static inline bool replica_is_primary(const struct replica *replica)
{
    return replica->index == replica->set->primary;
}

static inline struct replica *replica_set_primary(const struct replica_set *set)
{
    return &set->replicas[set->primary];
}

/* It has a primary that leads. */
static inline bool replica_set_is_led(const struct replica_set *set)
{
    const struct replica *primary = replica_set_primary(set);

    return primary->is_up && !primary->is_kept_out && !set->elected;
}

/* Writes are acknowledged before they are on the primary's disk. */
static inline bool replica_set_delays(const struct replica_set *set)
{
    const struct database_shared *shared = replica_set_primary(set)->node->shared;

    return shared->commit == COMMIT_DELAYED;
}

/* Clocks of the set: key is one of these, user the replica. */
enum replica_clock {
    CLOCK_LOG,
    CLOCK_ACKNOWLEDGEMENT,
    CLOCK_SHIPPER,
    CLOCK_SYNC,
    CLOCK_DETECTOR,
    CLOCK_PROMOTION,
    CLOCK_REPLAY,
    CLOCK_REPLACEMENT
};

struct request *replica_set_clock(struct replica_set *set, enum replica_clock clock, uint32_t replica);

/* ---- replication.c ---- */

/* Who serves has changed. */
void replica_set_choose_readers(struct replica_set *set);

/* Reads that waited for it are sent on. */
void replica_wake_readers(struct replica *replica);

/* Sends the request to that node, which may be out of reach. */
void replica_set_send(struct replica_set *set, struct request *request, uint32_t index);

/* ---- replica_cut.c ---- */

/* For requests while nodes are cut off: whether the caller is cut off with them. */
bool replica_caller_is_cut(const struct replica_set *set, const struct request *request);

/* Sends the request of such a caller to a node that it reaches, or lets the network lose it. */
void replica_set_ask_within(struct replica_set *set, struct request *request);

/* The message gets nowhere: the caller's library hears that from the network. */
void replica_set_lose(struct replica_set *set, struct request *request);

/* Who is cut off has changed. */
void replica_set_on_network(struct replica_set *set);

/* Another one leads: what the old primary, which lives, is from now on; entries from `end` on are its own. */
void replica_depose(struct replica *old, uint64_t end);

/* It begins anew, as one of the others. */
void replica_end_split(struct replica *old);

/* It hears that it is deposed, and does that. */
void replica_step_down(struct replica *old);

/* Those who watch the nodes reach it. */
static inline bool replica_is_reachable(const struct replica *replica)
{
    return replica->is_up && !replica->is_cut;
}

/* The log still has what it has not applied; else it is filled anew before it does anything. */
static inline bool replica_can_go_on(const struct replica *replica)
{
    return replica->applied >= replica->set->log.oldest;
}

/* Each reaches the other one, if it is up. */
static inline bool replicas_are_together(const struct replica *one, const struct replica *other)
{
    return one->is_cut == other->is_cut;
}

/* A node that lives may follow the primary, which it reaches. */
static inline bool replica_may_follow(const struct replica *replica)
{
    return !replica_is_primary(replica) && replica->is_up && !replica->is_seeded && !replica->is_deposed &&
           replicas_are_together(replica, replica_set_primary(replica->set));
}

/* ---- replica_regions.c ---- */

/* Whether nodes stand in several regions; links are made by replica_regions_wire() then. */
bool replica_regions_are_set(const struct group *group);

/* For wire_callers: the ways of all callers to the nodes of all sets, and between nodes. */
void replica_regions_wire(struct group *group);

/* The link of the request from its caller to that node. */
struct link *replica_regions_way(const struct replica_set *set, struct request *request, uint32_t index);

/* What one node sends another one over. */
struct link *replica_regions_stream(const struct replica *from, const struct replica *to);

/* Who is asked has changed: set->readers. */
void replica_regions_sort(struct replica_set *set);

/* The reader that is nearest to the caller at its first attempt (0), then the next. */
uint32_t replica_regions_reader(const struct replica_set *set, struct request *request, uint32_t attempt);

/* What names no region, or cannot stand in several. */
void replica_regions_check(const struct group *group, struct param_problems *problems);

static inline struct link *replica_stream(const struct replica *from, const struct replica *to)
{
    return __builtin_expect(from->set->regions != NULL, 0) ? replica_regions_stream(from, to) : to->stream;
}

/* ---- replica_stream.c ---- */

/* Writes that wait for replicas fail: another one leads. */
void replica_set_end_commits(struct replica_set *set);

/* Sends what may be sent to whoever follows. */
void replica_set_ship(struct replica_set *set);
void replica_set_on_shipper(struct replica_set *set);
void replica_set_on_sync_clock(struct replica_set *set);
void replica_on_log(struct replica *replica);
void replica_on_acknowledgement(struct replica *replica);
void replica_on_flushed(struct replica *replica);
void replica_cut_stream(struct replica *replica);

/* Says how much it has on disk, where somebody waits for that. */
void replica_acknowledge(struct replica *replica);

/* Entries below have been acknowledged. */
void replica_set_acknowledge(struct replica_set *set, uint64_t position);

/* How far it is behind has changed. */
void replica_note_lag(struct replica *replica);

/* ---- replica_apply.c ---- */

void replica_apply(struct replica *replica);
void replica_on_applier(struct replica *replica, struct request *ticker);

/* The node has died: all that was begun is dropped; to be done again. */
void replica_stop_applying(struct replica *replica);

/* Entries from `end` on are not applied, or come to nothing. */
void replica_cut_applying(struct replica *replica, uint64_t end);

/* Entries from `from` to before `end` of the common log leave its rows, the last one first. */
void replica_take_back(const struct replica *replica, uint64_t from, uint64_t end);

/* It has applied all that it has received. */
bool replica_is_done(const struct replica *replica);

/* ---- failover.c ---- */

void failover_node_down(struct replica *replica);
void failover_node_up(struct replica *replica);
void failover_on_detector(struct replica *replica);
void failover_on_promotion(struct replica_set *set);
void failover_replay_next(struct replica_set *set);
void failover_on_replayed(struct replica_set *set, struct request *write);

/* The replica has what the primary's log begins with: from now on it is sent the rest. */
void failover_follow(struct replica *replica);

/* Its rows have changes that the new primary's log does not have. */
bool failover_has_surplus(const struct replica *replica);

/* What only it has is gone: it gets another machine, or another copy of the rows. */
void failover_drop_surplus(struct replica *replica);
void failover_on_replacement(struct replica *replica);

/* That leaves its rows; to do it again changes nothing, unless something has come since. */
void failover_undo_surplus(struct replica *replica);

/* Appends to what only that node has. */
void failover_add_surplus(struct replica *replica, const struct write_log_entry *entry);

/* Looks whether a new primary is wanted, and who may be it. */
void failover_elect(struct replica_set *set);

/* A node that is up and not the primary, which is, follows it. */
void failover_rejoin(struct replica *replica);

/* Nobody has taken the primary's place: it goes on with what is left. */
void failover_lead_again(struct replica *replica);

/* It is elected no more, should it be. */
void failover_end_promotion(struct replica *replica);

/* The elected one may have applied the rest. */
void failover_applied(struct replica *replica);

/* ---- replica_seed.c ---- */

/* Copies all rows to the node, which is up; it follows when that is done. */
void replica_seed_begin(struct replica *replica);
bool replica_seed_is_clock(const struct replica *replica, const struct request *ticker);
void replica_seed_on_clock(struct replica *replica);

/* A piece has been read at the node that it is copied from; a node has died. */
void replica_seed_on_read(struct replica *source, struct request *reader);
void replica_seed_node_died(struct replica *source);

#endif
