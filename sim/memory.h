/* memory.h - every byte that a run allocates, in one place.
 *
 * A run owns one `struct memory`; blocks are zeroed, aligned to 64 bytes and linked, so that
 * memory_deinit() frees them all and no component needs a destructor.
 *
 * Two ways to run out:
 *   the budget   memory_alloc() still succeeds and `over_budget` becomes true: the run ends at its
 *                next event, with partial results.
 *   the machine  malloc() fails: control leaves through memory_guard(), which returns false; the
 *                run can then only be destroyed. That is the machine's fault, exit status 3.
 *
 * Blocks have an owner, a number that their user sets while it allocates and that a block keeps when
 * it grows: what a component was given when it was wired, and what became of it, can be told apart
 * from all else.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_block;

struct memory {
    struct memory_block *blocks; /* all that live */
    uint64_t used_bytes;
    uint64_t peak_bytes;
    uint64_t budget_bytes; /* UINT64_MAX: none */
    bool over_budget;
    bool has_large_pages; /* blocks to come want them */
    uint32_t owner; /* of blocks allocated from now on; 0: nobody */
    void *escape; /* jmp_buf of the innermost memory_guard() */
};

/* Starts with nothing allocated. budget_bytes: see above. */
void memory_init(struct memory *memory, uint64_t budget_bytes);

/* Frees every block that is still there. */
void memory_deinit(struct memory *memory);

/* Calls body(argument); false when memory ran out inside. Guards nest. */
bool memory_guard(struct memory *memory, void (*body)(void *argument), void *argument);

/* Leaves by the innermost guard, which there must be: what a run needs cannot be had. */
_Noreturn void memory_leave(struct memory *memory);

/* A zeroed block of at least `size` bytes. Never NULL: on failure it leaves by the guard. */
void *memory_alloc(struct memory *memory, size_t size);

/* The same for count elements of `size` bytes, safe against overflow. */
void *memory_alloc_array(struct memory *memory, size_t count, size_t size);

/* A larger copy of `block` (NULL: none yet), which is freed; what is new is zero. */
void *memory_grow(struct memory *memory, void *block, size_t size);

/* Asks the system for large pages where blocks lie close together: then the processor finds them all without
 * looking their addresses up. Large blocks from now on have them from the start. For runs that take seconds;
 * what pages there are already is copied, 0.2 ms for each 2 MB. No error where the system has no such pages.
 * O(memory). */
void memory_enlarge_pages(struct memory *memory);

/* The same for memory that is no block. */
void memory_enlarge_pages_of(const void *start, size_t size);

/* Counts memory that the run uses but did not allocate here. */
void memory_account(struct memory *memory, uint64_t size);

/* Adds the sizes of all blocks to those of their owners; owners from `count` on are
 * passed over. O(blocks). */
void memory_count_owners(const struct memory *memory, uint64_t *bytes, uint32_t count);

/* Copy of a string. */
char *memory_strdup(struct memory *memory, const char *text);

/* NULL is allowed. */
void memory_free(struct memory *memory, void *block);

#endif
