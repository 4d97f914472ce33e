/* sessions.h - visits of a site: log in, look at some pages, think in between, leave, and perhaps come back.
 *
 * A session that thinks, or a user who will come back, is a record in a calendar; while it waits for an
 * answer it is the request itself and nothing else. One alarm of the source rings for the first of the
 * records.
 *
 * What a user meets on a visit makes it less likely to buy at the end, and to come back: each second that a page
 * takes beyond what users accept, and each page that fails, by a factor of its own. The product of the factors is
 * carried along, as a logarithm in 16 bits: each page rounds it by at most 6 / 100,000.
 *
 * Randomness: functions of the numbers of the session's requests, which are a chain of hashes ("pages",
 * "think", "leaving", "coming back", "buying"). Cost and memory: see session_calendar.h; nothing for users who
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
    double buy;    /* probability */
    double basket; /* USD */
    int64_t accepted_wait; /* ns */
    double loss_per_second, loss_per_failure;
};

extern const struct param_table session_params;

#define SESSION_PAGES_MAX 60000

enum session_phase { SESSION_THINKS, SESSION_AWAY };

struct sessions {
    const struct session_config *config;
    struct session_calendar waiting;
    struct duration think_time, back_after;
    uint64_t pages_key, leave_key, back_key, buy_key;
    double mood_per_second, mood_per_failure; /* in units of a mood */
    bool minds;                               /* one of them is more than 0 */
    uint64_t basket;                          /* millionths of a dollar */
};

/* How much less likely a user buys or comes back, for what this visit has met: the negative logarithm of the
 * factor, in so many units. At the end of the scale nobody does. */
#define SESSION_MOOD_UNITS 8192.0
#define SESSION_MOOD_MAX UINT16_MAX

void sessions_init(struct sessions *sessions, struct group *owner, const struct session_config *config);

/* Pages that the session whose first request has this number wants to see, from 1. */
uint16_t sessions_pages(const struct sessions *sessions, uint64_t number);

/* The mood after one more page, which took so long or has failed. */
uint16_t sessions_mood(const struct sessions *sessions, uint16_t mood, int64_t wait_ns, bool has_failed);

/* Whether a failure of that request ends the session; whether the user comes back after a session
 * that ended so, in that mood; whether it buys at the end of one that it went through. */
bool sessions_leave(const struct sessions *sessions, uint64_t number);
bool sessions_come_back(const struct sessions *sessions, uint64_t number, bool has_failed, uint16_t mood);
bool sessions_buy(const struct sessions *sessions, uint64_t number, uint16_t mood);

#endif
