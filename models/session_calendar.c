#include "models/session_calendar.h"

#define RECORDS_FIRST 64
#define HEAP_FIRST 16
#define BUCKETS_MIN 64u
#define BUCKETS_MAX (1u << 24)
#define BUCKET_GAPS 8 /* width of a bucket in mean gaps between sessions taken out, at most; at least half */
#define SHIFT_START 24 /* 17 ms */
#define SHIFT_MAX 50
#define CHECK_POPS_MIN 1024
#define PASSED_MOST 8 /* empty buckets for each session of those, on average, before that look is due */
#define SMALL 16 /* so few are near, whenever they are due */

static uint32_t record_of(struct event date)
{
    return (uint32_t)date.order;
}

void session_calendar_init(struct session_calendar *calendar, struct memory *memory)
{
    *calendar = (struct session_calendar){ .memory = memory, .record_count = 1, .shift = SHIFT_START };
    calendar->record_capacity = RECORDS_FIRST;
    calendar->records = memory_alloc_array(memory, RECORDS_FIRST, sizeof *calendar->records);
    calendar->nexts = memory_alloc_array(memory, RECORDS_FIRST, sizeof *calendar->nexts);
    heap_init(&calendar->near, memory, HEAP_FIRST);
    heap_init(&calendar->far, memory, HEAP_FIRST);
    calendar->bucket_mask = BUCKETS_MIN - 1;
    calendar->buckets = memory_alloc_array(memory, BUCKETS_MIN, sizeof *calendar->buckets);
    calendar->check_pops = CHECK_POPS_MIN;
}

/* ---- records ---- */

static uint32_t take_record(struct session_calendar *calendar)
{
    uint32_t record = calendar->free;

    if (record) {
        calendar->free = calendar->nexts[record];
        return record;
    }
    if (calendar->record_count == calendar->record_capacity) {
        calendar->record_capacity = event_capacity_next(calendar->record_capacity);
        calendar->records = memory_grow(calendar->memory, calendar->records,
                                        calendar->record_capacity * sizeof *calendar->records);
        calendar->nexts = memory_grow(calendar->memory, calendar->nexts,
                                      calendar->record_capacity * sizeof *calendar->nexts);
    }
    return calendar->record_count++;
}

/* ---- where a session waits ---- */

static void put_into_heap(struct session_calendar *calendar, struct heap *heap, uint32_t record)
{
    heap_push(heap, (struct event){ calendar->records[record].wake_ns,
                                    (uint64_t)calendar->sequence++ << 32 | record });
}

static void place(struct session_calendar *calendar, uint32_t record)
{
    int64_t bucket = calendar->records[record].wake_ns >> calendar->shift;

    if (bucket <= calendar->current) {
        put_into_heap(calendar, &calendar->near, record);
    } else if (bucket - calendar->current <= calendar->bucket_mask) {
        uint32_t *first = &calendar->buckets[(uint64_t)bucket & calendar->bucket_mask];

        calendar->nexts[record] = *first;
        *first = record;
        calendar->wheel_count++;
    } else {
        put_into_heap(calendar, &calendar->far, record);
    }
}

/* Empties a bucket; returns its first record, the earliest to come in now first. */
static uint32_t take_bucket(struct session_calendar *calendar, int64_t bucket)
{
    uint32_t *slot = &calendar->buckets[(uint64_t)bucket & calendar->bucket_mask];
    uint32_t record = *slot, first = 0;

    *slot = 0;
    while (record) {
        uint32_t next = calendar->nexts[record];

        calendar->nexts[record] = first;
        first = record;
        record = next;
        calendar->wheel_count--;
    }
    return first;
}

/* Number of the next bucket in use, in the wheel or far away; one of them must hold something. */
static int64_t next_bucket(const struct session_calendar *calendar)
{
    int64_t bucket = INT64_MAX, i = calendar->current + 1;

    if (calendar->far.count)
        bucket = calendar->far.events[0].time_ns >> calendar->shift;
    if (!calendar->wheel_count)
        return bucket;
    while (i < bucket && !calendar->buckets[(uint64_t)i & calendar->bucket_mask])
        i++;
    return i;
}

/* Those of the present bucket. What has been far for so long came in before what is in the wheel. */
static void come_near(struct session_calendar *calendar)
{
    struct heap *far = &calendar->far;

    while (far->count && far->events[0].time_ns >> calendar->shift <= calendar->current)
        put_into_heap(calendar, &calendar->near, record_of(heap_pop(far)));
}

