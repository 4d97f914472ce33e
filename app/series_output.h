/* series_output.h - how the measures of each component went over time, as CSV, interval by interval.
 *
 * The run stops at each end of an interval and the counters and gauges that it keeps anyway are read;
 * nothing is added to its events. A value is a ratio of two sums (busy time over time, seconds of latency
 * over requests), and the sums of all replications are added before they are divided: the mean over
 * replications, of latencies over their requests. A replication that was cut counts only when there is no
 * other.
 *
 * Rows come for each component as a whole and for the system ("total"): throughput, requests.failed and
 * latency.mean (of requests that ended in the interval), in_flight.mean, and of servers utilisation,
 * RESOURCE.utilisation, queue.mean, memory.used.mean and the ratios and levels of their own (hit_ratio).
 *
 * Left out: single instances, request classes, percentiles over time, counters of a model's own.
 *
 * Memory: 32 bytes a value, SERIES_VALUES_MAX of them; malloc'd, freed by series_output_deinit(). Cost: an
 * interval costs O(components + buckets of their latency histograms).
 */
#ifndef APP_SERIES_OUTPUT_H
#define APP_SERIES_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/sim.h"

#define SERIES_HEADER "variant,time,component,metric,unit,value"
#define SERIES_INTERVALS 60                     /* when no interval is asked for */
#define SERIES_INTERVAL_MIN_NS INT64_C(1000000) /* of those */
#define SERIES_INTERVALS_MAX 10000
#define SERIES_VALUES_MAX ((size_t)1 << 22)

struct series_column;
struct series_cell;

enum series_status { SERIES_OK, SERIES_TOO_LARGE, SERIES_OUT_OF_MEMORY };

struct series_output {
    struct series_column *columns; /* one for each component and metric */
    size_t column_count, column_room, cursor;
    struct series_cell *cells;  /* by interval and column, of the replications that count */
    struct series_cell *sample; /* the same of the one that runs */
    int64_t interval_ns, measure_ns;
    int64_t interval_count, filled, sampled; /* intervals: in all, in cells, in sample */
    bool is_baseline;                        /* measuring has just begun */
    enum series_status status;
};

/* interval_ns 0: a sixtieth of measure_ns, the measured time. At most SERIES_INTERVALS_MAX intervals. */
void series_output_init(struct series_output *series, int64_t interval_ns, int64_t measure_ns);
void series_output_deinit(struct series_output *series);

/* How many intervals that makes. */
int64_t series_interval_count(int64_t interval_ns, int64_t measure_ns);

/* A replication begins to be measured now. */
enum series_status series_output_start(struct series_output *series, const struct sim *sim);

/* End of the interval that is under way, ns since measuring began; INT64_MAX: all are done. */
int64_t series_output_next_ns(const struct series_output *series);

/* The clock stands at that date. */
void series_output_sample(struct series_output *series, const struct sim *sim);

/* The replication that has just ended counts. */
void series_output_add(struct series_output *series);

/* SERIES_HEADER as the first line. */
void series_output_write_header(FILE *file);

/* All rows of a variant, by time; time is the end of the interval, seconds since measuring began. A mean
 * of nothing (no request ended ok) is an empty value; intervals that a cut run did not end have no rows. */
void series_output_write(FILE *file, const char *variant, const struct series_output *series);

#endif
