/* cdn.c - a content delivery network: copies of what the origin serves, kept near the users.
 *
 * A scenario's `cdn` is the network's name, which is nowhere: to be sent to it takes no time. It sends each
 * request to an edge (cdn_edge.c), a part of its own in the edge's region, and the way there is that from the
 * region of whoever asks: the nearest caller, counted from here towards the user, that is in a region.
 * Nearest is the edge with the shortest latency one way; of several, the first in the scenario.
 *
 * Outage: an edge that is down is left out from failover_time after it went until failover_time after it came
 * back (health checks, routes, names that are remembered meanwhile); before that, requests still go there and
 * fail. Then the next nearest edge takes its users, cold for what they ask; when none is left, the origin
 * itself does, if `fallback` says so, over the way from the user's region to the origin.
 *
 * Invalidation by API: a row that is committed is ordered to be dropped at every edge; the order takes a draw
 * of invalidation_time to get to each of them.
 *
 * Bill: traffic out by tiers of a month at the rate of the measured time (a month has 730 hours), requests,
 * traffic fetched from the origin, invalidations, and a price by the hour.
 *
 * Cost: O(1) a request, O(edges) while some are out, O(edges) events a commit under on_write. Memory: a
 * link from every region to every edge, and where there is a fallback to every instance of the origin.
 */
#include "models/cdn.h"

#include <math.h>
#include <string.h>

#include "models/routing.h"
#include "sim/call.h"

#define EDGE_ALONE "edge" /* what the only one is called */
#define GIGABYTE 1e9
#define HOURS_A_MONTH 730.0

/* The CDN as seen from a region. */
struct cdn_region {
    uint32_t *nearest;     /* places of edges, the nearest first */
    struct link **edges;   /* by place */
    struct link **origins; /* by instance; NULL: no fallback */
    bool is_blind;         /* the distance to no edge is known */
};

static const struct metric_row metrics[] = {
    CDN_TRAFFIC_ROWS(cdn, traffic),
    { "rerouted", "1", METRIC_COUNTER, offsetof(struct cdn, rerouted), 0,
      "Requests that went to another edge than the nearest, which was out." },
    { "fallbacks", "1", METRIC_COUNTER, offsetof(struct cdn, fallbacks), 0,
      "Requests that went to the origin past the CDN, all of which was out." },
    { "invalidations", "1", METRIC_COUNTER, offsetof(struct cdn, invalidations), 0,
      "Rows that were ordered to be dropped at every edge." },
    { .name = NULL },
};

/* ---- wiring ---- */

static struct site *site_named(struct sim *sim, const char *name)
{
    struct site *site = sim_find_site(sim, name);

    return site ? site : sim_add_site(sim, name);
}

static struct group *add_edge(struct group *group, uint32_t place)
{
    const struct cdn_config *config = group->config;
    const struct cdn_edge_config *items = config->edges.items;
    struct group *edge;

    if (!config->edges.count)
        edge = sim_add_part(group, &cdn_edge_model.component, EDGE_ALONE, 1, config);
    else
        edge = sim_add_part_at(group, &cdn_edge_model.component, items[place].name, 1, config,
                               site_named(group->sim, items[place].name));
    cdn_edge_join(edge, group, place);
    return edge;
}

/* Of a message one way, s; infinite: unknown. */
static double distance_s(const struct group *group, const char *from, const struct group *edge)
{
    struct link_config link =
        network_link(group->sim->network, group->name, from, group->name, edge->site->name);

    if (!strcmp(from, edge->site->name))
        return -1.0;
    if (!link.has_latency)
        return INFINITY;
    return link.latency.mean > 0 ? link.latency.mean : link.latency.median;
}

static void sort_edges(const struct group *group, struct cdn_region *region, const char *name)
{
    const struct cdn_shared *shared = group->shared;

    region->is_blind = true;
    for (uint32_t i = 0; i < shared->edge_count; i++) {
        double distance = distance_s(group, name, shared->edges[i]);
        uint32_t place = i;

        region->is_blind = region->is_blind && isinf(distance);
        for (; place > 0 && distance_s(group, name, shared->edges[region->nearest[place - 1]]) > distance;
             place--)
            region->nearest[place] = region->nearest[place - 1];
        region->nearest[place] = i;
    }
}

