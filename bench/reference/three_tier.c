/* three_tier.c - a web architecture written by hand: how fast it can be.
 *
 *     reference/three_tier [REQUESTS [SCALE]]      SCALE: 1 (150 in flight) or 67 (10,000)
 *
 * Poisson arrivals, 12,000/s -> balancer, fewest connections, of 8 web servers with 16 workers each, FIFO ->
 * CPU, exponential 2 ms -> cache look-up 0.5 ms: LRU of 100,000 of 1,000,000 keys, Zipf 0.99, warm -> on a
 * miss one of 16 shards by hash, 8 connections each, FIFO, lognormal with mean 20 ms and sigma 0.8 -> CPU,
 * exponential 1 ms -> client. The worker is held throughout. A limit of 1 s for each request, nearly always
 * taken back. Statistics: four histograms, and the utilisation of each server and shard. Scaled: arrivals,
 * web servers and shards times 67.
 *
 * What makes it fast, and what a simulator that knows its system only at run time cannot all have:
 *   - every constant, law and number of servers is compiled in;
 *   - arrivals and the constant look-up time do not go through the event queue: they are in order already;
 *   - limits are one list in order of arrival, linked through the requests;
 *   - a request is 48 bytes, an event 16.
 */
#include <inttypes.h>

#include "bench/reference/draws.h"
#include "bench/reference/fixed_ladder.h"
#include "bench/reference/key_cache.h"
#include "bench/reference/latencies.h"
#include "bench/reference/zipf.h"

#define SCALE_MAX 67
#define WEB_SERVERS_MAX (8 * SCALE_MAX)
#define SHARDS_MAX (16 * SCALE_MAX)
#define WORKERS 16
#define CONNECTIONS 8
#define ARRIVALS_PER_SECOND 12000.0
#define KEYS 1000000
#define CACHED_KEYS 100000
#define LOOKUP_NS 500000
#define LIMIT_NS 1000000000
#define STORE_MEAN_MS 20.0
#define STORE_SIGMA 0.8
#define LANE_EVENTS (1u << 20)
#define CONNECTIONS_COUNTED (1u << 16)

enum state { STATE_FIRST_WORK, STATE_LOOKUP, STATE_STORE, STATE_LAST_WORK };

struct request {
    int64_t arrived_ns;
    uint64_t key;
    int64_t asked_ns;                /* arrived at the station it is at */
    uint32_t next;                   /* in a line, or free */
    uint32_t limit_prev, limit_next; /* those that arrived before and after; request 0: the ends */
    uint16_t web, shard;
    uint8_t state; /* enum state */
    uint8_t late;  /* its limit has passed */
};

struct station {
    uint32_t busy, first, last; /* requests in line, 0: none */
    uint64_t busy_ns;           /* sum over its servers */
    int64_t since_ns;
};

struct lane_event {
    int64_t time_ns;
    uint64_t sequence;
    uint32_t request;
};

/* Web servers by number of connections, a list for each number. */
struct balancer {
    uint32_t first[CONNECTIONS_COUNTED];                   /* server + 1, 0: none */
    uint32_t next[WEB_SERVERS_MAX], prev[WEB_SERVERS_MAX]; /* server + 1 */
    uint32_t fewest;
};

struct tiers {
    struct fixed_ladder events;
    struct request *requests;
    uint32_t request_free, request_count, request_capacity;
    int64_t now_ns;
    uint64_t sequence;
    int64_t arrival_ns; /* the next one; INT64_MAX: none */
    uint64_t arrival_sequence;
    int64_t limit_ns; /* the earliest */
    uint32_t lane_first, lane_end;
    struct xoshiro arrivals, work, store, keys;
    struct zipf_law popularity;
    double store_mu;
    struct key_cache cache;
    uint64_t arrived, done, timeouts, hits, misses;
    uint32_t in_flight, in_flight_max;
    struct latencies total, web_waits, store_waits, web_times;
    struct station webs[WEB_SERVERS_MAX], shards[SHARDS_MAX];
    uint32_t connections[WEB_SERVERS_MAX];
    struct balancer balancer;
    struct lane_event lane[LANE_EVENTS];
};

