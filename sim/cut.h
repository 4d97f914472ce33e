/* cut.h - a network that falls apart at a set time, and is whole again: what is sent from one side to the other is
 * lost.
 *
 * On one side are the instances that the cut names, with all that is said to be with them; on the other one is everybody
 * else. All live. Links between the sides are cut (sim_link_cut): callers hear of it by their timeout, or after
 * GIVE_UP_NS from the network, and what is on its way arrives. Of several cuts that last, two components hear each other
 * when they are on the same side of each.
 *
 * A type with on_network is a library in its callers, with parts on both sides: links to it and from it to its parts
 * are not cut, and it looks by itself who reaches whom.
 *
 * Cost: nothing but when one begins or ends, then O(links). Ownership: of the run, `with` of the caller.
 */
#ifndef SIM_CUT_H
#define SIM_CUT_H

#include "sim/sim.h"

#define CUTS_MAX 64

struct cut {
    struct group *group;
    uint32_t first, last; /* instances */
    bool whole;           /* all of them, and all parts of the group */
    struct group *const *with; /* wholly on the same side */
    uint32_t with_count;
    int64_t from_ns;
    int64_t until_ns; /* SIM_TIME_NEVER: for ever */
    bool lasts;       /* now; not the caller's */
};

/* Puts a cut on the timeline, at most CUTS_MAX; once wired, before the run begins. */
void sim_add_cut(struct sim *sim, const struct cut *cut);

/* Schedules them; for sim_begin(). */
void cuts_start(struct sim *sim);

/* The cuts that the component is on the named side of now, by bit; 0: with everybody else. */
uint64_t component_side(const struct component *component);

/* The same of whoever asked the whole that `self` is, or is a part of; that of `self` where nobody else did. */
uint64_t caller_side(const struct component *self, const struct request *request);

/* Some cut lasts. */
bool network_is_divided(const struct sim *sim);

/* Whether instances of the group may be cut off in this run. */
bool group_may_be_cut(const struct group *group);

#endif
