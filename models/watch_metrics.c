#include "models/watch_metrics.h"

#include <stdio.h>
#include <string.h>

#include "sim/link.h"
#include "sim/members.h"
#include "sim/station.h"

#define PER_NS (1.0 / (double)SIM_NS_PER_S)

__int128 watch_metric_serving(const struct watch_metric *metric, const struct group *group)
{
    return metric->end - metric->first == group->count
               ? group_serving_area(group)
               : component_serving_area(group->instances[metric->first]);
}

/* ---- resources ---- */

static struct watch_reading read_resource(const struct watch_metric *metric, const struct group *group,
                                          uint8_t index)
{
    struct watch_reading reading = { 0 };
    int64_t now_ns = group->sim->now_ns;

    for (uint32_t i = metric->first; i < metric->end; i++) {
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

/* Bytes of one instance that is in service. */
static struct watch_reading read_used(const struct watch_metric *metric, const struct group *group,
                                      uint8_t index)
{
    struct watch_reading reading = { 0, watch_metric_serving(metric, group) };

    for (uint32_t i = metric->first; i < metric->end; i++)
        reading.sum += amount_area(group->instances[i]->resources[index].of.amount, group->sim->now_ns);
    return reading;
}

static struct watch_reading read_queue(const struct watch_metric *metric, const struct group *group,
                                       uint8_t resource)
{
    struct watch_reading reading = { 0, watch_metric_serving(metric, group) };

    (void)resource;
    for (uint32_t i = metric->first; i < metric->end; i++)
        for (uint8_t k = 0; k < group->instances[i]->resource_count; k++) {
            const struct resource *own = &group->instances[i]->resources[k];

            if (own->kind == RESOURCE_STATION)
                reading.sum += gauge_area(&own->of.station->waiting, group->sim->now_ns);
        }
    return reading;
}

/* ---- requests ---- */

/* The group itself, or a region of the users that it stands for. */
static bool is_of(const struct group *part, const struct group *group)
{
    return part == group || (part->parent == group && part->type->is_source && group->type->is_source);
}

static struct watch_reading read_in_flight(const struct watch_metric *metric, const struct group *group,
                                           uint8_t resource)
{
    const struct sim *sim = group->sim;
    struct watch_reading reading = { 0, watch_metric_serving(metric, group) };

    (void)resource;
    for (uint32_t i = metric->first; i < metric->end; i++)
        reading.sum += component_in_flight_area(group->instances[i]);
    for (uint16_t i = 0; group->type->is_source && i < sim->group_count; i++)
        if (sim->groups[i] != group && is_of(sim->groups[i], group))
            reading.sum += component_in_flight_area(sim->groups[i]->instances[0]);
    return reading;
}

/* Since measuring began. */
struct tally {
    __int128 started, ok, failed;
};

static void add_finished(struct tally *tally, const uint64_t *finished, const uint64_t *before)
{
    for (int i = 0; i < OUTCOME_COUNT; i++)
        *(i == OUTCOME_OK ? &tally->ok : &tally->failed) += finished[i] - (before ? before[i] : 0);
}

static struct tally tally_of(const struct watch_metric *metric, const struct group *group)
{
    const struct sim *sim = group->sim;
    struct tally tally = { 0 };

    for (uint32_t i = metric->first; !group->type->is_source && i < metric->end; i++) {
        const struct component *instance = group->instances[i];

        tally.started += instance->started - instance->window_started;
        add_finished(&tally, instance->finished, instance->window_finished);
    }
    for (uint16_t i = 0; group->type->is_source && i < sim->class_count; i++)
        if (is_of(sim->classes[i]->group, group)) {
            tally.started += sim->classes[i]->started;
            add_finished(&tally, sim->classes[i]->finished, NULL);
        }
    return tally;
}

static struct watch_reading read_started(const struct watch_metric *metric, const struct group *group,
                                         uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ tally_of(metric, group).started, watch_metric_serving(metric, group) };
}

static struct watch_reading read_ok(const struct watch_metric *metric, const struct group *group,
                                    uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ tally_of(metric, group).ok, watch_metric_serving(metric, group) };
}

