/* progress.h - a bar on standard error while a terminal looks at it. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool shown;
    const char *what; /* variant that runs */
    size_t done, all; /* replications of all variants */
};

/* all: replications in all. quiet: show nothing. */
void progress_init(struct progress *progress, size_t all, bool quiet);

/* share of the replication that runs, 0..1. */
void progress_update(struct progress *progress, double share);

/* Wipes the bar, before anything else is printed. */
void progress_clear(struct progress *progress);

#endif
