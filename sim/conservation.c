/* conservation.c - nothing is lost: what a run must add up to at any date.
 *
 * Per component: requests that arrived = those it answered + those found inside. Found means looked for,
 * frame by frame, in the pool, not computed from the same counters. A request on its way to a component
 * has not arrived; one on its way back has left; an orphan is inside whoever still works on it. Per
 * class of users' requests, and so in total: those that users started = those that ended + those whose
 * users still wait. What a model keeps by itself it adds up by itself.
 */
#include "sim/sim.h"

static void count_frames(const struct request *request, uint64_t *inside)
{
    int first = request->base + (request->parent != 0); /* a child's bottom frame is its parent's */
    int last = request->top;

    if (request->flags & (REQUEST_IN_TRANSIT | REQUEST_RETURNING))
        last--;
    for (int i = first; i <= last; i++)
        inside[request->frames[i].component]++;
}

static bool component_conserves(const struct component *component, uint64_t inside, FILE *out)
{
    uint64_t finished = 0;

    for (int i = 0; i < OUTCOME_COUNT; i++)
        finished += component->finished[i];
    if (component->started == finished + inside)
        return !component->group->type->conserves || component->group->type->conserves(component, out);
    fprintf(out, "%s[%u]: %llu requests arrived, %llu were answered, %llu are inside\n",
            component->group->name, component->instance, (unsigned long long)component->started,
            (unsigned long long)finished, (unsigned long long)inside);
    return false;
}

/* A class counts from the start of the window; what was inside then is in_flight_start. */
static bool class_conserves(const struct request_class *class, uint64_t inside, FILE *out)
{
    uint64_t started = class->in_flight_start + class->started, finished = 0;

    for (int i = 0; i < OUTCOME_COUNT; i++)
        finished += class->finished[i];
    if (started == finished + inside)
        return true;
    fprintf(out, "%s:%s: %llu requests were started, %llu have ended, %llu users wait\n", class->group->name,
            class->name, (unsigned long long)started, (unsigned long long)finished,
            (unsigned long long)inside);
    return false;
}

/* A user waits for it: neither an orphan nor a branch. */
static bool has_user(const struct sim *sim, const struct request *request)
{
    return request->base == 0 && !request->parent &&
           sim->components[request->frames[0].component]->group->type->is_source;
}

/* Every place of the pool that is not in use is in the list of free ones, once. */
static bool pool_conserves(const struct sim *sim, FILE *out)
{
    uint32_t unused = 0, listed = 0;

    for (uint32_t i = 1; i <= sim->request_count; i++)
        unused += sim_request(sim, i)->state == REQUEST_FREE;
    for (uint32_t i = sim->request_free; i && listed <= unused; i = sim_request(sim, i)->next)
        listed++;
    if (listed == unused)
        return true;
    fprintf(out, "of the pool of requests %u places are unused, %u are in the list of free ones\n", unused,
            listed);
    return false;
}

bool sim_conserves(struct sim *sim, FILE *out)
{
    uint64_t *inside = memory_alloc_array(&sim->memory, sim->component_count, sizeof *inside);
    uint64_t *users = memory_alloc_array(&sim->memory, sim->class_count, sizeof *users);
    bool good = pool_conserves(sim, out);

    for (uint32_t i = 1; i <= sim->request_count; i++) {
        const struct request *request = sim_request(sim, i);

        if (request->state != REQUEST_LIVE)
            continue;
        count_frames(request, inside);
        if (has_user(sim, request))
            users[request->request_class]++;
    }
    for (uint16_t i = 0; i < sim->component_count; i++)
        if (!component_conserves(sim->components[i], inside[i], out))
            good = false;
    for (uint16_t i = 0; i < sim->class_count; i++)
        if (!class_conserves(sim->classes[i], users[i], out))
            good = false;
    memory_free(&sim->memory, users);
    memory_free(&sim->memory, inside);
    return good;
}
