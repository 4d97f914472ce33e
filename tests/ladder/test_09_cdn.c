/* Step 9: what edges hit, hand out old and take off the origin; what happens when they die. */
#include <math.h>
#include <stdlib.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define FAILOVER_S 30.0     /* default of cdn */
#define PER_10000 0.01      /* default price of requests, $ */
#define PER_GB 0.085        /* default price of traffic out, $; there is a single tier */
#define FETCH_S 0.15        /* at most: two messages over the ocean, 1 ms of work, 100 KB on the line */
#define STEPS 2000          /* of an integral over the life of a copy */

static double europe(const struct ladder_run *run)
{
    return ladder_rate(run, "europeans.arrivals");
}

static double america(const struct ladder_run *run)
{
    return ladder_rate(run, "americans.arrivals");
}

static double users(const struct ladder_run *run)
{
    return europe(run) + america(run);
}

static double editors(const struct ladder_run *run)
{
    return ladder_rate(run, "editors.arrivals");
}

/* Writes of one image a second: editors choose evenly. */
static double writes(const struct ladder_run *run)
{
    return editors(run) / ladder_number(run, "data.images.rows");
}

/* A copy lives for so long on average; then the next request misses, and a new one begins to live: J. Jung,
 * A. W. Berger, H. Balakrishnan, "Modeling TTL-based Internet caches", 2003. */
static double hits(const struct ladder_run *run, double rate, double life_s)
{
    double rows = ladder_number(run, "data.images.rows"),
           exponent = ladder_number(run, "data.images.exponent");
    double total = 0, sum = 0;

    for (double rank = 1; rank <= rows; rank++)
        total += pow(rank, -exponent);
    for (double rank = 1; rank <= rows; rank++) {
        double share = pow(rank, -exponent) / total, asked = rate * share * life_s;

        sum += share * asked / (1 + asked);
    }
    return sum;
}

static double ttl_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "cdn.ttl");
}

/* The formulas take a fetch for instant. While it lasts a copy does not live, and who asks then asks
 * the origin, too. */
static double fetching(const struct ladder_run *run)
{
    return FETCH_S / ttl_s(run);
}

static double europe_hits(const struct ladder_run *run)
{
    return hits(run, europe(run), ttl_s(run));
}

static double missed(const struct ladder_run *run, double life_s)
{
    return europe(run) * (1 - hits(run, europe(run), life_s)) +
           america(run) * (1 - hits(run, america(run), life_s));
}

static double origin_rate(const struct ladder_run *run)
{
    return missed(run, ttl_s(run)) + editors(run);
}

static double everything(const struct ladder_run *run)
{
    return users(run) + editors(run);
}

/* 1 / (1 - hits) for the images; what is written goes to the web server in any case. */
static double times_the_load(const struct ladder_run *run)
{
    return everything(run) / origin_rate(ladder_variant(run, NULL));
}

static double fetching_in_base(const struct ladder_run *run)
{
    return fetching(ladder_variant(run, NULL));
}

/* With version in the URL a copy is asked for until it expires or the image is written, at
 * an exponential date. */
static double versioned_life_s(const struct ladder_run *run)
{
    return -expm1(-writes(run) * ttl_s(run)) / writes(run);
}

static double versioned_rate(const struct ladder_run *run)
{
    return missed(run, versioned_life_s(run)) + editors(run);
}

