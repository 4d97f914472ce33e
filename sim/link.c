#include "sim/link.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/station.h"

#define PIPE_END_NS \
    (SIM_TIME_NEVER / 2) /* what would leave later leaves then: delays can be added without overflow */

/* ---- wiring ---- */

/* site: of the components whose events it delays. */
static void init_duration(struct duration *duration, struct group *owner, const struct site *site,
                          const char *purpose, const struct distribution_config *config)
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
        duration->lane = sim_lane(sim, site, sim_time_from_ns(in_ns.mean));
}

void duration_init(struct duration *duration, struct group *owner, const char *purpose,
                   const struct distribution_config *config)
{
    init_duration(duration, owner, owner->site, purpose, config);
}

int64_t duration_sample_slow(const struct duration *duration, uint64_t number)
{
    struct rng rng = rng_for_request(duration->key, number);

    return distribution_sample_ns(&duration->law, &rng);
}

void pipe_init(struct pipe *pipe, double bytes_per_s)
{
    *pipe = (struct pipe){ .ns_per_byte = (double)SIM_NS_PER_S / bytes_per_s };
}

int64_t pipe_send(struct pipe *pipe, int64_t now_ns, uint64_t bytes)
{
    int64_t sending_ns = sim_time_from_ns((double)bytes * pipe->ns_per_byte);

    if (pipe->free_ns < now_ns)
        pipe->free_ns = now_ns;
    if (sending_ns > PIPE_END_NS - pipe->free_ns)
        sending_ns = pipe->free_ns < PIPE_END_NS ? PIPE_END_NS - pipe->free_ns : 0;
    pipe->free_ns += sending_ns;
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

/* Both ends are on one machine: what they say to each other does not go through its network card. Not known
 * beforehand: a queue's card is that of the broker that leads it. */
static bool is_local(const struct link *link)
{
    return link->between_cards && link->target->egress == link->from->instances[0]->egress;
}

/* One way, by what its sender has. */
static bool is_plain(const struct link *link, const struct component *sender, const struct pipe *pipe)
{
    bool has_card =
        sender->egress && !link->target->group->type->is_name; /* the way to what it stands for has one */

    return !link->cut && !pipe && link->loss == 0.0 && !link->pools && (!has_card || is_local(link));
}

static struct pipe *card_of(const struct component *sender, const struct link *link)
{
    return is_local(link) ? NULL : sender->egress;
}

static void set_speed(struct link *link)
{
    /* a name's caller may have a limit of its own, which began when it asked */
    bool at_once = !link->latency && link->policy.timeout_ns == SIM_TIME_NEVER &&
                   link->policy.retries_max == 0 && !link->asked;

    link->between_cards = link->target->egress && link->from->instances[0]->egress;
    link->plain_there = is_plain(link, link->from->instances[0], link->forward);
    link->plain_back = is_plain(link, link->target, link->back);
    link->instant_there = link->plain_there && at_once;
    link->instant_back = link->plain_back && at_once;
}

void sim_link_cut(struct link *link, bool cut)
{
    link->cut = cut;
    set_speed(link);
}

/* Events at both ends of the link belong to the target's site. */
static struct duration *make_latency(struct group *from, struct group *target,
                                     const struct distribution_config *config)
{
    struct duration *latency;
    char purpose[128];

    if (config->law == DISTRIBUTION_CONSTANT && config->mean == 0.0)
        return NULL;
    latency = memory_alloc(&from->sim->memory, sizeof *latency);
    snprintf(purpose, sizeof purpose, "latency to %s", target->name);
    init_duration(latency, from, target->site, purpose, config);
    return latency;
}

/* What a scenario calls it: some parts have no name of their own there. */
static const char *public_name(const struct group *group)
{
    bool is_hidden = group->parent && (group->parent->type->is_name || group->type->speaks_for_parent);

    return is_hidden ? group->parent->name : group->name;
}

static struct link_config config_of(const struct link *link)
{
    const struct link *named = link->entry ? link->entry : link;
    const char *from_site = link->from_site ? link->from_site : link->from->site->name;
    const char *to_site = link->to_site ? link->to_site : link->target->group->site->name;

    return network_link(link->from->sim->network, public_name(named->from), from_site,
                        public_name(named->target->group), to_site);
}

static void set_properties(struct link *link, struct group *from, struct group *target)
{
    struct sim *sim = from->sim;
    struct link_config config = config_of(link);
    char purpose[128];

    if (target->type->is_name) {
        set_speed(link);
        return;
    }
    snprintf(purpose, sizeof purpose, "link to %s", target->name);
    link->draw_key = rng_key(sim->seed, from->name, purpose);
    if (link->is_entry) {
        set_speed(link);
        return;
    }
    if (config.has_latency)
        link->latency = make_latency(from, target, &config.latency);
    link->forward = make_pipe(sim, config.bandwidth_bytes_per_s);
    link->back = make_pipe(sim, config.bandwidth_bytes_per_s);
    link->loss = config.loss;
    link->connections = config.connections;
    if (config.connections.round_trips > 0 && !link->entry)
        link->pools = memory_alloc_array(&sim->memory, from->count, sizeof(struct connection_pool *));
    set_speed(link);
}

struct link *sim_link(struct group *from, struct group *target, uint32_t instance,
                      const struct call_policy *policy)
{
    struct sim *sim = from->sim;
    struct link *link = &sim->links[sim->link_count];

    if (sim->link_count == LINKS_MAX)
        sim_too_large(sim, from, "65,535 links between instances");
    SIM_ASSERT(sim, from->instances[0], instance < target->count && !sim->wired);
    link->id = sim->link_count++;
    link->from = from;
    link->target = target->instances[instance];
    link->policy = policy ? *policy : CALL_POLICY_NONE;
    if (link->policy.timeout_ns != SIM_TIME_NEVER && link->policy.timeout_ns > SIM_TIME_LONGEST)
        link->policy.timeout_ns = SIM_TIME_LONGEST;
    SIM_ASSERT(sim, from->instances[0], link->policy.retries_max <= UINT8_MAX);
    link->place = (struct frame){ .component = link->target->id, .link = link->id }.place;
    return link;
}

struct link *sim_link_from(struct group *from, const char *site, struct group *target, uint32_t instance,
                           const struct call_policy *policy)
{
    struct link *link = sim_link(from, target, instance, policy);

    link->from_site = site;
    return link;
}

struct link *sim_link_behind(struct link *asked, struct group *target, uint32_t instance)
{
    struct link *link = sim_link_from(asked->from, asked->from_site, target, instance, &asked->policy);

    link->asked = asked;
    return link;
}

struct link *sim_link_between(struct group *from, const char *from_site, struct group *target,
                              uint32_t instance, const char *to_site)
{
    struct link *link = sim_link_from(from, from_site, target, instance, NULL);

    link->to_site = to_site;
    return link;
}

struct link *sim_link_through(struct link *entry, struct group *nodes, uint32_t instance, const char *site)
{
    const char *from_site = entry->from_site ? entry->from_site : entry->from->site->name;
    struct link *link = sim_link_between(entry->target->group, from_site, nodes, instance, site);

    link->entry = entry;
    entry->is_entry = true;
    return link;
}

struct link **sim_link_all(struct group *from, struct group *target, const struct call_policy *policy)
{
    struct link **links = memory_alloc_array(&from->sim->memory, target->count, sizeof(struct link *));

    for (uint32_t i = 0; i < target->count; i++)
        links[i] = sim_link(from, target, i, policy);
    return links;
}

void sim_links_complete(struct sim *sim)
{
    for (uint32_t i = 1; i < sim->link_count; i++)
        set_properties(&sim->links[i], sim->links[i].from, sim->links[i].target->group);
}

/* ---- connections ---- */

/* The connections of one instance to one target. Idle ones are a stack: the latest used is used again, so
 * that those too many grow old and close. */
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
    pool->in_use = (struct station){ .servers = link->connections.connections_max,
                                     .waiting_max = STATION_UNLIMITED,
                                     .line_count = 1,
                                     .speed = 1.0,
                                     .owner = self };
    pool->in_use.lines = &pool->in_use.line;
    pool->in_use.statistics = group_resource_statistics(self->group, "outgoing_connections");
    return pool;
}

