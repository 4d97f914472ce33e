/* handler_params.c - the steps that a scenario can write, and what is wrong with them beyond the rows;
 * see handler.h. */
#include <stdio.h>
#include <string.h>

#include "models/handler.h"
#include "models/query.h"

#define BIT(verb) (UINT64_C(1) << (verb))
#define ROW_VERBS (BIT(STEP_READ) | BIT(STEP_WRITE) | BIT(STEP_INSERT) | BIT(STEP_DELETE) | BIT(STEP_JOIN))
#define STORE_VERBS (ROW_VERBS | BIT(STEP_APPLY))
#define CACHE_VERBS (BIT(STEP_GET) | BIT(STEP_PUT) | BIT(STEP_DROP))
#define CALL_VERBS (STORE_VERBS | BIT(STEP_WRITE_COPIES) | CACHE_VERBS | BIT(STEP_CALL) | BIT(STEP_PUBLISH))

/* ---- rows ---- */

static const struct param_table arm_params;

#define STEP_STORE(member, verb_, ...)                                                              \
    PARAM_REFERENCE(struct step_config, member, .verb = verb_, .refers_to = PARAM_REFERS_COMPONENT, \
                    .roles = ROLE_STORE, __VA_ARGS__)
#define STEP_CACHE(member, verb_, ...)                                                              \
    PARAM_REFERENCE(struct step_config, member, .verb = verb_, .refers_to = PARAM_REFERS_COMPONENT, \
                    .roles = ROLE_CACHE, __VA_ARGS__)
#define STEP_LIST(member, ...) PARAM_LIST(struct step_config, member, .table = &step_params, __VA_ARGS__)

