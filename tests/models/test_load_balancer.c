#include "models/load_balancer.h"

#include "tests/models/queue_tier.h"

/* ---- policies alone ---- */

struct rig {
    struct memory memory;
    struct balancing balancing;
    struct rng rng;
};

static void rig_init(struct rig *rig, struct balancing_config config)
{
    memory_init(&rig->memory, UINT64_MAX);
    rng_init(&rig->rng, 1, "test", "balancing");
    balancing_init(&rig->balancing, &rig->memory, &config);
}

static uint32_t choose(struct rig *rig)
{
    return balancing_choose(&rig->balancing, &rig->rng, 7);
}

/* What least connections must do, by looking at everybody. */
struct naive {
    uint32_t count;
    uint32_t connections[1000];
    bool is_available[1000];
};

static uint32_t naive_first(const struct naive *naive)
{
    uint32_t best = BALANCING_NONE;

    for (uint32_t i = 0; i < naive->count; i++)
        if (naive->is_available[i] &&
            (best == BALANCING_NONE || naive->connections[i] < naive->connections[best]))
            best = i;
    return best;
}

static void naive_step(struct rig *rig, struct naive *naive, struct rng *rng, bool is_first)
{
    uint64_t what = rng_below(rng, 100);
    uint32_t target = (uint32_t)rng_below(rng, naive->count);

    if (what < 2) {
        naive->is_available[target] = !naive->is_available[target];
        balancing_set_available(&rig->balancing, target, naive->is_available[target]);
    } else if (what < 48) {
        if (!naive->connections[target])
            return;
        naive->connections[target]--;
        balancing_return(&rig->balancing, target);
    } else {
        uint32_t best = naive_first(naive), chosen = choose(rig);

        if (best == BALANCING_NONE || is_first) {
            ck_assert_uint_eq(chosen, best);
        } else {
            ck_assert(naive->is_available[chosen]);
            ck_assert_uint_eq(naive->connections[chosen], naive->connections[best]);
        }
        if (chosen != BALANCING_NONE)
            naive->connections[chosen]++;
    }
}

static void compare_with_naive(uint32_t count, enum balancing_ties ties)
{
    struct naive *naive = calloc(1, sizeof *naive);
    struct rng rng;
    struct rig rig;

    ck_assert_ptr_nonnull(naive);
    rng_init(&rng, count, "test", "steps");
    rig_init(&rig, (struct balancing_config){
                       .policy = BALANCING_LEAST_CONNECTIONS, .ties = ties, .count = count });
    naive->count = count;
    memset(naive->is_available, true, sizeof naive->is_available);
    for (int i = 0; i < 20000; i++)
        naive_step(&rig, naive, &rng, ties == BALANCING_TIES_FIRST);
    for (uint32_t i = 0; i < count; i++)
        ck_assert_uint_eq(rig.balancing.connections[i], naive->connections[i]);
    memory_deinit(&rig.memory);
    free(naive);
}

START_TEST(test_balancing_least_connections_never_prefers_a_busier_one)
{
    static const uint32_t counts[] = { 1, 2, 3, 16, 17, 64, 65, 1000 };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        compare_with_naive(counts[i], BALANCING_TIES_RANDOM);
        compare_with_naive(counts[i], BALANCING_TIES_FIRST);
    }
}
END_TEST

START_TEST(test_balancing_least_connections_spreads_ties_evenly)
{
    uint64_t chosen[5] = { 0 };
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_LEAST_CONNECTIONS, .count = 6 });
    balancing_set_available(&rig.balancing, 5, false);
    for (int i = 0; i < 100000; i++) {
        uint32_t target = choose(&rig);

        chosen[target]++;
        balancing_return(&rig.balancing, target);
    }
    for (int i = 0; i < 5; i++)
        assert_share(chosen[i], 100000, 0.2);
    memory_deinit(&rig.memory);
}
END_TEST

