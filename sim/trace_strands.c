/* trace_strands.c - follows the request of a trace, its branches and its orphans; see trace.h.
 *
 * A callback of a component tells that a request is there: enter() ends its step and brings the visits up
 * to date. What a request does until its next callback is looked up when all events of the date are over,
 * in the places where requests can be: the network, a pause, a station, its branches, or the component's
 * own hands.
 *
 * A strand's request can get another place in the pool: a call that times out leaves the old place to the
 * orphan. That shows in its base, and the new place is found by the mark that both carry and by the number
 * of the first frame.
 */
#include "sim/trace_strands.h"

#include <stdlib.h>
#include <string.h>

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/station.h"

/* ---- tables ---- */

/* Room for one more; room doubles. */
static void *make_room(struct trace *trace, void *table, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return table;
    *room = *room ? 2 * *room : 16;
    return memory_grow(&trace->sim->memory, table, *room * size);
}

static uint32_t add_visit(struct trace *trace, struct trace_visit visit)
{
    trace->visits = make_room(trace, trace->visits, trace->visit_count, &trace->visit_room, sizeof visit);
    visit.order = trace->order++;
    visit.arrived_ns = visit.answered_ns = visit.ended_ns = TRACE_OPEN;
    trace->visits[trace->visit_count] = visit;
    return trace->visit_count++;
}

static uint32_t add_strand(struct trace *trace, const struct request *request, uint32_t parent,
                           int64_t from_ns)
{
    trace->strands =
        make_room(trace, trace->strands, trace->strand_count, &trace->strand_room, sizeof *trace->strands);
    trace->strands[trace->strand_count] = (struct trace_strand){
        .number = request->frames[0].number,
        .from_ns = from_ns,
        .to_ns = TRACE_OPEN,
        .request = request->index,
        .parent = parent,
        .step = TRACE_NONE,
        .base = request->base,
    };
    return trace->strand_count++;
}

static struct request *request_of(const struct trace *trace, const struct trace_strand *strand)
{
    return sim_request(trace->sim, strand->request);
}

/* The place in the pool is still that of the request: ended requests lose the mark. */
static bool is_there(const struct trace *trace, const struct trace_strand *strand)
{
    const struct request *request = request_of(trace, strand);

    return request->state == REQUEST_LIVE && request->flags & REQUEST_WATCHED &&
           request->frames[0].number == strand->number;
}

static bool is_open(const struct trace_strand *strand)
{
    return strand->to_ns == TRACE_OPEN;
}

/* TRACE_NONE: not known yet. */
static uint32_t find_strand(const struct trace *trace, const struct request *request)
{
    for (uint32_t i = 0; i < trace->strand_count; i++)
        if (is_open(&trace->strands[i]) && trace->strands[i].request == request->index &&
            trace->strands[i].number == request->frames[0].number)
            return i;
    return TRACE_NONE;
}

/* ---- visits ---- */

static uint32_t open_visit(struct trace *trace, const struct request *request, uint8_t depth, uint32_t parent,
                           uint8_t flags)
{
    const struct frame *frame = &request->frames[depth];

    return add_visit(trace, (struct trace_visit){
                                .component = trace->sim->components[frame->component],
                                .number = frame->number,
                                .key = request->key,
                                .data = request->data,
                                .operation = request->operation,
                                .attempt = depth ? request->frames[depth - 1].attempt : 0,
                                .sent_ns = depth ? trace->sim->now_ns : frame->entered_ns,
                                .parent = parent,
                                .branch = frame->link,
                                .flags = flags,
                            });
}

static void close_visit(struct trace *trace, uint32_t index, const struct request *request)
{
    struct trace_visit *visit = &trace->visits[index];
    int64_t now_ns = trace->sim->now_ns;

    if (visit->answered_ns == TRACE_OPEN)
        visit->answered_ns = now_ns;
    if (visit->ended_ns != TRACE_OPEN) /* given up before */
        return;
    visit->ended_ns = now_ns;
    visit->outcome = request->outcome;
    if (request->flags & REQUEST_ABSENT)
        visit->flags |= TRACE_VISIT_ABSENT;
    if (request->flags & REQUEST_STALE)
        visit->flags |= TRACE_VISIT_STALE;
}

/* The next attempt is under way already. */
static bool is_another_call(const struct trace *trace, const struct trace_strand *strand,
                            const struct request *request)
{
    const struct trace_visit *visit = &trace->visits[strand->visits[strand->top]];
    const struct frame *frame = &request->frames[strand->top];

    return strand->top > 0 && (visit->number != frame->number || visit->component->id != frame->component);
}

