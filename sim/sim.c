#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/bug.h"
#include "sim/call.h"
#include "sim/station.h"

#define GROW_REQUESTS 1024 /* accounted together */
#define INTERRUPT_EVENTS 1024 /* between two looks at the signal and at the memory */
#define CANCELLED_START 64
#define ENLARGE_FIRST (UINT64_C(1) << 24) /* events, some seconds: from then on large pages pay */
#define ENLARGE_AGAIN 2 /* after so many times as many, for what has come since */
#define END_MAX_NS (SIM_TIME_NEVER - 1)
#define SIM_ENDED ((enum sim_status)-1) /* within sim_run(): the date asked for is reached */

/* ---- life ---- */

static void create_tables(void *argument)
{
    struct sim *sim = argument;
    struct memory *memory = &sim->memory;

    sim->components = memory_alloc_array(memory, 64, sizeof *sim->components);
    sim->groups = memory_alloc_array(memory, GROUPS_MAX, sizeof *sim->groups);
    sim->links = memory_alloc_array(memory, LINKS_MAX + 1, sizeof *sim->links);
    sim->stations = memory_alloc_array(memory, STATIONS_MAX, sizeof *sim->stations);
    sim->classes = memory_alloc_array(memory, CLASSES_MAX, sizeof *sim->classes);
    sim->wake_capacity = 64;
    sim->wakes = memory_alloc_array(memory, sim->wake_capacity, sizeof *sim->wakes);
    sim->sites = memory_alloc_array(memory, SITES_MAX, sizeof *sim->sites);
    sim->sites[0].name = "";
    sim->site_count = 1;
    sim->link_count = 1; /* 0: none */
    lanes_init(&sim->lanes, memory);
    timers_init(&sim->timers, memory);
    alarms_init(&sim->alarms, memory);
    heap_init(&sim->cancelled, memory, CANCELLED_START);
}

_Noreturn void sim_too_large(struct sim *sim, const struct group *group, const char *excess)
{
    sim->excess = excess;
    sim->excess_group = group;
    memory_leave(&sim->memory);
}

struct sim *sim_create(uint64_t seed, uint64_t memory_budget_bytes, enum pending_kind kind)
{
    struct sim *sim = aligned_alloc(64, (sizeof *sim + 63) & ~(size_t)63);

    if (!sim)
        return NULL;
    memset(sim, 0, sizeof *sim);
    memory_init(&sim->memory, memory_budget_bytes);
    sim->seed = seed;
    sim->pending_kind = kind;
    sim->requests_max = REQUESTS_MAX - REQUESTS_MARGIN;
    sim->events_max = UINT64_MAX;
    sim->enlarge_at = ENLARGE_FIRST;
    if (!memory_guard(&sim->memory, create_tables, sim)) {
        sim_destroy(sim);
        return NULL;
    }
    return sim;
}

void sim_destroy(struct sim *sim)
{
    if (!sim)
        return;
    if (sim->requests)
        munmap(sim->requests, (size_t)REQUESTS_MAX * sim->stride);
    memory_deinit(&sim->memory);
    free(sim);
}

/* ---- what it holds ---- */

struct site *sim_add_site(struct sim *sim, const char *name)
{
    struct site *site = &sim->sites[sim->site_count];

    SIM_ASSERT(sim, NULL, sim->site_count < SITES_MAX);
    site->name = name;
    site->index = sim->site_count++;
    return site;
}

struct site *sim_find_site(struct sim *sim, const char *name)
{
    for (uint16_t i = 0; i < sim->site_count; i++)
        if (!strcmp(sim->sites[i].name, name))
            return &sim->sites[i];
    return NULL;
}

static struct component *add_instance(struct group *group, uint32_t instance)
{
    struct sim *sim = group->sim;
    const struct component_type *type = group->type;
    struct component *self = memory_alloc(&sim->memory, sizeof *self + type->state_size);

    if (sim->component_count == COMPONENTS_MAX)
        sim_too_large(sim, group, "65,535 instances");
    if ((sim->component_count & (sim->component_count - 1)) == 0 && sim->component_count >= 64)
        sim->components = memory_grow(&sim->memory, sim->components, 2 * (size_t)sim->component_count * sizeof *sim->components);
    self->on_request = type->on_request;
    self->on_reply = type->on_reply;
    self->on_timer = type->on_timer;
    self->sim = sim;
    self->site = group->site;
    self->group = group;
    self->shared = group->shared;
    self->instance = instance;
    self->id = sim->component_count;
    sim->components[sim->component_count++] = self;
    return self;
}

