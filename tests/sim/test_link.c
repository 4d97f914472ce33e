/* Links: bandwidth, loss, cuts, connections and network cards, against scripts worked out by hand and
 * exact probabilities. */
#include "tests/sim/tiny_models.h"

#define DEVIATIONS_MAX 4.5 /* standard errors; some tests compare dozens of counts, and the seeds are fixed */

static struct distribution_config constant(double mean_s)
{
    return tiny_law(DISTRIBUTION_CONSTANT, mean_s);
}

/* A network with one rule, for all links. */
static struct network network_of(double latency_s, struct link_config *rule)
{
    struct network network = tiny_network(constant(latency_s));

    network.links = rule;
    network.link_count = 1;
    return network;
}

struct visits {
    uint32_t count;
    int64_t dates_ns[100000];
    uint64_t keys[100000];
};

static void note_visit(void *argument, struct component *self, const struct request *request)
{
    struct visits *visits = argument;

    ck_assert_uint_lt(visits->count, 100000);
    visits->dates_ns[visits->count] = self->sim->now_ns;
    visits->keys[visits->count++] = request->key;
}

static struct link *link_of(struct sim *sim, const char *from)
{
    for (uint16_t i = 1; i < sim->link_count; i++)
        if (!strcmp(sim->links[i].from->name, from))
            return &sim->links[i];
    ck_abort_msg("no link from %s", from);
    return NULL;
}

/* source -> server over that network, not yet run. */
static struct sim *pair_over(const struct network *network, const struct tiny_source_config *source,
                             const struct tiny_server_config *server)
{
    struct sim *sim = tiny_sim(70, network);

    tiny_add_source(sim, "source", source);
    tiny_add_server(sim, "server", 1, server);
    tiny_wire(sim);
    return sim;
}

/* ---- pipes ---- */

START_TEST(test_link_pipe_sends_one_message_after_the_other)
{
    struct pipe pipe;

    pipe_init(&pipe, 1e6); /* 1 us a byte */
    ck_assert_int_eq(pipe_send(&pipe, 0, 100), 100 * US);
    ck_assert_int_eq(pipe_send(&pipe, 10 * US, 50), 150 * US);
    ck_assert_int_eq(pipe_send(&pipe, 150 * US, 0), 150 * US);
    ck_assert_int_eq(pipe_send(&pipe, 250 * US, 100), 350 * US);
    ck_assert_double_eq_tol(pipe_utilisation(&pipe, 0, 350 * US), 250.0 / 350, 1e-12);
    ck_assert_double_eq_tol(pipe_utilisation(&pipe, 0, 300 * US), 200.0 / 300,
                            1e-12); /* half of the last has left */
    ck_assert_double_eq_tol(pipe_utilisation(&pipe, 0, 500 * US), 0.5, 1e-12);
    ck_assert_double_eq(pipe_utilisation(&pipe, 500 * US, 500 * US), 0.0);
    ck_assert_uint_eq(pipe.bytes, 250);
}
END_TEST

START_TEST(test_link_pipe_saturates_instead_of_overflowing)
{
    struct pipe pipe;

    pipe_init(&pipe, 1e-3);
    for (int i = 0; i < 10; i++)
        ck_assert_int_gt(pipe_send(&pipe, i, UINT32_MAX), 0);
    ck_assert_int_eq(pipe.free_ns, SIM_TIME_NEVER / 2);
    ck_assert_int_eq(pipe.busy_ns, SIM_TIME_NEVER / 2);
}
END_TEST

/* 5 questions of 10 kB at once over 1 MB/s: 10 ms each; answers of 2 kB: 2 ms, the other way, none meets
 * another. */
