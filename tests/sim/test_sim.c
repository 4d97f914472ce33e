/* The run itself: wiring, order of events, repeatability, limits, the window. */
#include <signal.h>

#include "tests/sim/tiny_models.h"

static struct distribution_config constant(double mean_s)
{
    return tiny_law(DISTRIBUTION_CONSTANT, mean_s);
}

static struct distribution_config exponential(double mean_s)
{
    return tiny_law(DISTRIBUTION_EXPONENTIAL, mean_s);
}

/* ---- wiring ---- */

/* Servers that call each other by these names; "" ends a list, NULL: calls nobody. */
struct wiring_case {
    const char *name;
    const char *calls[8][2]; /* component, its target */
    const char *on_cycle[4]; /* one of these is to be named; none: there is no cycle */
    uint8_t frames;
};

static const struct wiring_case wiring_cases[] = {
    { .name = "one", .calls = { { "a" } }, .frames = 1 },
    { .name = "two", .calls = { { "a", "b" }, { "b" } }, .frames = 2 },
    { .name = "in any order", .calls = { { "c" }, { "b", "c" }, { "a", "b" } }, .frames = 3 },
    { .name = "two roads to one place",
      .calls = { { "a", "d" }, { "b", "c" }, { "c", "d" }, { "d", "e" }, { "e" } },
      .frames = 4 },
    { .name = "itself", .calls = { { "a", "b" }, { "b", "b" } }, .on_cycle = { "b" } },
    { .name = "two call each other", .calls = { { "a", "b" }, { "b", "a" } }, .on_cycle = { "a", "b" } },
    { .name = "a road to a cycle",
      .calls = { { "a", "b" }, { "b", "c" }, { "c", "d" }, { "d", "c" } },
      .on_cycle = { "c", "d" } },
    { .name = "a cycle and a road from it",
      .calls = { { "e" }, { "a", "b" }, { "b", "c" }, { "c", "a" } },
      .on_cycle = { "a", "b", "c" } },
};

START_TEST(test_sim_wiring_finds_cycles_and_sizes_frames)
{
    const struct wiring_case *wiring = &wiring_cases[_i];
    struct tiny_server_config configs[8];
    struct sim *sim = tiny_sim(1, NULL);
    const struct group *cycle;
    bool found = false;

    for (int i = 0; i < 8 && wiring->calls[i][0]; i++) {
        configs[i] = tiny_server_of(constant(0.0));
        configs[i].target = wiring->calls[i][1];
        tiny_add_server(sim, wiring->calls[i][0], 2, &configs[i]);
    }
    ck_assert_msg(sim_wire(sim, &cycle) == !wiring->on_cycle[0], "%s", wiring->name);
    if (wiring->on_cycle[0]) {
        for (int i = 0; i < 4 && wiring->on_cycle[i]; i++)
            found |= !strcmp(cycle->name, wiring->on_cycle[i]);
        ck_assert_msg(found, "%s: %s", wiring->name, cycle->name);
    } else {
        ck_assert_ptr_null(cycle);
        ck_assert_uint_eq(sim->frames_max, wiring->frames);
        ck_assert_uint_eq(sim->stride, 104 + 24u * wiring->frames);
    }
    sim_destroy(sim);
}
END_TEST

/* A chain of calls through `length` components; at most 64 fit. */
static void check_chain(int length, bool fits)
{
    struct tiny_server_config configs[80];
    struct tiny_source_config source = tiny_source_of("c1", 3);
    struct tiny_record records[3] = { { 0 } };
    struct sim *sim = tiny_sim(1, NULL);
    char names[81][8];
    const struct group *cycle;

    source.policy = tiny_policy(SECOND, 1);
    source.ended = tiny_record;
    source.argument = records;
    tiny_add_source(sim, "source", &source);
    for (int i = 1; i < length; i++)
        snprintf(names[i], sizeof names[i], "c%d", i);
    for (int i = 1; i < length; i++) {
        configs[i] = tiny_server_of(constant(0.001));
        configs[i].target = i + 1 < length ? names[i + 1] : NULL;
        configs[i].calls = 1;
        tiny_add_server(sim, names[i], 1, &configs[i]);
    }
    ck_assert(sim_wire(sim, &cycle) == fits);
    if (fits) {
        ck_assert_int_eq(sim->frames_max, length);
        ck_assert_uint_eq(sim->stride, 104 + 32u * (uint32_t)length); /* with what is asked again */
        tiny_run_checked(sim, 100 * SECOND, 200);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(records[i].latency_ns, (length - 1) * MS);
    } else {
        ck_assert_str_eq(cycle->name, "source"); /* where the path that is too long begins */
    }
    sim_destroy(sim);
}

START_TEST(test_sim_wiring_takes_paths_of_64_components)
{
    check_chain(2, true);
    check_chain(64, true);
    check_chain(65, false);
    check_chain(80, false);
}
END_TEST

