/* sticky_table.h - which server a user's cookie names: of balancers, and of sessions (web_sessions.h).
 *
 * A cookie is with the user, so one table serves all balancers of a group, and nothing but its age takes
 * it away: it expires `lifetime_ns` after its last use. Cookies are kept in order of their last use;
 * each look-up drops those at the old end that have expired, so the table holds no more users than came
 * within one lifetime.
 *
 * Cost: O(1) expected and amortised. Memory: 40 bytes a cookie when the table is full, 60 when it has just grown; a user
 * without a cookie costs nothing. Ownership: blocks of the `struct memory` given, freed with it. Errors: none; at most
 * 2^31 cookies.
 * Method: a hash table with open addressing, so that a look-up that somebody prepares reads one place of memory, with
 * deletion by closing gaps (Knuth, "The Art of Computer Programming" 3, 6.4, algorithm R), and a list through it.
 */
#ifndef MODELS_STICKY_TABLE_H
#define MODELS_STICKY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/memory.h"
#include "sim/random.h"

#define STICKY_NONE UINT32_MAX

struct cookie {
    uint64_t user;
    int64_t used_ns;
    uint32_t target;
    uint32_t is_used; /* the place */
    uint32_t older, newer;
};

struct sticky_table {
    struct memory *memory;
    int64_t lifetime_ns;
    uint64_t key;         /* of the hash */
    struct cookie *cookies; /* from index 1; 0 closes the ring of those in use: its newer is the oldest */
    uint32_t room;          /* places there are */
    uint32_t count;         /* cookies there are */
};

void sticky_init(struct sticky_table *table, struct memory *memory, int64_t lifetime_ns, uint64_t key);

/* The target of the user's cookie, which is used now; STICKY_NONE: there is none, or it has expired.
 * Dates never fall. */
uint32_t sticky_find(struct sticky_table *table, uint64_t user, int64_t now_ns);

/* Where the search for the user's cookie begins. Not for others. */
static inline uint32_t sticky_home(const struct sticky_table *table, uint64_t user)
{
    return 1 + (uint32_t)((unsigned __int128)rng_hash(table->key, user) * table->room >> 64);
}

/* For callers that know the user some time ahead: fetches the cookie that will be looked at first.
 * always_inline: see eviction_prefetch(). */
static inline __attribute__((always_inline)) void sticky_prefetch(const struct sticky_table *table,
                                                                  uint64_t user)
{
    __builtin_prefetch(&table->cookies[sticky_home(table, user)]);
}

/* Gives the user a cookie, or another one. */
void sticky_set(struct sticky_table *table, uint64_t user, uint32_t target, int64_t now_ns);

/* ---- for whoever keeps something by these cookies ---- */

/* Removes the oldest of those that have expired and tells which it was; false: none has. */
bool sticky_take_expired(struct sticky_table *table, int64_t now_ns, struct cookie *expired);

/* The user's cookie, without using it; NULL: there is none. Valid until one is set, renamed or taken away. */
struct cookie *sticky_peek(const struct sticky_table *table, uint64_t user);

/* It is used now: what sticky_find() does when it has found it. */
void sticky_use(struct sticky_table *table, struct cookie *cookie, int64_t now_ns);

/* The next younger one, of NULL the oldest; NULL: there is none. Valid likewise. */
struct cookie *sticky_younger(const struct sticky_table *table, const struct cookie *cookie);

/* The user's cookie, which exists, is another user's from now on, who has none; its age stays. */
void sticky_rename(struct sticky_table *table, uint64_t user, uint64_t other);

/* Takes the user's cookie away, which exists. */
void sticky_drop(struct sticky_table *table, uint64_t user);

#endif
