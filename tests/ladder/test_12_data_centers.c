/* Step 12: what a second site saves users far away, who fails while a dead one's address is still in caches,
 * what the survivor bears, what two copies of the data miss, and one database that stands in both sites. */
#include <math.h>
#include <string.h>

#include "sim/network.h"
#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

/* Requests a second of the region whose site burns, and of the other one. */
static double burnt_rate(const struct ladder_run *run)
{
    return rate(run) * ladder_share(run, "users.regions.seoul");
}

static double other_rate(const struct ladder_run *run)
{
    return rate(run) - burnt_rate(run);
}

static double measure_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

static double work_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "web.handlers.view[0].compute");
}

/* ---- the way ---- */

static double one_way_s(const struct ladder_run *run)
{
    double round_trip_s = network_round_trip_s(ladder_number(run, "network.regions.seoul.latitude"),
                                               ladder_number(run, "network.regions.seoul.longitude"),
                                               ladder_number(run, "network.regions.virginia.latitude"),
                                               ladder_number(run, "network.regions.virginia.longitude"));

    return 1.5 / 2 * round_trip_s; /* real routes are longer than the great circle */
}

static double near_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "network.latency");
}

static double processor_s(const struct ladder_run *run, double per_s)
{
    return formula_processor(ladder_host(run, "web.host"), per_s, work_s(run)).time_s;
}

/* The ocean twice instead of the street, and the processor that all share. */
static double saved_s(const struct ladder_run *run)
{
    return 2 * (one_way_s(run) - near_s(run)) + processor_s(run, rate(run)) -
           processor_s(run, other_rate(run));
}

/* ---- the fire ---- */

static double since_fire_s(const struct ladder_run *run)
{
    return measure_s(run) - ladder_seconds(run, "faults[0].at");
}

/* Answers that name the dead site are given until it is known to be dead, then those that are held run out:
 * of the share 1 - t / TTL that is left t later, all requests fail. Seconds' worth of requests, until the
 * end of the measured time. */
static double failing_s(const struct ladder_run *run, double detection_s)
{
    double ttl_s = ladder_seconds(run, "name.ttl");
    double known_s = fmin(fmax(since_fire_s(run) - detection_s, 0), ttl_s);

    return fmin(detection_s, since_fire_s(run)) + known_s - known_s * known_s / (2 * ttl_s);
}

#define STEPS 1000

/* The first check after the fire comes at any date within an interval. */
static double mean_failing_s(const struct ladder_run *run)
{
    double interval_s = ladder_seconds(run, "name.health_check.interval"), sum = 0;
    double needed = ladder_number(run, "name.health_check.unhealthy_after");

    for (int i = 0; i < STEPS; i++)
        sum += failing_s(run, interval_s * (needed - 1 + (i + 0.5) / STEPS)) / STEPS;
    return sum;
}

static double mean_detection_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "name.health_check.interval") *
           (ladder_number(run, "name.health_check.unhealthy_after") - 0.5);
}

static double failed(const struct ladder_run *run)
{
    return burnt_rate(run) * mean_failing_s(run);
}

static double availability_there(const struct ladder_run *run)
{
    return 1 - mean_failing_s(run) / measure_s(run);
}

/* ---- the survivor ---- */

static double busy(const struct ladder_run *run, double per_s)
{
    return formula_processor(ladder_host(run, "web.host"), per_s, work_s(run)).busy;
}

static double busy_before(const struct ladder_run *run)
{
    return busy(run, other_rate(run));
}

/* Share of the burnt site's users who have come over. */
static double arrived_share(const struct ladder_run *run, double since_fire_s)
{
    return fmin(fmax((since_fire_s - mean_detection_s(run)) / ladder_seconds(run, "name.ttl"), 0), 1);
}

/* Mean over the measured time: the processor follows its load at once, against the minute of the change. */
static double busy_survivor(const struct ladder_run *run)
{
    double sum = 0, start_s = measure_s(run) - since_fire_s(run);

    for (int i = 0; i < STEPS; i++) {
        double since_s = since_fire_s(run) * (i + 0.5) / STEPS;

        sum += busy(run, other_rate(run) + burnt_rate(run) * arrived_share(run, since_s)) / STEPS;
    }
    return (busy_before(run) * start_s + sum * since_fire_s(run)) / measure_s(run);
}

static double probe_rate(const struct ladder_run *run)
{
    return ladder_rate(run, "probes.arrivals");
}

/* All but those of the burnt region who had their own site until then, and those who failed. */
static double came_to_survivor(const struct ladder_run *run)
{
    double away_s = measure_s(run) - since_fire_s(run) + mean_failing_s(run);
    double own = ladder_share(run, "users.regions.seoul") * rate(run) +
                 ladder_share(run, "probes.regions.seoul") * probe_rate(run);

    return (rate(run) + probe_rate(run)) * measure_s(run) - own * away_s;
}

