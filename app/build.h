/* build.h - makes a run of a scenario's variant: groups, sites, network, wired and started. */
#ifndef APP_BUILD_H
#define APP_BUILD_H

#include "app/scenario.h"
#include "sim/sim.h"

enum build_status { BUILD_OK, BUILD_CYCLE, BUILD_TOO_DEEP, BUILD_OUT_OF_MEMORY };

/* On BUILD_OK *sim is ready for sim_run(), the caller's to destroy. On BUILD_CYCLE *cycle is the name of a component on
 * a cycle of calls, on BUILD_TOO_DEEP of one where a path of more than 64 calls begins; owned by the variant. */
enum build_status build_run(const struct scenario_variant *variant, uint64_t seed, uint64_t memory_budget_bytes, struct sim **sim,
                            const char **cycle);

#endif
