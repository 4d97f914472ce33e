/* label: docs */
/* docs/validation.md is what the simulator says today: composes it anew and compares, byte for byte.
 *
 *     test_theory_validation           compares
 *     test_theory_validation --write   writes docs/validation.md
 */
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/theory/theory_run.h"

#define SEED 1
#define DOCUMENT SCALESIM_SOURCE_DIR "/docs/validation.md"
#define TIMEOUT_S 120

static const struct {
    const char *unit;
    double factor; /* from the unit of the results */
} units[] = { { "ms", 1e3 }, { "%", 1e2 }, { "/s", 1 }, { "", 1 } };

static const char head[] =
    "# Validation: exact answers and simulated ones\n"
    "\n"
    "Made by a test; do not edit. To make it anew:\n"
    "\n"
    "    cmake --build build && build/tests/test_theory_validation --write\n"
    "\n"
    "Each configuration below is a scenario file in `tests/theory/`, read and run as a user's is; the exact "
    "values are\n"
    "the formulas and chains in `tests/theory/exact*.c`. Each is run %d times with seed %d, and "
    "the interval is the "
    "95 %% Student t\n"
    "interval over these runs. The column _off by_ is the distance from the exact value in standard errors. "
    "A value is\n"
    "_good_ when that is at most %d and the value is within the tolerance as well; a bound (_at "
    "most_) may be\n"
    "further off on its own side, an approximation (_about_, _near_) by as much as it is known "
    "to be. The tests also "
    "do\n"
    "the same with another seed, and check that it fails when the service takes 5 %% longer. "
    "What takes more\n"
    "requests than fit here is in `tests/theory/test_long.c`: one choice of O15, 2000 leaves of "
    "O36. One seed gives "
    "all scenarios\n"
    "the same gaps between arrivals but for their mean, so errors lean to one side together.\n";

static const char laws_head[] =
    "\n## O44: laws that hold in every run\n"
    "\n"
    "_Unaccounted_: requests that came or were inside at first, less those that ended or were inside at "
    "last, summed over\n"
    "all components, instances and request classes of all runs; must be 0. The others are relative errors, "
    "the greatest\n"
    "of all components, at most %g %%: _Little_, the mean number inside against throughput times mean time "
    "inside;\n"
    "_line_, the same of the waiting line; _utilisation_, against throughput times service time over "
    "servers. Both\n"
    "sides of each are measured apart, one as an integral over time, the other request by request; they "
    "differ by\n"
    "the requests that the ends of the measured time cut in two, and under processor sharing, where the "
    "service time is\n"
    "the configured mean, by chance.\n"
    "\n"
    "| oracle | configuration | requests | unaccounted | Little | line | utilisation | verdict |\n"
    "|---|---|---:|---:|---:|---:|---:|---|\n";

static const char *verdict(bool good)
{
    return good ? "good" : "**BAD**";
}

static void write_value(FILE *file, const struct claim *claim, double value)
{
    double factor = 1;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(units[i].unit, claim->unit))
            factor = units[i].factor;
    fprintf(file, " %.5g%s%s |", value * factor, *claim->unit && *claim->unit != '/' ? " " : "", claim->unit);
}

static void write_claim(FILE *file, const struct theory_run *run, const struct theory_case *theory_case,
                        const struct claim *claim)
{
    struct judgement judgement = theory_judge(run, theory_case, claim);

    fprintf(file, "| %s | %s |", theory_case->configuration->words, claim->words);
    write_value(file, claim, judgement.exact);
    write_value(file, claim, judgement.simulated.mean);
    write_value(file, claim, judgement.simulated.low);
    write_value(file, claim, judgement.simulated.high);
    fprintf(file, " %+.1f | %s |\n", judgement.deviations, verdict(theory_holds(&judgement)));
}

