/* resharding.c - the script that moves rows to another number of shards; see resharding.h.
 *
 * A chunk: every shard that has rows of it reads them and sends them (its processor, its pages, its network
 * card), at most `bandwidth` altogether; every shard that gets some writes them (processor, pages, log). When
 * all is there the rows have moved, and the shards they came from delete them (processor, log). Then comes
 * the next chunk. What fails is repeated a second later.
 *
 * Randomness: of the shards' own times, by the number of the chunk.
 * Errors: none. Cost: O(rows) in all, O(shards²) a chunk and three requests for each pair of shards in it.
 */
#include "models/resharding.h"

#include <math.h>

#include "models/environment.h"
#include "sim/call.h"

#define QUESTION_BYTES 200
#define RETRY_NS SIM_NS_PER_S

static const struct param_choice reads[] = {
    { "routed", READS_ROUTED,
      "whoever asks knows how far the move has come, and asks the shard that has the row" },
    { "forwarded", READS_FORWARDED,
      "the new shard is asked from the start; while it does not have the row the old one is asked then" },
    { "double", READS_DOUBLE, "both are asked until the row has moved, and the slower one is waited for" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_DURATION(struct reshard_config, at, .max = 1e18, .help = "When the first rows begin to move."),
    PARAM_COUNT(struct reshard_config, shards, .min = 1, .max = RESHARD_SHARDS_MAX,
                .help = "Number of shards afterwards. Further ones are there from the start, empty, and paid "
                        "from the start; those given up get no more requests."),
    PARAM_BANDWIDTH(struct reshard_config, bandwidth, .default_text = "\"unlimited\"", .word = "unlimited",
                    .word_value = INFINITY, .min = 1, .max = 1e13,
                    .help =
                        "Bytes of rows that move in a second at most, so that users still get their share "
                        "of disks and processors."),
    PARAM_COUNT(struct reshard_config, chunk_rows, .default_text = "1000", .min = 1, .max = UINT16_MAX,
                .help = "Rows that move together; the next ones begin when these have arrived."),
    PARAM_LIST(struct reshard_config, values, .default_text = "[]", .max = PLACEMENT_LISTED_MAX,
               .table = &listed_value_params,
               .help = "Of placement directory: values of the shard key whose rows get another place; all "
                       "others stay."),
    PARAM_CHOICE(struct reshard_config, reads, .default_text = "\"routed\"", .choices = reads,
                 .help = "Who is asked for a row that has yet to move."),
    PARAM_END
};

const struct param_table reshard_params = { .rows = rows,
                                            .size = sizeof(struct reshard_config),
                                            .help = "rows move to another number of shards" };

struct mover_shared {
    struct resharding *resharding;
    struct link **links;
};

/* What a branch of a chunk is at; in its frame's step. */
enum branch_step { BRANCH_READS, BRANCH_SENDS, BRANCH_WRITES, BRANCH_CLEARS };

struct mover {
    struct request *ticker;
    uint64_t chunk; /* number of it */
    uint16_t data;
    uint32_t node;  /* whose added rows move */
    uint64_t end;   /* of the chunk */
    uint64_t stays; /* rows of the chunk that stay */
    bool clears;    /* the chunk has moved, and is deleted where it was */
    struct moving_pair *pairs;
    struct pipe pipe;
    int64_t begun_ns;
    uint64_t rows_moved, rows_stayed, rows_between, bytes_moved, chunks, retries; /* in the window */
    struct amount left, elapsed, largest_before, largest_after, average_after;
};

/* clang-format off */
static const struct metric_row metrics[] = {
    { "rows_moved", "1", METRIC_COUNTER, offsetof(struct mover, rows_moved), 0,
      "Rows that have another shard now." },
    { "moved_share", "1", METRIC_RATIO, offsetof(struct mover, rows_moved),
      offsetof(struct mover, rows_stayed),
      "Share of the rows looked at that had to move." },
    { "rows_between_old", "1", METRIC_COUNTER, offsetof(struct mover, rows_between), 0,
      "Rows that moved from one old shard to another, which helps neither." },
    { "bytes_moved", "B", METRIC_COUNTER, offsetof(struct mover, bytes_moved), 0,
      "Size of the rows that went over the network." },
    { "chunks", "1", METRIC_COUNTER, offsetof(struct mover, chunks), 0, "Chunks of rows that have moved." },
    { "retries", "1", METRIC_COUNTER, offsetof(struct mover, retries), 0,
      "Chunks that were begun again because a shard refused or failed." },
    { "rows_left", "1", METRIC_STOCK, offsetof(struct mover, left), 0,
      "Rows that have yet to move; at the end 0 when all is done." },
    { "elapsed", "s", METRIC_STOCK, offsetof(struct mover, elapsed), 0,
      "Time from the first row to the last one that has moved so far." },
    { "rows_largest_before", "1", METRIC_LEVEL, offsetof(struct mover, largest_before), 0,
      "Rows of the fullest shard when the move began." },
    { "rows_largest_after", "1", METRIC_LEVEL, offsetof(struct mover, largest_after), 0,
      "Rows that the fullest shard has in the end." },
    { "rows_average_after", "1", METRIC_LEVEL, offsetof(struct mover, average_after), 0,
      "Rows that each shard would have in the end if all had the same." },
    { 0 },
};
/* clang-format on */

static struct resharding *resharding_of(const struct component *self)
{
    const struct mover_shared *shared = self->shared;

    return shared->resharding;
}

/* ---- a chunk's branches ---- */

static void send_branch(struct component *self, struct request *branch, enum operation operation,
                        enum branch_step step, uint32_t node, uint64_t bytes)
{
    const struct mover_shared *shared = self->shared;

    branch->operation = (uint8_t)operation;
    branch->bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    branch->version = 0;
    request_frame(branch)->step = (uint16_t)step;
    sim_call(self, branch, shared->links[node], (uint32_t)step);
}

/* One branch for each pair that has rows of the chunk. False: there is none. */
static bool fork_pairs(struct component *self, enum operation operation, enum branch_step step)
{
    const struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);
    uint32_t nodes = resharding->node_count, branch = 0, first = 0;

    request_frame(mover->ticker)->number =
        rng_hash(rng_key(self->sim->seed, self->group->name, "chunk"), ++mover->chunk);
    for (uint32_t pair = nodes * nodes; pair-- > 0;) {
        struct request *child;

        if (!mover->pairs[pair].rows)
            continue;
        child = sim_fork(self, mover->ticker, ++branch);
        child->data = mover->data;
        child->key = mover->pairs[pair].first;
        child->rows = (uint16_t)mover->pairs[pair].rows;
        child->service_ns = (int64_t)(pair / nodes);
        child->next = first;
        first = child->index;
    }
    if (!first)
        return false;
    while (first) {
        struct request *child = sim_request(self->sim, first);

        first = child->next;
        send_branch(self, child, operation, step, (uint32_t)child->service_ns, QUESTION_BYTES);
    }
    return true;
}

