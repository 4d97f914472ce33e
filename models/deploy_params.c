/* deploy_params.c - the parameters of a deployment, and what can be wrong with them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/alert.h"
#include "models/deploy.h"
#include "sim/members.h"
#include "sim/sim.h"

/* clang-format off */
static const struct param_choice strategies[] = {
    { "all_at_once", DEPLOY_ALL_AT_ONCE, "every instance of a component stops at the same time" },
    { "rolling", DEPLOY_ROLLING, "`batch` instances at a time, with a `pause` between" },
    { "blue_green", DEPLOY_BLUE_GREEN,
      "as many new machines as there are, and when all have booted the requests go to them at one instant" },
    { "canary", DEPLOY_CANARY,
      "`canary` instances of the first component, then, after `canary_time`, the others as in rolling" },
    { NULL, 0, NULL },
};

static const struct param_row component_rows[] = {
    PARAM_REFERENCE(struct deploy_component, component, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_ELASTIC, .help = "A component whose instances run the versions."),
    PARAM_END
};

static const struct param_table component_params = { .rows = component_rows,
                                                     .size = sizeof(struct deploy_component),
                                                     .help = "what is deployed on" };

static const struct param_row tests_rows[] = {
    PARAM_DISTRIBUTION(struct deploy_tests_config, duration, .default_text = "\"10min\"",
                       .help = "How long they take; a version that passes goes out afterwards."),
    PARAM_FRACTION(struct deploy_tests_config, catches, .default_text = "\"80%\"", .max = 1,
                   .help = "Probability that they find a defect that a version has, each on its own."),
    PARAM_END
};

static const struct param_table tests_params = { .rows = tests_rows,
                                                 .size = sizeof(struct deploy_tests_config),
                                                 .help = "tests before a version goes out" };

static const struct param_row alert_rows[] = {
    PARAM_TEXT(struct deploy_alert, name, .help = "An alert of the monitor."),
    PARAM_END
};

static const struct param_table alert_table = { .rows = alert_rows, .size = sizeof(struct deploy_alert),
                                                .help = "an alert that takes a version back" };

static const struct param_row rollback_rows[] = {
    PARAM_REFERENCE(struct deploy_rollback_config, monitor, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_MONITOR,
                    .help = "Who raises the alerts."),
    PARAM_LIST(struct deploy_rollback_config, alerts, .default_text = "[]", .max = 100, .table = &alert_table,
               .help = "Alerts that take a version back when one of them fires from the deployment's first "
                       "step to the end of `watch`, or still fires when the next batch would stop. While "
                       "one fires no version goes out."),
    PARAM_DURATION(struct deploy_rollback_config, after, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .max = 1e15,
                   .help = "Every version is taken back at this time after its first instance came into "
                           "service, be it good or bad: somebody has noticed."),
    PARAM_QUANTITY(struct deploy_rollback_config, batch, .default_text = "\"25%\"", .min_exclusive = true,
                   .help = "How many of the instances that run the version stop at a time: a number, or a "
                           "share of them (rounded down, but at least one). Not of blue_green while the old "
                           "machines are there.",
                   .source = "Kubernetes, maxUnavailable"),
    PARAM_DURATION(struct deploy_rollback_config, watch, .default_text = "\"10min\"", .max = 1e15,
                   .help = "How long after a deployment it may still be taken back, or until `after` where "
                           "that is later. The next version waits until then."),
    PARAM_END
};

static const struct param_table rollback_params = { .rows = rollback_rows,
                                                    .size = sizeof(struct deploy_rollback_config),
                                                    .help = "when and how a version is taken back" };

