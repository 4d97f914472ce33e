/* cache.h - configuration of the model `cache`; see cache.c. */
#ifndef MODELS_CACHE_H
#define MODELS_CACHE_H

#include "models/call_params.h"
#include "models/eviction.h"
#include "models/model.h"

enum cache_ttl_from { TTL_FROM_FETCH_START, TTL_FROM_FETCH_END };
enum cache_writes { WRITES_AROUND, WRITES_THROUGH };
enum cache_start { CACHE_COLD, CACHE_WARM };

struct cache_config {
    const char *host; /* NULL: none */
    struct distribution_config lookup_time;
    int64_t capacity_entries; /* INT64_MAX: unlimited */
    int64_t memory;           /* bytes; 0: a share of the host's */
    int64_t entry_size;       /* bytes; 0: as the data set says */
    int eviction;             /* enum eviction */
    int64_t ttl;              /* ns; INT64_MAX: never */
    double ttl_jitter;
    bool ttl_reset_on_hit;
    int ttl_from;          /* enum cache_ttl_from */
    const char *store;     /* NULL: none */
    int writes;            /* enum cache_writes */
    int start;             /* enum cache_start */
    const char *warm_data; /* NULL: none */
    double price;          /* USD/h of one instance */
    struct call_config call;
};

extern const struct param_table cache_params;

/* The check of the model: what no row can say. */
void cache_check(const void *config, struct param_problems *problems);

extern const struct model_type cache_model;

#endif
