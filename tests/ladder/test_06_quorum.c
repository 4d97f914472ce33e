/* Step 6: copies of which none leads. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define PARTS 20000 /* of an integral */

/* The reading copy's own is there at once, another one's a message away: exponential, `mu` a second. */
struct delays {
    double mu;
    double w; /* writes of a row a second */
    double copies;
};

static struct delays delays_of(const struct ladder_run *run)
{
    return (struct delays){
        .mu = 1 / ladder_seconds(run, "network.latency"),
        .w = ladder_rate(run, "writers.arrivals") / ladder_number(run, "data.posts.rows"),
        .copies = ladder_number(run, "db.replicas") + 1,
    };
}

/* In the beginning no row has been written: a write of age s can be missed when s of the run is over. */
static double since_start(const struct ladder_run *run, double share, double age_s)
{
    return share * (1 - age_s / ladder_seconds(run, "time.measure"));
}

/* A write is acknowledged where it came in, at once. Any other copy lacks it with exp(-mu s) after s, and
 * that long nothing was written since with exp(-w s). */
static double stale_of_one(const struct ladder_run *run)
{
    struct delays delays = delays_of(run);
    double ends = delays.w + delays.mu;

    return since_start(run, (delays.copies - 1) / delays.copies * delays.w / ends, 1 / ends);
}

/* Neither where the read comes in, s after the write, nor at another one, which is asked x later, is the write
 * or one that came meanwhile. */
static double stale_of_two(const struct ladder_run *run)
{
    struct delays delays = delays_of(run);
    double mu = delays.mu, w = delays.w, own = 1 / delays.copies, step = 12 / mu / PARTS, sum = 0;

    for (int i = 0; i < PARTS; i++) {
        double x = (i + 0.5) * step;
        double arrived = own * x + (1 - own) * (x + expm1(-mu * x) / mu);

        sum += mu * exp(-2 * mu * x - w * arrived) * step;
    }
    return since_start(run, (delays.copies - 2) / delays.copies * w / (w + 2 * mu) * sum, 1 / (w + 2 * mu));
}

/* The write is acknowledged when one of the two others has answered: a message there and one back. It was
 * not the one who is read, and no later write is there or acknowledged. Of three copies. */
static double stale_after_two(const struct ladder_run *run)
{
    struct delays delays = delays_of(run);
    double mu = delays.mu, w = delays.w, step = 20 / mu / PARTS, since = 0, sum = 0, ages = 0;

    for (int i = 0; i < PARTS; i++) {
        double s = (i + 0.5) * step, at_neither = exp(-2 * mu * s) * (1 + mu * s);
        double ends = w * (1 - 2.0 / 3 * at_neither), missed;

        since += ends * step / 2;
        missed = w * exp(-mu * s - since) * (1 - exp(-mu * s) * (1 + mu * s)) * step;
        since += ends * step / 2;
        sum += missed;
        ages += missed * s;
    }
    return since_start(run, 2.0 / 3 * sum, ages / sum);
}

