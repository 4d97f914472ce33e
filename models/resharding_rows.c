/* resharding_rows.c - where each row is while shards change; see resharding.h. */
#include "models/resharding.h"

#include "models/environment.h"
#include "models/row_table.h"

static const struct data_set_config *data_set_of(const struct resharding *resharding, uint16_t data)
{
    return &environment_of(resharding->sim)->data_sets[data - 1];
}

static uint64_t row_count(const struct resharding *resharding, uint16_t data)
{
    return (uint64_t)data_set_of(resharding, data)->rows;
}

static const struct component *node_of(const struct resharding *resharding, uint32_t node)
{
    return resharding->nodes->instances[node];
}

struct row_route resharding_route(const struct resharding *resharding, uint16_t data, uint64_t row)
{
    const struct moving_data *moving = &resharding->data[data];
    struct row_route route = { .before = placement_home(&resharding->before, data, row) };

    route.after = placement_home(&resharding->after, data, row);
    if (route.before == route.after)
        route.stage = ROW_STAYS;
    else if (!resharding->begun)
        route.stage = ROW_WAITS;
    else if (row < moving->moved_end || moving->moved_end == UINT64_MAX)
        route.stage = ROW_MOVED;
    else
        route.stage = row < moving->moving_end || moving->moving_end == UINT64_MAX ? ROW_MOVES : ROW_WAITS;
    return route;
}

/* ---- what the shards ask ---- */

static enum row_place place_of_row(const struct resharding *resharding, uint32_t node, uint16_t data,
                                   uint64_t row)
{
    struct row_route route;

    if (!resharding->begun)
        return ROW_HOME;
    route = resharding_route(resharding, data, row);
    if (route.stage == ROW_STAYS || node == route_now(route))
        return ROW_HOME;
    return route.stage == ROW_MOVES && node == route.after ? ROW_ARRIVING : ROW_AWAY;
}

static enum row_place place_of(const void *context, uint32_t node, const struct request *request)
{
    const struct resharding *resharding = context;
    uint64_t row = request->key;

    if (request->operation == OPERATION_INSERT)
        row = placement_row_of_insert(&resharding->before, request->data, row);
    return place_of_row(resharding, node, request->data, row);
}

static void count_rows(const struct resharding *resharding, uint16_t data)
{
    struct moving_data *moving = &resharding->data[data];
    struct memory *memory = &resharding->sim->memory;
    uint64_t rows = row_count(resharding, data);

    moving->counted = true;
    moving->before = memory_alloc_array(memory, resharding->node_count, sizeof *moving->before);
    moving->after = memory_alloc_array(memory, resharding->node_count, sizeof *moving->after);
    for (uint64_t row = 0; row < rows; row++) {
        uint32_t before = placement_home(&resharding->before, data, row);
        uint32_t after = placement_home(&resharding->after, data, row);

        moving->before[before]++;
        moving->after[after]++;
        moving->moves += before != after;
    }
}

static uint64_t rows_of(const void *context, uint32_t node, uint16_t data, uint64_t *most)
{
    const struct resharding *resharding = context;
    const struct moving_data *moving = &resharding->data[data];

    if (!moving->counted)
        count_rows(resharding, data);
    *most = moving->before[node] > moving->after[node] ? moving->before[node] : moving->after[node];
    return moving->moved_end == UINT64_MAX ? moving->after[node] : moving->before[node];
}

static void row_is_added(const void *context, uint32_t node, uint16_t data, uint64_t owner)
{
    const struct resharding *resharding = context;
    struct added_rows *added = added_rows_of(resharding, data, node);

    owner = placement_row_of_insert(&resharding->before, data, owner);
    if (added->count == added->room) {
        uint64_t room = added->room ? 2 * added->room : 64;
        uint64_t *owners = memory_alloc_array(&resharding->sim->memory, room, sizeof *owners);

        for (uint64_t i = 0; i < added->count; i++)
            owners[i] = added->owners[i];
        memory_free(&resharding->sim->memory, added->owners);
        added->owners = owners;
        added->room = room;
    }
    added->owners[added->count++] = owner;
    added->moves += placement_home(&resharding->after, data, owner) != node;
}

void resharding_set_parts(struct resharding *resharding, struct group *nodes, struct database_parts *parts)
{
    resharding->nodes = nodes;
    parts->resharding = resharding;
    parts->place = place_of;
    parts->rows = rows_of;
    parts->added = row_is_added;
}

