/* Step 17: what rows on several shards cost readers, and what copies cost writers. */
#include <math.h>
#include <string.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define INDEX_ENTRY_BYTES 48.0 /* a key and a place, in pages two thirds full */
#define QUESTION_BYTES 200.0
#define ANSWER_BYTES 100.0 /* of a shard, without the rows */
#define PAGE_BYTES 10e3    /* of the web server's answer, its default */

static double shards(const struct ladder_run *run)
{
    return ladder_number(run, "db.shards");
}

static double reads(const struct ladder_run *run)
{
    return ladder_rate(run, "readers.arrivals");
}

static double writes(const struct ladder_run *run)
{
    return ladder_has(run, "writers.arrivals") ? ladder_rate(run, "writers.arrivals") : 0;
}

static double read_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.read_time");
}

static double write_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.write_time");
}

static double row_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.row_read_time");
}

/* There and back between the page and the store. */
static double trip_s(const struct ladder_run *run)
{
    return 2 * ladder_seconds(run, "network.links[0].latency");
}

/* Until so many bytes have left a network card. */
static double card_s(const struct ladder_run *run, double bytes)
{
    return bytes / ladder_host(run, "db.host")->network;
}

/* What a page takes wherever its rows are: the question, its own row out of one shard, the page. */
static double page_s(const struct ladder_run *run, double row_bytes)
{
    return trip_s(run) + card_s(run, QUESTION_BYTES + ANSWER_BYTES + row_bytes + PAGE_BYTES);
}

/* Through the pages of an index of one shard's rows. */
static double look_up_s(const struct ladder_run *run, const char *rows)
{
    double fan_out = floor(ladder_bytes(run, "db.page_size") / INDEX_ENTRY_BYTES);

    return ladder_seconds(run, "db.index_time") *
           ceil(log(ladder_number(run, rows) / shards(run)) / log(fan_out));
}

/* ---- rows that are dealt out to shards by chance ---- */

/* Rows that a reader wants beside the own one. */
static double wanted(const struct ladder_run *run)
{
    return ladder_number(run, "web.handlers.view[0].rows");
}

/* Shards that have some of them: each is missed by all with (1 - 1/n)^m. */
static double shards_hit(const struct ladder_run *run)
{
    return shards(run) * (1 - pow(1 - 1 / shards(run), wanted(run)));
}

/* Ways to deal m rows so that no shard gets more than `most`, of n^m: by the exponential generating function,
 * m! [x^m] (1 + x + x^2/2! + ... + x^most/most!)^n. */
static double chance_of_at_most(int n, int m, int most)
{
    double power[64] = { 1 }, factorials = 1;

    for (int shard = 0; shard < n; shard++) {
        double next[64] = { 0 };

        for (int i = 0; i <= m; i++) {
            double term = 1;

            for (int k = 0; k <= most && i + k <= m; k++) {
                next[i + k] += power[i] * term;
                term /= k + 1;
            }
        }
        memcpy(power, next, sizeof power);
    }
    for (int i = 1; i <= m; i++)
        factorials *= (double)i / n;
    return power[m] * factorials;
}

/* Mean number of them on the shard with most. */
static double most_on_one(const struct ladder_run *run)
{
    int n = (int)shards(run), m = (int)wanted(run);
    double mean = 0;

    for (int most = 0; most < m; most++)
        mean += 1 - chance_of_at_most(n, m, most);
    return mean;
}

/* The way of a further question, and of those rows. */
static double most_rows_come_s(const struct ladder_run *run, const char *row_size)
{
    return trip_s(run) + card_s(run, ANSWER_BYTES + most_on_one(run) * ladder_bytes(run, row_size));
}

/* ---- a shard's processor ---- */

static struct formula_processor processor(const struct ladder_run *run, double rate, double work_s)
{
    return formula_processor(ladder_host(run, "db.host"), rate / shards(run), work_s);
}

/* Questions a second and the work of all of them, for all shards together. */
struct work {
    double rate, seconds;
};

static double busy_with(const struct ladder_run *run, struct work work)
{
    return processor(run, work.rate, work.seconds / work.rate).busy;
}

/* How much longer things take because others compute at the same time: a few thousandths. */
static double slowdown(const struct ladder_run *run, struct work work)
{
    double mean_s = work.seconds / work.rate;

    return processor(run, work.rate, mean_s).time_s / mean_s;
}

/* ---- joins by keys ---- */

static double joined_row_s(const struct ladder_run *run)
{
    return row_s(run) + look_up_s(run, "data.posts.rows");
}

static struct work joins(const struct ladder_run *run)
{
    return (struct work){ reads(run) * (1 + shards_hit(run)) + writes(run),
                          reads(run) * ((1 + shards_hit(run)) * read_s(run) +
                                        wanted(run) * joined_row_s(run)) +
                              writes(run) * write_s(run) };
}

static double joins_busy(const struct ladder_run *run)
{
    return busy_with(run, joins(run));
}

