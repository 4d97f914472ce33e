/* resharding.h - rows that move to another number of shards while requests go on.
 *
 * A script goes through the rows by their numbers, a chunk at a time. A chunk is read at the shards that have
 * its rows, sent over the network, written by the shards that get them, and then deleted where it was; only
 * rows whose shard changes move. Every row is in one of these stages:
 *   stays    its shard is the same before and after
 *   waits    its chunk has not begun: it is where it was
 *   moves    its chunk is on the way: it is where it was, and writes go to both shards
 *   moved    it is where it will be; for a moment also, and for nothing, where it was
 * The change from moves to moved happens at one instant, with all that was written meanwhile: as a script
 * that also reads the log of the old shard. A request that was on its way to the old shard finds nothing
 * and is asked again at the new one, as with an answer that says where the row went.
 *
 * Rows that inserts have added belong to the row that the insert was about, and move with its shard, after
 * the others. A data set that nobody has asked about when the move begins is new: it is placed by the new
 * number.
 *
 * Two files: resharding_rows.c knows where each row is, resharding.c moves them.
 * Cost: O(rows) a data set to count them, the same to move them, and to check at the end that each row is
 * where it should be; O(1) a request. Memory: 8 bytes a row that inserts added, and 16 bytes for each pair
 * of shards.
 */
#ifndef MODELS_RESHARDING_H
#define MODELS_RESHARDING_H

#include "models/database.h"
#include "models/placement.h"
#include "sim/link.h"

#define RESHARD_SHARDS_MAX 256

enum moving_reads { READS_ROUTED, READS_FORWARDED, READS_DOUBLE };

struct reshard_config {
    int64_t at; /* ns */
    int64_t shards;
    double bandwidth; /* bytes/s; infinite: unlimited */
    int64_t chunk_rows;
    int reads;                /* enum moving_reads */
    struct param_list values; /* of struct listed_value_config; of a directory */
};

extern const struct param_table reshard_params;

enum row_stage { ROW_STAYS, ROW_WAITS, ROW_MOVES, ROW_MOVED };

struct row_route {
    uint32_t before, after; /* shards */
    enum row_stage stage;
};

/* A data set, as far as it has come. Row numbers. */
struct moving_data {
    bool counted;
    uint64_t moved_end;       /* rows below have moved; UINT64_MAX: all */
    uint64_t moving_end;      /* rows below move or have moved */
    uint64_t *before, *after; /* rows that each shard has at first, and at last, without what was inserted */
    uint64_t moves;           /* rows whose shard changes and has not yet, deleted ones too */
};

/* Rows that inserts added to one shard: for each the row that its insert was about. */
struct added_rows {
    uint64_t *owners;
    uint64_t count, room;
    uint64_t moved_end; /* of those below it, the ones that belong elsewhere have moved */
    uint64_t moves;     /* rows that belong elsewhere and have not moved yet */
};

struct resharding {
    const struct reshard_config *config;
    struct sim *sim;
    struct group *nodes;
    struct placement before, after;
    uint32_t node_count;
    uint16_t data_count;
    bool begun;
    struct moving_data *data; /* by number of the data set */
    struct added_rows *added; /* by data set, then by shard */
    uint64_t between;         /* rows that went from one old shard to another */
    int64_t *garbage;         /* bytes that are to be deleted, by shard: their rows have moved */
};

/* For wire_group of the store: nodes are its shards, max of both numbers. Sets what the nodes have to ask
 * (database_parts.place and so on) in `parts`, whose context is the result. */
struct resharding *resharding_make(struct group *store, const struct reshard_config *config,
                                   const struct placement *before, const struct placement *after);
void resharding_set_parts(struct resharding *resharding, struct group *nodes, struct database_parts *parts);

/* Makes the part of the store that does the moving: the group "STORE.resharding". */
void resharding_add_mover(struct group *store, struct resharding *resharding);

/* Where a row is. */
struct row_route resharding_route(const struct resharding *resharding, uint16_t data, uint64_t row);

/* The shard that answers for it now. */
static inline uint32_t route_now(struct row_route route)
{
    return route.stage == ROW_MOVED ? route.after : route.before;
}

static inline struct added_rows *added_rows_of(const struct resharding *resharding, uint16_t data,
                                               uint32_t node)
{
    return &resharding->added[(size_t)data * resharding->node_count + node];
}

/* What is to be moved of a chunk from one shard to another. */
struct moving_pair {
    uint64_t first; /* a row of it that is there */
    uint32_t rows;
};

/* The next chunk of the data set from moved_end on, at most chunk_rows; pairs by before and after. Returns
 * its end; `stays` counts rows that stay. */
uint64_t resharding_next_chunk(const struct resharding *resharding, uint16_t data, struct moving_pair *pairs,
                               uint64_t *stays);

/* The rows of the chunk change their shard now. Returns how many did; deleted ones are no rows. */
uint64_t resharding_switch(struct resharding *resharding, uint16_t data, uint64_t end);

/* Rows that have yet to change their shard, of all that were there when the move began or were inserted. */
int64_t resharding_left(const struct resharding *resharding);

/* The same of what inserts added to a shard: the next chunk of it by target, and the change. */
uint64_t resharding_next_added(const struct resharding *resharding, uint16_t data, uint32_t node,
                               struct moving_pair *pairs, uint64_t *stays);
uint64_t resharding_switch_added(struct resharding *resharding, uint16_t data, uint32_t node, uint64_t end);

/* Each row is on the shard it should be on, and what is deleted behind it is all that is there twice; false:
 * `out` tells where not. O(rows). */
bool resharding_conserves(const struct resharding *resharding, FILE *out);

extern const struct model_type resharding_model;

#endif
