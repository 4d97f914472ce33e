/* Processor sharing against queueing theory, scripts worked out by hand, and a reference that drains a
 * fluid. */
#include "tests/sim/tiny_models.h"

#define DEVIATIONS_MAX 4.0 /* standard errors: once in 10^4 tests by chance, and the seeds are fixed */

static struct tiny_server_config server_of(struct distribution_config work, uint32_t servers)
{
    struct tiny_server_config config = tiny_server_of(work);

    config.station.servers = servers;
    config.station.discipline = STATION_PROCESSOR_SHARING;
    return config;
}

static struct station *station_of(const struct sim *sim)
{
    return &tiny_server(sim, "server", 0)->station;
}

/* ---- theory ---- */

struct sharing_case {
    const char *name;
    uint32_t servers;
    double rate, mean_s, cv; /* cv 0: constant; 1: exponential; else lognormal */
    double expected_s;
};

/* One server: mean / (1 - load), whatever the law. Four: as M/M/4, by Erlang's C = 0.5964 at a load of
 * 3.2. */
static const struct sharing_case sharing_cases[] = {
    { "M/D/1-PS", 1, 75.0, 0.01, 0.0, 0.04 },
    { "M/M/1-PS", 1, 75.0, 0.01, 1.0, 0.04 },
    { "M/G/1-PS", 1, 75.0, 0.01, 2.0, 0.04 },
    { "M/M/4-PS", 4, 320.0, 0.01, 1.0, 0.0174555 },
};

static void measure_case(struct tiny_means *means, const struct sharing_case *sharing, double rate_factor)
{
    const uint32_t count = 800000;
    struct distribution_config work = tiny_law(sharing->cv == 0.0   ? DISTRIBUTION_CONSTANT
                                               : sharing->cv == 1.0 ? DISTRIBUTION_EXPONENTIAL
                                                                    : DISTRIBUTION_LOGNORMAL,
                                               sharing->mean_s);
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server;
    struct sim *sim;

    if (sharing->cv > 1.0)
        work.cv = sharing->cv;
    server = server_of(work, sharing->servers);
    tiny_means_init(means, count / 10 * 9, count / 10);
    source.gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 1.0 / (sharing->rate * rate_factor));
    source.ended = tiny_mean_latency;
    source.argument = means;
    sim = tiny_pair(40, &source, &server);
    tiny_run_checked(sim, 20000 * SECOND, 2);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
}

START_TEST(test_sharing_mean_latency_is_exact)
{
    const struct sharing_case *sharing = &sharing_cases[_i];
    struct tiny_means means;

    measure_case(&means, sharing, 1.0);
    ck_assert_msg(tiny_deviations(&means, sharing->expected_s) < DEVIATIONS_MAX,
                  "%s: %g s instead of %g, standard error %g", sharing->name, tiny_mean(&means),
                  sharing->expected_s, tiny_error(&means));
    ck_assert_double_lt(tiny_error(&means), 0.03 * sharing->expected_s);
}
END_TEST

/* Negative control. */
START_TEST(test_sharing_mean_latency_sees_a_wrong_rate)
{
    const struct sharing_case *sharing = &sharing_cases[_i];
    struct tiny_means means;

    measure_case(&means, sharing, 1.05);
    ck_assert_msg(tiny_deviations(&means, sharing->expected_s) > DEVIATIONS_MAX, "%s", sharing->name);
}
END_TEST

/* ---- scripts ---- */

struct speed_change {
    int64_t date_ns;
    double speed;
};

static void play(struct tiny_record *records, const struct tiny_server_config *server, uint32_t count,
                 const int64_t *dates_ns, const struct speed_change *changes, uint32_t change_count)
{
    struct tiny_source_config source = tiny_source_of("server", count);
    struct sim *sim;

    source.dates_ns = dates_ns;
    source.ended = tiny_record;
    source.argument = records;
    sim = tiny_pair(41, &source, server);
    for (uint32_t i = 0; i < change_count; i++) {
        tiny_run_checked(sim, changes[i].date_ns, 1);
        station_set_speed(station_of(sim), changes[i].speed);
    }
    tiny_run_checked(sim, 10000000 * SECOND, 1);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(station_of(sim)->busy.level, 0);
    ck_assert_uint_eq(station_of(sim)->waiting.level, 0);
    ck_assert_uint_eq(sim->timers.count, 0);
    sim_destroy(sim);
}

