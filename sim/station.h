/* station.h - c identical servers and their waiting line. Everything that queues uses this.
 *
 *   station_serve    wait, be served for a given time, come back in on_timer; nothing to release
 *   station_acquire  hold a server (a worker, a connection) until station_release
 * A station does one or the other, not both.
 *
 * Disciplines: FIFO, LIFO (the last to come is next, without taking anybody's server away), PRIORITY (the
 * lowest request->priority first, FIFO within; nobody is interrupted) and PROCESSOR_SHARING: all are served at once,
 * each at an equal share of what the busy servers can do together.
 *
 * Processor sharing keeps a virtual clock that runs as fast as each request is served; a request is done when
 * the clock shows its arrival's reading plus its work, so only the earliest has an event
 * (a timer that moves), O(log n) an arrival or departure. Method: Zhang and Keshav's virtual time of fair
 * queueing (Demers, Keshav, Shenker, "Analysis and simulation of a fair queueing algorithm", 1989).
 *
 * The date of a service that is under way is known, so it has an event among the pending ones. A change of speed takes
 * it back and makes another; a crash takes it back. Both look at every request of the run, O(requests): they are rare.
 *
 * The work of a service is drawn by the caller before it waits, so the order of draws does not depend on the line.
 * A refused request has not been touched: the caller answers it.
 */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include "sim/call.h"

#define STATION_PRIORITIES 8
#define STATION_UNLIMITED UINT32_MAX

enum station_discipline { STATION_FIFO, STATION_LIFO, STATION_PRIORITY, STATION_PROCESSOR_SHARING };

struct station_config {
    const char *name;     /* of the resource: "cpu", "workers" */
    enum station_discipline discipline;
    uint32_t servers;     /* above 0 */
    uint32_t waiting_max; /* STATION_UNLIMITED: no bound */
    /* What k busy servers do together, in units of one alone, for k from 0 to servers; NULL: k. Owned by the caller,
     * outlives the run. Processor sharing only. */
    const double *capacity;
    bool held; /* see struct resource */
};

struct station_line {
    uint32_t first, last; /* indices of requests, 0: none */
};

struct sharing; /* of processor sharing: virtual clock and jobs */

/* While nobody waits, a service touches the first cache line only. */
struct station {
    struct gauge busy; /* servers at work or held */
    uint32_t servers;
    uint32_t servers_alone; /* so many are served at speed 1, whatever the others do; 0: they share, or another speed is set */
    uint32_t waiting_max;
    struct resource_statistics *statistics;
    struct sharing *sharing; /* of processor sharing, else NULL */

    struct gauge waiting; /* requests in line; under processor sharing those beyond the servers */
    struct station_line line;
    struct station_line *lines; /* &line, or one a priority */
    double speed;               /* 1: as configured; 0: stopped */
    uint16_t discipline; /* enum station_discipline */
    uint16_t line_count;
    uint64_t refused; /* in the window */
    struct component *owner;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct station, waiting) == 64, "a service touches one cache line");

enum station_grant { STATION_REFUSED, STATION_WAITING, STATION_HELD };

/* Makes the station a resource of `owner`, whose group gathers its statistics. */
void station_init(struct station *station, struct component *owner, const struct station_config *config);

/* New speed, also for those in service: what is left of each then goes at the new speed. At least 0. Each change rounds
 * what is left to whole nanoseconds. */
void station_set_speed(struct station *station, double speed);

/* Every request that waits or is served is answered by its owner with `outcome`: first those in service, by the dates at
 * which they would have been done, then the line. A branch of a fan-out (sim_fork) comes back in on_reply of its owner
 * with that outcome instead. A component's ticker is let go without a word: its owner starts it again. Those who hold a
 * server (acquire) stay with their component. The station is empty before the first answer, which may bring new requests,
 * and keeps its speed. */
void station_crash(struct station *station, enum outcome outcome);

/* The component has died: whatever it has here, waiting or in service, leaves without an answer and without an event, with no
 * resume; others go on. Of its own station it also gives back what its requests hold. */
void station_drop(struct station *station, const struct component *component);

/* Share of the servers' time at work since measuring began. */
double station_utilisation(const struct station *station, int64_t now_ns);

/* Where a request is that was handed to this station last (request->station). */
enum station_place { STATION_LEFT, STATION_IN_LINE, STATION_IN_SERVICE };

