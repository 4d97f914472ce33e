/* Rows, their popularity, and the truth about their versions. */
#include "models/data_set.h"

#include <string.h>

#include "models/environment.h"
#include "models/row_table.h"
#include "tests/test.h"

#define DRAWS 200000

static const struct component_type plain_type = { .name = "plain" };

static struct sim *make_sim(uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    sim_add_group(sim, &plain_type, "users", 1, NULL, &sim->sites[0]);
    sim_add_group(sim, &plain_type, "others", 1, NULL, &sim->sites[0]);
    return sim;
}

static struct data_set_config data_set(int popularity, int64_t rows)
{
    return (struct data_set_config){
        .name = "profiles", .rows = rows, .row_size = 1000, .popularity = popularity, .exponent = 1.0
    };
}

static struct row_chooser chooser_of(struct sim *sim, uint16_t group, const struct data_set_config *data)
{
    struct row_chooser chooser;

    row_chooser_init(&chooser, sim->groups[group], "keys", data, -1, NAN, NULL);
    return chooser;
}

/* 5 standard errors of a share p */
static double tolerance(double p)
{
    return 5 * sqrt(p * (1 - p) / DRAWS);
}

START_TEST(test_data_set_uniform_asks_for_every_row_alike)
{
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_UNIFORM, 10);
    struct row_chooser chooser = chooser_of(sim, 0, &data);
    uint32_t count[10] = { 0 };

    for (uint64_t number = 0; number < DRAWS; number++)
        count[row_chooser_choose(&chooser, number)]++;
    for (int row = 0; row < 10; row++)
        ck_assert_double_eq_tol((double)count[row] / DRAWS, 0.1, tolerance(0.1));
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_zipf_asks_by_rank)
{
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_ZIPF, 100);
    struct row_chooser chooser = chooser_of(sim, 0, &data);
    uint32_t count[100] = { 0 };

    for (uint64_t number = 0; number < DRAWS; number++)
        count[row_chooser_choose(&chooser, number)]++;
    for (uint64_t rank = 1; rank <= 100; rank++) {
        double p = zipf_probability(&chooser.ranks->law, rank);

        ck_assert_double_eq_tol((double)count[row_chooser_ranked(&chooser, rank)] / DRAWS, p, tolerance(p));
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_gives_the_rows_of_the_ranks_that_the_law_draws)
{
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_ZIPF, 100000);
    struct row_chooser chooser = chooser_of(sim, 0, &data);

    for (uint64_t number = 0; number < DRAWS; number++) {
        struct rng rng = rng_for_request(chooser.draw_key, number);

        ck_assert_uint_eq(row_chooser_choose(&chooser, number),
                          row_chooser_ranked(&chooser, zipf_sample(&chooser.ranks->law, &rng)));
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_ranks_in_order_make_row_0_the_first)
{
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_ZIPF, 100);
    struct row_chooser chooser;

    data.ranks = RANKS_IN_ORDER;
    chooser = chooser_of(sim, 0, &data);
    for (uint64_t rank = 1; rank <= 100; rank++)
        ck_assert_uint_eq(row_chooser_ranked(&chooser, rank), rank - 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_ranks_are_the_same_for_all_and_other_in_another_run)
{
    struct sim *sim = make_sim(1), *other_run = make_sim(2);
    struct data_set_config data = data_set(POPULARITY_ZIPF, 1000);
    struct row_chooser one = chooser_of(sim, 0, &data), two = chooser_of(sim, 1, &data),
                       other = chooser_of(other_run, 0, &data);
    uint32_t same = 0, chosen_alike = 0;
    bool seen[1000] = { false };

    for (uint64_t rank = 1; rank <= 1000; rank++) {
        uint64_t row = row_chooser_ranked(&one, rank);

        ck_assert_uint_lt(row, 1000);
        ck_assert(!seen[row]);
        seen[row] = true;
        ck_assert_uint_eq(row, row_chooser_ranked(&two, rank));
        same += row == row_chooser_ranked(&other, rank);
        chosen_alike += row_chooser_choose(&one, rank) == row_chooser_choose(&two, rank);
    }
    ck_assert_uint_lt(same, 20);          /* 1 expected */
    ck_assert_uint_lt(chosen_alike, 100); /* 29 expected: sum of squared probabilities */
    sim_destroy(sim);
    sim_destroy(other_run);
}
END_TEST

