/* results.h - what the replications of one variant measured, metric by metric.
 *
 * The first replication lays out the entries; the others, which run the same scenario, fill the same ones. An
 * entry keeps a value for each replication, from which intervals are computed; what a percentile or a ratio
 * is over all replications comes from the merged histogram or the summed counts, never from averages of
 * percentiles or of ratios.
 *
 * Ownership: everything is malloc'd and freed by results_deinit(). Running out of memory sets out_of_memory;
 * the results are then useless and say so.
 */
#ifndef APP_RESULTS_H
#define APP_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/arena.h"
#include "app/statistics.h"
#include "sim/histogram.h"

#define RESULTS_CONFIDENCE 0.95

enum result_kind {
    RESULT_VALUE,     /* mean over replications */
    RESULT_MAXIMUM,   /* greatest over replications; no interval */
    RESULT_MEAN,      /* of the merged histogram */
    RESULT_QUANTILE,  /* of the merged histogram */
    RESULT_HISTOGRAM_MAXIMUM,
    RESULT_RATIO,     /* summed hits over summed trials */
};

struct result_entry {
    const char *component; /* "web", "web[0]", "users:view", "total" */
    const char *metric;
    const char *unit;
    enum result_kind kind;
    double fraction;    /* of RESULT_QUANTILE */
    size_t histogram;   /* index in results->histograms; of the three kinds from one */
    double *values;     /* by replication; NaN: nothing was measured */
    uint64_t *hits, *trials; /* of RESULT_RATIO, by replication */
    bool held;          /* utilisation of something waited in, see struct resource */
    bool shared;        /* utilisation of a host that others use too: told with the host */
    bool limits;        /* utilisation of a single resource of a single instance */
    size_t chained;     /* 1 + position of the component that was added next to the same chain; 0: none */
};

/* Why a run met its limit of memory, of requests or of events. */
enum growth_cause {
    GROWTH_NONE,     /* it met none */
    GROWTH_REQUESTS, /* of one component, mostly */
    GROWTH_KEPT,     /* what a component keeps: cached keys, pages, rows */
    GROWTH_OTHER,    /* what no component has for itself: versions of rows, events */
    GROWTH_BUILT,    /* the scenario alone takes more, before the first request */
};

struct growth {
    enum growth_cause cause;
    char component[160]; /* that grew: in which most requests stand, or which keeps most; "": none */
    uint64_t requests;   /* that stand there, GROWTH_REQUESTS */
    uint64_t kept_bytes; /* memory of the run for what it keeps, GROWTH_KEPT */
    uint64_t built_bytes, peak_bytes; /* memory of the run before its first event, and at most */
};

struct results {
    struct result_entry *entries;
    size_t entry_count, entry_room;
    size_t *chains; /* entry_room of them: 1 + position of the component that was added first; 0: none */
    struct histogram **histograms; /* merged over replications */
    size_t histogram_count, histogram_room;
    const char **names; /* composed metric names */
    size_t name_count, name_room;
    size_t name_found; /* place of the one that was asked for last */
    struct arena kept; /* names, and what entries point to */
    int replications;      /* measured */
    int replications_room; /* values allocated in each entry */
    size_t cursor, histogram_cursor; /* next to be filled in this replication */
    double seconds;                  /* measured in each replication */
    bool partial;                    /* ended early */
    struct growth growth;
    bool out_of_memory;
};

/* replications: how many there will be at most. */
void results_init(struct results *results, int replications);
void results_deinit(struct results *results);

/* Between begin and end, the same entries are filled in the same order in each replication. */
void results_begin(struct results *results);
void results_end(struct results *results);

struct result_entry *results_add_value(struct results *results, const char *component, const char *metric,
                                       const char *unit, enum result_kind kind, double value);
struct result_entry *results_add_ratio(struct results *results, const char *component, const char *metric,
                                       uint64_t hits, uint64_t trials);

/* A figure of all replications together, known when they are done; it has no interval. Entries move: pointers
 * to them are void afterwards. */
void results_add_figure(struct results *results, const char *component, const char *metric, const char *unit,
                        double value);

/* Emits PREFIX.mean, .p50, .p90, .p95, .p99, .p99.9 and .max of a distribution of times: `histogram`, plus
 * `zeros` values of 0. ns inside, seconds outside. */
void results_add_times(struct results *results, const char *component, const char *prefix,
                       const struct histogram *histogram, uint64_t zeros);

/* A metric name made of two parts, kept as long as the results. */
const char *results_name(struct results *results, const char *first, const char *second);

/* The value and its 95 % interval; low and high are NaN when there is none. */
struct interval results_interval(const struct results *results, const struct result_entry *entry);

/* The entries of a component follow one another, except that figures of all replications together are behind
 * all components. Its first entry; NULL: there is none. O(1). */
const struct result_entry *results_component(const struct results *results, const char *component);

/* The entry of the same component that follows; NULL: this was the last one. */
const struct result_entry *results_next(const struct results *results, const struct result_entry *entry);

/* NULL: there is none. O(entries of the component). */
const struct result_entry *results_find(const struct results *results, const char *component,
                                        const char *metric);

#define RESULT_PEAK_SUFFIX ".utilisation.peak" /* of a resource, in an episode */

/* Of the utilisation of a resource, in an episode: that of the busiest part of the time. The entry behind it
 * says for how long the resource was full, s. NULL: it is no episode. O(1). */
const struct result_entry *result_peak(const struct results *results, const struct result_entry *entry);

#define RESULT_RESOURCE_SIZE 64 /* bytes that hold the name of any resource */

/* Whether an entry is the utilisation of one resource ("cpu.utilisation"), not the greatest of all. */
bool result_is_resource(const struct result_entry *entry);

/* The name of that resource ("cpu"), written into `text` of RESULT_RESOURCE_SIZE bytes; returns text. */
const char *result_resource(const struct result_entry *entry, char *text);

/* The value of a metric, NaN if there is none. */
double results_value(const struct results *results, const char *component, const char *metric);

#endif
