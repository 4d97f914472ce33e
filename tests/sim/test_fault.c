/* Crashes and restarts, against scripts worked out by hand, and conservation through crashes
 * at drawn dates. */
#include "sim/fault.h"
#include "sim/trace.h"
#include "tests/sim/tiny_models.h"

static struct distribution_config constant(double mean_s)
{
    return tiny_law(DISTRIBUTION_CONSTANT, mean_s);
}

/* users - front - back, of which a test uses what it needs. */
struct chain {
    struct network network;
    struct tiny_source_config source;
    struct tiny_server_config front, back;
    struct tiny_record records[64];
    int64_t dates_ns[64];
    struct sim *sim;
};

/* Does not begin: faults are to be added. */
static void wire(struct sim *sim)
{
    const struct group *cycle;

    ck_assert(sim_wire(sim, &cycle));
}

static struct station_config fifo(uint32_t servers)
{
    return (struct station_config){ .name = "servers", .servers = servers, .waiting_max = STATION_UNLIMITED };
}

/* Requests at the given dates, in ms. */
static void chain_init(struct chain *chain, double latency_s, double work_s, uint32_t count,
                       const int *dates_ms)
{
    *chain = (struct chain){ .network = tiny_network(constant(latency_s)),
                             .source = tiny_source_of("front", count),
                             .front = tiny_server_of(constant(work_s)),
                             .back = tiny_server_of(constant(0.010)) };
    for (uint32_t i = 0; i < count; i++)
        chain->dates_ns[i] = dates_ms[i] * MS;
    chain->source.dates_ns = chain->dates_ns;
    chain->source.ended = tiny_record;
    chain->source.argument = chain->records;
}

static void chain_wire(struct chain *chain, uint32_t backs)
{
    chain->sim = tiny_sim(5, &chain->network);
    tiny_add_source(chain->sim, "source", &chain->source);
    tiny_add_server(chain->sim, "front", 1, &chain->front);
    if (backs)
        tiny_add_server(chain->sim, "back", backs, &chain->back);
    wire(chain->sim);
}

static void crash(struct sim *sim, const char *name, uint32_t instance, int64_t from_ns, int64_t until_ns)
{
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, name), .first = instance,
                                        .last = instance,
                                        .from_ns = from_ns, .until_ns = until_ns });
}

static struct component *instance_of(const struct sim *sim, const char *name, uint32_t instance)
{
    return sim_find_group(sim, name)->instances[instance];
}

/* Nothing is left: no request, no timeout, no place that waits for an event. */
static void assert_empty(const struct sim *sim)
{
    uint32_t gone = 0;

    for (uint32_t i = 1; i <= sim->request_count; i++)
        gone += sim_request(sim, i)->state == REQUEST_GONE;
    ck_assert_uint_eq(gone, 0);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);
}

static void assert_ended(const struct chain *chain, int key, int64_t end_ns, enum outcome outcome)
{
    ck_assert_msg(chain->records[key].ends == 1 && chain->records[key].end_ns == end_ns &&
                      chain->records[key].outcome == outcome,
                  "request %d: %u ends, the last at %lld us with %s", key, chain->records[key].ends,
                  (long long)(chain->records[key].end_ns / US),
                  outcome_rows[chain->records[key].outcome].name);
}

/* ---- one server ---- */

