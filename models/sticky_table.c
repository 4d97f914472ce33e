#include "models/sticky_table.h"

#define ROOM_FIRST 64

void sticky_init(struct sticky_table *table, struct memory *memory, int64_t lifetime_ns, uint64_t key)
{
    *table =
        (struct sticky_table){ .memory = memory, .lifetime_ns = lifetime_ns, .key = key, .room = ROOM_FIRST };
    table->cookies = memory_alloc_array(memory, ROOM_FIRST + 1, sizeof *table->cookies);
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

static inline uint32_t next_place(const struct sticky_table *table, uint32_t index)
{
    return index == table->room ? 1 : index + 1;
}

/* Where the user's cookie is; 0: there is none. */
static uint32_t search(const struct sticky_table *table, uint64_t user)
{
    for (uint32_t i = sticky_home(table, user); table->cookies[i].is_used; i = next_place(table, i))
        if (table->cookies[i].user == user)
            return i;
    return 0;
}

/* Where a cookie that is not there goes. There is always a free place. */
static uint32_t free_place(const struct sticky_table *table, uint64_t user)
{
    uint32_t i = sticky_home(table, user);

    while (table->cookies[i].is_used)
        i = next_place(table, i);
    return i;
}

/* How many places a search that begins at `from` has passed at `to`. */
static uint32_t distance(const struct sticky_table *table, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + table->room - from;
}

static void move_cookie(struct sticky_table *table, uint32_t from, uint32_t to)
{
    struct cookie *cookie = &table->cookies[to];

    *cookie = table->cookies[from];
    table->cookies[cookie->older].newer = to;
    table->cookies[cookie->newer].older = to;
}

/* Empties a place whose cookie is in no list: whoever was kept from it by that cookie moves there. */
static void close_gap(struct sticky_table *table, uint32_t gap)
{
    for (uint32_t i = next_place(table, gap); table->cookies[i].is_used; i = next_place(table, i)) {
        uint32_t home = sticky_home(table, table->cookies[i].user);

        if (distance(table, home, i) < distance(table, gap, i))
            continue;
        move_cookie(table, i, gap);
        gap = i;
    }
    table->cookies[gap].is_used = 0;
}

/* By a half, when four of five places are taken. */
static void grow(struct sticky_table *table)
{
    struct cookie *old = table->cookies;

    table->room += table->room / 2;
    table->cookies = memory_alloc_array(table->memory, (size_t)table->room + 1, sizeof *table->cookies);
    for (uint32_t i = old[0].newer; i; i = old[i].newer) {
        uint32_t place = free_place(table, old[i].user);

        table->cookies[place] = old[i];
        link_newest(table, place);
    }
    memory_free(table->memory, old);
}

/* ---- both ---- */

static void drop(struct sticky_table *table, uint32_t index)
{
    unlink_cookie(table, index);
    close_gap(table, index);
    table->count--;
}

static void drop_expired(struct sticky_table *table, int64_t now_ns)
{
    uint32_t oldest;

    while ((oldest = table->cookies[0].newer) != 0 &&
           now_ns - table->cookies[oldest].used_ns > table->lifetime_ns)
        drop(table, oldest);
}

uint32_t sticky_find(struct sticky_table *table, uint64_t user, int64_t now_ns)
{
    uint32_t index;

    drop_expired(table, now_ns);
    index = search(table, user);
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
    uint32_t index;

    if (sticky_find(table, user, now_ns) != STICKY_NONE) {
        table->cookies[table->cookies[0].older].target = target; /* the newest now */
        return;
    }
    if (5 * ((uint64_t)table->count + 1) > 4 * (uint64_t)table->room)
        grow(table);
    index = free_place(table, user);
    table->cookies[index] =
        (struct cookie){ .user = user, .used_ns = now_ns, .target = target, .is_used = 1 };
    link_newest(table, index);
    table->count++;
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
    uint32_t index = search(table, user);

    return index ? &table->cookies[index] : NULL;
}

struct cookie *sticky_younger(const struct sticky_table *table, const struct cookie *cookie)
{
    uint32_t index = (cookie ? cookie : table->cookies)->newer;

    return index ? &table->cookies[index] : NULL;
}

void sticky_rename(struct sticky_table *table, uint64_t user, uint64_t other)
{
    uint32_t index = search(table, user), place = free_place(table, other);

    move_cookie(table, index, place);
    table->cookies[place].user = other;
    close_gap(table, index);
}

void sticky_drop(struct sticky_table *table, uint64_t user)
{
    drop(table, search(table, user));
}
