/* Step 8, its third part: room for a working set that grows, and what a node that dies leaves for the
 * database. */
#include <math.h>

#include "tests/ladder/ladder.h"
#include "tests/theory/exact_cache.c" /* the closed forms of caches that the tests of theory use as well */

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

static double nodes(const struct ladder_run *run)
{
    return ladder_has(run, "cache.count") ? ladder_number(run, "cache.count") : 1;
}

static struct parameters all_room(const struct ladder_run *run)
{
    return (struct parameters){ .arrival_rate = rate(run),
                                .keys = (int)ladder_number(run, "data.objects.rows"),
                                .exponent = ladder_number(run, "data.objects.exponent"),
                                .capacity = (int)(nodes(run) * ladder_number(run,
                                    "cache.capacity_entries")) };
}

static double lru(const struct ladder_run *run)
{
    struct parameters parameters = all_room(run);

    return exact_cache_lru(&parameters, 0);
}

/* The start is the most popular rows, in place of those used last: until each place has been refilled
 * once the hits are
 * not those of the long run. */
static double lru_near(const struct ladder_run *run)
{
    struct parameters parameters = all_room(run);
    double filled_s = filling(&parameters, asked_since) / rate(run);

    return filled_s / ladder_seconds(run, "time.measure") *
           (exact_cache_perfect_lfu(&parameters, 0) / lru(run) - 1);
}

static double rows(const struct ladder_run *run)
{
    return ladder_number(run, "data.objects.rows");
}

static double nothing(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

static double bill(const struct ladder_run *run)
{
    return nodes(run) * ladder_dollars(run, "cache.price");
}

/* Rows that are asked for at least once in so long: each misses then, the first time. */
static double asked(const struct ladder_run *run, double seconds)
{
    struct parameters parameters = all_room(run);

    return present(&parameters, rate(run) * seconds, asked_since, false);
}

static double down_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "faults[0].for");
}

static double after_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure") - ladder_seconds(run, "faults[0].at") - down_s(run);
}

/* Its keys are nowhere while it is down, and nowhere when it is back. */
static double misses(const struct ladder_run *run)
{
    return (asked(run, down_s(run)) + asked(run, after_s(run))) / nodes(run);
}

/* While it is down a key stays where it was when both remainders say the same: for one in n of all.
 * When it is back
 * the others still have what was theirs. */
static double misses_modulo(const struct ladder_run *run)
{
    return asked(run, down_s(run)) * (1 - 1 / nodes(run)) + asked(run, after_s(run)) / nodes(run);
}

/* Who asks for a row while its first look-up is at the database misses, too: for each row its rate
 * times the time of a
 * read. */
static double misses_near(const struct ladder_run *run)
{
    struct parameters parameters = all_room(run);
    double *probability = popularity(&parameters), more = 0, all = asked(run, down_s(run));

    for (int i = 0; i < parameters.keys; i++)
        more += rate(run) * probability[i] * ladder_seconds(run, "db.read_time");
    free(probability);
    return more / all;
}

#define DEVIATIONS 3

/* Where the hash puts a row does not depend on the seed, so chance has dealt once: of four rows one
 * misses twice, two
 * once, one not at all. */
static double misses_modulo_near(const struct ladder_run *run)
{
    struct parameters parameters = all_room(run);
    double *probability = popularity(&parameters), n = nodes(run), variance = 0;

    for (int i = 0; i < parameters.keys; i++) {
        double down = asked_since(rate(run) * probability[i] * down_s(run));
        double after = asked_since(rate(run) * probability[i] * after_s(run));
        double mean = (1 - 1 / n) * down + after / n;

        variance += (down + after) * (down + after) / n + down * down * (1 - 2 / n) - mean * mean;
    }
    free(probability);
    return misses_near(run) + DEVIATIONS * sqrt(variance) / misses_modulo(run);
}

static const struct ladder_step step = {
    .file = "08_cache_nodes.json",
    .others = { { "users.arrivals=400/s", "data.objects.exponent=0.7" }, { "db.read_time=2ms",
                "cache.capacity_entries=1200" } },
    .wrong = { "data.objects.rows=2200", "data.objects.exponent=0.75", "cache.price=$0.053/h" },
    .replications = 8,
    .often = { { "four_nodes", 4 }, { "node_dies", 24 }, { "node_dies_modulo", 12 } },
    .claims = {
        { "hits with room for half", "%", OF(NULL, "cache", "hit_ratio"), .predict = lru, .near = lru_near },
        { "misses with room for twice as many", "", OF("four_nodes", "cache", "misses"), .predict = nothing,
          .unmoved = true },
        { "copies in its 4000 places", "", OF("four_nodes", "cache", "entries.mean"), .predict = rows },
        { "bill of one node", "$/h", OF(NULL, "cache", "cost.per_hour"), .predict = bill },
        { "of four", "$/h", OF("four_nodes", "cache", "cost.per_hour"), .predict = bill },
        { "hits of one node when the rows are four times as many", "%", OF("grown", "cache", "hit_ratio"),
          .predict = lru, .near = lru_near },
        { "of four nodes", "%", OF("four_grown", "cache", "hit_ratio"), .predict = lru, .near = lru_near },
        { "misses when one of four dies", "", OF("node_dies", "cache", "misses"), .predict = misses,
          .near = misses_near },
        { "the same with a modulo", "", OF("node_dies_modulo", "cache", "misses"), .predict = misses_modulo,
          .near = misses_modulo_near },
    },
};

LADDER_MAIN(step)