START_TEST(test_link_bandwidth_adds_up_in_order)
{
    struct link_config rule = { .bandwidth_bytes_per_s = 1e6,
                                .connections = { .connections_max = UINT32_MAX } };
    struct network network = network_of(0.003, &rule);
    struct tiny_source_config source = tiny_source_of("server", 5);
    struct tiny_server_config server = tiny_server_of(constant(0.001));
    struct tiny_record records[5] = { { 0 } };
    struct link *link;
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 0, 0, 0, 0 };
    source.bytes = 10000;
    source.ended = tiny_record;
    source.argument = records;
    server.reply_bytes = 2000;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 100 * MS, 200);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(records[i].end_ns, (i + 1) * 10 * MS + 3 * MS + 1 * MS + 2 * MS + 3 * MS);
    link = link_of(sim, "source");
    ck_assert_double_eq_tol(pipe_utilisation(link->forward, 0, sim->now_ns), 0.5, 1e-12);
    ck_assert_double_eq_tol(pipe_utilisation(link->back, 0, sim->now_ns), 0.1, 1e-12);
    sim_window_start(sim);
    tiny_run_checked(sim, 200 * MS, 1);
    ck_assert_double_eq(pipe_utilisation(link->forward, sim->window_start_ns, sim->now_ns), 0.0);
    ck_assert_uint_eq(link->forward->bytes, 0);
    sim_destroy(sim);
}
END_TEST

/* M/D/1: what waits for a link is a queue like any other. */
START_TEST(test_link_bandwidth_queues_as_theory_says)
{
    const uint32_t count = 400000;
    struct link_config rule = { .bandwidth_bytes_per_s = 1e6 };
    struct network network = network_of(0.0, &rule);
    struct tiny_source_config source = tiny_source_of("server", count);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_means means;
    struct sim *sim;

    tiny_means_init(&means, count / 10 * 9, count / 10);
    source.gap.mean = 0.0125;
    source.bytes = 10000;
    source.ended = tiny_mean_latency;
    source.argument = &means;
    server.reply_bytes = 0;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 10000 * SECOND, 3);
    ck_assert_double_lt(tiny_deviations(&means, 0.01 + 0.01 * 0.8 / (2 * 0.2)), DEVIATIONS_MAX);
    sim_destroy(sim);
}
END_TEST

/* ---- network cards ---- */

/* Answers of 10 kB leave a card of 1 MB/s one after the other, whoever asked. */
START_TEST(test_link_card_is_shared_by_all_that_a_server_sends)
{
    struct network network = tiny_network(constant(0.0));
    struct tiny_source_config sources[3];
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record records[3][2] = { { { 0 } } };
    struct sim *sim = tiny_sim(71, &network);
    static const char *const names[] = { "a", "b", "c" };
    static const int64_t dates_ns[][2] = { { 0, 50 * MS }, { 1 * MS, 50 * MS + 1 }, { 2 * MS, 50 * MS + 2 } };

    server.reply_bytes = 10000;
    server.card_bytes_per_s = 1e6;
    for (int i = 0; i < 3; i++) {
        sources[i] = tiny_source_of("server", 2);
        sources[i].dates_ns = dates_ns[i];
        sources[i].ended = tiny_record;
        sources[i].argument = records[i];
        tiny_add_source(sim, names[i], &sources[i]);
    }
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    tiny_run_checked(sim, 100 * MS, 100);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(records[i][0].end_ns, (i + 1) * 10 * MS);
        ck_assert_int_eq(records[i][1].end_ns, (i + 6) * 10 * MS);
    }
    ck_assert_double_eq_tol(pipe_utilisation(&tiny_server(sim, "server", 0)->card, 0, sim->now_ns), 0.6,
                            1e-12);
    sim_destroy(sim);
}
END_TEST

/* Two fronts with cards of 1 MB/s, one link of 10 MB/s to the back. A's megabyte is 1 s in its card; B's
 * kilobyte, handed over later, leaves the other card earlier and does not wait for A. */
START_TEST(test_link_messages_enter_in_the_order_in_which_they_leave_the_cards)
{
    static const uint32_t sizes[] = { 1000000, 1000 };
    struct link_config rule = { .from = "front", .bandwidth_bytes_per_s = 10e6 };
    struct network network = network_of(0.0, &rule);
    struct tiny_source_config source = tiny_source_of("front", 2);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), back = front;
    struct visits *visits = calloc(1, sizeof *visits);
    struct sim *sim = tiny_sim(72, &network);

    source.dates_ns = (const int64_t[]){ 0, 1 * MS };
    front.target = "back";
    front.calls = 1;
    front.call_sizes = sizes;
    front.card_bytes_per_s = 1e6;
    back.saw = note_visit;
    back.argument = visits;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 2, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 10 * SECOND, 200);
    ck_assert_uint_eq(visits->count, 2);
    ck_assert_uint_eq(visits->keys[0], 1);
    ck_assert_int_eq(visits->dates_ns[0], 1 * MS + 1 * MS + 100 * US);
    ck_assert_int_eq(visits->dates_ns[1], 1000 * MS + 100 * MS);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* ---- loss ---- */

