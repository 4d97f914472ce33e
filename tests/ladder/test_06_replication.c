/* Step 6: a primary and its replicas; nodes die. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double reads(const struct ladder_run *run)
{
    return ladder_rate(run, "readers.arrivals");
}

static double writes(const struct ladder_run *run)
{
    return ladder_rate(run, "writers.arrivals");
}

static double replicas(const struct ladder_run *run)
{
    return ladder_number(run, "db.replicas");
}

static double time_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

static double crash_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "faults[0].at");
}

/* Its part of the reads, and every write again. What is applied comes in groups, as commits share the
 * disk. */
static double busy_of_a_replica(const struct ladder_run *run)
{
    double part = reads(run) / replicas(run);
    double work_s = part * ladder_seconds(run, "db.read_time") +
                    writes(run) * ladder_seconds(run, "db.replication.apply_time");

    return formula_processor(ladder_host(run, "db.host"), part + writes(run), work_s / (part + writes(run)))
        .busy;
}

static double answered_alone(const struct ladder_run *run)
{
    double all = reads(run) + writes(run);
    double work_s = (reads(run) * ladder_seconds(run, "db.read_time") +
                     writes(run) * ladder_seconds(run, "db.write_time")) /
                    all;

    return fmin(all, formula_saturation(ladder_host(run, "db.host"), work_s));
}

/* The law is that of a processor which all share without end; log entries are applied by a few at a time, in groups
 * as commits share the disk. Between all of a replica's work alone and all of it at once the part of the cores that is
 * busy differs by the contention of one more core for the part of the work that the log is. */
static double busy_near(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "db.host");
    double log_s = writes(run) * ladder_seconds(run, "db.replication.apply_time");
    double all_s = log_s + reads(run) / replicas(run) * ladder_seconds(run, "db.read_time");

    return (1 - formula_capacity(host, 2) / (2 * formula_capacity(host, 1))) * log_s / all_s;
}

/* The first and the last requests of a run that is full: those inside at the end hold connections, each half
 * done. */
static double start_near(const struct ladder_run *run)
{
    return 100 / 2.0 / (answered_alone(run) * time_s(run)) +
           formula_saturation(ladder_host(run, "db.host"), ladder_seconds(run, "db.read_time")) /
               answered_alone(run) * 0.005;
}

static double writes_of_a_row(const struct ladder_run *run)
{
    return writes(run) / ladder_number(run, "data.posts.rows");
}

/* The chance that a row was written within the lag: 1 - exp(-w lag). Before the lag has passed once,
 * within the time since the start; the mean over the run. */
static double stale_share(const struct ladder_run *run)
{
    double lag_s = ladder_seconds(run, "db.replication.apply_delay"), w = writes_of_a_row(run);
    double at_first = lag_s + expm1(-w * lag_s) / w;

    return (at_first + (time_s(run) - lag_s) * -expm1(-w * lag_s)) / time_s(run);
}

/* When it is back it applies what it has missed, and what comes meanwhile, with nothing else to do. */
static double reads_while_it_is_away(const struct ladder_run *run)
{
    double down_s = ladder_seconds(run, "faults[0].for");
    double applied =
        formula_saturation(ladder_host(run, "db.host"), ladder_seconds(run, "db.replication.apply_time"));

    return reads(run) * (down_s + writes(run) * down_s / (applied - writes(run)));
}

/* What it has missed is begun when the rest of the log is there: pages of a cold memory are read from disk first, one
 * operation an entry at most. */
static double catch_up_near(const struct ladder_run *run)
{
    double missed = writes(run) * ladder_seconds(run, "faults[0].for");

    return reads(run) * missed / ladder_host(run, "db.host")->disk_operations / reads_while_it_is_away(run);
}

static double reads_of_the_survivor(const struct ladder_run *run)
{
    return reads(run) * (crash_s(run) / replicas(run) + (time_s(run) - crash_s(run)) / (replicas(run) - 1));
}

/* From the crash until the new machine serves. */
static double absence_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.replication.detection") +
           ladder_seconds(run, "db.replication.replacement.after") +
           ladder_number(run, "data.posts.rows") * ladder_bytes(run, "data.posts.row_size") /
               ladder_bandwidth(run, "db.replication.replacement.bandwidth");
}

static double reads_of_the_replaced(const struct ladder_run *run)
{
    return reads(run) / replicas(run) * (time_s(run) - absence_s(run)) / time_s(run);
}

/* Its pieces travel one after the other: the last one's way; and the log since the copy began is applied. */
static double seed_near(const struct ladder_run *run)
{
    double applied =
        formula_saturation(ladder_host(run, "db.host"), ladder_seconds(run, "db.replication.apply_time"));

    return writes(run) * absence_s(run) / applied / (time_s(run) - absence_s(run));
}

static double outage_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.replication.detection") +
           ladder_seconds(run, "db.replication.failover.promotion");
}

static double writes_that_fail(const struct ladder_run *run)
{
    return writes(run) * outage_s(run);
}

static double writes_not_shipped(const struct ladder_run *run)
{
    return writes(run) * ladder_seconds(run, "db.replication.ship_delay");
}