/* Brings the visits of the strand to where its request is now. */
static void follow(struct trace *trace, uint32_t index)
{
    struct trace_strand *strand = &trace->strands[index];
    const struct request *request = request_of(trace, strand);

    while (strand->top > request->top || is_another_call(trace, strand, request)) {
        struct trace_visit *visit = &trace->visits[strand->visits[strand->top]];

        if (strand->top <= request->top && visit->number == request->frames[strand->top].number)
            visit->flags |= TRACE_VISIT_HANDED_ON;
        close_visit(trace, strand->visits[strand->top--], request);
    }
    while (strand->top < request->top) {
        uint8_t depth = (uint8_t)(strand->top + 1);

        strand->visits[depth] = open_visit(trace, request, depth, strand->visits[depth - 1], 0);
        strand->top = depth;
    }
}

/* ---- steps ---- */

/* Steps of no length are forgotten, if they are the latest; others are left empty. */
static void end_step(struct trace *trace, uint32_t index)
{
    struct trace_strand *strand = &trace->strands[index];
    const struct request *request = request_of(trace, strand);
    struct trace_step *step;
    int64_t length_ns, left_ns;

    if (strand->step == TRACE_NONE)
        return;
    step = &trace->steps[strand->step];
    step->to_ns = trace->sim->now_ns;
    length_ns = step->to_ns - step->from_ns;
    if (step->kind == TRACE_WAIT)
        step->waiting_ns = length_ns;
    else if (step->kind == TRACE_SERVICE)
        step->service_ns = length_ns;
    else if (step->kind == TRACE_NETWORK_OUT || step->kind == TRACE_NETWORK_BACK)
        step->network_ns = length_ns;
    if (step->kind == TRACE_SHARED) {
        left_ns = is_there(trace, strand) ? station_look(request->station, request).left_ns : 0;
        step->service_ns = step->left_ns > left_ns ? step->left_ns - left_ns : 0;
        if (step->service_ns > length_ns)
            step->service_ns = length_ns;
        step->waiting_ns = length_ns - step->service_ns;
    }
    if (length_ns == 0 && strand->step == trace->step_count - 1)
        trace->step_count--;
    strand->step = TRACE_NONE;
}

/* Nothing has happened to the request since its step was looked at: that is cheaper than to look for it in
 * a long line. */
static bool is_unchanged(const struct trace_strand *strand, const struct trace_step *step,
                         const struct request *request)
{
    return step->visit == strand->visits[strand->top] && strand->resume == request->resume &&
           strand->since_ns == request->since_ns && strand->children == request->children &&
           strand->flags == request->flags;
}

/* The step that goes on, or another one from now on. */
static void continue_step(struct trace *trace, uint32_t index)
{
    struct trace_strand *strand = &trace->strands[index];
    const struct request *request = request_of(trace, strand);
    struct trace_step now;

    if (strand->step != TRACE_NONE && is_unchanged(strand, &trace->steps[strand->step], request))
        return;
    strand->resume = request->resume;
    strand->since_ns = request->since_ns;
    strand->children = request->children;
    strand->flags = request->flags;
    now = trace_step_now(trace->sim, request);
    now.visit = strand->visits[strand->top];
    if (strand->step != TRACE_NONE) {
        const struct trace_step *before = &trace->steps[strand->step];

        if (before->kind == now.kind && before->visit == now.visit && before->name == now.name &&
            before->resource == now.resource)
            return;
        end_step(trace, index);
    }
    now.strand = index;
    now.from_ns = trace->sim->now_ns;
    now.to_ns = TRACE_OPEN;
    now.order = trace->order++;
    trace->steps = make_room(trace, trace->steps, trace->step_count, &trace->step_room, sizeof now);
    strand->step = trace->step_count;
    trace->steps[trace->step_count++] = now;
}

void trace_cut(struct trace *trace)
{
    for (uint32_t i = 0; i < trace->strand_count; i++)
        if (is_open(&trace->strands[i]))
            end_step(trace, i);
}

/* ---- ends and orphans ---- */

static void end_strand(struct trace *trace, uint32_t index)
{
    struct trace_strand *strand = &trace->strands[index];
    int64_t now_ns = trace->sim->now_ns;

    end_step(trace, index);
    strand->to_ns = now_ns;
    for (uint8_t depth = strand->base; depth <= strand->top; depth++) {
        struct trace_visit *visit = &trace->visits[strand->visits[depth]];

        if (visit->answered_ns == TRACE_OPEN)
            visit->answered_ns = now_ns;
        if (visit->ended_ns == TRACE_OPEN)
            visit->ended_ns = now_ns;
    }
    if (index == 0) {
        trace->end_ns = now_ns;
        trace->visits[0].outcome = trace->outcome;
    }
}

