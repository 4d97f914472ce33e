/* deploy_stages.c - the course of one deployment: stage by stage, batch by batch, and back.
 *
 * A stage is a component at its turn, or all of them together. It lists its instances, restarts a batch of
 * them, and when the last is ready pauses until the next batch or the next stage; under blue_green it orders
 * a second set and switches over when the last has booted. A rollback is a stage of its own over all
 * instances that run the release by then.
 * Randomness: none of its own. Cost: O(instances) a batch.
 */
#include "models/deploy_parts.h"
#include "sim/call.h"
#include "sim/members.h"

/* ---- phases ---- */

void deploy_phase_begin(struct component *self, enum deploy_phase phase, int64_t due_ns)
{
    struct deploy_shared *shared = self->shared;
    struct request *ticker = sim_ticker(self);

    shared->phase = phase;
    shared->due_ns = due_ns;
    ticker->user = ++shared->clock;
    request_frame(ticker)->step = DEPLOY_TICK_PHASE;
    sim_tick_at(self, ticker, due_ns > self->sim->now_ns ? due_ns : self->sim->now_ns);
}

/* It ends when the last of them is ready. */
static void phase_begin_work(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    shared->phase = DEPLOY_AT_WORK;
    shared->clock++;
    shared->at_work = 1; /* whoever begins */
}

/* ---- which instances ---- */

static void add_unit(struct component *self, struct deploy_unit unit)
{
    struct deploy_shared *shared = self->shared;

    if (shared->unit_count == shared->unit_room) {
        shared->unit_room = shared->unit_room ? 2 * shared->unit_room : 16;
        shared->units =
            memory_grow(&self->sim->memory, shared->units, shared->unit_room * sizeof *shared->units);
    }
    shared->units[shared->unit_count++] = unit;
}

/* Components of the present stage: one, or all. */
static uint32_t stage_first(const struct component *self)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;

    return config->together ? 0 : shared->stage;
}

static uint32_t stage_end(const struct component *self)
{
    const struct deploy_config *config = self->group->config;

    return config->together ? deploy_target_count(self) : stage_first(self) + 1;
}

static uint32_t most_instances(const struct component *self, uint32_t first, uint32_t end)
{
    uint32_t most = 0;

    for (uint32_t t = first; t < end; t++)
        if (deploy_target_group(self, t)->count > most)
            most = deploy_target_group(self, t)->count;
    return most;
}

static bool runs_candidate(const struct component *self, struct deploy_unit unit)
{
    const struct deploy_shared *shared = self->shared;

    return deploy_running(self, unit)->release.number == shared->candidate.number;
}

static bool is_in_service(const struct component *self, struct deploy_unit unit)
{
    const struct group *group = deploy_target_group(self, unit.target);

    return unit.instance < group->count && group->members->states[unit.instance].state == MEMBER_IN;
}

/* Those in service with the candidate, or without it, of some components; as many of each component in any
 * beginning of the list. */
static void list_units(struct component *self, uint32_t first, uint32_t end, bool with_candidate)
{
    struct deploy_shared *shared = self->shared;
    uint32_t most = most_instances(self, first, end);

    shared->unit_count = shared->unit_next = 0;
    for (uint32_t i = 0; i < most; i++)
        for (uint32_t t = first; t < end; t++) {
            struct deploy_unit unit = { t, i };

            if (is_in_service(self, unit) && runs_candidate(self, unit) == with_candidate)
                add_unit(self, unit);
        }
}

uint32_t deploy_share(const struct param_quantity *quantity, uint32_t count)
{
    double wanted =
        quantity->unit == PARAM_UNIT_FRACTION ? quantity->value * (double)count + 1e-9 : quantity->value;

    return wanted < (double)count ? (uint32_t)wanted : count;
}

/* How many are next. */
static uint32_t batch_size(const struct component *self)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;
    const struct param_quantity *quantity = shared->is_canary ? &config->canary : &config->batch;
    uint32_t size = 0;

    if (shared->back) {
        size = deploy_share(&config->rollback->batch, shared->unit_count);
        return size ? size : 1;
    }
    if (config->strategy == DEPLOY_ALL_AT_ONCE)
        return shared->unit_count;
    for (uint32_t t = stage_first(self); t < stage_end(self); t++)
        size += deploy_share(quantity, shared->targets[t].listed);
    return size ? size : 1;
}

/* ---- forward ---- */

static void restart_batch(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    uint32_t size = batch_size(self);

    for (; size && shared->unit_next < shared->unit_count; size--) {
        shared->at_work++;
        deploy_restart(self, shared->units[shared->unit_next++]);
    }
    deploy_unit_done(self);
}

/* As many new machines as serve now. */
static void order_second_set(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    for (uint32_t t = stage_first(self); t < stage_end(self); t++) {
        const struct group *group = deploy_target_group(self, t);
        uint32_t missing = group->members->count;

        for (uint32_t i = 0; i < group->count && missing; i++)
            if (group->members->states[i].state == MEMBER_OUT) {
                missing--;
                shared->at_work++;
                deploy_order(self, (struct deploy_unit){ t, i });
            }
    }
    deploy_unit_done(self);
}

void deploy_begin_stage(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;

    phase_begin_work(self);
    if (config->strategy == DEPLOY_BLUE_GREEN) {
        shared->unit_count = shared->unit_next = 0;
        order_second_set(self);
        return;
    }
    for (uint32_t t = stage_first(self); t < stage_end(self); t++)
        shared->targets[t].listed = deploy_target_group(self, t)->members->count;
    list_units(self, stage_first(self), stage_end(self), false);
    shared->is_canary = config->strategy == DEPLOY_CANARY && shared->stage == 0;
    restart_batch(self);
}

