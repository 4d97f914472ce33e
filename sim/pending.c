#include "sim/pending.h"

#include <string.h>

#define CHECK_POPS_MIN 4096
#define BUCKET_GAPS 16 /* width of a bucket in mean gaps between events, at most; half of it at least */
#define BUCKETS_MIN 512u
#define BUCKETS_MAX (1u << 21)
#define BUCKETS_EXTRA 16   /* a wheel that is too short may grow to this many times its usual size */
#define SERVED_SHARE_MIN 8 /* events served from buckets count for at least this part of the pops */
#define SHIFT_START 16
#define SHIFT_MAX 60
#define CHUNKS_START 256
#define HEAP_START 256
#define SORTED_MAX (4 * PENDING_CHUNK_EVENTS) /* together, see sort_into_bottom() */

_Static_assert(sizeof(struct pending_chunk) == 128, "a chunk fills two cache lines");
_Static_assert(PENDING_AHEAD + SORTED_MAX <= PENDING_BOTTOM_MAX,
               "what is sorted together has room in the bottom");

/* ---- the wheel ---- */

/* Empties the wheel and keeps its blocks where they are large enough and not far too large. */
static void wheel_reset(struct pending *set, uint32_t bucket_count, uint8_t shift)
{
    if (bucket_count > set->bucket_capacity || bucket_count < set->bucket_capacity / 8) {
        memory_free(set->memory, set->buckets);
        memory_free(set->memory, set->occupied);
        set->buckets = memory_alloc_array(set->memory, bucket_count, sizeof *set->buckets);
        set->occupied = memory_alloc_array(set->memory, bucket_count / 64, sizeof *set->occupied);
        set->bucket_capacity = bucket_count;
    } else {
        memset(set->buckets, 0, bucket_count * sizeof *set->buckets);
        memset(set->occupied, 0, bucket_count / 64 * sizeof *set->occupied);
    }
    set->bucket_mask = bucket_count - 1;
    set->shift = shift;
    set->elsewhere = set->near.count + set->far.count;
    set->chunk_free = 0;
    set->chunk_count = 0;
}

static uint32_t wheel_count(const struct pending *set)
{
    return set->elsewhere - set->near.count - set->far.count;
}

static uint32_t chunk_new(struct pending *set)
{
    if (++set->chunk_count == set->chunk_capacity) {
        set->chunk_capacity = event_capacity_next(set->chunk_capacity);
        set->chunks = memory_grow(set->memory, set->chunks, set->chunk_capacity * sizeof *set->chunks);
    }
    return set->chunk_count;
}

/* Hangs an empty chunk into a bucket; returns the bucket's word, which the caller stores with the event. */
static uint32_t chunk_add(struct pending *set, uint32_t slot)
{
    uint32_t chunk = set->chunk_free;

    if (chunk)
        set->chunk_free = set->chunks[chunk].next;
    else
        chunk = chunk_new(set);
    set->chunks[chunk].next = set->buckets[slot] >> PENDING_CHUNK_COUNT_BITS;
    set->occupied[slot >> 6] |= UINT64_C(1) << (slot & 63);
    return chunk << PENDING_CHUNK_COUNT_BITS;
}

/* Steps from `slot`, which is included, to the next bucket in use; the wheel must not be empty. */
static uint32_t wheel_distance(const struct pending *set, uint32_t slot)
{
    uint32_t word = slot >> 6;
    uint64_t bits = set->occupied[word] & (UINT64_MAX << (slot & 63));

    while (!bits) {
        word = (word + 1) & (set->bucket_mask >> 6);
        bits = set->occupied[word];
    }
    return ((word << 6) + (uint32_t)__builtin_ctzll(bits) - slot) & set->bucket_mask;
}

