/* autoscaler_params.c - what a scenario says about an autoscaler, and what cannot be right. */
#include <string.h>

#include "models/autoscaler.h"
#include "sim/members.h"

/* clang-format off */
static const struct param_row rows[] = {
    PARAM_REFERENCE(struct autoscaler_config, component, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_ELASTIC,
                    .help = "Component whose instances it adds and takes away. Its count is where they "
                            "start."),
    PARAM_REFERENCE(struct autoscaler_config, monitor, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_MONITOR,
                    .help = "Where it has its figures from, and so how old they are. With none it measures "
                            "for itself: at each evaluation the average since the one before, without "
                            "delay."),
    PARAM_TEXT(struct autoscaler_config, metric, .default_text = "\"cpu.utilisation\"",
               .help = "The figure: RESOURCE.utilisation, utilisation, queue.mean, in_flight.mean, "
                       "throughput, requests.started, requests.failed, latency.mean, latency.p50, .p90, "
                       ".p95, .p99 or .p99.9, or a figure of its type. Requests and lines are those of one instance on average, and "
                       "requests are per second."),
    PARAM_QUANTITY(struct autoscaler_config, target, .default_text = "\"60%\"", .min_exclusive = true,
                   .help = "Where the figure should be, in its unit: a fraction for utilisations, a number "
                           "for what waits or is inside, a rate for requests, a duration for latencies."),
    PARAM_FRACTION(struct autoscaler_config, tolerance, .default_text = "\"10%\"", .max = 1,
                   .help = "While the figure is off its target by no more than this part of it, nothing "
                           "changes.",
                   .source = "Kubernetes, horizontal-pod-autoscaler-tolerance"),
    PARAM_COUNT(struct autoscaler_config, min, .default_text = "1", .min = 1, .max = 65534,
                .help = "Instances that there always are."),
    PARAM_COUNT(struct autoscaler_config, max, .min = 1, .max = 65534,
                .help = "Most that there may be, those that boot among them."),
    PARAM_DURATION(struct autoscaler_config, interval, .default_text = "\"15s\"", .min = 1e6, .max = 1e15,
                   .help = "Time between two evaluations.",
                   .source = "Kubernetes, horizontal-pod-autoscaler-sync-period"),
    PARAM_DURATION(struct autoscaler_config, cooldown_up, .default_text = "\"0s\"", .max = 1e15,
                   .help = "After instances were added, no more are added for this time."),
    PARAM_DURATION(struct autoscaler_config, cooldown_down, .default_text = "\"5min\"", .max = 1e15,
                   .help = "After instances were added or taken away, none are taken away for this time.",
                   .source = "Amazon EC2 Auto Scaling, default cooldown; Kubernetes, downscale "
                             "stabilization"),
    PARAM_COUNT(struct autoscaler_config, add_max, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 65534,
                .help = "Most instances that one evaluation adds."),
    PARAM_COUNT(struct autoscaler_config, remove_max, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 65534, .help = "Most that one takes away."),
    PARAM_DISTRIBUTION(struct autoscaler_config, boot_time, .default_text = "\"60s\"",
                       .help = "From the order of a machine, which is paid from then on, to its first "
                               "request."),
    PARAM_DURATION(struct autoscaler_config, drain, .default_text = "\"30s\"", .max = 1e15,
                   .help = "How long an instance that leaves may go on with what it has; it gets nothing "
                           "new, and what has not ended by then is cut off.",
                   .source = "Kubernetes, terminationGracePeriodSeconds"),
    PARAM_BOOL(struct autoscaler_config, replace, .default_text = "true",
               .help = "Give up a machine that has died, as soon as it is known, and order another one. "
                       "Without that it is paid and waited for."),
    PARAM_END
};
/* clang-format on */

const struct param_table autoscaler_params = PARAM_TABLE(struct autoscaler_config, rows);

void autoscaler_check(const void *config, struct param_problems *problems)
{
    const struct autoscaler_config *scaler = config;

    if (scaler->min > scaler->max)
        param_problem(problems, "min", NULL, "at least %lld instances are more than the %lld of max",
                      (long long)scaler->min, (long long)scaler->max);
}

/* ---- once everything is wired ---- */

static void check_count(const struct group *group, const struct group *target,
                        struct param_problems *problems)
{
    const struct autoscaler_config *config = group->config;
    uint32_t count = target->members->start_count;

    if (config->min > config->max)
        return; /* told already */
    if (count < config->min)
        param_problem(problems, "min", "set its count",
                      "%s starts with %u instance%s, and at least %lld are wanted", target->name, count,
                      count == 1 ? "" : "s", (long long)config->min);
    if (count > config->max)
        param_problem(problems, "max", "set its count",
                      "%s starts with %u instances, and at most %lld are wanted", target->name, count,
                      (long long)config->max);
}

static void check_metric(const struct autoscaler_config *config, const struct group *target,
                         struct param_problems *problems)
{
    enum param_unit unit;
    char list[WATCH_LIST_SIZE], help[WATCH_LIST_SIZE + 20];

    if (!watch_has(target, config->metric, &unit)) {
        snprintf(help, sizeof help, "there are %s", watch_list(target, list, sizeof list));
        param_problem(problems, "metric", help, "%s has no figure \"%.60s\" that can be watched",
                      target->name, config->metric);
        return;
    }
    if (!watch_takes(unit, &config->target))
        param_problem(problems, "target", NULL, "%s wants %s", config->metric, watch_unit_example(unit));
}

static void check_alone(const struct group *group, struct param_problems *problems)
{
    const struct autoscaler_config *config = group->config;
    const struct sim *sim = group->sim;

    for (uint16_t i = 0; i < group->index; i++) {
        const struct autoscaler_config *other = sim->groups[i]->config;

        if (sim->groups[i]->type == group->type && !strcmp(other->component, config->component)) {
            param_problem(problems, "component", "one has to decide", "%s scales %s already",
                          sim->groups[i]->name, config->component);
            return;
        }
    }
}

void autoscaler_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct autoscaler_config *config = group->config;
    const struct group *target = sim_find_group(group->sim, config->component);

    check_count(group, target, problems);
    check_metric(config, target, problems);
    check_alone(group, problems);
}