/* By hand, one server. A (6 ms) at 0, B (6 ms) at 2, C (1 ms) at 4: at 4 A has had 3, B 1. Thirds until C
 * is done at 7: A has 4, B 2. Halves until A is done at 11: B has 4. B ends at 13. */
START_TEST(test_sharing_by_hand)
{
    static const int64_t dates_ns[] = { 0, 2 * MS, 4 * MS }, works_ns[] = { 6 * MS, 6 * MS, 1 * MS };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
    struct tiny_record records[3] = { { 0 } };

    server.works_ns = works_ns;
    play(records, &server, 3, dates_ns, NULL, 0);
    ck_assert_int_eq(records[0].end_ns, 11 * MS);
    ck_assert_int_eq(records[1].end_ns, 13 * MS);
    ck_assert_int_eq(records[2].end_ns, 7 * MS);
}
END_TEST

/* n alike that come together leave together, in their order, at n times the work. */
START_TEST(test_sharing_of_equal_works_ends_together)
{
    for (uint32_t n = 1; n <= 100; n++) {
        int64_t dates_ns[100] = { 0 }, works_ns[100];
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
        struct tiny_record records[100] = { { 0 } };

        for (uint32_t i = 0; i < n; i++)
            works_ns[i] = 3 * MS;
        server.works_ns = works_ns;
        play(records, &server, n, dates_ns, NULL, 0);
        for (uint32_t i = 0; i < n; i++)
            ck_assert_int_eq(records[i].end_ns, 3 * MS * n);
    }
}
END_TEST

/* Two servers by hand: A and B (10 ms) at 0 have one each. C (4 ms) at 2: two thirds each; C done at 8: A,
 * B have 6; end at 12. */
START_TEST(test_sharing_of_two_servers_by_hand)
{
    static const int64_t dates_ns[] = { 0, 0, 2 * MS, 100 * MS },
                         works_ns[] = { 10 * MS, 10 * MS, 4 * MS, 5 * MS };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 2);
    struct tiny_record records[4] = { { 0 } };

    server.works_ns = works_ns;
    play(records, &server, 4, dates_ns, NULL, 0);
    ck_assert_int_eq(records[2].end_ns, 8 * MS);
    ck_assert_int_eq(records[0].end_ns, 12 * MS);
    ck_assert_int_eq(records[1].end_ns, 12 * MS);
    ck_assert_int_eq(records[3].end_ns, 105 * MS); /* alone: never more than one server */
}
END_TEST

/* Three servers that do 1, 1.5, 1.8 together. A (9 ms) at 0: speed 1. B (9 ms) at 3: 0.75 each. C, D (9
 * ms) at 7 with A at 6, B at 3: C makes 0.6 each, D 0.45 each. A needs 3 / 0.45 = 6.667 more. */
START_TEST(test_sharing_by_a_capacity_table)
{
    static const double capacity[] = { 0.0, 1.0, 1.5, 1.8 };
    static const int64_t dates_ns[] = { 0, 3 * MS, 7 * MS, 7 * MS },
                         works_ns[] = { 9 * MS, 9 * MS, 9 * MS, 9 * MS };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 3);
    struct tiny_record records[4] = { { 0 } };
    double a_ms = 7.0 + 3.0 / 0.45, b_ms = a_ms + 3.0 / 0.6, c_ms = b_ms + 3.0 / 0.75;

    server.works_ns = works_ns;
    server.station.capacity = capacity;
    play(records, &server, 4, dates_ns, NULL, 0);
    ck_assert_double_eq_tol((double)records[0].end_ns, a_ms * 1e6, 1.0);
    ck_assert_double_eq_tol((double)records[1].end_ns, b_ms * 1e6, 2.0);
    ck_assert_double_eq_tol((double)records[2].end_ns, c_ms * 1e6, 3.0);
    ck_assert_double_eq_tol((double)records[3].end_ns, c_ms * 1e6, 3.0);
}
END_TEST

