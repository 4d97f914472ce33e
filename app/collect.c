#include "app/collect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/fault.h"
#include "sim/link.h"
#include "sim/members.h"
#include "sim/station.h"

/* What a row of the output stands for: a group or one of its instances. */
struct subject {
    const struct sim *sim;
    struct results *results;
    const char *name;
    const struct group *group;
    struct component *const *members;
    uint32_t count;
    const struct peaks *peaks; /* of an episode, else NULL */
};

/* ---- requests ---- */

struct tally {
    uint64_t started, attempts, finished[OUTCOME_COUNT], inside_start, inside_end;
};

static uint64_t failures(const struct tally *tally)
{
    uint64_t failed = 0;

    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        failed += tally->finished[i];
    return failed;
}

static void add_requests(struct results *results, const char *name, const struct tally *tally, double seconds)
{
    uint64_t failed = failures(tally), ok = tally->finished[OUTCOME_OK];

    results_add_value(results, name, "requests.started", "1", RESULT_VALUE, (double)tally->started);
    results_add_value(results, name, "requests.ok", "1", RESULT_VALUE, (double)ok);
    results_add_value(results, name, "requests.failed", "1", RESULT_VALUE, (double)failed);
    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        results_add_value(results, name, results_name(results, "requests.failed.", outcome_rows[i].name), "1",
                          RESULT_VALUE, (double)tally->finished[i]);
    results_add_value(results, name, "requests.attempts", "1", RESULT_VALUE, (double)tally->attempts);
    results_add_value(results, name, "in_flight.start", "1", RESULT_VALUE, (double)tally->inside_start);
    results_add_value(results, name, "in_flight.end", "1", RESULT_VALUE, (double)tally->inside_end);
    results_add_value(results, name, "throughput", "1/s", RESULT_VALUE,
                      seconds > 0 ? (double)ok / seconds : NAN);
    results_add_ratio(results, name, "availability", ok, ok + failed);
}

static void add_latencies(struct results *results, const char *name, const struct histogram *ok,
                          const struct histogram *failed)
{
    struct histogram *all = calloc(1, sizeof *all);

    results_add_times(results, name, "latency", ok, 0);
    if (!all) {
        results->out_of_memory = true;
        return;
    }
    histogram_merge(all, ok);
    histogram_merge(all, failed);
    results_add_times(results, name, "latency_all", all, 0);
    free(all);
}

static void add_member(struct tally *tally, const struct component *component)
{
    tally->started += component->started - component->window_started;
    tally->inside_start += component->window_in_flight;
    tally->inside_end += component_in_flight(component);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        tally->finished[i] += component->finished[i] - component->window_finished[i];
}

static void add_class(struct tally *tally, const struct request_class *class)
{
    uint64_t finished = 0;

    tally->started += class->started;
    tally->attempts += class->started + class->retries;
    tally->inside_start += class->in_flight_start;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        tally->finished[i] += class->finished[i];
        finished += class->finished[i];
    }
    tally->inside_end += class->in_flight_start + class->started - finished;
}

static double in_flight_mean(const struct subject *subject)
{
    double mean = 0;

    for (uint32_t i = 0; i < subject->count; i++)
        mean += component_in_flight_mean(subject->members[i]);
    return mean;
}

/* ---- resources ---- */

static double utilisation_of(const struct sim *sim, const struct resource *resource)
{
    switch (resource->kind) {
    case RESOURCE_STATION:
        return station_utilisation(resource->of.station, sim->now_ns);
    case RESOURCE_PIPE:
        return pipe_utilisation(resource->of.pipe, sim->window_start_ns, sim->now_ns);
    case RESOURCE_AMOUNT:
        break;
    }
    return NAN;
}

/* Share of the time in which instances were in service: nobody idles who is not there. */
static double members_utilisation(const struct subject *subject, uint8_t index)
{
    int64_t now_ns = subject->sim->now_ns;
    double busy = 0, time = 0;

    for (uint32_t i = 0; i < subject->count; i++) {
        const struct resource *resource = &subject->members[i]->resources[index];
        double serving = (double)component_serving_area(subject->members[i]);

        if (resource->kind == RESOURCE_STATION) {
            busy += (double)gauge_area(&resource->of.station->busy, now_ns);
            time += serving * resource->of.station->servers;
        } else {
            busy += pipe_utilisation(resource->of.pipe, subject->sim->window_start_ns, now_ns) *
                    (double)(now_ns - subject->sim->window_start_ns);
            time += serving;
        }
    }
    return time > 0 ? busy / time : NAN;
}

