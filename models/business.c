/* business.c - what the business sees of its users: how many are active on a day, how many of them are
 * there on the next day too, what they buy.
 *
 * Represented: a user is active on a day with at least one request that ended well. Days follow one another
 * from the start of the run, and again from the end of the warm-up; only whole ones are counted. Whether a
 * visit ends with a purchase, and whether its user comes back, is decided by clients from what it met
 * (sessions.h). Left out: users who are counted twice or not at all; bots. Randomness: none. Errors: told
 * by monitor's check_wired. Cost: see audience.h. */
#include "models/business.h"

#include <string.h>

#include "models/audience.h"
#include "sim/call.h"

struct business {
    struct audience audience;
    uint64_t user_days, days; /* of whole days */
    uint64_t stayed, gone;    /* users of a day, there and not there on the next */
    uint64_t calendar;        /* counts the times that days began anew: older tickers have nothing to say */
};

/* clang-format off */
static const struct param_row rows[] = {
    PARAM_REFERENCE(struct business_config, users, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_ANY,
                    .help = "The clients whose users are meant."),
    PARAM_DURATION(struct business_config, day, .default_text = "\"24h\"", .min = 1e6, .max = 1e15,
                   .help = "Length of a day: shorter where a scenario plays days in minutes."),
    PARAM_END
};

#define OF(member) offsetof(struct business, member)

static const struct metric_row metrics[] = {
    { "active_users", "1", METRIC_LEVEL, OF(audience.active), 0,
      "Different users who have had an answer on this day, so far." },
    { "daily_active_users", "1", METRIC_MEAN_TIME, OF(user_days), OF(days),
      "Different users who had an answer on a day, mean over whole days." },
    { "retention", "1", METRIC_RATIO, OF(stayed), OF(gone),
      "Share of the users of a day who are there on the next day, too." },
    { "conversion", "1", METRIC_RATIO, OF(audience.visits_bought), OF(audience.visits_other),
      "Share of the visits that ended with a purchase." },
    { "revenue", "USD", METRIC_COUNTER, OF(audience.revenue), 0,
      "What was bought." },
    { .name = NULL },
};
/* clang-format on */

const struct param_table business_params = { .rows = rows,
                                             .size = sizeof(struct business_config),
                                             .help = "figures of the business" };

static uint64_t *words_of(struct component *self, uint64_t users)
{
    return memory_alloc_array(&self->sim->memory, users / 64 + 1, sizeof(uint64_t));
}

/* A whole day is over: who was there, and who of the day before. */
static void close_day(struct business *business)
{
    struct audience *audience = &business->audience;
    uint64_t before = 0, both = 0;

    for (uint64_t i = 0; i <= audience->users / 64; i++) {
        before += (uint64_t)__builtin_popcountll(audience->yesterday[i]);
        both += (uint64_t)__builtin_popcountll(audience->yesterday[i] & audience->today[i]);
    }
    business->user_days += (uint64_t)audience->active.level;
    business->days++;
    business->stayed += both;
    business->gone += before - both;
}

static void begin_day(struct component *self)
{
    struct business *business = component_state(self);
    struct audience *audience = &business->audience;

    memset(audience->today, 0, (audience->users / 64 + 1) * sizeof *audience->today);
    amount_set(&audience->active, 0, self->sim->now_ns);
}

static void begin_calendar(struct component *self)
{
    const struct business_config *config = self->group->config;
    struct business *business = component_state(self);
    struct request *ticker = sim_ticker(self);

    ticker->key = ++business->calendar;
    sim_tick_at(self, ticker, self->sim->now_ns + config->day);
}

static void business_start(struct component *self)
{
    const struct business_config *config = self->group->config;
    struct business *business = component_state(self);
    struct group *source = sim_find_group(self->sim, config->users);

    business->audience.users = clients_user_end(source);
    business->audience.today = words_of(self, business->audience.users);
    business->audience.yesterday = words_of(self, business->audience.users);
    clients_have_audience(source, &business->audience);
    begin_calendar(self);
}

static void business_on_timer(struct component *self, struct request *ticker)
{
    const struct business_config *config = self->group->config;
    struct business *business = component_state(self);
    uint64_t *today = business->audience.today;

    if (ticker->key != business->calendar) {
        request_destroy(self->sim, ticker);
        return;
    }
    close_day(business);
    business->audience.today = business->audience.yesterday;
    business->audience.yesterday = today;
    begin_day(self);
    sim_tick_at(self, ticker, self->sim->now_ns + config->day);
}

/* What was seen of a day that had begun before counts for nothing. */
static void business_on_window(struct component *self)
{
    struct business *business = component_state(self);

    memset(business->audience.yesterday, 0,
           (business->audience.users / 64 + 1) * sizeof *business->audience.yesterday);
    begin_day(self);
    begin_calendar(self);
}

/* Users tell one business what they do: that of another monitor, before this one, that has some of them; NULL: none. */
static const struct group *other_business(const struct group *monitor, const struct group *source)
{
    const struct sim *sim = monitor->sim;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct business_config *config = sim->groups[i]->config;
        const struct group *users;

        if (sim->groups[i]->type != &business_model.component)
            continue;
        if (sim->groups[i]->parent == monitor)
            break;
        users = sim_find_group(sim, config->users);
        if (users == source || users->parent == source || source->parent == users)
            return sim->groups[i]->parent;
    }
    return NULL;
}

void business_check_wired(const struct group *monitor, const struct business_config *config,
                          struct param_problems *problems)
{
    const struct group *source = sim_find_group(monitor->sim, config->users);
    const struct group *other = other_business(monitor, source);
    uint64_t users = clients_user_end(source);

    if (!users)
        param_problem(problems, "business.users", "name the clients", "%.64s has no users", config->users);
    else if (users > AUDIENCE_USERS_MAX)
        param_problem(problems, "business.users", "give it a smaller population",
                      "the users of %.64s are more than the %d that can be told apart", config->users,
                      AUDIENCE_USERS_MAX);
    else if (other)
        param_problem(problems, "business.users", "let one monitor have the business",
                      "%.64s counts the users of %.64s already", other->name, config->users);
}

const struct model_type business_model = {
    .component = {
        .name = "business",
        .state_size = sizeof(struct business),
        .start = business_start,
        .on_timer = business_on_timer,
        .on_window = business_on_window,
        .metrics = metrics,
    },
    .summary = "active users, retention and revenue; made by monitor",
    .stands_for = "What the people who pay for a site look at.",
    .leaves_out = "Users who are counted twice, and bots.",
    .misleads = "Where users are drawn anew for each request: then nobody is anybody.",
    .params = &business_params,
    .hidden = true,
};
