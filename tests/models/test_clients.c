#include "models/clients.h"

#include "models/arrivals.h"
#include "models/environment.h"
#include "tests/models/queue_tier.h"

struct system {
    struct clients_config users;
    struct queue_config web;
    uint32_t web_count;
    const struct environment *environment;
    enum pending_kind pending;
    struct sim *sim;
    struct group *users_group, *web_group;
};

static struct system system_of(struct clients_config users, struct queue_config web)
{
    return (struct system){ .users = users, .web = web, .web_count = 1, .pending = PENDING_LADDER };
}

static void system_wire(struct system *system, uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, system->pending);

    ck_assert_ptr_nonnull(sim);
    system->sim = sim;
    sim->environment = system->environment;
    system->users_group =
        sim_add_group(sim, &clients_model.component, "users", 1, &system->users, &sim->sites[0]);
    system->web_group =
        sim_add_group(sim, &queue_type, "web", system->web_count, &system->web, &sim->sites[0]);
    wire(sim);
}

static struct component *source_of(const struct system *system)
{
    return system->users_group->instances[0];
}

/* ---- open ---- */

struct gaps {
    int64_t last_ns;
    uint64_t count;
    double sum_ns, squares;
};

static void saw_gap(void *argument, struct component *self, const struct request *request)
{
    struct gaps *gaps = argument;
    double gap_ns = (double)(self->sim->now_ns - gaps->last_ns);

    (void)request;
    gaps->last_ns = self->sim->now_ns;
    gaps->count++;
    gaps->sum_ns += gap_ns;
    gaps->squares += gap_ns * gap_ns;
}

START_TEST(test_clients_gaps_have_the_mean_and_cv_of_their_law)
{
    static const struct {
        enum distribution_law law;
        double cv, expected_cv;
    } cases[] = {
        { DISTRIBUTION_EXPONENTIAL, 0.0, 1.0 },
        { DISTRIBUTION_CONSTANT, 0.0, 0.0 },
        { DISTRIBUTION_ERLANG, 0.5, 0.5 },
        { DISTRIBUTION_ERLANG, 0.577, 0.57735 },
        { DISTRIBUTION_GAMMA, 1.5, 1.5 },
        { DISTRIBUTION_LOGNORMAL, 0.8, 0.8 },
        { DISTRIBUTION_HYPEREXPONENTIAL, 2.0, 2.0 },
        { DISTRIBUTION_WEIBULL, 1.4, 1.4 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct system system = system_of(open_clients(1000.0, "web"), queue_of(MANY, constant(0.0)));
        struct gaps gaps = { 0 };
        double mean_ns, n;

        system.users.gap_law = (int)cases[i].law;
        system.users.gap_cv = cases[i].cv;
        system.web.saw = saw_gap;
        system.web.argument = &gaps;
        system_wire(&system, 1);
        run_to(system.sim, 400 * SECOND);
        n = (double)gaps.count;
        mean_ns = gaps.sum_ns / n;
        ck_assert_double_eq_tol(mean_ns, 1e6, 1.0 + 4.0 * 1e6 * cases[i].expected_cv / sqrt(n));
        ck_assert_double_eq_tol(sqrt(fmax(0.0, gaps.squares / n - mean_ns * mean_ns)) / mean_ns,
                                cases[i].expected_cv, 0.02 * cases[i].expected_cv + 1e-4);
        sim_destroy(system.sim);
    }
}
END_TEST

/* No rate is a whole number of nanoseconds. */
START_TEST(test_clients_rates_are_exact_to_the_last_request)
{
    struct system system = system_of(open_clients(3000.0, "web"), queue_of(MANY, constant(0.0)));
    struct arrivals arrivals;
    int64_t now_ns = 0;

    system.users.gap_law = DISTRIBUTION_CONSTANT;
    system_wire(&system, 1);
    run_to(system.sim, 1000 * SECOND + 1);
    ck_assert_uint_eq(source_of(&system)->started, 3000000);
    arrivals_init(&arrivals, system.users_group, DISTRIBUTION_CONSTANT, 0.0, 7e8);
    for (int i = 0; i < 7000000; i++)
        now_ns = arrivals_next_ns(&arrivals, now_ns);
    ck_assert_int_ge(now_ns, 9999999);
    ck_assert_int_le(now_ns, 10000000);
    arrivals_init(&arrivals, system.users_group, DISTRIBUTION_EXPONENTIAL, 0.0, 1e9);
    now_ns = 0;
    for (int i = 0; i < 4000000; i++)
        now_ns = arrivals_next_ns(&arrivals, now_ns);
    ck_assert_int_ge(now_ns, 4000000 - 4 * 2000);
    ck_assert_int_le(now_ns, 4000000 + 4 * 2000);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_rare_arrivals_stay_within_time)
{
    struct system system = system_of(open_clients(1e-9, "web"), queue_of(MANY, constant(0.0)));

    system.users.gap_law = DISTRIBUTION_HYPEREXPONENTIAL;
    system.users.gap_cv = 100.0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        system_wire(&system, seed);
        run_to(system.sim, 8000000000 * SECOND); /* 250 years, and 8 arrivals, more or less */
        ck_assert_uint_lt(source_of(&system)->started, 8000);
        sim_destroy(system.sim);
    }
}
END_TEST

