/* sessions.h - visits of a site: log in, look at some pages, think in between, leave, and perhaps come back.
 *
 * A session that thinks, or a user who will come back, is a record in a calendar; while it waits for an
 * answer it is the request itself and nothing else. One alarm of the source rings for the first of the
 * records.
 *
 * Randomness: functions of the numbers of the session's requests, which are a chain of hashes ("pages",
 * "think", "leaving", "coming back"). Cost and memory: see session_calendar.h; nothing for users who
 * are gone.
 */
#ifndef MODELS_SESSIONS_H
#define MODELS_SESSIONS_H

#include "models/param.h"
#include "models/session_calendar.h"
#include "sim/duration.h"

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

struct sessions {
    const struct session_config *config;
    struct session_calendar waiting;
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

#endif