/* All new machines have booted. The old ones are kept. */
static void switch_over(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;

    list_units(self, stage_first(self), stage_end(self), false);
    for (uint32_t t = stage_first(self); t < stage_end(self); t++)
        for (uint32_t i = 0; i < deploy_target_group(self, t)->count; i++)
            if (deploy_target_group(self, t)->members->states[i].state == MEMBER_ORDERED)
                deploy_join(self, (struct deploy_unit){ t, i });
    for (uint32_t i = 0; i < shared->unit_count; i++)
        deploy_let_go(self, shared->units[i], self->sim->now_ns + config->keep);
    shared->unit_count = 0;
}

/* It may be taken back until then: for `watch`, and whenever somebody will notice. */
static int64_t watched_until_ns(const struct component *self)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;
    int64_t now_ns = self->sim->now_ns, until_ns;

    if (!config->rollback)
        return now_ns;
    until_ns = now_ns + config->rollback->watch;
    if (config->rollback->after != INT64_MAX && shared->served_ns >= 0 &&
        shared->served_ns + config->rollback->after >= until_ns)
        until_ns = shared->served_ns + config->rollback->after + 1;
    return until_ns;
}

static void deployed(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);

    deploy->completed++;
    deploy->duration_ns += (uint64_t)(self->sim->now_ns - shared->begun_ns);
    deploy_phase_begin(self, DEPLOY_WATCHING, watched_until_ns(self));
}

static void rolled_back(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);

    deploy->rolled_back++;
    deploy->rollback_ns += (uint64_t)(self->sim->now_ns - shared->decided_ns);
    deploy_phase_begin(self, DEPLOY_ENDING, self->sim->now_ns);
}

/* Those who came meanwhile, ordered by somebody else, run what there was before. */
static void list_latecomers(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;

    if (shared->back)
        list_units(self, 0, deploy_target_count(self), true);
    else if (config->strategy != DEPLOY_BLUE_GREEN)
        list_units(self, stage_first(self), stage_end(self), false);
}

static void stage_done(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;

    if (shared->back) {
        rolled_back(self);
        return;
    }
    if (config->strategy == DEPLOY_BLUE_GREEN)
        switch_over(self);
    if (stage_end(self) < deploy_target_count(self))
        deploy_phase_begin(self, DEPLOY_PAUSING, self->sim->now_ns + config->between);
    else
        deployed(self);
}

void deploy_unit_done(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;
    int64_t pause_ns = shared->is_canary ? config->canary_time : config->pause;

    if (--shared->at_work)
        return;
    if (shared->unit_next == shared->unit_count)
        list_latecomers(self);
    if (shared->unit_next == shared->unit_count)
        stage_done(self);
    else
        deploy_phase_begin(self, DEPLOY_PAUSING, self->sim->now_ns + (shared->back ? 0 : pause_ns));
}
/* ---- back ---- */

/* The new machines go, those of before take over. */
static void switch_back(struct component *self)
{
    for (uint32_t t = 0; t < deploy_target_count(self); t++) {
        const struct group *group = deploy_target_group(self, t);
        bool has_old = false;

        for (uint32_t i = 0; i < group->count; i++) {
            struct deploy_unit unit = { t, i };

            if (group->members->states[i].state == MEMBER_LEAVING && !runs_candidate(self, unit)) {
                deploy_call_back(self, unit);
                has_old = true;
            }
        }
        for (uint32_t i = 0; i < group->count; i++) {
            struct deploy_unit unit = { t, i };

            if (group->members->states[i].state == MEMBER_ORDERED)
                deploy_give_up(self, unit);
            else if (has_old && group->members->states[i].state == MEMBER_IN && runs_candidate(self, unit))
                deploy_let_go(self, unit, self->sim->now_ns);
        }
    }
}

/* Who is about to stop stays, who is about to start starts as before. */
static void turn_round(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    for (uint32_t t = 0; t < deploy_target_count(self); t++)
        for (uint32_t i = 0; i < deploy_target_group(self, t)->count; i++) {
            struct deploy_unit unit = { t, i };
            enum member_state state = deploy_target_group(self, t)->members->states[i].state;

            if (!deploy_is_ours(self, unit)) {
                deploy_forget(self, unit);
            } else if (state == MEMBER_LEAVING) {
                deploy_call_back(self, unit);
            } else if (state == MEMBER_ORDERED) {
                shared->at_work++;
                deploy_start_anew(self, unit);
            }
        }
}

void deploy_roll_back(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);

    shared->decided_ns = self->sim->now_ns;
    shared->back = true;
    shared->is_canary = false;
    deploy->rollbacks++;
    if (shared->served_ns >= 0)
        deploy->exposure_ns += (uint64_t)(self->sim->now_ns - shared->served_ns);
    phase_begin_work(self);
    if (config->strategy == DEPLOY_BLUE_GREEN)
        switch_back(self);
    else
        turn_round(self);
    list_units(self, 0, deploy_target_count(self), true);
    restart_batch(self);
}

bool deploy_can_go_back(const struct deploy_shared *shared)
{
    return !shared->back && (shared->phase == DEPLOY_AT_WORK || shared->phase == DEPLOY_PAUSING ||
                             shared->phase == DEPLOY_WATCHING);
}
/* ---- on ---- */

/* A pause is over. */
void deploy_go_on(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    if (shared->unit_next < shared->unit_count) {
        shared->is_canary = false;
        phase_begin_work(self);
        restart_batch(self);
    } else {
        shared->stage++;
        deploy_begin_stage(self);
    }
}
