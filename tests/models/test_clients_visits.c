/* Pages with assets, sessions, patience: what the model `clients` does beyond single requests. */
#include <math.h>

#include "models/clients.h"
#include "models/environment.h"
#include "models/sessions.h"
#include "sim/network.h"
#include "tests/models/queue_tier.h"

#define USERS 1000

struct system {
    struct clients_config users;
    struct queue_config web, cdn;
    const struct environment *environment;
    enum pending_kind pending;
    struct sim *sim;
    struct group *users_group, *web_group, *cdn_group;
};

static struct system system_of(struct clients_config users, struct queue_config web, struct queue_config cdn)
{
    return (struct system){ .users = users, .web = web, .cdn = cdn, .pending = PENDING_LADDER };
}

static void system_wire(struct system *system, uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, system->pending);
    struct param_problems problems = { 0 };

    ck_assert_ptr_nonnull(sim);
    system->sim = sim;
    sim->environment = system->environment;
    system->users_group =
        sim_add_group(sim, &clients_model.component, "users", 1, &system->users, &sim->sites[0]);
    system->web_group = sim_add_group(sim, &queue_type, "web", 2, &system->web, &sim->sites[0]);
    system->cdn_group = sim_add_group(sim, &queue_type, "cdn", 1, &system->cdn, &sim->sites[0]);
    wire(sim);
    clients_model.check(&system->users, &problems);
    ck_assert_msg(problems.count == 0, "%s", problems.text);
}

static uint64_t counter(const struct system *system, const char *name)
{
    const struct metric_row *row = clients_model.component.metrics;

    while (strcmp(row->name, name) != 0)
        row++;
    ck_assert_int_eq(row->kind, METRIC_COUNTER);
    return *(
        const uint64_t *)(const void *)((const char *)component_state(system->users_group->instances[0]) +
                                        row->offset);
}

static struct request_class_config class_of(const char *name, double share)
{
    return (struct request_class_config){ .name = name, .share = share, .popularity = POPULARITY_AS_DATA,
                                          .exponent = POPULARITY_AS_DATA, .request_size = 500 };
}

static uint64_t visits(const struct group *group)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < group->count; i++)
        sum += group->instances[i]->started;
    return sum;
}

/* ---- pages ---- */

#define ROWS 50

struct fetches {
    uint64_t count[ROWS];
};

static void saw_fetch(void *argument, struct component *self, const struct request *request)
{
    struct fetches *fetches = argument;

    ck_assert_str_eq(self->sim->classes[request->request_class]->name, "image");
    ck_assert_uint_eq(request->bytes, 77);
    ck_assert_uint_eq(request->priority, 3);
    ck_assert_uint_lt(request->key, ROWS);
    fetches->count[request->key]++;
}

struct pages {
    struct data_set_config data;
    struct environment environment;
    struct request_class_config classes[2];
};

static struct system pages_of(struct pages *pages, double per_s, struct queue_config web,
                              struct queue_config cdn)
{
    struct clients_config users = open_clients(per_s, "web");

    *pages = (struct pages){
        .data = { .name = "images", .rows = ROWS, .row_size = 1000, .popularity = POPULARITY_UNIFORM },
        .classes = { class_of("view", 1.0), class_of("image", 0.0) }
    };
    pages->environment = (struct environment){ .data_sets = &pages->data, .data_set_count = 1 };
    pages->classes[0].assets = 4;
    pages->classes[0].asset = "image";
    pages->classes[1].key = "images";
    pages->classes[1].request_size = 77;
    pages->classes[1].priority = 3;
    users.requests = (struct param_list){ 2, pages->classes };
    users.asset_target = "cdn";
    return system_of(users, web, cdn);
}

START_TEST(test_clients_visits_a_page_is_complete_with_its_last_asset)
{
    struct pages pages;
    struct fetches fetches = { { 0 } };
    struct system system =
        pages_of(&pages, 100.0, queue_of(MANY, constant(0.010)), queue_of(MANY, constant(0.020)));
    const struct request_class *view;

    system.environment = &pages.environment;
    system.cdn.saw = saw_fetch;
    system.cdn.argument = &fetches;
    system_wire(&system, 1);
    run_to(system.sim, 200 * SECOND);
    view = system.sim->classes[0];
    ck_assert_int_eq(histogram_min(&view->latency_ok), 30000000);
    ck_assert_int_eq(histogram_max(&view->latency_ok), 30000000);
    ck_assert_uint_eq(visits(system.web_group), view->started);
    ck_assert_uint_eq(visits(system.cdn_group), counter(&system, "assets.fetched"));
    ck_assert_uint_ge(counter(&system, "assets.fetched"), 4 * view->finished[OUTCOME_OK]);
    ck_assert_uint_le(counter(&system, "assets.fetched"), 4 * view->started);
    ck_assert_uint_eq(system.sim->classes[1]->started, 0);
    for (int i = 0; i < ROWS; i++)
        assert_share(fetches.count[i], counter(&system, "assets.fetched"), 1.0 / ROWS);
    ck_assert_uint_eq(counter(&system, "assets.failed"), 0);
    sim_destroy(system.sim);
}
END_TEST

