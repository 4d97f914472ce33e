#include "sim/trace.h"

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/trace_strands.h"

/* ---- the request that is looked for ---- */

uint64_t trace_started(const struct sim *sim)
{
    uint64_t started = 0;

    for (uint16_t i = 0; i < sim->group_count; i++)
        for (uint32_t k = 0; sim->groups[i]->type->is_source && k < sim->groups[i]->count; k++)
            started += sim->groups[i]->instances[k]->started;
    return started;
}

/* Once the one before it has been started, all requests are marked: the next one without a mark is it.
 * Where a source starts several at once, only those of this date are asked. */
static bool may_be_it(const struct trace *trace, const struct request *request)
{
    const struct sim *sim = trace->sim;

    if (request->state != REQUEST_LIVE || request->parent || request->top == 0)
        return false;
    if (!sim->components[request->frames[0].component]->group->type->is_source)
        return false;
    return trace->all_marked ? !(request->flags & REQUEST_WATCHED)
                             : request->frames[0].entered_ns == sim->now_ns;
}

static void mark_all(struct trace *trace, bool marked)
{
    struct sim *sim = trace->sim;

    for (uint32_t i = 1; i <= sim->request_count; i++) {
        struct request *request = sim_request(sim, i);

        request->flags = (uint8_t)((request->flags & ~REQUEST_WATCHED) | (marked ? REQUEST_WATCHED : 0));
    }
    trace->all_marked = marked;
}

static void capture(struct trace *trace, struct request *request)
{
    mark_all(trace, false);
    trace_capture(trace, request);
}

static void search_pool(struct trace *trace)
{
    uint64_t before =
        trace->all_marked ? 1 : trace->ordinal - trace->started; /* how many candidates up to it */

    for (uint32_t i = 1; i <= trace->sim->request_count; i++)
        if (may_be_it(trace, sim_request(trace->sim, i)) && --before == 0) {
            capture(trace, sim_request(trace->sim, i));
            return;
        }
}

/* Something may have been started. */
static void look_for_it(struct trace *trace)
{
    uint64_t started;

    if (trace_found(trace))
        return;
    started = trace_started(trace->sim);
    if (started >= trace->ordinal && trace->started < trace->ordinal)
        search_pool(trace);
    else if (started == trace->ordinal - 1 && !trace->all_marked)
        mark_all(trace, true);
    trace->started = started;
}

/* ---- callbacks in the place of the components' ---- */

/* An instance that is down refuses. */
static void pass_on(struct component *self, struct request *request)
{
    if (component_is_down(self))
        fault_on_request(self, request);
    else
        self->group->type->on_request(self, request);
}

static void on_request(struct component *self, struct request *request)
{
    struct trace *trace = self->sim->trace;

    if (!trace_found(trace) && trace_started(self->sim) == trace->ordinal && may_be_it(trace, request))
        capture(trace,
                request); /* nothing was in its way, so it is here before its source's callback is over */
    if (!trace_is_ours(trace, request)) {
        pass_on(self, request);
        return;
    }
    trace_enter(trace, request, true);
    pass_on(self, request);
    trace_settle(trace);
}

static void call_back(struct component *self, struct request *request,
                      void (*callback)(struct component *, struct request *))
{
    struct trace *trace = self->sim->trace;
    bool is_ours = trace_is_ours(trace, request);

    if (is_ours)
        trace_enter(trace, request, false);
    callback(self, request);
    if (is_ours)
        trace_settle(trace);
    else
        look_for_it(trace);
}

static void on_reply(struct component *self, struct request *request)
{
    call_back(self, request, self->group->type->on_reply);
}

static void on_timer(struct component *self, struct request *request)
{
    call_back(self, request, self->group->type->on_timer);
}

static void take_place(struct component *component)
{
    const struct component_type *type = component->group->type;

    if (type->on_request)
        component->on_request = on_request;
    if (type->on_reply)
        component->on_reply = on_reply;
    if (type->on_timer)
        component->on_timer = on_timer;
}

/* Clocks that were wound up when the run was wired. */
static void take_place_of_clocks(struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->request_count; i++) {
        struct request *request = sim_request(sim, i);

        if (request->state != REQUEST_FREE && request->resume &&
            request->resume == request->owner->group->type->on_timer)
            request->resume = on_timer;
    }
}

/* ---- life ---- */

struct trace *trace_begin(struct sim *sim, uint64_t ordinal)
{
    struct trace *trace = memory_alloc(&sim->memory, sizeof *trace);

    SIM_ASSERT(sim, NULL, sim->wired && !sim->trace && ordinal > 0);
    trace->sim = sim;
    trace->ordinal = ordinal;
    trace->end_ns = TRACE_OPEN;
    sim->trace = trace;
    for (uint16_t i = 0; i < sim->component_count; i++)
        take_place(sim->components[i]);
    sim_begin(sim); /* before it, nothing waits that one could run up to */
    take_place_of_clocks(sim);
    look_for_it(trace);
    return trace;
}

enum sim_status trace_run(struct trace *trace, int64_t end_ns)
{
    struct sim *sim = trace->sim;
    enum sim_status status = SIM_REACHED;

    while (status == SIM_REACHED && (!trace_found(trace) || trace_goes_on(trace))) {
        int64_t next_ns = sim_next_ns(sim);

        if (next_ns > end_ns)
            return sim_run(sim, end_ns);
        status = sim_run(sim, next_ns);
        look_for_it(trace);
        trace_look(trace);
    }
    return status;
}

/* ---- what counts ---- */

/* Of the branches that the strand waited for from from_ns on, the one that kept it waiting. */
static uint32_t last_branch(const struct trace *trace, uint32_t strand, int64_t from_ns)
{
    uint32_t last = TRACE_NONE;

    for (uint32_t i = 0; i < trace->strand_count; i++) {
        const struct trace_strand *branch = &trace->strands[i];

        if (branch->parent != strand || branch->from_ns > from_ns || branch->to_ns <= from_ns)
            continue;
        if (last == TRACE_NONE || branch->to_ns > trace->strands[last].to_ns)
            last = i;
    }
    return last;
}

/* Of a branch that a caller did not wait for to the end, only the steps until then. */
static void count_steps(struct trace *trace, uint32_t strand, int64_t from_ns, int64_t to_ns)
{
    for (uint32_t i = 0; i < trace->step_count; i++) {
        struct trace_step *step = &trace->steps[i];
        uint32_t branch;

        if (step->strand != strand || step->from_ns < from_ns || step->to_ns > to_ns)
            continue;
        step->counted = true;
        branch = step->kind == TRACE_BRANCHES ? last_branch(trace, strand, step->from_ns) : TRACE_NONE;
        if (branch != TRACE_NONE)
            count_steps(trace, branch, step->from_ns, step->to_ns);
    }
}

void trace_end(struct trace *trace)
{
    if (!trace_found(trace))
        return;
    trace_cut(trace);
    count_steps(trace, 0, trace->start_ns, trace->end_ns);
}
