/* expectations.h - reads the bounds in "expect" and checks that each names a metric that there is. */
#ifndef APP_EXPECTATIONS_H
#define APP_EXPECTATIONS_H

#include "app/param_read.h"
#include "app/results.h"
#include "app/scenario.h"

/* json: the value of "expect", NULL: none was given. layout: the metrics of the variant, from a run that
 * was wired and not run. Errors go to the context. */
void expectations_read(const cJSON *json, const struct results *layout, struct scenario_variant *variant,
                       struct param_context *context);

#endif
