#include "app/command_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/csv.h"
#include "app/interrupt.h"
#include "app/output.h"
#include "app/page.h"
#include "app/param_problems.h"
#include "app/progress.h"
#include "app/run.h"
#include "app/scenario.h"
#include "app/suggest.h"
#include "app/summary.h"

#define MEMORY_SHARE 0.8 /* of the machine that a run may use */

/* Everything while the command works. */
struct session {
    const struct options *options;
    struct diagnostics *diagnostics;
    struct scenario scenario;
    struct run_options run_options;
    struct progress progress;
    struct output csv;
    bool has_csv;
    struct page page;
    bool shows; /* the summary */
    struct outcome_of_variant *runs;
    size_t run_count;
    struct summary summary;
    char repeat[1024];
};

void print_diagnostics(struct diagnostics *diagnostics, const struct options *options)
{
    fflush(stdout);
    diagnostics_print(diagnostics, stderr, options->error_format, page_colour(stderr));
}

static int machine_error(struct diagnostics *diagnostics, const char *what, const char *why)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %s", what, why);
    return EXIT_MACHINE_ERROR;
}

/* ---- reading ---- */

static uint64_t memory_budget_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);

    return pages > 0 && page_size > 0 ? (uint64_t)((double)pages * (double)page_size * MEMORY_SHARE) : UINT64_MAX;
}

static void unknown_variant(const struct scenario *scenario, const struct options *options, struct diagnostics *diagnostics)
{
    struct suggest suggest;
    char words[256], help[300];
    struct word_list list;

    suggest_init(&suggest, options->variant);
    word_list_init(&list, words, sizeof words);
    for (size_t i = 0; i < scenario->variant_count; i++) {
        suggest_offer(&suggest, scenario->variants[i].name);
        word_list_add(&list, scenario->variants[i].name);
    }
    word_list_end(&list, "and");
    if (suggest.best)
        snprintf(help, sizeof help, "did you mean \"%s\"?", suggest.best);
    else
        snprintf(help, sizeof help, "there %s %s", list.count == 1 ? "is" : "are", words);
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help, "%s has no variant \"%.64s\"", options->argument,
                    options->variant);
}

static int read_scenario(struct scenario *scenario, const struct options *options, struct diagnostics *diagnostics)
{
    struct scenario_overrides overrides = { options->settings, options->setting_count, memory_budget_bytes() };
    enum scenario_status status = scenario_read(scenario, options->argument, &overrides, diagnostics);

    if (status == SCENARIO_OUT_OF_MEMORY)
        return machine_error(diagnostics, options->argument, "out of memory");
    if (status == SCENARIO_OK && options->variant && !scenario_find_variant(scenario, options->variant)) {
        unknown_variant(scenario, options, diagnostics);
        status = SCENARIO_INVALID;
    }
    return status == SCENARIO_OK ? EXIT_RAN : EXIT_USER_ERROR;
}

int command_check(const struct options *options, struct diagnostics *diagnostics)
{
    struct scenario scenario;
    int status = read_scenario(&scenario, options, diagnostics);

    if (status == EXIT_RAN && !options->quiet)
        printf("%s: good, %zu variant%s\n", options->argument, scenario.variant_count, scenario.variant_count == 1 ? "" : "s");
    scenario_deinit(&scenario);
    return status;
}

/* ---- running ---- */

static void show_progress(void *user, int replication, double share)
{
    (void)replication;
    progress_update(user, share);
}

/* A word as a shell takes it, cut when `size` bytes are too few. Returns its length. */
static size_t quote_word(char *text, size_t size, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/%@";
    size_t used = 0;

    if (*word && !word[strspn(word, plain)])
        return (size_t)snprintf(text, size, "%s", word) < size ? strlen(word) : size - 1;
    for (text[used++] = '\''; *word && used + 6 < size; word++)
        if (*word == '\'')
            used += (size_t)sprintf(text + used, "'\\''");
        else
            text[used++] = *word;
    text[used++] = '\'';
    text[used] = '\0';
    return used;
}

/* The line that gives the same again, to be shown. */
static void compose_repeat(struct session *session, int argc, char **argv)
{
    size_t used = 0;

    for (int i = 0; i < argc && used + 16 < sizeof session->repeat; i++) {
        if (i)
            session->repeat[used++] = ' ';
        used += quote_word(session->repeat + used, sizeof session->repeat - used, argv[i]);
    }
}

static enum run_status run_one(struct session *session, struct outcome_of_variant *run)
{
    enum run_status status;

