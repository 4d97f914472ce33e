/* mm1.c - one queue on the kernel: the work of reference/mm1 by way of its requests, calls and stations.
 *
 *     mm1 [CUSTOMERS]
 *
 * The smallest models that can be: a source with exponential gaps and a server with one station. All that the
 * kernel measures is measured: latencies of the source and of the server, waits, levels, outcomes. What
 * remains to the program on scenarios/mm1.json is what clients and service do beyond that.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "bench/reference/clock.h"
#include "sim/call.h"
#include "sim/station.h"

#define GAP_S (1.0 / 0.9)
#define SERVICE_S 1.0

struct source_shared {
    struct link **links;
    struct distribution gap;
    uint16_t class;
};

struct source {
    struct request *ticker;
    struct lane *lane;
    struct rng rng;
    uint64_t sent;
    int64_t gap_ahead_ns; /* as models/arrivals.h does it */
};

struct server_shared {
    struct duration service;
};

static struct distribution_config exponential(double mean)
{
    struct distribution_config config = distribution_config_of(DISTRIBUTION_EXPONENTIAL);

    config.mean = mean;
    return config;
}

/* ---- source ---- */

static void source_wire_group(struct group *group)
{
    struct source_shared *shared = group->shared;
    struct call_policy policy = { .timeout_ns = SIM_TIME_NEVER };
    struct distribution_config gap = exponential(GAP_S * (double)SIM_NS_PER_S);

    shared->links = sim_link_all(group, sim_find_group(group->sim, "server"), &policy);
    shared->class = sim_add_class(group, "all");
    distribution_init(&shared->gap, &gap);
}

static inline __attribute__((always_inline)) void schedule(struct component *self)
{
    const struct source_shared *shared = self->shared;
    struct source *source = component_state(self);
    int64_t date_ns = self->sim->now_ns + source->gap_ahead_ns;

    source->gap_ahead_ns = distribution_sample_ns(&shared->gap, &source->rng);
    lane_push(&self->sim->lanes, source->lane, sim_event(self, source->ticker, date_ns));
}

static void source_start(struct component *self)
{
    struct source *source = component_state(self);

    source->ticker = sim_ticker(self);
    source->lane = lanes_find(&self->sim->lanes, LANE_DELAY_OWN);
    rng_init(&source->rng, self->sim->seed, self->group->name, "arrivals");
    source->gap_ahead_ns =
        distribution_sample_ns(&((const struct source_shared *)self->shared)->gap, &source->rng);
    schedule(self);
}

static void source_on_timer(struct component *self, struct request *ticker)
{
    const struct source_shared *shared = self->shared;
    struct source *source = component_state(self);
    struct request *request;

    (void)ticker;
    schedule(self);
    request = sim_start(self, rng_hash(0, source->sent++), shared->class);
    request->bytes = 500;
    sim_call(self, request, shared->links[0], 0);
}

static void source_on_reply(struct component *self, struct request *request)
{
    sim_finish(self, request, (enum outcome)request->outcome);
}

static const struct component_type source_type = {
    .name = "source",
    .shared_size = sizeof(struct source_shared),
    .state_size = sizeof(struct source),
    .is_source = true,
    .wire_group = source_wire_group,
    .start = source_start,
    .on_reply = source_on_reply,
    .on_timer = source_on_timer,
};

/* ---- server ---- */

static void server_wire_group(struct group *group)
{
    struct server_shared *shared = group->shared;
    struct distribution_config service = exponential(SERVICE_S);

    duration_init(&shared->service, group, "service", &service);
}

static void server_wire(struct component *self)
{
    station_init(
        component_state(self), self,
        &(struct station_config){ .name = "servers", .servers = 1, .waiting_max = STATION_UNLIMITED });
}

static void server_on_request(struct component *self, struct request *request)
{
    const struct server_shared *shared = self->shared;

    station_serve(component_state(self), self, request,
                  duration_sample(&shared->service, request_frame(request)->number));
}

static void server_on_timer(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_OK);
}

static const struct component_type server_type = {
    .name = "server",
    .shared_size = sizeof(struct server_shared),
    .state_size = sizeof(struct station),
    .wire_group = server_wire_group,
    .wire = server_wire,
    .on_request = server_on_request,
    .on_timer = server_on_timer,
};

/* ---- run ---- */

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    const struct group *cycle;
    const struct histogram *latencies;
    double start_ns;

    if (!sim)
        return EXIT_FAILURE;
    sim_add_group(sim, &server_type, "server", 1, NULL, &sim->sites[0]);
    sim_add_group(sim, &source_type, "source", 1, NULL, &sim->sites[0]);
    sim_wire(sim, &cycle);
    start_ns = clock_processor_ns();
    sim_run(sim, (int64_t)((double)customers * GAP_S * (double)SIM_NS_PER_S));
    latencies = &sim->classes[0]->latency_ok;
    printf("ns=%.2f customers=%" PRIu64 " mean=%.4f p50=%.3f p99=%.3f\n",
           (clock_processor_ns() - start_ns) / (double)histogram_count(latencies), histogram_count(latencies),
           histogram_mean(latencies) * 1e-9, histogram_quantile(latencies, 0.5) * 1e-9,
           histogram_quantile(latencies, 0.99) * 1e-9);
    sim_destroy(sim);
    return EXIT_SUCCESS;
}
