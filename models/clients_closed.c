/* clients_closed.c - users who think between an answer and their next request: a crowd of all alike, or
 * users who are each somebody; see clients.c. */
#include "models/clients_state.h"

#include "sim/call.h"

/* ---- a crowd ---- */

void clients_crowd_think(struct component *self, uint64_t thinking)
{
    struct clients *clients = component_state(self);
    struct timers *timers = &self->sim->timers;
    int64_t date_ns = crowd_change(&clients->crowd, thinking, self->sim->now_ns);

    amount_set(&clients->thinking, (int64_t)thinking, self->sim->now_ns);
    if (date_ns == SIM_TIME_NEVER) {
        if (clients->alarm)
            timer_stop(timers, clients->alarm);
        clients->alarm = 0;
    } else if (clients->alarm) {
        timer_move(timers, clients->alarm, sim_event(self, clients->ticker, date_ns));
    } else {
        clients->alarm = timer_start(timers, sim_event(self, clients->ticker, date_ns));
    }
}

void clients_crowd_send(struct component *self)
{
    struct clients *clients = component_state(self);

    clients->alarm = 0; /* it has just gone off */
    crowd_sent(&clients->crowd);
    clients_crowd_think(self, clients->crowd.thinking - 1);
    clients_send_next(self);
}

/* ---- users who are somebody ---- */

void clients_think(struct component *self, uint64_t user, uint64_t number, double share_of_pause)
{
    struct clients *clients = component_state(self);
    struct request *ticker = sim_ticker(self);

    ticker->user = user;
    request_frame(ticker)->number = number;
    if (share_of_pause == 1.0)
        sim_wait(self, ticker, &clients->think_time);
    else
        sim_after(self, ticker,
                  (int64_t)((double)duration_sample(&clients->think_time, number) * share_of_pause));
}

/* All users begin somewhere in a pause; without that, constant pauses would keep them in step for ever.
 * What is left of an exponential one is as long as a whole one. */
void clients_identities_start(struct component *self)
{
    const struct clients_config *config = self->group->config;
    const struct clients_shared *shared = self->shared;
    struct clients *clients = component_state(self);
    uint64_t begin_key = rng_key(self->sim->seed, self->group->name, "first pause");
    bool has_memory = config->think_time.law != DISTRIBUTION_EXPONENTIAL;

    for (uint64_t user = 0; user < shared->users; user++) {
        struct rng rng = rng_for_request(begin_key, user);

        clients_think(self, shared->user_first + user, rng_hash(shared->number_key, user),
                      has_memory ? rng_uniform(&rng) : 1.0);
    }
    amount_set(&clients->thinking, config->users, self->sim->now_ns);
}

void clients_identity_send(struct component *self, struct request *ticker)
{
    struct clients *clients = component_state(self);
    uint64_t number = request_frame(ticker)->number, user = ticker->user;

    request_destroy(self->sim, ticker);
    amount_add(&clients->thinking, -1, self->sim->now_ns);
    clients_send(self, number, user, NULL, (struct page_of_session){ 0 });
}
