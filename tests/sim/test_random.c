/* test_random.c - the generator as a hash of (key, number, counter), its samplers, its tables.
 *
 * Each direction in which draws are taken is tested as a sequence of its own: along a stream, over
 * requests, over keys. Bounds: 5 standard errors, or the 10^-4 points of a chi-square.
 */
#include "sim/random.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#include "tests/test.h"

#define DRAWS (1 << 20)

typedef uint64_t draw_function(uint64_t number); /* the draw of that number in one direction */

static uint64_t along_a_stream(uint64_t number)
{
    struct rng rng = { .key = UINT64_C(0x5ca1e), .counter = number };

    return rng_next(&rng);
}

static uint64_t over_requests(uint64_t number)
{
    struct rng rng = rng_for_request(UINT64_C(0x123456789abcdef0), number);

    return rng_next(&rng);
}

static uint64_t over_keys(uint64_t number)
{
    struct rng rng = rng_for_request(rng_key(number, "web", "compute"), 0);

    return rng_next(&rng);
}

static uint64_t over_second_draws(uint64_t number)
{
    struct rng rng = rng_for_request(42, number);

    rng_next(&rng);
    return rng_next(&rng);
}

/* The work of a request at one place, then at another, then that of the next request. */
static uint64_t over_purposes(uint64_t number)
{
    struct rng rng =
        rng_for_request(number % 2 ? UINT64_C(0xc10c0a7d9c69d2ef) : UINT64_C(0x123456789abcdef0), number / 2);

    return rng_next(&rng);
}

static uint64_t over_children(uint64_t number) { return rng_hash(rng_hash(7, number / 4), number % 4); }

static uint64_t over_hashed_keys(uint64_t number) { return hash_key(number); }

static uint64_t over_multiples(uint64_t number) { return hash_key(number << 32); }

static draw_function *const directions[] = {
    along_a_stream, over_requests, over_keys,        over_second_draws,
    over_purposes,  over_children, over_hashed_keys, over_multiples,
};

/* A counter is what a broken mixer would let through. */
static uint64_t bare_counter(uint64_t number) { return number * RNG_WEYL; }

/* The largest distance of a bit's count of ones from half, in standard errors. */
static double worst_bit(draw_function *draw)
{
    uint32_t ones[64] = { 0 };
    double worst = 0.0;

    for (uint64_t i = 0; i < DRAWS; i++) {
        uint64_t bits = draw(i);

        for (unsigned bit = 0; bit < 64; bit++)
            ones[bit] += (uint32_t)(bits >> bit) & 1;
    }
    for (unsigned bit = 0; bit < 64; bit++)
        worst = fmax(worst, fabs(ones[bit] - DRAWS / 2.0) / sqrt(DRAWS / 4.0));
    return worst;
}

START_TEST(test_random_bits_are_balanced)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        ck_assert_double_lt(worst_bit(directions[i]), 5.0);
}
END_TEST

/* Probability of a chi-square at least this far out, on whichever side, for equal cells. */
static double chi_square_p(const uint32_t *counts, size_t cells, double total)
{
    double expected = total / (double)cells, sum = 0.0, p;

    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    p = gsl_cdf_chisq_Q(sum, (double)(cells - 1));
    return fmin(p, 1.0 - p);
}

/* The least p over the 8 bytes of the draws. */
static double worst_byte(draw_function *draw)
{
    static uint32_t counts[8][256];
    double worst = 1.0;

    memset(counts, 0, sizeof counts);
    for (uint64_t i = 0; i < DRAWS; i++) {
        uint64_t bits = draw(i);

        for (unsigned byte = 0; byte < 8; byte++)
            counts[byte][bits >> 8 * byte & 255]++;
    }
    for (unsigned byte = 0; byte < 8; byte++)
        worst = fmin(worst, chi_square_p(counts[byte], 256, DRAWS));
    return worst;
}

START_TEST(test_random_bytes_are_uniform)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        ck_assert_double_gt(worst_byte(directions[i]), 1e-4);
    ck_assert_double_lt(worst_byte(bare_counter), 1e-4); /* the test can fail */
}
END_TEST

