/* wiring.c - makes a run of its groups: links, stations, the longest path of calls, the pool of
 * requests; see sim_wire(). */
#include <string.h>
#include <sys/mman.h>

#include "sim/call.h"
#include "sim/cut.h"
#include "sim/fault.h"
#include "sim/members.h"
#include "sim/sim.h"
#include "sim/station.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct path_search {
    const struct sim *sim;
    uint8_t mark[GROUPS_MAX];
    uint8_t depth[GROUPS_MAX]; /* components on the longest path of calls from here */
    const struct group *cycle;
};

static void search_from(struct path_search *search, const struct group *group)
{
    uint8_t below = 0;

    search->mark[group->index] = MARK_OPEN;
    for (uint16_t i = 1; i < search->sim->link_count && !search->cycle; i++) {
        const struct link *link = &search->sim->links[i];
        const struct group *target = link->target->group;

        if (link->from != group)
            continue;
        if (search->mark[target->index] == MARK_OPEN) {
            search->cycle = target;
            return;
        }
        if (search->mark[target->index] == MARK_NEW)
            search_from(search, target);
        if (search->depth[target->index] > below)
            below = search->depth[target->index];
    }
    search->mark[group->index] = MARK_DONE;
    search->depth[group->index] = (uint8_t)(below <= FRAMES_MAX ? below + 1 : below);
}

/* Longest path of calls, in components; 0: there is a cycle; above FRAMES_MAX: too long. */
static uint8_t longest_path(const struct sim *sim, const struct group **cycle)
{
    struct path_search search = { .sim = sim };
    uint8_t longest = 1;

    for (uint16_t i = 0; i < sim->group_count && !search.cycle; i++) {
        if (search.mark[i] == MARK_NEW)
            search_from(&search, sim->groups[i]);
        if (search.depth[i] > longest)
            longest = search.depth[i];
        if (longest > FRAMES_MAX && !search.cycle)
            search.cycle = sim->groups[i];
    }
    *cycle = search.cycle;
    return search.cycle && longest <= FRAMES_MAX ? 0 : longest;
}

static bool reaches(const struct sim *sim, const struct group *from, const struct group *to, bool *seen)
{
    seen[from->index] = true;
    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct group *target = sim->links[i].target->group;

        if (sim->links[i].from == from &&
            (target == to || (!seen[target->index] && reaches(sim, target, to, seen))))
            return true;
    }
    return false;
}

bool sim_reaches(const struct sim *sim, const struct group *from, const struct group *to)
{
    bool seen[GROUPS_MAX] = { false };

    return reaches(sim, from, to, seen);
}

static bool repeats_calls(const struct sim *sim)
{
    for (uint16_t i = 1; i < sim->link_count; i++)
        if (sim->links[i].policy.retries_max)
            return true;
    return false;
}

/* Address space for the largest pool; a page is used when it is touched. */
static bool reserve_requests(struct sim *sim)
{
    size_t size;

    sim->stride = (uint32_t)(sizeof(struct request) + sim->frames_max * sizeof(struct frame));
    if (repeats_calls(sim)) {
        sim->questions_offset = (uint16_t)sim->stride;
        sim->stride += (uint32_t)(sim->frames_max * sizeof(struct call_question));
    }
    size = (size_t)REQUESTS_MAX * sim->stride;
    sim->requests =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sim->requests == MAP_FAILED) {
        sim->requests = NULL;
        return false;
    }
    sim_request(sim, 0)->owner = sim->components[0]; /* nobody's request: what is fetched ahead for it is there */
    return true;
}

static void number_sites(struct sim *sim)
{
    unsigned bits = 0;
    uint64_t room;

    while ((1u << bits) < sim->site_count)
        bits++;
    room = UINT64_C(1) << (64 - EVENT_PAYLOAD_BITS - bits);
    for (uint16_t i = 0; i < sim->site_count; i++) {
        sim->sites[i].order = i * room << EVENT_PAYLOAD_BITS;
        sim->sites[i].order_end = ((i + 1) * room - room / 16) << EVENT_PAYLOAD_BITS; /* what is left serves until the run looks */
    }
}

bool sim_wire(struct sim *sim, const struct group **cycle)
{
    *cycle = NULL;
    for (uint16_t i = 0; i < sim->group_count; i++) { /* parts that are added on the way are wired too */
        struct group *group = sim->groups[i];

        sim->memory.owner = group->instances[0]->id + 1u;
        if (group->type->wire_group)
            group->type->wire_group(group);
        for (uint32_t k = 0; group->type->wire && k < group->count; k++) {
            sim->memory.owner = group->instances[k]->id + 1u;
            group->type->wire(group->instances[k]);
        }
    }
    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->type->wire_callers)
            sim->groups[i]->type->wire_callers(sim->groups[i]);
    sim->memory.owner = 0;
    number_sites(sim);
    sim_links_complete(sim);
    sim->frames_max = longest_path(sim, cycle);
    if (*cycle)
        return false;
    if (!reserve_requests(sim))
        memory_alloc(&sim->memory, SIZE_MAX / 2); /* leaves by the guard as any other failure */
    pending_init(&sim->pending, &sim->memory, sim->pending_kind);
    sim->wired = true;
    return true;
}

void sim_begin(struct sim *sim)
{
    if (sim->begun)
        return;
    sim->begun = true;
    faults_start(sim); /* first, so that a fault comes before what others do at its date */
    cuts_start(sim);
    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->members)
            members_begin(sim->groups[i]);
    for (uint16_t i = 0; i < sim->component_count; i++) {
        sim->memory.owner = sim->components[i]->id + 1u; /* what it allocates now is kept for it */
        if (member_state_of(sim->components[i]) == MEMBER_OUT)
            continue;
        if (sim->components[i]->group->type->start)
            sim->components[i]->group->type->start(sim->components[i]);
    }
    sim->memory.owner = 0;
}
