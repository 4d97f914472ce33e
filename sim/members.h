/* members.h - a group whose number of instances changes while it runs: who is in service, who is paid for.
 *
 * All instances that there may ever be are wired from the start. Each is
 *   out       no machine: it gets nothing, costs nothing, has nothing in memory, and no average counts it
 *   ordered   a machine that boots: it is paid, and gets nothing yet
 *   in        in service
 *   leaving   it gets nothing new, finishes what it has, and is paid until it is out
 * Who decides is a component of the scenario (an autoscaler); here is what that does to everybody else:
 *   callers   those that route by themselves choose among members_count(); balancers and rings of caches
 *             are told by on_member() of their type, which is also called for the group itself.
 *   memory    what leaves forgets everything, as in a crash (on_crash); what comes is new (on_restart;
 *             start() is not called for those who are out when the run begins).
 *   faults    hit what is in service or leaving. One that is dead stays in service until somebody takes it
 *             out, as nobody knows better, and is paid; its time is not in the averages. Once out it is no
 *             longer of the fault, and what is ordered in its place is another machine, though the fault
 *             lasts.
 *
 * Cost: nothing for a group whose number is fixed (group->members is NULL). A change is O(instances + links);
 * leaving and going out look at all requests of the run, O(requests). Ownership: of the run. Randomness:
 * none. Errors: a change that does not fit the state is a bug.
 */
#ifndef SIM_MEMBERS_H
#define SIM_MEMBERS_H

#include "sim/component.h"
#include "sim/sim.h"

enum member_state { MEMBER_OUT, MEMBER_ORDERED, MEMBER_IN, MEMBER_LEAVING };

struct member {
    enum member_state state;
    struct gauge serving; /* 0 or 1: in or leaving, and not dead */
    int64_t since_ns;     /* of the state */
    uint32_t changes;     /* of the state so far */
    bool comes_back;      /* leaving, to start anew: who counts machines counts it */
};

struct members {
    uint32_t start_count; /* in service when the run begins: the first ones */
    uint32_t count;       /* that get new requests */
    uint32_t *list;       /* which, ascending */
    struct member *states;
    struct gauge serving; /* instances that do */
    struct gauge billed;

    /* Told of each that comes into service or leaves it, besides those that tell themselves; NULL: nobody. */
    void (*on_change)(struct component *observer, const struct component *member, bool is_member);
    struct component *observer;
};

/* The group's number of instances changes from now on; before it is wired. start_count: 1 to group->count. */
void members_init(struct group *group, uint32_t start_count);

/* Those who are out are so from the start; for sim_begin(). */
void members_begin(struct group *group);
void members_window_start(struct group *group);

static inline enum member_state member_state_of(const struct component *self)
{
    return self->group->members ? self->group->members->states[self->instance].state : MEMBER_IN;
}

/* A machine is ordered: it is paid from now on. From out. */
void member_order(struct component *self);

/* It is in service from now on, cold. From ordered. */
void member_join(struct component *self);

/* It gets no more requests. From in. */
void member_leave(struct component *self);

/* The same, and it will be ordered again as soon as it is out: its program starts anew. */
void member_leave_to_return(struct component *self);

/* It stays, with all that it has. From leaving. */
void member_return(struct component *self);

/* Nothing is inside, nor on its way to it, nor left to do (may_go). O(requests). */
bool member_is_idle(const struct component *self);

/* It is gone, with its memory; whoever still waits for it hears that it crashed. From any state but out. */
void member_retire(struct component *self);

/* It has died, or is back; of fault.c. */
void member_change_serving(struct component *self, bool is_serving);

/* Instances that get new requests, of any group, and the k-th of them. Nobody: the first, who refuses. */
static inline uint32_t members_count(const struct group *group)
{
    const struct members *members = group->members;

    return !members ? group->count : members->count ? members->count : 1;
}

static inline uint32_t members_at(const struct group *group, uint32_t k)
{
    const struct members *members = group->members;

    return members && members->count ? members->list[k] : k;
}

/* Instances in service times the time in the window so far, instance-ns. */
static inline __int128 group_serving_area(const struct group *group)
{
    const struct sim *sim = group->sim;

    if (!group->members)
        return (__int128)group->count * (sim->now_ns - sim->window_start_ns);
    return gauge_area(&group->members->serving, sim->now_ns);
}

/* The same of one instance. */
static inline __int128 component_serving_area(const struct component *self)
{
    const struct sim *sim = self->sim;

    if (!self->group->members)
        return sim->now_ns - sim->window_start_ns;
    return gauge_area(&self->group->members->states[self->instance].serving, sim->now_ns);
}

#endif
