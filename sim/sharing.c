/* sharing.c - processor sharing by virtual time; see station.h.
 *
 * While there are no more requests than get a whole server each, nobody shares anything: then every request has an event of its
 * own, as at any other station, and the virtual clock rests. The first one too many takes these events back and starts the
 * clock. That costs, so the clock goes on until the station has been empty several times without anybody having to share.
 * A station whose servers are all whole and that has never had one too many is not even here: station.h serves its requests
 * (servers_alone), and who they are is found once by looking at all. From then on it is likely to happen again, and the station
 * keeps a list ("direct"); where busy servers slow each other down it does from the beginning.
 */
#include "sim/station.h"

/* A request that lacks less than this is done: the clock cannot tell, and a date would come out 1 ns late for nothing. */
#define ROUNDING_NS (1.0 / 1024)

/* The clock rests when the station has been empty so often since somebody had to share. */
#define ALONE_BEFORE_REST 4

/* A request in service; the heap's least `end` is the next to leave. */
struct sharing_job {
    double end;     /* reading of the virtual clock at which it is done, ns of work */
    uint64_t order; /* of arrival, and the request's index below it: ties go first come first served */
};

struct sharing {
    struct sharing_job *jobs;
    uint32_t count;     /* requests present */
    bool direct;        /* each has an event of its own, whose order is that of its job; jobs are places, in no order */
    uint32_t free;      /* direct: first free place + 1, 0: none; it holds the next one where a request's index would be */
    uint32_t places;    /* direct: in use or free */
    uint32_t room;      /* for jobs */
    uint32_t whole;     /* so many requests have a whole server each */
    uint32_t alone;     /* times the station was empty since somebody had to share */
    uint32_t alarm;     /* of the next departure, about the request that leaves then */
    double clock_ns;    /* virtual: work that each request present has received, ns */
    int64_t updated_ns; /* when clock_ns was right */
    double pace;        /* of the clock with the requests present; 0: nobody is served */
    double inverse_pace;
    uint64_t arrivals;
    const double *capacity; /* of k busy servers together, in servers; NULL: k */
};

static inline uint32_t job_request(struct sharing_job job)
{
    return (uint32_t)(job.order & EVENT_PAYLOAD_MASK);
}

static uint32_t whole_servers(const struct station_config *config)
{
    uint32_t k = 0;

    if (!config->capacity)
        return config->servers;
    while (k < config->servers && config->capacity[k + 1] == (double)(k + 1))
        k++;
    return k;
}

void sharing_init(struct station *station, const struct station_config *config)
{
    struct sim *sim = station->owner->sim;
    struct sharing *sharing = memory_alloc(&sim->memory, sizeof *sharing);

    sharing->capacity = config->capacity;
    sharing->whole = whole_servers(config);
    if (config->capacity) { /* a busy server slows the others down */
        station->servers_alone = 0;
        sharing->direct = sharing->whole > 0;
    }
    sharing->room = 16;
    sharing->jobs = memory_alloc_array(&sim->memory, sharing->room, sizeof *sharing->jobs);
    sharing->alarm = alarms_add(&sim->alarms);
    station->sharing = sharing;
}

/* How fast the virtual clock runs with the requests present: the share of each. To be called when their number or the
 * speed has changed; kept because it is needed more often than it changes, and divisions are slow. */
static void set_pace(struct station *station)
{
    struct sharing *sharing = station->sharing;
    uint32_t n = sharing->count;
    uint32_t busy = n < station->servers ? n : station->servers;
    double together = sharing->capacity ? sharing->capacity[busy] : (double)busy;

    if (n == 0 || station->speed == 0.0) {
        sharing->pace = 0.0;
    } else if (together == (double)n && station->speed == 1.0) { /* the usual case: a whole server each */
        sharing->pace = sharing->inverse_pace = 1.0;
    } else {
        sharing->pace = station->speed * together / (double)n;
        sharing->inverse_pace = 1.0 / sharing->pace;
    }
}

static void advance_clock(struct station *station, int64_t now_ns)
{
    struct sharing *sharing = station->sharing;

    if (sharing->count)
        sharing->clock_ns += (double)(now_ns - sharing->updated_ns) * sharing->pace;
    else
        sharing->clock_ns = 0.0; /* nobody compares with it: keeps it small and exact */
    sharing->updated_ns = now_ns;
}

