/* alarm.h - dates that move: one for each owner, whose next event is another whenever somebody comes or goes.
 *
 * Stations that share their servers have one each, of their next departure. The dates meet in a tournament (see lane.h): they
 * play in pairs, winners play winners, and the root is the earliest. A new date plays its own matches again, none of which has
 * a branch to mispredict, and nothing but the way to the root is touched.
 *
 * Cost: O(log alarms) to set one, O(1) to see the first. Memory: 32 to 64 bytes an alarm. Units: nanoseconds. Ownership: blocks
 * of the `struct memory` given to alarms_init(), freed with it.
 * Source: D. E. Knuth, "The art of computer programming, volume 3: sorting and searching", section 5.4.1 (tree of losers and
 * winners), 1973.
 */
#ifndef SIM_ALARM_H
#define SIM_ALARM_H

#include "sim/event.h"
#include "sim/memory.h"

struct alarms {
    struct event *nodes; /* 1: root; node i has the children 2i, 2i+1; EVENT_NEVER: not set */
    uint32_t leaf_count; /* a power of two, at least count; alarm i is leaf_count + i */
    uint32_t count;
    uint64_t fetched; /* for whoever fetches ahead: order of the alarm that it fetches for, */
    uint32_t stage;   /* and how far that is */
    struct memory *memory;
};

/* Starts without alarms. */
void alarms_init(struct alarms *alarms, struct memory *memory);

/* A further one, not set; returns its number, counted from 0. */
uint32_t alarms_add(struct alarms *alarms);

/* The earliest, which stays; EVENT_NEVER: none is set. */
static inline struct event alarms_first(const struct alarms *alarms)
{
    return alarms->nodes[1];
}

/* Another date instead of the one it had; EVENT_NEVER: none. */
static inline void alarm_set(struct alarms *alarms, uint32_t number, struct event due)
{
    struct event *nodes = alarms->nodes;
    uint32_t i = alarms->leaf_count + number;

    nodes[i] = due;
    while (i > 1) {
        const struct event rival = nodes[i ^ 1]; /* all of it: nothing to branch for */
        bool lost = event_before(rival, due);

        due.time_ns = lost ? rival.time_ns : due.time_ns;
        due.order = lost ? rival.order : due.order;
        i /= 2;
        nodes[i] = due;
    }
}

#endif
