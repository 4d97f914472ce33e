/* Allocations that fail, of a run and of the other commands: a share of them, evenly spread;
 * every_allocation takes all. */
#include "tests/faults/trial.h"
#include "tests/test.h"

#define RUNS_MAX 40 /* of a case; those that ask for less have each of them fail */

START_TEST(test_allocations_may_fail)
{
    trial_all(trial_allocations, RUNS_MAX);
}
END_TEST

TEST_MAIN("allocations", test_allocations_may_fail)
