/* queue_subscription.c - what one kind of reader of a queue has still to do, and how it is handed out;
 * see queue.c.
 *
 * A message is waiting (in the queue's log at or after the subscription's place, or in the line of those
 * that came back), out (a consumer has it: in the list by date, for the visibility timeout) or pausing
 * (its work failed; the same kind of list). Consumers that can take one more stand in a line, so that
 * each gets its turn; partitions that have something to hand out stand in another.
 *
 * A delivery is a branch of its consumer's ticker. Its frame carries the slot of the message and who it
 * is (`entered_ns`), and the connection over which it went (`step`): an answer over one that was closed
 * counts for nothing.
 */
#include <string.h>

#include "models/handler.h"
#include "models/queue.h"
#include "models/worker.h"

#define LOOK_NS SIM_NS_PER_S /* how often ages and retention are looked at while nothing else happens */

enum slot_state { SLOT_FREE, SLOT_BACK, SLOT_OUT, SLOT_PAUSING };

/* A message that was delivered and is not done with. */
struct slot {
    struct message message;
    uint32_t next, prev;
    int64_t due_ns; /* of one that is out or pauses */
};

_Static_assert(sizeof(struct slot) == 64, "a message that came back is 64 bytes");

struct slot_list {
    uint32_t first, last;
    struct request *ticker; /* for the first one's date */
    bool armed;
};

struct consumer {
    struct component *worker;
    struct link *link;
    struct request *ticker; /* parent of its deliveries */
    double lost;            /* share of its acknowledgements */
    uint32_t prefetch, credit;
    uint32_t next;       /* in the line, from 1 */
    uint16_t connection; /* grows when one is closed */
    bool is_here, is_in_line;
};

struct part {
    uint64_t place; /* of the next message that was never delivered */
    struct slot_list back;
    uint32_t next_ready; /* in the line of partitions, from 1 */
    bool is_ready, is_busy;
};

struct subscription {
    struct queue_metrics metrics; /* first */
    struct queue *queue;
    struct slot *slots; /* from 1 */
    uint32_t slot_count, slot_room, slot_free;
    struct slot_list out, pausing;
    struct part *parts;
    uint32_t ready_first, ready_last;
    struct consumer *consumers;
    uint32_t consumer_count, line_first, line_last;
    struct request *look; /* ticker */
    bool looking, dispatching;
    bool ages;       /* something waits, so that the age grows */
    int64_t aged_ns; /* when it was brought up to date */
    uint64_t loss_key;
};

struct subscription_shared {
    struct duration delivery_time;
};

/* What a queue's own rows are of. */
static const struct param_row rows[] = { PARAM_END };
static const struct param_table params = { .rows = rows };

static struct subscription *state_of(const struct component *self)
{
    return component_state(self);
}

static const struct queue_config *config_of(const struct component *self)
{
    return self->group->config;
}

/* ---- slots ---- */

static struct slot *slot_at(const struct subscription *subscription, uint32_t index)
{
    return &subscription->slots[index];
}