/* ---- too little headroom ---- */

static double capacity(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "web.host"), work_s(run));
}

static double slope(const struct ladder_run *run) /* of the load that moves, requests/s each second */
{
    return burnt_rate(run) / ladder_seconds(run, "name.ttl");
}

/* Seconds after the fire when the survivor is full. */
static double full_after_s(const struct ladder_run *run)
{
    return mean_detection_s(run) + (capacity(run) - other_rate(run)) / slope(run);
}

static double answered(const struct ladder_run *run)
{
    double start_s = measure_s(run) - since_fire_s(run), full_s = full_after_s(run);
    double ramp_s = full_s - mean_detection_s(run);
    double ok = rate(run) * start_s + other_rate(run) * full_s + slope(run) * ramp_s * ramp_s / 2 +
                capacity(run) * (since_fire_s(run) - full_s);

    return ok / measure_s(run);
}

/* A load that rises through the capacity C by `slope` each second meets a line of about (C^2 / slope)^(1/3)
 * there already (G. F. Newell, "Queues with Time-Dependent Arrival Rates", 1968), which it takes from the
 * time before; and at the end half of the work of each of the workers' requests is done. */
static double answered_near(const struct ladder_run *run)
{
    double line = cbrt(capacity(run) * capacity(run) / slope(run));

    return (line + ladder_number(run, "web.workers") / 2) / (answered(run) * measure_s(run));
}

/* ---- the data ---- */

/* From a change in Seoul to the same in Virginia. */
static double lag_s(const struct ladder_run *run)
{
    return one_way_s(run) + ladder_seconds(run, "from_seoul.handlers.edit[0].wait");
}

/* Two processors, two disks and four hops in the machine room take some milliseconds on top. */
static double lag_near(const struct ladder_run *run)
{
    return 4e-3 / lag_s(run);
}

static double edits(const struct ladder_run *run) /* in Seoul */
{
    return burnt_rate(run) * ladder_share(run, "users.requests.edit.share");
}

/* Chance that a row lacks a change from Seoul when somebody in Virginia looks at date t: the last that
 * happened to it within the lag was one from there. Changes of a row come as Poisson processes; mean over the
 * measured time, in which there are none before 0. */
static double behind_share(const struct ladder_run *run)
{
    double rows = ladder_number(run, "data.posts.rows"), lag = lag_s(run), all_s = measure_s(run);
    double there = edits(run) / rows;
    double here = other_rate(run) * ladder_share(run, "users.requests.edit.share") / rows;
    double both = there + here;
    double start = lag + expm1(-both * lag) / both; /* integral of 1 - exp(-both t) up to the lag */

    return there / both * (start - expm1(-both * lag) * (all_s - lag)) / all_s;
}

static double stale(const struct ladder_run *run)
{
    return other_rate(run) * ladder_share(run, "users.requests.view.share") * measure_s(run) *
           behind_share(run);
}

static double conflicts(const struct ladder_run *run)
{
    return other_rate(run) * ladder_share(run, "users.requests.edit.share") * measure_s(run) *
           behind_share(run);
}

/* What was changed since the workers died, and what they had not applied yet. */
static double missing(const struct ladder_run *run)
{
    double down_s = ladder_seconds(run, "faults[0].at");

    return edits(run) * (ladder_seconds(run, "faults[1].at") - fmax(down_s - lag_s(run), 0));
}

/* ---- one database, with a replica on the other side ---- */

static double write_longer_s(const struct ladder_run *run)
{
    return 2 * (one_way_s(run) - near_s(run));
}

static double all_edits(const struct ladder_run *run)
{
    return rate(run) * ladder_share(run, "users.requests.edit.share");
}

static double disk_s(const struct ladder_run *run)
{
    return 1 / ladder_host(run, "db.host")->disk_operations;
}

/* From the write in Seoul: a disk, the way of the log, another disk, and the work to apply it. */
static double replica_lag_s(const struct ladder_run *run)
{
    double apply_s = formula_processor(ladder_host(run, "db.host"), all_edits(run),
                                       ladder_seconds(run, "db.replication.apply_time"))
                         .time_s;

    return fmax(ladder_seconds(run, "db.replication.ship_delay"), disk_s(run)) + one_way_s(run) +
           disk_s(run) + apply_s;
}

/* Who finds a disk busy waits for the rest of what it does: at both disks together one operation for the
 * share of the time that they work, at most. Reads beside it, each about as long as an entry's work, share
 * the processor. */
static double replica_lag_near(const struct ladder_run *run)
{
    double apply_s = ladder_seconds(run, "db.replication.apply_time");
    double reads = other_rate(run) * ladder_share(run, "users.requests.view.share") + probe_rate(run);

    return (2 * all_edits(run) * disk_s(run) * disk_s(run) +
            reads * apply_s * apply_s) /
           replica_lag_s(run);
}

