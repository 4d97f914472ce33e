#include "tests/ladder/ladder.h"

#include <stdio.h>
#include <string.h>

#include "app/quantity.h"
#include "app/run.h"
#include "app/variant_tree.h"
#include "tests/test.h"

#define MEMORY_BUDGET_BYTES ((uint64_t)1 << 30)
#define REPLICATIONS 8
#define REPLICATIONS_MAX 64
#define TIMEOUT_S 60
#define ROUNDING 1e-9 /* relative; of figures that do not vary */

static const uint64_t seeds[] = { 1, 2, 3 };

struct ladder_run {
    const struct ladder_runs *runs;
    const struct scenario_variant *variant;
    const cJSON *tree; /* of the variant, with settings */
    struct results results;
    bool measured;
};

/* The scenario with some settings, and what its variants measured. */
struct ladder_runs {
    const struct ladder_step *step;
    struct diagnostics diagnostics;
    struct scenario scenario;
    struct variant_tree tree;
    struct arena arena; /* of the tree */
    struct ladder_run *variants;
    const char *settings[3 * LADDER_SETTINGS_MAX]; /* of the part that is played, others, a measure's */
    size_t setting_count;                          /* without the last ones */
    uint64_t seed;
};

/* Ends the program: the test itself is wrong. */
static void wrong_test(const struct ladder_runs *runs, const char *what, const char *name)
{
    fprintf(stderr, "%s: %s \"%s\"\n", runs->step->file, what, name);
    abort();
}

/* ---- fields ---- */

/* The member or element that begins `path`; moves *path behind it. */
static const cJSON *enter(const cJSON *json, const char **path)
{
    char name[80];
    size_t length;

    if (**path == '[') {
        const cJSON *element = cJSON_GetArrayItem(json, atoi(*path + 1));

        *path += strcspn(*path, "]") + 1;
        return element;
    }
    *path += **path == '.';
    length = strcspn(*path, ".[");
    snprintf(name, sizeof name, "%.*s", (int)length, *path);
    *path += length;
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static const cJSON *follow(const cJSON *json, const char *path)
{
    while (json && *path)
        json = enter(json, &path);
    return json;
}

static const cJSON *find(const struct ladder_run *run, const char *path)
{
    const cJSON *json = follow(run->tree, path);

    return json ? json : follow(cJSON_GetObjectItemCaseSensitive(run->tree, "components"), path);
}

static const cJSON *need(const struct ladder_run *run, const char *path)
{
    const cJSON *json = find(run, path);

    if (!json)
        wrong_test(run->runs, "a formula wants a field that the file does not have:", path);
    return json;
}

static const char *need_text(const struct ladder_run *run, const char *path)
{
    const cJSON *json = need(run, path), *mean = cJSON_GetObjectItemCaseSensitive(json, "mean");

    if (!cJSON_IsString(mean ? mean : json))
        wrong_test(run->runs, "a formula wants a text at", path);
    return (mean ? mean : json)->valuestring;
}

double ladder_number(const struct ladder_run *run, const char *path)
{
    const cJSON *json = need(run, path);

    if (!cJSON_IsNumber(json))
        wrong_test(run->runs, "a formula wants a number at", path);
    return json->valuedouble;
}

const char *ladder_text(const struct ladder_run *run, const char *path)
{
    return need_text(run, path);
}

bool ladder_has(const struct ladder_run *run, const char *path)
{
    return find(run, path) != NULL;
}

static double need_double(const struct ladder_run *run, const char *path,
                          bool (*parse)(const char *text, double *value, char *error, size_t size))
{
    char error[QUANTITY_ERROR_SIZE];
    double value = 0;

    if (!parse(need_text(run, path), &value, error, sizeof error))
        wrong_test(run->runs, error, path);
    return value;
}

static double need_whole(const struct ladder_run *run, const char *path,
                         bool (*parse)(const char *text, int64_t *value, char *error, size_t size))
{
    char error[QUANTITY_ERROR_SIZE];
    int64_t value = 0;

    if (!parse(need_text(run, path), &value, error, sizeof error))
        wrong_test(run->runs, error, path);
    return (double)value;
}

double ladder_rate(const struct ladder_run *run, const char *path)
{
    return need_double(run, path, quantity_parse_rate);
}

double ladder_share(const struct ladder_run *run, const char *path)
{
    return need_double(run, path, quantity_parse_fraction);
}

double ladder_dollars(const struct ladder_run *run, const char *path)
{
    return need_double(run, path, quantity_parse_money_rate);
}

double ladder_seconds(const struct ladder_run *run, const char *path)
{
    return need_whole(run, path, quantity_parse_duration) * 1e-9;
}

double ladder_bytes(const struct ladder_run *run, const char *path)
{
    return need_whole(run, path, quantity_parse_bytes);
}

double ladder_bandwidth(const struct ladder_run *run, const char *path)
{
    return need_double(run, path, quantity_parse_bandwidth);
}

static const struct host_config *find_host(const struct host_config *hosts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(hosts[i].name, name))
            return &hosts[i];
    return NULL;
}

