/* Step 9, its second part: what a CDN costs for an asset, and what the servers cost that it takes the place
 * of. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define PER_10000 0.01            /* default price of a CDN's requests, $ */
#define PER_GB 0.085              /* default price of its traffic out, $ */
#define EDGE_BYTES_PER_S 1.25e9   /* 10 Gb/s */
#define BALANCER_PER_HOUR 0.0225  /* default of load_balancer */
#define ROUNDS 20                 /* until a time depends on itself no longer */

/* An asset: who asks for it, and what it is. */
struct asset {
    const char *arrivals, *work, *bytes, *rows, *target;
};

static const struct asset thumbnail = { "pages.arrivals", "web.handlers.thumbnail[0].compute",
                                        "web.handlers.thumbnail[1].respond", "data.thumbnails.rows",
                                        "pages.target" };
static const struct asset photo = { "albums.arrivals", "web.handlers.photo[0].compute",
                                    "web.handlers.photo[1].respond", "data.photos.rows", "albums.target" };
static const struct asset video = { "viewers.arrivals", "web.handlers.video[0].compute",
                                    "web.handlers.video[1].respond", "data.videos.rows", "viewers.target" };

static const struct asset *const assets[] = { &thumbnail, &photo, &video };

#define ASSETS (sizeof assets / sizeof *assets)

static double rate(const struct ladder_run *run, const struct asset *asset)
{
    return ladder_rate(run, asset->arrivals);
}

static bool on_cdn(const struct ladder_run *run, const struct asset *asset)
{
    return ladder_text(run, asset->target)[0] == 'c';
}

static double servers(const struct ladder_run *run)
{
    return ladder_number(run, "web.count");
}

static const struct host_config *machine(const struct ladder_run *run)
{
    return ladder_host(run, "web.host");
}

/* ---- hits ---- */

/* Of one row: idle until somebody asks, a fetch, the time to live. Who asks during the fetch asks the
 * servers, too, and the last of them renews the copy: it comes so long after the first answer as it was asked
 * after the first question. */
static double miss_ratio(const struct ladder_run *run, const struct asset *asset, double fetch_s)
{
    double asked = rate(run, asset) / ladder_number(run, asset->rows);
    double renewed_s = fetch_s + expm1(-asked * fetch_s) / asked;
    double cycle_s = 1 / asked + fetch_s + renewed_s + ladder_seconds(run, "cdn.ttl");

    return (1 + asked * fetch_s) / (asked * cycle_s);
}

struct load {
    double rate;   /* at one server */
    double work_s; /* mean */
};

/* A balancer that chooses at random leaves each server its part of a Poisson stream. */
static struct load load_of(const struct ladder_run *run, double fetch_s)
{
    double all = 0, work = 0;

    for (size_t i = 0; i < ASSETS; i++) {
        double part = on_cdn(run, assets[i]) ? miss_ratio(run, assets[i], fetch_s) : 1;

        all += part * rate(run, assets[i]);
        work += part * rate(run, assets[i]) * ladder_seconds(run, assets[i]->work);
    }
    return (struct load){ .rate = all / servers(run), .work_s = work / all };
}

/* How long a thumbnail is made depends on how many are made. */
static double fetch_s(const struct ladder_run *run)
{
    double work_s = ladder_seconds(run, thumbnail.work), time_s = work_s;

    for (int i = 0; i < ROUNDS; i++) {
        struct load load = load_of(run, time_s);

        time_s = work_s * formula_processor(machine(run), load.rate, load.work_s).time_s / load.work_s;
    }
    return time_s;
}

static double hits(const struct ladder_run *run)
{
    return 1 - miss_ratio(run, &thumbnail, fetch_s(run));
}

static double misses(const struct ladder_run *run)
{
    return (1 - hits(run)) * rate(run, &thumbnail) * ladder_seconds(run, "time.measure");
}

static double busy(const struct ladder_run *run)
{
    struct load load = load_of(run, fetch_s(run));

    return formula_processor(machine(run), load.rate, load.work_s).busy;
}

/* Misses are not quite Poisson arrivals, being those of so many rows that take turns. At the worst nobody
 * waits for a processor, or all wait twice as long as was thought. */
static double misses_near(const struct ladder_run *run)
{
    double alone_s = ladder_seconds(run, thumbnail.work), wait_s = fetch_s(run) - alone_s;

    return fabs(miss_ratio(run, &thumbnail, fetch_s(run) + wait_s) / (1 - hits(run)) - 1);
}

static double hits_near(const struct ladder_run *run)
{
    return misses_near(run) * (1 - hits(run)) / hits(run);
}

/* ---- bills ---- */

static double price_of_an_answer(const struct ladder_run *run, const struct asset *asset)
{
    return ladder_bytes(run, asset->bytes) / 1e9 * PER_GB + PER_10000 / 1e4;
}

