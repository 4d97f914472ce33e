/* Step 1: one machine for web server and database: how its address is found, what fills its processor, and
 * what its network card. */
#include <math.h>
#include <stdio.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static const struct kind {
    const char *name;
    int compute;           /* number of that step in the handler */
    const char *data_time; /* what the database does */
    bool changes;
} kinds[] = {
    { "html", 1, "db.read_time", false },   { "json", 1, "db.read_time", false },
    { "create", 0, "db.write_time", true }, { "update", 0, "db.write_time", true },
    { "delete", 0, "db.write_time", true },
};

#define KINDS (sizeof kinds / sizeof *kinds)

static double share(const struct ladder_run *run, const struct kind *kind)
{
    char path[80];

    snprintf(path, sizeof path, "users.requests.%s.share", kind->name);
    return ladder_share(run, path);
}

static double work_of(const struct ladder_run *run, const struct kind *kind)
{
    char path[80];

    snprintf(path, sizeof path, "web.handlers.%s[%d].compute", kind->name, kind->compute);
    return ladder_seconds(run, path) + ladder_seconds(run, kind->data_time);
}

static double bytes_of(const struct ladder_run *run, const struct kind *kind)
{
    char path[80];

    snprintf(path, sizeof path, "web.handlers.%s[2].respond", kind->name);
    return ladder_bytes(run, path);
}

static double work_s(const struct ladder_run *run)
{
    double sum = 0;

    for (size_t i = 0; i < KINDS; i++)
        sum += share(run, &kinds[i]) * work_of(run, &kinds[i]);
    return sum;
}

/* Mean of the bytes of an answer to the power of 1 or 2. */
static double moment(const struct ladder_run *run, double power)
{
    double sum = 0;

    for (size_t i = 0; i < KINDS; i++)
        sum += share(run, &kinds[i]) * pow(bytes_of(run, &kinds[i]), power);
    return sum;
}

static double changes(const struct ladder_run *run)
{
    double sum = 0;

    for (size_t i = 0; i < KINDS; i++)
        sum += kinds[i].changes ? share(run, &kinds[i]) : 0;
    return sum;
}

static const struct host_config *box(const struct ladder_run *run)
{
    return ladder_host(run, "web.host");
}

#define DAY_S 86400

static double rate(const struct ladder_run *run)
{
    if (!ladder_has(run, "users.daily.users"))
        return ladder_rate(run, "users.arrivals");
    return ladder_number(run, "users.daily.users") * ladder_number(run, "users.daily.requests_each") / DAY_S *
           ladder_number(run, "users.daily.peak_factor");
}

/* ---- the way to the server ---- */

#define POPULATION 1e6 /* users whom arrivals come from, where nothing is said */

/* All but those who were here already, since the run began, ask the resolver, which was told before measuring
 * began. */
static double lookup_s(const struct ladder_run *run)
{
    double elapsed = ladder_seconds(run, "time.warm_up") + ladder_seconds(run, "time.measure") / 2;

    return ladder_seconds(run, "name.resolver_round_trip") * exp(-rate(run) / POPULATION * elapsed);
}

/* One page of a visit pays it. */
static double pages(const struct ladder_run *run)
{
    return 1 + ladder_number(run, "users.session.pages");
}

static double known_share(const struct ladder_run *run)
{
    return 1 - 1 / pages(run);
}

static double lookup_of_visits_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "name.resolver_round_trip") / pages(run);
}

/* With a short time to live the resolver's answer is gone after it; the next question (after 1 / rate) has to
 * wait for the authoritative servers, and those that come meanwhile wait for what is left, half of it on
 * average. */
static double lookups(const struct ladder_run *run)
{
    double cycle = ladder_seconds(run, "name.ttl") + 1 / rate(run) + ladder_seconds(run, "name.lookup_time");

    return ladder_seconds(run, "time.measure") / cycle;
}

/* Cycles hardly vary, so it depends on where the measured time begins whether one more or less falls into
 * it. */
static double one_lookup(const struct ladder_run *run)
{
    return 1 / lookups(run);
}

static double lookup_of_short_ttl_s(const struct ladder_run *run)
{
    double lookup = ladder_seconds(run, "name.lookup_time");
    double waiting = lookup + rate(run) * lookup * lookup / 2;
    double asking = rate(run) * ladder_seconds(run, "name.ttl") + 1 + rate(run) * lookup;

    return ladder_seconds(run, "name.resolver_round_trip") + waiting / asking;
}

/* The round trips of a new connection, then that of the question: the rule of network.links. */
static double way_s(const struct ladder_run *run)
{
    return 2 * ladder_seconds(run, "network.links[0].latency") *
           (1 + ladder_number(run, "network.links[0].round_trips"));
}