/* The slowest of four exponential fetches: 20 ms (1 + 1/2 + 1/3 + 1/4), variance 400 (1 + 1/4 +
 * 1/9 + 1/16). */
START_TEST(test_clients_visits_the_slowest_asset_decides)
{
    struct pages pages;
    struct system system =
        pages_of(&pages, 500.0, queue_of(MANY, constant(0.0)), queue_of(MANY, exponential(0.020)));
    const struct request_class *view;
    double n;

    system.environment = &pages.environment;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    view = system.sim->classes[0];
    n = (double)view->finished[OUTCOME_OK];
    ck_assert_double_gt(n, 49000.0);
    ck_assert_double_eq_tol(histogram_mean(&view->latency_ok) * 1e-6, 20.0 * 25 / 12,
                            4.0 * 20.0 * sqrt(205.0 / 144 / n));
    sim_destroy(system.sim);
}
END_TEST

/* Of four assets at once three find the only server busy. */
START_TEST(test_clients_visits_a_page_without_an_asset_is_incomplete)
{
    struct pages pages;
    struct system system = pages_of(&pages, 1.0, queue_of(MANY, constant(0.0)), queue_of(1, constant(0.001)));
    const struct request_class *view;

    system.users.gap_law = DISTRIBUTION_CONSTANT;
    system.environment = &pages.environment;
    system.cdn.waiting_max = 0;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND + SECOND / 2);
    view = system.sim->classes[0];
    ck_assert_uint_eq(view->finished[OUTCOME_OK], 100);
    ck_assert_uint_eq(counter(&system, "assets.fetched"), 400);
    ck_assert_uint_eq(counter(&system, "assets.failed"), 300);
    ck_assert_uint_eq(counter(&system, "pages.incomplete"), 100);
    sim_destroy(system.sim);
}
END_TEST

/* A page that fails has nothing to show. */
START_TEST(test_clients_visits_a_failed_page_fetches_nothing)
{
    struct pages pages;
    struct system system =
        pages_of(&pages, 10.0, queue_of(MANY, constant(0.010)), queue_of(MANY, constant(0.0)));

    system.environment = &pages.environment;
    system.users.call.timeout = SECOND / 1000;
    system_wire(&system, 1);
    run_to(system.sim, 10 * SECOND);
    ck_assert_uint_eq(visits(system.cdn_group), 0);
    ck_assert_uint_gt(system.sim->classes[0]->finished[OUTCOME_TIMEOUT], 60);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_visits_closed_users_wait_for_the_whole_page)
{
    struct pages pages;
    struct system system =
        pages_of(&pages, 1.0, queue_of(MANY, constant(0.5)), queue_of(MANY, constant(0.3)));

    for (int identity = 0; identity < 2; identity++) {
        system.users.arrivals = 0.0;
        system.users.users = 10;
        system.users.identity = identity;
        system.users.think_time = exponential(0.2);
        system.environment = &pages.environment;
        system_wire(&system, 1);
        run_to(system.sim, 1000 * SECOND);
        /* one page of each user takes 0.5 + 0.3 + 0.2 s in the mean, of which the pause has a deviation
         * of 0.2 s */
        ck_assert_double_eq_tol((double)system.sim->classes[0]->finished[OUTCOME_OK], 10000.0,
                                4.0 * 0.2 * sqrt(10000.0) + 10.0);
        ck_assert_int_eq(histogram_min(&system.sim->classes[0]->latency_ok), 800000000);
        sim_destroy(system.sim);
    }
}
END_TEST

/* ---- sessions ---- */

static const struct session_config four_pages = {
    .pages = 4.0,
    .pages_law = PAGES_CONSTANT,
    .think_time = { .law = DISTRIBUTION_CONSTANT, .mean = 10.0 },
    .back_after = { .law = DISTRIBUTION_CONSTANT, .mean = 5.0 }
};