/* The visit at `depth` goes on without its caller, which timed out or died. */
static void give_up_visit(struct trace *trace, uint32_t index, uint8_t depth)
{
    struct trace_visit *visit = &trace->visits[trace->strands[index].visits[depth]];
    const struct component *caller = trace->visits[visit->parent].component;

    visit->flags |= TRACE_VISIT_GIVEN_UP;
    visit->ended_ns = trace->sim->now_ns;
    visit->outcome = component_is_down(caller) ? OUTCOME_CRASHED : OUTCOME_TIMEOUT;
}

/* What goes on in the strand's old place is an orphan. */
static void add_orphan(struct trace *trace, uint32_t index)
{
    uint32_t orphan =
        add_strand(trace, request_of(trace, &trace->strands[index]), TRACE_NONE, trace->sim->now_ns);
    const struct trace_strand *strand = &trace->strands[index];

    trace->strands[orphan].orphan = true;
    trace->strands[orphan].top = strand->top;
    memcpy(trace->strands[orphan].visits, strand->visits, sizeof strand->visits);
}

/* The strand's request has another place. A call of it was given up, and what goes on below it is an
 * orphan; or it was taken out of the hands of a component that died. caller: the new place. */
static void split_strand(struct trace *trace, uint32_t index, const struct request *caller)
{
    bool has_orphan = is_there(trace, &trace->strands[index]);
    uint8_t depth = has_orphan ? request_of(trace, &trace->strands[index])->base : (uint8_t)(caller->top + 1);

    trace_cut(trace);
    if (depth <= trace->strands[index].top)
        give_up_visit(trace, index, depth);
    if (has_orphan)
        add_orphan(trace, index);
    trace->strands[index].request = caller->index;
    if (depth <= trace->strands[index].top)
        trace->strands[index].top = (uint8_t)(depth - 1);
}

/* Where a request has gone that was at the strand's place; NULL: nowhere, it has ended. */
static struct request *find_caller(const struct trace *trace, const struct trace_strand *strand)
{
    const struct sim *sim = trace->sim;

    for (uint32_t i = 1; i <= sim->request_count; i++) {
        struct request *request = sim_request(sim, i);

        if (request->state == REQUEST_LIVE && request->flags & REQUEST_WATCHED &&
            request->frames[0].number == strand->number && request->base == strand->base &&
            find_strand(trace, request) == TRACE_NONE)
            return request;
    }
    return NULL;
}

/* A branch whose component has died: what it had called is an orphan. */
static void leave_branch(struct trace *trace, uint32_t index)
{
    uint8_t depth = request_of(trace, &trace->strands[index])->base;

    trace_cut(trace);
    follow(trace, index);
    give_up_visit(trace, index, depth);
    add_orphan(trace, index);
    trace->strands[index].top = (uint8_t)(depth - 1);
    end_strand(trace, index);
}

static void settle_strand(struct trace *trace, uint32_t index)
{
    const struct trace_strand *strand = &trace->strands[index];
    struct request *caller = NULL;

    if (is_there(trace, strand) && request_of(trace, strand)->base == strand->base)
        return;
    if (trace->sim->moves != trace->moves || is_there(trace, strand))
        caller = find_caller(trace, strand);
    if (caller)
        split_strand(trace, index, caller);
    else if (is_there(trace, strand))
        leave_branch(trace, index);
    else
        end_strand(trace, index);
}

void trace_settle(struct trace *trace)
{
    uint32_t count = trace->strand_count; /* what is found on the way is settled */

    for (uint32_t i = 0; i < count; i++)
        if (is_open(&trace->strands[i]))
            settle_strand(trace, i);
    trace->moves = trace->sim->moves;
}

bool trace_goes_on(const struct trace *trace)
{
    for (uint32_t i = 0; i < trace->strand_count; i++)
        if (is_open(&trace->strands[i]))
            return true;
    return false;
}

/* ---- branches ---- */

bool trace_is_ours(const struct trace *trace, const struct request *request)
{
    if (!trace_found(trace))
        return false;
    while (!(request->flags & REQUEST_WATCHED) && request->parent)
        request = sim_request(trace->sim, request->parent);
    return request->flags & REQUEST_WATCHED;
}

static int by_branch(const void *a, const void *b)
{
    const struct request *first = *(struct request *const *)a, *second = *(struct request *const *)b;

    return (first->frames[0].link > second->frames[0].link) -
           (first->frames[0].link < second->frames[0].link);
}

