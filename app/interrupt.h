/* interrupt.h - signals that end a run: the first one asks it to stop and report, a later one kills. */
#ifndef APP_INTERRUPT_H
#define APP_INTERRUPT_H

#include <signal.h>

/* Installs the handlers of SIGINT, SIGTERM and, unless nohup has it ignored, SIGHUP. Returns where the
 * signal's number appears, 0 until then. A signal handler can only reach a static: the only such variables
 * of the program. */
const volatile sig_atomic_t *interrupt_install(void);

#endif
