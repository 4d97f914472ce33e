#include "sim/bug.h"
#include "sim/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"

#define ABSURD (SIZE_MAX / 2 - 4096) /* no machine has it, yet it is no overflow */

/* Running out of memory is what is tested here: sanitizers shall return NULL, as malloc() does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

struct attempt {
    struct memory *memory;
    size_t size, count;
    char *block;
    int outer_steps, inner_steps;
    bool inner_result;
};

static void allocate_one(void *argument)
{
    struct attempt *attempt = argument;

    attempt->inner_steps++;
    attempt->block = attempt->count ? memory_alloc_array(attempt->memory, attempt->count, attempt->size)
                                    : memory_alloc(attempt->memory, attempt->size);
    attempt->inner_steps++;
}

static size_t count_not_zero(const unsigned char *bytes, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += bytes[i] != 0;
    return count;
}

START_TEST(test_memory_blocks_are_zeroed_aligned_and_counted)
{
    static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 32767, 32768, 100001, 5000000 };
    struct memory memory;
    uint64_t used = 0;

    memory_init(&memory, UINT64_MAX);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *block = memory_alloc(&memory, sizes[i]);

            ck_assert_uint_eq((uintptr_t)block % 64, 0);
            ck_assert_uint_eq(count_not_zero(block, sizes[i]), 0);
            memset(block, 0xa5, sizes[i]); /* the next block at this place must be zeroed again */
            used += (sizes[i] + 63) / 64 * 64;
            ck_assert_uint_eq(memory.used_bytes, used);
            if (round < 2) {
                memory_free(&memory, block);
                used -= (sizes[i] + 63) / 64 * 64;
            }
        }
    ck_assert_uint_eq(memory.used_bytes, used);
    memory_deinit(&memory);
    ck_assert_uint_eq(memory.used_bytes, 0);
    ck_assert_ptr_null(memory.blocks);
}
END_TEST

START_TEST(test_memory_free_in_any_order_keeps_the_others)
{
    struct memory memory;
    char *blocks[100];

    memory_init(&memory, UINT64_MAX);
    for (int i = 0; i < 100; i++) {
        blocks[i] = memory_alloc(&memory, 700);
        memset(blocks[i], i, 700);
    }
    memory_free(&memory, NULL);
    for (int i = 0; i < 100; i++) {
        int k = i * 37 % 100;

        if (k % 3)
            memory_free(&memory, blocks[k]);
    }
    for (int k = 0; k < 100; k += 3)
        for (int i = 0; i < 700; i++)
            ck_assert_int_eq(blocks[k][i], k);
    ck_assert_uint_eq(memory.used_bytes, 34 * 704);
    ck_assert_uint_eq(memory.peak_bytes, 100 * 704);
    memory_deinit(&memory); /* the address sanitizer sees what is left */
}
END_TEST

START_TEST(test_memory_grow_keeps_the_contents_and_zeroes_the_rest)
{
    struct memory memory;
    unsigned char *block = NULL;
    size_t size = 0;

    memory_init(&memory, UINT64_MAX);
    for (size_t larger = 10; larger < 3000000; larger = 3 * larger + 1) {
        size_t wrong = 0;

        block = memory_grow(&memory, block, larger);
        for (size_t i = 0; i < size; i++)
            wrong += block[i] != (unsigned char)(i % 251);
        ck_assert_uint_eq(wrong, 0);
        ck_assert_uint_eq(count_not_zero(block + size, larger - size), 0);
        for (size_t i = 0; i < larger; i++)
            block[i] = (unsigned char)(i % 251);
        size = larger;
        ck_assert_uint_eq(memory.used_bytes, (size + 63) / 64 * 64); /* the old one was freed */
    }
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_memory_strdup_copies)
{
    struct memory memory;
    char text[] = "seoul/db.shard[3]", *copy;

    memory_init(&memory, UINT64_MAX);
    copy = memory_strdup(&memory, text);
    text[0] = 'S';
    ck_assert_str_eq(copy, "seoul/db.shard[3]");
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_memory_guard_returns_true_when_all_went_well)
{
    struct memory memory;
    struct attempt attempt = { .memory = &memory, .size = 100 };

    memory_init(&memory, UINT64_MAX);
    ck_assert(memory_guard(&memory, allocate_one, &attempt));
    ck_assert_ptr_nonnull(attempt.block);
    ck_assert_int_eq(attempt.inner_steps, 2);
    ck_assert_ptr_null(memory.escape);
    memory_deinit(&memory);
}
END_TEST

static const struct {
    size_t size, count;
} impossible[] = {
    { ABSURD, 0 },      { SIZE_MAX, 0 },     { SIZE_MAX - 63, 0 },
    { PTRDIFF_MAX, 0 }, { SIZE_MAX / 2, 3 }, { 3, SIZE_MAX / 2 },
};

START_TEST(test_memory_failure_leaves_by_the_guard)
{
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        struct memory memory;
        struct attempt attempt = { .memory = &memory,
                                   .size = impossible[i].size,
                                   .count = impossible[i].count };
        char *before;

        memory_init(&memory, UINT64_MAX);
        before = memory_strdup(&memory, "still there");
        ck_assert(!memory_guard(&memory, allocate_one, &attempt));
        ck_assert_int_eq(attempt.inner_steps, 1);
        ck_assert_ptr_null(attempt.block);
        ck_assert_ptr_null(memory.escape);
        ck_assert_str_eq(before, "still there");
        ck_assert_uint_eq(memory.used_bytes, 64);
        ck_assert(!memory.over_budget);
        memory_deinit(&memory);
    }
}
END_TEST

