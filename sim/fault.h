/* fault.h - components that die at a set time, and come back.
 *
 * A crash takes an instance down with everything that it had in memory:
 *   requests inside   each caller hears OUTCOME_CRASHED as its connection breaks, after the way back. It does
 *                     not matter what
 *                     was done for them: in service, in line, holding a worker, pausing before a retry,
 *                     branches of a
 *                     fan-out, or waiting for others. Whom the instance had called goes on as an orphan.
 *   calls it waited to send  are never sent
 *   connections       its own, and idle ones to it, are closed
 *   clocks            its tickers end: on_restart makes new ones
 *   its own state     on_crash empties what the model kept in memory; disks survive
 * What is on its way to a caller arrives. What arrives at an instance that is down is answered at once with
 * OUTCOME_UNAVAILABLE: its machine lives and refuses the connection.
 *
 * A silent fault takes the machine away: nobody closes connections, so callers hear nothing until their
 * timeout, or until the network gives up (OUTCOME_LOST, GIVE_UP_NS after the crash, or after the call was
 * sent). Requests that nobody answers count as inside the instance until then.
 *
 * A fault passes over an instance that is out of service (members.h).
 *
 * Faults may overlap: an instance is down while any of them lasts, and what a crash finds dead is not crashed
 * again. All instances of one fault die at the same instant, before the first caller hears of it. A fault
 * comes before everything else that happens at its date.
 *
 * Cost: nothing where there is no fault: an instance that is down has another on_request. A crash is
 * O(requests + links). Randomness: none. Ownership: of the run.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/sim.h"

struct fault {
    struct group *group;
    uint32_t first, last; /* instances */
    int64_t from_ns;
    int64_t until_ns;     /* SIM_TIME_NEVER: it stays down */
    bool silent;
    bool of_site; /* whatever stands near dies as well: no machine can take over */
};

/* Of an instance that some fault of the run is about. */
struct outage {
    uint32_t faults;  /* that last now */
    bool dying;       /* while a crash is worked out */
    bool silent;      /* how it went down */
    bool of_site;     /* and with what */
    bool out;         /* not in service: see members.h */
    int64_t down_ns;  /* when it died last */
    uint64_t crashes; /* in the window */
    struct gauge down; /* 0 or 1 */
};

/* Puts a fault on the timeline; once wired, before it begins. until_ns is later than from_ns, which is not
 * in the past. */
void sim_add_fault(struct sim *sim, const struct fault *fault);

/* Schedules them; for sim_begin(). */
void faults_start(struct sim *sim);

/* The group has instances that may crash in this run. */
static inline bool group_may_crash(const struct group *group)
{
    for (uint32_t i = 0; i < group->sim->fault_count;
         i++) /* not its instances, of which there may be thousands */
        if (group->sim->faults[i].group == group)
            return true;
    return false;
}

/* It has crashed and is not back, or is out of service: nobody will answer for it. */
static inline bool component_is_down(const struct component *component)
{
    const struct outage *outage = component->outage;

    return __builtin_expect(outage != NULL, 0) && (outage->down.level > 0 || outage->out);
}

/* The first of these. */
static inline bool component_has_crashed(const struct component *component)
{
    return component->outage && component->outage->down.level > 0;
}

/* It goes out of service, dead or alive, and loses what a crash would take; nobody counts it as one. And
 * back, as new. Of members.c. */
void fault_put_out(struct component *self);
void fault_put_in(struct component *self);

/* Another machine takes the place of the one that is down: the instance is up from now on, as new
 * (on_restart), though the fault lasts. What crashes it before the fault has ended finds no other machine:
 * it is down until all faults have ended. */
void fault_take_over(struct component *self);

/* True in on_crash when a machine that died before has not come back, as somebody else has had its place, and
 * when the whole site has died. */
static inline bool fault_leaves_nobody(const struct component *self)
{
    return self->outage->faults > 1 || self->outage->of_site;
}

/* What an instance that is down does with a request that arrives, in the place of the type's on_request. */
void fault_on_request(struct component *self, struct request *request);

#endif
