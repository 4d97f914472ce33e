/* test_dns.c - who holds which answer and for how long, what it costs to find out, where requests go when a
 * target or the authoritative servers are out. */
#include "models/dns.h"

#include <math.h>

#include "sim/fault.h"

#include "tests/models/store_source.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- targets: a request takes 10 ms ---- */

static void target_on_request(struct component *self, struct request *request)
{
    sim_after(self, request, 10 * MS);
}

static void target_on_timer(struct component *self, struct request *request)
{
    request->bytes = 1000;
    sim_reply(self, request, OUTCOME_OK);
}

static const struct component_type target_type = { .name = "target",
                                                   .on_request = target_on_request,
                                                   .on_timer = target_on_timer };

/* ---- a machine in the east that asks the name for its users ---- */

struct machine_shared {
    struct link *name;
};

static void machine_wire_group(struct group *group)
{
    struct machine_shared *shared = group->shared;

    shared->name = sim_link(group, sim_find_group(group->sim, "name"), 0, NULL);
}

static void machine_on_request(struct component *self, struct request *request)
{
    const struct machine_shared *shared = self->shared;

    sim_call(self, request, shared->name, 0);
}

static void machine_on_reply(struct component *self, struct request *request)
{
    sim_reply(self, request, (enum outcome)request->outcome);
}

static const struct component_type machine_type = {
    .name = "machine",
    .shared_size = sizeof(struct machine_shared),
    .wire_group = machine_wire_group,
    .on_request = machine_on_request,
    .on_reply = machine_on_reply,
};

/* ---- users in the east, others in the west -> name -> a in the east, b in the west ---- */

static const struct network_site regions[] = { { "east", NAN, NAN }, { "west", NAN, NAN } };
static const double one_way_s[] = { 0, 0.040, 0.040, 0 };
static const struct dns_record_config both[] = { { "a", 1 }, { "b", 1 } };

struct system {
    struct network network;
    struct dns_config dns;
    struct health_check_config check;
    struct source_config users, others;
    uint32_t a_count;
};

static struct system new_system(void)
{
    set_scene();
    return (struct system){
        .network = { .path_stretch = 1,
                     .sites = (struct network_site *)(uintptr_t)regions,
                     .site_count = 2,
                     .one_way_s = (double *)(uintptr_t)one_way_s },
        .dns = { .records = { 2, both },
                 .ttl = 60 * SECOND,
                 .resolvers = 1,
                 .resolver_round_trip = law(DISTRIBUTION_CONSTANT, 0.002),
                 .lookup_time = law(DISTRIBUTION_CONSTANT, 0.050),
                 .lookup_timeout = 5 * SECOND },
        .check = { .interval = 10 * SECOND, .timeout = SECOND, .unhealthy_after = 1, .healthy_after = 1 },
        .users = { .target = "name" },
        .others = { .target = "name" },
        .a_count = 1,
    };
}

/* With what the users ask; the caller runs and destroys it. */
static struct sim *build(struct system *system, struct asked *script, size_t count)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;
    struct site *east, *west;

    ck_assert_ptr_nonnull(sim);
    system->users.script = script;
    system->users.script_count = count;
    sim->environment = &environment;
    sim->network = &system->network;
    east = sim_add_site(sim, "east");
    west = sim_add_site(sim, "west");
    sim_add_group(sim, &source_type, "users", 1, &system->users, east);
    sim_add_group(sim, &dns_model.component, "name", 1, &system->dns, &sim->sites[0]);
    sim_add_group(sim, &source_type, "others", 1, &system->others, west);
    sim_add_group(sim, &machine_type, "machine", 1, NULL, east);
    sim_add_group(sim, &target_type, "a", system->a_count, NULL, east);
    sim_add_group(sim, &target_type, "b", 1, NULL, west);
    ck_assert(sim_wire(sim, &cycle));
    return sim;
}

static struct component *name_of(const struct sim *sim)
{
    return instance_of(sim, "name", 0);
}

static uint64_t arrived(const struct sim *sim, const char *target)
{
    return instance_of(sim, target, 0)->started;
}

static void crash(struct sim *sim, const char *group, int64_t from_ns, int64_t until_ns, bool silent)
{
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, group),
                                        .from_ns = from_ns,
                                        .until_ns = until_ns,
                                        .silent = silent });
}

/* ---- caches ---- */

