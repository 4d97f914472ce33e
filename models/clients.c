/* clients.c - the users: when they send, what they ask for, how long they wait.
 *
 * Represented: open arrivals with gaps of any law, for users who do not wait for one another, at a rate that may
 * vary with time and come in bursts (load.h), or as they were recorded (clients_trace.h); or closed
 * users who send, wait for the answer, think, and send again. Request classes (clients_requests.h). Timeouts and
 * retries. Latency counts from when the user meant to send, over all attempts.
 *
 * Closed users who are all alike and think for an exponential time are a crowd (arrivals.h): no memory, no
 * event, whatever their number. With another law, or with an identity, each of them is somebody: a ticker
 * while it thinks.
 *
 * Pages: a request whose class has assets is a page; when it is answered its assets are fetched together, over the
 * same way or from a target of their own, and its latency ends with the last of them. An asset that fails
 * leaves the page incomplete. Sessions (sessions.h): arrivals are then users who look at several pages. Patience: a user
 * leaves when a page is not answered in time; what was called goes on working, as after a timeout.
 *
 * Users in several regions are parts of the component, each a source in its own region with its share of them all.
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
#include "models/clients.h"

#include <math.h>
#include <string.h>

#include "models/arrivals.h"
#include "models/clients_trace.h"
#include "models/routing.h"
#include "sim/call.h"

/* Each has a request's room, of which a run has 2^24 in all. */
#define IDENTITIES_MAX 8000000

#define DAY_S 86400.0
#define RATE_MIN 1e-9 /* of arrivals, 1/s */
#define RATE_MAX 1e9

enum mode { MODE_OPEN, MODE_VARYING, MODE_TRACE, MODE_CROWD, MODE_IDENTITIES, MODE_IN_REGIONS };

struct clients_shared {
    struct client_requests requests;
    struct link **targets;
    struct group *target;
    struct link **asset_targets;
    struct group *asset_target;
    struct duration patience;
    bool has_patience;
    uint64_t users; /* how many different ones there are, */
    uint64_t user_first; /* from this one on */
    uint64_t number_key, choice_key;
};

struct clients {
    enum mode mode;
    uint64_t sent;
    struct request *ticker; /* open: the next arrival; crowd: the next end of a pause */
    struct arrivals arrivals;
    struct varying_arrivals *varying; /* NULL: at an even rate */
    struct trace_player trace;
    struct lane *lane; /* of the next arrival, NULL: it goes to the pending events */
    struct crowd crowd;
    uint32_t alarm; /* timer of the crowd, 0: nobody thinks */
    struct duration think_time;
    struct amount thinking;

    struct sessions *sessions; /* NULL: there are none */
    const struct client_request *login; /* NULL: sessions begin with a page */
    struct request *session_ticker;
    uint32_t session_alarm; /* timer, 0: nobody thinks */
    struct amount browsing;
    uint64_t sessions_started, sessions_completed, sessions_left, sessions_back;
    uint64_t gave_up, pages_incomplete, assets, assets_failed;
};

/* ---- tables ---- */

/* clang-format off */
static const struct param_row daily_rows[] = {
    PARAM_COUNT(struct daily_config, users, .min = 1, .max = 1e12, .help = "Different users who come on a day."),
    PARAM_REAL(struct daily_config, requests_each, .min = 0, .min_exclusive = true, .max = 1e9,
               .help = "Requests that each of them sends on that day, in the mean."),
    PARAM_REAL(struct daily_config, peak_factor, .default_text = "1", .min = 1, .max = 1e3,
               .help = "The busiest time over the mean of the day: the rate is users x requests_each / 86400 s x "
                       "this. Leave it out where `load` makes the peak."),
    PARAM_END
};

static const struct param_row region_rows[] = {
    PARAM_FRACTION(struct clients_region, share, .max = 1, .help = "Part of all users who are there."),
    PARAM_END
};

static const struct param_table region_params = { .rows = region_rows, .size = sizeof(struct clients_region),
                                                  .help = "users of one region" };

