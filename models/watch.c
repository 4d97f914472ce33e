#include "models/watch.h"

#include <math.h>

#include "models/watch_metrics.h"

static uint8_t readings_of(const struct watch *watch)
{
    return watch->metric.greatest ? watch->group->instances[0]->resource_count : 1;
}

static struct watch_reading read_now(const struct watch *watch, uint8_t index)
{
    const struct watch_metric *metric = &watch->metric;

    return metric->read(metric, watch->group, metric->resource < 0 ? index : (uint8_t)metric->resource);
}

/* As it stands. */
static const struct histogram *histogram_now(const struct watch *watch)
{
    uint32_t position = 0;
    const struct histogram *one = watch_metric_histogram(&watch->metric, watch->group, &position);

    if (!watch->merged)
        return one;
    histogram_clear(watch->merged);
    for (; one; one = watch_metric_histogram(&watch->metric, watch->group, &position))
        histogram_merge(watch->merged, one);
    return watch->merged;
}

void watch_init(struct watch *watch, struct group *group, int64_t instance, const char *name, uint32_t room)
{
    struct memory *memory = &group->sim->memory;

    *watch = (struct watch){ .group = group, .name = name, .room = room, .sampled_ns = group->sim->now_ns };
    SIM_ASSERT(group->sim, group->instances[0], watch_metric_find(group, name, &watch->metric) && room > 0);
    if (instance != WATCH_ALL) {
        watch->metric.first = (uint32_t)instance;
        watch->metric.end = (uint32_t)instance + 1;
    }
    watch->samples = memory_alloc_array(memory, room, sizeof *watch->samples);
    if (watch->metric.fraction > 0) {
        watch->previous = memory_alloc(memory, sizeof *watch->previous);
        watch->recent = memory_alloc(memory, sizeof *watch->recent);
        if (watch_metric_is_merged(&watch->metric, group))
            watch->merged = memory_alloc(memory, sizeof *watch->merged);
    }
    for (uint8_t i = 0; i < readings_of(watch); i++)
        watch->read[i] = read_now(watch, i);
    watch->serving_read = watch_metric_serving(&watch->metric, group);
    if (watch->previous)
        *watch->previous = *histogram_now(watch);
}

/* What has come to the histogram since the sample before; each value at the middle of its bucket. */
static void gather_times(struct watch *watch, const struct histogram *now)
{
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
    watch->serving_kept += watch_metric_serving(&watch->metric, watch->group) - watch->serving_read;
    watch->serving_read = 0;
    if (!watch->recent)
        return;
    gather_times(watch, histogram_now(watch));
    histogram_clear(watch->previous);
}

static double value_of(struct watch *watch)
{
    double greatest = NAN;

    if (watch->recent) {
        const struct histogram *now = histogram_now(watch);

        gather_times(watch, now);
        *watch->previous = *now;
        greatest = histogram_quantile(watch->recent, watch->metric.fraction) * watch->metric.scale;
        histogram_clear(watch->recent);
        return greatest;
    }
    for (uint8_t i = 0; i < readings_of(watch); i++) {
        struct watch_reading now = read_now(watch, i);
        __int128 weight = now.weight - watch->read[i].weight + watch->kept[i].weight;
        double sum = (double)(now.sum - watch->read[i].sum + watch->kept[i].sum);

        if (weight > 0)
            greatest = fmax(greatest, sum / (double)weight * watch->metric.scale);
        watch->read[i] = now;
        watch->kept[i] = (struct watch_reading){ 0 };
    }
    return greatest;
}

void watch_sample(struct watch *watch)
{
    int64_t now_ns = watch->group->sim->now_ns;
    __int128 serving = watch_metric_serving(&watch->metric, watch->group);
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