static double mean_utilisation(const struct subject *subject, uint8_t index)
{
    double sum = 0;

    if (subject->group->members)
        return members_utilisation(subject, index);

    for (uint32_t i = 0; i < subject->count; i++)
        sum += utilisation_of(subject->sim, &subject->members[i]->resources[index]);
    return sum / subject->count;
}

static void add_waits(const struct subject *subject, const char *prefix,
                      const struct resource_statistics *statistics)
{
    struct results *results = subject->results;
    uint64_t waited = histogram_count(&statistics->waits);

    results_add_times(results, subject->name, prefix, &statistics->waits,
                      statistics->started > waited ? statistics->started - waited : 0);
    results_add_ratio(results, subject->name, results_name(results, prefix, ".probability"), waited,
                      statistics->started);
}

static void add_memory(const struct subject *subject, const struct resource *resource)
{
    struct results *results = subject->results;

    results_add_value(results, subject->name, "memory.used.mean", "B", RESULT_VALUE,
                      amount_mean(resource->of.amount, subject->sim->now_ns));
    results_add_value(results, subject->name, "memory.used.max", "B", RESULT_MAXIMUM,
                      (double)resource->of.amount->level_max);
}

static double greatest_utilisation(const struct subject *subject)
{
    double greatest = 0;

    for (uint8_t i = 0; i < subject->members[0]->resource_count; i++)
        if (subject->members[0]->resources[i].kind != RESOURCE_AMOUNT)
            greatest = fmax(greatest, mean_utilisation(subject, i));
    return greatest;
}

/* Those of a part's instances that belong to the subject's. */
static struct subject part_of(const struct subject *subject, const struct group *part)
{
    uint32_t first = (uint32_t)(subject->members - subject->group->instances) * part->each;
    uint32_t count = part->each ? subject->count * part->each : part->count;

    return (struct subject){ subject->sim, subject->results, part->name, part, part->instances + first, count, NULL };
}

/* What has no resources of its own is as busy as its parts: a sharded database as its shards, a shard as its replicas; parts
 * without any are idle. Below 0: it has neither. */
static double utilisation_with_parts(const struct subject *subject)
{
    const struct sim *sim = subject->sim;
    double greatest = -1;

    if (subject->members[0]->resource_count)
        return greatest_utilisation(subject);
    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == subject->group) {
            struct subject part = part_of(subject, sim->groups[i]);

            greatest = fmax(greatest, fmax(utilisation_with_parts(&part), 0));
        }
    return greatest;
}

/* Of an episode. They follow the utilisation whose they are: result_peak() finds them there. */
static void add_peaks(const struct subject *subject, uint8_t index)
{
    struct results *results = subject->results;
    const char *name = subject->members[0]->resources[index].name;
    const struct group *group = subject->group;
    bool is_whole = subject->members == group->instances && subject->count == group->count;
    int64_t instance = is_whole ? -1 : subject->members - group->instances;
    struct peak_result peak;

    if (!subject->peaks)
        return;
    peak = peaks_of(subject->peaks, group, instance, index);
    results_add_value(results, subject->name, results_name(results, name, RESULT_PEAK_SUFFIX), "1",
                      RESULT_VALUE, peak.utilisation);
    results_add_value(results, subject->name, results_name(results, name, ".full"), "s", RESULT_VALUE,
                      peak.full_s);
}

/* All members have the same resources in the same order. */
static void add_utilisations(const struct subject *subject)
{
    const struct component *first = subject->members[0];
    struct results *results = subject->results;
    double busy = utilisation_with_parts(subject);

    for (uint8_t i = 0; i < first->resource_count; i++) {
        const struct resource *resource = &first->resources[i];
        struct result_entry *entry;
        double utilisation;

        if (resource->kind == RESOURCE_AMOUNT) {
            add_memory(subject, resource);
            continue;
        }
        utilisation = mean_utilisation(subject, i);
        entry =
            results_add_value(results, subject->name, results_name(results, resource->name, ".utilisation"),
                              "1", RESULT_VALUE, utilisation);
        if (entry) {
            entry->held = resource->held;
            entry->shared = resource->shared;
            entry->limits = !resource->shared && (subject->count == 1) == !subject->group->members;
        }
        add_peaks(subject, i);
    }
    if (busy >= 0)
        results_add_value(results, subject->name, "utilisation", "1", RESULT_VALUE, busy);
}