/* The rate of n jobs from a table of the Universal Scalability Law: n that come together leave after n
 * works at that rate. */
START_TEST(test_sharing_rate_of_n_jobs_follows_the_table)
{
    double capacity[17] = { 0.0 };

    for (int k = 1; k <= 16; k++)
        capacity[k] = k / (1.0 + 0.03 * (k - 1) + 0.002 * k * (k - 1));
    for (uint32_t n = 1; n <= 40; n++) {
        int64_t dates_ns[40] = { 0 }, works_ns[40];
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 16);
        struct tiny_record records[40] = { { 0 } };

        for (uint32_t i = 0; i < n; i++)
            works_ns[i] = SECOND;
        server.works_ns = works_ns;
        server.station.capacity = capacity;
        play(records, &server, n, dates_ns, NULL, 0);
        ck_assert_double_eq_tol((double)records[n - 1].end_ns, n * 1e9 / capacity[n < 16 ? n : 16], 1.0);
    }
}
END_TEST

/* By hand, one server. A (10 ms) and B (20 ms) at 0. Until 8: A 4, B 4. Half speed until 16: A 6, B 6.
 * Stopped until 30. Speed 4 until A is done: 4 more each in 2 ms, at 32. B has 10; speed 2 from 33 (B has
 * 14): ends at 36. */
START_TEST(test_sharing_speed_changes_mid_service)
{
    static const int64_t dates_ns[] = { 0, 0, 20 * MS }, works_ns[] = { 10 * MS, 20 * MS, 1 };
    static const struct speed_change changes[] = { { 8 * MS, 0.5 },  { 16 * MS, 0.0 }, { 18 * MS, 0.0 },
                                                   { 30 * MS, 4.0 }, { 33 * MS, 2.0 }, { 60 * MS, 1.0 } };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
    struct tiny_record records[3] = { { 0 } };

    server.works_ns = works_ns;
    play(records, &server, 2, dates_ns, changes, 6);
    ck_assert_int_eq(records[0].end_ns, 32 * MS);
    ck_assert_int_eq(records[1].end_ns, 36 * MS);
    play(records, &server, 3, dates_ns, changes,
         6); /* one that comes while it is stopped waits for it to go on */
    ck_assert_int_eq(records[2].end_ns, 30 * MS + 1);
}
END_TEST

#define SCRIPT_JOBS 30
#define SCRIPT_CHANGES 6

struct fluid {
    double left_ns[SCRIPT_JOBS];
    bool inside[SCRIPT_JOBS];
    double end_ns[SCRIPT_JOBS];
    uint32_t present;
    double speed;
    const struct tiny_server_config *server;
};

static double fluid_rate(const struct fluid *fluid)
{
    uint32_t servers = fluid->server->station.servers,
             busy = fluid->present < servers ? fluid->present : servers;
    const double *capacity = fluid->server->station.capacity;

    return fluid->present ? fluid->speed * (capacity ? capacity[busy] : busy) / fluid->present : 0.0;
}

/* Drains from *now_ns to then_ns, one departure after the other. */
static void fluid_drain(struct fluid *fluid, double *now_ns, double then_ns)
{
    for (;;) {
        double rate = fluid_rate(fluid);
        int first = -1;

        for (int i = 0; i < SCRIPT_JOBS; i++)
            if (fluid->inside[i] && (first < 0 || fluid->left_ns[i] < fluid->left_ns[first]))
                first = i;
        if (first < 0 || rate == 0.0 || *now_ns + fluid->left_ns[first] / rate > then_ns)
            break;
        *now_ns += fluid->left_ns[first] / rate;
        for (int i = 0; i < SCRIPT_JOBS; i++)
            if (i != first)
                fluid->left_ns[i] -= fluid->left_ns[first];
        fluid->inside[first] = false;
        fluid->end_ns[first] = *now_ns;
        fluid->present--;
    }
    for (int i = 0; i < SCRIPT_JOBS; i++)
        fluid->left_ns[i] -= (then_ns - *now_ns) * fluid_rate(fluid);
    *now_ns = then_ns;
}

