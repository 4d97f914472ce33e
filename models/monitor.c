/* monitor.c - samples figures of other components at an interval, and knows them after a delay.
 *
 * Represented: what is decided by a monitor is decided by the past: a sample is an average over the
 * interval before it (watch.h), and is known `delay` later, when it has been collected, added up and
 * stored. It watches what somebody asks for (autoscalers, alerts). Its alerts are alert.h, its logs
 * error_log.h, figures of the business are business.h. Left out: what sampling costs the servers; samples
 * that are lost. Randomness: none. Errors: none. Cost: an event and the watches' samples an interval.
 * Nothing where nobody asks. */
#include "models/monitor.h"

#include <string.h>

#include "models/alert.h"
#include "models/business.h"
#include "models/error_log.h"
#include "sim/call.h"

struct monitor_watch {
    struct monitor_watch *next;
    struct group *monitor;
    int64_t instance;
    struct watch watch;
};

struct monitor_shared {
    struct monitor_watch *watches;
    int64_t due_ns;    /* date of the next samples */
    struct group *log; /* NULL: none is gathered */
};

struct monitor {
    uint64_t samples;
};

/* clang-format off */
static const struct param_row rows[] = {
    PARAM_DURATION(struct monitor_config, interval, .default_text = "\"15s\"", .min = 1e6, .max = 1e15,
                   .help = "Time between two samples; each is the average since the one before.",
                   .source = "Kubernetes metrics-server, metric-resolution"),
    PARAM_DURATION(struct monitor_config, delay, .default_text = "\"5s\"", .max = 1e15,
                   .help = "How old a sample is when it is known: collected, added up and stored. At most "
                           "10,000 intervals."),
    PARAM_MAP(struct monitor_config, alerts, .default_text = "{}", .max = 100, .table = &alert_params,
              .help = "Rules by name: each fires when the monitor has known a figure to be out of bounds for "
                      "some time."),
    PARAM_OPTIONAL(struct monitor_config, logs, struct log_config, .default_text = "\"none\"", .word = "none",
                   .table = &log_params,
                   .help = "A record of each failure, in the log of the server that knows of it, and "
                           "gathered: {} is enough."),
    PARAM_OPTIONAL(struct monitor_config, business, struct business_config, .default_text = "\"none\"",
                   .word = "none", .table = &business_params,
                   .help = "Active users, retention, conversion and revenue, from what users did."),
    PARAM_END
};

static const struct metric_row metrics[] = {
    { "samples", "1", METRIC_COUNTER, offsetof(struct monitor, samples), 0,
      "Samples taken, one an interval of each figure that somebody asked for." },
    { .name = NULL },
};
/* clang-format on */

static const struct param_table params = PARAM_TABLE(struct monitor_config, rows);

static void monitor_check(const void *config, struct param_problems *problems)
{
    const struct monitor_config *monitor = config;

    if (monitor->delay / monitor->interval >= WATCH_SAMPLES_MAX)
        param_problem(problems, "delay", NULL, "is more than %d intervals", WATCH_SAMPLES_MAX);
    alerts_check(monitor, problems);
    if (monitor->logs)
        logs_check(monitor->logs, problems);
}

static void monitor_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct monitor_config *monitor = group->config;

    alerts_check_wired(group, &monitor->alerts, problems);
    if (monitor->logs)
        logs_check_wired(group, monitor->logs, problems);
    if (monitor->business)
        business_check_wired(group, monitor->business, problems);
}

struct monitor_watch *monitor_add_watch(struct group *monitor, struct group *group, int64_t instance,
                                        const char *metric)
{
    const struct monitor_config *config = monitor->config;
    struct monitor_shared *shared = monitor->shared;
    struct monitor_watch *watch = shared->watches;

    for (; watch; watch = watch->next)
        if (watch->watch.group == group && watch->instance == instance && !strcmp(watch->watch.name, metric))
            return watch;
    watch = memory_alloc(&monitor->sim->memory, sizeof *watch);
    watch->next = shared->watches;
    watch->monitor = monitor;
    watch->instance = instance;
    watch_init(&watch->watch, group, instance, metric, (uint32_t)(config->delay / config->interval) + 2);
    shared->watches = watch;
    return watch;
}