/* True when an idle connection that has not expired is taken. */
static bool take_idle(struct connection_pool *pool, int64_t now_ns, int64_t idle_timeout_ns)
{
    if (!pool->idle_count)
        return false;
    pool->idle_count--;
    if (idle_timeout_ns == SIM_TIME_NEVER ||
        now_ns - pool->idle_since_ns[pool->idle_count] <= idle_timeout_ns)
        return true;
    pool->idle_count = 0; /* those below have been idle for longer */
    return false;
}

static void keep_idle(struct connection_pool *pool, struct sim *sim)
{
    if (pool->idle_count == pool->idle_room) {
        pool->idle_room = pool->idle_room ? 2 * pool->idle_room : 8;
        pool->idle_since_ns =
            memory_grow(&sim->memory, pool->idle_since_ns, pool->idle_room * sizeof *pool->idle_since_ns);
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
    unsigned lost = link->cut ? RETRANSMITS_MAX + 1 : 0;
    struct rng rng;

    if (link->loss == 0.0 && !lost)
        return 0;
    rng = rng_for_request(link->draw_key, number);
    while (link->loss > 0.0 && lost <= RETRANSMITS_MAX && rng_uniform(&rng) < link->loss)
        lost++;
    return lost > RETRANSMITS_MAX ? -1 : RETRANSMIT_FIRST_NS * ((INT64_C(1) << lost) - 1);
}

/* Time until a message has left its sender's network card. */
static int64_t card_ns(const struct sim *sim, struct pipe *card, uint32_t bytes)
{
    return card ? pipe_send(card, sim->now_ns, bytes) - sim->now_ns : 0;
}

/* Time until it has entered the link, which it reaches now, and has gone all the way;
 * resending: of resending_ns(). */
static int64_t link_ns(const struct link *link, struct pipe *pipe, const struct sim *sim,
                       const struct request *request, uint64_t number, int64_t resending)
{
    return (pipe ? pipe_send(pipe, sim->now_ns, request->bytes) - sim->now_ns : 0) + resending +
           latency_ns(link, number);
}

int64_t sim_link_arrival(const struct component *sender, const struct link *link, uint32_t bytes,
                         uint64_t number)
{
    const struct sim *sim = sender->sim;
    struct pipe *card = sender->egress == link->target->egress ? NULL : sender->egress;
    int64_t resending = resending_ns(link, number);
    int64_t date_ns = sim->now_ns;

    if (resending < 0)
        return SIM_TIME_NEVER;
    date_ns += card_ns(sim, card, bytes);
    if (link->forward)
        date_ns = pipe_send(link->forward, date_ns, bytes);
    return date_ns + resending + latency_ns(link, number);
}

/* The message never got there: the caller learns when the network gives up. */
static void lost_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct link *link = &sim->links[request_frame(request)->link];

    request->flags &= (uint8_t)~REQUEST_IN_TRANSIT;
    request->outcome = OUTCOME_LOST;
    if (request->top > request->base)
        sim_connection_drop(sim->components[(request_frame(request) - 1)->component], link);
    sim_come_back(self, request);
}

