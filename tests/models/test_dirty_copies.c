/* test_dirty_copies.c - a long random history against the plainest list of what is dirty. */
#include "models/dirty_copies.h"

#include "models/row_table.h"
#include "sim/random.h"
#include "tests/test.h"

#define KEYS 500

struct plain {
    uint32_t waiting, under_way;
};

static struct plain plain[KEYS];

static uint64_t sum_of(bool under_way)
{
    uint64_t sum = 0;

    for (int i = 0; i < KEYS; i++)
        sum += under_way ? plain[i].under_way : plain[i].waiting;
    return sum;
}

static void check(const struct dirty_copies *dirty)
{
    uint32_t line = 0, count = 0;

    for (uint32_t key = 0; key < KEYS; key++) {
        uint32_t place = dirty_find(dirty, row_id(1, key));

        ck_assert_int_eq(place != 0, plain[key].waiting + plain[key].under_way > 0);
        if (!place)
            continue;
        ck_assert_uint_eq(dirty_at(dirty, place)->waiting, plain[key].waiting);
        ck_assert_uint_eq(dirty_at(dirty, place)->under_way, plain[key].under_way);
        count++;
    }
    for (uint32_t place = dirty->first; place; place = dirty_at(dirty, place)->next) {
        ck_assert_uint_gt(dirty_at(dirty, place)->waiting, 0);
        ck_assert_uint_eq(dirty_at(dirty, place)->under_way, 0);
        line++;
    }
    ck_assert_uint_eq(line, dirty->line);
    ck_assert_uint_eq(count, dirty->count);
    ck_assert_int_eq(dirty->dirty.level, count);
    ck_assert_uint_eq(dirty->accepted, dirty->stored + dirty->superseded + dirty->lost + dirty->unconfirmed +
                                           sum_of(false) + sum_of(true));
}

static void step(struct dirty_copies *dirty, struct rng *rng, int64_t now_ns)
{
    uint32_t key = (uint32_t)rng_below(rng, KEYS), place = dirty_find(dirty, row_id(1, key));
    struct request request = { .key = key, .data = 1, .rows = 1, .operation = OPERATION_WRITE };
    bool stored = rng_below(rng, 4) > 0;

    switch (rng_below(rng, 8)) {
    case 0: /* the ticker takes the oldest */
    case 1:
        if (dirty->first) {
            key = (uint32_t)dirty_at(dirty, dirty->first)->key;
            dirty_take(dirty, dirty->first);
            plain[key].under_way = plain[key].waiting;
            plain[key].waiting = 0;
        }
        break;
    case 2:
    case 3:
        if (place && plain[key].under_way) {
            bool clean = stored && plain[key].waiting == 0;

            plain[key].waiting += stored ? 0 : plain[key].under_way;
            plain[key].under_way = 0;
            ck_assert_int_eq(dirty_done(dirty, place, stored, now_ns), clean);
        }
        break;
    case 4:
        if (place) {
            dirty_forget(dirty, place, now_ns);
            plain[key].waiting = 0;
        }
        break;
    default:
        dirty_accept(dirty, &request, 100, now_ns);
        plain[key].waiting++;
    }
}

START_TEST(test_dirty_copies_are_what_a_plain_list_says)
{
    struct dirty_copies dirty;
    struct memory memory;
    struct rng rng;

    memory_init(&memory, UINT64_MAX);
    memset(plain, 0, sizeof plain);
    rng_init(&rng, 1, "test", "dirty");
    dirty_init(&dirty, &memory);
    for (int64_t i = 0; i < 60000; i++) {
        step(&dirty, &rng, i);
        if (i % 100 == 0)
            check(&dirty);
        if (i % 20000 == 19999) {
            uint64_t lost = sum_of(false), unconfirmed = dirty.unconfirmed + sum_of(true);

            ck_assert_uint_gt(lost, 100);
            ck_assert_uint_gt(sum_of(true), 0);
            ck_assert_uint_eq(dirty_crash(&dirty, i), lost);
            ck_assert_uint_eq(dirty.unconfirmed, unconfirmed);
            memset(plain, 0, sizeof plain);
            check(&dirty);
        }
    }
    ck_assert_uint_gt(dirty.superseded, 100);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("dirty_copies", test_dirty_copies_are_what_a_plain_list_says)
