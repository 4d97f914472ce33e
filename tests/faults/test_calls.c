/* A share of the writes, opens, renames, closes and reads that fail, of a run and of the other commands,
 * evenly spread; every_call takes all. */
#include "tests/faults/tracer.h"
#include "tests/faults/trial.h"
#include "tests/test.h"

#include <stdio.h>

#define RUNS_MAX 16 /* of a case and a kind of fault */

START_TEST(test_calls_may_fail)
{
    if (!tracer_is_possible()) {
        puts("SKIPPED: processes cannot be traced here");
        return;
    }
    trial_all(trial_calls, RUNS_MAX);
}
END_TEST

TEST_MAIN("calls", test_calls_may_fail)
