#include "app/peaks.h"

#include <math.h>
#include <stdlib.h>

#include "app/busy_time.h"

struct peak {
    struct busy_time before; /* at the end of the part before */
    double greatest;
    int64_t full_ns;
};

/* The group as a whole and, where there are several, its instances. */
static size_t subjects_of(const struct group *group)
{
    return group->count > 1 ? 1 + (size_t)group->count : 1;
}

static uint8_t resources_of(const struct group *group)
{
    return group->count && !group->type->is_source ? group->instances[0]->resource_count : 0;
}

void peaks_init(struct peaks *peaks, const struct sim *sim, int64_t measure_ns)
{
    size_t count = 0;

    *peaks = (struct peaks){ .first = calloc(sim->group_count + (size_t)1, sizeof *peaks->first),
                             .measure_ns = measure_ns };
    for (uint16_t i = 0; peaks->first && i < sim->group_count; i++) {
        peaks->first[i] = count;
        count += subjects_of(sim->groups[i]) * resources_of(sim->groups[i]);
    }
    peaks->all = peaks->first ? calloc(count + 1, sizeof *peaks->all) : NULL;
    peaks->out_of_memory = !peaks->all;
}

void peaks_deinit(struct peaks *peaks)
{
    free(peaks->first);
    free(peaks->all);
    *peaks = (struct peaks){ 0 };
}

int64_t peaks_next_ns(const struct peaks *peaks)
{
    if (peaks->sampled >= PEAKS_INTERVALS || !peaks->all)
        return INT64_MAX;
    return (int64_t)((__int128)peaks->measure_ns * (peaks->sampled + 1) / PEAKS_INTERVALS);
}

static void add_part(struct peak *peak, struct busy_time now, int64_t length_ns)
{
    double could = (double)(now.could - peak->before.could);
    double share = could > 0 ? (double)(now.busy - peak->before.busy) / could : 0;

    peak->before = now;
    peak->greatest = fmax(peak->greatest, share);
    if (share > PEAKS_FULL)
        peak->full_ns += length_ns;
}

static void sample_group(struct peak *peaks, const struct group *group, int64_t length_ns)
{
    struct busy_time all[RESOURCES_MAX] = { 0 };
    uint8_t count = resources_of(group);

    for (uint32_t instance = 0; instance < group->count; instance++)
        for (uint8_t i = 0; i < count; i++) {
            struct component *const *member = &group->instances[instance];
            struct busy_time own;

            if (member[0]->resources[i].kind == RESOURCE_AMOUNT)
                continue;
            own = busy_time_of(member, 1, i);
            all[i].busy += own.busy;
            all[i].could += own.could;
            if (group->count > 1)
                add_part(&peaks[(instance + (size_t)1) * count + i], own, length_ns);
        }
    for (uint8_t i = 0; i < count; i++)
        add_part(&peaks[i], all[i], length_ns);
}

void peaks_sample(struct peaks *peaks, const struct sim *sim)
{
    int64_t now_ns = sim->now_ns - sim->window_start_ns, length_ns = now_ns - peaks->sampled_ns;

    for (uint16_t i = 0; i < sim->group_count; i++)
        sample_group(&peaks->all[peaks->first[i]], sim->groups[i], length_ns);
    peaks->sampled_ns = now_ns;
    peaks->sampled++;
}

struct peak_result peaks_of(const struct peaks *peaks, const struct group *group, int64_t instance,
                            uint8_t resource)
{
    const struct peak *peak;

    if (!peaks->all || !peaks->sampled)
        return (struct peak_result){ NAN, NAN };
    peak = &peaks->all[peaks->first[group->index] + (size_t)(instance + 1) * resources_of(group) + resource];
    return (struct peak_result){ peak->greatest, (double)peak->full_ns / (double)SIM_NS_PER_S };
}
