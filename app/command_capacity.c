#include "app/command_capacity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/capacity_crash.h"
#include "app/capacity_table.h"
#include "app/command_common.h"
#include "app/interrupt.h"
#include "app/progress.h"
#include "app/result_files.h"

#define HOURS_A_MONTH 730 /* 365 days, 12 months */

/* One run at one load. */
struct trial {
    struct scenario scenario; /* read with that load */
    struct outcome_of_variant run;
    double value;
};

/* Everything while the command works. */
struct session {
    const struct options *options;
    struct diagnostics *diagnostics;
    struct vary vary;
    struct scenario scenario; /* at the low end */
    const char **settings;    /* those of the line, and room for one with the load */
    char *setting;            /* that one */
    struct run_options run_options;
    struct progress progress;
    struct result_files files;
    struct timespec begun;
    struct page page;
    bool shows; /* the table */
    bool some_fail;
    struct capacity_table table;
    double *crashes; /* of the variant at work */
    struct summary summary;
    char repeat[COMMAND_REPEAT_SIZE];
};

/* ---- reading ---- */

/* The settings with one more, which is written by set_value(). */
static bool prepare_settings(struct session *session)
{
    const struct options *options = session->options;

    session->settings = calloc(options->setting_count + 1, sizeof *session->settings);
    session->setting = malloc(session->vary.path_length + 1 + VARY_TEXT_SIZE);
    if (!session->settings || !session->setting)
        return false;
    for (size_t i = 0; i < options->setting_count; i++)
        session->settings[i] = options->settings[i];
    session->settings[options->setting_count] = session->setting;
    return true;
}

static void set_value(struct session *session, double value)
{
    char text[VARY_TEXT_SIZE];

    sprintf(session->setting, "%.*s=%s", (int)session->vary.path_length, session->vary.text,
            vary_format(&session->vary, value, text));
}

static int read_low_end(struct session *session)
{
    struct options options = *session->options;

    set_value(session, session->vary.low);
    options.settings = session->settings;
    options.setting_count++;
    return command_read_scenario(&session->scenario, &options, session->diagnostics);
}

static enum scenario_status read_with_value(struct session *session, struct scenario *scenario,
                                            struct diagnostics *diagnostics)
{
    const struct scenario_overrides overrides = {
        .settings = session->settings,
        .setting_count = session->options->setting_count + 1,
        .memory_budget_bytes = session->run_options.memory_budget_bytes,
        .text = &session->scenario.document.text,
    };

    return scenario_read(scenario, session->options->argument, &overrides, diagnostics);
}

/* The scenario with another load. Its warnings were told at the low end; an error that is new is told. */
static int read_trial(struct session *session, struct trial *trial, double value)
{
    struct diagnostics ignored;
    enum scenario_status status;

    set_value(session, value);
    diagnostics_init(&ignored);
    status = read_with_value(session, &trial->scenario, &ignored);
    diagnostics_deinit(&ignored);
    if (status == SCENARIO_INVALID) {
        scenario_deinit(&trial->scenario);
        status = read_with_value(session, &trial->scenario, session->diagnostics);
    }
    if (status == SCENARIO_OUT_OF_MEMORY)
        return command_machine_error(session->diagnostics, session->options->argument, "out of memory");
    return status == SCENARIO_OK ? EXIT_RAN : EXIT_USER_ERROR;
}

/* ---- one trial ---- */

static void end_trial(struct trial *trial)
{
    assessment_deinit(&trial->run.assessment);
    results_deinit(&trial->run.results);
    scenario_deinit(&trial->scenario);
    *trial = (struct trial){ 0 };
}

