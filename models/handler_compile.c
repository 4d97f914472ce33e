/* handler_compile.c - makes one program of all handlers of a component; see handler.h.
 *
 * Layout. A step that calls:  CALL, on_miss steps, [JUMP end, on_error steps], end. A choose: CHOOSE,
 * then each arm with a JUMP end. A repeat: its steps, AGAIN. A parallel: FORK, each branch with an
 * END_BRANCH, on_error steps, end. A step about a row of another data set is a FORK of one branch that
 * holds the step without its data. Copies: FORK_COPIES, WRITE_COPY, END_COPY, on_error steps, end; each copy
 * runs the two in the middle. Where versions are deployed: ENTER first (TAKEN in a consumer), WORK in the place
 * of COMPUTE, LEAVE before RESPOND, and after a call to a store or a queue READ, WRITTEN or PUBLISHED, whose
 * on_error is the call's. Calls of one policy to one component share their links, and with them
 * their connections.
 * Ownership: program, arms and choosers are the run's. Cost: O(steps x their targets), once.
 */
#include <stdio.h>
#include <string.h>

#include "models/cache.h"
#include "models/database_kind.h"
#include "models/environment.h"
#include "models/handler.h"
#include "models/query.h"
#include "models/repeats.h"

#define QUESTION_BYTES 200 /* an HTTP request or a query without data */

/* Children of different kinds are numbered apart, so that one kind does not change the draws of another. The
 * number has 24 bits; the iteration of a repeat is above them. */
#define BRANCH_OF_DATA (UINT32_C(1) << 22)
#define BRANCH_OF_REPEAT (UINT32_C(2) << 22)
#define BRANCH_OF_SESSION (UINT32_C(3) << 22) /* and an enum session_op in the lowest bits */
#define SESSION_OP_BITS 3

/* Purposes of draws, counted within a handler. */
enum purpose { PURPOSE_COMPUTE, PURPOSE_WAIT, PURPOSE_CHOOSE, PURPOSE_FAIL, PURPOSE_ROWS, PURPOSE_COUNT };

static const char *const purpose_names[PURPOSE_COUNT] = { "compute", "wait", "choose", "fail", "rows" };

/* A component that is called, under one policy. */
struct call_target {
    struct group *group;
    struct call_config policy;
    struct link **links;
};

struct compiler {
    struct group *group;
    struct memory *memory;
    struct instruction *program;
    uint32_t length, room;
    struct call_target *targets; /* of the component */
    size_t target_count;

    /* of the handler */
    const char *name;
    uint32_t drawn[PURPOSE_COUNT];
    uint32_t *calls; /* to each group of the run */
    uint32_t branches, inner_repeats, sessions;
    bool in_repeat; /* of this frame */
    const struct web_sessions *web_sessions;
    bool has_versions;
};

/* How a verb that calls does it. */
struct verb_row {
    size_t target; /* offset of the component's name in struct step_config */
    enum operation operation;
    bool carries_rows;
};

#define TARGET(member) offsetof(struct step_config, member)

static const struct verb_row call_verbs[STEP_VERB_COUNT] = {
    [STEP_READ] = { TARGET(read), OPERATION_READ, false },
    [STEP_WRITE] = { TARGET(write), OPERATION_WRITE, true },
    [STEP_INSERT] = { TARGET(insert), OPERATION_INSERT, true },
    [STEP_DELETE] = { TARGET(delete), OPERATION_DELETE, false },
    [STEP_APPLY] = { TARGET(apply), OPERATION_APPLY, true },
    [STEP_JOIN] = { TARGET(join), OPERATION_READ, false },
    [STEP_GET] = { TARGET(get), OPERATION_GET, false },
    [STEP_PUT] = { TARGET(put), OPERATION_PUT, true },
    [STEP_DROP] = { TARGET(drop), OPERATION_DELETE, false },
    [STEP_CALL] = { TARGET(call), OPERATION_READ, false },
    [STEP_PUBLISH] = { TARGET(publish), OPERATION_INSERT, false },
};

static void compile_steps(struct compiler *compiler, const struct param_list *list);
static void compile_step(struct compiler *compiler, const struct step_config *step);

