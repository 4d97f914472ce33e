#include "tests/faults/trial.h"
#include "tests/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEFORE "what was there before\n"
#define STATUS_MACHINE 3
#define STATUS_USER 2

const struct trial_case trial_cases[] = {
    { "run",
      0,
      { "run", "small.json", "-n", "2", "--csv", "out.csv", "--json", "out.json", "--series", "series.csv",
        "--set", "web.workers=3", "--set", "users.timeout=20ms", "--set",
        "expect.web.cpu.utilisation=< 200%" },
      { "out.csv", "out.json", "series.csv" },
      false,
      false },
    { "run_one", 0, { "small.json", "-n", "1", "--variant", "base" }, { NULL }, false, false },
    { "capacity",
      0,
      { "capacity", "small.json", "-n", "1", "--variant", "base", "--vary", "users.arrivals=20/s..30/s",
        "--within", "100%", "--crash", "web", "--csv", "out.csv", "--set",
        "expect={\"total.latency.p99\":\"< 1s\",\"total.availability\":\"> 90%\"}" },
      { "out.csv" },
      false,
      false },
    { "trace",
      0,
      { "small.json", "-n", "1", "--variant", "more", "--trace-request", "2" },
      { NULL },
      false,
      false },
    { "check", 0, { "check", "small.json" }, { NULL }, false, false },
    { "check_paths", 0, { "check", "small.json", "--paths" }, { NULL }, false, false },
    { "check_broken", 2, { "check", "broken.json", "--set", "usrs.timeout=1s" }, { NULL }, false, false },
    { "init", 0, { "init", "new.json" }, { "new.json" }, true, false },
    { "init_output", 0, { "init" }, { NULL }, false, false },
    { "schema", 0, { "schema" }, { NULL }, false, false },
    { "models", 0, { "models" }, { NULL }, false, false },
    { "models_one", 0, { "models", "sharded_database" }, { NULL }, false, false },
    { "reference", 0, { "reference" }, { NULL }, false, false },
    { "help", 0, { "--help" }, { NULL }, false, false },
    { "plot",
      0,
      { "plot", "result.csv", "--format", "svg" },
      { "latency.svg", "load_web.svg", "load_db.shard.svg" },
      false,
      true },
    { NULL, 0, { NULL }, { NULL }, false, false },
};

static const char small_json[] =
    "{\n"
    "  \"title\": \"A little of everything\",\n"
    "  \"time\": { \"warm_up\": \"10ms\", \"measure\": \"50ms\" },\n"
    "  \"data\": { \"rows\": { \"rows\": 1000, \"popularity\": \"zipf\", \"hot_rows\": [{ \"row\": 4, "
    "\"share\": \"9%\" }] } },\n"
    "  \"components\": {\n"
    "    \"users\": {\n"
    "      \"type\": \"clients\", \"arrivals\": \"500/s\", \"target\": \"lb\", \"retries\": 1,\n"
    "      \"requests\": { \"view\": { \"share\": \"90%\", \"key\": \"rows\" }, \"edit\": { \"share\": "
    "\"10%\", \"key\": \"rows\" } }\n"
    "    },\n"
    "    \"lb\": { \"type\": \"load_balancer\", \"targets\": \"web\" },\n"
    "    \"web\": {\n"
    "      \"type\": \"web_server\", \"count\": 2, \"host\": \"medium\", \"workers\": 4,\n"
    "      \"handlers\": {\n"
    "        \"view\": [{ \"compute\": { \"law\": \"empirical\", \"file\": \"samples.csv\" } }, { \"get\": "
    "\"near\", \"on_miss\": [{ \"read\": \"db\" }] }],\n"
    "        \"edit\": [{ \"compute\": \"1ms\" }, { \"write\": \"db\" }]\n"
    "      }\n"
    "    },\n"
    "    \"near\": { \"type\": \"cache\", \"host\": \"small\", \"capacity_entries\": 100 },\n"
    "    \"db\": { \"type\": \"sharded_database\", \"shards\": 2, \"placement\": \"modulo\", \"host\": "
    "\"large\" }\n"
    "  },\n"
    "  \"expect\": { \"total.latency.p99\": \"< 10s\" },\n"
    "  \"variants\": {\n"
    "    \"more\": { \"components\": { \"web\": { \"count\": 3 } } },\n"
    "    \"most\": { \"based_on\": \"more\", \"components\": { \"db\": { \"shards\": 4 } }, \"expect\": "
    "\"none\" }\n"
    "  }\n"
    "}\n";

