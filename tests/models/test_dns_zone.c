#include "models/dns_zone.h"

#include "sim/random.h"
#include "sim/time.h"
#include "tests/test.h"

#define TTL 60
#define RETRY 5
#define ADDRESSES 3

struct fixture {
    struct memory memory;
    struct dns_zone zone;
    struct dns_address addresses[ADDRESSES];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){ .addresses = { { .weight = 1 }, { .weight = 1 }, { .weight = 1 } } };
    memory_init(&fixture->memory, UINT64_MAX);
    fixture->zone.addresses = fixture->addresses;
    fixture->zone.address_count = ADDRESSES;
    dns_zone_init(&fixture->zone, &fixture->memory, TTL, RETRY);
}

/* How often each address is named in so many turns, by the latest version. */
static void count_turns(const struct dns_zone *zone, uint32_t region, uint64_t turns, uint64_t *counts)
{
    for (int i = 0; i < ADDRESSES; i++)
        counts[i] = 0;
    for (uint64_t turn = 0; turn < turns; turn++)
        counts[dns_zone_choose(zone, dns_zone_version(zone), region, turn)]++;
}

START_TEST(test_dns_zone_names_addresses_as_often_as_they_weigh)
{
    struct fixture fixture;
    uint64_t counts[ADDRESSES];

    fixture_init(&fixture);
    fixture.addresses[1].weight = 3;
    count_turns(&fixture.zone, 0, 50, counts);
    ck_assert_uint_eq(counts[0], 10);
    ck_assert_uint_eq(counts[1], 30);
    ck_assert_uint_eq(counts[2], 10);
    memory_deinit(&fixture.memory);
}
END_TEST

START_TEST(test_dns_zone_leaves_out_the_unhealthy_unless_all_are)
{
    struct fixture fixture;
    uint64_t counts[ADDRESSES];

    fixture_init(&fixture);
    dns_zone_set_healthy(&fixture.zone, 1, false, 10);
    count_turns(&fixture.zone, 0, 30, counts);
    ck_assert_uint_eq(counts[0], 15);
    ck_assert_uint_eq(counts[1], 0);
    dns_zone_set_healthy(&fixture.zone, 0, false, 20);
    dns_zone_set_healthy(&fixture.zone, 2, false, 20);
    count_turns(&fixture.zone, 0, 30, counts);
    ck_assert_uint_eq(counts[1], 10);
    ck_assert_uint_eq(dns_zone_choose(&fixture.zone, 0, 0, 1), 1); /* what was said before is still known */
    memory_deinit(&fixture.memory);
}
END_TEST

START_TEST(test_dns_zone_names_the_nearest_healthy)
{
    double near_first[] = { -1, 0.1, 0.1 }, near_last[] = { 0.2, 0.1, 0.05 };
    double *distance[] = { near_first, near_last };
    struct fixture fixture;
    uint64_t counts[ADDRESSES];

    fixture_init(&fixture);
    fixture.zone.distance = distance;
    count_turns(&fixture.zone, 0, 10, counts);
    ck_assert_uint_eq(counts[0], 10);
    count_turns(&fixture.zone, 1, 10, counts);
    ck_assert_uint_eq(counts[2], 10);
    dns_zone_set_healthy(&fixture.zone, 0, false, 10);
    count_turns(&fixture.zone, 0, 10, counts); /* two are equally near */
    ck_assert_uint_eq(counts[1], 5);
    ck_assert_uint_eq(counts[2], 5);
    memory_deinit(&fixture.memory);
}
END_TEST

/* What a holder does second by second. */
static struct dns_held play(const struct dns_zone *zone, int64_t phase_ns, int64_t end_ns)
{
    struct dns_held held = { .is_valid = true };
    int64_t asks_ns = phase_ns;

    for (int64_t now_ns = 0; now_ns <= end_ns; now_ns++) {
        bool is_out = false;

        if (now_ns != asks_ns)
            continue;
        for (uint32_t i = 0; i < zone->outage_count; i++)
            is_out = is_out || (now_ns >= zone->outages[i].from_ns && now_ns < zone->outages[i].until_ns);
        held.is_valid = !is_out;
        asks_ns = now_ns + (is_out ? RETRY : TTL);
        for (uint32_t i = 0; !is_out && i < zone->version_count; i++)
            if (zone->versions[i].from_ns <= now_ns)
                held.version = i;
    }
    return held;
}

START_TEST(test_dns_zone_tells_what_an_eager_holder_has)
{
    const int64_t outages[][2] = { { 100, 130 }, { 150, 152 }, { 300, 420 }, { 700, 1000 } };
    struct fixture fixture;
    int invalid = 0;

    fixture_init(&fixture);
    for (int i = 0; i < 4; i++) {
        dns_zone_set_healthy(&fixture.zone, 0, i % 2, outages[i][0] - 40);
        dns_zone_set_out(&fixture.zone, true, outages[i][0]);
        if (i < 3)
            dns_zone_set_out(&fixture.zone, false, outages[i][1]);
    }
    for (int64_t phase_ns = 0; phase_ns < TTL; phase_ns++)
        for (int64_t now_ns = 0; now_ns < 800; now_ns += 7) {
            struct dns_held held = dns_zone_held(&fixture.zone, phase_ns, now_ns);
            struct dns_held expected = play(&fixture.zone, phase_ns, now_ns);

            ck_assert_int_eq(held.is_valid, expected.is_valid);
            if (held.is_valid)
                ck_assert_uint_eq(held.version, expected.version);
            invalid += !held.is_valid;
        }
    ck_assert_int_gt(invalid, 100);
    memory_deinit(&fixture.memory);
}
END_TEST

TEST_MAIN("dns_zone", test_dns_zone_names_addresses_as_often_as_they_weigh,
          test_dns_zone_leaves_out_the_unhealthy_unless_all_are, test_dns_zone_names_the_nearest_healthy,
          test_dns_zone_tells_what_an_eager_holder_has)
