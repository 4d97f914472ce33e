/* write_log.h - the numbered log of a store: every change of a row in the order in which the store made it.
 *
 * Entries have the numbers 0, 1, 2 and so on. A reader (a replica, whoever may have to take changes back) has
 * a position and needs the entries from there on; entries that no reader needs are dropped, and with no
 * reader at all none is kept: then the log is a few counters. What is durable is what a crash leaves: entries
 * below `durable`.
 *
 * Cost: O(1) an append and a read, O(readers) when the last reader moves on. 40 bytes an entry that is kept;
 * memory is the run's.
 */
#ifndef MODELS_WRITE_LOG_H
#define MODELS_WRITE_LOG_H

#include <stdint.h>

#include "sim/memory.h"

#define WRITE_LOG_READERS_MAX 64

struct write_log_entry {
    uint64_t row;
    int64_t appended_ns;
    uint32_t version;  /* that the row has by this entry; 0: a further row under an automatic number */
    uint32_t previous; /* that it had before */
    uint32_t bytes;    /* of the entry */
    uint16_t data;
    uint16_t rows;          /* changed by it, neighbours of the first */
    uint8_t state;          /* of the row afterwards, enum row_state */
    uint8_t previous_state; /* and before */
};

_Static_assert(sizeof(struct write_log_entry) <= 48,
               "what a replica has not taken yet is kept in large numbers");

/* Zeroed memory is an empty log. */
struct write_log {
    uint64_t next;                /* number that the next entry gets: entries ever appended */
    uint64_t bytes;               /* ever appended */
    uint64_t durable;             /* entries below are on disk */
    uint64_t oldest;              /* number of the oldest entry that is kept */
    struct write_log_entry *ring; /* entry n at n modulo the room */
    uint64_t room;                /* a power of two, or 0 */
    uint32_t reader_count;
    uint64_t positions[WRITE_LOG_READERS_MAX]; /* of readers: the next entry each takes */
};

/* Appends a copy of the entry and returns its number. */
uint64_t write_log_append(struct write_log *log, struct memory *memory, const struct write_log_entry *entry);

/* A new reader at the end of the log; returns its number. At most WRITE_LOG_READERS_MAX. */
uint32_t write_log_add_reader(struct write_log *log);

/* The entry that the reader takes next, the log's own until the next append or advance; NULL: it has all. */
const struct write_log_entry *write_log_peek(const struct write_log *log, uint32_t reader);

/* The reader has taken that entry. There must be one. */
void write_log_advance(struct write_log *log, uint32_t reader);

/* Entry number n, which is kept; the log's own until the next append. */
const struct write_log_entry *write_log_at(const struct write_log *log, uint64_t n);

/* Entry n, if it is kept, was made with another version than it came to have. */
void write_log_set_version(struct write_log *log, uint64_t n, uint32_t version);

/* The reader needs entries from `position` on, which is kept or the end; it may go back. */
void write_log_move(struct write_log *log, uint32_t reader, uint64_t position);

/* Entries from `end` on never were: what a crash or a new primary leaves. Readers beyond go back to it. */
void write_log_truncate(struct write_log *log, uint64_t end);

/* Entries that the reader has not taken yet. */
static inline uint64_t write_log_lag(const struct write_log *log, uint32_t reader)
{
    return log->next - log->positions[reader];
}

#endif
