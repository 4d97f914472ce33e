#include "tests/theory/oracle_tests.h"

#include <math.h>
#include <stdio.h>

#define SEED 1
#define SEED_OTHER 2
#define CONTROL_REPLICATIONS 10
#define DIGITS 5e-8 /* of published figures, relative */

static const struct oracle *table; /* set once, before any test */

static struct theory_case case_at(int number)
{
    struct theory_case theory_case;

    ck_assert(theory_case_find(table, (size_t)number, &theory_case));
    return theory_case;
}

static struct theory_case first_case_of(int number)
{
    return (struct theory_case){ &table[number], &table[number].configurations[0] };
}

static int case_count(void)
{
    struct theory_case theory_case;
    int count = 0;

    while (theory_case_find(table, (size_t)count, &theory_case))
        count++;
    return count;
}

static int oracle_count(void)
{
    int count = 0;

    while (table[count].id)
        count++;
    return count;
}

/* Says of each claim that fails what it should be; returns how many. */
static int failed_claims(const struct theory_run *run, const struct theory_case *theory_case, bool tell)
{
    int failed = 0;

    for (const struct claim *claim = theory_case->oracle->claims; claim->words; claim++) {
        struct judgement judgement = theory_judge(run, theory_case, claim);

        if (theory_holds(&judgement))
            continue;
        failed++;
        if (tell)
            fprintf(stderr, "%s, %s: %s: exact %.8g, simulated %.8g (%.8g to %.8g), %+.2f standard errors\n",
                    theory_case->oracle->id, theory_case->configuration->words, claim->words, judgement.exact,
                    judgement.simulated.mean, judgement.simulated.low, judgement.simulated.high,
                    judgement.deviations);
    }
    return failed;
}

static int claims_about_service(const struct theory_case *theory_case)
{
    int count = 0;

    for (const struct claim *claim = theory_case->oracle->claims; claim->words; claim++)
        count += !claim->any_service;
    return count;
}

void oracle_check_laws(const struct theory_run *run, const struct theory_case *theory_case)
{
    struct laws laws = theory_laws(run, theory_case);

    ck_assert_msg(laws.unaccounted == 0, "%llu requests unaccounted for",
                  (unsigned long long)laws.unaccounted);
    ck_assert_double_le(laws.little, THEORY_LAW_TOLERANCE);
    ck_assert_double_le(laws.line, THEORY_LAW_TOLERANCE);
    ck_assert_double_le(laws.utilisation, THEORY_LAW_TOLERANCE);
}

static void check_case(struct theory_case theory_case, uint64_t seed)
{
    struct theory_run run;

    ck_assert(theory_run_init(&run, &theory_case, seed, theory_replications(theory_case.oracle), NULL));
    ck_assert_int_eq(failed_claims(&run, &theory_case, true), 0);
    oracle_check_laws(&run, &theory_case);
    theory_run_deinit(&run);
}

static void check_published(const struct claim *claim, const struct configuration *configuration,
    double published)
{
    double exact = claim->exact(&configuration->parameters, claim->argument);
    double errors = THEORY_DEVIATIONS * claim->published_error;

    if (published != 0)
        ck_assert_msg(fabs(exact - published) <= fmax(errors, DIGITS * fabs(published)),
            "%s, %s: %.9g, not %.9g",
                      configuration->words, claim->words, exact, published);
}

START_TEST(test_oracles_formula_gives_published_figure)
{
    const struct oracle *oracle = &table[_i];

    for (const struct claim *claim = oracle->claims; claim->words; claim++)
        for (int i = 0; i < CONFIGURATIONS_MAX && oracle->configurations[i].words; i++)
            check_published(claim, &oracle->configurations[i],
                            i == 0 ? claim->published : claim->published_others[i - 1]);
}
END_TEST

START_TEST(test_oracles_simulation_reaches_exact_values)
{
    check_case(case_at(_i), SEED);
}
END_TEST

START_TEST(test_oracles_other_seed_reaches_them_too)
{
    check_case(first_case_of(_i), SEED_OTHER);
}
END_TEST

START_TEST(test_oracles_service_off_by_5_percent_fails)
{
    struct theory_case theory_case = first_case_of(_i);
    const struct oracle *oracle = theory_case.oracle;
    int replications = oracle->control_replications ? oracle->control_replications : CONTROL_REPLICATIONS;
    int usual = theory_replications(oracle);
    struct theory_run run;

    if (replications > usual)
        replications = usual;
    ck_assert(theory_run_init(&run, &theory_case, SEED, replications, oracle->wrong));
    ck_assert_int_eq(failed_claims(&run, &theory_case, false), claims_about_service(&theory_case));
    theory_run_deinit(&run);
}
END_TEST

int oracle_tests_main(const struct oracle *oracle_table, int timeout_s, const TTest *more)
{
    Suite *suite = suite_create("oracles");
    TCase *tcase = tcase_create("oracles");
    SRunner *runner = srunner_create(suite);
    int failed;

    table = oracle_table;
    tcase_set_timeout(tcase, timeout_s);
    tcase_add_loop_test(tcase, test_oracles_formula_gives_published_figure, 0, oracle_count());
    tcase_add_loop_test(tcase, test_oracles_simulation_reaches_exact_values, 0, case_count());
    tcase_add_loop_test(tcase, test_oracles_other_seed_reaches_them_too, 0, oracle_count());
    tcase_add_loop_test(tcase, test_oracles_service_off_by_5_percent_fails, 0, oracle_count());
    if (more)
        tcase_add_test(tcase, more);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