/* Writes come as a metronome's: whether one more falls into the time or not. */
static double one_write_near(const struct ladder_run *run)
{
    return 1 / writes_that_fail(run);
}

static double one_lost_near(const struct ladder_run *run)
{
    return 1 / writes_not_shipped(run);
}

/* exp(-w t) for (1 - 1 / rows)^(writes in t), which is smaller by half of w t / rows; and one write more or
 * less. */
static double recovered_near(const struct ladder_run *run)
{
    return one_lost_near(run) +
           0.5 * writes_of_a_row(run) * time_s(run) / ladder_number(run, "data.posts.rows");
}

/* The same for what is stale; and half a gap more or less in the lag. */
static double stale_near(const struct ladder_run *run)
{
    double lag_s = ladder_seconds(run, "db.replication.apply_delay");

    return 0.5 / ladder_number(run, "data.posts.rows") + 0.5 / (writes(run) * lag_s);
}

/* Those whose rows nobody has written between the promotion and the old primary's return. */
static double writes_recovered(const struct ladder_run *run)
{
    double open_s = ladder_seconds(run, "faults[0].until") - crash_s(run) - outage_s(run);

    return writes_not_shipped(run) * exp(-writes_of_a_row(run) * open_s);
}

/* From when another one leads until the network is whole. */
static double writes_of_the_second(const struct ladder_run *run)
{
    return writes(run) * (ladder_seconds(run, "faults[0].for") - outage_s(run));
}

/* Those until another one leads, which it does not have. */
static double writes_cut_off(const struct ladder_run *run)
{
    return writes(run) * outage_s(run);
}

/* The old primary hears when the other one is elected that it leads no more. */
static double writes_refused(const struct ladder_run *run)
{
    return writes(run) *
           (ladder_seconds(run, "faults[0].for") - ladder_seconds(run, "db.replication.detection"));
}

/* One more or less at either end of the time, and those that the old primary is at work on when it ends. */
static double ends_near(const struct ladder_run *run, double predicted)
{
    return (2 + writes(run) * 2 * ladder_seconds(run, "db.write_time")) / predicted;
}

static double second_near(const struct ladder_run *run)
{
    return ends_near(run, writes_of_the_second(run));
}

static double cut_off_near(const struct ladder_run *run)
{
    return ends_near(run, writes_cut_off(run));
}

static double refused_near(const struct ladder_run *run)
{
    return ends_near(run, writes_refused(run));
}

static const struct ladder_step step = {
    .file = "06_replication.json",
    .others = { { "readers.arrivals=320/s" }, { "writers.arrivals=60/s", "db.replication.apply_time=3ms" } },
    .wrong = { "readers.arrivals=368/s", "writers.arrivals=28/s", "db.read_time=5.5ms" },
    .replications = 10,
    .claims = {
        { "processor of each of two replicas", "%", OF(NULL, "db.replica", "cpu.utilisation"),
          .predict = busy_of_a_replica, .near = busy_near },
        { "answered without a replica", "/s", OF("alone", "total", "throughput"), .predict = answered_alone,
          .near = start_near },
        { "processor of each of four replicas", "%", OF("four", "db.replica", "cpu.utilisation"),
          .predict = busy_of_a_replica, .near = busy_near },
        { "of two, with many writes", "%", OF("write_heavy", "db.replica", "cpu.utilisation"),
          .predict = busy_of_a_replica, .near = busy_near },
        { "of four, with many writes", "%", OF("write_heavy_four", "db.replica", "cpu.utilisation"),
          .predict = busy_of_a_replica, .near = busy_near },
        { "reads that are stale, a second behind", "%", OF("late", "db", "reads.stale"),
          PER("late", "db", "reads.at_replicas"), .predict = stale_share,
          .near = stale_near },
        { "reads at the primary, the only replica down", "",
          OF("only_replica_dies", "db", "reads.at_primary"),
          .predict = reads_while_it_is_away, .near = catch_up_near },
        { "reads of the survivor of two", "", OF("one_of_two_dies", "db.replica[0]", "requests.started"),
          .predict = reads_of_the_survivor },
        { "reads of the one replaced", "/s", OF("replaced", "db.replica[1]", "throughput"),
          .predict = reads_of_the_replaced, .near = seed_near },
        { "writes that fail, the primary dead", "", OF("primary_dies", "total", "requests.failed"),
          .predict = writes_that_fail, .near = one_write_near },
        { "acknowledged writes lost", "", OF("primary_dies", "db", "writes.lost"),
          .predict = writes_not_shipped, .near = one_lost_near },
        { "of those, brought back by the script", "", OF("recovered", "db", "writes.recovered"),
          .predict = writes_recovered, .near = recovered_near },
        { "lost at a second primary, no fencing", "", OF("split_brain", "db", "writes.lost_split_brain"),
          .predict = writes_of_the_second, .near = second_near },
        { "and before there were two", "", OF("split_brain", "db", "writes.lost"),
          .predict = writes_cut_off, .near = cut_off_near },
        { "refused instead, with fencing", "", OF("fenced", "total", "requests.failed"),
          .predict = writes_refused, .near = refused_near },
    },
};

LADDER_MAIN(step)