static uint32_t take_slot(struct component *self, const struct message *message)
{
    struct subscription *subscription = state_of(self);
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

static void free_slot(struct subscription *subscription, uint32_t index)
{
    struct slot *slot = slot_at(subscription, index);

    slot->message.state = SLOT_FREE;
    slot->next = subscription->slot_free;
    subscription->slot_free = index;
}

static void list_append(struct subscription *subscription, struct slot_list *list, uint32_t index)
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

static void list_remove(struct subscription *subscription, struct slot_list *list, uint32_t index)
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

static uint32_t partition_of(const struct subscription *subscription, const struct message *message)
{
    return queue_partition(subscription->queue, message);
}

/* A date of a list whose delay is constant: those who come are due last. */
static void await(struct component *self, struct slot_list *list, uint32_t index, int64_t delay_ns)
{
    struct subscription *subscription = state_of(self);
    int64_t due_ns = delay_ns < SIM_TIME_LONGEST ? self->sim->now_ns + delay_ns : SIM_TIME_NEVER;

    slot_at(subscription, index)->due_ns = due_ns;
    list_append(subscription, list, index);
    if (due_ns == SIM_TIME_NEVER || list->armed)
        return;
    list->armed = true;
    sim_tick_at(self, list->ticker, due_ns);
}

/* ---- age ---- */

/* Date of the oldest message that waits; -1: none. */
static int64_t oldest_ns(const struct subscription *subscription)
{
    int64_t oldest = -1;

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        const struct part *part = &subscription->parts[i];
        const struct message_log *log = &subscription->queue->partitions[i];

        if (part->place < log->next) {
            int64_t date_ns = message_log_at(log, part->place)->published_ns;

            oldest = oldest < 0 || date_ns < oldest ? date_ns : oldest;
        }
        if (part->back.first) {
            int64_t date_ns = slot_at(subscription, part->back.first)->message.published_ns;

            oldest = oldest < 0 || date_ns < oldest ? date_ns : oldest;
        }
    }
    return oldest;
}

/* Of several subscriptions the greatest; the only one's is exact. */
static void age_of_all(struct queue *queue, int64_t now_ns)
{
    struct queue_metrics *all = component_state(queue->face);
    int64_t greatest = 0;

    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        const struct queue_metrics *one = component_state(queue->subscriptions[i]);

        if (one->age.level > greatest)
            greatest = one->age.level;
    }
    if (queue->subscription_count == 1)
        all->age = ((struct queue_metrics *)component_state(queue->subscriptions[0]))->age;
    else
        amount_set(&all->age, greatest, now_ns);
}

/* Since the last look the age grew with time, if something waited. */
static void bring_age_up(struct component *self)
{
    struct subscription *subscription = state_of(self);
    struct amount *age = &subscription->metrics.age;
    int64_t now_ns = self->sim->now_ns, passed_ns = now_ns - subscription->aged_ns;

    subscription->aged_ns = now_ns;
    if (subscription->ages) {
        age->area += (__int128)passed_ns * passed_ns / 2;
        amount_add(age, passed_ns, now_ns);
    }
}

/* Something has come, or gone. */
static void set_age(struct component *self)
{
    struct subscription *subscription = state_of(self);
    int64_t now_ns = self->sim->now_ns, oldest = oldest_ns(subscription);

    bring_age_up(self);
    subscription->ages = oldest >= 0;
    amount_set(&subscription->metrics.age, oldest < 0 ? 0 : now_ns - oldest, now_ns);
    age_of_all(subscription->queue, now_ns);
}

static void age_changes(struct component *self)
{
    if (!state_of(self)->queue->ordered)
        set_age(self);
}

/* ---- levels ---- */

static void add_waiting(struct component *self, int64_t n)
{
    struct subscription *subscription = state_of(self);
    struct queue_metrics *all = component_state(subscription->queue->face);

    amount_add(&subscription->metrics.waiting, n, self->sim->now_ns);
    amount_add(&all->waiting, n, self->sim->now_ns);
    if (n > 0 && !subscription->looking) {
        subscription->looking = true;
        sim_tick_at(self, subscription->look, self->sim->now_ns + LOOK_NS);
    }
}

static void add_out(struct component *self, int64_t n)
{
    struct subscription *subscription = state_of(self);
    struct queue_metrics *all = component_state(subscription->queue->face);

    amount_add(&subscription->metrics.in_flight, n, self->sim->now_ns);
    amount_add(&all->in_flight, n, self->sim->now_ns);
}

/* ---- who is next ---- */

static void line_up(struct subscription *subscription, uint32_t index)
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
static uint32_t next_consumer(struct subscription *subscription)
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
static void had_its_turn(struct subscription *subscription, uint32_t index)
{
    struct consumer *consumer = &subscription->consumers[index - 1];

    subscription->line_first = consumer->next;
    if (!subscription->line_first)
        subscription->line_last = 0;
    consumer->is_in_line = false;
    line_up(subscription, index);
}