START_TEST(test_dns_first_request_pays_the_lookup_and_the_next_ones_nothing)
{
    struct asked script[] = {
        { 1 * SECOND, .user = 1 },            /* asks the resolver, which asks the authority */
        { 2 * SECOND, .user = 1 },            /* knows */
        { 3 * SECOND, .user = 2 },            /* asks the resolver, which knows */
        { 61 * SECOND + 51 * MS, .user = 2 }, /* the answer is of 1.052 s: this one still knows */
        { 61 * SECOND + 52 * MS, .user = 2 }, /* all have to ask */
    };
    struct system system = new_system();
    struct sim *sim;

    system.dns.records.count = 1;
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (2 + 50 + 10) * MS);
    ck_assert_int_eq(script[1].took_ns, 10 * MS);
    ck_assert_int_eq(script[2].took_ns, (2 + 10) * MS);
    ck_assert_int_eq(script[3].took_ns, 10 * MS);
    ck_assert_int_eq(script[4].took_ns, (2 + 50 + 10) * MS);
    ck_assert_uint_eq(counter(name_of(sim), "stub.hits"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "stub.misses"), 3);
    ck_assert_uint_eq(counter(name_of(sim), "resolver.hits"), 1);
    ck_assert_uint_eq(counter(name_of(sim), "resolver.misses"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "lookups"), 2);
    ck_assert_uint_eq(counter(name_of(sim), "sent"), 5);
    ck_assert_uint_eq(arrived(sim, "a"), 5);
    ck_assert_uint_eq(histogram_count(&sim_find_group(sim, "name")->latency_ok), 5);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_those_who_ask_together_share_one_lookup)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 },
                              { SECOND + 20 * MS, .user = 2 },
                              { SECOND + 30 * MS, .user = 3 } };
    struct asked others[] = { { 1 * SECOND, .user = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.others.script = others;
    system.others.script_count = 1;
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[1].took_ns % MS, 0);
    ck_assert_uint_eq(counter(name_of(sim), "lookups"), 2); /* the west has a resolver of its own */
    ck_assert_uint_eq(counter(name_of(sim), "resolver.misses"), 4);
    /* all three were told at 1.052 s; in turn: a, b, a */
    ck_assert_int_eq(script[0].took_ns, (52 + 10) * MS);
    ck_assert_int_eq(script[1].took_ns, (32 + 80 + 10) * MS);
    ck_assert_int_eq(script[2].took_ns, (22 + 10) * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_without_resolvers_everybody_asks_the_authority)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 },
                              { 2 * SECOND, .user = 2 },
                              { 3 * SECOND, .user = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.dns.resolvers = 0;
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (50 + 10) * MS);
    ck_assert_int_eq(script[1].took_ns, (50 + 80 + 10) * MS);
    ck_assert_int_eq(script[2].took_ns, 10 * MS); /* keeps its answer */
    ck_assert_uint_eq(counter(name_of(sim), "lookups"), 2);
    sim_destroy(sim);
}
END_TEST

/* With an answer at hand, a name changes nothing: the draws are those of callers who knew the address. */
static void ask_of_any(struct request *request, struct rng *rng)
{
    request->user = rng_below(rng, 1000);
}

START_TEST(test_dns_changes_nothing_else)
{
    struct histogram *with = calloc(1, sizeof *with);
    struct network network;
    struct system system = new_system();
    struct sim *sim;

    ck_assert_ptr_nonnull(with);
    network = system.network;
    network.latency = law(DISTRIBUTION_EXPONENTIAL, 0.003);
    network.has_latency = true;
    network.links = &(struct link_config){ .from = "users",
                                           .to = "a",
                                           .loss = 0.1,
                                           .bandwidth_bytes_per_s = 1e6,
                                           .connections = { 2, 30, SECOND } };
    network.link_count = 1;
    system.network = network;
    system.dns.records.count = 1;
    system.dns.resolve = DNS_ON_EXPIRY;
    system.users.rate = 200;
    system.users.timeout_ns = SECOND;
    system.users.ask = ask_of_any;
    sim = build(&system, NULL, 0);
    run_to(sim, 50 * SECOND);
    *with = sim->classes[0]->latency_ok;
    ck_assert_uint_gt(histogram_count(with), 9000);
    ck_assert_uint_gt(sim->classes[0]->finished[OUTCOME_TIMEOUT], 10);
    sim_destroy(sim);
    system.users.target = "a";
    sim = build(&system, NULL, 0);
    run_to(sim, 50 * SECOND);
    ck_assert_int_eq(memcmp(with, &sim->classes[0]->latency_ok, sizeof *with), 0);
    sim_destroy(sim);
    free(with);
}
END_TEST

