/* The waiting lines against queueing theory, and speed changes and crashes against scripts worked out by
 * hand or by a plain reference. Processor sharing has a file of its own. */
#include "tests/sim/tiny_models.h"

/* A mean further off than this many standard errors fails: once in 10^4 tests by chance, and the seeds are
 * fixed. */
#define DEVIATIONS_MAX 4.0

static struct tiny_server_config server_of(struct distribution_config work, uint32_t servers)
{
    struct tiny_server_config config = tiny_server_of(work);

    config.station.servers = servers;
    return config;
}

static struct station *station_of(const struct sim *sim)
{
    return &tiny_server(sim, "server", 0)->station;
}

static struct distribution_config lognormal(double mean_s, double cv)
{
    struct distribution_config config = tiny_law(DISTRIBUTION_LOGNORMAL, mean_s);

    config.cv = cv;
    return config;
}

/* Mean latency of `count` requests, a tenth of them before measuring begins. */
static void measure(struct tiny_means *means, double rate, const struct tiny_server_config *server,
                    uint32_t count)
{
    struct tiny_source_config source = tiny_source_of("server", count);
    struct sim *sim;

    tiny_means_init(means, count / 10 * 9, count / 10);
    source.gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 1.0 / rate);
    source.ended = tiny_mean_latency;
    source.argument = means;
    sim = tiny_pair(20, &source, server);
    tiny_run_checked(sim, (int64_t)(2.0 * count / rate) * SECOND, 2);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
}

/* Probability that an arrival waits: Erlang's C. */
static double erlang_c(double load, unsigned servers)
{
    double blocking = 1.0;

    for (unsigned k = 1; k <= servers; k++)
        blocking = load * blocking / (k + load * blocking);
    return blocking / (1.0 - load / servers * (1.0 - blocking));
}

/* ---- theory ---- */

struct queue_case {
    const char *name;
    enum station_discipline discipline;
    uint32_t servers;
    double rate, mean_s, cv; /* cv 0: constant; 1: exponential; else lognormal */
    bool holds;
};

static const struct queue_case queue_cases[] = {
    { "M/M/1", STATION_FIFO, 1, 80.0, 0.01, 1.0, false },
    { "M/M/1 LIFO", STATION_LIFO, 1, 80.0, 0.01, 1.0, false },
    { "M/M/1, held", STATION_FIFO, 1, 80.0, 0.01, 1.0, true },
    { "M/M/3", STATION_FIFO, 3, 240.0, 0.01, 1.0, false },
    { "M/M/50", STATION_FIFO, 50, 4500.0, 0.01, 1.0, false },
    { "M/D/1", STATION_FIFO, 1, 80.0, 0.01, 0.0, false },
    { "M/G/1", STATION_FIFO, 1, 60.0, 0.01, 2.0, false },
    { "M/D/1, held", STATION_FIFO, 1, 80.0, 0.01, 0.0, true },
    { "M/D/1 LIFO", STATION_LIFO, 1, 80.0, 0.01, 0.0, false },
};

static double expected_latency(const struct queue_case *queue)
{
    double load = queue->rate * queue->mean_s;

    if (queue->servers == 1) /* Pollaczek and Khinchine */
        return queue->mean_s * (1.0 + load * (1.0 + queue->cv * queue->cv) / (2.0 * (1.0 - load)));
    return queue->mean_s * (1.0 + erlang_c(load, queue->servers) / (queue->servers - load));
}

static void measure_case(struct tiny_means *means, const struct queue_case *queue, double rate_factor)
{
    struct distribution_config work = queue->cv == 0.0   ? tiny_law(DISTRIBUTION_CONSTANT, queue->mean_s)
                                      : queue->cv == 1.0 ? tiny_law(DISTRIBUTION_EXPONENTIAL, queue->mean_s)
                                                         : lognormal(queue->mean_s, queue->cv);
    struct tiny_server_config server = server_of(work, queue->servers);

    server.station.discipline = queue->discipline;
    server.holds = queue->holds;
    measure(means, queue->rate * rate_factor, &server, queue->cv > 1.0 ? 2000000 : 500000);
}

START_TEST(test_station_mean_latency_is_exact)
{
    const struct queue_case *queue = &queue_cases[_i];
    struct tiny_means means;

    measure_case(&means, queue, 1.0);
    ck_assert_msg(tiny_deviations(&means, expected_latency(queue)) < DEVIATIONS_MAX,
                  "%s: %g s instead of %g, standard error %g", queue->name, tiny_mean(&means),
                  expected_latency(queue), tiny_error(&means));
    ck_assert_double_lt(tiny_error(&means), 0.03 * expected_latency(queue));
}
END_TEST

