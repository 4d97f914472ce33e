/* pending.c - what the event structures of the kernel cost.
 *
 *     pending [--quick | NAME NUMBER]      --quick: nothing over 10^4 pending; NAME NUMBER: this row alone
 *
 * Prints a row a measurement, tab-separated: name, number pending, ns of an operation (median, least), bytes
 * an event.
 *   draw              of an exponential delay, contained in the rows of hold
 *   hold-<kind>       pop the earliest, push it again an exponential delay later
 *   timer-<limits>    stop a random timer and start another, the clock moving on; mean life 10 ms
 *   alarm             move a random alarm to 10 us .. 8 ms from now; those that are due are popped
 *   lane              push into one lane and drop the earliest of all
 * The kinds alternate, so that a disturbance of the machine hits them alike.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/lane.h"
#include "sim/pending.h"
#include "sim/timer.h"

#define REPEATS 5
#define QUICK_MAX 10000 /* pending */
#define QUANTILES 1024
#define REQUEST_NS 10000000

struct bench {
    struct memory memory;
    struct pending pending;
    struct timers timers;
    struct lanes lanes;
    uint64_t state, sequence;
    int64_t now_ns;
    uint32_t size; /* number pending */
    uint32_t *indices;
    struct event sum;                /* of results, so that nothing is optimised away */
    double quantiles[QUANTILES + 1]; /* of the exponential law with mean 1 ms */
};

static double clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static uint64_t draw(struct bench *bench)
{
    uint64_t x = bench->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void fill_quantiles(struct bench *bench)
{
    for (uint32_t i = 0; i <= QUANTILES; i++)
        bench->quantiles[i] = -1e6 * log(1.0 - i / (QUANTILES + 0.5));
}

/* Exponential but for straight lines between its quantiles. */
static int64_t draw_delay(struct bench *bench)
{
    uint64_t x = draw(bench);
    const double *quantile = &bench->quantiles[x % QUANTILES];

    return (int64_t)(quantile[0] + (quantile[1] - quantile[0]) * (double)(x >> 11) * 0x1.0p-53);
}

static struct event event_after(struct bench *bench, int64_t delay_ns)
{
    return event_make(bench->now_ns + delay_ns, bench->sequence++, 0);
}

static void note(struct bench *bench, struct event event)
{
    bench->sum.time_ns ^= event.time_ns;
    bench->sum.order += event.order;
}

/* ---- hold ---- */

static void prepare_hold(struct bench *bench, enum pending_kind kind)
{
    pending_init(&bench->pending, &bench->memory, kind);
    for (uint32_t i = 0; i < bench->size; i++)
        pending_push(&bench->pending, event_after(bench, draw_delay(bench)));
}

static void prepare_ladder(struct bench *bench)
{
    prepare_hold(bench, PENDING_LADDER);
}

static void prepare_heap(struct bench *bench)
{
    prepare_hold(bench, PENDING_HEAP);
}

static void hold(struct bench *bench, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct event first = pending_first(&bench->pending);

        pending_drop_first(&bench->pending, first);
        note(bench, first);
        bench->now_ns = first.time_ns;
        pending_push(&bench->pending, event_after(bench, draw_delay(bench)));
    }
}

static void prepare_nothing(struct bench *bench)
{
    (void)bench;
}

static void draws(struct bench *bench, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        note(bench, event_after(bench, draw_delay(bench)));
}

/* ---- timers ---- */

static int64_t limit_around_a_second(struct bench *bench)
{
    return 500000000 + (int64_t)(draw(bench) >> 34);
}

static int64_t limit_one_second(struct bench *bench)
{
    (void)bench;
    return 1000000000;
}

static int64_t limit_wide(struct bench *bench)
{
    return 1000000 + (int64_t)(draw(bench) >> 32) * 7 / 3;
}

static int64_t limit_of_an_alarm(struct bench *bench)
{
    return 10000 + (int64_t)(draw(bench) >> 41);
}