static const struct param_table daily_params = { .rows = daily_rows, .size = sizeof(struct daily_config),
                                                 .help = "load as users a day" };

static const struct param_row rows[] = {
    PARAM_RATE(struct clients_config, arrivals, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
               .min = RATE_MIN, .max = RATE_MAX,
               .help = "Requests that come whatever happened to earlier ones; give this, `daily` or `users`."),
    PARAM_OPTIONAL(struct clients_config, daily, struct daily_config, .default_text = "\"none\"", .word = "none",
                   .table = &daily_params, .help = "The same as users a day and requests of each."),
    PARAM_ARRIVAL_TRACE(struct clients_config, trace, .default_text = "\"none\"", .word = "none",
                        .help = "Arrivals as they were recorded, in a CSV file beside the scenario with a line for "
                                "each and the columns time (s), user, key, class, size (bytes); all but time may be "
                                "missing or empty and are drawn then."),
    PARAM_LIST(struct clients_config, load, .default_text = "[]", .max = 16, .table = &load_params,
               .help = "Factors by which the rate of arrivals changes with time; several are multiplied."),
    PARAM_LIST(struct clients_config, bursts, .default_text = "[]", .max = 64, .table = &burst_params,
               .help = "States between which the rate of arrivals jumps at random, each lasting an exponential "
                       "time; with exponential gaps that is a Markov-modulated Poisson process."),
    PARAM_CHOICE(struct clients_config, gap_law, .default_text = "\"exponential\"",
                 .choices = gap_law_choices, .help = "Law of the time between two arrivals."),
    PARAM_REAL(struct clients_config, gap_cv, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
               .min = 1e-6, .max = 1e3,
               .help = "Standard deviation of a gap over its mean, for laws that have one to choose."),
    PARAM_COUNT(struct clients_config, population, .default_text = "1000000", .min = 1, .max = 1e15,
                .help = "How many different users the arrivals come from, all equally often."),
    PARAM_COUNT(struct clients_config, users, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
                .min = 1, .max = 4e9,
                .help = "Users who send a request only when the last one is answered and they have thought."),
    PARAM_DISTRIBUTION(struct clients_config, think_time,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"7s\" }",
                       .help = "Pause of one of `users` between an answer and the next request.",
                       .source = "TPC Benchmark W, 2002: exponential, mean 7 s (from memory)"),
    PARAM_BOOL(struct clients_config, identity, .default_text = "false",
               .help = "Whether each of `users` keeps a number of its own; that takes memory for each."),
    PARAM_MAP(struct clients_config, regions, .default_text = "{}", .max = 32, .table = &region_params,
              .help = "Where the users are, by regions of the network; each is measured as a part of its own. The shares "
                      "add up to 100 %."),
    PARAM_OPTIONAL(struct clients_config, session, struct session_config, .default_text = "\"none\"", .word = "none",
                   .table = &session_params,
                   .help = "What each arrival does: a session of several pages. The rate is then that of sessions, and "
                           "so are the requests_each of `daily`."),
    PARAM_DISTRIBUTION(struct clients_config, patience, .default_text = "\"never\"", .word = "never", .word_value = 0.0,
                       .min = 0, .min_exclusive = true, .max = 1e9,
                       .help = "How long a user waits for the answer before leaving; what was called goes on "
                               "working. It counts as a timeout, and ends a session."),
    PARAM_MAP(struct clients_config, requests, .default_text = "{}", .table = &client_request_params,
              .help = "Kinds of requests by name; without any there is one, called request."),
    PARAM_REFERENCE(struct clients_config, target, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "Where requests are sent; of several instances each gets its part, at random."),
    PARAM_REFERENCE(struct clients_config, asset_target, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "Where assets are fetched from, such as a CDN; none: from `target`."),
    PARAM_END
};

static const struct param_table params = {
    .rows = rows, .size = sizeof(struct clients_config),
    .also = &call_params, .also_offset = offsetof(struct clients_config, call)
};

