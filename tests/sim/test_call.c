/* Calls, branches, retries and timeouts, against scripts worked out by hand and against runs without
 * limits. */
#include "tests/sim/tiny_models.h"

#define DEVIATIONS_MAX 4.0 /* standard errors: once in 10^4 tests by chance, and the seeds are fixed */

static struct distribution_config constant(double mean_s)
{
    return tiny_law(DISTRIBUTION_CONSTANT, mean_s);
}

static struct distribution_config exponential(double mean_s)
{
    return tiny_law(DISTRIBUTION_EXPONENTIAL, mean_s);
}

static struct component *source_of(const struct sim *sim)
{
    return sim_find_group(sim, "source")->instances[0];
}

/* ---- calls ---- */

START_TEST(test_call_latency_counts_both_ways)
{
    struct network network = tiny_network(constant(0.010));
    struct tiny_source_config source = tiny_source_of("front", 3);
    struct tiny_server_config front = tiny_server_of(constant(0.001)), back = tiny_server_of(constant(0.005));
    struct tiny_record records[3] = { { 0 } };
    struct sim *sim = tiny_sim(50, &network);

    source.ended = tiny_record;
    source.argument = records;
    front.target = "back";
    front.calls = 2;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 100 * SECOND, 200);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(records[i].latency_ns,
                         71 * MS); /* 20 to the front and back, 1 of work, twice 20 and 5 */
    ck_assert_int_eq(histogram_max(&sim_find_group(sim, "front")->latency_ok), 51 * MS);
    ck_assert_int_eq(histogram_max(&sim_find_group(sim, "back")->latency_ok), 5 * MS);
    ck_assert_uint_eq(histogram_count(&sim_find_group(sim, "back")->latency_ok), 6);
    sim_destroy(sim);
}
END_TEST

/* Each message draws its own latency: the variance of the sum of two is twice that of one, not four times. */
START_TEST(test_call_draws_a_latency_each_way)
{
    struct network network = tiny_network(exponential(0.010));
    struct tiny_source_config source = tiny_source_of("server", 200000);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record *records = calloc(200000, sizeof *records);
    struct sim *sim = tiny_sim(51, &network);
    double sum = 0.0, squares = 0.0;

    source.gap.mean = 0.001;
    source.ended = tiny_record;
    source.argument = records;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    tiny_run_checked(sim, 1000 * SECOND, 1);
    for (int i = 0; i < 200000; i++) {
        sum += (double)records[i].latency_ns / 10e6;
        squares += (double)records[i].latency_ns / 10e6 * ((double)records[i].latency_ns / 10e6);
    }
    /* sum of two exponentials: mean 2, second moment 6 with a variance of 84 */
    ck_assert_double_lt(fabs(sum / 2e5 - 2.0), DEVIATIONS_MAX * sqrt(2.0 / 2e5));
    ck_assert_double_lt(fabs(squares / 2e5 - 6.0), DEVIATIONS_MAX * sqrt(84.0 / 2e5));
    sim_destroy(sim);
    free(records);
}
END_TEST

struct stack_depth {
    uintptr_t lowest, highest;
    uint64_t visits;
};

static void note_stack(void *argument, struct component *self, const struct request *request)
{
    struct stack_depth *depth = argument;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)self;
    (void)request;
    depth->visits++;
    if (!depth->lowest || here < depth->lowest)
        depth->lowest = here;
    if (here > depth->highest)
        depth->highest = here;
}

/* 100,400 calls and as many replies, all at the same date. */
START_TEST(test_call_instant_steps_do_not_nest_the_stack)
{
    struct tiny_source_config source = tiny_source_of("front", 1);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), middle = front, back = front;
    struct tiny_record record = { 0 };
    struct stack_depth depth = { 0 };
    struct sim *sim = tiny_sim(52, NULL);

    source.dates_ns = (const int64_t[]){ 5 };
    source.ended = tiny_record;
    source.argument = &record;
    front.target = "middle";
    front.calls = 400;
    middle.target = "back";
    middle.calls = 250;
    back.saw = note_stack;
    back.argument = &depth;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "middle", 1, &middle);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, SECOND, 1);
    ck_assert_uint_eq(record.ends, 1);
    ck_assert_int_eq(record.end_ns, 5);
    ck_assert_uint_eq(depth.visits, 100000);
    ck_assert_uint_eq(sim->events, 1);
    ck_assert_uint_lt(depth.highest - depth.lowest,
                      192 * 1024); /* three frames of C a step, with sanitizers */
    sim_destroy(sim);
}
END_TEST

/* ---- branches ---- */

