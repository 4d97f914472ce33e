/* host.c - machines; see host.h.
 *
 * Represented: cores under the Universal Scalability Law, one disk, one network card for what is sent,
 * memory as an amount, the price of an hour.
 * Left out: caches of the processor, swapping, several disks, what a network card receives.
 * Errors: a name that is neither a host nor a size is a bug, because the reader has checked it.
 * Cost: O(1) a disk operation, O(log n) a computation with n present. Memory: 8 bytes a core where cores
 * hinder one another.
 * Source: Gunther, "A Simple Capacity Model of Massively Parallel Transaction Systems", 1993; Amdahl,
 * "Validity of the Single Processor Approach to Achieving Large Scale Computing Capabilities", 1967
 * (coherency 0).
 */
#include "models/host.h"

#include <math.h>
#include <string.h>

#include "models/environment.h"

static const struct param_row rows[] = {
    PARAM_COUNT(struct host_config, cores, .default_text = "4", .min = 1, .max = 4096,
                .help = "Threads of execution that compute at the same time; clouds call one a vCPU."),
    PARAM_REAL(struct host_config, speed, .default_text = "1", .min = 0.001, .max = 1000,
               .help = "How fast one core is; 1 is the core that the times of the scenario are stated for."),
    PARAM_BYTES(
        struct host_config, memory, .default_text = "\"16GiB\"", .min = 1, .max = 1e15,
        .help = "What workers, buffer pools, cached bytes and sessions on this machine may use together.",
        .source = "general purpose machines of clouds, 4 GiB a core, from memory: check before quoting"),
    PARAM_RATE(
        struct host_config, disk_operations, .default_text = "\"3000/s\"", .min = 0.001, .max = 1e9,
        .help = "Reads and writes that its disk does in a second, one after the other.",
        .source = "baseline of general purpose SSD volumes in clouds, 2024, from memory: check before "
                  "quoting"),
    PARAM_BANDWIDTH(
        struct host_config, disk_bandwidth, .default_text = "\"125MB/s\"", .min = 1, .max = 1e13,
        .help = "Bytes that pass between disk and memory in a second, on top of the time of each operation.",
        .source = "baseline of general purpose SSD volumes in clouds, 2024, from memory: check before "
                  "quoting"),
    PARAM_BANDWIDTH(struct host_config, network, .default_text = "\"unlimited\"", .word = "unlimited",
                    .word_value = INFINITY, .min = 1, .max = 1e13,
                    .help = "Bytes that its network card sends in a second; messages leave one after the "
                            "other."),
    PARAM_MONEY_RATE(struct host_config, price, .default_text = "\"$0/h\"", .max = 1e6,
                     .help = "Bill of one hour, whether it works or idles."),
    PARAM_FRACTION(
        struct host_config, contention, .default_text = "\"2.8%\"", .max = 1,
        .help = "Share of the work that only one core can do at a time: it bounds the gain from cores "
                "(Amdahl).",
        .source = "fit of the published SPEC SDM91 measurements: 0.02773"),
    PARAM_FRACTION(
        struct host_config, coherency, .default_text = "\"0.01%\"", .max = 1,
        .help = "Time that each pair of busy cores spends keeping in step, as a share: beyond some number "
                "more cores do less.",
        .source = "fit of the published SPEC SDM91 measurements: 0.0001044"),
    PARAM_END
};

const struct param_table host_params = { .rows = rows,
                                         .size = sizeof(struct host_config),
                                         .help = "a machine: cores, memory, disk, network card, price" };

double host_scalability(double n, double contention, double coherency)
{
    return n / (1.0 + contention * (n - 1.0) + coherency * n * (n - 1.0));
}

/* What k busy cores do together, in reference cores, for k from 0; NULL: k. */
static double *capacity_of(struct sim *sim, const struct host_config *config)
{
    double *capacity;

    if (config->contention == 0.0 && config->coherency == 0.0 && config->speed == 1.0)
        return NULL; /* the station is faster without a table */
    capacity = memory_alloc_array(&sim->memory, (size_t)config->cores + 1, sizeof *capacity);
    for (int64_t k = 1; k <= config->cores; k++)
        capacity[k] = config->speed * host_scalability((double)k, config->contention, config->coherency);
    return capacity;
}

/* The machine of the first instance of a group, which has been built; NULL: it has none, or the owner is that instance. */
static const struct host *first_host(const struct component *owner)
{
    const struct component *first = owner->group->instances[0];

    for (uint32_t i = 0; owner != first && i < first->resource_count; i++)
        if (!strcmp(first->resources[i].name, "cpu"))
            return (const struct host *)(const void *)((const char *)first->resources[i].of.station -
                                                       offsetof(struct host, cpu));
    return NULL;
}