/* ---- emitting ---- */

/* Appends an instruction and returns its place. Pointers into the program do not outlast this. */
static uint16_t emit(struct compiler *compiler, enum handler_op op)
{
    if (compiler->length == compiler->room) {
        compiler->room = compiler->room ? 2 * compiler->room : 32;
        compiler->program =
            memory_grow(compiler->memory, compiler->program, compiler->room * sizeof *compiler->program);
    }
    SIM_ASSERT(compiler->group->sim, compiler->group->instances[0],
               compiler->length < HANDLER_INSTRUCTIONS_MAX);
    compiler->program[compiler->length].run = handler_ops[op];
    return (uint16_t)compiler->length++;
}

static uint16_t here(const struct compiler *compiler)
{
    return (uint16_t)compiler->length;
}

/* "view.compute", "view.compute.2": what the next draw of that kind is for. */
static void name_purpose(struct compiler *compiler, enum purpose purpose, char *text, size_t size)
{
    uint32_t ordinal = ++compiler->drawn[purpose];

    if (ordinal == 1)
        snprintf(text, size, "%s.%s", compiler->name, purpose_names[purpose]);
    else
        snprintf(text, size, "%s.%s.%u", compiler->name, purpose_names[purpose], ordinal);
}

static uint64_t purpose_key(struct compiler *compiler, enum purpose purpose)
{
    char text[128];

    name_purpose(compiler, purpose, text, sizeof text);
    return rng_key(compiler->group->sim->seed, compiler->group->name, text);
}

static void compile_duration(struct compiler *compiler, enum handler_op op, enum purpose purpose,
                             const struct distribution_config *config)
{
    uint16_t at = emit(compiler, op);
    char text[128];

    name_purpose(compiler, purpose, text, sizeof text);
    duration_init(&compiler->program[at].duration, compiler->group, text, config);
}

/* Where the instruction goes on when all went well, and the steps for when it did not. */
static void compile_rest(struct compiler *compiler, uint16_t at, const struct param_list *on_error)
{
    uint16_t jump;

    if (on_error->count == 0) {
        compiler->program[at].target = here(compiler);
        return;
    }
    jump = emit(compiler, OP_JUMP);
    compiler->program[at].on_error = here(compiler);
    compile_steps(compiler, on_error);
    compiler->program[at].target = compiler->program[jump].target = here(compiler);
}

/* ---- versions: see version.h ---- */

static void compile_enter(struct compiler *compiler)
{
    if (!compiler->has_versions)
        return;
    emit(compiler, OP_ENTER);
    if (model_of(compiler->group)->roles & ROLE_CONSUMER)
        emit(compiler, OP_TAKEN);
}

/* An answer of so many bytes, 0: the server's usual size. */
static void compile_respond(struct compiler *compiler, uint32_t bytes)
{
    uint16_t at;

    if (compiler->has_versions)
        emit(compiler, OP_LEAVE);
    at = emit(compiler, OP_RESPOND);
    compiler->program[at].bytes = bytes;
}

/* What is looked at when a store has answered. */
static enum handler_op op_after(const struct step_config *step)
{
    switch ((enum step_verb)step->verb) {
    case STEP_READ:
    case STEP_JOIN:
    case STEP_GET:
        return OP_READ;
    case STEP_WRITE:
    case STEP_INSERT:
    case STEP_APPLY:
        return OP_WRITTEN;
    case STEP_PUBLISH:
        return OP_PUBLISHED;
    default:
        return OP_COUNT;
    }
}

/* ---- calls ---- */

static bool same_policy(const struct call_config *a, const struct call_config *b)
{
    return a->timeout == b->timeout && a->retries == b->retries && a->backoff == b->backoff &&
           a->backoff_max == b->backoff_max && a->backoff_jitter == b->backoff_jitter;
}

static struct link **links_to(struct compiler *compiler, struct group *target,
                              const struct call_config *config)
{
    struct call_policy policy = call_policy_of(config);
    struct call_target *new;

    for (size_t i = 0; i < compiler->target_count; i++)
        if (compiler->targets[i].group == target && same_policy(&compiler->targets[i].policy, config))
            return compiler->targets[i].links;
    compiler->targets = memory_grow(compiler->memory, compiler->targets,
                                    (compiler->target_count + 1) * sizeof *compiler->targets);
    new = &compiler->targets[compiler->target_count++];
    *new = (struct call_target){ target, *config, sim_link_all(compiler->group, target, &policy) };
    return new->links;
}