static const struct param_row step_rows[] = {
    PARAM_DISTRIBUTION(
        struct step_config, compute, .verb = STEP_COMPUTE,
        .help = "Work for the CPU of the host; it takes longer when others compute at the same time."),
    PARAM_DISTRIBUTION(struct step_config, wait, .verb = STEP_WAIT,
                       .help =
                           "Time that passes without work for the CPU: somebody else's service, a pause."),
    STEP_STORE(read, STEP_READ, .help = "Reads the row from this store."),
    STEP_STORE(write, STEP_WRITE, .help = "Changes the row in this store."),
    STEP_STORE(insert, STEP_INSERT, .help = "Adds a row to this store."),
    STEP_STORE(delete, STEP_DELETE, .help = "Removes the row from this store."),
    PARAM_REFERENCE(struct step_config, apply, .verb = STEP_APPLY, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_COPY,
                    .help = "Brings a change that was made in another store into this one: the row gets the "
                            "version last written, or the one that the message is about, unless it has a "
                            "later one here."),
    STEP_STORE(write_copies, STEP_WRITE_COPIES,
               .help = "Writes what the row says, in the version last read or written, into all rows of this "
                       "store that repeat it, each a write of its own, all at once: after a write of the row "
                       "itself, or later by a worker."),
    STEP_STORE(join, STEP_JOIN,
               .help = "Reads the row from this store together with rows of another table that belong to it, "
                       "each found by its key: the same ones whenever the row is asked for. Of a sharded "
                       "database each shard that has some of them is asked, after the one with the row."),
    STEP_CACHE(
        get, STEP_GET,
        .help = "Looks the key up in this cache; what to do when it is not there say the steps of on_miss."),
    STEP_CACHE(put, STEP_PUT, .help = "Leaves the row, in the version last read or written, in this cache."),
    STEP_CACHE(drop, STEP_DROP, .help = "Takes the key out of this cache: the next look-up misses."),
    PARAM_REFERENCE(struct step_config, call, .verb = STEP_CALL, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_SERVER,
                    .help = "Sends the request on to another server or balancer and waits for the answer."),
    PARAM_REFERENCE(struct step_config, publish, .verb = STEP_PUBLISH, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_QUEUE,
                    .help = "Leaves a message about the request's key in this queue, and goes on when the queue "
                            "has acknowledged it: the work is done later, by workers."),
    STEP_LIST(parallel, .verb = STEP_PARALLEL, .min = 1, .max = HANDLER_BRANCHES_MAX,
              .help = "All at once; the slowest decides when the handler goes on. Several steps of one "
                      "branch go into a sequence."),
    STEP_LIST(sequence, .verb = STEP_SEQUENCE,
              .help = "One after the other: makes a single step of several."),
    PARAM_LIST(struct step_config, choose, .verb = STEP_CHOOSE, .min = 1, .max = 10000, .table = &arm_params,
               .help = "One of several ways to go on, drawn for each request."),
    PARAM_COUNT(struct step_config, repeat, .verb = STEP_REPEAT, .min = 1, .max = 255,
                .help =
                    "Runs its steps so many times, one after the other, each time with draws of its own."),
    PARAM_FRACTION(
        struct step_config, fail, .verb = STEP_FAIL, .max = 1,
        .help = "Share of requests that end here with an error of the application, a defect for instance."),
    PARAM_BYTES(struct step_config, respond, .verb = STEP_RESPOND, .min = 1, .max = 4e9,
                .help = "Ends the handler with an answer of this size instead of the server's usual one."),
    PARAM_CHOICE(struct step_config, session, .verb = STEP_SESSION, .choices = session_verbs,
                 .help = "What is done about the session of the user who asks; where it is kept say the "
                         "server's `sessions`."),

    PARAM_COUNT(struct step_config, copies, .default_text = "1", .min = 1, .max = HANDLER_BRANCHES_MAX,
                .verbs = BIT(STEP_PARALLEL),
                .help = "How many of each branch run at once, each with draws of its own: a page that asks a "
                        "hundred leaves."),
    STEP_LIST(steps, .verbs = BIT(STEP_REPEAT), .help = "What is repeated."),
    STEP_LIST(
        on_miss, .default_text = "[]", .verbs = BIT(STEP_GET),
        .help =
            "Done when the key is not there; cache-aside reads the store and puts the row into the cache."),
    STEP_LIST(on_error, .default_text = "[]", .verbs = CALL_VERBS | BIT(STEP_PARALLEL) | BIT(STEP_SESSION),
              .help = "Done when the step fails, after which the handler goes on; without any it ends with "
                      "that failure."),
    PARAM_REFERENCE(struct step_config, data, .default_text = "\"none\"", .word = "none",
                    .verbs = ROW_VERBS | BIT(STEP_WRITE_COPIES) | CACHE_VERBS | BIT(STEP_PUBLISH),
                    .refers_to = PARAM_REFERS_DATA,
                    .help = "A row drawn anew from this data set, for this step and its on_miss and "
                            "on_error; none: the request's own key."),
    PARAM_COUNT(struct step_config, rows, .default_text = "1", .min = 1, .max = UINT16_MAX,
                .verbs = STORE_VERBS,
                .help = "Rows that the operation touches together: the key's and those after it. Of a join: "
                        "rows of the other table that belong to each row."),
    PARAM_REFERENCE(struct step_config, of, .default_text = "\"same\"", .word = "same",
                    .verbs = BIT(STEP_JOIN), .refers_to = PARAM_REFERS_DATA,
                    .help = "The table whose rows are joined; same: that of the row itself, as friends of a "
                            "user are users."),
    PARAM_COUNT(struct step_config, hops, .default_text = "1", .min = 1, .max = 10000,
                .verbs = BIT(STEP_JOIN),
                .help = "How often joined rows are in turn joined with as many rows each: friends of "
                        "friends are 2 hops. At most 10,000 rows in all."),
    PARAM_COUNT(struct step_config, columns, .default_text = "\"all\"", .word = "all", .word_value = 0,
                .min = 1, .max = 1e6, .verbs = BIT(STEP_READ) | BIT(STEP_WRITE),
                .help = "How many of the row's columns are asked for or changed, the first ones; what that "
                        "spares depends on the kind of the store."),
    PARAM_TEXT(struct step_config, where, .default_text = "\"key\"", .word = "key",
               .verbs = BIT(STEP_READ) | BIT(STEP_WRITE) | BIT(STEP_DELETE),
               .help = "Column (of `column_values`) that the row is looked for by, through an index, as a "
                       "user by an address; with `rows` above 1 up to so many that have the same value. All "
                       "shards of a sharded database are asked, unless this column is its shard key. key: "
                       "the row's own, which says where it is."),
    PARAM_TEXT(struct step_config, on, .default_text = "\"key\"", .word = "key", .verbs = BIT(STEP_JOIN),
               .help = "Column of the joined table that has the number of the row, as comments have that of "
                       "their post: up to `rows` rows with it are joined, all found at one place of its "
                       "index. All shards are asked for them, unless this column is the shard key. key: the "
                       "row has their keys."),
    PARAM_BOOL(struct step_config, partial, .default_text = "false", .verbs = BIT(STEP_READ) | BIT(STEP_JOIN),
               .help = "Whether an answer will do which lacks the rows of shards that fail, as long as some "
                       "shard answers."),
    PARAM_BYTES(
        struct step_config, request_size, .default_text = "\"automatic\"", .word = "automatic",
        .word_value = 0, .min = 1, .max = 4e9, .verbs = CALL_VERBS,
        .help =
            "Size of the message that asks; automatic: 200 bytes, and the rows where they are sent along."),
    PARAM_END
};

