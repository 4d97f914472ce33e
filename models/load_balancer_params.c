/* load_balancer_params.c - the parameters of a balancer, and what can be wrong with them. */
#include <stdio.h>
#include <string.h>

#include "models/clients.h"
#include "models/dns.h"
#include "models/load_balancer.h"
#include "models/web_server.h"
#include "models/web_sessions.h"

/* clang-format off */
static const struct param_choice policies[] = {
    { "round_robin", BALANCING_ROUND_ROBIN, "each in turn" },
    { "random", BALANCING_RANDOM, "anyone, all equally likely" },
    { "least_connections", BALANCING_LEAST_CONNECTIONS, "the one with the fewest requests out" },
    { "power_of_d", BALANCING_POWER_OF_D, "the one with the fewest requests out among `choices` drawn ones" },
    { "ip_hash", BALANCING_IP_HASH, "by a hash of the user: the same user, the same server" },
    { "weighted", BALANCING_WEIGHTED, "each in turn, as often as it weighs in `weights`" },
    { "consistent_hash", BALANCING_CONSISTENT_HASH,
      "by a ring of hashes: the same user, the same server; when a server comes or goes, only its users move" },
    { NULL, 0, NULL },
};

static const struct param_choice ties[] = {
    { "random", BALANCING_TIES_RANDOM, "any of them" },
    { "first", BALANCING_TIES_FIRST, "the one with the lowest number; under low load the last ones idle" },
    { NULL, 0, NULL },
};

static const struct param_row weight_rows[] = {
    PARAM_COUNT(struct server_weight_config, server, .max = 65534,
                .help = "Instance of the component behind, from 0."),
    PARAM_COUNT(struct server_weight_config, weight, .min = 1, .max = 1e6,
                .help = "How many requests it gets for each one that a server of weight 1 gets."),
    PARAM_END
};

static const struct param_table weight_params = { .rows = weight_rows,
                                                  .size = sizeof(struct server_weight_config),
                                                  .help = "the weight of one server" };

static const struct param_row rows[] = {
    PARAM_REFERENCE(struct load_balancer_config, targets, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_SERVER,
                    .help = "The component whose instances the requests are spread over."),
    PARAM_CHOICE(struct load_balancer_config, policy, .default_text = "\"round_robin\"", .choices = policies,
                 .help = "Which server gets the next request."),
    PARAM_COUNT(struct load_balancer_config, choices, .default_text = "2", .min = 1,
                .max = BALANCING_CHOICES_MAX,
                .help = "Under power_of_d: how many servers are drawn and compared.",
                .source = "Mitzenmacher, The power of two choices in randomized load balancing, 2001"),
    PARAM_BOOL(struct load_balancer_config, with_replacement, .default_text = "false",
               .help = "Under power_of_d: a server may be drawn twice for one request."),
    PARAM_CHOICE(struct load_balancer_config, ties, .default_text = "\"random\"", .choices = ties,
                 .help = "Under least_connections: who is taken of servers with equally few requests out."),
    PARAM_LIST(struct load_balancer_config, weights, .default_text = "[]", .table = &weight_params,
               .help = "Under weighted: servers that weigh something else than 1."),
    PARAM_COUNT(struct load_balancer_config, virtual_nodes, .default_text = "100", .min = 1, .max = 10000,
                .help = "Under consistent_hash: places of each server on the ring; more of them share more evenly.",
                .source = "libketama: 100 to 200 for each server (from memory)"),
    PARAM_DURATION(struct load_balancer_config, sticky, .default_text = "\"none\"", .word = "none", .word_value = 0,
                   .min = 1, .max = 1e18,
                   .help = "A cookie brings a user back to the server that answered first, as long as that is there "
                           "and the cookie is not older than this, counted from its last use."),
    PARAM_OPTIONAL(struct load_balancer_config, health_check, struct health_check_config,
                   .default_text = "\"none\"", .table = &health_check_params,
                   .help = "Each balancer asks each server at intervals and takes those that do not answer out of the "
                           "choice; none: it goes on sending to the dead."),
    PARAM_OPTIONAL(struct load_balancer_config, passive_check, struct passive_check_config,
                   .default_text = "\"none\"", .table = &passive_check_params,
                   .help = "A balancer takes out a server where requests fail one after the other."),
    PARAM_LIST(struct load_balancer_config, drains, .default_text = "[]", .table = &drain_params,
               .help = "Servers that leave at a date: they get nothing new, and what they have is finished."),
    PARAM_DISTRIBUTION(struct load_balancer_config, forward_time, .default_text = "\"0s\"",
                       .help = "Time to pass a request on, which nobody waits in line for."),
    PARAM_COUNT(struct load_balancer_config, connections, .default_text = "\"unlimited\"",
                .word = "unlimited", .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e9,
                .help = "Requests that one balancer can have open; further ones are refused."),
    PARAM_DURATION(struct load_balancer_config, standby, .default_text = "\"none\"", .word = "none", .word_value = 0,
                   .min = 1, .max = 1e15,
                   .help = "A spare machine for each balancer, which costs the same: how long it takes to have the address "
                           "of one that dies; none: a balancer that dies is down until it is back.",
                   .source = "RFC 5798 (VRRP): three advertisements of 1 s missed and up to 0.6 s of skew: 3.6s"),
    PARAM_MONEY_RATE(struct load_balancer_config, price, .default_text = "\"$0.0225/h\"", .max = 1e9,
                     .help = "Bill of one balancer; a standby is another one.",
                     .source = "AWS Application Load Balancer, us-east-1, 2024, hours without capacity units "
                               "(from memory)"),
    PARAM_END
};

