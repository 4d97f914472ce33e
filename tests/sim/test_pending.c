/* test_pending.c - the ladder pops in exactly the order of the heap, and the heap in the order of a sort. */
#include "sim/pending.h"
#include "tests/test.h"

#define MEAN_NS 1e6

struct source {
    uint64_t state;
    uint64_t sequence;
    double scale; /* of the delays, changes during a run */
};

static uint64_t draw(struct source *source)
{
    uint64_t x = source->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static double draw_exponential(struct source *source)
{
    return -log(((double)(draw(source) >> 11) + 0.5) * 0x1.0p-53);
}

/* ---- laws of delays ---- */

typedef int64_t delay_law(struct source *source);

static int64_t exponential(struct source *source)
{
    return (int64_t)(MEAN_NS * source->scale * draw_exponential(source));
}

static int64_t bimodal(struct source *source)
{
    return exponential(source) * (draw(source) % 128 ? 1 : 1000);
}

static int64_t massive_ties(struct source *source)
{
    return 1000000 * (int64_t)(1.5 * draw_exponential(source));
}

static int64_t constant(struct source *source)
{
    (void)source;
    return 1000000;
}

static int64_t half_zero(struct source *source)
{
    return draw(source) & 1 ? 0 : exponential(source);
}

/* Dates that differ, but by far less than those of different events of a bucket mostly do. */
static int64_t near_ties(struct source *source)
{
    return (massive_ties(source) << 10) + (int64_t)(draw(source) % 200);
}

static int64_t heavy_tail(struct source *source)
{
    return (int64_t)(1000.0 * exp(fmin(draw_exponential(source) * 2.0, 20.0)));
}

static const struct law {
    delay_law *delay;
    bool scale_jumps; /* by 1000 and back, four times a run */
    int64_t start_ns;
} laws[] = {
    { exponential, false, 0 },  { bimodal, false, 0 },
    { massive_ties, false, 0 }, { constant, false, 0 },
    { exponential, true, 0 },   { half_zero, false, 0 },
    { heavy_tail, true, 0 },    { exponential, false, INT64_C(9000000000000000000) },
    { near_ties, false, 0 },
};

static const uint32_t sizes[] = { 1, 17, 60, 300, 6000 };

#define LAW_COUNT (sizeof laws / sizeof *laws)
#define SIZE_COUNT (sizeof sizes / sizeof *sizes)

static struct event next_event(struct source *source, int64_t now_ns, delay_law *delay)
{
    int64_t time_ns = now_ns + delay(source);
    uint32_t payload = (uint32_t)draw(source) & EVENT_PAYLOAD_MASK;

    return event_make(time_ns, source->sequence++, payload);
}

/* ---- two sets side by side ---- */

struct pair {
    struct memory memory;
    struct pending ladder, heap;
};

static void pair_init(struct pair *pair)
{
    memory_init(&pair->memory, UINT64_MAX);
    pending_init(&pair->ladder, &pair->memory, PENDING_LADDER);
    pending_init(&pair->heap, &pair->memory, PENDING_HEAP);
}

static void pair_push(struct pair *pair, struct event event)
{
    pending_push(&pair->ladder, event);
    pending_push(&pair->heap, event);
}

static struct event pair_pop(struct pair *pair)
{
    struct event a = pending_first(&pair->ladder), b = pending_first(&pair->heap);

    if (a.time_ns != b.time_ns || a.order != b.order)
        ck_abort_msg("popped (%lld, %llu), the heap has (%lld, %llu)", (long long)a.time_ns,
                     (unsigned long long)a.order, (long long)b.time_ns, (unsigned long long)b.order);
    pending_drop_first(&pair->ladder, a);
    pending_drop_first(&pair->heap, b);
    if (pending_count(&pair->ladder) != pending_count(&pair->heap))
        ck_abort_msg("counts differ");
    return a;
}

static void pair_drain(struct pair *pair)
{
    while (pending_count(&pair->heap))
        pair_pop(pair);
    ck_assert_uint_eq(pending_count(&pair->ladder), 0);
    ck_assert_uint_eq(pair->ladder.elsewhere, 0);
}

static void hold_under(const struct law *law, uint32_t size, uint64_t seed)
{
    struct source source = { .state = seed, .scale = 1.0 };
    uint32_t holds = 20000 + 6 * size;
    struct pair pair;

    pair_init(&pair);
    for (uint32_t i = 0; i < size; i++)
        pair_push(&pair, next_event(&source, law->start_ns, law->delay));
    for (uint32_t i = 0; i < holds; i++) {
        if (law->scale_jumps && i % (holds / 4) == 0)
            source.scale = source.scale > 1.0 ? 1.0 : 1000.0;
        pair_push(&pair, next_event(&source, pair_pop(&pair).time_ns, law->delay));
    }
    pair_drain(&pair);
    memory_deinit(&pair.memory);
}

START_TEST(test_pending_ladder_pops_in_the_order_of_the_heap)
{
    for (uint32_t law = 0; law < LAW_COUNT; law++)
        for (uint32_t size = 0; size < SIZE_COUNT; size++)
            hold_under(&laws[law], sizes[size], 100 * law + size);
}
END_TEST

/* The number of events goes up and down; pushes come in bursts. */
START_TEST(test_pending_order_holds_while_the_count_changes)
{
    for (uint32_t law = 0; law < LAW_COUNT; law++) {
        struct source source = { .state = 77 + law, .scale = 1.0 };
        int64_t now_ns = laws[law].start_ns;
        struct pair pair;

        pair_init(&pair);
        for (uint32_t round = 0; round < 24; round++) {
            uint32_t pushes = (uint32_t)draw(&source) % 4000, pops = (uint32_t)draw(&source) % 4000;

            for (uint32_t i = 0; i < pushes; i++)
                pair_push(&pair, next_event(&source, now_ns, laws[law].delay));
            for (uint32_t i = 0; i < pops && pending_count(&pair.heap); i++)
                now_ns = pair_pop(&pair).time_ns;
        }
        pair_drain(&pair);
        memory_deinit(&pair.memory);
    }
}
END_TEST

/* A look at the first event moves the ladder on to it; then others come that are earlier. */
START_TEST(test_pending_takes_dates_before_the_bucket_being_served)
{
    struct source source = { .state = 5, .scale = 1.0 };
    struct pair pair;

    pair_init(&pair);
    for (uint32_t i = 0; i < 200; i++)
        pair_push(&pair, next_event(&source, INT64_C(1000000000000), exponential));
    for (uint32_t i = 0; i < 30000; i++) {
        pending_first(&pair.ladder);
        pair_push(&pair, next_event(&source, (int64_t)(draw(&source) % 1000000000000), half_zero));
        if (i % 3 == 0)
            pair_pop(&pair);
    }
    pair_drain(&pair);
    memory_deinit(&pair.memory);
}
END_TEST

START_TEST(test_pending_takes_dates_up_to_the_end_of_time)
{
    struct source source = { .state = 6, .scale = 1.0 };
    struct pair pair;

    pair_init(&pair);
    for (uint32_t round = 0; round < 3; round++) { /* fast ties make the buckets 1 ns wide on the way */
        for (uint32_t i = 0; i < 9000; i++) {
            int64_t early_ns = (int64_t)(draw(&source) % 64), late_ns = INT64_MAX - early_ns;

            pair_push(&pair, event_make(i % 3 ? early_ns : late_ns, source.sequence++, i));
        }
        pair_push(&pair, event_make(INT64_MAX, source.sequence++, 0));
        for (uint32_t i = 0; i < 7500; i++)
            pair_pop(&pair);
    }
    pair_drain(&pair);
    memory_deinit(&pair.memory);
}
END_TEST

static int compare_events(const void *a, const void *b)
{
    const struct event *first = a, *second = b;

    return event_before(*second, *first) - event_before(*first, *second);
}

START_TEST(test_pending_heap_pops_in_the_order_of_a_sort)
{
    struct source source = { .state = 8, .scale = 1.0 };
    struct event events[2000];
    struct memory memory;
    struct pending set;

    memory_init(&memory, UINT64_MAX);
    pending_init(&set, &memory, PENDING_HEAP);
    for (uint32_t i = 0; i < 2000; i++) {
        events[i] = next_event(&source, 0, massive_ties);
        pending_push(&set, events[i]);
    }
    qsort(events, 2000, sizeof *events, compare_events);
    for (uint32_t i = 0; i < 2000; i++) {
        struct event first = pending_first(&set);

        ck_assert_int_eq(first.time_ns, events[i].time_ns);
        ck_assert_uint_eq(first.order, events[i].order);
        pending_drop_first(&set, first);
    }
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_pending_equal_dates_go_by_sequence_and_never_is_last)
{
    struct event early = event_make(5, 7, EVENT_PAYLOAD_MASK), late = event_make(5, 8, 0);
    struct event last = event_make(INT64_MAX, EVENT_SEQUENCE_MAX, EVENT_PAYLOAD_MASK);

    ck_assert(event_before(early, late));
    ck_assert(!event_before(late, early));
    ck_assert(!event_before(early, early));
    ck_assert(event_before(last, EVENT_NEVER));
    ck_assert(event_is_never(EVENT_NEVER));
    ck_assert(!event_is_never(last));
    ck_assert_uint_eq(event_payload(early), EVENT_PAYLOAD_MASK);
    ck_assert_uint_eq(event_payload(late), 0);
}
END_TEST

/* Bytes an event once the ladder is tuned. The mean gap decides how full buckets are: phases between two
 * powers of two are tried. */
START_TEST(test_pending_needs_at_most_60_bytes_an_event)
{
    const uint32_t size = 60000;

    for (uint32_t phase = 0; phase < 4; phase++) {
        struct source source = { .state = phase, .scale = 100.0 * pow(2.0, phase / 4.0) };
        struct memory memory;
        struct pending set;

        memory_init(&memory, UINT64_MAX);
        pending_init(&set, &memory, PENDING_LADDER);
        for (uint32_t i = 0; i < size; i++)
            pending_push(&set, next_event(&source, 0, exponential));
        for (uint32_t i = 0; i < 5 * size; i++) {
            struct event first = pending_first(&set);

            pending_drop_first(&set, first);
            pending_push(&set, next_event(&source, first.time_ns, exponential));
        }
        ck_assert_uint_lt(memory.used_bytes, 60 * size);
        ck_assert_uint_gt(memory.used_bytes, 16 * size);
        memory_deinit(&memory);
    }
}
END_TEST

/* A steady load must not keep rebuilding: that would be a cost for every event. */
START_TEST(test_pending_settles_under_a_steady_load)
{
    static const uint32_t steady[] = { 300, 1024, 5000 };

    for (uint32_t i = 0; i < 3; i++) {
        struct source source = { .state = i, .scale = 1.0 };
        struct memory memory;
        struct pending set;

        memory_init(&memory, UINT64_MAX);
        pending_init(&set, &memory, PENDING_LADDER);
        for (uint32_t k = 0; k < steady[i]; k++)
            pending_push(&set, next_event(&source, 0, exponential));
        for (uint32_t k = 0; k < 200000; k++) {
            struct event first = pending_first(&set);

            pending_drop_first(&set, first);
            pending_push(&set, next_event(&source, first.time_ns, exponential));
        }
        ck_assert_uint_le(set.rebuild_count, 3);
        memory_deinit(&memory);
    }
}
END_TEST

TEST_MAIN("pending", test_pending_ladder_pops_in_the_order_of_the_heap,
          test_pending_order_holds_while_the_count_changes,
          test_pending_takes_dates_before_the_bucket_being_served,
          test_pending_takes_dates_up_to_the_end_of_time, test_pending_heap_pops_in_the_order_of_a_sort,
          test_pending_equal_dates_go_by_sequence_and_never_is_last,
          test_pending_needs_at_most_60_bytes_an_event, test_pending_settles_under_a_steady_load)
