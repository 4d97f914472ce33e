/* sharded_database.c - a database cut into shards by key: who keeps what, and who is asked.
 *
 * Represented: each shard a node as in database.c, with a machine of its own; placement by modulo, consistent
 * hashing, ranges or a list (placement.h), of columns of the row, of its number, or of the user who asks
 * (shard_key.h); rows that are kept in several copies (a write goes to all of them, a read to one by the
 * number of the request) and rows that have a shard to themselves.
 * Left out: see the texts at the end. The choice is made by a library in the caller: it takes no time, and
 * the message pays its way once.
 *
 * A write of a copied row gets its version here, so that all copies agree about the order of writes; it fails
 * when any copy fails, and what the others have written stays.
 *
 * Randomness: the ring's places, from the seed of the run or a fixed one; which copy a read takes is a hash
 * of the number.
 * Cost: O(1) by modulo, O(log) on a ring, and O(log s) for s special rows. Memory: O(virtual nodes) and
 * O(copies).
 */
#include "models/sharded_state.h"

#include <stdlib.h>
#include <string.h>

#include "models/environment.h"
#include "models/replication.h"
#include "models/routing.h"

#define LOOK_UP_BYTES 200 /* of the question to a directory */

/* clang-format off */
static const struct metric_row metrics[] = {
    { "stale_reads", "1", METRIC_COUNTER, offsetof(struct sharded, stale_reads), 0,
      "Reads that met a copy which a write had not reached yet." },
    { "copied.reads", "1", METRIC_COUNTER, offsetof(struct sharded, copied_reads), 0,
      "Reads of rows that are kept in several copies." },
    { "copied.writes", "1", METRIC_COUNTER, offsetof(struct sharded, copied_writes), 0,
      "Writes that went to all copies of a row; each is a request at every one of them." },
    { "reshard.forwarded", "1", METRIC_COUNTER, offsetof(struct sharded, forwarded), 0,
      "Requests that asked a second shard, because the first did not have the row yet or any more." },
    { "reshard.double_reads", "1", METRIC_COUNTER, offsetof(struct sharded, double_reads), 0,
      "Reads that asked the old and the new shard of a row." },
    { "reshard.double_writes", "1", METRIC_COUNTER, offsetof(struct sharded, double_writes), 0,
      "Writes of rows that were on the way, which went to both shards." },
    { "split.queries", "1", METRIC_COUNTER, offsetof(struct sharded, split.queries), 0,
      "Queries that asked several shards for rows: joins, and rows found by a column." },
    { "split.parts", "1", METRIC_COUNTER, offsetof(struct sharded, split.parts), 0,
      "Questions to shards that these were made of, without those for the row of the key." },
    { "split.partial", "1", METRIC_COUNTER, offsetof(struct sharded, split.partial), 0,
      "Queries that were answered without what shards had which failed; where `partial` answers will do." },
    { "directory.kept", "1", METRIC_RATIO, offsetof(struct sharded, kept),
      offsetof(struct sharded, looked_up),
      "Share of the requests whose caller had kept where the value of the shard key is, and did not ask the "
      "directory; of one that is a server." },
    { 0 },
};
/* clang-format on */

/* What moving rows do to requests, only where they move; what joins and a directory do, likewise. */
static bool sharded_emits(const struct group *group, const struct metric_row *metric)
{
    const struct sharded_config *config = group->config;

    if (metric->offset == offsetof(struct sharded, split.partial))
        return queries_are_partial(group->sim);
    if (metric->offset == offsetof(struct sharded, kept))
        return config->directory_server;
    if (metric->offset >= offsetof(struct sharded, split))
        return queries_have_parts(group->sim);
    return config->reshard || metric->offset < offsetof(struct sharded, forwarded);
}

/* ---- who keeps what ---- */

static bool shard_holds(const void *context, uint32_t shard, uint16_t data, uint64_t row)
{
    const struct sharded_shared *shared = context;
    const struct special_row *special = sharded_special(shared, row);

    if (!special)
        return placement_home(&shared->placement, data, row) == shard;
    for (uint32_t i = 0; i < special->count; i++)
        if (special->shards[i] == shard)
            return true;
    return false;
}

double sharded_share(const void *context, uint32_t shard, uint16_t data)
{
    const struct sharded_shared *shared = context;

    if (shard >= shared->placement.shards) /* for one row alone */
        return 1 / shard_key_rows(&shared->key, data);
    return placement_share(&shared->placement, shared->by_user ? 0 : data, shard);
}

