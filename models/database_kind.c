#include "models/database_kind.h"

#include "models/cache.h"
#include "models/database_node.h"
#include "models/environment.h"
#include "models/quorum.h"
#include "models/replication.h"
#include "models/sharded_database.h"

#define BYTES_PER_KB 1000.0 /* serialise_time is by the kilobyte */

/* A key and the place of its row, in pages that are two thirds full. */
#define INDEX_ENTRY_BYTES 48

static const struct database_kind_row kinds[] = {
    [DATABASE_RELATIONAL] = { .name = "relational",
                              .locks_rows = true,
                              .takes_several_rows = true,
                              .joins = JOINS_BY_INDEX,
                              .columns = COLUMNS_ANSWERED,
                              .commit = COMMIT_FSYNC },
    [DATABASE_KEY_VALUE] = { .name = "key_value",
                             .works_by_byte = true,
                             .dynamic_schema = true,
                             .commit = COMMIT_DELAYED,
                             .refusal = "a key-value store reads and writes one value by its key: it has no "
                                        "joins, no further rows and no columns" },
    [DATABASE_DOCUMENT] = { .name = "document",
                            .works_by_byte = true,
                            .rewrites = true,
                            .dynamic_schema = true,
                            .columns = COLUMNS_ANSWERED,
                            .commit = COMMIT_DELAYED,
                            .refusal = "a document store reads and writes one document by its key: it has no "
                                       "joins and no further rows" },
    [DATABASE_WIDE_COLUMN] = { .name = "wide_column",
                               .takes_several_rows = true,
                               .works_by_byte = true,
                               .dynamic_schema = true,
                               .columns = COLUMNS_READ,
                               .commit = COMMIT_DELAYED,
                               .refusal = "a wide-column store reads and writes rows of one table: it has no "
                                          "joins" },
    [DATABASE_GRAPH] = { .name = "graph",
                         .locks_rows = true,
                         .takes_several_rows = true,
                         .dynamic_schema = true,
                         .joins = JOINS_BY_POINTER,
                         .columns = COLUMNS_ANSWERED,
                         .commit = COMMIT_FSYNC },
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

/* ---- work ---- */

uint32_t database_index_levels(uint64_t rows, uint64_t page_size)
{
    double fan_out = (double)(page_size / INDEX_ENTRY_BYTES);
    uint32_t levels = 1;

    for (double reach = fan_out; reach < (double)rows; reach *= fan_out)
        levels++;
    return levels;
}

static const struct data_set_config *data_set(const struct sim *sim, uint16_t data)
{
    return &environment_of(sim)->data_sets[data - 1];
}

/* Of a data set, on this node; all of them while it does not know it. */
static uint64_t rows_of_node(const struct component *self, uint16_t data)
{
    const struct database *db = component_state(self);
    const struct stored *stored = &db->pages.stored[data];
    uint64_t all = (uint64_t)data_set(self->sim, data)->rows, here = stored->pages * stored->rows_a_page;

    return stored->rows && here < all ? here : all;
}

/* From the root of an index of that data set to a row. */
static int64_t look_up_ns(const struct component *self, uint16_t data)
{
    const struct database_config *config = self->group->config;

    return config->index_time *
           database_index_levels(rows_of_node(self, data), (uint64_t)config->page_size);
}

/* Rows that a column is looked up for are found together, at one place of its index; others one by one. */
static int64_t further_rows_work_ns(const struct component *self, const struct request *request,
                                    const struct query *query)
{
    const struct database_config *config = self->group->config;
    uint32_t rows = query_rows_here(self->sim, query, request);
    uint16_t data = query_data(query, request);
    int64_t work_ns = rows * config->row_read_time;

    if (query->column && data)
        work_ns += look_up_ns(self, data);
    else if (kinds[config->kind].joins == JOINS_BY_INDEX && data)
        work_ns += rows * look_up_ns(self, data);
    return work_ns;
}

uint64_t database_row_bytes(struct component *self, const struct request *request)
{
    const struct database_kind_row *kind = database_kind_of(self->group->config);
    const struct query *query = kind->columns == COLUMNS_READ ? query_of(self->sim, request) : NULL;

    return request->data ? query_row_bytes(query, data_set(self->sim, request->data)) : 0;
}

static int64_t serialise_ns(struct component *self, const struct request *request)
{
    const struct database_config *config = self->group->config;
    const struct database_kind_row *kind = &kinds[config->kind];
    const struct query *query = query_of(self->sim, request);
    double bytes;

    if (request->operation == OPERATION_DELETE || request->operation == OPERATION_CLEAR)
        return 0;
    bytes = (double)database_row_bytes(self, request) *
            (query_own_rows(query, request) + query_rows_here(self->sim, query, request));
    if (kind->rewrites && request->operation == OPERATION_WRITE)
        bytes *= 2; /* what was there is parsed first */
    return sim_time_from_ns(bytes / BYTES_PER_KB * (double)config->serialise_time);
}

int64_t database_rows_work_ns(struct component *self, const struct request *request)
{
    const struct database_config *config = self->group->config;
    const struct query *query = query_of(self->sim, request);
    uint32_t rows = query_own_rows(query, request);
    int64_t work_ns = rows > 1 ? (rows - 1) * config->row_read_time : 0;

    if (query && (query->found || query->column))
        work_ns += further_rows_work_ns(self, request, query);
    if (kinds[config->kind].works_by_byte)
        work_ns += serialise_ns(self, request);
    return work_ns;
}

uint64_t database_log_bytes(const struct database_config *config, const struct request *request,
                            uint64_t row_bytes)
{
    uint64_t rows = query_own_rows(NULL, request), bytes = (uint64_t)config->log_record;

    if (request->operation == OPERATION_COPY_IN)
        return bytes + row_bytes * rows;
    if (kinds[config->kind].works_by_byte && request->operation != OPERATION_DELETE &&
        request->operation != OPERATION_CLEAR)
        bytes += row_bytes;
    return bytes * rows;
}

uint64_t database_answer_bytes(struct component *self, const struct request *request)
{
    const struct query *query = query_of(self->sim, request);
    const struct data_set_config *further;
    uint64_t bytes = 0;

    if (request->data)
        bytes = query_row_bytes(query, data_set(self->sim, request->data)) * query_own_rows(query, request);
    if (!query || !query_data(query, request))
        return bytes;
    further = data_set(self->sim, query_data(query, request));
    return bytes + query_rows_here(self->sim, query, request) *
                       (query->is_join ? (uint64_t)further->row_size : query_row_bytes(query, further));
}

bool store_has_parts(const struct group *store)
{
    const struct sharded_config *config = store->config;

    return store->type == &sharded_database_model.component &&
           !shard_key_is(&config->shard_key, SHARD_KEY_USER);
}

/* ---- what a kind does not do ---- */

static bool kind_can(const struct database_kind_row *kind, enum store_ability ability)
{
    return ability == STORE_TAKES_ROWS ? kind->takes_several_rows
           : ability == STORE_JOINS    ? kind->joins != JOINS_NONE
           : ability == STORE_KEEPS_COPIES ? true
                                       : kind->columns != COLUMNS_UNKNOWN;
}

/* Its answers are compared by the version of one row. */
static const char leaderless_refusal[] = "copies of which none leads know rows by their keys alone";

static const char *shards_refuse(const struct sharded_config *config, enum store_ability ability)
{
    if (!kind_can(&kinds[config->node.kind], ability))
        return kinds[config->node.kind].refusal;
    if (shard_key_is(&config->shard_key, SHARD_KEY_USER))
        return ability == STORE_KEEPS_COPIES || ability == STORE_FINDS
                   ? "its rows belong to whoever asks, and are not found for others"
                   : NULL;
    if (config->node.replicas && config->node.replication.mode == REPLICATION_QUORUM &&
        (ability == STORE_KEEPS_COPIES || ability == STORE_FINDS || ability == STORE_JOINS))
        return leaderless_refusal;
    if (config->reshard &&
        (ability == STORE_KEEPS_COPIES || ability == STORE_FINDS || ability == STORE_JOINS))
        return "rows that move to other shards are found by their keys alone";
    if (config->copied_rows.count && (ability == STORE_KEEPS_COPIES || ability == STORE_FINDS))
        return "some of its rows are copied themselves";
    return NULL;
}

static const char *cache_refuses(const struct group *cache, enum store_ability ability)
{
    const struct cache_config *config = cache->config;

    if (ability != STORE_TAKES_ROWS)
        return "a cache keeps whole rows by their keys";
    return config->store ? store_refuses(sim_find_group(cache->sim, config->store), ability) : NULL;
}

const char *store_refuses(const struct group *store, enum store_ability ability)
{
    const struct database_kind_row *kind;

    if (store->type == &sharded_database_model.component)
        return shards_refuse(store->config, ability);
    if (store->type == &cache_model.component)
        return cache_refuses(store, ability);
    if (store->type != &database_model.component && store->type != &replicated_database_model.component &&
        store->type != &quorum_database_model.component)
        return NULL;
    if (store->type == &quorum_database_model.component && ability == STORE_KEEPS_COPIES)
        return leaderless_refusal;
    kind = database_kind_of(store->config);
    return kind_can(kind, ability) ? NULL : kind->refusal;
}
