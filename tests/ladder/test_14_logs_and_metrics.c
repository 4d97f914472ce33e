/* Step 14: a dead server that nobody takes out, as its log, its host, the users and the business see it. The
 * day is 2 minutes. */
#include <math.h>
#include <stdlib.h>

#include "models/host.h"
#include "tests/ladder/ladder.h"

#define STEP_S 0.01 /* of the sums over time */

/* ---- visits ---- */

/* What a scenario says of visits and of the outage, s. */
struct shop {
    double all_s, rate, back, back_s, think_s, page_s;
    double dead_s, alive_s; /* pages that are sent between them to the dead server fail */
    double share;           /* of the pages that go there */
    int pages;
    bool ends_visits; /* a page that fails does */
};

/* To a microsecond, so that a multiple of another one is one. */
static double seconds(const struct ladder_run *run, const char *path)
{
    return nearbyint(ladder_seconds(run, path) * 1e6) / 1e6;
}

static double servers(const struct ladder_run *run)
{
    return ladder_number(run, "web.count");
}

static struct shop shop_of(const struct ladder_run *run)
{
    struct shop shop = { .all_s = seconds(run, "time.measure"),
                         .rate = ladder_rate(run, "users.arrivals"),
                         .back = ladder_share(run, "users.session.come_back"),
                         .back_s = seconds(run, "users.session.back_after"),
                         .think_s = seconds(run, "users.session.think_time"),
                         .page_s = seconds(run, "web.handlers.request[0].compute"),
                         .pages = (int)ladder_number(run, "users.session.pages"),
                         .share = 1 / servers(run),
                         .ends_visits = !ladder_has(run, "lb.retries"),
                         .dead_s = INFINITY,
                         .alive_s = INFINITY };

    if (ladder_has(run, "faults[0].at")) { /* what is at work there dies, too */
        shop.dead_s = seconds(run, "faults[0].at") - shop.page_s;
        shop.alive_s = seconds(run, "faults[0].at") + seconds(run, "faults[0].for");
    }
    return shop;
}

static bool is_dead(const struct shop *shop, double time_s)
{
    return time_s >= shop->dead_s && time_s < shop->alive_s;
}

/* When a visit sends its page of that number, from 0, and when it is over after the last. */
static double page_at(const struct shop *shop, double begin_s, int page)
{
    return begin_s + page * (shop->think_s + shop->page_s);
}

/* How likely a visit comes to the page of that number. */
static double reaches(const struct shop *shop, double begin_s, int page)
{
    double likely = 1;

    for (int i = 0; i < page; i++)
        if (shop->ends_visits && is_dead(shop, page_at(shop, begin_s, i)))
            likely *= 1 - shop->share;
    return likely;
}

static double visit_s(const struct shop *shop)
{
    return page_at(shop, 0, shop->pages) - shop->think_s;
}

/* Sums over the run, and over pages that are sent within a part of it. */
struct sums {
    double visits, lost, pages, pages_failed;
    double begun_in_time; /* visits that are over when the run ends, or would be */
    double pages_while_dead, pages_in_part;
};

/* Visits begin anew, or are those of users who came back: r(t) = rate + back * r(t - visit - back_s) * ok. */
static struct sums sums_of(const struct ladder_run *run, double part_from_s, double part_until_s)
{
    struct shop shop = shop_of(run);
    int count = (int)(shop.all_s / STEP_S), apart = (int)nearbyint((visit_s(&shop) + shop.back_s) / STEP_S);
    double *begin = calloc((size_t)count, sizeof *begin);
    struct sums sums = { 0 };

    for (int i = 0; i < count; i++) {
        double time_s = (i + 0.5) * STEP_S, before_s = time_s - apart * STEP_S;

        begin[i] = shop.rate;
        if (i >= apart)
            begin[i] += shop.back * begin[i - apart] * reaches(&shop, before_s, shop.pages);
        sums.visits += begin[i] * STEP_S;
        if (time_s + visit_s(&shop) < shop.all_s)
            sums.begun_in_time += begin[i] * STEP_S;
        for (int page = 0; page < shop.pages; page++) {
            double at_s = page_at(&shop, time_s, page);
            double sent = begin[i] * reaches(&shop, time_s, page) * STEP_S;

            if (at_s >= shop.all_s)
                continue;
            sums.pages += sent;
            sums.pages_failed += is_dead(&shop, at_s) ? sent * shop.share : 0;
            sums.pages_while_dead += is_dead(&shop, at_s) ? sent : 0;
            sums.pages_in_part += at_s >= part_from_s && at_s < part_until_s ? sent : 0;
        }
    }
    sums.lost = shop.ends_visits ? sums.pages_failed : 0;
    free(begin);
    return sums;
}

