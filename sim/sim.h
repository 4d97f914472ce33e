/* sim.h - one run: its clock, its events, its components. No state lives outside of it.
 *
 * Life of a run:
 *   sim_create   with a seed and a memory budget
 *   sim_add_site, sim_add_group ...   what the scenario holds, in its order
 *   sim_wire     calls wire_group and wire of every component, checks the paths of calls, sizes the
 *                requests
 *   sim_begin    calls start of every component: first arrivals, warm caches
 *   sim_run      to a date, as often as wanted; sim_window_start() in between ends the warm-up
 *   sim_conserves, and the readers in measure.h
 *   sim_destroy
 *
 * Order: events run by (time, sequence). Four sources are merged by that key, so it does not matter
 * to results where an event waits:
 *   pending   delays that vary
 *   lanes     a FIFO for each constant delay: already in order, nothing to search
 *   timers    what is usually cancelled: timeouts
 *   alarms    what moves whenever somebody comes or goes: next departures under processor sharing
 * The sequence is a site's own with the site's number above it, so that a run split by site later
 * keeps its order. An event of pending or of a lane that has to be taken back, which is rare, stays where it is and
 * is skipped at its turn: sim_cancel().
 *
 * Limits: 2^24 requests in flight and 10^12 events, divided among the sites, end a run that has begun (SIM_FULL,
 * SIM_OUT_OF_EVENTS), with REQUESTS_MARGIN and a sixteenth kept for what happens until the run looks. 65,535
 * instances, 65,535 links, 4,096 groups, 262,144 stations, 4,096 classes, 64 frames deep: what is larger cannot be
 * wired (sim_too_large, sim_wire). 64 sites.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/alarm.h"
#include "sim/component.h"
#include "sim/heap.h"
#include "sim/lane.h"
#include "sim/memory.h"
#include "sim/network.h"
#include "sim/pending.h"
#include "sim/random.h"
#include "sim/request.h"
#include "sim/time.h"
#include "sim/timer.h"

#define COMPONENTS_MAX 65535
#define LINKS_MAX 65535
#define GROUPS_MAX 4096
#define STATIONS_MAX 262144
#define CLASSES_MAX 4096
#define SITES_MAX 64

/* Instant calls nest the C stack this deep before they take the long way round. */
#define NESTING_MAX 64

/* Requests that may come into being within one event, before the run looks at the limit: a fan-out of fan-outs. */
#define REQUESTS_MARGIN (1u << 17)

enum sim_status {
    SIM_REACHED,     /* the date asked for */
    SIM_INTERRUPTED, /* by a signal */
    SIM_OVER_BUDGET, /* more memory than it may use */
    SIM_FULL,        /* 2^24 requests in flight */
    SIM_OUT_OF_EVENTS, /* 10^12 */
};

/* Groups are placed in sites; the sequence numbers of events belong to a site. */
struct site {
    const char *name;
    uint64_t order;     /* of the next event: its sequence number, where struct event has it */
    uint64_t order_end; /* the run ends when it is reached */
    uint16_t index;
};

/* Somebody who hears of each failure that a server can know of: `writer` is who knows, `server` is whom it is
 * about. A server that answers with a failure knows of that; who calls one that does not answer in time, or that
 * is down, knows of the other. Users and the dead write nothing. */
struct failure_watch {
    struct failure_watch *next;
    void (*saw)(struct failure_watch *watch, struct component *writer, struct component *server,
                const struct request *request, enum outcome cause);
};

struct sim {
    int64_t now_ns;
    char *requests; /* pool; stride bytes each, from index 1 */
    uint32_t stride;
    uint32_t request_free, request_count;
    uint32_t nesting;
    struct component **components;
    struct link *links;
    uint32_t wake_count, wake_capacity;
    uint32_t *wakes; /* requests to resume before the next event */
    struct heap cancelled; /* events that were taken back and whose date has not come */
    struct lanes lanes;
    struct timers timers;
    struct alarms alarms; /* of stations that share, each about the request that leaves then */
    struct pending pending;
    struct memory memory;

    struct station **stations;
    struct group **groups;
    uint32_t station_count;
    uint16_t component_count, link_count, group_count;
    uint16_t questions_offset; /* in a request, see struct call_question; 0: no call of this run is repeated */
    uint8_t frames_max;
    bool wired, begun, full;
    enum pending_kind pending_kind;
    struct request_class **classes; /* of all sources; request->request_class is an index */
    uint16_t class_count;
    struct site *sites;
    uint16_t site_count;
    uint8_t lane_sites[LANES_MAX]; /* of lanes with a constant delay */
    const char *excess;               /* what there is too much of to be wired: "65,535 instances"; NULL: nothing */
    const struct group *excess_group; /* where it was met */
    const struct network *network; /* the application's; NULL: messages take no time */
    const void *environment;       /* of the models: data sets, hosts; the application's */
    void *truth;                   /* of the models: which rows there are, in which version */
    void *queries;                 /* of the models: what request->query is the number of */

