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
    PARAM_FRACTION(struct session_config, buy, .default_text = "\"0%\"", .max = 1,
                   .help = "How likely a user buys at the end of a session that was seen through to its last page, if no "
                           "page failed or took longer than `accepted_wait`."),
    PARAM_MONEY(struct session_config, basket, .default_text = "\"$50\"", .max = 1e9,
                .help = "What a purchase brings."),
    PARAM_DURATION(struct session_config, accepted_wait, .default_text = "\"1s\"", .max = 1e15,
                   .help = "How long a page may take before users mind."),
    PARAM_FRACTION(struct session_config, loss_per_second, .default_text = "\"0%\"", .max = 1,
                   .help = "By how much of itself each second that a page takes beyond that lowers the likelihood to buy "
                           "and to come back. Measured ones are near 7%.",
                   .source = "\"The performance of web applications: customers are won or lost in one second\", "
                             "Aberdeen Group, 2008 (from memory)"),
    PARAM_FRACTION(struct session_config, loss_per_failure, .default_text = "\"0%\"", .max = 1,
                   .help = "The same of each page that fails."),
    PARAM_END
};
/* clang-format on */

const struct param_table session_params = { .rows = rows,
                                            .size = sizeof(struct session_config),
                                            .help = "what a user does on one visit" };

static double mood_of(double loss)
{
    return -log1p(-loss) * SESSION_MOOD_UNITS; /* infinite for a loss of all */
}

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
    sessions->buy_key = rng_key(seed, owner->name, "buying");
    sessions->mood_per_second = mood_of(config->loss_per_second);
    sessions->mood_per_failure = mood_of(config->loss_per_failure);
    sessions->minds = sessions->mood_per_second > 0 || sessions->mood_per_failure > 0;
    sessions->basket = (uint64_t)llround(config->basket * 1e6);
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

uint16_t sessions_mood(const struct sessions *sessions, uint16_t mood, int64_t wait_ns, bool has_failed)
{
    int64_t beyond_ns = wait_ns - sessions->config->accepted_wait;
    double sum = mood;

    if (!sessions->minds)
        return mood;
    if (beyond_ns > 0 && sessions->mood_per_second > 0)
        sum += (double)beyond_ns / (double)SIM_NS_PER_S * sessions->mood_per_second;
    if (has_failed)
        sum += sessions->mood_per_failure;
    return sum < SESSION_MOOD_MAX ? (uint16_t)nearbyint(sum) : SESSION_MOOD_MAX;
}

/* What the visit has left of a likelihood. */
static double factor_of(uint16_t mood)
{
    return mood == SESSION_MOOD_MAX ? 0.0 : exp(-mood / SESSION_MOOD_UNITS);
}

bool sessions_come_back(const struct sessions *sessions, uint64_t number, bool has_failed, uint16_t mood)
{
    const struct session_config *config = sessions->config;

    return uniform_of(sessions->back_key, number) <
           (has_failed ? config->come_back_after_failure : config->come_back) * factor_of(mood);
}

bool sessions_buy(const struct sessions *sessions, uint64_t number, uint16_t mood)
{
    const struct session_config *config = sessions->config;

    return config->buy > 0 && uniform_of(sessions->buy_key, number) < config->buy * factor_of(mood);
}
