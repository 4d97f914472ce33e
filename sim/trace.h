/* trace.h - the way of one request through a run: every call, wait, piece of work and message, with dates.
 *
 * A trace watches from outside. It puts its own callbacks in the place of the components' ones, runs the
 * events of one date after the other, and looks after each date at what the request does now. So a run
 * without a trace pays nothing, and a run with one goes the same way as without: nothing is drawn and no
 * event is made.
 *
 * What is seen:
 *   visits   what a component did for one call, from the message's leaving to the answer's return; also the
 *            user's own (the first one), and the branches of a fan-out, as visits of the one that forked
 *   steps    what happened in a visit: one after the other, without gaps
 *   strands  what goes on at the same time: the request itself, each branch of a fan-out, each orphan that a
 *            call given up has left behind. A step belongs to one strand.
 *
 * Sums: a step has a waiting, a service and a network time that add up to its length. Steps that decided
 * when the answer came are marked `counted`: the request's own, and where it waited for branches those of
 * the one that ended last, in its turn. They follow one another from the first send to the last answer, so
 * their times add up to the latency, to the nanosecond. What other branches and orphans did is seen, but
 * not counted. Under processor sharing the service time is what the work would have taken alone; the rest
 * is waiting.
 *
 * Order: the request is the N-th that the sources of the run start, all counted together from 1.
 *
 * Left out: what took no time and called nobody. Cost: the run takes about twice as long; O(requests) at a
 * fork and at a timeout of this request. Memory: of the run, 72 bytes a visit, 80 a step, 320 a strand.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "sim/sim.h"

#define TRACE_NONE UINT32_MAX
#define TRACE_OPEN INT64_MAX /* not over yet */

enum trace_step_kind {
    TRACE_WAIT,         /* in line, for a lock, or before the next attempt */
    TRACE_SERVICE,      /* something works for it, or a time passes that nobody else has a part in */
    TRACE_SHARED,       /* it is served together with others */
    TRACE_NETWORK_OUT,  /* the question is on its way */
    TRACE_NETWORK_BACK, /* the answer */
    TRACE_BRANCHES,     /* its branches are at work */
};

struct trace_step {
    const char *name; /* of the resource or reason; NULL: nothing to add to the visit and the kind */
    const struct group *resource; /* whose it is, when not the visited component's own */
    int64_t from_ns, to_ns;
    int64_t waiting_ns, service_ns, network_ns; /* of TRACE_BRANCHES none: they are the branches' */
    int64_t left_ns;                            /* while it goes on: service that was left at its start */
    uint32_t visit, strand;
    uint32_t order;
    uint8_t kind; /* enum trace_step_kind */
    bool counted;
};

enum trace_visit_flag {
    TRACE_VISIT_BRANCH = 1,
    TRACE_VISIT_GIVEN_UP = 2, /* the caller did not wait for the answer */
    TRACE_VISIT_ABSENT = 4,   /* the answer was a cache's miss */
    TRACE_VISIT_STALE = 8,
    TRACE_VISIT_HANDED_ON = 16, /* by a name: the call after it is the same one */
};

struct trace_visit {
    const struct component *component;
    uint64_t number, key;
    int64_t sent_ns;
    int64_t arrived_ns;  /* TRACE_OPEN: never */
    int64_t answered_ns; /* when it answered */
    int64_t ended_ns;    /* when the answer was back, or the caller gave it up */
    uint32_t parent;     /* visit, TRACE_NONE of the first one */
    uint32_t order;      /* in which steps and visits began */
    uint16_t data;
    uint16_t branch;                            /* of a branch: orders it among those forked with it */
    uint8_t operation, attempt, outcome, flags; /* outcome: as the caller heard it */
};

struct trace_strand {
    uint64_t number; /* of the request's first frame */
    int64_t from_ns, to_ns;
    resume_function
        *resume; /* these four as they were when the step was looked at; it goes on while they stay */
    int64_t since_ns;
    uint16_t children;
    uint8_t flags;
    uint32_t request;  /* in the pool */
    uint32_t parent;   /* strand that forked it; TRACE_NONE: the request itself, or an orphan */
    uint32_t step;     /* that goes on, TRACE_NONE: being looked at */
    uint8_t base, top; /* frames that are its own */
    bool orphan;
    uint32_t visits[FRAMES_MAX]; /* by frame */
};

struct trace {
    struct sim *sim;
    uint64_t ordinal;
    uint64_t started;  /* by all sources, when last counted */
    uint64_t moves; /* of the run, when last looked at */
    bool all_marked;   /* requests older than the one wanted */
    uint64_t user;
    uint64_t key;
    int64_t start_ns; /* from which its latency counts */
    int64_t end_ns;   /* TRACE_OPEN: it has no answer yet */
    uint16_t request_class, data;
    uint8_t outcome;
    uint32_t attempts; /* of the user */
    uint32_t order;
    uint32_t visit_count, visit_room, step_count, step_room, strand_count, strand_room;
    struct trace_visit *visits; /* the first one is the user's */
    struct trace_step *steps;
    struct trace_strand *strands; /* the first one is the request itself */
};

/* Watches for the request number `ordinal`, from 1. To be called once, after sim_wire() and before the
 * first event; the trace belongs to the run. */
struct trace *trace_begin(struct sim *sim, uint64_t ordinal);

/* As sim_run(), but ends as soon as the request has its answer and nothing that it left behind is at work. */
enum sim_status trace_run(struct trace *trace, int64_t end_ns);

/* Requests that the sources have started. */
uint64_t trace_started(const struct sim *sim);

/* It has been sent. */
static inline bool trace_found(const struct trace *trace)
{
    return trace->strand_count > 0;
}

/* No more will come: ends what goes on at the present date and marks the steps that count. Call once. */
void trace_end(struct trace *trace);

#endif
