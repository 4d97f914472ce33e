/* Step 16: shards that fill up, and the move of their rows to one more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ladder/ladder.h"

#define WRITE_S 0.4e-3 /* of the processor for a write, its default */
#define ROW_S 5e-6     /* for each further row of one operation, its default */

static double uploads(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.upload.share");
}

static double views(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") * ladder_share(run, "users.requests.view.share");
}

static double rows(const struct ladder_run *run)
{
    return ladder_number(run, "data.photos.rows");
}

static double row_bytes(const struct ladder_run *run)
{
    return ladder_bytes(run, "data.photos.row_size");
}

/* ---- disks that fill ---- */

/* Mean of what a Poisson number of that mean is above `room`, the number being large enough to be normal. */
static double excess(double mean, double room)
{
    double sd = sqrt(mean), z = (room - mean) / sd;

    return sd * (exp(-z * z / 2) / sqrt(2 * M_PI) - z * erfc(z / M_SQRT2) / 2);
}

/* Each shard takes uploads until its volume is full: none of them has more room than that. */
static double refused(const struct ladder_run *run)
{
    const char *hot = "users.requests.upload.hot_rows[0].share";
    double shards = ladder_number(run, "db.shards");
    double room = floor(ladder_bytes(run, "db.storage") / row_bytes(run)) - rows(run) / shards;
    double hot_share = ladder_has(run, hot) ? ladder_share(run, hot) : 0;
    double all = uploads(run) * ladder_seconds(run, "time.measure");
    double cold = all * (1 - hot_share) / shards;

    return excess(cold + all * hot_share, room) + (shards - 1) * excess(cold, room);
}

/* ---- a shard more ---- */

static bool by_modulo(const struct ladder_run *run)
{
    return !strcmp(ladder_text(run, "db.placement"), "modulo");
}

/* By modulo a row stays when it leaves the same rest: counted over a period. A ring gives the new shard
 * its part. */
static double moving_part(const struct ladder_run *run)
{
    int before = (int)ladder_number(run, "db.shards"), after = (int)ladder_number(run, "db.reshard.shards");
    int moved = 0;

    if (!by_modulo(run))
        return 1 - (double)before / after;
    for (int row = 0; row < before * after; row++)
        moved += row % before != row % after;
    return (double)moved / (before * after);
}

static double bandwidth(const struct ladder_run *run)
{
    return 1e6 * atof(ladder_text(run, "db.reshard.bandwidth")); /* MB/s */
}

static double harmonic(double n)
{
    double sum = 0;

    for (int i = 1; i <= n; i++)
        sum += 1.0 / i;
    return sum;
}

/* Pairs of shards that rows of a chunk go between. */
static double pairs(const struct ladder_run *run)
{
    double old = ladder_number(run, "db.shards");

    return by_modulo(run) ? old * old : old;
}

/* What a chunk takes beyond its bytes: the first pair's rows are read and sent, the last pair's are
 * written, and the old ones deleted, of which the slowest of exponential times counts. */
static double beyond_the_bytes_s(const struct ladder_run *run)
{
    const struct host_config *host = ladder_host(run, "db.host");
    double of_pair = ladder_number(run, "db.reshard.chunk_rows") / pairs(run);
    double read_s = of_pair * (ROW_S + row_bytes(run) / host->network);
    double write_s = WRITE_S + of_pair * (ROW_S + row_bytes(run) / host->disk_bandwidth);
    double delete_s = WRITE_S * harmonic(pairs(run)) + of_pair * ROW_S;

    return read_s + write_s + delete_s + 2 / host->disk_operations;
}

static double chunks(const struct ladder_run *run, double moved)
{
    return moved / ladder_number(run, "db.reshard.chunk_rows");
}

static double seconds_for(const struct ladder_run *run, double moved)
{
    return moved * row_bytes(run) / bandwidth(run) + chunks(run, moved) * beyond_the_bytes_s(run);
}

/* From the first old row to the last one. */
static double old_rows_s(const struct ladder_run *run)
{
    return seconds_for(run, moving_part(run) * rows(run));
}

/* Uploads go to the old shard until the turn of their album comes: half of the time on average. */
static double moved(const struct ladder_run *run)
{
    double before_their_turn_s = ladder_seconds(run, "db.reshard.at") + old_rows_s(run) / 2;

    return moving_part(run) * (rows(run) + uploads(run) * before_their_turn_s);
}

static double duration(const struct ladder_run *run)
{
    return seconds_for(run, moved(run));
}

/* A chunk more for what was added to each old shard, of which the last is not full. A pair that is larger
 * than the others by a standard deviation comes last, and a commit waits for the one before. */
static double uneven_pairs(const struct ladder_run *run)
{
    double shards = ladder_number(run, "db.shards");
    double of_pair = ladder_number(run, "db.reshard.chunk_rows") / pairs(run);
    const struct host_config *host = ladder_host(run, "db.host");
    double larger_s = sqrt(of_pair) * row_bytes(run) / host->disk_bandwidth + 1 / host->disk_operations;

    return (chunks(run, moved(run)) * larger_s + shards * beyond_the_bytes_s(run)) / duration(run);
}

/* Of the rows that move half have yet to, on average while the old ones move. */
static double asked_twice(const struct ladder_run *run)
{
    return views(run) * moving_part(run) * old_rows_s(run) / 2;
}

static double between_old(const struct ladder_run *run)
{
    double after = ladder_number(run, "db.reshard.shards");

    return by_modulo(run) ? (moving_part(run) - 1 / after) / moving_part(run) : 0;
}

static double nothing(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

static const struct ladder_step step = {
    .file = "16_resharding.json",
    .replications = 10,
    .others = { { "users.arrivals=200/s", "time.measure=200s" },
                { "data.photos.row_size=30KB", "db.storage=330MB" } },
    .wrong = { "data.photos.rows=37000" },
    .claims = {
        { "uploads refused by full disks", "", OF(NULL, "db.shard", "storage.refused"), .predict = refused },
        { "the same when one album gets 80 %", "", OF("uneven", "db.shard", "storage.refused"),
          .predict = refused },
        { "rows that move by modulo", "", OF("modulo", "db.resharding", "rows_moved"), .predict = moved },
        { "of those, from one old shard to another", "%", OF("modulo", "db.resharding", "rows_between_old"),
          PER("modulo", "db.resharding", "rows_moved"), .predict = between_old, .unmoved = true },
        { "time that takes", "s", OF("modulo", "db.resharding", "elapsed.end"),
          .predict = duration, .near = uneven_pairs },
        { "views that ask two shards", "", OF("modulo", "db", "reshard.forwarded"), .predict = asked_twice,
          .near = uneven_pairs },
        { "requests that fail", "", OF("modulo", "total", "requests.failed"),
          .predict = nothing, .unmoved = true },
        { "rows that move on the ring", "", OF("consistent_hash", "db.resharding", "rows_moved"),
          .predict = moved },
        { "of those, from one old shard to another", "",
          OF("consistent_hash", "db.resharding", "rows_between_old"),
          .predict = nothing, .unmoved = true },
        { "time that takes", "s", OF("consistent_hash", "db.resharding", "elapsed.end"), .predict = duration,
          .near = uneven_pairs },
        { "requests that fail", "", OF("consistent_hash", "total", "requests.failed"),
          .predict = nothing, .unmoved = true },
    },
};

LADDER_MAIN(step)