static uint64_t branch_bytes(const struct component *self, const struct request *branch)
{
    return branch->rows * (uint64_t)environment_of(self->sim)->data_sets[branch->data - 1].row_size;
}

static void write_branch(struct component *self, struct request *branch)
{
    const struct resharding *resharding = resharding_of(self);

    send_branch(self, branch, OPERATION_COPY_IN, BRANCH_WRITES,
                placement_home(&resharding->after, branch->data, branch->key), branch_bytes(self, branch));
}

/* The rows have been read: they go as fast as they may. */
static void ship_branch(struct component *self, struct request *branch)
{
    const struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);
    int64_t now_ns = self->sim->now_ns;

    if (isinf(resharding->config->bandwidth)) {
        write_branch(self, branch);
        return;
    }
    request_frame(branch)->step = BRANCH_SENDS;
    sim_after(self, branch, pipe_send(&mover->pipe, now_ns, branch_bytes(self, branch)) - now_ns);
}

/* ---- chunk after chunk ---- */

static void clear_pairs(struct component *self)
{
    const struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);

    for (uint32_t i = 0; i < resharding->node_count * resharding->node_count; i++)
        mover->pairs[i].rows = 0;
    mover->stays = 0;
}

static bool is_at_rows(const struct resharding *resharding, const struct mover *mover)
{
    return resharding->data[mover->data].moved_end != UINT64_MAX;
}

/* Finds the next chunk of the present data set; false: it is done. */
static bool find_chunk(struct component *self)
{
    struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);

    clear_pairs(self);
    if (is_at_rows(resharding, mover)) {
        mover->end = resharding_next_chunk(resharding, mover->data, mover->pairs, &mover->stays);
        resharding->data[mover->data].moving_end = mover->end;
        return true;
    }
    for (; mover->node < resharding->before.shards; mover->node++) {
        const struct added_rows *added = added_rows_of(resharding, mover->data, mover->node);

        if (added->moved_end == added->count)
            continue;
        mover->end = resharding_next_added(resharding, mover->data, mover->node, mover->pairs, &mover->stays);
        return true;
    }
    return false;
}

/* All of the chunk is where it goes: from now on it is there. */
static void switch_chunk(struct component *self)
{
    struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);
    int64_t now_ns = self->sim->now_ns;
    uint64_t between = resharding->between;
    uint64_t moved = is_at_rows(resharding, mover)
                         ? resharding_switch(resharding, mover->data, mover->end)
                         : resharding_switch_added(resharding, mover->data, mover->node, mover->end);

    mover->rows_moved += moved;
    mover->rows_stayed += mover->stays;
    mover->rows_between += resharding->between - between;
    mover->bytes_moved += moved * (uint64_t)environment_of(self->sim)->data_sets[mover->data - 1].row_size;
    mover->chunks += moved > 0;
    amount_set(&mover->left, resharding_left(resharding), now_ns);
    if (moved > 0)
        amount_set(&mover->elapsed, now_ns - mover->begun_ns, now_ns);
}

static void next_chunk(struct component *self)
{
    struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);

    mover->clears = false;
    while (mover->data < resharding->data_count) {
        if (!find_chunk(self)) {
            mover->data++;
            mover->node = 0;
            continue;
        }
        if (fork_pairs(self, OPERATION_COPY_OUT, BRANCH_READS))
            return;
        switch_chunk(self);
    }
}

