/* web_sessions.h - who is logged in at a web tier, and where the server's part of that is kept.
 *
 * A user's cookie names a session. In memory (stateful servers) the session lies in the memory of the server
 * that made it, fills the host's memory with its size, and is found by no other server: a cookie that names
 * another one, or one that has died, means to log in again. In a store (stateless servers) any server finds
 * it, reads it and writes it back; when the store has lost it, by a crash or to make room, the user logs in
 * again. A session expires when it was not used for a while: in memory each request that opens it is a use,
 * in a store it is what was written last.
 *
 * A session that no cookie names any more (its user has logged in elsewhere) stays in its server's memory
 * until it expires. When the host has no memory left, a server forgets the session that was not used for
 * longest. Expired sessions leave when the next request opens or makes one, at any server of the tier.
 *
 * Randomness: none of its own. Cost: O(1) expected a step, O(sessions) a crash or a session that must make
 * room.
 * Memory: 40 to 60 bytes a session, wherever it is kept (sticky_table.h); nothing for users who have none.
 */
#ifndef MODELS_WEB_SESSIONS_H
#define MODELS_WEB_SESSIONS_H

#include "models/call_params.h"
#include "models/model.h"
#include "models/sticky_table.h"
#include "sim/gauge.h"
#include "sim/request.h"

struct web_sessions_config {
    const char *store;        /* component, NULL: in the memory of the server */
    const char *data;         /* data set of the store, row u is user u's; NULL: none */
    int64_t size;             /* bytes, of one in memory */
    int64_t idle;             /* ns until it expires */
    struct param_list log_in; /* of struct step_config */
    struct call_config call;  /* of the store */
};

extern const struct param_table web_sessions_params;

/* What a step does about the user's session. */
enum session_verb { SESSION_OPEN, SESSION_SAVE, SESSION_BEGIN, SESSION_END };

extern const struct param_choice session_verbs[];

/* Of an instance; in the component's state. */
struct session_counts {
    struct amount held;                                    /* in its memory */
    uint64_t found, logins, again, lost, evicted, expired; /* in the window */
};

/* Of a group. */
struct web_sessions {
    const struct web_sessions_config *config;
    uint16_t data;     /* number of the data set */
    bool has_versions; /* the store tells what was never written by version 0, else by "absent" */
    struct sticky_table cookies;
    uint64_t unreachable; /* sessions so far that no cookie names any more */
    size_t counts_offset; /* of struct session_counts in the state of an instance */
};

/* For wire_group; config outlives the run. */
void web_sessions_init(struct web_sessions *sessions, struct group *group,
                       const struct web_sessions_config *config, size_t counts_offset);

/* Whether the user's session is there. From a store: the request is flagged ABSENT when it is not. */
bool web_sessions_find(struct web_sessions *sessions, struct component *self, struct request *request);

/* The user has logged in. */
void web_sessions_make(struct web_sessions *sessions, struct component *self, const struct request *request);

/* The session was written back. */
void web_sessions_keep(struct web_sessions *sessions, struct component *self, const struct request *request);

/* The user has logged out. */
void web_sessions_remove(struct web_sessions *sessions, struct component *self,
                         const struct request *request);

/* What was in the instance's memory is gone. */
void web_sessions_crash(struct web_sessions *sessions, struct component *self);

/* What no row can say; uses_sessions: some handler has such a step. config may be NULL. */
void web_sessions_check(const struct web_sessions_config *config, bool uses_sessions,
                        struct param_problems *problems);
void web_sessions_check_wired(const struct group *group, const struct web_sessions_config *config,
                              struct param_problems *problems);

/* The group's instances keep sessions in their memory, so users have to come back to the same one. */
bool web_sessions_in_memory(const struct group *group);

#endif
