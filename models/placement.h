/* placement.h - which shard a row lives on.
 *
 *   modulo           the key modulo the number of shards; neighbours are spread, a further shard moves nearly
 *                    all
 *   consistent hash  a ring of virtual nodes; a further shard takes its part and moves nothing else
 *   range            the keys in their order, a stretch each; neighbours lie together, later rows all on the
 *                    last; a further shard takes half of the fullest one and moves nothing else
 *   directory        a list says of single values where they are, and the key modulo the number of shards
 *                    of the others; a further shard takes the values that are listed for it
 *
 * What the key is says shard_key.h; without one it is the row's number.
 *
 * Cost: O(1) by modulo, O(log) on a ring, of ranges and of what is listed. Read only once made; memory is the
 * run's. A further kind is a row of each table in placement.c.
 */
#ifndef MODELS_PLACEMENT_H
#define MODELS_PLACEMENT_H

#include "models/hash_ring.h"
#include "models/param.h"
#include "models/shard_key.h"

enum placement_kind {
    PLACEMENT_MODULO,
    PLACEMENT_CONSISTENT_HASH,
    PLACEMENT_RANGE,
    PLACEMENT_DIRECTORY,
    PLACEMENT_KINDS
};

extern const struct param_choice placement_choices[];

/* A stretch of the order of keys, up to where the next one begins. */
struct key_range {
    uint64_t from;
    uint32_t shard;
};

struct key_ranges {
    struct key_range *ranges; /* by rising `from`; the first is 0 */
    uint32_t count;
};

/* A value with a place of its own. */
struct listed_value {
    uint64_t value;
    uint32_t shard;
};

struct listed_values {
    struct listed_value *values; /* by rising value */
    uint32_t count;
};

#define PLACEMENT_LISTED_MAX 10000

/* As a scenario writes them. */
struct split_config {
    int64_t value;
};
struct listed_value_config {
    const char *value;
    int64_t shard;
};

extern const struct param_table split_params;
extern const struct param_table listed_value_params;

struct placement {
    enum placement_kind kind;
    uint32_t shards;
    uint32_t others;             /* of directory: shards that values are spread over which are not listed */
    const struct shard_key *key; /* NULL: the row's number */
    struct memory *memory;
    struct hash_ring ring;        /* of consistent hash */
    struct key_ranges *ranges;    /* of range: by data set */
    struct listed_values *listed; /* of directory: by data set */
    double **shares;              /* by data set: of all shards, where they have been counted; or NULL */
};

/* From now on this key decides; rows of a value are counted once for all shards. */
void placement_set_key(struct placement *placement, const struct shard_key *key);

/* Of a kind without more to say: modulo or consistent hash. shards above 0; virtual_nodes and seed are of the
 * ring. */
void placement_init(struct placement *placement, struct memory *memory, enum placement_kind kind,
                    uint32_t shards, uint32_t virtual_nodes, uint64_t seed);

/* By ranges that begin at the splits (struct split_config), one less than shards; empty: such that each has
 * as many rows as the others. */
void placement_init_ranges(struct placement *placement, struct memory *memory, uint32_t shards,
                           const struct shard_key *key, const struct param_list *splits);

/* By a list (struct listed_value_config) for values of the key's one column. */
void placement_init_directory(struct placement *placement, struct memory *memory, uint32_t shards,
                              const struct shard_key *key, const struct param_list *listed);

/* The same for another number of shards: each further one takes half of the fullest range, and those given up
 * leave theirs to their neighbours; values that are listed anew have another place. */
void placement_split_ranges(struct placement *after, const struct placement *before, uint32_t shards);
void placement_list_anew(struct placement *after, const struct placement *before, uint32_t shards,
                         const struct param_list *listed);

/* The shard of a row, from 0. */
uint32_t placement_home(const struct placement *placement, uint16_t data, uint64_t row);

/* The shard of what belongs to a user, by modulo or on a ring. */
uint32_t placement_home_of_user(const struct placement *placement, uint64_t user);

/* Whether a shard may have rows that are as `row` is in that column. True where nobody knows: only ranges by
 * that column first leave others out. O(ranges). */
bool placement_may_have(const struct placement *placement, uint16_t data, const char *column, uint64_t row,
                        uint32_t shard);

/* Whether new rows of the data set are the last in the order of ranges. */
bool placement_grows(const struct placement *placement, uint16_t data);

/* The row that decides where an insert about a row goes: that one, or the next number where keys grow. */
uint64_t placement_row_of_insert(const struct placement *placement, uint16_t data, uint64_t row);

/* The shards of `count` copies of a row, its home first, different ones as far as there are enough. */
void placement_copies(const struct placement *placement, uint16_t data, uint64_t row, uint32_t count,
                      uint32_t *shards);

/* Part of all rows that live on the shard. O(values) of a key of one column, the first time. */
double placement_share(const struct placement *placement, uint16_t data, uint32_t shard);

#endif
