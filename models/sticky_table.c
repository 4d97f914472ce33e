#include "models/sticky_table.h"

#include <string.h>

#define ROOM_FIRST 64
#define BUCKETS_FIRST 64

void sticky_init(struct sticky_table *table, struct memory *memory, int64_t lifetime_ns, uint64_t key)
{
    *table = (struct sticky_table){ .memory = memory,
                                    .lifetime_ns = lifetime_ns,
                                    .key = key,
                                    .room = ROOM_FIRST,
                                    .used = 1,
                                    .bucket_count = BUCKETS_FIRST };
    table->cookies = memory_alloc_array(memory, ROOM_FIRST, sizeof *table->cookies);
    table->buckets = memory_alloc_array(memory, BUCKETS_FIRST, sizeof *table->buckets);
}

/* ---- by last use ---- */

static void unlink_cookie(struct sticky_table *table, uint32_t index)
{
    const struct cookie *cookie = &table->cookies[index];

    table->cookies[cookie->older].newer = cookie->newer;
    table->cookies[cookie->newer].older = cookie->older;
}

static void link_newest(struct sticky_table *table, uint32_t index)
{
    struct cookie *cookie = &table->cookies[index], *ends = &table->cookies[0];

    cookie->older = ends->older;
    cookie->newer = 0;
    table->cookies[ends->older].newer = index;
    ends->older = index;
}

/* ---- by user ---- */

/* What refers to the user's cookie: its bucket or the one before in it; *result is 0 where there is none. */
static uint32_t *search(const struct sticky_table *table, uint64_t user)
{
    uint32_t *place = sticky_bucket(table, user);

    while (*place && table->cookies[*place].user != user)
        place = &table->cookies[*place].next;
    return place;
}

static void add_buckets(struct sticky_table *table)
{
    memory_free(table->memory, table->buckets);
    table->bucket_count *= 2;
    table->buckets = memory_alloc_array(table->memory, table->bucket_count, sizeof *table->buckets);
    for (uint32_t i = table->cookies[0].newer; i; i = table->cookies[i].newer) {
        uint32_t *bucket = sticky_bucket(table, table->cookies[i].user);

        table->cookies[i].next = *bucket;
        *bucket = i;
    }
}

/* ---- both ---- */

static void drop(struct sticky_table *table, uint32_t index)
{
    uint32_t *place = search(table, table->cookies[index].user);

    *place = table->cookies[index].next;
    unlink_cookie(table, index);
    table->cookies[index].next = table->free;
    table->free = index;
    table->count--;
}

static void drop_expired(struct sticky_table *table, int64_t now_ns)
{
    uint32_t oldest;

    while ((oldest = table->cookies[0].newer) != 0 &&
           now_ns - table->cookies[oldest].used_ns > table->lifetime_ns)
        drop(table, oldest);
}

/* A place for one more. Room grows by a half, so that a third of it at most lies idle. */
static uint32_t take_place(struct sticky_table *table)
{
    uint32_t index = table->free;

    if (index) {
        table->free = table->cookies[index].next;
        return index;
    }
    if (table->used == table->room) {
        table->room += table->room / 2;
        table->cookies = memory_grow(table->memory, table->cookies, table->room * sizeof *table->cookies);
    }
    return table->used++;
}

uint32_t sticky_find(struct sticky_table *table, uint64_t user, int64_t now_ns)
{
    uint32_t index;

    drop_expired(table, now_ns);
    index = *search(table, user);
    if (!index)
        return STICKY_NONE;
    sticky_use(table, &table->cookies[index], now_ns);
    return table->cookies[index].target;
}

void sticky_use(struct sticky_table *table, struct cookie *cookie, int64_t now_ns)
{
    uint32_t index = (uint32_t)(cookie - table->cookies);

    cookie->used_ns = now_ns;
    if (!cookie->newer) /* the newest already */
        return;
    unlink_cookie(table, index);
    link_newest(table, index);
}

void sticky_set(struct sticky_table *table, uint64_t user, uint32_t target, int64_t now_ns)
{
    uint32_t index, *bucket;

    if (sticky_find(table, user, now_ns) != STICKY_NONE) {
        table->cookies[table->cookies[0].older].target = target; /* the newest now */
        return;
    }
    index = take_place(table);
    bucket = sticky_bucket(table, user);
    table->cookies[index] = (struct cookie){ .user = user, .used_ns = now_ns, .target = target,
                                             .next = *bucket };
    *bucket = index;
    link_newest(table, index);
    if (++table->count > table->bucket_count)
        add_buckets(table);
}

bool sticky_take_expired(struct sticky_table *table, int64_t now_ns, struct cookie *expired)
{
    uint32_t oldest = table->cookies[0].newer;

    if (!oldest || now_ns - table->cookies[oldest].used_ns <= table->lifetime_ns)
        return false;
    *expired = table->cookies[oldest];
    drop(table, oldest);
    return true;
}

struct cookie *sticky_peek(const struct sticky_table *table, uint64_t user)
{
    uint32_t index = *search(table, user);

    return index ? &table->cookies[index] : NULL;
}

struct cookie *sticky_younger(const struct sticky_table *table, const struct cookie *cookie)
{
    uint32_t index = (cookie ? cookie : table->cookies)->newer;

    return index ? &table->cookies[index] : NULL;
}

void sticky_rename(struct sticky_table *table, uint64_t user, uint64_t other)
{
    uint32_t *place = search(table, user), index = *place;

    *place = table->cookies[index].next;
    table->cookies[index].user = other;
    place = sticky_bucket(table, other);
    table->cookies[index].next = *place;
    *place = index;
}

void sticky_drop(struct sticky_table *table, uint64_t user)
{
    drop(table, *search(table, user));
}
