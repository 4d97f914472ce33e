/* clients.c - the users: when they send, what they ask for, how long they wait.
 *
 * Represented: open arrivals with gaps of any law, for users who do not wait for one another, at a rate that
 * may vary with time and come in bursts (load.h), or as they were recorded (clients_trace.h); or closed users
 * who send, wait for the answer, think, and send again. Request classes (clients_requests.h). Timeouts and
 * retries. Latency counts from when the user meant to send, over all attempts.
 *
 * Closed users who are all alike and think for an exponential time are a crowd (arrivals.h): no memory, no
 * event, whatever their number. With another law, or with an identity, each of them is somebody: a ticker
 * while it thinks.
 *
 * Pages: a request whose class has assets is a page; when it is answered its assets are fetched together,
 * over the same way or from a target of their own, and its latency ends with the last of them. An asset
 * that fails leaves the page incomplete. Sessions (sessions.h): arrivals are then users who look at
 * several pages. Patience: a user leaves when a page is not answered in time; what was called goes on
 * working, as after a timeout.
 *
 * Users in several regions are parts of the component, each a source in its own region with its share
 * of them all.
 *
 * A target with several instances is chosen by a hash of the request's number, as names with several
 * addresses are.
 * Left out: what a browser keeps, users who leave while assets load.
 *
 * Randomness: request n is numbered by a hash of n; with an identity, by a chain of hashes that begins with
 * the user. User, class and row are functions of that number ("choice", "keys"), and so is the pause before
 * it ("think", "first pause"). Streams: "arrivals" for open gaps, "thinking" for the crowd.
 * Cost: O(1) a request, O(log classes) for its class. Memory: a user who is somebody takes a request's room
 * and an event.
 */
#include "models/audience.h"
#include "models/clients_state.h"

#include "models/routing.h"
#include "sim/call.h"

/* ---- wiring ---- */

static void wire_users(struct group *group)
{
    const struct clients_config *config = group->config;
    struct clients_shared *shared = group->shared;
    struct group *target = sim_find_group(group->sim, config->target);
    struct call_policy policy = call_policy_of(&config->call);

    client_requests_init(&shared->requests, group, &config->requests);
    shared->targets = sim_link_all(group, target, &policy);
    shared->target = target;
    shared->asset_target = config->asset_target ? sim_find_group(group->sim, config->asset_target) : target;
    shared->asset_targets =
        shared->asset_target == target ? shared->targets : sim_link_all(group, shared->asset_target, &policy);
    shared->has_patience = clients_have_patience(config);
    if (shared->has_patience)
        duration_init(&shared->patience, group, "patience", &config->patience);
    shared->users = (uint64_t)clients_users(config);
    shared->user_first = config->user_first;
    shared->number_key = rng_key(group->sim->seed, group->name, "request");
    shared->choice_key = rng_key(group->sim->seed, group->name, "choice");
}

static void clients_wire_group(struct group *group)
{
    if (clients_are_in_regions(group))
        clients_add_regions(group);
    else
        wire_users(group);
}

static void wire_open(struct component *self)
{
    const struct clients_config *config = self->group->config;
    struct clients *clients = component_state(self);
    struct distribution_config gap = gap_config(config->gap_law, config->gap_cv, 1.0);

    if (clients->mode == MODE_TRACE) {
        trace_player_init(&clients->trace, &self->sim->memory, config->trace, &config->requests);
    } else if (clients->mode == MODE_VARYING) {
        clients->varying = memory_alloc(&self->sim->memory, sizeof *clients->varying);
        varying_arrivals_init(clients->varying, self->group, &gap, clients_rate(config), &config->load,
                              &config->bursts);
    } else {
        arrivals_init(&clients->arrivals, self->group, config->gap_law, config->gap_cv, clients_rate(config));
    }
    clients->lane = lanes_find(&self->sim->lanes, LANE_DELAY_OWN);
}

static void clients_wire(struct component *self)
{
    const struct clients_config *config = self->group->config;
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);

    clients->mode = MODE_IN_REGIONS;
    if (clients_are_in_regions(self->group))
        return;
    if (config->session) {
        clients->sessions = memory_alloc(&self->sim->memory, sizeof *clients->sessions);
        sessions_init(clients->sessions, self->group, config->session);
        clients->login =
            config->session->login
                ? &shared->requests.classes[client_requests_find(&config->requests, config->session->login) -
                                            (const struct request_class_config *)config->requests.items]
                : NULL;
    }
    clients->mode = clients_mode_of(config);
    if (clients->mode <= MODE_TRACE) {
        wire_open(self);
    } else if (clients->mode == MODE_CROWD) {
        crowd_init(&clients->crowd, self->group, config->think_time.mean * (double)SIM_NS_PER_S,
                   (uint64_t)config->users);
    } else {
        duration_init(&clients->think_time, self->group, "think", &config->think_time);
    }
}