/* The numbers of new rows follow from those before, where these are in order. */
static bool shard_appends(const void *context, uint16_t data)
{
    const struct sharded_shared *shared = context;

    return placement_grows(&shared->placement, data);
}

/* The shard that is asked for a row which belongs to nobody. */
static uint32_t shard_of_row(const void *context, uint16_t data, uint64_t row, uint64_t number)
{
    const struct sharded_shared *shared = context;
    const struct special_row *special = sharded_special(shared, row);

    return special ? special_shard(special, number) : placement_home(&shared->placement, data, row);
}

/* Rows with one value in the column are on one shard. */
static bool is_shard_key(const void *context, uint16_t data, const char *column)
{
    const struct sharded_shared *shared = context;

    const struct data_key *key = &shared->key.data[data];

    return key->count == 1 && key->columns[0].config && !strcmp(key->columns[0].config->name, column);
}

/* While rows move, where they were and where they will be; special ones may be anywhere. */
static bool may_have(const void *context, uint16_t data, const char *column, uint64_t row, uint32_t shard)
{
    const struct sharded_shared *shared = context;

    if (shared->by_user || shared->special_count ||
        placement_may_have(&shared->placement, data, column, row, shard))
        return true;
    return shared->resharding && shared->resharding->begun &&
           placement_may_have(&shared->resharding->after, data, column, row, shard);
}

/* Parts have links of their own where they have a limit of time. */
static void make_split_router(struct group *group, struct group *part)
{
    const struct sharded_config *config = group->config;
    struct sharded_shared *shared = group->shared;
    struct call_policy policy = CALL_POLICY_NONE;
    struct link **links = shared->shards;

    policy.timeout_ns = config->part_timeout;
    if (config->part_timeout > 0 && config->part_timeout < INT64_MAX)
        links = sim_link_all(group, part, &policy);
    split_router_init(&shared->split, &group->sim->memory, links, part->count);
    shared->split.home = shard_of_row;
    shared->split.decides = is_shard_key;
    shared->split.may_have = may_have;
    shared->split.context = shared;
}

static void make_shards(struct group *group, uint32_t count)
{
    struct sharded_shared *shared = group->shared;
    const struct sharded_config *config = group->config;
    const struct component_type *type = &model_for(&database_model, &config->node)->component;
    struct group *part = sim_add_part(group, type, "shard", count, &config->node);
    struct database_parts parts = { .context = shared,
                                    .share = sharded_share,
                                    .appends = shard_appends,
                                    .versions_given = true,
                                    .private_rows = shared->by_user };

    if (!shared->by_user)
        parts.holds = shard_holds;
    if (shared->resharding)
        resharding_set_parts(shared->resharding, part, &parts);
    database_set_whole(part, &parts);
    shared->shards = sim_link_all(group, part, NULL);
    make_split_router(group, part);
    if (shared->resharding)
        shared->again = sim_link_all(group, part, NULL);
}

/* The placement of so many shards; before: that of another number of them, NULL: none. */
static void place(struct group *group, struct placement *placement, const struct placement *before,
                  uint32_t shards)
{
    const struct sharded_config *config = group->config;
    struct sharded_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;
    uint64_t seed = config->hash_seed == INT64_MAX ? rng_key(group->sim->seed, group->name, "ring")
                                                   : (uint64_t)config->hash_seed;

    if (config->placement == PLACEMENT_RANGE && before)
        placement_split_ranges(placement, before, shards);
    else if (config->placement == PLACEMENT_RANGE)
        placement_init_ranges(placement, memory, shards, &shared->key, &config->splits);
    else if (config->placement == PLACEMENT_DIRECTORY && before)
        placement_list_anew(placement, before, shards, &config->reshard->values);
    else if (config->placement == PLACEMENT_DIRECTORY)
        placement_init_directory(placement, memory, shards, &shared->key, &config->directory);
    else
        placement_init(placement, memory, (enum placement_kind)config->placement, shards,
                       (uint32_t)config->virtual_nodes, seed);
    if (!shard_key_is(&config->shard_key, SHARD_KEY_ROW) && !shared->by_user)
        placement_set_key(placement, &shared->key);
}

