/* collect_metrics.c - the metrics that every component has, by name: what collect.c measures. */
#include "app/collect.h"

#define COMMON(NAME, UNIT, HELP) { .name = (NAME), .unit = (UNIT), .kind = METRIC_COMMON, .help = (HELP) }

/* clang-format off */
const struct metric_row common_metrics[] = {
    COMMON("requests.started", "1",
           "Requests that users sent, or that arrived at the component, while measuring."),
    COMMON("requests.ok", "1",
           "Requests that ended with an answer."),
    COMMON("requests.failed", "1",
           "Requests that ended without one."),
    COMMON("requests.failed.CAUSE", "1",
           "The same by cause: timeout, refused, unavailable, crashed, lost, not_found, error."),
    COMMON("requests.attempts", "1",
           "Messages sent for them, retries among them; at a server each attempt is a request."),
    COMMON("in_flight.start", "1",
           "Requests inside when measuring began: started + in_flight.start = ok + failed + "
           "in_flight.end."),
    COMMON("in_flight.end", "1",
           "Requests inside when measuring ended."),
    COMMON("in_flight.mean", "1",
           "Requests inside, mean over time."),
    COMMON("throughput", "1/s",
           "Requests answered ok per second of measured time."),
    COMMON("availability", "1",
           "ok / (ok + failed)."),
    COMMON("latency.mean, .p50, .p90, .p95, .p99, .p99.9, .max", "s",
           "Of requests that ended ok: from first send to last answer at clients, from arrival to answer "
           "elsewhere."),
    COMMON("latency_all.mean ... .max", "s",
           "The same of all that ended, failed ones included."),
    COMMON("wait.mean ... .max", "s",
           "Time in the waiting line of the component's first resource (servers, workers, connections), "
           "zeros included."),
    COMMON("wait.probability", "1",
           "Share of requests that had to wait there."),
    COMMON("utilisation", "1",
           "The greatest of the resources' utilisations."),
    COMMON("RESOURCE.utilisation", "1",
           "Share of time that the resource was at work or held: servers, cpu, workers, connections, "
           "disk, network, memory."),
    COMMON("RESOURCE.utilisation.peak", "1",
           "In an episode: the utilisation in the busiest sixtieth of the measured time."),
    COMMON("RESOURCE.full", "s",
           "In an episode: time for which it was full, in those sixtieths in which it was at work or held "
           "for more than 97%."),
    COMMON("RESOURCE.wait.mean ... .max", "s",
           "Time in the waiting line of one resource."),
    COMMON("RESOURCE.wait.probability", "1",
           "Share of requests that had to wait in it."),
    COMMON("queue.mean", "1",
           "Requests waiting in all lines of the component's own, mean over time; lines of a host that "
           "others use too are the host's."),
    COMMON("queue.max", "1",
           "Most requests waiting in one of them."),
    COMMON("instances.mean, .max", "1",
           "Instances in service, of components that an autoscaler scales; those that drain are among them."),
    COMMON("instances.billed.mean", "1",
           "Instances that were paid, those that boot or have died among them; times the measured hours it is "
           "instance-hours."),
    COMMON("slowdown.mean", "1",
           "Time at the resource over the service time alone, mean over services."),
    COMMON("overloaded", "1",
           "Of total, in CSV only: 1 when a resource is full and requests pile up or fail for it, else "
           "0."),
    COMMON("requests.share", "1",
           "Of an instance: its share of the requests of all instances."),
    COMMON("cost.per_hour", "USD",
           "Price of the machines and services, and of what is paid by use, at the rate of the measured "
           "time."),
    COMMON("cost.per_million_requests", "USD",
           "That price over a million requests answered ok."),
    COMMON("memory.used.mean, .max", "B",
           "Memory in use on the machine, of components that have one."),
    COMMON("crashes", "1",
           "Instances that a fault took down while measuring; of components that the scenario's faults "
           "name."),
    COMMON("downtime", "s",
           "Time that instances were down, of all together; of those components."),
    COMMON("uptime", "1",
           "Share of the instances' time in which they were up; of those components. What users saw is "
           "availability."),
    { .name = NULL },
};
/* clang-format on */
