/* in_flight.c - the bytes that a request in flight takes.
 *
 *     in_flight SCENARIO MILLISECONDS [PATH=VALUE...]
 *
 * Runs a scenario, settings as with --set, up to that date and prints the requests in flight, and the bytes
 * that the run has taken since it was wired, over the most requests that were in flight: pool, events and
 * timers. The kernel's own account: what the C library adds to each of a few hundred blocks is not in it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/build.h"
#include "app/diagnostics.h"
#include "app/scenario.h"

#define NS_PER_MS (SIM_NS_PER_S / 1000)

/* False: it could not be run to the end. */
static bool measure(const struct scenario_variant *variant, int64_t end_ns)
{
    struct sim *sim;
    struct build_problem problem;
    uint64_t wired_bytes;
    bool reached;

    if (build_run(variant, 1, UINT64_MAX, &sim, &problem) != BUILD_OK)
        return false;
    sim_begin(sim);
    wired_bytes = sim->memory.used_bytes;
    reached = sim_run(sim, end_ns) == SIM_REACHED;
    if (reached)
        printf("bytes=%.1f in_flight=%u in_flight_max=%u frames=%u\n",
               (double)(sim->memory.used_bytes - wired_bytes) / sim->request_count, sim_requests_live(sim),
               sim->request_count, sim->frames_max);
    sim_destroy(sim);
    return reached;
}

int main(int argc, char **argv)
{
    struct diagnostics diagnostics;
    struct scenario scenario;
    struct scenario_overrides overrides = { 0 };
    bool done = false;

    if (argc < 3) {
        fputs("usage: in_flight SCENARIO MILLISECONDS [PATH=VALUE...]\n", stderr);
        return EXIT_FAILURE;
    }
    overrides.settings = (const char *const *)(argv + 3);
    overrides.setting_count = (size_t)(argc - 3);
    diagnostics_init(&diagnostics);
    if (scenario_read(&scenario, argv[1], &overrides, &diagnostics) == SCENARIO_OK)
        done = measure(&scenario.variants[0], strtoll(argv[2], NULL, 10) * NS_PER_MS);
    diagnostics_print(&diagnostics, stderr, DIAGNOSTICS_TEXT, false);
    diagnostics_deinit(&diagnostics);
    scenario_deinit(&scenario);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
