/* request_line.h - requests that wait for something other than an event: copies elsewhere, another one's lookup, room.
 *
 * A line through the requests' `next`, first come, first out; zeroed memory is an empty one. A request is in one line
 * at most and has no event of its own meanwhile, so its owner's crash finds none to wait for. Whoever takes it out says
 * how it goes on (its resume, sim_wake or a reply).
 *
 * Ownership: the line belongs to the caller, requests to the run. Cost: O(1). Errors: none.
 */
#ifndef MODELS_REQUEST_LINE_H
#define MODELS_REQUEST_LINE_H

#include "sim/sim.h"

struct request_line {
    uint32_t first, last; /* numbers of requests; 0: nobody */
};

/* At the end. The owner is the caller's to set. */
static inline void request_line_join(struct request_line *line, struct sim *sim, struct request *request)
{
    request->resume = NULL;
    request->next = 0;
    if (line->last)
        sim_request(sim, line->last)->next = request->index;
    else
        line->first = request->index;
    line->last = request->index;
}

/* The first, who stays; NULL: nobody. */
static inline struct request *request_line_first(const struct request_line *line, struct sim *sim)
{
    return line->first ? sim_request(sim, line->first) : NULL;
}

/* Takes the first out; NULL: nobody. */
static inline struct request *request_line_leave(struct request_line *line, struct sim *sim)
{
    struct request *request = request_line_first(line, sim);

    if (!request)
        return NULL;
    line->first = request->next;
    if (!line->first)
        line->last = 0;
    return request;
}

/* Takes all out, who may join again while the caller goes through them: a line of their own. */
static inline struct request_line request_line_take_all(struct request_line *line)
{
    struct request_line all = *line;

    *line = (struct request_line){ 0, 0 };
    return all;
}

#endif
