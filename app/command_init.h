/* command_init.h - scalesim init: a small scenario to start from. */
#ifndef APP_COMMAND_INIT_H
#define APP_COMMAND_INIT_H

#include "app/options.h"

/* Writes it to the file that the line names, which must not be there yet, or to standard output. Returns
 * an exit status. */
int command_init(const struct options *options, struct diagnostics *diagnostics);

#endif
