/* summary_forms.h - what there is to say of a tier depends on what it is: a machine has resources, a name
 * has callers who know its address, a queue has messages. Each of these is a form: a test of whether a tier
 * is of it, by the metrics that it has, and what writes its line. */
#ifndef APP_SUMMARY_FORMS_H
#define APP_SUMMARY_FORMS_H

#include <stdbool.h>

#include "app/page.h"
#include "app/results.h"
#include "app/scenario.h"

/* A component of a summary that is being written. */
struct tier {
    struct page *page;
    const struct scenario_variant *variant;
    const struct results *results;
    const char *component;
    int width;   /* of labels */
    bool steady; /* its latencies mean something */
};

/* A metric of the tier; NaN: it has none of that name. */
double tier_value(const struct tier *tier, const char *metric);
bool tier_has(const struct tier *tier, const char *metric);

/* How many instances it has that results tell apart; 0: it is but one. */
int tier_instances(const struct tier *tier);

/* Requests, or what else is counted, a second; nothing when there are none. */
void tier_write_rate(const struct tier *tier, double count);

/* Of what keeps copies: how many look-ups found one, and how many of these were old. */
void tier_write_copies(const struct tier *tier);

/* Of what spreads requests: over how many. */
void tier_write_targets(const struct tier *tier);

/* A line for each instance in brackets, where they differ. */
void tier_write_instances(const struct tier *tier);

struct tier_form {
    bool (*is)(const struct tier *tier);
    void (*write)(const struct tier *tier);
};

extern const struct tier_form form_name, form_subscription, form_machine, form_copies, form_balancer,
    form_autoscaler, form_alert, form_log, form_business, form_deploy, form_moves;

#endif