static bool has_something(const struct subscription *subscription, uint32_t partition)
{
    const struct part *part = &subscription->parts[partition];

    return !part->is_busy &&
           (part->back.first || part->place < subscription->queue->partitions[partition].next);
}

static void make_ready(struct subscription *subscription, uint32_t partition)
{
    struct part *part = &subscription->parts[partition];

    if (part->is_ready || !has_something(subscription, partition))
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
static bool next_partition(struct subscription *subscription, uint32_t *partition)
{
    while (subscription->ready_first) {
        struct part *part = &subscription->parts[subscription->ready_first - 1];

        *partition = subscription->ready_first - 1;
        if (has_something(subscription, *partition))
            return true;
        subscription->ready_first = part->next_ready;
        if (!subscription->ready_first)
            subscription->ready_last = 0;
        part->is_ready = false;
    }
    return false;
}

/* The first of the line of partitions goes behind the others. */
static void partition_had_its_turn(struct subscription *subscription)
{
    struct part *part = &subscription->parts[subscription->ready_first - 1];
    uint32_t partition = subscription->ready_first - 1;

    subscription->ready_first = part->next_ready;
    if (!subscription->ready_first)
        subscription->ready_last = 0;
    part->is_ready = false;
    make_ready(subscription, partition);
}

/* ---- messages leave ---- */

static bool has_expired(const struct component *self, const struct message *message)
{
    int64_t retention_ns = config_of(self)->retention;

    return retention_ns != INT64_MAX && self->sim->now_ns - message->published_ns > retention_ns;
}

static void step_on(struct component *self, uint32_t partition)
{
    struct subscription *subscription = state_of(self);

    if (++subscription->parts[partition].place % MESSAGE_BLOCK == 0)
        queue_forget_read(subscription->queue, partition);
}

/* What retention has ended at the head of the partition. */
static void expire_head(struct component *self, uint32_t partition)
{
    struct subscription *subscription = state_of(self);
    struct part *part = &subscription->parts[partition];
    const struct message_log *log = &subscription->queue->partitions[partition];
    uint64_t expired = 0;

    while (part->back.first && has_expired(self, &slot_at(subscription, part->back.first)->message)) {
        uint32_t index = part->back.first;

        list_remove(subscription, &part->back, index);
        free_slot(subscription, index);
        expired++;
    }
    while (part->place < log->next && has_expired(self, message_log_at(log, part->place))) {
        step_on(self, partition);
        expired++;
    }
    if (!expired)
        return;
    add_waiting(self, -(int64_t)expired);
    queue_count(subscription->queue, self, QUEUE_EXPIRED, expired);
}

/* The message that the partition hands out next, as a slot. */
static uint32_t take_message(struct component *self, uint32_t partition)
{
    struct subscription *subscription = state_of(self);
    struct part *part = &subscription->parts[partition];
    uint32_t index = part->back.first;

    if (index) {
        list_remove(subscription, &part->back, index);
    } else {
        index = take_slot(self, message_log_at(&subscription->queue->partitions[partition], part->place));
        step_on(self, partition);
    }
    part->is_busy = subscription->queue->ordered;
    return index;
}

/* The message is done with, one way or another, and was out. */
static void end_message(struct component *self, uint32_t index, enum queue_count how)
{
    struct subscription *subscription = state_of(self);
    uint32_t partition = partition_of(subscription, &slot_at(subscription, index)->message);

    add_out(self, -1);
    queue_count(subscription->queue, self, how, 1);
    free_slot(subscription, index);
    subscription->parts[partition].is_busy = false;
    make_ready(subscription, partition);
}

static void acknowledge(struct component *self, uint32_t index)
{
    struct subscription *subscription = state_of(self);
    struct queue_metrics *all = component_state(subscription->queue->face);
    int64_t took_ns = self->sim->now_ns - slot_at(subscription, index)->message.published_ns;

    histogram_add(&subscription->metrics.end_to_end, took_ns);
    histogram_add(&all->end_to_end, took_ns);
    list_remove(subscription, &subscription->out, index);
    end_message(self, index, QUEUE_ACKNOWLEDGED);
}

/* It waits again; it is in no list. */
static void put_back(struct component *self, uint32_t index)
{
    struct subscription *subscription = state_of(self);
    struct message *message = &slot_at(subscription, index)->message;
    uint32_t partition = partition_of(subscription, message);

    message->state = SLOT_BACK;
    list_append(subscription, &subscription->parts[partition].back, index);
    add_out(self, -1);
    add_waiting(self, 1);
    subscription->parts[partition].is_busy = false;
    make_ready(subscription, partition);
    age_changes(self);
}

/* It was delivered in vain: again, after a pause if the work failed, unless it was too often. */
static void come_again(struct component *self, uint32_t index, bool pauses)
{
    struct subscription *subscription = state_of(self);
    struct message *message = &slot_at(subscription, index)->message;

    list_remove(subscription, &subscription->out, index);
    if (message->deliveries >= config_of(self)->max_deliveries) {
        end_message(self, index, QUEUE_DEAD_LETTERED);
    } else if (pauses) {
        message->state = SLOT_PAUSING;
        await(self, &subscription->pausing, index, config_of(self)->redelivery_pause);
    } else {
        put_back(self, index);
    }
}

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

static void send(struct component *self, uint32_t consumer_index, uint32_t index)
{
    const struct subscription_shared *shared = self->shared;
    struct subscription *subscription = state_of(self);
    struct consumer *consumer = &subscription->consumers[consumer_index - 1];
    struct message *message = &slot_at(subscription, index)->message;
    struct request *child = sim_fork(self, consumer->ticker, consumer_index & UINT16_MAX);
    struct frame *frame = request_frame(child);
    int64_t work_ns;

    consumer->credit--;
    message->deliveries++;
    message->state = SLOT_OUT;
    await(self, &subscription->out, index, config_of(self)->visibility_timeout);
    add_waiting(self, -1);
    add_out(self, 1);
    queue_count(subscription->queue, self, QUEUE_DELIVERED, 1);
    if (message->deliveries > 1)
        queue_count(subscription->queue, self, QUEUE_REDELIVERED, 1);
    frame->number = message->deliveries == 1 ? message->number
                                             : rng_hash(message->number, ~(uint64_t)message->deliveries);
    frame->entered_ns = tag_of(subscription, index);
    frame->step = consumer->connection;
    child->key = message->key;
    child->user = message->user;
    child->data = message->data;
    child->request_class = message->request_class;
    child->bytes = message->bytes;
    child->operation = OPERATION_READ;
    child->rows = 1;
    child->priority = 0;
    work_ns = duration_sample(&shared->delivery_time, frame->number);
    if (work_ns == 0 || !host_compute(subscription->queue->leader_host, self, child, work_ns))
        sim_call(self, child, consumer->link, 0);
}

void subscription_dispatch(struct component *self)
{
    struct subscription *subscription = state_of(self);
    uint32_t consumer, partition;

    if (subscription->dispatching)
        return; /* whoever does has not looked for the last time */
    subscription->dispatching = true;
    while (subscription->queue->leader >= 0 && next_partition(subscription, &partition) &&
           (consumer = next_consumer(subscription))) {
        uint32_t index;

        expire_head(self, partition);
        if (!has_something(subscription, partition))
            continue;
        index = take_message(self, partition);
        partition_had_its_turn(subscription);
        had_its_turn(subscription, consumer);
        send(self, consumer, index);
        line_up(subscription, consumer);
        age_changes(self);
    }
    subscription->dispatching = false;
}

/* Its delivery is over: the consumer can take another one. */
static void give_credit(struct subscription *subscription, struct request *child)
{
    struct consumer *consumer = consumer_of(subscription, child);

    if (request_frame(child)->step != consumer->connection)
        return;
    consumer->credit++;
    if (child->outcome == OUTCOME_CRASHED || child->outcome == OUTCOME_UNAVAILABLE)
        consumer->is_here = false; /* until it joins again */
    line_up(subscription, (uint32_t)(consumer - subscription->consumers) + 1);
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
    struct subscription *subscription = state_of(self);
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
    struct subscription *subscription = state_of(self);
    bool is_connected = request_frame(child)->step == consumer_of(subscription, child)->connection;
    uint32_t index = is_connected ? slot_of(subscription, child) : 0;

    if (child->outcome == OUTCOME_OK)
        note_work(self, child);
    if (!index)
        return; /* over a connection that is closed, or too late: the message has come again */
    switch (child->outcome) {
    case OUTCOME_OK:
        if (!loses_acknowledgement(subscription, child))
            acknowledge(self, index);
        break;
    case OUTCOME_LOST:
    case OUTCOME_TIMEOUT:
        break; /* nobody tells the queue */
    case OUTCOME_CRASHED:
    case OUTCOME_UNAVAILABLE:
        come_again(self, index, false);
        break;
    default:
        come_again(self, index, true);
    }
}

static void subscription_on_reply(struct component *self, struct request *child)
{
    struct subscription *subscription = state_of(self);

    settle(self, child);
    give_credit(subscription, child);
    child->outcome = OUTCOME_OK;
    sim_join(self, child);
    queue_made_room(subscription->queue);
    subscription_dispatch(self);
}

/* ---- clocks ---- */

static void visibility_over(struct component *self, struct subscription *subscription, uint32_t index)
{
    (void)subscription;
    come_again(self, index, false);
}

static void pause_over(struct component *self, struct subscription *subscription, uint32_t index)
{
    list_remove(subscription, &subscription->pausing, index);
    put_back(self, index);
}

/* All of the list whose date has come. */
static void due(struct component *self, struct slot_list *list,
                void (*over)(struct component *, struct subscription *, uint32_t))
{
    struct subscription *subscription = state_of(self);

    list->armed = false;
    while (list->first && slot_at(subscription, list->first)->due_ns <= self->sim->now_ns)
        over(self, subscription, list->first);
    if (list->first) {
        list->armed = true;
        sim_tick_at(self, list->ticker, slot_at(subscription, list->first)->due_ns);
    }
    queue_made_room(subscription->queue);
    subscription_dispatch(self);
}

static void look_around(struct component *self)
{
    struct subscription *subscription = state_of(self);

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++)
        expire_head(self, i);
    set_age(self);
    subscription->looking = subscription->metrics.waiting.level > 0;
    if (subscription->looking)
        sim_tick_at(self, subscription->look, self->sim->now_ns + LOOK_NS);
    queue_made_room(subscription->queue);
}

