#include "app/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "gnuplot"
#define SCRIPT "script.gp"
#define MESSAGES "messages"
#define POLL_NS 5000000L

extern char **environ;

const char *const gnuplot_format_names[] = { [GNUPLOT_PNG] = "png", [GNUPLOT_SVG] = "svg" };

/* How a whole file of each format begins and ends. */
static const struct {
    const char *head, *tail;
    size_t head_length, tail_length;
} marks[] = {
    [GNUPLOT_PNG] = { "\x89PNG\r\n\x1a\n", "IEND\xae\x42\x60\x82", 8, 8 },
    [GNUPLOT_SVG] = { "<?xml", "</svg>", 5, 6 },
};

/* ---- the folder ---- */

bool gnuplot_open(struct gnuplot *gnuplot, const char *directory, enum gnuplot_format format,
                  const volatile sig_atomic_t *interrupt)
{
    size_t size = strlen(directory) + sizeof "/.scalesim-plot.XXXXXX";
    int error;

    *gnuplot = (struct gnuplot){ .format = format, .interrupt = interrupt };
    if (!*directory) {
        errno = ENOENT;
        return false;
    }
    gnuplot->folder = malloc(size);
    if (!gnuplot->folder)
        return false;
    snprintf(gnuplot->folder, size, "%s/.scalesim-plot.XXXXXX", directory);
    if (mkdtemp(gnuplot->folder)) {
        gnuplot->listing = opendir(gnuplot->folder);
        if (gnuplot->listing) {
            gnuplot->descriptor = dirfd(gnuplot->listing);
            return true;
        }
        error = errno;
        rmdir(gnuplot->folder);
        errno = error;
    }
    free(gnuplot->folder); /* keeps errno */
    gnuplot->folder = NULL;
    return false;
}

