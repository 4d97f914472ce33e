#include "app/assess.h"
#include "tests/test.h"

#include <string.h>

#define REPLICATIONS_MAX 8

/* What a made-up run of 100 s measured in each replication. */
struct figures {
    int replications;
    double started;
    double left[REPLICATIONS_MAX]; /* more inside at the end than at the start */
    uint64_t failed;
    double cpu, workers; /* busy shares; workers are only held */
    double latency_s;
};

static void fill(struct results *results, const struct figures *figures)
{
    results_init(results, figures->replications ? figures->replications : 1);
    for (int i = 0; i < figures->replications; i++) {
        struct result_entry *entry;

        results_begin(results);
        results_add_value(results, "total", "requests.started", "1", RESULT_VALUE, figures->started);
        results_add_value(results, "total", "in_flight.start", "1", RESULT_VALUE, 10);
        results_add_value(results, "total", "in_flight.end", "1", RESULT_VALUE, 10 + figures->left[i]);
        results_add_ratio(results, "total", "availability", (uint64_t)figures->started - figures->failed,
                          (uint64_t)figures->started);
        results_add_value(results, "total", "latency.mean", "s", RESULT_VALUE,
                          figures->latency_s + 0.001 * i);
        results_add_value(results, "total", "throughput", "1/s", RESULT_VALUE, figures->started / 100);
        entry = results_add_value(results, "web", "cpu.utilisation", "1", RESULT_VALUE, figures->cpu);
        entry->limits = true;
        entry = results_add_value(results, "web", "workers.utilisation", "1", RESULT_VALUE, figures->workers);
        entry->limits = entry->held = true;
        entry = results_add_value(results, "web", "idle.utilisation", "1", RESULT_VALUE,
                                  1.0); /* of no single resource */
        results_end(results);
    }
    results->seconds = 100;
}

static struct assessment judge(struct results *results, const struct figures *figures, enum time_kind kind)
{
    struct scenario_variant variant = { .name = "base", .time = { .kind = (int)kind } };
    struct assessment assessment;

    fill(results, figures);
    ck_assert(assess(&assessment, &variant, results));
    return assessment;
}

static const struct {
    const char *what;
    struct figures figures;
    bool growing, overloaded;
} cases[] = {
    { "calm", { 5, 10000, { 1, -2, 0, 3, 1 }, 0, 0.7, 0.3, 0.1 }, false, false },
    { "busy, but stable", { 5, 10000, { 40, -30, 20, -10, 5 }, 0, 0.985, 0.3, 0.1 }, false, false },
    { "queue grows", { 5, 10000, { 900, 1000, 950, 1020, 980 }, 0, 1.0, 0.3, 9 }, true, true },
    { "queue grows, one replication", { 1, 10000, { 900 }, 0, 1.0, 0.3, 9 }, true, true },
    { "one replication, a little more inside", { 1, 10000, { 300 }, 0, 0.99, 0.3, 9 }, false, false },
    { "growth by chance", { 3, 10000, { 900, -100, 20 }, 0, 1.0, 0.3, 9 }, false, false },
    { "more inside, yet nothing is full",
      { 5, 10000, { 900, 1000, 950, 1020, 980 }, 0, 0.5, 0.3, 9 },
      false,
      false },
    { "full and refusing", { 5, 10000, { 1, -2, 0, 3, 1 }, 2000, 0.99, 0.3, 0.1 }, false, true },
    { "failing, but not full", { 5, 10000, { 1, -2, 0, 3, 1 }, 2000, 0.5, 0.3, 0.1 }, false, false },
    { "full, hardly anything fails", { 5, 10000, { 1, -2, 0, 3, 1 }, 50, 0.99, 0.3, 0.1 }, false, false },
    { "workers full, processor idle", { 5, 10000, { 1, -2, 0, 3, 1 }, 2000, 0.2, 0.99, 0.1 }, false, true },
    { "nothing was sent", { 5, 0, { 0 }, 0, 0, 0, 0 }, false, false },
};

