/* sharded_database_params.c - what a scenario says of a sharded database, and what is wrong with it beyond
 * the rows; see sharded_database.h. */
#include <stdio.h>
#include <string.h>

#include "models/asked_data.h"
#include "models/environment.h"
#include "models/sharded_database.h"

static const struct param_row copied_rows[] = {
    PARAM_COUNT(struct copied_row_config, row, .max = 1e14, .help = "Number of the row, counted from 0."),
    PARAM_COUNT(struct copied_row_config, copies, .min = 2, .max = COPIES_MAX,
                .help = "Shards that keep it: its own and the next ones; several of them on one when there "
                        "are fewer shards."),
    PARAM_END
};

static const struct param_table copied_row_params = { .rows = copied_rows,
                                                      .size = sizeof(struct copied_row_config),
                                                      .help = "a popular row that several shards keep" };

static const struct param_row own_shard_rows[] = { PARAM_COUNT(struct own_shard_row_config, row, .max = 1e14,
                                                               .help = "Number of the row, counted from 0."),
                                                   PARAM_END };

static const struct param_table own_shard_row_params = {
    .rows = own_shard_rows,
    .size = sizeof(struct own_shard_row_config),
    .help = "a popular row that a further shard keeps alone"
};

static const struct param_row rows[] = {
    PARAM_COUNT(struct sharded_config, shards, .default_text = "4", .min = 1, .max = 4096,
                .help =
                    "Nodes that the rows are spread over, each on a machine of its own if `host` is a size."),
    PARAM_CHOICE(struct sharded_config, placement, .default_text = "\"modulo\"", .choices = placement_choices,
                 .help = "Which shard a key lives on."),
    PARAM_COUNT(struct sharded_config, virtual_nodes, .default_text = "100", .min = 1, .max = 10000,
                .help = "Places of each shard on the ring of consistent hashing: the more, the more even are "
                        "their parts."),
    PARAM_COUNT(struct sharded_config, hash_seed, .default_text = "\"random\"", .word = "random",
                .word_value = PARAM_WORD_MAX, .max = PARAM_WORD_MAX,
                .help =
                    "Fixes the ring; otherwise each replication has another one, as each real cluster has."),
    PARAM_LIST(struct sharded_config, shard_key, .default_text = "\"row\"", .lone = true, .min = 1,
               .max = SHARD_KEY_COLUMNS_MAX, .table = &shard_key_params,
               .help = "What decides about the shard of a row: one column or several, as \"user_id\" or "
                       "[\"country\", \"user_id\"]. A data set that has none of the columns goes by the "
                       "numbers of its rows."),
    PARAM_LIST(struct sharded_config, splits, .default_text = "[]", .max = 4095, .table = &split_params,
               .help =
                   "Of placement range: where the second range begins, the third, and so on; without any, "
                   "such that all have as many rows of each data set."),
    PARAM_LIST(struct sharded_config, directory, .default_text = "[]", .max = PLACEMENT_LISTED_MAX,
               .table = &listed_value_params,
               .help = "Of placement directory: values of the shard key that have a place of their own."),
    PARAM_OPTIONAL(struct sharded_config, directory_server, struct directory_config,
                   .default_text = "\"none\"", .table = &directory_params,
                   .help = "Of placement directory: whoever calls asks it where a value is; none: callers "
                           "have the list."),
    PARAM_LIST(struct sharded_config, copied_rows, .default_text = "[]", .table = &copied_row_params,
               .help = "Rows kept on several shards: a read asks one of them, a write changes all."),
    PARAM_LIST(struct sharded_config, own_shard_rows, .default_text = "[]", .table = &own_shard_row_params,
               .help = "Rows that get a further shard each, with its own bill."),
    PARAM_DURATION(struct sharded_config, part_timeout, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e18,
                   .help = "How long each shard may take over its part of a query that asks several of them; "
                           "then that part has failed, and the shard goes on with it for nobody."),
    PARAM_OPTIONAL(struct sharded_config, reshard, struct reshard_config, .default_text = "\"none\"",
                   .table = &reshard_params,
                   .help = "A move of the rows to another number of shards while requests go on."),
    PARAM_END
};