static const struct param_row rows[] = {
    PARAM_LIST(struct deploy_config, components, .min = 1, .max = 64, .table = &component_params,
               .help = "Components that the versions go to, one after the other in this order: the tiers "
                       "that make up the software, or the copies of one in several sites."),
    PARAM_MAP(struct deploy_config, versions, .min = 1, .max = 1000, .table = &version_params,
              .help = "What is deployed, by name."),
    PARAM_CHOICE(struct deploy_config, strategy, .default_text = "\"rolling\"", .choices = strategies,
                 .help = "In which order instances take on a version."),
    PARAM_QUANTITY(struct deploy_config, batch, .default_text = "1", .min_exclusive = true,
                   .help = "Of rolling and canary: instances of a component that stop at the same time, a "
                           "number or a share of them (rounded down)."),
    PARAM_DURATION(struct deploy_config, pause, .default_text = "\"0s\"", .max = 1e15,
                   .help = "From a batch that is in service to the next that stops."),
    PARAM_QUANTITY(struct deploy_config, canary, .default_text = "1", .min_exclusive = true,
                   .help = "Instances of the first component that get a version first, a number or a share "
                           "of them (rounded down)."),
    PARAM_DURATION(struct deploy_config, canary_time, .default_text = "\"10min\"", .max = 1e15,
                   .help = "How long these are alone with it."),
    PARAM_DURATION(struct deploy_config, between, .default_text = "\"0s\"", .max = 1e15,
                   .help = "From one component that runs the version to the next one's turn: between "
                           "sites, time to notice."),
    PARAM_BOOL(struct deploy_config, together, .default_text = "false",
               .help = "All components are at their turn at the same time, the same everywhere."),
    PARAM_DISTRIBUTION(struct deploy_config, restart_time, .default_text = "\"20s\"",
                       .help = "From the stop of an instance to its first request as another version; the "
                               "machine is paid meanwhile."),
    PARAM_DISTRIBUTION(struct deploy_config, boot_time, .default_text = "\"60s\"",
                       .help = "Of blue_green: from the order of a machine, which is paid from then on, "
                               "until it could serve."),
    PARAM_DURATION(struct deploy_config, drain, .default_text = "\"30s\"", .max = 1e15,
                   .help = "How long an instance may go on with what it has before it stops; it gets "
                           "nothing new, and what has not ended by then is cut off.",
                   .source = "Kubernetes, terminationGracePeriodSeconds"),
    PARAM_DURATION(struct deploy_config, keep, .default_text = "\"10min\"", .max = 1e15,
                   .help = "Of blue_green: how long the old machines stay, to go back to at one instant."),
    PARAM_OPTIONAL(struct deploy_config, tests, struct deploy_tests_config, .default_text = "\"none\"",
                   .word = "none", .table = &tests_params,
                   .help = "What a version has to pass before it goes out; none: it goes out as it is."),
    PARAM_OPTIONAL(struct deploy_config, rollback, struct deploy_rollback_config, .default_text = "\"none\"",
                   .word = "none", .table = &rollback_params,
                   .help = "When a version is taken back; none: it stays, whatever it does."),
    PARAM_END
};
/* clang-format on */

const struct param_table deploy_params = PARAM_TABLE(struct deploy_config, rows);

/* ---- before the wiring ---- */

static void check_quantity(const struct param_quantity *quantity, const char *path,
                           struct param_problems *problems)
{
    const char *help = "a whole number of instances, or a share such as \"25%\"";

    if (quantity->unit != PARAM_UNIT_NONE && quantity->unit != PARAM_UNIT_FRACTION)
        param_problem(problems, path, help, "this is no number of instances");
    else if (quantity->unit == PARAM_UNIT_FRACTION && quantity->value > 1)
        param_problem(problems, path, help, "this is more than all of them");
    else if (quantity->unit == PARAM_UNIT_NONE && quantity->value != floor(quantity->value))
        param_problem(problems, path, help, "there is no part of an instance");
}

static void check_rollback(const struct deploy_rollback_config *rollback, struct param_problems *problems)
{
    check_quantity(&rollback->batch, "rollback.batch", problems);
    if (rollback->alerts.count && !rollback->monitor)
        param_problem(problems, "rollback.alerts", "name it as `monitor`", "no monitor raises them");
    if (rollback->monitor && !rollback->alerts.count)
        param_problem(problems, "rollback.monitor", "list some as `alerts`",
                      "none of its alerts takes a version back");
}

static bool is_listed_before(const struct deploy_config *config, size_t index)
{
    const struct deploy_component *items = config->components.items;

    for (size_t i = 0; i < index; i++)
        if (items[i].component && items[index].component &&
            !strcmp(items[i].component, items[index].component))
            return true;
    return false;
}

void deploy_check(const void *configuration, struct param_problems *problems)
{
    const struct deploy_config *config = configuration;
    char path[64];

    check_quantity(&config->batch, "batch", problems);
    check_quantity(&config->canary, "canary", problems);
    if (config->rollback)
        check_rollback(config->rollback, problems);
    for (size_t i = 0; i < config->components.count; i++)
        if (is_listed_before(config, i)) {
            snprintf(path, sizeof path, "components[%zu]", i);
            param_problem(problems, path, NULL, "it is in the list already");
        }
}

/* ---- once everything is wired ---- */

static void check_share(const struct param_quantity *quantity, const char *path, const struct group *target,
                        struct param_problems *problems)
{
    uint32_t count = target->members->start_count;

    if (quantity->unit == PARAM_UNIT_NONE && quantity->value > count)
        param_problem(problems, path, "take fewer, or a share such as \"25%\"",
                      "%.0f instances at a time are more than the %u of %s", quantity->value, count,
                      target->name);
    else if (deploy_share(quantity, count) == 0)
        param_problem(problems, path, "take a larger share, or a number",
                      "%.3g%% of the %u instance%s of %s, rounded down, are none", 100 * quantity->value,
                      count, count == 1 ? "" : "s", target->name);
}

static void check_canary(const struct deploy_config *config, const struct group *target,
                         struct param_problems *problems)
{
    uint32_t count = target->members->start_count;