static double cdn_bill(const struct ladder_run *run)
{
    double sum = 0;

    for (size_t i = 0; i < ASSETS; i++)
        sum += on_cdn(run, assets[i]) ? 3600 * rate(run, assets[i]) * price_of_an_answer(run, assets[i]) : 0;
    return sum;
}

static double bill(const struct ladder_run *run)
{
    return BALANCER_PER_HOUR + servers(run) * machine(run)->price + cdn_bill(run);
}

/* So many hits take as much off the servers as the CDN costs: they are there for the thumbnails, what else
 * they do is next to nothing. */
static double hits_that_pay(const struct ladder_run *run)
{
    const struct ladder_run *base = ladder_variant(run, NULL);

    return cdn_bill(run) / (servers(base) * machine(base)->price);
}

static double times_as_dear(const struct ladder_run *run)
{
    return bill(run) / bill(ladder_variant(run, "crowd_on_servers"));
}

/* ---- network cards ---- */

static double bytes_per_s(const struct ladder_run *run)
{
    double sum = 0;

    for (size_t i = 0; i < ASSETS; i++)
        sum += on_cdn(run, assets[i]) ? 0 : rate(run, assets[i]) * ladder_bytes(run, assets[i]->bytes);
    return sum;
}

static double cards_busy(const struct ladder_run *run)
{
    return bytes_per_s(run) / servers(run) / machine(run)->network;
}

/* Answers leave in the order in which they come, so all assets get through in the same part. */
static double viewers_answered(const struct ladder_run *run)
{
    return rate(run, &video) / fmax(1, cards_busy(run));
}

static double pages_answered(const struct ladder_run *run)
{
    return rate(run, &thumbnail) / fmax(1, cards_busy(run));
}

static double edge_busy(const struct ladder_run *run)
{
    return rate(run, &video) * ladder_bytes(run, video.bytes) / EDGE_BYTES_PER_S;
}

static const struct ladder_step step = {
    .file = "09_which_assets.json",
    .others = { { "pages.arrivals=17/s", "albums.arrivals=40/s" },
                { "web.handlers.thumbnail[0].compute=250ms", "web.handlers.photo[1].respond=300KB",
                  "data.photos.row_size=300KB" } },
    .wrong = { "pages.arrivals=21.4/s", "data.thumbnails.rows=108", "albums.arrivals=32/s",
               "web.handlers.video[1].respond=4.6MB", "data.videos.row_size=4.6MB" },
    .replications = 20,
    .often = { { "thumbnails", 32 }, { "crowd_on_cdn", 12 }, { "crowd_on_servers", 12 } },
    .claims = {
        { "processors busy with everything", "%", OF(NULL, "web", "cpu.utilisation"), .predict = busy },
        { "bill of five servers", "$/h", OF(NULL, "total", "cost.per_hour"), .predict = bill,
          .unmoved = true },
        { "thumbnails that the edge has to fetch", "", OF("thumbnails", "cdn", "misses"),
          .predict = misses, .near = misses_near },
        { "processor of one server, with thumbnails on the CDN", "%",
          OF("thumbnails", "web", "cpu.utilisation"), .predict = busy, .near = misses_near },
        { "bill then", "$/h", OF("thumbnails", "total", "cost.per_hour"), .predict = bill },
        { "hits from which on the CDN pays", "%", OF("thumbnails", "cdn", "cost.per_hour"),
          PER(NULL, "web", "cost.per_hour"), .predict = hits_that_pay },
        { "hits of thumbnails that are asked for a tenth as often", "%", OF("rare", "cdn", "hit_ratio"),
          .predict = hits, .near = hits_near },
        { "processors of three servers then", "%", OF("rare", "web", "cpu.utilisation"), .predict = busy,
          .near = misses_near },
        { "bill then: it hardly pays", "$/h", OF("rare", "total", "cost.per_hour"), .predict = bill },
        { "bill with photos on the CDN", "$/h", OF("photos", "total", "cost.per_hour"), .predict = bill },
        { "viewers answered when the video fills the cards", "/s", OF("crowd", "viewers", "throughput"),
          .predict = viewers_answered },
        { "pages answered, which wait behind it", "/s", OF("crowd", "pages", "throughput"),
          .predict = pages_answered },
        { "network card of the edge, with the video", "%",
          OF("crowd_on_cdn", "cdn.edge", "network.utilisation"), .predict = edge_busy },
        { "network cards of twice the servers", "%", OF("crowd_on_servers", "web", "network.utilisation"),
          .predict = cards_busy },
        { "bill with the video on the CDN, times that of twice the servers", "",
          OF("crowd_on_cdn", "total", "cost.per_hour"),
          PER("crowd_on_servers", "total", "cost.per_hour"), .predict = times_as_dear },
    },
};

LADDER_MAIN(step)