/* The message is at the sender's end of the link; delay_ns: or will be. */
static void enter_link(struct component *self, struct request *request, int64_t delay_ns)
{
    struct sim *sim = self->sim;
    uint64_t number = request_frame(request)->number;
    struct link *link = &sim->links[request_frame(request)->link];
    int64_t resending = resending_ns(link, number);

    if (resending < 0)
        sim_resume_after(self, request, delay_ns + GIVE_UP_NS, lost_resume);
    else
        sim_resume_after(link->target, request,
                         delay_ns + link_ns(link, link->forward, sim, request, number, resending),
                         sim_arrive);
}

static void enter_link_resume(struct component *self, struct request *request)
{
    enter_link(self, request, 0);
}

/* Where the link has a bandwidth of its own, what left other cards meanwhile may enter it before: then it
 * takes an event. */
static void transmit(struct component *self, struct request *request)
{
    const struct link *link = &self->sim->links[request_frame(request)->link];
    int64_t delay_ns = card_ns(self->sim, card_of(self, link), request->bytes);

    if (delay_ns && link->forward)
        sim_resume_after(self, request, delay_ns, enter_link_resume);
    else
        enter_link(self, request, delay_ns);
}

/* The new connection is there. */
static void connected_resume(struct component *self, struct request *request)
{
    if (request->top == request->base) /* its caller has left and closed it */
        request_destroy(self->sim, request);
    else
        transmit(self, request);
}

