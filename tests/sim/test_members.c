/* Instances that come and go: what callers see, what is paid, what is left in memory; and conservation
 * through any order of changes and crashes. */
#include "sim/members.h"

#include "sim/fault.h"
#include "tests/sim/tiny_models.h"

/* A server that remembers how many it has served since it came, and calls that were made about its coming and
 * going. */
struct memory_of {
    uint64_t served;
    uint32_t lost, restarted, told;
};

static void served_on_request(struct component *self, struct request *request)
{
    ((struct memory_of *)component_state(self))->served++;
    sim_after(self, request, 10 * MS);
}

static void served_on_timer(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_OK);
}

static void served_on_crash(struct component *self)
{
    struct memory_of *memory = component_state(self);

    memory->served = 0;
    memory->lost++;
}

static void served_on_restart(struct component *self)
{
    ((struct memory_of *)component_state(self))->restarted++;
}

static void served_on_member(struct group *group, const struct component *member, bool is_member)
{
    struct memory_of *memory = component_state(group->instances[member->instance]);

    memory->told = is_member ? memory->told + 1 : memory->told + 1000;
}

static const struct component_type served_type = {
    .name = "served",
    .state_size = sizeof(struct memory_of),
    .on_request = served_on_request,
    .on_timer = served_on_timer,
    .on_crash = served_on_crash,
    .on_restart = served_on_restart,
    .on_member = served_on_member,
};

struct rig {
    struct tiny_source_config source;
    struct tiny_server_config front;
    struct tiny_record records[4096];
    int64_t dates_ns[4096];
    struct sim *sim;
    struct group *back;
};

/* Every period_ms a request, which asks every instance of "back". */
static void rig_init(struct rig *rig, uint32_t count, int period_ms, uint32_t backs, uint32_t start)
{
    const struct group *cycle;

    memset(rig, 0, sizeof *rig);
    rig->source = tiny_source_of("front", count);
    rig->front = tiny_server_of(tiny_law(DISTRIBUTION_CONSTANT, 0.001));
    rig->front.target = "back";
    rig->front.fans_out = true;
    for (uint32_t i = 0; i < count; i++)
        rig->dates_ns[i] = (int64_t)i * period_ms * MS;
    rig->source.dates_ns = rig->dates_ns;
    rig->source.ended = tiny_record;
    rig->source.argument = rig->records;
    rig->sim = tiny_sim(7, NULL);
    tiny_add_source(rig->sim, "source", &rig->source);
    tiny_add_server(rig->sim, "front", 1, &rig->front);
    rig->back = sim_add_group(rig->sim, &served_type, "back", backs, NULL, &rig->sim->sites[0]);
    members_init(rig->back, start);
    ck_assert(sim_wire(rig->sim, &cycle)); /* does not begin: faults may be added */
}

static struct memory_of *memory_of(const struct rig *rig, uint32_t instance)
{
    return component_state(rig->back->instances[instance]);
}

static void run(const struct rig *rig, int64_t end_ns)
{
    ck_assert_int_eq(sim_run(rig->sim, end_ns), SIM_REACHED);
    ck_assert(sim_conserves(rig->sim, stderr));
}

/* One of three is out at first and refuses. It is paid from its order, serves from when it joins, finishes
 * what it has when it leaves, and has forgotten everything when it is gone. */
