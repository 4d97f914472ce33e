#include "app/result_files.h"

#include <errno.h>
#include <string.h>

#include "app/csv.h"
#include "app/json_output.h"

static const char *path_of(const struct options *options, size_t file)
{
    const char *const paths[RESULT_FILE_COUNT] = { [RESULT_FILE_CSV] = options->csv,
                                                   [RESULT_FILE_JSON] = options->json,
                                                   [RESULT_FILE_SERIES] = options->series };

    return paths[file];
}

/* The stream of one that was asked for, else NULL. */
static FILE *file_of(const struct result_files *files, enum result_file file)
{
    return files->paths[file] ? files->outputs[file].file : NULL;
}

bool result_files_use_stdout(const struct options *options)
{
    for (size_t i = 0; i < RESULT_FILE_COUNT; i++)
        if (path_of(options, i) && !strcmp(path_of(options, i), "-"))
            return true;
    return false;
}

bool result_files_use_files(const struct options *options)
{
    for (size_t i = 0; i < RESULT_FILE_COUNT; i++)
        if (path_of(options, i) && strcmp(path_of(options, i), "-"))
            return true;
    return false;
}

static const char *shown(const char *path)
{
    return strcmp(path, "-") ? path : "standard output";
}

/* Two into one place: the second would overwrite the first, or be mixed with it. */
static bool check_distinct(const struct result_files *files, struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < RESULT_FILE_COUNT; i++)
        for (size_t k = i + 1; k < RESULT_FILE_COUNT; k++)
            if (files->paths[i] && files->paths[k] && !strcmp(files->paths[i], files->paths[k])) {
                diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                                "--csv, --json and --series each need a file of their own",
                                "%s cannot hold two outputs", shown(files->paths[i]));
                return false;
            }
    return true;
}

bool result_files_open(struct result_files *files, const struct options *options,
                       struct diagnostics *diagnostics, bool *is_machine)
{
    *is_machine = false;
    *files = (struct result_files){ 0 };
    for (size_t i = 0; i < RESULT_FILE_COUNT; i++)
        files->paths[i] = path_of(options, i);
    if (!check_distinct(files, diagnostics))
        return false;
    for (; files->opened < RESULT_FILE_COUNT; files->opened++) {
        const char *path = files->paths[files->opened];
        int error;

        if (!path || output_open(&files->outputs[files->opened], path))
            continue;
        error = errno;
        *is_machine = output_is_machine_error(error);
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s cannot be written: %s",
                        path, strerror(error));
        result_files_close(files, false, diagnostics);
        return false;
    }
    return true;
}

void result_files_begin(struct result_files *files, const struct summary *summary)
{
    if (file_of(files, RESULT_FILE_CSV))
        csv_write_header(file_of(files, RESULT_FILE_CSV));
    if (file_of(files, RESULT_FILE_JSON))
        json_output_begin(file_of(files, RESULT_FILE_JSON), summary);
    if (file_of(files, RESULT_FILE_SERIES))
        series_output_write_header(file_of(files, RESULT_FILE_SERIES));
}

void result_files_variant(struct result_files *files, const struct outcome_of_variant *run,
                          const struct series_output *series)
{
    FILE *csv = file_of(files, RESULT_FILE_CSV), *json = file_of(files, RESULT_FILE_JSON);

    if (csv && run->results.replications > 0)
        csv_write(csv, run->variant->name, &run->results, run->assessment.overloaded);
    if (json)
        json_output_variant(json, run, files->variants++ == 0);
    if (series)
        series_output_write(file_of(files, RESULT_FILE_SERIES), run->variant->name, series);
}

void result_files_end(struct result_files *files, const struct summary *summary, bool is_complete,
                      double wall_time_s)
{
    if (file_of(files, RESULT_FILE_JSON))
        json_output_end(file_of(files, RESULT_FILE_JSON), summary, is_complete, wall_time_s);
}

bool result_files_close(struct result_files *files, bool keep, struct diagnostics *diagnostics)
{
    bool good = true;

    for (size_t i = 0; i < files->opened; i++) {
        if (!files->paths[i])
            continue;
        if (!keep) {
            output_abandon(&files->outputs[i]);
        } else if (!output_commit(&files->outputs[i])) {
            diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %s",
                            shown(files->paths[i]), strerror(errno));
            good = false;
        }
    }
    files->opened = 0;
    return good;
}
