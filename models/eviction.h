/* eviction.h - a store of keyed copies with a bound, which makes room by a policy: the inside of every
 * cache.
 *
 * A copy has a version, a size and a date at which it expires. The bound is on entries, on bytes, or on
 * both. A policy is a row of verbs (struct eviction_policy); eviction_policies.c has them all:
 *   lru          the least recently used key goes
 *   fifo         the key that has been in for longest goes
 *   lfu          the least used since it came in goes; of those the least recently used
 *   perfect_lfu  counts of all keys that were ever asked for; a key that was asked for less often than all
 *                that are in stays out; of equals the least recently used goes
 *   random       any key goes
 * Reading a key and replacing its copy are uses of it. perfect_lfu counts what is asked for, found or not,
 * and no puts.
 *
 * Expiry: a copy counts until now_ns reaches expiry_ns. It is removed when it is asked for, when it is the
 * victim, or when a sweep finds it: each call passes two further places of the pool, so it takes room for at
 * most as many calls as half the number of places. Of the places ahead it knows the earliest date, and looks
 * at none before that. The levels `entries` and `bytes` are dated back to the
 * expiry, so their means are of copies that still count.
 *
 * A copy larger than the whole bound is not kept. One that is replaced by a larger copy, and would itself
 * have to make room for that, goes.
 *
 * Keys are one word, row_id(data set, row) for rows. Dates: ns of simulated time, never falling. Randomness:
 * `random` draws one number a victim from the caller's stream. Ownership: the struct is the caller's, its
 * arrays the run's. Errors: none beyond those of memory; at most 2^32 - 2 entries.
 * Cost: O(1) a call; perfect_lfu O(log n). Memory, a key: 40 bytes, up to 12.8 in the table of keys, 4 more
 * with random and perfect_lfu, and one eighth of room to grow; under 64 together. Besides: 24 bytes for each
 * distinct count of lfu (at most the root of twice the hits), and up to 43 for each key that perfect_lfu has
 * ever seen.
 * Source: frequency lists: Shah, Mitra, Matani, "An O(1) algorithm for implementing the LFU cache eviction
 * scheme", 2010; open addressing with removal: Knuth, "The Art of Computer Programming" 3, 6.4, algorithm R.
 */
#ifndef MODELS_EVICTION_H
#define MODELS_EVICTION_H

#include <stdbool.h>
#include <stdint.h>

#include "models/param.h"
#include "models/row_table.h"
#include "sim/gauge.h"
#include "sim/memory.h"
#include "sim/random.h"
#include "sim/time.h"

#define EVICTION_DISTANCE_BITS 3

enum eviction {
    EVICTION_LRU,
    EVICTION_FIFO,
    EVICTION_LFU,
    EVICTION_PERFECT_LFU,
    EVICTION_RANDOM,
    EVICTION_COUNT
};

struct eviction_store;

/* What makes a policy. Entries are places in the pool, from 1. */
struct eviction_policy {
    void (*on_insert)(struct eviction_store *store, uint32_t entry);
    void (*on_hit)(struct eviction_store *store, uint32_t entry);
    void (*on_remove)(struct eviction_store *store, uint32_t entry);
    uint32_t (*victim)(const struct eviction_store *store); /* who goes next; the store is not empty */
    /* Whether a key comes in at the cost of that victim; NULL: always. */
    bool (*admits)(const struct eviction_store *store, uint64_t id, uint32_t victim);
    bool counts_all; /* of keys that are asked for, also of those that are not in */
    bool has_places; /* keeps all entries in an array instead of lists */
};

extern const struct eviction_policy eviction_policies[EVICTION_COUNT];
extern const struct param_choice eviction_choices[]; /* values: enum eviction */

/* What looking a key up touches; four to a line of the processor's cache. */
struct eviction_link {
    uint64_t id;
    uint32_t prev; /* in a list; with has_places: index in `places` */
    uint32_t next; /* in a list, also of free places; perfect_lfu: date of the last use, low part */
};

/* What answering a hit and making room touch. */
struct eviction_content {
    int64_t expiry_ns;
    uint32_t version;
    uint32_t size; /* bytes */
};

/* What only counting policies touch. */
struct eviction_weight {
    uint32_t frequency; /* lfu: index of a frequency list; perfect_lfu: times asked for */
    uint32_t used_high; /* perfect_lfu: date of the last use, high part */
};

/* A copy as it is put in. */
struct eviction_copy {
    int64_t expiry_ns; /* SIM_TIME_NEVER: it does not expire */
    uint32_t version;
    uint32_t size; /* bytes */
};

/* The keys that were used equally often, in order of their last use; lists are in order of their counts. */
struct eviction_frequency {
    uint64_t uses;
    uint32_t first, last; /* entries, 0: none */
    uint32_t prev, next;  /* lists, 0: none */
};

struct eviction_config {
    enum eviction policy;
    int64_t capacity_entries; /* INT64_MAX: unlimited; so are bytes */
    int64_t capacity_bytes;
    struct rng *rng; /* of `random`, the caller's, outlives the store; else NULL */
};

struct eviction_store {
    const struct eviction_policy *policy;
    struct eviction_link *links; /* of the pool; place 0 is the ends of the list of lru and fifo */
    struct eviction_weight *weights;
    struct eviction_content *contents;
    uint32_t *slots; /* open addressing: entries by hash of their keys, see eviction.c; 0: free */
    uint64_t slot_mask;
    unsigned slot_shift;           /* 64 - bits of slot_mask */
    unsigned tag_bits;             /* of a slot's 32, what the entry leaves: hash and distance, see eviction.c */
    uint32_t pool_size, pool_used; /* places allocated, and ever used, 0 included */
    uint32_t free;                 /* first of the places that are free again, 0: none */
    uint32_t cursor;               /* of the sweep */
    uint32_t sweep_end;            /* of the places from the cursor on none expires */
    int64_t sweep_ns;              /* before this date */
    bool expires;                  /* some copy had an expiry */
    int64_t capacity_entries, capacity_bytes;
    struct amount entries, bytes; /* present and not expired */
    uint64_t evictions;           /* copies that made room */
    uint64_t expirations;         /* copies removed since they had expired */