/* Negative control: would the test see a rate that is 5 % off? */
START_TEST(test_station_mean_latency_sees_a_wrong_rate)
{
    const struct queue_case *queue = &queue_cases[_i];
    struct tiny_means means;

    measure_case(&means, queue, 1.05);
    ck_assert_msg(tiny_deviations(&means, expected_latency(queue)) > DEVIATIONS_MAX, "%s", queue->name);
}
END_TEST

struct refusals {
    struct tiny_means refused, latency;
};

static void count_refusal(void *argument, struct component *self, const struct request *request,
                          enum outcome outcome)
{
    struct refusals *refusals = argument;

    tiny_means_add(&refusals->refused, outcome == OUTCOME_REFUSED);
    if (outcome == OUTCOME_OK)
        tiny_mean_latency(&refusals->latency, self, request, outcome);
}

/* rho^k for k in the system, normalised. */
static void check_mm1k(uint32_t waiting_max, double rate, bool holds, bool is_right)
{
    const uint32_t count = 400000;
    struct refusals refusals;
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.01), 1);
    double load = 1.2, sum = 0.0, inside = 0.0, power = 1.0, refused;
    struct sim *sim;

    for (uint32_t k = 0; k <= waiting_max + 1; k++, power *= load) {
        sum += power;
        inside += k * power;
    }
    refused = power / load / sum;
    tiny_means_init(&refusals.refused, count / 2, count / 10);
    tiny_means_init(&refusals.latency, count / 4, count / 10);
    source.gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 1.0 / rate);
    source.ended = count_refusal;
    source.argument = &refusals;
    server.station.waiting_max = waiting_max;
    server.holds = holds;
    sim = tiny_pair(21, &source, &server);
    tiny_run_checked(sim, 10000 * SECOND, 2);
    if (is_right) {
        double latency_s = inside / sum / (120.0 * (1.0 - refused)); /* Little */

        ck_assert_double_lt(tiny_deviations(&refusals.refused, refused), DEVIATIONS_MAX);
        ck_assert_double_lt(tiny_deviations(&refusals.latency, latency_s), DEVIATIONS_MAX);
        ck_assert_uint_eq(station_of(sim)->refused,
                          sim_find_group(sim, "source")->instances[0]->finished[OUTCOME_REFUSED]);
    } else {
        ck_assert_double_gt(tiny_deviations(&refusals.refused, refused), DEVIATIONS_MAX);
    }
    sim_destroy(sim);
}

START_TEST(test_station_bounded_line_refuses_as_theory_says)
{
    check_mm1k(4, 120.0, false, true);
    check_mm1k(4, 120.0, true, true);
    check_mm1k(0, 120.0, false, true); /* Erlang's B */
    check_mm1k(4, 126.0, false, false);
}
END_TEST

struct wait_by_priority {
    struct tiny_means waits[3];
};

static void add_wait(void *argument, struct component *self, const struct request *request,
                     enum outcome outcome)
{
    struct wait_by_priority *by_priority = argument;

    ck_assert_int_eq(outcome, OUTCOME_OK);
    tiny_means_add(&by_priority->waits[request->priority],
                   (double)(self->sim->now_ns - request->frames[0].entered_ns - request->service_ns) * 1e-9);
}

/* Cobham: W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)), s_k the load of priorities up to k. A third of the
 * requests each. */
static void check_cobham(double rate, bool is_right)
{
    static uint8_t priorities[65536];
    const uint32_t count = 1200000;
    struct rng rng;
    struct wait_by_priority by_priority;
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.01), 1);
    double residual_s = 85.0 * 0.01 * 0.01 / 2.0; /* arrivals a second times second moment over 2 */
    struct sim *sim;

    rng_init(&rng, 22, "test", "priorities");
    for (uint32_t i = 0; i < sizeof priorities; i++)
        priorities[i] = (uint8_t)rng_below(&rng, 3);
    for (int i = 0; i < 3; i++)
        tiny_means_init(&by_priority.waits[i], count / 4, count / 30);
    source.gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 1.0 / rate);
    source.priorities = priorities;
    source.priority_count = sizeof priorities;
    source.ended = add_wait;
    source.argument = &by_priority;
    server.station.discipline = STATION_PRIORITY;
    sim = tiny_pair(22, &source, &server);
    tiny_run_checked(sim, 30000 * SECOND, 2);
    for (int i = 0; i < 3; i++) {
        double below = 0.85 / 3 * i, up_to = 0.85 / 3 * (i + 1);
        double deviations =
            tiny_deviations(&by_priority.waits[i], residual_s / ((1.0 - below) * (1.0 - up_to)));

        if (is_right)
            ck_assert_double_lt(deviations, DEVIATIONS_MAX);
        else
            ck_assert_double_gt(deviations, DEVIATIONS_MAX);
    }
    sim_destroy(sim);
}

