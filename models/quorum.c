/* quorum.c - a store of copies of which none leads, as callers see it: whom a request is sent to, and when it
 * is answered. See quorum.h.
 *
 * What goes to the copies are branches of a carrier, which holds the question and lives until the last of
 * them is back; the request itself waits, and has its answer as soon as enough of them are.
 */
#include "models/quorum.h"

#include "models/environment.h"
#include "models/routing.h"
#include "sim/call.h"
#include "sim/cut.h"
#include "sim/fault.h"

struct quorum_shared {
    struct database_parts parts;
    struct group *copies;
    struct link **near, **far;
};

/* clang-format off */
static const struct metric_row metrics[] = {
    { "reads.stale", "1", METRIC_COUNTER, offsetof(struct quorum, stale_reads), 0,
      "Reads whose answer lacked a write that had been acknowledged before they began." },
    { "reads.answered", "1", METRIC_COUNTER, offsetof(struct quorum, answered_reads), 0,
      "Reads that as many copies answered as they wanted." },
    { "reads.repaired", "1", METRIC_COUNTER, offsetof(struct quorum, repairs), 0,
      "Copies that a read found older than another one, and sent the newer version to." },
    { "reads.without_quorum", "1", METRIC_COUNTER, offsetof(struct quorum, refused_reads), 0,
      "Reads that failed as too few copies could answer." },
    { "writes.without_quorum", "1", METRIC_COUNTER, offsetof(struct quorum, refused_writes), 0,
      "Writes that failed as too few copies could take them; those that did keep them." },
    { "reads.sent_again", "1", METRIC_COUNTER, offsetof(struct quorum, sent_again), 0,
      "Reads that met a copy that was down and were sent to another one." },
    { "writes.lost", "1", METRIC_COUNTER, offsetof(struct quorum, lost), 0,
      "Acknowledged writes that no copy has." },
    { "hints.kept", "1", METRIC_COUNTER, offsetof(struct quorum, hints_kept), 0,
      "Writes that were kept for a copy that was down." },
    { "hints.delivered", "1", METRIC_COUNTER, offsetof(struct quorum, hints_delivered), 0,
      "Of those, brought to the copy when it was back." },
    { "hints.dropped", "1", METRIC_COUNTER, offsetof(struct quorum, hints_dropped), 0,
      "Writes that nobody kept for a copy, as it had been down for too long." },
    { "hints.waiting", "1", METRIC_LEVEL, offsetof(struct quorum, hints_waiting), 0,
      "Writes that are kept for copies." },
    { 0 },
};
/* clang-format on */

static bool quorum_emits(const struct group *group, const struct metric_row *metric)
{
    const struct quorum_shared *shared = group->shared;

    return metric->offset < offsetof(struct quorum, sent_again) || group_may_crash(shared->copies) ||
           group_may_be_cut(shared->copies);
}

uint32_t quorum_of(int64_t configured, uint32_t copies)
{
    return configured == QUORUM_MAJORITY ? copies / 2 + 1 : (uint32_t)configured;
}

/* ---- wiring ---- */

void quorum_set_parts(struct group *sets, const struct database_parts *parts)
{
    struct quorum_shared *shared = sets->shared;

    SIM_ASSERT(sets->sim, sets->instances[0], sets->type == &quorum_database_model.component);
    shared->parts = *parts;
}

static void quorum_wire_group(struct group *group)
{
    const struct database_config *config = group->config;
    struct quorum_shared *shared = group->shared;
    struct database_parts parts = shared->parts;

    parts.copies = (uint32_t)config->replicas + 1;
    parts.leaderless = parts.versions_given = true;
    shared->copies = sim_add_part(group, &database_model.component, DATABASE_PART_COPY,
                                  group->count * parts.copies, config);
    shared->copies->each = parts.copies;
    database_set_parts(shared->copies, &parts);
    shared->near = sim_link_all(group, shared->copies, NULL);
    shared->far = sim_link_all(group, shared->copies, NULL);
}

static void quorum_wire(struct component *self)
{
    const struct database_config *config = self->group->config;
    const struct quorum_shared *shared = self->shared;
    struct quorum *state = component_state(self);
    struct quorum_set *set = &state->set;

    set->router = self;
    set->config = config;
    set->versions_given = shared->parts.versions_given;
    set->private_rows = shared->parts.private_rows;
    set->count = (uint32_t)config->replicas + 1;
    set->copies = memory_alloc_array(&self->sim->memory, set->count, sizeof *set->copies);
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t node = self->instance * set->count + i;
        struct database *db = component_state(shared->copies->instances[node]);

        set->copies[i] = (struct quorum_copy){ .set = set,
                                               .node = shared->copies->instances[node],
                                               .near = shared->near[node],
                                               .far = shared->far[node],
                                               .index = i,
                                               .is_up = true };
        db->copy = &set->copies[i];
    }
}