START_TEST(test_balancing_least_connections_reaches_any_level)
{
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_LEAST_CONNECTIONS, .count = 3 });
    for (int i = 0; i < 30000; i++)
        choose(&rig);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(rig.balancing.connections[i], 10000);
    for (int i = 0; i < 10000; i++)
        balancing_return(&rig.balancing, 1);
    for (int i = 0; i < 10000; i++)
        ck_assert_uint_eq(choose(&rig), 1);
    memory_deinit(&rig.memory);
}
END_TEST

/* Targets 0 to 3 have 0 to 3 requests out: who is chosen? */
static void assert_power_of_d(uint32_t choices, bool with_replacement, const double *probability)
{
    const int n = 200000;
    uint64_t chosen[4] = { 0 };
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_POWER_OF_D,
                                              .count = 4,
                                              .choices = choices,
                                              .with_replacement = with_replacement });
    for (uint32_t i = 0; i < 4; i++)
        rig.balancing.connections[i] = i;
    for (int i = 0; i < n; i++) {
        uint32_t target = choose(&rig);

        chosen[target]++;
        balancing_return(&rig.balancing, target);
    }
    for (int i = 0; i < 4; i++)
        assert_share(chosen[i], (uint64_t)n, probability[i]);
    memory_deinit(&rig.memory);
}

START_TEST(test_balancing_power_of_d_draws_distinct_or_not)
{
    assert_power_of_d(1, false, (double[]){ 0.25, 0.25, 0.25, 0.25 });
    assert_power_of_d(2, false, (double[]){ 3.0 / 6, 2.0 / 6, 1.0 / 6, 0.0 });
    assert_power_of_d(2, true, (double[]){ 7.0 / 16, 5.0 / 16, 3.0 / 16, 1.0 / 16 });
    assert_power_of_d(3, false, (double[]){ 0.75, 0.25, 0.0, 0.0 });
    assert_power_of_d(3, true, (double[]){ 37.0 / 64, 19.0 / 64, 7.0 / 64, 1.0 / 64 });
    assert_power_of_d(4, false, (double[]){ 1.0, 0.0, 0.0, 0.0 });
    assert_power_of_d(64, false, (double[]){ 1.0, 0.0, 0.0, 0.0 });
}
END_TEST

/* Equals are taken as they were drawn, so all alike; also when all of them are drawn. */
START_TEST(test_balancing_power_of_d_spreads_ties_evenly)
{
    uint64_t chosen[7] = { 0 };
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_POWER_OF_D, .count = 7, .choices = 7 });
    for (int i = 0; i < 70000; i++) {
        uint32_t target = choose(&rig);

        chosen[target]++;
        balancing_return(&rig.balancing, target);
    }
    for (int i = 0; i < 7; i++)
        assert_share(chosen[i], 70000, 1.0 / 7);
    memory_deinit(&rig.memory);
}
END_TEST

START_TEST(test_balancing_ip_hash_moves_only_users_of_a_lost_target)
{
    enum { USERS = 10000 };
    static uint32_t home[USERS];
    uint64_t users_of[5] = { 0 };
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_IP_HASH, .count = 5, .hash_key = 99 });
    for (uint64_t user = 0; user < USERS; user++) {
        home[user] = balancing_choose(&rig.balancing, &rig.rng, user);
        users_of[home[user]]++;
    }
    for (int i = 0; i < 5; i++)
        assert_share(users_of[i], USERS, 0.2);
    balancing_set_available(&rig.balancing, 2, false);
    for (uint64_t user = 0; user < USERS; user++) {
        uint32_t target = balancing_choose(&rig.balancing, &rig.rng, user);

        ck_assert(home[user] == 2 ? target != 2 : target == home[user]);
    }
    balancing_set_available(&rig.balancing, 2, true);
    for (uint64_t user = 0; user < USERS; user++)
        ck_assert_uint_eq(balancing_choose(&rig.balancing, &rig.rng, user), home[user]);
    memory_deinit(&rig.memory);
}
END_TEST

