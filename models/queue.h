/* queue.h - the model `queue` and its parts; see queue.c.
 *
 * NAME               the queue as producers call it: bounds, who leads, who has what (queue.c,
 *                    queue_replicas.c)
 * NAME.broker[i]     machines that keep the log (queue_broker.c)
 * NAME.SUBSCRIPTION  what one kind of reader has still to do, and how it is handed out
 *                    (queue_subscription.h)
 * Workers join a subscription with queue_join(); each instance is one consumer.
 */
#ifndef MODELS_QUEUE_H
#define MODELS_QUEUE_H

#include "models/host.h"
#include "models/log_writer.h"
#include "models/message_log.h"
#include "models/model.h"
#include "models/request_line.h"
#include "models/write_log.h"
#include "sim/call.h"
#include "sim/fault.h"

#define BROKERS_MAX 15
#define QUEUE_ANSWER_BYTES 100 /* an acknowledgement, and what else a message costs on the wire */

enum queue_durability { QUEUE_DISK, QUEUE_MEMORY };
enum queue_when_full { QUEUE_REFUSES, QUEUE_WAITS };

struct queue_config {
    const char *host;
    int64_t brokers;
    int64_t acknowledged_by;               /* brokers; 0: the majority */
    int durability;                        /* enum queue_durability */
    int64_t flush_interval, election_time; /* ns */
    struct distribution_config publish_time, delivery_time;
    int64_t partitions; /* 0: none */
    int64_t limit;
    int when_full;                                           /* enum queue_when_full */
    int64_t visibility_timeout, redelivery_pause, retention; /* ns, INT64_MAX: never */
    int64_t max_deliveries;                                  /* INT64_MAX: unlimited */
    const char *dead_letters;                                /* a queue; NULL: they are put aside */
};

extern const struct model_type queue_model;
extern const struct param_table queue_params;

/* ---- what is measured: of a subscription, and of all together ---- */

enum queue_count {
    QUEUE_PUBLISHED,
    QUEUE_REFUSED,
    QUEUE_UNCONFIRMED,
    QUEUE_LOST,
    QUEUE_DELIVERED,
    QUEUE_REDELIVERED,
    QUEUE_ACKNOWLEDGED,
    QUEUE_DUPLICATES,
    QUEUE_DEAD_LETTERED,
    QUEUE_EXPIRED,
    QUEUE_COUNTS
};

/* First in the state of a queue and of a subscription. */
struct queue_metrics {
    uint64_t counts[QUEUE_COUNTS]; /* in the window */
    struct amount waiting, in_flight;
    struct amount age; /* of the oldest that waits, ns */
    struct histogram end_to_end;
    uint64_t totals[QUEUE_COUNTS]; /* since the run began */
};

extern const struct metric_row queue_metric_rows[];

/* ---- the queue ---- */

/* A worker component that reads from here. */
struct queue_reader {
    struct group *workers;
    const char *subscription;
};

/* What the leader knows of a broker, itself included. */
struct replica {
    struct link *publish;   /* from the queue's name to it: takes no time */
    struct link *copy;      /* the leader's messages to it */
    struct request *copier; /* parent of the copy under way */
    uint64_t confirmed;     /* messages that it has, on disk where that is asked for */
    bool copying;
};

struct queue {
    struct component *face;
    struct group *brokers;
    struct host *leader_host;
    int leader; /* -1: none */
    uint16_t term;
    uint64_t term_start;   /* messages that the log had when the leader took over */
    uint64_t acknowledged; /* messages up to this one were acknowledged to producers */
    uint32_t needed;       /* brokers that must have a message */
    struct replica replicas[BROKERS_MAX];
    struct request *election; /* ticker */
    bool electing;
    uint64_t copy_key, copies;

    struct message_log *partitions;
    uint32_t partition_count;
    bool ordered;
    uint64_t pending;                /* publishes that are neither in the queue nor answered */
    struct request_line unconfirmed; /* their log position is in the frame: until enough brokers have them */
    struct request_line blocked;     /* until there is room */
    uint64_t blocked_count;

