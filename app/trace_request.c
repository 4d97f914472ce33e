#include "app/trace_request.h"

#include <stdlib.h>

#include "app/build.h"
#include "app/command_common.h"
#include "app/trace_text.h"

struct tracing {
    const struct trace_wish *wish;
    const struct scenario_variant *variant;
    struct sim *sim;
    struct trace *trace;
    uint64_t first_measured;
    enum sim_status status;
};

/* A request of the warm-up is told how many more there are, so the run goes on to its end. */
static void run_guarded(void *argument)
{
    struct tracing *tracing = argument;
    struct sim *sim = tracing->sim;
    const struct time_config *time = &tracing->variant->time;

    tracing->trace = trace_begin(sim, tracing->wish->ordinal);
    tracing->status = trace_run(tracing->trace, time->warm_up);
    if (tracing->status == SIM_REACHED)
        tracing->status = sim_run(sim, time->warm_up);
    if (tracing->status != SIM_REACHED)
        return;
    tracing->first_measured = trace_started(sim) + 1;
    sim_window_start(sim);
    tracing->status = trace_run(tracing->trace, time->warm_up + time->measure);
}

/* ---- what is told ---- */

static int out_of_memory(const struct trace_wish *wish, struct diagnostics *diagnostics)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: out of memory",
                    wish->path);
    return EXIT_MACHINE_ERROR;
}

static int no_such_request(const struct tracing *tracing, struct diagnostics *diagnostics)
{
    unsigned long long sent = trace_started(tracing->sim);
    char help[120];

    if (sent)
        snprintf(help, sizeof help, "from 1 to %llu; a longer time.measure has more", sent);
    else
        snprintf(help, sizeof help, "users send nothing in that time");
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help,
                    "there is no request %llu in %s: replication 1 has %llu",
                    (unsigned long long)tracing->wish->ordinal, tracing->variant->name, sent);
    return EXIT_USER_ERROR;
}

static int interrupted(const struct tracing *tracing, struct diagnostics *diagnostics)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, SOURCE_NOWHERE, NULL, NULL,
                    "ended by a signal before anything was measured");
    return EXIT_SIGNAL + (int)*tracing->wish->run_options->interrupt;
}

static void write_text(const struct tracing *tracing, struct page *page)
{
    const struct trace_note note = { .variant = tracing->variant->name,
                                     .warm_up_ns = tracing->variant->time.warm_up,
                                     .first_measured = tracing->first_measured,
                                     .is_cut = tracing->status != SIM_REACHED };

    if (trace_found(tracing->trace)) {
        trace_end(tracing->trace);
        trace_text_write(page, tracing->trace, &note);
        return;
    }
    fprintf(
        page->file, "\n  Request %llu of %s: %s\n", (unsigned long long)tracing->wish->ordinal, note.variant,
        trace_started(tracing->sim) >= tracing->wish->ordinal ? "it was over at once and called nobody"
                                                              : "the run met its limit before it was sent");
}

static int compose(const struct tracing *tracing, char **text, struct diagnostics *diagnostics)
{
    struct page page = *tracing->wish->style;
    size_t size;
    bool good;

    page.file = open_memstream(text, &size);
    if (!page.file)
        return out_of_memory(tracing->wish, diagnostics);
    page.column = 0;
    write_text(tracing, &page);
    good = !ferror(page.file);
    if (fclose(page.file) == 0 && good)
        return EXIT_RAN;
    free(*text);
    *text = NULL;
    return out_of_memory(tracing->wish, diagnostics);
}

static int tell(const struct tracing *tracing, char **text, struct diagnostics *diagnostics)
{
    if (tracing->status == SIM_INTERRUPTED)
        return interrupted(tracing, diagnostics);
    if (tracing->status == SIM_REACHED && trace_started(tracing->sim) < tracing->wish->ordinal)
        return no_such_request(tracing, diagnostics);
    return compose(tracing, text, diagnostics);
}

int trace_request(const struct trace_wish *wish, const struct scenario_variant *variant, char **text,
                  struct diagnostics *diagnostics)
{
    const struct run_options *options = wish->run_options;
    struct tracing tracing = { .wish = wish, .variant = variant };
    struct build_problem problem;
    int status;

    *text = NULL;
    if (build_run(variant, run_seed(options->seed, 0), options->memory_budget_bytes, &tracing.sim,
                  &problem) != BUILD_OK)
        return out_of_memory(wish,
                             diagnostics); /* a cycle would have been refused when the scenario was read */
    tracing.sim->interrupt = options->interrupt;
    tracing.sim->replay = options->replay;
    if (memory_guard(&tracing.sim->memory, run_guarded, &tracing))
        status = tell(&tracing, text, diagnostics);
    else
        status = out_of_memory(wish, diagnostics);
    sim_destroy(tracing.sim);
    return status;
}
