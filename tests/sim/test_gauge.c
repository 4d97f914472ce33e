/* Gauges and amounts: against level times elapsed time, over windows, and at the ends of their ranges. */
#include "tests/test.h"

#include "sim/gauge.h"

#include <gsl/gsl_rng.h>
#include <sys/wait.h>
#include <unistd.h>

/* The plain way: level times elapsed at each change. */
struct reference {
    __int128 area;
    int64_t level, level_max, since_ns, window_ns;
};

static void reference_set(struct reference *reference, int64_t level, int64_t now_ns)
{
    reference->area += (__int128)reference->level * (now_ns - reference->since_ns);
    reference->since_ns = now_ns;
    reference->level = level;
    if (level > reference->level_max)
        reference->level_max = level;
}

static void reference_window_start(struct reference *reference, int64_t now_ns)
{
    *reference = (struct reference){ .level = reference->level, .level_max = reference->level,
                                     .since_ns = now_ns, .window_ns = now_ns };
}

START_TEST(test_gauge_mean_of_a_known_path)
{
    struct gauge gauge = { 0 };

    gauge_rise(&gauge, 10); /* 1 over [10, 40), 2 over [20, 30) */
    gauge_rise(&gauge, 20);
    gauge_fall(&gauge, 30);
    gauge_fall(&gauge, 40);
    ck_assert_double_eq(gauge_mean(&gauge, 100), 0.4);
    ck_assert_uint_eq(gauge.level, 0);
    ck_assert_uint_eq(gauge.level_max, 2);
    gauge_add(&gauge, 5, 100);
    ck_assert_double_eq(gauge_mean(&gauge, 120), 140.0 / 120);
}
END_TEST

