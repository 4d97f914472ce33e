/* label: slow */
/* Each allocation of a run and of the other commands fails in turn, alone and with all that follow. */
#include "tests/faults/trial.h"
#include "tests/test.h"

START_TEST(test_every_allocation_may_fail)
{
    int bad = 0;

    ck_assert_msg(trial_begin(), "SCALESIM_FAULTS is not the program");
    for (const struct trial_case *each = trial_cases; each->name; each++)
        if (trial_is_possible(each))
            bad += trial_allocations(each, UINT64_MAX);
    trial_end();
    ck_assert_int_eq(bad, 0);
}
END_TEST

TEST_MAIN_WITHIN(3600, "every_allocation", test_every_allocation_may_fail)