START_TEST(test_station_priorities_wait_as_cobham_says)
{
    check_cobham(85.0, true);
    check_cobham(85.0 * 1.05, false);
}
END_TEST

static void add_square(void *argument, struct component *self, const struct request *request,
                       enum outcome outcome)
{
    double latency_s = (double)(self->sim->now_ns - request->frames[0].entered_ns) * 1e-9;

    ck_assert_int_eq(outcome, OUTCOME_OK);
    ((double *)argument)[0] += latency_s;
    ((double *)argument)[1] += latency_s * latency_s;
}

/* Constant services, so the same arrivals leave the same gaps: the sums of waits are equal, not only their
 * means. */
START_TEST(test_station_lifo_waits_as_long_as_fifo_and_varies_more)
{
    double sums[2][2] = { { 0.0 } };

    for (int i = 0; i < 2; i++) {
        struct tiny_source_config source = tiny_source_of("server", 300000);
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.01), 1);
        struct sim *sim;

        source.gap.mean = 1.0 / 80.0;
        source.ended = add_square;
        source.argument = sums[i];
        server.station.discipline = i ? STATION_LIFO : STATION_FIFO;
        sim = tiny_pair(23, &source, &server);
        tiny_run_checked(sim, 10000 * SECOND, 1);
        sim_destroy(sim);
    }
    ck_assert_double_eq_tol(sums[0][0], sums[1][0], 1e-9 * sums[0][0]);
    ck_assert_double_gt(sums[1][1], 1.5 * sums[0][1]);
}
END_TEST

/* ---- scripts ---- */

struct speed_change {
    int64_t date_ns;
    double speed;
};

/* Plays requests of given dates and works at a station, with changes of its speed. */
static void play(struct tiny_record *records, const struct tiny_server_config *server, uint32_t count,
                 const int64_t *dates_ns, const struct speed_change *changes, uint32_t change_count)
{
    struct tiny_source_config source = tiny_source_of("server", count);
    struct sim *sim;

    source.dates_ns = dates_ns;
    source.ended = tiny_record;
    source.argument = records;
    sim = tiny_pair(24, &source, server);
    for (uint32_t i = 0; i < change_count; i++) {
        tiny_run_checked(sim, changes[i].date_ns, 1);
        station_set_speed(station_of(sim), changes[i].speed);
    }
    tiny_run_checked(sim, 1000000 * SECOND, 1);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->cancelled.count, 0);
    ck_assert_uint_eq(station_of(sim)->busy.level, 0);
    sim_destroy(sim);
}

/* By hand. A: 10 ms of work from 0. 4 done at 4 ms, then half speed: 3 more by 10 ms; then double speed: 2
 * more by 11 ms, 1 left; stopped until 20 ms; ends at 21 ms at speed 1. B: from 21 ms, 10 ms of work at
 * speed 1 until 25 ms (4 done), then at speed 4: ends at 26.5 ms. */
START_TEST(test_station_speed_changes_mid_service)
{
    static const int64_t dates_ns[] = { 0, 0, 100 * MS }, works_ns[] = { 10 * MS, 10 * MS, 8 * MS };
    static const struct speed_change changes[] = { { 4 * MS, 0.5 },  { 10 * MS, 2.0 }, { 11 * MS, 0.0 },
                                                   { 12 * MS, 0.0 }, { 20 * MS, 1.0 }, { 25 * MS, 4.0 },
                                                   { 30 * MS, 2.0 } };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
    struct tiny_record records[3] = { { 0 } };

    server.works_ns = works_ns;
    play(records, &server, 3, dates_ns, changes, 7);
    ck_assert_int_eq(records[0].end_ns, 21 * MS);
    ck_assert_int_eq(records[1].end_ns, 26 * MS + MS / 2);
    ck_assert_int_eq(records[2].end_ns, 104 * MS); /* begun at speed 2 */
}
END_TEST

START_TEST(test_station_begun_while_stopped_starts_when_it_goes_on)
{
    static const int64_t dates_ns[] = { 2 * MS, 3 * MS, 4 * MS }, works_ns[] = { 10 * MS, 5 * MS, 1 * MS };
    static const struct speed_change changes[] = {
        { 1 * MS, 0.0 }, { 50 * MS, 0.5 }, { 60 * MS, 0.0 }, { 90 * MS, 1.0 }
    };
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 2);
    struct tiny_record records[3] = { { 0 } };

    server.works_ns = works_ns;
    play(records, &server, 3, dates_ns, changes, 4);
    ck_assert_int_eq(records[1].end_ns, 60 * MS); /* at the very date of the stop: it was done */
    ck_assert_int_eq(records[2].end_ns, 91 * MS);
    ck_assert_int_eq(records[0].end_ns, 95 * MS);
}
END_TEST