START_TEST(test_call_branches_join_on_the_last)
{
    static const uint32_t widths[] = { 1, 2, 10, 40 };
    const uint32_t count = 40000;

    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct tiny_source_config source = tiny_source_of("front", count);
        struct tiny_server_config front = tiny_server_of(constant(0.0)),
                                  leaf = tiny_server_of(exponential(0.01));
        struct tiny_means means;
        struct sim *sim = tiny_sim(53, NULL);
        double harmonic = 0.0;

        for (uint32_t k = 1; k <= widths[i]; k++)
            harmonic += 1.0 / k;
        tiny_means_init(&means, count, 0);
        source.gap.mean = 0.001;
        source.ended = tiny_mean_latency;
        source.argument = &means;
        front.target = "leaf";
        front.fans_out = true;
        tiny_add_source(sim, "source", &source);
        tiny_add_server(sim, "front", 1, &front);
        tiny_add_server(sim, "leaf", widths[i], &leaf);
        tiny_wire(sim);
        tiny_run_checked(sim, 20 * SECOND, 100);
        tiny_run_checked(sim, 100 * SECOND, 1);
        ck_assert_double_lt(tiny_deviations(&means, 0.01 * harmonic), DEVIATIONS_MAX);
        ck_assert_double_gt(tiny_deviations(&means, 0.0105 * harmonic),
                            DEVIATIONS_MAX); /* negative control */
        ck_assert_uint_eq(tiny_server(sim, "front", 0)->replies, (uint64_t)count * widths[i]);
        ck_assert_uint_eq(sim_requests_live(sim), 0);
        sim_destroy(sim);
    }
}
END_TEST

static enum outcome fail_instance(void *argument, struct component *self, struct request *request)
{
    (void)request;
    return self->instance == *(const uint32_t *)argument ? OUTCOME_ERROR : OUTCOME_OK;
}

START_TEST(test_call_parent_hears_of_a_failed_branch)
{
    struct tiny_source_config source = tiny_source_of("front", 5);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), leaf = tiny_server_of(exponential(0.01));
    struct tiny_record records[5] = { { 0 } };
    struct sim *sim = tiny_sim(54, NULL);
    uint32_t failing = 7;

    source.ended = tiny_record;
    source.argument = records;
    front.target = "leaf";
    front.fans_out = true;
    leaf.answer = fail_instance;
    leaf.argument = &failing;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "leaf", 10, &leaf);
    tiny_wire(sim);
    tiny_run_checked(sim, 100 * SECOND, 200);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(records[i].outcome, OUTCOME_ERROR);
    ck_assert_uint_eq(tiny_server(sim, "front", 0)->replies, 50); /* it waits for the others all the same */
    sim_destroy(sim);
}
END_TEST

/* ---- retries ---- */

#define VISITS_MAX 20000

/* What a server that fails sees. */
struct visits {
    uint32_t count, fails; /* fails: of each request, before an attempt is answered */
    enum outcome outcome;
    uint32_t seen[VISITS_MAX]; /* by key */
    int64_t dates_ns[VISITS_MAX];
    uint64_t numbers[VISITS_MAX], keys[VISITS_MAX];
    uint32_t bytes[VISITS_MAX];
    uint16_t rows[VISITS_MAX];
    uint8_t operations[VISITS_MAX];
};

static void note_visit(void *argument, struct component *self, const struct request *request)
{
    struct visits *visits = argument;
    uint32_t i = visits->count++;

    ck_assert_uint_lt(i, VISITS_MAX);
    visits->dates_ns[i] = self->sim->now_ns;
    visits->numbers[i] = request->frames[request->top].number;
    visits->keys[i] = request->key;
    visits->bytes[i] = request->bytes;
    visits->rows[i] = request->rows;
    visits->operations[i] = request->operation;
}

static enum outcome fail_at_first(void *argument, struct component *self, struct request *request)
{
    struct visits *visits = argument;

    (void)self;
    request->rows = 77; /* whoever is called may do as it likes with these */
    request->operation = OPERATION_PUT;
    return visits->seen[request->key]++ < visits->fails ? visits->outcome : OUTCOME_OK;
}

static struct tiny_server_config failing_server(struct visits *visits)
{
    struct tiny_server_config server = tiny_server_of(constant(0.0));

    server.saw = note_visit;
    server.answer = fail_at_first;
    server.argument = visits;
    server.reply_bytes = 99;
    return server;
}

static struct visits *visits_of(uint32_t fails, enum outcome outcome)
{
    struct visits *visits = calloc(1, sizeof *visits);

    ck_assert_ptr_nonnull(visits);
    visits->fails = fails;
    visits->outcome = outcome;
    return visits;
}