/* The samples that are due now, for whoever comes first: the clock, or somebody who wants to know. */
static void take_samples(struct group *group)
{
    const struct monitor_config *config = group->config;
    struct monitor_shared *shared = group->shared;
    struct monitor *monitor = component_state(group->instances[0]);

    if (group->sim->now_ns < shared->due_ns)
        return;
    shared->due_ns += config->interval;
    for (struct monitor_watch *watch = shared->watches; watch; watch = watch->next) {
        watch_sample(&watch->watch);
        monitor->samples++;
    }
}

const struct watch_sample *monitor_known(const struct monitor_watch *watch)
{
    const struct monitor_config *config = watch->monitor->config;

    take_samples(watch->monitor);
    return watch_known(&watch->watch, watch->monitor->sim->now_ns - config->delay);
}

static void monitor_wire_group(struct group *group)
{
    const struct monitor_config *config = group->config;
    const struct alert_config *alerts = config->alerts.items;
    struct monitor_shared *shared = group->shared;

    for (size_t i = 0; i < config->alerts.count; i++)
        sim_add_part(group, &alert_model.component, alerts[i].name, 1, &alerts[i]);
    if (config->logs)
        shared->log = logs_add(group, config->logs);
    if (config->business)
        sim_add_part(group, &business_model.component, BUSINESS_PART, 1, config->business);
}

/* All parts of all components are there. */
static void monitor_wire_callers(struct group *group)
{
    const struct monitor_shared *shared = group->shared;

    if (shared->log)
        logs_add_servers(shared->log);
}

static void monitor_start(struct component *self)
{
    const struct monitor_config *config = self->group->config;
    struct monitor_shared *shared = self->shared;

    shared->due_ns = self->sim->now_ns + config->interval;
    sim_tick_at(self, sim_ticker(self), shared->due_ns);
}

static void monitor_on_timer(struct component *self, struct request *ticker)
{
    const struct monitor_config *config = self->group->config;
    struct monitor_shared *shared = self->shared;

    if (!shared->watches) { /* nobody asks, and nobody will */
        request_destroy(self->sim, ticker);
        return;
    }
    take_samples(self->group);
    sim_tick_at(self, ticker, self->sim->now_ns + config->interval);
}

static void monitor_before_window(struct component *self)
{
    struct monitor_shared *shared = self->shared;

    for (struct monitor_watch *watch = shared->watches; watch; watch = watch->next)
        watch_keep(&watch->watch);
}

static const struct model_type *const single_parts[] = { &gathered_log_model, &server_log_model,
                                                         &business_model, NULL };

const struct model_type monitor_model = {
    .component = {
        .name = "monitor",
        .shared_size = sizeof(struct monitor_shared),
        .state_size = sizeof(struct monitor),
        .wire_group = monitor_wire_group,
        .wire_callers = monitor_wire_callers,
        .start = monitor_start,
        .on_timer = monitor_on_timer,
        .before_window = monitor_before_window,
        .metrics = metrics,
    },
    .summary = "samples figures of components, knows them later; alerts, logs, figures of the business",
    .stands_for = "A monitoring system: it averages figures over an interval and has them when they are "
                  "collected and stored. Whoever decides by it (an autoscaler, an alert) decides by the "
                  "past. Logs: a record for each failure, on the disk of the server that knows of it, "
                  "and in one place when it was shipped. The business: active users, retention, revenue.",
    .leaves_out = "What sampling and logging cost; lost samples; logs of what went well; its own death.",
    .misleads = "When real samples come at different dates from different servers, or are smoothed further "
                "before anybody looks at them.",
    .params = &params,
    .roles = ROLE_MONITOR,
    .part = &alert_model,
    .single_parts = single_parts,
    .check = monitor_check,
    .check_wired = monitor_check_wired,
};
