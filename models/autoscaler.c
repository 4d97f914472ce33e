/* autoscaler.c - adds instances to a component and takes them away, so that a figure stays near its target.
 *
 * Represented: at each evaluation, what the monitor knows by then and the rule of scaling_rule.h say how many
 * instances there should be. One that is missing is ordered: its machine is paid from then on, boots, and
 * serves cold. One too many is taken out of service, the latest first (orders that have not booted before all
 * others): it gets nothing new, finishes what it has, and is gone with its memory.
 * What the monitor knows lies in the past: a figure of the time before the last change is about the instances
 * that there were then, and it is their number that the rule takes.
 * A machine that has died stays in its place, paid and of no use, until the monitor knows; then another one
 * is ordered (`replace`). Without that it is waited for: it counts as one of those that there are.
 * Left out: limits of the cloud; orders that fail; predictions; the mean of several figures.
 * Randomness: times to boot ("boot", by the number of the order). Cost: an evaluation O(instances), a change
 * O(requests).
 */
#include "models/autoscaler.h"

#include <math.h>

#include "sim/call.h"
#include "sim/fault.h"
#include "sim/members.h"

#define DRAIN_POLL_NS (SIM_NS_PER_S / 10)

/* What a ticker is for: the step of its frame. Its key is the instance, its user the decision's number. */
enum tick { TICK_EVALUATE, TICK_BOOTED, TICK_DRAINED };

/* clang-format off */
static const struct metric_row metrics[] = {
    { "desired", "1", METRIC_LEVEL, offsetof(struct autoscaler, desired), 0,
      "Instances that it wants there to be; those that boot are among them." },
    { "scale_ups", "1", METRIC_COUNTER, offsetof(struct autoscaler, scale_ups), 0,
      "Evaluations after which more instances were wanted." },
    { "scale_downs", "1", METRIC_COUNTER, offsetof(struct autoscaler, scale_downs), 0,
      "Evaluations after which fewer were." },
    { "evaluations", "1", METRIC_COUNTER, offsetof(struct autoscaler, evaluations), 0,
      "Times that it looked." },
    { "evaluations.blind", "1", METRIC_COUNTER, offsetof(struct autoscaler, blind), 0,
      "Those when nothing was known yet, or nothing was there to measure (no latency without an answer): "
      "all stays as it is." },
    { "replaced", "1", METRIC_COUNTER, offsetof(struct autoscaler, replaced), 0,
      "Dead machines that were given up." },
    { "cut_short", "1", METRIC_COUNTER, offsetof(struct autoscaler, cut_short), 0,
      "Instances that went with requests inside, which had not ended within `drain`: their callers see a "
      "crash." },
    { .name = NULL },
};
/* clang-format on */

static void tick_at(struct component *self, enum tick what, uint32_t instance, int64_t time_ns)
{
    struct autoscaler_shared *shared = self->shared;
    struct request *ticker = sim_ticker(self);

    ticker->key = instance;
    ticker->user = shared->changes[instance];
    request_frame(ticker)->step = (uint16_t)what;
    sim_tick_at(self, ticker, time_ns);
}

/* ---- one instance ---- */

static void order(struct component *self, uint32_t instance)
{
    struct autoscaler_shared *shared = self->shared;

    member_order(shared->target->instances[instance]);
    shared->changes[instance]++;
    tick_at(self, TICK_BOOTED, instance,
            self->sim->now_ns + duration_sample(&shared->boot, ++shared->orders));
}

static void retire(struct component *self, uint32_t instance)
{
    struct autoscaler_shared *shared = self->shared;

    shared->changes[instance]++;
    member_retire(shared->target->instances[instance]);
}

/* It leaves, and is gone as soon as nothing is inside. */
static void let_go(struct component *self, uint32_t instance)
{
    const struct autoscaler_config *config = self->group->config;
    struct autoscaler_shared *shared = self->shared;
    struct component *leaving = shared->target->instances[instance];

    if (member_state_of(leaving) == MEMBER_ORDERED || component_has_crashed(leaving)) {
        retire(self, instance);
        return;
    }
    member_leave(leaving);
    shared->changes[instance]++;
    shared->drained_ns[instance] = self->sim->now_ns + config->drain;
    tick_at(self, TICK_DRAINED, instance, self->sim->now_ns);
}

/* ---- as many as are wanted ---- */

/* In service, booting, or starting anew for a deployment; dead ones too, as long as nobody knows. */
static int64_t count_present(const struct group *target)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < target->count; i++) {
        const struct member *member = &target->members->states[i];

        count += member->state == MEMBER_IN || member->state == MEMBER_ORDERED || member->comes_back;
    }
    return count;
}

static bool is_dead(const struct group *target, uint32_t instance)
{
    return component_has_crashed(target->instances[instance]);
}

