/* test_zipf.c - ranks drawn against exact probabilities, from one rank to 10^10.
 *
 * Draws are compared in cells of known probability by chi-square at the 10^-4 points.
 */
#include "sim/zipf.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_zeta.h>

#include "tests/test.h"

#define CELLS 40
#define DRAWS 1000000

/* Ends of cells: single ranks first, then wider and wider up to count. */
static size_t make_cells(uint64_t count, uint64_t *ends)
{
    double growth = pow((double)count / 10.0, 1.0 / (CELLS - 10));
    size_t cells = 0;

    for (uint64_t last = 0; last < count && cells < CELLS; cells++) {
        double next = cells < 10 ? (double)last + 1.0 : floor((double)last * growth) + 1.0;

        last = cells == CELLS - 1 || next > (double)count ? count : (uint64_t)next;
        ends[cells] = last;
    }
    return cells;
}

/* p of DRAWS draws of `drawn` under the probabilities of `claimed` (same count). Cells that would hold
 * fewer than 10 draws are left out with their expectation. */
static double zipf_p(const struct zipf *drawn, const struct zipf *claimed)
{
    uint64_t ends[CELLS];
    double counts[CELLS] = { 0 }, sum = 0.0, before = 0.0, p;
    size_t cells = make_cells(drawn->count, ends), used = 0;
    struct rng rng;

    rng_init(&rng, 1, "test", "zipf");
    for (int i = 0; i < DRAWS; i++) {
        uint64_t rank = zipf_sample(drawn, &rng);
        size_t cell = 0;

        while (cell < cells - 1 && rank > ends[cell])
            cell++;
        counts[cell] += rank >= 1 && rank <= drawn->count ? 1.0 : (double)DRAWS;
    }
    for (size_t i = 0; i < cells; i++) {
        double here = zipf_cumulative(claimed, ends[i]), expected = (here - before) * DRAWS;

        before = here;
        if (expected < 10.0)
            continue;
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        used++;
    }
    p = used > 1 ? gsl_cdf_chisq_Q(sum, (double)(used - 1)) : 0.5;
    return fmin(p, 1.0 - p);
}

START_TEST(test_zipf_draws_follow_exact_probabilities)
{
    static const struct {
        uint64_t count;
        double exponent;
    } cases[] = {
        { 2, 0.5 },          { 10, 0.3 },         { 1000, 1.0 },        { 1000, 3.0 },
        { 1000000, 0.99 },   { 1000000, 0.0 },    { 1000000, 1.000001 }, { 10000000000, 0.0 },
        { 10000000000, 0.6 }, { 10000000000, 0.99 }, { 10000000000, 1.0 }, { 10000000000, 1.0 + 1e-12 },
        { 10000000000, 1.2 }, { 10000000000, 2.0 }, { 100, 20.0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zipf zipf;

        zipf_init(&zipf, cases[i].count, cases[i].exponent);
        ck_assert_msg(zipf_p(&zipf, &zipf) > 1e-4, "%g ranks, exponent %.13g: p %g", (double)cases[i].count,
                      cases[i].exponent, zipf_p(&zipf, &zipf));
    }
}
END_TEST

START_TEST(test_zipf_a_wrong_exponent_is_noticed)
{
    struct zipf drawn, claimed;

    zipf_init(&drawn, 1000000, 0.99);
    zipf_init(&claimed, 1000000, 0.98);
    ck_assert_double_lt(zipf_p(&drawn, &claimed), 1e-4);
}
END_TEST

START_TEST(test_zipf_one_rank_is_always_drawn)
{
    static const double exponents[] = { 0.0, 0.5, 1.0, 2.0, 100.0 };
    struct rng rng = { .key = 1 };

    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        struct zipf zipf;

        zipf_init(&zipf, 1, exponents[i]);
        for (int k = 0; k < 1000; k++)
            ck_assert_uint_eq(zipf_sample(&zipf, &rng), 1);
        ck_assert_double_eq(zipf_probability(&zipf, 1), 1.0);
    }
}
END_TEST

/* Ranks far out at 10^10 keep single steps: neighbouring ranks are equally likely, odd and even too. */
START_TEST(test_zipf_far_ranks_are_fine_grained)
{
    struct rng rng = { .key = 2 };
    struct zipf zipf;
    double odd = 0.0, far = 0.0, thirds = 0.0;

    zipf_init(&zipf, UINT64_C(10000000000), 0.99);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t rank = zipf_sample(&zipf, &rng);

        if (rank < UINT64_C(1000000000))
            continue;
        far++;
        odd += (double)(rank & 1);
        thirds += rank % 3 == 0;
    }
    ck_assert_double_gt(far, 10000.0);
    ck_assert_double_eq_tol(odd / far, 0.5, 4.0 * sqrt(0.25 / far));
    ck_assert_double_eq_tol(thirds / far, 1.0 / 3.0, 4.0 * sqrt(2.0 / 9.0 / far));
}
END_TEST

