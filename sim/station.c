#include "sim/station.h"

#include <stdlib.h>

void station_init(struct station *station, struct component *owner, const struct station_config *config)
{
    struct sim *sim = owner->sim;

    SIM_ASSERT(sim, owner, config->servers > 0);
    if (sim->station_count == STATIONS_MAX)
        sim_too_large(sim, owner->group, "262,144 resources with a waiting line");
    *station = (struct station){
        .servers = config->servers,
        .servers_alone = config->servers,
        .waiting_max = config->waiting_max,
        .discipline = (uint16_t)config->discipline,
        .line_count = config->discipline == STATION_PRIORITY ? STATION_PRIORITIES : 1,
        .statistics = group_resource_statistics(owner->group, config->name),
        .speed = 1.0,
        .owner = owner,
    };
    station->lines = &station->line;
    if (station->line_count > 1)
        station->lines = memory_alloc_array(&sim->memory, station->line_count, sizeof *station->lines);
    sim->stations[sim->station_count++] = station;
    component_add_resource(owner, (struct resource){ .name = config->name, .kind = RESOURCE_STATION,
                                                     .held = config->held, .of.station = station });
    if (config->discipline == STATION_PROCESSOR_SHARING)
        sharing_init(station, config);
}

/* Those behind the first are linked both ways; the first one's successor is left alone until its turn. */
static inline void line_remove(struct station_line *line, struct sim *sim, const struct request *request)
{
    if (request->index == line->first) {
        line->first = request->next;
        return;
    }
    sim_request(sim, request->prev)->next = request->next;
    if (request->next)
        sim_request(sim, request->next)->prev = request->prev;
    else
        line->last = request->prev;
}

/* Whose turn it is; somebody waits. */
static inline struct request *first_in_line(const struct station *station, struct sim *sim)
{
    const struct station_line *line = station->lines;

    if (__builtin_expect(station->discipline == STATION_FIFO, 1))
        return sim_request(sim, station->line.first);
    while (!line->first)
        line++;
    return sim_request(sim, station->discipline == STATION_LIFO ? line->last : line->first);
}

/* Leaves without a server. */
void station_give_up_waiting(struct station *station, struct sim *sim, struct request *request)
{
    line_remove(station_line_of(station, request), sim, request);
    gauge_fall(&station->waiting, sim->now_ns);
}

/* The histogram of waits, in which those of zero are not, is ready for this one. */
static inline bool covers_wait(const struct station *station, int64_t waited_ns)
{
    return waited_ns <= 0 || histogram_covers(&station->statistics->waits, waited_ns);
}

static void cover_wait(struct station *station, int64_t waited_ns)
{
    if (!covers_wait(station, waited_ns))
        histogram_widen(&station->statistics->waits, waited_ns);
}

/* The next one leaves the line with a server, after a wait that is covered. */
static inline void leave_line(struct station *station, struct sim *sim, struct request *next, int64_t waited_ns)
{
    if (__builtin_expect(station->discipline == STATION_FIFO, 1))
        station->line.first = next->next;
    else
        line_remove(station_line_of(station, next), sim, next);
    gauge_fall(&station->waiting, sim->now_ns);
    if (waited_ns > 0)
        histogram_add_covered(&station->statistics->waits, waited_ns);
    station->statistics->started++;
}

struct request *station_leave_line(struct station *station, struct sim *sim)
{
    struct request *next = first_in_line(station, sim);
    int64_t waited_ns = sim->now_ns - next->since_ns;

    cover_wait(station, waited_ns);
    leave_line(station, sim, next, waited_ns);
    return next;
}

/* No server is free, or servers are shared or slow. False: refused. */
bool station_serve_among_others(struct station *station, struct component *self, struct request *request, int64_t service_ns)
{
    if (station_refuses(station))
        return false;
    request->service_ns = service_ns;
    request->station = station;
    request->owner = self;
    if (station->sharing) {
        station_share(station, self, request);
    } else if (__builtin_expect(!station->servers_alone, 0) && station_take_server(station, self->sim->now_ns)) {
        station_begin_slowed(station, self, request, service_ns);
    } else {
        request->resume = NULL; /* whoever leaves brings it back */
        station_join_line(station, self->sim, request);
    }
    return true;
}

/* The next one's service begins, after a wait that is covered. */
static inline __attribute__((always_inline)) void begin_next(struct station *station, struct sim *sim, struct request *next, int64_t waited_ns)
{
    leave_line(station, sim, next, waited_ns);
    if (next->service_ns > 0)
        station->statistics->slowdown_sum += (double)waited_ns / (double)next->service_ns;
    if (__builtin_expect(station->servers_alone != 0, 1))
        station_begin(next->owner, next);
    else
        station_begin_slowed(station, next->owner, next, next->service_ns);
}