START_TEST(test_sim_finds_what_it_holds)
{
    struct tiny_server_config a = tiny_server_of(constant(0.0)), b = a, c = a;
    struct sim *sim = tiny_sim(1, NULL);
    struct group *ga, *gb, *gc, *part;
    struct site *seoul;

    a.target = "b";
    b.target = "c";
    ga = tiny_add_server(sim, "a", 100, &a);
    gb = tiny_add_server(sim, "b", 1, &b);
    gc = tiny_add_server(sim, "c", 1, &c);
    part = sim_add_part(gc, &tiny_server_type, "shard", 3, &c);
    seoul = sim_add_site(sim, "seoul");
    tiny_wire(sim);
    ck_assert_ptr_eq(sim_find_group(sim, "b"), gb);
    ck_assert_ptr_eq(sim_find_group(sim, "c.shard"), part);
    ck_assert_ptr_eq(part->parent, gc);
    ck_assert_ptr_null(sim_find_group(sim, "d"));
    ck_assert_ptr_eq(sim_find_site(sim, "seoul"), seoul);
    ck_assert_ptr_eq(sim_find_site(sim, ""), &sim->sites[0]);
    ck_assert_ptr_null(sim_find_site(sim, "tokyo"));
    ck_assert(sim_reaches(sim, ga, gb));
    ck_assert(sim_reaches(sim, ga, gc));
    ck_assert(!sim_reaches(sim, gc, ga));
    ck_assert(!sim_reaches(sim, ga, ga));
    ck_assert(!sim_reaches(sim, ga, part));
    ck_assert_uint_eq(sim->component_count, 105);
    for (uint32_t i = 0; i < 100; i++) { /* the table has grown in between */
        ck_assert_ptr_eq(sim->components[ga->instances[i]->id], ga->instances[i]);
        ck_assert_uint_eq(ga->instances[i]->instance, i);
    }
    sim_destroy(sim);
}
END_TEST

/* ---- order ---- */

struct order_log {
    uint32_t count;
    char names[1000];
};

static void note_name(void *argument, struct component *self, const struct request *request)
{
    struct order_log *log = argument;

    (void)request;
    ck_assert_uint_lt(log->count, sizeof log->names - 1);
    log->names[log->count++] = self->group->name[0];
}

/* Two sources of one site send at the same dates over the same latency, first to x in the second site,
 * then to y in the first: y is served first at each date, whatever carries the events. */
static void check_order_of_sites(struct distribution_config latency, enum pending_kind kind)
{
    struct network network = tiny_network(latency);
    struct tiny_source_config to_x = tiny_source_of("x", 4), to_y = tiny_source_of("y", 4), again = to_y;
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct order_log log = { 0 };
    struct sim *sim = sim_create(1, UINT64_MAX, kind);
    struct site *second;

    sim->network = &network;
    second = sim_add_site(sim, "second");
    to_x.dates_ns = to_y.dates_ns = again.dates_ns = (const int64_t[]){ 0, 1, 1, 50 * MS };
    server.saw = note_name;
    server.argument = &log;
    tiny_add_source(sim, "to_x", &to_x);
    tiny_add_source(sim, "to_y", &to_y);
    sim_add_group(sim, &tiny_source_type, "again", 1, &again, second);
    sim_add_group(sim, &tiny_server_type, "x", 1, &server, second);
    tiny_add_server(sim, "y", 1, &server);
    tiny_wire(sim);
    tiny_run_checked(sim, SECOND, 1);
    ck_assert_str_eq(log.names, "yyx"
                                "yyyyxx"
                                "yyx");
    sim_destroy(sim);
}

START_TEST(test_sim_events_of_equal_date_go_by_site_then_by_schedule)
{
    const double samples[] = { 0.010 };
    struct distribution_config drawn =
        distribution_config_of(DISTRIBUTION_EMPIRICAL); /* always 10 ms, and not known to be */

    drawn.samples = samples;
    drawn.sample_count = 1;
    check_order_of_sites(constant(0.010), PENDING_LADDER);
    check_order_of_sites(constant(0.010), PENDING_HEAP);
    check_order_of_sites(drawn, PENDING_LADDER);
    check_order_of_sites(drawn, PENDING_HEAP);
}
END_TEST

/* ---- repeatability ---- */

struct trajectory {
    uint64_t hash, visits;
};

static void hash_visit(void *argument, struct component *self, const struct request *request)
{
    struct trajectory *trajectory = argument;

    trajectory->visits++;
    trajectory->hash = rng_hash(trajectory->hash, (uint64_t)self->sim->now_ns);
    trajectory->hash = rng_hash(trajectory->hash,
                                request->frames[request->top].number ^ request->key << 32 ^ self->instance);
}

struct system_run {
    struct tiny_source_config source, stranger_source;
    struct tiny_server_config front, back, stranger;
    struct network network;
    struct trajectory trajectory;
    struct tiny_record *records;
    struct sim *sim;
};

#define SYSTEM_REQUESTS 20000

