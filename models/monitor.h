/* monitor.h - what others ask of the model `monitor`; see monitor.c. */
#ifndef MODELS_MONITOR_H
#define MODELS_MONITOR_H

#include "models/model.h"
#include "models/watch.h"

struct monitor_config {
    int64_t interval, delay;  /* ns */
    struct param_list alerts; /* struct alert_config, see alert.h */
    const struct log_config *logs; /* NULL: none; see error_log.h */
    const struct business_config *business; /* NULL: nobody asks; see business.h */
};

struct monitor_watch; /* one metric of one component, for all who asked for it */

/* Has the monitor watch that metric of the group, which it has, or of one instance of it. For start; the first sample is an interval
 * after the start of the run. Whoever asks for the same gets the same. */
struct monitor_watch *monitor_add_watch(struct group *monitor, struct group *group, int64_t instance,
                                        const char *metric);

/* What the monitor knows of it now: a sample that is `delay` old or older; NULL: nothing yet. */
const struct watch_sample *monitor_known(const struct monitor_watch *watch);

extern const struct model_type monitor_model;

#endif
