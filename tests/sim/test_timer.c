/* test_timer.c - timers against a plain list that is searched from end to end. */
#include "sim/timer.h"
#include "tests/test.h"

#define MOST 200 /* timers at a time */

struct naive {
    uint32_t index;
    uint32_t outer; /* what the timer was given */
    struct event due;
};

struct world {
    struct memory memory;
    struct timers timers;
    struct naive running[MOST];
    uint32_t count;
    uint64_t state, sequence;
    int64_t now_ns;
};

static void world_init(struct world *world, uint64_t seed, int64_t now_ns)
{
    *world = (struct world){ .state = seed, .now_ns = now_ns };
    memory_init(&world->memory, UINT64_MAX);
    timers_init(&world->timers, &world->memory);
}

static uint64_t draw(struct world *world)
{
    uint64_t x = world->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* ---- laws of limits, ns ---- */

typedef uint64_t limit_law(struct world *world);

static uint64_t around_a_second(struct world *world)
{
    return 500000000 + draw(world) % 1000000000;
}

static uint64_t milliseconds_to_seconds(struct world *world)
{
    return 1000000 + draw(world) % 10000000000;
}

static uint64_t alarms(struct world *world)
{
    return draw(world) % 10000000;
}

static uint64_t few_values(struct world *world)
{
    return draw(world) % 4 * 1000000;
}

static uint64_t within_a_tick(struct world *world)
{
    return draw(world) % 1000;
}

/* From 1 ns to the end of time, all magnitudes alike. */
static uint64_t every_magnitude(struct world *world)
{
    return draw(world) >> (1 + draw(world) % 63);
}

/* Around the ends of the slots of every level. */
static uint64_t edges(struct world *world)
{
    return (UINT64_C(1) << draw(world) % 62) - draw(world) % 2;
}

static const struct law {
    limit_law *limit;
    int64_t start_ns;
} laws[] = {
    { around_a_second, 0 },
    { milliseconds_to_seconds, 0 },
    { alarms, 0 },
    { few_values, 0 },
    { within_a_tick, 0 },
    { every_magnitude, 0 },
    { edges, 0 },
    { milliseconds_to_seconds, INT64_MAX - 30000000000 },
    { every_magnitude, INT64_C(1) << 62 },
};

#define LAW_COUNT (sizeof laws / sizeof *laws)

static struct event next_due(struct world *world, limit_law *limit)
{
    uint64_t time_ns = (uint64_t)world->now_ns + limit(world);

    if (time_ns > INT64_MAX)
        time_ns = INT64_MAX;
    return event_make((int64_t)time_ns, world->sequence++, (uint32_t)draw(world) & EVENT_PAYLOAD_MASK);
}

/* ---- both sides ---- */

static uint32_t naive_first(const struct world *world)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < world->count; i++)
        if (event_before(world->running[i].due, world->running[first].due))
            first = i;
    return first;
}

static void start(struct world *world, limit_law *limit)
{
    struct naive *naive = &world->running[world->count++];

    naive->due = next_due(world, limit);
    naive->index = timer_start(&world->timers, naive->due);
    naive->outer = (uint32_t)draw(world);
    ck_assert_uint_ne(naive->index, 0);
    ck_assert_uint_eq(timer_get(&world->timers, naive->index)->outer, 0);
    ck_assert_uint_eq(timer_get(&world->timers, naive->index)->depth, 0);
    timer_get(&world->timers, naive->index)->outer = naive->outer;
    timer_get(&world->timers, naive->index)->depth = (uint8_t)naive->outer;
}

static void stop(struct world *world)
{
    uint32_t victim = (uint32_t)(draw(world) % world->count);

    timer_stop(&world->timers, world->running[victim].index);
    world->running[victim] = world->running[--world->count];
}

static void move(struct world *world, limit_law *limit)
{
    struct naive *naive = &world->running[draw(world) % world->count];

    naive->due = next_due(world, limit);
    timer_move(&world->timers, naive->index, naive->due);
}

static void assert_same(struct event a, struct event b)
{
    if (a.time_ns != b.time_ns || a.order != b.order)
        ck_abort_msg("(%lld, %llu) instead of (%lld, %llu)", (long long)a.time_ns,
                     (unsigned long long)a.order, (long long)b.time_ns, (unsigned long long)b.order);
}

static void look(struct world *world)
{
    struct event expected = world->count ? world->running[naive_first(world)].due : EVENT_NEVER;

    assert_same(timers_first(&world->timers), expected);
    if (world->timers.bound_ns != expected.time_ns)
        ck_abort_msg("the bound is not exact after a look");
}

