/* trace_text.h - the way of one request as a table that people read.
 *
 * A row is a hop (a component that was called, one level deeper than its caller) or, below it, a step: a
 * line, a processor, a lock. Each amount of time stands once, so columns can be added up: what counts adds
 * up to the latency. Dates are rounded, not lengths: a length shown is the difference of two dates shown,
 * so the sums are right to the last digit. What did not delay the answer stands in brackets and is not
 * added.
 *
 * Cost: O(rows squared), for rows that fit a screen or a few.
 */
#ifndef APP_TRACE_TEXT_H
#define APP_TRACE_TEXT_H

#include "app/page.h"
#include "sim/trace.h"

/* What the run says about the request, beside its way. */
struct trace_note {
    const char *variant;
    int64_t warm_up_ns;
    uint64_t first_measured; /* number of the first request that the figures count; 0: not known */
    bool is_cut;             /* the run ended at a limit of memory or requests */
};

/* trace: after trace_end(), with trace_found(). */
void trace_text_write(struct page *page, const struct trace *trace, const struct trace_note *note);

#endif
