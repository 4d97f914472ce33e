/* Step 11: a tier that follows a day, and a crowd that is faster than it. Arrivals are regular, as those of a
 * site a hundred times as large would be beside their mean, so that the rule can be worked out on the rate
 * alone. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"
#include "tests/ladder/scaled_day.h"

#define EVALUATION_S 15 /* the default interval of an autoscaler */
#define DEVIATIONS 4

/* ---- a day ---- */

static struct scaled_day servers(const struct ladder_run *run)
{
    const struct scaled_tier tier = { .start = ladder_number(run, "web.count"),
                                      .min = ladder_number(run, "scaler.min"),
                                      .max = ladder_number(run, "scaler.max"),
                                      .target = ladder_share(run, "scaler.target"),
                                      .boot_s = ladder_seconds(run, "scaler.boot_time"),
                                      .cooldown_s = ladder_seconds(run, "scaler.cooldown_down"),
                                      .host = ladder_host(run, "web.host"),
                                      .work_s = ladder_seconds(run, "web.handlers.request[0].compute") };

    return scaled_day(run, &tier);
}

static double paid_servers(const struct ladder_run *run)
{
    return servers(run).mean;
}

static double paid_servers_near(const struct ladder_run *run)
{
    return DEVIATIONS * servers(run).standard_error / servers(run).mean;
}

static struct scaled_day nodes(const struct ladder_run *run)
{
    const struct scaled_tier tier = { .start = 1,
                                      .min = 1,
                                      .max = ladder_number(run, "store_scaler.max"),
                                      .target = ladder_share(run, "store_scaler.target"),
                                      .boot_s = ladder_seconds(run, "store_scaler.boot_time"),
                                      .cooldown_s = ladder_seconds(run, "store_scaler.cooldown_down"),
                                      .work_s = ladder_seconds(run, "store.service_time") };

    return scaled_day(run, &tier);
}

static double paid_nodes(const struct ladder_run *run)
{
    return nodes(run).mean;
}

static double paid_nodes_near(const struct ladder_run *run)
{
    return DEVIATIONS * nodes(run).standard_error / nodes(run).mean;
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

/* Beyond what they get done, what servers take in that fill up: their lines, and on average half of those at work. Not the
 * half of the work of those who were inside before, nor what is not done until each core has somebody (those inside go
 * meanwhile as they came). */
static double taken_in(const struct ladder_run *run, double servers, double inside)
{
    double work_s = ladder_seconds(run, "web.handlers.request[0].compute");
    double cores = (double)ladder_host(run, "web.host")->cores;
    double idle = servers * cores - inside, rate_of_a_core = rate_of_a_server(run) / cores;
    double idle_s = idle / (crowd_rate(run) - inside / work_s);

    return servers * (ladder_number(run, "web.accept_queue") + ladder_number(run, "web.workers") / 2) -
           inside / 2 - idle / 2 * idle_s * rate_of_a_core;
}

/* Of full servers. They filled up together and each request is as long as the other, so all of them end one at the same time,
 * and then arrivals take these places one by one. */
static double free_places(const struct ladder_run *run, double servers)
{
    return servers * (servers + 1) / 2 * rate_of_a_server(run) / crowd_rate(run);
}

/* At work before the crowd comes, each alone on a core. */
static double inside_before(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_seconds(run, "web.handlers.request[0].compute");
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
           taken_in(run, servers, inside_before(run)) + free_places(run, servers);
}

/* Busy processors show no more than 100 %: each time the rule asks for 1 / target as many. */
static double refused_in_steps(const struct ladder_run *run)
{
    double servers = ladder_number(run, "web.count"), new_servers = servers, inside = inside_before(run);
    double refused = 0, places = 0;

    while (servers * rate_of_a_server(run) < crowd_rate(run)) {
        refused += (crowd_rate(run) - servers * rate_of_a_server(run)) * reaction_s(run) -
                   taken_in(run, new_servers, inside);
        places = free_places(run, servers);
        inside = 0;
        new_servers = ceil(servers / ladder_share(run, "scaler.target")) - servers;
        servers += new_servers;
    }
    return refused + places;
}

static double servers_for_the_crowd(const struct ladder_run *run)
{
    return fmax(ladder_number(run, "web.count"), ceil(crowd_rate(run) / ladder_rate(run, "scaler.target")));
}

/* What is offered shows all of it: one step. */
static double refused_in_one_step(const struct ladder_run *run)
{
    double servers = ladder_number(run, "web.count");

    return (crowd_rate(run) - servers * rate_of_a_server(run)) * reaction_s(run) -
           taken_in(run, servers, inside_before(run)) + free_places(run, servers);
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
        sum += fmin(scaled_day_rate(run, time_s), most);
    return sum / day_s;
}

static const struct ladder_step step = {
    .file = "11_autoscaling.json",
    .others = { { "users.arrivals=11.5/s" },
                { "web.handlers.request[0].compute=380ms", "web.accept_queue=12" } },
    .wrong = { "users.arrivals=12.6/s" },
    .often = { { NULL, 16 }, { "elastic", 16 } },
    .claims = {
        { "price of the day on eight servers", "$/h", OF(NULL, "web", "cost.per_hour"),
          .predict = price_of_the_day,
          .unmoved = true },
        { "servers paid on the elastic day", "", OF("elastic", "web", "instances.billed.mean"),
          .predict = paid_servers, .near = paid_servers_near },
        { "price of the elastic day, of that of the fixed one", "%", OF("elastic", "web", "cost.per_hour"),
          PER(NULL, "web", "cost.per_hour"),
          .predict = part_of_the_price, .near = paid_servers_near },
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
          .predict = paid_nodes, .near = paid_nodes_near },
    },
};

LADDER_MAIN(step)