/* The chance that the row was written within the lag, 1 - exp(-w lag), or since the start of the run. */
static double stale_at_replica(const struct ladder_run *run)
{
    double w = all_edits(run) / ladder_number(run, "data.posts.rows"), lag_s = replica_lag_s(run);
    double start = lag_s + expm1(-w * lag_s) / w;

    return other_rate(run) * ladder_share(run, "users.requests.view.share") *
           (start - expm1(-w * lag_s) * (measure_s(run) - lag_s));
}

/* A write counts when it is on the primary's disk; some milliseconds as above. */
static double replica_near(const struct ladder_run *run)
{
    return 4e-3 / replica_lag_s(run);
}

/* What was acknowledged and had not left. */
static double lost_with_primary(const struct ladder_run *run)
{
    return all_edits(run) * (ladder_seconds(run, "db.replication.ship_delay") - disk_s(run));
}

/* Those on their way across the ocean when it burns, and all until the replica leads. */
static double writes_refused(const struct ladder_run *run)
{
    return other_rate(run) * ladder_share(run, "users.requests.edit.share") *
           (one_way_s(run) + ladder_seconds(run, "db.replication.detection") +
            ladder_seconds(run, "db.replication.failover.promotion"));
}

static const struct ladder_step step = {
    .file = "12_data_centers.json",
    .others = { { "users.arrivals=180/s", "name.ttl=50s", "data.posts.rows=400" },
                { "name.health_check.unhealthy_after=9", "network.regions.virginia.longitude=-95",
                  "from_seoul.handlers.edit[0].wait=4s" } },
    .wrong = { "users.arrivals=215/s", "name.ttl=70s", "network.regions.seoul.longitude=118",
               "from_seoul.handlers.edit[0].wait=5.4s" },
    .replications = 14,
    .often = { { "promoted", 24 }, { "log_files", 24 } },
    .claims = {
        { "an article seen from America, saved by the site there", "ms",
          OF("one_site", "users.virginia:view", "latency.mean"),
          MINUS(NULL, "users.virginia:view", "latency.mean"), .predict = saved_s },
        { "processor of a site", "%", OF(NULL, "virginia/web", "cpu.utilisation"), .predict = busy_before },
        { "requests that find the burnt site", "", OF("burns", "users", "requests.failed.unavailable"),
          .predict = failed },
        { "of them, in the first 30 s", "", OF("after_30_s", "users", "requests.failed.unavailable"),
          .predict = failed },
        { "with a TTL of 30 s", "", OF("short_ttl", "users", "requests.failed.unavailable"),
          .predict = failed },
        { "availability in Korea", "%", OF("burns", "users.seoul", "availability"),
          .predict = availability_there },
        { "requests that come to the survivor", "", OF("burns", "virginia/web", "requests.started"),
          .predict = came_to_survivor },
        { "processor of the survivor", "%", OF("burns", "virginia/web", "cpu.utilisation"),
          .predict = busy_survivor },
        { "answered with too little headroom", "/s", OF("no_headroom", "users", "throughput"),
          .predict = answered, .near = answered_near },
        { "stale reads in Virginia", "", OF(NULL, "virginia/db", "stale_reads"), .predict = stale,
          .near = lag_near },
        { "updates from Seoul that are overwritten unseen", "", OF(NULL, "virginia/db", "conflicts"),
          .predict = conflicts, .near = lag_near },
        { "changes that Virginia never gets", "", OF("behind", "seoul/changes", "published"),
          MINUS("behind", "virginia/db", "changes.applied"), .predict = missing, .near = lag_near },
        { "an article seen from America, saved by a replica there", "ms",
          OF("one_site", "users.virginia:view", "latency.mean"),
          MINUS("replicated", "users.virginia:view", "latency.mean"), .predict = saved_s },
        { "a write from America, longer than one from Korea", "ms",
          OF("replicated", "users.virginia:edit", "latency.mean"),
          MINUS("replicated", "users.seoul:edit", "latency.mean"), .predict = write_longer_s },
        { "lag of the replica in Virginia", "ms", OF("replicated", "db.replica", "replication.lag"),
          .predict = replica_lag_s, .near = replica_lag_near },
        { "stale reads at the replica, its log ten seconds late", "", OF("log_files", "db", "reads.stale"),
          .predict = stale_at_replica, .near = replica_near },
        { "acknowledged writes that burn with the primary", "", OF("promoted", "db", "writes.lost"),
          .predict = lost_with_primary, .near = replica_near },
        { "writes from America that find no primary", "",
          OF("promoted", "users.virginia:edit", "requests.failed.unavailable"), .predict = writes_refused },
    },
};

LADDER_MAIN(step)
