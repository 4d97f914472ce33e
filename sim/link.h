/* link.h - the wire between a caller and what it calls, and the policy of the call.
 *
 * A link belongs to a group of callers and leads to one instance. On its way a message pays, in this order:
 * the sender's network card (bytes over bandwidth, first come first served), the link's own bandwidth where
 * it has one, resending after loss, and latency, which is drawn anew for each message. Between two components
 * on one machine its network card is not asked.
 *
 * Loss is what TCP makes of it: a lost message comes late, by RETRANSMIT_FIRST_NS and then twice that, and
 * so on (RFC 6298); after RETRANSMITS_MAX the call fails with OUTCOME_LOST, GIVE_UP_NS after it was sent,
 * and the connection is closed. A link that is cut loses everything that is sent from then on; what is on
 * its way arrives.
 *
 * Connections: a link may say that a call needs one, out of a pool of the calling instance. A new one
 * costs round trips (TCP one, TLS 1.3 one more, TLS 1.2 two) before the message leaves; then it is kept
 * alive and used again until it has been idle for longer than idle_timeout_ns. When all are in use, calls
 * wait in line for one. A call that is given up while its connection is set up is never sent. Set-up
 * messages pay latency only.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/component.h"
#include "sim/duration.h"
#include "sim/time.h"

#define RETRANSMIT_FIRST_NS (200 * SIM_NS_PER_S / 1000)
#define RETRANSMITS_MAX 6
#define GIVE_UP_NS (RETRANSMIT_FIRST_NS * ((INT64_C(2) << RETRANSMITS_MAX) - 1)) /* 25.4 s */

/* Bytes leave one after the other. Because that is first come first served, the date at which a message
 * has left is known when it is handed over: no event is needed. */
struct pipe {
    double ns_per_byte;
    int64_t free_ns;      /* when the last message handed over will have left */
    int64_t busy_ns;      /* time spent sending in the window, messages handed over by now */
    uint64_t bytes;       /* sent in the window */
};

/* When a call is given up and what happens then. Read only, shared by every call at one place. */
struct call_policy {
    int64_t timeout_ns;        /* of one attempt; SIM_TIME_NEVER: none */
    uint32_t retries_max;      /* further attempts after the first, up to 255 */
    uint32_t retry_on;         /* bit (1 << outcome) */
    int64_t backoff_ns;        /* before the first retry; doubles each time */
    int64_t backoff_max_ns;
    bool backoff_jitter;       /* uniform between 0 and the backoff */
};

#define RETRY_ON_DEFAULT                                                                                 \
    (1u << OUTCOME_TIMEOUT | 1u << OUTCOME_REFUSED | 1u << OUTCOME_UNAVAILABLE | 1u << OUTCOME_CRASHED | \
     1u << OUTCOME_LOST)

#define CALL_POLICY_NONE ((struct call_policy){ .timeout_ns = SIM_TIME_NEVER, .retry_on = RETRY_ON_DEFAULT })

/* Connections that the instances of a group keep to one target. */
struct connection_config {
    uint32_t round_trips;    /* to set one up; 0: nothing is modelled */
    uint32_t connections_max; /* for each calling instance; UINT32_MAX: as many as needed */
    int64_t idle_timeout_ns; /* SIM_TIME_NEVER: kept for ever */
};

struct connection_pool;