/* The question is lost a times, the answer b times: the latency is the sum of their delays, by exact
 * probabilities. */
START_TEST(test_link_loss_delays_as_tcp_does)
{
    enum { COUNT = 200000 };
    const double loss = 0.4;
    struct link_config rule = { .loss = loss };
    struct network network = network_of(0.0, &rule);
    struct tiny_source_config source = tiny_source_of("server", COUNT);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record *records = calloc(COUNT, sizeof *records);
    uint32_t counts[RETRANSMITS_MAX + 1][RETRANSMITS_MAX + 1] = { { 0 } }, lost[RETRANSMITS_MAX + 2] = { 0 },
                                                           other = 0;
    double give_up = pow(loss, RETRANSMITS_MAX + 1);
    struct sim *sim;

    source.gap.mean = 0.001;
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 300 * SECOND, 200);
    tiny_run_checked(sim, 1000 * SECOND, 1);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    for (int i = 0; i < COUNT; i++) {
        int64_t rest = records[i].latency_ns;
        bool found = false;

        for (int a = 0; a <= RETRANSMITS_MAX && !found; a++)
            for (int b = 0; b <= a && !found; b++) /* the larger first: sums are unique but for the order */
                if (rest == 200 * MS * ((1 << a) - 1) + 200 * MS * ((1 << b) - 1) &&
                    records[i].outcome == OUTCOME_OK) {
                    counts[a][b]++;
                    found = true;
                }
        for (int a = 0; a <= RETRANSMITS_MAX && !found; a++)
            if (records[i].outcome == OUTCOME_LOST && rest == 200 * MS * ((1 << a) - 1) + GIVE_UP_NS) {
                lost[a]++;
                found = true;
            }
        other += !found;
    }
    ck_assert_uint_eq(other, 0);
    for (int a = 0; a <= RETRANSMITS_MAX; a++) {
        double p = (a == 0 ? give_up : 0.0) +
                   pow(loss, a) * (1 - loss) * give_up; /* question never there; answer never back */

        ck_assert_double_lt(fabs(lost[a] - COUNT * p), DEVIATIONS_MAX * sqrt(COUNT * p) + 1.0);
        for (int b = 0; b <= a; b++) {
            p = pow(loss, a + b) * (1 - loss) * (1 - loss) * (a == b ? 1 : 2);
            ck_assert_double_lt(fabs(counts[a][b] - COUNT * p),
                                DEVIATIONS_MAX * sqrt(COUNT * p * (1 - p)) + 1.0);
        }
    }
    sim_destroy(sim);
    free(records);
}
END_TEST

/* A pause after a loss is no draw of the loss: uniform all the same. */
START_TEST(test_link_backoff_does_not_depend_on_loss)
{
    enum { COUNT = 20000 };
    struct link_config rule = { .loss = 0.2 };
    struct network network = network_of(0.0, &rule);
    struct tiny_source_config source = tiny_source_of("server", COUNT);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct visits *visits = calloc(1, sizeof *visits);
    int64_t *first_ns = calloc(COUNT, sizeof *first_ns);
    double sum = 0.0;
    uint32_t pauses = 0;
    struct sim *sim;

    source.gap = constant(10.0);
    source.policy = tiny_policy(50 * MS, 1);
    source.policy.backoff_ns = 100 * MS;
    source.policy.backoff_jitter = true;
    server.saw = note_visit;
    server.argument = visits;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, (int64_t)(COUNT + 10) * 10 * SECOND, 3);
    for (uint32_t i = 0; i < visits->count; i++) {
        int64_t pause_ns = visits->dates_ns[i] - first_ns[visits->keys[i]] - 50 * MS;

        if (!first_ns[visits->keys[i]])
            first_ns[visits->keys[i]] = visits->dates_ns[i];
        else if (pause_ns < 100 * MS) { /* else a message of the second attempt was lost, too */
            sum += (double)pause_ns / 1e8;
            pauses++;
        }
    }
    ck_assert_uint_gt(pauses, 1000);
    ck_assert_double_lt(fabs(sum / pauses - 0.5), DEVIATIONS_MAX * sqrt(1.0 / 12 / pauses));
    sim_destroy(sim);
    free(first_ns);
    free(visits);
}
END_TEST