/* When work begun at start_ns is done, under these speeds. */
static int64_t end_of(int64_t start_ns, int64_t work_ns, const struct speed_change *changes, uint32_t count)
{
    double speed = 1.0, left_ns = (double)work_ns;
    int64_t now_ns = start_ns;

    for (uint32_t i = 0; i < count; i++) {
        if (changes[i].date_ns > now_ns) {
            double done_ns = (double)(changes[i].date_ns - now_ns) * speed;

            if (done_ns >= left_ns)
                break;
            left_ns -= done_ns;
            now_ns = changes[i].date_ns;
        }
        speed = changes[i].speed;
    }
    return now_ns + (int64_t)(left_ns / speed);
}

#define SCRIPT_JOBS 40
#define SCRIPT_CHANGES 8
#define GRAIN_NS (INT64_C(1) << 24) /* all dates and works: quarters of quarters stay whole */

/* Reference of FIFO with c servers: who comes first begins first, at the server that is free first. */
static void check_random_script(struct rng *rng)
{
    static const double speeds[] = { 0.0, 0.25, 0.5, 1.0, 2.0, 4.0 };
    int64_t dates_ns[SCRIPT_JOBS], works_ns[SCRIPT_JOBS], free_ns[4] = { 0 };
    struct speed_change changes[SCRIPT_CHANGES];
    struct tiny_record records[SCRIPT_JOBS] = { { 0 } };
    uint32_t servers = 1 + (uint32_t)rng_below(rng, 4);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), servers);
    int64_t date_ns = 0;

    for (int i = 0; i < SCRIPT_JOBS; i++) {
        date_ns += (int64_t)rng_below(rng, 6) * GRAIN_NS;
        dates_ns[i] = date_ns;
        works_ns[i] = (int64_t)(1 + rng_below(rng, 20)) * GRAIN_NS;
    }
    date_ns = 0;
    for (int i = 0; i < SCRIPT_CHANGES; i++) {
        date_ns += (int64_t)(1 + rng_below(rng, 25)) * GRAIN_NS;
        changes[i] = (struct speed_change){ date_ns, speeds[rng_below(rng, 6)] };
    }
    changes[SCRIPT_CHANGES - 1].speed = 1.0;
    server.works_ns = works_ns;
    play(records, &server, SCRIPT_JOBS, dates_ns, changes, SCRIPT_CHANGES);
    for (int i = 0; i < SCRIPT_JOBS; i++) {
        uint32_t first = 0;
        int64_t start_ns;

        for (uint32_t k = 1; k < servers; k++)
            if (free_ns[k] < free_ns[first])
                first = k;
        start_ns = dates_ns[i] > free_ns[first] ? dates_ns[i] : free_ns[first];
        free_ns[first] = end_of(start_ns, works_ns[i], changes, SCRIPT_CHANGES);
        ck_assert_int_eq(records[i].end_ns, free_ns[first]);
        ck_assert_uint_eq(records[i].ends, 1);
    }
}

START_TEST(test_station_random_speed_scripts_match_the_reference)
{
    struct rng rng;

    rng_init(&rng, 25, "test", "scripts");
    for (int i = 0; i < 300; i++)
        check_random_script(&rng);
}
END_TEST

START_TEST(test_station_line_refuses_exactly_beyond_its_bound)
{
    static const int64_t dates_ns[] = { 0, 0, 0, 0, 0, 10 * MS, 10 * MS },
                         works_ns[] = { 10 * MS, 10 * MS, 10 * MS, 1, 1, 5 * MS, 1 };
    static const enum outcome outcomes[] = { OUTCOME_OK,      OUTCOME_OK, OUTCOME_OK,     OUTCOME_REFUSED,
                                             OUTCOME_REFUSED, OUTCOME_OK, OUTCOME_REFUSED };

    for (int holds = 0; holds < 2; holds++) {
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
        struct tiny_record records[7] = { { 0 } };

        server.works_ns = works_ns;
        server.station.waiting_max = 2;
        server.holds = holds;
        play(records, &server, 7, dates_ns, NULL, 0);
        for (int i = 0; i < 7; i++)
            ck_assert_int_eq(records[i].outcome, outcomes[i]);
        ck_assert_int_eq(records[3].end_ns, 0);
        ck_assert_int_eq(records[5].end_ns, 35 * MS);
    }
}
END_TEST

