/* test_permutation.c - a bijection for any n, its inverse, and that keys choose among all of them.
 *
 * Chi-squares are judged at the 10^-4 points.
 */
#include "sim/permutation.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#include "sim/random.h"
#include "tests/test.h"

static double chi_square_p(const uint32_t *counts, size_t cells, double total)
{
    double expected = total / (double)cells, sum = 0.0, p;

    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    p = gsl_cdf_chisq_Q(sum, (double)(cells - 1));
    return fmin(p, 1.0 - p);
}

START_TEST(test_permutation_is_a_bijection_for_every_small_n)
{
    for (uint64_t n = 1; n <= 300; n++) {
        struct permutation permutation;
        uint8_t seen[300] = { 0 };

        permutation_init(&permutation, n, n * 77);
        for (uint64_t x = 0; x < n; x++) {
            uint64_t y = permutation_map(&permutation, x);

            ck_assert_uint_lt(y, n);
            ck_assert_uint_eq(seen[y]++, 0);
            ck_assert_uint_eq(permutation_inverse(&permutation, y), x);
        }
    }
}
END_TEST

START_TEST(test_permutation_is_a_bijection_of_a_million)
{
    static uint8_t seen[1000003];
    struct permutation permutation;
    uint64_t wrong = 0;

    permutation_init(&permutation, sizeof seen, 5);
    for (uint64_t x = 0; x < sizeof seen; x++) {
        uint64_t y = permutation_map(&permutation, x);

        wrong += y >= sizeof seen || seen[y]++ || permutation_inverse(&permutation, y) != x;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(test_permutation_inverts_at_huge_n)
{
    static const uint64_t sizes[] = { UINT64_C(10000000000),       UINT64_C(1) << 40,
                                      (UINT64_C(1) << 40) + 1,     (UINT64_C(1) << 53) - 111,
                                      (UINT64_C(1) << 61) + 9,     UINT64_C(1) << 62 };
    struct rng rng = { .key = 1 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct permutation permutation;

        permutation_init(&permutation, sizes[i], i);
        for (int k = 0; k < 2000; k++) {
            uint64_t x = k == 0 ? sizes[i] - 1 : rng_below(&rng, sizes[i]);
            uint64_t y = permutation_map(&permutation, x);

            ck_assert_uint_lt(y, sizes[i]);
            ck_assert_uint_eq(permutation_inverse(&permutation, y), x);
        }
    }
}
END_TEST

/* Number of the permutation of n <= 5 things among all n!. */
static size_t index_of(const struct permutation *permutation, uint64_t n)
{
    size_t index = 0;
    uint64_t values[5];

    for (uint64_t x = 0; x < n; x++) {
        uint64_t smaller = 0;

        values[x] = permutation_map(permutation, x);
        for (uint64_t before = 0; before < x; before++)
            smaller += values[before] > values[x];
        index = index * (x + 1) + smaller;
    }
    return index;
}

START_TEST(test_permutation_keys_choose_among_all_alike)
{
    static const size_t factorial[] = { 1, 1, 2, 6, 24, 120 };
    const uint32_t keys = 200000;

    for (uint64_t n = 2; n <= 5; n++) {
        uint32_t counts[120] = { 0 };

        for (uint32_t key = 0; key < keys; key++) {
            struct permutation permutation;

            permutation_init(&permutation, n, rng_hash(3, key));
            counts[index_of(&permutation, n)]++;
        }
        ck_assert_double_gt(chi_square_p(counts, factorial[n], keys), 1e-4);
    }
}
END_TEST

/* Pairs of images of 0 and 1 over keys, for sizes on both sides of where the rounds change. */
START_TEST(test_permutation_pairs_of_images_are_alike)
{
    static const uint64_t sizes[] = { 6, 13, 50, 257 };
    static uint32_t counts[257 * 257];
    const uint32_t keys = 500000;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t n = sizes[i];

        memset(counts, 0, sizeof counts);
        for (uint32_t key = 0; key < keys; key++) {
            struct permutation permutation;
            uint64_t zero, one;

            permutation_init(&permutation, n, rng_hash(5, key));
            zero = permutation_map(&permutation, 0);
            one = permutation_map(&permutation, 1);
            counts[zero * (n - 1) + one - (one > zero)]++; /* never the same */
        }
        ck_assert_double_gt(chi_square_p(counts, n * (n - 1), keys), 1e-4);
    }
}
END_TEST

/* p of the cells of (map(x), map(x + step)) over x, each by its place in 64 parts of [0, n). */
static double neighbours_p(uint64_t n, uint64_t step, uint64_t count)
{
    static uint32_t counts[4096];
    struct permutation permutation;

    memset(counts, 0, sizeof counts);
    permutation_init(&permutation, n, 11);
    for (uint64_t x = 0; x < count; x++) {
        uint64_t a = permutation_map(&permutation, x), b = permutation_map(&permutation, x + step);

        counts[(a * 64 / n) << 6 | b * 64 / n]++;
    }
    return chi_square_p(counts, 4096, (double)count);
}

START_TEST(test_permutation_parts_neighbours)
{
    ck_assert_double_gt(neighbours_p(UINT64_C(1) << 40, 1, 400000), 1e-4);
    ck_assert_double_gt(neighbours_p(UINT64_C(10000000000), 1, 400000), 1e-4);
    ck_assert_double_gt(neighbours_p(UINT64_C(10000000000), 1 << 17, 400000), 1e-4);
    ck_assert_double_gt(neighbours_p(UINT64_C(100000000), 2, 400000), 1e-4);
}
END_TEST

/* The low bits place rows on shards: the first ranks of many keys must fall evenly. */
START_TEST(test_permutation_spreads_the_first_ranks_over_shards)
{
    uint32_t counts[4][8] = { { 0 } };
    const uint32_t keys = 100000;

    for (uint32_t key = 0; key < keys; key++) {
        struct permutation permutation;

        permutation_init(&permutation, 1000000, key);
        for (uint64_t rank = 0; rank < 4; rank++)
            counts[rank][permutation_map(&permutation, rank) % 8]++;
    }
    for (int rank = 0; rank < 4; rank++)
        ck_assert_double_gt(chi_square_p(counts[rank], 8, keys), 1e-4);
}
END_TEST

/* Over many keys a random permutation has one fixed point on average, with variance 1. */
START_TEST(test_permutation_has_one_fixed_point_on_average)
{
    const int keys = 4000;
    double fixed = 0.0;

    for (int key = 0; key < keys; key++) {
        struct permutation permutation;

        permutation_init(&permutation, 700, (uint64_t)key);
        for (uint64_t x = 0; x < 700; x++)
            fixed += permutation_map(&permutation, x) == x;
    }
    ck_assert_double_eq_tol(fixed / keys, 1.0, 5.0 / sqrt(keys));
}
END_TEST

TEST_MAIN("permutation", test_permutation_is_a_bijection_for_every_small_n,
          test_permutation_is_a_bijection_of_a_million, test_permutation_inverts_at_huge_n,
          test_permutation_keys_choose_among_all_alike, test_permutation_pairs_of_images_are_alike,
          test_permutation_parts_neighbours,
          test_permutation_spreads_the_first_ranks_over_shards,
          test_permutation_has_one_fixed_point_on_average)
