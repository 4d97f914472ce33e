/* call_params.h - the parameters of a call: when it is given up, and what happens then. Shared by
 * everything that calls.
 *
 * A config embeds struct call_config and its table names call_params in `also`.
 */
#ifndef MODELS_CALL_PARAMS_H
#define MODELS_CALL_PARAMS_H

#include "models/param.h"
#include "sim/link.h"

struct call_config {
    int64_t timeout;     /* ns, of one attempt */
    int64_t retries;     /* further attempts */
    int64_t backoff;     /* ns before the first retry */
    int64_t backoff_max; /* ns */
    bool backoff_jitter;
};

extern const struct param_table call_params;

/* The kernel's policy of that configuration. */
struct call_policy call_policy_of(const struct call_config *config);

#endif