static int told_status(struct session *session, enum run_status status, const struct results *results)
{
    switch (status) {
    case RUN_COMPLETE:
        return EXIT_RAN;
    case RUN_INTERRUPTED:
        diagnostics_add(session->diagnostics, DIAGNOSTIC_WARNING, SOURCE_NOWHERE, NULL, NULL,
                        "ended by a signal; variants are missing");
        return EXIT_SIGNAL + (int)*session->run_options.interrupt;
    case RUN_OVER_MEMORY:
    case RUN_FULL:
    case RUN_OUT_OF_EVENTS:
        return command_over_limit(session->scenario.path, status, session->run_options.memory_budget_bytes,
                                  results, session->diagnostics);
    case RUN_OUT_OF_MEMORY:
        return command_machine_error(session->diagnostics, session->scenario.path, "out of memory");
    case RUN_SERIES_TOO_LARGE:
    case RUN_NOT_CONSERVED:
        break;
    }
    fprintf(stderr, "scalesim: bug: requests were lost or made out of nothing; to repeat it: %s\n",
            session->repeat);
    return EXIT_BUG;
}

/* Requests piled up to the limit of a run: an overload, and no fault of the machine. */
static bool is_buried(enum run_status status, const struct results *results)
{
    return status == RUN_FULL ||
           (status == RUN_OVER_MEMORY && results->growth.cause == GROWTH_REQUESTS);
}

/* Runs the variant of that index at that load. */
static int make_trial(struct session *session, struct trial *trial, size_t variant, double value, bool *holds)
{
    struct outcome_of_variant *run = &trial->run;
    int status = read_trial(session, trial, value);
    enum run_status ended;

    if (status != EXIT_RAN)
        return status;
    trial->value = value;
    run->variant = &trial->scenario.variants[variant];
    session->progress.what = run->variant->name;
    results_init(&run->results, session->options->replications);
    ended = run_variant(run->variant, &session->run_options, &run->results);
    session->progress.done += (size_t)session->options->replications;
    progress_clear(&session->progress);
    *holds = false;
    if (ended != RUN_COMPLETE && !is_buried(ended, &run->results))
        return told_status(session, ended, &run->results);
    if (!assess(&run->assessment, run->variant, &run->results))
        return command_machine_error(session->diagnostics, session->scenario.path, "out of memory");
    *holds = ended == RUN_COMPLETE && run->assessment.counts[VERDICT_HELD] == run->assessment.check_count;
    return EXIT_RAN;
}

/* ---- one variant ---- */

/* Bisects; leaves the trial at the capacity in *best, or that at the low end where nothing held. */
static int search_variant(struct session *session, struct capacity_search *search, size_t variant,
                          struct trial *best)
{
    double value;

    while (!isnan(value = capacity_search_next(search))) {
        struct trial trial = { 0 };
        bool holds;
        int status = make_trial(session, &trial, variant, value, &holds);

        if (status != EXIT_RAN) {
            end_trial(&trial);
            return status;
        }
        capacity_search_tell(search, value, holds);
        if (holds || isnan(search->held)) {
            end_trial(best);
            *best = trial;
            best->run.variant = &best->scenario.variants[variant];
        } else
            end_trial(&trial);
    }
    return EXIT_RAN;
}

/* Looks once where it should not hold any more. */
static int look_above(struct session *session, struct capacity_row *row, size_t variant)
{
    double value = capacity_search_doubt(&row->search);
    struct trial trial = { 0 };
    bool holds = false;
    int status = EXIT_RAN;

    if (!isnan(value))
        status = make_trial(session, &trial, variant, value, &holds);
    end_trial(&trial);
    row->holds_again = holds ? value : NAN;
    return status;
}

/* Plays a crash of each component that was asked for, at the capacity. */
static int play_crashes(struct session *session, const struct capacity_search *search,
                        const struct trial *best)
{
    const struct options *options = session->options;

    for (size_t i = 0; i < options->crash_count; i++) {
        enum run_status ended = RUN_COMPLETE;

        session->crashes[i] = NAN;
        if (!isnan(search->held))
            ended = capacity_crash(best->run.variant, options->crashes[i], &session->run_options,
                                   &session->crashes[i]);
        progress_clear(&session->progress);
        if (ended != RUN_COMPLETE)
            return told_status(session, ended, &best->run.results);
    }
    return EXIT_RAN;
}

