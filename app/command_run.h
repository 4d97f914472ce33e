/* command_run.h - runs a scenario from the command line. */
#ifndef APP_COMMAND_RUN_H
#define APP_COMMAND_RUN_H

#include "app/options.h"

/* Reads, runs, reports. argv: the whole command line, for "to repeat". Returns an exit status. */
int command_run(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics);

/* Reads and tells what is wrong. */
int command_check(const struct options *options, struct diagnostics *diagnostics);

/* Prints the architecture of a variant, the base unless it says otherwise, in Graphviz's language. */
int command_diagram(const struct options *options, struct diagnostics *diagnostics);

#endif