/* Number of the next bucket in use, in the wheel or far away; one of them must hold something. */
static int64_t next_bucket(const struct pending *set)
{
    int64_t bucket = INT64_MAX;

    if (wheel_count(set)) {
        int64_t start = set->current + 1;

        bucket = start + wheel_distance(set, (uint32_t)start & set->bucket_mask);
    }
    if (set->far.count && set->far.events[0].time_ns >> set->shift < bucket)
        bucket = set->far.events[0].time_ns >> set->shift;
    return bucket;
}

static inline __attribute__((always_inline)) void fetch_chunk(const struct pending *set, uint32_t chunk)
{
    const char *start = (const char *)&set->chunks[chunk];

    __builtin_prefetch(start);
    __builtin_prefetch(start + 64);
}

/* Fetches, of the bucket that will be served next, from `slot` on, the chunk before the newest, and of the one after it the
 * newest: they are likely out of the caches. No further than 64 buckets. */
static void fetch_buckets(const struct pending *set, uint32_t slot)
{
    const uint32_t *buckets = &set->buckets[slot & ~63u];
    uint64_t bits = set->occupied[slot >> 6] & (UINT64_MAX << (slot & 63));

    if (!bits)
        return;
    fetch_chunk(set, set->chunks[buckets[__builtin_ctzll(bits)] >> PENDING_CHUNK_COUNT_BITS].next);
    bits &= bits - 1;
    if (bits)
        fetch_chunk(set, buckets[__builtin_ctzll(bits)] >> PENDING_CHUNK_COUNT_BITS);
}

/* ---- sorting a bucket ----
 *
 * Each event finds its place by being compared with all others: for the few of a bucket that costs less than a sort, half of
 * whose branches nobody can foresee. Of their dates the first 15 bits in which they can differ are compared, eight events at a
 * time; where two are the same, the events come one by one. */

#define KEYS_A_VECTOR 8
#define KEYS_AT_ONCE (2 * KEYS_A_VECTOR)
#define KEY_BITS 15

typedef int16_t key_vector __attribute__((vector_size(16)));

union keys {
    key_vector vectors[(SORTED_MAX + KEYS_AT_ONCE - 1) / KEYS_AT_ONCE * 2];
    int16_t each[SORTED_MAX];
};

/* Of the keys in two vectors: how many of all are greater. */
static inline void count_later(const union keys *keys, uint32_t count, const key_vector two[2],
                               key_vector later[2])
{
    key_vector first = two[0], second = two[1], later_first = { 0 }, later_second = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const key_vector key = keys->each[i] - (key_vector){ 0 }; /* in each place */

        later_first -= key > first; /* true is -1 */
        later_second -= key > second;
    }
    later[0] = later_first;
    later[1] = later_second;
}

/* Puts events of one bucket into the bottom, where all are earlier. */
static void sort_into_bottom(struct pending *set, const struct event *events, uint32_t count)
{
    size_t before_bytes = set->bottom_count * sizeof *events;
    unsigned shift = set->shift > KEY_BITS ? set->shift - KEY_BITS : 0;
    union keys keys = { 0 }, later;
    uint32_t pairs = 0; /* of events that differ */

    for (uint32_t i = 0; i < count; i++)
        keys.each[i] = (int16_t)(events[i].time_ns >> shift & ((1 << KEY_BITS) - 1));
    for (uint32_t i = 0; i * KEYS_A_VECTOR < count; i += 2)
        count_later(&keys, count, &keys.vectors[i], &later.vectors[i]);
    memmove(&set->bottom[1 + count], &set->bottom[1], before_bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = (uint32_t)later.each[i];

        pairs += place;
        set->bottom[1 + place] = events[i];
    }
    if (__builtin_expect(pairs == count * (count - 1) / 2, 1)) {
        set->bottom_count += count;
    } else { /* some dates are equal, or nearly so */
        memmove(&set->bottom[1], &set->bottom[1 + count], before_bytes);
        for (uint32_t i = count; i-- > 0;)
            pending_push_bottom(set, events[i]);
    }
}

