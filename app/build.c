#include "app/build.h"

#include <string.h>

#include "sim/cut.h"
#include "sim/fault.h"
#include "sim/members.h"

struct build {
    const struct scenario_variant *variant;
    struct sim *sim;
    const struct group *cycle;
    bool wired;
};

static struct site *site_of(struct sim *sim, const char *region)
{
    struct site *site;

    if (!region)
        return &sim->sites[0];
    site = sim_find_site(sim, region);
    return site ? site : sim_add_site(sim, region);
}

/* A part of it, or a part of one. */
static bool is_below(const struct group *group, const struct group *parent)
{
    for (group = group->parent; group; group = group->parent)
        if (group == parent)
            return true;
    return false;
}

/* parent NULL: the component itself. */
static struct group *find_part(struct sim *sim, const struct scenario_fault *fault,
                               const struct group *parent, const char *part)
{
    struct group *group = sim_find_group(sim, fault->component);

    for (uint16_t i = 0; parent && i < sim->group_count; i++)
        if (is_below(sim->groups[i], parent) &&
            !strcmp(sim->groups[i]->name + strlen(parent->name) + 1, part))
            group = sim->groups[i];
    return group;
}

static void add_fault_of(struct sim *sim, const struct scenario_fault *fault, const struct group *parent,
                         const char *part)
{
    struct group *group = find_part(sim, fault, parent, part);

    sim_add_fault(sim, &(struct fault){ .group = group,
                                        .first = fault->first,
                                        .last = fault->last < group->count ? fault->last : group->count - 1,
                                        .from_ns = fault->from_ns,
                                        .until_ns = fault->until_ns,
                                        .silent = fault->silent,
                                        .of_site = fault->of_site });
}

/* A name cannot die, nor can a store of several nodes: its parts do, all or one. */
static void add_fault_of_component(struct sim *sim, const struct scenario_fault *fault)
{
    const struct group *group = sim_find_group(sim, fault->component);
    const struct model_type *type = model_of(group);
    const char *part;

    if (!type->part_name || !type->part_name(group->config, 0))
        add_fault_of(sim, fault, NULL, NULL);
    for (size_t i = 0; type->part_name && (part = type->part_name(group->config, i)); i++)
        if (!fault->part || !strcmp(part, fault->part))
            add_fault_of(sim, fault, group, part);
}

/* Whatever stands in the site dies at the same instant, and those who would order new machines there. */
static void add_fault_of_site(struct sim *sim, const struct scenario_variant *variant,
                              const struct scenario_fault *fault)
{
    for (size_t i = 0; i < variant->component_count; i++) {
        const struct component_config *component = &variant->components[i];
        struct scenario_fault whole = *fault;

        if (!component->site || strcmp(component->site, fault->component) != 0 ||
            !(component->type->crashes || component->type->scaled))
            continue;
        whole.component = component->name;
        whole.first = 0;
        whole.last = UINT32_MAX;
        whole.of_site = true;
        add_fault_of_component(sim, &whole);
    }
}

/* A part, or the whole component with all its parts; of a site with all that stands in it. */
static void add_cut(struct sim *sim, const struct scenario_variant *variant,
                    const struct scenario_fault *fault)
{
    struct group *whole = sim_find_group(sim, fault->component);
    struct group *group = fault->part ? find_part(sim, fault, whole, fault->part) : whole;
    struct group **with = memory_alloc_array(
        &sim->memory, fault->with_count + variant->component_count + 1, sizeof *with);
    uint32_t count = 0;

    for (size_t i = 0; i < fault->with_count; i++)
        with[count++] = sim_find_group(sim, fault->with[i]);
    for (size_t i = 0; i < variant->component_count; i++)
        if (variant->components[i].site && !strcmp(variant->components[i].site, fault->component))
            with[count++] = sim_find_group(sim, variant->components[i].name);
    sim_add_cut(sim, &(struct cut){ .group = group,
                                    .first = fault->part ? fault->first : 0,
                                    .last = fault->part && fault->last < group->count ? fault->last
                                                                                      : group->count - 1,
                                    .whole = !fault->part,
                                    .with = with,
                                    .with_count = count,
                                    .from_ns = fault->from_ns,
                                    .until_ns = fault->until_ns });
}

