/* queue_subscription.h - what one kind of reader of a queue has still to do, and how it is handed out;
 * see queue.c.
 *
 * A message is waiting (in the queue's log at or after the subscription's place, or in the line of those
 * that came back), out (a consumer has it: in the list by date, for the visibility timeout) or pausing
 * (its work failed; the same kind of list), or moving to the queue for dead letters. Consumers that can take one more stand in a line, so that
 * each gets its turn; partitions that have something to hand out stand in another.
 *
 * queue_slots.c     the lists       queue_turns.c    whose turn it is
 * queue_messages.c  what becomes of a message        queue_lag.c    how much waits, and for how long
 * queue_dead_letters.c  what was delivered too often
 * queue_subscription.c  deliveries, clocks, wiring
 */
#ifndef MODELS_QUEUE_SUBSCRIPTION_H
#define MODELS_QUEUE_SUBSCRIPTION_H

#include "models/handler.h"
#include "models/queue.h"
#include "models/worker.h"

#define LOOK_NS SIM_NS_PER_S /* how often ages and retention are looked at while nothing else happens */

enum slot_state { SLOT_FREE, SLOT_BACK, SLOT_OUT, SLOT_PAUSING, SLOT_MOVING };

/* A message that was delivered and is not done with. */
struct slot {
    struct message message;
    uint32_t next, prev;
    int64_t due_ns; /* of one that is out or pauses */
};

_Static_assert(sizeof(struct slot) == 72, "a message that was delivered is 72 bytes");

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
    struct {
        struct link *link;      /* to the queue for them; NULL: none */
        struct request *ticker; /* parent of the moves */
        struct slot_list again; /* whose move failed */
    } dead;
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

static inline struct subscription *subscription_state(const struct component *self)
{
    return component_state(self);
}

static inline const struct queue_config *subscription_config(const struct component *self)
{
    return self->group->config;
}

/* ---- slots ---- */

static inline struct slot *slot_at(const struct subscription *subscription, uint32_t index)
{
    return &subscription->slots[index];
}

/* A slot with a copy of the message; pointers to slots do not outlast this. */
uint32_t slot_take(struct component *self, const struct message *message);
void slot_free(struct subscription *subscription, uint32_t index);
uint32_t slot_partition(const struct subscription *subscription, const struct message *message);

void slots_append(struct subscription *subscription, struct slot_list *list, uint32_t index);
void slots_remove(struct subscription *subscription, struct slot_list *list, uint32_t index);

/* Appends to a list whose delay is the same for all: those who come are due last. */
void slots_await(struct component *self, struct slot_list *list, uint32_t index, int64_t delay_ns);

/* ---- lag ---- */

/* So many more wait, or are out (n < 0: fewer). */
void lag_add_waiting(struct component *self, int64_t n);
void lag_add_out(struct component *self, int64_t n);

/* Brings the age up to date; after a change, where that is cheap. */
void lag_look(struct component *self);
void lag_changes(struct component *self);

/* ---- turns: consumers by number from 1, partitions from 0 ---- */

/* To the end of the line, if it is there and can take one more. */
void turn_line_up(struct subscription *subscription, uint32_t consumer);

/* 0: nobody can take one. */
uint32_t turn_next_consumer(struct subscription *subscription);
void turn_of_consumer(struct subscription *subscription, uint32_t consumer); /* the next one had its turn */

bool turn_has_something(const struct subscription *subscription, uint32_t partition);
void turn_make_ready(struct subscription *subscription, uint32_t partition); /* if it has something */

/* False: nothing is to be handed out. */
bool turn_next_partition(struct subscription *subscription, uint32_t *partition);
void turn_of_partition(struct subscription *subscription); /* the next one had its turn */

void turn_add_consumers(struct component *self, struct group *workers);

/* A connection is made anew: whatever was out over the old one is nobody's. */
void turn_reconnect(struct subscription *subscription, uint32_t consumer);

/* ---- messages ---- */

/* What retention has ended at the head of the partition. */
void messages_expire(struct component *self, uint32_t partition);

/* The slot of the message that the partition hands out next. */
uint32_t messages_take(struct component *self, uint32_t partition);

/* Of one that is out: done with; to be delivered again, after a pause or at once. */
void messages_acknowledge(struct component *self, uint32_t slot);
void messages_come_again(struct component *self, uint32_t slot, bool pauses);

/* One in no list is done with, as a dead letter; waits again. */
void messages_put_aside(struct component *self, uint32_t slot);
void messages_put_back(struct component *self, uint32_t slot);

/* What a delivery or a move carries of a message. */
void subscription_fill(struct request *child, const struct message *message);

/* ---- dead letters ---- */

void dead_letters_wire(struct component *self);
void dead_letters_start(struct component *self);

/* The message, in no list, goes to the queue for them, or is put aside where there is none. */
void dead_letters_add(struct component *self, uint32_t slot);

/* The answer to such a move; the pause after one that failed is over. */
bool dead_letters_is_move(const struct subscription *subscription, const struct request *child);
void dead_letters_answer(struct component *self, struct request *child);
void dead_letters_try_again(struct component *self, struct subscription *subscription, uint32_t slot);

#endif
