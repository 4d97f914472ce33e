/* A share of the writes, opens, renames, closes and reads that fail, of a run and of the other commands, evenly
 * spread; every_call takes all. */
#include "tests/faults/tracer.h"
#include "tests/faults/trial.h"
#include "tests/test.h"

#include <stdio.h>

#define RUNS_MAX 16 /* of a case and a kind of fault */

START_TEST(test_calls_may_fail)
{
    int bad = 0;

    if (!tracer_is_possible()) {
        puts("SKIPPED: processes cannot be traced here");
        return;
    }
    ck_assert_msg(trial_begin(), "SCALESIM_FAULTS is not the program");
    for (const struct trial_case *each = trial_cases; each->name; each++)
        if (trial_is_possible(each))
            bad += trial_calls(each, RUNS_MAX);
    trial_end();
    ck_assert_int_eq(bad, 0);
}
END_TEST

TEST_MAIN("calls", test_calls_may_fail)