static void saw_user(void *argument, struct component *self, const struct request *request)
{
    uint64_t *seen = argument;

    (void)self;
    ck_assert_uint_lt(request->user, USERS);
    seen[request->user]++;
}

START_TEST(test_clients_visits_a_session_is_a_login_and_its_pages)
{
    struct request_class_config classes[] = { class_of("login", 0.0), class_of("view", 1.0) };
    struct session_config session = four_pages;
    struct system system =
        system_of(open_clients(2.0, "web"), queue_of(MANY, constant(0.5)), queue_of(1, constant(0.0)));
    uint64_t seen[USERS] = { 0 }, sum = 0;
    const struct component *source;

    session.login = "login";
    system.users.gap_law = DISTRIBUTION_CONSTANT;
    system.users.population = USERS;
    system.users.requests = (struct param_list){ 2, classes };
    system.users.session = &session;
    system.web.saw = saw_user;
    system.web.argument = seen;
    system_wire(&system, 1);
    run_to(system.sim, 1000 * SECOND + SECOND / 4);
    source = system.users_group->instances[0];
    /* one begins each half second; it takes 5 answers of 0.5 s and 3 pauses of 10 s: 32.5 s, so 65
     * are under way */
    ck_assert_uint_eq(counter(&system, "sessions.started"), 2000);
    ck_assert_uint_eq(counter(&system, "sessions.completed"), 2000 - 65);
    ck_assert_uint_eq(system.sim->classes[0]->started, 2000);
    ck_assert_uint_eq(system.sim->classes[1]->started, 1999 + 1978 + 1957 + 1936);
    ck_assert_uint_eq(component_in_flight(source), 5);
    for (int i = 0; i < USERS; i++)
        sum += seen[i];
    ck_assert_uint_eq(sum, source->started);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_visits_pages_have_their_mean_and_a_session_keeps_its_user)
{
    struct session_config session = four_pages;
    struct system system =
        system_of(open_clients(1000.0, "web"), queue_of(MANY, constant(0.0)), queue_of(1, constant(0.0)));
    double n, per_session;

    session.pages = 4.5;
    session.pages_law = PAGES_GEOMETRIC;
    session.think_time.mean = 1e-6;
    system.users.session = &session;
    system_wire(&system, 1);
    run_to(system.sim, 40 * SECOND);
    n = (double)counter(&system, "sessions.started");
    per_session = (double)system.sim->classes[0]->started / n;
    ck_assert_double_eq_tol(per_session, 4.5, 4.0 * sqrt(4.5 * 3.5 / n) + 1e-3);
    sim_destroy(system.sim);
    session.pages_law = PAGES_CONSTANT;
    system_wire(&system, 1);
    run_to(system.sim, 40 * SECOND);
    n = (double)counter(&system, "sessions.started");
    ck_assert_double_eq_tol((double)system.sim->classes[0]->started / n, 4.5, 4.0 * 0.5 / sqrt(n) + 1e-3);
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_clients_visits_a_thinking_session_takes_at_most_64_bytes)
{
    struct session_config session = four_pages;
    struct system system =
        system_of(open_clients(10000.0, "web"), queue_of(MANY, constant(0.0)), queue_of(1, constant(0.0)));
    uint64_t before, sessions;

    session.think_time.mean = 1e6;
    system.users.session = &session;
    system_wire(&system, 1);
    run_to(system.sim, SECOND / 100);
    before = system.sim->memory.used_bytes;
    for (int i = 1; i <= 20; i++) {
        run_to(system.sim, i * SECOND);
        sessions = counter(&system, "sessions.started");
        ck_assert_uint_le((system.sim->memory.used_bytes - before) / sessions, 64);
    }
    ck_assert_uint_gt(sessions, 190000);
    ck_assert_uint_le(system.sim->request_count, 10);
    sim_destroy(system.sim);
}
END_TEST

/* Each session is followed by another with probability 1/2, 5 s later: twice as many as arrivals, in
 * the long run. */
START_TEST(test_clients_visits_users_come_back)
{
    struct session_config session = four_pages;
    struct system system =
        system_of(open_clients(100.0, "web"), queue_of(MANY, constant(0.0)), queue_of(1, constant(0.0)));
    double arrived;

    session.pages = 1.0;
    session.come_back = 0.5;
    session.come_back_after_failure = 1.0; /* there are none */
    system.users.session = &session;
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    sim_window_start(system.sim);
    run_to(system.sim, 1100 * SECOND);
    arrived = (double)(counter(&system, "sessions.started") - counter(&system, "sessions.came_back"));
    ck_assert_double_eq_tol(arrived, 1e5, 4.0 * sqrt(1e5));
    /* each arrival brings one returner in the mean, with variance 2 */
    ck_assert_double_eq_tol((double)counter(&system, "sessions.came_back"), arrived,
                            4.0 * sqrt(2e5) + 4.0 * sqrt(1e3));
    sim_destroy(system.sim);
}
END_TEST