/* What the step asks of a store beyond the row of its key. */
static uint8_t query_of_step(const struct compiler *compiler, const struct step_config *step)
{
    struct query query = { .columns = step->columns, .partial = step->partial };
    const char *column = step->where ? step->where : step->on;

    if (column)
        query.column = query_column(compiler->group->sim, column);
    if (step->where)
        query.found = (uint16_t)(step->rows - 1);
    if (step->verb == STEP_JOIN) {
        query.is_join = true;
        query.data = environment_data_set(environment_of(compiler->group->sim), step->of);
        query.rows = (uint16_t)step->rows;
        query.found = (uint16_t)query_rows_found(step->rows, step->hops);
    }
    return query_number(compiler->group->sim, &query);
}

static void compile_call(struct compiler *compiler, const struct step_config *step)
{
    const struct verb_row *verb = &call_verbs[step->verb];
    const char *name;
    struct group *target;
    uint16_t at = emit(compiler, OP_CALL), after;
    struct instruction *instruction = &compiler->program[at];

    memcpy(&name, (const char *)step + verb->target, sizeof name);
    target = sim_find_group(compiler->group->sim, name);
    SIM_ASSERT(compiler->group->sim, compiler->group->instances[0], target != NULL);
    if (step->verb == STEP_APPLY)
        rows_have_copies(compiler->group->sim);
    instruction->operation = (uint8_t)verb->operation;
    instruction->carries_rows = verb->carries_rows && step->request_size == 0;
    instruction->may_miss = step->verb == STEP_GET;
    instruction->rows = step->rows > 0 && step->verb != STEP_JOIN && !step->where ? (uint16_t)step->rows : 1;
    instruction->query = query_of_step(compiler, step);
    if (instruction->query && store_has_parts(target))
        query_make_parts(compiler->group->sim, instruction->query);
    instruction->bytes = step->request_size > 0 ? (uint32_t)step->request_size : QUESTION_BYTES;
    instruction->place = compiler->calls[target->index]++;
    instruction->links = links_to(compiler, target, &step->policy);
    instruction->count = target->count;
    compile_steps(compiler, &step->on_miss);
    if (!compiler->has_versions || op_after(step) == OP_COUNT) {
        compile_rest(compiler, at, &step->on_error);
        return;
    }
    after = emit(compiler, op_after(step));
    compile_rest(compiler, after, &step->on_error);
    compiler->program[at].target = after;
    compiler->program[at].on_error = compiler->program[after].on_error;
}

/* ---- branches ---- */

/* A fork of `count` branches, which are still to be compiled; their numbers begin at `first`. */
static uint16_t emit_fork(struct compiler *compiler, uint32_t first, uint32_t count)
{
    uint16_t at = emit(compiler, OP_FORK);

    compiler->program[at].place = first;
    compiler->program[at].count = count;
    compiler->program[at].fork.branches = memory_alloc_array(compiler->memory, count, sizeof(uint16_t));
    return at;
}

/* One step as a branch: a frame of its own, in which no repeat has begun. */
static void compile_branch(struct compiler *compiler, uint16_t fork, uint32_t index,
                           const struct step_config *step)
{
    uint16_t *branches = (uint16_t *)(uintptr_t)compiler->program[fork].fork.branches;
    bool in_repeat = compiler->in_repeat;

    branches[index] = here(compiler);
    compiler->in_repeat = false;
    compile_step(compiler, step);
    emit(compiler, OP_END_BRANCH);
    compiler->in_repeat = in_repeat;
}

/* Copies of a branch run the same instructions; each is a child with a number of its own, and so draws
 * anew. */
static void repeat_branches(struct compiler *compiler, uint16_t fork, uint32_t count)
{
    uint16_t *branches = (uint16_t *)(uintptr_t)compiler->program[fork].fork.branches;

    for (uint32_t i = count; i < compiler->program[fork].count; i++)
        branches[i] = branches[i - count];
}

