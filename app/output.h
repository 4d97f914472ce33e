/* output.h - files that are whole or absent.
 *
 * Output goes to a temporary file in the same folder, which is moved into place when everything, also fsync and
 * fclose, has succeeded. "-" is standard output; what is no regular file (/dev/null, a pipe, a terminal) is written
 * directly.
 */
#ifndef APP_OUTPUT_H
#define APP_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path;      /* where it is to be, NULL: standard output */
    char *temporary; /* where it is meanwhile, NULL: written directly */
};

/* False with errno set: the file cannot be made there. */
bool output_open(struct output *output, const char *path);

/* Moves it into place; false with errno set when anything was not written, and then nothing is left behind. */
bool output_commit(struct output *output);

/* Gives up: nothing is left behind. */
void output_abandon(struct output *output);

#endif