/* Nobody is near: the next bucket is. */
static void advance(struct session_calendar *calendar)
{
    int64_t bucket = next_bucket(calendar);
    uint32_t record;

    if (calendar->wheel_count)
        calendar->passed += (uint64_t)(bucket - calendar->current);
    calendar->current = bucket;
    come_near(calendar);
    record = take_bucket(calendar, calendar->current);
    for (; record; record = calendar->nexts[record])
        put_into_heap(calendar, &calendar->near, record);
    record = calendar->buckets[(uint64_t)(calendar->current + 1) & calendar->bucket_mask];
    for (; record; record = calendar->nexts[record]) /* not looked at for as long as its user thinks */
        __builtin_prefetch(&calendar->records[record]);
}

/* ---- the shape ---- */

/* Far ones stay there, also those that the wheel now reaches: next_bucket() looks at both. */
static void rebuild(struct session_calendar *calendar, uint32_t bucket_count, uint8_t shift)
{
    struct session_calendar old = *calendar;
    int64_t last_near_ns = (int64_t)((((uint64_t)old.current + 1) << old.shift) - 1);

    calendar->buckets = memory_alloc_array(calendar->memory, bucket_count, sizeof *calendar->buckets);
    calendar->bucket_mask = bucket_count - 1;
    calendar->shift = shift;
    calendar->current = last_near_ns >> shift;
    calendar->wheel_count = 0;
    come_near(calendar);
    for (int64_t bucket = old.current + 1; old.wheel_count; bucket++) {
        uint32_t record = take_bucket(&old, bucket);

        while (record) {
            uint32_t next = calendar->nexts[record];

            place(calendar, record);
            record = next;
        }
    }
    memory_free(calendar->memory, old.buckets);
}

/* Of as many buckets as sessions wait in them there is one for most, whatever their law. */
static uint32_t best_bucket_count(const struct session_calendar *calendar)
{
    uint32_t bucket_count = BUCKETS_MIN;

    while (bucket_count < calendar->wheel_count && bucket_count < BUCKETS_MAX)
        bucket_count *= 2;
    return bucket_count;
}

static uint8_t best_shift(const struct session_calendar *calendar, int64_t now_ns)
{
    double gap_ns = (double)(now_ns - calendar->checked_ns) / (double)calendar->pops;
    uint8_t shift = 0;

    while (shift < SHIFT_MAX && (double)(UINT64_C(2) << shift) <= BUCKET_GAPS * gap_ns)
        shift++;
    return shift;
}

/* Do the buckets still fit the sessions? */
static __attribute__((noinline)) void retune(struct session_calendar *calendar, int64_t now_ns)
{
    uint32_t bucket_count = best_bucket_count(calendar), present = calendar->bucket_mask + 1;
    uint8_t shift = best_shift(calendar, now_ns);
    int change = shift - calendar->shift;

    if (present > bucket_count && present <= 4 * (uint64_t)bucket_count)
        bucket_count = present;
    if (change > 1 || change < -1 || bucket_count != present)
        rebuild(calendar, bucket_count, shift);
    calendar->checked_ns = now_ns;
    calendar->check_pops = calendar->count > CHECK_POPS_MIN ? calendar->count : CHECK_POPS_MIN;
    calendar->pops = calendar->passed = 0;
}

/* ---- verbs ---- */

bool session_calendar_push(struct session_calendar *calendar, const struct session *session)
{
    uint32_t record = take_record(calendar);
    int64_t bucket = session->wake_ns >> calendar->shift;

    calendar->records[record] = *session;
    if (bucket > calendar->current && calendar->near.count == calendar->count && calendar->count < SMALL)
        calendar->current = bucket; /* few: let what is near reach further */
    calendar->count++;
    place(calendar, record);
    return record_of(calendar->near.events[0]) == record;
}

struct session session_calendar_pop(struct session_calendar *calendar)
{
    uint32_t record = record_of(heap_pop(&calendar->near));
    struct session session = calendar->records[record];

    calendar->nexts[record] = calendar->free;
    calendar->free = record;
    calendar->count--;
    if (++calendar->pops >= calendar->check_pops || calendar->passed > PASSED_MOST * calendar->check_pops)
        retune(calendar, session.wake_ns);
    if (!calendar->near.count && calendar->count)
        advance(calendar);
    return session;
}
