/* result_files.h - what a run writes beside the summary: --csv, --json and --series, variant by variant.
 *
 * All are opened before anything is simulated and closed together. Each is whole or absent.
 */
#ifndef APP_RESULT_FILES_H
#define APP_RESULT_FILES_H

#include "app/options.h"
#include "app/output.h"
#include "app/series_output.h"
#include "app/summary.h"

enum result_file { RESULT_FILE_CSV, RESULT_FILE_JSON, RESULT_FILE_SERIES, RESULT_FILE_COUNT };

struct result_files {
    struct output outputs[RESULT_FILE_COUNT];
    const char *paths[RESULT_FILE_COUNT]; /* NULL: not asked for */
    size_t opened;                        /* of the outputs, in their order */
    size_t variants;                      /* in the JSON so far */
};

/* False: told what cannot be written; *is_machine: it is the machine's fault. Nothing is left open then. */
bool result_files_open(struct result_files *files, const struct options *options,
                       struct diagnostics *diagnostics, bool *is_machine);

/* Whether one of them is standard output, where nothing else may be written then. */
bool result_files_use_stdout(const struct options *options);

/* Whether one of them is not. */
bool result_files_use_files(const struct options *options);

void result_files_begin(struct result_files *files, const struct summary *summary);

/* series: NULL when there is none. */
void result_files_variant(struct result_files *files, const struct outcome_of_variant *run,
                          const struct series_output *series);

void result_files_end(struct result_files *files, const struct summary *summary, bool is_complete,
                      double wall_time_s);

/* Moves them into place; `keep` false: gives them up. False: told what was not written. */
bool result_files_close(struct result_files *files, bool keep, struct diagnostics *diagnostics);

#endif