static struct watch_reading read_failed(const struct watch_metric *metric, const struct group *group,
                                        uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ tally_of(metric, group).failed, watch_metric_serving(metric, group) };
}

static struct watch_reading read_error_rate(const struct watch_metric *metric, const struct group *group,
                                            uint8_t resource)
{
    struct tally tally = tally_of(metric, group);

    (void)resource;
    return (struct watch_reading){ tally.failed, tally.failed + tally.ok };
}

/* ---- times ---- */

static const void *own_of(const struct group *group, uint32_t instance, size_t offset)
{
    return (const char *)component_state(group->instances[instance]) + offset;
}

const struct histogram *watch_metric_histogram(const struct watch_metric *metric, const struct group *group,
                                               uint32_t *position)
{
    const struct sim *sim = group->sim;

    if (metric->row)
        return metric->first + *position < metric->end
                   ? own_of(group, metric->first + (*position)++, metric->row->offset)
                   : NULL;
    if (!group->type->is_source)
        return (*position)++ ? NULL : &group->latency_ok;
    while (*position < sim->class_count) {
        const struct request_class *class = sim->classes[(*position)++];

        if (is_of(class->group, group))
            return &class->latency_ok;
    }
    return NULL;
}

bool watch_metric_is_merged(const struct watch_metric *metric, const struct group *group)
{
    return metric->row || group->type->is_source;
}

static struct watch_reading read_times(const struct watch_metric *metric, const struct group *group,
                                       uint8_t resource)
{
    struct watch_reading reading = { 0 };
    const struct histogram *one;
    uint32_t position = 0;

    (void)resource;
    while ((one = watch_metric_histogram(metric, group, &position))) {
        reading.sum += one->sum;
        reading.weight += histogram_count(one);
    }
    return reading;
}

/* ---- a type's own ---- */

static __int128 count_own(const struct watch_metric *metric, const struct group *group, size_t offset)
{
    __int128 sum = 0;

    for (uint32_t i = metric->first; i < metric->end; i++)
        sum += *(const uint64_t *)own_of(group, i, offset);
    for (uint16_t i = 0; group->type->is_source && i < group->sim->group_count; i++)
        if (group->sim->groups[i] != group && is_of(group->sim->groups[i], group))
            sum += *(const uint64_t *)own_of(group->sim->groups[i], 0, offset);
    return sum;
}

static struct watch_reading read_counter(const struct watch_metric *metric, const struct group *group,
                                         uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ count_own(metric, group, metric->row->offset),
                                   watch_metric_serving(metric, group) };
}

static struct watch_reading read_ratio(const struct watch_metric *metric, const struct group *group,
                                       uint8_t resource)
{
    __int128 hits = count_own(metric, group, metric->row->offset);

    (void)resource;
    return (struct watch_reading){ hits, hits + count_own(metric, group, metric->row->offset_other) };
}

static struct watch_reading read_mean_time(const struct watch_metric *metric, const struct group *group,
                                           uint8_t resource)
{
    (void)resource;
    return (struct watch_reading){ count_own(metric, group, metric->row->offset),
                                   count_own(metric, group, metric->row->offset_other) };
}

static struct watch_reading read_level(const struct watch_metric *metric, const struct group *group,
                                       uint8_t resource)
{
    struct watch_reading reading = { 0, watch_metric_serving(metric, group) };

    (void)resource;
    for (uint32_t i = metric->first; i < metric->end; i++)
        reading.sum += amount_area(own_of(group, i, metric->row->offset), group->sim->now_ns);
    return reading;
}

/* ---- tables ---- */

/* clang-format off */
static const struct watch_metric common[] = {
    { "queue.mean", PARAM_UNIT_NONE, read_queue, 1, 0, -1, false, NULL, 0, 0 },
    { "in_flight.mean", PARAM_UNIT_NONE, read_in_flight, 1, 0, -1, false, NULL, 0, 0 },
    { "throughput", PARAM_UNIT_PER_SECOND, read_ok, SIM_NS_PER_S, 0, -1, false, NULL, 0, 0 },
    { "requests.started", PARAM_UNIT_PER_SECOND, read_started, SIM_NS_PER_S, 0, -1, false, NULL, 0, 0 },
    { "requests.failed", PARAM_UNIT_PER_SECOND, read_failed, SIM_NS_PER_S, 0, -1, false, NULL, 0, 0 },
    { "error_rate", PARAM_UNIT_FRACTION, read_error_rate, 1, 0, -1, false, NULL, 0, 0 },
};
/* clang-format on */

