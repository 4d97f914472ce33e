/* worker.h - configuration of the model `worker`; see worker.c. */
#ifndef MODELS_WORKER_H
#define MODELS_WORKER_H

#include "models/handler.h"
#include "models/model.h"

struct worker_config {
    const char *host;
    const char *queue;
    const char *subscription;
    int64_t workers;
    int64_t prefetch;             /* 0: as many as workers */
    int64_t memory_per_worker;    /* bytes */
    double acknowledgements_lost; /* share */
    struct param_list handlers;   /* of struct handler_config */
};

extern const struct model_type worker_model;

#endif
