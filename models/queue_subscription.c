/* queue_subscription.c - hands the messages of a subscription out and takes answers; see queue_subscription.h.
 *
 * A delivery is a branch of its consumer's ticker. Its frame carries the slot of the message and who it is
 * (`entered_ns`), and the connection over which it went (`step`): an answer over one that was closed counts for
 * nothing.
 */
#include "models/queue_subscription.h"

#include <string.h>

struct subscription_shared {
    struct duration delivery_time;
};

/* What a queue's own rows are of. */
static const struct param_row rows[] = { PARAM_END };
static const struct param_table params = { .rows = rows };

/* ---- deliveries ---- */

/* A slot, and enough of the message to know it again. */
static int64_t tag_of(const struct subscription *subscription, uint32_t index)
{
    const struct message *message = &slot_at(subscription, index)->message;

    return (int64_t)((uint64_t)index << 32 | (uint64_t)(message->position & 0xffff) << 16 |
                     message->deliveries);
}

/* The slot of a delivery whose message is still out over it; 0: it is not. */
static uint32_t slot_of(const struct subscription *subscription, struct request *child)
{
    uint32_t index = (uint32_t)((uint64_t)request_frame(child)->entered_ns >> 32);

    return slot_at(subscription, index)->message.state == SLOT_OUT &&
                   tag_of(subscription, index) == request_frame(child)->entered_ns
               ? index
               : 0;
}

static struct consumer *consumer_of(const struct subscription *subscription, const struct request *child)
{
    const struct sim *sim = subscription->queue->face->sim;

    return &subscription->consumers[sim_request(sim, child->parent)->key];
}

void subscription_fill(struct request *child, const struct message *message)
{
    child->key = message->key;
    child->user = message->user;
    child->data = message->data;
    child->version = message->version;
    child->request_class = message->request_class;
    child->bytes = message->bytes;
    child->rows = 1;
    child->priority = 0;
}

static void send(struct component *self, uint32_t consumer_index, uint32_t index)
{
    const struct subscription_shared *shared = self->shared;
    struct subscription *subscription = subscription_state(self);
    struct consumer *consumer = &subscription->consumers[consumer_index - 1];
    struct message *message = &slot_at(subscription, index)->message;
    struct request *child = sim_fork(self, consumer->ticker, consumer_index & UINT16_MAX);
    struct frame *frame = request_frame(child);
    int64_t work_ns;

    consumer->credit--;
    message->deliveries++;
    message->state = SLOT_OUT;
    slots_await(self, &subscription->out, index, subscription_config(self)->visibility_timeout);
    lag_add_waiting(self, -1);
    lag_add_out(self, 1);
    queue_count(subscription->queue, self, QUEUE_DELIVERED, 1);
    if (message->deliveries > 1)
        queue_count(subscription->queue, self, QUEUE_REDELIVERED, 1);
    frame->number = message->deliveries == 1 ? message->number
                                             : rng_hash(message->number, ~(uint64_t)message->deliveries);
    frame->entered_ns = tag_of(subscription, index);
    frame->step = consumer->connection;
    subscription_fill(child, message);
    child->operation = OPERATION_READ;
    work_ns = duration_sample(&shared->delivery_time, frame->number);
    if (work_ns == 0 || !host_compute(subscription->queue->leader_host, self, child, work_ns))
        sim_call(self, child, consumer->link, 0);
}

void subscription_dispatch(struct component *self)
{
    struct subscription *subscription = subscription_state(self);
    uint32_t consumer, partition;

    if (subscription->dispatching)
        return; /* whoever does has not looked for the last time */
    subscription->dispatching = true;
    while (subscription->queue->leader >= 0 && turn_next_partition(subscription, &partition) &&
           (consumer = turn_next_consumer(subscription))) {
        uint32_t index;

        messages_expire(self, partition);
        if (!turn_has_something(subscription, partition))
            continue;
        index = messages_take(self, partition);
        turn_of_partition(subscription);
        turn_of_consumer(subscription, consumer);
        send(self, consumer, index);
        turn_line_up(subscription, consumer);
        lag_changes(self);
    }
    subscription->dispatching = false;
}

/* The consumer itself is gone: not only somebody whom it had called for its work, of which it tells too. */
static bool worker_has_died(const struct consumer *consumer, const struct request *child)
{
    return (child->outcome == OUTCOME_CRASHED || child->outcome == OUTCOME_UNAVAILABLE) &&
           component_is_down(consumer->worker);
}

/* Its delivery is over: the consumer can take another one. */
static void give_credit(struct subscription *subscription, struct request *child)
{
    struct consumer *consumer = consumer_of(subscription, child);

    if (request_frame(child)->step != consumer->connection)
        return;
    consumer->credit++;
    if (worker_has_died(consumer, child))
        consumer->is_here = false; /* until it joins again */
    turn_line_up(subscription, (uint32_t)(consumer - subscription->consumers) + 1);
}

static bool loses_acknowledgement(const struct subscription *subscription, struct request *child)
{
    double share = consumer_of(subscription, child)->lost;
    struct rng rng = rng_for_request(subscription->loss_key, request_frame(child)->number);

    return share > 0 && rng_uniform(&rng) < share;
}

