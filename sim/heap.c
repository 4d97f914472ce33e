#include "sim/heap.h"

/* The root is the fourth event of its cache line: the children 4i+1 .. 4i+4 of a node then share a line. */
#define ROOT_OFFSET 3

static size_t block_size(uint32_t capacity)
{
    return ((size_t)capacity + ROOT_OFFSET) * sizeof(struct event);
}

void heap_init(struct heap *heap, struct memory *memory, uint32_t capacity)
{
    struct event *block = memory_alloc(memory, block_size(capacity));

    *heap = (struct heap){ .events = block + ROOT_OFFSET, .capacity = capacity, .memory = memory };
}

void heap_deinit(struct heap *heap)
{
    memory_free(heap->memory, heap->events - ROOT_OFFSET);
    *heap = (struct heap){ .memory = heap->memory };
}

static void grow(struct heap *heap)
{
    uint32_t capacity = event_capacity_next(heap->capacity);
    struct event *block = memory_grow(heap->memory, heap->events - ROOT_OFFSET, block_size(capacity));

    heap->events = block + ROOT_OFFSET;
    heap->capacity = capacity;
}

void heap_push(struct heap *heap, struct event event)
{
    struct event *events;
    uint32_t i;

    if (__builtin_expect(heap->count == heap->capacity, 0))
        grow(heap);
    events = heap->events;
    i = heap->count++;
    while (i) {
        uint32_t parent = (i - 1) / 4;

        if (!event_before(event, events[parent]))
            break;
        events[i] = events[parent];
        i = parent;
    }
    events[i] = event;
}

struct event heap_pop(struct heap *heap)
{
    struct event *events = heap->events;
    struct event first = events[0];
    struct event last = events[--heap->count];
    uint32_t i = 0;

    while (4 * i + 1 < heap->count) {
        uint32_t child = heap_earliest_child(events, 4 * i + 1, heap->count);

        if (!event_before(events[child], last))
            break;
        events[i] = events[child];
        i = child;
    }
    events[i] = last;
    return first;
}
