#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/call.h"
#include "sim/station.h"

#define GROW_REQUESTS 1024 /* accounted together */
#define INTERRUPT_EVENTS 4096 /* between two looks at the signal */
#define CANCELLED_START 64
#define END_MAX_NS (SIM_TIME_NEVER - 1)

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
    heap_init(&sim->cancelled, memory, CANCELLED_START);
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

    SIM_ASSERT(sim, NULL, sim->component_count < COMPONENTS_MAX);
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

    SIM_ASSERT(sim, NULL, sim->group_count < GROUPS_MAX && count > 0);
    group->name = memory_strdup(&sim->memory, name);
    group->type = type;
    group->config = config;
    group->sim = sim;
    group->site = site;
    group->count = count;
    group->index = sim->group_count;
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
    struct sim *sim = parent->sim;
    size_t size = strlen(parent->name) + strlen(name) + 2;
    char *full_name = memory_alloc(&sim->memory, size);
    struct group *part;

    snprintf(full_name, size, "%s.%s", parent->name, name);
    part = sim_add_group(sim, type, full_name, count, config, parent->site);
    part->parent = parent;
    return part;
}

uint16_t sim_add_class(struct group *source, const char *name)
{
    struct sim *sim = source->sim;
    struct request_class *class = memory_alloc(&sim->memory, sizeof *class);

    SIM_ASSERT(sim, source->instances[0], sim->class_count < CLASSES_MAX);
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

void component_add_resource(struct component *self, struct resource resource)
{
    SIM_ASSERT(self->sim, self, self->resource_count < RESOURCES_MAX);
    self->resources[self->resource_count++] = resource;
}

/* ---- wiring ---- */

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct path_search {
    const struct sim *sim;
    uint8_t mark[GROUPS_MAX];
    uint8_t depth[GROUPS_MAX]; /* components on the longest path of calls from here */
    const struct group *cycle;
};

static void search_from(struct path_search *search, const struct group *group)
{
    uint8_t below = 0;

    search->mark[group->index] = MARK_OPEN;
    for (uint16_t i = 1; i < search->sim->link_count && !search->cycle; i++) {
        const struct link *link = &search->sim->links[i];
        const struct group *target = link->target->group;

        if (link->from != group)
            continue;
        if (search->mark[target->index] == MARK_OPEN) {
            search->cycle = target;
            return;
        }
        if (search->mark[target->index] == MARK_NEW)
            search_from(search, target);
        if (search->depth[target->index] > below)
            below = search->depth[target->index];
    }
    search->mark[group->index] = MARK_DONE;
    search->depth[group->index] = (uint8_t)(below <= FRAMES_MAX ? below + 1 : below);
}

/* Longest path of calls, in components; 0: there is a cycle, or it is too long. */
static uint8_t longest_path(const struct sim *sim, const struct group **cycle)
{
    struct path_search search = { .sim = sim };
    uint8_t longest = 1;

    for (uint16_t i = 0; i < sim->group_count && !search.cycle; i++) {
        if (search.mark[i] == MARK_NEW)
            search_from(&search, sim->groups[i]);
        if (search.depth[i] > longest)
            longest = search.depth[i];
        if (longest > FRAMES_MAX && !search.cycle)
            search.cycle = sim->groups[i];
    }
    *cycle = search.cycle;
    return search.cycle ? 0 : longest;
}

static bool reaches(const struct sim *sim, const struct group *from, const struct group *to, bool *seen)
{
    seen[from->index] = true;
    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct group *target = sim->links[i].target->group;

        if (sim->links[i].from == from && (target == to || (!seen[target->index] && reaches(sim, target, to, seen))))
            return true;
    }
    return false;
}

bool sim_reaches(const struct sim *sim, const struct group *from, const struct group *to)
{
    bool seen[GROUPS_MAX] = { false };

    return reaches(sim, from, to, seen);
}

static bool repeats_calls(const struct sim *sim)
{
    for (uint16_t i = 1; i < sim->link_count; i++)
        if (sim->links[i].policy.retries_max)
            return true;
    return false;
}