static void subscription_on_timer(struct component *self, struct request *request)
{
    struct subscription *subscription = state_of(self);

    if (request == subscription->out.ticker) {
        due(self, &subscription->out, visibility_over);
    } else if (request == subscription->pausing.ticker) {
        due(self, &subscription->pausing, pause_over);
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
    struct subscription *subscription = state_of(self);

    add_waiting(self, 1);
    make_ready(subscription, partition);
    if (subscription->metrics.waiting.level == 1)
        age_changes(self);
}

uint64_t subscription_place(const struct component *self, uint32_t partition)
{
    return state_of(self)->parts[partition].place;
}

/* A connection is made anew: whatever was out over the old one is nobody's. */
static void reconnect(struct subscription *subscription, uint32_t index)
{
    struct consumer *consumer = &subscription->consumers[index - 1];

    consumer->connection++;
    consumer->credit = consumer->prefetch;
    line_up(subscription, index);
}

void subscription_disconnect(struct component *self)
{
    struct subscription *subscription = state_of(self);

    while (subscription->out.first) {
        uint32_t index = subscription->out.first;

        list_remove(subscription, &subscription->out, index);
        put_back(self, index);
    }
    for (uint32_t i = 1; i <= subscription->consumer_count; i++)
        reconnect(subscription, i);
}

static bool is_at_or_after(const struct message *message, uint32_t position)
{
    return (int32_t)(message->position - position) >= 0;
}

/* Of a list of those that came back, or that pause. */
static uint64_t lose_of(struct subscription *subscription, struct slot_list *list, uint32_t position)
{
    uint64_t lost = 0;

    for (uint32_t index = list->first, next; index; index = next) {
        next = slot_at(subscription, index)->next;
        if (!is_at_or_after(&slot_at(subscription, index)->message, position))
            continue;
        list_remove(subscription, list, index);
        subscription->parts[partition_of(subscription, &slot_at(subscription, index)->message)].is_busy =
            false;
        free_slot(subscription, index);
        lost++;
    }
    return lost;
}

void subscription_lose(struct component *self, uint32_t position)
{
    struct subscription *subscription = state_of(self);
    uint64_t pausing = lose_of(subscription, &subscription->pausing, position), waiting = 0;

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        const struct message_log *log = &subscription->queue->partitions[i];
        uint64_t place = log->next;

        waiting += lose_of(subscription, &subscription->parts[i].back, position);
        while (place > subscription->parts[i].place &&
               is_at_or_after(message_log_at(log, place - 1), position))
            place--;
        waiting += log->next - place;
    }
    add_waiting(self, -(int64_t)waiting);
    add_out(self, -(int64_t)pausing);
    queue_count(subscription->queue, self, QUEUE_LOST, waiting + pausing);
}