    results_init(&run->results, session->options->replications);
    session->progress.what = run->variant->name;
    status = run_variant(run->variant, &session->run_options, &run->results);
    session->progress.done += (size_t)session->options->replications;
    progress_clear(&session->progress);
    if (status == RUN_OUT_OF_MEMORY || status == RUN_NOT_CONSERVED)
        return status;
    if (!assess(&run->assessment, run->variant, &run->results))
        return RUN_OUT_OF_MEMORY;
    if (session->shows)
        summary_variant(&session->page, &session->summary, run);
    if (session->has_csv && run->results.replications > 0)
        csv_write(session->csv.file, run->variant->name, &run->results, run->assessment.overloaded);
    fflush(stdout);
    return status;
}

static enum run_status run_all(struct session *session)
{
    enum run_status status = RUN_COMPLETE;
    size_t count = session->run_count;

    if (session->shows)
        summary_head(&session->page, &session->summary);
    if (session->has_csv)
        csv_write_header(session->csv.file);
    session->run_count = 0;
    for (size_t i = 0; i < count && status == RUN_COMPLETE; i++) {
        session->run_count++;
        status = run_one(session, &session->runs[i]);
    }
    session->summary.run_count = session->run_count;
    if (session->shows && status == RUN_COMPLETE) {
        summary_comparison(&session->page, &session->summary);
        summary_foot(&session->page, &session->summary);
    }
    return status;
}

static int expectations_status(const struct session *session)
{
    for (size_t i = 0; i < session->run_count; i++)
        if (session->runs[i].assessment.counts[VERDICT_FAILED])
            return EXIT_EXPECTATION_FAILED;
    return EXIT_RAN;
}

static int status_of(const struct session *session, enum run_status status)
{
    switch (status) {
    case RUN_COMPLETE:
        return expectations_status(session);
    case RUN_INTERRUPTED:
        diagnostics_add(session->diagnostics, DIAGNOSTIC_WARNING, SOURCE_NOWHERE, NULL, NULL, "ended by a signal; the figures are partial");
        return EXIT_SIGNAL + (int)*session->run_options.interrupt;
    case RUN_OVER_LIMIT:
        return machine_error(session->diagnostics, session->scenario.path, "the run grew over its limit of memory or of requests in flight; the figures are partial");
    case RUN_OUT_OF_MEMORY:
        return machine_error(session->diagnostics, session->scenario.path, "out of memory");
    case RUN_NOT_CONSERVED:
        break;
    }
    fprintf(stderr, "scalesim: bug: requests were lost or made out of nothing; to repeat it: %s\n", session->repeat);
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

    compose_repeat(session, argc, argv);
    session->shows = !options->quiet && !(options->csv && !strcmp(options->csv, "-"));
    page_init(&session->page, stdout);
    progress_init(&session->progress, session->run_count * (size_t)options->replications, options->quiet);
    session->run_options = (struct run_options){
        .seed = options->seed,
        .replications = options->replications,
        .memory_budget_bytes = memory_budget_bytes(),
        .interrupt = interrupt_install(),
        .replay = session->repeat,
        .progress = show_progress,
        .progress_user = &session->progress,
    };
    session->summary = (struct summary){ .scenario = &session->scenario, .runs = session->runs, .run_count = session->run_count,
                                         .seed = options->seed, .replications = options->replications, .repeat = session->repeat };
}

static int close_outputs(struct session *session, int status)
{
    if (session->has_csv) {
        bool whole = status != EXIT_BUG && !(status == EXIT_MACHINE_ERROR && session->run_count && !session->runs[0].results.replications);

        if (!whole)
            output_abandon(&session->csv);
        else if (!output_commit(&session->csv))
            return machine_error(session->diagnostics, strcmp(session->options->csv, "-") ? session->options->csv : "standard output",
                                 strerror(errno));
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return machine_error(session->diagnostics, "standard output", strerror(errno));
    return status;
}

static int run_session(struct session *session, int argc, char **argv)
{
    if (!choose_variants(session))
        return machine_error(session->diagnostics, session->options->argument, "out of memory");
    if (session->options->csv) {
        if (!output_open(&session->csv, session->options->csv)) {
            int error = errno;

            diagnostics_add(session->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s cannot be written: %s",
                            session->options->csv, strerror(error));
            return error == ENOSPC || error == ENOMEM || error == EIO || error == EDQUOT ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
        }
        session->has_csv = true;
    }
    prepare(session, argc, argv);
    return close_outputs(session, status_of(session, run_all(session)));
}

int command_run(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics)
{
    struct session session = { .options = options, .diagnostics = diagnostics };
    int status = read_scenario(&session.scenario, options, diagnostics);

    if (status == EXIT_RAN)
        status = run_session(&session, argc, argv);
    for (size_t i = 0; session.runs && i < session.scenario.variant_count; i++) {
        results_deinit(&session.runs[i].results);
        assessment_deinit(&session.runs[i].assessment);
    }
    free(session.runs);
    scenario_deinit(&session.scenario);
    return status;
}
