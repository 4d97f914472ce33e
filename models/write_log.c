#include "models/write_log.h"

#include <stdbool.h>

#include "sim/bug.h"

#define FIRST_ROOM 64

static void grow(struct write_log *log, struct memory *memory)
{
    uint64_t room = log->room ? 2 * log->room : FIRST_ROOM;
    struct write_log_entry *ring = memory_alloc_array(memory, room, sizeof *ring);

    for (uint64_t n = log->oldest; n < log->next; n++)
        ring[n & (room - 1)] = log->ring[n & (log->room - 1)];
    memory_free(memory, log->ring);
    log->ring = ring;
    log->room = room;
}

uint64_t write_log_append(struct write_log *log, struct memory *memory, const struct write_log_entry *entry)
{
    log->bytes += entry->bytes;
    if (!log->reader_count) {
        log->oldest = log->next + 1;
        return log->next++;
    }
    if (log->next - log->oldest == log->room)
        grow(log, memory);
    log->ring[log->next & (log->room - 1)] = *entry;
    return log->next++;
}

uint32_t write_log_add_reader(struct write_log *log)
{
    BUG_UNLESS(log->reader_count < WRITE_LOG_READERS_MAX);
    if (!log->reader_count)
        log->oldest = log->next;
    log->positions[log->reader_count] = log->next;
    return log->reader_count++;
}

const struct write_log_entry *write_log_peek(const struct write_log *log, uint32_t reader)
{
    uint64_t position = log->positions[reader];

    return position == log->next ? NULL : &log->ring[position & (log->room - 1)];
}

static void drop_needless(struct write_log *log)
{
    uint64_t oldest = log->next;

    for (uint32_t i = 0; i < log->reader_count; i++)
        if (log->positions[i] < oldest)
            oldest = log->positions[i];
    log->oldest = oldest;
}

void write_log_advance(struct write_log *log, uint32_t reader)
{
    BUG_UNLESS(log->positions[reader] != log->next);
    if (log->positions[reader]++ == log->oldest)
        drop_needless(log);
}

const struct write_log_entry *write_log_at(const struct write_log *log, uint64_t n)
{
    BUG_UNLESS(n >= log->oldest && n < log->next);
    return &log->ring[n & (log->room - 1)];
}

void write_log_set_version(struct write_log *log, uint64_t n, uint32_t version)
{
    if (n >= log->oldest && n < log->next)
        log->ring[n & (log->room - 1)].version = version;
}

void write_log_move(struct write_log *log, uint32_t reader, uint64_t position)
{
    bool was_oldest = log->positions[reader] == log->oldest;

    BUG_UNLESS(position >= log->oldest && position <= log->next);
    log->positions[reader] = position;
    if (was_oldest)
        drop_needless(log);
}

void write_log_truncate(struct write_log *log, uint64_t end)
{
    BUG_UNLESS(end <= log->next && (!log->reader_count || end >= log->oldest));
    log->next = end;
    if (log->durable > end)
        log->durable = end;
    for (uint32_t i = 0; i < log->reader_count; i++)
        if (log->positions[i] > end)
            log->positions[i] = end;
    if (log->oldest > end)
        log->oldest = end;
}
