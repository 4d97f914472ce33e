/* test_name.c - names: components that hand requests on over a link of their caller (sim_hand_on). */
#include "sim/call.h"
#include "sim/fault.h"
#include "sim/trace.h"
#include "tests/sim/tiny_models.h"

/* ---- a name that takes some time to answer with its first target, then with the next ... ---- */

struct name_config {
    const char *targets[2];
    int64_t lookup_ns; /* 0: at once */
};

struct name_shared {
    struct link *links[2];
    uint64_t asked;
};

static void name_wire_callers(struct group *group)
{
    const struct name_config *config = group->config;
    struct name_shared *shared = group->shared;
    struct sim *sim = group->sim;
    uint16_t count = sim->link_count;

    for (uint16_t i = 1; i < count; i++)
        for (int k = 0; sim->links[i].target->group == group && k < 2; k++)
            shared->links[k] = sim_link_behind(&sim->links[i], sim_find_group(sim, config->targets[k]), 0);
}

static void name_answer(struct component *self, struct request *request)
{
    struct name_shared *shared = self->shared;

    if (request->top == request->base)
        sim_reply(self, request, OUTCOME_OK);
    else
        sim_hand_on(self, request, shared->links[(shared->asked - 1) % 2]);
}

static void name_on_request(struct component *self, struct request *request)
{
    const struct name_config *config = self->group->config;
    struct name_shared *shared = self->shared;

    shared->asked++;
    if (config->lookup_ns)
        sim_after(self, request, config->lookup_ns);
    else
        name_answer(self, request);
}

static const struct component_type name_type = {
    .name = "name",
    .is_name = true,
    .shared_size = sizeof(struct name_shared),
    .wire_callers = name_wire_callers,
    .on_request = name_on_request,
    .on_timer = name_answer,
};

static enum outcome answer_unavailable(void *argument, struct component *self, struct request *request)
{
    (void)argument;
    (void)self;
    (void)request;
    return OUTCOME_UNAVAILABLE;
}

struct system {
    struct network network;
    struct tiny_source_config source;
    struct tiny_server_config first, second;
    struct name_config name;
    struct tiny_record records[4];
};

static void system_init(struct system *system, uint32_t count, const int64_t *dates_ns)
{
    *system = (struct system){
        .network = tiny_network(tiny_law(DISTRIBUTION_CONSTANT, 0.010)),
        .source = tiny_source_of("name", count),
        .first = tiny_server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.005)),
        .second = tiny_server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.006)),
        .name = { { "first", "second" }, 30 * MS },
    };
    system->source.dates_ns = dates_ns;
    system->source.ended = tiny_record;
    system->source.argument = system->records;
}

static struct sim *system_wire(struct system *system)
{
    struct sim *sim = tiny_sim(1, &system->network);
    const struct group *cycle;

    tiny_add_source(sim, "source", &system->source);
    sim_add_group(sim, &name_type, "name", 1, &system->name, &sim->sites[0]);
    tiny_add_server(sim, "first", 1, &system->first);
    tiny_add_server(sim, "second", 1, &system->second);
    ck_assert(sim_wire(sim, &cycle)); /* and nothing begins yet: faults and traces come first */
    return sim;
}

static uint64_t arrived(const struct sim *sim, const char *group)
{
    return sim_find_group(sim, group)->instances[0]->started;
}