    uint64_t seed;
    uint64_t events;     /* run so far; while it runs: when it last looked whether it has to end */
    uint64_t enlarge_at; /* events after which memory gets large pages */
    uint64_t look_up_at; /* it looks again after so many, */
    uint64_t until_look; /* which are so many more */
    uint64_t timeouts;   /* that did happen */
    uint64_t orphans_ended;
    uint64_t moves;      /* requests that got another place in the pool, since what they had called goes on in the old one */
    uint64_t events_max;   /* the run ends after so many; for tests, as the layout's own limit is far */
    uint32_t requests_max; /* the same of the size of the pool */
    int64_t window_start_ns;
    struct fault *faults;                   /* see fault.h */
    uint32_t fault_count;
    struct cut *cuts;                       /* see cut.h */
    uint32_t cut_count;
    struct trace *trace;                    /* watches one request, see trace.h; NULL: none */
    struct failure_watch *failure_watches;  /* who wants to hear of failures; NULL: nobody */
    const volatile sig_atomic_t *interrupt; /* not 0: end the run; NULL: never */
    const char *replay;                     /* command line that repeats this run, for bug reports */
};

/* Ends the wiring of what the layout of a run cannot hold: leaves by memory_guard(), with `excess` and `excess_group` set.
 * The run can only be destroyed then. */
_Noreturn void sim_too_large(struct sim *sim, const struct group *group, const char *excess);

/* Makes an empty run with one site, or NULL when memory is gone. */
struct sim *sim_create(uint64_t seed, uint64_t memory_budget_bytes, enum pending_kind kind);
void sim_destroy(struct sim *sim);

/* A further site, before the run or in wire_group; the first one (index 0) is there from the start and is called "". */
struct site *sim_add_site(struct sim *sim, const char *name);
struct site *sim_find_site(struct sim *sim, const char *name);

/* Adds `count` instances of a component. config stays the caller's and must outlive the run. */
struct group *sim_add_group(struct sim *sim, const struct component_type *type, const char *name, uint32_t count,
                            const void *config, struct site *site);

/* A part of a component, to be called in its wire_group: the group "PARENT.name". */
struct group *sim_add_part(struct group *parent, const struct component_type *type, const char *name, uint32_t count,
                           const void *config);

/* The same in another site than its parent. */
struct group *sim_add_part_at(struct group *parent, const struct component_type *type, const char *name, uint32_t count,
                              const void *config, struct site *site);

/* A class of a source's requests, to be called in its wire_group, all of one group in a row. Returns its index. */
uint16_t sim_add_class(struct group *source, const char *name);

/* True when requests of `from` can come to `to` over links. Once wired. */
bool sim_reaches(const struct sim *sim, const struct group *from, const struct group *to);

/* NULL: none of that name. */
struct group *sim_find_group(const struct sim *sim, const char *name);

/* Wires everything. False when calls form a cycle, *cycle is a group on it, or when a path of calls has more
 * than 64 components, *cycle is the group where it begins. */
bool sim_wire(struct sim *sim, const struct group **cycle);

/* Starts every component, once: sim_run() does it where nobody has. */
void sim_begin(struct sim *sim);

/* Runs all events up to end_ns and sets the clock there; it is never set back. A run that ends for another reason stays
 * at the date of its last event and can go on. */
enum sim_status sim_run(struct sim *sim, int64_t end_ns);

/* Date of the next event, SIM_TIME_NEVER if there is none. Running to it runs the events of that date and no others, so
 * a run can be watched date by date. */
int64_t sim_next_ns(struct sim *sim);

/* The warm-up is over: measuring begins now. */
void sim_window_start(struct sim *sim);

/* Requests started = ended + inside, per component and per class of users' requests, and requests in the pool = those
 * counted; false: `out` tells where it breaks. Holds between two calls of sim_run(). O(requests). */
bool sim_conserves(struct sim *sim, FILE *out);

/* ---- requests and clocks ---- */

static inline struct request *sim_request(const struct sim *sim, uint32_t index)
{
    return (struct request *)(void *)(sim->requests + (size_t)index * sim->stride);
}

/* So many requests have been in flight that they and what they meet do not fit into the processor's caches: what is known to
 * be needed soon is fetched ahead. */
static inline bool sim_fetches_ahead(const struct sim *sim)
{
    return sim->request_count > 4096;
}

/* Requests in the pool, tickers not counted. O(requests). */
uint32_t sim_requests_live(const struct sim *sim);

/* Slow path of request_create(): room for one more. */
uint32_t sim_request_grow(struct sim *sim);

/* A permanent request that ticks for a component: schedule it with sim_tick_at(); its turn comes in on_timer.
 * Its key, user and step are the component's own. */
struct request *sim_ticker(struct component *self);

/* The lane of a constant delay for events of that site, NULL: none is left. Events of different sites do not share one:
 * at equal dates the lower site goes first, whoever scheduled first. */
struct lane *sim_lane(struct sim *sim, const struct site *site, int64_t delay_ns);

/* Takes back an event that waits in pending or in a lane: it will not happen. O(log n) in those taken back. */
void sim_cancel(struct sim *sim, struct event event);

/* Resumes a request before the next event, once the present callbacks have returned. */
void sim_wake(struct sim *sim, struct request *request);

/* ---- bugs ---- */

/* Prints what is wrong with date, event number, component, seed and the command that repeats it, and
 * exits with status 4. */
_Noreturn void sim_bug(const struct sim *sim, const struct component *component, const char *what, const char *file, int line);

/* What only a bug can break; on in every build. component may be NULL. */
#define SIM_ASSERT(sim, component, condition)                                \
    do {                                                                     \
        if (__builtin_expect(!(condition), 0))                               \
            sim_bug((sim), (component), #condition, __FILE__, __LINE__);     \
    } while (0)

#endif
