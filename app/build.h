/* build.h - makes a run of a scenario's variant: groups, sites, network, wired and started. */
#ifndef APP_BUILD_H
#define APP_BUILD_H

#include "app/scenario.h"
#include "sim/sim.h"

enum build_status { BUILD_OK, BUILD_CYCLE, BUILD_TOO_DEEP, BUILD_TOO_LARGE, BUILD_OUT_OF_MEMORY };

/* What cannot be built, and where. The component's name is owned by the variant; "": a host. */
struct build_problem {
    const char *component; /* BUILD_CYCLE: on a cycle of calls; BUILD_TOO_DEEP: a path of more than 64 calls
                              begins there */
    const char *excess;    /* BUILD_TOO_LARGE: what there would be more of: "65,535 instances"; a constant */
};

/* How many instances of the component there are, or may be at most where somebody adds some: all are
 * wired. */
uint32_t build_instances(const struct scenario_variant *variant, const struct component_config *component);

/* On BUILD_OK *sim is ready for sim_run(), the caller's to destroy. */
enum build_status build_run(const struct scenario_variant *variant, uint64_t seed,
                            uint64_t memory_budget_bytes, struct sim **sim, struct build_problem *problem);

#endif
