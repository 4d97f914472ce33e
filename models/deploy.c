/* deploy.c - brings new versions of the software to the instances of components, and takes them back.
 *
 * Represented: when a version is ready, tests look for its defects, each of which they catch with a
 * probability: then it never goes out. Else it goes out by a strategy, component after component in the order
 * of the list (the copies of a tier in several sites), or to all of them together:
 *   all_at_once   every instance stops at the same time, and starts as the new version
 *   rolling       a batch, a pause, the next batch
 *   canary        some servers of the first component, then the others as in rolling, if nobody minds
 *   blue_green    as many new machines as there are; when the last has booted all requests go to them, at
 *                 one instant; the old ones are kept for a while, paid, to go back to
 * How an instance stops and starts: deploy_errands.c. A rollback stops what has not been begun, calls back
 * who was leaving, and starts those that run the new version as the old one; after blue_green, while the old
 * machines are there, requests go back to them at one instant. It is decided by an alert of a monitor, or at
 * a time after the first instance with the new version came into service: somebody has noticed.
 * One deployment at a time: the next version waits until the one before is over, with the time in which it
 * may be taken back and the old machines; and while an alert fires.
 * An autoscaler may add and take away instances meanwhile (not with blue_green): what joins runs what there
 * was before until the deployment is done, and has its turn at the end of its component's.
 * Left out: the time to build and to copy what is deployed; flags that switch features on without one;
 * versions of the data's schema.
 * Randomness: which defects a release has ("builds") and which tests catch ("catches"), in the order of
 * releases and defects; durations of tests by the release's number. Cost: O(instances) a change.
 */
#include "models/deploy.h"

#include <string.h>

#include "models/alert.h"
#include "models/deploy_parts.h"
#include "sim/call.h"
#include "sim/fault.h"
#include "sim/members.h"

#define LEAVING_POLL_NS (SIM_NS_PER_S / 10)

/* clang-format off */
static const struct metric_row metrics[] = {
    { "versions", "1", METRIC_COUNTER, offsetof(struct deploy, versions), 0,
      "Releases that were ready, tested or not." },
    { "defects.caught", "1", METRIC_COUNTER, offsetof(struct deploy, caught), 0,
      "Bad releases that tests caught: they never went out." },
    { "defects.missed", "1", METRIC_COUNTER, offsetof(struct deploy, missed), 0,
      "Bad releases that went out, because no test caught them or there is none." },
    { "defects.caught_share", "1", METRIC_RATIO, offsetof(struct deploy, caught),
      offsetof(struct deploy, missed),
      "Bad releases that tests caught, over all bad ones." },
    { "deployments", "1", METRIC_COUNTER, offsetof(struct deploy, deployments), 0,
      "Releases that began to go out." },
    { "deployments.completed", "1", METRIC_COUNTER, offsetof(struct deploy, completed), 0,
      "Those that came to run everywhere, if only for a while." },
    { "duration", "s", METRIC_MEAN_TIME, offsetof(struct deploy, duration_ns),
      offsetof(struct deploy, completed),
      "From the first step of such a deployment until all instances ran the release, on average." },
    { "rollbacks", "1", METRIC_COUNTER, offsetof(struct deploy, rollbacks), 0,
      "Deployments that were taken back." },
    { "rollback.exposure", "s", METRIC_MEAN_TIME, offsetof(struct deploy, exposure_ns),
      offsetof(struct deploy, rollbacks),
      "From the first instance in service with the release until it was decided to take it back, on "
      "average." },
    { "rollback.duration", "s", METRIC_MEAN_TIME, offsetof(struct deploy, rollback_ns),
      offsetof(struct deploy, rolled_back),
      "From that decision until no instance in service ran the release, on average." },
    { "restarts", "1", METRIC_COUNTER, offsetof(struct deploy, restarts), 0,
      "Times that an instance stopped, to start as another release." },
    { "cut_short", "1", METRIC_COUNTER, offsetof(struct deploy, cut_short), 0,
      "Instances that stopped with requests inside, which had not ended within `drain`: their callers see a "
      "crash." },
    { "instances.new", "1", METRIC_LEVEL, offsetof(struct deploy, fresh), 0,
      "Instances in service with the release that went out last." },
    { "skew", "1", METRIC_LEVEL, offsetof(struct deploy, mixed), 0,
      "1 while instances in service run different releases, else 0: the mean is the share of the time." },
    { "requests.new", "1", METRIC_COUNTER, offsetof(struct deploy, counts.requests), 0,
      "Requests that came to an instance with the release that went out last." },
    { "requests.struck", "1", METRIC_COUNTER, offsetof(struct deploy, counts.failed), 0,
      "Visits of requests that failed by a bug, or by memory that a leak had filled." },
    { "users.struck", "1", METRIC_COUNTER, offsetof(struct deploy, counts.users), 0,
      "Different users to whom that happened; each is counted when it happens for the first time." },
    { "computations.slowed", "1", METRIC_COUNTER, offsetof(struct deploy, counts.slowed), 0,
      "Computations that took another time than in the version without the defect." },
    { "reads.unreadable", "1", METRIC_COUNTER, offsetof(struct deploy, counts.unreadable), 0,
      "Rows and messages in a form that the version which got them could not read." },
    { .name = NULL },
};
/* clang-format on */

