#include "app/capacity_crash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/suggest.h"
#include "sim/sim.h"

#define LOOKED_AT_NS (60 * SIM_NS_PER_S)

/* "web" of a variant: that, or the copy "seoul/web" of the first site. */
static const struct component_config *find(const struct scenario_variant *variant, const char *name)
{
    for (size_t i = 0; i < variant->component_count; i++) {
        const char *slash = strchr(variant->components[i].name, '/');

        if (!strcmp(variant->components[i].name, name) || (slash && !strcmp(slash + 1, name)))
            return &variant->components[i];
    }
    return NULL;
}

static void tell_unknown(const struct scenario *scenario, const char *name, struct diagnostics *diagnostics)
{
    struct suggest suggest;
    char help[SUGGEST_LENGTH_MAX + 64];

    suggest_init(&suggest, name);
    for (size_t i = 0; i < scenario->variant_count; i++)
        for (size_t k = 0; k < scenario->variants[i].component_count; k++)
            suggest_offer(&suggest, scenario->variants[i].components[k].name);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, suggest.best ? help : NULL,
                    "--crash cannot be \"%.100s\": %s has no such component", name, scenario->path);
}

bool capacity_crash_check(const struct scenario *scenario, const char *name, struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < scenario->variant_count; i++) {
        const struct component_config *component = find(&scenario->variants[i], name);

        if (component && component->type->crashes)
            return true;
        if (!component)
            continue;
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL,
                        "--crash cannot be \"%.100s\": a component of type %s does not crash", name,
                        component->type->component.name);
        return false;
    }
    tell_unknown(scenario, name, diagnostics);
    return false;
}

/* The variant with one more fault, its first; the faults are the caller's to free. NULL: out of memory. */
static struct scenario_fault *add_crash(struct scenario_variant *crashed,
                                        const struct component_config *component)
{
    struct scenario_fault *faults = calloc(crashed->fault_count + 1, sizeof *faults);
    const struct model_type *type = component->type;
    const char *part = type->part_name ? type->part_name(component->config, 0) : NULL;

    if (!faults)
        return NULL;
    faults[0] = (struct scenario_fault){ .component = component->name,
                                         .part = part,
                                         .from_ns = crashed->time.warm_up,
                                         .until_ns = SIM_TIME_NEVER };
    for (size_t i = 0; i < crashed->fault_count; i++)
        faults[i + 1] = crashed->faults[i];
    crashed->faults = faults;
    crashed->fault_count++;
    return faults;
}

enum run_status capacity_crash(const struct scenario_variant *variant, const char *name,
                               const struct run_options *options, double *unanswered)
{
    const struct component_config *component = find(variant, name);
    struct scenario_variant crashed = *variant;
    struct run_options as_long = *options;
    struct scenario_fault *faults;
    struct results results;
    enum run_status status;

    *unanswered = NAN;
    if (!component || !component->type->crashes)
        return RUN_COMPLETE;
    faults = add_crash(&crashed, component);
    if (!faults)
        return RUN_OUT_OF_MEMORY;
    crashed.time.measure = LOOKED_AT_NS;
    as_long.requests_wanted = 0;
    results_init(&results, options->replications);
    status = run_variant(&crashed, &as_long, &results);
    if (status == RUN_COMPLETE) {
        double share = results_value(&results, "total", "requests.ok") /
                       results_value(&results, "total", "requests.started");

        *unanswered = share > 1 ? 0 : 1 - share; /* NaN: nobody came in that minute */
    }
    results_deinit(&results);
    free(faults);
    return status;
}
