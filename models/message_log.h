/* message_log.h - what producers have put into a partition of a queue, in order.
 *
 * Messages have the places 0, 1, 2 and so on. Whoever reads keeps a place of its own; what all have read
 * is forgotten in whole blocks. The newest can be cut off: a broker that died had them, and nobody else.
 *
 * Cost: O(1) a message. Memory: 56 bytes a message, 8 for each block of MESSAGE_BLOCK, and up to a block
 * at each end. Ownership: the run's memory; the struct is the caller's, zeroed memory is an empty log.
 */
#ifndef MODELS_MESSAGE_LOG_H
#define MODELS_MESSAGE_LOG_H

#include <stdint.h>

#include "sim/memory.h"

#define MESSAGE_BLOCK 128u

struct message {
    uint64_t number; /* of the visit that published it: draws of its work come from it */
    uint64_t key, user;
    int64_t published_ns; /* it arrived at the queue */
    uint32_t position;    /* in the brokers' log, the low bits */
    uint32_t bytes;
    uint32_t version; /* of the row, that the producer had last written or read */
    uint16_t data, request_class;
    uint16_t deliveries; /* of a subscription's copy, from here on */
    uint8_t state;
    uint8_t work_done; /* at least once */
};

_Static_assert(sizeof(struct message) == 56, "a queued message is 56 bytes");

struct message_log {
    struct message **blocks; /* of this ring, block_count from `first_block` on */
    uint32_t block_room, first_block, block_count;
    uint64_t start;        /* place of the first message of the first block */
    uint64_t next;         /* that the next message gets */
    struct message *spare; /* a block that was forgotten, for the next one */
};

/* Appends a copy. */
void message_log_append(struct message_log *log, struct memory *memory, const struct message *message);

/* The message at a place that is kept. */
static inline const struct message *message_log_at(const struct message_log *log, uint64_t place)
{
    uint64_t offset = place - log->start;

    return &log->blocks[(log->first_block + offset / MESSAGE_BLOCK) & (log->block_room - 1)]
                       [offset % MESSAGE_BLOCK];
}

/* Nobody asks for those before `place` any more. */
void message_log_forget(struct message_log *log, struct memory *memory, uint64_t place);

/* Those from `place` on, which is kept or the next one, are gone. */
void message_log_cut(struct message_log *log, struct memory *memory, uint64_t place);

#endif
