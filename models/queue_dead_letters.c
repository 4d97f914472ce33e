/* queue_dead_letters.c - messages whose work failed too often move to another queue; see queue_subscription.h.
 *
 * A move is a publish by the queue's leader, a branch of a ticker of its own. Until the other queue has
 * acknowledged it the message is in flight here; a move that fails is tried again after the pause for work
 * that failed, while somebody leads. What is moving when the leader dies has left it: the answer counts; what
 * waits to be moved has not, and can be lost. Cost: O(1) a message.
 */
#include "models/queue_subscription.h"

#include "sim/call.h"

#define MOVES UINT16_MAX /* branch of the numbers of moves: no consumer has it */

static void move(struct component *self, uint32_t index)
{
    struct subscription *subscription = subscription_state(self);
    struct message *message = &slot_at(subscription, index)->message;
    struct request *child = sim_fork(self, subscription->dead.ticker, MOVES);
    struct frame *frame = request_frame(child);

    message->state = SLOT_MOVING;
    frame->number = rng_hash(message->number, MOVES);
    frame->entered_ns = index;
    subscription_fill(child, message);
    child->operation = OPERATION_INSERT;
    sim_call(self, child, subscription->dead.link, 0);
}

void dead_letters_wire(struct component *self)
{
    const char *name = subscription_config(self)->dead_letters;

    if (name)
        subscription_state(self)->dead.link = sim_link(self->group, sim_find_group(self->sim, name), 0, NULL);
}

void dead_letters_start(struct component *self)
{
    struct subscription *subscription = subscription_state(self);

    subscription->dead.ticker = sim_ticker(self);
    subscription->dead.again.ticker = sim_ticker(self);
}

void dead_letters_add(struct component *self, uint32_t index)
{
    if (subscription_state(self)->dead.link)
        move(self, index);
    else
        messages_put_aside(self, index);
}

bool dead_letters_is_move(const struct subscription *subscription, const struct request *child)
{
    return sim_request(subscription->queue->face->sim, child->parent) == subscription->dead.ticker;
}

static void await(struct component *self, struct subscription *subscription, uint32_t index)
{
    slots_await(self, &subscription->dead.again, index, subscription_config(self)->redelivery_pause);
}

void dead_letters_answer(struct component *self, struct request *child)
{
    struct subscription *subscription = subscription_state(self);
    uint32_t index = (uint32_t)request_frame(child)->entered_ns;

    if (child->outcome == OUTCOME_OK)
        messages_put_aside(self, index);
    else
        await(self, subscription, index);
}

void dead_letters_try_again(struct component *self, struct subscription *subscription, uint32_t index)
{
    slots_remove(subscription, &subscription->dead.again, index);
    if (subscription->queue->leader < 0)
        await(self, subscription, index);
    else
        move(self, index);
}