START_TEST(test_dns_machine_keeps_an_answer_for_all_its_users)
{
    struct asked script[] = { { SECOND, .user = 1 }, { 2 * SECOND, .user = 2 }, { 3 * SECOND, .user = 3 } };
    struct system system = new_system();
    struct sim *sim;

    system.users.target = "machine";
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (52 + 10) * MS);
    ck_assert_int_eq(script[1].took_ns, 10 * MS); /* and not the other address */
    ck_assert_int_eq(script[2].took_ns, 10 * MS);
    ck_assert_uint_eq(counter(name_of(sim), "stub.hits"), 2);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_every_instance_is_an_address)
{
    struct asked script[30];
    struct system system = new_system();
    struct sim *sim;

    for (uint64_t i = 0; i < 30; i++)
        script[i] = (struct asked){ (int64_t)(i + 1) * SECOND, .user = i };
    system.a_count = 2;
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_uint_eq(instance_of(sim, "a", 0)->started, 10);
    ck_assert_uint_eq(instance_of(sim, "a", 1)->started, 10);
    ck_assert_uint_eq(arrived(sim, "b"), 10);
    ck_assert_uint_eq(counter(instance_of(sim, "name.a", 0), "answers"), 20);
    ck_assert_uint_eq(counter(instance_of(sim, "name.b", 0), "sent"), 10);
    sim_destroy(sim);
}
END_TEST

/* ---- geo and health ---- */

START_TEST(test_dns_geo_sends_to_the_nearest_healthy)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 },
                              { 40 * SECOND, .user = 1 },
                              { 70 * SECOND, .user = 1 },
                              { 71 * SECOND, .user = 2 },
                              { 200 * SECOND, .user = 1 } };
    struct asked others[] = { { 1 * SECOND, .user = 1 }, { 90 * SECOND, .user = 1 } };
    struct system system = new_system();
    struct sim *sim;

    system.dns.policy = DNS_GEO;
    system.dns.health_check = &system.check;
    system.others.script = others;
    system.others.script_count = LENGTH(others);
    sim = build(&system, script, LENGTH(script));
    crash(sim, "a", 20 * SECOND, 120 * SECOND, false);
    run_to(sim, 300 * SECOND);
    ck_assert_int_eq(script[0].took_ns, (52 + 10) * MS);
    ck_assert_int_eq(others[0].took_ns, (52 + 10) * MS);      /* b is where they are */
    ck_assert_int_eq(script[1].outcome, OUTCOME_UNAVAILABLE); /* the answer is kept: to a dead one */
    ck_assert_int_eq(script[1].took_ns, 0);
    ck_assert_int_eq(script[2].took_ns, (52 + 80 + 10) * MS); /* has expired: to the other side of the sea */
    ck_assert_int_eq(script[3].took_ns, (2 + 80 + 10) * MS);
    ck_assert_int_eq(script[4].took_ns, (52 + 10) * MS); /* back */
    ck_assert_int_eq(others[1].took_ns, (52 + 10) * MS);
    ck_assert_uint_eq(counter(name_of(sim), "sent_to_dead"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "name.a", 0), "sent_to_dead"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "name.a", 0), "addresses.removed"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "name.a", 0), "addresses.returned"), 1);
    ck_assert_uint_eq(counter(instance_of(sim, "name.b", 0), "addresses.removed"), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_without_health_checks_names_dead_addresses)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 }, { 2 * SECOND, .user = 2 } };
    struct system system = new_system();
    struct sim *sim = build(&system, script, LENGTH(script));

    crash(sim, "a", SECOND / 2, SIM_TIME_NEVER, false);
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[1].outcome, OUTCOME_OK);
    ck_assert_uint_eq(counter(name_of(sim), "sent_to_dead"), 1);
    sim_destroy(sim);
}
END_TEST

/* ---- outage of the authority ---- */

