#include "models/placement.h"

#include <stdlib.h>
#include <string.h>

/* Values of a column are counted one by one up to so many, and taken as spread evenly beyond. */
#define COUNTED_VALUES_MAX 1000000

const struct param_choice placement_choices[] = {
    { "modulo", PLACEMENT_MODULO,
      "the shard key modulo the number of shards; adding a shard moves nearly every row" },
    { "consistent_hash", PLACEMENT_CONSISTENT_HASH,
      "a ring of hashes with virtual nodes; adding a shard moves only the rows that it takes" },
    { "range", PLACEMENT_RANGE,
      "a stretch of the keys in their order for each shard; where keys grow, all new rows go to the last" },
    { "directory", PLACEMENT_DIRECTORY,
      "a list that says of single values where they are; the others are placed by modulo" },
    { NULL, 0, NULL },
};

static const struct param_row split_rows[] = {
    PARAM_COUNT(struct split_config, value, .min = 1, .max = 1e14,
                .help = "Value of the shard key's first column at which the next range begins; of named ones "
                        "their place in the list of `shares`, from 0."),
    PARAM_END
};

const struct param_table split_params = { .rows = split_rows,
                                          .size = sizeof(struct split_config),
                                          .help = "where one range ends and the next begins" };

static const struct param_row listed_rows[] = {
    PARAM_TEXT(struct listed_value_config, value,
               .help = "A value of the shard key, by its name or its number as a text."),
    PARAM_COUNT(struct listed_value_config, shard, .max = 4095,
                .help = "Number of the shard that keeps all its rows, counted from 0."),
    PARAM_END
};

const struct param_table listed_value_params = { .rows = listed_rows,
                                                 .size = sizeof(struct listed_value_config),
                                                 .help = "a value and where it is" };

static uint64_t key_of(const struct placement *placement, uint16_t data, uint64_t row)
{
    return placement->key && data ? shard_key_value(placement->key, data, row) : row;
}

static void next_shards(const struct placement *placement, uint32_t home, uint32_t count, uint32_t *shards)
{
    for (uint32_t i = 0; i < count; i++)
        shards[i] = (home + i) % placement->shards;
}

/* ---- modulo ---- */

static uint32_t modulo_home(const struct placement *placement, uint16_t data, uint64_t row)
{
    return (uint32_t)(key_of(placement, data, row) % placement->shards);
}

/* ---- consistent hash ---- */

static uint32_t ring_home(const struct placement *placement, uint16_t data, uint64_t row)
{
    return hash_ring_find(&placement->ring, key_of(placement, data, row));
}

static void ring_copies(const struct placement *placement, uint64_t key, uint32_t count, uint32_t *shards)
{
    hash_ring_successors(&placement->ring, key, count < placement->shards ? count : placement->shards,
                         shards);
    for (uint32_t i = placement->shards; i < count; i++)
        shards[i] = shards[i - placement->shards];
}

/* ---- ranges ---- */

static const struct key_range *range_find(const struct key_ranges *ranges, uint64_t order)
{
    uint32_t low = 0, high = ranges->count - 1;

    while (low < high) {
        uint32_t middle = (low + high + 1) / 2;

        if (order >= ranges->ranges[middle].from)
            low = middle;
        else
            high = middle - 1;
    }
    return &ranges->ranges[low];
}

static uint32_t range_home(const struct placement *placement, uint16_t data, uint64_t row)
{
    return data ? range_find(&placement->ranges[data], shard_key_order(placement->key, data, row))->shard : 0;
}

bool placement_may_have(const struct placement *placement, uint16_t data, const char *column, uint64_t row,
                        uint32_t shard)
{
    const struct column *leading;
    const struct key_ranges *ranges;
    uint64_t value, first, last;

    if (placement->kind != PLACEMENT_RANGE || !data)
        return true;
    leading = &placement->key->data[data].columns[0];
    ranges = &placement->ranges[data];
    if (!leading->config || strcmp(leading->config->name, column) != 0)
        return true;
    value = column_value(leading, row);
    first = shard_key_order_of(placement->key, data, value);
    last = shard_key_order_of(placement->key, data, value + 1) - 1;
    for (const struct key_range *range = range_find(ranges, first);
         range < ranges->ranges + ranges->count && range->from <= last; range++)
        if (range->shard == shard)
            return true;
    return false;
}

