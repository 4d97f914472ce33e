/* Step 11: a tier that follows a day, and a crowd that is faster than it. Arrivals are regular, as those of a
 * site a hundred times as large would be beside their mean, so that the rule can be worked out on the rate
 * alone. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define EVALUATION_S 15 /* the default interval of an autoscaler */
#define TOLERANCE 0.1   /* its default tolerance */
#define INSTANCES_MAX 100
#define PARTS 4 /* of a second */

/* ---- a day: the rule, step by step, on the rate as the file has it ---- */

/* What is scaled, and by what; the whole work of all instances is `busy` of them. */
struct tier {
    const struct ladder_run *run;
    double (*busy)(const struct ladder_run *run, double rate, double instances); /* of one, share */
    double start, min, max, target, boot_s, cooldown_s;
};

/* What is known of the time since the sample before. */
struct sample {
    double busy, instances;
};

static double rate_at(const struct ladder_run *run, double time_s)
{
    double wave = ladder_number(run, "users.load[0].wave"),
           period_s = ladder_seconds(run, "users.load[0].period");

    return ladder_rate(run, "users.arrivals") *
           (1 +
            (wave - 1) * cos(2 * M_PI * (time_s - ladder_seconds(run, "users.load[0].peak_at")) / period_s));
}

/* Mean number of instances that are paid: in service or booting. */
static double paid(const struct tier *tier)
{
    double interval_s = ladder_seconds(tier->run, "monitor.interval"),
           delay_s = ladder_seconds(tier->run, "monitor.delay");
    double day_s = ladder_seconds(tier->run, "time.measure"), serving = tier->start, wanted = tier->start,
           sum = 0;
    double boots_s[INSTANCES_MAX], changed_s = -INFINITY;
    struct sample samples[1000] = { { 0, 0 } };
    int booting = 0;

    for (long step = 0; step < lround(day_s * PARTS); step++) {
        double time_s = (double)step / PARTS, known_s = time_s - delay_s;

        while (booting && boots_s[0] <= time_s) {
            serving++;
            booting--;
            for (int i = 0; i < booting; i++)
                boots_s[i] = boots_s[i + 1];
        }
        if (step % (EVALUATION_S * PARTS) == 0 && known_s >= interval_s) {
            const struct sample *known = &samples[(int)(known_s / interval_s) - 1];
            double ratio = known->busy / known->instances / tier->target;
            double desired =
                fmin(tier->max, fmax(tier->min, ceil(known->busy / tier->target / interval_s / PARTS)));

            if (ratio > 1 + TOLERANCE && desired > wanted) {
                for (; wanted < desired; wanted++)
                    boots_s[booting++] = time_s + tier->boot_s;
                changed_s = time_s;
            } else if (ratio < 1 - TOLERANCE && desired < wanted && time_s - changed_s >= tier->cooldown_s) {
                for (; wanted > desired; wanted--)
                    if (booting)
                        booting--;
                    else
                        serving--;
                changed_s = time_s;
            }
        }
        samples[(int)(time_s / interval_s)].busy +=
            serving * tier->busy(tier->run, rate_at(tier->run, time_s), serving);
        samples[(int)(time_s / interval_s)].instances += serving;
        sum += wanted;
    }
    return sum / (double)lround(day_s * PARTS);
}

static double web_busy(const struct ladder_run *run, double rate, double instances)
{
    const struct host_config *host = ladder_host(run, "web.host");
    double work_s = ladder_seconds(run, "web.handlers.request[0].compute");

    if (rate / instances >= 0.98 * formula_saturation(host, work_s))
        return 1;
    return formula_processor(host, rate / instances, work_s).busy;
}

static double store_busy(const struct ladder_run *run, double rate, double instances)
{
    return fmin(1, rate * ladder_seconds(run, "store.service_time") / instances);
}

static double paid_servers(const struct ladder_run *run)
{
    const struct tier tier = { run,
                               web_busy,
                               ladder_number(run, "web.count"),
                               ladder_number(run, "scaler.min"),
                               ladder_number(run, "scaler.max"),
                               ladder_share(run, "scaler.target"),
                               ladder_seconds(run, "scaler.boot_time"),
                               ladder_seconds(run, "scaler.cooldown_down") };

    return paid(&tier);
}

static double paid_nodes(const struct ladder_run *run)
{
    const struct tier tier = { run,
                               store_busy,
                               1,
                               1,
                               ladder_number(run, "store_scaler.max"),
                               ladder_share(run, "store_scaler.target"),
                               ladder_seconds(run, "store_scaler.boot_time"),
                               ladder_seconds(run, "store_scaler.cooldown_down") };

    return paid(&tier);
}

static double price_of_the_day(const struct ladder_run *run)
{
    return ladder_number(run, "web.count") * ladder_host(run, "web.host")->price;
}

static double part_of_the_price(const struct ladder_run *run)
{
    return paid_servers(run) / ladder_number(ladder_variant(run, NULL), "web.count");
}

/* ---- a crowd: what comes beyond what the servers can do, until there are more ---- */

static double crowd_rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_number(run, "users.load[0].flash_crowd");
}

static double rate_of_a_server(const struct ladder_run *run)
{
    return formula_saturation(ladder_host(run, "web.host"),
                              ladder_seconds(run, "web.handlers.request[0].compute"));
}

