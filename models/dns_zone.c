#include "models/dns_zone.h"

#include <math.h>
#include <string.h>

#include "sim/time.h"

void dns_zone_init(struct dns_zone *zone, struct memory *memory, int64_t ttl_ns, int64_t retry_ns)
{
    zone->memory = memory;
    zone->ttl_ns = ttl_ns;
    zone->retry_ns = retry_ns;
    zone->version_room = 4;
    zone->versions = memory_alloc_array(memory, zone->version_room, sizeof *zone->versions);
    zone->versions[0].from_ns = INT64_MIN;
    zone->versions[0].is_healthy = memory_alloc_array(memory, zone->address_count, sizeof(bool));
    memset(zone->versions[0].is_healthy, true, zone->address_count);
    zone->version_count = 1;
}

/* ---- history ---- */

void dns_zone_set_healthy(struct dns_zone *zone, uint32_t address, bool is_healthy, int64_t now_ns)
{
    const bool *before = zone->versions[zone->version_count - 1].is_healthy;
    struct dns_version *version;

    if (before[address] == is_healthy)
        return;
    if (zone->version_count == zone->version_room) {
        zone->version_room *= 2;
        zone->versions =
            memory_grow(zone->memory, zone->versions, zone->version_room * sizeof *zone->versions);
    }
    version = &zone->versions[zone->version_count++];
    version->from_ns = now_ns;
    version->is_healthy = memory_alloc_array(zone->memory, zone->address_count, sizeof(bool));
    memcpy(version->is_healthy, before, zone->address_count * sizeof(bool));
    version->is_healthy[address] = is_healthy;
}

void dns_zone_set_out(struct dns_zone *zone, bool is_out, int64_t now_ns)
{
    if (!is_out) {
        zone->outages[zone->outage_count - 1].until_ns = now_ns;
        return;
    }
    if (zone->outage_count == zone->outage_room) {
        zone->outage_room = zone->outage_room ? 2 * zone->outage_room : 4;
        zone->outages = memory_grow(zone->memory, zone->outages, zone->outage_room * sizeof *zone->outages);
    }
    zone->outages[zone->outage_count++] = (struct dns_outage){ now_ns, SIM_TIME_NEVER };
}

/* The last one that is not younger than the date. */
static uint32_t version_at(const struct dns_zone *zone, int64_t date_ns)
{
    uint32_t low = 0, high = zone->version_count - 1;

    while (low < high) {
        uint32_t middle = (low + high + 1) / 2;

        if (zone->versions[middle].from_ns <= date_ns)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- what an answer names ---- */

struct choice {
    const struct dns_zone *zone;
    const bool *is_healthy; /* NULL: no matter */
    const double *distance; /* NULL: no matter */
    double nearest;
};

static bool is_candidate(const struct choice *choice, uint32_t address)
{
    return (!choice->is_healthy || choice->is_healthy[address]) &&
           (!choice->distance || choice->distance[address] <= choice->nearest);
}

static uint64_t weight_of(const struct choice *choice)
{
    uint64_t weight = 0;

    for (uint32_t i = 0; i < choice->zone->address_count; i++)
        weight += is_candidate(choice, i) ? choice->zone->addresses[i].weight : 0;
    return weight;
}

static void find_nearest(struct choice *choice)
{
    choice->nearest = INFINITY;
    for (uint32_t i = 0; choice->distance && i < choice->zone->address_count; i++)
        if ((!choice->is_healthy || choice->is_healthy[i]) && choice->distance[i] < choice->nearest)
            choice->nearest = choice->distance[i];
}

uint32_t dns_zone_choose(const struct dns_zone *zone, uint32_t version, uint32_t region, uint64_t turn)
{
    struct choice choice = { .zone = zone,
                             .is_healthy = zone->versions[version].is_healthy,
                             .distance = zone->distance ? zone->distance[region] : NULL,
                             .nearest = INFINITY };
    uint64_t weight;

    find_nearest(&choice);
    weight = weight_of(&choice);
    if (weight == 0) { /* nobody is healthy: to say nothing would help nobody */
        choice.is_healthy = NULL;
        find_nearest(&choice);
        weight = weight_of(&choice);
    }
    turn %= weight;
    for (uint32_t i = 0;; i++) {
        uint32_t own = is_candidate(&choice, i) ? zone->addresses[i].weight : 0;

        if (turn < own)
            return i;
        turn -= own;
    }
}

/* ---- eager holders ---- */

/* The first date of the holder from from_ns on. */
static int64_t first_from(int64_t date_ns, int64_t ttl_ns, int64_t from_ns)
{
    if (date_ns >= from_ns)
        return date_ns;
    return date_ns + (from_ns - date_ns + ttl_ns - 1) / ttl_ns * ttl_ns;
}

struct dns_held dns_zone_held(const struct dns_zone *zone, int64_t phase_ns, int64_t now_ns)
{
    int64_t date_ns = phase_ns - zone->ttl_ns; /* of an answer; there was one before the run began */
    struct dns_held held = { .is_valid = true };

    for (uint32_t i = 0; i < zone->outage_count; i++) {
        const struct dns_outage *outage = &zone->outages[i];
        int64_t asks_ns = first_from(date_ns, zone->ttl_ns, outage->from_ns);

        if (asks_ns > now_ns || asks_ns >= outage->until_ns)
            continue;
        if (outage->until_ns > now_ns) {
            held.is_valid = false;
            return held;
        }
        held.renewals += (uint64_t)((asks_ns - date_ns) / zone->ttl_ns);
        date_ns = first_from(asks_ns, zone->retry_ns, outage->until_ns);
        if (date_ns > now_ns) {
            held.is_valid = false;
            return held;
        }
    }
    held.renewals += (uint64_t)((now_ns - date_ns) / zone->ttl_ns);
    date_ns += (now_ns - date_ns) / zone->ttl_ns * zone->ttl_ns;
    held.version = version_at(zone, date_ns);
    return held;
}