static const struct metric_row metrics[] = {
    { "thinking", "1", METRIC_LEVEL, offsetof(struct clients, thinking), 0,
      "Closed users between an answer and their next request." },
    { "sessions.started", "1", METRIC_COUNTER, offsetof(struct clients, sessions_started), 0,
      "Sessions that began." },
    { "sessions.completed", "1", METRIC_COUNTER, offsetof(struct clients, sessions_completed), 0,
      "Sessions whose user saw all pages that were wanted." },
    { "sessions.left", "1", METRIC_COUNTER, offsetof(struct clients, sessions_left), 0,
      "Sessions that ended early, because a page failed or took too long." },
    { "sessions.came_back", "1", METRIC_COUNTER, offsetof(struct clients, sessions_back), 0,
      "Sessions of users who have come back, among those that began." },
    { "browsing", "1", METRIC_LEVEL, offsetof(struct clients, browsing), 0,
      "Sessions that have begun and not ended." },
    { "gave_up", "1", METRIC_COUNTER, offsetof(struct clients, gave_up), 0,
      "Requests that were not answered before the user's patience ended; among the failures they are timeouts." },
    { "pages.incomplete", "1", METRIC_COUNTER, offsetof(struct clients, pages_incomplete), 0,
      "Pages that were answered and lacked an asset." },
    { "assets.fetched", "1", METRIC_COUNTER, offsetof(struct clients, assets), 0,
      "Assets of pages that were asked for." },
    { "assets.failed", "1", METRIC_COUNTER, offsetof(struct clients, assets_failed), 0,
      "Those of them that did not come." },
    { .name = NULL },
};
/* clang-format on */

/* ---- wiring ---- */

static bool has_patience(const struct clients_config *config)
{
    return config->patience.law != DISTRIBUTION_CONSTANT || config->patience.mean > 0.0;
}

static bool has_assets(const struct clients_config *config)
{
    const struct request_class_config *classes = config->requests.items;

    for (size_t i = 0; i < config->requests.count; i++)
        if (classes[i].assets)
            return true;
    return false;
}

/* Figures of what the configuration does not have are not printed. */
static bool clients_emits(const struct group *group, const struct metric_row *metric)
{
    const struct clients_config *config = group->config;

    if (!strncmp(metric->name, "sessions.", 9) || !strcmp(metric->name, "browsing"))
        return config->session != NULL;
    if (!strcmp(metric->name, "gave_up"))
        return has_patience(config);
    if (!strncmp(metric->name, "pages.", 6) || !strncmp(metric->name, "assets.", 7))
        return has_assets(config);
    return true;
}

/* Requests at an even rate, each by itself: the short way. */
static bool is_plain(const struct clients_config *config)
{
    return !config->load.count && !config->bursts.count && !config->session && !has_patience(config) &&
           !has_assets(config);
}

static enum mode mode_of(const struct clients_config *config)
{
    if (config->trace)
        return MODE_TRACE;
    if (!config->users)
        return is_plain(config) ? MODE_OPEN : MODE_VARYING;
    return config->think_time.law == DISTRIBUTION_EXPONENTIAL && !config->identity ? MODE_CROWD
                                                                                   : MODE_IDENTITIES;
}

/* Of arrivals, 1/s; 0: there are none. Where `load` says so it is multiplied. */
static double rate_of(const struct clients_config *config)
{
    const struct daily_config *daily = config->daily;

    return daily ? (double)daily->users * daily->requests_each / DAY_S * daily->peak_factor : config->arrivals;
}

static int64_t users_of(const struct clients_config *config)
{
    if (config->users)
        return config->users;
    return config->daily ? config->daily->users : config->population;
}

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
    shared->asset_targets = shared->asset_target == target ? shared->targets
                                                           : sim_link_all(group, shared->asset_target, &policy);
    shared->has_patience = has_patience(config);
    if (shared->has_patience)
        duration_init(&shared->patience, group, "patience", &config->patience);
    shared->users = (uint64_t)users_of(config);
    shared->user_first = config->user_first;
    shared->number_key = rng_key(group->sim->seed, group->name, "request");
    shared->choice_key = rng_key(group->sim->seed, group->name, "choice");
}