START_TEST(test_station_serves_in_the_order_of_its_discipline)
{
    static const int64_t dates_ns[] = { 0, 1, 2, 3, 4 };
    static const uint8_t priorities[] = { 0, 200, 1, 7, 1 }; /* 200 is beyond the last one: as the last one */
    static const struct {
        enum station_discipline discipline;
        int order[5]; /* key of the first to end, of the second ... */
    } cases[] = {
        { STATION_FIFO, { 0, 1, 2, 3, 4 } },
        { STATION_LIFO, { 0, 4, 3, 2, 1 } },
        { STATION_PRIORITY, { 0, 2, 4, 1, 3 } },
    };

    for (size_t i = 0; i < 3; i++) {
        struct tiny_source_config source = tiny_source_of("server", 5);
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.01), 1);
        struct tiny_record records[5] = { { 0 } };
        struct sim *sim;

        source.dates_ns = dates_ns;
        source.priorities = priorities;
        source.priority_count = 5;
        source.ended = tiny_record;
        source.argument = records;
        server.station.discipline = cases[i].discipline;
        sim = tiny_pair(26, &source, &server);
        tiny_run_checked(sim, SECOND, 100);
        for (int k = 0; k < 5; k++)
            ck_assert_int_eq(records[cases[i].order[k]].end_ns, (k + 1) * 10 * MS);
        sim_destroy(sim);
    }
}
END_TEST

struct path_sums {
    int64_t latency_ns, work_ns;
};

static void add_path(void *argument, struct component *self, const struct request *request,
                     enum outcome outcome)
{
    struct path_sums *sums = argument;

    ck_assert_int_eq(outcome, OUTCOME_OK);
    sums->latency_ns += self->sim->now_ns - request->frames[0].entered_ns;
    sums->work_ns += request->service_ns;
}

/* When all have left: area of busy = sum of works, area of waiting = sum of waits, to the nanosecond. */
START_TEST(test_station_gauges_are_sums_over_the_path)
{
    for (int discipline = STATION_FIFO; discipline <= STATION_PRIORITY; discipline++) {
        struct path_sums sums = { 0 };
        struct tiny_source_config source = tiny_source_of("server", 50000);
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.01), 2);
        const struct resource_statistics *statistics;
        struct station *station;
        struct sim *sim;

        source.gap.mean = 1.0 / 170.0;
        source.ended = add_path;
        source.argument = &sums;
        server.station.discipline = (enum station_discipline)discipline;
        sim = tiny_pair(27, &source, &server);
        tiny_run_checked(sim, 1000 * SECOND, 1);
        station = station_of(sim);
        ck_assert(gauge_area(&station->busy, sim->now_ns) == sums.work_ns);
        ck_assert(gauge_area(&station->waiting, sim->now_ns) == sums.latency_ns - sums.work_ns);
        ck_assert_double_eq_tol(station_utilisation(station, sim->now_ns), (double)sums.work_ns / 2000e9,
                                1e-12);
        statistics = station->statistics;
        ck_assert_uint_eq(statistics->started, 50000);
        ck_assert_uint_eq(statistics->slowdown_count, 50000);
        ck_assert(statistics->waits.sum == sums.latency_ns - sums.work_ns);
        sim_destroy(sim);
    }
}
END_TEST

/* ---- crash ---- */

struct crash_case {
    const char *name;
    enum station_discipline discipline;
    double speed; /* at the time of the crash */
    bool changes; /* the speed was another when services began */
    bool returns; /* every answer brings a new request at once */
    bool limited; /* calls have a time limit */
};

static const struct crash_case crash_cases[] = {
    { "FIFO", STATION_FIFO, 1.0, false, false, false },
    { "FIFO, users come back", STATION_FIFO, 1.0, false, true, false },
    { "FIFO slowed", STATION_FIFO, 0.5, true, true, false },
    { "FIFO quickened", STATION_FIFO, 2.0, true, true, true },
    { "FIFO stopped", STATION_FIFO, 0.0, true, true, true },
    { "LIFO", STATION_LIFO, 1.0, false, true, true },
    { "priority", STATION_PRIORITY, 1.0, false, true, true },
    { "sharing", STATION_PROCESSOR_SHARING, 1.0, false, true, true },
    { "sharing slowed", STATION_PROCESSOR_SHARING, 0.5, true, true, false },
    { "sharing stopped", STATION_PROCESSOR_SHARING, 0.0, true, true, true },
};

#define CRASH_REQUESTS 20

struct crash_run {
    struct tiny_record records[10 * CRASH_REQUESTS];
    bool returns;
    uint32_t crashed, order[CRASH_REQUESTS];
};

