/* The way of one request: against scripts worked out by hand, against the latencies of the same run without
 * a trace, and that the run does not notice. */
#include "sim/trace.h"
#include "tests/sim/tiny_models.h"

#define REQUESTS 300

static struct distribution_config constant(double mean_s)
{
    return tiny_law(DISTRIBUTION_CONSTANT, mean_s);
}

static struct distribution_config exponential(double mean_s)
{
    return tiny_law(DISTRIBUTION_EXPONENTIAL, mean_s);
}

/* Steps that count follow one another from start to end, and their parts add up to their lengths. */
static void check_sums(const struct trace *trace)
{
    int64_t waiting_ns = 0, service_ns = 0, network_ns = 0, at_ns = trace->start_ns, end_ns = trace->end_ns;
    uint32_t left = 0;

    if (end_ns == TRACE_OPEN)
        end_ns = trace->sim->now_ns;
    for (uint32_t i = 0; i < trace->step_count; i++) {
        const struct trace_step *step = &trace->steps[i];
        int64_t sum_ns = step->waiting_ns + step->service_ns + step->network_ns;

        ck_assert_int_eq(sum_ns, step->kind == TRACE_BRANCHES ? 0 : step->to_ns - step->from_ns);
        ck_assert(step->waiting_ns >= 0 && step->service_ns >= 0 && step->network_ns >= 0);
        if (!step->counted)
            continue;
        left += step->kind != TRACE_BRANCHES && step->to_ns > step->from_ns;
        waiting_ns += step->waiting_ns;
        service_ns += step->service_ns;
        network_ns += step->network_ns;
    }
    ck_assert_int_eq(waiting_ns + service_ns + network_ns, end_ns - trace->start_ns);
    while (at_ns < end_ns) { /* without gaps and overlaps */
        uint32_t found = 0;

        for (uint32_t i = 0; i < trace->step_count; i++) {
            const struct trace_step *step = &trace->steps[i];

            if (!step->counted || step->kind == TRACE_BRANCHES || step->from_ns != at_ns ||
                step->to_ns == step->from_ns)
                continue;
            at_ns = step->to_ns;
            found++;
            break;
        }
        ck_assert_uint_eq(found, 1);
        left--;
    }
    ck_assert_uint_eq(left, 0);
}

/* The step number `n` of that kind, from 0. */
static const struct trace_step *step_of(const struct trace *trace, enum trace_step_kind kind, uint32_t n)
{
    for (uint32_t i = 0; i < trace->step_count; i++)
        if (trace->steps[i].kind == kind && trace->steps[i].to_ns > trace->steps[i].from_ns && n-- == 0)
            return &trace->steps[i];
    ck_abort_msg("no such step");
    return NULL;
}

static int64_t total_of(const struct trace *trace, enum trace_step_kind kind)
{
    int64_t total_ns = 0;

    for (uint32_t i = 0; i < trace->step_count; i++)
        if (trace->steps[i].kind == kind)
            total_ns += trace->steps[i].to_ns - trace->steps[i].from_ns;
    return total_ns;
}

static struct trace *traced(struct sim *sim, uint64_t ordinal, int64_t end_ns)
{
    struct trace *trace = trace_begin(sim, ordinal);

    ck_assert_int_eq(trace_run(trace, end_ns), SIM_REACHED);
    trace_end(trace);
    if (trace_found(trace))
        check_sums(trace);
    ck_assert(sim_conserves(sim, stderr));
    return trace;
}

/* ---- by hand ---- */