START_TEST(test_name_answer_comes_from_the_target_itself)
{
    struct system system;
    struct sim *sim;

    system_init(&system, 2, (const int64_t[]){ 0, SECOND });
    sim = system_wire(&system);
    tiny_run_checked(sim, 10 * SECOND, 100);
    ck_assert_int_eq(system.records[0].latency_ns, (30 + 10 + 5 + 10) * MS);
    ck_assert_int_eq(system.records[1].latency_ns, (30 + 10 + 6 + 10) * MS);
    ck_assert_uint_eq(sim_find_group(sim, "name")->instances[0]->finished[OUTCOME_OK], 2);
    ck_assert_int_eq((int64_t)sim_find_group(sim, "name")->latency_ok.sum / 2, 30 * MS);
    ck_assert_uint_eq(arrived(sim, "first"), 1);
    ck_assert_uint_eq(arrived(sim, "second"), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_name_is_asked_again_by_a_retry)
{
    struct system system;
    struct sim *sim;

    system_init(&system, 1, (const int64_t[]){ 0 });
    system.first.answer = answer_unavailable;
    system.source.policy = tiny_policy(SIM_TIME_NEVER, 1);
    sim = system_wire(&system);
    tiny_run_checked(sim, 10 * SECOND, 100);
    ck_assert_int_eq(system.records[0].outcome, OUTCOME_OK);
    ck_assert_int_eq(system.records[0].latency_ns, (30 + 25 + 30 + 26) * MS);
    ck_assert_uint_eq(arrived(sim, "name"), 2);
    sim_destroy(sim);
}
END_TEST

/* The limit counts from the question: here it ends in the lookup, on the way, at the target, on the way back,
 * or not. */
START_TEST(test_name_limit_of_time_covers_the_lookup_too)
{
    const int64_t limits_ns[] = { 20 * MS, 35 * MS, 42 * MS, 50 * MS, 56 * MS };

    for (int at_once = 0; at_once < 2; at_once++)
        for (size_t i = 0; i < sizeof limits_ns / sizeof *limits_ns; i++) {
            struct system system;
            struct sim *sim;
            int64_t lookup_ns = at_once ? 0 : 30 * MS;
            int64_t limit_ns = limits_ns[i] - (at_once ? 30 * MS : 0);

            if (limit_ns <= 0)
                continue;
            system_init(&system, 1, (const int64_t[]){ 0 });
            system.name.lookup_ns = lookup_ns;
            system.source.policy = tiny_policy(limit_ns, 0);
            sim = system_wire(&system);
            tiny_run_checked(sim, 10 * SECOND, 1000);
            ck_assert_int_eq(system.records[0].outcome,
                             limits_ns[i] < 55 * MS ? OUTCOME_TIMEOUT : OUTCOME_OK);
            ck_assert_int_eq(system.records[0].latency_ns,
                             limits_ns[i] < 55 * MS ? limit_ns : lookup_ns + 25 * MS);
            ck_assert_uint_eq(arrived(sim, "first"), limits_ns[i] > 30 * MS);
            sim_destroy(sim);
        }
}
END_TEST

START_TEST(test_name_target_that_dies_is_heard_of)
{
    struct system system;
    struct sim *sim;

    system_init(&system, 2, (const int64_t[]){ 0, SECOND });
    sim = system_wire(&system);
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "first"),
                                        .from_ns = 42 * MS,
                                        .until_ns = SIM_TIME_NEVER });
    tiny_run_checked(sim, 10 * SECOND, 100);
    ck_assert_int_eq(system.records[0].outcome, OUTCOME_CRASHED);
    ck_assert_int_eq(system.records[0].latency_ns, 52 * MS);
    ck_assert_int_eq(system.records[1].outcome, OUTCOME_OK);
    sim_destroy(sim);
}
END_TEST

/* What it says goes through the caller's network card once, on its way to the target. */
START_TEST(test_name_takes_nothing_of_a_network_card)
{
    struct tiny_server_config front = tiny_server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.001));
    struct system system;
    struct sim *sim;
    const struct group *cycle;

    system_init(&system, 1, (const int64_t[]){ 0 });
    system.source.target = "front";
    front.target = "name";
    front.calls = 1;
    front.call_bytes = 3000;
    front.reply_bytes = 0;
    front.card_bytes_per_s = 1e6;
    sim = tiny_sim(1, &system.network);
    tiny_add_source(sim, "source", &system.source);
    tiny_add_server(sim, "front", 1, &front);
    sim_add_group(sim, &name_type, "name", 1, &system.name, &sim->sites[0]);
    tiny_add_server(sim, "first", 1, &system.first);
    tiny_add_server(sim, "second", 1, &system.second);
    ck_assert(sim_wire(sim, &cycle));
    tiny_run_checked(sim, 10 * SECOND, 100);
    ck_assert_int_eq(system.records[0].latency_ns, (10 + 1 + 30 + 3 + 10 + 5 + 10 + 10) * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_name_trace_shows_the_lookup_and_then_the_target)
{
    struct system system;
    struct sim *sim;
    struct trace *trace;

    for (int at_once = 0; at_once < 2; at_once++) {
        system_init(&system, 1, (const int64_t[]){ 0 });
        system.name.lookup_ns = at_once ? 0 : 30 * MS;
        sim = system_wire(&system);
        trace = trace_begin(sim, 1);
        ck_assert_int_eq(trace_run(trace, 10 * SECOND), SIM_REACHED);
        trace_end(trace);
        ck_assert_uint_eq(trace->visit_count, 3);
        ck_assert_str_eq(trace->visits[1].component->group->name, "name");
        ck_assert_uint_eq(trace->visits[1].flags, TRACE_VISIT_HANDED_ON);
        ck_assert_int_eq(trace->visits[1].ended_ns, system.name.lookup_ns);
        ck_assert_str_eq(trace->visits[2].component->group->name, "first");
        ck_assert_uint_eq(trace->visits[2].flags, 0);
        ck_assert_int_eq(trace->visits[2].sent_ns, system.name.lookup_ns);
        ck_assert_int_eq(trace->visits[2].ended_ns, system.name.lookup_ns + 25 * MS);
        ck_assert_int_eq(trace->end_ns, system.name.lookup_ns + 25 * MS);
        sim_destroy(sim);
    }
}
END_TEST

TEST_MAIN("name", test_name_answer_comes_from_the_target_itself, test_name_is_asked_again_by_a_retry,
          test_name_limit_of_time_covers_the_lookup_too, test_name_target_that_dies_is_heard_of,
          test_name_takes_nothing_of_a_network_card,
          test_name_trace_shows_the_lookup_and_then_the_target)
