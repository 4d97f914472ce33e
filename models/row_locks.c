#include "models/row_locks.h"

#define FIRST_SLOTS 64

void row_locks_init(struct row_locks *locks, struct memory *memory, struct resource_statistics *statistics)
{
    *locks = (struct row_locks){ .slot_count = FIRST_SLOTS, .statistics = statistics };
    locks->slots = memory_alloc_array(memory, FIRST_SLOTS, sizeof *locks->slots);
}

/* The lock's slot, or the free one where it would be. */
static struct row_lock *slot_of(const struct row_locks *locks, uint64_t id)
{
    uint64_t mask = locks->slot_count - 1;
    uint64_t i = hash_key(id) & mask;

    while (locks->slots[i].held && locks->slots[i].id != id)
        i = (i + 1) & mask;
    return &locks->slots[i];
}

static void grow(struct row_locks *locks, struct memory *memory)
{
    struct row_locks larger = *locks;

    larger.slot_count *= 2;
    larger.slots = memory_alloc_array(memory, larger.slot_count, sizeof *larger.slots);
    for (uint64_t i = 0; i < locks->slot_count; i++)
        if (locks->slots[i].held)
            *slot_of(&larger, locks->slots[i].id) = locks->slots[i];
    memory_free(memory, locks->slots);
    *locks = larger;
}

/* Frees the slot; entries behind it that would no longer be found move back. */
static void remove_slot(struct row_locks *locks, uint64_t hole)
{
    uint64_t mask = locks->slot_count - 1;

    for (uint64_t i = (hole + 1) & mask; locks->slots[i].held; i = (i + 1) & mask) {
        uint64_t home = hash_key(locks->slots[i].id) & mask;

        if (((i - home) & mask) < ((i - hole) & mask)) /* its search starts behind the hole */
            continue;
        locks->slots[hole] = locks->slots[i];
        hole = i;
    }
    locks->slots[hole] = (struct row_lock){ .held = false };
    locks->count--;
}

static void line_append(struct row_locks *locks, struct row_lock *lock, struct sim *sim,
                        struct request *request)
{
    request->since_ns = sim->now_ns;
    request->next = 0;
    request->prev = lock->last;
    if (lock->last)
        sim_request(sim, lock->last)->next = request->index;
    else
        lock->first = request->index;
    lock->last = request->index;
    locks->waits++;
    amount_add(&locks->waiting, 1, sim->now_ns);
}

static struct request *line_take_first(struct row_locks *locks, struct row_lock *lock, struct sim *sim)
{
    struct request *request = sim_request(sim, lock->first);

    request->resume = request->owner->on_timer;
    lock->first = request->next;
    if (lock->first)
        sim_request(sim, lock->first)->prev = 0;
    else
        lock->last = 0;
    amount_add(&locks->waiting, -1, sim->now_ns);
    if (locks->statistics) {
        locks->statistics->started++;
        if (sim->now_ns > request->since_ns)
            histogram_add(&locks->statistics->waits, sim->now_ns - request->since_ns);
    }
    return request;
}

bool row_locks_acquire(struct row_locks *locks, struct component *self, struct request *request, uint64_t id)
{
    struct row_lock *lock;

    if (2 * (locks->count + 1) > locks->slot_count)
        grow(locks, &self->sim->memory);
    lock = slot_of(locks, id);
    if (!lock->held) {
        *lock = (struct row_lock){ .id = id, .held = true };
        locks->count++;
        if (locks->statistics)
            locks->statistics->started++;
        return true;
    }
    request->owner = self;
    request->resume =
        NULL; /* no event is out while it waits: should the component die, there is none to wait for */
    line_append(locks, lock, self->sim, request);
    return false;
}

void row_locks_release(struct row_locks *locks, struct sim *sim, uint64_t id)
{
    struct row_lock *lock = slot_of(locks, id);

    SIM_ASSERT(sim, NULL, lock->held);
    if (lock->first)
        sim_wake(sim, line_take_first(locks, lock, sim));
    else
        remove_slot(locks, (uint64_t)(lock - locks->slots));
}

uint32_t row_locks_release_line(struct row_locks *locks, struct sim *sim, uint64_t id)
{
    struct row_lock *lock = slot_of(locks, id);
    uint32_t first = lock->first;

    SIM_ASSERT(sim, NULL, lock->held);
    while (lock->first)
        line_take_first(locks, lock, sim);
    remove_slot(locks, (uint64_t)(lock - locks->slots));
    return first;
}

void row_locks_clear(struct row_locks *locks, struct sim *sim)
{
    for (uint64_t i = 0; i < locks->slot_count; i++)
        locks->slots[i] = (struct row_lock){ .held = false };
    locks->count = 0;
    amount_set(&locks->waiting, 0, sim->now_ns);
}
