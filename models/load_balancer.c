/* load_balancer.c - passes requests on to the instances of a group.
 *
 * Represented: the policies of balancing.h; cookies (sticky_table.h); which servers are in the choice
 * (health_checks.h); the time that passing on takes; a bound on open connections; a bill. What it knows of a
 * server is what it has sent there and not got back: a server's own queue, or what other balancers sent, it
 * does not see. A call that it gives up (timeout) no longer counts, though the server may still be at work on
 * it. A retry goes to another server where there is one, so it is made here and not by the kernel. Cookies:
 * the answer brings one; the next request of its user goes to the server that it names, if that is in the
 * choice, else to one by the policy, whose answer brings another cookie. With nobody in the choice a request
 * is answered at once (unavailable). A balancer that crashes forgets what it had out and how its servers are;
 * cookies are with the users. Its standby has the address `takeover` later, as new. Without one, redundancy
 * is several balancers behind several DNS records (count): the users of one that is down are without an
 * answer, the others are not. Left out: its own processor; growing pauses between passive trials; a server
 * that comes back being warmed up gently. Randomness: the choice is a function of the request's number
 * ("choice"), so is a pause ("pause"); ip_hash and consistent_hash have keys of their own a run. Cost: O(1) a
 * request and those of balancing.h; a cookie O(1). The frame's note counts the retries.
 */
#include "models/load_balancer.h"

#include "sim/call.h"
#include "sim/fault.h"

#define STEP_FORWARDING 0
#define STEP_PAUSING 1   /* before a retry */
#define STEP_TAKEOVER 99 /* of a ticker: the spare takes the address; others are for health_tick() */

/* clang-format off */
static const struct metric_row metrics[] = {
    { "retries", "1", METRIC_COUNTER, offsetof(struct load_balancer, retries), 0,
      "Calls that failed and were made again, at another server where there was one." },
    { "cookies.kept", "1", METRIC_COUNTER, offsetof(struct load_balancer, cookies_kept), 0,
      "Requests that went where their user's cookie said." },
    { "cookies.given", "1", METRIC_COUNTER, offsetof(struct load_balancer, cookies_given), 0,
      "Answers to users who had no cookie, or an expired one." },
    { "cookies.moved", "1", METRIC_COUNTER, offsetof(struct load_balancer, cookies_moved), 0,
      "Answers from another server than the user's cookie named: what that one knew of the user is not there." },
    { "takeovers", "1", METRIC_COUNTER, offsetof(struct load_balancer, takeovers), 0,
      "Times that a spare took the address of a balancer that had died." },
    { "servers.removed", "1", METRIC_COUNTER, offsetof(struct load_balancer, health.removed), 0,
      "Times that a server was taken out of the choice, by checks or to drain." },
    { "servers.returned", "1", METRIC_COUNTER, offsetof(struct load_balancer, health.returned), 0,
      "Times that one was taken back." },
    { "servers", "1", METRIC_LEVEL, offsetof(struct load_balancer, health.available), 0,
      "Servers in the choice." },
    { .name = NULL },
};
/* clang-format on */

static bool can_lose_servers(const struct load_balancer_config *config)
{
    return config->health_check || config->passive_check || config->drains.count;
}

/* Those behind come and go by themselves. */
static bool has_members(const struct group *group)
{
    const struct load_balancer_shared *shared = group->shared;

    return shared->behind->members != NULL;
}

/* Balancers report what they were told to do. */
static bool load_balancer_has_metric(const struct group *group, const struct metric_row *row)
{
    const struct load_balancer_config *config = group->config;

    if (row->offset == offsetof(struct load_balancer, retries))
        return config->call.retries > 0;
    if (row->offset == offsetof(struct load_balancer, takeovers))
        return config->standby > 0;
    if (row->offset >= offsetof(struct load_balancer, cookies_kept))
        return config->sticky > 0;
    return can_lose_servers(config) || has_members(group);
}

/* ---- wiring ---- */