/* Rows of the index-th range. */
static double range_rows(const struct placement *placement, uint16_t data, uint32_t index)
{
    const struct key_ranges *own = &placement->ranges[data];
    double end = index + 1 < own->count
                     ? shard_key_rows_below(placement->key, data, own->ranges[index + 1].from)
                     : shard_key_rows(placement->key, data);

    return end - shard_key_rows_below(placement->key, data, own->ranges[index].from);
}

static double range_share(const struct placement *placement, uint16_t data, uint32_t shard)
{
    double rows = 0;

    for (uint32_t i = 0; i < placement->ranges[data].count; i++)
        if (placement->ranges[data].ranges[i].shard == shard)
            rows += range_rows(placement, data, i);
    return rows / shard_key_rows(placement->key, data);
}

void placement_init_ranges(struct placement *placement, struct memory *memory, uint32_t shards,
                           const struct shard_key *key, const struct param_list *splits)
{
    const struct split_config *given = splits->items;

    *placement =
        (struct placement){ .kind = PLACEMENT_RANGE, .shards = shards, .key = key, .memory = memory };
    placement->ranges = memory_alloc_array(memory, key->data_count, sizeof *placement->ranges);
    for (uint16_t data = 1; data < key->data_count; data++) {
        struct key_ranges *own = &placement->ranges[data];
        double rows = shard_key_rows(key, data);

        own->ranges = memory_alloc_array(memory, shards, sizeof *own->ranges);
        own->count = shards;
        for (uint32_t i = 1; i < shards; i++)
            own->ranges[i] =
                (struct key_range){ splits->count
                                        ? shard_key_order_of(key, data, (uint64_t)given[i - 1].value)
                                        : shard_key_order_at(key, data, rows * i / shards),
                                    i };
    }
}

/* The fullest range, the last of equal ones. */
static uint32_t fullest_range(const struct placement *placement, uint16_t data)
{
    uint32_t fullest = 0;
    double most = -1;

    for (uint32_t i = 0; i < placement->ranges[data].count; i++) {
        double rows = range_rows(placement, data, i);

        if (rows < most)
            continue;
        most = rows;
        fullest = i;
    }
    return fullest;
}

/* Its upper half is the new shard's; `own` has room. */
static void split_range(struct placement *placement, uint16_t data, uint32_t shard)
{
    struct key_ranges *own = &placement->ranges[data];
    uint32_t index = fullest_range(placement, data);
    double below = shard_key_rows_below(placement->key, data, own->ranges[index].from);
    double rows = range_rows(placement, data, index);

    for (uint32_t i = own->count++; i > index + 1; i--)
        own->ranges[i] = own->ranges[i - 1];
    own->ranges[index + 1] =
        (struct key_range){ shard_key_order_at(placement->key, data, below + rows / 2), shard };
}

/* Ranges of shards that are given up go to the shard below, or above if there is none. */
static void merge_ranges(struct key_ranges *own, uint32_t shards)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < own->count; i++)
        if (own->ranges[i].shard < shards)
            own->ranges[kept++] = own->ranges[i];
    own->count = kept;
    own->ranges[0].from = 0;
}

void placement_split_ranges(struct placement *after, const struct placement *before, uint32_t shards)
{
    const struct shard_key *key = before->key;
    uint32_t room = shards > before->shards ? shards : before->shards;

    *after = *before;
    after->shards = shards;
    after->ranges = memory_alloc_array(before->memory, key->data_count, sizeof *after->ranges);
    for (uint16_t data = 1; data < key->data_count; data++) {
        struct key_ranges *own = &after->ranges[data];

        own->count = before->ranges[data].count;
        own->ranges = memory_alloc_array(before->memory, room, sizeof *own->ranges);
        for (uint32_t i = 0; i < own->count; i++)
            own->ranges[i] = before->ranges[data].ranges[i];
        for (uint32_t shard = before->shards; shard < shards; shard++)
            split_range(after, data, shard);
        merge_ranges(own, shards);
    }
}

