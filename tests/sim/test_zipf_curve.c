/* test_zipf_curve.c - the ranks of the curve are those of the law itself, and few of them are asked of the law. */
#include "sim/zipf_curve.h"

#include "tests/test.h"

#define DRAWS 500000
#define LAWS (sizeof laws / sizeof *laws)

/* known: of the draws, those of which the curve alone knows the rank, at least and at most. */
static const struct {
    uint64_t count;
    double exponent, known_min, known_max;
} laws[] = {
    { 1000000, 0.99, 0.97, 0.98 }, { 1000000, 1.0, 0.97, 0.98 },   { 100000, 1.2, 0.94, 0.96 },
    { 10000, 0.5, 0.98, 0.99 },    { 1000000, 0.01, 0.98, 1.0 },   { 10000000, 2.0, 0.96, 0.97 },
    { 1000, 10.0, 0.99, 1.0 },     { 3, 3.0, 0.97, 0.99 },         { 1, 1.0, 0.99, 1.0 },
    { 1000000000, 0.3, 0.8, 0.9 }, { 1000000000, 0.99, 0.6, 0.7 }, { 1000000, 0.0, 0.0, 0.0 },
};

/* The same ranks, for which the same random numbers are taken. */
START_TEST(test_zipf_curve_draws_the_ranks_of_the_law)
{
    static struct zipf_curve curve;

    for (size_t law = 0; law < LAWS; law++) {
        struct rng rng, same;

        zipf_curve_init(&curve, laws[law].count, laws[law].exponent);
        rng_init(&rng, law, "test", "zipf curve");
        same = rng;
        for (int i = 0; i < DRAWS; i++) {
            ck_assert_uint_eq(zipf_curve_sample(&curve, &rng), zipf_sample(&curve.law, &same));
            ck_assert_uint_eq(rng.counter, same.counter);
        }
    }
}
END_TEST

/* Where a draw's x is next to the edge of a rank a wrong curve would give another one, and few draws are that near: so the curve is
 * compared everywhere. */
START_TEST(test_zipf_curve_is_within_its_error)
{
    static struct zipf_curve curve;

    for (size_t law = 0; law < LAWS; law++) {
        int known = 0;

        zipf_curve_init(&curve, laws[law].count, laws[law].exponent);
        for (int i = 0; i < DRAWS; i++) {
            double along = (i + 0.5) * ZIPF_CURVE_PIECES / DRAWS, t = along - floor(along);
            const double *c = curve.pieces[(int)along].coefficients;
            double x = c[0] + t * (c[1] + t * (c[2] + t * c[3])), law_x, above = x + 0.5 - floor(x + 0.5);

            if (c[0] == 0.5 && c[1] == 0.0)
                continue; /* the law is asked */
            law_x = zipf_point(&curve.law, along / ZIPF_CURVE_PIECES);
            ck_assert_double_lt(fabs(x - law_x), ZIPF_CURVE_ERROR / 2);
            known += above > curve.accepted && above < 1.0 - ZIPF_CURVE_ERROR;
        }
        ck_assert_msg((double)known >= laws[law].known_min * DRAWS &&
                          (double)known <= laws[law].known_max * DRAWS,
                      "of %g ranks, exponent %g, it knows %g", (double)laws[law].count, laws[law].exponent,
                      (double)known / DRAWS);
    }
}
END_TEST

TEST_MAIN("zipf_curve", test_zipf_curve_draws_the_ranks_of_the_law, test_zipf_curve_is_within_its_error)