/* Address space for the largest pool; a page is used when it is touched. */
static bool reserve_requests(struct sim *sim)
{
    size_t size;

    sim->stride = (uint32_t)(sizeof(struct request) + sim->frames_max * sizeof(struct frame));
    if (repeats_calls(sim)) {
        sim->questions_offset = (uint16_t)sim->stride;
        sim->stride += (uint32_t)(sim->frames_max * sizeof(struct call_question));
    }
    size = (size_t)REQUESTS_MAX * sim->stride;
    sim->requests = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sim->requests == MAP_FAILED)
        sim->requests = NULL;
    return sim->requests != NULL;
}

static void number_sites(struct sim *sim)
{
    unsigned bits = 0;

    while ((1u << bits) < sim->site_count)
        bits++;
    for (uint16_t i = 0; i < sim->site_count; i++)
        sim->sites[i].sequence = bits ? (uint64_t)i << (64 - EVENT_PAYLOAD_BITS - bits) : 0;
}

bool sim_wire(struct sim *sim, const struct group **cycle)
{
    *cycle = NULL;
    number_sites(sim);
    for (uint16_t i = 0; i < sim->group_count; i++) { /* parts that are added on the way are wired too */
        struct group *group = sim->groups[i];

        if (group->type->wire_group)
            group->type->wire_group(group);
        for (uint32_t k = 0; group->type->wire && k < group->count; k++)
            group->type->wire(group->instances[k]);
    }
    sim_links_complete(sim);
    sim->frames_max = longest_path(sim, cycle);
    if (*cycle)
        return false;
    if (!reserve_requests(sim))
        memory_alloc(&sim->memory, SIZE_MAX / 2); /* leaves by the guard as any other failure */
    pending_init(&sim->pending, &sim->memory, sim->pending_kind);
    sim->wired = true;
    for (uint32_t i = 0; i < sim->station_count; i++)
        if (sim->stations[i]->sharing)
            sharing_start(sim->stations[i]);
    for (uint16_t i = 0; i < sim->component_count; i++)
        if (sim->components[i]->group->type->start)
            sim->components[i]->group->type->start(sim->components[i]);
    return true;
}

/* ---- requests ---- */

uint32_t sim_request_grow(struct sim *sim)
{
    struct request *request;

    if (sim->request_count % GROW_REQUESTS == 0)
        memory_account(&sim->memory, (uint64_t)GROW_REQUESTS * sim->stride);
    if (sim->request_count + 1 >= REQUESTS_MAX - GROW_REQUESTS)
        sim->full = true; /* the run ends at its next event; what is left serves until then */
    SIM_ASSERT(sim, NULL, sim->request_count + 1 < REQUESTS_MAX);
    request = sim_request(sim, ++sim->request_count);
    request->index = sim->request_count;
    request->next = 0;
    return sim->request_count;
}

struct request *sim_ticker(struct component *self)
{
    struct request *ticker = request_create(self, 0);

    ticker->state = REQUEST_TICKER;
    ticker->owner = self;
    ticker->resume = self->on_timer;
    self->sim->requests_live--;
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

static enum sim_status look_up(const struct sim *sim)
{
    if (sim->interrupt && *sim->interrupt)
        return SIM_INTERRUPTED;
    if (sim->full)
        return SIM_FULL;
    return sim->memory.over_budget ? SIM_OVER_BUDGET : SIM_REACHED;
}

/* After each event: may the run go on? */
static inline enum sim_status after_event(struct sim *sim)
{
    if (__builtin_expect(sim->wake_count != 0, 0))
        run_wakes(sim);
    if (__builtin_expect(sim->events % INTERRUPT_EVENTS == 0 || sim->full || sim->memory.over_budget, 0))
        return look_up(sim);
    return SIM_REACHED;
}

/* Takes the earliest event that is not a timer; false: there is none up to end_ns, or the run has to end, see *status.
 * Timers that are due before it fire first. */
static inline bool take_next(struct sim *sim, struct event *event, int64_t end_ns, enum sim_status *status)
{
    for (;;) {
        struct event first = lanes_first(&sim->lanes);
        bool from_lane = true;

        if (sim->pending.count) {
            struct event other = pending_first(&sim->pending);

            if (event_before(other, first)) {
                from_lane = false;
                first = other;
            }
        }
        if (first.time_ns >= sim->timers.bound_ns && sim->timers.bound_ns <= end_ns) {
            struct event timer = timers_first(&sim->timers);

            if (timer.time_ns <= end_ns && event_before(timer, first)) {
                sim->now_ns = timer.time_ns;
                sim->nesting = 0;
                sim->events++;
                sim_timer_fire(sim);
                *status = after_event(sim);
                if (*status != SIM_REACHED)
                    return false;
                continue;
            }
        }
        if (first.time_ns > end_ns)
            return false;
        if (from_lane)
            lanes_drop_first(&sim->lanes);
        else
            pending_drop_first(&sim->pending, first);
        *event = first;
        return true;
    }
}

/* Fetches the requests that come soon: worth nothing with 150 in flight, a tenth of the time with 10,000. */
static inline void prefetch_ahead(const struct sim *sim)
{
    const char *request = sim->requests + (size_t)event_payload(lanes_first(&sim->lanes)) * sim->stride;

    __builtin_prefetch(request);
    request = sim->requests + (size_t)event_payload(pending_second(&sim->pending)) * sim->stride;
    __builtin_prefetch(request);
    __builtin_prefetch(request + 64);
    __builtin_prefetch(request + 128);
}

/* Was it taken back? Events come in order, so it can only be the earliest of those. */
static bool skip_cancelled(struct sim *sim, struct event event)
{
    const struct event first = sim->cancelled.events[0];

    if (first.time_ns != event.time_ns || first.order != event.order)
        return false;
    heap_pop(&sim->cancelled);
    return true;
}

enum sim_status sim_run(struct sim *sim, int64_t end_ns)
{
    enum sim_status status = look_up(sim);
    struct event event;