static void end_in_crash(void *argument, struct component *self, const struct request *request,
                         enum outcome outcome)
{
    struct crash_run *run = argument;

    tiny_record(run->records, self, request, outcome);
    if (outcome != OUTCOME_CRASHED)
        return;
    ck_assert_uint_lt(run->crashed, CRASH_REQUESTS);
    run->order[run->crashed++] = (uint32_t)request->key;
    if (run->returns)
        tiny_source_send(self, 0);
}

START_TEST(test_station_crash_answers_everything_once_and_leaves_it_usable)
{
    const struct crash_case *crash = &crash_cases[_i];
    struct crash_run run = { .returns = crash->returns };
    struct tiny_source_config source = tiny_source_of("server", 10 * CRASH_REQUESTS);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.2), 3);
    uint32_t later = crash->returns ? CRASH_REQUESTS : 0;
    struct component *sender;
    struct station *station;
    struct sim *sim;

    source.passive = true;
    source.policy = tiny_policy(crash->limited ? 1000 * SECOND : SIM_TIME_NEVER, 0);
    source.ended = end_in_crash;
    source.argument = &run;
    server.station.discipline = crash->discipline;
    sim = tiny_pair(28, &source, &server);
    sender = sim_find_group(sim, "source")->instances[0];
    station = station_of(sim);
    for (int i = 0; i < CRASH_REQUESTS; i++)
        tiny_source_send(sender, 0);
    tiny_run_checked(sim, 1 * MS, 1);
    if (crash->changes)
        station_set_speed(station, crash->speed);
    tiny_run_checked(sim, 2 * MS, 1);
    ck_assert_uint_eq(station->busy.level + station->waiting.level, CRASH_REQUESTS);

    station_crash(station, OUTCOME_CRASHED);
    tiny_run_checked(sim, 2 * MS, 1);
    ck_assert_uint_eq(run.crashed, CRASH_REQUESTS);
    ck_assert_uint_eq(sim_requests_live(sim), later);
    ck_assert_uint_eq(station->busy.level, later ? 3 : 0);
    ck_assert_uint_eq(station->waiting.level, later ? CRASH_REQUESTS - 3 : 0);
    ck_assert_uint_eq(sim->timers.count, crash->limited ? later : 0);
    ck_assert(event_is_never(alarms_first(&sim->alarms)) ==
              !(later && station->sharing && crash->speed > 0.0));

    station_set_speed(station, 1.0);
    tiny_source_send(sender, 0);
    tiny_run_checked(sim, 100 * SECOND, 3);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(station->busy.level + station->waiting.level, 0);
    ck_assert_uint_eq(sim->cancelled.count, 0);
    for (uint32_t i = 0; i < CRASH_REQUESTS + later + 1; i++) {
        ck_assert_uint_eq(run.records[i].ends, 1);
        ck_assert_int_eq(run.records[i].outcome, i < CRASH_REQUESTS ? OUTCOME_CRASHED : OUTCOME_OK);
    }
    sim_destroy(sim);
}
END_TEST

/* First those in service by the dates of their ends, then the line in its order. */
START_TEST(test_station_crash_answers_in_a_fixed_order)
{
    static const int64_t works_ns[CRASH_REQUESTS] = { 30 * MS, 10 * MS, 20 * MS, 5 * MS, 5 * MS, 5 * MS };
    static const uint32_t fifo[] = { 1, 2, 0, 3, 4, 5 }, lifo[] = { 1, 2, 0, 5, 4, 3 };

    for (int discipline = STATION_FIFO; discipline <= STATION_LIFO; discipline++) {
        struct crash_run run = { .returns = false };
        struct tiny_source_config source = tiny_source_of("server", 6);
        struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 3);
        struct sim *sim;

        source.passive = true;
        source.ended = end_in_crash;
        source.argument = &run;
        server.works_ns = works_ns;
        server.station.discipline = (enum station_discipline)discipline;
        sim = tiny_pair(29, &source, &server);
        for (int i = 0; i < 6; i++)
            tiny_source_send(sim_find_group(sim, "source")->instances[0], 0);
        tiny_run_checked(sim, 1 * MS, 1);
        station_crash(station_of(sim), OUTCOME_CRASHED);
        for (int i = 0; i < 6; i++)
            ck_assert_uint_eq(run.order[i], discipline == STATION_FIFO ? fifo[i] : lifo[i]);
        sim_destroy(sim);
    }
}
END_TEST