/* `count` requests at given dates, or with gaps of a second, to a server that fails. */
static struct sim *run_failing(struct visits *visits, struct tiny_record *records, uint32_t count,
                               const struct call_policy *policy)
{
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server = failing_server(visits);
    struct sim *sim;

    source.policy = *policy;
    source.gap = constant(1000.0);
    source.ended = tiny_record;
    source.argument = records;
    source.bytes = 12345;
    sim = tiny_pair(55, &source, &server);
    tiny_run_checked(sim, (int64_t)(count + 1) * 1000 * SECOND, 10);
    return sim;
}

START_TEST(test_call_backoff_doubles_up_to_its_cap)
{
    static const int64_t dates_ms[] = { 0, 10, 30, 70, 120, 170, 220 };
    struct visits *visits = visits_of(100, OUTCOME_UNAVAILABLE);
    struct tiny_record record = { 0 };
    struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 6);
    struct sim *sim;

    policy.backoff_ns = 10 * MS;
    policy.backoff_max_ns = 50 * MS;
    sim = run_failing(visits, &record, 1, &policy);
    ck_assert_uint_eq(visits->count, 7);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(visits->dates_ns[i] - 1000 * SECOND, dates_ms[i] * MS);
        ck_assert_uint_eq(visits->bytes[i], 12345); /* each attempt asks what the first one asked */
        ck_assert_uint_eq(visits->rows[i], 1);
        ck_assert_uint_eq(visits->operations[i], OPERATION_READ);
        for (int k = 0; k < i; k++)
            ck_assert_uint_ne(visits->numbers[i], visits->numbers[k]);
    }
    ck_assert_int_eq(record.outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(record.latency_ns,
                     220 * MS); /* a user's request lasts from its first send to its last answer */
    ck_assert_uint_eq(sim->classes[0]->started + sim->classes[0]->retries, 7);
    ck_assert_uint_eq(sim->classes[0]->started, 1);
    sim_destroy(sim);
    free(visits);
}
END_TEST

START_TEST(test_call_retries_end_with_the_first_success)
{
    struct visits *visits = visits_of(2, OUTCOME_REFUSED);
    struct tiny_record records[10] = { { 0 } };
    struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 5);
    struct sim *sim = run_failing(visits, records, 10, &policy);

    ck_assert_uint_eq(visits->count, 30);
    ck_assert_uint_eq(sim->classes[0]->started + sim->classes[0]->retries, 30);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(records[i].outcome, OUTCOME_OK);
        ck_assert_int_eq(records[i].latency_ns, 0);
    }
    sim_destroy(sim);
    free(visits);
}
END_TEST

START_TEST(test_call_is_repeated_for_the_outcomes_of_its_mask)
{
    for (int outcome = OUTCOME_TIMEOUT; outcome < OUTCOME_COUNT; outcome++)
        for (int asked = OUTCOME_TIMEOUT; asked <= OUTCOME_COUNT; asked++) {
            struct visits *visits = visits_of(100, (enum outcome)outcome);
            struct tiny_record record = { 0 };
            struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 3);
            bool again = asked == outcome;

            if (asked < OUTCOME_COUNT)
                policy.retry_on = 1u << asked;
            else /* by default: what another attempt may mend */
                again = outcome != OUTCOME_NOT_FOUND && outcome != OUTCOME_ERROR;
            sim_destroy(run_failing(visits, &record, 1, &policy));
            ck_assert_uint_eq(visits->count, again ? 4 : 1);
            ck_assert_int_eq(record.outcome, outcome);
            free(visits);
        }
}
END_TEST

START_TEST(test_call_can_be_repeated_255_times)
{
    struct visits *visits = visits_of(1000, OUTCOME_REFUSED);
    struct tiny_record record = { 0 };
    struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 255);

    sim_destroy(run_failing(visits, &record, 1, &policy));
    ck_assert_uint_eq(visits->count, 256);
    policy.backoff_ns = 1; /* doubles far beyond all dates, were there no cap */
    policy.backoff_max_ns = SECOND;
    visits->count = visits->seen[0] = 0;
    sim_destroy(run_failing(visits, &record, 1, &policy));
    ck_assert_uint_eq(visits->count, 256);
    ck_assert_int_eq(visits->dates_ns[255] - visits->dates_ns[254], SECOND);
    free(visits);
}
END_TEST

/* Uniform between 0 and the backoff: mean of pause over backoff 1/2, variance 1/12. After losses, too:
 * test_link.c. */
