/* cache_nodes.c - a cache of several nodes: which of them has a key, as every caller computes it by
 * itself; and other caches that hold copies of the same rows, as in other regions. See cache.c. */
#include "models/cache.h"

#include "models/routing.h"

/* Messages to copies that may be under way from one node. More would be a copy that does not keep
 * up at all. */
#define TELLING_MAX 60000

/* ---- nodes ---- */

static void wire_copies(struct group *group)
{
    const struct cache_config *config = group->config;
    const struct cache_copy_config *copies = config->copies.items;
    struct cache_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);

    if (config->copies.count == 0)
        return;
    shared->copies = memory_alloc_array(&group->sim->memory, config->copies.count, sizeof *shared->copies);
    for (size_t i = 0; i < config->copies.count; i++)
        shared->copies[i] = sim_link_all(group, sim_find_group(group->sim, copies[i].cache), &policy);
}

void cache_nodes_wire_group(struct group *group)
{
    const struct cache_config *config = group->config;
    struct cache_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;

    wire_copies(group);
    if (group->count == 1)
        return;
    shared->absent = memory_alloc(memory, group->count);
    shared->leaves_ns = memory_alloc_array(memory, group->count, sizeof *shared->leaves_ns);
    for (uint32_t i = 0; i < group->count; i++)
        shared->leaves_ns[i] = SIM_TIME_NEVER;
    if (config->nodes == NODES_CONSISTENT_HASH)
        hash_ring_init(&shared->ring, memory, group->count, (uint32_t)config->virtual_nodes,
                       rng_key(group->sim->seed, group->name, "ring"));
}

/* By the key's hash modulo the number of nodes that are there. */
static uint32_t modulo_node(const struct group *group, uint64_t id)
{
    const struct cache_shared *shared = group->shared;
    uint32_t present = group->count - shared->absent_count, place, node = 0;

    if (present == 0 || shared->absent_count == 0)
        return (uint32_t)(hash_key(id) % group->count);
    place = (uint32_t)(hash_key(id) % present);
    while (shared->absent[node] || place-- > 0)
        node++;
    return node;
}

/* Those who are known to be dead by now. */
static void notice_dead(const struct group *group)
{
    struct cache_shared *shared = group->shared;

    for (uint32_t i = 0; i < group->count; i++)
        if (shared->leaves_ns[i] <= group->sim->now_ns) {
            shared->leaves_ns[i] = SIM_TIME_NEVER;
            shared->leaving--;
            cache_node_leaves(group->instances[i]);
        }
}

uint32_t cache_node_of(const struct group *group, uint64_t id)
{
    const struct cache_config *config = group->config;
    const struct cache_shared *shared = group->shared;

    if (group->count == 1)
        return 0;
    if (shared->leaving)
        notice_dead(group);
    if (config->nodes == NODES_MODULO)
        return modulo_node(group, id);
    return shared->absent_count ? hash_ring_find_present(&shared->ring, id, shared->absent)
                                : hash_ring_find(&shared->ring, id);
}

uint32_t cache_node_for(const struct group *group, const struct request *request)
{
    return cache_node_of(group, row_id(request->data, request->key));
}

void cache_node_dies(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache_shared *shared = self->shared;
    int64_t now_ns = self->sim->now_ns;

    if (!shared->absent || config->dead_node_leaves >= SIM_TIME_NEVER - now_ns)
        return;
    shared->leaving += shared->leaves_ns[self->instance] == SIM_TIME_NEVER;
    shared->leaves_ns[self->instance] = now_ns + config->dead_node_leaves;
}

void cache_node_leaves(struct component *self)
{
    struct cache_shared *shared = self->shared;

    if (!shared->absent || shared->absent[self->instance])
        return;
    shared->absent[self->instance] = 1;
    shared->absent_count++;
}

void cache_node_returns(struct component *self)
{
    struct cache_shared *shared = self->shared;

    if (!shared->absent)
        return;
    shared->leaving -= shared->leaves_ns[self->instance] != SIM_TIME_NEVER;
    shared->leaves_ns[self->instance] = SIM_TIME_NEVER;
    if (!shared->absent[self->instance])
        return;
    shared->absent[self->instance] = 0;
    shared->absent_count--;
}

/* ---- copies ---- */

/* The message says what the request has put or dropped. */
static struct request *message(struct component *self, const struct request *request, uint32_t branch,
                               enum operation operation)
{
    struct cache *cache = component_state(self);
    struct request *child = sim_fork(self, cache->teller, branch);

    child->key = request->key;
    child->user = request->user;
    child->data = request->data;
    child->rows = request->rows;
    child->version = request->version;
    child->request_class = request->request_class;
    child->operation = (uint8_t)operation;
    child->bytes = operation == OPERATION_PUT ? cache_entry_bytes(self, request) : CACHE_SHORT_ANSWER_BYTES;
    request_frame(child)->step = CACHE_TELLING_COPY;
    return child;
}

void cache_tell_copies(struct component *self, struct request *request, enum operation operation)
{
    const struct cache_config *config = self->group->config;
    const struct cache_shared *shared = self->shared;
    struct cache *cache = component_state(self);

    if (!shared->copies)
        return;
    request_frame(cache->teller)->number = request_frame(request)->number;
    for (size_t i = 0; i < config->copies.count; i++) {
        struct request *child;
        struct link *link;

        if (cache->teller->children >= TELLING_MAX) {
            cache->told_in_vain++;
            continue;
        }
        child = message(self, request, (uint32_t)i + 1, operation);
        link = shared->copies[i][route_instance(shared->copies[i][0]->target->group, child, 0)];
        sim_call(self, child, link, 0);
    }
}

bool cache_is_message(const struct component *self, const struct request *request)
{
    const struct frame *caller = &request->frames[request->top - 1];

    return caller->step == CACHE_TELLING_COPY &&
           self->sim->components[caller->component]->group->type == self->group->type;
}

void cache_copy_told(struct component *self, struct request *child)
{
    struct cache *cache = component_state(self);

    if (child->outcome == OUTCOME_OK)
        cache->told++;
    else
        cache->told_in_vain++;
    sim_join(self, child);
}