    uint32_t *places; /* has_places: entries, dense; perfect_lfu: a heap, the next victim first */
    struct eviction_frequency *frequencies; /* lfu */
    uint32_t frequency_size, frequency_used, frequency_free, frequency_lowest;
    struct row_table asked; /* perfect_lfu: how often each key was asked for, as its version */
    uint64_t uses;          /* perfect_lfu: number of the last use */
    struct rng *rng;
    void (*on_leave)(void *owner, uint64_t id); /* a copy has made room; NULL: nobody wants to know */
    void *owner;
    struct memory *memory;
};

/* An empty store; capacities at least 0. */
void eviction_init(struct eviction_store *store, struct memory *memory, const struct eviction_config *config);

/* Room for so many copies at once: filling a store then copies nothing. */
void eviction_reserve(struct eviction_store *store, uint64_t count);

/* The copy of that key, used once more: its place, valid until the next call; 0: there is none. */
uint32_t eviction_get(struct eviction_store *store, uint64_t id, int64_t now_ns);

/* Keeps a copy, in place of an older one; false: it is not kept, nor is an older one. */
bool eviction_put(struct eviction_store *store, uint64_t id, struct eviction_copy copy, int64_t now_ns);

/* What a place that eviction_get() returned holds. */
static inline struct eviction_copy eviction_copy_at(const struct eviction_store *store, uint32_t entry)
{
    return (struct eviction_copy){ .expiry_ns = store->contents[entry].expiry_ns,
                                   .version = store->contents[entry].version,
                                   .size = store->contents[entry].size };
}

/* Gives a copy that expires another date for that. */
static inline void eviction_set_expiry(struct eviction_store *store, uint32_t entry, int64_t expiry_ns)
{
    store->contents[entry].expiry_ns = expiry_ns;
    if (expiry_ns < store->sweep_ns)
        store->sweep_ns = expiry_ns;
}

/* Forgets the copy of that key; false: there was none. */
bool eviction_drop(struct eviction_store *store, uint64_t id, int64_t now_ns);

/* One copy makes room, for a reason outside of the store, which must not be empty. */
void eviction_evict(struct eviction_store *store, int64_t now_ns);

/* The place of that key's copy, which is not used by this; 0: there is none. */
uint32_t eviction_peek(struct eviction_store *store, uint64_t id, int64_t now_ns);

/* All copies are gone, and all that was counted of keys: a crash. No eviction, and on_leave is
 * not called. O(n). */
void eviction_clear(struct eviction_store *store, int64_t now_ns);

static inline void eviction_set_version(struct eviction_store *store, uint32_t entry, uint32_t version)
{
    store->contents[entry].version = version;
}

/* The slot where the search for a key begins. Multiplication by 2^64 over the golden ratio spreads rows,
 * which are numbers without gaps or a sample of such, more evenly than chance would (Knuth, 6.4), and is
 * faster than hash_key(). */
static inline uint64_t eviction_home(const struct eviction_store *store, uint64_t id)
{
    return id * RNG_WEYL >> store->slot_shift;
}

/* The higher half of the product, which begins with the bits that are the home of the key. */
static inline uint32_t eviction_hash(uint64_t id)
{
    return (uint32_t)(id * RNG_WEYL >> 32);
}

/* Of the distance in a slot; what is as far or further lies at the mask. 0 in tables so large that they leave no bits
 * for it: then nothing is known. */
static inline uint32_t eviction_distance_mask(const struct eviction_store *store)
{
    return store->tag_bits < EVICTION_DISTANCE_BITS ? 0 : (1u << EVICTION_DISTANCE_BITS) - 1;
}

/* Of the hash in a slot. */
static inline uint32_t eviction_tag_mask(const struct eviction_store *store)
{
    uint32_t below_entry = (UINT32_C(1) << store->tag_bits) - 1; /* fewer than 32 bits: slots are at least 64 */

    return below_entry & ~eviction_distance_mask(store);
}

/* For callers that know keys some time ahead: first fetches where the key will be looked for, then, a key
 * later, what lies there, and at last the entries around it. always_inline: GCC takes a function that only
 * fetches for one that does nothing and drops the call. */
static inline __attribute__((always_inline)) void eviction_prefetch(const struct eviction_store *store,
                                                                    uint64_t id)
{
    __builtin_prefetch(&store->slots[eviction_home(store, id)]);
}

/* Returns the entry, likely that of the key, for eviction_prefetch_neighbours(). */
static inline __attribute__((always_inline)) uint32_t
eviction_prefetch_entry(const struct eviction_store *store, uint64_t id)
{
    uint32_t entry = store->slots[eviction_home(store, id)] >> store->tag_bits;

    __builtin_prefetch(&store->links[entry]);
    __builtin_prefetch(&store->contents[entry]);
    return entry;
}

/* Those between whom it is in a list, which it leaves when it is used. */
static inline __attribute__((always_inline)) void
eviction_prefetch_neighbours(const struct eviction_store *store, uint32_t entry)
{
    __builtin_prefetch(&store->links[store->links[entry].prev]);
    __builtin_prefetch(&store->links[store->links[entry].next]);
}

#endif
