/* oracles_caches.c - the oracles about caches and a CDN: what hits, what that leaves for the origin; see
 * oracles.h. */
#include "tests/theory/oracles.h"

#include "tests/theory/exact_cache.h"

/* clang-format off */

const struct oracle oracles_caches[] = {
    {
        .id = "O19", .file = "O19_cache.json", .replications = 12,
        .words = "LRU: 1000 entries, 10,000 keys of Zipf popularity, independent requests. Twelve runs.",
        .wrong = "cache.capacity_entries=1050",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_lru,
              .published = 0.436659722, .absolute = 0.003 },
        },
        .configurations = {
            { "exponent 0.8", "base", { NULL },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.8, .capacity = 1000 } },
            { "exponent 1.1, 500 entries", "base", { "data.objects.exponent=1.1",
              "cache.capacity_entries=500" },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 1.1, .capacity = 500 } },
        },
    },
    {
        .id = "O20", .file = "O19_cache.json", .replications = 12,
        .words = "FIFO and random: the same hit ratio, below that of LRU. Twelve runs.",
        .wrong = "cache.capacity_entries=1050",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_fifo,
              .published = 0.394220848, .absolute = 0.003 },
        },
        .configurations = {
            { "first in, first out", "fifo", { NULL },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.8, .capacity = 1000 } },
            { "random", "random", { NULL },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.8, .capacity = 1000 } },
        },
    },
    {
        .id = "O21", .file = "O19_cache.json", .replications = 5,
        .words = "LFU with counts of all keys, after 1,500,000 requests: no policy that does not know the "
                 "future hits more often. Five runs.",
        .wrong = "cache.capacity_entries=1050",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_perfect_lfu,
              .published = 0.570617585, .absolute = 0.004 },
        },
        .configurations = {
            { "perfect LFU", "lfu", { NULL },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.8, .capacity = 1000 } },
        },
    },
    {
        .id = "O22", .file = "O22_ttl.json", .replications = 10,
        .words = "A time to live of 10 s and no bound: 10,000 keys of Zipf popularity 0.9, Poisson 1000/s. "
                 "Ten runs.",
        .wrong = "cache.ttl=10.5s",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_ttl,
              .published = 0.702232897, .absolute = 0.003 },
            { "copies present", "", OF("cache", "entries.mean"), .exact = exact_cache_ttl_entries,
              .published = 2977.67103, .relative = 0.005 },
        },
        .configurations = {
            { "10 s", "base", { NULL }, { .arrival_rate = 1000, .keys = 10000, .exponent = 0.9, .ttl_s =
              10 } },
            { "2 s", "base", { "cache.ttl=2s" },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.9, .ttl_s = 2 } },
        },
    },
    {
        .id = "O22", .file = "O22_ttl.json", .replications = 10,
        .words = "The same when every hit starts the time to live anew. Ten runs.",
        .wrong = "cache.ttl=10.5s",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_ttl_renewed,
              .published = 0.775821451, .absolute = 0.003 },
            { "copies present", "", OF("cache", "entries.mean"), .exact = exact_cache_ttl_renewed_entries,
              .relative = 0.005 },
        },
        .configurations = {
            { "10 s, renewed by hits", "reset", { NULL },
              { .arrival_rate = 1000, .keys = 10000, .exponent = 0.9, .ttl_s = 10 } },
        },
    },
    {
        .id = "O23", .file = "O23_tiny_cache.json",
        .words = "10 keys of Zipf popularity 1 and room for 3: LRU, exact without approximation.",
        .wrong = "data.objects.exponent=1.05",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_lru,
              .published = 0.47066419, .absolute = 0.002 },
        },
        .configurations = {
            { "LRU", "base", { NULL }, { .arrival_rate = 1000, .keys = 10, .exponent = 1, .capacity = 3 } },
            { "LRU, room for 4", "base", { "cache.capacity_entries=4" },
              { .arrival_rate = 1000, .keys = 10, .exponent = 1, .capacity = 4 } },
        },
    },
    {
        .id = "O23", .file = "O23_tiny_cache.json",
        .words = "The same with FIFO.",
        .wrong = "data.objects.exponent=1.05",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_fifo,
              .published = 0.445104461, .absolute = 0.002 },
        },
        .configurations = {
            { "FIFO", "fifo", { NULL }, { .arrival_rate = 1000, .keys = 10, .exponent = 1, .capacity = 3 } },
            { "random", "random", { NULL }, { .arrival_rate = 1000, .keys = 10, .exponent = 1, .capacity =
              3 } },
        },
    },
    {
        .id = "O23", .file = "O23_tiny_cache.json",
        .words = "The same with perfect LFU.",
        .wrong = "data.objects.exponent=1.05",
        .claims = {
            { "look-ups that hit", "%", OF("cache", "hit_ratio"), .exact = exact_cache_perfect_lfu,
              .published = 0.625931446, .absolute = 0.002 },
        },
        .configurations = {
            { "perfect LFU", "lfu", { NULL }, { .arrival_rate = 1000, .keys = 10, .exponent = 1, .capacity =
              3 } },
        },
    },
    {
        .id = "O24", .file = "O24_cdn.json", .server = "web", .replications = 12,
        .words = "Three CDN edges without a bound on copies, which live for 300 s and are not renewed by "
                 "hits; 50,000 objects of 100 kB, Zipf 1.1. Twelve runs.",
        .wrong = "cdn.ttl=150s", /* the service has no part in it */
        .claims = {
            { "hits, Europe", "%", OF("cdn.europe", "hit_ratio"), .exact = exact_edge_hits, .argument = 0,
              .published = 0.848864484, .absolute = 0.004 },
            { "hits, Asia", "%", OF("cdn.asia", "hit_ratio"), .exact = exact_edge_hits, .argument = 2,
              .published = 0.706502087, .absolute = 0.004 },
            { "hits, all", "%", OF("cdn", "hit_ratio"), .exact = exact_cdn_hits, .published = 0.842085323,
              .absolute = 0.004 },
            { "requests to the origin", "/s", OF("web", "throughput"), .exact = exact_origin_rate,
              .published = 66.3241645, .relative = 0.02 },
            { "bill, USD an hour", "", OF("cdn", "cost.per_hour"), .exact = exact_cdn_usd_per_hour,
              .published = 13.2898349583, .relative = 0.002 },
        },
        .configurations = {
            { "300 s", "base", { NULL },
              { .service_mean_s = 0.001, .servers = 1000, .objects = 50000, .zipf_exponent = 1.1, .ttl_s =
                300,
                .edge_rates = { 200, 200, 20 }, .object_gb = 1e-4, .usd_per_gb_out = 0.08,
                .usd_per_gb_fetched = 0.05 } },
            { "120 s, 60/s in Asia", "base", { "cdn.ttl=120s", "asians.arrivals=60/s" },
              { .service_mean_s = 0.001, .servers = 1000, .objects = 50000, .zipf_exponent = 1.1, .ttl_s =
                120,
                .edge_rates = { 200, 200, 60 }, .object_gb = 1e-4, .usd_per_gb_out = 0.08,
                .usd_per_gb_fetched = 0.05 } },
        },
    },
    { .id = NULL },
};
