/* Who was there, who came again, and what was bought, against counts and formulas. */
#include "models/business.h"

#include <math.h>

#include "models/audience.h"
#include "models/monitor.h"
#include "sim/fault.h"
#include "tests/models/queue_tier.h"

#define DAY_S 100

struct system {
    struct clients_config users;
    struct session_config session;
    struct queue_config web;
    struct monitor_config monitor;
    struct business_config business;
    struct sim *sim;
    struct group *users_group, *web_group;
};

static struct system system_of(struct clients_config users)
{
    struct system system = {
        .users = users,
        .session = { .pages = 1,
                     .pages_law = PAGES_CONSTANT,
                     .think_time = constant(1.0),
                     .back_after = constant(DAY_S),
                     .basket = 20,
                     .accepted_wait = SECOND },
        .web = queue_of(MANY, constant(0.001)),
        .monitor = { .interval = 10 * SECOND, .delay = 5 * SECOND },
        .business = { "users", DAY_S * SECOND },
    };

    return system;
}

static void build(struct system *system, bool has_sessions, bool has_business)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    struct site *site;

    ck_assert_ptr_nonnull(sim);
    site = &sim->sites[0];
    system->sim = sim;
    system->users.session = has_sessions ? &system->session : NULL;
    system->monitor.business = has_business ? &system->business : NULL;
    sim_add_group(sim, &monitor_model.component, "monitor", 1, &system->monitor, site);
    system->users_group = sim_add_group(sim, &clients_model.component, "users", 1, &system->users, site);
    system->web_group = sim_add_group(sim, &queue_type, "web", 1, &system->web, site);
    wire(sim);
}

static uint64_t number(const struct system *system, size_t offset)
{
    const char *state = component_state(sim_find_group(system->sim, "monitor.business")->instances[0]);

    return *(const uint64_t *)(const void *)(state + offset);
}

/* The two numbers of a metric. */
static uint64_t first_of(const struct system *system, const char *name)
{
    for (const struct metric_row *row = business_model.component.metrics; row->name; row++)
        if (!strcmp(row->name, name))
            return number(system, row->offset);
    ck_abort_msg("no metric %s", name);
}

static uint64_t second_of(const struct system *system, const char *name)
{
    for (const struct metric_row *row = business_model.component.metrics; row->name; row++)
        if (!strcmp(row->name, name))
            return number(system, row->offset_other);
    ck_abort_msg("no metric %s", name);
}

static double share_of(const struct system *system, const char *name)
{
    double hits = (double)first_of(system, name);

    return hits / (hits + (double)second_of(system, name));
}

/* ---- who ---- */

/* 300 users who think for 10 s each: all of them are there on each of four days. */
START_TEST(test_business_counts_each_user_once_a_day)
{
    struct system system = system_of(closed_clients(300, constant(10.0), "web"));

    system.users.identity = true;
    build(&system, false, true);
    run_to(system.sim, 4 * DAY_S * SECOND);
    ck_assert_uint_eq(second_of(&system, "daily_active_users"), 4);
    ck_assert_uint_eq(first_of(&system, "daily_active_users"), 4 * 300);
    ck_assert_uint_eq(first_of(&system, "retention"), 3 * 300);
    ck_assert_uint_eq(second_of(&system, "retention"), 0);
    run_to(system.sim, 5 * DAY_S * SECOND - 1); /* the fifth is not over */
    ck_assert_uint_eq(second_of(&system, "daily_active_users"), 4);
    sim_destroy(system.sim);
}
END_TEST

/* Without an answer nobody was there: the server is down on the second day. */
START_TEST(test_business_counts_only_who_was_answered)
{
    struct system system = system_of(closed_clients(300, constant(10.0), "web"));

    system.users.identity = true;
    build(&system, false, true);
    sim_add_fault(system.sim, &(struct fault){ .group = system.web_group,
                                               .from_ns = DAY_S * SECOND,
                                               .until_ns = 2 * DAY_S * SECOND });
    run_to(system.sim, 3 * DAY_S * SECOND);
    ck_assert_uint_eq(first_of(&system, "daily_active_users"), 2 * 300);
    ck_assert_uint_eq(first_of(&system, "retention"), 0);
    ck_assert_uint_eq(second_of(&system, "retention"), 300);
    sim_destroy(system.sim);
}
END_TEST

