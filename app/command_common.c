#include "app/command_common.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/growth.h"
#include "app/page.h"
#include "app/param_problems.h"
#include "app/quantity.h"
#include "app/result_files.h"
#include "app/suggest.h"

#define MEMORY_SHARE 0.8 /* of the machine that a run may use */

void print_diagnostics(struct diagnostics *diagnostics, const struct options *options)
{
    diagnostics_print(diagnostics, stderr, options->error_format, page_colour(stderr));
}

int command_machine_error(struct diagnostics *diagnostics, const char *what, const char *why)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %s", what, why);
    return EXIT_MACHINE_ERROR;
}

uint64_t command_memory_budget(const struct options *options)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);

    if (options->max_memory_bytes)
        return options->max_memory_bytes;
    return pages > 0 && page_size > 0 ? (uint64_t)((double)pages * (double)page_size * MEMORY_SHARE)
                                      : UINT64_MAX;
}

static void unknown_variant(const struct scenario *scenario, const struct options *options,
                            struct diagnostics *diagnostics)
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
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help, "%s has no variant \"%.64s\"",
                    options->argument, options->variant);
}

int command_read_scenario(struct scenario *scenario, const struct options *options,
                          struct diagnostics *diagnostics)
{
    struct scenario_overrides overrides = { .settings = options->settings,
                                            .setting_count = options->setting_count,
                                            .memory_budget_bytes = command_memory_budget(options) };
    enum scenario_status status = scenario_read(scenario, options->argument, &overrides, diagnostics);

    if (status == SCENARIO_OUT_OF_MEMORY)
        return command_machine_error(diagnostics, options->argument, "out of memory");
    if (status == SCENARIO_OK && options->variant && !scenario_find_variant(scenario, options->variant)) {
        unknown_variant(scenario, options, diagnostics);
        status = SCENARIO_INVALID;
    }
    return status == SCENARIO_OK ? EXIT_RAN : EXIT_USER_ERROR;
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

void command_compose_repeat(char *text, int argc, char **argv)
{
    size_t used = 0;

    for (int i = 0; i < argc && used + 16 < COMMAND_REPEAT_SIZE; i++) {
        if (i)
            text[used++] = ' ';
        used += quote_word(text + used, COMMAND_REPEAT_SIZE - used, argv[i]);
    }
}

int command_over_limit(const char *path, enum run_status status, uint64_t budget_bytes,
                       const struct results *results, struct diagnostics *diagnostics)
{
    char limit[80], bytes[QUANTITY_TEXT_SIZE], grew[GROWTH_TEXT_SIZE];

    if (status == RUN_OVER_MEMORY)
        snprintf(limit, sizeof limit, "%s of memory",
                 quantity_format_bytes((int64_t)budget_bytes, bytes, sizeof bytes));
    else
        snprintf(limit, sizeof limit,
                 status == RUN_FULL ? "2^24 requests in flight" : "10^12 events, shared by the regions");
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    status == RUN_OUT_OF_EVENTS
                        ? "a shorter time.measure, with more replications, says as much"
                    : results->growth.cause == GROWTH_REQUESTS
                        ? "a bounded line (waiting, accept_queue) refuses what does not fit"
                        : "--max-memory SIZE allows more",
                    "%s: the run met its limit of %s: %s; %s", path, limit,
                    growth_describe(&results->growth, grew, sizeof grew),
                    results->replications ? "the figures are partial" : "nothing was measured yet");
    return EXIT_MACHINE_ERROR;
}

double command_seconds_since(const struct timespec *begun)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) * 1e-9;
}

bool command_is_unheard(const struct options *options)
{
    return ferror(stdout) && !result_files_use_files(options);
}
