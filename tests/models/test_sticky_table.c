#include "models/sticky_table.h"

#include <stdlib.h>

#include "sim/random.h"
#include "tests/test.h"

#define LIFETIME 1000

/* What a table must do, by an array over all users. */
struct naive {
    int64_t used_ns[512];
    uint32_t target[512]; /* plus 1; 0: never */
};

static uint32_t naive_find(struct naive *naive, uint64_t user, int64_t now_ns)
{
    if (!naive->target[user] || now_ns - naive->used_ns[user] > LIFETIME)
        return STICKY_NONE;
    naive->used_ns[user] = now_ns;
    return naive->target[user] - 1;
}

/* All cookies are those of the array, from the oldest to the newest. */
static void check_order(const struct sticky_table *table, const struct naive *naive)
{
    uint32_t count = 0;
    int64_t before_ns = 0;

    for (struct cookie *cookie = NULL; (cookie = sticky_younger(table, cookie)) != NULL; count++) {
        ck_assert_int_ge(cookie->used_ns, before_ns);
        ck_assert_int_eq(cookie->used_ns, naive->used_ns[cookie->user]);
        ck_assert_uint_eq(cookie->target + 1, naive->target[cookie->user]);
        before_ns = cookie->used_ns;
    }
    ck_assert_uint_eq(count, table->count);
}

/* Takes the user's cookie away or gives it to another user, who must have none. */
static void take_away(struct sticky_table *table, struct naive *naive, uint64_t user, uint64_t other,
                      int64_t now_ns)
{
    if (sticky_find(table, user, now_ns) == STICKY_NONE)
        return;
    if (sticky_peek(table, other)) {
        sticky_drop(table, user);
    } else {
        sticky_rename(table, user, other);
        naive->used_ns[other] = now_ns;
        naive->target[other] = naive->target[user];
    }
    naive->target[user] = 0;
}

START_TEST(test_sticky_table_does_what_an_array_does)
{
    struct naive *naive = calloc(1, sizeof *naive);
    struct sticky_table table;
    struct memory memory;
    struct rng rng;
    int64_t now_ns = 0;

    ck_assert_ptr_nonnull(naive);
    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 3, "test", "cookies");
    sticky_init(&table, &memory, LIFETIME, 5);
    for (int i = 0; i < 200000; i++) {
        uint64_t user = rng_below(&rng, 512), choice = rng_below(&rng, 5);

        now_ns += (int64_t)rng_below(&rng, i % 50000 < 25000 ? 3 : 40); /* many at a time, then few */
        if (choice < 2) {
            ck_assert_uint_eq(sticky_find(&table, user, now_ns), naive_find(naive, user, now_ns));
        } else if (choice == 2) {
            take_away(&table, naive, user, rng_below(&rng, 512), now_ns);
        } else {
            uint32_t target = (uint32_t)rng_below(&rng, 7);

            sticky_set(&table, user, target, now_ns);
            naive->target[user] = target + 1;
            naive->used_ns[user] = now_ns;
        }
        if (i % 1000 == 0)
            check_order(&table, naive);
    }
    memory_deinit(&memory);
    free(naive);
}
END_TEST

START_TEST(test_sticky_table_keeps_only_what_has_not_expired)
{
    struct sticky_table table;
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    sticky_init(&table, &memory, LIFETIME, 5);
    for (int64_t i = 0; i < 100000; i++)
        sticky_set(&table, (uint64_t)i, 1, 10 * i);
    ck_assert_uint_eq(table.count, 101);
    ck_assert_uint_lt(table.room, 200);
    memory_deinit(&memory);
}
END_TEST

/* The promise of 64 bytes a session holds at every number of them. */
START_TEST(test_sticky_table_takes_at_most_64_bytes_a_cookie)
{
    struct sticky_table table;
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    sticky_init(&table, &memory, INT64_MAX, 5);
    for (uint64_t user = 1; user <= 300000; user++) {
        sticky_set(&table, user, 1, 0);
        if (user >= 1000)
            ck_assert_uint_le(memory.used_bytes, 64 * user);
    }
    ck_assert_uint_eq(table.count, 300000);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("sticky_table", test_sticky_table_does_what_an_array_does,
          test_sticky_table_keeps_only_what_has_not_expired,
          test_sticky_table_takes_at_most_64_bytes_a_cookie)
