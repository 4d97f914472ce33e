/* clients_params.c - what a scenario can say about its users, what they measure, and what follows from it
 * at once; see clients.c. What is wrong beyond the rows is in clients_check.c. */
#include "models/clients_state.h"

#include <string.h>

#define DAY_S 86400.0

/* clang-format off */
static const struct param_row daily_rows[] = {
    PARAM_COUNT(struct daily_config, users, .min = 1, .max = 1e12, .help = "Different users who come on a day."),
    PARAM_REAL(struct daily_config, requests_each, .min = 0, .min_exclusive = true, .max = 1e9,
               .help = "Requests that each of them sends on that day, in the mean."),
    PARAM_REAL(struct daily_config, peak_factor, .default_text = "1", .min = 1, .max = 1e3,
               .help = "The busiest time over the mean of the day: the rate is users x requests_each / 86400 s x "
                       "this. Leave it out where `load` makes the peak."),
    PARAM_END
};

static const struct param_row region_rows[] = {
    PARAM_FRACTION(struct clients_region, share, .max = 1, .help = "Part of all users who are there."),
    PARAM_END
};

static const struct param_table region_params = { .rows = region_rows, .size = sizeof(struct clients_region),
                                                  .help = "users of one region" };

static const struct param_table daily_params = { .rows = daily_rows, .size = sizeof(struct daily_config),
                                                 .help = "load as users a day" };

static const struct param_row rows[] = {
    PARAM_RATE(struct clients_config, arrivals, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
               .min = ARRIVALS_MIN, .max = ARRIVALS_MAX,
               .help = "Requests that come whatever happened to earlier ones; give this, `daily` or `users`."),
    PARAM_OPTIONAL(struct clients_config, daily, struct daily_config, .default_text = "\"none\"", .word = "none",
                   .table = &daily_params, .help = "The same as users a day and requests of each."),
    PARAM_ARRIVAL_TRACE(struct clients_config, trace, .default_text = "\"none\"", .word = "none",
                        .help = "Arrivals as they were recorded, in a CSV file beside the scenario with a line for "
                                "each and the columns time (s), user, key, class, size (bytes); all but time may be "
                                "missing or empty and are drawn then."),
    PARAM_LIST(struct clients_config, load, .default_text = "[]", .max = 16, .table = &load_params,
               .help = "Factors by which the rate of arrivals changes with time; several are multiplied."),
    PARAM_LIST(struct clients_config, bursts, .default_text = "[]", .max = 64, .table = &burst_params,
               .help = "States between which the rate of arrivals jumps at random, each lasting an exponential "
                       "time; with exponential gaps that is a Markov-modulated Poisson process."),
    PARAM_CHOICE(struct clients_config, gap_law, .default_text = "\"exponential\"",
                 .choices = gap_law_choices, .help = "Law of the time between two arrivals."),
    PARAM_REAL(struct clients_config, gap_cv, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
               .min = 1e-6, .max = 1e3,
               .help = "Standard deviation of a gap over its mean, for laws that have one to choose."),
    PARAM_COUNT(struct clients_config, population, .default_text = "1000000", .min = 1, .max = 1e15,
                .help = "How many different users the arrivals come from, all equally often."),
    PARAM_COUNT(struct clients_config, users, .default_text = "\"none\"", .word = "none", .word_value = 0.0,
                .min = 1, .max = 4e9,
                .help = "Users who send a request only when the last one is answered and they have thought."),
    PARAM_DISTRIBUTION(struct clients_config, think_time,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"7s\" }",
                       .help = "Pause of one of `users` between an answer and the next request.",
                       .source = "TPC Benchmark W, 2002: exponential, mean 7 s (from memory)"),
    PARAM_BOOL(struct clients_config, identity, .default_text = "false",
               .help = "Whether each of `users` keeps a number of its own; that takes memory for each."),
    PARAM_MAP(struct clients_config, regions, .default_text = "{}", .max = 32, .table = &region_params,
              .help = "Where the users are, by regions of the network; each is measured as a part of its own. The shares "
                      "add up to 100 %."),
    PARAM_OPTIONAL(struct clients_config, session, struct session_config, .default_text = "\"none\"", .word = "none",
                   .table = &session_params,
                   .help = "What each arrival does: a session of several pages. The rate is then that of sessions, and "
                           "so are the requests_each of `daily`."),
    PARAM_DISTRIBUTION(struct clients_config, patience, .default_text = "\"never\"", .word = "never", .word_value = 0.0,
                       .min = 0, .min_exclusive = true, .max = 1e9,
                       .help = "How long a user waits for the answer before leaving; what was called goes on "
                               "working. It counts as a timeout, and ends a session."),
    PARAM_MAP(struct clients_config, requests, .default_text = "{}", .table = &client_request_params,
              .help = "Kinds of requests by name; without any there is one, called request."),
    PARAM_REFERENCE(struct clients_config, target, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_SERVER | ROLE_QUEUE,
                    .help = "Where requests are sent; of several instances each gets its part, at random."),
    PARAM_REFERENCE(struct clients_config, asset_target, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "Where assets are fetched from, such as a CDN; none: from `target`."),
    PARAM_END
};

