/* Step 3: what a page and an edit make stores of each kind do: processor, disk, round trips, locks. */
#include <math.h>
#include <string.h>

#include "tests/ladder/formulas.h"
#include "tests/ladder/ladder.h"

#define INDEX_ENTRY_BYTES 48.0 /* a key and a place, in pages two thirds full */
#define CHUNK_BYTES 1048576.0  /* a table is copied in such pieces */

static const struct host_config *box(const struct ladder_run *run)
{
    return ladder_host(run, "db.host");
}

static double views(const struct ladder_run *run)
{
    return ladder_rate(run, "readers.arrivals");
}

static double edits(const struct ladder_run *run)
{
    return ladder_has(run, "writers.arrivals") ? ladder_rate(run, "writers.arrivals") : 0;
}

/* There and back between the page and the store. */
static double trip_s(const struct ladder_run *run)
{
    return 2 * ladder_seconds(run, "network.links[0].latency");
}

/* ---- work for the processor ---- */

/* Pages from the root of an index to a row. */
static double levels(const struct ladder_run *run, const char *rows)
{
    double fan_out = floor(ladder_bytes(run, "db.page_size") / INDEX_ENTRY_BYTES);

    return ceil(log(ladder_number(run, rows)) / log(fan_out));
}

static double serialise_s(const struct ladder_run *run, const char *size)
{
    return ladder_bytes(run, size) / 1000 * ladder_seconds(run, "db.serialise_time");
}

static double join_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.read_time") +
           ladder_number(run, "web.handlers.view[0].rows") *
               (ladder_seconds(run, "db.row_read_time") +
                ladder_seconds(run, "db.index_time") * levels(run, "data.comments.rows"));
}

static double transaction_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.write_time") +
           (ladder_number(run, "web.handlers.edit[0].rows") - 1) * ladder_seconds(run, "db.row_read_time");
}

static double document_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.read_time") + serialise_s(run, "data.posts.row_size");
}

/* Parsed, changed, and serialised again. */
static double rewrite_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.write_time") + 2 * serialise_s(run, "data.posts.row_size");
}

/* Values asked for one after the other: the post's, and those of a repeat. */
static double value_reads(const struct ladder_run *run)
{
    return 1 + ladder_number(run, "web.handlers.view[1].repeat");
}

static double value_writes(const struct ladder_run *run)
{
    return 1 + ladder_number(run, "web.handlers.edit[1].repeat");
}

static double values_s(const struct ladder_run *run)
{
    return value_reads(run) *
           (ladder_seconds(run, "db.read_time") + serialise_s(run, "data.posts.row_size"));
}

static double value_writes_s(const struct ladder_run *run)
{
    return value_writes(run) *
           (ladder_seconds(run, "db.write_time") + serialise_s(run, "data.posts.row_size"));
}

/* Work of a page and of an edit, by the kind of the store. */
struct work {
    double page_s, edit_s;
};

static struct work work(const struct ladder_run *run)
{
    const char *kind = ladder_text(run, "db.kind");

    if (!strcmp(kind, "document"))
        return (struct work){ document_s(run), rewrite_s(run) };
    if (!strcmp(kind, "key_value"))
        return (struct work){ values_s(run), value_writes_s(run) };
    return (struct work){ join_s(run), transaction_s(run) };
}

static struct formula_processor processor(const struct ladder_run *run)
{
    double rate = views(run) + edits(run);

    return formula_processor(box(run), rate,
                             (views(run) * work(run).page_s + edits(run) * work(run).edit_s) / rate);
}

static double busy(const struct ladder_run *run)
{
    return processor(run).busy;
}

/* Who shares a processor is there for a time in proportion to its work. */
static double page_s(const struct ladder_run *run)
{
    double rate = views(run) + edits(run);
    double mean_s = (views(run) * work(run).page_s + edits(run) * work(run).edit_s) / rate;
    double trips = !strcmp(ladder_text(run, "db.kind"), "key_value") ? value_reads(run) : 1;

    return trips * trip_s(run) + processor(run).time_s * work(run).page_s / mean_s;
}

static double operations(const struct ladder_run *run)
{
    return views(run) * value_reads(run) + edits(run) * value_writes(run);
}

/* ---- hops ---- */

