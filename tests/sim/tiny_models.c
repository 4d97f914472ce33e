#include "tests/sim/tiny_models.h"

/* ---- source ---- */

struct tiny_source_shared {
    struct link **links;
    struct distribution gap;
    struct duration think;
    uint16_t class;
};

static void source_wire_group(struct group *group)
{
    const struct tiny_source_config *config = group->config;
    struct tiny_source_shared *shared = group->shared;

    if (config->target)
        shared->links = sim_link_all(group, sim_find_group(group->sim, config->target), &config->policy);
    shared->class = sim_add_class(group, "all");
    distribution_init(&shared->gap, &config->gap);
    duration_init(&shared->think, group, "think", &config->gap);
}

void tiny_source_send(struct component *self, uint64_t user)
{
    const struct tiny_source_config *config = self->group->config;
    const struct tiny_source_shared *shared = self->shared;
    struct tiny_source *source = component_state(self);
    uint32_t key = source->sent++;
    struct request *request =
        sim_start(self, rng_hash(rng_key(0, self->group->name, "request"), key), shared->class);

    request->key = key;
    request->user = user;
    request->data = 0;
    request->operation = OPERATION_READ;
    request->rows = 1;
    request->bytes = config->bytes;
    if (config->priorities)
        request->priority = config->priorities[key % config->priority_count];
    sim_call(self, request, shared->links[key % shared->links[0]->target->group->count], 0);
}

static void source_think(struct component *self, uint64_t user)
{
    const struct tiny_source_config *config = self->group->config;
    const struct tiny_source_shared *shared = self->shared;
    struct tiny_source *source = component_state(self);

    if (source->sent >= config->count)
        return;
    request_frame(source->users[user])->number++;
    sim_wait(self, source->users[user], &shared->think);
}

static void source_next(struct component *self)
{
    const struct tiny_source_config *config = self->group->config;
    const struct tiny_source_shared *shared = self->shared;
    struct tiny_source *source = component_state(self);

    if (source->sent >= config->count)
        return;
    if (config->dates_ns)
        sim_tick_at(self, source->ticker, config->dates_ns[source->sent]);
    else
        sim_tick_at(self, source->ticker,
                    self->sim->now_ns +
                        sim_time_from_ns(1e9 * distribution_sample(&shared->gap, &source->gaps)));
}

static void source_start(struct component *self)
{
    const struct tiny_source_config *config = self->group->config;
    struct tiny_source *source = component_state(self);

    if (!config->target || config->passive)
        return;
    rng_init(&source->gaps, self->sim->seed, self->group->name, "gaps");
    source->ticker = sim_ticker(self);
    if (!config->users) {
        source_next(self);
        return;
    }
    source->users = memory_alloc_array(&self->sim->memory, config->users, sizeof(struct request *));
    for (uint32_t user = 0; user < config->users; user++) {
        source->users[user] = sim_ticker(self);
        source->users[user]->user = user;
        request_frame(source->users[user])->number = (uint64_t)user << 32;
        source_think(self, user);
    }
}

static void source_on_timer(struct component *self, struct request *ticker)
{
    const struct tiny_source_config *config = self->group->config;

    if (config->users) {
        const struct tiny_source *source = component_state(self);

        if (source->sent < config->count) /* others have thought, too */
            tiny_source_send(self, ticker->user);
        return;
    }
    tiny_source_send(self, 0);
    source_next(self);
}

static void source_on_reply(struct component *self, struct request *request)
{
    const struct tiny_source_config *config = self->group->config;
    enum outcome outcome = (enum outcome)request->outcome;
    uint64_t user = request->user;

    if (config->ended)
        config->ended(config->argument, self, request, outcome);
    sim_finish(self, request, outcome);
    if (config->users)
        source_think(self, user);
}

const struct component_type tiny_source_type = {
    .name = "source",
    .is_source = true,
    .shared_size = sizeof(struct tiny_source_shared),
    .state_size = sizeof(struct tiny_source),
    .wire_group = source_wire_group,
    .start = source_start,
    .on_reply = source_on_reply,
    .on_timer = source_on_timer,
};

/* ---- server ---- */

enum { STEP_WAIT, STEP_WORK, STEP_CALLS };

struct tiny_server_shared {
    struct link **links;
    struct duration work;
};

static void server_wire_group(struct group *group)
{
    const struct tiny_server_config *config = group->config;
    struct tiny_server_shared *shared = group->shared;

    duration_init(&shared->work, group, "work", &config->work);
    if (config->target)
        shared->links = sim_link_all(group, sim_find_group(group->sim, config->target), &config->policy);
}

static void server_wire(struct component *self)
{
    const struct tiny_server_config *config = self->group->config;
    struct tiny_server *server = component_state(self);

    if (config->station.servers)
        station_init(&server->station, self, &config->station);
    if (config->card_bytes_per_s > 0.0) {
        pipe_init(&server->card, config->card_bytes_per_s);
        self->egress = &server->card;
        component_add_resource(
            self, (struct resource){ .name = "network", .kind = RESOURCE_PIPE, .of.pipe = &server->card });
    }
}

