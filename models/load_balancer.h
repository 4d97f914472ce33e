/* load_balancer.h - configuration and state of the model `load_balancer`; see load_balancer.c. */
#ifndef MODELS_LOAD_BALANCER_H
#define MODELS_LOAD_BALANCER_H

#include "models/balancing.h"
#include "models/call_params.h"
#include "models/health_checks.h"
#include "models/model.h"
#include "models/sticky_table.h"
#include "sim/station.h"

/* An entry of `weights`. */
struct server_weight_config {
    int64_t server; /* instance of the component behind */
    int64_t weight;
};

struct load_balancer_config {
    const char *targets;
    int policy; /* enum balancing_policy */
    int64_t choices;
    bool with_replacement;
    int ties;                  /* enum balancing_ties */
    struct param_list weights; /* struct server_weight_config */
    int64_t virtual_nodes;
    int64_t sticky; /* ns; 0: not at all */
    const struct health_check_config *health_check;   /* NULL: none */
    const struct passive_check_config *passive_check; /* NULL: none */
    struct param_list drains;                         /* struct drain_config */
    struct distribution_config forward_time;
    int64_t connections; /* INT64_MAX: unlimited */
    int64_t standby; /* ns until it has the address, 0: none */
    double price;                         /* USD/h of one machine */
    struct call_config call;
};

struct load_balancer_shared {
    struct link **targets; /* by instance of the group behind */
    struct group *behind;
    struct duration forward_time;
    bool forwards_at_once;
    bool is_plain; /* no cookies, no checks, no retries: an answer is just passed back */
    uint64_t choice_key, pause_key;
    uint32_t *weights;           /* under weighted, one a target */
    struct hash_ring ring;       /* under consistent_hash */
    struct sticky_table cookies; /* where there are any */
    struct health_probes probes; /* where servers are asked how they are */
};

struct load_balancer {
    struct balancing balancing;
    struct station connections; /* only where they are limited */
    bool is_limited;
    struct health health; /* where a server can be taken out of the choice */
    uint64_t retries, cookies_kept, cookies_given, cookies_moved;
    uint64_t takeovers;
};

extern const struct model_type load_balancer_model;
extern const struct param_table load_balancer_params;

/* What no row can say, before and after the wiring. */
void load_balancer_check(const void *config, struct param_problems *problems);
void load_balancer_check_wired(const struct group *group, struct param_problems *problems);

/* A server leaves, or comes back: it gets no new requests from any of these balancers, and those that it
 * has are finished. Whoever takes servers away (an autoscaler, a deployment) asks
 * load_balancer_requests_at() when they are. */
void load_balancer_set_member(struct group *balancers, uint32_t server, bool is_member);

/* Requests that these balancers have sent to the server and that have not come back. */
uint64_t load_balancer_requests_at(const struct group *balancers, uint32_t server);

#endif