/* Machines of one kind have one table: with hundreds of them it stays near the processor. */
static const double *capacity_for(const struct component *owner, const struct host_config *config)
{
    const struct host *first = first_host(owner);

    return first && first->config == config ? first->capacity : capacity_of(owner->sim, config);
}

static bool has_card(const struct host *host)
{
    return isfinite(host->config->network);
}

/* shared: the machine is somebody else's. */
static void add_card_and_memory(struct component *self, struct host *host, bool shared)
{
    component_add_resource(
        self, (struct resource){ .name = "memory", .kind = RESOURCE_AMOUNT, .shared = shared,
                                 .of.amount = &host->memory });
    if (!has_card(host))
        return;
    component_add_resource(
        self, (struct resource){ .name = "network", .kind = RESOURCE_PIPE, .shared = shared,
                                 .of.pipe = &host->network });
    self->egress = &host->network;
}

/* Builds the machine with `owner` to own its stations and to pay for it. */
static void host_build(struct host *host, struct component *owner, const struct host_config *config)
{
    host->config = config;
    host->capacity = capacity_for(owner, config);
    station_init(&host->cpu, owner,
                 &(struct station_config){ .name = "cpu",
                                           .discipline = STATION_PROCESSOR_SHARING,
                                           .servers = (uint32_t)config->cores,
                                           .waiting_max = STATION_UNLIMITED,
                                           .capacity = host->capacity });
    station_init(
        &host->disk, owner,
        &(struct station_config){
            .name = "disk", .discipline = STATION_FIFO, .servers = 1, .waiting_max = STATION_UNLIMITED });
    if (has_card(host))
        pipe_init(&host->network, config->network);
    add_card_and_memory(owner, host, false);
    owner->group->cost_per_hour += config->price;
}

static const struct host_config *find_size(const struct environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->size_count; i++)
        if (!strcmp(environment->sizes[i].name, name))
            return &environment->sizes[i];
    return NULL;
}

/* The group of the scenario's own host of that name; NULL: there is none. */
static struct group *find_shared(const struct sim *sim, const char *name)
{
    const struct environment *environment = environment_of(sim);

    for (size_t i = 0; i < environment->host_count; i++)
        if (!strcmp(environment->hosts[i].name, name))
            return sim_find_group(sim, name);
    return NULL;
}

/* A group may be wired before the host that it names, so whoever comes first builds it. */
static struct host *shared_host(struct group *group)
{
    struct component *machine = group->instances[0];
    struct host *host = component_state(machine);

    SIM_ASSERT(group->sim, machine, group->type == &host_model.component);
    if (!host->config) {
        host_build(host, machine, group->config);
        host->shared = true;
    }
    return host;
}

struct host *host_of(struct component *self, const char *name)
{
    struct sim *sim = self->sim;
    struct group *group = find_shared(sim, name);
    const struct host_config *size;
    struct host *host;

    if (group) {
        host = shared_host(group);
        component_add_resource(
            self, (struct resource){ .name = "cpu", .kind = RESOURCE_STATION, .shared = true,
                                     .of.station = &host->cpu });
        component_add_resource(
            self, (struct resource){ .name = "disk", .kind = RESOURCE_STATION, .shared = true,
                                     .of.station = &host->disk });
        add_card_and_memory(self, host, true);
        return host;
    }
    size = find_size(environment_of(sim), name);
    SIM_ASSERT(sim, self, size != NULL);
    host = memory_alloc(&sim->memory, sizeof *host);
    host_build(host, self, size);
    return host;
}

bool host_use_memory(struct host *host, const struct sim *sim, int64_t bytes)
{
    if (bytes > host->config->memory - host->memory.level)
        return false;
    amount_add(&host->memory, bytes, sim->now_ns);
    return true;
}

bool host_disk(struct host *host, struct component *self, struct request *request, uint64_t bytes)
{
    const struct host_config *config = host->config;
    double seconds = 1.0 / config->disk_operations + (double)bytes / config->disk_bandwidth;

    return station_serve(&host->disk, self, request, sim_time_from_ns(seconds * (double)SIM_NS_PER_S));
}

static void host_wire(struct component *self)
{
    shared_host(self->group);
}

const struct model_type host_model = {
    .component = {
        .name = "host",
        .state_size = sizeof(struct host),
        .wire = host_wire,
    },
    .summary = "a machine that several components share",
    .stands_for = "One computer with cores, memory, a disk and a network card, paid by the hour. Whoever "
                  "runs on it competes for the same cores; k busy ones do what the Universal Scalability "
                  "Law says.",
    .leaves_out = "Processor caches, swapping, several disks, neighbours on the same hardware, bursts of "
                  "small cloud machines.",
    .misleads = "When contention and coherency were fitted to other software: measure two or three sizes of "
                "your own.",
    .params = &host_params,
    .hidden = true,
};