static void quorum_start(struct component *self)
{
    struct quorum *state = component_state(self);

    for (uint32_t i = 0; i < state->set.count; i++) {
        struct quorum_copy *copy = &state->set.copies[i];

        route_within_caller(copy->near);
        copy->detector = sim_ticker(self);
        copy->detector->user = i;
        copy->courier = sim_ticker(self);
        copy->courier->user = i;
    }
}

/* ---- operations under way ---- */

static struct quorum_operation *open_operation(struct quorum_set *set)
{
    struct memory *memory = &set->router->sim->memory;
    uint32_t number = set->operation_count;

    if (set->free_count) {
        number = set->free[--set->free_count];
    } else if (number == set->operation_room) {
        set->operation_room = set->operation_room ? 2 * set->operation_room : 16;
        set->operations =
            memory_grow(memory, set->operations, set->operation_room * sizeof *set->operations);
        set->free = memory_grow(memory, set->free, set->operation_room * sizeof *set->free);
    }
    if (number == set->operation_count) {
        set->operations[number] = memory_alloc(memory, sizeof **set->operations +
                                                           set->count * sizeof(uint32_t));
        set->operation_count++;
    }
    *set->operations[number] = (struct quorum_operation){ .carrier = sim_ticker(set->router) };
    set->operations[number]->carrier->service_ns = number;
    return set->operations[number];
}

void quorum_close(struct quorum_set *set, struct quorum_operation *operation)
{
    set->free[set->free_count++] = (uint32_t)operation->carrier->service_ns;
    request_destroy(set->router->sim, operation->carrier);
    operation->carrier = NULL;
}

/* The carrier asks what the request does. */
static void take_question(struct request *carrier, struct request *request)
{
    carrier->key = request->key;
    carrier->user = request->user;
    carrier->data = request->data;
    carrier->request_class = request->request_class;
    carrier->operation = request->operation;
    carrier->priority = request->priority;
    carrier->bytes = request->bytes;
    carrier->rows = request->rows;
    carrier->query = request->query;
    request_frame(carrier)->number = request_frame(request)->number;
}

static uint32_t version_in(const struct row_table *table, const struct request *request)
{
    return row_table_look(table, row_id(request->data, request->key)).version;
}

/* Of two clocks that read the same the later write has the later version. */
static uint32_t next_version(struct quorum_set *set, const struct request *request)
{
    struct sim *sim = set->router->sim;
    uint64_t id = row_id(request->data, request->key);
    struct row_entry given = row_table_look(&set->given, id);
    uint32_t newest = row_version(sim, request->data, request->key), version;

    if (request->operation == OPERATION_APPLY || (set->versions_given && request->version))
        version = request->version;
    else
        version = (given.version > newest ? given.version : newest) + 1;
    row_table_raise_to(&set->given, &sim->memory, id, version);
    return version;
}

/* ---- to the copies ---- */

struct request *quorum_fork(struct quorum_operation *operation, const struct quorum_copy *copy,
                                enum quorum_errand errand)
{
    struct component *router = copy->set->router;
    struct request *branch =
        sim_fork(router, operation->carrier, copy->index + 1 + errand * (REPLICAS_MAX + 1));

    request_frame(branch)->step = (uint16_t)errand;
    request_frame(branch)->note = (uint8_t)copy->index;
    branch->version = 0;
    if (errand == ERRAND_ASKS) {
        operation->asked |= UINT64_C(1) << copy->index;
        operation->out++;
        branch->version = operation->writes ? operation->version : 0;
    }
    return branch;
}

void quorum_send(struct quorum_set *set, struct request *branch, uint32_t coordinator)
{
    const struct quorum_copy *copy = &set->copies[request_frame(branch)->note];

    sim_call(set->router, branch, copy->index == coordinator ? copy->near : copy->far, 0);
}

/* The next copy from the coordinator on that has not been asked and may be up; NULL: none. */
struct quorum_copy *quorum_find_unasked(struct quorum_set *set, const struct quorum_operation *operation)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct quorum_copy *copy = &set->copies[(operation->coordinator + i) % set->count];

        if (quorum_may_ask(copy, operation->side) && !(operation->asked >> copy->index & 1))
            return copy;
    }
    return NULL;
}

/* All at once, as the first answer may come before the last is asked. */
static void ask_copies(struct quorum_set *set, struct quorum_operation *operation, uint32_t wanted)
{
    struct request *branches[REPLICAS_MAX + 1];
    uint32_t count = 0, coordinator = operation->coordinator;
    struct quorum_copy *copy;

    while (count < wanted && (copy = quorum_find_unasked(set, operation)))
        branches[count++] = quorum_fork(operation, copy, ERRAND_ASKS);
    for (uint32_t i = 0; i < count; i++)
        quorum_send(set, branches[i], coordinator);
}

/* Whoever is up, the first from where the request's number points. */
static struct quorum_copy *find_coordinator(struct quorum_set *set, struct request *request, uint64_t side)
{
    uint32_t first = (uint32_t)(rng_hash(request_frame(request)->number, set->count) % set->count);