/* Everything there is, with crashes and changes of speed; a stranger may do something else meanwhile. */
static void system_create(struct system_run *run, uint64_t seed, enum pending_kind kind, bool with_stranger)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, kind);

    memset(run, 0, sizeof *run);
    run->sim = sim;
    run->records = calloc(SYSTEM_REQUESTS, sizeof *run->records);
    run->network = tiny_network(constant(0.0005));
    run->source = tiny_source_of("front", SYSTEM_REQUESTS);
    run->source.gap.mean = 1.0 / 800;
    run->source.policy = tiny_policy(50 * MS, 1);
    run->source.policy.backoff_ns = 3 * MS;
    run->source.policy.backoff_jitter = true;
    run->source.policy.retry_on = 1u << OUTCOME_TIMEOUT;
    run->source.ended = tiny_record;
    run->source.argument = run->records;
    run->front = tiny_server_of(exponential(0.002));
    run->front.station = (struct station_config){
        .name = "cpu", .discipline = STATION_PROCESSOR_SHARING, .servers = 2, .waiting_max = STATION_UNLIMITED
    };
    run->front.target = "back";
    run->front.fans_out = true;
    run->front.policy = tiny_policy(20 * MS, 0);
    run->front.saw = hash_visit;
    run->front.argument = &run->trajectory;
    run->back = tiny_server_of(constant(0.001)); /* many equal dates */
    run->back.station.servers = 3;
    run->back.station.waiting_max = 50;
    run->back.saw = hash_visit;
    run->back.argument = &run->trajectory;
    run->stranger_source = tiny_source_of("stranger", UINT32_MAX);
    run->stranger_source.gap.mean = 0.003;
    run->stranger = tiny_server_of(exponential(0.002));
    run->stranger.station.servers = 1;
    sim->network = &run->network;
    if (with_stranger) {
        tiny_add_source(sim, "stranger_source", &run->stranger_source);
        tiny_add_server(sim, "stranger", 7, &run->stranger);
    }
    tiny_add_source(sim, "source", &run->source);
    tiny_add_server(sim, "front", 2, &run->front);
    tiny_add_server(sim, "back", 4, &run->back);
    tiny_wire(sim);
}

static void system_play(struct system_run *run)
{
    static const double speeds[] = { 1.0, 0.5, 0.0, 3.0 };

    for (int i = 1; i <= 120; i++) {
        struct station *back = &tiny_server(run->sim, "back", (uint32_t)i % 4)->station;

        tiny_run_checked(run->sim, i * 200 * MS, 1);
        station_set_speed(back, speeds[i / 4 % 4]);
        if (i % 5 == 0)
            station_crash(back, OUTCOME_CRASHED);
        if (i % 7 == 0)
            station_crash(&tiny_server(run->sim, "front", 0)->station, OUTCOME_CRASHED);
    }
    tiny_run_checked(run->sim, 100 * SECOND, 1);
}

static void system_destroy(struct system_run *run)
{
    sim_destroy(run->sim);
    free(run->records);
}

START_TEST(test_sim_same_seed_same_trajectory_on_heap_and_ladder)
{
    struct system_run runs[4];

    system_create(&runs[0], 7, PENDING_LADDER, false);
    system_create(&runs[1], 7, PENDING_LADDER, false);
    system_create(&runs[2], 7, PENDING_HEAP, false);
    system_create(&runs[3], 8, PENDING_LADDER, false);
    for (int i = 0; i < 4; i++)
        system_play(&runs[i]);
    ck_assert_uint_gt(runs[0].trajectory.visits, 2 * SYSTEM_REQUESTS);
    ck_assert_uint_eq(runs[0].trajectory.hash, runs[1].trajectory.hash);
    ck_assert_uint_eq(runs[0].trajectory.hash, runs[2].trajectory.hash);
    ck_assert_uint_eq(runs[0].sim->events, runs[2].sim->events);
    ck_assert_uint_ne(runs[0].trajectory.hash, runs[3].trajectory.hash);
    ck_assert_int_eq(memcmp(runs[0].records, runs[2].records, SYSTEM_REQUESTS * sizeof *runs[0].records), 0);
    for (int i = 0; i < 4; i++)
        system_destroy(&runs[i]);
}
END_TEST

/* Its events come in between, its requests take places in the pool: no number of the others changes. */
START_TEST(test_sim_an_unconnected_component_changes_nothing)
{
    struct system_run alone, together;

    system_create(&alone, 9, PENDING_LADDER, false);
    system_create(&together, 9, PENDING_LADDER, true);
    system_play(&alone);
    system_play(&together);
    ck_assert_uint_gt(together.sim->events, alone.sim->events + 10000);
    ck_assert_uint_eq(alone.trajectory.hash, together.trajectory.hash);
    ck_assert_int_eq(memcmp(alone.records, together.records, SYSTEM_REQUESTS * sizeof *alone.records), 0);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        const uint64_t *finished = sim_find_group(alone.sim, "source")->instances[0]->finished;

        ck_assert_uint_eq(finished[outcome],
                          sim_find_group(together.sim, "source")->instances[0]->finished[outcome]);
        if (outcome == OUTCOME_OK || outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_REFUSED ||
            outcome == OUTCOME_CRASHED)
            ck_assert_msg(finished[outcome] > 10, "%s",
                          outcome_rows[outcome].name); /* each of them was there to be changed */
    }
    system_destroy(&alone);
    system_destroy(&together);
}
END_TEST

