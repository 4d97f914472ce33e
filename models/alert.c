#include "models/alert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/business.h"
#include "models/error_log.h"
#include "models/monitor.h"
#include "sim/call.h"

struct subscriber {
    struct subscriber *next;
    void (*changed)(void *context, bool firing);
    void *context;
};

struct alert_shared {
    const struct monitor_watch **watches;
    uint32_t watch_count; /* 1, or one for each instance */
    struct subscriber *subscribers, **last;
};

struct alert {
    struct amount firing; /* 0 or 1 */
    bool is_out;
    int64_t out_ns;    /* when it was first known to be out of bounds, this time */
    int64_t begins_ns; /* of what that first sample is of */
    uint64_t fired, evaluations, blind;
    uint64_t first_ns, first_count; /* of the first firing, since measuring began; 1: there was one */
    uint64_t delay_ns, delay_count;
};

/* clang-format off */
static const struct param_row rows[] = {
    PARAM_REFERENCE(struct alert_config, on, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_ANY,
                    .help = "Component whose figure it is about; of clients, what users met."),
    PARAM_TEXT(struct alert_config, part, .default_text = "\"all\"",
               .help = "Part of that component, as outputs name it: a shard's group, the subscription of a "
                       "queue; all: the component as a whole."),
    PARAM_TEXT(struct alert_config, metric,
               .help = "What is looked at: error_rate (failed of all that ended), latency.p99, "
                       "cpu.utilisation and whatever else can be watched: all that autoscalers know, and "
                       "the type's own figures, counts being per second, levels NAME.mean. Requests and "
                       "levels are those of one instance on average."),
    PARAM_BOOL(struct alert_config, each, .default_text = "false",
               .help = "Whether each instance is looked at by itself, and one out of bounds is enough; "
                       "else it is their mean, in which one of many may not show."),
    PARAM_QUANTITY(struct alert_config, above, .default_text = "\"none\"", .word = "none", .word_value = NAN,
                   .help = "It is out of bounds above this, in the figure's unit; give this or `below`."),
    PARAM_QUANTITY(struct alert_config, below, .default_text = "\"none\"", .word = "none", .word_value = NAN,
                   .help = "It is out of bounds below this."),
    { .name = "for",
      .kind = PARAM_KIND_DURATION,
      .offset = PARAM_OFFSET(struct alert_config, lasts, int64_t),
      .default_text = "\"0s\"",
      .max = 1e15,
      .help = "How long it has to be known to be out of bounds, at each sample, before the alert fires." },
    PARAM_END
};

static const struct metric_row metrics[] = {
    { "fired", "1", METRIC_COUNTER, offsetof(struct alert, fired), 0,
      "Times that the alert began to fire." },
    { "firing", "1", METRIC_LEVEL, offsetof(struct alert, firing), 0,
      "1 while it fires, else 0: the mean is the share of time." },
    { "fired.first", "s", METRIC_MEAN_TIME, offsetof(struct alert, first_ns),
      offsetof(struct alert, first_count),
      "When it fired first, since measuring began." },
    { "delay", "s", METRIC_MEAN_TIME, offsetof(struct alert, delay_ns), offsetof(struct alert, delay_count),
      "From the beginning of the interval whose sample was the first out of bounds to the firing, mean: "
      "sampling, the samples' way, and `for`." },
    { "evaluations", "1", METRIC_COUNTER, offsetof(struct alert, evaluations), 0,
      "Times that a sample was looked at." },
    { "evaluations.blind", "1", METRIC_COUNTER, offsetof(struct alert, blind), 0,
      "Those at which nothing was there to measure: such a figure is not out of bounds." },
    { .name = NULL },
};
/* clang-format on */

const struct param_table alert_params = { .rows = rows,
                                          .size = sizeof(struct alert_config),
                                          .help = "a figure out of bounds for some time" };

/* ---- for others ---- */

static bool is_alert_of(const struct group *group, const struct group *monitor)
{
    return group->type == &alert_model.component && group->parent == monitor;
}

static const char *name_of(const struct group *alert)
{
    return ((const struct alert_config *)alert->config)->name;
}

struct group *alert_find(const struct group *monitor, const char *name)
{
    const struct sim *sim = monitor->sim;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (is_alert_of(sim->groups[i], monitor) && !strcmp(name_of(sim->groups[i]), name))
            return sim->groups[i];
    return NULL;
}

