#include "sim/cut.h"

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/link.h"

/* ---- who is on the named side ---- */

static bool is_with(const struct cut *cut, const struct group *group)
{
    for (uint32_t i = 0; i < cut->with_count; i++)
        if (cut->with[i] == group)
            return true;
    return false;
}

/* All of the group. */
static bool has_group(const struct cut *cut, const struct group *group)
{
    if (group == cut->group && cut->first == 0 && cut->last == group->count - 1)
        return true;
    for (; group; group = group->parent)
        if (is_with(cut, group) || (cut->whole && group == cut->group))
            return true;
    return false;
}

static bool has_component(const struct cut *cut, const struct component *component)
{
    const struct group *group = component->group;

    return (group == cut->group && component->instance >= cut->first && component->instance <= cut->last) ||
           has_group(cut, group);
}

uint64_t component_side(const struct component *component)
{
    const struct sim *sim = component->sim;
    uint64_t side = 0;

    for (uint32_t i = 0; i < sim->cut_count; i++)
        if (sim->cuts[i].lasts && has_component(&sim->cuts[i], component))
            side |= UINT64_C(1) << i;
    return side;
}

static const struct group *whole_of(const struct group *group)
{
    while (group->parent)
        group = group->parent;
    return group;
}

uint64_t caller_side(const struct component *self, const struct request *request)
{
    const struct sim *sim = self->sim;
    int depth = request->top - 1;

    for (;;) {
        for (; depth >= request->base; depth--) {
            const struct component *component = sim->components[request->frames[depth].component];

            if (whole_of(component->group) != whole_of(self->group))
                return component_side(component);
        }
        if (!request->parent)
            return component_side(self);
        request = sim_request(sim, request->parent);
        depth = request->top;
    }
}

bool network_is_divided(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->cut_count; i++)
        if (sim->cuts[i].lasts)
            return true;
    return false;
}

static uint64_t group_side(const struct group *group)
{
    const struct sim *sim = group->sim;
    uint64_t side = 0;

    for (uint32_t i = 0; i < sim->cut_count; i++)
        if (sim->cuts[i].lasts && has_group(&sim->cuts[i], group))
            side |= UINT64_C(1) << i;
    return side;
}

bool group_may_be_cut(const struct group *group)
{
    for (uint32_t i = 0; i < group->sim->cut_count; i++)
        if (group->sim->cuts[i].group == group || has_group(&group->sim->cuts[i], group))
            return true;
    return false;
}

/* ---- the links ---- */

/* It is one with on_network, or has a part that is. */
static bool looks_by_itself(const struct group *group)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->type->on_network)
            for (const struct group *whole = sim->groups[i]; whole; whole = whole->parent)
                if (whole == group)
                    return true;
    return false;
}

static bool has_no_sides(const struct link *link)
{
    return looks_by_itself(link->target->group) ||
           (link->from->type->on_network && link->target->group->parent == link->from);
}

static void set_links(struct sim *sim)
{
    for (uint32_t i = 1; i < sim->link_count; i++) {
        struct link *link = &sim->links[i];
        bool cut = !has_no_sides(link) && group_side(link->from) != component_side(link->target);

        if (link->cut != cut)
            sim_link_cut(link, cut);
    }
    for (uint16_t i = 0; i < sim->component_count; i++)
        if (sim->components[i]->group->type->on_network)
            sim->components[i]->group->type->on_network(sim->components[i]);
}

/* ---- the timeline ---- */

static void turn(struct component *self, struct request *ticker)
{
    struct sim *sim = self->sim;
    struct cut *cut = &sim->cuts[ticker->key];

    cut->lasts = !cut->lasts;
    request_destroy(sim, ticker);
    set_links(sim);
}

void sim_add_cut(struct sim *sim, const struct cut *cut)
{
    SIM_ASSERT(sim, NULL,
               sim->wired && !sim->begun && sim->cut_count < CUTS_MAX && cut->from_ns >= sim->now_ns &&
                   cut->until_ns > cut->from_ns && cut->first <= cut->last && cut->last < cut->group->count);
    if (!sim->cuts)
        sim->cuts = memory_alloc_array(&sim->memory, CUTS_MAX, sizeof *sim->cuts);
    sim->cuts[sim->cut_count] = *cut;
    sim->cuts[sim->cut_count++].lasts = false;
    for (uint32_t i = cut->first; i <= cut->last; i++) /* which may have to begin anew when it is back */
        if (!cut->group->instances[i]->outage)
            cut->group->instances[i]->outage = memory_alloc(&sim->memory, sizeof(struct outage));
}

static void schedule(struct sim *sim, uint32_t index, int64_t date_ns)
{
    struct component *component = sim->cuts[index].group->instances[sim->cuts[index].first];
    struct request *ticker = sim_ticker(component);

    ticker->key = index;
    sim_resume_after(component, ticker, date_ns - sim->now_ns, turn);
}

void cuts_start(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->cut_count; i++) {
        if (sim->cuts[i].until_ns != SIM_TIME_NEVER)
            schedule(sim, i, sim->cuts[i].until_ns);
        schedule(sim, i, sim->cuts[i].from_ns);
    }
}