/* Of two that are there, whether the first goes rather: who boots, who is dead, who came later. */
static bool goes_before(const struct group *target, uint32_t one, uint32_t other)
{
    const struct member *first = &target->members->states[one], *second = &target->members->states[other];

    if (first->state != second->state)
        return first->state == MEMBER_ORDERED;
    if (is_dead(target, one) != is_dead(target, other))
        return is_dead(target, one);
    return first->since_ns != second->since_ns ? first->since_ns > second->since_ns : one > other;
}

static uint32_t find_last(const struct group *target)
{
    uint32_t last = target->count;

    for (uint32_t i = 0; i < target->count; i++) {
        enum member_state state = target->members->states[i].state;

        if ((state == MEMBER_IN || state == MEMBER_ORDERED) &&
            (last == target->count || goes_before(target, i, last)))
            last = i;
    }
    return last;
}

/* Whoever is leaving keeps its place until it is gone: then it is looked again. */
static void settle(struct component *self)
{
    struct autoscaler_shared *shared = self->shared;
    struct group *target = shared->target;
    int64_t present = count_present(target);

    for (uint32_t i = 0; i < target->count && present < shared->wanted; i++)
        if (target->members->states[i].state == MEMBER_OUT) {
            order(self, i);
            present++;
        }
    for (; present > shared->wanted && find_last(target) < target->count; present--)
        let_go(self, find_last(target));
}

/* ---- evaluation ---- */

/* The machines that had died by the date of what is known. */
static void give_up_dead(struct component *self, int64_t known_ns)
{
    struct autoscaler_shared *shared = self->shared;
    struct autoscaler *scaler = component_state(self);
    struct group *target = shared->target;

    for (uint32_t i = 0; i < target->count; i++)
        if (target->members->states[i].state == MEMBER_IN && is_dead(target, i) &&
            target->instances[i]->outage->down_ns <= known_ns) {
            retire(self, i);
            scaler->replaced++;
        }
}

static bool has_passed(int64_t since_ns, int64_t time_ns, int64_t now_ns)
{
    return since_ns < 0 || now_ns - since_ns >= time_ns;
}

static int64_t limited(const struct autoscaler_config *config, int64_t wanted, int64_t desired)
{
    if (desired > wanted && desired - wanted > config->add_max)
        return wanted + config->add_max;
    if (desired < wanted && wanted - desired > config->remove_max)
        return wanted - config->remove_max;
    return desired;
}

static void decide(struct component *self, const struct watch_sample *sample)
{
    const struct autoscaler_config *config = self->group->config;
    struct autoscaler_shared *shared = self->shared;
    struct autoscaler *scaler = component_state(self);
    int64_t now_ns = self->sim->now_ns;
    int64_t desired =
        limited(config, shared->wanted,
                scaling_desired(&shared->rule, sample->instances, sample->value, shared->wanted));

    if (desired > shared->wanted && has_passed(shared->up_ns, config->cooldown_up, now_ns)) {
        scaler->scale_ups++;
        shared->up_ns = now_ns;
    } else if (desired < shared->wanted && has_passed(shared->changed_ns, config->cooldown_down, now_ns)) {
        scaler->scale_downs++;
    } else {
        return;
    }
    shared->wanted = desired;
    shared->changed_ns = now_ns;
    amount_set(&scaler->desired, desired, now_ns);
}

static const struct watch_sample *look(struct autoscaler_shared *shared, int64_t now_ns)
{
    if (shared->monitored)
        return monitor_known(shared->monitored);
    watch_sample(&shared->own);
    return watch_known(&shared->own, now_ns);
}

static void evaluate(struct component *self)
{
    const struct autoscaler_config *config = self->group->config;
    struct autoscaler_shared *shared = self->shared;
    struct autoscaler *scaler = component_state(self);
    const struct watch_sample *sample = look(shared, self->sim->now_ns);

    scaler->evaluations++;
    if (!sample || isnan(sample->value))
        scaler->blind++;
    else
        decide(self, sample);
    if (sample && config->replace)
        give_up_dead(self, sample->taken_ns);
    settle(self);
}

/* ---- clocks ---- */

static void booted(struct component *self, struct request *ticker)
{
    struct autoscaler_shared *shared = self->shared;

    if (shared->changes[ticker->key] == ticker->user)
        member_join(shared->target->instances[ticker->key]);
    request_destroy(self->sim, ticker);
}

