/* eviction_policies.c - who makes room: one table row of verbs a policy; see eviction.h. A new one is a
 * group of functions, a row in each of the two tables and a member of enum eviction.
 */
#include "models/eviction.h"

#define FIRST_FREQUENCIES 16

/* ---- lru, fifo: one list, from link 0 onwards, the next victim last ---- */

static void list_insert(struct eviction_store *store, uint32_t entry)
{
    struct eviction_link *links = store->links;
    uint32_t first = links[0].next;

    links[entry].prev = 0;
    links[entry].next = first;
    links[first].prev = entry;
    links[0].next = entry;
}

static void list_remove(struct eviction_store *store, uint32_t entry)
{
    struct eviction_link *links = store->links;

    links[links[entry].prev].next = links[entry].next;
    links[links[entry].next].prev = links[entry].prev;
}

static void lru_hit(struct eviction_store *store, uint32_t entry)
{
    if (store->links[0].next == entry)
        return;
    list_remove(store, entry);
    list_insert(store, entry);
}

static void fifo_hit(struct eviction_store *store, uint32_t entry)
{
    (void)store;
    (void)entry;
}

/* The victims after this one are known: what removing them will touch is fetched, for the second next one
 * where it lies, for the next one the slot. Half of the time of an eviction is waiting for memory. */
static inline __attribute__((always_inline)) void prefetch_victims(const struct eviction_store *store,
                                                                   uint32_t next, uint32_t second)
{
    __builtin_prefetch(&store->links[second]);
    __builtin_prefetch(&store->contents[second]);
    eviction_prefetch(store, store->links[next].id);
}

static uint32_t list_victim(const struct eviction_store *store)
{
    const struct eviction_link *links = store->links;
    uint32_t victim = links[0].prev, next = links[victim].prev;

    prefetch_victims(store, next, links[next].prev);
    return victim;
}

/* ---- lfu: a list for each number of uses, the least recently used first ---- */

static uint32_t frequency_create(struct eviction_store *store, uint64_t uses)
{
    uint32_t list = store->frequency_free;

    if (list) {
        store->frequency_free = store->frequencies[list].next;
    } else {
        if (store->frequency_used + 1 >= store->frequency_size) {
            store->frequency_size = store->frequency_size ? 2 * store->frequency_size : FIRST_FREQUENCIES;
            store->frequencies = memory_grow(store->memory, store->frequencies,
                                             store->frequency_size * sizeof *store->frequencies);
        }
        list = ++store->frequency_used; /* 0: none */
    }
    store->frequencies[list] = (struct eviction_frequency){ .uses = uses };
    return list;
}

/* Puts an empty list behind `prev`; 0: in front of all. */
static void frequency_link(struct eviction_store *store, uint32_t list, uint32_t prev)
{
    struct eviction_frequency *lists = store->frequencies;
    uint32_t next = prev ? lists[prev].next : store->frequency_lowest;

    lists[list].prev = prev;
    lists[list].next = next;
    if (next)
        lists[next].prev = list;
    if (prev)
        lists[prev].next = list;
    else
        store->frequency_lowest = list;
}

static void frequency_free_if_empty(struct eviction_store *store, uint32_t list)
{
    struct eviction_frequency *lists = store->frequencies;
    struct eviction_frequency *it = &lists[list];

    if (it->first)
        return;
    if (it->prev)
        lists[it->prev].next = it->next;
    else
        store->frequency_lowest = it->next;
    if (it->next)
        lists[it->next].prev = it->prev;
    it->next = store->frequency_free;
    store->frequency_free = list;
}

static void frequency_append(struct eviction_store *store, uint32_t list, uint32_t entry)
{
    struct eviction_frequency *it = &store->frequencies[list];
    struct eviction_link *links = store->links;

    store->weights[entry].frequency = list;
    links[entry].prev = it->last;
    links[entry].next = 0;
    if (it->last)
        links[it->last].next = entry;
    else
        it->first = entry;
    it->last = entry;
}

static void frequency_take_out(struct eviction_store *store, uint32_t list, uint32_t entry)
{
    struct eviction_frequency *it = &store->frequencies[list];
    struct eviction_link *links = store->links;
    uint32_t prev = links[entry].prev, next = links[entry].next;

    if (prev)
        links[prev].next = next;
    else
        it->first = next;
    if (next)
        links[next].prev = prev;
    else
        it->last = prev;
}

static void lfu_insert(struct eviction_store *store, uint32_t entry)
{
    uint32_t list = store->frequency_lowest;

    if (!list || store->frequencies[list].uses != 1) {
        list = frequency_create(store, 1);
        frequency_link(store, list, 0);
    }
    frequency_append(store, list, entry);
}

static void lfu_remove(struct eviction_store *store, uint32_t entry)
{
    uint32_t list = store->weights[entry].frequency;

    frequency_take_out(store, list, entry);
    frequency_free_if_empty(store, list);
}

static void lfu_hit(struct eviction_store *store, uint32_t entry)
{
    uint32_t list = store->weights[entry].frequency;
    struct eviction_frequency *it = &store->frequencies[list];
    uint64_t uses = it->uses + 1;
    uint32_t next = it->next;
    bool has_next = next && store->frequencies[next].uses == uses;

    if (it->first == it->last && !has_next) { /* alone: its list rises with it */
        it->uses = uses;
        return;
    }
    frequency_take_out(store, list, entry);
    if (!has_next) {
        next = frequency_create(store, uses);
        frequency_link(store, next, list);
    }
    frequency_append(store, next, entry);
    frequency_free_if_empty(store, list);
}