void gnuplot_close(struct gnuplot *gnuplot)
{
    int error = errno;
    struct dirent *entry;

    if (!gnuplot->folder)
        return;
    rewinddir(gnuplot->listing);
    while ((entry = readdir(gnuplot->listing)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(gnuplot->descriptor, entry->d_name, 0);
    closedir(gnuplot->listing);
    rmdir(gnuplot->folder);
    free(gnuplot->folder);
    gnuplot->folder = NULL;
    errno = error;
}

FILE *gnuplot_begin_data(struct gnuplot *gnuplot, const char *name)
{
    int descriptor = openat(gnuplot->descriptor, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");

    if (!file && descriptor >= 0)
        close(descriptor);
    return file;
}

bool gnuplot_finish_data(FILE *file)
{
    bool good = fflush(file) == 0 && !ferror(file);
    int error = errno;

    if (fclose(file) != 0 && good)
        return false;
    errno = error;
    return good;
}

bool gnuplot_deliver(struct gnuplot *gnuplot, const char *name, const char *path)
{
    int descriptor = openat(gnuplot->descriptor, name, O_RDONLY | O_CLOEXEC);
    bool good = descriptor >= 0 && fsync(descriptor) == 0;
    int error = errno;

    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    return good && renameat(gnuplot->descriptor, name, AT_FDCWD, path) == 0;
}

/* ---- the program ---- */

static bool failed(struct gnuplot *gnuplot, const char *what)
{
    snprintf(gnuplot->error, sizeof gnuplot->error, "%s", what);
    return false;
}

static bool write_script(struct gnuplot *gnuplot, const char *script)
{
    FILE *file = gnuplot_begin_data(gnuplot, SCRIPT);

    if (file && fputs(script, file) >= 0)
        return gnuplot_finish_data(file) || failed(gnuplot, strerror(errno));
    if (file)
        fclose(file);
    return failed(gnuplot, strerror(errno));
}

static int prepare(posix_spawn_file_actions_t *actions, const char *folder)
{
    int error = posix_spawn_file_actions_addchdir_np(actions, folder);

    if (!error)
        error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, MESSAGES,
                                                 O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
    return error;
}

/* Starts it; 0 or an error number. */
static int start(const struct gnuplot *gnuplot, const char *const *arguments, pid_t *child)
{
    const char *words[GNUPLOT_ARGUMENTS_MAX + 6] = { PROGRAM, "-d", "-c", SCRIPT,
                                                     gnuplot_format_names[gnuplot->format] };
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    for (size_t i = 0; i < GNUPLOT_ARGUMENTS_MAX && arguments[i]; i++)
        words[5 + i] = arguments[i];
    error = prepare(&actions, gnuplot->folder);
    if (!error)
        error = posix_spawnp(child, PROGRAM, &actions, NULL, (char *const *)(uintptr_t)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static long now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Waits until it has ended, ending it when it is asked for or too late. Returns its wait status. */
static int wait_for(const struct gnuplot *gnuplot, pid_t child)
{
    const struct timespec pause = { 0, POLL_NS };
    long deadline_s = now_s() + GNUPLOT_DEADLINE_S;
    int status = -1;
    pid_t ended;

    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (*gnuplot->interrupt || now_s() > deadline_s)
            kill(child, SIGKILL);
        nanosleep(&pause, NULL);
    }
    return ended < 0 ? -1 : status;
}

/* What it said, for the error: the last line, where gnuplot says why. */
static void read_messages(struct gnuplot *gnuplot)
{
    char text[2048], *line;
    int descriptor = openat(gnuplot->descriptor, MESSAGES, O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor < 0 ? -1 : read(descriptor, text, sizeof text - 1);

    if (descriptor >= 0)
        close(descriptor);
    while (length > 0 && strchr(" \n", text[length - 1]))
        length--;
    if (length <= 0) {
        failed(gnuplot, "it made no whole picture and does not say why (is the disk full?)");
        return;
    }
    text[length] = '\0';
    line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    failed(gnuplot, line + strspn(line, " "));
}

/* ---- the picture ---- */

static bool holds(int descriptor, off_t at, const char *mark, size_t length)
{
    char bytes[16];

    return at >= 0 && pread(descriptor, bytes, length, at) == (ssize_t)length && !memcmp(bytes, mark, length);
}

/* A picture of the format, from its first bytes to its last ones. */
static bool is_whole(const struct gnuplot *gnuplot, const char *name)
{
    int descriptor = openat(gnuplot->descriptor, name, O_RDONLY | O_CLOEXEC);
    enum gnuplot_format format = gnuplot->format;
    off_t size = descriptor < 0 ? -1 : lseek(descriptor, 0, SEEK_END);
    bool whole = false;

    for (off_t space = 0; space <= 2 && !whole; space++) /* line ends may follow */
        whole = holds(descriptor, size - space - (off_t)marks[format].tail_length, marks[format].tail,
                      marks[format].tail_length);
    whole = whole && holds(descriptor, 0, marks[format].head, marks[format].head_length);
    if (descriptor >= 0)
        close(descriptor);
    return whole;
}

enum gnuplot_status gnuplot_draw(struct gnuplot *gnuplot, const char *script, const char *const *arguments,
                                 const char *name)
{
    char picture[24];
    pid_t child;
    int error, status;

    snprintf(picture, sizeof picture, "picture.%s", gnuplot_format_names[gnuplot->format]);
    unlinkat(gnuplot->descriptor, picture, 0);
    if (!write_script(gnuplot, script))
        return GNUPLOT_FAILED;
    error = start(gnuplot, arguments, &child);
    if (error == ENOENT || error == EACCES)
        return GNUPLOT_MISSING;
    if (error) {
        failed(gnuplot, strerror(error));
        return GNUPLOT_FAILED;
    }
    status = wait_for(gnuplot, child);
    if (*gnuplot->interrupt)
        return GNUPLOT_INTERRUPTED;
    if (status != 0 || !is_whole(gnuplot, picture)) {
        read_messages(gnuplot);
        return GNUPLOT_FAILED;
    }
    if (renameat(gnuplot->descriptor, picture, gnuplot->descriptor, name) == 0)
        return GNUPLOT_OK;
    failed(gnuplot, strerror(errno));
    return GNUPLOT_FAILED;
}