START_TEST(test_call_jitter_is_uniform_below_the_backoff)
{
    struct visits *visits = visits_of(100, OUTCOME_CRASHED);
    struct tiny_record *records = calloc(4000, sizeof *records);
    struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 4);
    double sum = 0.0, squares = 0.0, products = 0.0;

    policy.backoff_ns = 100 * MS;
    policy.backoff_max_ns = 400 * MS;
    policy.backoff_jitter = true;
    sim_destroy(run_failing(visits, records, 4000, &policy));
    ck_assert_uint_eq(visits->count, 20000);
    for (int i = 0; i < 4000; i++) {
        double shares[4];

        for (int k = 0; k < 4; k++) {
            int64_t pause_ns = visits->dates_ns[5 * i + k + 1] - visits->dates_ns[5 * i + k];

            shares[k] = (double)pause_ns / (double)((k < 2 ? 100 * MS << k : 400 * MS));
            ck_assert_double_ge(shares[k], 0.0);
            ck_assert_double_lt(shares[k], 1.0);
            sum += shares[k];
            squares += shares[k] * shares[k];
        }
        products += (shares[0] - 0.5) * (shares[1] - 0.5);
    }
    ck_assert_double_lt(fabs(sum / 16000 - 0.5), DEVIATIONS_MAX * sqrt(1.0 / 12 / 16000));
    ck_assert_double_lt(fabs(squares / 16000 - 1.0 / 3), DEVIATIONS_MAX * sqrt(4.0 / 45 / 16000));
    ck_assert_double_lt(fabs(products / 4000),
                        DEVIATIONS_MAX / 12 / sqrt(4000)); /* independent from pause to pause */
    free(records);
    free(visits);
}
END_TEST

/* The first attempts draw what they would without retries; further ones draw anew, and again the same in
 * another run. */
START_TEST(test_call_retry_draws_are_new_and_reproducible)
{
    struct visits *plain = visits_of(0, OUTCOME_REFUSED), *first = visits_of(2, OUTCOME_REFUSED),
                  *second = visits_of(2, OUTCOME_REFUSED);
    struct tiny_record records[50] = { { 0 } };
    struct call_policy policy = tiny_policy(SIM_TIME_NEVER, 2);

    sim_destroy(run_failing(plain, records, 50, &policy));
    sim_destroy(run_failing(first, records, 50, &policy));
    policy.backoff_ns = 10 * MS; /* changes dates, no draws of the visit */
    sim_destroy(run_failing(second, records, 50, &policy));
    ck_assert_uint_eq(plain->count, 50);
    ck_assert_uint_eq(first->count, 150);
    for (int i = 0; i < 150; i++) {
        ck_assert_uint_eq(first->numbers[i], second->numbers[i]);
        if (i % 3 == 0)
            ck_assert_uint_eq(first->numbers[i], plain->numbers[i / 3]);
        for (int k = 0; k < i; k++)
            ck_assert_uint_ne(first->numbers[i], first->numbers[k]);
    }
    free(plain);
    free(first);
    free(second);
}
END_TEST

/* A visit's second call (place 1) and the retry of its first (place 0) are different things: they draw
 * differently. */
START_TEST(test_call_retry_is_not_taken_for_another_place)
{
    struct visits *visits = visits_of(3, OUTCOME_REFUSED);
    struct tiny_source_config source = tiny_source_of("front", 1);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), back = failing_server(visits);
    struct sim *sim = tiny_sim(56, NULL);

    front.target = "back";
    front.calls = 4;
    front.policy = tiny_policy(SIM_TIME_NEVER, 3);
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 100 * SECOND, 1);
    ck_assert_uint_eq(visits->count, 7); /* the first call four times, three more calls */
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < i; k++)
            ck_assert_uint_ne(visits->numbers[i], visits->numbers[k]);
    for (uint64_t place = 1; place <= 4; place++)
        for (int i = 1; i < 4; i++)
            ck_assert_uint_ne(visits->numbers[i], rng_hash(visits->numbers[0], place));
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* ---- timeouts ---- */

#define LIMITED_REQUESTS 20000

/* M/M/1 with and without a time limit. Orphans stay at work, so nobody else's date changes: exactly those
 * that took as long as the limit or longer time out, at the limit. */
