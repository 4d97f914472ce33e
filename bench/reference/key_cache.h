/* key_cache.h - a bounded set of keys that makes room by LRU or FIFO.
 *
 * An index by open addressing (4 bytes a slot, at most half full, linear probing, removal by shifting back)
 * and entries of 16 bytes in one doubly linked list, newest first; entry 0 is its ends.
 * Cost: O(1). Source: D. E. Knuth, "The Art of Computer Programming" 3, section 6.4, algorithm R.
 */
#ifndef BENCH_REFERENCE_KEY_CACHE_H
#define BENCH_REFERENCE_KEY_CACHE_H

#include "bench/reference/date_heap.h"

struct key_entry {
    uint64_t key;
    uint32_t prev, next;
};

struct key_cache {
    struct key_entry *entries;
    uint32_t *slots; /* entry of each, 0: none */
    uint32_t mask, count, capacity;
    int shift;
};

INLINE uint64_t key_hash(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

INLINE uint32_t key_home(const struct key_cache *cache, uint64_t key)
{
    return (uint32_t)(key_hash(key) >> cache->shift);
}

static inline void key_cache_init(struct key_cache *cache, uint32_t capacity)
{
    uint32_t slots = 64;

    while (slots < 2 * capacity)
        slots *= 2;
    cache->shift = 64 - __builtin_ctz(slots);
    cache->mask = slots - 1;
    cache->slots = bench_allocate(slots * sizeof *cache->slots);
    cache->entries = bench_allocate((capacity + 1u) * sizeof *cache->entries);
    cache->count = 0;
    cache->capacity = capacity;
}

INLINE void key_cache_prefetch(const struct key_cache *cache, uint64_t key)
{
    __builtin_prefetch(&cache->slots[key_home(cache, key)]);
}

INLINE void key_cache_unlink(struct key_cache *cache, uint32_t entry)
{
    struct key_entry *entries = cache->entries;

    entries[entries[entry].prev].next = entries[entry].next;
    entries[entries[entry].next].prev = entries[entry].prev;
}

INLINE void key_cache_link_first(struct key_cache *cache, uint32_t entry)
{
    struct key_entry *entries = cache->entries;
    uint32_t first = entries[0].next;

    entries[entry].prev = 0;
    entries[entry].next = first;
    entries[first].prev = entry;
    entries[0].next = entry;
}

/* Empties the slot of an entry; those behind it that may move up do. */
INLINE void key_cache_forget(struct key_cache *cache, uint32_t entry)
{
    uint32_t hole = key_home(cache, cache->entries[entry].key), slot;

    while (cache->slots[hole] != entry)
        hole = (hole + 1) & cache->mask;
    for (slot = (hole + 1) & cache->mask; cache->slots[slot]; slot = (slot + 1) & cache->mask) {
        uint32_t home = key_home(cache, cache->entries[cache->slots[slot]].key);

        if (((slot - home) & cache->mask) >= ((slot - hole) & cache->mask)) {
            cache->slots[hole] = cache->slots[slot];
            hole = slot;
        }
    }
    cache->slots[hole] = 0;
}

/* A place for a new entry: an unused one, or the oldest's. */
INLINE uint32_t key_cache_make_room(struct key_cache *cache)
{
    uint32_t entry;

    if (cache->count < cache->capacity)
        return ++cache->count;
    entry = cache->entries[0].prev;
    key_cache_forget(cache, entry);
    key_cache_unlink(cache, entry);
    return entry;
}

/* True: it was there. If not it is now. promote: a hit makes it the newest (LRU). */
INLINE bool key_cache_get(struct key_cache *cache, uint64_t key, bool promote)
{
    uint32_t slot = key_home(cache, key), entry;

    for (; (entry = cache->slots[slot]); slot = (slot + 1) & cache->mask)
        if (cache->entries[entry].key == key) {
            if (promote && cache->entries[0].next != entry) {
                key_cache_unlink(cache, entry);
                key_cache_link_first(cache, entry);
            }
            return true;
        }
    entry = key_cache_make_room(cache);
    slot = key_home(cache, key);
    while (cache->slots[slot])
        slot = (slot + 1) & cache->mask;
    cache->entries[entry].key = key;
    cache->slots[slot] = entry;
    key_cache_link_first(cache, entry);
    return false;
}

#endif