/* A holder's visit goes on; who waits is answered; the server it gives back is free. */
START_TEST(test_station_crash_leaves_holders_alone)
{
    static const int64_t dates_ns[] = { 0, 0, 0, 0, 50 * MS };
    struct tiny_source_config source = tiny_source_of("server", 5);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.02), 2);
    struct tiny_record records[5] = { { 0 } };
    struct sim *sim;

    source.dates_ns = dates_ns;
    source.ended = tiny_record;
    source.argument = records;
    server.holds = true;
    sim = tiny_pair(30, &source, &server);
    tiny_run_checked(sim, 10 * MS, 1);
    station_crash(station_of(sim), OUTCOME_CRASHED);
    ck_assert_uint_eq(station_of(sim)->busy.level, 2);
    tiny_run_checked(sim, SECOND, 1);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(records[i].ends, 1);
        ck_assert_int_eq(records[i].outcome, i == 2 || i == 3 ? OUTCOME_CRASHED : OUTCOME_OK);
    }
    ck_assert_int_eq(records[2].end_ns, 10 * MS);
    ck_assert_int_eq(records[4].end_ns, 70 * MS);
    ck_assert_uint_eq(station_of(sim)->busy.level, 0);
    sim_destroy(sim);
}
END_TEST

/* A was served here and is still with the component, B is in service: a crash, or a new speed, is B's
 * business alone. */
START_TEST(test_station_forgets_whom_it_has_served)
{
    static const int64_t works_ns[] = { 1 * MS, 100 * MS };
    struct tiny_source_config source = tiny_source_of("server", 2);
    struct tiny_server_config server = server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.0), 1);
    struct tiny_record records[2] = { { 0 } };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 0 };
    source.ended = tiny_record;
    source.argument = records;
    server.works_ns = works_ns;
    server.silent = true; /* keeps what it has served, and has nothing scheduled for it */
    sim = tiny_pair(31, &source, &server);
    tiny_run_checked(sim, 10 * MS, 2);
    station_set_speed(station_of(sim), 0.5);
    station_crash(station_of(sim), OUTCOME_CRASHED);
    tiny_run_checked(sim, SECOND, 2);
    ck_assert_uint_eq(records[0].ends, 0);
    ck_assert_uint_eq(records[1].ends, 1);
    ck_assert_int_eq(records[1].end_ns, 10 * MS);
    ck_assert_uint_eq(sim_requests_live(sim), 1);
    ck_assert_uint_eq(station_of(sim)->busy.level, 0);
    sim_destroy(sim);
}
END_TEST

/* ---- branches and tickers ---- */

/* Splits each request into three branches at its own station; its ticker is served there too. */
struct splitter {
    struct station station;
    struct request *ticker;
    uint32_t ticks;
    int64_t tick_ns;
};

static void splitter_wire(struct component *self)
{
    struct splitter *splitter = component_state(self);

    station_init(&splitter->station, self, self->group->config);
}

static void splitter_start(struct component *self)
{
    ((struct splitter *)component_state(self))->ticker = sim_ticker(self);
}

static void splitter_on_request(struct component *self, struct request *request)
{
    struct splitter *splitter = component_state(self);
    struct request *children[3];

    for (uint32_t i = 0; i < 3; i++)
        children[i] = sim_fork(self, request, i + 1);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert(station_serve(&splitter->station, self, children[i], (i + 1) * 10 * MS));
}

static void splitter_on_reply(struct component *self, struct request *child)
{
    struct request *parent = sim_join(self, child);

    if (parent)
        sim_reply(self, parent, (enum outcome)parent->outcome);
}

static void splitter_on_timer(struct component *self, struct request *request)
{
    struct splitter *splitter = component_state(self);

    if (request == splitter->ticker) {
        splitter->ticks++;
        splitter->tick_ns = self->sim->now_ns;
    } else {
        splitter_on_reply(self, request);
    }
}

static const struct component_type splitter_type = { .name = "splitter",
                                                     .state_size = sizeof(struct splitter),
                                                     .wire = splitter_wire,
                                                     .start = splitter_start,
                                                     .on_request = splitter_on_request,
                                                     .on_reply = splitter_on_reply,
                                                     .on_timer = splitter_on_timer };

static struct sim *splitter_run(const struct tiny_source_config *source, const struct station_config *station)
{
    struct sim *sim = sim_create(32, UINT64_MAX, PENDING_LADDER);

    sim_add_group(sim, &tiny_source_type, "source", 1, source, &sim->sites[0]);
    sim_add_group(sim, &splitter_type, "splitter", 1, station, &sim->sites[0]);
    tiny_wire(sim);
    return sim;
}

