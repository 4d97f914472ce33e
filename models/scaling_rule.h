/* scaling_rule.h - how many instances a figure asks for: the rule of target tracking, without clocks.
 *
 *   desired = ceil(instances x figure / target)
 *
 * and nothing changes while figure / target is within the tolerance of 1. It assumes that the figure goes
 * down in proportion as instances come: true of the busy share of processors and of requests per instance,
 * not of latencies, and not of a figure that cannot rise above 100 %: overload then looks smaller than it is,
 * and takes several steps.
 * Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details.
 */
#ifndef MODELS_SCALING_RULE_H
#define MODELS_SCALING_RULE_H

#include <stdint.h>

struct scaling_rule {
    double target;    /* above 0 */
    double tolerance; /* part of the target */
    int64_t min, max;
};

/* `figure`: mean over so many instances; not NaN. `wanted`: what was decided last. Instances that were wanted
 * and are not there yet do not count as idle: a figure above the target never takes any away, one below it
 * never adds any. */
int64_t scaling_desired(const struct scaling_rule *rule, double instances, double figure, int64_t wanted);

#endif
