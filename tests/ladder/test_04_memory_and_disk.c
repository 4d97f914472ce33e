/* Step 4, its second part: the share of pages that memory holds, and what that leaves for the disk to do. */
#include <math.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

static const struct host_config *box(const struct ladder_run *run)
{
    return ladder_host(run, "db.host");
}

static double rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals");
}

/* Every row is asked for alike, so whichever pages are in memory, the chance to find one there is their
 * share. A page holds whole rows. */
static double hits(const struct ladder_run *run)
{
    double pool = ladder_share(run, "db.buffer_pool") * (double)box(run)->memory;
    double page = ladder_bytes(run, "db.page_size");
    double pages =
        ladder_number(run, "data.articles.rows") / floor(page / ladder_bytes(run, "data.articles.row_size"));

    return fmin(1, pool / page / pages);
}

static double disk_s(const struct ladder_run *run)
{
    return 1 / box(run)->disk_operations + ladder_bytes(run, "db.page_size") / box(run)->disk_bandwidth;
}

static double disk_full(const struct ladder_run *run)
{
    return hits(run) < 1 ? 1 / disk_s(run) / (1 - hits(run)) : INFINITY;
}

static double answered(const struct ladder_run *run)
{
    return fmin(rate(run), disk_full(run));
}

static double disk_busy(const struct ladder_run *run)
{
    return answered(run) * (1 - hits(run)) * disk_s(run);
}

/* Both processors, for a miss the disk, which is first come first served (Pollaczek and Khinchine: all
 * services are alike), and the answer on the network card. */
static double time_s(const struct ladder_run *run)
{
    double busy = disk_busy(run), disk = disk_s(run) * (1 + busy / (2 * (1 - busy)));

    return formula_processor(ladder_host(run, "web.host"), rate(run),
                             ladder_seconds(run, "web.handlers.read[0].compute"))
               .time_s +
           formula_processor(box(run), rate(run), ladder_seconds(run, "db.read_time")).time_s +
           (1 - hits(run)) * disk +
           ladder_bytes(run, "web.handlers.read[2].respond") / ladder_host(run, "web.host")->network;
}

static const struct ladder_step step = {
    .file = "04_memory_and_disk.json",
    .others = { { "data.articles.row_size=3KB", "db.buffer_pool=60%" }, { "users.arrivals=330/s",
        "db.buffer_pool=70%" } },
    .wrong = { "data.articles.rows=1080000", "users.arrivals=368/s",
               "web.handlers.read[0].compute=5.3ms" },
    .replications = 8,
    .often = { { NULL, 12 }, { "memory_2", 20 }, { "memory_4", 12 } },
    .claims = {
        { "pages found in memory, 1 GiB", "%", OF(NULL, "db", "buffer_pool.hit_ratio"), .predict = hits },
        { "with 2 GiB", "%", OF("memory_2", "db", "buffer_pool.hit_ratio"), .predict = hits },
        { "with 4 GiB", "%", OF("memory_4", "db", "buffer_pool.hit_ratio"), .predict = hits },
        { "with 8 GiB", "%", OF("memory_8", "db", "buffer_pool.hit_ratio"),
          .predict = hits, .unmoved = true },
        { "answered with 1 GiB: the disk is full", "/s", OF(NULL, "total", "throughput"),
          .predict = disk_full },
        { "disk busy with 2 GiB", "%", OF("memory_2", "box", "disk.utilisation"), .predict = disk_busy },
        { "disk busy with 4 GiB", "%", OF("memory_4", "box", "disk.utilisation"), .predict = disk_busy },
        { "disk busy with 1 GiB and a faster disk", "%", OF("faster_disk", "box", "disk.utilisation"),
          .predict = disk_busy },
        { "mean latency with 2 GiB", "ms", OF("memory_2", "total", "latency.mean"), .predict = time_s },
        { "with 4 GiB", "ms", OF("memory_4", "total", "latency.mean"), .predict = time_s },
        { "with 8 GiB", "ms", OF("memory_8", "total", "latency.mean"), .predict = time_s },
        { "with 1 GiB and a faster disk", "ms", OF("faster_disk", "total", "latency.mean"),
          .predict = time_s },
    },
};

LADDER_MAIN(step)
