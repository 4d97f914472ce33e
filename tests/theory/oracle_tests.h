/* oracle_tests.h - what is checked of a table of oracles: the formulas give the published figures; the
 * simulation reaches the formulas, with another seed as well; and the negative control, in which each of the
 * same checks must fail. Cost: that of the simulations. */
#ifndef TESTS_THEORY_ORACLE_TESTS_H
#define TESTS_THEORY_ORACLE_TESTS_H

#include "tests/test.h"
#include "tests/theory/theory_run.h"

/* Runs the tests of the table, and one more where there is one; returns the status of the program. */
int oracle_tests_main(const struct oracle *oracle_table, int timeout_s, const TTest *more);

/* Ends the test when a law does not hold. */
void oracle_check_laws(const struct theory_run *run, const struct theory_case *theory_case);

#endif
