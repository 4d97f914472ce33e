/* Step 14: a version with a bug goes out in several ways, and is taken back. What counts is for how long
 * which share of the servers in service runs it. Arrivals are regular, as those of a site a hundred times as
 * large would be beside their mean. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define SERVERS_MAX 64
#define STEP_S 0.01
#define POLL_S 0.1 /* between two looks whether a server is idle, at most */

static double servers(const struct ladder_run *run)
{
    return ladder_number(run, "web.count");
}

static double restart_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "deploy.restart_time");
}

static double struck_a_second(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "deploy.versions.v2.defects[0].fails");
}

static double notice_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "deploy.rollback.after");
}

/* What a server still has when it is to stop takes no longer than that. Times are predicted as if it were
 * idle. */
static double drain_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "web.handlers.request[0].compute") + POLL_S;
}

/* ---- all at once, or by a switch: all requests meet it until somebody has noticed ---- */

static double struck_when_all_have_it(const struct ladder_run *run)
{
    return struck_a_second(run) * notice_s(run);
}

static double struck_when_all_have_it_near(const struct ladder_run *run)
{
    return drain_s(run) / notice_s(run);
}

/* There and back. */
static double unavailable_at_once(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * 2 * restart_s(run);
}

static double unavailable_at_once_near(const struct ladder_run *run)
{
    return drain_s(run) / restart_s(run);
}

static double price(const struct ladder_run *run)
{
    return servers(run) * ladder_host(run, "web.host")->price;
}

/* The second set is paid from its order until all are back at the first. */
static double price_of_two_sets(const struct ladder_run *run)
{
    double second_s = ladder_seconds(run, "deploy.boot_time") + notice_s(run);

    return price(run) * (1 + second_s / ladder_seconds(run, "time.measure"));
}

static double price_of_two_sets_near(const struct ladder_run *run)
{
    return drain_s(run) / ladder_seconds(run, "time.measure");
}

/* ---- in batches ---- */

/* Of each server: when it stops to get the version, has it, stops to lose it, and is back; seconds since the
 * first step. */
struct course {
    double stops[SERVERS_MAX], has[SERVERS_MAX], loses[SERVERS_MAX], back[SERVERS_MAX];
    int count, with_it;
};

static struct course course_of(const struct ladder_run *run)
{
    struct course course = { .count = (int)servers(run) };
    double all_s = ladder_seconds(run, "time.measure"),
           cycle_s = restart_s(run) + ladder_seconds(run, "deploy.pause"),
           decided_s = restart_s(run) + notice_s(run);
    int batch = (int)ladder_number(run, "deploy.batch"),
        back = (int)ladder_number(run, "deploy.rollback.batch");

    for (int i = 0; i < course.count; i++) {
        course.stops[i] = i / batch * cycle_s;
        course.has[i] = course.stops[i] + restart_s(run);
        course.with_it += course.has[i] < decided_s;
    }
    for (int i = 0; i < course.count; i++)
        if (i < course.with_it) {
            course.loses[i] = decided_s + i / back * restart_s(run);
            course.back[i] = course.loses[i] + restart_s(run);
        } else {
            course.stops[i] = course.has[i] = course.loses[i] = course.back[i] = all_s;
        }
    return course;
}

/* Servers in service at that date, and those of them that have the version. */
static void count_at(const struct course *course, double time_s, int *in_service, int *with_it)
{
    *in_service = *with_it = 0;
    for (int i = 0; i < course->count; i++) {
        bool has = time_s >= course->has[i] && time_s < course->loses[i];

        *with_it += has;
        *in_service += has || time_s < course->stops[i] || time_s >= course->back[i];
    }
}

static double struck_in_batches(const struct ladder_run *run)
{
    struct course course = course_of(run);
    double shared_s = 0;
    int in_service, with_it;

    for (double time_s = STEP_S / 2; time_s < course.back[course.with_it - 1]; time_s += STEP_S) {
        count_at(&course, time_s, &in_service, &with_it);
        shared_s += STEP_S * with_it / in_service;
    }
    return struck_a_second(run) * shared_s;
}

/* Each batch is late by the drains before it: so much less, or in the rollback more, of that share. */
static double struck_in_batches_near(const struct ladder_run *run)
{
    struct course course = course_of(run);

    return course.with_it * drain_s(run) * struck_a_second(run) / struck_in_batches(run);
}

/* In service, those that drain among them. */
static double serving(const struct ladder_run *run)
{
    struct course course = course_of(run);
    double all_s = ladder_seconds(run, "time.measure");

    return servers(run) - 2 * course.with_it * restart_s(run) / all_s;
}

