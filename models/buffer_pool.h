/* buffer_pool.h - the pages of a store that are in memory; the least recently used one leaves first.
 *
 * A page is a number (of row_id(): data set and page in it) and a size. Pages that were written are dirty:
 * whoever makes them leave is told how many bytes have to go to disk.
 *
 * While everything fits, the owner keeps the pool untracked: every page is there, and nothing is remembered. After a
 * crash it is tracked, and the owner says that it is roomy: pages come in, and their order is that, until there
 * are more pages than fit. Then two bits a page, which a processor has at hand, tell of most uses all there is
 * to tell.
 *
 * Left out: a scan evicts popular pages like any other use (InnoDB and PostgreSQL protect themselves a
 * little); reading ahead.
 *
 * Cost: O(1) expected; 24 bytes a page in memory and 4 to 8 for finding it; in a roomy pool a quarter of a byte
 * for each page number up to the highest. Memory is the run's.
 */
#ifndef MODELS_BUFFER_POOL_H
#define MODELS_BUFFER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/row_table.h"
#include "sim/memory.h"

#define BUFFER_MARKS_A_WORD 32

struct buffer_page {
    uint64_t page;
    uint32_t newer, older; /* in order of use; indices of pages, 0: none */
    uint32_t chain;        /* next with the same hash; also links free ones */
    uint32_t size : 31;    /* bytes */
    uint32_t dirty : 1;
};

/* Of the pages of a data set, in a roomy pool: two bits each, there and dirty. */
struct buffer_marks {
    uint64_t *words;
    uint64_t page_end; /* above the last one there is room for */
};

struct buffer_pool {
    bool tracked; /* false: every page is there */
    bool roomy;   /* there is room for every page: a use is not worth remembering */
    uint32_t mark_count;
    struct buffer_marks *marks; /* by number of the data set; what is not marked may still be there */
    uint64_t capacity_bytes;
    uint64_t used_bytes;            /* by pages in the list */
    struct buffer_page *pages;      /* from index 1 */
    uint32_t page_room, page_count; /* page_count: indices given out so far */
    uint32_t free;
    uint32_t newest, oldest;
    uint32_t *heads;     /* of chains, by hash */
    uint32_t head_count; /* a power of two, or 0 */
    uint32_t listed;     /* pages in the list */
    uint64_t evicted;    /* pages that had to leave, in the window */
};

/* What had to leave and is not on disk yet. */
struct buffer_evicted {
    uint32_t pages;
    uint64_t bytes;
};

/* The word that holds the page's marks; NULL: there is no room for them. Not for others. */
static inline uint64_t *buffer_marks_word(const struct buffer_pool *pool, uint64_t page)
{
    uint16_t data = row_id_data(page);

    if (data >= pool->mark_count || row_id_row(page) >= pool->marks[data].page_end)
        return NULL;
    return &pool->marks[data].words[row_id_row(page) / BUFFER_MARKS_A_WORD];
}

/* For callers that know the page some time ahead: fetches what a roomy pool will look at. always_inline: see
 * eviction_prefetch(). */
static inline __attribute__((always_inline)) void buffer_pool_prefetch(const struct buffer_pool *pool,
                                                                       uint64_t page)
{
    const uint64_t *word = pool->roomy ? buffer_marks_word(pool, page) : NULL;

    if (word)
        __builtin_prefetch(word);
}

/* Uses a page: true when it is there; it is the newest then, and dirty if asked. Tracked pools only. */
bool buffer_pool_use(struct buffer_pool *pool, uint64_t page, bool dirty);

/* Takes in a page that is not there, as the newest. Old ones leave until it fits; one larger than the pool is
 * not kept. */
struct buffer_evicted buffer_pool_insert(struct buffer_pool *pool, struct memory *memory, uint64_t page,
                                         uint32_t size, bool dirty);

/* Takes in a clean page as the oldest, if it is not there and there is room; false: there is no room left. */
bool buffer_pool_preload(struct buffer_pool *pool, struct memory *memory, uint64_t page, uint32_t size);

/* Memory is empty from now on, and each page counts. */
void buffer_pool_clear(struct buffer_pool *pool);

#endif
