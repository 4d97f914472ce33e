/* queue_params.c - the parameters of a queue; see queue.h. */
#include "models/queue.h"

static const struct param_choice durabilities[] = {
    { "disk", QUEUE_DISK,
      "a message is acknowledged when it is on disk; those that wait together share the disk operation" },
    { "memory", QUEUE_MEMORY,
      "a message is acknowledged at once and goes to disk later; a crash loses what did not, unless another "
      "broker has it" },
    { NULL, 0, NULL },
};

static const struct param_choice full_choices[] = {
    { "refuse", QUEUE_REFUSES, "producers hear that it is full" },
    { "wait", QUEUE_WAITS, "producers wait for room, and hold what they hold meanwhile: back-pressure" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_REFERENCE(
        struct queue_config, host, .default_text = "\"medium\"", .refers_to = PARAM_REFERS_HOST,
        .help = "Machine of each broker: a size of the catalog, or a host of the scenario that is shared."),
    PARAM_COUNT(struct queue_config, brokers, .default_text = "1", .min = 1, .max = BROKERS_MAX,
                .help = "Machines that keep the messages. One leads: producers and consumers talk to it, the "
                        "others copy it."),
    PARAM_COUNT(struct queue_config, acknowledged_by, .default_text = "\"majority\"", .word = "majority",
                .word_value = 0, .min = 1, .max = BROKERS_MAX,
                .help = "Brokers that must have a message, the leader among them, before its producer is "
                        "told that it is safe. "
                        "With 1 of several, whoever takes over may lack the latest, which are then lost."),
    PARAM_CHOICE(struct queue_config, durability, .default_text = "\"disk\"", .choices = durabilities,
                 .help = "When a broker says that it has a message."),
    PARAM_DURATION(struct queue_config, flush_interval, .default_text = "\"1s\"", .min = 1, .max = 1e15,
                   .help = "How long a message may stay off the disk when memory is durable enough."),
    PARAM_DURATION(
        struct queue_config, election_time, .default_text = "\"5s\"", .min = 1, .max = 1e15,
        .help = "From the death of the leader until another broker, the one that has most, is in its place."),
    PARAM_DISTRIBUTION(struct queue_config, publish_time, .default_text = "\"20us\"",
                       .help = "CPU time of a broker for a message that comes in, or is copied."),
    PARAM_DISTRIBUTION(struct queue_config, delivery_time, .default_text = "\"20us\"",
                       .help =
                           "CPU time of the leader for a message that goes out, and its acknowledgement."),
    PARAM_COUNT(struct queue_config, partitions, .default_text = "\"none\"", .word = "none", .word_value = 0,
                .min = 1, .max = 4096,
                .help = "Messages about one row go to one partition, in which order is kept: one of its "
                        "messages is out at a "
                        "time, so no more consumers work than there are partitions. Those about no row are "
                        "spread. None: any "
                        "consumer takes the next message, and what has to come again does so out of order."),
    PARAM_COUNT(struct queue_config, limit, .default_text = "1000000", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e12,
                .help = "Messages that the slowest subscription may have waiting and unacknowledged, those "
                        "being published "
                        "included."),
    PARAM_CHOICE(struct queue_config, when_full, .default_text = "\"refuse\"", .choices = full_choices,
                 .help = "What producers meet when the limit is reached."),
    PARAM_DURATION(struct queue_config, visibility_timeout, .default_text = "\"30s\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .min = 1, .max = PARAM_WORD_MAX,
                   .help = "A message not acknowledged for so long is handed out again, though the work may "
                           "still be going on.",
                   .source = "Amazon SQS, VisibilityTimeout"),
    PARAM_DURATION(struct queue_config, redelivery_pause, .default_text = "\"1s\"", .min = 1, .max = 1e15,
                   .help = "Pause before a message whose work failed is handed out again."),
    PARAM_COUNT(struct queue_config, max_deliveries, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 60000,
                .help = "After so many without an acknowledgement a message is put aside as a dead letter, "
                        "for people to look at."),
    PARAM_REFERENCE(struct queue_config, dead_letters, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_QUEUE,
                    .help = "Another queue, to which dead letters are published; none: they are put aside, "
                            "and nobody does anything about them."),
    PARAM_DURATION(struct queue_config, retention, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .min = 1, .max = PARAM_WORD_MAX,
                   .help = "A message that waits for longer than this expires, read or not; never: it is "
                           "kept until it is read."),
    PARAM_END
};

const struct param_table queue_params = PARAM_TABLE(struct queue_config, rows);