char *alert_list(const struct group *monitor, char *text, size_t size)
{
    const struct sim *sim = monitor->sim;
    size_t used = 0;

    text[0] = '\0';
    for (uint16_t i = 0; i < sim->group_count && used < size; i++)
        if (is_alert_of(sim->groups[i], monitor))
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", name_of(sim->groups[i]));
    return text;
}

void alert_subscribe(struct group *alert, void (*changed)(void *context, bool firing), void *context)
{
    struct alert_shared *shared = alert->shared;
    struct subscriber *subscriber = memory_alloc(&alert->sim->memory, sizeof *subscriber);

    *subscriber = (struct subscriber){ NULL, changed, context };
    *shared->last = subscriber;
    shared->last = &subscriber->next;
}

bool alert_is_firing(const struct group *alert)
{
    return ((const struct alert *)component_state(alert->instances[0]))->firing.level > 0;
}

/* ---- what is wrong with it ---- */

static void problem(const struct alert_config *alert, const char *field, struct param_problems *problems,
                    const char *help, const char *message)
{
    char path[100];

    snprintf(path, sizeof path, "alerts.%s%s%s", alert->name, *field ? "." : "", field);
    param_problem(problems, path, help, "%s", message);
}

void alerts_check(const struct monitor_config *monitor, struct param_problems *problems)
{
    const struct alert_config *all = monitor->alerts.items;

    for (size_t i = 0; i < monitor->alerts.count; i++) {
        bool has_above = !isnan(all[i].above.value), has_below = !isnan(all[i].below.value);

        if (has_above == has_below)
            problem(&all[i], "", problems, "give one of them",
                    has_above ? "has both `above` and `below`" : "has neither `above` nor `below`");
        if (monitor->logs && !strcmp(all[i].name, LOG_PART))
            problem(&all[i], "", problems, "give it another name", "the logs have that name in outputs");
        if (monitor->business && !strcmp(all[i].name, BUSINESS_PART))
            problem(&all[i], "", problems, "give it another name",
                    "figures of the business have that name in outputs");
    }
}

/* What it is about; NULL: there is no such part. */
static struct group *subject_of(const struct sim *sim, const struct alert_config *alert)
{
    char name[160];

    if (!strcmp(alert->part, "all"))
        return sim_find_group(sim, alert->on);
    snprintf(name, sizeof name, "%s.%s", alert->on, alert->part);
    return sim_find_group(sim, name);
}

static void check_part(const struct group *monitor, const struct alert_config *alert,
                       struct param_problems *problems)
{
    const struct sim *sim = monitor->sim;
    const struct group *whole = sim_find_group(sim, alert->on);
    char help[400] = "", message[200];
    size_t used = 0;

    for (uint16_t i = 0; i < sim->group_count && used < sizeof help; i++)
        if (sim->groups[i]->parent == whole)
            used += (size_t)snprintf(help + used, sizeof help - used, "%s%s", used ? ", " : "its parts are ",
                                     sim->groups[i]->name + strlen(whole->name) + 1);
    snprintf(message, sizeof message, "%.64s has no part \"%.60s\"", alert->on, alert->part);
    problem(alert, "part", problems, used ? help : "it has no parts", message);
}

/* Where the figure can be found: in a part of the component, or what else there is. */
static const char *help_for_metric(const struct group *subject, const char *metric, char *help, size_t size)
{
    const struct sim *sim = subject->sim;
    char list[WATCH_LIST_SIZE];
    enum param_unit unit;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == subject && watch_has(sim->groups[i], metric, &unit)) {
            snprintf(help, size, "its part has it: add \"part\": \"%.100s\"",
                     sim->groups[i]->name + strlen(subject->name) + 1);
            return help;
        }
    snprintf(help, size, "there are %s", watch_list(subject, list, sizeof list));
    return help;
}

void alerts_check_wired(const struct group *monitor, const struct param_list *alerts,
                        struct param_problems *problems)
{
    const struct alert_config *all = alerts->items;
    char help[WATCH_LIST_SIZE + 20], message[200];

    for (size_t i = 0; i < alerts->count; i++) {
        const struct group *subject = subject_of(monitor->sim, &all[i]);
        bool is_above = !isnan(all[i].above.value);
        enum param_unit unit;

        if (!subject) {
            check_part(monitor, &all[i], problems);
        } else if (!watch_has(subject, all[i].metric, &unit)) {
            snprintf(message, sizeof message, "%.64s has no figure \"%.60s\" that can be watched",
                     subject->name, all[i].metric);
            problem(&all[i], "metric", problems, help_for_metric(subject, all[i].metric, help, sizeof help),
                    message);
        } else if (all[i].each && !watch_is_of_each(subject, all[i].metric)) {
            snprintf(message, sizeof message, "%.60s of %.64s is measured of all together", all[i].metric,
                     subject->name);
            problem(&all[i], "each", problems, "leave it out", message);
        } else if (!watch_takes(unit, is_above ? &all[i].above : &all[i].below)) {
            snprintf(message, sizeof message, "%.60s wants %s", all[i].metric, watch_unit_example(unit));
            problem(&all[i], is_above ? "above" : "below", problems, NULL, message);
        }
    }
}

