/* host.h - a machine: cores, memory, disk, network card, price.
 *
 * A component names a size of the catalog, and each of its instances gets a machine of its own; or it
 * names a host that the scenario defines, and shares that one machine, its one CPU and its one bill with
 * everybody who names it.
 *
 * CPU: processor sharing among whoever computes. What k busy cores do together follows the Universal
 * Scalability Law (Gunther 1993): k / (1 + contention (k-1) + coherency k (k-1)) times one core.
 * Disk: first come first served; an operation takes 1 / operations per second plus its bytes over the
 * bandwidth.
 * Memory: whoever uses some takes it with host_use_memory() and is told when there is no more.
 */
#ifndef MODELS_HOST_H
#define MODELS_HOST_H

#include "models/model.h"
#include "models/param.h"
#include "sim/station.h"

struct host_config {
    const char *name;
    int64_t cores;
    double speed;           /* of a core, 1: the reference core that scenarios state their times for */
    int64_t memory;         /* bytes */
    double disk_operations; /* 1/s */
    double disk_bandwidth;  /* bytes/s */
    double network;         /* bytes/s; infinite: unlimited */
    double price;           /* USD/h */
    double contention;      /* alpha of the Universal Scalability Law */
    double coherency;       /* beta */
};

/* Of one entry of "hosts" in a scenario, and of "sizes" in a catalog. */
extern const struct param_table host_params;

struct host {
    const struct host_config *config;
    struct pipe network;
    const double
        *capacity; /* of k busy cores, for the CPU; the group's machines of one kind have it together */
    bool shared;
    struct station cpu;
    struct station disk;
    struct amount memory; /* in use, bytes */
};

/* The machine of one instance: made now when `name` is a size (its resources and bill become the
 * instance's), or the shared one.
 * For a component's wire(). */
struct host *host_of(struct component *self, const char *name);

/* Takes `bytes` (negative: gives back); false: there is not that much, and nothing was taken. */
bool host_use_memory(struct host *host, const struct sim *sim, int64_t bytes);

/* Work for the CPU, ns at the reference speed; false: refused. Comes back in on_timer. */
static inline bool host_compute(struct host *host, struct component *self, struct request *request,
                                int64_t work_ns)
{
    return station_serve(&host->cpu, self, request, work_ns);
}

/* One disk operation of `bytes`; false: refused. Comes back in on_timer. */
bool host_disk(struct host *host, struct component *self, struct request *request, uint64_t bytes);

/* Relative throughput of n cores under the Universal Scalability Law, one core being 1; and of Amdahl's
 * law. */
double host_scalability(double n, double contention, double coherency);

/* The type of shared hosts; the program adds one group for each host of the scenario. */
extern const struct model_type host_model;

#endif
