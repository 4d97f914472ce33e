#include "tests/theory/theory_run.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/run.h"

#define MEMORY_BUDGET_BYTES ((uint64_t)1 << 30)
#define ROUNDING 1e-12

/* ---- running ---- */

static bool read_scenario(struct theory_run *run, const struct theory_case *theory_case, const char *extra)
{
    const struct configuration *configuration = theory_case->configuration;
    const char *settings[SETTINGS_MAX + 1];
    struct scenario_overrides overrides = { .settings = settings };
    char path[512];

    for (size_t i = 0; i < SETTINGS_MAX && configuration->settings[i]; i++)
        settings[overrides.setting_count++] = configuration->settings[i];
    if (extra)
        settings[overrides.setting_count++] = extra;
    snprintf(path, sizeof path, "%s/tests/theory/%s", SCALESIM_SOURCE_DIR, theory_case->oracle->file);
    if (scenario_read(&run->scenario, path, &overrides, &run->diagnostics) == SCENARIO_OK)
        return true;
    diagnostics_print(&run->diagnostics, stderr, DIAGNOSTICS_TEXT, false);
    return false;
}

bool theory_run_init(struct theory_run *run, const struct theory_case *theory_case, uint64_t seed,
                     int replications, const char *extra)
{
    struct run_options options = { .seed = seed,
                                   .replications = replications,
                                   .memory_budget_bytes = MEMORY_BUDGET_BYTES };
    const struct scenario_variant *variant;
    bool good = false;

    diagnostics_init(&run->diagnostics);
    results_init(&run->results, replications);
    if (read_scenario(run, theory_case, extra)) {
        variant = scenario_find_variant(&run->scenario, theory_case->configuration->variant);
        good = variant && run_variant(variant, &options, &run->results) == RUN_COMPLETE;
    }
    if (!good)
        fprintf(stderr, "%s, %s: no run\n", theory_case->oracle->file, theory_case->configuration->words);
    return good;
}

void theory_run_deinit(struct theory_run *run)
{
    results_deinit(&run->results);
    scenario_deinit(&run->scenario);
    diagnostics_deinit(&run->diagnostics);
}

/* ---- claims ---- */

/* What the entry measured in one replication; NaN: there is no such metric. */
static double value_of(const struct theory_run *run, const char *component, const char *metric,
                       int replication)
{
    const struct result_entry *entry = results_find(&run->results, component, metric);

    return entry ? entry->values[replication] : NAN;
}

static struct interval quotient(const struct theory_run *run, const struct claim *claim)
{
    double values[THEORY_REPLICATIONS];
    int n = run->results.replications;

    for (int i = 0; i < n; i++)
        values[i] = value_of(run, claim->component, claim->metric, i) /
                    value_of(run, claim->per_component, claim->per_metric, i);
    return statistics_mean_interval(values, n, RESULTS_CONFIDENCE);
}

static struct interval simulated(const struct theory_run *run, const struct claim *claim)
{
    const struct result_entry *entry = results_find(&run->results, claim->component, claim->metric);

    if (!entry)
        return (struct interval){ .mean = NAN, .low = NAN, .high = NAN };
    return claim->per_metric ? quotient(run, claim) : results_interval(&run->results, entry);
}

/* Undoes what made the interval out of the standard error. */
static double standard_error(struct interval interval)
{
    return (interval.high - interval.low) / 2 /
           gsl_cdf_tdist_Qinv((1 - RESULTS_CONFIDENCE) / 2, interval.n - 1);
}

/* How far the figure is on the wrong side. */
static double wrong_by(const struct claim *claim, double error)
{
    switch (claim->relation) {
    case CLAIM_AT_MOST:
        return fmax(0, error);
    case CLAIM_AT_LEAST:
        return fmax(0, -error);
    case CLAIM_EQUAL:
        break;
    }
    return fabs(error);
}

static double near_of(const struct theory_case *theory_case, const struct claim *claim)
{
    return claim->near_by ? fabs(claim->near_by(&theory_case->configuration->parameters, claim->argument))
                          : claim->near;
}

struct judgement theory_judge(const struct theory_run *run, const struct theory_case *theory_case,
                              const struct claim *claim)
{
    struct judgement judgement = {
        .exact = claim->exact(&theory_case->configuration->parameters, claim->argument),
        .simulated = simulated(run, claim),
    };
    double error = judgement.simulated.mean - judgement.exact, wrong = wrong_by(claim, error);
    double standard = standard_error(judgement.simulated);

    if (fabs(error) <= ROUNDING * fabs(judgement.exact)) /* nothing random: no standard error */
        error = wrong = 0;
    judgement.deviations = error == 0 ? 0 : error / standard; /* nothing may vary at all */
    judgement.within_errors =
        wrong <= THEORY_DEVIATIONS * standard + near_of(theory_case, claim) * fabs(judgement.exact);
    judgement.within_tolerance =
        claim->relation != CLAIM_EQUAL || wrong <= fmax(claim->relative * fabs(judgement.exact),
            claim->absolute);
    return judgement;
}

