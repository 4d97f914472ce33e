/* cdn_params.c - what a scenario can say about a CDN, and what is wrong with it beyond the
 * rows; see cdn.c. */
#include "models/cdn.h"

#include <math.h>

static const struct param_choice urls_choices[] = {
    { "plain", CDN_URLS_PLAIN,
      "one name for all versions: a copy that was kept before a write is stale after it" },
    { "versioned", CDN_URLS_VERSIONED,
      "the version is part of the name (image.png?v=2): a write makes a new one" },
    { NULL, 0, NULL },
};

static const struct param_choice invalidation_choices[] = {
    { "none", CDN_INVALIDATION_NONE, "copies go when they expire or make room" },
    { "on_write", CDN_INVALIDATION_ON_WRITE, "every write of a row orders all edges to drop its copy" },
    { NULL, 0, NULL },
};

static const struct param_choice start_choices[] = {
    { "cold", CDN_COLD, "empty: everything misses at first" },
    { "warm", CDN_WARM,
      "every edge is filled with the most popular rows of warm_data, at random ages if they expire" },
    { NULL, 0, NULL },
};

static const struct param_choice fallback_choices[] = {
    { "none", CDN_FALLBACK_NONE, "requests fail" },
    { "origin", CDN_FALLBACK_ORIGIN, "users are sent to the origin, which then gets all of the requests" },
    { NULL, 0, NULL },
};

/* clang-format off */
static const struct param_row edge_rows[] = {
    PARAM_BYTES(struct cdn_edge_config, capacity, .default_text = "\"as_all\"", .word = "as_all", .word_value = CDN_AS_ALL,
                .min = 1, .max = 1e18, .help = "Bytes of copies that fit at this edge; as_all: as at every edge."),
    PARAM_BANDWIDTH(struct cdn_edge_config, bandwidth, .default_text = "\"as_all\"", .word = "as_all",
                    .word_value = CDN_AS_ALL, .min = 1, .max = 1e15,
                    .help = "Network card by which answers of this edge leave; as_all: as of every edge."),
    PARAM_END
};

static const struct param_table edge_params = { .rows = edge_rows, .size = sizeof(struct cdn_edge_config),
                                                .help = "an edge, by the name of its region" };

static const struct param_row class_rows[] = {
    PARAM_BOOL(struct cdn_class_config, cached, .default_text = "true",
               .help = "Whether answers to these requests may be kept; else an edge passes them on."),
    PARAM_DURATION(struct cdn_class_config, ttl, .default_text = "\"as_all\"", .word = "as_all", .word_value = CDN_AS_ALL,
                   .min = 1, .help = "Time to live of their copies; as_all: that of the CDN."),
    PARAM_END
};

static const struct param_table class_params = { .rows = class_rows, .size = sizeof(struct cdn_class_config),
                                                 .help = "what is different for one request class" };

static const struct param_row tier_rows[] = {
    PARAM_BYTES(struct cdn_tier_config, from, .min = 1, .max = 1e18,
                .help = "Traffic out in a month from which on this price holds."),
    PARAM_MONEY(struct cdn_tier_config, price, .max = 1e6, .help = "Price of a GB (1e9 bytes) beyond that."),
    PARAM_END
};

static const struct param_table tier_params = { .rows = tier_rows, .size = sizeof(struct cdn_tier_config),
                                                .help = "a price for large volumes" };

