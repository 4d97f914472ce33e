/* Step 19: one program on machines that suit its hungriest part, and services on machines of their own. */
#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static bool is_apart(const struct ladder_run *run)
{
    return ladder_has(run, "recommender");
}

static double recommended(const struct ladder_run *run)
{
    return ladder_share(run, "users.requests.recommend.share");
}

/* Work of one page with recommendations for a machine of the shop. */
static double shop_recommend_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "shop.handlers.recommend[0].compute") +
           ladder_seconds(run, "shop.handlers.recommend[1].compute");
}

static double recommender_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "recommender.handlers.default[0].compute") +
           ladder_seconds(run, "recommender.handlers.default[1].compute");
}

/* Of an average page. */
static double shop_work_s(const struct ladder_run *run)
{
    return (1 - recommended(run)) * ladder_seconds(run, "shop.handlers.plain[0].compute") +
           recommended(run) * shop_recommend_s(run);
}

/* The recommender is full in no variant, also with the other values below. */
static double saturation(const struct ladder_run *run)
{
    return ladder_number(run, "shop.count") *
           formula_saturation(ladder_host(run, "shop.host"), shop_work_s(run));
}

/* How many times longer work takes because others share the processor: under processor sharing it is the same
 * for all. A balancer that chooses at random leaves each machine a Poisson stream. */
static double stretch(const struct host_config *host, double rate, double work_s)
{
    return formula_processor(host, rate, work_s).time_s / work_s;
}

static double shop_stretch(const struct ladder_run *run)
{
    return stretch(ladder_host(run, "shop.host"),
                   ladder_rate(run, "users.arrivals") / ladder_number(run, "shop.count"), shop_work_s(run));
}

static double plain_time(const struct ladder_run *run)
{
    return 4 * ladder_seconds(run, "network.latency") +
           ladder_seconds(run, "shop.handlers.plain[0].compute") * shop_stretch(run);
}

/* Two messages there and two back, and two more with the hop. */
static double recommend_time(const struct ladder_run *run)
{
    double time = 4 * ladder_seconds(run, "network.latency");

    if (!is_apart(run))
        return time + shop_recommend_s(run) * shop_stretch(run);
    return time + 2 * ladder_seconds(run, "network.latency") + shop_recommend_s(run) * shop_stretch(run) +
           recommender_s(run) * stretch(ladder_host(run, "recommender.host"),
                                        ladder_rate(run, "users.arrivals") * recommended(run),
                                        recommender_s(run));
}

/* Two messages more, and work on both sides that is there only because they are apart. */
static double hop(const struct ladder_run *run)
{
    return recommend_time(run) - recommend_time(ladder_variant(run, "program_at_night"));
}

static double recommender_busy(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "recommender.host"),
                             ladder_rate(run, "users.arrivals") * recommended(run), recommender_s(run))
        .busy;
}

#define BALANCER_PER_HOUR 0.0225 /* default of load_balancer */

static double bill(const struct ladder_run *run)
{
    return BALANCER_PER_HOUR + ladder_number(run, "shop.count") * ladder_host(run, "shop.host")->price +
           (is_apart(run) ? ladder_host(run, "recommender.host")->price : 0);
}

static const struct ladder_step step = {
    .file = "19_services.json",
    .others = { { "users.requests.plain.share=96%", "users.requests.recommend.share=4%" },
                { "shop.handlers.plain[0].compute.mean=36ms", "network.latency=1ms" } },
    .wrong = { "shop.handlers.plain[0].compute.mean=44ms", "shop.handlers.recommend[0].compute.mean=52ms",
               "recommender.handlers.default[1].compute=140ms" },
    .replications = 8,
    .often = { { NULL, 12 }, { "services", 32 }, { "program_at_night", 20 }, { "services_at_night", 20 } },
    .claims = {
        { "mean latency of a plain page, one program", "ms", OF(NULL, "users:plain", "latency.mean"),
          .predict = plain_time },
        { "the same, services", "ms", OF("services", "users:plain", "latency.mean"), .predict = plain_time },
        { "mean latency with recommendations, one program", "ms", OF(NULL, "users:recommend", "latency.mean"),
          .predict = recommend_time },
        { "the same, services", "ms", OF("services", "users:recommend", "latency.mean"),
          .predict = recommend_time },
        { "recommender busy", "%", OF("services", "recommender", "cpu.utilisation"),
          .predict = recommender_busy },
        { "what the hop adds to it while nobody waits", "ms", OF("services_at_night",
          "users:recommend", "latency.mean"),
          MINUS("program_at_night", "users:recommend", "latency.mean"), .predict = hop },
        { "answered when full, one program", "/s", OF("program_full", "total", "throughput"),
          .predict = saturation },
        { "answered when full, services", "/s", OF("services_full", "total", "throughput"),
          .predict = saturation },
        { "the same with more machines for plain pages", "/s", OF("shop_grows", "total", "throughput"),
          .predict = saturation },
        { "bill, one program", "$/h", OF(NULL, "total", "cost.per_hour"), .predict = bill, .unmoved = true },
        { "bill, services", "$/h", OF("services", "total", "cost.per_hour"),
          .predict = bill, .unmoved = true },
        { "bill, with more machines for plain pages", "$/h", OF("shop_grows", "total", "cost.per_hour"),
          .predict = bill, .unmoved = true },
    },
};

LADDER_MAIN(step)
