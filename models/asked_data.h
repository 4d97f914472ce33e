/* asked_data.h - which data sets come to a store: those that steps of handlers name, and those of the
 * requests that the handlers serve.
 *
 * A step asks the store itself, or a cache that stands before it. What workers do with messages about a row
 * that a publishing step has drawn anew is not seen. Once wired. Cost: O(groups x steps x classes).
 */
#ifndef MODELS_ASKED_DATA_H
#define MODELS_ASKED_DATA_H

#include "models/param.h"
#include "sim/sim.h"

/* Whether requests about rows of the data set come to the store. */
bool data_is_asked_of(const struct group *store, uint16_t data);

/* Rows that do not fit on the volumes of a store at the start: an error at `storage`. It has so many parts,
 * and each holds that share of a data set; share NULL: all. */
typedef double share_of_part(const void *context, uint32_t part, uint16_t data);
void storage_check(const struct group *store, int64_t storage, uint32_t parts, share_of_part *share,
                   const void *context, struct param_problems *problems);

#endif
