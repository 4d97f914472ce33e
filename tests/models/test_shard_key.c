/* Shard keys of columns, placed by each kind: shares foretold and counted, what a further shard moves. */
#include "models/shard_key.h"

#include "models/environment.h"
#include "models/placement.h"
#include "tests/test.h"

#define ROWS 20000
#define SHARDS_MAX 6

/* The reader's part, for tests of check_wired(). */
struct param_problems {
    unsigned count;
    char first_path[64];
};

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    (void)help;
    (void)format;
    if (problems->count++ == 0)
        snprintf(problems->first_path, sizeof problems->first_path, "%s", path);
}

static const struct column_share_config shares[] = {
    { "kr", 0.6 }, { "us", 0.25 }, { "jp", 0.1 }, { "fr", 0.05 }
};

static const struct column_config columns[] = {
    { .name = "country", .shares = { 4, shares } },
    { .name = "user_id", .distinct = 500 },
    { .name = "day", .distinct = 365, .order = COLUMN_GROWING },
};

static const struct data_set_config data_sets[] = {
    { .name = "posts", .rows = ROWS, .column_values = { 3, columns } },
    { .name = "users", .rows = 500 },
    { .name = "visits", .rows = 1000, .column_values = { 1, columns } },
};
static const struct environment environment = { .data_sets = data_sets, .data_set_count = 3 };

static const struct shard_key_column country[] = { { "country" } }, user[] = { { "user_id" } },
                                     day[] = { { "day" } }, both[] = { { "country" }, { "user_id" } },
                                     row[] = { { "row" } }, unknown[] = { { "user_id" }, { "county" } };

static const struct param_list by_country = { 1, country }, by_user = { 1, user }, by_day = { 1, day },
                               by_both = { 2, both }, by_row = { 1, row }, by_unknown = { 2, unknown }, none;

static struct sim *sim;
static struct shard_key key;

static void start(const struct param_list *list)
{
    sim = sim_create(5, UINT64_MAX, PENDING_LADDER);
    ck_assert_ptr_nonnull(sim);
    sim->environment = &environment;
    shard_key_init(&key, sim, list);
}

static void place(struct placement *placement, enum placement_kind kind, uint32_t shards)
{
    if (kind == PLACEMENT_RANGE)
        placement_init_ranges(placement, &sim->memory, shards, &key, &none);
    else if (kind == PLACEMENT_DIRECTORY)
        placement_init_directory(placement, &sim->memory, shards, &key, &none);
    else
        placement_init(placement, &sim->memory, kind, shards, 100, 3);
    placement_set_key(placement, &key);
}

static void count_rows(const struct placement *placement, uint64_t *count)
{
    for (uint32_t i = 0; i < SHARDS_MAX; i++)
        count[i] = 0;
    for (uint64_t i = 0; i < ROWS; i++)
        count[placement_home(placement, 1, i)]++;
}

/* ---- shares ---- */

static void check_that_shares_are_counts(const struct param_list *list, double tolerance)
{
    start(list);
    for (int kind = 0; kind < PLACEMENT_KINDS; kind++) {
        struct placement placement;
        uint64_t count[SHARDS_MAX];

        if (kind == PLACEMENT_DIRECTORY && list->count > 1)
            continue;
        place(&placement, (enum placement_kind)kind, 4);
        count_rows(&placement, count);
        for (uint32_t shard = 0; shard < 4; shard++)
            ck_assert_double_eq_tol((double)count[shard], ROWS * placement_share(&placement, 1, shard),
                                    tolerance);
    }
    sim_destroy(sim);
}

START_TEST(test_shard_key_share_of_one_column_is_counted_exactly)
{
    check_that_shares_are_counts(&by_country, 1e-6);
    check_that_shares_are_counts(&by_user, 1e-6);
    check_that_shares_are_counts(&by_day, 1e-6);
}
END_TEST

/* A hash spreads the rows of one user and country together: groups whose squared sizes add up to 500 (24^2 +
 * 10^2 + 4^2 + 2^2) = 348,000. 5 standard errors. */
START_TEST(test_shard_key_of_two_columns_is_spread_by_a_hash)
{
    check_that_shares_are_counts(&by_both, 5 * sqrt(0.25 * 0.75 * 348000));
}
END_TEST

START_TEST(test_shard_key_bad_one_puts_the_largest_value_on_one_shard)
{
    struct placement placement;

    start(&by_country);
    place(&placement, PLACEMENT_MODULO, 4);
    ck_assert_double_eq(placement_share(&placement, 1, 0), 0.6);
    ck_assert_double_eq(placement_share(&placement, 1, 3), 0.05);
    place(&placement, PLACEMENT_MODULO, 6); /* a further shard helps nobody */
    ck_assert_double_eq(placement_share(&placement, 1, 0), 0.6);
    ck_assert_double_eq(placement_share(&placement, 1, 5), 0);
    sim_destroy(sim);
}
END_TEST

