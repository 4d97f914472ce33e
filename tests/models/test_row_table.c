/* test_row_table.c - a long random history against plain arrays: few rows of a large data set stay in slots,
 * many of a small one get an array, those with large versions or states stay in slots all the same, rows that are
 * added at the end come to it, and no changed row costs more than it should. */
#include "models/row_table.h"

#include <string.h>

#include "tests/test.h"

#define DATA_COUNT 4
#define ROWS 200000
#define SPARSE_FACTOR UINT64_C(1000000007) /* distance of rows of a data set that nearly nobody writes to */
#define BYTES_A_ROW 48                     /* at most: slots after doubling, or twenty rows of an array */
#define LEAP 3000 /* of a version, now and then: the sixth is too large for an array */

struct plain {
    uint32_t version;
    uint16_t state;
};

static struct plain plain[DATA_COUNT][ROWS];

/* What the data sets are like: 0 none, 1 all rows are written to, 2 hardly any, 3 rows are added one by one. */
static uint64_t row_of(uint16_t data, uint32_t i)
{
    return data == 2 ? i * SPARSE_FACTOR : i;
}

static bool is_as(struct row_entry entry, struct plain expected)
{
    return entry.version == expected.version && entry.state == expected.state;
}

static void change(struct row_table *table, struct memory *memory, uint16_t data, uint32_t i, uint64_t draw)
{
    uint64_t id = row_id(data, row_of(data, i));
    struct plain *expected = &plain[data][i];

    if (!is_as(row_table_look(table, id), *expected))
        ck_abort_msg("row %u of data set %u is not as it was left", i, data);
    if (draw % 4 == 0) {
        ck_assert_uint_eq(row_table_raise(table, memory, id), ++expected->version);
        return;
    }
    expected->version += draw % 64 == 1 ? LEAP : 1;
    expected->state = draw % 1024 == 2 ? 7 : (uint16_t)(draw % 3);
    if (draw % 128 == 3)
        *expected = (struct plain){ 0 }; /* as if it had never been changed */
    row_table_set(table, memory, id, (struct row_entry){ expected->version, expected->state });
}

/* Each changed row is there once, and nothing else. */
static uint64_t check(const struct row_table *table)
{
    uint64_t count = 0;

    for (uint16_t data = 0; data < DATA_COUNT; data++) {
        uint64_t place = 0, row, seen = 0, changed = 0;
        struct row_entry entry;

        for (uint32_t i = 0; i < ROWS; i++) {
            changed += plain[data][i].version || plain[data][i].state;
            if (!is_as(row_table_look(table, row_id(data, row_of(data, i))), plain[data][i]))
                ck_abort_msg("row %u of data set %u is not found as it is", i, data);
        }
        while (row_table_next(table, data, &place, &row, &entry)) {
            uint64_t i = data == 2 ? row / SPARSE_FACTOR : row;

            if (i >= ROWS || !is_as(entry, plain[data][i]))
                ck_abort_msg("row %llu of data set %u is not one that was changed", (unsigned long long)row,
                             data);
            seen++;
        }
        ck_assert_uint_eq(seen, changed);
        count += changed;
    }
    return count;
}

static bool has_array(const struct row_table *table, uint16_t data)
{
    return data < table->array_count && table->arrays[data].row_end > 0;
}

START_TEST(test_row_table_is_a_table_of_rows)
{
    struct row_table table = { 0 };
    struct memory memory;
    struct rng rng = { .key = 7 };
    uint32_t added = 0;

    memset(plain, 0, sizeof plain);
    memory_init(&memory, UINT64_MAX);
    for (uint32_t i = 0; i < 400000; i++) {
        uint64_t draw = rng_next(&rng);
        uint16_t data = (uint16_t)(1 + draw % 8);

        if (data > 3)
            change(&table, &memory, 1, (uint32_t)rng_below(&rng, ROWS), draw >> 32);
        else if (data == 3)
            change(&table, &memory, 3, added++, draw >> 32);
        else
            change(&table, &memory, data, (uint32_t)rng_below(&rng, ROWS), draw >> 32);
        if (i % 50000 == 49999)
            ck_assert_uint_le(memory.used_bytes, BYTES_A_ROW * check(&table) + 4096);
    }
    ck_assert(has_array(&table, 1));
    ck_assert(!has_array(&table, 2));
    ck_assert(has_array(&table, 3));
    memory_deinit(&memory);
}
END_TEST

/* What is changed in one is not in the other, wherever it is. */
START_TEST(test_row_table_copy_is_one_of_its_own)
{
    struct row_table table = { 0 }, copy = { 0 };
    struct memory memory;
    uint64_t used_bytes;

    memory_init(&memory, UINT64_MAX);
    row_table_set(&copy, &memory, row_id(2, 1), (struct row_entry){ 9, ROW_PRESENT });
    for (uint64_t row = 0; row < 20000; row++)
        row_table_raise(&table, &memory, row_id(1, row));
    row_table_set(&table, &memory, row_id(1, 7), (struct row_entry){ 1000000, ROW_PRESENT });
    ck_assert(has_array(&table, 1));
    used_bytes = memory.used_bytes;
    row_table_copy(&copy, &memory, &table);
    ck_assert_uint_le(memory.used_bytes, 2 * used_bytes);
    ck_assert_uint_eq(row_table_look(&copy, row_id(2, 1)).version, 0);
    ck_assert_uint_eq(row_table_look(&copy, row_id(1, 7)).version, 1000000);
    row_table_raise(&table, &memory, row_id(1, 8));
    row_table_raise(&table, &memory, row_id(1, 7));
    row_table_raise(&copy, &memory, row_id(1, 9));
    for (uint64_t row = 8; row < 20000; row++) {
        ck_assert_uint_eq(row_table_look(&table, row_id(1, row)).version, row == 8 ? 2 : 1);
        ck_assert_uint_eq(row_table_look(&copy, row_id(1, row)).version, row == 9 ? 2 : 1);
    }
    ck_assert_uint_eq(row_table_look(&table, row_id(1, 7)).version, 1000001);
    ck_assert_uint_eq(row_table_look(&copy, row_id(1, 7)).version, 1000000);
    row_table_deinit(&table, &memory);
    row_table_deinit(&copy, &memory);
    ck_assert_uint_eq(memory.used_bytes, 0);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_row_table_of_few_rows_has_no_array)
{
    struct row_table table = { 0 };
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    for (uint64_t row = 0; row < 1000; row++)
        row_table_set(&table, &memory, row_id(1, row), (struct row_entry){ .version = (uint32_t)row });
    ck_assert(!has_array(&table, 1));
    ck_assert_uint_eq(row_table_look(&table, row_id(1, 1000)).version, 0);
    ck_assert_uint_eq(row_table_look(&table, row_id(2, 1)).version, 0);
    ck_assert_uint_eq(row_table_look(&table, row_id(1, 999)).version, 999);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("row_table", test_row_table_is_a_table_of_rows, test_row_table_of_few_rows_has_no_array,
          test_row_table_copy_is_one_of_its_own)