static void region_init(struct group *group, struct cdn_region *region, const char *name)
{
    const struct cdn_config *config = group->config;
    const struct cdn_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;
    struct call_policy policy = call_policy_of(&config->call);

    region->nearest = memory_alloc_array(memory, shared->edge_count, sizeof *region->nearest);
    region->edges = memory_alloc_array(memory, shared->edge_count, sizeof(struct link *));
    sort_edges(group, region, name);
    for (uint32_t i = 0; i < shared->edge_count; i++)
        region->edges[i] = sim_link_from(group, name, shared->edges[i], 0, NULL);
    if (config->fallback != CDN_FALLBACK_ORIGIN)
        return;
    region->origins = memory_alloc_array(memory, shared->origin->count, sizeof(struct link *));
    for (uint32_t i = 0; i < shared->origin->count; i++)
        region->origins[i] = sim_link_from(group, name, shared->origin, i, &policy);
}

static void cdn_wire_group(struct group *group)
{
    const struct cdn_config *config = group->config;
    struct cdn_shared *shared = group->shared;
    const struct network *network = group->sim->network;
    struct memory *memory = &group->sim->memory;
    uint32_t sites = network ? network->site_count : 0;

    shared->origin = sim_find_group(group->sim, config->origin);
    shared->edge_count = config->edges.count ? (uint32_t)config->edges.count : 1;
    shared->edges = memory_alloc_array(memory, shared->edge_count, sizeof(struct group *));
    shared->is_up = memory_alloc_array(memory, shared->edge_count, sizeof *shared->is_up);
    shared->is_routed = memory_alloc_array(memory, shared->edge_count, sizeof *shared->is_routed);
    for (uint32_t i = 0; i < shared->edge_count; i++) {
        shared->edges[i] = add_edge(group, i);
        shared->is_up[i] = shared->is_routed[i] = true;
    }
    shared->region_count = sites + 1;
    shared->regions = memory_alloc_array(memory, shared->region_count, sizeof *shared->regions);
    for (uint32_t i = 0; i <= sites; i++)
        region_init(group, &shared->regions[i], i < sites ? network->sites[i].name : "");
    group->cost_per_hour += config->price;
}

static void on_commit(struct component *self, uint16_t data, uint64_t row)
{
    const struct cdn_shared *shared = self->shared;
    struct cdn *cdn = component_state(self);

    cdn->invalidations++;
    cdn->commits++;
    for (uint32_t i = 0; i < shared->edge_count; i++)
        cdn_edge_invalidate(shared->edges[i]->instances[0], row_id(data, row), cdn->commits);
}

/* Sites are all known only now. */
static void cdn_start(struct component *self)
{
    const struct cdn_config *config = self->group->config;
    struct cdn_shared *shared = self->shared;
    struct cdn *cdn = component_state(self);
    struct sim *sim = self->sim;

    shared->region_of_site =
        memory_alloc_array(&sim->memory, sim->site_count, sizeof *shared->region_of_site);
    for (uint16_t i = 0; i < sim->site_count; i++) {
        shared->region_of_site[i] = (uint16_t)(shared->region_count - 1);
        for (uint32_t k = 0; k + 1 < shared->region_count; k++)
            if (!strcmp(sim->network->sites[k].name, sim->sites[i].name))
                shared->region_of_site[i] = (uint16_t)k;
    }
    if (config->invalidation != CDN_INVALIDATION_ON_WRITE)
        return;
    cdn->watcher = (struct row_watcher){ .on_commit = on_commit, .self = self };
    row_watch(sim, &cdn->watcher);
}

/* ---- the way of a request ---- */

/* Where it comes from: the nearest caller that is somewhere, of those up to a frame. */
static inline const struct cdn_region *region_of(const struct component *self, const struct request *request,
                                                 int top)
{
    const struct cdn_shared *shared = self->shared;
    const struct sim *sim = self->sim;

    for (int i = top; i >= request->base; i--) {
        const struct site *site = sim->components[request->frames[i].component]->site;

        if (site->index > 0)
            return &shared->regions[shared->region_of_site[site->index]];
    }
    return &shared->regions[shared->region_count - 1];
}

