/* replica_regions.c - a replicated database whose nodes stand in several regions; see replication.h.
 *
 * The library in the caller chooses a node, and the message pays the way from the caller's region to that
 * node's: the link from the caller to the database is only the entry (sim_link_through), behind which each
 * calling group has a link of its own to each node. Log, acknowledgements and rows for a new machine pay the
 * way between the two nodes' regions, whoever is the primary by then.
 *
 * Nodes keep the database's own region in all other respects. Cost: links, callers times nodes and nodes
 * squared; a request looks at two tables.
 */
#include <stdio.h>
#include <string.h>

#include "models/replication.h"
#include "sim/call.h"

/* Arrays of way x node: way 0 is that from the database's own region, then come those of calling groups. */
struct replica_regions {
    uint32_t way_count;
    const uint16_t *way_of_link; /* by which a request has come */
    struct link **ways;
    struct link **streams; /* from node x to node */
    uint32_t *readers;     /* set->readers, the nearest first */
    uint32_t *near;        /* of each way: how many of them are as near as the first */
};

/* ---- wiring ---- */

static const struct replication_config *config_of(const struct group *group)
{
    const struct database_config *config = group->config;

    return &config->replication;
}

bool replica_regions_are_set(const struct group *group)
{
    return config_of(group)->replica_regions.count > 0;
}

/* Of a node of a set; NULL: the database's own. */
static const char *region_of(const struct group *group, uint32_t index)
{
    const struct param_list *list = &config_of(group)->replica_regions;
    const struct replica_region *regions = list->items;

    return index == 0 || index > list->count ? NULL : regions[index - 1].region;
}

static void link_nodes(struct replica_set *set)
{
    struct replica_regions *regions = set->regions;
    struct group *group = set->router->group;

    for (uint32_t i = 0; i < set->count; i++) {
        struct component *node = set->replicas[i].node;
        const char *region = region_of(group, i);

        regions->ways[i] = set->replicas[i].call =
            sim_link_between(group, NULL, node->group, node->instance, region);
        for (uint32_t from = 0; from < set->count; from++)
            regions->streams[from * set->count + i] =
                sim_link_between(group, region_of(group, from), node->group, node->instance, region);
    }
}

static void link_caller(const struct replica_set *set, struct link *entry, uint32_t way)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct component *node = set->replicas[i].node;
        const char *region = region_of(set->router->group, i);

        set->regions->ways[way * set->count + i] =
            sim_link_through(entry, node->group, node->instance, region);
    }
}

static void wire_set(struct replica_set *set, uint16_t link_count, uint16_t *way_of_link)
{
    struct sim *sim = set->router->sim;
    struct replica_regions *regions = memory_alloc(&sim->memory, sizeof *regions);
    uint32_t ways = 1;

    for (uint16_t i = 1; i < link_count; i++)
        if (sim->links[i].target == set->router)
            way_of_link[i] = (uint16_t)ways++;
    set->regions = regions;
    regions->way_count = ways;
    regions->way_of_link = way_of_link;
    regions->ways = memory_alloc_array(&sim->memory, (size_t)ways * set->count, sizeof *regions->ways);
    regions->streams =
        memory_alloc_array(&sim->memory, (size_t)set->count * set->count, sizeof *regions->streams);
    regions->readers = memory_alloc_array(&sim->memory, (size_t)ways * set->count, sizeof *regions->readers);
    regions->near = memory_alloc_array(&sim->memory, ways, sizeof *regions->near);
    link_nodes(set);
    for (uint16_t i = 1; i < link_count; i++)
        if (sim->links[i].target == set->router)
            link_caller(set, &sim->links[i], way_of_link[i]);
}

void replica_regions_wire(struct group *group)
{
    uint16_t count = group->sim->link_count; /* those that are added on the way lead elsewhere */
    uint16_t *way_of_link = memory_alloc_array(&group->sim->memory, count, sizeof *way_of_link);

    for (uint32_t i = 0; i < group->count; i++) {
        struct replicated *state = component_state(group->instances[i]);

        wire_set(&state->set, count, way_of_link);
    }
}