struct group *sim_add_group(struct sim *sim, const struct component_type *type, const char *name, uint32_t count,
                            const void *config, struct site *site)
{
    struct group *group = memory_alloc(&sim->memory, sizeof *group);

    SIM_ASSERT(sim, NULL, count > 0);
    group->name = memory_strdup(&sim->memory, name);
    group->type = type;
    group->config = config;
    group->sim = sim;
    group->site = site;
    group->count = count;
    group->index = sim->group_count;
    if (sim->group_count == GROUPS_MAX)
        sim_too_large(sim, group, "4,096 components with their parts");
    group->shared = memory_alloc(&sim->memory, type->shared_size);
    group->instances = memory_alloc_array(&sim->memory, count, sizeof *group->instances);
    sim->groups[sim->group_count++] = group;
    for (uint32_t i = 0; i < count; i++)
        group->instances[i] = add_instance(group, i);
    return group;
}

struct group *sim_add_part(struct group *parent, const struct component_type *type, const char *name, uint32_t count,
                           const void *config)
{
    return sim_add_part_at(parent, type, name, count, config, parent->site);
}

struct group *sim_add_part_at(struct group *parent, const struct component_type *type, const char *name, uint32_t count,
                              const void *config, struct site *site)
{
    struct sim *sim = parent->sim;
    size_t size = strlen(parent->name) + strlen(name) + 2;
    char *full_name = memory_alloc(&sim->memory, size);
    struct group *part;

    snprintf(full_name, size, "%s.%s", parent->name, name);
    part = sim_add_group(sim, type, full_name, count, config, site);
    part->parent = parent;
    return part;
}

uint16_t sim_add_class(struct group *source, const char *name)
{
    struct sim *sim = source->sim;
    struct request_class *class = memory_alloc(&sim->memory, sizeof *class);

    if (sim->class_count == CLASSES_MAX)
        sim_too_large(sim, source, "4,096 classes of requests");
    SIM_ASSERT(sim, source->instances[0], !source->class_count || source->class_first + source->class_count == sim->class_count);
    if (!source->class_count)
        source->class_first = sim->class_count;
    source->class_count++;
    class->name = name;
    class->group = source;
    sim->classes[sim->class_count] = class;
    return sim->class_count++;
}

struct group *sim_find_group(const struct sim *sim, const char *name)
{
    for (uint16_t i = 0; i < sim->group_count; i++)
        if (!strcmp(sim->groups[i]->name, name))
            return sim->groups[i];
    return NULL;
}

struct resource_statistics *group_resource_statistics(struct group *group, const char *name)
{
    for (uint8_t i = 0; i < group->resource_count; i++)
        if (!strcmp(group->resources[i]->name, name))
            return group->resources[i];
    SIM_ASSERT(group->sim, group->instances[0], group->resource_count < RESOURCES_MAX);
    group->resources[group->resource_count] = memory_alloc(&group->sim->memory, sizeof **group->resources);
    group->resources[group->resource_count]->name = name;
    return group->resources[group->resource_count++];
}

uint64_t component_in_flight(const struct component *self)
{
    uint64_t inside = self->started;

    for (int i = 0; i < OUTCOME_COUNT; i++)
        inside -= self->finished[i];
    return inside;
}

__int128 component_in_flight_area(const struct component *self)
{
    return self->in_flight_area + (__int128)component_in_flight(self) * self->sim->now_ns;
}

double component_in_flight_mean(const struct component *self)
{
    int64_t window_ns = self->sim->now_ns - self->sim->window_start_ns;

    if (window_ns == 0)
        return (double)component_in_flight(self);
    return (double)component_in_flight_area(self) / (double)window_ns;
}

void component_add_resource(struct component *self, struct resource resource)
{
    SIM_ASSERT(self->sim, self, self->resource_count < RESOURCES_MAX);
    self->resources[self->resource_count++] = resource;
}

/* ---- requests ---- */

