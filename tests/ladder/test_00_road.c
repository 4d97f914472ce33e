/* Step 0: the road. What each step's limit has to do follows from the work of a page, which the file says, and
 * from the number of users; what a crash does follows from who notices it, and when. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/capacity_crash.h"
#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define DAY_S 86400

/* ---- the work of a page ---- */

/* Pages a second when most of them come. */
static double pages(const struct ladder_run *run)
{
    return ladder_number(run, "users.daily.users") * ladder_number(run, "users.daily.requests_each") *
           ladder_number(run, "users.daily.peak_factor") / DAY_S;
}

static double compute_s(const struct ladder_run *run, const char *class)
{
    char path[64];
    double sum = 0;

    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "web.handlers.%s[%d].compute", class, i);
        if (ladder_has(run, path))
            sum += ladder_seconds(run, path);
    }
    return sum;
}

/* Of a web server, for the page and its photos where they are asked for here. */
static double web_work_s(const struct ladder_run *run)
{
    double view = ladder_share(run, "users.requests.view.share");
    double photos =
        ladder_has(run, "users.asset_target") ? 0 : ladder_number(run, "users.requests.view.assets");

    return view * (compute_s(run, "view") + photos * compute_s(run, "photo")) +
           ladder_share(run, "users.requests.post.share") * compute_s(run, "post");
}

static double write_work_s(const struct ladder_run *run)
{
    return ladder_share(run, "users.requests.post.share") * ladder_seconds(run, "db.write_time");
}

static double read_work_s(const struct ladder_run *run)
{
    return ladder_share(run, "users.requests.view.share") * ladder_seconds(run, "db.read_time");
}

/* ---- how busy that makes a machine ---- */

/* One of several alike, each with its part of the load. */
struct load {
    const struct host_config *host;
    double rate, work_s;
};

static double busy(struct load load)
{
    return formula_processor(load.host, load.rate, load.work_s).busy;
}

/* Share of the cores that does this work if the number of busy ones is never more than one away from its mean.
 * What n cores do together grows less and less with n, so of all ways to do that work this one keeps the fewest
 * busy. */
static double fewest_busy(struct load load)
{
    double work = load.rate * load.work_s;
    int cores = (int)load.host->cores, n = 0;

    while (n < cores - 1 && formula_capacity(load.host, n + 1) < work)
        n++;
    return (n + (work - formula_capacity(load.host, n)) /
                    (formula_capacity(load.host, n + 1) - formula_capacity(load.host, n))) /
           cores;
}

/* Now all of them, now none: that keeps the most busy. */
static double most_busy(struct load load)
{
    return load.rate * load.work_s / formula_capacity(load.host, (double)load.host->cores);
}

/* The formula is that of Poisson arrivals. Photos come in pairs, a balancer deals requests out by turns, and
 * replicas apply what the primary has written; whatever that does, it stays between these bounds. */
static double busy_near(struct load load)
{
    return fmax(most_busy(load) - busy(load), busy(load) - fewest_busy(load)) / busy(load);
}

static double count(const struct ladder_run *run, const char *path)
{
    return ladder_has(run, path) ? ladder_number(run, path) : 1;
}

static struct load box_load(const struct ladder_run *run)
{
    return (struct load){ ladder_host(run, "web.host"), pages(run),
                          web_work_s(run) + read_work_s(run) + write_work_s(run) };
}

static struct load web_load(const struct ladder_run *run)
{
    return (struct load){ ladder_host(run, "web.host"), pages(run) / count(run, "web.count"),
                          web_work_s(run) };
}

static struct load db_load(const struct ladder_run *run)
{
    return (struct load){ ladder_host(run, "db.host"), pages(run), read_work_s(run) + write_work_s(run) };
}

/* Reads are shared, and each applies every write. */
static struct load replica_load(const struct ladder_run *run)
{
    double apply_s =
        ladder_share(run, "users.requests.post.share") * ladder_seconds(run, "db.replication.apply_time");

    return (struct load){ ladder_host(run, "db.host"), pages(run),
                          read_work_s(run) / ladder_number(run, "db.replicas") + apply_s };
}

