/* handler.h - what a server does for a request: named steps, as a scenario writes them and as they are run.
 *
 * A handler is a list of steps. When a component is wired its handlers become one flat program, in which
 * on_miss, on_error, choose and repeat are jumps; running a step is one look-up by the frame's `step`.
 * Branches of parallel, steps about a row of another data set, and a repeat inside a repeat run in
 * children of the request, each of which walks the same program with a frame of its own.
 *
 * Failure: a step that calls and fails goes to its on_error steps, after which the handler goes on as if
 * nothing had happened; without any the request (or branch) ends with that outcome. A parallel step fails
 * with the first failure among its branches, once all have ended.
 *
 * Copies (repeats.h): each row that repeats the request's own is written in a child, all at once.
 *
 * Sessions (web_sessions.h): the store is asked in a child about the user's row, and logging in is a child
 * too, so that what the handler has read stays what it has read.
 *
 * Where versions of the software are deployed (version.h), the program has instructions of theirs: before the
 * first step, in the place of compute, before an answer, after a row or a message was read or written.
 *
 * Draws: a compute step draws for "HANDLER.compute", the next one of that handler in the order of the
 * text for "HANDLER.compute.2", and so on; the same with wait, choose, fail and rows. So a step put in
 * between changes no other draw. The k-th iteration of a repeat (from 0) draws for a hash of the number
 * and k.
 *
 * A component that runs handlers has struct handler_runner first in its state, struct handler_shared
 * first in what its group shares, handler_run as on_timer and handler_reply as on_reply.
 * Cost: O(1) a step, O(arms) a choose, O(branches) a parallel. No allocation while running.
 */
#ifndef MODELS_HANDLER_H
#define MODELS_HANDLER_H

#include "models/call_params.h"
#include "models/data_set.h"
#include "models/host.h"
#include "models/version.h"
#include "models/web_sessions.h"
#include "sim/call.h"

/* ---- as written ---- */

enum step_verb {
    STEP_COMPUTE = 1,
    STEP_WAIT,
    STEP_READ,
    STEP_WRITE,
    STEP_INSERT,
    STEP_DELETE,
    STEP_APPLY,
    STEP_WRITE_COPIES,
    STEP_JOIN,
    STEP_GET,
    STEP_PUT,
    STEP_DROP,
    STEP_CALL,
    STEP_PUBLISH,
    STEP_PARALLEL,
    STEP_SEQUENCE,
    STEP_CHOOSE,
    STEP_REPEAT,
    STEP_FAIL,
    STEP_RESPOND,
    STEP_SESSION,
    STEP_VERB_COUNT
};

struct step_config {
    int verb; /* enum step_verb; the member of that name is set, of those down to session */
    struct distribution_config compute, wait;                             /* s */
    const char *read, *write, *insert, *delete, *apply, *write_copies, *join, *get, *put, *drop, *call,
        *publish;                                                         /* components */
    struct param_list parallel, sequence;                                 /* of struct step_config */
    struct param_list choose;                                             /* of struct arm_config */
    int64_t repeat;                                                       /* times */
    double fail;                                                          /* share, 0..1 */
    int64_t respond;                                                      /* bytes */
    int session;                                                          /* enum session_verb */
    const char *data; /* data set, NULL: about the request's own key */
    int64_t rows;
    const char *of;   /* data set of joined rows, NULL: the row's own */
    int64_t hops;
    int64_t columns;  /* 0: all */
    const char *where, *on; /* columns that rows are found by, NULL: their keys */
    bool partial;
    int64_t copies;                             /* of each branch of parallel; 0: one */
    int64_t request_size;                       /* bytes, 0: automatic */
    struct param_list steps, on_miss, on_error; /* of struct step_config */
    struct call_config policy;
};

struct arm_config {
    double weight;
    struct param_list steps;
};

/* One entry of "handlers": of a request class, or "default". Having one row it is written as the list of
 * steps. */
struct handler_config {
    const char *name;
    struct param_list steps; /* of struct step_config */
};

extern const struct param_table step_params;
extern const struct param_table handler_params;

/* Branches of one parallel step, all copies counted. */
#define HANDLER_BRANCHES_MAX 10000

/* Instructions of all handlers of a component: the frame's step has 16 bits. */
#define HANDLER_INSTRUCTIONS_MAX 65535

/* What no row can say about the handlers (a list of struct handler_config). sessions: of the component, NULL:
 * none. */
void handlers_check(const struct param_list *handlers, const struct web_sessions_config *sessions,
                    struct param_problems *problems);

/* ---- as run ---- */

