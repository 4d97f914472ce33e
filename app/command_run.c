#include "app/command_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/build.h"
#include "app/command_common.h"
#include "app/diagram.h"
#include "app/interrupt.h"
#include "app/page.h"
#include "app/progress.h"
#include "app/quantity.h"
#include "app/result_files.h"
#include "app/run.h"
#include "app/scenario.h"
#include "app/scenario_paths.h"
#include "app/summary.h"
#include "app/trace_request.h"

/* Everything while the command works. */
struct session {
    const struct options *options;
    struct diagnostics *diagnostics;
    struct scenario scenario;
    struct run_options run_options;
    struct progress progress;
    struct result_files files;
    struct series_output series; /* of the variant that runs */
    struct timespec begun;
    struct page page;
    bool shows; /* the summary */
    struct outcome_of_variant *runs;
    size_t run_count;
    char **traces; /* of --trace-request, by run; NULL: not asked for */
    struct summary summary;
    char repeat[COMMAND_REPEAT_SIZE];
};

/* ---- reading ---- */

int command_check(const struct options *options, struct diagnostics *diagnostics)
{
    struct scenario scenario;
    int status = command_read_scenario(&scenario, options, diagnostics);

    if (status == EXIT_RAN && options->paths)
        scenario_paths_write(stdout, &scenario);
    else if (status == EXIT_RAN && !options->quiet)
        printf("%s: good, %zu variant%s\n", options->argument, scenario.variant_count,
               scenario.variant_count == 1 ? "" : "s");
    scenario_deinit(&scenario);
    return status;
}

static int draw_diagram(const struct scenario *scenario, const struct options *options,
                        struct diagnostics *diagnostics)
{
    const struct scenario_variant *variant =
        scenario_find_variant(scenario, options->variant ? options->variant : "base");
    struct build_problem problem;
    struct sim *sim;
    bool written;

    /* The reader has wired it before, so only memory can be missing. */
    if (build_run(variant, options->seed, command_memory_budget(options), &sim, &problem) != BUILD_OK)
        return command_machine_error(diagnostics, options->argument, "out of memory");
    written = diagram_write(stdout, variant, sim);
    sim_destroy(sim);
    return written ? EXIT_RAN : command_machine_error(diagnostics, options->argument, "out of memory");
}

int command_diagram(const struct options *options, struct diagnostics *diagnostics)
{
    struct scenario scenario;
    int status = command_read_scenario(&scenario, options, diagnostics);

    if (status == EXIT_RAN)
        status = draw_diagram(&scenario, options, diagnostics);
    scenario_deinit(&scenario);
    return status;
}

/* ---- running ---- */

static void show_progress(void *user, int replication, double share)
{
    (void)replication;
    progress_update(user, share);
}

/* What one variant measured goes out before the next one runs. */
static void tell(struct session *session, const struct outcome_of_variant *run)
{
    if (session->shows)
        summary_variant(&session->page, &session->summary, run);
    if (session->traces)
        fputs(session->traces[run - session->runs], stdout);
    result_files_variant(&session->files, run, session->run_options.series);
    fflush(stdout);
}

static enum run_status run_one(struct session *session, struct outcome_of_variant *run)
{
    enum run_status status;

    results_init(&run->results, session->options->replications);
    session->progress.what = run->variant->name;
    status = run_variant(run->variant, &session->run_options, &run->results);
    session->progress.done += (size_t)session->options->replications;
    progress_clear(&session->progress);
    if (status == RUN_OUT_OF_MEMORY || status == RUN_NOT_CONSERVED || status == RUN_SERIES_TOO_LARGE)
        return status;
    if (!assess(&run->assessment, run->variant, &run->results))
        return RUN_OUT_OF_MEMORY;
    tell(session, run);
    return status;
}

/* The same with the series of the variant, where it is asked for. */
static enum run_status run_with_series(struct session *session, struct outcome_of_variant *run)
{
    enum run_status status;

    if (!session->options->series)
        return run_one(session, run);
    series_output_init(&session->series, session->options->interval_ns, run->variant->time.measure);
    session->run_options.series = &session->series;
    status = run_one(session, run);
    series_output_deinit(&session->series);
    return status;
}

/* ---- the way of one request ---- */

