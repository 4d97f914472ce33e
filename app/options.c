#include "app/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/quantity.h"
#include "app/suggest.h"

#define REPLICATIONS_MAX 10000
#define WITHIN_MIN 0.005

struct reader {
    struct options *options;
    struct diagnostics *diagnostics;
};

struct option_row {
    const char *name;
    const char *letter;   /* short form, NULL: none */
    const char *argument; /* what it is called in the help, NULL: it takes none */
    const char *help;
    bool (*read)(struct reader *reader, const char *argument);
};

static bool wrong(struct reader *reader, const char *help, const char *what, const char *text)
{
    diagnostics_add(reader->diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, help, "%s \"%.100s\"", what,
                    text);
    return false;
}

/* ---- options ---- */

static bool read_whole(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && errno == 0 && *value >= least && *value <= most;
}

static bool read_variant(struct reader *reader, const char *argument)
{
    reader->options->variant = argument;
    return true;
}

static bool read_csv(struct reader *reader, const char *argument)
{
    reader->options->csv = argument;
    return true;
}

static bool read_json(struct reader *reader, const char *argument)
{
    reader->options->json = argument;
    return true;
}

static bool read_series(struct reader *reader, const char *argument)
{
    reader->options->series = argument;
    return true;
}

static bool read_interval(struct reader *reader, const char *argument)
{
    char error[QUANTITY_ERROR_SIZE];

    if (!quantity_parse_duration(argument, &reader->options->interval_ns, error, sizeof error))
        return wrong(reader, error, "--interval cannot be", argument);
    return reader->options->interval_ns > 0 ||
           wrong(reader, "a duration above 0, such as 1s", "--interval cannot be", argument);
}

static bool read_max_memory(struct reader *reader, const char *argument)
{
    char error[QUANTITY_ERROR_SIZE];
    int64_t bytes;

    if (!quantity_parse_bytes(argument, &bytes, error, sizeof error))
        return wrong(reader, error, "--max-memory cannot be", argument);
    reader->options->max_memory_bytes = (uint64_t)bytes;
    return bytes > 0 || wrong(reader, "a size above 0, such as 2GB", "--max-memory cannot be", argument);
}

static bool read_trace_request(struct reader *reader, const char *argument)
{
    if (!read_whole(argument, 1, UINT64_MAX, &reader->options->trace_request))
        return wrong(reader, "a whole number from 1: the first request that users send is 1",
                     "--trace-request cannot be", argument);
    return true;
}

static bool read_paths(struct reader *reader, const char *argument)
{
    (void)argument;
    reader->options->paths = true;
    return true;
}

static bool read_out(struct reader *reader, const char *argument)
{
    reader->options->out = argument;
    return true;
}

static bool read_format(struct reader *reader, const char *argument)
{
    if (strcmp(argument, "png") && strcmp(argument, "svg"))
        return wrong(reader, "png or svg", "--format cannot be", argument);
    reader->options->format = argument;
    return true;
}

static bool read_replications(struct reader *reader, const char *argument)
{
    uint64_t value;

    if (!read_whole(argument, 1, REPLICATIONS_MAX, &value))
        return wrong(reader, "a whole number from 1 to 10000", "--replications cannot be", argument);
    reader->options->replications = (int)value;
    return true;
}

static bool read_seed(struct reader *reader, const char *argument)
{
    if (!read_whole(argument, 0, UINT64_MAX, &reader->options->seed))
        return wrong(reader, "a whole number below 2^64", "--seed cannot be", argument);
    return true;
}

/* One more text in a list of them. */
static bool append(struct reader *reader, const char ***texts, size_t *count, const char *text)
{
    const char **more = realloc(*texts, (*count + 1) * sizeof *more);

    if (!more) {
        reader->diagnostics->out_of_memory = true;
        return false;
    }
    *texts = more;
    more[(*count)++] = text;
    return true;
}

static bool read_set(struct reader *reader, const char *argument)
{
    return append(reader, &reader->options->settings, &reader->options->setting_count, argument);
}

