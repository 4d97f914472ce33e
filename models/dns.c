/* dns.c - a name that callers look up: to which of its addresses a request goes, and what it costs to know.
 *
 * A name is no server. A request that comes here is handed on to the address that its caller holds
 * (sim_hand_on), over the caller's own link to it: connections, network cards, regions and latencies are
 * those between the caller and the target, as if it had been named itself. What a request spends here is the
 * lookup.
 *
 *   stub      the cache of the caller itself: of each user, or of each instance of a component. An answer
 *             that has not expired costs nothing, and is not doubted: a target that has died since gets the
 *             requests.
 *   resolver  shared by callers of a region, each of whom uses one of so many, by a hash. To ask costs a
 *             round trip. It hands on what is left of the lifetime of its own answer, so its users ask again
 *             when it does. Where the answer has several addresses it names them in turn.
 *   authority the part that the answers come from (dns_parts.c). A resolver that has no answer asks it, once
 *             for all who wait, and so does a caller where there are no resolvers. When it is out nobody gets
 *             an answer, and requests fail (unavailable) as the answers that are held expire.
 *
 * Callers look the name up on their next request after an answer has expired, or at once when it expires
 * (`on_expiry`). In the second case there is always an answer at hand, of an age between 0 and the TTL, and a
 * lookup is not seen by requests; the dates are functions of who the caller, or the resolver, is, see
 * dns_zone.h. After an outage of the authority an eager holder asks again every lookup_timeout; a request
 * meanwhile asks for itself.
 *
 * Left out: more than one address tried by a caller; answers kept beyond their lifetime; failures that are
 * cached; lookups that were asked for before the request; names of names; the load of resolvers.
 *
 * Randomness: which resolver ("spread") and phase ("phase") by the caller; the round trip ("resolver") and
 * lookup ("lookup") by the request. Cost: O(1) a request whose caller holds an answer, else O(addresses).
 * Memory: at most 128 bytes for a caller who was answered within two lifetimes (dns_answers.h), 32 a
 * resolver; with on_expiry nothing by caller.
 */
#include "models/dns.h"

#include <math.h>
#include <string.h>

#include "models/routing.h"
#include "sim/call.h"
#include "sim/fault.h"

enum dns_step { STEP_STUB, STEP_TO_RESOLVER, STEP_WAITS, STEP_TOLD, STEP_NOT_TOLD, STEP_LOOKUP };

/* clang-format off */
static const struct metric_row metrics[] = {
    { "stub.hits", "1", METRIC_COUNTER, offsetof(struct dns, stub_hits), 0,
      "Requests whose caller held an answer." },
    { "stub.misses", "1", METRIC_COUNTER, offsetof(struct dns, stub_misses), 0,
      "Requests whose caller had to ask first." },
    { "stub.hit_ratio", "1", METRIC_RATIO, offsetof(struct dns, stub_hits), offsetof(struct dns, stub_misses),
      "Share of requests whose caller held an answer." },
    { "resolver.hits", "1", METRIC_COUNTER, offsetof(struct dns, resolver_hits), 0,
      "Questions that a resolver answered from its cache." },
    { "resolver.misses", "1", METRIC_COUNTER, offsetof(struct dns, resolver_misses), 0,
      "Questions for which a resolver had no answer: it asked the authoritative servers, or was about to." },
    { "resolver.hit_ratio", "1", METRIC_RATIO, offsetof(struct dns, resolver_hits),
      offsetof(struct dns, resolver_misses),
      "Share of questions that a resolver answered from its cache." },
    { "lookups", "1", METRIC_COUNTER, offsetof(struct dns, lookups), 0,
      "Questions to the authoritative servers that requests waited for." },
    { "lookups.failed", "1", METRIC_COUNTER, offsetof(struct dns, lookups_failed), 0,
      "Those of them that were not answered." },
    { "sent", "1", METRIC_COUNTER, offsetof(struct dns, sent), 0,
      "Requests that went to an address." },
    { "sent_to_dead", "1", METRIC_COUNTER, offsetof(struct dns, sent_to_dead), 0,
      "Those of them that went to a target that was down." },
    { .name = NULL },
};
/* clang-format on */