enum handler_op {
    OP_GIVE_UP, /* ends with the outcome of the last reply; instruction 0, for failures nobody handles */
    OP_COMPUTE,
    OP_WAIT,
    OP_CALL,
    OP_JUMP,
    OP_CHOOSE,
    OP_AGAIN, /* end of a repeat's body */
    OP_FORK,
    OP_END_BRANCH,
    OP_FAIL,
    OP_RESPOND,
    OP_SESSION,
    OP_ENTER,   /* a version's, see version.h: so are those below */
    OP_WORK,    /* compute */
    OP_LEAVE,
    OP_READ,    /* a row has come */
    OP_WRITTEN,
    OP_PUBLISHED,
    OP_TAKEN, /* a message */
    OP_FORK_COPIES, /* a branch for each place that repeats the row */
    OP_WRITE_COPY,  /* in such a branch, which OP_END_COPY ends */
    OP_END_COPY,
    OP_END_SESSION, /* of the branch in which a store answers about the session, or in which a user logs in */
    OP_COUNT
};

/* What OP_SESSION does, and OP_END_SESSION ends. */
enum session_op { SESSION_FIND, SESSION_LOG_IN, SESSION_MAKE, SESSION_KEEP, SESSION_REMOVE };

struct instruction;

typedef void instruction_function(struct component *self, struct request *request,
                                  const struct instruction *instruction);

/* What runs each op; handler_run.c. */
extern instruction_function *const handler_ops[OP_COUNT];

struct handler_arm {
    double weight_before; /* sum of the weights up to this arm, itself included */
    uint16_t target;
};

struct instruction {
    instruction_function *run;
    uint8_t operation; /* of a call to a store or a cache; enum session_op */
    bool may_miss;     /* a get: on to the next instruction when the key is absent */
    bool carries_rows; /* the question holds the rows */
    uint8_t times;     /* of a repeat */
    uint8_t query;     /* of a call to a store: see query.h */
    uint16_t target;   /* where to go on: after a call or a fork that went well, a jump, the next iteration */
    uint16_t on_error; /* where to go on after a failure */
    uint16_t rows;
    uint32_t place; /* of a call; number of the first branch */
    uint32_t bytes; /* of the question, or of the answer; 0: the server's default */
    uint32_t count; /* of links, arms, branches */
    union {
        struct duration duration; /* compute, work, wait */
        struct link **links;      /* call, write_copy */
        struct {
            const struct handler_arm *arms;
            uint64_t draw_key;
        } choose;
        struct {
            const uint16_t *branches;          /* where each begins */
            const struct row_chooser *chooser;
            uint16_t data; /* without a chooser: about the user's row of it; 0: about the parent's key */
        } fork;
        struct {
            double share;
            uint64_t draw_key;
        } fail;
    };
};

struct handler_shared {
    struct web_sessions *sessions; /* NULL: none; before handlers_compile() */
    const struct instruction *program;
    uint32_t length;
    struct versions *versions; /* that are deployed on the component; NULL: none */
    const struct param_list *handlers; /* the configuration's */
    uint16_t *entries;                 /* where each handler begins */
    uint16_t *entry_of_class;          /* by request class of the run; 0: no handler; NULL: not known yet */

    /* The request is done with: give back what it holds and reply. bytes: of the answer, 0: the default. */
    void (*end)(struct component *self, struct request *request, enum outcome outcome, uint32_t bytes);
};

struct handler_runner {
    struct host *host;
};

/* Compiles handlers that have passed handlers_check(). For wire_group. */
void handlers_compile(struct handler_shared *shared, struct group *group, const struct param_list *handlers);

/* Finds the handler of each class: its own name's, else "default". The run's classes are known once all
 * is wired. */
void handlers_find_classes(struct handler_shared *shared, const struct group *group);

/* Calls visit() for each step of a list and all the steps inside, with its place below `path`. */
typedef void step_visitor(void *context, const struct step_config *step, const char *path);
void handler_steps_visit(const struct param_list *steps, const char *path, step_visitor *visit,
                         void *context);

/* Steps that ask a store for what it cannot do. Once wired. */
void handlers_check_stores(const struct group *group, const struct param_list *steps, const char *path,
                           struct param_problems *problems);

/* Classes that arrive and have no handler, handlers that no class is named like. For check_wired. */
void handlers_check_wired(const struct group *group, const struct param_list *handlers,
                          struct param_problems *problems);

/* Whether requests of that class make these handlers publish to that queue. */
bool handlers_publish(const struct param_list *handlers, const char *class, const char *queue);

/* Where the handler of the request's class begins: the frame's step before handler_run(); 0: there is
 * none. */
static inline uint16_t handler_entry(struct handler_shared *shared, const struct group *group,
                                     const struct request *request)
{
    if (__builtin_expect(!shared->entry_of_class, 0))
        handlers_find_classes(shared, group);
    return shared->entry_of_class[request->request_class];
}

/* Goes on at the frame's step. The component's on_timer. */
void handler_run(struct component *self, struct request *request);

/* What was called has answered. The component's on_reply. */
void handler_reply(struct component *self, struct request *request);

#endif