const struct host_config *ladder_host(const struct ladder_run *run, const char *path)
{
    const struct environment *environment = &run->variant->environment;
    const char *name = need_text(run, path);
    const struct host_config *host = find_host(environment->hosts, environment->host_count, name);

    if (!host)
        host = find_host(environment->sizes, environment->size_count, name);
    if (!host)
        wrong_test(run->runs, "no such machine:", name);
    return host;
}

const char *ladder_name(const struct ladder_run *run)
{
    return run->variant->name;
}

/* ---- running ---- */

static struct ladder_run *find_run(const struct ladder_runs *runs, const char *variant)
{
    for (size_t i = 0; i < runs->scenario.variant_count; i++)
        if (!strcmp(runs->scenario.variants[i].name, variant ? variant : "base"))
            return &runs->variants[i];
    wrong_test(runs, "no such variant:", variant);
    return NULL;
}

const struct ladder_run *ladder_variant(const struct ladder_run *run, const char *variant)
{
    return find_run(run->runs, variant);
}

static int replications_of(const struct ladder_step *step, const char *variant)
{
    for (const struct ladder_often *often = step->often; often->replications; often++)
        if (!strcmp(often->variant ? often->variant : "base", variant ? variant : "base"))
            return often->replications;
    return step->replications ? step->replications : REPLICATIONS;
}

/* Those that all variants of the claim have. */
static int replications_for(const struct ladder_step *step, const struct ladder_claim *claim)
{
    if (claim->measure)
        return claim->times;

    int own = replications_of(step, claim->figure.variant);
    int other = replications_of(step, claim->other.variant);

    return claim->relation == LADDER_ALONE || own < other ? own : other;
}

/* Returns how many there are with these. */
static size_t add_settings(struct ladder_runs *runs, size_t count, const char *const *settings)
{
    for (int i = 0; i < LADDER_SETTINGS_MAX && settings[i]; i++)
        runs->settings[count++] = settings[i];
    return count;
}

static bool read_file(const struct ladder_runs *runs, struct scenario *scenario,
                      struct diagnostics *diagnostics)
{
    const struct scenario_overrides overrides = { .settings = runs->settings,
                                                  .setting_count = runs->setting_count };
    char path[512];

    snprintf(path, sizeof path, "%s/%s%s", SCALESIM_SOURCE_DIR,
             strchr(runs->step->file, '/') ? "" : "scenarios/ladder/", runs->step->file);
    return scenario_read(scenario, path, &overrides, diagnostics) == SCENARIO_OK;
}

const struct scenario_variant *ladder_read_again(const struct ladder_run *run, const char *const *settings,
                                                 struct scenario *scenario)
{
    struct ladder_runs runs = *run->runs; /* its settings; all else stays that one's */
    struct diagnostics diagnostics;

    diagnostics_init(&diagnostics);
    runs.setting_count = add_settings(&runs, runs.setting_count, settings);
    if (!read_file(&runs, scenario, &diagnostics))
        wrong_test(&runs, "no scenario any more with", settings[0]);
    diagnostics_deinit(&diagnostics);
    return scenario_find_variant(scenario, ladder_name(run));
}

/* Reads the scenario with the settings that are there; what cannot be read is told. */
static bool runs_init(struct ladder_runs *runs, const struct ladder_step *step, const char *const *settings,
                      uint64_t seed)
{
    bool out_of_memory = false;

    *runs = (struct ladder_runs){ .step = step, .seed = seed };
    runs->setting_count = add_settings(runs, add_settings(runs, 0, step->part), settings);
    diagnostics_init(&runs->diagnostics);
    if (!read_file(runs, &runs->scenario, &runs->diagnostics) ||
        !variant_tree_init(&runs->tree, &runs->scenario.document, runs->settings, runs->setting_count,
                           &runs->arena, &runs->diagnostics, &out_of_memory)) {
        diagnostics_print(&runs->diagnostics, stderr, DIAGNOSTICS_TEXT, false);
        return false;
    }
    runs->variants = calloc(runs->scenario.variant_count, sizeof *runs->variants);
    for (size_t i = 0; runs->variants && i < runs->scenario.variant_count; i++)
        runs->variants[i] = (struct ladder_run){ .runs = runs,
                                                 .variant = &runs->scenario.variants[i],
                                                 .tree = runs->tree.nodes[i].tree };
    return runs->variants != NULL;
}

