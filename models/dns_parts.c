/* dns_parts.c - the parts of a name: its authoritative servers, and its records; see dns.c.
 *
 * authority   answers a lookup after a draw of lookup_time: the question of a resolver, and what it takes to
 *             find whom to ask. It can crash: then lookups are refused, or, when it falls silent, run into
 *             their time limit. It is several machines in several places, so there is no way to it but within
 *             that time.
 * record      counts what happens to its addresses. With health checks it asks each of them, as a balancer
 *             asks its servers (health_checks.h); where it concludes that one is down, or back, the zone has
 *             a new version.
 *
 * Cost: an event a lookup; those of health_checks.h.
 */
#include "models/dns.h"
#include "sim/call.h"

/* ---- authoritative servers ---- */

struct authority_shared {
    struct duration lookup_time;
};

static void authority_wire_group(struct group *group)
{
    const struct dns_config *config = group->config;
    struct authority_shared *shared = group->shared;

    duration_init(&shared->lookup_time, group, "lookup", &config->lookup_time);
}

static void authority_on_request(struct component *self, struct request *request)
{
    const struct authority_shared *shared = self->shared;

    sim_wait(self, request, &shared->lookup_time);
}

static void authority_on_timer(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_OK);
}

static void set_out(struct component *self, bool is_out)
{
    struct dns_shared *name = self->group->parent->shared;

    dns_zone_set_out(&name->zone, is_out, self->sim->now_ns);
}

static void authority_on_crash(struct component *self)
{
    set_out(self, true);
}

static void authority_on_restart(struct component *self)
{
    set_out(self, false);
}

static struct activity authority_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "lookup", false };
}

const struct model_type dns_authority_model = {
    .component = {
        .name = "dns_authority",
        .is_name = true,
        .shared_size = sizeof(struct authority_shared),
        .wire_group = authority_wire_group,
        .on_request = authority_on_request,
        .on_timer = authority_on_timer,
        .on_crash = authority_on_crash,
        .on_restart = authority_on_restart,
        .activity = authority_activity,
    },
    .summary = "the authoritative servers of a name; made by dns",
    .stands_for = "Those who know what a name stands for, and the way of a resolver to them.",
    .leaves_out = "The chain of zones, and single servers.",
    .misleads = "Where the servers themselves are full.",
    .crashes = true,
    .hidden = true,
};

/* ---- records ---- */

struct record_shared {
    struct group *name;
    uint32_t place;
    struct health_probes probes;
};

struct record {
    struct health health; /* with checks */
    struct balancing balancing;
    uint32_t first_address;
    uint64_t answers, sent, sent_to_dead;
};

static const struct param_list no_drains = { 0 };

/* clang-format off */
static const struct metric_row record_metrics[] = {
    { "answers", "1", METRIC_COUNTER, offsetof(struct record, answers), 0,
      "Lookups that were answered with an address of this record; those on_expiry are not counted." },
    { "sent", "1", METRIC_COUNTER, offsetof(struct record, sent), 0,
      "Requests that went to an address of this record." },
    { "sent_to_dead", "1", METRIC_COUNTER, offsetof(struct record, sent_to_dead), 0,
      "Those of them that found the target down." },
    { "addresses.removed", "1", METRIC_COUNTER, offsetof(struct record, health.removed), 0,
      "Times that health checks took an address out of the answers." },
    { "addresses.returned", "1", METRIC_COUNTER, offsetof(struct record, health.returned), 0,
      "Times that they took one back." },
    { "addresses", "1", METRIC_LEVEL, offsetof(struct record, health.available), 0,
      "Addresses of this record that are in answers." },
    { .name = NULL },
};
/* clang-format on */

static bool record_emits(const struct group *group, const struct metric_row *row)
{
    const struct dns_config *config = group->config;

    return row->offset < offsetof(struct record, health.removed) ||
           row->offset >= offsetof(struct record, answers) || config->health_check;
}

void dns_record_join(struct group *record, struct group *name, uint32_t place)
{
    struct record_shared *shared = record->shared;

    shared->name = name;
    shared->place = place;
}

void dns_record_answered(struct group *group)
{
    struct record *record = component_state(group->instances[0]);

    record->answers++;
}

void dns_record_sent(struct group *group, bool is_dead)
{
    struct record *record = component_state(group->instances[0]);

    record->sent++;
    record->sent_to_dead += is_dead;
}

static void record_wire_group(struct group *group)
{
    const struct dns_config *config = group->config;
    struct record_shared *shared = group->shared;
    const struct dns_record_config *record =
        (const struct dns_record_config *)config->records.items + shared->place;

    if (config->health_check)
        health_wire_group(&shared->probes, group,
                          sim_link_all(group, sim_find_group(group->sim, record->target), NULL),
                          config->health_check);
}

static void record_wire(struct component *self)
{
    const struct dns_config *config = self->group->config;
    const struct record_shared *shared = self->shared;
    const struct dns_shared *name = shared->name->shared;
    struct record *record = component_state(self);

    while (name->zone.addresses[record->first_address].record != shared->place)
        record->first_address++;
    if (!config->health_check)
        return;
    balancing_init(&record->balancing, &self->sim->memory,
                   &(struct balancing_config){ .policy = BALANCING_ROUND_ROBIN,
                                               .count = shared->probes.real[0]->target->group->count });
    health_init(&record->health, self, &record->balancing, config->health_check, NULL);
}

static void record_start(struct component *self)
{
    const struct dns_config *config = self->group->config;
    struct record_shared *shared = self->shared;
    struct record *record = component_state(self);

    if (!config->health_check)
        return;
    health_links_complete(&shared->probes);
    health_start(&record->health, self, &shared->probes);
}

/* An address is healthy while one of its instances is. */
static void tell_zone(struct component *self)
{
    const struct record_shared *shared = self->shared;
    struct dns_shared *name = shared->name->shared;
    const struct record *record = component_state(self);
    struct dns_zone *zone = &name->zone;

    for (uint32_t i = record->first_address;
         i < zone->address_count && zone->addresses[i].record == shared->place; i++) {
        bool is_healthy = false;

        for (uint32_t k = 0; k < zone->addresses[i].count; k++)
            is_healthy = is_healthy || record->balancing.is_available[zone->addresses[i].first + k];
        dns_zone_set_healthy(zone, i, is_healthy, self->sim->now_ns);
    }
}

static void record_on_reply(struct component *self, struct request *request)
{
    const struct record_shared *shared = self->shared;
    struct record *record = component_state(self);
    uint32_t available = record->balancing.available_count;

    health_answered(&record->health, self, &shared->probes, request);
    if (record->balancing.available_count != available)
        tell_zone(self);
}

static void record_on_timer(struct component *self, struct request *ticker)
{
    struct record_shared *shared = self->shared;
    struct record *record = component_state(self);

    health_tick(&record->health, self, &shared->probes, &no_drains, ticker);
}

const struct model_type dns_record_model = {
    .component = {
        .name = "dns_record",
        .shared_size = sizeof(struct record_shared),
        .state_size = sizeof(struct record),
        .wire_group = record_wire_group,
        .wire = record_wire,
        .start = record_start,
        .on_reply = record_on_reply,
        .on_timer = record_on_timer,
        .metrics = record_metrics,
        .emits = record_emits,
    },
    .summary = "one record of a name; made by dns",
    .stands_for = "The addresses of one target in the answers for a name, and the checks of their health.",
    .leaves_out = "Where the checks come from: they take the way from nowhere in particular.",
    .misleads = "When a target can be reached by the checks and not by users, or the reverse.",
    .hidden = true,
};
