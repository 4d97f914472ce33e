/* deploy_errands.c - what a deployment does about single instances: stop, start, order, let go, call back.
 *
 * A restart: the instance leaves (balancers and other callers send nothing new), ends what it has, at most
 * for `drain`, stops with everything in its memory, starts as another release, and is in service again, cold.
 * Its machine is paid throughout. An instance that is dead when its turn comes is not touched: what it starts
 * when it is back is the release that is wanted now. An autoscaler may take instances away that start anew,
 * or are still to stop: these are passed over.
 * Randomness: `restart` and `boot` by the number of the start.
 * Cost: O(requests) each time that an instance is looked at whether it is idle: at once, and then after twice
 * as long as before, up to a tenth of a second.
 */
#include "models/deploy_parts.h"

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/members.h"

#define POLL_FIRST_NS (SIM_NS_PER_S / 1000)
#define POLL_LONGEST_NS (SIM_NS_PER_S / 10)

static struct deploy_errand *errand_of(const struct component *self, struct deploy_unit unit)
{
    const struct deploy_shared *shared = self->shared;

    return &shared->targets[unit.target].errands[unit.instance];
}

/* What was decided about it before has no effect any more. */
static void change(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    errand_of(self, unit)->changes++;
    errand_of(self, unit)->is_at_work = false;
    shared->has_changed = true;
}

static uint32_t state_number(const struct component *self, struct deploy_unit unit)
{
    return deploy_instance(self, unit)->group->members->states[unit.instance].changes;
}

/* Nobody else has changed its state since: who adds and takes away instances may do that at any time. */
bool deploy_is_ours(const struct component *self, struct deploy_unit unit)
{
    return errand_of(self, unit)->state == state_number(self, unit);
}

static void tick_at(struct component *self, struct deploy_unit unit, enum deploy_tick what, int64_t time_ns)
{
    struct request *ticker = sim_ticker(self);

    ticker->key = (uint64_t)unit.target << 32 | unit.instance;
    ticker->user = errand_of(self, unit)->changes;
    errand_of(self, unit)->state = state_number(self, unit);
    errand_of(self, unit)->is_at_work = !errand_of(self, unit)->goes;
    request_frame(ticker)->step = (uint16_t)what;
    sim_tick_at(self, ticker, time_ns);
}

static struct deploy_unit unit_of(const struct request *ticker)
{
    return (struct deploy_unit){ (uint32_t)(ticker->key >> 32), (uint32_t)ticker->key };
}

static void start_as_wanted(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    version_start(&shared->targets[unit.target].versions, deploy_instance(self, unit), deploy_wanted(shared));
}

static void leave(struct component *self, struct deploy_unit unit, int64_t from_ns, bool goes)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_errand *errand = errand_of(self, unit);

    change(self, unit);
    if (goes)
        member_leave(deploy_instance(self, unit));
    else
        member_leave_to_return(deploy_instance(self, unit));
    errand->cut_ns = from_ns + config->drain;
    errand->poll_ns = POLL_FIRST_NS;
    errand->goes = goes;
    tick_at(self, unit, DEPLOY_TICK_LEFT, from_ns);
}

void deploy_restart(struct component *self, struct deploy_unit unit)
{
    struct component *instance = deploy_instance(self, unit);

    if (member_state_of(instance) == MEMBER_IN && !component_has_crashed(instance)) {
        leave(self, unit, self->sim->now_ns, false);
        return;
    }
    if (member_state_of(instance) == MEMBER_IN) {
        change(self, unit);
        start_as_wanted(self, unit);
    }
    deploy_unit_done(self);
}

void deploy_forget(struct component *self, struct deploy_unit unit)
{
    change(self, unit);
}

void deploy_let_go(struct component *self, struct deploy_unit unit, int64_t from_ns)
{
    leave(self, unit, from_ns, true);
}

void deploy_give_up(struct component *self, struct deploy_unit unit)
{
    change(self, unit);
    member_retire(deploy_instance(self, unit));
}

