#include "app/interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t received;

static void on_signal(int number)
{
    received = number;
}

const volatile sig_atomic_t *interrupt_install(void)
{
    struct sigaction once = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(&once.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &once, NULL);
    sigaction(SIGTERM, &once, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    return &received;
}