static bool is_eager(const struct group *group)
{
    const struct dns_config *config = group->config;

    return config->resolve == DNS_ON_EXPIRY;
}

static bool dns_emits(const struct group *group, const struct metric_row *row)
{
    const struct dns_config *config = group->config;

    return strncmp(row->name, "resolver.", 9) || (config->resolvers && !is_eager(group));
}

/* ---- wiring, but for dns_wiring.c ---- */

static void dns_wire(struct component *self)
{
    const struct dns_config *config = self->group->config;
    struct dns *dns = component_state(self);

    dns_answers_init(&dns->answers, &self->sim->memory, config->ttl);
}

/* ---- the answer ---- */

static const struct dns_view *view_of(const struct component *self, struct request *request)
{
    const struct dns_shared *shared = self->shared;

    return &shared->views[shared->view_of_link[request_frame(request)->link]];
}

/* Who holds the answer: a hash. */
static uint64_t caller_of(const struct component *self, const struct dns_view *view,
                          const struct request *request)
{
    const struct frame *caller = &request->frames[request->top - 1];

    return rng_hash(view->caller_key,
                    view->is_by_user ? request->user : self->sim->components[caller->component]->instance);
}

/* That the caller uses, of those in its region. */
static uint32_t resolver_of(const struct component *self, const struct dns_view *view, uint64_t caller)
{
    const struct dns_config *config = self->group->config;
    const struct dns_shared *shared = self->shared;

    return view->region * (uint32_t)config->resolvers +
           (uint32_t)(rng_hash(shared->spread_key, caller) % (uint64_t)config->resolvers);
}

/* The caller has the address. A request whose caller has left meanwhile goes nowhere. */
static void hand_on(struct component *self, struct request *request, const struct dns_view *view,
                    uint32_t place)
{
    const struct dns_shared *shared = self->shared;
    const struct dns_address *address = &shared->zone.addresses[place];
    struct dns *dns = component_state(self);
    uint32_t instance = 0;
    struct link *link;
    bool is_dead;

    if (request->top == request->base) {
        sim_reply(self, request, OUTCOME_OK);
        return;
    }
    if (address->count > 1)
        instance = route_instance(address->group, request, request_frame(request)->number);
    link = view->links[address->link + instance];
    is_dead = component_is_down(link->target);
    dns->sent++;
    dns->sent_to_dead += is_dead;
    dns_record_sent(shared->records[address->record], is_dead);
    sim_hand_on(self, request, link);
}

static uint32_t choose(struct component *self, const struct dns_view *view, uint32_t version, uint64_t turn)
{
    const struct dns_shared *shared = self->shared;
    uint32_t address = dns_zone_choose(&shared->zone, version, view->region, turn);

    dns_record_answered(shared->records[shared->zone.addresses[address].record]);
    return address;
}

/* ---- lookups ---- */

static void ask_authority(struct component *self, struct request *request)
{
    const struct dns_shared *shared = self->shared;
    struct dns *dns = component_state(self);

    dns->lookups++;
    request_frame(request)->step = STEP_LOOKUP;
    sim_call(self, request, shared->authority, 0);
}

static void wait_for_answer(struct component *self, struct request *request, struct dns_resolver *resolver)
{
    request_frame(request)->step = STEP_WAITS;
    request->owner = self;
    request_line_join(&resolver->waiting, self->sim, request);
}

/* Those who waited go on once the present callback is over. */
static void tell_waiting(struct component *self, struct dns_resolver *resolver, bool is_answered)
{
    struct request *request;

    while ((request = request_line_leave(&resolver->waiting, self->sim))) {
        request_frame(request)->step = is_answered ? STEP_TOLD : STEP_NOT_TOLD;
        request->resume = self->on_timer;
        sim_wake(self->sim, request);
    }
}

