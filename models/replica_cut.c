/* replica_cut.c - nodes of a replicated database that the network has cut off: they live, and those who watch
 * the nodes, and most callers, do not reach them. See replication.h and sim/cut.h.
 *
 * Those who watch take them for dead after the detection, and elect another primary in the place of one. With
 * fencing the old one hears no more that it is the primary and refuses writes from then on. Without it goes on
 * taking those of callers that are cut off with it: there are two primaries, and two logs from where the new
 * one's began. When the network is whole again the old one begins anew as a replica: what it alone has is taken
 * back, or replayed, as after a crash.
 *
 * Callers that are cut off ask the old primary; the others those nodes that they know of, and one of which they
 * do not know yet that it is out of reach loses their message.
 * Left out: nodes that are cut off together do not go on following each other once another one leads.
 */
#include "models/replication.h"
#include "sim/call.h"
#include "sim/cut.h"
#include "sim/fault.h"

/* ---- callers ---- */

bool replica_caller_is_cut(const struct replica_set *set, const struct request *request)
{
    return caller_side(set->router, request) != component_side(set->router);
}

static void is_lost(struct component *router, struct request *request)
{
    request->outcome = OUTCOME_LOST;
    request->bytes = 0;
    router->on_reply(router, request);
}

void replica_set_lose(struct replica_set *set, struct request *request)
{
    sim_resume_after(set->router, request, GIVE_UP_NS, is_lost);
}

void replica_set_ask_within(struct replica_set *set, struct request *request)
{
    struct replica *reached = NULL;

    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];
        bool leads = replica_is_primary(replica) || replica->is_deposed;

        if (replica->is_cut && replica->is_up && (leads || (!reached && !database_writes(request))))
            reached = replica;
    }
    if (!reached) {
        replica_set_lose(set, request);
    } else if (database_writes(request) && !replica_takes_writes(reached)) {
        request->bytes = 0;
        sim_reply(set->router, request, OUTCOME_UNAVAILABLE);
    } else {
        replica_set_send(set, request, reached->index);
    }
}

/* ---- two primaries ---- */

bool replica_takes_writes(const struct replica *replica)
{
    const struct replica_set *set = replica->set;
    const struct failover_config *failover = set->replication->failover;
    bool is_told = !replica->is_cut || !failover || failover->fencing;

    if (replica_is_primary(replica)) /* one that has died since asks before it goes on, and nobody answers */
        return !replica->is_kept_out && (!set->elected || (!is_told && replica->was_cut_as_primary));
    return replica->is_deposed && !is_told;
}

/* What a deposed primary has appended is the end of its surplus. */
void replica_gave_version(struct replica *replica, uint64_t n, uint32_t version)
{
    uint64_t from_end = replica_database(replica)->log.next - n;

    if (replica_is_primary(replica) || n < replica->split_at)
        write_log_set_version(&replica->set->log, n, version);
    else if (from_end <= replica->surplus_count)
        replica->surplus[replica->surplus_count - from_end].version = version;
}

void replica_depose(struct replica *old, uint64_t end)
{
    old->was_cut_as_primary = false;
    old->is_deposed = old->was_primary = true;
    old->split_at = end;
    old->applied = end < old->set->acknowledged ? end : old->set->acknowledged; /* the rest failed there */
    old->next = old->applied;
}

/* Its log is that of the others up to where they part, or as much of it as it had on disk. */
void replica_end_split(struct replica *old)
{
    struct replica_set *set = old->set;
    struct write_log *log = &replica_database(old)->log;

    if (!old->is_deposed)
        return;
    replicated_of(set)->split_brain += old->split_commits;
    for (uint32_t i = 0; old->split_commits && i < set->count; i++)
        replica_database(&set->replicas[i])->lost_any = true;
    if (log->next > old->split_at)
        write_log_truncate(log, old->split_at);
    /* What was not on its disk before the logs part is not in its rows either, no more than what came after. */
    failover_undo_surplus(old);
    replica_take_back(old, log->next > set->log.oldest ? log->next : set->log.oldest, old->split_at);
    replica_cut_applying(old, log->next);
    old->is_deposed = false;
    old->split_commits = 0;
}

void replica_step_down(struct replica *old)
{
    fault_put_out(old->node);
    fault_put_in(old->node);
}

/* ---- the network ---- */

static void falls_apart(struct replica *replica)
{
    struct replica_set *set = replica->set;
    struct sim *sim = set->router->sim;

    if (!replica->is_up)
        return;
    replica->down_ns = sim->now_ns; /* to those who watch */
    replica->was_cut_as_primary = replica_is_primary(replica) && !replica->is_kept_out;
    sim_tick_at(set->router, replica->detector, sim->now_ns + set->replication->detection);
    failover_end_promotion(replica);
}

static void is_whole_again(struct replica *replica)
{
    struct replica_set *set = replica->set;

    if (!replica->is_up)
        return;
    replica->is_known_down = false;
    if (replica->is_deposed)
        replica_step_down(replica);
    else if (replica->is_kept_out && !set->elected)
        failover_lead_again(replica);
    else if (replica_is_primary(replica) && !set->elected)
        replica->was_cut_as_primary = false; /* nobody has taken its place */
    else if (replica->follows)
        replica_acknowledge(replica); /* what it said meanwhile is lost */
}

/* Those who could not follow the primary may now. */
static void rejoin_all(struct replica_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (!replica->follows && replica_set_is_led(set) && replica_may_follow(replica))
            failover_node_up(replica);
    }
}

void replica_set_on_network(struct replica_set *set)
{
    set->is_divided = network_is_divided(set->router->sim);
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        replica->was_cut = replica->is_cut;
        replica->is_cut = component_side(replica->node) != component_side(set->router);
    }
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];

        if (replica->is_cut && !replica->was_cut)
            falls_apart(replica);
        else if (replica->was_cut && !replica->is_cut)
            is_whole_again(replica);
    }
    rejoin_all(set);
    failover_elect(set);
    replica_set_choose_readers(set);
    replica_set_ship(set);
}