/* ---- cuts ---- */

/* Sent before the cut: arrives. Sent during it: lost after 25.4 s, question or answer. Sent after: as
 * before. */
static void check_cut(double bandwidth_bytes_per_s)
{
    struct link_config rule = { .bandwidth_bytes_per_s = bandwidth_bytes_per_s };
    struct network network = network_of(0.010, &rule);
    struct tiny_source_config source = tiny_source_of("server", 5);
    struct tiny_server_config server = tiny_server_of(constant(0.100));
    struct tiny_record records[5] = { { 0 } };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 100 * MS, 195 * MS, 250 * MS, 500 * MS };
    source.bytes = server.reply_bytes = 0;
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 200 * MS, 20);
    sim_link_cut(link_of(sim, "source"), true);
    tiny_run_checked(sim, 300 * MS, 20);
    sim_link_cut(link_of(sim, "source"), false);
    tiny_run_checked(sim, 100 * SECOND, 160);
    ck_assert_int_eq(records[0].end_ns, 120 * MS);
    ck_assert_int_eq(records[1].outcome, OUTCOME_LOST); /* its answer was, at 210 ms */
    ck_assert_int_eq(records[1].end_ns, 210 * MS + 25400 * MS);
    ck_assert_int_eq(records[2].outcome, OUTCOME_OK); /* arrived during the cut, answered after it */
    ck_assert_int_eq(records[2].end_ns, 315 * MS);
    ck_assert_int_eq(records[3].outcome, OUTCOME_LOST);
    ck_assert_int_eq(records[3].end_ns, 250 * MS + 25400 * MS);
    ck_assert_int_eq(records[4].outcome, OUTCOME_OK);
    ck_assert_int_eq(records[4].latency_ns, 120 * MS);
    ck_assert_uint_eq(sim_find_group(sim, "server")->instances[0]->started, 4);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
}

START_TEST(test_link_cut_loses_what_is_sent)
{
    check_cut(0.0);
    check_cut(1e9);
}
END_TEST

START_TEST(test_link_cut_is_seen_by_the_time_limit_first)
{
    struct network network = tiny_network(constant(0.010));
    struct tiny_source_config source = tiny_source_of("server", 1);
    struct tiny_server_config server = tiny_server_of(constant(0.001));
    struct tiny_record record = { 0 };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0 };
    source.policy = tiny_policy(SECOND, 2);
    source.ended = tiny_record;
    source.argument = &record;
    sim = pair_over(&network, &source, &server);
    sim_link_cut(link_of(sim, "source"), true);
    tiny_run_checked(sim, 1500 * MS, 100);
    sim_link_cut(link_of(sim, "source"), false);
    tiny_run_checked(sim, 100 * SECOND, 100);
    ck_assert_int_eq(record.outcome, OUTCOME_OK); /* the third attempt */
    ck_assert_int_eq(record.end_ns, 2021 * MS);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
}
END_TEST

/* ---- connections ---- */

static struct network network_with_pool(struct link_config *rule, uint32_t round_trips,
                                        uint32_t connections_max, int64_t idle_timeout_ns)
{
    *rule = (struct link_config){ .connections = { round_trips, connections_max, idle_timeout_ns } };
    return network_of(0.010, rule);
}

/* 10 ms one way, two round trips to set up: 60 ms for the first, 20 for those that find it idle. */
START_TEST(test_link_connection_is_set_up_once_and_kept)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 2, UINT32_MAX, 1 * SECOND);
    struct tiny_source_config source = tiny_source_of("server", 8);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record records[8] = { { 0 } };
    static const int64_t latencies_ms[] = { 60, 20, 60, 20, 20, 60, 20, 60 };
    struct sim *sim;

    /* second: after the first; third: while the second is on; fourth and fifth find one each; sixth: all
     * are too old; seventh: at the last moment; eighth: a nanosecond too late */
    source.dates_ns =
        (const int64_t[]){ 0, 100 * MS, 110 * MS, 200 * MS, 210 * MS, 1300 * MS, 2360 * MS, 3380 * MS + 1 };
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 10 * SECOND, 200);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(records[i].latency_ns, latencies_ms[i] * MS);
    sim_destroy(sim);
}
END_TEST

