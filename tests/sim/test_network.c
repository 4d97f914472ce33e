#include "sim/network.h"

#include "sim/link.h"
#include "tests/test.h"

/* Cities and round trips of the independent oracle O43 (spherical law of cosines). */
enum city { SAN_FRANCISCO, SYDNEY, NEW_YORK, SAO_PAULO, LONDON, TOKYO, SINGAPORE, FRANKFURT, CITY_COUNT };

static struct network_site cities[CITY_COUNT] = {
    { "san_francisco", 37.7749, -122.4194 }, { "sydney", -33.8688, 151.2093 },
    { "new_york", 40.7128, -74.006 },        { "sao_paulo", -23.5505, -46.6333 },
    { "london", 51.5074, -0.1278 },          { "tokyo", 35.6762, 139.6503 },
    { "singapore", 1.3521, 103.8198 },       { "frankfurt", 50.1109, 8.6821 },
};

static const struct {
    enum city from, to;
    double round_trip_ms;
} distances[] = {
    { NEW_YORK, LONDON, 55.7022218 },        { LONDON, SYDNEY, 169.939335 },
    { SAN_FRANCISCO, NEW_YORK, 41.2908617 }, { FRANKFURT, SINGAPORE, 102.580348 },
    { SAO_PAULO, NEW_YORK, 76.8562556 },     { TOKYO, SAN_FRANCISCO, 82.7461498 },
};

static double round_trip_ms(enum city a, enum city b)
{
    return 1e3 * network_round_trip_s(cities[a].latitude_deg, cities[a].longitude_deg, cities[b].latitude_deg,
                                      cities[b].longitude_deg);
}

START_TEST(test_network_round_trips_over_fibre)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        ck_assert_double_eq_tol(round_trip_ms(distances[i].from, distances[i].to), distances[i].round_trip_ms,
                                1e-6);
        ck_assert_double_eq_tol(round_trip_ms(distances[i].to, distances[i].from), distances[i].round_trip_ms,
                                1e-6);
    }
    ck_assert_double_eq(round_trip_ms(TOKYO, TOKYO), 0.0);
}
END_TEST

START_TEST(test_network_round_trips_at_the_edges_of_the_map)
{
    double half_way_round_s = M_PI * EARTH_RADIUS_KM * 2 / FIBRE_KM_PER_S;

    ck_assert_double_eq_tol(network_round_trip_s(90, 0, -90, 0), half_way_round_s, 1e-12);
    ck_assert_double_eq_tol(network_round_trip_s(0, 0, 0, 180), half_way_round_s, 1e-12);
    ck_assert_double_eq_tol(network_round_trip_s(0, -180, 0, 180), 0.0, 1e-12);
    ck_assert_double_eq_tol(network_round_trip_s(90, 10, 90, 130), 0.0,
                            1e-12); /* the pole has every longitude */
    ck_assert_double_eq_tol(network_round_trip_s(0, 179.5, 0, -179.5), half_way_round_s / 180, 1e-12);
    ck_assert(isnan(network_round_trip_s(NAN, 0, 0, 0)));
}
END_TEST

static struct distribution_config constant(double mean_s)
{
    struct distribution_config config = distribution_config_of(DISTRIBUTION_CONSTANT);

    config.mean = mean_s;
    return config;
}

static struct network eight_cities(void)
{
    return (struct network){ .latency = constant(0.0005),
                             .has_latency = true,
                             .path_stretch = 1.0,
                             .sites = cities,
                             .site_count = CITY_COUNT };
}

static double latency_s(const struct network *network, const char *from_site, const char *to_site)
{
    struct link_config link = network_link(network, "a", from_site, "b", to_site);

    return link.has_latency ? link.latency.mean : NAN;
}

START_TEST(test_network_latency_is_half_the_round_trip_times_the_stretch)
{
    struct network network = eight_cities();

    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++)
        ck_assert_double_eq_tol(
            latency_s(&network, cities[distances[i].from].name, cities[distances[i].to].name),
            distances[i].round_trip_ms / 2000, 1e-9);
    network.path_stretch = 1.5;
    ck_assert_double_eq_tol(latency_s(&network, "new_york", "london"), 0.75 * 0.0557022218, 1e-9);
}
END_TEST

START_TEST(test_network_within_a_site_has_a_latency_of_its_own)
{
    struct network network = eight_cities();

    ck_assert_double_eq(latency_s(&network, "london", "london"), 0.0005);
    ck_assert_double_eq(latency_s(&network, "", ""), 0.0005);
    ck_assert_double_eq(latency_s(&network, "nowhere", "london"), 0.0005);
    network.has_latency = false;
    ck_assert(isnan(latency_s(&network, "london", "london")));
    ck_assert_double_gt(latency_s(&network, "london", "tokyo"), 0.0);
    ck_assert(!network_link(NULL, "a", "", "b", "").has_latency);
}
END_TEST

