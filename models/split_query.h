/* split_query.h - a query whose rows lie on several shards: who is asked for what, and one answer made of
 * many.
 *
 * A join reads the row of its key where that is, and then, hop by hop, the rows joined to it: every shard
 * that has some of them gets one request for all it has, and the slowest decides when the next hop begins. A
 * further hop is a further question of the library in the caller: it pays the way there and back once more.
 *
 * Rows that are found by a column: unless that column decides about the shard nobody knows who has them, and
 * all shards are asked at once (scatter-gather), but for those that cannot have any. Each looks into its
 * index; those with no such row have nothing to answer, and what a write finds is changed where it is. Of a
 * join the row of the key is read first. Where one shard has all of it, by such a column, that one does the
 * whole query.
 *
 * The answers add up: bytes, and the first failure among them is the outcome; where a partial answer will do
 * those that have failed are left out, unless all have.
 *
 * The request's frame: `note` is the number of the query, `step` begins with one of split_step and counts
 * hops in its upper half; the request's own number of the query is 0 while the row of its key is asked for.
 * While parts are out its service_ns counts those that have failed, and its since_ns those that were sent.
 * Randomness: a hash of the visit's number, the hop and the shard names each part. Ownership: of the run.
 * Errors: none of its own. Cost: O(further rows) to find out whom to ask, O(shards asked) requests. Memory: 8
 * bytes a shard.
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
    uint64_t queries, parts, partial;
};

struct split_router {
    struct link **links; /* to the shards; they take no time */
    uint32_t shard_count;
    /* The shard that answers for a row; number: of the visit. */
    uint32_t (*home)(const void *context, uint16_t data, uint64_t row, uint64_t number);
    /* Whether rows with the same value in that column are on the same shard. */
    bool (*decides)(const void *context, uint16_t data, const char *column);
    /* Whether a shard may have rows that are as `row` is in that column. */
    bool (*may_have)(const void *context, uint16_t data, const char *column, uint64_t row, uint32_t shard);
    const void *context;
    uint32_t *rows;  /* by shard, of the part that is being made; else 0 */
    uint32_t *asked; /* shards that are to be asked */
};

/* For wire_group. */
void split_router_init(struct split_router *router, struct memory *memory, struct link **links,
                       uint32_t shard_count);

/* What becomes of a request with a query. */
enum split_way {
    SPLIT_NOT, /* it goes to the shard of the row of its key, as it is */
    SPLIT_ROW_FIRST, /* there, too, for that row alone, and its answer to split_query_go_on() */
    SPLIT_AT_ONCE /* split_query_send() */
};

enum split_way split_query_begin(struct component *self, struct request *request,
                                 const struct split_router *router,
                                 struct split_counts *counts);

/* The row of the key has been read, or all parts of a hop. True: the request is out again, or comes back in
 * on_timer, for split_query_send(). False: this was all, it is to be answered. */
bool split_query_go_on(struct component *self, struct request *request, struct split_router *router,
                       struct split_counts *counts);

/* Sends the parts of the hop. */
void split_query_send(struct component *self, struct request *request, struct split_router *router,
                      struct split_counts *counts);

/* A part has answered: the request itself when that was the last one, else NULL. */
struct request *split_query_join(struct component *self, struct request *part, struct split_counts *counts);

#endif
