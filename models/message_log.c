#include "models/message_log.h"

#define FIRST_ROOM 4u

static struct message **block_at(const struct message_log *log, uint32_t index)
{
    return &log->blocks[(log->first_block + index) & (log->block_room - 1)];
}

/* Twice the room for pointers to blocks. */
static void grow(struct message_log *log, struct memory *memory)
{
    uint32_t room = log->block_room ? 2 * log->block_room : FIRST_ROOM;
    struct message **blocks = memory_alloc_array(memory, room, sizeof(struct message *));

    for (uint32_t i = 0; i < log->block_count; i++)
        blocks[i] = *block_at(log, i);
    memory_free(memory, log->blocks);
    log->blocks = blocks;
    log->block_room = room;
    log->first_block = 0;
}

static void add_block(struct message_log *log, struct memory *memory)
{
    struct message *block = log->spare;

    if (log->block_count == log->block_room)
        grow(log, memory);
    log->spare = NULL;
    if (!block)
        block = memory_alloc_array(memory, MESSAGE_BLOCK, sizeof *block);
    *block_at(log, log->block_count++) = block;
}

void message_log_append(struct message_log *log, struct memory *memory, const struct message *message)
{
    uint64_t offset = log->next - log->start;

    if (offset == (uint64_t)log->block_count * MESSAGE_BLOCK)
        add_block(log, memory);
    (*block_at(log, (uint32_t)(offset / MESSAGE_BLOCK)))[offset % MESSAGE_BLOCK] = *message;
    log->next++;
}

static void free_block(struct message_log *log, struct memory *memory, struct message *block)
{
    if (log->spare)
        memory_free(memory, block);
    else
        log->spare = block;
}

void message_log_forget(struct message_log *log, struct memory *memory, uint64_t place)
{
    while (log->block_count && place - log->start >= MESSAGE_BLOCK) {
        free_block(log, memory, *block_at(log, 0));
        log->first_block = (log->first_block + 1) & (log->block_room - 1);
        log->block_count--;
        log->start += MESSAGE_BLOCK;
    }
}

void message_log_cut(struct message_log *log, struct memory *memory, uint64_t place)
{
    uint64_t blocks = (place - log->start + MESSAGE_BLOCK - 1) / MESSAGE_BLOCK;

    while (log->block_count > blocks)
        free_block(log, memory, *block_at(log, --log->block_count));
    log->next = place;
}
