/* Known answers of queueing theory, each reached through a scenario file: claims, laws, another seed, and the
 * negative control, in which each of the same checks must fail. */
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/theory/theory_run.h"

#define SEED 1
#define SEED_OTHER 2
#define CONTROL_REPLICATIONS 10
#define TIMEOUT_S 120

static struct theory_case case_at(int number)
{
    struct theory_case theory_case;

    ck_assert(theory_case_find((size_t)number, &theory_case));
    return theory_case;
}

static struct theory_case first_case_of(int number)
{
    return (struct theory_case){ &oracles[number], &oracles[number].configurations[0] };
}

static int case_count(void)
{
    struct theory_case theory_case;
    int count = 0;

    while (theory_case_find((size_t)count, &theory_case))
        count++;
    return count;
}

static int oracle_count(void)
{
    int count = 0;

    while (oracles[count].id)
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

static void check_laws(const struct theory_run *run, const struct theory_case *theory_case)
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

    ck_assert(theory_run_init(&run, &theory_case, seed, THEORY_REPLICATIONS, NULL));
    ck_assert_int_eq(failed_claims(&run, &theory_case, true), 0);
    check_laws(&run, &theory_case);
    theory_run_deinit(&run);
}

START_TEST(test_oracles_formula_gives_published_figure)
{
    struct theory_case theory_case = first_case_of(_i);

    for (const struct claim *claim = theory_case.oracle->claims; claim->words; claim++)
        if (claim->published != 0)
            ck_assert_double_eq_tol(claim->exact(&theory_case.configuration->parameters, claim->argument),
                                    claim->published, 5e-8 * claim->published); /* its digits */
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
    struct theory_run run;

    ck_assert(theory_run_init(&run, &theory_case, SEED, CONTROL_REPLICATIONS, theory_case.oracle->wrong));
    ck_assert_int_eq(failed_claims(&run, &theory_case, false), claims_about_service(&theory_case));
    theory_run_deinit(&run);
}
END_TEST

/* The laws' own negative control: figures that a lost request would leave. */
static void falsify(struct theory_run *run, const char *metric, double factor, double sum)
{
    for (size_t i = 0; i < run->results.entry_count; i++) {
        struct result_entry *entry = &run->results.entries[i];

        if (strcmp(entry->component, "server") != 0 || strcmp(entry->metric, metric) != 0)
            continue;
        for (int k = 0; k < run->results.replications; k++)
            entry->values[k] = entry->values[k] * factor + (k == 0 ? sum : 0);
    }
}

START_TEST(test_oracles_laws_notice_what_is_wrong)
{
    struct theory_case theory_case = case_at(0);
    struct theory_run run;

    ck_assert(theory_run_init(&run, &theory_case, SEED, 2, NULL));
    check_laws(&run, &theory_case);
    falsify(&run, "requests.ok", 1, -1);
    ck_assert_uint_eq(theory_laws(&run, &theory_case).unaccounted, 1);
    falsify(&run, "in_flight.mean", 1.01, 0);
    ck_assert_double_gt(theory_laws(&run, &theory_case).little, THEORY_LAW_TOLERANCE);
    falsify(&run, "queue.mean", 0.99, 0);
    ck_assert_double_gt(theory_laws(&run, &theory_case).line, THEORY_LAW_TOLERANCE);
    falsify(&run, "utilisation", 0.99, 0);
    ck_assert_double_gt(theory_laws(&run, &theory_case).utilisation, THEORY_LAW_TOLERANCE);
    theory_run_deinit(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles");
    TCase *tcase = tcase_create("oracles");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_loop_test(tcase, test_oracles_formula_gives_published_figure, 0, oracle_count());
    tcase_add_loop_test(tcase, test_oracles_simulation_reaches_exact_values, 0, case_count());
    tcase_add_loop_test(tcase, test_oracles_other_seed_reaches_them_too, 0, oracle_count());
    tcase_add_loop_test(tcase, test_oracles_service_off_by_5_percent_fails, 0, oracle_count());
    tcase_add_test(tcase, test_oracles_laws_notice_what_is_wrong);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
