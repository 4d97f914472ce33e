/* dns_params.c - what a scenario can say about a name, and what is wrong with it beyond the rows; see dns.c.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/dns.h"
#include "models/load_balancer.h"

/* clang-format off */
static const struct param_choice policies[] = {
    { "round_robin", DNS_ROUND_ROBIN, "each in turn, as often as it weighs" },
    { "geo", DNS_GEO,
      "the one with the shortest latency to the region of whoever asks; of several, each in turn" },
    { NULL, 0, NULL },
};

static const struct param_choice resolves[] = {
    { "on_next_request", DNS_ON_NEXT_REQUEST,
      "the next request after an answer has expired waits for another" },
    { "on_expiry", DNS_ON_EXPIRY,
      "who holds an answer asks again as soon as it expires, and no request waits" },
    { NULL, 0, NULL },
};

static const struct param_row record_rows[] = {
    PARAM_REFERENCE(struct dns_record_config, target, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_SERVER,
                    .help = "Component whose address it is; each of its instances has one."),
    PARAM_COUNT(struct dns_record_config, weight, .default_text = "1", .min = 1, .max = 1000,
                .help = "How often each of these addresses is named for each time that one of weight 1 is."),
    PARAM_END
};

static const struct param_table record_params = { .rows = record_rows,
                                                  .size = sizeof(struct dns_record_config),
                                                  .help = "what the name stands for" };

static const struct param_row rows[] = {
    PARAM_LIST(struct dns_config, records, .max = 64, .table = &record_params,
               .help = "The components that the name stands for."),
    PARAM_CHOICE(struct dns_config, policy, .default_text = "\"round_robin\"", .choices = policies,
                 .help = "Which of the healthy addresses an answer names; of all, when none is healthy."),
    PARAM_DURATION(struct dns_config, ttl, .default_text = "\"60s\"", .min = 1, .max = 1e18,
                   .help = "Time to live of an answer, counted from when the authoritative servers gave "
                           "it; who got it from a resolver has what is left.",
                   .source = "Amazon Route 53, alias records: 60 s (from memory)"),
    PARAM_CHOICE(struct dns_config, resolve, .default_text = "\"on_next_request\"", .choices = resolves,
                 .help = "When an answer that has expired is replaced."),
    PARAM_COUNT(struct dns_config, resolvers, .default_text = "100", .word = "none", .word_value = 0,
                .min = 1, .max = 100000,
                .help = "Resolvers that the callers of one region share, each having its own by a hash; "
                        "none: every caller asks the authoritative servers itself."),
    PARAM_DISTRIBUTION(struct dns_config, resolver_round_trip, .default_text = "\"5ms\"",
                       .help = "Time of a caller's question to its resolver and back."),
    PARAM_DISTRIBUTION(struct dns_config, lookup_time,
                       .default_text = "{ \"law\": \"lognormal\", \"median\": \"30ms\", \"p99\": \"300ms\" }",
                       .help = "Time of a question to the authoritative servers and back, with the search "
                               "for them."),
    PARAM_DURATION(struct dns_config, lookup_timeout, .default_text = "\"5s\"", .min = 1e3, .max = 1e15,
                   .help = "A question to the authoritative servers has failed after this time, and the "
                           "request with it; under on_expiry it is asked again so often.",
                   .source = "resolv.conf: 5 s (from memory)"),
    PARAM_OPTIONAL(struct dns_config, health_check, struct health_check_config, .default_text = "\"none\"",
                   .word = "none", .table = &health_check_params,
                   .help = "How each address is asked how it is; one that is down is left out of new "
                           "answers. Answers that callers hold are not taken back."),
    PARAM_END
};
/* clang-format on */

const struct param_table dns_params = PARAM_TABLE(struct dns_config, rows);

/* ---- before the wiring ---- */

static void check_record(const struct dns_config *config, size_t index, struct param_problems *problems)
{
    const struct dns_record_config *records = config->records.items;
    char path[64];

    snprintf(path, sizeof path, "records[%zu].target", index);
    for (size_t i = 0; i < index; i++)
        if (!strcmp(records[i].target, records[index].target)) {
            param_problem(problems, path, "give one record a weight", "\"%s\" has a record already",
                          records[i].target);
            break;
        }
    if (!strcmp(records[index].target, DNS_AUTHORITY))
        param_problem(problems, path, "give the component another name",
                      "\"" DNS_AUTHORITY "\" is what the servers of the name itself are called");
}