/* Work was done for a message: for the first time, as far as can be known? */
static void note_work(struct component *self, struct request *child)
{
    struct subscription *subscription = subscription_state(self);
    uint64_t tag = (uint64_t)request_frame(child)->entered_ns;
    struct message *message = &slot_at(subscription, (uint32_t)(tag >> 32))->message;
    bool is_known = message->state != SLOT_FREE && (message->position & 0xffff) == ((tag >> 16) & 0xffff);

    if (!is_known || message->work_done)
        queue_count(subscription->queue, self, QUEUE_DUPLICATES, 1);
    if (is_known)
        message->work_done = true;
}

static void settle(struct component *self, struct request *child)
{
    struct subscription *subscription = subscription_state(self);
    const struct consumer *consumer = consumer_of(subscription, child);
    bool is_connected = request_frame(child)->step == consumer->connection;
    uint32_t index = is_connected ? slot_of(subscription, child) : 0;

    if (child->outcome == OUTCOME_OK)
        note_work(self, child);
    if (!index)
        return; /* over a connection that is closed, or too late: the message has come again */
    switch (child->outcome) {
    case OUTCOME_OK:
        if (!loses_acknowledgement(subscription, child))
            messages_acknowledge(self, index);
        break;
    case OUTCOME_LOST:
    case OUTCOME_TIMEOUT:
        break; /* nobody tells the queue */
    default:
        messages_come_again(self, index, !worker_has_died(consumer, child));
    }
}

static void subscription_on_reply(struct component *self, struct request *child)
{
    struct subscription *subscription = subscription_state(self);

    if (dead_letters_is_move(subscription, child)) {
        dead_letters_answer(self, child);
    } else {
        settle(self, child);
        give_credit(subscription, child);
    }
    child->outcome = OUTCOME_OK;
    sim_join(self, child);
    queue_made_room(subscription->queue);
    subscription_dispatch(self);
}

/* ---- clocks ---- */

static void visibility_over(struct component *self, struct subscription *subscription, uint32_t index)
{
    (void)subscription;
    messages_come_again(self, index, false);
}

static void pause_over(struct component *self, struct subscription *subscription, uint32_t index)
{
    slots_remove(subscription, &subscription->pausing, index);
    messages_put_back(self, index);
}

/* All of the list whose date has come. */
static void due(struct component *self, struct slot_list *list,
                void (*over)(struct component *, struct subscription *, uint32_t))
{
    struct subscription *subscription = subscription_state(self);

    list->armed = false;
    while (list->first && slot_at(subscription, list->first)->due_ns <= self->sim->now_ns)
        over(self, subscription, list->first);
    if (list->first && !list->armed) { /* what has just joined the list may have seen to that */
        list->armed = true;
        sim_tick_at(self, list->ticker, slot_at(subscription, list->first)->due_ns);
    }
    queue_made_room(subscription->queue);
    subscription_dispatch(self);
}

static void look_around(struct component *self)
{
    struct subscription *subscription = subscription_state(self);

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++)
        messages_expire(self, i);
    lag_look(self);
    subscription->looking = subscription->metrics.waiting.level > 0;
    if (subscription->looking)
        sim_tick_at(self, subscription->look, self->sim->now_ns + LOOK_NS);
    queue_made_room(subscription->queue);
}

static void subscription_on_timer(struct component *self, struct request *request)
{
    struct subscription *subscription = subscription_state(self);

    if (request == subscription->out.ticker) {
        due(self, &subscription->out, visibility_over);
    } else if (request == subscription->pausing.ticker) {
        due(self, &subscription->pausing, pause_over);
    } else if (request == subscription->dead.again.ticker) {
        due(self, &subscription->dead.again, dead_letters_try_again);
    } else if (request == subscription->look) {
        look_around(self);
    } else if (request_frame(request)->step == consumer_of(subscription, request)->connection) {
        sim_call(self, request, consumer_of(subscription, request)->link, 0);
    } else {
        sim_join(self, request); /* the leader died before it had sent it */
    }
}

/* ---- what others tell ---- */

void subscription_message_came(struct component *self, uint32_t partition)
{
    struct subscription *subscription = subscription_state(self);

    lag_add_waiting(self, 1);
    turn_make_ready(subscription, partition);
    if (subscription->metrics.waiting.level == 1)
        lag_changes(self);
}

uint64_t subscription_place(const struct component *self, uint32_t partition)
{
    return subscription_state(self)->parts[partition].place;
}

void subscription_disconnect(struct component *self)
{
    struct subscription *subscription = subscription_state(self);

    while (subscription->out.first) {
        uint32_t index = subscription->out.first;

        slots_remove(subscription, &subscription->out, index);
        messages_put_back(self, index);
    }
    for (uint32_t i = 1; i <= subscription->consumer_count; i++)
        turn_reconnect(subscription, i);
}

/* ---- wiring ---- */