/* Before anything is measured or written: a request that is not there is the user's mistake, told
 * for each variant. */
static int trace_all(struct session *session)
{
    const struct trace_wish wish = { .ordinal = session->options->trace_request,
                                     .run_options = &session->run_options,
                                     .style = &session->page,
                                     .path = session->scenario.path };
    int status = EXIT_RAN;

    if (!wish.ordinal)
        return EXIT_RAN;
    session->traces = calloc(session->scenario.variant_count, sizeof *session->traces);
    if (!session->traces)
        return command_machine_error(session->diagnostics, session->scenario.path, "out of memory");
    for (size_t i = 0; i < session->run_count && (status == EXIT_RAN || status == EXIT_USER_ERROR); i++) {
        int one = trace_request(&wish, session->runs[i].variant, &session->traces[i], session->diagnostics);

        status = one == EXIT_RAN ? status : one;
    }
    return status;
}

/* ---- all of it ---- */

static enum run_status run_all(struct session *session)
{
    enum run_status status = RUN_COMPLETE;
    size_t count = session->run_count;

    if (session->shows)
        summary_head(&session->page, &session->summary);
    result_files_begin(&session->files, &session->summary);
    session->run_count = 0;
    for (size_t i = 0; i < count && status == RUN_COMPLETE && !command_is_unheard(session->options); i++) {
        session->run_count++;
        status = run_with_series(session, &session->runs[i]);
    }
    session->summary.run_count = session->run_count;
    if (session->shows && status == RUN_COMPLETE) {
        if (!summary_comparison(&session->page, &session->summary))
            status = RUN_OUT_OF_MEMORY;
        summary_foot(&session->page, &session->summary);
    }
    result_files_end(&session->files, &session->summary, status == RUN_COMPLETE,
                     command_seconds_since(&session->begun));
    return status;
}

static int expectations_status(const struct session *session)
{
    for (size_t i = 0; i < session->run_count; i++)
        if (session->runs[i].assessment.counts[VERDICT_FAILED])
            return EXIT_EXPECTATION_FAILED;
    return EXIT_RAN;
}

static int series_too_large(const struct session *session)
{
    diagnostics_add(session->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    "ask for a longer --interval",
                    "so many intervals of so many components make over %zu values", SERIES_VALUES_MAX);
    return EXIT_USER_ERROR;
}

static int status_of(const struct session *session, enum run_status status)
{
    switch (status) {
    case RUN_COMPLETE:
        return expectations_status(session);
    case RUN_INTERRUPTED:
        diagnostics_add(session->diagnostics, DIAGNOSTIC_WARNING, SOURCE_NOWHERE, NULL, NULL,
                        "ended by a signal; the figures are partial");
        return EXIT_SIGNAL + (int)*session->run_options.interrupt;
    case RUN_OVER_MEMORY:
    case RUN_FULL:
    case RUN_OUT_OF_EVENTS:
        return command_over_limit(session->scenario.path, status, session->run_options.memory_budget_bytes,
                                  &session->runs[session->run_count - 1].results, session->diagnostics);
    case RUN_SERIES_TOO_LARGE:
        return series_too_large(session);
    case RUN_OUT_OF_MEMORY:
        return command_machine_error(session->diagnostics, session->scenario.path, "out of memory");
    case RUN_NOT_CONSERVED:
        break;
    }
    fprintf(stderr, "scalesim: bug: requests were lost or made out of nothing; to repeat it: %s\n",
            session->repeat);
    return EXIT_BUG;
}

/* ---- the session ---- */

static bool choose_variants(struct session *session)
{
    const struct scenario *scenario = &session->scenario;

    session->runs = calloc(scenario->variant_count, sizeof *session->runs);
    if (!session->runs)
        return false;
    for (size_t i = 0; i < scenario->variant_count; i++)
        if (!session->options->variant || !strcmp(session->options->variant, scenario->variants[i].name))
            session->runs[session->run_count++].variant = &scenario->variants[i];
    return true;
}

