/* standard_streams.h - standard input, output and error, as the program finds and leaves them. */
#ifndef APP_STANDARD_STREAMS_H
#define APP_STANDARD_STREAMS_H

#include "app/diagnostics.h"

/* Where one of the three is closed, the next file that is opened would take its number, and messages and
 * summaries would go into that file. Puts something there that can be neither read nor written. Ignores
 * SIGPIPE and SIGXFSZ, so that writing tells of a reader that has gone and of a file over its limit. False
 * with errno set: cannot. */
bool standard_streams_open(void);

/* Ends standard output: returns the exit status, which is `status` if all that was printed was written. A
 * full disk is told; a reader that went away, as head does, is not: it had enough (see the exit statuses). */
int standard_streams_close(int status, struct diagnostics *diagnostics);

#endif