/* A connection is held: an idle one is used at once, a new one takes its round trips. */
static void connect_resume(struct component *self, struct request *request)
{
    uint64_t number = request_frame(request)->number;
    struct link *link = &self->sim->links[request_frame(request)->link];
    int64_t setup_ns = 0;

    if (take_idle(pool_of(link, self), self->sim->now_ns, link->connections.idle_timeout_ns)) {
        transmit(self, request);
        return;
    }
    for (uint64_t message = 0;
         message < 2 * (uint64_t)link->connections.round_trips && setup_ns < SIM_TIME_LONGEST; message++)
        setup_ns += latency_ns(link, rng_hash(number, NUMBER_SETUP + message));
    sim_resume_after(self, request, setup_ns, connected_resume);
}

bool sim_waits_for_connection(const struct request *request)
{
    return request->resume == connect_resume;
}

enum link_place sim_link_place(const struct request *request)
{
    if (request->resume == connect_resume)
        return LINK_WAITS_FOR_CONNECTION;
    if (request->resume == connected_resume)
        return LINK_CONNECTS;
    return request->resume == lost_resume ? LINK_GIVES_UP : LINK_MESSAGE;
}

/* A call that waits for a connection, and whose caller has left, ends. */
void sim_connection_leave_line(struct component *caller, struct link *link, struct request *request)
{
    station_give_up_waiting(&pool_of(link, caller)->in_use, caller->sim, request);
    request_destroy(caller->sim, request);
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

        if (!component_is_down(link->target))
            keep_idle(pool, sim);
        station_release(&pool->in_use, caller);
    }
    sim_come_back(self, request);
}

/* As enter_link(), the other way. */
static void enter_link_back(struct component *self, struct request *request, int64_t delay_ns)
{
    struct sim *sim = self->sim;
    uint64_t number = ~request_frame(request)->number;
    struct link *link = &sim->links[request_frame(request)->link];
    int64_t resending = resending_ns(link, number);

    if (resending < 0)
        sim_resume_after(self, request, delay_ns + GIVE_UP_NS, lost_resume);
    else
        sim_resume_after(self, request, delay_ns + link_ns(link, link->back, sim, request, number, resending),
                         back_resume);
}

static void enter_link_back_resume(struct component *self, struct request *request)
{
    enter_link_back(self, request, 0);
}

void sim_reply_slowly(struct component *self, struct request *request, struct link *link)
{
    int64_t delay_ns = card_ns(self->sim, card_of(self, link), request->bytes);

    if (delay_ns && link->back)
        sim_resume_after(self, request, delay_ns, enter_link_back_resume);
    else
        enter_link_back(self, request, delay_ns);
}

void sim_connection_drop(struct component *caller, struct link *link)
{
    if (link->pools)
        station_release(&pool_of(link, caller)->in_use, caller);
}

static void empty_pool(struct connection_pool *pool, struct sim *sim)
{
    struct station *in_use = &pool->in_use;

    while (in_use->line.first) {
        struct request *request = sim_request(sim, in_use->line.first);

        station_give_up_waiting(in_use, sim, request);
        request->resume = NULL;
    }
    while (in_use->busy.level)
        gauge_fall(&in_use->busy, sim->now_ns);
    pool->idle_count = 0;
}

void sim_connections_crash(struct component *component)
{
    struct sim *sim = component->sim;

    for (uint32_t i = 1; i < sim->link_count; i++) {
        struct link *link = &sim->links[i];

        if (!link->pools)
            continue;
        if (link->from == component->group && link->pools[component->instance])
            empty_pool(link->pools[component->instance], sim);
        if (link->target == component)
            for (uint32_t k = 0; k < link->from->count; k++)
                if (link->pools[k])
                    link->pools[k]->idle_count = 0;
    }
}