    if (end_ns > END_MAX_NS)
        end_ns = END_MAX_NS;
    if (status == SIM_REACHED)
        run_wakes(sim); /* of sim_wire(), or of what was done between two runs */
    while (status == SIM_REACHED) {
        struct request *request;

        if (!take_next(sim, &event, end_ns, &status)) {
            if (status == SIM_REACHED && end_ns > sim->now_ns)
                sim->now_ns = end_ns;
            return status;
        }
        if (__builtin_expect(sim->cancelled.count != 0, 0) && skip_cancelled(sim, event))
            continue;
        request = sim_request(sim, (uint32_t)(event.order & EVENT_PAYLOAD_MASK));
        sim->now_ns = event.time_ns;
        sim->nesting = 0;
        sim->events++;
        prefetch_ahead(sim);
        request->resume(request->owner, request);
        status = after_event(sim);
    }
    return status;
}

/* ---- the window ---- */

static void window_start_component(struct component *self)
{
    const struct component_type *type = self->group->type;
    int64_t now_ns = self->sim->now_ns;

    gauge_window_start(&self->in_flight, now_ns);
    self->window_started = self->started;
    memcpy(self->window_finished, self->finished, sizeof self->finished);
    self->window_in_flight = self->in_flight.level;
    for (uint8_t i = 0; i < self->resource_count; i++)
        if (self->resources[i].kind == RESOURCE_AMOUNT)
            amount_window_start(self->resources[i].of.amount, now_ns);
    for (const struct metric_row *row = type->metrics; row && row->name; row++) {
        char *state = component_state(self);

        if (row->kind == METRIC_COUNTER || row->kind == METRIC_RATIO)
            *(uint64_t *)(void *)(state + row->offset) = 0;
        if (row->kind == METRIC_RATIO)
            *(uint64_t *)(void *)(state + row->offset_other) = 0;
        if (row->kind == METRIC_LEVEL)
            amount_window_start((struct amount *)(void *)(state + row->offset), now_ns);
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
    class->started = class->attempts = 0;
    class->in_flight_start = inside;
}

void sim_window_start(struct sim *sim)
{
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

/* ---- bugs ---- */

_Noreturn void sim_bug(const struct sim *sim, const struct component *component, const char *what, const char *file, int line)
{
    fprintf(stderr, "scalesim: bug: %s:%d: %s\n", file, line, what);
    fprintf(stderr, "  at %.9f s of simulated time, event %llu, seed %llu", (double)sim->now_ns * 1e-9,
            (unsigned long long)sim->events, (unsigned long long)sim->seed);
    if (component)
        fprintf(stderr, ", component %s[%u]", component->group->name, component->instance);
    fprintf(stderr, "\n  to repeat it: %s\n", sim->replay ? sim->replay : "(not known)");
    _Exit(4);
}
