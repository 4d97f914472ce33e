/* Step 5: four servers behind a balancer; one of them dies, or the balancer does. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

static double servers(const struct ladder_run *run)
{
    return ladder_number(run, "web.count");
}

static double share_of_one(const struct ladder_run *run)
{
    return rate(run) / servers(run);
}

/* A server that is dead refuses at once. It dies somewhere between two checks, which are an interval
 * apart, and the k-th check after that takes it out: (k - 1/2) intervals on average. */
static double detection_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "lb.health_check.interval") *
           (ladder_number(run, "lb.health_check.unhealthy_after") - 0.5);
}

static double errors_of_a_server(const struct ladder_run *run)
{
    return share_of_one(run) * detection_s(run);
}

static double time_left_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure") - ladder_seconds(run, "faults[0].at") - detection_s(run);
}

/* Requests that come to one that lives: its own part, and from the detection on its part of
 * the dead one's. */
static double requests_of_a_survivor(const struct ladder_run *run)
{
    double all_s = ladder_seconds(run, "time.measure"), left_s = time_left_s(run);

    return share_of_one(run) * (all_s - left_s) + rate(run) / (servers(run) - 1) * left_s;
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0.0;
}

/* Each retry takes the turn of the next server, so the dead one has its turn once in n - 1 requests. */
static double retries(const struct ladder_run *run)
{
    return rate(run) / (servers(run) - 1) * detection_s(run);
}

/* Until the detection the others get no more than before; then they are full. */
static double answered_with_little_headroom(const struct ladder_run *run)
{
    double all_s = ladder_seconds(run, "time.measure"), left_s = time_left_s(run);
    double full = formula_saturation(ladder_host(run, "web.host"),
                                     ladder_seconds(run, "web.handlers.request[0].compute"));
    double after = fmin(rate(run), (servers(run) - 1) * full);

    return (rate(run) * (all_s - left_s) - errors_of_a_server(run) + after * left_s) / all_s;
}

static double work_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "web.handlers.request[0].compute");
}

/* Cores that work together hinder each other. Every n-th request is less of a crowd than Poisson
 * arrivals are, and more
 * of one than requests that are always alone. */
static double busy_at_most(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "web.host"), share_of_one(run), work_s(run)).busy;
}

static double busy_at_least(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "web.host");

    return share_of_one(run) * work_s(run) / host->speed / (double)host->cores;
}

static double busy(const struct ladder_run *run)
{
    return (busy_at_most(run) + busy_at_least(run)) / 2;
}

static double busy_near(const struct ladder_run *run)
{
    return (busy_at_most(run) - busy_at_least(run)) / 2 / busy(run);
}

static double errors_of_the_balancer(const struct ladder_run *run)
{
    double count = ladder_has(run, "lb.count") ? ladder_number(run, "lb.count") : 1;

    return rate(run) / count * ladder_seconds(run, "faults[0].for");
}

static double errors_until_takeover(const struct ladder_run *run)
{
    return rate(run) * ladder_seconds(run, "lb.standby");
}

static const struct ladder_step step = {
    .file = "05_load_balancer.json",
    .others = { { "users.arrivals=430/s" }, { "lb.health_check.unhealthy_after=7", "web.count=5" } },
    .wrong = { "users.arrivals=368/s", "web.handlers.request[0].compute=17ms" },
    .replications = 6,
    .often = { { "server_dies", 16 }, { "server_dies_retried", 16 }, { "balancer_dies", 10 },
               { "two_balancers", 10 }, { "standby", 16 } },
    .claims = {
        { "requests that one of four answers", "/s", OF(NULL, "web[2]", "throughput"),
          .predict = share_of_one },
        { "errors when a server dies", "", OF("server_dies", "total", "requests.failed"),
          .predict = errors_of_a_server },
        { "requests of a survivor in the minute", "", OF("server_dies", "web[0]", "requests.started"),
          .predict = requests_of_a_survivor },
        { "calls that are made again elsewhere", "", OF("server_dies_retried", "lb", "retries"),
          .predict = retries },
        { "errors that are left then", "", OF("server_dies_retried", "total", "requests.failed"),
          .predict = none, .unmoved = true },
        { "answered when three are too few", "/s", OF("too_little_headroom", "total", "throughput"),
          .predict = answered_with_little_headroom },
        { "processors busy with twice of both", "%", OF("grown", "web", "cpu.utilisation"), .predict = busy,
          .near = busy_near },
        { "errors when the balancer is dead", "", OF("balancer_dies", "total", "requests.failed"),
          .predict = errors_of_the_balancer },
        { "errors with two balancers", "", OF("two_balancers", "total", "requests.failed"),
          .predict = errors_of_the_balancer },
        { "errors with a standby", "", OF("standby", "total", "requests.failed"),
          .predict = errors_until_takeover },
    },
};

LADDER_MAIN(step)