/* Counts the events until now, and looks again after so many more: the one that runs is the first of these. */
static void look_up_in(struct sim *sim, uint64_t events)
{
    sim->events = sim->look_up_at - sim->until_look;
    sim->look_up_at = sim->events + events;
    sim->until_look = events;
}

uint32_t sim_request_grow(struct sim *sim)
{
    struct request *request;

    if (sim->request_count % GROW_REQUESTS == 0)
        memory_account(&sim->memory, (uint64_t)GROW_REQUESTS * sim->stride);
    if (sim->request_count + 1 >= sim->requests_max)
        sim->full = true; /* the run ends after this event; what is left serves until then */
    if (sim->request_count + 1 == REQUESTS_MAX)
        memory_leave(&sim->memory);
    if (sim->full || sim->memory.over_budget)
        look_up_in(sim, 1);
    request = sim_request(sim, ++sim->request_count);
    request->index = sim->request_count;
    request->next = 0;
    return sim->request_count;
}

uint32_t sim_requests_live(const struct sim *sim)
{
    uint32_t live = 0;

    for (uint32_t i = 1; i <= sim->request_count; i++)
        live += sim_request(sim, i)->state == REQUEST_LIVE;
    return live;
}

struct request *sim_ticker(struct component *self)
{
    struct request *ticker = request_create(self, 0);

    ticker->state = REQUEST_TICKER;
    ticker->owner = self;
    ticker->resume = self->on_timer;
    return ticker;
}

struct lane *sim_lane(struct sim *sim, const struct site *site, int64_t delay_ns)
{
    struct lane *lane;

    for (uint32_t i = 0; i < sim->lanes.count; i++)
        if (sim->lanes.lanes[i].delay_ns == delay_ns && sim->lane_sites[i] == site->index)
            return &sim->lanes.lanes[i];
    lane = lanes_find(&sim->lanes, LANE_DELAY_OWN);
    if (!lane)
        return NULL;
    lane->delay_ns = delay_ns;
    sim->lane_sites[lane->number] = (uint8_t)site->index;
    return lane;
}

void sim_cancel(struct sim *sim, struct event event)
{
    heap_push(&sim->cancelled, event);
    timers_bound(&sim->timers, event.time_ns); /* see lower_bound() */
}

void sim_wake(struct sim *sim, struct request *request)
{
    if (sim->wake_count == sim->wake_capacity) {
        sim->wake_capacity *= 2;
        sim->wakes = memory_grow(&sim->memory, sim->wakes, sim->wake_capacity * sizeof *sim->wakes);
    }
    sim->wakes[sim->wake_count++] = request->index;
}

/* ---- running ---- */

static void run_wakes(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->wake_count; i++) {
        struct request *request = sim_request(sim, sim->wakes[i]);

        sim->nesting = 0;
        request->resume(request->owner, request);
    }
    sim->wake_count = 0;
}

static __attribute__((noinline, cold)) void enlarge_pages(struct sim *sim)
{
    memory_enlarge_pages(&sim->memory);
    memory_enlarge_pages_of(sim->requests, (size_t)sim->request_count * sim->stride);
    sim->enlarge_at *= ENLARGE_AGAIN;
}

static enum sim_status look_up(struct sim *sim)
{
    look_up_in(sim, INTERRUPT_EVENTS);
    if (sim->events >= sim->enlarge_at)
        enlarge_pages(sim);
    if (sim->events_max - sim->events < INTERRUPT_EVENTS)
        look_up_in(sim, sim->events_max - sim->events);
    if (sim->interrupt && *sim->interrupt)
        return SIM_INTERRUPTED;
    if (sim->full)
        return SIM_FULL;
    for (uint16_t i = 0; i < sim->site_count; i++)
        if (sim->sites[i].order >= sim->sites[i].order_end || sim->events >= sim->events_max)
            return SIM_OUT_OF_EVENTS;
    return sim->memory.over_budget ? SIM_OVER_BUDGET : SIM_REACHED;
}

/* After each event: may the run go on? */
static inline enum sim_status after_event(struct sim *sim)
{
    if (__builtin_expect(sim->wake_count != 0, 0))
        run_wakes(sim);
    if (__builtin_expect(--sim->until_look == 0, 0))
        return look_up(sim);
    return SIM_REACHED;
}

/* ---- the next event ---- */

