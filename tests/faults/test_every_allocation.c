/* label: slow */
/* Each allocation of a run and of the other commands fails in turn, alone and with all that follow. */
#include "tests/faults/trial.h"
#include "tests/test.h"

START_TEST(test_every_allocation_may_fail)
{
    trial_all(trial_allocations, UINT64_MAX);
}
END_TEST

TEST_MAIN_WITHIN(3600, "every_allocation", test_every_allocation_may_fail)
