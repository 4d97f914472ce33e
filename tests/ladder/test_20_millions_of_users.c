/* Step 20: eight rules, of which each variant takes one away. What is predicted are counts: of pages,
 * which come from sessions that begin with a daily wave, in the time in which something is dead; of reads;
 * of requests. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define STEPS_PER_S 0.5   /* of sums over time */
#define EVALUATION_S 15.0 /* an autoscaler's interval, and a monitor's: their defaults */
#define KNOWN_AFTER_S 5.0 /* a monitor's delay, its default */
#define BOOT_S 60.0       /* an autoscaler's default */

static double measure_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

/* ---- sessions and their pages ---- */

#define REGIONS 3

/* When sessions begin: evenly, with a wave. */
struct wave {
    double mean, height, peak_s, period_s;
    double late_s; /* of each session: so regular gaps begin with a whole one in each region, not a part */
};

static struct wave wave_of(const struct ladder_run *run)
{
    double daily = ladder_number(run, "users.daily.users") * ladder_number(run, "users.daily.requests_each");
    double gap_cv = ladder_number(run, "users.gap_cv");

    return (struct wave){ .mean = daily / 86400,
                          .late_s = REGIONS * (1 - gap_cv * gap_cv) / 2 * 86400 / daily,
                          .height = ladder_number(run, "users.load[0].wave") - 1,
                          .peak_s = ladder_seconds(run, "users.load[0].peak_at"),
                          .period_s = ladder_seconds(run, "users.load[0].period") };
}

/* Sessions a second that begin at that time. */
static double sessions(const struct wave *wave, double time_s)
{
    return wave->mean * (1 + wave->height * cos(2 * M_PI * (time_s - wave->peak_s) / wave->period_s));
}

/* Somebody thinks for an exponential time between an answer and the next page. */
#define THINK_S 7.0 /* the default of `think_time` */

/* Chance that a user asks for page `k` within a time, k - 1 of them having been answered. The log-in is
 * page 0, and the first page follows it at once. */
static double has_asked(int k, double time_s, double answers_s)
{
    double thought_s = time_s - answers_s;

    if (k <= 1 || thought_s <= 0)
        return k <= 1 && thought_s >= 0 ? 1 : 0;
    return gsl_cdf_gamma_P(thought_s, k - 1, THINK_S);
}

#define NEVER INFINITY

/* Pages that have been asked for by then, from page `first` of each session on. What a user waits for
 * answers is `answer_s` a page until everything fails, at once. */
static double asked_by(const struct ladder_run *run, int first, double time_s, double answer_s,
                       double fails_from_s)
{
    struct wave wave = wave_of(run);
    int pages = (int)ladder_number(run, "users.session.pages"), steps = (int)ceil(time_s * STEPS_PER_S);
    double sum = 0, step_s = time_s / steps;

    for (int i = 0; i < steps; i++) {
        double date_s = (i + 0.5) * step_s, begin_s = date_s + wave.late_s, chances = 0;
        double good_pages = fmax(fails_from_s - begin_s, 0) / (THINK_S + answer_s);

        for (int k = first; k <= pages; k++)
            chances += has_asked(k, time_s - begin_s, answer_s * fmin(fmax(k - 1, 0), good_pages));
        sum += sessions(&wave, date_s) * chances * step_s;
    }
    return sum;
}

static double pages_by(const struct ladder_run *run, double time_s, double answer_s)
{
    return asked_by(run, 1, time_s, answer_s, NEVER);
}

static double all_by(const struct ladder_run *run, double time_s, double answer_s)
{
    return asked_by(run, 0, time_s, answer_s, NEVER);
}

/* ---- answers ---- */

static double share_of(const struct ladder_run *run, const char *class)
{
    char path[80];

    snprintf(path, sizeof path, "users.requests.%s.share", class);
    return ladder_share(run, path);
}

#define MISSES 0.25 /* about: it moves the time of a page by tens of ms, against the seconds of users */

/* What a page takes: its own work, on processors that are as busy as the autoscaler wants them, and now
 * and then a query or a recommendation; and its images, where these processors hand them out. */
