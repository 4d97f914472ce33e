/* sharded_state.h - what the files of a sharded database share.
 *
 *   sharded_database.c         wiring, the way of a request
 *   sharded_database_params.c  what a scenario can say, and what can be wrong with it
 *   sharded_special.c          rows that are copied, or have a shard to themselves
 *   sharded_moving.c           requests while rows move
 *   split_query.h              queries that need several shards
 *   shard_directory.h          a directory that is asked
 */
#ifndef MODELS_SHARDED_STATE_H
#define MODELS_SHARDED_STATE_H

#include "models/sharded_database.h"
#include "models/split_query.h"
#include "sim/call.h"

/* A row that does not simply live where placement says. */
struct special_row {
    uint64_t row;
    uint32_t count;          /* of copies; 1: it has a shard of its own */
    uint32_t *shards;        /* of the copies */
    uint32_t *last_versions; /* given to a write, by data set */
};

struct sharded_shared {
    struct shard_key key; /* first: see sharded_check_wired() */
    struct placement placement;
    struct link **shards;
    struct special_row *special; /* by rising row */
    size_t special_count;
    bool by_user;
    struct resharding *resharding; /* NULL: rows stay where they are */
    struct link **again;           /* to the shards, for a request that has been at another one first */
    struct split_router split;
    struct shard_directory *directory; /* NULL: callers know where values are */
};

struct sharded {
    uint64_t stale_reads, copied_reads, copied_writes; /* in the window */
    uint64_t forwarded, double_reads, double_writes;
    uint64_t kept, looked_up;
    struct split_counts split;
};

enum sharded_step { SHARDED_PASSES_ON, SHARDED_COPY, SHARDED_BOTH, SHARDED_LOOKS_UP };

/* The row that decides where the request goes. */
static inline uint64_t sharded_row_of(const struct sharded_shared *shared, const struct request *request)
{
    if (request->operation != OPERATION_INSERT)
        return request->key;
    return placement_row_of_insert(&shared->placement, request->data, request->key);
}

/* Passes the answer on. */
static inline void sharded_answer(struct component *self, struct request *request)
{
    struct sharded *state = component_state(self);

    state->stale_reads += (request->flags & REQUEST_STALE) != 0;
    sim_reply(self, request, (enum outcome)request->outcome);
}

/* ---- sharded_special.c ---- */

/* For wire_group, once rows have places. */
void sharded_make_special(struct group *group);

/* Of a row, where there are special ones. */
struct special_row *sharded_find_special(const struct sharded_shared *shared, uint64_t row);

/* NULL: an ordinary row. */
static inline struct special_row *sharded_special(const struct sharded_shared *shared, uint64_t row)
{
    return shared->special_count ? sharded_find_special(shared, row) : NULL;
}

/* Of several copies the one that the number of the visit says. */
static inline uint32_t special_shard(const struct special_row *special, uint64_t number)
{
    return special->shards[rng_hash(number, special->count) % special->count];
}

/* A write of a row that is copied; each copy's answer comes with the step SHARDED_COPY. */
void sharded_write_all_copies(struct component *self, struct request *request, struct special_row *special);

/* ---- sharded_moving.c: once the move has begun ---- */

void sharded_ask_about_row(struct component *self, struct request *request);

/* The answer of a shard that does not have the row: not yet, or not any more. Then the other one is asked. */
bool sharded_asked_in_vain(const struct component *self, const struct request *request);
void sharded_ask_again(struct component *self, struct request *request);

/* One of two shards has answered; what the one says that has the row is the answer. */
void sharded_one_of_both(struct component *self, struct request *branch);

#endif
