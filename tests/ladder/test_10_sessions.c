/* Step 10: who logs in again when a server dies, what an added one gets to do, and what a shared store costs
 * a page. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static double rate(const struct ladder_run *run) /* of visits */
{
    return ladder_rate(run, "users.arrivals");
}

static double servers(const struct ladder_run *run)
{
    return ladder_number(run, "web.count");
}

static double pages(const struct ladder_run *run)
{
    return ladder_number(run, "users.session.pages");
}

static double think_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "users.session.think_time");
}

static double measure_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

/* ---- users at a date, when nobody was there at first ---- */

/* After each page a visit ends with chance 1/pages, so what is left of it is exponential, of pages x think
 * time on average. Users who think at that date all have a page to come. */
static double thinking(const struct ladder_run *run, double at_s)
{
    return rate(run) * (pages(run) - 1) * think_s(run) * -expm1(-at_s / (pages(run) * think_s(run)));
}

/* Pages that are asked for between the two dates: the first of each visit, and one after each thought. */
static double pages_between(const struct ladder_run *run, double from_s, double to_s)
{
    double visit_s = pages(run) * think_s(run);
    double gone_s = visit_s * (exp(-from_s / visit_s) - exp(-to_s / visit_s));

    return rate(run) * ((to_s - from_s) + (pages(run) - 1) * ((to_s - from_s) - gone_s));
}

/* Of those who think, the ones whose thought ends within that time. */
static double back_within(const struct ladder_run *run, double time_s)
{
    return -expm1(-time_s / think_s(run));
}

/* ---- servers ---- */

static double again_without_a_server(const struct ladder_run *run, double at_s)
{
    return thinking(run, at_s) / servers(run) * back_within(run, measure_s(run) - at_s);
}

static double again_when_a_server_dies(const struct ladder_run *run)
{
    return again_without_a_server(run, ladder_seconds(run, "faults[0].at"));
}

static double again_when_a_server_leaves(const struct ladder_run *run)
{
    return again_without_a_server(run, ladder_seconds(run, "lb.drains[0].from"));
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0.0;
}

/* Only visits that began since the new server is there, a part of them for each server: their logins and
 * pages. */
static double requests_with_cookies(const struct ladder_run *run)
{
    double there_s = measure_s(run) - ladder_seconds(run, "lb.drains[0].until");

    return (rate(run) * there_s + pages_between(run, 0, there_s)) / servers(run);
}

/* Its turn comes as often as everybody's. */
static double requests_in_turn(const struct ladder_run *run)
{
    double from_s = ladder_seconds(run, "lb.drains[0].until"), to_s = measure_s(run);

    return (rate(run) * (to_s - from_s) + pages_between(run, from_s, to_s)) / servers(run);
}

/* Nobody has left a server's memory so soon: their number grows from nothing. */
static double sessions_in_memory(const struct ladder_run *run)
{
    return rate(run) / servers(run) * measure_s(run) / 2;
}

/* ---- stores ---- */

#define QUESTION_BYTES 200.0 /* without the session */
#define ROW_ANSWER_BYTES 100.0 /* of a database, besides the session */
#define STORED_BYTES 64.0 /* of a cache, that it has it */

/* There and back, twice: the session goes one way with the answer to the page's question, the other way with
 * its end. A network card sends a message in its bytes over the bandwidth. */
static double ways_s(const struct ladder_run *run, const struct host_config *store, double answers_bytes)
{
    double size = ladder_bytes(run, "data.sessions.row_size");

    return 4 * ladder_seconds(run, "network.latency") + (size + answers_bytes) / store->network +
           (size + 2 * QUESTION_BYTES) / ladder_host(run, "web.host")->network;
}

/* Logins write a session, pages read and write one. */
static double writes(const struct ladder_run *run)
{
    return (rate(run) * measure_s(run) + pages_between(run, 0, measure_s(run))) / measure_s(run);
}

static double reads(const struct ladder_run *run)
{
    return pages_between(run, 0, measure_s(run)) / measure_s(run);
}

/* Defaults of the database, of which the file says nothing. */
#define READ_S 0.0002
#define WRITE_S 0.0004
#define SERIALISE_S_PER_BYTE (5e-6 / 1000)
#define LOG_RECORD_BYTES 300
#define LOOKUP_S 10e-6