static void wire_policy(struct group *group)
{
    const struct load_balancer_config *config = group->config;
    struct load_balancer_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;
    const struct server_weight_config *weights = config->weights.items;
    uint32_t count = shared->behind->count;

    if (config->policy == BALANCING_CONSISTENT_HASH)
        hash_ring_init(&shared->ring, memory, count, (uint32_t)config->virtual_nodes,
                       rng_key(group->sim->seed, group->name, "ring"));
    if (config->policy != BALANCING_WEIGHTED)
        return;
    shared->weights = memory_alloc_array(memory, count, sizeof *shared->weights);
    for (uint32_t i = 0; i < count; i++)
        shared->weights[i] = 1;
    for (size_t i = 0; i < config->weights.count; i++)
        if (weights[i].server < count)
            shared->weights[weights[i].server] = (uint32_t)weights[i].weight;
}

static void load_balancer_wire_group(struct group *group)
{
    const struct load_balancer_config *config = group->config;
    struct load_balancer_shared *shared = group->shared;
    struct call_policy policy = call_policy_of(&config->call);

    policy.retry_on = 0; /* what was asked is kept for the retry, which is made here */
    shared->behind = sim_find_group(group->sim, config->targets);
    shared->targets = sim_link_all(group, shared->behind, &policy);
    shared->choice_key = rng_key(group->sim->seed, group->name, "choice");
    shared->pause_key = rng_key(group->sim->seed, group->name, "pause");
    shared->forwards_at_once =
        config->forward_time.law == DISTRIBUTION_CONSTANT && config->forward_time.mean == 0.0;
    if (!shared->forwards_at_once)
        duration_init(&shared->forward_time, group, "forward", &config->forward_time);
    shared->is_plain =
        !config->sticky && !config->health_check && !config->passive_check && !config->call.retries;
    if (config->sticky)
        sticky_init(&shared->cookies, &group->sim->memory, config->sticky,
                    rng_key(group->sim->seed, group->name, "cookies"));
    if (config->health_check)
        health_wire_group(&shared->probes, group, shared->targets, config->health_check);
    wire_policy(group);
    group->cost_per_hour += config->price * group->count * (config->standby ? 2 : 1);
}

static void load_balancer_wire(struct component *self)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    struct balancing_config balancing = {
        .policy = (enum balancing_policy)config->policy,
        .ties = (enum balancing_ties)config->ties,
        .count = shared->behind->count,
        .choices = (uint32_t)config->choices,
        .with_replacement = config->with_replacement,
        .first = self->instance, /* several balancers do not all begin with the same server */
        .hash_key = rng_key(self->sim->seed, self->group->name, "ip hash"),
        .weights = shared->weights,
        .ring = &shared->ring,
    };

    balancing_init(&balancer->balancing, &self->sim->memory, &balancing);
    health_init(&balancer->health, self, &balancer->balancing, config->health_check, config->passive_check);
    balancer->is_limited = config->connections < UINT32_MAX;
    if (balancer->is_limited)
        station_init(&balancer->connections, self,
                     &(struct station_config){ .name = "connections",
                                               .discipline = STATION_FIFO,
                                               .servers = (uint32_t)config->connections,
                                               .waiting_max = 0,
                                               .held = true });
}

static void load_balancer_start(struct component *self)
{
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);

    if (self->instance == 0)
        health_links_complete(&shared->probes);
    health_start(&balancer->health, self, &shared->probes);
}

static void load_balancer_on_window(struct component *self)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer *balancer = component_state(self);

    health_plan_drains(&balancer->health, self, &config->drains);
}

/* ---- there ---- */

static void answer(struct component *self, struct request *request, enum outcome outcome)
{
    struct load_balancer *balancer = component_state(self);

    if (balancer->is_limited)
        station_release(&balancer->connections, self);
    sim_reply(self, request, outcome);
}

/* The server of the user's cookie, if it is in the choice. */
static uint32_t choose_by_cookie(struct component *self, const struct request *request)
{
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    uint32_t target = sticky_find(&shared->cookies, request->user, self->sim->now_ns);

    if (target == STICKY_NONE || !balancer->balancing.is_available[target])
        return BALANCING_NONE;
    balancer->cookies_kept++;
    balancing_take(&balancer->balancing, target);
    return target;
}