/* All lanes are taken: arrivals wait among the pending events, and nothing else changes. */
START_TEST(test_clients_without_a_lane_arrive_at_the_same_dates)
{
    struct gaps gaps[2] = { { 0 }, { 0 } };

    for (int i = 0; i < 2; i++) {
        struct system system = system_of(open_clients(1000.0, "web"), queue_of(MANY, exponential(0.1)));
        struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);

        system.web.saw = saw_gap;
        system.web.argument = &gaps[i];
        for (int64_t k = 0; i && k < LANES_MAX; k++)
            lanes_find(&sim->lanes, k);
        sim_add_group(sim, &clients_model.component, "users", 1, &system.users, &sim->sites[0]);
        sim_add_group(sim, &queue_type, "web", 1, &system.web, &sim->sites[0]);
        wire(sim);
        run_to(sim, 10 * SECOND);
        sim_destroy(sim);
    }
    ck_assert_uint_gt(gaps[0].count, 9000);
    ck_assert_mem_eq(&gaps[0], &gaps[1], sizeof gaps[0]);
}
END_TEST

START_TEST(test_clients_spread_over_the_instances_of_a_target)
{
    struct system system = system_of(open_clients(1000.0, "web"), queue_of(MANY, constant(0.001)));

    system.web_count = 3;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    for (uint32_t i = 0; i < 3; i++)
        assert_share(system.web_group->instances[i]->started, source_of(&system)->started, 1.0 / 3);
    sim_destroy(system.sim);
}
END_TEST

/* ---- closed ---- */

/* N users, mean pause Z, one exponential server of mean S (the machine repairman, M/M/1//N): the mean time
 * of a visit. It is the same for every law of the pause (Baskett, Chandy, Muntz, Palacios, 1975). */
static double repairman_latency(int n, double think_s, double service_s)
{
    double weight = 1.0, sum = 1.0, throughput;

    for (int k = 1; k <= n; k++) {
        weight *= (double)(n - k + 1) * service_s / think_s;
        sum += weight;
    }
    throughput = (1.0 - 1.0 / sum) / service_s;
    return n / throughput - think_s;
}

#define REPLICATIONS 10

static void assert_repairman(struct distribution_config think_time, bool identity)
{
    double means[REPLICATIONS], thinking[REPLICATIONS];
    double exact = repairman_latency(8, 1.0, 0.15);

    for (int i = 0; i < REPLICATIONS; i++) {
        struct system system =
            system_of(closed_clients(8, think_time, "web"), queue_of(1, exponential(0.15)));

        system.users.identity = identity;
        system_wire(&system, (uint64_t)i + 1);
        measure_to(system.sim, 5000.0);
        means[i] = mean_latency_s(system.sim);
        thinking[i] = 8.0 - component_in_flight_mean(source_of(&system));
        ck_assert_uint_le(component_in_flight(source_of(&system)), 8);
        sim_destroy(system.sim);
    }
    assert_estimates(means, REPLICATIONS, exact, 0.01);
    assert_estimates(thinking, REPLICATIONS, 8.0 / (1.0 + exact), 0.01);
}

