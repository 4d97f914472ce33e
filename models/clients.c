/* clients.c - the users: when they send, what they ask for, how long they wait.
 *
 * Represented: open arrivals with gaps of any law, for users who do not wait for one another, at a rate that may
 * vary with time and come in bursts (load.h), or as they were recorded (clients_trace.h); or closed users who send, wait for the answer, think, and send again. Request classes (clients_requests.h). Timeouts and
 * retries. Latency counts from when the user meant to send, over all attempts.
 *
 * Closed users who are all alike and think for an exponential time are a crowd (arrivals.h): no memory, no
 * event, whatever their number. With another law, or with an identity, each of them is somebody: a ticker
 * while it thinks.
 *
 * A target with several instances is chosen by a hash of the request's number, as names with several
 * addresses are.
 * Left out: sessions, pages, regions, users who give up.
 *
 * Randomness: request n is numbered by a hash of n; with an identity, by a chain of hashes that begins with
 * the user. User, class and row are functions of that number ("choice", "keys"), and so is the pause before
 * it ("think", "first pause"). Streams: "arrivals" for open gaps, "thinking" for the crowd.
 * Cost: O(1) a request, O(log classes) for its class. Memory: a user who is somebody takes a request's room
 * and an event.
 */
#include "models/clients.h"

#include "models/arrivals.h"
#include "models/clients_trace.h"
#include "models/routing.h"
#include "sim/call.h"

/* Each has a request's room, of which a run has 2^24 in all. */
#define IDENTITIES_MAX 8000000

#define DAY_S 86400.0
#define RATE_MIN 1e-9 /* of arrivals, 1/s */
#define RATE_MAX 1e9

enum mode { MODE_OPEN, MODE_VARYING, MODE_TRACE, MODE_CROWD, MODE_IDENTITIES };

struct clients_shared {
    struct client_requests requests;
    struct link **targets;
    struct group *target;
    uint64_t users; /* how many different ones there are */
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
    PARAM_MAP(struct clients_config, requests, .default_text = "{}", .table = &client_request_params,
              .help = "Kinds of requests by name; without any there is one, called request."),
    PARAM_REFERENCE(struct clients_config, target, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "Where requests are sent; of several instances each gets its part, at random."),
    PARAM_END
};

static const struct param_table params = {
    .rows = rows, .size = sizeof(struct clients_config),
    .also = &call_params, .also_offset = offsetof(struct clients_config, call)
};

static const struct metric_row metrics[] = {
    { "thinking", "1", METRIC_LEVEL, offsetof(struct clients, thinking), 0,
      "Closed users between an answer and their next request." },
    { .name = NULL },
};
/* clang-format on */

/* ---- wiring ---- */

static enum mode mode_of(const struct clients_config *config)
{
    if (config->trace)
        return MODE_TRACE;
    if (!config->users)
        return config->load.count || config->bursts.count ? MODE_VARYING : MODE_OPEN;
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

static void clients_wire_group(struct group *group)
{
    const struct clients_config *config = group->config;
    struct clients_shared *shared = group->shared;
    struct group *target = sim_find_group(group->sim, config->target);
    struct call_policy policy = call_policy_of(&config->call);

    client_requests_init(&shared->requests, group, &config->requests);
    shared->targets = sim_link_all(group, target, &policy);
    shared->target = target;
    shared->users = (uint64_t)users_of(config);
    shared->number_key = rng_key(group->sim->seed, group->name, "request");
    shared->choice_key = rng_key(group->sim->seed, group->name, "choice");
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
    struct clients *clients = component_state(self);

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
    uint64_t user = rng_below(&choice, shared->users);

    send_request(self, number, user, choice);
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
    if (is_arrival)
        send_next(self);
}

/* ---- recorded ---- */

static __attribute__((noinline)) void send_record(struct component *self, const struct arrival_record *record)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);
    uint64_t user = rng_below(&choice, shared->users);
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
    sim_call(self, request, shared->targets[route_instance(shared->target, request, number)], 0);
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
    send_next(self);
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

        think(self, user, rng_hash(shared->number_key, user), has_memory ? rng_uniform(&rng) : 1.0);
    }
    amount_set(&clients->thinking, config->users, self->sim->now_ns);
}

static void identity_send(struct component *self, struct request *ticker)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = request_frame(ticker)->number, user = ticker->user;

    request_destroy(self->sim, ticker);
    amount_add(&clients->thinking, -1, self->sim->now_ns);
    send_request(self, number, user, rng_for_request(shared->choice_key, number));
}

/* ---- callbacks ---- */

static void clients_start(struct component *self)
{
    struct clients *clients = component_state(self);

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

static void clients_on_reply(struct component *self, struct request *request)
{
    struct clients *clients = component_state(self);
    uint64_t number = request_frame(request)->number, user = request->user;

    sim_finish(self, request, (enum outcome)request->outcome);
    if (clients->mode == MODE_CROWD) {
        crowd_set_alarm(self, clients->crowd.thinking + 1);
    } else if (clients->mode == MODE_IDENTITIES) {
        amount_add(&clients->thinking, 1, self->sim->now_ns);
        think(self, user, hash_key(number), 1.0);
    }
}

/* Apart, so that the short way of plain arrivals stays short. */
static __attribute__((noinline)) void tick_otherwise(struct component *self, struct request *ticker)
{
    switch (((struct clients *)component_state(self))->mode) {
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

static void clients_check(const void *data, struct param_problems *problems)
{
    const struct clients_config *config = data;

    check_source(config, problems);
    if (config->trace)
        trace_check(config->trace, &config->requests, problems);
    load_check(&config->load, problems);
    bursts_check(&config->bursts, problems);
    client_requests_check(&config->requests, problems);
}

static void clients_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct clients_config *config = group->config;
    const struct clients_shared *shared = group->shared;

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
    },
    .summary = "users who send requests, at a rate or one after the other",
    .stands_for = "Everybody on the other side: arrivals that do not depend on how the system does (open), "
                  "evenly or with the waves, crowds and bursts of a day, "
                  "or a fixed number of users who each wait for the answer before they ask again (closed); "
                  "what they ask for and how patient they are.",
    .leaves_out = "Sessions, pages of many requests, where users are, users "
                  "who give up for good.",
    .misleads = "Closed users slow down with the system and so hide overload: to find where a public site "
                "breaks, use arrivals. Retries without a pause make an overload worse, as they do in "
                "reality.",
    .params = &params,
    .check = clients_check,
    .check_wired = clients_check_wired,
};
