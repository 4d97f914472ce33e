/* test_alarm.c - the first of many dates that move, against a look at all of them. */
#include "sim/alarm.h"

#include "sim/random.h"
#include "tests/test.h"

#define ALARMS_MAX 300

static struct event first_of(const struct event *dues, uint32_t count)
{
    struct event first = EVENT_NEVER;

    for (uint32_t i = 0; i < count; i++)
        if (event_before(dues[i], first))
            first = dues[i];
    return first;
}

static void check(const struct alarms *alarms, const struct event *dues)
{
    struct event first = alarms_first(alarms), expected = first_of(dues, alarms->count);

    ck_assert_int_eq(first.time_ns, expected.time_ns);
    ck_assert_uint_eq(first.order, expected.order);
}

/* Alarms are added while others are set; dates are few, so that many are equal. */
START_TEST(test_alarm_first_is_the_first_of_all)
{
    struct event dues[ALARMS_MAX];
    struct alarms alarms;
    struct memory memory;
    struct rng rng;

    memory_init(&memory, UINT64_MAX);
    alarms_init(&alarms, &memory);
    rng_init(&rng, 7, "test", "alarms");
    ck_assert(event_is_never(alarms_first(&alarms)));
    for (uint32_t i = 0; i < 100000; i++) {
        if (i % 200 == 0 && alarms.count < ALARMS_MAX) {
            uint32_t number = alarms_add(&alarms);

            ck_assert_uint_eq(number, alarms.count - 1);
            dues[number] = EVENT_NEVER;
        }
        if (rng_below(&rng, 2)) { /* the first one goes off, or any other is moved */
            uint64_t number = rng_below(&rng, alarms.count);

            dues[number] = rng_below(&rng, 4) ? event_make((int64_t)rng_below(&rng, 50), i, (uint32_t)number) : EVENT_NEVER;
            alarm_set(&alarms, (uint32_t)number, dues[number]);
        } else if (!event_is_never(alarms_first(&alarms))) {
            uint32_t number = event_payload(alarms_first(&alarms));

            dues[number] = EVENT_NEVER;
            alarm_set(&alarms, number, EVENT_NEVER);
        }
        check(&alarms, dues);
    }
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("alarm", test_alarm_first_is_the_first_of_all)