struct resharding *resharding_make(struct group *store, const struct reshard_config *config,
                                   const struct placement *before, const struct placement *after)
{
    struct memory *memory = &store->sim->memory;
    struct resharding *resharding = memory_alloc(memory, sizeof *resharding);
    size_t data_sets = environment_of(store->sim)->data_set_count + 1;

    *resharding = (struct resharding){ .config = config,
                                       .sim = store->sim,
                                       .before = *before,
                                       .after = *after,
                                       .data_count = (uint16_t)data_sets };
    resharding->node_count = before->shards > after->shards ? before->shards : after->shards;
    resharding->data = memory_alloc_array(memory, data_sets, sizeof *resharding->data);
    resharding->added =
        memory_alloc_array(memory, data_sets * resharding->node_count, sizeof *resharding->added);
    resharding->garbage = memory_alloc_array(memory, resharding->node_count, sizeof *resharding->garbage);
    return resharding;
}

/* ---- chunks ---- */

static bool is_deleted(const struct component *node, uint16_t data, uint64_t row)
{
    return row_table_look(database_changed_rows(node), row_id(data, row)).state == ROW_DELETED;
}

static void add_to_pair(struct moving_pair *pair, uint64_t row)
{
    if (pair->rows++ == 0)
        pair->first = row;
}

/* A row with a number beyond the data set's, which exists because somebody put it there. */
struct row_beyond {
    uint32_t from;
    uint64_t place; /* among that node's changed rows: where to look on */
    uint64_t row;
    enum row_state state;
    uint32_t to;
};

/* Goes on to the next one that has to leave its node; zeroed at first. False: there are no more. */
static bool next_beyond(const struct resharding *resharding, uint16_t data, struct row_beyond *beyond)
{
    for (; beyond->from < resharding->before.shards; beyond->from++, beyond->place = 0) {
        const struct row_table *table = database_changed_rows(node_of(resharding, beyond->from));
        struct row_entry entry;

        while (row_table_next(table, data, &beyond->place, &beyond->row, &entry)) {
            struct row_route route;

            if (beyond->row < row_count(resharding, data))
                continue;
            route = resharding_route(resharding, data, beyond->row);
            beyond->state = (enum row_state)entry.state;
            beyond->to = route.after;
            if (route.before == beyond->from && route.after != beyond->from)
                return true;
        }
    }
    return false;
}

/* All at once, at the end. */
static void add_rows_beyond(const struct resharding *resharding, uint16_t data, struct moving_pair *pairs)
{
    struct row_beyond beyond = { 0 };

    while (next_beyond(resharding, data, &beyond))
        if (beyond.state == ROW_PRESENT)
            add_to_pair(&pairs[beyond.from * resharding->node_count + beyond.to], beyond.row);
}

uint64_t resharding_next_chunk(const struct resharding *resharding, uint16_t data, struct moving_pair *pairs,
                               uint64_t *stays)
{
    const struct moving_data *moving = &resharding->data[data];
    uint64_t rows = row_count(resharding, data), row = moving->moved_end;
    int64_t left = resharding->config->chunk_rows;

    if (row >= rows) {
        add_rows_beyond(resharding, data, pairs);
        return UINT64_MAX;
    }
    for (; row < rows && left > 0; row++) {
        uint32_t from = placement_home(&resharding->before, data, row);
        uint32_t to = placement_home(&resharding->after, data, row);

        if (is_deleted(node_of(resharding, from), data, row))
            continue;
        if (from == to) {
            ++*stays;
            continue;
        }
        add_to_pair(&pairs[from * resharding->node_count + to], row);
        left--;
    }
    return row;
}

/* One row of a chunk, with what was written to it; false: it is deleted, and moves as that. */
static bool switch_row(const struct resharding *resharding, uint16_t data, uint64_t row, uint32_t from,
                       uint32_t to)
{
    struct row_entry entry =
        row_table_look(database_changed_rows(node_of(resharding, from)), row_id(data, row));

    if (row_entry_is_changed(entry))
        database_take_row(resharding->nodes->instances[to], row_id(data, row), entry);
    return entry.state != ROW_DELETED;
}

static void move_row(struct resharding *resharding, uint16_t data, uint32_t from, uint32_t to)
{
    int64_t bytes = data_set_of(resharding, data)->row_size;

    database_add_storage(resharding->nodes->instances[to], bytes);
    resharding->garbage[from] += bytes;
    resharding->between += to < resharding->before.shards;
}

static uint64_t switch_beyond(struct resharding *resharding, uint16_t data)
{
    struct row_beyond beyond = { 0 };
    uint64_t moved = 0;

    while (next_beyond(resharding, data, &beyond)) {
        if (!switch_row(resharding, data, beyond.row, beyond.from, beyond.to))
            continue;
        move_row(resharding, data, beyond.from, beyond.to);
        moved++;
    }
    return moved;
}

