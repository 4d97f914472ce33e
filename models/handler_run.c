/* handler_run.c - runs compiled handlers; see handler.h. */
#include "models/handler.h"

#include "models/environment.h"
#include "models/query.h"
#include "models/repeats.h"
#include "models/routing.h"

/* A question that carries rows and does not know how large they are. */
#define ROW_BYTES_UNKNOWN 1000

/* The number that this iteration of the visit draws for. */
static inline uint64_t draw_number(const struct frame *frame)
{
    return frame->note ? rng_hash(frame->number, frame->note) : frame->number;
}

/* Different in each iteration of a repeat. */
static inline uint32_t place_of(const struct instruction *instruction, const struct frame *frame)
{
    return instruction->place | (uint32_t)frame->note << 24;
}

/* The innermost frame of a branch is its component's own, not one of a caller. */
static bool is_branch(const struct request *request)
{
    return request->parent != 0 && request->top == 0;
}

/* ---- ends ---- */

/* All branches have ended. */
static void after_fork(struct component *self, struct request *parent)
{
    const struct handler_shared *shared = self->shared;
    struct frame *frame = request_frame(parent);
    const struct instruction *instruction = &shared->program[frame->step];

    frame->step = parent->outcome == OUTCOME_OK ? instruction->target : instruction->on_error;
    handler_run(self, parent);
}

static void end_branch(struct component *self, struct request *child, enum outcome outcome)
{
    struct sim *sim = self->sim;
    struct request *parent = sim_request(sim, child->parent);

    child->outcome = (uint8_t)outcome;
    parent->flags |= child->flags & REQUEST_STALE;
    parent = sim_join(self, child);
    if (!parent)
        return;
    if (++sim->nesting < NESTING_MAX) {
        after_fork(self, parent);
        return;
    }
    parent->owner = self; /* branches that take no time do not nest the C stack without bound */
    parent->resume = after_fork;
    sim_wake(sim, parent);
}

static void end(struct component *self, struct request *request, enum outcome outcome, uint32_t bytes)
{
    const struct handler_shared *shared = self->shared;

    if (is_branch(request)) {
        end_branch(self, request, outcome);
        return;
    }
    request->flags &= (uint8_t)~REQUEST_ABSENT; /* a cache's word, nobody else's */
    shared->end(self, request, outcome, bytes);
}

/* ---- instructions ----
 *
 * Each ends by giving the request away, or by running the next instruction: as its last act, which
 * compilers turn into a jump. */

static void go_on_after_failure(struct component *self, struct request *request,
                                const struct instruction *instruction, enum outcome outcome)
{
    request->outcome = (uint8_t)outcome;
    request_frame(request)->step = instruction->on_error;
    handler_run(self, request);
}

static void run_give_up(struct component *self, struct request *request,
                        const struct instruction *instruction)
{
    end(self, request, (enum outcome)request->outcome, instruction->bytes);
}

static void run_compute(struct component *self, struct request *request,
                        const struct instruction *instruction)
{
    const struct handler_runner *runner = component_state(self);
    struct frame *frame = request_frame(request);

    frame->step++;
    if (!host_compute(runner->host, self, request,
                      duration_sample(&instruction->duration, draw_number(frame))))
        go_on_after_failure(self, request, instruction, OUTCOME_REFUSED);
}

static void run_wait(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);

    frame->step++;
    sim_resume_drawn(self, request, &instruction->duration, draw_number(frame), self->on_timer);
}

/* Size of a question with the rows themselves in it. */
static uint32_t bytes_with_rows(const struct sim *sim, const struct request *request,
                                const struct instruction *instruction)
{
    uint64_t row_bytes = ROW_BYTES_UNKNOWN, bytes;

    if (request->data)
        row_bytes = query_row_bytes(query_of(sim, request),
                                    &environment_of(sim)->data_sets[request->data - 1]);
    if (__builtin_mul_overflow(row_bytes, instruction->rows, &bytes) ||
        bytes > UINT32_MAX - instruction->bytes)
        return UINT32_MAX;
    return (uint32_t)bytes + instruction->bytes;
}

