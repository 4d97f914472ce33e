/* Allocations that fail, of a run and of the other commands: a share of them, evenly spread; every_allocation takes all. */
#include "tests/faults/trial.h"
#include "tests/test.h"

#define RUNS_MAX 40 /* of a case; those that ask for less have each of them fail */

START_TEST(test_allocations_may_fail)
{
    int bad = 0;

    ck_assert_msg(trial_begin(), "SCALESIM_FAULTS is not the program");
    for (const struct trial_case *each = trial_cases; each->name; each++)
        if (trial_is_possible(each))
            bad += trial_allocations(each, RUNS_MAX);
    trial_end();
    ck_assert_int_eq(bad, 0);
}
END_TEST

TEST_MAIN("allocations", test_allocations_may_fail)
