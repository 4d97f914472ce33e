/* test.h - what every test program shares: a main() over a list of Check tests.
 *
 *     START_TEST(test_unit_claim) { ck_assert_int_eq(1 + 1, 2); } END_TEST
 *     TEST_MAIN("unit", test_unit_claim)
 *
 * Every test runs in a process of its own unless CK_FORK=no (sanitizers, gdb). A test may take 60 s.
 * Exit status: 0 when all passed, else 1.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define TEST_MAIN(unit, ...) TEST_MAIN_WITHIN(60, unit, __VA_ARGS__)

/* The same for tests that may take so many seconds each. */
#define TEST_MAIN_WITHIN(seconds, unit, ...)                              \
    int main(void)                                                        \
    {                                                                     \
        const TTest *tests[] = { __VA_ARGS__ };                           \
        Suite *suite = suite_create(unit);                                \
        TCase *tcase = tcase_create(unit);                                \
        SRunner *runner = srunner_create(suite);                          \
        int failed;                                                       \
                                                                          \
        tcase_set_timeout(tcase, seconds);                                \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)         \
            tcase_add_test(tcase, tests[i]);                              \
        suite_add_tcase(suite, tcase);                                    \
        srunner_run_all(runner, CK_ENV);                                  \
        failed = srunner_ntests_failed(runner);                           \
        srunner_free(runner);                                             \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                      \
    }

#endif