static void add_fault(struct sim *sim, const struct scenario_variant *variant,
                      const struct scenario_fault *fault)
{
    if (fault->is_cut) {
        add_cut(sim, variant, fault);
        return;
    }
    add_fault_of_component(sim, fault);
    add_fault_of_site(sim, variant, fault);
}

/* The most instances of the component that this one may want; 0: it does not scale it. */
static uint32_t scaled_by(const struct component_config *scaler, const struct component_config *component)
{
    const char *name;
    uint32_t most = 0, max;

    for (size_t i = 0; (name = scaler->type->scaled(scaler->config, i, (uint32_t)component->count, &max)); i++)
        if (!strcmp(name, component->name) && max > most)
            most = max;
    return most;
}

/* The most that anybody who scales the component may want; 0: nobody does. */
static uint32_t scaled_max(const struct scenario_variant *variant, const struct component_config *component)
{
    uint32_t most = 0, max;

    for (size_t i = 0; component->type->roles & ROLE_ELASTIC && i < variant->component_count; i++) {
        const struct component_config *scaler = &variant->components[i];

        max = scaler->type->scaled ? scaled_by(scaler, component) : 0;
        if (max > most)
            most = max;
    }
    return most;
}

uint32_t build_instances(const struct scenario_variant *variant, const struct component_config *component)
{
    uint32_t count = (uint32_t)component->count, most = scaled_max(variant, component);

    return most > count ? most : count;
}

static void add_component(struct sim *sim, const struct scenario_variant *variant,
                          const struct component_config *component)
{
    struct group *group =
        sim_add_group(sim, &model_for(component->type, component->config)->component, component->name,
                      build_instances(variant, component), component->config,
                      site_of(sim, component->region));

    if (scaled_max(variant, component))
        members_init(group, (uint32_t)component->count);
}

static void add_everything(void *argument)
{
    struct build *build = argument;
    const struct scenario_variant *variant = build->variant;
    struct sim *sim = build->sim;

    for (size_t i = 0; i < variant->environment.host_count; i++)
        sim_add_group(sim, &host_model.component, variant->environment.hosts[i].name, 1,
                      &variant->environment.hosts[i], &sim->sites[0]);
    for (size_t i = 0; i < variant->component_count; i++)
        add_component(sim, variant, &variant->components[i]);
    build->wired = sim_wire(sim, &build->cycle);
    for (size_t i = 0; build->wired && i < variant->fault_count; i++)
        add_fault(sim, variant, &variant->faults[i]);
}

/* The component of the scenario that a group or part belongs to, by the scenario's own string. */
static const char *component_name(const struct scenario_variant *variant, const struct group *group)
{
    while (group->parent)
        group = group->parent;
    for (size_t i = 0; i < variant->component_count; i++)
        if (!strcmp(variant->components[i].name, group->name))
            return variant->components[i].name;
    return "";
}

enum build_status build_run(const struct scenario_variant *variant, uint64_t seed,
                            uint64_t memory_budget_bytes, struct sim **sim, struct build_problem *problem)
{
    struct build build = { .variant = variant, .sim = sim_create(seed, memory_budget_bytes, PENDING_LADDER) };
    enum build_status status = BUILD_OUT_OF_MEMORY;

    *sim = NULL;
    if (!build.sim)
        return BUILD_OUT_OF_MEMORY;
    build.sim->environment = &variant->environment;
    build.sim->network = &variant->network;
    if (memory_guard(&build.sim->memory, add_everything, &build)) {
        if (build.wired) {
            *sim = build.sim;
            return BUILD_OK;
        }
        problem->component = component_name(variant, build.cycle);
        status = build.sim->frames_max > FRAMES_MAX ? BUILD_TOO_DEEP : BUILD_CYCLE;
    } else if (build.sim->excess) {
        *problem =
            (struct build_problem){ component_name(variant, build.sim->excess_group), build.sim->excess };
        status = BUILD_TOO_LARGE;
    }
    sim_destroy(build.sim);
    return status;
}
