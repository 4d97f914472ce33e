/* Placement of keys: what moves when a shard is added, how even the parts are, where copies go. */
#include "models/placement.h"
#include "tests/test.h"

#define KEYS 100000

static struct memory memory;

static void start(void)
{
    memory_init(&memory, UINT64_MAX);
}

static void end(void)
{
    memory_deinit(&memory);
}

static uint32_t moved(enum placement_kind kind, uint64_t seed, uint32_t *not_to_new)
{
    struct placement four, five;
    uint32_t count = 0;

    placement_init(&four, &memory, kind, 4, 100, seed);
    placement_init(&five, &memory, kind, 5, 100, seed);
    *not_to_new = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t now = placement_home(&five, 0, key);

        if (now == placement_home(&four, 0, key))
            continue;
        count++;
        *not_to_new += now != 4;
    }
    return count;
}

/* O25 */
START_TEST(test_placement_modulo_moves_four_fifths)
{
    uint32_t not_to_new;

    start();
    ck_assert_uint_eq(moved(PLACEMENT_MODULO, 1, &not_to_new), KEYS / 5 * 4);
    ck_assert_uint_gt(not_to_new, 0);
    end();
}
END_TEST

/* O26: standard deviation over seeds 0.0179, so 0.0018 of the mean of 100 */
START_TEST(test_placement_ring_moves_a_fifth_and_only_to_the_new_shard)
{
    double sum = 0;

    start();
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint32_t not_to_new;
        double part = (double)moved(PLACEMENT_CONSISTENT_HASH, seed, &not_to_new) / KEYS;

        ck_assert_uint_eq(not_to_new, 0);
        ck_assert_double_eq_tol(part, 0.2, 5 * 0.0179);
        sum += part;
    }
    ck_assert_double_eq_tol(sum / 100, 0.2, 0.006);
    end();
}
END_TEST

/* O27: coefficient of variation of the parts of 10 nodes, and the greatest over the mean; 200 to 2000 seeds
 * */
static const struct {
    uint32_t virtual_nodes, seeds;
    double cv, max_over_mean;
} spreads[] = {
    { 1, 2000, 0.904534034, 2.92896825 },
    { 100, 400, 0.0948209312, 1.1593829 },
    { 1000, 200, 0.0299985001, 1.048718 },
};

static void check_spread(uint32_t virtual_nodes, uint32_t seeds, double cv, double max_over_mean)
{
    double squares = 0, greatest = 0;

    for (uint32_t seed = 0; seed < seeds; seed++) {
        struct hash_ring ring;
        double sum = 0, max = 0;

        hash_ring_init(&ring, &memory, 10, virtual_nodes, seed);
        for (uint32_t node = 0; node < 10; node++) {
            double share = hash_ring_share(&ring, node);

            sum += share;
            squares += (10 * share - 1) * (10 * share - 1) / 10;
            if (10 * share > max)
                max = 10 * share;
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-12);
        greatest += max;
        memory_free(&memory, ring.arcs);
        memory_free(&memory, ring.points);
    }
    ck_assert_double_eq_tol(sqrt(squares / seeds), cv, 0.05 * cv);
    ck_assert_double_eq_tol(greatest / seeds, max_over_mean, 0.02 * max_over_mean);
}

START_TEST(test_placement_ring_spreads_as_the_beta_law_says)
{
    start();
    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++)
        check_spread(spreads[i].virtual_nodes, spreads[i].seeds, spreads[i].cv, spreads[i].max_over_mean);
    end();
}
END_TEST

START_TEST(test_placement_share_is_what_keys_get)
{
    static const enum placement_kind kinds[] = { PLACEMENT_MODULO, PLACEMENT_CONSISTENT_HASH };

    start();
    for (size_t k = 0; k < 2; k++) {
        struct placement placement;
        uint32_t count[7] = { 0 };

        placement_init(&placement, &memory, kinds[k], 7, 20, 3);
        for (uint64_t key = 0; key < KEYS; key++)
            count[placement_home(&placement, 0, key)]++;
        for (uint32_t shard = 0; shard < 7; shard++) /* 5 standard errors */
            ck_assert_double_eq_tol((double)count[shard] / KEYS, placement_share(&placement, 0, shard),
                                    5 * sqrt(0.2 / KEYS));
    }
    end();
}
END_TEST

