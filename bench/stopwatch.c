/* stopwatch.c - what a command takes.
 *
 *     stopwatch COMMAND [ARGUMENT...]
 *
 * Runs the command with its standard output thrown away, and prints the seconds of the processor that it
 * used, its own and the kernel's, and its largest size in memory: seconds=1.234567 kilobytes=5678. Seconds of
 * the processor, not of the clock on the wall: others at work on the machine count less. Ends with the status
 * of the command, 127 if it cannot be run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(char **command)
{
    int nowhere = open("/dev/null", O_WRONLY);

    if (nowhere >= 0)
        dup2(nowhere, STDOUT_FILENO);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    pid_t child;
    int status;

    if (argc < 2) {
        fputs("usage: stopwatch COMMAND [ARGUMENT...]\n", stderr);
        return 127;
    }
    child = fork();
    if (child == 0)
        become(argv + 1);
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("stopwatch");
        return 127;
    }
    printf("seconds=%.6f kilobytes=%ld\n", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
           usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
