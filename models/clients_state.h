/* clients_state.h - what the files of the model `clients` share; see clients.c.
 *
 *   clients.c           wiring; open arrivals and recorded ones
 *   clients_params.c    what a scenario can say, and what is measured
 *   clients_check.c     what can be wrong with it
 *   clients_regions.c   users in several regions
 *   clients_closed.c    users who think between requests
 *   clients_visits.c    pages with assets, sessions
 *   clients_requests.h  classes of requests
 *   clients_trace.h     recorded arrivals
 */
#ifndef MODELS_CLIENTS_STATE_H
#define MODELS_CLIENTS_STATE_H

#include "models/arrivals.h"
#include "models/clients.h"
#include "models/clients_trace.h"

#define ARRIVALS_MIN 1e-9 /* of arrivals, 1/s */
#define ARRIVALS_MAX 1e9

enum clients_mode { MODE_OPEN, MODE_VARYING, MODE_TRACE, MODE_CROWD, MODE_IDENTITIES, MODE_IN_REGIONS,
                    MODE_SEEN /* open, with an audience */ };

struct clients_shared {
    struct client_requests requests;
    struct link **targets;
    struct group *target;
    struct link **asset_targets;
    struct group *asset_target;
    struct duration patience;
    bool has_patience;
    uint64_t users; /* how many different ones there are, */
    uint64_t user_first; /* from this one on */
    uint64_t number_key, choice_key;
    struct audience *audience; /* NULL: nobody wants to know who was there */
};

struct clients {
    enum clients_mode mode;
    uint64_t sent;
    struct request *ticker; /* open: the next arrival; crowd: the next end of a pause */
    struct arrivals arrivals;
    struct varying_arrivals *varying; /* NULL: at an even rate */
    struct trace_player trace;
    struct lane *lane; /* of the next arrival, NULL: it goes to the pending events */
    struct crowd crowd;
    uint32_t alarm; /* timer of the crowd, 0: nobody thinks */
    struct duration think_time;
    struct amount thinking;

    struct sessions *sessions; /* NULL: there are none */
    const struct client_request *login; /* NULL: sessions begin with a page */
    struct request *session_ticker;
    uint32_t session_alarm; /* timer, 0: nobody thinks */
    struct amount browsing;
    uint64_t sessions_started, sessions_completed, sessions_left, sessions_back;
    uint64_t purchases, without_purchase; /* sessions that ended */
    uint64_t revenue;                     /* millionths of a dollar */
    uint64_t gave_up, pages_incomplete, assets, assets_failed;
};

extern const struct param_table clients_params;
extern const struct metric_row clients_metrics[];

/* Figures of what the configuration does not have are not printed. */
bool clients_emits(const struct group *group, const struct metric_row *metric);

/* ---- what a configuration comes to ---- */

enum clients_mode clients_mode_of(const struct clients_config *config);
bool clients_have_patience(const struct clients_config *config);
bool clients_have_assets(const struct clients_config *config);

/* Of arrivals, 1/s; 0: there are none. Where `load` says so it is multiplied. */
double clients_rate(const struct clients_config *config);

/* How many different ones there are. */
int64_t clients_users(const struct clients_config *config);

void clients_check(const void *config, struct param_problems *problems);
void clients_check_wired(const struct group *group, struct param_problems *problems);

/* ---- regions ---- */

bool clients_are_in_regions(const struct group *group);
void clients_add_regions(struct group *group);
void clients_check_regions(const struct clients_config *config, struct param_problems *problems);
void clients_check_wired_regions(const struct group *group, struct param_problems *problems);

/* All regions ask for the same: the first stands for them. */
const struct group *clients_first_region(const struct group *group);

/* ---- sending ---- */

/* Of a session: pages that come after this one, what it has met so far (sessions.h). */
struct page_of_session {
    uint16_t pages_left, mood;
    bool is_login;
};

/* A request of that class (NULL: drawn), for users who may give up. page: all 0 without a session. */
void clients_send(struct component *self, uint64_t number, uint64_t user, const struct client_request *class,
                  struct page_of_session page);

/* The next request of users who are all alike. */
void clients_send_next(struct component *self);

static inline uint64_t clients_draw_user(const struct clients_shared *shared, struct rng *choice)
{
    return shared->user_first + rng_below(choice, shared->users);
}

/* ---- answers ---- */

/* A request is back that was not sent and forgotten: a page, an asset, one of a user who thinks. */
void clients_answered(struct component *self, struct request *request);

/* ---- sessions ---- */

/* Somebody comes who was not here before; the first of those who think or are away goes on. */
void clients_begin_session(struct component *self);
void clients_wake_session(struct component *self);

/* ---- closed users ---- */

/* So many of the crowd think now, one more or one less: the next pause ends at another date. */
void clients_crowd_think(struct component *self, uint64_t thinking);
/* The pause of one of them is over. */
void clients_crowd_send(struct component *self);

/* The user thinks, for that part of a pause, then sends the request of that number. */
void clients_think(struct component *self, uint64_t user, uint64_t number, double share_of_pause);
void clients_identities_start(struct component *self);
/* The pause that this was the ticker of is over. */
void clients_identity_send(struct component *self, struct request *ticker);

#endif
