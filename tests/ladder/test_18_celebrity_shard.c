/* Step 18: a celebrity's row, on one shard of several. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define HOT "users.requests.view.hot_rows[0].share"

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

static double views(const struct ladder_run *run)
{
    return ladder_share(run, "users.requests.view.share");
}

static double hot(const struct ladder_run *run)
{
    return ladder_has(run, HOT) ? views(run) * ladder_share(run, HOT) : 0;
}

static double shards(const struct ladder_run *run)
{
    return ladder_number(run, "db.shards");
}

/* Of all requests, what a shard without the celebrity gets: the rest, spread evenly. */
static double share_of_a_shard(const struct ladder_run *run)
{
    return (1 - hot(run)) / shards(run);
}

static double share_of_the_hot_shard(const struct ladder_run *run)
{
    return hot(run) + share_of_a_shard(run);
}

static double work_s(const struct ladder_run *run)
{
    return views(run) * ladder_seconds(run, "db.read_time") +
           (1 - views(run)) * ladder_seconds(run, "db.write_time");
}

static double busy(const struct ladder_run *run, double share)
{
    return formula_processor(ladder_host(run, "db.host"), share * rate(run), work_s(run)).busy;
}

static double busy_shard(const struct ladder_run *run)
{
    return busy(run, share_of_a_shard(run));
}

static double busy_own_shard(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "db.host"), hot(run) * rate(run),
                             ladder_seconds(run, "db.read_time"))
        .busy;
}

/* The full shard answers what its processor does, and that is its share of what all answer: who waits for it
 * holds the web servers' workers, so that the other shards get no more than theirs. */
static double answered(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "db.host"), work_s(run)) / share_of_the_hot_shard(run);
}

/* A row is in the cache when it was viewed after the last edit, which drops it: with views at a rate a and
 * edits at e, a / (a + e) (1 - exp(-(a + e) t)) at the time t, here as a mean over the measured time. The
 * celebrity's is always there. */
static double hits(const struct ladder_run *run)
{
    double rows = ladder_number(run, "data.profiles.rows");
    double a = rate(run) * (views(run) - hot(run)) / rows, e = rate(run) * (1 - views(run)) / rows;
    double from_s = ladder_seconds(run, "time.warm_up"), for_s = ladder_seconds(run, "time.measure");
    double gone = exp(-(a + e) * from_s) * -expm1(-(a + e) * for_s) / ((a + e) * for_s);

    return (hot(run) + (views(run) - hot(run)) * a / (a + e) * (1 - gone)) / views(run);
}

static const struct ladder_step step = {
    .file = "scenarios/celebrity_shard.json",
    .replications = 8,
    .part = { "time.warm_up=2s", "time.measure=12s" },
    .others = { { "data.profiles.rows=600000", "users.arrivals=2800/s" },
                { "db.read_time.mean=2.2ms", "db.write_time.mean=2.2ms", "users.arrivals=2500/s" } },
    .wrong = { "users.requests.view.share=86%", "users.requests.edit.share=14%" },
    .claims = {
        { "requests of a shard, nobody is famous", "%", OF(NULL, "db.shard[2]", "requests.share"),
          .predict = share_of_a_shard, .unmoved = true },
        { "its processor", "%", OF(NULL, "db.shard[2]", "cpu.utilisation"),
          .predict = busy_shard, .unmoved = true },
        { "requests of the celebrity's shard", "%", OF("celebrity", "db.shard[2]", "requests.share"),
          .predict = share_of_the_hot_shard },
        { "answered by all", "/s", OF("celebrity", "total", "throughput"),
          .predict = answered },
        { "answered by all eight shards", "/s", OF("twice_the_shards", "total", "throughput"),
          .predict = answered },
        { "hits of the cache", "%", OF("cached", "cache", "hit_ratio"), .predict = hits,
          .unmoved = true },
        { "processor of the celebrity's own shard", "%", OF("own_shard", "db.shard[4]", "cpu.utilisation"),
          .predict = busy_own_shard },
    },
};

LADDER_MAIN(step)