static void prepare(struct session *session, int argc, char **argv)
{
    const struct options *options = session->options;

    command_compose_repeat(session->repeat, argc, argv);
    session->shows = !options->quiet && !result_files_use_stdout(options);
    page_init(&session->page, stdout);
    progress_init(&session->progress, session->run_count * (size_t)options->replications, options->quiet);
    session->run_options = (struct run_options){
        .seed = options->seed,
        .replications = options->replications,
        .memory_budget_bytes = command_memory_budget(options),
        .interrupt = interrupt_install(),
        .replay = session->repeat,
        .progress = show_progress,
        .progress_user = &session->progress,
    };
    session->summary = (struct summary){ .scenario = &session->scenario, .runs = session->runs,
                                         .run_count = session->run_count,
                                         .seed = options->seed, .replications = options->replications,
                                         .repeat = session->repeat };
}

/* Files that hold what a limit or a signal left are results; what an allocation that failed left is none. */
static int close_outputs(struct session *session, enum run_status ended, int status)
{
    bool is_empty =
        status == EXIT_MACHINE_ERROR && session->run_count && !session->runs[0].results.replications;
    bool keep = status != EXIT_BUG && status != EXIT_USER_ERROR && !is_empty && ended != RUN_OUT_OF_MEMORY;

    if (!result_files_close(&session->files, keep, session->diagnostics))
        return EXIT_MACHINE_ERROR;
    return status;
}

/* The shortest interval of 1, 2 or 5 times a power of ten that does not cut the time too fine. */
static int64_t shortest_interval(int64_t measure_ns)
{
    static const int64_t factors[] = { 1, 2, 5 };

    for (int64_t power = 1;; power *= 10)
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
            if (series_interval_count(factors[i] * power, measure_ns) <= SERIES_INTERVALS_MAX)
                return factors[i] * power;
}

/* A series of millions of points helps nobody. */
static bool check_interval(const struct session *session)
{
    int64_t interval_ns = session->options->interval_ns;

    for (size_t i = 0; session->options->series && interval_ns && i < session->run_count; i++) {
        int64_t measure_ns = session->runs[i].variant->time.measure;
        char help[80], text[QUANTITY_TEXT_SIZE];

        if (series_interval_count(interval_ns, measure_ns) <= SERIES_INTERVALS_MAX)
            continue;
        quantity_format_duration(shortest_interval(measure_ns), text, sizeof text);
        snprintf(help, sizeof help, "%d at most: --interval '%s' or longer", SERIES_INTERVALS_MAX, text);
        diagnostics_add(session->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help,
                        "--interval cuts the measured time into %lld pieces",
                        (long long)series_interval_count(interval_ns, measure_ns));
        return false;
    }
    return true;
}

/* A trace is for people, and what is on standard output then is for programs. */
static bool check_place_of_trace(const struct session *session)
{
    if (!session->options->trace_request || !result_files_use_stdout(session->options))
        return true;
    diagnostics_add(session->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    "give --csv, --json or --series a file",
                    "standard output cannot hold two outputs, and --trace-request goes there");
    return false;
}

static int run_session(struct session *session, int argc, char **argv)
{
    enum run_status ended;
    bool is_machine;
    int status;

    if (!choose_variants(session))
        return command_machine_error(session->diagnostics, session->options->argument, "out of memory");
    if (!check_interval(session) || !check_place_of_trace(session))
        return EXIT_USER_ERROR;
    if (!result_files_open(&session->files, session->options, session->diagnostics, &is_machine))
        return is_machine ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
    prepare(session, argc, argv);
    status = trace_all(session);
    if (status != EXIT_RAN) {
        result_files_close(&session->files, false, session->diagnostics);
        return status;
    }
    ended = run_all(session);
    return close_outputs(session, ended, status_of(session, ended));
}

int command_run(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics)
{
    struct session session = { .options = options, .diagnostics = diagnostics };
    int status;

    clock_gettime(CLOCK_MONOTONIC, &session.begun);
    status = command_read_scenario(&session.scenario, options, diagnostics);
    if (status == EXIT_RAN)
        status = run_session(&session, argc, argv);
    for (size_t i = 0; session.runs && i < session.scenario.variant_count; i++) {
        results_deinit(&session.runs[i].results);
        assessment_deinit(&session.runs[i].assessment);
    }
    for (size_t i = 0; session.traces && i < session.scenario.variant_count; i++)
        free(session.traces[i]);
    free(session.traces);
    free(session.runs);
    scenario_deinit(&session.scenario);
    return status;
}
