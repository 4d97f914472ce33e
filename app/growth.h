/* growth.h - which component grew, in a run that met a limit: where its requests are, or its memory.
 *
 * A request is inside of every component on its way, so the users would always be the fullest. Here it counts
 * once: where it stands (in a line, in service, waiting for its children), and on its way over a link at the
 * sender. Memory that no request takes is counted by what each component has allocated since it was wired.
 * Cost: O(requests + blocks of memory).
 */
#ifndef APP_GROWTH_H
#define APP_GROWTH_H

#include "app/results.h"
#include "sim/sim.h"

#define GROWTH_TEXT_SIZE 256 /* bytes that hold any description */

/* Finds the component with most requests, or most memory; of instances that one which holds nearly all of
 * them. Allocates from the run's memory. `built_bytes`: memory of the run before its first event. */
void growth_find(struct growth *growth, struct sim *sim, uint64_t built_bytes);

/* "web grew: 1,234,567 requests inside", "cache grew: it keeps 61 MB", or what else took the
 * memory. Returns text. */
char *growth_describe(const struct growth *growth, char *text, size_t size);

#endif
