/* trace_steps.c - where a request is between two callbacks: on a link, in a pause, at a station, with its
 * branches, or in the component's own hands; see trace.h. Cost: O(requests at the station). */
#include "sim/call.h"
#include "sim/station.h"
#include "sim/trace_strands.h"

static struct trace_step network_step(const struct request *request, enum trace_step_kind kind)
{
    static const struct {
        const char *name;
        bool waits;
    } places[] = {
        [LINK_MESSAGE] = { NULL, false },
        [LINK_WAITS_FOR_CONNECTION] = { "free connection", true },
        [LINK_CONNECTS] = { "new connection", false },
        [LINK_GIVES_UP] = { "lost message", false },
    };
    enum link_place place = sim_link_place(request);

    return (struct trace_step){ .kind = (uint8_t)(places[place].waits ? TRACE_WAIT : kind),
                                .name = places[place].name };
}

static struct trace_step station_step(const struct component *self, const struct station *station,
                                      struct station_view view)
{
    struct trace_step step = { .name = station->statistics->name, .left_ns = view.left_ns };

    if (station->owner->group != self->group)
        step.resource = station->owner->group;
    step.kind = view.place == STATION_IN_LINE ? TRACE_WAIT : view.shares ? TRACE_SHARED : TRACE_SERVICE;
    return step;
}

struct trace_step trace_step_now(const struct sim *sim, const struct request *request)
{
    const struct component *self = sim->components[request->frames[request->top].component];
    struct activity activity = { NULL, false };

    if (request->flags & REQUEST_IN_TRANSIT)
        return network_step(request, TRACE_NETWORK_OUT);
    if (request->flags & REQUEST_RETURNING)
        return network_step(request, TRACE_NETWORK_BACK);
    if (request->children)
        return (struct trace_step){ .kind = TRACE_BRANCHES };
    if (sim_pauses_before_retry(request))
        return (struct trace_step){ .kind = TRACE_WAIT, .name = "pause before the next attempt" };
    if (request->station) {
        struct station_view view = station_look(request->station, request);

        if (view.place != STATION_LEFT)
            return station_step(self, request->station, view);
    }
    if (self->group->type->activity)
        activity = self->group->type->activity(self, request);
    return (struct trace_step){ .kind = activity.waits ? TRACE_WAIT : TRACE_SERVICE, .name = activity.name };
}