static bool leaves_before(struct sharing_job a, struct sharing_job b)
{
    return a.end < b.end || (a.end == b.end && a.order < b.order);
}

static void heap_up(struct sharing *sharing, uint32_t i, struct sharing_job job)
{
    while (i && leaves_before(job, sharing->jobs[(i - 1) / 2])) {
        sharing->jobs[i] = sharing->jobs[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    sharing->jobs[i] = job;
}

static struct sharing_job heap_take_first(struct sharing *sharing)
{
    struct sharing_job first = sharing->jobs[0];
    struct sharing_job last = sharing->jobs[--sharing->count];
    uint32_t i = 0;

    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= sharing->count)
            break;
        if (child + 1 < sharing->count && leaves_before(sharing->jobs[child + 1], sharing->jobs[child]))
            child++;
        if (!leaves_before(sharing->jobs[child], last))
            break;
        sharing->jobs[i] = sharing->jobs[child];
        i = child;
    }
    sharing->jobs[i] = last;
    return first;
}

/* Least whole number that is not below a number of nanoseconds; saturates so that a date can be made of it. */
static inline int64_t round_up_ns(double ns, int64_t now_ns)
{
    int64_t whole;

    if (ns <= 0.0)
        return 0;
    if (ns > 9e18 - (double)now_ns)
        return (int64_t)(9e18 - (double)now_ns);
    whole = (int64_t)ns;
    return whole + ((double)whole < ns);
}

/* Sets the alarm to the next departure. */
static void set_alarm(struct station *station)
{
    struct sharing *sharing = station->sharing;
    struct component *owner = station->owner;
    struct sim *sim = owner->sim;
    int64_t left_ns;
    struct event due;

    if (sharing->pace <= 0.0) {
        alarm_set(&sim->alarms, sharing->alarm, EVENT_NEVER);
        return;
    }
    left_ns = round_up_ns((sharing->jobs[0].end - sharing->clock_ns) * sharing->inverse_pace - ROUNDING_NS, sim->now_ns);
    due = sim_event_about(owner, job_request(sharing->jobs[0]), sim->now_ns + left_ns);
    alarm_set(&sim->alarms, sharing->alarm, due);
    timers_bound(&sim->timers, due.time_ns); /* see lower_bound() in sim.c */
}

/* ---- nobody shares ---- */

static void rest_if_empty(struct station *station)
{
    struct sharing *sharing = station->sharing;

    if (sharing->count == 0) {
        sharing->direct = ++sharing->alone >= ALONE_BEFORE_REST && sharing->whole && station->speed == 1.0;
        sharing->free = sharing->places = 0;
    }
}

static void make_room(struct station *station)
{
    struct sharing *sharing = station->sharing;

    sharing->room *= 2;
    sharing->jobs = memory_grow(&station->owner->sim->memory, sharing->jobs, sharing->room * sizeof *sharing->jobs);
}

/* A place in jobs for a request with an event of its own. */
static inline uint32_t take_place(struct station *station)
{
    struct sharing *sharing = station->sharing;
    uint32_t place = sharing->free;

    if (place) {
        sharing->free = (uint32_t)(sharing->jobs[place - 1].order >> EVENT_PAYLOAD_BITS);
        return place - 1;
    }
    if (sharing->places == sharing->room)
        make_room(station);
    return sharing->places++;
}

/* A request's own event: it is done. */
static void direct_depart(struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct station *station = request->station;
    struct sharing *sharing = station->sharing;

    sharing->count--;
    sharing->jobs[request->next].order = (uint64_t)sharing->free << EVENT_PAYLOAD_BITS;
    sharing->free = request->next + 1;
    station->statistics->slowdown_count++;
    gauge_fall(&station->busy, sim->now_ns);
    self->on_timer(self, request);
}

