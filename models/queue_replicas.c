/* queue_replicas.c - copies of the leader's log on the other brokers; see queue.c.
 *
 * One copy to each broker is under way at a time and takes all messages that the broker has not; those
 * that come meanwhile go with the next, so that copies are shared as writes to the disk are. A broker
 * that was down gets what it missed in one. Cost: O(brokers) a message.
 */
#include "models/queue.h"

void queue_wire_replicas(struct queue *queue)
{
    struct group *face = queue->face->group;

    for (uint32_t i = 0; i < queue->brokers->count; i++) {
        queue->replicas[i].publish = sim_link(face, queue->brokers, i, NULL);
        if (queue->brokers->count > 1)
            queue->replicas[i].copy = sim_link(face, queue->brokers, i, NULL);
    }
    queue->copy_key = rng_key(face->sim->seed, face->name, "copies");
}

/* The way to the leader has been paid by who came here. */
void queue_start_replicas(struct queue *queue)
{
    for (uint32_t i = 0; i < queue->brokers->count; i++) {
        struct replica *replica = &queue->replicas[i];
        struct link *link = replica->publish;

        link->latency = NULL;
        link->forward = link->back = NULL;
        link->loss = 0.0;
        link->pools = NULL;
        link->plain_there = link->plain_back = link->instant_there = link->instant_back = true;
        if (!replica->copy)
            continue;
        if (queue->brokers->instances[i]->egress)
            replica->copy->plain_there = replica->copy->instant_there = false; /* whoever leads has a card */
        replica->copier = sim_ticker(queue->face);
        replica->copier->key = i;
    }
}

uint32_t queue_brokers_up(const struct queue *queue)
{
    uint32_t up = 0;

    for (uint32_t i = 0; i < queue->brokers->count; i++)
        up += !component_is_down(queue->brokers->instances[i]);
    return up;
}

static uint32_t bytes_between(const struct write_log *from, const struct write_log *to)
{
    uint64_t bytes = to->bytes > from->bytes ? to->bytes - from->bytes : 0;

    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static void copy_to(struct queue *queue, uint32_t broker)
{
    struct component *face = queue->face;
    struct replica *replica = &queue->replicas[broker];
    const struct write_log *from = &queue_broker(queue, broker)->log;
    const struct write_log *to = &queue_broker(queue, (uint32_t)queue->leader)->log;
    struct request *child;

    if ((int)broker == queue->leader || replica->copying || from->next >= to->next ||
        component_is_down(queue->brokers->instances[broker]))
        return;
    replica->copying = true;
    child = sim_fork(face, replica->copier, broker);
    child->key = child->user = 0;
    child->data = child->request_class = 0;
    child->operation = OPERATION_PUT;
    child->bytes = bytes_between(from, to);
    request_frame(child)->number = rng_hash(queue->copy_key, ++queue->copies);
    request_frame(child)->entered_ns = (int64_t)to->next;
    request_frame(child)->step = queue->term;
    sim_call(face, child, replica->copy, 0);
}

void queue_appended(struct queue *queue)
{
    for (uint32_t i = 0; i < queue->brokers->count && queue->brokers->count > 1; i++)
        copy_to(queue, i);
}

void queue_copy_reply(struct queue *queue, struct request *child)
{
    struct sim *sim = queue->face->sim;
    uint32_t broker = (uint32_t)sim_request(sim, child->parent)->key;
    struct replica *replica = &queue->replicas[broker];
    uint64_t end = (uint64_t)request_frame(child)->entered_ns;
    bool good = child->outcome == OUTCOME_OK && request_frame(child)->step == queue->term;

    replica->copying = false;
    sim_join(queue->face, child);
    if (good && end > replica->confirmed)
        replica->confirmed = end;
    if (queue->leader >= 0)
        copy_to(queue, broker);
}
