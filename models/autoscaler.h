/* autoscaler.h - configuration and state of the model `autoscaler`; see autoscaler.c. */
#ifndef MODELS_AUTOSCALER_H
#define MODELS_AUTOSCALER_H

#include "models/model.h"
#include "models/monitor.h"
#include "models/scaling_rule.h"

struct autoscaler_config {
    const char *component;
    const char *monitor; /* NULL: none */
    const char *metric;
    struct param_quantity target;
    double tolerance;
    int64_t min, max;
    int64_t interval;                   /* ns */
    int64_t cooldown_up, cooldown_down; /* ns */
    int64_t add_max, remove_max;        /* INT64_MAX: unlimited */
    struct distribution_config boot_time;
    int64_t drain; /* ns */
    bool replace;
};

struct autoscaler_shared {
    struct group *target;
    struct scaling_rule rule;
    const struct monitor_watch *monitored; /* NULL: it looks for itself */
    struct watch own;
    struct duration boot;
    uint64_t orders;     /* machines ordered since the run began */
    uint64_t *changes;   /* of each instance: decisions about it; clocks of older ones have nothing to say */
    int64_t *drained_ns; /* of each that leaves: when what is inside is cut */
    int64_t wanted;
    int64_t up_ns, changed_ns; /* when instances were last added; or added or taken away; before 0: never */
};

struct autoscaler {
    struct amount desired;
    uint64_t evaluations, blind;
    uint64_t scale_ups, scale_downs;
    uint64_t replaced, cut_short;
};

extern const struct model_type autoscaler_model;
extern const struct param_table autoscaler_params;

/* What no row can say, before and after the wiring. */
void autoscaler_check(const void *config, struct param_problems *problems);
void autoscaler_check_wired(const struct group *group, struct param_problems *problems);

#endif
