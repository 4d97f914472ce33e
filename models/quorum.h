/* quorum.h - a store of several copies of which none leads: a write goes to all of them and is acknowledged
 * when `write` of them have it, a read asks `read` of them and takes the newest answer.
 *
 * The set is what callers ask ("db"); its nodes are parts of it, "db.copy". A copy that is up takes each
 * request (the coordinator), asks itself without the network and the others over it. It gives a write its
 * version, as clocks that all agree would; of two writes of a row the later version stands in every copy.
 *
 * A read is stale when a write had been acknowledged before the read began and is not in its answer. Where
 * read + write is more than the copies that cannot be; else it follows from who answers how soon.
 *
 * Writes do not look whether their row is there: a write makes it, a deletion leaves a mark in its place.
 *
 * What a copy misses while it is down is kept for it as hints and sent when it is back; a read that finds
 * copies of different ages brings the newest version to the others.
 *
 *   quorum.c         whom a request is sent to
 *   quorum_answers.c when it is answered, and what with
 *   quorum_copies.c  copies die and come back: hints, writes that are lost
 *
 * Randomness: who coordinates is a hash of the request's number. Cost: one more place in the pool of requests
 * for each operation that is under way, a request for each copy that is asked; 32 bytes a row that was ever
 * written, and 24 a hint.
 * Source: DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", 2007; Lakshman and Malik,
 * "Cassandra: a decentralized structured storage system", 2010.
 */
#ifndef MODELS_QUORUM_H
#define MODELS_QUORUM_H

#include "models/database_node.h"
#include "models/replica.h"

/* A write that a copy has missed. */
struct quorum_hint {
    uint64_t row;
    uint32_t version, bytes;
    uint16_t data, rows;
    uint8_t operation, query;
    uint8_t keeper; /* the copy that keeps it */
};

#define HINTS_AT_ONCE 16 /* that are on their way to a copy */

_Static_assert(sizeof(struct quorum_hint) <= 48, "hints are kept in large numbers");

struct quorum_copy {
    struct quorum_set *set;
    struct component *node;
    struct link *near, *far; /* from a coordinator that is this node, and from another one */
    uint32_t index;
    bool is_up;
    bool is_known_down; /* by the others */
    uint64_t side;      /* of the network, see sim/cut.h */
    int64_t down_ns;    /* since when it is down */
    struct request *detector;

    struct request *courier;   /* parent of hints on their way */
    struct quorum_hint *hints; /* a ring */
    uint64_t first_hint, hint_count, hint_room;
    struct quorum_hint sent[HINTS_AT_ONCE];
    uint32_t sent_mask;
};

/* One read or write that is under way. */
struct quorum_operation {
    struct request *carrier; /* parent of what is sent to copies, and a copy of the question; NULL: free */
    struct request *request; /* that waits for the answer; NULL: it has it */
    uint64_t asked;          /* copies, by bit */
    uint64_t answered;
    uint32_t coordinator;
    uint64_t side; /* of whoever asks */
    uint32_t needed, good, out;
    uint32_t version;  /* that it writes; the newest that was read */
    uint32_t made;     /* that the row has by the write */
    uint32_t expected; /* acknowledged before the read began */
    uint32_t bytes;
    uint8_t outcome;
    bool has_failed; /* at some copy */
    bool writes;
    bool is_tracked;     /* about a row that has versions */
    uint32_t versions[]; /* that were read, by copy */
};

struct quorum_set {
    struct component *router;
    const struct database_config *config;
    bool versions_given; /* by whoever this is a part of */
    bool private_rows;
    bool is_divided; /* the network is */
    struct quorum_copy *copies;
    uint32_t count;
    struct quorum_operation **operations;
    uint32_t operation_count, operation_room;
    uint32_t *free;
    uint32_t free_count;
    struct row_table given;        /* versions, by row */
    struct row_table acknowledged; /* likewise */
};

/* The set with what it counts in the window; the state of the component. */
struct quorum {
    struct quorum_set set;
    uint64_t stale_reads, answered_reads, repairs;
    uint64_t refused_reads, refused_writes;
    uint64_t sent_again, lost, hints_kept, hints_delivered, hints_dropped;
    struct amount hints_waiting;
};

extern const struct model_type quorum_database_model;

/* What the instances hold; for wire_group of the whole, before they are wired. */
void quorum_set_parts(struct group *sets, const struct database_parts *parts);

/* Copies that have to answer, majorities worked out. */
uint32_t quorum_of(int64_t configured, uint32_t copies);

static inline struct quorum *quorum_of_set(const struct quorum_set *set)
{
    return component_state(set->router);
}

/* Whether somebody on that side would ask the copy. What is out of reach is known at once to be so. */
static inline bool quorum_may_ask(const struct quorum_copy *copy, uint64_t side)
{
    return !copy->is_known_down && (!copy->set->is_divided || copy->side == side);
}

/* What a branch of the router's is; its frame's step. The copy is in its note. */
enum quorum_errand { ERRAND_ASKS, ERRAND_REPAIRS, ERRAND_BRINGS_HINT };

/* ---- quorum.c ---- */

/* A branch of the operation for that copy; it has to be sent. */
struct request *quorum_fork(struct quorum_operation *operation, const struct quorum_copy *copy,
                            enum quorum_errand errand);
void quorum_send(struct quorum_set *set, struct request *branch, uint32_t coordinator);

/* The next copy from the coordinator on that has not been asked and may be up; NULL: none. */
struct quorum_copy *quorum_find_unasked(struct quorum_set *set, const struct quorum_operation *operation);

/* An operation that too few copies can answer. */
void quorum_count_failure(struct quorum_set *set, bool writes);

/* All that it sent is back. */
void quorum_close(struct quorum_set *set, struct quorum_operation *operation);

/* ---- quorum_answers.c ---- */

void quorum_on_answer(struct quorum_set *set, struct quorum_operation *operation, struct request *branch);

/* The copy has died: who waited for it as a coordinator hears of that. */
void quorum_coordinator_died(struct quorum_copy *copy);

/* ---- quorum_copies.c ---- */

/* The copy has missed what the operation writes; its coordinator keeps that. */
void quorum_keep_hint(struct quorum_copy *copy, const struct quorum_operation *operation);
void quorum_on_network(struct quorum_set *set);
void quorum_on_detector(struct quorum_copy *copy);
void quorum_on_hint(struct quorum_copy *copy, struct request *hint);

#endif