/* Whose column user_id says 7 lies with user 7, who is row 7 of another data set. */
START_TEST(test_shard_key_keeps_what_belongs_together_together)
{
    struct placement placement;

    start(&by_user);
    place(&placement, PLACEMENT_MODULO, 4);
    for (uint64_t i = 0; i < ROWS; i += 17) {
        uint64_t owner = column_value(&key.data[1].columns[0], i);

        ck_assert_uint_eq(placement_home(&placement, 1, i), placement_home(&placement, 2, owner));
        ck_assert_uint_eq(placement_home(&placement, 1, i), owner % 4);
    }
    sim_destroy(sim);
}
END_TEST

/* ---- ranges ---- */

START_TEST(test_shard_key_ranges_have_equally_many_rows)
{
    static const struct param_list *const lists[] = { &by_row, &by_user, &by_day, &by_both };
    /* Rows of a value; of a quarter that begins and ends within Korea, whose 500 users have 24 rows each, 5
     * standard errors. */
    const double slack[] = { 0.5, 40, 55, 5 * 24 * sqrt(500 * 0.42 * 0.58) };

    for (size_t i = 0; i < 4; i++) {
        struct placement placement;
        uint64_t count[SHARDS_MAX];

        start(lists[i]);
        place(&placement, PLACEMENT_RANGE, 4);
        count_rows(&placement, count);
        for (uint32_t shard = 0; shard < 4; shard++)
            ck_assert_double_eq_tol((double)count[shard], ROWS / 4, slack[i]);
        sim_destroy(sim);
    }
}
END_TEST

/* Three fifths of the rows have one value, and no range ends within it. */
START_TEST(test_shard_key_range_cannot_split_a_value)
{
    struct placement placement;
    uint64_t count[SHARDS_MAX];

    start(&by_country);
    place(&placement, PLACEMENT_RANGE, 4);
    count_rows(&placement, count);
    ck_assert_uint_eq(count[0], 0);
    ck_assert_uint_eq(count[1], 12000);
    ck_assert_uint_eq(count[2], 5000);
    ck_assert_uint_eq(count[3], 3000);
    sim_destroy(sim);
}
END_TEST

/* Korea fills the shards up to 60 % of the rows, the USA go on to 85 %. */
START_TEST(test_shard_key_ranges_of_two_columns_know_where_a_country_is)
{
    static const uint32_t shards_of[] = { 3, 2, 1, 1 };
    struct placement placement;

    start(&by_both);
    place(&placement, PLACEMENT_RANGE, 4);
    for (uint64_t i = 0; i < ROWS; i += 7) {
        uint32_t asked = 0;

        ck_assert(placement_may_have(&placement, 1, "country", i, placement_home(&placement, 1, i)));
        for (uint32_t shard = 0; shard < 4; shard++)
            asked += placement_may_have(&placement, 1, "country", i, shard);
        ck_assert_uint_eq(asked, shards_of[column_value(&key.data[1].columns[0], i)]);
        ck_assert(placement_may_have(&placement, 1, "user_id", i, 0));
    }
    place(&placement, PLACEMENT_MODULO, 4);
    ck_assert(placement_may_have(&placement, 1, "country", 0, 0));
    ck_assert(placement_may_have(&placement, 1, "country", 0, 3));
    sim_destroy(sim);
}
END_TEST

static uint64_t moved(const struct placement *before, const struct placement *after, uint64_t *to_new)
{
    uint64_t count = 0;

    *to_new = 0;
    for (uint64_t i = 0; i < ROWS; i++) {
        uint32_t there = placement_home(after, 1, i);

        count += there != placement_home(before, 1, i);
        *to_new += there >= before->shards;
    }
    return count;
}