/* What is compiled in: a constant in all functions below once they are inlined. */
struct sizes {
    uint32_t webs, shards;
    int shift;     /* of the ladder */
    bool balanced; /* by lists: with few servers looking at all of them is faster */
};

static const struct sizes small = { .webs = 8, .shards = 16, .shift = 17 };
static const struct sizes large = {
    .webs = WEB_SERVERS_MAX, .shards = SHARDS_MAX, .shift = 13, .balanced = true
};

/* ---- events ---- */

INLINE void schedule(struct tiers *tiers, const struct sizes *sizes, uint32_t request, double delay_ns)
{
    fixed_ladder_push(
        &tiers->events,
        (struct date){ tiers->now_ns + (int64_t)delay_ns, tiers->sequence++ << DATE_ABOUT_BITS | request },
        sizes->shift);
}

INLINE void schedule_arrival(struct tiers *tiers, const struct sizes *sizes)
{
    double gap_ns = 1e9 / (ARRIVALS_PER_SECOND * sizes->webs / small.webs);

    tiers->arrival_ns = tiers->now_ns + (int64_t)(draw_exponential(&tiers->arrivals) * gap_ns);
    tiers->arrival_sequence = tiers->sequence++;
}

INLINE void schedule_lookup(struct tiers *tiers, uint32_t request)
{
    tiers->lane[tiers->lane_end++ & (LANE_EVENTS - 1)] =
        (struct lane_event){ tiers->now_ns + LOOKUP_NS, tiers->sequence++, request };
}

/* ---- requests ---- */

INLINE uint32_t new_request(struct tiers *tiers)
{
    uint32_t index = tiers->request_free;

    if (index) {
        tiers->request_free = tiers->requests[index].next;
        return index;
    }
    if (++tiers->request_count == tiers->request_capacity) {
        tiers->request_capacity *= 2;
        tiers->requests = realloc(tiers->requests, tiers->request_capacity * sizeof *tiers->requests);
        if (!tiers->requests)
            abort();
    }
    return tiers->request_count;
}

/* Limits are all alike, so the latest to come is the last in the list. */
INLINE void limit_start(struct tiers *tiers, uint32_t index)
{
    struct request *requests = tiers->requests;
    uint32_t last = requests[0].limit_prev;

    requests[index].limit_prev = last;
    requests[index].limit_next = 0;
    requests[last].limit_next = index;
    requests[0].limit_prev = index;
    if (!last)
        tiers->limit_ns = tiers->now_ns + LIMIT_NS;
}

INLINE void limit_stop(struct tiers *tiers, uint32_t index)
{
    struct request *requests = tiers->requests;
    uint32_t prev = requests[index].limit_prev, next = requests[index].limit_next;

    requests[prev].limit_next = next;
    requests[next].limit_prev = prev;
    if (!prev)
        tiers->limit_ns = next ? requests[next].arrived_ns + LIMIT_NS : INT64_MAX;
}

static inline void limit_pass(struct tiers *tiers)
{
    uint32_t index = tiers->requests[0].limit_next;

    tiers->now_ns = tiers->limit_ns;
    tiers->timeouts++;
    tiers->requests[index].late = 1;
    limit_stop(tiers, index);
}

/* ---- stations ---- */

INLINE void join_line(struct tiers *tiers, struct station *station, uint32_t index)
{
    tiers->requests[index].next = 0;
    if (station->first)
        tiers->requests[station->last].next = index;
    else
        station->first = index;
    station->last = index;
}

INLINE uint32_t leave_line(struct tiers *tiers, struct station *station)
{
    uint32_t index = station->first;

    station->first = tiers->requests[index].next;
    return index;
}

