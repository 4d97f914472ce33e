#include "models/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/link.h"
#include "sim/members.h"
#include "sim/station.h"

/* What is measured; the name of a resource's is put before ".utilisation". */
struct watch_metric {
    const char *name;
    enum param_unit unit;
    struct watch_reading (*read)(const struct group *group, uint8_t resource);
    double scale;    /* sum / weight in the unit */
    double fraction; /* of a percentile, else 0 */
};

/* ---- readings ---- */

static struct watch_reading read_resource(const struct group *group, uint8_t index)
{
    struct watch_reading reading = { 0 };
    int64_t now_ns = group->sim->now_ns;

    for (uint32_t i = 0; i < group->count; i++) {
        const struct component *instance = group->instances[i];
        const struct resource *resource = &instance->resources[index];

        if (resource->kind == RESOURCE_STATION) {
            reading.sum += gauge_area(&resource->of.station->busy, now_ns);
            reading.weight += resource->of.station->servers * component_serving_area(instance);
        } else if (resource->kind == RESOURCE_PIPE) {
            const struct pipe *pipe = resource->of.pipe;

            reading.sum += pipe->busy_ns - (pipe->free_ns > now_ns ? pipe->free_ns - now_ns : 0);
            reading.weight += component_serving_area(instance);
        }
    }
    return reading;
}

static struct watch_reading read_queue(const struct group *group, uint8_t resource)
{
    struct watch_reading reading = { 0, group_serving_area(group) };

    (void)resource;
    for (uint32_t i = 0; i < group->count; i++)
        for (uint8_t k = 0; k < group->instances[i]->resource_count; k++) {
            const struct resource *own = &group->instances[i]->resources[k];

            if (own->kind == RESOURCE_STATION)
                reading.sum += gauge_area(&own->of.station->waiting, group->sim->now_ns);
        }
    return reading;
}

static struct watch_reading read_in_flight(const struct group *group, uint8_t resource)
{
    struct watch_reading reading = { 0, group_serving_area(group) };

    (void)resource;
    for (uint32_t i = 0; i < group->count; i++)
        reading.sum += component_in_flight_area(group->instances[i]);
    return reading;
}

static struct watch_reading read_started(const struct group *group, uint8_t resource)
{
    struct watch_reading reading = { 0, group_serving_area(group) };

    (void)resource;
    for (uint32_t i = 0; i < group->count; i++)
        reading.sum += group->instances[i]->started - group->instances[i]->window_started;
    return reading;
}

static struct watch_reading read_ok(const struct group *group, uint8_t resource)
{
    struct watch_reading reading = { 0, group_serving_area(group) };

    (void)resource;
    for (uint32_t i = 0; i < group->count; i++)
        reading.sum +=
            group->instances[i]->finished[OUTCOME_OK] - group->instances[i]->window_finished[OUTCOME_OK];
    return reading;
}

static struct watch_reading read_failed(const struct group *group, uint8_t resource)
{
    struct watch_reading reading = { 0, group_serving_area(group) };

    (void)resource;
    for (uint32_t i = 0; i < group->count; i++)
        for (int k = OUTCOME_OK + 1; k < OUTCOME_COUNT; k++)
            reading.sum += group->instances[i]->finished[k] - group->instances[i]->window_finished[k];
    return reading;
}

static struct watch_reading read_latency(const struct group *group, uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ group->latency_ok.sum, histogram_count(&group->latency_ok) };
}

/* clang-format off */
static const struct watch_metric resource_metric =
    { "utilisation", PARAM_UNIT_FRACTION, read_resource, 1, 0 };

static const struct watch_metric metrics[] = {
    { "queue.mean", PARAM_UNIT_NONE, read_queue, 1, 0 },
    { "in_flight.mean", PARAM_UNIT_NONE, read_in_flight, 1, 0 },
    { "throughput", PARAM_UNIT_PER_SECOND, read_ok, (double)SIM_NS_PER_S, 0 },
    { "requests.started", PARAM_UNIT_PER_SECOND, read_started, (double)SIM_NS_PER_S, 0 },
    { "requests.failed", PARAM_UNIT_PER_SECOND, read_failed, (double)SIM_NS_PER_S, 0 },
    { "latency.mean", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0 },
    { "latency.p50", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0.5 },
    { "latency.p90", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0.9 },
    { "latency.p95", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0.95 },
    { "latency.p99", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0.99 },
    { "latency.p99.9", PARAM_UNIT_SECONDS, read_latency, 1.0 / SIM_NS_PER_S, 0.999 },
    { .name = NULL },
};
/* clang-format on */

/* ---- which ---- */

/* Has something that is busy for a share of time. */
static bool is_busy_kind(const struct resource *resource)
{
    return resource->kind != RESOURCE_AMOUNT;
}

static uint8_t count_busy_kinds(const struct group *group)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < group->instances[0]->resource_count; i++)
        count += is_busy_kind(&group->instances[0]->resources[i]);
    return count;
}

/* resource: of a resource's utilisation, -1 for the greatest of all and for other metrics. */
static const struct watch_metric *find(const struct group *group, const char *name, int8_t *resource)
{
    const struct component *first = group->instances[0];

    *resource = -1;
    if (!strcmp(name, resource_metric.name))
        return count_busy_kinds(group) ? &resource_metric : NULL;
    for (uint8_t i = 0; i < first->resource_count; i++) {
        size_t length = strlen(first->resources[i].name);

        if (is_busy_kind(&first->resources[i]) && !strncmp(name, first->resources[i].name, length) &&
            !strcmp(name + length, ".utilisation")) {
            *resource = (int8_t)i;
            return &resource_metric;
        }
    }
    for (const struct watch_metric *metric = metrics; metric->name; metric++)
        if (!strcmp(name, metric->name))
            return metric;
    return NULL;
}

