/* replication.c - a database with replicas, as callers see it: whom each request is sent to. See
 * replication.h.
 *
 * Writes go to the primary. Reads are spread over the replicas that serve, by the request's number; one that
 * meets a node that is down is sent to the next, and to the primary when there is no other. The library is in
 * the caller, so the choice takes no time and the message has paid its way when it is here; the node's answer
 * pays for the way back. While a new primary is made, writes are refused. Where nodes stand in several
 * regions, the message pays its way here, from its caller to the node: replica_regions.c.
 *
 * Cost: O(1) a request, and with read_your_writes a look into a table.
 */
#include "models/replication.h"

#include "models/environment.h"
#include "models/routing.h"
#include "sim/call.h"
#include "sim/cut.h"
#include "sim/fault.h"

struct replicated_shared {
    struct database_parts parts;
    struct duration apply_time;
    struct group *primaries, *replicas;
    struct link **primary_calls, **primary_streams, **replica_calls, **replica_streams;
};

/* clang-format off */
static const struct metric_row metrics[] = {
    { "reads.stale", "1", METRIC_COUNTER, offsetof(struct replicated, stale_reads), 0,
      "Reads that returned an older version than the primary had at that moment; with replicas." },
    { "reads.at_replicas", "1", METRIC_COUNTER, offsetof(struct replicated, replica_reads), 0,
      "Reads sent to replicas." },
    { "reads.at_primary", "1", METRIC_COUNTER, offsetof(struct replicated, primary_reads), 0,
      "Reads sent to the primary." },
    { "reads.sent_again", "1", METRIC_COUNTER, offsetof(struct replicated, fallback_reads), 0,
      "Reads that met a node that was down and were sent to another one." },
    { "reads.of_own_writes", "1", METRIC_COUNTER, offsetof(struct replicated, own_reads), 0,
      "Reads that went to the primary, or waited, because their replica did not have the user's last "
      "write." },
    { "writes.without_copies", "1", METRIC_COUNTER, offsetof(struct replicated, lone_writes), 0,
      "Writes acknowledged without the replicas that should have had them, which did not answer in time." },
    { "writes.lost", "1", METRIC_COUNTER, offsetof(struct replicated, lost), 0,
      "Acknowledged writes that neither the new primary nor any node that was up had; in mode quorum, that no "
      "copy has." },
    { "writes.lost_split_brain", "1", METRIC_COUNTER, offsetof(struct replicated, split_brain), 0,
      "Writes that a primary without fencing acknowledged while another one had its place, and that were "
      "taken back when the network was whole again." },
    { "writes.recovered", "1", METRIC_COUNTER, offsetof(struct replicated, replayed), 0,
      "Lost writes that a script brought back from the old primary." },
    { "writes.conflicting", "1", METRIC_COUNTER, offsetof(struct replicated, conflicts), 0,
      "Lost writes that the script left out, as the row had been written at the new primary since." },
    { "failovers", "1", METRIC_COUNTER, offsetof(struct replicated, failovers), 0,
      "Replicas that became the primary." },
    { "replacements", "1", METRIC_COUNTER, offsetof(struct replicated, seeds), 0,
      "Nodes that were filled anew with all rows." },
    { 0 },
};
/* clang-format on */

/* What can happen in this run. */
static bool replicated_emits(const struct group *group, const struct metric_row *metric)
{
    const struct replication_config *config = &((const struct database_config *)group->config)->replication;
    const struct replicated_shared *shared = group->shared;
    bool may_be_cut = group_may_be_cut(shared->primaries) || group_may_be_cut(shared->replicas);
    bool may_crash = group_may_crash(shared->primaries) || group_may_crash(shared->replicas) || may_be_cut;

    if (metric->offset == offsetof(struct replicated, seeds))
        return may_crash;
    if (metric->offset == offsetof(struct replicated, split_brain))
        return may_be_cut && config->failover && !config->failover->fencing;
    if (metric->offset == offsetof(struct replicated, replayed) ||
        metric->offset == offsetof(struct replicated, conflicts))
        return may_crash && config->failover && config->failover->old_primary == OLD_PRIMARY_REPLAYS;
    if (metric->offset >= offsetof(struct replicated, lost) ||
        metric->offset == offsetof(struct replicated, fallback_reads))
        return may_crash;
    if (metric->offset == offsetof(struct replicated, own_reads))
        return config->read_your_writes != OWN_WRITES_MAY_BE_MISSING;
    if (metric->offset == offsetof(struct replicated, lone_writes))
        return config->mode != REPLICATION_ASYNCHRONOUS;
    return true;
}

