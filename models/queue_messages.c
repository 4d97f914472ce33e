/* queue_messages.c - how messages leave a subscription: delivered, acknowledged, back again, dead, expired,
 * lost; see queue_subscription.h. Cost: O(1) a message; of a crash O(messages that are lost). */
#include "models/queue_subscription.h"

/* ---- messages leave ---- */

static bool has_expired(const struct component *self, const struct message *message)
{
    int64_t retention_ns = subscription_config(self)->retention;

    return retention_ns != INT64_MAX && self->sim->now_ns - message->published_ns > retention_ns;
}

static void step_on(struct component *self, uint32_t partition)
{
    struct subscription *subscription = subscription_state(self);

    if (++subscription->parts[partition].place % MESSAGE_BLOCK == 0)
        queue_forget_read(subscription->queue, partition);
}

/* What retention has ended at the head of the partition. */
void messages_expire(struct component *self, uint32_t partition)
{
    struct subscription *subscription = subscription_state(self);
    struct part *part = &subscription->parts[partition];
    const struct message_log *log = &subscription->queue->partitions[partition];
    uint64_t expired = 0;

    while (part->back.first && has_expired(self, &slot_at(subscription, part->back.first)->message)) {
        uint32_t index = part->back.first;

        slots_remove(subscription, &part->back, index);
        slot_free(subscription, index);
        expired++;
    }
    while (part->place < log->next && has_expired(self, message_log_at(log, part->place))) {
        step_on(self, partition);
        expired++;
    }
    if (!expired)
        return;
    lag_add_waiting(self, -(int64_t)expired);
    queue_count(subscription->queue, self, QUEUE_EXPIRED, expired);
}

/* The message that the partition hands out next, as a slot. */
uint32_t messages_take(struct component *self, uint32_t partition)
{
    struct subscription *subscription = subscription_state(self);
    struct part *part = &subscription->parts[partition];
    uint32_t index = part->back.first;

    if (index) {
        slots_remove(subscription, &part->back, index);
    } else {
        index = slot_take(self, message_log_at(&subscription->queue->partitions[partition], part->place));
        step_on(self, partition);
    }
    part->is_busy = subscription->queue->ordered;
    return index;
}

/* The message is done with, one way or another, and was out. */
static void end_message(struct component *self, uint32_t index, enum queue_count how)
{
    struct subscription *subscription = subscription_state(self);
    uint32_t partition = slot_partition(subscription, &slot_at(subscription, index)->message);

    lag_add_out(self, -1);
    queue_count(subscription->queue, self, how, 1);
    slot_free(subscription, index);
    subscription->parts[partition].is_busy = false;
    turn_make_ready(subscription, partition);
}

void messages_acknowledge(struct component *self, uint32_t index)
{
    struct subscription *subscription = subscription_state(self);
    struct queue_metrics *all = component_state(subscription->queue->face);
    int64_t took_ns = self->sim->now_ns - slot_at(subscription, index)->message.published_ns;

    histogram_add(&subscription->metrics.end_to_end, took_ns);
    histogram_add(&all->end_to_end, took_ns);
    slots_remove(subscription, &subscription->out, index);
    end_message(self, index, QUEUE_ACKNOWLEDGED);
}

void messages_put_aside(struct component *self, uint32_t index)
{
    end_message(self, index, QUEUE_DEAD_LETTERED);
}

/* It waits again; it is in no list. */
void messages_put_back(struct component *self, uint32_t index)
{
    struct subscription *subscription = subscription_state(self);
    struct message *message = &slot_at(subscription, index)->message;
    uint32_t partition = slot_partition(subscription, message);

    message->state = SLOT_BACK;
    slots_append(subscription, &subscription->parts[partition].back, index);
    lag_add_out(self, -1);
    lag_add_waiting(self, 1);
    subscription->parts[partition].is_busy = false;
    turn_make_ready(subscription, partition);
    lag_changes(self);
}

/* It was delivered in vain: again, after a pause if the work failed, unless it was too often. */
void messages_come_again(struct component *self, uint32_t index, bool pauses)
{
    struct subscription *subscription = subscription_state(self);
    struct message *message = &slot_at(subscription, index)->message;

    slots_remove(subscription, &subscription->out, index);
    if (message->deliveries >= subscription_config(self)->max_deliveries) {
        dead_letters_add(self, index);
    } else if (pauses) {
        message->state = SLOT_PAUSING;
        slots_await(self, &subscription->pausing, index, subscription_config(self)->redelivery_pause);
    } else {
        messages_put_back(self, index);
    }
}

/* ---- what nobody has any more ---- */

static bool is_at_or_after(const struct message *message, uint32_t position)
{
    return (int32_t)(message->position - position) >= 0;
}

/* Of a list of those that came back, or that pause, or wait to be moved. */
static uint64_t lose_of(struct subscription *subscription, struct slot_list *list, uint32_t position)
{
    uint64_t lost = 0;

    for (uint32_t index = list->first, next; index; index = next) {
        next = slot_at(subscription, index)->next;
        if (!is_at_or_after(&slot_at(subscription, index)->message, position))
            continue;
        slots_remove(subscription, list, index);
        subscription->parts[slot_partition(subscription, &slot_at(subscription, index)->message)].is_busy =
            false;
        slot_free(subscription, index);
        lost++;
    }
    return lost;
}

void subscription_lose(struct component *self, uint32_t position)
{
    struct subscription *subscription = subscription_state(self);
    uint64_t pausing = lose_of(subscription, &subscription->pausing, position) +
                       lose_of(subscription, &subscription->dead.again, position);
    uint64_t waiting = 0;

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        const struct message_log *log = &subscription->queue->partitions[i];
        uint64_t place = log->next;

        waiting += lose_of(subscription, &subscription->parts[i].back, position);
        while (place > subscription->parts[i].place &&
               is_at_or_after(message_log_at(log, place - 1), position))
            place--;
        waiting += log->next - place;
    }
    lag_add_waiting(self, -(int64_t)waiting);
    lag_add_out(self, -(int64_t)pausing);
    queue_count(subscription->queue, self, QUEUE_LOST, waiting + pausing);
}

void subscription_cut(struct component *self)
{
    struct subscription *subscription = subscription_state(self);

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        if (subscription->parts[i].place > subscription->queue->partitions[i].next)
            subscription->parts[i].place = subscription->queue->partitions[i].next;
        turn_make_ready(subscription, i);
    }
    lag_look(self);
}