static void server_answer(struct component *self, struct request *request, enum outcome outcome)
{
    const struct tiny_server_config *config = self->group->config;
    struct tiny_server *server = component_state(self);

    if (config->silent)
        return;
    if (config->answer)
        outcome = config->answer(config->argument, self, request);
    request->bytes = config->reply_bytes;
    if (config->holds)
        station_release(&server->station, self);
    sim_reply(self, request, outcome);
}

/* One branch for each instance of the target. */
static void server_fan_out(struct component *self, struct request *request)
{
    const struct tiny_server_shared *shared = self->shared;
    uint32_t count = shared->links[0]->target->group->count;
    struct request *children[64];

    ck_assert_uint_le(count, 64);
    for (uint32_t i = 0; i < count; i++)
        children[i] = sim_fork(self, request, i + 1);
    for (uint32_t i = 0; i < count; i++)
        sim_call(self, children[i], shared->links[i], 0);
}

/* The next call, or the end. The step beyond STEP_CALLS counts the calls that were made. */
static void server_go_on(struct component *self, struct request *request, enum outcome outcome)
{
    const struct tiny_server_config *config = self->group->config;
    const struct tiny_server_shared *shared = self->shared;
    struct frame *frame = request_frame(request);

    if (!config->target || outcome != OUTCOME_OK) {
        server_answer(self, request, outcome);
    } else if (config->fans_out && frame->step != STEP_CALLS) {
        frame->step = STEP_CALLS;
        server_fan_out(self, request);
    } else if (!config->fans_out && (uint32_t)(frame->step - STEP_CALLS) < config->calls) {
        frame->step++;
        request->bytes = config->call_sizes ? config->call_sizes[request->key] : config->call_bytes;
        sim_call(self, request, shared->links[0], config->same_place ? 0 : (uint32_t)frame->step);
    } else {
        server_answer(self, request, outcome);
    }
}

static int64_t work_ns(const struct component *self, struct request *request)
{
    const struct tiny_server_config *config = self->group->config;
    const struct tiny_server_shared *shared = self->shared;

    return config->works_ns ? config->works_ns[request->key]
                            : duration_sample(&shared->work, request_frame(request)->number);
}

static void server_work(struct component *self, struct request *request)
{
    const struct tiny_server_config *config = self->group->config;
    const struct tiny_server_shared *shared = self->shared;

    request_frame(request)->step = STEP_WORK;
    if (config->works_ns)
        sim_after(self, request, config->works_ns[request->key]);
    else
        sim_wait(self, request, &shared->work);
}

static bool is_instant(const struct tiny_server_config *config)
{
    return !config->works_ns && config->work.law == DISTRIBUTION_CONSTANT && config->work.mean == 0.0;
}

static void server_worked(struct component *self, struct request *request)
{
    request_frame(request)->step = STEP_CALLS;
    if (((const struct tiny_server_config *)self->group->config)->fans_out)
        request_frame(request)->step = STEP_WORK;
    server_go_on(self, request, OUTCOME_OK);
}

static void server_on_request(struct component *self, struct request *request)
{
    const struct tiny_server_config *config = self->group->config;
    struct tiny_server *server = component_state(self);

    if (config->saw)
        config->saw(config->argument, self, request);
    if (!config->station.servers) {
        if (is_instant(config))
            server_worked(self, request);
        else
            server_work(self, request);
    } else if (!config->holds) {
        request_frame(request)->step = STEP_WORK;
        if (!station_serve(&server->station, self, request, work_ns(self, request)))
            sim_reply(self, request, OUTCOME_REFUSED);
    } else {
        switch (station_acquire(&server->station, self, request)) {
        case STATION_HELD:
            server_work(self, request);
            break;
        case STATION_WAITING:
            break;
        case STATION_REFUSED:
            sim_reply(self, request, OUTCOME_REFUSED);
        }
    }
}

static void server_on_timer(struct component *self, struct request *request)
{
    if (request_frame(request)->step == STEP_WAIT)
        server_work(self, request);
    else
        server_worked(self, request);
}

static void server_on_reply(struct component *self, struct request *request)
{
    const struct tiny_server_config *config = self->group->config;
    struct tiny_server *server = component_state(self);

    server->replies++;
    if (config->fans_out) {
        request = sim_join(self, request);
        if (request)
            server_answer(self, request, (enum outcome)request->outcome);
        return;
    }
    server_go_on(self, request, (enum outcome)request->outcome);
}

const struct component_type tiny_server_type = {
    .name = "server",
    .shared_size = sizeof(struct tiny_server_shared),
    .state_size = sizeof(struct tiny_server),
    .wire_group = server_wire_group,
    .wire = server_wire,
    .on_request = server_on_request,
    .on_reply = server_on_reply,
    .on_timer = server_on_timer,
};

/* ---- configurations and runs ---- */

struct distribution_config tiny_law(enum distribution_law law, double mean_s)
{
    struct distribution_config config = distribution_config_of(law);

