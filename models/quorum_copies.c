/* quorum_copies.c - copies of which none leads die and come back; see quorum.h.
 *
 * Hints are kept by those that are up, on their disks, and brought to a copy that is back, a few at the same
 * time. What dies in a copy's memory is missed by nobody as long as another copy has it, or will: it is
 * lost when none does.
 */
#include "models/environment.h"
#include "models/quorum.h"
#include "sim/call.h"
#include "sim/cut.h"
#include "sim/fault.h"

#define TRY_AGAIN_NS (SIM_NS_PER_S / 10) /* a copy that has no room for a hint */

/* ---- hints ---- */

static void note_waiting(struct quorum_copy *copy, int64_t more)
{
    struct quorum *state = quorum_of_set(copy->set);

    amount_add(&state->hints_waiting, more, copy->node->sim->now_ns);
}

static void grow(struct quorum_copy *copy)
{
    struct memory *memory = &copy->node->sim->memory;
    uint64_t room = copy->hint_room ? 2 * copy->hint_room : 64;
    struct quorum_hint *hints = memory_alloc_array(memory, room, sizeof *hints);

    for (uint64_t i = 0; i < copy->hint_count; i++)
        hints[i] = copy->hints[(copy->first_hint + i) & (copy->hint_room - 1)];
    memory_free(memory, copy->hints);
    copy->hints = hints;
    copy->first_hint = 0;
    copy->hint_room = room;
}

static void append_hint(struct quorum_copy *copy, struct quorum_hint hint)
{
    if (copy->hint_count == copy->hint_room)
        grow(copy);
    copy->hints[(copy->first_hint + copy->hint_count++) & (copy->hint_room - 1)] = hint;
}

static struct quorum_hint take_hint(struct quorum_copy *copy)
{
    struct quorum_hint hint = copy->hints[copy->first_hint];

    copy->first_hint = (copy->first_hint + 1) & (copy->hint_room - 1);
    copy->hint_count--;
    return hint;
}

static void bring_hints(struct quorum_copy *copy);

/* Who keeps it and the copy hear each other. */
static bool is_in_reach(const struct quorum_copy *copy, uint8_t keeper)
{
    return copy->set->copies[keeper].side == copy->side;
}

void quorum_keep_hint(struct quorum_copy *copy, const struct quorum_operation *operation)
{
    const struct request *carrier = operation->carrier;
    struct quorum *state = quorum_of_set(copy->set);
    int64_t kept_ns = copy->set->config->replication.quorum.hints_kept;

    if (copy->node->sim->now_ns - copy->down_ns >= kept_ns) {
        state->hints_dropped++;
        return;
    }
    state->hints_kept++;
    note_waiting(copy, 1);
    append_hint(copy, (struct quorum_hint){ .row = carrier->key,
                                            .version = operation->version,
                                            .bytes = carrier->bytes,
                                            .data = carrier->data,
                                            .rows = carrier->rows,
                                            .operation = carrier->operation,
                                            .query = carrier->query,
                                            .keeper = (uint8_t)operation->coordinator });
    if (copy->is_up && is_in_reach(copy, (uint8_t)operation->coordinator)) /* it is back already */
        bring_hints(copy);
}

static void is_delivered(struct quorum_copy *copy)
{
    quorum_of_set(copy->set)->hints_delivered++;
    note_waiting(copy, -1);
}

static uint32_t free_place(const struct quorum_copy *copy)
{
    uint32_t place = 0;

    while (copy->sent_mask >> place & 1)
        place++;
    return place;
}

static struct request *fork_hint(struct quorum_copy *copy, struct quorum_hint hint)
{
    const struct component *router = copy->set->router;
    struct request *courier = copy->courier, *branch;
    uint32_t place = free_place(copy);

    copy->sent[place] = hint;
    copy->sent_mask |= 1u << place;
    courier->data = hint.data;
    courier->key = hint.row;
    request_frame(courier)->number = rng_hash(rng_hash(hint.version, hint.row),
                                              router->instance * (REPLICAS_MAX + 1) + copy->index);
    branch = sim_fork(copy->set->router, courier, place + 1);
    branch->user = 0;
    branch->version = hint.version;
    branch->bytes = hint.bytes;
    branch->rows = hint.rows;
    branch->operation = hint.operation;
    branch->query = hint.query;
    request_frame(branch)->step = ERRAND_BRINGS_HINT;
    request_frame(branch)->note = (uint8_t)copy->index;
    return branch;
}

/* As many as may be on their way. While the network is divided those whose keepers are on the other side go
 * back to the end of the line. */
static void bring_hints(struct quorum_copy *copy)
{
    uint64_t left = copy->hint_count;

    while (copy->is_up && left-- > 0 && copy->hint_count && copy->courier->children < HINTS_AT_ONCE) {
        struct quorum_hint hint = take_hint(copy);

        if (is_in_reach(copy, hint.keeper))
            sim_call(copy->set->router, fork_hint(copy, hint), copy->far, 0);
        else
            append_hint(copy, hint);
    }
}

