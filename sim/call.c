#include "sim/call.h"

#include <string.h>

#include "sim/fault.h"

#define BACKOFF_DOUBLINGS_MAX 62

/* ---- fan-out ---- */

struct request *sim_fork(struct component *self, struct request *parent, uint32_t branch)
{
    struct request *child = request_create(self, rng_hash(request_frame(parent)->number, ~(uint64_t)branch));

    SIM_ASSERT(self->sim, self, parent->children < UINT16_MAX);
    parent->resume = NULL; /* nothing is scheduled for it while its children are out */
    if (parent->children == 0)
        parent->outcome = OUTCOME_OK;
    parent->children++;
    child->frames[0].link = (uint16_t)branch;
    child->parent = parent->index;
    child->key = parent->key;
    child->user = parent->user;
    child->data = parent->data;
    child->request_class = parent->request_class;
    child->operation = parent->operation;
    child->priority = parent->priority;
    child->bytes = parent->bytes;
    child->rows = parent->rows;
    child->query = parent->query;
    return child;
}

struct request *sim_join(struct component *self, struct request *child)
{
    struct sim *sim = self->sim;
    struct request *parent = sim_request(sim, child->parent);

    SIM_ASSERT(sim, self, parent->children > 0);
    if (parent->outcome == OUTCOME_OK)
        parent->outcome = child->outcome;
    if (child->version > parent->version)
        parent->version = child->version;
    request_destroy(sim, child);
    return --parent->children ? NULL : parent;
}

/* ---- there ---- */

static void start_timeout(struct component *self, struct request *request, int64_t timeout_ns)
{
    struct timers *timers = &self->sim->timers;
    uint32_t index = timer_start(timers, sim_event(self, request, self->sim->now_ns + timeout_ns));
    struct timer *timer = timer_get(timers, index);

    timer->outer = request->timer;
    timer->depth = request->top;
    request->timer = index;
}

void sim_arrive(struct component *target, struct request *request)
{
    struct sim *sim = target->sim;

    request->flags &= (uint8_t)~REQUEST_IN_TRANSIT;
    sim_enter(target, request, request_frame(request), sim->now_ns);
}

/* What the request's top frame asks. */
static struct call_question *question_of(const struct sim *sim, struct request *request)
{
    return (struct call_question *)(void *)((char *)request + sim->questions_offset) + request->top;
}

/* On its way over the link, which is that of its top frame. */
static void deliver(struct component *self, struct request *request, struct link *link)
{
    struct sim *sim = self->sim;
    struct component *target = link->target;
    struct frame *frame = request_frame(request);

    if (link->plain_there && !link->latency && sim_may_nest(sim)) {
        sim->nesting++;
        sim_enter(target, request, frame, sim->now_ns);
        return;
    }
    request->flags |= REQUEST_IN_TRANSIT;
    if (!link->plain_there) {
        sim_send_slowly(self, request, link);
    } else if (link->latency) {
        sim_resume_drawn(target, request, link->latency, frame->number, sim_arrive);
    } else {
        request->owner = target;
        request->resume = sim_arrive;
        sim_wake(sim, request);
    }
}

/* One attempt: sends the request, whose top frame is new and has its number. */
static void send(struct component *self, struct request *request, struct link *link)
{
    request_frame(request)->place = link->place;
    if (link->policy.timeout_ns != SIM_TIME_NEVER)
        start_timeout(self, request, link->policy.timeout_ns);
    deliver(self, request, link);
}

void sim_hand_on(struct component *self, struct request *request, struct link *link)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);

    SIM_ASSERT(sim, self, request->top > request->base && link->asked && link->asked->target == self);
    self->finished[OUTCOME_OK]++;
    self->in_flight_area += (uint64_t)sim->now_ns;
    histogram_add(&self->group->latency_ok, sim->now_ns - frame->entered_ns);
    request->outcome = OUTCOME_OK;
    frame->place = link->place;
    deliver(sim->components[(frame - 1)->component], request, link);
}

/* Any call: one that has a timeout, takes time, may be repeated or would nest the C stack too deep. */
void sim_call_in_full(struct component *self, struct request *request, struct link *link)
{
    request_frame(request)->attempt = 0;
    if (link->policy.retries_max)
        *question_of(self->sim, request) =
            (struct call_question){ .bytes = request->bytes,
                                    .rows = request->rows,
                                    .operation = request->operation,
                                    .query = request->query };
    request->top++;
    send(self, request, link);
}

/* ---- retries ---- */

void sim_restore_question(const struct sim *sim, struct request *request)
{
    const struct call_question *question = question_of(sim, request);

    request->bytes = question->bytes;
    request->rows = question->rows;
    request->operation = question->operation;
    request->query = question->query;
}

/* The pause is over, or there was none: the next attempt leaves. */
static void resend(struct component *caller, struct request *request)
{
    struct link *link = &caller->sim->links[request_last_link(request)];
    uint8_t attempt = request_frame(request)->attempt;

    if (link->asked)
        link = link->asked;
    sim_restore_question(caller->sim, request);
    if (caller->group->type->is_source)
        caller->sim->classes[request->request_class]->retries++;
    request->top++;
    request_frame(request)->number = rng_hash(request_frame(request)->number, NUMBER_RETRY + attempt);
    send(caller, request, link);
}

