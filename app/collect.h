/* collect.h - reads what one finished run measured into the results of its variant.
 *
 * Rows come for every component of the scenario as a whole ("web"), for each of its instances when there are
 * several ("web[0]"), for each request class of the clients ("users:view") and for the system ("total").
 */
#ifndef APP_COLLECT_H
#define APP_COLLECT_H

#include "app/peaks.h"
#include "app/results.h"
#include "models/model.h"
#include "sim/sim.h"

/* Metrics that the kernel measures of every component, for the reference; ended by a row without name. */
extern const struct metric_row common_metrics[];

/* Adds one replication. `peaks`: of an episode; NULL: not one. */
void collect_run(struct results *results, const struct sim *sim, const struct peaks *peaks);

#endif