static void adopt(struct trace *trace, uint32_t parent, struct request *branch)
{
    uint32_t index = add_strand(trace, branch, parent, branch->frames[0].entered_ns);
    const struct trace_strand *forker = &trace->strands[parent];

    branch->flags |= REQUEST_WATCHED;
    trace->strands[index].visits[0] =
        open_visit(trace, branch, 0, forker->visits[forker->top], TRACE_VISIT_BRANCH);
}

static uint32_t known_branches(const struct trace *trace, const struct request *parent)
{
    uint32_t known = 0;

    for (uint32_t i = 0; i < trace->strand_count; i++)
        known +=
            is_open(&trace->strands[i]) && request_of(trace, &trace->strands[i])->parent == parent->index;
    return known;
}

/* The branches of the strand that are not known yet, in the order of their numbers. */
static void find_branches(struct trace *trace, uint32_t index)
{
    struct sim *sim = trace->sim;
    const struct request *parent = request_of(trace, &trace->strands[index]);
    struct request **found;
    uint32_t count = 0;

    if (known_branches(trace, parent) >= parent->children)
        return;
    found = memory_alloc_array(&sim->memory, parent->children, sizeof(struct request *));
    for (uint32_t i = 1; count < parent->children && i <= sim->request_count; i++) {
        struct request *child = sim_request(sim, i);

        if (child->state == REQUEST_LIVE && child->parent == parent->index &&
            !(child->flags & REQUEST_WATCHED))
            found[count++] = child;
    }
    qsort(found, count, sizeof(struct request *), by_branch);
    follow(trace, index);
    end_step(trace, index); /* it may have waited for other branches until now */
    for (uint32_t i = 0; i < count; i++)
        adopt(trace, index, found[i]);
    memory_free(&sim->memory, found);
}

/* The strand of a request of ours; a branch that is new brings those that were forked with it. */
static uint32_t strand_of(struct trace *trace, struct request *request)
{
    uint32_t index = find_strand(trace, request);

    if (index != TRACE_NONE)
        return index;
    SIM_ASSERT(trace->sim, NULL, request->parent != 0);
    find_branches(trace, strand_of(trace, sim_request(trace->sim, request->parent)));
    return find_strand(trace, request);
}

/* ---- what trace.c asks ---- */

void trace_capture(struct trace *trace, struct request *request)
{
    struct sim *sim = trace->sim;

    request->flags |= REQUEST_WATCHED;
    trace->start_ns = request->frames[0].entered_ns;
    trace->user = request->user;
    trace->key = request->key;
    trace->data = request->data;
    trace->request_class = request->request_class;
    trace->moves = sim->moves;
    add_strand(trace, request, TRACE_NONE, trace->start_ns);
    trace->strands[0].visits[0] = open_visit(trace, request, 0, TRACE_NONE, 0);
    if (trace->start_ns < sim->now_ns) { /* the user meant to send it earlier */
        trace->steps = make_room(trace, trace->steps, 0, &trace->step_room, sizeof *trace->steps);
        trace->steps[trace->step_count++] = (struct trace_step){ .kind = TRACE_WAIT,
                                                                 .name = "could not be sent earlier",
                                                                 .from_ns = trace->start_ns,
                                                                 .to_ns = sim->now_ns,
                                                                 .waiting_ns = sim->now_ns - trace->start_ns,
                                                                 .order = trace->order++ };
    }
    follow(trace, 0);
}

void trace_enter(struct trace *trace, struct request *request, bool is_arrival)
{
    uint32_t index;

    trace_settle(trace);
    index = strand_of(trace, request);
    SIM_ASSERT(trace->sim, NULL, index != TRACE_NONE);
    end_step(trace, index);
    follow(trace, index);
    if (index == 0)
        trace->outcome = request->outcome;
    if (is_arrival) {
        const struct trace_strand *strand = &trace->strands[index];

        trace->visits[strand->visits[strand->top]].arrived_ns = trace->sim->now_ns;
    }
}

void trace_look(struct trace *trace)
{
    trace_settle(trace);
    for (uint32_t i = 0; i < trace->strand_count; i++) {
        const struct request *request = request_of(trace, &trace->strands[i]);

        if (!is_open(&trace->strands[i]))
            continue;
        follow(trace, i);
        if (request->flags & REQUEST_RETURNING) {
            struct trace_visit *visit = &trace->visits[trace->strands[i].visits[trace->strands[i].top]];

            visit->answered_ns = visit->answered_ns == TRACE_OPEN ? trace->sim->now_ns : visit->answered_ns;
        }
        if (request->children)
            find_branches(trace, i);
        continue_step(trace, i);
    }
}
