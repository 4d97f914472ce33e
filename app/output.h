/* output.h - files that are whole or absent.
 *
 * Output goes to a file in the same folder that has no name (O_TMPFILE), so that nothing of a program that is
 * killed stays behind. When everything, also fsync, has succeeded, it gets a temporary name and is moved into
 * place. Where a file system knows no such files it has the temporary name from the start. "-" is standard
 * output, of which standard_streams.h tells how it ended; what is no regular file (/dev/null, a pipe, a
 * terminal) is written directly.
 */
#ifndef APP_OUTPUT_H
#define APP_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path;      /* where it is to be, NULL: standard output */
    char *temporary; /* its name before it is moved there, NULL: written directly */
    bool is_named;   /* it has that name already */
};

/* False with errno set: the file cannot be made there. */
bool output_open(struct output *output, const char *path);

/* Moves it into place; false with errno set when anything was not written, and then nothing is left behind.
 * Standard output is not looked at. */
bool output_commit(struct output *output);

/* Whether an error number of the above is the machine's fault (no space, no memory); else the user named a
 * place where no file can be. */
bool output_is_machine_error(int error);

/* Gives up: nothing is left behind. */
void output_abandon(struct output *output);

#endif