START_TEST(test_fault_breaks_who_is_served_and_who_waits)
{
    struct chain chain;

    chain_init(&chain, 0.002, 0.010, 4, (int[]){ 0, 1, 8, 30 });
    chain.front.station = fifo(1);
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 5 * MS, 20 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 7 * MS, OUTCOME_CRASHED);      /* in service from 2 on */
    assert_ended(&chain, 1, 7 * MS, OUTCOME_CRASHED);      /* in line from 3 on */
    assert_ended(&chain, 2, 12 * MS, OUTCOME_UNAVAILABLE); /* there at 10, back at 12 */
    assert_ended(&chain, 3, 44 * MS, OUTCOME_OK);
    ck_assert_uint_eq(instance_of(chain.sim, "front", 0)->finished[OUTCOME_CRASHED], 2);
    ck_assert_uint_eq(instance_of(chain.sim, "front", 0)->outage->crashes, 1);
    ck_assert_int_eq(
        (int64_t)gauge_area(&instance_of(chain.sim, "front", 0)->outage->down, chain.sim->now_ns), 15 * MS);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_finds_messages_on_their_way)
{
    struct chain chain;

    chain_init(&chain, 0.002, 0.010, 3, (int[]){ 0, 11, 12 });
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 13 * MS, 14 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 14 * MS, OUTCOME_OK);          /* answered at 12, before the crash */
    assert_ended(&chain, 1, 15 * MS,
                 OUTCOME_UNAVAILABLE); /* arrives at the instant of the crash, which comes first */
    assert_ended(&chain, 2, 26 * MS,
                 OUTCOME_OK); /* arrives at the instant of the restart, which comes first */
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_a_delay_leaves_nothing_behind)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.010, 2,
               (int[]){ 0, 7 }); /* the second one comes while the first one's event is still out */
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 5 * MS, 6 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 5 * MS, OUTCOME_CRASHED);
    assert_ended(&chain, 1, 17 * MS, OUTCOME_OK);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_processor_sharing_empties_it)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.010, 4, (int[]){ 0, 1, 2, 10 });
    chain.front.station = fifo(1);
    chain.front.station.discipline = STATION_PROCESSOR_SHARING;
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 4 * MS, 5 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    for (int i = 0; i < 3; i++)
        assert_ended(&chain, i, 4 * MS, OUTCOME_CRASHED);
    assert_ended(&chain, 3, 20 * MS, OUTCOME_OK); /* alone */
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_may_overlap_another)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 3, (int[]){ 12, 17, 25 });
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 10 * MS, 15 * MS);
    crash(chain.sim, "front", 0, 12 * MS, 20 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 12 * MS, OUTCOME_UNAVAILABLE);
    assert_ended(&chain, 1, 17 * MS, OUTCOME_UNAVAILABLE);
    assert_ended(&chain, 2, 26 * MS, OUTCOME_OK);
    ck_assert_uint_eq(instance_of(chain.sim, "front", 0)->outage->crashes, 1);
    ck_assert_int_eq(
        (int64_t)gauge_area(&instance_of(chain.sim, "front", 0)->outage->down, chain.sim->now_ns), 10 * MS);
    sim_destroy(chain.sim);
}
END_TEST

/* ---- timeouts and retries ---- */