static void check_limit(int64_t limit_ns, enum station_discipline discipline, const struct network *network)
{
    struct tiny_record *free_run = calloc(LIMITED_REQUESTS, sizeof *free_run),
                       *limited = calloc(LIMITED_REQUESTS, sizeof *limited);
    uint64_t timeouts = 0;

    for (int run = 0; run < 2; run++) {
        struct tiny_source_config source = tiny_source_of("server", LIMITED_REQUESTS);
        struct tiny_server_config server = tiny_server_of(exponential(0.01));
        struct sim *sim = tiny_sim(57, network);

        source.gap.mean = 1.0 / 80;
        source.ended = tiny_record;
        source.argument = run ? limited : free_run;
        source.policy = tiny_policy(run ? limit_ns : SIM_TIME_NEVER, 0);
        server.station.servers = 1;
        server.station.discipline = discipline;
        tiny_add_source(sim, "source", &source);
        tiny_add_server(sim, "server", 1, &server);
        tiny_wire(sim);
        tiny_run_checked(sim, 285 * SECOND, 200);
        tiny_run_checked(sim, 1000 * SECOND, 1);
        ck_assert_uint_eq(sim_requests_live(sim), 0);
        ck_assert_uint_eq(sim->timers.count, 0);
        ck_assert_uint_eq(sim_find_group(sim, "server")->instances[0]->finished[OUTCOME_OK],
                          LIMITED_REQUESTS);
        if (run) {
            timeouts = sim->timeouts;
            ck_assert_uint_eq(sim->orphans_ended, timeouts);
        }
        sim_destroy(sim);
    }
    for (int i = 0; i < LIMITED_REQUESTS; i++) {
        bool slow = free_run[i].latency_ns >= limit_ns;

        ck_assert_uint_eq(limited[i].ends, 1);
        ck_assert_int_eq(limited[i].outcome, slow ? OUTCOME_TIMEOUT : OUTCOME_OK);
        ck_assert_int_eq(limited[i].latency_ns, slow ? limit_ns : free_run[i].latency_ns);
        timeouts -= slow;
    }
    ck_assert_uint_eq(timeouts, 0);
    free(free_run);
    free(limited);
}

START_TEST(test_call_times_out_exactly_when_slower_than_its_limit)
{
    struct network network = tiny_network(exponential(0.003));

    check_limit(20 * MS, STATION_FIFO, NULL);
    check_limit(100 * MS, STATION_LIFO, NULL);
    check_limit(30 * MS, STATION_PROCESSOR_SHARING, NULL);
    check_limit(30 * MS, STATION_FIFO, &network); /* some are in transit, there or back */
    check_limit(1, STATION_FIFO, &network);
}
END_TEST

/* 40 sources, each with a limit of its own. */
START_TEST(test_call_limits_may_all_differ)
{
    enum { SOURCES = 40, COUNT = 500 };
    static struct tiny_record records[2][SOURCES][COUNT];

    memset(records, 0, sizeof records);
    for (int run = 0; run < 2; run++) {
        struct tiny_source_config sources[SOURCES];
        struct tiny_server_config server = tiny_server_of(exponential(0.01));
        struct sim *sim = tiny_sim(58, NULL);
        char name[SOURCES][16];

        server.station.servers = 1;
        server.station.discipline = STATION_PROCESSOR_SHARING;
        for (int i = 0; i < SOURCES; i++) {
            snprintf(name[i], sizeof name[i], "source%d", i);
            sources[i] = tiny_source_of("server", COUNT);
            sources[i].gap.mean = SOURCES / 80.0;
            sources[i].policy = tiny_policy(run ? (i + 1) * 3 * MS + i : SIM_TIME_NEVER, 0);
            sources[i].ended = tiny_record;
            sources[i].argument = records[run][i];
            tiny_add_source(sim, name[i], &sources[i]);
        }
        tiny_add_server(sim, "server", 1, &server);
        tiny_wire(sim);
        tiny_run_checked(sim, 300 * SECOND, 200);
        tiny_run_checked(sim, 3000 * SECOND, 1);
        ck_assert_uint_eq(sim_requests_live(sim), 0);
        sim_destroy(sim);
    }
    for (int i = 0; i < SOURCES; i++)
        for (int k = 0; k < COUNT; k++) {
            int64_t limit_ns = (i + 1) * 3 * MS + i;
            bool slow = records[0][i][k].latency_ns >= limit_ns;

            ck_assert_int_eq(records[1][i][k].outcome, slow ? OUTCOME_TIMEOUT : OUTCOME_OK);
            ck_assert_int_eq(records[1][i][k].latency_ns, slow ? limit_ns : records[0][i][k].latency_ns);
        }
}
END_TEST

/* source (outer limit) -> front -> back (inner limit), which works for 100 ms. */
struct nested_case {
    const char *name;
    int64_t outer_ms, inner_ms; /* limits; 0: none */
    int64_t end_ms;             /* expected: of the user's request */
    enum outcome outcome;
    uint32_t front_timeouts; /* failed visits of the front: it heard that the back timed out */
    uint32_t timeouts, orphans;
};

