/* command_run.h - runs a scenario from the command line. */
#ifndef APP_COMMAND_RUN_H
#define APP_COMMAND_RUN_H

#include "app/options.h"

/* Exit statuses of the program. */
enum exit_status {
    EXIT_RAN = 0,
    EXIT_EXPECTATION_FAILED = 1,
    EXIT_USER_ERROR = 2,
    EXIT_MACHINE_ERROR = 3,
    EXIT_BUG = 4,
    EXIT_SIGNAL =
        128, /* plus the signal's number; SIGPIPE's also where the reader of standard output went away */
};

/* Reads, runs, reports. argv: the whole command line, for "to repeat". Returns an exit status. */
int command_run(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics);

/* Reads and tells what is wrong. */
int command_check(const struct options *options, struct diagnostics *diagnostics);

/* Prints the architecture of a variant, the base unless it says otherwise, in Graphviz's language. */
int command_diagram(const struct options *options, struct diagnostics *diagnostics);

/* Prints what was collected on standard error. */
void print_diagnostics(struct diagnostics *diagnostics, const struct options *options);

#endif