START_TEST(test_placement_copies_lie_on_different_shards_while_there_are_enough)
{
    static const enum placement_kind kinds[] = { PLACEMENT_MODULO, PLACEMENT_CONSISTENT_HASH };

    start();
    for (size_t k = 0; k < 2; k++) {
        struct placement placement;

        placement_init(&placement, &memory, kinds[k], 4, 10, 5);
        for (uint64_t key = 0; key < 1000; key++) {
            uint32_t shards[6], seen[4] = { 0 };

            placement_copies(&placement, 0, key, 6, shards);
            ck_assert_uint_eq(shards[0], placement_home(&placement, 0, key));
            for (uint32_t i = 0; i < 4; i++)
                seen[shards[i]]++;
            for (uint32_t i = 0; i < 4; i++)
                ck_assert_uint_eq(seen[i], 1);
            ck_assert_uint_eq(shards[4], shards[0]);
            ck_assert_uint_eq(shards[5], shards[1]);
        }
    }
    end();
}
END_TEST

START_TEST(test_placement_modulo_copies_follow_the_home)
{
    struct placement placement;
    uint32_t shards[3];

    start();
    placement_init(&placement, &memory, PLACEMENT_MODULO, 4, 1, 0);
    placement_copies(&placement, 0, 42, 3, shards);
    ck_assert_uint_eq(shards[0], 2);
    ck_assert_uint_eq(shards[1], 3);
    ck_assert_uint_eq(shards[2], 0);
    end();
}
END_TEST

/* The next point round the circle, of all. */
static uint32_t next_of_all(const struct hash_ring *ring, uint64_t key)
{
    uint64_t place = rng_hash(~ring->seed, key);
    uint32_t next = 0;

    for (uint32_t i = 1; i < ring->point_count; i++)
        if (ring->points[i].place - place < ring->points[next].place - place)
            next = i;
    return ring->points[next].node;
}

START_TEST(test_placement_ring_finds_the_next_point)
{
    start();
    for (uint32_t virtual_nodes = 1; virtual_nodes <= 40; virtual_nodes++) { /* 3 to 120 points */
        struct hash_ring ring;

        hash_ring_init(&ring, &memory, 3, virtual_nodes, virtual_nodes);
        for (uint64_t key = 0; key < 1000; key++)
            ck_assert_uint_eq(hash_ring_find(&ring, key), next_of_all(&ring, key));
    }
    end();
}
END_TEST

START_TEST(test_placement_ring_depends_on_its_seed_alone)
{
    struct hash_ring first, again, other;
    uint32_t different = 0;

    start();
    hash_ring_init(&first, &memory, 8, 50, 11);
    hash_ring_init(&again, &memory, 8, 50, 11);
    hash_ring_init(&other, &memory, 8, 50, 12);
    for (uint64_t key = 0; key < 10000; key++) {
        ck_assert_uint_eq(hash_ring_find(&first, key), hash_ring_find(&again, key));
        different += hash_ring_find(&first, key) != hash_ring_find(&other, key);
    }
    ck_assert_uint_gt(different, 8000); /* 7 of 8 when they are unrelated */
    end();
}
END_TEST

START_TEST(test_placement_ring_of_one_place_has_it_all)
{
    struct hash_ring ring;

    start();
    hash_ring_init(&ring, &memory, 1, 1, 9);
    ck_assert_double_eq(hash_ring_share(&ring, 0), 1.0);
    for (uint64_t key = 0; key < 100; key++)
        ck_assert_uint_eq(hash_ring_find(&ring, key), 0);
    end();
}
END_TEST

START_TEST(test_placement_ring_is_closed)
{
    start();
    for (uint64_t seed = 1; seed <= 20;
         seed++) { /* two places: what lies behind the last belongs to the first */
        struct hash_ring ring;
        uint32_t count = 0;

        hash_ring_init(&ring, &memory, 2, 1, seed);
        for (uint64_t key = 0; key < 20000; key++)
            count += hash_ring_find(&ring, key) == 0;
        ck_assert_double_eq_tol(count / 20000.0, hash_ring_share(&ring, 0), 5 * sqrt(0.25 / 20000));
    }
    end();
}
END_TEST

TEST_MAIN("placement", test_placement_modulo_moves_four_fifths,
          test_placement_ring_moves_a_fifth_and_only_to_the_new_shard,
          test_placement_ring_spreads_as_the_beta_law_says, test_placement_share_is_what_keys_get,
          test_placement_copies_lie_on_different_shards_while_there_are_enough,
          test_placement_modulo_copies_follow_the_home, test_placement_ring_depends_on_its_seed_alone,
          test_placement_ring_finds_the_next_point, test_placement_ring_of_one_place_has_it_all,
          test_placement_ring_is_closed)
