#include "models/log_writer.h"

/* A disk whose line is full is asked again after this. */
#define ASK_AGAIN_NS (SIM_NS_PER_S / 1000)

void log_writer_init(struct log_writer *writer, struct component *owner, struct host *host,
                     struct write_log *log, int64_t interval_ns)
{
    *writer = (struct log_writer){ .owner = owner,
                                   .host = host,
                                   .log = log,
                                   .interval_ns = interval_ns,
                                   .bytes = log->bytes,
                                   .fsyncs = writer->fsyncs,
                                   .commits = writer->commits };
    writer->ticker = sim_ticker(owner);
    writer->ticker->resume = NULL; /* nothing is scheduled for it: a crash ends it at once */
}

static void sleep_for(struct log_writer *writer, int64_t time_ns)
{
    writer->asleep = true;
    sim_tick_at(writer->owner, writer->ticker, writer->owner->sim->now_ns + time_ns);
}

/* Writes all that is in the log, for all who wait. */
static void begin(struct log_writer *writer)
{
    uint64_t end = writer->log->bytes;

    if (!host_disk(writer->host, writer->owner, writer->ticker, end - writer->bytes)) {
        sleep_for(writer, ASK_AGAIN_NS);
        return;
    }
    writer->writing = true;
    writer->target = writer->log->next;
    writer->bytes = end;
    writer->served = request_line_take_all(&writer->waiting);
}

void log_writer_commit(struct log_writer *writer, struct request *request)
{
    request->owner = writer->owner;
    request_line_join(&writer->waiting, writer->owner->sim, request);
    if (!writer->writing && !writer->asleep)
        begin(writer);
}

void log_writer_later(struct log_writer *writer)
{
    writer->is_lazy = true;
    if (!writer->writing && !writer->asleep)
        sleep_for(writer, writer->interval_ns);
}

static void end_write(struct log_writer *writer)
{
    struct sim *sim = writer->owner->sim;
    struct request *request;

    writer->writing = false;
    writer->fsyncs++;
    writer->log->durable = writer->target < writer->log->next ? writer->target : writer->log->next;
    while ((request = request_line_leave(&writer->served, sim))) {
        request->resume = request->owner->on_timer;
        writer->commits++;
        sim_wake(sim, request);
    }
}

void log_writer_crash(struct log_writer *writer)
{
    writer->asleep = writer->writing = false;
    writer->waiting = writer->served = (struct request_line){ 0, 0 };
}

void log_writer_on_timer(struct log_writer *writer)
{
    if (writer->asleep) {
        writer->asleep = false;
        begin(writer);
        return;
    }
    end_write(writer);
    if (writer->waiting.first)
        begin(writer);
    else if (writer->is_lazy && writer->log->durable < writer->log->next)
        sleep_for(writer, writer->interval_ns);
    else
        writer->ticker->resume = NULL;
}
