/* trace_strands.h - what the parts of the trace ask of each other; not for others. */
#ifndef SIM_TRACE_STRANDS_H
#define SIM_TRACE_STRANDS_H

#include "sim/trace.h"

/* The request that was looked for. Its strand is the first one. */
void trace_capture(struct trace *trace, struct request *request);

/* The request belongs to the one that is watched: it, a branch or an orphan. */
bool trace_is_ours(const struct trace *trace, const struct request *request);

/* A callback about a request of ours begins; is_arrival: on_request. */
void trace_enter(struct trace *trace, struct request *request, bool is_arrival);

/* A callback is over. */
void trace_settle(struct trace *trace);

/* All events of a date are over: what does each strand do now? */
void trace_look(struct trace *trace);

/* What the request does until its next callback: kind, name, whose resource, and of a shared service what
 * is left. All events of the date are over. */
struct trace_step trace_step_now(const struct sim *sim, const struct request *request);

/* Ends the steps that go on, here and now. */
void trace_cut(struct trace *trace);

/* Strands whose request is still inside. */
bool trace_goes_on(const struct trace *trace);

#endif