/* Idle ones are a stack: one that is not needed grows old although the other is used all the time. */
START_TEST(test_link_connections_too_many_grow_old)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 1, UINT32_MAX, 1 * SECOND);
    struct tiny_source_config source = tiny_source_of("server", 10);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record records[10] = { { 0 } };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0,         0,         300 * MS,  600 * MS,  900 * MS,
                                         1200 * MS, 1500 * MS, 1800 * MS, 1800 * MS, 2000 * MS };
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 10 * SECOND, 200);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(records[i].latency_ns, (i < 2 || i == 8 ? 40 : 20) * MS);
    sim_destroy(sim);
}
END_TEST

/* Two connections, five calls of 50 ms at once: in order, two at a time. */
START_TEST(test_link_calls_wait_in_order_for_a_connection)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 1, 2, SIM_TIME_NEVER);
    struct tiny_source_config source = tiny_source_of("server", 5);
    struct tiny_server_config server = tiny_server_of(constant(0.050));
    struct tiny_record records[5] = { { 0 } };
    static const int64_t ends_ms[] = { 90, 90, 160, 160, 230 };
    struct resource_statistics *statistics;
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 0, 0, 0, 0 };
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 10 * SECOND, 200);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(records[i].end_ns, ends_ms[i] * MS);
    statistics = group_resource_statistics(sim_find_group(sim, "source"), "outgoing_connections");
    ck_assert_uint_eq(statistics->started, 5);
    ck_assert_uint_eq(histogram_count(&statistics->waits), 3);
    ck_assert(statistics->waits.sum == (90 + 90 + 160) * MS);
    sim_destroy(sim);
}
END_TEST

/* Each instance has connections of its own. */
START_TEST(test_link_connections_belong_to_the_instance)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 1, 1, SIM_TIME_NEVER);
    struct tiny_source_config source = tiny_source_of("front", 4);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), back = tiny_server_of(constant(0.050));
    struct tiny_record records[4] = { { 0 } };
    struct sim *sim = tiny_sim(73, &network);

    rule.from = "front";
    source.dates_ns = (const int64_t[]){ 0, 0, 0, 0 };
    source.ended = tiny_record;
    source.argument = records;
    front.target = "back";
    front.calls = 1;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 2, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 10 * SECOND, 200);
    for (int i = 0; i < 4;
         i++) /* 20 to the front; 20 set-up; 70 for each in turn; keys 0, 2 and 1, 3 share a front */
        ck_assert_int_eq(records[i].end_ns, (20 + 20 + 70 + (i >= 2 ? 70 : 0)) * MS);
    sim_destroy(sim);
}
END_TEST

/* Where the call is when it is given up, at 100 ms, of 4 calls at 0 over 2 connections; then 3 calls at 10
 * s tell whether both connections are back, and no more than both. */
struct leak_case {
    const char *name;
    double latency_s, work_s, loss;
    uint32_t round_trips, retries;
    int64_t backoff_ns;
    bool cut;
    uint32_t visits; /* expected, of the four */
    uint64_t orphans;
};

static const struct leak_case leak_cases[] = {
    { .name = "set up", .latency_s = 0.060, .round_trips = 2, .visits = 0, .orphans = 0 },
    { .name = "in transit", .latency_s = 0.040, .round_trips = 1, .visits = 2, .orphans = 2 },
    { .name = "at work", .latency_s = 0.001, .work_s = 1.0, .round_trips = 1, .visits = 2, .orphans = 2 },
    { .name = "on the way back", .latency_s = 0.030, .round_trips = 1, .visits = 2, .orphans = 2 },
    { .name = "lost", .latency_s = 0.001, .round_trips = 1, .cut = true, .visits = 0, .orphans = 2 },
    { .name = "at work, repeated",
      .latency_s = 0.001,
      .work_s = 1.0,
      .round_trips = 1,
      .retries = 2,
      .visits = 6,
      .orphans = 6 },
    { .name = "at work, repeated later",
      .latency_s = 0.001,
      .work_s = 1.0,
      .round_trips = 1,
      .retries = 2,
      .backoff_ns = 70 * MS,
      .visits = 6,
      .orphans = 6 },
    { .name = "set up, repeated",
      .latency_s = 0.060,
      .round_trips = 2,
      .retries = 3,
      .visits = 0,
      .orphans = 0 },
};

