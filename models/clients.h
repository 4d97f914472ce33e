/* clients.h - configuration of the model `clients`; see clients.c. */
#ifndef MODELS_CLIENTS_H
#define MODELS_CLIENTS_H

#include "models/call_params.h"
#include "models/clients_requests.h"
#include "models/load.h"
#include "models/sessions.h"
#include "models/model.h"

/* Load as people know it. */
struct daily_config {
    int64_t users;
    double requests_each;
    double peak_factor;
};

/* Part of the users. */
struct clients_region {
    const char *name;
    double share;
};

struct clients_config {
    double arrivals; /* 1/s, 0: daily or closed */
    const struct daily_config *daily; /* NULL: not given */
    const struct arrival_trace *trace; /* NULL: none */
    struct param_list load;   /* of struct load_config */
    struct param_list bursts; /* of struct burst_config */
    int gap_law;
    double gap_cv;      /* 0: not given */
    int64_t population; /* of open arrivals */
    int64_t users;      /* closed, 0: open */
    struct distribution_config think_time;
    bool identity;
    struct param_list regions; /* of struct clients_region; none: all where the component is */
    uint64_t user_first;       /* of the users of one region, no parameter */
    const struct session_config *session; /* NULL: every request is by itself */
    struct distribution_config patience;  /* constant 0: without end */
    struct param_list requests;           /* of struct request_class_config */
    const char *target;
    const char *asset_target; /* NULL: target */
    struct call_config call;
};

extern const struct model_type clients_model;

/* Each request of such users is sent by somebody drawn anew: there is nobody who comes back. */
static inline bool clients_are_nobody(const struct group *source)
{
    const struct clients_config *config = source->config;

    return source->type == &clients_model.component && config->users && !config->identity &&
           config->think_time.law == DISTRIBUTION_EXPONENTIAL;
}

#endif