const struct param_table step_params = { .rows = step_rows,
                                         .size = sizeof(struct step_config),
                                         .has_verbs = true,
                                         .verb_offset = PARAM_OFFSET(struct step_config, verb, int),
                                         .also = &call_params,
                                         .also_offset = offsetof(struct step_config, policy),
                                         .help = "one thing that a server does for a request" };

static const struct param_row arm_rows[] = {
    PARAM_REAL(struct arm_config, weight, .default_text = "1", .max = 1e12,
               .help = "How often this way is taken, relative to the weights of the others."),
    PARAM_LIST(struct arm_config, steps, .default_text = "[]", .table = &step_params,
               .help = "What is done then; nothing, when there are none."),
    PARAM_END
};

static const struct param_table arm_params = { .rows = arm_rows,
                                               .size = sizeof(struct arm_config),
                                               .help = "one of the ways to go on" };

static const struct param_row handler_rows[] = { PARAM_LIST(
                                                     struct handler_config, steps, .table = &step_params,
                                                     .help = "What is done for a request, in this order."),
                                                 PARAM_END };

const struct param_table handler_params = { .rows = handler_rows,
                                            .size = sizeof(struct handler_config),
                                            .help = "the steps for requests of one class" };

/* ---- check ---- */

struct step_check {
    struct param_problems *problems;
    char path[1024];
    size_t length;
    bool in_child; /* of the request: a branch, a step with data, a repeat inside a repeat */
    bool in_repeat;
    bool in_log_in;
    bool has_sessions;
};

static void check_steps(struct step_check *check, const struct param_list *list, const char *member);

/* Appends to the path; returns the length to go back to. A path that does not fit is cut: the place is
 * then the part around. */
static size_t enter(struct step_check *check, const char *member, size_t index)
{
    size_t before = check->length;
    int added = snprintf(check->path + before, sizeof check->path - before, "%s%s[%zu]", before ? "." : "",
                         member, index);

    if (added > 0 && (size_t)added < sizeof check->path - before)
        check->length += (size_t)added;
    else
        check->path[before] = '\0';
    return before;
}

static void leave(struct step_check *check, size_t length)
{
    check->length = length;
    check->path[length] = '\0';
}

static void check_arms(struct step_check *check, const struct param_list *arms)
{
    const struct arm_config *items = arms->items;
    double total = 0.0;

    for (size_t i = 0; i < arms->count; i++) {
        size_t length = enter(check, "choose", i);

        total += items[i].weight;
        check_steps(check, &items[i].steps, "steps");
        leave(check, length);
    }
    if (total <= 0.0)
        param_problem(check->problems, check->path, "give at least one of them a weight",
                      "every weight is 0: nothing can be chosen");
}

static void check_branches(struct step_check *check, const struct step_config *step)
{
    if (step->copies > 1 && (uint64_t)step->copies * step->parallel.count > HANDLER_BRANCHES_MAX)
        param_problem(check->problems, check->path, "take fewer copies",
                      "%zu branches in %lld copies: at most %d can run at once", step->parallel.count,
                      (long long)step->copies, HANDLER_BRANCHES_MAX);
}

static bool has_policy(const struct call_config *policy)
{
    return policy->timeout != INT64_MAX || policy->retries > 0;
}

static void check_session(struct step_check *check)
{
    if (check->in_log_in)
        param_problem(check->problems, check->path,
                      "take it away: the session is made when these steps are done",
                      "a log in has no session yet");
    else if (!check->has_sessions)
        param_problem(check->problems, check->path, "give the component \"sessions\": {}",
                      "nothing says where sessions are kept");
}