static void check_random_script(struct rng *rng)
{
    static const double speeds[] = { 0.0, 0.3, 0.5, 1.0, 1.7, 4.0 };
    /* none, a first server that is faster than one, one whole server, two of them */
    static const double capacities[][4] = {
        { 0.0 }, { 0.0, 1.1, 1.9, 2.5 }, { 0.0, 1.0, 1.9, 2.5 }, { 0.0, 1.0, 2.0, 2.5 }
    };
    const double *capacity = capacities[rng_below(rng, 4)];
    int64_t work_max_ns = rng_below(rng, 2) ? 30 * MS : 3 * MS; /* mostly together, mostly alone */
    bool changes_speed = rng_below(rng, 2);
    int64_t dates_ns[SCRIPT_JOBS], works_ns[SCRIPT_JOBS], date_ns = 0;
    struct speed_change changes[SCRIPT_CHANGES];
    struct tiny_record records[SCRIPT_JOBS] = { { 0 } };
    struct tiny_server_config server =
        server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1 + (uint32_t)rng_below(rng, 3));
    struct fluid fluid = { .speed = 1.0, .server = &server };
    double now_ns = 0.0;
    int job = 0, change = 0;

    if (capacity[1] > 0.0)
        server.station.capacity = capacity;
    for (int i = 0; i < SCRIPT_JOBS; i++)
        dates_ns[i] = date_ns += (int64_t)rng_below(rng, 20 * (uint64_t)MS);
    for (int i = 0; i < SCRIPT_JOBS; i++)
        works_ns[i] = 1 + (int64_t)rng_below(rng, (uint64_t)work_max_ns);
    date_ns = 0;
    for (int i = 0; i < SCRIPT_CHANGES; i++) {
        date_ns += 1 + (int64_t)rng_below(rng, 100 * (uint64_t)MS);
        changes[i] = (struct speed_change){ date_ns, 1.0 };
        if (changes_speed && i < SCRIPT_CHANGES - 1)
            changes[i].speed = speeds[rng_below(rng, 6)];
    }
    server.works_ns = works_ns;
    play(records, &server, SCRIPT_JOBS, dates_ns, changes, SCRIPT_CHANGES);
    while (job < SCRIPT_JOBS || change < SCRIPT_CHANGES) {
        if (change == SCRIPT_CHANGES || (job < SCRIPT_JOBS && dates_ns[job] < changes[change].date_ns)) {
            fluid_drain(&fluid, &now_ns, (double)dates_ns[job]);
            fluid.inside[job] = true;
            fluid.left_ns[job] = (double)works_ns[job];
            fluid.present++;
            job++;
        } else {
            fluid_drain(&fluid, &now_ns, (double)changes[change].date_ns);
            fluid.speed = changes[change++].speed;
        }
    }
    fluid_drain(&fluid, &now_ns, 1e15);
    for (int i = 0; i < SCRIPT_JOBS;
         i++) { /* each departure is late by less than 1 ns; what is lost at speed 4 costs more at 0.3 */
        ck_assert_uint_eq(records[i].ends, 1);
        ck_assert_double_eq_tol((double)records[i].end_ns, fluid.end_ns[i], SCRIPT_JOBS * 4.0 / 0.3);
    }
}

START_TEST(test_sharing_random_scripts_match_the_reference)
{
    struct rng rng;

    rng_init(&rng, 42, "test", "scripts");
    for (int i = 0; i < 300; i++)
        check_random_script(&rng);
}
END_TEST

START_TEST(test_sharing_refuses_exactly_beyond_its_bound)
{
    static const int64_t dates_ns[] = { 0, 0, 0, 0, 0, 40 * MS },
                         works_ns[] = { 10 * MS, 10 * MS, 10 * MS, 10 * MS, 10 * MS, 1 };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 2);
    struct tiny_record records[6] = { { 0 } };

    server.works_ns = works_ns;
    server.station.waiting_max = 1;
    play(records, &server, 6, dates_ns, NULL, 0);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(records[i].outcome, i == 3 || i == 4 ? OUTCOME_REFUSED : OUTCOME_OK);
    ck_assert_int_eq(records[2].end_ns, 15 * MS);
}
END_TEST

/* ---- long busy periods ---- */

struct busy_period {
    uint64_t jobs;
    int64_t work_ns, latency_ns;
};