/* ---- ways ---- */

static uint32_t way_of(const struct replica_set *set, struct request *request)
{
    return set->regions->way_of_link[request_frame(request)->link];
}

struct link *replica_regions_way(const struct replica_set *set, struct request *request, uint32_t index)
{
    return set->regions->ways[way_of(set, request) * set->count + index];
}

struct link *replica_regions_stream(const struct replica *from, const struct replica *to)
{
    return from->set->regions->streams[from->index * from->set->count + to->index];
}

/* ---- the nearest ---- */

static double distance_ns(const struct replica_set *set, uint32_t way, uint32_t node)
{
    const struct duration *latency = set->regions->ways[way * set->count + node]->latency;

    return latency ? distribution_mean(&latency->law) : 0.0;
}

static bool is_nearer(const struct replica_set *set, uint32_t way, uint32_t node, uint32_t other)
{
    return distance_ns(set, way, node) < distance_ns(set, way, other);
}

static void sort_readers(const struct replica_set *set, uint32_t way)
{
    uint32_t *readers = &set->regions->readers[way * set->count], near = 0;

    for (uint32_t i = 0; i < set->reader_count; i++) {
        uint32_t place = i;

        while (place > 0 && is_nearer(set, way, set->readers[i], readers[place - 1])) {
            readers[place] = readers[place - 1];
            place--;
        }
        readers[place] = set->readers[i];
    }
    while (near < set->reader_count && !is_nearer(set, way, readers[0], readers[near]))
        near++;
    set->regions->near[way] = near;
}

void replica_regions_sort(struct replica_set *set)
{
    for (uint32_t way = 0; way < set->regions->way_count; way++)
        sort_readers(set, way);
}

uint32_t replica_regions_reader(const struct replica_set *set, struct request *request, uint32_t attempt)
{
    uint32_t way = way_of(set, request), near = set->regions->near[way];
    const uint32_t *readers = &set->regions->readers[way * set->count];

    if (attempt < near)
        attempt = (uint32_t)((rng_hash(request_frame(request)->number, near) + attempt) % near);
    return readers[attempt];
}

/* ---- what can be wrong ---- */

static bool is_region(const struct sim *sim, const char *name)
{
    for (uint32_t i = 0; sim->network && i < sim->network->site_count; i++)
        if (!strcmp(sim->network->sites[i].name, name))
            return true;
    return false;
}

static bool is_far_unknown(const struct group *group, const char *region)
{
    const char *own = group->site->name;

    return *own && strcmp(own, region) != 0 &&
           !network_link(group->sim->network, group->name, own, group->name, region).has_latency;
}

void replica_regions_check(const struct group *group, struct param_problems *problems)
{
    const struct param_list *list = &config_of(group)->replica_regions;
    const struct replica_region *regions = list->items;
    char path[64];

    if (strchr(group->name, '/'))
        param_problem(problems, "replication.replica_regions",
                      "take the database out of the data center and give it a \"region\"",
                      "a data center's copy has all its nodes there");
    else if (group->site->index == 0)
        param_problem(problems, "replication.replica_regions", "give the database a \"region\"",
                      "nobody knows where the primary stands");
    for (size_t i = 0; i < list->count; i++) {
        snprintf(path, sizeof path, "replication.replica_regions[%zu]", i);
        if (!is_region(group->sim, regions[i].region))
            param_problem(problems, path, "name it in network.regions", "there is no region \"%s\"",
                          regions[i].region);
        else if (is_far_unknown(group, regions[i].region))
            param_problem(problems, path, "give both regions coordinates, or add network.round_trips",
                          "how far it is from %s to %s is not known", group->site->name, regions[i].region);
    }
}