START_TEST(test_shard_key_split_moves_half_of_a_range_and_nothing_else)
{
    struct placement four, five, six, three;
    uint64_t to_new, count[SHARDS_MAX];

    start(&by_row);
    place(&four, PLACEMENT_RANGE, 4);
    placement_split_ranges(&five, &four, 5);
    ck_assert_uint_eq(moved(&four, &five, &to_new), ROWS / 8);
    ck_assert_uint_eq(to_new, ROWS / 8);
    ck_assert_uint_eq(placement_home(&five, 1, ROWS + 1000), 4); /* of equal ones the last is split */
    placement_split_ranges(&six, &four, 6);
    count_rows(&six, count);
    ck_assert_uint_eq(count[2] + count[3] + count[4] + count[5], ROWS / 2);
    ck_assert_uint_eq(count[5], ROWS / 8);
    placement_split_ranges(&three, &four, 3);
    count_rows(&three, count);
    ck_assert_uint_eq(count[2], ROWS / 2);
    ck_assert_uint_eq(count[3], 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_shard_key_inserts_of_growing_keys_go_to_the_end)
{
    struct placement by_range, by_modulo;

    start(&by_day);
    place(&by_range, PLACEMENT_RANGE, 4);
    place(&by_modulo, PLACEMENT_MODULO, 4);
    ck_assert_uint_eq(placement_home(&by_range, 1, placement_row_of_insert(&by_range, 1, 17)), 3);
    ck_assert_uint_eq(placement_row_of_insert(&by_modulo, 1, 17), 17);
    sim_destroy(sim);
    start(&by_user);
    place(&by_range, PLACEMENT_RANGE, 4);
    ck_assert_uint_eq(placement_row_of_insert(&by_range, 1, 17), 17);
    sim_destroy(sim);
}
END_TEST

/* ---- directory ---- */

START_TEST(test_shard_key_directory_has_what_is_listed_where_it_says)
{
    static const struct listed_value_config listed[] = { { "us", 3 }, { "kr", 2 } },
                                            later[] = { { "kr", 4 } };
    struct placement four, five;
    uint64_t to_new;

    start(&by_country);
    placement_init_directory(&four, &sim->memory, 4, &key, &(struct param_list){ 2, listed });
    ck_assert_double_eq(placement_share(&four, 1, 0), 0);
    ck_assert_double_eq(placement_share(&four, 1, 2), 0.6 + 0.1);
    ck_assert_double_eq(placement_share(&four, 1, 3), 0.25 + 0.05);
    placement_list_anew(&five, &four, 5, &(struct param_list){ 1, later });
    ck_assert_uint_eq(moved(&four, &five, &to_new), ROWS / 10 * 6);
    ck_assert_uint_eq(to_new, ROWS / 10 * 6);
    ck_assert_double_eq(placement_share(&five, 1, 2), 0.1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_shard_key_directory_of_rows_moves_one_row)
{
    static const struct listed_value_config celebrity[] = { { "42", 4 } };
    struct placement four, five;
    uint64_t to_new;

    start(&by_row);
    placement_init_directory(&four, &sim->memory, 4, &key, &none);
    placement_list_anew(&five, &four, 5, &(struct param_list){ 1, celebrity });
    ck_assert_uint_eq(moved(&four, &five, &to_new), 1);
    ck_assert_uint_eq(placement_home(&five, 1, 42), 4);
    ck_assert_double_eq(ROWS * placement_share(&five, 1, 4), 1);
    ck_assert_double_eq_tol(ROWS * placement_share(&five, 1, 2), ROWS / 4 - 1, 1e-6);
    sim_destroy(sim);
}
END_TEST

/* ---- mistakes ---- */

START_TEST(test_shard_key_check_finds_columns_that_are_not_there)
{
    struct param_problems problems = { 0 }, some = { 0 }, good = { 0 };

    start(&by_user);
    shard_key_check_wired(sim, &by_unknown, "shard_key", &problems);
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_str_eq(problems.first_path, "shard_key[1]");
    shard_key_check_wired(sim, &by_both, "shard_key", &some); /* visits has one of the two */
    ck_assert_uint_eq(some.count, 1);
    ck_assert_str_eq(some.first_path, "shard_key");
    shard_key_check_wired(sim, &by_user, "shard_key", &good);
    shard_key_check_wired(sim, &by_row, "shard_key", &good);
    shard_key_check_wired(sim, &none, "shard_key", &good);
    ck_assert_uint_eq(good.count, 0);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("shard_key", test_shard_key_share_of_one_column_is_counted_exactly,
          test_shard_key_of_two_columns_is_spread_by_a_hash,
          test_shard_key_bad_one_puts_the_largest_value_on_one_shard,
          test_shard_key_keeps_what_belongs_together_together, test_shard_key_ranges_have_equally_many_rows,
          test_shard_key_range_cannot_split_a_value,
          test_shard_key_ranges_of_two_columns_know_where_a_country_is,
          test_shard_key_split_moves_half_of_a_range_and_nothing_else,
          test_shard_key_inserts_of_growing_keys_go_to_the_end,
          test_shard_key_directory_has_what_is_listed_where_it_says,
          test_shard_key_directory_of_rows_moves_one_row,
          test_shard_key_check_finds_columns_that_are_not_there)