#define BUSY(name)                                          \
    static double name##_busy(const struct ladder_run *run) \
    {                                                       \
        return busy(name##_load(run));                      \
    }                                                       \
    static double name##_near(const struct ladder_run *run) \
    {                                                       \
        return busy_near(name##_load(run));                 \
    }

BUSY(box)
BUSY(web)
BUSY(db)
BUSY(replica)

/* Many short replications say more than a few long ones: each claim has settings of its own. */
static void measure_busy(const struct ladder_run *run, const char *const *settings, const char *component,
                         uint64_t seed, double *values, int times)
{
    const struct run_options options = { .seed = seed,
                                         .replications = times,
                                         .memory_budget_bytes = 1 << 30 };
    struct scenario scenario;
    const struct scenario_variant *variant = ladder_read_again(run, settings, &scenario);
    const struct result_entry *entry;
    struct results results;

    results_init(&results, times);
    run_variant(variant, &options, &results);
    entry = results_find(&results, component, "cpu.utilisation");
    for (int i = 0; i < times; i++)
        values[i] = entry && i < results.replications ? entry->values[i] : NAN;
    results_deinit(&results);
    scenario_deinit(&scenario);
}

#define MEASURED(name, component, ...)                                                                  \
    static void name##_measured(const struct ladder_run *run, uint64_t seed, double *values, int times) \
    {                                                                                                   \
        static const char *const settings[LADDER_SETTINGS_MAX] = { __VA_ARGS__ };                       \
                                                                                                        \
        measure_busy(run, settings, component, seed, values, times);                                    \
    }

MEASURED(box, "box", "time.measure=200s")
MEASURED(small_web, "web", "time.measure=200s")
MEASURED(large_web, "web", "time.measure=60s")
MEASURED(db, "db", "time.measure=8s")
MEASURED(replica, "db.replica", "time.measure=4s")

/* ---- what every site has to write ---- */

#define POSTERS 600000

/* Users who only post, at even distances, each post the same work. */
#define WHILE_POSTING                                                                     \
    "users.daily.users=600000", "users.gap_law=constant", "users.requests.view.share=0%", \
        "users.requests.post.share=100%", "db.write_time=18ms", "time.measure=5s"

MEASURED(primary, "seoul/db.primary", WHILE_POSTING)
MEASURED(shards, "virginia/db.shard.primary", WHILE_POSTING)

/* A primary makes the changes of its own users and those that come from the other site: all of them. */
static struct load primary_load(const struct ladder_run *run)
{
    double shards = ladder_has(run, "db.shards") ? ladder_number(run, "db.shards") : 1;

    return (struct load){ ladder_host(run, "db.host"),
                          pages(run) * POSTERS / ladder_number(run, "users.daily.users") / shards,
                          ladder_seconds(run, "db.write_time") };
}

BUSY(primary)

/* ---- the bill ---- */

#define BALANCER_PER_HOUR 0.0225 /* default of load_balancer; its standby costs the same */

static double bill(const struct ladder_run *run)
{
    double cost = count(run, "web.count") * ladder_host(run, "web.host")->price;

    if (strcmp(ladder_text(run, "web.host"), "box") != 0)
        cost += (1 + (ladder_has(run, "db.replicas") ? ladder_number(run, "db.replicas") : 0)) *
                ladder_host(run, "db.host")->price;
    return cost + (ladder_has(run, "lb") ? 2 * BALANCER_PER_HOUR : 0);
}

/* ---- a crash ---- */

#define LOOKED_AT_S 60.0

/* So few users that those who are left can do the work of the dead, posts only, at even distances; and a
 * balancer that takes nearly the minute to notice, for the date of its next check is by chance. */
#define CHECKS 12
static const char *const while_dead[LADDER_SETTINGS_MAX] = {
    "users.daily.users=100000", "users.gap_law=constant", "users.requests.view.share=0%",
    "users.requests.post.share=100%", "lb.health_check.unhealthy_after=12"
};

static void unanswered(const struct ladder_run *run, const char *component, uint64_t seed, double *values,
                       int times)
{
    struct scenario scenario;
    const struct scenario_variant *variant = ladder_read_again(run, while_dead, &scenario);

    for (int i = 0; i < times; i++) {
        const struct run_options options = { .seed = run_seed(seed, i),
                                             .replications = 1,
                                             .memory_budget_bytes = 1 << 30 };

        capacity_crash(variant, component, &options, &values[i]);
    }
    scenario_deinit(&scenario);
}

static void web_dies(const struct ladder_run *run, uint64_t seed, double *values, int times)
{
    unanswered(run, "web", seed, values, times);
}

static void db_dies(const struct ladder_run *run, uint64_t seed, double *values, int times)
{
    unanswered(run, "db", seed, values, times);
}

/* Posts that are inside at the crash die with the server; the last one of them began so long before. */
static double post_s(const struct ladder_run *run)
{
    return compute_s(run, "post") + ladder_seconds(run, "db.write_time");
}

/* One of several gets its part until all checks in a row have failed, of which the first comes within an
 * interval. */
static double part_until_noticed(const struct ladder_run *run)
{
    double noticed_s = (CHECKS - 0.5) * ladder_seconds(run, "lb.health_check.interval");

    return (noticed_s + post_s(run)) / LOOKED_AT_S / ladder_number(run, "web.count");
}

/* Posts fail until the nodes know of it and a replica is the new primary. */
static double until_promoted(const struct ladder_run *run)
{
    return (ladder_seconds(run, "db.replication.detection") +
            ladder_seconds(run, "db.replication.failover.promotion")) /
           LOOKED_AT_S;
}

/* Posts that were at the web server when the primary died find the new one, or do not find it at the end. */
static double until_promoted_near(const struct ladder_run *run)
{
    return post_s(run) / LOOKED_AT_S / until_promoted(run);
}

static const struct ladder_step step = {
    .file = "00_road.json",
    .part = { "time.warm_up=2s", "time.measure=4s" },
    .others = { { "users.daily.requests_each=9" },
                { "web.handlers.photo[0].compute=6ms", "db.read_time.mean=15ms" } },
    .wrong = { "users.daily.requests_each=11" },
    .replications = 2,
    .claims = {
        { "processor of the one server busy, 30,000 users", "%", OF(NULL, "", ""),
          .predict = box_busy, .near = box_near,
          .measure = box_measured, .times = 20 },
        { "of the web server, the database apart, 35,000 users", "%", OF("apart", "", ""),
          .predict = web_busy, .near = web_near,
          .measure = small_web_measured, .times = 20 },
        { "of a web server of 8 cores, 180,000 users", "%", OF("bigger", "", ""),
          .predict = web_busy, .near = web_near,
          .measure = large_web_measured, .times = 16 },
        { "of the database of four web servers, 700,000 users", "%", OF("balanced", "", ""),
          .predict = db_busy, .near = db_near,
          .measure = db_measured, .times = 21 },
        { "of each of two replicas, 1,700,000 users", "%", OF("replicas", "", ""),
          .predict = replica_busy, .near = replica_near,
          .measure = replica_measured, .times = 20 },
        { "of the primary in Korea when 600,000 users only post, half of them in America", "%",
          OF("queue", "", ""), .predict = primary_busy, .near = primary_near, .measure = primary_measured,
          .times = 4 },
        { "of each of four shards in America then", "%", OF("shards", "", ""), .predict = primary_busy,
          .near = primary_near, .measure = shards_measured, .times = 4 },
        { "posts without an answer in the minute after one of four web servers died, not noticed", "%",
          OF("balanced", "", ""), .predict = part_until_noticed, .measure = web_dies, .times = 14,
          .unmoved = true },
        { "after the primary of three nodes died", "%", OF("replicas", "", ""), .predict = until_promoted,
          .near = until_promoted_near, .measure = db_dies, .times = 7, .unmoved = true },
        { "bill of one server", "$/h", OF(NULL, "total", "cost.per_hour"), .predict = bill, .unmoved = true },
        { "of two", "$/h", OF("apart", "total", "cost.per_hour"), .predict = bill, .unmoved = true },
        { "of larger ones", "$/h", OF("bigger", "total", "cost.per_hour"), .predict = bill, .unmoved = true },
        { "with a balancer", "$/h", OF("balanced", "total", "cost.per_hour"), .predict = bill,
          .unmoved = true },
        { "with replicas", "$/h", OF("replicas", "total", "cost.per_hour"), .predict = bill,
          .unmoved = true },
    },
};

LADDER_MAIN(step)
