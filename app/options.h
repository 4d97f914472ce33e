/* options.h - the command line: sub-commands and options, from one table that also makes the help. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/diagnostics.h"

enum command {
    COMMAND_RUN,
    COMMAND_CAPACITY,
    COMMAND_CHECK,
    COMMAND_INIT,
    COMMAND_DIAGRAM,
    COMMAND_PLOT,
    COMMAND_MODELS,
    COMMAND_SCHEMA,
    COMMAND_REFERENCE,
    COMMAND_HELP,
    COMMAND_VERSION
};

struct options {
    enum command command;
    const char *argument; /* scenario file, type for models, file for init; NULL: none */
    const char *variant;  /* NULL: all */
    const char *csv;      /* NULL: none */
    const char *json;     /* NULL: none */
    const char *series;   /* NULL: none */
    const char *out;      /* folder for pictures */
    const char *format;   /* of pictures: png or svg */
    const char **settings;
    size_t setting_count;
    const char *vary;      /* PATH=LOW..HIGH, NULL: none */
    const char **crashes;  /* components of which one machine dies */
    size_t crash_count;
    double within;         /* of the capacity */
    uint64_t seed;
    uint64_t trace_request; /* number of the request whose way is told; 0: none */
    int replications;
    int64_t interval_ns;       /* of the series; 0: chosen by the measured time */
    uint64_t max_memory_bytes; /* of a run; 0: a share of the machine's */
    bool paths;                /* check lists them */
    bool quiet;
    enum diagnostics_format error_format;
};

/* Reads the command line. False: what is wrong is in `diagnostics`. Texts stay argv's; the lists are freed by
 * options_deinit(). */
bool options_read(struct options *options, int argc, char **argv, struct diagnostics *diagnostics);
void options_deinit(struct options *options);

/* The text of --help. */
void options_help(FILE *file);

#endif