/* ---- for those who run versions ---- */

static void target_init(struct deploy_target *target, struct group *deploy, struct group *group)
{
    struct deploy_shared *shared = deploy->shared;
    struct deploy *state = component_state(deploy->instances[0]);
    struct memory *memory = &deploy->sim->memory;

    target->versions = (struct versions){
        .group = group, .counts = &state->counts, .forms = &shared->forms, .struck = &shared->struck
    };
    target->versions.running = memory_alloc_array(memory, group->count, sizeof *target->versions.running);
    target->errands = memory_alloc_array(memory, group->count, sizeof *target->errands);
}

/* Groups are wired in any order: whoever comes first makes it. */
struct versions *deploy_versions(struct group *deploy, struct group *group)
{
    const struct deploy_config *config = deploy->config;
    const struct deploy_component *components = config->components.items;
    struct deploy_shared *shared = deploy->shared;

    if (!shared->targets)
        shared->targets =
            memory_alloc_array(&deploy->sim->memory, config->components.count, sizeof *shared->targets);
    for (size_t i = 0; i < config->components.count; i++)
        if (!strcmp(components[i].component, group->name)) {
            if (!shared->targets[i].versions.group)
                target_init(&shared->targets[i], deploy, group);
            return &shared->targets[i].versions;
        }
    return NULL;
}

/* Who is in service with what, at the end of each of its events. */
static void count_releases(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);
    uint32_t latest = shared->release_count, first = UINT32_MAX, fresh = 0;
    bool mixed = false;

    if (!shared->has_changed)
        return;
    shared->has_changed = false;
    for (uint32_t t = 0; t < deploy_target_count(self); t++)
        for (uint32_t i = 0; i < deploy_target_group(self, t)->count; i++) {
            uint32_t number = shared->targets[t].versions.running[i].release.number;

            if (deploy_target_group(self, t)->members->states[i].state != MEMBER_IN)
                continue;
            fresh += latest && number == latest;
            mixed = mixed || (first != UINT32_MAX && number != first);
            first = number;
        }
    amount_set(&deploy->fresh, fresh, self->sim->now_ns);
    amount_set(&deploy->mixed, mixed, self->sim->now_ns);
}
/* ---- releases ---- */

static int64_t ready_ns(const struct component *self, size_t index)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;
    const struct version_config *version = (const struct version_config *)config->versions.items + index;

    if (shared->released[index] == version->times ||
        (SIM_TIME_LONGEST - version->at) / version->every < shared->released[index])
        return SIM_TIME_NEVER;
    return self->sim->window_start_ns + version->at + shared->released[index] * version->every;
}

/* The version whose release is ready first; of one date, the first in the list. */
static size_t find_next(const struct component *self)
{
    const struct deploy_config *config = self->group->config;
    size_t next = 0;

    for (size_t i = 1; i < config->versions.count; i++)
        if (ready_ns(self, i) < ready_ns(self, next))
            next = i;
    return next;
}

