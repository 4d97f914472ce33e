/* dirty_copies.h - which copies of a write-back cache are newer than their rows in the store, and how many
 * accepted writes each stands for.
 *
 * A copy is dirty from the first write that the store has not until a write to the store that holds them all
 * has been answered. Those that no write is under way for stand in a line, the one that is dirty for longest
 * first. A further write to a dirty copy is combined with those before it. An entry may outlive its copy:
 * what made room or expired stays here until it is written.
 *
 *     accepted = stored + superseded + lost + unconfirmed + still here   (single writes, at any date)
 *
 * Ownership: the struct is the caller's, its arrays the run's. Errors: none beyond those of memory. A place
 * from dirty_find() is valid until the entry is removed; pointers until the next dirty_accept().
 * Cost: O(1) expected; 56 bytes a dirty copy and 4 to 8 in the table of keys.
 * Method: linear probing, removal by moving later entries back (Knuth, "The Art of Computer Programming" 3,
 * 6.4 R).
 */
#ifndef MODELS_DIRTY_COPIES_H
#define MODELS_DIRTY_COPIES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/gauge.h"
#include "sim/memory.h"
#include "sim/request.h"

struct dirty_copy {
    uint64_t id, key;
    uint32_t next, prev; /* in the line; next also of free places */
    uint32_t next_leaving; /* the cache's: of copies that have just made room */
    uint32_t waiting;    /* accepted writes that no write to the store holds yet */
    uint32_t under_way;  /* those that the one under way holds; 0: there is none */
    uint32_t bytes;      /* of the copy */
    uint16_t data, rows;
    uint8_t operation; /* OPERATION_INSERT when the first of them was one */
};

struct dirty_copies {
    struct dirty_copy *copies; /* places from 1 */
    uint32_t *slots;           /* places by hash of the id, 0: free */
    uint64_t slot_mask;
    uint32_t pool_size, pool_used, free;
    uint32_t first, last, line; /* the line, and how many are in it */
    uint64_t count;
    struct memory *memory;
    struct amount dirty;  /* entries */
    uint64_t accepted;    /* single writes, in the window, as all of these */
    uint64_t stored;      /* that the store has */
    uint64_t superseded;  /* that a delete made pointless */
    uint64_t lost;        /* that a crash took */
    uint64_t unconfirmed; /* that were under way when it came */
    uint64_t writes;      /* that were sent to the store and done */
};

void dirty_init(struct dirty_copies *dirty, struct memory *memory);

/* The place of that key; 0: its copy is not dirty. */
uint32_t dirty_find(const struct dirty_copies *dirty, uint64_t id);

static inline struct dirty_copy *dirty_at(const struct dirty_copies *dirty, uint32_t place)
{
    return &dirty->copies[place];
}

/* A write to the request's key is accepted; `bytes`: of the copy. Returns its place. */
uint32_t dirty_accept(struct dirty_copies *dirty, const struct request *request, uint32_t bytes,
                      int64_t now_ns);

/* A write to the store takes all that waits; the place must be in the line. */
void dirty_take(struct dirty_copies *dirty, uint32_t place);

/* The write under way has been answered; true: the copy is clean now. One that failed is to be done again. */
bool dirty_done(struct dirty_copies *dirty, uint32_t place, bool stored, int64_t now_ns);

/* The row has been deleted: what waits is not written any more. */
void dirty_forget(struct dirty_copies *dirty, uint32_t place, int64_t now_ns);

/* The memory is gone, and whoever waited for answers; what is under way may still arrive. Returns how many
 * single writes are lost for sure. O(n). */
uint64_t dirty_crash(struct dirty_copies *dirty, int64_t now_ns);

#endif