/* ---- patience ---- */

/* Answers take 100 ms, patience is exponential with mean 100 ms: exp(-1) of them wait for it. */
START_TEST(test_clients_visits_the_impatient_leave)
{
    struct system system =
        system_of(open_clients(1000.0, "web"), queue_of(MANY, constant(0.1)), queue_of(1, constant(0.0)));
    const struct request_class *class;
    uint64_t ended;
    double left, mean = 0.1 * (1.0 - exp(-1.0) / (1.0 - exp(-1.0))); /* of exponentials below their mean */

    system.users.patience = exponential(0.1);
    system_wire(&system, 1);
    run_to(system.sim, 100 * SECOND);
    class = system.sim->classes[0];
    ended = class->finished[OUTCOME_OK] + class->finished[OUTCOME_TIMEOUT];
    left = (double)class->finished[OUTCOME_TIMEOUT];
    assert_share(class->finished[OUTCOME_OK], ended, exp(-1.0));
    ck_assert_int_eq(histogram_min(&class->latency_ok), 100000000);
    ck_assert_int_eq(histogram_max(&class->latency_ok), 100000000);
    ck_assert_double_eq_tol(histogram_mean(&class->latency_failed) * 1e-9, mean, 4.0 * 0.03 / sqrt(left));
    ck_assert_uint_eq(counter(&system, "gave_up"), class->finished[OUTCOME_TIMEOUT]);
    ck_assert_uint_eq(system.sim->timeouts, class->finished[OUTCOME_TIMEOUT]);
    ck_assert_uint_ge(system.sim->orphans_ended + 200, class->finished[OUTCOME_TIMEOUT]);
    ck_assert_uint_eq(visits(system.web_group), class->started);
    sim_destroy(system.sim);
}
END_TEST

/* Of four pages each succeeds with probability exp(-1/2); the first that does not ends the session, or
 * half of the time does not. */
START_TEST(test_clients_visits_a_slow_page_ends_the_session)
{
    static const double stays[] = { 0.0, 0.5 };

    for (int i = 0; i < 2; i++) {
        struct session_config session = four_pages;
        struct system system =
            system_of(open_clients(500.0, "web"), queue_of(MANY, constant(0.1)), queue_of(1, constant(0.0)));
        double leave = (1.0 - exp(-0.5)) * (1.0 - stays[i]), fine = pow(1.0 - leave, 4);
        uint64_t left, ended;

        session.stay_after_failure = stays[i];
        session.think_time.mean = 0.001;
        system.users.session = &session;
        system.users.patience = exponential(0.2);
        system_wire(&system, 1);
        run_to(system.sim, 100 * SECOND);
        left = counter(&system, "sessions.left");
        ended = left + counter(&system, "sessions.completed");
        ck_assert_uint_gt(ended, 48000);
        /* who fails on the last page and would stay has nothing left to see, and counts as left */
        fine -= pow(1.0 - leave, 3) * (1.0 - exp(-0.5)) * stays[i];
        assert_share(ended - left, ended, fine);
        sim_destroy(system.sim);
    }
}
END_TEST

/* ---- regions ---- */

struct region_seen {
    uint64_t low, high; /* numbers of users */
};

static void saw_region(void *argument, struct component *self, const struct request *request)
{
    struct region_seen *seen = argument; /* of the sources' components */
    struct region_seen *here = &seen[request->frames[0].component];

    (void)self;
    here->low = request->user < here->low ? request->user : here->low;
    here->high = request->user > here->high ? request->user : here->high;
}

/* Users of two regions are other users, each at the distance of their own, in the shares that
 * were asked for. */
