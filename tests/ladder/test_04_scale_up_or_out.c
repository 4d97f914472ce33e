/* Step 4: what ever bigger machines and ever more small ones answer, and what that costs. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static const char *const bigger[] = { "base", "up_4", "up_8", "up_16", "up_32", "up_64", "up_96", "up_192" };

#define BIGGER (sizeof bigger / sizeof *bigger)

static double saturation(const struct ladder_run *run)
{
    double count = ladder_has(run, "web.count") ? ladder_number(run, "web.count") : 1;

    return count * formula_saturation(ladder_host(run, "web.host"),
                                      ladder_seconds(run, "web.handlers.request[0].compute"));
}

static double answered(const struct ladder_run *run)
{
    return fmin(ladder_rate(run, "users.arrivals"), saturation(run));
}

static double bill(const struct ladder_run *run)
{
    double count = ladder_has(run, "web.count") ? ladder_number(run, "web.count") : 1;
    double balancer = ladder_has(run, "lb") ? ladder_dollars(run, "lb.price") : 0;

    return count * ladder_host(run, "web.host")->price + balancer;
}

/* Of the cheapest machine that answers so many; infinite: none does. */
static double price_up(const struct ladder_run *run, double rate)
{
    double least = INFINITY;

    for (size_t i = 0; i < BIGGER; i++) {
        const struct ladder_run *one = ladder_variant(run, bigger[i]);

        if (saturation(one) >= rate)
            least = fmin(least, bill(one));
    }
    return least;
}

/* Of as many machines of 2 cores as it takes, and the balancer. */
static double price_out(const struct ladder_run *run, double rate)
{
    const struct ladder_run *one = ladder_variant(run, NULL);

    return ceil(rate / saturation(one)) * bill(one) +
           ladder_dollars(ladder_variant(run, "out_4"), "lb.price");
}

#define JUST_ABOVE (1 + 1e-9)

/* The least load at which out becomes cheaper: beyond a size of machine, or where the small ones are just
 * full. */
static double up_cheaper_below(const struct ladder_run *run)
{
    double least = INFINITY;

    for (size_t i = 0; i < BIGGER; i++) {
        double rate = saturation(ladder_variant(run, bigger[i]));

        if (price_up(run, rate * JUST_ABOVE) > price_out(run, rate * JUST_ABOVE))
            least = fmin(least, rate);
    }
    return least;
}

/* The greatest load that a single machine still answers for less. */
static double out_cheaper_beyond(const struct ladder_run *run)
{
    double greatest = 0;

    for (size_t i = 0; i < BIGGER; i++) {
        double rate = saturation(ladder_variant(run, bigger[i]));

        if (price_up(run, rate) <= price_out(run, rate))
            greatest = fmax(greatest, rate);
    }
    return greatest;
}

static double ceiling(const struct ladder_run *run)
{
    double greatest = 0;

    for (size_t i = 0; i < BIGGER; i++)
        greatest = fmax(greatest, saturation(ladder_variant(run, bigger[i])));
    return greatest;
}

static double bill_per_million(const struct ladder_run *run)
{
    return bill(run) / (answered(run) * 3600) * 1e6;
}

#define ANSWERED(words, variant)                                                                \
    {                                                                                           \
        words, "/s", OF(variant, "total", "throughput"), .predict = answered \
    }
#define PRICE(words, variant)                                                                       \
    {                                                                                               \
        words, "$", OF(variant, "total", "cost.per_million_requests"), .predict = bill_per_million, \
                                                                       \
    }

static const struct ladder_step step = {
    .file = "04_scale_up_or_out.json",
    .others = { { "web.handlers.request[0].compute.mean=50ms" }, { "users.arrivals=580/s",
                "lb.price=$0.10/h" } },
    .wrong = { "web.handlers.request[0].compute.mean=43ms" },
    .replications = 8,
    .often = { { NULL, 14 }, { "up_4", 10 } },
    .claims = {
        ANSWERED("answered by one machine of 2 cores", NULL),
        ANSWERED("by 4 cores", "up_4"),
        ANSWERED("by 8 cores", "up_8"),
        ANSWERED("by 16 cores", "up_16"),
        ANSWERED("by 32 cores", "up_32"),
        ANSWERED("by 64 cores", "up_64"),
        { "by 96 cores: no machine answers more", "/s", OF("up_96", "total", "throughput"),
          .predict = ceiling },
        ANSWERED("by 192 cores", "up_192"),
        ANSWERED("by 4 machines of 2 cores", "out_4"),
        ANSWERED("by 8 machines of 2 cores", "out_8"),
        { "by 14 machines of 2 cores: all that come", "/s", OF("out_14", "total", "throughput"),
          .predict = answered,
          .unmoved = true },
        PRICE("price of a million answers, 2 cores", NULL),
        PRICE("of 4 cores", "up_4"),
        PRICE("of 8 cores", "up_8"),
        PRICE("of 16 cores", "up_16"),
        PRICE("of 32 cores", "up_32"),
        PRICE("of 64 cores", "up_64"),
        PRICE("of 96 cores", "up_96"),
        PRICE("of 192 cores", "up_192"),
        PRICE("of 8 machines of 2 cores", "out_8"),
        { "load up to which one machine is always cheaper: 4 cores full", "/s", OF("up_4", "total",
          "throughput"),
          .predict = up_cheaper_below },
        { "load beyond which it never is: 8 cores full", "/s", OF("up_8", "total", "throughput"),
          .predict = out_cheaper_beyond },
    },
};

LADDER_MAIN(step)