static const struct param_row rows[] = {
    PARAM_REFERENCE(struct cdn_config, origin, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "What the edges fetch from, and pass on to."),
    PARAM_MAP(struct cdn_config, edges, .default_text = "{}", .table = &edge_params,
              .help = "Edges by the name of their region; none: a single one, where the CDN is."),
    PARAM_DISTRIBUTION(struct cdn_config, serve_time, .default_text = "\"0.5ms\"",
                       .help = "Time that an edge takes for a request, which nobody waits in line for."),
    PARAM_BYTES(struct cdn_config, capacity, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e18,
                .help = "Bytes of copies that fit at each edge."),
    PARAM_CHOICE(struct cdn_config, eviction, .default_text = "\"lru\"", .choices = eviction_choices,
                 .help = "Who makes room for a new copy when an edge is full."),
    PARAM_DURATION(struct cdn_config, ttl, .default_text = "\"24h\"", .word = "never", .word_value = PARAM_WORD_MAX, .min = 1,
                   .max = PARAM_WORD_MAX,
                   .help = "Time to live: a copy counts as absent so long after the origin's answer; never: it does not "
                           "expire.",
                   .source = "CloudFront's default TTL (from memory)"),
    PARAM_BANDWIDTH(struct cdn_config, bandwidth, .default_text = "\"unlimited\"", .word = "unlimited",
                    .word_value = INFINITY, .min = 1, .max = 1e15,
                    .help = "Network card of each edge, by which answers leave one after the other."),
    PARAM_MAP(struct cdn_config, classes, .default_text = "{}", .table = &class_params,
              .help = "What is kept, and for how long, of single request classes; requests without a key never are."),
    PARAM_CHOICE(struct cdn_config, start, .default_text = "\"cold\"", .choices = start_choices,
                 .help = "What the edges hold when the run begins."),
    PARAM_REFERENCE(struct cdn_config, warm_data, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_DATA, .help = "Data set that warm edges are filled from."),
    PARAM_CHOICE(struct cdn_config, urls, .default_text = "\"plain\"", .choices = urls_choices,
                 .help = "Whether the version of a row is part of the name that it is asked for by."),
    PARAM_CHOICE(struct cdn_config, invalidation, .default_text = "\"none\"", .choices = invalidation_choices,
                 .help = "Whether the publisher calls the API that drops copies."),
    PARAM_DISTRIBUTION(struct cdn_config, invalidation_time, .default_text = "\"5s\"",
                       .help = "Time until an order to drop a copy has spread to an edge, drawn for each."),
    PARAM_CHOICE(struct cdn_config, fallback, .default_text = "\"none\"", .choices = fallback_choices,
                 .help = "What happens when all edges are out."),
    PARAM_DURATION(struct cdn_config, failover_time, .default_text = "\"30s\"", .max = 1e18,
                   .help = "Time from when an edge goes out, or comes back, until requests are sent accordingly."),
    PARAM_MONEY(struct cdn_config, price_per_gb, .default_text = "\"$0.085\"", .max = 1e6,
                .help = "Price of a GB (1e9 bytes) of traffic out.",
                .source = "CloudFront, North America and Europe, first 10 TB a month, 2024"),
    PARAM_LIST(struct cdn_config, price_tiers, .default_text = "[]", .table = &tier_params,
               .help = "Lower prices for traffic out beyond so much in a month, at the rate of the measured time."),
    PARAM_MONEY(struct cdn_config, price_per_10000_requests, .default_text = "\"$0.01\"", .max = 1e6,
                .help = "Price of requests to edges.", .source = "CloudFront over HTTPS, 2024"),
    PARAM_MONEY(struct cdn_config, price_per_gb_fetched, .default_text = "\"$0\"", .max = 1e6,
                .help = "Price of a GB (1e9 bytes) that edges get from the origin."),
    PARAM_MONEY(struct cdn_config, price_per_invalidation, .default_text = "\"$0\"", .max = 1e6,
                .help = "Price of one row that is ordered to be dropped."),
    PARAM_MONEY_RATE(struct cdn_config, price, .default_text = "\"$0/h\"", .max = 1e9,
                     .help = "Bill whatever the traffic."),
    PARAM_END
};
/* clang-format on */

const struct param_table cdn_params = { .rows = rows,
                                        .size = sizeof(struct cdn_config),
                                        .also = &call_params,
                                        .also_offset = offsetof(struct cdn_config, call) };

void cdn_check(const void *configuration, struct param_problems *problems)
{
    const struct cdn_config *config = configuration;
    const struct cdn_tier_config *tiers = config->price_tiers.items;

    for (size_t i = 1; i < config->price_tiers.count; i++)
        if (tiers[i].from <= tiers[i - 1].from)
            param_problem(problems, "price_tiers", NULL,
                          "tier %zu begins at %lld bytes, not above the one before", i + 1,
                          (long long)tiers[i].from);
    if (config->start == CDN_WARM && !config->warm_data)
        param_problem(problems, "start", "name the data set in warm_data, or start cold",
                      "a warm CDN needs rows to be filled with");
    if (config->urls == CDN_URLS_VERSIONED && config->invalidation == CDN_INVALIDATION_ON_WRITE)
        param_problem(problems, "invalidation", "choose one of the two",
                      "versioned URLs leave nothing to be invalidated: nobody asks for an older version");
}
