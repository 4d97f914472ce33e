/* trace_request.h - plays replication 1 of a variant again and tells the way of one request.
 *
 * The run is one of its own, with the seed of replication 1, and ends with the request, or with the
 * warm-up. So results know nothing of it, and the request meets what it meets in the first replication of
 * the results.
 */
#ifndef APP_TRACE_REQUEST_H
#define APP_TRACE_REQUEST_H

#include "app/diagnostics.h"
#include "app/page.h"
#include "app/run.h"

struct trace_wish {
    uint64_t ordinal; /* counts all requests of users in the order in which they are sent, from 1 */
    const struct run_options *run_options; /* its seed, memory, signal and command line matter */
    const struct page *style;              /* colours and signs */
    const char *path;                      /* of the scenario, for messages */
};

/* Returns an exit status. EXIT_RAN: *text is to be shown, the caller's to free; else what is wrong is in
 * diagnostics. */
int trace_request(const struct trace_wish *wish, const struct scenario_variant *variant, char **text,
                  struct diagnostics *diagnostics);

#endif