static void add_queues(const struct subject *subject)
{
    double mean = 0, max = 0;
    bool any = false;

    for (uint32_t i = 0; i < subject->count; i++)
        for (uint8_t k = 0; k < subject->members[i]->resource_count; k++) {
            const struct resource *resource = &subject->members[i]->resources[k];

            if (resource->kind != RESOURCE_STATION)
                continue;
            any = true;
            if (resource->shared) /* its line is told with the host: each request waits once */
                continue;
            mean += gauge_mean(&resource->of.station->waiting, subject->sim->now_ns);
            if (resource->of.station->waiting.level_max > max)
                max = resource->of.station->waiting.level_max;
        }
    if (!any)
        return;
    results_add_value(subject->results, subject->name, "queue.mean", "1", RESULT_VALUE, mean);
    results_add_value(subject->results, subject->name, "queue.max", "1", RESULT_MAXIMUM, max);
}

/* Of the first resource that serves: those that are only held have no service time. */
static double slowdown_mean(const struct group *group)
{
    for (uint8_t i = 0; i < group->resource_count; i++) {
        const struct resource_statistics *statistics = group->resources[i];

        if (statistics->slowdown_count)
            return 1.0 + statistics->slowdown_sum / (double)statistics->slowdown_count;
    }
    return NAN;
}

/* Statistics of resources exist once a group. The first one in the table of the component is where
 * requests come in. */
static void add_resource_statistics(const struct subject *subject)
{
    const struct group *group = subject->group;
    struct results *results = subject->results;

    if (!group->resource_count)
        return;
    add_waits(subject, "wait", group->resources[0]);
    results_add_value(results, subject->name, "slowdown.mean", "1", RESULT_VALUE, slowdown_mean(group));
    for (uint8_t i = 0; i < group->resource_count && group->resource_count > 1; i++)
        add_waits(subject, results_name(results, group->resources[i]->name, ".wait"), group->resources[i]);
}

/* ---- faults ---- */

static void add_outages(const struct subject *subject)
{
    const struct sim *sim = subject->sim;
    double time_s, down_s = 0, up_s = 0;
    uint64_t crashes = 0;

    if (!group_may_crash(subject->group))
        return;
    for (uint32_t i = 0; i < subject->count; i++) {
        const struct outage *outage = subject->members[i]->outage;

        up_s += (double)component_serving_area(subject->members[i]) / (double)SIM_NS_PER_S;
        if (!outage)
            continue;
        crashes += outage->crashes;
        down_s += (double)gauge_area(&outage->down, sim->now_ns) / (double)SIM_NS_PER_S;
    }
    time_s = subject->group->members ? up_s + down_s : up_s; /* a fixed number is in service all the time */
    results_add_value(subject->results, subject->name, "crashes", "1", RESULT_VALUE, (double)crashes);
    results_add_value(subject->results, subject->name, "downtime", "s", RESULT_VALUE, down_s);
    results_add_value(subject->results, subject->name, "uptime", "1", RESULT_VALUE,
                      time_s > 0 ? 1.0 - down_s / time_s : NAN);
}

/* ---- instances that come and go ---- */

static void add_members(const struct subject *subject)
{
    const struct members *members = subject->group->members;
    struct results *results = subject->results;
    int64_t now_ns = subject->sim->now_ns;

    if (!members)
        return;
    results_add_value(results, subject->name, "instances.mean", "1", RESULT_VALUE,
                      gauge_mean(&members->serving, now_ns));
    results_add_value(results, subject->name, "instances.max", "1", RESULT_MAXIMUM,
                      members->serving.level_max);
    results_add_value(results, subject->name, "instances.billed.mean", "1", RESULT_VALUE,
                      gauge_mean(&members->billed, now_ns));
}

/* ---- a model's own ---- */

static uint64_t counter_sum(const struct subject *subject, size_t offset)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < subject->count; i++)
        sum += *(const uint64_t *)(const void *)((const char *)component_state(subject->members[i]) + offset);
    return sum;
}

/* What is kept in a unit of the metric: ns in a second, millionths in a dollar. */
static double parts_of(const struct metric_row *row)
{
    if (!strcmp(row->unit, "USD"))
        return 1e6;
    return strcmp(row->unit, "s") ? 1.0 : (double)SIM_NS_PER_S;
}

/* Of instances together. */
static void add_times(const struct subject *subject, const struct metric_row *row)
{
    struct histogram *all = calloc(1, sizeof *all);

    if (!all) {
        subject->results->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < subject->count; i++)
        histogram_merge(all, (const void *)((const char *)component_state(subject->members[i]) + row->offset));
    results_add_times(subject->results, subject->name, row->name, all, 0);
    free(all);
}