const struct param_table sharded_params = { .rows = rows,
                                            .size = sizeof(struct sharded_config),
                                            .also = &database_params,
                                            .also_offset = offsetof(struct sharded_config, node) };

/* ---- what no row can say ---- */

static bool by_user(const struct sharded_config *config)
{
    return shard_key_is(&config->shard_key, SHARD_KEY_USER);
}

static bool has_listed(const struct sharded_config *config)
{
    return config->placement == PLACEMENT_DIRECTORY;
}

static void check_key(const struct sharded_config *config, struct param_problems *problems)
{
    const struct shard_key_column *columns = config->shard_key.items;
    char path[64];

    for (size_t i = 0; i < config->shard_key.count; i++) {
        snprintf(path, sizeof path, "shard_key[%zu]", i);
        if (config->shard_key.count > 1 && !strcmp(columns[i].column, SHARD_KEY_USER))
            param_problem(problems, path, "name a column of the data set that says whose row it is",
                          "who asks decides alone or not at all");
        for (size_t k = 0; k < i; k++)
            if (!strcmp(columns[i].column, columns[k].column))
                param_problem(problems, path, NULL, "\"%.64s\" is named twice", columns[i].column);
    }
    if (by_user(config) && (config->placement == PLACEMENT_RANGE || has_listed(config)))
        param_problem(problems, "placement", "use modulo or consistent_hash, or a column as shard key",
                      "users who ask are no rows: they have neither an order nor a list");
    if (has_listed(config) && config->shard_key.count > 1)
        param_problem(problems, "placement", "name one column as shard key",
                      "a directory lists single values");
}

static void check_splits(const struct sharded_config *config, struct param_problems *problems)
{
    const struct split_config *splits = config->splits.items;
    char path[64];

    if (!config->splits.count)
        return;
    if (config->placement != PLACEMENT_RANGE) {
        param_problem(problems, "splits", "use \"placement\": \"range\"", "only ranges begin anywhere");
        return;
    }
    if ((int64_t)config->splits.count != config->shards - 1)
        param_problem(problems, "splits", "name where each range but the first begins",
                      "%lld shards have %lld splits between them, not %zu", (long long)config->shards,
                      (long long)config->shards - 1, config->splits.count);
    for (size_t i = 1; i < config->splits.count; i++) {
        if (splits[i].value > splits[i - 1].value)
            continue;
        snprintf(path, sizeof path, "splits[%zu]", i);
        param_problem(problems, path, "write them in rising order",
                      "the range from %lld on would begin before the one from %lld on ends",
                      (long long)splits[i - 1].value, (long long)splits[i].value);
    }
}

static void check_listed(const struct param_list *list, const char *name, int64_t shards,
                         struct param_problems *problems)
{
    const struct listed_value_config *values = list->items;
    char path[64];

    for (size_t i = 0; i < list->count; i++) {
        snprintf(path, sizeof path, "%s[%zu].shard", name, i);
        if (values[i].shard >= shards)
            param_problem(problems, path, NULL, "there are shards 0 to %lld", (long long)shards - 1);
        snprintf(path, sizeof path, "%s[%zu].value", name, i);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(values[i].value, values[k].value))
                param_problem(problems, path, NULL, "\"%.64s\" is listed twice", values[i].value);
    }
}

static void check_directory(const struct sharded_config *config, struct param_problems *problems)
{
    const struct reshard_config *reshard = config->reshard;

    if (!has_listed(config) && config->directory.count)
        param_problem(problems, "directory", "use \"placement\": \"directory\"",
                      "only a directory lists values");
    if (!has_listed(config) && config->directory_server)
        param_problem(problems, "directory_server", "use \"placement\": \"directory\"",
                      "callers compute the shard: nobody is asked");
    if (!has_listed(config) && reshard && reshard->values.count)
        param_problem(problems, "reshard.values", "use \"placement\": \"directory\"",
                      "only what a directory lists moves by value");
    if (has_listed(config) && reshard && !reshard->values.count && reshard->shards >= config->shards)
        param_problem(problems, "reshard", "say which as reshard.values",
                      "nothing moves in a directory that is not listed");
    check_listed(&config->directory, "directory", config->shards, problems);
    if (reshard)
        check_listed(&reshard->values, "reshard.values", reshard->shards, problems);
}