/* Returns how many shards there have to be from the start. */
static uint32_t plan_resharding(struct group *group)
{
    const struct sharded_config *config = group->config;
    struct sharded_shared *shared = group->shared;
    struct placement after;

    if (!config->reshard)
        return (uint32_t)config->shards;
    place(group, &after, &shared->placement, (uint32_t)config->reshard->shards);
    shared->resharding = resharding_make(group, config->reshard, &shared->placement, &after);
    return shared->resharding->node_count;
}

static void sharded_wire_group(struct group *group)
{
    const struct sharded_config *config = group->config;
    struct sharded_shared *shared = group->shared;

    shared->by_user = shard_key_is(&config->shard_key, SHARD_KEY_USER);
    shard_key_init(&shared->key, group->sim, &config->shard_key);
    place(group, &shared->placement, NULL, (uint32_t)config->shards);
    sharded_make_special(group);
    make_shards(group, plan_resharding(group) + (uint32_t)config->own_shard_rows.count);
    if (shared->resharding)
        resharding_add_mover(group, shared->resharding);
    if (config->directory_server)
        shared->directory = shard_directory_make(group, config->directory_server);
}

/* The library is in the caller: its message has paid its way when it is here, and the shard's answer pays for
 * the way back. */
static void sharded_start(struct component *self)
{
    const struct sharded_shared *shared = self->shared;
    const struct group *shards = shared->shards[0]->target->group;

    for (uint32_t i = 0; i < shards->count; i++) {
        route_within_caller(shared->shards[i]);
        route_within_caller(shared->split.links[i]);
    }
}

/* ---- requests ---- */

/* The value of the shard key that the request is about. */
static inline uint64_t value_of(const struct sharded_shared *shared, const struct request *request)
{
    return shard_key_value(&shared->key, request->data, request->key);
}

/* The shard that a request about an ordinary row goes to; one about no row goes to any. */
static uint32_t ordinary_shard(const struct sharded_shared *shared, const struct request *request)
{
    if (shared->by_user)
        return placement_home_of_user(&shared->placement, request->user);
    if (!request->data) {
        const struct placement *placement = shared->resharding && shared->resharding->begun
                                                ? &shared->resharding->after
                                                : &shared->placement;

        return (uint32_t)(hash_key(request->frames[request->top].number) % placement->shards);
    }
    return placement_home(&shared->placement, request->data, sharded_row_of(shared, request));
}

/* A query; false: it goes on to the shard of its row, maybe to come back for more. */
static bool is_sent_in_parts(struct component *self, struct request *request)
{
    struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);

    if (split_query_begin(self, request, &shared->split, &state->split) != SPLIT_AT_ONCE)
        return false;
    split_query_send(self, request, &shared->split, &state->split);
    return true;
}

/* Asks the directory first, in a branch, so that the request stays as it is. */
static void look_up(struct component *self, struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct request *branch = sim_fork(self, request, 1);

    request_frame(branch)->step = SHARDED_LOOKS_UP;
    branch->bytes = LOOK_UP_BYTES;
    sim_call(self, branch, shared->directory->link, 0);
}

static void go_on(struct component *self, struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);
    struct special_row *special =
        shared->by_user || !request->data ? NULL : sharded_special(shared, request->key);

    if (special && special->count > 1 && database_writes(request)) {
        sharded_write_all_copies(self, request, special);
        return;
    }
    if (shared->resharding && shared->resharding->begun && request->data) {
        sharded_ask_about_row(self, request);
        return;
    }
    if (database_writes(request) && !database_carries_version(request))
        request->version = 0; /* the next one */
    else if (!database_writes(request))
        state->copied_reads += special && special->count > 1;
    sim_call(self, request,
             shared->shards[special ? special_shard(special, request_frame(request)->number)
                                    : ordinary_shard(shared, request)],
             0);
}

/* The row of a join's key has come, or some of those joined to it. */
static void on_split_reply(struct component *self, struct request *request)
{
    struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);

    if (request_frame(request)->step == SPLIT_PART)
        request = split_query_join(self, request, &state->split);
    if (request && !split_query_go_on(self, request, &shared->split, &state->split))
        sharded_answer(self, request);
}

static void sharded_on_timer(struct component *self, struct request *request)
{
    struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);

    split_query_send(self, request, &shared->split, &state->split);
}

static void sharded_on_request(struct component *self, struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);

    if (__builtin_expect(request->query, 0) && is_sent_in_parts(self, request))
        return;
    if (__builtin_expect(!shared->directory || !request->data, 1)) {
        go_on(self, request);
    } else if (shard_directory_is_asked(shared->directory, request, value_of(shared, request),
                                        self->sim->now_ns)) {
        state->looked_up++;
        look_up(self, request);
    } else {
        state->kept++;
        go_on(self, request);
    }
}