/* Moves one bucket of the wheel to the bottom, which holds no more than PENDING_AHEAD, all earlier. */
static void serve_bucket(struct pending *set, uint32_t slot)
{
    uint32_t chunk = set->buckets[slot] >> PENDING_CHUNK_COUNT_BITS;
    uint32_t count = set->buckets[slot] & PENDING_CHUNK_COUNT_MASK, gathered = 0;
    struct event events[SORTED_MAX];

    set->buckets[slot] = 0;
    set->occupied[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
    while (chunk) {
        struct pending_chunk *full = &set->chunks[chunk];
        uint32_t next = full->next;

        fetch_chunk(set, next);
        if (gathered == SORTED_MAX) { /* many: the rest come one by one */
            for (uint32_t i = count; i-- > 0;) /* newest first: equal dates then come as they will lie */
                pending_push_bottom(set, full->events[i]);
        } else {
            memcpy(&events[gathered], full->events, sizeof full->events);
            gathered += count;
            if (!next || gathered > SORTED_MAX - PENDING_CHUNK_EVENTS) {
                sort_into_bottom(set, events, gathered);
                gathered = SORTED_MAX;
            }
        }
        set->elsewhere -= count;
        set->served += count;
        full->next = set->chunk_free;
        set->chunk_free = chunk;
        chunk = next;
        count = PENDING_CHUNK_EVENTS;
    }
}

/* Refills the bottom from the next bucket. */
static void advance(struct pending *set)
{
    uint32_t slot;

    set->bottom_max = PENDING_BOTTOM_MAX;
    set->current = next_bucket(set);
    slot = (uint32_t)set->current & set->bucket_mask;
    serve_bucket(set, slot);
    fetch_buckets(set, (slot + 1) & set->bucket_mask);
    for (; set->far.count && set->far.events[0].time_ns >> set->shift <= set->current; set->served++) {
        set->elsewhere--;
        pending_push_bottom(set, heap_pop(&set->far));
    }
}

/* The bottom is empty, or nearly so, and there are events elsewhere. */
void pending_refill(struct pending *set)
{
    if (!set->near.count) {
        advance(set);
        return;
    }
    if (set->bottom_count)
        return;
    set->elsewhere--;
    set->bottom[++set->bottom_count] = heap_pop(&set->near);
}

static void push_heap(struct pending *set, struct heap *heap, struct event event)
{
    set->elsewhere++;
    heap_push(heap, event);
}

static inline void push_chunk(struct pending *set, uint32_t slot, uint32_t word, struct event event)
{
    set->chunks[word >> PENDING_CHUNK_COUNT_BITS].events[word & PENDING_CHUNK_COUNT_MASK] = event;
    set->buckets[slot] = word + 1;
    set->elsewhere++;
}

/* The bucket's newest chunk has room: no chunk yet has 0 events, a full one 7. */
static inline bool has_room(uint32_t word)
{
    return ((word + 1) & PENDING_CHUNK_COUNT_MASK) > 1;
}

/* Into a bucket without room, or beyond the wheel. */
static __attribute__((noinline)) void place_elsewhere(struct pending *set, struct event event)
{
    int64_t bucket = event.time_ns >> set->shift;
    uint32_t slot = (uint32_t)bucket & set->bucket_mask;

    if ((uint64_t)bucket - (uint64_t)set->current <= set->bucket_mask) {
        push_chunk(set, slot, chunk_add(set, slot), event);
        return;
    }
    set->far_pushes++;
    push_heap(set, &set->far, event);
}

/* Puts an event where it belongs. */
static inline void place(struct pending *set, struct event event)
{
    int64_t bucket = event.time_ns >> set->shift;
    uint64_t ahead = (uint64_t)bucket - (uint64_t)set->current;
    uint32_t slot = (uint32_t)bucket & set->bucket_mask;

    if (bucket <= set->current)
        pending_push_bottom(set, event);
    else if (ahead <= set->bucket_mask && has_room(set->buckets[slot]))
        push_chunk(set, slot, set->buckets[slot], event);
    else
        place_elsewhere(set, event);
}

/* The event that was the newest is no longer. */
void pending_place(struct pending *set, struct event event)
{
    int64_t bucket = event.time_ns >> set->shift;

    if (bucket > set->current && !set->elsewhere && set->bottom_count < PENDING_SMALL)
        set->current = bucket; /* let the bottom reach further */
    place(set, event);
}

/* ---- a bottom that has become too long ---- */

/* Gives what is later than the first bucket back to the wheel. The bottom reaches over many buckets when
 * there were few events for a while, see pending_push(). The wheel must be empty: one that is in use
 * cannot be turned back. */
static void bottom_split(struct pending *set, int64_t first_bucket)
{
    struct event events[PENDING_BOTTOM_MAX];

    memcpy(events, set->bottom + 1, sizeof events);
    set->bottom_count = 0;
    set->current = first_bucket;
    for (uint32_t i = 0; i < PENDING_BOTTOM_MAX; i++)
        place(set, events[i]);
}

/* All but the earliest event go to the heap. */
static void bottom_to_heap(struct pending *set)
{
    for (uint32_t i = 1; i < set->bottom_count; i++)
        push_heap(set, &set->near, set->bottom[i]);
    set->bottom[1] = set->bottom[set->bottom_count];
    set->bottom_count = set->bottom_max = 1;
}

/* Pushes into a bottom that is full. */
void pending_overflow_bottom(struct pending *set, struct event event)
{
    struct event first = set->bottom[set->bottom_count];
    bool is_first = event_before(event, first);
    int64_t bucket = (is_first ? event : first).time_ns >> set->shift;

    if (set->bottom_max > 1) {
        if (bucket < set->current && !wheel_count(set)) {
            bottom_split(set, bucket);
            place(set, event);
            return;
        }
        bottom_to_heap(set);
    }
    if (is_first)
        set->bottom[1] = event;
    push_heap(set, &set->near, is_first ? first : event);
}

/* ---- tuning ---- */

/* Copies every event out, in no order, and empties bottom and heaps; returns how many. */
static uint32_t take_all(struct pending *set, struct event *events)
{
    uint32_t count = 0;

    while (set->bottom_count)
        events[count++] = set->bottom[set->bottom_count--];
    while (set->near.count)
        events[count++] = set->near.events[--set->near.count];
    while (set->far.count)
        events[count++] = set->far.events[--set->far.count];
    for (uint32_t slot = 0; slot <= set->bucket_mask; slot++) {
        uint32_t chunk = set->buckets[slot] >> PENDING_CHUNK_COUNT_BITS;
        uint32_t chunk_events = set->buckets[slot] & PENDING_CHUNK_COUNT_MASK;

        for (; chunk; chunk = set->chunks[chunk].next, chunk_events = PENDING_CHUNK_EVENTS)
            for (uint32_t i = 0; i < chunk_events; i++)
                events[count++] = set->chunks[chunk].events[i];
    }
    return count;
}

static void heap_shrink(struct heap *heap)
{
    struct memory *memory = heap->memory;

    if (heap->capacity > HEAP_START) {
        heap_deinit(heap);
        heap_init(heap, memory, HEAP_START);
    }
}

/* Gives back what the old shape needed and the new one, most likely, will not. All is empty here. */
static void shrink(struct pending *set, uint32_t count)
{
    heap_shrink(&set->near);
    heap_shrink(&set->far);
    if (set->chunk_capacity > CHUNKS_START && set->chunk_capacity > count / 4) {
        memory_free(set->memory, set->chunks);
        set->chunk_capacity = CHUNKS_START;
        set->chunks = memory_alloc_array(set->memory, CHUNKS_START, sizeof *set->chunks);
    }
}

static void rebuild(struct pending *set, uint32_t bucket_count, uint8_t shift, int64_t now_ns)
{
    struct event *events = memory_alloc_array(set->memory, pending_count(set), sizeof *events);
    uint32_t count = take_all(set, events);

    wheel_reset(set, bucket_count, shift);
    shrink(set, count);
    set->bottom_max = PENDING_BOTTOM_MAX;
    set->current = now_ns >> shift;
    for (uint32_t i = 0; i < count; i++)
        place(set, events[i]);
    memory_free(set->memory, events);
    if (!set->bottom_count && set->elsewhere)
        pending_refill(set);
    set->rebuild_count++;
}

/* The widest bucket of at most BUCKET_GAPS mean gaps. Events of no delay go straight to the bottom: the gaps
 * are those between the others. */
static uint8_t best_shift(const struct pending *set, int64_t now_ns)
{
    uint64_t least = set->check_pops / SERVED_SHARE_MIN;
    uint64_t served = set->served > least ? set->served : least;
    double gap_ns = (double)(now_ns - set->checked_ns) / (double)served;
    uint8_t shift = 0;

    while (shift < SHIFT_MAX && (double)(UINT64_C(2) << shift) <= BUCKET_GAPS * gap_ns)
        shift++;
    return shift;
}

/* By the number of events, so that the wheel reaches at least three mean delays ahead; more when too many
 * pushes miss it, as long as they do. Between growing and shrinking is a gap, or it would do so for ever. */
static uint32_t best_bucket_count(const struct pending *set, uint32_t count)
{
    uint32_t present = set->bucket_mask + 1, usual = BUCKETS_MIN, most;

    while (usual < count / 2 && usual < BUCKETS_MAX)
        usual *= 2;
    most = usual < BUCKETS_MAX / BUCKETS_EXTRA ? usual * BUCKETS_EXTRA : BUCKETS_MAX;
    if (present < usual || present > most)
        return usual;
    if (set->far_pushes * 8 > set->check_pops)
        return present * 4 < most ? present * 4 : most;
    if (set->far_pushes * 128 < set->check_pops && present > 2 * usual)
        return present / 2;
    return present;
}

/* Every few thousand pops: do the buckets still fit the events? now_ns: date of the event just popped. */
void pending_retune(struct pending *set, int64_t now_ns)
{
    uint32_t count = pending_count(set);
    uint8_t shift = best_shift(set, now_ns);
    uint32_t bucket_count = best_bucket_count(set, count);
    int change = shift - set->shift;
    /* a long bottom of one bucket is made of ties: no shape would help */
    bool too_long = set->near.count > 2 * PENDING_BOTTOM_MAX && now_ns >> set->shift < set->current;

    if (set->is_ladder && count && (change > 1 || change < -1 || bucket_count != set->bucket_mask + 1 || too_long))
        rebuild(set, bucket_count, shift, now_ns);
    set->far_pushes = set->served = 0;
    set->checked_ns = now_ns;
    set->check_pops = count > CHECK_POPS_MIN / 2 ? 2 * count : CHECK_POPS_MIN;
    set->pops_left = set->check_pops;
}

void pending_init(struct pending *set, struct memory *memory, enum pending_kind kind)
{
    memset(set, 0, sizeof *set);
    set->memory = memory;
    set->bottom[0] = set->newest = EVENT_NEVER;
    heap_init(&set->near, memory, HEAP_START);
    heap_init(&set->far, memory, HEAP_START);
    set->chunk_capacity = CHUNKS_START;
    set->chunks = memory_alloc_array(memory, CHUNKS_START, sizeof *set->chunks);
    wheel_reset(set, BUCKETS_MIN, SHIFT_START);
    set->bottom_max = PENDING_BOTTOM_MAX;
    set->check_pops = set->pops_left = CHECK_POPS_MIN;
    set->is_ladder = kind == PENDING_LADDER;
    if (kind == PENDING_HEAP) { /* which reaches to the end of time */
        set->bottom_max = 1;
        set->current = INT64_MAX;
    }
}
