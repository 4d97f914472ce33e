#include "app/options.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 12

/* Reads a line of words divided by single blanks. */
static bool read_line(struct options *options, const char *line, char *buffer,
                      struct diagnostics *diagnostics)
{
    char *argv[WORDS_MAX + 1] = { (char[]){ "scalesim" } }, *rest = buffer;
    int argc = 1;

    strcpy(buffer, line);
    while (*line && rest)
        argv[argc++] = strsep(&rest, " ");
    argv[argc] = NULL;
    diagnostics_init(diagnostics);
    return options_read(options, argc, argv, diagnostics);
}

/* ---- good lines ---- */

static const struct {
    const char *line;
    enum command command;
    const char *argument, *variant, *csv;
    uint64_t seed;
    int replications;
    bool quiet;
    size_t setting_count;
    enum diagnostics_format format;
} good[] = {
    { "x.json", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "./x", COMMAND_RUN, "./x", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "-", COMMAND_RUN, "-", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "run x", COMMAND_RUN, "x", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "run -", COMMAND_RUN, "-", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "check x.json", COMMAND_CHECK, "x.json", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "models", COMMAND_MODELS, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "models cache", COMMAND_MODELS, "cache", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "init", COMMAND_INIT, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "init shop", COMMAND_INIT, "shop", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "schema", COMMAND_SCHEMA, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "reference", COMMAND_REFERENCE, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "help", COMMAND_HELP, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "--help", COMMAND_HELP, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json -h", COMMAND_HELP, "x.json", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "-V", COMMAND_VERSION, NULL, NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --seed 7", COMMAND_RUN, "x.json", NULL, NULL, 7, 5, false, 0, DIAGNOSTICS_TEXT },
    { "--seed=7 x.json", COMMAND_RUN, "x.json", NULL, NULL, 7, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --seed 0", COMMAND_RUN, "x.json", NULL, NULL, 0, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --seed 18446744073709551615", COMMAND_RUN, "x.json", NULL, NULL, UINT64_MAX, 5, false, 0,
      DIAGNOSTICS_TEXT },
    { "x.json -n 20", COMMAND_RUN, "x.json", NULL, NULL, 1, 20, false, 0, DIAGNOSTICS_TEXT },
    { "x.json -n20", COMMAND_RUN, "x.json", NULL, NULL, 1, 20, false, 0, DIAGNOSTICS_TEXT },
    { "x.json -n=20", COMMAND_RUN, "x.json", NULL, NULL, 1, 20, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --replications=10000", COMMAND_RUN, "x.json", NULL, NULL, 1, 10000, false, 0,
      DIAGNOSTICS_TEXT },
    { "x.json -n 1 -n 2", COMMAND_RUN, "x.json", NULL, NULL, 1, 2, false, 0, DIAGNOSTICS_TEXT },
    { "-q x.json", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, true, 0, DIAGNOSTICS_TEXT },
    { "x.json --quiet", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, true, 0, DIAGNOSTICS_TEXT },
    { "x.json --variant v --csv -", COMMAND_RUN, "x.json", "v", "-", 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --csv=a=b.csv", COMMAND_RUN, "x.json", NULL, "a=b.csv", 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "x.json --set a.b=1 --set=c=2 --set d", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, false, 3,
      DIAGNOSTICS_TEXT },
    { "x.json --error-format json", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_JSON },
    { "x.json --error-format=json --error-format=text", COMMAND_RUN, "x.json", NULL, NULL, 1, 5, false, 0,
      DIAGNOSTICS_TEXT },
    { "capacity x.json --vary a.b=1..2", COMMAND_CAPACITY, "x.json", NULL, NULL, 1, 5, false, 0,
      DIAGNOSTICS_TEXT },
    { "-- -x.json", COMMAND_RUN, "-x.json", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
    { "run -- --seed", COMMAND_RUN, "--seed", NULL, NULL, 1, 5, false, 0, DIAGNOSTICS_TEXT },
};

static void check_text(const char *line, const char *got, const char *wanted)
{
    ck_assert_msg(wanted ? got && !strcmp(got, wanted) : !got, "%s: %s instead of %s", line,
                  got ? got : "nothing", wanted ? wanted : "nothing");
}

START_TEST(test_options_are_read)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct diagnostics diagnostics;
        struct options options;
        char buffer[200];

        ck_assert_msg(read_line(&options, good[i].line, buffer, &diagnostics), "%s", good[i].line);
        ck_assert_uint_eq(diagnostics_error_count(&diagnostics), 0);
        ck_assert_msg(options.command == good[i].command, "%s: command %d", good[i].line,
                      (int)options.command);
        check_text(good[i].line, options.argument, good[i].argument);
        check_text(good[i].line, options.variant, good[i].variant);
        check_text(good[i].line, options.csv, good[i].csv);
        ck_assert_msg(options.seed == good[i].seed, "%s", good[i].line);
        ck_assert_msg(options.replications == good[i].replications, "%s", good[i].line);
        ck_assert_msg(options.quiet == good[i].quiet, "%s", good[i].line);
        ck_assert_msg(options.setting_count == good[i].setting_count, "%s", good[i].line);
        ck_assert_msg(options.error_format == good[i].format, "%s", good[i].line);
        options_deinit(&options);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

START_TEST(test_options_settings_keep_their_order)
{
    struct diagnostics diagnostics;
    struct options options;
    char buffer[200];

    ck_assert(read_line(&options, "x.json --set a.b=1 -q --set=c=2", buffer, &diagnostics));
    ck_assert_uint_eq(options.setting_count, 2);
    ck_assert_str_eq(options.settings[0], "a.b=1");
    ck_assert_str_eq(options.settings[1], "c=2");
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
}
END_TEST

START_TEST(test_options_request_to_trace_is_read)
{
    static const struct {
        const char *line;
        uint64_t ordinal;
    } lines[] = {
        { "x.json", 0 },
        { "x.json --trace-request 1", 1 },
        { "x.json --trace-request=70000 --variant v", 70000 },
        { "x.json --trace-request 18446744073709551615", UINT64_MAX },
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct diagnostics diagnostics;
        struct options options;
        char buffer[200];

        ck_assert_msg(read_line(&options, lines[i].line, buffer, &diagnostics), "%s", lines[i].line);
        ck_assert_msg(options.trace_request == lines[i].ordinal, "%s", lines[i].line);
        options_deinit(&options);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

START_TEST(test_options_of_outputs_and_limits_are_read)
{
    struct diagnostics diagnostics;
    struct options options;
    char buffer[200];

    ck_assert(read_line(&options, "x.json --json a --series - --interval=1.5s --max-memory 64MB", buffer,
                        &diagnostics));
    ck_assert_str_eq(options.json, "a");
    ck_assert_str_eq(options.series, "-");
    ck_assert_int_eq(options.interval_ns, 1500000000);
    ck_assert_uint_eq(options.max_memory_bytes, 64000000);
    ck_assert(!options.paths);
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
    ck_assert(read_line(&options, "check x.json --paths", buffer, &diagnostics));
    ck_assert(options.paths);
    ck_assert_ptr_null(options.json);
    ck_assert_int_eq(options.interval_ns, 0);
    ck_assert_uint_eq(options.max_memory_bytes, 0);
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
}
END_TEST

START_TEST(test_options_of_capacity_are_read)
{
    struct diagnostics diagnostics;
    struct options options;
    char buffer[200];

    ck_assert(read_line(&options, "capacity x.json --vary a=1..2 --crash web --crash=db --within 5%", buffer,
                        &diagnostics));
    ck_assert_str_eq(options.vary, "a=1..2");
    ck_assert_uint_eq(options.crash_count, 2);
    ck_assert_str_eq(options.crashes[0], "web");
    ck_assert_str_eq(options.crashes[1], "db");
    ck_assert_double_eq_tol(options.within, 0.05, 1e-12);
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
    ck_assert(read_line(&options, "capacity x.json --vary a=1..2", buffer, &diagnostics));
    ck_assert_uint_eq(options.crash_count, 0);
    ck_assert_double_eq_tol(options.within, 0.02, 1e-12);
    options_deinit(&options);
    diagnostics_deinit(&diagnostics);
}
END_TEST

/* ---- bad lines ---- */

static const struct {
    const char *line, *message, *help; /* parts of them */
} bad[] = {
    { "", "which scenario?", "try:" },
    { "-q", "which scenario?", "try:" },
    { "x", "there is no command \"x\"", "./FILE" },
    { "chek x.json", "there is no command \"chek\"", "did you mean \"check\"?" },
    { "x.json y.json", "one word too many: \"y.json\"", NULL },
    { "schema x.json", "one word too many", NULL },
    { "run", "a file is missing behind \"run\"", NULL },
    { "check -q", "a file is missing behind \"check\"", NULL },
    { "x.json --sed 5", "there is no option \"--sed\"", "--seed" },
    { "x.json --frobnicate", "there is no option \"--frobnicate\"", "--help" },
    { "x.json --seeds=5", "there is no option", "--seed" },
    { "x.json -x", "there is no option \"-x\"", "--help" },
    { "x.json -x5", "there is no option \"-x5\"", "--help" },
    { "x.json -qn", "takes no argument", NULL },
    { "x.json --seed", "an argument is missing behind \"--seed\"", NULL },
    { "x.json --seed five", "--seed cannot be \"five\"", "whole number" },
    { "x.json --seed=", "--seed cannot be \"\"", NULL },
    { "x.json --seed -1", "--seed cannot be \"-1\"", NULL },
    { "x.json --seed +1", "--seed cannot be \"+1\"", NULL },
    { "x.json --seed 1.5", "--seed cannot be", NULL },
    { "x.json --seed 0x10", "--seed cannot be", NULL },
    { "x.json --seed 18446744073709551616", "--seed cannot be", "2^64" },
    { "x.json -n 0", "--replications cannot be \"0\"", "1 to 10000" },
    { "x.json -n 10001", "--replications cannot be", NULL },
    { "x.json -n 4294967297", "--replications cannot be", NULL },
    { "x.json --error-format=xml", "--error-format cannot be \"xml\"", "text or json" },
    { "x.json --interval 0s", "--interval cannot be \"0s\"", "above 0" },
    { "x.json --interval 1", "--interval cannot be \"1\"", "no unit" },
    { "x.json --max-memory 0B", "--max-memory cannot be \"0B\"", "above 0" },
    { "x.json --max-memory 1.5B", "--max-memory cannot be", NULL },
    { "x.json --trace-request", "an argument is missing behind \"--trace-request\"", "N-th request" },
    { "x.json --trace-request 0", "--trace-request cannot be \"0\"", "from 1" },
    { "x.json --trace-request -1", "--trace-request cannot be \"-1\"", "from 1" },
    { "x.json --trace-request x", "--trace-request cannot be \"x\"", "from 1" },
    { "x.json --trace-request=", "--trace-request cannot be \"\"", "from 1" },
    { "x.json --trace-request 1.5", "--trace-request cannot be \"1.5\"", "from 1" },
    { "x.json --trace-request 18446744073709551616", "--trace-request cannot be", "from 1" },
    { "x.json --trace-reqest 5", "there is no option \"--trace-reqest\"", "--trace-request" },
    { "capacity x.json", "--vary is missing behind \"capacity\"", "users.arrivals=10/s..5000/s" },
    { "capacity --vary a=1..2", "a file is missing behind \"capacity\"", NULL },
    { "x.json --vary a=1..2", "capacity alone takes \"--vary\"", "scalesim capacity FILE" },
    { "check x.json --crash web", "capacity alone takes \"--crash\"", "scalesim capacity FILE" },
    { "capacity x.json --vary a=1..2 --series s.csv", "capacity does not take \"--series\"", "--csv" },
    { "capacity x.json --vary a=1..2 --trace-request 1", "capacity does not take \"--trace-request\"", "--csv" },
    { "capacity x.json --vary a=1..2 --within 2", "--within cannot be \"2\"", "%" },
    { "capacity x.json --vary a=1..2 --within 0.1%", "--within cannot be \"0.1%\"", "0.5% to 100%" },
    { "check x.json --paths=all", "takes no argument", NULL },
    { "x.json --help=me", "takes no argument", NULL },
};

START_TEST(test_options_wrong_lines_are_refused_once)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct diagnostics diagnostics;
        struct options options;
        char buffer[200];

        ck_assert_msg(!read_line(&options, bad[i].line, buffer, &diagnostics), "%s", bad[i].line);
        ck_assert_msg(diagnostics_error_count(&diagnostics) == 1, "%s", bad[i].line);
        ck_assert_msg(strstr(diagnostics.items[0].message, bad[i].message) != NULL, "%s: %s", bad[i].line,
                      diagnostics.items[0].message);
        if (bad[i].help)
            ck_assert_msg(diagnostics.items[0].help && strstr(diagnostics.items[0].help, bad[i].help),
                          "%s: %s", bad[i].line,
                          diagnostics.items[0].help ? diagnostics.items[0].help : "no help");
        options_deinit(&options);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

/* Also when the mistake comes before the option. */
START_TEST(test_options_errors_have_the_format_that_is_asked_for)
{
    static const char *const lines[] = { "--bogus --error-format=json", "x.json y.json --error-format json",
                                         "--error-format=json --bogus" };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct diagnostics diagnostics;
        struct options options;
        char buffer[200];

        ck_assert(!read_line(&options, lines[i], buffer, &diagnostics));
        ck_assert_int_eq(options.error_format, DIAGNOSTICS_JSON);
        options_deinit(&options);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

/* Every option and command is in the help, in lines that a reader of 120 columns sees whole. */
START_TEST(test_options_help_tells_all)
{
    static const char *const words[] = { "--replications", "--variant",  "--seed",         "--set",
                                         "--csv",          "--quiet",    "--error-format", "--help",
                                         "--version",      "  check ",   "  models ",      "  schema ",
                                         "  reference ",   "exit status" };
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(file);
    options_help(file);
    fclose(file);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(text, words[i]) != NULL, "%s", words[i]);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 120, "%.60s", line);
    free(text);
}
END_TEST

TEST_MAIN("options", test_options_are_read, test_options_settings_keep_their_order,
          test_options_request_to_trace_is_read, test_options_of_outputs_and_limits_are_read,
          test_options_of_capacity_are_read, test_options_wrong_lines_are_refused_once, test_options_errors_have_the_format_that_is_asked_for,
          test_options_help_tells_all)