/* One that failed goes elsewhere; else the cookie decides, or the policy. */
static uint32_t choose(struct component *self, struct request *request, struct rng *rng)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer *balancer = component_state(self);
    uint32_t target = BALANCING_NONE;

    if (request_frame(request)->note) {
        const struct link *failed = &self->sim->links[request_last_link(request)];

        return balancing_choose_other(&balancer->balancing, rng, request->user, failed->target->instance);
    }
    if (config->sticky)
        target = choose_by_cookie(self, request);
    return target == BALANCING_NONE ? balancing_choose(&balancer->balancing, rng, request->user) : target;
}

static void forward(struct component *self, struct request *request)
{
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    const struct frame *frame = request_frame(request);
    struct rng rng = rng_for_request(shared->choice_key, frame->number);
    uint32_t target = shared->is_plain ? balancing_choose(&balancer->balancing, &rng, request->user)
                                       : choose(self, request, &rng);

    if (target == BALANCING_NONE) {
        answer(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    if (sim_fetches_ahead(self->sim))
        component_prefetch(shared->behind->instances[target]);
    sim_call(self, request, shared->targets[target], frame->note);
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

/* ---- and back ---- */

static int64_t pause_ns(struct component *self, struct request *request)
{
    const struct load_balancer_config *config = self->group->config;
    const struct load_balancer_shared *shared = self->shared;
    const struct frame *frame = request_frame(request);
    struct call_policy policy = call_policy_of(&config->call);
    struct rng rng = rng_for_request(shared->pause_key, rng_hash(frame->number, frame->note));

    return call_backoff_ns(&policy, frame->note, &rng);
}

/* Asks the same again, somewhere else. */
static void repeat(struct component *self, struct request *request)
{
    struct load_balancer *balancer = component_state(self);
    struct frame *frame = request_frame(request);

    balancer->retries++;
    frame->note++;
    frame->step = STEP_PAUSING;
    sim_restore_question(self->sim, request);
    sim_after(self, request, pause_ns(self, request));
}

/* The answer brings a cookie of the server that gave it. */
static void give_cookie(struct component *self, const struct request *request, uint32_t target)
{
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    uint32_t named = sticky_find(&shared->cookies, request->user, self->sim->now_ns);

    if (named == STICKY_NONE)
        balancer->cookies_given++;
    else if (named != target)
        balancer->cookies_moved++;
    if (named != target)
        sticky_set(&shared->cookies, request->user, target, self->sim->now_ns);
}

/* An answer where there is more to do with it than to pass it back. */
static void consider(struct component *self, struct request *request)
{
    const struct load_balancer_config *config = self->group->config;
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);
    uint32_t target = self->sim->links[request_last_link(request)].target->instance;

    if (config->health_check && health_answered(&balancer->health, self, &shared->probes, request))
        return;
    balancing_return(&balancer->balancing, target);
    if (config->passive_check)
        health_seen(&balancer->health, self, target, request->outcome);
    if (RETRY_ON_DEFAULT & 1u << request->outcome && request_frame(request)->note < config->call.retries) {
        repeat(self, request);
        return;
    }
    if (config->sticky && request->outcome == OUTCOME_OK && !(request->flags & REQUEST_ORPHAN))
        give_cookie(self, request, target);
    answer(self, request, request->outcome);
}

static void load_balancer_on_reply(struct component *self, struct request *request)
{
    const struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);

    if (!shared->is_plain) {
        consider(self, request);
        return;
    }
    balancing_return(&balancer->balancing, self->sim->links[request_last_link(request)].target->instance);
    answer(self, request, request->outcome);
}

static void tick(struct component *self, struct request *ticker)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);

    if (request_frame(ticker)->step != STEP_TAKEOVER) {
        health_tick(&balancer->health, self, &shared->probes, &config->drains, ticker);
        return;
    }
    request_destroy(self->sim, ticker);
    if (!component_is_down(self)) /* it came back first */
        return;
    balancer->takeovers++;
    fault_take_over(self);
}

