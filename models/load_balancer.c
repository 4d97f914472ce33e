/* load_balancer.c - passes requests on to the instances of a group.
 *
 * Represented: the policies of balancing.h; the time that passing on takes; a bound on open connections; a
 * bill. What it knows of a server is what it has sent there and not got back: a server's own queue, or what
 * other balancers sent, it does not see. A call that it gives up (timeout) no longer counts, though the
 * server may still be at work on it. A retry goes to the same server again: the policy of a call belongs to
 * the link.
 * Left out: weights, stickiness, health checks, draining, a spare balancer.
 * Randomness: the choice is a function of the request's number ("choice"); ip_hash has a key of its own a
 * run.
 * Cost: O(1) a request and those of balancing.h.
 */
#include "models/load_balancer.h"

#include "sim/call.h"
#include "sim/station.h"

struct load_balancer_shared {
    struct link **targets; /* by instance of the group behind */
    struct duration forward_time;
    bool forwards_at_once;
    uint64_t choice_key;
};

struct load_balancer {
    struct balancing balancing;
    struct station connections; /* only where they are limited */
    bool is_limited;
};

/* clang-format off */
static const struct param_choice policies[] = {
    { "round_robin", BALANCING_ROUND_ROBIN, "each in turn" },
    { "random", BALANCING_RANDOM, "anyone, all equally likely" },
    { "least_connections", BALANCING_LEAST_CONNECTIONS, "the one with the fewest requests out" },
    { "power_of_d", BALANCING_POWER_OF_D, "the one with the fewest requests out among `choices` drawn ones" },
    { "ip_hash", BALANCING_IP_HASH, "by a hash of the user: the same user, the same server" },
    { NULL, 0, NULL },
};

static const struct param_choice ties[] = {
    { "random", BALANCING_TIES_RANDOM, "any of them" },
    { "first", BALANCING_TIES_FIRST, "the one with the lowest number; under low load the last ones idle" },
    { NULL, 0, NULL },
};

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
    PARAM_DISTRIBUTION(struct load_balancer_config, forward_time, .default_text = "\"0s\"",
                       .help = "Time to pass a request on, which nobody waits in line for."),
    PARAM_COUNT(struct load_balancer_config, connections, .default_text = "\"unlimited\"",
                .word = "unlimited", .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e9,
                .help = "Requests that one balancer can have open; further ones are refused."),
    PARAM_MONEY_RATE(struct load_balancer_config, price, .default_text = "\"$0.0225/h\"", .max = 1e9,
                     .help = "Bill of one balancer.",
                     .source = "AWS Application Load Balancer, us-east-1, 2024, hours without capacity units "
                               "(from memory)"),
    PARAM_END
};

static const struct param_table params = {
    .rows = rows, .size = sizeof(struct load_balancer_config),
    .also = &call_params, .also_offset = offsetof(struct load_balancer_config, call)
};
/* clang-format on */

static void load_balancer_wire_group(struct group *group)
{
    const struct load_balancer_config *config = group->config;
    struct load_balancer_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);

    shared->targets = sim_link_all(group, sim_find_group(group->sim, config->targets), &policy);
    shared->choice_key = rng_key(group->sim->seed, group->name, "choice");
    shared->forwards_at_once =
        config->forward_time.law == DISTRIBUTION_CONSTANT && config->forward_time.mean == 0.0;
    if (!shared->forwards_at_once)
        duration_init(&shared->forward_time, group, "forward", &config->forward_time);
    group->cost_per_hour += config->price * group->count;
}