static void resume_with_next(struct station *station, struct component *self, struct request *request);

/* The wait is longer or shorter than any before. */
static __attribute__((noinline)) void cover_and_resume(struct station *station, struct component *self, struct request *request,
                                                       int64_t waited_ns)
{
    cover_wait(station, waited_ns);
    resume_with_next(station, self, request);
}

static __attribute__((noinline)) void resume_with_next(struct station *station, struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct request *next = first_in_line(station, sim);
    int64_t waited_ns = sim->now_ns - next->since_ns;

    if (__builtin_expect(!covers_wait(station, waited_ns), 0)) {
        cover_and_resume(station, self, request, waited_ns);
        return;
    }
    begin_next(station, sim, next, waited_ns);
    self->on_timer(self, request);
}

/* A service is over: the next in line begins, then the owner hears of its own. */
void station_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct station *station = request->station;

    request->resume = NULL; /* no longer in service, whatever its owner does next */
    station->statistics->slowdown_count++;
    if (station_has_next(station)) {
        resume_with_next(station, self, request);
        return;
    }
    gauge_fall(&station->busy, sim->now_ns);
    self->on_timer(self, request);
}

/* ---- speed and crash: rare, so they may look at every request ---- */

/* In service at a stopped station: no event is out, and since_ns is the work that is left. */
static void frozen_resume(struct component *self, struct request *request)
{
    (void)request;
    sim_bug(self->sim, self, "a service at a stopped station has ended", __FILE__, __LINE__);
}

void station_begin_slowed(struct station *station, struct component *self, struct request *request, int64_t work_ns)
{
    struct sim *sim = self->sim;
    double time_ns = (double)work_ns / station->speed; /* infinite when stopped */
    bool ends = time_ns < 9e18 - (double)sim->now_ns;
    struct event end = sim_event(self, request, ends ? sim->now_ns + sim_time_from_ns(time_ns) : SIM_TIME_NEVER - 1);

    request->event_order = end.order;
    request->resume = station->speed > 0.0 ? station_resume : frozen_resume;
    request->since_ns = station->speed > 0.0 ? end.time_ns : work_ns;
    if (station->speed > 0.0)
        pending_push(&sim->pending, end);
}

static bool in_service(const struct station *station, const struct request *request)
{
    return request->station == station &&
           (request->resume == station_resume || request->resume == frozen_resume) &&
           (request->state == REQUEST_LIVE || request->state == REQUEST_TICKER);
}

static bool in_line(const struct station *station, const struct request *request)
{
    const struct sim *sim = station->owner->sim;

    for (uint16_t i = 0; i < station->line_count; i++)
        for (uint32_t index = station->lines[i].first; index; index = sim_request(sim, index)->next)
            if (index == request->index)
                return true;
    return false;
}

struct station_view station_look(const struct station *station, const struct request *request)
{
    struct station_view view = { .place = STATION_LEFT };

    if (station->sharing && !station->servers_alone) {
        view.shares = sharing_look(station, request, &view.left_ns);
        view.place = view.shares ? STATION_IN_SERVICE : STATION_LEFT;
    } else if (in_service(station, request)) {
        view.place = STATION_IN_SERVICE;
        view.shares = station->sharing != NULL;
        view.left_ns = view.shares ? request->since_ns - station->owner->sim->now_ns : 0;
    } else if (in_line(station, request)) {
        view.place = STATION_IN_LINE;
    }
    return view;
}

struct event station_end_event(const struct request *request)
{
    return (struct event){ request->since_ns, request->event_order };
}

static int by_end(const void *a, const void *b)
{
    struct event first = station_end_event(*(struct request *const *)a), second = station_end_event(*(struct request *const *)b);

    return event_before(second, first) - event_before(first, second);
}

/* Who is in service, by the date at which each will be done: not by the place in the pool, which other components have a
 * say in. To be freed. */
struct request **station_list_in_service(const struct station *station, uint32_t *count)
{
    struct sim *sim = station->owner->sim;
    struct request **list = memory_alloc_array(&sim->memory, station->busy.level, sizeof(struct request *));

    *count = 0;
    for (uint32_t index = 1; index <= sim->request_count && *count < station->busy.level; index++)
        if (in_service(station, sim_request(sim, index)))
            list[(*count)++] = sim_request(sim, index);
    qsort(list, *count, sizeof(struct request *), by_end);
    return list;
}