/* ---- wiring ---- */

void replication_set_parts(struct group *sets, const struct database_parts *parts)
{
    struct replicated_shared *shared = sets->shared;

    SIM_ASSERT(sets->sim, sets->instances[0], sets->type == &replicated_database_model.component);
    shared->parts = *parts;
}

static void replicated_wire_group(struct group *group)
{
    const struct database_config *config = group->config;
    struct replicated_shared *shared = group->shared;
    struct database_parts parts = shared->parts;

    shared->primaries =
        sim_add_part(group, &database_model.component, DATABASE_PART_PRIMARY, group->count, config);
    shared->replicas = sim_add_part(group, &database_model.component, DATABASE_PART_REPLICA,
                                    group->count * (uint32_t)config->replicas, config);
    shared->primaries->each = 1;
    shared->replicas->each = (uint32_t)config->replicas;
    parts.copy_of = true;
    database_set_parts(shared->primaries, &parts);
    parts.copies = (uint32_t)config->replicas;
    database_set_parts(shared->replicas, &parts);
    duration_init(&shared->apply_time, group, "apply", &config->replication.apply_time);
    if (replica_regions_are_set(group))
        return;
    shared->primary_calls = sim_link_all(group, shared->primaries, NULL);
    shared->replica_calls = sim_link_all(group, shared->replicas, NULL);
    shared->primary_streams = sim_link_all(group, shared->primaries, NULL);
    shared->replica_streams = sim_link_all(group, shared->replicas, NULL);
}

static void replicated_wire_callers(struct group *group)
{
    if (replica_regions_are_set(group))
        replica_regions_wire(group);
}

/* No links: their nodes stand in several regions. */
static void init_replica(struct replica *replica, struct replica_set *set, struct component *node,
                         struct link *const *calls, struct link *const *streams)
{
    struct database *db = component_state(node);

    replica->set = set;
    replica->node = node;
    replica->index = write_log_add_reader(&set->log);
    if (calls) {
        replica->call = calls[node->instance];
        replica->stream = streams[node->instance];
    }
    db->replica = replica;
}

static void replicated_wire(struct component *self)
{
    const struct database_config *config = self->group->config;
    const struct replicated_shared *shared = self->shared;
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;
    struct memory *memory = &self->sim->memory;
    uint32_t count = (uint32_t)config->replicas, first = self->instance * count;

    set->router = self;
    set->config = config;
    set->replication = &config->replication;
    set->apply_time = &shared->apply_time;
    set->count = count + 1;
    set->replicas = memory_alloc_array(memory, set->count, sizeof *set->replicas);
    set->readers = memory_alloc_array(memory, set->count, sizeof *set->readers);
    init_replica(&set->replicas[0], set, shared->primaries->instances[self->instance],
                 shared->primary_calls, shared->primary_streams);
    for (uint32_t i = 0; i < count; i++)
        init_replica(&set->replicas[i + 1], set, shared->replicas->instances[first + i],
                     shared->replica_calls, shared->replica_streams);
}

struct request *replica_set_clock(struct replica_set *set, enum replica_clock clock, uint32_t replica)
{
    struct request *ticker = sim_ticker(set->router);

    ticker->key = clock;
    ticker->user = replica;
    return ticker;
}

