/* watch.h - one metric of one component, as a monitor samples it and as it is known later.
 *
 * A sample is of the time since the one before: the busy time of a resource over the time that instances were
 * in service, the mean or a percentile of the latencies that ended, and so on. Where several instances do
 * something together, the sample is of one instance on average: requests and waiting lines are divided by the
 * instances in service. Beside the value it has their mean number, so that value times instances is what all
 * of them had to do.
 *
 * What can be watched, whatever the type of the component:
 *   RESOURCE.utilisation, utilisation   of one resource ("cpu", "workers"), or the greatest of all
 *   RESOURCE.used.mean                  bytes of one that is filled rather than busy ("memory")
 *   queue.mean, in_flight.mean          requests waiting in its lines, or inside, of one instance
 *   throughput                          requests answered ok, per second of one instance
 *   requests.started, requests.failed   the same of those that arrived (refused ones too), that failed
 *   error_rate                          failed / ended; unknown when none ended
 *   latency.mean, .p50 to .p99.9        of requests answered ok, from arrival to answer; unknown when there
 *                                       was none
 * Of clients these are what users met: requests of all their classes, in all their regions, retries inside.
 * And what the type's own table of metrics has: shares by their name, counts by their name (per second of one
 * instance), levels as NAME.mean, times as NAME.mean and the percentiles.
 *
 * The watch adds up by itself what it reads, so that the end of the warm-up, which sets statistics back, does
 * not show in it: watch_keep() just before that.
 *
 * Ownership: of the run. Errors: none. Randomness: none. Cost: O(instances) a sample, and for percentiles
 * O(buckets of a histogram), of which there are two or three: 117 to 176 kB.
 */
#ifndef MODELS_WATCH_H
#define MODELS_WATCH_H

#include "models/param.h"
#include "sim/sim.h"

#define WATCH_SAMPLES_MAX 10000 /* that may be on their way */
#define WATCH_ALL (-1)          /* instances, in place of one */
#define WATCH_LIST_SIZE 900     /* bytes that hold the list of what can be watched, or much of it */

/* A sum over a weight: both only grow between two dates at which statistics are set back. */
struct watch_reading {
    __int128 sum, weight;
};

/* What is measured, and how; see watch_metrics.h. */
struct watch_metric {
    const char *name; /* of a resource's: what follows its name */
    enum param_unit unit;
    struct watch_reading (*read)(const struct watch_metric *metric, const struct group *group,
                                 uint8_t resource);
    double scale;                 /* sum / weight in the unit */
    double fraction;              /* of a percentile, else 0 */
    int8_t resource;              /* of the component; -1: not of one */
    bool greatest;                /* of all resources */
    const struct metric_row *row; /* of the type's own table; NULL: every type has it */
    uint32_t first, end;          /* instances that are read: all, or one */
};

struct watch_sample {
    int64_t taken_ns;
    double value; /* in the metric's own unit, as enum param_unit says; NaN: there was nothing to measure */
    double instances; /* in service, mean since the sample before */
};

struct watch {
    struct group *group;
    const char *name;
    struct watch_metric metric;
    int64_t sampled_ns;
    struct watch_reading read[RESOURCES_MAX]; /* at the sample before */
    struct watch_reading kept[RESOURCES_MAX]; /* since then, up to where statistics were set back */
    __int128 serving_read, serving_kept;
    struct histogram *previous, *recent; /* of percentiles: at the sample before, since then; else NULL */
    struct histogram *merged;            /* the same now, where it is of several; else NULL */
    struct watch_sample *samples;        /* a ring */
    uint32_t room, next, count;
};

/* Whether the group has that metric; once it is wired. Its unit goes to *unit. */
bool watch_has(const struct group *group, const char *name, enum param_unit *unit);

/* "cpu.utilisation, ..., latency.p99": what can be watched there, for errors. Returns text. */
char *watch_list(const struct group *group, char *text, size_t size);

/* Whether a quantity of a scenario can be a value of that unit, and what one looks like: "a fraction, such as
 * ...". */
bool watch_takes(enum param_unit unit, const struct param_quantity *quantity);
const char *watch_unit_example(enum param_unit unit);

/* Whether that metric, which the group has, is measured of each instance, too: times of requests are not. */
bool watch_is_of_each(const struct group *group, const char *name);

/* Watches the group's metric of that name, which it has: of one instance, or of all of them (WATCH_ALL).
 * Keeps `room` samples, at least 1. For start. */
void watch_init(struct watch *watch, struct group *group, int64_t instance, const char *name, uint32_t room);

/* Takes a sample now; nothing when one of this date is there. */
void watch_sample(struct watch *watch);

/* Before statistics are set back. */
void watch_keep(struct watch *watch);

/* The last sample that was taken up to that date; NULL: none. */
const struct watch_sample *watch_known(const struct watch *watch, int64_t date_ns);

#endif