static double nothing(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

/* Hits come at any age of a copy up to its time to live, all equally likely; it is old once the
 * image was written. */
static double stale(const struct ladder_run *run)
{
    double expected = writes(run) * ttl_s(run);

    return 1 + expm1(-expected) / expected;
}

/* The order to drop a copy follows the write by `spread`. A copy is there at some age unless there was a
 * write up to `spread` before that age, orders on their way when it was fetched among them; it is old if
 * there was one since. */
static double invalidated_stale(const struct ladder_run *run)
{
    double rate = writes(run), spread = ladder_seconds(run, "cdn.invalidation_time"), there = 0, old = 0;

    for (int i = 0; i < STEPS; i++) {
        double age = (i + 0.5) * ttl_s(run) / STEPS;

        there += exp(-rate * age);
        old += exp(-rate * age) * -expm1(-rate * fmin(age, spread));
    }
    return old / there;
}

static double orders(const struct ladder_run *run)
{
    return editors(run) * ladder_seconds(run, "time.measure");
}

static double europe_busy(const struct ladder_run *run)
{
    return europe(run) * ladder_bytes(run, "data.images.row_size") / 125e6; /* 1 Gb/s */
}

static double bill(const struct ladder_run *run)
{
    return 3600 * users(run) * (ladder_bytes(run, "data.images.row_size") / 1e9 * PER_GB + PER_10000 / 1e4);
}

static double europe_failed(const struct ladder_run *run)
{
    return europe(run) * FAILOVER_S;
}

static double europe_rerouted(const struct ladder_run *run)
{
    return europe(run) * (ladder_seconds(run, "time.measure") - FAILOVER_S);
}

static double all_failed(const struct ladder_run *run)
{
    return users(run) * FAILOVER_S;
}

static double fallen_back(const struct ladder_run *run)
{
    return users(run) * (ladder_seconds(run, "time.measure") - FAILOVER_S);
}

static const struct ladder_step step = {
    .file = "09_cdn.json",
    .others = { { "europeans.arrivals=60/s", "cdn.ttl=90s" }, { "data.images.exponent=0.5",
        "editors.arrivals=30/s" } },
    .wrong = { "europeans.arrivals=115/s", "editors.arrivals=46/s" },
    .replications = 10,
    .often = { { "without", 5 }, { "versioned", 6 }, { "larger_images", 5 }, { "edge_out", 12 } },
    .claims = {
        { "requests at the web server without a CDN, writes among them", "/s",
          OF("without", "web", "throughput"),
          .predict = everything },
        { "the same with one", "/s", OF(NULL, "web", "throughput"), .predict = origin_rate, .near =
          fetching },
        { "load of the web server without a CDN, times that with one", "", OF("without", "web", "throughput"),
          PER(NULL, "web", "throughput"), .predict = times_the_load, .near = fetching_in_base,
          .unmoved = true },
        { "hits in Europe", "%", OF(NULL, "cdn.europe", "hit_ratio"), .predict = europe_hits, .near =
          fetching },
        { "bill of the CDN", "$/h", OF(NULL, "cdn", "cost.per_hour"), .predict = bill },
        { "hits that were old", "%", OF(NULL, "cdn", "stale_ratio"), .predict = stale },
        { "copies live for twice as long: hits in Europe", "%", OF("longer", "cdn.europe", "hit_ratio"),
          .predict = europe_hits, .near = fetching },
        { "hits that were old", "%", OF("longer", "cdn", "stale_ratio"), .predict = stale },
        { "versioned URLs: hits that were old", "%", OF("versioned", "cdn", "stale_ratio"), .predict =
          nothing,
          .unmoved = true },
        { "requests at the web server", "/s", OF("versioned", "web", "throughput"), .predict =
          versioned_rate, .near = fetching },
        { "invalidated at every write: hits that were old", "%", OF("invalidated", "cdn", "stale_ratio"),
          .predict = invalidated_stale, .near = fetching },
        { "orders to drop a copy", "", OF("invalidated", "cdn", "invalidations"), .predict = orders },
        { "network card of the European edge, images of 600 KB", "%",
          OF("larger_images", "cdn.europe", "network.utilisation"), .predict = europe_busy },
        { "the European edge dies: requests that fail", "", OF("edge_out", "total", "requests.failed"),
          .predict = europe_failed },
        { "requests that America answers in its place", "", OF("edge_out", "cdn", "rerouted"),
          .predict = europe_rerouted },
        { "the whole CDN dies: requests that fail", "", OF("cdn_out", "total", "requests.failed"),
          .predict = all_failed },
        { "requests that the web server gets in its place", "", OF("cdn_out", "cdn", "fallbacks"),
          .predict = fallen_back },
    },
};

LADDER_MAIN(step)
