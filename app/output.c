#include "app/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_special(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static bool open_temporary(struct output *output)
{
    size_t size = strlen(output->path) + sizeof ".XXXXXX";
    mode_t mask = umask(0);
    int descriptor;

    umask(mask);
    output->temporary = malloc(size);
    if (!output->temporary)
        return false;
    snprintf(output->temporary, size, "%s.XXXXXX", output->path);
    descriptor = mkstemp(output->temporary);
    if (descriptor < 0)
        return false;
    output->file = fdopen(descriptor, "w");
    if (output->file && fchmod(descriptor, 0666 & ~mask) == 0)
        return true;
    if (output->file)
        fclose(output->file);
    else
        close(descriptor);
    unlink(output->temporary);
    return false;
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

bool output_commit(struct output *output)
{
    bool good = fflush(output->file) == 0 && !ferror(output->file);
    int error;

    if (!output->path) { /* standard output stays open */
        release(output);
        return good;
    }
    if (good && output->temporary)
        good = fsync(fileno(output->file)) == 0;
    error = errno;
    if (fclose(output->file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && output->temporary && rename(output->temporary, output->path) != 0) {
        good = false;
        error = errno;
    }
    if (!good && output->temporary)
        unlink(output->temporary);
    release(output);
    errno = error;
    return good;
}

void output_abandon(struct output *output)
{
    if (output->path && output->file)
        fclose(output->file);
    if (output->temporary)
        unlink(output->temporary);
    release(output);
}