static void fall_back(struct component *self, struct request *request, const struct cdn_region *region)
{
    const struct cdn_shared *shared = self->shared;
    struct cdn *cdn = component_state(self);

    if (!region->origins) {
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    cdn->fallbacks++;
    sim_call(self, request,
             region->origins[route_instance(shared->origin, request, request_frame(request)->number)], 0);
}

/* Several assets are expected before the first is sent: they wait for memory together. */
static void cdn_expect(const struct component *self, const struct request *request)
{
    const struct cdn_shared *shared = self->shared;
    const struct cdn_region *region = region_of(self, request, request->top);

    if (shared->edge_count)
        cdn_edge_expect(shared->edges[region->nearest[0]]->instances[0], request);
}

static void cdn_on_request(struct component *self, struct request *request)
{
    const struct cdn_shared *shared = self->shared;
    const struct cdn_region *region = region_of(self, request, request->top - 1);
    struct cdn *cdn = component_state(self);

    for (uint32_t i = 0; i < shared->edge_count; i++) {
        uint32_t place = region->nearest[i];

        if (!shared->is_routed[place])
            continue;
        cdn->rerouted += i > 0;
        sim_call(self, request, region->edges[place], 0);
        return;
    }
    fall_back(self, request, region);
}

static void cdn_on_reply(struct component *self, struct request *request)
{
    sim_reply(self, request, (enum outcome)request->outcome);
}

/* ---- outage ---- */

void cdn_edge_changed(struct component *edge, bool is_up)
{
    const struct cdn_config *config = edge->group->config;
    struct component *self = edge->group->parent->instances[0];
    struct cdn_shared *shared = self->shared;
    struct request *news = sim_ticker(self);

    for (uint32_t i = 0; i < shared->edge_count; i++)
        if (shared->edges[i] == edge->group)
            news->key = i;
    shared->is_up[news->key] = is_up;
    sim_after(self, news, config->failover_time);
}

/* Word has got round. What has changed again since then brings news of its own. */
static void cdn_on_timer(struct component *self, struct request *news)
{
    struct cdn_shared *shared = self->shared;

    shared->is_routed[news->key] = shared->is_up[news->key];
    request_destroy(self->sim, news);
}

/* ---- bill ---- */

/* Of so many GB in a month, USD. Tiers in order. */
static double month_usd(const struct cdn_config *config, double gigabytes)
{
    const struct cdn_tier_config *tiers = config->price_tiers.items;
    double usd = 0, price = config->price_per_gb, from = 0;

    for (size_t i = 0; i < config->price_tiers.count && gigabytes * GIGABYTE > (double)tiers[i].from; i++) {
        usd += ((double)tiers[i].from / GIGABYTE - from) * price;
        from = (double)tiers[i].from / GIGABYTE;
        price = tiers[i].price;
    }
    return usd + (gigabytes - from) * price;
}

static double cdn_spent_usd(const struct component *self)
{
    const struct cdn_config *config = self->group->config;
    const struct cdn *cdn = component_state(self);
    const struct cdn_traffic *traffic = &cdn->traffic;
    double hours = (double)(self->sim->now_ns - self->sim->window_start_ns) / (3600.0 * (double)SIM_NS_PER_S);
    double months = hours / HOURS_A_MONTH;

    return months * month_usd(config, (double)traffic->bytes_out / GIGABYTE / months) +
           (double)(traffic->hits + traffic->misses + traffic->passed) / 10000 *
               config->price_per_10000_requests +
           (double)traffic->bytes_fetched / GIGABYTE * config->price_per_gb_fetched +
           (double)cdn->invalidations * config->price_per_invalidation;
}

/* ---- what can be wrong ---- */

static bool is_region(const struct sim *sim, const char *name)
{
    for (uint32_t i = 0; sim->network && i < sim->network->site_count; i++)
        if (!strcmp(sim->network->sites[i].name, name))
            return true;
    return false;
}

static bool is_class(const struct sim *sim, const char *name)
{
    for (uint16_t i = 0; i < sim->class_count; i++)
        if (!strcmp(sim->classes[i]->name, name))
            return true;
    return false;
}

static void check_names(const struct group *group, struct param_problems *problems)
{
    const struct cdn_config *config = group->config;
    const struct cdn_edge_config *edges = config->edges.items;
    const struct cdn_class_config *classes = config->classes.items;
    char path[160];

    for (size_t i = 0; i < config->edges.count; i++)
        if (!is_region(group->sim, edges[i].name)) {
            snprintf(path, sizeof path, "edges.%s", edges[i].name);
            param_problem(problems, path, "name it in network.regions", "there is no region \"%s\"",
                          edges[i].name);
        }
    for (size_t i = 0; i < config->classes.count; i++)
        if (!is_class(group->sim, classes[i].name)) {
            snprintf(path, sizeof path, "classes.%s", classes[i].name);
            param_problem(problems, path, "name a request class of a clients component",
                          "no request class of that name");
        }
}

/* Users in that region, or in none, who reach the CDN. */
static void check_site(const struct group *group, const struct group *source, const struct site *site,
                       struct param_problems *problems)
{
    const struct cdn_shared *shared = group->shared;

    if (site->index == 0 && shared->edge_count > 1)
        param_problem(problems, "edges", "give its users a region, or the CDN a single edge",
                      "%s is in no region, so that no edge is the nearest", source->name);
    for (uint32_t k = 0; site->index > 0 && k + 1 < shared->region_count; k++)
        if (!strcmp(group->sim->network->sites[k].name, site->name) && shared->regions[k].is_blind)
            param_problem(problems, "edges",
                          "give the regions coordinates, or add network.round_trips, or an edge there",
                          "the distance from %s, where %s is, to no edge is known", site->name, source->name);
}

static void check_users(const struct group *group, struct param_problems *problems)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *source = sim->groups[i];

        for (uint32_t k = 0; source->type->is_source && sim_reaches(sim, source, group) && k < source->count;
             k++)
            if (k == 0 || source->instances[k]->site != source->instances[k - 1]->site)
                check_site(group, source, source->instances[k]->site, problems);
    }
}