/* Poisson arrivals of n a day, drawn from N users: N (1 - exp(-n / N)) different ones, and that share of them
 * by chance on the next day. */
START_TEST(test_business_meets_the_formula_for_open_arrivals)
{
    struct system system = system_of(open_clients(50, "web"));
    double users = 4000, share = 1 - exp(-50.0 * DAY_S / users), days = 20, active;

    system.users.population = (int64_t)users;
    build(&system, false, true);
    run_to(system.sim, (int64_t)days * DAY_S * SECOND);
    active = (double)first_of(&system, "daily_active_users") / days;
    ck_assert_double_eq_tol(active, users * share, 4 * sqrt(users * share * (1 - share) / days));
    ck_assert_double_eq_tol(share_of(&system, "retention"), share,
                            4 * sqrt(share * (1 - share) / (users * share * (days - 1))));
    sim_destroy(system.sim);
}
END_TEST

/* Who looks at users changes nothing for them: the same requests with and without. */
START_TEST(test_business_changes_no_request)
{
    struct system system = system_of(open_clients(50, "web"));
    uint64_t seen[2];

    for (int with = 0; with < 2; with++) {
        system.web = queue_of(1, exponential(0.018)); /* so that the order of things shows */
        build(&system, false, with);
        run_to(system.sim, DAY_S * SECOND);
        seen[with] = (uint64_t)system.web_group->latency_ok.sum;
        sim_destroy(system.sim);
    }
    ck_assert_uint_eq(seen[0], seen[1]);
}
END_TEST

/* The warm-up ends in the middle of a day: days begin anew. */
START_TEST(test_business_begins_again_after_the_warm_up)
{
    struct system system = system_of(closed_clients(300, constant(10.0), "web"));

    system.users.identity = true;
    build(&system, false, true);
    run_to(system.sim, 150 * SECOND);
    sim_window_start(system.sim);
    run_to(system.sim, 349 * SECOND);
    ck_assert_uint_eq(second_of(&system, "daily_active_users"), 1);
    run_to(system.sim, 350 * SECOND);
    ck_assert_uint_eq(second_of(&system, "daily_active_users"), 2);
    ck_assert_uint_eq(first_of(&system, "daily_active_users"), 2 * 300);
    ck_assert_uint_eq(first_of(&system, "retention"), 300);
    sim_destroy(system.sim);
}
END_TEST

/* ---- what they met ---- */

START_TEST(test_session_mood_adds_up_what_was_met)
{
    struct session_config config = { .accepted_wait = SECOND,
                                     .loss_per_second = 0.1,
                                     .loss_per_failure = 0.5 };
    struct system system = system_of(open_clients(50, "web"));
    struct sessions sessions;
    uint16_t mood = 0;

    build(&system, false, false);
    config.think_time = config.back_after = constant(1.0);
    sessions_init(&sessions, system.users_group, &config);
    ck_assert_uint_eq(sessions_mood(&sessions, 7, SECOND, false), 7); /* accepted */
    mood = sessions_mood(&sessions, mood, 3 * SECOND, false);
    mood = sessions_mood(&sessions, mood, 2 * SECOND, true);
    ck_assert_double_eq_tol(exp(-mood / SESSION_MOOD_UNITS), 0.9 * 0.9 * 0.9 * 0.5, 1e-4);
    ck_assert_uint_eq(sessions_mood(&sessions, mood, 1000 * SECOND, false), SESSION_MOOD_MAX);
    config.loss_per_failure = 1;
    sessions_init(&sessions, system.users_group, &config);
    ck_assert_uint_eq(sessions_mood(&sessions, 0, 0, true), SESSION_MOOD_MAX);
    config.buy = config.come_back = config.come_back_after_failure = 1;
    for (uint64_t i = 0; i < 100; i++) {
        ck_assert(sessions_buy(&sessions, i, 0));
        ck_assert(!sessions_buy(&sessions, i, SESSION_MOOD_MAX));
        ck_assert(!sessions_come_back(&sessions, i, true, SESSION_MOOD_MAX));
    }
    sim_destroy(system.sim);
}
END_TEST