/* The resolver's answer is the caller's too, for as long as it lives. */
static void take_from_resolver(struct component *self, struct request *request, const struct dns_view *view,
                               uint64_t caller, struct dns_resolver *resolver)
{
    struct dns *dns = component_state(self);
    uint32_t address = choose(self, view, resolver->version, resolver->turn++);

    dns_answers_set(&dns->answers, caller, address, resolver->expires_ns, self->sim->now_ns);
    hand_on(self, request, view, address);
}

static void at_resolver(struct component *self, struct request *request)
{
    const struct dns_shared *shared = self->shared;
    const struct dns_view *view = view_of(self, request);
    uint64_t caller = caller_of(self, view, request);
    struct dns_resolver *resolver = &shared->resolvers[resolver_of(self, view, caller)];
    struct dns *dns = component_state(self);

    if (resolver->expires_ns > self->sim->now_ns) {
        dns->resolver_hits++;
        take_from_resolver(self, request, view, caller, resolver);
        return;
    }
    dns->resolver_misses++;
    if (resolver->is_asking) {
        wait_for_answer(self, request, resolver);
    } else {
        resolver->is_asking = true;
        ask_authority(self, request);
    }
}

static void look_up(struct component *self, struct request *request)
{
    const struct dns_shared *shared = self->shared;

    if (!shared->resolvers) {
        ask_authority(self, request);
    } else if (shared->asks_at_once) {
        at_resolver(self, request);
    } else {
        request_frame(request)->step = STEP_TO_RESOLVER;
        sim_wait(self, request, &shared->resolver_trip);
    }
}

/* The authority has answered the caller itself, whose answer is new. */
static void take_from_authority(struct component *self, struct request *request, const struct dns_view *view)
{
    const struct dns_config *config = self->group->config;
    const struct dns_shared *shared = self->shared;
    struct dns *dns = component_state(self);
    int64_t now_ns = self->sim->now_ns;
    uint32_t address = choose(self, view, dns_zone_version(&shared->zone), dns->turn++);

    if (!is_eager(self->group))
        dns_answers_set(&dns->answers, caller_of(self, view, request), address, now_ns + config->ttl, now_ns);
    hand_on(self, request, view, address);
}

static void dns_on_reply(struct component *self, struct request *request)
{
    const struct dns_config *config = self->group->config;
    const struct dns_shared *shared = self->shared;
    const struct dns_view *view = view_of(self, request);
    struct dns *dns = component_state(self);
    bool is_answered = request->outcome == OUTCOME_OK;
    struct dns_resolver *resolver = NULL;
    uint64_t caller = caller_of(self, view, request);

    dns->lookups_failed += !is_answered;
    if (shared->resolvers) {
        resolver = &shared->resolvers[resolver_of(self, view, caller)];
        resolver->is_asking = false;
        if (is_answered) {
            resolver->version = dns_zone_version(&shared->zone);
            resolver->expires_ns = self->sim->now_ns + config->ttl;
        }
        tell_waiting(self, resolver, is_answered);
    }
    if (!is_answered)
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
    else if (resolver)
        take_from_resolver(self, request, view, caller, resolver);
    else
        take_from_authority(self, request, view);
}

static void dns_on_timer(struct component *self, struct request *request)
{
    const struct dns_shared *shared = self->shared;
    const struct dns_view *view = view_of(self, request);
    uint64_t caller = caller_of(self, view, request);

    switch ((enum dns_step)request_frame(request)->step) {
    case STEP_TOLD:
        take_from_resolver(self, request, view, caller, &shared->resolvers[resolver_of(self, view, caller)]);
        break;
    case STEP_NOT_TOLD:
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        break;
    default:
        at_resolver(self, request);
    }
}

/* ---- arrival ---- */

/* Who asks again as soon as an answer expires is the resolver where there are any, and all its users with it.
 */