START_TEST(test_assess_tells_overload)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct results results;
        struct assessment assessment = judge(&results, &cases[i].figures, TIME_STEADY);

        ck_assert_msg(assessment.growing == cases[i].growing, "%s: growing is %d", cases[i].what,
                      assessment.growing);
        ck_assert_msg(assessment.overloaded == cases[i].overloaded, "%s: overloaded is %d", cases[i].what,
                      assessment.overloaded);
        assessment_deinit(&assessment);
        results_deinit(&results);
    }
}
END_TEST

/* 970 requests more after 100 s. */
START_TEST(test_assess_growth_is_a_rate)
{
    struct results results;
    struct assessment assessment = judge(&results, &cases[2].figures, TIME_STEADY);

    ck_assert_double_eq_tol(assessment.growth_per_s, 9.7, 1e-9);
    results_deinit(&results);
}
END_TEST

START_TEST(test_assess_episodes_are_not_overloaded)
{
    struct results results;
    struct assessment assessment = judge(&results, &cases[2].figures, TIME_EPISODE);

    ck_assert(!assessment.growing && !assessment.overloaded);
    results_deinit(&results);
}
END_TEST

START_TEST(test_assess_without_replications_knows_nothing)
{
    static const struct figures none = { 0 };
    struct results results;
    struct assessment assessment = judge(&results, &none, TIME_STEADY);

    ck_assert(!assessment.growing && !assessment.overloaded && !assessment.limit);
    results_deinit(&results);
}
END_TEST

static const struct {
    double cpu, workers;
    const char *limit;
} limits
    [] = {
        { 0.5, 0.3, "cpu.utilisation" },
        { 0.5, 0.85, "cpu.utilisation" }, /* workers wait for the processor */
        { 0.5, 0.95, "workers.utilisation" },
        { 0.9, 1.0, "cpu.utilisation" },
        { 0.0, 0.0, "cpu.utilisation" },
        { 0.025, 0.16, "workers.utilisation" }, /* they wait for somebody else, and there are too few */
        { 0.08, 0.15, "cpu.utilisation" },
    };

START_TEST(test_assess_the_limit_is_what_works)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct figures figures = { 2, 10000, { 0 }, 0, limits[i].cpu, limits[i].workers, 0.1 };
        struct results results;
        struct assessment assessment = judge(&results, &figures, TIME_STEADY);

        ck_assert_ptr_nonnull(assessment.limit);
        ck_assert_msg(!strcmp(assessment.limit->metric, limits[i].limit), "%g %g: %s", limits[i].cpu,
                      limits[i].workers, assessment.limit->metric);
        results_deinit(&results);
    }
}
END_TEST

/* Full for 30 s counts for more than a greater mean that never was; and full for moments is not full. */
START_TEST(test_assess_the_limit_of_an_episode_is_what_was_full)
{
    static const struct {
        double utilisation, peak, full_s;
    } tiers[] = { { 0.8, 0.9, 0 }, { 0.5, 1.0, 30 }, { 0.6, 1.0, 4 } };
    static const char *const names[] = { "busy", "crowded", "touched" };
    struct scenario_variant variant = { .name = "base", .time = { .kind = TIME_EPISODE } };
    struct assessment assessment;
    struct results results;

    results_init(&results, 1);
    results_begin(&results);
    for (size_t i = 0; i < 3; i++) {
        results_add_value(&results, names[i], "cpu.utilisation", "1", RESULT_VALUE, tiers[i].utilisation)
            ->limits = true;
        results_add_value(&results, names[i], "cpu.utilisation.peak", "1", RESULT_VALUE, tiers[i].peak);
        results_add_value(&results, names[i], "cpu.full", "s", RESULT_VALUE, tiers[i].full_s);
    }
    results_end(&results);
    results.seconds = 100;
    ck_assert(assess(&assessment, &variant, &results));
    ck_assert_str_eq(assessment.limit->component, "crowded");
    ck_assert_double_eq(assessment.limit_utilisation, 0.5);
    ck_assert_double_eq(assessment.limit_peak, 1.0);
    ck_assert_double_eq(assessment.limit_full_s, 30);
    ck_assert(assess_was_full(&assessment, &results));
    assessment.limit_full_s = 4;
    ck_assert(!assess_was_full(&assessment, &results));
    results_deinit(&results);
}
END_TEST

