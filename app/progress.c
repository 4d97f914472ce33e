#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 30

void progress_init(struct progress *progress, size_t all, bool quiet)
{
    *progress = (struct progress){ .shown = !quiet && isatty(STDERR_FILENO), .all = all, .what = "" };
}

void progress_update(struct progress *progress, double share)
{
    double done = ((double)progress->done + share) / (double)(progress->all ? progress->all : 1);
    int full = (int)(done * BAR_WIDTH);
    char bar[BAR_WIDTH + 1];

    if (!progress->shown)
        return;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f%% %-30.30s", bar, done * 100, progress->what);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%*s\r", BAR_WIDTH + 40, "");
}