START_TEST(test_trace_calls_in_a_row)
{
    struct network network = tiny_network(constant(0.010));
    struct tiny_source_config source = tiny_source_of("front", 3);
    struct tiny_server_config front = tiny_server_of(constant(0.001)), back = tiny_server_of(constant(0.005));
    struct sim *sim = tiny_sim(60, &network);
    const struct trace *trace;

    source.dates_ns = (const int64_t[]){ 1 * MS, 500 * MS, 900 * MS };
    front.target = "back";
    front.calls = 2;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    trace = traced(sim, 2, 100 * SECOND);
    ck_assert_int_eq(sim->now_ns, 571 * MS); /* it ends with the request */
    ck_assert_int_eq(trace->start_ns, 500 * MS);
    ck_assert_int_eq(trace->end_ns, 571 * MS);
    ck_assert_uint_eq(trace->key, 1);
    ck_assert_uint_eq(trace->visit_count, 4);
    ck_assert_str_eq(trace->visits[1].component->group->name, "front");
    ck_assert_int_eq(trace->visits[1].sent_ns, 500 * MS);
    ck_assert_int_eq(trace->visits[1].arrived_ns, 510 * MS);
    ck_assert_int_eq(trace->visits[1].answered_ns, 561 * MS);
    ck_assert_int_eq(trace->visits[1].ended_ns, 571 * MS);
    ck_assert_str_eq(trace->visits[3].component->group->name, "back");
    ck_assert_uint_eq(trace->visits[3].parent, 1);
    ck_assert_int_eq(trace->visits[3].sent_ns, 536 * MS);
    ck_assert_int_eq(total_of(trace, TRACE_NETWORK_OUT), 30 * MS);
    ck_assert_int_eq(total_of(trace, TRACE_NETWORK_BACK), 30 * MS);
    ck_assert_int_eq(total_of(trace, TRACE_SERVICE), 11 * MS);
    ck_assert_uint_eq(trace->strand_count, 1);
    sim_destroy(sim);
}
END_TEST

/* No date differs: all is seen by the callbacks alone. */
START_TEST(test_trace_instant_calls)
{
    struct tiny_source_config source = tiny_source_of("front", 2);
    struct tiny_server_config front = tiny_server_of(constant(0.0)), back = tiny_server_of(constant(0.0));
    struct sim *sim = tiny_sim(61, NULL);
    const struct trace *trace;

    source.dates_ns = (const int64_t[]){ 7, 7 };
    front.target = "back";
    front.calls = 3;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 1, &back);
    tiny_wire(sim);
    trace = traced(sim, 2, SECOND);
    ck_assert_uint_eq(trace->key, 1);
    ck_assert_uint_eq(trace->visit_count, 5);
    ck_assert_int_eq(trace->end_ns, 7);
    ck_assert_uint_eq(trace->step_count, 0);
    sim_destroy(sim);
}
END_TEST

/* Three come at once to one server: the third waits for two services. */
static const struct trace *third_of_three(struct sim **sim, struct tiny_server_config server)
{
    struct tiny_source_config source = tiny_source_of("server", 4);

    source.dates_ns = (const int64_t[]){ 0, 0, 0, 0 };
    *sim = tiny_pair(62, &source, &server);
    return traced(*sim, 3, SECOND);
}

START_TEST(test_trace_waiting_in_line)
{
    struct tiny_server_config server = tiny_server_of(constant(0.004));
    struct sim *sim;
    const struct trace *trace;

    server.station = (struct station_config){ .name = "desks", .servers = 1, .waiting_max = 10 };
    trace = third_of_three(&sim, server);
    ck_assert_int_eq(step_of(trace, TRACE_WAIT, 0)->waiting_ns, 8 * MS);
    ck_assert_str_eq(step_of(trace, TRACE_WAIT, 0)->name, "desks");
    ck_assert_int_eq(step_of(trace, TRACE_SERVICE, 0)->service_ns, 4 * MS);
    ck_assert_uint_eq(trace->step_count, 2);
    sim_destroy(sim);

    server.holds = true; /* what is done with the server is no station's */
    trace = third_of_three(&sim, server);
    ck_assert_int_eq(step_of(trace, TRACE_WAIT, 0)->waiting_ns, 8 * MS);
    ck_assert_str_eq(step_of(trace, TRACE_WAIT, 0)->name, "desks");
    ck_assert_int_eq(step_of(trace, TRACE_SERVICE, 0)->service_ns, 4 * MS);
    ck_assert_ptr_null(step_of(trace, TRACE_SERVICE, 0)->name);
    sim_destroy(sim);

    server.station.waiting_max = 1;
    trace = third_of_three(&sim, server);
    ck_assert_int_eq(trace->outcome, OUTCOME_REFUSED);
    ck_assert_int_eq(trace->visits[1].outcome, OUTCOME_REFUSED);
    ck_assert_int_eq(trace->end_ns, 0);
    sim_destroy(sim);
}
END_TEST

