#include "models/column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct param_choice spreads[] = {
    { "even", COLUMN_EVEN, "all values are equally frequent" },
    { "zipf", COLUMN_ZIPF, "value number k, from 1, is frequent in proportion to k^-exponent" },
    { NULL, 0, NULL },
};

static const struct param_choice orders[] = {
    { "scattered", COLUMN_SCATTERED, "any row has any value, in each replication another one" },
    { "growing", COLUMN_GROWING, "later rows have later values, as dates and automatic numbers do" },
    { NULL, 0, NULL },
};

static const struct param_row share_rows[] = { PARAM_FRACTION(struct column_share_config, share, .max = 1,
                                                              .help =
                                                                  "Part of the rows that have the value."),
                                               PARAM_END };

static const struct param_table share_params = { .rows = share_rows,
                                                 .size = sizeof(struct column_share_config),
                                                 .help = "a value and how many rows have it" };

static const struct param_row rows[] = {
    PARAM_MAP(struct column_config, shares, .default_text = "{}", .max = COLUMN_NAMES_MAX,
              .table = &share_params,
              .help = "Values by name, each with its part of the rows, as { \"kr\": \"60%\", \"us\": \"40%\" "
                      "}; without any, values are numbers."),
    PARAM_COUNT(struct column_config, distinct, .default_text = "\"rows\"", .word = "rows", .word_value = 0,
                .min = 1, .max = 1e14,
                .help = "How many different values there are, of those that are numbers; rows: each row has "
                        "a value of its own."),
    PARAM_CHOICE(struct column_config, spread, .default_text = "\"even\"", .choices = spreads,
                 .help = "How the rows are spread over values that are numbers."),
    PARAM_REAL(struct column_config, exponent, .default_text = "0.99", .max = 10,
               .help = "How uneven Zipf's law is: at 0 all values are equally frequent."),
    PARAM_CHOICE(struct column_config, order, .default_text = "\"scattered\"", .choices = orders,
                 .help = "Which rows have which values."),
    PARAM_END
};

const struct param_table column_params = { .rows = rows,
                                           .size = sizeof(struct column_config),
                                           .help = "a named column, and how many rows have each of its "
                                                   "values" };

const struct column_config *column_find(const struct data_set_config *data, const char *name)
{
    const struct column_config *columns = data->column_values.items;

    for (size_t i = 0; i < data->column_values.count; i++)
        if (!strcmp(columns[i].name, name))
            return &columns[i];
    return NULL;
}

/* ---- values ---- */

/* How frequent a value is; weights need not add up to 1. */
static double weight_of(const struct column_config *config, uint64_t value)
{
    const struct column_share_config *shares = config->shares.items;

    return config->shares.count ? shares[value].share : pow((double)(value + 1), -config->exponent);
}

static void make_ends(struct column *column, struct memory *memory)
{
    double sum = 0, before = 0;

    column->ends = memory_alloc_array(memory, column->count, sizeof *column->ends);
    for (uint64_t i = 0; i < column->count; i++)
        sum += weight_of(column->config, i);
    for (uint64_t i = 0; i < column->count; i++) {
        before += weight_of(column->config, i);
        column->ends[i] = (uint64_t)nearbyint(fmin(before / sum, 1) * (double)column->rows);
    }
    column->ends[column->count - 1] = column->rows;
}

void column_init(struct column *column, struct sim *sim, const struct data_set_config *data,
                 const struct column_config *config)
{
    char purpose[96];

    *column =
        (struct column){ .config = config, .rows = (uint64_t)data->rows, .count = (uint64_t)data->rows };
    if (!config)
        return;
    if (config->shares.count)
        column->count = config->shares.count;
    else if (config->distinct)
        column->count = (uint64_t)config->distinct;
    snprintf(purpose, sizeof purpose, "column.%s", config->name);
    column->key = rng_key(sim->seed, data->name, purpose);
    permutation_init(&column->permutation, column->rows, column->key);
    if (config->shares.count || config->spread == COLUMN_ZIPF)
        make_ends(column, &sim->memory);
}

static uint64_t product_over(uint64_t a, uint64_t b, uint64_t divisor, bool up)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)((product + (up ? divisor - 1 : 0)) / divisor);
}

uint64_t column_value_at(const struct column *column, uint64_t position)
{
    uint64_t low = 0, high = column->count - 1;

    if (!column->config)
        return position;
    if (!column->ends)
        return product_over(position, column->count, column->rows, false);
    while (low < high) {
        uint64_t middle = (low + high) / 2;

        if (position < column->ends[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t column_value(const struct column *column, uint64_t row)
{
    if (!column->config)
        return row;
    if (row >= column->rows) /* it has come later */
        row = column_grows(column) ? column->rows - 1 : rng_hash(column->key, row) % column->rows;
    return column_value_at(column, column_grows(column) ? row : permutation_map(&column->permutation, row));
}

uint64_t column_rows_below(const struct column *column, uint64_t value)
{
    if (value >= column->count)
        return column->rows;
    if (!column->config)
        return value;
    if (column->ends)
        return value ? column->ends[value - 1] : 0;
    return product_over(value, column->rows, column->count, true);
}

bool column_parse(const struct column *column, const char *text, uint64_t *value)
{
    size_t named = column->config ? column->config->shares.count : 0;
    const struct column_share_config *shares = named ? column->config->shares.items : NULL;
    char *end;

    for (size_t i = 0; i < named; i++)
        if (!strcmp(shares[i].name, text)) {
            *value = i;
            return true;
        }
    if (named || *text < '0' || *text > '9')
        return false;
    *value = strtoull(text, &end, 10);
    return !*end && *value < column->count;
}