/* ---- sending ---- */

static inline __attribute__((always_inline)) struct request *
start_request(struct component *self, uint64_t number, uint64_t user,
              const struct client_request *class)
{
    struct request *request = sim_start(self, number, class->index);

    request->user = user;
    request->priority = class->priority;
    request->bytes = class->bytes;
    request->operation = OPERATION_READ;
    request->rows = 1;
    request->data = class->data;
    return request;
}

/* The user's own limit is a timer of the call, like a timeout of the link, which there is none of then. */
static void call_target(struct component *self, struct request *request)
{
    const struct clients_shared *shared = self->shared;
    uint64_t number = request_frame(request)->number;

    if (shared->has_patience) {
        struct timers *timers = &self->sim->timers;
        int64_t date_ns = self->sim->now_ns + duration_sample(&shared->patience, number);

        request->timer = timer_start(timers, sim_event(self, request, date_ns));
        timer_get(timers, request->timer)->outer = 0;
        timer_get(timers, request->timer)->depth = (uint8_t)(request->top + 1);
    }
    sim_call(self, request, shared->targets[route_instance(shared->target, request, number)], 0);
}

/* choice: the draws of this request; the second is for its class, the first for its user, drawn or not. */
static void send_request(struct component *self, uint64_t number, uint64_t user, struct rng choice)
{
    const struct clients_shared *shared = self->shared;
    const struct client_request *class;
    struct request *request;

    choice.counter = 1;
    class = client_requests_choose(&shared->requests, &choice);
    request = start_request(self, number, user, class);
    request->key = class->data ? row_chooser_choose(&class->rows, number) : 0;
    sim_call(self, request, shared->targets[route_instance(shared->target, request, number)], 0);
}

/* The next plain arrival. */
static void send_next(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);
    uint64_t user = clients_draw_user(shared, &choice);

    send_request(self, number, user, choice);
}

/* The same for all but plain arrivals. */
void clients_send(struct component *self, uint64_t number, uint64_t user, const struct client_request *class,
                  struct page_of_session page)
{
    const struct clients_shared *shared = self->shared;
    struct rng choice = rng_for_request(shared->choice_key, number);
    struct request *request;

    choice.counter = 1;
    if (!class)
        class = client_requests_choose(&shared->requests, &choice);
    request = start_request(self, number, user, class);
    request->key = class->data ? row_chooser_choose(&class->rows, number) : 0;
    request_frame(request)->step = page.pages_left;
    request_frame(request)->link = page.mood;
    request_frame(request)->note = page.is_login;
    call_target(self, request);
}

void clients_send_next(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);

    clients_send(self, number, clients_draw_user(shared, &choice), NULL, (struct page_of_session){ 0 });
}

/* ---- open ---- */

static inline __attribute__((always_inline)) void tick_at(struct component *self, int64_t date_ns)
{
    struct clients *clients = component_state(self);

    if (clients->lane)
        lane_push(&self->sim->lanes, clients->lane, sim_event(self, clients->ticker, date_ns));
    else
        sim_tick_at(self, clients->ticker, date_ns);
}

static void schedule_arrival(struct component *self)
{
    struct clients *clients = component_state(self);

    tick_at(self, arrivals_next_ns(&clients->arrivals, self->sim->now_ns));
}

static void varying_tick(struct component *self)
{
    struct clients *clients = component_state(self);
    bool is_arrival = clients->varying->is_arrival;

    tick_at(self, varying_arrivals_next_ns(clients->varying));
    if (!is_arrival)
        return;
    if (clients->sessions)
        clients_begin_session(self);
    else
        clients_send_next(self);
}

/* ---- recorded ---- */

static __attribute__((noinline)) void send_record(struct component *self, const struct arrival_record *record)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);
    uint64_t user = clients_draw_user(shared, &choice);
    const struct client_request *class;
    struct request *request;

    choice.counter = 1;
    class = record->class == ARRIVAL_CLASS_DRAWN
                ? client_requests_choose(&shared->requests, &choice)
                : &shared->requests.classes[clients->trace.classes[record->class]];
    request = start_request(self, number, record->user == ARRIVAL_DRAWN ? user : record->user, class);
    if (record->key != ARRIVAL_DRAWN)
        request->key = record->key;
    else
        request->key = class->data ? row_chooser_choose(&class->rows, number) : 0;
    if (record->size)
        request->bytes = record->size;
    call_target(self, request);
}

static void await_record(struct component *self)
{
    const struct clients *clients = component_state(self);

    if (clients->trace.next < clients->trace.trace->count)
        tick_at(self, clients->trace.trace->records[clients->trace.next].time_ns);
}

