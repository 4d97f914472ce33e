/* error_log.h - the logs of servers: a record for each failure, in the log of the server that knows of it,
 * and gathered in one place.
 *
 * A record is of the server that it is about, the cause, the time, the class and the number of the request.
 * A server that answers with a failure writes it about itself, one that passes on a failure too, as servers
 * do; who calls a server that is dead, or that does not answer in time, writes about that one. So a request
 * that fails has a record in each tier that knows, and one that was repeated elsewhere with success has one
 * as well.
 *
 * Each server keeps its log on its own disk, and an agent there ships what is new at an interval; what was
 * shipped is in the gathered log `delay` later. On the way there records are lost in three ways, all
 * counted:
 *   suppressed   a server writes no more than `burst` records within `burst_time`; what comes beyond is not
 *                written (journald does that)
 *   overwritten  what has not been shipped takes no more than `space`; the oldest goes first
 *   lost         a server that dies, or is taken out of service, takes with it what it has not shipped
 *
 * Each log is a part of the monitor: "MONITOR.log" is the gathered one, "MONITOR.log.web" has an instance
 * for each of web. It counts what it wrote, and the gathered records about that server.
 *
 * Left out: what writing and shipping costs the server; records of what went well. Randomness: none.
 * Errors: told by monitor's check_wired. Cost: nothing for requests that end well; O(1) a failure;
 * O(servers + records) an interval. Memory: 24 bytes a record that is kept or not yet gathered. */
#ifndef MODELS_ERROR_LOG_H
#define MODELS_ERROR_LOG_H

#include "models/model.h"

struct log_source {
    const char *component;
};

/* `logs` of a monitor. */
struct log_config {
    struct param_list from;     /* struct log_source; none: all servers */
    int64_t interval, delay;    /* ns */
    int64_t burst;              /* records */
    int64_t burst_time;         /* ns */
    int64_t space, record_size; /* bytes */
    int64_t keep;               /* gathered records */
};

struct error_record {
    int64_t time_ns;
    uint64_t number; /* of the request's visit */
    uint16_t server; /* id of the component that it is about */
    uint16_t request_class;
    uint8_t cause; /* enum outcome */
};

_Static_assert(sizeof(struct error_record) == 24, "a record is 24 bytes");

extern const struct param_table log_params;
extern const struct model_type gathered_log_model, server_log_model;

#define LOG_PART "log"

/* The parts of a monitor that gathers logs; for its wire_group, and for its wire_callers. */
struct group *logs_add(struct group *monitor, const struct log_config *config);
void logs_add_servers(struct group *log);

/* Gathered records about that component (NULL: about all) with that cause (OUTCOME_OK: all), of failures from
 * the first date on and before the second. O(records kept). */
uint64_t log_count(const struct group *log, const struct component *server, enum outcome cause,
                   int64_t from_ns, int64_t until_ns);

/* What is wrong with `logs`; paths are relative to the monitor. */
void logs_check(const struct log_config *config, struct param_problems *problems);
void logs_check_wired(const struct group *monitor, const struct log_config *config,
                      struct param_problems *problems);

#endif
