/* queue_tier.h - what tests of sources and balancers send requests to: servers with a line, and a hook
 * that sees each. * Also: a run that is built, warmed up and measured in one call, and means over
 * replications with their standard error. */
#ifndef TESTS_MODELS_QUEUE_TIER_H
#define TESTS_MODELS_QUEUE_TIER_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/clients.h"
#include "sim/station.h"
#include "tests/test.h"

#define SECOND SIM_NS_PER_S
#define MANY 1000000 /* servers: nobody waits */

struct queue_config {
    uint32_t servers;
    uint32_t waiting_max;
    struct distribution_config service_time;
    void (*saw)(void *argument, struct component *self,
                const struct request *request); /* NULL: nobody looks */
    void *argument;
};

struct queue_shared {
    struct duration service_time;
};

struct queue {
    struct station station;
};

static void queue_wire_group(struct group *group)
{
    const struct queue_config *config = group->config;

    duration_init(&((struct queue_shared *)group->shared)->service_time, group, "service",
                  &config->service_time);
}

static void queue_wire(struct component *self)
{
    const struct queue_config *config = self->group->config;
    struct queue *queue = component_state(self);

    station_init(&queue->station, self,
                 &(struct station_config){ .name = "servers",
                                           .discipline = STATION_FIFO,
                                           .servers = config->servers,
                                           .waiting_max = config->waiting_max });
}

static void queue_on_request(struct component *self, struct request *request)
{
    const struct queue_config *config = self->group->config;
    const struct queue_shared *shared = self->shared;
    struct queue *queue = component_state(self);
    int64_t service_ns = duration_sample(&shared->service_time, request_frame(request)->number);

    if (config->saw)
        config->saw(config->argument, self, request);
    if (!station_serve(&queue->station, self, request, service_ns))
        sim_reply(self, request, OUTCOME_REFUSED);
}

static void queue_on_timer(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_OK);
}

static const struct component_type queue_type = {
    .name = "queue",
    .shared_size = sizeof(struct queue_shared),
    .state_size = sizeof(struct queue),
    .wire_group = queue_wire_group,
    .wire = queue_wire,
    .on_request = queue_on_request,
    .on_timer = queue_on_timer,
};

static inline struct distribution_config law_of_mean(enum distribution_law law, double mean)
{
    struct distribution_config config = distribution_config_of(law);

    config.mean = mean;
    return config;
}

static inline struct distribution_config exponential(double mean_s)
{
    return law_of_mean(DISTRIBUTION_EXPONENTIAL, mean_s);
}

static inline struct distribution_config constant(double mean_s)
{
    return law_of_mean(DISTRIBUTION_CONSTANT, mean_s);
}

static const struct call_config no_policy = { .timeout = SIM_TIME_NEVER, .backoff_max = 10 * SECOND };

static inline struct clients_config open_clients(double per_s, const char *target)
{
    return (struct clients_config){ .arrivals = per_s,
                                    .gap_law = DISTRIBUTION_EXPONENTIAL,
                                    .population = 1000000,
                                    .think_time = exponential(1.0),
                                    .patience = constant(0.0),
                                    .target = target,
                                    .call = no_policy };
}

static inline struct clients_config closed_clients(int64_t users, struct distribution_config think_time,
                                                   const char *target)
{
    struct clients_config config = open_clients(0.0, target);

    config.users = users;
    config.think_time = think_time;
    return config;
}

static inline struct queue_config queue_of(uint32_t servers, struct distribution_config service_time)
{
    return (struct queue_config){ .servers = servers,
                                  .waiting_max = STATION_UNLIMITED,
                                  .service_time = service_time };
}

static inline void wire(struct sim *sim)
{
    const struct group *cycle;

    ck_assert(sim_wire(sim, &cycle));
}

static inline void run_to(struct sim *sim, int64_t end_ns)
{
    ck_assert_int_eq(sim_run(sim, end_ns), SIM_REACHED);
    ck_assert(sim_conserves(sim, stderr));
}

/* A warm-up of a tenth, then what is measured. */
static inline void measure_to(struct sim *sim, double end_s)
{
    run_to(sim, (int64_t)(end_s * 0.1e9));
    sim_window_start(sim);
    run_to(sim, (int64_t)(end_s * 1e9));
}

/* Of all classes of the run, s. */
static inline double mean_latency_s(const struct sim *sim)
{
    struct histogram all = sim->classes[0]->latency_ok;

    for (uint16_t i = 1; i < sim->class_count; i++)
        histogram_merge(&all, &sim->classes[i]->latency_ok);
    return histogram_mean(&all) * 1e-9;
}

struct estimate {
    double mean, error; /* standard error of the mean */
};

static inline struct estimate estimate_of(const double *values, int count)
{
    double sum = 0.0, squares = 0.0, mean;

    for (int i = 0; i < count; i++)
        sum += values[i];
    mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return (struct estimate){ mean, sqrt(squares / (count - 1) / count) };
}

/* Within 4.5 standard errors, and these are below `precision` of the value: 5 times that would be seen to
 * be wrong. */
static inline void assert_estimates(const double *values, int count, double exact, double precision)
{
    struct estimate estimate = estimate_of(values, count);

    ck_assert_msg(estimate.error <= precision * exact, "standard error %g of %g", estimate.error, exact);
    ck_assert_msg(fabs(estimate.mean - exact) <= 4.5 * estimate.error, "%g +- %g instead of %g",
                  estimate.mean, estimate.error, exact);
}

/* count of n trials with that probability, within 4 standard errors. */
static inline void assert_share(uint64_t count, uint64_t n, double probability)
{
    double error = sqrt(probability * (1.0 - probability) / (double)n);

    ck_assert_msg(fabs((double)count / (double)n - probability) <= 4.0 * error, "%llu of %llu instead of %g",
                  (unsigned long long)count, (unsigned long long)n, probability);
}

/* ---- mistakes that a model finds ---- */

struct param_problems {
    int count;
    char path[128], text[256]; /* of the last one */
};

/* Weak: the reader's own, or a helper's, goes first. */
__attribute__((weak)) void param_problem(struct param_problems *problems, const char *path, const char *help,
                                         const char *format, ...)
{
    va_list arguments;

    (void)help;
    problems->count++;
    snprintf(problems->path, sizeof problems->path, "%s", path);
    va_start(arguments, format);
    vsnprintf(problems->text, sizeof problems->text, format, arguments);
    va_end(arguments);
}

#endif
