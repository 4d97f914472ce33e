#include "sim/lane.h"

#include <string.h>

#define RING_START 64

void lanes_init(struct lanes *lanes, struct memory *memory)
{
    memset(lanes, 0, sizeof *lanes);
    lanes->memory = memory;
    lanes->leaf_count = 1;
    lanes->nodes[1].head = EVENT_NEVER;
}

static struct event lane_head(const struct lanes *lanes, uint32_t number)
{
    return lanes->nodes[lanes->leaf_count + number].head;
}

/* Twice as many leaves; the lanes keep their heads. */
static void double_leaves(struct lanes *lanes)
{
    struct event heads[LANES_MAX];
    uint32_t count = lanes->leaf_count;

    for (uint32_t i = 0; i < count; i++)
        heads[i] = lane_head(lanes, i);
    lanes->leaf_count = 2 * count;
    for (uint32_t i = 1; i < 4 * count; i++)
        lanes->nodes[i] = (struct lane_node){ .head = EVENT_NEVER };
    for (uint32_t i = 0; i < count; i++)
        lanes_play(lanes, &lanes->lanes[i], lanes->lanes[i].is_empty ? EVENT_NEVER : heads[i]);
    lanes->taken = NULL;
}

struct lane *lanes_find(struct lanes *lanes, int64_t delay_ns)
{
    struct lane *lane;

    for (uint32_t i = 0; delay_ns != LANE_DELAY_OWN && i < lanes->count; i++)
        if (lanes->lanes[i].delay_ns == delay_ns)
            return &lanes->lanes[i];
    if (lanes->count == LANES_MAX)
        return NULL;
    if (lanes->count == lanes->leaf_count)
        double_leaves(lanes);
    lane = &lanes->lanes[lanes->count];
    lane->number = lanes->count++;
    lane->is_empty = true;
    lane->delay_ns = delay_ns;
    lane->ring = memory_alloc_array(lanes->memory, RING_START, sizeof *lane->ring);
    lane->mask = RING_START - 1;
    return lane;
}

/* Doubles the ring, which is full, and turns it so that it starts at 0. */
void lane_grow(struct lanes *lanes, struct lane *lane)
{
    uint32_t size = lane->mask + 1, start = lane->start & lane->mask;
    struct event *ring = memory_alloc_array(lanes->memory, 2 * (size_t)size, sizeof *ring);

    memcpy(ring, lane->ring + start, (size - start) * sizeof *ring);
    memcpy(ring + (size - start), lane->ring, start * sizeof *ring);
    memory_free(lanes->memory, lane->ring);
    lane->ring = ring;
    lane->start = 0;
    lane->end = size;
    lane->mask = 2 * size - 1;
}

uint64_t lanes_count(const struct lanes *lanes)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++)
        count += lanes->lanes[i].end - lanes->lanes[i].start + !lanes->lanes[i].is_empty;
    return count;
}