/* What follows the name of a distribution of times. */
static const struct {
    const char *name;
    double fraction;
} times[] = { { ".mean", 0 },   { ".p50", 0.5 },  { ".p90", 0.9 },
              { ".p95", 0.95 }, { ".p99", 0.99 }, { ".p99.9", 0.999 } };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What comes after the first name, if it begins with that. */
static const char *rest_of(const char *name, const char *first)
{
    size_t length = strlen(first);

    return strncmp(name, first, length) ? "" : name + length;
}

static bool find_times(const char *rest, const struct metric_row *row, struct watch_metric *metric)
{
    for (size_t i = 0; i < COUNT(times); i++)
        if (!strcmp(rest, times[i].name)) {
            *metric = (struct watch_metric){
                times[i].name, PARAM_UNIT_SECONDS, read_times, PER_NS, times[i].fraction, -1, false, row, 0, 0
            };
            return true;
        }
    return false;
}

static bool find_resource(const struct group *group, const char *name, struct watch_metric *metric)
{
    const struct component *first = group->instances[0];

    for (uint8_t i = 0; i < first->resource_count; i++) {
        bool is_filled = first->resources[i].kind == RESOURCE_AMOUNT;
        const char *kind = is_filled ? ".used.mean" : ".utilisation";

        if (strcmp(rest_of(name, first->resources[i].name), kind) != 0)
            continue;
        *metric = (struct watch_metric){ .name = kind,
                                         .unit = is_filled ? PARAM_UNIT_BYTES : PARAM_UNIT_FRACTION,
                                         .read = is_filled ? read_used : read_resource,
                                         .scale = 1,
                                         .resource = (int8_t)i };
        return true;
    }
    return false;
}

static bool is_busy_kind(const struct resource *resource)
{
    return resource->kind != RESOURCE_AMOUNT;
}

static bool find_greatest(const struct group *group, const char *name, struct watch_metric *metric)
{
    const struct component *first = group->instances[0];
    bool any = false;

    for (uint8_t i = 0; i < first->resource_count; i++)
        any = any || is_busy_kind(&first->resources[i]);
    if (!any || strcmp(name, "utilisation") != 0)
        return false;
    *metric = (struct watch_metric){
        "utilisation", PARAM_UNIT_FRACTION, read_resource, 1, 0, -1, true, NULL, 0, 0
    };
    return true;
}

/* What a row of the type's own table can be watched as, under its own name or with what follows that. */
static bool find_in_row(const struct metric_row *row, const char *name, struct watch_metric *metric)
{
    const char *rest = rest_of(name, row->name);
    bool is_level = row->kind == METRIC_LEVEL || row->kind == METRIC_STOCK;
    bool is_whole = !strcmp(name, row->name);
    enum param_unit unit = !strcmp(row->unit, "s")   ? PARAM_UNIT_SECONDS
                           : !strcmp(row->unit, "B") ? PARAM_UNIT_BYTES
                                                     : PARAM_UNIT_NONE;

    *metric = (struct watch_metric){ .name = row->name, .resource = -1, .row = row };
    if (row->kind == METRIC_TIMES)
        return find_times(rest, row, metric);
    metric->unit = unit;
    metric->scale = unit == PARAM_UNIT_SECONDS ? PER_NS : 1;
    if (is_level && !strcmp(rest, ".mean")) {
        metric->read = read_level;
    } else if (row->kind == METRIC_MEAN_TIME && is_whole) {
        metric->read = read_mean_time;
    } else if (row->kind == METRIC_RATIO && is_whole) {
        metric->read = read_ratio;
        metric->unit = PARAM_UNIT_FRACTION;
    } else if (row->kind == METRIC_COUNTER && is_whole && !strcmp(row->unit, "1")) {
        metric->read = read_counter;
        metric->unit = PARAM_UNIT_PER_SECOND;
        metric->scale = SIM_NS_PER_S;
    } else if (row->kind == METRIC_COUNTER && is_whole && !strcmp(row->unit, "USD")) {
        metric->read = read_counter;
        metric->unit = PARAM_UNIT_DOLLARS_PER_HOUR;
        metric->scale = SIM_NS_PER_S * 3600 / 1e6;
    }
    return metric->read != NULL;
}

