#include "sim/link.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/call.h"
#include "sim/station.h"

/* ---- wiring ---- */

void duration_init(struct duration *duration, struct group *owner, const char *purpose, const struct distribution_config *config)
{
    struct sim *sim = owner->sim;
    struct distribution_config in_ns = *config;
    double *scaled[] = { &in_ns.mean, &in_ns.median, &in_ns.p99, &in_ns.min, &in_ns.max };

    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++)
        *scaled[i] *= (double)SIM_NS_PER_S;
    if (config->samples) {
        double *samples = memory_alloc_array(&sim->memory, config->sample_count, sizeof *samples);

        for (size_t i = 0; i < config->sample_count; i++)
            samples[i] = config->samples[i] * (double)SIM_NS_PER_S;
        in_ns.samples = samples;
    }
    distribution_init(&duration->law, &in_ns);
    duration->key = rng_key(sim->seed, owner->name, purpose);
    duration->lane = NULL;
    if (in_ns.law == DISTRIBUTION_CONSTANT)
        duration->lane = lanes_find(&sim->lanes, sim_time_from_ns(in_ns.mean));
}

void pipe_init(struct pipe *pipe, double bytes_per_s)
{
    *pipe = (struct pipe){ .ns_per_byte = (double)SIM_NS_PER_S / bytes_per_s };
}

int64_t pipe_send(struct pipe *pipe, int64_t now_ns, uint64_t bytes)
{
    int64_t sending_ns = sim_time_from_ns((double)bytes * pipe->ns_per_byte);

    pipe->free_ns = (pipe->free_ns > now_ns ? pipe->free_ns : now_ns) + sending_ns;
    pipe->busy_ns += sending_ns;
    pipe->bytes += bytes;
    return pipe->free_ns;
}

double pipe_utilisation(const struct pipe *pipe, int64_t start_ns, int64_t now_ns)
{
    int64_t to_come_ns = pipe->free_ns > now_ns ? pipe->free_ns - now_ns : 0;
    double share;

    if (now_ns <= start_ns)
        return 0.0;
    share = (double)(pipe->busy_ns - to_come_ns) / (double)(now_ns - start_ns);
    return share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

static struct pipe *make_pipe(struct sim *sim, double bytes_per_s)
{
    struct pipe *pipe;

    if (bytes_per_s <= 0)
        return NULL;
    pipe = memory_alloc(&sim->memory, sizeof *pipe);
    pipe_init(pipe, bytes_per_s);
    return pipe;
}

static void set_properties(struct link *link, struct group *from, struct group *target)
{
    struct sim *sim = from->sim;
    struct link_config config = network_link(sim->network, from->name, from->site->name, target->name, target->site->name);
    char purpose[128];

    snprintf(purpose, sizeof purpose, "link to %s", target->name);
    link->draw_key = rng_key(sim->seed, from->name, purpose);
    if (config.has_latency) {
        link->latency = memory_alloc(&sim->memory, sizeof *link->latency);
        snprintf(purpose, sizeof purpose, "latency to %s", target->name);
        duration_init(link->latency, from, purpose, &config.latency);
        if (distribution_mean(&link->latency->law) == 0.0)
            link->latency = NULL;
    }
    link->forward = make_pipe(sim, config.bandwidth_bytes_per_s);
    link->back = make_pipe(sim, config.bandwidth_bytes_per_s);
    link->loss = config.loss;
    link->connections = config.connections;
    if (config.connections.round_trips > 0)
        link->pools = memory_alloc_array(&sim->memory, from->count, sizeof(struct connection_pool *));
    link->plain = !link->forward && link->loss == 0.0 && !link->pools && !from->instances[0]->egress && !target->instances[0]->egress;
}

struct link *sim_link(struct group *from, struct group *target, uint32_t instance, const struct call_policy *policy)
{
    struct sim *sim = from->sim;
    struct link *link = &sim->links[sim->link_count];

    SIM_ASSERT(sim, from->instances[0], sim->link_count < LINKS_MAX && instance < target->count && !sim->wired);
    link->id = sim->link_count++;
    link->from = from;
    link->target = target->instances[instance];
    link->policy = policy ? *policy : CALL_POLICY_NONE;
    return link;
}

struct link **sim_link_all(struct group *from, struct group *target, const struct call_policy *policy)
{
    struct link **links = memory_alloc_array(&from->sim->memory, target->count, sizeof(struct link *));

    for (uint32_t i = 0; i < target->count; i++)
        links[i] = sim_link(from, target, i, policy);
    return links;
}

/* Once every component has its network card. */
void sim_links_complete(struct sim *sim)
{
    for (uint32_t i = 1; i < sim->link_count; i++)
        set_properties(&sim->links[i], sim->links[i].from, sim->links[i].target->group);
}

/* ---- connections ---- */

/* The connections of one instance to one target. Idle ones are a stack: the latest used is used again, so that
 * those too many grow old and close. */
struct connection_pool {
    struct station in_use; /* held by calls; a call waits in its line for one */
    uint32_t idle_count, idle_room;
    int64_t *idle_since_ns;
};

static struct connection_pool *pool_of(struct link *link, struct component *self)
{
    struct sim *sim = self->sim;
    struct connection_pool *pool = link->pools[self->instance];

    if (pool)
        return pool;
    pool = link->pools[self->instance] = memory_alloc(&sim->memory, sizeof *pool);
    pool->in_use = (struct station){ .servers = link->connections.connections_max, .waiting_max = STATION_UNLIMITED,
                                     .line_count = 1, .speed = 1.0, .owner = self, .id = UINT32_MAX };
    pool->in_use.lines = memory_alloc(&sim->memory, sizeof *pool->in_use.lines);
    pool->in_use.statistics = group_resource_statistics(self->group, "outgoing_connections");
    return pool;
}

/* True when an idle connection that has not expired is taken. */
static bool take_idle(struct connection_pool *pool, int64_t now_ns, int64_t idle_timeout_ns)
{
    if (!pool->idle_count)
        return false;
    pool->idle_count--;
    if (idle_timeout_ns == SIM_TIME_NEVER || now_ns - pool->idle_since_ns[pool->idle_count] <= idle_timeout_ns)
        return true;
    pool->idle_count = 0; /* those below have been idle for longer */
    return false;
}

static void keep_idle(struct connection_pool *pool, struct sim *sim)
{
    if (pool->idle_count == pool->idle_room) {
        pool->idle_room = pool->idle_room ? 2 * pool->idle_room : 8;
        pool->idle_since_ns = memory_grow(&sim->memory, pool->idle_since_ns, pool->idle_room * sizeof *pool->idle_since_ns);
    }
    pool->idle_since_ns[pool->idle_count++] = sim->now_ns;
}

/* ---- messages ---- */

static int64_t latency_ns(const struct link *link, uint64_t number)
{
    return link->latency ? duration_sample(link->latency, number) : 0;
}

/* Extra time that resending takes; -1: given up. */
static int64_t resending_ns(const struct link *link, uint64_t number)
{
    struct rng rng = rng_for_request(link->draw_key, number);
    unsigned lost = 0;

    if (link->cut)
        return -1;
    while (link->loss > 0.0 && lost <= RETRANSMITS_MAX && rng_uniform(&rng) < link->loss)
        lost++;
    return lost > RETRANSMITS_MAX ? -1 : RETRANSMIT_FIRST_NS * ((INT64_C(1) << lost) - 1);
}

/* When a message leaves the sender's network card and the link. */
static int64_t leaves_ns(struct sim *sim, struct pipe *card, struct pipe *pipe, uint32_t bytes)
{
    int64_t date_ns = sim->now_ns;

    if (card)
        date_ns = pipe_send(card, date_ns, bytes);
    return pipe ? pipe_send(pipe, date_ns, bytes) : date_ns;
}

/* The message never got there: the caller learns when the network gives up. */
static void lost_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct link *link = &sim->links[request_frame(request)->link];

    request->flags &= (uint8_t)~REQUEST_IN_TRANSIT;
    request->outcome = OUTCOME_LOST;
    if (link->pools && request->top > request->base)
        station_release(&pool_of(link, sim->components[(request_frame(request) - 1)->component])->in_use, self);
    sim_return(sim, request);
}