/* Pairs of neighbours by their low and their high 6 bits. */
static double worst_pairs(draw_function *draw)
{
    static uint32_t low[4096], high[4096];
    uint64_t before = draw(0);

    memset(low, 0, sizeof low);
    memset(high, 0, sizeof high);
    for (uint64_t i = 1; i < DRAWS; i++) {
        uint64_t now = draw(i);

        low[(before & 63) << 6 | (now & 63)]++;
        high[(before >> 58) << 6 | now >> 58]++;
        before = now;
    }
    return fmin(chi_square_p(low, 4096, DRAWS - 1), chi_square_p(high, 4096, DRAWS - 1));
}

START_TEST(test_random_neighbours_are_independent)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        ck_assert_double_gt(worst_pairs(directions[i]), 1e-4);
    ck_assert_double_lt(worst_pairs(bare_counter), 1e-4);
}
END_TEST

/* Correlation of neighbours at distance `lag` as uniform numbers, in standard errors. */
static double serial_correlation(draw_function *draw, uint64_t lag)
{
    double sum = 0.0;

    for (uint64_t i = 0; i < DRAWS; i++)
        sum += (ldexp((double)draw(i), -64) - 0.5) * (ldexp((double)draw(i + lag), -64) - 0.5);
    return fabs(sum / DRAWS * 12.0) * sqrt(DRAWS);
}

START_TEST(test_random_has_no_serial_correlation)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        for (uint64_t lag = 1; lag <= 4; lag++)
            ck_assert_double_lt(serial_correlation(directions[i], lag), 5.0);
}
END_TEST

/* Each bit of (a, b) turns each bit of their hash over in half of the cases. */
START_TEST(test_random_hash_spreads_every_bit)
{
    enum { TRIALS = 1024 };
    double bound = TRIALS / 2.0 - 6.0 * sqrt(TRIALS / 4.0); /* 8192 pairs of bits: 6 standard errors */

    for (unsigned in = 0; in < 128; in++) {
        uint32_t turned[64] = { 0 };
        uint64_t flip_a = in < 64 ? UINT64_C(1) << in : 0, flip_b = in < 64 ? 0 : UINT64_C(1) << (in - 64);

        for (uint64_t i = 0; i < TRIALS; i++) {
            uint64_t changed = rng_hash(i, 3 * i) ^ rng_hash(i ^ flip_a, 3 * i ^ flip_b);

            for (unsigned out = 0; out < 64; out++)
                turned[out] += (uint32_t)(changed >> out) & 1;
        }
        for (unsigned out = 0; out < 64; out++) {
            ck_assert_double_gt(turned[out], bound);
            ck_assert_double_lt(turned[out], TRIALS - bound);
        }
    }
}
END_TEST

START_TEST(test_random_hash_is_ordered)
{
    ck_assert_uint_ne(rng_hash(1, 2), rng_hash(2, 1));
    ck_assert_uint_ne(rng_hash(0, 0), 0);
    ck_assert_uint_ne(hash_key(0), 0);
}
END_TEST

/* Computed apart, with whole numbers of any size: wyrand's draws from seed 1234567. It steps before each, a stream after. */
START_TEST(test_random_stream_is_wyrand)
{
    static const uint64_t computed[] = { UINT64_C(1039220411907061708), UINT64_C(7824934774743837796),
                                         UINT64_C(15045726798686391609), UINT64_C(11897712078968232033),
                                         UINT64_C(16181740736517372213) };
    struct rng rng = { .key = 1234567 + RNG_STEP, .counter = 0 };

    for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
        ck_assert_uint_eq(rng_next(&rng), computed[i]);
}
END_TEST

/* What a seed gives must never change unnoticed: every published result depends on it. */
START_TEST(test_random_keys_keep_their_values)
{
    struct rng rng = rng_for_request(rng_key(1, "web", "compute"), 1000);

    ck_assert_uint_eq(rng_key(1, "web", "compute"), UINT64_C(0xa343e86d44992bb1));
    ck_assert_uint_eq(rng_next(&rng), UINT64_C(0x257ff4d74cc1450d));
}
END_TEST

START_TEST(test_random_names_are_apart)
{
    ck_assert_uint_ne(rng_key(1, "ab", "c"), rng_key(1, "a", "bc"));
    ck_assert_uint_ne(rng_key(1, "a", ""), rng_key(1, "", "a"));
    ck_assert_uint_ne(rng_key(1, "a", "b"), rng_key(1, "b", "a"));
    ck_assert_uint_ne(rng_key(1, "a", "b"), rng_key(2, "a", "b"));
    ck_assert_uint_eq(rng_key(1, "a", "b"), rng_key(1, "a", "b"));
}
END_TEST