typedef int64_t limit_law(struct bench *bench);

static inline __attribute__((always_inline)) void prepare_timers(struct bench *bench, limit_law *limit)
{
    timers_init(&bench->timers, &bench->memory);
    bench->indices = memory_alloc_array(&bench->memory, bench->size, sizeof *bench->indices);
    for (uint32_t i = 0; i < bench->size; i++) {
        bench->indices[i] = timer_start(&bench->timers, event_after(bench, limit(bench)));
        timer_get(&bench->timers, bench->indices[i])->outer = i;
    }
}

/* As the main loop does it: pops what is due by now. */
static inline void let_due_timers_fire(struct bench *bench)
{
    while (bench->now_ns >= bench->timers.bound_ns) {
        struct event first = timers_first(&bench->timers);
        struct timer fired;

        if (first.time_ns > bench->now_ns)
            break;
        note(bench, first);
        timers_pop(&bench->timers, &fired);
        bench->indices[fired.outer] = 0;
    }
}

static inline __attribute__((always_inline)) void stop_and_start(struct bench *bench, uint32_t count,
                                                                 limit_law *limit)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t victim = (uint32_t)((draw(bench) >> 32) * bench->size >> 32);

        bench->now_ns += REQUEST_NS / bench->size;
        let_due_timers_fire(bench);
        if (bench->indices[victim])
            timer_stop(&bench->timers, bench->indices[victim]);
        bench->indices[victim] = timer_start(&bench->timers, event_after(bench, limit(bench)));
        timer_get(&bench->timers, bench->indices[victim])->outer = victim;
    }
}

static void prepare_second(struct bench *bench)
{
    prepare_timers(bench, limit_around_a_second);
}

static void prepare_equal(struct bench *bench)
{
    prepare_timers(bench, limit_one_second);
}

static void prepare_wide(struct bench *bench)
{
    prepare_timers(bench, limit_wide);
}

static void prepare_alarms(struct bench *bench)
{
    prepare_timers(bench, limit_of_an_alarm);
}

static void timers_second(struct bench *bench, uint32_t count)
{
    stop_and_start(bench, count, limit_around_a_second);
}

static void timers_equal(struct bench *bench, uint32_t count)
{
    stop_and_start(bench, count, limit_one_second);
}

static void timers_wide(struct bench *bench, uint32_t count)
{
    stop_and_start(bench, count, limit_wide);
}

/* Events come every 10 us for each alarm; each moves one alarm, unless it is time for one. */
static void alarms(struct bench *bench, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t which = (uint32_t)(draw(bench) >> 32) % bench->size;
        struct event due = event_after(bench, limit_of_an_alarm(bench));

        if (bench->indices[which]) {
            timer_move(&bench->timers, bench->indices[which], due);
        } else {
            bench->indices[which] = timer_start(&bench->timers, due);
            timer_get(&bench->timers, bench->indices[which])->outer = which;
        }
        bench->now_ns += 10000 / bench->size;
        let_due_timers_fire(bench);
    }
}

/* ---- lanes ---- */

static void push_lane(struct bench *bench, uint32_t number)
{
    struct lane *lane = &bench->lanes.lanes[number];

    lane_push(&bench->lanes, lane, event_after(bench, lane->delay_ns));
}

/* size lanes, each with 100 events. */
static void prepare_lanes(struct bench *bench)
{
    lanes_init(&bench->lanes, &bench->memory);
    for (uint32_t i = 0; i < bench->size; i++)
        lanes_find(&bench->lanes, 100000 + i * 1000);
    for (uint32_t i = 0; i < 100 * bench->size; i++, bench->now_ns += 10)
        push_lane(bench, i % bench->size);
}

static void merge_lanes(struct bench *bench, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)((draw(bench) >> 32) * bench->size >> 32);
        struct event first = lanes_first(&bench->lanes);

        lanes_drop_first(&bench->lanes);
        note(bench, first);
        bench->now_ns = first.time_ns;
        push_lane(bench, number);
    }
}

