/* load_balancer.h - configuration of the model `load_balancer`; see load_balancer.c. */
#ifndef MODELS_LOAD_BALANCER_H
#define MODELS_LOAD_BALANCER_H

#include "models/balancing.h"
#include "models/call_params.h"
#include "models/model.h"

struct load_balancer_config {
    const char *targets;
    int policy; /* enum balancing_policy */
    int64_t choices;
    bool with_replacement;
    int ties; /* enum balancing_ties */
    struct distribution_config forward_time;
    int64_t connections; /* INT64_MAX: unlimited */
    double price;        /* USD/h of one instance */
    struct call_config call;
};

extern const struct model_type load_balancer_model;

#endif