const struct param_table clients_params = {
    .rows = rows, .size = sizeof(struct clients_config),
    .also = &call_params, .also_offset = offsetof(struct clients_config, call)
};

const struct metric_row clients_metrics[] = {
    { "thinking", "1", METRIC_LEVEL, offsetof(struct clients, thinking), 0,
      "Closed users between an answer and their next request." },
    { "sessions.started", "1", METRIC_COUNTER, offsetof(struct clients, sessions_started), 0,
      "Sessions that began." },
    { "sessions.completed", "1", METRIC_COUNTER, offsetof(struct clients, sessions_completed), 0,
      "Sessions whose user saw all pages that were wanted." },
    { "sessions.left", "1", METRIC_COUNTER, offsetof(struct clients, sessions_left), 0,
      "Sessions that ended early, because a page failed or took too long." },
    { "sessions.came_back", "1", METRIC_COUNTER, offsetof(struct clients, sessions_back), 0,
      "Sessions of users who have come back, among those that began." },
    { "purchases", "1", METRIC_COUNTER, offsetof(struct clients, purchases), 0,
      "Sessions that ended with a purchase." },
    { "conversion", "1", METRIC_RATIO, offsetof(struct clients, purchases),
      offsetof(struct clients, without_purchase), "Their share of the sessions that ended." },
    { "revenue", "USD", METRIC_COUNTER, offsetof(struct clients, revenue), 0, "What they brought." },
    { "browsing", "1", METRIC_LEVEL, offsetof(struct clients, browsing), 0,
      "Sessions that have begun and not ended." },
    { "gave_up", "1", METRIC_COUNTER, offsetof(struct clients, gave_up), 0,
      "Requests that were not answered before the user's patience ended; among the failures they are timeouts." },
    { "pages.incomplete", "1", METRIC_COUNTER, offsetof(struct clients, pages_incomplete), 0,
      "Pages that were answered and lacked an asset." },
    { "assets.fetched", "1", METRIC_COUNTER, offsetof(struct clients, assets), 0,
      "Assets of pages that were asked for." },
    { "assets.failed", "1", METRIC_COUNTER, offsetof(struct clients, assets_failed), 0,
      "Those of them that did not come." },
    { .name = NULL },
};
/* clang-format on */

/* ---- what follows from it ---- */

bool clients_have_patience(const struct clients_config *config)
{
    return config->patience.law != DISTRIBUTION_CONSTANT || config->patience.mean > 0.0;
}

bool clients_have_assets(const struct clients_config *config)
{
    const struct request_class_config *classes = config->requests.items;

    for (size_t i = 0; i < config->requests.count; i++)
        if (classes[i].assets)
            return true;
    return false;
}

/* Figures of what the configuration does not have are not printed. */
bool clients_emits(const struct group *group, const struct metric_row *metric)
{
    const struct clients_config *config = group->config;

    if (!strncmp(metric->name, "sessions.", 9) || !strcmp(metric->name, "browsing"))
        return config->session != NULL;
    if (metric->offset == offsetof(struct clients, purchases) || metric->offset == offsetof(struct clients, revenue))
        return config->session && config->session->buy > 0;
    if (!strcmp(metric->name, "gave_up"))
        return clients_have_patience(config);
    if (!strncmp(metric->name, "pages.", 6) || !strncmp(metric->name, "assets.", 7))
        return clients_have_assets(config);
    return true;
}

/* Requests at an even rate, each by itself: the short way. */
static bool is_plain(const struct clients_config *config)
{
    return !config->load.count && !config->bursts.count && !config->session &&
           !clients_have_patience(config) && !clients_have_assets(config);
}

enum clients_mode clients_mode_of(const struct clients_config *config)
{
    if (config->trace)
        return MODE_TRACE;
    if (!config->users)
        return is_plain(config) ? MODE_OPEN : MODE_VARYING;
    return config->think_time.law == DISTRIBUTION_EXPONENTIAL && !config->identity ? MODE_CROWD
                                                                                   : MODE_IDENTITIES;
}

/* Of arrivals, 1/s; 0: there are none. Where `load` says so it is multiplied. */
double clients_rate(const struct clients_config *config)
{
    const struct daily_config *daily = config->daily;

    return daily ? (double)daily->users * daily->requests_each / DAY_S * daily->peak_factor
                 : config->arrivals;
}

int64_t clients_users(const struct clients_config *config)
{
    if (config->users)
        return config->users;
    return config->daily ? config->daily->users : config->population;
}
