/* cache_write_back.c - writes that a cache acknowledges before its store has them; see cache.c.
 *
 * A write makes its copy dirty and is answered. Every write_back_interval a ticker has all copies written
 * that are dirty then, those for longest first, write_back_batch of them at once. A dirty copy that has to
 * make room is written first, and the request that needs the room waits for it; one that expires waits for
 * the ticker, so that a time to live changes no write. Until its row is written such a copy still answers
 * look-ups. A write that fails is repeated at a later turn; a crash loses what is dirty (dirty_copies.h).
 */
#include "models/cache.h"

#include "models/environment.h"
#include "models/routing.h"

/* ---- what leaves ---- */

static void note_leaving(void *owner, uint64_t id)
{
    struct cache *cache = owner;
    uint32_t place = dirty_find(&cache->dirty, id);

    if (!place)
        return;
    dirty_at(&cache->dirty, place)->next_leaving = cache->leaving;
    cache->leaving = place;
}

void cache_write_back_init(struct component *self)
{
    struct cache *cache = component_state(self);

    dirty_init(&cache->dirty, &self->sim->memory);
    cache->store.on_leave = note_leaving;
    cache->store.owner = cache;
}

/* ---- writing to the store ---- */

/* A branch that writes a copy which stands in the line. */
static struct request *writer(struct component *self, struct request *parent, uint32_t branch, uint32_t place)
{
    struct cache *cache = component_state(self);
    struct request *child = sim_fork(self, parent, branch);
    struct dirty_copy *copy = dirty_at(&cache->dirty, place);

    dirty_take(&cache->dirty, place);
    child->key = copy->key;
    child->data = copy->data;
    child->rows = copy->rows;
    child->bytes = copy->bytes;
    child->operation = copy->operation;
    request_frame(child)->step = CACHE_WRITING_BACK;
    return child;
}

/* first: linked by `next`. */
static void send_all(struct component *self, uint32_t first)
{
    const struct cache_shared *shared = self->shared;

    while (first) {
        struct request *child = sim_request(self->sim, first);

        first = child->next;
        sim_call(self, child,
                 shared->stores[route_instance(shared->store, child, request_frame(child)->number)], 0);
    }
}

static bool is_in_line(const struct dirty_copy *copy)
{
    return copy->waiting > 0 && copy->under_way == 0;
}

void cache_write_back_reply(struct component *self, struct request *request)
{
    struct cache *cache = component_state(self);
    uint32_t first = 0, branch = 0;

    for (uint32_t place = cache->leaving; place; place = dirty_at(&cache->dirty, place)->next_leaving) {
        struct request *child;

        if (!is_in_line(dirty_at(&cache->dirty, place)))
            continue; /* the ticker takes what a write under way does not hold */
        child = writer(self, request, ++branch, place);
        child->next = first;
        first = child->index;
    }
    cache->leaving = 0;
    if (!first) {
        sim_reply(self, request, OUTCOME_OK);
        return;
    }
    request_frame(request)->step = CACHE_MAKING_ROOM;
    send_all(self, first);
}

/* A copy that was not kept has to be written now; it may have made room for itself in vain. */
static void leave_if_not_yet(struct cache *cache, uint32_t place)
{
    for (uint32_t it = cache->leaving; it; it = dirty_at(&cache->dirty, it)->next_leaving)
        if (it == place)
            return;
    dirty_at(&cache->dirty, place)->next_leaving = cache->leaving;
    cache->leaving = place;
}

void cache_write_back_accept(struct component *self, struct request *request)
{
    struct cache *cache = component_state(self);
    uint32_t place =
        dirty_accept(&cache->dirty, request, cache_entry_bytes(self, request), self->sim->now_ns);

    request->version = request->data ? row_version(self->sim, request->data, request->key) + 1 : 0;
    if (!cache_keep(self, request, request_frame(request)->entered_ns))
        leave_if_not_yet(cache, place);
    cache_tell_copies(self, request, OPERATION_PUT);
    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    request->bytes = CACHE_SHORT_ANSWER_BYTES;
    cache_write_back_reply(self, request);
}

/* The copy, if it is still there, is of the row as the store has it, or one write ahead of that. */
static void set_version(struct component *self, uint64_t id, uint32_t version)
{
    struct cache *cache = component_state(self);
    uint32_t entry = eviction_peek(&cache->store, id, self->sim->now_ns);

    if (entry)
        eviction_set_version(&cache->store, entry, version);
}

static void next_batch(struct component *self);

void cache_write_back_done(struct component *self, struct request *child)
{
    struct cache *cache = component_state(self);
    uint64_t id = row_id(child->data, child->key);
    bool stored = child->outcome == OUTCOME_OK;
    bool is_clean = dirty_done(&cache->dirty, dirty_find(&cache->dirty, id), stored, self->sim->now_ns);
    struct request *parent;

    if (stored && child->data)
        set_version(self, id, child->version + !is_clean);
    child->version = 0; /* nor its outcome is the parent's */
    child->outcome = OUTCOME_OK;
    parent = sim_join(self, child);
    if (parent && parent->state == REQUEST_TICKER)
        next_batch(self);
    else if (parent)
        sim_reply(self, parent, OUTCOME_OK);
}

bool cache_write_back_look_up(struct component *self, struct request *request)
{
    struct cache *cache = component_state(self);
    uint32_t place = dirty_find(&cache->dirty, row_id(request->data, request->key));

    if (!place)
        return false;
    cache->hits++;
    cache->fresh_hits++;
    request->version = request->data ? row_version(self->sim, request->data, request->key) + 1 : 0;
    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    request->bytes = dirty_at(&cache->dirty, place)->bytes;
    sim_reply(self, request, OUTCOME_OK);
    return true;
}

/* ---- the ticker ---- */

void cache_write_back_start(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);

    cache->ticker = sim_ticker(self);
    sim_tick_at(self, cache->ticker, self->sim->now_ns + config->write_back_interval);
}

/* The next turn comes an interval after this one, or at once when it has taken longer than that. */
static void end_sweep(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    int64_t next_ns = cache->sweep_ns + config->write_back_interval;

    cache->sweep = 0;
    sim_tick_at(self, cache->ticker, next_ns > self->sim->now_ns ? next_ns : self->sim->now_ns);
}

static void next_batch(struct component *self)
{
    const struct cache_config *config = self->group->config;
    struct cache *cache = component_state(self);
    uint32_t count = cache->sweep < cache->dirty.line ? cache->sweep : cache->dirty.line;
    uint32_t first = 0;

    if (count > config->write_back_batch)
        count = (uint32_t)config->write_back_batch;
    if (count == 0) {
        end_sweep(self);
        return;
    }
    cache->sweep -= count;
    request_frame(cache->ticker)->number = rng_hash(self->id, ++cache->batches);
    for (uint32_t branch = 1; branch <= count; branch++) {
        struct request *child = writer(self, cache->ticker, branch, cache->dirty.first);

        child->next = first;
        first = child->index;
    }
    send_all(self, first);
}

void cache_write_back_tick(struct component *self)
{
    struct cache *cache = component_state(self);

    cache->sweep = cache->dirty.line;
    cache->sweep_ns = self->sim->now_ns;
    next_batch(self);
}
