/* queue.c - messages that wait for whoever does the work; see queue.h for the parts.
 *
 * Represented: a log on the leading broker, acknowledged when it is on disk (writes that wait together
 * share the operation of the disk) or from memory; copies on further brokers over the leader's network
 * card, a publish being acknowledged when enough brokers have it; crashes, the election of the broker
 * that has most, and what nobody had any more; subscriptions, each of which gets every message, and whose
 * consumers share them; partitions by key, in which order is kept: one message of a partition is out at a
 * time; consumers that come and go; messages that come again when no acknowledgement does; those given up
 * after so many deliveries, which may go to another queue; a bound, at which producers are refused or wait; retention.
 * Conservation, for each subscription at any date: published = acknowledged + waiting + in flight +
 * dead-lettered + expired + refused + not confirmed to the producer + lost + not answered yet.
 *
 * A queue of several brokers is called by its name, which knows the leader as a client's library does: to
 * that it takes no time, the message having paid its way to the leader.
 *
 * Randomness: latency of copies, by their number; lost acknowledgements, by the message. Cost: O(brokers
 * + subscriptions) a publish, O(1) a delivery. Memory: 48 bytes for a message that waits, however many
 * subscriptions there are, and 64 for one that was delivered and is not acknowledged.
 * Source: Kreps, Narkhede, Rao, "Kafka: a Distributed Messaging System for Log Processing", 2011 (log,
 * places, groups); Ongaro, Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014 (the
 * most advanced of a majority leads).
 */
#include "models/queue.h"

#define COUNT_ROW(name, index, help)                                                                       \
    {                                                                                                      \
        name, "1", METRIC_COUNTER, offsetof(struct queue_metrics, counts) + (index) * sizeof(uint64_t), 0, \
            help                                                                                           \
    }

/* clang-format off */
const struct metric_row queue_metric_rows[] = {
    COUNT_ROW("published", QUEUE_PUBLISHED, "Messages that producers sent here, whatever became of them."),
    COUNT_ROW("refused", QUEUE_REFUSED, "Of these, turned away because the queue was full."),
    COUNT_ROW("unconfirmed", QUEUE_UNCONFIRMED,
              "Of these, failed for the producer before any acknowledgement: a broker died, or too few "
              "were up."),
    COUNT_ROW("lost", QUEUE_LOST,
              "Messages that producers had been told were safe, and that a crash took from everybody who "
              "had them."),
    COUNT_ROW("delivered", QUEUE_DELIVERED, "Times that a message was handed to a consumer."),
    COUNT_ROW("redelivered", QUEUE_REDELIVERED, "Of these, not for the first time."),
    COUNT_ROW("acknowledged", QUEUE_ACKNOWLEDGED, "Messages whose work is done, as the consumer told the "
                                                  "queue."),
    COUNT_ROW("duplicates", QUEUE_DUPLICATES,
              "Work that was done once more, as the queue did not know that it had been done."),
    COUNT_ROW("dead_lettered", QUEUE_DEAD_LETTERED,
              "Messages put aside, or moved to the queue for such, because max_deliveries did not help."),
    COUNT_ROW("expired", QUEUE_EXPIRED, "Messages that retention ended before a consumer had them."),
    { "waiting", "1", METRIC_STOCK, offsetof(struct queue_metrics, waiting), 0,
      "Lag: messages in the queue that no consumer has, summed over subscriptions." },
    { "unacknowledged", "1", METRIC_LEVEL, offsetof(struct queue_metrics, in_flight), 0,
      "Messages that consumers have and did not acknowledge yet, or that pause before they come again." },
    { "lag.age", "s", METRIC_LEVEL, offsetof(struct queue_metrics, age), 0,
      "Time since the oldest waiting message was published; 0 when none waits. Looked at with each "
      "delivery, with partitions once a second; of several subscriptions the greatest." },
    { "end_to_end", "s", METRIC_TIMES, offsetof(struct queue_metrics, end_to_end), 0,
      "From the arrival of a message at the queue to the acknowledgement of its work: what the producer "
      "does not wait for." },
    { "fsyncs, commits", "1", METRIC_COMMON, 0, 0,
      "Of the brokers: times that one wrote its log to disk; publishes and batches of copies that waited for "
      "it, several for one." },
    { 0 },
};
/* clang-format on */