static bool read_vary(struct reader *reader, const char *argument)
{
    reader->options->vary = argument;
    return true;
}

static bool read_crash(struct reader *reader, const char *argument)
{
    return append(reader, &reader->options->crashes, &reader->options->crash_count, argument);
}

static bool read_within(struct reader *reader, const char *argument)
{
    char error[QUANTITY_ERROR_SIZE];

    if (!quantity_parse_fraction(argument, &reader->options->within, error, sizeof error))
        return wrong(reader, error, "--within cannot be", argument);
    return (reader->options->within >= WITHIN_MIN && reader->options->within <= 1) ||
           wrong(reader, "a share from 0.5% to 100%", "--within cannot be", argument);
}

static bool read_quiet(struct reader *reader, const char *argument)
{
    (void)argument;
    reader->options->quiet = true;
    return true;
}

static bool read_error_format(struct reader *reader, const char *argument)
{
    if (strcmp(argument, "text") && strcmp(argument, "json"))
        return wrong(reader, "text or json", "--error-format cannot be", argument);
    reader->options->error_format = !strcmp(argument, "json") ? DIAGNOSTICS_JSON : DIAGNOSTICS_TEXT;
    return true;
}

static bool read_help(struct reader *reader, const char *argument)
{
    (void)argument;
    reader->options->command = COMMAND_HELP;
    return true;
}

static bool read_version(struct reader *reader, const char *argument)
{
    (void)argument;
    reader->options->command = COMMAND_VERSION;
    return true;
}

static const struct option_row option_rows[] = {
    { "--replications", "-n", "N", "runs of each variant with different random numbers (5); intervals need 2",
      read_replications },
    { "--variant", NULL, "NAME", "run only this variant; base is the file itself", read_variant },
    { "--seed", NULL, "N", "another seed gives other random numbers (1)", read_seed },
    { "--set", NULL, "PATH=VALUE", "change a field, in every variant: --set users.arrivals=2000/s",
      read_set },
    { "--vary", NULL, "PATH=LOW..HIGH", "the load whose capacity is sought: users.arrivals=10/s..5000/s",
      read_vary },
    { "--within", NULL, "SHARE", "how narrowly: to within this share of it (2%)", read_within },
    { "--crash", NULL, "COMPONENT", "and what the crash of one machine of it does at that load",
      read_crash },
    { "--csv", NULL, "FILE", "write every metric as tidy CSV; - is standard output", read_csv },
    { "--json", NULL, "FILE", "write the same with the histograms as JSON; - is standard output", read_json },
    { "--series", NULL, "FILE", "write how each component did over time as CSV; - is standard output",
      read_series },
    { "--interval", NULL, "TIME", "of the series: --interval 1s (a sixtieth of the measured time)",
      read_interval },
    { "--trace-request", NULL, "N",
      "the way of the N-th request that users send, hop by hop, in replication 1", read_trace_request },
    { "--max-memory", NULL, "SIZE", "a run that needs more ends with partial results (80% of the machine's)",
      read_max_memory },
    { "--paths", NULL, NULL, "check lists every path that --set takes", read_paths },
    { "--out", NULL, "DIR", "where plot puts its pictures (.)", read_out },
    { "--format", NULL, "FORMAT", "of pictures: png or svg (png)", read_format },
    { "--quiet", "-q", NULL, "no summary and no progress", read_quiet },
    { "--error-format", NULL, "FORMAT", "text (as compilers do) or json (a line each, for editors)",
      read_error_format },
    { "--help", "-h", NULL, "this text", read_help },
    { "--version", "-V", NULL, "the version", read_version },
};

#define OPTION_COUNT (sizeof option_rows / sizeof *option_rows)

/* ---- commands ---- */

