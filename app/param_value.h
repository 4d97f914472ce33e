/* param_value.h - reads values that are one JSON value: numbers, quantities, words, texts, names, laws.
 * For param_read.c; what is wrong becomes errors of the context. */
#ifndef APP_PARAM_VALUE_H
#define APP_PARAM_VALUE_H

#include "app/param_problems.h"
#include "app/source_text.h"

#include <cjson/cJSON.h>

/* "wants WHAT, got a string"; returns false. */
bool param_error_type(struct param_context *context, const cJSON *value, const char *wanted,
                      const char *help);

/* Stores what the row's word stands for. */
void param_store_word(const struct param_row *row, void *slot);

/* Each reads a value of the kinds that it is for into the member at `slot`. */
bool param_read_bool(struct param_context *context, const struct param_row *row, const cJSON *value,
                     void *slot);
bool param_read_number(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot);
bool param_read_any_quantity(struct param_context *context, const struct param_row *row, const cJSON *value,
                             void *slot);
bool param_read_quantity(struct param_context *context, const struct param_row *row, const cJSON *value,
                         void *slot);
bool param_read_choice(struct param_context *context, const struct param_row *row, const cJSON *value,
                       void *slot);
bool param_read_text(struct param_context *context, const struct param_row *row, const cJSON *value,
                     void *slot);
bool param_read_reference(struct param_context *context, const struct param_row *row, const cJSON *value,
                          void *slot);
bool param_read_arrival_trace(struct param_context *context, const struct param_row *row, const cJSON *value,
                              void *slot);
bool param_read_distribution(struct param_context *context, const struct param_row *row, const cJSON *value,
                             void *slot);

/* Reads the file that `value` names, beside the scenario, and hands it with `slot` to `parse`. wanted:
 * what a value that is no string should have been. */
bool param_read_file(struct param_context *context, const cJSON *value, const char *wanted,
                     bool (*parse)(struct param_context *context, const struct source_text *text, void *slot),
                     void *slot);

/* A duration in seconds, for laws; `value` may be of any type. */
bool param_read_seconds(struct param_context *context, const cJSON *value, double *seconds);

/* An error when `number` is outside the row's bounds. */
bool param_check_range(struct param_context *context, const struct param_row *row, const cJSON *value,
                       double number);

/* `did you mean "X"?` for what `suggest` found, or NULL. */
struct suggest;
const char *param_did_you_mean(const struct suggest *suggest, char *text, size_t size);

#endif