static void check_reshard(const struct sharded_config *config, struct param_problems *problems)
{
    if (by_user(config))
        param_problem(problems, "reshard", "use \"shard_key\": \"row\"",
                      "rows that belong to users have no numbers to move them by");
    if (config->copied_rows.count || config->own_shard_rows.count)
        param_problem(problems, "reshard", "leave out copied_rows and own_shard_rows",
                      "rows with places of their own cannot move");
    if (config->node.replicas)
        param_problem(problems, "reshard", "use \"replicas\": 0",
                      "shards with replicas cannot move their rows");
    if (config->reshard->shards == config->shards && !has_listed(config))
        param_problem(problems, "reshard.shards", NULL, "there are %lld shards already",
                      (long long)config->shards);
    if (config->shards > RESHARD_SHARDS_MAX)
        param_problem(problems, "shards", NULL, "rows can move among %d shards at most", RESHARD_SHARDS_MAX);
}

/* Copies go round from a row's home, whatever data set it is of. */
static void check_copies(const struct sharded_config *config, struct param_problems *problems)
{
    if (!config->copied_rows.count || by_user(config))
        return;
    if (!shard_key_is(&config->shard_key, SHARD_KEY_ROW))
        param_problem(problems, "copied_rows", "use \"shard_key\": \"row\"",
                      "rows are copied by their numbers, and columns decide here");
    else if (config->placement == PLACEMENT_RANGE || has_listed(config))
        param_problem(problems, "copied_rows", "use modulo or consistent_hash",
                      "rows that are copied have no place in ranges or lists");
}

static void check_row(const struct sharded_config *config, const char *list, size_t position, int64_t row,
                      struct param_problems *problems)
{
    const struct copied_row_config *copied = config->copied_rows.items;
    const struct own_shard_row_config *own = config->own_shard_rows.items;
    size_t named = 0;
    char path[64];

    for (size_t i = 0; i < config->copied_rows.count; i++)
        named += copied[i].row == row;
    for (size_t i = 0; i < config->own_shard_rows.count; i++)
        named += own[i].row == row;
    snprintf(path, sizeof path, "%s[%zu].row", list, position);
    if (named > 1)
        param_problem(problems, path, "a row is either copied or has a shard of its own, and is named once",
                      "row %lld is named %zu times", (long long)row, named);
    else if (by_user(config))
        param_problem(problems, path, "use \"shard_key\": \"row\"",
                      "single rows have no place of their own when users decide");
}

/* What crashes: shards, or the nodes of all shards that are copies of one another. */
static const char *shard_part_name(const struct sharded_config *config, size_t index)
{
    static const char *const names[][2] = { { DATABASE_PART_PRIMARY, "shard." DATABASE_PART_PRIMARY },
                                            { DATABASE_PART_REPLICA, "shard." DATABASE_PART_REPLICA },
                                            { DATABASE_PART_COPY, "shard." DATABASE_PART_COPY } };
    const char *part = database_part_name(&config->node, index);

    if (!config->node.replicas)
        return index == 0 ? "shard" : NULL;
    for (size_t i = 0; part && i < sizeof names / sizeof *names; i++)
        if (!strcmp(part, names[i][0]))
            return names[i][1];
    return NULL;
}

/* The directory, where there is one, after those of the shards. */
const char *sharded_part_name(const void *configuration, size_t index)
{
    const struct sharded_config *config = configuration;
    const char *name = shard_part_name(config, index);

    if (name || !config->directory_server || (index && !shard_part_name(config, index - 1)))
        return name;
    return SHARD_DIRECTORY_PART;
}

int64_t sharded_wholes(const void *configuration)
{
    const struct sharded_config *config = configuration;

    return config->shards + (int64_t)config->own_shard_rows.count;
}

int64_t sharded_part_instances(const void *configuration, size_t index)
{
    const struct sharded_config *config = configuration;
    int64_t shards = sharded_wholes(configuration);

    if (!shard_part_name(config, index))
        return 1;
    return config->node.replicas ? shards * database_part_instances(&config->node, index) : shards;
}

