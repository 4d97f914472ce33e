/* label: slow */
/* Each write, open, rename, close and read of a run and of the other commands fails in turn. */
#include "tests/faults/tracer.h"
#include "tests/faults/trial.h"
#include "tests/test.h"

#include <stdio.h>

START_TEST(test_every_call_may_fail)
{
    int bad = 0;

    if (!tracer_is_possible()) {
        puts("SKIPPED: processes cannot be traced here");
        return;
    }
    ck_assert_msg(trial_begin(), "SCALESIM_FAULTS is not the program");
    for (const struct trial_case *each = trial_cases; each->name; each++)
        if (trial_is_possible(each))
            bad += trial_calls(each, UINT64_MAX);
    trial_end();
    ck_assert_int_eq(bad, 0);
}
END_TEST

TEST_MAIN_WITHIN(3600, "every_call", test_every_call_may_fail)