static void wait_for_next(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    int64_t due_ns = ready_ns(self, find_next(self));

    shared->phase = DEPLOY_IDLE;
    if (due_ns != SIM_TIME_NEVER)
        deploy_phase_begin(self, DEPLOY_IDLE, due_ns);
}

static const struct defect_config *defect_of(const struct release *release, unsigned index)
{
    return (const struct defect_config *)release->version->config->defects.items + index;
}

static void roll_out(struct component *self)
{
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);

    deploy->deployments++;
    deploy->missed += shared->candidate.defects != 0;
    shared->candidate.number = ++shared->release_count;
    for (uint32_t t = 0; t < deploy_target_count(self); t++)
        shared->targets[t].versions.latest = shared->release_count;
    for (uint64_t left = shared->candidate.defects; left; left &= left - 1)
        if (defect_of(&shared->candidate, (unsigned)__builtin_ctzll(left))->incompatible)
            shared->candidate.form = (uint16_t)(shared->form_count + 1);
    if (shared->candidate.form > shared->form_count)
        shared->form_count = shared->candidate.form;
    shared->back = false;
    shared->begun_ns = self->sim->now_ns;
    shared->served_ns = -1;
    shared->stage = 0;
    shared->has_changed = true;
    deploy_begin_stage(self);
}

/* Each of its defects on its own. */
static bool is_caught(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;
    bool caught = false;

    for (uint64_t left = shared->candidate.defects; left; left &= left - 1) {
        const struct defect_config *defect =
            defect_of(&shared->candidate, (unsigned)__builtin_ctzll(left));
        double chance = defect->caught == DEFECT_AS_TESTS ? config->tests->catches : defect->caught;

        caught = (rng_uniform(&shared->catches) < chance) || caught;
    }
    return caught;
}

static void tested(struct component *self)
{
    struct deploy *deploy = component_state(self);

    if (!is_caught(self)) {
        roll_out(self);
        return;
    }
    deploy->caught++;
    wait_for_next(self);
}

static void release(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;
    struct deploy *deploy = component_state(self);
    size_t index = find_next(self);
    const struct version *version = &shared->versions[index];

    shared->released[index]++;
    deploy->versions++;
    shared->candidate = (struct release){ .version = version, .form = shared->stable.form };
    for (unsigned i = 0; i < version->config->defects.count; i++)
        if (rng_uniform(&shared->builds) < version->defects[i].config->chance)
            shared->candidate.defects |= UINT64_C(1) << i;
    if (config->tests)
        deploy_phase_begin(self, DEPLOY_TESTING,
                    self->sim->now_ns + duration_sample(&shared->test, deploy->versions));
    else
        roll_out(self);
}
/* ---- alerts ---- */

static bool an_alert_fires(const struct component *self)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;

    for (size_t i = 0; config->rollback && i < config->rollback->alerts.count; i++)
        if (alert_is_firing(shared->alerts[i]))
            return true;
    return false;
}

/* An alert fires or clears, in an event of its own. */
static void alert_changed(void *context, bool firing)
{
    struct component *self = context;
    struct deploy_shared *shared = self->shared;

    if (component_is_down(self))
        return;
    shared->is_acting = true;
    if (firing && deploy_can_go_back(shared))
        deploy_roll_back(self);
    else if (!firing && shared->phase == DEPLOY_IDLE && shared->due_ns <= self->sim->now_ns)
        wait_for_next(self); /* a version that was held back */
    shared->is_acting = false;
    count_releases(self);
}

/* ---- clocks ---- */

/* Somebody notices at a time after that. */
static void set_undo_clock(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    const struct deploy_shared *shared = self->shared;
    struct request *ticker;
    int64_t due_ns;

    if (!config->rollback || config->rollback->after == INT64_MAX)
        return;
    due_ns = shared->served_ns + config->rollback->after;
    ticker = sim_ticker(self);
    ticker->user = shared->candidate.number;
    request_frame(ticker)->step = DEPLOY_TICK_UNDO;
    sim_tick_at(self, ticker, due_ns > self->sim->now_ns ? due_ns : self->sim->now_ns);
}