START_TEST(test_fault_is_met_by_retries)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.010, 1, (int[]){ 0 });
    chain.source.policy = tiny_policy(50 * MS, 3);
    chain.source.policy.backoff_ns = 4 * MS;
    chain_wire(&chain, 0);
    crash(chain.sim, "front", 0, 5 * MS, 20 * MS);
    tiny_run_checked(chain.sim, 200 * MS, 200);
    assert_ended(&chain, 0, 43 * MS, OUTCOME_OK); /* 5 + 4, refused, + 8, refused, + 16, and 10 of work */
    ck_assert_uint_eq(instance_of(chain.sim, "front", 0)->finished[OUTCOME_UNAVAILABLE], 2);
    ck_assert_uint_eq(chain.sim->timeouts, 0);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_that_is_silent_is_heard_by_timeout)
{
    struct chain chain;

    chain_init(&chain, 0.002, 0.010, 2, (int[]){ 0, 6 });
    chain.source.policy = tiny_policy(30 * MS, 0);
    chain_wire(&chain, 0);
    sim_add_fault(chain.sim, &(struct fault){ .group = sim_find_group(chain.sim, "front"), .from_ns = 5 * MS,
                                              .until_ns = SIM_TIME_NEVER, .silent = true });
    tiny_run_checked(chain.sim, 60 * SECOND, 1000);
    assert_ended(&chain, 0, 30 * MS, OUTCOME_TIMEOUT); /* inside at the crash */
    assert_ended(&chain, 1, 36 * MS, OUTCOME_TIMEOUT); /* came later */
    ck_assert_uint_eq(chain.sim->orphans_ended, 2);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_that_is_silent_is_given_up_by_the_network)
{
    struct chain chain;

    chain_init(&chain, 0.002, 0.010, 2, (int[]){ 0, 6 });
    chain_wire(&chain, 0);
    sim_add_fault(chain.sim, &(struct fault){ .group = sim_find_group(chain.sim, "front"), .from_ns = 5 * MS,
                                              .until_ns = SIM_TIME_NEVER, .silent = true });
    tiny_run_checked(chain.sim, 60 * SECOND, 1000);
    assert_ended(&chain, 0, 7 * MS + GIVE_UP_NS, OUTCOME_LOST);
    assert_ended(&chain, 1, 10 * MS + GIVE_UP_NS, OUTCOME_LOST);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

/* ---- those that it has called, and those who called it ---- */

START_TEST(test_fault_leaves_orphans_and_frees_workers)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 3, (int[]){ 0, 2, 7 });
    chain.front.station = fifo(1);
    chain.front.holds = true;
    chain.front.target = "back";
    chain.front.calls = 1;
    chain.front.policy = tiny_policy(8 * MS, 0); /* its clock stops with the caller */
    chain.back.work = constant(0.007);
    chain_wire(&chain, 1);
    crash(chain.sim, "front", 0, 5 * MS, 6 * MS);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 5 * MS, OUTCOME_CRASHED); /* holds the worker, waits for the back until 8 */
    assert_ended(&chain, 1, 5 * MS, OUTCOME_CRASHED); /* waits for the worker */
    assert_ended(&chain, 2, 15 * MS, OUTCOME_OK);     /* the worker is free */
    ck_assert_uint_eq(chain.sim->orphans_ended, 1);
    ck_assert_uint_eq(chain.sim->timeouts, 0);
    ck_assert_uint_eq(instance_of(chain.sim, "back", 0)->finished[OUTCOME_OK], 2);
    ck_assert_uint_eq(tiny_server(chain.sim, "front", 0)->station.busy.level, 0);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_the_called_one_reaches_the_user)
{
    struct chain chain;

    chain_init(&chain, 0.002, 0.001, 1, (int[]){ 0 });
    chain.front.station = fifo(1);
    chain.front.holds = true;
    chain.front.target = "back";
    chain.front.calls = 1;
    chain_wire(&chain, 1);
    crash(chain.sim, "back", 0, 8 * MS, SIM_TIME_NEVER);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 12 * MS,
                 OUTCOME_CRASHED); /* at the back from 5 on; 2 to the front, 2 to the user */
    ck_assert_uint_eq(instance_of(chain.sim, "front", 0)->finished[OUTCOME_CRASHED], 1);
    ck_assert_uint_eq(chain.sim->orphans_ended, 0);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_who_fans_out_leaves_its_branches)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 1, (int[]){ 0 });
    chain.front.target = "back";
    chain.front.fans_out = true;
    chain.front.policy = tiny_policy(50 * MS, 0);
    chain_wire(&chain, 3);
    crash(chain.sim, "front", 0, 5 * MS, SIM_TIME_NEVER);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 5 * MS, OUTCOME_CRASHED);
    ck_assert_uint_eq(chain.sim->orphans_ended, 3);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_one_branch_is_the_answer_of_all)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 1, (int[]){ 0 });
    chain.front.target = "back";
    chain.front.fans_out = true;
    chain_wire(&chain, 3);
    crash(chain.sim, "back", 1, 5 * MS, SIM_TIME_NEVER);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 11 * MS, OUTCOME_CRASHED); /* when the last branch has ended */
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_of_caller_and_called_at_once)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 1, (int[]){ 0 });
    chain.front.target = "back";
    chain.front.calls = 1;
    chain_wire(&chain, 1);
    crash(chain.sim, "front", 0, 5 * MS, SIM_TIME_NEVER);
    crash(chain.sim, "back", 0, 5 * MS, SIM_TIME_NEVER);
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 5 * MS, OUTCOME_CRASHED);
    ck_assert_uint_eq(instance_of(chain.sim, "back", 0)->finished[OUTCOME_CRASHED], 1);
    ck_assert_uint_eq(chain.sim->orphans_ended,
                      1); /* the back's visit, whose caller had died an instant before */
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

