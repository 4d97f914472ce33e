/* The books balance in every other test, too (tiny_run_checked()); here they are falsified, and must not
 * balance. */
#include "tests/sim/tiny_models.h"

/* A run in which requests are in every state: in service, in line, on the way there and back, orphans,
 * branches, pauses. */
struct busy_configs {
    struct tiny_source_config source;
    struct tiny_server_config front, back;
    struct network network;
};

static struct sim *busy_run(void)
{
    struct sim *sim = tiny_sim(80, NULL);
    struct busy_configs *busy = memory_alloc(&sim->memory, sizeof *busy);

    busy->network = tiny_network(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.005));
    busy->source = tiny_source_of("front", UINT32_MAX);
    busy->front = tiny_server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.005));
    busy->back = tiny_server_of(tiny_law(DISTRIBUTION_EXPONENTIAL, 0.02));
    busy->source.gap.mean = 0.002;
    busy->source.policy = tiny_policy(60 * MS, 2);
    busy->source.policy.backoff_ns = 20 * MS;
    busy->front.target = "back";
    busy->front.fans_out = true;
    busy->front.policy = tiny_policy(40 * MS, 0);
    busy->back.station.servers = 10;
    busy->back.station.waiting_max = 20;
    sim->network = &busy->network;
    tiny_add_source(sim, "source", &busy->source);
    tiny_add_server(sim, "front", 2, &busy->front);
    tiny_add_server(sim, "back", 3, &busy->back);
    tiny_wire(sim);
    return sim;
}

static bool conserves_quietly(struct sim *sim, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    bool good;

    ck_assert_ptr_nonnull(out);
    good = sim_conserves(sim, out);
    fclose(out);
    return good;
}

static uint32_t count_with_flags(const struct sim *sim, uint8_t flags)
{
    uint32_t count = 0;

    for (uint32_t i = 1; i <= sim->request_count; i++)
        count += sim_request(sim, i)->state == REQUEST_LIVE && (sim_request(sim, i)->flags & flags) == flags;
    return count;
}

START_TEST(test_conservation_holds_at_two_hundred_dates)
{
    struct sim *sim = busy_run();
    uint32_t in_transit = 0, returning = 0, orphans = 0;

    for (int i = 1; i <= 200; i++) {
        tiny_run_checked(sim, i * 37 * MS, 1);
        in_transit += count_with_flags(sim, REQUEST_IN_TRANSIT);
        returning += count_with_flags(sim, REQUEST_RETURNING);
        orphans += count_with_flags(sim, REQUEST_ORPHAN);
        if (i == 100)
            sim_window_start(sim); /* changes what is measured, not what is there */
    }
    ck_assert_uint_gt(in_transit, 100);
    ck_assert_uint_gt(returning, 100);
    ck_assert_uint_gt(orphans, 100);
    sim_destroy(sim);
}
END_TEST

struct falsification {
    const char *name;
    const char *told; /* in the text */
    void (*falsify)(struct sim *sim);
};

static struct component *instance_of(const struct sim *sim, const char *name, uint32_t instance)
{
    return sim_find_group(sim, name)->instances[instance];
}

static void lose_an_answer(struct sim *sim)
{
    instance_of(sim, "back", 1)->finished[OUTCOME_OK]--;
}

static void answer_twice(struct sim *sim)
{
    instance_of(sim, "back", 2)->finished[OUTCOME_REFUSED]++;
}

static void invent_an_arrival(struct sim *sim)
{
    instance_of(sim, "front", 0)->started++;
}

static void answer_nobody(struct sim *sim)
{
    instance_of(sim, "front", 1)->finished[OUTCOME_ERROR]++;
}

static void lose_a_user(struct sim *sim)
{
    sim->classes[0]->started++;
}

static void leak_a_request(struct sim *sim)
{
    sim->request_free = sim_request(sim, sim->request_free)->next;
}

/* Somebody who waits at the back vanishes from the pool, with the count kept right. */
static void free_a_request(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->request_count; i++) {
        struct request *request = sim_request(sim, i);

        if (request->state == REQUEST_LIVE && !request->flags && request->top == 1 && request->parent &&
            sim->components[request->frames[1].component] == instance_of(sim, "back", 0)) {
            request_destroy(sim, request);
            return;
        }
    }
    ck_abort_msg("nobody waits at the back");
}

static const struct falsification falsifications[] = {
    { "lost answer", "back[1]:", lose_an_answer },
    { "two answers", "back[2]:", answer_twice },
    { "arrival", "front[0]:", invent_an_arrival },
    { "one answer too many", "front[1]:", answer_nobody },
    { "user", "source:all:", lose_a_user },
    { "leak", "of the pool of requests", leak_a_request },
    { "vanished request", "back[0]:", free_a_request },
};

START_TEST(test_conservation_sees_what_is_wrong_and_where)
{
    const struct falsification *falsification = &falsifications[_i];
    struct sim *sim = busy_run();
    char text[1000] = "";

    tiny_run_checked(sim, SECOND, 1);
    ck_assert(conserves_quietly(sim, text, sizeof text));
    ck_assert_str_eq(text, "");
    falsification->falsify(sim);
    ck_assert(!conserves_quietly(sim, text, sizeof text));
    ck_assert_msg(strstr(text, falsification->told) == text, "%s: %s", falsification->name, text);
    ck_assert_msg(strchr(text, '\n') == strrchr(text, '\n'), "%s: one line, for the one that is wrong: %s",
                  falsification->name, text);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_conservation_needs_no_memory_for_long)
{
    struct sim *sim = busy_run();
    uint64_t used;

    tiny_run_checked(sim, SECOND, 1);
    used = sim->memory.used_bytes;
    for (int i = 0; i < 100; i++)
        ck_assert(sim_conserves(sim, stderr));
    ck_assert_uint_eq(sim->memory.used_bytes, used);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_conservation_of_an_empty_run)
{
    const struct group *cycle;
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);

    ck_assert(sim_wire(sim, &cycle));
    ck_assert(sim_conserves(sim, stderr));
    ck_assert_int_eq(sim_run(sim, SECOND), SIM_REACHED);
    ck_assert(sim_conserves(sim, stderr));
    sim_destroy(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conservation");
    TCase *tcase = tcase_create("conservation");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, test_conservation_holds_at_two_hundred_dates);
    tcase_add_loop_test(tcase, test_conservation_sees_what_is_wrong_and_where, 0,
                        sizeof falsifications / sizeof *falsifications);
    tcase_add_test(tcase, test_conservation_needs_no_memory_for_long);
    tcase_add_test(tcase, test_conservation_of_an_empty_run);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
