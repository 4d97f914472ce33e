#include "models/health_checks.h"

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/members.h"

#define PROBE_BYTES 200
#define PROBE_BRANCH 1

/* What a ticker is for: the step of its frame. Its key is the server, or the drain's place in the list. */
enum tick { TICK_PROBE, TICK_BACK, TICK_DRAIN };

/* clang-format off */
static const struct param_row health_check_rows[] = {
    PARAM_DURATION(struct health_check_config, interval, .default_text = "\"10s\"", .min = 1e6, .max = 1e15,
                   .help = "Time from the start of one check of a server to the start of the next.",
                   .source = "AWS target groups allow 5 to 300 s (from memory)"),
    PARAM_DURATION(struct health_check_config, timeout, .default_text = "\"5s\"", .min = 1e3, .max = 1e15,
                   .help = "A check without an answer after this time has failed; at most the interval.",
                   .source = "AWS target groups (from memory)"),
    PARAM_COUNT(struct health_check_config, unhealthy_after, .default_text = "2", .min = 1, .max = 1000,
                .help = "Failed checks in a row that take a server out.",
                .source = "AWS target groups (from memory)"),
    PARAM_COUNT(struct health_check_config, healthy_after, .default_text = "5", .min = 1, .max = 1000,
                .help = "Good checks in a row that take it back.", .source = "AWS target groups (from memory)"),
    PARAM_END
};

static const struct param_row passive_check_rows[] = {
    PARAM_COUNT(struct passive_check_config, failures, .default_text = "5", .min = 1, .max = 10000,
                .help = "Requests in a row that failed at a server, for any cause but an error of the application, "
                        "and take it out.",
                .source = "Envoy, consecutive_5xx"),
    PARAM_DURATION(struct passive_check_config, away, .default_text = "\"30s\"", .min = 1e6, .max = 1e15,
                   .help = "How long it gets no requests then.", .source = "Envoy, base_ejection_time"),
    PARAM_END
};

static const struct param_row drain_rows[] = {
    PARAM_COUNT(struct drain_config, server, .max = 65534, .help = "Instance of the component behind, from 0."),
    PARAM_DURATION(struct drain_config, from, .max = 1e18,
                   .help = "When it leaves, from the start of the measured time, which follows the warm-up."),
    PARAM_DURATION(struct drain_config, until, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .max = PARAM_WORD_MAX, .help = "When it is back, counted as `from` is."),
    PARAM_END
};
/* clang-format on */

const struct param_table health_check_params = { .rows = health_check_rows,
                                                 .size = sizeof(struct health_check_config),
                                                 .help = "how servers are asked how they are" };
const struct param_table passive_check_params = { .rows = passive_check_rows,
                                                  .size = sizeof(struct passive_check_config),
                                                  .help = "what is concluded from requests that fail" };
const struct param_table drain_params = { .rows = drain_rows,
                                          .size = sizeof(struct drain_config),
                                          .help = "one server that leaves" };

/* ---- states ---- */

static bool is_in_choice(const struct server_health *server)
{
    return !server->is_unhealthy && !server->is_away && !server->is_leaving;
}

/* After a reason came or went. */
static void update(struct health *health, const struct sim *sim, uint32_t server)
{
    bool is_in = is_in_choice(&health->servers[server]);

    if (health->balancing->is_available[server] == is_in)
        return;
    if (is_in)
        health->returned++;
    else
        health->removed++;
    balancing_set_available(health->balancing, server, is_in);
    amount_set(&health->available, health->balancing->available_count, sim->now_ns);
}

void health_probed(struct health *health, const struct sim *sim, uint32_t server, bool is_good)
{
    struct server_health *state = &health->servers[server];
    int64_t needed = state->is_unhealthy ? health->active->healthy_after : health->active->unhealthy_after;

    if (is_good != state->is_unhealthy) {
        state->contrary = 0;
        return;
    }
    if (++state->contrary < needed)
        return;
    state->contrary = 0;
    state->is_unhealthy = !is_good;
    update(health, sim, server);
}

void health_seen(struct health *health, struct component *self, uint32_t server, enum outcome outcome)
{
    struct server_health *state = &health->servers[server];

    if (!(RETRY_ON_DEFAULT & 1u << outcome)) {
        state->failures = 0;
        return;
    }
    if (state->is_away || ++state->failures < health->passive->failures)
        return;
    state->failures = 0;
    state->is_away = true;
    update(health, self->sim, server);
    sim_tick_at(self, state->back, self->sim->now_ns + health->passive->away);
}

