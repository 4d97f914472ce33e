/* Step 2: the work of a request, on one machine and on two. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

/* Work of an average request for the processor of each tier. */
static double web_work_s(const struct ladder_run *run)
{
    double read = ladder_share(run, "users.requests.read.share");

    return read * (ladder_seconds(run, "web.handlers.read[0].compute") +
                   ladder_seconds(run, "web.handlers.read[2].compute")) +
           (1 - read) * ladder_seconds(run, "web.handlers.write[0].compute");
}

static double db_work_s(const struct ladder_run *run)
{
    double read = ladder_share(run, "users.requests.read.share");

    return read * ladder_seconds(run, "db.read_time") + (1 - read) * ladder_seconds(run, "db.write_time");
}

static double work_s(const struct ladder_run *run)
{
    return web_work_s(run) + db_work_s(run);
}

static double together_busy(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "web.host"), ladder_rate(run, "users.arrivals"), work_s(run))
        .busy;
}

/* The log record of a write has to reach the disk as well. */
static double together_time(const struct ladder_run *run)
{
    const struct host_config *box = ladder_host(run, "web.host");

    return formula_processor(box, ladder_rate(run, "users.arrivals"), work_s(run)).time_s +
           (1 - ladder_share(run, "users.requests.read.share")) / box->disk_operations;
}

static double together_saturation(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "web.host"), work_s(run));
}

static double web_saturation(const struct ladder_run *run)
{
    double count = ladder_has(run, "web.count") ? ladder_number(run, "web.count") : 1;

    return count * formula_saturation(ladder_host(run, "web.host"), web_work_s(run));
}

static double db_saturation(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "db.host"), db_work_s(run));
}

/* Whatever is full first decides. */
static double answered(const struct ladder_run *run)
{
    return fmin(ladder_rate(run, "users.arrivals"), fmin(web_saturation(run), db_saturation(run)));
}

static double db_busy(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "db.host"), answered(run), db_work_s(run)).busy;
}

#define BALANCER_PER_HOUR 0.0225 /* default of load_balancer */

static double bill(const struct ladder_run *run)
{
    double count = ladder_has(run, "web.count") ? ladder_number(run, "web.count") : 1;

    return BALANCER_PER_HOUR + count * ladder_host(run, "web.host")->price +
           ladder_host(run, "db.host")->price;
}

static const struct ladder_step step = {
    .file = "02_separate_tiers.json",
    .others = { { "users.requests.read.share=70%", "users.requests.write.share=30%" },
                { "web.handlers.read[0].compute=8ms", "db.read_time.mean=6ms" } },
    .wrong = { "web.handlers.read[0].compute=11ms", "web.handlers.write[0].compute=11ms",
               "db.read_time.mean=5.8ms" },
    .replications = 8,
    .often = { { NULL, 24 } },
    .claims = {
        { "processor busy, both on one machine", "%", OF(NULL, "box", "cpu.utilisation"),
          .predict = together_busy },
        { "mean latency, both on one machine", "ms", OF(NULL, "total", "latency.mean"),
          .predict = together_time },
        { "requests answered when it is full", "/s", OF("full", "total", "throughput"),
          .predict = together_saturation },
        { "the same with a machine for each tier: the web server is full", "/s",
          OF("apart_full", "total", "throughput"), .predict = web_saturation },
        { "database busy meanwhile", "%", OF("apart_full", "db", "cpu.utilisation"), .predict = db_busy },
        { "with three web servers: the database is full", "/s", OF("three_web", "db", "throughput"),
          .predict = db_saturation },
        { "with a larger database as well", "/s", OF("larger_database", "total", "throughput"),
          .predict = answered,
          .unmoved = true },
        { "database busy then", "%", OF("larger_database", "db", "cpu.utilisation"), .predict = db_busy },
        { "bill of the machines", "$/h", OF("larger_database", "total", "cost.per_hour"), .predict = bill,
          .unmoved = true },
    },
};

LADDER_MAIN(step)