static void drained(struct component *self, struct request *ticker)
{
    struct autoscaler_shared *shared = self->shared;
    struct autoscaler *scaler = component_state(self);
    uint32_t instance = (uint32_t)ticker->key;
    bool is_idle, is_late = self->sim->now_ns >= shared->drained_ns[instance];

    if (shared->changes[instance] != ticker->user) {
        request_destroy(self->sim, ticker);
        return;
    }
    is_idle = member_is_idle(shared->target->instances[instance]);
    if (!is_idle && !is_late && !is_dead(shared->target, instance)) {
        sim_tick_at(self, ticker, self->sim->now_ns + DRAIN_POLL_NS);
        return;
    }
    scaler->cut_short += !is_idle;
    request_destroy(self->sim, ticker);
    retire(self, instance);
    settle(self);
}

static void autoscaler_on_timer(struct component *self, struct request *ticker)
{
    const struct autoscaler_config *config = self->group->config;

    switch ((enum tick)request_frame(ticker)->step) {
    case TICK_EVALUATE:
        evaluate(self);
        sim_tick_at(self, ticker, self->sim->now_ns + config->interval);
        return;
    case TICK_BOOTED:
        booted(self, ticker);
        return;
    case TICK_DRAINED:
        drained(self, ticker);
    }
}

/* ---- start ---- */

static void autoscaler_wire_group(struct group *group)
{
    const struct autoscaler_config *config = group->config;
    struct autoscaler_shared *shared = group->shared;

    shared->target = sim_find_group(group->sim, config->component);
    shared->rule = (struct scaling_rule){ config->target.value, config->tolerance, config->min, config->max };
    duration_init(&shared->boot, group, "boot", &config->boot_time);
    shared->changes = memory_alloc_array(&group->sim->memory, shared->target->count, sizeof *shared->changes);
    shared->drained_ns =
        memory_alloc_array(&group->sim->memory, shared->target->count, sizeof *shared->drained_ns);
    shared->up_ns = shared->changed_ns = -1;
}

static void autoscaler_start(struct component *self)
{
    const struct autoscaler_config *config = self->group->config;
    struct autoscaler_shared *shared = self->shared;
    struct autoscaler *scaler = component_state(self);

    if (config->monitor)
        shared->monitored =
            monitor_add_watch(sim_find_group(self->sim, config->monitor), shared->target, WATCH_ALL,
                              config->metric);
    else
        watch_init(&shared->own, shared->target, WATCH_ALL, config->metric, 1);
    shared->wanted = shared->target->members->start_count;
    amount_set(&scaler->desired, shared->wanted, self->sim->now_ns);
    tick_at(self, TICK_EVALUATE, 0, self->sim->now_ns + config->interval);
}

/* Its site was gone, and is back: machines that were ordered, or about to leave, are nobody's business any
 * more. */
static void autoscaler_on_restart(struct component *self)
{
    const struct autoscaler_config *config = self->group->config;
    struct autoscaler_shared *shared = self->shared;
    struct group *target = shared->target;

    for (uint32_t i = 0; i < target->count; i++)
        if (target->members->states[i].state != MEMBER_IN && target->members->states[i].state != MEMBER_OUT)
            retire(self, i);
    tick_at(self, TICK_EVALUATE, 0, self->sim->now_ns + config->interval);
}

static void autoscaler_before_window(struct component *self)
{
    struct autoscaler_shared *shared = self->shared;

    if (!shared->monitored)
        watch_keep(&shared->own);
}

static const char *autoscaler_scaled(const void *config, size_t index, uint32_t count,
                                     uint32_t *instances_max)
{
    const struct autoscaler_config *scaler = config;

    (void)count;
    *instances_max = (uint32_t)scaler->max;
    return index == 0 ? scaler->component : NULL;
}

const struct model_type autoscaler_model = {
    .component = {
        .name = "autoscaler",
        .shared_size = sizeof(struct autoscaler_shared),
        .state_size = sizeof(struct autoscaler),
        .wire_group = autoscaler_wire_group,
        .start = autoscaler_start,
        .on_timer = autoscaler_on_timer,
        .on_restart = autoscaler_on_restart,
        .before_window = autoscaler_before_window,
        .metrics = metrics,
    },
    .summary = "adds instances to a component and takes them away, as load asks for",
    .stands_for = "The autoscaler of a cloud or of an orchestrator: it keeps a figure of a component (busy "
                  "processors, waiting requests, latency) near a target by the number of instances. New "
                  "ones are paid while they boot, and come cold; those that go finish what they have, and "
                  "what was in their memory is lost. Dead ones are replaced.",
    .leaves_out = "Orders that fail or wait for a free machine; predictions and timetables; several figures "
                  "at once; the largest of its recommendations over a time (cooldowns stand for it).",
    .misleads = "When the figure does not go down in proportion as instances come: a latency, or a "
                "processor whose work waits for a database that is the real limit. Instances on one machine "
                "of the scenario (a host that several share) are no more machines: they add workers, and no "
                "cores.",
    .params = &autoscaler_params,
    .scaled = autoscaler_scaled,
    .check = autoscaler_check,
    .check_wired = autoscaler_check_wired,
};
