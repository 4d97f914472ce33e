/* What is asked of a store beyond a row: which rows are joined, and how many bytes some columns are. */
#include "models/query.h"
#include "sim/sim.h"
#include "tests/test.h"

START_TEST(test_query_counts_rows_of_rows)
{
    ck_assert_uint_eq(query_rows_found(6, 1), 6);
    ck_assert_uint_eq(query_rows_found(5, 3), 5 + 25 + 125);
    ck_assert_uint_eq(query_rows_found(1, 4), 4);
    ck_assert_uint_eq(query_rows_found(1, 10000), 10000);
    ck_assert_uint_eq(query_rows_found(1, 10001), QUERY_ROWS_MAX + 1);
    ck_assert_uint_eq(query_rows_found(65535, 10000), QUERY_ROWS_MAX + 1);
}
END_TEST

/* Friends of friends are the friends of each friend. */
START_TEST(test_query_joins_the_same_rows_again)
{
    const struct query near = { .rows = 3, .found = 3 }, far = { .rows = 3, .found = 39 };

    for (uint32_t i = 0; i < 3; i++) {
        uint64_t friend = query_joined_row(&far, 77, i, 1000);

        ck_assert_uint_eq(friend, query_joined_row(&near, 77, i, 1000));
        for (uint32_t k = 0; k < 3; k++) {
            uint64_t next = query_joined_row(&far, 77, 3 + 3 * i + k, 1000);

            ck_assert_uint_eq(next, query_joined_row(&near, friend, k, 1000));
            for (uint32_t m = 0; m < 3; m++)
                ck_assert_uint_eq(query_joined_row(&far, 77, 12 + 9 * i + 3 * k + m, 1000),
                                  query_joined_row(&near, next, m, 1000));
        }
    }
}
END_TEST

START_TEST(test_query_follows_a_chain)
{
    const struct query step = { .rows = 1, .found = 1 }, chain = { .rows = 1, .found = 4 };
    uint64_t row = 5;

    for (uint32_t i = 0; i < 4; i++) {
        row = query_joined_row(&step, row, 0, 1000000);
        ck_assert_uint_eq(query_joined_row(&chain, 5, i, 1000000), row);
    }
}
END_TEST

/* 10,000 draws over 10 rows: 1000 each, give or take 5 standard deviations of 30. */
START_TEST(test_query_spreads_joined_rows_evenly)
{
    const struct query query = { .rows = 2, .found = 2 };
    uint32_t counts[10] = { 0 };

    for (uint64_t key = 0; key < 5000; key++)
        for (uint32_t i = 0; i < 2; i++)
            counts[query_joined_row(&query, key, i, 10)]++;
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_le(counts[i] > 1000 ? counts[i] - 1000 : 1000 - counts[i], 150);
}
END_TEST

START_TEST(test_query_columns_are_parts_of_a_row)
{
    const struct data_set_config data = { .row_size = 1000, .columns = 8 };
    const struct query three = { .columns = 3 }, many = { .columns = 9 }, none = { 0 };

    ck_assert_uint_eq(query_row_bytes(&three, &data), 375);
    ck_assert_uint_eq(query_row_bytes(&many, &data), 1000);
    ck_assert_uint_eq(query_row_bytes(&none, &data), 1000);
    ck_assert_uint_eq(query_row_bytes(NULL, &data), 1000);
}
END_TEST

START_TEST(test_query_equal_ones_have_one_number)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct query none = { 0 }, join = { .data = 1, .rows = 2, .found = 2 };

    ck_assert_ptr_nonnull(sim);
    ck_assert_uint_eq(query_number(sim, &none), 0);
    ck_assert_uint_eq(query_number(sim, &join), 1);
    for (int64_t i = 1; i < QUERIES_MAX; i++)
        ck_assert_int_eq(query_number(sim, &(struct query){ .columns = i }), i + 1);
    ck_assert_uint_eq(query_number(sim, &join), 1);
    ck_assert(!query_overflow(sim));
    ck_assert_uint_eq(query_number(sim, &(struct query){ .columns = 1000 }), 0);
    ck_assert(query_overflow(sim));
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("query", test_query_counts_rows_of_rows, test_query_joins_the_same_rows_again,
          test_query_follows_a_chain, test_query_spreads_joined_rows_evenly,
          test_query_columns_are_parts_of_a_row, test_query_equal_ones_have_one_number)
