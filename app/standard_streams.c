#include "app/standard_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/command_common.h"

bool standard_streams_open(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        int flags =
            descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY; /* the wrong way round: using it fails */

        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags) != descriptor)
            return false;
    }
    return true;
}

static bool reader_is_gone(void)
{
    struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

/* An error number, 0: all was written, -1: not all, and the reason has been forgotten since. */
static int flush(void)
{
    int error = fflush(stdout) == 0 ? 0 : errno;

    if (!ferror(stdout))
        return error;
    if (reader_is_gone())
        return EPIPE;
    return error ? error : -1;
}

int standard_streams_close(int status, struct diagnostics *diagnostics)
{
    bool has_run = status == EXIT_RAN || status == EXIT_EXPECTATION_FAILED;
    int error = flush();

    if (!error)
        return status;
    if (error == EPIPE)
        return has_run ? EXIT_SIGNAL + SIGPIPE : status;
    if (status == EXIT_USER_ERROR || status == EXIT_MACHINE_ERROR ||
        status == EXIT_BUG) /* that is told already */
        return status;
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "standard output: %s",
                    error > 0 ? strerror(error) : "not all of it could be written");
    return EXIT_MACHINE_ERROR;
}