static bool is_in_regions(const struct group *group)
{
    return ((const struct clients_config *)group->config)->regions.count > 0;
}

static bool is_region(const struct sim *sim, const char *name)
{
    for (uint32_t i = 0; sim->network && i < sim->network->site_count; i++)
        if (!strcmp(sim->network->sites[i].name, name))
            return true;
    return false;
}

/* The users of one region: those of numbers from `first` on, up to `end`. */
static void add_region(struct group *group, const struct clients_region *region, uint64_t first, uint64_t end)
{
    const struct clients_config *all = group->config;
    struct sim *sim = group->sim;
    struct clients_config *config = memory_alloc(&sim->memory, sizeof *config);
    struct site *site = group->site;

    *config = *all;
    config->regions = (struct param_list){ 0 };
    config->user_first = first;
    config->daily = NULL;
    config->arrivals = rate_of(all) * region->share;
    if (all->users)
        config->users = (int64_t)(end - first);
    config->population = (int64_t)(end > first ? end - first : 1);
    if (is_region(sim, region->name)) { /* else clients_check_wired() tells */
        site = sim_find_site(sim, region->name);
        if (!site)
            site = sim_add_site(sim, region->name);
    }
    sim_add_part_at(group, group->type, region->name, 1, config, site);
}

static void add_regions(struct group *group)
{
    const struct clients_config *config = group->config;
    const struct clients_region *regions = config->regions.items;
    double users = (double)users_of(config), sum = 0.0;
    uint64_t first = 0;

    for (size_t i = 0; i < config->regions.count; i++) {
        uint64_t end = (uint64_t)nearbyint((sum += regions[i].share) * users);

        if (config->users ? end > first : regions[i].share > 0.0)
            add_region(group, &regions[i], first, end);
        first = end;
    }
}

static void clients_wire_group(struct group *group)
{
    if (is_in_regions(group))
        add_regions(group);
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
        varying_arrivals_init(clients->varying, self->group, &gap, rate_of(config), &config->load,
                              &config->bursts);
    } else {
        arrivals_init(&clients->arrivals, self->group, config->gap_law, config->gap_cv, rate_of(config));
    }
    clients->lane = lanes_find(&self->sim->lanes, LANE_DELAY_OWN);
}

static void clients_wire(struct component *self)
{
    const struct clients_config *config = self->group->config;
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);

    clients->mode = MODE_IN_REGIONS;
    if (is_in_regions(self->group))
        return;
    if (config->session) {
        clients->sessions = memory_alloc(&self->sim->memory, sizeof *clients->sessions);
        sessions_init(clients->sessions, self->group, config->session);
        clients->login = config->session->login
                             ? &shared->requests.classes[client_requests_find(&config->requests, config->session->login) -
                                                         (const struct request_class_config *)config->requests.items]
                             : NULL;
    }
    clients->mode = mode_of(config);
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

static inline uint64_t draw_user(const struct clients_shared *shared, struct rng *choice)
{
    return shared->user_first + rng_below(choice, shared->users);
}

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

/* The next request of users who are all alike. */
static void send_next(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);
    uint64_t user = draw_user(shared, &choice);

    send_request(self, number, user, choice);
}

/* The same for all but plain arrivals: of that class (NULL: drawn), for users who may give up. pages_left and is_login are
 * of a session. */
static __attribute__((noinline)) void send_page(struct component *self, uint64_t number, uint64_t user,
                                                const struct client_request *class, uint16_t pages_left,
                                                bool is_login)
{
    const struct clients_shared *shared = self->shared;
    struct rng choice = rng_for_request(shared->choice_key, number);
    struct request *request;

    choice.counter = 1;
    if (!class)
        class = client_requests_choose(&shared->requests, &choice);
    request = start_request(self, number, user, class);
    request->key = class->data ? row_chooser_choose(&class->rows, number) : 0;
    request_frame(request)->step = pages_left;
    request_frame(request)->note = is_login;
    call_target(self, request);
}

