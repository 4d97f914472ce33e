/* watch_metrics.h - which metrics a component has that can be watched, and their readings: for watch.c. */
#ifndef MODELS_WATCH_METRICS_H
#define MODELS_WATCH_METRICS_H

#include "models/watch.h"

/* False: the group, which is wired, has none of that name. */
bool watch_metric_find(const struct group *group, const char *name, struct watch_metric *metric);

/* Time in service of the instances that are read, instance-ns. */
__int128 watch_metric_serving(const struct watch_metric *metric, const struct group *group);

/* Of a percentile: the histograms that it is of, one after the other, *position being 0 at first;
 * NULL: past the last. */
const struct histogram *watch_metric_histogram(const struct watch_metric *metric, const struct group *group,
                                               uint32_t *position);

/* Whether there may be several of them. */
bool watch_metric_is_merged(const struct watch_metric *metric, const struct group *group);

#endif