static void run_call(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);
    uint32_t place = place_of(instruction, frame);
    uint32_t index = 0;

    request->operation = instruction->operation;
    request->rows = instruction->rows;
    request->query = instruction->query;
    request->bytes =
        instruction->carries_rows ? bytes_with_rows(self->sim, request, instruction) : instruction->bytes;
    if (instruction->count > 1)
        index = route_instance(instruction->links[0]->target->group, request,
                               rng_hash(frame->number, ~(uint64_t)place));
    sim_call(self, request, instruction->links[index], place);
}

static void run_jump(struct component *self, struct request *request, const struct instruction *instruction)
{
    request_frame(request)->step = instruction->target;
    handler_run(self, request);
}

static void run_choose(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);
    struct rng rng = rng_for_request(instruction->choose.draw_key, draw_number(frame));
    const struct handler_arm *arm = instruction->choose.arms, *last = arm + instruction->count - 1;
    double point = rng_uniform(&rng) * last->weight_before;

    while (arm < last && point >= arm->weight_before)
        arm++;
    frame->step = arm->target;
    handler_run(self, request);
}

/* The frame's note counts iterations. */
static void run_again(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);

    if (++frame->note < instruction->times) {
        frame->step = instruction->target;
    } else {
        frame->note = 0;
        frame->step++;
    }
    handler_run(self, request);
}

/* That of the user is of the session, which will be looked for when the store has answered. */
static uint64_t row_of_branch(const struct component *self, const struct instruction *fork,
                              struct request *child)
{
    const struct handler_shared *shared = self->shared;

    if (fork->fork.chooser)
        return row_chooser_choose(fork->fork.chooser, request_frame(child)->number);
    sticky_prefetch(&shared->sessions->cookies, child->user);
    return child->user;
}

/* The frame stays at the fork until the last branch has ended. */
static void run_fork(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct sim *sim = self->sim;
    uint32_t branch = place_of(instruction, request_frame(request));
    uint32_t first = 0;

    for (uint32_t i = instruction->count; i-- > 0;) { /* all before the first runs: it may end at once */
        struct request *child = sim_fork(self, request, branch + i);
        struct frame *frame = request_frame(child);

        frame->step = instruction->fork.branches[i];
        if (instruction->fork.data) {
            child->data = instruction->fork.data;
            child->key = row_of_branch(self, instruction, child);
        }
        child->next = first;
        first = child->index;
    }
    while (first) {
        struct request *child = sim_request(sim, first);

        first = child->next;
        handler_run(self, child);
    }
}

/* Returns the first of a list by `next`, before which the others come; 0: nothing repeats the row. */
static uint32_t fork_copies(struct component *self, struct request *request,
                            const struct instruction *instruction)
{
    struct sim *sim = self->sim;
    uint32_t branch = place_of(instruction, request_frame(request)), first = 0;

    for (size_t data = environment_of(sim)->data_set_count; data > 0; data--) {
        const struct repeats *repeats = repeats_of(sim, (uint16_t)data);
        uint16_t place;
        uint64_t row;

        if (!repeats || repeats->of != request->data)
            continue;
        for (uint64_t i = 0; repeats_copy(repeats, request->key, i, &row, &place); i++) {
            struct request *child = sim_fork(self, request, branch++);

            request_frame(child)->step = (uint16_t)(request_frame(request)->step + 1u);
            child->data = (uint16_t)data;
            child->key = row;
            child->rows = (uint16_t)(place + 1u);
            child->version = request->version;
            child->next = first;
            first = child->index;
        }
    }
    return first;
}

/* The frame stays at the fork until the last branch has ended. */
static void run_fork_copies(struct component *self, struct request *request,
                            const struct instruction *instruction)
{
    uint32_t next = fork_copies(self, request, instruction);

    if (!next) {
        request_frame(request)->step = instruction->target;
        handler_run(self, request);
    }
    while (next) {
        struct request *child = sim_request(self->sim, next);

        next = child->next;
        handler_run(self, child);
    }
}