/* What was found goes into the results, and with them into the files. */
static bool add_figures(const struct session *session, const struct capacity_row *row, struct trial *best)
{
    const char *unit = *session->vary.unit ? session->vary.unit : "1";
    struct results *results = &best->run.results;

    results_add_figure(results, "total", "capacity", unit, row->search.held);
    results_add_figure(results, "total", "capacity.above", unit, row->search.above);
    results_add_figure(results, "total", "capacity.holds_again_at", unit, row->holds_again);
    results_add_figure(results, "total", "capacity.cost_per_month", "USD", row->cost_per_month);
    if (session->table.users)
        results_add_figure(results, "total", "capacity.cost_per_million", "USD", row->cost_per_million);
    for (size_t i = 0; i < session->options->crash_count; i++)
        results_add_figure(
            results, "total",
            results_name(results, "capacity.unanswered_if_dies.", session->options->crashes[i]), "1",
            row->crashes[i]);
    assessment_deinit(&best->run.assessment); /* it points to entries that have moved */
    return assess(&best->run.assessment, best->run.variant, results) && !results->out_of_memory;
}

static int tell_variant(struct session *session, struct capacity_row *row, struct trial *best)
{
    double cost = results_value(&best->run.results, "total", "cost.per_hour");

    row->run = &best->run;
    row->undecided = isnan(row->search.held) && !best->run.assessment.counts[VERDICT_FAILED];
    row->cost_per_month = isnan(row->search.held) ? NAN : cost * HOURS_A_MONTH;
    row->cost_per_million = row->cost_per_month / best->value * 1e6;
    session->some_fail |= isnan(row->search.held);
    if (!add_figures(session, row, best))
        return command_machine_error(session->diagnostics, session->scenario.path, "out of memory");
    if (session->shows)
        capacity_table_row(&session->page, &session->table, row);
    result_files_variant(&session->files, &best->run, NULL);
    return EXIT_RAN;
}

static int find_capacity(struct session *session, size_t variant)
{
    struct capacity_row row = { .variant = &session->scenario.variants[variant],
                                .crashes = session->crashes };
    size_t length = (size_t)capacity_search_length(&session->vary, session->options->within);
    size_t done = session->progress.done + length * (size_t)session->options->replications;
    struct trial best = { 0 };
    int status;

    if (!row.variant->expectation_count) {
        if (session->shows)
            capacity_table_row(&session->page, &session->table, &row);
        return EXIT_RAN;
    }
    capacity_search_init(&row.search, &session->vary, session->options->within);
    status = search_variant(session, &row.search, variant, &best);
    if (status == EXIT_RAN)
        status = look_above(session, &row, variant);
    if (status == EXIT_RAN)
        status = play_crashes(session, &row.search, &best);
    if (status == EXIT_RAN)
        status = tell_variant(session, &row, &best);
    fflush(stdout);
    end_trial(&best);
    session->progress.done = done;
    return status;
}

/* ---- all of it ---- */

static bool is_chosen(const struct session *session, size_t variant)
{
    return !session->options->variant ||
           !strcmp(session->options->variant, session->scenario.variants[variant].name);
}

static int find_all(struct session *session)
{
    int status = EXIT_RAN;

    if (session->shows)
        capacity_table_head(&session->page, &session->table);
    result_files_begin(&session->files, &session->summary);
    for (size_t i = 0; i < session->scenario.variant_count && status == EXIT_RAN && !command_is_unheard(session->options); i++)
        if (is_chosen(session, i))
            status = find_capacity(session, i);
    if (session->shows && status == EXIT_RAN)
        capacity_table_foot(&session->page, &session->table, session->repeat);
    result_files_end(&session->files, &session->summary, status == EXIT_RAN, command_seconds_since(&session->begun));
    return status == EXIT_RAN && session->some_fail ? EXIT_EXPECTATION_FAILED : status;
}