/* ---- counting ---- */

void queue_count(struct queue *queue, struct component *subscription, enum queue_count what, uint64_t n)
{
    struct queue_metrics *all = component_state(queue->face);

    all->counts[what] += n;
    all->totals[what] += n;
    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        struct queue_metrics *one = component_state(queue->subscriptions[i]);

        if (subscription && subscription != queue->subscriptions[i])
            continue;
        one->counts[what] += n;
        one->totals[what] += n;
    }
}

/* ---- a publish ---- */

static void answer(struct queue *queue, struct request *request, enum outcome outcome)
{
    request->bytes = QUEUE_ANSWER_BYTES;
    sim_reply(queue->face, request, outcome);
}

void queue_fail(struct queue *queue, struct request *request, enum outcome outcome)
{
    queue->pending--;
    queue_count(queue, NULL, QUEUE_UNCONFIRMED, 1);
    answer(queue, request, outcome);
}

/* Place in the brokers' log, from the low 24 bits that the frame carries. */
static uint64_t position_of(const struct queue *queue, struct request *request)
{
    const struct frame *frame = request_frame(request);
    uint64_t end = queue_broker(queue, (uint32_t)queue->leader)->log.next;
    uint64_t low = frame->step | (uint64_t)frame->note << 16;

    return end - ((end - low) & 0xffffff);
}

static void put_in(struct queue *queue, struct request *request, uint64_t position)
{
    struct sim *sim = queue->face->sim;
    const struct frame *frame = request_frame(request);
    const struct message message = {
        .number = frame->number,
        .key = request->key,
        .user = request->user,
        .published_ns = frame->entered_ns,
        .position = (uint32_t)position,
        .bytes = request->bytes,
        .version = request->version,
        .data = request->data,
        .request_class = request->request_class,
    };
    uint32_t partition = queue_partition(queue, &message);

    message_log_append(&queue->partitions[partition], &sim->memory, &message);
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_message_came(queue->subscriptions[i], partition);
}

void queue_confirm(struct queue *queue, struct request *request)
{
    uint64_t position = position_of(queue, request);

    queue->pending--;
    queue->acknowledged = position + 1;
    put_in(queue, request, position);
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_dispatch(queue->subscriptions[i]);
    answer(queue, request, OUTCOME_OK);
}

static void fail_resume(struct component *self, struct request *request)
{
    queue_fail(queue_of(self->group), request, OUTCOME_CRASHED);
}

/* Those who wait for replicas of a leader that is gone hear of it. */
static void fail_unconfirmed(struct queue *queue)
{
    struct sim *sim = queue->face->sim;
    struct request *request;

    while ((request = request_line_leave(&queue->unconfirmed, sim))) {
        request->owner = queue->face;
        request->resume = fail_resume;
        sim_wake(sim, request);
    }
}

/* So many brokers have all messages before and including that one. */
static uint32_t holders_of(const struct queue *queue, uint64_t position)
{
    uint32_t holders = 1; /* the leader */

    for (uint32_t i = 0; i < queue->brokers->count; i++)
        holders += (int)i != queue->leader && queue->replicas[i].confirmed > position;
    return holders;
}

/* In the order of the log. */
static void confirm_those_copied(struct queue *queue)
{
    struct sim *sim = queue->face->sim;

    while (queue->leader >= 0 && queue->unconfirmed.first) {
        struct request *first = sim_request(sim, queue->unconfirmed.first);

        if (holders_of(queue, position_of(queue, first)) < queue->needed)
            return;
        queue_confirm(queue, request_line_leave(&queue->unconfirmed, sim));
    }
}

