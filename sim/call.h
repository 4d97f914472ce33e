/* call.h - the verbs that a model is written with.
 *
 * A component gets on_request (it was called), on_reply (what it called has answered) and on_timer (its
 * delay, its service or its turn in a line has come), and ends each callback with at most one verb on that request:
 *   sim_call      push a frame for the target of a link and send the request there
 *   sim_reply     pop the own frame and resume the caller with an outcome
 *   sim_hand_on   of a name: give the own frame to what the name stands for
 *   sim_after     come back in on_timer after a delay; sim_wait: after a drawn one
 *   station_serve, station_acquire (station.h)   come back when served, when granted
 * After a verb the request belongs to somebody else: do not touch it again.
 *
 * A request's key, user and data set are never changed by whom it visits; to call about something else,
 * fork a child. Sources make requests (sim_start) and end them (sim_finish).
 *
 * Timeout and retry live here, once, for every component: a call that fails is repeated as the link's
 * policy says, and on_reply hears only of the last attempt. A call that times out splits the request: the
 * caller goes on with a new one; what was called stays at work on the old one, an orphan whose
 * answer reaches nobody. A call that still waited for a connection was never sent, and leaves nothing behind. While
 * the caller pauses before a retry it may itself be given up: then its retries go on, as orphans.
 *
 * Numbers, from which all draws come: that of a visit is its caller's, or a hash of it and the `place` of the call; an
 * attempt's is a hash of the one before and how many came before; a child's is one of its parent's and the branch.
 * The second word of these hashes, which also serve draws of the kernel's own, is therefore divided up:
 *   1 to 2^32 - 1    places
 *   NUMBER_RETRY, NUMBER_BACKOFF, NUMBER_SETUP + small numbers
 *   2^64 - 2^32 on   ~branch
 */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include "sim/duration.h"
#include "sim/link.h"
#include "sim/sim.h"

#define NUMBER_RETRY (UINT64_C(1) << 32)
#define NUMBER_BACKOFF (UINT64_C(2) << 32)
#define NUMBER_SETUP (UINT64_C(3) << 32)

/* What the caller had asked, for asking again: those called may have changed it. Behind the frames, one for each; only in
 * runs with calls that are repeated. 8 bytes. */
struct call_question {
    uint32_t bytes;
    uint16_t rows;
    uint8_t operation;
    uint8_t query;
};

_Static_assert(sizeof(struct call_question) == 8, "requests stay aligned");

/* ---- time ---- */

/* The date and place in order of an event of `self`, about the request of that index. */
static inline struct event sim_event_about(struct component *self, uint32_t index, int64_t time_ns)
{
    struct site *site = self->site;
    uint64_t order = site->order;

    site->order = order + EVENT_ORDER_STEP;
    return (struct event){ time_ns, order | index };
}

static inline struct event sim_event(struct component *self, const struct request *request, int64_t time_ns)
{
    return sim_event_about(self, request->index, time_ns);
}

/* Calls resume(owner, request) after delay_ns. */
static inline void sim_resume_after(struct component *owner, struct request *request, int64_t delay_ns, resume_function *resume)
{
    struct sim *sim = owner->sim;

    request->owner = owner;
    request->resume = resume;
    pending_push(&sim->pending, sim_event(owner, request, sim->now_ns + delay_ns));
}

/* Calls resume(owner, request) after a draw of the duration for `number`. */
static inline void sim_resume_drawn(struct component *owner, struct request *request, const struct duration *duration,
                                    uint64_t number, resume_function *resume)
{
    struct sim *sim = owner->sim;

    if (duration->lane) {
        request->owner = owner;
        request->resume = resume;
        lane_push(&sim->lanes, duration->lane, sim_event(owner, request, sim->now_ns + duration->lane->delay_ns));
    } else {
        sim_resume_after(owner, request, duration_sample(duration, number), resume);
    }
}

