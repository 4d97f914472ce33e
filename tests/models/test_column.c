/* Columns: how many rows have each value, that a row keeps its value, the order of values. */
#include "models/column.h"

#include "models/environment.h"
#include "tests/test.h"

#define ROWS 10007

static const struct column_share_config shares[] = {
    { "kr", 0.6 }, { "us", 0.25 }, { "jp", 0.1 }, { "fr", 0.05 }
};

static const struct column_config columns[] = {
    { .name = "country", .shares = { 4, shares } },
    { .name = "user_id", .shares = { 0, shares }, .distinct = 500 }, /* an empty list has a place, too */
    { .name = "city", .shares = { 0, shares }, .distinct = 100, .spread = COLUMN_ZIPF, .exponent = 1 },
    { .name = "day", .distinct = 365, .order = COLUMN_GROWING },
    { .name = "id" },
};

#define COLUMNS (sizeof columns / sizeof *columns)

static const struct data_set_config posts = { .name = "posts",
                                              .rows = ROWS,
                                              .column_values = { COLUMNS, columns } };
static const struct environment environment = { .data_sets = &posts, .data_set_count = 1 };

static struct sim *sim_of(uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    return sim;
}

START_TEST(test_column_values_are_as_frequent_as_said_to_the_row)
{
    struct sim *sim = sim_of(3);

    for (size_t i = 0; i < COLUMNS; i++) {
        struct column column;
        uint64_t count[ROWS] = { 0 };

        column_init(&column, sim, &posts, &columns[i]);
        for (uint64_t row = 0; row < ROWS; row++)
            count[column_value(&column, row)]++;
        for (uint64_t value = 0; value < column.count; value++)
            ck_assert_uint_eq(count[value],
                              column_rows_below(&column, value + 1) - column_rows_below(&column, value));
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_column_shares_are_of_all_rows)
{
    struct sim *sim = sim_of(1);
    struct column country, user, city;

    column_init(&country, sim, &posts, &columns[0]);
    column_init(&user, sim, &posts, &columns[1]);
    column_init(&city, sim, &posts, &columns[2]);
    ck_assert_uint_eq(column_rows_below(&country, 1), 6004); /* 60 % of 10007 is 6004.2 */
    ck_assert_uint_eq(column_rows_below(&country, 2), 8506); /* and 85 % 8505.95 */
    ck_assert_uint_eq(column_rows_below(&country, 4), ROWS);
    ck_assert_uint_eq(column_rows_below(&user, 250), 5004); /* half, rounded up */
    ck_assert_uint_eq(column_rows_below(&city, 1), 1929);   /* 10007 / (1 + 1/2 + ... + 1/100), 5.18738 */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_column_values_of_a_row_are_its_own_and_the_seed_s)
{
    struct sim *sims[] = { sim_of(1), sim_of(1), sim_of(2) };
    uint64_t same = 0;

    for (size_t i = 0; i < 3; i++) {
        struct column first, other;

        column_init(&first, sims[0], &posts, &columns[1]);
        column_init(&other, sims[i], &posts, &columns[1]);
        same = 0;
        for (uint64_t row = 0; row < ROWS; row++)
            same += column_value(&first, row) == column_value(&other, row);
        if (i < 2)
            ck_assert_uint_eq(same, ROWS);
    }
    ck_assert_uint_lt(same, ROWS / 500 + 5 * 5); /* one in 500, and 5 standard errors */
    for (size_t i = 0; i < 3; i++)
        sim_destroy(sims[i]);
}
END_TEST

/* Two columns are independent: of Koreans as many have an even user number as of all. */
START_TEST(test_column_tells_nothing_of_another)
{
    struct sim *sim = sim_of(7);
    struct column country, user;
    uint64_t both = 0;

    column_init(&country, sim, &posts, &columns[0]);
    column_init(&user, sim, &posts, &columns[1]);
    for (uint64_t row = 0; row < ROWS; row++)
        both += column_value(&country, row) == 0 && column_value(&user, row) % 2 == 0;
    ck_assert_double_eq_tol((double)both, 0.3 * ROWS, 5 * sqrt(ROWS * 0.6 * 0.4 * 0.5 * 0.5));
    sim_destroy(sim);
}
END_TEST

START_TEST(test_column_growing_values_follow_the_rows)
{
    struct sim *sim = sim_of(1);
    struct column day, id, row_number;

    column_init(&day, sim, &posts, &columns[3]);
    column_init(&id, sim, &posts, &columns[4]);
    column_init(&row_number, sim, &posts, NULL);
    for (uint64_t row = 1; row < ROWS; row++)
        ck_assert_uint_ge(column_value(&day, row), column_value(&day, row - 1));
    ck_assert_uint_eq(column_value(&day, 0), 0);
    ck_assert_uint_eq(column_value(&day, ROWS + 5), 364); /* what comes later is of the last day */
    ck_assert(column_grows(&day) && column_grows(&row_number) && !column_grows(&id));
    ck_assert_uint_eq(column_value(&row_number, ROWS + 5), ROWS + 5);
    ck_assert_uint_eq(column_rows_below(&row_number, 100), 100);
    ck_assert_uint_eq(column_value_at(&row_number, 100), 100);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_column_parse_knows_names_and_numbers)
{
    struct sim *sim = sim_of(1);
    struct column country, user;
    uint64_t value = 77;

    column_init(&country, sim, &posts, &columns[0]);
    column_init(&user, sim, &posts, &columns[1]);
    ck_assert(column_parse(&country, "jp", &value));
    ck_assert_uint_eq(value, 2);
    ck_assert(!column_parse(&country, "de", &value));
    ck_assert(!column_parse(&country, "2", &value));
    ck_assert(column_parse(&user, "499", &value));
    ck_assert_uint_eq(value, 499);
    ck_assert(!column_parse(&user, "500", &value));
    ck_assert(!column_parse(&user, "4x", &value));
    ck_assert(!column_parse(&user, "-4", &value));
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("column", test_column_values_are_as_frequent_as_said_to_the_row, test_column_shares_are_of_all_rows,
          test_column_values_of_a_row_are_its_own_and_the_seed_s, test_column_tells_nothing_of_another,
          test_column_growing_values_follow_the_rows, test_column_parse_knows_names_and_numbers)
