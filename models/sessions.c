#include "models/sessions.h"

#include <math.h>

#include "sim/sim.h"

/* clang-format off */
static const struct param_choice pages_laws[] = {
    { "geometric", PAGES_GEOMETRIC, "after each page the same chance that it was the last" },
    { "constant", PAGES_CONSTANT, "always that many; of a fraction, now the number below and now the one above" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_REAL(struct session_config, pages, .default_text = "5", .min = 1, .max = 1000,
               .help = "Pages that a user looks at before leaving, in the mean; the login is not counted."),
    PARAM_CHOICE(struct session_config, pages_law, .default_text = "\"geometric\"", .choices = pages_laws,
                 .help = "How the number of pages varies."),
    PARAM_DISTRIBUTION(struct session_config, think_time,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"7s\" }",
                       .help = "Between the answer and the next page of the session.",
                       .source = "TPC Benchmark W, 2002: exponential, mean 7 s (from memory)"),
    PARAM_TEXT(struct session_config, login, .default_text = "\"none\"", .word = "none",
               .help = "Class of `requests` that a session begins with; the first page follows at once. With a share of "
                       "0 % no page is a login."),
    PARAM_FRACTION(struct session_config, stay_after_failure, .default_text = "\"0%\"", .max = 1,
                   .help = "How likely a user goes on to the next page after one that failed or took too long; the "
                           "others leave the site."),
    PARAM_FRACTION(struct session_config, come_back, .default_text = "\"0%\"", .max = 1,
                   .help = "How likely a user comes back for another session after one without a failure, besides the "
                           "arrivals."),
    PARAM_FRACTION(struct session_config, come_back_after_failure, .default_text = "\"0%\"", .max = 1,
                   .help = "The same after a session that ended with a failure."),
    PARAM_DISTRIBUTION(struct session_config, back_after,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"24h\" }",
                       .help = "When those who come back do so, counted from the end of the last session."),
    PARAM_END
};
/* clang-format on */

const struct param_table session_params = { .rows = rows,
                                            .size = sizeof(struct session_config),
                                            .help = "what a user does on one visit" };

void sessions_init(struct sessions *sessions, struct group *owner, const struct session_config *config)
{
    uint64_t seed = owner->sim->seed;

    *sessions = (struct sessions){ .config = config };
    session_calendar_init(&sessions->waiting, &owner->sim->memory);
    duration_init(&sessions->think_time, owner, "think", &config->think_time);
    duration_init(&sessions->back_after, owner, "coming back after", &config->back_after);
    sessions->pages_key = rng_key(seed, owner->name, "pages");
    sessions->leave_key = rng_key(seed, owner->name, "leaving");
    sessions->back_key = rng_key(seed, owner->name, "coming back");
}

static double uniform_of(uint64_t key, uint64_t number)
{
    struct rng rng = rng_for_request(key, number);

    return rng_uniform(&rng);
}

uint16_t sessions_pages(const struct sessions *sessions, uint64_t number)
{
    const struct session_config *config = sessions->config;
    double draw = uniform_of(sessions->pages_key, number), pages;

    if (config->pages_law == PAGES_CONSTANT)
        pages = floor(config->pages + draw);
    else
        pages = config->pages > 1.0 ? 1.0 + floor(log1p(-draw) / log1p(-1.0 / config->pages)) : 1.0;
    return (uint16_t)fmin(pages, SESSION_PAGES_MAX);
}

bool sessions_leave(const struct sessions *sessions, uint64_t number)
{
    return uniform_of(sessions->leave_key, number) >= sessions->config->stay_after_failure;
}

bool sessions_come_back(const struct sessions *sessions, uint64_t number, bool has_failed)
{
    const struct session_config *config = sessions->config;

    return uniform_of(sessions->back_key, number) <
           (has_failed ? config->come_back_after_failure : config->come_back);
}