static void compile_parallel(struct compiler *compiler, const struct step_config *step)
{
    const struct step_config *steps = step->parallel.items;
    uint32_t count = (uint32_t)step->parallel.count;
    uint32_t all = count * (step->copies > 1 ? (uint32_t)step->copies : 1);
    uint16_t fork = emit_fork(compiler, compiler->branches + 1, all);

    compiler->branches += all;
    for (uint32_t i = 0; i < count; i++)
        compile_branch(compiler, fork, i, &steps[i]);
    repeat_branches(compiler, fork, count);
    compile_rest(compiler, fork, &step->on_error);
}

/* The branch stands behind the fork, which does not run into it. */
static void compile_write_copies(struct compiler *compiler, const struct step_config *step)
{
    struct group *store = sim_find_group(compiler->group->sim, step->write_copies);
    uint16_t fork = emit(compiler, OP_FORK_COPIES);
    uint16_t at = emit(compiler, OP_WRITE_COPY);
    uint16_t end = emit(compiler, OP_END_COPY);
    struct instruction *call = &compiler->program[at];

    compiler->program[fork].place = compiler->branches + 1;
    compiler->branches += (uint32_t)repeats_most(compiler->group->sim);
    call->links = links_to(compiler, store, &step->policy);
    call->count = store->count;
    call->place = compiler->calls[store->index]++;
    call->bytes = step->request_size > 0 ? (uint32_t)step->request_size : QUESTION_BYTES;
    call->carries_rows = step->request_size == 0;
    call->target = call->on_error = end; /* which looks at the outcome */
    compile_rest(compiler, fork, &step->on_error);
}

/* The step in a child that is about a row of that data set. */
static void compile_about_other_row(struct compiler *compiler, const struct step_config *step)
{
    const struct environment *environment = environment_of(compiler->group->sim);
    const struct param_list no_hot_rows = { 0, NULL };
    struct row_chooser *chooser = memory_alloc(compiler->memory, sizeof *chooser);
    uint16_t data = environment_data_set(environment, step->data);
    struct step_config same = *step;
    char purpose[128];
    uint16_t fork;

    SIM_ASSERT(compiler->group->sim, compiler->group->instances[0], data > 0);
    name_purpose(compiler, PURPOSE_ROWS, purpose, sizeof purpose);
    row_chooser_init(chooser, compiler->group, purpose, &environment->data_sets[data - 1], -1, (double)NAN,
                     &no_hot_rows);
    fork = emit_fork(compiler, BRANCH_OF_DATA | compiler->drawn[PURPOSE_ROWS], 1);
    compiler->program[fork].fork.chooser = chooser;
    compiler->program[fork].fork.data = data;
    same.data = NULL;
    compile_branch(compiler, fork, 0, &same);
    compiler->program[fork].target = here(compiler);
}

/* ---- the others ---- */

/* A frame counts the iterations of one repeat; one inside another gets a frame of its own. */
static void compile_repeat(struct compiler *compiler, const struct step_config *step)
{
    uint16_t start, at;

    if (compiler->in_repeat) {
        uint16_t fork = emit_fork(compiler, BRANCH_OF_REPEAT | ++compiler->inner_repeats, 1);

        compile_branch(compiler, fork, 0, step);
        compiler->program[fork].target = here(compiler);
        return;
    }
    start = here(compiler);
    compiler->in_repeat = true;
    compile_steps(compiler, &step->steps);
    compiler->in_repeat = false;
    at = emit(compiler, OP_AGAIN);
    compiler->program[at].times = (uint8_t)step->repeat;
    compiler->program[at].target = start;
}

static void compile_choose(struct compiler *compiler, const struct step_config *step)
{
    const struct arm_config *configs = step->choose.items;
    size_t count = step->choose.count;
    struct handler_arm *arms = memory_alloc_array(compiler->memory, count, sizeof *arms);
    uint16_t *jumps = memory_alloc_array(compiler->memory, count, sizeof *jumps);
    uint16_t at = emit(compiler, OP_CHOOSE);
    double weight = 0.0;

    compiler->program[at].choose.arms = arms;
    compiler->program[at].choose.draw_key = purpose_key(compiler, PURPOSE_CHOOSE);
    compiler->program[at].count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        weight += configs[i].weight;
        arms[i] = (struct handler_arm){ weight, here(compiler) };
        compile_steps(compiler, &configs[i].steps);
        jumps[i] = emit(compiler, OP_JUMP);
    }
    for (size_t i = 0; i < count; i++)
        compiler->program[jumps[i]].target = here(compiler);
    memory_free(compiler->memory, jumps);
}