START_TEST(test_fault_during_a_pause_before_a_retry)
{
    struct chain chain;

    chain_init(&chain, 0.0, 0.001, 1, (int[]){ 0 });
    chain.front.target = "back";
    chain.front.calls = 1;
    chain.front.policy = tiny_policy(SIM_TIME_NEVER, 5);
    chain.front.policy.backoff_ns = 10 * MS;
    chain_wire(&chain, 1);
    crash(chain.sim, "back", 0, 0, SIM_TIME_NEVER);
    crash(chain.sim, "front", 0, 5 * MS, SIM_TIME_NEVER); /* it would ask again at 11 */
    tiny_run_checked(chain.sim, 100 * MS, 100);
    assert_ended(&chain, 0, 5 * MS, OUTCOME_CRASHED);
    ck_assert_uint_eq(instance_of(chain.sim, "back", 0)->started, 1);
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

/* One connection, which needs a round trip: the second call waits for it, and is never sent. */
START_TEST(test_fault_closes_connections)
{
    struct link_config links[] = { { .connections = { 1, 1, SIM_TIME_NEVER }, .from = "front",
                                     .to = "back" } };
    struct chain chain;

    chain_init(&chain, 0.001, 0.001, 4, (int[]){ 0, 1, 30, 60 });
    chain.network.links = links;
    chain.network.link_count = 1;
    chain.front.target = "back";
    chain.front.calls = 1;
    chain_wire(&chain, 1);
    crash(chain.sim, "front", 0, 8 * MS, 9 * MS);
    crash(chain.sim, "back", 0, 55 * MS, 56 * MS);
    tiny_run_checked(chain.sim, 200 * MS, 200);
    assert_ended(&chain, 0, 9 * MS, OUTCOME_CRASHED);
    assert_ended(&chain, 1, 9 * MS, OUTCOME_CRASHED);
    ck_assert_uint_eq(chain.sim->orphans_ended, 1);
    ck_assert_uint_eq(instance_of(chain.sim, "back", 0)->started, 3);
    assert_ended(&chain, 2, 47 * MS,
                 OUTCOME_OK); /* 1, 1 of work, 2 to connect, 1, 10, 1, 1: as the old one is closed */
    assert_ended(&chain, 3, 77 * MS, OUTCOME_OK); /* the same, as the back's crash closed the one of 47 */
    assert_empty(chain.sim);
    sim_destroy(chain.sim);
}
END_TEST

/* ---- many of them ---- */

struct storm {
    struct sim *sim;
    uint64_t ends[OUTCOME_COUNT];
    int64_t date_sum;
};

static void storm_end(void *argument, struct component *self, const struct request *request,
                      enum outcome outcome)
{
    struct storm *storm = argument;

    (void)request;
    storm->ends[outcome]++;
    storm->date_sum += self->sim->now_ns;
}

/* Three tiers with everything that can hold a request up, each instance of which crashes again and again. */
static void storm_run(struct storm *storm, uint64_t seed, bool silent, uint64_t watched)
{
    struct link_config links[] = { { .connections = { 1, 3, SECOND }, .from = "front", .to = "middle",
                                     .loss = 0.01 } };
    struct network network = tiny_network(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.002));
    struct tiny_source_config source = tiny_source_of("front", 3000);
    struct tiny_server_config front = tiny_server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.003));
    struct tiny_server_config middle = front, back = front;
    const char *const names[] = { "front", "middle", "back" };
    struct rng rng;

    *storm = (struct storm){ .sim = NULL };
    network.links = links;
    network.link_count = 1;
    source.gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 0.010);
    source.policy = tiny_policy(400 * MS, 2);
    source.policy.backoff_ns = 20 * MS;
    source.ended = storm_end;
    source.argument = storm;
    front.station = fifo(8);
    front.holds = true;
    front.target = "middle";
    front.calls = 2;
    front.policy = tiny_policy(100 * MS, 1);
    front.policy.backoff_ns = 5 * MS;
    middle.target = "back";
    middle.fans_out = true;
    middle.policy = tiny_policy(30 * MS, 1);
    middle.station = fifo(2);
    middle.station.discipline = STATION_PROCESSOR_SHARING;
    back.station = fifo(1);
    storm->sim = tiny_sim(seed, &network);
    tiny_add_source(storm->sim, "source", &source);
    tiny_add_server(storm->sim, "front", 2, &front);
    tiny_add_server(storm->sim, "middle", 2, &middle);
    tiny_add_server(storm->sim, "back", 3, &back);
    wire(storm->sim);
    rng_init(&rng, seed, "storm", "dates");
    for (int i = 0; i < 150; i++) {
        struct group *group = sim_find_group(storm->sim, names[rng_below(&rng, 3)]);
        uint32_t first = (uint32_t)rng_below(&rng, group->count);
        int64_t from_ns = (int64_t)rng_below(&rng, 30 * SECOND);

        sim_add_fault(storm->sim,
                      &(struct fault){ .group = group,
                                       .first = first,
                                       .last = first + (uint32_t)rng_below(&rng, group->count - first),
                                       .from_ns = from_ns,
                                       .until_ns = from_ns + 1 + (int64_t)rng_below(&rng, 100 * MS),
                                       .silent = silent && rng_below(&rng, 2) });
    }
    if (watched) {
        struct trace *trace = trace_begin(storm->sim, watched);
        int64_t sum_ns = 0;

        ck_assert_int_eq(trace_run(trace, 100 * SECOND), SIM_REACHED);
        trace_end(trace);
        ck_assert(trace_found(trace));
        for (uint32_t i = 0; i < trace->step_count; i++)
            if (trace->steps[i].counted)
                sum_ns +=
                    trace->steps[i].waiting_ns + trace->steps[i].service_ns + trace->steps[i].network_ns;
        ck_assert_int_eq(sum_ns, trace->end_ns - trace->start_ns);
    }
    tiny_run_checked(storm->sim, 100 * SECOND, watched ? 1 : 5000);
}