START_TEST(test_clients_crowd_is_the_machine_repairman)
{
    assert_repairman(exponential(1.0), false);
}
END_TEST

START_TEST(test_clients_identities_follow_the_same_law_as_the_crowd)
{
    assert_repairman(exponential(1.0), true);
}
END_TEST

START_TEST(test_clients_pauses_of_any_law_give_the_same_latency)
{
    struct distribution_config erlang = law_of_mean(DISTRIBUTION_ERLANG, 1.0);
    struct distribution_config wild = law_of_mean(DISTRIBUTION_HYPEREXPONENTIAL, 1.0);

    erlang.shape = 3.0;
    wild.cv = 2.0;
    assert_repairman(constant(1.0), false);
    assert_repairman(erlang, false);
    assert_repairman(wild, true);
}
END_TEST

struct cost {
    uint64_t peak_bytes, events, started;
    uint32_t requests;
};

static struct cost cost_of(int64_t users, double think_s)
{
    struct system system =
        system_of(closed_clients(users, exponential(think_s), "web"), queue_of(MANY, exponential(0.005)));
    struct cost cost;

    system_wire(&system, 1);
    run_to(system.sim, 200 * SECOND);
    cost = (struct cost){ system.sim->memory.peak_bytes, system.sim->events, source_of(&system)->started,
                          system.sim->request_count };
    sim_destroy(system.sim);
    return cost;
}

START_TEST(test_clients_a_billion_idle_users_cost_what_a_thousand_do)
{
    struct cost thousand = cost_of(1000, 1.0), billion = cost_of(1000000000, 1e6);

    ck_assert_uint_eq(billion.peak_bytes, thousand.peak_bytes);
    ck_assert_uint_lt(billion.requests, 60);
    ck_assert_uint_lt(thousand.requests, 60);
    /* 1000 users send 1000 / 1.005 a second, with a Poisson spread or less; a request is two events */
    ck_assert_double_eq_tol((double)thousand.started, 200000 / 1.005, 4.0 * sqrt(200000.0));
    ck_assert_double_eq_tol((double)billion.started, 200000, 4.0 * sqrt(200000.0));
    ck_assert_uint_le(billion.events, 2 * billion.started + 1);
}
END_TEST

/* Four send in each nanosecond. */
START_TEST(test_clients_crowd_keeps_its_rate_below_a_nanosecond)
{
    struct system system =
        system_of(closed_clients(4000000000, exponential(1.0), "web"), queue_of(1, constant(1.0)));

    system_wire(&system, 1);
    run_to(system.sim, 100000);
    ck_assert_double_eq_tol((double)source_of(&system)->started, 4e5,
                            4.0 * sqrt(4e5) + 40.0); /* 40: fewer think */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_a_crowd_that_waits_sends_nothing)
{
    struct system system =
        system_of(closed_clients(3, exponential(0.001), "web"), queue_of(1, constant(100.0)));

    system_wire(&system, 1);
    run_to(system.sim, 90 * SECOND);
    ck_assert_uint_eq(source_of(&system)->started, 3);
    ck_assert_uint_eq(component_in_flight(source_of(&system)), 3);
    ck_assert_uint_eq(system.sim->timers.count, 0);
    run_to(system.sim, 101 * SECOND);
    ck_assert_uint_eq(source_of(&system)->started, 4);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_without_pause_send_after_each_answer)
{
    struct system system = system_of(closed_clients(4, constant(0.0), "web"), queue_of(MANY, constant(0.01)));

    system_wire(&system, 1);
    run_to(system.sim, 10 * SECOND);
    ck_assert_uint_eq(source_of(&system)->started, 4 * 1001);
    ck_assert_uint_le(system.sim->request_count, 4);
    sim_destroy(system.sim);
}
END_TEST

#define USERS_SEEN 50

struct identities {
    uint64_t numbers_sum[USERS_SEEN]; /* of the first 20 requests of each user */
    int count[USERS_SEEN];
    int together; /* requests of a user that came before the last one was answered */
    double service_s;
    int64_t busy_until_ns[USERS_SEEN];
};

