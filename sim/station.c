#include "sim/station.h"

void station_init(struct station *station, struct component *owner, const struct station_config *config)
{
    struct sim *sim = owner->sim;

    SIM_ASSERT(sim, owner, config->servers > 0);
    SIM_ASSERT(sim, owner, sim->station_count < STATIONS_MAX);
    *station = (struct station){
        .servers = config->servers,
        .waiting_max = config->waiting_max,
        .discipline = (uint16_t)config->discipline,
        .line_count = config->discipline == STATION_PRIORITY ? STATION_PRIORITIES : 1,
        .statistics = group_resource_statistics(owner->group, config->name),
        .speed = 1.0,
        .owner = owner,
        .id = sim->station_count++,
    };
    station->lines = memory_alloc_array(&sim->memory, station->line_count, sizeof *station->lines);
    sim->stations[station->id] = station;
    component_add_resource(owner, (struct resource){ .name = config->name, .kind = RESOURCE_STATION,
                                                     .held = config->held, .of.station = station });
    if (config->discipline == STATION_PROCESSOR_SHARING)
        sharing_init(station, config);
}

static struct station_line *line_of(struct station *station, const struct request *request)
{
    return &station->lines[station->line_count > 1 ? request->priority % STATION_PRIORITIES : 0];
}

static void line_append(struct station_line *line, struct sim *sim, struct request *request)
{
    request->next = 0;
    request->prev = line->last;
    if (line->last)
        sim_request(sim, line->last)->next = request->index;
    else
        line->first = request->index;
    line->last = request->index;
}

static void line_remove(struct station_line *line, struct sim *sim, struct request *request)
{
    if (request->prev)
        sim_request(sim, request->prev)->next = request->next;
    else
        line->first = request->next;
    if (request->next)
        sim_request(sim, request->next)->prev = request->prev;
    else
        line->last = request->prev;
}

void station_join_line(struct station *station, struct sim *sim, struct request *request)
{
    request->since_ns = sim->now_ns;
    line_append(line_of(station, request), sim, request);
    gauge_rise(&station->waiting, sim->now_ns);
}

struct request *station_leave_line(struct station *station, struct sim *sim)
{
    struct station_line *line = station->lines;
    struct request *request;
    int64_t waited_ns;

    while (!line->first)
        line++;
    request = sim_request(sim, station->discipline == STATION_LIFO ? line->last : line->first);
    line_remove(line, sim, request);
    gauge_fall(&station->waiting, sim->now_ns);
    waited_ns = sim->now_ns - request->since_ns;
    if (waited_ns > 0)
        histogram_add(&station->statistics->waits, waited_ns);
    station->statistics->started++;
    return request;
}

/* A service is over: the next in line begins, then the owner hears of its own. */
void station_resume(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct station *station = sim->stations[request->station];
    struct resource_statistics *statistics = station->statistics;

    if (__builtin_expect(request->since_ns > sim->now_ns, 0)) { /* slowed down since this event was made */
        pending_push(&sim->pending, sim_event(self, request, request->since_ns));
        return;
    }
    statistics->slowdown_count++;
    if (station->waiting.level && station->busy.level <= station->servers) {
        struct request *next = station_leave_line(station, sim);
        int64_t waited_ns = sim->now_ns - next->since_ns;

        if (next->service_ns > 0)
            statistics->slowdown_sum += (double)waited_ns / (double)next->service_ns;
        station_begin(station, next->owner, next);
    } else {
        gauge_fall(&station->busy, sim->now_ns);
    }
    self->on_timer(self, request);
}

/* ---- speed and crash: rare, so they may look at every request ---- */

void station_begin_slowed(struct station *station, struct component *self, struct request *request)
{
    double service_ns = (double)request->service_ns / station->speed; /* infinite when stopped */

    request->resume = station_resume;
    request->since_ns = service_ns < 9e18 - (double)self->sim->now_ns ? self->sim->now_ns + (int64_t)(service_ns + 0.5)
                                                                        : SIM_TIME_NEVER - 1;
    pending_push(&self->sim->pending, sim_event(self, request, request->since_ns));
}

static bool in_service(const struct station *station, const struct request *request)
{
    return request->state == REQUEST_LIVE && request->station == station->id && request->resume == station_resume;
}

/* Calls visit() for each request in service. */
static void each_in_service(struct station *station, void (*visit)(struct station *, struct request *, double), double argument)
{
    struct sim *sim = station->owner->sim;
    uint32_t last = sim->request_count;

    for (uint32_t index = 1; index <= last; index++) {
        struct request *request = sim_request(sim, index);

        if (in_service(station, request))
            visit(station, request, argument);
    }
}

/* factor: old speed over new; infinite when it stops. */
static void change_pace(struct station *station, struct request *request, double factor)
{
    struct sim *sim = station->owner->sim;
    double left_ns = (double)(request->since_ns - sim->now_ns) * factor;
    int64_t end_ns = left_ns < 9e18 - (double)sim->now_ns ? sim->now_ns + (int64_t)(left_ns + 0.5) : SIM_TIME_NEVER - 1;
    bool earlier = end_ns < request->since_ns;

    if (earlier) { /* the event that is out comes too late */
        request = sim_request_move(sim, request);
        pending_push(&sim->pending, sim_event(request->owner, request, end_ns));
    }
    request->since_ns = end_ns;
}

/* A stopped station keeps what is left of each service in service_ns until it goes on. */
static void freeze(struct station *station, struct request *request, double speed)
{
    struct sim *sim = station->owner->sim;

    request->service_ns = (int64_t)((double)(request->since_ns - sim->now_ns) * speed + 0.5);
    request->since_ns = SIM_TIME_NEVER - 1;
}

static void thaw(struct station *station, struct request *request, double speed)
{
    struct sim *sim = station->owner->sim;

    (void)speed;
    request = sim_request_move(sim, request);
    station_begin(station, request->owner, request);
}

void station_set_speed(struct station *station, double speed)
{
    double old = station->speed;

    SIM_ASSERT(station->owner->sim, station->owner, speed >= 0.0);
    if (station->sharing) {
        sharing_set_speed(station, speed);
        return;
    }
    station->speed = speed;
    if (old == speed)
        return;
    if (speed == 0.0)
        each_in_service(station, freeze, old);
    else if (old == 0.0)
        each_in_service(station, thaw, speed);
    else
        each_in_service(station, change_pace, old / speed);
}

static void fail_in_service(struct station *station, struct request *request, double outcome)
{
    struct sim *sim = station->owner->sim;

    request = sim_request_move(sim, request);
    gauge_fall(&station->busy, sim->now_ns);
    sim_reply(request->owner, request, (enum outcome)outcome);
}

void station_crash(struct station *station, enum outcome outcome)
{
    struct sim *sim = station->owner->sim;
    uint32_t first = 0;

    if (station->sharing) {
        sharing_crash(station, outcome);
        return;
    }
    while (station->waiting.level) { /* out of the line first: an answer may bring new requests at once */
        struct request *request = station_leave_line(station, sim);

        request->station = UINT32_MAX;
        request->next = first;
        first = request->index;
    }
    each_in_service(station, fail_in_service, (double)outcome);
    while (first) {
        struct request *request = sim_request(sim, first);

        first = request->next;
        sim_reply(request->owner, request, outcome);
    }
}

double station_utilisation(const struct station *station, int64_t now_ns)
{
    return gauge_mean(&station->busy, now_ns) / station->servers;
}