/* The next request of users who are all alike. */
static void send_page_next(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);

    send_page(self, number, draw_user(shared, &choice), NULL, 0, false);
}

/* ---- pages ---- */

static const struct client_request *class_of(const struct component *self, const struct request *request)
{
    const struct clients_shared *shared = self->shared;

    return &shared->requests.classes[request->request_class - self->group->class_first];
}

/* The page has been answered: now what it shows. */
static void fetch_assets(struct component *self, struct request *page, const struct client_request *class)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    const struct client_request *asset = class->asset;
    uint32_t first = 0;

    for (uint32_t i = class->assets; i > 0; i--) { /* the list then begins with the first one */
        struct request *child = sim_fork(self, page, i);

        child->request_class = asset->index;
        child->priority = asset->priority;
        child->bytes = asset->bytes;
        child->operation = OPERATION_READ;
        child->rows = 1;
        child->data = asset->data;
        child->key = asset->data ? row_chooser_choose(&asset->rows, request_frame(child)->number) : 0;
        child->next = first;
        first = child->index;
    }
    clients->assets += class->assets;
    while (first) {
        struct request *child = sim_request(self->sim, first);

        first = child->next;
        sim_call(self, child,
                 shared->asset_targets[route_instance(shared->asset_target, child, request_frame(child)->number)], 0);
    }
}

/* ---- sessions ---- */

static void session_set_alarm(struct component *self)
{
    struct clients *clients = component_state(self);
    struct timers *timers = &self->sim->timers;
    struct event event;

    if (!clients->sessions->count)
        return; /* then it has just gone off */
    event = sim_event(self, clients->session_ticker, clients->sessions->heap[0].wake_ns);
    if (clients->session_alarm)
        timer_move(timers, clients->session_alarm, event);
    else
        clients->session_alarm = timer_start(timers, event);
}

/* Sets the alarm only where this one is the first now. */
static void session_keep(struct component *self, struct session session)
{
    struct clients *clients = component_state(self);

    sessions_push(clients->sessions, session);
    if (clients->sessions->heap[0].sequence == clients->sessions->sequence - 1)
        session_set_alarm(self);
}

static void session_begin(struct component *self, uint64_t number, uint64_t user)
{
    struct clients *clients = component_state(self);
    uint16_t pages = sessions_pages(clients->sessions, number);

    clients->sessions_started++;
    amount_add(&clients->browsing, 1, self->sim->now_ns);
    if (clients->login)
        send_page(self, number, user, clients->login, pages, true);
    else
        send_page(self, number, user, NULL, (uint16_t)(pages - 1), false);
}

/* Somebody comes who was not here before. */
static void session_arrive(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);

    session_begin(self, number, draw_user(shared, &choice));
}

static void session_end(struct component *self, uint64_t number, uint64_t user, bool has_failed)
{
    struct clients *clients = component_state(self);
    const struct sessions *sessions = clients->sessions;

    *(has_failed ? &clients->sessions_left : &clients->sessions_completed) += 1;
    amount_add(&clients->browsing, -1, self->sim->now_ns);
    if (!sessions_come_back(sessions, number, has_failed))
        return;
    session_keep(self, (struct session){ .wake_ns = self->sim->now_ns + duration_sample(&sessions->back_after, number),
                                         .number = number, .user = user, .phase = SESSION_AWAY });
}

/* Its page is there, or has failed. */
static void session_go_on(struct component *self, uint64_t number, uint64_t user, struct frame page, bool has_failed)
{
    struct clients *clients = component_state(self);
    const struct sessions *sessions = clients->sessions;

    if (has_failed && sessions_leave(sessions, number))
        session_end(self, number, user, true);
    else if (page.note) /* the login leads to the first page */
        send_page(self, hash_key(number), user, NULL, (uint16_t)(page.step - 1), false);
    else if (!page.step)
        session_end(self, number, user, has_failed);
    else
        session_keep(self,
                     (struct session){ .wake_ns = self->sim->now_ns + duration_sample(&sessions->think_time, number),
                                       .number = number, .user = user, .pages_left = page.step,
                                       .phase = SESSION_THINKS });
}