INLINE void set_busy(struct tiers *tiers, struct station *station, uint32_t busy)
{
    station->busy_ns += (uint64_t)station->busy * (uint64_t)(tiers->now_ns - station->since_ns);
    station->since_ns = tiers->now_ns;
    station->busy = busy;
}

/* ---- least connections ---- */

INLINE void balancer_add(struct balancer *balancer, uint32_t server, uint32_t connections)
{
    uint32_t first = balancer->first[connections];

    balancer->next[server] = first;
    balancer->prev[server] = 0;
    if (first)
        balancer->prev[first - 1] = server + 1;
    balancer->first[connections] = server + 1;
    if (connections < balancer->fewest)
        balancer->fewest = connections;
}

INLINE void balancer_remove(struct balancer *balancer, uint32_t server, uint32_t connections)
{
    uint32_t next = balancer->next[server], prev = balancer->prev[server];

    if (prev)
        balancer->next[prev - 1] = next;
    else
        balancer->first[connections] = next;
    if (next)
        balancer->prev[next - 1] = prev;
}

INLINE void change_connections(struct tiers *tiers, const struct sizes *sizes, uint32_t server,
                               uint32_t connections)
{
    if (sizes->balanced) {
        balancer_remove(&tiers->balancer, server, tiers->connections[server]);
        balancer_add(&tiers->balancer, server, connections);
    }
    tiers->connections[server] = connections;
}

INLINE uint32_t choose_web(struct tiers *tiers, const struct sizes *sizes)
{
    struct balancer *balancer = &tiers->balancer;
    uint32_t best = 0, fewest = tiers->connections[0];

    if (sizes->balanced) {
        while (!balancer->first[balancer->fewest])
            balancer->fewest++;
        return balancer->first[balancer->fewest] - 1;
    }
    for (uint32_t i = 1; i < sizes->webs; i++) {
        bool better = tiers->connections[i] < fewest;

        best = better ? i : best;
        fewest = better ? tiers->connections[i] : fewest;
    }
    return best;
}

/* ---- the way of a request ---- */

INLINE void start_web(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct request *request = &tiers->requests[index];

    latencies_add(&tiers->web_waits, (uint64_t)(tiers->now_ns - request->arrived_ns));
    request->asked_ns = tiers->now_ns;
    request->state = STATE_FIRST_WORK;
    schedule(tiers, sizes, index, draw_exponential(&tiers->work) * 2e6);
}

INLINE void start_last_work(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    tiers->requests[index].state = STATE_LAST_WORK;
    schedule(tiers, sizes, index, draw_exponential(&tiers->work) * 1e6);
}

INLINE void start_store(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct request *request = &tiers->requests[index];

    latencies_add(&tiers->store_waits, (uint64_t)(tiers->now_ns - request->asked_ns));
    request->state = STATE_STORE;
    schedule(tiers, sizes, index, exp(tiers->store_mu + STORE_SIGMA * draw_normal(&tiers->store)) * 1e6);
}

INLINE void arrive(struct tiers *tiers, const struct sizes *sizes, uint64_t requests)
{
    uint32_t index = new_request(tiers);
    struct request *request = &tiers->requests[index];
    uint32_t web;

    request->arrived_ns = tiers->now_ns;
    request->late = 0;
    request->key = draw_zipf(&tiers->popularity, &tiers->keys);
    web = choose_web(tiers, sizes);
    change_connections(tiers, sizes, web, tiers->connections[web] + 1);
    request->web = (uint16_t)web;
    if (++tiers->in_flight > tiers->in_flight_max)
        tiers->in_flight_max = tiers->in_flight;
    limit_start(tiers, index);
    if (tiers->webs[web].busy < WORKERS) {
        set_busy(tiers, &tiers->webs[web], tiers->webs[web].busy + 1);
        start_web(tiers, sizes, index);
    } else {
        join_line(tiers, &tiers->webs[web], index);
    }
    if (++tiers->arrived < requests)
        schedule_arrival(tiers, sizes);
    else
        tiers->arrival_ns = INT64_MAX;
}