static uint32_t lfu_victim(const struct eviction_store *store)
{
    const struct eviction_link *links = store->links;
    uint32_t victim = store->frequencies[store->frequency_lowest].first, next = links[victim].next;

    prefetch_victims(store, next, links[next].next);
    __builtin_prefetch(&store->weights[links[next].next]);
    return victim;
}

/* ---- random: an array without gaps; links[].prev is the index in it ---- */

static inline void set_place(struct eviction_store *store, uint32_t place, uint32_t entry)
{
    store->places[place] = entry;
    store->links[entry].prev = place;
}

static void random_insert(struct eviction_store *store, uint32_t entry)
{
    set_place(store, (uint32_t)store->entries.level, entry);
}

static void random_hit(struct eviction_store *store, uint32_t entry)
{
    (void)store;
    (void)entry;
}

static void random_remove(struct eviction_store *store, uint32_t entry)
{
    set_place(store, store->links[entry].prev, store->places[store->entries.level - 1]);
}

static uint32_t random_victim(const struct eviction_store *store)
{
    return store->places[rng_below(store->rng, (uint64_t)store->entries.level)];
}

/* ---- perfect_lfu: a heap of entries, the least often asked for first, of equals the least recently used
 * ---- */

static inline uint64_t last_use(const struct eviction_store *store, uint32_t entry)
{
    return (uint64_t)store->weights[entry].used_high << 32 | store->links[entry].next;
}

static inline bool goes_before(const struct eviction_store *store, uint32_t a, uint32_t b)
{
    uint32_t asked_a = store->weights[a].frequency, asked_b = store->weights[b].frequency;

    return asked_a != asked_b ? asked_a < asked_b : last_use(store, a) < last_use(store, b);
}

static void sift_up(struct eviction_store *store, uint32_t place, uint32_t entry)
{
    while (place && goes_before(store, entry, store->places[(place - 1) / 2])) {
        set_place(store, place, store->places[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    set_place(store, place, entry);
}

static void sift_down(struct eviction_store *store, uint32_t place, uint32_t entry, uint32_t count)
{
    for (;;) {
        uint64_t child = 2 * (uint64_t)place + 1;

        if (child >= count)
            break;
        if (child + 1 < count && goes_before(store, store->places[child + 1], store->places[child]))
            child++;
        if (!goes_before(store, store->places[child], entry))
            break;
        set_place(store, place, store->places[child]);
        place = (uint32_t)child;
    }
    set_place(store, place, entry);
}

static uint32_t times_asked(const struct eviction_store *store, uint64_t id)
{
    return row_table_look(&store->asked, id).version;
}

static void perfect_lfu_use(struct eviction_store *store, uint32_t entry)
{
    store->uses++;
    store->weights[entry].frequency = times_asked(store, store->links[entry].id);
    store->weights[entry].used_high = (uint32_t)(store->uses >> 32);
    store->links[entry].next = (uint32_t)store->uses;
}

static void perfect_lfu_insert(struct eviction_store *store, uint32_t entry)
{
    perfect_lfu_use(store, entry);
    sift_up(store, (uint32_t)store->entries.level, entry);
}

static void perfect_lfu_hit(struct eviction_store *store, uint32_t entry)
{
    perfect_lfu_use(store, entry);
    sift_down(store, store->links[entry].prev, entry, (uint32_t)store->entries.level);
}

static void perfect_lfu_remove(struct eviction_store *store, uint32_t entry)
{
    uint32_t count = (uint32_t)store->entries.level - 1;
    uint32_t place = store->links[entry].prev, last = store->places[count];

    if (last == entry)
        return;
    if (goes_before(store, last, entry))
        sift_up(store, place, last);
    else
        sift_down(store, place, last, count);
}

static uint32_t perfect_lfu_victim(const struct eviction_store *store)
{
    return store->places[0];
}

static bool perfect_lfu_admits(const struct eviction_store *store, uint64_t id, uint32_t victim)
{
    return times_asked(store, id) >= store->weights[victim].frequency;
}

/* ---- tables ---- */

const struct eviction_policy eviction_policies[EVICTION_COUNT] = {
    [EVICTION_LRU] = { list_insert, lru_hit, list_remove, list_victim, NULL, .has_places = false },
    [EVICTION_FIFO] = { list_insert, fifo_hit, list_remove, list_victim, NULL, .has_places = false },
    [EVICTION_LFU] = { lfu_insert, lfu_hit, lfu_remove, lfu_victim, NULL, .has_places = false },
    [EVICTION_PERFECT_LFU] = { perfect_lfu_insert, perfect_lfu_hit, perfect_lfu_remove, perfect_lfu_victim,
                               perfect_lfu_admits, .counts_all = true, .has_places = true },
    [EVICTION_RANDOM] = { random_insert, random_hit, random_remove, random_victim, NULL, .has_places = true },
};

const struct param_choice eviction_choices[] = {
    { "lru", EVICTION_LRU, "the least recently used key makes room" },
    { "fifo", EVICTION_FIFO, "the key that has been in for longest makes room, however often it is used" },
    { "lfu", EVICTION_LFU,
      "the key used least often since it came in makes room; of several the least recently used" },
    { "perfect_lfu", EVICTION_PERFECT_LFU,
      "as lfu, with counts of all keys that were ever asked for; a key asked for less "
      "often than all that are in stays out" },
    { "random", EVICTION_RANDOM, "any key makes room, all with the same probability" },
    { NULL, 0, NULL },
};