START_TEST(test_network_matrix_beats_distance)
{
    struct network network = eight_cities();
    double one_way_s[CITY_COUNT * CITY_COUNT];

    for (int i = 0; i < CITY_COUNT * CITY_COUNT; i++)
        one_way_s[i] = NAN;
    one_way_s[NEW_YORK * CITY_COUNT + LONDON] = 0.035;
    network.one_way_s = one_way_s;
    network.path_stretch = 2.0;
    ck_assert_double_eq(latency_s(&network, "new_york", "london"), 0.035); /* as given, not stretched */
    ck_assert_double_eq_tol(latency_s(&network, "london", "new_york"), 0.0557022218,
                            1e-9); /* the way back was not given */
    ck_assert_double_eq(latency_s(&network, "london", "london"), 0.0005);
}
END_TEST

START_TEST(test_network_matrix_does_without_positions)
{
    struct network_site sites[] = { { "east", NAN, NAN }, { "west", NAN, NAN }, { "south", NAN, NAN } };
    double one_way_s[] = { NAN, 0.010, NAN, 0.020, NAN, NAN, NAN, NAN, NAN };
    struct network network = { .path_stretch = 1.0, .sites = sites, .site_count = 3, .one_way_s = one_way_s };

    ck_assert_double_eq(latency_s(&network, "east", "west"), 0.010);
    ck_assert_double_eq(latency_s(&network, "west", "east"), 0.020);
    ck_assert(isnan(latency_s(&network, "east", "south"))); /* nothing is known */
}
END_TEST

START_TEST(test_network_rules_go_by_component_or_site_and_later_ones_win)
{
    struct link_config rules[] = {
        { .from = NULL, .to = NULL, .bandwidth_bytes_per_s = 1e9, .loss = 0.001 },
        { .from = "web", .to = "db", .has_latency = true, .latency = constant(0.002) },
        { .from = "london", .to = "tokyo", .bandwidth_bytes_per_s = 1e6 },
        { .from = "web", .to = NULL, .connections = { 2, 10, 5 * SIM_NS_PER_S } },
        { .from = NULL, .to = "tokyo", .loss = 0.01 },
        { .from = "web",
          .to = "db",
          .has_latency = true,
          .latency = constant(0.003),
          .connections = { 1, 20, 6 * SIM_NS_PER_S } },
    };
    struct network network = eight_cities();
    struct link_config link;

    network.links = rules;
    network.link_count = sizeof rules / sizeof *rules;

    link = network_link(&network, "users", "london", "lb", "london"); /* the first rule alone */
    ck_assert_double_eq(link.bandwidth_bytes_per_s, 1e9);
    ck_assert_double_eq(link.loss, 0.001);
    ck_assert_double_eq(link.latency.mean, 0.0005);
    ck_assert_uint_eq(link.connections.round_trips, 0);
    ck_assert_uint_eq(link.connections.connections_max, UINT32_MAX);
    ck_assert(link.connections.idle_timeout_ns == SIM_TIME_NEVER);

    link = network_link(&network, "web", "london", "db", "london");
    ck_assert_double_eq(link.latency.mean, 0.003);
    ck_assert_uint_eq(link.connections.round_trips, 1);
    ck_assert_uint_eq(link.connections.connections_max, 20);

    link = network_link(&network, "web", "london", "cache", "tokyo");
    ck_assert_double_eq(link.bandwidth_bytes_per_s, 1e6);
    ck_assert_double_eq(link.loss, 0.01);
    ck_assert_uint_eq(link.connections.connections_max, 10);
    ck_assert_double_gt(link.latency.mean, 0.04);

    link = network_link(&network, "db", "tokyo", "web", "london"); /* a direction is a direction */
    ck_assert_double_eq(link.bandwidth_bytes_per_s, 1e9);
    ck_assert_double_eq(link.loss, 0.001);
    ck_assert_uint_eq(link.connections.round_trips, 0);
}
END_TEST

START_TEST(test_network_rules_can_take_away)
{
    struct link_config rules[] = {
        { .has_latency = true, .latency = constant(0.01), .bandwidth_bytes_per_s = 1e9, .loss = 0.1,
          .connections = { 2, 10, 5 } },
        { .from = "web" }, /* says nothing */
        { .from = "web", .to = "db", .unlimited = true, .lossless = true, .unconnected = true,
          .has_latency = true, .latency = constant(0.0) },
    };
    struct network network = { .links = rules, .link_count = 3 };
    struct link_config link = network_link(&network, "web", "", "cache", "");

    ck_assert_double_eq(link.bandwidth_bytes_per_s, 1e9);
    ck_assert_double_eq(link.loss, 0.1);
    ck_assert_uint_eq(link.connections.round_trips, 2);
    ck_assert_double_eq(link.latency.mean, 0.01);
    link = network_link(&network, "web", "", "db", "");
    ck_assert_double_eq(link.bandwidth_bytes_per_s, 0);
    ck_assert_double_eq(link.loss, 0);
    ck_assert_uint_eq(link.connections.round_trips, 0);
    ck_assert_double_eq(link.latency.mean, 0);
}
END_TEST

TEST_MAIN("network", test_network_rules_can_take_away, test_network_round_trips_over_fibre,
          test_network_round_trips_at_the_edges_of_the_map,
          test_network_latency_is_half_the_round_trip_times_the_stretch,
          test_network_within_a_site_has_a_latency_of_its_own, test_network_matrix_beats_distance,
          test_network_matrix_does_without_positions,
          test_network_rules_go_by_component_or_site_and_later_ones_win)