/* Comes back in on_timer after delay_ns. */
static inline void sim_after(struct component *self, struct request *request, int64_t delay_ns)
{
    sim_resume_after(self, request, delay_ns, self->on_timer);
}

/* Comes back in on_timer after a draw for this visit. */
static inline void sim_wait(struct component *self, struct request *request, const struct duration *duration)
{
    sim_resume_drawn(self, request, duration, request_frame(request)->number, self->on_timer);
}

/* ---- pool ---- */

/* A request with one frame, of `self`, and that number. O(1), no allocation once the pool is warm. */
static inline struct request *request_create(struct component *self, uint64_t number)
{
    struct sim *sim = self->sim;
    uint32_t index = sim->request_free;
    struct request *request;

    if (__builtin_expect(!index, 0))
        index = sim_request_grow(sim);
    request = sim_request(sim, index);
    sim->request_free = request->next;
    request->timer = request->parent = request->version = 0;
    request->children = request->rows = 0;
    request->state = REQUEST_LIVE;
    request->outcome = OUTCOME_OK;
    request->operation = request->flags = request->priority = 0;
    request->base = request->top = request->query = 0;
    request->frames[0] = (struct frame){ .entered_ns = sim->now_ns, .number = number, .component = self->id };
    return request;
}

static inline void request_destroy(struct sim *sim, struct request *request)
{
    request->state = REQUEST_FREE;
    request->next = sim->request_free;
    sim->request_free = request->index;
}

/* ---- call and reply ---- */

/* The rare halves of the verbs below, and what link.c needs; not for models. */
void sim_arrive(struct component *target, struct request *request);
void sim_come_back(struct component *component, struct request *request);
void sim_call_in_full(struct component *self, struct request *request, struct link *link);
void sim_reply_in_full(struct component *self, struct request *request, enum outcome outcome);
void sim_cover_and_finish(struct component *self, struct request *request, enum outcome outcome);
void sim_send_slowly(struct component *self, struct request *request, struct link *link);
void sim_reply_slowly(struct component *self, struct request *request, struct link *link);
bool sim_waits_for_connection(const struct request *request);
bool sim_pauses_before_retry(const struct request *request);
struct request *sim_split(struct sim *sim, struct request *called, uint8_t depth);
struct request *sim_move(struct sim *sim, struct request *request);
void sim_abandon(struct request *request);
void sim_detach_branch(struct sim *sim, struct request *branch);
void sim_connection_leave_line(struct component *caller, struct link *link, struct request *request);

/* A call that takes no time arrives at once, unless the C stack would grow too deep. Answers need not be counted: there is at
 * most one to a call, and what waited for longer has at most FRAMES_MAX callers. */
static inline bool sim_may_nest(const struct sim *sim)
{
    return sim->nesting < NESTING_MAX;
}

/* The request has reached the component of its top frame. */
static inline void sim_enter(struct component *target, struct request *request, struct frame *frame, int64_t now_ns)
{
    frame->entered_ns = now_ns;
    target->started++;
    target->in_flight_area -= (uint64_t)now_ns;
    target->on_request(target, request);
}

/* Calls the target of the link. `place` tells this call from the other calls that the visit makes to the same
 * component, so that their draws differ; 0 for the first or only one, and for what passes requests on. */
static inline void sim_call(struct component *self, struct request *request, struct link *link, uint32_t place)
{
    struct sim *sim = self->sim;
    struct frame *caller = request_frame(request);
    struct frame *callee = caller + 1;

    callee->number = place ? rng_hash(caller->number, place) : caller->number;
    if (__builtin_expect(!link->instant_there || !sim_may_nest(sim), 0)) {
        sim_call_in_full(self, request, link);
        return;
    }
    callee->place = link->place;
    request->top++;
    sim->nesting++;
    sim_enter(link->target, request, callee, sim->now_ns);
}

/* Instead of an answer: its caller has called the target of the link, not this component, which is done with it.
 * link: of sim_link_behind(); a limit of time began with the call of this one. The number of the visit stays, so
 * that what is drawn at the target is what a caller who knew it all along would see. */
