/* clients_check.c - what no parameter row can say of users: sources that exclude one another, times that
 * make no sense together; see clients.c. */
#include "models/clients_state.h"

/* Each has a request's room, of which a run has 2^24 in all. */
#define IDENTITIES_MAX 8000000

static void check_source(const struct clients_config *config, struct param_problems *problems)
{
    char error[160];

    if (config->trace && (clients_rate(config) > 0.0 || config->users))
        param_problem(problems, "", "give one of them, or make two components",
                      "has both a trace and "
                      "%s", config->users ? "users" : config->daily ? "daily users" : "arrivals");
    else if (config->arrivals > 0.0 && config->daily)
        param_problem(problems, "", "give one of them, or make two components",
                      "has both arrivals and daily users");
    else if (clients_rate(config) > 0.0 && config->users)
        param_problem(problems, "", "give one of them, or make two components",
                      config->daily ? "has both daily users and closed users"
                                    : "has both arrivals and users");
    else if (!(clients_rate(config) > 0.0) && !config->users && !config->trace)
        param_problem(problems, "", "add arrivals (\"100/s\") or users (100)",
                      "has neither arrivals nor users");
    else if (clients_rate(config) > ARRIVALS_MAX || (config->daily && clients_rate(config) < ARRIVALS_MIN))
        param_problem(problems, "daily", NULL, "that makes %g requests/s; from %g to %g can be simulated",
                      clients_rate(config), ARRIVALS_MIN, ARRIVALS_MAX);
    if (config->trace && (config->load.count || config->bursts.count))
        param_problem(problems, config->load.count ? "load" : "bursts", "give arrivals instead of the trace",
                      "recorded arrivals come when they came");
    else if (config->users && (config->load.count || config->bursts.count))
        param_problem(problems, config->load.count ? "load" : "bursts", "give arrivals instead of users",
                      "closed users send when they have been answered; only arrivals follow a load");
    if (!gap_law_check(config->gap_law, config->gap_cv, error, sizeof error))
        param_problem(problems, "gap_cv", NULL, "%s", error);
    if (clients_mode_of(config) == MODE_IDENTITIES && config->users > IDENTITIES_MAX)
        param_problem(problems, "users",
                      "let them think for an exponential time, without identity: then they take no memory",
                      "at most %d users can each have a pause of their own", IDENTITIES_MAX);
}

static void check_visits(const struct clients_config *config, struct param_problems *problems)
{
    const struct session_config *session = config->session;

    if (session && (config->users || config->trace))
        param_problem(problems, "session", "give arrivals or daily users",
                      config->users ? "closed users never leave, and have no sessions"
                                    : "recorded arrivals come when they came, and have no sessions");
    if (session && session->login && !client_requests_find(&config->requests, session->login))
        param_problem(problems, "session.login", "name it in requests",
                      "there is no class \"%s\" of requests", session->login);
    if (clients_have_patience(config) && (config->call.timeout != SIM_TIME_NEVER || config->call.retries))
        param_problem(problems, "patience", "leave out timeout and retries, or patience",
                      "a user who leaves after a time of their own neither has a fixed timeout nor asks "
                      "again");
    if (config->asset_target && !clients_have_assets(config))
        param_problem(problems, "asset_target", "give a class of requests its assets",
                      "there are no assets to fetch");
}

void clients_check(const void *data, struct param_problems *problems)
{
    const struct clients_config *config = data;

    check_source(config, problems);
    if (config->trace)
        trace_check(config->trace, &config->requests, problems);
    load_check(&config->load, problems);
    bursts_check(&config->bursts, problems);
    check_visits(config, problems);
    clients_check_regions(config, problems);
    client_requests_check(&config->requests, problems);
}

void clients_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct clients_config *config = group->config;
    const struct clients_shared *shared = group->shared;

    if (clients_are_in_regions(group)) {
        clients_check_wired_regions(group, problems);
        shared = clients_first_region(group)->shared;
    }
    client_requests_check_wired(&shared->requests, &config->requests, problems);
    if (config->trace)
        trace_check_wired(config->trace, &shared->requests, &config->requests, problems);
}