/* Of the row that is repeated, in a question that holds it. */
static uint32_t bytes_with_source(const struct sim *sim, const struct request *child,
                                  const struct instruction *instruction)
{
    uint16_t of = sim_request(sim, child->parent)->data;

    return instruction->bytes + (uint32_t)environment_of(sim)->data_sets[of - 1].row_size;
}

static void run_write_copy(struct component *self, struct request *request,
                           const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);
    uint32_t index = 0;

    request->operation = OPERATION_REPEAT;
    request->query = 0;
    request->bytes =
        instruction->carries_rows ? bytes_with_source(self->sim, request, instruction) : instruction->bytes;
    if (instruction->count > 1)
        index = route_instance(instruction->links[0]->target->group, request, frame->number);
    sim_call(self, request, instruction->links[index], instruction->place);
}

/* The parent's version stays that of the row which is repeated; a row that is no more repeats nothing. */
static void run_end_copy(struct component *self, struct request *request,
                         const struct instruction *instruction)
{
    (void)instruction;
    request->version = 0;
    end_branch(self, request,
               request->outcome == OUTCOME_NOT_FOUND ? OUTCOME_OK : (enum outcome)request->outcome);
}

static void run_end_branch(struct component *self, struct request *request,
                           const struct instruction *instruction)
{
    (void)instruction;
    end_branch(self, request, OUTCOME_OK);
}

static void run_fail(struct component *self, struct request *request, const struct instruction *instruction)
{
    struct frame *frame = request_frame(request);
    struct rng rng = rng_for_request(instruction->fail.draw_key, draw_number(frame));

    if (rng_uniform(&rng) >= instruction->fail.share) {
        frame->step++;
        handler_run(self, request);
    } else {
        go_on_after_failure(self, request, instruction, OUTCOME_ERROR);
    }
}

static void run_respond(struct component *self, struct request *request,
                        const struct instruction *instruction)
{
    end(self, request, OUTCOME_OK, instruction->bytes);
}

static void run_session(struct component *self, struct request *request,
                        const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;
    struct frame *frame = request_frame(request);

    frame->step++;
    switch ((enum session_op)instruction->operation) {
    case SESSION_FIND:
        if (web_sessions_find(shared->sessions, self, request))
            frame->step = instruction->target;
        break;
    case SESSION_MAKE:
        web_sessions_make(shared->sessions, self, request);
        break;
    case SESSION_REMOVE:
        web_sessions_remove(shared->sessions, self, request);
        break;
    default:
        web_sessions_keep(shared->sessions, self, request);
    }
    handler_run(self, request);
}

/* Whether the store that was asked has the user's session, in a form that is known here. */
static bool has_session(const struct component *self, const struct request *child)
{
    const struct handler_shared *shared = self->shared;

    return child->outcome == OUTCOME_OK && !(child->flags & REQUEST_ABSENT) &&
           (child->version || !shared->sessions->has_versions) &&
           (!shared->versions || version_reads(shared->versions, self, child));
}

/* The request goes on as if nothing had been read but whether the session is there. */
static void run_end_session(struct component *self, struct request *child,
                            const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;
    struct request *parent = sim_request(self->sim, child->parent);
    enum outcome outcome = (enum outcome)child->outcome;

    if (instruction->operation == SESSION_FIND) {
        parent->flags &= (uint8_t)~REQUEST_ABSENT;
        if (!has_session(self, child))
            parent->flags |= REQUEST_ABSENT;
    } else if (shared->versions && outcome == OUTCOME_OK && instruction->operation != SESSION_LOG_IN) {
        version_wrote(shared->versions, self, child);
    }
    if (instruction->operation == SESSION_LOG_IN || outcome == OUTCOME_NOT_FOUND)
        outcome = OUTCOME_OK; /* a log in that fails does not come here */
    child->version = 0;
    child->flags &= (uint8_t)~REQUEST_STALE;
    end_branch(self, child, outcome);
}