/* Four share one processor, then its double: the work of 4 ms takes 16 ms, and would have taken 4. */
START_TEST(test_trace_shared_work_is_what_it_takes_alone)
{
    struct tiny_server_config server = tiny_server_of(constant(0.004));
    struct sim *sim;
    const struct trace *trace;

    server.station = (struct station_config){
        .name = "cpu", .discipline = STATION_PROCESSOR_SHARING, .servers = 1, .waiting_max = STATION_UNLIMITED
    };
    trace = third_of_three(&sim, server);
    ck_assert_int_eq(trace->end_ns, 16 * MS);
    ck_assert_int_eq(step_of(trace, TRACE_SHARED, 0)->service_ns, 4 * MS);
    ck_assert_int_eq(step_of(trace, TRACE_SHARED, 0)->waiting_ns, 12 * MS);
    sim_destroy(sim);

    server.station.capacity = (const double[]){ 0.0, 2.0 }; /* twice as fast */
    trace = third_of_three(&sim, server);
    ck_assert_int_eq(trace->end_ns, 8 * MS);
    ck_assert_int_eq(step_of(trace, TRACE_SHARED, 0)->service_ns, 2 * MS);
    ck_assert_int_eq(step_of(trace, TRACE_SHARED, 0)->waiting_ns, 6 * MS);
    sim_destroy(sim);
}
END_TEST

/* The first attempt is given up at 30 ms and goes on until 58 without a caller; the second one succeeds. */
START_TEST(test_trace_timeout_leaves_an_orphan)
{
    struct network network = tiny_network(constant(0.001));
    struct tiny_source_config source = tiny_source_of("server", 1);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct sim *sim = tiny_sim(63, &network);
    const struct trace *trace;

    source.dates_ns = (const int64_t[]){ 0 };
    source.policy = tiny_policy(30 * MS, 3);
    source.policy.backoff_ns = 5 * MS;
    server.works_ns = (const int64_t[]){ 56 * MS };
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    trace = traced(sim, 1, 10 * SECOND);
    ck_assert_int_eq(trace->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(trace->end_ns, (4 * 30 + 5 + 10 + 20) * MS);
    ck_assert_uint_eq(trace->visit_count, 5);
    ck_assert_uint_eq(trace->strand_count, 5);
    for (uint32_t i = 1; i < 5; i++) {
        ck_assert_uint_eq(trace->visits[i].attempt, i - 1);
        ck_assert(trace->visits[i].flags & TRACE_VISIT_GIVEN_UP);
        ck_assert_int_eq(trace->visits[i].ended_ns - trace->visits[i].sent_ns, 30 * MS);
        ck_assert_int_eq(trace->visits[i].arrived_ns - trace->visits[i].sent_ns, 1 * MS);
        ck_assert(trace->strands[i].orphan);
        ck_assert_int_eq(trace->strands[i].to_ns - trace->visits[i].sent_ns, 58 * MS);
    }
    ck_assert_int_eq(total_of(trace, TRACE_WAIT), 35 * MS);
    ck_assert_int_eq(sim->now_ns, (30 + 5 + 30 + 10 + 30 + 20 + 58) * MS); /* the last orphan has ended */
    sim_destroy(sim);
}
END_TEST

/* Refused at once, without a pause: attempts of no length are seen all the same. */
START_TEST(test_trace_instant_retries)
{
    struct tiny_source_config source = tiny_source_of("server", 2);
    struct tiny_server_config server = tiny_server_of(constant(0.010));
    struct sim *sim;
    const struct trace *trace;

    source.dates_ns = (const int64_t[]){ 0, 1 * MS };
    source.policy = tiny_policy(SIM_TIME_NEVER, 4);
    server.station = (struct station_config){ .name = "desks", .servers = 1, .waiting_max = 0 };
    sim = tiny_pair(64, &source, &server);
    trace = traced(sim, 2, SECOND);
    ck_assert_uint_eq(trace->visit_count, 6);
    for (uint32_t i = 1; i < 6; i++) {
        ck_assert_uint_eq(trace->visits[i].attempt, i - 1);
        ck_assert_uint_eq(trace->visits[i].parent, 0);
        ck_assert_int_eq(trace->visits[i].outcome, OUTCOME_REFUSED);
    }
    ck_assert_int_eq(trace->end_ns, 1 * MS);
    sim_destroy(sim);
}
END_TEST

/* Three branches of 1, 9 and 4 ms; the second one counts. */
START_TEST(test_trace_counts_the_branch_that_decides)
{
    struct network network = tiny_network(constant(0.002));
    struct tiny_source_config source = tiny_source_of("front", 1);
    struct tiny_server_config front = tiny_server_of(constant(0.0)),
                              back = tiny_server_of(exponential(0.010));
    struct sim *sim = tiny_sim(65, &network);
    uint32_t deciding = 0;
    const struct trace *trace;

    source.dates_ns = (const int64_t[]){ 0 };
    front.target = "back";
    front.fans_out = true;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "front", 1, &front);
    tiny_add_server(sim, "back", 3, &back);
    tiny_wire(sim);
    trace = traced(sim, 1, SECOND);
    ck_assert_uint_eq(trace->strand_count, 4);
    ck_assert_uint_eq(trace->visit_count, 8); /* source, front, and two for each branch */
    for (uint32_t i = 1; i < 4; i++)
        if (!deciding || trace->strands[i].to_ns > trace->strands[deciding].to_ns)
            deciding = i;
    for (uint32_t i = 0; i < trace->step_count; i++)
        ck_assert_int_eq(trace->steps[i].counted,
                         trace->steps[i].strand == 0 || trace->steps[i].strand == deciding);
    for (uint32_t i = 1; i < 4; i++) { /* in the order of the fork */
        const struct trace_visit *branch = &trace->visits[trace->strands[i].visits[0]];

        ck_assert(branch->flags & TRACE_VISIT_BRANCH);
        ck_assert_uint_eq(branch->branch, i);
        ck_assert_uint_eq(branch->parent, 1);
    }
    sim_destroy(sim);
}
END_TEST

