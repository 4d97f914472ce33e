#include "models/buffer_pool.h"

#include <stdlib.h>

#include "sim/random.h"

#define FIRST_PAGES 64

static uint32_t *head_of(const struct buffer_pool *pool, uint64_t page)
{
    return &pool->heads[hash_key(page) & (pool->head_count - 1)];
}

static uint32_t find(const struct buffer_pool *pool, uint64_t page)
{
    uint32_t i = pool->listed ? *head_of(pool, page) : 0;

    while (i && pool->pages[i].page != page)
        i = pool->pages[i].chain;
    return i;
}

/* ---- the order of use ---- */

static void unlink_page(struct buffer_pool *pool, uint32_t i)
{
    struct buffer_page *page = &pool->pages[i];

    if (page->newer)
        pool->pages[page->newer].older = page->older;
    else
        pool->newest = page->older;
    if (page->older)
        pool->pages[page->older].newer = page->newer;
    else
        pool->oldest = page->newer;
}

static void link_newest(struct buffer_pool *pool, uint32_t i)
{
    pool->pages[i].newer = 0;
    pool->pages[i].older = pool->newest;
    if (pool->newest)
        pool->pages[pool->newest].newer = i;
    else
        pool->oldest = i;
    pool->newest = i;
}

static void link_oldest(struct buffer_pool *pool, uint32_t i)
{
    pool->pages[i].older = 0;
    pool->pages[i].newer = pool->oldest;
    if (pool->oldest)
        pool->pages[pool->oldest].older = i;
    else
        pool->newest = i;
    pool->oldest = i;
}

/* ---- room ---- */

static void rehash(struct buffer_pool *pool, struct memory *memory)
{
    memory_free(memory, pool->heads);
    pool->head_count = pool->head_count ? 2 * pool->head_count : FIRST_PAGES;
    pool->heads = memory_alloc_array(memory, pool->head_count, sizeof *pool->heads);
    for (uint32_t i = pool->newest; i; i = pool->pages[i].older) {
        uint32_t *head = head_of(pool, pool->pages[i].page);

        pool->pages[i].chain = *head;
        *head = i;
    }
}

static uint32_t take_index(struct buffer_pool *pool, struct memory *memory)
{
    uint32_t i = pool->free;

    if (i) {
        pool->free = pool->pages[i].chain;
        return i;
    }
    if (pool->page_count + 1 >= pool->page_room) {
        if (pool->page_room > UINT32_MAX / 2)
            abort(); /* 2^31 pages would be 50 GB of our own memory */
        pool->page_room = pool->page_room ? 2 * pool->page_room : FIRST_PAGES;
        pool->pages = memory_grow(memory, pool->pages, pool->page_room * sizeof *pool->pages);
    }
    return ++pool->page_count;
}

/* A new page that is in a chain, not in the order yet. */
static uint32_t add(struct buffer_pool *pool, struct memory *memory, uint64_t page, uint32_t size, bool dirty)
{
    uint32_t i = take_index(pool, memory);
    uint32_t *head;

    if (pool->listed >= pool->head_count)
        rehash(pool, memory);
    head = head_of(pool, page);
    pool->pages[i] =
        (struct buffer_page){ .page = page, .chain = *head, .size = size & 0x7fffffff, .dirty = dirty };
    *head = i;
    pool->listed++;
    pool->used_bytes += size;
    return i;
}

static void evict_oldest(struct buffer_pool *pool, struct buffer_evicted *evicted)
{
    uint32_t i = pool->oldest;
    struct buffer_page *page = &pool->pages[i];
    uint32_t *place = head_of(pool, page->page);

    while (*place != i)
        place = &pool->pages[*place].chain;
    *place = page->chain;
    unlink_page(pool, i);
    pool->listed--;
    pool->used_bytes -= page->size;
    pool->evicted++;
    if (page->dirty) {
        evicted->pages++;
        evicted->bytes += page->size;
    }
    page->chain = pool->free;
    pool->free = i;
}

/* ---- verbs ---- */

bool buffer_pool_use(struct buffer_pool *pool, uint64_t page, bool dirty)
{
    uint32_t i = find(pool, page);

    if (!i)
        return false;
    if (!pool->roomy && i != pool->newest) {
        unlink_page(pool, i);
        link_newest(pool, i);
    }
    if (dirty)
        pool->pages[i].dirty = 1;
    return true;
}

struct buffer_evicted buffer_pool_insert(struct buffer_pool *pool, struct memory *memory, uint64_t page,
                                         uint32_t size, bool dirty)
{
    struct buffer_evicted evicted = { 0, 0 };

    if (size > pool->capacity_bytes) { /* it passes through, and what was written goes on to the disk */
        if (dirty)
            evicted = (struct buffer_evicted){ 1, size };
        return evicted;
    }
    while (pool->used_bytes + size > pool->capacity_bytes)
        evict_oldest(pool, &evicted);
    link_newest(pool, add(pool, memory, page, size, dirty));
    return evicted;
}

bool buffer_pool_preload(struct buffer_pool *pool, struct memory *memory, uint64_t page, uint32_t size)
{
    if (find(pool, page))
        return true;
    if (pool->used_bytes + size > pool->capacity_bytes)
        return false;
    link_oldest(pool, add(pool, memory, page, size, false));
    return true;
}

void buffer_pool_clear(struct buffer_pool *pool)
{
    uint32_t next;

    for (uint32_t i = pool->newest; i; i = next) {
        next = pool->pages[i].older;
        pool->pages[i].chain = pool->free;
        pool->free = i;
    }
    for (uint32_t i = 0; i < pool->head_count; i++)
        pool->heads[i] = 0;
    pool->newest = pool->oldest = pool->listed = 0;
    pool->used_bytes = 0;
    pool->tracked = true;
}
