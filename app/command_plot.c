#include "app/command_plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_common.h"
#include "app/interrupt.h"
#include "app/output.h"
#include "app/plot.h"

/* Everything while the command works. */
struct plotting {
    const struct options *options;
    struct diagnostics *diagnostics;
    struct csv_table table;
    struct plot_input input;
    struct gnuplot gnuplot;
    char **names; /* pictures that were drawn */
    size_t name_count;
};

static int tell(struct plotting *plotting, int status, const char *help, const char *what, const char *why)
{
    diagnostics_add(plotting->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help, "%s%s", what, why);
    return status;
}

static int out_of_memory(struct plotting *plotting)
{
    return tell(plotting, EXIT_MACHINE_ERROR, NULL, plotting->options->argument, ": out of memory");
}

/* A folder that is not there or may not be written is the user's mistake, a full disk is the machine's. */
static int cannot_write(struct plotting *plotting, const char *what)
{
    int error = errno;

    diagnostics_add(plotting->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    error == ENOENT ? "--out wants a folder that is there" : NULL, "%s cannot be written: %s",
                    what, strerror(error));
    return output_is_machine_error(error) ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
}

/* ---- drawing ---- */

static int status_of(struct plotting *plotting, enum gnuplot_status status, const char *name)
{
    switch (status) {
    case GNUPLOT_OK:
        return EXIT_RAN;
    case GNUPLOT_INTERRUPTED:
        return EXIT_SIGNAL + (int)*plotting->gnuplot.interrupt;
    case GNUPLOT_MISSING:
        return tell(plotting, EXIT_MACHINE_ERROR, "on Debian: apt-get install gnuplot-nox",
                    "gnuplot, which draws the pictures, cannot be started", "");
    case GNUPLOT_FAILED:
        break;
    }
    diagnostics_add(plotting->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL,
                    "gnuplot could not draw %s: %s", name, plotting->gnuplot.error);
    return EXIT_MACHINE_ERROR;
}

static bool remember(struct plotting *plotting, const char *name)
{
    char **more = realloc(plotting->names, (plotting->name_count + 1) * sizeof *more);

    if (!more)
        return false;
    plotting->names = more;
    more[plotting->name_count] = strdup(name);
    return more[plotting->name_count] && ++plotting->name_count;
}

static int draw_one(struct plotting *plotting, const struct plot *plot, const char *subject)
{
    char name[PLOT_NAME_SIZE];
    int status =
        status_of(plotting, plot_draw(plot, &plotting->input, subject, &plotting->gnuplot, name), name);

    if (status == EXIT_RAN && !remember(plotting, name))
        return out_of_memory(plotting);
    return status;
}

static int draw_all(struct plotting *plotting)
{
    int status = EXIT_RAN;

    for (const struct plot *plot = plots; plot->name && status == EXIT_RAN; plot++) {
        const char *subject;

        for (size_t i = 0; status == EXIT_RAN && (subject = plot->subject(&plotting->input, i)); i++)
            status = draw_one(plotting, plot, subject);
    }
    if (status == EXIT_RAN && !plotting->name_count)
        return tell(plotting, EXIT_USER_ERROR, "latencies of total, or components with instances",
                    plotting->options->argument, ": holds nothing that can be drawn");
    return status;
}

static int deliver_one(struct plotting *plotting, const char *name)
{
    size_t size = strlen(plotting->options->out) + strlen(name) + 2;
    char *path = malloc(size);
    int status = EXIT_RAN;

    if (!path)
        return out_of_memory(plotting);
    snprintf(path, size, "%s/%s", plotting->options->out, name);
    if (!gnuplot_deliver(&plotting->gnuplot, name, path))
        status = cannot_write(plotting, path);
    else if (!plotting->options->quiet)
        puts(path);
    free(path);
    return status;
}

static int deliver_all(struct plotting *plotting)
{
    int status = EXIT_RAN;

    for (size_t i = 0; i < plotting->name_count && status == EXIT_RAN; i++)
        status = deliver_one(plotting, plotting->names[i]);
    return status;
}

/* ---- the command ---- */

static int draw_and_deliver(struct plotting *plotting)
{
    enum gnuplot_format format = strcmp(plotting->options->format, "svg") ? GNUPLOT_PNG : GNUPLOT_SVG;
    int status;

    if (!gnuplot_open(&plotting->gnuplot, plotting->options->out, format, interrupt_install()))
        return cannot_write(plotting, plotting->options->out);
    status = draw_all(plotting);
    if (status == EXIT_RAN)
        status = deliver_all(plotting);
    gnuplot_close(&plotting->gnuplot);
    return status;
}

static int read_and_draw(struct plotting *plotting)
{
    const char *path = plotting->options->argument;

    switch (csv_read(&plotting->table, path, plotting->diagnostics)) {
    case CSV_INVALID:
        return EXIT_USER_ERROR;
    case CSV_OUT_OF_MEMORY:
        return out_of_memory(plotting);
    case CSV_OK:
        break;
    }
    if (!plot_input_init(&plotting->input, &plotting->table))
        return out_of_memory(plotting);
    if (plotting->input.too_many)
        return tell(plotting, EXIT_USER_ERROR, "scalesim FILE --variant NAME --csv ... runs one", path,
                    ": has more variants than a picture holds, which are 30");
    return draw_and_deliver(plotting);
}

int command_plot(const struct options *options, struct diagnostics *diagnostics)
{
    struct plotting plotting = { .options = options, .diagnostics = diagnostics };
    int status = read_and_draw(&plotting);

    for (size_t i = 0; i < plotting.name_count; i++)
        free(plotting.names[i]);
    free(plotting.names);
    plot_input_deinit(&plotting.input);
    csv_deinit(&plotting.table);
    return status;
}
