#include "sim/fault.h"

#include <stdlib.h>

#include "sim/call.h"
#include "sim/link.h"
#include "sim/members.h"
#include "sim/station.h"
#include "sim/trace_strands.h"

#define FAULTS_START 8

/* ---- what is inside ---- */

/* Requests as their callers will hear of them. */
struct victims {
    struct sim *sim;
    struct request **list;
    uint32_t count, room;
};

/* Nothing is scheduled for it: it waits to be answered. */
static void victim_resume(struct component *self, struct request *request)
{
    (void)request;
    sim_bug(self->sim, self, "an event of a request that died", __FILE__, __LINE__);
}

static bool is_dying(const struct sim *sim, uint16_t component)
{
    const struct outage *outage = sim->components[component]->outage;

    return outage && outage->dying;
}

static void add_victim(struct victims *victims, struct component *component, struct request *request)
{
    struct sim *sim = victims->sim;

    request->owner = component;
    request->resume = victim_resume;
    request->children = 0;
    request->flags &= (uint8_t)~(REQUEST_ABSENT | REQUEST_STALE);
    request->outcome = OUTCOME_CRASHED;
    if (victims->count == victims->room) {
        victims->room = victims->room ? 2 * victims->room : 64;
        victims->list = memory_grow(&sim->memory, victims->list, victims->room * sizeof(struct request *));
    }
    victims->list[victims->count++] = request;
}

/* What the watched request did until now is looked at before it loses its place. */
static void prepare_trace(struct sim *sim)
{
    if (!sim->trace || !trace_found(sim->trace))
        return;
    trace_look(sim->trace);
    trace_cut(sim->trace);
}

/* One request after the other, so that the trace finds each new place. */
static void tell_trace(struct sim *sim)
{
    if (sim->trace && trace_found(sim->trace))
        trace_settle(sim->trace);
}

/* The component of frame `depth` has died. Returns the part of the request that its caller waits for. */
static struct request *cut(struct victims *victims, struct request *request, uint8_t depth)
{
    struct sim *sim = victims->sim;
    struct component *component = sim->components[request->frames[depth].component];
    struct request *victim = request;

    if (request->top > depth) { /* it waits for others, who go on */
        bool unsent = request->top == depth + 1 && request->flags & REQUEST_IN_TRANSIT && !request->resume;

        victim = sim_split(sim, request, (uint8_t)(depth + 1));
        if (unsent)
            request_destroy(sim, request);
    } else if (request->resume && !request->children) { /* an event is out */
        victim = sim_move(sim, request);
    }
    add_victim(victims, component, victim);
    tell_trace(sim);
    return victim;
}

/* A branch that a dying component forked. */
static void cut_branch(struct victims *victims, struct request *branch)
{
    struct sim *sim = victims->sim;
    bool unsent = branch->top == 1 && branch->flags & REQUEST_IN_TRANSIT && !branch->resume;

    if (branch->top > 0)
        sim_detach_branch(sim, branch);
    else if (branch->resume && !branch->children)
        sim_abandon(branch);
    if (unsent || (branch->top == 0 && branch->state == REQUEST_LIVE))
        request_destroy(sim, branch);
    tell_trace(sim);
}

static void cut_request(struct victims *victims, struct request *request)
{
    struct sim *sim = victims->sim;
    int first, last;

    if (request->parent && is_dying(sim, request->frames[0].component))
        cut_branch(victims, request);
    if (request->state != REQUEST_LIVE || request->resume == victim_resume)
        return;
    first = request->base + (request->parent != 0);
    last = request->top - (request->flags & (REQUEST_IN_TRANSIT | REQUEST_RETURNING) ? 1 : 0);
    for (int depth = last; depth >= first; depth--)
        if (is_dying(sim, request->frames[depth].component))
            request = cut(victims, request, (uint8_t)depth);
}

/* A component's clock; those of its stations are not the component's. */
static void cut_ticker(struct sim *sim, struct request *ticker)
{
    if (!is_dying(sim, ticker->owner->id))
        return;
    if (ticker->resume == ticker->owner->on_timer)
        sim_abandon(ticker);
    else if (!ticker->resume)
        request_destroy(sim, ticker);
}

static int by_arrival(const void *a, const void *b)
{
    struct request *first = *(struct request *const *)a, *second = *(struct request *const *)b;
    const struct frame *one = request_frame(first), *other = request_frame(second);

    if (one->entered_ns != other->entered_ns)
        return one->entered_ns < other->entered_ns ? -1 : 1;
    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    return (first->index > second->index) - (first->index < second->index);
}

/* ---- callers hear of it ---- */

/* The network has given up on a machine that is gone. */
static void silence_resume(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_LOST);
}

static void fall_silent(struct component *self, struct request *request)
{
    sim_resume_after(self, request, GIVE_UP_NS, silence_resume);
}

void fault_on_request(struct component *self, struct request *request)
{
    request->bytes = 0; /* a bare segment of TCP */
    if (self->outage->silent)
        fall_silent(self, request);
    else
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
}

static void answer_victims(struct victims *victims)
{
    struct sim *sim = victims->sim;

    if (victims->count)
        qsort(victims->list, victims->count, sizeof(struct request *), by_arrival);
    for (uint32_t i = 0; i < victims->count; i++) {
        struct request *request = victims->list[i];
        struct component *component = request->owner;

        sim->nesting = 0;
        request->bytes = 0;
        if (component->outage->silent)
            fall_silent(component, request);
        else
            sim_reply(component, request, OUTCOME_CRASHED);
    }
    memory_free(&sim->memory, victims->list);
}

/* ---- down and up ---- */

