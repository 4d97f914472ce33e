/* O31: how the writes lost with each of many primaries scatter. Those of a Poisson stream within a lag are a Poisson
 * number, whose variance is its mean. */
#include <stdio.h>
#include <string.h>

#include "tests/test.h"
#include "tests/theory/theory_run.h"

#define SHARDS 100
#define MEAN 100.0     /* 200 a second x 0.5 s */
#define NEAR 0.1       /* of the variance, with 2,000 failovers */
#define ERROR_OF_MEAN 0.002236 /* relative: 1 / sqrt(MEAN x SHARDS x THEORY_REPLICATIONS) */

static struct theory_case first_case(const char *id)
{
    for (const struct oracle *oracle = oracles; oracle->id; oracle++)
        if (!strcmp(oracle->id, id))
            return (struct theory_case){ oracle, &oracle->configurations[0] };
    ck_abort_msg("no oracle %s", id);
    return (struct theory_case){ NULL, NULL };
}

/* Sample mean and variance over all shards and runs. */
static void scatter(const struct theory_run *run, double *mean, double *variance)
{
    double sum = 0, squares = 0, count = 0;

    for (int shard = 0; shard < SHARDS; shard++) {
        char name[32];
        const struct result_entry *entry;

        snprintf(name, sizeof name, "db.shard[%d]", shard);
        entry = results_find(&run->results, name, "writes.lost");
        ck_assert_ptr_nonnull(entry);
        for (int k = 0; k < run->results.replications; k++) {
            double deviation = entry->values[k] - MEAN;

            sum += deviation;
            squares += deviation * deviation;
            count++;
        }
    }
    *mean = MEAN + sum / count;
    *variance = (squares - sum * sum / count) / (count - 1);
}

static void measure(uint64_t seed, const char *extra, double *mean, double *variance)
{
    struct theory_case theory_case = first_case("O31");
    struct theory_run run;

    ck_assert(theory_run_init(&run, &theory_case, seed, THEORY_REPLICATIONS, extra));
    scatter(&run, mean, variance);
    theory_run_deinit(&run);
}

START_TEST(test_lost_writes_scatter_as_a_poisson_number)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        double mean, variance;

        measure(seed, NULL, &mean, &variance);
        ck_assert_double_eq_tol(mean, MEAN, THEORY_DEVIATIONS * ERROR_OF_MEAN * MEAN);
        ck_assert_double_eq_tol(variance, MEAN, NEAR * MEAN);
    }
}
END_TEST

START_TEST(test_lost_writes_of_a_longer_lag_scatter_more)
{
    double mean, variance;

    measure(1, "db.replication.ship_delay=0.6s", &mean, &variance);
    ck_assert_double_gt(mean, MEAN * (1 + THEORY_DEVIATIONS * ERROR_OF_MEAN));
    ck_assert_double_gt(variance, MEAN * (1 + NEAR / 2));
}
END_TEST

TEST_MAIN("lost_writes", test_lost_writes_scatter_as_a_poisson_number,
          test_lost_writes_of_a_longer_lag_scatter_more)