/* Weights 5, 1 and 1 as nginx's own example has them: the heavy one never has all its turns in a row. */
START_TEST(test_balancing_weighted_spreads_its_turns_out)
{
    static const uint32_t weights[] = { 5, 1, 1 }, expected[] = { 0, 0, 1, 0, 2, 0, 0 };
    uint64_t chosen[3] = { 0 };
    struct rig rig;

    rig_init(&rig,
             (struct balancing_config){ .policy = BALANCING_WEIGHTED, .count = 3, .weights = weights });
    for (int i = 0; i < 700; i++) {
        uint32_t target = choose(&rig);

        ck_assert_uint_eq(target, expected[i % 7]);
        chosen[target]++;
    }
    ck_assert_uint_eq(chosen[0], 500);
    balancing_set_available(&rig.balancing, 0, false);
    for (int i = 0; i < 100; i++)
        chosen[choose(&rig)]++;
    ck_assert_uint_eq(chosen[0], 500);
    ck_assert_uint_eq(chosen[1], 150);
    balancing_set_available(&rig.balancing, 0, true);
    for (int i = 0; i < 700; i++)
        chosen[choose(&rig)]++;
    ck_assert_uint_eq(chosen[0], 1000);
    memory_deinit(&rig.memory);
}
END_TEST

/* The fifth of five servers goes and comes: its fifth of the users moves (the share of a node of 100
 * virtual ones has a standard deviation of 0.018), spread over the others, and nobody else. */
START_TEST(test_balancing_consistent_hash_moves_only_users_of_a_lost_target)
{
    enum { USERS = 20000 };
    static uint32_t home[USERS];
    uint64_t moved_to[5] = { 0 }, moved = 0;
    struct hash_ring ring;
    struct rig rig;

    rig_init(&rig, (struct balancing_config){
                       .policy = BALANCING_CONSISTENT_HASH, .count = 5, .ring = &ring });
    hash_ring_init(&ring, &rig.memory, 5, 100, 42);
    for (uint64_t user = 0; user < USERS; user++)
        home[user] = balancing_choose(&rig.balancing, &rig.rng, user);
    balancing_set_available(&rig.balancing, 4, false);
    for (uint64_t user = 0; user < USERS; user++) {
        uint32_t target = balancing_choose(&rig.balancing, &rig.rng, user);

        ck_assert(home[user] == 4 ? target != 4 : target == home[user]);
        moved += home[user] == 4;
        moved_to[target] += home[user] == 4;
    }
    ck_assert_double_eq_tol((double)moved / USERS, 0.2, 4 * 0.018);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_gt(moved_to[i], moved / 8);
    balancing_set_available(&rig.balancing, 4, true);
    for (uint64_t user = 0; user < USERS; user++)
        ck_assert_uint_eq(balancing_choose(&rig.balancing, &rig.rng, user), home[user]);
    memory_deinit(&rig.memory);
}
END_TEST

START_TEST(test_balancing_another_one_is_chosen_where_there_is_one)
{
    static const uint32_t weights[] = { 1, 2, 3, 4 };

    for (int policy = 0; policy < BALANCING_POLICIES; policy++) {
        struct hash_ring ring;
        struct rig rig;

        rig_init(&rig, (struct balancing_config){ .policy = (enum balancing_policy)policy,
                                                  .count = 4,
                                                  .choices = 2,
                                                  .weights = weights,
                                                  .ring = &ring });
        hash_ring_init(&ring, &rig.memory, 4, 10, 1);
        for (int i = 0; i < 200; i++) {
            uint32_t failed = choose(&rig), other;

            balancing_return(&rig.balancing, failed);
            other = balancing_choose_other(&rig.balancing, &rig.rng, 7, failed);
            ck_assert_uint_ne(other, failed);
            ck_assert_uint_eq(rig.balancing.connections[other], 1);
            balancing_return(&rig.balancing, other);
        }
        for (uint32_t i = 1; i < 4; i++)
            balancing_set_available(&rig.balancing, i, false);
        ck_assert_uint_eq(balancing_choose_other(&rig.balancing, &rig.rng, 7, 0), 0);
        balancing_set_available(&rig.balancing, 0, false);
        ck_assert_uint_eq(balancing_choose_other(&rig.balancing, &rig.rng, 7, 0), BALANCING_NONE);
        memory_deinit(&rig.memory);
    }
}
END_TEST

