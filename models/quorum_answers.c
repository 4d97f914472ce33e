/* quorum_answers.c - answers of copies of which none leads: when they are enough, what they say together, and
 * what is done about copies that say something older. See quorum.h. */
#include "models/quorum.h"

#include "sim/call.h"
#include "sim/fault.h"

static void acknowledge(struct quorum_set *set, const struct request *question, uint32_t version)
{
    row_table_raise_to(&set->acknowledged, &set->router->sim->memory, row_id(question->data, question->key),
                       version);
}

static void note_read(struct quorum_operation *operation, const struct request *branch)
{
    uint32_t copy = branch->frames[0].note;
    bool is_first = !operation->answered;

    operation->versions[copy] = branch->version;
    if (!is_first && branch->version <= operation->version)
        return;
    operation->version = branch->version;
    operation->outcome = branch->outcome;
    operation->bytes = branch->bytes;
}

static void note_written(struct quorum_operation *operation, const struct request *branch)
{
    if (operation->answered && branch->outcome != OUTCOME_OK)
        return;
    operation->outcome = branch->outcome;
    operation->bytes = branch->bytes;
    operation->made = branch->version;
}

static void note_failed(struct quorum_set *set, struct quorum_operation *operation,
                        const struct request *branch)
{
    struct quorum_copy *copy = &set->copies[branch->frames[0].note];

    if (operation->writes && node_has_died(branch) && set->copies[operation->coordinator].is_up)
        quorum_keep_hint(copy, operation);
    if (!operation->good && !operation->has_failed)
        operation->outcome = node_has_died(branch) ? OUTCOME_UNAVAILABLE : branch->outcome;
    operation->has_failed = true;
}

/* The answer that is due now, if one is: whoever waits for it, with what it says. */
static struct request *settle(struct quorum_set *set, struct quorum_operation *operation,
                              enum outcome *outcome)
{
    struct quorum *state = quorum_of_set(set);
    struct request *request = operation->request;

    if (!request || (operation->good < operation->needed &&
                     operation->good + operation->out >= operation->needed))
        return NULL;
    operation->request = NULL;
    request->bytes = operation->bytes;
    request->version = operation->writes ? operation->made : operation->version;
    *outcome = (enum outcome)operation->outcome;
    if (operation->good < operation->needed) {
        quorum_count_failure(set, operation->writes);
        request->bytes = request->version = 0;
        if (operation->good)
            *outcome = OUTCOME_UNAVAILABLE;
    } else if (operation->writes && operation->is_tracked && *outcome == OUTCOME_OK) {
        acknowledge(set, operation->carrier, operation->made);
    } else if (!operation->writes && operation->is_tracked && operation->version < operation->expected) {
        request->flags |= REQUEST_STALE;
        state->stale_reads++;
    }
    state->answered_reads += !operation->writes && operation->good >= operation->needed;
    return request;
}

/* The row as the newest answer has it goes to those that gave an older one. */
static uint32_t fork_repairs(struct quorum_set *set, struct quorum_operation *operation,
                             struct request **branches)
{
    uint32_t count = 0;

    if (operation->writes || operation->out || !operation->is_tracked ||
        !set->config->replication.quorum.read_repair)
        return 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (operation->answered >> i & 1 && operation->versions[i] < operation->version) {
            struct request *repair = quorum_fork(operation, &set->copies[i], ERRAND_REPAIRS);

            repair->operation =
                operation->outcome == OUTCOME_NOT_FOUND ? OPERATION_DELETE : OPERATION_APPLY;
            repair->version = operation->version;
            repair->rows = 1;
            repair->query = 0;
            repair->bytes = operation->bytes;
            branches[count++] = repair;
        }
    quorum_of_set(set)->repairs += count;
    return count;
}

/* A copy that failed makes room for the next one. */
static struct request *fork_further(struct quorum_set *set, struct quorum_operation *operation)
{
    struct quorum_copy *copy = NULL;

    if (!operation->writes && operation->request && operation->good + operation->out < operation->needed)
        copy = quorum_find_unasked(set, operation);
    if (!copy)
        return NULL;
    quorum_of_set(set)->sent_again++;
    return quorum_fork(operation, copy, ERRAND_ASKS);
}

void quorum_on_answer(struct quorum_set *set, struct quorum_operation *operation, struct request *branch)
{
    struct component *router = set->router;
    struct request *further = NULL, *request, *repairs[REPLICAS_MAX + 1];
    uint32_t repair_count, coordinator = operation->coordinator;
    enum outcome outcome = OUTCOME_OK;

    operation->out--;
    if (branch->outcome == OUTCOME_OK || branch->outcome == OUTCOME_NOT_FOUND) {
        if (operation->writes)
            note_written(operation, branch);
        else
            note_read(operation, branch);
        operation->good++;
        operation->answered |= UINT64_C(1) << branch->frames[0].note;
    } else {
        note_failed(set, operation, branch);
        further = fork_further(set, operation);
    }
    request = settle(set, operation, &outcome);
    repair_count = fork_repairs(set, operation, repairs);
    if (sim_join(router, branch))
        quorum_close(set, operation);
    if (further)
        quorum_send(set, further, coordinator);
    for (uint32_t i = 0; i < repair_count; i++)
        quorum_send(set, repairs[i], coordinator);
    if (request)
        sim_reply(router, request, outcome);
}

/* ---- a coordinator dies ---- */

static void answer_lost(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_LOST);
}

static void answer_crashed(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_CRASHED);
}

/* What it has sent goes on, and nobody hears of it. */
void quorum_coordinator_died(struct quorum_copy *copy)
{
    struct quorum_set *set = copy->set;

    for (uint32_t i = 0; i < set->operation_count; i++) {
        struct quorum_operation *operation = set->operations[i];
        struct request *request = operation->request;

        if (!operation->carrier || !request || operation->coordinator != copy->index)
            continue;
        operation->request = NULL;
        request->bytes = request->version = 0;
        if (copy->node->outage->silent) {
            sim_resume_after(set->router, request, GIVE_UP_NS, answer_lost);
            continue;
        }
        request->owner = set->router;
        request->resume = answer_crashed;
        sim_wake(set->router->sim, request);
    }
}