void queue_make_subscriptions(struct queue *queue)
{
    struct group *face = queue->face->group;

    queue->subscriptions =
        memory_alloc_array(&face->sim->memory, queue->reader_count + 1, sizeof *queue->subscriptions);
    for (size_t i = 0; i < queue->reader_count; i++) {
        const char *name = queue->readers[i].subscription;
        bool is_new = true;

        for (size_t k = 0; k < i; k++)
            is_new = is_new && strcmp(queue->readers[k].subscription, name) != 0;
        if (is_new)
            queue->subscriptions[queue->subscription_count++] =
                sim_add_part(face, &queue_subscription_model.component, name, 1, face->config)->instances[0];
    }
}

static const char *name_of(const struct group *group)
{
    return group->name + strlen(group->parent->name) + 1;
}

static void subscription_wire(struct component *self)
{
    struct queue *queue = queue_of(self->group->parent);
    struct subscription *subscription = subscription_state(self);

    subscription->queue = queue;
    subscription->parts =
        memory_alloc_array(&self->sim->memory, queue->partition_count, sizeof *subscription->parts);
    subscription->slots =
        memory_alloc(&self->sim->memory, sizeof *subscription->slots); /* the first is nobody's */
    subscription->slot_room = 1;
    subscription->loss_key = rng_key(self->sim->seed, self->group->name, "acknowledgements");
    for (size_t i = 0; i < queue->reader_count; i++)
        if (!strcmp(queue->readers[i].subscription, name_of(self->group)))
            turn_add_consumers(self, queue->readers[i].workers);
    dead_letters_wire(self);
    self->egress = queue->face->egress;
}

static void subscription_wire_group(struct group *group)
{
    const struct queue_config *config = group->config;
    struct subscription_shared *shared = group->shared;

    duration_init(&shared->delivery_time, group, "deliver", &config->delivery_time);
}

/* Workers join in start(), which may come before this one's: the queue starts before its parts. */
static void subscription_make_tickers(struct component *self)
{
    struct subscription *subscription = subscription_state(self);

    subscription->out.ticker = sim_ticker(self);
    subscription->pausing.ticker = sim_ticker(self);
    subscription->look = sim_ticker(self);
    dead_letters_start(self);
    for (uint32_t i = 0; i < subscription->consumer_count; i++) {
        subscription->consumers[i].ticker = sim_ticker(self);
        subscription->consumers[i].ticker->key = i;
    }
}

static void subscription_on_window(struct component *self)
{
    lag_look(self);
}

static void subscription_on_request(struct component *self, struct request *request)
{
    sim_reply(self, request, OUTCOME_ERROR); /* nobody calls it */
}

/* ---- conservation ---- */

static bool subscription_conserves(const struct component *self, FILE *out)
{
    const struct subscription *subscription = component_state(self);
    const struct queue *queue = subscription->queue;
    const uint64_t *totals = subscription->metrics.totals;
    uint64_t waiting = 0, inside = queue->pending + queue->blocked_count, ended = 0;
    static const enum queue_count ends[] = { QUEUE_ACKNOWLEDGED, QUEUE_DEAD_LETTERED, QUEUE_EXPIRED,
                                             QUEUE_REFUSED,      QUEUE_UNCONFIRMED,   QUEUE_LOST };

    for (uint32_t i = 0; i < queue->partition_count; i++) /* looked for, not taken from the counters */
        waiting += queue->partitions[i].next - subscription->parts[i].place;
    for (uint32_t i = 1; i <= subscription->slot_count; i++) {
        waiting += subscription->slots[i].message.state == SLOT_BACK;
        inside += subscription->slots[i].message.state > SLOT_BACK;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ended += totals[ends[i]];
    if (totals[QUEUE_PUBLISHED] == ended + waiting + inside &&
        (int64_t)waiting == subscription->metrics.waiting.level)
        return true;
    fprintf(out,
            "%s: %llu messages were published, %llu have ended (acknowledged, dead-lettered, expired, "
            "refused, unconfirmed or "
            "lost), %llu wait (%lld by the gauge), %llu are in flight or being published\n",
            self->group->name, (unsigned long long)totals[QUEUE_PUBLISHED], (unsigned long long)ended,
            (unsigned long long)waiting, (long long)subscription->metrics.waiting.level,
            (unsigned long long)inside);
    return false;
}

const struct model_type queue_subscription_model = {
    .component = {
        .name = "queue_subscription",
        .shared_size = sizeof(struct subscription_shared),
        .state_size = sizeof(struct subscription),
        .speaks_for_parent = true,
        .wire_group = subscription_wire_group,
        .wire = subscription_wire,
        .start = subscription_make_tickers,
        .on_request = subscription_on_request,
        .on_reply = subscription_on_reply,
        .on_timer = subscription_on_timer,
        .on_window = subscription_on_window,
        .conserves = subscription_conserves,
        .metrics = queue_metric_rows,
    },
    .summary = "what one kind of consumer has still to do",
    .stands_for = "A subscription, or group of consumers: it gets every message of its queue, and its "
                  "consumers share them.",
    .leaves_out = "See queue.",
    .misleads = "See queue.",
    .params = &params,
    .roles = ROLE_QUEUE,
    .hidden = true,
};