/* A trace keeps its own callback, and asks. */
static void swap_callbacks(struct component *component, bool down)
{
    if (!component->sim->trace)
        component->on_request = down ? fault_on_request : component->group->type->on_request;
}

/* What it works at, and its connections; its requests follow. */
static void stop(struct component *component)
{
    component->outage->dying = true;
    swap_callbacks(component, true);
    for (uint8_t i = 0; i < component->resource_count; i++)
        if (component->resources[i].kind == RESOURCE_STATION)
            station_drop(component->resources[i].of.station, component);
    sim_connections_crash(component);
}

static void go_down(struct component *component, const struct fault *fault)
{
    struct outage *outage = component->outage;

    outage->silent = fault->silent;
    outage->of_site = fault->of_site;
    outage->crashes++;
    outage->down_ns = component->sim->now_ns;
    gauge_rise(&outage->down, component->sim->now_ns);
    if (component->group->members)
        member_change_serving(component, false);
    stop(component);
}

static void find_victims(struct victims *victims)
{
    struct sim *sim = victims->sim;
    uint32_t count = sim->request_count; /* those who come have their part in `victims` already */

    for (uint32_t i = 1; i <= count; i++) {
        struct request *request = sim_request(sim, i);

        if (request->state == REQUEST_TICKER)
            cut_ticker(sim, request);
        else if (request->state == REQUEST_LIVE)
            cut_request(victims, request);
    }
}

/* Those that are dying are dead: what was in their memory is gone, and their callers hear of it. */
static void die(struct component *const *components, uint32_t count)
{
    struct victims victims = { .sim = components[0]->sim };

    find_victims(&victims);
    for (uint32_t i = 0; i < count; i++) {
        struct component *component = components[i];

        if (component->outage->dying && component->group->type->on_crash)
            component->group->type->on_crash(component);
        component->outage->dying = false;
    }
    answer_victims(&victims);
}

static void fault_begin(const struct fault *fault)
{
    bool any = false;

    prepare_trace(fault->group->sim);
    for (uint32_t i = fault->first; i <= fault->last; i++) {
        struct component *component = fault->group->instances[i];

        if ((component->outage->faults++ && component_is_down(component)) || component->outage->out)
            continue;
        any = true;
        go_down(component, fault);
    }
    if (any)
        die(&fault->group->instances[fault->first], fault->last - fault->first + 1);
}

static void come_up(struct component *component)
{
    gauge_fall(&component->outage->down, component->sim->now_ns);
    if (component->group->members)
        member_change_serving(component, true);
    swap_callbacks(component, false);
    if (component->group->type->on_restart)
        component->group->type->on_restart(component);
}

static void fault_end(const struct fault *fault)
{
    for (uint32_t i = fault->first; i <= fault->last; i++) {
        struct component *component = fault->group->instances[i];

        if (--component->outage->faults == 0 && component_has_crashed(component))
            come_up(component);
    }
}

void fault_take_over(struct component *self)
{
    SIM_ASSERT(self->sim, self, component_is_down(self));
    come_up(self);
}

/* ---- out of service and in ---- */

void fault_put_out(struct component *self)
{
    struct outage *outage = self->outage;

    outage->out = true;
    if (component_has_crashed(self)) { /* its memory is gone already, and nobody waits for it */
        gauge_fall(&outage->down, self->sim->now_ns);
        outage->silent = false;
        return;
    }
    outage->silent = false;
    prepare_trace(self->sim);
    stop(self);
    die(&self, 1);
}

void fault_put_in(struct component *self)
{
    self->outage->out = false;
    swap_callbacks(self, false);
    if (self->group->type->on_restart)
        self->group->type->on_restart(self);
}

/* ---- the timeline ---- */

static void begin_resume(struct component *self, struct request *ticker)
{
    const struct fault *fault = &self->sim->faults[ticker->key];

    request_destroy(self->sim, ticker);
    fault_begin(fault);
}

static void end_resume(struct component *self, struct request *ticker)
{
    const struct fault *fault = &self->sim->faults[ticker->key];

    request_destroy(self->sim, ticker);
    fault_end(fault);
}

void sim_add_fault(struct sim *sim, const struct fault *fault)
{
    uint32_t count = sim->fault_count;
    struct fault *added;

    SIM_ASSERT(sim, NULL,
               sim->wired && !sim->begun && fault->from_ns >= sim->now_ns &&
                   fault->until_ns > fault->from_ns && fault->first <= fault->last);
    if (count % FAULTS_START == 0)
        sim->faults = memory_grow(&sim->memory, sim->faults, (count + FAULTS_START) * sizeof *sim->faults);
    added = &sim->faults[sim->fault_count++];
    *added = *fault;
    SIM_ASSERT(sim, fault->group->instances[0], fault->last < fault->group->count);
    for (uint32_t i = fault->first; i <= fault->last; i++)
        if (!fault->group->instances[i]->outage)
            fault->group->instances[i]->outage = memory_alloc(&sim->memory, sizeof(struct outage));
}

static void schedule(struct sim *sim, uint32_t index, int64_t date_ns, resume_function *resume)
{
    const struct fault *fault = &sim->faults[index];
    struct component *component = fault->group->instances[fault->first];
    struct request *ticker = sim_ticker(component);

    ticker->key = index;
    sim_resume_after(component, ticker, date_ns - sim->now_ns, resume);
}

/* Of one date, what ends does so before what begins: a restart one after the other never leaves
 * fewer than meant. */
void faults_start(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->fault_count; i++)
        if (sim->faults[i].until_ns != SIM_TIME_NEVER)
            schedule(sim, i, sim->faults[i].until_ns, end_resume);
    for (uint32_t i = 0; i < sim->fault_count; i++)
        schedule(sim, i, sim->faults[i].from_ns, begin_resume);
}