/* Sum of rank^-exponent one by one, the small ones first. */
static double direct_sum(uint64_t count, double exponent)
{
    double sum = 0.0;

    for (uint64_t rank = count; rank > 0; rank--)
        sum += pow((double)rank, -exponent);
    return sum;
}

START_TEST(test_zipf_sum_of_weights_is_exact)
{
    static const double exponents[] = { 0.0, 0.3, 0.99, 1.0, 1.5, 2.0, 7.0, 60.0 };
    static const uint64_t counts[] = { 1, 2, 63, 64, 65, 66, 100, 200, 100000 };

    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            struct zipf zipf;

            zipf_init(&zipf, counts[k], exponents[i]);
            ck_assert_double_eq_tol(zipf.weights / direct_sum(counts[k], exponents[i]), 1.0, 1e-12);
        }
}
END_TEST

/* At 10^10: log(N) + Euler's constant + 1/(2N) for exponent 1; Hurwitz zeta functions for 2. */
START_TEST(test_zipf_sum_of_weights_is_exact_at_huge_count)
{
    const double n = 1e10;
    struct zipf zipf;

    zipf_init(&zipf, (uint64_t)n, 1.0);
    ck_assert_double_eq_tol(zipf.weights / (log(n) + M_EULER + 0.5 / n), 1.0, 1e-12);
    zipf_init(&zipf, (uint64_t)n, 2.0);
    ck_assert_double_eq_tol(zipf.weights / (gsl_sf_zeta(2.0) - gsl_sf_hzeta(2.0, n + 1.0)), 1.0, 1e-12);
    zipf_init(&zipf, (uint64_t)n, 0.5);
    ck_assert_double_eq_tol(zipf.weights / (2.0 * sqrt(n) + gsl_sf_zeta(0.5) + 0.5 / sqrt(n)), 1.0, 1e-12);
    zipf_init(&zipf, (uint64_t)n, 0.0);
    ck_assert_double_eq_tol(zipf.weights / n, 1.0, 1e-12);
}
END_TEST

START_TEST(test_zipf_cumulative_is_the_sum_of_probabilities)
{
    struct zipf zipf;
    double sum = 0.0;

    zipf_init(&zipf, 1000, 0.8);
    ck_assert_double_eq(zipf_cumulative(&zipf, 0), 0.0);
    for (uint64_t rank = 1; rank <= 1000; rank++) {
        sum += zipf_probability(&zipf, rank);
        ck_assert_double_eq_tol(zipf_cumulative(&zipf, rank), sum, 1e-12);
    }
    ck_assert_double_eq(zipf_cumulative(&zipf, 1000), 1.0);
}
END_TEST

START_TEST(test_zipf_takes_few_numbers_a_draw)
{
    static const double exponents[] = { 0.0, 0.3, 0.6, 0.99, 1.0, 2.0 };

    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        struct rng rng = { .key = 3 };
        struct zipf zipf;

        zipf_init(&zipf, 1000000, exponents[i]);
        for (int k = 0; k < 100000; k++)
            zipf_sample(&zipf, &rng);
        ck_assert_uint_lt(rng.counter, 120000);
    }
}
END_TEST

/* Figures of the exact law: 1 / H and the sum of ten over H, H the harmonic number of 1000. */
START_TEST(test_zipf_thousand_keys_match_the_oracle)
{
    const double first = 0.13359213, top_ten = 0.391287109;
    struct rng rng = { .key = 47 };
    struct zipf zipf;
    double ones = 0.0, tops = 0.0;

    zipf_init(&zipf, 1000, 1.0);
    ck_assert_double_eq_tol(zipf_probability(&zipf, 1), first, 1e-8);
    ck_assert_double_eq_tol(zipf_cumulative(&zipf, 10), top_ten, 1e-8);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t rank = zipf_sample(&zipf, &rng);

        ones += rank == 1;
        tops += rank <= 10;
    }
    ck_assert_double_eq_tol(ones / DRAWS, first, 4.0 * sqrt(first * (1.0 - first) / DRAWS));
    ck_assert_double_eq_tol(tops / DRAWS, top_ten, 4.0 * sqrt(top_ten * (1.0 - top_ten) / DRAWS));
}
END_TEST

TEST_MAIN("zipf", test_zipf_draws_follow_exact_probabilities, test_zipf_a_wrong_exponent_is_noticed,
          test_zipf_one_rank_is_always_drawn, test_zipf_far_ranks_are_fine_grained,
          test_zipf_sum_of_weights_is_exact, test_zipf_sum_of_weights_is_exact_at_huge_count,
          test_zipf_cumulative_is_the_sum_of_probabilities, test_zipf_takes_few_numbers_a_draw,
          test_zipf_thousand_keys_match_the_oracle)