INLINE void look_up(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct request *request = &tiers->requests[index];
    struct station *shard;

    if (key_cache_get(&tiers->cache, request->key, true)) {
        tiers->hits++;
        start_last_work(tiers, sizes, index);
        return;
    }
    tiers->misses++;
    request->shard = (uint16_t)((key_hash(request->key) >> 32) * sizes->shards >> 32);
    request->asked_ns = tiers->now_ns;
    shard = &tiers->shards[request->shard];
    if (shard->busy < CONNECTIONS) {
        set_busy(tiers, shard, shard->busy + 1);
        start_store(tiers, sizes, index);
    } else {
        join_line(tiers, shard, index);
    }
}

INLINE void end_store(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct station *shard = &tiers->shards[tiers->requests[index].shard];

    start_last_work(tiers, sizes, index);
    if (shard->first)
        start_store(tiers, sizes, leave_line(tiers, shard));
    else
        set_busy(tiers, shard, shard->busy - 1);
}

INLINE void end(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct request *request = &tiers->requests[index];
    uint32_t web = request->web;
    struct station *station = &tiers->webs[web];

    latencies_add(&tiers->web_times, (uint64_t)(tiers->now_ns - request->asked_ns));
    latencies_add(&tiers->total, (uint64_t)(tiers->now_ns - request->arrived_ns));
    tiers->done++;
    tiers->in_flight--;
    if (!request->late)
        limit_stop(tiers, index);
    request->next = tiers->request_free;
    tiers->request_free = index;
    change_connections(tiers, sizes, web, tiers->connections[web] - 1);
    if (station->first)
        start_web(tiers, sizes, leave_line(tiers, station));
    else
        set_busy(tiers, station, station->busy - 1);
}

INLINE void go_on(struct tiers *tiers, const struct sizes *sizes, uint32_t index)
{
    struct request *request = &tiers->requests[index];

    switch (request->state) {
    case STATE_FIRST_WORK:
        request->state = STATE_LOOKUP;
        key_cache_prefetch(&tiers->cache, request->key);
        schedule_lookup(tiers, index);
        break;
    case STATE_LOOKUP:
        look_up(tiers, sizes, index);
        break;
    case STATE_STORE:
        end_store(tiers, sizes, index);
        break;
    case STATE_LAST_WORK:
        end(tiers, sizes, index);
        break;
    }
}

/* ---- the loop ---- */

/* Runs the earliest of the next arrival, the first of the lane, the first of the queue and the earliest
 * limit. */
INLINE void run(struct tiers *tiers, const struct sizes *sizes, uint64_t requests)
{
    schedule_arrival(tiers, sizes);
    while (tiers->events.count || tiers->arrival_ns != INT64_MAX || tiers->lane_first != tiers->lane_end) {
        int64_t time_ns = tiers->arrival_ns;
        uint64_t sequence = tiers->arrival_sequence;
        uint32_t index = 0; /* of an arrival */
        enum { ARRIVAL, LANE, QUEUE } source = ARRIVAL;

        if (tiers->lane_first != tiers->lane_end) {
            const struct lane_event *event = &tiers->lane[tiers->lane_first & (LANE_EVENTS - 1)];

            if (event->time_ns < time_ns || (event->time_ns == time_ns && event->sequence < sequence)) {
                source = LANE;
                time_ns = event->time_ns;
                sequence = event->sequence;
                index = event->request;
            }
        }
        if (tiers->events.count) {
            struct date first = fixed_ladder_first(&tiers->events, sizes->shift);

            if (first.time_ns < time_ns ||
                (first.time_ns == time_ns && first.order >> DATE_ABOUT_BITS < sequence)) {
                source = QUEUE;
                time_ns = first.time_ns;
                index = (uint32_t)(first.order & DATE_ABOUT_MASK);
            }
        }
        if (__builtin_expect(tiers->limit_ns < time_ns, 0)) {
            limit_pass(tiers);
            continue;
        }
        if (source == QUEUE)
            fixed_ladder_drop_first(&tiers->events);
        else if (source == LANE)
            tiers->lane_first++;
        tiers->now_ns = time_ns;
        if (source == ARRIVAL)
            arrive(tiers, sizes, requests);
        else
            go_on(tiers, sizes, index);
    }
}