    config.mean = mean_s;
    return config;
}

struct call_policy tiny_policy(int64_t timeout_ns, uint32_t retries)
{
    struct call_policy policy = CALL_POLICY_NONE;

    policy.timeout_ns = timeout_ns;
    policy.retries_max = retries;
    policy.backoff_max_ns = SIM_TIME_NEVER;
    return policy;
}

struct tiny_source_config tiny_source_of(const char *target, uint32_t count)
{
    return (struct tiny_source_config){ .target = target,
                                        .policy = CALL_POLICY_NONE,
                                        .count = count,
                                        .gap = tiny_law(DISTRIBUTION_EXPONENTIAL, 1.0),
                                        .bytes = 500 };
}

struct tiny_server_config tiny_server_of(struct distribution_config work)
{
    return (struct tiny_server_config){ .work = work,
                                        .station = { .name = "servers", .waiting_max = STATION_UNLIMITED },
                                        .policy = CALL_POLICY_NONE,
                                        .call_bytes = 500,
                                        .reply_bytes = 500 };
}

struct sim *tiny_pair(uint64_t seed, const struct tiny_source_config *source,
                      const struct tiny_server_config *server)
{
    struct sim *sim = tiny_sim(seed, NULL);

    tiny_add_source(sim, "source", source);
    tiny_add_server(sim, "server", 1, server);
    tiny_wire(sim);
    return sim;
}

struct sim *tiny_sim(uint64_t seed, const struct network *network)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    sim->network = network;
    return sim;
}

struct group *tiny_add_source(struct sim *sim, const char *name, const struct tiny_source_config *config)
{
    return sim_add_group(sim, &tiny_source_type, name, 1, config, &sim->sites[0]);
}

struct group *tiny_add_server(struct sim *sim, const char *name, uint32_t count,
                              const struct tiny_server_config *config)
{
    return sim_add_group(sim, &tiny_server_type, name, count, config, &sim->sites[0]);
}

struct network tiny_network(struct distribution_config latency)
{
    return (struct network){ .latency = latency, .has_latency = true, .path_stretch = 1.0 };
}

void tiny_wire(struct sim *sim)
{
    const struct group *cycle;

    ck_assert(sim_wire(sim, &cycle));
    sim_begin(sim);
}

void tiny_run_checked(struct sim *sim, int64_t end_ns, int steps)
{
    int64_t start_ns = sim->now_ns;

    for (int step = 1; step <= steps; step++) {
        ck_assert_int_eq(sim_run(sim, start_ns + (end_ns - start_ns) / steps * step), SIM_REACHED);
        ck_assert(sim_conserves(sim, stderr));
    }
}

struct tiny_server *tiny_server(const struct sim *sim, const char *name, uint32_t instance)
{
    return component_state(sim_find_group(sim, name)->instances[instance]);
}

/* ---- what came out ---- */

void tiny_record(void *argument, struct component *self, const struct request *request, enum outcome outcome)
{
    struct tiny_record *record = (struct tiny_record *)argument + request->key;

    record->ends++;
    record->end_ns = self->sim->now_ns;
    record->latency_ns = self->sim->now_ns - request->frames[0].entered_ns;
    record->outcome = outcome;
}

void tiny_means_init(struct tiny_means *means, uint64_t count, uint64_t skip)
{
    *means = (struct tiny_means){ .count_max = count, .skip = skip };
}

void tiny_means_add(struct tiny_means *means, double value)
{
    uint64_t per_batch = means->count_max / TINY_BATCHES;

    if (means->skip) {
        means->skip--;
        return;
    }
    if (means->count < per_batch * TINY_BATCHES)
        means->sums[means->count++ / per_batch] += value;
}

/* A run that ended early would have empty batches. */
static double batch_mean(const struct tiny_means *means, int batch)
{
    uint64_t per_batch = means->count_max / TINY_BATCHES;

    ck_assert_uint_eq(means->count, per_batch * TINY_BATCHES);
    return means->sums[batch] / (double)per_batch;
}

double tiny_mean(const struct tiny_means *means)
{
    double sum = 0.0;

    for (int i = 0; i < TINY_BATCHES; i++)
        sum += batch_mean(means, i);
    return sum / TINY_BATCHES;
}

double tiny_error(const struct tiny_means *means)
{
    double mean = tiny_mean(means), squares = 0.0;

    for (int i = 0; i < TINY_BATCHES; i++)
        squares += (batch_mean(means, i) - mean) * (batch_mean(means, i) - mean);
    return sqrt(squares / (TINY_BATCHES - 1) / TINY_BATCHES);
}

double tiny_deviations(const struct tiny_means *means, double expected)
{
    return fabs(tiny_mean(means) - expected) / tiny_error(means);
}

void tiny_mean_latency(void *argument, struct component *self, const struct request *request,
                       enum outcome outcome)
{
    if (outcome == OUTCOME_OK)
        tiny_means_add(argument, (double)(self->sim->now_ns - request->frames[0].entered_ns) * 1e-9);
}
