#include "app/busy_time.h"

#include "sim/link.h"
#include "sim/members.h"
#include "sim/station.h"

static int64_t sent_ns(const struct pipe *pipe, int64_t now_ns)
{
    return pipe->busy_ns - (pipe->free_ns > now_ns ? pipe->free_ns - now_ns : 0);
}

struct busy_time busy_time_of(struct component *const *instances, uint32_t count, uint8_t index)
{
    struct busy_time time = { 0, 0 };

    for (uint32_t i = 0; i < count; i++) {
        const struct resource *resource = &instances[i]->resources[index];
        int64_t now_ns = instances[i]->sim->now_ns;
        __int128 serving = component_serving_area(instances[i]);

        if (resource->kind == RESOURCE_STATION) {
            time.busy += gauge_area(&resource->of.station->busy, now_ns);
            time.could += resource->of.station->servers * serving;
        } else {
            time.busy += sent_ns(resource->of.pipe, now_ns);
            time.could += serving;
        }
    }
    return time;
}
