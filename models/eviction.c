/* eviction.c - the pool of copies, the table of keys, the bound; see eviction.h. The policies are in
 * eviction_policies.c. */
#include "models/eviction.h"

#define FIRST_SLOT_BITS 6
#define FIRST_SLOTS (1u << FIRST_SLOT_BITS)
#define FIRST_PLACES 32 /* place 0 included */
#define ENTRIES_MAX ((int64_t)UINT32_MAX - 1)
#define SWEEP_PLACES 2 /* looked at by each call */
#define SWEEP_AHEAD 64 /* whose dates are read at a time */
#define SLOT_BITS 32 /* of an entry and its tag */

/* Where there is room for all, nobody has to know who would make some, and a use is not worth remembering. */
static enum eviction policy_of(const struct eviction_config *config)
{
    bool has_bound = config->capacity_entries != INT64_MAX || config->capacity_bytes != INT64_MAX;

    return has_bound ? config->policy : EVICTION_FIFO;
}

void eviction_init(struct eviction_store *store, struct memory *memory, const struct eviction_config *config)
{
    *store = (struct eviction_store){
        .policy = &eviction_policies[policy_of(config)],
        .slot_mask = FIRST_SLOTS - 1,
        .slot_shift = 64 - FIRST_SLOT_BITS,
        .tag_bits = SLOT_BITS - FIRST_SLOT_BITS,
        .pool_size = FIRST_PLACES,
        .pool_used = 1,
        .capacity_entries = config->capacity_entries < ENTRIES_MAX ? config->capacity_entries : ENTRIES_MAX,
        .capacity_bytes = config->capacity_bytes,
        .rng = config->rng,
        .memory = memory,
    };
    store->slots = memory_alloc_array(memory, FIRST_SLOTS, sizeof *store->slots);
    store->links = memory_alloc_array(memory, FIRST_PLACES, sizeof *store->links);
    store->weights = memory_alloc_array(memory, FIRST_PLACES, sizeof *store->weights);
    store->contents = memory_alloc_array(memory, FIRST_PLACES, sizeof *store->contents);
    if (store->policy->has_places)
        store->places = memory_alloc_array(memory, FIRST_PLACES, sizeof *store->places);
}

/* ---- the table of keys ---- */

static inline uint32_t slot_at_distance(const struct eviction_store *store, uint32_t slot, uint64_t distance)
{
    uint32_t far = eviction_distance_mask(store);

    return (slot & ~far) | (distance < far ? (uint32_t)distance : far);
}

/* What a slot holds: the entry, below it bits of the hash that follow the ones which chose the slot, and last how far from
 * its home the entry lies, up to the mask. So neither a search nor closing a gap looks at other keys' entries, which is
 * where they would wait for memory. */
static inline uint32_t slot_value(const struct eviction_store *store, uint32_t entry, uint64_t id, uint64_t distance)
{
    return slot_at_distance(store, entry << store->tag_bits | (eviction_hash(id) & eviction_tag_mask(store)), distance);
}

static inline uint32_t find(const struct eviction_store *store, uint64_t id)
{
    uint64_t i = eviction_home(store, id);
    uint32_t hash = eviction_hash(id), mask = eviction_tag_mask(store), slot;

    for (; (slot = store->slots[i]) != 0; i = (i + 1) & store->slot_mask)
        if (!((slot ^ hash) & mask) && store->links[slot >> store->tag_bits].id == id)
            return slot >> store->tag_bits;
    return 0;
}

static inline void take_slot(struct eviction_store *store, uint32_t entry)
{
    uint64_t id = store->links[entry].id;
    uint64_t home = eviction_home(store, id), i = home;

    while (store->slots[i])
        i = (i + 1) & store->slot_mask;
    store->slots[i] = slot_value(store, entry, id, (i - home) & store->slot_mask);
}

/* Twice the slots. No more than five eighths are ever in use: a search then looks at two to four. */
static void grow_slots(struct eviction_store *store)
{
    uint32_t *smaller = store->slots;
    uint64_t slot_count = store->slot_mask + 1;
    uint32_t tag_bits = store->tag_bits;

    store->slots = memory_alloc_array(store->memory, 2 * slot_count, sizeof *store->slots);
    store->slot_mask = 2 * slot_count - 1;
    store->slot_shift--;
    store->tag_bits -= tag_bits > 0;
    for (uint64_t i = 0; i < slot_count; i++)
        if (smaller[i])
            take_slot(store, smaller[i] >> tag_bits);
    memory_free(store->memory, smaller);
}

