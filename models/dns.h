/* dns.h - configuration of the model `dns`, and what the name, its records and its authoritative servers
 * share; see dns.c. */
#ifndef MODELS_DNS_H
#define MODELS_DNS_H

#include "models/dns_answers.h"
#include "models/dns_zone.h"
#include "models/health_checks.h"
#include "models/model.h"
#include "models/request_line.h"

#define DNS_AUTHORITY "authority" /* the part that is the authoritative servers */

enum dns_policy { DNS_ROUND_ROBIN, DNS_GEO };
enum dns_resolve { DNS_ON_NEXT_REQUEST, DNS_ON_EXPIRY };

struct dns_record_config {
    const char *target;
    int64_t weight;
};

struct dns_config {
    struct param_list records; /* of struct dns_record_config */
    int policy;                /* enum dns_policy */
    int64_t ttl;               /* ns */
    int resolve;               /* enum dns_resolve */
    int64_t resolvers;         /* of a region; 0: none, callers ask the authoritative servers themselves */
    struct distribution_config resolver_round_trip, lookup_time;
    int64_t lookup_timeout;                         /* ns */
    const struct health_check_config *health_check; /* NULL: none */
};

extern const struct param_table dns_params;

/* What no row can say, before and after the wiring. */
void dns_check(const void *config, struct param_problems *problems);
void dns_check_wired(const struct group *group, struct param_problems *problems);

/* ---- the name ---- */

/* The name as one kind of caller knows it, by the link over which these call it. */
struct dns_view {
    uint64_t caller_key; /* of the component that calls */
    bool is_by_user;     /* every user has a cache of their own; else every instance */
    uint32_t region;
    struct link **links; /* of zone.link_count */
};

/* A resolver that callers of a region share. */
struct dns_resolver {
    int64_t expires_ns;                   /* of its answer; 0: it has none */
    uint32_t version;                     /* of the zone, that it was told */
    uint32_t turn;                        /* answers it has given */
    struct request_line waiting; /* for the lookup that is under way */
    bool is_asking;
};

struct dns_shared {
    struct dns_zone zone;
    struct link *authority;
    struct group **records; /* parts, by place in the configuration */
    struct dns_view *views;
    uint32_t view_count;
    uint16_t *view_of_link;
    uint32_t region_count;          /* of the network; the last one: none */
    struct dns_resolver *resolvers; /* of the first region, then of the next */
    struct duration resolver_trip;
    bool asks_at_once; /* the way to a resolver takes no time */
    uint64_t spread_key, phase_key;
};

struct dns {
    struct dns_answers answers;
    uint64_t turn; /* answers of the authoritative servers to callers themselves */
    uint64_t stub_hits, stub_misses, resolver_hits, resolver_misses;
    uint64_t lookups, lookups_failed, sent, sent_to_dead;
};

/* Callbacks of the name: addresses, parts and distances; then, when all others are wired, links of callers. */
void dns_wire_group(struct group *group);
void dns_wire_callers(struct group *group);

/* ---- parts ---- */

extern const struct model_type dns_model, dns_authority_model, dns_record_model;

/* Hands a record's part what it belongs to; once, in wire_group of the name. place: among the records. */
void dns_record_join(struct group *record, struct group *name, uint32_t place);

/* An answer that names it; a request that goes there by one. */
void dns_record_answered(struct group *record);
void dns_record_sent(struct group *record, bool is_dead);

#endif