static void write_laws(FILE *file, const struct theory_run *run, const struct theory_case *theory_case)
{
    struct laws laws = theory_laws(run, theory_case);
    bool good = laws.unaccounted == 0 && laws.little <= THEORY_LAW_TOLERANCE &&
                laws.line <= THEORY_LAW_TOLERANCE && laws.utilisation <= THEORY_LAW_TOLERANCE;

    fprintf(file, "| %s | %s | %.0f | %llu | %.2g %% |", theory_case->oracle->id,
            theory_case->configuration->words, theory_requests(run), (unsigned long long)laws.unaccounted,
            100 * laws.little);
    if (theory_case->oracle->line)
        fprintf(file, " %.2g %% |", 100 * laws.line);
    else
        fprintf(file, " |");
    fprintf(file, " %.2g %% | %s |\n", 100 * laws.utilisation, verdict(good));
}

static void write_oracle_head(FILE *file, const struct oracle *oracle)
{
    fprintf(file, "\n## %s: `%s`\n\n%s\n\n", oracle->id, oracle->file, oracle->words);
    fprintf(file, "| configuration | metric | exact | simulated | from | to | off by | verdict |\n");
    fprintf(file, "|---|---|---:|---:|---:|---:|---:|---|\n");
}

static bool write_case(FILE *file, FILE *laws, const struct theory_case *theory_case)
{
    struct theory_run run;
    bool good = theory_run_init(&run, theory_case, SEED, theory_replications(theory_case->oracle), NULL);

    if (good) {
        if (theory_case->configuration == theory_case->oracle->configurations)
            write_oracle_head(file, theory_case->oracle);
        for (const struct claim *claim = theory_case->oracle->claims; claim->words; claim++)
            write_claim(file, &run, theory_case, claim);
        write_laws(laws, &run, theory_case);
    }
    theory_run_deinit(&run);
    return good;
}

static bool write_document_to(FILE *file, FILE *laws)
{
    static const struct oracle *const tables[] = { oracles, oracles_caches, oracles_networks,
                                                   oracles_events };
    struct theory_case theory_case;
    bool good = true;

    fprintf(file, head, THEORY_REPLICATIONS, SEED, THEORY_DEVIATIONS);
    fprintf(laws, laws_head, 100 * THEORY_LAW_TOLERANCE);
    for (size_t table = 0; table < sizeof tables / sizeof *tables; table++)
        for (size_t i = 0; good && theory_case_find(tables[table], i, &theory_case); i++)
            good = write_case(file, laws, &theory_case);
    return good;
}

/* The text, to be freed; NULL: a run failed. */
static char *compose(void)
{
    char *text = NULL, *laws_text = NULL;
    size_t size, laws_size;
    FILE *file = open_memstream(&text, &size), *laws = open_memstream(&laws_text, &laws_size);
    bool good = file && laws && write_document_to(file, laws);

    if (laws && fclose(laws) == 0 && good)
        fputs(laws_text, file);
    else
        good = false;
    if (!file || fclose(file) != 0)
        good = false;
    free(laws_text);
    if (good)
        return text;
    free(text);
    return NULL;
}

static char *read_document(void)
{
    FILE *file = fopen(DOCUMENT, "rb");
    char *text = NULL;
    size_t size;
    FILE *copy = open_memstream(&text, &size);
    int c;

    ck_assert_msg(file && copy, "%s cannot be read", DOCUMENT);
    while ((c = getc(file)) != EOF)
        putc(c, copy);
    fclose(copy);
    fclose(file);
    return text;
}

START_TEST(test_validation_document_is_what_the_runs_give)
{
    char *composed = compose(), *written = read_document();

    ck_assert_ptr_nonnull(composed);
    ck_assert_ptr_null(strstr(composed, "BAD"));
    ck_assert_msg(!strcmp(composed, written),
                  "docs/validation.md is out of date: test_theory_validation --write");
    free(composed);
    free(written);
}
END_TEST

static int write_document(void)
{
    char *text = compose();
    FILE *file = text ? fopen(DOCUMENT, "wb") : NULL;
    bool good = file && fputs(text, file) >= 0;

    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "%s was not written\n", DOCUMENT);
    free(text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    Suite *suite;
    TCase *tcase;
    SRunner *runner;
    int failed;

    if (argc == 2 && !strcmp(argv[1], "--write"))
        return write_document();
    suite = suite_create("validation");
    tcase = tcase_create("validation");
    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_test(tcase, test_validation_document_is_what_the_runs_give);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
