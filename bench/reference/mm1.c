/* mm1.c - one queue, written by hand: how fast it can be.
 *
 *     reference/mm1 [CUSTOMERS [SEED]]
 *
 * M/M/1, arrival rate 0.9, service rate 1: 4-ary heap, customers from a pool, ziggurat, one histogram. Every
 * constant is compiled in, and nothing else can be simulated with it: that is the difference to scalesim.
 */
#include <inttypes.h>

#include "bench/reference/date_heap.h"
#include "bench/reference/draws.h"
#include "bench/reference/latencies.h"

#define GAP_NS (1e9 / 0.9)
#define SERVICE_NS 1e9
#define POOL_STEP 1024

enum event { EVENT_ARRIVAL = 1, EVENT_DEPARTURE };

struct customer {
    int64_t arrived_ns;
    struct customer *next; /* in line, or free */
};

struct queue {
    struct date_heap events;
    struct xoshiro arrivals, services;
    uint64_t sequence, arrived, done;
    int64_t now_ns;
    struct customer *free, *served;
    struct customer *line, **line_end;
    struct latencies latencies;
};

INLINE struct customer *new_customer(struct queue *queue)
{
    struct customer *customer = queue->free;

    if (__builtin_expect(!customer, 0)) {
        struct customer *step = bench_allocate(POOL_STEP * sizeof *step);

        for (int i = 0; i < POOL_STEP; i++) {
            step[i].next = queue->free;
            queue->free = &step[i];
        }
        customer = queue->free;
    }
    queue->free = customer->next;
    return customer;
}

INLINE void schedule(struct queue *queue, struct xoshiro *stream, double mean_ns, enum event event)
{
    int64_t delay_ns = (int64_t)(draw_exponential(stream) * mean_ns);

    date_heap_push(&queue->events,
                   (struct date){ queue->now_ns + delay_ns, queue->sequence++ << DATE_ABOUT_BITS | event });
}

INLINE void arrive(struct queue *queue, uint64_t customers)
{
    struct customer *customer = new_customer(queue);

    customer->arrived_ns = queue->now_ns;
    customer->next = NULL;
    if (!queue->served) {
        queue->served = customer;
        schedule(queue, &queue->services, SERVICE_NS, EVENT_DEPARTURE);
    } else {
        *queue->line_end = customer;
        queue->line_end = &customer->next;
    }
    if (++queue->arrived < customers)
        schedule(queue, &queue->arrivals, GAP_NS, EVENT_ARRIVAL);
}

INLINE void depart(struct queue *queue)
{
    struct customer *customer = queue->served;

    latencies_add(&queue->latencies, (uint64_t)(queue->now_ns - customer->arrived_ns));
    queue->done++;
    customer->next = queue->free;
    queue->free = customer;
    queue->served = queue->line;
    if (!queue->served)
        return;
    queue->line = queue->served->next;
    if (!queue->line)
        queue->line_end = &queue->line;
    schedule(queue, &queue->services, SERVICE_NS, EVENT_DEPARTURE);
}

static void run(struct queue *queue, uint64_t customers)
{
    schedule(queue, &queue->arrivals, GAP_NS, EVENT_ARRIVAL);
    while (queue->events.count) {
        struct date event = date_heap_pop(&queue->events);

        queue->now_ns = event.time_ns;
        if ((event.order & DATE_ABOUT_MASK) == EVENT_ARRIVAL)
            arrive(queue, customers);
        else
            depart(queue);
    }
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 42;
    static struct queue queue;
    double start_ns;

    draws_init();
    xoshiro_seed(&queue.arrivals, seed);
    xoshiro_seed(&queue.services, seed ^ 0xabcdef);
    date_heap_init(&queue.events, 1024);
    queue.line_end = &queue.line;
    start_ns = clock_processor_ns();
    run(&queue, customers);
    printf("ns=%.2f customers=%" PRIu64 " mean=%.4f p50=%.3f p99=%.3f\n",
           (clock_processor_ns() - start_ns) / (double)queue.done, queue.done,
           latencies_mean(&queue.latencies) * 1e-9, latencies_quantile(&queue.latencies, 0.5) * 1e-9,
           latencies_quantile(&queue.latencies, 0.99) * 1e-9);
    return 0;
}