/* The first of those who think or are away. */
static void session_wake(struct component *self)
{
    struct clients *clients = component_state(self);
    struct session session = sessions_pop(clients->sessions);
    uint64_t number = hash_key(session.number);

    clients->session_alarm = 0; /* it has just gone off */
    session_set_alarm(self);
    if (session.phase == SESSION_AWAY) {
        clients->sessions_back++;
        session_begin(self, number, session.user);
    } else {
        send_page(self, number, session.user, NULL, (uint16_t)(session.pages_left - 1), false);
    }
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
        session_arrive(self);
    else
        send_page_next(self);
}

/* ---- recorded ---- */

static __attribute__((noinline)) void send_record(struct component *self, const struct arrival_record *record)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);
    uint64_t user = draw_user(shared, &choice);
    const struct client_request *class;
    struct request *request;

    choice.counter = 1;
    class = record->class == ARRIVAL_CLASS_DRAWN ? client_requests_choose(&shared->requests, &choice)
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

/* ---- closed: a crowd ---- */

/* One thinks more, or one less: the next pause ends at another date. */
static void crowd_set_alarm(struct component *self, uint64_t thinking)
{
    struct clients *clients = component_state(self);
    struct timers *timers = &self->sim->timers;
    int64_t date_ns = crowd_change(&clients->crowd, thinking, self->sim->now_ns);

    amount_set(&clients->thinking, (int64_t)thinking, self->sim->now_ns);
    if (date_ns == SIM_TIME_NEVER) {
        if (clients->alarm)
            timer_stop(timers, clients->alarm);
        clients->alarm = 0;
    } else if (clients->alarm) {
        timer_move(timers, clients->alarm, sim_event(self, clients->ticker, date_ns));
    } else {
        clients->alarm = timer_start(timers, sim_event(self, clients->ticker, date_ns));
    }
}

static void crowd_send(struct component *self)
{
    struct clients *clients = component_state(self);

    clients->alarm = 0; /* it has just gone off */
    crowd_sent(&clients->crowd);
    crowd_set_alarm(self, clients->crowd.thinking - 1);
    send_page_next(self);
}

/* ---- closed: users who are somebody ---- */

/* The user thinks, then sends the request of that number. */
static void think(struct component *self, uint64_t user, uint64_t number, double share_of_pause)
{
    struct clients *clients = component_state(self);
    struct request *ticker = sim_ticker(self);

    ticker->user = user;
    request_frame(ticker)->number = number;
    if (share_of_pause == 1.0)
        sim_wait(self, ticker, &clients->think_time);
    else
        sim_after(self, ticker,
                  (int64_t)((double)duration_sample(&clients->think_time, number) * share_of_pause));
}

/* All users begin somewhere in a pause; without that, constant pauses would keep them in step for ever.
 * What is left of an exponential one is as long as a whole one. */
static void begin_pauses(struct component *self)
{
    const struct clients_config *config = self->group->config;
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t begin_key = rng_key(self->sim->seed, self->group->name, "first pause");
    bool has_memory = config->think_time.law != DISTRIBUTION_EXPONENTIAL;

    for (uint64_t user = 0; user < shared->users; user++) {
        struct rng rng = rng_for_request(begin_key, user);

        think(self, shared->user_first + user, rng_hash(shared->number_key, user), has_memory ? rng_uniform(&rng) : 1.0);
    }
    amount_set(&clients->thinking, config->users, self->sim->now_ns);
}

static void identity_send(struct component *self, struct request *ticker)
{
    struct clients *clients = component_state(self);
    uint64_t number = request_frame(ticker)->number, user = ticker->user;

    request_destroy(self->sim, ticker);
    amount_add(&clients->thinking, -1, self->sim->now_ns);
    send_page(self, number, user, NULL, 0, false);
}

