#include "sim/network.h"

#include <math.h>
#include <string.h>

#include "sim/sim.h"

double network_round_trip_s(double latitude_a_deg, double longitude_a_deg, double latitude_b_deg,
                            double longitude_b_deg)
{
    const double radian = 3.14159265358979323846 / 180.0;
    double across = sin((latitude_b_deg - latitude_a_deg) * radian / 2);
    double along = sin((longitude_b_deg - longitude_a_deg) * radian / 2);
    double haversine =
        across * across + cos(latitude_a_deg * radian) * cos(latitude_b_deg * radian) * along * along;
    double distance_km =
        2 * EARTH_RADIUS_KM * asin(sqrt(haversine > 1.0 ? 1.0 : haversine)); /* NaN stays NaN */

    return 2 * distance_km / FIBRE_KM_PER_S;
}

static int64_t find_site(const struct network *network, const char *name)
{
    for (uint32_t i = 0; i < network->site_count; i++)
        if (!strcmp(network->sites[i].name, name))
            return i;
    return -1;
}

static struct distribution_config constant_s(double seconds)
{
    struct distribution_config config = distribution_config_of(DISTRIBUTION_CONSTANT);

    config.mean = seconds;
    return config;
}

/* Latency between two sites; has_latency stays false when nothing is known. */
static void site_latency(const struct network *network, const char *from, const char *to,
                         struct link_config *link)
{
    int64_t a = find_site(network, from), b = find_site(network, to);
    double one_way_s = NAN;

    if (a < 0 || b < 0 || a == b) {
        link->latency = network->latency;
        link->has_latency = network->has_latency;
        return;
    }
    if (network->one_way_s)
        one_way_s = network->one_way_s[a * network->site_count + b];
    if (isnan(one_way_s))
        one_way_s = network->path_stretch / 2 *
                    network_round_trip_s(network->sites[a].latitude_deg, network->sites[a].longitude_deg,
                                         network->sites[b].latitude_deg, network->sites[b].longitude_deg);
    link->has_latency = !isnan(one_way_s);
    if (link->has_latency)
        link->latency = constant_s(one_way_s);
}

static bool is_end(const char *rule, const char *component, const char *site)
{
    return !rule || !strcmp(rule, component) || !strcmp(rule, site);
}

struct link_config network_link(const struct network *network, const char *from, const char *from_site,
                                const char *to, const char *to_site)
{
    struct link_config link = { .connections = { .connections_max = UINT32_MAX,
                                                 .idle_timeout_ns = SIM_TIME_NEVER } };

    if (!network)
        return link;
    site_latency(network, from_site, to_site, &link);
    for (uint32_t i = 0; i < network->link_count; i++) {
        const struct link_config *rule = &network->links[i];

        if (!is_end(rule->from, from, from_site) || !is_end(rule->to, to, to_site))
            continue;
        if (rule->has_latency) {
            link.latency = rule->latency;
            link.has_latency = true;
        }
        if (rule->bandwidth_bytes_per_s > 0 || rule->unlimited)
            link.bandwidth_bytes_per_s = rule->bandwidth_bytes_per_s;
        if (rule->loss > 0 || rule->lossless)
            link.loss = rule->loss;
        if (rule->connections.round_trips > 0 || rule->unconnected)
            link.connections = rule->connections;
    }
    return link;
}