void sim_hand_on(struct component *self, struct request *request, struct link *link);

/* Makes of an answer the question again: for those who repeat a failed call themselves, over another link. The policy of the
 * link that the call went over has retries, or nothing was kept, and an empty retry_on. */
void sim_restore_question(const struct sim *sim, struct request *request);

/* ns before attempt number `attempt` of further ones (from 1): the policy's backoff, doubled for each before, up to its
 * maximum; drawn from rng where there is jitter. */
int64_t call_backoff_ns(const struct call_policy *policy, uint32_t attempt, struct rng *rng);

/* Answers the caller. Set request->bytes before, to the size of the answer. Here is the usual case, which calls nothing but
 * the caller, and that as its last act: so there is nothing to save and to restore. */
static inline void sim_reply(struct component *self, struct request *request, enum outcome outcome)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);
    struct link *link = &sim->links[frame->link];
    int64_t latency_ns = sim->now_ns - frame->entered_ns;
    struct component *caller;

    if (__builtin_expect(outcome != OUTCOME_OK || !link->instant_back || request->top == request->base ||
                             !histogram_covers(&self->group->latency_ok, latency_ns),
                         0)) {
        sim_reply_in_full(self, request, outcome);
        return;
    }
    self->finished[OUTCOME_OK]++;
    self->in_flight_area += (uint64_t)sim->now_ns;
    histogram_add_covered(&self->group->latency_ok, latency_ns);
    request->outcome = OUTCOME_OK;
    request->top--;
    caller = sim->components[(frame - 1)->component];
    caller->on_reply(caller, request);
}

/* ---- fan-out ---- */

/* A child of `parent` for one branch of a fan-out, from 1; it is about the same key. Its reply comes to on_reply
 * of `self`, which hands it to sim_join. Fork all before the first call: a child may answer at once. */
struct request *sim_fork(struct component *self, struct request *parent, uint32_t branch);

/* Ends a child; returns its parent when that was the last one, else NULL. The parent's outcome is the
 * first failure among its children. */
struct request *sim_join(struct component *self, struct request *child);

/* ---- sources ---- */

/* A new request of a user. number: see DESIGN, "Randomness"; request_class: of sim_add_class(). */
static inline struct request *sim_start(struct component *self, uint64_t number, uint16_t request_class)
{
    struct request *request = request_create(self, number);
    struct request_class *class = self->sim->classes[request_class];

    request->request_class = request_class;
    self->started++;
    class->started++;
    self->in_flight_area -= (uint64_t)self->sim->now_ns;
    return request;
}

/* The user has the answer, or gives up. The latency counts from frames[0].entered_ns: the date of sim_start() unless
 * the source has set it to when the user meant to send. */
static inline void sim_finish(struct component *self, struct request *request, enum outcome outcome)
{
    struct sim *sim = self->sim;
    struct request_class *class = sim->classes[request->request_class];
    struct histogram *latencies = outcome == OUTCOME_OK ? &class->latency_ok : &class->latency_failed;
    int64_t latency_ns = sim->now_ns - request->frames[0].entered_ns;

    if (__builtin_expect(!histogram_covers(latencies, latency_ns), 0)) {
        sim_cover_and_finish(self, request, outcome);
        return;
    }
    self->finished[outcome]++;
    class->finished[outcome]++;
    self->in_flight_area += (uint64_t)sim->now_ns;
    histogram_add_covered(latencies, latency_ns);
    request_destroy(sim, request);
}

/* ---- clocks ---- */

/* The ticker's next turn. */
static inline void sim_tick_at(struct component *self, struct request *ticker, int64_t time_ns)
{
    ticker->owner = self;
    ticker->resume = self->on_timer;
    pending_push(&self->sim->pending, sim_event(self, ticker, time_ns));
}

/* A timeout or an alarm that is due: see sim_run(). */
void sim_timer_fire(struct sim *sim);

#endif
