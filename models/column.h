/* column.h - a named column of a data set: which value each row has.
 *
 * Values are numbered from 0. How many rows have each is given: shares of named values, or a number of
 * different values that are equally frequent or follow Zipf's law. The counts are exact; which rows they are
 * is a keyed permutation, another one for each column, so that columns tell nothing of each other; or the
 * values grow with the numbers of the rows, as dates do. A row has the same value whenever it is looked at.
 *
 * Cost: O(1) a row, O(log values) where they are not equally frequent. Memory: 8 bytes a value there. What is
 * made for a run is the run's.
 */
#ifndef MODELS_COLUMN_H
#define MODELS_COLUMN_H

#include "models/data_set.h"
#include "sim/permutation.h"

enum column_spread { COLUMN_EVEN, COLUMN_ZIPF };
enum column_order { COLUMN_SCATTERED, COLUMN_GROWING };

#define COLUMNS_MAX 64            /* of a data set, that have names */
#define COLUMN_NAMES_MAX 10000    /* values that have names */
#define COLUMN_VALUES_MAX 1000000 /* of Zipf's law */

struct column_share_config {
    const char *name;
    double share;
};

struct column_config {
    const char *name;
    struct param_list shares; /* of struct column_share_config; empty: values are numbers */
    int64_t distinct;         /* 0: each row has its own */
    int spread;               /* enum column_spread */
    double exponent;          /* of Zipf */
    int order;                /* enum column_order */
};

/* Of one entry of "column_values" of a data set. */
extern const struct param_table column_params;

/* What no row can say about the columns of a data set; paths are relative to it. */
void columns_check(const struct data_set_config *data, struct param_problems *problems);

/* The data set's column of that name; NULL: it has none. */
const struct column_config *column_find(const struct data_set_config *data, const char *name);

struct column {
    const struct column_config *config; /* NULL: the row's own number */
    uint64_t rows;                      /* of the data set */
    uint64_t count;                     /* of values */
    uint64_t *ends; /* rows that have a value or one before it, by value; NULL: all are equally frequent */
    struct permutation permutation;
    uint64_t key; /* of rows beyond the data set's */
};

/* config NULL: the number of the row. For wiring. */
void column_init(struct column *column, struct sim *sim, const struct data_set_config *data,
                 const struct column_config *config);

uint64_t column_value(const struct column *column, uint64_t row);

/* Whether later rows have greater values. */
static inline bool column_grows(const struct column *column)
{
    return !column->config || column->config->order == COLUMN_GROWING;
}

/* Rows of the data set whose value is below `value`. */
uint64_t column_rows_below(const struct column *column, uint64_t value);

/* The value of the row at that place, all of them in the order of their values. */
uint64_t column_value_at(const struct column *column, uint64_t position);

/* The number of a value as people write it: its name, or a number. False: it has no such value. */
bool column_parse(const struct column *column, const char *text, uint64_t *value);

#endif