/* ---- evaluation ---- */

static const struct monitor_config *monitor_of(const struct component *self)
{
    return self->group->parent->config;
}

static bool is_out_of_bounds(const struct alert_config *config, double value)
{
    return value > config->above.value || value < config->below.value; /* neither of what is NaN */
}

static void tell(const struct alert_shared *shared, bool firing)
{
    for (const struct subscriber *one = shared->subscribers; one; one = one->next)
        one->changed(one->context, firing);
}

static void fire(struct component *self)
{
    struct alert *alert = component_state(self);
    int64_t now_ns = self->sim->now_ns;

    amount_set(&alert->firing, 1, now_ns);
    alert->fired++;
    alert->delay_ns += (uint64_t)(now_ns - alert->begins_ns);
    alert->delay_count++;
    if (!alert->first_count) {
        alert->first_count = 1;
        alert->first_ns = (uint64_t)(now_ns - self->sim->window_start_ns);
    }
    tell(self->shared, true);
}

static void clear(struct component *self)
{
    struct alert *alert = component_state(self);

    alert->is_out = false;
    if (!alert->firing.level)
        return;
    amount_set(&alert->firing, 0, self->sim->now_ns);
    tell(self->shared, false);
}

/* Whether any of them is out of bounds; where all are unknown, the look was blind. */
static bool look(const struct component *self)
{
    const struct alert_shared *shared = self->shared;
    struct alert *alert = component_state(self);
    bool is_out = false, is_blind = true;

    for (uint32_t i = 0; i < shared->watch_count; i++) {
        double value = monitor_known(shared->watches[i])->value;

        is_blind = is_blind && isnan(value);
        is_out = is_out || is_out_of_bounds(self->group->config, value);
    }
    alert->evaluations++;
    alert->blind += is_blind ? 1 : 0;
    return is_out;
}

static void evaluate(struct component *self)
{
    const struct alert_config *config = self->group->config;
    const struct alert_shared *shared = self->shared;
    struct alert *alert = component_state(self);

    if (!look(self)) {
        clear(self);
        return;
    }
    if (!alert->is_out) {
        alert->is_out = true;
        alert->out_ns = self->sim->now_ns;
        alert->begins_ns = monitor_known(shared->watches[0])->taken_ns - monitor_of(self)->interval;
    }
    if (!alert->firing.level && self->sim->now_ns - alert->out_ns >= config->lasts)
        fire(self);
}

static void alert_wire_group(struct group *group)
{
    struct alert_shared *shared = group->shared;

    shared->last = &shared->subscribers;
}

static void alert_start(struct component *self)
{
    const struct alert_config *config = self->group->config;
    const struct monitor_config *monitor = monitor_of(self);
    struct alert_shared *shared = self->shared;
    struct group *subject = subject_of(self->sim, config);

    shared->watch_count = config->each ? subject->count : 1;
    shared->watches = memory_alloc_array(&self->sim->memory, shared->watch_count, sizeof *shared->watches);
    for (uint32_t i = 0; i < shared->watch_count; i++)
        shared->watches[i] = monitor_add_watch(self->group->parent, subject,
                                               config->each ? (int64_t)i : WATCH_ALL, config->metric);
    sim_tick_at(self, sim_ticker(self), self->sim->now_ns + monitor->interval + monitor->delay);
}

static void alert_on_timer(struct component *self, struct request *ticker)
{
    evaluate(self);
    sim_tick_at(self, ticker, self->sim->now_ns + monitor_of(self)->interval);
}

const struct model_type alert_model = {
    .component = {
        .name = "alert",
        .shared_size = sizeof(struct alert_shared),
        .state_size = sizeof(struct alert),
        .wire_group = alert_wire_group,
        .start = alert_start,
        .on_timer = alert_on_timer,
        .metrics = metrics,
    },
    .summary = "tells when a figure is out of bounds; made by monitor",
    .stands_for = "A rule of a monitoring system.",
    .leaves_out = "Who is woken, and how long until somebody does something.",
    .misleads = "Where several rules are put together.",
    .params = &alert_params,
    .hidden = true,
};
