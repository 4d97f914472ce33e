/* web_server.h - configuration of the model `web_server`; see web_server.c. */
#ifndef MODELS_WEB_SERVER_H
#define MODELS_WEB_SERVER_H

#include "models/handler.h"
#include "models/model.h"

struct web_server_config {
    const char *host;
    int64_t workers;
    int64_t accept_queue;       /* INT64_MAX: unlimited */
    int order;                  /* enum station_discipline, of the accept queue */
    int64_t memory_per_worker;  /* bytes */
    int64_t response_size;      /* bytes */
    const struct web_sessions_config *sessions; /* NULL: none */
    struct param_list handlers; /* of struct handler_config */
};

extern const struct model_type web_server_model;

#endif