static double answer_s(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "web.host");
    double work_s = ladder_seconds(run, "web.handlers.order[1].compute");
    double busy = ladder_share(run, "scaler.target"), images_s = 0;

    if (!ladder_has(run, "cdn"))
        images_s = ladder_number(run, "users.requests.view.assets") *
                   ladder_seconds(run, "web.handlers.image[0].compute") / (1 - busy) /
                   formula_capacity(host, (double)host->cores);
    return images_s + formula_processor(host, busy * formula_saturation(host, work_s), work_s).time_s +
           (ladder_has(run, "cache") ? MISSES : 1) * share_of(run, "view") *
               ladder_seconds(run, "db.read_time") +
           share_of(run, "recommend") * ladder_seconds(run, "recommender.handlers.default[0].compute");
}

static double seoul(const struct ladder_run *run)
{
    return ladder_share(run, "users.regions.seoul");
}

static double virginia(const struct ladder_run *run) /* with London, whose nearest site it is */
{
    return 1 - seoul(run);
}

/* Pages, log-ins among them, that fail when all do: those that are inside, and those that are asked for. */
static double failing(const struct ladder_run *run, double from_s, double until_s)
{
    double answer = answer_s(run);

    return asked_by(run, 0, until_s, answer, from_s) - all_by(run, from_s - answer, answer);
}

/* ---- faults ---- */

static double fire_s(const struct ladder_run *run)
{
    int last = ladder_has(run, "faults[4].at") ? 4 : 3;
    char path[40];

    snprintf(path, sizeof path, "faults[%d].at", last);
    return ladder_seconds(run, path);
}

/* Until those in Seoul whose site burns are led to the other one: answers of the name that lead there are
 * given until it is known to be dead, and then those that are held run out. Seconds' worth of their
 * requests. */
static double lost_in_fire_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "name.health_check.interval") *
               (ladder_number(run, "name.health_check.unhealthy_after") - 0.5) +
           ladder_seconds(run, "name.ttl") / 2;
}

static double fail_in_fire(const struct ladder_run *run)
{
    double from_s = fire_s(run);

    return seoul(run) * failing(run, from_s, from_s + lost_in_fire_s(run));
}

/* While a replica takes the place of the primary with the sessions nobody can log in, and then the first
 * page fails, too, which wants to make up for it. */
static double fail_until_promotion(const struct ladder_run *run, double share)
{
    double at_s = ladder_seconds(run, ladder_has(run, "faults[4].at") ? "faults[3].at" : "faults[2].at");
    double time_s = ladder_seconds(run, "sessions.replication.detection") +
                    ladder_seconds(run, "sessions.replication.failover.promotion");
    struct wave wave = wave_of(run);

    return 2 * share * sessions(&wave, at_s + time_s / 2) * time_s;
}

/* ---- rule by rule ---- */

static double asked(const struct ladder_run *run)
{
    return all_by(run, measure_s(run), answer_s(run));
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0.0;
}

/* All that Virginia does fails, in place of log-ins for a while. */
static double no_redundancy(const struct ladder_run *run)
{
    const struct ladder_run *base = ladder_variant(run, NULL);
    double from_s = ladder_seconds(run, "faults[3].at");

    return virginia(run) * failing(base, from_s, from_s + ladder_seconds(run, "faults[3].for")) -
           fail_until_promotion(base, virginia(run));
}

static double one_data_center(const struct ladder_run *run)
{
    const struct ladder_run *base = ladder_variant(run, NULL);

    return failing(base, fire_s(run), measure_s(run)) - fail_in_fire(base) +
           fail_until_promotion(base, seoul(run));
}

/* The first date at or after this one at which something is looked at. */
static double next_look_s(double time_s)
{
    return ceil(time_s / EVALUATION_S - 1e-6) * EVALUATION_S;
}

/* Until the autoscaler, which sees a sample that is some seconds old, has ordered other machines, and they
 * are there. */