void health_set_leaving(struct health *health, const struct sim *sim, uint32_t server, bool is_leaving)
{
    health->servers[server].is_leaving = is_leaving;
    update(health, sim, server);
}

void health_forget_server(struct health *health, const struct sim *sim, uint32_t server)
{
    struct server_health *state = &health->servers[server];

    state->contrary = state->failures = 0;
    state->is_unhealthy = false;
    update(health, sim, server);
}

/* ---- endpoints ---- */

/* A server that is down refuses, as it does requests. Nobody answers for a machine that is gone; the
 * message is kept until its sender has given it up. */
static void endpoint_on_request(struct component *self, struct request *request)
{
    const struct health_probes *probes = *(struct health_probes **)self->shared;
    const struct health_check_config *config = self->group->config;
    const struct component *server = probes->real[self->instance]->target;

    request->bytes = PROBE_BYTES;
    if (!component_is_down(server))
        sim_reply(self, request, OUTCOME_OK);
    else if (server->outage->silent)
        sim_after(self, request, config->timeout);
    else
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
}

static void endpoint_on_timer(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_LOST);
}

static const struct model_type endpoint_model = {
    .component = {
        .name = "health_endpoint",
        .shared_size = sizeof(struct health_probes *),
        .on_request = endpoint_on_request,
        .on_timer = endpoint_on_timer,
    },
    .summary = "answers the checks of a balancer for one server",
    .stands_for = "The health endpoint of a server behind a balancer: it answers while the server is up.",
    .leaves_out = "The work that answering takes.",
    .misleads = "For endpoints that ask a database before they answer.",
    .hidden = true,
    .many = true,
};

void health_wire_group(struct health_probes *probes, struct group *balancers, struct link **real,
                       const struct health_check_config *config)
{
    struct group *servers = real[0]->target->group;
    struct group *endpoints =
        sim_add_part(balancers, &endpoint_model.component, "health", servers->count, config);
    struct call_policy policy = CALL_POLICY_NONE;

    policy.timeout_ns = config->timeout;
    endpoints->site = servers->site; /* they are where the servers are */
    for (uint32_t i = 0; i < endpoints->count; i++)
        endpoints->instances[i]->site = servers->site;
    *(struct health_probes **)endpoints->shared = probes;
    probes->real = real;
    probes->links = sim_link_all(balancers, endpoints, &policy);
    probes->key = rng_key(balancers->sim->seed, balancers->name, "check");
}

/* The way to an endpoint is the way to its server; each check makes a connection of its own. */
static void take_properties(struct link *probe, const struct link *real)
{
    struct memory *memory = &probe->from->sim->memory;

    probe->target->egress = real->target->egress;
    probe->latency = real->latency;
    probe->forward = real->forward;
    probe->back = real->back;
    probe->loss = real->loss;
    probe->connections = real->connections;
    probe->connections.connections_max = UINT32_MAX;
    probe->connections.idle_timeout_ns = 0;
    probe->pools = real->pools ? memory_alloc_array(memory, probe->from->count, sizeof *probe->pools) : NULL;
    sim_link_cut(probe, real->cut);
}

void health_links_complete(const struct health_probes *probes)
{
    for (uint32_t i = 0; probes->links && i < probes->links[0]->target->group->count; i++)
        take_properties(probes->links[i], probes->real[i]);
}

/* ---- clocks ---- */

void health_init(struct health *health, struct component *self, struct balancing *balancing,
                 const struct health_check_config *active, const struct passive_check_config *passive)
{
    struct memory *memory = &self->sim->memory;

    health->balancing = balancing;
    health->active = active;
    health->passive = passive;
    health->servers = memory_alloc_array(memory, balancing->config.count, sizeof *health->servers);
    amount_set(&health->available, balancing->available_count, self->sim->now_ns);
}

static struct request *make_ticker(struct component *self, uint32_t server, enum tick what)
{
    struct request *ticker = sim_ticker(self);

    ticker->key = server;
    ticker->request_class = 0;
    ticker->user = 0;
    ticker->data = 0;
    request_frame(ticker)->step = (uint16_t)what;
    return ticker;
}