static const char broken_json[] =
    "{\n"
    "  \"title\": \"Some mistakes\",\n"
    "  \"time\": { \"warmup\": \"10ms\", \"measure\": \"50\" },\n"
    "  \"components\": {\n"
    "    \"users\": { \"type\": \"clients\", \"arrivals\": \"500/s\", \"target\": \"srv\" },\n"
    "    \"srv\": { \"type\": \"servise\", \"service_time\": \"1ms\" }\n"
    "  },\n"
    "  \"variants\": { \"other\": { \"based_on\": \"another\" } }\n"
    "}\n";

static const struct input {
    const char *name, *text;
} inputs[] = {
    { "small.json", small_json },
    { "broken.json", broken_json },
    { "samples.csv", "0.001\n0.0015\n0.002\n0.004\n" },
    { "result.csv", NULL }, /* made by the program */
};

#define INPUT_COUNT (sizeof inputs / sizeof *inputs)

/* One trial at a time. */
static struct {
    char folder[64], variable[64], sanitizer[300];
    char *program;
    struct faults *faults;
    int output, error; /* anonymous files */
} desk;

/* ---- the scratch folder ---- */

static void write_text(const char *name, const char *text)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

/* All of a file, with a NUL behind; NULL: no such file. */
static char *read_text(int file)
{
    char *text;
    ssize_t length;

    if (file < 0)
        return NULL;
    text = malloc(TRIAL_TEXT_MAX);
    ck_assert_ptr_nonnull(text);
    length = pread(file, text, TRIAL_TEXT_MAX - 1, 0);
    ck_assert_int_ge(length, 0);
    text[length] = '\0';
    return text;
}

static int make_stream(const char *name)
{
    int file = memfd_create(name, MFD_CLOEXEC);

    ck_assert_int_ge(file, 0);
    return file;
}

static void share_page(void)
{
    int file = memfd_create("faults", 0); /* inherited */

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(ftruncate(file, sizeof *desk.faults), 0);
    desk.faults = mmap(NULL, sizeof *desk.faults, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ck_assert_ptr_ne(desk.faults, MAP_FAILED);
    snprintf(desk.variable, sizeof desk.variable, FAULTS_VARIABLE "=%d", file);
}

static void make_result(void)
{
    const struct trial_case make = { "result", 0,    { "small.json", "-q", "--csv", "result.csv" },
                                     { NULL }, true, false };
    int status;

    ck_assert_int_gt(waitpid(trial_start(&make, false), &status, 0), 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "no result.csv: wait status %d", status);
}

bool trial_begin(void)
{
    const char *program = getenv("SCALESIM_FAULTS"), *sanitizer = getenv("ASAN_OPTIONS");

    desk.program = program ? realpath(program, NULL) : NULL;
    if (!desk.program)
        return false;
    snprintf(desk.sanitizer, 256, "ASAN_OPTIONS=%.200s:exitcode=99", sanitizer ? sanitizer : "");
    strcpy(desk.folder, "/tmp/test_faults.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(desk.folder));
    ck_assert_int_eq(chdir(desk.folder), 0);
    share_page();
    desk.output = make_stream("stdout");
    desk.error = make_stream("stderr");
    for (size_t i = 0; i < INPUT_COUNT; i++)
        if (inputs[i].text)
            write_text(inputs[i].name, inputs[i].text);
    make_result();
    return true;
}

static bool is_input(const char *name)
{
    for (size_t i = 0; i < INPUT_COUNT; i++)
        if (!strcmp(inputs[i].name, name))
            return true;
    return false;
}

static bool is_output(const struct trial_case *trial_case, const char *name)
{
    for (size_t i = 0; i < TRIAL_FILES_MAX; i++)
        if (trial_case->files[i] && !strcmp(trial_case->files[i], name))
            return true;
    return false;
}

static void remove_folder(const char *name)
{
    DIR *directory = opendir(name);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
    rmdir(name);
}

/* Removes all but the inputs; returns the name of one that has no business here, as text to be
 * freed, or NULL. */
static char *sweep(const struct trial_case *trial_case)
{
    DIR *directory = opendir(".");
    struct dirent *entry;
    char *stray = NULL;

    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || is_input(entry->d_name))
            continue;
        if (!stray && !is_output(trial_case, entry->d_name))
            stray = strdup(entry->d_name);
        if (unlink(entry->d_name) != 0)
            remove_folder(entry->d_name);
    }
    closedir(directory);
    return stray;
}

