/* sessions.c - the bytes that a session of a web server takes.
 *
 *     sessions SCENARIO SESSIONS [PATH=VALUE...]
 *
 * Runs a scenario in which every request is another user's, who logs in and stays logged in, until there are
 * so many sessions, and prints the bytes that the run has taken since it was wired over the sessions there
 * are: the most over all their numbers from a tenth of them on, looked at in steps of a hundredth. The
 * requests in flight are in it, and so is what is kept free for more; the copy that a growing table makes for
 * a moment is not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/build.h"
#include "app/diagnostics.h"
#include "app/scenario.h"

#define STEPS 100

static uint64_t users_answered(const struct sim *sim)
{
    return sim_find_group(sim, "users")->instances[0]->finished[OUTCOME_OK];
}

/* False: it could not be run to the end. */
static bool measure(const struct scenario_variant *variant, uint64_t sessions)
{
    struct sim *sim;
    struct build_problem problem;
    uint64_t wired_bytes, next = sessions / 10;
    double most = 0.0;
    bool reached = true;

    if (build_run(variant, 1, UINT64_MAX, &sim, &problem) != BUILD_OK)
        return false;
    sim_begin(sim);
    wired_bytes = sim->memory.used_bytes;
    while (reached && users_answered(sim) < sessions) {
        reached = sim_run(sim, sim->now_ns + SIM_NS_PER_S / 100) == SIM_REACHED;
        if (users_answered(sim) >= next) {
            double bytes = (double)(sim->memory.used_bytes - wired_bytes) / (double)users_answered(sim);

            if (bytes > most)
                most = bytes;
            next = users_answered(sim) + sessions / STEPS;
        }
    }
    if (reached)
        printf("bytes=%.1f sessions=%" PRIu64 "\n", most, users_answered(sim));
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
        fputs("usage: sessions SCENARIO SESSIONS [PATH=VALUE...]\n", stderr);
        return EXIT_FAILURE;
    }
    overrides.settings = (const char *const *)(argv + 3);
    overrides.setting_count = (size_t)(argc - 3);
    diagnostics_init(&diagnostics);
    if (scenario_read(&scenario, argv[1], &overrides, &diagnostics) == SCENARIO_OK)
        done = measure(&scenario.variants[0], strtoull(argv[2], NULL, 10));
    diagnostics_print(&diagnostics, stderr, DIAGNOSTICS_TEXT, false);
    diagnostics_deinit(&diagnostics);
    scenario_deinit(&scenario);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
