/* Step 4, its third part: the same rising load on one machine and on several, until they are full or
 * one dies. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double length_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

static double slope(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * (ladder_number(run, "users.load[0].ramp") - 1) /
           ladder_seconds(run, "users.load[0].over");
}

static double rate_at(const struct ladder_run *run, double date_s)
{
    return ladder_rate(run, "users.arrivals") + slope(run) * date_s;
}

static double sent_between(const struct ladder_run *run, double from_s, double to_s)
{
    return (rate_at(run, from_s) + rate_at(run, to_s)) / 2 * (to_s - from_s);
}

static double sent(const struct ladder_run *run)
{
    return sent_between(run, 0, length_s(run));
}

static double machines(const struct ladder_run *run)
{
    return ladder_has(run, "web.count") ? ladder_number(run, "web.count") : 1;
}

static double work_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "web.handlers.request[0].compute");
}

/* Requests that are inside one machine at that date, and die with it. */
static double inside(const struct ladder_run *run, double date_s)
{
    return formula_processor(ladder_host(run, "web.host"), rate_at(run, date_s) / machines(run),
        work_s(run)).in_system;
}

static double died_at(const struct ladder_run *run)
{
    return ladder_seconds(run, "faults[0].at");
}

/* All that come until it is back. */
static double failed_up(const struct ladder_run *run)
{
    double at = died_at(run);

    return inside(run, at) + sent_between(run, at, at + ladder_seconds(run, "faults[0].for"));
}

/* Its part of those that come until the checks have failed often enough; the first comes half an
 * interval later. */
static double failed_out(const struct ladder_run *run)
{
    double at = died_at(run), detection_s = ladder_seconds(run, "lb.health_check.interval") *
                                            (ladder_number(run, "lb.health_check.unhealthy_after") - 0.5);

    return inside(run, at) + sent_between(run, at, at + detection_s) / machines(run);
}

static double capacity(const struct ladder_run *run)
{
    return machines(run) * formula_saturation(ladder_host(run, "web.host"), work_s(run));
}

static double full_at(const struct ladder_run *run)
{
    return (capacity(run) - rate_at(run, 0)) / slope(run);
}

/* All that come until the machines are full, and then as many as they can. */
static double answered(const struct ladder_run *run)
{
    double full_s = fmin(full_at(run), length_s(run));

    return sent_between(run, 0, full_s) + capacity(run) * (length_s(run) - full_s);
}

/* Chance makes them full before, and the line then is as long as a random walk with two steps for each
 * request gets
 * while the load passes capacity c with slope s: about (2c)^(2/3) / s^(1/3) at each machine. It is
 * answered later. */
static double answered_near(const struct ladder_run *run)
{
    double each = capacity(run) / machines(run), each_slope = slope(run) / machines(run);

    return machines(run) * pow(2 * each, 2.0 / 3) / cbrt(each_slope) / answered(run);
}

static double price(const struct ladder_run *run)
{
    return machines(run) * ladder_host(run, "web.host")->price + (ladder_has(run, "lb") ? 0.0225 : 0);
}

static const struct ladder_step step = {
    .file = "04_rising_load.json",
    .others = { { "users.load[0].ramp=5" }, { "users.arrivals=30/s",
        "web.handlers.request[0].compute.mean=45ms" } },
    .wrong = { "users.arrivals=43/s", "web.handlers.request[0].compute.mean=36ms" },
    .replications = 8,
    .often = { { "up_dies", 12 }, { "out_dies", 24 } },
    .claims = {
        { "requests in the two minutes, all answered: up", "", OF(NULL, "total", "requests.started"),
          .predict = sent },
        { "answered: out", "", OF("out", "total", "requests.ok"), .predict = sent },
        { "bill, up", "$/h", OF(NULL, "total", "cost.per_hour"), .predict = price, .unmoved = true },
        { "bill, out", "$/h", OF("out", "total", "cost.per_hour"), .predict = price, .unmoved = true },
        { "failed when the big machine dies", "", OF("up_dies", "total", "requests.failed"), .predict =
          failed_up },
        { "failed when one of six dies", "", OF("out_dies", "total", "requests.failed"), .predict =
          failed_out },
        { "answered by half the cores: full on the way", "", OF("up_full", "total", "requests.ok"),
          .predict = answered, .near = answered_near },
        { "answered by half the machines", "", OF("out_full", "total", "requests.ok"), .predict = answered,
          .near = answered_near },
    },
};

LADDER_MAIN(step)