START_TEST(test_balancing_round_robin_takes_turns_among_the_available)
{
    static const uint32_t expected[] = { 1, 2, 3, 0, 1, 2, 3, 0 };
    struct rig rig;

    rig_init(&rig, (struct balancing_config){ .policy = BALANCING_ROUND_ROBIN, .count = 4, .first = 5 });
    for (int i = 0; i < 8; i++)
        ck_assert_uint_eq(choose(&rig), expected[i]);
    balancing_set_available(&rig.balancing, 3, false);
    ck_assert_uint_eq(choose(&rig), 1);
    ck_assert_uint_eq(choose(&rig), 2);
    ck_assert_uint_eq(choose(&rig), 0);
    memory_deinit(&rig.memory);
}
END_TEST

START_TEST(test_balancing_without_targets_chooses_nobody)
{
    uint32_t weights[40];

    for (uint32_t i = 0; i < 40; i++)
        weights[i] = i + 1;
    for (int policy = 0; policy < BALANCING_POLICIES; policy++)
        for (int ties = BALANCING_TIES_RANDOM; ties <= BALANCING_TIES_FIRST; ties++) {
            struct hash_ring ring;
            struct rig rig;

            rig_init(&rig, (struct balancing_config){ .policy = (enum balancing_policy)policy,
                                                      .count = 40,
                                                      .choices = 2,
                                                      .weights = weights,
                                                      .ring = &ring,
                                                      .ties = (enum balancing_ties)ties });
            hash_ring_init(&ring, &rig.memory, 40, 3, 1);
            for (uint32_t i = 0; i < 40; i++)
                balancing_set_available(&rig.balancing, i, false);
            ck_assert_uint_eq(choose(&rig), BALANCING_NONE);
            balancing_set_available(&rig.balancing, 33, true);
            ck_assert_uint_eq(choose(&rig), 33);
            ck_assert_uint_eq(choose(&rig), 33);
            memory_deinit(&rig.memory);
        }
}
END_TEST

/* ---- in a system: users at a rate, the balancer, queues ---- */

struct system {
    struct clients_config users;
    struct load_balancer_config lb;
    struct queue_config web;
    uint32_t web_count, lb_count;
    struct sim *sim;
    struct group *users_group, *lb_group, *web_group;
};

static struct system system_of(enum balancing_policy policy, uint32_t web_count, double per_s,
                               double service_s)
{
    return (struct system){
        .users = open_clients(per_s, "lb"),
        .lb = { .targets = "web",
                .policy = (int)policy,
                .choices = 2,
                .virtual_nodes = 100,
                .forward_time = constant(0.0),
                .connections = INT64_MAX,
                .price = 0.0225,
                .call = no_policy },
        .web = queue_of(1, exponential(service_s)),
        .web_count = web_count,
        .lb_count = 1,
    };
}

static void system_add(struct system *system, uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    system->sim = sim;
    system->users_group =
        sim_add_group(sim, &clients_model.component, "users", 1, &system->users, &sim->sites[0]);
    system->lb_group = sim_add_group(sim, &load_balancer_model.component, "lb", system->lb_count, &system->lb,
                                     &sim->sites[0]);
    system->web_group =
        sim_add_group(sim, &queue_type, "web", system->web_count, &system->web, &sim->sites[0]);
}

static void system_wire(struct system *system, uint64_t seed)
{
    system_add(system, seed);
    wire(system->sim);
}

static void mean_latencies(struct system *system, double end_s, double *means, int replications)
{
    for (int i = 0; i < replications; i++) {
        system_wire(system, (uint64_t)i + 1);
        measure_to(system->sim, end_s);
        means[i] = mean_latency_s(system->sim);
        sim_destroy(system->sim);
    }
}

#define REPLICATIONS 10

/* n servers of rate 1, each offered 1/n of the arrivals. */
static void assert_mean_latency(enum balancing_policy policy, uint32_t n, double load, double requests,
                                double exact, double precision)
{
    struct system system = system_of(policy, n, load * n, 1.0);
    double means[REPLICATIONS];

    mean_latencies(&system, requests / (load * n) / REPLICATIONS, means, REPLICATIONS);
    assert_estimates(means, REPLICATIONS, exact, precision);
}

