/* clients_visits.c - what users do with an answer: fetch the assets of the page, look at the next one,
 * leave, think; see clients.c. */
#include "models/audience.h"
#include "models/clients_state.h"

#include "models/routing.h"
#include "sim/call.h"

/* ---- pages ---- */

static const struct client_request *class_of(const struct component *self, const struct request *request)
{
    const struct clients_shared *shared = self->shared;

    return &shared->requests.classes[request->request_class - self->group->class_first];
}

/* The page has been answered: now what it shows. */
static void fetch_assets(struct component *self, struct request *page, const struct client_request *class)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    const struct client_request *asset = class->asset;
    uint32_t first = 0;

    for (uint32_t i = class->assets; i > 0; i--) { /* the list then begins with the first one */
        struct request *child = sim_fork(self, page, i);

        child->request_class = asset->index;
        child->priority = asset->priority;
        child->bytes = asset->bytes;
        child->operation = OPERATION_READ;
        child->rows = 1;
        child->data = asset->data;
        child->key = asset->data ? row_chooser_choose(&asset->rows, request_frame(child)->number) : 0;
        child->next = first;
        first = child->index;
        if (shared->asset_target->type->expect)
            shared->asset_target->type->expect(shared->asset_target->instances[0], child);
    }
    clients->assets += class->assets;
    if (shared->audience) /* the last of the assets comes soon */
        audience_prefetch(shared->audience, page->user);
    while (first) {
        struct request *child = sim_request(self->sim, first);
        uint32_t target;

        first = child->next;
        target = route_instance(shared->asset_target, child, request_frame(child)->number);
        sim_call(self, child, shared->asset_targets[target], 0);
    }
}

/* ---- sessions ---- */

static void session_set_alarm(struct component *self)
{
    struct clients *clients = component_state(self);
    struct timers *timers = &self->sim->timers;
    struct event event;

    if (!clients->sessions->waiting.count)
        return; /* then it has just gone off */
    event = sim_event(self, clients->session_ticker, session_calendar_first_ns(&clients->sessions->waiting));
    if (clients->session_alarm)
        timer_move(timers, clients->session_alarm, event);
    else
        clients->session_alarm = timer_start(timers, event);
}

/* Sets the alarm only where this one is the first now. */
static void session_keep(struct component *self, struct session session)
{
    struct clients *clients = component_state(self);

    if (session_calendar_push(&clients->sessions->waiting, &session))
        session_set_alarm(self);
}

static void session_begin(struct component *self, uint64_t number, uint64_t user)
{
    struct clients *clients = component_state(self);
    uint16_t pages = sessions_pages(clients->sessions, number);

    clients->sessions_started++;
    amount_add(&clients->browsing, 1, self->sim->now_ns);
    if (clients->login)
        clients_send(self, number, user, clients->login,
                     (struct page_of_session){ .pages_left = pages, .is_login = true });
    else
        clients_send(self, number, user, NULL, (struct page_of_session){ .pages_left = (uint16_t)(pages - 1) });
}

void clients_begin_session(struct component *self)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t number = rng_hash(shared->number_key, clients->sent++);
    struct rng choice = rng_for_request(shared->choice_key, number);

    session_begin(self, number, clients_draw_user(shared, &choice));
}

/* At the end of a session the user buys, or does not: who has left, or lacks the last page, does not. */
static void session_decide(struct component *self, uint64_t number, bool has_failed, uint16_t mood)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    struct audience *audience = shared->audience;
    bool buys = !has_failed && sessions_buy(clients->sessions, number, mood);
    uint64_t worth = clients->sessions->basket;

    *(buys ? &clients->purchases : &clients->without_purchase) += 1;
    clients->revenue += buys ? worth : 0;
    if (!audience)
        return;
    *(buys ? &audience->visits_bought : &audience->visits_other) += 1;
    audience->revenue += buys ? worth : 0;
}