START_TEST(test_clients_visits_users_are_where_their_region_is)
{
    static const struct clients_region regions[] = { { "eu", 0.7 }, { "us", 0.3 } };
    static struct network_site sites[] = { { "eu", NAN, NAN }, { "us", NAN, NAN } };
    static double one_way_s[] = { 0.001, 0.040, 0.040, 0.001 };
    static const struct network network = { .path_stretch = 1.0, .sites = sites, .site_count = 2,
                                            .one_way_s = one_way_s };
    struct region_seen seen[16];

    for (int closed = 0; closed < 2; closed++) {
        struct clients_config users =
            closed ? closed_clients(1000, exponential(1.0), "web") : open_clients(1000.0, "web");
        struct queue_config web = queue_of(MANY, constant(0.010));
        struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
        struct param_problems problems = { 0 };
        struct group *all, *part[2];

        for (int i = 0; i < 16; i++)
            seen[i] = (struct region_seen){ UINT64_MAX, 0 };
        users.population = 1000;
        users.identity = closed;
        users.regions = (struct param_list){ 2, regions };
        web.saw = saw_region;
        web.argument = seen;
        sim->network = &network;
        all = sim_add_group(sim, &clients_model.component, "users", 1, &users, &sim->sites[0]);
        sim_add_group(sim, &queue_type, "web", 1, &web, sim_add_site(sim, "eu"));
        wire(sim);
        clients_model.check(&users, &problems);
        clients_model.check_wired(all, &problems);
        ck_assert_int_eq(problems.count, 0);
        run_to(sim, 100 * SECOND);
        part[0] = sim_find_group(sim, "users.eu");
        part[1] = sim_find_group(sim, "users.us");
        ck_assert_uint_eq(all->instances[0]->started, 0);
        if (!closed)
            assert_share(part[0]->instances[0]->started,
                         part[0]->instances[0]->started + part[1]->instances[0]->started, 0.7);
        ck_assert_str_eq(part[1]->site->name, "us");
        ck_assert_int_eq(histogram_max(&sim->classes[part[1]->class_first]->latency_ok), 90000000);
        ck_assert_int_lt(histogram_max(&sim->classes[part[0]->class_first]->latency_ok), 13000000);
        ck_assert_uint_eq(seen[part[0]->instances[0]->id].low, 0);
        ck_assert_uint_eq(seen[part[0]->instances[0]->id].high, 699);
        ck_assert_uint_eq(seen[part[1]->instances[0]->id].low, 700);
        ck_assert_uint_eq(seen[part[1]->instances[0]->id].high, 999);
        sim_destroy(sim);
    }
}
END_TEST

/* ---- the same in every system ---- */

static void saw_hash(void *argument, struct component *self, const struct request *request)
{
    uint64_t *sum = argument;

    (void)self;
    *sum += rng_hash(request->user, request->frames[0].number); /* whatever the order */
}

static uint64_t hash_of(double service_s, enum pending_kind pending)
{
    struct session_config session = four_pages;
    struct system system = system_of(open_clients(100.0, "web"), queue_of(MANY, exponential(service_s)),
                                     queue_of(1, constant(0.0)));
    static const struct load_config over = { .shape = LOAD_STEP, .step = 0.0, .at = 50 * SECOND,
                                             .until = INT64_MAX };
    uint64_t sum = 0;

    session.pages_law = PAGES_GEOMETRIC;
    system.users.session = &session;
    system.users.load = (struct param_list){ 1, &over };
    system.web.saw = saw_hash;
    system.web.argument = &sum;
    system.pending = pending;
    system_wire(&system, 1);
    run_to(system.sim, 2000 * SECOND);
    ck_assert_uint_eq(counter(&system, "sessions.completed"), counter(&system, "sessions.started"));
    sim_destroy(system.sim);
    return sum;
}

START_TEST(test_clients_visits_the_same_users_want_the_same_in_every_system)
{
    uint64_t fast = hash_of(0.001, PENDING_LADDER);

    ck_assert_uint_eq(hash_of(1.0, PENDING_LADDER), fast);
    ck_assert_uint_eq(hash_of(1.0, PENDING_HEAP), fast);
}
END_TEST

TEST_MAIN("clients_visits", test_clients_visits_a_page_is_complete_with_its_last_asset,
          test_clients_visits_the_slowest_asset_decides,
          test_clients_visits_a_page_without_an_asset_is_incomplete,
          test_clients_visits_a_failed_page_fetches_nothing,
          test_clients_visits_closed_users_wait_for_the_whole_page,
          test_clients_visits_a_session_is_a_login_and_its_pages,
          test_clients_visits_pages_have_their_mean_and_a_session_keeps_its_user,
          test_clients_visits_a_thinking_session_takes_at_most_64_bytes, test_clients_visits_users_come_back,
          test_clients_visits_the_impatient_leave, test_clients_visits_a_slow_page_ends_the_session,
          test_clients_visits_users_are_where_their_region_is,
          test_clients_visits_the_same_users_want_the_same_in_every_system)