START_TEST(test_trace_connections)
{
    struct link_config rule = {
        .from = "source",
        .to = "server",
        .connections = { .round_trips = 2, .connections_max = 1, .idle_timeout_ns = SIM_TIME_NEVER }
    };
    struct network network = tiny_network(constant(0.001));
    struct tiny_source_config source = tiny_source_of("server", 3);
    struct tiny_server_config server = tiny_server_of(constant(0.006));
    struct sim *sim;
    const struct trace *trace;

    network.links = &rule;
    network.link_count = 1;
    source.dates_ns = (const int64_t[]){ 0, 2 * MS, 50 * MS };
    for (uint64_t ordinal = 1; ordinal <= 2; ordinal++) {
        sim = tiny_sim(66, &network);
        tiny_add_source(sim, "source", &source);
        tiny_add_server(sim, "server", 1, &server);
        tiny_wire(sim);
        trace = traced(sim, ordinal, SECOND);
        if (ordinal == 1) { /* two round trips before the message */
            ck_assert_int_eq(trace->end_ns, 12 * MS);
            ck_assert_str_eq(step_of(trace, TRACE_NETWORK_OUT, 0)->name, "new connection");
            ck_assert_int_eq(step_of(trace, TRACE_NETWORK_OUT, 0)->network_ns, 4 * MS);
            ck_assert_int_eq(step_of(trace, TRACE_NETWORK_OUT, 1)->network_ns, 1 * MS);
        } else { /* in line for the first one's */
            ck_assert_int_eq(trace->end_ns, 20 * MS);
            ck_assert_str_eq(step_of(trace, TRACE_WAIT, 0)->name, "free connection");
            ck_assert_int_eq(step_of(trace, TRACE_WAIT, 0)->waiting_ns, 10 * MS);
        }
        sim_destroy(sim);
    }
    source.policy = tiny_policy(5 * MS, 0); /* given up in line: nothing was sent, nothing is left behind */
    sim = tiny_sim(66, &network);
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    trace = traced(sim, 2, SECOND);
    ck_assert_int_eq(trace->outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(trace->visits[1].arrived_ns, TRACE_OPEN);
    ck_assert(trace->visits[1].flags & TRACE_VISIT_GIVEN_UP);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_trace_lost_message)
{
    struct network network = tiny_network(constant(0.001));
    struct tiny_source_config source = tiny_source_of("server", 1);
    struct tiny_server_config server = tiny_server_of(constant(0.006));
    struct sim *sim = tiny_sim(67, &network);
    const struct trace *trace;

    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    sim_link_cut(&sim->links[1], true);
    trace = traced(sim, 1, 1000 * SECOND);
    ck_assert_int_eq(trace->outcome, OUTCOME_LOST);
    ck_assert_str_eq(step_of(trace, TRACE_NETWORK_OUT, 0)->name, "lost message");
    ck_assert_int_eq(step_of(trace, TRACE_NETWORK_OUT, 0)->network_ns, GIVE_UP_NS);
    ck_assert_int_eq(trace->visits[1].arrived_ns, TRACE_OPEN);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_trace_without_an_end)
{
    struct tiny_source_config source = tiny_source_of("server", 3);
    struct tiny_server_config server = tiny_server_of(constant(1.0));
    struct sim *sim;
    struct trace *trace;

    source.dates_ns = (const int64_t[]){ 0, 10 * MS, 20 * MS };
    server.station = (struct station_config){ .name = "desks", .servers = 1, .waiting_max = 5 };
    sim = tiny_pair(68, &source, &server);
    trace = traced(sim, 2, 500 * MS); /* it still waits */
    ck_assert_int_eq(trace->end_ns, TRACE_OPEN);
    ck_assert_int_eq(step_of(trace, TRACE_WAIT, 0)->waiting_ns, 490 * MS);
    ck_assert(step_of(trace, TRACE_WAIT, 0)->counted);
    sim_destroy(sim);

    sim = tiny_pair(68, &source, &server);
    trace = traced(sim, 4, 500 * MS);
    ck_assert(!trace_found(trace));
    ck_assert_uint_eq(trace_started(sim), 3);
    ck_assert_int_eq(sim->now_ns, 500 * MS);
    sim_destroy(sim);
}
END_TEST

/* ---- against a run without a trace ---- */

/* A busy system with everything in it: lines, sharing, branches, timeouts on two levels, retries,
 * connections. */
struct busy {
    struct network network;
    struct link_config rule;
    struct tiny_source_config source, others;
    struct tiny_server_config front, middle, back, leaf;
    struct tiny_record records[REQUESTS], other_records[REQUESTS];
};

static struct sim *make_busy(struct busy *busy, bool with_network, bool with_users)
{
    struct sim *sim;

    *busy = (struct busy){ .source = tiny_source_of("front", REQUESTS),
                           .others = tiny_source_of("middle", REQUESTS) };
    busy->network = tiny_network(exponential(0.001));
    busy->rule = (struct link_config){
        .from = "front",
        .to = "middle",
        .connections = { .round_trips = 1, .connections_max = 3, .idle_timeout_ns = 10 * MS }
    };
    busy->network.links = &busy->rule;
    busy->network.link_count = 1;
    busy->source.gap = exponential(0.010);
    busy->source.users = with_users ? 7 : 0;
    busy->source.ended = busy->others.ended = tiny_record;
    busy->source.argument = busy->records;
    busy->others.argument = busy->other_records;
    busy->source.policy = tiny_policy(60 * MS, 2);
    busy->source.policy.backoff_ns = 3 * MS;
    busy->source.policy.backoff_jitter = true;
    busy->others.gap = exponential(0.020);
    busy->front = tiny_server_of(exponential(0.004));
    busy->front.station = (struct station_config){
        .name = "cpu", .discipline = STATION_PROCESSOR_SHARING, .servers = 1, .waiting_max = 20
    };
    busy->front.target = "middle";
    busy->front.calls = 2;
    busy->front.policy = tiny_policy(25 * MS, 1);
    busy->middle = tiny_server_of(exponential(0.002));
    busy->middle.station =
        (struct station_config){ .name = "workers", .servers = 4, .waiting_max = 6, .held = true };
    busy->middle.holds = true;
    busy->middle.target = "back";
    busy->middle.fans_out = true;
    busy->back = tiny_server_of(exponential(0.003));
    busy->back.station = (struct station_config){ .name = "disk", .servers = 1, .waiting_max = 10 };
    busy->back.target = "leaf";
    busy->back.calls = 1;
    busy->back.policy = tiny_policy(15 * MS, 1);
    busy->leaf = tiny_server_of(exponential(0.002));
    busy->leaf.station = (struct station_config){
        .name = "cpu", .discipline = STATION_PROCESSOR_SHARING, .servers = 2, .waiting_max = STATION_UNLIMITED
    };
    sim = tiny_sim(69, with_network ? &busy->network : NULL);
    tiny_add_source(sim, "source", &busy->source);
    tiny_add_source(sim, "others", &busy->others);
    tiny_add_server(sim, "front", 1, &busy->front);
    tiny_add_server(sim, "middle", 1, &busy->middle);
    tiny_add_server(sim, "back", 3, &busy->back);
    tiny_add_server(sim, "leaf", 1, &busy->leaf);
    tiny_wire(sim);
    return sim;
}

#define BUSY_END_NS (60 * SECOND)

static void check_same_end(const struct sim *plain, const struct sim *watched)
{
    ck_assert_uint_eq(plain->events, watched->events);
    ck_assert_uint_eq(plain->sites[0].order, watched->sites[0].order);
    ck_assert_uint_eq(plain->timeouts, watched->timeouts);
    ck_assert_uint_eq(plain->orphans_ended, watched->orphans_ended);
    ck_assert_uint_eq(plain->request_count, watched->request_count);
    for (uint16_t i = 0; i < plain->component_count; i++) {
        const struct component *a = plain->components[i], *b = watched->components[i];

        ck_assert_uint_eq(a->started, b->started);
        for (int k = 0; k < OUTCOME_COUNT; k++)
            ck_assert_uint_eq(a->finished[k], b->finished[k]);
        ck_assert_int_eq(histogram_max(&a->group->latency_ok), histogram_max(&b->group->latency_ok));
    }
}

static void check_every_request(bool with_network, bool with_users)
{
    static struct busy plain_busy, busy;
    struct sim *plain = make_busy(&plain_busy, with_network, with_users);
    uint32_t orphans = 0, retries = 0, brackets = 0, refused = 0;
    int64_t last_start_ns = 0;

    ck_assert_int_eq(sim_run(plain, BUSY_END_NS), SIM_REACHED);
    for (uint64_t ordinal = 1; ordinal <= 2 * REQUESTS; ordinal += 3) {
        struct sim *sim = make_busy(&busy, with_network, with_users);
        struct trace *trace = traced(sim, ordinal, BUSY_END_NS);
        const struct tiny_record *record;

        ck_assert(trace_found(trace) && trace->end_ns != TRACE_OPEN);
        ck_assert_int_ge(trace->start_ns, last_start_ns);
        last_start_ns = trace->start_ns;
        record = trace->visits[0].component->group == sim_find_group(sim, "source")
                     ? &plain_busy.records[trace->key]
                     : &plain_busy.other_records[trace->key];
        ck_assert_int_eq(trace->end_ns - trace->start_ns, record->latency_ns);
        ck_assert_int_eq(trace->end_ns, record->end_ns);
        ck_assert_int_eq(trace->outcome, record->outcome);
        for (uint32_t i = 0; i < trace->strand_count; i++)
            orphans += trace->strands[i].orphan;
        for (uint32_t i = 0; i < trace->visit_count; i++) {
            retries += trace->visits[i].attempt > 0;
            refused += trace->visits[i].outcome == OUTCOME_REFUSED;
        }
        for (uint32_t i = 0; i < trace->step_count; i++)
            brackets += !trace->steps[i].counted;
        if (ordinal % 30 == 1) { /* the run goes on as if nobody had watched */
            ck_assert_int_eq(sim_run(sim, BUSY_END_NS), SIM_REACHED);
            check_same_end(plain, sim);
        }
        sim_destroy(sim);
    }
    ck_assert(orphans > 10 && retries > 10 && brackets > 100 &&
              refused > 0); /* the system is busy enough to mean something */
    sim_destroy(plain);
}

START_TEST(test_trace_agrees_with_the_run_over_a_network)
{
    check_every_request(true, false);
}
END_TEST

START_TEST(test_trace_agrees_with_the_run_without_a_network)
{
    check_every_request(false, false);
}
END_TEST

START_TEST(test_trace_agrees_with_the_run_of_closed_users)
{
    check_every_request(true, true);
}
END_TEST

TEST_MAIN("trace", test_trace_calls_in_a_row, test_trace_instant_calls, test_trace_waiting_in_line,
          test_trace_shared_work_is_what_it_takes_alone, test_trace_timeout_leaves_an_orphan,
          test_trace_instant_retries, test_trace_counts_the_branch_that_decides, test_trace_connections,
          test_trace_lost_message, test_trace_without_an_end, test_trace_agrees_with_the_run_over_a_network,
          test_trace_agrees_with_the_run_without_a_network, test_trace_agrees_with_the_run_of_closed_users)