/* ---- callbacks ---- */

/* Links with limits of the user's own are not done with a message when it has arrived. */
static void take_time(const struct clients_shared *shared)
{
    for (uint32_t i = 0; i < shared->target->count; i++)
        shared->targets[i]->instant = false;
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
        begin_pauses(self);
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
        crowd_set_alarm(self, clients->crowd.thinking);
}

/* The user has the whole page, or none. */
static void page_ended(struct component *self, struct request *request)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    struct frame page = *request_frame(request);
    uint64_t number = page.number, user = request->user;
    enum outcome outcome = (enum outcome)request->outcome;

    clients->gave_up += outcome == OUTCOME_TIMEOUT && shared->has_patience;
    sim_finish(self, request, outcome);
    if (clients->sessions) {
        session_go_on(self, number, user, page, outcome != OUTCOME_OK);
    } else if (clients->mode == MODE_CROWD) {
        crowd_set_alarm(self, clients->crowd.thinking + 1);
    } else if (clients->mode == MODE_IDENTITIES) {
        amount_add(&clients->thinking, 1, self->sim->now_ns);
        think(self, user, hash_key(number), 1.0);
    }
}

static void asset_ended(struct component *self, struct request *asset)
{
    struct clients *clients = component_state(self);
    struct request *page;

    clients->assets_failed += asset->outcome != OUTCOME_OK;
    page = sim_join(self, asset);
    if (!page)
        return;
    clients->pages_incomplete += page->outcome != OUTCOME_OK;
    page->outcome = OUTCOME_OK; /* it has been answered */
    page_ended(self, page);
}

static __attribute__((noinline)) void reply_otherwise(struct component *self, struct request *request)
{
    const struct client_request *class;

    if (request->parent) {
        asset_ended(self, request);
        return;
    }
    class = class_of(self, request);
    if (class->assets && request->outcome == OUTCOME_OK)
        fetch_assets(self, request, class);
    else
        page_ended(self, request);
}

static void clients_on_reply(struct component *self, struct request *request)
{
    const struct clients *clients = component_state(self);

    if (clients->mode == MODE_OPEN)
        sim_finish(self, request, (enum outcome)request->outcome);
    else
        reply_otherwise(self, request);
}