START_TEST(test_link_given_up_calls_give_their_connections_back)
{
    const struct leak_case *leak = &leak_cases[_i];
    struct link_config rule = { .connections = { leak->round_trips, 2, 2 * SECOND } };
    struct network network = network_of(leak->latency_s, &rule);
    struct tiny_source_config source = tiny_source_of("server", 7);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    int64_t works_ns[7], round_ns = (int64_t)(leak->latency_s * 2e9 + 0.5);
    struct visits *visits = calloc(1, sizeof *visits);
    struct tiny_record records[7] = { { 0 } };
    struct sim *sim;

    for (int i = 0; i < 7; i++)
        works_ns[i] = i < 4 ? (int64_t)(leak->work_s * 1e9) : 0;
    source.dates_ns = (const int64_t[]){ 0, 0, 0, 0, 100 * SECOND, 100 * SECOND, 100 * SECOND };
    source.policy = tiny_policy(100 * MS, leak->retries);
    source.policy.backoff_ns = leak->backoff_ns;
    source.ended = tiny_record;
    source.argument = records;
    server.works_ns = works_ns;
    server.saw = note_visit;
    server.argument = visits;
    sim = pair_over(&network, &source, &server);
    sim_link_cut(link_of(sim, "source"), leak->cut);
    tiny_run_checked(sim, SECOND, 100);
    sim_link_cut(link_of(sim, "source"), false);
    tiny_run_checked(sim, 99 * SECOND, 100);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(records[i].ends, 1);
        ck_assert_int_eq(records[i].outcome, OUTCOME_TIMEOUT);
    }
    ck_assert_uint_eq(visits->count, leak->visits);
    ck_assert_uint_eq(sim->orphans_ended, leak->orphans);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);

    link_of(sim, "source")->policy.timeout_ns = SIM_TIME_NEVER;
    tiny_run_checked(sim, 200 * SECOND, 10);
    for (int i = 4; i < 7; i++)
        ck_assert_int_eq(records[i].latency_ns, (leak->round_trips + 1 + (i == 6)) * round_ns);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* One connection, which A holds until 80 ms. B waits from 5 ms on and gives up at 55; C waits from 10 ms
 * on and is next. */
START_TEST(test_link_whoever_gives_up_leaves_the_line)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 1, 1, SIM_TIME_NEVER);
    struct tiny_source_config source = tiny_source_of("server", 3);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    static const int64_t works_ns[] = { 40 * MS, 1 * MS, 2 * MS };
    struct tiny_record records[3] = { { 0 } };
    struct visits *visits = calloc(1, sizeof *visits);
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 5 * MS, 10 * MS };
    source.ended = tiny_record;
    source.argument = records;
    server.works_ns = works_ns;
    server.saw = note_visit;
    server.argument = visits;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 1 * MS, 1);
    link_of(sim, "source")->policy.timeout_ns = 50 * MS;
    tiny_run_checked(sim, 7 * MS, 1);
    link_of(sim, "source")->policy.timeout_ns = SIM_TIME_NEVER;
    tiny_run_checked(sim, 50 * MS, 10);
    ck_assert_uint_eq(sim_requests_live(sim), 3);
    tiny_run_checked(sim, 60 * MS, 10);
    ck_assert_uint_eq(sim_requests_live(sim), 2); /* it was never sent: no orphan is left */
    tiny_run_checked(sim, SECOND, 100);
    ck_assert_int_eq(records[0].end_ns, 80 * MS);
    ck_assert_int_eq(records[1].end_ns, 55 * MS);
    ck_assert_int_eq(records[1].outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(records[2].end_ns, 102 * MS);
    ck_assert_uint_eq(sim->orphans_ended, 0);
    ck_assert_uint_eq(visits->count, 2);
    sim_destroy(sim);
    free(visits);
}
END_TEST