static void replicated_start(struct component *self)
{
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;

    set->shipper = replica_set_clock(set, CLOCK_SHIPPER, 0);
    set->sync_clock = replica_set_clock(set, CLOCK_SYNC, 0);
    set->promotion_clock = replica_set_clock(set, CLOCK_PROMOTION, 0);
    set->replay_clock = replica_set_clock(set, CLOCK_REPLAY, 0);
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (!set->regions)
            route_within_caller(replica->call);
        replica->log_wire.ticker = replica_set_clock(set, CLOCK_LOG, i);
        replica->ack_wire.ticker = replica_set_clock(set, CLOCK_ACKNOWLEDGEMENT, i);
        replica->detector = replica_set_clock(set, CLOCK_DETECTOR, i);
        replica->replacer = replica_set_clock(set, CLOCK_REPLACEMENT, i);
        replica->is_up = replica->serves = true;
        replica->follows = i > 0;
    }
    replica_set_choose_readers(set);
}

/* ---- a node's clocks ---- */

static void make_clocks(struct replica *replica)
{
    struct component *node = replica->node;

    replica->flusher = sim_ticker(node);
    replica->alarm = sim_ticker(node);
    for (uint32_t i = 0; i < replica->applier_count; i++) {
        replica->appliers[i].ticker = sim_ticker(node);
        replica->appliers[i].ticker->user = i;
    }
}

void replica_start(struct replica *replica)
{
    replica->applier_count = (uint32_t)replica->set->replication->apply_threads;
    replica->appliers =
        memory_alloc_array(&replica->node->sim->memory, replica->applier_count, sizeof *replica->appliers);
    make_clocks(replica);
}

static bool is_applier(const struct replica *replica, const struct request *ticker)
{
    return ticker->user < replica->applier_count && replica->appliers[ticker->user].ticker == ticker;
}

void replica_on_timer(struct replica *replica, struct request *ticker)
{
    if (ticker == replica->flusher) {
        replica_on_flushed(replica);
    } else if (ticker == replica->alarm) {
        replica->alarm_is_set = false;
        replica_apply(replica);
    } else if (replica_seed_is_clock(replica, ticker)) {
        replica_seed_on_clock(replica);
    } else if (is_applier(replica, ticker)) {
        replica_on_applier(replica, ticker);
    } else {
        replica_seed_on_read(replica, ticker);
    }
}

/* A write that nobody waits for any more, as its node has died. */
static void drop_commits(struct replica_set *set)
{
    set->commits = (struct request_line){ 0, 0 };
}

/* What the primary had not on disk is not in its rows either. */
static void take_back_tail(struct replica *replica)
{
    const struct database *db = replica_database(replica);
    uint64_t answered = replica->set->acknowledged;

    replica_take_back(replica, db->log.durable, db->log.next);
    replica->applied = replica->next = answered < db->log.durable ? answered : db->log.durable;
}

void replica_crash(struct replica *replica)
{
    replica->is_up = replica->serves = replica->flushes = replica->alarm_is_set = false;
    replica->was_cut_as_primary = replica->is_kept_out = false;
    replica_cut_stream(replica);
    replica_stop_applying(replica);
    if (replica_is_primary(replica)) {
        drop_commits(replica->set);
        take_back_tail(replica);
    }
    replica_seed_node_died(replica);
    failover_node_down(replica);
    replica_wake_readers(replica);
}

void replica_restart(struct replica *replica)
{
    make_clocks(replica);
    replica_end_split(replica);
    failover_node_up(replica);
}

const struct row_table *replica_rows_of_primary(const struct replica *replica)
{
    return &replica_database(replica_set_primary(replica->set))->rows;
}

/* ---- whom a request is sent to ---- */

static bool is_reader(const struct replica *replica)
{
    if (!replica->serves || replica->is_known_down)
        return false;
    return !replica_is_primary(replica) || replica->set->replication->reads == READS_AT_ALL ||
           replica->set->replication->reads == READS_AT_NEAREST;
}