START_TEST(test_data_set_hot_rows_take_their_share_and_leave_other_choices_alone)
{
    static const struct hot_row_config hot[] = { { .row = 7, .share = 0.2 }, { .row = 5000, .share = 0.1 } };
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_UNIFORM, 10000);
    struct row_chooser cold = chooser_of(sim, 0, &data), chooser;
    uint32_t first = 0, second = 0, differ = 0;

    data.hot_rows = (struct param_list){ .count = 2, .items = hot };
    chooser = chooser_of(sim, 0, &data);
    for (uint64_t number = 0; number < DRAWS; number++) {
        uint64_t row = row_chooser_choose(&chooser, number);

        first += row == 7;
        second += row == 5000;
        differ += row != row_chooser_choose(&cold, number);
    }
    ck_assert_double_eq_tol((double)first / DRAWS, 0.2 + 0.7 / 10000, tolerance(0.2));
    ck_assert_double_eq_tol((double)second / DRAWS, 0.1 + 0.7 / 10000, tolerance(0.1));
    ck_assert_uint_le(differ, first + second);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_class_overrides_popularity_exponent_and_hot_rows)
{
    static const struct hot_row_config hot = { .row = 3, .share = 1.0 };
    const struct param_list list = { .count = 1, .items = &hot };
    struct sim *sim = make_sim(1);
    struct data_set_config data = data_set(POPULARITY_UNIFORM, 100);
    struct row_chooser chooser;

    row_chooser_init(&chooser, sim->groups[0], "keys", &data, POPULARITY_ZIPF, 2.0, NULL);
    ck_assert_int_eq(chooser.popularity, POPULARITY_ZIPF);
    ck_assert_double_eq(chooser.ranks->law.exponent, 2.0);
    row_chooser_init(&chooser, sim->groups[0], "keys", &data, -1, NAN, &list);
    for (uint64_t number = 0; number < 1000; number++)
        ck_assert_uint_eq(row_chooser_choose(&chooser, number), 3);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_version_counts_writes_of_each_row)
{
    struct sim *sim = make_sim(1);

    ck_assert_uint_eq(row_version(sim, 1, 42), 0);
    for (uint32_t version = 1; version <= 5; version++)
        ck_assert_uint_eq(row_commit(sim, 1, 42), version);
    ck_assert_uint_eq(row_commit(sim, 2, 42), 1);
    ck_assert_uint_eq(row_version(sim, 1, 42), 5);
    ck_assert_uint_eq(row_version(sim, 2, 42), 1);
    ck_assert_uint_eq(row_version(sim, 1, 43), 0);
    ck_assert_uint_eq(row_version(sim, 3, 42), 0); /* a data set of which no row was written */
    ck_assert_uint_eq(row_version(sim, 65, 42), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_truth_of_rows_never_written_costs_nothing)
{
    struct sim *sim = make_sim(1);
    uint64_t before = sim->memory.used_bytes;

    for (uint64_t row = 0; row < 100000; row++)
        ck_assert_uint_eq(row_version(sim, 1, row), 0);
    ck_assert_uint_eq(sim->memory.used_bytes, before);
    for (uint64_t row = 0; row < 100000; row++)
        row_commit(sim, 1, row * 1000003);
    ck_assert_uint_le(sim->memory.used_bytes - before, 100000 * 16 * 8 / 3 + 1000); /* at least 3/8 full */
    for (uint64_t row = 0; row < 100000; row++)
        ck_assert_uint_eq(row_version(sim, 1, row * 1000003), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_data_set_is_found_by_name)
{
    static const struct data_set_config sets[] = { { .name = "profiles" }, { .name = "posts" } };
    const struct environment environment = { .data_sets = sets, .data_set_count = 2 };

    ck_assert_uint_eq(environment_data_set(&environment, "profiles"), 1);
    ck_assert_uint_eq(environment_data_set(&environment, "posts"), 2);
    ck_assert_uint_eq(environment_data_set(&environment, "nothing"), 0);
    ck_assert_uint_eq(environment_data_set(&environment, NULL), 0);
}
END_TEST

TEST_MAIN("data_set", test_data_set_uniform_asks_for_every_row_alike, test_data_set_zipf_asks_by_rank,
          test_data_set_gives_the_rows_of_the_ranks_that_the_law_draws,
          test_data_set_ranks_in_order_make_row_0_the_first,
          test_data_set_ranks_are_the_same_for_all_and_other_in_another_run,
          test_data_set_hot_rows_take_their_share_and_leave_other_choices_alone,
          test_data_set_class_overrides_popularity_exponent_and_hot_rows,
          test_data_set_version_counts_writes_of_each_row,
          test_data_set_truth_of_rows_never_written_costs_nothing, test_data_set_is_found_by_name)