void queue_await_replicas(struct queue *queue, struct request *request)
{
    if (queue->needed == 1) {
        queue_confirm(queue, request);
        return;
    }
    request_line_join(&queue->unconfirmed, queue->face->sim, request);
    confirm_those_copied(queue);
}

/* ---- room ---- */

static bool has_room(const struct queue *queue)
{
    const struct queue_config *config = queue->face->group->config;
    int64_t most = 0;

    if (config->limit == INT64_MAX)
        return true;
    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        const struct queue_metrics *one = component_state(queue->subscriptions[i]);

        if (one->waiting.level + one->in_flight.level > most)
            most = one->waiting.level + one->in_flight.level;
    }
    return most + (int64_t)queue->pending < config->limit;
}

/* To the leader, if there is one. */
static void admit(struct queue *queue, struct request *request)
{
    queue->pending++;
    if (queue->leader < 0 || queue_brokers_up(queue) < queue->needed) {
        queue_fail(queue, request, OUTCOME_UNAVAILABLE);
        return;
    }
    request->operation = OPERATION_INSERT;
    sim_call(queue->face, request, queue->replicas[queue->leader].publish, 0);
}

static void admit_resume(struct component *self, struct request *request)
{
    struct queue *queue = queue_of(self->group);

    queue->pending--; /* its room was kept */
    admit(queue, request);
}

void queue_made_room(struct queue *queue)
{
    struct sim *sim = queue->face->sim;

    while (queue->blocked.first && queue->leader >= 0 && has_room(queue)) {
        struct request *request = request_line_leave(&queue->blocked, sim);

        queue->blocked_count--;
        queue->pending++;
        request->owner = queue->face;
        request->resume = admit_resume;
        sim_wake(sim, request);
    }
}

static void queue_on_request(struct component *self, struct request *request)
{
    const struct queue_config *config = self->group->config;
    struct queue *queue = queue_of(self->group);

    request->flags &= (uint8_t) ~(REQUEST_ABSENT | REQUEST_STALE);
    queue_count(queue, NULL, QUEUE_PUBLISHED, 1);
    if (has_room(queue)) {
        admit(queue, request);
    } else if (config->when_full == QUEUE_WAITS) {
        request_line_join(&queue->blocked, self->sim, request);
        queue->blocked_count++;
    } else {
        queue_count(queue, NULL, QUEUE_REFUSED, 1);
        answer(queue, request, OUTCOME_REFUSED);
    }
}

static void queue_on_reply(struct component *self, struct request *request)
{
    struct queue *queue = queue_of(self->group);

    if (request->parent && request->top == 0) {
        queue_copy_reply(queue, request);
        confirm_those_copied(queue);
    } else if (request->outcome != OUTCOME_OK) {
        queue_fail(queue, request, (enum outcome)request->outcome);
    } else {
        queue_await_replicas(queue, request);
    }
}

/* ---- when the leader changes ---- */

void queue_forget_read(struct queue *queue, uint32_t partition)
{
    uint64_t place = UINT64_MAX;

    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        uint64_t own = subscription_place(queue->subscriptions[i], partition);

        if (own < place)
            place = own;
    }
    message_log_forget(&queue->partitions[partition], &queue->face->sim->memory, place);
}

/* What the new leader never had is gone. */
static void lose_from(struct queue *queue, uint64_t end)
{
    struct memory *memory = &queue->face->sim->memory;

    if (queue->acknowledged <= end)
        return;
    queue->acknowledged = end;
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_lose(queue->subscriptions[i], (uint32_t)end);
    for (uint32_t i = 0; i < queue->partition_count; i++) {
        struct message_log *log = &queue->partitions[i];
        uint64_t place = log->next;

        while (place > log->start && (int32_t)(message_log_at(log, place - 1)->position - (uint32_t)end) >= 0)
            place--;
        message_log_cut(log, memory, place);
    }
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_cut(queue->subscriptions[i]);
}