/* Each queue is M/M/1. */
START_TEST(test_load_balancer_random_splits_a_poisson_process)
{
    assert_mean_latency(BALANCING_RANDOM, 4, 0.8, 2e6, 5.0, 0.01);
}
END_TEST

/* Each queue is E4/M/1: 1 / (1 - sigma), sigma the root of sigma = A*(1 - sigma). */
START_TEST(test_load_balancer_round_robin_gives_erlang_gaps)
{
    assert_mean_latency(BALANCING_ROUND_ROBIN, 4, 0.8, 2e6, 3.26738361, 0.01);
}
END_TEST

/* Join the shortest queue, from its exact Markov chain. Which of equals is taken does not matter for the
 * mean. */
START_TEST(test_load_balancer_least_connections_joins_the_shortest_queue)
{
    struct system system = system_of(BALANCING_LEAST_CONNECTIONS, 4, 3.2, 1.0);
    double means[REPLICATIONS];

    mean_latencies(&system, 60000, means, REPLICATIONS);
    assert_estimates(means, REPLICATIONS, 1.9531336, 0.01);
    system.lb.ties = BALANCING_TIES_FIRST;
    mean_latencies(&system, 60000, means, REPLICATIONS);
    assert_estimates(means, REPLICATIONS, 1.9531336, 0.01);
}
END_TEST

/* Mitzenmacher's simulation of 100 queues: 2.6454 with two distinct ones; ours and another program's for
 * two draws with replacement: 2.6604 and 2.6593 +- 0.0031. In the limit of many queues 2.6141. */
START_TEST(test_load_balancer_power_of_two_meets_published_figures)
{
    struct system system = system_of(BALANCING_POWER_OF_D, 100, 90.0, 1.0);
    double distinct[REPLICATIONS], replaced[REPLICATIONS], differences[REPLICATIONS];
    struct estimate difference;

    mean_latencies(&system, 5000, distinct, REPLICATIONS);
    assert_estimates(distinct, REPLICATIONS, 2.6457, 0.005);
    system.lb.with_replacement = true;
    mean_latencies(&system, 5000, replaced, REPLICATIONS);
    assert_estimates(replaced, REPLICATIONS, 2.6600, 0.005);
    for (int i = 0; i < REPLICATIONS; i++)
        differences[i] = replaced[i] - distinct[i]; /* of the same work: much sharper than either */
    difference = estimate_of(differences, REPLICATIONS);
    ck_assert_double_gt(difference.mean, 4.0 * difference.error);
}
END_TEST

/* The same users want the same work whatever the policy: pairs of runs differ by the policy alone. */
START_TEST(test_load_balancer_policies_rank_on_the_same_work)
{
    static const enum balancing_policy policies[] = { BALANCING_RANDOM, BALANCING_ROUND_ROBIN,
                                                      BALANCING_POWER_OF_D, BALANCING_LEAST_CONNECTIONS };
    double last[3] = { INFINITY, INFINITY, INFINITY };

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct system system = system_of(policies[i], 4, 3.2, 1.0);
        double means[3];

        mean_latencies(&system, 20000, means, 3);
        for (int k = 0; k < 3; k++) {
            ck_assert_double_lt(means[k], last[k]);
            last[k] = means[k];
        }
    }
}
END_TEST

struct work_seen {
    uint64_t count, numbers, users; /* sums: the order does not matter */
};

static void saw_work(void *argument, struct component *self, const struct request *request)
{
    struct work_seen *seen = argument;

    (void)self;
    seen->count++;
    seen->numbers += hash_key(request->frames[request->top].number);
    seen->users += rng_hash(request->frames[request->top].number, request->user);
}

START_TEST(test_load_balancer_passes_on_who_wants_what)
{
    struct work_seen first = { 0 };

    for (int policy = 0; policy < BALANCING_POLICIES; policy++) {
        struct system system = system_of((enum balancing_policy)policy, 4, 3.2, 1.0);
        struct work_seen seen = { 0 };

        system.web.saw = saw_work;
        system.web.argument = &seen;
        system_wire(&system, 5);
        run_to(system.sim, 1000 * SECOND);
        ck_assert_uint_eq(seen.count, system.users_group->instances[0]->started);
        sim_destroy(system.sim);
        if (policy == BALANCING_ROUND_ROBIN)
            first = seen;
        ck_assert_mem_eq(&seen, &first, sizeof seen);
    }
}
END_TEST