/* Was it taken back? Events come in order, so it can only be the earliest of those. */
static bool is_cancelled(struct sim *sim, struct event event)
{
    const struct event first = sim->cancelled.events[0];

    if (!sim->cancelled.count || first.time_ns != event.time_ns || first.order != event.order)
        return false;
    heap_pop(&sim->cancelled);
    return true;
}

/* So that one comparison with the bound of the timers tells whether anything stands before an event: a timer, an alarm, the end
 * of the run, that it was taken back. */
static void lower_bound(struct sim *sim, int64_t end_ns)
{
    timers_bound(&sim->timers, end_ns + 1);
    if (sim->cancelled.count)
        timers_bound(&sim->timers, sim->cancelled.events[0].time_ns);
    timers_bound(&sim->timers, alarms_first(&sim->alarms).time_ns);
}

/* ---- fetching ahead: worth nothing with 150 in flight, a third of the time with 10,000 ---- */

static inline __attribute__((always_inline)) void prefetch_request(const struct sim *sim, struct event event)
{
    const char *request = sim->requests + (size_t)event_payload(event) * sim->stride;

    __builtin_prefetch(request);
    __builtin_prefetch(request + 64);
    __builtin_prefetch(request + 128);
    __builtin_prefetch(request + 192);
}

/* Of a request that has been fetched: whom its event is for, the station that serves it, its timeout, the link for its answer and
 * who is waiting for that, likely the last event of this visit. */
static inline __attribute__((always_inline)) void prefetch_visit(const struct sim *sim,
                                                                 const struct request *request)
{
    const struct frame *caller = &request->frames[request->top > 0 ? request->top - 1 : 0];

    component_prefetch(request->owner);
    __builtin_prefetch(request->station);
    __builtin_prefetch(&sim->timers.pool[request->timer]);
    __builtin_prefetch(&sim->links[request->frames[request->top].link]);
    component_prefetch(sim->components[caller->component]);
}

/* Step by step, as each thing names the next, and with some events in between: for the alarm that comes first its request, whom
 * and what that meets, then the requests that share. */
static __attribute__((noinline)) void prefetch_alarm(struct sim *sim, struct event alarm)
{
    const struct request *request = sim_request(sim, event_payload(alarm));

    if (alarm.order != sim->alarms.fetched) {
        sim->alarms.fetched = alarm.order;
        sim->alarms.stage = 0;
        prefetch_request(sim, alarm);
        return;
    }
    switch (++sim->alarms.stage) {
    case 3:
        prefetch_visit(sim, request);
        break;
    case 5:
    case 7:
        sharing_expect(request->station, sim->alarms.stage == 7);
        break;
    }
}

/* The requests of events to come, then, shortly before their events, whom they meet; of a lane only the requests, as
 * more gained nothing. Apart, so that the main loop stays short for runs in which nothing is fetched. lane: from which the present
 * event came, NULL: it was a pending one. */
static __attribute__((noinline)) void prefetch_ahead(struct sim *sim, const struct lane *lane)
{
    if (!lane) {
        prefetch_request(sim, pending_ahead(&sim->pending, PENDING_AHEAD));
        prefetch_visit(sim, sim_request(sim, event_payload(pending_ahead(&sim->pending, 1))));
    } else {
        prefetch_request(sim, lane_ahead(lane, 3));
    }
    if (!event_is_never(alarms_first(&sim->alarms)))
        prefetch_alarm(sim, alarms_first(&sim->alarms)); /* as its last act: so there is nothing to save */
}

/* ---- running ---- */

/* The earliest event that waits in a lane or among the pending ones; EVENT_NEVER: there is none. */
static inline struct event first_event(struct sim *sim, bool *is_in_lane)
{
    struct event in_lane = lanes_first(&sim->lanes), pending = pending_first(&sim->pending);

    *is_in_lane = !event_before(pending, in_lane);
    return *is_in_lane ? in_lane : pending;
}

static inline void drop_first(struct sim *sim, struct event event, bool is_in_lane)
{
    if (is_in_lane)
        lanes_drop_first(&sim->lanes);
    else
        pending_drop_first(&sim->pending, event);
}