/* ---- sessions ----
 *
 * open: FORK the store's answer, SESSION find, FORK log in, FORK store it, SESSION make, end; what is in a
 * store or in log_in is left out where there is none. A failure of any of them goes to on_error. */

static uint16_t emit_session(struct compiler *compiler, enum session_op what)
{
    uint16_t at = emit(compiler, OP_SESSION);

    compiler->program[at].operation = (uint8_t)what;
    return at;
}

static uint16_t emit_session_fork(struct compiler *compiler, enum session_op what)
{
    uint32_t number = compiler->sessions << SESSION_OP_BITS | (uint32_t)what;
    uint16_t fork = emit_fork(compiler, BRANCH_OF_SESSION | number, 1);

    ((uint16_t *)(uintptr_t)compiler->program[fork].fork.branches)[0] = here(compiler);
    return fork;
}

static void end_session_fork(struct compiler *compiler, uint16_t fork, enum session_op what)
{
    uint16_t at = emit(compiler, OP_END_SESSION);

    compiler->program[at].operation = (uint8_t)what;
    compiler->program[fork].target = here(compiler);
}

/* A cache before a store takes what is to reach the store as a write. */
static enum operation operation_on_session(const struct group *store, enum session_op what)
{
    if (what == SESSION_FIND)
        return OPERATION_GET;
    if (what == SESSION_REMOVE)
        return OPERATION_DELETE;
    return store->type == &cache_model.component && ((const struct cache_config *)store->config)->store
               ? OPERATION_WRITE
               : OPERATION_PUT;
}

/* Returns the fork, whose on_error is still to be set. */
static uint16_t compile_session_call(struct compiler *compiler, enum session_op what)
{
    const struct web_sessions_config *config = compiler->web_sessions->config;
    struct group *store = sim_find_group(compiler->group->sim, config->store);
    uint16_t fork = emit_session_fork(compiler, what);
    uint16_t at = emit(compiler, OP_CALL);
    struct instruction *call = &compiler->program[at];

    compiler->program[fork].fork.data = compiler->web_sessions->data;
    call->operation = (uint8_t)operation_on_session(store, what);
    call->carries_rows = what == SESSION_MAKE || what == SESSION_KEEP;
    call->rows = 1;
    call->bytes = QUESTION_BYTES;
    call->links = links_to(compiler, store, &config->call);
    call->count = store->count;
    call->target = call->on_error = here(compiler);
    end_session_fork(compiler, fork, what);
    return fork;
}

/* Draws and places as of a handler of that name, which are the same wherever it is needed. */
static uint16_t compile_log_in(struct compiler *compiler)
{
    struct compiler outer = *compiler;
    uint16_t fork = emit_session_fork(compiler, SESSION_LOG_IN);

    compiler->name = "log_in";
    memset(compiler->drawn, 0, sizeof compiler->drawn);
    compiler->branches = compiler->inner_repeats = 0;
    compiler->in_repeat = false;
    compiler->calls = memory_alloc_array(compiler->memory, GROUPS_MAX, sizeof *compiler->calls);
    compile_steps(compiler, &compiler->web_sessions->config->log_in);
    memory_free(compiler->memory, compiler->calls);
    end_session_fork(compiler, fork, SESSION_LOG_IN);
    compiler->name = outer.name;
    memcpy(compiler->drawn, outer.drawn, sizeof compiler->drawn);
    compiler->branches = outer.branches;
    compiler->inner_repeats = outer.inner_repeats;
    compiler->in_repeat = outer.in_repeat;
    compiler->calls = outer.calls;
    return fork;
}