/* ---- the server ---- */

static double processor_full(const struct ladder_run *run)
{
    return formula_saturation(box(run), work_s(run));
}

static double line_full(const struct ladder_run *run)
{
    return box(run)->network / moment(run, 1);
}

static double answered(const struct ladder_run *run)
{
    return fmin(rate(run), fmin(processor_full(run), line_full(run)));
}

static double processor_busy(const struct ladder_run *run)
{
    return formula_processor(box(run), answered(run), work_s(run)).busy;
}

static double line_busy(const struct ladder_run *run)
{
    return answered(run) / line_full(run);
}

/* The processor, the log record of a change on its way to the disk, and the line of answers before the
 * network card, which is first come first served (Pollaczek and Khinchine). */
static double time_s(const struct ladder_run *run)
{
    double speed = box(run)->network;
    double wait = rate(run) * moment(run, 2) / (speed * speed) / (2 * (1 - line_busy(run)));

    return lookup_s(run) + way_s(run) + formula_processor(box(run), rate(run), work_s(run)).time_s +
           changes(run) / box(run)->disk_operations + moment(run, 1) / speed + wait;
}

/* Processor sharing stretches every work alike. */
static double time_of(const struct ladder_run *run, const struct kind *kind)
{
    double stretch = formula_processor(box(run), rate(run), work_s(run)).time_s / work_s(run);
    double speed = box(run)->network;
    double wait = rate(run) * moment(run, 2) / (speed * speed) / (2 * (1 - line_busy(run)));

    return lookup_s(run) + way_s(run) + work_of(run, kind) * stretch + bytes_of(run, kind) / speed + wait;
}

static double html_time(const struct ladder_run *run)
{
    return time_of(run, &kinds[0]);
}

static double json_time(const struct ladder_run *run)
{
    return time_of(run, &kinds[1]);
}

static const struct ladder_step step = {
    .file = "01_single_server.json",
    .others = { { "web.handlers.json[1].compute=6ms", "db.read_time.mean=2ms", "name.lookup_time=60ms" },
                { "web.handlers.html[1].compute=12ms", "web.handlers.html[2].respond=120KB",
                  "name.resolver_round_trip=10ms" } },
    .wrong = { "web.handlers.html[1].compute=17ms", "web.handlers.json[1].compute=5.9ms",
               "web.handlers.html[2].respond=100KB", "web.handlers.json[2].respond=5.6KB",
               "name.resolver_round_trip=22ms", "name.ttl=1.06s" },
    .replications = 10,
    .often = { { NULL, 20 }, { "visits", 16 }, { "slow_line", 14 } },
    .claims = {
        { "processor busy", "%", OF(NULL, "box", "cpu.utilisation"),
          .predict = processor_busy },
        { "network card busy", "%", OF(NULL, "box", "network.utilisation"),
          .predict = line_busy },
        { "lookup of the address", "ms", OF(NULL, "name", "latency.mean"), .predict = lookup_s },
        { "pages of visits whose user knows it", "%", OF("visits", "name", "stub.hit_ratio"),
          .predict = known_share },
        { "lookup, mean of all pages of visits", "ms", OF("visits", "name", "latency.mean"),
          .predict = lookup_of_visits_s },
        { "questions to the authoritative servers, TTL 1 s", "", OF("short_ttl", "name", "lookups"),
          .predict = lookups, .near = one_lookup },
        { "lookup, TTL 1 s", "ms", OF("short_ttl", "name", "latency.mean"),
          .predict = lookup_of_short_ttl_s },
        { "mean latency", "ms", OF(NULL, "total", "latency.mean"), .predict = time_s },
        { "of a page in HTML", "ms", OF(NULL, "users:html", "latency.mean"), .predict = html_time },
        { "of the same article in JSON", "ms", OF(NULL, "users:json", "latency.mean"), .predict = json_time },
        { "answered when the processor is full", "/s", OF("full", "total", "throughput"),
          .predict = processor_full },
        { "answered of 300,000 daily users", "/s", OF("daily_users", "total", "throughput"),
          .predict = processor_full },
        { "answered when the line is full", "/s", OF("slow_line", "total", "throughput"),
          .predict = line_full },
        { "processor busy if nobody wants HTML", "%", OF("only_json", "box", "cpu.utilisation"),
          .predict = processor_busy },
        { "network card busy if nobody wants HTML", "%", OF("only_json", "box", "network.utilisation"),
          .predict = line_busy },
    },
};

LADDER_MAIN(step)