/* The directory has answered, or not. */
static void has_looked_up(struct component *self, struct request *branch)
{
    const struct sharded_shared *shared = self->shared;
    struct request *request = sim_join(self, branch);

    if (request->outcome != OUTCOME_OK) {
        sharded_answer(self, request);
        return;
    }
    shard_directory_keep(shared->directory, request, value_of(shared, request), self->sim->now_ns);
    go_on(self, request);
}

static void sharded_on_reply(struct component *self, struct request *request)
{
    if (__builtin_expect(request_frame(request)->step == SHARDED_LOOKS_UP, 0)) {
        has_looked_up(self, request);
        return;
    }
    if (__builtin_expect((request_frame(request)->step & SPLIT_STEP_MASK) >= SPLIT_ROW, 0)) {
        on_split_reply(self, request);
        return;
    }
    if (request_frame(request)->step == SHARDED_BOTH) {
        sharded_one_of_both(self, request);
        return;
    }
    if (request_frame(request)->step == SHARDED_COPY) {
        uint32_t bytes = request->bytes;

        request = sim_join(self, request);
        if (!request)
            return;
        request->bytes = bytes;
        request->flags &= (uint8_t) ~(REQUEST_STALE | REQUEST_ABSENT);
    } else if (__builtin_expect(sharded_asked_in_vain(self, request), 0)) {
        sharded_ask_again(self, request);
        return;
    }
    sharded_answer(self, request);
}

/* Between the rows of a join and those of its next hop. */
static struct activity sharded_activity(const struct component *self, const struct request *request)
{
    bool is_split = (request->frames[request->top].step & SPLIT_STEP_MASK) >= SPLIT_ROW;

    (void)self;
    return (struct activity){ is_split ? "way of the next question" : NULL, false };
}

static bool sharded_conserves(const struct component *self, FILE *out)
{
    const struct sharded_shared *shared = self->shared;

    return !shared->resharding || resharding_conserves(shared->resharding, out);
}

static const struct model_type *const single_parts[] = { &resharding_model, NULL };

const struct model_type sharded_database_model = {
    .component = {
        .name = "sharded_database",
        .shared_size = sizeof(struct sharded_shared),
        .state_size = sizeof(struct sharded),
        .wire_group = sharded_wire_group,
        .start = sharded_start,
        .on_request = sharded_on_request,
        .on_reply = sharded_on_reply,
        .on_timer = sharded_on_timer,
        .activity = sharded_activity,
        .metrics = metrics,
        .emits = sharded_emits,
        .conserves = sharded_conserves,
    },
    .summary = "a database whose rows are spread over several machines by a key",
    .stands_for =
        "Application-level sharding: the caller's library computes from the shard key, which is columns of "
        "the row, its number, or the user, which database to ask. Each shard is a database with a machine of "
        "its own, or a primary with replicas; popular rows can be copied or given a shard each. Rows can "
        "move to another number of shards while requests go on, as by a script that copies them chunk by "
        "chunk. Rows that are looked for by a column which is not the shard key are asked for at all shards "
        "at once (scatter-gather), by the first column of ranges at those where its value lies. A join asks "
        "for its row and then, hop by hop, each shard that has some of the rows joined to it, or all where "
        "nobody knows; rows that lie on one shard are joined there. A directory may be a server that callers "
        "ask first.",
    .leaves_out =
        "Processor time of the library or of a proxy in its place; transactions over shards: a write that "
        "fails on one copy stays on the others; how callers learn which rows have moved; reads of rows that "
        "were inserted under the next number. The parts of a query leave and arrive together but for what "
        "shards make of them: a draw of the latency each time they are sent, not one for each shard.",
    .misleads =
        "When queries sort or count over shards, when an index over all shards is kept beside them, or when "
        "the popularity of rows goes along with a column (all celebrities in one country).",
    .params = &sharded_params,
    .roles = ROLE_STORE | ROLE_COPY,
    .part = &database_model,
    .single_parts = single_parts,
    .crashes = true,
    .part_name = sharded_part_name,
    .part_count = sharded_part_instances,
    .part_wholes = sharded_wholes,
    .check = sharded_check,
    .check_wired = sharded_check_wired,
};