static double friends(const struct ladder_run *run)
{
    double each = ladder_number(run, "web.handlers.view[0].rows"), level = 1, all = 0;

    for (int i = 0; i < (int)ladder_number(run, "web.handlers.view[0].hops"); i++) {
        level *= each;
        all += level;
    }
    return all;
}

static double hops_s(const struct ladder_run *run)
{
    double row_s = ladder_seconds(run, "db.row_read_time");

    if (!strcmp(ladder_text(run, "db.kind"), "relational"))
        row_s += ladder_seconds(run, "db.index_time") * levels(run, "data.people.rows");
    return formula_processor(box(run), views(run), ladder_seconds(run, "db.read_time") + friends(run) * row_s)
        .time_s;
}

/* ---- disk ---- */

static double disk_s(const struct ladder_run *run, double bytes)
{
    return 1 / box(run)->disk_operations + bytes / box(run)->disk_bandwidth;
}

/* Memory is empty at the start: a profile is found there when it was asked for before, which is the more
 * likely the later it is. */
static double profiles_disk_busy(const struct ladder_run *run)
{
    double page = ladder_bytes(run, "db.page_size"), bytes = ladder_bytes(run, "data.profiles.row_size");
    double asked =
        views(run) * (ladder_seconds(run, "time.warm_up") + ladder_seconds(run, "time.measure") / 2);

    if (!strcmp(ladder_text(run, "db.kind"), "wide_column"))
        bytes *= ladder_number(run, "web.handlers.view[0].columns") /
                 ladder_number(run, "data.profiles.columns");
    return views(run) * exp(-asked / ladder_number(run, "data.profiles.rows")) *
           disk_s(run, ceil(bytes / page) * page);
}

/* All rows alike: the share of them that memory holds. Each is one unit of whole pages. */
static double photos_in_memory(const struct ladder_run *run)
{
    double page = ladder_bytes(run, "db.page_size");
    double photo = ceil(ladder_bytes(run, "data.photos.row_size") / page) * page;

    return 0.75 * (double)box(run)->memory / photo / ladder_number(run, "data.photos.rows");
}

static double photos_disk_busy(const struct ladder_run *run)
{
    double page = ladder_bytes(run, "db.page_size");

    return views(run) * (1 - photos_in_memory(run)) *
           disk_s(run, ceil(ladder_bytes(run, "data.photos.row_size") / page) * page);
}

static double part_of_a_shard(const struct ladder_run *run)
{
    return 1 / ladder_number(run, "db.shards");
}

/* ---- one row for all ---- */

/* The lock is held while the record goes to the disk, on which nobody else writes: always as long. Those who
 * come from the processor come at random dates. */
static double lock_held_s(const struct ladder_run *run)
{
    return disk_s(run, ladder_bytes(run, "db.log_record"));
}

static double lock_taken(const struct ladder_run *run)
{
    return edits(run) * lock_held_s(run);
}

static double like_s(const struct ladder_run *run)
{
    double taken = lock_taken(run);

    return formula_processor(box(run), edits(run), ladder_seconds(run, "db.write_time")).time_s +
           lock_held_s(run) * (1 + taken / (2 * (1 - taken)));
}

static double like_without_lock_s(const struct ladder_run *run)
{
    return formula_processor(box(run), edits(run),
                             ladder_seconds(run, "db.write_time") + serialise_s(run, "data.posts.row_size"))
        .time_s;
}

/* ---- another column ---- */

static double table_bytes(const struct ladder_run *run)
{
    double page = ladder_bytes(run, "db.page_size");
    double rows_a_page = floor(page / ladder_bytes(run, "data.posts.row_size"));

    return ceil(ladder_number(run, "data.posts.rows") / rows_a_page) * page;
}

static double table_copied_s(const struct ladder_run *run)
{
    return ceil(table_bytes(run) / CHUNK_BYTES) / box(run)->disk_operations +
           table_bytes(run) / box(run)->disk_bandwidth;
}

static double share_of_time(const struct ladder_run *run)
{
    return table_copied_s(run) / ladder_seconds(run, "time.measure");
}