static void lead(struct queue *queue, uint32_t broker)
{
    const struct broker *leader = queue_broker(queue, broker);

    queue->leader = (int)broker;
    queue->term++;
    queue->term_start = leader->log.next;
    queue->leader_host = leader->host;
    queue->face->egress = queue->brokers->instances[broker]->egress;
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        queue->subscriptions[i]->egress = queue->face->egress;
}

void queue_elect(struct queue *queue)
{
    uint64_t most = 0, safe = queue->acknowledged;
    int best = -1;

    queue->electing = false;
    for (uint32_t i = 0; i < queue->brokers->count; i++) {
        uint64_t has = queue_broker(queue, i)->log.next;

        if (has > most)
            most = has;
        if (!component_is_down(queue->brokers->instances[i]) &&
            (best < 0 || has > queue_broker(queue, (uint32_t)best)->log.next))
            best = (int)i;
    }
    if (safe > most)
        safe = most; /* nobody has the rest: it was in memory */
    if (best < 0 || (queue->needed > 1 && queue_broker(queue, (uint32_t)best)->log.next < safe))
        return; /* one of those that are down has what was acknowledged: wait for it */
    lose_from(queue, queue_broker(queue, (uint32_t)best)->log.next);
    lead(queue, (uint32_t)best);
    queue_appended(queue);
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_dispatch(queue->subscriptions[i]);
    queue_made_room(queue);
}

static void begin_election(struct queue *queue)
{
    const struct queue_config *config = queue->face->group->config;

    if (queue->electing)
        return;
    queue->electing = true;
    sim_tick_at(queue->face, queue->election, queue->face->sim->now_ns + config->election_time);
}

void queue_broker_crashed(struct queue *queue, uint32_t broker)
{
    queue->replicas[broker].confirmed = queue_broker(queue, broker)->log.next;
    if ((int)broker != queue->leader)
        return;
    queue->leader = -1;
    queue->term++;
    fail_unconfirmed(queue);
    for (uint32_t i = 0; i < queue->subscription_count; i++)
        subscription_disconnect(queue->subscriptions[i]);
    if (queue->brokers->count > 1)
        begin_election(queue);
}

void queue_broker_back(struct queue *queue, uint32_t broker)
{
    if (queue->leader >= 0)
        queue_appended(queue);
    else if (queue->brokers->count == 1)
        queue_elect(queue);
    else
        begin_election(queue);
    (void)broker;
}

static void queue_on_timer(struct component *self, struct request *ticker)
{
    (void)ticker; /* of the election */
    queue_elect(queue_of(self->group));
}

static struct activity queue_activity(const struct component *self, const struct request *request)
{
    const struct queue *queue = queue_of(self->group);

    (void)request;
    return (struct activity){ queue->blocked.first ? "room" : "copies", true };
}

/* ---- wiring ---- */

void queue_add_reader(struct group *group, struct group *workers, const char *subscription)
{
    struct queue *queue = queue_of(group);

    queue->readers =
        memory_grow(&group->sim->memory, queue->readers, (queue->reader_count + 1) * sizeof *queue->readers);
    queue->readers[queue->reader_count++] = (struct queue_reader){ workers, subscription };
}

static void queue_wire_group(struct group *group)
{
    const struct queue_config *config = group->config;
    struct queue *queue = queue_of(group);
    struct sim *sim = group->sim;

    queue->face = group->instances[0];
    queue->ordered = config->partitions > 0;
    queue->partition_count = queue->ordered ? (uint32_t)config->partitions : 1;
    queue->partitions = memory_alloc_array(&sim->memory, queue->partition_count, sizeof *queue->partitions);
    queue->needed =
        config->acknowledged_by ? (uint32_t)config->acknowledged_by : (uint32_t)config->brokers / 2 + 1;
    queue->leader = -1;
    queue->brokers =
        sim_add_part(group, &queue_broker_model.component, "broker", (uint32_t)config->brokers, config);
    queue_wire_replicas(queue);
}