void deploy_call_back(struct component *self, struct deploy_unit unit)
{
    change(self, unit);
    member_return(deploy_instance(self, unit));
}

/* ---- starts ---- */

/* Its program or its machine, which `duration` is of. */
static void start(struct component *self, struct deploy_unit unit, const struct duration *duration)
{
    struct deploy_shared *shared = self->shared;

    change(self, unit);
    start_as_wanted(self, unit);
    tick_at(self, unit, DEPLOY_TICK_STARTED,
            self->sim->now_ns + duration_sample(duration, ++shared->orders));
}

void deploy_start_anew(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    start(self, unit, &shared->restart);
}

void deploy_order(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    member_order(deploy_instance(self, unit));
    errand_of(self, unit)->goes = false;
    start(self, unit, &shared->boot);
}

void deploy_join(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    change(self, unit);
    member_join(deploy_instance(self, unit));
    if (!shared->back && shared->served_ns < 0)
        deploy_served(self);
}

/* Somebody else has taken it away. */
static void is_passed_over(struct component *self, struct deploy_unit unit)
{
    if (!errand_of(self, unit)->is_at_work)
        return;
    errand_of(self, unit)->is_at_work = false;
    deploy_unit_done(self);
}

void deploy_resume(struct component *self, struct deploy_unit unit)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_errand *errand = errand_of(self, unit);
    int64_t from_ns = errand->cut_ns - config->drain;

    if (!deploy_is_ours(self, unit))
        is_passed_over(self, unit);
    else if (member_state_of(deploy_instance(self, unit)) == MEMBER_LEAVING)
        tick_at(self, unit, DEPLOY_TICK_LEFT, from_ns > self->sim->now_ns ? from_ns : self->sim->now_ns);
    else if (errand->is_at_work) /* else it has booted, and waits for the others */
        deploy_start_anew(self, unit);
}

/* ---- clocks ---- */

/* It is idle, dead, or has had its time. */
static void stop(struct component *self, struct deploy_unit unit)
{
    struct component *instance = deploy_instance(self, unit);
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);

    if (errand_of(self, unit)->goes) {
        deploy_give_up(self, unit);
    } else if (component_has_crashed(instance)) { /* it died while it was leaving */
        deploy_call_back(self, unit);
        start_as_wanted(self, unit);
        deploy_unit_done(self);
    } else {
        deploy->restarts++;
        member_retire(instance);
        member_order(instance);
        start(self, unit, &shared->restart);
    }
}

void deploy_left(struct component *self, struct request *ticker)
{
    struct deploy *deploy = component_state(self);
    struct deploy_unit unit = unit_of(ticker);
    struct deploy_errand *errand = errand_of(self, unit);
    struct component *instance = deploy_instance(self, unit);
    bool is_idle;

    if (errand->changes != ticker->user || !deploy_is_ours(self, unit)) {
        bool is_last = errand->changes == ticker->user;

        request_destroy(self->sim, ticker);
        if (is_last)
            is_passed_over(self, unit);
        return;
    }
    is_idle = member_is_idle(instance);
    if (!is_idle && self->sim->now_ns < errand->cut_ns && !component_has_crashed(instance)) {
        sim_tick_at(self, ticker, self->sim->now_ns + errand->poll_ns);
        errand->poll_ns = 2 * errand->poll_ns < POLL_LONGEST_NS ? 2 * errand->poll_ns : POLL_LONGEST_NS;
        return;
    }
    deploy->cut_short += !is_idle;
    request_destroy(self->sim, ticker);
    stop(self, unit);
}

void deploy_started(struct component *self, struct request *ticker)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;
    struct deploy_unit unit = unit_of(ticker);
    bool is_due = errand_of(self, unit)->changes == ticker->user;

    request_destroy(self->sim, ticker);
    if (!is_due)
        return;
    errand_of(self, unit)->is_at_work = false;
    if (deploy_is_ours(self, unit) && (config->strategy != DEPLOY_BLUE_GREEN || shared->back))
        deploy_join(self, unit);
    deploy_unit_done(self);
}
