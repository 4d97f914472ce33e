/* clients_regions.c - users in several regions: a source in each of them, a part of the
 * component; see clients.c. */
#include "models/clients_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool clients_are_in_regions(const struct group *group)
{
    return ((const struct clients_config *)group->config)->regions.count > 0;
}

static bool is_region(const struct sim *sim, const char *name)
{
    for (uint32_t i = 0; sim->network && i < sim->network->site_count; i++)
        if (!strcmp(sim->network->sites[i].name, name))
            return true;
    return false;
}

/* The users of one region: those of numbers from `first` on, up to `end`. */
static void add_region(struct group *group, const struct clients_region *region, uint64_t first, uint64_t end)
{
    const struct clients_config *all = group->config;
    struct sim *sim = group->sim;
    struct clients_config *config = memory_alloc(&sim->memory, sizeof *config);
    struct site *site = group->site;

    *config = *all;
    config->regions = (struct param_list){ 0 };
    config->user_first = first;
    config->daily = NULL;
    config->arrivals = clients_rate(all) * region->share;
    if (all->users)
        config->users = (int64_t)(end - first);
    config->population = (int64_t)(end > first ? end - first : 1);
    if (is_region(sim, region->name)) { /* else clients_check_wired() tells */
        site = sim_find_site(sim, region->name);
        if (!site)
            site = sim_add_site(sim, region->name);
    }
    sim_add_part_at(group, group->type, region->name, 1, config, site);
}

void clients_add_regions(struct group *group)
{
    const struct clients_config *config = group->config;
    const struct clients_region *regions = config->regions.items;
    double users = (double)clients_users(config), sum = 0.0;
    uint64_t first = 0;

    for (size_t i = 0; i < config->regions.count; i++) {
        uint64_t end = (uint64_t)nearbyint((sum += regions[i].share) * users);

        if (config->users ? end > first : regions[i].share > 0.0)
            add_region(group, &regions[i], first, end);
        first = end;
    }
}

/* ---- what can be wrong ---- */

void clients_check_regions(const struct clients_config *config, struct param_problems *problems)
{
    const struct clients_region *regions = config->regions.items;
    double sum = 0.0;

    for (size_t i = 0; i < config->regions.count; i++)
        sum += regions[i].share;
    if (config->regions.count && fabs(sum - 1.0) > 1e-9)
        param_problem(problems, "regions", NULL, "the shares add up to %.10g %%, not to 100 %%", 100.0 * sum);
    if (config->regions.count && config->trace)
        param_problem(problems, "regions", "make a component and a trace for each region",
                      "recorded arrivals cannot be spread over regions");
}

void clients_check_wired_regions(const struct group *group, struct param_problems *problems)
{
    const struct clients_config *config = group->config;
    const struct clients_region *regions = config->regions.items;
    char path[160];

    if (*group->site->name)
        param_problem(problems, "regions", "leave region out",
                      "the users cannot be in a region and in several");
    for (size_t i = 0; i < config->regions.count; i++) {
        snprintf(path, sizeof path, "regions.%s", regions[i].name);
        if (!is_region(group->sim, regions[i].name))
            param_problem(problems, path, "name it in network.regions", "there is no region \"%s\"",
                          regions[i].name);
    }
}

/* All regions ask for the same: the first stands for them. */
const struct group *clients_first_region(const struct group *group)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == group)
            return sim->groups[i];
    return group;
}