    for (uint32_t i = 0; i < set->count; i++) {
        struct quorum_copy *copy = &set->copies[(first + i) % set->count];

        if (copy->is_up && quorum_may_ask(copy, side))
            return copy;
    }
    return NULL;
}

static uint32_t count_reachable(const struct quorum_set *set, uint64_t side)
{
    uint32_t reachable = 0;

    for (uint32_t i = 0; i < set->count; i++)
        reachable += quorum_may_ask(&set->copies[i], side);
    return reachable;
}

void quorum_count_failure(struct quorum_set *set, bool writes)
{
    struct quorum *state = quorum_of_set(set);

    state->refused_writes += writes;
    state->refused_reads += !writes;
}

/* By what the coordinator has: a row that is not there is written; of one that is there a further one is
 * made, under a number of its own. */
static void choose_insert(struct quorum_set *set, struct quorum_operation *operation)
{
    struct component *node = set->copies[operation->coordinator].node;

    if (database_has_row(node, operation->carrier->data, operation->carrier->key))
        operation->is_tracked = false;
    else
        operation->carrier->operation = OPERATION_PUT;
}

static void begin(struct quorum_set *set, struct request *request, uint32_t coordinator, uint64_t side,
                  uint32_t needed)
{
    const struct quorum_config *quorum = &set->config->replication.quorum;
    struct quorum_operation *operation = open_operation(set);

    take_question(operation->carrier, request);
    operation->request = request;
    operation->coordinator = coordinator;
    operation->side = side;
    operation->needed = needed;
    operation->outcome = OUTCOME_NOT_FOUND;
    operation->writes = database_writes(request);
    operation->is_tracked = request->data && !set->private_rows;
    request->resume = NULL; /* nothing is scheduled for it until it has its answer */
    if (operation->writes) {
        if (request->operation == OPERATION_INSERT && request->data)
            choose_insert(set, operation);
        if (operation->is_tracked)
            operation->version = next_version(set, request);
        for (uint32_t i = 0; i < set->count; i++)
            if (!quorum_may_ask(&set->copies[i], side))
                quorum_keep_hint(&set->copies[i], operation);
        ask_copies(set, operation, set->count);
    } else {
        if (operation->is_tracked)
            operation->expected = version_in(&set->acknowledged, request);
        ask_copies(set, operation, quorum->asks == QUORUM_ASKS_ALL ? set->count : needed);
    }
}

static void quorum_on_request(struct component *self, struct request *request)
{
    struct quorum *state = component_state(self);
    struct quorum_set *set = &state->set;
    const struct quorum_config *quorum = &set->config->replication.quorum;
    bool writes = database_writes(request);
    uint32_t needed = quorum_of(writes ? quorum->write : quorum->read, set->count);
    uint64_t side = set->is_divided ? caller_side(self, request) : 0;
    const struct quorum_copy *coordinator = find_coordinator(set, request, side);

    request->flags &= (uint8_t) ~(REQUEST_STALE | REQUEST_ABSENT);
    if (coordinator && count_reachable(set, side) >= needed) {
        begin(set, request, coordinator->index, side, needed);
        return;
    }
    quorum_count_failure(set, writes);
    request->bytes = 0;
    request->version = 0;
    sim_reply(self, request, OUTCOME_UNAVAILABLE);
}

/* ---- callbacks ---- */

static void quorum_on_reply(struct component *self, struct request *branch)
{
    struct quorum *state = component_state(self);
    struct quorum_set *set = &state->set;
    struct frame *frame = request_frame(branch);
    const struct request *carrier;

    if (frame->step == ERRAND_BRINGS_HINT) {
        quorum_on_hint(&set->copies[frame->note], branch);
        return;
    }
    carrier = sim_request(self->sim, branch->parent);
    if (frame->step == ERRAND_ASKS)
        quorum_on_answer(set, set->operations[carrier->service_ns], branch);
    else if (sim_join(self, branch))
        quorum_close(set, set->operations[carrier->service_ns]);
}

static void quorum_on_timer(struct component *self, struct request *ticker)
{
    struct quorum *state = component_state(self);

    quorum_on_detector(&state->set.copies[ticker->user]);
}

static void quorum_hear_of_network(struct component *self)
{
    struct quorum *state = component_state(self);

    quorum_on_network(&state->set);
}

static struct activity quorum_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "answers of enough copies", true };
}

const struct model_type quorum_database_model = {
    .component = {
        .name = "quorum_database",
        .shared_size = sizeof(struct quorum_shared),
        .state_size = sizeof(struct quorum),
        .wire_group = quorum_wire_group,
        .wire = quorum_wire,
        .start = quorum_start,
        .on_request = quorum_on_request,
        .on_reply = quorum_on_reply,
        .on_timer = quorum_on_timer,
        .on_network = quorum_hear_of_network,
        .activity = quorum_activity,
        .metrics = metrics,
        .emits = quorum_emits,
    },
    .summary = "a database of copies of which none leads; what mode quorum of a database makes of it",
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
