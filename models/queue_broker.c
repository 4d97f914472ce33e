/* queue_broker.c - a machine that keeps the log of a queue; see queue.c.
 *
 * Represented: CPU time of each message, the log on its disk by group commit or later, what a crash
 * leaves (what was on disk), copies that come in batches from the leader. The frame of the caller, the
 * queue's name, tells a copy's end in the log and its term; a publish finds there the place that it got.
 * Cost: O(1) a message, and a batch.
 */
#include "models/queue.h"

/* clang-format off */
static const struct metric_row metrics[] = {
    { "fsyncs", "1", METRIC_COUNTER, offsetof(struct broker, writer.fsyncs), 0,
        "Times that the log was written to disk." },
    { "commits", "1", METRIC_COUNTER, offsetof(struct broker, writer.commits), 0,
      "Publishes and batches of copies that waited for one of these; several share one." },
    { 0 },
};
/* clang-format on */

static const struct param_row rows[] = { PARAM_END };
static const struct param_table params = { .rows = rows };

struct broker_shared {
    struct duration publish_time;
};

static struct queue *queue_above(const struct component *self)
{
    return queue_of(self->group->parent);
}

static void broker_wire_group(struct group *group)
{
    const struct queue_config *config = group->config;
    struct broker_shared *shared = group->shared;

    duration_init(&shared->publish_time, group, "publish", &config->publish_time);
    queue_make_subscriptions(queue_of(group->parent));
}

static void broker_wire(struct component *self)
{
    const struct queue_config *config = self->group->config;
    struct broker *broker = component_state(self);

    broker->host = host_of(self, config->host);
    if (self->instance == 0)
        queue_above(self)->face->egress = self->egress; /* it leads first: answers leave by its card */
}

static void start_writer(struct component *self)
{
    const struct queue_config *config = self->group->config;
    struct broker *broker = component_state(self);
    uint64_t fsyncs = broker->writer.fsyncs, commits = broker->writer.commits;

    log_writer_init(&broker->writer, self, broker->host, &broker->log, config->flush_interval);
    broker->writer.bytes = broker->log.bytes;
    broker->writer.fsyncs = fsyncs;
    broker->writer.commits = commits;
}

/* ---- requests ---- */

static const struct frame *callers_frame(const struct request *request)
{
    return &request->frames[request->top - 1];
}

static bool is_copy(const struct request *request)
{
    return request->operation == OPERATION_PUT;
}

/* Messages that a copy brings; 0 when it comes from a leader that has been replaced. */
static uint64_t brought_by(const struct component *self, const struct request *request)
{
    const struct broker *broker = component_state(self);
    const struct frame *frame = callers_frame(request);
    uint64_t end = (uint64_t)frame->entered_ns;

    return frame->step == queue_above(self)->term && end > broker->log.next ? end - broker->log.next : 0;
}

static void broker_on_request(struct component *self, struct request *request)
{
    const struct broker_shared *shared = self->shared;
    struct broker *broker = component_state(self);
    int64_t work_ns = duration_sample(&shared->publish_time, request_frame(request)->number);

    if (is_copy(request))
        work_ns *= (int64_t)brought_by(self, request);
    request_frame(request)->step = is_copy(request) ? BROKER_COPIED : BROKER_RECEIVED;
    if (!host_compute(broker->host, self, request, work_ns))
        sim_reply(self, request, OUTCOME_REFUSED);
}

/* What is in the log now goes to disk; the answer waits for it if that is asked for. */
static void keep(struct component *self, struct request *request)
{
    const struct queue_config *config = self->group->config;
    struct broker *broker = component_state(self);

    if (config->durability == QUEUE_DISK) {
        request_frame(request)->step = BROKER_ON_DISK;
        log_writer_commit(&broker->writer, request);
    } else {
        log_writer_later(&broker->writer);
        sim_reply(self, request, OUTCOME_OK);
    }
}

static void take_message(struct component *self, struct request *request)
{
    struct broker *broker = component_state(self);
    struct frame *above = &request->frames[request->top - 1];
    uint64_t position =
        write_log_append(&broker->log, &self->sim->memory,
                         &(struct write_log_entry){ .bytes = request->bytes + QUEUE_ANSWER_BYTES });

    above->step = (uint16_t)position;
    above->note = (uint8_t)(position >> 16);
    queue_appended(queue_above(self));
    keep(self, request);
}

static void take_copy(struct component *self, struct request *request)
{
    struct broker *broker = component_state(self);
    uint64_t messages = brought_by(self, request);

    if (callers_frame(request)->step != queue_above(self)->term) {
        sim_reply(self, request, OUTCOME_UNAVAILABLE);
        return;
    }
    broker->log.next += messages;
    broker->log.oldest = broker->log.next;
    broker->log.bytes += messages ? request->bytes : 0;
    keep(self, request);
}

static void broker_on_timer(struct component *self, struct request *request)
{
    struct broker *broker = component_state(self);

    if (request == broker->writer.ticker) {
        log_writer_on_timer(&broker->writer);
        return;
    }
    switch ((enum broker_step)request_frame(request)->step) {
    case BROKER_RECEIVED:
        take_message(self, request);
        break;
    case BROKER_COPIED:
        take_copy(self, request);
        break;
    case BROKER_ON_DISK:
        sim_reply(self, request, OUTCOME_OK);
    }
}

static struct activity broker_activity(const struct component *self, const struct request *request)
{
    (void)self;
    (void)request;
    return (struct activity){ "log to disk", false };
}

/* ---- crash ---- */

/* The log ends at `end` from now on. */
static void cut_log(struct write_log *log, uint64_t end)
{
    if (log->next > end)
        log->bytes = (uint64_t)((double)log->bytes * ((double)end / (double)log->next));
    if (log->next > end)
        log->next = end;
    if (log->durable > end)
        log->durable = end;
    log->oldest = log->next;
}

static void broker_on_crash(struct component *self)
{
    struct broker *broker = component_state(self);

    cut_log(&broker->log, broker->log.durable);
    queue_broker_crashed(queue_above(self), self->instance);
}

/* What it alone had is not of the queue any more when another leads. */
static void broker_on_restart(struct component *self)
{
    struct queue *queue = queue_above(self);
    struct broker *broker = component_state(self);

    if (queue->leader >= 0)
        cut_log(&broker->log, queue->term_start);
    queue->replicas[self->instance].confirmed = broker->log.next;
    start_writer(self);
    queue_broker_back(queue, self->instance);
}

const struct model_type queue_broker_model = {
    .component = {
        .name = "queue_broker",
        .shared_size = sizeof(struct broker_shared),
        .state_size = sizeof(struct broker),
        .wire_group = broker_wire_group,
        .wire = broker_wire,
        .start = start_writer,
        .on_request = broker_on_request,
        .on_timer = broker_on_timer,
        .on_crash = broker_on_crash,
        .on_restart = broker_on_restart,
        .metrics = metrics,
        .activity = broker_activity,
    },
    .summary = "one of the machines that keep the messages",
    .stands_for = "A broker: it takes messages from producers when it leads, and copies of them from the "
                  "leader when it does not.",
    .leaves_out = "See queue.",
    .misleads = "See queue.",
    .params = &params,
    .roles = ROLE_QUEUE,
    .hidden = true,
    .crashes = true,
};
