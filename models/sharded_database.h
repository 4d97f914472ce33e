/* sharded_database.h - the configuration of a database that is cut into shards. */
#ifndef MODELS_SHARDED_DATABASE_H
#define MODELS_SHARDED_DATABASE_H

#include "models/database.h"
#include "models/resharding.h"
#include "models/shard_directory.h"

#define COPIES_MAX 256 /* of a row */

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
    struct param_list shard_key;      /* of struct shard_key_column */
    struct param_list splits;         /* of struct split_config; placement range */
    struct param_list directory;      /* of struct listed_value_config; placement directory */
    const struct directory_config *directory_server; /* NULL: callers have the list */
    struct param_list copied_rows;    /* of struct copied_row_config */
    struct param_list own_shard_rows; /* of struct own_shard_row_config */
    int64_t part_timeout;                 /* ns; INT64_MAX, 0: never */
    const struct reshard_config *reshard; /* NULL: the number of shards stays */
};

extern const struct param_table sharded_params;

/* What no row can say; the second one, with the data sets at hand. */
void sharded_check(const void *configuration, struct param_problems *problems);
void sharded_check_wired(const struct group *group, struct param_problems *problems);

/* Part of the rows of a data set on a shard; context is what the group shares. */
double sharded_share(const void *context, uint32_t shard, uint16_t data);

/* What crashes: shards, or the nodes of all shards that are copies of one another. */
const char *sharded_part_name(const void *configuration, size_t index);
int64_t sharded_part_instances(const void *configuration, size_t index);
int64_t sharded_wholes(const void *configuration);

extern const struct model_type sharded_database_model;

#endif
