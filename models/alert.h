/* alert.h - a rule of a monitor: a figure of a component out of bounds for some time; and who is told.
 *
 * Each alert is a part of its monitor, "MONITOR.NAME", with metrics and a series of its own. It is looked
 * at when a sample becomes known: `delay` after each `interval` of the monitor. It fires at the first of
 * these dates at which the figure has been out of bounds at all of them for `for`, and clears at the first
 * at which it is not: a figure of which there was nothing to measure (no latency without an answer) is not
 * out of bounds. With `each` the figure of every instance is looked at, and one that is out of bounds is
 * enough: in the mean of many a single one may not show. So what a component does from t on is told at
 *     (the first multiple of `interval` by which it shows) + `delay` + `for` rounded up to `interval`s.
 *
 * Ownership: of the run. Errors: what a scenario can do wrong is told by monitor's check_wired. Randomness:
 * none. Cost: an event an interval each, and the monitor's sample of the figure. */
#ifndef MODELS_ALERT_H
#define MODELS_ALERT_H

#include "models/model.h"

struct monitor_config;

/* One of monitor's `alerts`. */
struct alert_config {
    const char *name;
    const char *on;   /* component */
    const char *part; /* "all": the component as a whole */
    bool each;        /* instance by itself */
    const char *metric;
    struct param_quantity above, below; /* NaN: not this one */
    int64_t lasts;                      /* ns */
};

extern const struct model_type alert_model;
extern const struct param_table alert_params;

/* The alert of that name of a monitor, once wired; NULL: it has none. */
struct group *alert_find(const struct group *monitor, const char *name);

/* "errors, slow": those that the monitor has, for errors. Returns text. */
char *alert_list(const struct group *monitor, char *text, size_t size);

/* From then on `changed` is called as the alert begins to fire (true), and as it clears (false), from within
 * its own event. For start; it may be called several times, and they are called in that order. */
void alert_subscribe(struct group *alert, void (*changed)(void *context, bool firing), void *context);

bool alert_is_firing(const struct group *alert);

/* What is wrong with the alerts of a monitor's configuration, before and after the wiring; paths are relative
 * to the monitor. */
void alerts_check(const struct monitor_config *monitor, struct param_problems *problems);
void alerts_check_wired(const struct group *monitor, const struct param_list *alerts,
                        struct param_problems *problems);

#endif