bool sim_pauses_before_retry(const struct request *request)
{
    return request->resume == resend;
}

int64_t call_backoff_ns(const struct call_policy *policy, uint32_t attempt, struct rng *rng)
{
    uint32_t doublings = attempt - 1 < BACKOFF_DOUBLINGS_MAX ? attempt - 1 : BACKOFF_DOUBLINGS_MAX;
    double pause_ns = (double)policy->backoff_ns * (double)(UINT64_C(1) << doublings);

    if (pause_ns > (double)policy->backoff_max_ns)
        pause_ns = (double)policy->backoff_max_ns;
    if (policy->backoff_jitter)
        pause_ns *= rng_uniform(rng);
    return sim_time_from_ns(pause_ns);
}

/* Repeats a failed call if the policy says so; false: the caller is to hear of the failure. */
static bool retry(struct component *caller, struct request *request, struct link *link)
{
    struct frame *frame = request_frame(request);
    struct rng rng;
    int64_t pause_ns;

    if (frame->attempt >= link->policy.retries_max || !(link->policy.retry_on & 1u << request->outcome))
        return false;
    frame->attempt++;
    rng = rng_for_request(link->draw_key, rng_hash((frame + 1)->number, NUMBER_BACKOFF));
    pause_ns = call_backoff_ns(&link->policy, frame->attempt, &rng);
    if (pause_ns > 0)
        sim_resume_after(caller, request, pause_ns, resend);
    else {
        request->owner = caller;
        request->resume = resend;
        sim_wake(caller->sim, request);
    }
    return true;
}

/* ---- failures are told ---- */

static __attribute__((noinline)) void tell_failure(struct component *writer, struct component *server,
                                                   const struct request *request, enum outcome cause)
{
    struct failure_watch *watch = writer->sim->failure_watches;

    if (component_is_down(writer) || writer->group->type->is_source)
        return;
    for (; watch; watch = watch->next)
        watch->saw(watch, writer, server, request, cause);
}

/* The caller hears of a failure: it is the one who knows if nobody is there. True: it asks again. */
static bool hear_failure(struct component *caller, struct request *request, struct link *link)
{
    if (caller->sim->failure_watches && component_is_down(link->target))
        tell_failure(caller, link->target, request, (enum outcome)request->outcome);
    return retry(caller, request, link);
}

/* ---- and back ---- */

/* Ends the innermost timeout of the request. */
static void stop_timeout(struct sim *sim, struct request *request)
{
    uint32_t index = request->timer;

    request->timer = timer_get(&sim->timers, index)->outer;
    timer_stop(&sim->timers, index);
}

/* Pops the top frame and resumes the caller, or ends an orphan. */
static void come_back(struct sim *sim, struct request *request)
{
    struct component *caller;

    if (request->timer && timer_get(&sim->timers, request->timer)->depth == request->top)
        stop_timeout(sim, request);
    if (request->top == request->base) {
        sim->orphans_ended++;
        request_destroy(sim, request);
        return;
    }
    request->top--;
    caller = sim->components[request_frame(request)->component];
    if (request->outcome != OUTCOME_OK && hear_failure(caller, request, &sim->links[request_last_link(request)]))
        return;
    caller->on_reply(caller, request);
}

void sim_come_back(struct component *component, struct request *request)
{
    request->flags &= (uint8_t)~REQUEST_RETURNING;
    come_back(component->sim, request);
}

/* Any answer: one that fails, takes time, ends a timeout or is an orphan's too. */
void sim_reply_in_full(struct component *self, struct request *request, enum outcome outcome)
{
    struct sim *sim = self->sim;
    struct group *group = self->group;
    struct frame *frame = request_frame(request);
    struct link *link = &sim->links[frame->link];

    self->finished[outcome]++;
    self->in_flight_area += (uint64_t)sim->now_ns;
    histogram_add(outcome == OUTCOME_OK ? &group->latency_ok : &group->latency_failed, sim->now_ns - frame->entered_ns);
    request->outcome = (uint8_t)outcome;
    if (__builtin_expect(outcome != OUTCOME_OK && sim->failure_watches, 0))
        tell_failure(self, self, request, outcome);
    if (link->plain_back && !link->latency) {
        come_back(sim, request);
        return;
    }
    request->flags |= REQUEST_RETURNING;
    if (link->plain_back)
        sim_resume_drawn(self, request, link->latency, ~frame->number, sim_come_back);
    else
        sim_reply_slowly(self, request, link);
}

/* The end of a request with a longer or shorter latency than any before. */
void sim_cover_and_finish(struct component *self, struct request *request, enum outcome outcome)
{
    struct request_class *class = self->sim->classes[request->request_class];

    histogram_widen(outcome == OUTCOME_OK ? &class->latency_ok : &class->latency_failed,
                    self->sim->now_ns - request->frames[0].entered_ns);
    sim_finish(self, request, outcome);
}

/* ---- timeouts ---- */