static void add_job(void *argument, struct component *self, const struct request *request,
                    enum outcome outcome)
{
    struct busy_period *period = argument;

    ck_assert_int_eq(outcome, OUTCOME_OK);
    period->jobs++;
    period->work_ns += request->service_ns;
    period->latency_ns += self->sim->now_ns - request->frames[0].entered_ns;
}

/* The time that the server was busy is the work that was done. It is busy for nearly all of the time in
 * one go. */
static void check_busy_period(double load, uint32_t count, int64_t from_ns, int64_t to_ns)
{
    struct busy_period period = { 0 };
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.01), 1);
    int64_t busy_ns;
    struct sim *sim;

    source.gap.mean = 0.01 / load;
    source.ended = add_job;
    source.argument = &period;
    sim = tiny_pair(43, &source, &server);
    tiny_run_checked(sim, from_ns, 1);
    for (int i = 0; i < 200; i++) {
        ck_assert_uint_eq(station_of(sim)->busy.level, 1);
        sim_run(sim, from_ns + (to_ns - from_ns) / 200 * i);
    }
    tiny_run_checked(sim, 100000 * SECOND, 1);
    ck_assert_uint_eq(period.jobs, count);
    busy_ns = (int64_t)gauge_area(&station_of(sim)->busy, sim->now_ns);
    ck_assert_int_ge(busy_ns,
                     period.work_ns - (int64_t)period.jobs / 1000); /* nobody gets more than there is */
    ck_assert_int_le(busy_ns - period.work_ns, (int64_t)period.jobs);
    ck_assert(busy_ns + gauge_area(&station_of(sim)->waiting, sim->now_ns) == period.latency_ns);
    sim_destroy(sim);
}

START_TEST(test_sharing_conserves_work_over_a_million_jobs)
{
    check_busy_period(1.05, 1000000, 100 * SECOND, 9900 * SECOND); /* up to 50,000 at a time */
    check_busy_period(1.005, 1000000, 1000 * SECOND, 9900 * SECOND);
}
END_TEST

/* Twenty days at a time without becoming empty: three jobs of a day follow one another, each a nanosecond
 * before the one before is done; a job of 1 ms among them takes 2 ms or 3 ms and no more. */
START_TEST(test_sharing_is_as_exact_after_days)
{
    const int64_t day_ns = 86400 * SECOND;
    int64_t dates_ns[40], works_ns[40];
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
    struct tiny_record records[40] = { { 0 } };

    for (int i = 0; i < 20; i++) {
        dates_ns[2 * i] = i * day_ns;
        works_ns[2 * i] = day_ns - 1 * MS + (i == 0);
        dates_ns[2 * i + 1] = i * day_ns + day_ns / 2;
        works_ns[2 * i + 1] = 1 * MS;
    }
    server.works_ns = works_ns;
    play(records, &server, 40, dates_ns, NULL, 0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_le(llabs(records[2 * i + 1].latency_ns - 2 * MS), 2 + i / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sharing");
    TCase *tcase = tcase_create("sharing");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_sharing_mean_latency_is_exact, 0,
                        sizeof sharing_cases / sizeof *sharing_cases);
    tcase_add_loop_test(tcase, test_sharing_mean_latency_sees_a_wrong_rate, 0,
                        sizeof sharing_cases / sizeof *sharing_cases);
    tcase_add_test(tcase, test_sharing_by_hand);
    tcase_add_test(tcase, test_sharing_of_equal_works_ends_together);
    tcase_add_test(tcase, test_sharing_of_two_servers_by_hand);
    tcase_add_test(tcase, test_sharing_by_a_capacity_table);
    tcase_add_test(tcase, test_sharing_rate_of_n_jobs_follows_the_table);
    tcase_add_test(tcase, test_sharing_speed_changes_mid_service);
    tcase_add_test(tcase, test_sharing_random_scripts_match_the_reference);
    tcase_add_test(tcase, test_sharing_refuses_exactly_beyond_its_bound);
    tcase_add_test(tcase, test_sharing_conserves_work_over_a_million_jobs);
    tcase_add_test(tcase, test_sharing_is_as_exact_after_days);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