static void queue_start(struct component *self)
{
    struct queue *queue = queue_of(self->group);

    queue->election = sim_ticker(self);
    queue_start_replicas(queue);
    lead(queue, 0);
}

/* ---- faults hit the brokers ---- */

static const char *queue_part_name(const void *config, size_t index)
{
    (void)config;
    return index == 0 ? "broker" : NULL;
}

static int64_t queue_part_count(const void *config, size_t index)
{
    (void)index;
    return ((const struct queue_config *)config)->brokers;
}

/* ---- what no row can say ---- */

static void queue_check(const void *configuration, struct param_problems *problems)
{
    const struct queue_config *config = configuration;

    if (config->acknowledged_by > config->brokers)
        param_problem(problems, "acknowledged_by", "add brokers, or ask fewer of them",
                      "a message can never be on %lld brokers when there %s only %lld",
                      (long long)config->acknowledged_by, config->brokers == 1 ? "is" : "are",
                      (long long)config->brokers);
    if (config->when_full == QUEUE_WAITS && config->limit == INT64_MAX)
        param_problem(problems, "when_full", "give it a limit", "a queue without a limit is never full");
    if (config->dead_letters && config->max_deliveries == INT64_MAX)
        param_problem(problems, "dead_letters", "give it max_deliveries",
                      "a message that is delivered without end is never a dead letter");
    if (config->retention <= config->visibility_timeout && config->retention != INT64_MAX)
        param_problem(problems, "retention", "make it longer than visibility_timeout",
                      "a message that is to come again would have expired by then");
}

static void queue_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct queue_config *config = group->config;
    const struct queue *queue = group->shared;

    if (config->dead_letters && sim_find_group(group->sim, config->dead_letters) == group)
        param_problem(problems, "dead_letters", "name another queue",
                      "what was delivered here too often would come here again, without end");
    if (!queue->subscription_count)
        param_problem(problems, "", "add a component of type worker with \"queue\": the name of this one",
                      "nobody consumes what is published here: it would only grow");
}

const struct model_type queue_model = {
    .component = {
        .name = "queue",
        .shared_size = sizeof(struct queue),
        .state_size = sizeof(struct queue_metrics),
        .wire_group = queue_wire_group,
        .start = queue_start,
        .on_request = queue_on_request,
        .on_reply = queue_on_reply,
        .on_timer = queue_on_timer,
        .metrics = queue_metric_rows,
        .activity = queue_activity,
    },
    .summary = "messages that wait on disk for whoever does the work",
    .stands_for =
        "A message broker such as RabbitMQ, Kafka or SQS: what producers publish is kept in a log, on one "
        "machine or several, until the consumers of each subscription have acknowledged it. Producers and "
        "consumers need not be up at the same time. Each subscription is a part with metrics of its own, "
        "as \"jobs.default\", and so are the machines, as \"jobs.broker\".",
    .leaves_out =
        "What storing the consumers' acknowledgements costs: they are remembered at once. Reading from "
        "disk what no longer is in memory; batches of consumers; transactions; priorities and delayed "
        "messages; filters; partitions led by different brokers; messages of a leader that died before "
        "their acknowledgement, which may survive in reality; disks that fill.",
    .misleads =
        "When consumers fetch in large batches: latencies are then longer and costs lower. When one "
        "broker could not carry the load that partitions on several would share. A worker that publishes "
        "to a queue whose workers publish back is fine, but each message counts as new.",
    .params = &queue_params,
    .roles = ROLE_QUEUE,
    .crashes = true,
    .part_name = queue_part_name,
    .part_count = queue_part_count,
    .check = queue_check,
    .check_wired = queue_check_wired,
};