/* Two pages of 3 s, of which 1 s is accepted: each second more costs a tenth. */
START_TEST(test_business_sells_less_to_those_who_wait)
{
    struct system system = system_of(open_clients(100, "web"));
    double expected = 0.3 * pow(0.9, 4), visits, revenue;

    system.session.pages = 2;
    system.session.buy = 0.3;
    system.session.loss_per_second = 0.1;
    system.web = queue_of(MANY, constant(3.0));
    build(&system, true, true);
    run_to(system.sim, 2 * DAY_S * SECOND);
    visits = (double)first_of(&system, "conversion") + (double)second_of(&system, "conversion");
    ck_assert_double_gt(visits, 18000);
    ck_assert_double_eq_tol(share_of(&system, "conversion"), expected,
                            4 * sqrt(expected * (1 - expected) / visits) + 2 * 6.2e-5);
    revenue = (double)first_of(&system, "revenue") / 1e6;
    ck_assert_double_eq(revenue, 20 * (double)first_of(&system, "conversion"));
    sim_destroy(system.sim);
}
END_TEST

/* A third of the pages is refused, which costs half the purchases of those who stay; who lacks the last page
 * buys nothing. Two pages: 2/3 have the last one, of which 2/3 had the first one too. */
START_TEST(test_business_sells_less_to_those_who_are_refused)
{
    struct system system = system_of(open_clients(100, "web"));
    double refused, expected, visits;

    system.session.pages = 2;
    system.session.stay_after_failure = 1;
    system.session.buy = 0.4;
    system.session.loss_per_failure = 0.5;
    system.web = queue_of(1, constant(0.0025)); /* Erlang's loss: a / (1 + a) */
    system.web.waiting_max = 0;
    build(&system, true, true);
    run_to(system.sim, 5 * DAY_S * SECOND);
    refused = 0.5 / 1.5;
    expected = 0.4 * (1 - refused) * (1 - refused + refused * 0.5);
    visits = (double)first_of(&system, "conversion") + (double)second_of(&system, "conversion");
    ck_assert_double_eq_tol(share_of(&system, "conversion"), expected,
                            4 * sqrt(expected * (1 - expected) / visits));
    sim_destroy(system.sim);
}
END_TEST

/* 60 % come back a day later, if they do not mind: pages of 2 s cost a fifth of them. Few of so many users
 * come again by chance. */
START_TEST(test_business_retains_fewer_of_those_who_wait)
{
    struct system system = system_of(open_clients(100, "web"));
    double back = 0.6 * 0.8, users = 10000000, chance, expected, before;

    system.users.population = (int64_t)users;
    system.session.come_back = 0.6;
    system.session.loss_per_second = 0.2;
    system.web = queue_of(MANY, constant(2.0));
    build(&system, true, true);
    run_to(system.sim, 6 * DAY_S * SECOND);
    chance = 200.0 * DAY_S / users; /* at most */
    /* visits of the last 2 s of a day end, and so begin again, on the day after the next */
    expected = back * (1 - 2.0 / DAY_S);
    before = (double)first_of(&system, "retention") + (double)second_of(&system, "retention");
    ck_assert_double_eq_tol(share_of(&system, "retention"), expected,
                            4 * sqrt(back * (1 - back) / before) + chance);
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("business", test_business_counts_each_user_once_a_day, test_business_counts_only_who_was_answered,
          test_business_meets_the_formula_for_open_arrivals, test_business_changes_no_request,
          test_business_begins_again_after_the_warm_up, test_session_mood_adds_up_what_was_met,
          test_business_sells_less_to_those_who_wait, test_business_sells_less_to_those_who_are_refused,
          test_business_retains_fewer_of_those_who_wait)
