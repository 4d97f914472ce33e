/* command_plot.h - scalesim plot: pictures of the results in a CSV file. */
#ifndef APP_COMMAND_PLOT_H
#define APP_COMMAND_PLOT_H

#include "app/options.h"

/* Reads, draws all the pictures there are, and only then puts them in place. Returns an exit status. */
int command_plot(const struct options *options, struct diagnostics *diagnostics);

#endif
