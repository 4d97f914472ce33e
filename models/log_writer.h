/* log_writer.h - brings a store's log to disk: group commit, or later.
 *
 * Group commit: one write of the log is under way at a time. Commits that come meanwhile wait, and the next
 * write takes all of them at once: under load many commits share one operation of the disk, so they are not
 * limited to its operations a second.
 * Delayed: a commit does not wait; what was appended goes to disk an interval after the first of it. A crash
 * loses that much.
 *
 * The owner's ticker does the writing: its on_timer hands log_writer_on_timer() each turn of
 * `writer->ticker`.
 * Cost: O(1) a commit and a few events a write.
 * Source: DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984 (group commit).
 */
#ifndef MODELS_LOG_WRITER_H
#define MODELS_LOG_WRITER_H

#include "models/host.h"
#include "models/request_line.h"
#include "models/write_log.h"
#include "sim/station.h"

struct log_writer {
    struct component *owner;
    struct host *host;
    struct write_log *log;
    struct request *ticker;
    int64_t interval_ns;  /* of delayed writes */
    bool asleep, writing; /* until the interval is over; until the disk is done */
    bool is_lazy; /* it was asked for log_writer_later(): what is appended does not wait for a commit */
    struct request_line waiting; /* commits that the next write takes */
    struct request_line served;  /* those that the present write takes */
    uint64_t target;      /* entries below are in the present write */
    uint64_t bytes;       /* of the log that were handed to the disk */
    uint64_t fsyncs;      /* completed in the window */
    uint64_t commits;     /* that waited for them, in the window */
};

/* For the owner's start(): makes the ticker. All pointers outlive the run. */
void log_writer_init(struct log_writer *writer, struct component *owner, struct host *host,
                     struct write_log *log, int64_t interval_ns);

/* The request waits until all that is in the log now is on disk, and comes back in on_timer of the owner. */
void log_writer_commit(struct log_writer *writer, struct request *request);

/* All that is in the log now will be on disk some time after the interval. */
void log_writer_later(struct log_writer *writer);

/* The owner has died: nobody waits any more, and what was on its way to the disk is not there.
 * log_writer_init() begins anew. */
void log_writer_crash(struct log_writer *writer);

/* A turn of the ticker. */
void log_writer_on_timer(struct log_writer *writer);

#endif
