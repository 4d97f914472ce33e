/* Known answers for single stations, shards and replicas, each reached through a scenario file. */
#include <string.h>

#include "tests/theory/oracle_tests.h"

#define SEED 1
#define TIMEOUT_S 120

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
    struct theory_case theory_case = { &oracles[0], &oracles[0].configurations[0] };
    struct theory_run run;

    ck_assert(theory_run_init(&run, &theory_case, SEED, 2, NULL));
    oracle_check_laws(&run, &theory_case);
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
    return oracle_tests_main(oracles, TIMEOUT_S, test_oracles_laws_notice_what_is_wrong);
}
