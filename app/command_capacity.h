/* command_capacity.h - how much of one thing (users, requests a second) each variant of a scenario bears
 * before an expectation fails, found by bisection.
 *
 * Every trial is a run as `run` makes it, with the same random numbers; a trial with few requests goes on
 * until there are CAPACITY_REQUESTS in each replication. A load holds when every expectation of the variant
 * holds there, as `run` judges it: undecided is not held, and neither is a load under which requests pile
 * up until a limit of the run is met.
 */
#ifndef APP_COMMAND_CAPACITY_H
#define APP_COMMAND_CAPACITY_H

#include "app/options.h"

#define CAPACITY_REQUESTS 2000

/* Returns an exit status; EXIT_EXPECTATION_FAILED when a variant does not even hold at the low end. */
int command_capacity(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics);

#endif