START_TEST(test_gauge_matches_level_times_time)
{
    struct gauge gauge = { 0 };
    struct reference reference = { 0 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int64_t now_ns = 0;

    gsl_rng_set(rng, 4);
    for (int i = 0; i < 100000; i++) {
        int64_t n = (int64_t)gsl_rng_uniform_int(rng, 2000) - 1000;

        now_ns += (int64_t)gsl_rng_uniform_int(rng, 4000000000u);
        if (i % 3 == 0 && reference.level + n >= 0) {
            gauge_add(&gauge, n, now_ns);
            reference_set(&reference, reference.level + n, now_ns);
        } else if (i % 3 == 1 || reference.level == 0) {
            gauge_rise(&gauge, now_ns);
            reference_set(&reference, reference.level + 1, now_ns);
        } else {
            gauge_fall(&gauge, now_ns);
            reference_set(&reference, reference.level - 1, now_ns);
        }
        if (i == 30000) {
            gauge_window_start(&gauge, now_ns);
            reference_window_start(&reference, now_ns);
        }
        ck_assert(gauge_area(&gauge, now_ns) == reference.area);
        ck_assert_int_eq(gauge.level, reference.level);
        ck_assert_int_eq(gauge.level_max, reference.level_max);
    }
    reference_set(&reference, 0, now_ns + 77);
    ck_assert_double_eq(gauge_mean(&gauge, now_ns + 77),
                        (double)reference.area / (double)(now_ns + 77 - reference.window_ns));
    gsl_rng_free(rng);
}
END_TEST

START_TEST(test_gauge_window_forgets_the_warm_up)
{
    struct gauge gauge = { 0 };

    gauge_add(&gauge, 1000, 0);
    gauge_add(&gauge, -997, 500);
    gauge_window_start(&gauge, 600);
    ck_assert_double_eq(gauge_mean(&gauge, 600), 3); /* an empty window: the present level */
    ck_assert_double_eq(gauge_mean(&gauge, 700), 3);
    ck_assert_uint_eq(gauge.level_max, 3);
    gauge_fall(&gauge, 700);
    ck_assert_double_eq(gauge_mean(&gauge, 800), 2.5);
}
END_TEST

START_TEST(test_gauge_is_exact_at_the_extremes)
{
    struct gauge gauge = { 0 };
    int64_t end_ns = INT64_MAX - 1;

    gauge_add(&gauge, 1 << 24, 0);
    for (int i = 0; i < 1000; i++) { /* the raw sum wanders far beyond 64 bits on the way */
        gauge_add(&gauge, UINT32_MAX - (1 << 24), end_ns - 1);
        gauge_add(&gauge, -(int64_t)(UINT32_MAX - (1 << 24)), end_ns - 1);
    }
    ck_assert(gauge_area(&gauge, end_ns) == (__int128)(1 << 24) * end_ns);
    ck_assert_double_eq(gauge_mean(&gauge, end_ns), 1 << 24);
    ck_assert_uint_eq(gauge.level_max, UINT32_MAX);
    gauge_add(&gauge, 1 << 24, end_ns / 2); /* one change that alone is beyond 64 bits */
    ck_assert(gauge_area(&gauge, end_ns) == (__int128)(1 << 24) * ((__int128)end_ns + (end_ns - end_ns / 2)));
    gauge_add(&gauge, UINT32_MAX - (2 << 24), end_ns);
    gauge_window_start(&gauge, 5);
    ck_assert_double_eq(gauge_mean(&gauge, end_ns), UINT32_MAX);
}
END_TEST

START_TEST(test_amount_matches_level_times_time)
{
    struct amount amount = { 0 };
    struct reference reference = { 0 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int64_t now_ns = 0;

    gsl_rng_set(rng, 5);
    for (int i = 0; i < 20000; i++) {
        int64_t level = (int64_t)(gsl_rng_uniform(rng) * 9e18);

        now_ns += (int64_t)(gsl_rng_uniform(rng) * 4e14);
        if (i % 2)
            amount_set(&amount, level, now_ns);
        else
            amount_add(&amount, level - reference.level, now_ns);
        reference_set(&reference, level, now_ns);
        if (i == 5000) {
            amount_window_start(&amount, now_ns);
            reference_window_start(&reference, now_ns);
        }
        ck_assert(amount_area(&amount, now_ns) == reference.area);
        ck_assert_int_eq(amount.level_max, reference.level_max);
    }
    gsl_rng_free(rng);
}
END_TEST

START_TEST(test_amount_is_exact_at_the_extremes)
{
    struct amount amount = { 0 };

    amount_set(&amount, INT64_MAX, 0);
    amount_set(&amount, 0, INT64_MAX - 1);
    ck_assert(amount_area(&amount, INT64_MAX - 1) == (__int128)INT64_MAX * (INT64_MAX - 1));
    amount_set(&amount, INT64_MAX, INT64_MAX - 1);
    ck_assert_double_eq(amount_mean(&amount, INT64_MAX - 1), (double)INT64_MAX);
    amount_window_start(&amount, INT64_MAX - 1);
    ck_assert_double_eq(amount_mean(&amount, INT64_MAX - 1), (double)INT64_MAX);
}
END_TEST

static void fall_below_zero(void)
{
    struct gauge gauge = { 0 };

    gauge_fall(&gauge, 1);
}

static void add_below_zero(void)
{
    struct gauge gauge = { .level = 3 };

    gauge_add(&gauge, -4, 1);
}

static void add_above_the_limit(void)
{
    struct gauge gauge = { .level = 3 };

    gauge_add(&gauge, UINT32_MAX - 2, 1);
}

static void rise_above_the_limit(void)
{
    struct gauge gauge = { .level = UINT32_MAX, .level_max = UINT32_MAX };

    gauge_rise(&gauge, 1);
}

static void amount_below_zero(void)
{
    struct amount amount = { 0 };

    amount_add(&amount, -1, 1);
}

static void amount_above_the_limit(void)
{
    struct amount amount = { .level = INT64_MAX };

    amount_add(&amount, 1, 1);
}

START_TEST(test_gauge_refuses_a_level_out_of_range)
{
    static void (*const bugs[])(void) = { fall_below_zero,      add_below_zero,    add_above_the_limit,
                                          rise_above_the_limit, amount_below_zero, amount_above_the_limit };

    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
        int status;
        pid_t child = fork();

        ck_assert_int_ge(child, 0);
        if (child == 0) {
            bugs[i]();
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BUG_STATUS, "bug %zu passed", i);
    }
}
END_TEST

START_TEST(test_gauge_sizes_are_the_stated_ones)
{
    ck_assert_uint_eq(sizeof(struct gauge), 32);
    ck_assert_uint_eq(sizeof(struct amount), 48);
}
END_TEST

TEST_MAIN("gauge", test_gauge_mean_of_a_known_path, test_gauge_matches_level_times_time,
          test_gauge_window_forgets_the_warm_up, test_gauge_is_exact_at_the_extremes,
          test_amount_matches_level_times_time, test_amount_is_exact_at_the_extremes,
          test_gauge_refuses_a_level_out_of_range, test_gauge_sizes_are_the_stated_ones)