/* A run in small steps is the same run. */
START_TEST(test_sim_steps_do_not_matter)
{
    struct system_run whole, stepped;

    system_create(&whole, 10, PENDING_LADDER, false);
    system_create(&stepped, 10, PENDING_LADDER, false);
    tiny_run_checked(whole.sim, 30 * SECOND, 1);
    for (int64_t date_ns = 0; date_ns <= 30 * SECOND; date_ns += 777777)
        sim_run(stepped.sim, date_ns);
    sim_run(stepped.sim, 30 * SECOND);
    ck_assert_uint_eq(whole.trajectory.hash, stepped.trajectory.hash);
    ck_assert_uint_eq(whole.sim->events, stepped.sim->events);
    system_destroy(&whole);
    system_destroy(&stepped);
}
END_TEST

static void note_work(void *argument, struct component *self, const struct request *request,
                      enum outcome outcome)
{
    (void)self;
    ck_assert_int_eq(outcome, OUTCOME_OK);
    ((int64_t *)argument)[request->key] = request->service_ns;
}

/* Two architectures see the same users wanting the same work. */
START_TEST(test_sim_draws_do_not_depend_on_the_order_of_events)
{
    static const struct station_config stations[] = {
        { .name = "servers", .discipline = STATION_FIFO, .servers = 1, .waiting_max = STATION_UNLIMITED },
        { .name = "servers", .discipline = STATION_LIFO, .servers = 1, .waiting_max = STATION_UNLIMITED },
        { .name = "servers", .discipline = STATION_FIFO, .servers = 8, .waiting_max = STATION_UNLIMITED },
        { .name = "servers",
          .discipline = STATION_PROCESSOR_SHARING,
          .servers = 2,
          .waiting_max = STATION_UNLIMITED },
    };
    enum { COUNT = 5000 };
    static int64_t works_ns[4][COUNT];

    for (int i = 0; i < 4; i++) {
        struct tiny_source_config source = tiny_source_of("server", COUNT);
        struct tiny_server_config server = tiny_server_of(exponential(0.01));
        struct sim *sim;

        source.gap.mean = 1.0 / 90;
        source.ended = note_work;
        source.argument = works_ns[i];
        server.station = stations[i];
        sim = tiny_pair(11, &source, &server);
        tiny_run_checked(sim, 1000 * SECOND, 1);
        sim_destroy(sim);
        ck_assert_int_eq(memcmp(works_ns[i], works_ns[0], sizeof works_ns[0]), 0);
    }
    ck_assert_int_gt(works_ns[0][COUNT - 1], 0);
}
END_TEST

/* ---- running ---- */

START_TEST(test_sim_runs_up_to_the_date_and_includes_it)
{
    struct tiny_source_config source = tiny_source_of("server", 4);
    struct tiny_server_config server = tiny_server_of(constant(0.0));
    struct order_log log = { 0 };
    struct sim *sim;

    source.dates_ns = (const int64_t[]){ 0, 100, 101, SIM_TIME_NEVER - 1 };
    server.saw = note_name;
    server.argument = &log;
    sim = tiny_pair(1, &source, &server);
    ck_assert_int_eq(sim_run(sim, 0), SIM_REACHED);
    ck_assert_uint_eq(log.count, 1);
    ck_assert_int_eq(sim_run(sim, 100), SIM_REACHED);
    ck_assert_uint_eq(log.count, 2);
    ck_assert_int_eq(sim->now_ns, 100);
    ck_assert_int_eq(sim_run(sim, 50), SIM_REACHED); /* the clock is never set back */
    ck_assert_int_eq(sim->now_ns, 100);
    ck_assert_int_eq(sim_run(sim, SIM_TIME_NEVER - 2), SIM_REACHED);
    ck_assert_uint_eq(log.count, 3);
    ck_assert_int_eq(sim_run(sim, SIM_TIME_NEVER),
                     SIM_REACHED); /* to the end of time, where nothing never happens */
    ck_assert_uint_eq(log.count, 4);
    ck_assert_int_eq(sim->now_ns, SIM_TIME_NEVER - 1);
    sim_destroy(sim);
}
END_TEST

struct waker {
    uint32_t turns;
    struct request *ticker;
};

static void waker_start(struct component *self)
{
    ((struct waker *)component_state(self))->ticker = sim_ticker(self);
    sim_wake(self->sim, ((struct waker *)component_state(self))->ticker);
}