static const struct nested_case nested_cases[] = {
    { "none", 0, 0, 100, OUTCOME_OK, 0, 0, 0 },
    { "both longer", 101, 102, 100, OUTCOME_OK, 0, 0, 0 },
    { "inner shorter", 80, 30, 30, OUTCOME_TIMEOUT, 1, 1, 1 },
    { "inner alone", 0, 30, 30, OUTCOME_TIMEOUT, 1, 1, 1 },
    { "outer shorter", 30, 80, 30, OUTCOME_TIMEOUT, 1, 2,
      2 }, /* the front goes on as an orphan until its own limit */
    { "outer alone", 30, 0, 30, OUTCOME_TIMEOUT, 0, 1, 1 },
    { "outer shorter, inner never", 30, 200, 30, OUTCOME_TIMEOUT, 0, 1, 1 },
    { "equal", 50, 50, 50, OUTCOME_TIMEOUT, 1, 2, 2 }, /* the outer one was set first */
    { "at the date of the answer", 100, 0, 100, OUTCOME_TIMEOUT, 0, 1, 1 },
    { "inner at the date of the answer", 0, 100, 100, OUTCOME_TIMEOUT, 1, 1, 1 },
};

START_TEST(test_call_nested_limits)
{
    const struct nested_case *nested = &nested_cases[_i];
    struct tiny_source_config source = tiny_source_of("front", 1);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), back = tiny_server_of(constant(0.1));
    struct tiny_record record = { 0 };
    struct sim *sim = tiny_sim(59, NULL);
    const struct component *middle;

    source.dates_ns = (const int64_t[]){ 0 };
    source.policy = tiny_policy(nested->outer_ms ? nested->outer_ms * MS : SIM_TIME_NEVER, 0);
    source.ended = tiny_record;
    source.argument = &record;
    front.target = "back";
    front.calls = 1;
    front.policy = tiny_policy(nested->inner_ms ? nested->inner_ms * MS : SIM_TIME_NEVER, 0);
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 200 * MS, 200);
    middle = sim_find_group(sim, "front")->instances[0];
    ck_assert_uint_eq(record.ends, 1);
    ck_assert_int_eq(record.end_ns, nested->end_ms * MS);
    ck_assert_int_eq(record.outcome, nested->outcome);
    ck_assert_uint_eq(middle->finished[OUTCOME_TIMEOUT], nested->front_timeouts);
    ck_assert_uint_eq(middle->finished[OUTCOME_OK], 1 - nested->front_timeouts);
    ck_assert_uint_eq(sim->timeouts, nested->timeouts);
    ck_assert_uint_eq(sim->orphans_ended, nested->orphans);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);
    sim_destroy(sim);
}
END_TEST

/* Where the request is when the user gives up, at 50 ms; what becomes of the rest is counted at the end. */
struct given_up_case {
    const char *name;
    double latency_s, front_s, back_s; /* one way; work */
    uint32_t servers;                  /* of the back, 0: no line */
    bool holds, fans_out;
    uint32_t back_fails, back_retries;
    int64_t backoff_ns;
    uint64_t back_visits; /* expected, of one user's request, in the end */
};

static const struct given_up_case given_up_cases[] = {
    { .name = "on the way to the front", .latency_s = 0.06, .back_visits = 1 },
    { .name = "on the way to the back", .latency_s = 0.03, .back_visits = 1 },
    { .name = "on the way back", .latency_s = 0.0149, .back_visits = 1 },
    { .name = "on the last way back", .latency_s = 0.0131, .back_visits = 1 },
    { .name = "at work in the front", .front_s = 0.1, .back_visits = 1 },
    { .name = "at work in the back", .back_s = 0.1, .back_visits = 1 },
    { .name = "at a station or in its line", .back_s = 0.04, .servers = 1, .back_visits = 1 },
    { .name = "holding or waiting to hold", .back_s = 0.04, .servers = 1, .holds = true, .back_visits = 1 },
    { .name = "branches out", .back_s = 0.1, .fans_out = true, .back_visits = 5 },
    { .name = "branches out, in line", .back_s = 0.03, .servers = 1, .fans_out = true, .back_visits = 5 },
    { .name = "before a retry", .back_fails = 2, .back_retries = 3, .backoff_ns = 30 * MS, .back_visits = 3 },
    { .name = "branches before a retry",
      .fans_out = true,
      .back_fails = 1,
      .back_retries = 3,
      .backoff_ns = 70 * MS,
      .back_visits = 6 },
};