static double join_s(const struct ladder_run *run)
{
    return page_s(run, ladder_bytes(run, "data.people.row_size")) +
           slowdown(run, joins(run)) * (2 * read_s(run) + most_on_one(run) * joined_row_s(run)) +
           most_rows_come_s(run, "data.posts.row_size");
}

static double joins_near(const struct ladder_run *run)
{
    return slowdown(run, joins(run)) - 1;
}

/* ---- one table ---- */

/* Homes that repeat a post. */
static double copies(const struct ladder_run *run)
{
    return ladder_number(run, "data.homes.rows") * ladder_number(run, "data.homes.repeats.rows") /
           ladder_number(run, "data.posts.rows");
}

static double writes_each(const struct ladder_run *run)
{
    return 1 + copies(run);
}

/* All copies of a post are written at once: of those that meet on a shard, a binomial number, each has its
 * part of what so many cores do together. */
static double copy_s(const struct ladder_run *run)
{
    double others = round(copies(run)) - 1, here = 1 / shards(run), chance = pow(1 - here, others), mean = 0;

    for (double k = 0; k <= others; k++) {
        mean += chance * (k + 1) / formula_capacity(ladder_host(run, "db.host"), k + 1);
        chance *= (others - k) / (k + 1) * here / (1 - here);
    }
    return write_s(run) * mean;
}

static struct work homes(const struct ladder_run *run)
{
    return (struct work){ reads(run) + writes(run) * writes_each(run),
                          reads(run) * read_s(run) +
                              writes(run) * (write_s(run) + copies(run) * copy_s(run)) };
}

static double homes_busy(const struct ladder_run *run)
{
    return busy_with(run, homes(run));
}

/* Copies of one post come to a shard at the same time, but no read with them. */
static double home_s(const struct ladder_run *run)
{
    return page_s(run, ladder_bytes(run, "data.homes.row_size")) + slowdown(run, homes(run)) * read_s(run);
}

static double homes_near(const struct ladder_run *run)
{
    return 2 * (slowdown(run, homes(run)) - 1);
}

/* At which the copies take as long as the joins spare. */
static double load_per_joins(const struct ladder_run *run)
{
    return homes_busy(run) / joins_busy(ladder_variant(run, "even"));
}

/* A home is old when any of its posts was written within the time that the worker waits. The way to the
 * copies takes some milliseconds more. */
static double old_homes(const struct ladder_run *run)
{
    double each = writes(run) / ladder_number(run, "data.posts.rows");

    return 1 - exp(-ladder_number(run, "data.homes.repeats.rows") * each *
                   ladder_seconds(run, "copier.handlers.edit[0].wait"));
}

static double old_homes_near(const struct ladder_run *run)
{
    return 0.01 / ladder_seconds(run, "copier.handlers.edit[0].wait");
}

/* ---- joins on a column ---- */

static double letters_look_up_s(const struct ladder_run *run)
{
    return look_up_s(run, "data.letters.rows");
}

static struct work letters(const struct ladder_run *run)
{
    return (struct work){ reads(run) * (1 + shards(run)),
                          reads(run) * (read_s(run) + shards(run) * (read_s(run) + letters_look_up_s(run)) +
                                        wanted(run) * row_s(run)) };
}

static double letters_s(const struct ladder_run *run)
{
    return page_s(run, ladder_bytes(run, "data.people.row_size")) +
           slowdown(run, letters(run)) *
               (2 * read_s(run) + letters_look_up_s(run) + most_on_one(run) * row_s(run)) +
           most_rows_come_s(run, "data.letters.row_size");
}

static double letters_near(const struct ladder_run *run)
{
    return slowdown(run, letters(run)) - 1;
}

static double letters_busy(const struct ladder_run *run)
{
    return busy_with(run, letters(run));
}

/* Person 7 and the letters of person 7 lie on the same shard, which does all of it. */
static struct work letters_together(const struct ladder_run *run)
{
    return (struct work){ reads(run), reads(run) * (read_s(run) + letters_look_up_s(run) +
                                                    wanted(run) * row_s(run)) };
}

static double letters_together_s(const struct ladder_run *run)
{
    struct work work = letters_together(run);

    return page_s(run, ladder_bytes(run, "data.people.row_size") +
                           wanted(run) * ladder_bytes(run, "data.letters.row_size")) +
           processor(run, work.rate, work.seconds / work.rate).time_s;
}

/* A page waits for the card when another one leaves, a message always taking as long: half the chance of that
 * times its time; twice, as shards have cards, too. */
static double letters_together_near(const struct ladder_run *run)
{
    return reads(run) * pow(card_s(run, PAGE_BYTES), 2) / letters_together_s(run);
}

static double letters_together_busy(const struct ladder_run *run)
{
    return busy_with(run, letters_together(run));
}

/* ---- look-ups ---- */

static double by_key_s(const struct ladder_run *run)
{
    return page_s(run, ladder_bytes(run, "data.people.row_size")) +
           processor(run, reads(run), read_s(run)).time_s;
}

static double by_email_work_s(const struct ladder_run *run)
{
    return read_s(run) + look_up_s(run, "data.people.rows");
}