static inline void direct_serve(struct station *station, struct component *self, struct request *request)
{
    struct sim *sim = self->sim;
    struct sharing *sharing = station->sharing;
    struct event end = sim_event(self, request, sim->now_ns + request->service_ns);

    gauge_rise(&station->busy, sim->now_ns);
    station->statistics->started++;
    request->resume = direct_depart;
    request->since_ns = sim->now_ns;
    request->next = take_place(station);
    sharing->jobs[request->next].order = end.order;
    sharing->count++;
    pending_push(&sim->pending, end);
}

/* The first time: those whom station.h serves become jobs. */
static void list_jobs(struct station *station)
{
    struct sharing *sharing = station->sharing;
    uint32_t count;
    struct request **requests = station_list_in_service(station, &count);

    station->servers_alone = 0;
    for (uint32_t i = 0; i < count; i++) {
        requests[i]->since_ns = station_end_event(requests[i]).time_ns - requests[i]->service_ns;
        if (sharing->places == sharing->room)
            make_room(station);
        sharing->jobs[sharing->places++].order = requests[i]->event_order;
    }
    memory_free(&station->owner->sim->memory, requests);
}

/* The events are taken back; from now on the virtual clock tells who is done. Nothing to do where it does already. */
static void begin_to_share(struct station *station)
{
    struct sim *sim = station->owner->sim;
    struct sharing *sharing = station->sharing;
    uint32_t count = 0;

    if (station->servers_alone)
        list_jobs(station);
    else if (!sharing->direct)
        return;
    for (uint32_t i = 0; i < sharing->places; i++) { /* by arrival: events are numbered as they come */
        struct sharing_job job = sharing->jobs[i];
        uint32_t place = count;

        if (!job_request(job))
            continue; /* a free place */
        for (; place && sharing->jobs[place - 1].order > job.order; place--)
            sharing->jobs[place] = sharing->jobs[place - 1];
        sharing->jobs[place] = job;
        count++;
    }
    sharing->direct = false;
    sharing->clock_ns = 0.0;
    sharing->updated_ns = sim->now_ns;
    sharing->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sharing_job job = sharing->jobs[i];
        struct request *request = sim_request(sim, job_request(job));
        int64_t end_ns = request->since_ns + request->service_ns;

        sim_cancel(sim, (struct event){ end_ns, job.order });
        request->resume = NULL;
        job.end = (double)(end_ns - sim->now_ns);
        job.order = sharing->arrivals++ << EVENT_PAYLOAD_BITS | request->index;
        heap_up(sharing, sharing->count++, job);
    }
    set_pace(station);
}

/* ---- departures under sharing ---- */

/* The next departure comes soon: fetches what it reads, then the first jobs. */
void sharing_expect(const struct station *station, bool jobs)
{
    const char *start = jobs ? (const char *)station->sharing->jobs : (const char *)station->sharing;

    __builtin_prefetch(start);
    __builtin_prefetch(start + 64);
}

/* The alarm: the first is done. */
void sharing_depart(struct station *station)
{
    struct sim *sim = station->owner->sim;
    struct sharing *sharing = station->sharing;
    struct sharing_job job;
    struct request *request;
    int64_t present_ns;

    advance_clock(station, sim->now_ns);
    job = heap_take_first(sharing);
    set_pace(station);
    if (sharing->clock_ns < job.end)
        sharing->clock_ns = job.end; /* the date was rounded to whole nanoseconds */
    request = sim_request(sim, job_request(job));
    present_ns = sim->now_ns - request->since_ns;
    station->statistics->slowdown_count++;
    if (request->service_ns > 0 && present_ns != request->service_ns)
        station->statistics->slowdown_sum += (double)present_ns / (double)request->service_ns - 1.0;
    if (sharing->count < station->servers)
        gauge_fall(&station->busy, sim->now_ns);
    else
        gauge_fall(&station->waiting, sim->now_ns);
    set_alarm(station);
    rest_if_empty(station);
    request->owner->on_timer(request->owner, request);
}

/* ---- the station's verbs ---- */