uint64_t resharding_switch(struct resharding *resharding, uint16_t data, uint64_t end)
{
    struct moving_data *moving = &resharding->data[data];
    uint64_t rows = row_count(resharding, data), moved = 0;

    if (end == UINT64_MAX)
        moved = switch_beyond(resharding, data);
    for (uint64_t row = moving->moved_end; row < end && row < rows; row++) {
        uint32_t from = placement_home(&resharding->before, data, row);
        uint32_t to = placement_home(&resharding->after, data, row);

        if (from == to)
            continue;
        moving->moves--;
        if (!switch_row(resharding, data, row, from, to))
            continue;
        move_row(resharding, data, from, to);
        moved++;
    }
    moving->moved_end = end;
    return moved;
}

int64_t resharding_left(const struct resharding *resharding)
{
    uint64_t left = 0;

    for (uint16_t data = 1; data < resharding->data_count; data++) {
        if (!database_knows(resharding->nodes, data))
            continue;
        left += resharding->data[data].moves;
        for (uint32_t node = 0; node < resharding->before.shards; node++) {
            const struct added_rows *added = added_rows_of(resharding, data, node);

            left += added->moves;
        }
    }
    return (int64_t)left;
}

/* ---- what inserts added ---- */

uint64_t resharding_next_added(const struct resharding *resharding, uint16_t data, uint32_t node,
                               struct moving_pair *pairs, uint64_t *stays)
{
    const struct added_rows *added = added_rows_of(resharding, data, node);
    int64_t left = resharding->config->chunk_rows;
    uint64_t i = added->moved_end;

    for (; i < added->count && left > 0; i++) {
        uint32_t to = placement_home(&resharding->after, data, added->owners[i]);

        if (to == node) {
            ++*stays;
            continue;
        }
        add_to_pair(&pairs[node * resharding->node_count + to], added->owners[i]);
        left--;
    }
    return i;
}

uint64_t resharding_switch_added(struct resharding *resharding, uint16_t data, uint32_t node, uint64_t end)
{
    struct added_rows *added = added_rows_of(resharding, data, node);
    uint64_t moved = 0;

    for (; added->moved_end < end; added->moved_end++) {
        uint32_t to = placement_home(&resharding->after, data, added->owners[added->moved_end]);

        if (to == node)
            continue;
        added->moves--;
        move_row(resharding, data, node, to);
        moved++;
    }
    return moved;
}

/* ---- nothing is lost ---- */

/* Bytes that each shard should have of the data set: every row is looked for where it belongs now. */
static void count_data_set(const struct resharding *resharding, uint16_t data, int64_t *bytes)
{
    int64_t row_bytes = data_set_of(resharding, data)->row_size;
    uint64_t rows = row_count(resharding, data);

    for (uint64_t row = 0; row < rows; row++) {
        uint32_t node = route_now(resharding_route(resharding, data, row));

        if (!is_deleted(node_of(resharding, node), data, row))
            bytes[node] += row_bytes;
    }
    for (uint32_t node = 0; node < resharding->node_count; node++) {
        const struct added_rows *added = added_rows_of(resharding, data, node);
        const struct row_table *table = database_changed_rows(node_of(resharding, node));
        struct row_entry entry;
        uint64_t place = 0, row;

        for (uint64_t i = 0; i < added->count; i++)
            bytes[i < added->moved_end ? placement_home(&resharding->after, data, added->owners[i]) : node] +=
                row_bytes;
        while (row_table_next(table, data, &place, &row, &entry))
            if (row >= rows && entry.state == ROW_PRESENT &&
                place_of_row(resharding, node, data, row) == ROW_HOME)
                bytes[node] += row_bytes;
    }
}

bool resharding_conserves(const struct resharding *resharding, FILE *out)
{
    struct memory *memory = &resharding->sim->memory;
    int64_t *bytes = memory_alloc_array(memory, resharding->node_count, sizeof *bytes);
    bool good = true;

    for (uint16_t data = 1; data < resharding->data_count; data++)
        if (database_knows(resharding->nodes, data))
            count_data_set(resharding, data, bytes);
    for (uint32_t i = 0; i < resharding->node_count; i++) {
        const struct component *node = node_of(resharding, i);

        if (node->outage || database_storage(node) == bytes[i] + resharding->garbage[i])
            continue;
        fprintf(out,
                "%s[%u]: rows of %lld bytes belong there and %lld bytes are still to be deleted, %lld are "
                "there\n",
                node->group->name, i, (long long)bytes[i], (long long)resharding->garbage[i],
                (long long)database_storage(node));
        good = false;
    }
    memory_free(memory, bytes);
    return good;
}
