/* column_check.c - what is wrong with the columns of a data set beyond their rows; see column.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/column.h"

#define SHARE_TOLERANCE 1e-6 /* of a sum that is to be 1 */

static void check_column(const struct data_set_config *data, const struct column_config *column,
                         struct param_problems *problems)
{
    const struct column_share_config *shares = column->shares.items;
    char path[160];
    double sum = 0;

    for (size_t i = 0; i < column->shares.count; i++)
        sum += shares[i].share;
    snprintf(path, sizeof path, "column_values.%s", column->name);
    if (!strcmp(column->name, "row") || !strcmp(column->name, "user"))
        param_problem(problems, path, "give the column another name",
                      "\"%s\" as a shard key means %s already", column->name,
                      *column->name == 'r' ? "the number of a row" : "who asks");
    snprintf(path, sizeof path, "column_values.%s.shares", column->name);
    if (column->shares.count && fabs(sum - 1) > SHARE_TOLERANCE)
        param_problem(problems, path, NULL, "the shares add up to %.10g %%, not to 100 %%", 100 * sum);
    snprintf(path, sizeof path, "column_values.%s.distinct", column->name);
    if (column->shares.count && column->distinct)
        param_problem(problems, path, "leave one of them out",
                      "`shares` says already how many values there are");
    if (column->distinct > data->rows)
        param_problem(problems, path, NULL, "%lld rows cannot have %lld different values",
                      (long long)data->rows, (long long)column->distinct);
    if (column->spread == COLUMN_ZIPF &&
        (column->distinct ? column->distinct : data->rows) > COLUMN_VALUES_MAX)
        param_problem(problems, path, "spread them evenly", "Zipf's law is for %d values at most",
                      COLUMN_VALUES_MAX);
}

void columns_check(const struct data_set_config *data, struct param_problems *problems)
{
    const struct column_config *columns = data->column_values.items;

    for (size_t i = 0; i < data->column_values.count; i++)
        check_column(data, &columns[i], problems);
}
