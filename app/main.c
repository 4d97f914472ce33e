/* main.c - the program: one command a run. */
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/collect.h"
#include "app/command_capacity.h"
#include "app/command_common.h"
#include "app/command_init.h"
#include "app/command_plot.h"
#include "app/command_run.h"
#include "app/reference.h"
#include "app/scenario.h"
#include "app/schema.h"
#include "app/standard_streams.h"
#include "app/suggest.h"

/* GSL's own handler aborts without a word; parameters are checked before, so this is a bug. */
static void on_gsl_error(const char *reason, const char *file, int line, int number)
{
    fprintf(stderr, "scalesim: bug: GSL error %d at %s:%d: %s\n", number, file, line, reason);
    _Exit(EXIT_BUG);
}

static int command_models(const char *name, struct diagnostics *diagnostics)
{
    const struct model_type *type = name ? model_find(name) : NULL;
    struct suggest suggest;
    char help[120];

    if (!name) {
        reference_write_list(stdout, common_metrics);
        return EXIT_RAN;
    }
    if (type) {
        reference_write_model(stdout, type);
        return EXIT_RAN;
    }
    suggest_init(&suggest, name);
    for (const struct model_type *const *each = model_registry; *each; each++)
        suggest_offer(&suggest, (*each)->component.name);
    snprintf(help, sizeof help, "did you mean \"%s\"?", suggest.best ? suggest.best : "");
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                    suggest.best ? help : "scalesim models lists them",
                    "there is no component type \"%.64s\"", name);
    return EXIT_USER_ERROR;
}

static int command_schema(struct diagnostics *diagnostics)
{
    cJSON *schema = schema_of_scenario(&scenario_params, &component_params, model_registry);
    char *text = schema ? cJSON_Print(schema) : NULL;
    bool good = text != NULL;

    if (good)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(schema);
    diagnostics->out_of_memory |= !good;
    return good ? EXIT_RAN : EXIT_MACHINE_ERROR;
}

static int command_reference(void)
{
    const struct reference_extra extra = { &scenario_params, &component_params, common_metrics };

    reference_write_markdown(stdout, &extra);
    return EXIT_RAN;
}

static int run_command(const struct options *options, int argc, char **argv, struct diagnostics *diagnostics)
{
    switch (options->command) {
    case COMMAND_RUN:
        return command_run(options, argc, argv, diagnostics);
    case COMMAND_CAPACITY:
        return command_capacity(options, argc, argv, diagnostics);
    case COMMAND_CHECK:
        return command_check(options, diagnostics);
    case COMMAND_INIT:
        return command_init(options, diagnostics);
    case COMMAND_DIAGRAM:
        return command_diagram(options, diagnostics);
    case COMMAND_PLOT:
        return command_plot(options, diagnostics);
    case COMMAND_MODELS:
        return command_models(options->argument, diagnostics);
    case COMMAND_SCHEMA:
        return command_schema(diagnostics);
    case COMMAND_REFERENCE:
        return command_reference();
    case COMMAND_HELP:
        options_help(stdout);
        return EXIT_RAN;
    case COMMAND_VERSION:
        puts("scalesim " SCALESIM_VERSION);
        return EXIT_RAN;
    }
    return EXIT_BUG;
}

int main(int argc, char **argv)
{
    struct diagnostics diagnostics;
    struct options options;
    int status;

    if (!standard_streams_open()) {
        perror("scalesim: /dev/null");
        return EXIT_MACHINE_ERROR;
    }
    gsl_set_error_handler(on_gsl_error);
    diagnostics_init(&diagnostics);
    if (options_read(&options, argc, argv, &diagnostics))
        status = run_command(&options, argc, argv, &diagnostics);
    else
        status = diagnostics.out_of_memory ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
    status = standard_streams_close(status, &diagnostics);
    print_diagnostics(&diagnostics, &options);
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
    return status;
}
