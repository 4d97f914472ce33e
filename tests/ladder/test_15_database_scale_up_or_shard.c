/* Step 15: how far one bigger database goes, how far four shards, what the shard key makes of them, and what
 * a crash takes away. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double work_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.read_time.mean");
}

/* Operations a second that fill one machine of the database. */
static double full(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "db.host"), work_s(run));
}

static int shards(const struct ladder_run *run)
{
    return ladder_has(run, "db.shards") ? (int)ladder_number(run, "db.shards") : 1;
}

/* ---- what part of the operations comes to a shard ---- */

static double even_share(const struct ladder_run *run, int shard)
{
    (void)shard;
    return 1.0 / shards(run);
}

/* Countries are dealt out to the shards in turn. */
static double country_share(const struct ladder_run *run, int shard)
{
    static const char *const countries[] = { "kr", "us", "jp", "fr", "de", "br", "in", "uk" };
    double share = 0;

    for (int i = shard; i < 8; i += shards(run)) {
        char path[96];

        snprintf(path, sizeof path, "data.posts.column_values.country.shares.%s", countries[i]);
        share += ladder_share(run, path);
    }
    return share;
}

/* Old posts lie evenly in the ranges, new ones all come to the last. */
static double range_share(const struct ladder_run *run, int shard)
{
    double old = ladder_share(run, "users.requests.search.share");

    return old / shards(run) + (shard == shards(run) - 1 ? 1 - old : 0);
}

typedef double share_function(const struct ladder_run *run, int shard);

static share_function *share_of(const struct ladder_run *run)
{
    if (!strncmp(ladder_name(run), "country", 7))
        return country_share;
    return !strcmp(ladder_name(run), "by_range") ? range_share : even_share;
}

static double arrivals(const struct ladder_run *run, int shard)
{
    return ladder_rate(run, "users.arrivals") * share_of(run)(run, shard);
}

/* ---- what is predicted ---- */

/* Each machine answers what comes to it, or what it can. */
static double answered(const struct ladder_run *run)
{
    double sum = 0;

    for (int i = 0; i < shards(run); i++)
        sum += fmin(arrivals(run, i), full(run));
    return sum;
}

static double bill_per_million(const struct ladder_run *run)
{
    double bill = shards(run) * ladder_host(run, "db.host")->price + ladder_host(run, "web.host")->price;

    return bill / (answered(run) * 3600) * 1e6;
}

static double busy(const struct ladder_run *run, int shard)
{
    return formula_processor(ladder_host(run, "db.host"), arrivals(run, shard), work_s(run)).busy;
}

static double third_busy(const struct ladder_run *run)
{
    return busy(run, 2);
}

static double fourth_busy(const struct ladder_run *run)
{
    return busy(run, 3);
}

static double first_share(const struct ladder_run *run)
{
    return share_of(run)(run, 0);
}

static double last_share(const struct ladder_run *run)
{
    return share_of(run)(run, shards(run) - 1);
}

/* No row is on two shards, and each search asks one. */
static double one(const struct ladder_run *run)
{
    (void)run;
    return 1;
}

/* What comes to the machine that is down is lost, and what it had inside when it died. */
static double available(const struct ladder_run *run)
{
    double rate = arrivals(run, 2), down_s = ladder_seconds(run, "faults[0].for"),
           inside = formula_processor(ladder_host(run, "db.host"), rate, work_s(run)).in_system;

    return 1 - (rate * down_s + inside) /
                   (ladder_rate(run, "users.arrivals") * ladder_seconds(run, "time.measure"));
}

#define ANSWERED(words, variant)                                             \
    {                                                                        \
        words, "/s", OF(variant, "total", "throughput"), .predict = answered \
    }
#define PRICE(words, variant)                                                                      \
    {                                                                                              \
        words, "$", OF(variant, "total", "cost.per_million_requests"), .predict = bill_per_million \
    }
#define SHARE(words, variant, shard, formula)                                                 \
    {                                                                                         \
        words, "%", OF(variant, shard, "requests.share"), .predict = formula, .unmoved = true \
    }

static const struct ladder_step step = {
    .file = "15_database_scale_up_or_shard.json",
    .others = { { "db.read_time.mean=115ms", "db.write_time.mean=115ms" },
                { "data.posts.rows=800000", "data.posts.column_values.country.shares.kr=45%",
                  "data.posts.column_values.country.shares.us=30%" } },
    .wrong = { "db.read_time.mean=108ms", "db.write_time.mean=108ms" },
    .replications = 8,
    .often = { { NULL, 14 },
               { "user_id", 14 },
               { "composite", 14 },
               { "country", 40 },
               { "by_range", 36 },
               { "one_dies", 30 },
               { "shard_dies", 16 } },
    .claims = {
        ANSWERED("answered by one database of 8 cores", NULL),
        ANSWERED("of 96 cores: no machine answers more", "up_96"),
        ANSWERED("of 192 cores", "up_192"),
        ANSWERED("by four shards of 8 cores, user_id % 4", "user_id"),
        ANSWERED("by country and user", "composite"),
        ANSWERED("by country", "country"),
        ANSWERED("by country, eight shards", "country_8"),
        ANSWERED("by ranges, 40 % of the requests being new posts", "by_range"),
        PRICE("price of a million answers, 8 cores", NULL),
        PRICE("of 96 cores", "up_96"),
        PRICE("of user_id % 4", "user_id"),
        PRICE("of eight shards by country", "country_8"),
        SHARE("requests to the first shard by user_id % 4", "user_id", "db.shard[0]", first_share),
        SHARE("by country and user", "composite", "db.shard[0]", first_share),
        SHARE("by country", "country", "db.shard[0]", first_share),
        SHARE("to the last by ranges", "by_range", "db.shard[3]", last_share),
        { "processor of the third shard by country", "%", OF("country", "db.shard[2]", "cpu.utilisation"),
          .predict = third_busy },
        { "of the fourth", "%", OF("country", "db.shard[3]", "cpu.utilisation"), .predict = fourth_busy },
        { "rows on the first shard by country", "%", OF("country", "db.shard[0]", "storage.used.mean"),
          PER("country", "db.shard", "storage.used.mean"), .predict = first_share, .unmoved = true },
        { "rows on all shards, per rows of the one database", "",
          OF("country", "db.shard", "storage.used.mean"), PER(NULL, "db", "storage.used.mean"), .predict = one, .unmoved = true },
        { "shards that a search asks", "", OF("user_id", "db.shard", "requests.started"),
          PER("user_id", "db", "requests.started"), .predict = one, .unmoved = true },
        { "available though the only database was down for a third of the time", "%",
          OF("one_dies", "total", "availability"), .predict = available, .unmoved = true },
        { "though one of four shards was", "%", OF("shard_dies", "total", "availability"),
          .predict = available, .unmoved = true },
    },
};

LADDER_MAIN(step)