bool theory_holds(const struct judgement *judgement)
{
    return judgement->within_errors && judgement->within_tolerance;
}

/* ---- laws ---- */

static void keep_greatest(double *greatest, double value)
{
    if (isnan(value) || value > *greatest)
        *greatest = value;
}

static double relative_error(double value, double reference)
{
    return value == reference ? 0 : fabs(value - reference) / fmax(fabs(value), fabs(reference));
}

static double value_in(const struct result_entry *entry, int replication)
{
    return entry ? entry->values[replication] : NAN;
}

/* Whole numbers below 2^53: exact as doubles. */
static uint64_t unaccounted(const struct theory_run *run, const char *component)
{
    const struct result_entry *started = results_find(&run->results, component, "requests.started");
    const struct result_entry *first = results_find(&run->results, component, "in_flight.start");
    const struct result_entry *ok = results_find(&run->results, component, "requests.ok");
    const struct result_entry *failed = results_find(&run->results, component, "requests.failed");
    const struct result_entry *last = results_find(&run->results, component, "in_flight.end");
    uint64_t sum = 0;

    for (int i = 0; i < run->results.replications; i++) {
        double in = value_in(started, i) + value_in(first, i);
        double out = value_in(ok, i) + value_in(failed, i) + value_in(last, i);

        sum += isnan(in - out) ? 1 : (uint64_t)fabs(in - out);
    }
    return sum;
}

/* Mean over the replications of the product of a rate and a time. */
static double flow(const struct theory_run *run, const char *component, const char *time_metric,
                   bool failed_too)
{
    const struct result_entry *ok = results_find(&run->results, component, "requests.ok");
    const struct result_entry *failed = results_find(&run->results, component, "requests.failed");
    const struct result_entry *time = results_find(&run->results, component, time_metric);
    double sum = 0;
    int n = run->results.replications;

    for (int i = 0; i < n; i++) {
        double ended = value_in(ok, i);

        if (failed_too)
            ended += value_in(failed, i);
        if (ended > 0)
            sum += ended / run->results.seconds * value_in(time, i);
    }
    return sum / n;
}

static double mean_of(const struct theory_run *run, const char *component, const char *metric)
{
    return results_value(&run->results, component, metric);
}

/* Service alone: what was measured where a line lets it be told from the wait, otherwise as configured. */
static double busy_by_service(const struct theory_run *run, const struct theory_case *theory_case,
                              const char *component)
{
    if (theory_case->oracle->line)
        return flow(run, component, "latency.mean", false) - flow(run, component, "wait.mean", false);
    return mean_of(run, component, "throughput") * theory_case->configuration->parameters.service_mean_s;
}

static void check_server(struct laws *laws, const struct theory_run *run,
                         const struct theory_case *theory_case, const char *component)
{
    const struct parameters *parameters = &theory_case->configuration->parameters;
    int instances = parameters->shards && !strchr(component, '[') ? parameters->shards : 1;
    double busy = mean_of(run, component, "utilisation") * parameters->servers * instances;

    keep_greatest(&laws->utilisation, relative_error(busy, busy_by_service(run, theory_case, component)));
    if (theory_case->oracle->line)
        keep_greatest(&laws->line, relative_error(mean_of(run, component, "queue.mean"),
                                                  flow(run, component, "wait.mean", false)));
}

/* "db.shard" itself, or one of its instances. */
static bool is_server(const struct theory_case *theory_case, const char *component)
{
    size_t length = theory_case->oracle->server ? strlen(theory_case->oracle->server) : 0;

    return length > 0 && !strncmp(component, theory_case->oracle->server, length) &&
           (component[length] == '\0' || component[length] == '[');
}

struct laws theory_laws(const struct theory_run *run, const struct theory_case *theory_case)
{
    struct laws laws = { 0 };

    for (size_t i = 0; i < run->results.entry_count; i++) {
        const char *component = run->results.entries[i].component;

        if (strcmp(run->results.entries[i].metric, "requests.started") != 0)
            continue;
        laws.unaccounted += unaccounted(run, component);
        if (results_find(&run->results, component, "latency_all.mean") &&
            results_find(&run->results, component, "in_flight.mean"))
            keep_greatest(&laws.little, relative_error(mean_of(run, component, "in_flight.mean"),
                                                       flow(run, component, "latency_all.mean", true)));
        if (is_server(theory_case, component))
            check_server(&laws, run, theory_case, component);
    }
    return laws;
}

double theory_requests(const struct theory_run *run)
{
    double sum = 0;

    for (int i = 0; i < run->results.replications; i++)
        sum += value_of(run, "total", "requests.started", i);
    return sum;
}
