/* sessions.h - visits of a site: log in, look at some pages, think in between, leave, and perhaps come back.
 *
 * A session that thinks, or a user who will come back, is a date in a heap and the place of a record, which
 * does not move; while it waits for an answer it is the request itself and nothing else. One alarm of the
 * source rings for the first of the dates.
 *
 * Randomness: functions of the numbers of the session's requests, which are a chain of hashes ("pages",
 * "think", "leaving", "coming back"). Cost: O(log n) a page for n thinking sessions. Memory: 40 bytes a
 * thinking session, 45 with room to grow; nothing for users who are gone.
 */
#ifndef MODELS_SESSIONS_H
#define MODELS_SESSIONS_H

#include "models/param.h"
#include "sim/duration.h"
#include "sim/heap.h"
#include "sim/memory.h"

enum pages_law { PAGES_GEOMETRIC, PAGES_CONSTANT };

struct session_config {
    double pages; /* mean */
    int pages_law;
    struct distribution_config think_time;
    const char *login; /* request class, NULL: none */
    double stay_after_failure;
    double come_back, come_back_after_failure; /* probabilities */
    struct distribution_config back_after;
};

extern const struct param_table session_params;

#define SESSION_PAGES_MAX 60000

enum session_phase { SESSION_THINKS, SESSION_AWAY };

struct session {
    uint64_t number; /* of its last request */
    uint64_t user;
    union {
        struct {
            uint16_t pages_left;
            uint8_t phase;
        };
        uint32_t next; /* of a free record */
    };
};

_Static_assert(sizeof(struct session) + sizeof(struct event) == 40, "a session is 40 bytes");

struct sessions {
    const struct session_config *config;
    struct heap dates; /* order: a number, so that the first to wait is the first at equal dates, and its record */
    struct session *records; /* from 1 on */
    uint32_t record_count, record_capacity;
    uint32_t free; /* first of the records that are free again, 0: none */
    uint32_t sequence;
    struct memory *memory;
    struct duration think_time, back_after;
    uint64_t pages_key, leave_key, back_key;
};

void sessions_init(struct sessions *sessions, struct group *owner, const struct session_config *config);

/* Pages that the session whose first request has this number wants to see, from 1. */
uint16_t sessions_pages(const struct sessions *sessions, uint64_t number);

/* Whether a failure of that request ends the session; whether the user comes back after a session
 * that ended so. */
bool sessions_leave(const struct sessions *sessions, uint64_t number);
bool sessions_come_back(const struct sessions *sessions, uint64_t number, bool has_failed);

/* Keeps a session until its date; true: none is earlier. */
bool sessions_push(struct sessions *sessions, int64_t wake_ns, struct session session);

/* Removes the earliest; there must be one. */
struct session sessions_pop(struct sessions *sessions);

/* The earliest date; SIM_TIME_NEVER: there is no session. */
static inline int64_t sessions_first_ns(const struct sessions *sessions)
{
    return sessions->dates.count ? sessions->dates.events[0].time_ns : SIM_TIME_NEVER;
}

#endif