void trial_end(void)
{
    static const struct trial_case nothing;

    free(sweep(&nothing));
    ck_assert_int_eq(chdir("/"), 0);
    remove_folder(desk.folder);
    free(desk.program);
}

struct faults *trial_faults(void)
{
    return desk.faults;
}

bool trial_is_possible(const struct trial_case *trial_case)
{
    return !trial_case->wants_gnuplot || system("command -v gnuplot >/dev/null") == 0;
}

/* ---- a run ---- */

static void become_program(const struct trial_case *trial_case, bool is_traced)
{
    char *words[TRIAL_WORDS_MAX + 2] = { desk.program };
    char locale[] = "LC_ALL=C.UTF-8", *path = getenv("PATH"), search[4096];
    const struct rlimit processor = { TRIAL_PROCESSOR_S, TRIAL_PROCESSOR_S };
    char *environment[] = { desk.variable, desk.sanitizer, locale, search, NULL };

    if (is_traced) /* the leak checker traces, too */
        strcat(desk.sanitizer, ":detect_leaks=0");
    snprintf(search, sizeof search, "PATH=%s", path ? path : "/usr/bin:/bin");
    for (size_t i = 0; trial_case->words[i]; i++)
        words[i + 1] = (char *)(uintptr_t)trial_case->words[i];
    if (dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) < 0 || dup2(desk.output, STDOUT_FILENO) < 0 ||
        dup2(desk.error, STDERR_FILENO) < 0)
        _exit(126);
    setrlimit(RLIMIT_CPU, &processor); /* it and the alarm are also the program's */
    alarm(TRIAL_WALL_S);
    if (is_traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(125);
    execve(desk.program, words, environment);
    _exit(127);
}

pid_t trial_start(const struct trial_case *trial_case, bool is_traced)
{
    pid_t child;

    for (size_t i = 0; i < TRIAL_FILES_MAX; i++)
        if (trial_case->files[i] && !trial_case->is_new)
            write_text(trial_case->files[i], BEFORE);
    ck_assert_int_eq(ftruncate(desk.output, 0), 0);
    ck_assert_int_eq(ftruncate(desk.error, 0), 0);
    lseek(desk.output, 0, SEEK_SET);
    lseek(desk.error, 0, SEEK_SET);
    desk.faults->started = desk.faults->seen = desk.faults->failed = 0;
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        become_program(trial_case, is_traced);
    return child;
}

/* How long it took is nobody's business here. */
static void cut_wall_time(char *text)
{
    char *at = text ? strstr(text, "\"wall_time_s\":") : NULL, *end = at ? strchr(at, ',') : NULL;

    if (end)
        memmove(at, end, strlen(end) + 1);
}

void trial_collect(const struct trial_case *trial_case, int wait_status, struct trial_outcome *outcome)
{
    *outcome = (struct trial_outcome){ .wait_status = wait_status,
                                       .output = read_text(desk.output),
                                       .error = read_text(desk.error) };
    for (size_t i = 0; i < TRIAL_FILES_MAX; i++) {
        int file = trial_case->files[i] ? open(trial_case->files[i], O_RDONLY | O_CLOEXEC) : -1;

        outcome->files[i] = read_text(file);
        cut_wall_time(outcome->files[i]);
        if (file >= 0)
            close(file);
    }
}

void trial_release(struct trial_outcome *outcome)
{
    free(outcome->output);
    free(outcome->error);
    for (size_t i = 0; i < TRIAL_FILES_MAX; i++)
        free(outcome->files[i]);
}

/* ---- what must hold ---- */

static int count(const char *text, const char *what)
{
    int times = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        times++;
    return times;
}

/* Of what is wrong with the scenario as much can be told as was found; of the machine there is one
 * message, or one for each file. */
static bool tells_why(const struct trial_case *trial_case, const struct trial_outcome *outcome, int status)
{
    int all = count(outcome->error, ": error: "), own = count(outcome->error, "scalesim: error: "), files = 0;

    while (files < TRIAL_FILES_MAX && trial_case->files[files])
        files++;
    return status == STATUS_USER ? all >= 1 && own <= 1 : own >= 1 && own <= (files ? files : 1);
}

static bool is_same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && !strcmp(a, b));
}