static void waker_on_timer(struct component *self, struct request *request)
{
    struct waker *waker = component_state(self);

    (void)request;
    if (++waker->turns < 1000)
        sim_wake(self->sim, waker->ticker);
}

static const struct component_type waker_type = {
    .name = "waker", .state_size = sizeof(struct waker), .start = waker_start, .on_timer = waker_on_timer
};

/* What is woken when there is no event under way is resumed before the first one. */
START_TEST(test_sim_wakes_those_of_before_the_run)
{
    struct sim *sim = tiny_sim(1, NULL);
    struct waker *waker;

    sim_add_group(sim, &waker_type, "waker", 1, NULL, &sim->sites[0]);
    tiny_wire(sim);
    waker = component_state(sim_find_group(sim, "waker")->instances[0]);
    ck_assert_uint_eq(waker->turns, 0);
    sim_run(sim, 0);
    ck_assert_uint_eq(waker->turns, 1000);
    ck_assert_uint_eq(sim->wake_count, 0);
    waker->turns = 998;
    sim_wake(sim, waker->ticker);
    sim_run(sim, 0);
    ck_assert_uint_eq(waker->turns, 1000);
    sim_destroy(sim);
}
END_TEST

struct cancel_log {
    uint32_t count;
    int64_t dates_ns[16];
};

static void cancel_on_timer(struct component *self, struct request *ticker)
{
    struct cancel_log *log = component_state(self);

    (void)ticker;
    log->dates_ns[log->count++] = self->sim->now_ns;
}

static const struct component_type cancel_type = { .name = "cancel",
                                                   .state_size = sizeof(struct cancel_log),
                                                   .on_timer = cancel_on_timer };

/* Ten tickers, two at each date; some are taken back, in no order, from pending and from a lane. */
START_TEST(test_sim_cancelled_events_do_not_happen)
{
    static const int cancelled[] = { 7, 0, 9, 3 };
    static const int64_t left_ns[] = { 10, 20, 30, 30, 40, 50 };

    for (int in_lane = 0; in_lane < 2; in_lane++) {
        struct sim *sim = tiny_sim(1, NULL);
        struct component *self;
        struct event events[10];
        struct cancel_log *log;
        struct lane *lane;

        sim_add_group(sim, &cancel_type, "cancel", 1, NULL, &sim->sites[0]);
        tiny_wire(sim);
        self = sim_find_group(sim, "cancel")->instances[0];
        lane = sim_lane(sim, self->site, 10);
        for (int i = 0; i < 10; i++) {
            events[i] = sim_event(self, sim_ticker(self), (i / 2 + 1) * 10);
            if (in_lane)
                lane_push(&sim->lanes, lane, events[i]);
            else
                pending_push(&sim->pending, events[i]);
        }
        for (int i = 0; i < 4; i++)
            sim_cancel(sim, events[cancelled[i]]);
        ck_assert_int_eq(sim_run(sim, 1000), SIM_REACHED);
        log = component_state(self);
        ck_assert_uint_eq(log->count, 6);
        for (int i = 0; i < 6; i++)
            ck_assert_int_eq(log->dates_ns[i], left_ns[i]);
        ck_assert_uint_eq(sim->events, 6);
        ck_assert_uint_eq(sim->cancelled.count, 0);
        sim_destroy(sim);
    }
}
END_TEST

/* ---- limits ---- */

struct stopper {
    volatile sig_atomic_t flag;
    uint64_t visits, stop_at, stopped_at_event;
};

static void stop_later(void *argument, struct component *self, const struct request *request)
{
    struct stopper *stopper = argument;

    (void)request;
    if (++stopper->visits == stopper->stop_at) {
        stopper->flag = 1;
        stopper->stopped_at_event = self->sim->events;
    }
}

/* One user who never pauses, at a server that takes 1 us. Under processor sharing every second event is a
 * timer. */
static void check_interrupt(enum station_discipline discipline, uint64_t stop_at)
{
    struct stopper stopper = { .stop_at = stop_at };
    struct tiny_source_config source = tiny_source_of("server", UINT32_MAX);
    struct tiny_server_config server = tiny_server_of(constant(0.000001));
    struct sim *sim;

    source.users = 1;
    source.gap = constant(0.0);
    server.station.servers = 1;
    server.station.discipline = discipline;
    server.saw = stop_later;
    server.argument = &stopper;
    sim = tiny_pair(1, &source, &server);
    sim->interrupt = &stopper.flag;
    ck_assert_int_eq(sim_run(sim, 100 * SECOND), SIM_INTERRUPTED);
    ck_assert_int_lt(sim->now_ns, 100 * SECOND); /* the date of the last event */
    ck_assert_uint_le(sim->events - stopper.stopped_at_event, 4096);
    ck_assert(sim_conserves(sim, stderr));
    ck_assert_int_eq(sim_run(sim, 100 * SECOND), SIM_INTERRUPTED); /* still */
    stopper.flag = 0;
    ck_assert_int_eq(sim_run(sim, sim->now_ns + SECOND / 100), SIM_REACHED); /* and it can go on */
    sim_destroy(sim);
}

