/* oracles_events.c - the oracles about what happens once: a name that leads to the dead, a backlog, an
 * autoscaler; see oracles.h. */
#include "tests/theory/oracles.h"

#include "tests/theory/exact_queue.h"
#include "tests/theory/exact_sharding.h"

/* clang-format off */

const struct oracle oracles_events[] = {
    {
        .id = "O25", .file = "O25_resharding.json", .replications = 5,
        .words = "100,000 rows are spread by their number modulo 4 and move to 5 shards while they are read. Five runs.",
        .wrong = "db.reshard.shards=6", /* the service has no part in it; nor in the next two */
        .claims = {
            { "rows that move", "%", OF("db.resharding", "moved_share"), .exact = exact_moved_by_modulo,
              .published = 0.8, .absolute = 0.005 },
            { "rows that move between old shards", "", OF("db.resharding", "rows_between_old"),
              .exact = exact_moved_between_old, .relative = 0.005 },
        },
        .configurations = {
            { "4 to 5", "base", { NULL }, { .shards = 4, .shards_after = 5, .keys = 100000 } },
            { "4 to 8", "base", { "db.reshard.shards=8" }, { .shards = 4, .shards_after = 8, .keys = 100000 } },
            { "10 to 5", "base", { "db.shards=10", "db.reshard.shards=5" },
              { .shards = 10, .shards_after = 5, .keys = 100000 } },
        },
    },
    {
        .id = "O26", .file = "O25_resharding.json",
        .words = "The same on a ring with 100 places a shard, another ring in each of 20 runs: three standard deviations of "
                 "their mean are 0.012.",
        .wrong = "db.reshard.shards=6",
        .claims = {
            { "rows that move", "%", OF("db.resharding", "moved_share"), .exact = exact_moved_on_ring,
              .published = 0.2, .absolute = 0.012 },
            { "rows that move between old shards", "", OF("db.resharding", "rows_between_old"),
              .exact = exact_nothing, .published = 0, .any_service = true },
        },
        .configurations = {
            { "4 to 5", "ring", { NULL }, { .shards = 4, .shards_after = 5 } },
            { "4 to 8", "ring", { "db.reshard.shards=8" }, { .shards = 4, .shards_after = 8 } },
        },
    },
    {
        .id = "O27", .file = "O25_resharding.json",
        .words = "Ten shards on a ring, 20 rings: the rows of the fullest one over the average. With 100 and 1000 places each "
                 "the figures are by Monte Carlo. (How the parts vary is tested without a scenario.)",
        .wrong = "db.virtual_nodes=20",
        .claims = {
            { "largest part over the average", "", OF("db.resharding", "rows_largest_after.mean"),
              PER("db.resharding", "rows_average_after.mean"), .exact = exact_largest_part,
              .published = 1.1593829, .relative = 0.05 },
        },
        .configurations = {
            { "100 places", "ten_shards", { NULL }, { .shards_after = 10, .places = 100 } },
            { "1000 places", "ten_shards", { "db.virtual_nodes=1000" }, { .shards_after = 10, .places = 1000 } },
        },
    },
    {
        .id = "O27", .file = "O25_resharding.json",
        .words = "The same with one place each: one ring in twenty has a shard with half of the rows, so that three standard "
                 "deviations of the mean of 20 are 22 %.",
        .wrong = "db.virtual_nodes=20",
        .claims = {
            { "largest part over the average", "", OF("db.resharding", "rows_largest_after.mean"),
              PER("db.resharding", "rows_average_after.mean"), .exact = exact_largest_part,
              .published = 2.92896825, .relative = 0.22 },
        },
        .configurations = {
            { "1 place", "ten_shards", { "db.virtual_nodes=1" }, { .shards_after = 10, .places = 1 } },
        },
    },
    {
        .id = "O33", .file = "O33_dns.json",
        .words = "1000 clients send 1/s each to two data centres, half to each by DNS with a TTL of 60 s; "
                 "each asks again as soon as its answer expires (ages uniform). One centre dies; the name "
                 "is corrected at once, or 30 s later on average (a check every 4 s, the eighth in a row "
                 "decides). Last: clients who ask again on their next request after the answer has expired.",
        .wrong = "name.ttl=50s", /* the service has no part in it */
        .claims = {
            { "requests that fail", "", OF("total", "requests.failed"), .exact = exact_dns_failures,
              .published = 15000, .relative = 0.03 },
            { "requests sent to the dead centre", "", OF("name.a", "sent_to_dead"),
              .exact = exact_dns_failures, .published = 15000, .relative = 0.03 },
        },
        .configurations = {
            { "corrected at once", "base", { NULL },
              { .arrival_rate = 1000, .share = 0.5, .ttl_s = 60, .window_s = 100 } },
            { "the first 15 s of it", "first_15_s", { NULL },
              { .arrival_rate = 1000, .share = 0.5, .ttl_s = 60, .window_s = 15 } },
            { "the first 45 s of it", "first_45_s", { NULL },
              { .arrival_rate = 1000, .share = 0.5, .ttl_s = 60, .window_s = 45 } },
            { "corrected after 30 s", "known_after_30_s", { NULL },
              { .arrival_rate = 1000, .share = 0.5, .ttl_s = 60, .window_s = 100, .detection_s = 30 } },
            { "10,000 clients, 0.1/s each, TTL 20 s, on the next request", "lazy", { NULL },
              { .arrival_rate = 1000, .share = 0.5, .ttl_s = 20, .window_s = 100, .gap_s = 10 } },
        },
    },
    {
        .id = "O38", .file = "O38_backlog.json", .replications = 5,
        .words = "A queue with 5 consumers, exponential work of mean 1/120 s: 1000 messages a second for "
                 "600 s. Five runs.",
        .wrong = "workers.handlers.default[0].wait.mean=8.75ms",
        .claims = {
            { "backlog at the end of the burst", "", OF("jobs.default", "waiting.end"),
              .exact = exact_backlog,
              .published = 240000, .relative = 0.01 },
        },
        .configurations = {
            { "1000/s", "burst", { NULL },
              { .arrival_rate = 1000, .service_mean_s = 1.0 / 120, .servers = 5, .burst_s = 600,
                .after_rate = 400 } },
            { "700/s, 4 consumers", "burst", { "producers.arrivals=700/s", "workers.count=4" },
              { .arrival_rate = 700, .service_mean_s = 1.0 / 120, .servers = 4, .burst_s = 600 } },
        },
    },
    {
        .id = "O38", .file = "O38_backlog.json", .replications = 5,
        .words = "The same, then 400 messages a second until the backlog is gone, 1200 s later. Five runs.",
        .wrong = "workers.handlers.default[0].wait.mean=8.75ms",
        .claims = {
            { "mean backlog from first to last", "", OF("jobs.default", "waiting.mean"),
              .exact = exact_backlog_mean,
              .published = 120000, .relative = 0.01 },
        },
        .configurations = {
            { "1000/s, then 400/s", "base", { NULL },
              { .arrival_rate = 1000, .service_mean_s = 1.0 / 120, .servers = 5, .burst_s = 600,
                .after_rate = 400 } },
        },
    },
    {
        .id = "O38", .file = "O38_backlog.json", .replications = 5,
        .words = "The same: how long those had waited that are done within a second of the last one of the "
                 "burst, 1000 s after the first; the very last one had waited for 400 s. Five runs.",
        .wrong = "workers.handlers.default[0].wait.mean=8.75ms",
        .claims = {
            { "mean time until done", "s", OF("jobs.default", "end_to_end.mean"), .exact = exact_lag_of_last,
              .relative = 0.01 },
        },
        .configurations = {
            { "the last of the burst", "last", { NULL },
              { .arrival_rate = 1000, .service_mean_s = 1.0 / 120, .servers = 5, .burst_s = 600,
                .after_rate = 400 } },
        },
    },
    {
        .id = "O39", .file = "O39_redelivery.json",
        .words = "At-least-once delivery: one acknowledgement in 20 is lost, and the message comes again "
                 "until one is not.",
        .wrong = "workers.acknowledgements_lost=5.5%",
        .claims = {
            { "deliveries of a message", "", OF("jobs.default", "delivered"),
              PER("jobs.default", "acknowledged"), .exact = exact_deliveries, .published = 1.05263158,
              .absolute = 0.002 },
            { "deliveries of one that had been delivered", "%", OF("jobs.default", "redelivered"),
              PER("jobs.default", "delivered"), .exact = exact_loss, .published = 0.05, .absolute = 0.002 },
            { "work done again, of a message", "", OF("jobs.default", "duplicates"),
              PER("jobs.default", "acknowledged"), .exact = exact_duplicates, .published = 0.0526315789,
              .absolute = 0.002 },
        },
        .configurations = {
            { "5 %", "base", { NULL }, { .loss = 0.05 } },
            { "20 %", "base", { "workers.acknowledgements_lost=20%" }, { .loss = 0.2 } },
        },
    },
    {
        .id = "O39", .file = "O39_redelivery.json",
        .words = "The same, a message being given up after two deliveries: those that would have a third.",
        .wrong = "workers.acknowledgements_lost=5.5%",
        .claims = {
            { "messages of three or more deliveries", "%", OF("jobs.default", "dead_lettered"),
              PER("jobs.default", "published"), .exact = exact_third_deliveries, .published = 0.0025,
              .absolute = 0.002 },
        },
        .configurations = {
            { "5 %", "given_up", { NULL }, { .loss = 0.05 } },
            { "20 %", "given_up", { "workers.acknowledgements_lost=20%" }, { .loss = 0.2 } },
        },
    },
    {
        .id = "O40", .file = "O40_autoscaler.json",
        .words = "Target tracking, desired = ceil(instances x figure / target), tolerance 10 %, an "
                 "evaluation every 4 s, machines that are ready at once. (a) 50 servers, 90 % busy, and a "
                 "target of 75 %.",
        .wrong = "web.service_time=10.5ms",
        .claims = {
            { "servers", "", OF("web", "instances.mean"), .exact = exact_instances_by_utilisation,
              .published = 60 },
        },
        .configurations = {
            { "50 of 90 %", "base", { NULL },
              { .arrival_rate = 4500, .service_mean_s = 0.01, .instances = 50, .evaluations = 1,
                .target = 0.75 } },
            { "50 of 80 %: within the tolerance", "base", { "users.arrivals=4000/s" },
              { .arrival_rate = 4000, .service_mean_s = 0.01, .instances = 50, .evaluations = 1,
                .target = 0.75 } },
        },
    },
    {
        .id = "O40", .file = "O40_autoscaler.json",
        .words = "(b) 2 servers of 100/s each meet 1000/s, and the target is 60 %. What they cannot do is "
                 "refused, so that they are never more than 100 % busy, and the overload looks smaller than "
                 "it is. A configuration is the time that follows so many evaluations: 2, 4, 7, 12, 17, 17, "
                 "17.",
        .wrong = "web.service_time=10.5ms",
        .claims = {
            { "servers", "", OF("web", "instances.mean"), .exact = exact_instances_by_utilisation,
              .published = 17 },
        },
        .configurations = {
            { "four evaluations", "by_utilisation", { "time.warm_up=16s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 4,
                .target = 0.6 } },
            { "no evaluations", "by_utilisation", { "time.warm_up=0s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 0,
                .target = 0.6 } },
            { "one evaluation", "by_utilisation", { "time.warm_up=4s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 1,
                .target = 0.6 } },
            { "two evaluations", "by_utilisation", { "time.warm_up=8s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 2,
                .target = 0.6 } },
            { "three evaluations", "by_utilisation", { "time.warm_up=12s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 3,
                .target = 0.6 } },
            { "five evaluations", "by_utilisation", { "time.warm_up=20s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 5,
                .target = 0.6 } },
            { "six evaluations", "by_utilisation", { "time.warm_up=24s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 6,
                .target = 0.6 } },
        },
    },
    {
        .id = "O40", .file = "O40_autoscaler.json",
        .words = "(c) The same by the requests that each server is offered, 60/s being the target, those "
                 "that it refuses among them: 2, 17, 17, 17.",
        .wrong = "users.arrivals=1050/s", /* what is offered does not depend on the service */
        .claims = {
            { "servers", "", OF("web", "instances.mean"), .exact = exact_instances_by_load, .published = 17 },
        },
        .configurations = {
            { "one evaluation", "by_load", { "time.warm_up=4s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 1,
                .target = 0.6 } },
            { "no evaluations", "by_load", { "time.warm_up=0s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 0,
                .target = 0.6 } },
            { "two evaluations", "by_load", { "time.warm_up=8s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 2,
                .target = 0.6 } },
            { "three evaluations", "by_load", { "time.warm_up=12s" },
              { .arrival_rate = 1000, .service_mean_s = 0.01, .instances = 2, .evaluations = 3,
                .target = 0.6 } },
        },
    },
    { .id = NULL },
};