/* All timers of a request from `index` outwards now belong to the request at `owner`. */
static void hand_over_timers(struct sim *sim, uint32_t index, uint32_t owner)
{
    for (; index; index = timer_get(&sim->timers, index)->outer) {
        struct timer *timer = timer_get(&sim->timers, index);

        timer->due.order = (timer->due.order & ~(uint64_t)EVENT_PAYLOAD_MASK) | owner;
    }
}

/* Frames 0 to depth, and what each asks. */
static void copy_request(const struct sim *sim, struct request *to, const struct request *from, uint8_t depth)
{
    uint32_t index = to->index;

    memcpy(to, from, sizeof *to + (depth + 1u) * sizeof(struct frame));
    to->index = index;
    if (sim->questions_offset)
        memcpy((char *)to + sim->questions_offset, (const char *)from + sim->questions_offset,
               (depth + 1u) * sizeof(struct call_question));
}

/* Splits the request below the call that ran out of time: returns the caller's part; what was called goes
 * on as an orphan in the old place, with the timeouts inside it. */
static struct request *split(struct sim *sim, struct request *orphan, uint32_t expired, uint8_t depth, uint32_t outer)
{
    struct component *owner = sim->components[orphan->frames[depth - 1].component];
    struct request *caller = request_create(owner, 0);

    sim->moves++;
    copy_request(sim, caller, orphan, depth);
    caller->resume = NULL;
    caller->top = (uint8_t)(depth - 1);
    caller->children = 0;
    caller->flags &= (uint8_t)~(REQUEST_IN_TRANSIT | REQUEST_RETURNING | REQUEST_ABSENT | REQUEST_STALE);
    caller->timer = outer;
    hand_over_timers(sim, outer, caller->index);
    if (orphan->timer == expired)
        orphan->timer = 0;
    else
        for (uint32_t i = orphan->timer; i; i = timer_get(&sim->timers, i)->outer)
            if (timer_get(&sim->timers, i)->outer == expired)
                timer_get(&sim->timers, i)->outer = 0;
    orphan->base = depth;
    orphan->parent = 0;
    orphan->flags |= REQUEST_ORPHAN;
    return caller;
}

/* ---- crashes: what fault.c does to requests ---- */

/* Splits the request in front of frame `depth`, whose caller has died: returns the caller's part. */
struct request *sim_split(struct sim *sim, struct request *called, uint8_t depth)
{
    uint32_t index = called->timer, outer;
    struct request *caller;
    bool limited;

    while (index && timer_get(&sim->timers, index)->depth > depth)
        index = timer_get(&sim->timers, index)->outer;
    limited = index && timer_get(&sim->timers, index)->depth == depth;
    outer = limited ? timer_get(&sim->timers, index)->outer : index;
    caller = split(sim, called, index, depth, outer);
    if (limited)
        timer_stop(&sim->timers, index);
    return caller;
}

/* The event that was out for a request that is gone. */
static void gone_resume(struct component *self, struct request *request)
{
    request_destroy(self->sim, request);
}

/* Gives the request another place, and leaves in the old one what an event that is still out will find. */
struct request *sim_move(struct sim *sim, struct request *request)
{
    struct request *moved = request_create(request->owner, 0);

    sim->moves++;
    copy_request(sim, moved, request, request->top);
    hand_over_timers(sim, request->timer, moved->index);
    sim_abandon(request);
    return moved;
}

void sim_abandon(struct request *request)
{
    request->state = REQUEST_GONE;
    request->flags = 0;
    request->resume = gone_resume;
}

/* A branch that has called somebody, and whose component has died: what it called goes on as an orphan. */
void sim_detach_branch(struct sim *sim, struct request *branch)
{
    uint32_t index = branch->timer, inner = 0;

    while (index && timer_get(&sim->timers, index)->depth > 1) {
        inner = index;
        index = timer_get(&sim->timers, index)->outer;
    }
    if (inner)
        timer_get(&sim->timers, inner)->outer = 0;
    else
        branch->timer = 0;
    if (index)
        timer_stop(&sim->timers, index);
    branch->base = 1;
    branch->parent = 0;
    branch->flags |= REQUEST_ORPHAN;
}

/* ---- a timeout ---- */

void sim_timer_fire(struct sim *sim)
{
    struct timer fired;
    uint32_t index = timers_pop(&sim->timers, &fired);
    struct request *request = sim_request(sim, event_payload(fired.due)), *called;
    struct component *component;
    struct link *link;

    if (request->state == REQUEST_TICKER) {
        request->resume(request->owner, request);
        return;
    }
    sim->timeouts++;
    called = request;
    request = split(sim, called, index, fired.depth, fired.outer);
    request->outcome = OUTCOME_TIMEOUT;
    component = sim->components[request_frame(request)->component];
    link = &sim->links[request_last_link(request)];
    if (called->top == called->base && sim_waits_for_connection(called))
        sim_connection_leave_line(component, link, called);
    else
        sim_connection_drop(component, link);
    if (sim->failure_watches)
        tell_failure(component, link->target, request, OUTCOME_TIMEOUT);
    if (!retry(component, request, link))
        component->on_reply(component, request);
}
