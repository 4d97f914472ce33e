#include "sim/alarm.h"

static void make_leaves(struct alarms *alarms, uint32_t leaf_count)
{
    alarms->leaf_count = leaf_count;
    alarms->nodes = memory_alloc_array(alarms->memory, 2 * (size_t)leaf_count, sizeof *alarms->nodes);
    for (uint32_t i = 0; i < 2 * leaf_count; i++)
        alarms->nodes[i] = EVENT_NEVER;
}

void alarms_init(struct alarms *alarms, struct memory *memory)
{
    *alarms = (struct alarms){ .memory = memory };
    make_leaves(alarms, 1);
}

uint32_t alarms_add(struct alarms *alarms)
{
    struct alarms old = *alarms;

    if (old.count == old.leaf_count) {
        make_leaves(alarms, 2 * old.leaf_count);
        for (uint32_t i = 0; i < old.count; i++)
            alarm_set(alarms, i, old.nodes[old.leaf_count + i]);
        memory_free(alarms->memory, old.nodes);
    }
    return alarms->count++;
}
