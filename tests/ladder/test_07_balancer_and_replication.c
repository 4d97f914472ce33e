/* Step 7: a balancer, web servers, a primary and its replicas; one of each dies. */
#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

static double reads(const struct ladder_run *run)
{
    return rate(run) * ladder_share(run, "users.requests.view.share");
}

static double writes(const struct ladder_run *run)
{
    return rate(run) * ladder_share(run, "users.requests.edit.share");
}

static double time_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

static double crash_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "faults[0].at");
}

static double part_of_a_server(const struct ladder_run *run)
{
    return rate(run) / ladder_number(run, "web.count");
}

static double part_of_a_replica(const struct ladder_run *run)
{
    return reads(run) / ladder_number(run, "db.replicas");
}

static double busy_server(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "web.host"), part_of_a_server(run),
                             ladder_seconds(run, "web.handlers.view[0].compute"))
        .busy;
}

/* One of n until the crash, one of n - 1 from then on: whoever asks the dead one first asks another one
 * next. */
static double survivor(const struct ladder_run *run, double all, double count)
{
    return all * (crash_s(run) / count + (time_s(run) - crash_s(run)) / (count - 1));
}

static double requests_of_the_server_left(const struct ladder_run *run)
{
    return survivor(run, rate(run), ladder_number(run, "web.count"));
}

static double reads_of_the_replica_left(const struct ladder_run *run)
{
    return survivor(run, reads(run), ladder_number(run, "db.replicas"));
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

/* The replica that is left is the primary in the end: all reads from the crash on, and writes once it
 * takes them. */
static double all_on_one_node(const struct ladder_run *run)
{
    return reads_of_the_replica_left(run) + writes(run) * (time_s(run) - crash_s(run) - outage_s(run));
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0.0;
}

static const struct ladder_step step = {
    .file = "07_balancer_and_replication.json",
    .others = { { "users.arrivals=170/s" },
                { "db.replication.failover.promotion=15s", "users.arrivals=230/s" } },
    .wrong = { "users.arrivals=160/s" },
    .replications = 20,
    .often = { { "primary_dies", 32 }, { "one_of_each", 32 } },
    .claims = {
        { "requests of each of two servers", "/s", OF(NULL, "web[0]", "throughput"),
          .predict = part_of_a_server },
        { "processor of each", "%", OF(NULL, "web", "cpu.utilisation"), .predict = busy_server },
        { "reads of each of two replicas", "/s", OF(NULL, "db.replica[1]", "throughput"),
          .predict = part_of_a_replica },
        { "writes of the primary", "/s", OF(NULL, "db.primary", "throughput"), .predict = writes },
        { "requests of the server that is left", "", OF("server_dies", "web[1]", "requests.started"),
          .predict = requests_of_the_server_left },
        { "requests that fail then", "", OF("server_dies", "total", "requests.failed"), .predict = none,
          .unmoved = true },
        { "reads of the replica that is left", "", OF("replica_dies", "db.replica[1]", "requests.started"),
          .predict = reads_of_the_replica_left },
        { "writes that fail, the primary dead", "", OF("primary_dies", "total", "requests.failed"),
          .predict = writes_that_fail },
        { "the same with one of each tier dead", "", OF("one_of_each", "total", "requests.failed"),
          .predict = writes_that_fail },
        { "all that the node left answers", "", OF("one_of_each", "db.replica[1]", "requests.started"),
          .predict = all_on_one_node },
    },
};

LADDER_MAIN(step)
