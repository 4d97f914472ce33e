/* label: slow */
/* Each write, open, rename, close and read of a run and of the other commands fails in turn. */
#include "tests/faults/tracer.h"
#include "tests/faults/trial.h"
#include "tests/test.h"

#include <stdio.h>

START_TEST(test_every_call_may_fail)
{
    if (!tracer_is_possible()) {
        puts("SKIPPED: processes cannot be traced here");
        return;
    }
    trial_all(trial_calls, UINT64_MAX);
}
END_TEST

TEST_MAIN_WITHIN(3600, "every_call", test_every_call_may_fail)