static const struct command_row {
    const char *name;
    enum command command;
    const char *argument;  /* in the help; NULL: it takes none */
    bool needs_argument;
    const char *help;
} command_rows[] = {
    { "run", COMMAND_RUN, "FILE", true,
      "run a scenario and print what its users would see; scalesim FILE does the same" },
    { "capacity", COMMAND_CAPACITY, "FILE", true,
      "how much of what --vary names each variant bears before an expectation fails" },
    { "check", COMMAND_CHECK, "FILE", true, "read a scenario and say everything that is wrong with it" },
    { "init", COMMAND_INIT, "[FILE]", false, "write a small scenario to start from" },
    { "diagram", COMMAND_DIAGRAM, "FILE", true,
      "the architecture as a graph for Graphviz: scalesim diagram FILE | dot -Tsvg" },
    { "plot", COMMAND_PLOT, "FILE.csv", true,
      "draw what --csv wrote: latency by variant, load of each shard" },
    { "models", COMMAND_MODELS, "[TYPE]", false,
      "the component types; of one type all parameters and metrics" },
    { "schema", COMMAND_SCHEMA, NULL, false, "the JSON schema of scenarios, for editors" },
    { "reference", COMMAND_REFERENCE, NULL, false,
      "the reference of everything a scenario can hold, as Markdown" },
    { "help", COMMAND_HELP, NULL, false, "this text" },
};

#define COMMAND_COUNT (sizeof command_rows / sizeof *command_rows)

void options_help(FILE *file)
{
    fputs("scalesim - what happens to latency, availability, lost data and cost if I build it this way?\n\n"
          "usage: scalesim [run] FILE [OPTION...]\n",
          file);
    for (size_t i = 1; i < COMMAND_COUNT; i++)
        fprintf(file, "       scalesim %s%s%s\n", command_rows[i].name, command_rows[i].argument ? " " : "",
                command_rows[i].argument ? command_rows[i].argument : "");
    fputs("\ncommands\n", file);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-10s %s\n", command_rows[i].name, command_rows[i].help);
    fputs("\noptions\n", file);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char left[40];

        snprintf(left, sizeof left, "%s%s%s %s", option_rows[i].letter ? option_rows[i].letter : "",
                 option_rows[i].letter ? ", " : "", option_rows[i].name,
                 option_rows[i].argument ? option_rows[i].argument : "");
        fprintf(file, "  %-22s %s\n", left, option_rows[i].help);
    }
    fputs("\nA FILE has a / or a . in its name; - is standard input.\n"
          "exit status: 0 it ran; 1 an expectation failed; 2 your mistake; 3 the machine's fault (memory, "
          "disk);\n"
          "4 a bug of ours; 129, 130 or 143 ended by a signal; 141 the reader of the output went away\n\n"
          "try: scalesim scenarios/celebrity_shard.json\n",
          file);
}

static const struct command_row *find_command(const char *word)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(command_rows[i].name, word))
            return &command_rows[i];
    return NULL;
}

static bool unknown_command(struct reader *reader, const char *word)
{
    struct suggest suggest;
    char help[120];

    suggest_init(&suggest, word);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        suggest_offer(&suggest, command_rows[i].name);
    snprintf(help, sizeof help, "did you mean \"%s\"?", suggest.best ? suggest.best : "");
    return wrong(
        reader,
        suggest.best
            ? help
            : "a file has a / or a . in its name, such as ./FILE; scalesim --help lists the commands",
        "there is no command", word);
}

static bool is_file_name(const char *word)
{
    return strchr(word, '/') || strchr(word, '.') || !strcmp(word, "-");
}

/* ---- the line ---- */

static bool is_called(const char *name, const char *word, size_t length)
{
    return strlen(name) == length && !strncmp(name, word, length);
}

static const struct option_row *find_option(const char *word, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (is_called(option_rows[i].name, word, length) ||
            (option_rows[i].letter && is_called(option_rows[i].letter, word, length)))
            return &option_rows[i];
    return NULL;
}

