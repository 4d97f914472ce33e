/* plot.h - pictures of results: one driver, one table of plots.
 *
 * Each plot is a row: its name, the script that draws it (plots/NAME.gp, embedded in the program), and two
 * functions, one that says of what it can be drawn (all that users saw, a component with instances) and one
 * that writes the data. A new plot is a script and a row. The pictures are NAME.png or NAME_SUBJECT.png.
 *
 * Left out: more variants than fit beside each other (PLOT_VARIANTS_MAX).
 */
#ifndef APP_PLOT_H
#define APP_PLOT_H

#include "app/csv_read.h"
#include "app/gnuplot.h"

#define PLOT_VARIANTS_MAX 30
#define PLOT_NAME_SIZE (CSV_NAME_MAX + 24)

/* What is drawn; made by plot_input_init(). */
struct plot_input {
    const struct csv_table *table;           /* borrowed, with all names */
    const char *variants[PLOT_VARIANTS_MAX]; /* in the order of the file */
    size_t variant_count;
    bool too_many; /* variants; only the first PLOT_VARIANTS_MAX are there */
    char **shared; /* components with instances, "db.shard", in the order of the file */
    size_t shared_count;
};

/* The arguments that a script is given behind the subject and what all have in common. */
struct plot_arguments {
    double values[2];
    size_t count;
};

struct plot {
    const char *name;
    const char *script;
    /* The index-th subject, NULL behind the last: a component, or "total". */
    const char *(*subject)(const struct plot_input *input, size_t index);
    /* Writes its files of data. False with errno set. */
    bool (*write)(const struct plot_input *input, const char *subject, struct gnuplot *gnuplot,
                  struct plot_arguments *arguments);
};

extern const struct plot plots[]; /* ended by one without name */

/* False: out of memory. */
bool plot_input_init(struct plot_input *input, const struct csv_table *table);
void plot_input_deinit(struct plot_input *input);

/* Draws one picture; it stays in gnuplot's folder under `name` ("load_db.shard.png"), which is set first. */
enum gnuplot_status plot_draw(const struct plot *plot, const struct plot_input *input, const char *subject,
                              struct gnuplot *gnuplot, char name[PLOT_NAME_SIZE]);

#endif
