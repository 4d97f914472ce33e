/* scenario_network.c - reads "network": regions, round trips, links. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/scenario_reading.h"
#include "app/suggest.h"

static double unknown_as_nan(double degrees)
{
    return degrees == PARAM_UNKNOWN ? NAN : degrees;
}

static size_t region_index(const struct network *network, const char *name)
{
    for (uint32_t i = 0; i < network->site_count; i++)
        if (!strcmp(network->sites[i].name, name))
            return i;
    return SIZE_MAX;
}

/* otherwise: what to do when no name is near. */
static void no_such_place(struct reading *reading, const char *path, const char *name, bool or_component,
                          const char *otherwise)
{
    const struct network *network = &reading->variant->network;
    char message[160], help[128];
    struct param_named named;
    struct suggest suggest;

    suggest_init(&suggest, name);
    for (uint32_t i = 0; i < network->site_count; i++)
        suggest_offer(&suggest, network->sites[i].name);
    for (size_t i = 0; or_component && reading_get_name(reading, PARAM_REFERS_COMPONENT, i, &named); i++)
        suggest_offer(&suggest, named.name);
    snprintf(message, sizeof message, "there is no region%s \"%.64s\"", or_component ? " or component" : "",
             name);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    reading_error(reading, path, JSON_PART_VALUE, suggest.best ? help : otherwise, message);
}

static void read_round_trips(struct reading *reading, const struct network_config *config,
                             struct network *network)
{
    const struct round_trip_config *items = config->round_trips.items;
    size_t count = network->site_count;

    for (size_t i = 0; i < count * count; i++)
        network->one_way_s[i] = NAN;
    for (size_t i = 0; i < config->round_trips.count; i++) {
        size_t from = region_index(network, items[i].from), to = region_index(network, items[i].to);
        char path[64];

        snprintf(path, sizeof path, "network.round_trips[%zu].%s", i, from == SIZE_MAX ? "from" : "to");
        if (from == SIZE_MAX || to == SIZE_MAX)
            no_such_place(reading, path, from == SIZE_MAX ? items[i].from : items[i].to, false,
                          "name it in network.regions");
        else
            network->one_way_s[from * count + to] = network->one_way_s[to * count + from] =
                (double)items[i].round_trip / 2e9;
    }
}

static const char *end_of_rule(struct reading *reading, const struct network *network, const char *name,
                               const char *field, size_t rule)
{
    struct param_named named;
    char path[64];

    snprintf(path, sizeof path, "network.links[%zu].%s", rule, field);
    if (!strcmp(name, "any"))
        return NULL;
    if (region_index(network, name) == SIZE_MAX && !reading_is_copied(reading, name) &&
        !reading_find_name(reading, PARAM_REFERS_COMPONENT, name, &named))
        no_such_place(reading, path, name, true, "\"any\" means all of them");
    return name;
}

static bool is_zero(const struct distribution_config *latency)
{
    return latency->law == DISTRIBUTION_CONSTANT && latency->mean == 0.0;
}

/* Whether a rule says something of a field: then the default is meant, and takes away what rules
 * before it say. */
static bool says(const struct reading *reading, size_t rule, const char *field)
{
    const cJSON *network = cJSON_GetObjectItemCaseSensitive(reading->node->tree, "network");
    const cJSON *links = cJSON_GetObjectItemCaseSensitive(network, "links");

    return cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(links, (int)rule), field);
}

/* The index-th component that an end of a rule means: of one that stands in data centers each copy; of all
 * others itself. False: there are not so many. */
static bool meant_by(const struct reading *reading, const char *end, size_t index, const char **name)
{
    const struct scenario_variant *variant = reading->variant;

    *name = end;
    if (!end || !reading_is_copied(reading, end))
        return index == 0;
    for (size_t i = 0; i < variant->component_count; i++)
        if (variant->components[i].site && !strcmp(reading_key(variant->components[i].name), end) &&
            index-- == 0) {
            *name = variant->components[i].name;
            return true;
        }
    return false;
}

static size_t count_meant(const struct reading *reading, const char *end)
{
    const char *name;
    size_t count = 0;

    while (meant_by(reading, end, count, &name))
        count++;
    return count;
}

static size_t count_rules(const struct reading *reading, const struct network_config *config)
{
    const struct link_rule_config *items = config->links.items;
    size_t count = 0;

    for (size_t i = 0; i < config->links.count; i++)
        count += count_meant(reading, items[i].from) * count_meant(reading, items[i].to);
    return count;
}

static void read_rule(struct reading *reading, const struct network_config *config, size_t i,
                      struct network *network)
{
    const struct link_rule_config *items = config->links.items;
    const char *from_name = end_of_rule(reading, network, items[i].from, "from", i), *from;
    const char *to_name = end_of_rule(reading, network, items[i].to, "to", i), *to;

    for (size_t k = 0; meant_by(reading, from_name, k, &from); k++)
        for (size_t j = 0; meant_by(reading, to_name, j, &to); j++)
            network->links[network->link_count++] = (struct link_config){
                .from = from,
                .to = to,
                .has_latency = says(reading, i, "latency"),
                .latency = items[i].latency,
                .bandwidth_bytes_per_s = items[i].bandwidth < 1e16 ? items[i].bandwidth : 0,
                .unlimited = says(reading, i, "bandwidth"),
                .loss = items[i].loss,
                .lossless = says(reading, i, "loss"),
                .unconnected = says(reading, i, "round_trips"),
                .connections = { (uint32_t)items[i].round_trips,
                                 items[i].connections > UINT32_MAX ? UINT32_MAX
                                                                   : (uint32_t)items[i].connections,
                                 items[i].idle_timeout },
            };
}

static void read_links(struct reading *reading, const struct network_config *config, struct network *network)
{
    network->links = reading_alloc(reading, count_rules(reading, config), sizeof *network->links);
    for (size_t i = 0; network->links && i < config->links.count; i++)
        read_rule(reading, config, i, network);
}

static void check_regions(struct reading *reading, const struct network *network)
{
    for (size_t i = 0; i < reading->variant->component_count; i++) {
        const struct component_config *component = &reading->variant->components[i];
        char path[128];

        if (!component->region || component->site || region_index(network, component->region) != SIZE_MAX)
            continue;
        snprintf(path, sizeof path, "components.%.64s.region", component->name);
        no_such_place(reading, path, component->region, false, "name it in network.regions");
    }
}

void reading_network(struct reading *reading)
{
    const struct network_config *config = &reading->config->network;
    const struct region_config *regions = config->regions.items;
    struct network *network = &reading->variant->network;
    size_t count = config->regions.count;

    network->latency = config->latency;
    network->has_latency = !is_zero(&config->latency);
    network->path_stretch = config->path_stretch;
    network->sites = reading_alloc(reading, count, sizeof *network->sites);
    network->one_way_s = reading_alloc(reading, count * count, sizeof *network->one_way_s);
    if (!network->sites || !network->one_way_s)
        return;
    network->site_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        network->sites[i] = (struct network_site){ regions[i].name, unknown_as_nan(regions[i].latitude),
                                                   unknown_as_nan(regions[i].longitude) };
    read_round_trips(reading, config, network);
    read_links(reading, config, network);
    check_regions(reading, network);
}