/* ---- rows ---- */

static const struct row {
    const char *name;
    uint32_t size;
    uint32_t operations;
    void (*prepare)(struct bench *bench);
    void (*operate)(struct bench *bench, uint32_t count);
} rows[] = {
    { "draw", 1, 2000000, prepare_nothing, draws },
    { "hold-ladder", 100, 2000000, prepare_ladder, hold },
    { "hold-heap", 100, 2000000, prepare_heap, hold },
    { "hold-ladder", 10000, 2000000, prepare_ladder, hold },
    { "hold-heap", 10000, 2000000, prepare_heap, hold },
    { "hold-ladder", 1000000, 2000000, prepare_ladder, hold },
    { "hold-heap", 1000000, 2000000, prepare_heap, hold },
    { "timer-equal-1s", 10000, 2000000, prepare_equal, timers_equal },
    { "timer-0.5s-1.5s", 10000, 2000000, prepare_second, timers_second },
    { "timer-1ms-10s", 10000, 2000000, prepare_wide, timers_wide },
    { "timer-0.5s-1.5s", 1000000, 2000000, prepare_second, timers_second },
    { "timer-1ms-10s", 1000000, 2000000, prepare_wide, timers_wide },
    { "alarm", 8, 2000000, prepare_alarms, alarms },
    { "alarm", 500, 2000000, prepare_alarms, alarms },
    { "lane", 4, 2000000, prepare_lanes, merge_lanes },
    { "lane", 12, 2000000, prepare_lanes, merge_lanes },
    { "lane", 32, 2000000, prepare_lanes, merge_lanes },
};

#define ROW_COUNT (sizeof rows / sizeof *rows)

static double measure(const struct row *row, struct bench *bench, double *bytes)
{
    double start_ns, spent_ns;

    memory_init(&bench->memory, UINT64_MAX);
    bench->state = 7;
    bench->sequence = 0;
    bench->now_ns = 0;
    bench->size = row->size;
    row->prepare(bench);
    row->operate(bench, row->size > 100000 ? 3 * row->size : row->operations / 4); /* to the steady state */
    start_ns = clock_ns();
    row->operate(bench, row->operations);
    spent_ns = clock_ns() - start_ns;
    *bytes = (double)bench->memory.used_bytes / row->size;
    memory_deinit(&bench->memory);
    return spent_ns / row->operations;
}

static int compare_doubles(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

/* Is this row asked for? */
static bool wanted(const struct row *row, int argc, char **argv)
{
    if (argc == 3)
        return !strcmp(row->name, argv[1]) && row->size == strtoul(argv[2], NULL, 10);
    return argc == 1 || row->size <= QUICK_MAX;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    double ns[ROW_COUNT][REPEATS], bytes[ROW_COUNT];

    if (argc > 3 || (argc == 2 && strcmp(argv[1], "--quick"))) {
        fputs("usage: pending [--quick | NAME NUMBER]\n", stderr);
        return EXIT_FAILURE;
    }
    fill_quantiles(&bench);
    for (uint32_t repeat = 0; repeat < REPEATS; repeat++)
        for (uint32_t i = 0; i < ROW_COUNT; i++)
            if (wanted(&rows[i], argc, argv))
                ns[i][repeat] = measure(&rows[i], &bench, &bytes[i]);
    puts("name\tpending\tmedian_ns\tleast_ns\tbytes_each");
    for (uint32_t i = 0; i < ROW_COUNT; i++) {
        if (!wanted(&rows[i], argc, argv))
            continue;
        qsort(ns[i], REPEATS, sizeof ns[i][0], compare_doubles);
        printf("%s\t%u\t%.1f\t%.1f\t%.0f\n", rows[i].name, rows[i].size, ns[i][REPEATS / 2], ns[i][0],
               bytes[i]);
    }
    return bench.sum.order == 1 ? EXIT_FAILURE : EXIT_SUCCESS; /* never: the sum is only to be computed */
}