START_TEST(test_random_stream_begins_at_its_key)
{
    struct rng a, b = { .key = rng_key(9, "db", "disk"), .counter = 0 };

    rng_init(&a, 9, "db", "disk");
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(rng_next(&a), rng_next(&b));
}
END_TEST

START_TEST(test_random_uniform_stays_below_one)
{
    struct rng rng = { .key = 3 };
    double sum = 0.0, least = 1.0, greatest = 0.0;

    for (int i = 0; i < DRAWS; i++) {
        double u = rng_uniform(&rng);

        least = fmin(least, u);
        greatest = fmax(greatest, u);
        sum += u;
    }
    ck_assert_double_ge(least, 0.0);
    ck_assert_double_lt(greatest, 1.0);
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 5.0 / sqrt(12.0 * DRAWS));
}
END_TEST

START_TEST(test_random_below_is_uniform)
{
    static const uint64_t sizes[] = { 2, 3, 10, 1000 };
    struct rng rng = { .key = 4 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t counts[1001] = { 0 }; /* the last: too large */

        for (int k = 0; k < DRAWS; k++) {
            uint64_t draw = rng_below(&rng, sizes[i]);

            counts[draw < sizes[i] ? draw : 1000]++;
        }
        ck_assert_uint_eq(counts[1000], 0);
        ck_assert_double_gt(chi_square_p(counts, sizes[i], DRAWS), 1e-4);
    }
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
    ck_assert_uint_eq(rng_below(&rng, 0), 0);
}
END_TEST

/* With n = 3/4 of 2^64, multiplication alone would make every third number twice as likely. */
START_TEST(test_random_below_is_unbiased_at_huge_n)
{
    uint64_t n = UINT64_C(3) << 62;
    struct rng rng = { .key = 5 };
    uint32_t counts[3] = { 0 };

    for (int i = 0; i < DRAWS; i++)
        counts[rng_below(&rng, n) % 3]++;
    ck_assert_double_gt(chi_square_p(counts, 3, DRAWS), 1e-4);
}
END_TEST

static double exponential_below(double x) { return gsl_cdf_exponential_P(x, 1.0); }
static double exponential_5_percent_slow(double x) { return gsl_cdf_exponential_P(x, 1.05); }

/* Chi-square p of the draws in 1000 cells of equal probability. */
static double law_p(double (*sample)(struct rng *), double (*below)(double))
{
    static uint32_t counts[1000];
    struct rng rng;

    rng_init(&rng, 1, "test", "law");
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 4 * DRAWS; i++)
        counts[(size_t)fmin(below(sample(&rng)) * 1000.0, 999.0)]++;
    return chi_square_p(counts, 1000, 4.0 * DRAWS);
}

START_TEST(test_random_exponential_follows_its_law)
{
    ck_assert_double_gt(law_p(rng_exponential, exponential_below), 1e-4);
    ck_assert_double_lt(law_p(rng_exponential, exponential_5_percent_slow), 1e-4);
}
END_TEST

START_TEST(test_random_normal_follows_its_law)
{
    ck_assert_double_gt(law_p(rng_normal, gsl_cdf_ugaussian_P), 1e-4);
}
END_TEST

/* Counts beyond a bound that only the tail's own code can reach, against the exact probability. */
START_TEST(test_random_ziggurat_tails_are_right)
{
    static const double beyond[] = { 7.7, 8.5, 10.0 }, beyond_normal[] = { 3.66, 3.9, 4.2 };
    uint32_t seen[3] = { 0 }, seen_normal[3] = { 0 };
    struct rng rng = { .key = 6 };
    const double draws = 2e7;

    for (int i = 0; i < (int)draws; i++) {
        double x = rng_exponential(&rng), z = fabs(rng_normal(&rng));

        for (int k = 0; x > 7.7 && k < 3; k++)
            seen[k] += x > beyond[k];
        for (int k = 0; z > 3.66 && k < 3; k++)
            seen_normal[k] += z > beyond_normal[k];
    }
    for (int k = 0; k < 3; k++) {
        double expected = draws * exp(-beyond[k]);
        double expected_normal = draws * 2.0 * gsl_cdf_ugaussian_Q(beyond_normal[k]);

        ck_assert_double_eq_tol(seen[k], expected, 4.5 * sqrt(expected));
        ck_assert_double_eq_tol(seen_normal[k], expected_normal, 4.5 * sqrt(expected_normal));
    }
}
END_TEST