static struct expectation bound_on(const char *metric, enum comparison comparison, double bound)
{
    return (struct expectation){
        .component = "total", .metric = metric, .comparison = comparison, .bound = bound
    };
}

START_TEST(test_assess_counts_verdicts)
{
    struct expectation expectations[] = {
        bound_on("latency.mean", COMPARISON_LESS, 0.2),
        bound_on("latency.mean", COMPARISON_LESS, 0.1),
        bound_on("latency.mean", COMPARISON_LESS, 0.102),
        bound_on("availability", COMPARISON_GREATER_EQUAL, 0.9),
        bound_on("throughput", COMPARISON_GREATER, 1000),
        bound_on("no.such", COMPARISON_LESS, 1),
    };
    static const enum verdict wanted[] = { VERDICT_HELD, VERDICT_FAILED, VERDICT_UNDECIDED,
                                           VERDICT_HELD, VERDICT_FAILED, VERDICT_UNDECIDED };
    struct scenario_variant variant = { .name = "base",
                                        .expectations = expectations,
                                        .expectation_count = 6 };
    struct results results;
    struct assessment assessment;

    fill(&results, &cases[0].figures); /* means of 0.1 to 0.104 s */
    for (int i = 0; i < results.replications; i++)
        results.entries[4].values[i] += 0.0001;
    ck_assert(assess(&assessment, &variant, &results));
    ck_assert_uint_eq(assessment.check_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_ptr_eq(assessment.checks[i].expectation, &expectations[i]);
        ck_assert_msg(assessment.checks[i].verdict == wanted[i], "expectation %zu: %d", i,
                      (int)assessment.checks[i].verdict);
    }
    ck_assert_uint_eq(assessment.counts[VERDICT_HELD], 2);
    ck_assert_uint_eq(assessment.counts[VERDICT_FAILED], 2);
    ck_assert_uint_eq(assessment.counts[VERDICT_UNDECIDED], 2);
    assessment_deinit(&assessment);
    results_deinit(&results);
}
END_TEST

/* While requests pile up, the latency that was measured only says how long the run was. */
START_TEST(test_assess_growing_latency_holds_no_bound)
{
    struct expectation expectations[] = {
        bound_on("latency.mean", COMPARISON_LESS, 3600),
        bound_on("latency.mean", COMPARISON_GREATER, 3600),
        bound_on("throughput", COMPARISON_LESS, 1000),
    };
    struct scenario_variant variant = { .name = "base",
                                        .expectations = expectations,
                                        .expectation_count = 3 };
    struct results results;
    struct assessment assessment;

    fill(&results, &cases[2].figures);
    ck_assert(assess(&assessment, &variant, &results));
    ck_assert_int_eq(assessment.checks[0].verdict, VERDICT_FAILED);
    ck_assert_int_eq(assessment.checks[1].verdict, VERDICT_HELD);
    ck_assert_int_eq(assessment.checks[2].verdict, VERDICT_HELD); /* this one is what it is */
    assessment_deinit(&assessment);
    results_deinit(&results);
}
END_TEST

TEST_MAIN("assess", test_assess_tells_overload, test_assess_growth_is_a_rate,
          test_assess_episodes_are_not_overloaded, test_assess_without_replications_knows_nothing,
          test_assess_the_limit_is_what_works,
          test_assess_the_limit_of_an_episode_is_what_was_full, test_assess_counts_verdicts,
          test_assess_growing_latency_holds_no_bound)