/* The slowest of n exponentials takes 1 + 1/2 + ... + 1/n times as long as one. It may be the one with the
 * row, whose answer is longer. */
static double by_email_s(const struct ladder_run *run)
{
    struct work work = { reads(run) * shards(run), reads(run) * shards(run) * by_email_work_s(run) };
    double slowest = 0;

    for (int k = 1; k <= (int)shards(run); k++)
        slowest += 1.0 / k;
    return page_s(run, 0) +
           slowdown(run, work) * (read_s(run) * slowest + look_up_s(run, "data.people.rows"));
}

static double by_email_near(const struct ladder_run *run)
{
    struct work work = { reads(run) * shards(run), reads(run) * shards(run) * by_email_work_s(run) };

    return slowdown(run, work) - 1 + card_s(run, ladder_bytes(run, "data.people.row_size")) / by_email_s(run);
}

/* Every shard does every look-up: there is no number of shards in it. */
static double by_email_busy(const struct ladder_run *run)
{
    return formula_processor(ladder_host(run, "db.host"), reads(run), by_email_work_s(run)).busy;
}

static double others_are_up(const struct ladder_run *run)
{
    return 1 - 1 / shards(run);
}

static double all_of_them(const struct ladder_run *run)
{
    (void)run;
    return 1;
}

static const struct ladder_step step = {
    .file = "17_joins_and_denormalisation.json",
    .others = { { "db.shards=5", "network.links[0].latency=0.4ms", "data.posts.rows=30000" },
                { "readers.arrivals=260/s", "db.index_time=20us", "db.row_read_time=30us" } },
    .wrong = { "readers.arrivals=188/s", "db.shards=9", "db.read_time=0.47ms", "data.posts.rows=22500",
               "network.links[0].latency=0.3ms" },
    .often = { { "denormalised", 24 }, { "even", 24 }, { "even_denormalised", 24 }, { "later", 24 },
               { "letters", 16 }, { "letters_by_person", 16 }, { "by_email", 16 }, { "by_email_16", 16 }, { NULL, 16 },
               { "one_down_by_key", 24 } },
    .claims = {
        { "shards that have the six posts of a home", "", OF(NULL, "db", "split.parts"),
          PER(NULL, "db", "split.queries"), .predict = shards_hit },
        { "a home by a join over shards", "ms", OF(NULL, "readers", "latency.mean"), .predict = join_s,
          .near = joins_near },
        { "a home out of one row", "ms", OF("denormalised", "readers", "latency.mean"), .predict = home_s,
          .near = homes_near },
        { "processor of a shard, with joins", "%", OF(NULL, "db.shard", "cpu.utilisation"),
          .predict = joins_busy },
        { "with the denormalised table", "%", OF("denormalised", "db.shard", "cpu.utilisation"),
          .predict = homes_busy },
        { "rows written for a post", "", OF("denormalised", "db.shard", "log.appended"),
          PER("denormalised", "writers", "requests.started"), .predict = writes_each },
        { "27 % writes: its load, that of the joins being 100 %", "%",
          OF("even_denormalised", "db.shard", "cpu.utilisation"), PER("even", "db.shard", "cpu.utilisation"),
          .predict = load_per_joins },
        { "copies 5 s later: homes that are old", "%", OF("later", "db.shard", "stale_copies"),
          PER("later", "readers", "requests.ok"), .predict = old_homes, .near = old_homes_near },
        { "letters on any shard: shards asked", "", OF("letters", "db", "split.parts"),
          PER("letters", "db", "split.queries"), .predict = shards },
        { "a person with six letters", "ms", OF("letters", "readers", "latency.mean"), .predict = letters_s,
          .near = letters_near },
        { "processor of a shard", "%", OF("letters", "db.shard", "cpu.utilisation"),
          .predict = letters_busy },
        { "letters on the person's shard", "ms", OF("letters_by_person", "readers", "latency.mean"),
          .predict = letters_together_s, .near = letters_together_near },
        { "processor of a shard then", "%", OF("letters_by_person", "db.shard", "cpu.utilisation"),
          .predict = letters_together_busy },
        { "a look-up by key", "ms", OF("by_key", "readers", "latency.mean"), .predict = by_key_s },
        { "by address, the slowest of eight shards", "ms", OF("by_email", "readers", "latency.mean"),
          .predict = by_email_s, .near = by_email_near },
        { "of sixteen", "ms", OF("by_email_16", "readers", "latency.mean"), .predict = by_email_s,
          .near = by_email_near },
        { "processor of each of eight shards", "%", OF("by_email", "db.shard", "cpu.utilisation"),
          .predict = by_email_busy },
        { "of each of sixteen", "%", OF("by_email_16", "db.shard", "cpu.utilisation"),
          .predict = by_email_busy },
        { "answered by key with one shard of eight dead", "%", OF("one_down_by_key", "total", "availability"),
          .predict = others_are_up },
        { "of those by address that are answered in part", "%", OF("one_down_partial", "db", "split.partial"),
          PER("one_down_partial", "db", "split.queries"), .predict = all_of_them, .unmoved = true },
    },
};

LADDER_MAIN(step)