/* Takes back the end of a service; returns the work that is left, ns at speed 1. */
static int64_t take_back(struct sim *sim, struct request *request, double speed)
{
    if (request->resume == frozen_resume)
        return request->since_ns;
    sim_cancel(sim, station_end_event(request));
    return sim_time_from_ns((double)(request->since_ns - sim->now_ns) * speed);
}

void station_set_speed(struct station *station, double speed)
{
    struct sim *sim = station->owner->sim;
    double old = station->speed;
    struct request **list;
    uint32_t count;

    SIM_ASSERT(sim, station->owner, speed >= 0.0);
    if (station->sharing) {
        sharing_set_speed(station, speed);
        return;
    }
    station->speed = speed;
    station->servers_alone = speed == 1.0 ? station->servers : 0;
    if (old == speed)
        return;
    list = station_list_in_service(station, &count);
    for (uint32_t i = 0; i < count; i++)
        station_begin_slowed(station, list[i]->owner, list[i], take_back(sim, list[i], old));
    memory_free(&sim->memory, list);
}

void station_answer(struct request *request, enum outcome outcome)
{
    if (request->state == REQUEST_TICKER)
        return;
    if (request->parent && request->top == 0) {
        request->outcome = (uint8_t)outcome;
        request->owner->on_reply(request->owner, request);
    } else {
        sim_reply(request->owner, request, outcome);
    }
}

/* Takes everybody out of service and out of the line, in the order of their answers. To be freed. */
static struct request **empty_station(struct station *station, uint32_t *count)
{
    struct sim *sim = station->owner->sim;
    uint32_t served, waiting = station->waiting.level;
    struct request **list = station_list_in_service(station, &served);

    for (uint32_t i = 0; i < served; i++) {
        take_back(sim, list[i], station->speed);
        gauge_fall(&station->busy, sim->now_ns);
    }
    list = memory_grow(&sim->memory, list, (served + (size_t)waiting) * sizeof(struct request *));
    *count = served + waiting;
    for (uint32_t i = served; i < *count; i++) {
        list[i] = first_in_line(station, sim);
        station_give_up_waiting(station, sim, list[i]);
    }
    for (uint32_t i = 0; i < *count; i++)
        list[i]->resume = NULL;
    return list;
}

void station_crash(struct station *station, enum outcome outcome)
{
    struct sim *sim = station->owner->sim;
    struct request **list;
    uint32_t count;

    if (station->sharing) {
        sharing_crash(station, outcome);
        return;
    }
    list = empty_station(station, &count);
    for (uint32_t i = 0; i < count; i++)
        station_answer(list[i], outcome);
    memory_free(&sim->memory, list);
}

/* Those of the component leave the lines. */
static void drop_from_lines(struct station *station, const struct component *component)
{
    struct sim *sim = station->owner->sim;

    for (uint16_t i = 0; i < station->line_count; i++) {
        struct station_line *line = &station->lines[i];
        uint32_t next;

        for (uint32_t index = line->first; index; index = next) {
            struct request *request = sim_request(sim, index);

            next = request->next;
            if (request->owner != component)
                continue;
            line_remove(line, sim, request);
            gauge_fall(&station->waiting, sim->now_ns);
            request->resume = NULL;
        }
    }
}

/* Whoever was served is gone; the next in line begins. */
static void end_service(struct station *station, struct sim *sim)
{
    struct request *next;

    if (!station_has_next(station)) {
        gauge_fall(&station->busy, sim->now_ns);
        return;
    }
    next = first_in_line(station, sim);
    cover_wait(station, sim->now_ns - next->since_ns);
    begin_next(station, sim, next, sim->now_ns - next->since_ns);
}

void station_drop(struct station *station, const struct component *component)
{
    struct sim *sim = station->owner->sim;
    struct request **list;
    uint32_t count;

    if (station->sharing) {
        sharing_drop(station, component);
        return;
    }
    drop_from_lines(station, component);
    list = station_list_in_service(station, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (list[i]->owner != component)
            continue;
        take_back(sim, list[i], station->speed);
        list[i]->resume = NULL;
        end_service(station, sim);
    }
    memory_free(&sim->memory, list);
    while (station->owner == component && station->busy.level) /* held */
        gauge_fall(&station->busy, sim->now_ns);
}

double station_utilisation(const struct station *station, int64_t now_ns)
{
    return gauge_mean(&station->busy, now_ns) / station->servers;
}
