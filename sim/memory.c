#include "sim/memory.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/bug.h"

#define LARGE_PAGE ((uintptr_t)2 << 20)
#define LARGE_PAGE_SHARE 4 /* at most one of so many small pages may be one that was never touched */
#define SMALL_PAGES_MOST 512

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define ALIGNMENT 64
#define LARGE_BYTES 32768 /* from here on it pays to leave pages alone until they are used */
#define HUGE_BYTES (2 * (size_t)LARGE_PAGE) /* from here on a block has a whole large page in it */

/* Stands before each block and keeps it aligned. */
struct memory_block {
    struct memory_block *prev, *next;
    size_t size; /* of the part behind the header, bytes */
    void *start; /* what free() wants */
    uint32_t owner;
    char padding[ALIGNMENT - 3 * sizeof(void *) - sizeof(size_t) - sizeof(uint32_t)];
};

_Static_assert(sizeof(struct memory_block) == ALIGNMENT, "the header keeps blocks aligned");

void memory_init(struct memory *memory, uint64_t budget_bytes)
{
    *memory = (struct memory){ .budget_bytes = budget_bytes };
}

void memory_deinit(struct memory *memory)
{
    while (memory->blocks) {
        struct memory_block *block = memory->blocks;

        memory->blocks = block->next;
        free(block->start);
    }
    memory->used_bytes = 0;
}

bool memory_guard(struct memory *memory, void (*body)(void *argument), void *argument)
{
    void *volatile outer = memory->escape;
    jmp_buf escape;

    if (setjmp(escape)) {
        memory->escape = outer;
        return false;
    }
    memory->escape = &escape;
    body(argument);
    memory->escape = outer;
    return true;
}

_Noreturn void memory_leave(struct memory *memory)
{
    if (!memory->escape)
        BUG("memory ran out where nobody is told");
    longjmp(*(jmp_buf *)memory->escape, 1);
}

void memory_account(struct memory *memory, uint64_t size)
{
    memory->used_bytes += size;
    if (memory->used_bytes > memory->peak_bytes)
        memory->peak_bytes = memory->used_bytes;
    if (memory->used_bytes > memory->budget_bytes)
        memory->over_budget = true;
}

static void enlist(struct memory *memory, struct memory_block *block)
{
    block->prev = NULL;
    block->next = memory->blocks;
    if (memory->blocks)
        memory->blocks->prev = block;
    memory->blocks = block;
    memory_account(memory, block->size);
}

/* Those in a block that nobody has used yet. Whole ones only: no large page can cross the line between memory that is to have
 * them and memory that is not. */
static void ask_for_large_pages(void *start, size_t size)
{
    uintptr_t first = ((uintptr_t)start + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)start + size) & ~(LARGE_PAGE - 1);

    (void)madvise((void *)first, end - first, MADV_HUGEPAGE); /* they are small where that fails */
}

/* Zeroed memory for a header and `size` bytes. A large block comes from calloc(), which need not touch the
 * pages of memory that is new: tables and histograms cost what is used of them. */
static struct memory_block *allocate(size_t size)
{
    struct memory_block *block;
    void *start;

    if (size < LARGE_BYTES) {
        start = block = aligned_alloc(ALIGNMENT, sizeof *block + size);
        if (block)
            memset(block, 0, sizeof *block + size);
    } else {
        start = calloc(1, sizeof *block + size + ALIGNMENT);
        block = (void *)(((uintptr_t)start + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
    }
    if (!start)
        return NULL;
    block->start = start;
    return block;
}

void *memory_alloc(struct memory *memory, size_t size)
{
    struct memory_block *block;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

    if (rounded < size || rounded > PTRDIFF_MAX - 2 * ALIGNMENT)
        memory_leave(memory);
    block = allocate(rounded);
    if (!block)
        memory_leave(memory);
    if (memory->has_large_pages && rounded >= HUGE_BYTES)
        ask_for_large_pages(block, rounded);
    block->size = rounded;
    block->owner = memory->owner;
    enlist(memory, block);
    return block + 1;
}

void *memory_alloc_array(struct memory *memory, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        memory_leave(memory);
    return memory_alloc(memory, bytes);
}

void *memory_grow(struct memory *memory, void *block, size_t size)
{
    void *larger = memory_alloc(memory, size);

    if (block) {
        size_t old_size = ((struct memory_block *)block)[-1].size;

        ((struct memory_block *)larger)[-1].owner = ((struct memory_block *)block)[-1].owner;
        memcpy(larger, block, old_size < size ? old_size : size);
        memory_free(memory, block);
    }
    return larger;
}

/* Whether nearly all small pages of a large one are in use: memory that nobody touches stays free. */
static bool is_in_use(uintptr_t page)
{
    unsigned char present[SMALL_PAGES_MOST];
    size_t small = (size_t)sysconf(_SC_PAGESIZE), count = LARGE_PAGE / small, used = 0;

    if (count > SMALL_PAGES_MOST || mincore((void *)page, LARGE_PAGE, present))
        return false;
    for (size_t i = 0; i < count; i++)
        used += present[i] & 1;
    return count - used <= count / LARGE_PAGE_SHARE;
}

/* Returns the end of the last page that it has looked at. */
static uintptr_t enlarge(const void *start, size_t size, uintptr_t done)
{
    uintptr_t page = (uintptr_t)start & ~(LARGE_PAGE - 1), end = (uintptr_t)start + size;

    for (page = page < done && done - page <= LARGE_PAGE ? done : page; page < end; page += LARGE_PAGE)
        if (is_in_use(page))
            (void)madvise((void *)page, LARGE_PAGE, MADV_COLLAPSE); /* it stays as it is where that fails */
    return page;
}

void memory_enlarge_pages_of(const void *start, size_t size)
{
    enlarge(start, size, 0);
}

void memory_enlarge_pages(struct memory *memory)
{
    uintptr_t done = 0;

    memory->has_large_pages = true;
    for (const struct memory_block *block = memory->blocks; block; block = block->next)
        done = enlarge(block, sizeof *block + block->size, done);
}

void memory_count_owners(const struct memory *memory, uint64_t *bytes, uint32_t count)
{
    for (const struct memory_block *block = memory->blocks; block; block = block->next)
        if (block->owner < count)
            bytes[block->owner] += block->size;
}

char *memory_strdup(struct memory *memory, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_alloc(memory, size), text, size);
}

void memory_free(struct memory *memory, void *pointer)
{
    struct memory_block *block = pointer;

    if (!block)
        return;
    block--;
    if (block->prev)
        block->prev->next = block->next;
    else
        memory->blocks = block->next;
    if (block->next)
        block->next->prev = block->prev;
    memory->used_bytes -= block->size;
    free(block->start);
}
