/* environment.h - what a scenario's components share: data sets, hosts, and the truth about rows.
 *
 * The application makes one environment a scenario variant; it is read only and outlives the runs.
 */
#ifndef MODELS_ENVIRONMENT_H
#define MODELS_ENVIRONMENT_H

#include "models/data_set.h"
#include "models/host.h"
#include "sim/sim.h"

struct environment {
    const struct data_set_config *data_sets; /* number 1 is the first */
    size_t data_set_count;
    const struct host_config *hosts; /* of the scenario: machines that components may share */
    size_t host_count;
    const struct host_config *sizes; /* of the catalog: a machine for each instance */
    size_t size_count;
};

static inline const struct environment *environment_of(const struct sim *sim)
{
    return (const struct environment *)sim->environment;
}

/* Number of a data set by name, from 1; 0: none of that name, or name is NULL. */
uint16_t environment_data_set(const struct environment *environment, const char *name);

#endif