static void session_end(struct component *self, uint64_t number, uint64_t user, bool has_failed, uint16_t mood)
{
    struct clients *clients = component_state(self);
    const struct sessions *sessions = clients->sessions;
    int64_t wake_ns;

    *(has_failed ? &clients->sessions_left : &clients->sessions_completed) += 1;
    amount_add(&clients->browsing, -1, self->sim->now_ns);
    session_decide(self, number, has_failed, mood);
    if (!sessions_come_back(sessions, number, has_failed, mood))
        return;
    wake_ns = self->sim->now_ns + duration_sample(&sessions->back_after, number);
    session_keep(self, (struct session){ .wake_ns = wake_ns, .number = number, .user = user,
                                         .phase = SESSION_AWAY });
}

/* The user looks at the page. */
static void session_think(struct component *self, uint64_t number, uint64_t user, uint16_t pages_left,
                          uint16_t mood)
{
    const struct clients *clients = component_state(self);
    int64_t wake_ns = self->sim->now_ns + duration_sample(&clients->sessions->think_time, number);

    session_keep(self, (struct session){ .wake_ns = wake_ns, .number = number, .user = user,
                                         .pages_left = pages_left, .mood = mood,
                                         .phase = SESSION_THINKS });
}

/* Its page is there, or has failed. */
static void session_go_on(struct component *self, uint64_t number, uint64_t user, struct frame page,
                          bool has_failed)
{
    struct clients *clients = component_state(self);
    const struct sessions *sessions = clients->sessions;
    uint16_t mood = sessions_mood(sessions, page.link, self->sim->now_ns - page.entered_ns, has_failed);

    if (has_failed && sessions_leave(sessions, number))
        session_end(self, number, user, true, mood);
    else if (page.note) /* the login leads to the first page */
        clients_send(self, hash_key(number), user, NULL,
                     (struct page_of_session){ .pages_left = (uint16_t)(page.step - 1), .mood = mood });
    else if (!page.step)
        session_end(self, number, user, has_failed, mood);
    else
        session_think(self, number, user, page.step, mood);
}

void clients_wake_session(struct component *self)
{
    struct clients *clients = component_state(self);
    struct session session = session_calendar_pop(&clients->sessions->waiting);
    uint64_t number = hash_key(session.number);

    clients->session_alarm = 0; /* it has just gone off */
    session_set_alarm(self);
    if (session.phase == SESSION_AWAY) {
        clients->sessions_back++;
        session_begin(self, number, session.user);
    } else {
        clients_send(self, number, session.user, NULL,
                     (struct page_of_session){ .pages_left = (uint16_t)(session.pages_left - 1),
                                               .mood = session.mood });
    }
}

/* ---- answers ---- */

/* The user has the whole page, or none. */
static void page_ended(struct component *self, struct request *request)
{
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    struct frame page = *request_frame(request);
    uint64_t number = page.number, user = request->user;
    enum outcome outcome = (enum outcome)request->outcome;

    clients->gave_up += outcome == OUTCOME_TIMEOUT && shared->has_patience;
    sim_finish(self, request, outcome);
    if (shared->audience && outcome == OUTCOME_OK)
        audience_saw(shared->audience, user, self->sim->now_ns);
    if (clients->sessions) {
        session_go_on(self, number, user, page, outcome != OUTCOME_OK);
    } else if (clients->mode == MODE_CROWD) {
        clients_crowd_think(self, clients->crowd.thinking + 1);
    } else if (clients->mode == MODE_IDENTITIES) {
        amount_add(&clients->thinking, 1, self->sim->now_ns);
        clients_think(self, user, hash_key(number), 1.0);
    }
}

static void asset_ended(struct component *self, struct request *asset)
{
    struct clients *clients = component_state(self);
    struct request *page;

    clients->assets_failed += asset->outcome != OUTCOME_OK;
    page = sim_join(self, asset);
    if (!page)
        return;
    clients->pages_incomplete += page->outcome != OUTCOME_OK;
    page->outcome = OUTCOME_OK; /* it has been answered */
    page_ended(self, page);
}

void clients_answered(struct component *self, struct request *request)
{
    const struct client_request *class;

    if (request->parent) {
        asset_ended(self, request);
        return;
    }
    class = class_of(self, request);
    if (class->assets && request->outcome == OUTCOME_OK)
        fetch_assets(self, request, class);
    else
        page_ended(self, request);
}
