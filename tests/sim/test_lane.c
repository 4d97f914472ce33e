/* test_lane.c - lanes merge into one order, for any number of them. */
#include "sim/heap.h"
#include "sim/lane.h"
#include "tests/test.h"

static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void drop_and_compare(struct lanes *lanes, struct heap *reference)
{
    struct event expected = heap_pop(reference), first = lanes_first(lanes);

    if (first.time_ns != expected.time_ns || first.order != expected.order)
        ck_abort_msg("(%lld, %llu) instead of (%lld, %llu)", (long long)first.time_ns,
                     (unsigned long long)first.order, (long long)expected.time_ns,
                     (unsigned long long)expected.order);
    lanes_drop_first(lanes);
}

/* Random pushes and pops; delays are multiples of 5 ns and small, so there are many ties. */
static void merge(uint32_t lane_count, uint64_t seed)
{
    struct lane *each[LANES_MAX];
    uint64_t state = seed, sequence = 0;
    int64_t now_ns = 0;
    struct memory memory;
    struct lanes lanes;
    struct heap reference;

    memory_init(&memory, UINT64_MAX);
    lanes_init(&lanes, &memory);
    heap_init(&reference, &memory, 4);
    for (uint32_t i = 0; i < lane_count; i++)
        each[i] = lanes_find(&lanes, 5 * (int64_t)i);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t bias = i / 4000 % 2 ? 3 : 5; /* fill, then drain */

        if (draw(&state) % 8 < bias || !reference.count) {
            struct lane *lane = each[draw(&state) % lane_count];
            struct event event = event_make(now_ns + lane->delay_ns, sequence++, i);

            lane_push(&lanes, lane, event);
            heap_push(&reference, event);
        } else {
            now_ns = lanes_first(&lanes).time_ns;
            drop_and_compare(&lanes, &reference);
        }
        ck_assert_uint_eq(lanes_count(&lanes), reference.count);
    }
    while (reference.count)
        drop_and_compare(&lanes, &reference);
    ck_assert(event_is_never(lanes_first(&lanes)));
    memory_deinit(&memory);
}

START_TEST(test_lane_merges_in_order)
{
    static const uint32_t counts[] = { 1, 2, 3, 4, 7, 16, 31, 32 };

    for (uint32_t i = 0; i < sizeof counts / sizeof *counts; i++)
        merge(counts[i], i);
}
END_TEST

START_TEST(test_lane_is_shared_by_equal_delays_until_all_are_taken)
{
    struct memory memory;
    struct lanes lanes;
    struct lane *five;

    memory_init(&memory, UINT64_MAX);
    lanes_init(&lanes, &memory);
    ck_assert(event_is_never(lanes_first(&lanes)));
    five = lanes_find(&lanes, 5);
    ck_assert_ptr_nonnull(five);
    ck_assert_ptr_eq(lanes_find(&lanes, 5), five);
    ck_assert_ptr_ne(lanes_find(&lanes, 0), five);
    ck_assert_ptr_ne(lanes_find(&lanes, LANE_DELAY_OWN), lanes_find(&lanes, LANE_DELAY_OWN));
    for (int64_t i = 4; i < LANES_MAX; i++)
        ck_assert_ptr_nonnull(lanes_find(&lanes, 1000 + i));
    ck_assert_ptr_null(lanes_find(&lanes, 7));
    ck_assert_ptr_null(lanes_find(&lanes, LANE_DELAY_OWN));
    ck_assert_ptr_eq(lanes_find(&lanes, 5), five);
    memory_deinit(&memory);
}
END_TEST

/* The running numbers of a ring's ends pass 2^32 in a long run. */
START_TEST(test_lane_survives_the_wrap_of_its_numbers)
{
    struct memory memory;
    struct lanes lanes;
    struct lane *lane;

    memory_init(&memory, UINT64_MAX);
    lanes_init(&lanes, &memory);
    lane = lanes_find(&lanes, 1);
    lane->start = lane->end = UINT32_MAX - 20;
    for (uint32_t i = 0; i < 200; i++)
        lane_push(&lanes, lane, event_make(i, i, i));
    for (uint32_t i = 0; i < 200; i++) {
        ck_assert_int_eq(lanes_first(&lanes).time_ns, i);
        lanes_drop_first(&lanes);
    }
    ck_assert(event_is_never(lanes_first(&lanes)));
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("lane", test_lane_merges_in_order, test_lane_is_shared_by_equal_delays_until_all_are_taken,
          test_lane_survives_the_wrap_of_its_numbers)
