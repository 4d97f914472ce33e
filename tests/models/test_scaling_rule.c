/* How many instances a figure asks for. */
#include "models/scaling_rule.h"

#include "tests/test.h"

static const struct scaling_rule to_60 = { .target = 0.6, .tolerance = 0.1, .min = 2, .max = 100 };

/* The example of the documentation of Kubernetes: 50 x 90 / 75 = 60, which is 60.00000000000001 in floating
 * point. */
START_TEST(test_scaling_rule_takes_the_ceiling_of_exact_quotients)
{
    const struct scaling_rule rule = { .target = 0.75, .tolerance = 0.1, .min = 1, .max = 1000 };

    ck_assert_int_eq(scaling_desired(&rule, 50, 0.9, 50), 60);
    ck_assert_int_eq(scaling_desired(&rule, 50, 0.901, 50), 61);
    ck_assert_int_eq(scaling_desired(&rule, 50, 0.3, 50), 20);
    for (int instances = 1; instances <= 1000;
         instances++) /* twice the target wants twice as many, never one more */
        ck_assert_int_eq(
            scaling_desired(&(struct scaling_rule){ 0.35, 0.1, 1, 5000 }, instances, 0.7, instances),
            2 * instances);
}
END_TEST

START_TEST(test_scaling_rule_leaves_small_deviations_alone)
{
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.66, 10), 10);
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.661, 10), 12);
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.54, 10), 10);
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.539, 10), 9);
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.55, 13),
                     13); /* of what is wanted, not of what was there */
}
END_TEST

START_TEST(test_scaling_rule_keeps_between_its_bounds)
{
    ck_assert_int_eq(scaling_desired(&to_60, 10, 0.0, 10), 2);
    ck_assert_int_eq(scaling_desired(&to_60, 90, 1.0, 90), 100);
    ck_assert_int_eq(scaling_desired(&to_60, 90, 1e300, 90), 100);
}
END_TEST

/* Machines that boot are not there yet: the figure is of the others, and says nothing against them. */
START_TEST(test_scaling_rule_does_not_take_back_what_boots)
{
    ck_assert_int_eq(scaling_desired(&to_60, 4, 1.0, 17), 17); /* 7 by the figure */
    ck_assert_int_eq(scaling_desired(&to_60, 30, 0.5, 20),
                     20); /* 25 by the figure, which is below the target */
    ck_assert_int_eq(scaling_desired(&to_60, 4, 0.3, 17), 2);
}
END_TEST

TEST_MAIN("scaling_rule", test_scaling_rule_takes_the_ceiling_of_exact_quotients,
          test_scaling_rule_leaves_small_deviations_alone, test_scaling_rule_keeps_between_its_bounds,
          test_scaling_rule_does_not_take_back_what_boots)