/* A request that has to share, or comes while others do. */
static __attribute__((noinline)) void share(struct station *station, struct component *self, struct request *request)
{
    struct sharing *sharing = station->sharing;
    struct sim *sim = self->sim;
    struct sharing_job job;

    begin_to_share(station);
    if (sharing->count >= sharing->whole)
        sharing->alone = 0;
    if (sharing->count < station->servers)
        gauge_rise(&station->busy, sim->now_ns);
    else
        gauge_rise(&station->waiting, sim->now_ns);
    advance_clock(station, sim->now_ns);
    if (sharing->count == sharing->room)
        make_room(station);
    request->resume = NULL; /* the station's alarm brings it back */
    request->since_ns = sim->now_ns;
    station->statistics->started++;
    job.end = sharing->clock_ns + (double)request->service_ns;
    job.order = sharing->arrivals++ << EVENT_PAYLOAD_BITS | request->index;
    heap_up(sharing, sharing->count++, job);
    set_pace(station);
    /* while all have a whole server, a later departure leaves the first one's date alone */
    if (sharing->jobs[0].order == job.order || sharing->capacity || sharing->count > station->servers)
        set_alarm(station);
}

void station_share(struct station *station, struct component *self, struct request *request)
{
    if (station->sharing->direct && station->sharing->count < station->sharing->whole)
        direct_serve(station, self, request);
    else
        share(station, self, request);
}

void sharing_set_speed(struct station *station, double speed)
{
    begin_to_share(station);
    advance_clock(station, station->owner->sim->now_ns);
    station->speed = speed;
    set_pace(station);
    set_alarm(station);
    rest_if_empty(station);
}

void sharing_crash(struct station *station, enum outcome outcome)
{
    struct sharing *sharing = station->sharing;
    struct sim *sim = station->owner->sim;
    uint32_t first = 0, last = 0;

    begin_to_share(station);
    advance_clock(station, sim->now_ns);
    while (sharing->count) {
        struct request *request = sim_request(sim, job_request(heap_take_first(sharing)));

        if (sharing->count < station->servers)
            gauge_fall(&station->busy, sim->now_ns);
        else
            gauge_fall(&station->waiting, sim->now_ns);
        request->next = 0;
        if (last)
            sim_request(sim, last)->next = request->index;
        else
            first = request->index;
        last = request->index;
    }
    set_pace(station);
    set_alarm(station);
    rest_if_empty(station);
    while (first) { /* an answer may bring new requests at once, so the station is empty before the first */
        struct request *request = sim_request(sim, first);

        first = request->next;
        station_answer(request, outcome);
    }
}

void sharing_drop(struct station *station, const struct component *component)
{
    struct sharing *sharing = station->sharing;
    struct sim *sim = station->owner->sim;
    uint32_t count;

    begin_to_share(station);
    advance_clock(station, sim->now_ns);
    count = sharing->count;
    sharing->count = 0;
    for (uint32_t i = 0, left = count; i < count; i++) {
        struct sharing_job job = sharing->jobs[i];
        struct request *request = sim_request(sim, job_request(job));

        if (request->owner != component) {
            heap_up(sharing, sharing->count++, job); /* at or before its old place, which has been read */
            continue;
        }
        request->resume = NULL;
        left--;
        if (left < station->servers)
            gauge_fall(&station->busy, sim->now_ns);
        else
            gauge_fall(&station->waiting, sim->now_ns);
    }
    set_pace(station);
    set_alarm(station);
    rest_if_empty(station);
}

/* ---- for those who watch ---- */

/* False: the request is not here. Else what its service would still take with the station to itself. */
bool sharing_look(const struct station *station, const struct request *request, int64_t *left_ns)
{
    const struct sharing *sharing = station->sharing;
    const struct sim *sim = station->owner->sim;
    double alone = station->speed * (sharing->capacity ? sharing->capacity[1] : 1.0);
    double clock_ns = sharing->clock_ns + (double)(sim->now_ns - sharing->updated_ns) * sharing->pace, left;
    uint32_t i = 0, end = sharing->direct ? sharing->places : sharing->count;

    while (i < end && job_request(sharing->jobs[i]) != request->index)
        i++;
    if (i == end)
        return false;
    if (sharing->direct)
        left = (double)(request->since_ns + request->service_ns - sim->now_ns);
    else
        left = (sharing->jobs[i].end - clock_ns) / (alone > 0.0 ? alone : 1.0);
    *left_ns = left > 0.0 ? sim_time_from_ns(left) : 0;
    return true;
}
