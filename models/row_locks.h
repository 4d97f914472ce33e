/* row_locks.h - exclusive locks on rows, and the requests that wait for each.
 *
 * A lock exists only while somebody holds it, so a billion rows that nobody holds cost nothing. Whoever comes
 * to a held lock waits behind the others (first come, first served) and comes back in on_timer holding it.
 * Who holds a lock is not noted: the holder knows. One request waits for one lock at a time.
 * The buffer pool uses the same to let one request read a page while others wait for it, and a cache to let
 * requests share the answer of a fetch.
 *
 * Left out: shared locks (readers see the last committed version instead, as with MVCC), deadlocks, lock
 * timeouts.
 *
 * Cost: O(1) expected a lock and an unlock; 24 bytes a slot for the most locks ever held together.
 * Method: linear probing, removal by moving later entries back (Knuth, "The Art of Computer Programming" 3,
 * 6.4 R).
 */
#ifndef MODELS_ROW_LOCKS_H
#define MODELS_ROW_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sim.h"

struct row_lock {
    uint64_t id;          /* what is locked, as row_id() names it */
    uint32_t first, last; /* requests that wait, 0: none */
    bool held;            /* false: a free slot */
};

struct row_locks {
    struct row_lock *slots;
    uint64_t slot_count;                    /* a power of two */
    uint64_t count;                         /* held now */
    uint64_t waits;                         /* requests that had to wait, in the window */
    struct amount waiting;                  /* in all lines together */
    struct resource_statistics *statistics; /* of waits, NULL: none are kept */
};

/* statistics: as of group_resource_statistics(), or NULL. */
void row_locks_init(struct row_locks *locks, struct memory *memory, struct resource_statistics *statistics);

/* True: held now, go on. False: the request waits and comes back in on_timer of `self`, holding it; do not
 * touch it. */
bool row_locks_acquire(struct row_locks *locks, struct component *self, struct request *request, uint64_t id);

/* The holder is done: the first in line, if any, holds it now and is resumed before the next event. */
void row_locks_release(struct row_locks *locks, struct sim *sim, uint64_t id);

/* The holder is done, and whoever waited is the caller's to go on with: the first of them, the others
 * behind it by `next`; 0: nobody waited. The lock is free. */
uint32_t row_locks_release_line(struct row_locks *locks, struct sim *sim, uint64_t id);

/* Nobody holds or waits any more: a crash has ended all of them. O(slots). */
void row_locks_clear(struct row_locks *locks, struct sim *sim);

#endif
