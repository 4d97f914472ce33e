/* sharded_special.c - rows of a sharded database that are kept in several copies or have a shard to
 * themselves; see sharded_state.h.
 *
 * Cost: O(log s) for s special rows. Memory: O(copies). */
#include <stdlib.h>

#include "models/environment.h"
#include "models/sharded_state.h"

static int by_row(const void *left, const void *right)
{
    const struct special_row *a = left, *b = right;

    return (a->row > b->row) - (a->row < b->row);
}

struct special_row *sharded_find_special(const struct sharded_shared *shared, uint64_t row)
{
    struct special_row wanted = { .row = row };

    return bsearch(&wanted, shared->special, shared->special_count, sizeof wanted, by_row);
}

void sharded_make_special(struct group *group)
{
    const struct sharded_config *config = group->config;
    struct sharded_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;
    const struct copied_row_config *copied = config->copied_rows.items;
    const struct own_shard_row_config *own = config->own_shard_rows.items;
    size_t data_sets = environment_of(group->sim)->data_set_count;

    shared->special = memory_alloc_array(memory, config->copied_rows.count + config->own_shard_rows.count + 1,
                                         sizeof *shared->special);
    for (size_t i = 0; i < config->copied_rows.count; i++) {
        struct special_row *special = &shared->special[shared->special_count++];

        special->row = (uint64_t)copied[i].row;
        special->count = (uint32_t)copied[i].copies;
        special->shards = memory_alloc_array(memory, special->count, sizeof *special->shards);
        special->last_versions = memory_alloc_array(memory, data_sets + 1, sizeof *special->last_versions);
        placement_copies(&shared->placement, 0, special->row, special->count, special->shards);
    }
    for (size_t i = 0; i < config->own_shard_rows.count; i++) {
        struct special_row *special = &shared->special[shared->special_count++];

        special->row = (uint64_t)own[i].row;
        special->count = 1;
        special->shards = memory_alloc(memory, sizeof *special->shards);
        special->shards[0] = (uint32_t)config->shards + (uint32_t)i;
    }
    qsort(shared->special, shared->special_count, sizeof *shared->special, by_row);
}

/* The version that this write makes, the same on every copy. */
static uint32_t next_version(const struct sim *sim, struct special_row *special,
                             const struct request *request)
{
    uint32_t *last = &special->last_versions[request->data];
    uint32_t newest = row_version(sim, request->data, request->key);

    if (*last < newest)
        *last = newest;
    return ++*last;
}

void sharded_write_all_copies(struct component *self, struct request *request, struct special_row *special)
{
    const struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);
    uint32_t version =
        request->operation == OPERATION_APPLY ? request->version : next_version(self->sim, special, request);
    struct request *copies[COPIES_MAX];

    state->copied_writes++;
    request->version = 0; /* the join keeps the greatest */
    for (uint32_t i = 0; i < special->count; i++) {
        copies[i] = sim_fork(self, request, i + 1);
        copies[i]->version = version;
        request_frame(copies[i])->step = SHARDED_COPY;
    }
    for (uint32_t i = 0; i < special->count; i++)
        sim_call(self, copies[i], shared->shards[special->shards[i]], 0);
}
