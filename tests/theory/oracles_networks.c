/* oracles_networks.c - the oracles with several stations; see oracles.h. */
#include "tests/theory/exact_network.h"
#include "tests/theory/oracles.h"

/* clang-format off */

#define O11(users_) \
    { .users = (users_), .think_s = 4, .demands_s = { 2, 3, 1 }, .service_mean_s = 0.3, .servers = 1 }
#define O12(users_) \
    { .users = (users_), .think_s = 1, .demands_s = { 0.005, 0.02, 0.03 }, .service_mean_s = 0.03, \
      .servers = 1 }
#define O15(servers_, choices_, distinct_) \
    { .arrival_rate = 0.9 * (servers_), .service_mean_s = 1, .servers = 1, .shards = (servers_), \
      .choices = (choices_), .distinct = (distinct_) }
#define FOUR { .arrival_rate = 3.2, .service_mean_s = 1, .servers = 1, .shards = 4 }

const struct oracle oracles_networks[] = {
    {
        .id = "O09", .file = "O09_tandem.json", .server = "db", .line = true,
        .words = "Two stations in series, Poisson 60/s, exponential services of mean 10 ms and 12.5 ms.",
        .wrong = "db.service_time.mean=13.125ms",
        .claims = {
            { "mean time through both", "ms", OF("users", "latency.mean"), .exact = exact_tandem_mean,
              .published = 0.075, .relative = 0.02 },
            { "median", "ms", OF("users", "latency.p50"), .exact = exact_tandem_quantile, .argument = 0.5,
              .published = 0.0613973589, .relative = 0.02 },
            { "p99", "ms", OF("users", "latency.p99"), .exact = exact_tandem_quantile, .argument = 0.99,
              .published = 0.264790397, .relative = 0.03 },
            { "mean time at the second", "ms", OF("db", "latency.mean"), .exact = exact_tandem_second_mean,
              .published = 0.05, .relative = 0.02 },
        },
        .configurations = {
            { "60/s", "base", { NULL },
              { .arrival_rate = 60, .demands_s = { 0.01, 0.0125 }, .service_mean_s = 0.0125, .servers = 1 } },
            { "45/s", "base", { "users.arrivals=45/s" },
              { .arrival_rate = 45, .demands_s = { 0.01, 0.0125 }, .service_mean_s = 0.0125, .servers = 1 } },
        },
    },
    {
        .id = "O10", .file = "O10_jackson.json", .server = "a", .line = true,
        .words =
            "Open Jackson network: Poisson 20/s to A; from there 30 % to B and 20 % to C, which "
            "lead back to A.",
        .wrong = "a.service_time.mean=10.5ms",
        .claims = {
            { "visits to A a second", "/s", OF("a", "throughput"), .exact = exact_jackson_rate, .argument = 0,
              .published = 40, .relative = 0.02, .any_service = true },
            { "to B", "/s", OF("b", "throughput"), .exact = exact_jackson_rate, .argument = 1, .published =
              12,
              .relative = 0.02, .any_service = true },
            { "to C", "/s", OF("c", "throughput"), .exact = exact_jackson_rate, .argument = 2, .published = 8,
              .relative = 0.02, .any_service = true },
            { "utilisation of A", "%", OF("a", "utilisation"), .exact = exact_jackson_load, .argument = 0,
              .published = 0.4, .relative = 0.02 },
            { "of B", "%", OF("b", "utilisation"), .exact = exact_jackson_load, .argument = 1, .published =
              0.3,
              .relative = 0.02, .any_service = true },
            { "of C", "%", OF("c", "utilisation"), .exact = exact_jackson_load, .argument = 2, .published =
              0.16,
              .relative = 0.02, .any_service = true },
            { "visits of a request to A", "", OF("a", "requests.started"), PER("users", "requests.started"),
              .exact = exact_jackson_visits, .published = 2, .relative = 0.02, .any_service = true },
            { "mean number in system", "", OF("page", "in_flight.mean"), .exact = exact_jackson_in_system,
              .published = 1.28571429, .relative = 0.02 },
            { "mean time in system", "ms", OF("users", "latency.mean"), .exact = exact_jackson_mean,
              .published = 0.0642857143, .relative = 0.02 },
        },
        .configurations = {
            { "20/s", "base", { NULL },
              { .arrival_rate = 20, .demands_s = { 0.01, 0.025, 0.02 }, .routing = { 0.3, 0.2 },
                .service_mean_s = 0.01, .servers = 1 } },
            { "35/s", "base", { "users.arrivals=35/s" },
              { .arrival_rate = 35, .demands_s = { 0.01, 0.025, 0.02 }, .routing = { 0.3, 0.2 },
                .service_mean_s = 0.01, .servers = 1 } },
        },
    },
    {
        .id = "O11", .file = "O11_closed.json", .server = "disk_a", .line = true,
        .words =
            "Closed: users who think for 4 s on average; a job makes 16 visits of 125 ms to the "
            "processor, 10 of "
                 "300 ms to one disk and 5 of 200 ms to another, all exponential.",
        .wrong = "disk_a.service_time.mean=315ms",
        .claims = {
            { "throughput", "/s", OF("total", "throughput"), .exact = exact_closed_throughput,
              .published = 0.333246512, .published_others = { 0.1, 0.175438596, 0.289751848 }, .relative =
                  0.02 },
            { "mean response time", "ms", OF("users", "latency.mean"), .exact = exact_closed_response,
              .published = 56.0156319, .published_others = { 6, 7.4, 13.2561454 }, .relative = 0.02 },
            { "throughput when the first disk is full", "/s", OF("total", "throughput"),
              PER("disk_a", "utilisation"), .exact = exact_closed_throughput_max, .published = 0.333333333,
              .relative = 0.02 },
        },
        .configurations = {
            { "20 users", "base", { "users.users=20" }, O11(20) },
            { "1 user", "base", { NULL }, O11(1) },
            { "2 users", "base", { "users.users=2" }, O11(2) },
            { "5 users", "base", { "users.users=5" }, O11(5) },
        },
    },
    {
        .id = "O12", .file = "O12_bounds.json", .server = "db", .line = true,
        .words =
            "Closed: users who think for 1 s on average; balancer 5 ms, application 20 ms, database 30 ms, "
                 "exponential. The bounds meet at 35.2 users.",
        .wrong = "db.service_time.mean=31.5ms",
        .claims = {
            { "throughput", "/s", OF("total", "throughput"), .exact = exact_closed_throughput,
              .published = 33.1571165, .published_others = { 4.71519498, 18.2562163 }, .relative = 0.02 },
            { "mean response time", "ms", OF("users", "latency.mean"), .exact = exact_closed_response,
              .published = 0.507971901, .published_others = { 0.0604015358, 0.0955172551 }, .relative =
                  0.02 },
            { "throughput, at most", "/s", OF("total", "throughput"), .exact = exact_closed_throughput_bound,
              .published = 33.3333333, .relation = CLAIM_AT_MOST, .any_service = true },
            { "mean response time, at least", "ms", OF("users", "latency.mean"),
              .exact = exact_closed_response_bound, .published = 0.5, .published_others = { 0.055, 0.055 },
              .relation = CLAIM_AT_LEAST, .any_service = true },
            { "throughput when the database is full", "/s", OF("total", "throughput"), PER("db",
              "utilisation"),
              .exact = exact_closed_throughput_max, .published = 33.3333333, .relative = 0.02 },
        },
        .configurations = {
            { "50 users", "base", { "users.users=50" }, O12(50) },
            { "5 users", "base", { NULL }, O12(5) },
            { "20 users", "base", { "users.users=20" }, O12(20) },
        },
    },
    {
        .id = "O13", .file = "O13_gg1.json", .server = "server", .line = true,
        .words =
            "G/G/1: Erlang-2 gaps, lognormal service of mean 10 ms and squared coefficient of "
            "variation 2. The "
                 "exact wait comes from its transform; Kingman's bound holds, and the "
                 "approximation by variances is "
                 "within 15 %.",
        .wrong = "server.service_time.mean=10.5ms",
        .claims = {
            { "mean wait", "ms", OF("server", "wait.mean"), .exact = exact_e2g1_wait_mean,
              .published = 0.048606525, .published_error = 0.00012, .relative = 0.03 },
            { "at most, by Kingman", "ms", OF("server", "wait.mean"), .exact = exact_kingman_bound,
              .published = 0.055625, .relation = CLAIM_AT_MOST },
            { "about, by variances", "ms", OF("server", "wait.mean"), .exact = exact_variance_wait,
              .published = 0.05, .near = 0.15, .relative = 0.15 },
        },
        .configurations = {
            { "80/s", "base", { NULL },
              { .arrival_rate = 80, .service_mean_s = 0.01, .service_scv = 2, .servers = 1 } },
            { "70/s", "base", { "users.arrivals=70/s" },
              { .arrival_rate = 70, .service_mean_s = 0.01, .service_scv = 2, .servers = 1 } },
        },
    },
    {
        .id = "O15", .file = "O15_choices.json",
        .words =
            "100 servers 90 % busy, each request to the shorter line of two drawn at random. "
            "The exact value is "
                 "the limit of ever more servers with the correction for 100 of them.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact =
              exact_choices_mean,
              .published = 2.6603769, .published_others = { 2.6458986, 2.0721 }, .published_error = 0.0031,
              .relative = 0.02 },
        },
        .configurations = {
            { "two, maybe the same one twice", "base", { NULL }, O15(100, 2, false) },
            { "two different ones", "distinct", { NULL }, O15(100, 2, true) },
            { "three", "three", { NULL }, O15(100, 3, false) },
        },
    },
    {
        .id = "O15", .file = "O15_choices.json",
        .words = "The same with 1000 servers, also against the limit of ever more of them.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact =
              exact_choices_mean,
              .relative = 0.01 },
            { "near that of ever more servers", "", OF("users", "latency.mean"), .exact = exact_choices_limit,
              .published = 2.61405738, .published_others = { 2.61405738, 2.02785597 },
              .near_by = exact_choices_excess, .relative = 0.01 },
        },
        .configurations = {
            { "two of 1000", "large", { NULL }, O15(1000, 2, false) },
            { "two different ones of 1000", "large", { "lb.with_replacement=false" }, O15(1000, 2, true) },
            { "three of 1000", "large", { "lb.choices=3" }, O15(1000, 3, false) },
        },
    },
    {
        .id = "O16", .file = "O17_split.json", .server = "server",
        .words = "Round robin over 4 exponential servers: each is E4/M/1.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact = exact_turns_mean,
              .published = 3.26738361, .relative = 0.02 },
            { "probability of waiting", "%", OF("server", "wait.probability"),
              .exact = exact_turns_wait_probability, .published = 0.693944722, .relative = 0.02 },
            { "p99, in services", "", OF("users", "latency.p99"), .exact = exact_turns_quantile, .argument =
              0.99,
              .published = 15.0468576, .relative = 0.02 },
        },
        .configurations = {
            { "4 in turn", "base", { NULL }, FOUR },
            { "3 in turn", "base", { "server.count=3", "users.arrivals=2/s" },
              { .arrival_rate = 2, .service_mean_s = 1, .servers = 1, .shards = 3 } },
        },
    },
    {
        .id = "O17", .file = "O17_split.json", .server = "server",
        .words =
            "The same four servers and 3.2 requests in a service: by chance. In turn (O16) is "
            "better, the shortest "
                 "line better still, and one line for all is best.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact = exact_random_mean,
              .published = 5, .relative = 0.02 },
        },
        .configurations = { { "by chance", "random", { NULL }, FOUR } },
    },
    {
        .id = "O17", .file = "O17_split.json", .server = "server",
        .words = "The shortest line.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact =
              exact_shortest_mean,
              .published = 1.95313421, .relative = 0.02 },
        },
        .configurations = { { "shortest", "shortest", { NULL }, FOUR } },
    },
    {
        .id = "O17", .file = "O17_split.json", .server = "server",
        .words = "One line for all.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact =
              exact_mmc_sojourn_mean,
              .published = 1.74554059, .relative = 0.02 },
        },
        .configurations = { { "one line", "central", { NULL },
                              { .arrival_rate = 3.2, .service_mean_s = 1, .servers = 4 } } },
    },
    {
        .id = "O18", .file = "O17_split.json", .server = "server",
        .words = "The shorter of two lines, 90 % busy.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact =
              exact_shortest_mean,
              .published = 5.47491282, .relative = 0.025 },
        },
        .configurations = {
            { "1.8", "two", { NULL }, { .arrival_rate = 1.8, .service_mean_s = 1, .servers = 1, .shards =
              2 } },
        },
    },
    {
        .id = "O36", .file = "O36_fan_out.json",
        .words = "A page asks 100 leaves at once; an answer takes longer than a second with 1 %.",
        .wrong = "leaf.handlers.request[0].choose[1].weight=1.05",
        .claims = {
            { "pages that take longer", "%", OF("users", "requests.failed.timeout"),
              PER("users", "requests.started"), .exact = exact_slow_pages, .published = 0.633967659,
              .published_others = { 0.01, 0.095617925, 0.394993933 }, .absolute = 0.005 },
        },
        .configurations = {
            { "100 leaves", "base", { NULL }, { .fan_out = 100, .share = 0.01 } },
            { "1 leaf", "base", { "page.handlers.request[0].copies=1" }, { .fan_out = 1, .share = 0.01 } },
            { "10 leaves", "base", { "page.handlers.request[0].copies=10" }, { .fan_out = 10, .share =
              0.01 } },
            { "50 leaves", "base", { "page.handlers.request[0].copies=50" }, { .fan_out = 50, .share =
              0.01 } },
        },
    },
    {
        .id = "O36", .file = "O36_last_leaf.json",
        .words = "The slowest of 100 leaves with exponential times of mean 10 ms.",
        .wrong = "leaf.service_time.mean=10.5ms",
        .claims = {
            { "mean time of a page", "ms", OF("users", "latency.mean"), .exact = exact_last_leaf,
              .published = 0.0518737752, .relative = 0.005 },
        },
        .configurations = {
            { "100 leaves, the last", "base", { NULL }, { .fan_out = 100, .service_mean_s = 0.01 } },
        },
    },
    { .id = NULL },
};

const struct oracle oracles_long[] = {
    {
        .id = "O15", .file = "O15_choices.json",
        .words = "100 servers 90 % busy, one drawn at random: one choice is none.",
        .wrong = "server.service_time.mean=1.05s",
        .claims = {
            { "mean time in system, in services", "", OF("users", "latency.mean"), .exact = exact_random_mean,
              .published = 10, .relative = 0.02 },
        },
        .configurations = { { "one", "one", { "time.measure=8000s" }, O15(100, 1, false) } },
    },
    { /* two hundred thousand pages: with fewer, chance hides 5 % */
        .id = "O36", .file = "O36_fan_out.json", .control_replications = 20,
        .words = "A page asks 2000 leaves at once; an answer takes longer than a second with 0.01 %.",
        .wrong = "leaf.handlers.request[0].choose[1].weight=1.05",
        .claims = {
            { "pages that take longer", "%", OF("users", "requests.failed.timeout"),
              PER("users", "requests.started"), .exact = exact_slow_pages, .published = 0.181277435,
              .absolute = 0.005 },
        },
        .configurations = {
            { "2000 leaves", "many", { "time.measure=500s" }, { .fan_out = 2000, .share = 0.0001 } },
        },
    },
    { .id = NULL },
};
