/* oracles.c - the table; see oracles.h. Ids, published figures and tolerances are those of the project's list
 * of exact answers. */
#include "tests/theory/oracles.h"

#include "tests/theory/exact_replication.h"

/* clang-format off */

const struct oracle oracles[] = {
    {
        .id = "O01", .file = "O01_mm1.json", .server = "server", .line = true,
        .words = "M/M/1: Poisson arrivals, one server, exponential service of mean 10 ms, first come first "
                 "served.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_mmc_sojourn_mean,
              .published = 0.05, .relative = 0.02 },
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_mmc_wait_mean,
              .published = 0.04, .relative = 0.02 },
            { "median time in system", "ms", OF("server", "latency.p50"), .exact = exact_mm1_sojourn_quantile,
              .argument = 0.5, .published = 0.034657359, .relative = 0.02 },
            { "p90 of time in system", "ms", OF("server", "latency.p90"), .exact = exact_mm1_sojourn_quantile,
              .argument = 0.9, .published = 0.115129255, .relative = 0.02 },
            { "p99 of time in system", "ms", OF("users", "latency.p99"), .exact = exact_mm1_sojourn_quantile,
              .argument = 0.99, .published = 0.230258509, .relative = 0.04 },
            { "p99 of wait", "ms", OF("server", "wait.p99"), .exact = exact_mmc_wait_quantile,
              .argument = 0.99, .published = 0.219101332, .relative = 0.04 },
            { "mean number in system", "", OF("server", "in_flight.mean"), .exact = exact_mmc_in_system,
              .published = 4.0, .relative = 0.02 },
            { "probability of waiting", "%", OF("server", "wait.probability"), .exact = exact_load,
              .published = 0.8, .absolute = 0.005 },
            { "utilisation", "%", OF("server", "utilisation"), .exact = exact_load,
              .published = 0.8, .absolute = 0.005 },
        },
        .configurations = {
            { "80/s", "base", { NULL }, { .arrival_rate = 80, .service_mean_s = 0.01, .servers = 1 } },
            { "60/s", "base", { "users.arrivals=60/s" },
              { .arrival_rate = 60, .service_mean_s = 0.01, .servers = 1 } },
        },
    },
    {
        .id = "O02", .file = "O02_mmc.json", .server = "server", .line = true,
        .words = "M/M/c: Poisson 80/s, one line before servers with exponential service of mean 100 ms.",
        .wrong = "server.service_time.mean=105ms",
        .claims = {
            { "probability of waiting", "%", OF("server", "wait.probability"),
              .exact = exact_mmc_wait_probability,
              .published = 0.409180151, .absolute = 0.005 },
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_mmc_wait_mean,
              .published = 0.0204590075, .relative = 0.02 },
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_mmc_sojourn_mean,
              .published = 0.120459008, .relative = 0.02 },
            { "p95 of wait", "ms", OF("server", "wait.p95"), .exact = exact_mmc_wait_quantile,
              .argument = 0.95, .published = 0.105106626, .relative = 0.02 },
            { "p99 of wait", "ms", OF("server", "wait.p99"), .exact = exact_mmc_wait_quantile,
              .argument = 0.99, .relative = 0.04 },
            { "mean number in system", "", OF("server", "in_flight.mean"), .exact = exact_mmc_in_system,
              .relative = 0.02 },
            { "utilisation", "%", OF("server", "utilisation"), .exact = exact_load, .published = 0.8,
              .absolute = 0.005 },
        },
        .configurations = {
            { "10 servers", "base", { NULL }, { .arrival_rate = 80, .service_mean_s = 0.1, .servers = 10 } },
            { "12 servers", "base", { "server.servers=12" },
              { .arrival_rate = 80, .service_mean_s = 0.1, .servers = 12 } },
        },
    },
    {
        .id = "O03", .file = "O03_loss.json", .server = "server", .line = true,
        .words = "Loss system: 15 servers, service of mean 1 s, no waiting room. The loss does not depend on "
                 "the law of the service time.",
        .wrong = "users.arrivals=8.5134/s", /* as if the service took 5 % longer, whatever its law */
        .claims = {
            { "requests lost", "%", OF("server", "requests.failed.refused"),
              PER("server", "requests.started"), .exact = exact_erlang_loss, .published = 0.0099996319,
              .absolute = 0.0006 },
            { "busy servers", "", OF("server", "in_flight.mean"), .exact = exact_erlang_busy,
              .published = 8.02692298, .relative = 0.005 },
        },
        .configurations = {
            { "exponential", "base", { NULL },
              { .arrival_rate = 8.108, .service_mean_s = 1, .servers = 15 } },
            { "lognormal, cv 2", "lognormal", { NULL },
              { .arrival_rate = 8.108, .service_mean_s = 1, .servers = 15 } },
            { "constant", "constant", { NULL },
              { .arrival_rate = 8.108, .service_mean_s = 1, .servers = 15 } },
            { "exponential, 12/s", "base", { "users.arrivals=12/s" },
              { .arrival_rate = 12, .service_mean_s = 1, .servers = 15 } },
        },
    },
    {
        .id = "O04", .file = "O04_mm1k.json", .server = "server", .line = true,
        .words = "M/M/1/K: Poisson 90/s, exponential service of mean 10 ms, room for K requests, the one in "
                 "service among them; further ones are refused.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "requests refused", "%", OF("server", "requests.failed.refused"),
              PER("server", "requests.started"), .exact = exact_mm1k_loss, .published = 0.0508137313,
              .relative = 0.02 },
            { "mean number in system", "", OF("server", "in_flight.mean"), .exact = exact_mm1k_in_system,
              .published = 3.9694406, .relative = 0.02 },
            { "mean time in system of the accepted", "ms", OF("server", "latency.mean"),
              .exact = exact_mm1k_sojourn_mean, .published = 0.0464660067, .relative = 0.02 },
            { "throughput", "/s", OF("server", "throughput"), .exact = exact_mm1k_throughput,
              .published = 85.4267642, .relative = 0.005 },
            { "utilisation", "%", OF("server", "utilisation"), .exact = exact_mm1k_load, .absolute = 0.005 },
        },
        .configurations = {
            { "K = 10", "base", { NULL }, { .arrival_rate = 90, .service_mean_s = 0.01, .servers = 1,
              .room = 10 } },
            { "K = 5", "base", { "server.waiting=4" },
              { .arrival_rate = 90, .service_mean_s = 0.01, .servers = 1, .room = 5 } },
        },
    },
    {
        .id = "O05", .file = "O05_md1.json", .server = "server", .line = true,
        .words = "M/D/1: Poisson arrivals, every service takes exactly 10 ms, first come first served.",
        .wrong = "server.service_time=10.5ms",
        .claims = {
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_mg1_wait_mean,
              .published = 0.02, .relative = 0.02 },
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_mg1_sojourn_mean,
              .published = 0.03, .relative = 0.02 },
            { "median time in system", "ms", OF("server", "latency.p50"), .exact = exact_md1_sojourn_quantile,
              .argument = 0.5, .published = 0.0227593987, .relative = 0.02 },
            { "p90 of time in system", "ms", OF("server", "latency.p90"), .exact = exact_md1_sojourn_quantile,
              .argument = 0.9, .published = 0.060115115, .relative = 0.02 },
            { "p99 of time in system", "ms", OF("server", "latency.p99"), .exact = exact_md1_sojourn_quantile,
              .argument = 0.99, .published = 0.113558868, .relative = 0.04 },
            { "p99 of wait", "ms", OF("server", "wait.p99"), .exact = exact_md1_wait_quantile,
              .argument = 0.99, .published = 0.103558868, .relative = 0.04 },
        },
        .configurations = {
            { "80/s", "base", { NULL }, { .arrival_rate = 80, .service_mean_s = 0.01, .servers = 1 } },
            { "60/s", "base", { "users.arrivals=60/s" },
              { .arrival_rate = 60, .service_mean_s = 0.01, .servers = 1 } },
        },
    },
    {
        .id = "O06", .file = "O06_mg1_lognormal.json", .server = "server", .line = true,
        .words = "M/G/1: lognormal service of mean 10 ms and squared coefficient of variation 4, first come "
                 "first served.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_mg1_wait_mean,
              .published = 0.0583333333, .relative = 0.04 },
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_mg1_sojourn_mean,
              .published = 0.0683333333, .relative = 0.04 },
            { "probability of waiting", "%", OF("server", "wait.probability"), .exact = exact_load,
              .published = 0.7, .absolute = 0.005 },
        },
        .configurations = {
            { "70/s", "base", { NULL },
              { .arrival_rate = 70, .service_mean_s = 0.01, .service_scv = 4, .servers = 1 } },
            { "50/s", "base", { "users.arrivals=50/s" },
              { .arrival_rate = 50, .service_mean_s = 0.01, .service_scv = 4, .servers = 1 } },
        },
    },
    {
        .id = "O07", .file = "O07_mg1_hyperexponential.json", .server = "server", .line = true,
        .words = "M/H2/1: hyperexponential service (balanced means) of mean 10 ms and squared coefficient of "
                 "variation 10, first come first served.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_mg1_wait_mean,
              .published = 0.0825, .relative = 0.05 },
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_mg1_sojourn_mean,
              .published = 0.0925, .relative = 0.05 },
            { "probability of waiting", "%", OF("server", "wait.probability"), .exact = exact_load,
              .absolute = 0.005 },
        },
        .configurations = {
            { "60/s", "base", { NULL },
              { .arrival_rate = 60, .service_mean_s = 0.01, .service_scv = 10, .servers = 1 } },
            { "40/s", "base", { "users.arrivals=40/s" },
              { .arrival_rate = 40, .service_mean_s = 0.01, .service_scv = 10, .servers = 1 } },
        },
    },
    {
        .id = "O08", .file = "O08_processor_sharing.json", .server = "server", .replications = 10,
        .words = "M/G/1 processor sharing: lognormal service of mean 10 ms and squared coefficient of "
                 "variation 4; the mean is that of M/M/1, and requests of any size are slowed down alike. "
                 "Ten runs.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_ps_sojourn_mean,
              .published = 0.0333333333, .relative = 0.03 },
            { "mean slowdown", "", OF("server", "slowdown.mean"), .exact = exact_ps_slowdown,
              .published = 3.33333333, .relative = 0.03 },
            { "utilisation", "%", OF("server", "utilisation"), .exact = exact_load, .absolute = 0.005 },
        },
        .configurations = {
            { "70/s", "base", { NULL }, { .arrival_rate = 70, .service_mean_s = 0.01, .servers = 1 } },
            { "50/s", "base", { "users.arrivals=50/s" },
              { .arrival_rate = 50, .service_mean_s = 0.01, .servers = 1 } },
        },
    },
    {
        .id = "O08", .file = "O08_processor_sharing.json", .server = "server", .replications = 10,
        .words = "The same by size: 4 % of the requests need exactly 5 ms and 2 % exactly 20 ms, which "
                 "leaves the mean at 10 ms; the others are lognormal as before. Ten runs.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean time in system of 5 ms of work", "ms", OF("users:small", "latency.mean"),
              .exact = exact_ps_sojourn_of_size, .argument = 0.005, .published = 0.0166666667,
              .relative = 0.03 },
            { "mean time in system of 20 ms of work", "ms", OF("users:large", "latency.mean"),
              .exact = exact_ps_sojourn_of_size, .argument = 0.02, .published = 0.0666666667,
              .relative = 0.03 },
            { "mean time in system", "ms", OF("server", "latency.mean"), .exact = exact_ps_sojourn_mean,
              .published = 0.0333333333, .relative = 0.03 },
            { "mean slowdown", "", OF("server", "slowdown.mean"), .exact = exact_ps_slowdown,
              .published = 3.33333333, .relative = 0.03 },
        },
        .configurations = {
            { "70/s, by size", "sizes", { NULL }, { .arrival_rate = 70, .service_mean_s = 0.01,
              .servers = 1 } },
        },
    },
    {
        .id = "O14", .file = "O14_priority.json", .server = "server", .line = true,
        .words = "Non-preemptive priority: one exponential server of mean 10 ms; 37.5 % of the requests go "
                 "first, first come first served within each class.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean time in system, high", "ms", OF("users:high", "latency.mean"),
              .exact = exact_priority_sojourn_high,
              .published = 0.0214285714, .relative = 0.02 },
            { "mean time in system, low", "ms", OF("users:low", "latency.mean"),
              .exact = exact_priority_sojourn_low,
              .published = 0.0671428571, .relative = 0.02 },
            { "mean wait of all", "ms", OF("server", "wait.mean"), .exact = exact_mmc_wait_mean,
              .published = 0.04, .relative = 0.02 },
        },
        .configurations = {
            { "30/s and 50/s", "base", { NULL },
              { .arrival_rate = 80, .service_mean_s = 0.01, .service_scv = 1, .servers = 1,
                .share = 0.375 } },
            { "22.5/s and 37.5/s", "base", { "users.arrivals=60/s" },
              { .arrival_rate = 60, .service_mean_s = 0.01, .service_scv = 1, .servers = 1,
                .share = 0.375 } },
        },
    },
    {
        .id = "O28", .file = "O28_celebrity.json", .server = "db.shard",
        .words = "Celebrity: 4 shards by row number modulo 4, each one core with exponential reads of mean 1 "
                 "ms; one row gets 20 % of the requests, the rest is spread evenly.",
        .wrong = "db.read_time.mean=1.05ms",
        .claims = {
            { "share of the hot shard", "%", OF("db.shard[2]", "requests.share"), .exact = exact_hot_share,
              .published = 0.4, .relative = 0.02, .any_service = true },
            { "utilisation, hot", "%", OF("db.shard[2]", "cpu.utilisation"), .exact = exact_hot_load,
              .published = 0.8, .relative = 0.02 },
            { "utilisation, cold", "%", OF("db.shard[1]", "cpu.utilisation"), .exact = exact_cold_load,
              .published = 0.4, .relative = 0.02 },

            { "mean time in system, hot", "ms", OF("db.shard[2]", "in_flight.mean"),
              PER("db.shard[2]", "throughput"),
              .exact = exact_hot_sojourn, .published = 0.005, .relative = 0.02 },

            { "mean time in system, cold", "ms", OF("db.shard[1]", "in_flight.mean"),
              PER("db.shard[1]", "throughput"),
              .exact = exact_cold_sojourn, .published = 0.0016666667, .relative = 0.02 },
            { "mean latency of users", "ms", OF("users", "latency.mean"), .exact = exact_shards_sojourn,
              .published = 0.003, .relative = 0.02 },

            { "rate that fills the hot shard", "/s", OF("total", "throughput"),
              PER("db.shard[2]", "cpu.utilisation"),
              .exact = exact_saturation_rate, .published = 2500, .relative = 0.02 },
        },
        .configurations = {
            { "2000/s", "base", { NULL },
              { .arrival_rate = 2000, .service_mean_s = 0.001, .servers = 1, .share = 0.2, .shards = 4 } },
            { "1600/s", "base", { "users.arrivals=1600/s" },
              { .arrival_rate = 1600, .service_mean_s = 0.001, .servers = 1, .share = 0.2, .shards = 4 } },
        },
    },
    {
        .id = "O28", .file = "O28_celebrity.json", .server = "db.shard", .replications = 10,
        .words = "The same without a celebrity. Ten runs.",
        .wrong = "db.read_time.mean=1.05ms",
        .claims = {
            { "utilisation", "%", OF("db.shard[2]", "cpu.utilisation"), .exact = exact_hot_load,
              .published = 0.5,
              .relative = 0.02 },
            { "mean latency of users", "ms", OF("users", "latency.mean"), .exact = exact_shards_sojourn,
              .published = 0.002, .relative = 0.02 },

            { "rate that fills a shard", "/s", OF("total", "throughput"),
              PER("db.shard[2]", "cpu.utilisation"),
              .exact = exact_saturation_rate, .published = 4000, .relative = 0.02 },
        },
        .configurations = {
            { "2000/s, no celebrity", "balanced", { NULL },
              { .arrival_rate = 2000, .service_mean_s = 0.001, .servers = 1, .shards = 4 } },
        },
    },
    {
        .id = "O31", .file = "O31_failover.json",
        .words = "100 primaries of Poisson 200 writes/s each die at one instant with what they have "
                 "acknowledged and not sent: a write is sent to its replica 0.5 s later.",
        .wrong = "db.replication.ship_delay=0.525s",
        .claims = {
            { "writes lost with each", "", OF("db.shard", "writes.lost"), PER("db.shard", "failovers"),
              .exact = exact_lost_writes, .published = 100.0, .relative = 0.02 },
        },
        .configurations = {
            { "after 1.5 s", "base", { NULL }, { .arrival_rate = 200, .lag_s = 0.5, .uptime_s = 1.5 } },
            { "150/s, sent after 0.8 s", "base",
              { "users.arrivals=15000/s", "db.replication.ship_delay=0.8s" },
              { .arrival_rate = 150, .lag_s = 0.8, .uptime_s = 1.5 } },
            { "after 0.2 s", "early", { NULL }, { .arrival_rate = 200, .lag_s = 0.5, .uptime_s = 0.2 } },
            { "synchronous", "synchronous", { NULL }, { .arrival_rate = 200, .lag_s = 0, .uptime_s = 1.5 } },
        },
    },
    {
        .id = "O32", .file = "O32_stale_reads.json",
        .words = "Reads at replicas that apply each write 0.1 s after the primary: 250 rows, each with "
                 "Poisson 2 writes/s.",
        .wrong = "db.replication.apply_delay=105ms",
        .claims = {
            { "reads that are stale", "%", OF("db", "reads.stale"), PER("db", "reads.at_replicas"),
              .exact = exact_stale_reads, .published = 0.181269247, .absolute = 0.004 },
            { "lag", "ms", OF("db.replica", "replication.lag"), .exact = exact_replication_lag,
              .published = 0.1, .relative = 0.001 },
        },
        .configurations = {
            { "0.1 s behind", "base", { NULL }, { .arrival_rate = 500, .keys = 250, .lag_s = 0.1 } },
            { "0.3 s behind", "base", { "db.replication.apply_delay=300ms" },
              { .arrival_rate = 500, .keys = 250, .lag_s = 0.3 } },
        },
    },
    {
        .id = "O32", .file = "O32_stale_reads.json",
        .words = "The same, each read at any of a primary and three replicas.",
        .wrong = "db.replication.apply_delay=105ms",
        .claims = {
            { "reads that are stale", "%", OF("db", "reads.stale"), PER("readers", "requests.started"),
              .exact = exact_stale_reads, .published = 0.135951935, .absolute = 0.004 },
        },
        .configurations = {
            { "any of four nodes", "all", { NULL },
              { .arrival_rate = 500, .keys = 250, .lag_s = 0.1, .nodes = 4 } },
        },
    },
    {
        .id = "O32", .file = "O32_stale_reads.json",
        .words = "The same at replicas 0.2 s behind: 1,000 rows of Zipf popularity 0.9 for reads and "
                 "writes, 500 writes/s.",
        .wrong = "db.replication.apply_delay=210ms",
        .claims = {
            { "reads that are stale", "%", OF("db", "reads.stale"), PER("db", "reads.at_replicas"),
              .exact = exact_stale_reads, .published = 0.414683167, .absolute = 0.004 },
        },
        .configurations = {
            { "popular rows", "zipf", { NULL },
              { .arrival_rate = 500, .keys = 1000, .exponent = 0.9, .lag_s = 0.2 } },
        },
    },
    { .id = NULL },
};

/* clang-format on */

bool theory_case_find(const struct oracle *table, size_t number, struct theory_case *found)
{
    for (const struct oracle *oracle = table; oracle->id; oracle++)
        for (size_t i = 0; i < CONFIGURATIONS_MAX && oracle->configurations[i].words; i++)
            if (number-- == 0) {
                *found = (struct theory_case){ oracle, &oracle->configurations[i] };
                return true;
            }
    return false;
}