static double monolith(const struct ladder_run *run)
{
    const struct ladder_run *base = ladder_variant(run, NULL);
    double from_s = ladder_seconds(run, "faults[0].at");
    double ordered_s = next_look_s(next_look_s(from_s) + KNOWN_AFTER_S);

    return failing(base, from_s, fmin(ordered_s + BOOT_S, from_s + ladder_seconds(run, "faults[0].for")));
}

/* A fifth of Seoul's pages while nobody sees that one of five servers is dead, and then all. Nobody
 * promotes another primary less than before. */
static double nobody_watches(const struct ladder_run *run)
{
    const struct ladder_run *base = ladder_variant(run, NULL);
    double from_s = ladder_seconds(run, "faults[2].at"), until_s = fire_s(run), answer = answer_s(base);
    double one = 1 / ladder_number(run, "web.count");

    return seoul(run) * (one * (all_by(base, until_s, answer) - all_by(base, from_s, answer)) +
                         failing(base, until_s, measure_s(run))) +
           fail_until_promotion(base, virginia(run));
}

static double price_of_five(const struct ladder_run *run)
{
    return ladder_number(run, "web.count") * ladder_host(run, "web.host")->price;
}

/* The first sample of which the fire is a part is taken when its interval is over, and known some seconds
 * later. */
static double alert_s(const struct ladder_run *run)
{
    return floor(fire_s(run) / EVALUATION_S + 1e-6) * EVALUATION_S + EVALUATION_S + KNOWN_AFTER_S;
}

/* Every view reads from the database, as long as there is one. */
static double reads_in_seoul(const struct ladder_run *run)
{
    return seoul(run) * share_of(run, "view") * pages_by(run, fire_s(run), answer_s(run));
}

/* Pages and log-ins, and the images of each page that is answered, by pages and log-ins. */
static double requests_without_cdn(const struct ladder_run *run)
{
    double end_s = measure_s(run), answer = answer_s(run), pages = pages_by(run, end_s - answer, answer);
    double answered = pages - fail_in_fire(run) - fail_until_promotion(run, virginia(run)) / 2;

    return (asked(run) + ladder_number(run, "users.requests.view.assets") * answered) /
           asked(ladder_variant(run, NULL));
}

/* Mean over the measured time, of a replica, where all reads go; reads of a page a second as that time has
 * it. */
static double busy_replica(const struct ladder_run *run, double reads, double shards)
{
    double answer = answer_s(run), sum = 0, before = 0;

    for (double time_s = 10; time_s <= fire_s(run) + 1e-6; time_s += 10) {
        double now = pages_by(run, time_s, answer);

        sum += 10 * formula_processor(ladder_host(run, "db.host"),
                                      seoul(run) * reads * (now - before) / 10 / shards,
                                      ladder_seconds(run, "db.read_time"))
                        .busy;
        before = now;
    }
    return sum / measure_s(run);
}

static double busy_without_cache(const struct ladder_run *run)
{
    return busy_replica(run, share_of(run, "view"), ladder_number(run, "db.shards"));
}

/* The same misses at one machine. */
static double four_times(const struct ladder_run *run, double misses)
{
    double reads = misses * share_of(run, "view");

    return busy_replica(run, reads, 1) /
           busy_replica(run, reads, ladder_number(ladder_variant(run, NULL), "db.shards"));
}

static double busy_without_shards(const struct ladder_run *run)
{
    return four_times(run, MISSES);
}

/* Processors that are busier are a little less so for each read; there may be half as many. */
static double busy_near(const struct ladder_run *run)
{
    return fabs(four_times(run, MISSES / 2) / four_times(run, MISSES) - 1);
}

/* ---- sessions in memory ---- */

/* Chance that a session which began so long ago has been used within `idle_s`, or goes on. */
static double is_held(double age_s, double idle_s, int pages, double answer_s)
{
    if (age_s < idle_s)
        return age_s >= 0;
    return 1 - has_asked(pages, age_s - idle_s, (pages - 1) * answer_s);
}

/* Chance that its user has come to the other site by then, the own one having burnt: if there was another
 * page to ask for, within the time for which one thinks. */