START_TEST(test_sim_interrupt_ends_the_run_soon)
{
    for (uint64_t stop_at = 10000; stop_at < 10003; stop_at++) {
        check_interrupt(STATION_FIFO, stop_at);
        check_interrupt(STATION_PROCESSOR_SHARING, stop_at);
    }
}
END_TEST

START_TEST(test_sim_budget_ends_the_run)
{
    struct tiny_source_config source = tiny_source_of("server", UINT32_MAX);
    struct tiny_server_config server = tiny_server_of(constant(1.0));
    struct sim *sim = sim_create(1, UINT64_C(64) << 20, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    source.gap = exponential(0.0001);
    server.station.servers = 1;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    ck_assert(!sim->memory.over_budget);
    ck_assert_int_eq(sim_run(sim, 1000 * SECOND), SIM_OVER_BUDGET);
    ck_assert_int_lt(sim->now_ns, 1000 * SECOND);
    ck_assert_uint_gt(sim_requests_live(sim), 10000); /* the line that grew */
    ck_assert_uint_le(sim->memory.used_bytes, (UINT64_C(64) << 20) + (UINT64_C(1) << 20));
    ck_assert_uint_eq(sim->request_count % 1024, 1); /* it ended at once */
    ck_assert(sim_conserves(sim, stderr));
    sim_destroy(sim);
}
END_TEST

/* The pool is nearly full from the start: its pages are not touched, so this costs nothing. */
START_TEST(test_sim_full_pool_ends_the_run)
{
    struct tiny_source_config source = tiny_source_of("server", UINT32_MAX);
    struct tiny_server_config server = tiny_server_of(constant(1.0));
    struct sim *sim;

    source.gap = exponential(0.001);
    server.silent = true;
    sim = tiny_pair(1, &source, &server);
    sim->request_count = sim->requests_max - 5000;
    ck_assert_int_eq(sim_run(sim, 1000 * SECOND), SIM_FULL);
    ck_assert_int_lt(sim->now_ns, 10 * SECOND);
    ck_assert_uint_lt(sim->request_count, sim->requests_max + 1000);
    sim_destroy(sim);
}
END_TEST

/* As if nearly all sequence numbers were used up; of several sites each has its part of them. */
START_TEST(test_sim_ends_before_sequence_numbers_do)
{
    struct tiny_source_config source = tiny_source_of("server", UINT32_MAX);
    struct tiny_server_config server = tiny_server_of(constant(0.0001));
    struct sim *sim = tiny_sim(1, NULL);
    uint64_t parts = _i ? 4 : 1, room = (EVENT_SEQUENCE_MAX + 2) / parts;

    for (int i = 0; i < 3 * _i; i++)
        sim_add_site(sim, "elsewhere");
    source.gap = exponential(0.001);
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    ck_assert_uint_ge(sim->sites[0].order_end / EVENT_ORDER_STEP * parts, UINT64_C(1000000000000));
    ck_assert_uint_eq(sim->sites[parts - 1].order / EVENT_ORDER_STEP / room, parts - 1);
    ck_assert_uint_le(sim->sites[parts - 1].order / EVENT_ORDER_STEP % room, 1); /* the source's first event */
    ck_assert_int_eq(sim_run(sim, 10 * SECOND), SIM_REACHED);
    sim->sites[0].order = sim->sites[0].order_end - 10000 * EVENT_ORDER_STEP;
    ck_assert_int_eq(sim_run(sim, 1000 * SECOND), SIM_OUT_OF_EVENTS);
    ck_assert_int_gt(sim->now_ns, 12 * SECOND);
    ck_assert_int_lt(sim->now_ns, 30 * SECOND);
    ck_assert_uint_lt(sim->sites[0].order / EVENT_ORDER_STEP, room - room / 20);
    ck_assert(sim_conserves(sim, stderr));
    ck_assert_int_eq(sim_run(sim, 1000 * SECOND), SIM_OUT_OF_EVENTS); /* and goes on no more */
    sim_destroy(sim);
}
END_TEST

/* ---- what is too large to be wired ---- */

static const struct tiny_server_config nobody = { .work = { .mean = 0 } };

static void add_instances(struct sim *sim)
{
    tiny_add_server(sim, "first", COMPONENTS_MAX, &nobody);
    ck_assert_ptr_null(sim->excess);
    tiny_add_server(sim, "last", 1, &nobody);
}

static void add_groups(struct sim *sim)
{
    for (int i = 0; i < GROUPS_MAX; i++)
        tiny_add_server(sim, "first", 1, &nobody);
    ck_assert_ptr_null(sim->excess);
    tiny_add_server(sim, "last", 1, &nobody);
}

static void add_links(struct sim *sim)
{
    struct group *first = tiny_add_server(sim, "first", 1, &nobody),
                 *last = tiny_add_server(sim, "last", 1, &nobody);

    for (int i = 1; i < LINKS_MAX; i++) /* link 0 is none */
        sim_link(last, first, 0, NULL);
    ck_assert_ptr_null(sim->excess);
    sim_link(last, first, 0, NULL);
}

static void add_classes(struct sim *sim)
{
    static const struct tiny_source_config source = { .target = "nobody" };
    struct group *last = tiny_add_source(sim, "last", &source);

    for (int i = 0; i < CLASSES_MAX; i++)
        sim_add_class(last, "class");
    ck_assert_ptr_null(sim->excess);
    sim_add_class(last, "class");
}

static const struct excess {
    void (*add)(struct sim *sim);
    const char *text;
} excesses[] = {
    { add_instances, "65,535 instances" },
    { add_groups, "4,096 components with their parts" },
    { add_links, "65,535 links between instances" },
    { add_classes, "4,096 classes of requests" },
};

static void add_too_much(void *argument)
{
    struct sim *sim = *(struct sim **)argument;

    excesses[sim->seed].add(sim);
    ck_abort_msg("it was not too much");
}

START_TEST(test_sim_what_is_too_large_is_told)
{
    struct sim *sim = sim_create((uint64_t)_i, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    ck_assert(!memory_guard(&sim->memory, add_too_much, &sim));
    ck_assert_str_eq(sim->excess, excesses[_i].text);
    ck_assert_str_eq(sim->excess_group->name, "last");
    sim_destroy(sim);
}
END_TEST

/* ---- the end of time ---- */

/* Late in the longest run of a scenario everything begins to last for ever: no date overflows,
 * and nothing ends. */
static const struct everlasting {
    bool shared, slow_link, connects, waits;
    uint32_t servers;
    int64_t timeout_ns;
} everlastings[] = {
    { .servers = 1, .timeout_ns = SIM_TIME_NEVER },
    { .servers = 0, .timeout_ns = SIM_TIME_NEVER },
    { .servers = 1, .shared = true, .timeout_ns = SIM_TIME_NEVER },
    { .servers = 4, .shared = true, .timeout_ns = SIM_TIME_NEVER - 1 },
    { .servers = 1, .slow_link = true, .timeout_ns = SIM_TIME_NEVER - 1 },
    { .servers = 1, .slow_link = true, .connects = true, .timeout_ns = SIM_TIME_NEVER },
};

START_TEST(test_sim_no_delay_overflows_the_clock)
{
    const struct everlasting *row = &everlastings[_i];
    const int64_t late_ns = INT64_C(2000000000000000000);
    struct link_config rule = { .connections = { .connections_max = UINT32_MAX,
                                                 .idle_timeout_ns = SIM_TIME_NEVER } };
    struct network network = tiny_network(constant(row->slow_link ? 1e300 : 0.0));
    struct tiny_source_config source = tiny_source_of("server", 3);
    struct tiny_server_config server = tiny_server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 1e30));
    struct tiny_record records[3] = { { 0 } };
    struct sim *sim = tiny_sim(1, &network);

    if (row->slow_link)
        network.latency = tiny_law(DISTRIBUTION_EXPONENTIAL, 1e30);
    network.links = &rule;
    network.link_count = 1;
    rule.connections.round_trips = row->connects ? 10 : 0;
    source.dates_ns = (const int64_t[]){ late_ns - 2, late_ns - 1, late_ns - 1 };
    source.policy.timeout_ns = row->timeout_ns;
    source.ended = tiny_record;
    source.argument = records;
    server.station.servers = row->servers;
    server.station.discipline = row->shared ? STATION_PROCESSOR_SHARING : STATION_FIFO;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "server", 1, &server);
    tiny_wire(sim);
    ck_assert_int_eq(sim_run(sim, late_ns), SIM_REACHED);
    ck_assert_int_eq(sim->now_ns, late_ns);
    ck_assert(sim_conserves(sim, stderr));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(records[i].ends, 0);
    sim_destroy(sim);
}
END_TEST