static void add_level(const struct subject *subject, const struct metric_row *row)
{
    double mean = 0, max = 0, end = 0, scale = 1.0 / parts_of(row);

    for (uint32_t i = 0; i < subject->count; i++) {
        const struct amount *amount =
            (const void *)((const char *)component_state(subject->members[i]) + row->offset);

        mean += amount_mean(amount, subject->sim->now_ns) * scale;
        max += (double)amount->level_max * scale;
        end += (double)amount->level * scale;
    }
    results_add_value(subject->results, subject->name, results_name(subject->results, row->name, ".mean"),
                      row->unit, RESULT_VALUE, mean);
    results_add_value(subject->results, subject->name, results_name(subject->results, row->name, ".max"),
                      row->unit, RESULT_MAXIMUM, max);
    if (row->kind == METRIC_STOCK)
        results_add_value(subject->results, subject->name, results_name(subject->results, row->name, ".end"),
                          row->unit, RESULT_VALUE, end);
}

static void add_mean_time(const struct subject *subject, const struct metric_row *row)
{
    uint64_t count = counter_sum(subject, row->offset_other);
    double sum = (double)counter_sum(subject, row->offset) / parts_of(row);

    results_add_value(subject->results, subject->name, row->name, row->unit, RESULT_VALUE,
                      count ? sum / (double)count : NAN);
}

static void add_own_metrics(const struct subject *subject)
{
    for (const struct metric_row *row = subject->group->type->metrics; row && row->name; row++) {
        if (!group_emits(subject->group, row))
            continue;
        if (row->kind == METRIC_COUNTER)
            results_add_value(subject->results, subject->name, row->name, row->unit, RESULT_VALUE,
                              (double)counter_sum(subject, row->offset) / parts_of(row));
        else if (row->kind == METRIC_RATIO) {
            uint64_t hits = counter_sum(subject, row->offset);

            results_add_ratio(subject->results, subject->name, row->name, hits,
                              hits + counter_sum(subject, row->offset_other));
        } else if (row->kind == METRIC_LEVEL || row->kind == METRIC_STOCK)
            add_level(subject, row);
        else if (row->kind == METRIC_TIMES)
            add_times(subject, row);
        else if (row->kind == METRIC_MEAN_TIME)
            add_mean_time(subject, row);
    }
}

/* ---- rows ---- */

static void add_cost(struct results *results, const char *name, double per_hour, double ok_per_s)
{
    results_add_value(results, name, "cost.per_hour", "USD", RESULT_VALUE, per_hour);
    results_add_value(results, name, "cost.per_million_requests", "USD", RESULT_VALUE,
                      ok_per_s > 0 ? per_hour / (ok_per_s * 3600) * 1e6 : NAN);
}

static double measured_s(const struct sim *sim)
{
    return (double)(sim->now_ns - sim->window_start_ns) / (double)SIM_NS_PER_S;
}

/* What is paid by the hour, and by use at the rate of the measured time. */
static double cost_of(const struct sim *sim, const struct group *group)
{
    double cost = group->cost_per_hour;

    if (group->members) /* all alike: those that there really were */
        cost *= gauge_mean(&group->members->billed, sim->now_ns) / group->count;

    for (uint32_t i = 0; group->type->spent_usd && measured_s(sim) > 0 && i < group->count; i++)
        cost += group->type->spent_usd(group->instances[i]) * 3600 / measured_s(sim);
    return cost;
}

/* The bill of a group and of its parts. */
static double cost_with_parts(const struct sim *sim, const struct group *group)
{
    double cost = cost_of(sim, group);

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == group)
            cost += cost_with_parts(sim, sim->groups[i]);
    return cost;
}

static void collect_instances(const struct subject *group_subject, double group_started)
{
    const struct group *group = group_subject->group;

    for (uint32_t i = 0; i < group->count; i++) {
        struct subject subject = *group_subject;
        struct tally tally = { 0 };
        char name[160];

        subject.name = component_label(group->instances[i], name, sizeof name);
        subject.members = &group->instances[i];
        subject.count = 1;
        add_member(&tally, group->instances[i]);
        tally.attempts = tally.started;
        add_requests(subject.results, name, &tally, measured_s(subject.sim));
        results_add_value(subject.results, name, "requests.share", "1", RESULT_VALUE,
                          group_started > 0 ? (double)tally.started / group_started : NAN);
        results_add_value(subject.results, name, "in_flight.mean", "1", RESULT_VALUE,
                          in_flight_mean(&subject));
        add_utilisations(&subject);
        add_queues(&subject);
        add_outages(&subject);
        add_own_metrics(&subject);
    }
}

