#include "models/dirty_copies.h"

#include "models/row_table.h"

#define FIRST_SLOTS 64
#define FIRST_PLACES 32

void dirty_init(struct dirty_copies *dirty, struct memory *memory)
{
    *dirty = (struct dirty_copies){ .memory = memory,
                                    .slot_mask = FIRST_SLOTS - 1,
                                    .pool_size = FIRST_PLACES,
                                    .pool_used = 1 };
    dirty->slots = memory_alloc_array(memory, FIRST_SLOTS, sizeof *dirty->slots);
    dirty->copies = memory_alloc_array(memory, FIRST_PLACES, sizeof *dirty->copies);
}

/* ---- the table of keys ---- */

/* Where the id is, or where it would be. */
static uint64_t slot_of(const struct dirty_copies *dirty, uint64_t id)
{
    uint64_t i = hash_key(id) & dirty->slot_mask;

    while (dirty->slots[i] && dirty->copies[dirty->slots[i]].id != id)
        i = (i + 1) & dirty->slot_mask;
    return i;
}

static void grow_slots(struct dirty_copies *dirty)
{
    uint32_t *smaller = dirty->slots;
    uint64_t slot_count = dirty->slot_mask + 1;

    dirty->slots = memory_alloc_array(dirty->memory, 2 * slot_count, sizeof *dirty->slots);
    dirty->slot_mask = 2 * slot_count - 1;
    for (uint64_t i = 0; i < slot_count; i++)
        if (smaller[i])
            dirty->slots[slot_of(dirty, dirty->copies[smaller[i]].id)] = smaller[i];
    memory_free(dirty->memory, smaller);
}

/* Entries behind the hole that would no longer be found move back. */
static void free_slot(struct dirty_copies *dirty, uint64_t hole)
{
    uint64_t mask = dirty->slot_mask;

    for (uint64_t i = (hole + 1) & mask; dirty->slots[i]; i = (i + 1) & mask) {
        uint64_t home = hash_key(dirty->copies[dirty->slots[i]].id) & mask;

        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        dirty->slots[hole] = dirty->slots[i];
        hole = i;
    }
    dirty->slots[hole] = 0;
}

uint32_t dirty_find(const struct dirty_copies *dirty, uint64_t id)
{
    return dirty->count ? dirty->slots[slot_of(dirty, id)] : 0;
}

/* ---- the pool ---- */

static uint32_t take_place(struct dirty_copies *dirty)
{
    uint32_t place = dirty->free;

    if (place) {
        dirty->free = dirty->copies[place].next;
        return place;
    }
    if (dirty->pool_used == dirty->pool_size) {
        dirty->pool_size *= 2;
        dirty->copies = memory_grow(dirty->memory, dirty->copies, dirty->pool_size * sizeof *dirty->copies);
    }
    return dirty->pool_used++;
}

static uint32_t add(struct dirty_copies *dirty, uint64_t id, int64_t now_ns)
{
    uint32_t place;

    if (2 * (dirty->count + 1) > dirty->slot_mask + 1)
        grow_slots(dirty);
    place = take_place(dirty);
    dirty->slots[slot_of(dirty, id)] = place;
    dirty->copies[place] = (struct dirty_copy){ .id = id };
    dirty->count++;
    amount_add(&dirty->dirty, 1, now_ns);
    return place;
}

static void remove_place(struct dirty_copies *dirty, uint32_t place, int64_t now_ns)
{
    free_slot(dirty, slot_of(dirty, dirty->copies[place].id));
    dirty->copies[place].id = UINT64_MAX;
    dirty->copies[place].next = dirty->free;
    dirty->free = place;
    dirty->count--;
    amount_add(&dirty->dirty, -1, now_ns);
}

/* ---- the line: who waits and has no write under way ---- */

static void line_append(struct dirty_copies *dirty, uint32_t place)
{
    struct dirty_copy *copies = dirty->copies;

    copies[place].next = 0;
    copies[place].prev = dirty->last;
    if (dirty->last)
        copies[dirty->last].next = place;
    else
        dirty->first = place;
    dirty->last = place;
    dirty->line++;
}

static void line_remove(struct dirty_copies *dirty, uint32_t place)
{
    struct dirty_copy *copies = dirty->copies;
    uint32_t next = copies[place].next, prev = copies[place].prev;

    if (next)
        copies[next].prev = prev;
    else
        dirty->last = prev;
    if (prev)
        copies[prev].next = next;
    else
        dirty->first = next;
    dirty->line--;
}

/* ---- verbs ---- */

uint32_t dirty_accept(struct dirty_copies *dirty, const struct request *request, uint32_t bytes,
                      int64_t now_ns)
{
    uint64_t id = row_id(request->data, request->key);
    uint32_t place = dirty_find(dirty, id);
    struct dirty_copy *copy;
    bool is_new = place == 0;

    if (is_new)
        place = add(dirty, id, now_ns);
    copy = &dirty->copies[place];
    if (is_new) {
        copy->key = request->key;
        copy->data = request->data;
        copy->operation = request->operation;
    }
    copy->bytes = bytes;
    if (request->rows > copy->rows)
        copy->rows = request->rows;
    if (copy->waiting++ == 0 && copy->under_way == 0)
        line_append(dirty, place);
    dirty->accepted++;
    return place;
}

void dirty_take(struct dirty_copies *dirty, uint32_t place)
{
    struct dirty_copy *copy = &dirty->copies[place];

    line_remove(dirty, place);
    copy->under_way = copy->waiting;
    copy->waiting = 0;
}

bool dirty_done(struct dirty_copies *dirty, uint32_t place, bool stored, int64_t now_ns)
{
    struct dirty_copy *copy = &dirty->copies[place];
    bool is_clean;

    if (stored) {
        dirty->stored += copy->under_way;
        dirty->writes++;
        copy->operation = OPERATION_WRITE; /* the row is there now */
    } else {
        copy->waiting += copy->under_way;
    }
    copy->under_way = 0;
    is_clean = copy->waiting == 0;
    if (is_clean)
        remove_place(dirty, place, now_ns);
    else
        line_append(dirty, place);
    return is_clean && stored;
}

void dirty_forget(struct dirty_copies *dirty, uint32_t place, int64_t now_ns)
{
    struct dirty_copy *copy = &dirty->copies[place];

    dirty->superseded += copy->waiting;
    if (copy->under_way) {
        copy->waiting = 0;
        return;
    }
    line_remove(dirty, place);
    remove_place(dirty, place, now_ns);
}

uint64_t dirty_crash(struct dirty_copies *dirty, int64_t now_ns)
{
    uint64_t lost = 0;

    for (uint32_t place = 1; place < dirty->pool_used; place++) {
        struct dirty_copy *copy = &dirty->copies[place];

        if (copy->id == UINT64_MAX) /* a free place */
            continue;
        lost += copy->waiting;
        dirty->unconfirmed += copy->under_way;
        if (copy->under_way == 0)
            line_remove(dirty, place);
        remove_place(dirty, place, now_ns);
    }
    dirty->lost += lost;
    return lost;
}