/* A bug tells date, event, component, seed and how to repeat it, and exits with status 4. */
START_TEST(test_sim_bug_exits_with_4)
{
    struct sim *sim = tiny_sim(1, NULL);

    SIM_ASSERT(sim, NULL, sim->now_ns == 0);
    SIM_ASSERT(sim, NULL, sim->now_ns == 1);
}
END_TEST

/* ---- memory ---- */

/* A request in flight, its frames, event and timeout: 320 bytes at the depth of three tiers behind the
 * users. */
START_TEST(test_sim_request_in_flight_is_small)
{
    const uint32_t count = 200000;
    struct tiny_source_config source = tiny_source_of("lb", count);
    struct tiny_server_config lb = tiny_server_of(constant(0.0)), web = lb,
                              db = tiny_server_of(exponential(1000.0));
    struct sim *sim = tiny_sim(1, NULL);
    uint64_t before;

    source.gap = exponential(0.000001);
    source.policy = tiny_policy(1000000 * SECOND, 3);
    lb.target = "web";
    web.target = "db";
    lb.calls = web.calls = 1;
    tiny_add_source(sim, "source", &source);
    tiny_add_server(sim, "lb", 1, &lb);
    tiny_add_server(sim, "web", 1, &web);
    tiny_add_server(sim, "db", 1, &db);
    tiny_wire(sim);
    before = sim->memory.used_bytes;
    sim_run(sim, SECOND);
    ck_assert_uint_gt(sim_requests_live(sim), count * 9 / 10);
    ck_assert_uint_le((sim->memory.used_bytes - before) / sim_requests_live(sim), 320);
    sim_destroy(sim);
}
END_TEST

