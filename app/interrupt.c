#include "app/interrupt.h"

#include <stddef.h>
#include <time.h>

#define SAME_MS 300 /* what sends a signal to a process and to its group, as timeout does, sends it twice */

static volatile sig_atomic_t received;
static struct timespec first;

static long since_first_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000;
}

/* All of them are blocked meanwhile. */
static void on_signal(int number)
{
    if (!received) {
        clock_gettime(CLOCK_MONOTONIC, &first);
        received = number;
    } else if (since_first_ms() > SAME_MS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

const volatile sig_atomic_t *interrupt_install(void)
{
    struct sigaction told = { .sa_handler = on_signal, .sa_flags = SA_RESTART }; /* a write goes on */
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

    sigemptyset(&told.sa_mask);
    sigaddset(&told.sa_mask, SIGINT);
    sigaddset(&told.sa_mask, SIGTERM);
    sigaddset(&told.sa_mask, SIGHUP);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &told, NULL);
    sigaction(SIGTERM, &told, NULL);
    if (sigaction(SIGHUP, &told, &before) == 0 && before.sa_handler == SIG_IGN) /* nohup */
        sigaction(SIGHUP, &ignore, NULL);
    return &received;
}
