#include "models/shard_key.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/environment.h"

static const struct param_row rows[] = {
    PARAM_TEXT(struct shard_key_column, column,
               .help =
                   "Name of a column of the data sets (`column_values`), or \"row\": a row's own number, or "
                   "\"user\": who asks, so that all rows of one user are on one shard."),
    PARAM_END
};

const struct param_table shard_key_params = { .rows = rows,
                                              .size = sizeof(struct shard_key_column),
                                              .help = "a column of the shard key" };

bool shard_key_is(const struct param_list *list, const char *word)
{
    const struct shard_key_column *columns = list->items;

    if (!list->count)
        return !strcmp(word, SHARD_KEY_ROW);
    return list->count == 1 && !strcmp(columns[0].column, word);
}

static bool has_column(const struct data_set_config *data, const char *name)
{
    return !strcmp(name, SHARD_KEY_ROW) || column_find(data, name);
}

/* Columns of the list that the data set has, beside the number of the row. */
static size_t columns_there(const struct data_set_config *data, const struct param_list *list)
{
    const struct shard_key_column *columns = list->items;
    size_t there = 0;

    for (size_t i = 0; i < list->count; i++)
        there += column_find(data, columns[i].column) != NULL;
    return there;
}

static unsigned bits_of(uint64_t number)
{
    unsigned bits = 0;

    for (; number; number >>= 1)
        bits++;
    return bits;
}

static void init_data_key(struct data_key *key, struct sim *sim, const struct data_set_config *data,
                          const struct param_list *list)
{
    const struct shard_key_column *columns = list->items;

    key->columns = memory_alloc_array(&sim->memory, list->count + 1, sizeof *key->columns);
    if (columns_there(data, list))
        for (size_t i = 0; i < list->count; i++)
            if (has_column(data, columns[i].column))
                column_init(&key->columns[key->count++], sim, data, column_find(data, columns[i].column));
    if (!key->count)
        column_init(&key->columns[key->count++], sim, data, NULL);
    if (key->count > 1)
        key->shift = 64 - bits_of(key->columns[0].count);
}

void shard_key_init(struct shard_key *key, struct sim *sim, const struct param_list *list)
{
    const struct environment *environment = environment_of(sim);

    key->data_count = (uint16_t)(environment->data_set_count + 1);
    key->data = memory_alloc_array(&sim->memory, key->data_count, sizeof *key->data);
    for (uint16_t i = 1; i < key->data_count; i++)
        init_data_key(&key->data[i], sim, &environment->data_sets[i - 1], list);
}

/* Of all columns but the first. */
static uint64_t rest_hash(const struct data_key *key, uint64_t row)
{
    uint64_t hash = 0;

    for (uint32_t i = 1; i < key->count; i++)
        hash = rng_hash(rng_mix(hash + i), column_value(&key->columns[i], row));
    return hash;
}

uint64_t shard_key_value(const struct shard_key *key, uint16_t data, uint64_t row)
{
    const struct data_key *own = &key->data[data];
    uint64_t first = column_value(&own->columns[0], row);

    return own->count == 1 ? first : rng_hash(rest_hash(own, row), first);
}

uint64_t shard_key_order(const struct shard_key *key, uint16_t data, uint64_t row)
{
    const struct data_key *own = &key->data[data];
    uint64_t first = column_value(&own->columns[0], row);

    if (own->count == 1)
        return first;
    return first << own->shift | rest_hash(own, row) >> (64 - own->shift);
}

double shard_key_rows(const struct shard_key *key, uint16_t data)
{
    return (double)key->data[data].columns[0].rows;
}

double shard_key_rows_below(const struct shard_key *key, uint16_t data, uint64_t order)
{
    const struct data_key *own = &key->data[data];
    const struct column *first = &own->columns[0];
    uint64_t value = order >> own->shift;
    double below = (double)column_rows_below(first, value), part;

    if (own->count == 1)
        return below;
    part = ldexp((double)(order - (value << own->shift)), -(int)own->shift);
    return below + part * ((double)column_rows_below(first, value + 1) - below);
}

uint64_t shard_key_order_at(const struct shard_key *key, uint16_t data, double rows_below)
{
    const struct data_key *own = &key->data[data];
    const struct column *first = &own->columns[0];
    uint64_t value = column_value_at(first, (uint64_t)rows_below);
    double below = (double)column_rows_below(first, value),
           above = (double)column_rows_below(first, value + 1);

    if (own->count > 1)
        return (value << own->shift) +
               (uint64_t)ldexp((rows_below - below) / (above - below), (int)own->shift);
    return rows_below - below < above - rows_below ? value : value + 1;
}

uint64_t shard_key_order_of(const struct shard_key *key, uint16_t data, uint64_t value)
{
    return value << key->data[data].shift;
}

/* ---- once wired ---- */

static bool any_has(const struct environment *environment, const char *column)
{
    for (size_t i = 0; i < environment->data_set_count; i++)
        if (has_column(&environment->data_sets[i], column))
            return true;
    return false;
}

/* The columns that there are, for an error. */
static void name_columns(const struct environment *environment, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size,
                                   "use \"row\" or \"user\", or add it as `column_values` of the "
                                   "data set");
    bool first = true;

    for (size_t i = 0; i < environment->data_set_count; i++) {
        const struct data_set_config *data = &environment->data_sets[i];
        const struct column_config *columns = data->column_values.items;

        for (size_t k = 0; k < data->column_values.count && used < size; k++, first = false)
            used += (size_t)snprintf(text + used, size - used, "%s \"%.64s\" of %.64s",
                                     first ? "; there are" : ",", columns[k].name, data->name);
    }
}

void shard_key_check_wired(const struct sim *sim, const struct param_list *list, const char *path,
                           struct param_problems *problems)
{
    const struct environment *environment = environment_of(sim);
    const struct shard_key_column *columns = list->items;
    char place[128], help[512];
    bool all_known = true;

    if (shard_key_is(list, SHARD_KEY_USER))
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (any_has(environment, columns[i].column))
            continue;
        all_known = false;
        snprintf(place, sizeof place, "%s[%zu]", path, i);
        name_columns(environment, help, sizeof help);
        param_problem(problems, place, help, "no data set has a column \"%.64s\"", columns[i].column);
    }
    for (size_t i = 0; all_known && i < environment->data_set_count; i++) {
        const struct data_set_config *data = &environment->data_sets[i];
        size_t there = columns_there(data, list);

        for (size_t k = 0; there && k < list->count; k++)
            if (!has_column(data, columns[k].column))
                param_problem(problems, path, "give it all of them, or none: it is placed by its rows then",
                              "%s has no column \"%.64s\", and others of the shard key", data->name,
                              columns[k].column);
    }
}