static void runs_deinit(struct ladder_runs *runs)
{
    for (size_t i = 0; runs->variants && i < runs->scenario.variant_count; i++)
        if (runs->variants[i].measured)
            results_deinit(&runs->variants[i].results);
    free(runs->variants);
    variant_tree_deinit(&runs->tree);
    arena_deinit(&runs->arena);
    scenario_deinit(&runs->scenario);
    diagnostics_deinit(&runs->diagnostics);
}

/* Runs the variant, once. */
static struct ladder_run *measure(const struct ladder_runs *runs, const char *variant)
{
    struct ladder_run *run = find_run(runs, variant);
    struct run_options options = { .seed = runs->seed,
                                   .replications = replications_of(runs->step, variant),
                                   .memory_budget_bytes = MEMORY_BUDGET_BYTES };

    if (run->measured)
        return run;
    results_init(&run->results, options.replications);
    run->measured = true;
    if (run_variant(run->variant, &options, &run->results) != RUN_COMPLETE)
        wrong_test(runs, "no run of the variant", ladder_name(run));
    return run;
}

/* ---- judging ---- */

struct judgement {
    double predicted;
    struct interval simulated; /* LADDER_CONFIDENCE */
    bool holds;
};

/* What the figure was in one replication; NaN: there is no such metric. */
static double value_of(const struct ladder_run *run, const char *component, const char *metric,
                       int replication)
{
    const struct result_entry *entry = results_find(&run->results, component, metric);

    return entry ? entry->values[replication] : NAN;
}

static double figure_of(const struct ladder_runs *runs, const struct ladder_figure *figure, int replication)
{
    return value_of(measure(runs, figure->variant), figure->component, figure->metric, replication);
}

static struct interval simulate(const struct ladder_runs *runs, const struct ladder_claim *claim)
{
    int n = replications_for(runs->step, claim);
    double values[REPLICATIONS_MAX];

    if (claim->measure)
        claim->measure(find_run(runs, claim->figure.variant), runs->seed, values, n);
    for (int i = 0; !claim->measure && i < n && i < REPLICATIONS_MAX; i++) {
        values[i] = figure_of(runs, &claim->figure, i);
        if (claim->relation == LADDER_PER)
            values[i] /= figure_of(runs, &claim->other, i);
        if (claim->relation == LADDER_MINUS)
            values[i] -= figure_of(runs, &claim->other, i);
    }
    return statistics_mean_interval(values, n, LADDER_CONFIDENCE);
}

/* The prediction may come from another reading of the scenario than the runs: one without their mistake. */
static struct judgement judge(const struct ladder_runs *runs, const struct ladder_runs *believed,
                              const struct ladder_claim *claim)
{
    const struct ladder_run *run = find_run(believed, claim->figure.variant);
    struct judgement judgement = { .predicted = claim->predict(run), .simulated = simulate(runs, claim) };
    double size = fabs(judgement.predicted), error = fabs(judgement.simulated.mean - judgement.predicted);
    double near = claim->near ? claim->near(run) : 0;
    double half = (judgement.simulated.high - judgement.simulated.low) / 2;

    judgement.holds = judgement.simulated.n == replications_for(runs->step, claim) &&
                      error <= half + (near + ROUNDING) * size && half <= LADDER_WIDEST * size;
    return judgement;
}

static int failed_claims(const struct ladder_runs *runs, const struct ladder_runs *believed, bool tell)
{
    int failed = 0;

    for (const struct ladder_claim *claim = runs->step->claims; claim->words; claim++) {
        struct judgement judgement = judge(runs, believed, claim);

        if (judgement.holds)
            continue;
        failed++;
        if (tell)
            fprintf(stderr, "%s, seed %d, %s: predicted %.6g, simulated %.6g (%.6g to %.6g)\n",
                    runs->step->file, (int)runs->seed, claim->words, judgement.predicted,
                    judgement.simulated.mean, judgement.simulated.low, judgement.simulated.high);
    }
    return failed;
}

/* Requests that came or were inside at first, less those that ended or are inside at last. */
static double unaccounted(const struct ladder_run *run, const char *component, int replication)
{
    return value_of(run, component, "requests.started", replication) +
           value_of(run, component, "in_flight.start", replication) -
           value_of(run, component, "requests.ok", replication) -
           value_of(run, component, "requests.failed", replication) -
           value_of(run, component, "in_flight.end", replication);
}