void dns_check(const void *configuration, struct param_problems *problems)
{
    const struct dns_config *config = configuration;
    const struct health_check_config *check = config->health_check;

    if (!config->records.count)
        param_problem(problems, "records", "name a component: [{ \"target\": \"web\" }]",
                      "stands for nothing");
    for (size_t i = 0; i < config->records.count; i++)
        check_record(config, i, problems);
    if (check && check->timeout > check->interval)
        param_problem(problems, "health_check.timeout", NULL,
                      "a check would still be out when the next one starts");
}

/* ---- after it ---- */

static const struct group *target_of(const struct group *group, size_t record)
{
    const struct dns_config *config = group->config;

    return sim_find_group(group->sim,
                          ((const struct dns_record_config *)config->records.items)[record].target);
}

/* Servers behind a balancer have private addresses. */
static void check_public(const struct group *group, size_t record, struct param_problems *problems)
{
    const struct sim *sim = group->sim;
    const struct group *target = target_of(group, record);
    char path[64];

    snprintf(path, sizeof path, "records[%zu].target", record);
    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct load_balancer_shared *balancer = sim->groups[i]->shared;

        if (sim->groups[i]->type == &load_balancer_model.component && balancer->behind == target)
            param_problem(problems, path, "name the balancer",
                          "\"%s\" is behind %s, and has no public address", target->name,
                          sim->groups[i]->name);
    }
    if (target->type == &dns_model.component)
        param_problem(problems, path, "name what that one stands for", "\"%s\" is a name itself",
                      target->name);
}

static bool has_region(const struct group *target)
{
    return target->type->is_name || target->site->index > 0;
}

static void check_placed(const struct group *group, size_t record, struct param_problems *problems)
{
    const struct dns_config *config = group->config;
    const struct group *target = target_of(group, record);
    char path[64];

    if (config->policy != DNS_GEO || config->records.count == 1 || has_region(target))
        return;
    snprintf(path, sizeof path, "records[%zu].target", record);
    param_problem(problems, path, "give it a region, or let the policy be round_robin",
                  "\"%s\" is in no region, so that it is near to nobody", target->name);
}

static bool is_blind(const struct dns_zone *zone, uint32_t region)
{
    for (uint32_t i = 0; i < zone->address_count; i++)
        if (!isinf(zone->distance[region][i]))
            return false;
    return true;
}

/* Under geo, callers who are nowhere, or in a region from which the way to no record is known. */
static void check_callers(const struct group *group, struct param_problems *problems)
{
    const struct dns_config *config = group->config;
    const struct dns_shared *shared = group->shared;
    const struct sim *sim = group->sim;
    const struct group *last = NULL;

    if (config->policy != DNS_GEO || config->records.count < 2)
        return;
    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct link *asked = &sim->links[i];
        uint32_t region;

        if (asked->target->group != group || asked->from == last)
            continue;
        last = asked->from;
        region = shared->views[shared->view_of_link[asked->id]].region;
        if (region == shared->region_count - 1)
            param_problem(problems, "policy", "give it a region, or let the policy be round_robin",
                          "%s is in no region, so that no record is the nearest", asked->from->name);
        else if (is_blind(&shared->zone, region))
            param_problem(problems, "policy",
                          "give the regions coordinates, or add network.round_trips, or a record there",
                          "the way from %s, where %s is, to no record is known",
                          sim->network->sites[region].name, asked->from->name);
    }
}

static void check_rules(const struct group *group, struct param_problems *problems)
{
    const struct network *network = group->sim->network;

    for (uint32_t i = 0; network && i < network->link_count; i++) {
        const char *from = network->links[i].from, *to = network->links[i].to;

        if ((from && !strcmp(from, group->name)) || (to && !strcmp(to, group->name)))
            param_problem(problems, "", "let the rule name the target of its records",
                          "a rule of network.links names it, and no request travels to or from a name");
    }
}

void dns_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct dns_config *config = group->config;

    if (group->site->index > 0)
        param_problem(problems, "region", "take the region away",
                      "a name is nowhere; its targets and callers are");
    for (size_t i = 0; i < config->records.count; i++) {
        check_public(group, i, problems);
        check_placed(group, i, problems);
    }
    check_callers(group, problems);
    check_rules(group, problems);
}
