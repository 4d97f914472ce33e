/* dns_wiring.c - what a name is made of before anything happens: its addresses and their distances, its parts,
 * and for each kind of caller the links to all addresses; see dns.c. Cost: a link for each pair of calling
 * group and address; O(regions x addresses) distances under geo. */
#include "models/dns.h"

#include <math.h>
#include <string.h>

#include "sim/call.h"

/* ---- addresses ---- */

static void add_address(struct dns_zone *zone, uint32_t record, uint32_t weight, struct group *group,
                        uint32_t first, uint32_t count)
{
    struct dns_address *address = &zone->addresses[zone->address_count++];

    *address = (struct dns_address){ .group = group,
                                     .record = record,
                                     .first = first,
                                     .count = count,
                                     .link = zone->link_count,
                                     .weight = weight };
    zone->link_count += count;
}

static bool is_one_address(const struct group *target)
{
    return target->type->instance_for || target->type->is_name;
}

static void add_addresses(struct group *group)
{
    const struct dns_config *config = group->config;
    const struct dns_record_config *records = config->records.items;
    struct dns_shared *shared = group->shared;
    uint32_t room = 0;

    for (size_t i = 0; i < config->records.count; i++)
        room += sim_find_group(group->sim, records[i].target)->count;
    shared->zone.addresses = memory_alloc_array(&group->sim->memory, room, sizeof(struct dns_address));
    for (uint32_t i = 0; i < config->records.count; i++) {
        struct group *target = sim_find_group(group->sim, records[i].target);
        uint32_t step = is_one_address(target) ? target->count : 1;

        for (uint32_t k = 0; k < target->count; k += step)
            add_address(&shared->zone, i, (uint32_t)records[i].weight, target, k, step);
    }
}

/* Of a message one way, s; nearer than anything: in the same region, or wherever the caller is. */
static double distance_s(const struct group *group, const char *from, const struct group *target)
{
    struct link_config link =
        network_link(group->sim->network, group->name, from, target->name, target->site->name);

    if (target->type->is_name || !strcmp(from, target->site->name))
        return -1.0;
    if (!link.has_latency || !*from || !*target->site->name)
        return INFINITY;
    return link.latency.mean > 0 ? link.latency.mean : link.latency.median;
}

static void measure_distances(struct group *group)
{
    struct dns_shared *shared = group->shared;
    struct dns_zone *zone = &shared->zone;
    const struct network *network = group->sim->network;
    struct memory *memory = &group->sim->memory;

    zone->distance = memory_alloc_array(memory, shared->region_count, sizeof(double *));
    for (uint32_t i = 0; i < shared->region_count; i++) {
        zone->distance[i] = memory_alloc_array(memory, zone->address_count, sizeof(double));
        for (uint32_t k = 0; k < zone->address_count; k++)
            zone->distance[i][k] = distance_s(
                group, i + 1 < shared->region_count ? network->sites[i].name : "", zone->addresses[k].group);
    }
}

static void add_parts(struct group *group)
{
    const struct dns_config *config = group->config;
    const struct dns_record_config *records = config->records.items;
    struct dns_shared *shared = group->shared;
    struct call_policy policy = CALL_POLICY_NONE;

    policy.timeout_ns = config->lookup_timeout;
    shared->authority = sim_link(
        group, sim_add_part(group, &dns_authority_model.component, DNS_AUTHORITY, 1, config), 0, &policy);
    shared->records = memory_alloc_array(&group->sim->memory, config->records.count, sizeof(struct group *));
    for (uint32_t i = 0; i < config->records.count; i++) {
        shared->records[i] = sim_add_part(group, &dns_record_model.component, records[i].target, 1, config);
        dns_record_join(shared->records[i], group, i);
    }
}

void dns_wire_group(struct group *group)
{
    const struct dns_config *config = group->config;
    struct dns_shared *shared = group->shared;
    struct sim *sim = group->sim;

    shared->region_count = (sim->network ? sim->network->site_count : 0) + 1;
    add_addresses(group);
    dns_zone_init(&shared->zone, &sim->memory, config->ttl, config->lookup_timeout);
    if (config->policy == DNS_GEO)
        measure_distances(group);
    add_parts(group);
    duration_init(&shared->resolver_trip, group, "resolver", &config->resolver_round_trip);
    shared->asks_at_once =
        config->resolver_round_trip.law == DISTRIBUTION_CONSTANT && config->resolver_round_trip.mean == 0.0;
    shared->spread_key = rng_key(sim->seed, group->name, "spread");
    shared->phase_key = rng_key(sim->seed, group->name, "phase");
    if (config->resolvers && config->resolve == DNS_ON_NEXT_REQUEST)
        shared->resolvers = memory_alloc_array(&sim->memory, shared->region_count * (size_t)config->resolvers,
                                               sizeof *shared->resolvers);
}

/* ---- who calls ---- */

static const struct group *root_of(const struct group *group)
{
    while (group->parent)
        group = group->parent;
    return group;
}

static uint32_t region_of(const struct group *group, const struct link *asked)
{
    const struct dns_shared *shared = group->shared;
    const char *site = asked->from_site ? asked->from_site : asked->from->site->name;

    for (uint32_t i = 0; i + 1 < shared->region_count; i++)
        if (!strcmp(group->sim->network->sites[i].name, site))
            return i;
    return shared->region_count - 1;
}

static void add_view(struct group *group, struct link *asked)
{
    struct dns_shared *shared = group->shared;
    const struct dns_zone *zone = &shared->zone;
    struct dns_view *view = &shared->views[shared->view_count];

    shared->view_of_link[asked->id] = (uint16_t)shared->view_count++;
    view->caller_key = rng_key(group->sim->seed, root_of(asked->from)->name, "name");
    view->is_by_user = asked->from->type->is_source;
    view->region = region_of(group, asked);
    view->links = memory_alloc_array(&group->sim->memory, zone->link_count, sizeof(struct link *));
    for (uint32_t i = 0; i < zone->address_count; i++)
        for (uint32_t k = 0; k < zone->addresses[i].count; k++)
            view->links[zone->addresses[i].link + k] =
                sim_link_behind(asked, zone->addresses[i].group, zone->addresses[i].first + k);
}

void dns_wire_callers(struct group *group)
{
    struct dns_shared *shared = group->shared;
    struct sim *sim = group->sim;
    uint16_t count = sim->link_count; /* those that are added on the way lead elsewhere */

    shared->view_of_link = memory_alloc_array(&sim->memory, count, sizeof *shared->view_of_link);
    shared->views = memory_alloc_array(&sim->memory, count, sizeof *shared->views);
    for (uint16_t i = 1; i < count; i++)
        if (sim->links[i].target->group == group)
            add_view(group, &sim->links[i]);
}
