/* conservation.c - nothing is lost: what a run must add up to at any date.
 *
 * Per component: requests that arrived = those it answered + those found inside. Found means looked for, frame by
 * frame, in the pool, not computed from the same counters. A request on its way to a component has not arrived; one on its way
 * back has left; an orphan is inside whoever still works on it. In total: requests that users started =
 * those that ended + those whose users still wait.
 */
#include "sim/sim.h"

static void count_frames(const struct sim *sim, const struct request *request, uint64_t *inside)
{
    int first = request->base + (request->parent != 0); /* a child's bottom frame is its parent's */
    int last = request->top;

    if (request->flags & (REQUEST_IN_TRANSIT | REQUEST_RETURNING))
        last--;
    for (int i = first; i <= last; i++)
        inside[request->frames[i].component]++;
    (void)sim;
}

static bool component_conserves(const struct component *component, uint64_t inside, FILE *out)
{
    uint64_t finished = 0;

    for (int i = 0; i < OUTCOME_COUNT; i++)
        finished += component->finished[i];
    if (component->started == finished + inside && component->in_flight.level == inside)
        return true;
    fprintf(out, "%s[%u]: %llu requests arrived, %llu were answered, %llu are inside (%u by its gauge)\n", component->group->name,
            component->instance, (unsigned long long)component->started, (unsigned long long)finished, (unsigned long long)inside,
            component->in_flight.level);
    return false;
}

bool sim_conserves(struct sim *sim, FILE *out)
{
    uint64_t *inside = memory_alloc_array(&sim->memory, sim->component_count, sizeof *inside);
    uint64_t live = 0;
    bool good = true;

    for (uint32_t i = 1; i <= sim->request_count; i++) {
        const struct request *request = sim_request(sim, i);

        if (request->state != REQUEST_LIVE)
            continue;
        count_frames(sim, request, inside);
        live++;
    }
    for (uint16_t i = 0; i < sim->component_count; i++)
        if (!component_conserves(sim->components[i], inside[i], out))
            good = false;
    if (live != sim->requests_live) {
        fprintf(out, "the pool holds %llu requests, %u are counted\n", (unsigned long long)live, sim->requests_live);
        good = false;
    }
    memory_free(&sim->memory, inside);
    return good;
}