static void delete_garbage(struct component *self)
{
    struct resharding *resharding = resharding_of(self);

    for (uint32_t node = 0; node < resharding->node_count; node++) {
        database_add_storage(resharding->nodes->instances[node], -resharding->garbage[node]);
        resharding->garbage[node] = 0;
    }
}

static void end_arrivals(struct component *self)
{
    const struct resharding *resharding = resharding_of(self);

    for (uint32_t node = 0; node < resharding->node_count; node++)
        database_end_arrivals(resharding->nodes->instances[node]);
}

static void all_have_answered(struct component *self, bool well)
{
    struct mover *mover = component_state(self);

    end_arrivals(self);
    if (!well) {
        mover->retries++;
        sim_tick_at(self, mover->ticker, self->sim->now_ns + RETRY_NS);
    } else if (mover->clears) {
        delete_garbage(self);
        next_chunk(self);
    } else {
        switch_chunk(self);
        mover->clears = true;
        fork_pairs(self, OPERATION_CLEAR, BRANCH_CLEARS);
    }
}

/* ---- the beginning ---- */

static void note_sizes(struct component *self, const struct moving_data *data)
{
    const struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);
    int64_t now_ns = self->sim->now_ns, total = 0;

    for (uint32_t node = 0; node < resharding->node_count; node++) {
        if ((int64_t)data->before[node] > mover->largest_before.level)
            amount_set(&mover->largest_before, (int64_t)data->before[node], now_ns);
        if ((int64_t)data->after[node] > mover->largest_after.level)
            amount_set(&mover->largest_after, (int64_t)data->after[node], now_ns);
        total += (int64_t)data->after[node];
    }
    if (total / resharding->after.shards > mover->average_after.level)
        amount_set(&mover->average_after, total / resharding->after.shards, now_ns);
}

static void begin(struct component *self)
{
    struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);

    resharding->begun = true;
    mover->begun_ns = self->sim->now_ns;
    mover->data = 1;
    for (uint16_t data = 1; data < resharding->data_count; data++) {
        struct moving_data *moving = &resharding->data[data];

        if (database_knows(resharding->nodes, data)) {
            note_sizes(self, moving);
        } else {
            moving->moved_end = moving->moving_end = UINT64_MAX;
        }
    }
    amount_set(&mover->left, resharding_left(resharding), self->sim->now_ns);
}

/* ---- callbacks ---- */

static void mover_wire_group(struct group *group)
{
    struct mover_shared *shared = group->shared;

    shared->links = sim_link_all(group, shared->resharding->nodes, NULL);
}

static void mover_start(struct component *self)
{
    const struct resharding *resharding = resharding_of(self);
    struct mover *mover = component_state(self);
    size_t nodes = resharding->node_count;

    mover->pairs = memory_alloc_array(&self->sim->memory, nodes * nodes, sizeof *mover->pairs);
    if (!isinf(resharding->config->bandwidth))
        pipe_init(&mover->pipe, resharding->config->bandwidth);
    mover->ticker = sim_ticker(self);
    sim_tick_at(self, mover->ticker, resharding->config->at);
}

static void mover_on_reply(struct component *self, struct request *branch)
{
    struct request *ticker;

    if (branch->outcome == OUTCOME_OK && request_frame(branch)->step == BRANCH_READS) {
        ship_branch(self, branch);
        return;
    }
    ticker = sim_join(self, branch);
    if (ticker)
        all_have_answered(self, ticker->outcome == OUTCOME_OK);
}

static void mover_on_timer(struct component *self, struct request *request)
{
    struct mover *mover = component_state(self);

    if (request != mover->ticker) {
        write_branch(self, request);
    } else if (!resharding_of(self)->begun) {
        begin(self);
        next_chunk(self);
    } else if (mover->clears) {
        fork_pairs(self, OPERATION_CLEAR, BRANCH_CLEARS);
    } else {
        next_chunk(self);
    }
}

void resharding_add_mover(struct group *store, struct resharding *resharding)
{
    struct group *group =
        sim_add_part(store, &resharding_model.component, "resharding", 1, resharding->config);
    struct mover_shared *shared = group->shared;

    shared->resharding = resharding;
}

const struct model_type resharding_model = {
    .component = {
        .name = "resharding",
        .shared_size = sizeof(struct mover_shared),
        .state_size = sizeof(struct mover),
        .wire_group = mover_wire_group,
        .start = mover_start,
        .on_reply = mover_on_reply,
        .on_timer = mover_on_timer,
        .metrics = metrics,
    },
    .summary = "the move of a sharded database's rows to another number of shards",
    .stands_for = "A script that goes through the rows by number while users are served: reads a chunk at "
                  "its "
                  "shards, sends it, writes it at its new shards, and deletes it behind itself.",
    .leaves_out = "Checks of what was copied, and the way back when a move is given up.",
    .misleads = "When rows that move together do not lie together on their shard, as each then takes a page.",
    .params = &reshard_params,
    .hidden = true,
};