static void collect_classes(struct results *results, const struct group *group, struct tally *tally,
                            struct histogram *ok, struct histogram *failed)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < group->class_count; i++) {
        const struct request_class *class = sim->classes[group->class_first + i];

        add_class(tally, class);
        histogram_merge(ok, &class->latency_ok);
        histogram_merge(failed, &class->latency_failed);
        if (group->class_count > 1) {
            struct tally own = { 0 };
            char name[160];

            snprintf(name, sizeof name, "%s:%s", group->name, class->name);
            add_class(&own, class);
            add_requests(results, name, &own, measured_s(sim));
            add_latencies(results, name, &class->latency_ok, &class->latency_failed);
        }
    }
}

/* A source whose users are in several regions stands for its parts, which have rows of their own too.
 * Returns how many instances these have. */
static uint32_t gather_parts(const struct subject *subject, struct component **members, struct tally *tally,
                             struct histogram *ok, struct histogram *failed)
{
    const struct sim *sim = subject->sim;
    uint32_t count = 0;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *part = sim->groups[i];

        if (part->parent != subject->group)
            continue;
        members[count++] = part->instances[0];
        for (uint16_t k = 0; k < part->class_count; k++) {
            const struct request_class *class = sim->classes[part->class_first + k];

            add_class(tally, class);
            histogram_merge(ok, &class->latency_ok);
            histogram_merge(failed, &class->latency_failed);
        }
    }
    return count;
}

static void collect_source(const struct subject *group_subject)
{
    struct subject subject = *group_subject;
    struct component **parts = calloc(subject.sim->group_count, sizeof *parts);
    struct histogram *both = calloc(2, sizeof *both);
    struct tally tally = { 0 };
    uint32_t part_count;

    if (!both || !parts) {
        subject.results->out_of_memory = true;
        free(parts);
        free(both);
        return;
    }
    collect_classes(subject.results, subject.group, &tally, &both[0], &both[1]);
    part_count = gather_parts(&subject, parts, &tally, &both[0], &both[1]);
    if (part_count) {
        subject.members = parts;
        subject.count = part_count;
    }
    add_requests(subject.results, subject.name, &tally, measured_s(subject.sim));
    add_latencies(subject.results, subject.name, &both[0], &both[1]);
    results_add_value(subject.results, subject.name, "in_flight.mean", "1", RESULT_VALUE,
                      in_flight_mean(&subject));
    add_own_metrics(&subject);
    free(parts);
    free(both);
}

static void collect_server(const struct subject *subject)
{
    const struct group *group = subject->group;
    struct results *results = subject->results;
    struct tally tally = { 0 };

    for (uint32_t i = 0; i < group->count; i++)
        add_member(&tally, group->instances[i]);
    tally.attempts = tally.started;
    add_requests(results, group->name, &tally, measured_s(subject->sim));
    add_latencies(results, group->name, &group->latency_ok, &group->latency_failed);
    results_add_value(results, group->name, "in_flight.mean", "1", RESULT_VALUE, in_flight_mean(subject));
    add_utilisations(subject);
    add_queues(subject);
    add_resource_statistics(subject);
    add_outages(subject);
    add_members(subject);
    add_own_metrics(subject);
    add_cost(results, group->name, cost_with_parts(subject->sim, group),
             (double)tally.finished[OUTCOME_OK] / measured_s(subject->sim));
    if (group->count > 1)
        collect_instances(subject, (double)tally.started);
}

static void collect_total(struct results *results, const struct sim *sim)
{
    struct histogram *both = calloc(2, sizeof *both);
    struct tally tally = { 0 };
    double cost = 0, inside = 0;

    if (!both) {
        results->out_of_memory = true;
        return;
    }
    for (uint16_t i = 0; i < sim->class_count; i++) {
        add_class(&tally, sim->classes[i]);
        histogram_merge(&both[0], &sim->classes[i]->latency_ok);
        histogram_merge(&both[1], &sim->classes[i]->latency_failed);
    }
    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];

        cost += cost_of(sim, group);
        for (uint32_t k = 0; group->type->is_source && k < group->count; k++)
            inside += component_in_flight_mean(group->instances[k]);
    }
    add_requests(results, "total", &tally, measured_s(sim));
    add_latencies(results, "total", &both[0], &both[1]);
    results_add_value(results, "total", "in_flight.mean", "1", RESULT_VALUE, inside);
    add_cost(results, "total", cost, (double)tally.finished[OUTCOME_OK] / measured_s(sim));
    free(both);
}

void collect_run(struct results *results, const struct sim *sim, const struct peaks *peaks)
{
    results_begin(results);
    results->seconds = measured_s(sim);
    collect_total(results, sim);
    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];
        struct subject subject = { sim, results, group->name, group, group->instances, group->count,
                                   peaks };

        if (group->type->is_source)
            collect_source(&subject);
        else
            collect_server(&subject);
    }
    results_end(results);
}