/* ---- versions: only in the programs of components that versions are deployed on ---- */

static void run_enter(struct component *self, struct request *request, const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;
    const struct handler_runner *runner = component_state(self);

    if (!version_enter(shared->versions, self, request, runner->host) ||
        version_fails(shared->versions, self, request, DEFECT_AT_START)) {
        go_on_after_failure(self, request, instruction, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step++;
    handler_run(self, request);
}

static void run_work(struct component *self, struct request *request, const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;
    const struct handler_runner *runner = component_state(self);
    struct frame *frame = request_frame(request);
    int64_t work_ns = duration_sample(&instruction->duration, draw_number(frame));

    frame->step++;
    if (!host_compute(runner->host, self, request,
                      version_work_ns(shared->versions, self, request, work_ns)))
        go_on_after_failure(self, request, instruction, OUTCOME_REFUSED);
}

static void run_leave(struct component *self, struct request *request, const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;

    if (!is_branch(request) && version_fails(shared->versions, self, request, DEFECT_AT_END)) {
        go_on_after_failure(self, request, instruction, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step++;
    handler_run(self, request);
}

static void run_read(struct component *self, struct request *request, const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;

    if (!(request->flags & REQUEST_ABSENT) && !version_reads(shared->versions, self, request)) {
        go_on_after_failure(self, request, instruction, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step++;
    handler_run(self, request);
}

static void run_written(struct component *self, struct request *request,
                        const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;

    (void)instruction;
    version_wrote(shared->versions, self, request);
    request_frame(request)->step++;
    handler_run(self, request);
}

static void run_published(struct component *self, struct request *request,
                          const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;

    (void)instruction;
    version_published(shared->versions, self, request);
    request_frame(request)->step++;
    handler_run(self, request);
}

static void run_taken(struct component *self, struct request *request, const struct instruction *instruction)
{
    const struct handler_shared *shared = self->shared;

    if (!version_takes(shared->versions, self, request)) {
        go_on_after_failure(self, request, instruction, OUTCOME_ERROR);
        return;
    }
    request_frame(request)->step++;
    handler_run(self, request);
}

instruction_function *const handler_ops[OP_COUNT] = {
    [OP_GIVE_UP] = run_give_up,
    [OP_COMPUTE] = run_compute,
    [OP_WAIT] = run_wait,
    [OP_CALL] = run_call,
    [OP_JUMP] = run_jump,
    [OP_CHOOSE] = run_choose,
    [OP_AGAIN] = run_again,
    [OP_FORK] = run_fork,
    [OP_END_BRANCH] = run_end_branch,
    [OP_FAIL] = run_fail,
    [OP_RESPOND] = run_respond,
    [OP_SESSION] = run_session,
    [OP_ENTER] = run_enter,
    [OP_WORK] = run_work,
    [OP_LEAVE] = run_leave,
    [OP_READ] = run_read,
    [OP_WRITTEN] = run_written,
    [OP_PUBLISHED] = run_published,
    [OP_TAKEN] = run_taken,
    [OP_END_SESSION] = run_end_session,
    [OP_FORK_COPIES] = run_fork_copies,
    [OP_WRITE_COPY] = run_write_copy,
    [OP_END_COPY] = run_end_copy,
};

void handler_run(struct component *self, struct request *request)
{
    const struct handler_shared *shared = self->shared;
    const struct instruction *instruction = &shared->program[request_frame(request)->step];

    instruction->run(self, request, instruction);
}

void handler_reply(struct component *self, struct request *request)
{
    const struct handler_shared *shared = self->shared;
    struct frame *frame = request_frame(request);
    const struct instruction *instruction = &shared->program[frame->step];

    if (__builtin_expect(request->outcome != OUTCOME_OK, 0))
        frame->step = instruction->on_error;
    else if (instruction->may_miss && request->flags & REQUEST_ABSENT)
        frame->step++;
    else
        frame->step = instruction->target;
    handler_run(self, request);
}
