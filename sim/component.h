/* component.h - what a model gives to the kernel, and what the kernel keeps for it.
 *
 * A component of a scenario ("web", count 8) is a group of instances. What instances only read, or
 * add up together (configuration, links, random streams, histograms), exists once a group: a thousand
 * servers then fit in the processor's cache. Counters, gauges and stations belong to the instance.
 *
 * A model is one row of callbacks (struct component_type). The kernel allocates its states from the
 * sizes in that row and frees them with the run.
 */
#ifndef SIM_COMPONENT_H
#define SIM_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/gauge.h"
#include "sim/histogram.h"
#include "sim/outcome.h"

struct component;
struct group;
struct link;
struct members;
struct outage;
struct request;
struct sim;
struct site;
struct station;
struct pipe;

/* How the number of a metric comes about; see struct metric_row. */
enum metric_kind {
    METRIC_COUNTER, /* uint64_t at `offset` of the instance's state; instances add up; millionths when the unit
                       is "USD" */
    METRIC_RATIO,   /* counter at `offset` over the sum of it and the counter at `offset_other` */
    METRIC_LEVEL,   /* struct amount at `offset`: emits NAME.mean and NAME.max; ns when the unit is "s" */
    METRIC_STOCK,   /* as METRIC_LEVEL, and NAME.end: what is left then */
    METRIC_TIMES,   /* struct histogram of ns at `offset`: emits NAME.mean, .p50 and so on to .max, as latencies */
    METRIC_MEAN_TIME, /* uint64_t at `offset` over the counter at `offset_other`; ns when the unit is "s" */
    METRIC_COMMON,  /* measured by the kernel for every component; listed for the documentation */
};

/* One metric that a model emits. Tables end with a row whose name is NULL. Counters are set to zero
 * when measuring begins, so a model must not base its behaviour on them. */
struct metric_row {
    const char *name;
    const char *unit; /* "1", "s", "1/s", "B", "USD" */
    enum metric_kind kind;
    size_t offset, offset_other;
    const char *help;
};

/* What a request does that is in none of the kernel's hands: no station, no link, no branches. For traces. */
struct activity {
    const char *name; /* "row lock"; NULL: a delay without a name */
    bool waits;       /* for others; else something is done for it */
};

struct component_type {
    const char *name;
    size_t shared_size; /* of what the group has in common, bytes */
    size_t state_size;  /* of an instance's own state, bytes */
    bool is_source;     /* it starts requests (clients); its outcomes are what users saw */
    bool speaks_for_parent; /* a part that others know under the name of the whole, as links do */
    bool is_name;       /* no machine but a name that callers look up: the way to it takes no time; see
                           sim_link_from() */

    void (*wire_group)(struct group *group);  /* once a group: links, streams; NULL: nothing to do */
    void (*wire)(struct component *self);     /* then once an instance: stations */
    /* When all are wired: links for the callers of a name; parts that need no wiring. Or NULL. */
    void (*wire_callers)(struct group *group);
    void (*start)(struct component *self);    /* when all is wired: first events, warm contents */
    void (*on_request)(struct component *self, struct request *request); /* it was called */
    void (*on_reply)(struct component *self, struct request *request);   /* what it called has answered */
    void (*on_timer)(struct component *self, struct request *request);   /* delay, service or turn has come */
    /* Its caller, where the request still is, will send it soon, others first: fetches from memory what will
     * be looked at, and changes nothing. May be NULL. */
    void (*expect)(const struct component *self, const struct request *request);
    /* It died: what it had in memory is gone, its requests are already, see fault.h. A model that parks
     * requests of its own accord sets their resume to NULL, so that nobody waits for an event of theirs.
     * May be NULL. */
    void (*on_crash)(struct component *self);
    void (*on_restart)(struct component *self); /* it is back: new clocks; may be NULL */
    void (*on_network)(struct component *self); /* the network falls apart, or is whole again: cut.h; may be NULL */
    /* Measuring is about to begin: the last look at statistics as they are, for those who go on by what they
     * read; may be NULL. */
    void (*before_window)(struct component *self);
    void (*on_window)(struct component *self);  /* measuring begins: clear its own statistics; may be NULL */
    /* An instance of what the group calls, or of the group itself, has come into service, or leaves it: new
     * requests go there, or no longer. See members.h; may be NULL. */
    void (*on_member)(struct group *group, const struct component *member, bool is_member);
    /* An instance that leaves may go: nothing to do is left but requests inside; NULL: so it is. */
    bool (*may_go)(const struct component *self);
    const struct metric_row *metrics;

    /* Whether a group emits that metric, by its configuration; NULL: all of them. */
    bool (*emits)(const struct group *group, const struct metric_row *metric);

    /* What was used in the window so far and is paid by use (traffic out, requests), USD;
     * NULL: nothing is. */
    double (*spent_usd)(const struct component *self);

    /* What the component itself keeps adds up (the messages of a queue); false: `out` tells where it
     * does not. NULL: it keeps nothing. See sim_conserves(). */
    bool (*conserves)(const struct component *self, FILE *out);

    /* Which instance a request belongs to (shards), from 0; NULL: any will do. */
    uint32_t (*instance_for)(const struct group *group, const struct request *request);

    /* What the request that is here does meanwhile; NULL: delays, when it is at no station. */
    struct activity (*activity)(const struct component *self, const struct request *request);
};