void sharded_check(const void *configuration, struct param_problems *problems)
{
    const struct sharded_config *config = configuration;
    const struct copied_row_config *copied = config->copied_rows.items;
    const struct own_shard_row_config *own = config->own_shard_rows.items;

    database_check(&config->node, problems);
    if (config->node.replication.replica_regions.count)
        param_problem(problems, "replication.replica_regions", "use a database of its own for each region",
                      "all nodes of a sharded database stand in one region");
    check_key(config, problems);
    check_splits(config, problems);
    check_directory(config, problems);
    check_copies(config, problems);
    if (config->reshard)
        check_reshard(config, problems);
    for (size_t i = 0; i < config->copied_rows.count; i++)
        check_row(config, "copied_rows", i, copied[i].row, problems);
    for (size_t i = 0; i < config->own_shard_rows.count; i++)
        check_row(config, "own_shard_rows", i, own[i].row, problems);
}

/* ---- once wired ---- */

static const struct data_set_config *data_set_of(const struct sim *sim, uint16_t data)
{
    return &environment_of(sim)->data_sets[data - 1];
}

/* Values that no data set has in the key's column. */
static void check_values(const struct shard_key *key, const struct param_list *list, const char *name,
                         struct param_problems *problems)
{
    const struct listed_value_config *values = list->items;
    char path[64];

    for (size_t i = 0; i < list->count; i++) {
        bool there = false;
        uint64_t value;

        for (uint16_t data = 1; data < key->data_count && !there; data++)
            there = column_parse(&key->data[data].columns[0], values[i].value, &value);
        if (there || key->data_count < 2)
            continue;
        snprintf(path, sizeof path, "%s[%zu].value", name, i);
        param_problem(problems, path,
                      "use one of the column's values: a name in its `shares`, or a number below "
                      "how many there are, as a text",
                      "no row has \"%.64s\" as its shard key", values[i].value);
    }
}

/* Ranges that begin where no data set has values any more. */
static void check_last_split(const struct sharded_config *config, const struct shard_key *key,
                             struct param_problems *problems)
{
    const struct split_config *splits = config->splits.items;
    uint64_t most = 0;
    char path[64];

    for (uint16_t data = 1; data < key->data_count; data++)
        if (key->data[data].columns[0].count > most)
            most = key->data[data].columns[0].count;
    for (size_t i = 0; i < config->splits.count; i++) {
        if ((uint64_t)splits[i].value < most)
            continue;
        snprintf(path, sizeof path, "splits[%zu]", i);
        param_problem(problems, path, NULL, "the range would be empty: values go from 0 to %llu",
                      (unsigned long long)most - 1);
    }
}

/* Fewer values than shards: some have nothing to keep. */
static void warn_of_empty_shards(const struct sharded_config *config, const struct sim *sim,
                                 const struct shard_key *key, struct param_problems *problems)
{
    for (uint16_t data = 1; data < key->data_count; data++) {
        const struct data_key *own = &key->data[data];
        const struct column *column = &own->columns[0];

        if (own->count == 1 && column->config && (int64_t)column->count < config->shards)
            param_warning(problems, "shard_key", "add a column to the key that tells more rows apart",
                          "%lld of %lld shards keep no row of %s: \"%.64s\" has %llu values",
                          (long long)(config->shards - (int64_t)column->count), (long long)config->shards,
                          data_set_of(sim, data)->name, column->config->name,
                          (unsigned long long)column->count);
    }
}

void sharded_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct sharded_config *config = group->config;
    const struct sim *sim = group->sim;
    const struct shard_key *key = group->shared;

    shard_key_check_wired(sim, &config->shard_key, "shard_key", problems);
    check_last_split(config, key, problems);
    check_values(key, &config->directory, "directory", problems);
    if (config->reshard)
        check_values(key, &config->reshard->values, "reshard.values", problems);
    warn_of_empty_shards(config, sim, key, problems);
    storage_check(group, config->node.storage, (uint32_t)sharded_wholes(config), sharded_share, group->shared,
                  problems);
}