    check_share(&config->canary, "canary", target, problems);
    if (config->canary.value <= count && deploy_share(&config->canary, count) == count)
        param_problem(problems, "canary", "leave some of them, or take the strategy all_at_once",
                      "a canary of all %u instance%s of %s is none", count, count == 1 ? "" : "s",
                      target->name);
}

/* A second set would grow and shrink with the first. */
static void check_scaled(const struct group *group, const struct group *target, const char *path,
                         struct param_problems *problems)
{
    const struct sim *sim = group->sim;
    const char *name;
    uint32_t max;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct model_type *type = model_of(sim->groups[i]);

        if (!type->scaled || sim->groups[i]->type == group->type)
            continue;
        name = type->scaled(sim->groups[i]->config, 0, 1, &max);
        if (!strcmp(name, target->name)) {
            param_problem(problems, path, "take another strategy",
                          "%s scales it, and blue_green wants a number of instances that stays",
                          sim->groups[i]->name);
            return;
        }
    }
}

static void check_target(const struct group *group, size_t index, struct param_problems *problems)
{
    const struct deploy_config *config = group->config;
    const struct deploy_shared *shared = group->shared;
    const struct deploy_target *target = &shared->targets[index];
    char path[64];

    snprintf(path, sizeof path, "components[%zu]", index);
    if (target->taken_by && target->taken_by != group)
        param_problem(problems, path, "let one deployment have all versions", "%s deploys on it already",
                      target->taken_by->name);
    if (config->strategy == DEPLOY_BLUE_GREEN)
        check_scaled(group, target->versions.group, path, problems);
    if (config->strategy == DEPLOY_CANARY && index == 0)
        check_canary(config, target->versions.group, problems);
    if (config->strategy == DEPLOY_ROLLING || config->strategy == DEPLOY_CANARY)
        check_share(&config->batch, "batch", target->versions.group, problems);
}

static bool is_class(const struct sim *sim, const char *name)
{
    for (uint16_t i = 0; i < sim->class_count; i++)
        if (!strcmp(sim->classes[i]->name, name))
            return true;
    return false;
}

static void check_classes(const struct sim *sim, const struct version_config *version,
                          struct param_problems *problems)
{
    const struct defect_config *defects = version->defects.items;
    char path[192];

    for (size_t i = 0; i < version->defects.count; i++) {
        const struct defect_class *classes = defects[i].classes.items;

        for (size_t k = 0; k < defects[i].classes.count; k++) {
            snprintf(path, sizeof path, "versions.%.64s.defects[%zu].classes[%zu]", version->name, i, k);
            if (!is_class(sim, classes[k].name))
                param_problem(problems, path, "name a request class of a clients component",
                              "no request class is named \"%.64s\"", classes[k].name);
        }
    }
}

/* Whether some component runs what the versions do, or all are only restarted. */
static bool somebody_runs_versions(const struct group *group)
{
    const struct deploy_config *config = group->config;
    const struct deploy_component *components = config->components.items;

    for (size_t i = 0; i < config->components.count; i++)
        if (model_of(sim_find_group(group->sim, components[i].component))->runs_versions)
            return true;
    return false;
}

static void check_version(const struct group *group, const struct version_config *version,
                          struct param_problems *problems)
{
    char path[128];

    check_classes(group->sim, version, problems);
    if (!version->defects.count || somebody_runs_versions(group))
        return;
    snprintf(path, sizeof path, "versions.%.64s.defects", version->name);
    param_problem(problems, path, "take them away: a version without defects is a restart",
                  "none of the components does anything that a defect could be in");
}

static void check_alerts(const struct sim *sim, const struct deploy_rollback_config *rollback,
                         struct param_problems *problems)
{
    const struct group *monitor = rollback->monitor ? sim_find_group(sim, rollback->monitor) : NULL;
    const struct deploy_alert *alerts = rollback->alerts.items;
    char path[64], list[300], help[340];

    for (size_t i = 0; monitor && i < rollback->alerts.count; i++) {
        if (alert_find(monitor, alerts[i].name))
            continue;
        snprintf(path, sizeof path, "rollback.alerts[%zu]", i);
        snprintf(help, sizeof help, "its alerts: %s", alert_list(monitor, list, sizeof list));
        param_problem(problems, path, list[0] ? help : "it has none", "%s has no alert \"%.64s\"",
                      monitor->name, alerts[i].name);
    }
}

void deploy_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct deploy_config *config = group->config;
    const struct version_config *versions = config->versions.items;

    for (size_t i = 0; i < config->components.count; i++)
        check_target(group, i, problems);
    for (size_t i = 0; i < config->versions.count; i++)
        check_version(group, &versions[i], problems);
    if (config->rollback)
        check_alerts(group->sim, config->rollback, problems);
}