START_TEST(test_fault_conserves_through_a_storm)
{
    struct storm storm, again;

    storm_run(&storm, 100 + (uint64_t)_i, _i % 2, 0);
    ck_assert_uint_eq(instance_of(storm.sim, "source", 0)->started, 3000);
    ck_assert_uint_eq(component_in_flight(instance_of(storm.sim, "source", 0)), 0);
    ck_assert_uint_gt(storm.ends[OUTCOME_CRASHED] + storm.ends[OUTCOME_UNAVAILABLE], 20);
    ck_assert_uint_gt(storm.ends[OUTCOME_OK], 1000);
    assert_empty(storm.sim);
    for (uint32_t i = 0; i < storm.sim->station_count; i++) {
        ck_assert_uint_eq(storm.sim->stations[i]->busy.level, 0);
        ck_assert_uint_eq(storm.sim->stations[i]->waiting.level, 0);
    }
    storm_run(&again, 100 + (uint64_t)_i, _i % 2, 0);
    ck_assert_int_eq(storm.date_sum, again.date_sum);
    ck_assert_uint_eq(storm.sim->events, again.sim->events);
    sim_destroy(storm.sim);
    sim_destroy(again.sim);
}
END_TEST

START_TEST(test_fault_does_not_disturb_a_trace)
{
    struct storm plain, watched;

    storm_run(&plain, 200, _i % 2, 0);
    storm_run(&watched, 200, _i % 2, 1 + 71 * (uint64_t)_i);
    ck_assert_int_eq(plain.date_sum, watched.date_sum);
    ck_assert_uint_eq(plain.sim->events, watched.sim->events);
    sim_destroy(plain.sim);
    sim_destroy(watched.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tcase = tcase_create("fault");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_fault_breaks_who_is_served_and_who_waits);
    tcase_add_test(tcase, test_fault_finds_messages_on_their_way);
    tcase_add_test(tcase, test_fault_of_a_delay_leaves_nothing_behind);
    tcase_add_test(tcase, test_fault_of_processor_sharing_empties_it);
    tcase_add_test(tcase, test_fault_may_overlap_another);
    tcase_add_test(tcase, test_fault_is_met_by_retries);
    tcase_add_test(tcase, test_fault_that_is_silent_is_heard_by_timeout);
    tcase_add_test(tcase, test_fault_that_is_silent_is_given_up_by_the_network);
    tcase_add_test(tcase, test_fault_leaves_orphans_and_frees_workers);
    tcase_add_test(tcase, test_fault_of_the_called_one_reaches_the_user);
    tcase_add_test(tcase, test_fault_of_who_fans_out_leaves_its_branches);
    tcase_add_test(tcase, test_fault_of_one_branch_is_the_answer_of_all);
    tcase_add_test(tcase, test_fault_of_caller_and_called_at_once);
    tcase_add_test(tcase, test_fault_during_a_pause_before_a_retry);
    tcase_add_test(tcase, test_fault_closes_connections);
    tcase_add_loop_test(tcase, test_fault_conserves_through_a_storm, 0, 6);
    tcase_add_loop_test(tcase, test_fault_does_not_disturb_a_trace, 0, 20);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