void quorum_on_hint(struct quorum_copy *copy, struct request *branch)
{
    struct component *router = copy->set->router;
    uint32_t place = branch->frames[0].link - 1u;
    bool is_there_now = branch->outcome == OUTCOME_OK || branch->outcome == OUTCOME_NOT_FOUND;

    copy->sent_mask &= ~(1u << place);
    sim_join(router, branch);
    if (is_there_now) {
        is_delivered(copy);
        bring_hints(copy);
        return;
    }
    append_hint(copy, copy->sent[place]);
    if (copy->is_up)
        sim_tick_at(router, copy->detector, router->sim->now_ns + TRY_AGAIN_NS);
}

/* ---- down and up ---- */

/* It may be time to tell the others, or to bring a hint once more. */
void quorum_on_detector(struct quorum_copy *copy)
{
    int64_t known_ns = copy->down_ns + copy->set->config->replication.detection;

    if (copy->is_up)
        bring_hints(copy);
    else if (copy->node->sim->now_ns >= known_ns)
        copy->is_known_down = true;
}

/* The network is divided, or whole again. */
void quorum_on_network(struct quorum_set *set)
{
    bool was_divided = set->is_divided;

    set->is_divided = network_is_divided(set->router->sim);
    for (uint32_t i = 0; i < set->count; i++) {
        struct quorum_copy *copy = &set->copies[i];
        uint64_t side = component_side(copy->node);

        if (copy->is_up && (!was_divided || side != copy->side))
            copy->down_ns = set->router->sim->now_ns; /* to those on other sides */
        copy->side = side;
    }
    for (uint32_t i = 0; i < set->count; i++)
        bring_hints(&set->copies[i]);
}

static bool is_as_new(const struct quorum_hint *hint, const struct write_log_entry *entry)
{
    return hint->row == entry->row && hint->data == entry->data && hint->version >= entry->version;
}

/* It has that version, or will: a message is on its way, or a hint is kept. */
static bool will_have(const struct quorum_copy *copy, const struct write_log_entry *entry)
{
    const struct quorum_set *set = copy->set;
    const struct row_table *rows = database_changed_rows(copy->node);

    if (row_table_look(rows, row_id(entry->data, entry->row)).version >= entry->version)
        return true;
    for (uint64_t i = 0; i < copy->hint_count; i++)
        if (is_as_new(&copy->hints[(copy->first_hint + i) & (copy->hint_room - 1)], entry))
            return true;
    for (uint32_t place = 0; place < HINTS_AT_ONCE; place++)
        if (copy->sent_mask >> place & 1 && is_as_new(&copy->sent[place], entry))
            return true;
    for (uint32_t i = 0; i < set->operation_count; i++) {
        const struct quorum_operation *operation = set->operations[i];

        if (operation->carrier && operation->writes && operation->carrier->key == entry->row &&
            operation->carrier->data == entry->data && operation->version >= entry->version &&
            (operation->asked & ~operation->answered) >> copy->index & 1)
            return true;
    }
    return false;
}

/* What is left of a row is what the others have of it. */
static uint32_t newest_left(const struct quorum_set *set, const struct write_log_entry *entry)
{
    uint32_t newest = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        const struct row_table *rows = database_changed_rows(set->copies[i].node);
        uint32_t version = row_table_look(rows, row_id(entry->data, entry->row)).version;

        if (version > newest)
            newest = version;
    }
    return newest;
}

static bool is_lost(const struct quorum_set *set, const struct write_log_entry *entry)
{
    uint32_t acknowledged = row_table_look(&set->acknowledged, row_id(entry->data, entry->row)).version;

    if (!entry->version || acknowledged < entry->version)
        return false;
    for (uint32_t i = 0; i < set->count; i++)
        if (will_have(&set->copies[i], entry))
            return false;
    return true;
}

/* What the copy had in memory alone. Nobody can expect to read what is lost. */
static void lose_tail(struct quorum_copy *copy)
{
    struct quorum_set *set = copy->set;
    const struct database *db = component_state(copy->node);
    uint64_t end = db->log.next, lost = 0;

    if (!database_loses_changes(copy->node))
        return;
    for (uint64_t n = db->log.durable; n < end; n++)
        lost += is_lost(set, write_log_at(&db->log, n));
    for (uint64_t n = db->log.durable; lost && n < end; n++) {
        const struct write_log_entry *entry = write_log_at(&db->log, n);

        if (is_lost(set, entry))
            row_table_set(&set->acknowledged, &set->router->sim->memory, row_id(entry->data, entry->row),
                          (struct row_entry){ .version = newest_left(set, entry) });
    }
    quorum_of_set(set)->lost += lost;
}

void quorum_copy_crash(struct quorum_copy *copy)
{
    struct component *router = copy->set->router;

    copy->is_up = false;
    copy->down_ns = router->sim->now_ns;
    lose_tail(copy);
    quorum_coordinator_died(copy);
    sim_tick_at(router, copy->detector, copy->down_ns + copy->set->config->replication.detection);
}

void quorum_copy_restart(struct quorum_copy *copy)
{
    copy->is_up = true;
    copy->is_known_down = false;
    bring_hints(copy);
}
