/* split_query.h - a query whose rows lie on several shards: who is asked for what, and one answer made of
 * many.
 *
 * A join reads the row of its key where that is, and then, hop by hop, the rows joined to it: every shard
 * that has some of them gets one request for all it has, and the slowest decides when the next hop begins. A
 * further hop is a further question of the library in the caller: it pays the way there and back once more.
 *
 * The answers add up: bytes, and the first failure among them is the outcome.
 *
 * The request's frame: `note` is the number of the query, `step` begins with one of split_step and counts
 * hops in its upper half; the request's own number of the query is 0 while the row of its key is asked for.
 * Randomness: a hash of the visit's number, the hop and the shard names each part.
 * Ownership: of the run. Errors: none of its own.
 * Cost: O(joined rows) to find out whom to ask, O(shards asked) requests. Memory: 8 bytes a shard.
 */
#ifndef MODELS_SPLIT_QUERY_H
#define MODELS_SPLIT_QUERY_H

#include "models/query.h"
#include "sim/call.h"

/* In the frame's step; others of the router's begin with other values. */
enum split_step {
    SPLIT_ROW = 0x10, /* the row of the key has been asked for */
    SPLIT_PARTS,      /* parts are out */
    SPLIT_PART        /* one of them, itself */
};

#define SPLIT_STEP_MASK 0xff

/* Counted in the window. */
struct split_counts {
    uint64_t queries, parts;
};

struct split_router {
    struct link **links; /* to the shards; they take no time */
    uint32_t shard_count;
    /* The shard that answers for a row; number: of the visit. */
    uint32_t (*home)(const void *context, uint16_t data, uint64_t row, uint64_t number);
    const void *context;
    uint32_t *rows;  /* by shard, of the part that is being made; else 0 */
    uint32_t *asked; /* shards that have some */
};

/* For wire_group, once there are links. */
void split_router_init(struct split_router *router, struct memory *memory, struct link **links,
                       uint32_t shard_count);

/* Whether rows joined to that of the key are asked for which may lie anywhere. */
static inline bool split_query_wanted(const struct sim *sim, const struct request *request)
{
    const struct query *query = query_of(sim, request);

    return query && query->parts && request->data;
}

/* From now on the request asks for the row of its key alone: send it there, and its answer to
 * split_query_go_on(). */
void split_query_begin(struct request *request, struct split_counts *counts);

/* The row of the key has been read, or all parts of a hop. True: the request is out again, or comes back in
 * on_timer, for split_query_send(). False: this was all, it is to be answered. */
bool split_query_go_on(struct component *self, struct request *request, struct split_router *router,
                       struct split_counts *counts);

/* Sends the parts of the hop. */
void split_query_send(struct component *self, struct request *request, struct split_router *router,
                      struct split_counts *counts);

/* A part has answered: the request itself when that was the last one, else NULL. */
struct request *split_query_join(struct component *self, struct request *part);

#endif
