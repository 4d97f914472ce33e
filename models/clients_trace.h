/* clients_trace.h - recorded arrivals as a source plays them: which class of its own each line means, and
 * what in the file does not fit the scenario.
 *
 * Cost: O(1) a request. Ownership: memory of the run; the trace is the application's.
 */
#ifndef MODELS_CLIENTS_TRACE_H
#define MODELS_CLIENTS_TRACE_H

#include "models/arrival_trace.h"
#include "models/clients_requests.h"

struct trace_player {
    const struct arrival_trace *trace;
    size_t next;       /* record */
    uint32_t *classes; /* of the trace's classes: which of client_requests.classes */
};

/* After client_requests_init(). */
void trace_player_init(struct trace_player *player, struct memory *memory, const struct arrival_trace *trace,
                       const struct param_list *requests);

/* Classes that no request has; the second one: keys beyond the rows, or of classes that are about none. */
void trace_check(const struct arrival_trace *trace, const struct param_list *requests,
                 struct param_problems *problems);
void trace_check_wired(const struct arrival_trace *trace, const struct client_requests *requests,
                       const struct param_list *list, struct param_problems *problems);

#endif