static void compile_session(struct compiler *compiler, const struct step_config *step)
{
    static const enum session_op last[] = { [SESSION_OPEN] = SESSION_MAKE,
                                            [SESSION_BEGIN] = SESSION_MAKE,
                                            [SESSION_SAVE] = SESSION_KEEP,
                                            [SESSION_END] = SESSION_REMOVE };
    const struct web_sessions_config *config = compiler->web_sessions->config;
    uint16_t forks[3], fork_count = 0, find = 0, jump;

    compiler->sessions++;
    if (step->session == SESSION_OPEN) {
        if (config->store)
            forks[fork_count++] = compile_session_call(compiler, SESSION_FIND);
        find = emit_session(compiler, SESSION_FIND);
    }
    if (last[step->session] == SESSION_MAKE && config->log_in.count)
        forks[fork_count++] = compile_log_in(compiler);
    if (config->store)
        forks[fork_count++] = compile_session_call(compiler, last[step->session]);
    emit_session(compiler, last[step->session]);
    if (step->on_error.count && fork_count) {
        jump = emit(compiler, OP_JUMP);
        for (uint16_t i = 0; i < fork_count; i++)
            compiler->program[forks[i]].on_error = here(compiler);
        compile_steps(compiler, &step->on_error);
        compiler->program[jump].target = here(compiler);
    }
    if (find)
        compiler->program[find].target = here(compiler);
}

static void compile_step(struct compiler *compiler, const struct step_config *step)
{
    uint16_t at;

    if (step->data) {
        compile_about_other_row(compiler, step);
        return;
    }
    switch ((enum step_verb)step->verb) {
    case STEP_COMPUTE:
        compile_duration(compiler, compiler->has_versions ? OP_WORK : OP_COMPUTE, PURPOSE_COMPUTE,
                         &step->compute);
        break;
    case STEP_WAIT:
        compile_duration(compiler, OP_WAIT, PURPOSE_WAIT, &step->wait);
        break;
    case STEP_PARALLEL:
        compile_parallel(compiler, step);
        break;
    case STEP_SEQUENCE:
        compile_steps(compiler, &step->sequence);
        break;
    case STEP_CHOOSE:
        compile_choose(compiler, step);
        break;
    case STEP_REPEAT:
        compile_repeat(compiler, step);
        break;
    case STEP_FAIL:
        at = emit(compiler, OP_FAIL);
        compiler->program[at].fail.share = step->fail;
        compiler->program[at].fail.draw_key = purpose_key(compiler, PURPOSE_FAIL);
        break;
    case STEP_SESSION:
        compile_session(compiler, step);
        break;
    case STEP_WRITE_COPIES:
        compile_write_copies(compiler, step);
        break;
    case STEP_RESPOND:
        compile_respond(compiler, (uint32_t)step->respond);
        break;
    default:
        compile_call(compiler, step);
    }
}

static void compile_steps(struct compiler *compiler, const struct param_list *list)
{
    const struct step_config *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        compile_step(compiler, &steps[i]);
}

void handlers_compile(struct handler_shared *shared, struct group *group, const struct param_list *handlers)
{
    const struct handler_config *items = handlers->items;
    struct compiler compiler = {
        .group = group, .memory = &group->sim->memory, .web_sessions = shared->sessions
    };

    shared->versions = versions_of(group);
    compiler.has_versions = shared->versions != NULL;
    emit(&compiler, OP_GIVE_UP);
    shared->handlers = handlers;
    shared->entries = memory_alloc_array(compiler.memory, handlers->count, sizeof *shared->entries);
    for (size_t i = 0; i < handlers->count; i++) {
        compiler.name = items[i].name;
        memset(compiler.drawn, 0, sizeof compiler.drawn);
        compiler.branches = compiler.inner_repeats = compiler.sessions = 0;
        compiler.calls = memory_alloc_array(compiler.memory, GROUPS_MAX, sizeof *compiler.calls);
        shared->entries[i] = here(&compiler);
        compile_enter(&compiler);
        compile_steps(&compiler, &items[i].steps);
        compile_respond(&compiler, 0);
        memory_free(compiler.memory, compiler.calls);
    }
    memory_free(compiler.memory, compiler.targets);
    shared->program = compiler.program;
    shared->length = compiler.length;
}