/* A call that failed for want of a network has no connection to keep: the next one sets up another. */
START_TEST(test_link_lost_closes_the_connection)
{
    struct link_config rule;
    struct network network = network_with_pool(&rule, 1, UINT32_MAX, SIM_TIME_NEVER);
    struct tiny_source_config source = tiny_source_of("server", 4);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct tiny_record records[4] = { { 0 } };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, SECOND, 40 * SECOND, 80 * SECOND };
    source.ended = tiny_record;
    source.argument = records;
    sim = pair_over(&network, &source, &server);
    tiny_run_checked(sim, 900 * MS, 2);
    sim_link_cut(link_of(sim, "source"), true); /* the question of the second */
    tiny_run_checked(sim, 40 * SECOND + 35 * MS, 2);
    ck_assert_int_eq(records[1].latency_ns, GIVE_UP_NS);
    ck_assert_int_eq(records[1].outcome, OUTCOME_LOST);
    tiny_run_checked(sim, 70 * SECOND, 2);
    sim_link_cut(link_of(sim, "source"), false);
    tiny_run_checked(sim, 100 * SECOND, 2);
    ck_assert_int_eq(records[2].latency_ns, 20 * MS + GIVE_UP_NS); /* set up, then lost */
    ck_assert_int_eq(records[3].latency_ns, 40 * MS);
    sim_destroy(sim);
}
END_TEST

/* Everything at once, under a small pool and a short limit: the books balance at all times, and nothing is
 * left over. */
START_TEST(test_link_storm_leaves_nothing_behind)
{
    enum { COUNT = 50000 };
    struct link_config rule = { .bandwidth_bytes_per_s = 3e6,
                                .loss = 0.02,
                                .connections = { 2, 6, 20 * MS } };
    struct network network = tiny_network(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.002));
    struct tiny_source_config source = tiny_source_of("front", COUNT);
    struct tiny_server_config front = tiny_server_of(constant(0.001)),
                              back = tiny_server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.002));
    struct sim *sim = tiny_sim(75, &network);
    const struct component *user;
    uint64_t ended = 0;

    network.links = &rule;
    network.link_count = 1;
    source.gap.mean = 0.003;
    source.policy = tiny_policy(35 * MS, 1);
    source.policy.backoff_ns = 5 * MS;
    source.policy.backoff_jitter = true;
    front.target = "back";
    front.fans_out = true;
    front.policy = tiny_policy(25 * MS, 1);
    front.card_bytes_per_s = back.card_bytes_per_s = 5e6;
    back.reply_bytes = 2000;
    back.station.servers = 2;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 4, &front);
    tiny_add_server(sim, "back", 3, &back);
    tiny_wire(sim);
    tiny_run_checked(sim, 210 * SECOND, 200);
    tiny_run_checked(sim, 1000 * SECOND, 1);
    user = sim_find_group(sim, "source")->instances[0];
    for (int i = 0; i < OUTCOME_COUNT; i++)
        ended += user->finished[i];
    ck_assert_uint_eq(ended, COUNT);
    ck_assert_uint_gt(user->finished[OUTCOME_OK], COUNT / 10);
    ck_assert_uint_gt(user->finished[OUTCOME_TIMEOUT], COUNT / 100);
    ck_assert_uint_eq(sim_requests_live(sim), 0);
    ck_assert_uint_eq(sim->timers.count, 0);
    sim_destroy(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tcase = tcase_create("link");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_link_pipe_sends_one_message_after_the_other);
    tcase_add_test(tcase, test_link_pipe_saturates_instead_of_overflowing);
    tcase_add_test(tcase, test_link_bandwidth_adds_up_in_order);
    tcase_add_test(tcase, test_link_bandwidth_queues_as_theory_says);
    tcase_add_test(tcase, test_link_card_is_shared_by_all_that_a_server_sends);
    tcase_add_test(tcase, test_link_messages_enter_in_the_order_in_which_they_leave_the_cards);
    tcase_add_test(tcase, test_link_loss_delays_as_tcp_does);
    tcase_add_test(tcase, test_link_backoff_does_not_depend_on_loss);
    tcase_add_test(tcase, test_link_cut_loses_what_is_sent);
    tcase_add_test(tcase, test_link_cut_is_seen_by_the_time_limit_first);
    tcase_add_test(tcase, test_link_connection_is_set_up_once_and_kept);
    tcase_add_test(tcase, test_link_connections_too_many_grow_old);
    tcase_add_test(tcase, test_link_calls_wait_in_order_for_a_connection);
    tcase_add_test(tcase, test_link_connections_belong_to_the_instance);
    tcase_add_loop_test(tcase, test_link_given_up_calls_give_their_connections_back, 0,
                        sizeof leak_cases / sizeof *leak_cases);
    tcase_add_test(tcase, test_link_whoever_gives_up_leaves_the_line);
    tcase_add_test(tcase, test_link_lost_closes_the_connection);
    tcase_add_test(tcase, test_link_storm_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