/* Apart, so that the short way of plain arrivals stays short. */
static __attribute__((noinline)) void tick_otherwise(struct component *self, struct request *ticker)
{
    const struct clients *clients = component_state(self);

    if (ticker == clients->session_ticker) {
        session_wake(self);
        return;
    }
    switch (clients->mode) {
    case MODE_VARYING:
        varying_tick(self);
        break;
    case MODE_TRACE:
        trace_tick(self);
        break;
    case MODE_CROWD:
        crowd_send(self);
        break;
    default:
        identity_send(self, ticker);
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

/* ---- what can be wrong ---- */

static void check_source(const struct clients_config *config, struct param_problems *problems)
{
    char error[160];

    if (config->trace && (rate_of(config) > 0.0 || config->users))
        param_problem(problems, "", "give one of them, or make two components",
                      "has both a trace and %s", config->users ? "users" : config->daily ? "daily users" : "arrivals");
    else if (config->arrivals > 0.0 && config->daily)
        param_problem(problems, "", "give one of them, or make two components",
                      "has both arrivals and daily users");
    else if (rate_of(config) > 0.0 && config->users)
        param_problem(problems, "", "give one of them, or make two components",
                      config->daily ? "has both daily users and closed users" : "has both arrivals and users");
    else if (!(rate_of(config) > 0.0) && !config->users && !config->trace)
        param_problem(problems, "", "add arrivals (\"100/s\") or users (100)",
                      "has neither arrivals nor users");
    else if (rate_of(config) > RATE_MAX || (config->daily && rate_of(config) < RATE_MIN))
        param_problem(problems, "daily", NULL, "that makes %g requests/s; from %g to %g can be simulated",
                      rate_of(config), RATE_MIN, RATE_MAX);
    if (config->trace && (config->load.count || config->bursts.count))
        param_problem(problems, config->load.count ? "load" : "bursts", "give arrivals instead of the trace",
                      "recorded arrivals come when they came");
    else if (config->users && (config->load.count || config->bursts.count))
        param_problem(problems, config->load.count ? "load" : "bursts", "give arrivals instead of users",
                      "closed users send when they have been answered; only arrivals follow a load");
    if (!gap_law_check(config->gap_law, config->gap_cv, error, sizeof error))
        param_problem(problems, "gap_cv", NULL, "%s", error);
    if (mode_of(config) == MODE_IDENTITIES && config->users > IDENTITIES_MAX)
        param_problem(problems, "users",
                      "let them think for an exponential time, without identity: then they take no memory",
                      "at most %d users can each have a pause of their own", IDENTITIES_MAX);
}

static void check_visits(const struct clients_config *config, struct param_problems *problems)
{
    const struct session_config *session = config->session;

    if (session && (config->users || config->trace))
        param_problem(problems, "session", "give arrivals or daily users",
                      config->users ? "closed users never leave, and have no sessions"
                                    : "recorded arrivals come when they came, and have no sessions");
    if (session && session->login && !client_requests_find(&config->requests, session->login))
        param_problem(problems, "session.login", "name it in requests", "there is no class \"%s\" of requests",
                      session->login);
    if (has_patience(config) && (config->call.timeout != SIM_TIME_NEVER || config->call.retries))
        param_problem(problems, "patience", "leave out timeout and retries, or patience",
                      "a user who leaves after a time of their own neither has a fixed timeout nor asks again");
    if (config->asset_target && !has_assets(config))
        param_problem(problems, "asset_target", "give a class of requests its assets", "there are no assets to fetch");
}

static void check_regions(const struct clients_config *config, struct param_problems *problems)
{
    const struct clients_region *regions = config->regions.items;
    double sum = 0.0;

    for (size_t i = 0; i < config->regions.count; i++)
        sum += regions[i].share;
    if (config->regions.count && fabs(sum - 1.0) > 1e-9)
        param_problem(problems, "regions", NULL, "the shares add up to %.10g %%, not to 100 %%", 100.0 * sum);
    if (config->regions.count && config->trace)
        param_problem(problems, "regions", "make a component and a trace for each region",
                      "recorded arrivals cannot be spread over regions");
}

static void clients_check(const void *data, struct param_problems *problems)
{
    const struct clients_config *config = data;

    check_source(config, problems);
    if (config->trace)
        trace_check(config->trace, &config->requests, problems);
    load_check(&config->load, problems);
    bursts_check(&config->bursts, problems);
    check_visits(config, problems);
    check_regions(config, problems);
    client_requests_check(&config->requests, problems);
}

static void check_wired_regions(const struct group *group, struct param_problems *problems)
{
    const struct clients_config *config = group->config;
    const struct clients_region *regions = config->regions.items;
    char path[160];

    if (*group->site->name)
        param_problem(problems, "regions", "leave region out", "the users cannot be in a region and in several");
    for (size_t i = 0; i < config->regions.count; i++) {
        snprintf(path, sizeof path, "regions.%s", regions[i].name);
        if (!is_region(group->sim, regions[i].name))
            param_problem(problems, path, "name it in network.regions", "there is no region \"%s\"", regions[i].name);
    }
}

/* All regions ask for the same: the first stands for them. */
static const struct group *first_part(const struct group *group)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == group)
            return sim->groups[i];
    return group;
}

static void clients_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct clients_config *config = group->config;
    const struct clients_shared *shared = group->shared;

    if (is_in_regions(group)) {
        check_wired_regions(group, problems);
        shared = first_part(group)->shared;
    }
    client_requests_check_wired(&shared->requests, &config->requests, problems);
    if (config->trace)
        trace_check_wired(config->trace, &shared->requests, &config->requests, problems);
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
        .metrics = metrics,
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
    .params = &params,
    .check = clients_check,
    .check_wired = clients_check_wired,
};