START_TEST(test_members_go_through_their_states)
{
    static struct rig rig;
    struct component *third;

    rig_init(&rig, 100, 20, 3, 2);
    third = rig.back->instances[2];
    run(&rig, 95 * MS);
    ck_assert_uint_eq(memory_of(&rig, 2)->served, 0);
    ck_assert_uint_eq(memory_of(&rig, 2)->told, 1000);
    ck_assert_uint_eq(memory_of(&rig, 1)->served, 5);
    ck_assert_int_eq(rig.records[0].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_uint_eq(members_count(rig.back), 2);
    member_order(third);
    run(&rig, 195 * MS);
    ck_assert_uint_eq(memory_of(&rig, 2)->served, 0);
    member_join(third);
    ck_assert_uint_eq(memory_of(&rig, 2)->told, 1001);
    ck_assert_uint_eq(memory_of(&rig, 2)->restarted, 1);
    ck_assert_uint_eq(members_at(rig.back, 2), 2);
    run(&rig, 305 * MS); /* those of 200 to 300 ms */
    ck_assert_uint_eq(memory_of(&rig, 2)->served, 6);
    ck_assert_int_eq(rig.records[10].outcome, OUTCOME_OK);
    member_leave(third);
    ck_assert_uint_eq(members_count(rig.back), 2);
    ck_assert(!member_is_idle(third));
    run(&rig, 315 * MS);
    ck_assert_int_eq(rig.records[15].outcome, OUTCOME_OK);
    ck_assert(member_is_idle(third));
    ck_assert_double_eq((double)component_serving_area(third), 120.0 * MS); /* it may finish what it has */
    member_retire(third);
    ck_assert_uint_eq(memory_of(&rig, 2)->served, 0);
    ck_assert_uint_eq(memory_of(&rig, 2)->lost, 2); /* and when it was put out at the start */
    run(&rig, 1000 * MS);
    ck_assert_int_eq(rig.records[17].outcome, OUTCOME_UNAVAILABLE);
    ck_assert_double_eq((double)component_serving_area(third), 120.0 * MS);
    ck_assert_double_eq((double)gauge_area(&rig.back->members->billed, rig.sim->now_ns),
                        2 * 1000.0 * MS + 220.0 * MS);
    ck_assert_double_eq((double)group_serving_area(rig.back), 2 * 1000.0 * MS + 120.0 * MS);
    ck_assert_uint_eq(third->outage->crashes, 0);
    sim_destroy(rig.sim);
}
END_TEST

/* What is inside when it has to go is cut off, as in a crash. */
START_TEST(test_members_that_must_go_cut_off_what_they_have)
{
    static struct rig rig;

    rig_init(&rig, 10, 20, 2, 2);
    run(&rig, 25 * MS);
    ck_assert_uint_eq(component_in_flight(rig.back->instances[1]), 1);
    member_retire(rig.back->instances[1]);
    ck_assert_uint_eq(component_in_flight(rig.back->instances[1]), 0);
    run(&rig, 1000 * MS);
    ck_assert_int_eq(rig.records[0].outcome, OUTCOME_OK);
    ck_assert_int_eq(rig.records[1].outcome, OUTCOME_CRASHED);
    ck_assert_int_eq(rig.records[2].outcome, OUTCOME_UNAVAILABLE);
    sim_destroy(rig.sim);
}
END_TEST

/* Measuring begins anew: levels stay, times start from nothing. */
START_TEST(test_members_are_counted_from_the_window_on)
{
    static struct rig rig;

    rig_init(&rig, 10, 20, 4, 3);
    run(&rig, 100 * MS);
    member_retire(rig.back->instances[0]);
    sim_window_start(rig.sim);
    run(&rig, 150 * MS);
    ck_assert_double_eq((double)group_serving_area(rig.back), 2 * 50.0 * MS);
    ck_assert_double_eq((double)component_serving_area(rig.back->instances[0]), 0);
    ck_assert_double_eq((double)component_serving_area(rig.back->instances[1]), 50.0 * MS);
    ck_assert_uint_eq(rig.back->members->serving.level_max, 2);
    sim_destroy(rig.sim);
}
END_TEST

static void change_one(const struct rig *rig, struct rng *rng)
{
    struct component *one = rig->back->instances[rng_below(rng, rig->back->count)];

    switch (member_state_of(one)) {
    case MEMBER_OUT:
        member_order(one);
        return;
    case MEMBER_ORDERED:
        if (rng_below(rng, 4))
            member_join(one);
        else
            member_retire(one);
        return;
    case MEMBER_IN:
        if (rng_below(rng, 4))
            member_leave(one);
        else
            member_retire(one);
        return;
    case MEMBER_LEAVING:
        if (member_is_idle(one) || rng_below(rng, 2) == 0)
            member_retire(one);
    }
}

static void assert_levels(const struct rig *rig)
{
    const struct members *members = rig->back->members;
    uint32_t serving = 0, billed = 0, in = 0;

    for (uint32_t i = 0; i < rig->back->count; i++) {
        enum member_state state = members->states[i].state;
        bool is_dead = component_has_crashed(rig->back->instances[i]);

        ck_assert(!is_dead || state == MEMBER_IN || state == MEMBER_LEAVING);
        serving += (state == MEMBER_IN || state == MEMBER_LEAVING) && !is_dead;
        billed += state != MEMBER_OUT;
        in += state == MEMBER_IN;
        ck_assert_int_eq(component_is_down(rig->back->instances[i]),
                         is_dead || state == MEMBER_OUT || state == MEMBER_ORDERED);
    }
    ck_assert_uint_eq(members->serving.level, serving);
    ck_assert_uint_eq(members->billed.level, billed);
    ck_assert_uint_eq(members->count, in);
}

/* Changes at every date, and faults that overlap them in every way: nothing is lost, and every request ends
 * once. */
START_TEST(test_members_conserve_through_changes_and_crashes)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        static struct rig rig;
        struct rng rng;

        rng_init(&rng, seed, "test", "members");
        rig_init(&rig, 2000, 3, 5, 2);
        for (int i = 0; i < 60; i++) {
            int64_t from_ns = (int64_t)rng_below(&rng, 6000) * MS;
            uint32_t first = (uint32_t)rng_below(&rng, 5);

            sim_add_fault(rig.sim,
                          &(struct fault){ .group = rig.back,
                                           .first = first,
                                           .last = rng_below(&rng, 3) ? first : 4,
                                           .from_ns = from_ns,
                                           .silent = rng_below(&rng, 4) == 0,
                                           .until_ns = from_ns + 1 + (int64_t)rng_below(&rng, 500) * MS });
        }
        for (int64_t date_ms = 0; date_ms < 6100; date_ms += 4) {
            ck_assert_int_eq(sim_run(rig.sim, date_ms * MS), SIM_REACHED);
            change_one(&rig, &rng);
            assert_levels(&rig);
            if (date_ms % 100 == 0)
                ck_assert(sim_conserves(rig.sim, stderr));
        }
        run(&rig, 60 * SECOND); /* whoever waits for the silent gives up after 25 s */
        for (uint32_t i = 0; i < 2000; i++)
            ck_assert_uint_eq(rig.records[i].ends, 1);
        sim_destroy(rig.sim);
    }
}
END_TEST

TEST_MAIN("members", test_members_go_through_their_states, test_members_that_must_go_cut_off_what_they_have,
          test_members_are_counted_from_the_window_on, test_members_conserve_through_changes_and_crashes)