/* ---- directory ---- */

static int by_value(const void *left, const void *right)
{
    const struct listed_value *a = left, *b = right;

    return (a->value > b->value) - (a->value < b->value);
}

static struct listed_value *find_listed(const struct listed_values *listed, uint64_t value)
{
    struct listed_value wanted = { .value = value };

    return listed->count ? bsearch(&wanted, listed->values, listed->count, sizeof wanted, by_value) : NULL;
}

static uint32_t directory_home(const struct placement *placement, uint16_t data, uint64_t row)
{
    uint64_t value = key_of(placement, data, row);
    const struct listed_value *listed = data ? find_listed(&placement->listed[data], value) : NULL;

    return listed ? listed->shard : (uint32_t)(value % placement->others);
}

static void insert_listed(struct listed_values *own, struct listed_value added)
{
    uint32_t place = own->count++;

    for (; place > 0 && own->values[place - 1].value > added.value; place--)
        own->values[place] = own->values[place - 1];
    own->values[place] = added;
}

/* Adds values of a data set to what is listed, or gives them another place. */
static void list_values(struct placement *placement, uint16_t data, const struct param_list *list)
{
    const struct listed_value_config *configs = list->items;
    struct listed_values *own = &placement->listed[data];

    for (size_t i = 0; i < list->count; i++) {
        struct listed_value added = { .shard = (uint32_t)configs[i].shard }, *there;

        if (!column_parse(&placement->key->data[data].columns[0], configs[i].value, &added.value))
            continue;
        there = find_listed(own, added.value);
        if (there) {
            there->shard = added.shard;
            continue;
        }
        insert_listed(own, added);
    }
}

void placement_init_directory(struct placement *placement, struct memory *memory, uint32_t shards,
                              const struct shard_key *key, const struct param_list *listed)
{
    *placement = (struct placement){
        .kind = PLACEMENT_DIRECTORY, .shards = shards, .others = shards, .memory = memory
    };
    placement_set_key(placement, key);
    placement->listed = memory_alloc_array(memory, key->data_count, sizeof *placement->listed);
    for (uint16_t data = 1; data < key->data_count; data++) {
        placement->listed[data].values =
            memory_alloc_array(memory, listed->count + 1, sizeof *placement->listed[data].values);
        list_values(placement, data, listed);
    }
}

void placement_list_anew(struct placement *after, const struct placement *before, uint32_t shards,
                         const struct param_list *listed)
{
    *after = *before;
    placement_set_key(after, before->key);
    after->shards = shards;
    after->others = before->others < shards ? before->others : shards;
    after->listed = memory_alloc_array(before->memory, before->key->data_count, sizeof *after->listed);
    for (uint16_t data = 1; data < before->key->data_count; data++) {
        struct listed_values *own = &after->listed[data];

        own->count = before->listed[data].count;
        own->values = memory_alloc_array(before->memory, own->count + listed->count + 1, sizeof *own->values);
        for (uint32_t i = 0; i < own->count; i++) {
            own->values[i] = before->listed[data].values[i];
            if (own->values[i].shard >= shards) /* given up */
                own->values[i].shard = (uint32_t)(own->values[i].value % after->others);
        }
        list_values(after, data, listed);
    }
}

/* ---- all kinds ---- */

static uint32_t (*const homes[PLACEMENT_KINDS])(const struct placement *, uint16_t, uint64_t) = {
    [PLACEMENT_MODULO] = modulo_home,
    [PLACEMENT_CONSISTENT_HASH] = ring_home,
    [PLACEMENT_RANGE] = range_home,
    [PLACEMENT_DIRECTORY] = directory_home,
};

