/* sharded_database.h - the configuration of a database that is cut into shards. */
#ifndef MODELS_SHARDED_DATABASE_H
#define MODELS_SHARDED_DATABASE_H

#include "models/database.h"
#include "models/resharding.h"

enum shard_key { SHARD_KEY_ROW, SHARD_KEY_USER };

struct copied_row_config {
    int64_t row;
    int64_t copies;
};

struct own_shard_row_config {
    int64_t row;
};

struct sharded_config {
    struct database_config node; /* first: it is also the shards' configuration */
    int64_t shards;
    int placement; /* enum placement_kind */
    int64_t virtual_nodes;
    int64_t hash_seed;                /* INT64_MAX: of the run */
    int shard_key;                    /* enum shard_key */
    struct param_list copied_rows;    /* of struct copied_row_config */
    struct param_list own_shard_rows; /* of struct own_shard_row_config */
    const struct reshard_config *reshard; /* NULL: the number of shards stays */
};

extern const struct model_type sharded_database_model;

#endif
