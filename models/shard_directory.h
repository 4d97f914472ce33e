/* shard_directory.h - the directory of a sharded database as a server that is asked where a value of the
 * shard key is: the group "STORE.directory".
 *
 * Whoever calls the store asks it first, and keeps the answer for a while; each calling instance keeps its
 * own. While the directory is down only what callers have kept is found.
 *
 * Left out: answers that are wrong because a value has moved since (what callers keep is right), a directory
 * of several servers. Cost: O(1) a request. Memory: 56 bytes for each value that a caller keeps.
 */
#ifndef MODELS_SHARD_DIRECTORY_H
#define MODELS_SHARD_DIRECTORY_H

#include "models/model.h"
#include "models/sticky_table.h"
#include "sim/request.h"

#define SHARD_DIRECTORY_PART "directory"

struct directory_config {
    const char *host;
    struct distribution_config time; /* s */
    int64_t kept;                    /* ns; 0: not at all */
};

extern const struct param_table directory_params;

struct shard_directory {
    struct link *link; /* from the store to it */
    bool keeps;
    struct sticky_table kept; /* by caller and value */
};

/* For wire_group of the store. */
struct shard_directory *shard_directory_make(struct group *store, const struct directory_config *config);

/* Whether the caller of this request has to ask where the value is; if not, it has kept the answer. */
bool shard_directory_is_asked(struct shard_directory *directory, const struct request *request,
                              uint64_t value, int64_t now_ns);

/* It has been told, and keeps that. */
void shard_directory_keep(struct shard_directory *directory, const struct request *request, uint64_t value,
                          int64_t now_ns);

extern const struct model_type shard_directory_model;

#endif
