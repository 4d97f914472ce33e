/* Step 8: hit ratios by policy, working set, writes and time to live, and the share of hits that are
 * out of date. */
#include <math.h>

#include "tests/ladder/ladder.h"
#include "tests/theory/exact_cache.c" /* the closed forms of caches that the tests of theory use as well */

static double views(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.view.share");
}

static double edits(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.edit.share");
}

static struct parameters popularity_of(const struct ladder_run *run)
{
    return (struct parameters){ .arrival_rate = views(run),
                                .keys = (int)ladder_number(run, "data.objects.rows"),
                                .exponent = ladder_number(run, "data.objects.exponent") };
}

static struct parameters bounded(const struct ladder_run *run)
{
    struct parameters parameters = popularity_of(run);

    parameters.capacity = (int)ladder_number(run, "cache.capacity_entries");
    return parameters;
}

static struct parameters expiring(const struct ladder_run *run)
{
    struct parameters parameters = popularity_of(run);

    parameters.ttl_s = ladder_seconds(run, "cache.ttl");
    return parameters;
}

static double reads_of_all(const struct ladder_run *run)
{
    return views(run) + edits(run);
}

static double lru(const struct ladder_run *run)
{
    struct parameters parameters = bounded(run);

    return exact_cache_lru(&parameters, 0);
}

static double fifo(const struct ladder_run *run)
{
    struct parameters parameters = bounded(run);

    return exact_cache_fifo(&parameters, 0);
}

static double lfu(const struct ladder_run *run)
{
    struct parameters parameters = bounded(run);

    return exact_cache_perfect_lfu(&parameters, 0);
}

/* What misses and what is written. */
static double database_with_lru(const struct ladder_run *run)
{
    return views(run) * (1 - lru(run)) + edits(run);
}

/* A view hits when the last thing that happened to its row was a view, too: whatever its popularity. */
static double views_share(const struct ladder_run *run)
{
    return ladder_share(run, "users.requests.view.share");
}

static double database_with_drops(const struct ladder_run *run)
{
    return views(run) * (1 - views_share(run)) + edits(run);
}

static double ttl_hits(const struct ladder_run *run)
{
    struct parameters parameters = expiring(run);

    return exact_cache_ttl(&parameters, 0);
}

/* A hit at age a finds its row written meanwhile with 1 - exp(-w a), and ages are spread evenly over the
 * time to live: 1 - (1 - exp(-w T)) / (w T), of each row by its hits. */
static double ttl_stale(const struct ladder_run *run)
{
    struct parameters parameters = expiring(run);
    double *probability = popularity(&parameters), hits = 0, stale = 0;

    for (int i = 0; i < parameters.keys; i++) {
        double row_hits = probability[i] * asked_in_turn(views(run) * probability[i] * parameters.ttl_s);
        double writes = edits(run) * probability[i] * parameters.ttl_s;

        hits += row_hits;
        stale += row_hits * (1 + expm1(-writes) / writes);
    }
    free(probability);
    return stale / hits;
}

static const struct ladder_step step = {
    .file = "08_cache_tier.json",
    .others = { { "users.arrivals=400/s", "users.requests.view.share=80%", "users.requests.edit.share=20%" },
                { "data.objects.exponent=1.1" } },
    .wrong = { "data.objects.exponent=0.88", "users.requests.view.share=85%",
               "users.requests.edit.share=15%" },
    .claims = {
        { "operations of the database without a cache", "/s", OF(NULL, "db", "throughput"),
          .predict = reads_of_all,
          .unmoved = true },
        { "hits, least recently used goes", "%", OF("aside", "cache", "hit_ratio"), .predict = lru,
          .near = 0.005 },
        { "operations of the database then", "/s", OF("aside", "db", "throughput"),
          .predict = database_with_lru,
          .near = 0.005 },
        { "hits, read-through: the same", "%", OF("read_through", "cache", "hit_ratio"), .predict = lru,
          .near = 0.005 },
        { "hits, first in, first out", "%", OF("fifo", "cache", "hit_ratio"), .predict = fifo },
        { "hits, least frequently used goes", "%", OF("lfu", "cache", "hit_ratio"), .predict = lfu,
          .near = 0.015 },
        { "hits, ten times as many rows in use", "%", OF("wider", "cache", "hit_ratio"), .predict = lru,
          .tolerance = 0.03, .near = 0.005 },
        { "hits when an edit drops the copy: the share of views", "%", OF("dropped", "cache", "hit_ratio"),
          .predict = views_share, .near = 0.005 },
        { "operations of the database then", "/s", OF("dropped", "db", "throughput"),
          .predict = database_with_drops, .tolerance = 0.03, .near = 0.02 },
        { "hits with nine edits for a view", "%", OF("mostly_edits", "cache", "hit_ratio"),
          .predict = views_share, .tolerance = 0.1, .near = 0.08 },
        { "hits, copies live for 1 s", "%", OF("ttl_short", "cache", "hit_ratio"), .predict = ttl_hits },
        { "hits out of date then", "%", OF("ttl_short", "cache", "stale_ratio"), .predict = ttl_stale,
          .tolerance = 0.03 },
        { "hits, copies live for 10 s", "%", OF("ttl_long", "cache", "hit_ratio"), .predict = ttl_hits },
        { "hits out of date then", "%", OF("ttl_long", "cache", "stale_ratio"), .predict = ttl_stale,
          .tolerance = 0.03 },
    },
};

LADDER_MAIN(step)
