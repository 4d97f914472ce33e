/* test_buffer_pool.c - the pages in memory against plain arrays of what is there and what is dirty: while there
 * is room for all, when there is no more, and after memory was lost. */
#include "models/buffer_pool.h"

#include <string.h>

#include "models/row_table.h"
#include "tests/test.h"

#define DATA_COUNT 3
#define PAGES 700
#define PAGE_BYTES 100

struct plain {
    bool is_there, is_dirty;
};

static struct plain plain[DATA_COUNT][PAGES];

static uint32_t count_plain(bool dirty)
{
    uint32_t count = 0;

    for (int data = 0; data < DATA_COUNT; data++)
        for (int page = 0; page < PAGES; page++)
            count += dirty ? plain[data][page].is_dirty : plain[data][page].is_there;
    return count;
}

/* One use, and the read that follows where the page is not there. Returns dirty pages that left. */
static uint32_t use(struct buffer_pool *pool, struct memory *memory, struct rng *rng)
{
    uint16_t data = (uint16_t)rng_below(rng, DATA_COUNT);
    uint64_t page = rng_below(rng, PAGES), draw = rng_next(rng);
    bool is_dirty = draw % 4 == 0, was_there = buffer_pool_use(pool, row_id(data, page), is_dirty);
    struct buffer_evicted evicted = { 0, 0 };

    if (pool->roomy)
        ck_assert_int_eq(was_there, plain[data][page].is_there);
    if (!was_there && draw % 3 == 0)
        return 0; /* nobody reads it after all */
    if (!was_there)
        evicted = buffer_pool_insert(pool, memory, row_id(data, page), PAGE_BYTES, is_dirty);
    ck_assert_uint_eq(evicted.bytes, evicted.pages * PAGE_BYTES);
    plain[data][page].is_there = true;
    plain[data][page].is_dirty |= is_dirty;
    return evicted.pages;
}

/* Everything makes room for one page; returns how many were dirty. */
static uint32_t empty(struct buffer_pool *pool, struct memory *memory)
{
    return buffer_pool_insert(pool, memory, row_id(9, 0), (uint32_t)pool->capacity_bytes, false).pages;
}

START_TEST(test_buffer_pool_with_room_knows_what_is_there_and_dirty)
{
    struct buffer_pool pool = { .tracked = true,
                                .roomy = true,
                                .capacity_bytes = DATA_COUNT * PAGES * PAGE_BYTES };
    struct memory memory;
    struct rng rng = { .key = 11 };

    memory_init(&memory, UINT64_MAX);
    for (int crash = 0; crash < 3; crash++) {
        memset(plain, 0, sizeof plain);
        for (int i = 0; i < 5000; i++)
            ck_assert_uint_eq(use(&pool, &memory, &rng), 0);
        ck_assert_uint_eq(pool.listed, count_plain(false));
        ck_assert_uint_gt(count_plain(true), 100);
        buffer_pool_clear(&pool);
        for (uint16_t data = 0; data < DATA_COUNT; data++)
            for (uint64_t page = 0; page < PAGES; page++)
                ck_assert(!buffer_pool_use(&pool, row_id(data, page), false));
    }
    memset(plain, 0, sizeof plain);
    for (int i = 0; i < 5000; i++)
        use(&pool, &memory, &rng);
    pool.roomy = false; /* there is more than fits from now on */
    ck_assert_uint_eq(empty(&pool, &memory), count_plain(true));
    for (uint64_t page = 0; page < PAGES; page++)
        ck_assert(!buffer_pool_use(&pool, row_id(1, page), false));
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_buffer_pool_that_was_called_roomy_too_early_forgets_what_left)
{
    struct buffer_pool pool = { .tracked = true, .roomy = true, .capacity_bytes = 10 * PAGE_BYTES };
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    for (uint64_t page = 0; page < 30; page++)
        buffer_pool_insert(&pool, &memory, row_id(1, page), PAGE_BYTES, true);
    for (uint64_t page = 0; page < 30; page++)
        ck_assert_int_eq(buffer_pool_use(&pool, row_id(1, page), false), page >= 20);
    ck_assert_uint_eq(pool.evicted, 20);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_buffer_pool_without_room_lets_the_least_recently_used_go)
{
    struct buffer_pool pool = { .tracked = true, .capacity_bytes = 10 * PAGE_BYTES };
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    for (uint64_t page = 0; page < 10; page++)
        buffer_pool_insert(&pool, &memory, row_id(1, page), PAGE_BYTES, page == 1);
    ck_assert(buffer_pool_use(&pool, row_id(1, 0), false));
    ck_assert_uint_eq(buffer_pool_insert(&pool, &memory, row_id(1, 10), PAGE_BYTES, false).pages, 1);
    ck_assert(!buffer_pool_use(&pool, row_id(1, 1), false));
    ck_assert(buffer_pool_use(&pool, row_id(1, 0), false));
    ck_assert_ptr_null(pool.marks); /* nothing is kept for a pool that will not look at it */
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("buffer_pool", test_buffer_pool_with_room_knows_what_is_there_and_dirty,
          test_buffer_pool_that_was_called_roomy_too_early_forgets_what_left,
          test_buffer_pool_without_room_lets_the_least_recently_used_go)