/* Of a read and a write together, at a processor that both kinds of operation share. */
static double processor_s(const struct ladder_run *run, double more_s)
{
    double read = reads(run), write = writes(run), both = read + write;
    double work_s = (read * (READ_S + more_s) + write * (WRITE_S + more_s)) / both;
    struct formula_processor processor = formula_processor(ladder_host(run, "db.host"), both, work_s);

    return (READ_S + WRITE_S + 2 * more_s) * processor.time_s / work_s;
}

/* The disk writes for all who came since its last write began. One who finds it idle waits for one write; one
 * who finds it busy waits for the rest of that one, too. It is idle again when nobody came during a write. */
static double commit_s(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "db.host");
    double write_s = 1 / host->disk_operations + LOG_RECORD_BYTES / host->disk_bandwidth;
    double busy_s = write_s * exp(writes(run) * write_s), idle_s = 1 / writes(run);

    return write_s + busy_s / (busy_s + idle_s) * write_s / 2;
}

static double relational_s(const struct ladder_run *run)
{
    return ways_s(run, ladder_host(run, "db.host"), 2 * ROW_ANSWER_BYTES) + processor_s(run, 0) +
           commit_s(run);
}

static double serialise_s(const struct ladder_run *run)
{
    return ladder_bytes(run, "data.sessions.row_size") * SERIALISE_S_PER_BYTE;
}

static double key_value_s(const struct ladder_run *run)
{
    return ways_s(run, ladder_host(run, "db.host"), 2 * ROW_ANSWER_BYTES) +
           processor_s(run, serialise_s(run));
}

static double saved_by_key_value_s(const struct ladder_run *run)
{
    return relational_s(run) - key_value_s(run);
}

static double cache_s(const struct ladder_run *run)
{
    return ways_s(run, ladder_host(run, "cache.host"), STORED_BYTES) + 2 * LOOKUP_S;
}

/* Who comes back while the cache is down meets an error and leaves. Of the others all have to log in. */
static double again_when_the_cache_dies(const struct ladder_run *run)
{
    double at_s = ladder_seconds(run, "faults[0].at"), down_s = ladder_seconds(run, "faults[0].for");

    return thinking(run, at_s) * (back_within(run, measure_s(run) - at_s) - back_within(run, down_s));
}

static const struct ladder_step step = {
    .file = "10_sessions.json",
    .others = { { "users.arrivals=50/s", "network.latency=0.4ms" }, { "users.session.pages=5", "web.count=5",
                                                                      "data.sessions.row_size=15KB" } },
    .wrong = { "users.arrivals=36/s", "users.session.pages=3.6", "network.latency=0.27ms",
               "data.sessions.row_size=11KB" },
    .replications = 10,
    .often = { { NULL, 48 }, { "server_dies", 64 }, { "server_leaves", 64 }, { "server_added", 24 },
               { "shared_server_added", 24 },
               { "shared_server_dies", 2 }, { "cache_dies", 20 } },
    .claims = {
        { "sessions in one server's memory, on average", "", OF(NULL, "web[0]", "sessions.held.mean"),
          .predict = sessions_in_memory },
        { "users who log in again when it dies", "", OF("server_dies", "web", "logins.again"),
          .predict = again_when_a_server_dies },
        { "when it is taken away", "", OF("server_leaves", "web", "logins.again"),
          .predict = again_when_a_server_leaves },
        { "when it dies, with a shared store", "", OF("shared_server_dies", "web", "logins.again"),
          .predict = none,
          .unmoved = true },
        { "when the store is a cache, which dies", "", OF("cache_dies", "web", "logins.again"),
          .predict = again_when_the_cache_dies },
        { "requests of an added server, with cookies", "", OF("server_added", "web[3]", "requests.started"),
          .predict = requests_with_cookies },
        { "requests of an added server, without", "", OF("shared_server_added", "web[3]", "requests.started"),
          .predict = requests_in_turn },
        { "a page's way to a relational database", "ms", OF("relational", "users:page", "latency.mean"),
          MINUS(NULL, "users:page", "latency.mean"), .predict = relational_s },
        { "to a key-value store", "ms", OF("key_value", "users:page", "latency.mean"),
          MINUS(NULL, "users:page", "latency.mean"), .predict = key_value_s },
        { "to a cache", "ms", OF("cache", "users:page", "latency.mean"),
          MINUS(NULL, "users:page", "latency.mean"), .predict = cache_s },
        { "waiting for the disk, less work by the byte", "us", OF("relational", "users:page", "latency.mean"),
          MINUS("key_value", "users:page", "latency.mean"), .predict = saved_by_key_value_s },
    },
};

LADDER_MAIN(step)
