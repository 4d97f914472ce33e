/* health_checks.h - which servers a balancer takes out of its choice, and when it takes them back.
 *
 * Three reasons, each by itself; a server is in the choice when there is none:
 *   unhealthy  Active checks: every `interval`, counted from start to start, each balancer asks each server.
 *              So many bad
 *              answers in a row, an answer that is not there after `timeout` being one, take it out; so many
 *              good ones
 *              in a row take it back. Checks of different servers do not begin at the same date (drawn once).
 *   away       Passive checks: so many real requests in a row that failed take it out for a while, then it is
 *              tried again.
 *   leaving    It is drained: it gets nothing new, what it has is finished.
 *
 * A probe is a message over the link that requests take: its latency, bandwidth, loss, its being cut, and a
 * connection of its own. It is answered by the machine and not by a worker: a health endpoint that only says
 * that the process is there costs next to nothing, so probes load no server, and a server that is merely slow
 * or full is healthy to them. That is how most are set up, and passive checks are there for the rest. A
 * server that is down refuses the probe; for one whose machine is gone (a silent fault) nobody answers, and
 * the probe runs into its timeout. Whoever is out of service or boots (sim/members.h) is not asked; who comes
 * is in the choice until a check says otherwise. The endpoints are a part of the balancer, "lb.health", one
 * instance for each server, so that probes are counted and their latency is seen; requests have nothing to do
 * with it.
 *
 * Randomness: when the first check of each server is ("check").
 * Cost: two to four events a probe; nothing for balancers without checks.
 */
#ifndef MODELS_HEALTH_CHECKS_H
#define MODELS_HEALTH_CHECKS_H

#include "models/balancing.h"
#include "models/model.h"
#include "sim/link.h"

struct health_check_config {
    int64_t interval, timeout; /* ns */
    int64_t unhealthy_after;   /* bad answers in a row */
    int64_t healthy_after;     /* good answers in a row */
};

struct passive_check_config {
    int64_t failures; /* in a row */
    int64_t away;     /* ns */
};

struct drain_config {
    int64_t server;
    int64_t from, until; /* ns since measuring began; INT64_MAX: for ever */
};

extern const struct param_table health_check_params, passive_check_params, drain_params;

/* How a balancer sees one server. */
struct server_health {
    uint16_t contrary; /* answers in a row that speak against its state */
    uint16_t failures; /* requests in a row that failed */
    bool is_unhealthy, is_away, is_leaving;
    struct request *back; /* ticks when it is no longer away */
};

/* Of one balancer. */
struct health {
    struct server_health *servers;
    struct balancing *balancing;
    const struct health_check_config *active;   /* NULL: none */
    const struct passive_check_config *passive; /* NULL: none */
    uint64_t removed, returned;                 /* servers, in the window */
    struct amount available;
};

/* Of a group of balancers. */
struct health_probes {
    struct link **links, **real; /* to the endpoints, and those that requests take, by server */
    uint64_t key;
};

/* Makes the endpoints and the links to them. For wire_group. */
void health_wire_group(struct health_probes *probes, struct group *balancers, struct link **real,
                       const struct health_check_config *config);

/* For wire. The lists and configurations outlive the run. */
void health_init(struct health *health, struct component *self, struct balancing *balancing,
                 const struct health_check_config *active, const struct passive_check_config *passive);

/* Once all links have their properties, those of probes get theirs. For start, of one balancer
 * of the group. */
void health_links_complete(const struct health_probes *probes);

/* What a balancer knew about its servers is gone, but who of them leaves. Its clocks are ended
 * already. For on_crash. */
void health_forget(struct health *health, const struct sim *sim);

/* The clocks of checks. For start and on_restart. */
void health_start(struct health *health, struct component *self, struct health_probes *probes);

/* The clocks of drains, whose dates count from when measuring begins. For on_window and on_restart. */
void health_plan_drains(struct health *health, struct component *self, const struct param_list *drains);

/* One of these clocks. For on_timer, with a ticker. */
void health_tick(struct health *health, struct component *self, struct health_probes *probes,
                 const struct param_list *drains, struct request *ticker);

/* True when what came back was a probe, which is then done with. For on_reply. */
bool health_answered(struct health *health, struct component *self, const struct health_probes *probes,
                     struct request *request);

/* What became of a request at the server: for passive checks. */
void health_seen(struct health *health, struct component *self, uint32_t server, enum outcome outcome);

/* What became of a probe: the state machine of active checks, without its clocks. */
void health_probed(struct health *health, const struct sim *sim, uint32_t server, bool is_good);

/* Another machine has the server's place: no check has failed there. */
void health_forget_server(struct health *health, const struct sim *sim, uint32_t server);

void health_set_leaving(struct health *health, const struct sim *sim, uint32_t server, bool is_leaving);

#endif
