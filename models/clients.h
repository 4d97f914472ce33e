/* clients.h - configuration of the model `clients`; see clients.c. */
#ifndef MODELS_CLIENTS_H
#define MODELS_CLIENTS_H

#include "models/call_params.h"
#include "models/data_set.h"
#include "models/model.h"

#define SHARE_EQUAL (-1.0)      /* request_class_config.share: all alike */
#define POPULARITY_AS_DATA (-1) /* also .exponent: as the data set says */

struct request_class_config {
    const char *name;
    double share;    /* of the requests, or SHARE_EQUAL */
    const char *key; /* data set, NULL: none */
    int popularity;  /* enum popularity or POPULARITY_AS_DATA */
    double exponent; /* of Zipf, or POPULARITY_AS_DATA */
    struct param_list hot_rows;
    int64_t priority;
    int64_t request_size; /* bytes */
};

struct clients_config {
    double arrivals; /* 1/s, 0: closed */
    int gap_law;
    double gap_cv;      /* 0: not given */
    int64_t population; /* of open arrivals */
    int64_t users;      /* closed, 0: open */
    struct distribution_config think_time;
    bool identity;
    struct param_list requests; /* of struct request_class_config */
    const char *target;
    struct call_config call;
};

extern const struct model_type clients_model;

#endif
