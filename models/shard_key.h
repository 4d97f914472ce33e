/* shard_key.h - what of a row decides about its shard: one column or several, or its number.
 *
 * Each data set that has the columns is placed by them; one that has none of them is placed by the numbers of
 * its rows, so that the row of user 7 lies with what has user 7 in the column "user_id".
 *
 * A key is used in two ways. As a number: of one column its value, of several a hash of all. And in an order,
 * for ranges: by the value of the first column, and among equal ones by a hash of the others, as in a
 * compound index whose second part is hashed.
 *
 * Cost: O(1) a row and column. Memory: 350 bytes a data set and column, and what its values take. Read only
 * once made; memory is the run's.
 */
#ifndef MODELS_SHARD_KEY_H
#define MODELS_SHARD_KEY_H

#include "models/column.h"

#define SHARD_KEY_COLUMNS_MAX 8

#define SHARD_KEY_ROW "row"
#define SHARD_KEY_USER "user"

/* As a scenario writes it. */
struct shard_key_column {
    const char *column;
};

extern const struct param_table shard_key_params;

/* Whether the list is that one word; empty: the row. */
bool shard_key_is(const struct param_list *list, const char *word);

/* Of one data set. */
struct data_key {
    uint32_t count;
    struct column *columns;
    unsigned shift; /* of the first column's value in the order */
};

struct shard_key {
    struct data_key *data; /* by number of the data set */
    uint16_t data_count;
};

/* list: of struct shard_key_column. For wiring. */
void shard_key_init(struct shard_key *key, struct sim *sim, const struct param_list *list);

/* The key as a number. */
uint64_t shard_key_value(const struct shard_key *key, uint16_t data, uint64_t row);

/* The key in the order. */
uint64_t shard_key_order(const struct shard_key *key, uint16_t data, uint64_t row);

/* Whether rows that are yet to come are the last in the order. */
static inline bool shard_key_grows(const struct shard_key *key, uint16_t data)
{
    return column_grows(&key->data[data].columns[0]);
}

/* Rows of a data set, and how many of them are below a place in the order. */
double shard_key_rows(const struct shard_key *key, uint16_t data);
double shard_key_rows_below(const struct shard_key *key, uint16_t data, uint64_t order);

/* A place in the order with nearly so many rows below it; values of a single column are not torn apart. */
uint64_t shard_key_order_at(const struct shard_key *key, uint16_t data, double rows_below);

/* The place in the order where a value of the first column begins. */
uint64_t shard_key_order_of(const struct shard_key *key, uint16_t data, uint64_t value);

/* Once wired: columns that no data set has, and data sets that lack only some of several. path: of the
 * list. */
void shard_key_check_wired(const struct sim *sim, const struct param_list *list, const char *path,
                           struct param_problems *problems);

#endif
