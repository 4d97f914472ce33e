/* audience.h - which users were there, and what they bought: what clients tell a monitor that wants to
 * know.
 *
 * A user is a bit. Memory: a byte for eight users, twice (today and the day before). Cost: O(1) a request
 * that ended well, O(users / 64) a day. Ownership: of whoever asks (business.c), for as long as the run
 * lasts. */
#ifndef MODELS_AUDIENCE_H
#define MODELS_AUDIENCE_H

#include "sim/sim.h"

#define AUDIENCE_USERS_MAX 1000000000

struct audience {
    uint64_t users; /* their numbers are below this */
    uint64_t *today, *yesterday;
    struct amount active;                 /* of today, so far */
    uint64_t visits_bought, visits_other; /* visits that ended, with and without a purchase */
    uint64_t revenue;                     /* millionths of a dollar */
};

/* The user will have been seen soon. always_inline: see eviction_prefetch(). */
static inline __attribute__((always_inline)) void audience_prefetch(const struct audience *audience,
                                                                    uint64_t user)
{
    __builtin_prefetch(&audience->today[user / 64], 1);
}

static inline void audience_saw(struct audience *audience, uint64_t user, int64_t now_ns)
{
    uint64_t bit = UINT64_C(1) << (user & 63), *word = &audience->today[user / 64];

    if (*word & bit)
        return;
    *word |= bit;
    amount_add(&audience->active, 1, now_ns);
}

/* Has the users of a source, in all its regions, seen by `audience` from now on. For start. */
void clients_have_audience(struct group *source, struct audience *audience);

/* From which number on there is no user; 0: the group has no users. */
uint64_t clients_user_end(const struct group *source);

#endif
