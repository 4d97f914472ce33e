/* Sessions that wait: in which order they come out, whatever their dates, and what they take. */
#include "models/session_calendar.h"
#include "sim/random.h"
#include "tests/test.h"

#define MANY 200000
#define LAWS 5 /* of wait_of() */

/* What a plain heap would give: the order to compare with. */
struct both {
    struct memory memory;
    struct session_calendar calendar;
    struct heap plain;
    uint64_t pushed;
    int64_t now_ns;
    struct rng rng;
};

static void both_init(struct both *both, const char *law)
{
    *both = (struct both){ .now_ns = 0 };
    memory_init(&both->memory, UINT64_MAX);
    session_calendar_init(&both->calendar, &both->memory);
    heap_init(&both->plain, &both->memory, 16);
    rng_init(&both->rng, 1, "sessions", law);
}

static void both_push(struct both *both, int64_t wait_ns)
{
    struct session session = { .wake_ns = both->now_ns + wait_ns,
                               .number = both->pushed,
                               .user = ~both->pushed };
    bool is_first = !both->plain.count || session.wake_ns < both->plain.events[0].time_ns;

    heap_push(&both->plain, (struct event){ session.wake_ns, both->pushed++ });
    ck_assert_int_eq(session_calendar_push(&both->calendar, &session), is_first);
}

static void both_pop(struct both *both)
{
    struct event expected = heap_pop(&both->plain);
    struct session session;

    ck_assert_int_eq(session_calendar_first_ns(&both->calendar), expected.time_ns);
    session = session_calendar_pop(&both->calendar);
    ck_assert_int_eq(session.wake_ns, expected.time_ns);
    ck_assert_uint_eq(session.number, expected.order);
    ck_assert_uint_eq(session.user, ~expected.order);
    ck_assert_uint_eq(both->calendar.count, both->plain.count);
    both->now_ns = expected.time_ns;
}

static void both_end(struct both *both)
{
    while (both->plain.count)
        both_pop(both);
    ck_assert_int_eq(session_calendar_first_ns(&both->calendar), SIM_TIME_NEVER);
    memory_deinit(&both->memory);
}

static int64_t wait_of(struct both *both, int law)
{
    double mean_ns = 7e9;

    switch (law) {
    case 0: /* they think */
        return (int64_t)(mean_ns * rng_exponential(&both->rng));
    case 1: /* a tenth comes back tomorrow */
        return (int64_t)(mean_ns * rng_exponential(&both->rng) * (rng_below(&both->rng, 10) ? 1.0 : 12000.0));
    case 2: /* many at the same ns */
        return (int64_t)rng_below(&both->rng, 3) * 1000;
    case 3: /* all for the same time */
        return 5000000000;
    default: /* at the end of time */
        return INT64_MAX - both->now_ns - (int64_t)rng_below(&both->rng, 1000);
    }
}

START_TEST(test_session_calendar_takes_out_the_earliest_of_equals_the_first)
{
    for (int law = 0; law < LAWS; law++) {
        struct both both;

        both_init(&both, "order");
        for (int i = 0; i < 3000; i++)
            both_push(&both, wait_of(&both, law));
        for (int i = 0; i < MANY / 4; i++) {
            both_pop(&both);
            both_push(&both, wait_of(&both, law));
        }
        both_end(&both);
    }
}
END_TEST

/* The rate rises and falls a thousandfold: the shape follows. */
START_TEST(test_session_calendar_follows_the_load)
{
    struct both both;

    both_init(&both, "load");
    for (int wave = 0; wave < 6; wave++) {
        uint32_t most = wave % 2 ? 20 : 50000;

        for (int i = 0; i < 60000; i++) {
            while (both.plain.count < most && rng_below(&both.rng, 4))
                both_push(&both, wait_of(&both, 0));
            if (both.plain.count)
                both_pop(&both);
        }
        ck_assert_uint_le(both.calendar.passed, 16 * both.calendar.check_pops);
        ck_assert_uint_le(both.calendar.near.count, 1000 + both.plain.count / 10);
    }
    both_end(&both);
}
END_TEST

/* While their number grows, at each hundredth of them; a few leave, so that the calendar gets its shape. */
static void grow(int law)
{
    struct session_calendar calendar;
    struct both both = { .now_ns = 0 };

    memory_init(&both.memory, UINT64_MAX);
    session_calendar_init(&calendar, &both.memory);
    rng_init(&both.rng, 1, "sessions", "memory");
    for (uint32_t i = 1; i <= MANY; i++) {
        struct session session = { .wake_ns = both.now_ns + wait_of(&both, law), .number = i };

        session_calendar_push(&calendar, &session);
        if (i % 8 == 0)
            both.now_ns = session_calendar_pop(&calendar).wake_ns;
        if (i >= 10000 && i % 100 == 0)
            ck_assert_uint_le(both.memory.used_bytes / calendar.count, 64);
    }
    ck_assert_uint_gt(calendar.count, MANY / 2);
    memory_deinit(&both.memory);
}

START_TEST(test_session_calendar_takes_at_most_64_bytes_a_session)
{
    for (int law = 0; law < LAWS; law++)
        grow(law);
}
END_TEST

TEST_MAIN("session_calendar", test_session_calendar_takes_out_the_earliest_of_equals_the_first,
          test_session_calendar_follows_the_load, test_session_calendar_takes_at_most_64_bytes_a_session)