/* How far from its home what lies in slot i is. */
static inline uint64_t distance_from_home(const struct eviction_store *store, uint64_t i)
{
    uint32_t slot = store->slots[i], far = eviction_distance_mask(store), distance = slot & far;

    if (__builtin_expect(distance < far, 1))
        return distance;
    return (i - eviction_home(store, store->links[slot >> store->tag_bits].id)) & store->slot_mask;
}

/* Frees the entry's slot and moves those behind it up, so that no search ends too early. */
static void free_slot(struct eviction_store *store, uint32_t entry)
{
    uint64_t mask = store->slot_mask;
    uint64_t gap = eviction_home(store, store->links[entry].id);

    while (store->slots[gap] >> store->tag_bits != entry)
        gap = (gap + 1) & mask;
    for (uint64_t i = (gap + 1) & mask; store->slots[i]; i = (i + 1) & mask) {
        uint64_t distance = distance_from_home(store, i), step = (i - gap) & mask;

        if (distance >= step) {
            store->slots[gap] = slot_at_distance(store, store->slots[i], distance - step);
            gap = i;
        }
    }
    store->slots[gap] = 0;
}

/* ---- the pool ---- */

static void grow_pool_to(struct eviction_store *store, uint64_t size)
{
    if (size > (uint64_t)store->capacity_entries + 1) /* place 0 */
        size = (uint64_t)store->capacity_entries + 1;
    store->links = memory_grow(store->memory, store->links, size * sizeof *store->links);
    store->weights = memory_grow(store->memory, store->weights, size * sizeof *store->weights);
    store->contents = memory_grow(store->memory, store->contents, size * sizeof *store->contents);
    if (store->places)
        store->places = memory_grow(store->memory, store->places, size * sizeof *store->places);
    store->pool_size = (uint32_t)size;
}

/* One eighth more: copying costs little, unused room is what would count. */
static void grow_pool(struct eviction_store *store)
{
    grow_pool_to(store, (uint64_t)store->pool_size + store->pool_size / 8 + FIRST_PLACES);
}

void eviction_reserve(struct eviction_store *store, uint64_t count)
{
    if (count + 1 > store->pool_size)
        grow_pool_to(store, count + 1);
    while (count * 8 > (store->slot_mask + 1) * 5)
        grow_slots(store);
}

static uint32_t take_place(struct eviction_store *store)
{
    uint32_t entry = store->free;

    if (entry) {
        store->free = store->links[entry].next;
        return entry;
    }
    if (store->pool_used == store->pool_size)
        grow_pool(store);
    return store->pool_used++;
}

static void free_place(struct eviction_store *store, uint32_t entry)
{
    store->contents[entry].expiry_ns = SIM_TIME_NEVER; /* the sweep passes it by */
    store->links[entry].next = store->free;
    store->free = entry;
}

/* ---- leaving ---- */

/* The copy is gone since `date_ns`. */
static void remove_entry(struct eviction_store *store, uint32_t entry, int64_t date_ns)
{
    store->policy->on_remove(store, entry);
    free_slot(store, entry);
    amount_add(&store->entries, -1, date_ns);
    amount_add(&store->bytes, -(int64_t)store->contents[entry].size, date_ns);
    free_place(store, entry);
}

static inline bool is_expired(const struct eviction_store *store, uint32_t entry, int64_t now_ns)
{
    return store->expires && store->contents[entry].expiry_ns <= now_ns;
}

/* What was before the window must not be dated back beyond its start. */
static void expire(struct eviction_store *store, uint32_t entry)
{
    int64_t expiry_ns = store->contents[entry].expiry_ns;

    remove_entry(store, entry, expiry_ns > store->entries.window_ns ? expiry_ns : store->entries.window_ns);
    store->expirations++;
}

static void evict(struct eviction_store *store, uint32_t entry, int64_t now_ns)
{
    if (is_expired(store, entry, now_ns)) {
        expire(store, entry);
        return;
    }
    if (store->on_leave)
        store->on_leave(store->owner, store->links[entry].id);
    remove_entry(store, entry, now_ns);
    store->evictions++;
}

/* The sweep has come to the end of what it knows: the earliest date of the places from here on. False: there
 * are none. */
static bool sweep_on(struct eviction_store *store)
{
    uint32_t place = store->cursor + 1 < store->pool_used ? store->cursor + 1 : 1;
    int64_t earliest_ns = SIM_TIME_NEVER;

    if (store->pool_used == 1)
        return false;
    store->cursor = place;
    store->sweep_end =
        store->pool_used - place > SWEEP_AHEAD ? place + SWEEP_AHEAD : store->pool_used;
    for (; place < store->sweep_end; place++)
        if (store->contents[place].expiry_ns < earliest_ns)
            earliest_ns = store->contents[place].expiry_ns;
    store->sweep_ns = earliest_ns;
    return true;
}