bool watch_has(const struct group *group, const char *name, enum param_unit *unit)
{
    int8_t resource;
    const struct watch_metric *metric = find(group, name, &resource);

    if (metric)
        *unit = metric->unit;
    return metric != NULL;
}

char *watch_list(const struct group *group, char *text, size_t size)
{
    const struct component *first = group->instances[0];
    size_t used = 0;

    text[0] = '\0';
    for (uint8_t i = 0; i < first->resource_count && used < size; i++)
        if (is_busy_kind(&first->resources[i]))
            used += (size_t)snprintf(text + used, size - used, "%s.utilisation, ", first->resources[i].name);
    for (const struct watch_metric *metric = metrics; metric->name && used < size; metric++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", metric->name, metric[1].name ? ", " : "");
    return text;
}

/* ---- samples ---- */

static uint8_t readings_of(const struct watch *watch)
{
    bool is_greatest = watch->metric == &resource_metric && watch->resource < 0;

    return is_greatest ? watch->group->instances[0]->resource_count : 1;
}

static struct watch_reading read_now(const struct watch *watch, uint8_t index)
{
    return watch->metric->read(watch->group, watch->resource < 0 ? index : (uint8_t)watch->resource);
}

void watch_init(struct watch *watch, struct group *group, const char *name, uint32_t room)
{
    struct memory *memory = &group->sim->memory;

    *watch = (struct watch){ .group = group, .name = name, .room = room, .sampled_ns = group->sim->now_ns };
    watch->metric = find(group, name, &watch->resource);
    SIM_ASSERT(group->sim, group->instances[0], watch->metric != NULL && room > 0);
    watch->samples = memory_alloc_array(memory, room, sizeof *watch->samples);
    if (watch->metric->fraction > 0) {
        watch->previous = memory_alloc(memory, sizeof *watch->previous);
        watch->recent = memory_alloc(memory, sizeof *watch->recent);
    }
    for (uint8_t i = 0; i < readings_of(watch); i++)
        watch->read[i] = read_now(watch, i);
    watch->serving_read = group_serving_area(group);
    if (watch->previous)
        *watch->previous = group->latency_ok;
}

/* What has come to the histogram since the sample before; each value at the middle of its bucket. */
static void gather_latencies(struct watch *watch)
{
    const struct histogram *now = &watch->group->latency_ok;
    struct histogram_bucket bucket;
    unsigned position = 0;

    while (histogram_next(now, &position, &bucket)) {
        uint64_t before = watch->previous->buckets[histogram_index(bucket.lower)];

        histogram_add_count(watch->recent, bucket.lower + (bucket.upper - bucket.lower) / 2,
                            bucket.count - before);
    }
}

void watch_keep(struct watch *watch)
{
    for (uint8_t i = 0; i < readings_of(watch); i++) {
        struct watch_reading now = read_now(watch, i);

        watch->kept[i].sum += now.sum - watch->read[i].sum;
        watch->kept[i].weight += now.weight - watch->read[i].weight;
        watch->read[i] = (struct watch_reading){ 0 };
    }
    watch->serving_kept += group_serving_area(watch->group) - watch->serving_read;
    watch->serving_read = 0;
    if (!watch->recent)
        return;
    gather_latencies(watch);
    histogram_clear(watch->previous);
}

static double value_of(struct watch *watch)
{
    double greatest = NAN;

    if (watch->recent) {
        gather_latencies(watch);
        *watch->previous = watch->group->latency_ok;
        greatest = histogram_quantile(watch->recent, watch->metric->fraction) * watch->metric->scale;
        histogram_clear(watch->recent);
        return greatest;
    }
    for (uint8_t i = 0; i < readings_of(watch); i++) {
        struct watch_reading now = read_now(watch, i);
        __int128 weight = now.weight - watch->read[i].weight + watch->kept[i].weight;
        double sum = (double)(now.sum - watch->read[i].sum + watch->kept[i].sum);

        if (weight > 0)
            greatest = fmax(greatest, sum / (double)weight * watch->metric->scale);
        watch->read[i] = now;
        watch->kept[i] = (struct watch_reading){ 0 };
    }
    return greatest;
}

void watch_sample(struct watch *watch)
{
    int64_t now_ns = watch->group->sim->now_ns;
    __int128 serving = group_serving_area(watch->group);
    struct watch_sample *sample = &watch->samples[watch->next];

    if (now_ns == watch->sampled_ns)
        return;
    sample->taken_ns = now_ns;
    sample->value = value_of(watch);
    sample->instances =
        (double)(serving - watch->serving_read + watch->serving_kept) / (double)(now_ns - watch->sampled_ns);
    watch->serving_read = serving;
    watch->serving_kept = 0;
    watch->sampled_ns = now_ns;
    watch->next = (watch->next + 1) % watch->room;
    if (watch->count < watch->room)
        watch->count++;
}

const struct watch_sample *watch_known(const struct watch *watch, int64_t date_ns)
{
    for (uint32_t back = 1; back <= watch->count; back++) {
        const struct watch_sample *sample = &watch->samples[(watch->next + watch->room - back) % watch->room];

        if (sample->taken_ns <= date_ns)
            return sample;
    }
    return NULL;
}
