#include "models/web_sessions.h"

#include "models/cache.h"
#include "models/clients.h"
#include "models/environment.h"
#include "models/handler.h"
#include "models/load_balancer.h"
#include "models/web_server.h"

/* What a cookie names beside a server. */
#define IN_STORE (STICKY_NONE - 1)
#define LOST (STICKY_NONE - 2) /* a session that is no more; its user does not know yet */

/* Sessions that no cookie names are kept under numbers that no user has. */
#define UNREACHABLE_FIRST (UINT64_C(1) << 63)

static const struct param_row rows[] = {
    PARAM_REFERENCE(
        struct web_sessions_config, store, .default_text = "\"none\"", .word = "none",
        .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_STORE | ROLE_CACHE,
        .help = "Database or cache that keeps the sessions for all servers (stateless servers); none: each "
                "server has those of its users in its own memory (stateful)."),
    PARAM_REFERENCE(
        struct web_sessions_config, data, .default_text = "\"none\"", .word = "none",
        .refers_to = PARAM_REFERS_DATA,
        .help = "Data set of the store with a row for each user's session; its row_size is what is read and "
                "written back."),
    PARAM_BYTES(struct web_sessions_config, size, .default_text = "\"10KB\"", .min = 1, .max = 1e12,
                .help = "What a session takes of the memory of the server's host."),
    PARAM_DURATION(
        struct web_sessions_config, idle, .default_text = "\"30min\"", .min = 1, .max = 1e18,
        .help = "A session that was not used for so long expires; one in a store, that was not written.",
        .source = "Java Servlet containers, session-timeout (from memory)"),
    PARAM_LIST(struct web_sessions_config, log_in, .default_text = "[]", .table = &step_params,
               .help =
                   "What it takes to log a user in, before the session is made: checking a password costs "
                   "computing on purpose."),
    PARAM_END
};

const struct param_table web_sessions_params = {
    .rows = rows,
    .size = sizeof(struct web_sessions_config),
    .also = &call_params,
    .also_offset = offsetof(struct web_sessions_config, call),
    .help = "where users' sessions are kept, and what a log in takes"
};

const struct param_choice session_verbs[] = {
    { "open", SESSION_OPEN,
      "finds the user's session, from the store if there is one; logs in where it is not there" },
    { "save", SESSION_SAVE, "writes the session back to the store; in memory there is nothing to do" },
    { "begin", SESSION_BEGIN, "logs in and makes a session, whether there was one or not" },
    { "end", SESSION_END, "logs out: the session is there no more" },
    { NULL, 0, NULL },
};

void web_sessions_init(struct web_sessions *sessions, struct group *group,
                       const struct web_sessions_config *config, size_t counts_offset)
{
    const struct group *store = config->store ? sim_find_group(group->sim, config->store) : NULL;

    sessions->config = config;
    sessions->data = environment_data_set(environment_of(group->sim), config->data);
    sessions->has_versions = store && (store->type != &cache_model.component ||
                                       ((const struct cache_config *)store->config)->store);
    sessions->counts_offset = counts_offset;
    sticky_init(&sessions->cookies, &group->sim->memory, config->idle,
                rng_key(group->sim->seed, group->name, "sessions"));
}

/* ---- memory of servers ---- */

static struct session_counts *counts_of(const struct web_sessions *sessions, const struct component *server)
{
    return (struct session_counts *)(void *)((char *)component_state(server) + sessions->counts_offset);
}

/* count: sessions, below 0 to give their memory back; false: there is not so much. */
static bool take_memory(const struct web_sessions *sessions, const struct component *server, int64_t count)
{
    const struct handler_runner *runner = component_state(server);

    if (!host_use_memory(runner->host, server->sim, count * sessions->config->size))
        return false;
    amount_add(&counts_of(sessions, server)->held, count, server->sim->now_ns);
    return true;
}

static bool is_reachable(const struct cookie *cookie)
{
    return cookie->user < UNREACHABLE_FIRST;
}

static void drop_expired(struct web_sessions *sessions, const struct component *self)
{
    struct cookie cookie;

    while (sticky_take_expired(&sessions->cookies, self->sim->now_ns, &cookie)) {
        const struct component *server = self;

        if (cookie.target < self->group->count) {
            server = self->group->instances[cookie.target];
            take_memory(sessions, server, -1);
        }
        if (is_reachable(&cookie) && cookie.target != LOST)
            counts_of(sessions, server)->expired++;
    }
}

/* The one that was not used for longest makes room; false: there is none. */
static bool evict(struct web_sessions *sessions, const struct component *self)
{
    struct cookie *cookie = NULL;

    while ((cookie = sticky_younger(&sessions->cookies, cookie)) != NULL)
        if (cookie->target == self->instance)
            break;
    if (!cookie)
        return false;
    take_memory(sessions, self, -1);
    counts_of(sessions, self)->evicted += is_reachable(cookie);
    cookie->target = LOST;
    return true;
}

/* The session stays where it is, and nobody will come for it. */
static void abandon(struct web_sessions *sessions, uint64_t user)
{
    sticky_rename(&sessions->cookies, user, UNREACHABLE_FIRST + sessions->unreachable++);
}