static void fail_inside_then_outside(void *argument)
{
    struct attempt *attempt = argument;

    attempt->outer_steps++;
    attempt->inner_result = memory_guard(attempt->memory, allocate_one, attempt);
    attempt->outer_steps++;
    memory_alloc(attempt->memory, 100);
    attempt->outer_steps++;
    memory_alloc(attempt->memory, ABSURD);
    attempt->outer_steps++;
}

START_TEST(test_memory_guards_nest)
{
    struct memory memory;
    struct attempt fails = { .memory = &memory, .size = ABSURD }, works = { .memory = &memory, .size = 1 };

    memory_init(&memory, UINT64_MAX);
    ck_assert(!memory_guard(&memory, fail_inside_then_outside, &fails));
    ck_assert(!fails.inner_result);
    ck_assert_int_eq(fails.outer_steps, 3);
    ck_assert(!memory_guard(&memory, fail_inside_then_outside, &works));
    ck_assert(works.inner_result);
    ck_assert_int_eq(works.outer_steps, 3);
    ck_assert_ptr_null(memory.escape);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_memory_failure_outside_of_a_guard_is_a_bug)
{
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    memory_alloc(&memory, ABSURD);
}
END_TEST

START_TEST(test_memory_budget_is_a_flag_not_a_failure)
{
    struct memory memory;
    void *block;

    memory_init(&memory, 1024);
    block = memory_alloc(&memory, 1024);
    ck_assert(!memory.over_budget);
    memory_free(&memory, block);
    memory_account(&memory, 1000);
    ck_assert(!memory.over_budget);
    block = memory_alloc(&memory, 64);
    ck_assert_ptr_nonnull(block);
    ck_assert(memory.over_budget);
    memory_free(&memory, block);
    ck_assert(memory.over_budget); /* the run is to end, whatever happens later */
    ck_assert_uint_eq(memory.peak_bytes, 1064);
    memory_deinit(&memory);
}
END_TEST

/* A block keeps its owner when it grows, whoever is the owner of what is new. */
START_TEST(test_memory_knows_what_each_owner_has)
{
    struct memory memory;
    uint64_t bytes[3] = { 0 };
    void *block, *other;

    memory_init(&memory, UINT64_MAX);
    memory_alloc(&memory, 64);
    memory.owner = 1;
    block = memory_alloc(&memory, 128);
    memory.owner = 2;
    other = memory_grow(&memory, NULL, 192);
    memory.owner = 0;
    block = memory_grow(&memory, block, 6400);
    memory_alloc(&memory, 640);
    memory_count_owners(&memory, bytes, 3);
    ck_assert_uint_eq(bytes[0], 704);
    ck_assert_uint_eq(bytes[1], 6400);
    ck_assert_uint_eq(bytes[2], 192);
    memory_free(&memory, other);
    memset(bytes, 0, sizeof bytes);
    memory_count_owners(&memory, bytes, 2);
    ck_assert_uint_eq(bytes[1], 6400);
    ck_assert_uint_eq(bytes[2], 0);
    memory_deinit(&memory);
}
END_TEST

static size_t pages_present(const unsigned char *start, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = size / page, present = 0;
    unsigned char *is = malloc(count);
    uintptr_t first = ((uintptr_t)start + page - 1) & ~(uintptr_t)(page - 1);

    ck_assert_ptr_nonnull(is);
    ck_assert_int_eq(mincore((void *)first, (count - 1) * page, is), 0);
    for (size_t i = 0; i + 1 < count; i++)
        present += is[i] & 1;
    free(is);
    return present;
}

/* Larger pages or not, as the system has them: what is there stays, and what nobody has touched stays away. */
START_TEST(test_memory_with_larger_pages_holds_the_same)
{
    enum { BLOCKS = 4096, BLOCK = 2000, TABLE = 16 << 20 };
    unsigned char *blocks[BLOCKS], *table, *later;
    struct memory memory;
    int different = 0;

    memory_init(&memory, UINT64_MAX);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = memory_alloc(&memory, BLOCK);
        memset(blocks[i], i % 251, BLOCK);
    }
    table = memory_alloc(&memory, TABLE);
    for (int i = 0; i < TABLE; i += TABLE / 8)
        table[i] = 7;
    memory_enlarge_pages(&memory);
    memory_enlarge_pages_of(table, TABLE);
    memory_enlarge_pages_of(NULL, 0);
    later = memory_alloc(&memory, TABLE); /* asks for large pages itself */
    for (int i = 0; i < TABLE; i++)
        different += later[i] != 0;
    ck_assert_int_eq(different, 0);
    memset(later, 9, TABLE);
    ck_assert_uint_lt(pages_present(table, TABLE), TABLE / 4096 / 2);
    for (int i = 0; i < BLOCKS; i++)
        for (int k = 0; k < BLOCK; k += 499)
            ck_assert_int_eq(blocks[i][k], i % 251);
    for (int i = 0; i < TABLE; i += TABLE / 8)
        ck_assert_uint_eq(table[i], 7);
    memory_deinit(&memory);
}
END_TEST

int main(void)
{
    const TTest *tests[] = { test_memory_blocks_are_zeroed_aligned_and_counted,
                             test_memory_free_in_any_order_keeps_the_others,
                             test_memory_grow_keeps_the_contents_and_zeroes_the_rest,
                             test_memory_strdup_copies,
                             test_memory_guard_returns_true_when_all_went_well,
                             test_memory_failure_leaves_by_the_guard,
                             test_memory_guards_nest,
                             test_memory_budget_is_a_flag_not_a_failure,
                             test_memory_knows_what_each_owner_has,
                             test_memory_with_larger_pages_holds_the_same };
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_FORK_GETENV);
    if (srunner_fork_status(runner) == CK_FORK)
        tcase_add_exit_test(tcase, test_memory_failure_outside_of_a_guard_is_a_bug, BUG_STATUS);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
