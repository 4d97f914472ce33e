/* The search for a capacity, on something that holds up to a known value. */
#include "app/capacity_search.h"
#include "tests/test.h"

/* Searches where it holds up to `edge`. Returns how many values were looked at, each only once. */
static int search_up_to(struct capacity_search *search, const struct vary *vary, double within, double edge)
{
    double seen[200], value;
    int count = 0;

    capacity_search_init(search, vary, within);
    while (!isnan(value = capacity_search_next(search))) {
        ck_assert_int_lt(count, 200);
        ck_assert(value >= vary->low && value <= vary->high);
        for (int i = 0; i < count; i++)
            ck_assert_double_ne(seen[i], value);
        seen[count++] = value;
        capacity_search_tell(search, value, value <= edge);
    }
    return count;
}

START_TEST(test_capacity_search_finds_the_edge)
{
    static const struct vary ranges[] = { { .low = 100, .high = 1e7, .whole = true },
                                          { .low = 0.003, .high = 40 },
                                          { .low = 1, .high = 1e15, .whole = true } };
    static const double withins[] = { 0.005, 0.02, 0.1, 1 };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        for (size_t k = 0; k < sizeof withins / sizeof *withins; k++)
            for (double part = 0.02; part < 1; part += 0.037) {
                double edge = ranges[i].low * pow(ranges[i].high / ranges[i].low, part);
                struct capacity_search search;
                int count = search_up_to(&search, &ranges[i], withins[k], edge);

                ck_assert(search.held <= edge && search.above > edge);
                ck_assert(search.above <= search.held * (1 + withins[k]) ||
                          (ranges[i].whole && search.above == search.held + 1));
                ck_assert_int_le(count, capacity_search_length(&ranges[i], withins[k]));
            }
}
END_TEST

/* Only there are the ends looked at. */
START_TEST(test_capacity_search_says_when_the_edge_is_outside)
{
    const struct vary range = { .low = 100, .high = 1e7, .whole = true };
    struct capacity_search search;

    search_up_to(&search, &range, 0.02, 99);
    ck_assert(isnan(search.held));
    ck_assert_double_eq(search.above, 100);
    search_up_to(&search, &range, 0.02, 100);
    ck_assert_double_eq(search.held, 100);
    ck_assert_double_le(search.above, 102);
    search_up_to(&search, &range, 0.02, 1e7);
    ck_assert_double_eq(search.held, 1e7);
    ck_assert(isnan(search.above));
    search_up_to(&search, &range, 0.02, 9.99e6);
    ck_assert_double_lt(search.held, 1e7);
    ck_assert_double_eq(search.above, 1e7);
}
END_TEST

START_TEST(test_capacity_search_doubts_twice_the_edge)
{
    const struct vary range = { .low = 100, .high = 1e7, .whole = true };
    struct capacity_search search;

    search_up_to(&search, &range, 0.02, 5000);
    ck_assert_double_eq_tol(capacity_search_doubt(&search), 2 * search.above, 0.001 * search.above);
    search_up_to(&search, &range, 0.02, 50); /* also where nothing held */
    ck_assert_double_eq(capacity_search_doubt(&search), 200);
    search_up_to(&search, &range, 0.02, 6e6); /* beyond the range */
    ck_assert(isnan(capacity_search_doubt(&search)));
    search_up_to(&search, &range, 0.02, 1e7); /* it held everywhere */
    ck_assert(isnan(capacity_search_doubt(&search)));
}
END_TEST

/* A count of instances: no value is tried between two whole ones. */
START_TEST(test_capacity_search_of_small_counts_is_exact)
{
    const struct vary range = { .low = 1, .high = 12, .whole = true };

    for (int edge = 1; edge < 12; edge++) {
        struct capacity_search search;

        search_up_to(&search, &range, 0.02, edge);
        ck_assert_double_eq(search.held, edge);
        ck_assert_double_eq(search.above, edge + 1);
    }
}
END_TEST

TEST_MAIN("capacity_search", test_capacity_search_finds_the_edge,
          test_capacity_search_says_when_the_edge_is_outside,
          test_capacity_search_doubts_twice_the_edge, test_capacity_search_of_small_counts_is_exact)