    struct queue_reader *readers;
    size_t reader_count;
    struct component **subscriptions;
    uint32_t subscription_count;
};

/* A worker component reads from this queue. For wire_group. */
void queue_add_reader(struct group *queue, struct group *workers, const char *subscription);

/* The instance of a worker is there and takes messages: at the start, after a crash, as a new member. */
void queue_join(struct group *queue, struct component *worker);

/* It takes no more; what it has it finishes. */
void queue_leave(struct group *queue, const struct component *worker);

/* One that was to leave stays after all; nothing to do for one that has just joined. */
void queue_stay(struct group *queue, const struct component *worker);

/* Whether messages of that class are published to the queue: by a step of a handler, or by clients
 * themselves. */
bool queue_gets_class(const struct group *queue, const struct request_class *class);

static inline struct queue *queue_of(const struct group *group)
{
    return group->shared;
}

/* Where a message goes: with those about its row, or, when it is about none, wherever its number says. */
static inline uint32_t queue_partition(const struct queue *queue, const struct message *message)
{
    uint64_t hash =
        message->data ? hash_key(message->key) : rng_hash(message->number, queue->partition_count);

    return queue->ordered ? (uint32_t)(((hash >> 32) * queue->partition_count) >> 32) : 0;
}

/* Counts for the queue and one of its subscriptions; NULL: for all of them. */
void queue_count(struct queue *queue, struct component *subscription, enum queue_count what, uint64_t n);

/* Messages may have left: those who wait for room are asked in. */
void queue_made_room(struct queue *queue);

/* Forgets what all subscriptions have read of a partition. */
void queue_forget_read(struct queue *queue, uint32_t partition);

/* A message of the producer's request is in the queue from now on, and the producer hears of it. */
void queue_confirm(struct queue *queue, struct request *request);

/* It is not, and never will be. */
void queue_fail(struct queue *queue, struct request *request, enum outcome outcome);

/* ---- brokers ---- */

enum broker_step { BROKER_RECEIVED, BROKER_COPIED, BROKER_ON_DISK };

struct broker {
    struct host *host;
    struct write_log log;
    struct log_writer writer;
    uint64_t crashes;
};

extern const struct model_type queue_broker_model;

void queue_wire_replicas(struct queue *queue);
void queue_start_replicas(struct queue *queue);

/* The leader has another message in its log. */
void queue_appended(struct queue *queue);

/* The request waits until enough brokers have what it published, if they have not. */
void queue_await_replicas(struct queue *queue, struct request *request);
void queue_copy_reply(struct queue *queue, struct request *request);
void queue_elect(struct queue *queue);
void queue_broker_crashed(struct queue *queue, uint32_t broker);
void queue_broker_back(struct queue *queue, uint32_t broker);

/* Brokers that are up. */
uint32_t queue_brokers_up(const struct queue *queue);

static inline struct broker *queue_broker(const struct queue *queue, uint32_t index)
{
    return component_state(queue->brokers->instances[index]);
}

/* ---- subscriptions ---- */

extern const struct model_type queue_subscription_model;

/* Makes the subscriptions that the readers name. For the brokers' wire_group, when all readers are known. */
void queue_make_subscriptions(struct queue *queue);

/* A message has been appended to the partition; hand out what can be. */
void subscription_message_came(struct component *self, uint32_t partition);
void subscription_dispatch(struct component *self);

/* Place of the first message of the partition that it has not read. */
uint64_t subscription_place(const struct component *self, uint32_t partition);

/* The leader is gone: connections are closed, what was out comes again. */
void subscription_disconnect(struct component *self);

/* Messages from that position of the brokers' log on are gone; before message_log_cut(), and after it. */
void subscription_lose(struct component *self, uint32_t position);
void subscription_cut(struct component *self);

#endif
