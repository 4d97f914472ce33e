/* own_writes.h - where in the log each user's last write is, as a library keeps it to let users read what
 * they wrote.
 *
 * Users whose writes are on every replica are forgotten when the table would grow, so it is as large as the
 * users who wrote within the replicas' lag.
 * Cost: O(1) expected; 16 bytes a slot, half of them in use at most. Memory is the run's.
 * Method: linear probing (Knuth, "The Art of Computer Programming" 3, 6.4).
 */
#ifndef MODELS_OWN_WRITES_H
#define MODELS_OWN_WRITES_H

#include <stdint.h>

#include "sim/memory.h"

struct own_write {
    uint64_t user;
    uint64_t end; /* the write is below; 0: a free slot */
};

/* Zeroed memory is an empty table. */
struct own_writes {
    struct own_write *slots;
    uint64_t slot_count; /* a power of two, or 0 */
    uint64_t count;
};

/* The user's last write has number end - 1. everywhere: entries below need not be remembered. */
void own_writes_note(struct own_writes *writes, struct memory *memory, uint64_t user, uint64_t end,
                     uint64_t everywhere);

/* Its number plus 1; 0: none is known. */
uint64_t own_writes_find(const struct own_writes *writes, uint64_t user);

#endif