/* ---- the window ---- */

START_TEST(test_sim_window_starts_all_measures_again)
{
    struct tiny_source_config source = tiny_source_of("server", UINT32_MAX);
    struct tiny_server_config server = tiny_server_of(exponential(0.01));
    struct station *station;
    struct component *user;
    uint64_t finished = 0;
    struct sim *sim;

    source.gap.mean = 0.005; /* twice what it can do */
    server.station.servers = 1;
    server.station.waiting_max = 10;
    sim = tiny_pair(12, &source, &server);
    tiny_run_checked(sim, 100 * SECOND, 1);
    station = &tiny_server(sim, "server", 0)->station;
    user = sim_find_group(sim, "source")->instances[0];
    ck_assert_uint_gt(station->refused, 5000);
    sim_window_start(sim);
    ck_assert_uint_eq(station->refused, 0);
    ck_assert_uint_eq(sim->classes[0]->started, 0);
    ck_assert_uint_eq(sim->classes[0]->started + sim->classes[0]->retries, 0);
    ck_assert_uint_eq(sim->classes[0]->in_flight_start, component_in_flight(user));
    ck_assert(histogram_is_empty(&sim->classes[0]->latency_ok));
    ck_assert(histogram_is_empty(&sim->classes[0]->latency_failed));
    ck_assert(histogram_is_empty(&sim_find_group(sim, "server")->latency_ok));
    ck_assert(histogram_is_empty(&station->statistics->waits));
    ck_assert_uint_eq(station->statistics->started, 0);
    ck_assert_uint_eq(user->window_started, user->started);
    ck_assert_int_eq(sim->window_start_ns, 100 * SECOND);
    tiny_run_checked(sim, 300 * SECOND, 1);
    ck_assert_double_gt(station_utilisation(station, sim->now_ns), 0.99);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        finished += sim->classes[0]->finished[i];
    ck_assert_uint_eq(sim->classes[0]->in_flight_start + sim->classes[0]->started,
                      finished + component_in_flight(user));
    ck_assert_uint_eq(histogram_count(&sim->classes[0]->latency_ok), sim->classes[0]->finished[OUTCOME_OK]);
    ck_assert_double_lt(fabs((double)sim->classes[0]->started - 40000.0), 4 * 200.0);
    sim_destroy(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim");
    TCase *tcase = tcase_create("sim");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_sim_wiring_finds_cycles_and_sizes_frames, 0,
                        sizeof wiring_cases / sizeof *wiring_cases);
    tcase_add_test(tcase, test_sim_wiring_takes_paths_of_64_components);
    tcase_add_test(tcase, test_sim_finds_what_it_holds);
    tcase_add_test(tcase, test_sim_events_of_equal_date_go_by_site_then_by_schedule);
    tcase_add_test(tcase, test_sim_same_seed_same_trajectory_on_heap_and_ladder);
    tcase_add_test(tcase, test_sim_an_unconnected_component_changes_nothing);
    tcase_add_test(tcase, test_sim_steps_do_not_matter);
    tcase_add_test(tcase, test_sim_draws_do_not_depend_on_the_order_of_events);
    tcase_add_test(tcase, test_sim_runs_up_to_the_date_and_includes_it);
    tcase_add_test(tcase, test_sim_wakes_those_of_before_the_run);
    tcase_add_test(tcase, test_sim_cancelled_events_do_not_happen);
    tcase_add_test(tcase, test_sim_interrupt_ends_the_run_soon);
    tcase_add_test(tcase, test_sim_budget_ends_the_run);
    tcase_add_test(tcase, test_sim_full_pool_ends_the_run);
    tcase_add_loop_test(tcase, test_sim_ends_before_sequence_numbers_do, 0, 2);
    tcase_add_loop_test(tcase, test_sim_what_is_too_large_is_told, 0, sizeof excesses / sizeof *excesses);
    tcase_add_loop_test(tcase, test_sim_no_delay_overflows_the_clock, 0,
                        sizeof everlastings / sizeof *everlastings);
    tcase_add_test(tcase, test_sim_request_in_flight_is_small);
    tcase_add_test(tcase, test_sim_window_starts_all_measures_again);
    suite_add_tcase(suite, tcase);
    if (srunner_fork_status(runner) == CK_FORK) /* with sanitizers all tests are one process */
        tcase_add_exit_test(tcase, test_sim_bug_exits_with_4, 4);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
