/* deploy_parts.h - what the files of the model `deploy` have of each other: the course of a deployment
 * (deploy_stages.c) and what is done about single instances (deploy_errands.c). */
#ifndef MODELS_DEPLOY_PARTS_H
#define MODELS_DEPLOY_PARTS_H

#include "models/deploy.h"

/* What a ticker is for: the step of its frame. Of an instance: its key is the unit, its user the decision's
 * number. */
enum deploy_tick { DEPLOY_TICK_PHASE, DEPLOY_TICK_UNDO, DEPLOY_TICK_LEFT, DEPLOY_TICK_STARTED };

static inline struct component *deploy_instance(const struct component *self, struct deploy_unit unit)
{
    const struct deploy_shared *shared = self->shared;

    return shared->targets[unit.target].versions.group->instances[unit.instance];
}

static inline struct running *deploy_running(const struct component *self, struct deploy_unit unit)
{
    const struct deploy_shared *shared = self->shared;

    return &shared->targets[unit.target].versions.running[unit.instance];
}

/* The release that what starts now runs. */
static inline const struct release *deploy_wanted(const struct deploy_shared *shared)
{
    return shared->back ? &shared->stable : &shared->candidate;
}

static inline uint32_t deploy_target_count(const struct component *self)
{
    const struct deploy_config *config = self->group->config;

    return (uint32_t)config->components.count;
}

static inline struct group *deploy_target_group(const struct component *self, uint32_t target)
{
    const struct deploy_shared *shared = self->shared;

    return shared->targets[target].versions.group;
}

/* ---- deploy_stages.c ---- */

void deploy_phase_begin(struct component *self, enum deploy_phase phase, int64_t due_ns);

/* The present stage begins; what follows comes by itself, up to the phase WATCHING. */
void deploy_begin_stage(struct component *self);

/* A pause is over. */
void deploy_go_on(struct component *self);

/* One of those at work is ready. */
void deploy_unit_done(struct component *self);

/* The candidate may be taken back now; it is, up to the phase ENDING. */
bool deploy_can_go_back(const struct deploy_shared *shared);
void deploy_roll_back(struct component *self);

/* ---- deploy_errands.c ---- */

/* It leaves, ends what it has, stops, and starts as the wanted release. Each of these ends in
 * deploy_unit_done(), maybe at once. */
void deploy_restart(struct component *self, struct deploy_unit unit);

/* A machine is ordered, boots, and then waits to be taken into service by deploy_join(). */
void deploy_order(struct component *self, struct deploy_unit unit);

/* Its state is of the deployment's own making. */
bool deploy_is_ours(const struct component *self, struct deploy_unit unit);

/* What starts breaks that off and starts as the wanted release. */
void deploy_start_anew(struct component *self, struct deploy_unit unit);

/* At once: it is in service. */
void deploy_join(struct component *self, struct deploy_unit unit);

/* It gets nothing new, and is gone with its machine as soon as it is idle, at the earliest at from_ns. */
void deploy_let_go(struct component *self, struct deploy_unit unit, int64_t from_ns);

/* It is gone now. */
void deploy_give_up(struct component *self, struct deploy_unit unit);

/* It was leaving, and stays as it was. */
void deploy_call_back(struct component *self, struct deploy_unit unit);

/* Somebody else sees to it now; nobody waits for what was decided about it. */
void deploy_forget(struct component *self, struct deploy_unit unit);

/* Its clock, after those of before were lost. */
void deploy_resume(struct component *self, struct deploy_unit unit);

/* Its clocks. */
void deploy_left(struct component *self, struct request *ticker);
void deploy_started(struct component *self, struct request *ticker);

/* ---- deploy.c ---- */

/* The first instance with the release is in service. */
void deploy_served(struct component *self);

#endif
