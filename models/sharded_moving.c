/* sharded_moving.c - who is asked while rows move to another number of shards; see resharding.h. */
#include "models/sharded_state.h"

static void ask_both(struct component *self, struct request *request, struct row_route route)
{
    const struct sharded_shared *shared = self->shared;
    struct request *branches[2];

    for (uint32_t i = 0; i < 2; i++) {
        branches[i] = sim_fork(self, request, i + 1);
        request_frame(branches[i])->step = SHARDED_BOTH;
    }
    request->version = 0; /* the join keeps the greatest */
    sim_call(self, branches[0], shared->shards[route.before], 0);
    sim_call(self, branches[1], shared->shards[route.after], 0);
}

void sharded_ask_about_row(struct component *self, struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);
    struct row_route route =
        resharding_route(shared->resharding, request->data, sharded_row_of(shared, request));
    enum moving_reads reads = (enum moving_reads)shared->resharding->config->reads;
    bool writes = database_writes(request), leaves = route.stage == ROW_WAITS || route.stage == ROW_MOVES;

    if (writes && request->operation != OPERATION_APPLY)
        request->version = 0; /* the next one */
    if (leaves && !writes && reads == READS_DOUBLE) {
        state->double_reads++;
        ask_both(self, request, route);
    } else if (route.stage == ROW_MOVES && writes && request->operation != OPERATION_INSERT &&
               request->operation != OPERATION_APPLY) {
        state->double_writes++;
        ask_both(self, request, route);
    } else if (leaves && !writes && reads == READS_FORWARDED) {
        sim_call(self, request, shared->shards[route.after], 0);
    } else {
        sim_call(self, request, shared->shards[route_now(route)], 0);
    }
}

bool sharded_asked_in_vain(const struct component *self, const struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct row_route route;

    if (!shared->resharding || !shared->resharding->begun || !request->data ||
        request->outcome != OUTCOME_NOT_FOUND)
        return false;
    route = resharding_route(shared->resharding, request->data, sharded_row_of(shared, request));
    return route_now(route) != self->sim->links[request_last_link(request)].target->instance;
}

void sharded_ask_again(struct component *self, struct request *request)
{
    const struct sharded_shared *shared = self->shared;
    struct sharded *state = component_state(self);
    struct row_route route =
        resharding_route(shared->resharding, request->data, sharded_row_of(shared, request));

    state->forwarded++;
    request->version = 0;
    request_frame(request)->step = SHARDED_PASSES_ON;
    sim_call(self, request, shared->again[route_now(route)], 1);
}

void sharded_one_of_both(struct component *self, struct request *branch)
{
    struct request *parent = sim_request(self->sim, branch->parent);

    if (sharded_asked_in_vain(self, branch)) {
        branch->outcome = OUTCOME_OK;
        branch->version = 0;
    } else if (!database_writes(branch) || branch->version) {
        request_frame(parent)->step = SHARDED_BOTH;
        parent->bytes = branch->bytes;
        parent->flags = (uint8_t)((parent->flags & ~(REQUEST_STALE | REQUEST_ABSENT)) |
                                  (branch->flags & (REQUEST_STALE | REQUEST_ABSENT)));
    }
    parent = sim_join(self, branch);
    if (!parent)
        return;
    if (parent->outcome == OUTCOME_OK && request_frame(parent)->step != SHARDED_BOTH)
        sharded_ask_again(self, parent); /* it went from the one to the other before either answered */
    else
        sharded_answer(self, parent);
}