/* What most calls need is in the first cache line. */
struct link {
    struct component *target;
    struct duration *latency; /* of one message, one way; NULL: none */
    uint64_t place; /* of a new frame that is called over this link: struct frame */
    uint16_t id;
    /* Each way: nothing but latency, no pipe or card to go through, no loss, no connections. */
    bool plain_there, plain_back;
    /* Not even latency, no timeout, no retries: a message arrives at once and is done with. */
    bool instant_there, instant_back;
    bool cut; /* see sim_link_cut() */
    bool between_cards; /* both ends have a network card, which may be the same one */
    struct call_policy policy;
    struct pipe *forward, *back;    /* NULL: unlimited */
    struct connection_pool **pools; /* by calling instance, NULL: no connections modelled */
    double loss;                    /* share of messages */
    struct group *from;
    uint64_t draw_key; /* of loss and backoff */
    struct connection_config connections;
    const char *from_site; /* where the message leaves; NULL: at the site of `from` */
    struct link *asked;    /* to a name that answered with this link, see sim_link_behind(); NULL: none */
    const char *to_site;   /* where the message arrives; NULL: at the site of the target */
    struct link *entry;    /* whose way this one is, see sim_link_through(); NULL: its own */
    bool is_entry;         /* its way is that of the links through it */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct link, policy.retry_on) < 64, "a call looks at one cache line of its link");

/* Links the group to instance `instance` of target. The network between their sites decides about
 * latency, bandwidth, loss and connections; the caller about the policy (copied). */
struct link *sim_link(struct group *from, struct group *target, uint32_t instance,
                      const struct call_policy *policy);

/* The same for a name (component_type.is_name), which is wherever its callers are: the message leaves at
 * `site`, which outlives the run. The way to a name takes no time, so that this link is all of the way
 * from a caller in `site`. */
struct link *sim_link_from(struct group *from, const char *site, struct group *target, uint32_t instance,
                           const struct call_policy *policy);

/* What a name answers the caller of `asked` with: the same caller's own link, with the same policy, to an
 * instance. A call that is handed on over it (sim_hand_on) and repeated asks the name again. For wire_callers. */
struct link *sim_link_behind(struct link *asked, struct group *target, uint32_t instance);

/* A message that leaves at one site and arrives at another one, wherever the groups are; NULL: where they
 * are. The names of the sites outlive the run. */
struct link *sim_link_between(struct group *from, const char *from_site, struct group *target,
                              uint32_t instance, const char *to_site);

/* What stands at several sites, and is reached by a library in its callers: the way from the caller of
 * `entry` to a node at `site` (NULL: its own), by the network's rules for that caller and for what it calls.
 * `entry` itself costs nothing from then on but the sender's network card. Connections are there already.
 * For wire_callers. */
struct link *sim_link_through(struct link *entry, struct group *nodes, uint32_t instance, const char *site);

/* One to each instance of the target: an array of target->count, the run's own. */
struct link **sim_link_all(struct group *from, struct group *target, const struct call_policy *policy);

/* Where a request is that is on its way to a component or back. */
enum link_place { LINK_MESSAGE, LINK_WAITS_FOR_CONNECTION, LINK_CONNECTS, LINK_GIVES_UP };

/* For those who watch: changes nothing. */
enum link_place sim_link_place(const struct request *request);

/* Gives every link its properties, once all components know their network cards. */
void sim_links_complete(struct sim *sim);

/* Date at which a message that `sender` hands over now is at the link's target, for what is no call (a log
 * that is shipped); `number` names it for its draws. It pays its way as a call does. SIM_TIME_NEVER: it is
 * lost. */
int64_t sim_link_arrival(const struct component *sender, const struct link *link, uint32_t bytes,
                         uint64_t number);

/* Cuts the link, or mends it. */
void sim_link_cut(struct link *link, bool cut);

/* A call over the link was given up: its connection is closed. */
void sim_connection_drop(struct component *caller, struct link *link);

/* The component has died: connections that it kept are gone, and so are idle ones to it. Calls that wait
 * for one of its own are taken out of the line, with no resume, for the caller to end. O(links). */
void sim_connections_crash(struct component *component);

/* bytes_per_s must be above 0. */
void pipe_init(struct pipe *pipe, double bytes_per_s);

/* Hands over a message at now_ns, not earlier than the one before; returns when its last byte has left. */
int64_t pipe_send(struct pipe *pipe, int64_t now_ns, uint64_t bytes);

/* Share of the time from start_ns to now_ns that the pipe was sending. */
double pipe_utilisation(const struct pipe *pipe, int64_t start_ns, int64_t now_ns);

#endif