/* The time to pass it on is over, or a pause, or a clock ticks. */
static void load_balancer_on_timer(struct component *self, struct request *request)
{
    if (__builtin_expect(request->state == REQUEST_TICKER, 0))
        tick(self, request);
    else
        forward(self, request);
}

/* ---- death ---- */

/* What it had out and what it knew is gone; cookies are with the users. A spare notices. */
static void load_balancer_on_crash(struct component *self)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer *balancer = component_state(self);
    struct request *ticker;

    balancing_forget(&balancer->balancing);
    health_forget(&balancer->health, self->sim);
    if (!config->standby || fault_leaves_nobody(self))
        return;
    ticker = sim_ticker(self);
    ticker->key = 0;
    request_frame(ticker)->step = STEP_TAKEOVER;
    sim_tick_at(self, ticker, self->sim->now_ns + config->standby);
}

static void load_balancer_on_restart(struct component *self)
{
    const struct load_balancer_config *config = self->group->config;
    struct load_balancer_shared *shared = self->shared;
    struct load_balancer *balancer = component_state(self);

    health_start(&balancer->health, self, &shared->probes);
    health_plan_drains(&balancer->health, self, &config->drains);
}

static struct activity load_balancer_activity(const struct component *self, const struct request *request)
{
    (void)self;
    if (request->frames[request->top].step == STEP_PAUSING)
        return (struct activity){ "pause before the next attempt", true };
    return (struct activity){ "forwarding", false };
}

/* ---- for those who add and take away servers ---- */

void load_balancer_set_member(struct group *balancers, uint32_t server, bool is_member)
{
    for (uint32_t i = 0; i < balancers->count; i++) {
        struct load_balancer *balancer = component_state(balancers->instances[i]);

        if (is_member)
            health_forget_server(&balancer->health, balancers->sim, server);
        health_set_leaving(&balancer->health, balancers->sim, server, !is_member);
    }
}

uint64_t load_balancer_requests_at(const struct group *balancers, uint32_t server)
{
    uint64_t requests = 0;

    for (uint32_t i = 0; i < balancers->count; i++) {
        const struct load_balancer *balancer = component_state(balancers->instances[i]);

        requests += balancer->balancing.connections[server];
    }
    return requests;
}

/* The balancers themselves are not among those that they send to. */
static void load_balancer_on_member(struct group *group, const struct component *member, bool is_member)
{
    const struct load_balancer_shared *shared = group->shared;

    if (member->group == shared->behind)
        load_balancer_set_member(group, member->instance, is_member);
}

const struct model_type load_balancer_model = {
    .component = {
        .name = "load_balancer",
        .shared_size = sizeof(struct load_balancer_shared),
        .state_size = sizeof(struct load_balancer),
        .wire_group = load_balancer_wire_group,
        .wire = load_balancer_wire,
        .start = load_balancer_start,
        .on_request = load_balancer_on_request,
        .on_reply = load_balancer_on_reply,
        .on_timer = load_balancer_on_timer,
        .on_crash = load_balancer_on_crash,
        .on_restart = load_balancer_on_restart,
        .on_window = load_balancer_on_window,
        .on_member = load_balancer_on_member,
        .metrics = metrics,
        .emits = load_balancer_has_metric,
        .activity = load_balancer_activity,
    },
    .summary = "spreads requests over the instances of a component",
    .stands_for = "A managed balancer or proxy in front of a tier: it chooses a server for each request by "
                  "round robin, weights, at random, by the fewest open requests, by the better of a few "
                  "drawn ones, by the user, or by a cookie. It checks its servers, takes those that fail out "
                  "of the choice, lets others drain, and tries again elsewhere what failed.",
    .leaves_out = "Its own processor; a gentle start of servers that come back.",
    .misleads = "When the balancer itself is the bottleneck. Under least_connections a server that fails "
                "fast has the fewest requests out, and draws the most. Health checks are answered by "
                "machines, not by workers: a full server is healthy to them.",
    .params = &load_balancer_params,
    .roles = ROLE_SERVER,
    .many = true,
    .crashes = true,
    .check = load_balancer_check,
    .check_wired = load_balancer_check_wired,
};