/* Somebody has to expect something. */
static bool check_expectations(const struct session *session)
{
    for (size_t i = 0; i < session->scenario.variant_count; i++)
        if (is_chosen(session, i) && session->scenario.variants[i].expectation_count)
            return true;
    diagnostics_add(session->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    "\"expect\": { \"total.latency.p99\": \"< 300ms\" }, or --set "
                    "expect.total.latency.p99='< 300ms'",
                    "%s expects nothing, so any load is borne", session->options->argument);
    return false;
}

static bool check_crashes(const struct session *session)
{
    bool good = true;

    for (size_t i = 0; i < session->options->crash_count; i++)
        good &= capacity_crash_check(&session->scenario, session->options->crashes[i], session->diagnostics);
    return good;
}

static void prepare(struct session *session, int argc, char **argv)
{
    const struct options *options = session->options;
    const char *last = memrchr(session->vary.text, '.', session->vary.path_length);
    size_t chosen = 0;

    for (size_t i = 0; i < session->scenario.variant_count; i++)
        chosen += is_chosen(session, i) && session->scenario.variants[i].expectation_count;
    command_compose_repeat(session->repeat, argc, argv);
    session->shows = !options->quiet && !result_files_use_stdout(options);
    page_init(&session->page, stdout);
    progress_init(&session->progress,
                  chosen * (size_t)capacity_search_length(&session->vary, options->within) *
                      (size_t)options->replications,
                  options->quiet);
    session->run_options.replay = session->repeat;
    session->run_options.interrupt = interrupt_install();
    session->run_options.progress_user = &session->progress;
    session->table = (struct capacity_table){ .options = options, .vary = &session->vary,
                                              .scenario = &session->scenario };
    session->table.users = last && !strncmp(last, ".users=", 7);
    session->summary = (struct summary){ .scenario = &session->scenario, .seed = options->seed,
                                         .replications = options->replications, .repeat = session->repeat };
}

static void show_progress(void *user, int replication, double share)
{
    (void)replication;
    progress_update(user, share);
}

static int run_session(struct session *session, int argc, char **argv)
{
    bool is_machine, keep;
    int status;

    if (!check_expectations(session) || !check_crashes(session))
        return EXIT_USER_ERROR;
    session->crashes = calloc(session->options->crash_count + 1, sizeof *session->crashes);
    if (!session->crashes)
        return command_machine_error(session->diagnostics, session->options->argument, "out of memory");
    if (!result_files_open(&session->files, session->options, session->diagnostics, &is_machine))
        return is_machine ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
    prepare(session, argc, argv);
    status = find_all(session);
    keep = status != EXIT_BUG && status != EXIT_USER_ERROR && status != EXIT_MACHINE_ERROR;
    if (!result_files_close(&session->files, keep, session->diagnostics))
        return EXIT_MACHINE_ERROR;
    return status;
}

int command_capacity(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics)
{
    struct session session = { .options = options, .diagnostics = diagnostics };
    int status = EXIT_USER_ERROR;

    clock_gettime(CLOCK_MONOTONIC, &session.begun);
    session.run_options = (struct run_options){ .seed = options->seed, .replications = options->replications,
                                                .memory_budget_bytes = command_memory_budget(options),
                                                .requests_wanted = CAPACITY_REQUESTS,
                                                .progress = show_progress };
    if (vary_read(&session.vary, options->vary, diagnostics)) {
        status = prepare_settings(&session)
                     ? read_low_end(&session)
                     : command_machine_error(diagnostics, options->argument, "out of memory");
        if (status == EXIT_RAN)
            status = run_session(&session, argc, argv);
    }
    scenario_deinit(&session.scenario);
    free(session.crashes);
    free(session.setting);
    free(session.settings);
    return status;
}