#define USERS_SEEN 500

struct homes {
    int instance[USERS_SEEN]; /* plus 1; 0: not seen */
    int moved;
};

static void saw_home(void *argument, struct component *self, const struct request *request)
{
    struct homes *homes = argument;
    int *home = &homes->instance[request->user];

    if (*home && *home != (int)self->instance + 1)
        homes->moved++;
    *home = (int)self->instance + 1;
}

static int users_moved(enum balancing_policy policy)
{
    struct system system = system_of(policy, 7, 100.0, 0.01);
    struct homes homes = { .moved = 0 };

    system.lb_count = 3; /* they agree */
    system.users.population = USERS_SEEN;
    system.web.saw = saw_home;
    system.web.argument = &homes;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    for (uint32_t i = 0; i < 3; i++)
        assert_share(system.lb_group->instances[i]->started, system.users_group->instances[0]->started,
                     1.0 / 3);
    sim_destroy(system.sim);
    return homes.moved;
}

START_TEST(test_load_balancer_ip_hash_keeps_a_user_at_a_server)
{
    ck_assert_int_eq(users_moved(BALANCING_IP_HASH), 0);
    ck_assert_int_eq(users_moved(BALANCING_CONSISTENT_HASH), 0);
    ck_assert_int_gt(users_moved(BALANCING_RANDOM), 1000);
}
END_TEST

/* Nobody waits behind it, so connections are the servers of M/M/5/5: Erlang's B of 4 erlangs is 0.199067. */
START_TEST(test_load_balancer_connections_refuse_as_erlang_b)
{
    struct system system = system_of(BALANCING_ROUND_ROBIN, 2, 4.0, 1.0);
    double refused[REPLICATIONS];

    system.lb.connections = 5;
    system.web.servers = MANY;
    for (int i = 0; i < REPLICATIONS; i++) {
        const struct component *lb;

        system_wire(&system, (uint64_t)i + 1);
        measure_to(system.sim, 25000);
        lb = system.lb_group->instances[0];
        refused[i] = (double)(lb->finished[OUTCOME_REFUSED] - lb->window_finished[OUTCOME_REFUSED]) /
                     (double)(lb->started - lb->window_started);
        ck_assert_uint_le(component_in_flight(lb), 5);
        ck_assert_str_eq(lb->resources[0].name, "connections");
        ck_assert(lb->resources[0].held);
        sim_destroy(system.sim);
    }
    assert_estimates(refused, REPLICATIONS, 0.199067, 0.01);
}
END_TEST

START_TEST(test_load_balancer_forward_time_delays_and_price_is_billed)
{
    struct system system = system_of(BALANCING_ROUND_ROBIN, 2, 100.0, 0.0);

    system.lb_count = 2;
    system.lb.forward_time = constant(0.003);
    system.web = queue_of(MANY, constant(0.002));
    system_wire(&system, 1);
    run_to(system.sim, 10 * SECOND);
    ck_assert_int_eq(histogram_min(&system.sim->classes[0]->latency_ok), 5000000);
    ck_assert_int_eq(histogram_max(&system.sim->classes[0]->latency_ok), 5000000);
    ck_assert_double_eq_tol(system.lb_group->cost_per_hour, 0.045, 1e-12);
    sim_destroy(system.sim);
}
END_TEST

/* One server never answers in time: the balancer gives its calls up and stops counting them, the server
 * goes on. */