static inline void sweep(struct eviction_store *store, int64_t now_ns)
{
    for (int i = 0; i < SWEEP_PLACES; i++) {
        if (store->cursor + 1 < store->sweep_end)
            store->cursor++;
        else if (!sweep_on(store))
            return;
        if (__builtin_expect(store->sweep_ns <= now_ns, 0) && is_expired(store, store->cursor, now_ns))
            expire(store, store->cursor);
    }
}

void eviction_evict(struct eviction_store *store, int64_t now_ns)
{
    evict(store, store->policy->victim(store), now_ns);
}

/* ---- verbs ---- */

/* The entry of that key; one that has expired is removed. 0: none. */
static inline uint32_t find_live(struct eviction_store *store, uint64_t id, int64_t now_ns)
{
    uint32_t entry = find(store, id);

    if (entry && is_expired(store, entry, now_ns)) {
        expire(store, entry);
        return 0;
    }
    return entry;
}

uint32_t eviction_get(struct eviction_store *store, uint64_t id, int64_t now_ns)
{
    uint32_t entry;

    if (store->policy->counts_all)
        row_table_raise(&store->asked, store->memory, id);
    if (store->expires)
        sweep(store, now_ns);
    entry = find_live(store, id, now_ns);
    if (entry)
        store->policy->on_hit(store, entry);
    return entry;
}

static inline void fill(struct eviction_store *store, uint32_t entry, const struct eviction_copy *copy)
{
    eviction_set_expiry(store, entry, copy->expiry_ns);
    store->contents[entry].version = copy->version;
    store->contents[entry].size = copy->size;
}

static inline bool fits(const struct eviction_store *store, int64_t more_entries, int64_t more_bytes)
{
    return store->entries.level + more_entries <= store->capacity_entries &&
           store->bytes.level + more_bytes <= store->capacity_bytes;
}

static bool replace(struct eviction_store *store, uint32_t entry, const struct eviction_copy *copy,
                    int64_t now_ns)
{
    int64_t more_bytes = (int64_t)copy->size - store->contents[entry].size;

    store->policy->on_hit(store, entry);
    while (!fits(store, 0, more_bytes)) {
        uint32_t victim = store->policy->victim(store);

        evict(store, victim, now_ns);
        if (victim == entry)
            return false;
    }
    fill(store, entry, copy);
    amount_add(&store->bytes, more_bytes, now_ns);
    return true;
}

static bool insert(struct eviction_store *store, uint64_t id, const struct eviction_copy *copy,
                   int64_t now_ns)
{
    const struct eviction_policy *policy = store->policy;
    uint32_t entry;

    while (!fits(store, 1, copy->size)) {
        uint32_t victim = policy->victim(store);

        if (policy->admits && !policy->admits(store, id, victim))
            return false;
        evict(store, victim, now_ns);
    }
    if ((uint64_t)(store->entries.level + 1) * 8 > (store->slot_mask + 1) * 5)
        grow_slots(store);
    entry = take_place(store);
    store->links[entry].id = id;
    take_slot(store, entry);
    fill(store, entry, copy);
    policy->on_insert(store, entry);
    amount_add(&store->entries, 1, now_ns);
    amount_add(&store->bytes, copy->size, now_ns);
    return true;
}

bool eviction_put(struct eviction_store *store, uint64_t id, struct eviction_copy copy, int64_t now_ns)
{
    uint32_t entry;

    if (copy.expiry_ns != SIM_TIME_NEVER)
        store->expires = true;
    if (store->expires)
        sweep(store, now_ns);
    entry = find_live(store, id, now_ns);
    if (copy.size <= store->capacity_bytes && store->capacity_entries > 0)
        return entry ? replace(store, entry, &copy, now_ns) : insert(store, id, &copy, now_ns);
    if (entry)
        evict(store, entry, now_ns);
    return false;
}

bool eviction_drop(struct eviction_store *store, uint64_t id, int64_t now_ns)
{
    uint32_t entry = find_live(store, id, now_ns);

    if (!entry)
        return false;
    remove_entry(store, entry, now_ns);
    return true;
}

uint32_t eviction_peek(struct eviction_store *store, uint64_t id, int64_t now_ns)
{
    return find_live(store, id, now_ns);
}

void eviction_clear(struct eviction_store *store, int64_t now_ns)
{
    void (*on_leave)(void *owner, uint64_t id) = store->on_leave;

    store->on_leave = NULL;
    while (store->entries.level > 0) {
        uint32_t entry = store->policy->victim(store);

        if (is_expired(store, entry, now_ns))
            expire(store, entry);
        else
            remove_entry(store, entry, now_ns);
    }
    memory_free(store->memory, store->asked.slots);
    store->asked = (struct row_table){ .slots = NULL };
    store->on_leave = on_leave;
}