static double never(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

/* The first of two ways there and back: the integral of (exp(-mu t) (1 + mu t))^2. */
static double first_of_two(const struct ladder_run *run)
{
    return 1.25 / delays_of(run).mu;
}

/* Both: twice the mean of one, less the first. */
static double both(const struct ladder_run *run)
{
    return 2 * 2 / delays_of(run).mu - first_of_two(run);
}

static double there_and_back(const struct ladder_run *run)
{
    return 2 / delays_of(run).mu;
}

/* The second of three exponential times: 1/3 of the mean until the first, 1/2 until the next. */
static double second_of_three(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.write_time") * (1 / 3.0 + 1 / 2.0);
}

/* Messages of at most 1,500 bytes over the cards of users, servers and copies, eight in a row. */
static double bytes_near(const struct ladder_run *run, double predicted_s)
{
    return 8 * 1500 / ladder_host(run, "db.host")->network / predicted_s;
}

/* Of those that come in the last moments the slow ones have no answer yet: the mean of the others is less by
 * variance / (mean x time), here in units of a message's mean. */
static double end_near(const struct ladder_run *run, double mean, double variance)
{
    return variance / mean / delays_of(run).mu / ladder_seconds(run, "time.measure");
}

static double first_near(const struct ladder_run *run)
{
    return bytes_near(run, first_of_two(run)) + end_near(run, 1.25, 2.25 - 1.25 * 1.25);
}

static double both_near(const struct ladder_run *run)
{
    return bytes_near(run, both(run)) + end_near(run, 2.75, 2 * 6 - 2.25 - 2.75 * 2.75);
}

static double back_near(const struct ladder_run *run)
{
    return bytes_near(run, there_and_back(run)) + end_near(run, 2, 6 - 2 * 2);
}

/* And each of two that compute at the same time slows the other one. */
static double second_near(const struct ladder_run *run)
{
    double busy = ladder_rate(run, "writers.arrivals") * ladder_seconds(run, "db.write_time");

    return bytes_near(run, second_of_three(run)) +
           busy * (2 / formula_capacity(ladder_host(run, "db.host"), 2) - 1);
}

/* Those that are sent while it is dead, and those on their way to it from another one when it died. */
static double writes_it_misses(const struct ladder_run *run)
{
    struct delays delays = delays_of(run);
    double from_others_s = (delays.copies - 1) / delays.copies / delays.mu;

    return ladder_rate(run, "writers.arrivals") * (ladder_seconds(run, "faults[0].for") + from_others_s);
}

static const struct ladder_step step = {
    .file = "06_quorum.json",
    .others = { { "writers.arrivals=500/s" }, { "network.latency.mean=80ms", "data.posts.rows=50" } },
    .wrong = { "network.latency.mean=91ms", "writers.arrivals=360/s", "db.write_time.mean=0.9ms" },
    .replications = 8,
    .often = { { NULL, 9 }, { "read_two", 20 }, { "write_two", 17 }, { "write_all", 5 }, { "majority", 10 },
               { "ask_all", 10 }, { "slow_copies", 5 } },
    .claims = {
        { "reads that are stale, one copy for each", "%", OF(NULL, "db", "reads.stale"),
          PER(NULL, "db", "reads.answered"), .predict = stale_of_one },
        { "a read asks two", "%", OF("read_two", "db", "reads.stale"),
          PER("read_two", "db", "reads.answered"), .predict = stale_of_two },
        { "a write waits for two", "%", OF("write_two", "db", "reads.stale"),
          PER("write_two", "db", "reads.answered"), .predict = stale_after_two },
        { "two for both, of three", "", OF("majority", "db", "reads.stale"), .predict = never,
          .unmoved = true },
        { "three for a write, one for a read", "", OF("write_all", "db", "reads.stale"), .predict = never,
          .unmoved = true },
        { "a write that waits for two", "ms", OF("write_two", "writers", "latency.mean"),
          .predict = first_of_two, .near = first_near },
        { "a write that waits for all three", "ms", OF("write_all", "writers", "latency.mean"),
          .predict = both, .near = both_near },
        { "a read that asks two", "ms", OF("majority", "readers", "latency.mean"),
          .predict = there_and_back, .near = back_near },
        { "a read that asks all and waits for two", "ms", OF("ask_all", "readers", "latency.mean"),
          .predict = first_of_two, .near = first_near },
        { "two of three slow copies", "ms", OF("slow_copies", "writers", "latency.mean"),
          .predict = second_of_three, .near = second_near },
        { "writes that fail, one of three dead and all wanted", "",
          OF("write_all_one_dies", "db", "writes.without_quorum"), .predict = writes_it_misses },
        { "that fail, two of three wanted", "", OF("one_dies", "db", "writes.without_quorum"),
          .predict = never, .unmoved = true },
        { "writes kept for the dead one", "", OF("one_dies", "db", "hints.kept"),
          .predict = writes_it_misses },
        { "stale reads, though one was dead", "", OF("one_dies", "db", "reads.stale"), .predict = never,
          .unmoved = true },
    },
};

LADDER_MAIN(step)