static void transmit(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);
    struct link *link = &sim->links[frame->link];
    int64_t resending = resending_ns(link, frame->number);

    if (resending < 0) {
        sim_resume_after(self, request, RETRANSMIT_FIRST_NS * ((INT64_C(2) << RETRANSMITS_MAX) - 1), lost_resume);
        return;
    }
    sim_resume_after(link->target, request,
                     leaves_ns(sim, self->egress, link->forward, request->bytes) - sim->now_ns + resending +
                         latency_ns(link, frame->number),
                     sim_arrive);
}

/* A connection is held: an idle one is used at once, a new one takes its round trips. */
static void connect_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);
    struct link *link = &sim->links[frame->link];
    struct connection_pool *pool = pool_of(link, self);
    int64_t setup_ns = 0;

    if (request->top == request->base) { /* its caller left while it waited in line */
        station_release(&pool->in_use, self);
        sim_orphan_end(sim, request);
        return;
    }
    if (take_idle(pool, sim->now_ns, link->connections.idle_timeout_ns)) {
        transmit(self, request);
        return;
    }
    for (uint32_t trip = 0; trip < link->connections.round_trips; trip++)
        setup_ns += latency_ns(link, rng_hash(frame->number, 2 * trip + 1)) + latency_ns(link, rng_hash(frame->number, 2 * trip + 2));
    sim_resume_after(self, request, setup_ns, transmit);
}

/* One that waits gives its connection back when it gets its turn and finds that its caller has left. */
bool sim_waits_for_connection(const struct request *request)
{
    return request->resume == connect_resume;
}

void sim_send_slowly(struct component *self, struct request *request, struct link *link)
{
    struct connection_pool *pool;

    if (!link->pools) {
        transmit(self, request);
        return;
    }
    pool = pool_of(link, self);
    request->owner = self;
    request->resume = connect_resume;
    if (station_take_server(&pool->in_use, self->sim->now_ns))
        connect_resume(self, request);
    else
        station_join_line(&pool->in_use, self->sim, request);
}

static void back_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct link *link = &sim->links[request_frame(request)->link];

    if (link->pools && request->top > request->base) {
        struct component *caller = sim->components[(request_frame(request) - 1)->component];
        struct connection_pool *pool = pool_of(link, caller);

        keep_idle(pool, sim);
        station_release(&pool->in_use, caller);
    }
    sim_return(sim, request);
}

void sim_reply_slowly(struct component *self, struct request *request, struct link *link)
{
    struct sim *sim = self->sim;
    uint64_t number = ~request_frame(request)->number;
    int64_t resending = resending_ns(link, number);

    if (resending < 0) {
        request->outcome = OUTCOME_LOST;
        resending = RETRANSMIT_FIRST_NS * ((INT64_C(2) << RETRANSMITS_MAX) - 1);
    }
    sim_resume_after(self, request,
                     leaves_ns(sim, self->egress, link->back, request->bytes) - sim->now_ns + resending + latency_ns(link, number),
                     back_resume);
}

void sim_connection_drop(struct component *caller, struct link *link)
{
    if (link->pools)
        station_release(&pool_of(link, caller)->in_use, caller);
}