static void trace_tick(struct component *self)
{
    struct clients *clients = component_state(self);
    const struct arrival_record *record = &clients->trace.trace->records[clients->trace.next++];

    await_record(self);
    send_record(self, record);
}

/* ---- who was there ---- */

static uint64_t users_of_trace(const struct arrival_trace *trace)
{
    uint64_t end = 0;

    for (size_t i = 0; i < trace->count; i++)
        if (trace->records[i].user != ARRIVAL_DRAWN && trace->records[i].user >= end)
            end = trace->records[i].user + 1;
    return end;
}

uint64_t clients_user_end(const struct group *source)
{
    const struct clients_config *config = source->config;
    uint64_t drawn, recorded;

    if (source->type != &clients_model.component)
        return 0;
    drawn = (uint64_t)clients_users(config);
    recorded = config->trace ? users_of_trace(config->trace) : 0;
    return drawn > recorded ? drawn : recorded;
}

void clients_have_audience(struct group *source, struct audience *audience)
{
    const struct sim *sim = source->sim;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        struct group *group = sim->groups[i];
        struct clients *clients = component_state(group->instances[0]);

        if (group != source && (group->parent != source || group->type != source->type))
            continue;
        ((struct clients_shared *)group->shared)->audience = audience;
        if (clients->mode == MODE_OPEN) /* whose answers nobody looks at */
            clients->mode = MODE_SEEN;
    }
}

/* ---- callbacks ---- */

/* Links with limits of the user's own are not done with a message when it has arrived. */
static void take_time(const struct clients_shared *shared)
{
    for (uint32_t i = 0; i < shared->target->count; i++)
        shared->targets[i]->instant_there = shared->targets[i]->instant_back = false;
}

static void clients_start(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);

    if (clients->mode == MODE_IN_REGIONS)
        return;
    if (shared->has_patience)
        take_time(shared);
    if (clients->sessions)
        clients->session_ticker = sim_ticker(self);
    if (clients->mode == MODE_IDENTITIES) {
        clients_identities_start(self);
        return;
    }
    clients->ticker = sim_ticker(self);
    if (clients->mode == MODE_OPEN)
        schedule_arrival(self);
    else if (clients->mode == MODE_VARYING)
        varying_tick(self);
    else if (clients->mode == MODE_TRACE)
        await_record(self);
    else
        clients_crowd_think(self, clients->crowd.thinking);
}

static void clients_on_reply(struct component *self, struct request *request)
{
    const struct clients *clients = component_state(self);

    if (clients->mode == MODE_OPEN)
        sim_finish(self, request, (enum outcome)request->outcome);
    else
        clients_answered(self, request);
}

/* Apart, so that the short way of plain arrivals stays short. */
static __attribute__((noinline)) void tick_otherwise(struct component *self, struct request *ticker)
{
    const struct clients *clients = component_state(self);

    if (ticker == clients->session_ticker) {
        clients_wake_session(self);
        return;
    }
    switch (clients->mode) {
    case MODE_VARYING:
        varying_tick(self);
        break;
    case MODE_SEEN:
        schedule_arrival(self);
        send_next(self);
        break;
    case MODE_TRACE:
        trace_tick(self);
        break;
    case MODE_CROWD:
        clients_crowd_send(self);
        break;
    default:
        clients_identity_send(self, ticker);
    }
}

static void clients_on_timer(struct component *self, struct request *ticker)
{
    struct clients *clients = component_state(self);

    if (clients->mode == MODE_OPEN) {
        schedule_arrival(self);
        send_next(self);
    } else {
        tick_otherwise(self, ticker);
    }
}

const struct model_type clients_model = {
    .component = {
        .name = "clients",
        .shared_size = sizeof(struct clients_shared),
        .state_size = sizeof(struct clients),
        .is_source = true,
        .wire_group = clients_wire_group,
        .wire = clients_wire,
        .start = clients_start,
        .on_reply = clients_on_reply,
        .on_timer = clients_on_timer,
        .metrics = clients_metrics,
        .emits = clients_emits,
    },
    .summary = "users who send requests, at a rate or one after the other",
    .stands_for = "Everybody on the other side: arrivals that do not depend on how the system does (open), "
                  "evenly or with the waves, crowds and bursts of a day, "
                  "or a fixed number of users who each wait for the answer before they ask again (closed); "
                  "what they ask for and how patient they are.",
    .leaves_out = "What browsers keep and share among pages, users who move from one place to another.",
    .misleads = "Closed users slow down with the system and so hide overload: to find where a public site "
                "breaks, use arrivals. Retries without a pause make an overload worse, as they do in "
                "reality.",
    .params = &clients_params,
    .check = clients_check,
    .check_wired = clients_check_wired,
};