const struct param_table load_balancer_params = {
    .rows = rows, .size = sizeof(struct load_balancer_config),
    .also = &call_params, .also_offset = offsetof(struct load_balancer_config, call)
};
/* clang-format on */

/* ---- before the wiring ---- */

void load_balancer_check(const void *config, struct param_problems *problems)
{
    const struct load_balancer_config *balancer = config;
    const struct drain_config *drains = balancer->drains.items;

    if (balancer->weights.count && balancer->policy != BALANCING_WEIGHTED)
        param_problem(problems, "weights", "set policy to \"weighted\", or take the weights away",
                      "this policy does not look at weights");
    if (balancer->health_check && balancer->health_check->timeout > balancer->health_check->interval)
        param_problem(problems, "health_check.timeout", NULL,
                      "is longer than the interval: a check begins before the one before has ended");
    for (size_t i = 0; i < balancer->drains.count; i++) {
        char path[64];

        snprintf(path, sizeof path, "drains[%zu].until", i);
        if (drains[i].until <= drains[i].from)
            param_problem(problems, path, NULL, "the server is back before it leaves");
    }
}

/* ---- and after it ---- */

static void check_server(const struct group *targets, const char *list, size_t index, int64_t server,
                         struct param_problems *problems)
{
    char path[64];

    if (server < targets->count)
        return;
    snprintf(path, sizeof path, "%s[%zu].server", list, index);
    if (targets->count == 1)
        param_problem(problems, path, NULL, "%s has only server 0", targets->name);
    else
        param_problem(problems, path, NULL, "%s has servers 0 to %u", targets->name, targets->count - 1);
}

static void check_servers(const struct load_balancer_config *config, const struct group *targets,
                          struct param_problems *problems)
{
    const struct server_weight_config *weights = config->weights.items;
    const struct drain_config *drains = config->drains.items;

    for (size_t i = 0; i < config->weights.count; i++) {
        char path[64];

        check_server(targets, "weights", i, weights[i].server, problems);
        snprintf(path, sizeof path, "weights[%zu].server", i);
        for (size_t k = 0; k < i; k++)
            if (weights[k].server == weights[i].server) {
                param_problem(problems, path, NULL, "server %lld has a weight already",
                              (long long)weights[i].server);
                break;
            }
    }
    for (size_t i = 0; i < config->drains.count; i++)
        check_server(targets, "drains", i, drains[i].server, problems);
}

static void check_identities(const struct group *group, struct param_problems *problems)
{
    const struct sim *sim = group->sim;
    const char *crowd = NULL;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *source = sim->groups[i];

        if (!source->type->is_source || !sim_reaches(sim, source, group))
            continue;
        if (!clients_are_nobody(source))
            return;
        crowd = source->name;
    }
    if (crowd)
        param_problem(problems, "sticky", "give them \"identity\": true",
                      "there is nobody to give a cookie to: the users of %s have no identity", crowd);
}

static void check_sticky(const struct group *group, struct param_problems *problems)
{
    const struct load_balancer_shared *shared = group->shared;

    if (shared->behind->type == &web_server_model.component && !web_sessions_in_memory(shared->behind))
        param_problem(problems, "sticky",
                      "give the servers \"sessions\" in their memory, or take sticky away",
                      "%s keeps nothing of a user in its memory that a cookie could lead back to",
                      shared->behind->name);
    else
        check_identities(group, problems);
}

/* The component that a group is, or is part of. */
static const struct group *root_of(const struct group *group)
{
    while (group->parent)
        group = group->parent;
    return group;
}

static bool is_outside(const struct group *group)
{
    return group->type->is_source || model_of(group)->outside;
}

/* Where there is a balancer, its address is the only public one: users, and what stands between them and the
 * balancer, do not reach the servers. Other servers do. */
static void check_public_address(const struct group *group, struct param_problems *problems)
{
    const struct load_balancer_shared *shared = group->shared;
    const struct sim *sim = group->sim;
    const struct group *last = NULL;

    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct link *link = &sim->links[i];
        const struct group *from = root_of(link->from);

        if (link->target->group != shared->behind || from == last || !is_outside(from))
            continue;
        if (link->asked) /* a name gave the address away: that is told there */
            continue;
        last = from; /* one problem for the links to all instances */
        param_problem(problems, "targets", "let them call the balancer, or take it away",
                      "%s calls %s directly, past the balancer", from->name, shared->behind->name);
    }
}

void load_balancer_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct load_balancer_config *config = group->config;
    const struct load_balancer_shared *shared = group->shared;

    check_servers(config, shared->behind, problems);
    if (shared->behind->type == &dns_model.component)
        param_problem(problems, "targets", "name the component that it stands for",
                      "\"%s\" is a name, and a balancer spreads requests over servers", shared->behind->name);
    if (config->sticky)
        check_sticky(group, problems);
    check_public_address(group, problems);
}