void placement_init(struct placement *placement, struct memory *memory, enum placement_kind kind,
                    uint32_t shards, uint32_t virtual_nodes, uint64_t seed)
{
    *placement = (struct placement){ .kind = kind, .shards = shards, .memory = memory };
    if (kind == PLACEMENT_CONSISTENT_HASH)
        hash_ring_init(&placement->ring, memory, shards, virtual_nodes, seed);
}

void placement_set_key(struct placement *placement, const struct shard_key *key)
{
    placement->key = key;
    placement->shares = memory_alloc_array(placement->memory, key->data_count, sizeof *placement->shares);
}

uint32_t placement_home(const struct placement *placement, uint16_t data, uint64_t row)
{
    return homes[placement->kind](placement, data, row);
}

uint32_t placement_home_of_user(const struct placement *placement, uint64_t user)
{
    return homes[placement->kind](placement, 0, user);
}

bool placement_grows(const struct placement *placement, uint16_t data)
{
    return placement->kind == PLACEMENT_RANGE && data && shard_key_grows(placement->key, data);
}

uint64_t placement_row_of_insert(const struct placement *placement, uint16_t data, uint64_t row)
{
    return placement_grows(placement, data) ? (uint64_t)shard_key_rows(placement->key, data) : row;
}

void placement_copies(const struct placement *placement, uint16_t data, uint64_t row, uint32_t count,
                      uint32_t *shards)
{
    if (placement->kind == PLACEMENT_CONSISTENT_HASH)
        ring_copies(placement, key_of(placement, data, row), count, shards);
    else
        next_shards(placement, placement_home(placement, data, row), count, shards);
}

/* ---- shares ---- */

/* The column whose values are counted; NULL: keys are as good as spread evenly. */
static const struct column *counted_column(const struct placement *placement, uint16_t data)
{
    const struct data_key *own = placement->key && data ? &placement->key->data[data] : NULL;

    if (!own || own->count > 1 || !own->columns[0].config || own->columns[0].count > COUNTED_VALUES_MAX)
        return NULL;
    return own->columns;
}

static uint32_t home_of_value(const struct placement *placement, uint16_t data, uint64_t value)
{
    const struct listed_value *listed;

    if (placement->kind == PLACEMENT_CONSISTENT_HASH)
        return hash_ring_find(&placement->ring, value);
    if (placement->kind == PLACEMENT_MODULO)
        return (uint32_t)(value % placement->shards);
    listed = find_listed(&placement->listed[data], value);
    return listed ? listed->shard : (uint32_t)(value % placement->others);
}

static double *count_shares(const struct placement *placement, uint16_t data, const struct column *column)
{
    double *shares = memory_alloc_array(placement->memory, placement->shards, sizeof *shares);

    for (uint64_t value = 0; value < column->count; value++)
        shares[home_of_value(placement, data, value)] +=
            (double)(column_rows_below(column, value + 1) - column_rows_below(column, value));
    for (uint32_t i = 0; i < placement->shards; i++)
        shares[i] /= (double)column->rows;
    return shares;
}

/* Where each row has a key of its own: the listed ones count one each. */
static double directory_share(const struct placement *placement, uint16_t data, uint32_t shard)
{
    double rows = shard_key_rows(placement->key, data), listed = 0;
    double others = shard < placement->others ? rows / placement->others : 0;

    for (uint32_t i = 0; i < placement->listed[data].count; i++) {
        const struct listed_value *value = &placement->listed[data].values[i];

        listed += value->shard == shard;
        listed -= value->value % placement->others == shard;
    }
    return (others + listed) / rows;
}

double placement_share(const struct placement *placement, uint16_t data, uint32_t shard)
{
    const struct column *column = counted_column(placement, data);

    if (placement->kind == PLACEMENT_RANGE)
        return range_share(placement, data, shard);
    if (column && !placement->shares[data])
        placement->shares[data] = count_shares(placement, data, column);
    if (column)
        return placement->shares[data][shard];
    if (placement->kind == PLACEMENT_DIRECTORY)
        return directory_share(placement, data, shard);
    return placement->kind == PLACEMENT_MODULO ? 1.0 / placement->shards
                                               : hash_ring_share(&placement->ring, shard);
}