struct station_view {
    enum station_place place;
    bool shares;     /* in service, together with others or able to be */
    int64_t left_ns; /* of a service that shares: what it would still take alone */
};

/* For those who watch: changes nothing. O(requests at the station). */
struct station_view station_look(const struct station *station, const struct request *request);

void station_resume(struct component *self, struct request *request);
struct request *station_leave_line(struct station *station, struct sim *sim);
void station_begin_slowed(struct station *station, struct component *self, struct request *request, int64_t work_ns);
void station_give_up_waiting(struct station *station, struct sim *sim, struct request *request);
void station_answer(struct request *request, enum outcome outcome);
bool station_serve_among_others(struct station *station, struct component *self, struct request *request, int64_t service_ns);
void station_share(struct station *station, struct component *self, struct request *request);
void sharing_init(struct station *station, const struct station_config *config);
void sharing_depart(struct station *station);
void sharing_expect(const struct station *station, bool jobs);
void sharing_set_speed(struct station *station, double speed);
void sharing_crash(struct station *station, enum outcome outcome);
void sharing_drop(struct station *station, const struct component *component);
bool sharing_look(const struct station *station, const struct request *request, int64_t *left_ns);
struct request **station_list_in_service(const struct station *station, uint32_t *count);
struct event station_end_event(const struct request *request);

/* All servers are busy, and so is every place in line. */
static inline bool station_refuses(struct station *station)
{
    if (__builtin_expect(station->busy.level < station->servers || station->waiting.level < station->waiting_max, 1))
        return false;
    station->refused++;
    return true;
}

/* A free server is taken. */
static inline void station_start(struct station *station, int64_t now_ns)
{
    gauge_rise(&station->busy, now_ns);
    station->statistics->started++;
}

static inline bool station_take_server(struct station *station, int64_t now_ns)
{
    if (station->busy.level >= station->servers)
        return false;
    station_start(station, now_ns);
    return true;
}

/* A server becomes free: is it somebody's turn? Nobody waits while servers are free. */
static inline bool station_has_next(const struct station *station)
{
    return station->busy.level == station->servers && station->waiting.level;
}

/* The service of a request that has a server begins, at speed 1. */
static inline void station_begin(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct event end = sim_event(self, request, sim->now_ns + request->service_ns);

    request->resume = station_resume;
    request->since_ns = end.time_ns;
    request->event_order = end.order;
    pending_push(&sim->pending, end);
}

static inline struct station_line *station_line_of(struct station *station, const struct request *request)
{
    uint32_t last = station->line_count - 1u;

    if (__builtin_expect(last == 0, 1))
        return &station->line;
    return &station->lines[request->priority < last ? request->priority : last];
}

/* At the end of its line. The first one's `prev` means nothing. */
static inline void station_join_line(struct station *station, struct sim *sim, struct request *request)
{
    struct station_line *line = station_line_of(station, request);

    request->since_ns = sim->now_ns;
    request->next = 0;
    request->prev = line->last;
    if (line->first)
        sim_request(sim, line->last)->next = request->index;
    else
        line->first = request->index;
    line->last = request->index;
    gauge_rise(&station->waiting, sim->now_ns);
}

/* Serves the request for service_ns of work; false: refused. */
static inline bool station_serve(struct station *station, struct component *self, struct request *request, int64_t service_ns)
{
    if (__builtin_expect(station->busy.level >= station->servers_alone, 0))
        return station_serve_among_others(station, self, request, service_ns);
    request->service_ns = service_ns;
    request->station = station;
    request->owner = self;
    station_start(station, self->sim->now_ns);
    station_begin(self, request);
    return true;
}

/* Held at once: go on. Waiting: on_timer is called when a server is held. */
static inline enum station_grant station_acquire(struct station *station, struct component *self, struct request *request)
{
    if (station_refuses(station))
        return STATION_REFUSED;
    if (station_take_server(station, self->sim->now_ns))
        return STATION_HELD;
    request->owner = self;
    request->resume = self->on_timer;
    request->station = station;
    station_join_line(station, self->sim, request);
    return STATION_WAITING;
}

/* Gives back what station_acquire() granted; the next in line is resumed before the next event. */
static inline void station_release(struct station *station, struct component *self)
{
    if (station_has_next(station))
        sim_wake(self->sim, station_leave_line(station, self->sim));
    else
        gauge_fall(&station->busy, self->sim->now_ns);
}

#endif