START_TEST(test_load_balancer_timeouts_leave_orphans_and_free_connections)
{
    struct system system = system_of(BALANCING_LEAST_CONNECTIONS, 3, 50.0, 0.0);
    const struct component *lb;
    uint64_t timeouts, begun = 0, answered = 0;

    system.web = queue_of(MANY, exponential(0.1));
    system.lb.call.timeout = SECOND / 10;
    system.lb.call.retries = 1;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    lb = system.lb_group->instances[0];
    timeouts = lb->finished[OUTCOME_TIMEOUT];
    for (uint32_t i = 0; i < 3; i++) {
        begun += system.web_group->instances[i]->started;
        answered += system.web_group->instances[i]->finished[OUTCOME_OK];
    }
    /* an attempt takes longer than its mean with probability 1 / e, both do with its square */
    assert_share(timeouts, timeouts + lb->finished[OUTCOME_OK], exp(-2.0));
    assert_share(system.sim->timeouts, begun, exp(-1.0));
    ck_assert_uint_gt(system.sim->orphans_ended, 0);
    ck_assert_uint_le(system.sim->orphans_ended, system.sim->timeouts);
    ck_assert_uint_le(begun - answered, 100);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_load_balancer_is_the_only_public_address)
{
    struct system system = system_of(BALANCING_ROUND_ROBIN, 3, 1.0, 1.0);
    struct clients_config others = open_clients(1.0, "web");
    struct param_problems problems = { 0 };

    system_wire(&system, 1);
    load_balancer_model.check_wired(system.lb_group, &problems);
    ck_assert_int_eq(problems.count, 0);
    sim_destroy(system.sim);
    system_add(&system, 1);
    sim_add_group(system.sim, &clients_model.component, "others", 1, &others, &system.sim->sites[0]);
    wire(system.sim);
    load_balancer_model.check_wired(system.lb_group, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.text, "others calls web directly, past the balancer");
    sim_destroy(system.sim);
}
END_TEST

static void pass_wire_group(struct group *group)
{
    sim_link_all(group, sim_find_group(group->sim, "web"), NULL);
}

/* What stands between users and the balancer is outside too; a server inside may call the servers. */
START_TEST(test_load_balancer_hides_its_servers_from_what_is_outside)
{
    const struct model_type edge = { .component = { .name = "edge", .wire_group = pass_wire_group },
                                     .outside = true };
    const struct model_type inner = { .component = { .name = "inner", .wire_group = pass_wire_group } };
    struct system system = system_of(BALANCING_ROUND_ROBIN, 3, 1.0, 1.0);
    struct param_problems problems = { 0 };

    system_add(&system, 1);
    sim_add_group(system.sim, &inner.component, "inner", 1, NULL, &system.sim->sites[0]);
    sim_add_part(sim_add_group(system.sim, &edge.component, "edge", 1, NULL, &system.sim->sites[0]),
                 &edge.component, "copy", 2, NULL);
    wire(system.sim);
    load_balancer_model.check_wired(system.lb_group, &problems);
    ck_assert_int_eq(problems.count, 1);
    ck_assert_str_eq(problems.text, "edge calls web directly, past the balancer");
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("load_balancer", test_balancing_least_connections_never_prefers_a_busier_one,
          test_balancing_least_connections_spreads_ties_evenly,
          test_balancing_least_connections_reaches_any_level, test_balancing_power_of_d_draws_distinct_or_not,
          test_balancing_power_of_d_spreads_ties_evenly,
          test_balancing_ip_hash_moves_only_users_of_a_lost_target,
          test_balancing_round_robin_takes_turns_among_the_available,
          test_balancing_weighted_spreads_its_turns_out,
          test_balancing_consistent_hash_moves_only_users_of_a_lost_target,
          test_balancing_another_one_is_chosen_where_there_is_one,
          test_balancing_without_targets_chooses_nobody, test_load_balancer_random_splits_a_poisson_process,
          test_load_balancer_round_robin_gives_erlang_gaps,
          test_load_balancer_least_connections_joins_the_shortest_queue,
          test_load_balancer_power_of_two_meets_published_figures,
          test_load_balancer_policies_rank_on_the_same_work, test_load_balancer_passes_on_who_wants_what,
          test_load_balancer_ip_hash_keeps_a_user_at_a_server,
          test_load_balancer_connections_refuse_as_erlang_b,
          test_load_balancer_forward_time_delays_and_price_is_billed,
          test_load_balancer_timeouts_leave_orphans_and_free_connections,
          test_load_balancer_is_the_only_public_address,
          test_load_balancer_hides_its_servers_from_what_is_outside)