static __attribute__((noinline)) void run_small(struct tiers *tiers, uint64_t requests)
{
    run(tiers, &small, requests);
}

static __attribute__((noinline)) void run_large(struct tiers *tiers, uint64_t requests)
{
    run(tiers, &large, requests);
}

/* ---- begin and end ---- */

static void prepare(struct tiers *tiers, const struct sizes *sizes)
{
    const uint64_t seed = 42;

    draws_init();
    xoshiro_seed(&tiers->arrivals, seed);
    xoshiro_seed(&tiers->work, seed + 1000);
    xoshiro_seed(&tiers->store, seed + 2000);
    xoshiro_seed(&tiers->keys, seed + 3000);
    zipf_law_init(&tiers->popularity, KEYS, 0.99);
    tiers->store_mu = log(STORE_MEAN_MS) - STORE_SIGMA * STORE_SIGMA / 2;
    fixed_ladder_init(&tiers->events);
    tiers->request_capacity = 1024;
    tiers->requests = bench_allocate(tiers->request_capacity * sizeof *tiers->requests);
    tiers->limit_ns = INT64_MAX;
    key_cache_init(&tiers->cache, CACHED_KEYS);
    for (uint64_t key = CACHED_KEYS; key; key--)
        key_cache_get(&tiers->cache, key, true);
    for (uint32_t server = sizes->webs; server--;)
        balancer_add(&tiers->balancer, server, 0);
}

static double utilisation(const struct tiers *tiers, const struct station *stations, uint32_t count,
                          uint32_t servers)
{
    uint64_t busy_ns = 0;

    for (uint32_t i = 0; i < count; i++)
        busy_ns += stations[i].busy_ns;
    return (double)busy_ns / (double)tiers->now_ns / count / servers;
}

static void print(const struct tiers *tiers, const struct sizes *sizes, double ns)
{
    printf("ns=%.1f requests=%" PRIu64
           " hit_ratio=%.4f mean_ms=%.4f p50_ms=%.3f p99_ms=%.3f timeouts=%" PRIu64
           " in_flight_max=%u web_wait_p99_ms=%.3f store_wait_p99_ms=%.3f web_time_p50_ms=%.3f web_busy=%.4f"
           " shards_busy=%.4f\n",
           ns / (double)tiers->done, tiers->done, (double)tiers->hits / (double)(tiers->hits + tiers->misses),
           latencies_mean(&tiers->total) * 1e-6, latencies_quantile(&tiers->total, 0.5) * 1e-6,
           latencies_quantile(&tiers->total, 0.99) * 1e-6, tiers->timeouts, tiers->in_flight_max,
           latencies_quantile(&tiers->web_waits, 0.99) * 1e-6,
           latencies_quantile(&tiers->store_waits, 0.99) * 1e-6,
           latencies_quantile(&tiers->web_times, 0.5) * 1e-6,
           utilisation(tiers, tiers->webs, sizes->webs, WORKERS),
           utilisation(tiers, tiers->shards, sizes->shards, CONNECTIONS));
}

int main(int argc, char **argv)
{
    uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000000;
    bool is_large = argc > 2 && strtoul(argv[2], NULL, 10) == SCALE_MAX;
    const struct sizes *sizes = is_large ? &large : &small;
    static struct tiers tiers;
    double start_ns;

    prepare(&tiers, sizes);
    start_ns = clock_processor_ns();
    if (is_large)
        run_large(&tiers, requests);
    else
        run_small(&tiers, requests);
    print(&tiers, sizes, clock_processor_ns() - start_ns);
    return 0;
}
