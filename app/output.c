#include "app/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 100 /* that are tried */

static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* Room for PATH.XXXXXX. */
static bool make_temporary_name(struct output *output)
{
    size_t size = strlen(output->path) + sizeof ".XXXXXX";

    output->temporary = malloc(size);
    if (!output->temporary)
        return false;
    snprintf(output->temporary, size, "%s.XXXXXX", output->path);
    return true;
}

/* A file without a name, in the folder where it is to be. -1: not here. */
static int open_nameless(const struct output *output)
{
    char *folder = strdup(output->path), *slash = folder ? strrchr(folder, '/') : NULL;
    int descriptor = -1;

    if (slash)
        slash[slash == folder] = '\0';
    if (folder && access("/proc/self/fd", X_OK) == 0) /* by which it gets its name */
        descriptor = open(slash ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    free(folder);
    return descriptor;
}

static int open_named(struct output *output)
{
    mode_t mask = umask(0);
    int descriptor;

    umask(mask);
    descriptor = mkostemp(output->temporary, O_CLOEXEC);
    output->is_named = descriptor >= 0;
    if (output->is_named)
        fchmod(descriptor, 0666 & ~mask); /* else it is only less public than others */
    return descriptor;
}

static bool open_temporary(struct output *output)
{
    int descriptor, error;

    if (!make_temporary_name(output))
        return false;
    descriptor = open_nameless(output);
    if (descriptor < 0)
        descriptor = open_named(output);
    if (descriptor < 0)
        return false;
    output->file = fdopen(descriptor, "w");
    if (output->file)
        return true;
    error = errno;
    close(descriptor);
    if (output->is_named)
        unlink(output->temporary);
    errno = error;
    return false;
}

/* Gives a file without a name the temporary one, with other letters where somebody has that. */
static bool name_temporary(struct output *output)
{
    char *letters = output->temporary + strlen(output->path) + 1, source[64];

    if (output->is_named)
        return true;
    snprintf(source, sizeof source, "/proc/self/fd/%d", fileno(output->file));
    for (unsigned attempt = 0; attempt < NAMES_MAX && !output->is_named; attempt++) {
        snprintf(letters, sizeof "XXXXXX", "%06x", ((unsigned)getpid() * 2654435761u + attempt) & 0xFFFFFF);
        output->is_named = linkat(AT_FDCWD, source, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0;
        if (!output->is_named && errno != EEXIST)
            break;
    }
    return output->is_named;
}

bool output_open(struct output *output, const char *path)
{
    int error;

    *output = (struct output){ 0 };
    if (!*path) {
        errno = ENOENT;
        return false;
    }
    if (!strcmp(path, "-")) {
        output->file = stdout;
        return true;
    }
    output->path = strdup(path);
    if (!output->path)
        return false;
    if (is_special(path)) {
        output->file = fopen(path, "w");
        if (output->file)
            return true;
    } else if (open_temporary(output)) {
        return true;
    }
    error = errno;
    free(output->path);
    free(output->temporary);
    *output = (struct output){ 0 };
    errno = error;
    return false;
}

static void release(struct output *output)
{
    free(output->path);
    free(output->temporary);
    *output = (struct output){ 0 };
}

static bool write_out(struct output *output)
{
    if (fflush(output->file) != 0)
        return false;
    if (ferror(output->file)) { /* some time ago; the reason may be forgotten */
        errno = errno ? errno : EIO;
        return false;
    }
    return !output->temporary || (fsync(fileno(output->file)) == 0 && name_temporary(output));
}

bool output_commit(struct output *output)
{
    bool good;
    int error;

    if (!output->path) { /* standard output stays open */
        release(output);
        return true;
    }
    good = write_out(output);
    error = errno;
    if (fclose(output->file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && output->temporary && rename(output->temporary, output->path) != 0) {
        good = false;
        error = errno;
    }
    if (!good && output->is_named)
        unlink(output->temporary);
    release(output);
    errno = error;
    return good;
}

bool output_is_machine_error(int error)
{
    static const int errors[] = { ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EMFILE, ENFILE };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i] == error)
            return true;
    return false;
}

void output_abandon(struct output *output)
{
    if (output->path && output->file)
        fclose(output->file);
    if (output->is_named)
        unlink(output->temporary);
    release(output);
}