static void check_conservation(const struct ladder_run *run)
{
    int checked = 0;

    for (size_t i = 0; i < run->results.entry_count; i++) {
        const char *component = run->results.entries[i].component;

        if (strcmp(run->results.entries[i].metric, "requests.started") != 0)
            continue;
        for (int k = 0; k < run->results.replications; k++, checked++)
            ck_assert_msg(unaccounted(run, component, k) == 0, "%s, %s: %g requests of %s unaccounted for",
                          run->runs->step->file, ladder_name(run), unaccounted(run, component, k), component);
    }
    ck_assert_int_gt(checked, 0);
}

/* ---- tests ---- */

static const struct ladder_step *tested; /* set once, before any test */

static const char *const nothing[LADDER_SETTINGS_MAX];

static void check(const char *const *settings, uint64_t seed, bool every_variant)
{
    struct ladder_runs runs;

    ck_assert(runs_init(&runs, tested, settings, seed));
    ck_assert_int_eq(failed_claims(&runs, &runs, true), 0);
    for (size_t i = 0; i < runs.scenario.variant_count; i++) {
        if (every_variant)
            measure(&runs, runs.scenario.variants[i].name);
        if (runs.variants[i].measured)
            check_conservation(&runs.variants[i]);
    }
    runs_deinit(&runs);
}

START_TEST(test_ladder_predictions_hold_with_the_file_as_it_is)
{
    check(nothing, seeds[0], true);
}
END_TEST

START_TEST(test_ladder_predictions_hold_with_other_seeds)
{
    check(nothing, seeds[_i], false);
}
END_TEST

START_TEST(test_ladder_predictions_hold_with_other_values)
{
    ck_assert_ptr_nonnull(tested->others[_i][0]);
    check(tested->others[_i], seeds[0], false);
}
END_TEST

START_TEST(test_ladder_a_mistake_breaks_the_predictions)
{
    struct ladder_runs runs, believed;
    int moved = 0;

    ck_assert(runs_init(&runs, tested, tested->wrong, seeds[0]));
    ck_assert(runs_init(&believed, tested, nothing, seeds[0]));
    for (const struct ladder_claim *claim = tested->claims; claim->words; claim++) {
        bool holds = judge(&runs, &believed, claim).holds;

        ck_assert_msg(holds == claim->unmoved, "%s, with %s: %s %s", tested->file, tested->wrong[0],
                      claim->words, holds ? "holds nevertheless" : "does not hold, but should not be moved");
        moved += !holds;
    }
    ck_assert_int_gt(moved, 0);
    runs_deinit(&believed);
    runs_deinit(&runs);
}
END_TEST

/* ---- the page ---- */

static const struct {
    const char *unit;
    double factor; /* from the unit of the results */
} units[] = { { "us", 1e6 }, { "ms", 1e3 }, { "%", 1e2 }, { "KB", 1e-3 } };

static void print_value(const char *unit, double value)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(units[i].unit, unit))
            value *= units[i].factor;
    if (*unit == '$')
        printf(" $%.4g%s |", value, unit + 1);
    else
        printf(" %.4g%s%s |", value, *unit && *unit != '/' && *unit != '%' ? " " : "", unit);
}

static int print_figures(void)
{
    struct ladder_runs runs;
    int status = EXIT_FAILURE;

    if (runs_init(&runs, tested, nothing, seeds[0])) {
        puts("| figure | variant | predicted | simulated | from | to |\n|---|---|---:|---:|---:|---:|");
        for (const struct ladder_claim *claim = tested->claims; claim->words; claim++) {
            struct judgement judgement = judge(&runs, &runs, claim);

            printf("| %s | %s |", claim->words, claim->figure.variant ? claim->figure.variant : "base");
            print_value(claim->unit, judgement.predicted);
            print_value(claim->unit, judgement.simulated.mean);
            print_value(claim->unit, judgement.simulated.low);
            print_value(claim->unit, judgement.simulated.high);
            putchar('\n');
        }
        status = failed_claims(&runs, &runs, true) ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    runs_deinit(&runs);
    return status;
}

int ladder_main(const struct ladder_step *step, int argc, char **argv)
{
    Suite *suite;
    TCase *tcase;
    SRunner *runner;
    int failed;

    tested = step;
    if (argc == 2 && !strcmp(argv[1], "--figures"))
        return print_figures();
    suite = suite_create(step->file);
    tcase = tcase_create(step->file);
    runner = srunner_create(suite);
    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_test(tcase, test_ladder_predictions_hold_with_the_file_as_it_is);
    tcase_add_loop_test(tcase, test_ladder_predictions_hold_with_other_seeds, 1,
                        sizeof seeds / sizeof *seeds);
    tcase_add_loop_test(tcase, test_ladder_predictions_hold_with_other_values, 0, 2);
    tcase_add_test(tcase, test_ladder_a_mistake_breaks_the_predictions);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
