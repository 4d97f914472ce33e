/* dns_zone.h - what a name stands for, and what its authoritative servers said of it at any date of the run.
 *
 * Addresses are the instances of the records' components, one address each (of a component that chooses the
 * instance by the key, or is a name itself, one for all). A version of the zone says which of them are
 * healthy, from one date to the next; the servers themselves may be out for a while. Old versions are kept:
 * who holds an answer from then has what was said then.
 *
 * Which of the addresses an answer names: those that are healthy, or all where none is; under geo, of these
 * the nearest to where the caller is; and among them by a turn, as often as their records weigh.
 *
 * Eager holders ask again as soon as their answer expires. Nobody has to do so in the simulation: a holder's
 * dates are phase + k ttl, the phase being a function of who it is, so what it holds at any date can be told
 * without having kept it. One who asks while the servers are out gets no answer and asks again every
 * retry_ns; its later dates count from the one at which it was answered.
 *
 * Cost: O(addresses) a choice, O(outages + log versions) an eager holder. Memory: a byte an address for each
 * version, 16 bytes an outage. Ownership: of the run. Errors: none.
 */
#ifndef MODELS_DNS_ZONE_H
#define MODELS_DNS_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/component.h"
#include "sim/memory.h"

struct dns_address {
    struct group *group;
    uint32_t record;
    uint32_t first, count; /* instances */
    uint32_t link;         /* place of the first one's link among all links of a caller */
    uint32_t weight;
};

struct dns_version {
    int64_t from_ns;
    bool *is_healthy; /* by address */
};

struct dns_outage {
    int64_t from_ns, until_ns; /* SIM_TIME_NEVER: it lasts */
};

struct dns_zone {
    struct memory *memory;
    struct dns_address *addresses;
    uint32_t address_count, link_count;
    double **distance; /* by region and address; NULL: the choice does not depend on it */
    struct dns_version *versions;
    uint32_t version_count, version_room;
    struct dns_outage *outages;
    uint32_t outage_count, outage_room;
    int64_t ttl_ns, retry_ns;
};

/* All addresses are healthy, and always were. */
void dns_zone_init(struct dns_zone *zone, struct memory *memory, int64_t ttl_ns, int64_t retry_ns);

void dns_zone_set_healthy(struct dns_zone *zone, uint32_t address, bool is_healthy, int64_t now_ns);

/* The authoritative servers go, and come back. */
void dns_zone_set_out(struct dns_zone *zone, bool is_out, int64_t now_ns);

/* The latest version. */
static inline uint32_t dns_zone_version(const struct dns_zone *zone)
{
    return zone->version_count - 1;
}

/* The address that an answer of that version names, for a caller in that region whose turn it is. */
uint32_t dns_zone_choose(const struct dns_zone *zone, uint32_t version, uint32_t region, uint64_t turn);

/* What an eager holder of that phase (from 0, below ttl_ns) holds now. */
struct dns_held {
    bool is_valid;     /* else its last answer has expired, and there was nobody to ask */
    uint32_t version;  /* that it was told */
    uint64_t renewals; /* answers that it has had */
};

struct dns_held dns_zone_held(const struct dns_zone *zone, int64_t phase_ns, int64_t now_ns);

#endif
