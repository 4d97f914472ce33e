#include "models/buffer_pool.h"

#include <string.h>

#include "sim/random.h"

#define FIRST_PAGES 64
#define MARK_THERE 1u
#define MARK_DIRTY 2u

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

/* ---- marks ---- */

static void make_room_for_marks(struct buffer_pool *pool, struct memory *memory, uint64_t page)
{
    uint32_t data = row_id_data(page);
    uint64_t number = row_id_row(page), words = 2 * (number / BUFFER_MARKS_A_WORD + 1);

    if (data >= pool->mark_count) {
        pool->marks = memory_grow(memory, pool->marks, (data + 1) * sizeof *pool->marks);
        pool->mark_count = data + 1;
    }
    if (number < pool->marks[data].page_end)
        return;
    pool->marks[data].words =
        memory_grow(memory, pool->marks[data].words, words * sizeof *pool->marks[data].words);
    pool->marks[data].page_end = words * BUFFER_MARKS_A_WORD;
}

/* Marks of a page where they are in their word. */
static uint64_t in_word(uint64_t page, unsigned marks)
{
    return (uint64_t)marks << 2 * (row_id_row(page) % BUFFER_MARKS_A_WORD);
}

static bool is_marked(const struct buffer_pool *pool, uint64_t page, unsigned marks)
{
    const uint64_t *word = buffer_marks_word(pool, page);

    return word && !(~*word & in_word(page, marks));
}

static void mark(struct buffer_pool *pool, uint64_t page, unsigned marks)
{
    uint64_t *word = buffer_marks_word(pool, page);

    if (word)
        *word |= in_word(page, marks);
}

static void unmark(struct buffer_pool *pool, uint64_t page)
{
    uint64_t *word = buffer_marks_word(pool, page);

    if (word)
        *word &= ~in_word(page, MARK_THERE | MARK_DIRTY);
}

static void clear_marks(struct buffer_pool *pool)
{
    for (uint32_t i = 0; i < pool->mark_count; i++)
        if (pool->marks[i].words)
            memset(pool->marks[i].words, 0,
                   pool->marks[i].page_end / BUFFER_MARKS_A_WORD * sizeof *pool->marks[i].words);
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
            memory_leave(memory); /* 2^31 pages would be 50 GB of our own memory */
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
    unmark(pool, page->page);
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

static unsigned marks_for(bool dirty)
{
    return dirty ? MARK_THERE | MARK_DIRTY : MARK_THERE;
}

bool buffer_pool_use(struct buffer_pool *pool, uint64_t page, bool dirty)
{
    uint32_t i;

    if (pool->roomy && is_marked(pool, page, marks_for(dirty)))
        return true;
    i = find(pool, page);
    if (!i)
        return false;
    if (!pool->roomy && i != pool->newest) {
        unlink_page(pool, i);
        link_newest(pool, i);
    }
    if (dirty)
        pool->pages[i].dirty = 1;
    if (pool->roomy)
        mark(pool, page, marks_for(dirty));
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
    if (pool->roomy) {
        make_room_for_marks(pool, memory, page);
        mark(pool, page, marks_for(dirty));
    }
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
    clear_marks(pool);
    pool->newest = pool->oldest = pool->listed = 0;
    pool->used_bytes = 0;
    pool->tracked = true;
}