static void saw_identity(void *argument, struct component *self, const struct request *request)
{
    struct identities *seen = argument;

    ck_assert_uint_lt(request->user, USERS_SEEN);
    if (self->sim->now_ns < seen->busy_until_ns[request->user])
        seen->together++;
    seen->busy_until_ns[request->user] = self->sim->now_ns + (int64_t)(seen->service_s * 1e9);
    if (seen->count[request->user]++ < 20)
        seen->numbers_sum[request->user] += rng_mix(request->frames[0].number);
}

static void run_identities(struct identities *seen, double service_s)
{
    struct system system =
        system_of(closed_clients(USERS_SEEN, exponential(1.0), "web"), queue_of(MANY, constant(service_s)));

    memset(seen, 0, sizeof *seen);
    seen->service_s = service_s;
    system.users.identity = true;
    system.web.saw = saw_identity;
    system.web.argument = seen;
    system_wire(&system, 1);
    run_to(system.sim, 400 * SECOND);
    sim_destroy(system.sim);
}

/* Whatever the system does to them, the same users want the same. */
START_TEST(test_clients_identities_send_one_at_a_time_and_the_same_in_every_system)
{
    struct identities fast, slow;

    run_identities(&fast, 0.01);
    run_identities(&slow, 5.0);
    ck_assert_int_eq(fast.together, 0);
    ck_assert_int_eq(slow.together, 0);
    for (int i = 0; i < USERS_SEEN; i++)
        ck_assert_int_ge(slow.count[i], 20);
    ck_assert_mem_eq(fast.numbers_sum, slow.numbers_sum, sizeof fast.numbers_sum);
}
END_TEST

/* Constant pauses do not keep users in step: they begin somewhere in their first one. */
START_TEST(test_clients_first_pauses_are_spread)
{
    struct system system =
        system_of(closed_clients(10000, constant(10.0), "web"), queue_of(MANY, constant(0.0)));

    system_wire(&system, 1);
    for (int64_t i = 1; i < 10; i++) {
        run_to(system.sim, i * SECOND);
        assert_share(source_of(&system)->started, 10000, (double)i / 10.0);
    }
    sim_destroy(system.sim);
}
END_TEST

/* ---- what is asked for ---- */

static const struct request_class_config plain_class = { .share = SHARE_EQUAL,
                                                         .popularity = POPULARITY_AS_DATA,
                                                         .exponent = POPULARITY_AS_DATA,
                                                         .request_size = 500 };

static struct request_class_config class_of(const char *name, double share)
{
    struct request_class_config class = plain_class;

    class.name = name;
    class.share = share;
    return class;
}

struct asked {
    uint64_t count[8];
    uint64_t hot[8];
    uint64_t hash;
};

static void saw_asked(void *argument, struct component *self, const struct request *request)
{
    struct asked *asked = argument;
    uint64_t class = request->request_class;

    (void)self;
    ck_assert_uint_eq(request->priority, class);
    ck_assert_uint_eq(request->bytes, 500 + class);
    ck_assert_uint_eq(request->rows, 1);
    asked->count[class]++;
    asked->hot[class] += request->key == 42;
    asked->hash =
        rng_hash(asked->hash, request->key ^ request->user << 20 ^ (uint64_t)self->sim->now_ns ^ class << 60);
}

static struct asked ask(struct request_class_config *classes, size_t count,
                        const struct environment *environment, enum pending_kind pending)
{
    struct system system = system_of(open_clients(1000.0, "web"), queue_of(2, exponential(0.001)));
    struct asked asked = { { 0 }, { 0 }, 0 };

    for (size_t i = 0; i < count; i++) {
        classes[i].priority = (int64_t)i;
        classes[i].request_size = 500 + (int64_t)i;
    }
    system.users.requests = (struct param_list){ count, classes };
    system.web.saw = saw_asked;
    system.web.argument = &asked;
    system.environment = environment;
    system.pending = pending;
    system_wire(&system, 1);
    run_to(system.sim, 200 * SECOND);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(system.sim->classes[i]->name, classes[i].name);
        ck_assert_uint_eq(system.sim->classes[i]->started, asked.count[i]);
    }
    sim_destroy(system.sim);
    return asked;
}

