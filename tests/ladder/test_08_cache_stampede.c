/* Step 8, continued: the size of a stampede, what write-back saves, how old a copy in another region is. */
#include <math.h>

#include "tests/ladder/ladder.h"

static double views(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.view.share");
}

/* There and back, and the read itself. */
static double fetch_s(const struct ladder_run *run)
{
    return 2 * ladder_seconds(run, "network.links[0].latency") + ladder_seconds(run, "db.read_time");
}

/* The first to miss, and all who come until its answer is there. */
static double stampede(const struct ladder_run *run)
{
    return 1 + views(run) * fetch_s(run);
}

/* Idle until the next view, a fetch, the time to live; `renewed_s`: the copy is put again until then. */
static double cycles(const struct ladder_run *run, double renewed_s)
{
    double cycle_s = 1 / views(run) + fetch_s(run) + renewed_s + ladder_seconds(run, "cache.ttl");

    return ladder_seconds(run, "time.measure") / cycle_s;
}

/* The last of the stampede renews the copy: it comes so long after the first answer as it was asked after the
 * first question. */
static double misses_of_stampedes(const struct ladder_run *run)
{
    double renewed_s = fetch_s(run) + expm1(-views(run) * fetch_s(run)) / views(run);

    return cycles(run, renewed_s) * stampede(run);
}

static double fetches_alone(const struct ladder_run *run)
{
    return cycles(run, 0);
}

/* Cycles hardly vary, so it depends on where the measured time begins whether one more or less falls
 * into it. */
static double one_cycle(const struct ladder_run *run)
{
    return 1 / cycles(run, 0);
}

static double fetches_shared(const struct ladder_run *run)
{
    return cycles(run, 0) * (stampede(run) - 1);
}

/* ---- write-back ---- */

static double counts(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.count.share");
}

/* Writes to one counter in a turn. */
static double combined(const struct ladder_run *run)
{
    return counts(run) / ladder_number(run, "data.counters.rows") *
           ladder_seconds(run, "cache.write_back_interval");
}

static double stored(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure") / ladder_seconds(run, "cache.write_back_interval") *
           ladder_number(run, "data.counters.rows") * -expm1(-combined(run));
}

/* From the first write of a turn to its end, and then until the store has answered. */
static double dirty(const struct ladder_run *run)
{
    double wait_s = fetch_s(run) - ladder_seconds(run, "db.read_time") + ladder_seconds(run, "db.write_time");
    double part = 1 + expm1(-combined(run)) / combined(run);
    double more = -expm1(-combined(run)) * wait_s / ladder_seconds(run, "cache.write_back_interval");

    return ladder_number(run, "data.counters.rows") * (part + more);
}

/* ---- two regions ---- */

/* Edits within the way from the database over the cache to the copy. */
static double stale_far_away(const struct ladder_run *run)
{
    double way_s =
        ladder_seconds(run, "network.links[0].latency") + ladder_seconds(run, "network.links[1].latency");

    return -expm1(-ladder_rate(run, "users.arrivals") * way_s);
}

static const struct ladder_step step = {
    .file = "08_cache_stampede.json",
    .others = { { "data.counters.rows=500" }, { "network.links[0].latency=10ms" } },
    .wrong = { "network.links[0].latency=35ms", "data.counters.rows=1100" },
    .replications = 12,
    .often = { { NULL, 20 }, { "single_flight", 20 }, { "write_back", 8 } },
    .claims = {
        { "views that miss, in stampedes", "", OF(NULL, "cache", "misses"), .predict = misses_of_stampedes,
          .near = one_cycle },
        { "fetches when one fetches for all", "", OF("single_flight", "cache", "misses"),
          MINUS("single_flight", "cache", "shared_fetches"), .predict = fetches_alone, .near = one_cycle },
        { "views that wait for another one's fetch", "", OF("single_flight", "cache", "shared_fetches"),
          .predict = fetches_shared, .near = one_cycle },
        { "writes that reach the database with write-back", "", OF("write_back", "cache", "writes_back"),
          .predict = stored },
        { "rows of which the cache alone has the newest", "", OF("write_back", "cache", "dirty.mean"),
          .predict = dirty },
        { "views far away that are out of date", "%", OF("two_regions", "far_cache", "stale_ratio"),
          .predict = stale_far_away },
    },
};

LADDER_MAIN(step)
