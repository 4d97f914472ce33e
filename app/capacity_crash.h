/* capacity_crash.h - what the crash of one machine does at a load: the share of requests without an answer
 * in the minute after it.
 *
 * The machine is the first of the component: its first instance, the primary of a database with replicas,
 * the first shard. It dies as soon as measuring begins and stays down; everything else goes on as it does
 * in the scenario, with the faults that this has. Of a component that data centers have copies of it is the
 * copy of the first one.
 */
#ifndef APP_CAPACITY_CRASH_H
#define APP_CAPACITY_CRASH_H

#include "app/run.h"

/* Whether any variant has that component and it can crash; if not, that is told. */
bool capacity_crash_check(const struct scenario *scenario, const char *name, struct diagnostics *diagnostics);

/* *unanswered: the share; NaN: the variant has no such component. */
enum run_status capacity_crash(const struct scenario_variant *variant, const char *name,
                               const struct run_options *options, double *unanswered);

#endif
