#include "models/split_query.h"

#define PART_QUESTION_BYTES 200

/* Second words of hashes for the ways of further hops, beside those of places. */
#define HOP_PLACE UINT32_C(0xf0000000)

#define HOP_SHIFT 8      /* in the step */
#define BRANCH_SHIFT 16  /* hops are above shards in the number of a branch */

void split_router_init(struct split_router *router, struct memory *memory, struct link **links,
                       uint32_t shard_count)
{
    router->links = links;
    router->shard_count = shard_count;
    router->rows = memory_alloc_array(memory, shard_count, sizeof *router->rows);
    router->asked = memory_alloc_array(memory, shard_count, sizeof *router->asked);
}

static uint32_t add_bytes(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t hop_of(const struct frame *frame)
{
    return frame->step >> HOP_SHIFT;
}

/* Rows with one value in the column of the query are on one shard. */
static bool knows_shard(const struct sim *sim, const struct request *request, const struct query *query,
                        const struct split_router *router)
{
    const struct queries *queries = sim->queries;

    return query->column && router->decides(router->context, query_data(query, request),
                                            queries->columns[query->column - 1].name);
}

/* All further rows are where that of the key is, if the column decides about shards. */
static bool is_on_one_shard(const struct sim *sim, const struct request *request, const struct query *query,
                            const struct split_router *router)
{
    uint64_t number = request->frames[request->top].number;
    uint16_t data = query_data(query, request);

    if (!query->is_join || !query_further_rows(sim, query, request))
        return true;
    return router->home(router->context, data, query_row(sim, query, request, 0), number) ==
           router->home(router->context, request->data, request->key, number);
}

enum split_way split_query_begin(struct component *self, struct request *request,
                                 const struct split_router *router,
                                 struct split_counts *counts)
{
    const struct query *query = query_of(self->sim, request);
    struct frame *frame = request_frame(request);

    if (!query->parts || !request->data ||
        (knows_shard(self->sim, request, query, router) &&
         is_on_one_shard(self->sim, request, query, router)))
        return SPLIT_NOT;
    counts->queries++;
    frame->note = request->query;
    if (query->is_join) {
        frame->step = SPLIT_ROW;
        request->query = 0;
        return SPLIT_ROW_FIRST;
    }
    frame->step = 1 << HOP_SHIFT | SPLIT_PARTS;
    request->version = 0; /* the join keeps the greatest */
    request->flags &= (uint8_t) ~(REQUEST_STALE | REQUEST_ABSENT);
    return SPLIT_AT_ONCE;
}

/* There and back between the caller, where the library is, and the shards. */
static int64_t way_ns(const struct sim *sim, const struct frame *frame)
{
    const struct link *link = &sim->links[frame->link];
    uint32_t place = HOP_PLACE + 2 * hop_of(frame);

    if (!link->latency)
        return 0;
    return duration_sample(link->latency, rng_hash(frame->number, place)) +
           duration_sample(link->latency, rng_hash(frame->number, place + 1));
}

static void add_row(struct split_router *router, uint32_t shard, uint32_t *count)
{
    if (!router->rows[shard]++)
        router->asked[(*count)++] = shard;
}

/* Counts the rows of the part by shard, without that of the key; returns how many shards have some. */
static uint32_t spread_rows(const struct component *self, const struct request *request,
                            struct split_router *router, const struct query *part)
{
    uint32_t rows = query_further_rows(self->sim, part, request), count = 0;
    uint64_t number = request->frames[request->top].number;
    uint16_t data = query_data(part, request);

    for (uint32_t i = 0; i < rows; i++)
        add_row(router, router->home(router->context, data, query_row(self->sim, part, request, i), number),
                &count);
    return count;
}

/* All that may have some of the rows; of a join nobody knows the value before its row has come. */
static uint32_t ask_all(const struct sim *sim, const struct request *request, const struct query *query,
                        struct split_router *router)
{
    const struct queries *queries = sim->queries;
    const char *column = queries->columns[query->column - 1].name;
    uint32_t count = 0;

    for (uint32_t i = 0; i < router->shard_count; i++)
        if (query->is_join || router->may_have(router->context, request->data, column, request->key, i))
            router->asked[count++] = i;
    return count;
}

/* Its first frame says which shard it is for. */
static struct request *fork_part(struct component *self, struct request *request, struct split_router *router,
                                 uint8_t query, uint32_t shard, bool has_key)
{
    uint32_t hop = hop_of(request_frame(request));
    struct request *part = sim_fork(self, request, hop << BRANCH_SHIFT | (shard + 1));

    request_frame(part)->step = SPLIT_PART;
    part->query = query;
    part->rows = (uint16_t)(router->rows[shard] + has_key);
    router->rows[shard] = 0;
    if (!has_key) {
        part->operation = OPERATION_READ;
        part->flags |= REQUEST_ELSEWHERE;
        part->bytes = PART_QUESTION_BYTES;
    }
    return part;
}

/* Returns the first of a list by `next`: all are made before the first is sent, which may answer at once. */
static struct request *fork_parts(struct component *self, struct request *request,
                                  struct split_router *router, uint8_t query, uint32_t count)
{
    const struct query *part = query_numbered(self->sim, query);
    uint32_t home = UINT32_MAX, next = 0;
    struct request *first = NULL;

    if (!part->is_join)
        home = router->home(router->context, request->data, request->key, request_frame(request)->number);
    while (count-- > 0) {
        uint32_t shard = router->asked[count];

        first = fork_part(self, request, router, query, shard, shard == home);
        first->next = next;
        next = first->index;
    }
    return first;
}

void split_query_send(struct component *self, struct request *request, struct split_router *router,
                      struct split_counts *counts)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);
    uint8_t number = (uint8_t)(query_numbered(sim, frame->note)->parts + hop_of(frame) - 1);
    const struct query *query = query_numbered(sim, number);
    uint32_t count = spread_rows(self, request, router, query);
    struct request *part;

    if (query->column && !knows_shard(sim, request, query, router))
        count = ask_all(sim, request, query, router);
    counts->parts += count;
    part = fork_parts(self, request, router, number, count);
    if (!query->is_join)
        request->bytes = 0;
    request->service_ns = 0;
    request->since_ns = count;
    for (uint32_t next; part; part = next ? sim_request(sim, next) : NULL) {
        next = part->next;
        sim_call(self, part, router->links[part->frames[0].link - 1u], 0);
    }
}