static bool is_whole_or_as_before(const struct trial_case *trial_case, const char *file,
                                  const char *reference)
{
    return is_same_text(file, reference) || (trial_case->is_new ? !file : file && !strcmp(file, BEFORE));
}

/* What is wrong with it, or NULL. */
static const char *judge(const struct trial_case *trial_case, const struct trial_outcome *outcome,
                         const struct trial_outcome *reference, bool may_blame_the_user)
{
    int status = WIFEXITED(outcome->wait_status) ? WEXITSTATUS(outcome->wait_status) : -1;
    bool is_made_up_for = outcome->wait_status == reference->wait_status &&
                          is_same_text(outcome->output, reference->output) &&
                          is_same_text(outcome->error, reference->error);

    if (status < 0)
        return "ended by a signal";
    for (size_t i = 0; i < TRIAL_FILES_MAX; i++) {
        is_made_up_for = is_made_up_for && is_same_text(outcome->files[i], reference->files[i]);
        if (!is_whole_or_as_before(trial_case, outcome->files[i], reference->files[i]))
            return "a file is neither whole nor as before";
    }
    if (is_made_up_for)
        return NULL;
    if (status != STATUS_MACHINE && !(may_blame_the_user && status == STATUS_USER))
        return "another status, or other output with the same";
    if (!tells_why(trial_case, outcome, status))
        return "not one message";
    return NULL;
}

bool trial_holds(const struct trial_case *trial_case, const struct trial_outcome *outcome,
                 const struct trial_outcome *reference, bool may_blame_the_user, const char *what)
{
    const char *wrong = judge(trial_case, outcome, reference, may_blame_the_user);
    char *stray = sweep(trial_case);

    if (wrong || stray)
        fprintf(stderr, "%s, %s: %s%s%s; wait status 0x%x\n%s", trial_case->name, what, wrong ? wrong : "",
                stray ? " stray file " : "", stray ? stray : "", outcome->wait_status, outcome->error);
    free(stray);
    return !wrong && !stray;
}

/* ---- allocations ---- */

static void run(const struct trial_case *trial_case, struct trial_outcome *outcome)
{
    int status;

    ck_assert_int_gt(waitpid(trial_start(trial_case, false), &status, 0), 0);
    trial_collect(trial_case, status, outcome);
}

static bool try_allocation(const struct trial_case *trial_case, const struct trial_outcome *reference,
                           uint64_t fail_at, bool and_after)
{
    struct trial_outcome outcome;
    char what[80];
    bool holds;

    desk.faults->fail_at = fail_at;
    desk.faults->and_after = and_after;
    run(trial_case, &outcome);
    snprintf(what, sizeof what, "allocation %llu%s", (unsigned long long)fail_at,
             and_after ? " and all that follow" : "");
    holds = trial_holds(trial_case, &outcome, reference, false, what);
    trial_release(&outcome);
    return holds;
}

int trial_allocations(const struct trial_case *trial_case, uint64_t runs_max)
{
    struct trial_outcome reference;
    uint64_t count, stride;
    int bad = 0;

    desk.faults->fail_at = 0;
    run(trial_case, &reference);
    free(sweep(trial_case));
    ck_assert_msg(WIFEXITED(reference.wait_status) &&
                      WEXITSTATUS(reference.wait_status) == trial_case->status,
                  "%s: wait status 0x%x with nothing failing: "
                  "%s",
                  trial_case->name, reference.wait_status, reference.error);
    count = desk.faults->seen;
    ck_assert_msg(count > 0, "%s: not an allocation passed through the page", trial_case->name);
    stride = count / runs_max + 1;
    for (uint64_t i = 1; i <= count && bad < 10; i += stride) {
        bad += !try_allocation(trial_case, &reference, i, false);
        bad += !try_allocation(trial_case, &reference, i, true);
    }
    desk.faults->fail_at = 0;
    trial_release(&reference);
    return bad;
}

/* ---- all cases ---- */

void trial_all(int (*trial)(const struct trial_case *trial_case, uint64_t runs_max), uint64_t runs_max)
{
    int bad = 0;

    ck_assert_msg(trial_begin(), "SCALESIM_FAULTS is not the program");
    for (const struct trial_case *each = trial_cases; each->name; each++)
        if (trial_is_possible(each))
            bad += trial(each, runs_max);
    trial_end();
    ck_assert_int_eq(bad, 0);
}
