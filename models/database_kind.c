#include "models/database_kind.h"

#include "models/cache.h"
#include "models/environment.h"
#include "models/sharded_database.h"

#define BYTES_PER_KB 1000.0 /* serialise_time is by the kilobyte */

static const struct database_kind_row kinds[] = {
    [DATABASE_RELATIONAL] = { .name = "relational",
                              .locks_rows = true,
                              .takes_several_rows = true,
                              .commit = COMMIT_FSYNC },
    [DATABASE_KEY_VALUE] = { .name = "key_value", .whole_values = true, .commit = COMMIT_DELAYED },
};

const struct database_kind_row *database_kind_of(const struct database_config *config)
{
    return &kinds[config->kind];
}

enum database_commit database_commit_of(const struct database_config *config)
{
    return config->commit == COMMIT_BY_KIND ? kinds[config->kind].commit
                                            : (enum database_commit)config->commit;
}

int64_t database_rows_work_ns(struct component *self, const struct request *request)
{
    const struct database_config *config = self->group->config;
    double bytes;

    if (!kinds[config->kind].whole_values)
        return request->rows > 1 ? (request->rows - 1) * config->row_read_time : 0;
    if (!request->data || request->operation == OPERATION_DELETE || request->operation == OPERATION_CLEAR)
        return 0;
    bytes = (double)environment_of(self->sim)->data_sets[request->data - 1].row_size;
    if (database_moves_rows(request))
        bytes *= request->rows;
    return sim_time_from_ns(bytes / BYTES_PER_KB * (double)config->serialise_time);
}

uint64_t database_log_bytes(const struct database_config *config, const struct request *request,
                            uint64_t row_bytes)
{
    uint64_t bytes = (uint64_t)config->log_record * (request->rows ? request->rows : 1);

    if (request->operation == OPERATION_COPY_IN)
        bytes += row_bytes * request->rows;
    else if (kinds[config->kind].whole_values && request->operation != OPERATION_DELETE &&
             request->operation != OPERATION_CLEAR)
        bytes += row_bytes;
    return bytes;
}

const char *store_refuses_several_rows(const struct group *store)
{
    const struct database_config *node = NULL;

    if (store->type == &database_model.component)
        node = store->config;
    else if (store->type == &sharded_database_model.component)
        node = &((const struct sharded_config *)store->config)->node;
    else if (store->type == &cache_model.component && ((const struct cache_config *)store->config)->store)
        return store_refuses_several_rows(
            sim_find_group(store->sim, ((const struct cache_config *)store->config)->store));
    return node && !kinds[node->kind].takes_several_rows ? "a key-value store reads and writes one value by "
                                                           "its key: it has no joins and no further rows"
                                                         : NULL;
}
