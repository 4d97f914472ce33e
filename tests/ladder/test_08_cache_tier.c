/* Step 8: hit ratios by policy, working set, writes and time to live, and the share of hits that are
 * out of date. */
#include <gsl/gsl_cdf.h>
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

/* The formula takes it for certain how long a row may not be asked for before it goes. The second
 * derivatives of hits and
 * of rows present, times half the variance of that time, say what is neglected. */
static double lru_near(const struct ladder_run *run)
{
    struct parameters parameters = bounded(run);
    double *probability = popularity(&parameters), time = filling(&parameters, asked_since);
    double crowd = 0, filled = 0, filled_curve = 0, hits_curve = 0, variance;

    for (int i = 0; i < parameters.keys; i++) {
        double p = probability[i], absent = exp(-p * time);

        crowd += absent * (1 - absent);
        filled += p * absent;
        filled_curve += p * p * absent;
        hits_curve += p * p * p * absent;
    }
    free(probability);
    variance = crowd / (filled * filled);
    return variance / 2 * (hits_curve + filled_curve * filled_curve / filled) / lru(run);
}

/* ---- counts of so many views decide who is in ---- */

struct ballot {
    const double *probability;
    int keys;
    double views; /* so far */
};

/* Keys with more than `count` views, or (hits) their part of the views. */
static double above(const struct ballot *ballot, unsigned count, bool hits)
{
    double sum = 0;

    for (int i = 0; i < ballot->keys; i++)
        sum += (hits ? ballot->probability[i] : 1) *
               gsl_cdf_poisson_Q(count, ballot->probability[i] * ballot->views);
    return sum;
}

/* As many of those with equal counts are in as there is room. */
static double elected(const struct ballot *ballot, double room)
{
    unsigned count = 0;
    double more, fewer, part;

    while ((more = above(ballot, count, false)) > room)
        count++;
    if (count == 0)
        return above(ballot, 0, true);
    fewer = above(ballot, count - 1, false);
    part = (room - more) / (fewer - more);
    return (1 - part) * above(ballot, count, true) + part * above(ballot, count - 1, true);
}

#define DATES 3 /* at which the measured time is looked at */

static double lfu(const struct ladder_run *run)
{
    struct parameters parameters = bounded(run);
    struct ballot ballot = { .probability = popularity(&parameters), .keys = parameters.keys };
    double sum = 0;

    for (int i = 0; i < DATES; i++) {
        double date_s = ladder_seconds(run, "time.warm_up") +
                        (i + 0.5) / DATES * ladder_seconds(run, "time.measure");

        ballot.views = views(run) * date_s;
        sum += elected(&ballot, parameters.capacity) / DATES;
    }
    free((double *)(uintptr_t)ballot.probability);
    return sum;
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

/* And so do rows that nothing has happened to since the start, when all were there. */
static double dropped_hits(const struct ladder_run *run)
{
    struct parameters parameters = popularity_of(run);
    double *probability = popularity(&parameters), untouched = 0;
    double from_s = ladder_seconds(run, "time.warm_up"), length_s = ladder_seconds(run, "time.measure");

    for (int i = 0; i < parameters.keys; i++) {
        double rate = reads_of_all(run) * probability[i];

        untouched += probability[i] * exp(-rate * from_s) * -expm1(-rate * length_s) / (rate * length_s);
    }
    free(probability);
    return views_share(run) + (1 - views_share(run)) * untouched;
}

static double database_with_drops(const struct ladder_run *run)
{
    return views(run) * (1 - dropped_hits(run)) + edits(run);
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
    .replications = 10,
    .often = { { NULL, 6 }, { "dropped", 14 }, { "mostly_edits", 16 }, { "ttl_short", 16 },
               { "ttl_long", 14 } },
    .claims = {
        { "operations of the database without a cache", "/s", OF(NULL, "db", "throughput"),
          .predict = reads_of_all,
          .unmoved = true },
        { "hits, least recently used goes", "%", OF("aside", "cache", "hit_ratio"), .predict = lru, .near =
          lru_near },
        { "operations of the database then", "/s", OF("aside", "db", "throughput"), .predict =
          database_with_lru,
          .near = lru_near },
        { "hits, read-through: the same", "%", OF("read_through", "cache", "hit_ratio"), .predict = lru,
          .near = lru_near },
        { "hits, first in, first out", "%", OF("fifo", "cache", "hit_ratio"), .predict = fifo },
        { "hits, least frequently used goes", "%", OF("lfu", "cache", "hit_ratio"), .predict = lfu },
        { "hits, ten times as many rows in use", "%", OF("wider", "cache", "hit_ratio"), .predict = lru,
          .near = lru_near },
        { "hits when an edit drops the copy: the share of views", "%", OF("dropped", "cache", "hit_ratio"),
          .predict = dropped_hits },
        { "operations of the database then", "/s", OF("dropped", "db", "throughput"),
          .predict = database_with_drops },
        { "hits with three edits for a view", "%", OF("mostly_edits", "cache", "hit_ratio"),
          .predict = dropped_hits },
        { "hits, copies live for 1 s", "%", OF("ttl_short", "cache", "hit_ratio"), .predict = ttl_hits },
        { "hits out of date then", "%", OF("ttl_short", "cache", "stale_ratio"), .predict = ttl_stale },
        { "hits, copies live for 10 s", "%", OF("ttl_long", "cache", "hit_ratio"), .predict = ttl_hits },
        { "hits out of date then", "%", OF("ttl_long", "cache", "stale_ratio"), .predict = ttl_stale },
    },
};

LADDER_MAIN(step)
