/* arena.h - memory for what is read from a scenario, and for results: allocated piece by piece, freed at once.
 *
 * Blocks are zeroed and aligned for any type. NULL means that the machine has no more memory: callers pass
 * that on. Not for runs, which have sim/memory.h.
 * Cost: O(1) a block beside clearing it; chunks of 16 KiB, a larger block has a chunk of its own.
 */
#ifndef APP_ARENA_H
#define APP_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* the one in use first */
    void *(*allocate)(
        size_t size); /* of chunks, freed by free(); NULL: malloc. For tests of what happens without memory */
};

/* An arena that is all zero is empty and ready; this frees all blocks and makes it so again. */
void arena_deinit(struct arena *arena);

/* A zeroed block of `size` bytes (0 is fine); NULL: out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for count elements of `size` bytes, safe against overflow. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* A copy of a string; NULL: out of memory. */
char *arena_strdup(struct arena *arena, const char *text);

#endif
