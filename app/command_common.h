/* command_common.h - what commands that read a scenario share: exit statuses, reading, limits, the line
 * that repeats a run. */
#ifndef APP_COMMAND_COMMON_H
#define APP_COMMAND_COMMON_H

#include <time.h>

#include "app/options.h"
#include "app/run.h"
#include "sim/bug.h"

#define COMMAND_REPEAT_SIZE 1024

/* Exit statuses of the program. */
enum exit_status {
    EXIT_RAN = 0,
    EXIT_EXPECTATION_FAILED = 1,
    EXIT_USER_ERROR = 2,
    EXIT_MACHINE_ERROR = 3,
    EXIT_BUG = BUG_STATUS,
    EXIT_SIGNAL =
        128, /* plus the signal's number; SIGPIPE's also where the reader of standard output went away */
};

/* Prints what was collected on standard error. */
void print_diagnostics(struct diagnostics *diagnostics, const struct options *options);

/* Tells it and returns EXIT_MACHINE_ERROR. */
int command_machine_error(struct diagnostics *diagnostics, const char *what, const char *why);

/* Bytes that one run may use. */
uint64_t command_memory_budget(const struct options *options);

/* Reads the scenario that the options name, with their settings and variant; what is wrong is told. Returns
 * an exit status; the scenario is the caller's to deinit in any case. */
int command_read_scenario(struct scenario *scenario, const struct options *options,
                          struct diagnostics *diagnostics);

/* The line that gives the same again, to be shown; cut at COMMAND_REPEAT_SIZE bytes. */
void command_compose_repeat(char *text, int argc, char **argv);

/* Tells which limit a run met, which component grew and what is left. Returns EXIT_MACHINE_ERROR. */
int command_over_limit(const char *path, enum run_status status, uint64_t budget_bytes,
                       const struct results *results, struct diagnostics *diagnostics);

/* By the clock that nobody sets. */
double command_seconds_since(const struct timespec *begun);

/* The reader of standard output has gone, and no file waits for the rest. */
bool command_is_unheard(const struct options *options);

#endif
