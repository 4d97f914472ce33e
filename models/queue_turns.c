/* queue_turns.c - whose turn it is: consumers that can take one more, partitions that have something; see
 * queue_subscription.h. Consumers join and leave. Cost: O(1) a turn, O(consumers) to join. */
#include "models/queue_subscription.h"
#include "sim/call.h"

/* ---- who is next ---- */

void turn_line_up(struct subscription *subscription, uint32_t index)
{
    struct consumer *consumer = &subscription->consumers[index - 1];

    if (consumer->is_in_line || !consumer->is_here || !consumer->credit)
        return;
    consumer->is_in_line = true;
    consumer->next = 0;
    if (subscription->line_last)
        subscription->consumers[subscription->line_last - 1].next = index;
    else
        subscription->line_first = index;
    subscription->line_last = index;
}

/* 0: nobody can take one. Those who left their place in line are passed over. */
uint32_t turn_next_consumer(struct subscription *subscription)
{
    while (subscription->line_first) {
        uint32_t index = subscription->line_first;
        struct consumer *consumer = &subscription->consumers[index - 1];

        if (consumer->is_here && component_is_down(consumer->worker) && !consumer->worker->outage->silent)
            consumer->is_here = false; /* its connection broke */
        if (consumer->is_here && consumer->credit)
            return index;
        subscription->line_first = consumer->next;
        if (!subscription->line_first)
            subscription->line_last = 0;
        consumer->is_in_line = false;
    }
    return 0;
}

/* To the end of the line. */
void turn_of_consumer(struct subscription *subscription, uint32_t index)
{
    struct consumer *consumer = &subscription->consumers[index - 1];

    subscription->line_first = consumer->next;
    if (!subscription->line_first)
        subscription->line_last = 0;
    consumer->is_in_line = false;
    turn_line_up(subscription, index);
}

bool turn_has_something(const struct subscription *subscription, uint32_t partition)
{
    const struct part *part = &subscription->parts[partition];

    return !part->is_busy &&
           (part->back.first || part->place < subscription->queue->partitions[partition].next);
}

void turn_make_ready(struct subscription *subscription, uint32_t partition)
{
    struct part *part = &subscription->parts[partition];

    if (part->is_ready || !turn_has_something(subscription, partition))
        return;
    part->is_ready = true;
    part->next_ready = 0;
    if (subscription->ready_last)
        subscription->parts[subscription->ready_last - 1].next_ready = partition + 1;
    else
        subscription->ready_first = partition + 1;
    subscription->ready_last = partition + 1;
}

/* False: nothing is to be handed out. */
bool turn_next_partition(struct subscription *subscription, uint32_t *partition)
{
    while (subscription->ready_first) {
        struct part *part = &subscription->parts[subscription->ready_first - 1];

        *partition = subscription->ready_first - 1;
        if (turn_has_something(subscription, *partition))
            return true;
        subscription->ready_first = part->next_ready;
        if (!subscription->ready_first)
            subscription->ready_last = 0;
        part->is_ready = false;
    }
    return false;
}

/* The first of the line of partitions goes behind the others. */
void turn_of_partition(struct subscription *subscription)
{
    struct part *part = &subscription->parts[subscription->ready_first - 1];
    uint32_t partition = subscription->ready_first - 1;

    subscription->ready_first = part->next_ready;
    if (!subscription->ready_first)
        subscription->ready_last = 0;
    part->is_ready = false;
    turn_make_ready(subscription, partition);
}

/* ---- consumers ---- */

/* A connection is made anew: whatever was out over the old one is nobody's. */
void turn_reconnect(struct subscription *subscription, uint32_t index)
{
    struct consumer *consumer = &subscription->consumers[index - 1];

    consumer->connection++;
    consumer->credit = consumer->prefetch;
    turn_line_up(subscription, index);
}

static struct component *subscription_of(const struct queue *queue, const struct component *worker,
                                         uint32_t *index)
{
    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        const struct subscription *subscription = subscription_state(queue->subscriptions[i]);

        for (uint32_t k = 0; k < subscription->consumer_count; k++)
            if (subscription->consumers[k].worker == worker) {
                *index = k + 1;
                return queue->subscriptions[i];
            }
    }
    return NULL;
}

void queue_join(struct group *group, struct component *worker)
{
    uint32_t index = 0;
    struct component *self = subscription_of(queue_of(group), worker, &index);

    subscription_state(self)->consumers[index - 1].is_here = true;
    turn_reconnect(subscription_state(self), index);
    if (group->sim->begun && queue_of(group)->leader >= 0)
        subscription_dispatch(self);
}

void queue_leave(struct group *group, const struct component *worker)
{
    uint32_t index = 0;
    struct component *self = subscription_of(queue_of(group), worker, &index);

    subscription_state(self)->consumers[index - 1].is_here = false;
}

void queue_stay(struct group *group, const struct component *worker)
{
    uint32_t index = 0;
    struct component *self = subscription_of(queue_of(group), worker, &index);
    struct consumer *consumer = &subscription_state(self)->consumers[index - 1];

    if (consumer->is_here)
        return;
    consumer->is_here = true;
    turn_line_up(subscription_state(self), index);
    if (queue_of(group)->leader >= 0)
        subscription_dispatch(self);
}

void turn_add_consumers(struct component *self, struct group *workers)
{
    const struct worker_config *config = workers->config;
    struct subscription *subscription = subscription_state(self);
    uint32_t count = subscription->consumer_count;

    subscription->consumers = memory_grow(&self->sim->memory, subscription->consumers,
                                          (count + workers->count) * sizeof *subscription->consumers);
    for (uint32_t i = 0; i < workers->count; i++)
        subscription->consumers[count + i] = (struct consumer){
            .worker = workers->instances[i],
            .link = sim_link(self->group, workers, i, NULL),
            .lost = config->acknowledgements_lost,
            .prefetch = (uint32_t)(config->prefetch ? config->prefetch : config->workers),
        };
    subscription->consumer_count += workers->count;
}