static void check_step(struct step_check *check, const struct step_config *step)
{
    bool was_in_child = check->in_child, was_in_repeat = check->in_repeat;

    if (has_policy(&step->policy) && !(BIT(step->verb) & CALL_VERBS))
        param_problem(check->problems, check->path, "put timeout and retries on the steps that call",
                      "nothing is called here that could be given up or repeated");
    if (step->verb == STEP_SESSION)
        check_session(check);
    if (step->verb == STEP_JOIN && query_rows_found(step->rows, step->hops) > QUERY_ROWS_MAX)
        param_problem(check->problems, check->path, "take fewer rows or fewer hops",
                      "%lld rows joined to each row over %lld hops: at most %d can be joined at once",
                      (long long)step->rows, (long long)step->hops, QUERY_ROWS_MAX);
    if (step->on && step->hops > 1)
        param_problem(check->problems, check->path, "join them by their keys",
                      "only rows that belong to the row itself can be found by a column, not those %lld hops "
                      "away",
                      (long long)step->hops);
    if (step->where && step->rows > 1 && step->verb != STEP_READ)
        param_problem(check->problems, check->path, "read the rows, then change each by its key",
                      "only one row that is found by a column can be changed at a time");
    if (step->verb == STEP_RESPOND && check->in_log_in)
        param_problem(check->problems, check->path, "respond in the handler",
                      "a log in cannot answer for the request that needed it");
    else if (step->verb == STEP_RESPOND && check->in_child)
        param_problem(check->problems, check->path, "respond after it",
                      "a branch of parallel, a step with data or a repeat inside a repeat cannot answer for "
                      "the whole request");
    if (step->verb == STEP_PARALLEL || step->data || (step->verb == STEP_REPEAT && check->in_repeat)) {
        check->in_child = true;
        check->in_repeat = false;
    }
    if (step->verb == STEP_REPEAT)
        check->in_repeat = true;
    check_branches(check, step);
    check_steps(check, &step->parallel, "parallel");
    check_steps(check, &step->sequence, "sequence");
    if (step->verb == STEP_CHOOSE)
        check_arms(check, &step->choose);
    check_steps(check, &step->steps, "steps");
    check_steps(check, &step->on_miss, "on_miss");
    if (!step->data) { /* what follows a parallel step is the request's own again */
        check->in_child = was_in_child;
        check->in_repeat = was_in_repeat;
    }
    check_steps(check, &step->on_error, "on_error");
    check->in_child = was_in_child;
    check->in_repeat = was_in_repeat;
}

static void check_steps(struct step_check *check, const struct param_list *list, const char *member)
{
    const struct step_config *steps = list->items;

    for (size_t i = 0; i < list->count; i++) {
        size_t length = enter(check, member, i);

        check_step(check, &steps[i]);
        if (steps[i].verb == STEP_RESPOND && i + 1 < list->count)
            param_problem(check->problems, check->path, "make it the last one",
                          "the steps after this one are never reached");
        leave(check, length);
    }
}

/* ---- size ---- */

static size_t length_of(const struct param_list *list);

/* Upper bound of the instructions that handler_compile.c makes of a step. */
static size_t length_of_step(const struct step_config *step)
{
    const struct arm_config *arms = step->choose.items;
    size_t length = 4 + step->parallel.count +
                    2 * step->choose.count; /* itself, fork, end of branch, jump; ends of branches and arms */

    for (size_t i = 0; i < step->choose.count; i++)
        length += length_of(&arms[i].steps);
    return length + length_of(&step->parallel) + length_of(&step->sequence) + length_of(&step->steps) +
           length_of(&step->on_miss) + length_of(&step->on_error);
}

static size_t length_of(const struct param_list *list)
{
    const struct step_config *steps = list->items;
    size_t length = 0;

    for (size_t i = 0; i < list->count; i++)
        length += length_of_step(&steps[i]);
    return length;
}

/* Opening a session asks the store, logs in and stores it. */
#define SESSION_INSTRUCTIONS 12 /* beside the log in */

static void count_session(void *context, const struct step_config *step, const char *path)
{
    size_t *count = context;

    (void)path;
    *count += step->verb == STEP_SESSION;
}

void handlers_check(const struct param_list *handlers, const struct web_sessions_config *sessions,
                    struct param_problems *problems)
{
    const struct handler_config *items = handlers->items;
    struct step_check check = { .problems = problems, .has_sessions = sessions != NULL };
    size_t length = 1, session_steps = 0;

    for (size_t i = 0; i < handlers->count; i++) {
        char member[128];

        snprintf(member, sizeof member, "handlers.%s", items[i].name);
        check_steps(&check, &items[i].steps, member);
        length += length_of(&items[i].steps) + 1;
        handler_steps_visit(&items[i].steps, "", count_session, &session_steps);
    }
    if (sessions) {
        check.in_log_in = true;
        check_steps(&check, &sessions->log_in, "sessions.log_in");
        web_sessions_check(sessions, session_steps > 0, problems);
        length += session_steps * (SESSION_INSTRUCTIONS + length_of(&sessions->log_in));
    }
    if (length > HANDLER_INSTRUCTIONS_MAX)
        param_problem(problems, "handlers", "split the work among several components",
                      "%zu instructions are needed for all these steps; at most %d fit", length,
                      HANDLER_INSTRUCTIONS_MAX);
}