static double has_come(double begin_s, double time_s, double burnt_s, int pages, double answer_s)
{
    if (time_s < burnt_s || begin_s > burnt_s)
        return time_s >= fmax(burnt_s, begin_s);
    return is_held(burnt_s - begin_s, 0, pages, answer_s) *
           -expm1(-(time_s - burnt_s) / (THINK_S + answer_s));
}

/* Sessions that Virginia's servers hold, mean over the measured time. */
static double held_in_virginia(const struct ladder_run *run)
{
    struct wave wave = wave_of(run);
    double own = virginia(run), others = seoul(run), burnt_s = fire_s(run) + lost_in_fire_s(run), sum = 0;
    double idle_s = ladder_seconds(run, "web.sessions.idle"), step_s = 1 / STEPS_PER_S;
    double answer = answer_s(run);
    int pages = (int)ladder_number(run, "users.session.pages"), steps = (int)(measure_s(run) * STEPS_PER_S);

    for (int i = 0; i < steps; i++)
        for (int k = i; k < steps; k++) {
            double date_s = (i + 0.5) * step_s, time_s = (k + 0.75) * step_s, begin_s = date_s + wave.late_s;

            sum += sessions(&wave, date_s) * (own * is_held(time_s - begin_s, idle_s, pages, answer) +
                                              others * has_come(begin_s, time_s, burnt_s, pages, answer));
        }
    return sum * step_s * step_s / measure_s(run);
}

static const struct ladder_step step = {
    .file = "20_millions_of_users.json",
    .part = { "time.measure=7min" },
    .others = { { "users.daily.users=90000" }, { "users.load[0].wave=1.6", "name.ttl=20s" } },
    .wrong = { "users.session.pages=11", "users.requests.view.assets=7", "db.shards=5", "web.count=6" },
    .replications = 8,
    .often = { { "stateful", 6 }, { "no_cache", 7 }, { "no_cdn", 4 }, { "no_shards", 6 },
               { "nobody_watches", 7 } },
    .claims = {
        { "pages and log-ins", "", OF(NULL, "users", "requests.started"), .predict = asked },
        { "log-ins again after a server's death, sessions in a store", "",
          OF(NULL, "seoul/web", "logins.again"), .predict = none, .unmoved = true },
        { "failures that redundancy spares", "", OF("no_redundancy", "users", "requests.failed"),
          MINUS(NULL, "users", "requests.failed"), .predict = no_redundancy },
        { "failures that a second data center spares", "", OF("one_data_center", "users", "requests.failed"),
          MINUS(NULL, "users", "requests.failed"), .predict = one_data_center },
        { "failures that services spare", "", OF("monolith", "users", "requests.failed"),
          MINUS(NULL, "users", "requests.failed"), .predict = monolith },
        { "failures when nobody watches", "", OF("nobody_watches", "users", "requests.failed"),
          .predict = nobody_watches },
        { "the alert fires, after the day's start", "s", OF(NULL, "monitor.pages_fail", "fired.first"),
          .predict = alert_s, .unmoved = true },
        { "bill of the servers in Seoul, day and night", "$/h",
          OF("nobody_watches", "seoul/web", "cost.per_hour"), .predict = price_of_five },
        { "reads of Seoul's database without a cache", "",
          OF("no_cache", "seoul/db.shard.replica", "requests.started"), .predict = reads_in_seoul },
        { "processors of its four databases then", "%",
          OF("no_cache", "seoul/db.shard.replica", "cpu.utilisation"), .predict = busy_without_cache },
        { "processor of one database, by that of each of four", "",
          OF("no_shards", "seoul/db.shard.replica", "cpu.utilisation"),
          PER(NULL, "seoul/db.shard.replica", "cpu.utilisation"), .predict = busy_without_shards,
          .near = busy_near },
        { "sessions in the memory of Virginia's servers", "",
          OF("stateful", "virginia/web", "sessions.held.mean"), .predict = held_in_virginia },
        { "requests to the sites without a CDN, by those with one", "", OF("no_cdn", "name", "sent"),
          PER(NULL, "users", "requests.started"), .predict = requests_without_cdn },
    },
};

LADDER_MAIN(step)