START_TEST(test_clients_classes_get_their_shares)
{
    struct request_class_config classes[5] = { class_of("view", 0.6), class_of("never", 0.0),
                                               class_of("edit", 0.05), class_of("search", 0.15),
                                               class_of("list", 0.2) };
    struct asked asked = ask(classes, 5, NULL, PENDING_LADDER);
    uint64_t sum = 0;

    for (int i = 0; i < 5; i++)
        sum += asked.count[i];
    for (int i = 0; i < 5; i++)
        assert_share(asked.count[i], sum, classes[i].share);
}
END_TEST

START_TEST(test_clients_classes_without_shares_are_equal)
{
    struct request_class_config classes[3] = { class_of("a", SHARE_EQUAL), class_of("b", SHARE_EQUAL),
                                               class_of("c", SHARE_EQUAL) };
    struct asked asked = ask(classes, 3, NULL, PENDING_LADDER);

    for (int i = 0; i < 3; i++)
        assert_share(asked.count[i], asked.count[0] + asked.count[1] + asked.count[2], 1.0 / 3);
}
END_TEST

START_TEST(test_clients_hot_rows_take_their_share)
{
    static const struct hot_row_config hot = { .row = 42, .share = 0.3 };
    struct data_set_config data = {
        .name = "profiles", .rows = 1000000, .row_size = 1000, .popularity = POPULARITY_UNIFORM
    };
    struct environment environment = { .data_sets = &data, .data_set_count = 1 };
    struct request_class_config classes[3] = { class_of("view", 0.5), class_of("edit", 0.3),
                                               class_of("home", 0.2) };
    struct asked asked;

    classes[0].key = classes[1].key = "profiles";
    classes[0].hot_rows = (struct param_list){ 1, &hot };
    asked = ask(classes, 3, &environment, PENDING_LADDER);
    assert_share(asked.hot[0], asked.count[0], 0.3);
    ck_assert_uint_le(asked.hot[1], 3); /* a millionth each */
    ck_assert_uint_eq(asked.hot[2], 0);
}
END_TEST

START_TEST(test_clients_runs_repeat_with_either_structure_of_events)
{
    struct data_set_config data = {
        .name = "profiles", .rows = 5000, .row_size = 1000, .popularity = POPULARITY_ZIPF, .exponent = 0.99
    };
    struct environment environment = { .data_sets = &data, .data_set_count = 1 };
    struct request_class_config classes[2] = { class_of("view", 0.9), class_of("edit", 0.1) };
    struct asked first, again, heap;

    classes[0].key = classes[1].key = "profiles";
    classes[1].popularity = POPULARITY_UNIFORM;
    first = ask(classes, 2, &environment, PENDING_LADDER);
    again = ask(classes, 2, &environment, PENDING_LADDER);
    heap = ask(classes, 2, &environment, PENDING_HEAP);
    ck_assert_mem_eq(&again, &first, sizeof first);
    ck_assert_mem_eq(&heap, &first, sizeof first);
}
END_TEST

/* ---- patience ---- */

/* Nothing is ever answered in time: three attempts, each an orphan, and a latency from the first one's
 * sending. */
START_TEST(test_clients_retries_are_attempts_and_latency_spans_them_all)
{
    struct system system = system_of(open_clients(100.0, "web"), queue_of(MANY, constant(0.010)));
    const struct request_class *class;

    system.users.call.timeout = 4000000;
    system.users.call.retries = 2;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    class = system.sim->classes[0];
    ck_assert_str_eq(class->name, "request");
    ck_assert_uint_gt(class->finished[OUTCOME_TIMEOUT], 9000);
    ck_assert_uint_eq(class->finished[OUTCOME_OK], 0);
    ck_assert_int_eq(histogram_min(&class->latency_failed), 12000000);
    ck_assert_int_eq(histogram_max(&class->latency_failed), 12000000);
    ck_assert_uint_eq(class->started + class->retries, system.web_group->instances[0]->started);
    ck_assert_uint_ge(class->started + class->retries, 3 * class->finished[OUTCOME_TIMEOUT]);
    ck_assert_uint_le(class->started + class->retries, 3 * class->started);
    ck_assert_uint_eq(system.sim->timeouts,
                      class->started + class->retries - component_in_flight(source_of(&system)));
    ck_assert_uint_ge(system.sim->orphans_ended, 3 * (class->finished[OUTCOME_TIMEOUT] - 20));
    sim_destroy(system.sim);
}
END_TEST