/* One that has died is asked until the others know. */
void replica_set_choose_readers(struct replica_set *set)
{
    set->reader_count = 0;
    for (uint32_t i = 0; i < set->count && set->replication->reads != READS_AT_PRIMARY; i++)
        if (is_reader(&set->replicas[i]))
            set->readers[set->reader_count++] = i;
    if (set->regions)
        replica_regions_sort(set);
}

/* The reader of a request at its n-th attempt, from 0. */
static uint32_t choose(const struct replica_set *set, struct request *request, uint32_t attempt)
{
    uint32_t first;

    if (attempt >= set->reader_count)
        return set->primary;
    if (__builtin_expect(set->replication->reads == READS_AT_NEAREST, 0))
        return replica_regions_reader(set, request, attempt);
    first = set->reader_count == 1
                ? 0
                : (uint32_t)(rng_hash(request_frame(request)->number, set->reader_count) % set->reader_count);
    return set->readers[(first + attempt) % set->reader_count];
}

void replica_set_send(struct replica_set *set, struct request *request, uint32_t index)
{
    struct replicated *state = replicated_of(set);
    struct component *self = set->router;

    if (__builtin_expect(set->is_divided, 0) &&
        set->replicas[index].is_cut != replica_caller_is_cut(set, request)) {
        request_frame(request)->note = (uint8_t)index;
        replica_set_lose(set, request);
        return;
    }
    if (!database_writes(request)) {
        state->primary_reads += index == state->set.primary;
        state->replica_reads += index != state->set.primary;
    }
    request_frame(request)->note = (uint8_t)index;
    sim_call(self, request,
             __builtin_expect(set->regions != NULL, 0) ? replica_regions_way(set, request, index)
                                                       : set->replicas[index].call,
             0);
}

/* It comes back in on_timer when the replica has the write, or has died. */
static void wait_for_own_write(struct component *self, struct request *request, struct replica *replica,
                               uint64_t end)
{
    request->owner = self;
    request->service_ns = (int64_t)end;
    request_frame(request)->note = (uint8_t)replica->index;
    request_line_join(&replica->waiting, self->sim, request);
}

void replica_wake_readers(struct replica *replica)
{
    struct component *router = replica->set->router;
    struct sim *sim = router->sim;
    struct request_line all = request_line_take_all(&replica->waiting);
    struct request *request;

    while ((request = request_line_leave(&all, sim))) {
        if (replica->is_up && (uint64_t)request->service_ns > replica->applied) {
            wait_for_own_write(router, request, replica, (uint64_t)request->service_ns);
            continue;
        }
        request->resume = router->on_timer;
        sim_wake(sim, request);
    }
}

static void read_own(struct component *self, struct request *request, struct replica *replica)
{
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;
    uint64_t end = own_writes_find(&set->own_writes, request->user);

    if (end <= replica->applied || replica_is_primary(replica)) {
        replica_set_send(set, request, replica->index);
        return;
    }
    state->own_reads++;
    if (set->replication->read_your_writes == OWN_WRITES_WAIT && replica->is_up)
        wait_for_own_write(self, request, replica, end);
    else
        replica_set_send(set, request, set->primary);
}

static void read_from(struct component *self, struct request *request, uint32_t index)
{
    struct replicated *state = component_state(self);

    if (state->set.replication->read_your_writes == OWN_WRITES_MAY_BE_MISSING)
        replica_set_send(&state->set, request, index);
    else
        read_own(self, request, &state->set.replicas[index]);
}

static void replicated_on_request(struct component *self, struct request *request)
{
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;

    request_frame(request)->step = 0;
    if (__builtin_expect(set->is_divided, 0) && replica_caller_is_cut(set, request)) {
        replica_set_ask_within(set, request);
    } else if (!database_writes(request)) {
        read_from(self, request, choose(set, request, 0));
    } else if (set->elected) { /* the old primary, should it be back, is not let in */
        request->bytes = 0;
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
    } else {
        replica_set_send(set, request, set->primary);
    }
}

/* ---- answers ---- */