bool split_query_go_on(struct component *self, struct request *request, struct split_router *router,
                       struct split_counts *counts)
{
    struct frame *frame = request_frame(request);
    uint32_t hop = hop_of(frame) + 1;
    int64_t wait_ns;

    if (request->outcome != OUTCOME_OK || hop > query_numbered(self->sim, frame->note)->hops)
        return false;
    frame->step = (uint16_t)(hop << HOP_SHIFT | SPLIT_PARTS);
    wait_ns = way_ns(self->sim, frame);
    if (wait_ns > 0)
        sim_after(self, request, wait_ns);
    else
        split_query_send(self, request, router, counts);
    return true;
}

/* It is left out of the answer, unless all are. */
static bool may_be_missing(const struct component *self, const struct request *request,
                           const struct request *part)
{
    const struct query *query = query_numbered(self->sim, request->frames[request->top].note);

    return query->partial && part->outcome != OUTCOME_OK && part->outcome != OUTCOME_NOT_FOUND &&
           request->service_ns + 1 < request->since_ns;
}

struct request *split_query_join(struct component *self, struct request *part, struct split_counts *counts)
{
    struct request *request = sim_request(self->sim, part->parent);

    if (may_be_missing(self, request, part)) {
        request->service_ns++;
        part->outcome = OUTCOME_OK;
        part->bytes = 0;
    }
    request->bytes = add_bytes(request->bytes, part->bytes);
    request->flags |= part->flags & REQUEST_STALE;
    request = sim_join(self, part);
    if (request && request->service_ns && request->outcome == OUTCOME_OK)
        counts->partial++;
    return request;
}