/* Who gives up thinks, and then comes back. */
START_TEST(test_clients_closed_users_survive_timeouts)
{
    for (int identity = 0; identity < 2; identity++) {
        struct system system =
            system_of(closed_clients(100, exponential(1.0), "web"), queue_of(MANY, exponential(0.2)));
        const struct component *source;
        uint64_t ended;

        system.users.identity = identity;
        system.users.call.timeout = SECOND / 10;
        system.users.call.retries = 1;
        system.users.call.backoff = SECOND / 20;
        system_wire(&system, 1);
        run_to(system.sim, 300 * SECOND);
        source = source_of(&system);
        ended = source->finished[OUTCOME_TIMEOUT] + source->finished[OUTCOME_OK];
        ck_assert_uint_gt(ended, 20000);
        assert_share(source->finished[OUTCOME_TIMEOUT], ended,
                     exp(-1.0)); /* both attempts take half a mean or more */
        ck_assert_uint_le(component_in_flight(source), 100);
        ck_assert_uint_gt(system.sim->orphans_ended, 5000);
        sim_destroy(system.sim);
    }
}
END_TEST

/* ---- mistakes ---- */

static struct param_problems problems_of(const struct clients_config *config)
{
    struct param_problems problems = { 0 };

    clients_model.check(config, &problems);
    return problems;
}

START_TEST(test_clients_check_wants_arrivals_or_users)
{
    struct clients_config config = open_clients(10.0, "web");

    ck_assert_int_eq(problems_of(&config).count, 0);
    config.users = 5;
    ck_assert_str_eq(problems_of(&config).text, "has both arrivals and users");
    config.arrivals = 0.0;
    ck_assert_int_eq(problems_of(&config).count, 0);
    config.users = 0;
    ck_assert_str_eq(problems_of(&config).text, "has neither arrivals nor users");
    config = closed_clients(8000001, constant(1.0), "web");
    ck_assert_str_eq(problems_of(&config).path, "users");
    config.think_time = exponential(1.0);
    ck_assert_int_eq(problems_of(&config).count, 0);
    config.identity = true;
    ck_assert_str_eq(problems_of(&config).path, "users");
}
END_TEST

START_TEST(test_clients_check_knows_the_laws_of_gaps)
{
    static const struct {
        int law;
        double cv;
        const char *text; /* NULL: fine */
    } cases[] = {
        { DISTRIBUTION_EXPONENTIAL, 0.0, NULL },
        { DISTRIBUTION_EXPONENTIAL, 1.0, "exponential gaps have no gap_cv to choose" },
        { DISTRIBUTION_GAMMA, 0.0, "gamma gaps need a gap_cv" },
        { DISTRIBUTION_GAMMA, 3.0, NULL },
        { DISTRIBUTION_ERLANG, 0.71, NULL },
        { DISTRIBUTION_ERLANG, 0.6,
          "erlang gaps have a gap_cv of 1 / sqrt(phases): 1, 0.707, 0.577, 0.5, 0.447, ..." },
        { DISTRIBUTION_ERLANG, 1.5,
          "erlang gaps have a gap_cv of 1 / sqrt(phases): 1, 0.707, 0.577, 0.5, 0.447, ..." },
        { DISTRIBUTION_HYPEREXPONENTIAL, 1.5, NULL },
    };
    struct clients_config config = open_clients(10.0, "web");
    struct param_problems problems;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config.gap_law = cases[i].law;
        config.gap_cv = cases[i].cv;
        problems = problems_of(&config);
        ck_assert_int_eq(problems.count, cases[i].text != NULL);
        ck_assert_str_eq(problems.text, cases[i].text ? cases[i].text : "");
    }
    config.gap_law = DISTRIBUTION_HYPEREXPONENTIAL;
    config.gap_cv = 0.5;
    problems = problems_of(&config);
    ck_assert_str_eq(problems.path, "gap_cv");
}
END_TEST