static void arrive_eager(struct component *self, struct request *request, const struct dns_view *view,
                         uint64_t caller)
{
    const struct dns_config *config = self->group->config;
    const struct dns_shared *shared = self->shared;
    struct dns *dns = component_state(self);
    uint64_t holder = config->resolvers ? resolver_of(self, view, caller) : caller;
    struct rng rng = rng_for_request(shared->phase_key, holder);
    struct dns_held held =
        dns_zone_held(&shared->zone, (int64_t)(rng_uniform(&rng) * (double)config->ttl), self->sim->now_ns);
    uint64_t turn = rng_hash(shared->spread_key, caller) + held.renewals;

    if (!held.is_valid) {
        dns->stub_misses++;
        ask_authority(self, request);
        return;
    }
    dns->stub_hits++;
    hand_on(self, request, view, dns_zone_choose(&shared->zone, held.version, view->region, turn));
}

static void dns_on_request(struct component *self, struct request *request)
{
    const struct dns_view *view = view_of(self, request);
    uint64_t caller = caller_of(self, view, request);
    struct dns *dns = component_state(self);
    uint32_t address;

    if (is_eager(self->group)) {
        arrive_eager(self, request, view, caller);
        return;
    }
    address = dns_answers_find(&dns->answers, caller, self->sim->now_ns);
    if (address == DNS_NO_ANSWER) {
        dns->stub_misses++;
        look_up(self, request);
        return;
    }
    dns->stub_hits++;
    hand_on(self, request, view, address);
}

static struct activity dns_activity(const struct component *self, const struct request *request)
{
    (void)self;
    if (request->frames[request->top].step == STEP_WAITS)
        return (struct activity){ "lookup of another caller", true };
    return (struct activity){ "round trip to the resolver", false };
}

static const char *dns_part_name(const void *config, size_t index)
{
    (void)config;
    return index == 0 ? DNS_AUTHORITY : NULL;
}

const struct model_type dns_model = {
    .component = {
        .name = "dns",
        .is_name = true,
        .shared_size = sizeof(struct dns_shared),
        .state_size = sizeof(struct dns),
        .wire_group = dns_wire_group,
        .wire = dns_wire,
        .wire_callers = dns_wire_callers,
        .on_request = dns_on_request,
        .on_reply = dns_on_reply,
        .on_timer = dns_on_timer,
        .metrics = metrics,
        .emits = dns_emits,
        .activity = dns_activity,
    },
    .summary = "a name that callers look up, and that stands for the addresses of other components",
    .stands_for = "The domain name system for one name: authoritative servers that hand out the addresses "
                  "of its records in turn, by weight or the nearest healthy one (geoDNS), and the caches "
                  "before them: each caller's own (a browser's, a machine's), and the resolvers of "
                  "providers, which many share. Answers live for the TTL wherever they are, so a "
                  "correction reaches callers as their answers expire. Requests go on over the caller's "
                  "own way to the address; what the name itself measures is the lookup: its latency, and "
                  "as failed requests those that got no address. Each record is a part with metrics of its "
                  "own, as \"dns.web\" (type dns_record).",
    .leaves_out = "Callers that try a second address when the first does not answer; resolvers that hand "
                  "out expired answers, or keep them for longer than they may; failures that are cached; "
                  "lookups that a browser does ahead; the chain of names (CNAME) and of zones, which is "
                  "within the lookup time; the load and the price of questions.",
    .misleads = "With resolve on_expiry no request waits for a lookup, not even the first of a user, and "
                "the questions are not counted. A few resolvers with many users each move all of them at "
                "one date; in reality a provider's resolver is many caches. Some clients keep an address "
                "for hours whatever the TTL is: the last requests to a dead target come later than here.",
    .params = &dns_params,
    .roles = ROLE_SERVER,
    .crashes = true,
    .part_name = dns_part_name,
    .part = &dns_record_model,
    .check = dns_check,
    .check_wired = dns_check_wired,
};