/* What a server that fills up takes in and does not get done: its line, and on average half of those at work.
 */
static double taken_in(const struct ladder_run *run)
{
    return ladder_number(run, "web.accept_queue") + ladder_number(run, "web.workers") / 2;
}

/* The crowd comes as a sample begins. It is known when that has been taken and collected, acted on at the
 * next evaluation, and the machines boot. */
static double reaction_s(const struct ladder_run *run)
{
    double known_s = ladder_seconds(run, "monitor.interval") + ladder_seconds(run, "monitor.delay");

    return ceil(known_s / EVALUATION_S) * EVALUATION_S + ladder_seconds(run, "scaler.boot_time");
}

static double refused_by_fixed(const struct ladder_run *run)
{
    double servers = ladder_number(run, "web.count");

    return (crowd_rate(run) - servers * rate_of_a_server(run)) * ladder_seconds(run, "users.load[0].hold") -
           servers * taken_in(run);
}

/* Busy processors show no more than 100 %: each time the rule asks for 1 / target as many. */
static double refused_in_steps(const struct ladder_run *run)
{
    double servers = ladder_number(run, "web.count"), new_servers = servers, refused = 0;

    while (servers * rate_of_a_server(run) < crowd_rate(run)) {
        refused += (crowd_rate(run) - servers * rate_of_a_server(run)) * reaction_s(run) -
                   new_servers * taken_in(run);
        new_servers = ceil(servers / ladder_share(run, "scaler.target")) - servers;
        servers += new_servers;
    }
    return refused;
}

static double servers_for_the_crowd(const struct ladder_run *run)
{
    return fmax(ladder_number(run, "web.count"), ceil(crowd_rate(run) / ladder_rate(run, "scaler.target")));
}

/* What is offered shows all of it: one step. */
static double refused_in_one_step(const struct ladder_run *run)
{
    double servers = ladder_number(run, "web.count");

    return (crowd_rate(run) - servers * rate_of_a_server(run)) * reaction_s(run) - servers * taken_in(run);
}

static double mean_of_one_step(const struct ladder_run *run, double at_s)
{
    double all_s = ladder_seconds(run, "time.measure"), servers = ladder_number(run, "web.count");

    return (servers * at_s + servers_for_the_crowd(run) * (all_s - at_s)) / all_s;
}

static double serving_in_one_step(const struct ladder_run *run)
{
    return mean_of_one_step(run, ladder_seconds(run, "users.load[0].at") + reaction_s(run));
}

/* A machine that boots is paid. */
static double paid_in_one_step(const struct ladder_run *run)
{
    return mean_of_one_step(run, ladder_seconds(run, "users.load[0].at") + reaction_s(run) -
                                     ladder_seconds(run, "scaler.boot_time"));
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

/* ---- a store ---- */

/* What it has room for waits; beyond that it refuses. */
static double answered_by_one_node(const struct ladder_run *run)
{
    double day_s = ladder_seconds(run, "time.measure"), most = 1 / ladder_seconds(run, "store.service_time"),
           sum = 0;

    for (double time_s = 0.5; time_s < day_s; time_s++)
        sum += fmin(rate_at(run, time_s), most);
    return sum / day_s;
}

static const struct ladder_step step = {
    .file = "11_autoscaling.json",
    .others = { { "users.arrivals=11.5/s" },
                { "web.handlers.request[0].compute=380ms", "web.accept_queue=12" } },
    .wrong = { "users.arrivals=12.6/s" },
    .claims = {
        { "price of the day on eight servers", "$/h", OF(NULL, "web", "cost.per_hour"),
          .predict = price_of_the_day,
          .unmoved = true },
        { "servers paid on the elastic day", "", OF("elastic", "web", "instances.billed.mean"),
          .predict = paid_servers },
        { "price of the elastic day, of that of the fixed one", "%", OF("elastic", "web", "cost.per_hour"),
          PER(NULL, "web", "cost.per_hour"),
          .predict = part_of_the_price },
        { "refused by eight servers in a crowd", "", OF("crowd_fixed", "total", "requests.failed"),
          .predict = refused_by_fixed },
        { "refused while four become enough in two steps", "",
          OF("crowd_elastic", "total", "requests.failed"),
          .predict = refused_in_steps },
        { "refused while four become enough in one", "", OF("crowd_by_requests", "total", "requests.failed"),
          .predict = refused_in_one_step },
        { "servers on average then", "", OF("crowd_by_requests", "web", "instances.mean"),
          .predict = serving_in_one_step },
        { "servers paid then", "", OF("crowd_by_requests", "web", "instances.billed.mean"),
          .predict = paid_in_one_step },
        { "refused by twelve that become seventeen", "",
          OF("crowd_with_headroom", "total", "requests.failed"),
          .predict = none, .unmoved = true },
        { "servers paid then", "", OF("crowd_with_headroom", "web", "instances.billed.mean"),
          .predict = paid_in_one_step },
        { "answered with a store of one node", "/s", OF("store_fixed", "total", "throughput"),
          .predict = answered_by_one_node },
        { "nodes paid of a store that scales itself", "",
          OF("store_elastic", "store", "instances.billed.mean"),
          .predict = paid_nodes },
    },
};

LADDER_MAIN(step)