void subscription_cut(struct component *self)
{
    struct subscription *subscription = state_of(self);

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        if (subscription->parts[i].place > subscription->queue->partitions[i].next)
            subscription->parts[i].place = subscription->queue->partitions[i].next;
        make_ready(subscription, i);
    }
    set_age(self);
}

/* ---- consumers ---- */

static struct component *subscription_of(const struct queue *queue, const struct component *worker,
                                         uint32_t *index)
{
    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        const struct subscription *subscription = state_of(queue->subscriptions[i]);

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

    state_of(self)->consumers[index - 1].is_here = true;
    reconnect(state_of(self), index);
    if (group->sim->begun && queue_of(group)->leader >= 0)
        subscription_dispatch(self);
}

void queue_leave(struct group *group, struct component *worker)
{
    uint32_t index = 0;
    struct component *self = subscription_of(queue_of(group), worker, &index);

    state_of(self)->consumers[index - 1].is_here = false;
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

static void add_consumers(struct component *self, struct group *workers)
{
    const struct worker_config *config = workers->config;
    struct subscription *subscription = state_of(self);
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

static const char *name_of(const struct group *group)
{
    return group->name + strlen(group->parent->name) + 1;
}

static void subscription_wire(struct component *self)
{
    struct queue *queue = queue_of(self->group->parent);
    struct subscription *subscription = state_of(self);

    subscription->queue = queue;
    subscription->parts =
        memory_alloc_array(&self->sim->memory, queue->partition_count, sizeof *subscription->parts);
    subscription->slots =
        memory_alloc(&self->sim->memory, sizeof *subscription->slots); /* the first is nobody's */
    subscription->slot_room = 1;
    subscription->loss_key = rng_key(self->sim->seed, self->group->name, "acknowledgements");
    for (size_t i = 0; i < queue->reader_count; i++)
        if (!strcmp(queue->readers[i].subscription, name_of(self->group)))
            add_consumers(self, queue->readers[i].workers);
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
    struct subscription *subscription = state_of(self);

    subscription->out.ticker = sim_ticker(self);
    subscription->pausing.ticker = sim_ticker(self);
    subscription->look = sim_ticker(self);
    for (uint32_t i = 0; i < subscription->consumer_count; i++) {
        subscription->consumers[i].ticker = sim_ticker(self);
        subscription->consumers[i].ticker->key = i;
    }
}

static void subscription_on_window(struct component *self)
{
    set_age(self);
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
    uint64_t waiting = 0, inside = queue->pending + queue->blocked.count, ended = 0;
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
