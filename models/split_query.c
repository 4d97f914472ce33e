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

void split_query_begin(struct request *request, struct split_counts *counts)
{
    struct frame *frame = request_frame(request);

    counts->queries++;
    frame->note = request->query;
    frame->step = SPLIT_ROW;
    request->query = 0;
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

/* Counts the rows of the part by shard; returns how many shards have some. */
static uint32_t spread_rows(const struct component *self, const struct request *request,
                            struct split_router *router, const struct query *part)
{
    uint16_t data = query_data(part, request);
    uint64_t table_rows = (uint64_t)environment_of(self->sim)->data_sets[data - 1].rows;
    uint64_t number = request->frames[request->top].number;
    uint32_t count = 0;

    for (uint32_t i = part->first; i < part->found; i++) {
        uint64_t row = query_row(part, request->key, i, table_rows);
        uint32_t shard = router->home(router->context, data, row, number);

        if (!router->rows[shard]++)
            router->asked[count++] = shard;
    }
    return count;
}

/* One for each shard that has some of the rows; returns the first of a list by `next`. All before the first
 * is sent, which may be answered at once. */
static struct request *fork_parts(struct component *self, struct request *request,
                                  struct split_router *router, uint8_t query, uint32_t count)
{
    uint32_t hop = hop_of(request_frame(request)), next = 0;
    struct request *part = NULL;

    while (count-- > 0) {
        uint32_t shard = router->asked[count];

        part = sim_fork(self, request, hop << BRANCH_SHIFT | (shard + 1));
        request_frame(part)->step = SPLIT_PART;
        part->operation = OPERATION_READ;
        part->flags |= REQUEST_ELSEWHERE;
        part->query = query;
        part->rows = (uint16_t)router->rows[shard];
        part->bytes = PART_QUESTION_BYTES;
        part->next = next;
        next = part->index;
        router->rows[shard] = 0;
    }
    return part;
}

void split_query_send(struct component *self, struct request *request, struct split_router *router,
                      struct split_counts *counts)
{
    struct sim *sim = self->sim;
    struct frame *frame = request_frame(request);
    uint8_t query = (uint8_t)(query_numbered(sim, frame->note)->parts + hop_of(frame) - 1);
    uint32_t count = spread_rows(self, request, router, query_numbered(sim, query));
    struct request *part = fork_parts(self, request, router, query, count);

    counts->parts += count;
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

struct request *split_query_join(struct component *self, struct request *part)
{
    struct request *request = sim_request(self->sim, part->parent);

    request->bytes = add_bytes(request->bytes, part->bytes);
    return sim_join(self, part);
}
