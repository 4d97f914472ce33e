/* Step 13: a queue between an order and its mail; workers, web server and queue die one after the other. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define MESSAGE_BYTES 200.0  /* a question without rows */
#define KEPT_BYTES 300.0     /* of it in the queue's log */
#define STORED_BYTES 100.0   /* of the queue, that it has it */
#define ANSWER_BYTES 10000.0 /* of the web server, its default */
#define BROKER_S 20e-6       /* of the queue's processor for a message that comes, or goes: its default */

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

static double mail_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "mail.service_time");
}

static double workers(const struct ladder_run *run)
{
    return ladder_number(run, "mailers.count") * ladder_number(run, "mailers.workers");
}

static double all_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "time.measure");
}

/* ---- what the user waits for ---- */

/* The processor of the web server, and its network card: the question to the next tier, the answer to
 * the user. */
static double at_the_web_server_s(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "web.host");
    double work_s = ladder_seconds(run, "web.handlers.request[0].compute");

    return formula_processor(host, rate(run), work_s).time_s + (MESSAGE_BYTES + ANSWER_BYTES) / host->network;
}

/* One operation of the disk takes all messages that came during the one before; who comes during one,
 * which is as rare as the disk is busy, waits for half of it more. */
static double until_acknowledged_s(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "jobs.host");
    double disk_s = 1 / host->disk_operations + KEPT_BYTES / host->disk_bandwidth;

    return BROKER_S + disk_s * (1 + rate(run) * disk_s / 2) + STORED_BYTES / host->network;
}

static double latency_with_queue(const struct ladder_run *run)
{
    return at_the_web_server_s(run) + until_acknowledged_s(run);
}

/* That its question and its answer may have to wait for another one's to leave by the network card is
 * neglected. They would wait so long if they came at random (Pollaczek and Khinchine). */
static double cards_near(const struct ladder_run *run)
{
    double answer_s = ANSWER_BYTES / ladder_host(run, "web.host")->network;

    return 2 * rate(run) * answer_s * answer_s / 2 / latency_with_queue(run);
}

static double latency_in_the_request(const struct ladder_run *run)
{
    return at_the_web_server_s(run) + mail_s(run);
}

/* M/M/c: A. K. Erlang, 1917. */
static double wait_for_a_worker_s(const struct ladder_run *run)
{
    double offered = rate(run) * mail_s(run), servers = workers(run), term = 1, sum = 1;

    for (int k = 1; k < (int)servers; k++)
        sum += term *= offered / k;
    term *= offered / servers / (1 - offered / servers);
    return term / (sum + term) * mail_s(run) / (servers - offered);
}

/* Work that always takes the same time waits for about half of what it would if it were exponential: A.
 * M. Lee and P. A. Longton, "Queueing processes associated with airline passenger check-in", 1959. */
static double until_sent_s(const struct ladder_run *run)
{
    double card_s = MESSAGE_BYTES / ladder_host(run, "jobs.host")->network;

    return until_acknowledged_s(run) + BROKER_S + card_s + wait_for_a_worker_s(run) / 2 + mail_s(run);
}

/* ---- somebody is down: backlogs as a fluid ---- */

static double sent_per_s(const struct ladder_run *run)
{
    return workers(run) / mail_s(run);
}

/* What the workers had when they died comes back, and what is ordered meanwhile is added. They take as
 * many as they are at once, and then the rest shrinks by what they do faster than orders come. */
static double mean_backlog_of_dead_workers(const struct ladder_run *run)
{
    double down_s = ladder_seconds(run, "faults[0].for"), first = rate(run) * mail_s(run);
    double rise = (first + rate(run) * down_s / 2) * down_s, top = first + rate(run) * down_s - workers(run);

    return (rise + top * top / 2 / (sent_per_s(run) - rate(run))) / all_s(run);
}

/* Messages times seconds, of a backlog that grows by so much a second, at least to nothing. */
static double area(double *backlog, double growth, double time_s)
{
    double before = *backlog, busy_s = growth < 0 ? fmin(time_s, before / -growth) : time_s;

    *backlog = before + growth * busy_s;
    return (before + *backlog) / 2 * busy_s;
}

static double mean_backlog_of_too_few_workers(const struct ladder_run *run)
{
    double at_s = ladder_seconds(run, "faults[0].at"), down_s = ladder_seconds(run, "faults[0].for"),
           backlog = 0;
    double sum = area(&backlog, rate(run) - sent_per_s(run), at_s);

    sum += area(&backlog, -sent_per_s(run), down_s);
    sum += area(&backlog, rate(run) - sent_per_s(run), all_s(run) - at_s - down_s);
    return sum / all_s(run);
}

/* A fluid does not tell those that wait from those at work, of whom there is one for each worker. */
static double near_of_fluid(const struct ladder_run *run, double backlog)
{
    return workers(run) / backlog;
}

static double dead_workers_near(const struct ladder_run *run)
{
    return near_of_fluid(run, mean_backlog_of_dead_workers(run));
}

static double too_few_workers_near(const struct ladder_run *run)
{
    return near_of_fluid(run, mean_backlog_of_too_few_workers(run));
}

static double orders_while_the_first_is_down(const struct ladder_run *run)
{
    return rate(run) * ladder_seconds(run, "faults[0].for");
}