static double visits_lost(const struct ladder_run *run)
{
    return sums_of(run, 0, 0).lost;
}

static double share_of_pages_failed(const struct ladder_run *run)
{
    struct sums sums = sums_of(run, 0, 0);

    return sums.pages_failed / sums.pages;
}

/* Who lost a page bought nothing. */
static double part_of_the_conversion(const struct ladder_run *run)
{
    struct sums sums = sums_of(run, 0, 0);

    return 1 - sums.lost / sums.begun_in_time;
}

/* ---- logs ---- */

static double all(const struct ladder_run *run)
{
    (void)run;
    return 1;
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

/* The balancer goes from server to server. A page that meets the dead one goes on to the next, so that of the
 * pages and their second attempts each n-th meets it: failures = (pages + failures) / n. */
static double hidden_failures(const struct ladder_run *run)
{
    return sums_of(run, 0, 0).pages_while_dead / (servers(run) - 1);
}

/* Each failed page is two records, about the dead server and of the balancer itself. A burst begins with the
 * first record after the one before is over, and takes what it may if it lasts for long enough. */
static double written_in_bursts(const struct ladder_run *run)
{
    struct shop shop = shop_of(run);
    double burst_s = seconds(run, "eyes.logs.burst_time"), most = ladder_number(run, "eyes.logs.burst");
    double page_rate = sums_of(run, 0, 0).pages_while_dead / (shop.alive_s - shop.dead_s);
    double gap_s = 1 / (page_rate * shop.share), written = 0;

    for (double time_s = shop.dead_s + gap_s; time_s < shop.alive_s; time_s += burst_s + gap_s)
        written += fmin(most, 2 * (fmin(burst_s, shop.alive_s - time_s)) / gap_s);
    return written;
}

/* ---- alerts ---- */

/* A sample that is taken at time_s is known `delay` later, and `for` is over at a sample. */
static double fires_at(const struct ladder_run *run, double time_s, double lasts_s)
{
    double interval_s = seconds(run, "eyes.interval");

    return time_s + seconds(run, "eyes.delay") + ceil(lasts_s / interval_s) * interval_s;
}

/* The processor of the dead server idles for the part of the sample in which it is dead. */
static double host_alert_at(const struct ladder_run *run)
{
    struct shop shop = shop_of(run);
    double interval_s = seconds(run, "eyes.interval"), time_s = interval_s, busy;
    double idle = ladder_share(run, "eyes.alerts.host_idle.below");

    do {
        double until_s = fmin(time_s, shop.dead_s + shop.page_s);
        double pages = sums_of(run, time_s - interval_s, fmax(until_s, time_s - interval_s)).pages_in_part;

        busy = pages * shop.share * shop.page_s / (double)ladder_host(run, "web.host")->cores / interval_s;
        time_s += interval_s;
    } while (busy >= idle);
    return fires_at(run, time_s - interval_s, 0);
}

/* Until when failures of the time before time_s have been gathered. */
static double gathered_until(const struct ladder_run *run, double time_s)
{
    double interval_s = seconds(run, "eyes.logs.interval");

    return floor((time_s - seconds(run, "eyes.logs.delay")) / interval_s) * interval_s;
}

static double log_alert_at(const struct ladder_run *run)
{
    struct shop shop = shop_of(run);
    double interval_s = seconds(run, "eyes.interval"), time_s = 0, rate;
    double most = ladder_rate(run, "eyes.alerts.server_fails.above");

    do {
        double from_s = fmax(gathered_until(run, time_s), shop.dead_s), until_s;

        time_s += interval_s;
        until_s = fmax(gathered_until(run, time_s), from_s);
        rate = sums_of(run, from_s, until_s).pages_in_part * shop.share / interval_s;
    } while (rate <= most);
    return fires_at(run, time_s, seconds(run, "eyes.alerts.server_fails.for"));
}

/* ---- hosts ---- */

static double processor_of_the_dead(const struct ladder_run *run)
{
    struct shop shop = shop_of(run);
    struct sums sums = sums_of(run, 0, 0);

    return (sums.pages - sums.pages_while_dead) * shop.share * shop.page_s /
           (double)ladder_host(run, "web.host")->cores / shop.all_s;
}

/* ---- users of a day ---- */

static double day_s(const struct ladder_run *run)
{
    return seconds(run, "eyes.business.day");
}

/* Visits of a user who comes back follow one another, each with a chance after the one before: a chain. How
 * many chains of a user there are, in the mean, with an answer between two dates. They are a Poisson
 * process, so that nobody has any with the exponential of minus that. */
static double chains(const struct ladder_run *run, double from_s, double until_s)
{
    struct shop shop = shop_of(run);
    double apart_s = visit_s(&shop) + shop.back_s, sum = 0;

    from_s -= visit_s(&shop); /* a visit that begins then has its last answer at from_s */
    until_s -= shop.page_s;
    for (double begin_s = STEP_S / 2; begin_s < until_s; begin_s += STEP_S) {
        double likely = 1, at_s = begin_s;

        for (; at_s < from_s; at_s += apart_s)
            likely *= shop.back;
        sum += at_s < until_s ? likely * STEP_S : 0;
    }
    return sum * shop.rate / ladder_number(run, "users.population");
}

static int days(const struct ladder_run *run)
{
    return (int)(seconds(run, "time.measure") / day_s(run));
}

static double active_users(const struct ladder_run *run)
{
    double sum = 0;

    for (int day = 0; day < days(run); day++)
        sum += -expm1(-chains(run, day * day_s(run), (day + 1) * day_s(run)));
    return ladder_number(run, "users.population") * sum / days(run);
}

/* There on a day and on the next: neither, taken away from everybody. */
static double retention(const struct ladder_run *run)
{
    double there = 0, both = 0;

    for (int day = 0; day + 1 < days(run); day++) {
        double begin_s = day * day_s(run), middle_s = begin_s + day_s(run), end_s = middle_s + day_s(run);
        double not_first = exp(-chains(run, begin_s, middle_s)),
               not_next = exp(-chains(run, middle_s, end_s));

        there += 1 - not_first;
        both += 1 - not_first - not_next + exp(-chains(run, begin_s, end_s));
    }
    return both / there;
}

static const struct ladder_step step = {
    .file = "14_logs_and_metrics.json",
    .others = { { "web.count=25", "users.arrivals=24/s" },
                { "eyes.interval=20s", "users.session.come_back=20%", "users.population=8000" } },
    .wrong = { "web.count=19", "users.arrivals=22/s", "eyes.interval=16s" },
    .claims = {
        { "pages that fail, of all", "%", OF(NULL, "total", "requests.failed"),
          PER(NULL, "total", "requests.started"),
          .predict = share_of_pages_failed },
        { "visits that a failed page ended", "", OF(NULL, "users", "sessions.left"), .predict = visits_lost },
        { "conversion, of that without the fault", "%", OF(NULL, "users", "conversion"),
          PER("healthy", "users", "conversion"),
          .predict = part_of_the_conversion,
          .unmoved = true },
        { "records about the dead server, of those about servers of its tier", "%",
          OF(NULL, "eyes.log.web[7]", "errors"), PER(NULL, "eyes.log.web", "errors"),
          .predict = all,
          .unmoved = true },
        { "records about it for each page that failed", "", OF(NULL, "eyes.log.web[7]", "errors"),
          PER(NULL, "total", "requests.failed"),
          .predict = all,
          .unmoved = true },
        { "processor of the dead server, busy over the ten minutes", "%",
          OF(NULL, "web[7]", "cpu.utilisation"),
          .predict = processor_of_the_dead },
        { "alert on what users meet: fired", "", OF(NULL, "eyes.users_fail", "fired"),
          .predict = none,
          .unmoved = true },
        { "alert on an idle host: fired at", "s", OF(NULL, "eyes.host_idle", "fired.first"),
          .predict = host_alert_at },
        { "alert on the gathered log: fired at", "s", OF(NULL, "eyes.server_fails", "fired.first"),
          .predict = log_alert_at },
        { "pages that fail when the balancer tries again", "", OF("retried", "total", "requests.failed"),
          .predict = none,
          .unmoved = true },
        { "records about the dead server then", "", OF("retried", "eyes.log.web[7]", "errors"),
          .predict = hidden_failures },
        { "records of a storm that are written", "", OF("storm", "eyes.log", "records.written"),
          .predict = written_in_bursts,
          .unmoved = true },
        { "users active on a day", "", OF("healthy", "eyes.business", "daily_active_users"),
          .predict = active_users },
        { "of them there on the next day", "%", OF("healthy", "eyes.business", "retention"),
          .predict = retention },
    },
};

LADDER_MAIN(step)
