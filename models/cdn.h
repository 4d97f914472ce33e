/* cdn.h - configuration of the model `cdn`, and what its name and its edges share; see
 * cdn.c and cdn_edge.c. */
#ifndef MODELS_CDN_H
#define MODELS_CDN_H

#include "models/call_params.h"
#include "models/data_set.h"
#include "models/eviction.h"
#include "models/model.h"

enum cdn_urls { CDN_URLS_PLAIN, CDN_URLS_VERSIONED };
enum cdn_invalidation { CDN_INVALIDATION_NONE, CDN_INVALIDATION_ON_WRITE };
enum cdn_start { CDN_COLD, CDN_WARM };
enum cdn_fallback { CDN_FALLBACK_NONE, CDN_FALLBACK_ORIGIN };

#define CDN_AS_ALL 0 /* of one edge or class: as the CDN says for all of them */

struct cdn_edge_config {
    const char *name;  /* of its region */
    int64_t capacity;  /* bytes; CDN_AS_ALL; INT64_MAX: unlimited */
    double bandwidth;  /* bytes/s; CDN_AS_ALL; infinite: unlimited */
};

struct cdn_class_config {
    const char *name;
    bool cached;
    int64_t ttl; /* ns; CDN_AS_ALL; SIM_TIME_NEVER: for ever */
};

struct cdn_tier_config {
    int64_t from; /* bytes a month */
    double price; /* USD a GB */
};

struct cdn_config {
    const char *origin;
    struct param_list edges; /* of struct cdn_edge_config; none: one edge, where the CDN is */
    struct distribution_config serve_time;
    int64_t capacity; /* bytes of one edge; INT64_MAX: unlimited */
    int eviction;     /* enum eviction */
    int64_t ttl;      /* ns; SIM_TIME_NEVER: for ever */
    double bandwidth; /* bytes/s of one edge; infinite: unlimited */
    struct param_list classes; /* of struct cdn_class_config */
    int start;                 /* enum cdn_start */
    const char *warm_data;     /* NULL: none */
    int urls;                  /* enum cdn_urls */
    int invalidation;          /* enum cdn_invalidation */
    struct distribution_config invalidation_time;
    int fallback; /* enum cdn_fallback */
    int64_t failover_time;     /* ns */
    double price_per_gb;
    struct param_list price_tiers; /* of struct cdn_tier_config */
    double price_per_10000_requests, price_per_gb_fetched, price_per_invalidation; /* USD */
    double price; /* USD/h */
    struct call_config call; /* to the origin */
};

extern const struct param_table cdn_params;

/* The check of the model: what no row can say. */
void cdn_check(const void *config, struct param_problems *problems);

/* What passes an edge; the name's own is the sum of its edges. */
struct cdn_traffic {
    uint64_t hits, misses, passed;
    uint64_t fresh_hits, stale_hits;
    uint64_t bytes_out, bytes_fetched;
};

#define CDN_TRAFFIC_ROWS(state, member)                                                                        \
    { "hits", "1", METRIC_COUNTER, offsetof(struct state, member.hits), 0,                                     \
      "Requests that an edge answered from a copy, stale ones included." },                                    \
    { "misses", "1", METRIC_COUNTER, offsetof(struct state, member.misses), 0,                                 \
      "Requests for what may be kept, of which the edge had no copy, or one that had expired." },              \
    { "hit_ratio", "1", METRIC_RATIO, offsetof(struct state, member.hits),                                     \
      offsetof(struct state, member.misses), "Share of requests for what may be kept that found a copy." },    \
    { "passed", "1", METRIC_COUNTER, offsetof(struct state, member.passed), 0,                                 \
      "Requests that an edge passed on since they are about nothing that may be kept." },                      \
    { "stale_hits", "1", METRIC_COUNTER, offsetof(struct state, member.stale_hits), 0,                         \
      "Hits that handed out a copy older than the row." },                                                     \
    { "stale_ratio", "1", METRIC_RATIO, offsetof(struct state, member.stale_hits),                             \
      offsetof(struct state, member.fresh_hits), "Share of hits that handed out a copy older than the row." }, \
    { "bytes_out", "B", METRIC_COUNTER, offsetof(struct state, member.bytes_out), 0,                           \
      "Size of the answers that edges sent to users." },                                                       \
    { "bytes_fetched", "B", METRIC_COUNTER, offsetof(struct state, member.bytes_fetched), 0,                   \
      "Size of the answers that edges got from the origin." }

/* ---- the name ---- */

struct cdn_region;

/* What the name and the edges of a CDN look at together. */
struct cdn_shared {
    struct group **edges; /* one instance each */
    uint32_t edge_count;
    struct cdn_region *regions; /* of the network; the last one: none */
    uint32_t region_count;
    struct group *origin;
    uint16_t *region_of_site; /* by index of the site; made by start() */
    bool *is_routed;          /* by edge: requests are sent there */
    bool *is_up;              /* by edge: the truth */
};

struct cdn {
    struct cdn_traffic traffic;
    uint64_t rerouted, fallbacks, invalidations;
    uint64_t commits; /* since the run began: numbers the draws */
    struct row_watcher watcher;
};

/* An edge has gone, or come back: its CDN hears of it failover_time later. */
void cdn_edge_changed(struct component *edge, bool is_up);

/* ---- edges ---- */

extern const struct model_type cdn_edge_model;

/* Hands an edge what it belongs to; once, in wire_group of the name. place: among the edges. */
void cdn_edge_join(struct group *edge, struct group *name, uint32_t place);

/* The request will go there soon: where its key will be looked for is fetched. */
void cdn_edge_expect(const struct component *edge, const struct request *request);

/* Drops the copy of that row at one edge, once the order has spread there. number: of the draw. */
void cdn_edge_invalidate(struct component *edge, uint64_t id, uint64_t number);

extern const struct model_type cdn_model;

#endif
