/* window.c - the end of the warm-up: every statistic starts again from the present state. */
#include <string.h>

#include "sim/fault.h"
#include "sim/members.h"
#include "sim/sim.h"
#include "sim/station.h"

static void window_start_component(struct component *self)
{
    const struct component_type *type = self->group->type;
    int64_t now_ns = self->sim->now_ns;

    self->window_in_flight = component_in_flight(self);
    self->in_flight_area = -((__int128)self->window_in_flight * now_ns);
    self->window_started = self->started;
    memcpy(self->window_finished, self->finished, sizeof self->finished);
    for (uint8_t i = 0; i < self->resource_count; i++)
        if (self->resources[i].kind == RESOURCE_AMOUNT)
            amount_window_start(self->resources[i].of.amount, now_ns);
    for (const struct metric_row *row = type->metrics; row && row->name; row++) {
        char *state = component_state(self);

        if (row->kind == METRIC_COUNTER || row->kind == METRIC_RATIO || row->kind == METRIC_MEAN_TIME)
            *(uint64_t *)(void *)(state + row->offset) = 0;
        if (row->kind == METRIC_RATIO || row->kind == METRIC_MEAN_TIME)
            *(uint64_t *)(void *)(state + row->offset_other) = 0;
        if (row->kind == METRIC_LEVEL || row->kind == METRIC_STOCK)
            amount_window_start((struct amount *)(void *)(state + row->offset), now_ns);
        if (row->kind == METRIC_TIMES)
            histogram_clear((struct histogram *)(void *)(state + row->offset));
    }
    if (self->outage) {
        gauge_window_start(&self->outage->down, now_ns);
        self->outage->crashes = 0;
    }
    if (type->on_window)
        type->on_window(self);
}

static void window_start_station(struct station *station, int64_t now_ns)
{
    gauge_window_start(&station->busy, now_ns);
    gauge_window_start(&station->waiting, now_ns);
    station->refused = 0;
}

static void window_start_pipe(struct pipe *pipe, int64_t now_ns)
{
    pipe->busy_ns = pipe->free_ns > now_ns ? pipe->free_ns - now_ns : 0;
    pipe->bytes = 0;
}

static void window_start_link(struct link *link, int64_t now_ns)
{
    if (link->forward)
        window_start_pipe(link->forward, now_ns);
    if (link->back)
        window_start_pipe(link->back, now_ns);
}

static void window_start_group(struct group *group)
{
    histogram_clear(&group->latency_ok);
    histogram_clear(&group->latency_failed);
    if (group->members)
        members_window_start(group);
    for (uint8_t i = 0; i < group->resource_count; i++) {
        struct resource_statistics *statistics = group->resources[i];

        histogram_clear(&statistics->waits);
        statistics->started = statistics->slowdown_count = 0;
        statistics->slowdown_sum = 0.0;
    }
}

static void window_start_class(struct request_class *class)
{
    uint64_t inside = class->in_flight_start + class->started;

    for (int i = 0; i < OUTCOME_COUNT; i++) {
        inside -= class->finished[i];
        class->finished[i] = 0;
    }
    histogram_clear(&class->latency_ok);
    histogram_clear(&class->latency_failed);
    class->started = class->retries = 0;
    class->in_flight_start = inside;
}

void sim_window_start(struct sim *sim)
{
    for (uint16_t i = 0; i < sim->component_count; i++)
        if (sim->components[i]->group->type->before_window)
            sim->components[i]->group->type->before_window(sim->components[i]);
    sim->window_start_ns = sim->now_ns;
    for (uint16_t i = 0; i < sim->component_count; i++) {
        struct component *component = sim->components[i];

        window_start_component(component);
        for (uint8_t k = 0; k < component->resource_count; k++)
            if (component->resources[k].kind == RESOURCE_PIPE)
                window_start_pipe(component->resources[k].of.pipe, sim->now_ns);
    }
    for (uint32_t i = 0; i < sim->station_count; i++)
        window_start_station(sim->stations[i], sim->now_ns);
    for (uint16_t i = 1; i < sim->link_count; i++)
        window_start_link(&sim->links[i], sim->now_ns);
    for (uint16_t i = 0; i < sim->group_count; i++)
        window_start_group(sim->groups[i]);
    for (uint16_t i = 0; i < sim->class_count; i++)
        window_start_class(sim->classes[i]);
}