void deploy_served(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    shared->served_ns = self->sim->now_ns;
    set_undo_clock(self);
}

static bool somebody_leaves(const struct component *self)
{
    for (uint32_t t = 0; t < deploy_target_count(self); t++)
        for (uint32_t i = 0; i < deploy_target_group(self, t)->count; i++)
            if (deploy_target_group(self, t)->members->states[i].state == MEMBER_LEAVING)
                return true;
    return false;
}

static void phase_due(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    switch (shared->phase) {
    case DEPLOY_IDLE:
        if (!an_alert_fires(self))
            release(self);
        break;
    case DEPLOY_TESTING:
        tested(self);
        break;
    case DEPLOY_PAUSING:
        if (!shared->back && an_alert_fires(self))
            deploy_roll_back(self);
        else
            deploy_go_on(self);
        break;
    case DEPLOY_WATCHING:
        if (somebody_leaves(self)) { /* old machines to go back to */
            deploy_phase_begin(self, DEPLOY_WATCHING, self->sim->now_ns + LEAVING_POLL_NS);
            break;
        }
        shared->stable = shared->candidate;
        wait_for_next(self);
        break;
    case DEPLOY_ENDING:
        if (somebody_leaves(self))
            deploy_phase_begin(self, DEPLOY_ENDING, self->sim->now_ns + LEAVING_POLL_NS);
        else
            wait_for_next(self);
        break;
    case DEPLOY_AT_WORK:
        SIM_ASSERT(self->sim, self, false);
    }
}

/* Somebody else has added an instance, which starts as what the others run, or has taken one away. */
static void member_changed(struct component *self, const struct component *member, bool is_member)
{
    struct deploy_shared *shared = self->shared;
    bool is_out = shared->phase == DEPLOY_WATCHING;

    shared->has_changed = true;
    if (shared->is_acting)
        return;
    for (uint32_t t = 0; t < deploy_target_count(self) && is_member; t++)
        if (deploy_target_group(self, t) == member->group)
            version_start(&shared->targets[t].versions, member,
                          is_out ? &shared->candidate : &shared->stable);
    count_releases(self);
}

static void tick(struct component *self, struct request *ticker)
{
    struct deploy_shared *shared = self->shared;
    uint64_t user = ticker->user;

    switch ((enum deploy_tick)request_frame(ticker)->step) {
    case DEPLOY_TICK_PHASE:
        request_destroy(self->sim, ticker);
        if (user == shared->clock)
            phase_due(self);
        break;
    case DEPLOY_TICK_UNDO:
        request_destroy(self->sim, ticker);
        if (user == shared->candidate.number && deploy_can_go_back(shared))
            deploy_roll_back(self);
        break;
    case DEPLOY_TICK_LEFT:
        deploy_left(self, ticker);
        break;
    case DEPLOY_TICK_STARTED:
        deploy_started(self, ticker);
    }
}

static void deploy_on_timer(struct component *self, struct request *ticker)
{
    struct deploy_shared *shared = self->shared;

    shared->is_acting = true;
    tick(self, ticker);
    shared->is_acting = false;
    count_releases(self);
}

/* ---- start ---- */

static void take(struct group *deploy, size_t index, struct group *group)
{
    struct deploy_shared *shared = deploy->shared;
    struct members *members = group->members;

    deploy_versions(deploy, group);
    if (members->observer) {
        shared->targets[index].taken_by = members->observer->group;
        return;
    }
    members->observer = deploy->instances[0];
    members->on_change = member_changed;
}

static void deploy_wire_group(struct group *group)
{
    const struct deploy_config *config = group->config;
    const struct deploy_component *components = config->components.items;
    const struct version_config *versions = config->versions.items;
    struct deploy_shared *shared = group->shared;
    struct memory *memory = &group->sim->memory;
    uint64_t seed = group->sim->seed;

    for (size_t i = 0; i < config->components.count; i++)
        take(group, i, sim_find_group(group->sim, components[i].component));
    shared->versions = memory_alloc_array(memory, config->versions.count, sizeof *shared->versions);
    shared->released = memory_alloc_array(memory, config->versions.count, sizeof *shared->released);
    for (size_t i = 0; i < config->versions.count; i++)
        version_init(&shared->versions[i], group, &versions[i]);
    if (config->tests)
        duration_init(&shared->test, group, "test", &config->tests->duration);
    duration_init(&shared->restart, group, "restart", &config->restart_time);
    duration_init(&shared->boot, group, "boot", &config->boot_time);
    rng_init(&shared->builds, seed, group->name, "builds");
    rng_init(&shared->catches, seed, group->name, "catches");
}