static bool unknown_option(struct reader *reader, const char *word)
{
    struct suggest suggest;
    char help[120];

    suggest_init(&suggest, word);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        suggest_offer(&suggest, option_rows[i].name);
    snprintf(help, sizeof help, "did you mean %s?", suggest.best ? suggest.best : "");
    return wrong(reader, suggest.best ? help : "scalesim --help lists the options", "there is no option",
                 word);
}

/* Reads the option at argv[*at] with its argument, given behind = or as the next word. */
static bool read_option(struct reader *reader, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t length = strcspn(word, "=");
    const struct option_row *row = find_option(word, length);
    const char *argument = word[length] ? word + length + 1 : NULL;

    if (!row && word[1] != '-' && word[2]) { /* -n5 */
        row = find_option(word, 2);
        argument = word + 2;
    }
    if (!row)
        return unknown_option(reader, word);
    if (!row->argument)
        return argument ? wrong(reader, NULL, "this option takes no argument:", word)
                        : row->read(reader, NULL);
    if (!argument) {
        if (*at + 1 >= argc)
            return wrong(reader, row->help, "an argument is missing behind", word);
        argument = argv[++*at];
    }
    return row->read(reader, argument);
}

static bool read_word(struct reader *reader, const char *word, const struct command_row **command)
{
    struct options *options = reader->options;

    if (!*command && is_file_name(word)) {
        *command = &command_rows[0];
    } else if (!*command) {
        *command = find_command(word);
        return *command || unknown_command(reader, word);
    }
    if (options->argument || !(*command)->argument)
        return wrong(reader, NULL, "one word too many:", word);
    options->argument = word;
    return true;
}

/* Options of a single command are useless, and so a mistake, with another one. */
static bool check_capacity(struct reader *reader)
{
    const struct options *options = reader->options;

    if (options->command == COMMAND_CAPACITY && !options->vary)
        return wrong(reader, "--vary PATH=LOW..HIGH, such as --vary users.arrivals=10/s..5000/s",
                     "which load is to grow? --vary is missing behind", "capacity");
    if (options->command == COMMAND_CAPACITY && (options->series || options->trace_request))
        return wrong(reader, "--csv and --json have what was measured at the capacity; run does the rest",
                     "capacity does not take", options->series ? "--series" : "--trace-request");
    if (options->command == COMMAND_CAPACITY || (!options->vary && !options->crash_count))
        return true;
    return wrong(reader, "scalesim capacity FILE --vary PATH=LOW..HIGH", "capacity alone takes",
                 options->vary ? "--vary" : "--crash");
}

/* Errors in the line itself are told in the format that it asks for, too. */
static enum diagnostics_format find_error_format(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--error-format=json") ||
            (!strcmp(argv[i], "--error-format") && i + 1 < argc && !strcmp(argv[i + 1], "json")))
            return DIAGNOSTICS_JSON;
    return DIAGNOSTICS_TEXT;
}

bool options_read(struct options *options, int argc, char **argv, struct diagnostics *diagnostics)
{
    struct reader reader = { options, diagnostics };
    const struct command_row *command = NULL;
    bool only_words = false; /* behind -- */

    *options = (struct options){ .seed = 1, .replications = 5, .out = ".", .format = "png",
                                 .within = 0.02, .error_format = find_error_format(argc, argv) };
    for (int i = 1; i < argc; i++) {
        bool is_option = !only_words && argv[i][0] == '-' && argv[i][1];

        if (is_option && !strcmp(argv[i], "--")) {
            only_words = true;
            continue;
        }
        if (!(is_option ? read_option(&reader, argc, argv, &i) : read_word(&reader, argv[i], &command)))
            return false;
    }
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return true;
    if (!command) {
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                        "try: scalesim scenarios/celebrity_shard.json",
                        "which scenario? usage: scalesim FILE");
        return false;
    }
    options->command = command->command;
    if (command->needs_argument && !options->argument)
        return wrong(&reader, NULL, "a file is missing behind", command->name);
    return check_capacity(&reader);
}

void options_deinit(struct options *options)
{
    free(options->settings);
    free(options->crashes);
}