static inline __attribute__((always_inline)) void run_event(struct sim *sim, struct event event, bool is_in_lane)
{
    const struct lane *lane = is_in_lane ? lanes_first_lane(&sim->lanes) : NULL;
    struct request *request;

    drop_first(sim, event, is_in_lane);
    request = sim_request(sim, (uint32_t)(event.order & EVENT_PAYLOAD_MASK));
    sim->now_ns = event.time_ns;
    sim->nesting = 0;
    if (sim_fetches_ahead(sim))
        prefetch_ahead(sim, lane);
    request->resume(request->owner, request);
}

/* Runs the earliest event, if the bound lets it pass. */
static inline bool run_next(struct sim *sim)
{
    struct event in_lane = lanes_first(&sim->lanes), pending = pending_first(&sim->pending);

    if (event_before(pending, in_lane)) {
        if (__builtin_expect(pending.time_ns >= sim->timers.bound_ns, 0))
            return false;
        run_event(sim, pending, false);
    } else {
        if (__builtin_expect(in_lane.time_ns >= sim->timers.bound_ns, 0))
            return false;
        run_event(sim, in_lane, true);
    }
    return true;
}

/* The bound did not let the earliest event pass. Timers that are due before it fire first. SIM_ENDED: there is nothing more to
 * run up to end_ns. */
static __attribute__((noinline)) enum sim_status look_before(struct sim *sim, int64_t end_ns)
{
    enum sim_status status;
    bool is_in_lane;
    struct event first = first_event(sim, &is_in_lane);
    struct event timer = timers_first(&sim->timers), alarm = alarms_first(&sim->alarms);
    bool is_alarm = event_before(alarm, timer);
    struct event due = is_alarm ? alarm : timer;

    if (due.time_ns <= end_ns && event_before(due, first)) {
        sim->now_ns = due.time_ns;
        sim->nesting = 0;
        if (is_alarm)
            sharing_depart(sim_request(sim, event_payload(alarm))->station);
        else
            sim_timer_fire(sim);
    } else if (first.time_ns > end_ns) {
        lower_bound(sim, end_ns);
        return SIM_ENDED;
    } else if (is_cancelled(sim, first)) {
        drop_first(sim, first, is_in_lane);
        lower_bound(sim, end_ns);
        return SIM_REACHED;
    } else {
        run_event(sim, first, is_in_lane);
    }
    status = after_event(sim);
    lower_bound(sim, end_ns);
    return status;
}

enum sim_status sim_run(struct sim *sim, int64_t end_ns)
{
    enum sim_status status;

    sim_begin(sim);
    status = look_up(sim);
    if (end_ns > END_MAX_NS)
        end_ns = END_MAX_NS;
    lower_bound(sim, end_ns);
    if (status == SIM_REACHED)
        run_wakes(sim); /* of sim_begin(), or of what was done between two runs */
    while (status == SIM_REACHED)
        status = run_next(sim) ? after_event(sim) : look_before(sim, end_ns);
    if (status == SIM_ENDED) {
        status = SIM_REACHED;
        if (end_ns > sim->now_ns)
            sim->now_ns = end_ns;
    }
    look_up_in(sim, INTERRUPT_EVENTS); /* counts them */
    return status;
}

int64_t sim_next_ns(struct sim *sim)
{
    bool is_in_lane;
    int64_t next_ns = first_event(sim, &is_in_lane).time_ns;

    if (sim->timers.bound_ns < next_ns && timers_first(&sim->timers).time_ns < next_ns)
        next_ns = timers_first(&sim->timers).time_ns;
    if (alarms_first(&sim->alarms).time_ns < next_ns)
        next_ns = alarms_first(&sim->alarms).time_ns;
    return next_ns;
}

/* ---- bugs ---- */

_Noreturn void sim_bug(const struct sim *sim, const struct component *component, const char *what, const char *file, int line)
{
    bug_tell(what, file, line);
    fprintf(stderr, "  at %.9f s of simulated time, event %llu, seed %llu", (double)sim->now_ns * 1e-9,
            (unsigned long long)sim->events, (unsigned long long)sim->seed);
    if (component)
        fprintf(stderr, ", component %s[%u]", component->group->name, component->instance);
    fprintf(stderr, "\n  to repeat it: %s\n", sim->replay ? sim->replay : "(not known)");
    _Exit(BUG_STATUS);
}