static void check_rules(const struct group *group, struct param_problems *problems)
{
    const struct network *network = group->sim->network;

    for (uint32_t i = 0; network && i < network->link_count; i++) {
        const char *from = network->links[i].from, *to = network->links[i].to;

        if (from && to && !strcmp(to, group->name) && !is_region(group->sim, from) &&
            strcmp(from, group->name))
            param_problem(problems, "", "let the rule name the region of the users, or any",
                          "a rule of network.links from %s cannot be kept: the way to an edge is one from a "
                          "region", from);
    }
}

static void cdn_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct cdn_config *config = group->config;

    if (config->edges.count && group->site->index > 0)
        param_problem(problems, "region", "take the region away", "its edges say where it is");
    check_names(group, problems);
    check_users(group, problems);
    check_rules(group, problems);
}

static const char *cdn_part_name(const void *configuration, size_t index)
{
    const struct cdn_config *config = configuration;
    const struct cdn_edge_config *edges = config->edges.items;

    if (!config->edges.count)
        return index == 0 ? EDGE_ALONE : NULL;
    return index < config->edges.count ? edges[index].name : NULL;
}

const struct model_type cdn_model = {
    .component = {
        .name = "cdn",
        .is_name = true,
        .shared_size = sizeof(struct cdn_shared),
        .state_size = sizeof(struct cdn),
        .wire_group = cdn_wire_group,
        .start = cdn_start,
        .on_request = cdn_on_request,
        .on_reply = cdn_on_reply,
        .on_timer = cdn_on_timer,
        .expect = cdn_expect,
        .spent_usd = cdn_spent_usd,
        .metrics = metrics,
    },
    .summary = "copies of what the origin serves, at edges near the users",
    .stands_for = "A content delivery network, such as CloudFront or Cloudflare: every request goes to the "
                  "nearest edge, which answers from its copy or fetches it from the origin. Keys, versions, "
                  "sizes and dates are real, so hit ratios, stale copies, the origin's load and the bill "
                  "come out of the traffic. Each edge is a part with metrics of its own, as \"cdn.europe\".",
    .leaves_out = "Requests that miss one key together share no fetch; a tier of larger caches behind the "
                  "edges; asking the origin whether an old copy still holds (304); copies handed out while "
                  "the origin is down; parts of large objects; prices that differ between regions; the "
                  "servers within an edge and their CPU; versioned URLs in pages that are themselves old; "
                  "connections of single users.",
    .misleads = "When objects are asked for in bursts as they are new, while the scenario draws them "
                "independently: the first requests then all miss. When many small edges share the traffic of "
                "one modelled edge: each of them sees less of it and hits less.",
    .params = &cdn_params,
    .roles = ROLE_SERVER,
    .crashes = true,
    .outside = true,
    .part_name = cdn_part_name,
    .part = &cdn_edge_model,
    .check = cdn_check,
    .check_wired = cdn_check_wired,
};