/* What a component can be full of. An instance reports the utilisation of each. */
enum resource_kind { RESOURCE_STATION, RESOURCE_PIPE, RESOURCE_AMOUNT };

struct resource {
    const char *name; /* "cpu", "workers", "connections", "disk", "network", "memory" */
    enum resource_kind kind;
    bool held;   /* waited in rather than worked in: workers, connections. Full ones may be innocent. */
    bool shared; /* another component's, which this one uses too */
    union {
        struct station *station;
        struct pipe *pipe;
        struct amount *amount;
    } of;
};

#define RESOURCES_MAX 8

/* Statistics of one resource over all instances of the group that owns it. */
struct resource_statistics {
    const char *name;
    struct histogram waits;  /* time in the waiting line, of those who waited, ns */
    uint64_t started;        /* services or holdings begun, with and without waiting */
    double slowdown_sum;     /* of (wait + service) / service - 1 over completed services */
    uint64_t slowdown_count; /* services completed */
};

/* The first two cache lines are all that a visit touches: with thousands of instances, lines
 * are what counts. */
struct component {
    /* the type's, or a trace's in their place: always called through here */
    void (*on_request)(struct component *self, struct request *request);
    void (*on_reply)(struct component *self, struct request *request);
    void (*on_timer)(struct component *self, struct request *request);
    struct sim *sim;
    struct group *group;
    void *shared; /* of the group, type->shared_size bytes */
    struct site *site;
    uint32_t instance; /* in its group, from 0 */
    uint16_t id;       /* in the run */
    uint8_t resource_count;

    __int128 in_flight_area; /* dates of answers minus dates of arrivals in the window, as in a gauge */
    uint64_t started;        /* requests that arrived since the run began */
    struct pipe *egress;     /* its host's network card, NULL: unlimited */
    struct outage *outage;   /* of those that may crash in this run, see fault.h; else NULL */
    uint64_t finished[OUTCOME_COUNT];

    struct resource resources[RESOURCES_MAX];
    uint64_t window_started, window_finished[OUTCOME_COUNT]; /* the counters when measuring began */
    uint64_t window_in_flight;
} __attribute__((aligned(64)));

/* The instance's own state, type->state_size bytes, follows in the same block. */
static inline void *component_state(const struct component *self)
{
    return (void *)(uintptr_t)(self + 1);
}

_Static_assert(offsetof(struct component, in_flight_area) == 64, "being called takes one cache line");
_Static_assert(offsetof(struct component, finished[OUTCOME_OK]) < 128, "counting a visit takes another");

/* Somebody is about to be there: fetches what a visit touches first. For those who know it a little earlier.
 * always_inline: GCC takes a function that only fetches for one that does nothing. */
static inline __attribute__((always_inline)) void component_prefetch(const struct component *self)
{
    uintptr_t hot = (uintptr_t)self, state = hot + sizeof *self; /* NULL is fetched in vain */

    __builtin_prefetch((const void *)hot);
    __builtin_prefetch((const void *)(hot + 64));
    __builtin_prefetch((const void *)state);
}

/* What a source of requests measures of one class of them ("users:view"). */
struct request_class {
    const char *name;
    struct group *group;
    struct histogram latency_ok;     /* first send to last answer, ns */
    struct histogram latency_failed;
    uint64_t started, retries;       /* in the window */
    uint64_t finished[OUTCOME_COUNT];
    uint64_t in_flight_start;
};

struct group {
    const char *name; /* as in outputs: "web", "db.shard" */
    const struct component_type *type;
    const void *config; /* of the model, owned by the application, outlives the run */
    struct sim *sim;
    struct site *site;
    struct group *parent; /* of a part ("db" of "db.shard"), else NULL */
    void *shared;
    uint32_t count;
    uint16_t index;            /* in the run */
    struct component **instances;
    struct members *members; /* who is in service, see members.h; NULL: all are, always */
    struct histogram latency_ok;     /* from arrival to answer, ns; of classes instead in a source */
    struct histogram latency_failed;
    struct resource_statistics *resources[RESOURCES_MAX];
    uint8_t resource_count;
    double cost_per_hour; /* USD, of all instances */
    uint16_t class_first, class_count; /* of a source, in the run's classes */
    uint32_t each; /* of a part: instances that each of the parent's has, side by side; 0: all are of one */
};

static inline bool group_emits(const struct group *group, const struct metric_row *metric)
{
    return !group->type->emits || group->type->emits(group, metric);
}

/* The name of an instance in outputs: "web[2]", "db.shard[3].replica[1]", or its component's where it is the
 * only one. Returns text. */
char *component_label(const struct component *self, char *text, size_t size);

/* Requests inside: arrived and not yet answered. */
uint64_t component_in_flight(const struct component *self);

/* Their number times the time in the window so far, request-ns, exact. */
__int128 component_in_flight_area(const struct component *self);

/* Their mean over the window so far; the present number when it is empty. */
double component_in_flight_mean(const struct component *self);

/* Adds a resource to what the instance reports. A shared one is reported by each of its users. */
void component_add_resource(struct component *self, struct resource resource);

/* Statistics of the group's resource of that name, made at the first call. */
struct resource_statistics *group_resource_statistics(struct group *group, const char *name);

#endif