START_TEST(test_call_given_up_wherever_it_is)
{
    enum { USERS = 4 };
    const struct given_up_case *given_up = &given_up_cases[_i];
    struct network network = tiny_network(constant(given_up->latency_s));
    struct visits *visits = visits_of(given_up->back_fails, OUTCOME_REFUSED);
    struct tiny_source_config source = tiny_source_of("front", USERS);
    struct tiny_server_config front = tiny_server_of(constant(given_up->front_s)),
                              back = tiny_server_of(constant(given_up->back_s));
    struct tiny_record records[USERS] = { { 0 } };
    struct sim *sim = tiny_sim(60, &network);
    uint64_t failed = 0;

    source.dates_ns = (const int64_t[]){ 0, 0, 1, 2 };
    source.policy = tiny_policy(50 * MS, 0);
    source.ended = tiny_record;
    source.argument = records;
    front.target = "back";
    front.calls = 1;
    front.fans_out = given_up->fans_out;
    front.policy = tiny_policy(SIM_TIME_NEVER, given_up->back_retries);
    front.policy.backoff_ns = given_up->backoff_ns;
    back.station.servers = given_up->servers;
    back.holds = given_up->holds;
    back.saw = note_visit;
    back.answer = fail_at_first;
    back.argument = visits;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", given_up->fans_out ? 5 : 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, SECOND, 200);
    for (int i = 0; i < USERS; i++) {
        ck_assert_uint_eq(records[i].ends, 1);
        failed += records[i].outcome == OUTCOME_TIMEOUT;
        if (records[i].outcome == OUTCOME_TIMEOUT)
            ck_assert_int_eq(records[i].latency_ns, 50 * MS);
        else
            ck_assert_int_lt(records[i].latency_ns, 50 * MS);
    }
    ck_assert_uint_ge(failed, given_up->servers ? 3 : 4);            /* one is served in time */
    ck_assert_uint_eq(visits->count, USERS * given_up->back_visits); /* what was called goes on */
    ck_assert_uint_eq(sim_find_group(sim, "front")->instances[0]->finished[OUTCOME_OK], USERS);
    ck_assert_uint_eq(sim->timeouts, failed);
    ck_assert_uint_eq(sim->orphans_ended, failed);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* A branch is given up and repeated: the join waits for the last attempt, and orphans of branches join
 * nobody. */
START_TEST(test_call_of_a_branch_times_out_and_is_repeated)
{
    struct tiny_source_config source = tiny_source_of("front", 1);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), leaf = tiny_server_of(constant(0.0));
    static const int64_t works_ns[] = { 100 * MS };
    struct tiny_record record = { 0 };
    struct visits *visits = visits_of(0, OUTCOME_OK);
    struct sim *sim = tiny_sim(61, NULL);

    source.dates_ns = (const int64_t[]){ 0 };
    source.ended = tiny_record;
    source.argument = &record;
    front.target = "leaf";
    front.fans_out = true;
    front.policy = tiny_policy(30 * MS, 2);
    front.policy.backoff_ns = 5 * MS;
    leaf.works_ns = works_ns;
    leaf.saw = note_visit;
    leaf.argument = visits;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "leaf", 3, &leaf);
    tiny_wire(sim);
    tiny_run_checked(sim, 200 * MS, 200);
    ck_assert_uint_eq(visits->count, 9); /* at 0, 35 and 75 ms */
    ck_assert_int_eq(visits->dates_ns[8], 75 * MS);
    ck_assert_int_eq(record.end_ns, 105 * MS);
    ck_assert_int_eq(record.outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(tiny_server(sim, "front", 0)->replies, 3); /* hears of the last attempts only */
    ck_assert_uint_eq(sim->timeouts, 9);
    ck_assert_uint_eq(sim->orphans_ended, 9);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* Timed out and repeated while the first attempt still waits: each attempt is work, the core of a retry
 * storm. */
START_TEST(test_call_repeated_after_a_timeout_leaves_each_attempt_at_work)
{
    struct visits *visits = visits_of(0, OUTCOME_OK);
    struct tiny_source_config source = tiny_source_of("server", 1);
    struct tiny_server_config server = tiny_server_of(constant(0.1));
    struct tiny_record record = { 0 };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0 };
    source.policy = tiny_policy(30 * MS, 3);
    source.ended = tiny_record;
    source.argument = &record;
    source.bytes = 4321;
    server.station.servers = 1;
    server.saw = note_visit;
    server.argument = visits;
    sim = tiny_pair(62, &source, &server);
    tiny_run_checked(sim, 95 * MS, 119);
    ck_assert_uint_eq(sim_requests_live(sim), 4);
    tiny_run_checked(sim, SECOND, 81);
    ck_assert_uint_eq(visits->count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(visits->dates_ns[i], i * 30 * MS);
        ck_assert_uint_eq(visits->bytes[i], 4321);
    }
    ck_assert_int_eq(record.end_ns, 120 * MS);
    ck_assert_int_eq(record.outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(sim->classes[0]->started + sim->classes[0]->retries, 4);
    ck_assert_uint_eq(sim->timeouts, 4);
    ck_assert_uint_eq(sim->orphans_ended, 4);
    ck_assert(gauge_area(&tiny_server(sim, "server", 0)->station.busy, sim->now_ns) == 400 * MS);
    ck_assert_uint_eq(source_of(sim)->finished[OUTCOME_TIMEOUT], 1);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* ---- all of it at once ---- */

static enum outcome fail_sometimes(void *argument, struct component *self, struct request *request)
{
    struct rng rng = rng_for_request(99, request->frames[request->top].number);

    (void)argument;
    (void)self;
    return rng_uniform(&rng) < 0.1 ? OUTCOME_UNAVAILABLE : (enum outcome)OUTCOME_OK;
}

/* Users' requests through everything there is, with millions of visits: nothing is lost, and the pool
 * grows no larger than what was in flight. */
START_TEST(test_call_nothing_is_lost_in_millions_of_visits)
{
    const uint32_t count = 200000;
    struct network network = tiny_network(exponential(0.001));
    struct tiny_source_config source = tiny_source_of("front", count);
    struct tiny_server_config front = tiny_server_of(exponential(0.002)),
                              back = tiny_server_of(exponential(0.004)), leaf = back;
    struct sim *sim = tiny_sim(63, &network);
    const struct component *user;
    uint64_t ended = 0;

    source.gap.mean = 1.0 / 700;
    source.policy = tiny_policy(45 * MS, 2);
    source.policy.backoff_ns = 10 * MS;
    source.policy.backoff_jitter = true;
    front.station.servers = 60;
    front.station.waiting_max = 50;
    front.holds = true;
    front.target = "back";
    front.calls = 1;
    front.policy = tiny_policy(25 * MS, 1);
    front.policy.backoff_ns = 2 * MS;
    back.station.servers = 9;
    back.station.waiting_max = 100;
    back.station.discipline = STATION_LIFO;
    back.target = "leaf";
    back.fans_out = true;
    back.policy = tiny_policy(16 * MS, 1);
    leaf.station.servers = 6;
    leaf.station.waiting_max = 6;
    leaf.station.discipline = STATION_PROCESSOR_SHARING;
    leaf.answer = fail_sometimes;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 2, &back);
    tiny_add_server(sim, "leaf", 4, &leaf);
    tiny_wire(sim);
    tiny_run_checked(sim, 285 * SECOND, 200);
    tiny_run_checked(sim, 1000 * SECOND, 1);
    user = source_of(sim);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        ended += user->finished[i];
    ck_assert_uint_eq(ended, count);
    ck_assert_uint_gt(user->finished[OUTCOME_TIMEOUT], 100);
    ck_assert_uint_gt(user->finished[OUTCOME_OK], 100);
    ck_assert_uint_gt(user->finished[OUTCOME_REFUSED], 100);
    ck_assert_uint_gt(user->finished[OUTCOME_UNAVAILABLE], 100);
    ck_assert_uint_gt(sim_find_group(sim, "leaf")->instances[0]->started, 1000000);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);
    ck_assert_uint_le(sim->request_count, count / 4); /* places are used again */
    sim_destroy(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call");
    TCase *tcase = tcase_create("call");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_call_latency_counts_both_ways);
    tcase_add_test(tcase, test_call_draws_a_latency_each_way);
    tcase_add_test(tcase, test_call_instant_steps_do_not_nest_the_stack);
    tcase_add_test(tcase, test_call_branches_join_on_the_last);
    tcase_add_test(tcase, test_call_parent_hears_of_a_failed_branch);
    tcase_add_test(tcase, test_call_backoff_doubles_up_to_its_cap);
    tcase_add_test(tcase, test_call_retries_end_with_the_first_success);
    tcase_add_test(tcase, test_call_is_repeated_for_the_outcomes_of_its_mask);
    tcase_add_test(tcase, test_call_can_be_repeated_255_times);
    tcase_add_test(tcase, test_call_jitter_is_uniform_below_the_backoff);
    tcase_add_test(tcase, test_call_retry_draws_are_new_and_reproducible);
    tcase_add_test(tcase, test_call_retry_is_not_taken_for_another_place);
    tcase_add_test(tcase, test_call_times_out_exactly_when_slower_than_its_limit);
    tcase_add_test(tcase, test_call_limits_may_all_differ);
    tcase_add_loop_test(tcase, test_call_nested_limits, 0, sizeof nested_cases / sizeof *nested_cases);
    tcase_add_loop_test(tcase, test_call_given_up_wherever_it_is, 0,
                        sizeof given_up_cases / sizeof *given_up_cases);
    tcase_add_test(tcase, test_call_of_a_branch_times_out_and_is_repeated);
    tcase_add_test(tcase, test_call_repeated_after_a_timeout_leaves_each_attempt_at_work);
    tcase_add_test(tcase, test_call_nothing_is_lost_in_millions_of_visits);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
