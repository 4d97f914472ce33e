/* use_cache.h - a bounded set of keys that makes room by LFU: the least used goes, of those the one used
 * least recently.
 *
 * The keys that were used equally often are a list in order of their last use; the lists are in order of
 * their counts. Index as in key_cache.h. Cost: O(1). Source: K. Shah, A. Mitra, D. Matani, "An O(1) algorithm
 * for implementing the LFU cache eviction scheme", 2010.
 */
#ifndef BENCH_REFERENCE_USE_CACHE_H
#define BENCH_REFERENCE_USE_CACHE_H

#include "bench/reference/key_cache.h"

struct use_entry {
    uint64_t key;
    uint32_t prev, next, list;
};

struct use_list {
    uint64_t uses;
    uint32_t first, last; /* entries, 0: none; the first goes first */
    uint32_t prev, next;  /* lists by number of uses; next also of free ones */
};

struct use_cache {
    struct use_entry *entries;
    struct use_list *lists;
    uint32_t *slots;
    uint32_t mask, count, capacity;
    uint32_t list_free, list_count, least; /* lists, 0: none */
    int shift;
};

static inline void use_cache_init(struct use_cache *cache, uint32_t capacity)
{
    uint32_t slots = 64;

    while (slots < 2 * capacity)
        slots *= 2;
    *cache =
        (struct use_cache){ .shift = 64 - __builtin_ctz(slots), .mask = slots - 1, .capacity = capacity };
    cache->slots = bench_allocate(slots * sizeof *cache->slots);
    cache->entries = bench_allocate((capacity + 2u) * sizeof *cache->entries);
    cache->lists = bench_allocate((capacity + 2u) * sizeof *cache->lists);
}

/* ---- lists ---- */

INLINE void use_list_remove(struct use_cache *cache, uint32_t entry)
{
    struct use_entry *entries = cache->entries;
    struct use_list *list = &cache->lists[entries[entry].list];

    if (entries[entry].prev)
        entries[entries[entry].prev].next = entries[entry].next;
    else
        list->first = entries[entry].next;
    if (entries[entry].next)
        entries[entries[entry].next].prev = entries[entry].prev;
    else
        list->last = entries[entry].prev;
}

INLINE void use_list_append(struct use_cache *cache, uint32_t number, uint32_t entry)
{
    struct use_list *list = &cache->lists[number];

    cache->entries[entry].list = number;
    cache->entries[entry].prev = list->last;
    cache->entries[entry].next = 0;
    if (list->last)
        cache->entries[list->last].next = entry;
    else
        list->first = entry;
    list->last = entry;
}

/* A new list between two others, 0: none. */
INLINE uint32_t use_list_insert(struct use_cache *cache, uint64_t uses, uint32_t prev, uint32_t next)
{
    struct use_list *lists = cache->lists;
    uint32_t number = cache->list_free;

    if (number)
        cache->list_free = lists[number].next;
    else
        number = ++cache->list_count;
    lists[number] = (struct use_list){ .uses = uses, .prev = prev, .next = next };
    if (next)
        lists[next].prev = number;
    if (prev)
        lists[prev].next = number;
    else
        cache->least = number;
    return number;
}

INLINE void use_list_drop_if_empty(struct use_cache *cache, uint32_t number)
{
    struct use_list *lists = cache->lists, *list = &lists[number];

    if (list->first)
        return;
    if (list->prev)
        lists[list->prev].next = list->next;
    else
        cache->least = list->next;
    if (list->next)
        lists[list->next].prev = list->prev;
    list->next = cache->list_free;
    cache->list_free = number;
}

/* ---- keys ---- */

INLINE uint32_t use_home(const struct use_cache *cache, uint64_t key)
{
    return (uint32_t)(key_hash(key) >> cache->shift);
}

INLINE void use_cache_forget(struct use_cache *cache, uint32_t entry)
{
    uint32_t hole = use_home(cache, cache->entries[entry].key), slot;

    while (cache->slots[hole] != entry)
        hole = (hole + 1) & cache->mask;
    for (slot = (hole + 1) & cache->mask; cache->slots[slot]; slot = (slot + 1) & cache->mask) {
        uint32_t home = use_home(cache, cache->entries[cache->slots[slot]].key);

        if (((slot - home) & cache->mask) >= ((slot - hole) & cache->mask)) {
            cache->slots[hole] = cache->slots[slot];
            hole = slot;
        }
    }
    cache->slots[hole] = 0;
}

/* One use more. */
INLINE void use_cache_promote(struct use_cache *cache, uint32_t entry)
{
    struct use_list *lists = cache->lists;
    uint32_t present = cache->entries[entry].list, next = lists[present].next;
    uint64_t uses = lists[present].uses + 1;
    bool has_list = next && lists[next].uses == uses;

    if (lists[present].first == lists[present].last && !has_list) {
        lists[present].uses = uses; /* it is alone: its list is that of the next count now */
        return;
    }
    use_list_remove(cache, entry);
    if (!has_list)
        next = use_list_insert(cache, uses, present, next);
    use_list_append(cache, next, entry);
    use_list_drop_if_empty(cache, present);
}

INLINE uint32_t use_cache_make_room(struct use_cache *cache)
{
    uint32_t least = cache->least, entry;

    if (cache->count < cache->capacity)
        return ++cache->count;
    entry = cache->lists[least].first;
    use_list_remove(cache, entry);
    use_list_drop_if_empty(cache, least);
    use_cache_forget(cache, entry);
    return entry;
}

/* True: it was there. If not it is now. */
INLINE bool use_cache_get(struct use_cache *cache, uint64_t key)
{
    uint32_t slot = use_home(cache, key), entry;

    for (; (entry = cache->slots[slot]); slot = (slot + 1) & cache->mask)
        if (cache->entries[entry].key == key) {
            use_cache_promote(cache, entry);
            return true;
        }
    entry = use_cache_make_room(cache);
    slot = use_home(cache, key);
    while (cache->slots[slot])
        slot = (slot + 1) & cache->mask;
    cache->entries[entry].key = key;
    cache->slots[slot] = entry;
    if (!cache->least || cache->lists[cache->least].uses != 1)
        use_list_insert(cache, 1, 0, cache->least);
    use_list_append(cache, cache->least, entry);
    return false;
}

#endif
