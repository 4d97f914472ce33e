/* gnuplot.h - lets gnuplot draw in a folder of its own, from constant scripts and files of data.
 *
 * gnuplot can run any command: a script is therefore always a constant, what a user named only ever stands in
 * data files and arguments, and gnuplot is started without a shell and without anybody's settings (-d), in a
 * hidden folder beside the place where the pictures are to go. It ends with status 0 even when its picture
 * could not be written, so the picture itself is looked at, to its last bytes.
 *
 * Ownership: the folder and all in it are removed by gnuplot_close(). One picture at a time.
 */
#ifndef APP_GNUPLOT_H
#define APP_GNUPLOT_H

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#define GNUPLOT_DEADLINE_S 60 /* for one picture */
#define GNUPLOT_ARGUMENTS_MAX 8
#define GNUPLOT_ERROR_SIZE 400

enum gnuplot_format { GNUPLOT_PNG, GNUPLOT_SVG };

enum gnuplot_status {
    GNUPLOT_OK,
    GNUPLOT_MISSING,     /* it is not installed */
    GNUPLOT_FAILED,      /* told in gnuplot.error */
    GNUPLOT_INTERRUPTED, /* *interrupt is set */
};

struct gnuplot {
    char *folder;
    DIR *listing;   /* of the folder, opened early: to remove it then takes no memory */
    int descriptor; /* the same */
    enum gnuplot_format format;
    const volatile sig_atomic_t *interrupt; /* borrowed */
    char error[GNUPLOT_ERROR_SIZE];
};

extern const char *const gnuplot_format_names[]; /* png, svg; they are the endings of files, too */

/* Makes the folder inside of `directory`. False with errno set: it cannot be made there. */
bool gnuplot_open(struct gnuplot *gnuplot, const char *directory, enum gnuplot_format format,
                  const volatile sig_atomic_t *interrupt);

/* A file of data for the next picture; NULL with errno set. gnuplot_finish_data() closes it: false with errno
 * set when something was not written. */
FILE *gnuplot_begin_data(struct gnuplot *gnuplot, const char *name);
bool gnuplot_finish_data(FILE *file);

/* Draws with the script and these arguments (NULL behind the last; the format is put before them). The
 * picture stays in the folder under `name`. */
enum gnuplot_status gnuplot_draw(struct gnuplot *gnuplot, const char *script, const char *const *arguments,
                                 const char *name);

/* Moves a picture to `path`. False with errno set. */
bool gnuplot_deliver(struct gnuplot *gnuplot, const char *name, const char *path);

/* Removes the folder. Keeps errno. One that was never opened (all zero) is fine. */
void gnuplot_close(struct gnuplot *gnuplot);

#endif