START_TEST(test_station_crash_hands_branches_to_their_owner)
{
    for (int discipline = STATION_FIFO; discipline <= STATION_PROCESSOR_SHARING; discipline++) {
        struct station_config config = { .name = "cpu",
                                         .discipline = (enum station_discipline)discipline,
                                         .servers = 2,
                                         .waiting_max = STATION_UNLIMITED };
        struct tiny_source_config source = tiny_source_of("splitter", 2);
        struct tiny_record records[2] = { { 0 } };
        struct splitter *splitter;
        struct sim *sim;

        source.dates_ns = (const int64_t[]){ 0, 100 * MS };
        source.ended = tiny_record;
        source.argument = records;
        sim = splitter_run(&source, &config);
        splitter = component_state(sim_find_group(sim, "splitter")->instances[0]);
        tiny_run_checked(sim, 5 * MS, 1);
        station_crash(&splitter->station, OUTCOME_CRASHED);
        tiny_run_checked(sim, SECOND, 2);
        ck_assert_int_eq(records[0].outcome, OUTCOME_CRASHED);
        ck_assert_int_eq(records[0].end_ns, 5 * MS);
        ck_assert_int_eq(records[1].outcome, OUTCOME_OK);
        ck_assert_uint_eq(records[0].ends + records[1].ends, 2);
        ck_assert_uint_eq(sim_requests_live(sim), 0);
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_station_serves_tickers_at_its_speed)
{
    struct station_config config = { .name = "disk", .servers = 1, .waiting_max = STATION_UNLIMITED };
    struct tiny_source_config source = tiny_source_of("splitter", 0);
    struct splitter *splitter;
    struct component *self;
    struct sim *sim;

    source.passive = true;
    sim = splitter_run(&source, &config);
    self = sim_find_group(sim, "splitter")->instances[0];
    splitter = component_state(self);
    station_serve(&splitter->station, self, splitter->ticker, 10 * MS);
    tiny_run_checked(sim, 5 * MS, 1);
    station_set_speed(&splitter->station, 5.0);
    tiny_run_checked(sim, 5 * MS + MS / 2, 1);
    station_set_speed(&splitter->station, 0.0);
    tiny_run_checked(sim, 20 * MS, 1);
    ck_assert_uint_eq(splitter->ticks, 0);
    station_set_speed(&splitter->station, 1.0); /* 2.5 ms are left */
    tiny_run_checked(sim, 30 * MS, 1);
    ck_assert_uint_eq(splitter->ticks, 1);
    ck_assert_int_eq(splitter->tick_ns, 22 * MS + MS / 2);

    station_serve(&splitter->station, self, splitter->ticker, 10 * MS);
    tiny_run_checked(sim, 35 * MS, 1);
    station_crash(&splitter->station,
                  OUTCOME_CRASHED); /* let go; its owner starts it again before the old date */
    ck_assert_uint_eq(splitter->station.busy.level, 0);
    station_serve(&splitter->station, self, splitter->ticker, 10 * MS);
    tiny_run_checked(sim, 100 * MS, 1);
    ck_assert_uint_eq(splitter->ticks, 2);
    ck_assert_int_eq(splitter->tick_ns, 45 * MS);
    sim_destroy(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("station");
    TCase *tcase = tcase_create("station");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_station_mean_latency_is_exact, 0,
                        sizeof queue_cases / sizeof *queue_cases);
    tcase_add_loop_test(tcase, test_station_mean_latency_sees_a_wrong_rate, 0,
                        sizeof queue_cases / sizeof *queue_cases);
    tcase_add_loop_test(tcase, test_station_crash_answers_everything_once_and_leaves_it_usable, 0,
                        sizeof crash_cases / sizeof *crash_cases);
    tcase_add_test(tcase, test_station_bounded_line_refuses_as_theory_says);
    tcase_add_test(tcase, test_station_priorities_wait_as_cobham_says);
    tcase_add_test(tcase, test_station_lifo_waits_as_long_as_fifo_and_varies_more);
    tcase_add_test(tcase, test_station_speed_changes_mid_service);
    tcase_add_test(tcase, test_station_begun_while_stopped_starts_when_it_goes_on);
    tcase_add_test(tcase, test_station_random_speed_scripts_match_the_reference);
    tcase_add_test(tcase, test_station_line_refuses_exactly_beyond_its_bound);
    tcase_add_test(tcase, test_station_serves_in_the_order_of_its_discipline);
    tcase_add_test(tcase, test_station_gauges_are_sums_over_the_path);
    tcase_add_test(tcase, test_station_crash_answers_in_a_fixed_order);
    tcase_add_test(tcase, test_station_crash_leaves_holders_alone);
    tcase_add_test(tcase, test_station_forgets_whom_it_has_served);
    tcase_add_test(tcase, test_station_crash_hands_branches_to_their_owner);
    tcase_add_test(tcase, test_station_serves_tickers_at_its_speed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