/* Returns what the cookie is to name. */
static uint32_t make_in_memory(struct web_sessions *sessions, const struct component *self, uint64_t user)
{
    const struct cookie *old = sticky_peek(&sessions->cookies, user);

    if (old && old->target == self->instance)
        return self->instance; /* in the place of the old one */
    if (old && old->target != LOST)
        abandon(sessions, user);
    while (!take_memory(sessions, self, 1))
        if (!evict(sessions, self)) { /* others have it all */
            counts_of(sessions, self)->evicted++;
            return LOST;
        }
    return self->instance;
}

/* ---- steps ---- */

bool web_sessions_find(struct web_sessions *sessions, struct component *self, struct request *request)
{
    struct session_counts *counts = counts_of(sessions, self);
    struct cookie *cookie;
    bool is_absent = (request->flags & REQUEST_ABSENT) != 0, is_here;

    request->flags &= (uint8_t)~REQUEST_ABSENT;
    drop_expired(sessions, self);
    cookie = sticky_peek(&sessions->cookies, request->user);
    is_here = cookie && (sessions->config->store ? !is_absent : cookie->target == self->instance);
    if (is_here)
        counts->found++;
    else if (cookie)
        counts->again++;
    if (is_here && !sessions->config->store)
        sticky_use(&sessions->cookies, cookie, self->sim->now_ns);
    return is_here;
}

void web_sessions_make(struct web_sessions *sessions, struct component *self, const struct request *request)
{
    uint32_t target = IN_STORE;

    drop_expired(sessions, self);
    counts_of(sessions, self)->logins++;
    if (!sessions->config->store)
        target = make_in_memory(sessions, self, request->user);
    sticky_set(&sessions->cookies, request->user, target, self->sim->now_ns);
}

void web_sessions_keep(struct web_sessions *sessions, struct component *self, const struct request *request)
{
    struct cookie *cookie;

    if (!sessions->config->store) /* opening it was a use */
        return;
    drop_expired(sessions, self);
    cookie = sticky_peek(&sessions->cookies, request->user);
    if (cookie)
        sticky_use(&sessions->cookies, cookie, self->sim->now_ns);
}

void web_sessions_remove(struct web_sessions *sessions, struct component *self, const struct request *request)
{
    const struct cookie *cookie;

    drop_expired(sessions, self);
    cookie = sticky_peek(&sessions->cookies, request->user);
    if (!cookie)
        return;
    if (cookie->target < self->group->count && cookie->target != self->instance) {
        abandon(sessions, request->user);
        return;
    }
    if (cookie->target == self->instance)
        take_memory(sessions, self, -1);
    sticky_drop(&sessions->cookies, request->user);
}

void web_sessions_crash(struct web_sessions *sessions, struct component *self)
{
    struct session_counts *counts = counts_of(sessions, self);

    for (struct cookie *cookie = NULL; (cookie = sticky_younger(&sessions->cookies, cookie)) != NULL;)
        if (cookie->target == self->instance) {
            counts->lost += is_reachable(cookie);
            cookie->target = LOST;
        }
    take_memory(sessions, self, -counts->held.level);
}

/* ---- what no row can say ---- */

void web_sessions_check(const struct web_sessions_config *config, bool uses_sessions,
                        struct param_problems *problems)
{
    if (config && !uses_sessions)
        param_problem(problems, "sessions",
                      "begin handlers with { \"session\": \"open\" }, or take sessions away",
                      "no handler has a step about the user's session");
    if (config && config->store && !config->data)
        param_problem(problems, "sessions.store", "name a data set with a row for each user as data",
                      "the store cannot tell the sessions from other rows");
}

bool web_sessions_in_memory(const struct group *group)
{
    const struct web_server_config *config = group->config;

    return group->type == &web_server_model.component && config->sessions && !config->sessions->store;
}

/* Whoever calls from there comes back to the same server. */
static bool is_faithful(const struct group *caller)
{
    const struct load_balancer_config *config = caller->config;

    return caller->type == &load_balancer_model.component &&
           (config->sticky || config->policy == BALANCING_IP_HASH ||
            config->policy == BALANCING_CONSISTENT_HASH);
}

static void check_callers(const struct group *group, struct param_problems *problems)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 1; i < sim->link_count; i++) {
        const struct group *from = sim->links[i].from;

        if (sim->links[i].target->group != group || is_faithful(from))
            continue;
        param_problem(
            problems, "sessions",
            "put a balancer with \"sticky\" before the servers, or keep the sessions in a store",
            "%s sends the next request of a user to any of %u servers, and only one has the session",
            from->name, group->count);
        return;
    }
}

void web_sessions_check_wired(const struct group *group, const struct web_sessions_config *config,
                              struct param_problems *problems)
{
    const struct sim *sim = group->sim;

    if (!config)
        return;
    handlers_check_stores(group, &config->log_in, "sessions.log_in", problems);
    if (!config->store && group->count > 1)
        check_callers(group, problems);
    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *source = sim->groups[i];

        if (!source->type->is_source || !clients_are_nobody(source) || !sim_reaches(sim, source, group))
            continue;
        param_problem(problems, "sessions", "give them \"identity\": true",
                      "there is nobody to log in: the users of %s have no identity", source->name);
        return;
    }
}
