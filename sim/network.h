/* network.h - what lies between components: sites, the latency between them, and link properties.
 *
 * The latency of a message one way between two sites is, in this order of preference: given in the
 * matrix; or half the round trip over the great circle at the speed of light in fibre times a stretch
 * factor for the detours of cables; or the latency within a site.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/distribution.h"
#include "sim/link.h"

#define EARTH_RADIUS_KM 6371.0
#define FIBRE_KM_PER_S 200000.0

struct sim;

/* What links between two places are like. */
struct link_config {
    const char *from, *to;  /* names of components or sites; NULL: any */
    bool has_latency;
    struct distribution_config latency; /* s, one way */
    double bandwidth_bytes_per_s;       /* 0: unlimited */
    double loss;                        /* share of messages, 0 to 1 */
    struct connection_config connections;
    bool unlimited, lossless,
        unconnected; /* of a rule: it takes away what those before it say, where 0 says nothing */
};

struct network_site {
    const char *name;
    double latitude_deg, longitude_deg; /* NaN: unknown */
};

/* Owned by the application, outlives the run. */
struct network {
    struct distribution_config latency;  /* within a site, s, one way */
    bool has_latency;                    /* false: messages take no time within a site */
    double path_stretch;                 /* cable length over great circle */
    struct network_site *sites;
    uint32_t site_count;
    double *one_way_s;                   /* site_count squared; NaN: from the distance */
    struct link_config *links;           /* later ones win */
    uint32_t link_count;
};

/* Least possible round trip between two points of the earth over fibre, s. Haversine formula. */
double network_round_trip_s(double latitude_a_deg, double longitude_a_deg, double latitude_b_deg,
                            double longitude_b_deg);

/* Properties of a link from one component to another, both named with their sites. */
struct link_config network_link(const struct network *network, const char *from, const char *from_site,
                                const char *to, const char *to_site);

#endif