static bool find_own(const struct group *group, const char *name, struct watch_metric *metric)
{
    for (const struct metric_row *row = group->type->metrics; row && row->name; row++)
        if (group_emits(group, row) && find_in_row(row, name, metric))
            return true;
    return false;
}

static bool find(const struct group *group, const char *name, struct watch_metric *metric)
{
    for (size_t i = 0; i < COUNT(common); i++)
        if (!strcmp(name, common[i].name)) {
            *metric = common[i];
            return true;
        }
    return find_times(rest_of(name, "latency"), NULL, metric) || find_greatest(group, name, metric) ||
           find_resource(group, name, metric) || find_own(group, name, metric);
}

bool watch_metric_find(const struct group *group, const char *name, struct watch_metric *metric)
{
    bool found = find(group, name, metric);

    metric->first = 0;
    metric->end = group->count;
    return found;
}

bool watch_is_of_each(const struct group *group, const char *name)
{
    struct watch_metric metric;

    return watch_metric_find(group, name, &metric) && !group->type->is_source &&
           (metric.read != read_times || metric.row);
}

bool watch_has(const struct group *group, const char *name, enum param_unit *unit)
{
    struct watch_metric metric;

    if (!watch_metric_find(group, name, &metric))
        return false;
    *unit = metric.unit;
    return true;
}

/* ---- for errors ---- */

struct text {
    char *start;
    size_t size, used;
};

static void add_name(struct text *text, const char *first, const char *second)
{
    if (text->used < text->size)
        text->used += (size_t)snprintf(text->start + text->used, text->size - text->used, "%s%s%s",
                                       text->used ? ", " : "", first, second);
}

static void add_times(struct text *text, const char *name)
{
    add_name(text, name, ".mean, .p50, .p90, .p95, .p99, .p99.9");
}

static void add_own(struct text *text, const struct metric_row *row)
{
    struct watch_metric metric;

    if (row->kind == METRIC_TIMES)
        add_times(text, row->name);
    else if (row->kind == METRIC_LEVEL || row->kind == METRIC_STOCK)
        add_name(text, row->name, ".mean");
    else if (find_in_row(row, row->name, &metric))
        add_name(text, row->name, "");
}

char *watch_list(const struct group *group, char *start, size_t size)
{
    const struct component *first = group->instances[0];
    struct text text = { start, size, 0 };

    start[0] = '\0';
    for (uint8_t i = 0; i < first->resource_count; i++)
        add_name(&text, first->resources[i].name,
                 is_busy_kind(&first->resources[i]) ? ".utilisation" : ".used.mean");
    for (size_t i = 0; i < COUNT(common); i++)
        add_name(&text, common[i].name, "");
    add_times(&text, "latency");
    for (const struct metric_row *row = group->type->metrics; row && row->name; row++)
        if (group_emits(group, row))
            add_own(&text, row);
    return start;
}

bool watch_takes(enum param_unit unit, const struct param_quantity *quantity)
{
    return (int)unit == quantity->unit || (unit == PARAM_UNIT_FRACTION && quantity->unit == PARAM_UNIT_NONE &&
                                           quantity->value <= 1); /* 0.6 is as good as 60% */
}

const char *watch_unit_example(enum param_unit unit)
{
    static const char *const examples[] = { [PARAM_UNIT_NONE] = "a number, such as 10",
                                            [PARAM_UNIT_FRACTION] = "a fraction, such as \"60%\"",
                                            [PARAM_UNIT_SECONDS] = "a duration, such as \"200ms\"",
                                            [PARAM_UNIT_PER_SECOND] = "a rate, such as \"50/s\"",
                                            [PARAM_UNIT_BYTES] = "a size, such as \"2GB\"",
                                            [PARAM_UNIT_DOLLARS_PER_HOUR] =
                                                "money per time, such as \"$5/h\"" };

    return examples[unit];
}