static uint64_t applied_everywhere(const struct replica_set *set)
{
    uint64_t applied = UINT64_MAX;

    for (uint32_t i = 0; i < set->count; i++)
        if (i != set->primary && set->replicas[i].applied < applied)
            applied = set->replicas[i].applied;
    return applied;
}

static void replicated_on_reply(struct component *self, struct request *request)
{
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;
    struct frame *frame = request_frame(request);

    if (request->top == 0) { /* the script's own */
        failover_on_replayed(set, request);
        return;
    }
    if (!database_writes(request) && node_has_died(request) && frame->step < set->reader_count &&
        !(set->is_divided && replica_caller_is_cut(set, request))) {
        state->fallback_reads++;
        frame->step++;
        read_from(self, request, choose(set, request, frame->step));
        return;
    }
    state->stale_reads += (request->flags & REQUEST_STALE) != 0;
    if (set->replication->read_your_writes != OWN_WRITES_MAY_BE_MISSING && database_writes(request) &&
        request->outcome == OUTCOME_OK)
        own_writes_note(&set->own_writes, &self->sim->memory, request->user,
                        (uint64_t)request->service_ns + 1, applied_everywhere(set));
    sim_reply(self, request, (enum outcome)request->outcome);
}

static void on_clock(struct replica_set *set, const struct request *ticker)
{
    struct replica *replica = &set->replicas[ticker->user];

    switch ((enum replica_clock)ticker->key) {
    case CLOCK_LOG:
        replica_on_log(replica);
        break;
    case CLOCK_ACKNOWLEDGEMENT:
        replica_on_acknowledgement(replica);
        break;
    case CLOCK_SHIPPER:
        replica_set_on_shipper(set);
        break;
    case CLOCK_SYNC:
        replica_set_on_sync_clock(set);
        break;
    case CLOCK_DETECTOR:
        failover_on_detector(replica);
        break;
    case CLOCK_PROMOTION:
        failover_on_promotion(set);
        break;
    case CLOCK_REPLACEMENT:
        failover_on_replacement(replica);
        break;
    case CLOCK_REPLAY:
        failover_replay_next(set);
        break;
    }
}

/* A clock, or a read that has waited for a write of its user. */
static void replicated_on_timer(struct component *self, struct request *request)
{
    struct replicated *state = component_state(self);
    struct replica_set *set = &state->set;
    uint32_t index = request_frame(request)->note;

    if (request->state == REQUEST_TICKER)
        on_clock(set, request);
    else
        replica_set_send(set, request, set->replicas[index].is_up ? index : set->primary);
}

static void replicated_on_network(struct component *self)
{
    struct replicated *state = component_state(self);

    replica_set_on_network(&state->set);
}

static struct activity replicated_activity(const struct component *self, const struct request *request)
{
    const struct replicated *state = component_state(self);

    (void)request;
    if (state->set.is_divided)
        return (struct activity){ "network that is cut", true };
    return (struct activity){ "own write on its way to the replica", true };
}

const struct model_type replicated_database_model = {
    .component = {
        .name = "replicated_database",
        .shared_size = sizeof(struct replicated_shared),
        .state_size = sizeof(struct replicated),
        .wire_group = replicated_wire_group,
        .wire = replicated_wire,
        .wire_callers = replicated_wire_callers,
        .start = replicated_start,
        .on_request = replicated_on_request,
        .on_reply = replicated_on_reply,
        .on_timer = replicated_on_timer,
        .on_network = replicated_on_network,
        .activity = replicated_activity,
        .metrics = metrics,
        .emits = replicated_emits,
    },
    .summary = "a database with replicas; what \"replicas\" of a database makes of it",
    .stands_for = "See database.",
    .leaves_out = "See database.",
    .misleads = "See database.",
    .roles = ROLE_STORE | ROLE_COPY,
    .crashes = true,
    .hidden = true,
    .part_name = database_part_name,
    .part_count = database_part_instances,
    .check_wired = database_check_wired,
};