/* What half of the servers cannot do. */
static double too_much_for_half(const struct ladder_run *run)
{
    double each = formula_saturation(ladder_host(run, "web.host"),
                                     ladder_seconds(run, "web.handlers.request[0].compute"));

    return ladder_rate(run, "users.arrivals") - servers(run) / 2 * each;
}

/* It is refused but for what they take in: a line, and on average half of those at work. Twice there, and
 * twice back. */
static double refused_by_halves(const struct ladder_run *run)
{
    double room = ladder_number(run, "web.accept_queue") + ladder_number(run, "web.workers") / 2;

    return 4 * (too_much_for_half(run) * restart_s(run) - servers(run) / 2 * room);
}

/* Those at work may be at their beginning or nearly done; a drain makes each time longer. */
static double refused_by_halves_near(const struct ladder_run *run)
{
    double work = servers(run) / 2 * ladder_number(run, "web.workers") / 2;

    return 4 * (work + too_much_for_half(run) * drain_s(run)) / refused_by_halves(run);
}

/* ---- a canary and an alert ---- */

/* The first sample that shows it, its way to the monitor, and as many further ones as `for` says. */
static double canary_s(const struct ladder_run *run)
{
    double interval_s = ladder_seconds(run, "monitor.interval"),
           served_s = ladder_seconds(run, "deploy.versions.v2.at") + restart_s(run),
           known_s = ceil(served_s / interval_s) * interval_s + ladder_seconds(run, "monitor.delay");

    known_s += ceil(ladder_seconds(run, "monitor.alerts.errors.for") / interval_s) * interval_s;
    return known_s - served_s;
}

static double struck_by_canary(const struct ladder_run *run)
{
    return struck_a_second(run) * ladder_number(run, "deploy.canary") / servers(run) * canary_s(run);
}

static double struck_by_canary_near(const struct ladder_run *run)
{
    return drain_s(run) / canary_s(run);
}

/* ---- tests before ---- */

static double releases(const struct ladder_run *run)
{
    return ladder_number(run, "deploy.versions.v2.times");
}

static double caught(const struct ladder_run *run)
{
    return releases(run) * ladder_share(run, "deploy.versions.v2.defects[0].chance") *
           ladder_share(run, "deploy.tests.catches");
}

static double went_out(const struct ladder_run *run)
{
    return releases(run) - caught(run);
}

static const struct ladder_step step = {
    .file = "14_deploy.json",
    .others = { { "deploy.versions.v2.defects[0].fails=25%", "deploy.versions.v2.at=65s" },
                { "deploy.versions.v2.defects[0].fails=50%", "web.handlers.request[0].compute=155ms" } },
    .wrong = { "deploy.versions.v2.defects[0].fails=37%", "deploy.restart_time=22s", "deploy.boot_time=63s" },
    .often = { { "canary", 40 }, { "pipeline", 16 } },
    .claims = {
        { "struck, all at once and nobody looks for 3 minutes", "", OF(NULL, "deploy", "requests.struck"),
          .predict = struck_when_all_have_it, .near = struck_when_all_have_it_near },
        { "nobody there, all at once and back", "", OF(NULL, "total", "requests.failed.unavailable"),
          .predict = unavailable_at_once, .near = unavailable_at_once_near },
        { "struck, one server after the other", "", OF("rolling", "deploy", "requests.struck"),
          .predict = struck_in_batches, .near = struck_in_batches_near },
        { "servers in service then, on average", "", OF("rolling", "web", "instances.mean"),
          .predict = serving },
        { "refused while half of the servers are out", "",
          OF("in_halves", "total", "requests.failed.refused"),
          .predict = refused_by_halves, .near = refused_by_halves_near },
        { "struck, blue and green", "", OF("blue_green", "deploy", "requests.struck"),
          .predict = struck_when_all_have_it },
        { "price of two sets", "$/h", OF("blue_green", "web", "cost.per_hour"),
          .predict = price_of_two_sets, .near = price_of_two_sets_near },
        { "struck, a canary that an alert stops", "", OF("canary", "deploy", "requests.struck"),
          .predict = struck_by_canary, .near = struck_by_canary_near },
        { "bad releases that tests catch", "", OF("pipeline", "deploy", "defects.caught"),
          .predict = caught },
        { "releases that go out", "", OF("pipeline", "deploy", "deployments"),
          .predict = went_out },
    },
};

LADDER_MAIN(step)
