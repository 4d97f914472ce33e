/* Known answers for several stations: in series, with returns, with users who think, behind a balancer,
 * asked all at once. */
#include "tests/theory/oracle_tests.h"

#include "tests/theory/exact_network.h"

#define TIMEOUT_S 120

/* The users at whom the bounds of a closed system meet: O11 and O12, published. */
START_TEST(test_networks_bounds_meet_at_published_numbers_of_users)
{
    const struct parameters o11 = { .think_s = 4, .demands_s = { 2, 3, 1 } };
    const struct parameters o12 = { .think_s = 1, .demands_s = { 0.005, 0.03, 0.02 } };

    ck_assert_double_eq_tol(exact_closed_knee(&o11, 0), 3.33333333, 5e-9);
    ck_assert_double_eq_tol(exact_closed_knee(&o12, 0), 35.1666667, 5e-8);
}
END_TEST

int main(void)
{
    return oracle_tests_main(oracles_networks, TIMEOUT_S,
        test_networks_bounds_meet_at_published_numbers_of_users);
}