static double exponential_density(double x) { return exp(-x); }
static double normal_density(double x) { return exp(-0.5 * x * x); }

/* Every layer has the area of the base, the layers close at the top, the integers fit the edges. */
static void check_table(const struct ziggurat *table, int bits, double (*density)(double), double tail_area)
{
    double area = table->tail * density(table->tail) + tail_area;

    ck_assert_double_eq_tol(ldexp(table->layer[1].width, bits) / table->tail, 1.0, 1e-12);
    ck_assert_double_eq_tol(ldexp(table->layer[0].width, bits) * density(table->tail) / area, 1.0, 1e-12);
    ck_assert_double_eq(table->height[ZIGGURAT_LAYERS], 1.0);
    for (int i = 0; i < ZIGGURAT_LAYERS; i++) {
        double edge = ldexp(table->layer[i].width, bits);
        double above = i + 1 < ZIGGURAT_LAYERS ? ldexp(table->layer[i + 1].width, bits) : 0.0;
        double step = table->height[i + 1] - table->height[i];

        ck_assert_double_eq_tol(table->height[i] / density(edge), 1.0, 1e-12);
        if (i > 0)
            ck_assert_double_eq_tol(edge * step / area, 1.0, 1e-12);
        ck_assert_double_eq_tol(ldexp((double)table->layer[i].inside, -bits), above / edge, 1e-12);
    }
}

START_TEST(test_random_ziggurat_tables_are_exact)
{
    check_table(&ziggurat_exponential, ZIGGURAT_BITS_EXPONENTIAL, exponential_density,
                exp(-ziggurat_exponential.tail));
    check_table(&ziggurat_normal, ZIGGURAT_BITS_NORMAL, normal_density,
                sqrt(2.0 * M_PI) * gsl_cdf_ugaussian_Q(ziggurat_normal.tail));
}
END_TEST

START_TEST(test_random_gsl_draws_the_same_numbers)
{
    struct rng ours, theirs;
    gsl_rng gsl = rng_as_gsl(&theirs);

    rng_init(&ours, 2, "a", "b");
    theirs = ours;
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(gsl_rng_get(&gsl), rng_next(&ours));
        ck_assert_double_eq(gsl_rng_uniform(&gsl), rng_uniform(&ours));
    }
    ck_assert_uint_eq(theirs.counter, ours.counter);
}
END_TEST

START_TEST(test_random_gsl_generator_can_be_allocated)
{
    gsl_rng *gsl = gsl_rng_alloc(&rng_gsl_type);
    struct rng ours = { .key = hash_key(1234567), .counter = 0 };
    uint32_t counts[10] = { 0 };

    gsl_rng_set(gsl, 1234567);
    ck_assert_uint_eq(gsl_rng_get(gsl), rng_next(&ours));
    for (int i = 0; i < DRAWS; i++)
        counts[gsl_rng_uniform_int(gsl, 10)]++;
    ck_assert_double_gt(chi_square_p(counts, 10, DRAWS), 1e-4);
    gsl_rng_free(gsl);
}
END_TEST

TEST_MAIN("random", test_random_bits_are_balanced, test_random_bytes_are_uniform,
          test_random_neighbours_are_independent, test_random_has_no_serial_correlation,
          test_random_hash_spreads_every_bit, test_random_hash_is_ordered, test_random_stream_is_wyrand,
          test_random_keys_keep_their_values, test_random_names_are_apart,
          test_random_stream_begins_at_its_key, test_random_uniform_stays_below_one,
          test_random_below_is_uniform, test_random_below_is_unbiased_at_huge_n,
          test_random_exponential_follows_its_law, test_random_normal_follows_its_law,
          test_random_ziggurat_tails_are_right, test_random_ziggurat_tables_are_exact,
          test_random_gsl_draws_the_same_numbers, test_random_gsl_generator_can_be_allocated)