START_TEST(test_clients_check_adds_up_shares)
{
    static const struct hot_row_config hot[] = { { .row = 1, .share = 0.7 }, { .row = 2, .share = 0.4 } };
    struct request_class_config classes[2] = { class_of("view", 0.95), class_of("edit", 0.04) };
    struct clients_config config = open_clients(10.0, "web");
    struct param_problems problems;

    config.requests = (struct param_list){ 2, classes };
    problems = problems_of(&config);
    ck_assert_str_eq(problems.path, "requests");
    ck_assert_str_eq(problems.text, "the shares add up to 99 %, not to 100 %");
    classes[1].share = 0.05;
    ck_assert_int_eq(problems_of(&config).count, 0);
    classes[1].share = SHARE_EQUAL;
    ck_assert_str_eq(problems_of(&config).text, "1 of 2 classes have a share");
    classes[0].share = SHARE_EQUAL;
    ck_assert_int_eq(problems_of(&config).count, 0);
    classes[1].hot_rows = (struct param_list){ 1, hot };
    ck_assert_str_eq(problems_of(&config).path, "requests.edit");
    classes[1].key = "profiles";
    ck_assert_int_eq(problems_of(&config).count, 0);
    classes[1].hot_rows.count = 2;
    problems = problems_of(&config);
    ck_assert_str_eq(problems.path, "requests.edit.hot_rows");
    ck_assert_str_eq(problems.text, "the shares add up to 110 %, more than 100 %");
    classes[1].hot_rows.count = 1;
    classes[1].popularity = POPULARITY_UNIFORM;
    classes[1].exponent = 1.0;
    ck_assert_str_eq(problems_of(&config).path, "requests.edit.exponent");
}
END_TEST

START_TEST(test_clients_check_wired_finds_rows_that_are_not_there)
{
    static const struct hot_row_config hot[] = { { .row = 999, .share = 0.1 },
                                                 { .row = 1000, .share = 0.1 } };
    struct data_set_config data = {
        .name = "profiles", .rows = 1000, .row_size = 1000, .popularity = POPULARITY_UNIFORM
    };
    struct environment environment = { .data_sets = &data, .data_set_count = 1 };
    struct request_class_config classes[1] = { class_of("view", 1.0) };
    struct system system = system_of(open_clients(1.0, "web"), queue_of(1, constant(0.0)));
    struct param_problems problems = { 0 };

    classes[0].key = "profiles";
    classes[0].hot_rows = (struct param_list){ 2, hot };
    system.users.requests = (struct param_list){ 1, classes };
    system.environment = &environment;
    system_wire(&system, 1);
    clients_model.check_wired(system.users_group, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.path, "requests.view.hot_rows[1].row");
    ck_assert_str_eq(problems.text, "profiles has rows 0 to 999");
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("clients", test_clients_gaps_have_the_mean_and_cv_of_their_law,
          test_clients_rates_are_exact_to_the_last_request, test_clients_rare_arrivals_stay_within_time,
          test_clients_without_a_lane_arrive_at_the_same_dates,
          test_clients_spread_over_the_instances_of_a_target, test_clients_crowd_is_the_machine_repairman,
          test_clients_identities_follow_the_same_law_as_the_crowd,
          test_clients_pauses_of_any_law_give_the_same_latency,
          test_clients_a_billion_idle_users_cost_what_a_thousand_do,
          test_clients_crowd_keeps_its_rate_below_a_nanosecond, test_clients_a_crowd_that_waits_sends_nothing,
          test_clients_without_pause_send_after_each_answer,
          test_clients_identities_send_one_at_a_time_and_the_same_in_every_system,
          test_clients_first_pauses_are_spread, test_clients_classes_get_their_shares,
          test_clients_classes_without_shares_are_equal, test_clients_hot_rows_take_their_share,
          test_clients_runs_repeat_with_either_structure_of_events,
          test_clients_retries_are_attempts_and_latency_spans_them_all,
          test_clients_closed_users_survive_timeouts, test_clients_check_wants_arrivals_or_users,
          test_clients_check_knows_the_laws_of_gaps, test_clients_check_adds_up_shares,
          test_clients_check_wired_finds_rows_that_are_not_there)