static void pop(struct world *world)
{
    uint32_t first = naive_first(world);
    struct naive expected = world->running[first];
    struct timer timer;
    uint32_t index = timers_pop(&world->timers, &timer);

    if (index != expected.index || timer.outer != expected.outer || timer.depth != (uint8_t)expected.outer)
        ck_abort_msg("timer %u instead of %u, or its fields have changed", index, expected.index);
    assert_same(timer.due, expected.due);
    world->now_ns = expected.due.time_ns;
    world->running[first] = world->running[--world->count];
}

static void check_bound(const struct world *world)
{
    if (world->timers.count != world->count)
        ck_abort_msg("%u timers instead of %u", world->timers.count, world->count);
    if (world->count && world->running[naive_first(world)].due.time_ns < world->timers.bound_ns)
        ck_abort_msg("a timer is due before the bound");
}

/* One of the things that happen, in proportions that let the number of timers drift up and down. */
static void step(struct world *world, limit_law *limit, uint32_t phase)
{
    uint32_t choice = (uint32_t)(draw(world) % 16);

    if (world->count < MOST && (choice < (phase % 2 ? 4u : 7u) || !world->count))
        start(world, limit);
    else if (!world->count || choice == 15)
        look(world);
    else if (choice < 10)
        stop(world);
    else if (choice < 13)
        move(world, limit);
    else if (choice == 13)
        pop(world);
    else if (choice == 14 && world->running[naive_first(world)].due.time_ns > world->now_ns) /* time passes */
        world->now_ns += (int64_t)(draw(world) % (uint64_t)(world->running[naive_first(world)].due.time_ns -
                                                            world->now_ns));
}

START_TEST(test_timer_agrees_with_a_plain_search)
{
    for (uint32_t law = 0; law < LAW_COUNT; law++) {
        struct world world;

        world_init(&world, law, laws[law].start_ns);
        for (uint32_t i = 0; i < 30000; i++) {
            step(&world, laws[law].limit, i / 1500);
            check_bound(&world);
        }
        while (world.count)
            pop(&world);
        look(&world);
        memory_deinit(&world.memory);
    }
}
END_TEST

/* Short alarms and long timeouts in one wheel; each look reaches far ahead when only timeouts are left. */
START_TEST(test_timer_orders_alarms_among_timeouts)
{
    struct world world;

    world_init(&world, 99, 0);
    for (uint32_t i = 0; i < 40000; i++) {
        step(&world, draw(&world) % 2 ? alarms : around_a_second, i / 1500);
        check_bound(&world);
    }
    while (world.count)
        pop(&world);
    memory_deinit(&world.memory);
}
END_TEST

START_TEST(test_timer_memory_does_not_grow_with_cancelled_timers)
{
    struct world world;
    uint64_t used_bytes;

    world_init(&world, 3, 0);
    for (uint32_t i = 0; i < MOST; i++)
        start(&world, around_a_second);
    used_bytes = world.memory.used_bytes;
    for (uint32_t i = 0; i < 50000; i++) {
        stop(&world);
        start(&world, around_a_second);
        world.now_ns += 100000;
    }
    ck_assert_uint_eq(world.memory.used_bytes, used_bytes);
    memory_deinit(&world.memory);
}
END_TEST

/* More timers than fit at first, all of them near at once, then stopped in another order. */
START_TEST(test_timer_pool_and_near_grow)
{
    enum { COUNT = 5000 };
    static uint32_t indices[COUNT];
    struct memory memory;
    struct timers timers;
    int64_t last_ns = -1;

    memory_init(&memory, UINT64_MAX);
    timers_init(&timers, &memory);
    for (uint32_t i = 0; i < COUNT; i++)
        indices[i] = timer_start(&timers, event_make((i * INT64_C(7919)) % 10007, i, i));
    for (uint32_t i = 0; i < COUNT; i += 2)
        timer_stop(&timers, indices[(i * 13) % COUNT]);
    for (uint32_t i = 0; i < COUNT / 2; i++) {
        int64_t due_ns = timers_first(&timers).time_ns;
        struct timer fired;

        ck_assert_int_ge(due_ns, last_ns);
        timers_pop(&timers, &fired);
        ck_assert_int_eq(fired.due.time_ns, due_ns);
        last_ns = due_ns;
    }
    ck_assert_uint_eq(timers.count, 0);
    ck_assert(event_is_never(timers_first(&timers)));
    ck_assert_int_eq(timers.bound_ns, INT64_MAX);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("timer", test_timer_agrees_with_a_plain_search, test_timer_orders_alarms_among_timeouts,
          test_timer_memory_does_not_grow_with_cancelled_timers, test_timer_pool_and_near_grow)