static void subscribe(struct component *self, const struct deploy_rollback_config *rollback)
{
    struct deploy_shared *shared = self->shared;
    const struct deploy_alert *alerts = rollback->alerts.items;
    size_t count = rollback->alerts.count;

    shared->alerts = memory_alloc_array(&self->sim->memory, count, sizeof *shared->alerts);
    for (size_t i = 0; i < count; i++) {
        shared->alerts[i] = alert_find(sim_find_group(self->sim, rollback->monitor), alerts[i].name);
        alert_subscribe(shared->alerts[i], alert_changed, self);
    }
}

static void deploy_start(struct component *self)
{
    const struct deploy_config *config = self->group->config;
    struct deploy_shared *shared = self->shared;

    if (config->rollback)
        subscribe(self, config->rollback);
    for (size_t i = 0; i < config->versions.count; i++)
        version_find_classes(&shared->versions[i], self->sim);
}

static void deploy_on_window(struct component *self)
{
    wait_for_next(self);
}

/* Its site was gone, and is back: what it knows about the deployment was on disk. */
static void deploy_on_restart(struct component *self)
{
    struct deploy_shared *shared = self->shared;

    shared->is_acting = true;
    for (uint32_t t = 0; t < deploy_target_count(self); t++)
        for (uint32_t i = 0; i < deploy_target_group(self, t)->count; i++)
            deploy_resume(self, (struct deploy_unit){ t, i });
    if (deploy_can_go_back(shared) && shared->served_ns >= 0)
        set_undo_clock(self);
    if (shared->phase == DEPLOY_IDLE)
        wait_for_next(self);
    else if (shared->phase != DEPLOY_AT_WORK)
        deploy_phase_begin(self, shared->phase, shared->due_ns);
    if (deploy_can_go_back(shared) && an_alert_fires(self))
        deploy_roll_back(self);
    shared->is_acting = false;
    count_releases(self);
}

static const char *deploy_scaled(const void *config, size_t index, uint32_t count, uint32_t *instances_max)
{
    const struct deploy_config *deploy = config;
    const struct deploy_component *components = deploy->components.items;

    *instances_max = deploy->strategy == DEPLOY_BLUE_GREEN ? 2 * count : count;
    return index < deploy->components.count ? components[index].component : NULL;
}

const struct model_type deploy_model = {
    .component = {
        .name = "deploy",
        .shared_size = sizeof(struct deploy_shared),
        .state_size = sizeof(struct deploy),
        .wire_group = deploy_wire_group,
        .start = deploy_start,
        .on_timer = deploy_on_timer,
        .on_restart = deploy_on_restart,
        .on_window = deploy_on_window,
        .metrics = metrics,
    },
    .summary = "brings new versions of the software to servers, site by site, and takes bad ones back",
    .stands_for = "A pipeline from a build to the servers: automated tests that stop some of the bad "
                  "versions; deployment all at once, in batches, to a canary first, or to a second set of "
                  "machines (blue and green); a rollback when an alert fires. Versions have defects, and "
                  "which users meet them, and for how long, comes out of which servers run them.",
    .leaves_out = "Building and copying what is deployed; machines that fail to start; switches that turn "
                  "features on without a deployment; changes of a data set's schema; the form of rows that a "
                  "step brings beside that of its key.",
    .misleads = "When a bug shows only under load or after hours, while a canary is judged in minutes: "
                "requests are struck from the first one on. When the new version is slower at first, its "
                "caches and compilers being cold.",
    .params = &deploy_params,
    .scaled = deploy_scaled,
    .check = deploy_check,
    .check_wired = deploy_check_wired,
};