static void start_checks(struct component *self, struct health_probes *probes, uint32_t server,
                         int64_t interval_ns)
{
    struct request *ticker = make_ticker(self, server, TICK_PROBE);
    struct rng rng = rng_for_request(probes->key, rng_hash(self->instance, server));

    request_frame(ticker)->number = rng_hash(probes->key, rng_hash(self->instance, server));
    sim_tick_at(self, ticker, self->sim->now_ns + (int64_t)(rng_uniform(&rng) * (double)interval_ns));
}

/* The server leaves, or is back, at dates to come; what has been since measuring began is made up for. */
static void plan_drain(struct health *health, struct component *self, const struct param_list *drains,
                       uint32_t index)
{
    const struct drain_config *drain = (const struct drain_config *)drains->items + index;
    int64_t start_ns = self->sim->window_start_ns, now_ns = self->sim->now_ns - start_ns;

    if (now_ns >= drain->from)
        health_set_leaving(health, self->sim, (uint32_t)drain->server, now_ns < drain->until);
    if (now_ns < drain->from)
        sim_tick_at(self, make_ticker(self, index, TICK_DRAIN), start_ns + drain->from);
    else if (now_ns < drain->until && drain->until < SIM_TIME_LONGEST)
        sim_tick_at(self, make_ticker(self, index, TICK_DRAIN), start_ns + drain->until);
}

void health_plan_drains(struct health *health, struct component *self, const struct param_list *drains)
{
    for (uint32_t i = 0; i < drains->count; i++)
        plan_drain(health, self, drains, i);
}

void health_start(struct health *health, struct component *self, struct health_probes *probes)
{
    for (uint32_t i = 0; i < health->balancing->config.count; i++) {
        if (health->passive) {
            health->servers[i].back = make_ticker(self, i, TICK_BACK);
            health->servers[i].back->resume = NULL; /* nothing is scheduled for it */
        }
        if (health->active)
            start_checks(self, probes, i, health->active->interval);
    }
}

void health_forget(struct health *health, const struct sim *sim)
{
    for (uint32_t i = 0; i < health->balancing->config.count; i++) {
        bool is_leaving = health->servers[i].is_leaving;

        health->servers[i] = (struct server_health){ .is_leaving = is_leaving };
        balancing_set_available(health->balancing, i, !is_leaving);
    }
    amount_set(&health->available, health->balancing->available_count, sim->now_ns);
}

/* A probe is a branch of its clock, so that it is nobody's request. */
static void probe(struct health *health, struct component *self, const struct health_probes *probes,
                  struct request *ticker)
{
    struct link *link = probes->links[ticker->key];
    const struct link *real = probes->real[ticker->key];
    struct request *child;

    request_frame(ticker)->number = hash_key(request_frame(ticker)->number);
    if (member_state_of(real->target) == MEMBER_OUT || member_state_of(real->target) == MEMBER_ORDERED) {
        sim_tick_at(self, ticker, self->sim->now_ns + health->active->interval);
        return;
    }
    child = sim_fork(self, ticker, PROBE_BRANCH);
    sim_tick_at(self, ticker, self->sim->now_ns + health->active->interval);
    if (link->cut != real->cut)
        sim_link_cut(link, real->cut);
    child->bytes = PROBE_BYTES;
    sim_call(self, child, link, 0);
}

void health_tick(struct health *health, struct component *self, struct health_probes *probes,
                 const struct param_list *drains, struct request *ticker)
{
    uint32_t server = (uint32_t)ticker->key; /* or drain */

    switch ((enum tick)request_frame(ticker)->step) {
    case TICK_PROBE:
        probe(health, self, probes, ticker);
        return;
    case TICK_BACK:
        ticker->resume = NULL;
        health->servers[server].is_away = false;
        update(health, self->sim, server);
        return;
    case TICK_DRAIN:
        request_destroy(self->sim, ticker);
        plan_drain(health, self, drains, server);
    }
}

bool health_answered(struct health *health, struct component *self, const struct health_probes *probes,
                     struct request *request)
{
    const struct link *link = &self->sim->links[request_last_link(request)];
    uint32_t server = link->target->instance;

    if (!probes->links || link != probes->links[server])
        return false;
    health_probed(health, self->sim, server, request->outcome == OUTCOME_OK);
    sim_join(self, request);
    return true;
}