START_TEST(test_dns_answers_serve_until_they_expire_when_the_authority_is_out)
{
    struct asked script[] = {
        { 1 * SECOND, .user = 1 },   { 50 * SECOND, .user = 1 }, /* out since 30 s: the answer is held */
        { 51 * SECOND, .user = 2 },                              /* the resolver's too */
        { 70 * SECOND, .user = 1 },                              /* expired, and nobody to ask */
        { 131 * SECOND, .user = 1 },                             /* it is back */
    };
    struct system system = new_system();
    struct sim *sim;

    system.dns.records.count = 1;
    sim = build(&system, script, LENGTH(script));
    crash(sim, "name.authority", 30 * SECOND, 130 * SECOND, false);
    run_to(sim, 200 * SECOND);
    ck_assert_int_eq(script[1].took_ns, 10 * MS);
    ck_assert_int_eq(script[2].took_ns, 12 * MS);
    ck_assert_int_eq(script[3].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[3].took_ns, 2 * MS);
    ck_assert_int_eq(script[4].took_ns, 62 * MS);
    ck_assert_uint_eq(counter(name_of(sim), "lookups.failed"), 1);
    ck_assert_uint_eq(name_of(sim)->finished[OUTCOME_UNAVAILABLE], 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_silent_authority_is_waited_for)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 }, { 3 * SECOND, .user = 2 } };
    struct system system = new_system();
    struct sim *sim = build(&system, script, LENGTH(script));

    crash(sim, "name.authority", SECOND / 2, SIM_TIME_NEVER, true);
    run_to(sim, 200 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_int_eq(script[0].took_ns, 5 * SECOND + 2 * MS);
    ck_assert_int_eq(script[1].outcome, OUTCOME_UNAVAILABLE); /* waited for the same lookup */
    ck_assert_int_eq(script[1].took_ns, 3 * SECOND + 2 * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_caller_who_gives_up_leaves_the_lookup_behind)
{
    struct asked script[] = { { 1 * SECOND, .user = 1 },
                              { SECOND + 10 * MS, .user = 2 },
                              { 2 * SECOND, .user = 1 },
                              { 3 * SECOND, .user = 2 } };
    struct system system = new_system();
    struct sim *sim;

    system.dns.records.count = 1;
    system.users.timeout_ns = 30 * MS;
    sim = build(&system, script, LENGTH(script));
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(script[1].outcome, OUTCOME_TIMEOUT);
    ck_assert_int_eq(script[2].outcome, OUTCOME_OK); /* the answer came and is kept */
    ck_assert_int_eq(script[2].took_ns, 10 * MS);
    ck_assert_int_eq(script[3].took_ns, 10 * MS);
    ck_assert_uint_eq(arrived(sim, "a"), 2); /* nothing was sent for those who had left */
    sim_destroy(sim);
}
END_TEST

/* ---- eager holders ---- */

/* Open arrivals of 1000 users at 1000/s, half of them to each; a dies and is out of the zone at once: who was
 * told of it goes on failing until its answer expires, and the ages are uniform. */
START_TEST(test_dns_eager_holders_leave_a_dead_target_at_an_even_pace)
{
    uint64_t dead[7];
    struct system system = new_system();
    struct sim *sim;

    system.dns.resolve = DNS_ON_EXPIRY;
    system.dns.resolvers = 0;
    system.dns.health_check = &system.check;
    system.check.interval = MS;
    system.check.timeout = MS;
    system.users.rate = 1000;
    system.users.ask = ask_of_any;
    sim = build(&system, NULL, 0);
    crash(sim, "a", 100 * SECOND, SIM_TIME_NEVER, false);
    for (int i = 0; i < 7; i++) {
        run_to(sim, (100 + 10 * i) * SECOND);
        dead[i] = counter(name_of(sim), "sent_to_dead");
    }
    ck_assert_uint_le(dead[0], 1);
    for (int i = 1; i < 7;
         i++) { /* the integral of 500 (1 - t / 60), +- 4 sd, of which one is at most 4.2 % of 15000 */
        double t = 10.0 * i;

        ck_assert_double_eq_tol((double)dead[i], 500 * (t - t * t / 120), 4 * 0.042 * 15000);
    }
    run_to(sim, 200 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "sent_to_dead"), dead[6]); /* the last one is 60 s after */
    ck_assert_uint_eq(counter(name_of(sim), "lookups"), 0);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_dns_eager_users_of_one_resolver_move_together)
{
    uint64_t before, after;
    struct system system = new_system();
    struct sim *sim;

    system.dns.resolve = DNS_ON_EXPIRY;
    system.dns.health_check = &system.check;
    system.users.rate = 1000;
    system.users.ask = ask_of_any;
    sim = build(&system, NULL, 0);
    crash(sim, "a", 100 * SECOND, SIM_TIME_NEVER, false);
    run_to(sim, 111 * SECOND);
    before = counter(name_of(sim), "sent_to_dead");
    ck_assert_uint_gt(before, 0);
    for (int64_t t = 112; t < 180; t++) { /* all of half of the users, or none */
        run_to(sim, t * SECOND);
        after = counter(name_of(sim), "sent_to_dead");
        if (after == before)
            break;
        before = after;
    }
    run_to(sim, 200 * SECOND);
    ck_assert_uint_eq(counter(name_of(sim), "sent_to_dead"), after);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("dns", test_dns_first_request_pays_the_lookup_and_the_next_ones_nothing,
          test_dns_those_who_ask_together_share_one_lookup,
          test_dns_without_resolvers_everybody_asks_the_authority, test_dns_changes_nothing_else,
          test_dns_machine_keeps_an_answer_for_all_its_users,
          test_dns_every_instance_is_an_address, test_dns_geo_sends_to_the_nearest_healthy,
          test_dns_without_health_checks_names_dead_addresses,
          test_dns_answers_serve_until_they_expire_when_the_authority_is_out,
          test_dns_silent_authority_is_waited_for, test_dns_caller_who_gives_up_leaves_the_lookup_behind,
          test_dns_eager_holders_leave_a_dead_target_at_an_even_pace,
          test_dns_eager_users_of_one_resolver_move_together)
