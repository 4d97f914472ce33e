/* queue_slots.c - the messages of a subscription that were delivered and are not done with; see
 * queue_subscription.h. Cost: O(1). */
#include "models/queue_subscription.h"

uint32_t slot_take(struct component *self, const struct message *message)
{
    struct subscription *subscription = subscription_state(self);
    uint32_t index = subscription->slot_free;

    if (index) {
        subscription->slot_free = slot_at(subscription, index)->next;
    } else {
        if (subscription->slot_count + 1 >= subscription->slot_room) {
            subscription->slot_room = subscription->slot_room ? 2 * subscription->slot_room : 64;
            subscription->slots = memory_grow(&self->sim->memory, subscription->slots,
                                              subscription->slot_room * sizeof *subscription->slots);
        }
        index = ++subscription->slot_count;
    }
    *slot_at(subscription, index) = (struct slot){ .message = *message };
    return index;
}

void slot_free(struct subscription *subscription, uint32_t index)
{
    struct slot *slot = slot_at(subscription, index);

    slot->message.state = SLOT_FREE;
    slot->next = subscription->slot_free;
    subscription->slot_free = index;
}

void slots_append(struct subscription *subscription, struct slot_list *list, uint32_t index)
{
    struct slot *slot = slot_at(subscription, index);

    slot->next = 0;
    slot->prev = list->last;
    if (list->last)
        slot_at(subscription, list->last)->next = index;
    else
        list->first = index;
    list->last = index;
}

void slots_remove(struct subscription *subscription, struct slot_list *list, uint32_t index)
{
    struct slot *slot = slot_at(subscription, index);

    if (slot->prev)
        slot_at(subscription, slot->prev)->next = slot->next;
    else
        list->first = slot->next;
    if (slot->next)
        slot_at(subscription, slot->next)->prev = slot->prev;
    else
        list->last = slot->prev;
}

uint32_t slot_partition(const struct subscription *subscription, const struct message *message)
{
    return queue_partition(subscription->queue, message);
}

/* A date of a list whose delay is constant: those who come are due last. */
void slots_await(struct component *self, struct slot_list *list, uint32_t index, int64_t delay_ns)
{
    struct subscription *subscription = subscription_state(self);
    int64_t due_ns = delay_ns < SIM_TIME_LONGEST ? self->sim->now_ns + delay_ns : SIM_TIME_NEVER;

    slot_at(subscription, index)->due_ns = due_ns;
    slots_append(subscription, list, index);
    if (due_ns == SIM_TIME_NEVER || list->armed)
        return;
    list->armed = true;
    sim_tick_at(self, list->ticker, due_ns);
}