/* At the start of it the disk may be busy with the log, and who had a lock before writes one record more. */
static double share_near(const struct ladder_run *run)
{
    return 2 * disk_s(run, 100 * ladder_bytes(run, "db.log_record")) / table_copied_s(run);
}

/* ---- copies ---- */

static double message_rate(const struct ladder_run *run)
{
    return 1 / ladder_seconds(run, "network.latency");
}

/* Two of three copies have a write when its message is there, and no later one was acknowledged: step 6. */
static double stale_share(const struct ladder_run *run)
{
    double writes_of_a_row = ladder_rate(run, "writers.arrivals") / ladder_number(run, "data.people.rows");

    return 2.0 / 3 * writes_of_a_row / (writes_of_a_row + message_rate(run));
}

/* A copy works on it when the message is there, and the one that acknowledges before. */
static double stale_near(const struct ladder_run *run)
{
    return ladder_seconds(run, "db.write_time") * message_rate(run);
}

static const struct ladder_step step = {
    .file = "03_relational_or_key_value.json",
    .others = { { "readers.arrivals=300/s", "db.read_time=0.6ms", "data.posts.rows=400000",
                  "data.photos.rows=300000" },
                { "db.serialise_time=8us", "db.index_time=4us", "data.comments.rows=100000",
                  "hosts.box.disk_bandwidth=150MB/s" } },
    .wrong = { "readers.arrivals=421/s", "db.read_time=0.53ms", "db.write_time=0.53ms",
               "data.posts.rows=525000", "data.photos.rows=262000", "hosts.box.disk_operations=2850/s" },
    .often = { { "copies", 24 } },
    .claims = {
        { "a page: a join of 7 rows", "ms", OF(NULL, "readers", "latency.mean"), .predict = page_s },
        { "a page: one document", "ms", OF("document", "readers", "latency.mean"), .predict = page_s },
        { "a page: seven values, one after the other", "ms", OF("key_value", "readers", "latency.mean"),
          .predict = page_s },
        { "processor of the relational database", "%", OF(NULL, "box", "cpu.utilisation"), .predict = busy },
        { "of the document store", "%", OF("document", "box", "cpu.utilisation"), .predict = busy },
        { "of the key-value store", "%", OF("key_value", "box", "cpu.utilisation"), .predict = busy },
        { "operations of the key-value store", "/s", OF("key_value", "db", "throughput"),
          .predict = operations },
        { "120 friends over 4 hops, by joins", "ms", OF("friends", "db", "latency.mean"), .predict = hops_s },
        { "by pointers, in a graph", "ms", OF("friends_graph", "db", "latency.mean"), .predict = hops_s },
        { "disk busy with whole rows, 4 of 32 columns wanted", "%", OF("columns", "box", "disk.utilisation"),
          .predict = profiles_disk_busy },
        { "with these columns alone", "%", OF("columns_wide", "box", "disk.utilisation"),
          .predict = profiles_disk_busy },
        { "likes that find the row locked", "%", OF("likes", "db", "lock.waits"),
          PER("likes", "db", "requests.started"), .predict = lock_taken },
        { "a like under the lock", "ms", OF("likes", "db", "latency.mean"), .predict = like_s },
        { "a like without a lock", "ms", OF("likes_key_value", "db", "latency.mean"),
          .predict = like_without_lock_s },
        { "a column more: bytes of the table written anew", "KB", OF("schema", "db", "schema_change.copied"),
          .predict = table_bytes },
        { "part of the time in which edits wait for it", "%",
          OF("schema", "db", "schema_change.running.mean"), .predict = share_of_time, .near = share_near },
        { "photos in the memory of one machine", "%", OF("outgrown", "db", "buffer_pool.hit_ratio"),
          .predict = photos_in_memory },
        { "its disk", "%", OF("outgrown", "db", "disk.utilisation"), .predict = photos_disk_busy },
        { "reads of copies that are stale", "%", OF("copies", "db", "reads.stale"),
          PER("copies", "db", "reads.answered"), .predict = stale_share, .near = stale_near,
          .unmoved = true },
        { "part of the photos on each of four", "%", OF("spread", "db.shard[0]", "storage.used.mean"),
          PER("outgrown", "db", "storage.used.mean"), .predict = part_of_a_shard, .unmoved = true },
    },
};

LADDER_MAIN(step)