static double orders_while_the_queue_is_down(const struct ladder_run *run)
{
    return rate(run) * ladder_seconds(run, "faults[1].for");
}

/* All that was acknowledged, but for what is at work when the time is over. */
static double mails_sent(const struct ladder_run *run)
{
    return rate(run) * (all_s(run) - ladder_seconds(run, "faults[1].for") - mail_s(run));
}

/* From the death of the workers, with what they had, to that of the queue. */
static double mails_lost(const struct ladder_run *run)
{
    return rate(run) *
           (ladder_seconds(run, "faults[1].at") - ladder_seconds(run, "faults[0].at") + mail_s(run));
}

static double orders_until_the_election(const struct ladder_run *run)
{
    return rate(run) * ladder_seconds(run, "jobs.election_time");
}

static double busy_workers(const struct ladder_run *run)
{
    return rate(run) * mail_s(run) / workers(run);
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0.0;
}

/* ---- workers that come by themselves ---- */

#define EVALUATION_S 15 /* the default interval of an autoscaler */
#define TOLERANCE 0.1   /* its default */

/* Machines paid, mean over the time. Orders come regularly, so that the share of busy workers is that of the
 * formula at each evaluation: instances in service x share / target, rounded up, unless the share is near the
 * target. None is taken away in the four minutes: the default cooldown is longer. */
static double paid_machines(const struct ladder_run *run)
{
    double target = ladder_share(run, "scaler.target"), boot_s = ladder_seconds(run, "scaler.boot_time");
    double end_s = ladder_seconds(run, "time.measure"), at_s = ladder_seconds(run, "users.load[0].at");
    double hold_s = ladder_seconds(run, "mail.service_time");
    int serving = (int)ladder_number(run, "mailers.count"), paid = serving, due[100], ordered = 0;
    double sum = 0;

    for (int s = EVALUATION_S; s <= end_s; s += EVALUATION_S) {
        double rate = ladder_rate(run, "users.arrivals"), busy;
        int wanted;

        sum += paid * EVALUATION_S;
        if (s > at_s)
            rate *= ladder_number(run, "users.load[0].flash_crowd");
        busy = fmin(1, rate * hold_s / (ladder_number(run, "mailers.workers") * serving));
        wanted = (int)ceil(serving * busy / target);
        for (; fabs(busy / target - 1) > TOLERANCE && wanted > paid && ordered < 100; paid++)
            due[ordered++] = s + (int)boot_s;
        for (int i = 0; i < ordered; i++)
            serving += due[i] == s;
    }
    return sum / end_s;
}

static const struct ladder_step step = {
    .file = "13_message_queue.json",
    .others = { { "users.arrivals=45/s" }, { "mailers.workers=9", "mail.service_time=250ms" } },
    .wrong = { "users.arrivals=54/s", "mail.service_time=210ms", "web.handlers.request[0].compute=2.1ms",
               "jobs.election_time=5.6s" },
    .replications = 6,
    .often = { { "workers_down", 24 }, { "web_down", 24 }, { "broker_dies", 20 }, { "in_memory", 20 },
               { "three_brokers", 40 } },
    .claims = {
        { "latency when the user waits for the mail", "ms", OF("in_the_request", "users", "latency.mean"),
          .predict = latency_in_the_request },
        { "latency with the queue", "ms", OF(NULL, "users", "latency.mean"), .predict = latency_with_queue,
          .near = cards_near },
        { "until the mail is sent", "ms", OF(NULL, "jobs.default", "end_to_end.mean"),
          .predict = until_sent_s },
        { "orders that fail while the workers are dead", "", OF("workers_down", "total", "requests.failed"),
          .predict = none, .unmoved = true },
        { "mails that wait, mean of the four minutes", "", OF("workers_down", "jobs.default", "waiting.mean"),
          .predict = mean_backlog_of_dead_workers, .near = dead_workers_near },
        { "orders that fail while the web server is dead", "", OF("web_down", "total", "requests.failed"),
          .predict = orders_while_the_first_is_down },
        { "mails that wait, with too few workers", "", OF("web_down", "jobs.default", "waiting.mean"),
          .predict = mean_backlog_of_too_few_workers, .near = too_few_workers_near },
        { "orders that fail while the queue is dead", "", OF("broker_dies", "total", "requests.failed"),
          .predict = orders_while_the_queue_is_down },
        { "mails lost with it", "", OF("broker_dies", "jobs.default", "lost"), .predict = none,
          .unmoved = true },
        { "mails sent in the end", "", OF("broker_dies", "jobs.default", "acknowledged"),
          .predict = mails_sent },
        { "mails lost, acknowledged from memory", "", OF("in_memory", "jobs.default", "lost"),
          .predict = mails_lost },
        { "orders that fail until another broker leads", "", OF("three_brokers", "total", "requests.failed"),
          .predict = orders_until_the_election },
        { "mails lost by three brokers", "", OF("three_brokers", "jobs.default", "lost"), .predict = none,
          .unmoved = true },
        { "workers busy with twice of both", "%", OF("grown", "mailers", "utilisation"),
          .predict = busy_workers },
        { "machines of workers paid, as orders grow", "", OF("elastic", "mailers", "instances.billed.mean"),
          .predict = paid_machines },
    },
};

LADDER_MAIN(step)