static void load_balancer_wire(struct component *self)
{
    const struct load_balancer_config *config = self->group->config;
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    struct balancing_config balancing = {
        .policy = (enum balancing_policy)config->policy,
        .ties = (enum balancing_ties)config->ties,
        .count = shared->targets[0]->target->group->count,
        .choices = (uint32_t)config->choices,
        .with_replacement = config->with_replacement,
        .first = self->instance, /* several balancers do not all begin with the same server */
        .hash_key = rng_key(self->sim->seed, self->group->name, "ip hash"),
    };

    balancing_init(&balancer->balancing, &self->sim->memory, &balancing);
    balancer->is_limited = config->connections < UINT32_MAX;
    if (balancer->is_limited)
        station_init(&balancer->connections, self,
                     &(struct station_config){ .name = "connections",
                                               .discipline = STATION_FIFO,
                                               .servers = (uint32_t)config->connections,
                                               .waiting_max = 0,
                                               .held = true });
}

static void answer(struct component *self, struct request *request, enum outcome outcome)
{
    struct load_balancer *balancer = component_state(self);

    if (balancer->is_limited)
        station_release(&balancer->connections, self);
    sim_reply(self, request, outcome);
}

static void forward(struct component *self, struct request *request)
{
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    struct rng rng = rng_for_request(shared->choice_key, request_frame(request)->number);
    uint32_t target = balancing_choose(&balancer->balancing, &rng, request->user);

    if (target == BALANCING_NONE)
        answer(self, request, OUTCOME_UNAVAILABLE);
    else
        sim_call(self, request, shared->targets[target], 0);
}

static void load_balancer_on_request(struct component *self, struct request *request)
{
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);

    if (balancer->is_limited && station_acquire(&balancer->connections, self, request) != STATION_HELD)
        sim_reply(self, request, OUTCOME_REFUSED);
    else if (shared->forwards_at_once)
        forward(self, request);
    else
        sim_wait(self, request, &shared->forward_time);
}

static void load_balancer_on_reply(struct component *self, struct request *request)
{
    struct load_balancer *balancer = component_state(self);
    const struct link *link = &self->sim->links[request_last_link(request)];

    balancing_return(&balancer->balancing, link->target->instance);
    answer(self, request, request->outcome);
}

/* The time to pass it on is over. */
static void load_balancer_on_timer(struct component *self, struct request *request)
{
    forward(self, request);
}

static void load_balancer_on_crash(struct component *self)
{
    struct load_balancer *balancer = component_state(self);

    balancing_forget(&balancer->balancing);
}

/* Where there is a balancer, its address is the only public one. */
static void load_balancer_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct load_balancer_shared *shared = group->shared;
    const struct group *targets = shared->targets[0]->target->group, *last = NULL;
    const struct sim *sim = group->sim;

    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct link *link = &sim->links[i];

        if (link->target->group != targets || !link->from->type->is_source || link->from == last)
            continue;
        last = link->from; /* one problem for the links to all instances */
        param_problem(problems, "targets", "let them call the balancer, or take it away",
                      "%s calls %s directly, past the balancer", last->name, targets->name);
    }
}

static struct activity load_balancer_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "forwarding", false };
}

const struct model_type load_balancer_model = {
    .component = {
        .name = "load_balancer",
        .shared_size = sizeof(struct load_balancer_shared),
        .state_size = sizeof(struct load_balancer),
        .wire_group = load_balancer_wire_group,
        .wire = load_balancer_wire,
        .on_request = load_balancer_on_request,
        .on_reply = load_balancer_on_reply,
        .on_timer = load_balancer_on_timer,
        .on_crash = load_balancer_on_crash,
        .activity = load_balancer_activity,
    },
    .summary = "spreads requests over the instances of a component",
    .stands_for = "A managed balancer or proxy in front of a tier: it chooses a server for each request by "
                  "round robin, at random, by the fewest open requests, by the better of a few drawn ones, "
                  "or by the user.",
    .leaves_out = "Its own processor, weights, sticky sessions, health checks, a spare balancer. A retry "
                  "goes to the same server.",
    .misleads = "When the balancer itself is the bottleneck. Under least_connections a server that fails "
                "fast has the fewest requests out, and draws the most.",
    .params = &params,
    .roles = ROLE_SERVER,
    .many = true,
    .crashes = true,
    .check_wired = load_balancer_check_wired,
};
